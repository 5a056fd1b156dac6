//! The `github` report: workflow commands, which GitHub Actions shows beside the lines of a change.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step; all of them stand in its log.

use std::io::{self, Write};

use super::{Report, Severity, plain, wording};
use crate::project::Project;

/// Prints one command a finding and a note, then the summary.
pub fn render(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        write!(out, "::{level} file={}", property(&project.file(finding.place.file).path))?;
        let mut message = finding.message.clone();
        if let Ok(source) = project.source(finding.place.file) {
            let (start, end) = source.positions(finding.place.span);
            write!(out, ",line={},endLine={}", start.line, end.line.max(start.line))?;
            // Columns are taken only where both stand on one line.
            if start.line == end.line {
                write!(out, ",col={},endColumn={}", start.column, end.column)?;
            }
            if let Some(cell) = start.cell {
                message = format!("cell {}, line {}: {message}", cell.cell, cell.line);
            }
        }
        if let Some(saving) = &finding.saving {
            message += &format!("\n{}", wording::short_saving(saving));
        }
        if !finding.help.is_empty() {
            message += &format!("\n{}", finding.help.trim_end());
        }
        writeln!(out, ",title={}::{}", property(&format!("prompt-lint {}", finding.rule)), data(&message))?;
    }
    for note in &report.notes {
        writeln!(out, "::notice file={},title=prompt-lint::{}", property(&note.path), data(&note.message))?;
    }
    writeln!(out, "prompt-lint: {}", wording::summary(report))
}

/// The message of a command.
fn data(text: &str) -> String {
    plain::plain(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By GitHub's documentation of workflow commands and the code of its toolkit.
    #[test]
    fn escaping() {
        for (text, as_data, as_property) in [
            ("plain – ünï", "plain – ünï", "plain – ünï"),
            ("100 %", "100 %25", "100 %25"),
            ("%0A", "%250A", "%250A"),
            ("a\nb\r\nc", "a%0Ab%0D%0Ac", "a%0Ab%0D%0Ac"),
            ("a:b,c", "a:b,c", "a%3Ab%2Cc"),
            ("\n::error::forged", "%0A::error::forged", "%0A%3A%3Aerror%3A%3Aforged"),
            ("", "", ""),
        ] {
            assert_eq!(data(text), as_data, "{text:?}");
            assert_eq!(property(text), as_property, "{text:?}");
        }
    }
}
