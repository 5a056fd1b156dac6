//! What the command line calls: the rules, the check and the fix.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::check::{self, Knowledge, Rules};
use crate::config::{RuleNames, SettingsMap};
use crate::fix::{self, Linted};
use crate::project::Project;
use crate::report::{Finding, Note, Report, Severity};
use crate::rule::{ExampleKind, OptionValue, Rule, RuleSet, Status};
use crate::span::FileId;

/// The core, as the commands see it.
#[derive(Clone, Copy)]
pub struct Engine {
    pub rules: fn() -> Vec<RuleInfo>,
    pub lint: fn(&Project, &SettingsMap) -> Report,
    pub fix: fn(&Project, &SettingsMap, FixLevel, &Narrow<'_>) -> Patch,
}

/// What flags that settings know nothing of (a baseline, a revision) leave of the findings.
pub type Narrow<'n> = dyn Fn(&Project, &mut Vec<Finding>) + 'n;

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
    /// With their defaults.
    pub options: Vec<(String, OptionValue)>,
    /// Markdown.
    pub why: String,
    pub help: String,
    /// Address and the day it was seen.
    pub sources: Vec<(String, String)>,
    pub examples: Examples,
}

/// The examples of a rule, read when they are asked for: those of the rules that ship are a hundred kilobytes of YAML.
#[derive(Clone, Debug, Default)]
pub struct Examples(Option<Arc<Rule>>);

impl Examples {
    pub fn read(&self) -> Vec<Example> {
        let shown = |example: &crate::rule::Example| Example {
            file: example.file.clone(),
            text: example.text.clone(),
            good: example.kind == ExampleKind::Good,
            fixed: match &example.kind {
                ExampleKind::Bad { fixed } => fixed.clone(),
                ExampleKind::Good => None,
            },
            note: example.note.clone(),
        };
        self.0.iter().flat_map(|rule| rule.examples.iter().map(shown)).collect()
    }
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

    /// The names of the built-in rules, read when a config or a flag names one.
    pub fn names(&self) -> RuleNames {
        let rules = self.rules;
        let options = |rule: &RuleInfo| rule.options.iter().cloned().collect();
        RuleNames::new(move || rules().iter().map(|rule| (rule.id.clone(), options(rule))).collect())
    }
}

impl Default for Engine {
    fn default() -> Self {
        Engine::new()
    }
}

fn knowledge(settings: &SettingsMap) -> Knowledge<'_> {
    Knowledge { catalogue: settings.catalogue.as_deref().unwrap_or(Catalogue::builtin()), rules: Rules::BuiltIn }
}

fn rules() -> Vec<RuleInfo> {
    described(RuleSet::shared())
}

/// Rules as `rules` and `explain` show them.
pub fn described(rules: &RuleSet) -> Vec<RuleInfo> {
    rules
        .iter()
        .map(|rule| RuleInfo {
            id: rule.id.clone(),
            summary: rule.summary.clone(),
            severity: rule.severity,
            preview: rule.status == Status::Preview,
            fix: fix_word(rule.rewrite.as_deref()).to_owned(),
            options: rule.options.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            why: rule.why.clone(),
            help: String::new(),
            sources: rule.sources.iter().map(|source| (source.url.to_string(), source.seen.to_string())).collect(),
            examples: Examples(Some(rule.clone())),
        })
        .collect()
}

/// What `--fix` may do for a rule with this rewrite.
fn fix_word(rewrite: Option<&str>) -> &'static str {
    match rewrite {
        Some("move-behind-static" | "add-breakpoint" | "add-argument" | "compact-json" | "sort") => "safe or unsafe",
        Some("remove" | "collapse-space") => "safe",
        Some(_) => "unsafe",
        None => "advice",
    }
}

fn lint(project: &Project, settings: &SettingsMap) -> Report {
    check::lint(project, settings, &knowledge(settings)).report
}

/// The check as the fix engine asks for it: the findings that the same flags would list.
struct Check<'s> {
    settings: &'s SettingsMap,
    narrow: &'s Narrow<'s>,
}

impl fix::Engine for Check<'_> {
    fn lint(&self, project: &Project) -> Linted {
        let mut linted = check::lint(project, self.settings, &knowledge(self.settings));
        (self.narrow)(project, &mut linted.report.findings);
        linted.report.findings.retain(|finding| {
            let settings = self.settings.for_file(&project.file(finding.place.file).key);
            finding.severity >= settings.min_severity
                && finding.confidence >= settings.min_confidence
                && finding.may_save(settings.min_saving)
        });
        linted
    }

    fn rewrite_of(&self, rule: &str) -> Option<&str> {
        // A rule that two configs of the run define with different rewrites is not fixed: which of them a finding is of is not known here.
        let mut sets = self.settings.own_rules().chain(self.settings.own_rules().next().is_none().then(RuleSet::shared));
        let of = |set: &RuleSet| set.get(rule).map(|rule| rule.rewrite.clone());
        let first = self.settings.own_rules().chain([RuleSet::shared()]).find_map(|set| set.get(rule))?;
        sets.all(|set| of(set).is_none_or(|rewrite| rewrite == first.rewrite)).then_some(first.rewrite.as_deref()).flatten()
    }
}

fn fix(project: &Project, settings: &SettingsMap, level: FixLevel, narrow: &Narrow<'_>) -> Patch {
    let outside = project.ids().next().is_some_and(|id| settings.for_file(&project.file(id).key).fix_outside);
    let level = match level {
        FixLevel::Safe => fix::FixLevel::Safe,
        FixLevel::Unsafe => fix::FixLevel::Unsafe,
    };
    let patch = fix::fix(project.with_texts(&Default::default()), &Check { settings, narrow }, level, outside);
    let notes = patch
        .dropped
        .iter()
        .map(|dropped| Note { path: dropped.path.clone(), message: format!("a fix of {} was left out: {}", dropped.rule, dropped.reason) })
        .collect();
    Patch { texts: patch.texts, fixed: patch.applied.len(), outside: patch.offered.len(), notes, panics: patch.report.panics }
}
