//! The advice on histories, measured with the price model on a conversation of 40 turns: what is cheaper for one leak is never dearer for the other.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use assert_cmd::Command;
use serde_json::Value;

/// A model with automatic caching, and one that has to be told what to cache.
const MODELS: [&str; 2] = ["gpt-4.1", "gpt-5.4-mini"];

fn code(model: &str, cut: &str, sent: &str) -> String {
    format!(
        r#"from openai import OpenAI

client = OpenAI()
history = []


def turn(question):
    history.append({{"role": "user", "content": question}})
{cut}    reply = client.chat.completions.create(model="{model}", max_completion_tokens=300, messages={sent})
    history.append({{"role": "assistant", "content": reply.choices[0].message.content}})
    return reply
"#
    )
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(text: &str) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.0.path().join(".git")).unwrap();
        std::fs::write(folder.0.path().join("bot.py"), text).unwrap();
        folder
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::cargo_bin("prompt-lint").unwrap();
        let output =
            command.current_dir(self.0.path()).env_clear().args(arguments).args(["--no-config", "--today", "2026-11-22"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// How the history is bounded, and USD for 1,000 requests.
    fn history(&self) -> (String, f64) {
        let inventory: Value = serde_json::from_str(&self.run(&["inventory", "--format", "json"])).unwrap();
        let call = &inventory["calls"][0];
        (call["history"].as_str().unwrap().to_owned(), call["usd_per_1k_requests"].as_f64().unwrap())
    }

    fn rules(&self) -> Vec<String> {
        let report: Value = serde_json::from_str(&self.run(&["--format", "json", "--select", "history"])).unwrap();
        report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    }
}

const BLOCKS: &str = "    if len(history) > 40:\n        del history[:20]\n";

#[test]
fn blocks_cost_less_than_all_and_less_than_a_window() {
    for model in MODELS {
        let all = Folder::new(&code(model, "", "history"));
        let window = Folder::new(&code(model, "", "history[-40:]"));
        let blocks = Folder::new(&code(model, BLOCKS, "history"));
        assert_eq!(all.rules(), ["history/full-replay"], "{model}");
        assert_eq!(window.rules(), ["history/sliding-window"], "{model}");
        assert_eq!(blocks.rules(), Vec::<String>::new(), "{model}");
        let [(_, all), (sliding, window), (bounded, blocks)] = [all, window, blocks].map(|folder| folder.history());
        assert_eq!((sliding.as_str(), bounded.as_str()), ("sliding", "bounded"), "{model}");
        assert!(blocks < all, "{model}: {blocks} in blocks and {all} whole");
        assert!(blocks < window, "{model}: {blocks} in blocks and {window} in a window");
    }
}

#[test]
fn what_the_fix_writes_is_a_bounded_history_that_costs_less() {
    for (model, sent, is) in MODELS.iter().flat_map(|model| [(model, "history", "unbounded"), (model, "history[-20:]", "sliding")]) {
        let folder = Folder::new(&code(model, "", sent));
        let (before, dear) = folder.history();
        let said = folder.run(&["--select", "history", "--fix", "--unsafe-fixes"]);
        let (after, cheap) = folder.history();
        assert_eq!((before.as_str(), after.as_str()), (is, "bounded"), "{said}");
        assert!(cheap < dear, "{model}: {cheap} after and {dear} before");
        assert_eq!(folder.rules(), Vec::<String>::new(), "the cure of one leak is no other");
    }
}

#[test]
fn a_cell_that_is_run_by_hand_gets_no_block_of_code() {
    let folder = Folder::new("");
    let lines: Vec<String> = code("gpt-4.1", "", "history").lines().map(|line| format!("{line}\n")).collect();
    let cell = serde_json::json!({ "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": lines });
    let notebook = serde_json::json!({ "cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5 });
    std::fs::write(folder.0.path().join("bot.ipynb"), serde_json::to_string_pretty(&notebook).unwrap()).unwrap();
    let flags = ["--select", "history", "--min-severity", "info", "--diff", "--unsafe-fixes"];
    assert_eq!(folder.run(&flags), "");
    std::fs::write(folder.0.path().join("bot.py"), code("gpt-4.1", "", "history")).unwrap();
    let diff = folder.run(&flags);
    assert!(diff.contains("bot.py") && !diff.contains("bot.ipynb"), "{diff}");
}
