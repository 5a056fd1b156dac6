//! The `json` report, version 1: a contract, so it has structs of its own.
//!
//! Lines and columns are 1-based, columns count characters. Offsets are bytes of the file on the disk: a byte order mark counts.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::{Applicability, Edit, Finding, Fix, Note, OwnerKind, Report, Saving, SavingKind, Severity, wording};
use crate::frontend::notebook::CellLine;
use crate::model::prompt::Confidence;
use crate::project::Project;
use crate::source;
use crate::span::{FileId, Place};

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    findings: Vec<JsonFinding<'r>>,
    notes: Vec<JsonNote<'r>>,
    summary: Summary,
}

#[derive(Serialize)]
pub(super) struct JsonFinding<'r> {
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
    #[serde(flatten)]
    cell: Option<JsonCell>,
}

/// Stands beside the line of the JSON in a notebook.
#[derive(Serialize)]
pub(super) struct JsonCell {
    /// 0-based, among all cells.
    cell: usize,
    /// 1-based.
    cell_line: usize,
}

#[derive(Serialize)]
struct JsonOwner<'r> {
    kind: OwnerKind,
    path: &'r str,
    start_line: usize,
    end_line: usize,
    #[serde(flatten)]
    cell: Option<JsonCell>,
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
    #[serde(flatten)]
    cell: Option<JsonCell>,
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
    text: String,
}

#[derive(Serialize)]
pub(super) struct JsonNote<'r> {
    path: &'r str,
    message: &'r str,
}

#[derive(Serialize)]
pub(super) struct Summary {
    files: usize,
    findings: usize,
    fixable: usize,
    /// Taken away by `--fix` before; absent without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<usize>,
    suppressed: usize,
    /// In the baseline; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<usize>,
    /// Not changed since the revision that was asked for; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    unchanged: Option<usize>,
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
    let document = Document {
        version: 1,
        findings: report.findings.iter().map(|finding| json_finding(project, finding)).collect(),
        notes: report.notes.iter().map(json_note).collect(),
        summary: summary(report),
    };
    write_document(&document, out)
}

pub(super) fn json_note(note: &Note) -> JsonNote<'_> {
    JsonNote { path: &note.path, message: &note.message }
}

pub(super) fn summary(report: &Report) -> Summary {
    let (safe, with_unsafe) = wording::fixable(report);
    let total = match wording::total_saving(report) {
        Some((total, _)) => Some(Number(total)),
        None => report.findings.is_empty().then_some(Number(0.0)),
    };
    Summary {
        files: report.files,
        findings: report.findings.len(),
        fixable: safe + with_unsafe,
        fixed: report.fixed,
        suppressed: report.suppressed.len(),
        baseline: report.baseline,
        unchanged: report.unchanged,
        input_equivalent_tokens: total,
    }
}

pub(super) fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(io::Error::from)?;
    writeln!(out)
}

pub(super) fn json_finding<'r>(project: &'r Project, finding: &'r Finding) -> JsonFinding<'r> {
    let owner = &finding.owner;
    let (start_line, end_line) = wording::lines(project, owner.place);
    JsonFinding {
        rule: &finding.rule,
        severity: finding.severity,
        confidence: finding.confidence,
        path: path(project, finding.place.file),
        range: range(project, finding.place),
        owner: JsonOwner {
            kind: owner.kind,
            path: path(project, owner.place.file),
            start_line,
            end_line,
            cell: cell(project, owner.place),
        },
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
                Related {
                    path: path(project, related.place.file),
                    start_line,
                    end_line,
                    cell: cell(project, related.place),
                    kind: related.kind,
                }
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
        fix: finding.fix.as_ref().and_then(|fix| json_fix(project, fix)),
    }
}

/// `None` if an edit has no place in the file on the disk.
fn json_fix<'r>(project: &'r Project, fix: &'r Fix) -> Option<JsonFix<'r>> {
    let edit = |edit: &'r Edit| {
        let (range, text) = project.source(edit.file).ok()?.edit_on_disk(edit.span, &edit.text).ok()?;
        Some(JsonEdit { path: path(project, edit.file), start: range.start, end: range.end, text })
    };
    let edits = fix.edits.iter().map(edit).collect::<Option<_>>()?;
    Some(JsonFix { applicability: fix.applicability, title: &fix.title, edits })
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
    let Ok(source) = project.source(place.file) else {
        let nowhere = || Position { line: 1, column: 1, offset: 0, cell: None };
        return Range { start: nowhere(), end: nowhere() };
    };
    let (start, end) = source.positions(place.span);
    let json = |at: source::Position| Position { line: at.line, column: at.column, offset: at.offset, cell: at.cell.map(json_cell) };
    Range { start: json(start), end: json(end) }
}

fn json_cell(at: CellLine) -> JsonCell {
    JsonCell { cell: at.cell, cell_line: at.line }
}

/// The cell in which a place begins.
pub(super) fn cell(project: &Project, place: Place) -> Option<JsonCell> {
    let source = project.source(place.file).ok()?;
    source.notebook.as_ref()?.cell_line(&source.text, place.span.start).map(json_cell)
}
