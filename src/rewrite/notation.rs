//! How blocks of a prompt and the markers between them are written in the language that they go into.

use crate::catalogue::MarkerStyle;
use crate::project::{Language, Project};
use crate::span::{FileId, Span};
use crate::syntax::{Expr, ExprKind, Module};

use super::find::{self, Seen};

/// The quotes that most short strings of a file stand in.
pub(super) fn quote(module: &Module, text: &str) -> char {
    let (mut single, mut double) = (0usize, 0usize);
    find::visit(module, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Str(literal), .. }) = seen {
            for token in &literal.tokens {
                let written = text.get(token.span.range()).unwrap_or("").trim_start_matches(|c: char| c.is_ascii_alphabetic());
                match written.as_bytes() {
                    [b'\'', b'\'', b'\'', ..] | [b'"', b'"', b'"', ..] => {}
                    [b'\'', ..] => single += 1,
                    [b'"', ..] => double += 1,
                    _ => {}
                }
            }
        }
    });
    if single > double { '\'' } else { '"' }
}

/// The way in which one place of a file writes dicts and texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notation {
    /// Keys stand without quotes and braces with blanks, as in JavaScript.
    script: bool,
    pub quote: char,
    /// Statements end with a semicolon.
    pub semicolons: bool,
    /// A text keeps its own type: without this TypeScript takes `"text"` in a variable for any string.
    as_const: bool,
    /// One step of indentation.
    pub step: &'static str,
}

impl Notation {
    /// Of a place in a file; `within` is the call whose arguments give what is written in them its type.
    pub fn at(project: &Project, file: FileId, place: Span, within: Option<Span>) -> Self {
        let meta = project.file(file);
        if meta.language != Language::JavaScript {
            let quote = quote(project.module(file), project.text(file));
            return Notation { script: false, quote, semicolons: false, as_const: false, step: "    " };
        }
        let text = project.text(file);
        let ending = meta.key.rsplit('.').next().unwrap_or_default();
        let typed = matches!(ending, "ts" | "tsx" | "mts" | "cts");
        let by_two = text.lines().any(|line| line.starts_with("  ") && !line.starts_with("   "));
        Notation {
            script: true,
            quote: quote(project.module(file), text),
            semicolons: text.lines().any(|line| line.ends_with(';')) || text.lines().count() < 2,
            as_const: typed && !within.is_some_and(|call| call.contains(place)),
            step: if by_two || !text.lines().any(|line| line.starts_with("    ")) { "  " } else { "    " },
        }
    }

    fn text(self, text: &str) -> String {
        let as_const = if self.as_const { " as const" } else { "" };
        format!("{0}{text}{0}{as_const}", self.quote)
    }

    /// `"text": `
    pub fn key(self, name: &str) -> String {
        if self.script { format!("{name}: ") } else { format!("{0}{name}{0}: ", self.quote) }
    }

    pub fn open(self) -> &'static str {
        if self.script { "{ " } else { "{" }
    }

    pub fn close(self) -> &'static str {
        if self.script { " }" } else { "}" }
    }

    /// `"type": "text"`
    pub fn type_text(self) -> String {
        format!("{}{}", self.key("type"), self.text("text"))
    }

    /// What stands before the text of a block: `{"type": "text", "text": `, or `{"text": ` where blocks have no type.
    pub fn head(self, style: MarkerStyle) -> String {
        match style {
            MarkerStyle::CachePoint | MarkerStyle::CachePointKey => format!("{}{}", self.open(), self.key("text")),
            _ => format!("{}{}, {}", self.open(), self.type_text(), self.key("text")),
        }
    }

    /// The key of a block that marks its end: `"cache_control": {"type": "ephemeral"}`, `"cachePoint": {"type": "default"}`
    pub fn control(self, style: MarkerStyle) -> String {
        let (key, kind) = match style {
            MarkerStyle::CachePoint | MarkerStyle::CachePointKey => ("cachePoint", "default"),
            _ => ("cache_control", "ephemeral"),
        };
        format!("{}{}{}{}{}", self.key(key), self.open(), self.key("type"), self.text(kind), self.close())
    }

    /// `{"cachePoint": {"type": "default"}}`
    pub fn point(self) -> String {
        format!("{}{}{}", self.open(), self.control(MarkerStyle::CachePoint), self.close())
    }

    /// The same with the other quotes.
    pub fn quoted(self, quote: char) -> Self {
        Notation { quote, ..self }
    }

    pub fn is_script(self) -> bool {
        self.script
    }
}
