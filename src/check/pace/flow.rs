//! What a loop hands on from one pass to the next: whether a request needs the answer to the one before it.

use std::collections::HashSet;

use crate::rewrite::find::{self, Seen};
use crate::span::Span;
use crate::syntax::{self, Expr, ExprKind, Stmt, StmtKind};

use super::scene::Loop;

/// Methods that change what they are called on.
const CHANGING: [&str; 11] =
    ["append", "extend", "insert", "update", "add", "push", "unshift", "set", "write", "setdefault", "add_message"];

/// What one statement reads and writes.
struct Step {
    span: Span,
    reads: HashSet<String>,
    writes: HashSet<String>,
    /// What it writes is gone before, and the statement always runs.
    replaces: bool,
}

/// Whether a request in a loop needs the answer to the one before it, or decides whether there is one after it.
pub fn depends(found: &Loop<'_>, request: &Expr, site: Span) -> bool {
    if found.calls_back {
        return false;
    }
    let mut steps = Vec::new();
    collect(found.body, true, &mut steps);
    let tainted = tainted(&steps, site);
    if tainted.is_empty() {
        return ends(found.body, &tainted, site);
    }
    let needed = needed(&steps, request, site);
    let carried = needed.iter().any(|name| tainted.contains(name) && !found.targets.contains(name));
    let decides = found.test.is_some_and(|test| {
        let mut tested = HashSet::new();
        reads(test, &mut tested);
        tested.iter().any(|name| tainted.contains(name))
    });
    carried || decides || ends(found.body, &tainted, site)
}

/// Whether a request needs the answer of another one that stands before it in the same block.
pub fn follows(body: &[Stmt], request: &Expr, site: Span, other: Span) -> bool {
    if other.end > site.start {
        return false;
    }
    let mut steps = Vec::new();
    collect(body, true, &mut steps);
    let mut read = HashSet::new();
    if let ExprKind::Call(call) = &request.kind {
        call.args.iter().for_each(|arg| reads(&arg.value, &mut read));
    }
    let before: Vec<Step> = steps.into_iter().filter(|step| step.span.end <= site.start).collect();
    // A name that is bound again in between says nothing of the answer.
    let mut held: HashSet<String> = HashSet::new();
    for step in &before {
        if step.span.contains(other) || step.reads.iter().any(|name| held.contains(name)) {
            held.extend(step.writes.iter().cloned());
        } else if step.replaces {
            held.retain(|name| !step.writes.contains(name));
        }
    }
    read.iter().any(|name| held.contains(name))
}

/// Whether a place of a block is reached whenever another one is: no condition, and nothing that may fail, holds it and not the other.
pub fn is_certain(body: &[Stmt], site: Span, other: Span) -> bool {
    let mut certain = true;
    find::visit_body(body, &mut |seen| {
        if let Seen::Stmt(stmt @ Stmt { kind: StmtKind::If { .. } | StmtKind::Try { .. } | StmtKind::Match { .. }, .. }) = seen {
            certain &= !stmt.span.contains(site) || stmt.span.contains(other);
        }
    });
    certain
}

/// The names that a request reads as they were before the pass of the loop began.
fn needed(steps: &[Step], request: &Expr, site: Span) -> HashSet<String> {
    let mut needed = HashSet::new();
    if let ExprKind::Call(call) = &request.kind {
        call.args.iter().for_each(|arg| reads(&arg.value, &mut needed));
    }
    // The statement itself writes after it has read.
    for step in steps.iter().rev().filter(|step| step.span.start < site.start && !step.span.contains(site)) {
        if step.writes.iter().any(|name| needed.contains(name)) {
            if step.replaces {
                needed.retain(|name| !step.writes.contains(name));
            }
            needed.extend(step.reads.iter().cloned());
        }
    }
    needed
}

/// The names that hold an answer, or what is made of it.
fn tainted(steps: &[Step], site: Span) -> HashSet<String> {
    let mut tainted: HashSet<String> = HashSet::new();
    loop {
        let before = tainted.len();
        for step in steps {
            if step.span.contains(site) || step.reads.iter().any(|name| tainted.contains(name)) {
                tainted.extend(step.writes.iter().cloned());
            }
        }
        if tainted.len() == before {
            return tainted;
        }
    }
}

/// Whether the loop ends by what an answer says, or by the first one.
fn ends(body: &[Stmt], tainted: &HashSet<String>, site: Span) -> bool {
    fn block(stmts: &[Stmt], asked: Option<bool>, of_loop: bool, tainted: &HashSet<String>, site: Span) -> bool {
        stmts.iter().any(|stmt| {
            let speaks = |value: &Expr| {
                let mut read = HashSet::new();
                reads(value, &mut read);
                value.span.contains(site) || read.iter().any(|name| tainted.contains(name))
            };
            let after = stmt.span.start > site.start || stmt.span.contains(site);
            match &stmt.kind {
                // Without a condition before it the first answer is the last.
                StmtKind::Break => of_loop && after && asked.unwrap_or(true),
                StmtKind::Return(Some(value)) => after && speaks(value),
                StmtKind::If { test, then, otherwise } => {
                    let asked = Some(asked.unwrap_or(false) || speaks(test));
                    block(then, asked, of_loop, tainted, site) || block(otherwise, asked, of_loop, tainted, site)
                }
                StmtKind::Try { body, otherwise, .. } => {
                    block(body, asked, of_loop, tainted, site) || block(otherwise, asked, of_loop, tainted, site)
                }
                StmtKind::With { body, .. } => block(body, asked, of_loop, tainted, site),
                StmtKind::For { body, .. } | StmtKind::While { body, .. } => block(body, asked, false, tainted, site),
                _ => false,
            }
        })
    }
    block(body, None, true, tainted, site)
}

/// The simple statements of a block in their order.
fn collect(stmts: &[Stmt], always: bool, steps: &mut Vec<Step>) {
    for stmt in stmts {
        match &stmt.kind {
            StmtKind::If { then, otherwise, .. } => [then, otherwise].into_iter().for_each(|block| collect(block, false, steps)),
            StmtKind::For { target, iter, body, .. } => {
                let mut step = step(stmt.span, Some(iter), false);
                write(target, &mut step);
                // The span of its head: the call in the body is none of its own.
                steps.push(Step { span: target.span.join(iter.span), ..step });
                collect(body, false, steps);
            }
            StmtKind::While { body, .. } => collect(body, false, steps),
            StmtKind::With { items, body } => {
                for item in items {
                    let mut step = step(item.value.span, Some(&item.value), always);
                    item.target.iter().for_each(|target| write(target, &mut step));
                    steps.push(step);
                }
                collect(body, always, steps);
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                collect(body, always, steps);
                handlers.iter().for_each(|handler| collect(handler, false, steps));
                [otherwise, finally].into_iter().for_each(|block| collect(block, false, steps));
            }
            StmtKind::Match { cases, .. } => cases.iter().for_each(|case| collect(case, false, steps)),
            StmtKind::Assign { targets, value } => {
                let mut step = step(stmt.span, Some(value), always);
                for target in targets {
                    step.replaces &= !matches!(target.kind, ExprKind::Index { .. } | ExprKind::Slice { .. });
                    write(target, &mut step);
                }
                steps.push(step);
            }
            StmtKind::Augment { target, value, .. } => {
                let mut step = step(stmt.span, Some(value), false);
                reads(target, &mut step.reads);
                write(target, &mut step);
                steps.push(step);
            }
            StmtKind::Expr(value) => steps.push(changes(stmt.span, value)),
            _ => {}
        }
    }
}

fn step(span: Span, value: Option<&Expr>, replaces: bool) -> Step {
    let mut step = Step { span, reads: HashSet::new(), writes: HashSet::new(), replaces };
    value.into_iter().for_each(|value| reads(value, &mut step.reads));
    step
}

/// A statement that is one expression: `answers.append(answer)`.
fn changes(span: Span, value: &Expr) -> Step {
    let mut step = step(span, Some(value), false);
    find::visit_expr(value, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen
            && let ExprKind::Attribute { base, .. } = &call.callee.kind
            && find::called(&call.callee).is_some_and(|name| CHANGING.contains(&name))
        {
            write(base, &mut step);
        }
    });
    step
}

fn write(target: &Expr, step: &mut Step) {
    match &target.kind {
        ExprKind::Tuple(parts) | ExprKind::List(parts) => parts.iter().for_each(|part| write(part, step)),
        ExprKind::Index { base, .. } | ExprKind::Slice { base, .. } | ExprKind::Starred(base) => write(base, step),
        _ => step.writes.extend(variable(target)),
    }
}

/// The names that an expression reads.
fn reads(value: &Expr, found: &mut HashSet<String>) {
    find::visit_expr(value, &mut |seen| {
        if let Seen::Expr(one) = seen {
            found.extend(variable(one));
        }
    });
}

/// A variable: a name, or an attribute of the object itself. Attributes of others are theirs.
fn variable(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) if name != "self" && name != "this" => Some(name.clone()),
        ExprKind::Attribute { base, name } => match &base.kind {
            ExprKind::Name(own) if own == "self" || own == "this" => Some(format!("{own}.{name}")),
            ExprKind::Attribute { .. } | ExprKind::Name(_) => variable(base),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a clock is read before a request and its time taken after it, in the same block: how long an answer takes is what is asked.
pub fn is_timed(body: &[Stmt], site: Span) -> bool {
    let mut started: HashSet<String> = HashSet::new();
    let mut timed = false;
    let is_clock = |value: &Expr| {
        let ExprKind::Call(call) = &value.kind else { return false };
        let name = call.callee.dotted().unwrap_or_default();
        matches!(find::called(&call.callee), Some("perf_counter" | "perf_counter_ns" | "monotonic" | "process_time" | "default_timer"))
            || name == "time"
            || name == "time.time"
            || name == "time.time_ns"
            || name == "Date.now"
            || name == "performance.now"
            || name.ends_with("datetime.now")
    };
    find::visit_body(body, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, value }, span }) if span.start < site.start && is_clock(value) => {
            started.extend(targets.iter().filter_map(variable));
        }
        Seen::Expr(Expr { kind: ExprKind::Binary { op: syntax::BinaryOp::Sub, right, .. }, span }) if span.start > site.end => {
            timed |= variable(right).is_some_and(|name| started.contains(&name));
        }
        _ => {}
    });
    timed
}

/// Whether a place is one that runs only after something else has failed.
pub fn is_fallback(stmts: &[Stmt], site: Span) -> bool {
    let mut found = false;
    find::visit_body(stmts, &mut |seen| {
        if let Seen::Stmt(Stmt { kind: StmtKind::Try { handlers, .. }, .. }) = seen {
            found |= handlers.iter().flatten().any(|stmt| stmt.span.contains(site));
        }
    });
    found
}
