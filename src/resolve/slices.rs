//! What a slice leaves of a conversation, read off its bounds.

use crate::catalogue::names::words;
use crate::syntax::*;

/// Whether a slice takes all up to a place that was looked for in what it is taken of, or all but the last few: what goes on growing
/// at its beginning is not bounded by that (`messages[:-1]`, `messages.slice(0, messageIndex)`).
pub(super) fn keeps_beginning(lower: Option<&Expr>, upper: &Expr) -> bool {
    lower.is_none_or(|lower| matches!(lower.kind, ExprKind::Int(first) if first >= 0)) && is_found_place(upper)
}

fn is_found_place(end: &Expr) -> bool {
    match &end.kind {
        ExprKind::Negative(_) => true,
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => {
            words(name).last().is_some_and(|last| matches!(last.as_str(), "index" | "idx" | "position" | "pos"))
        }
        ExprKind::Conditional { then, otherwise, .. } => is_found_place(then) && is_found_place(otherwise),
        ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Sub, left, right } => {
            matches!(right.kind, ExprKind::Int(_)) && is_found_place(left)
        }
        _ => false,
    }
}
