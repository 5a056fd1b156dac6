//! Functions that are handed on in JavaScript: where they are run, and what they are applied to.

use std::rc::Rc;

use crate::model::prompt::SizeClass;
use crate::syntax::*;

use super::super::eval::{Evaluator, Frame, ROOT_FUEL};
use super::super::expr::scalar;
use super::super::value::*;

/// Items of a list that a function is applied to one by one; of a longer one to any of them.
const FEW_ITEMS: usize = 32;
/// Frames below which functions that are handed on are still run.
const MAX_FRAMES: usize = 8;

impl<'p> Evaluator<'p> {
    /// A function written in place. One that names a call of a model is run once with nothing known, as who calls it may be
    /// out of sight.
    pub fn lambda(&mut self, function: &'p Function) -> Value<'p> {
        let value = self.function_value(function, None);
        if let Value::Function(reference) = &value
            && self.frames.len() < MAX_FRAMES
            && self.is_of_interest(function)
        {
            let reference = reference.clone();
            let frame = self.root_frame(&reference, None);
            let turns = LoopInfo { id: LoopId::Turns, kind: LoopShape::Pseudo, depth: self.stack.len() };
            let is_new = !self.loops.iter().any(|info| info.id == LoopId::Turns);
            if is_new {
                self.loops.push(turns);
            }
            // The first time on fuel of its own: what stands around it may need all that it was given.
            if self.started.insert(function) && self.stack.is_empty() {
                let fuel = std::mem::replace(&mut self.fuel, ROOT_FUEL);
                self.run_in_place(&reference, frame);
                self.fuel = fuel;
            } else {
                self.run_in_place(&reference, frame);
            }
            if is_new {
                self.loops.pop();
            }
        }
        value
    }

    fn is_of_interest(&mut self, function: &'p Function) -> bool {
        if self.file() == self.root {
            return self.deferred.contains(&(function as *const Function));
        }
        if self.stack.is_empty() && !self.probing {
            return false;
        }
        let mut found = false;
        crate::rewrite::find::visit_body(&function.body, &mut |seen| {
            if let crate::rewrite::find::Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen {
                found |= match &call.callee.kind {
                    ExprKind::Attribute { name, .. } | ExprKind::Name(name) => self.catalogue.concerns(name),
                    _ => false,
                };
            }
        });
        found
    }

    /// Runs a function where it stands: its calls are calls of the code around it.
    fn run_in_place(&mut self, reference: &Rc<FuncRef<'p>>, frame: Frame<'p>) -> Value<'p> {
        let function = reference.func;
        let is_running = self.frames.iter().any(|frame| frame.function.is_some_and(|known| std::ptr::eq(known, function)));
        if is_running || self.frames.len() >= MAX_FRAMES + 2 || self.fuel == 0 {
            return Value::unknown("");
        }
        let statement = self.statement;
        self.frames.push(frame);
        self.run_block(&function.body);
        let mut nested = self.frames.last_mut().map(|frame| std::mem::take(&mut frame.nested)).unwrap_or_default();
        let frame = self.frames.pop();
        // Functions that it defines are run with those of the function around it.
        if let Some(outer) = self.frames.last_mut().filter(|outer| outer.function.is_some()) {
            outer.nested.append(&mut nested);
        }
        self.statement = statement;
        let mut returns = frame.map(|frame| frame.returns).unwrap_or_default().into_iter();
        let first = returns.next().unwrap_or(Value::Null);
        returns.fold(first, Value::join)
    }

    /// Applies a function that was handed on to these arguments, where the call stands.
    fn apply_in_place(&mut self, callback: &Value<'p>, arguments: Vec<Value<'p>>, expr: &'p Expr) -> Option<Value<'p>> {
        match callback {
            Value::Function(reference) if reference.file == self.file() && reference.func.name.is_empty() => {
                let reference = reference.clone();
                let mut frame = Frame::new(reference.file);
                frame.function = Some(reference.func);
                frame.captured = reference.captured.clone();
                self.bind_params(&mut frame, &reference, None, Args { positional: arguments, ..Args::default() });
                Some(self.run_in_place(&reference, frame))
            }
            Value::Function(reference) => {
                let reference = reference.clone();
                Some(self.call_function(&reference, None, Args { positional: arguments, ..Args::default() }, expr))
            }
            _ => None,
        }
    }

    /// What is known of a value that could not be followed, or of a member of one.
    pub(super) fn read_origin(&self, value: &Value<'p>) -> Option<Origin> {
        match value {
            Value::Unknown(origin) => Some((**origin).clone()),
            Value::Member(inner, path) => match &**inner {
                Value::Unknown(origin) => Some(self.member_origin(origin, path)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Methods that take a function: it is applied to what they go through. `None` if this is none of them.
    pub fn with_callback(&mut self, base: &Value<'p>, name: &str, args: &Args<'p>, expr: &'p Expr) -> Option<Value<'p>> {
        let callback = args.positional.first()?;
        if !matches!(callback, Value::Function(_)) {
            return None;
        }
        let callback = callback.clone();
        let known = match base {
            Value::Member(..) => self.read_origin(base).map_or_else(|| base.clone(), Value::origin),
            _ => base.clone(),
        };
        match name {
            "then" | "finally" => {
                let value = if name == "then" { known.clone() } else { Value::Null };
                let result = self.apply_in_place(&callback, vec![value], expr)?;
                Some(if name == "then" { result } else { known })
            }
            "catch" => {
                self.apply_in_place(&callback, vec![Value::unknown("error")], expr);
                Some(known)
            }
            "map" | "flatMap" | "forEach" | "filter" | "find" | "findLast" | "some" | "every" | "reduce" | "findIndex" | "sort"
            | "toSorted" => self.go_through(&known, name, &callback, args, expr),
            _ => None,
        }
    }

    fn go_through(&mut self, base: &Value<'p>, name: &str, callback: &Value<'p>, args: &Args<'p>, expr: &'p Expr) -> Option<Value<'p>> {
        let list = match base {
            Value::Ref(id) => self.heap.list(*id).cloned(),
            _ => None,
        };
        let few = list.as_ref().filter(|list| {
            list.open.is_none() && list.items.len() <= FEW_ITEMS && list.items.iter().all(|item| !item.many && item.grows_in.is_empty())
        });
        let at = LoopId::At(self.file(), expr.span.start);
        if let (Some(few), "map" | "forEach") = (few, name) {
            let kind = LoopShape::Range(Some(few.items.len() as i64));
            self.loops.push(LoopInfo { id: at, kind, depth: self.stack.len() });
            let mut results = Vec::new();
            for (place, item) in few.items.iter().enumerate() {
                let arguments = vec![item.value.clone(), Value::Int(place as i64), base.clone()];
                results.push(self.apply_in_place(callback, arguments, expr).unwrap_or_else(|| Value::unknown("")));
            }
            self.loops.pop();
            let file = self.file();
            return Some(if name == "map" { self.new_list(results, None, Some((file, expr))) } else { Value::Null });
        }
        let element = match (name, base) {
            // What it compares or adds up says nothing about one element.
            ("sort" | "toSorted" | "reduce", _) => Value::unknown("a part"),
            _ => self.element_of(base, expr, at),
        };
        let element = self.name_origin(element, "each");
        let index = scalar("the index");
        let arguments = match name {
            "reduce" => vec![args.positional.get(1).cloned().unwrap_or_else(|| Value::unknown("")), element, index],
            "sort" | "toSorted" => vec![element.clone(), element],
            _ => vec![element, index, base.clone()],
        };
        let kind = if few.is_some() { LoopShape::Range(None) } else { LoopShape::Items };
        self.loops.push(LoopInfo { id: at, kind, depth: self.stack.len() });
        let result = self.apply_in_place(callback, arguments.clone(), expr);
        if name == "forEach" {
            self.apply_in_place(callback, arguments, expr);
        }
        self.loops.pop();
        match name {
            "map" | "flatMap" => {
                let growth = match &list {
                    Some(list) => self.growth_of(list),
                    None => match base {
                        Value::Unknown(origin) => origin.grows.clone(),
                        _ => None,
                    },
                };
                let limited = matches!(base, Value::Unknown(origin) if origin.limited);
                let trim = list.as_ref().map_or(if limited { Trim::Blocks } else { Trim::None }, |list| list.trim);
                let uid = self.heap.uid();
                let created = self.current_loops();
                let value = result.unwrap_or_else(|| Value::unknown("each"));
                let item = Item { value, uid, grows_in: Rc::new(Vec::new()), many: true, maybe: false, replays: growth.clone() };
                let made = ListObj {
                    items: vec![item],
                    open: None,
                    trim,
                    created,
                    derived: None,
                    grows_at: growth.and_then(|growth| growth.grows_at),
                    is_store: false,
                    literal: Some((self.file(), expr)),
                    is_set: false,
                };
                Some(Value::Ref(self.heap.add(Obj::List(made))))
            }
            "forEach" => Some(Value::Null),
            "filter" => Some(match base {
                Value::Ref(id) if list.is_some() => self.copy_list(*id),
                other => other.clone(),
            }),
            "some" | "every" | "findIndex" => Some(scalar("a condition")),
            "reduce" => {
                let origin = self.origin_of(base, expr);
                Some(Value::origin(Origin { size: origin.size.or(Some(SizeClass::List)), ..origin }))
            }
            // The rest goes on by what its name means.
            _ => None,
        }
    }
}
