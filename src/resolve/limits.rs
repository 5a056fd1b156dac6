//! Limits on how often code runs: a counter that goes up and is compared with a number, read off the syntax.

use std::collections::HashSet;

use crate::syntax::*;

/// What a `while` counts up to, if its test or a guard in its body says so.
pub fn of_while<'p>(test: &'p Expr, body: &'p [Stmt]) -> Option<&'p Expr> {
    let counters = counters(body);
    below(test, &counters).or_else(|| guard(body, &counters))
}

/// How often a method or function answers before it only returns: `if self.turns > 3: return`, with `self.turns += 1` after
/// it. What it counts in must outlive the call.
pub fn of_turns(function: &Function) -> Option<&Expr> {
    let mut counters = counters(&function.body);
    let globals: HashSet<&String> = function
        .body
        .iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Global(names) => Some(names),
            _ => None,
        })
        .flatten()
        .collect();
    counters.retain(|name| name.contains('.') || globals.contains(name));
    guard(&function.body, &counters)
}

/// The statements of a block and of its branches, not those of loops and functions in it.
fn direct<'p>(block: &'p [Stmt], see: &mut dyn FnMut(&'p Stmt)) {
    for stmt in block {
        see(stmt);
        match &stmt.kind {
            StmtKind::If { then, otherwise, .. } => {
                direct(then, see);
                direct(otherwise, see);
            }
            StmtKind::With { body, .. } => direct(body, see),
            StmtKind::Try { body, handlers, otherwise, finally } => {
                direct(body, see);
                handlers.iter().for_each(|handler| direct(handler, see));
                direct(otherwise, see);
                direct(finally, see);
            }
            StmtKind::Match { cases, .. } => cases.iter().for_each(|case| direct(case, see)),
            _ => {}
        }
    }
}

/// Names that the block counts up, and never sets back.
fn counters(block: &[Stmt]) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut reset = HashSet::new();
    direct(block, &mut |stmt| match &stmt.kind {
        StmtKind::Augment { target, op: BinaryOp::Add, value } if matches!(value.kind, ExprKind::Int(_)) => found.extend(target.dotted()),
        StmtKind::Assign { targets, value } => {
            let [target] = targets.as_slice() else { return };
            let Some(name) = target.dotted() else { return };
            match &value.kind {
                ExprKind::Binary { op: BinaryOp::Add, left, right }
                    if left.dotted().as_ref() == Some(&name) && matches!(right.kind, ExprKind::Int(_)) =>
                {
                    found.insert(name);
                }
                _ => {
                    reset.insert(name);
                }
            }
        }
        _ => {}
    });
    found.retain(|name| !reset.contains(name));
    found
}

/// Whether the expression is the length of something, perhaps less a number.
fn is_length(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => call.callee.dotted().as_deref() == Some("len"),
        ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub, left, .. } => is_length(left),
        _ => false,
    }
}

/// Whether the expression is one of the counters, perhaps less a number.
fn counts(expr: &Expr, counters: &HashSet<String>) -> bool {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub, left, .. } => counts(left, counters),
        _ => expr.dotted().is_some_and(|name| counters.contains(&name)),
    }
}

/// `n < limit`, as a test that must hold for the loop to go on.
fn below<'p>(test: &'p Expr, counters: &HashSet<String>) -> Option<&'p Expr> {
    match &test.kind {
        ExprKind::And(parts) => parts.iter().find_map(|part| below(part, counters)),
        ExprKind::Compare { op: CompareOp::Less | CompareOp::LessEqual, left, right } if counts(left, counters) || is_length(left) => {
            Some(right)
        }
        ExprKind::Compare { op: CompareOp::NotEqual, left, right } if counts(left, counters) => Some(right),
        ExprKind::Compare { op: CompareOp::Greater | CompareOp::GreaterEqual, left, right } if counts(right, counters) => Some(left),
        _ => None,
    }
}

/// `n >= limit`, as a test that ends the loop.
fn reached<'p>(test: &'p Expr, counters: &HashSet<String>) -> Option<&'p Expr> {
    match &test.kind {
        ExprKind::Or(parts) => parts.iter().find_map(|part| reached(part, counters)),
        ExprKind::Compare { op: CompareOp::Greater | CompareOp::GreaterEqual | CompareOp::Equal, left, right }
            if counts(left, counters) =>
        {
            Some(right)
        }
        ExprKind::Compare { op: CompareOp::Less | CompareOp::LessEqual, left, right } if counts(right, counters) => Some(left),
        _ => None,
    }
}

/// The limit in an `if` of the block that leaves it once a counter is too high.
fn guard<'p>(block: &'p [Stmt], counters: &HashSet<String>) -> Option<&'p Expr> {
    let mut found = None;
    direct(block, &mut |stmt| {
        if let StmtKind::If { test, then, .. } = &stmt.kind
            && matches!(then.last().map(|last| &last.kind), Some(StmtKind::Return(_) | StmtKind::Raise(_) | StmtKind::Break))
        {
            found = found.or_else(|| reached(test, counters));
        }
    });
    found
}
