//! Python: tree-sitter's tree, lowered to the common syntax.

use tree_sitter::{Node, Parser, Tree};

use crate::span::Span;
use crate::syntax::{Expr, Module};

mod expressions;
mod statements;
mod strings;

pub use super::MAX_DEPTH;

/// Lowers a file. What the parser could not make sense of is listed in [`Module::errors`], the rest is still lowered.
pub fn parse(text: &str) -> Module {
    let Some(tree) = tree(text) else {
        return Module { errors: vec![Span::new(0, text.len())], ..Module::default() };
    };
    let mut lower = Lower::new(text, 0, text.len());
    let body = lower.block(tree.root_node(), 0);
    let (comments, damage) = survey(&lower, &tree);
    lower.errors.extend(damage);
    lower.errors.sort();
    lower.errors.dedup();
    Module { body, comments, errors: lower.errors, is_script: lower.is_script }
}

/// Lowers one expression, alone in `text`; spans are offsets into it. `None` if it is anything else or damaged.
pub fn parse_expression(text: &str) -> Option<Expr> {
    if text.trim().is_empty() {
        return None;
    }
    // In brackets an expression may span lines; the line break closes a comment at its end.
    let bracketed = format!("({text}\n)");
    let tree = tree(&bracketed)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let [statement] = children(root)[..] else { return None };
    let [outer] = children(statement)[..] else { return None };
    let whole = outer.start_byte() == 0 && outer.end_byte() == bracketed.len() && !children(outer).is_empty();
    if !whole || statement.kind() != "expression_statement" {
        return None;
    }
    let mut lower = Lower::new(&bracketed, 1, text.len());
    let expr = match outer.kind() {
        "parenthesized_expression" | "tuple" | "generator_expression" => lower.expr(outer, 0),
        _ => return None,
    };
    lower.errors.is_empty().then_some(expr)
}

fn tree(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// Every comment, and every place that the parser skipped or made up.
fn survey(lower: &Lower, tree: &Tree) -> (Vec<Span>, Vec<Span>) {
    let (mut comments, mut errors) = (Vec::new(), Vec::new());
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            errors.push(lower.span(node));
        } else if node.kind() == "comment" {
            // The grammar counts the carriage return of a line break in.
            let length = lower.slice(node).trim_end_matches('\r').len();
            comments.push(lower.span_of(node.start_byte(), node.start_byte() + length));
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return (comments, errors);
            }
        }
    }
}

/// The named children without comments.
fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !is_trivia(*child)).collect()
}

fn is_trivia(node: Node) -> bool {
    matches!(node.kind(), "comment" | "line_continuation")
}

/// Whether a token such as `,` or `async` stands directly in the node.
fn has_token(node: Node, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| !child.is_named() && child.kind() == token)
}

/// The state of one walk over a tree.
struct Lower<'t> {
    text: &'t str,
    /// Bytes that stand in `text` before what the caller knows.
    shift: usize,
    /// Length of what the caller knows.
    length: usize,
    errors: Vec<Span>,
    is_script: bool,
    /// A `yield` was seen in the function that is being lowered.
    yields: bool,
}

impl<'t> Lower<'t> {
    fn new(text: &'t str, shift: usize, length: usize) -> Self {
        Lower { text, shift, length, errors: Vec::new(), is_script: false, yields: false }
    }

    fn span_of(&self, start: usize, end: usize) -> Span {
        let clamp = |at: usize| at.saturating_sub(self.shift).min(self.length);
        Span::new(clamp(start), clamp(end.max(start)))
    }

    fn span(&self, node: Node) -> Span {
        self.span_of(node.start_byte(), node.end_byte())
    }

    fn slice(&self, node: Node) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    /// Notes a place that is nested too deeply to be lowered: it was not read, so the file must not be edited.
    fn too_deep(&mut self, node: Node) {
        let span = self.span(node);
        self.errors.push(span);
    }
}

#[cfg(test)]
mod tests;
