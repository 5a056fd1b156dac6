//! What is known, on the command line: the facts of a line, and the entries of the catalogue with those of a user over them.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use assert_cmd::Command;

const APP: &str = "from openai import OpenAI

from guide import GUIDE

client = OpenAI()


def answer(question):
    return client.chat.completions.create(
        model=\"desk-large\", messages=[{\"role\": \"system\", \"content\": GUIDE}, {\"role\": \"user\", \"content\": question}]
    )
";
const GUIDE: &str = "GUIDE = \"You answer questions about the tickets of a ferry in two sentences.\"\n";

fn run(files: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::cargo_bin("prompt-lint").unwrap().current_dir(folder.path()).env_clear().args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[track_caller]
fn says(files: &[(&str, &str)], arguments: &[&str], code: i32, parts: &[&str]) {
    let (found, text) = run(files, arguments);
    assert_eq!(found, Some(code), "{text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "{part} is not in {text}"));
}

#[test]
fn the_facts_of_a_line_are_those_of_its_call() {
    let files = [("app.py", APP), ("guide.py", GUIDE)];
    let parts = ["# call at app.py:9", "call.api ", "\"openai.chat\"", "call.cap.missing ", "slot.name ", "\"question\""];
    says(&files, &["facts", "app.py:10"], 0, &parts);
    // A prompt belongs to the call that sends it.
    says(&files, &["facts", "guide.py:1"], 0, &["# call at app.py:9"]);
    says(&files, &["facts", "app.py:1"], 0, &["No call of a model and no prompt is known at app.py:1."]);
    says(&[("prompts/a.j2", "You answer questions.\n{{ question }}\n")], &["facts", "prompts/a.j2:2"], 0, &["# prompt at prompts/a.j2:1"]);
    says(&files, &["facts", "app.py"], 2, &["`app.py` is no line of a file"]);
    says(&files, &["facts", "app.py:0"], 2, &["is no line of a file"]);
    says(&files, &["facts", "app.py:99"], 2, &["`app.py` has no code or text in line 99"]);
    says(&files, &["facts", "none.py:1"], 2, &["`none.py` does not exist"]);
}

#[test]
fn a_line_of_a_notebook_is_named_as_in_reports() {
    let code = ["from openai import OpenAI", "OpenAI().responses.create(model=\"gpt-4.1\", input=question)"];
    let cell = |source: &[&str]| serde_json::json!({ "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": source });
    let book = serde_json::json!({ "cells": [cell(&["1"]), cell(&[&format!("{}\n", code[0]), code[1]])], "metadata": {}, "nbformat": 4, "nbformat_minor": 5 });
    let text = serde_json::to_string_pretty(&book).unwrap();
    let on_disk = text.lines().position(|line| line.contains("responses")).unwrap() + 1;
    let files = [("book.ipynb", text.as_str())];
    let parts = ["# call at book.ipynb:cell 1:2", "\"openai.responses\""];
    says(&files, &["facts", "book.ipynb:cell 1:2"], 0, &parts);
    says(&files, &["facts", &format!("book.ipynb:{on_disk}")], 0, &parts);
    says(&files, &["facts", "book.ipynb:cell 1:1"], 0, &["No call of a model"]);
    says(&files, &["facts", "book.ipynb:cell 9:1"], 2, &["has no code or text in line 1"]);
    says(&files, &["facts", "book.ipynb:cell x:1"], 2, &["is no line of a file"]);
}

#[test]
fn the_catalogue_is_shown_with_its_sources() {
    says(&[], &["catalogue", "gpt-4.1"], 0, &["gpt-4.1\n", "provider ", "price ", "source ", "as of ", "2026-11-22"]);
    says(&[], &["catalogue", "us.anthropic.claude-sonnet-4-6"], 0, &["(asked for as us.anthropic.claude-sonnet-4-6)"]);
    says(&[], &["catalogue", "openai.chat"], 0, &["openai.chat\n", "max_completion_tokens", "source "]);
    says(&[], &["catalogue"], 0, &["Models\n", "APIs\n", "gpt-4.1", "bedrock.converse"]);
    says(&[], &["catalogue", "gpt-4.l"], 2, &["there is neither a model nor an API `gpt-4.l`", "did you mean `gpt-4.1`?"]);
    says(&[], &["catalogue", "gpt-4.1", "--today", "2028-01-01"], 0, &["older than a year, look at the source"]);
    let argon = "a change that was announced for 2026-12-01 has come since";
    says(&[], &["catalogue", "gemini-4-argon", "--today", "2026-12-02"], 0, &[argon, "since 2026-12-01"]);
    assert!(!run(&[], &["catalogue", "gemini-4-argon", "--today", "2026-11-23"]).1.contains(argon));
}

#[test]
fn a_users_entries_count_everywhere() {
    let own =
        "models:\n  - { id: desk-large, like: gpt-4.1, provider: house, as_of: '2026-11-01', source: our contract, max_output: 9000 }\n";
    let config = "catalogue: [lint/models.yaml]\n";
    let files = [("app.py", APP), ("guide.py", GUIDE), ("prompt-lint.yaml", config), ("lint/models.yaml", own)];
    says(&files, &["catalogue", "desk-large"], 0, &["house", "our contract"]);
    says(&files, &["--format", "concise"], 1, &["one answer may be 9,000 tokens long"]);
    says(&files, &["--no-config", "catalogue", "desk-large"], 2, &[]);
    let broken = [("a.py", ""), ("prompt-lint.yaml", config), ("lint/models.yaml", "models: [{ id: desk-large }]\n")];
    says(&broken, &[], 2, &["models.yaml", "model `desk-large`: missing field"]);
}
