//! The report formats as their readers see them: each is judged by a schema or a reader that others wrote.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

/// A call without a cap whose prompt begins with a clock, one that is suppressed, and an odd path.
const APP: &str = r#"from datetime import datetime

import anthropic

client = anthropic.Anthropic()
GUIDE = "Answer in the words of the <house>, 100 % of the time; ask @desk | #1 if in doubt. " * 80


def answer(question):
    return client.messages.create(
        model="claude-sonnet-4-5",
        max_tokens=400,
        system=f"It is {datetime.now()}.\n{GUIDE}",
        messages=[{"role": "user", "content": question}],
    )
"#;

const BATCH: &str = r#"from openai import OpenAI

client = OpenAI()


def title(text):
    return client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": f"A title for: {text}"}])


def long(text):
    # prompt-lint: ignore[output/missing-cap] length is the point
    return client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": f"Retell: {text}"}])
"#;

const ODD: &str = "my desk/100%, [é]#1.py";

/// What Bedrock reserves for an answer without a cap is lost in a notebook too.
const CELL: &str = r#"import boto3

bedrock = boto3.client("bedrock-runtime")


def title(text):
    return bedrock.converse(modelId="amazon.nova-lite-v1:0", messages=[{"role": "user", "content": [{"text": f"A title for: {text}"}]}])
"#;

fn notebook() -> String {
    let lines: Vec<String> = CELL.lines().map(|line| format!("{line}\n")).collect();
    let cells = json!([
        {"cell_type": "markdown", "metadata": {}, "source": ["A title\n"]},
        {"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": lines},
    ]);
    serde_json::to_string_pretty(&json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})).unwrap() + "\n"
}

struct Folder(tempfile::TempDir);

struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        fs::create_dir(folder.path().join(".git")).unwrap();
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn desk() -> Self {
        Folder::new(&[("app.py", APP), (ODD, BATCH), ("a.ipynb", &notebook()), ("broken.ipynb", "{\"cells\": [\n")])
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = Command::cargo_bin("prompt-lint").unwrap();
        command.current_dir(self.path()).env_clear().args(arguments).args(["--today", "2026-11-22"]);
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn report(&self, format: &str, more: &[&str]) -> String {
        let outcome = self.run(&[&["--format", format], more].concat());
        assert!(matches!(outcome.code, Some(0 | 1)), "{}", outcome.err);
        outcome.out
    }

    fn json(&self, format: &str, more: &[&str]) -> Value {
        serde_json::from_str(&self.report(format, more)).unwrap()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The published schema; one of its patterns has a bracket too many, which the errata take out.
fn sarif_schema() -> Value {
    let text = include_str!("../testdata/formats/sarif-schema-2.1.0.json");
    let mended = text.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    assert_ne!(text, mended);
    serde_json::from_str(&mended).unwrap()
}

#[track_caller]
fn holds_sarif(log: &Value) {
    let validator = jsonschema::validator_for(&sarif_schema()).unwrap();
    let errors: Vec<String> = validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn every_format_says_the_same_and_ends_with_the_same_code() {
    let folder = Folder::desk();
    let found = list(&folder.json("json", &[])["findings"]).len();
    assert!(found >= 3, "{found}");
    for format in ["human", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "markdown"] {
        let outcome = folder.run(&["--format", format, "--color", "always"]);
        assert_eq!(outcome.code, Some(1), "{format}: {}", outcome.err);
        assert_eq!(outcome.out.contains('\u{1b}'), format == "human", "{format} has colours of its own or none");
        assert_eq!(folder.run(&["--format", format, "--fail-on", "never"]).code, Some(0), "{format}");
        assert_eq!(folder.run(&["--format", format, "--output", "report.txt"]).out, "", "{format}");
        assert_eq!(fs::read_to_string(folder.path().join("report.txt")).unwrap(), folder.report(format, &[]), "{format}");
    }
    assert_eq!(list(&folder.json("sarif", &[])["runs"][0]["results"]).len(), found);
    assert_eq!(list(&folder.json("gitlab", &[])).len(), found);
    assert_eq!(folder.report("github", &[]).lines().filter(|line| line.starts_with("::warning ")).count(), found);
}

#[test]
fn jsonl_is_json_by_the_line() {
    let folder = Folder::desk();
    let whole = folder.json("json", &[]);
    let lines: Vec<Value> = folder.report("jsonl", &[]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| -> Vec<Value> {
        let of_kind = lines.iter().filter(|line| line["type"] == kind).cloned();
        of_kind.map(|mut line| line.as_object_mut().unwrap().remove("type").map(|_| line).unwrap()).collect()
    };
    assert_eq!(of("finding"), list(&whole["findings"]));
    assert_eq!(of("note"), list(&whole["notes"]));
    assert_eq!(of("summary"), [whole["summary"].clone()]);
    assert_eq!(lines.last().unwrap()["type"], "summary");
    assert_eq!(Folder::new(&[]).report("jsonl", &[]).lines().count(), 1);
}

#[test]
fn sarif_holds_its_schema() {
    let folder = Folder::desk();
    let log = folder.json("sarif", &[]);
    holds_sarif(&log);
    holds_sarif(&folder.json("sarif", &["--with-suppressed"]));
    holds_sarif(&Folder::new(&[("a.py", "x = 1\n")]).json("sarif", &[]));
    // The judge is awake.
    let mut wrong = log.clone();
    wrong["runs"][0]["results"][0]["level"] = json!("fatal");
    assert!(!jsonschema::is_valid(&sarif_schema(), &wrong));

    let run = &log["runs"][0];
    let rules = list(&run["tool"]["driver"]["rules"]);
    for rule in rules {
        for text in ["/shortDescription/text", "/help/text", "/help/markdown", "/defaultConfiguration/level"] {
            assert!(rule.pointer(text).and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{text} of {rule}");
        }
    }
    for result in list(&run["results"]) {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
    }
    let uris: BTreeSet<&str> = list(&run["results"])
        .iter()
        .map(|result| result.pointer("/locations/0/physicalLocation/artifactLocation/uri").unwrap().as_str().unwrap())
        .collect();
    assert!(uris.contains("my%20desk/100%25%2C%20%5B%C3%A9%5D%231.py"), "{uris:?}");
    assert!(run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap().contains("not a notebook"));
}

#[test]
fn what_is_suppressed_is_in_sarif_when_asked_for() {
    let folder = Folder::desk();
    let suppressed = |arguments: &[&str]| -> Vec<Value> {
        let log = folder.json("sarif", arguments);
        list(&log["runs"][0]["results"]).iter().filter(|result| result.get("suppressions").is_some()).cloned().collect()
    };
    assert_eq!(suppressed(&[]), [] as [Value; 0]);
    let found = suppressed(&["--with-suppressed"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["suppressions"], json!([{"kind": "inSource", "justification": "length is the point"}]));
    assert_eq!(folder.run(&["--with-suppressed"]).code, Some(2));
}

/// Applies the replacements of a SARIF fix as a reader of the format would.
fn replaced(text: &str, changes: &Value) -> String {
    let at = |line: &Value, column: &Value| {
        let start: usize = text.split_inclusive('\n').take(line.as_u64().unwrap() as usize - 1).map(str::len).sum();
        let before: usize = text[start..].chars().take(column.as_u64().unwrap() as usize - 1).map(char::len_utf8).sum();
        start + before
    };
    let mut edits: Vec<(usize, usize, &str)> = list(&changes["replacements"])
        .iter()
        .map(|one| {
            let region = &one["deletedRegion"];
            let new = one.pointer("/insertedContent/text").map_or("", |text| text.as_str().unwrap());
            (at(&region["startLine"], &region["startColumn"]), at(&region["endLine"], &region["endColumn"]), new)
        })
        .collect();
    edits.sort();
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

#[test]
fn a_fix_in_sarif_is_what_fix_writes() {
    for (path, text) in
        [("a.py", BATCH.to_owned()), ("b.py", format!("\u{feff}x = 'é日'\r\n{}", BATCH.replace('\n', "\r\n"))), ("c.ipynb", notebook())]
    {
        let folder = Folder::new(&[(path, &text)]);
        let log = folder.json("sarif", &["--select", "output/missing-cap"]);
        let results = list(&log["runs"][0]["results"]);
        assert_eq!(results.len(), 1, "{path}");
        let changes = list(&results[0]["fixes"][0]["artifactChanges"]);
        assert_eq!(changes.len(), 1);
        let mended = replaced(text.trim_start_matches('\u{feff}'), &changes[0]);
        folder.run(&["--select", "output/missing-cap", "--fix", "--unsafe-fixes"]);
        let written = fs::read_to_string(folder.path().join(path)).unwrap();
        assert_ne!(written, text);
        assert_eq!(mended, written.trim_start_matches('\u{feff}'), "{path}");
    }
}

#[test]
fn fingerprints_survive_moved_lines() {
    let twice = format!(
        "{BATCH}\n\ndef again(text):\n    return client.chat.completions.create(model=\"gpt-4.1\", messages=[{{\"role\": \"user\", \"content\": f\"A title for {{text}}\"}}])\n"
    );
    let folder = Folder::new(&[("a.py", &twice), ("b.py", BATCH)]);
    let sarif = || -> Vec<String> {
        let log = folder.json("sarif", &[]);
        let of = |result: &Value| result["partialFingerprints"]["promptLint/v1"].as_str().unwrap().to_owned();
        list(&log["runs"][0]["results"]).iter().map(of).collect()
    };
    let gitlab = || -> Vec<String> {
        list(&folder.json("gitlab", &[])).iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let before = sarif();
    assert!(before.len() >= 3);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), before.len(), "each has its own");
    assert_eq!(before, gitlab());
    folder.write(
        "a.py",
        &format!(
            "\"\"\"What it does.\"\"\"\n\n{}",
            twice.replace("    return client", "        return client").replace("def ", "if True:\n    def ")
        ),
    );
    assert_eq!(before, sarif(), "moved down and indented");
    folder.write("a.py", &twice.replace("gpt-4.1", "gpt-4o"));
    assert_ne!(before, sarif());
}

#[test]
fn github_gets_one_command_a_line() {
    let folder = Folder::desk();
    let out = folder.report("github", &[]);
    let (commands, rest): (Vec<&str>, Vec<&str>) = out.lines().partition(|line| line.starts_with("::"));
    assert_eq!(rest.len(), 1, "{out}");
    assert!(rest[0].starts_with("prompt-lint: "), "{out}");
    let odd = commands.iter().find(|line| line.contains("my desk")).unwrap();
    assert!(odd.starts_with("::warning file=my desk/100%25%2C [é]#1.py,line=7,endLine=7,col=12,endColumn="), "{odd}");
    assert!(odd.contains(",title=prompt-lint output/missing-cap::"), "{odd}");
    let cell = commands.iter().find(|line| line.contains("file=a.ipynb")).unwrap();
    assert!(cell.contains("::cell 1, line 7: "), "{cell}");
    assert!(commands.iter().any(|line| line.starts_with("::notice file=broken.ipynb,title=prompt-lint::not read")), "{out}");
}

/// What GitLab's documentation asks of an issue: https://docs.gitlab.com/ci/testing/code_quality/, seen 2026-11-23.
fn gitlab_schema() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "type": {"const": "issue"},
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "categories": {"type": "array", "items": {"enum": [
                    "Bug Risk", "Clarity", "Compatibility", "Complexity", "Duplication", "Performance", "Security", "Style"
                ]}},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "pattern": "^[^./]"},
                        "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}}
                    }
                }
            }
        }
    })
}

#[test]
fn gitlab_gets_what_it_asks_for() {
    let folder = Folder::desk();
    let issues = folder.json("gitlab", &[]);
    let validator = jsonschema::validator_for(&gitlab_schema()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&issues).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let cell = list(&issues).iter().find(|issue| issue["location"]["path"] == "a.ipynb").unwrap();
    assert!(cell["description"].as_str().unwrap().starts_with("cell 1, line 7: "), "{cell}");
    assert_eq!(Folder::new(&[]).json("gitlab", &[]), json!([]));
}

#[test]
fn junit_is_read_back() {
    let folder = Folder::desk();
    let findings = folder.json("json", &[]);
    let read = quick_junit::Report::deserialize_from_str(&folder.report("junit", &[])).unwrap();
    let cases: Vec<_> = read.test_suites.iter().flat_map(|suite| &suite.test_cases).collect();
    let failed: Vec<_> = cases
        .iter()
        .filter_map(|case| match &case.status {
            quick_junit::TestCaseStatus::NonSuccess { kind: quick_junit::NonSuccessKind::Failure, message, .. } => Some((case, message)),
            _ => None,
        })
        .collect();
    assert_eq!(failed.len(), list(&findings["findings"]).len());
    for ((case, message), finding) in failed.iter().zip(list(&findings["findings"])) {
        assert_eq!(case.classname.as_ref().unwrap().as_str(), finding["path"].as_str().unwrap());
        assert_eq!(message.as_ref().unwrap().as_str(), finding["message"].as_str().unwrap());
        assert!(case.name.as_str().starts_with(finding["rule"].as_str().unwrap()));
    }
    assert_eq!((read.tests, read.failures, read.errors), (failed.len() + 1, failed.len(), 0));
    for suite in &read.test_suites {
        assert_eq!(suite.tests, suite.test_cases.len());
    }
    assert!(failed.iter().any(|(case, _)| case.name.as_str() == "output/missing-cap at cell 1:7:12"), "{failed:?}");

    let clean = quick_junit::Report::deserialize_from_str(&Folder::new(&[("a.py", "x = 1\n")]).report("junit", &[])).unwrap();
    assert_eq!((clean.tests, clean.failures), (1, 0), "some readers take a report without a case for a broken one");
}

#[test]
fn markdown_reads_as_it_is_meant() {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
    let folder = Folder::desk();
    let text = folder.report("markdown", &[]);
    let found = list(&folder.json("json", &[])["findings"]).len();
    let (mut tables, mut items, mut html) = (0, 0, String::new());
    let mut cells = Vec::new();
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Table(columns)) => {
                tables += 1;
                cells.push((columns.len(), 0));
            }
            Event::End(TagEnd::TableCell) => cells.last_mut().unwrap().1 += 1,
            Event::Start(Tag::Item) => items += 1,
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)) => panic!("{event:?} in {text}"),
            Event::Html(part) | Event::InlineHtml(part) => html += &part,
            _ => {}
        }
    }
    assert_eq!(tables, 2, "{text}");
    assert!(cells.iter().all(|(columns, cells)| cells % columns == 0), "{text}");
    assert_eq!(items, found + 1, "every finding and the note: {text}");
    let summaries = format!("<details><summary>All {found} findings</summary></details><details><summary>1 note</summary></details>");
    assert_eq!(html.replace('\n', ""), summaries, "{text}");
    assert!(text.contains("| `output/missing-cap` | 2 | 2 unsafe |"), "{text}");

    let clean = Folder::new(&[("a.py", "x = 1\n")]).report("markdown", &[]);
    assert_eq!(clean, "## prompt-lint\n\nNo findings in 1 file\n");
}

#[test]
fn markdown_fits_a_comment() {
    let many: String = (0..600).map(|at| format!("def f{at}(t):\n    return client.chat.completions.create(model=\"gpt-4.1\", messages=[{{\"role\": \"user\", \"content\": f\"A title for: {{t}}\"}}])\n")).collect();
    let folder = Folder::new(&[("a.py", &format!("from openai import OpenAI\nclient = OpenAI()\n{many}"))]);
    let text = folder.report("markdown", &[]);
    assert!(text.len() < 65_536 && text.contains("<summary>All 600 findings</summary>"), "{}", text.len());
    assert!(text.contains(" more\n\n</details>\n"), "{}", &text[text.len() - 200..]);
}
