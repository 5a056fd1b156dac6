//! Commands over an engine that finds one thing: the word WASTE.

use std::fs;
use std::path::Path;

use super::engine::{FixLevel, Narrow, Patch, RuleInfo};
use super::*;
use crate::config::SettingsMap;
use crate::model::prompt::Confidence;
use crate::project::Project;
use crate::report::{
    Applicability, Edit, Finding, Fix, InventoryCall, InventoryRequest, Owner, OwnerKind, Report, Saving, SavingKind, Severity,
};
use crate::rule::OptionValue;
use crate::span::{Place, Span};

fn rules() -> Vec<RuleInfo> {
    ["output/waste", "cache/other"]
        .map(|id| RuleInfo {
            id: id.to_owned(),
            summary: "Something is wasted".to_owned(),
            severity: Severity::Error,
            preview: false,
            fix: "safe".to_owned(),
            options: vec![("limit".to_owned(), OptionValue::Number(3.0))],
            why: "It costs.".to_owned(),
            help: "Stop it.".to_owned(),
            sources: vec![("https://example.org/waste".to_owned(), "2026-11-22".to_owned())],
            examples: Default::default(),
        })
        .to_vec()
}

/// `WASTE` is a warning; `WASTE-error`, `WASTE-info`, `WASTE-low` and `WASTE-unsafe` say how it differs, `WASTE-5` what it saves.
fn lint(project: &Project, settings: &SettingsMap) -> Report {
    let mut report = Report::default();
    for id in project.ids().filter(|id| project.file(*id).target) {
        report.files += 1;
        let text = project.text(id);
        assert!(!text.contains("PANIC"), "asked for");
        if !settings.for_file(&project.file(id).key).selection.selects("output/waste", false) {
            continue;
        }
        for (start, word) in text.match_indices("WASTE") {
            let kind = text[start + word.len()..].split_whitespace().next().unwrap_or_default();
            let place = Place::new(id, Span::new(start, start + word.len()));
            let applicability = if kind == "-unsafe" { Applicability::Unsafe } else { Applicability::Safe };
            report.findings.push(Finding {
                rule: "output/waste".to_owned(),
                severity: match kind {
                    "-error" => Severity::Error,
                    "-info" => Severity::Info,
                    _ => Severity::Warning,
                },
                confidence: if kind == "-low" { Confidence::Low } else { Confidence::High },
                place,
                owner: Owner { kind: OwnerKind::Call, place },
                message: "wasted".to_owned(),
                help: String::new(),
                why: String::new(),
                labels: vec![],
                related: vec![],
                saving: kind.strip_prefix('-').and_then(|tokens| tokens.parse().ok()).map(saving),
                fix: Some(Fix {
                    applicability,
                    title: "save it".to_owned(),
                    edits: vec![Edit { file: id, span: place.span, text: "saved".to_owned() }],
                }),
            });
            report.inventory.calls.push(call(place));
        }
        report.inventory.calls.push(call(Place::new(id, Span::new(0, 0))));
    }
    report
}

fn saving(tokens: f64) -> Saving {
    Saving {
        kind: SavingKind::Assumed,
        input_equivalent_tokens: tokens,
        added_tokens: tokens,
        raw_tokens: 0.0,
        assumptions: vec![],
        share: None,
        exact: true,
        band: 0.0,
        usd_per_1k_requests: None,
        usd_per_month: None,
        price_as_of: None,
    }
}

fn call(place: Place) -> InventoryCall {
    InventoryCall {
        place,
        api: "openai.chat".to_owned(),
        provider: "openai".to_owned(),
        model: None,
        via: None,
        cap_state: "missing",
        cap_value: None,
        history: "none",
        loop_kind: "none",
        tags: "unknown",
        request: InventoryRequest { prefix: "unknown", ..InventoryRequest::default() },
        usd_per_1k_requests: None,
    }
}

fn fix(project: &Project, settings: &SettingsMap, level: FixLevel, narrow: &Narrow<'_>) -> Patch {
    let mut patch = Patch::default();
    let least = if level == FixLevel::Unsafe { Applicability::Unsafe } else { Applicability::Safe };
    let mut findings = lint(project, settings).findings;
    narrow(project, &mut findings);
    for finding in findings.iter().rev() {
        let edits = finding.fix.iter().filter(|fix| fix.applicability >= least).flat_map(|fix| &fix.edits);
        for edit in edits {
            let text = patch.texts.entry(edit.file).or_insert_with(|| project.text(edit.file).to_owned());
            text.replace_range(edit.span.range(), &edit.text);
            patch.fixed += 1;
        }
    }
    patch
}

struct Outcome {
    code: u8,
    out: String,
    err: String,
}

fn run_in(folder: &Path, arguments: &[&str], stdin: &str) -> Outcome {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut host = Host {
        engine: Engine { rules, lint, fix },
        working_dir: folder.canonicalize().unwrap(),
        variable: |_| None,
        stdin: &mut stdin.as_bytes(),
        stdout: &mut out,
        stderr: &mut err,
        stdout_is_terminal: false,
        stderr_is_terminal: false,
    };
    let arguments = ["prompt-lint"].iter().chain(arguments).map(OsString::from);
    let code = run(arguments, &mut host);
    Outcome { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn code(text: &str, arguments: &[&str]) -> u8 {
    run_in(folder(&[("a.py", text)]).path(), arguments, "").code
}

#[test]
fn exit_codes() {
    assert_eq!(code("clean", &[]), 0);
    assert_eq!(code("WASTE", &[]), 1);
    assert_eq!(code("WASTE", &["--fail-on", "error"]), 0);
    assert_eq!(code("WASTE-error", &["--fail-on", "error"]), 1);
    assert_eq!(code("WASTE-error", &["--fail-on", "never"]), 0);
    assert_eq!(code("WASTE-info", &[]), 0);
    assert_eq!(code("WASTE-info", &["--fail-on", "info"]), 1, "hidden by its severity, and still there");
    assert_eq!(code("WASTE-low", &[]), 0);
    assert_eq!(code("WASTE-low", &["--min-confidence", "low"]), 1);
    assert_eq!(code("WASTE", &["--ignore", "output"]), 0);
    assert_eq!(code("WASTE", &["--select", "cache"]), 0);
    assert_eq!(code("WASTE", &["--select", "cache,output/waste"]), 1);
    assert_eq!(code("WASTE", &["inventory"]), 0);
    assert_eq!(code("WASTE", &["inventory", "--fail-on", "warning"]), 1);
    assert_eq!(code("WASTE-info", &["inventory", "--fail-on", "warning"]), 0);
    assert_eq!(code("PANIC", &[]), 2);
    for format in ["human", "concise", "json"] {
        assert_eq!(code("WASTE", &["--format", format]), 1);
        assert_eq!(code("clean", &["--format", format]), 0);
    }
}

#[test]
fn what_is_hidden_is_counted() {
    let folder = folder(&[("a.py", "WASTE-info \nWASTE-low \nWASTE \n")]);
    let outcome = run_in(folder.path(), &["--format", "concise"], "");
    assert_eq!(outcome.out.lines().next(), Some("a.py:3:1: warning[output/waste] wasted"));
    assert!(outcome.out.contains("1 finding in 1 file (1 warning)"), "{}", outcome.out);
    assert!(outcome.out.contains("2 hidden by --min-severity / --min-confidence"), "{}", outcome.out);
}

#[test]
fn small_savings_are_counted_when_asked() {
    let folder = folder(&[("a.py", "WASTE-5 \nWASTE-50 \nWASTE \n")]);
    let outcome = run_in(folder.path(), &["--format", "concise", "--min-saving", "50"], "");
    let lines: Vec<&str> = outcome.out.lines().collect();
    assert!(lines[0].starts_with("a.py:2:1") && lines[1].starts_with("a.py:3:1"), "unknown is not small: {lines:?}");
    assert!(lines[2].ends_with(" · 1 hidden by --min-saving"), "{lines:?}");
    assert_eq!(code("WASTE-5 \n", &["--min-saving", "6"]), 0);
    assert_eq!(code("WASTE-5 \n", &["--min-saving", "5"]), 1);
    assert_eq!(code("WASTE-5 \n", &["--min-saving", "-1"]), 2);
}

#[test]
fn statistics_count_by_rule() {
    let folder = folder(&[("a.py", "WASTE-5 \nWASTE-50 \nWASTE-unsafe \n"), ("b.py", "WASTE-info \n")]);
    let outcome = run_in(folder.path(), &["--statistics"], "");
    assert_eq!(outcome.code, 1);
    let line = "3  output/waste  2 fixable with --fix, 1 with --unsafe-fixes, saves 55 tokens a request\n";
    assert!(outcome.out.starts_with(line), "{}", outcome.out);
    assert!(outcome.out.contains("3 findings in 2 files (3 warnings)"), "{}", outcome.out);
    assert_eq!(run_in(folder.path(), &["--statistics", "--format", "concise"], "").out, outcome.out);
    let refused = run_in(folder.path(), &["--statistics", "--format", "json"], "");
    assert_eq!((refused.code, refused.err.contains("--statistics has no JSON form")), (2, true));
    assert_eq!(run_in(folder.path(), &["--statistics", "--diff"], "").code, 2);
}

#[test]
fn fix_writes_and_judges_what_remains() {
    let folder = folder(&[("a.py", "\u{feff}x = 1\r\nWASTE \r\nWASTE-unsafe \r\n")]);
    let file = folder.path().join("a.py");
    let outcome = run_in(folder.path(), &["--fix"], "");
    assert_eq!(outcome.code, 1, "the unsafe one remains");
    assert_eq!(fs::read_to_string(&file).unwrap(), "\u{feff}x = 1\r\nsaved \r\nWASTE-unsafe \r\n");
    assert!(outcome.out.contains("1 finding fixed in 1 file"), "{}", outcome.out);
    let outcome = run_in(folder.path(), &["--fix", "--unsafe-fixes"], "");
    assert_eq!(outcome.code, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "\u{feff}x = 1\r\nsaved \r\nsaved-unsafe \r\n");
    for (format, said) in [("concise", "1 finding fixed in 1 file\n"), ("json", "\"fixed\": 1")] {
        fs::write(&file, "WASTE \nWASTE-unsafe \n").unwrap();
        let outcome = run_in(folder.path(), &["--fix", "--format", format], "");
        assert_eq!(outcome.code, 1);
        assert!(outcome.out.contains(said), "{}", outcome.out);
    }
    assert!(!run_in(folder.path(), &["--format", "json"], "").out.contains("\"fixed\""));
    run_in(folder.path(), &["--fix", "--unsafe-fixes"], "");
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(run_in(folder.path(), &["--fix", "--unsafe-fixes"], "").code, 0);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before, "a second run writes nothing");
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_does_not_keep_the_others() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("a.py", "WASTE \n"), ("b.py", "WASTE \n")]);
    fs::set_permissions(folder.path().join("a.py"), fs::Permissions::from_mode(0o444)).unwrap();
    let outcome = run_in(folder.path(), &["--fix"], "");
    assert_eq!(outcome.code, 2);
    assert_eq!(outcome.err, "error: `a.py` was not written: it is read-only\n");
    assert_eq!(fs::read_to_string(folder.path().join("b.py")).unwrap(), "saved \n");
    assert!(outcome.out.ends_with("fixes written to 1 file\n"), "{}", outcome.out);
}

#[test]
fn diff_shows_and_writes_nothing() {
    let folder = folder(&[("src/a.py", "x\nWASTE \n"), ("src/b.py", "WASTE-unsafe \n")]);
    let outcome = run_in(folder.path(), &["--diff"], "");
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.out, "--- a/src/a.py\n+++ b/src/a.py\n@@ -1,2 +1,2 @@\n x\n-WASTE \n+saved \n");
    assert_eq!(fs::read_to_string(folder.path().join("src/a.py")).unwrap(), "x\nWASTE \n");
    assert_eq!(run_in(folder.path(), &["--diff", "src/b.py"], "").code, 0, "nothing safe would change");
    assert_eq!(run_in(folder.path(), &["--diff", "--unsafe-fixes", "src/b.py"], "").code, 1);
    assert_eq!(run_in(folder.path(), &["--diff", "--fix", "src/a.py"], "").code, 1);
    assert_eq!(fs::read_to_string(folder.path().join("src/a.py")).unwrap(), "x\nWASTE \n");
}

/// Two cells; the second one, in which something is wasted, stands behind an output.
const NOTEBOOK: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["WASTE\n"]},
  {
   "cell_type": "code",
   "outputs": [{"text": ["WASTE"]}],
   "source": [
    "%pip install x\n",
    "é = \"1\" # WASTE \n",
    "y"
   ]
  }
 ],
 "nbformat": 4
}
"##;

#[test]
fn notebooks_are_reported_and_fixed_in_their_json() {
    let folder = folder(&[("a.ipynb", NOTEBOOK), ("b.ipynb", "{\"cells\": [\n")]);
    let outcome = run_in(folder.path(), &["--format", "concise", "a.ipynb"], "");
    assert_eq!(outcome.out.lines().next(), Some("a.ipynb:cell 1:2:11: warning[output/waste] wasted"));
    let human = run_in(folder.path(), &["a.ipynb"], "").out;
    assert!(human.contains("[a.ipynb:cell 1:2:11]") && human.contains(" 2 │ é = \"1\" # WASTE"), "{human}");

    let outcome = run_in(folder.path(), &["--format", "json", "a.ipynb"], "");
    let report: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    let finding = &report["findings"][0];
    let at = NOTEBOOK.rfind("WASTE").unwrap();
    let start = serde_json::json!({"line": 9, "column": 18, "offset": at, "cell": 1, "cell_line": 2});
    assert_eq!(finding["range"]["start"], start);
    assert_eq!(finding["range"]["end"]["offset"], at + 5);
    let owner = serde_json::json!({"kind": "call", "path": "a.ipynb", "start_line": 9, "end_line": 9, "cell": 1, "cell_line": 2});
    assert_eq!(finding["owner"], owner);
    assert_eq!(finding["fix"]["edits"][0], serde_json::json!({"path": "a.ipynb", "start": at, "end": at + 5, "text": "saved"}));

    let outcome = run_in(folder.path(), &["inventory", "a.ipynb"], "");
    assert!(outcome.out.contains("\na.ipynb:cell 1:2 "), "{}", outcome.out);

    let fixed = format!("{}saved{}", &NOTEBOOK[..at], &NOTEBOOK[at + 5..]);
    let outcome = run_in(folder.path(), &["--diff", "a.ipynb"], "");
    assert!(outcome.out.contains("\n-    \"é = \\\"1\\\" # WASTE \\n\",\n+    \"é = \\\"1\\\" # saved \\n\",\n"), "{}", outcome.out);
    let outcome = run_in(folder.path(), &["-", "--stdin-filename", "a.ipynb", "--fix"], NOTEBOOK);
    assert_eq!((outcome.code, &outcome.out), (0, &fixed));
    let outcome = run_in(folder.path(), &["--fix", "a.ipynb"], "");
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert_eq!(fs::read_to_string(folder.path().join("a.ipynb")).unwrap(), fixed);
}

#[test]
fn standard_input() {
    let folder = folder(&[("prompt-lint.yaml", "exclude: [gone/**]\n"), ("tests/a.py", "on the disk")]);
    let named = |name: &'static str, more: &[&'static str]| [&["-", "--stdin-filename", name], more].concat();
    let outcome = run_in(folder.path(), &named("tests/a.py", &["--format", "concise"]), "é WASTE");
    assert_eq!((outcome.code, outcome.out.lines().next()), (1, Some("tests/a.py:1:3: warning[output/waste] wasted")));
    assert_eq!(run_in(folder.path(), &named("new/b.j2", &[]), "WASTE").code, 1, "the file need not exist");
    assert_eq!(run_in(folder.path(), &named("gone/b.j2", &[]), "WASTE").code, 0, "excluded");
    let outcome = run_in(folder.path(), &named("tests/a.py", &["--fix"]), "a WASTE b");
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "a saved b"));
    assert!(outcome.err.contains("No findings"), "{}", outcome.err);
    assert_eq!(fs::read_to_string(folder.path().join("tests/a.py")).unwrap(), "on the disk");
    assert_eq!(run_in(folder.path(), &["-"], "").code, 2);
    assert_eq!(run_in(folder.path(), &named("a.rs", &[]), "").code, 2);
    assert_eq!(run_in(folder.path(), &["-", "a.py", "--stdin-filename", "b.py"], "").code, 2);
    assert_eq!(run_in(folder.path(), &["--stdin-filename", "b.py"], "").code, 2);
}

#[test]
fn output_goes_to_a_file() {
    let folder = folder(&[("a.py", "WASTE")]);
    let outcome = run_in(folder.path(), &["--format", "json", "--output", "report.json"], "");
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    let report: serde_json::Value = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["findings"][0]["rule"], "output/waste");
    let outcome = run_in(folder.path(), &["--output", "none/report.txt"], "");
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.starts_with("error: `none/report.txt` was not written: "), "{}", outcome.err);
}

#[test]
fn inventory_lists_all_or_what_rules_find() {
    let folder = folder(&[("a.py", "x\nWASTE \n"), ("tests/b.py", "WASTE")]);
    let calls = |arguments: &[&str]| {
        let outcome = run_in(folder.path(), &[&["inventory", "--format", "json"], arguments].concat(), "");
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        let value: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
        value["calls"].as_array().unwrap().len()
    };
    assert_eq!(calls(&[]), 2);
    assert_eq!(calls(&["--include-tests"]), 4);
    assert_eq!(calls(&["--select", "output"]), 1);
    assert_eq!(calls(&["--select", "cache"]), 0);
}

#[test]
fn broken_pipe_is_no_failure() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let folder = folder(&[("a.py", "WASTE")]);
    let mut err = Vec::new();
    for arguments in [&["prompt-lint"][..], &["prompt-lint", "--format", "json"], &["prompt-lint", "rules"], &["prompt-lint", "facts"]] {
        let mut host = Host {
            engine: Engine { rules, lint, fix },
            working_dir: folder.path().to_owned(),
            variable: |_| None,
            stdin: &mut io::empty(),
            stdout: &mut Closed,
            stderr: &mut err,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
        };
        assert_eq!(run(arguments.iter().map(OsString::from), &mut host), 0);
    }
    assert!(err.is_empty());
}

#[test]
fn rules_are_explained() {
    let folder = folder(&[]);
    let outcome = run_in(folder.path(), &["explain", "output/waste"], "");
    assert_eq!(outcome.code, 0);
    assert!(outcome.out.starts_with("# output/waste\n\nSomething is wasted\n"), "{}", outcome.out);
    assert!(outcome.out.contains("https://example.org/waste (seen 2026-11-22)"));
    let outcome = run_in(folder.path(), &["explain", "wast"], "");
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("did you mean `output/waste`?"), "{}", outcome.err);
    assert_eq!(run_in(folder.path(), &["rules"], "").out.lines().count(), 2);
}

#[test]
fn colours() {
    let folder = folder(&[("a.py", "WASTE")]);
    let coloured = |arguments: &[&str]| run_in(folder.path(), arguments, "").out.contains('\u{1b}');
    assert!(!coloured(&[]));
    assert!(!coloured(&["--color", "never"]));
    assert!(coloured(&["--color", "always"]));
    assert!(coloured(&["--color", "always", "--diff"]));
}

#[test]
fn config_changes_what_is_found() {
    let folder = folder(&[
        ("prompt-lint.yaml", "ignore: [output]\n"),
        ("a.py", "WASTE"),
        ("sub/prompt-lint.yaml", "turns: 3\n"),
        ("sub/a.py", "WASTE"),
        ("legacy/.prompt-lint.yaml", "extends: ../prompt-lint.yaml\nper-path:\n  - { paths: [x/**], ignore: [output/waste] }\n"),
        ("legacy/x/a.py", "WASTE"),
    ]);
    let code = |arguments: &[&str]| run_in(folder.path(), arguments, "").code;
    assert_eq!(code(&["a.py"]), 0);
    assert_eq!(code(&["sub/a.py"]), 1, "the nearest wins and nothing is merged");
    assert_eq!(code(&["legacy"]), 0);
    assert_eq!(code(&["--no-config", "a.py"]), 1);
    assert_eq!(code(&["--config", "sub/prompt-lint.yaml", "a.py"]), 1);
    assert_eq!(code(&["--config", "prompt-lint.yaml", "sub"]), 0);
    fs::write(folder.path().join("sub/strict.yaml"), "exclude: [/a.py]\n").unwrap();
    assert_eq!(code(&["--config", "sub/strict.yaml", "a.py"]), 0, "globs of a config given by hand start here");
    assert_eq!(code(&["--config", "sub/strict.yaml", "sub"]), 1);
    assert_eq!(code(&["--select", "output/waste", "a.py"]), 1, "asked for by its id");
    assert_eq!(code(&["--select", "output/waste", "legacy"]), 0, "but not where a path leaves it out");
}

/// Each run describes the rules; reading their examples would take longer than checking a file.
#[test]
fn describing_the_rules_leaves_their_examples_unread() {
    let rules = crate::rule::RuleSet::builtin().unwrap();
    let described = super::engine::described(&rules);
    for rule in rules.iter() {
        assert!(format!("{:?}", rule.examples).contains("uninit"), "{}: the examples were read", rule.id);
    }
    assert!(described.iter().all(|rule| !rule.examples.read().is_empty()));
}
