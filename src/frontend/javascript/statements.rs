//! Statements.

use tree_sitter::Node;

use crate::span::Span;
use crate::syntax::*;

use super::expressions::binary_op;
use super::functions::{Naming, is_function};
use super::patterns::is_pattern;
use super::{Lower, MAX_DEPTH, children, has_token, unwrap};

impl<'t> Lower<'t> {
    /// The file: its functions can be called from above where they are written.
    pub(super) fn program(&mut self, node: Node<'_>) -> Vec<Stmt> {
        self.is_script |= self.text.starts_with("#!");
        let mut out = Vec::new();
        self.block(node, 0, &mut out);
        out
    }

    /// The statements directly in a node: a block, or a damaged stretch. Its functions can be called from above where they
    /// are written.
    pub(super) fn block(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) {
        let mut rest = Vec::new();
        for child in children(node) {
            let declared = child.child_by_field_name("declaration").filter(|_| child.kind() == "export_statement").unwrap_or(child);
            let is_hoisted = matches!(declared.kind(), "function_declaration" | "generator_function_declaration");
            self.statement(child, depth, if is_hoisted { &mut *out } else { &mut rest });
        }
        out.append(&mut rest);
    }

    /// A block, or the one statement in its place.
    fn inner(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        let mut out = Vec::new();
        self.statement(node, depth, &mut out);
        out
    }

    fn field_block(&mut self, node: Node<'_>, field: &str, depth: usize) -> Vec<Stmt> {
        node.child_by_field_name(field).map(|body| self.inner(body, depth + 1)).unwrap_or_default()
    }

    fn field_expr(&mut self, node: Node<'_>, field: &str, depth: usize) -> Expr {
        match node.child_by_field_name(field) {
            Some(child) => self.expr(child, depth + 1),
            None => Expr::opaque(Vec::new(), self.start(node)),
        }
    }

    pub(super) fn statement(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) {
        let span = self.statement_span(node);
        if depth >= MAX_DEPTH {
            self.too_deep(node);
            out.push(Stmt { kind: StmtKind::Opaque, span });
            return;
        }
        let kind = match node.kind() {
            "import_statement" => return self.import(node, out),
            "export_statement" => return self.export(node, depth, out),
            "expression_statement" => return self.expression_statement(node, depth, out),
            "lexical_declaration" | "variable_declaration" | "using_declaration" => return self.declaration(node, depth, out),
            "function_declaration" | "generator_function_declaration" => StmtKind::Function(self.declared_function(node, depth)),
            "class_declaration" | "abstract_class_declaration" => {
                let decorators = self.decorators(node, depth);
                return self.class_declaration(node, decorators, span, depth, out);
            }
            "enum_declaration" => {
                let name = node.child_by_field_name("name").map_or("", |name| self.slice(name)).to_string();
                StmtKind::Class(self.enumeration(node, name, span, depth))
            }
            "if_statement" => self.if_statement(node, depth),
            "for_statement" => return self.for_statement(node, depth, out),
            "for_in_statement" => self.for_in_statement(node, depth),
            "while_statement" | "do_statement" => StmtKind::While {
                test: self.field_expr(node, "condition", depth),
                body: self.field_block(node, "body", depth),
                otherwise: Vec::new(),
            },
            "with_statement" => {
                let value = self.field_expr(node, "object", depth);
                StmtKind::With { items: vec![WithItem { value, target: None }], body: self.field_block(node, "body", depth) }
            }
            "try_statement" => self.try_statement(node, depth),
            "switch_statement" => self.switch_statement(node, depth),
            "return_statement" => StmtKind::Return(self.only_child(node, depth)),
            "throw_statement" => StmtKind::Raise(self.only_child(node, depth)),
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            // What they hold lies side by side with what is around them.
            "labeled_statement" | "internal_module" => {
                if let Some(body) = node.child_by_field_name("body") {
                    self.statement(body, depth + 1, out);
                }
                return;
            }
            "statement_block" | "ERROR" | "else_clause" | "catch_clause" | "finally_clause" | "switch_body" | "switch_case"
            | "switch_default" | "class_body" => return self.block(node, depth + 1, out),
            "empty_statement" | "debugger_statement" => return,
            "interface_declaration"
            | "type_alias_declaration"
            | "ambient_declaration"
            | "function_signature"
            | "import_alias"
            | "module" => StmtKind::Opaque,
            _ => {
                let value = self.expr(node, depth);
                if !matches!(&value.kind, ExprKind::Opaque(children) if children.is_empty()) {
                    out.push(Stmt { span: value.span, kind: StmtKind::Expr(value) });
                }
                return;
            }
        };
        out.push(Stmt { kind, span });
        if node.has_error() {
            for child in children(node).into_iter().filter(|child| child.is_error()) {
                self.statement(child, depth + 1, out);
            }
        }
    }

    fn only_child(&mut self, node: Node<'_>, depth: usize) -> Option<Expr> {
        let child = children(node).into_iter().next()?;
        Some(self.expr(child, depth + 1))
    }

    fn declared_function(&mut self, node: Node<'_>, depth: usize) -> Function {
        let name = node.child_by_field_name("name");
        let naming = Naming {
            name: name.map_or("", |name| self.slice(name)).to_string(),
            name_span: name.map_or(self.start(node), |name| self.span(name)),
            decorators: Vec::new(),
            span: self.statement_span(node),
            this: false,
        };
        self.function(node, naming, depth)
    }

    pub(super) fn class_declaration(&mut self, node: Node<'_>, decorators: Vec<Expr>, span: Span, depth: usize, out: &mut Vec<Stmt>) {
        let name = node.child_by_field_name("name").map_or("", |name| self.slice(name)).to_string();
        let class = self.class(node, name, decorators, span, depth);
        out.push(Stmt { kind: StmtKind::Class(class), span });
    }

    fn declaration(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) {
        let before = out.len();
        let declarators: Vec<Node> = children(node).into_iter().filter(|part| part.kind() == "variable_declarator").collect();
        let alone = declarators.len() == 1;
        for declarator in declarators {
            let span = if alone { self.statement_span(node) } else { self.span(declarator) };
            let (Some(name), Some(value)) = (declarator.child_by_field_name("name"), declarator.child_by_field_name("value")) else {
                continue;
            };
            if let Some((module, member)) = self.required(value)
                && self.require(name, module, member, span, out)
            {
                continue;
            }
            if name.kind() == "identifier" {
                self.bind_name(self.slice(name), value, self.span(name), span, depth, out);
            } else {
                let value = self.expr(value, depth + 1);
                self.assign(name, value, span, depth, out);
            }
        }
        if out.len() == before {
            out.push(Stmt { kind: StmtKind::Opaque, span: self.statement_span(node) });
        }
    }

    fn expression_statement(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) {
        let span = self.statement_span(node);
        for part in children(node) {
            self.effect(part, span, depth, out);
        }
    }

    /// An expression for what it does.
    fn effect(&mut self, node: Node<'_>, span: Span, depth: usize, out: &mut Vec<Stmt>) {
        let node = unwrap(node);
        let sign = node.child_by_field_name("operator").map_or("", |sign| sign.kind());
        let kind = match node.kind() {
            "sequence_expression" => {
                for part in sequence(node) {
                    self.effect(part, self.span(part), depth, out);
                }
                return;
            }
            "assignment_expression" => return self.assignment(node, span, depth, out),
            "augmented_assignment_expression" => self.augmented(node, depth),
            "update_expression" => {
                let op = if sign == "--" { BinaryOp::Sub } else { BinaryOp::Add };
                let value = Expr { kind: ExprKind::Int(1), span: self.span(node) };
                StmtKind::Augment { target: self.field_expr(node, "argument", depth), op, value }
            }
            // The grammar takes a namespace for an expression.
            "internal_module" => return self.statement(node, depth + 1, out),
            "unary_expression" if sign == "delete" => StmtKind::Delete(vec![self.field_expr(node, "argument", depth)]),
            "unary_expression" if sign == "void" => StmtKind::Expr(self.field_expr(node, "argument", depth)),
            _ => StmtKind::Expr(self.expr(node, depth + 1)),
        };
        out.push(Stmt { kind, span });
    }

    /// `a = b = value`
    fn assignment(&mut self, node: Node<'_>, span: Span, depth: usize, out: &mut Vec<Stmt>) {
        let mut lefts = Vec::new();
        let mut at = node;
        let value = loop {
            let (Some(left), Some(right)) = (at.child_by_field_name("left"), at.child_by_field_name("right")) else {
                out.push(Stmt { kind: StmtKind::Expr(self.opaque(node, depth + 1)), span });
                return;
            };
            lefts.push(unwrap(left));
            let right = unwrap(right);
            if right.kind() != "assignment_expression" {
                break right;
            }
            at = right;
        };
        if let [only] = lefts[..] {
            if depth == 0 && self.common_export(only, value, span, depth, out) {
                return;
            }
            if only.kind() == "identifier" && is_function(value) {
                return self.bind_name(self.slice(only), value, self.span(only), span, depth, out);
            }
            let value = self.expr(value, depth + 1);
            return self.assign(only, value, span, depth, out);
        }
        let value = self.expr(value, depth + 1);
        let targets =
            lefts.into_iter().map(|left| if is_pattern(left) { self.opaque(left, depth + 1) } else { self.expr(left, depth + 1) });
        let targets = targets.collect();
        out.push(Stmt { kind: StmtKind::Assign { targets, value }, span });
    }

    /// `a += b`; `a ||= b` assigns one of the two.
    fn augmented(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let sign = node.child_by_field_name("operator").map_or("", |sign| sign.kind());
        let target = self.field_expr(node, "left", depth);
        let value = self.field_expr(node, "right", depth + 1);
        let both = |target: &Expr, value| vec![target.clone(), value];
        let kind = match sign {
            "||=" | "??=" => ExprKind::Or(both(&target, value)),
            "&&=" => ExprKind::And(both(&target, value)),
            _ => return StmtKind::Augment { target, op: binary_op(sign.trim_end_matches('=')), value },
        };
        StmtKind::Assign { value: Expr { kind, span: self.span(node) }, targets: vec![target] }
    }

    /// `else if` is an `if` in the `else` of the one before; arms beyond the depth limit lie side by side.
    fn if_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let test = self.field_expr(node, "condition", depth);
        self.is_script |= self.tests_for_main(node);
        let then = self.field_block(node, "consequence", depth);
        let mut arms = Vec::new();
        let mut at = node;
        while let Some(body) = at.child_by_field_name("alternative").and_then(|clause| children(clause).into_iter().next()) {
            arms.push(body);
            if body.kind() != "if_statement" {
                break;
            }
            at = body;
        }
        StmtKind::If { test, then, otherwise: self.arms(&arms, depth + 1) }
    }

    fn arms(&mut self, arms: &[Node<'_>], depth: usize) -> Vec<Stmt> {
        let room = MAX_DEPTH.saturating_sub(depth) / 2;
        let (nested, flat) = arms.split_at(room.min(arms.len()));
        let mut rest = self.flat_arms(flat, depth + nested.len());
        for (level, arm) in nested.iter().enumerate().rev() {
            if arm.kind() != "if_statement" {
                rest = self.inner(*arm, depth + level);
            } else {
                let test = self.field_expr(*arm, "condition", depth + level);
                let then = self.field_block(*arm, "consequence", depth + level);
                rest = vec![Stmt { kind: StmtKind::If { test, then, otherwise: rest }, span: self.statement_span(*arm) }];
            }
        }
        rest
    }

    fn flat_arms(&mut self, arms: &[Node<'_>], depth: usize) -> Vec<Stmt> {
        let Some(first) = arms.first() else { return Vec::new() };
        let span = self.statement_span(*first);
        let mut tests = Vec::new();
        let mut cases = Vec::new();
        for arm in arms {
            if arm.kind() == "if_statement" {
                tests.push(self.field_expr(*arm, "condition", depth + 1));
                cases.push(self.field_block(*arm, "consequence", depth));
            } else {
                cases.push(self.inner(*arm, depth));
            }
        }
        vec![Stmt { kind: StmtKind::Match { subject: Expr::opaque(tests, span), cases }, span }]
    }

    /// `require.main === module`, `import.meta.main`, `import.meta.url === …process.argv[1]…`
    fn tests_for_main(&self, node: Node<'_>) -> bool {
        let written = node.child_by_field_name("condition").map_or("", |test| self.slice(test));
        written.contains("require.main")
            || written.contains("import.meta.main")
            || (written.contains("import.meta") && written.contains("argv"))
    }

    /// `for (start; test; step)`: one that counts up is over a range, any other a `while`.
    fn for_statement(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) {
        let span = self.statement_span(node);
        if let Some((target, iter)) = self.counting(node, depth) {
            let body = self.field_block(node, "body", depth);
            out.push(Stmt { kind: StmtKind::For { target, iter, body, otherwise: Vec::new(), is_async: false }, span });
            return;
        }
        if let Some(start) = node.child_by_field_name("initializer") {
            match start.kind() {
                "lexical_declaration" | "variable_declaration" => self.declaration(start, depth, out),
                "empty_statement" => {}
                _ => self.effect(start, self.span(start), depth, out),
            }
        }
        let test = match node.child_by_field_name("condition").filter(|test| test.is_named() && test.kind() != "empty_statement") {
            // The condition is a statement in one of the grammars.
            Some(test) if test.kind() == "expression_statement" => self.only_child(test, depth),
            Some(test) => Some(self.expr(test, depth + 1)),
            None => None,
        };
        let test = test.unwrap_or(Expr { kind: ExprKind::Bool(true), span: self.start(node) });
        let mut body = self.field_block(node, "body", depth);
        if let Some(step) = node.child_by_field_name("increment") {
            self.effect(step, self.span(step), depth + 1, &mut body);
        }
        out.push(Stmt { kind: StmtKind::While { test, body, otherwise: Vec::new() }, span });
    }

    /// `for (let i = a; i < b; i++)` as `for i in range(a, b)`.
    fn counting(&mut self, node: Node<'_>, depth: usize) -> Option<(Expr, Expr)> {
        let start = node.child_by_field_name("initializer").filter(|start| start.kind() == "lexical_declaration")?;
        let [declarator] = children(start)[..] else { return None };
        let (name, first) = (declarator.child_by_field_name("name")?, declarator.child_by_field_name("value")?);
        let mut test = node.child_by_field_name("condition")?;
        if test.kind() == "expression_statement" {
            test = children(test).into_iter().next()?;
        }
        let step = node.child_by_field_name("increment")?;
        let counter = |side: Option<Node>| side.is_some_and(|side| side.kind() == "identifier" && self.slice(side) == self.slice(name));
        let sign = test.child_by_field_name("operator").map_or("", |sign| sign.kind());
        let upwards = test.kind() == "binary_expression" && matches!(sign, "<" | "<=") && counter(test.child_by_field_name("left"));
        let by_one = step.kind() == "update_expression"
            && step.child_by_field_name("operator").is_some_and(|sign| sign.kind() == "++")
            && counter(step.child_by_field_name("argument"));
        if name.kind() != "identifier" || !upwards || !by_one {
            return None;
        }
        let span = self.span_of(start.start_byte(), step.end_byte());
        let last = test.child_by_field_name("right")?;
        let mut args = Vec::new();
        for (bound, up_to) in [(first, false), (last, sign == "<=")] {
            let mut value = self.expr(bound, depth + 2);
            if up_to {
                let one = Expr { kind: ExprKind::Int(1), span: value.span };
                let kind = match value.kind {
                    ExprKind::Int(number) => ExprKind::Int(number.saturating_add(1)),
                    kind => ExprKind::Binary { op: BinaryOp::Add, left: Box::new(Expr { kind, span: value.span }), right: Box::new(one) },
                };
                value = Expr { kind, span: value.span };
            }
            args.push(Arg { kind: ArgKind::Positional, span: value.span, value });
        }
        // As in a range that is counted from nothing.
        if matches!(args.first(), Some(Arg { value: Expr { kind: ExprKind::Int(0), .. }, .. })) {
            args.remove(0);
        }
        let callee = Expr { kind: ExprKind::Name("range".into()), span: Span { end: span.start, ..span } };
        let target = Expr { kind: ExprKind::Name(self.slice(name).to_string()), span: self.span(name) };
        Some((target, Expr { kind: ExprKind::Call(Box::new(Call { callee, args, args_span: span })), span }))
    }

    fn for_in_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut body = Vec::new();
        let target = match node.child_by_field_name("left") {
            Some(left) => self.target(left, depth, &mut body),
            None => Expr::opaque(Vec::new(), self.start(node)),
        };
        let iter = self.field_expr(node, "right", depth);
        body.extend(self.field_block(node, "body", depth));
        StmtKind::For { target, iter, body, otherwise: Vec::new(), is_async: has_token(node, "await") }
    }

    fn try_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let body = self.field_block(node, "body", depth);
        let handler = node.child_by_field_name("handler").map(|handler| self.field_block(handler, "body", depth));
        let finally = node.child_by_field_name("finalizer").map(|finalizer| self.field_block(finalizer, "body", depth));
        StmtKind::Try { body, handlers: handler.into_iter().collect(), otherwise: Vec::new(), finally: finally.unwrap_or_default() }
    }

    fn switch_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let subject = self.field_expr(node, "value", depth);
        let mut cases = Vec::new();
        for case in node.child_by_field_name("body").map(children).unwrap_or_default() {
            let mut body = Vec::new();
            let value = case.child_by_field_name("value");
            // A call in the value of a case is still a call.
            if let Some(value) = value.filter(|value| matches!(unwrap(*value).kind(), "call_expression" | "binary_expression")) {
                self.effect(value, self.span(value), depth + 1, &mut body);
            }
            let mut cursor = case.walk();
            let parts: Vec<Node> = case.children_by_field_name("body", &mut cursor).filter(|part| part.is_named()).collect();
            for part in parts {
                self.statement(part, depth + 1, &mut body);
            }
            // It ends the case, not the loop around it.
            if matches!(body.last(), Some(Stmt { kind: StmtKind::Break, .. })) {
                body.pop();
            }
            cases.push(body);
        }
        StmtKind::Match { subject, cases }
    }
}

/// The parts of `a, b, c`, which nests to one side in one grammar and lies flat in the other.
fn sequence(node: Node<'_>) -> Vec<Node<'_>> {
    let mut parts = Vec::new();
    let mut waiting = vec![node];
    while let Some(next) = waiting.pop() {
        if next.kind() == "sequence_expression" {
            waiting.extend(children(next).into_iter().rev());
        } else {
            parts.push(next);
        }
    }
    parts
}
