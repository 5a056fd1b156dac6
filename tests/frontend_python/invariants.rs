//! What must hold of every lowered tree, whatever was read.

use prompt_lint::span::Span;
use prompt_lint::syntax::*;

/// Panics with what does not hold.
pub fn check(text: &str, module: &Module) {
    let check = Check { text };
    let whole = Span::new(0, text.len());
    module.comments.iter().chain(&module.errors).for_each(|span| check.within(*span, whole));
    for comment in &module.comments {
        let comment = &text[comment.range()];
        // Of Python, of C, of markup in scripts.
        assert!(["#", "//", "/*", "<!--", "-->"].iter().any(|sign| comment.starts_with(sign)), "a comment begins with its sign");
    }
    check.block(&module.body, whole);
}

pub fn check_expr(text: &str, expr: &Expr) {
    Check { text }.expr(expr, Span::new(0, text.len()));
}

struct Check<'t> {
    text: &'t str,
}

impl Check<'_> {
    fn within(&self, span: Span, parent: Span) {
        assert!(span.start <= span.end, "{span:?} is turned round");
        assert!(self.text.get(span.range()).is_some(), "{span:?} is out of bounds or cuts a character");
        assert!(parent.contains(span), "{span:?} is not within {parent:?}");
    }

    fn block(&self, body: &[Stmt], parent: Span) {
        body.iter().for_each(|statement| self.statement(statement, parent));
    }

    fn all<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>, parent: Span) {
        exprs.into_iter().for_each(|expr| self.expr(expr, parent));
    }

    fn statement(&self, statement: &Stmt, parent: Span) {
        let span = statement.span;
        self.within(span, parent);
        match &statement.kind {
            StmtKind::Expr(value) => self.expr(value, span),
            StmtKind::Assign { targets, value } => self.all(targets.iter().chain([value]), span),
            StmtKind::Augment { target, value, .. } => self.all([target, value], span),
            StmtKind::Return(value) | StmtKind::Raise(value) => self.all(value, span),
            StmtKind::Delete(values) => self.all(values, span),
            StmtKind::If { test, then, otherwise } => {
                self.expr(test, span);
                self.block(then, span);
                self.block(otherwise, span);
            }
            StmtKind::For { target, iter, body, otherwise, .. } => {
                self.all([target, iter], span);
                self.block(body, span);
                self.block(otherwise, span);
            }
            StmtKind::While { test, body, otherwise } => {
                self.expr(test, span);
                self.block(body, span);
                self.block(otherwise, span);
            }
            StmtKind::With { items, body } => {
                items.iter().for_each(|item| self.all([&item.value].into_iter().chain(&item.target), span));
                self.block(body, span);
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                [body, otherwise, finally].into_iter().chain(handlers).for_each(|body| self.block(body, span));
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject, span);
                cases.iter().for_each(|case| self.block(case, span));
            }
            StmtKind::Function(function) => {
                self.within(function.name_span, function.span);
                self.within(function.span, span);
                self.params(&function.params, span);
                self.all(&function.decorators, span);
                self.block(&function.body, span);
            }
            StmtKind::Class(class) => {
                self.within(class.span, span);
                self.all(class.bases.iter().chain(&class.decorators), span);
                self.block(&class.body, span);
            }
            StmtKind::Import(_) | StmtKind::Global(_) | StmtKind::Break | StmtKind::Continue | StmtKind::Opaque => {}
        }
    }

    fn params(&self, params: &[Param], parent: Span) {
        for param in params {
            self.within(param.span, parent);
            self.all(&param.default, param.span);
        }
    }

    fn expr(&self, expr: &Expr, parent: Span) {
        let span = expr.span;
        self.within(span, parent);
        match &expr.kind {
            ExprKind::Str(literal) => self.string(literal, span),
            ExprKind::Attribute { base, .. } => self.expr(base, span),
            ExprKind::Index { base, index } => self.all([&**base, index], span),
            ExprKind::Slice { base, lower, upper, step } => {
                self.expr(base, span);
                [lower, upper, step].into_iter().flatten().for_each(|bound| self.expr(bound, span));
            }
            ExprKind::Call(call) => {
                self.expr(&call.callee, span);
                self.within(call.args_span, span);
                for arg in &call.args {
                    self.within(arg.span, call.args_span);
                    self.expr(&arg.value, arg.span);
                }
            }
            ExprKind::Binary { left, right, .. } | ExprKind::Compare { left, right, .. } => self.all([&**left, right], span),
            ExprKind::Conditional { test, then, otherwise } => self.all([&**test, then, otherwise], span),
            ExprKind::Dict(items) => items.iter().for_each(|item| match item {
                DictItem::Entry { key, value } => self.all([key, value], span),
                DictItem::Spread(value) => self.expr(value, span),
            }),
            ExprKind::And(items)
            | ExprKind::Or(items)
            | ExprKind::List(items)
            | ExprKind::Tuple(items)
            | ExprKind::Set(items)
            | ExprKind::Opaque(items) => self.all(items, span),
            ExprKind::Comprehension(inner) => {
                self.all([&inner.element].into_iter().chain(&inner.key), span);
                for clause in &inner.clauses {
                    self.all([&clause.target, &clause.iter].into_iter().chain(&clause.conditions), span);
                }
            }
            ExprKind::Lambda(lambda) => {
                self.params(&lambda.params, span);
                self.block(&lambda.body, span);
            }
            ExprKind::Not(inner) | ExprKind::Negative(inner) | ExprKind::Await(inner) | ExprKind::Starred(inner) => {
                self.expr(inner, span);
            }
            ExprKind::Named { value, .. } => self.expr(value, span),
            ExprKind::Yield(inner) => self.all(inner.as_deref(), span),
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Null | ExprKind::Name(_) => {}
        }
    }

    fn string(&self, literal: &StrLit, parent: Span) {
        for token in &literal.tokens {
            self.within(token.span, parent);
            self.within(token.content, token.span);
        }
        let mut last = parent.start;
        for piece in &literal.pieces {
            let span = match piece {
                Piece::Text { text, span, verbatim } => {
                    if *verbatim {
                        assert_eq!(&self.text[span.range()], text, "a verbatim piece is its source");
                        assert!(!text.is_empty());
                    }
                    *span
                }
                Piece::Slot { expr, span, .. } => {
                    self.expr(expr, *span);
                    *span
                }
            };
            assert!(literal.tokens.iter().any(|token| token.content.contains(span)), "{span:?} lies in no token");
            assert!(last <= span.start, "pieces are in the order of the source");
            last = span.end;
        }
    }
}
