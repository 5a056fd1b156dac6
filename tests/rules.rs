//! The examples of every built-in rule, executed: what is bad is reported, by this rule alone; what is fixed is what the fix
//! gives; what is good is silent.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use prompt_lint::cli::engine::{Engine, FixLevel};
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Date, Overrides, RuleSettings, Settings, SettingsMap};
use prompt_lint::model::prompt::Confidence;
use prompt_lint::project::Project;
use prompt_lint::report::{Finding, Severity};
use prompt_lint::rule::{Example, ExampleKind, Rule, RuleSet};

/// The settings of an example: those of the command line's defaults, its own config and its own options.
fn settings(rule: &Rule, example: &Example, select: &[&str]) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let discovery = match &example.config {
        Some(config) => {
            let file = folder.path().join("prompt-lint.yaml");
            std::fs::write(&file, config).unwrap();
            Discovery::File(file)
        }
        None => Discovery::None,
    };
    let overrides = Overrides {
        select: select.iter().map(|name| (*name).to_owned()).collect(),
        ignore: Vec::new(),
        preview: true,
        min_severity: Severity::Warning,
        min_confidence: Confidence::Medium,
        min_saving: 0,
        today: "2026-11-22".parse::<Date>().unwrap(),
        fix_outside: false,
    };
    let mut configs = Configs::new(Engine::new().names(), discovery, folder.path().to_path_buf());
    let config = configs.for_folder(folder.path()).expect("the config of an example is valid");
    let mut settings = config.settings(&folder.path().join(PathBuf::from(&example.file)), &overrides);
    let change: &mut RuleSettings = settings.rules.entry(rule.id.clone()).or_default();
    for (name, value) in &example.options {
        change.options.insert(name.clone(), yaml(&value.to_string()));
    }
    settings
}

fn yaml(text: &str) -> serde_yaml::Value {
    serde_yaml::from_str(text).unwrap()
}

fn project(example: &Example, text: &str) -> Project {
    let mut files: BTreeMap<&str, &str> = example.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.insert(&example.file, text);
    Project::in_memory(files)
}

/// What is listed with default flags, as `path:line rule`.
fn listed(project: &Project, settings: Settings) -> Vec<(String, String)> {
    let report = (Engine::new().lint)(project, &SettingsMap::new(settings));
    assert_eq!(report.panics, 0, "{:?}", report.notes);
    let shown = |finding: &Finding| finding.severity >= Severity::Warning && finding.confidence >= Confidence::Medium;
    let place = |finding: &Finding| {
        let file = project.file(finding.place.file);
        let line = project.source(finding.place.file).map_or(0, |source| source.line_column(finding.place.span.start).0);
        format!("{}:{line}", file.path)
    };
    report.findings.iter().filter(|finding| shown(finding)).map(|finding| (finding.rule.clone(), place(finding))).collect()
}

/// What is wrong with an example; empty if nothing is.
fn faults(rule: &Rule, example: &Example) -> Vec<String> {
    let mut faults = Vec::new();
    let project = project(example, &example.text);
    let own = listed(&project, settings(rule, example, &[&rule.id]));
    let all = listed(&project, settings(rule, example, &[]));
    let others: BTreeSet<&str> = all.iter().map(|(id, _)| id.as_str()).filter(|id| *id != rule.id).collect();
    let ExampleKind::Bad { fixed } = &example.kind else {
        if !own.is_empty() {
            faults.push(format!("is reported at {own:?}"));
        }
        return faults;
    };
    if own.len() != 1 {
        faults.push(format!("is reported {} times: {own:?}", own.len()));
    }
    let said: BTreeSet<&str> = example.also.iter().map(String::as_str).collect();
    if others != said {
        faults.push(format!("other rules report {others:?}, and `also` says {said:?}"));
    }
    let patch = (Engine::new().fix)(&project, &SettingsMap::new(settings(rule, example, &[&rule.id])), FixLevel::Unsafe, &|_, _| ());
    for note in &patch.notes {
        faults.push(format!("{}: {}", note.path, note.message));
    }
    let id = project.find(&example.file).unwrap();
    let got = patch.texts.get(&id).map_or(example.text.as_str(), String::as_str);
    match fixed {
        Some(fixed) if got == fixed => {
            let rest = listed(&self::project(example, got), settings(rule, example, &[&rule.id]));
            if !rest.is_empty() {
                faults.push(format!("is still reported after the fix: {rest:?}"));
            }
        }
        Some(fixed) => {
            let diff = similar::TextDiff::from_lines(fixed.as_str(), got);
            faults.push(format!("is fixed otherwise:\n{}", diff.unified_diff().context_radius(2).header("expected", "got")));
        }
        None if got != example.text => faults.push(format!("is fixed, and there is no `fixed`:\n{got}")),
        None => {}
    }
    faults
}

#[test]
fn examples_are_as_they_say() {
    let rules = RuleSet::builtin().unwrap();
    let mut failed = String::new();
    for rule in rules.iter() {
        for (at, example) in rule.examples.iter().enumerate() {
            for fault in faults(rule, example) {
                let kind = if example.kind == ExampleKind::Good { "good" } else { "bad" };
                let note = example.note.as_deref().unwrap_or("");
                failed += &format!("{} example {} ({kind}, {}, {note}): {fault}\n", rule.id, at + 1, example.file);
            }
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}
