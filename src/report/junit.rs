//! The `junit` report: a suite a file, a failed case a finding, as servers of continuous integration read it.

use std::io::{self, Write};

use super::{Finding, Report, plain, wording};
use crate::project::Project;

/// Prints the findings as one XML document. A run that found nothing is one case that passed: some readers take a report without
/// any case for a broken one.
pub fn render(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut files: Vec<&[Finding]> = report.findings.chunk_by(|a, b| a.place.file == b.place.file).collect();
    files.retain(|findings| !findings.is_empty());
    let failures = report.findings.len();
    let errors = usize::from(report.panics > 0);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="prompt-lint" tests="{}" failures="{failures}" errors="{errors}" time="0">"#, failures + 1)?;
    for findings in files {
        let Some(first) = findings.first() else { continue };
        let path = attribute(&project.file(first.place.file).path);
        let count = findings.len();
        writeln!(out, r#"  <testsuite name="{path}" tests="{count}" failures="{count}" errors="0" skipped="0" time="0">"#)?;
        for finding in findings {
            case(project, finding, &path, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    // The run itself is a case, so that one without findings has one that passed.
    writeln!(out, r#"  <testsuite name="prompt-lint" tests="1" failures="0" errors="{errors}" skipped="0" time="0">"#)?;
    match report.panics {
        0 => writeln!(out, r#"    <testcase name="run" classname="prompt-lint" time="0"/>"#)?,
        panics => {
            writeln!(out, r#"    <testcase name="run" classname="prompt-lint" time="0">"#)?;
            let said = format!("{}: the run has not done its whole job", wording::count(panics, "defect"));
            writeln!(out, r#"      <error message="{}" type="panic"/>"#, attribute(&said))?;
            writeln!(out, "    </testcase>")?;
        }
    }
    writeln!(out, "    <system-out>{}</system-out>", text(&wording::summary(report)))?;
    if !report.notes.is_empty() {
        let notes: Vec<String> = report.notes.iter().map(|note| note.to_string()).collect();
        writeln!(out, "    <system-err>{}</system-err>", text(&notes.join("\n")))?;
    }
    writeln!(out, "  </testsuite>")?;
    writeln!(out, "</testsuites>")
}

fn case(project: &Project, finding: &Finding, path: &str, out: &mut dyn Write) -> io::Result<()> {
    let at = wording::location(project, finding.place);
    let place = at.strip_prefix(&*plain::line(&project.file(finding.place.file).path)).unwrap_or(&at).trim_start_matches(':');
    writeln!(out, r#"    <testcase name="{} at {}" classname="{path}" time="0">"#, attribute(&finding.rule), attribute(place))?;
    let mut lines = vec![format!("{at}: {}[{}] {}", finding.severity.as_str(), finding.rule, finding.message)];
    lines.extend((!finding.help.is_empty()).then(|| finding.help.trim_end().to_owned()));
    lines.extend(finding.saving.as_ref().map(wording::saving));
    let body = text(&lines.join("\n"));
    writeln!(out, r#"      <failure message="{}" type="{}">{body}</failure>"#, attribute(&finding.message), finding.severity.as_str())?;
    writeln!(out, "    </testcase>")
}

/// The value of an attribute: a line break would be read as a blank.
fn attribute(value: &str) -> String {
    text(value).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Text of an element. What no XML document may hold is shown as the replacement character, and so is what would act on a terminal.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' | '\t' => escaped.push(letter),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if plain::acts(letter) => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping() {
        assert_eq!(text("a < b && \"c\" 'd'\n\te"), "a &lt; b &amp;&amp; &quot;c&quot; &apos;d&apos;\n\te");
        assert_eq!(attribute("a\nb\tc"), "a&#10;b&#9;c");
        assert_eq!(text("\u{1b}[31m\0\r]]>日"), "\u{fffd}[31m\u{fffd}\u{fffd}]]&gt;日");
    }
}
