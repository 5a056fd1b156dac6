//! TypeScript, TSX and JavaScript: tree-sitter's trees, lowered to the common syntax.
//!
//! Some things have no counterpart in that syntax and are lowered to what they mean:
//! - A constructor is called `__init__`; it and every other method have an explicit first parameter `this`. Initialised
//!   fields are assignments at its start, and `super(…)` calls `super().__init__`. Static methods, getters and setters are
//!   decorated `classmethod`, `property` and `name.setter`.
//! - `const f = () => …` is a function named `f`, a pattern is one assignment for each name in it. What a pattern takes apart
//!   gets a name that no source can hold (`#` and its offset).
//! - What a module exports by default is bound to `default`; how imports look stands at [`crate::syntax::Import`].
//! - `undefined` is null, `??` is `or`, and a loop that counts up is a loop over `range`.

use tree_sitter::{Node, Parser, Tree};

use crate::span::Span;
use crate::syntax::{Expr, Module};

mod classes;
mod expressions;
mod functions;
mod modules;
mod patterns;
mod statements;
mod strings;

use super::MAX_DEPTH;

/// Which grammar a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// With JSX.
    JavaScript,
    TypeScript,
    /// TypeScript with JSX, where `<T>x` is no assertion.
    Tsx,
}

impl Dialect {
    /// By the end of the name; JavaScript for any other.
    pub fn of(path: &str) -> Dialect {
        let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        match ending.as_str() {
            "ts" | "mts" | "cts" => Dialect::TypeScript,
            "tsx" => Dialect::Tsx,
            _ => Dialect::JavaScript,
        }
    }
}

/// Lowers a file. What the parser could not make sense of is listed in [`Module::errors`], the rest is still lowered.
pub fn parse(text: &str, dialect: Dialect) -> Module {
    let Some(tree) = tree(text, dialect) else {
        return Module { errors: vec![Span::new(0, text.len())], ..Module::default() };
    };
    let mut lower = Lower::new(text, 0, text.len());
    let body = lower.program(tree.root_node());
    let (comments, damage) = survey(&lower, &tree);
    lower.errors.extend(damage);
    lower.errors.sort();
    lower.errors.dedup();
    Module { body, comments, errors: lower.errors, is_script: lower.is_script }
}

/// Lowers one expression, alone in `text`; spans are offsets into it. `None` if it is anything else or damaged.
pub fn parse_expression(text: &str, dialect: Dialect) -> Option<Expr> {
    if text.trim().is_empty() {
        return None;
    }
    // In brackets braces are an object, and the line break closes a comment at the end.
    let bracketed = format!("({text}\n)");
    let tree = tree(&bracketed, dialect)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let [statement] = children(root)[..] else { return None };
    let [outer] = children(statement)[..] else { return None };
    let whole = outer.start_byte() == 0 && outer.end_byte() == bracketed.len() && !children(outer).is_empty();
    if !whole || statement.kind() != "expression_statement" || outer.kind() != "parenthesized_expression" {
        return None;
    }
    let mut lower = Lower::new(&bracketed, 1, text.len());
    let expr = lower.expr(outer, 0);
    lower.errors.is_empty().then_some(expr)
}

fn tree(text: &str, dialect: Dialect) -> Option<Tree> {
    let mut parser = Parser::new();
    let language = match dialect {
        Dialect::JavaScript => tree_sitter_javascript::LANGUAGE,
        Dialect::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        Dialect::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
    };
    parser.set_language(&language.into()).ok()?;
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
        } else if matches!(node.kind(), "comment" | "html_comment" | "hash_bang_line") {
            // A comment may take the carriage return of its line break in, and behind damage the blanks before it.
            let written = lower.slice(node);
            let sign = written.find(['/', '<', '-', '#']).unwrap_or(0);
            let length = written.trim_end_matches('\r').len().max(sign);
            comments.push(lower.span_of(node.start_byte() + sign, node.start_byte() + length));
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
    matches!(node.kind(), "comment" | "html_comment" | "hash_bang_line")
}

/// Whether a token such as `?.` or `async` stands directly in the node.
fn has_token(node: Node, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| !child.is_named() && child.kind() == token)
}

/// The expression inside brackets and notes for the type checker.
fn unwrap(mut node: Node<'_>) -> Node<'_> {
    loop {
        let inner = match node.kind() {
            "parenthesized_expression" | "as_expression" | "satisfies_expression" | "non_null_expression" | "instantiation_expression" => {
                children(node).into_iter().next()
            }
            "type_assertion" => children(node).into_iter().next_back(),
            _ => None,
        };
        match inner {
            Some(inner) if !inner.is_error() => node = inner,
            _ => return node,
        }
    }
}

/// The end of the last token that is no comment.
fn last_byte(node: Node<'_>) -> usize {
    if node.has_error() {
        // What was skipped may end in anything.
        return node.end_byte();
    }
    let mut cursor = node.walk();
    while cursor.goto_last_child() {
        while is_trivia(cursor.node()) || cursor.node().byte_range().is_empty() {
            if !cursor.goto_previous_sibling() {
                return cursor.node().end_byte();
            }
        }
    }
    cursor.node().end_byte()
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

    /// Of a statement: up to its last token. Where no semicolon ends it, the grammar takes a comment behind it in.
    fn statement_span(&self, node: Node) -> Span {
        self.span_of(node.start_byte(), last_byte(node))
    }

    /// The empty span where a node begins.
    fn start(&self, node: Node) -> Span {
        self.span_of(node.start_byte(), node.start_byte())
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
