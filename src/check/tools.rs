//! The definitions of tools, as they are written: what their descriptions and schemas say twice.

use crate::catalogue::Model;
use crate::model::call::Call;
use crate::model::facts::{Fact, Record};
use crate::project::Project;
use crate::rewrite::find::{self, Seen};
use crate::span::Place;
use crate::syntax::{DictItem, Expr, ExprKind};
use crate::tokens;

use super::arguments::origin;

/// The shortest description that is worth saying once, in bytes.
const DESCRIPTION: usize = 24;
/// The shortest schema that is worth saying once, in bytes without blanks.
const SCHEMA: usize = 160;

/// The first thing that the tools of a call say twice.
pub fn repeated(project: &Project, call: &Call<'_>, model: Option<&Model>) -> Fact {
    let Some(place) = call.anchors.tools else { return Fact::absent() };
    let file = place.file;
    let module = project.module(file);
    let Some(list) = find::expr_at(module, place.span) else { return Fact::absent() };
    let ExprKind::List(items) = &origin(module, list).kind else { return Fact::absent() };
    let tools: Vec<&Expr> = items.iter().map(|item| origin(module, item)).collect();
    let text = project.text(file);
    let record = |at: &Expr, first: &Expr, said: &str, what: &str| {
        let tokens = tokens::count_for(said, model).tokens;
        let first = Fact::record(Record { place: Some(Place::new(file, first.span)), ..Record::default() });
        let fields = [("tokens", Fact::number(tokens as f64)), ("what", Fact::text(what)), ("first", first)];
        Fact::record(Record { place: Some(Place::new(file, at.span)), fields: fields.into_iter().collect() })
    };
    for tool in &tools {
        let Some(whole) = description(tool) else { continue };
        let told = plain(&whole.as_text().unwrap_or_default());
        for property in properties(tool) {
            let Some(own) = description(property).filter(|own| !std::ptr::eq(*own, whole)) else { continue };
            let said = own.as_text().unwrap_or_default();
            if said.len() >= DESCRIPTION && told.contains(&plain(&said)) {
                return record(own, whole, &said, "a description of an argument, which the description of the tool says already,");
            }
        }
    }
    same_schema(text, &tools)
        .map_or_else(Fact::absent, |(at, first, said)| record(at, first, &said, "a schema that stands in the tools already"))
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_lowercase()
}

/// The first description in an object: its own, or that of the object that holds all of it (`function`, `toolSpec`).
fn description(whole: &Expr) -> Option<&Expr> {
    let mut found = None;
    find::visit_expr(whole, &mut |seen| {
        let Seen::Expr(Expr { kind: ExprKind::Dict(items), .. }) = seen else { return };
        let own = entry(items, "description").filter(|value| matches!(value.kind, ExprKind::Str(_)));
        if found.is_none() {
            found = own;
        }
    });
    found
}

fn entry<'m>(items: &'m [DictItem], name: &str) -> Option<&'m Expr> {
    items.iter().find_map(|item| match item {
        DictItem::Entry { key, value } if key.as_text().as_deref() == Some(name) => Some(value),
        _ => None,
    })
}

/// The schemas of the arguments of a tool.
fn properties(tool: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    find::visit_expr(tool, &mut |seen| {
        let Seen::Expr(Expr { kind: ExprKind::Dict(items), .. }) = seen else { return };
        if let Some(ExprKind::Dict(all)) = entry(items, "properties").map(|value| &value.kind) {
            found.extend(all.iter().filter_map(|item| match item {
                DictItem::Entry { value, .. } if matches!(value.kind, ExprKind::Dict(_)) => Some(value),
                _ => None,
            }));
        }
    });
    found
}

/// Two arguments with the same long schema.
fn same_schema<'m>(text: &str, tools: &[&'m Expr]) -> Option<(&'m Expr, &'m Expr, String)> {
    let mut seen: Vec<(String, &Expr)> = Vec::new();
    for property in tools.iter().flat_map(|tool| properties(tool)) {
        let written = text.get(property.span.range())?;
        let key: String = written.split_whitespace().collect();
        if key.len() < SCHEMA {
            continue;
        }
        match seen.iter().find(|(known, _)| *known == key) {
            // What a name stands for is written once and sent twice all the same; where it is one expression there is nothing to see.
            Some((_, first)) if !std::ptr::eq(*first, property) => return Some((property, first, written.to_string())),
            Some(_) => {}
            None => seen.push((key, property)),
        }
    }
    None
}
