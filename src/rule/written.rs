//! What the file of a rule holds: the build reads those that ship into these types and writes them as tables, a user's own are read
//! into the same types.

use std::collections::BTreeMap;

use databake::Bake;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalogue::tables::{List, Text, pairs};

/// A rule of prompt-lint. Its file is `<category>/<name>.yaml`, and that is its id.
#[derive(Debug, Clone, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// What is wrong, in one line without a full stop.
    pub summary: Text,
    /// What the rule looks at, one at a time.
    #[serde(rename = "for")]
    pub subject: Subject,
    /// A condition over facts; `prompt-lint facts` lists them. What is unknown never fires.
    pub when: Text,
    /// Thresholds that a config may change, with their defaults.
    #[serde(default, deserialize_with = "pairs")]
    #[schemars(with = "BTreeMap<String, OptionValue>")]
    pub options: List<(Text, OptionValue)>,
    /// The highest that a finding of it can have, or an expression `{{ … }}` that gives it.
    pub severity: Text,
    /// An expression `{{ … }}` that may lower the confidence of a finding: low, medium, high.
    pub confidence: Option<Text>,
    /// Facts with a place, separated by commas: a finding points at the first that has one.
    pub at: Option<Text>,
    #[serde(default)]
    pub labels: List<WrittenLabel>,
    /// What is wrong here; `{{ fact }}` is a slot.
    pub message: Text,
    /// What to do.
    pub help: Text,
    /// What mends it.
    pub rewrite: Option<Text>,
    /// What the rewrite puts where, as a rule says it.
    pub set: Option<WrittenSet>,
    /// Rules that may find something once it is mended.
    #[serde(default)]
    pub enables: List<Text>,
    /// `bound`: what it saves is at most the figure given, and never added up.
    pub saving: Option<Saving>,
    pub status: Status,
    /// The version that brought it.
    pub since: Text,
    /// Markdown: what it costs, and why.
    #[serde(default)]
    pub why: Text,
    #[serde(default)]
    pub sources: List<Source>,
    #[serde(default)]
    pub examples: List<WrittenExample>,
}

/// What the figure of a saving means.
#[derive(Debug, Clone, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(rename_all = "lowercase")]
pub enum Saving {
    Bound,
}

/// A further place that a finding points at.
#[derive(Debug, Clone, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(deny_unknown_fields)]
pub struct WrittenLabel {
    pub at: Text,
    pub text: Text,
}

/// A literal that a rewrite changes.
#[derive(Debug, Clone, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(deny_unknown_fields)]
pub struct WrittenSet {
    /// The fact whose place is written anew.
    pub at: Text,
    /// What is written there.
    pub value: Text,
}

/// A text that a rule must report, or must not.
#[derive(Debug, Clone, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(deny_unknown_fields)]
pub struct WrittenExample {
    /// The name of the file; its ending says the language.
    pub file: Text,
    /// A text that the rule must report.
    pub bad: Option<Text>,
    /// What the fix makes of it.
    pub fixed: Option<Text>,
    /// A text that the rule must not report.
    pub good: Option<Text>,
    pub note: Option<Text>,
    /// Further files, by path.
    #[serde(default, deserialize_with = "pairs")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub files: List<(Text, Text)>,
    #[serde(default, deserialize_with = "pairs")]
    #[schemars(with = "BTreeMap<String, OptionValue>")]
    pub options: List<(Text, OptionValue)>,
    /// The text of a `prompt-lint.yaml` beside it.
    pub config: Option<Text>,
    /// Other rules that report the bad text as well.
    #[serde(default)]
    pub also: List<Text>,
}

/// What a rule looks at, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Call,
    Request,
    Prompt,
    Slot,
    File,
    Project,
}

impl Subject {
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Call => "call",
            Subject::Request => "request",
            Subject::Prompt => "prompt",
            Subject::Slot => "slot",
            Subject::File => "file",
            Subject::Project => "project",
        }
    }
}

/// Where a rule is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Runs with `--preview` only.
    Preview,
    Stable,
    Deprecated,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Preview => "preview",
            Status::Stable => "stable",
            Status::Deprecated => "deprecated",
        }
    }
}

/// A value of an option, and a literal of an expression.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(untagged)]
pub enum OptionValue {
    Bool(bool),
    Number(f64),
    Text(Text),
    List(List<OptionValue>),
}

/// Where a statement of fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema, Bake)]
#[databake(path = crate::rule::written)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub url: Text,
    /// `YYYY-MM-DD`
    pub seen: Text,
}
