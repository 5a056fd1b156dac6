//! The `inventory` report: every call and prompt, as tables for people and as JSON (version 1, a contract).

use std::io::{self, Write};

use serde::Serialize;

use super::json::{JsonCell, Number, cell, write_document};
use super::{InventoryCall, InventoryFile, InventoryPrompt, Report, plain, wording};
use crate::project::Project;
use crate::span::{FileId, Place};

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    calls: Vec<JsonCall<'r>>,
    prompts: Vec<JsonPrompt<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<Vec<JsonLeftOut<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<JsonFile<'r>>>,
}

#[derive(Serialize)]
struct JsonLeftOut<'r> {
    path: &'r str,
    why: &'r str,
}

#[derive(Serialize)]
struct JsonFile<'r> {
    path: &'r str,
    calls: usize,
    prompts: usize,
    static_tokens: u64,
    budget: Option<u64>,
    loaded: Option<&'static str>,
}

#[derive(Serialize)]
struct JsonCall<'r> {
    #[serde(flatten)]
    at: Lines<'r>,
    api: &'r str,
    provider: &'r str,
    model: Option<&'r str>,
    via: Option<&'r str>,
    cap: Cap,
    history: &'static str,
    #[serde(rename = "loop")]
    loop_kind: &'static str,
    tags: &'static str,
    request: JsonRequest<'r>,
    usd_per_1k_requests: Option<Number>,
}

#[derive(Serialize)]
struct Lines<'r> {
    path: &'r str,
    start_line: usize,
    end_line: usize,
    #[serde(flatten)]
    cell: Option<JsonCell>,
}

#[derive(Serialize)]
struct Cap {
    state: &'static str,
    value: Option<u64>,
}

#[derive(Serialize)]
struct JsonRequest<'r> {
    static_tokens: Option<u64>,
    dynamic_tokens: Option<u64>,
    prefix_tokens: Option<u64>,
    prefix: &'static str,
    broken_by: Option<&'r str>,
    breakpoints: usize,
    cacheable: Option<bool>,
}

#[derive(Serialize)]
struct JsonPrompt<'r> {
    #[serde(flatten)]
    at: Lines<'r>,
    format: &'r str,
    role: &'static str,
    static_tokens: u64,
    slots: Vec<JsonSlot<'r>>,
    used_by: Vec<Lines<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'r str>,
}

#[derive(Serialize)]
struct JsonSlot<'r> {
    name: &'r str,
    volatility: &'static str,
    size: &'static str,
}

fn lines(project: &Project, place: Place) -> Lines<'_> {
    let (start_line, end_line) = wording::lines(project, place);
    Lines { path: &project.file(place.file).path, start_line, end_line, cell: cell(project, place) }
}

/// Prints the inventory as one JSON document.
pub fn render_json(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let inventory = &report.inventory;
    let document = Document {
        version: 1,
        calls: inventory.calls.iter().map(|call| json_call(project, call)).collect(),
        prompts: inventory.prompts.iter().map(|prompt| json_prompt(project, prompt)).collect(),
        left_out: inventory
            .left_out
            .as_ref()
            .map(|left| left.iter().map(|(id, why)| JsonLeftOut { path: path(project, *id), why }).collect()),
        files: inventory.files.as_ref().map(|files| files.iter().map(|file| json_file(project, file)).collect()),
    };
    write_document(&document, out)
}

fn json_call<'r>(project: &'r Project, call: &'r InventoryCall) -> JsonCall<'r> {
    let request = &call.request;
    JsonCall {
        at: lines(project, call.place),
        api: &call.api,
        provider: &call.provider,
        model: call.model.as_deref(),
        via: call.via.as_deref(),
        cap: Cap { state: call.cap_state, value: call.cap_value },
        history: call.history,
        loop_kind: call.loop_kind,
        tags: call.tags,
        request: JsonRequest {
            static_tokens: request.static_tokens,
            dynamic_tokens: request.dynamic_tokens,
            prefix_tokens: request.prefix_tokens,
            prefix: request.prefix,
            broken_by: request.broken_by.as_deref(),
            breakpoints: request.breakpoints,
            cacheable: request.cacheable,
        },
        usd_per_1k_requests: call.usd_per_1k_requests.map(Number),
    }
}

fn json_prompt<'r>(project: &'r Project, prompt: &'r InventoryPrompt) -> JsonPrompt<'r> {
    JsonPrompt {
        at: lines(project, prompt.place),
        format: &prompt.format,
        role: prompt.role,
        static_tokens: prompt.static_tokens,
        slots: prompt.slots.iter().map(|(name, volatility, size)| JsonSlot { name, volatility, size }).collect(),
        used_by: prompt.used_by.iter().map(|place| lines(project, *place)).collect(),
        why: prompt.why.as_deref(),
    }
}

fn json_file<'r>(project: &'r Project, file: &InventoryFile) -> JsonFile<'r> {
    let InventoryFile { file, calls, prompts, static_tokens, budget, loaded, .. } = *file;
    JsonFile { path: path(project, file), calls, prompts, static_tokens, budget, loaded }
}

fn path(project: &Project, file: FileId) -> &str {
    &project.file(file).path
}

/// Prints the inventory as tables: calls, prompts, and what was asked for beside them. What is unknown is shown as `?`, an estimate with `~`.
pub fn render(project: &Project, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let inventory = &report.inventory;
    if inventory.calls.is_empty() && inventory.prompts.is_empty() {
        writeln!(out, "No calls of a model and no prompts in {}.", wording::count(report.files, "file"))?;
    }
    if !inventory.calls.is_empty() {
        let mut rows = vec![row(["call", "api", "model", "cap", "history", "static", "dynamic", "prefix", "cached", "per 1,000 requests"])];
        rows.extend(inventory.calls.iter().map(|call| call_row(project, call)));
        table(&rows, out)?;
    }
    if !inventory.prompts.is_empty() {
        if !inventory.calls.is_empty() {
            writeln!(out)?;
        }
        let explained = inventory.prompts.iter().any(|prompt| prompt.why.is_some());
        let mut rows = vec![row(["prompt", "format", "role", "used by", "static", "slots"])];
        rows.iter_mut().filter(|_| explained).for_each(|head| head.push("why".to_owned()));
        rows.extend(inventory.prompts.iter().map(|prompt| prompt_row(project, prompt)));
        table(&rows, out)?;
    }
    if let Some(left) = inventory.left_out.as_ref().filter(|left| !left.is_empty()) {
        let mut rows = vec![row(["not a prompt", "why"])];
        rows.extend(left.iter().map(|(id, why)| row([path(project, *id), why])));
        writeln!(out)?;
        table(&rows, out)?;
    }
    if let Some(files) = inventory.files.as_ref().filter(|files| !files.is_empty()) {
        let mut rows = vec![row(["file", "calls", "prompts", "static", "budget", "loaded"])];
        rows.extend(files.iter().map(|file| file_row(project, file)));
        writeln!(out)?;
        table(&rows, out)?;
    }
    if !report.notes.is_empty() {
        writeln!(out)?;
    }
    for note in &report.notes {
        writeln!(out, "note: {note}")?;
    }
    if !inventory.calls.is_empty() || !inventory.prompts.is_empty() {
        let (calls, prompts) = (wording::count(inventory.calls.len(), "call"), wording::count(inventory.prompts.len(), "prompt"));
        writeln!(out, "\n{calls} and {prompts} in {}", wording::count(report.files, "file"))?;
    }
    Ok(())
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn tokens(number: Option<u64>, exact: bool) -> String {
    let mark = if exact { "" } else { "~" };
    number.map_or("?".to_owned(), |number| format!("{mark}{}", wording::grouped(number)))
}

fn call_row(project: &Project, call: &InventoryCall) -> Vec<String> {
    let request = &call.request;
    let api = match &call.via {
        Some(via) => format!("{} via {via}", call.api),
        None => call.api.clone(),
    };
    let cap = match (call.cap_value, call.cap_state) {
        (Some(value), _) => wording::grouped(value),
        (None, state) => unknown(state),
    };
    let prefix = match (&request.broken_by, request.prefix) {
        (Some(name), "unstable") => format!("{}, then {name}", tokens(request.prefix_tokens, request.exact)),
        (_, "unknown") => "?".to_owned(),
        _ => tokens(request.prefix_tokens, request.exact),
    };
    let cached = match request.cacheable {
        None => "?",
        Some(true) => "yes",
        Some(false) => "no",
    };
    vec![
        place(project, call.place),
        api,
        call.model.clone().unwrap_or_else(|| "?".to_owned()),
        cap,
        unknown(call.history),
        tokens(request.static_tokens, request.exact),
        tokens(request.dynamic_tokens, request.exact),
        prefix,
        cached.to_owned(),
        call.usd_per_1k_requests.map_or("?".to_owned(), wording::dollars),
    ]
}

fn prompt_row(project: &Project, prompt: &InventoryPrompt) -> Vec<String> {
    let slots: Vec<String> =
        prompt.slots.iter().map(|(name, volatility, size)| format!("{name} ({}, {})", unknown(volatility), unknown(size))).collect();
    let used_by = match prompt.used_by.as_slice() {
        [] => "?".to_owned(),
        [one] => place(project, *one),
        more => wording::count(more.len(), "call"),
    };
    let slots = if slots.is_empty() { "none".to_owned() } else { slots.join(", ") };
    let mut row = vec![
        place(project, prompt.place),
        prompt.format.clone(),
        unknown(prompt.role),
        used_by,
        tokens(Some(prompt.static_tokens), prompt.exact),
        slots,
    ];
    row.extend(prompt.why.clone());
    row
}

fn file_row(project: &Project, file: &InventoryFile) -> Vec<String> {
    vec![
        path(project, file.file).to_owned(),
        file.calls.to_string(),
        file.prompts.to_string(),
        tokens(Some(file.static_tokens), file.exact),
        file.budget.map_or_else(String::new, wording::grouped),
        file.loaded.unwrap_or_default().to_owned(),
    ]
}

fn unknown(state: &str) -> String {
    if state == "unknown" { "?".to_owned() } else { state.to_owned() }
}

fn place(project: &Project, place: Place) -> String {
    wording::line(project, place)
}

/// Columns as wide as their widest cell.
fn table(rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    // Names in them come from the source.
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| plain::line(cell)).collect()).collect();
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
