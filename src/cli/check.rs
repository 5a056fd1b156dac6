//! The check, which is what runs without a command; and `--fix` and `--diff`.

use std::io::Write;

use clap::ValueEnum;

use super::adoption::Adopted;
use super::args::{Check, Format, SelectionArgs};
use super::engine::{FixLevel, Patch, RuleInfo};
use super::{CLEAN, FAILED, FINDINGS, Failure, Host, run};
use crate::atomic;
use crate::project::Project;
use crate::report::sarif::RuleText;
use crate::report::{Finding, concise, diff, github, gitlab, human, json, jsonl, junit, markdown, sarif, statistics};
use crate::span::FileId;

pub fn check(arguments: &Check, host: &mut Host<'_>) -> Result<u8, Failure> {
    let common = &arguments.common;
    check_format(arguments)?;
    let (walk, stdin, bar) = run::prepare(common, arguments.fix_outside, host)?;
    let level = if arguments.unsafe_fixes { FixLevel::Unsafe } else { FixLevel::Safe };
    let colour = run::colour(common, host);
    let style = human::Style { colour, width: run::width(common, host) };
    let engine = host.engine;
    let adoption = Adopted::new(arguments, host)?;
    let narrow = |project: &Project, findings: &mut Vec<Finding>| {
        adoption.narrow(project, findings);
    };

    if arguments.diff {
        let patch = (engine.fix)(&walk.project, &walk.settings, level, &narrow);
        drop(bar);
        adoption.failure()?;
        for note in walk.notes.iter().chain(&patch.notes) {
            writeln!(host.stderr, "note: {note}")?;
        }
        run::print(common, host, |out| diff::render(&walk.project, &patch.texts, colour, out))?;
        let changes = patch.texts.iter().any(|(file, text)| walk.project.text(*file) != text);
        if patch.panics > 0 {
            return Ok(FAILED);
        }
        return Ok(if changes { FINDINGS } else { CLEAN });
    }

    let mut notes = walk.notes.clone();
    let mut failures = Vec::new();
    let mut done = String::new();
    let mut fixed = None;
    let mut panics = 0;
    let mended;
    let mut project = &walk.project;
    if arguments.fix {
        let mut patch = (engine.fix)(&walk.project, &walk.settings, level, &narrow);
        adoption.failure()?;
        match stdin {
            Some(file) => print_fixed(&walk.project, &patch, file, host)?,
            None => failures = write_all(&walk.project, &mut patch),
        }
        done = said(&patch, failures.len());
        fixed = failures.is_empty().then_some(patch.fixed);
        mended = walk.project.with_texts(&patch.texts.into_iter().collect());
        if let Some(Err(error)) = stdin.and_then(|file| walk.project.file(file).source.get()) {
            let _ = stdin.map(|file| mended.file(file).source.set(Err(error.clone())));
        }
        notes.extend(patch.notes);
        panics = patch.panics;
        project = &mended;
    }
    let mut report = (engine.lint)(project, &walk.settings);
    drop(bar);
    report.panics += panics;
    report.fixed = fixed;
    report.notes.append(&mut notes);
    let more = adoption.apply(project, &walk.settings, &mut report, host)?;
    if !more.is_empty() {
        done = if done.is_empty() { more } else { format!("{done}\n{more}") };
    }
    report.notes.sort();
    report.notes.dedup();
    let code = run::exit_code(&report, &common.selection, arguments.fail_on);
    run::hide(&mut report, &common.selection);

    let render = |out: &mut dyn Write| {
        match arguments.format {
            _ if arguments.statistics => statistics::render(&report, out)?,
            Format::Human => human::render(project, &report, style, out)?,
            Format::Concise => concise::render(project, &report, out)?,
            Format::Json => json::render(project, &report, out)?,
            Format::Jsonl => jsonl::render(project, &report, out)?,
            Format::Sarif => sarif::render(project, &report, &rule_texts((engine.rules)()), arguments.with_suppressed, out)?,
            Format::Github => github::render(project, &report, out)?,
            Format::Gitlab => gitlab::render(project, &report, out)?,
            Format::Junit => junit::render(project, &report, out)?,
            Format::Markdown => markdown::render(project, &report, out)?,
        }
        if done.is_empty() || !arguments.format.is_text() { Ok(()) } else { writeln!(out, "{done}") }
    };
    match (arguments.fix, stdin, &common.output) {
        // The mended text stands on standard output.
        (true, Some(_), None) => render(host.stderr)?,
        _ => run::print(common, host, render)?,
    }
    // Where the report is for a program, what was done is said beside it.
    if !arguments.format.is_text() && adoption.writes() && !done.is_empty() {
        writeln!(host.stderr, "{done}")?;
    }
    let failed = !failures.is_empty();
    for failure in failures {
        writeln!(host.stderr, "error: {failure}")?;
    }
    Ok(if failed { FAILED } else { code })
}

/// Whether it is sure and large enough to be listed or to fail the run.
pub(super) fn is_sure(finding: &Finding, selection: &SelectionArgs) -> bool {
    finding.confidence >= selection.min_confidence.into() && finding.may_save(selection.min_saving)
}

/// Refuses flags that the format has no place for.
fn check_format(arguments: &Check) -> Result<(), Failure> {
    if arguments.statistics && !arguments.format.is_text() {
        let name = arguments.format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let name = if arguments.format == Format::Json { "JSON".to_owned() } else { name };
        let message = format!("--statistics has no {name} form");
        return Err(Failure::usage(message, "count the findings of --format json, or leave it out"));
    }
    if arguments.with_suppressed && arguments.format != Format::Sarif {
        return Err(Failure::usage("--with-suppressed is for --format sarif".to_owned(), "no other format marks what is suppressed"));
    }
    Ok(())
}

fn rule_texts(rules: Vec<RuleInfo>) -> Vec<RuleText> {
    let text = |rule: RuleInfo| RuleText {
        id: rule.id,
        summary: rule.summary,
        why: rule.why,
        severity: rule.severity,
        fix: rule.fix,
        preview: rule.preview,
    };
    rules.into_iter().map(text).collect()
}

/// Writes every file that changes; one that cannot be written does not keep the others, and leaves the patch.
fn write_all(project: &Project, patch: &mut Patch) -> Vec<Failure> {
    let mut failures = Vec::new();
    patch.texts.retain(|file, text| {
        let (Ok(source), Some(path)) = (project.source(*file), &project.file(*file).file) else { return false };
        let written = match source.write_back(text) {
            Ok(bytes) => atomic::write(path, &bytes, &source.to_bytes()),
            Err(error) => Err(atomic::WriteError::Notebook(error)),
        };
        let done = written.is_ok();
        failures.extend(written.err().map(|error| Failure::Write { path: project.file(*file).path.clone(), error }));
        done
    });
    failures
}

fn print_fixed(project: &Project, patch: &Patch, file: FileId, host: &mut Host<'_>) -> Result<(), Failure> {
    let Ok(source) = project.source(file) else { return Ok(()) };
    let fixed = patch.texts.get(&file).map(|text| source.write_back(text));
    let fixed =
        fixed.transpose().map_err(|error| Failure::Write { path: source.path.clone(), error: atomic::WriteError::Notebook(error) })?;
    Ok(host.stdout.write_all(&fixed.unwrap_or_else(|| source.to_bytes()))?)
}

fn said(patch: &Patch, failed: usize) -> String {
    let plural = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let mut parts = Vec::new();
    if failed > 0 && !patch.texts.is_empty() {
        parts.push(format!("fixes written to {}", plural(patch.texts.len(), "file")));
    }
    if patch.fixed > 0 && failed == 0 {
        parts.push(format!("{} fixed in {}", plural(patch.fixed, "finding"), plural(patch.texts.len(), "file")));
    }
    if patch.outside > 0 {
        let fixes = if patch.outside == 1 { "fix" } else { "fixes" };
        parts.push(format!("{} {fixes} in files outside the given paths, not written without --fix-outside", patch.outside));
    }
    parts.join(" · ")
}
