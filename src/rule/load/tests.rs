//! What is refused when a rule is loaded, and that the rules that ship are whole.

use miette::Diagnostic;

use super::*;

const RULE: &str = "\
summary: A call without a model of its own
for: call
when: call.cap.missing and call.cap.maximum > options.most
options: { most: 100 }
severity: warning
confidence: \"{{ 'medium' if call.reasoning else call.cap.confidence }}\"
at: call.cap or call
labels: [{ at: call, text: \"{{ call.api }}\" }]
message: \"`{{ call.cap.argument }}` is missing\"
help: |
  Set it.
  Its most is {{ options.most | tokens }}.
status: preview
since: 0.1.0
examples:
  - { file: a.py, bad: x, options: { most: 3 } }
  - { file: a.py, good: y }
";

fn load(text: &str) -> Result<Rule, RuleError> {
    parse("own/no-model.yaml", "lint/own/no-model.yaml", text)
}

/// The message, what it points at, and the hint.
fn refused(from: &str, to: &str) -> (String, String, String) {
    assert!(RULE.contains(from), "{from}");
    let text = RULE.replacen(from, to, 1);
    let error = load(&text).expect_err(to);
    (error.to_string(), text[error.range()].to_string(), error.hint().unwrap_or("").to_string())
}

#[test]
fn a_rule_is_read() {
    let rule = load(RULE).unwrap();
    assert_eq!((rule.id.as_str(), rule.category(), rule.subject), ("own/no-model", "own", Subject::Call));
    assert_eq!(rule.at.iter().map(|fact| fact.path).collect::<Vec<_>>(), ["call.cap", "call"]);
    assert_eq!(rule.default_options().number("most"), Some(100));
    load(&format!("\u{feff}{RULE}")).unwrap();
    load(&RULE.replace('\n', "\r\n")).unwrap();
}

#[test]
fn fields_are_known() {
    assert_eq!(refused("severity:", "severty:"), ("unknown field `severty`".into(), "severty".into(), "did you mean `severity`?".into()));
    let (message, place, hint) = refused("good: y", "goof: y");
    assert_eq!((message.as_str(), place.as_str(), hint.as_str()), ("unknown field `goof`", "goof", "did you mean `good`?"));
    assert_eq!(refused("since: 0.1.0\n", "").0, "`since` is missing");
    assert_eq!(refused("since: 0.1.0", "status: stable").0, "`status` stands here twice");
    assert!(refused("for: call", "for: calls").0.contains("unknown variant `calls`"));
    assert!(load("- a\n- b\n").is_err() && load("").is_err() && load("a: [").is_err());
}

#[test]
fn facts_and_options_are_known() {
    let (message, place, hint) = refused("call.cap.maximum", "call.cap.maxium");
    assert_eq!(message, "there is no fact `call.cap.maxium`");
    assert_eq!((place.as_str(), hint.as_str()), ("call.cap.maxium", "did you mean `call.cap.maximum`?"));
    let (message, place, hint) = refused("options.most\n", "options.mots\n");
    assert_eq!(
        (message.as_str(), place.as_str(), hint.as_str()),
        ("the rule has no option `mots`", "options.mots", "did you mean `options.most`?")
    );
    let (message, place, _) = refused("{{ options.most | tokens }}", "{{ options.last }}");
    assert_eq!((message.as_str(), place.as_str()), ("the rule has no option `last`", "options.last"));
    let (message, place, _) = refused("{{ call.cap.argument }}", "{{ argument }}");
    assert_eq!((message.as_str(), place.as_str()), ("there is no fact `argument`", "argument"));
    assert_eq!(refused("options: { most: 3 }", "options: { mst: 3 }").2, "did you mean `most`?");
}

#[test]
fn types_are_right() {
    let (message, place, _) = refused("call.cap.maximum > options.most", "call.model > options.most");
    assert_eq!((message.as_str(), place.as_str()), ("a text is compared with a number", "call.model > options.most"));
    assert_eq!(refused("call.cap.missing and", "call.cap.missing >= true and").0, "only numbers are less or greater, not yes or no");
    assert_eq!(refused("severity: warning", "severity: high").0, "this is not a severity");
    assert_eq!(refused("'medium' if", "'middle' if").0, "this is not a confidence");
    assert_eq!(refused("at: call.cap or call", "at: call.model").0, "a condition is yes or no, this is a text");
    assert_eq!(refused("at: call.cap or call", "at: call.cap and call").0, "a place is a record, or several joined by `or`");
}

#[test]
fn an_endless_text_is_refused() {
    let (message, _, hint) = refused("{{ call.cap.argument }}", "{% for a in [1] %}x{% endfor %}");
    assert_eq!(message, "`for` is not allowed in a text");
    assert!(!hint.is_empty());
}

#[test]
fn an_example_is_bad_or_good() {
    assert_eq!(refused("good: y", "good: y, bad: z").0, "an example is `bad`, with or without `fixed`, or `good`");
    assert_eq!(refused("good: y", "good: y, fixed: z").0, "an example is `bad`, with or without `fixed`, or `good`");
}

#[test]
fn an_id_stands_once_in_a_folder_and_a_later_folder_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("own")).unwrap();
    std::fs::create_dir(folder.path().join("output")).unwrap();
    std::fs::write(folder.path().join("own/no-model.yaml"), RULE).unwrap();
    std::fs::write(folder.path().join("output/missing-cap.yaml"), RULE).unwrap();
    let mut set = RuleSet::builtin().unwrap();
    let before = set.len();
    set.load_dir(folder.path()).unwrap();
    assert_eq!(set.len(), before + 1);
    assert_eq!(set.get("output/missing-cap").unwrap().status, crate::rule::Status::Preview);
    std::fs::write(folder.path().join("own/no-model.yml"), RULE).unwrap();
    let error = set.load_dir(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with("`own/no-model` is defined twice"), "{error}");
    assert!(set.load_dir(&folder.path().join("absent")).is_err());
}

#[test]
fn ids_say_where_a_rule_belongs() {
    assert_eq!(id("cache/unstable-prefix.yaml").as_deref(), Some("cache/unstable-prefix"));
    for path in ["top.yaml", "a/b/c.yaml", "Cache/a.yaml", "cache/a_b.yaml", "cache/.yaml", "cache/-a.yaml"] {
        assert_eq!(id(path), None, "{path}");
    }
    assert!(parse("top.yaml", "top.yaml", RULE).unwrap_err().hint().is_some());
}

#[test]
fn what_a_rule_enables_is_a_rule() {
    let mut set = RuleSet::builtin().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("own")).unwrap();
    std::fs::write(folder.path().join("own/a.yaml"), format!("enables: [cache/missing-breakpont]\n{RULE}")).unwrap();
    let error = set.load_dir(folder.path()).unwrap_err();
    assert_eq!(error.hint(), Some("did you mean `cache/missing-breakpoint`?"));
}

#[test]
fn an_error_shows_its_place() {
    let error = load(&RULE.replace("call.cap.maximum >", "call.cap.maxium >")).unwrap_err();
    assert_eq!(error.file(), "lint/own/no-model.yaml");
    let label = error.labels().unwrap().next().unwrap();
    assert_eq!(label.len(), "call.cap.maxium".len());
    let mut shown = String::new();
    miette::NarratableReportHandler::new().render_report(&mut shown, &error).unwrap();
    assert!(shown.contains("there is no fact `call.cap.maxium`") && shown.contains("line 3"), "{shown}");
}

#[test]
fn the_rules_that_ship_are_whole() {
    let set = RuleSet::builtin().unwrap();
    for id in ["cache/unstable-prefix", "cache/missing-breakpoint", "output/missing-cap", "history/full-replay", "context/whole-document"] {
        assert!(set.get(id).is_some(), "{id}");
    }
    for rule in set.iter() {
        let bad = rule.examples.iter().filter(|example| matches!(example.kind, ExampleKind::Bad { .. })).count();
        assert!(bad >= 2, "{}: {bad} bad examples", rule.id);
        assert!(rule.examples.len() - bad >= 2, "{}: {} good examples", rule.id, rule.examples.len() - bad);
        if rule.rewrite.is_some() {
            let fixed = rule.examples.iter().any(|example| matches!(example.kind, ExampleKind::Bad { fixed: Some(_) }));
            assert!(fixed, "{} names a rewrite and shows none", rule.id);
        }
        for heading in ["## What it does", "## Why it costs", "## What to do", "## Fix safety"] {
            assert!(rule.why.contains(heading), "{}: {heading}", rule.id);
        }
        assert!((40..400).contains(&rule.cost().len()) && rule.cost().ends_with('.'), "{}: {}", rule.id, rule.cost());
        // What is said of this tool itself needs no source.
        assert!(!rule.sources.is_empty() || rule.category() == "lint", "{}", rule.id);
        for source in rule.sources.iter() {
            assert!(source.url.starts_with("https://") && source.seen.len() == 10, "{}: {source:?}", rule.id);
        }
        assert!(!rule.summary.ends_with('.'), "{}", rule.id);
    }
}

#[test]
fn what_is_built_in_is_what_the_files_say() {
    for (path, head, text) in BUILTIN {
        let (built, read) = (built_in(path, head, text).unwrap(), parse(path, path, text).unwrap());
        assert_eq!(
            format!("{:?}", (&built.when, &built.at, &built.labels, &built.message, &built.help, &built.options)),
            format!("{:?}", (&read.when, &read.at, &read.labels, &read.message, &read.help, &read.options))
        );
        assert_eq!(
            (built.severity, &built.rewrite, built.status, &built.why, &built.sources),
            (read.severity, &read.rewrite, read.status, &read.why, &read.sources)
        );
        assert_eq!(**built.examples, **read.examples, "{path}");
        assert!(built.file.locate(&[Step::Key("when")]).end > 0, "{path}");
    }
}

#[test]
fn rewrites_can_be_checked() {
    let set = RuleSet::builtin().unwrap();
    let known: Vec<&str> = crate::rewrite::REWRITES.iter().map(|rewrite| rewrite.name).collect();
    set.check_rewrites(&known).unwrap();
    let other: Vec<&str> = known.iter().map(|name| if *name == "sort" { "sorts" } else { name }).collect();
    let error = set.check_rewrites(&other).unwrap_err();
    assert_eq!(error.hint(), Some("did you mean `sorts`?"));
}
