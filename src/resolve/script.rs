//! The abstract evaluator: what JavaScript does its own way, from arguments and operators to the functions of its library.

use std::rc::Rc;

use crate::catalogue::{Builtins, Effect};
use crate::model::prompt::{Segment, SizeClass, Volatility};
use crate::project::Language;
use crate::syntax::*;

use super::eval::Evaluator;
use super::expr::{scalar, setting};
use super::value::*;

mod callbacks;
mod methods;
mod modules;

impl<'p> Evaluator<'p> {
    /// Whether what runs now is JavaScript.
    pub fn in_script(&self) -> bool {
        self.project.file(self.file()).language == Language::JavaScript
    }

    /// What library functions mean in the language that runs now.
    pub fn builtins(&self) -> &'p Builtins {
        if self.in_script() { &self.catalogue.javascript } else { &self.catalogue.python }
    }

    // --- arguments -----------------------------------------------------------------------------------------------------

    /// The arguments with the entries of the object that comes first as keywords.
    pub fn object_arguments(&mut self, args: &Args<'p>) -> Args<'p> {
        let mut named = args.clone();
        match args.positional.first() {
            Some(value @ (Value::Ref(_) | Value::Unknown(_) | Value::Member(..) | Value::Choice(_) | Value::External(_))) => {
                self.spread_keywords(value, &mut named, false);
            }
            Some(_) => {}
            None => named.open |= args.open_positional,
        }
        named
    }

    // --- operators -----------------------------------------------------------------------------------------------------

    /// Whether a value counts as true, where that is known.
    fn is_truthy(&self, value: &Value<'p>) -> Option<bool> {
        match value {
            Value::Text(_) => value.as_text().map(|text| !text.is_empty()),
            Value::Ref(_) | Value::Function(_) | Value::Class(_) | Value::Module(_) | Value::Method(..) => Some(true),
            other => self.truth(other),
        }
    }

    /// `a && b`
    pub fn script_and(&mut self, parts: &'p [Expr]) -> Value<'p> {
        let mut sure = true;
        let mut last = Value::Null;
        for part in parts {
            last = self.eval(part);
            match self.is_truthy(&last) {
                Some(true) => {}
                Some(false) => return if sure { last } else { Value::Null.join(last) },
                None => sure &= std::ptr::eq(part, parts.last().unwrap_or(part)),
            }
        }
        if sure { last } else { last.join(Value::Null) }
    }

    /// `a || b`, `a ?? b`
    pub fn script_or(&mut self, parts: &'p [Expr]) -> Value<'p> {
        let mut joined: Option<Value<'p>> = None;
        for (at, part) in parts.iter().enumerate() {
            let value = self.eval(part);
            let truth = self.is_truthy(&value);
            if truth == Some(false) && at + 1 < parts.len() {
                continue;
            }
            joined = Some(match joined {
                None => value,
                Some(known) => with_default(known, value),
            });
            if truth == Some(true) {
                break;
            }
        }
        joined.unwrap_or(Value::Null)
    }

    // --- attributes ----------------------------------------------------------------------------------------------------

    /// What is called: a method stays with its receiver.
    pub fn script_callee(&mut self, callee: &'p Expr) -> Value<'p> {
        match &callee.kind {
            ExprKind::Attribute { base, name } => {
                let object = self.eval(base);
                match self.own_attribute(&object, name) {
                    Some(value @ (Value::Function(_) | Value::Class(_) | Value::Method(..) | Value::Choice(_))) => value,
                    _ => self.attribute(&object, name, callee.span),
                }
            }
            _ => self.eval(callee),
        }
    }

    /// An attribute as it is read.
    pub fn script_attribute(&mut self, object: &Value<'p>, name: &'p str, expr: &'p Expr) -> Value<'p> {
        match object {
            Value::External(base) => {
                let full = format!("{base}.{name}");
                if let Some(builtin) = self.catalogue.javascript.function(&full).filter(|builtin| builtin.effect == Effect::Setting) {
                    let _ = builtin;
                    return setting(name);
                }
                Value::External(full.into())
            }
            Value::Choice(choices) if choices.len() <= 8 => {
                let values: Vec<Value<'p>> = choices
                    .clone()
                    .iter()
                    .filter(|choice| !matches!(choice, Value::Null))
                    .map(|choice| self.script_attribute(choice, name, expr))
                    .collect();
                values.into_iter().reduce(Value::join).unwrap_or(Value::Null)
            }
            _ => match self.own_attribute(object, name) {
                Some(value) => value,
                None => self.attribute(object, name, expr.span),
            },
        }
    }

    /// What stands in an object literal, or is known of a list or text.
    fn own_attribute(&mut self, object: &Value<'p>, name: &str) -> Option<Value<'p>> {
        match object {
            Value::Ref(id) => match self.heap.get(*id) {
                Obj::Dict(dict) => Some(match dict.get(name) {
                    Some(entry) if entry.maybe => entry.value.clone().join(Value::Null),
                    Some(entry) => entry.value.clone(),
                    None if dict.open => Value::unknown(name),
                    None => Value::Null,
                }),
                Obj::List(list) if name == "length" => Some(match list.open {
                    None if list.items.iter().all(|item| !item.many && !item.maybe) => Value::Int(list.items.len() as i64),
                    _ => scalar("the length"),
                }),
                _ => None,
            },
            Value::Text(_) if name == "length" => Some(scalar("the length")),
            // `Answer.default` of a module that is imported whole.
            Value::Module(file) => self.exported(*file, name),
            _ => None,
        }
    }

    // --- library functions ---------------------------------------------------------------------------------------------

    /// Functions whose meaning is more than an entry of the catalogue says.
    pub fn script_external(&mut self, name: &str, args: &Args<'p>, expr: &'p Expr, call: &'p Call) -> Option<Value<'p>> {
        let first = args.positional.first();
        if let Some(body) = self.request_body(&Value::External(name.into())) {
            return Some(body);
        }
        if matches!(name.rsplit_once('.'), Some((module, "join" | "resolve")) if matches!(module, "path" | "node:path" | "path.default" | "node:path.default" | "path.posix"))
        {
            return self.joined_path(args);
        }
        if self.catalogue.model_maker(name).is_some() {
            return Some(Value::Instance(Rc::new(Instance::new(name, args.clone()))));
        }
        match name {
            "date-fns.format" => {
                let format = Args { positional: args.positional.get(1).cloned().into_iter().collect(), ..Args::default() };
                self.day_of(first?, "format", &format)
            }
            "Object.assign" => {
                let result = first.cloned()?;
                let Value::Ref(id) = result else { return Some(result) };
                self.heap.dict(id)?;
                for other in args.positional.iter().skip(1) {
                    match other {
                        Value::Ref(other) => self.update_dict(id, *other),
                        Value::Null => {}
                        _ => {
                            if let Some(dict) = self.heap.dict_mut(id) {
                                dict.open = true;
                            }
                        }
                    }
                }
                Some(Value::Ref(id))
            }
            "Object.values" | "Object.keys" | "Object.entries" => match first? {
                Value::Ref(id) => {
                    let dict = self.heap.dict(*id).filter(|dict| !dict.open)?.clone();
                    let pair = |this: &mut Self, entry: DictEntry<'p>| match name {
                        "Object.values" => entry.value,
                        "Object.keys" => Value::text(&entry.key),
                        _ => this.new_list(vec![Value::text(&entry.key), entry.value], None, None),
                    };
                    let values = dict.entries.into_iter().map(|entry| pair(self, entry)).collect();
                    Some(self.new_list(values, None, None))
                }
                _ => None,
            },
            "Array.from" | "structuredClone" => match first? {
                Value::Ref(id) if self.heap.list(*id).is_some() && args.positional.len() == 1 => Some(self.copy_list(*id)),
                _ => None,
            },
            "String" => match first? {
                value @ (Value::Int(_) | Value::Float(_) | Value::Bool(_)) => {
                    Some(Value::Text(Rc::new(self.segments_of(&value.clone(), expr))))
                }
                _ => None,
            },
            "Number" | "parseInt" | "parseFloat" => match first? {
                Value::Int(number) => Some(Value::Int(*number)),
                Value::Unknown(origin) => Some(Value::origin(Origin { size: Some(SizeClass::Scalar), ..(**origin).clone() })),
                Value::Choice(choices) => {
                    let number = |choice: &Value<'p>| match choice.as_text().and_then(|text| text.trim().parse::<i64>().ok()) {
                        Some(number) => Value::Int(number),
                        None => choice.clone(),
                    };
                    choices.iter().map(number).reduce(Value::join)
                }
                text => Some(Value::Int(text.as_text()?.trim().parse().ok()?)),
            },
            _ => {
                // A moment is now only where none is given.
                let builtin = self.catalogue.javascript.function(name)?;
                if builtin.bare && !args.positional.is_empty() {
                    return first.cloned();
                }
                let _ = call;
                None
            }
        }
    }

    /// A moment of which only the day is left: `.slice(0, 10)`, `.split("T")`, a format or options without a time.
    fn day_of(&self, moment: &Value<'p>, name: &str, args: &Args<'p>) -> Option<Value<'p>> {
        let Value::Unknown(origin) = moment else { return None };
        if origin.volatility != Some(Volatility::Request) || !origin.reason.contains("clock") {
            return None;
        }
        let text = |at: usize| args.positional.get(at).and_then(Value::as_text);
        let is_day = match name {
            "slice" | "substring" | "substr" => {
                matches!((args.positional.first(), args.positional.get(1)), (Some(Value::Int(0)), Some(Value::Int(1..=13))))
            }
            "split" => text(0).is_some_and(|separator| separator == "T"),
            // Of quoted words in a format no letter counts.
            "format" | "toFormat" => {
                let format = text(0)?;
                !format.split('\'').step_by(2).any(|part| part.contains(['m', 's', 'S', 'p', 'P', 'T', 'X', 'x', 't', 'L']))
            }
            "toLocaleString" => match args.positional.get(1) {
                Some(Value::Ref(id)) => self.heap.dict(*id).is_some_and(|dict| {
                    let finer = |key: &str| matches!(key, "minute" | "second" | "timeStyle" | "fractionalSecondDigits");
                    !dict.open && !dict.entries.is_empty() && !dict.entries.iter().any(|entry| finer(&entry.key))
                }),
                _ => false,
            },
            _ => false,
        };
        is_day.then(|| Value::origin(Origin { volatility: Some(Volatility::Period), size: Some(SizeClass::Scalar), ..(**origin).clone() }))
    }

    /// A path of several parts: those that say where the program itself lies fall away.
    fn joined_path(&self, args: &Args<'p>) -> Option<Value<'p>> {
        let is_own = |value: &Value<'p>| match value {
            Value::External(name) => matches!(&**name, "__dirname" | "__filename" | "import.meta.dirname"),
            Value::Unknown(origin) => origin.name.contains("__dirname") || origin.name.starts_with("process.cwd"),
            _ => false,
        };
        let mut segments = Vec::new();
        for part in args.positional.iter().filter(|part| !is_own(part)) {
            if !segments.is_empty() {
                segments.push(Segment::text("/"));
            }
            match part {
                Value::Text(text) => segments.extend(text.iter().cloned()),
                other => {
                    segments.push(Segment::Slot(Box::new(self.slot_of(&Origin::named(other.as_text().unwrap_or_default()), None, None))))
                }
            }
        }
        Some(Value::Text(Rc::new(segments)))
    }
}

/// A value with what stands in its place where it is not given. A parameter keeps its number as its default.
fn with_default<'p>(value: Value<'p>, default: Value<'p>) -> Value<'p> {
    match (&value, &default) {
        (Value::Unknown(origin), Value::Int(number)) if origin.param => {
            Value::origin(Origin { default: Some(DefaultKind::Int(*number)), ..(**origin).clone() })
        }
        (Value::Member(base, path), Value::Int(number)) => match &**base {
            Value::Unknown(origin) if origin.param => {
                Value::origin(Origin { default: Some(DefaultKind::Int(*number)), ..origin.renamed(path.clone()) })
            }
            _ => value.join(default),
        },
        _ => value.join(default),
    }
}
