//! `prompt-lint explain RULE` and `prompt-lint rules`: the documentation that stands in the rules themselves.

use std::io::Write;

use super::args::ConfigArgs;
use super::engine::{Example, RuleInfo, described};
use super::{CLEAN, Failure, Host, run};
use crate::config::RuleNames;

/// The rules that hold in the working directory.
fn known(config: &ConfigArgs, host: &Host<'_>) -> Result<Vec<RuleInfo>, Failure> {
    let config = run::configs(config, host)?.for_folder(&host.working_dir)?;
    Ok(config.own_rules().map_or_else(|| (host.engine.rules)(), described))
}

pub fn rules(config: &ConfigArgs, host: &mut Host<'_>) -> Result<u8, Failure> {
    let rules = known(config, host)?;
    let width = |cell: fn(&RuleInfo) -> usize| rules.iter().map(cell).max().unwrap_or(0);
    let (ids, fixes) = (width(|rule| rule.id.len()), width(|rule| rule.fix.len()));
    for rule in &rules {
        let preview = if rule.preview { " (preview)" } else { "" };
        writeln!(host.stdout, "{:ids$}  {:7}  {:fixes$}  {}{preview}", rule.id, rule.severity.as_str(), rule.fix, rule.summary)?;
    }
    Ok(CLEAN)
}

pub fn explain(name: &str, config: &ConfigArgs, host: &mut Host<'_>) -> Result<u8, Failure> {
    let rules = known(config, host)?;
    let Some(rule) = rules.iter().find(|rule| rule.id == name) else {
        let names = RuleNames { rules: rules.iter().map(|rule| (rule.id.clone(), Default::default())).collect() };
        return Err(run::unknown_rule(&format!("there is no rule `{name}`"), name, &names));
    };
    let out = &mut *host.stdout;
    let preview = if rule.preview { ", in preview" } else { "" };
    writeln!(out, "# {}\n\n{}\n\nSeverity at most {}{preview}; fix: {}.", rule.id, rule.summary, rule.severity.as_str(), rule.fix)?;
    for (title, text) in [("Why", rule.why.trim()), ("What to do", rule.help.trim())] {
        match text {
            "" => {}
            // It brings headings of its own.
            text if text.starts_with("## ") => writeln!(out, "\n{text}")?,
            text => writeln!(out, "\n## {title}\n\n{text}")?,
        }
    }
    if !rule.options.is_empty() {
        writeln!(out, "\n## Options\n")?;
        for (option, value) in &rule.options {
            writeln!(out, "- `{option}`: {value}")?;
        }
    }
    if !rule.examples.is_empty() {
        writeln!(out, "\n## Examples")?;
        for example in &rule.examples {
            print_example(example, out)?;
        }
    }
    if !rule.sources.is_empty() {
        writeln!(out, "\n## Sources\n")?;
        for (address, seen) in &rule.sources {
            writeln!(out, "- {address} (seen {seen})")?;
        }
    }
    Ok(CLEAN)
}

fn print_example(example: &Example, out: &mut dyn Write) -> std::io::Result<()> {
    let verdict = if example.good { "not reported" } else { "reported" };
    let note = example.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    writeln!(out, "\n`{}`, {verdict}{note}\n\n{}", example.file, indented(&example.text))?;
    match &example.fixed {
        Some(fixed) => writeln!(out, "\nfixed\n\n{}", indented(fixed)),
        None => Ok(()),
    }
}

/// A code block in Markdown that no text can end.
fn indented(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| if line.is_empty() { String::new() } else { format!("    {line}") });
    lines.collect::<Vec<_>>().join("\n")
}
