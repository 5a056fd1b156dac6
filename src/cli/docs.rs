//! The pages of rules and their table, written from the rules: `prompt-lint explain` and `docs/rules` are the same text.

use super::engine::{Example, RuleInfo};

/// All that a rule says of itself, in Markdown.
pub fn page(rule: &RuleInfo) -> String {
    let preview = if rule.preview { ", in preview" } else { "" };
    let mut out =
        format!("# {}\n\n{}\n\nSeverity at most {}{preview}; fix: {}.\n", rule.id, rule.summary, rule.severity.as_str(), rule.fix);
    for (title, text) in [("Why", rule.why.trim()), ("What to do", rule.help.trim())] {
        match text {
            "" => {}
            // It brings headings of its own.
            text if text.starts_with("## ") => out += &format!("\n{text}\n"),
            text => out += &format!("\n## {title}\n\n{text}\n"),
        }
    }
    if !rule.options.is_empty() {
        out += "\n## Options\n\n";
        out.extend(rule.options.iter().map(|(option, value)| format!("- `{option}`: {value}\n")));
    }
    let examples = rule.examples.read();
    if !examples.is_empty() {
        out += "\n## Examples\n";
        out.extend(examples.iter().map(example));
    }
    if !rule.sources.is_empty() {
        out += "\n## Sources\n\n";
        out.extend(rule.sources.iter().map(|(address, seen)| format!("- {address} (seen {seen})\n")));
    }
    out
}

fn example(example: &Example) -> String {
    let verdict = if example.good { "not reported" } else { "reported" };
    let note = example.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    let fixed = example.fixed.as_ref().map(|fixed| format!("\nfixed\n\n{}\n", indented(fixed))).unwrap_or_default();
    format!("\n`{}`, {verdict}{note}\n\n{}\n{fixed}", example.file, indented(&example.text))
}

/// The page of every rule that ships, by its path below `docs/rules/`.
pub fn pages(rules: &[RuleInfo]) -> Vec<(String, String)> {
    rules.iter().map(|rule| (format!("{}.md", rule.id), page(rule))).collect()
}

const TABLE: (&str, &str) = ("<!-- rules: written by `cargo run --example docs` -->\n", "<!-- end of rules -->");

/// A README with its table of rules as the rules are; `None` if it has no place for one.
pub fn with_table(readme: &str, rules: &[RuleInfo]) -> Option<String> {
    let (before, rest) = readme.split_once(TABLE.0)?;
    let (_, after) = rest.split_once(TABLE.1)?;
    let row = |rule: &RuleInfo| {
        let preview = if rule.preview { " (preview)" } else { "" };
        format!("| [`{0}`](docs/rules/{0}.md){preview} | {1} | {2} |\n", rule.id, rule.summary, rule.fix)
    };
    let rows: String = rules.iter().map(row).collect();
    Some(format!("{before}{}| rule | it reports | fix |\n|---|---|---|\n{rows}{}{after}", TABLE.0, TABLE.1))
}

/// A code block in Markdown that no text can end.
fn indented(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| if line.trim().is_empty() { String::new() } else { format!("    {line}") });
    lines.collect::<Vec<_>>().join("\n")
}
