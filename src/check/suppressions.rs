//! Suppressions: which findings a comment takes out of the report, and which comments take out nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{RuleNames, SettingsMap};
use crate::model::facts::{Fact, Record};
use crate::project::{Language, Project};
use crate::report::{Finding, Note, Owner, OwnerKind, Suppressed};
use crate::resolve::Reach;
use crate::rewrite;
use crate::rule::{self, Facts, Rule, RuleSet};
use crate::span::{FileId, Place, Span};
use crate::suppress::{self, Misspelt, Suppression};

/// The rule that reports what suppresses nothing.
const UNUSED: &str = "lint/unused-suppression";

/// The suppressions of a project, and which names in them were needed.
pub(super) struct Suppressions<'p> {
    project: &'p Project,
    files: BTreeMap<FileId, InFile<'p>>,
}

#[derive(Default)]
struct InFile<'p> {
    comments: &'p [Span],
    found: Vec<Suppression>,
    misspelt: Vec<Misspelt>,
    /// Of each suppression, the names that took a finding out.
    used: Vec<BTreeSet<String>>,
}

impl<'p> Suppressions<'p> {
    /// Reads the suppressions of the targets; those of other files are read when a finding lies there.
    pub fn new(project: &'p Project, reach: &Reach<'_>, targets: &[FileId]) -> Self {
        let mut own = Suppressions { project, files: BTreeMap::new() };
        for file in targets {
            if reach.names_tool(*file) {
                own.file(*file);
            }
        }
        own
    }

    fn file(&mut self, file: FileId) -> &mut InFile<'p> {
        let project = self.project;
        self.files.entry(file).or_insert_with(|| {
            let comments: &[Span] = match project.file(file).language {
                Language::Python | Language::JavaScript => &project.module(file).comments,
                Language::Jinja => project.template(file).map_or(&[], |template| &template.comments),
                Language::Text => project.document(file).map_or(&[], |document| &document.comments),
            };
            let Ok(source) = project.source(file) else { return InFile::default() };
            let (found, misspelt) = suppress::suppressions(source, comments);
            let used = vec![BTreeSet::new(); found.len()];
            InFile { comments, found, misspelt, used }
        })
    }

    /// Takes out what a comment suppresses.
    pub fn apply(&mut self, findings: &mut Vec<Finding>) -> Vec<Suppressed> {
        let mut suppressed = Vec::new();
        for finding in std::mem::take(findings) {
            match self.reason_to_suppress(&finding) {
                Some(reason) => suppressed.push(Suppressed { finding, reason }),
                None => findings.push(finding),
            }
        }
        suppressed
    }

    /// `None` if no comment takes it out; else the first reason that is given.
    fn reason_to_suppress(&mut self, finding: &Finding) -> Option<String> {
        let project = self.project;
        let mut given: Option<String> = None;
        for owner in std::iter::once(&finding.owner).chain(&finding.related) {
            let Ok(source) = project.source(owner.place.file) else { continue };
            let file = self.file(owner.place.file);
            for (found, used) in file.found.iter().zip(&mut file.used) {
                if found.names_of(&finding.rule).next().is_some() && found.covers(source, file.comments, owner.place.span) {
                    used.extend(found.names_of(&finding.rule).map(str::to_owned));
                    let reason = given.get_or_insert_default();
                    if reason.is_empty() {
                        reason.clone_from(&found.reason);
                    }
                }
            }
        }
        given
    }

    /// No file holds a comment that is meant as one.
    pub fn is_empty(&self) -> bool {
        self.files.values().all(|file| file.found.is_empty() && file.misspelt.is_empty())
    }

    /// Names in suppressions of files where the unused ones are to be reported, whether their rules ran or not.
    pub fn names_to_judge(&self, settings: &SettingsMap, rules: &RuleSet) -> BTreeSet<String> {
        let asked = |file: &FileId| {
            let selection = &settings.for_file(&self.project.file(*file).key).selection;
            settings
                .for_file(&self.project.file(*file).key)
                .rule_set(rules)
                .get(UNUSED)
                .is_some_and(|rule| selection.selects(&rule.id, rule.status == rule::Status::Preview))
        };
        let files = self.files.iter().filter(|(file, _)| self.project.file(**file).target && asked(file));
        files.flat_map(|(_, file)| &file.found).flat_map(|found| &found.rules).cloned().collect()
    }

    /// What is not understood, and names that no rule has.
    pub fn notes(&self, settings: &SettingsMap, rules: &RuleSet) -> Vec<Note> {
        let mut notes = Vec::new();
        for (file, found) in self.files.iter().filter(|(file, _)| self.project.file(**file).target) {
            let Ok(source) = self.project.source(*file) else { continue };
            let names = names(settings.for_file(&self.project.file(*file).key).rule_set(rules));
            let mut note = |at: u32, message: &str| {
                let message = format!("at {}: {message}", source.shown_place(at));
                notes.push(Note { path: self.project.file(*file).path.clone(), message });
            };
            for wrong in &found.misspelt {
                note(wrong.at, &wrong.message);
            }
            for one in &found.found {
                for name in one.rules.iter().filter(|name| !names.knows(name)) {
                    let meant = names.nearest(name).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                    note(one.text.start, &format!("there is no rule or category `{name}` to ignore{meant}"));
                }
            }
        }
        notes
    }

    /// The findings for suppressions that took nothing out. `calls` are all calls of the targets, `partly` the files that were not
    /// understood to the end: there nothing is said.
    ///
    /// What stands beside a prompt may be needed for a call in a file that is not looked at in this run, so it is judged only
    /// where all files are; what stands beside a call is judged always.
    pub fn unused(&self, settings: &SettingsMap, rules: &RuleSet, calls: &[Place], partly: &[FileId]) -> Vec<Finding> {
        let is_code = |language| matches!(language, Language::Python | Language::JavaScript | Language::Jinja);
        let everything = self.project.files.iter().all(|file| file.target || !is_code(file.language)) && partly.is_empty();
        let mut findings = Vec::new();
        for (file, found) in self.files.iter().filter(|(file, _)| self.project.file(**file).target && !partly.contains(file)) {
            let own = settings.for_file(&self.project.file(*file).key);
            let Some(rule) = own.rule_set(rules).get(UNUSED) else { continue };
            let names = names(own.rule_set(rules));
            if !own.selection.selects(&rule.id, rule.status == rule::Status::Preview) {
                continue;
            }
            let Ok(source) = self.project.source(*file) else { continue };
            for (one, used) in found.found.iter().zip(&found.used) {
                let beside_call = || calls.iter().any(|call| call.file == *file && one.covers(source, found.comments, call.span));
                let is_judged = |name: &&str| names.knows(name) && crate::config::category(name) != "lint";
                let unused: Vec<&str> =
                    one.rules.iter().map(String::as_str).filter(is_judged).filter(|name| !used.contains(*name)).collect();
                if unused.is_empty() || !(everything || (one.scope == suppress::Scope::Owner && beside_call())) {
                    continue;
                }
                let place = Place::new(*file, one.text);
                let change = own.rules.get(&rule.id).and_then(|change| change.severity);
                let fix = rewrite::remove::suppression(self.project, *file, one, &unused);
                findings.extend(finding(rule, place, &unused).map(|finding| Finding {
                    severity: change.unwrap_or(finding.severity),
                    fix,
                    ..finding
                }));
            }
        }
        findings
    }
}

fn finding(rule: &Rule, place: Place, unused: &[&str]) -> Option<Finding> {
    let fields = [("used", Fact::bool(false)), ("unused", Fact::text(unused.join("`, `")))];
    let suppression = Record { place: Some(place), fields: fields.into_iter().collect() };
    let hit = rule::check::check(rule, &rule.default_options(), &Facts::new([("suppression", Fact::record(suppression))]))?;
    Some(Finding {
        rule: rule.id.clone(),
        severity: hit.severity,
        confidence: hit.confidence,
        place: hit.place.unwrap_or(place),
        owner: Owner { kind: OwnerKind::File, place },
        message: hit.message,
        help: hit.help,
        why: rule.cost(),
        labels: Vec::new(),
        related: Vec::new(),
        saving: None,
        fix: None,
    })
}

fn names(rules: &RuleSet) -> RuleNames {
    let ids: Vec<String> = rules.iter().map(|rule| rule.id.clone()).collect();
    RuleNames::new(move || ids.into_iter().map(|id| (id, BTreeMap::new())).collect())
}
