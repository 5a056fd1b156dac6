//! The common expression tree that every host language lowers to; nothing behind it knows the language.
//!
//! Frontends build it, the evaluator in `resolve` reads it, rewrites find their anchors in it. It keeps what prompts,
//! calls and the flow between them need, with the span of every node, and drops the rest as [`ExprKind::Opaque`].

use crate::span::Span;

/// One parsed source file.
#[derive(Debug, Clone, Default)]
pub struct Module {
    pub body: Vec<Stmt>,
    /// Every comment, in the order of the source. An edit that overlaps one is never safe.
    pub comments: Vec<Span>,
    /// Places where the parser could not make sense of the source; such a file is read but never edited.
    pub errors: Vec<Span>,
    /// `if __name__ == "__main__"` and its like: the file can be run as a script.
    pub is_script: bool,
}

#[derive(Debug, Clone)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum StmtKind {
    Expr(Expr),
    /// `a = b = value`; annotated assignments too (with an empty `value` dropped by the frontend).
    Assign {
        targets: Vec<Expr>,
        value: Expr,
    },
    /// `target op= value`
    Augment {
        target: Expr,
        op: BinaryOp,
        value: Expr,
    },
    Return(Option<Expr>),
    If {
        test: Expr,
        then: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    For {
        target: Expr,
        iter: Expr,
        body: Vec<Stmt>,
        otherwise: Vec<Stmt>,
        is_async: bool,
    },
    While {
        test: Expr,
        body: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    With {
        items: Vec<WithItem>,
        body: Vec<Stmt>,
    },
    Try {
        body: Vec<Stmt>,
        handlers: Vec<Vec<Stmt>>,
        otherwise: Vec<Stmt>,
        finally: Vec<Stmt>,
    },
    /// `match` with the bodies of its cases; patterns are not followed.
    Match {
        subject: Expr,
        cases: Vec<Vec<Stmt>>,
    },
    Function(Function),
    Class(Class),
    Import(Import),
    Delete(Vec<Expr>),
    Raise(Option<Expr>),
    Global(Vec<String>),
    Break,
    Continue,
    /// `pass`, `assert`, type aliases and whatever else says nothing about values.
    Opaque,
}

#[derive(Debug, Clone)]
pub struct WithItem {
    pub value: Expr,
    pub target: Option<Expr>,
}

#[derive(Debug, Clone)]
pub struct Function {
    pub name: String,
    pub name_span: Span,
    pub params: Vec<Param>,
    pub body: Vec<Stmt>,
    pub decorators: Vec<Expr>,
    pub is_async: bool,
    pub is_generator: bool,
    /// From the first decorator or `def` to the end of the body.
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Param {
    pub name: String,
    pub kind: ParamKind,
    pub default: Option<Expr>,
    /// The annotation as written (`list[dict]`, `str`), for its words only.
    pub annotation: Option<String>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    Positional,
    KeywordOnly,
    /// `*args`
    Rest,
    /// `**kwargs`
    RestKeywords,
}

#[derive(Debug, Clone)]
pub struct Class {
    pub name: String,
    pub bases: Vec<Expr>,
    /// What the body declares with an annotation, in its order.
    pub fields: Vec<Field>,
    pub body: Vec<Stmt>,
    pub decorators: Vec<Expr>,
    pub span: Span,
}

/// A field of a record or model, with its annotation as written (`Literal["low", "high"]`).
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub annotation: String,
}

/// `import a.b as c` (`names` empty) or `from ..a import b as c, *`.
///
/// In JavaScript `module` is the specifier as written (`./prompts`, `@/lib/x`, `openai`) and `level` is 0. What a module
/// exports by default is its name `default`:
///
/// | written | `from` | `names`, `alias`, `star` |
/// |---|---|---|
/// | `import X from 'm'` | true | `default` as `X` |
/// | `import { a, b as c } from 'm'` | true | `a`, `b` as `c` |
/// | `import * as X from 'm'`, `const X = require('m')`, `const X = await import('m')` | false | alias `X` |
/// | `const { a, b: c } = require('m')` | true | `a`, `b` as `c` |
/// | `export * from 'm'` | true | star |
/// | `export { a as b } from 'm'` | true | `a` as `b` |
/// | `import 'm'` | true | none |
#[derive(Debug, Clone)]
pub struct Import {
    /// Dotted module path, empty for `from . import x`.
    pub module: String,
    /// Number of leading dots of a relative import; 0 when absolute.
    pub level: usize,
    /// `import a.b as c` gives alias `c`; `import a.b` gives none and binds `a`.
    pub alias: Option<String>,
    /// True for the `from` form.
    pub from: bool,
    pub names: Vec<ImportedName>,
    /// `from a import *`
    pub star: bool,
}

#[derive(Debug, Clone)]
pub struct ImportedName {
    pub name: String,
    pub alias: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A string, with or without interpolations; implicit concatenation is one literal of several tokens.
    Str(StrLit),
    Int(i64),
    Float(f64),
    Bool(bool),
    Null,
    Name(String),
    Attribute {
        base: Box<Expr>,
        name: String,
    },
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    /// `base[lower:upper:step]`
    Slice {
        base: Box<Expr>,
        lower: Option<Box<Expr>>,
        upper: Option<Box<Expr>>,
        step: Option<Box<Expr>>,
    },
    Call(Box<Call>),
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Compare {
        op: CompareOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Conditional {
        test: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    Dict(Vec<DictItem>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    Comprehension(Box<Comprehension>),
    /// A function without a name of its own, written where it is used.
    Lambda(Box<Function>),
    Await(Box<Expr>),
    /// `*value` in a list or a call's arguments is an [`Arg`]; elsewhere this.
    Starred(Box<Expr>),
    /// `(name := value)`
    Named {
        name: String,
        value: Box<Expr>,
    },
    Yield(Option<Box<Expr>>),
    /// Anything that is not followed; its children are kept so that calls inside are still seen.
    Opaque(Vec<Expr>),
}

#[derive(Debug, Clone)]
pub struct Call {
    pub callee: Expr,
    pub args: Vec<Arg>,
    /// From `(` to `)` inclusive.
    pub args_span: Span,
}

#[derive(Debug, Clone)]
pub struct Arg {
    pub kind: ArgKind,
    pub value: Expr,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgKind {
    Positional,
    Keyword(String),
    /// `*value`
    Spread,
    /// `**value`
    SpreadKeywords,
}

#[derive(Debug, Clone)]
pub enum DictItem {
    Entry {
        key: Expr,
        value: Expr,
    },
    /// `**value`
    Spread(Expr),
}

#[derive(Debug, Clone)]
pub struct Comprehension {
    pub kind: ComprehensionKind,
    /// For a dict comprehension the value; its key is in `key`.
    pub element: Expr,
    pub key: Option<Expr>,
    pub clauses: Vec<ComprehensionClause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    List,
    Set,
    Dict,
    Generator,
}

#[derive(Debug, Clone)]
pub struct ComprehensionClause {
    pub target: Expr,
    pub iter: Expr,
    pub conditions: Vec<Expr>,
    pub is_async: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    /// `|` between dicts, and its like.
    Or,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

/// A string literal: its tokens, and their contents as pieces in the order of the text.
#[derive(Debug, Clone, Default)]
pub struct StrLit {
    pub pieces: Vec<Piece>,
    /// The tokens it is written in (one, or several when adjacent literals are joined).
    pub tokens: Vec<StrToken>,
    pub is_bytes: bool,
}

#[derive(Debug, Clone)]
pub struct StrToken {
    /// With prefix and quotes.
    pub span: Span,
    /// Between the quotes.
    pub content: Span,
    /// Interpolates (`f"…"`, template literal).
    pub interpolated: bool,
    /// Backslashes are kept as they are (`r"…"`).
    pub raw: bool,
    /// Delimited by three quotes or backticks, so that a line break is a line break.
    pub multiline: bool,
}

#[derive(Debug, Clone)]
pub enum Piece {
    /// `verbatim` when the source at `span` equals `text` byte for byte: only there may text be cut or inserted.
    /// An escape sequence, a doubled brace or a line continuation is a piece of its own that is not verbatim.
    Text { text: String, span: Span, verbatim: bool },
    /// `{expr!r:>10}` with its braces.
    Slot { expr: Expr, conversion: Option<char>, format: Option<String>, span: Span },
}

impl Function {
    /// A function without a name.
    pub fn lambda(params: Vec<Param>, body: Vec<Stmt>, span: Span) -> Self {
        Function {
            name: String::new(),
            name_span: Span { end: span.start, ..span },
            params,
            body,
            decorators: Vec::new(),
            is_async: false,
            is_generator: false,
            span,
        }
    }

    /// What it returns, if it does nothing else.
    pub fn as_expression(&self) -> Option<&Expr> {
        match self.body.as_slice() {
            [Stmt { kind: StmtKind::Return(Some(value)), .. }] => Some(value),
            _ => None,
        }
    }
}

impl StrLit {
    /// The whole text if nothing is interpolated.
    pub fn as_text(&self) -> Option<String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text { text: part, .. } => text.push_str(part),
                Piece::Slot { .. } => return None,
            }
        }
        Some(text)
    }
}

impl Expr {
    pub fn opaque(children: Vec<Expr>, span: Span) -> Self {
        Expr { kind: ExprKind::Opaque(children), span }
    }

    /// The dotted path of names (`self.client.chat`), if the expression is nothing else.
    pub fn dotted(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Attribute { base, name } => Some(format!("{}.{name}", base.dotted()?)),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Str(literal) if !literal.is_bytes => literal.as_text(),
            _ => None,
        }
    }
}
