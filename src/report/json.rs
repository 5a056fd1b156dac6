//! The `json` report, version 1: a contract, so it has structs of its own.
//!
//! Lines and columns are 1-based, columns count characters. Offsets are bytes of the file on the disk: a byte order mark counts.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::{Applicability, Finding, OwnerKind, Report, Saving, SavingKind, Severity, wording};
use crate::model::prompt::Confidence;
use crate::project::Project;
use crate::span::{FileId, Place};

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    findings: Vec<JsonFinding<'r>>,
    notes: Vec<JsonNote<'r>>,
    summary: Summary,
}

#[derive(Serialize)]
struct JsonFinding<'r> {
    rule: &'r str,
    severity: Severity,
    confidence: Confidence,
    path: &'r str,
    range: Range,
    owner: JsonOwner<'r>,
    message: &'r str,
    help: &'r str,
    labels: Vec<JsonLabel<'r>>,
    related: Vec<Related<'r>>,
    saving: Option<JsonSaving>,
    fix: Option<JsonFix<'r>>,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct JsonOwner<'r> {
    kind: OwnerKind,
    path: &'r str,
    start_line: usize,
    end_line: usize,
}

#[derive(Serialize)]
struct JsonLabel<'r> {
    path: &'r str,
    range: Range,
    text: &'r str,
}

#[derive(Serialize)]
struct Related<'r> {
    path: &'r str,
    start_line: usize,
    end_line: usize,
    kind: OwnerKind,
}

#[derive(Serialize)]
struct JsonSaving {
    kind: SavingKind,
    input_equivalent_tokens: Number,
    raw_tokens: Number,
    assumptions: Vec<String>,
    share: Option<Number>,
    exact: bool,
    usd_per_1k_requests: Option<Number>,
    usd_per_month: Option<Number>,
}

#[derive(Serialize)]
struct JsonFix<'r> {
    applicability: Applicability,
    title: &'r str,
    edits: Vec<JsonEdit<'r>>,
}

#[derive(Serialize)]
struct JsonEdit<'r> {
    path: &'r str,
    start: usize,
    end: usize,
    text: &'r str,
}

#[derive(Serialize)]
struct JsonNote<'r> {
    path: &'r str,
    message: &'r str,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    findings: usize,
    fixable: usize,
    suppressed: usize,
    /// Of measured and assumed savings; null where there are findings and none of their savings is known.
    input_equivalent_tokens: Option<Number>,
}

/// A number without the noise of floating point; whole ones are written without a fraction.
pub(super) struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rounded = (self.0 * 1e6).round() / 1e6;
        match rounded.fract() == 0.0 && rounded.abs() < 9e15 {
            true => serializer.serialize_i64(rounded as i64),
            false => serializer.serialize_f64(rounded),
        }
    }
}

/// Prints the findings as one JSON document.
pub fn render(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (safe, with_unsafe) = wording::fixable(report);
    let total = match wording::total_saving(report) {
        Some((total, _)) => Some(Number(total)),
        None => report.findings.is_empty().then_some(Number(0.0)),
    };
    let document = Document {
        version: 1,
        findings: report.findings.iter().map(|finding| json_finding(project, finding)).collect(),
        notes: report.notes.iter().map(|note| JsonNote { path: &note.path, message: &note.message }).collect(),
        summary: Summary {
            files: report.files,
            findings: report.findings.len(),
            fixable: safe + with_unsafe,
            suppressed: report.suppressed,
            input_equivalent_tokens: total,
        },
    };
    write_document(&document, out)
}

pub(super) fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(io::Error::from)?;
    writeln!(out)
}

fn json_finding<'r>(project: &'r Project, finding: &'r Finding) -> JsonFinding<'r> {
    let owner = &finding.owner;
    let (start_line, end_line) = wording::lines(project, owner.place);
    JsonFinding {
        rule: &finding.rule,
        severity: finding.severity,
        confidence: finding.confidence,
        path: path(project, finding.place.file),
        range: range(project, finding.place),
        owner: JsonOwner { kind: owner.kind, path: path(project, owner.place.file), start_line, end_line },
        message: &finding.message,
        help: &finding.help,
        labels: finding
            .labels
            .iter()
            .map(|label| JsonLabel { path: path(project, label.place.file), range: range(project, label.place), text: &label.text })
            .collect(),
        related: finding
            .related
            .iter()
            .map(|related| {
                let (start_line, end_line) = wording::lines(project, related.place);
                Related { path: path(project, related.place.file), start_line, end_line, kind: related.kind }
            })
            .collect(),
        saving: finding.saving.as_ref().map(|saving| JsonSaving {
            kind: saving.kind,
            input_equivalent_tokens: Number(saving.input_equivalent_tokens),
            raw_tokens: Number(saving.raw_tokens),
            assumptions: assumptions(saving),
            share: saving.share.map(Number),
            exact: saving.exact,
            usd_per_1k_requests: saving.usd_per_1k_requests.map(Number),
            usd_per_month: saving.usd_per_month.map(Number),
        }),
        fix: finding.fix.as_ref().map(|fix| JsonFix {
            applicability: fix.applicability,
            title: &fix.title,
            edits: fix
                .edits
                .iter()
                .map(|edit| JsonEdit {
                    path: path(project, edit.file),
                    start: on_disk(project, edit.file, edit.span.start),
                    end: on_disk(project, edit.file, edit.span.end),
                    text: &edit.text,
                })
                .collect(),
        }),
    }
}

/// What the figures rest on: the assumptions of the saving, the error of an estimate, the day of the prices.
fn assumptions(saving: &Saving) -> Vec<String> {
    let priced = saving.usd_per_1k_requests.or(saving.usd_per_month).is_some();
    let band = (!saving.exact && saving.band > 0.0).then(|| format!("token counts ±{:.0} %", saving.band * 100.0));
    let prices = saving.price_as_of.as_ref().filter(|_| priced).map(|day| format!("prices of {day}"));
    saving.assumptions.iter().cloned().chain(band).chain(prices).collect()
}

fn path(project: &Project, file: FileId) -> &str {
    &project.file(file).path
}

fn range(project: &Project, place: Place) -> Range {
    let position = |offset: u32| {
        let (line, column) = project.source(place.file).map_or((1, 1), |source| source.line_column(offset));
        Position { line, column, offset: on_disk(project, place.file, offset) }
    };
    Range { start: position(place.span.start), end: position(place.span.end) }
}

/// The offset in the file as it stands on the disk.
fn on_disk(project: &Project, file: FileId, offset: u32) -> usize {
    let mark = if project.source(file).is_ok_and(|source| source.has_bom) { '\u{feff}'.len_utf8() } else { 0 };
    offset as usize + mark
}
