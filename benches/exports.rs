//! How long it takes to check exports of flow builders of a megabyte, with a prompt in each of their nodes.
//!
//! usage: `cargo bench --bench exports`

#![allow(clippy::unwrap_used)] // a bench may fail by panic

use prompt_lint::catalogue::Catalogue;
use prompt_lint::check::{self, Knowledge, Rules};
use prompt_lint::cli::engine::Engine;
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Overrides, SettingsMap};
use prompt_lint::project::Project;

const NODES: usize = 1000;

fn main() {
    divan::main();
}

fn text() -> String {
    "You answer questions about ferries. Name the pier in every answer, and the fare.\n".repeat(11)
}

fn n8n() -> (&'static str, String) {
    let node = |at: usize| {
        serde_json::json!({
            "name": at.to_string(), "type": "@n8n/n8n-nodes-langchain.agent",
            "parameters": { "options": { "systemMessage": format!("=It is {{{{ $now }}}} at {at}.\n{}", text()) } }
        })
    };
    let export = serde_json::json!({ "nodes": (0..NODES).map(node).collect::<Vec<_>>(), "connections": {} });
    ("flow.json", format!("{export:#}"))
}

fn dify() -> (&'static str, String) {
    let indented: String = text().lines().map(|line| format!("            {line}\n")).collect();
    let node = |at: usize| {
        format!(
            "    - data:\n        type: llm\n        model:\n          name: gpt-4o\n        prompt_template:\n        - role: system\n          text: |\n            It is {{{{#start.now#}}}} at {at}.\n{indented}"
        )
    };
    let nodes: String = (0..NODES).map(node).collect();
    ("flow.yml", format!("kind: app\napp:\n  mode: workflow\nworkflow:\n  graph:\n    nodes:\n{nodes}"))
}

#[divan::bench(args = ["n8n", "dify"], sample_count = 5)]
fn check(bencher: divan::Bencher<'_, '_>, format: &str) {
    let (name, text) = if format == "n8n" { n8n() } else { dify() };
    let folder = std::env::temp_dir();
    let mut configs = Configs::new(Engine::new().names(), Discovery::None, folder.clone());
    let overrides = Overrides::defaults("2026-11-22".parse().unwrap());
    let settings = SettingsMap::new(configs.for_folder(&folder).unwrap().settings(&folder.join(name), &overrides));
    bencher.with_inputs(|| Project::in_memory([(name, text.as_str())])).bench_local_values(|project| {
        let knowledge = Knowledge { catalogue: Catalogue::builtin(), rules: Rules::BuiltIn };
        check::lint(&project, &settings, &knowledge).report.findings.len()
    });
}
