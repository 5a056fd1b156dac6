//! The examples of a rule, executed: what is bad is reported, what is fixed is what the fix gives, what is good is silent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::engine::{Engine, FixLevel};
use crate::config::nearest::Discovery;
use crate::config::{ConfigError, Configs, Date, Overrides, RuleNames, RuleSettings, Settings, SettingsMap};
use crate::model::prompt::Confidence;
use crate::project::Project;
use crate::report::{Finding, Severity};
use crate::rule::{Example, ExampleKind, OptionValue, Rule, RuleSet};

/// The day on which examples are read, in seconds after the start of 1970: 2026-11-22.
const TODAY: i64 = 1795305600;

/// What came of one example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A good example, and silent.
    Validated,
    /// A bad example, and reported.
    Reported,
    /// A bad example that is not reported.
    Missing,
    /// A good example that is reported.
    Noisy,
    /// Reported, and not as the example says.
    Wrong,
}

/// What came of one example, with what is to be said of it: nothing if it is as it should be.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub faults: Vec<String>,
}

/// A rule of a set, with which its examples are run. The set is what holds in a run; other rules of it count only with `alone` off.
pub struct Bench {
    rules: Arc<RuleSet>,
    /// Findings of other rules in a bad example are no fault.
    alone: bool,
}

impl Bench {
    pub fn new(rules: Arc<RuleSet>, alone: bool) -> Self {
        Bench { rules, alone }
    }

    /// Runs one example of a rule of the set.
    ///
    /// # Errors
    /// The config of the example is wrong.
    pub fn run(&self, rule: &Rule, example: &Example) -> Result<Outcome, Box<ConfigError>> {
        let mut faults = Vec::new();
        let project = project(example, &example.text);
        let own = self.listed(&project, rule, example, true)?;
        let ExampleKind::Bad { fixed } = &example.kind else {
            let verdict = if own.is_empty() { Verdict::Validated } else { Verdict::Noisy };
            faults.extend(own.iter().map(|(_, place)| format!("is reported at {place}")));
            return Ok(Outcome { verdict, faults });
        };
        if own.is_empty() {
            return Ok(Outcome { verdict: Verdict::Missing, faults: vec!["is not reported".into()] });
        }
        if own.len() > 1 {
            let places: Vec<&str> = own.iter().map(|(_, place)| place.as_str()).collect();
            faults.push(format!("is reported {} times: {}", own.len(), places.join(", ")));
        }
        if !self.alone {
            let all = self.listed(&project, rule, example, false)?;
            let others: BTreeSet<&str> = all.iter().map(|(id, _)| id.as_str()).filter(|id| *id != rule.id).collect();
            let said: BTreeSet<&str> = example.also.iter().map(String::as_str).collect();
            if others != said {
                faults.push(format!("other rules report {others:?}, and `also` says {said:?}"));
            }
        }
        let settings = self.settings(rule, example, true)?;
        let patch = (Engine::new().fix)(&project, &SettingsMap::new(settings), FixLevel::Unsafe, &|_, _| {});
        faults.extend(patch.notes.iter().map(|note| format!("{}: {}", note.path, note.message)));
        let got = project.find(&example.file).and_then(|id| patch.texts.get(&id)).map_or(example.text.as_str(), String::as_str);
        match fixed {
            Some(fixed) if got == fixed => {
                let rest = self.listed(&self::project(example, got), rule, example, true)?;
                faults.extend(rest.iter().map(|(_, place)| format!("is still reported after the fix, at {place}")));
            }
            Some(fixed) => {
                let diff = similar::TextDiff::from_lines(fixed.as_str(), got);
                faults.push(format!("is fixed otherwise:\n{}", diff.unified_diff().context_radius(2).header("expected", "got")));
            }
            None if got != example.text => faults.push(format!("is fixed, and there is no `fixed`:\n{got}")),
            None => {}
        }
        let verdict = if faults.is_empty() { Verdict::Reported } else { Verdict::Wrong };
        Ok(Outcome { verdict, faults })
    }

    /// The settings of an example: those of the command line's defaults, its own config and its own options.
    fn settings(&self, rule: &Rule, example: &Example, alone: bool) -> Result<Settings, Box<ConfigError>> {
        let folder = std::env::temp_dir();
        let overrides = Overrides {
            select: if alone { vec![rule.id.clone()] } else { Vec::new() },
            preview: true,
            ..Overrides::defaults(Date::from_unix(TODAY))
        };
        let mut configs = Configs::new(RuleNames::of(&self.rules), Discovery::None, folder.clone());
        let config = match &example.config {
            Some(text) => Arc::new(configs.from_text(text, &folder)?),
            None => configs.for_folder(&folder)?,
        };
        let mut settings = config.settings(&folder.join(&example.file), &overrides);
        settings.own_rules = Some(self.rules.clone());
        let change: &mut RuleSettings = settings.rules.entry(rule.id.clone()).or_default();
        for (name, value) in &example.options {
            change.options.insert(name.clone(), yaml(value));
        }
        Ok(settings)
    }

    /// What is listed with default flags: rule and `path:line`.
    fn listed(&self, project: &Project, rule: &Rule, example: &Example, alone: bool) -> Result<Vec<(String, String)>, Box<ConfigError>> {
        let settings = self.settings(rule, example, alone)?;
        let report = (Engine::new().lint)(project, &SettingsMap::new(settings));
        let shown = |finding: &&Finding| finding.severity >= Severity::Warning && finding.confidence >= Confidence::Medium;
        let place = |finding: &Finding| {
            let file = project.file(finding.place.file);
            let line = project.source(finding.place.file).map_or(0, |source| source.line_column(finding.place.span.start).0);
            format!("{}:{line}", file.path)
        };
        Ok(report.findings.iter().filter(shown).map(|finding| (finding.rule.clone(), place(finding))).collect())
    }
}

fn yaml(value: &OptionValue) -> serde_yaml::Value {
    match value {
        OptionValue::Bool(value) => serde_yaml::Value::from(*value),
        OptionValue::Number(value) => serde_yaml::Value::from(*value),
        OptionValue::Text(value) => serde_yaml::Value::from(&**value),
        OptionValue::List(items) => serde_yaml::Value::Sequence(items.iter().map(yaml).collect()),
    }
}

fn project(example: &Example, text: &str) -> Project {
    let mut files: BTreeMap<&str, &str> = example.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.insert(&example.file, text);
    Project::in_memory(files)
}
