//! What a file takes from other files, and what it gives them.

use tree_sitter::Node;

use crate::span::Span;
use crate::syntax::*;

use super::functions::{Naming, is_function};
use super::{Lower, children, has_token, unwrap};

fn import(module: String, from: bool) -> Import {
    Import { module, level: 0, alias: None, from, names: Vec::new(), star: false }
}

fn push(import: Import, span: Span, out: &mut Vec<Stmt>) {
    out.push(Stmt { kind: StmtKind::Import(import), span });
}

impl<'t> Lower<'t> {
    /// `import …`; what is for the type checker only is left out.
    pub(super) fn import(&mut self, node: Node<'_>, out: &mut Vec<Stmt>) {
        if has_token(node, "type") || has_token(node, "typeof") {
            return;
        }
        let span = self.statement_span(node);
        let clauses = children(node);
        if let Some(clause) = clauses.iter().find(|clause| clause.kind() == "import_require_clause") {
            let source = clause.child_by_field_name("source").or_else(|| node.child_by_field_name("source"));
            let name = children(*clause).into_iter().next().map(|name| self.slice(name).to_string());
            if let Some(module) = source.and_then(|source| self.string(source).as_text()) {
                push(Import { alias: name, ..import(module, false) }, span, out);
            }
            return;
        }
        let Some(module) = node.child_by_field_name("source").and_then(|source| self.string(source).as_text()) else { return };
        let Some(clause) = clauses.iter().find(|clause| clause.kind() == "import_clause") else {
            push(import(module, true), span, out);
            return;
        };
        let mut names = Vec::new();
        let mut taken = false;
        for part in children(*clause) {
            match part.kind() {
                "identifier" => names.push(ImportedName { name: "default".into(), alias: Some(self.slice(part).to_string()) }),
                "namespace_import" => {
                    let alias = children(part).into_iter().next().map(|name| self.slice(name).to_string());
                    push(Import { alias, ..import(module.clone(), false) }, span, out);
                    taken = true;
                }
                "named_imports" => {
                    let before = names.len();
                    names.extend(self.specifiers(part));
                    // `import { type A } from 'm'` takes nothing.
                    taken |= names.len() == before;
                }
                _ => {}
            }
        }
        if !names.is_empty() || !taken {
            push(Import { names, ..import(module, true) }, span, out);
        }
    }

    fn specifiers(&self, node: Node<'_>) -> Vec<ImportedName> {
        let specifiers = children(node).into_iter().filter(|part| matches!(part.kind(), "import_specifier" | "export_specifier"));
        let specifiers = specifiers.filter(|part| !has_token(*part, "type") && !has_token(*part, "typeof"));
        specifiers
            .filter_map(|part| {
                let alias = part.child_by_field_name("alias").map(|alias| self.exported_name(alias));
                Some(ImportedName { name: self.exported_name(part.child_by_field_name("name")?), alias })
            })
            .collect()
    }

    fn exported_name(&self, name: Node<'_>) -> String {
        match name.kind() {
            "string" => self.string(name).as_text().unwrap_or_default(),
            _ => self.slice(name).to_string(),
        }
    }

    /// `export …`
    pub(super) fn export(&mut self, node: Node<'_>, depth: usize, out: &mut Vec<Stmt>) {
        let span = self.statement_span(node);
        let is_default = has_token(node, "default");
        if let Some(source) = node.child_by_field_name("source") {
            self.re_export(node, source, out);
        } else if let Some(declaration) = node.child_by_field_name("declaration") {
            self.exported_declaration(node, declaration, is_default, depth, out);
        } else if let Some(value) = node.child_by_field_name("value") {
            self.bind_name("default", value, self.start(value), span, depth, out);
        } else if has_token(node, "type") || has_token(node, "namespace") {
            // Types only.
        } else {
            for part in children(node) {
                match part.kind() {
                    "export_clause" => self.local_exports(part, out),
                    "namespace_export" => {}
                    // `export = value`
                    _ if has_token(node, "=") => self.bind_name("default", part, self.start(part), span, depth, out),
                    _ => self.statement(part, depth + 1, out),
                }
            }
        }
    }

    fn re_export(&mut self, node: Node<'_>, source: Node<'_>, out: &mut Vec<Stmt>) {
        if has_token(node, "type") {
            return;
        }
        let span = self.statement_span(node);
        let Some(module) = self.string(source).as_text() else { return };
        if has_token(node, "*") {
            push(Import { star: true, ..import(module, true) }, span, out);
            return;
        }
        for part in children(node) {
            match part.kind() {
                "namespace_export" => {
                    let alias = children(part).into_iter().next().map(|name| self.exported_name(name));
                    push(Import { alias, ..import(module.clone(), false) }, span, out);
                }
                "export_clause" => push(Import { names: self.specifiers(part), ..import(module.clone(), true) }, span, out),
                _ => {}
            }
        }
    }

    fn exported_declaration(&mut self, node: Node<'_>, declaration: Node<'_>, is_default: bool, depth: usize, out: &mut Vec<Stmt>) {
        let span = self.statement_span(node);
        let before = out.len();
        if matches!(declaration.kind(), "class_declaration" | "abstract_class_declaration") {
            let mut decorators = self.decorators(node, depth);
            decorators.extend(self.decorators(declaration, depth));
            self.class_declaration(declaration, decorators, span, depth, out);
        } else {
            self.statement(declaration, depth, out);
        }
        if let [only] = &mut out[before..] {
            only.span = span;
            if is_default {
                let name = match &mut only.kind {
                    StmtKind::Function(function) => &mut function.name,
                    StmtKind::Class(class) => &mut class.name,
                    _ => return,
                };
                if name.is_empty() {
                    *name = "default".into();
                } else {
                    let value = Expr { kind: ExprKind::Name(name.clone()), span: Span { start: span.end, ..span } };
                    self.rename("default", value, out);
                }
            }
        }
    }

    /// `export { a as b }` gives `a` another name.
    fn local_exports(&mut self, clause: Node<'_>, out: &mut Vec<Stmt>) {
        for part in children(clause) {
            let (Some(name), Some(alias)) = (part.child_by_field_name("name"), part.child_by_field_name("alias")) else { continue };
            if !has_token(part, "type") && self.slice(name) != self.slice(alias) {
                let value = Expr { kind: ExprKind::Name(self.slice(name).to_string()), span: self.span(part) };
                self.rename(&self.exported_name(alias), value, out);
            }
        }
    }

    fn rename(&self, name: &str, value: Expr, out: &mut Vec<Stmt>) {
        let span = value.span;
        let target = Expr { kind: ExprKind::Name(name.to_string()), span };
        out.push(Stmt { kind: StmtKind::Assign { targets: vec![target], value }, span });
    }

    /// Binds a value to a name: functions and classes are declared by it.
    pub(super) fn bind_name(&mut self, name: &str, value: Node<'_>, name_span: Span, span: Span, depth: usize, out: &mut Vec<Stmt>) {
        let value = unwrap(value);
        let kind = if is_function(value) {
            let naming = Naming { name: name.to_string(), name_span, decorators: Vec::new(), span, this: false };
            StmtKind::Function(self.function(value, naming, depth))
        } else if value.kind() == "class" {
            let decorators = self.decorators(value, depth);
            StmtKind::Class(self.class(value, name.to_string(), decorators, span, depth))
        } else {
            let target = Expr { kind: ExprKind::Name(name.to_string()), span: name_span };
            StmtKind::Assign { targets: vec![target], value: self.expr(value, depth + 1) }
        };
        out.push(Stmt { kind, span });
    }

    /// `require('m')`, `await import('m')`, and one member of it: the module and the member.
    pub(super) fn required(&self, value: Node<'_>) -> Option<(String, Option<String>)> {
        let value = unwrap(value);
        if value.kind() == "member_expression" {
            let (module, member) = self.required(value.child_by_field_name("object")?)?;
            let name = self.slice(value.child_by_field_name("property")?).to_string();
            return member.is_none().then_some((module, Some(name)));
        }
        let (call, keyword) = match (value.kind(), &children(value)[..]) {
            ("await_expression", [inner]) => (unwrap(*inner), "import"),
            _ => (value, "require"),
        };
        let callee = call.child_by_field_name("function").filter(|_| call.kind() == "call_expression")?;
        match children(call.child_by_field_name("arguments")?)[..] {
            [only] if self.slice(callee) == keyword && only.kind() == "string" => Some((self.string(only).as_text()?, None)),
            _ => None,
        }
    }

    /// `const pattern = require(…)`; false if the pattern says more than names.
    pub(super) fn require(&mut self, pattern: Node<'_>, module: String, member: Option<String>, span: Span, out: &mut Vec<Stmt>) -> bool {
        if pattern.kind() == "identifier" {
            let name = self.slice(pattern).to_string();
            let import = match member {
                Some(member) => Import { names: vec![ImportedName { name: member, alias: Some(name) }], ..import(module, true) },
                None => Import { alias: Some(name), ..import(module, false) },
            };
            push(import, span, out);
            return true;
        }
        let parts = children(pattern);
        let names: Option<Vec<ImportedName>> = parts
            .iter()
            .map(|part| match part.kind() {
                "shorthand_property_identifier_pattern" => Some(ImportedName { name: self.slice(*part).to_string(), alias: None }),
                "pair_pattern" => {
                    let (key, value) = (part.child_by_field_name("key")?, part.child_by_field_name("value")?);
                    let plain = key.kind() == "property_identifier" && value.kind() == "identifier";
                    plain.then(|| ImportedName { name: self.slice(key).to_string(), alias: Some(self.slice(value).to_string()) })
                }
                _ => None,
            })
            .collect();
        match names {
            Some(names) if pattern.kind() == "object_pattern" && member.is_none() => {
                push(Import { names, ..import(module, true) }, span, out);
                true
            }
            _ => false,
        }
    }

    /// `module.exports = …` and `exports.name = …`; false for any other assignment.
    pub(super) fn common_export(&mut self, target: Node<'_>, value: Node<'_>, span: Span, depth: usize, out: &mut Vec<Stmt>) -> bool {
        if target.kind() != "member_expression" {
            return false;
        }
        let written: String = self.slice(target).split_whitespace().collect();
        let name = match written.strip_prefix("module.").unwrap_or(&written) {
            "exports" if written.starts_with("module.") => "default",
            path => match path.strip_prefix("exports.") {
                Some(name) if !name.contains(['.', '(', '[']) => name,
                _ => return false,
            },
        };
        let value = unwrap(value);
        let property = target.child_by_field_name("property").map_or(self.start(target), |property| self.span(property));
        if self.slice(value) != name {
            self.bind_name(name, value, property, span, depth, out);
        }
        if name == "default" && value.kind() == "object" {
            for part in children(value) {
                let (Some(key), Some(local)) = (part.child_by_field_name("key"), part.child_by_field_name("value")) else { continue };
                if local.kind() == "identifier" && self.slice(key) != self.slice(local) {
                    let value = Expr { kind: ExprKind::Name(self.slice(local).to_string()), span: self.span(part) };
                    self.rename(&self.exported_name(key), value, out);
                }
            }
        }
        true
    }
}
