//! Where a request is sent in its module: the loops around it, the functions of the module, and which of them lead to which.

use std::collections::HashSet;

use crate::rewrite::find::{self, Seen};
use crate::span::Span;
use crate::syntax::{Class, Expr, ExprKind, Function, Module, Stmt, StmtKind};

use super::super::arguments::names;

/// A loop around a place, whatever the language calls it.
pub struct Loop<'m> {
    pub targets: Vec<String>,
    /// What it runs over; `None` for `while`.
    pub iter: Option<&'m Expr>,
    /// The condition of `while`.
    pub test: Option<&'m Expr>,
    /// What runs for each item, where that is statements.
    pub body: &'m [Stmt],
    /// The body is a function that is called for each item: what it returns ends no loop.
    pub calls_back: bool,
}

/// The loops around a place in its own function, outermost first.
pub fn loops<'m>(module: &'m Module, inner: Span) -> Vec<Loop<'m>> {
    let mut found: Vec<Loop<'m>> = Vec::new();
    let targets = |target: &Expr| {
        let mut found = Vec::new();
        names(target, &mut found);
        found
    };
    let holds = |stmts: &[Stmt]| stmts.iter().any(|stmt| stmt.span.contains(inner));
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(stmt) if stmt.span.contains(inner) => match &stmt.kind {
            StmtKind::For { target, iter, body, .. } if holds(body) => {
                found.push(Loop { targets: targets(target), iter: Some(iter), test: None, body, calls_back: false });
            }
            StmtKind::While { test, body, .. } if holds(body) => {
                found.push(Loop { targets: Vec::new(), iter: None, test: Some(test), body, calls_back: false });
            }
            StmtKind::Function(_) => found.clear(),
            StmtKind::Assign { value: Expr { kind: ExprKind::Lambda(_), .. }, .. } => found.clear(),
            _ => {}
        },
        Seen::Expr(Expr { kind: ExprKind::Comprehension(made), .. }) if made.element.span.contains(inner) => {
            for clause in &made.clauses {
                found.push(Loop { targets: targets(&clause.target), iter: Some(&clause.iter), test: None, body: &[], calls_back: false });
            }
        }
        Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) if call.args_span.contains(inner) => {
            let Some((lambda, others)) = call.args.iter().enumerate().find_map(|(at, arg)| match &arg.value.kind {
                ExprKind::Lambda(lambda) if arg.value.span.contains(inner) => Some((&**lambda, call.args.get(at + 1))),
                _ => None,
            }) else {
                return;
            };
            let (base, name) = match &call.callee.kind {
                ExprKind::Attribute { base, name } => (Some(&**base), name.as_str()),
                ExprKind::Name(name) => (None, name.as_str()),
                _ => return,
            };
            let maps = matches!(name, "map" | "forEach" | "flatMap" | "imap" | "apply" | "progress_apply" | "starmap" | "filter");
            if maps {
                let iter = others.map(|arg| &arg.value).or(base);
                let targets = lambda.params.iter().map(|param| param.name.clone()).collect();
                found.push(Loop { targets, iter, test: None, body: &lambda.body, calls_back: true });
            } else if !lambda.params.is_empty() {
                // What is given to somebody else runs when that calls it.
                found.clear();
            }
        }
        _ => {}
    });
    found
}

/// A function with a name, and where it is written.
pub struct Unit<'m> {
    pub name: &'m str,
    pub span: Span,
    pub function: &'m Function,
    /// The class that it is a method of.
    pub class: Option<&'m Class>,
}

/// The functions of a module that have a name, outer ones before inner ones.
pub fn units(module: &Module) -> Vec<Unit<'_>> {
    let mut found: Vec<Unit<'_>> = Vec::new();
    let mut classes: Vec<&Class> = Vec::new();
    find::visit(module, &mut |seen| {
        let Seen::Stmt(stmt) = seen else { return };
        let (name, span, function) = match &stmt.kind {
            StmtKind::Class(class) => return classes.push(class),
            StmtKind::Function(function) => (function.name.as_str(), function.span, function),
            StmtKind::Assign { targets, value: Expr { kind: ExprKind::Lambda(function), span } } => {
                let Some(ExprKind::Name(name)) = targets.first().map(|target| &target.kind) else { return };
                (name.as_str(), *span, &**function)
            }
            _ => return,
        };
        let class = classes.iter().rev().find(|class| class.body.iter().any(|stmt| stmt.span.contains(span))).copied();
        // A function in a method is none.
        let nested = found.iter().any(|unit| unit.span.contains(span) && unit.class.is_some());
        found.push(Unit { name, span, function, class: class.filter(|_| !nested) });
    });
    found
}

/// The functions around a place, outermost first.
pub fn around<'u, 'm>(units: &'u [Unit<'m>], inner: Span) -> Vec<&'u Unit<'m>> {
    units.iter().filter(|unit| unit.span.contains(inner)).collect()
}

/// Names of functions that are called, or handed on, in what is looked at, and in all functions of the module that this leads to.
pub fn leads_to<'m>(units: &[Unit<'m>], from: impl IntoIterator<Item = &'m str>) -> HashSet<&'m str> {
    let mut open: Vec<&str> = from.into_iter().collect();
    let mut found: HashSet<&str> = HashSet::new();
    while let Some(name) = open.pop() {
        if !found.insert(name) {
            continue;
        }
        for unit in units.iter().filter(|unit| unit.name == name || unit.class.is_some_and(|class| class.name == name)) {
            let mut said = Vec::new();
            find::visit_body(&unit.function.body, &mut |seen| said.extend(named(seen)));
            open.extend(said.into_iter().filter(|name| is_known(units, name)));
        }
    }
    found
}

/// Whether a function or class of the module has the name.
pub fn is_known(units: &[Unit<'_>], name: &str) -> bool {
    units.iter().any(|unit| unit.name == name || unit.class.is_some_and(|class| class.name == name))
}

/// The name that an expression says by itself.
pub fn named<'m>(seen: Seen<'m>) -> Option<&'m str> {
    match seen {
        Seen::Expr(Expr { kind: ExprKind::Name(name) | ExprKind::Attribute { name, .. }, .. }) => Some(name),
        _ => None,
    }
}

/// How many statements a block has, those inside others too.
pub fn statements(stmts: &[Stmt]) -> usize {
    let mut found = 0;
    find::visit_body(stmts, &mut |seen| found += usize::from(matches!(seen, Seen::Stmt(_))));
    found
}
