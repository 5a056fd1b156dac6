//! The folders under `testdata/files`: each format of prompt files is read to the byte, reports what its `expected.txt` lists, and is mended
//! as the files in its `fixed/` are.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use prompt_lint::source::Source;

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/files");
    let entries = walkdir::WalkDir::new(root).min_depth(1).max_depth(1).sort_by_file_name();
    entries.into_iter().map(|entry| entry.unwrap().into_path()).filter(|path| path.is_dir()).collect()
}

/// The files of a format, without what is expected of them.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let own = entries.filter(|entry| entry.file_type().is_file() && entry.file_name() != "expected.txt");
    own.map(|entry| entry.into_path().strip_prefix(folder).unwrap().to_owned()).filter(|path| !path.starts_with("fixed")).collect()
}

/// A copy of the files of all formats, each in its folder: one run looks at all.
fn copied() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in folders() {
        for file in files(&folder) {
            let target = copy.path().join(folder.file_name().unwrap()).join(&file);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(folder.join(&file), target).unwrap();
        }
    }
    copy
}

fn run(folder: &Path, args: &[&str]) -> std::process::Output {
    let mut command = Command::cargo_bin("prompt-lint").unwrap();
    command
        .current_dir(folder)
        .env_clear()
        .args(["--no-config", "--fail-on", "never", "--today", "2026-11-22"])
        .args(args)
        .output()
        .unwrap()
}

fn found(folder: &Path) -> BTreeSet<String> {
    let output = run(folder, &["--format", "json", "--min-severity", "info"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let line = |finding: &serde_json::Value| {
        format!("{}:{} {}", finding["path"].as_str().unwrap(), finding["range"]["start"]["line"], finding["rule"].as_str().unwrap())
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn every_format_reports_what_it_should() {
    let copy = copied();
    let all = found(copy.path());
    let mut failed = String::new();
    for folder in folders() {
        let prefix = format!("{}/", folder.file_name().unwrap().to_string_lossy());
        let found: String = all.iter().filter_map(|line| line.strip_prefix(&prefix)).map(|line| format!("{line}\n")).collect();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(folder.join("expected.txt"), &found).unwrap();
        }
        let expected = std::fs::read_to_string(folder.join("expected.txt")).unwrap_or_default();
        if found != expected {
            failed += &format!("{}:\n{found}instead of\n{expected}\n", folder.display());
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn every_format_is_mended_as_it_is_written() {
    let copy = copied();
    // The second run changes nothing.
    for _ in 0..2 {
        let output = run(copy.path(), &["--fix", "--unsafe-fixes"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        for folder in folders() {
            for file in files(&folder) {
                let before = std::fs::read(folder.join(&file)).unwrap();
                let after = std::fs::read(copy.path().join(folder.file_name().unwrap()).join(&file)).unwrap();
                let fixed = folder.join("fixed").join(&file);
                if std::env::var_os("UPDATE_GOLDEN").is_some() && before != after {
                    std::fs::create_dir_all(fixed.parent().unwrap()).unwrap();
                    std::fs::write(&fixed, &after).unwrap();
                }
                let expected = if fixed.exists() { std::fs::read(&fixed).unwrap() } else { before };
                assert!(after == expected, "{}:\n{}", folder.join(&file).display(), String::from_utf8_lossy(&after));
            }
        }
    }
}

#[test]
fn what_is_read_is_written_back_to_the_byte() {
    for folder in folders() {
        for file in files(&folder) {
            let bytes = std::fs::read(folder.join(&file)).unwrap();
            let source = Source::of_file(file.to_string_lossy().replace('\\', "/"), String::from_utf8(bytes.clone()).unwrap()).unwrap();
            assert!(source.to_bytes() == bytes, "{}", file.display());
            assert!(source.write_back(&source.text).unwrap() == bytes, "{}", file.display());
        }
    }
}

/// What no file may look like, and what a person writes by mistake: a note at the most, and no edit.
#[test]
fn broken_files_are_left_alone() {
    let prompt = "It is {{current_time}}.\nYou answer questions about ferries. Name the pier in every answer, and the fare.\n";
    let deep = "{{#if a}}".repeat(3000);
    let yaml = |content: &str| {
        format!("model: m\nmessages:\n  - role: system\n    content: |\n      {}\n", content.trim_end().replace('\n', "\n      "))
    };
    let cases: Vec<(&str, String)> = vec![
        ("unclosed.prompt", format!("---\nmodel: m\n---\n{{{{#if a}}}}\n{prompt}")),
        ("unknown_end.prompt", format!("---\nmodel: m\n---\n{{{{/each}}}}\n{prompt}")),
        ("deep.prompt", format!("---\nmodel: m\n---\n{deep}{prompt}")),
        ("matter.prompty", format!("---\nmodel: [\n---\nsystem:\n{prompt}")),
        ("twice.prompt.yml", format!("model: m\n{}", yaml(prompt))),
        ("anchor.prompt.yml", yaml(prompt).replace("model: m", "model: &a m\nother: *a\nlost: *b")),
        ("tabs.prompt.yml", yaml(prompt).replace("  - role", "\t- role")),
        ("two.prompt.yml", format!("{}---\n{}", yaml(prompt), yaml("{{/if}}"))),
        ("comment.json", format!("// why\n{{\"input_variables\": [], \"template\": {}}}", serde_json::json!(prompt))),
        ("cut.json", format!("{{\"input_variables\": [], \"template\": {}", serde_json::json!(prompt))),
        ("nested.json", format!("{{\"input_variables\": {}, \"template\": \"x\"}}", "[".repeat(100_000))),
        ("surrogate.json", "{\"input_variables\": [], \"template\": \"a \\ud83d b\"}".to_owned()),
        ("cut.baml", "function A(x: string) -> string { client \"openai/gpt-4o\" prompt #\"\n   It is {{ x }}".to_owned()),
        ("empty.prompty", String::new()),
        ("cut.tf", format!("resource \"aws_bedrockagent_prompt\" \"a\" {{\n  variant {{\n    text = <<EOT\n{prompt}EOT\n")),
        ("prompts.toml", format!("[a]\nsystem = \"\"\"\n{prompt}\"\"\"\nuser = \"x\nb = 1\n")),
        ("twice_prompts.toml", format!("[a]\nsystem = \"\"\"\n{prompt}\"\"\"\nuser = \"x\"\nuser = \"y\"\n")),
        ("unclosed.poml", format!("<poml><task>{prompt}</poml>")),
        ("deep.poml", format!("{}{prompt}", "<p>".repeat(3000))),
        ("unknown_prompt.j2", format!("{{% frobnicate %}}\n{prompt}")),
        ("one_prompt.j2", format!("{prompt}{{% include 'other_prompt.j2' %}}\n")),
        ("other_prompt.j2", format!("{prompt}{{% include 'one_prompt.j2' %}}\n")),
        ("flow.dag.yaml", "nodes:\n- type: llm\n  source: { path: ../../lost.jinja2 }\n  inputs: { deployment_name: *lost }\n".to_owned()),
        (
            "line.jsonl",
            "{\"custom_id\": 1, \"body\": {\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]\n{\n".to_owned(),
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &cases {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let output = run(folder.path(), &["--fix", "--unsafe-fixes", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in [
        "unclosed.prompt",
        "unknown_end.prompt",
        "deep.prompt",
        "matter.prompty",
        "twice.prompt.yml",
        "cut.baml",
        "cut.json",
        "cut.tf",
        "prompts.toml",
        "twice_prompts.toml",
        "unclosed.poml",
        "deep.poml",
        "unknown_prompt.j2",
        "flow.dag.yaml",
        "anchor.prompt.yml",
        "tabs.prompt.yml",
        "line.jsonl",
    ] {
        let noted = report["notes"].as_array().unwrap().iter().any(|note| note["path"] == name);
        assert!(noted, "{name} has no note: {}", report["notes"]);
    }
    for (name, text) in &cases {
        // Comments are no fault of JSON, and two files that include each other are each whole.
        if !matches!(*name, "comment.json" | "one_prompt.j2" | "other_prompt.j2") {
            assert!(std::fs::read_to_string(folder.path().join(name)).unwrap() == *text, "{name} was edited");
        }
    }
}

/// An export of a megabyte, with a thousand nodes that each hold a prompt.
#[test]
fn large_exports_are_read() {
    let text = "You answer questions about ferries. Name the pier in every answer, and the fare.\n".repeat(12);
    let node = |at: usize| serde_json::json!({ "id": at.to_string(), "data": { "name": "llmAgentflow", "inputs": { "llmMessages": [{ "role": "system", "content": format!("It is {{{{current_time}}}} at {at}.\n{text}") }] } } });
    let export = serde_json::json!({ "nodes": (0..1000).map(node).collect::<Vec<_>>(), "edges": [] });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("flow.json"), serde_json::to_string_pretty(&export).unwrap()).unwrap();
    assert_eq!(found(folder.path()).len(), 1000);
}

#[test]
fn the_inventory_says_what_is_a_prompt_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("prompts/fares.j2", "You are a clerk of the ferry. Your task is to name the fare.\n{{ question }}\n");
    write("deploy/Dockerfile.j2", "FROM debian\nRUN echo {{ name }}\n");
    write("AGENTS.md", "Run the tests before every commit.\n");
    write("prompt-lint.yaml", "budgets: { \"prompts/**\": 50 }\n");
    let run =
        |args: &[&str]| Command::cargo_bin("prompt-lint").unwrap().current_dir(folder.path()).env_clear().args(args).output().unwrap();
    let output = run(&["inventory", "--why", "--files", "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let prompts = said["prompts"].as_array().unwrap();
    let prompt = prompts.iter().find(|prompt| prompt["path"] == "prompts/fares.j2").unwrap();
    assert_eq!(prompt["why"], "it says `you are` and `your task` (high confidence)");
    let left = serde_json::json!([{ "path": "deploy/Dockerfile.j2", "why": "its name is that of code or configuration" }]);
    assert_eq!(said["left_out"], left);
    let file = |path: &str| said["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap().clone();
    assert_eq!((&file("prompts/fares.j2")["prompts"], &file("prompts/fares.j2")["budget"]), (&1.into(), &50.into()));
    assert_eq!(file("AGENTS.md")["loaded"], "always");
    let plain = String::from_utf8(run(&["inventory", "--why", "--files"]).stdout).unwrap();
    assert!(plain.contains("not a prompt          why\ndeploy/Dockerfile.j2  its name"), "{plain}");
    let output = run(&["inventory", "--format", "json"]);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(said.get("files").is_none() && said["prompts"][0].get("why").is_none());
}

#[test]
fn nothing_leaves_a_branch_or_loop_of_terraform() {
    let body = "You are the clerk of the desk and answer questions about a ferry line that runs between four islands.\n".repeat(6);
    for inner in [
        "%{ for x in var.piers }\n${x} at {{current_time}}.\n%{ endfor }\n",
        "%{ if var.a }\nIt is {{current_time}}.\n%{ else }\nThe time is not known.\n%{ endif }\n",
        "%{ if var.a ~}\nIt is {{current_time}}.\n%{ endif ~}\n",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "resource \"aws_bedrockagent_prompt\" \"desk\" {{\n  name = \"desk\"\n  variant {{\n    name          = \"a\"\n    template_type = \"TEXT\"\n    template_configuration {{\n      text {{\n        text = <<EOT\n{inner}{body}EOT\n      }}\n    }}\n  }}\n}}\n"
        );
        let path = folder.path().join("desk.tf");
        std::fs::write(&path, &text).unwrap();
        run(folder.path(), &["--fix", "--unsafe-fixes"]);
        let now = std::fs::read_to_string(&path).unwrap();
        let (before, after) = (text.find(inner), now.find(inner));
        assert!(before.is_some() && before == after, "{now}");
    }
}

#[test]
fn a_comment_beside_a_line_that_moves_is_not_lost() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/files/poml/desk.poml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let fixed = |text: &str| {
        std::fs::write(folder.path().join("desk.poml"), text).unwrap();
        run(folder.path(), &["--fix", "--unsafe-fixes", "--min-severity", "info"]);
        std::fs::read_to_string(folder.path().join("desk.poml")).unwrap()
    };
    assert_ne!(fixed(&text), text);
    let commented = text.replace("current_time }}.", "current_time }}. <!-- by the clock -->");
    assert_eq!(fixed(&commented), commented);
}
