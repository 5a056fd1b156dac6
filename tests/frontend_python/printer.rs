//! Prints a lowered module, a line a statement, so that a person can review it.

use std::fmt::Write;

use prompt_lint::span::Span;
use prompt_lint::syntax::*;

pub fn print(text: &str, module: &Module) -> String {
    let mut printer = Printer { text, out: String::new() };
    if module.is_script {
        printer.out.push_str("script\n");
    }
    for comment in &module.comments {
        let _ = writeln!(printer.out, "comment {} {}", at(*comment), printer.source(*comment));
    }
    for error in &module.errors {
        let _ = writeln!(printer.out, "error {} {}", at(*error), printer.source(*error));
    }
    printer.block(&module.body, 0);
    printer.out
}

fn at(span: Span) -> String {
    format!("{}..{}", span.start, span.end)
}

struct Printer<'t> {
    text: &'t str,
    out: String,
}

impl Printer<'_> {
    fn source(&self, span: Span) -> String {
        format!("{:?}", self.text.get(span.range()).unwrap_or_default())
    }

    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(indent));
    }

    fn arm(&mut self, name: &str, body: &[Stmt], indent: usize) {
        if !body.is_empty() {
            self.line(indent, name);
            self.block(body, indent + 1);
        }
    }

    fn block(&mut self, body: &[Stmt], indent: usize) {
        for statement in body {
            self.statement(statement, indent);
        }
    }

    fn statement(&mut self, statement: &Stmt, indent: usize) {
        let place = at(statement.span);
        match &statement.kind {
            StmtKind::Expr(value) => self.line(indent, &format!("{place} {}", expr(value))),
            StmtKind::Assign { targets, value } => {
                let targets: Vec<String> = targets.iter().map(expr).collect();
                self.line(indent, &format!("{place} {} = {}", targets.join(" = "), expr(value)));
            }
            StmtKind::Augment { target, op, value } => {
                self.line(indent, &format!("{place} {} {op:?}= {}", expr(target), expr(value)));
            }
            StmtKind::Return(value) => self.line(indent, &format!("{place} return {}", maybe(value.as_ref()))),
            StmtKind::Raise(value) => self.line(indent, &format!("{place} raise {}", maybe(value.as_ref()))),
            StmtKind::Delete(values) => self.line(indent, &format!("{place} del {}", list(values))),
            StmtKind::Global(names) => self.line(indent, &format!("{place} global {}", names.join(", "))),
            StmtKind::Break => self.line(indent, &format!("{place} break")),
            StmtKind::Continue => self.line(indent, &format!("{place} continue")),
            StmtKind::Opaque => self.line(indent, &format!("{place} opaque {}", self.source(statement.span))),
            StmtKind::If { test, then, otherwise } => {
                self.line(indent, &format!("{place} if {}", expr(test)));
                self.block(then, indent + 1);
                self.arm("else", otherwise, indent);
            }
            StmtKind::For { target, iter, body, otherwise, is_async } => {
                let word = if *is_async { "async for" } else { "for" };
                self.line(indent, &format!("{place} {word} {} in {}", expr(target), expr(iter)));
                self.block(body, indent + 1);
                self.arm("else", otherwise, indent);
            }
            StmtKind::While { test, body, otherwise } => {
                self.line(indent, &format!("{place} while {}", expr(test)));
                self.block(body, indent + 1);
                self.arm("else", otherwise, indent);
            }
            StmtKind::With { items, body } => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| match &item.target {
                        Some(target) => format!("{} as {}", expr(&item.value), expr(target)),
                        None => expr(&item.value),
                    })
                    .collect();
                self.line(indent, &format!("{place} with {}", items.join(", ")));
                self.block(body, indent + 1);
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                self.line(indent, &format!("{place} try"));
                self.block(body, indent + 1);
                handlers.iter().for_each(|handler| self.arm("except", handler, indent));
                self.arm("else", otherwise, indent);
                self.arm("finally", finally, indent);
            }
            StmtKind::Match { subject, cases } => {
                self.line(indent, &format!("{place} match {}", expr(subject)));
                cases.iter().for_each(|case| self.arm("case", case, indent + 1));
            }
            StmtKind::Function(function) => {
                decorators(self, &function.decorators, indent);
                let mut words = String::new();
                for (is, word) in [(function.is_async, "async "), (function.is_generator, "generator ")] {
                    words.push_str(if is { word } else { "" });
                }
                // Constructors and what a module exports by default have names of their own.
                if let Some(name) = self.text.get(function.name_span.range()).filter(|_| !matches!(&*function.name, "__init__" | "default"))
                {
                    assert_eq!(name.trim_matches(['"', '\'']), function.name);
                }
                self.line(indent, &format!("{} {words}def {}({})", at(function.span), function.name, params(&function.params)));
                self.block(&function.body, indent + 1);
            }
            StmtKind::Class(class) => {
                decorators(self, &class.decorators, indent);
                self.line(indent, &format!("{} class {}({})", at(class.span), class.name, list(&class.bases)));
                self.block(&class.body, indent + 1);
            }
            StmtKind::Import(import) => {
                let names: Vec<String> = import.names.iter().map(|name| alias(&name.name, name.alias.as_deref())).collect();
                let module = alias(&format!("{}{}", ".".repeat(import.level), import.module), import.alias.as_deref());
                let form = match (import.from, import.star) {
                    (false, _) => format!("import {module}"),
                    (true, true) => format!("from {module} import *"),
                    (true, false) => format!("from {module} import {}", names.join(", ")),
                };
                self.line(indent, &format!("{place} {form}"));
            }
        }
    }
}

fn decorators(printer: &mut Printer, decorators: &[Expr], indent: usize) {
    for decorator in decorators {
        printer.line(indent, &format!("@{}", expr(decorator)));
    }
}

fn alias(name: &str, alias: Option<&str>) -> String {
    alias.map_or(name.to_string(), |alias| format!("{name} as {alias}"))
}

fn params(params: &[Param]) -> String {
    let one = |param: &Param| {
        let mark = match param.kind {
            ParamKind::Positional => "",
            ParamKind::KeywordOnly => "kw ",
            ParamKind::Rest => "*",
            ParamKind::RestKeywords => "**",
        };
        let annotation = param.annotation.as_ref().map(|annotation| format!(": {annotation}")).unwrap_or_default();
        let default = param.default.as_ref().map(|default| format!(" = {}", expr(default))).unwrap_or_default();
        format!("{mark}{}{annotation}{default}", param.name)
    };
    params.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn list(items: &[Expr]) -> String {
    items.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn maybe(value: Option<&Expr>) -> String {
    value.map_or("-".into(), expr)
}

fn joined(items: &[Expr], word: &str) -> String {
    format!("({})", items.iter().map(expr).collect::<Vec<_>>().join(word))
}

pub fn expr(value: &Expr) -> String {
    let bound = |bound: &Option<Box<Expr>>| bound.as_deref().map(expr).unwrap_or_default();
    match &value.kind {
        ExprKind::Str(literal) => string(literal),
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Null => "null".into(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Attribute { base, name } => format!("{}.{name}", expr(base)),
        ExprKind::Index { base, index } => format!("{}[{}]", expr(base), expr(index)),
        ExprKind::Slice { base, lower, upper, step } => {
            format!("{}[{}:{}:{}]", expr(base), bound(lower), bound(upper), bound(step))
        }
        ExprKind::Call(call) => {
            let args: Vec<String> = call
                .args
                .iter()
                .map(|arg| match &arg.kind {
                    ArgKind::Positional => expr(&arg.value),
                    ArgKind::Keyword(name) => format!("{name}={}", expr(&arg.value)),
                    ArgKind::Spread => format!("*{}", expr(&arg.value)),
                    ArgKind::SpreadKeywords => format!("**{}", expr(&arg.value)),
                })
                .collect();
            format!("{}({})@{}", expr(&call.callee), args.join(", "), at(call.args_span))
        }
        ExprKind::Binary { op, left, right } => format!("({} {op:?} {})", expr(left), expr(right)),
        ExprKind::Compare { op, left, right } => format!("({} {op:?} {})", expr(left), expr(right)),
        ExprKind::And(items) => joined(items, " and "),
        ExprKind::Or(items) => joined(items, " or "),
        ExprKind::Not(inner) => format!("(not {})", expr(inner)),
        ExprKind::Negative(inner) => format!("(- {})", expr(inner)),
        ExprKind::Conditional { test, then, otherwise } => format!("({} if {} else {})", expr(then), expr(test), expr(otherwise)),
        ExprKind::Dict(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| match item {
                    DictItem::Entry { key, value } => format!("{}: {}", expr(key), expr(value)),
                    DictItem::Spread(value) => format!("**{}", expr(value)),
                })
                .collect();
            format!("dict({})", items.join(", "))
        }
        ExprKind::List(items) => format!("[{}]", list(items)),
        ExprKind::Tuple(items) => format!("tuple({})", list(items)),
        ExprKind::Set(items) => format!("set({})", list(items)),
        ExprKind::Comprehension(inner) => comprehension(inner),
        ExprKind::Lambda(lambda) => match lambda.as_expression() {
            Some(value) => format!("(lambda {}: {})", params(&lambda.params), expr(value)),
            None => format!("(lambda {}: {{ {} }})", params(&lambda.params), inline(&lambda.body)),
        },
        ExprKind::Await(inner) => format!("(await {})", expr(inner)),
        ExprKind::Starred(inner) => format!("*{}", expr(inner)),
        ExprKind::Named { name, value } => format!("({name} := {})", expr(value)),
        ExprKind::Yield(inner) => format!("(yield {})", maybe(inner.as_deref())),
        ExprKind::Opaque(items) => format!("?({})", list(items)),
    }
}

/// The statements of a function in place.
fn inline(body: &[Stmt]) -> String {
    let mut printer = Printer { text: "", out: String::new() };
    printer.block(body, 0);
    printer.out.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

fn comprehension(comprehension: &Comprehension) -> String {
    let key = comprehension.key.as_ref().map(|key| format!("{}: ", expr(key))).unwrap_or_default();
    let mut out = format!("{:?}({key}{}", comprehension.kind, expr(&comprehension.element));
    for clause in &comprehension.clauses {
        let word = if clause.is_async { "async for" } else { "for" };
        let _ = write!(out, " {word} {} in {}", expr(&clause.target), expr(&clause.iter));
        for condition in &clause.conditions {
            let _ = write!(out, " if {}", expr(condition));
        }
    }
    out + ")"
}

/// Verbatim text in plain quotes, other text with `~` before it, each token's flags after the whole.
fn string(literal: &StrLit) -> String {
    let mut out = String::from(if literal.is_bytes { "bytes<" } else { "<" });
    for (at, piece) in literal.pieces.iter().enumerate() {
        out.push_str(if at > 0 { " " } else { "" });
        let _ = match piece {
            Piece::Text { text, verbatim: true, .. } => write!(out, "{text:?}"),
            Piece::Text { text, .. } => write!(out, "~{text:?}"),
            Piece::Slot { expr: value, conversion, format, .. } => {
                let conversion = conversion.map(|letter| format!("!{letter}")).unwrap_or_default();
                let format = format.as_ref().map(|format| format!(":{format}")).unwrap_or_default();
                write!(out, "{{{}{conversion}{format}}}", expr(value))
            }
        };
    }
    out.push('>');
    for token in &literal.tokens {
        let mut flags = String::new();
        for (is, letter) in [(token.interpolated, 'i'), (token.raw, 'r'), (token.multiline, 'm')] {
            flags.extend(is.then_some(letter));
        }
        let _ = write!(out, "[{}{}{flags}]", at(token.content), if flags.is_empty() { "" } else { " " });
    }
    out
}
