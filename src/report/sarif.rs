//! The `sarif` report, version 2.1.0: what code scanning and editors read.
//!
//! Columns count characters. Paths are relative to `%SRCROOT%`, the folder in which the check ran.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Applicability, Finding, Fix, Note, OwnerKind, Report, Severity, Suppressed, fingerprint, json as own, wording};
use crate::model::prompt::Confidence;
use crate::project::Project;
use crate::source::Source;
use crate::span::{FileId, Place};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

/// What a report says of a rule.
#[derive(Clone, Debug)]
pub struct RuleText {
    pub id: String,
    pub summary: String,
    /// Markdown: what it costs, and why.
    pub why: String,
    /// The highest that its findings can have.
    pub severity: Severity,
    /// What `--fix` may do: `safe`, `unsafe`, `advice`.
    pub fix: String,
    pub preview: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Res<'r> {
    rule_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Value,
    locations: [Value; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Value>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Value>,
    properties: Value,
}

/// Prints the findings as one SARIF log. `with_suppressed`: those that a comment took out too, marked as such. Readers that do not
/// know the mark (GitHub's code scanning is one) take them for open findings.
pub fn render(project: &Project, report: &Report, rules: &[RuleText], with_suppressed: bool, out: &mut dyn Write) -> io::Result<()> {
    let suppressed: &[Suppressed] = if with_suppressed { &report.suppressed } else { &[] };
    let all: Vec<&Finding> = report.findings.iter().chain(suppressed.iter().map(|one| &one.finding)).collect();
    let fingerprints = fingerprint::fingerprints(project, &all);
    let reasons = report.findings.iter().map(|_| None).chain(suppressed.iter().map(|one| Some(one.reason.as_str())));
    let index: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(index, rule)| (rule.id.as_str(), index)).collect();
    let results: Vec<Res<'_>> = all
        .into_iter()
        .zip(fingerprints)
        .zip(reasons)
        .map(|((finding, fingerprint), reason)| Res {
            rule_id: &finding.rule,
            rule_index: index.get(finding.rule.as_str()).copied(),
            level: level(finding.severity),
            message: message(project, finding),
            locations: [json!({ "physicalLocation": physical(project, finding.place) })],
            related_locations: related(project, finding),
            partial_fingerprints: [("promptLint/v1", fingerprint)].into(),
            fixes: finding.fix.iter().filter_map(|fix| sarif_fix(project, fix)).collect(),
            suppressions: reason.into_iter().map(suppression).collect(),
            properties: properties(finding),
        })
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "prompt-lint",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "shortDescription": { "text": env!("CARGO_PKG_DESCRIPTION") },
                "rules": rules.iter().map(descriptor).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "The folder in which the check ran" } } },
            "invocations": [{
                "executionSuccessful": report.panics == 0,
                "toolExecutionNotifications": report.notes.iter().map(notification).collect::<Vec<_>>(),
            }],
            "results": results,
        }],
    });
    own::write_document(&log, out)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(rule: &RuleText) -> Value {
    let category = rule.id.split('/').next().unwrap_or_default();
    let mut tags = vec!["tokens", category];
    tags.extend(rule.preview.then_some("preview"));
    let why = if rule.why.trim().is_empty() { &rule.summary } else { rule.why.trim() };
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.summary },
        "help": { "text": why, "markdown": format!("# {}\n\n{why}\n", rule.id) },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": tags, "problem.severity": problem(rule.severity), "fix": rule.fix },
    })
}

/// The word of GitHub's code scanning for a severity.
fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    }
}

fn message(project: &Project, finding: &Finding) -> Value {
    let mut text = finding.message.clone();
    if let Some(place) = cell(project, finding.place) {
        text = format!("{place}: {text}");
    }
    for more in finding.saving.iter().map(wording::saving).chain((!finding.help.is_empty()).then(|| finding.help.trim_end().to_owned())) {
        text += &format!("\n{more}");
    }
    json!({ "text": text })
}

/// `cell 3, line 2` in a notebook, whose regions are those of its JSON.
fn cell(project: &Project, place: Place) -> Option<String> {
    let cell = project.source(place.file).ok()?.positions(place.span).0.cell?;
    Some(format!("cell {}, line {}", cell.cell, cell.line))
}

fn physical(project: &Project, place: Place) -> Value {
    let mut location = json!({ "artifactLocation": artifact(&project.file(place.file).path) });
    if let Ok(source) = project.source(place.file) {
        let (start, end) = source.positions(place.span);
        location["region"] = region((start.line, start.column), (end.line, end.column));
    }
    location
}

fn region(start: (usize, usize), end: (usize, usize)) -> Value {
    json!({ "startLine": start.0, "startColumn": start.1, "endLine": end.0, "endColumn": end.1 })
}

/// A path inside the folder is relative to it; one outside of it that is absolute is a file.
fn artifact(path: &str) -> Value {
    let uri = encoded(path);
    if path.starts_with('/') {
        return json!({ "uri": format!("file://{uri}") });
    }
    json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
}

/// A path as a relative reference of RFC 3986. A colon is encoded too: in a first segment it would end a scheme.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

fn related(project: &Project, finding: &Finding) -> Vec<Value> {
    let labels = finding.labels.iter().map(|label| (label.place, label.text.as_str()));
    let owners = finding.related.iter().map(|owner| {
        let what = match owner.kind {
            OwnerKind::Call => "the call that sends it",
            OwnerKind::Prompt => "the prompt that it sends",
            OwnerKind::File => "the file that it belongs to",
        };
        (owner.place, what)
    });
    let located = |(id, (place, text)): (usize, (Place, &str))| json!({ "id": id, "physicalLocation": physical(project, place), "message": { "text": text } });
    labels.chain(owners).filter(|(_, text)| !text.is_empty()).enumerate().map(located).collect()
}

/// `None` if there is nothing to apply, or an edit has no place in the file on the disk.
fn sarif_fix(project: &Project, fix: &Fix) -> Option<Value> {
    if fix.edits.is_empty() || fix.applicability == Applicability::Advice {
        return None;
    }
    let mut files: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let source = project.source(edit.file).ok()?;
        let (range, text) = source.edit_on_disk(edit.span, &edit.text).ok()?;
        let mark = if source.has_bom { '\u{feff}'.len_utf8() } else { 0 };
        let at = |offset: usize| raw_line_column(source, offset.saturating_sub(mark) as u32);
        let mut replacement = json!({ "deletedRegion": region(at(range.start), at(range.end)) });
        if !text.is_empty() {
            replacement["insertedContent"] = json!({ "text": text });
        }
        files.entry(edit.file).or_default().push(replacement);
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(file, replacements)| json!({ "artifactLocation": artifact(&project.file(file).path), "replacements": replacements }))
        .collect();
    let with = if fix.applicability == Applicability::Safe { "safe" } else { "unsafe" };
    Some(json!({ "description": { "text": format!("{} ({with})", fix.title) }, "artifactChanges": changes }))
}

/// Of an offset in the file on the disk, its byte order mark not counted.
fn raw_line_column(source: &Source, offset: u32) -> (usize, usize) {
    source.raw_line_column(offset)
}

fn suppression(reason: &str) -> Value {
    match reason {
        "" => json!({ "kind": "inSource" }),
        reason => json!({ "kind": "inSource", "justification": reason }),
    }
}

fn properties(finding: &Finding) -> Value {
    let mut properties = json!({
        "confidence": finding.confidence,
        "precision": match finding.confidence {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        },
    });
    if let Some(saving) = &finding.saving {
        properties["saving"] = json!({
            "kind": saving.kind,
            "inputEquivalentTokens": own::Number(saving.input_equivalent_tokens),
            "exact": saving.exact,
            "usdPer1kRequests": saving.usd_per_1k_requests.map(own::Number),
        });
    }
    if let Some(fix) = &finding.fix {
        properties["fix"] = json!(fix.applicability);
    }
    properties
}

fn notification(note: &Note) -> Value {
    json!({
        "level": "warning",
        "message": { "text": note.message },
        "locations": [{ "physicalLocation": { "artifactLocation": artifact(&note.path) } }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded() {
        for (path, uri) in [
            ("src/app.py", "src/app.py"),
            ("my prompts/a b.j2", "my%20prompts/a%20b.j2"),
            ("é/100%.py", "%C3%A9/100%25.py"),
            ("c:d.py", "c%3Ad.py"),
            ("[id]/a#b?.py", "%5Bid%5D/a%23b%3F.py"),
            ("../shared/a.py", "../shared/a.py"),
        ] {
            assert_eq!(artifact(path), json!({ "uri": uri, "uriBaseId": "%SRCROOT%" }));
        }
        assert_eq!(artifact("/tmp/a b.py"), json!({ "uri": "file:///tmp/a%20b.py" }));
    }
}
