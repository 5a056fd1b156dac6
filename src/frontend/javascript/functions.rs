//! Functions of every form, and their parameters.

use tree_sitter::Node;

use crate::span::Span;
use crate::syntax::*;

use super::patterns::{Path, is_pattern, part_name};
use super::{Lower, MAX_DEPTH, children, has_token};

/// What the place of a function says of it.
pub(super) struct Naming {
    pub(super) name: String,
    pub(super) name_span: Span,
    pub(super) decorators: Vec<Expr>,
    /// From its first decorator or keyword.
    pub(super) span: Span,
    /// A method: its first parameter is `this`.
    pub(super) this: bool,
}

pub(super) fn is_function(node: Node<'_>) -> bool {
    matches!(node.kind(), "arrow_function" | "function_expression" | "generator_function")
}

impl<'t> Lower<'t> {
    pub(super) fn function(&mut self, node: Node<'_>, naming: Naming, depth: usize) -> Function {
        let outer = std::mem::take(&mut self.yields);
        let mut body = Vec::new();
        let mut params = Vec::new();
        if naming.this {
            params.push(self.this_param(node));
        }
        params.extend(self.params_of(node, depth, &mut body));
        self.body_of(node, depth, &mut body);
        let yields = std::mem::replace(&mut self.yields, outer);
        Function {
            name: naming.name,
            name_span: naming.name_span,
            params,
            body,
            decorators: naming.decorators,
            is_async: has_token(node, "async"),
            is_generator: yields || has_token(node, "*"),
            span: naming.span,
        }
    }

    pub(super) fn this_param(&self, node: Node<'_>) -> Param {
        Param { name: "this".into(), kind: ParamKind::Positional, default: None, annotation: None, span: self.start(node) }
    }

    /// A function in place.
    pub(super) fn lambda(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let outer = std::mem::take(&mut self.yields);
        let mut body = Vec::new();
        let params = self.params_of(node, depth, &mut body);
        self.body_of(node, depth, &mut body);
        let yields = std::mem::replace(&mut self.yields, outer);
        let mut function = Function::lambda(params, body, self.span(node));
        function.is_async = has_token(node, "async");
        function.is_generator = yields || has_token(node, "*");
        ExprKind::Lambda(Box::new(function))
    }

    /// `{ name(…) { … } }`
    pub(super) fn object_method(&mut self, node: Node<'_>, depth: usize) -> DictItem {
        let key = match node.child_by_field_name("name") {
            Some(name) => self.key(name, depth + 1),
            None => Expr::opaque(Vec::new(), self.start(node)),
        };
        let mut value = Expr { kind: self.lambda(node, depth + 1), span: self.span(node) };
        super::expressions::called(&mut value, &key);
        // What a getter returns is not known by its name alone.
        let computed = has_token(node, "get") || has_token(node, "set");
        let value = if computed { Expr::opaque(vec![value], self.span(node)) } else { value };
        DictItem::Entry { key, value }
    }

    fn body_of(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) {
        let Some(body) = node.child_by_field_name("body") else { return };
        if depth + 1 >= MAX_DEPTH {
            self.too_deep(body);
        } else if body.kind() == "statement_block" {
            self.block(body, depth + 1, out);
        } else {
            let value = self.expr(body, depth + 2);
            // Brackets around an object are no part of it.
            out.push(Stmt { span: value.span, kind: StmtKind::Return(Some(value)) });
        }
    }

    /// Parameters by name; what takes one apart is assigned in `out`.
    pub(super) fn params_of(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) -> Vec<Param> {
        if let Some(only) = node.child_by_field_name("parameter") {
            return vec![self.param(only, only, depth, out)];
        }
        let Some(params) = node.child_by_field_name("parameters") else { return Vec::new() };
        let mut lowered = Vec::new();
        for param in children(params) {
            let pattern = match param.kind() {
                "required_parameter" | "optional_parameter" => param.child_by_field_name("pattern").or(param.child_by_field_name("name")),
                "assignment_pattern" => param.child_by_field_name("left"),
                "identifier" | "object_pattern" | "array_pattern" | "rest_pattern" => Some(param),
                _ => None,
            };
            // `this: T` is a note for the type checker.
            let Some(pattern) = pattern.filter(|pattern| pattern.kind() != "this") else { continue };
            lowered.push(self.param(param, pattern, depth, out));
        }
        lowered
    }

    fn param(&mut self, whole: Node<'_>, pattern: Node<'_>, depth: usize, out: &mut Vec<Stmt>) -> Param {
        let default = whole.child_by_field_name("value").or_else(|| {
            let is_default = whole.kind() == "assignment_pattern";
            whole.child_by_field_name("right").filter(|_| is_default)
        });
        let default = default.map(|value| self.expr(value, depth + 1));
        let (kind, name) = match children(pattern)[..] {
            [inner] if pattern.kind() == "rest_pattern" => (ParamKind::Rest, inner),
            _ => (ParamKind::Positional, pattern),
        };
        let annotation = whole.child_by_field_name("type");
        let annotation = annotation.map(|written| self.slice(written).trim_start_matches(':').trim().to_string());
        let named = if is_pattern(name) {
            let own = part_name(name);
            self.bind(name, Path::name(&own), depth + 1, out);
            own
        } else {
            self.slice(name).to_string()
        };
        Param { name: named, kind, default, annotation, span: self.span(whole) }
    }
}
