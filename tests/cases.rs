//! The folders under `testdata/rules` and the demo: each reports what its `expected.txt` or `LEAKS.yaml` lists, and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// `path:line rule` of everything that is found in a folder, with `info` behind it where it is not listed by default.
fn found(folder: &Path) -> BTreeSet<String> {
    let output = Command::cargo_bin("prompt-lint")
        .unwrap()
        .current_dir(folder)
        .env_clear()
        .args(["--format", "json", "--no-config", "--fail-on", "never", "--min-severity", "info", "--today", "2026-11-22"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let line = |finding: &serde_json::Value| {
        let (path, rule) = (finding["path"].as_str().unwrap(), finding["rule"].as_str().unwrap());
        let severity = if finding["severity"] == "info" { " info" } else { "" };
        format!("{path}:{} {rule}{severity}", finding["range"]["start"]["line"])
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

/// The differences between what a folder reports and what it should; what is not listed by default may be there unsaid,
/// but of a rule of which the folder says something like that.
fn differences(folder: &Path, expected: &BTreeSet<String>) -> String {
    let found = found(folder);
    let name = folder.strip_prefix(testdata()).unwrap().display();
    let missing = expected.difference(&found).map(|line| format!("{name}: missing {line}\n"));
    let rule = |line: &str| line.split(' ').nth(1).map(str::to_owned);
    let told: BTreeSet<Option<String>> = expected.iter().filter(|line| line.ends_with(" info")).map(|line| rule(line)).collect();
    let counts = |line: &&String| !line.ends_with(" info") || told.contains(&rule(line));
    let noisy = found.difference(expected).filter(counts).map(|line| format!("{name}: noisy   {line}\n"));
    missing.chain(noisy).collect()
}

#[test]
fn every_case_reports_what_it_should() {
    let mut failed = String::new();
    let mut cases = 0;
    for entry in walkdir::WalkDir::new(testdata().join("rules")).min_depth(3).max_depth(3).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_name() == "expected.txt" {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let expected = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
            failed += &differences(entry.path().parent().unwrap(), &expected);
            cases += 1;
        }
    }
    assert!(cases > 20, "only {cases} cases were found");
    assert!(failed.is_empty(), "\n{failed}");
}

/// `path:line` of the calls that a finding names beside its own, by the `path:line` of the finding.
fn related(case: &str) -> Vec<(String, Vec<String>)> {
    let folder = testdata().join("rules").join(case);
    let output = Command::cargo_bin("prompt-lint")
        .unwrap()
        .current_dir(folder)
        .env_clear()
        .args(["--format", "json", "--no-config", "--fail-on", "never", "--min-severity", "info"])
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |finding: &serde_json::Value| {
        let named = finding["related"].as_array().unwrap().iter();
        (
            format!("{}:{}", finding["path"].as_str().unwrap(), finding["range"]["start"]["line"]),
            named.map(|one| format!("{}:{}", one["path"].as_str().unwrap(), one["start_line"])).collect(),
        )
    };
    report["findings"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_gap_names_the_calls_that_come_through_it() {
    let pair = |at: &str, calls: &[&str]| (at.to_owned(), calls.iter().map(|call| call.to_string()).collect::<Vec<_>>());
    assert_eq!(
        related("output/gap-behind-wrappers"),
        [pair("chat.py:8", &["routes.py:5", "routes.py:9"]), pair("routes.py:17", &[])],
        "a caller that could pass a cap is reported itself"
    );
    let asked = ["judge.py:21"];
    assert_eq!(related("output/objects-made-elsewhere"), [pair("judge.py:8", &asked), pair("judge.py:10", &asked)]);
    assert_eq!(related("output/generated-client"), [pair("baml_src/orders.baml:2", &["desk.py:5"])]);
}

#[test]
fn the_demo_reports_its_leaks() {
    let folder = testdata().join("projects/support-desk-before");
    let text = std::fs::read_to_string(folder.join("LEAKS.yaml")).unwrap();
    let leaks: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let line = |leak: &serde_yaml::Value| {
        let word = |key: &str| leak[key].as_str().unwrap();
        format!("{}:{} {}", word("path"), leak["line"].as_u64().unwrap(), word("rule"))
    };
    let expected: BTreeSet<String> = leaks["leaks"].as_sequence().unwrap().iter().map(line).collect();
    let failed = differences(&folder, &expected);
    assert!(failed.is_empty(), "\n{failed}");
}
