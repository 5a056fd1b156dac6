//! `prompt-lint rule test FOLDER` and `prompt-lint rule new ID`: rules of one's own.

use std::path::Path;
use std::sync::Arc;

use super::args::RuleCommand;
use super::examples::{Bench, Verdict};
use super::{CLEAN, FINDINGS, Failure, Host};
use crate::atomic;
use crate::config::file::rule_error;
use crate::rule::{RuleSet, load};
use crate::walk;

pub fn rule(command: &RuleCommand, host: &mut Host<'_>) -> Result<u8, Failure> {
    match command {
        RuleCommand::Test { folder, verbose } => test(folder, *verbose, host),
        RuleCommand::New { id, folder } => new(id, folder, host),
    }
}

fn test(folder: &Path, verbose: bool, host: &mut Host<'_>) -> Result<u8, Failure> {
    let path = walk::clean(&host.working_dir.join(folder));
    let shown = folder.to_string_lossy();
    if !path.is_dir() {
        return Err(Failure::usage(format!("`{shown}` is not a folder"), "rules stand in <folder>/<category>/<name>.yaml"));
    }
    let mut rules = RuleSet::shared().clone();
    let ids = rules.load_dir(&path).map_err(|error| Failure::Config(rule_error(&error, &host.working_dir)))?;
    if ids.is_empty() {
        return Err(Failure::usage(format!("`{shown}` holds no rule"), "`prompt-lint rule new ID` writes one"));
    }
    let rules = Arc::new(rules);
    let bench = Bench::new(rules.clone(), true);
    let mut counts = [0; 5];
    for rule in ids.iter().filter_map(|id| rules.get(id)) {
        if rule.examples.is_empty() {
            writeln!(host.stdout, "{}: no examples: nothing is known of what it reports", rule.id)?;
        }
        for (at, example) in rule.examples.iter().enumerate() {
            let outcome = bench.run(rule, example)?;
            let (slot, word) = match outcome.verdict {
                Verdict::Validated => (0, "validated"),
                Verdict::Reported => (1, "reported"),
                Verdict::Missing => (2, "missing"),
                Verdict::Noisy => (3, "noisy"),
                Verdict::Wrong => (4, "wrong"),
            };
            counts[slot] += 1;
            if verbose || slot > 1 {
                let note = example.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
                writeln!(host.stdout, "{}: example {}, {}{note}: {word}", rule.id, at + 1, example.file)?;
                for line in outcome.faults.iter().flat_map(|fault| fault.lines()) {
                    writeln!(host.stdout, "    {line}")?;
                }
            }
        }
    }
    let [validated, reported, missing, noisy, wrong] = counts;
    let wrong_too = if wrong > 0 { format!(", {wrong} wrong") } else { String::new() };
    let plural = if ids.len() == 1 { "" } else { "s" };
    writeln!(
        host.stdout,
        "{} rule{plural}: {validated} validated, {reported} reported, {missing} missing, {noisy} noisy{wrong_too}",
        ids.len()
    )?;
    Ok(if missing + noisy + wrong == 0 { CLEAN } else { FINDINGS })
}

/// A rule that works, to be changed into another.
const SKELETON: &str = include_str!("skeleton.yaml");

fn new(id: &str, folder: &Path, host: &mut Host<'_>) -> Result<u8, Failure> {
    let below = format!("{id}.yaml");
    if load::id(&below).is_none() {
        let help = "an id is <category>/<name>, in small letters with hyphens, such as `desk/long-answer`";
        return Err(Failure::usage(format!("`{id}` is no id of a rule"), help));
    }
    let path = host.working_dir.join(folder).join(&below);
    let shown = folder.join(&below).to_string_lossy().replace('\\', "/");
    if path.exists() {
        return Err(Failure::usage(format!("`{shown}` exists already"), "it is not written over: choose another id"));
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    atomic::write_report(&path, SKELETON.as_bytes()).map_err(|error| Failure::Write { path: shown.clone(), error })?;
    let folder = folder.to_string_lossy().replace('\\', "/");
    writeln!(
        host.stdout,
        "{shown} written. `prompt-lint rule test {folder}` runs its examples, `prompt-lint facts` lists what it may ask for."
    )?;
    if RuleSet::shared().get(id).is_some() {
        writeln!(host.stdout, "It takes the place of the built-in rule of that id.")?;
    }
    writeln!(host.stdout, "It runs with `--rules {folder}`, or with `rule-dirs: [{folder}]` in prompt-lint.yaml.")?;
    Ok(CLEAN)
}
