//! The models that a call may be sent to where its model is an option of a command line, or a parameter with a default.

use std::collections::HashMap;

use crate::catalogue::{Catalogue, Model};
use crate::model::call::{Call, Known};
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::FileId;
use crate::syntax::{ArgKind, Call as Written, Expr, ExprKind, Stmt, StmtKind};

use super::arguments;
use super::around::Around;

/// Names under which parsed options go.
const PARSED: [&str; 7] = ["args", "arguments", "opt", "opts", "options", "flags", "parsed"];

/// Options of command lines by the names under which they are read, each with its file and the models that it may be.
#[derive(Debug, Default)]
pub struct Options(HashMap<String, Vec<(FileId, Vec<String>)>>);

impl Options {
    pub fn of(project: &Project) -> Self {
        let mut options = Options::default();
        let declares = |text: &str| text.contains("add_argument(");
        let python = project.ids().filter(|id| project.file(*id).language == Language::Python);
        for file in python.filter(|id| project.peek(*id, declares) == Some(true)) {
            find::visit(project.module(file), &mut |seen| {
                if let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen
                    && matches!(&call.callee.kind, ExprKind::Attribute { name, .. } if name == "add_argument")
                    && let Some(name) = name_of(call)
                {
                    options.0.entry(name).or_default().push((file, values_of(call)));
                }
            });
        }
        options
    }
}

/// The name under which an option is read, if it says that it is a model's.
fn name_of(call: &Written) -> Option<String> {
    let dest = call.args.iter().find(|arg| matches!(&arg.kind, ArgKind::Keyword(name) if name == "dest"));
    let long = call.args.iter().filter(|arg| arg.kind == ArgKind::Positional).filter_map(|arg| arg.value.as_text());
    let name = match dest {
        Some(dest) => dest.value.as_text()?,
        None => long.into_iter().find_map(|name| Some(name.strip_prefix("--")?.replace('-', "_")))?,
    };
    is_model(&name).then_some(name)
}

fn is_model(name: &str) -> bool {
    name.split('_').any(|word| matches!(word.to_lowercase().as_str(), "model" | "engine" | "llm"))
}

/// All that an option may be where it says so, else its default.
fn values_of(call: &Written) -> Vec<String> {
    let keyword = |wanted: &str| {
        let found = call.args.iter().find(|arg| matches!(&arg.kind, ArgKind::Keyword(name) if name == wanted));
        found.map(|arg| &arg.value)
    };
    match keyword("choices").map(|choices| &choices.kind) {
        Some(ExprKind::List(all) | ExprKind::Tuple(all)) => all.iter().map(|one| one.as_text().unwrap_or_default()).collect(),
        Some(_) => Vec::new(),
        None => keyword("default").and_then(Expr::as_text).into_iter().collect(),
    }
}

/// The models that parameters of a name have as defaults in a file. Callers may say otherwise, and mostly leave it at that.
fn defaults(project: &Project, file: FileId, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    find::visit(project.module(file), &mut |seen| {
        if let Seen::Stmt(Stmt { kind: StmtKind::Function(function), .. }) = seen {
            let named = function.params.iter().filter(|param| param.name == name);
            found.extend(named.filter_map(|param| param.default.as_ref()).filter_map(Expr::as_text));
        }
    });
    found
}

/// The models that a call may be sent to, where its model is an option whose values are known, or a parameter with a default.
pub fn models<'k>(project: &Project, catalogue: &'k Catalogue, around: &Around<'_>, call: &Call<'_>) -> Vec<&'k Model> {
    if !matches!(call.model_name, Known::Unknown) || call.via.is_some() || project.file(call.place.file).language != Language::Python {
        return Vec::new();
    }
    let Some(written) = arguments::model_of(project, call) else { return Vec::new() };
    let name = match &written.kind {
        ExprKind::Name(name) => name,
        ExprKind::Attribute { base, name } if matches!(&base.kind, ExprKind::Name(base) if base == "self") => name,
        ExprKind::Attribute { base, name } if matches!(&base.kind, ExprKind::Name(base) if PARSED.contains(&base.to_lowercase().as_str())) => {
            name
        }
        _ => return Vec::new(),
    };
    let key = &project.file(call.place.file).key;
    let folder_of = |file: FileId| project.file(file).key.rsplit_once('/').map_or("", |(folder, _)| folder);
    let found = around.options(project).and_then(|options| options.0.get(name)).into_iter().flatten();
    // Of a program in this folder or above it.
    let of_program = found.filter(|(file, _)| *file == call.place.file || key.starts_with(folder_of(*file)));
    let mut names: Vec<String> = of_program.flat_map(|(_, values)| values).cloned().collect();
    if names.is_empty() {
        names = defaults(project, call.place.file, name.trim_start_matches('_'));
    }
    let known: Option<Vec<&Model>> = names.iter().map(|name| catalogue.models.find(name)).collect();
    known.unwrap_or_default()
}
