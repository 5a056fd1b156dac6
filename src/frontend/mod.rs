//! Host languages: each lowers its syntax tree to the common one in [`crate::syntax`].

use crate::span::Span;
use crate::syntax::{BinaryOp, Expr, ExprKind};

pub mod javascript;
pub mod notebook;
pub mod python;

/// How deep a lowered tree may be. CPython itself stops at 100 indents and 200 brackets; what lies deeper is opaque, so
/// that neither lowering nor anything that walks or drops the tree can overflow a stack.
pub const MAX_DEPTH: usize = 200;

/// A long sum as a tree of little depth: adding texts or lists is associative.
fn balanced(mut terms: Vec<(Expr, Span)>) -> (Expr, Span) {
    if terms.len() <= 1 {
        return terms.pop().unwrap_or((Expr::opaque(Vec::new(), Span::default()), Span::default()));
    }
    let right = balanced(terms.split_off(terms.len() / 2));
    let left = balanced(terms);
    let span = left.1.join(right.1);
    let kind = ExprKind::Binary { op: BinaryOp::Add, left: Box::new(left.0), right: Box::new(right.0) };
    (Expr { kind, span }, span)
}
