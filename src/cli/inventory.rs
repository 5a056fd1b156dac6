//! `prompt-lint inventory`: every call and every prompt.

use super::args::{Inventory, InventoryFormat};
use super::{Failure, Host, run};
use crate::check::inventory::{explain, files};
use crate::report::{Report, inventory as printed};
use crate::span::Place;

pub fn inventory(arguments: &Inventory, host: &mut Host<'_>) -> Result<u8, Failure> {
    let common = &arguments.common;
    let (walk, _, bar) = run::prepare(common, false, host)?;
    let mut report = (host.engine.lint)(&walk.project, &walk.settings);
    drop(bar);
    report.notes.extend(walk.notes);
    report.notes.sort();
    report.notes.dedup();
    let code = run::exit_code(&report, &common.selection, arguments.fail_on);
    run::hide(&mut report, &common.selection);
    // All calls and prompts, unless rules are asked for: then those that these rules find something in.
    if !common.selection.select.is_empty() {
        keep_found(&mut report);
    }
    if arguments.why {
        explain(&walk.project, &mut report.inventory);
    }
    if arguments.files {
        report.inventory.files = Some(files(&walk.project, &walk.settings, &report.inventory));
    }
    run::print(common, host, |out| match arguments.format {
        InventoryFormat::Human => printed::render(&walk.project, &report, out),
        InventoryFormat::Json => printed::render_json(&walk.project, &report, out),
    })?;
    Ok(code)
}

fn keep_found(report: &mut Report) {
    let owners: Vec<Place> =
        report.findings.iter().flat_map(|finding| finding.related.iter().chain([&finding.owner])).map(|owner| owner.place).collect();
    report.inventory.calls.retain(|call| owners.contains(&call.place));
    report.inventory.prompts.retain(|prompt| owners.contains(&prompt.place));
}
