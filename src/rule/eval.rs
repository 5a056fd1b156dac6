//! The evaluation of expressions: a truth of three values, and how sure a reading is.

use crate::model::facts::{Fact, FactValue, Record};
use crate::model::prompt::Confidence;

use super::OptionValue;
use super::expr::{Comparison, Expr, Operator, Options};
use super::facts::FactSource;

/// True, false, or not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ternary {
    True,
    False,
    Unknown,
}

impl From<bool> for Ternary {
    fn from(value: bool) -> Self {
        if value { Ternary::True } else { Ternary::False }
    }
}

impl std::ops::Not for Ternary {
    type Output = Ternary;

    fn not(self) -> Ternary {
        match self {
            Ternary::True => Ternary::False,
            Ternary::False => Ternary::True,
            Ternary::Unknown => Ternary::Unknown,
        }
    }
}

/// What a condition came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Only `True` fires.
    pub fires: Ternary,
    /// The lowest of the facts that decided it.
    pub confidence: Confidence,
}

/// A value as read, with how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub value: Value,
    pub confidence: Confidence,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Unknown,
    Absent,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Record(Record),
}

/// What an expression is evaluated in.
pub struct Scope<'s> {
    pub facts: &'s dyn FactSource,
    pub options: &'s Options,
}

impl Scope<'_> {
    /// Decides a condition.
    pub fn decide(&self, expr: &Expr) -> Verdict {
        match expr {
            Expr::Not(inner) => {
                let verdict = self.decide(inner);
                Verdict { fires: !verdict.fires, ..verdict }
            }
            Expr::And(left, right) => joined(self.decide(left), self.decide(right), Ternary::False),
            Expr::Or(left, right) => joined(self.decide(left), self.decide(right), Ternary::True),
            Expr::Compare(comparison, left, right) => {
                let (left, right) = (self.read(left), self.read(right));
                Verdict { fires: compare(*comparison, &left.value, &right.value), confidence: left.confidence.min(right.confidence) }
            }
            Expr::In(item, list) => {
                let (item, list) = (self.read(item), self.read(list));
                let fires = match (&item.value, &list.value) {
                    (Value::Unknown, _) | (_, Value::Unknown) => Ternary::Unknown,
                    (item, Value::List(items)) => items.contains(item).into(),
                    (Value::Text(part), Value::Text(text)) => text.contains(part.as_str()).into(),
                    _ => Ternary::False,
                };
                Verdict { fires, confidence: item.confidence.min(list.confidence) }
            }
            Expr::IsDefined(inner) => {
                let reading = self.read(inner);
                let fires = match reading.value {
                    Value::Unknown => Ternary::Unknown,
                    Value::Absent => Ternary::False,
                    _ => Ternary::True,
                };
                Verdict { fires, confidence: reading.confidence }
            }
            Expr::IsUnknown(inner) => {
                let reading = self.read(inner);
                let unknown = reading.value == Value::Unknown;
                // What could not be followed never makes a finding of high confidence.
                let confidence = if unknown { Confidence::Medium } else { reading.confidence };
                Verdict { fires: unknown.into(), confidence }
            }
            other => {
                let reading = self.read(other);
                let fires = match reading.value {
                    Value::Bool(value) => value.into(),
                    Value::Record(_) => Ternary::True,
                    Value::Absent => Ternary::False,
                    _ => Ternary::Unknown,
                };
                Verdict { fires, confidence: reading.confidence }
            }
        }
    }

    /// Reads a value.
    pub fn read(&self, expr: &Expr) -> Reading {
        match expr {
            Expr::Fact(fact) => reading(self.facts.fact(fact.path)),
            Expr::ConfidenceOf(fact) => sure(Value::Text(self.facts.fact(fact.path).confidence.as_str().into())),
            Expr::Option(name) => sure(self.options.get(name).map_or(Value::Unknown, value)),
            Expr::Literal(literal) => sure(value(literal)),
            Expr::Negative(inner) => self.number(inner, |number| Some(-number)),
            Expr::Int(inner) => self.number(inner, |number| Some(number.trunc())),
            Expr::Round(inner, places) => {
                let scale = 10f64.powi(i32::from(*places));
                self.number(inner, |number| Some((number * scale).round() / scale))
            }
            Expr::Arithmetic(operator, left, right) => {
                let (left, right) = (self.read(left), self.read(right));
                let value = match (left.value, right.value) {
                    (Value::Number(left), Value::Number(right)) => match operator {
                        Operator::Add => known(left + right),
                        Operator::Subtract => known(left - right),
                        Operator::Multiply => known(left * right),
                        Operator::Divide => known(left / right),
                    },
                    _ => Value::Unknown,
                };
                Reading { value, confidence: left.confidence.min(right.confidence) }
            }
            Expr::Default(inner, other) => {
                let read = self.read(inner);
                match read.value {
                    Value::Absent => {
                        let other = self.read(other);
                        Reading { confidence: other.confidence.min(read.confidence), ..other }
                    }
                    Value::Unknown => {
                        let other = self.read(other);
                        Reading { confidence: other.confidence.min(read.confidence).min(Confidence::Medium), ..other }
                    }
                    _ => read,
                }
            }
            Expr::Length(inner) => {
                let read = self.read(inner);
                let value = match read.value {
                    Value::Text(text) => Value::Number(text.chars().count() as f64),
                    Value::List(items) => Value::Number(items.len() as f64),
                    Value::Absent => Value::Number(0.0),
                    _ => Value::Unknown,
                };
                Reading { value, confidence: read.confidence }
            }
            Expr::Tokens(inner) => {
                let read = self.read(inner);
                let value = match read.value {
                    Value::Number(number) => Value::Text(thousands(number)),
                    other => other,
                };
                Reading { value, confidence: read.confidence }
            }
            Expr::If(choice) => {
                let test = self.decide(&choice.test);
                let read = match test.fires {
                    Ternary::True => self.read(&choice.then),
                    Ternary::False => self.read(&choice.otherwise),
                    Ternary::Unknown => sure(Value::Unknown),
                };
                Reading { confidence: read.confidence.min(test.confidence), ..read }
            }
            Expr::Not(_) | Expr::And(..) | Expr::Or(..) | Expr::Compare(..) | Expr::In(..) | Expr::IsDefined(_) | Expr::IsUnknown(_) => {
                let verdict = self.decide(expr);
                let value = match verdict.fires {
                    Ternary::True => Value::Bool(true),
                    Ternary::False => Value::Bool(false),
                    Ternary::Unknown => Value::Unknown,
                };
                Reading { value, confidence: verdict.confidence }
            }
        }
    }

    /// Every text that an expression may come to: both branches of a choice that cannot be decided.
    pub fn outcomes(&self, expr: &Expr) -> Vec<String> {
        match expr {
            Expr::If(choice) => match self.decide(&choice.test).fires {
                Ternary::True => self.outcomes(&choice.then),
                Ternary::False => self.outcomes(&choice.otherwise),
                Ternary::Unknown => [self.outcomes(&choice.then), self.outcomes(&choice.otherwise)].concat(),
            },
            other => match self.read(other).value {
                Value::Text(text) => vec![text],
                _ => Vec::new(),
            },
        }
    }

    fn number(&self, inner: &Expr, change: impl Fn(f64) -> Option<f64>) -> Reading {
        let read = self.read(inner);
        let value = match read.value {
            Value::Number(number) => change(number).map_or(Value::Unknown, known),
            _ => Value::Unknown,
        };
        Reading { value, confidence: read.confidence }
    }
}

/// `and` (`dominant` false) or `or` (`dominant` true): one dominant side decides alone, so that the surer of two such
/// sides counts; otherwise both are needed, and the less sure counts.
fn joined(left: Verdict, right: Verdict, dominant: Ternary) -> Verdict {
    let least = left.confidence.min(right.confidence);
    match (left.fires == dominant, right.fires == dominant) {
        (true, true) => Verdict { fires: dominant, confidence: left.confidence.max(right.confidence) },
        (true, false) => left,
        (false, true) => right,
        (false, false) if left.fires == Ternary::Unknown || right.fires == Ternary::Unknown => {
            Verdict { fires: Ternary::Unknown, confidence: least }
        }
        (false, false) => Verdict { fires: !dominant, confidence: least },
    }
}

/// What is absent equals nothing, and is neither less nor greater than anything.
fn compare(comparison: Comparison, left: &Value, right: &Value) -> Ternary {
    if *left == Value::Unknown || *right == Value::Unknown {
        return Ternary::Unknown;
    }
    let numbers = match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some((*left, *right)),
        _ => None,
    };
    match comparison {
        Comparison::Equal => (left == right).into(),
        Comparison::NotEqual => (left != right).into(),
        Comparison::Less => numbers.map_or(Ternary::Unknown, |(left, right)| (left < right).into()),
        Comparison::LessEqual => numbers.map_or(Ternary::Unknown, |(left, right)| (left <= right).into()),
        Comparison::Greater => numbers.map_or(Ternary::Unknown, |(left, right)| (left > right).into()),
        Comparison::GreaterEqual => numbers.map_or(Ternary::Unknown, |(left, right)| (left >= right).into()),
    }
}

/// Division by zero and overflow give what is not known.
fn known(number: f64) -> Value {
    if number.is_finite() { Value::Number(number) } else { Value::Unknown }
}

fn sure(value: Value) -> Reading {
    Reading { value, confidence: Confidence::High }
}

fn reading(fact: Fact) -> Reading {
    let value = match fact.value {
        FactValue::Unknown => Value::Unknown,
        FactValue::Absent => Value::Absent,
        FactValue::Bool(value) => Value::Bool(value),
        FactValue::Number(number) => known(number),
        FactValue::Text(text) => Value::Text(text),
        FactValue::Record(record) => Value::Record(record),
    };
    Reading { value, confidence: fact.confidence }
}

fn value(option: &OptionValue) -> Value {
    match option {
        OptionValue::Bool(value) => Value::Bool(*value),
        OptionValue::Number(number) => known(*number),
        OptionValue::Text(text) => Value::Text(text.to_string()),
        OptionValue::List(items) => Value::List(items.iter().map(value).collect()),
    }
}

/// `1,200`; rounded to a whole number.
fn thousands(number: f64) -> String {
    let digits = format!("{:.0}", number.abs().round());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number.round() < 0.0 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::expr::condition;
    use crate::rule::facts::Facts;

    /// `call.reasoning` true, `call.one_shot` false, the rest of `call` unknown, `call.cap` absent.
    fn facts() -> Facts {
        let mut call = Record::default();
        call.fields.insert("reasoning", Fact::bool(true).with(Confidence::Medium));
        call.fields.insert("one_shot", Fact::bool(false).with(Confidence::Low));
        call.fields.insert("model", Fact::text("claude-opus-5"));
        call.fields.insert("cap", Fact::absent());
        let mut request = Record::default();
        request.fields.insert("static_tokens", Fact::number(1200.0));
        request.fields.insert("prefix", Fact::record(Record::default()).with(Confidence::Medium));
        Facts::new([("call", Fact::record(call)), ("request", Fact::record(request))])
    }

    fn verdict(text: &str) -> Verdict {
        let options = Options::new();
        let expr = condition(text, &options).unwrap();
        Scope { facts: &facts(), options: &options }.decide(&expr)
    }

    #[test]
    fn truth_tables() {
        let (yes, no, open) = ("call.reasoning", "call.one_shot", "request.history.present");
        let table = [
            (yes, yes, Ternary::True, Ternary::True),
            (yes, no, Ternary::False, Ternary::True),
            (yes, open, Ternary::Unknown, Ternary::True),
            (no, yes, Ternary::False, Ternary::True),
            (no, no, Ternary::False, Ternary::False),
            (no, open, Ternary::False, Ternary::Unknown),
            (open, yes, Ternary::Unknown, Ternary::True),
            (open, no, Ternary::False, Ternary::Unknown),
            (open, open, Ternary::Unknown, Ternary::Unknown),
        ];
        for (left, right, and, or) in table {
            assert_eq!(verdict(&format!("{left} and {right}")).fires, and, "{left} and {right}");
            assert_eq!(verdict(&format!("{left} or {right}")).fires, or, "{left} or {right}");
        }
        assert_eq!(verdict(&format!("not {yes}")).fires, Ternary::False);
        assert_eq!(verdict(&format!("not {no}")).fires, Ternary::True);
        assert_eq!(verdict(&format!("not {open}")).fires, Ternary::Unknown);
    }

    #[test]
    fn absent_is_known() {
        assert_eq!(verdict("call.cap").fires, Ternary::False);
        assert_eq!(verdict("not call.cap.present").fires, Ternary::True);
        assert_eq!(verdict("call.cap is defined").fires, Ternary::False);
        assert_eq!(verdict("call.cap.value > 3").fires, Ternary::Unknown);
        assert_eq!(verdict("call.cap.argument == 'max_tokens'").fires, Ternary::False);
        assert_eq!(verdict("request.history is defined").fires, Ternary::Unknown);
        assert_eq!(verdict("request.history is not defined").fires, Ternary::Unknown);
        assert_eq!(verdict("request.history is unknown"), Verdict { fires: Ternary::True, confidence: Confidence::Medium });
    }

    #[test]
    fn a_record_that_is_there_is_true() {
        assert_eq!(verdict("request.prefix"), Verdict { fires: Ternary::True, confidence: Confidence::Medium });
    }

    #[test]
    fn confidence_is_that_of_what_decided() {
        assert_eq!(verdict("call.reasoning and request.static_tokens > 3").confidence, Confidence::Medium);
        assert_eq!(verdict("call.reasoning and not call.one_shot").confidence, Confidence::Low);
        assert_eq!(verdict("call.one_shot or request.static_tokens > 3").confidence, Confidence::High);
        assert_eq!(verdict("request.static_tokens > 3").confidence, Confidence::High);
    }

    #[test]
    fn numbers() {
        assert_eq!(verdict("request.static_tokens / 0 > 1").fires, Ternary::Unknown);
        assert_eq!(verdict("request.static_tokens / 0 > 1 or call.reasoning").fires, Ternary::True);
        assert_eq!(verdict("request.static_tokens * 2 - 400 == 2000").fires, Ternary::True);
        assert_eq!(verdict("(7 / 2) | int == 3 and (7 / 2) | round == 4").fires, Ternary::True);
        assert_eq!(verdict("call.model | length == 13").fires, Ternary::True);
        let defaulted = verdict("(request.cache.min_tokens | default(1024)) <= request.static_tokens");
        assert_eq!(defaulted, Verdict { fires: Ternary::True, confidence: Confidence::Medium });
        assert_eq!(thousands(1200.0), "1,200");
        assert_eq!(thousands(-1234567.4), "-1,234,567");
        assert_eq!(thousands(12.0), "12");
    }

    #[test]
    fn membership() {
        assert_eq!(verdict("call.model in ['a', 'claude-opus-5']").fires, Ternary::True);
        assert_eq!(verdict("call.model not in ['a']").fires, Ternary::True);
        assert_eq!(verdict("'opus' in call.model").fires, Ternary::True);
        assert_eq!(verdict("call.api in ['a']").fires, Ternary::Unknown);
        assert_eq!(verdict("call.cap.argument in ['a']").fires, Ternary::False);
    }
}
