//! Statements, functions, classes and imports.

use tree_sitter::Node;

use crate::span::Span;
use crate::syntax::*;

use super::{Lower, MAX_DEPTH, children, has_token, is_trivia};

impl<'t> Lower<'t> {
    /// The statements directly in a node: a module, a block, or a damaged stretch.
    pub(super) fn block(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        let mut out = Vec::new();
        for child in children(node) {
            self.statement(child, depth, &mut out);
        }
        out
    }

    fn field_block(&mut self, node: Node<'_>, field: &str, depth: usize) -> Vec<Stmt> {
        node.child_by_field_name(field).map(|body| self.block(body, depth + 1)).unwrap_or_default()
    }

    /// The block of a clause that names no field for it.
    fn inner_block(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        let block = children(node).into_iter().rfind(|child| child.kind() == "block");
        block.map(|body| self.block(body, depth + 1)).unwrap_or_default()
    }

    fn field_expr(&mut self, node: Node<'_>, field: &str, depth: usize) -> Expr {
        match node.child_by_field_name(field) {
            Some(child) => self.expr(child, depth + 1),
            None => Expr::opaque(Vec::new(), self.span_of(node.start_byte(), node.start_byte())),
        }
    }

    fn statement(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) {
        if depth >= MAX_DEPTH {
            self.too_deep(node);
            out.push(Stmt { kind: StmtKind::Opaque, span: self.span(node) });
            return;
        }
        match node.kind() {
            "import_statement" => self.import(node, out),
            "ERROR" | "block" | "elif_clause" | "else_clause" | "except_clause" | "finally_clause" | "case_clause" => {
                // Torn off its statement by damage: what it holds is still worth reading.
                for child in children(node) {
                    self.statement(child, depth + 1, out);
                }
                return;
            }
            kind if kind.ends_with("_statement") || kind.ends_with("_definition") => {
                let kind = self.statement_kind(node, depth);
                out.push(Stmt { kind, span: self.statement_span(node) });
            }
            _ => {
                let value = self.expr(node, depth);
                if !matches!(&value.kind, ExprKind::Opaque(children) if children.is_empty()) {
                    out.push(Stmt { span: value.span, kind: StmtKind::Expr(value) });
                }
                return;
            }
        }
        if node.has_error() {
            for child in children(node).into_iter().filter(|child| child.is_error()) {
                self.statement(child, depth + 1, out);
            }
        }
    }

    fn statement_kind(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        match node.kind() {
            "expression_statement" => self.expression_statement(node, depth),
            "return_statement" => StmtKind::Return(self.only_child(node, depth)),
            "if_statement" => self.if_statement(node, depth),
            "for_statement" => self.for_statement(node, depth),
            "while_statement" => self.while_statement(node, depth),
            "with_statement" => self.with_statement(node, depth),
            "try_statement" => self.try_statement(node, depth),
            "match_statement" => self.match_statement(node, depth),
            "function_definition" | "class_definition" => self.definition(node, Vec::new(), node, depth),
            "decorated_definition" => self.decorated(node, depth),
            "import_from_statement" | "future_import_statement" => StmtKind::Import(self.import_from(node)),
            "delete_statement" => self.delete(node, depth),
            "raise_statement" => self.raise(node, depth),
            "global_statement" | "nonlocal_statement" => {
                StmtKind::Global(children(node).into_iter().map(|name| self.slice(name).to_string()).collect())
            }
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            // A call inside them is still a call.
            "assert_statement" | "print_statement" | "exec_statement" => StmtKind::Expr(self.opaque(node, depth)),
            "type_alias_statement" => self.type_alias(node, depth),
            _ => StmtKind::Opaque,
        }
    }

    /// Up to the last byte that is neither a comment nor a line break.
    fn statement_span(&self, node: Node<'_>) -> Span {
        self.span_of(node.start_byte(), last_byte(node))
    }

    fn expression_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let parts = children(node);
        if let [only] = parts[..] {
            match only.kind() {
                "assignment" => return self.assignment(only, depth),
                "augmented_assignment" => return self.augmented(only, depth),
                _ if !has_token(node, ",") => return StmtKind::Expr(self.expr(only, depth + 1)),
                _ => {}
            }
        }
        let items = parts.into_iter().map(|part| self.expr(part, depth + 1)).collect();
        StmtKind::Expr(Expr { kind: ExprKind::Tuple(items), span: self.span(node) })
    }

    fn assignment(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut targets = Vec::new();
        let mut at = node;
        loop {
            targets.push(self.field_expr(at, "left", depth));
            match at.child_by_field_name("right") {
                Some(right) if right.kind() == "assignment" => at = right,
                Some(right) => return StmtKind::Assign { targets, value: self.expr(right, depth + 1) },
                None => return StmtKind::Opaque,
            }
        }
    }

    /// The grammar takes `type(self).count = 1` for an alias.
    fn type_alias(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        match (node.child_by_field_name("left"), node.child_by_field_name("right")) {
            (Some(left), Some(right)) if self.slice(left).starts_with('(') => {
                let targets = vec![self.opaque(left, depth + 1)];
                StmtKind::Assign { targets, value: self.expr(right, depth + 1) }
            }
            _ => StmtKind::Opaque,
        }
    }

    fn augmented(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let op = node.child_by_field_name("operator").map_or("", |op| op.kind());
        StmtKind::Augment {
            target: self.field_expr(node, "left", depth),
            op: super::expressions::binary_op(op.trim_end_matches('=')),
            value: self.field_expr(node, "right", depth),
        }
    }

    fn only_child(&mut self, node: Node<'_>, depth: usize) -> Option<Expr> {
        let child = children(node).into_iter().next()?;
        Some(self.expr(child, depth + 1))
    }

    fn if_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let test = self.field_expr(node, "condition", depth);
        self.is_script |= tests_for_main(&test);
        let then = self.field_block(node, "consequence", depth);
        let arms: Vec<Node> = children(node).into_iter().filter(|child| matches!(child.kind(), "elif_clause" | "else_clause")).collect();
        StmtKind::If { test, then, otherwise: self.arms(&arms, depth + 1) }
    }

    /// `elif` is an `if` in the `else` of the one before; arms beyond the depth limit lie side by side.
    fn arms(&mut self, arms: &[Node<'_>], depth: usize) -> Vec<Stmt> {
        let room = MAX_DEPTH.saturating_sub(depth) / 2;
        let (nested, flat) = arms.split_at(room.min(arms.len()));
        let mut rest = self.flat_arms(flat, depth + nested.len());
        let end = arms.last().map_or(0, |arm| last_byte(*arm));
        for (level, arm) in nested.iter().enumerate().rev() {
            if arm.kind() == "else_clause" {
                rest = self.field_block(*arm, "body", depth + level);
            } else {
                let test = self.field_expr(*arm, "condition", depth + level);
                let then = self.field_block(*arm, "consequence", depth + level);
                let span = self.span_of(arm.start_byte(), if rest.is_empty() { last_byte(*arm) } else { end });
                rest = vec![Stmt { kind: StmtKind::If { test, then, otherwise: rest }, span }];
            }
        }
        rest
    }

    fn flat_arms(&mut self, arms: &[Node<'_>], depth: usize) -> Vec<Stmt> {
        let (Some(first), Some(last)) = (arms.first(), arms.last()) else { return Vec::new() };
        let span = self.span_of(first.start_byte(), last_byte(*last));
        let mut tests = Vec::new();
        let mut cases = Vec::new();
        for arm in arms {
            if let Some(test) = arm.child_by_field_name("condition") {
                tests.push(self.expr(test, depth + 2));
            }
            let field = if arm.kind() == "else_clause" { "body" } else { "consequence" };
            cases.push(self.field_block(*arm, field, depth));
        }
        vec![Stmt { kind: StmtKind::Match { subject: Expr::opaque(tests, span), cases }, span }]
    }

    fn else_of(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        let clause = children(node).into_iter().find(|child| child.kind() == "else_clause");
        clause.map(|clause| self.field_block(clause, "body", depth)).unwrap_or_default()
    }

    fn for_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        StmtKind::For {
            target: self.field_expr(node, "left", depth),
            iter: self.field_expr(node, "right", depth),
            body: self.field_block(node, "body", depth),
            otherwise: self.else_of(node, depth),
            is_async: has_token(node, "async"),
        }
    }

    fn while_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        StmtKind::While {
            test: self.field_expr(node, "condition", depth),
            body: self.field_block(node, "body", depth),
            otherwise: self.else_of(node, depth),
        }
    }

    fn with_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut items = Vec::new();
        for clause in children(node).into_iter().filter(|child| child.kind() == "with_clause") {
            let parts = children(clause);
            let alone = parts.len() == 1;
            for part in parts {
                let value = part.child_by_field_name("value").unwrap_or(part);
                self.with_items(value, alone, depth, &mut items);
            }
        }
        StmtKind::With { items, body: self.field_block(node, "body", depth) }
    }

    /// The grammar takes `with (a as b, c as d):` for a tuple.
    fn with_items(&mut self, value: Node<'_>, alone: bool, depth: usize, items: &mut Vec<WithItem>) {
        let inner = children(value);
        match value.kind() {
            "tuple" if alone => {
                for part in inner {
                    self.with_items(part, false, depth, items);
                }
            }
            "parenthesized_expression" if inner.first().is_some_and(|inner| inner.kind() == "as_pattern") => {
                for part in inner {
                    self.with_items(part, false, depth, items);
                }
            }
            "as_pattern" => {
                let target = value.child_by_field_name("alias").and_then(|alias| self.only_child(alias, depth));
                if let Some(first) = inner.first() {
                    items.push(WithItem { value: self.expr(*first, depth + 1), target });
                }
            }
            _ => items.push(WithItem { value: self.expr(value, depth + 1), target: None }),
        }
    }

    fn try_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let body = self.field_block(node, "body", depth);
        let (mut handlers, mut otherwise, mut finally) = (Vec::new(), Vec::new(), Vec::new());
        for clause in children(node) {
            match clause.kind() {
                "except_clause" | "except_group_clause" => handlers.push(self.inner_block(clause, depth)),
                "else_clause" => otherwise = self.field_block(clause, "body", depth),
                "finally_clause" => finally = self.inner_block(clause, depth),
                _ => {}
            }
        }
        StmtKind::Try { body, handlers, otherwise, finally }
    }

    fn match_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut cursor = node.walk();
        let subjects: Vec<Node> = node.children_by_field_name("subject", &mut cursor).filter(|child| child.is_named()).collect();
        let subject = match (&subjects[..], has_token(node, ",")) {
            ([only], false) => self.expr(*only, depth + 1),
            (all, _) => {
                let start = all.first().map_or(node.start_byte(), |first| first.start_byte());
                let end = all.last().map_or(start, |last| last.end_byte());
                let items = all.iter().map(|part| self.expr(*part, depth + 2)).collect();
                Expr { kind: ExprKind::Tuple(items), span: self.span_of(start, end) }
            }
        };
        let mut cases = Vec::new();
        for case in node.child_by_field_name("body").map(children).unwrap_or_default() {
            let mut body = Vec::new();
            // A guard runs before the body, and a call in it is still a call.
            if let Some(guard) = case.child_by_field_name("guard")
                && let Some(test) = self.only_child(guard, depth)
            {
                body.push(Stmt { span: test.span, kind: StmtKind::Expr(test) });
            }
            body.extend(self.field_block(case, "consequence", depth));
            cases.push(body);
        }
        StmtKind::Match { subject, cases }
    }

    fn delete(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut parts = children(node);
        if let [only] = parts[..]
            && only.kind() == "expression_list"
        {
            parts = children(only);
        }
        StmtKind::Delete(parts.into_iter().map(|part| self.expr(part, depth + 1)).collect())
    }

    fn raise(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut parts: Vec<Expr> = children(node).into_iter().map(|part| self.expr(part, depth + 2)).collect();
        if let [_, Expr { kind: ExprKind::Name(_) | ExprKind::Null, .. }] = parts[..] {
            parts.pop();
        }
        StmtKind::Raise(match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Expr::opaque(parts, self.span(node))),
        })
    }

    fn decorated(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let decorators = children(node)
            .into_iter()
            .filter(|child| child.kind() == "decorator")
            .filter_map(|child| self.only_child(child, depth))
            .collect();
        match node.child_by_field_name("definition") {
            Some(definition) => self.definition(definition, decorators, node, depth),
            None => StmtKind::Expr(Expr::opaque(decorators, self.span(node))),
        }
    }

    /// `whole` is the definition with its decorators.
    fn definition(&mut self, node: Node<'_>, decorators: Vec<Expr>, whole: Node<'_>, depth: usize) -> StmtKind {
        let name_node = node.child_by_field_name("name");
        let name = name_node.map_or("", |name| self.slice(name)).to_string();
        let span = self.statement_span(whole);
        if node.kind() == "class_definition" {
            let bases = node.child_by_field_name("superclasses").map(children).unwrap_or_default();
            let bases = bases.into_iter().filter(|base| base.kind() != "keyword_argument").map(|base| self.expr(base, depth + 1)).collect();
            let fields = node.child_by_field_name("body").map(|body| self.fields(body)).unwrap_or_default();
            let body = self.field_block(node, "body", depth);
            return StmtKind::Class(Class { name, bases, fields, body, decorators, span });
        }
        let params = node.child_by_field_name("parameters").map(|params| self.params(params, depth)).unwrap_or_default();
        let outer = std::mem::take(&mut self.yields);
        let body = self.field_block(node, "body", depth);
        let is_generator = std::mem::replace(&mut self.yields, outer);
        StmtKind::Function(Function {
            name,
            name_span: name_node.map_or(self.span_of(node.start_byte(), node.start_byte()), |name| self.span(name)),
            params,
            body,
            decorators,
            is_async: has_token(node, "async"),
            is_generator,
            span,
        })
    }

    /// The annotated names of the body of a class.
    fn fields(&self, body: Node<'_>) -> Vec<Field> {
        let mut fields = Vec::new();
        for statement in children(body).into_iter().filter(|child| child.kind() == "expression_statement") {
            let declared = children(statement).into_iter().find(|child| child.kind() == "assignment");
            let Some(declared) = declared else { continue };
            let (Some(name), Some(annotation)) = (declared.child_by_field_name("left"), declared.child_by_field_name("type")) else {
                continue;
            };
            fields.push(Field { name: self.slice(name).to_string(), annotation: self.slice(annotation).to_string() });
        }
        fields
    }

    /// Of a function or a lambda.
    pub(super) fn params(&mut self, node: Node<'_>, depth: usize) -> Vec<Param> {
        let mut params = Vec::new();
        let mut kind = ParamKind::Positional;
        for child in children(node) {
            if child.kind() == "keyword_separator" {
                kind = ParamKind::KeywordOnly;
                continue;
            }
            let named = match child.kind() {
                "identifier" | "list_splat_pattern" | "dictionary_splat_pattern" => Some(child),
                "typed_parameter" => children(child).into_iter().next(),
                "default_parameter" | "typed_default_parameter" => child.child_by_field_name("name"),
                _ => None,
            };
            let Some(named) = named else { continue };
            let own_kind = match named.kind() {
                "list_splat_pattern" => ParamKind::Rest,
                "dictionary_splat_pattern" => ParamKind::RestKeywords,
                _ => kind,
            };
            if own_kind == ParamKind::Rest {
                kind = ParamKind::KeywordOnly;
            }
            params.push(Param {
                name: self.slice(named).trim_start_matches('*').trim_start().to_string(),
                kind: own_kind,
                default: child.child_by_field_name("value").map(|value| self.expr(value, depth + 1)),
                annotation: child.child_by_field_name("type").map(|annotation| self.slice(annotation).to_string()),
                span: self.span(child),
            });
        }
        params
    }

    fn import(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        let span = self.statement_span(node);
        for imported in self.imported_names(node) {
            let import = Import { module: imported.name, level: 0, alias: imported.alias, from: false, names: Vec::new(), star: false };
            out.push(Stmt { kind: StmtKind::Import(import), span });
        }
    }

    fn import_from(&mut self, node: Node<'_>) -> Import {
        let (mut module, mut level) = (String::new(), 0);
        if node.kind() == "future_import_statement" {
            module.push_str("__future__");
        }
        if let Some(from) = node.child_by_field_name("module_name") {
            let parts = if from.kind() == "relative_import" { children(from) } else { vec![from] };
            for part in parts {
                if part.kind() == "import_prefix" {
                    level = self.slice(part).matches('.').count();
                } else {
                    module = self.dotted_name(part);
                }
            }
        }
        let star = children(node).iter().any(|child| child.kind() == "wildcard_import");
        Import { module, level, alias: None, from: true, names: self.imported_names(node), star }
    }

    fn imported_names(&self, node: Node<'_>) -> Vec<ImportedName> {
        let mut cursor = node.walk();
        let names: Vec<Node> = node.children_by_field_name("name", &mut cursor).filter(|child| child.is_named()).collect();
        let named = |name: Node| {
            if name.kind() == "aliased_import" {
                ImportedName {
                    name: name.child_by_field_name("name").map(|name| self.dotted_name(name)).unwrap_or_default(),
                    alias: name.child_by_field_name("alias").map(|alias| self.slice(alias).to_string()),
                }
            } else {
                ImportedName { name: self.dotted_name(name), alias: None }
            }
        };
        names.into_iter().filter(|name| matches!(name.kind(), "aliased_import" | "dotted_name")).map(named).collect()
    }

    fn dotted_name(&self, node: Node<'_>) -> String {
        children(node).into_iter().map(|part| self.slice(part)).collect::<Vec<_>>().join(".")
    }
}

/// The end of the last token that is neither a comment nor a line break.
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

/// `__name__ == "__main__"`, alone or as one of several conditions.
fn tests_for_main(test: &Expr) -> bool {
    let is_name = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(name) if name == "__name__");
    let is_main = |expr: &Expr| expr.as_text().as_deref() == Some("__main__");
    match &test.kind {
        ExprKind::Compare { op: CompareOp::Equal, left, right } => (is_name(left) && is_main(right)) || (is_main(left) && is_name(right)),
        ExprKind::And(parts) => parts.iter().any(tests_for_main),
        _ => false,
    }
}
