//! What a library function means for the value it returns: `rules/catalogue/builtins/<language>.yaml`.

use std::collections::HashMap;

use serde::Deserialize;

use crate::model::prompt::{SizeClass, Volatility};

/// A function or method of a library, and what it does.
#[derive(Debug, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Builtin {
    pub effect: Effect,
    /// How often the result changes; absent: as its receiver and arguments.
    pub volatility: Option<Volatility>,
    /// What comes out; absent: as its receiver.
    pub size: Option<SizeClass>,
    /// Why, in words that can follow "`name`: " in a report: "read from the clock".
    pub reason: Option<String>,
    /// Only where it is given nothing; of what it is given it is hardly changed.
    #[serde(default)]
    pub bare: bool,
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// A value from outside: a clock, an id, a file, a page (`volatility` and `size` say more).
    Source,
    /// The text of its receiver or first argument, hardly changed (`strip`, `str`, `dedent`).
    Same,
    /// The data that its first argument says: a text in JSON, YAML or TOML, or a file of it.
    Parses,
    /// The value, cut to a length or to a few of its parts (`textwrap.shorten`, `splitter.split_text`, `islice`).
    Limits,
    /// The value in a fixed order (`sorted`).
    Sorts,
    /// JSON text of its first argument (`json.dumps`).
    Json,
    /// The text of a file named by its argument (`open(…).read()`, `Path(…).read_text()`).
    ReadsFile,
    /// A count or a flag (`len`).
    Scalar,
    /// A list that holds so many items at most (`deque(maxlen=…)`).
    BoundedList,
    /// A template object from the file named by its argument (`env.get_template`).
    LoadsTemplate,
    /// A template object from the text of its argument (`jinja2.Template`).
    MakesTemplate,
    /// A value of the deployment: environment variable, setting (`os.environ.get`).
    Setting,
    /// Value unknown, and its arguments may have been shortened (`trim_messages`, `compact`).
    Trims,
}

/// The functions and methods of one language.
#[derive(Debug, Default)]
pub struct Builtins {
    functions: HashMap<String, Builtin>,
    /// Names that end in `*`, without it.
    wild: Vec<(String, Builtin)>,
    methods: HashMap<String, Builtin>,
    trims: Vec<Vec<String>>,
    session_stores: Vec<String>,
    left_out: Vec<String>,
    plain_bases: Vec<String>,
    message_stores: Vec<String>,
    routes: Vec<String>,
    request_bodies: Vec<String>,
    document_parts: Vec<String>,
    row_queries: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    functions: Vec<Entry>,
    methods: Vec<Entry>,
    trims: Vec<String>,
    session_stores: Vec<String>,
    left_out: Vec<String>,
    plain_bases: Vec<String>,
    #[serde(default)]
    message_stores: Vec<String>,
    #[serde(default)]
    routes: Vec<String>,
    #[serde(default)]
    request_bodies: Vec<String>,
    #[serde(default)]
    document_parts: Vec<String>,
    #[serde(default)]
    row_queries: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    names: Vec<String>,
    effect: Effect,
    volatility: Option<Volatility>,
    size: Option<SizeClass>,
    reason: Option<String>,
    #[serde(default)]
    bare: bool,
}

impl Entry {
    fn builtin(&self) -> Builtin {
        Builtin { effect: self.effect, volatility: self.volatility, size: self.size, reason: self.reason.clone(), bare: self.bare }
    }
}

impl Builtins {
    /// Reads a file of functions and methods; of two entries with one name the later counts.
    pub fn parse(json: &str) -> Result<Builtins, serde_json::Error> {
        let file: File = serde_json::from_str(json)?;
        let mut builtins = Builtins::default();
        for entry in &file.functions {
            for name in &entry.names {
                match name.strip_suffix('*') {
                    Some(prefix) => builtins.wild.push((prefix.to_string(), entry.builtin())),
                    None => drop(builtins.functions.insert(name.clone(), entry.builtin())),
                }
            }
        }
        for entry in &file.methods {
            builtins.methods.extend(entry.names.iter().map(|name| (name.clone(), entry.builtin())));
        }
        // The longest prefix is the most precise.
        builtins.wild.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        builtins.trims = file.trims.iter().map(|words| words.split('_').map(str::to_string).collect()).collect();
        builtins.session_stores = file.session_stores;
        builtins.left_out = file.left_out;
        builtins.plain_bases = file.plain_bases;
        builtins.message_stores = file.message_stores;
        builtins.routes = file.routes;
        builtins.request_bodies = file.request_bodies;
        builtins.document_parts = file.document_parts;
        builtins.row_queries = file.row_queries;
        Ok(builtins)
    }

    /// A function, class or constant by its qualified name as imported: `datetime.datetime.now`, `json.dumps`, `open`.
    pub fn function(&self, qualified: &str) -> Option<&Builtin> {
        self.functions
            .get(qualified)
            .or_else(|| self.wild.iter().find(|(prefix, _)| qualified.starts_with(prefix.as_str())).map(|(_, builtin)| builtin))
    }

    /// A method by its name, where the type of the receiver is not known.
    pub fn method(&self, name: &str) -> Option<&Builtin> {
        self.methods.get(name)
    }

    /// Whether a qualified name is a store that outlives the run of a script (`streamlit.session_state`).
    pub fn is_session_store(&self, qualified: &str) -> bool {
        self.session_stores.iter().any(|store| store == qualified)
    }

    /// Whether a module (`streamlit`) is of a framework with such a store: it runs the scripts that import it again and again.
    pub fn reruns(&self, module: &str) -> bool {
        self.session_stores.iter().any(|store| store.split('.').next() == Some(module))
    }

    /// Whether a decorator makes a function answer the requests of clients: `app.post`.
    pub fn is_route(&self, decorator: &str) -> bool {
        decorator.rsplit_once('.').is_some_and(|(_, name)| self.routes.iter().any(|route| route == name))
    }

    /// Whether a qualified name, or what it returns when it is called, is the body of the request that is being answered.
    pub fn is_request_body(&self, qualified: &str) -> bool {
        self.request_bodies.iter().any(|body| body == qualified)
    }

    /// Whether a method of a query, or a key of its answer, hands out all rows that it finds.
    pub fn finds_rows(&self, name: &str) -> bool {
        self.row_queries.iter().any(|known| known == name)
    }

    /// Whether a method of a document hands out its text, all at once or part by part.
    pub fn is_document_part(&self, method: &str) -> bool {
        self.document_parts.iter().any(|known| known == method)
    }

    /// Whether a qualified name is what an SDK takes for an argument that is left out (`openai.NOT_GIVEN`).
    pub fn is_left_out(&self, qualified: &str) -> bool {
        self.left_out.iter().any(|name| super::last_name(qualified) == name)
    }

    /// Whether a base class gives the attributes of a class no value of its own (`abc.ABC`).
    pub fn is_plain_base(&self, qualified: &str) -> bool {
        self.plain_bases.iter().any(|name| name == qualified)
    }

    /// Whether a qualified name makes an object that keeps messages and drops none (`semantic_kernel.contents.ChatHistory`): known by
    /// its root and last name.
    pub fn keeps_messages(&self, qualified: &str) -> bool {
        let ends = |name: &str| (name.split('.').next().map(str::to_string), name.rsplit('.').next().map(str::to_string));
        qualified.contains('.') && self.message_stores.iter().any(|store| ends(store) == ends(qualified))
    }

    /// Whether the name of a function or method that is not known otherwise says that it shortens what it is given:
    /// `trim_history`, `ContextCompactor.compact`, `summarizeTurns`.
    pub fn trims(&self, name: &str) -> bool {
        let words = super::names::words(name);
        self.trims.iter().any(|trim| {
            words.windows(trim.len()).any(|window| {
                // `summar` is a stem: summarize, summarise, summary.
                window.iter().zip(trim).all(|(word, trim)| word == trim || (trim == "summar" && word.starts_with("summar")))
            })
        })
    }
}

/// How often a moment changes when it is written in a `strftime` format: one without minutes or anything shorter outlives a cache entry.
pub fn clock_volatility(format: &str) -> Volatility {
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            continue;
        }
        // `%-M` and `%#M` leave out the padding.
        let directive = characters.find(|directive| !matches!(directive, '-' | '#' | '_' | '^' | ':'));
        if matches!(directive, Some('M' | 'S' | 'f' | 's' | 'c' | 'X' | 'T' | 'R' | 'r')) {
            return Volatility::Request;
        }
    }
    Volatility::Period
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    use super::*;

    #[test]
    fn functions() {
        let python = &Catalogue::builtin().python;
        for (name, effect, volatility) in [
            ("datetime.datetime.now", Effect::Source, Some(Volatility::Request)),
            ("datetime.now", Effect::Source, Some(Volatility::Request)),
            ("datetime.date.today", Effect::Source, Some(Volatility::Period)),
            ("time.strftime", Effect::Source, Some(Volatility::Request)),
            ("uuid.uuid4", Effect::Source, Some(Volatility::Request)),
            ("random.randint", Effect::Source, Some(Volatility::Request)),
            ("random.choice", Effect::Source, Some(Volatility::Request)),
            ("secrets.token_hex", Effect::Source, Some(Volatility::Request)),
            ("os.environ.get", Effect::Setting, Some(Volatility::Deployment)),
            ("json.dumps", Effect::Json, None),
            ("textwrap.dedent", Effect::Same, None),
            ("open", Effect::ReadsFile, None),
            ("collections.deque", Effect::BoundedList, None),
            ("jinja2.Template", Effect::MakesTemplate, None),
            ("langchain_community.document_loaders.PyPDFLoader", Effect::Source, None),
            ("sorted", Effect::Sorts, None),
        ] {
            let builtin = python.function(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((builtin.effect, builtin.volatility), (effect, volatility), "{name}");
        }
        assert!(python.function("acme.now").is_none());
    }

    #[test]
    fn sentinels_and_bases() {
        let python = &Catalogue::builtin().python;
        assert!(["openai.NOT_GIVEN", "NOT_GIVEN", "anthropic.omit", "openai.NotGiven"].iter().all(|name| python.is_left_out(name)));
        assert!(!["acme.commit", "NOT_GIVEN.x", "vomit"].iter().any(|name| python.is_left_out(name)));
        assert!(python.is_plain_base("abc.ABC") && !python.is_plain_base("acme.Base"));
    }

    #[test]
    fn functions_of_javascript() {
        let javascript = &Catalogue::builtin().javascript;
        for (name, effect, volatility) in [
            ("Date.now", Effect::Source, Some(Volatility::Request)),
            ("crypto.randomUUID", Effect::Source, Some(Volatility::Request)),
            ("Math.random", Effect::Source, Some(Volatility::Request)),
            ("Math.max", Effect::Scalar, None),
            ("process.env.MODEL", Effect::Setting, Some(Volatility::Deployment)),
            ("process.cwd", Effect::Source, Some(Volatility::User)),
            ("node:os.platform", Effect::Source, Some(Volatility::Deployment)),
            ("os.homedir", Effect::Source, Some(Volatility::User)),
            ("JSON.stringify", Effect::Json, None),
            ("fs.readFileSync", Effect::ReadsFile, None),
            ("node:fs/promises.readFile", Effect::ReadsFile, None),
            ("path.join", Effect::Same, None),
            ("dedent.default", Effect::Same, None),
            ("fetch", Effect::Source, Some(Volatility::Request)),
            ("@langchain/core/messages.trimMessages", Effect::Trims, None),
        ] {
            let builtin = javascript.function(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((builtin.effect, builtin.volatility), (effect, volatility), "{name}");
        }
        for (name, effect) in [
            ("trim", Effect::Same),
            ("map", Effect::Same),
            ("join", Effect::Same),
            ("toISOString", Effect::Same),
            ("slice", Effect::Limits),
            ("includes", Effect::Scalar),
            ("toSorted", Effect::Sorts),
        ] {
            assert_eq!(javascript.method(name).map(|builtin| builtin.effect), Some(effect), "{name}");
        }
        assert!(javascript.trims("summarizeTurns") && !javascript.trims("sendTurns"));
        assert!(javascript.function("acme.now").is_none() && javascript.method("acme").is_none());
    }

    #[test]
    fn methods() {
        let python = &Catalogue::builtin().python;
        for (name, effect) in [
            ("strip", Effect::Same),
            ("read_text", Effect::ReadsFile),
            ("split_documents", Effect::Limits),
            ("isoformat", Effect::Same),
            ("model_dump_json", Effect::Json),
            ("get_template", Effect::LoadsTemplate),
        ] {
            assert_eq!(python.method(name).map(|builtin| builtin.effect), Some(effect), "{name}");
        }
        let search = python.method("similarity_search").unwrap();
        assert_eq!((search.effect, search.size), (Effect::Limits, Some(SizeClass::Retrieval)));
        assert!(python.method("frobnicate").is_none());
    }

    #[test]
    fn formats_of_a_moment() {
        for (format, expected) in [
            ("%Y-%m-%d", Volatility::Period),
            ("%A, %d %B %Y", Volatility::Period),
            ("%H o'clock", Volatility::Period),
            ("%Y-%m-%d %H:%M:%S", Volatility::Request),
            ("%-I:%-M %p", Volatility::Request),
            ("%%M", Volatility::Period),
            ("%c", Volatility::Request),
            ("", Volatility::Period),
        ] {
            assert_eq!(clock_volatility(format), expected, "{format}");
        }
    }

    #[test]
    fn names_that_say_shortening() {
        let python = &Catalogue::builtin().python;
        for name in [
            "trim_history",
            "_truncate",
            "compactMessages",
            "summarize_older",
            "self.memory.prune",
            "fit_to_budget",
            "reduce_context",
            "get_recent",
        ] {
            assert!(python.trims(name), "{name}");
        }
        for name in
            ["build_messages", "get_history", "format_window_title_case_x".trim_start_matches("format_window_"), "fit_model", "reduce"]
        {
            assert!(!python.trims(name), "{name}");
        }
    }
}
