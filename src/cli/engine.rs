//! What the command line calls: the rules, the check and the fix.

use std::collections::BTreeMap;

use crate::config::{RuleNames, SettingsMap};
use crate::project::{Language, Project};
use crate::report::{Note, Report, Severity};
use crate::span::FileId;

/// The core, as the commands see it.
#[derive(Clone, Copy)]
pub struct Engine {
    pub rules: fn() -> Vec<RuleInfo>,
    pub lint: fn(&Project, &SettingsMap) -> Report,
    pub fix: fn(&Project, &SettingsMap, FixLevel) -> Patch,
}

/// Which fixes are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixLevel {
    Safe,
    /// Safe and unsafe ones.
    Unsafe,
}

/// What fixing changes: proved, and not written yet.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// The new texts, without byte order mark, of the files that change.
    pub texts: BTreeMap<FileId, String>,
    /// Findings that are gone.
    pub fixed: usize,
    /// Fixes that touch files outside the given paths, which were left out.
    pub outside: usize,
    /// Fixes that failed their proof.
    pub notes: Vec<Note>,
    /// Panics that were caught, each with a note.
    pub panics: usize,
}

/// A rule as `rules` and `explain` show it.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    pub id: String,
    pub summary: String,
    /// The highest that its findings can have.
    pub severity: Severity,
    pub preview: bool,
    /// What `--fix` may do: `safe`, `unsafe`, `advice`.
    pub fix: String,
    /// Name and value, as YAML.
    pub options: Vec<(String, String)>,
    /// Markdown.
    pub why: String,
    pub help: String,
    /// Address and the day it was seen.
    pub sources: Vec<(String, String)>,
    pub examples: Vec<Example>,
}

/// One example of a rule.
#[derive(Clone, Debug)]
pub struct Example {
    pub file: String,
    /// What is reported, or what is not.
    pub text: String,
    pub good: bool,
    pub fixed: Option<String>,
    pub note: Option<String>,
}

impl Engine {
    /// The engine of this crate.
    pub fn new() -> Self {
        Engine { rules, lint, fix }
    }

    pub fn names(&self) -> RuleNames {
        let options = |rule: &RuleInfo| rule.options.iter().map(|(name, _)| name.clone()).collect();
        RuleNames { rules: (self.rules)().iter().map(|rule| (rule.id.clone(), options(rule))).collect() }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Engine::new()
    }
}

fn rules() -> Vec<RuleInfo> {
    let rule = |id: &str, summary: &str, fix: &str, options: &[(&str, &str)]| RuleInfo {
        id: id.to_owned(),
        summary: summary.to_owned(),
        severity: Severity::Warning,
        preview: false,
        fix: fix.to_owned(),
        options: options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        why: String::new(),
        help: String::new(),
        sources: Vec::new(),
        examples: Vec::new(),
    };
    vec![
        rule(
            "cache/unstable-prefix",
            "A value that changes between requests stands before text that does not",
            "safe or unsafe",
            &[("min_lost_tokens", "64")],
        ),
        rule("context/whole-document", "A whole document goes into a prompt with nothing that limits it", "unsafe", &[]),
        rule("history/full-replay", "A conversation only grows and is sent again on each turn", "unsafe", &[]),
        rule("output/missing-cap", "No limit on output tokens reaches the API", "safe or unsafe", &[("default_cap", "1024")]),
    ]
}

fn lint(project: &Project, _settings: &SettingsMap) -> Report {
    let mut report = Report::default();
    for id in project.ids().filter(|id| project.file(*id).target && project.file(*id).language != Language::Text) {
        report.files += 1;
        if let Err(error) = project.source(id) {
            report.notes.push(Note { path: project.file(id).path.clone(), message: error.to_string() });
        }
    }
    report
}

fn fix(_project: &Project, _settings: &SettingsMap, _level: FixLevel) -> Patch {
    Patch::default()
}
