//! What rules and facts say of themselves: `prompt-lint explain`, `prompt-lint rules`, `prompt-lint facts`.

use std::fmt::Write;
use std::sync::Arc;

use crate::model::facts::{FactType, SCHEMA};

use super::{ExampleKind, Rule, Status};

/// The page of one rule, in Markdown.
pub fn explain(rule: &Rule) -> String {
    let mut page = format!("# {}\n\n{}.\n\n", rule.id, rule.summary);
    let mut facts = vec![
        format!("severity: {} at most", rule.severity.as_str()),
        format!("status: {}, since {}", rule.status.as_str(), rule.since),
        match &rule.rewrite {
            Some(rewrite) => format!("fix: {rewrite}"),
            None => "fix: none, advice only".into(),
        },
    ];
    if rule.bound {
        facts.push("saving: an upper bound, never added up".into());
    }
    if !rule.enables.is_empty() {
        facts.push(format!("mended together with: {}", rule.enables.join(", ")));
    }
    for fact in facts {
        line(&mut page, &format!("- {fact}"));
    }
    if !rule.why.trim().is_empty() {
        line(&mut page, &format!("\n{}", rule.why.trim()));
    }
    if !rule.options.is_empty() {
        line(&mut page, "\n## Options\n");
        for (name, value) in &rule.options {
            line(&mut page, &format!("- `{name}`: {value}"));
        }
    }
    let mut shown = false;
    for example in &rule.examples {
        // One report, with its fix, says more than five.
        if let (ExampleKind::Bad { fixed }, false) = (&example.kind, shown) {
            shown = true;
            line(&mut page, &format!("\n## Example\n\n`{}` is reported:", example.file));
            fenced(&mut page, &example.file, &example.text);
            if let Some(fixed) = fixed {
                line(&mut page, "\nMended:");
                fenced(&mut page, &example.file, fixed);
            }
        }
    }
    let silent: Vec<&str> =
        rule.examples.iter().filter(|example| example.kind == ExampleKind::Good).filter_map(|example| example.note.as_deref()).collect();
    if !silent.is_empty() {
        line(&mut page, "\n## Not reported\n");
        for note in silent {
            line(&mut page, &format!("- {note}"));
        }
    }
    if !rule.sources.is_empty() {
        line(&mut page, "\n## Sources\n");
        for source in &rule.sources {
            line(&mut page, &format!("- {} (seen {})", source.url, source.seen));
        }
    }
    page
}

/// Long examples are cut: the page is read in a terminal.
fn fenced(page: &mut String, file: &str, text: &str) {
    const MOST: usize = 30;
    let language = match file.rsplit_once('.') {
        Some((_, "py")) => "python",
        Some((_, "j2" | "jinja" | "jinja2")) => "jinja",
        _ => "",
    };
    let lines: Vec<&str> = text.trim_end().lines().collect();
    line(page, &format!("\n```{language}"));
    for text in lines.iter().take(MOST) {
        line(page, text);
    }
    if lines.len() > MOST {
        line(page, "…");
    }
    line(page, "```");
}

/// One line a rule: id, severity, whether it has a fix, summary.
pub fn table<'r>(rules: impl IntoIterator<Item = &'r Arc<Rule>>) -> String {
    let rules: Vec<&Arc<Rule>> = rules.into_iter().collect();
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in rules {
        let fix = if rule.rewrite.is_some() { "fix" } else { "-" };
        let status = match rule.status {
            Status::Stable => String::new(),
            other => format!(" ({})", other.as_str()),
        };
        line(&mut text, &format!("{:width$}  {:7}  {fix:3}  {}{status}", rule.id, rule.severity.as_str(), rule.summary));
    }
    text
}

/// Every fact with its type, unit and meaning.
pub fn schema_text() -> String {
    let width = SCHEMA.iter().map(|fact| fact.path.len()).max().unwrap_or(0);
    let mut text = String::new();
    for fact in SCHEMA {
        let kind = match fact.kind {
            FactType::Bool => "bool",
            FactType::Number => "number",
            FactType::Text => "text",
            FactType::Record => "record",
        };
        line(&mut text, &format!("{:width$}  {kind:6}  {:6}  {}", fact.path, fact.unit, fact.doc));
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    #[test]
    fn a_page_holds_what_a_reader_needs() {
        let rules = RuleSet::builtin().unwrap();
        for rule in rules.iter() {
            let page = explain(rule);
            assert!(page.starts_with(&format!("# {}\n", rule.id)));
            let sources = (!rule.sources.is_empty()).then_some("## Sources");
            for part in ["## Why it costs", "## Example", "## Not reported"].into_iter().chain(sources) {
                assert!(page.contains(part), "{}: {part}", rule.id);
            }
        }
    }

    #[test]
    fn every_rule_has_a_line_and_every_fact_too() {
        let rules = RuleSet::builtin().unwrap();
        let text = table(rules.iter());
        assert_eq!(text.lines().count(), rules.len());
        assert!(text.contains("output/missing-cap"));
        assert_eq!(schema_text().lines().count(), SCHEMA.len());
        assert!(schema_text().lines().all(|line| line == line.trim_end()));
    }
}
