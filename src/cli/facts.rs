//! `prompt-lint facts`: the schema of facts that rules are written against, and the facts of what stands in a line.

use std::io;
use std::path::{Path, PathBuf};

use super::args::ConfigArgs;
use super::{CLEAN, Failure, Host, run};
use crate::catalogue::Catalogue;
use crate::check::{self, Gathered, Knowledge, Rules};
use crate::config::Overrides;
use crate::model::facts::{Fact, FactType, FactValue, SCHEMA};
use crate::model::prompt::Confidence;
use crate::project::Project;
use crate::report::{OwnerKind, Severity};
use crate::rule::{FactSource, Facts};
use crate::span::Place;
use crate::walk::{self, Request, TestCode};

/// Prints every fact with its type, unit and meaning.
pub fn schema(host: &mut Host<'_>) -> Result<u8, Failure> {
    let path = SCHEMA.iter().map(|fact| fact.path.len()).max().unwrap_or(0);
    let unit = SCHEMA.iter().map(|fact| fact.unit.len()).max().unwrap_or(0);
    for fact in SCHEMA {
        let kind = match fact.kind {
            FactType::Bool => "bool",
            FactType::Number => "number",
            FactType::Text => "text",
            FactType::Record => "record",
        };
        writeln!(host.stdout, "{:path$}  {kind:6}  {:unit$}  {}", fact.path, fact.unit, fact.doc)?;
    }
    Ok(CLEAN)
}

/// Prints the facts of the calls and prompts that a line belongs to.
pub fn at(place: &str, config: &ConfigArgs, host: &mut Host<'_>) -> Result<u8, Failure> {
    let usage = || Failure::usage(format!("`{place}` is no line of a file"), "as in `prompt-lint facts src/answer.py:12`");
    let (path, line) = place.rsplit_once(':').ok_or_else(usage)?;
    let line: usize = line.parse().ok().filter(|line| *line > 0).ok_or_else(usage)?;
    // As reports name a line of a notebook: `book.ipynb:cell 4:3`.
    let (path, cell) = match path.rsplit_once(":cell ") {
        Some((path, cell)) => (path, Some(cell.parse().map_err(|_| usage())?)),
        None => (path, None),
    };
    let path = PathBuf::from(path);

    let mut configs = run::configs(config, host)?;
    let overrides = Overrides { preview: true, min_severity: Severity::Info, ..run::overrides(Confidence::Low, host)? };
    // The calls that send a prompt stand in other files: all around the file are looked at.
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let paths = [folder.to_owned(), path.clone()];
    let request = Request {
        paths: &paths,
        working_dir: &host.working_dir,
        test_code: TestCode::Always,
        threads: 0,
        in_memory: false,
        verbose: false,
    };
    let mut walk = walk::walk(&request, &mut configs, &overrides)?;
    walk.settings.catalogue = run::catalogue(&configs)?;
    let project = &walk.project;
    let shown = walk::shown(&host.working_dir.join(&path), &host.working_dir);
    let file = project.ids().find(|id| project.file(*id).path == shown).ok_or_else(usage)?;
    let source = project.source(file).map_err(|error| Failure::usage(format!("`{shown}`: {error}"), None))?;
    let Some(span) = source.line_of_report(cell, line) else {
        return Err(Failure::usage(format!("`{shown}` has no code or text in line {line}"), None));
    };
    let knowledge = Knowledge { catalogue: walk.settings.catalogue.as_deref().unwrap_or(Catalogue::builtin()), rules: Rules::BuiltIn };
    let found = check::facts_at(project, &walk.settings, &knowledge, file, span);
    if found.is_empty() {
        writeln!(host.stdout, "No call of a model and no prompt is known at {place}.")?;
    }
    for (at, one) in found.iter().enumerate() {
        if at > 0 {
            writeln!(host.stdout)?;
        }
        print(project, one, host)?;
    }
    Ok(CLEAN)
}

fn print(project: &Project, gathered: &Gathered, host: &mut Host<'_>) -> io::Result<()> {
    let kind = if gathered.owner.kind == OwnerKind::Call { "call" } else { "prompt" };
    writeln!(host.stdout, "# {kind} at {}", shown_place(project, gathered.owner.place))?;
    let is_slot = |path: &str| path.split('.').next() == Some("slot");
    let is_other = |path: &str| is_slot(path) || path.split('.').next() == Some("suppression");
    print_tree(project, &gathered.facts, &|path| !is_other(path), host)?;
    for slot in &gathered.slots {
        writeln!(host.stdout)?;
        print_tree(project, &Facts::new([("slot", slot.clone())]), &is_slot, host)?;
    }
    Ok(())
}

/// One line a fact; what stands under something absent or unknown is left out.
fn print_tree(project: &Project, facts: &dyn FactSource, wanted: &dyn Fn(&str) -> bool, host: &mut Host<'_>) -> io::Result<()> {
    let width = SCHEMA.iter().map(|fact| fact.path.len()).max().unwrap_or(0);
    for doc in SCHEMA.iter().filter(|doc| wanted(doc.path)) {
        let parent = doc.path.rsplit_once('.').map(|(parent, _)| facts.fact(parent).value);
        if matches!(parent, Some(FactValue::Absent | FactValue::Unknown)) {
            continue;
        }
        let fact = facts.fact(doc.path);
        writeln!(host.stdout, "{:width$}  {}", doc.path, said(project, &fact))?;
    }
    Ok(())
}

fn said(project: &Project, fact: &Fact) -> String {
    let sure = if fact.confidence == Confidence::High { String::new() } else { format!("  ({} confidence)", fact.confidence.as_str()) };
    let value = match &fact.value {
        FactValue::Unknown => return "unknown".into(),
        FactValue::Absent => "absent".into(),
        FactValue::Bool(value) => value.to_string(),
        FactValue::Number(value) => value.to_string(),
        FactValue::Text(value) => format!("{value:?}"),
        FactValue::Record(record) => match record.place {
            Some(place) => format!("at {}", shown_place(project, place)),
            None => "there".into(),
        },
    };
    value + &sure
}

fn shown_place(project: &Project, place: Place) -> String {
    let start = place.span.start;
    project.source(place.file).map_or_else(
        |_| project.file(place.file).path.clone(),
        |source| format!("{}:{}", source.shown_path(start), source.shown_line(start)),
    )
}
