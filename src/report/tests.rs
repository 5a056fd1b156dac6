//! The printed forms of one report made by hand.

use super::human::Style;
use super::*;
use crate::model::prompt::Confidence;
use crate::project::Project;

const APP: &str = "import boto3\n\nclient = boto3.client(\"bedrock-runtime\")\n\n\ndef answer(question):\n    return client.converse(\n        modelId=\"anthropic.claude-sonnet-4-5\",\n        messages=[{\"role\": \"user\", \"content\": [{\"text\": question}]}],\n    )\n";
const PROMPT: &str =
    "\u{feff}Grüße 日本. It is {{ now }}.\nYou answer questions about orders.\nBe exact.\nName the order.\nGive the sum.\nNever guess.\n";

fn project() -> Project {
    Project::in_memory([("src/app.py", APP), ("prompts/desk.j2", PROMPT)])
}

fn place(project: &Project, key: &str, text: &str) -> Place {
    let file = project.find(key).unwrap();
    let start = project.text(file).find(text).unwrap();
    Place::new(file, Span::new(start, start + text.len()))
}

fn report(project: &Project) -> Report {
    let call = place(project, "src/app.py", "client.converse");
    let whole = Place::new(call.file, Span { start: call.span.start, end: APP.trim_end().len() as u32 });
    let now = place(project, "prompts/desk.j2", "{{ now }}");
    let prompt = Place::new(now.file, Span::new(0, project.text(now.file).len()));
    let lost = Place::new(now.file, Span { start: now.span.end, end: prompt.span.end });
    let owner = |kind, place| Owner { kind, place };
    let mut report = Report {
        findings: vec![
            Finding {
                rule: "cache/unstable-prefix".into(),
                severity: Severity::Error,
                confidence: Confidence::High,
                place: now,
                owner: owner(OwnerKind::Prompt, prompt),
                message: "`now` changes on every request and stands before static text".into(),
                help: "Put the static instructions first and this value last.".into(),
                why: "The cache serves a prefix only as far as it is identical, byte for byte.".into(),
                labels: vec![Label { place: lost, text: "1,240 tokens that are never read from the cache".into() }],
                related: vec![owner(OwnerKind::Call, whole)],
                saving: Some(Saving {
                    kind: SavingKind::Assumed,
                    input_equivalent_tokens: 640.4,
                    added_tokens: 640.4,
                    raw_tokens: 0.0,
                    assumptions: vec!["document 4,000 tokens".into(), "turns 40".into()],
                    share: Some(0.38),
                    exact: false,
                    band: 0.15,
                    usd_per_1k_requests: Some(2.4),
                    usd_per_month: None,
                    price_as_of: Some("2026-11-22".into()),
                }),
                fix: Some(Fix {
                    applicability: Applicability::Safe,
                    title: "move the line to the end".into(),
                    edits: vec![Edit { file: now.file, span: now.span, text: String::new() }],
                }),
            },
            Finding {
                rule: "output/missing-cap".into(),
                severity: Severity::Warning,
                confidence: Confidence::Medium,
                place: call,
                owner: owner(OwnerKind::Call, whole),
                message: "No limit on output tokens reaches the API".into(),
                help: String::new(),
                why: String::new(),
                labels: vec![],
                related: vec![],
                saving: Some(Saving {
                    kind: SavingKind::Bound,
                    input_equivalent_tokens: 15_000.0,
                    added_tokens: 15_000.0,
                    raw_tokens: 3_000.0,
                    assumptions: vec![],
                    share: None,
                    exact: true,
                    band: 0.0,
                    usd_per_1k_requests: None,
                    usd_per_month: None,
                    price_as_of: Some("2026-11-22".into()),
                }),
                fix: Some(Fix { applicability: Applicability::Unsafe, title: "add `inferenceConfig.maxTokens`".into(), edits: vec![] }),
            },
        ],
        notes: vec![Note { path: "src/old.py".into(), message: "not read: not UTF-8 (byte 7)".into() }],
        files: 2,
        hidden: 4,
        too_small: 0,
        fixed: None,
        suppressed: vec![],
        baseline: None,
        unchanged: None,
        panics: 0,
        inventory: Inventory {
            calls: vec![InventoryCall {
                place: whole,
                api: "bedrock.converse".into(),
                provider: "bedrock".into(),
                model: Some("anthropic.claude-sonnet-4-5".into()),
                via: None,
                cap_state: "missing",
                cap_value: None,
                history: "unknown",
                loop_kind: "none",
                tags: "missing",
                request: InventoryRequest {
                    static_tokens: Some(1250),
                    dynamic_tokens: None,
                    prefix_tokens: Some(10),
                    prefix: "unstable",
                    broken_by: Some("now".into()),
                    breakpoints: 0,
                    cacheable: None,
                    exact: false,
                },
                usd_per_1k_requests: None,
            }],
            prompts: vec![InventoryPrompt {
                place: prompt,
                format: "jinja".into(),
                role: "unknown",
                static_tokens: 1250,
                exact: false,
                slots: vec![("now".into(), "request", "scalar")],
                used_by: vec![whole],
                why: None,
            }],
            ..Inventory::default()
        },
    };
    report.suppressed = report.findings.iter().take(1).cloned().map(|finding| Suppressed { finding, reason: String::new() }).collect();
    report
}

fn printed(render: impl FnOnce(&Project, &Report, &mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let project = project();
    let mut out = Vec::new();
    render(&project, &report(&project), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const PLAIN: Style = Style { colour: false, width: 110 };

#[test]
fn a_narrow_terminal_gets_narrow_lines() {
    let text = printed(|project, report, out| super::human::render(project, report, Style { width: 50, ..PLAIN }, out));
    let help = text.lines().skip_while(|line| !line.contains("help:")).take_while(|line| !line.is_empty());
    assert!(help.clone().count() > 2 && help.clone().all(|line| line.chars().count() <= 60), "{text}");
}

#[test]
fn human() {
    insta::assert_snapshot!(printed(|project, report, out| super::human::render(project, report, PLAIN, out)));
}

#[test]
fn human_colours_are_asked_for() {
    assert!(!printed(|project, report, out| super::human::render(project, report, PLAIN, out)).contains('\u{1b}'));
    assert!(printed(|project, report, out| super::human::render(project, report, Style { colour: true, ..PLAIN }, out)).contains('\u{1b}'));
}

#[test]
fn concise() {
    insta::assert_snapshot!(printed(super::concise::render));
}

#[test]
fn json() {
    insta::assert_snapshot!(printed(super::json::render));
}

#[test]
fn inventory() {
    insta::assert_snapshot!(printed(super::inventory::render));
}

#[test]
fn inventory_json() {
    insta::assert_snapshot!(printed(super::inventory::render_json));
}

#[test]
fn nothing_found() {
    let mut out = Vec::new();
    super::human::render(&project(), &Report { files: 2, ..Report::default() }, PLAIN, &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "No findings in 2 files.\n");
    let mut out = Vec::new();
    super::json::render(&project(), &Report::default(), &mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["summary"]["input_equivalent_tokens"], 0);
}

#[test]
fn a_saving_that_is_not_known_is_not_zero() {
    let project = project();
    let mut report = report(&project);
    report.findings.remove(0);
    let mut out = Vec::new();
    super::json::render(&project, &report, &mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert!(value["summary"]["input_equivalent_tokens"].is_null(), "a bound is never added up");
    assert!(!wording::summary(&report).contains("saves"));
}

#[test]
fn a_long_line_is_shown_in_part() {
    let long = format!("{}{{{{ now }}}}{}\n", "ä".repeat(3000), " words".repeat(3000));
    let project = Project::in_memory([("long.j2", long.as_str()), ("prompts/desk.j2", PROMPT), ("src/app.py", APP)]);
    let mut report = report(&project);
    report.findings.truncate(1);
    report.findings[0].place = place(&project, "long.j2", "{{ now }}");
    let mut out = Vec::new();
    super::human::render(&project, &report, PLAIN, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("long.j2:1:3001]"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() < 300), "{text}");
}

#[test]
fn places_at_the_ends_of_a_text_are_drawn() {
    for text in ["", "x", "x\n", "a\r\nb\r\n", "\n\n\n", "日本"] {
        let project = Project::in_memory([("a.j2", text)]);
        let mut report = report(&self::project());
        report.findings.truncate(1);
        let finding = &mut report.findings[0];
        finding.labels.clear();
        finding.related.clear();
        for (start, end) in [(0, 0), (0, text.len()), (text.len(), text.len())] {
            finding.place = Place::new(FileId(0), Span::new(start, end));
            finding.owner.place = finding.place;
            let mut out = Vec::new();
            super::human::render(&project, &Report { findings: vec![finding.clone()], ..Report::default() }, PLAIN, &mut out).unwrap();
            assert!(String::from_utf8(out).unwrap().contains("a.j2:"), "{text:?} {start}..{end}");
        }
    }
}

#[test]
fn diff() {
    let project = project();
    let file = project.find("src/app.py").unwrap();
    let prompt = project.find("prompts/desk.j2").unwrap();
    let texts = [(file, APP.replace("question)", "question, limit)")), (prompt, project.text(prompt).trim_end().to_owned())].into();
    let mut out = Vec::new();
    super::diff::render(&project, &texts, false, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}
