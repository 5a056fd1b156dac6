//! Methods of JavaScript's own values: strings, arrays and moments.

use std::rc::Rc;

use crate::model::prompt::{Confidence, Segment, SizeClass, Volatility};
use crate::syntax::*;

use super::super::eval::Evaluator;
use super::super::expr::{name_of, scalar};
use super::super::slices;
use super::super::value::*;

impl<'p> Evaluator<'p> {
    /// A method of a value of the language itself; `None` for what its name says in the catalogue.
    pub fn script_method(
        &mut self,
        base: &Value<'p>,
        before: Option<&str>,
        name: &str,
        args: &Args<'p>,
        expr: &'p Expr,
        call: &'p Call,
    ) -> Option<Value<'p>> {
        let base = match before {
            Some(before) => Value::Member(Rc::new(base.clone()), before.into()),
            None => base.clone(),
        };
        if let Some(body) = self.request_body(&Value::Member(Rc::new(base.clone()), name.into())) {
            return Some(body);
        }
        if let Some(day) = self.day_of(&base, name, args) {
            return Some(day);
        }
        if let Some(value) = self.with_callback(&base, name, args, expr) {
            return Some(value);
        }
        if name == "slice"
            && let [first, end] = call.args.as_slice()
            && slices::keeps_beginning(Some(&first.value), &end.value)
            && let Some(origin) = self.read_origin(&base)
            && origin.is_of_conversation()
        {
            return Some(Value::origin(origin));
        }
        if matches!(name, "slice" | "substring" | "substr")
            && let [Value::Int(0), _] = &args.positional[..]
            && let Some(origin) = self.read_origin(&base)
        {
            return Some(Value::origin(Origin { limited: true, ..origin }));
        }
        if before.is_some() {
            // `google.tools.urlContext()`: what a provider of models makes beside them are tools, the same in every request.
            let is_provider = matches!(&base, Value::Member(provider, _)
                if matches!(&**provider, Value::Instance(provider) if self.catalogue.model_maker(&provider.kind).is_some()));
            return is_provider.then(|| {
                Value::origin(Origin {
                    volatility: Some(Volatility::Constant),
                    size: Some(SizeClass::Schema),
                    confidence: Confidence::High,
                    reason: "a tool of the provider".into(),
                    ..Origin::named(name_of(expr))
                })
            });
        }
        if matches!(name, "push" | "unshift")
            && let ExprKind::Attribute { base: written, .. } = &call.callee.kind
            && let Some(id) = self.adopt_list(&base, written)
        {
            return self.array_method(id, name, args, expr, call);
        }
        match &base {
            Value::Instance(maker) if self.catalogue.model_maker(&maker.kind).is_some() => {
                Some(Value::Instance(Rc::new(self.model_of(maker, args.clone()))))
            }
            Value::Text(_) | Value::Json(_) => self.string_method(&base, name, args, expr, call),
            Value::Ref(id) if self.heap.list(*id).is_some() => self.array_method(*id, name, args, expr, call),
            Value::Template(template) if name == "render" => Some(self.render(&template.clone(), args.clone(), expr)),
            _ => None,
        }
    }

    /// Methods of arrays; `None` for what its name says in the catalogue.
    pub fn array_method(&mut self, id: ObjId, name: &str, args: &Args<'p>, expr: &'p Expr, call: &'p Call) -> Option<Value<'p>> {
        let base = Value::Ref(id);
        match name {
            "push" | "unshift" => {
                let first = args.positional.len();
                for value in &args.positional {
                    self.push_item(id, value.clone(), name == "unshift");
                }
                if args.open_positional {
                    for arg in call.args.iter().filter(|arg| arg.kind == ArgKind::Spread) {
                        let value = Value::unknown(name_of(&arg.value));
                        self.extend_list(id, &value, Some(&arg.value));
                    }
                }
                Some(scalar(if first == 0 { "the length" } else { "a length" }))
            }
            "pop" => Some(self.element_of(&base, expr, LoopId::At(self.file(), expr.span.start))),
            "shift" => {
                if let Some(list) = self.heap.list_mut(id) {
                    list.trim = list.trim.join(Trim::Sliding(None));
                }
                Some(Value::unknown(name_of(expr)))
            }
            "splice" => {
                // From the beginning on as many as were counted: the oldest go, many at once.
                let oldest = matches!(args.positional.first(), Some(Value::Int(0)))
                    && args.positional.get(1).is_some_and(|count| !matches!(count, Value::Int(_)));
                if args.positional.get(1).is_none_or(|count| !matches!(count, Value::Int(0)))
                    && let Some(list) = self.heap.list_mut(id)
                {
                    list.trim = list.trim.join(if oldest { Trim::Blocks } else { Trim::Unknown });
                }
                // What of the oldest is put back where it stood has not left.
                let put_back = oldest && call.args.get(2..).is_some_and(|rest| rest.iter().all(|arg| is_of(&arg.value, &call.callee)));
                let inserted = args.positional.iter().skip(2).filter(|_| !put_back).cloned().collect::<Vec<_>>();
                for value in inserted {
                    self.push_item(id, value, matches!(args.positional.first(), Some(Value::Int(0))));
                }
                Some(Value::unknown(name_of(expr)))
            }
            "slice" => {
                let bound = |at: usize| call.args.get(at).filter(|arg| arg.kind == ArgKind::Positional).map(|arg| &arg.value);
                let (lower, upper) = (bound(0), bound(1));
                match lower.or(upper) {
                    None => Some(self.copy_list(id)),
                    Some(_) => Some(self.slice(&base, lower, upper)),
                }
            }
            "concat" => {
                let mut result = self.copy_list(id);
                for (value, arg) in args.positional.iter().zip(&call.args) {
                    let is_list = matches!(value, Value::Ref(id) if self.heap.list(*id).is_some());
                    match (&result, is_list || matches!(value, Value::Unknown(_) | Value::Member(..))) {
                        (_, true) => result = self.add(result.clone(), value.clone(), expr, &arg.value),
                        (Value::Ref(list), false) => self.push_item(*list, value.clone(), false),
                        _ => {}
                    }
                }
                Some(result)
            }
            "join" => {
                let separator = match args.positional.first() {
                    Some(Value::Text(segments)) => segments.clone(),
                    Some(_) => Rc::new(Vec::new()),
                    None => Rc::new(vec![Segment::text(",")]),
                };
                Some(self.join_text(&separator, &base, expr))
            }
            "at" => {
                let index = args.positional.first().cloned().unwrap_or(Value::Int(0));
                Some(self.index(&base, &index, expr))
            }
            "reverse" | "fill" | "flat" | "sort" | "toSorted" | "toReversed" | "values" | "filter" => Some(base),
            "find" | "findLast" => Some(self.element_of(&base, expr, LoopId::At(self.file(), expr.span.start))),
            _ => None,
        }
    }

    /// Methods of strings; `None` for what its name says in the catalogue.
    pub fn string_method(&mut self, base: &Value<'p>, name: &str, args: &Args<'p>, expr: &'p Expr, call: &'p Call) -> Option<Value<'p>> {
        match (name, base) {
            ("concat", _) => {
                let mut value = base.clone();
                for (part, arg) in args.positional.iter().zip(&call.args) {
                    value = self.add(value, part.clone(), expr, &arg.value);
                }
                Some(value)
            }
            ("replaceAll", _) => Some(self.text_method(base, "replace", args.clone(), expr, call)),
            ("repeat", Value::Text(_)) => match (base.as_text(), args.positional.first()) {
                (Some(text), Some(Value::Int(times))) if text.len().saturating_mul(usize::try_from(*times).unwrap_or(0)) < 200_000 => {
                    Some(Value::text(&text.repeat(usize::try_from(*times).unwrap_or(0))))
                }
                _ => Some(base.clone()),
            },
            ("slice" | "substring", _) => {
                let bounds = [args.positional.first().cloned(), args.positional.get(1).cloned()];
                let counted = name == "slice" || !bounds.iter().any(|bound| matches!(bound, Some(Value::Int(at)) if *at < 0));
                if counted && let Some(part) = base.part_of_text(&bounds) {
                    return Some(part);
                }
                self.limited_text(base)
            }
            ("substr" | "at" | "charAt", _) => self.limited_text(base),
            _ => None,
        }
    }

    fn limited_text(&self, base: &Value<'p>) -> Option<Value<'p>> {
        match base {
            Value::Text(segments) => Some(Value::Text(Rc::new(super::super::call::limited_slots(segments)))),
            _ => None,
        }
    }
}

/// Whether an expression picks items of the list whose method is called: `list.splice(0, n, ...list.slice(0, n).filter(…))`.
fn is_of(inserted: &Expr, method: &Expr) -> bool {
    let ExprKind::Attribute { base: list, .. } = &method.kind else { return false };
    let mut picked = inserted;
    while let ExprKind::Call(call) = &picked.kind
        && let ExprKind::Attribute { base, name } = &call.callee.kind
        && matches!(name.as_str(), "slice" | "filter")
    {
        picked = base;
    }
    picked.span != inserted.span && picked.dotted().is_some_and(|picked| Some(picked) == list.dotted())
}
