//! Template languages: each parses its text into nodes with spans, without knowing where the values come from.

use crate::span::Span;

pub mod format;
pub mod jinja;
pub mod kind;
pub mod poml;
pub mod tags;

/// A parsed template: its nodes in the order of the text. All spans are offsets into the template's text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Template {
    pub nodes: Vec<Node>,
    /// Comments (`{# … #}`), which are never sent.
    pub comments: Vec<Span>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `verbatim` when the text equals the template's source at `span` byte for byte (an escape such as `{{` in
    /// `str.format` is not).
    Text { text: String, span: Span, verbatim: bool },
    /// A value goes in here. `span` is the slot with its braces.
    Slot { value: Value, span: Span },
    /// `{% for target in over %} body {% endfor %}`; `span` from the opening to the end of the closing tag.
    Loop { targets: Vec<String>, over: Value, body: Vec<Node>, span: Span },
    /// One arm for each `if`, `elif` and `else` (an empty last arm if there is no `else`).
    Branch { tests: Vec<Value>, arms: Vec<Vec<Node>>, span: Span },
    /// `{% set name = value %}`, or a block `{% set name %}…{% endset %}` with its body.
    Set { name: String, value: Option<Value>, body: Vec<Node>, span: Span },
    /// `{% include "a.j2" %}`: the literal name if there is one.
    Include { name: Option<String>, span: Span },
    /// `{% extends "a.j2" %}`
    Extends { name: Option<String>, span: Span },
    /// `{% block name %}…{% endblock %}`
    Block { name: String, body: Vec<Node>, span: Span },
    /// `{% macro name(params) %}…{% endmacro %}`
    Macro { name: String, params: Vec<String>, body: Vec<Node>, span: Span },
    /// `{% import "a.j2" as name %}` and `{% from … import … %}`: (module name, names bound here)
    Import { name: Option<String>, bound: Vec<String>, span: Span },
}

/// What stands in a slot: a path of names with what was done to it, as far as it can be said without evaluating.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The expression without braces, as written.
    pub span: Span,
    pub kind: ValueKind,
    /// Filters and methods in the order applied: `upper`, `tojson`, `truncate`.
    pub filters: Vec<String>,
    /// `[:n]`, `[-n:]`, `truncate`, `batch(…) | first` or their like stand in it; the literal bound if there is one.
    pub slice: Option<Slice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// From the end (`[-n:]`).
    pub from_end: bool,
    pub bound: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ValueKind {
    /// `user.name`, `items[0].title` (as `items[].title`): the dotted path.
    Path(Vec<String>),
    /// A literal, rendered.
    Literal(String),
    /// A call of a function or macro: its dotted name, and the values of its arguments.
    Call { name: Vec<String>, args: Vec<Value> },
    /// Several values joined or chosen from (`a ~ b`, `a if c else b`, `a or b`, `a + b`).
    Mixed(Vec<Value>),
}

impl Node {
    pub fn span(&self) -> Span {
        match self {
            Node::Text { span, .. }
            | Node::Slot { span, .. }
            | Node::Loop { span, .. }
            | Node::Branch { span, .. }
            | Node::Set { span, .. }
            | Node::Include { span, .. }
            | Node::Extends { span, .. }
            | Node::Block { span, .. }
            | Node::Macro { span, .. }
            | Node::Import { span, .. } => *span,
        }
    }

    /// Moves the node and all in it by so many bytes: of a template that stands in the middle of a file.
    pub fn shift(&mut self, by: u32) {
        let shift = |span: &mut Span| *span = Span { start: span.start + by, end: span.end + by };
        match self {
            Node::Text { span, .. } | Node::Include { span, .. } | Node::Extends { span, .. } | Node::Import { span, .. } => shift(span),
            Node::Slot { value, span } => {
                shift(span);
                value.shift(by);
            }
            Node::Loop { over, body, span, .. } => {
                shift(span);
                over.shift(by);
                body.iter_mut().for_each(|node| node.shift(by));
            }
            Node::Branch { tests, arms, span } => {
                shift(span);
                tests.iter_mut().for_each(|test| test.shift(by));
                arms.iter_mut().flatten().for_each(|node| node.shift(by));
            }
            Node::Set { value, body, span, .. } => {
                shift(span);
                value.iter_mut().for_each(|value| value.shift(by));
                body.iter_mut().for_each(|node| node.shift(by));
            }
            Node::Block { body, span, .. } | Node::Macro { body, span, .. } => {
                shift(span);
                body.iter_mut().for_each(|node| node.shift(by));
            }
        }
    }
}

impl Value {
    fn shift(&mut self, by: u32) {
        self.span = Span { start: self.span.start + by, end: self.span.end + by };
        match &mut self.kind {
            ValueKind::Call { args, .. } => args.iter_mut().for_each(|arg| arg.shift(by)),
            ValueKind::Mixed(parts) => parts.iter_mut().for_each(|part| part.shift(by)),
            ValueKind::Path(_) | ValueKind::Literal(_) => {}
        }
    }
}

/// From the first to the last of the nodes.
pub fn extent(nodes: &[Node]) -> Span {
    nodes.iter().map(Node::span).reduce(Span::join).unwrap_or_default()
}
