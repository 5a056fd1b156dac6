//! Expressions over facts: minijinja's syntax, compiled to a small typed tree that is checked when a rule is loaded.
//!
//! minijinja parses; nothing of it evaluates. What a path may be, what may be compared with what and what an unknown
//! value does is said here once, for conditions, places, grades and the slots of messages alike.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::machinery::ast;
use minijinja::value::ValueKind;

use crate::model::facts::{FactDoc, FactType};

use super::OptionValue;
use super::facts::{find, nearest, nearest_fact};

/// Longer expressions and texts are refused before they are parsed: the parser recurses over chains of operators and of
/// `elif`, as the compiler does, and both would overflow the stack.
const MAX_TOKENS: usize = 250;

/// The type of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    Bool,
    Number,
    Text,
    Record,
    List,
}

impl Type {
    fn word(self) -> &'static str {
        match self {
            Type::Bool => "yes or no",
            Type::Number => "a number",
            Type::Text => "a text",
            Type::Record => "a record",
            Type::List => "a list",
        }
    }
}

/// An expression whose paths and types are known to be right.
#[derive(Clone, Debug)]
pub enum Expr {
    Fact(&'static FactDoc),
    /// `path.confidence`: how sure that fact is, as a text.
    ConfidenceOf(&'static FactDoc),
    /// A value of the rule's options.
    Option(String),
    Literal(OptionValue),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// An item of a list, or a part of a text.
    In(Box<Expr>, Box<Expr>),
    Arithmetic(Operator, Box<Expr>, Box<Expr>),
    Negative(Box<Expr>),
    /// Known and not absent; unknown of what is unknown, so that its negation does not fire either.
    IsDefined(Box<Expr>),
    IsUnknown(Box<Expr>),
    /// Another value for what is absent or unknown.
    Default(Box<Expr>, Box<Expr>),
    /// Items of a list, characters of a text.
    Length(Box<Expr>),
    Int(Box<Expr>),
    /// To so many decimal places.
    Round(Box<Expr>, u8),
    /// A number with thousands separators, for messages.
    Tokens(Box<Expr>),
    /// `then if test else otherwise`
    If(Box<Conditional>),
}

impl Expr {
    /// Every fact that is read.
    pub fn facts(&self, found: &mut Vec<&'static FactDoc>) {
        match self {
            Expr::Fact(fact) | Expr::ConfidenceOf(fact) => found.push(fact),
            Expr::Option(_) | Expr::Literal(_) => {}
            Expr::And(left, right)
            | Expr::Or(left, right)
            | Expr::Compare(_, left, right)
            | Expr::In(left, right)
            | Expr::Arithmetic(_, left, right)
            | Expr::Default(left, right) => {
                left.facts(found);
                right.facts(found);
            }
            Expr::Not(inner)
            | Expr::Negative(inner)
            | Expr::IsDefined(inner)
            | Expr::IsUnknown(inner)
            | Expr::Length(inner)
            | Expr::Int(inner)
            | Expr::Round(inner, _)
            | Expr::Tokens(inner) => inner.facts(found),
            Expr::If(choice) => {
                choice.test.facts(found);
                choice.then.facts(found);
                choice.otherwise.facts(found);
            }
        }
    }
}

#[derive(Clone, Debug)]
pub struct Conditional {
    pub test: Expr,
    pub then: Expr,
    pub otherwise: Expr,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// What is wrong with an expression, and where in its text.
#[derive(Clone, Debug, PartialEq)]
pub struct ExprError {
    pub message: String,
    pub help: Option<String>,
    /// Bytes of the expression's (or template's) text.
    pub range: Range<usize>,
}

pub(super) type Options = BTreeMap<String, OptionValue>;

/// Compiles a condition: yes or no, or a record that is there.
pub fn condition(text: &str, options: &Options) -> Result<Expr, ExprError> {
    let parsed = parse(text)?;
    Compiler { text, options }.condition(&parsed)
}

/// Compiles a value of the type that is wanted; `{{ … }}` around it is allowed.
pub fn value(text: &str, options: &Options, wanted: Type) -> Result<Expr, ExprError> {
    let (inner, offset) = unwrapped(text);
    let shifted = |mut error: ExprError| {
        error.range = error.range.start + offset..error.range.end + offset;
        error
    };
    let parsed = parse(inner).map_err(shifted)?;
    let compiler = Compiler { text: inner, options };
    compiler.typed(&parsed, wanted).map_err(shifted)
}

/// Compiles `a or b or c` over records: the first that is there and has a place.
pub fn places(text: &str, options: &Options) -> Result<Vec<&'static FactDoc>, ExprError> {
    fn collect(expr: Expr, into: &mut Vec<&'static FactDoc>) -> bool {
        match expr {
            Expr::Fact(fact) if fact.kind == FactType::Record => {
                into.push(fact);
                true
            }
            Expr::Or(left, right) => collect(*left, into) && collect(*right, into),
            _ => false,
        }
    }
    let (inner, offset) = unwrapped(text);
    let shifted = |mut error: ExprError| {
        error.range = error.range.start + offset..error.range.end + offset;
        error
    };
    let parsed = parse(inner).map_err(shifted)?;
    let compiled = Compiler { text: inner, options }.condition(&parsed).map_err(shifted)?;
    let mut found = Vec::new();
    if collect(compiled, &mut found) {
        return Ok(found);
    }
    Err(ExprError {
        message: "a place is a record, or several joined by `or`".into(),
        help: Some("for example `request.prefix.broken_by or call`".into()),
        range: 0..text.len(),
    })
}

/// `{{ x }}` without its braces, and where `x` begins.
fn unwrapped(text: &str) -> (&str, usize) {
    let trimmed = text.trim();
    match trimmed.strip_prefix("{{").and_then(|inner| inner.strip_suffix("}}")) {
        Some(inner) => (inner, text.find("{{").map_or(0, |at| at + 2)),
        None => (text, 0),
    }
}

fn parse(text: &str) -> Result<ast::Expr<'_>, ExprError> {
    bounded(text, true)?;
    minijinja::machinery::parse_expr(text).map_err(|error| syntax_error(&error, text))
}

/// Refuses what is too long for the parser.
pub(super) fn bounded(text: &str, is_expression: bool) -> Result<(), ExprError> {
    let tokens = minijinja::machinery::tokenize(text, is_expression, Default::default()).take_while(Result::is_ok).take(MAX_TOKENS + 1);
    if tokens.count() > MAX_TOKENS {
        return Err(ExprError { message: format!("longer than {MAX_TOKENS} words and signs"), help: None, range: 0..text.len() });
    }
    Ok(())
}

pub(super) fn syntax_error(error: &minijinja::Error, text: &str) -> ExprError {
    let range = error.range().filter(|range| range.end <= text.len()).unwrap_or(0..text.len());
    ExprError { message: error.detail().unwrap_or("not an expression").to_string(), help: None, range }
}

/// Compiles one expression of a template that was parsed as a whole.
pub(super) struct Compiler<'c> {
    pub text: &'c str,
    pub options: &'c Options,
}

impl Compiler<'_> {
    pub fn condition(&self, expr: &ast::Expr<'_>) -> Result<Expr, ExprError> {
        let (compiled, kind) = self.compile(expr)?;
        match kind {
            Type::Bool | Type::Record => Ok(compiled),
            other => Err(self.error(expr, format!("a condition is yes or no, this is {}", other.word()))),
        }
    }

    pub fn typed(&self, expr: &ast::Expr<'_>, wanted: Type) -> Result<Expr, ExprError> {
        let (compiled, kind) = self.compile(expr)?;
        if kind == wanted { Ok(compiled) } else { Err(self.error(expr, format!("this is {}, not {}", kind.word(), wanted.word()))) }
    }

    pub fn compile(&self, expr: &ast::Expr<'_>) -> Result<(Expr, Type), ExprError> {
        if let Some((path, range)) = self.path(expr) {
            return self.name(&path, range);
        }
        match expr {
            ast::Expr::Const(constant) => self.literal(expr, &constant.value),
            ast::Expr::List(list) => self.list(expr, &list.items),
            ast::Expr::Tuple(tuple) => self.list(expr, &tuple.items),
            ast::Expr::UnaryOp(unary) => match unary.op {
                ast::UnaryOpKind::Not => Ok((Expr::Not(self.condition(&unary.expr)?.into()), Type::Bool)),
                ast::UnaryOpKind::Neg => Ok((Expr::Negative(self.typed(&unary.expr, Type::Number)?.into()), Type::Number)),
            },
            ast::Expr::BinOp(binary) => self.binary(expr, binary),
            ast::Expr::Compare(_) => Err(self.error(expr, "comparisons are not chained: join two with `and`")),
            ast::Expr::IfExpr(choice) => {
                let test = self.condition(&choice.test_expr)?;
                let Some(otherwise) = &choice.false_expr else {
                    return Err(self.error(expr, "`if` needs an `else`"));
                };
                let (then, kind) = self.compile(&choice.true_expr)?;
                let otherwise = self.typed(otherwise, kind)?;
                Ok((Expr::If(Box::new(Conditional { test, then, otherwise })), kind))
            }
            ast::Expr::Test(test) if test.args.is_empty() && matches!(test.name, "defined" | "unknown") => {
                let inner = Box::new(self.compile(&test.expr)?.0);
                let compiled = if test.name == "defined" { Expr::IsDefined(inner) } else { Expr::IsUnknown(inner) };
                Ok((compiled, Type::Bool))
            }
            ast::Expr::Test(test) => {
                let mut error = self.error(expr, format!("there is no test `{}` here", test.name));
                error.help = Some("the tests are `is defined` and `is unknown`".into());
                Err(error)
            }
            ast::Expr::Filter(filter) => self.filter(expr, filter),
            other => Err(self.error(expr, format!("a {} is not allowed here", other.description()))),
        }
    }

    fn binary(&self, whole: &ast::Expr<'_>, binary: &ast::BinOp<'_>) -> Result<(Expr, Type), ExprError> {
        use ast::BinOpKind as Kind;
        let comparison = match binary.op {
            Kind::ScAnd => {
                return Ok((Expr::And(self.condition(&binary.left)?.into(), self.condition(&binary.right)?.into()), Type::Bool));
            }
            Kind::ScOr => {
                return Ok((Expr::Or(self.condition(&binary.left)?.into(), self.condition(&binary.right)?.into()), Type::Bool));
            }
            Kind::Add => return self.arithmetic(Operator::Add, binary),
            Kind::Sub => return self.arithmetic(Operator::Subtract, binary),
            Kind::Mul => return self.arithmetic(Operator::Multiply, binary),
            Kind::Div => return self.arithmetic(Operator::Divide, binary),
            Kind::In => return self.membership(binary),
            Kind::Eq => Comparison::Equal,
            Kind::Ne => Comparison::NotEqual,
            Kind::Lt => Comparison::Less,
            Kind::Lte => Comparison::LessEqual,
            Kind::Gt => Comparison::Greater,
            Kind::Gte => Comparison::GreaterEqual,
            Kind::FloorDiv | Kind::Rem | Kind::Pow | Kind::Concat => {
                return Err(self.error(whole, "only + - * / are allowed between numbers"));
            }
        };
        let (left, left_kind) = self.compile(&binary.left)?;
        let (right, right_kind) = self.compile(&binary.right)?;
        if left_kind != right_kind {
            let message = format!("{} is compared with {}", left_kind.word(), right_kind.word());
            return Err(self.between(&binary.left, &binary.right, message));
        }
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if ordered && left_kind != Type::Number {
            return Err(self.between(&binary.left, &binary.right, format!("only numbers are less or greater, not {}", left_kind.word())));
        }
        if matches!(left_kind, Type::Record | Type::List) {
            return Err(self.between(&binary.left, &binary.right, format!("{} is not compared", left_kind.word())));
        }
        Ok((Expr::Compare(comparison, left.into(), right.into()), Type::Bool))
    }

    fn arithmetic(&self, operator: Operator, binary: &ast::BinOp<'_>) -> Result<(Expr, Type), ExprError> {
        let left = self.typed(&binary.left, Type::Number)?;
        let right = self.typed(&binary.right, Type::Number)?;
        Ok((Expr::Arithmetic(operator, left.into(), right.into()), Type::Number))
    }

    fn membership(&self, binary: &ast::BinOp<'_>) -> Result<(Expr, Type), ExprError> {
        let (left, left_kind) = self.compile(&binary.left)?;
        let (right, right_kind) = self.compile(&binary.right)?;
        let fits = match (left_kind, right_kind) {
            (Type::Text, Type::Text) => true,
            (Type::Text | Type::Number, Type::List) => match &right {
                Expr::Literal(OptionValue::List(items)) => items.iter().all(|item| item.kind() == left_kind),
                Expr::Option(name) => match self.options.get(name) {
                    Some(OptionValue::List(items)) => items.iter().all(|item| item.kind() == left_kind),
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        };
        if !fits {
            let message = format!("{} is not looked up in this {}", left_kind.word(), right_kind.word().trim_start_matches("a "));
            return Err(self.between(&binary.left, &binary.right, message));
        }
        Ok((Expr::In(left.into(), right.into()), Type::Bool))
    }

    fn filter(&self, whole: &ast::Expr<'_>, filter: &ast::Filter<'_>) -> Result<(Expr, Type), ExprError> {
        let Some(inner) = &filter.expr else { return Err(self.error(whole, "a filter needs a value")) };
        let args: Vec<&ast::Expr<'_>> = filter
            .args
            .iter()
            .map(|arg| match arg {
                ast::CallArg::Pos(expr) => Ok(expr),
                _ => Err(self.error(whole, "filters take plain arguments here")),
            })
            .collect::<Result<_, _>>()?;
        match (filter.name, args.as_slice()) {
            ("default", [other]) => {
                let (compiled, kind) = self.compile(inner)?;
                Ok((Expr::Default(compiled.into(), self.typed(other, kind)?.into()), kind))
            }
            ("length", []) => match self.compile(inner)? {
                (compiled, Type::Text | Type::List) => Ok((Expr::Length(compiled.into()), Type::Number)),
                (_, kind) => Err(self.error(inner, format!("{} has no length", kind.word()))),
            },
            ("int", []) => Ok((Expr::Int(self.typed(inner, Type::Number)?.into()), Type::Number)),
            ("round", []) => Ok((Expr::Round(self.typed(inner, Type::Number)?.into(), 0), Type::Number)),
            ("round", [places]) => match self.typed(places, Type::Number)? {
                Expr::Literal(OptionValue::Number(places)) if (0.0..=6.0).contains(&places) => {
                    Ok((Expr::Round(self.typed(inner, Type::Number)?.into(), places as u8), Type::Number))
                }
                _ => Err(self.error(whole, "`round` takes a number of places from 0 to 6")),
            },
            ("tokens", []) => Ok((Expr::Tokens(self.typed(inner, Type::Number)?.into()), Type::Text)),
            ("default" | "length" | "int" | "tokens", _) => Err(self.error(
                whole,
                format!("`{}` takes {} here", filter.name, if filter.name == "default" { "one argument" } else { "no argument" }),
            )),
            (name, _) => {
                const FILTERS: [&str; 5] = ["default", "length", "int", "round", "tokens"];
                let mut error = self.error(whole, format!("there is no filter `{name}` here"));
                error.help = Some(match nearest(name, FILTERS) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the filters are {}", FILTERS.map(|filter| format!("`{filter}`")).join(", ")),
                });
                Err(error)
            }
        }
    }

    /// A fact, an option or the confidence of a fact.
    fn name(&self, path: &str, range: Range<usize>) -> Result<(Expr, Type), ExprError> {
        if let Some(name) = path.strip_prefix("options.") {
            return match self.options.get(name) {
                Some(value) => Ok((Expr::Option(name.to_string()), value.kind())),
                None => Err(ExprError {
                    message: format!("the rule has no option `{name}`"),
                    help: Some(match nearest(name, self.options.keys().map(String::as_str)) {
                        Some(meant) => format!("did you mean `options.{meant}`?"),
                        None if self.options.is_empty() => "options are given under `options:` with their default values".into(),
                        None => format!("it has {}", self.options.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
                    }),
                    range,
                }),
            };
        }
        if let Some(fact) = find(path) {
            return Ok((Expr::Fact(fact), fact.kind.into()));
        }
        if let Some(fact) = path.strip_suffix(".confidence").and_then(find) {
            return Ok((Expr::ConfidenceOf(fact), Type::Text));
        }
        Err(ExprError {
            message: format!("there is no fact `{path}`"),
            help: Some(match nearest_fact(path) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`prompt-lint facts` lists them all".into(),
            }),
            range,
        })
    }

    /// The dotted path that an expression is, if it is nothing else, and where it stands.
    fn path(&self, expr: &ast::Expr<'_>) -> Option<(String, Range<usize>)> {
        match expr {
            ast::Expr::Var(var) => Some((var.id.to_string(), self.clamp(var.span().start_offset, var.span().end_offset))),
            ast::Expr::GetAttr(attribute) => {
                let (base, range) = self.path(&attribute.expr)?;
                let end = self.clamp(attribute.span().start_offset, attribute.span().end_offset).end;
                Some((format!("{base}.{}", attribute.name), range.start..end.max(range.end)))
            }
            _ => None,
        }
    }

    fn literal(&self, expr: &ast::Expr<'_>, value: &minijinja::Value) -> Result<(Expr, Type), ExprError> {
        let literal = literal(value).ok_or_else(|| self.error(expr, format!("a {} is not allowed here", value.kind())))?;
        let kind = literal.kind();
        Ok((Expr::Literal(literal), kind))
    }

    fn list(&self, whole: &ast::Expr<'_>, items: &[ast::Expr<'_>]) -> Result<(Expr, Type), ExprError> {
        let mut literals = Vec::with_capacity(items.len());
        for item in items {
            match self.compile(item)? {
                (Expr::Literal(literal), Type::Text | Type::Number) => literals.push(literal),
                _ => return Err(self.error(whole, "a list holds texts or numbers")),
            }
        }
        Ok((Expr::Literal(OptionValue::List(literals.into())), Type::List))
    }

    pub fn error(&self, expr: &ast::Expr<'_>, message: impl Into<String>) -> ExprError {
        let span = expr.span();
        ExprError { message: message.into(), help: None, range: self.clamp(span.start_offset, span.end_offset) }
    }

    /// minijinja's span of an operator begins with the token before it: that of its operands is exact.
    fn between(&self, left: &ast::Expr<'_>, right: &ast::Expr<'_>, message: String) -> ExprError {
        let start = self.path(left).map_or(left.span().start_offset as usize, |(_, range)| range.start);
        let range = self.clamp(start as u32, right.span().end_offset);
        ExprError { message, help: None, range }
    }

    fn clamp(&self, start: u32, end: u32) -> Range<usize> {
        let end = (end as usize).min(self.text.len());
        (start as usize).min(end)..end
    }
}

fn literal(value: &minijinja::Value) -> Option<OptionValue> {
    match value.kind() {
        ValueKind::Bool => Some(OptionValue::Bool(value.is_true())),
        ValueKind::Number => f64::try_from(value.clone()).ok().map(OptionValue::Number),
        ValueKind::String => value.as_str().map(|text| OptionValue::Text(text.to_string().into())),
        ValueKind::Seq => {
            value.try_iter().ok()?.map(|item| literal(&item)).collect::<Option<Vec<_>>>().map(|items| OptionValue::List(items.into()))
        }
        _ => None,
    }
}

impl From<FactType> for Type {
    fn from(kind: FactType) -> Self {
        match kind {
            FactType::Bool => Type::Bool,
            FactType::Number => Type::Number,
            FactType::Text => Type::Text,
            FactType::Record => Type::Record,
        }
    }
}

#[cfg(test)]
mod tests;
