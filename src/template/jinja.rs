//! Jinja templates: minijinja's syntax tree, turned into nodes that carry exact byte spans.
//!
//! minijinja's statement spans begin at the keyword and its expression spans may begin inside the expression; the extents with
//! delimiters come from its tokens, and what lies between tokens (comments, `raw` tags, trimmed blanks) is found as gaps.
//!
//! What has no node of its own:
//! - `with`, `filter`, `autoescape` and `call` are a [`Node::Block`] without a name, so that nothing is moved out of them unseen. The
//!   assignments of a `with` are [`Node::Set`]s over `name = value`; the call of a `call` is a [`Node::Slot`] over its opening tag.
//! - the `else` of a loop is a [`Node::Branch`] on what is looped over, at the end of the body, with the text as its second arm.
//! - the condition of a loop (`for x in xs if …`) is the filter `select` on what is looped over.
//! - `do`, `break` and `continue` send nothing and are left out.
//! - One line break at the very end of the text is not part of any node: Jinja does not send it.

mod lex;
#[cfg(test)]
mod tests;
mod value;

use minijinja::machinery::{
    self,
    ast::{self, Expr, Stmt},
};
use minijinja::syntax::SyntaxConfig;

use super::{Node, Template, Value, ValueKind};
use crate::span::Span;
use lex::Lexed;

/// Why a text is not a Jinja template.
#[derive(Debug, Clone, thiserror::Error)]
#[error("not parsed: {message}")]
pub struct TemplateError {
    pub message: String,
    /// Byte range in the text, if the parser gives one; it lies on character boundaries.
    pub at: Option<std::ops::Range<usize>>,
}

/// Parses a Jinja template. The nodes are in source order, do not overlap, and each lies within the span of the one that holds it.
///
/// # Errors
/// What is not Jinja as minijinja knows it, and what is nested so deeply or so large that parsing it might exhaust the stack.
pub fn parse(text: &str) -> Result<Template, TemplateError> {
    let lexed = lex::lex(text)?;
    let tree = machinery::parse(text, "template", SyntaxConfig::default()).map_err(|error| lex::refuse(text, &error))?;
    let Stmt::Template(template) = &tree else { return Ok(Template::default()) };
    let nodes = Reader { text, lexed: &lexed }.nodes(&template.children);
    Ok(Template { nodes, comments: lexed.comments })
}

/// Reads minijinja's tree with the source and its tokens at hand.
struct Reader<'t> {
    text: &'t str,
    lexed: &'t Lexed,
}

impl Reader<'_> {
    fn nodes(&self, statements: &[Stmt]) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(statements.len());
        for statement in statements {
            nodes.extend(self.node(statement));
        }
        nodes
    }

    fn node(&self, statement: &Stmt) -> Option<Node> {
        Some(match statement {
            Stmt::EmitRaw(raw) if raw.raw.is_empty() => return None,
            Stmt::EmitRaw(raw) => {
                let span = span_of(raw.span());
                // Delimiters stand in text only inside a `raw` block, outside of which they would mean something else.
                let escaped = ["{{", "{%", "{#"].iter().any(|delimiter| raw.raw.contains(delimiter));
                let verbatim = !escaped && self.text.get(span.range()) == Some(raw.raw);
                Node::Text { text: raw.raw.to_owned(), span, verbatim }
            }
            Stmt::EmitExpr(emit) => {
                let written = span_of(emit.span());
                Node::Slot { value: Value { span: written, ..self.value(&emit.expr) }, span: self.tag(written) }
            }
            Stmt::ForLoop(statement) => self.for_loop(statement, self.extent(statement.span())),
            Stmt::IfCond(statement) => self.branch(statement, self.extent(statement.span())),
            Stmt::WithBlock(with) => {
                let mut body: Vec<Node> = with.assignments.iter().map(|(target, value)| self.assignment(target, value)).collect();
                body.extend(self.nodes(&with.body));
                Node::Block { name: String::new(), body, span: self.extent(with.span()) }
            }
            Stmt::Set(set) => {
                let span = self.extent(set.span());
                Node::Set { name: target_name(&set.target), value: Some(self.value(&set.expr)), body: Vec::new(), span }
            }
            Stmt::SetBlock(set) => {
                let span = self.extent(set.span());
                Node::Set { name: target_name(&set.target), value: None, body: self.nodes(&set.body), span }
            }
            Stmt::AutoEscape(block) => self.anonymous(&block.body, self.extent(block.span())),
            Stmt::FilterBlock(block) => self.anonymous(&block.body, self.extent(block.span())),
            Stmt::Block(block) => {
                Node::Block { name: block.name.to_owned(), body: self.nodes(&block.body), span: self.extent(block.span()) }
            }
            Stmt::CallBlock(call) => {
                let span = self.extent(call.span());
                let written = span_of(call.call_expr_span);
                let mut body = vec![Node::Slot { value: self.call(&call.call, written), span: self.tag(written) }];
                body.extend(self.nodes(&call.macro_decl.body));
                Node::Block { name: String::new(), body, span }
            }
            Stmt::Macro(makro) => Node::Macro {
                name: makro.name.to_owned(),
                params: makro.args.iter().map(target_name).collect(),
                body: self.nodes(&makro.body),
                span: self.extent(makro.span()),
            },
            Stmt::Include(include) => Node::Include { name: literal_name(&include.name), span: self.extent(include.span()) },
            Stmt::Extends(extends) => Node::Extends { name: literal_name(&extends.name), span: self.extent(extends.span()) },
            Stmt::Import(import) => {
                Node::Import { name: literal_name(&import.expr), bound: vec![target_name(&import.name)], span: self.extent(import.span()) }
            }
            Stmt::FromImport(import) => Node::Import {
                name: literal_name(&import.expr),
                bound: import.names.iter().map(|(name, alias)| target_name(alias.as_ref().unwrap_or(name))).collect(),
                span: self.extent(import.span()),
            },
            Stmt::Template(_) | Stmt::Do(_) | Stmt::Break(_) | Stmt::Continue(_) => return None,
        })
    }

    fn anonymous(&self, body: &[Stmt], span: Span) -> Node {
        Node::Block { name: String::new(), body: self.nodes(body), span }
    }

    fn assignment(&self, target: &Expr, value: &Expr) -> Node {
        let value = self.value(value);
        let span = self.balanced(span_of(target.span()).join(value.span));
        Node::Set { name: target_name(target), value: Some(value), body: Vec::new(), span }
    }

    fn for_loop(&self, statement: &ast::ForLoop, span: Span) -> Node {
        let targets = match &statement.target {
            Expr::List(list) => list.items.iter().map(target_name).collect(),
            target => vec![target_name(target)],
        };
        let mut over = self.value(&statement.iter);
        let mut body = self.nodes(&statement.body);
        let otherwise = self.nodes(&statement.else_body);
        if let Some(first) = otherwise.first() {
            let from = self.lexed.tag_before(first.span().start).unwrap_or(first.span());
            let span = Span { start: from.start, end: span.end };
            body.push(Node::Branch { tests: vec![over.clone()], arms: vec![Vec::new(), otherwise], span });
        }
        if statement.filter_expr.is_some() {
            over.filters.push("select".to_owned());
        }
        Node::Loop { targets, over, body, span }
    }

    /// An `if` with its `elif`s, which minijinja nests in the arm for `else`.
    fn branch(&self, statement: &ast::IfCond, span: Span) -> Node {
        let mut tests = vec![self.value(&statement.expr)];
        let mut arms = vec![self.nodes(&statement.true_body)];
        let mut rest = &statement.false_body;
        while let [Stmt::IfCond(next)] = rest.as_slice() {
            let start = next.span().start_offset as usize;
            if !self.text.get(start..).is_some_and(|tail| tail.starts_with("elif")) {
                break;
            }
            tests.push(self.value(&next.expr));
            arms.push(self.nodes(&next.true_body));
            rest = &next.false_body;
        }
        arms.push(self.nodes(rest));
        Node::Branch { tests, arms, span }
    }

    /// The tag that an expression stands in, with its delimiters.
    fn tag(&self, written: Span) -> Span {
        self.lexed.tag_at(written.start).map_or(written, |tag| tag.span)
    }

    /// From the opening delimiter of a statement's first tag to the closing one of its last.
    fn extent(&self, statement: machinery::Span) -> Span {
        let keyword_to_end = span_of(statement);
        let first = self.lexed.tag_at(keyword_to_end.start).map_or(keyword_to_end, |tag| tag.span);
        let last = self.lexed.tag_at(keyword_to_end.end.saturating_sub(1)).map_or(keyword_to_end, |tag| tag.span);
        first.join(last)
    }
}

fn span_of(span: machinery::Span) -> Span {
    Span { start: span.start_offset, end: span.end_offset.max(span.start_offset) }
}

/// The name that is assigned to: `name`, `ns.name`, `a, b`.
fn target_name(target: &Expr) -> String {
    match target {
        Expr::Var(var) => var.id.to_owned(),
        Expr::GetAttr(attr) => format!("{}.{}", target_name(&attr.expr), attr.name),
        Expr::List(list) => list.items.iter().map(target_name).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}

/// The name of another template, if it is written out.
fn literal_name(name: &Expr) -> Option<String> {
    match name {
        Expr::Const(constant) => constant.value.as_str().map(str::to_owned),
        _ => None,
    }
}
