//! Rules from files: read, checked against the schema of facts, and refused with the place of what is wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};

use miette::{LabeledSpan, NamedSource, SourceCode};

use crate::catalogue::tables;
use crate::config::nearest::MAX_BYTES;
use crate::report::Severity;

use super::expr::{self, Expr, ExprError, Type};
use super::facts::nearest;
use super::text::Text;
use super::written::{Saving, Written, WrittenExample};
use super::yaml::{self, Step};
use super::{Example, ExampleKind, OptionValue, Rule, RuleFile, RuleLabel, Subject, check};

/// The files under `rules/`, built in: (path below it, what it holds, text).
static BUILTIN: &[(&str, Written, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// What is wrong with a rule, shown at its place in the file.
#[derive(Debug)]
pub struct RuleError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    message: String,
    help: Option<String>,
    text: NamedSource<String>,
    range: Range<usize>,
}

impl RuleError {
    fn new(name: &str, text: &str, range: Range<usize>, message: impl Into<String>) -> Self {
        let text = NamedSource::new(name, text.to_string()).with_language("yaml");
        RuleError(Box::new(Inner { message: message.into(), help: None, text, range }))
    }

    fn with_help(mut self, help: Option<String>) -> Self {
        self.0.help = help;
        self
    }

    /// The file it is in, as it is shown.
    pub fn file(&self) -> &str {
        self.0.text.name()
    }

    /// Bytes of the file, without a byte order mark.
    pub fn range(&self) -> Range<usize> {
        self.0.range.clone()
    }

    /// The file's text, without a byte order mark.
    pub fn text(&self) -> &str {
        self.0.text.inner()
    }

    /// What may have been meant.
    pub fn hint(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for RuleError {}

impl miette::Diagnostic for RuleError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.0.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new(Some("here".into()), self.0.range.start, self.0.range.len());
        Some(Box::new(std::iter::once(label)))
    }
}

/// The rules of a run, by id.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: BTreeMap<String, Arc<Rule>>,
}

impl RuleSet {
    /// The rules that ship.
    pub fn builtin() -> Result<RuleSet, RuleError> {
        let rules = BUILTIN.iter().map(|(path, written, text)| {
            let rule = built_in(path, written, text)?;
            Ok((rule.id.clone(), Arc::new(rule)))
        });
        Ok(RuleSet { rules: rules.collect::<Result<_, RuleError>>()? })
    }

    /// The rules that ship, read once in a process; a fault in one of them is a defect that the tests of this crate rule out.
    pub fn shared() -> &'static RuleSet {
        static RULES: std::sync::OnceLock<RuleSet> = std::sync::OnceLock::new();
        RULES.get_or_init(|| RuleSet::builtin().unwrap_or_default())
    }

    /// Adds the rules of a folder (`<category>/<name>.yaml`). One with the id of a rule that is there already takes its place.
    /// The ids of those that were added.
    pub fn load_dir(&mut self, folder: &Path) -> Result<Vec<String>, RuleError> {
        let mut files = Vec::new();
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| RuleError::new(&folder.to_string_lossy(), "", 0..0, format!("not read: {error}")))?;
            let path = entry.path();
            if !entry.file_type().is_file() || !path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
                continue;
            }
            let shown = path.to_string_lossy().replace('\\', "/");
            if entry.metadata().is_ok_and(|metadata| metadata.len() > MAX_BYTES) {
                return Err(RuleError::new(&shown, "", 0..0, format!("not read: more than {MAX_BYTES} bytes")));
            }
            let text = std::fs::read_to_string(path).map_err(|error| RuleError::new(&shown, "", 0..0, format!("not read: {error}")))?;
            let below = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
            files.push((below, shown, text));
        }
        let ids = self.load(files.iter().map(|(below, shown, text)| (below.as_str(), shown.clone(), text.as_str())))?;
        let rewrites: Vec<&str> = crate::rewrite::REWRITES.iter().map(|rewrite| rewrite.name).collect();
        self.check_rewrites(&rewrites)?;
        Ok(ids)
    }

    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.get(id)
    }

    /// Sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.values()
    }

    pub fn len(&self) -> usize {
        self.rules.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rule or category that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.rules.values().flat_map(|rule| [rule.id.as_str(), rule.category()]))
    }

    /// Whether every rewrite that a rule names is one of these.
    pub fn check_rewrites(&self, known: &[&str]) -> Result<(), RuleError> {
        for rule in self.rules.values() {
            if let Some(rewrite) = rule.rewrite.as_deref().filter(|rewrite| !known.contains(rewrite)) {
                let range = rule.file.locate(&[Step::Key("rewrite")]);
                let help = match nearest(rewrite, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the rewrites are {}", known.join(", ")),
                };
                let message = format!("there is no rewrite `{rewrite}`");
                return Err(RuleError::new(&rule.file.name, &rule.file.text, range, message).with_help(Some(help)));
            }
        }
        Ok(())
    }

    fn load<'t>(&mut self, files: impl IntoIterator<Item = (&'t str, String, &'t str)>) -> Result<Vec<String>, RuleError> {
        let mut added: BTreeMap<String, Arc<Rule>> = BTreeMap::new();
        for (path, name, text) in files {
            let rule = parse(path, &name, text)?;
            if let Some(first) = added.get(&rule.id) {
                let message = format!("`{}` is defined twice, first in {}", rule.id, first.file.name);
                return Err(RuleError::new(&name, &rule.file.text, 0..0, message));
            }
            added.insert(rule.id.clone(), Arc::new(rule));
        }
        let ids: Vec<String> = added.keys().cloned().collect();
        self.rules.extend(added);
        for rule in ids.iter().filter_map(|id| self.rules.get(id)) {
            for (at, enabled) in rule.enables.iter().enumerate() {
                if !self.rules.contains_key(enabled) {
                    let range = rule.file.locate(&[Step::Key("enables"), Step::Item(at)]);
                    let help = self.nearest(enabled).map(|meant| format!("did you mean `{meant}`?"));
                    let message = format!("there is no rule `{enabled}`");
                    return Err(RuleError::new(&rule.file.name, &rule.file.text, range, message).with_help(help));
                }
            }
        }
        Ok(ids)
    }
}

/// What the file of a rule may hold, for editors.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Written)
}

const KEYS: &[&str] = &[
    "summary",
    "for",
    "when",
    "options",
    "severity",
    "confidence",
    "at",
    "labels",
    "message",
    "help",
    "rewrite",
    "set",
    "enables",
    "saving",
    "status",
    "since",
    "why",
    "sources",
    "examples",
];
const REQUIRED: &[&str] = &["summary", "for", "when", "severity", "message", "help", "status", "since"];
const LABEL_KEYS: &[&str] = &["at", "text"];
const SOURCE_KEYS: &[&str] = &["url", "seen"];
const EXAMPLE_KEYS: &[&str] = &["file", "bad", "fixed", "good", "note", "files", "options", "config", "also"];

/// Reads one rule; `path` (`cache/unstable-prefix.yaml`) gives its id, `name` is what errors show.
fn parse(path: &str, name: &str, text: &str) -> Result<Rule, RuleError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let fail = |range: Range<usize>, message: String| RuleError::new(name, text, range, message);
    let id = id(path).ok_or_else(|| {
        fail(0..0, format!("`{path}` does not give a rule's id"))
            .with_help(Some("a rule is <category>/<name>.yaml, in small letters with hyphens".into()))
    })?;
    let root = yaml::read(text).map_err(|(message, range)| fail(range, message))?;
    check_keys(&root, KEYS, &fail)?;
    for (list, keys) in [("labels", LABEL_KEYS), ("sources", SOURCE_KEYS), ("examples", EXAMPLE_KEYS)] {
        for item in root.get(list).map_or(&[][..], |list| list.items()) {
            check_keys(item, keys, &fail)?;
        }
    }
    if let Some(missing) = REQUIRED.iter().find(|key| root.get(key).is_none()) {
        return Err(fail(0..0, format!("`{missing}` is missing")));
    }
    let written: Written = serde_yaml::from_str(text).map_err(|error| {
        let at = error.location().map_or(0, |location| location.index().min(text.len()));
        fail(at..at, error.to_string())
    })?;
    let file = Arc::new(RuleFile { name: name.to_string(), text: text.to_string().into(), root: root.into() });
    let builder = Builder::new(id, file, &written);
    let examples = builder.examples()?;
    let mut rule = builder.build()?;
    rule.examples = Arc::new(LazyLock::new(Box::new(move || examples)));
    Ok(rule)
}

/// A rule that ships; its examples are made ready when they are asked for.
fn built_in(path: &'static str, written: &'static Written, text: &'static str) -> Result<Rule, RuleError> {
    let name = format!("rules/{path}");
    let id = id(path).ok_or_else(|| RuleError::new(&name, text, 0..0, format!("`{path}` does not give a rule's id")))?;
    let file = Arc::new(RuleFile { name, text: text.into(), root: OnceLock::new() });
    let later = Builder::new(id.clone(), file.clone(), written);
    let mut rule = Builder::new(id, file, written).build()?;
    rule.examples = Arc::new(LazyLock::new(Box::new(move || later.examples().unwrap_or_default())));
    Ok(rule)
}

/// `cache/unstable-prefix.yaml` → `cache/unstable-prefix`.
pub(crate) fn id(path: &str) -> Option<String> {
    let (id, _) = path.rsplit_once('.')?;
    let (category, name) = id.split_once('/')?;
    let kebab = |word: &str| {
        !word.is_empty()
            && !word.starts_with('-')
            && !word.ends_with('-')
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    (kebab(category) && kebab(name)).then(|| id.to_string())
}

fn check_keys(node: &yaml::Node, keys: &[&str], fail: &impl Fn(Range<usize>, String) -> RuleError) -> Result<(), RuleError> {
    match node.entries().iter().find(|entry| !keys.contains(&entry.key.as_str())) {
        None => Ok(()),
        Some(entry) => {
            let help = match nearest(&entry.key, keys.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known here: {}", keys.join(", ")),
            };
            Err(fail(entry.key_range.clone(), format!("unknown field `{}`", entry.key)).with_help(Some(help)))
        }
    }
}

struct Builder<'w> {
    id: String,
    file: Arc<RuleFile>,
    written: &'w Written,
    options: BTreeMap<String, OptionValue>,
}

impl<'w> Builder<'w> {
    fn new(id: String, file: Arc<RuleFile>, written: &'w Written) -> Self {
        Builder { id, file, written, options: owned(&written.options) }
    }

    /// Without its examples.
    fn build(self) -> Result<Rule, RuleError> {
        let Builder { id, file, written, options } = &self;
        let when = expr::condition(&written.when, options).map_err(|error| self.error(&[Step::Key("when")], &written.when, error))?;
        self.check_subject(&when)?;
        let (severity, severity_by) = self.severity()?;
        let confidence = written.confidence.as_deref().map(|text| self.grade("confidence", text, |word| check::confidence(word).is_some()));
        let at = written.at.as_deref().map(|text| self.places(&[Step::Key("at")], text)).transpose()?.unwrap_or_default();
        let mut labels = Vec::with_capacity(written.labels.len());
        for (index, label) in written.labels.iter().enumerate() {
            let step = |key| [Step::Key("labels"), Step::Item(index), Step::Key(key)];
            labels.push(RuleLabel { at: self.places(&step("at"), &label.at)?, text: self.text(&step("text"), &label.text)? });
        }
        let set = match &written.set {
            Some(set) => {
                let step = |key| [Step::Key("set"), Step::Key(key)];
                Some(RuleLabel { at: self.places(&step("at"), &set.at)?, text: self.text(&step("value"), &set.value)? })
            }
            None => None,
        };
        Ok(Rule {
            id: id.clone(),
            summary: written.summary.to_string(),
            subject: written.subject,
            when,
            options: options.clone(),
            severity,
            severity_by,
            confidence: confidence.transpose()?,
            at,
            labels,
            message: self.text(&[Step::Key("message")], &written.message)?,
            help: self.text(&[Step::Key("help")], &written.help)?,
            rewrite: written.rewrite.as_deref().map(str::to_string),
            set,
            enables: written.enables.iter().map(|rule| rule.to_string()).collect(),
            bound: matches!(written.saving, Some(Saving::Bound)),
            status: written.status,
            since: written.since.to_string(),
            why: written.why.to_string(),
            sources: written.sources.clone(),
            examples: Arc::new(LazyLock::new(Box::new(Vec::new))),
            file: file.clone(),
        })
    }

    fn examples(&self) -> Result<Vec<Example>, RuleError> {
        self.written.examples.iter().enumerate().map(|(index, example)| self.example(index, example)).collect()
    }

    /// Facts of a value are there for rules that look at values, and of a suppression for those that look at files: elsewhere they
    /// would never be known, and the rule would never say anything.
    fn check_subject(&self, when: &Expr) -> Result<(), RuleError> {
        let mut facts = Vec::new();
        when.facts(&mut facts);
        let wanted = |root: &str| match root {
            "slot" => Some(Subject::Slot),
            "suppression" => Some(Subject::File),
            _ => None,
        };
        for fact in facts {
            let root = fact.path.split('.').next().unwrap_or_default();
            let Some(wanted) = wanted(root).filter(|wanted| *wanted != self.written.subject) else { continue };
            let message = format!("`{}` is known in rules `for: {}` only", fact.path, wanted.as_str());
            let help = Some(format!("write `for: {}`", wanted.as_str()));
            return Err(self.fail(&[Step::Key("when")], message).with_help(help));
        }
        Ok(())
    }

    /// A fixed word, or an expression whose highest outcome is the rule's severity.
    fn severity(&self) -> Result<(Severity, Option<Expr>), RuleError> {
        let text = &self.written.severity;
        let expr = self.grade("severity", text, |word| check::severity(word).is_some())?;
        let highest = words(&expr).into_iter().flatten().filter_map(|word| check::severity(&word)).max();
        Ok((highest.unwrap_or(Severity::Info), matches!(expr, Expr::If(_)).then_some(expr)))
    }

    /// A word, or `{{ … }}` whose every outcome is one of the words allowed or the confidence of a fact.
    fn grade(&self, key: &'static str, text: &str, allowed: impl Fn(&str) -> bool) -> Result<Expr, RuleError> {
        let steps = [Step::Key(key)];
        let expr = if text.trim_start().starts_with("{{") {
            expr::value(text, &self.options, Type::Text).map_err(|error| self.error(&steps, text, error))?
        } else {
            Expr::Literal(OptionValue::Text(text.trim().to_string().into()))
        };
        let known = if key == "severity" { "error, warning, info" } else { "low, medium, high" };
        let outcomes = words(&expr);
        let fits = outcomes.iter().all(|word| match word {
            Some(word) => allowed(word),
            None => false,
        });
        // The confidence of a fact is always a confidence.
        if fits || (key == "confidence" && graded(&expr, &allowed)) {
            return Ok(expr);
        }
        let help = format!("one of {known}, or an expression that gives one");
        Err(self.fail(&steps, format!("this is not a {key}")).with_help(Some(help)))
    }

    fn text(&self, steps: &[Step<'_>], text: &str) -> Result<Text, RuleError> {
        Text::compile(text, &self.options).map_err(|error| self.error(steps, text, error))
    }

    fn places(&self, steps: &[Step<'_>], text: &str) -> Result<Vec<&'static crate::model::facts::FactDoc>, RuleError> {
        expr::places(text, &self.options).map_err(|error| self.error(steps, text, error))
    }

    fn example(&self, index: usize, example: &WrittenExample) -> Result<Example, RuleError> {
        let (text, kind) = match (&example.bad, &example.good) {
            (Some(bad), None) => (bad, ExampleKind::Bad { fixed: example.fixed.as_deref().map(str::to_string) }),
            (None, Some(good)) if example.fixed.is_none() => (good, ExampleKind::Good),
            _ => {
                let message = "an example is `bad`, with or without `fixed`, or `good`".to_string();
                return Err(self.fail(&[Step::Key("examples"), Step::Item(index)], message));
            }
        };
        for (name, value) in example.options.iter() {
            if self.options.get(&**name).is_none_or(|default| default.kind() != value.kind()) {
                let steps = [Step::Key("examples"), Step::Item(index), Step::Key("options"), Step::Key(name)];
                let help = nearest(name, self.options.keys().map(String::as_str)).map(|meant| format!("did you mean `{meant}`?"));
                return Err(self.fail(&steps, format!("the rule has no option `{name}` of this type")).with_help(help));
            }
        }
        let string = |text: &tables::Text| text.to_string();
        Ok(Example {
            file: string(&example.file),
            text: string(text),
            kind,
            note: example.note.as_ref().map(string),
            files: example.files.iter().map(|(path, text)| (string(path), string(text))).collect(),
            options: owned(&example.options),
            config: example.config.as_ref().map(string),
            also: example.also.iter().map(string).collect(),
        })
    }

    fn fail(&self, steps: &[Step<'_>], message: String) -> RuleError {
        RuleError::new(&self.file.name, &self.file.text, self.file.locate(steps), message)
    }

    /// The place of a part of a value: where its words stand in the file, else the whole value (an escape stands before it).
    fn error(&self, steps: &[Step<'_>], text: &str, error: ExprError) -> RuleError {
        let whole = self.file.locate(steps);
        let part = text.get(error.range.clone()).unwrap_or("");
        let before = text.get(..error.range.start).map_or(0, |before| if part.is_empty() { 0 } else { before.matches(part).count() });
        let written = self.file.text.get(whole.clone()).unwrap_or("");
        let range = match written.match_indices(part).nth(before) {
            Some((at, _)) if !part.is_empty() => whole.start + at..whole.start + at + part.len(),
            _ => whole,
        };
        RuleError::new(&self.file.name, &self.file.text, range, error.message).with_help(error.help)
    }
}

fn owned(options: &[(tables::Text, OptionValue)]) -> BTreeMap<String, OptionValue> {
    options.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
}

/// The literal texts that an expression may come to; `None` for one that is read from somewhere.
fn words(expr: &Expr) -> Vec<Option<String>> {
    match expr {
        Expr::Literal(OptionValue::Text(word)) => vec![Some(word.to_string())],
        Expr::If(choice) => [words(&choice.then), words(&choice.otherwise)].concat(),
        _ => vec![None],
    }
}

fn graded(expr: &Expr, allowed: &impl Fn(&str) -> bool) -> bool {
    match expr {
        Expr::ConfidenceOf(_) => true,
        Expr::Literal(OptionValue::Text(word)) => allowed(word),
        Expr::If(choice) => graded(&choice.then, allowed) && graded(&choice.otherwise, allowed),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
