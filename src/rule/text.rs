//! The texts of a rule (message, help, labels): minijinja's template syntax with slots and branches, checked when loaded.
//!
//! No loops, no variables, no calls: a text is finite by construction, and every slot is typed. What is unknown is said
//! to be unknown.

use std::ops::Range;

use minijinja::machinery::ast;

use super::eval::{Scope, Ternary, Value};
use super::expr::{Compiler, Expr, ExprError, Options, Type, bounded, syntax_error};

/// What one slot may take of a text, in characters: names come from the source that is looked at.
const MAX_SLOT: usize = 120;
/// A rendered text is cut here, in characters.
const MAX_TEXT: usize = 2_000;

/// A compiled text.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Raw(String),
    Slot(Expr),
    Branch { test: Expr, then: Vec<Piece>, otherwise: Vec<Piece> },
}

impl Text {
    /// Compiles a template against the schema of facts and the options of its rule.
    pub fn compile(text: &str, options: &Options) -> Result<Text, ExprError> {
        bounded(text, false)?;
        let parsed = minijinja::machinery::parse(text, "<text>", Default::default()).map_err(|error| syntax_error(&error, text))?;
        let ast::Stmt::Template(template) = parsed else {
            return Err(ExprError { message: "not a template".into(), help: None, range: 0..text.len() });
        };
        let compiler = Compiler { text, options };
        Ok(Text { pieces: template.children.iter().map(|child| piece(&compiler, child)).collect::<Result<_, _>>()? })
    }

    /// The text with its slots filled.
    pub fn render(&self, scope: &Scope<'_>) -> String {
        let mut text = String::new();
        render(&self.pieces, scope, &mut text);
        clipped(text.trim_end(), MAX_TEXT)
    }
}

fn piece(compiler: &Compiler<'_>, statement: &ast::Stmt<'_>) -> Result<Piece, ExprError> {
    let (word, range) = match statement {
        ast::Stmt::EmitRaw(raw) => return Ok(Piece::Raw(raw.raw.to_string())),
        ast::Stmt::EmitExpr(emit) => {
            let (compiled, kind) = compiler.compile(&emit.expr)?;
            return match kind {
                Type::Record | Type::List => Err(compiler.error(&emit.expr, "a record or list is not a text: name one of its facts")),
                _ => Ok(Piece::Slot(compiled)),
            };
        }
        ast::Stmt::IfCond(branch) => {
            let arm = |body: &[ast::Stmt<'_>]| body.iter().map(|child| piece(compiler, child)).collect::<Result<Vec<_>, _>>();
            return Ok(Piece::Branch {
                test: compiler.condition(&branch.expr)?,
                then: arm(&branch.true_body)?,
                otherwise: arm(&branch.false_body)?,
            });
        }
        ast::Stmt::ForLoop(found) => ("for", span(found.span())),
        ast::Stmt::Set(found) => ("set", span(found.span())),
        ast::Stmt::SetBlock(found) => ("set", span(found.span())),
        ast::Stmt::Macro(found) => ("macro", span(found.span())),
        ast::Stmt::Include(found) => ("include", span(found.span())),
        _ => ("this statement", 0..compiler.text.len()),
    };
    let range = range.start.min(compiler.text.len())..range.end.min(compiler.text.len());
    Err(ExprError {
        message: format!("`{word}` is not allowed in a text"),
        help: Some("a text has slots `{{ … }}` and branches `{% if … %}`".into()),
        range,
    })
}

fn span(span: minijinja::machinery::Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

fn render(pieces: &[Piece], scope: &Scope<'_>, into: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Raw(raw) => into.push_str(raw),
            Piece::Slot(expr) => into.push_str(&shown(expr, scope)),
            Piece::Branch { test, then, otherwise } => {
                let arm = if scope.decide(test).fires == Ternary::True { then } else { otherwise };
                render(arm, scope, into);
            }
        }
    }
}

fn shown(expr: &Expr, scope: &Scope<'_>) -> String {
    match (scope.read(expr).value, expr) {
        (Value::Unknown, Expr::Tokens(_)) => "an unknown number of".into(),
        (Value::Absent, Expr::Tokens(_)) => "no".into(),
        (Value::Absent, _) => "none".into(),
        (Value::Bool(value), _) => if value { "yes" } else { "no" }.into(),
        (Value::Number(number), _) if number.fract() == 0.0 => format!("{number:.0}"),
        (Value::Number(number), _) => format!("{number:.2}"),
        (Value::Text(text), _) => clipped(&text.split_whitespace().collect::<Vec<_>>().join(" "), MAX_SLOT),
        (Value::Unknown | Value::List(_) | Value::Record(_), _) => "unknown".into(),
    }
}

fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::{Fact, Record};
    use crate::rule::facts::Facts;

    fn rendered(template: &str) -> String {
        let mut broken_by = Record::default();
        broken_by.fields.insert("name", Fact::text("datetime\n  .now()"));
        broken_by.fields.insert("reason", Fact::text("x".repeat(300)));
        let mut prefix = Record::default();
        prefix.fields.insert("broken_by", Fact::record(broken_by));
        prefix.fields.insert("lost_tokens", Fact::number(3791.0));
        prefix.fields.insert("lost", Fact::absent());
        let mut request = Record::default();
        request.fields.insert("prefix", Fact::record(prefix));
        let facts = Facts::new([("request", Fact::record(request))]);
        let options = Options::new();
        Text::compile(template, &options).unwrap().render(&Scope { facts: &facts, options: &options })
    }

    #[test]
    fn slots_are_filled() {
        assert_eq!(
            rendered("`{{ request.prefix.broken_by.name }}` costs {{ request.prefix.lost_tokens | tokens }} tokens"),
            "`datetime .now()` costs 3,791 tokens"
        );
        assert_eq!(rendered("{{ request.prefix.lost_tokens / 2 }}, {{ request.prefix.lost_tokens }}"), "1895.50, 3791");
        assert_eq!(rendered("{{ request.prefix.broken_by.reason }}").chars().count(), 121);
    }

    #[test]
    fn unknown_is_said_and_not_a_failure() {
        assert_eq!(rendered("{{ request.cache.min_tokens | tokens }} tokens by {{ call.api }}"), "an unknown number of tokens by unknown");
        assert_eq!(rendered("{% if request.prefix.lost %}a{% elif call.cap.missing %}b{% else %}c{% endif %}"), "c");
        assert_eq!(rendered("{% if request.prefix.broken_by %}there{% endif %}"), "there");
    }

    #[test]
    fn what_is_undefined_is_an_error() {
        let template = "since {{ request.prefix.brokn_by.name }}";
        let error = Text::compile(template, &Options::new()).unwrap_err();
        assert_eq!(error.message, "there is no fact `request.prefix.brokn_by.name`");
        assert_eq!(&template[error.range], "request.prefix.brokn_by.name");
        assert_eq!(error.help.as_deref(), Some("did you mean `request.prefix.broken_by.name`?"));
    }

    #[test]
    fn an_endless_text_cannot_be_written() {
        for template in [
            "{% for a in [1, 2] %}x{% endfor %}",
            "{% set a = 'x' %}{{ a }}",
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{{ range(1000000) }}",
            "{{ call.api ~ call.api }}",
            "{{ request.prefix }}",
            "{{ call.api",
        ] {
            Text::compile(template, &Options::new()).expect_err(template);
        }
        Text::compile(&format!("{{% if call %}}{}{{% endif %}}", "{% elif call %}".repeat(2_000)), &Options::new()).unwrap_err();
    }
}
