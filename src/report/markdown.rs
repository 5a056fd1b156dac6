//! The `markdown` report: a comment for a pull request, with totals, a table of rules, what saves most, and the rest folded away.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::{self, Write};

use super::{Applicability, Finding, Report, SavingKind, plain, statistics, wording};
use crate::project::Project;

/// The rows of what saves most.
const TOP: usize = 5;
/// GitHub takes comments of 65,536 characters; what does not fit is counted.
const MAX_BYTES: usize = 60_000;

/// Prints the findings as Markdown, as GitHub and GitLab show it.
pub fn render(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::from("## prompt-lint\n\n");
    text += &format!("{}\n", prose(&capitalised(&wording::summary(report))));
    if !report.findings.is_empty() {
        text += "\n| rule | findings | fixable | saves a request |\n|---|---:|---|---|\n";
        for row in statistics::rows(report) {
            text += &format!("| `{}` | {} | {} | {} |\n", row.rule, row.findings, row.fixable(), row.saves().unwrap_or_default());
        }
    }
    let top = top(report);
    if !top.is_empty() {
        text += "\n**Saves most**\n\n| where | what | saves a request |\n|---|---|---|\n";
        for finding in top {
            let saving = finding.saving.as_ref().map(wording::short_saving).unwrap_or_default();
            let saving = saving.trim_start_matches("saves ").trim_end_matches(" a request");
            text += &format!("| {} | {} | {saving} |\n", place(project, finding), cell(&finding.message));
        }
    }
    details(project, report, &mut text);
    if !report.notes.is_empty() {
        text += &format!("\n<details><summary>{}</summary>\n\n", wording::count(report.notes.len(), "note"));
        let mut left = report.notes.len();
        for note in &report.notes {
            let line = format!("- {}: {}\n", code(&note.path), prose(&note.message));
            if text.len() + line.len() > MAX_BYTES + 2000 {
                text += &format!("- and {left} more\n");
                break;
            }
            text += &line;
            left -= 1;
        }
        text += "\n</details>\n";
    }
    out.write_all(text.as_bytes())
}

/// Known savings, the largest first. A bound is no saving yet.
fn top(report: &Report) -> Vec<&Finding> {
    let saves = |finding: &&Finding| {
        finding.saving.as_ref().is_some_and(|saving| saving.kind != SavingKind::Bound && saving.input_equivalent_tokens > 0.0)
    };
    let mut top: Vec<&Finding> = report.findings.iter().filter(saves).collect();
    top.sort_by_key(|finding| Reverse(finding.saving.as_ref().map_or(0, |saving| saving.input_equivalent_tokens.round() as u64)));
    top.truncate(TOP);
    top
}

fn details(project: &Project, report: &Report, text: &mut String) {
    if report.findings.is_empty() {
        return;
    }
    *text += &format!("\n<details><summary>All {}</summary>\n", wording::count(report.findings.len(), "finding"));
    let mut left = report.findings.len();
    'files: for findings in report.findings.chunk_by(|a, b| a.place.file == b.place.file) {
        let Some(first) = findings.first() else { continue };
        let mut heading = Some(format!("\n{}\n\n", code(&project.file(first.place.file).path)));
        for finding in findings {
            let item = item(project, finding);
            if text.len() + item.len() + heading.as_ref().map_or(0, String::len) > MAX_BYTES {
                *text += &format!("\nand {left} more\n");
                break 'files;
            }
            *text += &heading.take().unwrap_or_default();
            *text += &item;
            left -= 1;
        }
    }
    *text += "\n</details>\n";
}

fn item(project: &Project, finding: &Finding) -> String {
    let at = wording::location(project, finding.place);
    let path = plain::line(&project.file(finding.place.file).path);
    let at = at.strip_prefix(&*path).unwrap_or(&at).trim_start_matches(':');
    let mut item = format!("- {at} · {} `{}`: {}", finding.severity.as_str(), finding.rule, prose(&finding.message));
    if let Some(saving) = &finding.saving {
        item += &format!(" ({})", wording::short_saving(saving));
    }
    match finding.fix.as_ref().map(|fix| (fix.applicability, &fix.title)) {
        Some((Applicability::Safe, title)) => item += &format!(". `--fix`: {}", prose(title)),
        Some((Applicability::Unsafe, title)) => item += &format!(". `--fix --unsafe-fixes`: {}", prose(title)),
        Some((Applicability::Advice, _)) | None => {}
    }
    item.push('\n');
    item
}

fn place(project: &Project, finding: &Finding) -> String {
    cell_of(&code(&wording::line(project, finding.place)))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// Text of ours in a cell of a table.
fn cell(text: &str) -> String {
    cell_of(&prose(text))
}

/// A bar ends a cell even in code.
fn cell_of(markdown: &str) -> String {
    markdown.replace('|', "\\|")
}

/// A stretch of code, whatever it holds.
fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    plain::line(&text).into_owned()
}

/// Text in which only backticks mean something: no markup, no HTML, no mention of a user, whatever the names in it look like.
fn prose(text: &str) -> String {
    let text = one_line(text);
    let mut parts = text.split('`').peekable();
    let mut shown = String::with_capacity(text.len() + 16);
    let mut in_code = false;
    while let Some(part) = parts.next() {
        match (in_code, parts.peek()) {
            (false, _) => shown.push_str(&escaped(part)),
            // A backtick without its partner.
            (true, None) => {
                shown.push_str("\\`");
                shown.push_str(&escaped(part));
            }
            (true, Some(_)) if part.is_empty() => shown.push_str("\\`\\`"),
            (true, Some(_)) => shown.push_str(&code(part)),
        }
        in_code = !in_code;
    }
    shown
}

fn escaped(text: &str) -> Cow<'_, str> {
    const MARKUP: &[char] = &['\\', '*', '_', '[', ']', '<', '>', '&', '#', '@', '~', '$', '|', '!'];
    if !text.contains(MARKUP) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            // Behind a blank of no width it mentions nobody.
            '@' => shown.push_str("@\u{200b}"),
            '#' => shown.push_str("#\u{200b}"),
            // A bar is escaped by the cell that it would end; tildes and dollars mean something in pairs only.
            '|' => shown.push('|'),
            '~' => shown.push('~'),
            '$' | '!' | '\\' | '*' | '_' | '[' | ']' => {
                shown.push('\\');
                shown.push(letter);
            }
            letter => shown.push(letter),
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader of Markdown makes of a text.
    fn html(markdown: &str) -> String {
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(markdown, pulldown_cmark::Options::ENABLE_TABLES));
        html
    }

    #[test]
    fn text_stays_text() {
        for (text, shown) in [
            ("plain", "plain"),
            ("`a_b` and __init__", "<code>a_b</code> and __init__"),
            ("<script>x</script> & co", "&lt;script&gt;x&lt;/script&gt; &amp; co"),
            ("[link](http://x) ![i](y)", "[link](http://x) ![i](y)"),
            ("a `b", "a `b"),
            ("``", "``"),
            ("`*a*` *b*", "<code>*a*</code> *b*"),
            ("two\nlines", "two lines"),
            ("$2.40", "$2.40"),
        ] {
            assert_eq!(html(&prose(text)), format!("<p>{shown}</p>\n"), "{text:?}");
        }
        assert!(!prose("ask @someone about #12").contains("@s") && !prose("#12").contains("#1"));
    }

    #[test]
    fn code_holds_anything() {
        for text in ["a.py", "a`b.py", "``", "`", "a|b <i>.py"] {
            let shown = text.replace('<', "&lt;").replace('>', "&gt;");
            assert_eq!(html(&code(text)), format!("<p><code>{shown}</code></p>\n"), "{text:?}");
        }
        let table = format!("| a | b |\n|---|---|\n| {} | {} |\n", cell("`x|y` | z"), cell_of(&code("a|b")));
        let html = html(&table);
        assert!(html.contains("<td><code>x|y</code> | z</td><td><code>a|b</code></td>"), "{html}");
    }
}
