//! What runs around a call: the loop over items that calls its function, and the text that a loop adds to a conversation on every turn.

use crate::catalogue::{Model, Wording};
use crate::model::call::{Call, HistoryState, LoopKind};
use crate::model::facts::{Fact, Record};
use crate::model::prompt::{Confidence, SizeClass, Slot};
use crate::project::Project;
use crate::rewrite::find::{self, Seen};
use crate::span::{Place, Span};
use crate::syntax::{self, ArgKind, BinaryOp, DictItem, Expr, ExprKind, Function, Module, Piece, Stmt, StmtKind};
use crate::tokens;

use super::arguments::{names, origin};

/// The loop over items, in the same file, that calls the function in which the call stands. A loop further out may be one over anything.
pub fn over_items(project: &Project, call: &Call<'_>) -> Option<OverItems> {
    if call.repetition.kind != LoopKind::None {
        return None;
    }
    let module = project.module(call.place.file);
    let (name, function) = function_name(module, call.place.span)?;
    sites(module, name, function).iter().find_map(|site| Some(OverItems { at: loop_around(module, site)?, site: site.whole }))
}

/// A loop over items, and where it has the function called.
pub struct OverItems {
    pub at: Span,
    pub site: Span,
}

/// The innermost function with a name that holds `inner`, and where it is written.
fn function_name(module: &Module, inner: Span) -> Option<(&str, Span)> {
    let mut found = None;
    find::visit(module, &mut |seen| {
        let Seen::Stmt(stmt) = seen else { return };
        match &stmt.kind {
            StmtKind::Function(function) if function.span.contains(inner) => found = Some((function.name.as_str(), function.span)),
            StmtKind::Assign { targets, value: Expr { kind: ExprKind::Lambda(_), span } } if span.contains(inner) => {
                if let Some(ExprKind::Name(name)) = targets.first().map(|target| &target.kind) {
                    found = Some((name.as_str(), *span));
                }
            }
            _ => {}
        }
    });
    found
}

/// One place that has the function called.
struct Site<'m> {
    whole: Span,
    given: Vec<&'m Expr>,
    /// `map(function, items)` calls it for each item by itself.
    maps: bool,
}

/// The places outside a function that have it called: by its name, as a method of `self`, or handed to a pool of threads.
fn sites<'m>(module: &'m Module, name: &str, function: Span) -> Vec<Site<'m>> {
    let is_it = |expr: &Expr| match &expr.kind {
        ExprKind::Name(one) => one == name && is_meant(module, name, function, expr.span),
        ExprKind::Attribute { base, name: one } => {
            one == name && matches!(&base.kind, ExprKind::Name(base) if base == "self" || base == "this")
        }
        _ => false,
    };
    let mut found = Vec::new();
    find::visit(module, &mut |seen| {
        let Seen::Expr(Expr { kind: ExprKind::Call(call), span }) = seen else { return };
        if function.contains(*span) {
            return;
        }
        let all = || call.args.iter().map(|arg| &arg.value);
        if is_it(&call.callee) {
            found.push(Site { whole: *span, given: all().collect(), maps: false });
            return;
        }
        let called = match &call.callee.kind {
            ExprKind::Attribute { name, .. } | ExprKind::Name(name) => name.as_str(),
            _ => return,
        };
        match call.args.first() {
            Some(first) if is_it(&first.value) => match called {
                "submit" | "to_thread" | "apply_async" => found.push(Site { whole: *span, given: all().skip(1).collect(), maps: false }),
                "map" | "imap" | "imap_unordered" | "starmap" => found.push(Site { whole: *span, given: Vec::new(), maps: true }),
                _ => {}
            },
            _ => {}
        }
    });
    found
}

/// Whether a name stands for this function where it is read: a function that is written again under its name replaces the one before.
fn is_meant(module: &Module, name: &str, function: Span, read: Span) -> bool {
    let mut defined: Vec<Span> = Vec::new();
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Function(one), .. }) if one.name == name => defined.push(one.span),
        _ => {}
    });
    let at_top = find::function_around(module, read).is_none();
    let last = defined.into_iter().rfind(|one| !at_top || one.start < read.start);
    last.is_none_or(|last| last == function)
}

/// The innermost loop around a place, if it runs over items of which one is handed on there.
fn loop_around(module: &Module, site: &Site<'_>) -> Option<Span> {
    if site.maps {
        return Some(site.whole);
    }
    let mut given = Vec::new();
    site.given.iter().for_each(|value| names(value, &mut given));
    let words = Wording::builtin();
    let is_item = |target: &Expr, iter: &Expr| {
        let (mut targets, mut over) = (Vec::new(), Vec::new());
        names(target, &mut targets);
        names(iter, &mut over);
        let counts = matches!(&iter.kind, ExprKind::Call(call) if matches!(&call.callee.kind, ExprKind::Name(name) if name == "range"));
        !counts && targets.iter().any(|name| given.contains(name)) && !over.iter().any(|name| words.is_no_item(name))
    };
    let home = find::function_around(module, site.whole).map(|function| function.span);
    let mut found: Option<Option<Span>> = None;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(stmt) if stmt.span.contains(site.whole) && stmt.span != site.whole => match &stmt.kind {
            StmtKind::For { target, iter, body, .. } if body.iter().any(|stmt| stmt.span.contains(site.whole)) => {
                found = Some(is_item(target, iter).then(|| target.span.join(iter.span)));
            }
            StmtKind::While { .. } => found = Some(None),
            // What a loop defines it does not run, and what it returns ends it.
            StmtKind::Function(_) | StmtKind::Return(_) => found = None,
            _ => {}
        },
        Seen::Expr(Expr { kind: ExprKind::Comprehension(made), span }) if made.element.span.contains(site.whole) => {
            let clause = made.clauses.iter().find(|clause| is_item(&clause.target, &clause.iter));
            found = Some(clause.map(|_| *span));
        }
        // `pages.map((page) => summarise(page))`
        Seen::Expr(Expr { kind: ExprKind::Call(call), span }) if call.args_span.contains(site.whole) => {
            let maps = matches!(&call.callee.kind, ExprKind::Attribute { name, .. } if name == "map" || name == "flatMap");
            if let Some(ExprKind::Lambda(lambda)) = call.args.first().filter(|_| maps).map(|arg| &arg.value.kind)
                && lambda.span.contains(site.whole)
                && home == Some(lambda.span)
            {
                let takes = lambda.params.first().is_some_and(|param| given.contains(&param.name));
                found = Some(takes.then_some(*span));
            }
        }
        _ => {}
    });
    found.flatten()
}

/// The static text that a loop around the call adds to the conversation on every turn, and that is sent again with all turns after it.
pub fn said_each_turn(project: &Project, call: &Call<'_>, model: Option<&Model>) -> Fact {
    let grows = matches!(call.history.state, HistoryState::Unbounded | HistoryState::Sliding);
    if !grows || call.repetition.kind != LoopKind::Interactive {
        return Fact::absent();
    }
    let module = project.module(call.place.file);
    let mut around: Option<&[Stmt]> = None;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::While { body, .. } | StmtKind::For { body, .. }, span }) if span.contains(call.place.span) => {
            around = Some(body);
        }
        Seen::Stmt(Stmt { kind: StmtKind::Function(Function { span, .. }), .. }) if span.contains(call.place.span) => around = None,
        _ => {}
    });
    let Some(body) = around else { return Fact::absent() };
    let mut given = Vec::new();
    if let Some(Expr { kind: ExprKind::Call(call), .. }) = find::expr_at(module, call.place.span) {
        call.args.iter().for_each(|arg| names(&arg.value, &mut given));
    }
    let history = call.anchors.history_name.as_deref();
    let mut said: Option<(Span, String)> = None;
    always(body, &mut |stmt| {
        let value = match &stmt.kind {
            StmtKind::Augment { target: Expr { kind: ExprKind::Name(name), .. }, op: BinaryOp::Add, value }
                if given.contains(name) && !matches!(value.kind, ExprKind::List(_)) =>
            {
                Some(value)
            }
            StmtKind::Expr(Expr { kind: ExprKind::Call(adds), .. }) => said_by(adds, history),
            _ => None,
        };
        let Some(value) = value else { return };
        let mut text = String::new();
        static_text(module, value, &mut text, 0);
        if said.as_ref().is_none_or(|(_, known)| known.len() < text.len()) {
            said = Some((value.span, text));
        }
    });
    let Some((span, text)) = said.filter(|(_, text)| !text.trim().is_empty()) else { return Fact::absent() };
    let tokens = tokens::count_for(&text, model).tokens;
    let start: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(50).collect();
    let fields = [("tokens", Fact::number(tokens as f64)), ("start", Fact::text(start))];
    Fact::record(Record { place: Some(Place::new(call.place.file, span)), fields: fields.into_iter().collect() })
}

/// The statements that run on every turn: those of no branch.
fn always<'m>(stmts: &'m [Stmt], see: &mut dyn FnMut(&'m Stmt)) {
    for stmt in stmts {
        see(stmt);
        match &stmt.kind {
            StmtKind::With { body, .. } | StmtKind::Try { body, .. } => always(body, see),
            _ => {}
        }
    }
}

/// The content of the system or user message that `history.append({…})` or `history.push({…})` adds.
fn said_by<'m>(adds: &'m syntax::Call, history: Option<&str>) -> Option<&'m Expr> {
    let ExprKind::Attribute { base, name } = &adds.callee.kind else { return None };
    if !matches!(name.as_str(), "append" | "push") || base.dotted().as_deref() != history {
        return None;
    }
    let first = adds.args.first().filter(|arg| arg.kind == ArgKind::Positional)?;
    let ExprKind::Dict(items) = &first.value.kind else { return None };
    let at = |wanted: &str| {
        items.iter().find_map(|item| match item {
            DictItem::Entry { key, value } if key.as_text().as_deref() == Some(wanted) => Some(value),
            _ => None,
        })
    };
    let role = at("role")?.as_text()?;
    if role == "system" || role == "user" { at("content") } else { None }
}

/// What of an expression's text stands in the source.
fn static_text(module: &Module, value: &Expr, text: &mut String, depth: usize) {
    if depth > 6 {
        return;
    }
    match &value.kind {
        ExprKind::Str(literal) => literal.pieces.iter().for_each(|piece| match piece {
            Piece::Text { text: part, .. } => text.push_str(part),
            Piece::Slot { expr, .. } => static_text(module, expr, text, depth + 1),
        }),
        ExprKind::Binary { op: BinaryOp::Add, left, right } => {
            [left, right].into_iter().for_each(|one| static_text(module, one, text, depth + 1))
        }
        ExprKind::Name(_) => {
            let bound = origin(module, value);
            if !std::ptr::eq(bound, value) {
                static_text(module, bound, text, depth + 1);
            }
        }
        _ => {}
    }
}

/// The loop without an end, and without a count of its turns, in which a model with tools is called.
pub fn endless(project: &Project, call: &Call<'_>) -> Option<Place> {
    let module = project.module(call.place.file);
    let mut found: Option<(Span, &[Stmt])> = None;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::While { test, body, .. }, span }) if span.contains(call.place.span) => {
            let endless = matches!(test.kind, ExprKind::Bool(true) | ExprKind::Int(1));
            found = endless.then_some((test.span, body.as_slice()));
        }
        Seen::Stmt(Stmt { kind: StmtKind::For { .. } | StmtKind::Function(_), span }) if span.contains(call.place.span) => found = None,
        _ => {}
    });
    let (test, body) = found?;
    let mut counts = matches!(body.last(), Some(Stmt { kind: StmtKind::Break | StmtKind::Return(_), .. }));
    find::visit_body(body, &mut |seen| match seen {
        // A count of steps, and of tokens or money that may run out.
        Seen::Stmt(Stmt { kind: StmtKind::Augment { op: BinaryOp::Add | BinaryOp::Sub, value, .. }, .. }) => {
            counts |= !matches!(value.kind, ExprKind::Str(_) | ExprKind::List(_));
        }
        // Somebody is asked, or the next piece of work is waited for.
        Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) => {
            let name = find::called(&call.callee).unwrap_or_default();
            counts |= crate::catalogue::names::words(name).iter().any(|word| Wording::builtin().is_wait(word));
        }
        // `if len(messages) > most: break`
        Seen::Expr(Expr { kind: ExprKind::Compare { op, .. }, .. }) => {
            use syntax::CompareOp::{Greater, GreaterEqual, Less, LessEqual};
            counts |= matches!(op, Greater | GreaterEqual | Less | LessEqual);
        }
        // A request that ends the loop with its answer is sent again only when it failed.
        Seen::Stmt(Stmt { kind: StmtKind::Return(Some(value)), .. }) => counts |= value.span.contains(call.place.span),
        _ => {}
    });
    (!counts).then(|| Place::new(call.place.file, test))
}

/// The document that goes into the prompt of each item of a loop, where the item is something else: `document` in
/// `for chunk in chunks: ask(document, chunk)`.
pub fn document_again<'r>(project: &Project, call: &Call<'_>, slots: &[&'r Slot]) -> Option<&'r Slot> {
    let module = project.module(call.place.file);
    let mut bound: Option<Vec<String>> = None;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::For { target, body, .. }, span }) if span.contains(call.place.span) => {
            let mut own = Vec::new();
            names(target, &mut own);
            find::visit_body(body, &mut |seen| match seen {
                Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, .. }, .. }) => {
                    targets.iter().for_each(|target| names(target, &mut own))
                }
                Seen::Stmt(Stmt { kind: StmtKind::Augment { target, .. } | StmtKind::For { target, .. }, .. }) => names(target, &mut own),
                Seen::Stmt(Stmt { kind: StmtKind::With { items, .. }, .. }) => {
                    items.iter().filter_map(|item| item.target.as_ref()).for_each(|target| names(target, &mut own));
                }
                _ => {}
            });
            bound.get_or_insert_default().extend(own);
        }
        Seen::Expr(Expr { kind: ExprKind::Comprehension(made), span }) if span.contains(call.place.span) => {
            let own = bound.get_or_insert_default();
            made.clauses.iter().for_each(|clause| names(&clause.target, own));
        }
        Seen::Stmt(Stmt { kind: StmtKind::Function(function), .. }) if function.span.contains(call.place.span) => bound = None,
        _ => {}
    });
    let bound = bound?;
    let named = |slot: &Slot| -> Option<Vec<String>> {
        let place = slot.expr.or(slot.place).filter(|place| place.file == call.place.file)?;
        let expr = find::slot_expr(module, place.span).or_else(|| find::expr_at(module, place.span))?;
        let mut found = Vec::new();
        names(expr, &mut found);
        Some(found)
    };
    let of_item = |slot: &Slot| named(slot).is_some_and(|names| names.iter().any(|name| bound.contains(name)));
    let document = slots.iter().find(|slot| {
        slot.size == SizeClass::Document
            && !slot.limited
            && slot.size_confidence >= Confidence::Medium
            && named(slot).is_some_and(|names| !names.is_empty() && !names.iter().any(|name| bound.contains(name)))
    })?;
    slots.iter().any(|slot| of_item(slot)).then_some(*document)
}
