//! Rules: one YAML file each, a condition over facts with a message, a rewrite, its documentation and its examples.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use crate::catalogue::List;
use crate::model::facts::FactDoc;
use crate::report::Severity;

pub mod check;
pub mod eval;
pub mod expr;
pub mod facts;
pub mod load;
pub mod text;
pub(crate) mod written;
pub(crate) mod yaml;

pub use check::{Hit, check};
pub use eval::{Ternary, Verdict};
pub use facts::{FactSource, Facts};
pub use load::{RuleError, RuleSet};
pub use written::{OptionValue, Source, Status, Subject};

/// A rule that was read, checked against the schema of facts and compiled.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `category/name`: it names the problem.
    pub id: String,
    /// One line, without a full stop.
    pub summary: String,
    pub subject: Subject,
    pub when: expr::Expr,
    /// Their default values.
    pub options: BTreeMap<String, OptionValue>,
    /// The highest that a finding of it can have.
    pub severity: Severity,
    /// A text expression that says the severity, where it depends on facts.
    pub severity_by: Option<expr::Expr>,
    /// A text expression (`low`, `medium`, `high`) that may lower the confidence of a finding.
    pub confidence: Option<expr::Expr>,
    /// Records to point at: the first that has a place. Empty: the subject itself.
    pub at: Vec<&'static FactDoc>,
    pub labels: Vec<RuleLabel>,
    pub message: text::Text,
    pub help: text::Text,
    /// The name of a rewrite.
    pub rewrite: Option<String>,
    /// The literal that `set-argument` changes, and what it becomes; a text that comes to nothing changes nothing.
    pub set: Option<RuleLabel>,
    /// Rules whose findings its rewrite may bring about, and which are mended in the same bundle.
    pub enables: Vec<String>,
    /// Its saving is at most the figure given; never added up.
    pub bound: bool,
    pub status: Status,
    /// The version that brought it.
    pub since: String,
    /// Markdown.
    pub why: String,
    pub sources: List<Source>,
    /// Of a rule that ships they are made ready when they are first asked for.
    pub examples: Arc<LazyLock<Vec<Example>, ReadExamples>>,
    pub file: Arc<RuleFile>,
}

/// Gives the examples of a rule.
pub type ReadExamples = Box<dyn FnOnce() -> Vec<Example> + Send + Sync>;

/// The file of a rule, for errors in it.
#[derive(Debug)]
pub struct RuleFile {
    /// As it is shown: `rules/cache/unstable-prefix.yaml`.
    pub name: String,
    /// Without a byte order mark.
    pub text: Cow<'static, str>,
    /// Of a rule that ships it is read when an error is shown.
    root: OnceLock<yaml::Node>,
}

impl OptionValue {
    pub fn kind(&self) -> expr::Type {
        match self {
            OptionValue::Bool(_) => expr::Type::Bool,
            OptionValue::Number(_) => expr::Type::Number,
            OptionValue::Text(_) => expr::Type::Text,
            OptionValue::List(_) => expr::Type::List,
        }
    }
}

impl OptionValue {
    /// What an option of this name and default must be, if `value` is not that. Numbers are counts of tokens or messages, of which
    /// only a threshold (`min_…`) may be none.
    pub fn expected(&self, name: &str, value: &OptionValue) -> Option<&'static str> {
        let least = if name.starts_with("min_") { 0.0 } else { 1.0 };
        match (self, value) {
            (OptionValue::Bool(_), OptionValue::Bool(_))
            | (OptionValue::Text(_), OptionValue::Text(_))
            | (OptionValue::List(_), OptionValue::List(_)) => None,
            (OptionValue::Number(_), OptionValue::Number(number)) if *number >= least && number.fract() == 0.0 => None,
            (OptionValue::Number(_), _) if least == 0.0 => Some("a whole number, 0 or more"),
            (OptionValue::Number(_), _) => Some("a whole number above 0"),
            (OptionValue::Bool(_), _) => Some("`true` or `false`"),
            (OptionValue::Text(_), _) => Some("a text"),
            (OptionValue::List(_), _) => Some("a list"),
        }
    }
}

impl std::fmt::Display for OptionValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OptionValue::Bool(value) => write!(f, "{value}"),
            OptionValue::Number(value) => write!(f, "{value}"),
            OptionValue::Text(value) => write!(f, "{value}"),
            OptionValue::List(items) => {
                let items: Vec<String> = items.iter().map(OptionValue::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

/// The options that a rule is run with: its defaults with the project's own values over them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    values: BTreeMap<String, OptionValue>,
}

impl Options {
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        self.values.get(name)
    }

    /// A number of the options, rounded down; `None` if there is no such number or it is negative.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.values.get(name) {
            Some(OptionValue::Number(number)) if *number >= 0.0 => Some(*number as u64),
            _ => None,
        }
    }
}

/// An option in the configuration that a rule does not have, or of another type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct OptionError {
    pub option: String,
    pub message: String,
    pub help: Option<String>,
}

/// A further place that a finding points at.
#[derive(Clone, Debug)]
pub struct RuleLabel {
    pub at: Vec<&'static FactDoc>,
    pub text: text::Text,
}

/// A text that a rule must report or must not report.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The name of the file it stands in; its ending says the language.
    pub file: String,
    pub text: String,
    pub kind: ExampleKind,
    pub note: Option<String>,
    /// Further files of the example, by path.
    pub files: BTreeMap<String, String>,
    /// Options that differ from the rule's defaults.
    pub options: BTreeMap<String, OptionValue>,
    /// The text of a `prompt-lint.yaml` beside it.
    pub config: Option<String>,
    /// Other rules that a bad example reports as well.
    pub also: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExampleKind {
    /// Reports this rule; `fixed` is what the rule's rewrite makes of the file.
    Bad {
        fixed: Option<String>,
    },
    Good,
}

impl Rule {
    /// `cache` of `cache/unstable-prefix`.
    pub fn category(&self) -> &str {
        self.id.split_once('/').map_or("", |(category, _)| category)
    }

    /// Its options with other values for some of them.
    pub fn options_with(&self, overrides: &BTreeMap<String, OptionValue>) -> Result<Options, OptionError> {
        let mut values = self.options.clone();
        for (name, value) in overrides {
            let Some(default) = self.options.get(name) else {
                let known: Vec<String> = self.options.keys().map(|name| format!("`{name}`")).collect();
                return Err(OptionError {
                    option: name.clone(),
                    message: format!("`{}` has no option `{name}`", self.id),
                    help: match facts::nearest(name, self.options.keys().map(String::as_str)) {
                        Some(meant) => Some(format!("did you mean `{meant}`?")),
                        None if known.is_empty() => None,
                        None => Some(format!("it has {}", known.join(", "))),
                    },
                });
            };
            if default.kind() != value.kind() {
                return Err(OptionError {
                    option: name.clone(),
                    message: format!("option `{name}` of `{}` is of another type", self.id),
                    help: Some(format!("its default is {default}")),
                });
            }
            values.insert(name.clone(), value.clone());
        }
        Ok(Options { values })
    }

    /// Its options as they are in its file.
    pub fn default_options(&self) -> Options {
        Options { values: self.options.clone() }
    }

    /// What it costs, in the first two sentences that `why` says of it.
    pub fn cost(&self) -> String {
        let (_, after) = self.why.split_once("## Why it costs").unwrap_or(("", &self.why));
        let paragraph = after.split("\n\n").map(str::trim).find(|paragraph| !paragraph.is_empty() && !paragraph.starts_with('#'));
        let words = paragraph.unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        words.split_inclusive(". ").take(2).collect::<String>().trim_end().to_string()
    }
}

impl RuleFile {
    fn locate(&self, steps: &[yaml::Step<'_>]) -> Range<usize> {
        let empty = || yaml::Node { range: 0..0, kind: yaml::NodeKind::Leaf };
        self.root.get_or_init(|| yaml::read(&self.text).unwrap_or_else(|_| empty())).locate(steps)
    }
}
