//! The `jsonl` report: one JSON object a line, in the words of the `json` report. `type` says what it is: a finding, a note, or the
//! summary, which is the last line.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, json};
use crate::project::Project;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'r> {
    Finding(Box<json::JsonFinding<'r>>),
    Note(json::JsonNote<'r>),
    Summary(json::Summary),
}

/// Prints each finding as it is put into words: a reader need not hold the whole report.
pub fn render(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings = report.findings.iter().map(|finding| Line::Finding(Box::new(json::json_finding(project, finding))));
    let notes = report.notes.iter().map(|note| Line::Note(json::json_note(note)));
    let lines = findings.chain(notes).chain(std::iter::once_with(|| Line::Summary(json::summary(report))));
    for line in lines {
        serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
        writeln!(out)?;
    }
    Ok(())
}
