//! Patterns that take a value apart, as one assignment for each name.

use tree_sitter::Node;

use crate::span::Span;
use crate::syntax::*;

use super::{Lower, MAX_DEPTH, children, unwrap};

/// Where in a value a part of it stands.
#[derive(Clone)]
pub(super) enum Step {
    Field(String),
    Item(i64),
    /// Somewhere that is computed.
    Somewhere,
}

/// The way from a name to a part of its value.
#[derive(Clone)]
pub(super) struct Path {
    root: String,
    steps: Vec<Step>,
}

impl Path {
    pub(super) fn name(root: &str) -> Path {
        Path { root: root.to_string(), steps: Vec::new() }
    }

    /// The way that an expression of names only goes.
    fn of(expr: &Expr) -> Option<Path> {
        match &expr.kind {
            ExprKind::Name(name) => Some(Path::name(name)),
            ExprKind::Attribute { base, name } => Some(Path::of(base)?.then(Step::Field(name.clone()))),
            _ => None,
        }
    }

    fn then(mut self, step: Step) -> Path {
        self.steps.push(step);
        self
    }

    /// The expression that goes this way, as if it were written at `span`.
    fn read(&self, span: Span) -> Expr {
        let mut expr = Expr { kind: ExprKind::Name(self.root.clone()), span };
        for step in &self.steps {
            let base = Box::new(expr);
            let kind = match step {
                Step::Field(name) => ExprKind::Attribute { base, name: name.clone() },
                Step::Item(at) => ExprKind::Index { base, index: Box::new(Expr { kind: ExprKind::Int(*at), span }) },
                Step::Somewhere => ExprKind::Opaque(vec![*base]),
            };
            expr = Expr { kind, span };
        }
        expr
    }
}

impl<'t> Lower<'t> {
    /// `pattern = value`, within `span`.
    pub(super) fn assign(&mut self, pattern: Node<'_>, value: Expr, span: Span, depth: usize, out: &mut Vec<Stmt>) {
        let pattern = unwrap(pattern);
        if !is_pattern(pattern) {
            let target = self.expr(pattern, depth + 1);
            out.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span });
            return;
        }
        if let Some(target) = self.tuple(pattern, depth) {
            out.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span });
            return;
        }
        let path = match Path::of(&value) {
            Some(path) if path.steps.len() < 8 => path,
            _ => {
                let name = part_name(pattern);
                let target = Expr { kind: ExprKind::Name(name.clone()), span: self.span(pattern) };
                out.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span });
                Path::name(&name)
            }
        };
        self.bind(pattern, path, depth + 1, out);
    }

    /// A target of a loop or parameter: the name itself, or one of its own whose parts are assigned in `out`.
    pub(super) fn target(&mut self, pattern: Node<'_>, depth: usize, out: &mut Vec<Stmt>) -> Expr {
        let pattern = unwrap(pattern);
        if !is_pattern(pattern) {
            return self.expr(pattern, depth + 1);
        }
        if let Some(target) = self.tuple(pattern, depth) {
            return target;
        }
        let name = part_name(pattern);
        self.bind(pattern, Path::name(&name), depth + 1, out);
        Expr { kind: ExprKind::Name(name), span: self.span(pattern) }
    }

    /// `[a, b]` of plain names only.
    fn tuple(&mut self, pattern: Node<'_>, depth: usize) -> Option<Expr> {
        let parts = children(pattern);
        let commas = self.slice(pattern).matches(',').count();
        let plain =
            pattern.kind() == "array_pattern" && parts.iter().all(|part| part.kind() == "identifier") && commas < parts.len().max(1);
        plain.then(|| {
            let names = parts.into_iter().map(|part| self.expr(part, depth + 2)).collect();
            Expr { kind: ExprKind::Tuple(names), span: self.span(pattern) }
        })
    }

    /// Assigns what lies at the end of `path` to each name of the pattern.
    pub(super) fn bind(&mut self, pattern: Node<'_>, path: Path, depth: usize, out: &mut Vec<Stmt>) {
        // Each level of the pattern lengthens the way, and so the tree that reads it.
        if depth + path.steps.len() >= MAX_DEPTH {
            self.too_deep(pattern);
            return;
        }
        match pattern.kind() {
            "object_pattern" => {
                for part in children(pattern) {
                    self.bind_field(part, &path, depth, out);
                }
            }
            "array_pattern" => self.bind_items(pattern, &path, depth, out),
            "assignment_pattern" | "object_assignment_pattern" => {
                let (Some(left), Some(right)) = (pattern.child_by_field_name("left"), pattern.child_by_field_name("right")) else { return };
                if is_pattern(left) {
                    self.bind(left, path, depth + 1, out);
                    return;
                }
                let default = self.expr(right, depth + 2);
                let span = self.span(pattern);
                let value = Expr { kind: ExprKind::Or(vec![path.read(self.span(left)), default]), span };
                let target = self.expr(left, depth + 1);
                out.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span });
            }
            _ => {
                let target = self.expr(pattern, depth + 1);
                let span = self.span(pattern);
                out.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value: path.read(span) }, span });
            }
        }
    }

    fn bind_field(&mut self, part: Node<'_>, path: &Path, depth: usize, out: &mut Vec<Stmt>) {
        match part.kind() {
            "shorthand_property_identifier_pattern" => {
                self.bind(part, path.clone().then(Step::Field(self.slice(part).to_string())), depth + 1, out);
            }
            "object_assignment_pattern" => {
                let name = part.child_by_field_name("left").map_or("", |left| self.slice(left));
                self.bind(part, path.clone().then(Step::Field(name.to_string())), depth + 1, out);
            }
            "pair_pattern" => {
                let (Some(key), Some(value)) = (part.child_by_field_name("key"), part.child_by_field_name("value")) else { return };
                let step = match key.kind() {
                    "property_identifier" | "private_property_identifier" => Step::Field(self.slice(key).to_string()),
                    "string" => self.string(key).as_text().map_or(Step::Somewhere, Step::Field),
                    _ => Step::Somewhere,
                };
                self.bind(value, path.clone().then(step), depth + 1, out);
            }
            // What is left of it holds no more than the whole.
            "rest_pattern" => {
                let span = self.span(part);
                if let [name] = children(part)[..] {
                    let target = self.expr(name, depth + 1);
                    let value = Expr { kind: ExprKind::Dict(vec![DictItem::Spread(path.read(span))]), span };
                    out.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span });
                }
            }
            _ => {}
        }
    }

    fn bind_items(&mut self, pattern: Node<'_>, path: &Path, depth: usize, out: &mut Vec<Stmt>) {
        let mut at = 0;
        let mut cursor = pattern.walk();
        let parts: Vec<Node> = pattern.children(&mut cursor).collect();
        for part in parts {
            if part.kind() == "," {
                at += 1;
            } else if part.kind() == "rest_pattern" {
                let span = self.span(part);
                let [rest] = children(part)[..] else { continue };
                let lower = Some(Box::new(Expr { kind: ExprKind::Int(at), span }));
                let value = Expr { kind: ExprKind::Slice { base: Box::new(path.read(span)), lower, upper: None, step: None }, span };
                self.assign(rest, value, span, depth + 1, out);
            } else if part.is_named() && !super::is_trivia(part) {
                self.bind(part, path.clone().then(Step::Item(at)), depth + 1, out);
            }
        }
    }
}

pub(super) fn is_pattern(node: Node<'_>) -> bool {
    matches!(node.kind(), "object_pattern" | "array_pattern")
}

/// A name that no source can hold.
pub(super) fn part_name(pattern: Node<'_>) -> String {
    format!("#{}", pattern.start_byte())
}
