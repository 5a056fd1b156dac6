//! What a run found, and its printed forms: one file a format.

use serde::Serialize;

use crate::model::prompt::Confidence;
use crate::span::{FileId, Place, Span};

pub mod concise;
pub mod diff;
mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod inventory;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod plain;
pub mod sarif;
pub mod statistics;
#[cfg(test)]
mod tests;
mod wording;

/// Order matters: the higher, the worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Finding {
    /// `output/missing-cap`
    pub rule: String,
    pub severity: Severity,
    pub confidence: Confidence,
    pub place: Place,
    pub owner: Owner,
    pub message: String,
    pub help: String,
    /// One or two sentences of the rule's `why`: what it costs.
    pub why: String,
    pub labels: Vec<Label>,
    /// The prompt of a call, the calls of a prompt.
    pub related: Vec<Owner>,
    pub saving: Option<Saving>,
    pub fix: Option<Fix>,
}

impl Finding {
    /// Whether it may save so many input-equivalent tokens a request: only a saving that is known to be smaller says no.
    pub fn may_save(&self, tokens: u64) -> bool {
        self.saving.as_ref().is_none_or(|saving| saving.input_equivalent_tokens >= tokens as f64)
    }
}

/// The call or prompt that a finding belongs to; the unit of suppression.
#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    pub kind: OwnerKind,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnerKind {
    Call,
    Prompt,
    File,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub place: Place,
    pub text: String,
}

/// What a rewrite takes off the price of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Saving {
    pub kind: SavingKind,
    /// Each class of tokens weighed by its price over the input price.
    pub input_equivalent_tokens: f64,
    /// Of these, what it adds to the sum when everything else that was found in the same request is mended too: a marker
    /// and the moved line that makes it worth while are not counted twice.
    pub added_tokens: f64,
    /// Tokens a request that are no longer sent or no longer written; 0 where they are only served from the cache.
    pub raw_tokens: f64,
    pub assumptions: Vec<String>,
    /// Of the whole request's price, 0 to 1.
    pub share: Option<f64>,
    /// False: counted with an estimate; `band` says how far off it may be.
    pub exact: bool,
    /// Relative error of an estimate, e.g. 0.15.
    pub band: f64,
    pub usd_per_1k_requests: Option<f64>,
    pub usd_per_month: Option<f64>,
    /// The day the prices were read, `YYYY-MM-DD`.
    pub price_as_of: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SavingKind {
    /// From samples.
    Measured,
    /// From assumed sizes of slots.
    Assumed,
    /// At most this much; never added up.
    Bound,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    pub applicability: Applicability,
    pub title: String,
    pub edits: Vec<Edit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    Advice,
    Unsafe,
    Safe,
}

/// One span of one file, replaced by text.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    pub file: FileId,
    pub span: Span,
    pub text: String,
}

/// A file that could not be read or parsed, a limit that was hit: said once, and the run goes on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    pub path: String,
    pub message: String,
}

/// In one line, whatever the name of the file holds.
impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", plain::line(&self.path), plain::line(&self.message))
    }
}

/// A finding that a comment took out of the report.
#[derive(Clone, Debug)]
pub struct Suppressed {
    pub finding: Finding,
    /// What the comment gives as the reason; may be empty.
    pub reason: String,
}

/// Everything a check found. Findings come sorted by path, place and rule.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub notes: Vec<Note>,
    /// Files that were looked at (those that the prefilter passed over included).
    pub files: usize,
    /// Findings hidden by `--min-severity` or `--min-confidence`.
    pub hidden: usize,
    /// Of the others, those hidden by `--min-saving`.
    pub too_small: usize,
    /// Findings that a comment took out.
    pub suppressed: Vec<Suppressed>,
    /// Findings that the baseline holds; `None` without one.
    pub baseline: Option<usize>,
    /// Findings whose owner did not change since the revision that was asked for; `None` without one.
    pub unchanged: Option<usize>,
    /// Panics that were caught, each with a note: faults of ours, after which the run has not done its whole job.
    pub panics: usize,
    /// Findings that `--fix` took away before; `None` without it.
    pub fixed: Option<usize>,
    pub inventory: Inventory,
}

/// Every call and prompt of the run.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    pub calls: Vec<InventoryCall>,
    pub prompts: Vec<InventoryPrompt>,
    /// Templates that were read and are no prompts, with why; `None` unless it was asked for.
    pub left_out: Option<Vec<(FileId, String)>>,
    /// What each file comes to; `None` unless it was asked for.
    pub files: Option<Vec<InventoryFile>>,
}

/// The prompts and calls of one file.
#[derive(Clone, Debug)]
pub struct InventoryFile {
    pub file: FileId,
    pub calls: usize,
    pub prompts: usize,
    /// Of all its prompts, each counted once.
    pub static_tokens: u64,
    pub exact: bool,
    /// What the config lets a prompt of this file be, in tokens.
    pub budget: Option<u64>,
    /// When a coding assistant loads it: `always` or `on demand`.
    pub loaded: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct InventoryCall {
    pub place: Place,
    pub api: String,
    pub provider: String,
    pub model: Option<String>,
    pub via: Option<String>,
    /// `present`, `missing`, `required`, `unknown`
    pub cap_state: &'static str,
    pub cap_value: Option<u64>,
    /// `none`, `bounded`, `sliding`, `unbounded`, `unknown`
    pub history: &'static str,
    /// `none`, `batchable`, `interactive`, `unknown`
    pub loop_kind: &'static str,
    /// `present`, `missing`, `unsupported`, `unknown`
    pub tags: &'static str,
    pub request: InventoryRequest,
    pub usd_per_1k_requests: Option<f64>,
}

#[derive(Clone, Debug, Default)]
pub struct InventoryRequest {
    /// `None`: unknown, never shown as 0.
    pub static_tokens: Option<u64>,
    pub dynamic_tokens: Option<u64>,
    pub prefix_tokens: Option<u64>,
    /// `stable`, `unstable`, `unknown`
    pub prefix: &'static str,
    pub broken_by: Option<String>,
    pub breakpoints: usize,
    pub cacheable: Option<bool>,
    pub exact: bool,
}

#[derive(Clone, Debug)]
pub struct InventoryPrompt {
    pub place: Place,
    pub format: String,
    pub role: &'static str,
    pub static_tokens: u64,
    pub exact: bool,
    /// (name, volatility or `unknown`, size class)
    pub slots: Vec<(String, &'static str, &'static str)>,
    pub used_by: Vec<Place>,
    /// By what it was taken for a prompt; `None` unless it was asked for.
    pub why: Option<String>,
}
