//! The `gitlab` report: a code quality report, which GitLab shows in merge requests.

use std::io::{self, Write};

use serde::Serialize;

use super::{Finding, Report, Severity, fingerprint, json, wording};
use crate::project::Project;

#[derive(Serialize)]
struct Issue<'r> {
    r#type: &'static str,
    check_name: &'r str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    /// The same for the same finding in the branch that is merged into.
    fingerprint: String,
    location: Location<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// Prints the findings as one JSON array. Notes have no place in it.
pub fn render(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<&Finding> = report.findings.iter().collect();
    let fingerprints = fingerprint::fingerprints(project, &findings);
    let issues = findings.into_iter().zip(fingerprints).map(|(finding, fingerprint)| issue(project, finding, fingerprint));
    json::write_document(&issues.collect::<Vec<_>>(), out)
}

fn issue<'r>(project: &'r Project, finding: &'r Finding, fingerprint: String) -> Issue<'r> {
    let mut description = finding.message.replace(['\n', '\r'], " ");
    let mut lines = Lines { begin: 1, end: 1 };
    if let Ok(source) = project.source(finding.place.file) {
        let (start, end) = source.positions(finding.place.span);
        lines = Lines { begin: start.line, end: end.line.max(start.line) };
        if let Some(cell) = start.cell {
            description = format!("cell {}, line {}: {description}", cell.cell, cell.line);
        }
    }
    if let Some(saving) = &finding.saving {
        description += &format!(" ({})", wording::short_saving(saving));
    }
    Issue {
        r#type: "issue",
        check_name: &finding.rule,
        description,
        categories: ["Performance"],
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Info => "info",
        },
        fingerprint,
        location: Location { path: &project.file(finding.place.file).path, lines },
    }
}
