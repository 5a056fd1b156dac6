//! `--statistics`: how many findings each rule has, how many of them can be fixed, and what they save.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Applicability, Finding, Report, SavingKind, wording};

/// The findings of one rule.
#[derive(Default)]
pub(super) struct Row<'r> {
    pub rule: &'r str,
    pub findings: usize,
    safe: usize,
    other: usize,
    /// Measured and assumed savings; `None` where none is known.
    saved: Option<f64>,
    exact: bool,
}

impl Row<'_> {
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
        parts.extend(self.saves().map(|tokens| format!("saves {tokens} a request")));
        parts.join(", ")
    }

    /// `2 safe, 1 unsafe`
    pub fn fixable(&self) -> String {
        let kinds = [(self.safe, "safe"), (self.other, "unsafe")];
        let kinds = kinds.into_iter().filter(|(number, _)| *number > 0).map(|(number, kind)| format!("{number} {kind}"));
        kinds.collect::<Vec<_>>().join(", ")
    }

    /// `~55 tokens`; `None` if no saving is known.
    pub fn saves(&self) -> Option<String> {
        let saved = self.saved.filter(|saved| *saved > 0.0)?;
        Some(format!("{}{} tokens", wording::about(self.exact), wording::tokens(saved)))
    }
}

/// One row a rule, the most frequent first.
pub(super) fn rows(report: &Report) -> Vec<Row<'_>> {
    let mut rows: BTreeMap<&str, Row<'_>> = BTreeMap::new();
    for finding in &report.findings {
        rows.entry(&finding.rule).or_default().add(finding);
    }
    let mut rows: Vec<Row<'_>> = rows.into_iter().map(|(rule, row)| Row { rule, ..row }).collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.findings), row.rule));
    rows
}

/// One line a rule, the most frequent first, then the notes and the summary.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(report);
    let counts = rows.iter().map(|row| row.findings.to_string().len()).max().unwrap_or(0);
    let names = rows.iter().map(|row| row.rule.len()).max().unwrap_or(0);
    for row in &rows {
        let line = format!("{:>counts$}  {:names$}  {}", row.findings, row.rule, row.said());
        writeln!(out, "{}", line.trim_end())?;
    }
    for note in &report.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out, "{}", wording::summary(report))
}
