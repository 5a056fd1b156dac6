//! The `concise` report: one line a finding, `path:line:col: severity[rule] message (saving)`.

use std::io::{self, Write};

use super::{Report, plain, wording};
use crate::project::Project;

pub fn render(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let at = wording::location(project, finding.place);
        let message = finding.message.replace(['\n', '\r'], " ");
        let message = plain::line(&message);
        write!(out, "{at}: {}[{}] {message}", finding.severity.as_str(), finding.rule)?;
        match &finding.saving {
            Some(saving) => writeln!(out, " ({})", wording::short_saving(saving))?,
            None => writeln!(out)?,
        }
    }
    for note in &report.notes {
        writeln!(out, "{}: note: {}", plain::line(&note.path), plain::line(&note.message))?;
    }
    writeln!(out, "{}", wording::summary(report))
}
