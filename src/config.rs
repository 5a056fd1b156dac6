//! What a run is told: the settings of each file, from the command line and the nearest `prompt-lint.yaml`.
//!
//! [`file`] reads one YAML file, [`nearest`] finds the one that holds for a path, and [`Settings`] is what comes out:
//! everything that the core needs to know for one file.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use crate::catalogue::Catalogue;
use crate::model::prompt::{Confidence, SizeClass};
use crate::report::Severity;
use crate::rule::{OptionValue, RuleSet};

pub mod date;
pub mod file;
pub mod nearest;

pub use date::Date;
pub use file::ConfigError;
pub use nearest::{Config, Configs};

/// Everything that the core is told for one file.
#[derive(Clone, Debug)]
pub struct Settings {
    pub selection: Selection,
    /// What the config says of single rules, by id; rules that it does not name run as they are.
    pub rules: BTreeMap<String, RuleSettings>,
    /// Findings below are counted and not listed, and a fix leaves them alone.
    pub min_severity: Severity,
    /// As `min_severity`; such findings do not decide the exit code either.
    pub min_confidence: Confidence,
    /// Findings that are known to save fewer input-equivalent tokens a request are treated so too.
    pub min_saving: u64,
    /// The model of calls that do not say theirs.
    pub default_model: Option<String>,
    /// Length of the standard conversation in turns.
    pub turns: u32,
    pub traffic: Traffic,
    pub sizes: Sizes,
    /// The cap on output tokens that the config sets for this file: inserting it is a safe fix.
    pub cap: Option<u64>,
    /// The day for which prices and announced changes are read.
    pub today: Date,
    /// An edit may be written to a file that was not asked for on the command line.
    pub fix_outside: bool,
    /// The tokens that a prompt of this file may have.
    pub budget: Option<u64>,
    /// Names and values by which the project allocates its costs.
    pub tags: Vec<(String, String)>,
    /// The built-in rules with the project's own over them, where it has any.
    pub own_rules: Option<Arc<RuleSet>>,
}

impl Settings {
    /// The rules that hold for the file.
    pub fn rule_set<'s>(&'s self, rest: &'s RuleSet) -> &'s RuleSet {
        self.own_rules.as_deref().unwrap_or(rest)
    }
}

/// What a config says of one rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSettings {
    pub severity: Option<Severity>,
    /// Values by option; options that are not named keep the rule's own value.
    pub options: BTreeMap<String, serde_yaml::Value>,
}

/// What the user stated of the traffic; `None` is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    pub requests_per_month: Option<u64>,
    /// How long a conversation is, where it is not the standard one.
    pub turns_per_session: Option<u32>,
}

/// Assumed tokens of a value in a slot, by its size class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub scalar: u64,
    pub list: u64,
    /// One turn of a conversation, question and answer.
    pub history_turn: u64,
    pub document: u64,
    pub retrieval: u64,
    pub media: u64,
    pub schema: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes { scalar: 8, list: 300, history_turn: 180, document: 4000, retrieval: 2000, media: 1500, schema: 400 }
    }
}

impl Sizes {
    /// Tokens assumed for a value of this class; a history counts `turns` turns. `None`: the class is unknown.
    pub fn of(&self, class: SizeClass, turns: u32) -> Option<u64> {
        match class {
            SizeClass::Scalar => Some(self.scalar),
            SizeClass::List => Some(self.list),
            SizeClass::History => Some(self.history_turn.saturating_mul(u64::from(turns))),
            SizeClass::Document => Some(self.document),
            SizeClass::Retrieval => Some(self.retrieval),
            SizeClass::Media => Some(self.media),
            SizeClass::Schema => Some(self.schema),
            SizeClass::Unknown => None,
        }
    }
}

/// Which rules run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Rule ids and categories; `None` is every stable rule.
    pub select: Option<Vec<String>>,
    pub ignore: Vec<String>,
    /// Rules in preview run too.
    pub preview: bool,
}

impl Selection {
    /// Whether a rule runs. The more exact name wins (`select: [cache/short-prefix], ignore: [cache]` runs that one rule), and
    /// of two equally exact ones `ignore` does. A rule in preview runs with `--preview` or when selected by its own id.
    pub fn selects(&self, rule: &str, in_preview: bool) -> bool {
        let selected = match &self.select {
            None => Some(0),
            Some(names) => exactness(names, rule),
        };
        let Some(selected) = selected else { return false };
        if in_preview && !self.preview && selected < EXACT {
            return false;
        }
        exactness(&self.ignore, rule).is_none_or(|ignored| selected > ignored)
    }
}

const EXACT: u8 = 2;

/// 2 if the rule is named by its id, 1 by its category.
fn exactness(names: &[String], rule: &str) -> Option<u8> {
    names
        .iter()
        .filter_map(|name| match () {
            () if name == rule => Some(EXACT),
            () if name == category(rule) => Some(1),
            () => None,
        })
        .max()
}

/// `cache` of `cache/unstable-prefix`.
pub fn category(rule: &str) -> &str {
    rule.split_once('/').map_or(rule, |(category, _)| category)
}

/// What the command line says for all files; it goes before the config.
#[derive(Clone, Debug)]
pub struct Overrides {
    pub select: Vec<String>,
    pub ignore: Vec<String>,
    pub preview: bool,
    pub min_severity: Severity,
    pub min_confidence: Confidence,
    pub min_saving: u64,
    pub today: Date,
    pub fix_outside: bool,
}

impl Overrides {
    /// What holds where no flag says otherwise.
    pub fn defaults(today: Date) -> Self {
        Overrides {
            select: Vec::new(),
            ignore: Vec::new(),
            preview: false,
            min_severity: Severity::Warning,
            min_confidence: Confidence::Medium,
            min_saving: 0,
            today,
            fix_outside: false,
        }
    }
}

/// The settings of every file of a run.
#[derive(Clone, Debug)]
pub struct SettingsMap {
    all: Vec<Settings>,
    by_key: HashMap<String, usize>,
    /// The built-in catalogue with the project's own entries over it, where it has any; it holds for the whole run.
    pub catalogue: Option<Arc<Catalogue>>,
}

impl SettingsMap {
    /// The same settings for every file, until [`SettingsMap::set`] says otherwise.
    pub fn new(rest: Settings) -> Self {
        SettingsMap { all: vec![rest], by_key: HashMap::new(), catalogue: None }
    }

    /// Adds settings, to be given to files with [`SettingsMap::set`].
    pub(crate) fn add(&mut self, settings: Settings) -> usize {
        self.all.push(settings);
        self.all.len() - 1
    }

    pub(crate) fn set(&mut self, key: String, settings: usize) {
        self.by_key.insert(key, settings);
    }

    /// Every rule set that some file has of its own.
    pub fn own_rules(&self) -> impl Iterator<Item = &RuleSet> {
        self.all.iter().filter_map(|settings| settings.own_rules.as_deref())
    }

    /// The settings of a file by its key; those of the root for a file that was not asked for.
    pub fn for_file(&self, key: &str) -> &Settings {
        let at = self.by_key.get(key).copied().unwrap_or(0);
        self.all.get(at).unwrap_or(&self.all[0])
    }
}

/// The rules that there are, with their options: what names in a config and on the command line are checked against.
#[derive(Debug)]
pub struct RuleNames {
    /// The options of each rule, with their defaults.
    pub rules: LazyLock<BTreeMap<String, BTreeMap<String, OptionValue>>, ReadNames>,
}

type ReadNames = Box<dyn FnOnce() -> BTreeMap<String, BTreeMap<String, OptionValue>> + Send>;

impl Default for RuleNames {
    fn default() -> Self {
        RuleNames::new(BTreeMap::new)
    }
}

impl RuleNames {
    /// `read` runs when the first name is asked for.
    pub fn new(read: impl FnOnce() -> BTreeMap<String, BTreeMap<String, OptionValue>> + Send + 'static) -> Self {
        RuleNames { rules: LazyLock::new(Box::new(read)) }
    }

    /// These and others.
    pub fn with(&self, others: &RuleNames) -> Self {
        let mut names: BTreeMap<_, _> = (*self.rules).clone();
        names.extend(others.rules.iter().map(|(id, options)| (id.clone(), options.clone())));
        RuleNames::new(move || names)
    }

    /// Those of a set of rules.
    pub fn of(rules: &RuleSet) -> Self {
        let names: BTreeMap<_, _> = rules.iter().map(|rule| (rule.id.clone(), rule.options.clone())).collect();
        RuleNames::new(move || names)
    }

    /// Whether this is a rule or a category.
    pub fn knows(&self, name: &str) -> bool {
        self.rules.contains_key(name) || self.rules.keys().any(|rule| category(rule) == name)
    }

    /// The rule or category that was most likely meant: by spelling, or by the part behind the `/`.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let last = |rule: &str| rule.rsplit('/').next().map(str::to_owned).unwrap_or_default();
        if let Some(rule) = self.rules.keys().find(|rule| last(rule) == name) {
            return Some(rule);
        }
        let ids = self.rules.keys().map(String::as_str);
        nearest_word(name, ids.clone().chain(ids.clone().map(category))).or_else(|| {
            let meant = ids.clone().map(last).collect::<Vec<_>>();
            let meant = nearest_word(&last(name), meant.iter().map(String::as_str))?.to_owned();
            self.rules.keys().find(|rule| last(rule) == meant).map(String::as_str)
        })
    }
}

/// The candidate that differs least in spelling, if it is near enough to have been meant.
pub fn nearest_word<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(select: Option<&[&str]>, ignore: &[&str], preview: bool) -> Selection {
        let own = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        Selection { select: select.map(own), ignore: own(ignore), preview }
    }

    #[test]
    fn the_more_exact_name_wins() {
        assert!(selection(None, &[], false).selects("cache/short-prefix", false));
        assert!(!selection(None, &["cache"], false).selects("cache/short-prefix", false));
        assert!(selection(Some(&["cache/short-prefix"]), &["cache"], false).selects("cache/short-prefix", false));
        assert!(!selection(Some(&["cache"]), &["cache/short-prefix"], false).selects("cache/short-prefix", false));
        assert!(!selection(Some(&["output"]), &[], false).selects("cache/short-prefix", false));
        assert!(!selection(Some(&["cache"]), &["cache"], false).selects("cache/short-prefix", false));
    }

    #[test]
    fn preview_needs_the_flag_or_the_exact_name() {
        assert!(!selection(None, &[], false).selects("text/filler", true));
        assert!(selection(None, &[], true).selects("text/filler", true));
        assert!(!selection(Some(&["text"]), &[], false).selects("text/filler", true));
        assert!(selection(Some(&["text/filler"]), &[], false).selects("text/filler", true));
    }

    #[test]
    fn nearest_names() {
        let names =
            RuleNames::new(|| [("output/missing-cap".to_owned(), BTreeMap::new()), ("text/filler".to_owned(), BTreeMap::new())].into());
        assert_eq!(names.nearest("ouput/missing-cap"), Some("output/missing-cap"));
        assert_eq!(names.nearest("missing-cap"), Some("output/missing-cap"));
        assert_eq!(names.nearest("txt"), Some("text"));
        assert_eq!(names.nearest("misssing-cap"), Some("output/missing-cap"));
        assert_eq!(names.nearest("quite-different"), None);
    }

    #[test]
    fn unknown_size_is_unknown() {
        assert_eq!(Sizes::default().of(SizeClass::Unknown, 40), None);
        assert_eq!(Sizes::default().of(SizeClass::History, 2), Some(360));
    }
}
