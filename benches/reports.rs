//! How long each format takes for 1,000 findings in one file of 5,000 lines.
//!
//! usage: `cargo bench --bench reports`

use std::io;

use prompt_lint::model::prompt::Confidence;
use prompt_lint::project::Project;
use prompt_lint::report::human::Style;
use prompt_lint::report::{Applicability, Edit, Finding, Fix, Label, Owner, OwnerKind, Report, Severity};
use prompt_lint::report::{concise, github, gitlab, human, json, jsonl, junit, markdown, sarif};
use prompt_lint::span::{FileId, Place, Span};

const FINDINGS: usize = 1000;
/// Five lines for each finding.
const BLOCK: &str = "def answer(question):\n    response = client.messages.create(\n        model=MODEL, system=GUIDE, messages=[{\"role\": \"user\", \"content\": question}],\n    )\n    return response\n";

fn main() {
    divan::main();
}

fn finding(number: usize) -> Finding {
    let start = number * BLOCK.len() + BLOCK.find("client").unwrap_or(0);
    let place = Place::new(FileId(0), Span::new(start, start + "client.messages.create".len()));
    let end = Span::new(start + 60, start + 60);
    Finding {
        rule: "output/missing-cap".to_owned(),
        severity: Severity::Warning,
        confidence: Confidence::High,
        place,
        owner: Owner { kind: OwnerKind::Call, place },
        message: "No limit on output tokens reaches the API".to_owned(),
        help: "Set `max_tokens` to what the longest useful answer needs.".to_owned(),
        why: "Output costs five times what input does.".to_owned(),
        labels: vec![Label { place: Place::new(FileId(0), end), text: "the request".to_owned() }],
        related: Vec::new(),
        saving: None,
        fix: Some(Fix {
            applicability: Applicability::Unsafe,
            title: "Set `max_tokens` to 1024".to_owned(),
            edits: vec![Edit { file: FileId(0), span: end, text: "max_tokens=1024, ".to_owned() }],
        }),
    }
}

fn report() -> (Project, Report) {
    let project = Project::in_memory([("app.py", BLOCK.repeat(FINDINGS).as_str())]);
    (project, Report { findings: (0..FINDINGS).map(finding).collect(), files: 1, ..Report::default() })
}

#[divan::bench(args = ["human", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "markdown"], sample_count = 10)]
fn render(bencher: divan::Bencher<'_, '_>, format: &str) {
    bencher.with_inputs(report).bench_local_values(|(project, report)| {
        let out = &mut io::sink();
        match format {
            "human" => human::render(&project, &report, Style { colour: true, width: 110 }, out),
            "concise" => concise::render(&project, &report, out),
            "json" => json::render(&project, &report, out),
            "jsonl" => jsonl::render(&project, &report, out),
            "sarif" => sarif::render(&project, &report, &[], false, out),
            "github" => github::render(&project, &report, out),
            "gitlab" => gitlab::render(&project, &report, out),
            "junit" => junit::render(&project, &report, out),
            _ => markdown::render(&project, &report, out),
        }
    });
}
