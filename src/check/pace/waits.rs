//! Who waits for an answer: a person at a screen, a client of a server, an agent that asked for it, or nobody.

use std::collections::HashSet;

use crate::catalogue::Wording;
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::{FileId, Span};
use crate::syntax::{Expr, ExprKind, Module, Stmt, StmtKind};

use super::scene::{self, Unit};

/// What is known of who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// A script, a notebook or a job: the answers are wanted when all are there.
    Nobody,
    /// Anyone may call it.
    Perhaps,
    /// A tool of an agent, a node of a graph, an application with a screen.
    Somebody,
    /// A client of the server that the function answers.
    Client,
}

/// Who waits for what is done at a place of a file.
pub fn waits(project: &Project, file: FileId, units: &[Unit<'_>], inner: Span) -> Waits {
    let module = project.module(file);
    let words = Wording::builtin();
    let shown = imports(module, &|name| words.shows(name));
    let around = scene::around(units, inner);
    let names: Vec<&str> =
        around.iter().flat_map(|unit| [Some(unit.name), unit.class.map(|class| class.name.as_str())]).flatten().collect();
    let is_reached = |from: HashSet<&str>| names.iter().any(|name| from.contains(name));
    let handles = around.iter().any(|unit| is_handler(unit)) || is_reached(scene::leads_to(units, handlers(module, units)));
    if around.iter().any(|unit| answers_requests(unit)) {
        return Waits::Client;
    }
    if shown || asks(module, units, inner) {
        return Waits::Somebody;
    }
    let is_notebook = project.source(file).is_ok_and(|source| source.notebook.is_some());
    let runs = around.is_empty() || is_reached(scene::leads_to(units, entries(module, units, is_notebook || module.is_script)));
    let in_job = project.file(file).key.split(['/', '.', '_', '-']).any(|word| words.is_job(&word.to_lowercase()));
    let serves = imports(module, &|name| words.serves(name));
    // The top of a module of JavaScript runs wherever that is imported.
    let is_script = module.is_script || project.file(file).language != Language::JavaScript || !around.is_empty();
    match (runs, handles) {
        (false, true) => Waits::Somebody,
        (true, false) if !serves && is_script => Waits::Nobody,
        (false, false) if in_job && !serves => Waits::Nobody,
        _ => Waits::Perhaps,
    }
}

/// Whether a module imports one of those that are asked for.
fn imports(module: &Module, wanted: &dyn Fn(&str) -> bool) -> bool {
    let mut found = false;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(Stmt { kind: StmtKind::Import(import), .. }) = seen
            && import.level == 0
        {
            found |= wanted(&import.module);
        }
    });
    found
}

/// Whether a person is asked at the keyboard, in the function around a place; at the top of a module, in a loop that never ends by itself.
fn asks(module: &Module, units: &[Unit<'_>], inner: Span) -> bool {
    let own = scene::around(units, inner).first().map(|unit| unit.span);
    let mut found = false;
    find::visit(module, &mut |seen| {
        let Seen::Expr(Expr { kind: ExprKind::Call(call), span }) = seen else { return };
        let asked = ["Prompt.ask", "Confirm.ask", "console.input", "typer.prompt", "click.prompt", "input"];
        if !call.callee.dotted().is_some_and(|name| asked.contains(&name.as_str())) {
            return;
        }
        let own_function = scene::around(units, *span).first().map(|unit| unit.span);
        // A key that is asked for once, before the work begins, is no conversation.
        found |= own_function == own && (own.is_some() || !scene::loops(module, *span).is_empty());
    });
    found
}

/// Whether a function is one that somebody else calls and waits for.
fn is_handler(unit: &Unit<'_>) -> bool {
    let words = Wording::builtin();
    let decorated = unit.function.decorators.iter().any(|decorator| {
        let callee = match &decorator.kind {
            ExprKind::Call(call) => &call.callee,
            _ => decorator,
        };
        find::called(callee).is_some_and(|name| words.handles(name))
    });
    let is_part = |class: &crate::syntax::Class| {
        class.bases.iter().filter_map(find::called).any(|base| crate::catalogue::names::words(base).iter().any(|word| words.is_part(word)))
    };
    decorated || answers_requests(unit) || unit.class.is_some_and(is_part)
}

/// Whether a function is called with a request, and gives back the response.
fn answers_requests(unit: &Unit<'_>) -> bool {
    let verb = matches!(unit.name, "GET" | "POST" | "PUT" | "PATCH" | "DELETE");
    let params: Vec<&str> = unit.function.params.iter().map(|param| param.name.as_str()).collect();
    verb || matches!(
        params.as_slice(),
        ["req" | "request", "res" | "response" | "reply", ..] | ["event", "context" | "_context" | "ctx", ..]
    )
}

/// The functions of a module that somebody else calls and waits for: those that are written as such, and those that are handed to a graph or agent.
fn handlers<'m>(module: &'m Module, units: &[Unit<'m>]) -> Vec<&'m str> {
    let words = Wording::builtin();
    let mut found: Vec<&str> = units.iter().filter(|unit| is_handler(unit)).map(|unit| unit.name).collect();
    find::visit(module, &mut |seen| {
        let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen else { return };
        let registers = match &call.callee.kind {
            ExprKind::Attribute { base, name } => words.registers(name) || find::called(base).is_some_and(|base| words.registers(base)),
            ExprKind::Name(name) => words.registers(name),
            _ => false,
        };
        if registers {
            found.extend(call.args.iter().filter_map(|arg| find::called(&arg.value)).filter(|name| scene::is_known(units, name)));
        }
    });
    found
}

/// The functions that run when the file does: those that its top calls, and commands of a command line.
fn entries<'m>(module: &'m Module, units: &[Unit<'m>], runs_alone: bool) -> Vec<&'m str> {
    let mut found = Vec::new();
    for stmt in &module.body {
        match &stmt.kind {
            StmtKind::Function(_) | StmtKind::Class(_) | StmtKind::Import(_) => {}
            _ if runs_alone => find::visit_body(std::slice::from_ref(stmt), &mut |seen| found.extend(scene::named(seen))),
            // `main()`, `asyncio.run(main())`
            StmtKind::Expr(value) => find::visit_expr(value, &mut |seen| {
                if let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen
                    && matches!(call.callee.kind, ExprKind::Name(_))
                {
                    found.extend(find::called(&call.callee));
                }
            }),
            _ => {}
        }
    }
    found.retain(|name| scene::is_known(units, name));
    let is_command = |decorator: &Expr| match &decorator.kind {
        ExprKind::Call(call) => find::called(&call.callee).is_some_and(|name| name == "command"),
        _ => find::called(decorator) == Some("command"),
    };
    let speaks_to_people = imports(module, &|name| matches!(name.split('.').next(), Some("discord" | "nextcord")));
    if !speaks_to_people {
        found.extend(units.iter().filter(|unit| unit.function.decorators.iter().any(is_command)).map(|unit| unit.name));
    }
    found
}
