//! Classes and enumerations.

use tree_sitter::Node;

use crate::span::Span;
use crate::syntax::*;

use super::functions::{Naming, is_function};
use super::{Lower, MAX_DEPTH, children, has_token, unwrap};

impl<'t> Lower<'t> {
    pub(super) fn class(&mut self, node: Node<'_>, name: String, decorators: Vec<Expr>, span: Span, depth: usize) -> Class {
        let bases = self.bases(node, depth);
        let body = match node.child_by_field_name("body") {
            Some(body) if depth + 2 >= MAX_DEPTH => {
                self.too_deep(body);
                Vec::new()
            }
            Some(body) => self.members(body, !bases.is_empty(), depth + 1),
            None => Vec::new(),
        };
        Class { name, bases, fields: Vec::new(), body, decorators, span }
    }

    /// A class without a name that could be referred to; what it holds is still seen.
    pub(super) fn class_expression(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let class = self.class(node, String::new(), Vec::new(), self.span(node), depth + 1);
        let inside = ExprKind::Lambda(Box::new(Function::lambda(Vec::new(), class.body, self.span(node))));
        let mut parts = class.bases;
        parts.push(Expr { kind: inside, span: self.span(node) });
        ExprKind::Opaque(parts)
    }

    pub(super) fn decorators(&mut self, node: Node<'_>, depth: usize) -> Vec<Expr> {
        let decorators = children(node).into_iter().filter(|child| child.kind() == "decorator");
        decorators.filter_map(|decorator| Some(self.expr(children(decorator).into_iter().next()?, depth + 1))).collect()
    }

    fn bases(&mut self, node: Node<'_>, depth: usize) -> Vec<Expr> {
        let mut bases = Vec::new();
        for heritage in children(node).into_iter().filter(|child| child.kind() == "class_heritage") {
            for part in children(heritage) {
                match part.kind() {
                    "implements_clause" => {}
                    "extends_clause" => bases.extend(part.child_by_field_name("value").map(|value| self.expr(value, depth + 1))),
                    _ => bases.push(self.expr(part, depth + 1)),
                }
            }
        }
        bases
    }

    fn members(&mut self, node: Node<'_>, derived: bool, depth: usize) -> Vec<Stmt> {
        let mut out = Vec::new();
        let mut fields = Vec::new();
        let mut constructor = None;
        let mut decorators = Vec::new();
        for member in children(node) {
            match member.kind() {
                "decorator" => decorators.extend(children(member).into_iter().next().map(|inner| self.expr(inner, depth + 1))),
                "method_definition" => {
                    decorators.extend(self.decorators(member, depth));
                    let decorators = std::mem::take(&mut decorators);
                    if member.child_by_field_name("name").is_some_and(|name| self.slice(name) == "constructor") {
                        constructor = Some((member, decorators));
                    } else {
                        self.method(member, decorators, depth, &mut out);
                    }
                }
                "public_field_definition" | "field_definition" => {
                    let mut own = std::mem::take(&mut decorators);
                    own.extend(self.decorators(member, depth));
                    self.field(member, own, depth, &mut out, &mut fields);
                }
                "class_static_block" => {
                    if let Some(body) = member.child_by_field_name("body") {
                        self.block(body, depth + 1, &mut out);
                    }
                }
                "ERROR" => self.statement(member, depth, &mut out),
                _ => decorators.clear(),
            }
        }
        if constructor.is_some() || !fields.is_empty() {
            out.push(self.constructor(node, constructor, fields, derived, depth));
        }
        out
    }

    fn constructor(
        &mut self,
        class: Node<'_>,
        written: Option<(Node<'_>, Vec<Expr>)>,
        fields: Vec<Stmt>,
        derived: bool,
        depth: usize,
    ) -> Stmt {
        let places = fields.iter().map(|field| field.span);
        let span = places.chain(written.as_ref().map(|(node, _)| self.span(*node))).reduce(Span::join);
        let span = span.unwrap_or(self.start(class));
        let mut function = match written {
            Some((node, decorators)) => {
                let name_span = node.child_by_field_name("name").map_or(self.start(node), |name| self.span(name));
                let naming = Naming { name: "__init__".into(), name_span, decorators, span, this: true };
                let mut function = self.function(node, naming, depth);
                let own = self.param_properties(node);
                self.insert_fields(&mut function.body, own);
                function
            }
            None => self.implied_constructor(span, derived),
        };
        self.insert_fields(&mut function.body, fields);
        Stmt { kind: StmtKind::Function(function), span }
    }

    /// Fields are set before anything but the constructor above.
    fn insert_fields(&self, body: &mut Vec<Stmt>, fields: Vec<Stmt>) {
        let is_super = |stmt: &Stmt| {
            matches!(&stmt.kind, StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. })
            if matches!(&call.callee.kind, ExprKind::Attribute { name, .. } if name == "__init__"))
        };
        let at = body.iter().position(is_super).map_or(0, |at| at + 1);
        body.splice(at..at, fields);
    }

    /// A class that only has fields; one with a base hands everything on to it.
    fn implied_constructor(&self, span: Span, derived: bool) -> Function {
        let at = Span { end: span.start, ..span };
        let expr = |kind| Expr { kind, span: at };
        let param = |name: &str, kind| Param { name: name.into(), kind, default: None, annotation: None, span: at };
        let call = |callee, args| ExprKind::Call(Box::new(Call { callee, args, args_span: at }));
        let mut params = vec![param("this", ParamKind::Positional)];
        let mut body = Vec::new();
        if derived {
            params.push(param("args", ParamKind::Rest));
            let above = expr(call(expr(ExprKind::Name("super".into())), Vec::new()));
            let init = expr(ExprKind::Attribute { base: Box::new(above), name: "__init__".into() });
            let all = Arg { kind: ArgKind::Spread, value: expr(ExprKind::Name("args".into())), span: at };
            body.push(Stmt { kind: StmtKind::Expr(expr(call(init, vec![all]))), span: at });
        }
        Function {
            name: "__init__".into(),
            name_span: at,
            params,
            body,
            decorators: Vec::new(),
            is_async: false,
            is_generator: false,
            span,
        }
    }

    /// `constructor(private readonly client: Client)` sets the field too.
    fn param_properties(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let params = node.child_by_field_name("parameters").map(children).unwrap_or_default();
        let marked = |param: &Node| {
            has_token(*param, "readonly")
                || children(*param).iter().any(|part| matches!(part.kind(), "accessibility_modifier" | "override_modifier"))
        };
        let mut out = Vec::new();
        for param in params.into_iter().filter(marked) {
            let name = param.child_by_field_name("pattern").filter(|pattern| pattern.kind() == "identifier");
            if let Some(name) = name {
                let span = self.span(name);
                let value = Expr { kind: ExprKind::Name(self.slice(name).to_string()), span };
                out.push(self.set_field(self.slice(name), value, span));
            }
        }
        out
    }

    /// `this.name = value`
    fn set_field(&self, name: &str, value: Expr, span: Span) -> Stmt {
        let at = Span { end: span.start, ..span };
        let base = Box::new(Expr { kind: ExprKind::Name("this".into()), span: at });
        let target = Expr { kind: ExprKind::Attribute { base, name: name.to_string() }, span: at };
        Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span }
    }

    fn method(&mut self, node: Node<'_>, mut decorators: Vec<Expr>, depth: usize, out: &mut Vec<Stmt>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let text = self.member_name(name);
        let at = self.start(node);
        let word = |word: &str| Expr { kind: ExprKind::Name(word.into()), span: at };
        if has_token(node, "static") {
            decorators.push(word("classmethod"));
        } else if has_token(node, "get") {
            decorators.push(word("property"));
        } else if has_token(node, "set") {
            let setter = ExprKind::Attribute { base: Box::new(word(&text)), name: "setter".into() };
            decorators.push(Expr { kind: setter, span: at });
        }
        let span = self.span(node);
        let span = decorators.iter().fold(span, |span, decorator| span.join(decorator.span));
        let naming = Naming { name: text, name_span: self.span(name), decorators, span, this: true };
        let function = self.function(node, naming, depth);
        out.push(Stmt { kind: StmtKind::Function(function), span });
    }

    /// The name of a member; one that is computed is known by how it is written.
    fn member_name(&self, name: Node<'_>) -> String {
        match name.kind() {
            "string" => self.string(name).as_text().unwrap_or_default(),
            _ => self.slice(name).to_string(),
        }
    }

    /// Of the class if static, else of each object; a function is a method either way.
    fn field(&mut self, node: Node<'_>, decorators: Vec<Expr>, depth: usize, out: &mut Vec<Stmt>, fields: &mut Vec<Stmt>) {
        let name = node.child_by_field_name("name").or_else(|| node.child_by_field_name("property"));
        let (Some(name), Some(value)) = (name, node.child_by_field_name("value").map(unwrap)) else { return };
        let (text, span) = (self.member_name(name), self.span(node));
        let is_static = has_token(node, "static");
        if is_function(value) {
            let span = decorators.iter().fold(span, |span, decorator| span.join(decorator.span));
            let naming = Naming { name: text, name_span: self.span(name), decorators, span, this: true };
            let mut function = self.function(value, naming, depth);
            if is_static {
                function.decorators.push(Expr { kind: ExprKind::Name("classmethod".into()), span: self.start(node) });
            }
            out.push(Stmt { kind: StmtKind::Function(function), span });
            return;
        }
        let value = self.expr(value, depth + 2);
        if is_static {
            let target = Expr { kind: ExprKind::Name(text), span: self.span(name) };
            out.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span });
        } else {
            fields.push(self.set_field(&text, value, span));
        }
    }

    /// `enum Model { Small = "…" }` as a class of constants.
    pub(super) fn enumeration(&mut self, node: Node<'_>, name: String, span: Span, depth: usize) -> Class {
        let mut body = Vec::new();
        for member in node.child_by_field_name("body").map(children).unwrap_or_default() {
            let (Some(name), Some(value)) = (member.child_by_field_name("name"), member.child_by_field_name("value")) else { continue };
            let target = Expr { kind: ExprKind::Name(self.member_name(name)), span: self.span(name) };
            let value = self.expr(value, depth + 2);
            body.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span: self.span(member) });
        }
        Class { name, bases: Vec::new(), fields: Vec::new(), body, decorators: Vec::new(), span }
    }
}
