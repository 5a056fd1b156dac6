//! One `prompt-lint.yaml`: its keys, and what is said when it is wrong, at the place where it is.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::Path;

use miette::{Diagnostic, NamedSource, SourceSpan};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{RuleNames, nearest_word};
use crate::report::Severity;
use crate::rule::OptionValue;
use crate::rule::yaml::{self, Step};

/// The longest conversation that is priced: each of its requests is laid out.
const MOST_TURNS: u32 = 1000;

/// A config that cannot be used, shown with the line that is wrong. The fault is the user's.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct ConfigError {
    pub message: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("{label}")]
    span: Option<SourceSpan>,
    label: &'static str,
    #[help]
    pub help: Option<String>,
}

/// The config of prompt-lint. The nearest one above a file holds for it; nothing is merged.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "a mapping of keys")]
pub(super) struct File {
    /// Another config whose keys hold where this one says nothing; its path from the folder of this one.
    pub extends: Option<String>,
    /// Files that are not checked, as globs of `.gitignore`.
    pub exclude: Option<Vec<String>>,
    /// The rules or categories that run, in place of all stable rules.
    pub select: Option<Vec<String>>,
    /// Rules or categories that do not run.
    pub ignore: Option<Vec<String>>,
    /// What changes of single rules.
    pub rules: Option<Table<RuleEntry>>,
    /// The model of calls whose code does not say it.
    pub model: Option<String>,
    /// The turns of a conversation, for its price.
    #[schemars(range(max = 1000))]
    pub turns: Option<NonZeroU32>,
    /// What is known of the traffic.
    pub traffic: Option<FileTraffic>,
    /// The tokens that are assumed for what goes into a slot, by its kind.
    pub sizes: Option<FileSizes>,
    /// The cap on the tokens of an answer, `default` or by glob: inserting it is then a safe fix.
    pub caps: Option<Table<NonZeroU64>>,
    /// What differs for some files.
    pub per_path: Option<Vec<PerPath>>,
    /// Folders with rules of one's own.
    pub rule_dirs: Option<Vec<String>>,
    /// Files with models, prices and calls of one's own.
    pub catalogue: Option<Vec<String>>,
    /// The tokens that a prompt may have, by glob.
    pub budgets: Option<Table<NonZeroU64>>,
    /// Names and values by which costs are allocated.
    pub tags: Option<Table<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(skip)]
    samples: bool,
}

/// A key that has no effect yet is there, whatever its value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// The keys that take effect, in the order of the documentation.
const KEYS: &str =
    "extends, exclude, select, ignore, rules, rule-dirs, catalogue, model, turns, traffic, sizes, caps, budgets, tags, per-path";

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "a mapping")]
pub(super) struct FileTraffic {
    /// Of each call: it turns savings into money a month.
    pub requests_per_month: Option<NonZeroU64>,
    /// How long a conversation is.
    #[schemars(range(max = 1000))]
    pub turns_per_session: Option<NonZeroU32>,
    #[serde(deserialize_with = "present")]
    #[schemars(skip)]
    users: bool,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "a mapping")]
pub(super) struct FileSizes {
    pub scalar: Option<NonZeroU64>,
    pub list: Option<NonZeroU64>,
    /// One turn of a conversation, question and answer.
    pub history_turn: Option<NonZeroU64>,
    pub document: Option<NonZeroU64>,
    pub retrieval: Option<NonZeroU64>,
    pub media: Option<NonZeroU64>,
    pub schema: Option<NonZeroU64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a mapping with `paths`")]
pub(super) struct PerPath {
    /// The files that the entry is for, as globs of `.gitignore`.
    pub paths: Vec<String>,
    pub model: Option<String>,
    #[serde(default)]
    pub ignore: Vec<String>,
    pub rules: Option<Table<RuleEntry>>,
}

/// What a file may hold, for editors.
pub fn schema() -> Schema {
    schemars::schema_for!(File)
}

/// `off`, or what changes of a rule.
#[derive(Debug)]
pub(super) enum RuleEntry {
    Off,
    On(RuleBody),
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RuleBody {
    /// The highest that its findings have.
    pub severity: Option<Severity>,
    /// See `prompt-lint explain RULE`.
    #[schemars(with = "Option<Table<OptionValue>>")]
    pub options: Option<Table<serde_yaml::Value>>,
}

impl<'de> Deserialize<'de> for RuleEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = RuleEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`off`, or a mapping with `severity` and `options`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RuleEntry, E> {
                match text {
                    "off" => Ok(RuleEntry::Off),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RuleEntry, A::Error> {
                RuleBody::deserialize(MapAccessDeserializer::new(map)).map(RuleEntry::On)
            }
        }
        deserializer.deserialize_any(Entry)
    }
}

impl JsonSchema for RuleEntry {
    fn schema_name() -> Cow<'static, str> {
        "RuleEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let body = generator.subschema_for::<RuleBody>();
        json_schema!({ "description": "`off`, or what changes of a rule.", "anyOf": [{ "const": "off" }, body] })
    }
}

/// A mapping in the order of the file, each key once.
#[derive(Debug)]
pub(super) struct Table<T>(pub Vec<(String, T)>);

impl<T: JsonSchema> JsonSchema for Table<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("TableOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let row = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": row })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
            type Value = Table<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table<T>, A::Error> {
                let mut rows: Vec<(String, T)> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if rows.iter().any(|(known, _)| *known == key) {
                        return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
                    }
                    rows.push((key, map.next_value()?));
                }
                Ok(Table(rows))
            }
        }
        deserializer.deserialize_map(Rows(PhantomData))
    }
}

/// A text with the name under which errors show it.
pub(super) struct Text<'t> {
    pub name: String,
    pub text: &'t str,
}

/// Reads the text of a config, without its byte order mark.
pub(super) fn parse(text: &Text<'_>) -> Result<File, Box<ConfigError>> {
    let file = match serde_yaml::from_str::<Option<File>>(text.text) {
        Ok(file) => file.unwrap_or_default(),
        Err(error) => return Err(text.yaml_error(&error)),
    };
    if file.samples {
        let key = "samples";
        let message = format!("this version of prompt-lint does not support `{key}`");
        let help = format!("remove it: it would have no effect. Supported are {KEYS}");
        return Err(text.error(message, text.find(key), "not supported yet", Some(help)));
    }
    if file.traffic.as_ref().is_some_and(|traffic| traffic.users) {
        let message = "this version of prompt-lint does not support `users` in `traffic`".to_owned();
        let help = "remove it: it would have no effect. Supported are requests-per-month and turns-per-session".to_owned();
        return Err(text.error(message, text.find("users"), "not supported yet", Some(help)));
    }
    text.check_values(&file)?;
    Ok(file)
}

impl Text<'_> {
    /// An error with the place that it is about.
    pub fn error(&self, message: String, span: Option<(usize, usize)>, label: &'static str, help: Option<String>) -> Box<ConfigError> {
        let span = span.map(|(start, length)| SourceSpan::from((start, length)));
        Box::new(ConfigError { message, text: NamedSource::new(&self.name, self.text.to_owned()), span, label, help })
    }

    /// Checks the names of rules and options.
    pub fn check_names(&self, file: &File, names: &RuleNames) -> Result<(), Box<ConfigError>> {
        let per_path = file.per_path.as_deref().unwrap_or_default();
        for (rules, way) in file.rules.iter().map(|rules| (rules, Vec::new())).chain(
            per_path
                .iter()
                .enumerate()
                .filter_map(|(at, entry)| Some((entry.rules.as_ref()?, vec![Step::Key("per-path"), Step::Item(at)]))),
        ) {
            self.check_rules(rules, &way, names)?;
        }
        let listed = [&file.select, &file.ignore].into_iter().flatten().flatten().chain(per_path.iter().flat_map(|entry| &entry.ignore));
        for name in listed {
            if !names.knows(name) {
                return Err(self.unknown_rule(name, "rule or category", names.nearest(name)));
            }
        }
        Ok(())
    }

    /// Checks one table of rules; `way` leads to the mapping that it stands in.
    fn check_rules(&self, rules: &Table<RuleEntry>, way: &[Step<'_>], names: &RuleNames) -> Result<(), Box<ConfigError>> {
        for (rule, entry) in &rules.0 {
            let Some(options) = names.rules.get(rule) else {
                return Err(self.unknown_rule(rule, "rule", names.nearest(rule)));
            };
            let RuleEntry::On(RuleBody { options: Some(given), .. }) = entry else { continue };
            for (option, value) in &given.0 {
                let way = [way, &[Step::Key("rules"), Step::Key(rule), Step::Key("options"), Step::Key(option)]].concat();
                let Some(default) = options.get(option) else {
                    let message = format!("`{rule}` has no option `{option}`");
                    let help = match (nearest_word(option, options.keys().map(String::as_str)), options.is_empty()) {
                        (Some(meant), _) => format!("did you mean `{meant}`?"),
                        (None, true) => "the rule has no options".to_owned(),
                        (None, false) => format!("its options are {}", options.keys().cloned().collect::<Vec<_>>().join(", ")),
                    };
                    return Err(self.error(message, self.find(option), "unknown option", Some(help)));
                };
                let value = serde_yaml::from_value::<OptionValue>(value.clone()).ok();
                let wrong = match &value {
                    Some(value) => default.expected(option, value),
                    None => default.expected(option, &OptionValue::List(Vec::new().into())).or(Some("a list")),
                };
                if let Some(expected) = wrong {
                    let message = format!("option `{option}` of `{rule}` must be {expected}");
                    return Err(self.error(message, self.at(&way), "here", Some(format!("its default is {default}"))));
                }
            }
        }
        Ok(())
    }

    /// Checks what has the right type and makes no sense.
    fn check_values(&self, file: &File) -> Result<(), Box<ConfigError>> {
        let turns = [
            (file.turns, &[Step::Key("turns")][..]),
            (file.traffic.as_ref().and_then(|traffic| traffic.turns_per_session), &[Step::Key("traffic"), Step::Key("turns-per-session")]),
        ];
        for (turns, way) in turns {
            if let Some(turns) = turns.filter(|turns| turns.get() > MOST_TURNS) {
                let message = format!("a conversation of {turns} turns is longer than can be priced");
                return Err(self.error(message, self.at(way), "here", Some(format!("it may be 1 to {MOST_TURNS}"))));
            }
        }
        if file.select.as_ref().is_some_and(Vec::is_empty) {
            let help = "remove the key to run all stable rules, or name rules or categories".to_owned();
            return Err(self.error("`select` is empty: no rule would run".to_owned(), self.at(&[Step::Key("select")]), "here", Some(help)));
        }
        let lists = file.exclude.iter().map(|globs| (globs, vec![Step::Key("exclude")]));
        let paths = file.per_path.iter().flatten().enumerate();
        let paths = paths.map(|(at, entry)| (&entry.paths, vec![Step::Key("per-path"), Step::Item(at), Step::Key("paths")]));
        for (globs, way) in lists.chain(paths.clone()) {
            if let Some(at) = globs.iter().position(|glob| glob.trim().is_empty() || glob.starts_with('#')) {
                let message = format!("`{}` matches no file", globs[at]);
                let help = "a glob is written as in .gitignore, such as `vendor/**`".to_owned();
                return Err(self.error(message, self.at(&[&way[..], &[Step::Item(at)]].concat()), "here", Some(help)));
            }
        }
        for (key, table, rest) in [("caps", &file.caps, ", or is `default`"), ("budgets", &file.budgets, "")] {
            let mut globs = table.iter().flat_map(|table| &table.0);
            if let Some((glob, _)) = globs.find(|(glob, _)| glob.trim().is_empty() || glob.starts_with('#')) {
                let help = format!("a glob is written as in .gitignore, such as `src/titles/**`{rest}");
                let span = self.at(&[Step::Key(key), Step::Key(glob)]);
                return Err(self.error(format!("`{glob}` in `{key}` matches no file"), span, "here", Some(help)));
            }
        }
        let plain = |word: &str| !word.is_empty() && !word.contains(['"', '\'', '\\', '{', '}']) && !word.chars().any(char::is_control);
        if let Some((key, _)) = file.tags.iter().flat_map(|table| &table.0).find(|(key, value)| !plain(key) || !plain(value)) {
            let help = "a tag is a name and a value, such as `project: desk`, without quotes and braces in them".to_owned();
            return Err(self.error(
                format!("the tag `{key}` cannot be sent"),
                self.at(&[Step::Key("tags"), Step::Key(key)]),
                "here",
                Some(help),
            ));
        }
        let idle = |entry: &PerPath| entry.model.is_none() && entry.ignore.is_empty() && entry.rules.is_none();
        if let Some(at) = file.per_path.iter().flatten().position(idle) {
            let help = "give it `model`, `ignore` or `rules`".to_owned();
            let span = self.at(&[Step::Key("per-path"), Step::Item(at)]);
            return Err(self.error("the entry changes nothing".to_owned(), span, "here", Some(help)));
        }
        if let Some((_, way)) = paths.into_iter().find(|(globs, _)| globs.is_empty()) {
            let help = "name the globs that the entry is for".to_owned();
            return Err(self.error("`paths` is empty: the entry is for no file".to_owned(), self.at(&way), "here", Some(help)));
        }
        let models = file.model.iter().map(|model| (model, vec![Step::Key("model")]));
        let by_path = file.per_path.iter().flatten().enumerate();
        let by_path = by_path
            .filter_map(|(at, entry)| Some((entry.model.as_ref()?, vec![Step::Key("per-path"), Step::Item(at), Step::Key("model")])));
        if let Some((_, way)) = models.chain(by_path).find(|(model, _)| model.trim().is_empty()) {
            let help = "name it as the code would, such as `gpt-4.1`".to_owned();
            return Err(self.error("`model` is empty".to_owned(), self.at(&way), "here", Some(help)));
        }
        Ok(())
    }

    /// The span of the value at the end of a way.
    fn at(&self, way: &[Step<'_>]) -> Option<(usize, usize)> {
        let range = yaml::read(self.text).ok()?.locate(way);
        Some((range.start, range.len()))
    }

    fn unknown_rule(&self, name: &str, what: &str, meant: Option<&str>) -> Box<ConfigError> {
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`? `prompt-lint rules` lists them all"),
            None => "`prompt-lint rules` lists them all".to_owned(),
        };
        self.error(format!("unknown {what} `{name}`"), self.find(name), "unknown name", Some(help))
    }

    /// Says what YAML or serde found, in the words of this tool.
    fn yaml_error(&self, error: &serde_yaml::Error) -> Box<ConfigError> {
        let full = error.to_string();
        let at = error.location().map(|location| self.offset(location.line(), location.column()));
        let cut = full.rfind(" at line ").map_or(full.as_str(), |end| &full[..end]);
        let (inside, message) = match cut.split_once(": ") {
            Some((path, rest)) if !path.contains(' ') => (Some(path), rest),
            _ => (None, cut),
        };
        let inside = inside.map(|path| format!(" in `{path}`")).unwrap_or_default();
        let mut quoted = message.split('`').skip(1).step_by(2);
        let first = quoted.next().unwrap_or_default();
        if message.starts_with("unknown field") {
            let help = match (nearest_word(first, quoted.clone()), inside.is_empty()) {
                (Some(meant), _) => format!("did you mean `{meant}`?"),
                (None, true) => format!("the keys are {KEYS}"),
                (None, false) => format!("the keys here are {}", quoted.collect::<Vec<_>>().join(", ")),
            };
            let span = at.filter(|at| self.text[*at..].trim_start_matches(['"', '\'']).starts_with(first)).map(|at| (at, first.len()));
            return self.error(format!("unknown key `{first}`{inside}"), span.or_else(|| self.find(first)), "unknown key", Some(help));
        }
        if message.starts_with("duplicate field") {
            let help = "a key counts once: join the two".to_owned();
            return self.error(format!("`{first}` stands twice{inside}"), self.find_second(first), "stands here again", Some(help));
        }
        if message.starts_with("unknown variant") {
            let help = match nearest_word(first, quoted.clone()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("it may be {}", quoted.collect::<Vec<_>>().join(", ")),
            };
            let span = self.find_after(first, at.unwrap_or(0));
            return self.error(format!("unknown value `{first}`{inside}"), span, "unknown value", Some(help));
        }
        if let Some(missing) = message.strip_prefix("missing field ") {
            return self.error(format!("{missing} is missing{inside}"), at.map(|at| self.word(at)), "here", None);
        }
        let plain = [("a nonzero u32", "a whole number above 0"), ("a nonzero u64", "a whole number above 0"), ("a sequence", "a list")];
        let message = plain.iter().fold(message.to_owned(), |message, (rust, plain)| message.replace(rust, plain));
        let message = match inside.strip_prefix(" in ") {
            Some(key) => format!("{key}: {message}"),
            None => message,
        };
        self.error(message, at.map(|at| self.word(at)), "here", None)
    }

    /// The byte offset of a 1-based line and column in characters.
    fn offset(&self, line: usize, column: usize) -> usize {
        let start: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>()
    }

    /// The span of the word at an offset.
    fn word(&self, at: usize) -> (usize, usize) {
        let rest = self.text.get(at..).unwrap_or_default();
        let length = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(rest.len());
        (at, length)
    }

    /// Where a word stands for the first time outside comments.
    pub fn find(&self, word: &str) -> Option<(usize, usize)> {
        self.find_after(word, 0)
    }

    fn find_after(&self, word: &str, from: usize) -> Option<(usize, usize)> {
        self.places(word).find(|at| *at >= from).map(|at| (at, word.len()))
    }

    fn find_second(&self, key: &str) -> Option<(usize, usize)> {
        let is_key = |at: &usize| self.text[at + key.len()..].trim_start_matches(['"', '\'']).trim_start_matches(' ').starts_with(':');
        let column = |at: usize| at - self.text[..at].rfind('\n').map_or(0, |line| line + 1);
        let keys: Vec<usize> = self.places(key).filter(is_key).collect();
        // The same key may stand elsewhere in another mapping: prefer two in the same column, as blocks have them.
        let second = keys.iter().enumerate().find(|(n, at)| keys[..*n].iter().any(|before| column(*before) == column(**at)));
        second.map(|(_, at)| *at).or_else(|| keys.get(1).copied()).map(|at| (at, key.len()))
    }

    /// Every place of a whole word outside whole-line comments.
    fn places(&self, word: &str) -> impl Iterator<Item = usize> {
        let part = |c: char| c.is_alphanumeric() || "-_/".contains(c);
        self.text.match_indices(word).map(|(at, _)| at).filter(move |at| {
            let line = &self.text[self.text[..*at].rfind('\n').map_or(0, |line| line + 1)..*at];
            let end = at + word.len();
            !word.is_empty() && !line.contains('#') && !line.ends_with(part) && !self.text[end..].starts_with(part)
        })
    }
}

/// A fault in a file that the config names, shown in that file.
pub(crate) fn rule_error(error: &crate::rule::RuleError, working_dir: &Path) -> Box<ConfigError> {
    let range = error.range();
    Box::new(ConfigError {
        message: error.to_string(),
        text: NamedSource::new(crate::walk::shown(Path::new(error.file()), working_dir), error.text().to_owned()),
        span: Some(SourceSpan::from((range.start, range.len()))),
        label: "here",
        help: error.hint().map(str::to_owned),
    })
}

/// An error that has no place in the text: the file could not be read, or the chain of files has no end.
pub(super) fn plain_error(file: &Path, message: String, help: Option<String>) -> Box<ConfigError> {
    let text = NamedSource::new(file.to_string_lossy(), String::new());
    Box::new(ConfigError { message, text, span: None, label: "", help })
}
