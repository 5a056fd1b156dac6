//! Expressions.

use tree_sitter::Node;

use crate::frontend::balanced;
use crate::span::Span;
use crate::syntax::*;

use super::{Lower, MAX_DEPTH, children, unwrap};

/// What an operator between two operands makes of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    /// `||` and `??`
    Or,
    Compare(CompareOp),
    Arithmetic(BinaryOp),
    Unknown,
}

impl<'t> Lower<'t> {
    pub(super) fn expr(&mut self, node: Node<'_>, depth: usize) -> Expr {
        let node = unwrap(node);
        if depth >= MAX_DEPTH {
            self.too_deep(node);
            return Expr::opaque(Vec::new(), self.span(node));
        }
        if node.is_missing() {
            return Expr::opaque(Vec::new(), self.span(node));
        }
        match node.kind() {
            "binary_expression" => self.binary(node, depth),
            "member_expression" | "call_expression" | "subscript_expression" | "new_expression" => self.postfix(node, depth),
            _ => Expr { kind: self.expr_kind(node, depth), span: self.span(node) },
        }
    }

    fn expr_kind(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        match node.kind() {
            "identifier" | "this" | "import" | "shorthand_property_identifier" | "shorthand_property_identifier_pattern" => {
                ExprKind::Name(self.slice(node).to_string())
            }
            "super" => self.super_call(node),
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "null" | "undefined" => ExprKind::Null,
            "number" => number(self.slice(node)),
            "string" => ExprKind::Str(self.string(node)),
            "template_string" => ExprKind::Str(self.template(node, false, depth)),
            "unary_expression" => self.unary(node, depth),
            "await_expression" => self.wrapped(node, depth, ExprKind::Await),
            "spread_element" => self.wrapped(node, depth, ExprKind::Starred),
            "yield_expression" => self.yielded(node, depth),
            "ternary_expression" => self.conditional(node, depth),
            "assignment_expression" => self.assigned(node, depth),
            "arrow_function" | "function_expression" | "generator_function" => self.lambda(node, depth),
            "class" => self.class_expression(node, depth),
            "array" => ExprKind::List(self.all(node, depth)),
            "object" => self.object(node, depth),
            "meta_property" => meta(self.slice(node), self.span(node)),
            // Text and names in markup are no values.
            "jsx_element" | "jsx_self_closing_element" | "jsx_opening_element" | "jsx_attribute" => {
                let parts = children(node).into_iter().filter(|part| part.kind().starts_with("jsx_") && part.kind() != "jsx_text");
                ExprKind::Opaque(parts.map(|part| self.expr(part, depth + 1)).collect())
            }
            "jsx_expression" => match children(node)[..] {
                [inner] => self.expr(inner, depth + 1).kind,
                _ => ExprKind::Opaque(Vec::new()),
            },
            "regex" | "jsx_closing_element" | "type_arguments" | "type_annotation" => ExprKind::Opaque(Vec::new()),
            _ => self.opaque(node, depth).kind,
        }
    }

    /// Every named child in its order.
    fn all(&mut self, node: Node<'_>, depth: usize) -> Vec<Expr> {
        children(node).into_iter().map(|child| self.expr(child, depth + 1)).collect()
    }

    pub(super) fn opaque(&mut self, node: Node<'_>, depth: usize) -> Expr {
        Expr::opaque(self.all(node, depth), self.span(node))
    }

    fn wrapped(&mut self, node: Node<'_>, depth: usize, kind: impl FnOnce(Box<Expr>) -> ExprKind) -> ExprKind {
        match children(node)[..] {
            [operand] => kind(Box::new(self.expr(operand, depth + 1))),
            _ => self.opaque(node, depth).kind,
        }
    }

    fn unary(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let sign = node.child_by_field_name("operator").map_or("", |sign| sign.kind());
        match sign {
            "!" => self.wrapped(node, depth, ExprKind::Not),
            "-" => self.wrapped(node, depth, ExprKind::Negative),
            "void" if children(node).iter().all(|operand| operand.kind() == "number") => ExprKind::Null,
            _ => self.opaque(node, depth).kind,
        }
    }

    /// `super` as a call of it, as if it were written so.
    fn super_call(&self, node: Node<'_>) -> ExprKind {
        let callee = Expr { kind: ExprKind::Name("super".into()), span: self.span(node) };
        ExprKind::Call(Box::new(Call { callee, args: Vec::new(), args_span: self.span_of(node.end_byte(), node.end_byte()) }))
    }

    fn conditional(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let field = |name| node.child_by_field_name(name);
        let (Some(test), Some(then), Some(otherwise)) = (field("condition"), field("consequence"), field("alternative")) else {
            return self.opaque(node, depth).kind;
        };
        ExprKind::Conditional {
            test: Box::new(self.expr(test, depth + 1)),
            then: Box::new(self.expr(then, depth + 1)),
            otherwise: Box::new(self.expr(otherwise, depth + 1)),
        }
    }

    /// An assignment inside of an expression.
    fn assigned(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        match (node.child_by_field_name("left").map(unwrap), node.child_by_field_name("right")) {
            (Some(left), Some(right)) if left.kind() == "identifier" => {
                ExprKind::Named { name: self.slice(left).to_string(), value: Box::new(self.expr(right, depth + 1)) }
            }
            _ => self.opaque(node, depth).kind,
        }
    }

    fn yielded(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        self.yields = true;
        let value = children(node).into_iter().next().map(|value| self.expr(value, depth + 2));
        let value = match value {
            Some(value) if super::has_token(node, "*") => Some(Expr { span: value.span, kind: ExprKind::Starred(Box::new(value)) }),
            value => value,
        };
        ExprKind::Yield(value.map(Box::new))
    }

    fn object(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let mut items = Vec::new();
        for item in children(node) {
            let pair = (item.child_by_field_name("key"), item.child_by_field_name("value"));
            items.push(match (item.kind(), pair) {
                ("pair", (Some(key), Some(value))) => {
                    let key = self.key(key, depth + 1);
                    let mut value = self.expr(value, depth + 1);
                    called(&mut value, &key);
                    DictItem::Entry { key, value }
                }
                ("shorthand_property_identifier", _) => {
                    DictItem::Entry { key: self.key_text(self.slice(item), self.span(item)), value: self.expr(item, depth + 1) }
                }
                ("method_definition", _) => self.object_method(item, depth),
                ("spread_element", _) => match children(item)[..] {
                    [value] => DictItem::Spread(self.expr(value, depth + 1)),
                    _ => DictItem::Spread(self.opaque(item, depth + 1)),
                },
                _ => DictItem::Spread(self.opaque(item, depth + 1)),
            });
        }
        ExprKind::Dict(items)
    }

    /// The name of a property: a text, or the expression that computes it.
    pub(super) fn key(&mut self, key: Node<'_>, depth: usize) -> Expr {
        match key.kind() {
            "property_identifier" | "private_property_identifier" => self.key_text(self.slice(key), self.span(key)),
            "computed_property_name" => match children(key)[..] {
                [inner] => self.expr(inner, depth),
                _ => self.opaque(key, depth),
            },
            _ => self.expr(key, depth),
        }
    }

    /// A chain of operators nests to the left, thousands deep in generated code: it is walked in a loop.
    fn binary(&mut self, node: Node<'_>, depth: usize) -> Expr {
        let own = self.operator(node);
        let mut chain = Vec::new();
        let mut first = node;
        while let ("binary_expression", Some(left), Some(right)) =
            (first.kind(), first.child_by_field_name("left"), first.child_by_field_name("right"))
        {
            let op = self.operator(first);
            let same = match own {
                Operator::Arithmetic(_) => matches!(op, Operator::Arithmetic(_)),
                Operator::And | Operator::Or => op == own,
                Operator::Compare(_) | Operator::Unknown => chain.is_empty(),
            };
            if !same {
                break;
            }
            chain.push((op, right, self.span(first)));
            first = left;
        }
        if chain.is_empty() {
            return self.opaque(node, depth);
        }
        if matches!(own, Operator::And | Operator::Or) {
            let terms = std::iter::once(first).chain(chain.into_iter().rev().map(|(_, right, _)| right));
            let terms = terms.map(|term| self.expr(term, depth + 1)).collect();
            let kind = if own == Operator::And { ExprKind::And(terms) } else { ExprKind::Or(terms) };
            return Expr { kind, span: self.span(node) };
        }
        if depth + chain.len() < MAX_DEPTH {
            let mut levels = chain.len();
            let mut expr = self.expr(first, depth + levels);
            for (op, right, span) in chain.into_iter().rev() {
                let right = self.expr(right, depth + levels);
                expr = Expr { kind: operation(op, expr, right), span };
                levels -= 1;
            }
            return expr;
        }
        let same = chain.iter().all(|(op, ..)| *op == Operator::Arithmetic(BinaryOp::Add));
        let levels = if same { chain.len().ilog2() as usize + 2 } else { 1 };
        let nodes = std::iter::once(first).chain(chain.into_iter().rev().map(|(_, right, _)| right));
        let terms: Vec<(Expr, Span)> = nodes.map(|term| (self.expr(term, depth + levels), self.span(term))).collect();
        if same { balanced(terms).0 } else { Expr::opaque(terms.into_iter().map(|term| term.0).collect(), self.span(node)) }
    }

    fn operator(&self, node: Node<'_>) -> Operator {
        let Some(sign) = node.child_by_field_name("operator") else { return Operator::Unknown };
        let nothing = |field| node.child_by_field_name(field).is_some_and(|side| matches!(unwrap(side).kind(), "null" | "undefined"));
        Operator::Compare(match sign.kind() {
            "&&" => return Operator::And,
            "||" | "??" => return Operator::Or,
            "==" | "===" if nothing("left") || nothing("right") => CompareOp::Is,
            "!=" | "!==" if nothing("left") || nothing("right") => CompareOp::IsNot,
            "==" | "===" => CompareOp::Equal,
            "!=" | "!==" => CompareOp::NotEqual,
            "<" => CompareOp::Less,
            "<=" => CompareOp::LessEqual,
            ">" => CompareOp::Greater,
            ">=" => CompareOp::GreaterEqual,
            "in" => CompareOp::In,
            "instanceof" => return Operator::Unknown,
            other => return Operator::Arithmetic(binary_op(other)),
        })
    }

    /// `a.b(c)[d]`: members, calls and subscripts nest to the left too.
    fn postfix(&mut self, node: Node<'_>, depth: usize) -> Expr {
        let mut chain = Vec::new();
        let mut base = node;
        loop {
            let field = match base.kind() {
                "member_expression" | "subscript_expression" => "object",
                "call_expression" => "function",
                "new_expression" => "constructor",
                _ => break,
            };
            let Some(inner) = base.child_by_field_name(field) else { break };
            chain.push(base);
            base = unwrap(inner);
        }
        if chain.is_empty() {
            return self.opaque(node, depth);
        }
        if depth + chain.len() >= MAX_DEPTH {
            let mut parts = vec![self.expr(base, depth + 1)];
            for link in chain.into_iter().rev() {
                if let Some(arguments) = link.child_by_field_name("arguments") {
                    parts.extend(self.arguments(arguments, false, depth + 1).into_iter().map(|arg| arg.value));
                } else if let Some(index) = link.child_by_field_name("index") {
                    parts.push(self.expr(index, depth + 1));
                }
            }
            return Expr::opaque(parts, self.span(node));
        }
        let mut levels = chain.len();
        let mut expr = self.expr(base, depth + levels);
        for link in chain.into_iter().rev() {
            levels -= 1;
            expr = Expr { kind: self.link(link, expr, depth + levels), span: self.span(link) };
        }
        expr
    }

    fn link(&mut self, node: Node<'_>, base: Expr, depth: usize) -> ExprKind {
        match node.kind() {
            "member_expression" => {
                let name = node.child_by_field_name("property").map_or("", |name| self.slice(name)).to_string();
                ExprKind::Attribute { base: Box::new(base), name }
            }
            "subscript_expression" => match node.child_by_field_name("index") {
                Some(index) => ExprKind::Index { base: Box::new(base), index: Box::new(self.expr(index, depth + 1)) },
                None => ExprKind::Opaque(vec![base]),
            },
            _ => {
                let super_call = node.child_by_field_name("function").is_some_and(|function| function.kind() == "super");
                let span = base.span;
                let callee = match base.kind {
                    // The constructor of the class above.
                    kind @ ExprKind::Call(_) if super_call => {
                        Expr { kind: ExprKind::Attribute { base: Box::new(Expr { kind, span }), name: "__init__".into() }, span }
                    }
                    kind => Expr { kind, span },
                };
                let raw = matches!(&callee.kind, ExprKind::Attribute { name, .. } if name == "raw");
                let (args, args_span) = match node.child_by_field_name("arguments") {
                    Some(arguments) => (self.arguments(arguments, raw, depth), self.span(arguments)),
                    None => (Vec::new(), self.span_of(node.end_byte(), node.end_byte())),
                };
                ExprKind::Call(Box::new(Call { callee, args, args_span }))
            }
        }
    }

    /// In brackets, or the template that a tag stands before.
    fn arguments(&mut self, node: Node<'_>, raw: bool, depth: usize) -> Vec<Arg> {
        if node.kind() == "template_string" {
            let value = Expr { kind: ExprKind::Str(self.template(node, raw, depth + 1)), span: self.span(node) };
            return vec![Arg { kind: ArgKind::Positional, span: value.span, value }];
        }
        children(node).into_iter().map(|argument| self.argument(argument, depth)).collect()
    }

    fn argument(&mut self, node: Node<'_>, depth: usize) -> Arg {
        let (kind, value) = match (node.kind(), &children(node)[..]) {
            ("spread_element", [value]) => (ArgKind::Spread, self.expr(*value, depth + 1)),
            _ => (ArgKind::Positional, self.expr(node, depth + 1)),
        };
        Arg { kind, value, span: self.span(node) }
    }
}

/// A function that is the value of a property is called so.
pub(super) fn called(value: &mut Expr, key: &Expr) {
    if let (ExprKind::Lambda(function), Some(name)) = (&mut value.kind, key.as_text()) {
        function.name = name;
    }
}

fn operation(op: Operator, left: Expr, right: Expr) -> ExprKind {
    match op {
        Operator::Compare(op) => ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) },
        Operator::Arithmetic(op) => ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) },
        Operator::And | Operator::Or | Operator::Unknown => ExprKind::Opaque(vec![left, right]),
    }
}

/// By its sign, for `+` and `+=` alike.
pub(super) fn binary_op(sign: &str) -> BinaryOp {
    match sign {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Mod,
        // `|` is of bits only.
        _ => BinaryOp::Other,
    }
}

fn meta(written: &str, span: Span) -> ExprKind {
    match written.split_once('.') {
        Some(("import", name)) => ExprKind::Attribute {
            base: Box::new(Expr { kind: ExprKind::Name("import".into()), span: Span { end: span.start, ..span } }),
            name: name.trim().to_string(),
        },
        _ => ExprKind::Opaque(Vec::new()),
    }
}

/// There is one kind of number; what is whole is whole, however it is written.
fn number(written: &str) -> ExprKind {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let digits = written.replace('_', "").to_ascii_lowercase();
    let digits = digits.strip_suffix('n').unwrap_or(&digits);
    let radix = match digits.get(..2) {
        Some("0x") => Some(16),
        Some("0o") => Some(8),
        Some("0b") => Some(2),
        _ => None,
    };
    if let Some(radix) = radix {
        let value = digits.get(2..).and_then(|digits| i64::from_str_radix(digits, radix).ok());
        return value.map_or(ExprKind::Opaque(Vec::new()), ExprKind::Int);
    }
    if let Ok(value) = digits.parse::<i64>() {
        return ExprKind::Int(value);
    }
    match digits.parse::<f64>() {
        Ok(value) if value.fract() == 0.0 && value.abs() <= EXACT => ExprKind::Int(value as i64),
        Ok(value) => ExprKind::Float(value),
        Err(_) => ExprKind::Opaque(Vec::new()),
    }
}
