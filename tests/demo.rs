//! The demo from end to end, through the binary: what leaks in it is found, fixed and proved on a copy.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use assert_cmd::Command;
use prompt_lint::project::{Language, Project};
use serde_json::Value;

struct Demo(tempfile::TempDir);

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Demo {
    fn new() -> Self {
        let demo = Demo(tempfile::tempdir().unwrap());
        std::fs::create_dir(demo.0.path().join(".git")).unwrap();
        let from = source();
        for entry in walkdir::WalkDir::new(&from).min_depth(1) {
            let entry = entry.unwrap();
            let to = demo.0.path().join(entry.path().strip_prefix(&from).unwrap());
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(to).unwrap();
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
        demo
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::cargo_bin("prompt-lint").unwrap();
        command.current_dir(self.0.path()).env_clear().args(arguments).args(["--no-config", "--today", "2026-11-22"]);
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let ran = Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        assert!(matches!(ran.code, Some(0 | 1)), "{arguments:?}: {ran:?}");
        ran
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(&[arguments, &["--format", "json"]].concat()).out).unwrap()
    }

    fn findings(&self) -> Vec<Value> {
        self.json(&["--fail-on", "never"])["findings"].as_array().unwrap().clone()
    }

    /// Every file with its text.
    fn files(&self) -> BTreeMap<PathBuf, String> {
        walkdir::WalkDir::new(self.0.path())
            .into_iter()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(self.0.path()).unwrap().to_owned();
                (path, std::fs::read_to_string(entry.path()).unwrap())
            })
            .collect()
    }

    /// USD for one request of each call, by the path and the ordinal of the call in its file.
    fn prices(&self) -> BTreeMap<(String, usize), f64> {
        let mut prices = BTreeMap::new();
        // A call through one of the project's own functions is paid for once, in that function.
        let calls = self.json(&["inventory"])["calls"].as_array().unwrap().clone();
        for call in calls.iter().filter(|call| call["via"].is_null()) {
            let path = call["path"].as_str().unwrap().to_owned();
            let ordinal = prices.keys().filter(|(known, _)| *known == path).count();
            prices.insert((path, ordinal), call["usd_per_1k_requests"].as_f64().unwrap_or(0.0));
        }
        prices
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/projects/support-desk-before")
}

fn leaks() -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(source().join("LEAKS.yaml")).unwrap();
    let leaks: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let word = |value: &serde_yaml::Value| match value {
        serde_yaml::Value::String(text) => text.clone(),
        other => other.as_u64().map(|number| number.to_string()).unwrap_or_default(),
    };
    let row = |row: &serde_yaml::Value| {
        let row = row.as_mapping().unwrap();
        row.iter().map(|(key, value)| (word(key), word(value))).collect()
    };
    leaks["leaks"].as_sequence().into_iter().flatten().map(row).collect()
}

fn listed(findings: &[Value]) -> BTreeSet<String> {
    let line = |finding: &Value| {
        let (path, rule) = (finding["path"].as_str().unwrap(), finding["rule"].as_str().unwrap());
        format!("{path}:{} {rule}", finding["range"]["start"]["line"])
    };
    findings.iter().map(line).collect()
}

/// What the whole report says can be saved, in USD per 1,000 requests: its tokens at the price that all calls of the demo have.
fn announced(report: &Value) -> f64 {
    let savings = report["findings"].as_array().unwrap().iter().map(|finding| &finding["saving"]);
    let rates: Vec<f64> =
        savings.filter_map(|saving| Some(saving["usd_per_1k_requests"].as_f64()? / saving["input_equivalent_tokens"].as_f64()?)).collect();
    let rate = rates.first().expect("something can be saved");
    assert!(rates.iter().all(|other| (other - rate).abs() < 1e-6), "{rates:?}");
    rate * report["summary"]["input_equivalent_tokens"].as_f64().unwrap()
}

#[test]
fn the_planted_leaks_are_found_and_nothing_else() {
    let expected: BTreeSet<String> = leaks().iter().map(|leak| format!("{}:{} {}", leak["path"], leak["line"], leak["rule"])).collect();
    assert_eq!(listed(&Demo::new().findings()), expected);
}

#[test]
fn fixing_mends_everything() {
    let demo = Demo::new();
    let before = demo.files();
    let (found, prices) = (demo.json(&["--fail-on", "never"]), demo.prices());
    let diff = demo.run(&["--diff", "--unsafe-fixes"]);
    assert_eq!(diff.err, "");
    let said = demo.run(&["--fix", "--unsafe-fixes"]);
    assert!(said.out.contains(" findings fixed in "), "{}", said.out);
    assert!(!said.out.contains("left out"), "{}", said.out);
    let after = demo.files();

    // What is announced is what is written.
    assert_eq!(diff.code, Some(1));
    assert_eq!(applied(&before, &diff.out), after);

    parses(&after);
    compiles(&demo);

    // What remains is advice.
    let advice = |leak: &&BTreeMap<String, String>| leak.get("fix").is_some_and(|fix| fix == "none");
    let rules =
        |leaks: Vec<&BTreeMap<String, String>>| leaks.iter().map(|leak| format!("{} {}", leak["path"], leak["rule"])).collect::<Vec<_>>();
    let mut expected = rules(leaks().iter().filter(advice).collect());
    let mut rest: Vec<String> = demo
        .findings()
        .iter()
        .map(|finding| format!("{} {}", finding["path"].as_str().unwrap(), finding["rule"].as_str().unwrap()))
        .collect();
    expected.sort();
    rest.sort();
    assert_eq!(rest, expected);

    // The bill falls by what was announced, but for the advice that remains.
    let paid = |prices: &BTreeMap<_, f64>| prices.values().sum::<f64>();
    let now = demo.prices();
    assert_eq!(prices.len(), now.len());
    let left = announced(&demo.json(&["--fail-on", "never"]));
    let (fell, said) = (paid(&prices) - paid(&now), announced(&found) - left);
    assert!(fell > 0.0 && (fell - said).abs() <= 0.001 * said, "it fell by {fell} and {said} was announced\n{prices:#?}\n{now:#?}");
    for (call, price) in &now {
        assert!(*price <= prices[call] + 0.05, "{call:?} costs {price} instead of {}", prices[call]);
    }

    // A second run has nothing to do.
    let again = demo.run(&["--fix", "--unsafe-fixes"]);
    assert!(!again.out.contains("fixed in"), "{}", again.out);
    assert_eq!(demo.files(), after);
    assert_eq!(demo.run(&["--diff", "--unsafe-fixes"]).out, "");
}

#[test]
fn safe_fixes_alone_change_what_is_marked_safe() {
    let demo = Demo::new();
    let before = demo.files();
    let safe: Vec<Value> = demo.findings().into_iter().filter(|finding| finding["fix"]["applicability"] == "safe").collect();
    assert!(!safe.is_empty());
    let mut expected = before.clone();
    let mut edits: Vec<&Value> = safe.iter().flat_map(|finding| finding["fix"]["edits"].as_array().unwrap()).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit["start"].as_u64()));
    for edit in edits {
        let text = expected.get_mut(Path::new(edit["path"].as_str().unwrap())).unwrap();
        let at = |key: &str| edit[key].as_u64().unwrap() as usize;
        text.replace_range(at("start")..at("end"), edit["text"].as_str().unwrap());
    }
    demo.run(&["--fix"]);
    assert_eq!(demo.files(), expected);
    compiles(&demo);
}

/// The texts with a unified diff applied.
fn applied(files: &BTreeMap<PathBuf, String>, diff: &str) -> BTreeMap<PathBuf, String> {
    let mut out = files.clone();
    let mut path = PathBuf::new();
    let mut done = 0;
    for line in diff.lines() {
        if let Some(name) = line.strip_prefix("+++ b/") {
            finish(&mut out, files, &path, done);
            path = PathBuf::from(name);
            out.insert(path.clone(), String::new());
            done = 0;
        } else if let Some(header) = line.strip_prefix("@@ -") {
            let start: usize = header.split([',', ' ']).next().unwrap().parse().unwrap();
            copy(&mut out, files, &path, done..start - 1);
            done = start - 1;
        } else if line.starts_with(' ') || (line.starts_with('-') && !line.starts_with("--- a/")) {
            assert_eq!(files[&path].lines().nth(done), line.get(1..), "{}", path.display());
            if line.starts_with(' ') {
                copy(&mut out, files, &path, done..done + 1);
            }
            done += 1;
        } else if let Some(new) = line.strip_prefix('+') {
            let text = out.get_mut(&path).unwrap();
            text.push_str(new);
            text.push('\n');
        }
    }
    finish(&mut out, files, &path, done);
    out
}

fn finish(out: &mut BTreeMap<PathBuf, String>, files: &BTreeMap<PathBuf, String>, path: &Path, done: usize) {
    if let Some(text) = files.get(path) {
        copy(out, files, path, done..text.lines().count());
    }
}

fn copy(out: &mut BTreeMap<PathBuf, String>, files: &BTreeMap<PathBuf, String>, path: &Path, lines: std::ops::Range<usize>) {
    for line in files[path].split_inclusive('\n').skip(lines.start).take(lines.len()) {
        out.get_mut(path).unwrap().push_str(line);
    }
}

fn parses(files: &BTreeMap<PathBuf, String>) {
    let texts: Vec<(String, &str)> = files.iter().map(|(path, text)| (path.to_string_lossy().into_owned(), text.as_str())).collect();
    let project = Project::in_memory(texts.iter().map(|(path, text)| (path.as_str(), *text)));
    for id in project.ids() {
        match project.file(id).language {
            Language::Python => assert_eq!(project.module(id).errors, [], "{}", project.file(id).path),
            Language::Jinja => assert!(project.template(id).is_ok(), "{}", project.file(id).path),
            Language::JavaScript | Language::Text => {}
        }
    }
}

/// Python's own word for it, where there is one.
fn compiles(demo: &Demo) {
    let files: Vec<PathBuf> = demo.files().into_keys().filter(|path| path.extension().is_some_and(|ending| ending == "py")).collect();
    let script = "import ast, sys\nfor path in sys.argv[1:]:\n    ast.parse(open(path, encoding='utf-8').read(), path)\n";
    let ran =
        std::process::Command::new("python3").args(["-c", script]).args(&files).current_dir(demo.0.path()).stderr(Stdio::piped()).output();
    if let Ok(ran) = ran {
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
}
