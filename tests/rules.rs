//! The examples of every built-in rule, executed: what is bad is reported, by this rule alone; what is fixed is what the fix
//! gives; what is good is silent.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::sync::Arc;

use prompt_lint::cli::examples::Bench;
use prompt_lint::rule::{ExampleKind, RuleSet};

#[test]
fn examples_are_as_they_say() {
    let rules = Arc::new(RuleSet::builtin().unwrap());
    let bench = Bench::new(rules.clone(), false);
    let mut failed = String::new();
    for rule in rules.iter() {
        for (at, example) in rule.examples.iter().enumerate() {
            for fault in bench.run(rule, example).expect("the config of an example is valid").faults {
                let kind = if example.kind == ExampleKind::Good { "good" } else { "bad" };
                let note = example.note.as_deref().unwrap_or("");
                failed += &format!("{} example {} ({kind}, {}, {note}): {fault}\n", rule.id, at + 1, example.file);
            }
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}
