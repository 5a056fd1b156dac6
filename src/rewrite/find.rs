//! Finding things in the syntax tree by where they stand.

use crate::span::Span;
use crate::syntax::{Comprehension, DictItem, Expr, ExprKind, Function, Module, Param, Piece, Stmt, StmtKind};

/// What a visit sees, outer things before inner ones.
pub enum Seen<'m> {
    Stmt(&'m Stmt),
    Expr(&'m Expr),
}

/// Shows every statement and expression of the module to `see`.
pub fn visit<'m>(module: &'m Module, see: &mut dyn FnMut(Seen<'m>)) {
    visit_body(&module.body, see);
}

/// Shows every statement and expression of a block to `see`.
pub fn visit_body<'m>(stmts: &'m [Stmt], see: &mut dyn FnMut(Seen<'m>)) {
    body(stmts, see);
}

/// Shows an expression and all that is in it to `see`.
pub fn visit_expr<'m>(one: &'m Expr, see: &mut dyn FnMut(Seen<'m>)) {
    expr(one, see);
}

fn body<'m>(stmts: &'m [Stmt], see: &mut dyn FnMut(Seen<'m>)) {
    for stmt in stmts {
        statement(stmt, see);
    }
}

fn function<'m>(function: &'m Function, see: &mut dyn FnMut(Seen<'m>)) {
    exprs(&function.decorators, see);
    params(&function.params, see);
    body(&function.body, see);
}

fn params<'m>(params: &'m [Param], see: &mut dyn FnMut(Seen<'m>)) {
    exprs(params.iter().filter_map(|param| param.default.as_ref()), see);
}

fn statement<'m>(stmt: &'m Stmt, see: &mut dyn FnMut(Seen<'m>)) {
    see(Seen::Stmt(stmt));
    match &stmt.kind {
        StmtKind::Expr(value) => expr(value, see),
        StmtKind::Assign { targets, value } => {
            exprs(targets, see);
            expr(value, see);
        }
        StmtKind::Augment { target, value, .. } => exprs([target, value], see),
        StmtKind::Return(value) | StmtKind::Raise(value) => exprs(value, see),
        StmtKind::If { test, then, otherwise } => {
            expr(test, see);
            body(then, see);
            body(otherwise, see);
        }
        StmtKind::For { target, iter, body: inner, otherwise, .. } => {
            exprs([target, iter], see);
            body(inner, see);
            body(otherwise, see);
        }
        StmtKind::While { test, body: inner, otherwise } => {
            expr(test, see);
            body(inner, see);
            body(otherwise, see);
        }
        StmtKind::With { items, body: inner } => {
            for item in items {
                expr(&item.value, see);
                exprs(&item.target, see);
            }
            body(inner, see);
        }
        StmtKind::Try { body: inner, handlers, otherwise, finally } => {
            body(inner, see);
            handlers.iter().for_each(|handler| body(handler, see));
            body(otherwise, see);
            body(finally, see);
        }
        StmtKind::Match { subject, cases } => {
            expr(subject, see);
            cases.iter().for_each(|case| body(case, see));
        }
        StmtKind::Function(inner) => function(inner, see),
        StmtKind::Class(class) => {
            exprs(&class.decorators, see);
            exprs(&class.bases, see);
            body(&class.body, see);
        }
        StmtKind::Delete(values) => exprs(values, see),
        StmtKind::Import(_) | StmtKind::Global(_) | StmtKind::Break | StmtKind::Continue | StmtKind::Opaque => {}
    }
}

fn exprs<'m>(all: impl IntoIterator<Item = &'m Expr>, see: &mut dyn FnMut(Seen<'m>)) {
    for one in all {
        expr(one, see);
    }
}

fn boxed<'m>(one: &'m Option<Box<Expr>>, see: &mut dyn FnMut(Seen<'m>)) {
    if let Some(one) = one {
        expr(one, see);
    }
}

fn comprehension<'m>(inner: &'m Comprehension, see: &mut dyn FnMut(Seen<'m>)) {
    expr(&inner.element, see);
    exprs(&inner.key, see);
    for clause in &inner.clauses {
        exprs([&clause.target, &clause.iter], see);
        exprs(&clause.conditions, see);
    }
}

fn expr<'m>(one: &'m Expr, see: &mut dyn FnMut(Seen<'m>)) {
    see(Seen::Expr(one));
    match &one.kind {
        ExprKind::Str(literal) => {
            for piece in &literal.pieces {
                if let Piece::Slot { expr: inner, .. } = piece {
                    expr(inner, see);
                }
            }
        }
        ExprKind::Attribute { base, .. } => expr(base, see),
        ExprKind::Index { base, index } => exprs([&**base, &**index], see),
        ExprKind::Slice { base, lower, upper, step } => {
            expr(base, see);
            boxed(lower, see);
            boxed(upper, see);
            boxed(step, see);
        }
        ExprKind::Call(call) => {
            expr(&call.callee, see);
            exprs(call.args.iter().map(|arg| &arg.value), see);
        }
        ExprKind::Binary { left, right, .. } | ExprKind::Compare { left, right, .. } => exprs([&**left, &**right], see),
        ExprKind::And(all)
        | ExprKind::Or(all)
        | ExprKind::List(all)
        | ExprKind::Tuple(all)
        | ExprKind::Set(all)
        | ExprKind::Opaque(all) => exprs(all, see),
        ExprKind::Not(inner) | ExprKind::Negative(inner) | ExprKind::Await(inner) | ExprKind::Starred(inner) => expr(inner, see),
        ExprKind::Conditional { test, then, otherwise } => exprs([&**test, &**then, &**otherwise], see),
        ExprKind::Dict(items) => {
            for item in items {
                match item {
                    DictItem::Entry { key, value } => exprs([key, value], see),
                    DictItem::Spread(value) => expr(value, see),
                }
            }
        }
        ExprKind::Comprehension(inner) => comprehension(inner, see),
        ExprKind::Lambda(lambda) => {
            params(&lambda.params, see);
            // What is one expression is no statement that others could stand beside.
            match lambda.as_expression() {
                Some(value) => expr(value, see),
                None => body(&lambda.body, see),
            }
        }
        ExprKind::Named { value, .. } => expr(value, see),
        ExprKind::Yield(value) => boxed(value, see),
        ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Null | ExprKind::Name(_) => {}
    }
}

/// The last name of what is called.
pub fn called(callee: &Expr) -> Option<&str> {
    match &callee.kind {
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => Some(name),
        _ => None,
    }
}

/// Whether the value at `span` is named by its key alone: `{ system }`.
pub fn is_shorthand(module: &Module, span: Span) -> bool {
    let mut found = false;
    visit(module, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Dict(items), .. }) = seen {
            found |= items.iter().any(|item| matches!(item, DictItem::Entry { key, value } if key.span == span && value.span == span));
        }
    });
    found
}

/// The outermost expression that stands exactly at `span`; a key that is its own value is the value.
pub fn expr_at(module: &Module, span: Span) -> Option<&Expr> {
    let mut found = None;
    visit(module, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Dict(items), .. }) = seen
            && found.is_none()
        {
            found = items.iter().find_map(|item| match item {
                DictItem::Entry { key, value } if key.span == span && value.span == span => Some(value),
                _ => None,
            });
        }
        if let Seen::Expr(one) = seen
            && found.is_none()
            && one.span == span
        {
            found = Some(one);
        }
    });
    found
}

/// The innermost string literal that holds `span`.
pub fn literal_around(module: &Module, span: Span) -> Option<&Expr> {
    let mut found = None;
    visit(module, &mut |seen| {
        if let Seen::Expr(one) = seen
            && matches!(one.kind, ExprKind::Str(_))
            && one.span.contains(span)
            && one.span != span
        {
            found = Some(one);
        }
    });
    found
}

/// The expression inside the slot that stands at `span` with its braces.
pub fn slot_expr(module: &Module, span: Span) -> Option<&Expr> {
    let mut found = None;
    visit(module, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Str(literal), .. }) = seen {
            for piece in &literal.pieces {
                if let Piece::Slot { expr, span: at, .. } = piece
                    && *at == span
                {
                    found = Some(expr);
                }
            }
        }
    });
    found
}

/// The innermost statement that holds `span`, and whether a lambda or comprehension stands between the two.
pub fn statement_around(module: &Module, span: Span) -> Option<(&Stmt, bool)> {
    let mut found: Option<(&Stmt, bool)> = None;
    visit(module, &mut |seen| match seen {
        Seen::Stmt(stmt) if stmt.span.contains(span) => found = Some((stmt, false)),
        Seen::Expr(one)
            if one.span.contains(span) && one.span != span && matches!(one.kind, ExprKind::Lambda(_) | ExprKind::Comprehension(_)) =>
        {
            if let Some((_, deferred)) = &mut found {
                *deferred = true;
            }
        }
        _ => {}
    });
    found
}

/// The innermost function that holds `span`, with or without a name.
pub fn function_around(module: &Module, span: Span) -> Option<&Function> {
    let mut found: Option<&Function> = None;
    visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Function(function), span: whole, .. }) if whole.contains(span) => found = Some(function),
        Seen::Expr(Expr { kind: ExprKind::Lambda(function), span: whole }) if whole.contains(span) => found = Some(function),
        _ => {}
    });
    found
}

/// What a name is bound to, if the module binds it once and only once, by a plain assignment.
pub fn bound_once<'m>(module: &'m Module, name: &str) -> Option<&'m Expr> {
    bound_once_in(&module.body, name)
}

/// What a name is bound to in a body, if that binds it once and only once, by a plain assignment.
pub fn bound_once_in<'m>(stmts: &'m [Stmt], name: &str) -> Option<&'m Expr> {
    let mut bindings = 0;
    let mut value_of = None;
    let names = |target: &Expr| matches!(&target.kind, ExprKind::Name(one) if one == name);
    visit_body(stmts, &mut |seen| {
        let Seen::Stmt(stmt) = seen else { return };
        match &stmt.kind {
            StmtKind::Assign { targets, value } if targets.iter().any(names) => {
                bindings += 1;
                value_of = Some(value);
            }
            StmtKind::Augment { target, .. } if names(target) => bindings += 2,
            StmtKind::For { target, .. } if names(target) => bindings += 2,
            StmtKind::Function(function) if function.params.iter().any(|param| param.name == name) => bindings += 2,
            StmtKind::With { items, .. } if items.iter().filter_map(|item| item.target.as_ref()).any(names) => bindings += 2,
            _ => {}
        }
    });
    if bindings == 1 { value_of } else { None }
}
