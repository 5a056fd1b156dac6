//! Expressions.

use tree_sitter::Node;

use crate::span::Span;
use crate::syntax::*;

use super::{Lower, MAX_DEPTH, children, has_token};
use crate::frontend::balanced;

impl<'t> Lower<'t> {
    pub(super) fn expr(&mut self, node: Node<'_>, depth: usize) -> Expr {
        let mut node = node;
        while matches!(node.kind(), "parenthesized_expression" | "type") {
            let [inner] = children(node)[..] else { break };
            node = inner;
        }
        if depth >= MAX_DEPTH {
            self.too_deep(node);
            return Expr::opaque(Vec::new(), self.span(node));
        }
        if node.is_missing() {
            return Expr::opaque(Vec::new(), self.span(node));
        }
        match node.kind() {
            "binary_operator" => self.binary(node, depth),
            "attribute" | "call" | "subscript" => self.postfix(node, depth),
            "tuple_pattern" | "pattern_list" | "expression_list" => self.pattern(node, depth),
            _ => {
                let kind = self.expr_kind(node, depth);
                starred_last(kind, self.span(node))
            }
        }
    }

    fn expr_kind(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        match node.kind() {
            "identifier" => ExprKind::Name(self.slice(node).to_string()),
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "none" => ExprKind::Null,
            "integer" => integer(self.slice(node)).map_or(ExprKind::Opaque(Vec::new()), ExprKind::Int),
            "float" => self.slice(node).replace('_', "").parse().map_or(ExprKind::Opaque(Vec::new()), ExprKind::Float),
            "string" | "concatenated_string" => ExprKind::Str(self.string(node, depth)),
            "boolean_operator" => self.boolean(node, depth),
            "comparison_operator" => self.comparison(node, depth),
            "not_operator" => self.unary(node, depth, ExprKind::Not),
            "unary_operator" if has_token(node, "-") => self.unary(node, depth, ExprKind::Negative),
            "await" => self.unary(node, depth, ExprKind::Await),
            "list_splat" | "list_splat_pattern" => self.unary(node, depth, ExprKind::Starred),
            "conditional_expression" => self.conditional(node, depth),
            "named_expression" => self.named(node, depth),
            "lambda" => self.lambda(node, depth),
            "yield" => self.yielded(node, depth),
            "list" | "list_pattern" => ExprKind::List(self.all(node, depth)),
            "tuple" => ExprKind::Tuple(self.all(node, depth)),
            "set" => ExprKind::Set(self.all(node, depth)),
            "dictionary" => self.dictionary(node, depth),
            "list_comprehension" => self.comprehension(node, ComprehensionKind::List, depth),
            "set_comprehension" => self.comprehension(node, ComprehensionKind::Set, depth),
            "dictionary_comprehension" => self.comprehension(node, ComprehensionKind::Dict, depth),
            "generator_expression" => self.comprehension(node, ComprehensionKind::Generator, depth),
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

    fn unary(&mut self, node: Node<'_>, depth: usize, kind: impl FnOnce(Box<Expr>) -> ExprKind) -> ExprKind {
        match children(node)[..] {
            [operand] => kind(Box::new(self.expr(operand, depth + 1))),
            _ => self.opaque(node, depth).kind,
        }
    }

    /// Targets and values without brackets of their own.
    fn pattern(&mut self, node: Node<'_>, depth: usize) -> Expr {
        match (&children(node)[..], has_token(node, ",")) {
            ([only], false) => self.expr(*only, depth + 1),
            _ => Expr { kind: ExprKind::Tuple(self.all(node, depth)), span: self.span(node) },
        }
    }

    /// A chain of operators nests to the left, thousands deep in generated code: it is walked in a loop.
    fn binary(&mut self, node: Node<'_>, depth: usize) -> Expr {
        let mut chain = Vec::new();
        let mut first = node;
        while let ("binary_operator", Some(left), Some(op), Some(right)) =
            (first.kind(), first.child_by_field_name("left"), first.child_by_field_name("operator"), first.child_by_field_name("right"))
        {
            chain.push((binary_op(op.kind()), right, self.span(first)));
            first = left;
        }
        if chain.is_empty() {
            return self.opaque(node, depth);
        }
        if depth + chain.len() < MAX_DEPTH {
            let mut levels = chain.len();
            let mut expr = self.expr(first, depth + levels);
            for (op, right, span) in chain.into_iter().rev() {
                let right = Box::new(self.expr(right, depth + levels));
                expr = starred_last(ExprKind::Binary { op, left: Box::new(expr), right }, span);
                levels -= 1;
            }
            return expr;
        }
        let same = chain.iter().all(|(op, ..)| *op == BinaryOp::Add);
        let levels = if same { chain.len().ilog2() as usize + 2 } else { 1 };
        let nodes = std::iter::once(first).chain(chain.into_iter().rev().map(|(_, right, _)| right));
        let terms: Vec<(Expr, Span)> = nodes.map(|term| (self.expr(term, depth + levels), self.span(term))).collect();
        if same { balanced(terms).0 } else { Expr::opaque(terms.into_iter().map(|term| term.0).collect(), self.span(node)) }
    }

    fn boolean(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let op = node.child_by_field_name("operator").map_or("", |op| op.kind());
        let mut terms = Vec::new();
        let mut first = node;
        while let ("boolean_operator", Some(left), Some(right)) =
            (first.kind(), first.child_by_field_name("left"), first.child_by_field_name("right"))
        {
            if first.child_by_field_name("operator").is_none_or(|own| own.kind() != op) {
                break;
            }
            terms.push(right);
            first = left;
        }
        if terms.is_empty() {
            return self.opaque(node, depth).kind;
        }
        terms.push(first);
        let terms = terms.into_iter().rev().map(|term| self.expr(term, depth + 1)).collect();
        if op == "and" { ExprKind::And(terms) } else { ExprKind::Or(terms) }
    }

    /// `a < b < c` is its first pair, and the other operands as something not followed.
    fn comparison(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let operands: Vec<Node> = children(node).into_iter().filter(|child| !matches!(child.kind(), "not in" | "is not")).collect();
        let op = node.child_by_field_name("operators").and_then(|op| compare_op(op.kind()));
        let (Some(op), [left, right, rest @ ..]) = (op, &operands[..]) else {
            return self.opaque(node, depth).kind;
        };
        let extra = usize::from(!rest.is_empty());
        let pair = ExprKind::Compare {
            op,
            left: Box::new(self.expr(*left, depth + 1 + extra)),
            right: Box::new(self.expr(*right, depth + 1 + extra)),
        };
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else { return pair };
        let others = rest.iter().map(|operand| self.expr(*operand, depth + 2)).collect();
        ExprKind::And(vec![
            Expr { kind: pair, span: self.span_of(left.start_byte(), right.end_byte()) },
            Expr::opaque(others, self.span_of(first.start_byte(), last.end_byte())),
        ])
    }

    fn conditional(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let [then, test, otherwise] = children(node)[..] else { return self.opaque(node, depth).kind };
        ExprKind::Conditional {
            test: Box::new(self.expr(test, depth + 1)),
            then: Box::new(self.expr(then, depth + 1)),
            otherwise: Box::new(self.expr(otherwise, depth + 1)),
        }
    }

    fn named(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let (Some(name), Some(value)) = (node.child_by_field_name("name"), node.child_by_field_name("value")) else {
            return self.opaque(node, depth).kind;
        };
        ExprKind::Named { name: self.slice(name).to_string(), value: Box::new(self.expr(value, depth + 1)) }
    }

    fn lambda(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let params = node.child_by_field_name("parameters").map(|params| self.params(params, depth)).unwrap_or_default();
        let Some(body) = node.child_by_field_name("body") else { return self.opaque(node, depth).kind };
        let yields = self.yields;
        let body = self.expr(body, depth + 1);
        self.yields = yields;
        let body = Stmt { span: body.span, kind: StmtKind::Return(Some(body)) };
        ExprKind::Lambda(Box::new(Function::lambda(params, vec![body], self.span(node))))
    }

    /// `yield from x` yields each of `x`.
    fn yielded(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        self.yields = true;
        let value = children(node).into_iter().next().map(|value| self.expr(value, depth + 2));
        let value = match value {
            Some(value) if has_token(node, "from") => Some(Expr { span: value.span, kind: ExprKind::Starred(Box::new(value)) }),
            value => value,
        };
        ExprKind::Yield(value.map(Box::new))
    }

    fn dictionary(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let mut items = Vec::new();
        for item in children(node) {
            let pair = (item.child_by_field_name("key"), item.child_by_field_name("value"));
            items.push(match (item.kind(), pair) {
                ("pair", (Some(key), Some(value))) => {
                    DictItem::Entry { key: self.expr(key, depth + 1), value: self.expr(value, depth + 1) }
                }
                ("dictionary_splat", _) => match children(item)[..] {
                    [value] => DictItem::Spread(self.expr(value, depth + 1)),
                    _ => DictItem::Spread(self.opaque(item, depth + 1)),
                },
                _ => DictItem::Spread(self.opaque(item, depth + 1)),
            });
        }
        ExprKind::Dict(items)
    }

    fn comprehension(&mut self, node: Node<'_>, kind: ComprehensionKind, depth: usize) -> ExprKind {
        let Some(body) = node.child_by_field_name("body") else { return self.opaque(node, depth).kind };
        let (key, element) = match (body.child_by_field_name("key"), body.child_by_field_name("value")) {
            (Some(key), Some(value)) if body.kind() == "pair" => (Some(self.expr(key, depth + 1)), self.expr(value, depth + 1)),
            _ => (None, self.expr(body, depth + 1)),
        };
        let mut clauses: Vec<ComprehensionClause> = Vec::new();
        for clause in children(node) {
            match clause.kind() {
                "for_in_clause" => clauses.push(self.for_clause(clause, depth)),
                "if_clause" => {
                    let conditions = self.all(clause, depth);
                    if let Some(last) = clauses.last_mut() {
                        last.conditions.extend(conditions);
                    }
                }
                _ => {}
            }
        }
        ExprKind::Comprehension(Box::new(Comprehension { kind, element, key, clauses }))
    }

    fn for_clause(&mut self, node: Node<'_>, depth: usize) -> ComprehensionClause {
        let nowhere = self.span_of(node.start_byte(), node.start_byte());
        let mut cursor = node.walk();
        let sources: Vec<Node> = node.children_by_field_name("right", &mut cursor).filter(|child| child.is_named()).collect();
        let iter = match (&sources[..], sources.first(), sources.last()) {
            ([only], ..) => self.expr(*only, depth + 1),
            (all, Some(first), Some(last)) => {
                let items = all.iter().map(|item| self.expr(*item, depth + 2)).collect();
                Expr { kind: ExprKind::Tuple(items), span: self.span_of(first.start_byte(), last.end_byte()) }
            }
            _ => Expr::opaque(Vec::new(), nowhere),
        };
        let target = node.child_by_field_name("left");
        ComprehensionClause {
            target: target.map_or(Expr::opaque(Vec::new(), nowhere), |target| self.expr(target, depth + 1)),
            iter,
            conditions: Vec::new(),
            is_async: has_token(node, "async"),
        }
    }

    /// `a.b(c)[d]`: attributes, calls and subscripts nest to the left too.
    fn postfix(&mut self, node: Node<'_>, depth: usize) -> Expr {
        let mut chain = Vec::new();
        let mut base = node;
        loop {
            let field = match base.kind() {
                "attribute" => "object",
                "call" => "function",
                "subscript" => "value",
                _ => break,
            };
            let Some(inner) = base.child_by_field_name(field) else { break };
            chain.push(base);
            base = inner;
        }
        if chain.is_empty() {
            return self.opaque(node, depth);
        }
        if depth + chain.len() >= MAX_DEPTH {
            let mut parts = vec![self.expr(base, depth + 1)];
            for link in chain.into_iter().rev() {
                match link.child_by_field_name("arguments") {
                    Some(arguments) => parts.extend(self.arguments(arguments, depth + 1).into_iter().map(|arg| arg.value)),
                    None => parts.extend(self.subscripts(link, depth + 1)),
                }
            }
            return Expr::opaque(parts, self.span(node));
        }
        let mut levels = chain.len();
        let mut expr = self.expr(base, depth + levels);
        for link in chain.into_iter().rev() {
            levels -= 1;
            let kind = self.link(link, expr, depth + levels);
            expr = starred_last(kind, self.span(link));
        }
        expr
    }

    fn link(&mut self, node: Node<'_>, base: Expr, depth: usize) -> ExprKind {
        match node.kind() {
            "attribute" => {
                let name = node.child_by_field_name("attribute").map_or("", |name| self.slice(name)).to_string();
                ExprKind::Attribute { base: Box::new(base), name }
            }
            "call" => {
                let (args, args_span) = match node.child_by_field_name("arguments") {
                    Some(arguments) => (self.arguments(arguments, depth), self.span(arguments)),
                    None => (Vec::new(), self.span_of(node.end_byte(), node.end_byte())),
                };
                ExprKind::Call(Box::new(Call { callee: base, args, args_span }))
            }
            _ => self.subscript(node, base, depth),
        }
    }

    fn subscripts(&mut self, node: Node<'_>, depth: usize) -> Vec<Expr> {
        let mut cursor = node.walk();
        let subscripts: Vec<Node> = node.children_by_field_name("subscript", &mut cursor).filter(|child| child.is_named()).collect();
        subscripts.into_iter().map(|subscript| self.expr(subscript, depth + 1)).collect()
    }

    fn subscript(&mut self, node: Node<'_>, base: Expr, depth: usize) -> ExprKind {
        let base = Box::new(base);
        let first = node.child_by_field_name("subscript");
        if has_token(node, ",") {
            let items = self.subscripts(node, depth + 1);
            let start = first.map_or(node.end_byte(), |first| first.start_byte());
            let close = node.end_byte().saturating_sub(1).max(start);
            let index = Expr { kind: ExprKind::Tuple(items), span: self.trimmed_span(start, close) };
            return ExprKind::Index { base, index: Box::new(index) };
        }
        match first {
            Some(slice) if slice.kind() == "slice" => {
                let [lower, upper, step] = self.bounds(slice, depth);
                ExprKind::Slice { base, lower, upper, step }
            }
            Some(index) => ExprKind::Index { base, index: Box::new(self.expr(index, depth + 1)) },
            None => ExprKind::Opaque(vec![*base]),
        }
    }

    fn trimmed_span(&self, start: usize, end: usize) -> Span {
        let length = self.text.get(start..end).map_or(end - start, |text| text.trim_end().len());
        self.span_of(start, start + length)
    }

    fn bounds(&mut self, slice: Node<'_>, depth: usize) -> [Option<Box<Expr>>; 3] {
        let mut bounds = [None, None, None];
        let mut at = 0;
        let mut cursor = slice.walk();
        let parts: Vec<Node> = slice.children(&mut cursor).collect();
        for part in parts {
            if part.kind() == ":" {
                at += 1;
            } else if part.is_named()
                && !super::is_trivia(part)
                && let Some(bound) = bounds.get_mut(at)
            {
                *bound = Some(Box::new(self.expr(part, depth + 1)));
            }
        }
        bounds
    }

    /// `f(x for x in y)` has no brackets of its own around its one argument.
    fn arguments(&mut self, node: Node<'_>, depth: usize) -> Vec<Arg> {
        if node.kind() == "generator_expression" {
            let value = self.expr(node, depth + 1);
            return vec![Arg { kind: ArgKind::Positional, span: value.span, value }];
        }
        children(node).into_iter().map(|argument| self.argument(argument, depth)).collect()
    }

    fn argument(&mut self, node: Node<'_>, depth: usize) -> Arg {
        let inner = children(node);
        let (kind, value) = match (node.kind(), &inner[..]) {
            ("list_splat", [value]) => (ArgKind::Spread, self.expr(*value, depth + 1)),
            ("dictionary_splat", [value]) => (ArgKind::SpreadKeywords, self.expr(*value, depth + 1)),
            ("keyword_argument", [name, value]) => (ArgKind::Keyword(self.slice(*name).to_string()), self.expr(*value, depth + 1)),
            _ => match self.expr(node, depth + 1) {
                Expr { kind: ExprKind::Starred(value), .. } => (ArgKind::Spread, *value),
                value => (ArgKind::Positional, value),
            },
        };
        Arg { kind, value, span: self.span(node) }
    }
}

/// In some places the grammar binds the star of `*a.b()` to `a` alone; Python binds it last.
fn starred_last(mut kind: ExprKind, span: Span) -> Expr {
    let first = match &mut kind {
        ExprKind::And(terms) | ExprKind::Or(terms) => terms.first_mut(),
        ExprKind::Binary { left: first, .. }
        | ExprKind::Compare { left: first, .. }
        | ExprKind::Conditional { then: first, .. }
        | ExprKind::Attribute { base: first, .. }
        | ExprKind::Index { base: first, .. }
        | ExprKind::Slice { base: first, .. } => Some(&mut **first),
        ExprKind::Call(call) => Some(&mut call.callee),
        _ => None,
    };
    let Some(first) = first else { return Expr { kind, span } };
    match std::mem::replace(&mut first.kind, ExprKind::Null) {
        ExprKind::Starred(inner) => *first = *inner,
        own => {
            first.kind = own;
            return Expr { kind, span };
        }
    }
    let inner = Expr { span: Span { start: first.span.start, end: span.end }, kind };
    Expr { kind: ExprKind::Starred(Box::new(inner)), span }
}

/// By its sign, for `+` and `+=` alike.
pub(super) fn binary_op(sign: &str) -> BinaryOp {
    match sign {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Mod,
        "|" => BinaryOp::Or,
        _ => BinaryOp::Other,
    }
}

fn compare_op(sign: &str) -> Option<CompareOp> {
    Some(match sign {
        "==" => CompareOp::Equal,
        "!=" | "<>" => CompareOp::NotEqual,
        "<" => CompareOp::Less,
        "<=" => CompareOp::LessEqual,
        ">" => CompareOp::Greater,
        ">=" => CompareOp::GreaterEqual,
        "in" => CompareOp::In,
        "not in" => CompareOp::NotIn,
        "is" => CompareOp::Is,
        "is not" => CompareOp::IsNot,
        _ => return None,
    })
}

/// `None` for what is larger than 64 bits, and for imaginary numbers.
fn integer(written: &str) -> Option<i64> {
    let digits = written.replace('_', "").to_ascii_lowercase();
    let radix = match digits.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => return digits.parse().ok(),
    };
    i64::from_str_radix(digits.get(2..)?, radix).ok()
}
