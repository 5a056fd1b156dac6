//! Facts about the world, loaded from `rules/catalogue/`: models, APIs, names and library functions.

use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashSet;

pub mod api;
pub mod builtins;
pub mod models;
pub mod names;
pub(crate) mod tables;
mod user;
pub mod wording;

pub use api::{Api, ArgPaths, Family, MarkerStyle, MessageShape, Older, OlderCap};
pub use builtins::{Builtin, Builtins, Effect, clock_volatility};
pub use models::{CacheKind, CacheRule, Model, Models, Price, Reasoning};
pub use names::{NameHint, Names};
pub use tables::{List, Text};
pub use user::UserFileError;
pub use wording::Wording;

/// The table that the build made of a file under `rules/catalogue/`.
macro_rules! built_in {
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/catalogue/", $name, ".rs"))
    };
}
pub(crate) use built_in;

/// Everything that is known about the world, built in or added by the user's files.
#[derive(Debug)]
pub struct Catalogue {
    pub models: Models,
    pub apis: tables::List<Api>,
    pub names: LazyLock<Names>,
    pub python: LazyLock<Builtins>,
    pub javascript: LazyLock<Builtins>,
    call_names: OnceLock<FxHashSet<String>>,
    made_names: OnceLock<FxHashSet<String>>,
    sdks: OnceLock<FxHashSet<String>>,
}

// What the build wrote of the files under `rules/catalogue/`.
static APIS: &[Api] = built_in!("apis");
static MODELS: &[Model] = built_in!("models");
static NAMES: tables::NamesFile = built_in!("names");
static PYTHON: tables::BuiltinsFile = built_in!("python");
static JAVASCRIPT: tables::BuiltinsFile = built_in!("javascript");
/// What tells prompts from other texts, and which files hold prompts.
pub(crate) static FORMATS: tables::formats::FormatsFile = built_in!("formats");

impl Default for Catalogue {
    /// What is built in.
    fn default() -> Self {
        Catalogue {
            models: Models::new(MODELS),
            apis: APIS.into(),
            names: LazyLock::new(|| Names::new(&NAMES)),
            python: LazyLock::new(|| Builtins::new(&PYTHON)),
            javascript: LazyLock::new(|| Builtins::new(&JAVASCRIPT)),
            call_names: OnceLock::new(),
            made_names: OnceLock::new(),
            sdks: OnceLock::new(),
        }
    }
}

impl Catalogue {
    /// The built-in catalogue, with what is looked up in it made ready once in a process.
    pub fn builtin() -> &'static Catalogue {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);
        &CATALOGUE
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
                lists.into_iter().flat_map(|list| list.iter()).map(|path| last_name(path).to_string()).collect::<Vec<_>>()
            };
            self.apis.iter().flat_map(of).collect()
        });
        names.contains(last_name(path)) || names.contains("*")
    }

    /// The API of which a qualified name makes or annotates an object that holds the settings of its calls.
    pub fn api_of_object(&self, qualified: &str) -> Option<&Api> {
        let names = self.made_names.get_or_init(|| {
            let made = self.apis.iter().flat_map(|api| api.constructors.iter().chain(api.types.iter()));
            made.map(|name| last_name(name).to_string()).collect()
        });
        let is_known = names.contains(last_name(qualified));
        is_known.then(|| self.apis.iter().find(|api| api.constructs(qualified) || api.is_type(qualified))).flatten()
    }

    /// Who serves the models that a qualified name makes: `openai` for `@ai-sdk/openai.openai.chat`.
    pub fn model_maker(&self, qualified: &str) -> Option<&str> {
        let of = |module: &str| qualified.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'));
        self.apis.iter().flat_map(|api| api.model_makers.iter()).find(|(module, _)| of(module)).map(|(_, provider)| &**provider)
    }

    /// Whether a module specifier of JavaScript is that of a client library.
    pub fn is_sdk(&self, specifier: &str) -> bool {
        let sdks = self.sdks.get_or_init(|| {
            let of = |api: &Api| {
                let names = [&api.functions, &api.clients, &api.constructors].into_iter().flat_map(|list| list.iter());
                names.filter_map(|name| name.rsplit_once('.')).map(|(module, _)| module.to_string()).collect::<Vec<_>>()
            };
            self.apis.iter().filter(|api| api.language == "javascript").flat_map(of).collect()
        });
        sdks.contains(specifier)
    }

    /// Whether the last name of a dotted one has a word that stands for a model: `self.weak_model`, `llm`.
    pub fn speaks(&self, dotted: &str) -> bool {
        let words = names::words(last_name(dotted));
        self.apis.iter().flat_map(|api| api.receivers.iter()).any(|known| words.iter().any(|word| known == word))
    }

    /// Whether a keyword or attribute is where some API or constructor has its cap: `max_tokens`, `num_predict`.
    pub fn names_cap(&self, name: &str) -> bool {
        self.apis.iter().flat_map(|api| api.args.cap.iter()).any(|path| path == name)
    }

    /// The part of a dotted module that names generated code (`baml_client` of `app.baml_client`), which is often not kept in the
    /// repository.
    pub fn generates_module<'m>(&self, module: &'m str) -> Option<&'m str> {
        let roots = || self.apis.iter().flat_map(|api| api.generated.iter()).filter_map(|object| object.split('.').next());
        let at = module.split('.').find(|part| roots().any(|root| root == *part))?;
        module.get(at.as_ptr() as usize - module.as_ptr() as usize..)
    }

    /// Whether some API has its messages or its system text in an argument of this name.
    pub fn names_prompt(&self, name: &str) -> bool {
        self.apis.iter().flat_map(|api| api.args.messages.iter().chain(api.args.system.iter())).any(|path| path == name)
    }

    /// Words of a language of which at least one stands in every file of code that is worth parsing: the modules that clients come from, and the last
    /// two names of each method path (`converse`, `messages.create`) for files that are handed a client.
    pub fn prefilter_words(&self, language: &str) -> Vec<&str> {
        let mut words: Vec<&str> = Vec::new();
        for api in self.apis.iter().filter(|api| api.language == language) {
            words.extend(api.modules.iter().chain(api.endpoints.iter()).map(|word| &**word));
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

/// What stands behind the last dot.
pub(crate) fn last_name(path: &str) -> &str {
    // Names are short: by hand this takes half the time of `rsplit`, and it is asked of every name that is followed.
    path.bytes().rposition(|byte| byte == b'.').and_then(|dot| path.get(dot + 1..)).unwrap_or(path)
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
    fn the_tables_are_filled() {
        let catalogue = Catalogue::builtin();
        assert!(catalogue.apis.len() >= 10);
        let mut ids: Vec<&str> = catalogue.apis.iter().map(|api| &*api.id).collect();
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
