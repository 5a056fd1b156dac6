//! `--statistics`: how many findings each rule has, how many of them can be fixed, and what they save.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Applicability, Finding, Report, SavingKind, wording};

#[derive(Default)]
struct Row {
    findings: usize,
    safe: usize,
    other: usize,
    /// Measured and assumed savings; `None` where none is known.
    saved: Option<f64>,
    exact: bool,
}

impl Row {
    fn add(&mut self, finding: &Finding) {
        self.findings += 1;
        match finding.fix.as_ref().map(|fix| fix.applicability) {
            Some(Applicability::Safe) => self.safe += 1,
            Some(Applicability::Unsafe) => self.other += 1,
            Some(Applicability::Advice) | None => {}
        }
        if let Some(saving) = finding.saving.as_ref().filter(|saving| saving.kind != SavingKind::Bound) {
            self.exact = saving.exact && (self.exact || self.saved.is_none());
            self.saved = Some(self.saved.unwrap_or(0.0) + saving.added_tokens);
        }
    }

    fn said(&self) -> String {
        let mut parts = Vec::new();
        if self.safe > 0 {
            parts.push(format!("{} fixable with --fix", self.safe));
        }
        if self.other > 0 {
            parts.push(format!("{} with --unsafe-fixes", self.other));
        }
        if let Some(saved) = self.saved.filter(|saved| *saved > 0.0) {
            parts.push(format!("saves {}{} tokens a request", wording::about(self.exact), wording::tokens(saved)));
        }
        parts.join(", ")
    }
}

/// One line a rule, the most frequent first, then the notes and the summary.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for finding in &report.findings {
        rows.entry(&finding.rule).or_default().add(finding);
    }
    let mut rows: Vec<(&str, Row)> = rows.into_iter().collect();
    rows.sort_by_key(|(rule, row)| (std::cmp::Reverse(row.findings), *rule));
    let counts = rows.iter().map(|(_, row)| row.findings.to_string().len()).max().unwrap_or(0);
    let names = rows.iter().map(|(rule, _)| rule.len()).max().unwrap_or(0);
    for (rule, row) in &rows {
        let line = format!("{:>counts$}  {rule:names$}  {}", row.findings, row.said());
        writeln!(out, "{}", line.trim_end())?;
    }
    for note in &report.notes {
        writeln!(out, "note: {}: {}", note.path, note.message)?;
    }
    writeln!(out, "{}", wording::summary(report))
}
