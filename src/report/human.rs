//! The `human` report: each finding with its lines of source, what it costs and what takes it away; then one summary line.

use std::fmt;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use super::{Applicability, Finding, Report, Severity, plain, wording};
use crate::project::Project;
use crate::source::Source;
use crate::span::Span;

/// A label over more lines points at the first only: a prompt of a hundred lines is not printed in whole.
const MAX_LINES: usize = 4;
/// A longer line (minified JSON, a paragraph in one line) is shown by the part around the finding.
const MAX_LINE_BYTES: usize = 240;

/// Calls that go through the place of a finding, of which so many are listed.
const FEW: usize = 4;

/// How the report is shown.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub colour: bool,
    /// Wider texts are wrapped; in characters.
    pub width: usize,
}

/// Prints the findings, the notes and the summary line.
pub fn render(project: &Project, report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(style.width).without_syntax_highlighting();
    let mut text = String::new();
    let mut explained: Vec<&str> = Vec::new();
    for finding in &report.findings {
        text.clear();
        let mut shown = Shown::new(project, finding);
        // Why a rule matters is said once a report.
        if explained.contains(&finding.rule.as_str()) {
            shown.why = None;
        } else {
            explained.push(&finding.rule);
        }
        handler.render_report(&mut text, &shown).map_err(|_| io::Error::other("a finding could not be rendered"))?;
        writeln!(out, "{}", text.trim_start_matches('\n'))?;
    }
    for note in &report.notes {
        writeln!(out, "note: {note}")?;
    }
    if !report.notes.is_empty() {
        writeln!(out)?;
    }
    let summary = wording::summary(report);
    let mut letters = summary.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    writeln!(out, "{first}{}{}", letters.as_str(), if report.findings.is_empty() { "." } else { "" })
}

/// A finding in the form that miette prints.
#[derive(Debug)]
struct Shown<'r> {
    finding: &'r Finding,
    why: Option<Why>,
    help: String,
    lines: Option<Lines<'r>>,
    labels: Vec<LabeledSpan>,
}

/// Printed under the message, as its cause.
#[derive(Debug)]
struct Why(String);

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Why {}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain::plain(&self.finding.message))
    }
}

impl std::error::Error for Shown<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.why.as_ref().map(|why| why as &(dyn std::error::Error + 'static))
    }
}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let Finding { severity, rule, confidence, .. } = self.finding;
        Some(Box::new(format!("{}[{rule}] · {} confidence", severity.as_str(), confidence.as_str())))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display + 'a>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.lines.as_ref().map(|lines| lines as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.lines.as_ref()?;
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl<'r> Shown<'r> {
    fn new(project: &'r Project, finding: &'r Finding) -> Self {
        let source = project.source(finding.place.file).ok();
        let mut help: Vec<String> = Vec::new();
        if !finding.help.is_empty() {
            help.push(finding.help.trim_end().to_owned());
        }
        help.extend(finding.saving.as_ref().map(wording::saving));
        help.extend(finding.fix.as_ref().and_then(|fix| match fix.applicability {
            Applicability::Safe => Some(format!("fixable with --fix: {}", fix.title)),
            Applicability::Unsafe => Some(format!("fixable with --fix --unsafe-fixes: {}", fix.title)),
            Applicability::Advice => None,
        }));

        let mut labels = Vec::new();
        let mut lines = None;
        if let Some(source) = source {
            let page = source.page(finding.place.span.start);
            let here = |label: &&super::Label| label.place.file == finding.place.file && page.contains(label.place.span);
            let excerpt = Excerpt::around(source, finding.place.span);
            let primary_text = finding.labels.iter().filter(here).find(|label| label.place.span == finding.place.span);
            let (span, more) = clip(source, finding.place.span);
            // Beside other labels, a span without a text of its own would look like a part of them.
            let is_alone = excerpt.is_some() || finding.labels.iter().filter(here).count() == 0;
            let fallback = if more.is_some() { Some("from here") } else { (!is_alone).then_some("here") };
            let text = primary_text.map(|label| label.text.clone()).or(fallback.map(str::to_owned));
            labels.push(LabeledSpan::new_primary_with_span(
                with_end(text, more),
                excerpt.as_ref().map_or(range(span), |excerpt| excerpt.span),
            ));
            if excerpt.is_none() {
                for label in finding.labels.iter().filter(here).filter(|label| label.place.span != finding.place.span) {
                    if Excerpt::around(source, label.place.span).is_some() {
                        help.push(format!("{}: {}", wording::location(project, label.place), label.text));
                        continue;
                    }
                    let (span, more) = clip(source, label.place.span);
                    labels.push(LabeledSpan::new_with_span(with_end(Some(label.text.clone()), more), range(span)));
                }
            }
            lines = Some(Lines { source, excerpt });
        }
        let page = source.map(|source| source.page(finding.place.span.start));
        let is_elsewhere =
            |label: &&super::Label| label.place.file != finding.place.file || page.is_some_and(|page| !page.contains(label.place.span));
        for label in finding.labels.iter().filter(is_elsewhere) {
            help.push(format!("{}: {}", wording::location(project, label.place), label.text));
        }
        // Of many that go through one place a few show the way; the other formats list them all.
        let shown = if finding.related.len() > FEW + 1 { FEW } else { finding.related.len() };
        for related in finding.related.iter().take(shown) {
            let what = match related.kind {
                super::OwnerKind::Call => "the call that sends it",
                super::OwnerKind::Prompt => "the prompt that it sends",
                super::OwnerKind::File => "the file that it belongs to",
            };
            help.push(format!("{}: {what}", wording::location(project, related.place)));
        }
        if shown < finding.related.len() {
            help.push(format!("and {} others like these", finding.related.len() - shown));
        }
        let why = (!finding.why.is_empty()).then(|| Why(plain::plain(&finding.why.trim().replace('\n', " ")).into_owned()));
        Shown { finding, why, help: plain::plain(&help.join("\n")).into_owned(), lines, labels }
    }
}

fn range(span: Span) -> SourceSpan {
    (span.start as usize, span.len()).into()
}

fn with_end(text: Option<String>, more: Option<usize>) -> Option<String> {
    match (text.map(|text| plain::plain(&text).into_owned()), more) {
        (Some(text), Some(last)) => Some(format!("{text} (to line {last})")),
        (text, _) => text,
    }
}

/// A span over many lines is cut to its first; the last line is then said in words.
fn clip(source: &Source, span: Span) -> (Span, Option<usize>) {
    let first = source.line(span.start);
    let last = source.line(span.end.saturating_sub(1).max(span.start));
    // A line break at the end would be drawn as one more line.
    let text = source.slice(span);
    let end = span.start + text.trim_end_matches(['\n', '\r']).len() as u32;
    if last < first + MAX_LINES {
        return (Span { start: span.start, end }, None);
    }
    let line = source.line_span(first);
    let rest = source.slice(Span { start: span.start, end: line.end }).trim_end();
    (Span { start: span.start, end: span.start + rest.len() as u32 }, Some(last - first + source.shown_line(span.start)))
}

/// The lines of a source, found by its index of lines; columns count characters.
#[derive(Debug)]
struct Lines<'r> {
    source: &'r Source,
    excerpt: Option<Excerpt>,
}

/// The part of a long line that is shown in its stead.
#[derive(Debug)]
struct Excerpt {
    text: String,
    /// Of the finding, in `text`.
    span: SourceSpan,
    /// Of the finding, in the source.
    offset: u32,
    line: usize,
    column: usize,
}

impl Excerpt {
    /// `None` if the line can be shown whole: it is short, and no character of the file acts on a terminal.
    fn around(source: &Source, span: Span) -> Option<Self> {
        let (line, column) = source.line_column(span.start);
        let whole = source.line_span(line);
        if whole.len() <= MAX_LINE_BYTES && source.is_plain() {
            return None;
        }
        let text = source.slice(whole).trim_end_matches(['\n', '\r']);
        let start = (span.start - whole.start) as usize;
        let end = ((span.end.min(whole.end) - whole.start) as usize).clamp(start, start + MAX_LINE_BYTES / 2).min(text.len());
        let from = floor(text, start.saturating_sub(MAX_LINE_BYTES / 4));
        let end = floor(text, end).max(start.min(text.len()));
        let to = floor(text, (end + MAX_LINE_BYTES / 4).min(text.len())).max(end);
        let before = if from > 0 { "…" } else { "" };
        let after = if to < text.len() { "…" } else { "" };
        // A sign may be longer than what it stands for.
        let [lead, marked, rest] = [text.get(from..start)?, text.get(start..end)?, text.get(end..to)?].map(plain::line);
        Some(Excerpt {
            text: format!("{before}{lead}{marked}{rest}{after}"),
            span: (before.len() + lead.len(), marked.len()).into(),
            offset: span.start,
            line: source.shown_line(span.start),
            column,
        })
    }
}

/// The nearest boundary between characters at or before an offset.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

impl SourceCode for Lines<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        if let Some(Excerpt { text, offset, line, column, .. }) = &self.excerpt {
            let column = if lines_before == 0 { column - 1 } else { 0 };
            let whole = SourceSpan::from((0, text.len()));
            let name = plain::line(&self.source.shown_path(*offset)).into_owned();
            return Ok(Box::new(MietteSpanContents::new_named(name, text.as_bytes(), whole, line - 1, column, 1)));
        }
        let name = plain::line(&self.source.shown_path(span.offset() as u32)).into_owned();
        let text = &self.source.text;
        let (start, end) = (span.offset(), span.offset() + span.len());
        if end > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let (line, column) = self.source.line_column(start as u32);
        let last = self.source.line(end.saturating_sub(1).max(start) as u32);
        // Lines of context that are long themselves would bury the finding.
        let short = |line: &usize| self.source.line_span(*line).len() <= MAX_LINE_BYTES;
        let page = self.source.page(start as u32);
        let (top, bottom) = (self.source.line(page.start), self.source.line(page.end));
        let first_shown = (line.saturating_sub(lines_before).max(top)..line).rev().take_while(short).last().unwrap_or(line);
        let last_shown = (last + 1..=(last + lines_after).min(bottom)).take_while(short).last().unwrap_or(last);
        let from = if lines_before == 0 { start } else { self.source.line_span(first_shown).start as usize };
        let to = if lines_after == 0 { end } else { self.source.line_span(last_shown).end.min(page.end) as usize };
        let column = if lines_before == 0 { column - 1 } else { 0 };
        let bytes = text.as_bytes().get(from..to).ok_or(MietteError::OutOfBounds)?;
        let span = SourceSpan::from((from, to - from));
        let number = self.source.shown_line(from as u32);
        // Contexts that share a line are drawn as one; the count is that of the line breaks, as in miette's own sources.
        Ok(Box::new(MietteSpanContents::new_named(name, bytes, span, number - 1, column, last_shown - first_shown + 1)))
    }
}
