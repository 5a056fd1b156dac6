//! Facts about the world, loaded from `rules/catalogue/`: models, APIs, names and library functions.

use std::collections::HashSet;
use std::sync::OnceLock;

pub mod api;
pub mod builtins;
pub mod models;
pub mod names;
mod user;
pub mod wording;

pub use api::{Api, ArgPaths, Family, MarkerStyle, MessageShape};
pub use builtins::{Builtin, Builtins, Effect, clock_volatility};
pub use models::{CacheKind, CacheRule, Model, Models, Price, Reasoning};
pub use names::{NameHint, Names};
pub use user::UserFileError;
pub use wording::Wording;

/// Everything that is known about the world, built in or added by the user's files.
#[derive(Debug, Default)]
pub struct Catalogue {
    pub models: models::Models,
    pub apis: Vec<Api>,
    pub names: Names,
    pub python: Builtins,
    pub javascript: Builtins,
    call_names: OnceLock<HashSet<String>>,
}

/// A catalogue file that cannot be read as what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {source}")]
pub struct CatalogueError {
    /// Path below `rules/catalogue/`, or the user's file.
    pub file: String,
    pub source: serde_yaml::Error,
}

// Where the receiver of a call can't be followed the first API that fits counts.
const APIS: &[(&str, &str)] = &[
    ("apis/anthropic.yaml", include_str!("../../rules/catalogue/apis/anthropic.yaml")),
    ("apis/bedrock.yaml", include_str!("../../rules/catalogue/apis/bedrock.yaml")),
    ("apis/openai.yaml", include_str!("../../rules/catalogue/apis/openai.yaml")),
    ("apis/vercel.yaml", include_str!("../../rules/catalogue/apis/vercel.yaml")),
    ("apis/compatible.yaml", include_str!("../../rules/catalogue/apis/compatible.yaml")),
    ("apis/frameworks.yaml", include_str!("../../rules/catalogue/apis/frameworks.yaml")),
    ("apis/google.yaml", include_str!("../../rules/catalogue/apis/google.yaml")),
    ("apis/http.yaml", include_str!("../../rules/catalogue/apis/http.yaml")),
    ("apis/langchain.yaml", include_str!("../../rules/catalogue/apis/langchain.yaml")),
    ("apis/litellm.yaml", include_str!("../../rules/catalogue/apis/litellm.yaml")),
    ("apis/own.yaml", include_str!("../../rules/catalogue/apis/own.yaml")),
];
const NAMES: &str = include_str!("../../rules/catalogue/names.yaml");
const PYTHON: &str = include_str!("../../rules/catalogue/builtins/python.yaml");
const JAVASCRIPT: &str = include_str!("../../rules/catalogue/builtins/javascript.yaml");

impl Catalogue {
    /// Reads the built-in files; models are read when the first of them is asked for (their test stands beside them).
    ///
    /// # Errors
    /// A built-in file does not parse, which the tests of this crate rule out.
    pub fn load() -> Result<Catalogue, CatalogueError> {
        let mut apis = Vec::new();
        for (file, text) in APIS {
            apis.append(&mut api::parse(text).map_err(error(file))?);
        }
        Ok(Catalogue {
            models: models::Models::builtin(),
            apis,
            names: Names::parse(NAMES).map_err(error("names.yaml"))?,
            python: Builtins::parse(PYTHON).map_err(error("builtins/python.yaml"))?,
            javascript: Builtins::parse(JAVASCRIPT).map_err(error("builtins/javascript.yaml"))?,
            call_names: OnceLock::new(),
        })
    }

    /// The built-in catalogue, read once in a process; an empty one if [`Catalogue::load`] fails.
    pub fn builtin() -> &'static Catalogue {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| Catalogue::load().unwrap_or_default())
    }

    /// The built-in catalogue with the entries of files over it, in their order.
    ///
    /// # Errors
    /// A file cannot be read, or is not a catalogue.
    pub fn with_files(files: &[std::path::PathBuf]) -> Result<Catalogue, UserFileError> {
        user::load(files)
    }

    /// Whether a qualified name or method path ends in a name that some API gives to a call, a client or an object that
    /// holds settings. Almost no name does, which spares the look at each API.
    pub fn concerns(&self, path: &str) -> bool {
        let names = self.call_names.get_or_init(|| {
            let of = |api: &Api| {
                let lists = [&api.methods, &api.functions, &api.clients, &api.constructors, &api.templates, &api.chains, &api.refines];
                lists.into_iter().flatten().map(|path| last_name(path).to_string()).collect::<Vec<_>>()
            };
            self.apis.iter().flat_map(of).collect()
        });
        names.contains(last_name(path)) || names.contains("*")
    }

    /// Words of a language of which at least one stands in every file of code that is worth parsing: the modules that clients come from, and the last
    /// two names of each method path (`converse`, `messages.create`) for files that are handed a client.
    pub fn prefilter_words(&self, language: &str) -> Vec<&str> {
        let mut words: Vec<&str> = Vec::new();
        for api in self.apis.iter().filter(|api| api.language == language) {
            words.extend(api.modules.iter().chain(&api.endpoints).map(String::as_str));
            if !api.endpoints.is_empty() {
                continue;
            }
            // A single word such as `invoke` stands everywhere, unless it is the name of this one call.
            words.extend(api.methods.iter().filter(|path| api.unique || path.contains('.')).map(|path| {
                let start = path.rmatch_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1);
                path.get(start..).unwrap_or(path)
            }));
        }
        words.sort_unstable();
        words.dedup();
        // A word that holds another is found with it.
        let all = words.clone();
        words.retain(|word| !all.iter().any(|other| other != word && word.contains(other)));
        words
    }
}

fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// For `map_err`: the error of `file`.
pub(crate) fn error(file: &str) -> impl FnOnce(serde_yaml::Error) -> CatalogueError {
    let file = file.to_string();
    move |source| CatalogueError { file, source }
}

/// Whether `text` is matched by `glob`, in which `*` stands for any characters.
pub(crate) fn glob(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut open = false;
    for part in parts {
        open = true;
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    // Without a last asterisk the glob must reach the end: `a*b` matches `abab` though its first `b` is not the last.
    rest.is_empty() || (open && (glob.ends_with('*') || text.ends_with(glob.rsplit('*').next().unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_built_in_parses() {
        let catalogue = Catalogue::load().unwrap();
        assert!(catalogue.apis.len() >= 10);
        let mut ids: Vec<&str> = catalogue.apis.iter().map(|api| api.id.as_str()).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "ids are unique");
    }

    #[test]
    fn the_prefilter_knows_every_call() {
        for (language, calls) in [
            ("python", &["boto3", "openai", "converse", "converse_stream", "invoke_model", "messages.create", "responses.parse"][..]),
            ("javascript", &["@aws-sdk/client-bedrock-runtime", "'ai'", "completions.create"][..]),
        ] {
            let words = Catalogue::builtin().prefilter_words(language);
            for call in calls {
                assert!(words.iter().any(|word| call.contains(word)), "{call}");
            }
            assert!(!words.contains(&"create"));
        }
    }

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("anthropic.claude*", "anthropic.claude-v2", true),
            ("anthropic.claude*", "amazon.nova", false),
            ("random.*", "random.random", true),
            ("open", "open", true),
            ("open", "opened", false),
            ("a*b", "abab", true),
            ("a*b", "abac", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
