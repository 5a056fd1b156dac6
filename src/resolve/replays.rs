//! Loops that write out the messages of a conversation one by one, into another form or list: what comes out replays what went in.

use std::rc::Rc;

use crate::model::prompt::SizeClass;
use crate::model::request::HistorySource;
use crate::span::FileId;
use crate::syntax::*;

use super::eval::Evaluator;
use super::value::*;

/// Messages that are looked at one by one.
const MAX_MESSAGES: usize = 8;

/// What holds for the items that a loop over messages adds to lists that were there before.
#[derive(Clone, Debug)]
pub struct Carry {
    many: bool,
    maybe: bool,
    replays: Option<Rc<GrowthOrigin>>,
    /// Only what says who speaks is a turn: what was looped over does not tell.
    turns_only: bool,
    /// The turns are the rows of a query, which tell who speaks.
    rows: bool,
    /// The first object that was made since the loop began.
    since: ObjId,
    /// Loops that ran around it.
    around: usize,
}

impl<'p> Evaluator<'p> {
    /// The messages of a list that is known to its end.
    fn messages_of(&self, value: &Value<'p>) -> Option<(ObjId, Vec<Item<'p>>)> {
        let mut refs = value.alternatives().into_iter().filter(|value| !matches!(value, Value::Null));
        let (Some(Value::Ref(id)), None) = (refs.next(), refs.next()) else { return None };
        let list = self.heap.list(*id).filter(|list| list.open.is_none() && !list.items.is_empty() && list.items.len() <= MAX_MESSAGES)?;
        list.items.iter().all(|item| self.is_message(&item.value)).then(|| (*id, list.items.clone()))
    }

    /// Whether a value says who speaks and what.
    fn is_message(&self, value: &Value<'p>) -> bool {
        let says_role = |value: &Value<'p>| match value {
            Value::Ref(id) => self.heap.dict(*id).is_some_and(|dict| dict.get("role").is_some()),
            _ => false,
        };
        value.alternatives().into_iter().all(|value| says_role(value) || self.as_message(value).is_some())
    }

    /// Runs the body of a loop once for each message, if that is what it loops over. Whether it was.
    pub fn run_over_messages(&mut self, target: &'p Expr, iterated: &Value<'p>, body: &'p [Stmt]) -> bool {
        let Some((id, items)) = self.messages_of(iterated) else { return false };
        let growth = self.heap.list(id).and_then(|list| self.growth_of(list));
        for item in items {
            let carry = self.carry_of(&item, growth.clone());
            let outer = self.carry.replace(carry);
            self.in_pass(|this| {
                this.assign(target, item.value.clone(), None);
                this.run_block(body);
            });
            self.carry = outer;
            // `continue` ends a pass, and what ends the loop is as a rule under a condition.
            self.frame().dead = false;
            if self.fuel == 0 {
                break;
            }
        }
        true
    }

    /// The list that a comprehension makes of messages, item by item.
    pub fn comprehend_messages(&mut self, comprehension: &'p Comprehension, iterated: &Value<'p>, expr: &'p Expr) -> Option<Value<'p>> {
        let [clause] = comprehension.clauses.as_slice() else { return None };
        if comprehension.key.is_some() || matches!(comprehension.kind, ComprehensionKind::Dict | ComprehensionKind::Set) {
            return None;
        }
        let (id, items) = self.messages_of(iterated)?;
        let list = self.heap.list(id)?.clone();
        let growth = self.growth_of(&list);
        let before = self.frame().vars.clone();
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            self.assign(&clause.target, item.value.clone(), None);
            let mut maybe = item.maybe;
            let mut dropped = false;
            for condition in &clause.conditions {
                let holds = self.eval(condition);
                match self.truth(&holds) {
                    Some(true) => {}
                    Some(false) => dropped = true,
                    None => maybe = true,
                }
            }
            if dropped {
                continue;
            }
            let value = self.eval(&comprehension.element);
            let uid = self.heap.uid();
            let replays = item.replays.clone().or_else(|| growth.clone().filter(|_| !item.grows_in.is_empty()));
            made.push(Item { value, uid, maybe, replays, grows_in: Rc::new(Vec::new()), many: item.many });
        }
        self.frame().vars = before;
        let literal = Some((self.file(), expr));
        let created = self.current_loops();
        let list = ListObj { items: made, created, derived: None, literal, is_set: false, is_store: false, ..list };
        Some(Value::Ref(self.heap.add(Obj::List(list))))
    }

    fn carry_of(&self, item: &Item<'p>, growth: Option<Rc<GrowthOrigin>>) -> Carry {
        let replays = item.replays.clone().or_else(|| growth.filter(|_| !item.grows_in.is_empty()));
        Carry {
            many: item.many,
            maybe: item.maybe,
            replays,
            turns_only: false,
            rows: false,
            since: self.heap.made(),
            around: self.loops.len(),
        }
    }

    /// What a loop over something that grows hands on to the lists that it fills.
    pub fn carry_over(&self, iterated: &Value<'p>) -> Option<Carry> {
        let (growth, rows) = match self.growth_in(iterated) {
            Some(growth) => (growth, false),
            None => (self.growth_of_rows(iterated)?, true),
        };
        let turns_only = match iterated {
            Value::Ref(id) => self.heap.list(*id).is_none_or(|list| !self.is_conversation(list, "")),
            _ => true,
        };
        Some(Carry { many: true, maybe: false, replays: Some(growth), turns_only, rows, since: self.heap.made(), around: self.loops.len() })
    }

    /// How what is looped over grows, if it does.
    pub fn growth_in(&self, iterated: &Value<'p>) -> Option<Rc<GrowthOrigin>> {
        match iterated {
            Value::Ref(id) => self.heap.list(*id).and_then(|list| self.growth_of(list)),
            Value::Unknown(origin) => {
                let fetched = self.growth_of_fetched(origin);
                let grows = origin.grows.as_ref().or(fetched.as_ref())?;
                let trim = if origin.limited { grows.trim.join(Trim::Unknown) } else { grows.trim };
                Some(Rc::new(GrowthOrigin { trim, ..(**grows).clone() }))
            }
            _ => None,
        }
    }

    /// A conversation that is read from a database with all its turns grows from one question to the next.
    pub fn growth_of_rows(&self, iterated: &Value<'p>) -> Option<Rc<GrowthOrigin>> {
        let Value::Unknown(origin) = iterated else { return None };
        (origin.rows && !origin.limited && !self.limits_something()).then(|| {
            Rc::new(GrowthOrigin {
                loops: vec![LoopId::Turns],
                grows_at: origin.place,
                trim: Trim::None,
                source: HistorySource::Stored,
                said: true,
            })
        })
    }

    /// Whether a message made of a row says who spoke by what stands in the row.
    pub fn speaks_by_row(&self, value: &Value<'p>) -> bool {
        let is_read = |value: &Value<'p>| matches!(value, Value::Unknown(_) | Value::Member(..));
        match value {
            Value::Ref(id) => self.heap.dict(*id).and_then(|dict| dict.get("role")).is_some_and(|entry| is_read(&entry.value)),
            _ => false,
        }
    }

    /// Whether the function that runs speaks of a limit, in a query or out of one.
    pub fn limits_something(&self) -> bool {
        self.frames.last().is_some_and(|frame| self.speaks_of_limit(frame.file, frame.function))
    }

    /// Whether the text of a function, or of its file where there is none, speaks of one.
    pub fn speaks_of_limit(&self, file: FileId, function: Option<&Function>) -> bool {
        let span = function.map(|function| function.span);
        let text = self.project.text(file);
        let text = span.and_then(|span| text.get(span.start as usize..span.end as usize)).unwrap_or(text);
        ["limit", "LIMIT", "Limit", "recent", "[-", "[:", "last_n", "top_k"].iter().any(|word| text.contains(word))
    }

    /// `map(function, items)`
    pub fn mapped(&mut self, args: &Args<'p>, expr: &'p Expr, call: &'p Call) -> Value<'p> {
        let (Some(function), Some(iterated)) = (args.positional.first().cloned(), args.positional.get(1).cloned()) else {
            return Value::unknown("a list");
        };
        let messages = self.messages_of(&iterated).map(|(_, items)| items);
        let growth = self.growth_in(&iterated);
        let elements = messages.unwrap_or_else(|| {
            let id = LoopId::At(self.file(), expr.span.start);
            let value = call.args.get(1).map_or(Value::Null, |arg| self.element_of(&iterated, &arg.value, id));
            vec![Item { value, uid: 0, grows_in: Rc::new(Vec::new()), many: true, maybe: false, replays: growth.clone() }]
        });
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            let value = match (&function, call.args.first().map(|arg| &arg.value.kind)) {
                (_, Some(ExprKind::Lambda(lambda))) => self.applied(lambda, element.value.clone()),
                (Value::Function(function), _) => {
                    let args = Args { positional: vec![element.value.clone()], ..Args::default() };
                    self.call_function(&function.clone(), None, args, expr)
                }
                (Value::External(name), _) if &**name == "str" => element.value.clone(),
                _ => Value::unknown("an item"),
            };
            let replays = element.replays.clone().or_else(|| growth.clone().filter(|_| !element.grows_in.is_empty()));
            items.push(Item { value, uid: self.heap.uid(), grows_in: Rc::new(Vec::new()), replays, ..element });
        }
        let list = self.new_list(Vec::new(), None, None);
        if let Value::Ref(id) = list
            && let Some(list) = self.heap.list_mut(id)
        {
            list.items = items;
            list.grows_at = growth.as_ref().and_then(|growth| growth.grows_at);
            list.trim = growth.map_or(Trim::None, |growth| growth.trim);
        }
        list
    }

    /// What a function written in place makes of one value.
    fn applied(&mut self, lambda: &'p Function, value: Value<'p>) -> Value<'p> {
        let (Some(param), Some(body)) = (lambda.params.first(), lambda.as_expression()) else { return Value::unknown("an item") };
        let before = self.frame().vars.insert(&param.name, value);
        let result = self.eval(body);
        let vars = &mut self.frame().vars;
        match before {
            Some(before) => vars.insert(&param.name, before),
            None => vars.remove(param.name.as_str()),
        };
        result
    }

    /// Marks an item that is added to a list by such a loop.
    pub fn carried(&self, list: ObjId, item: Item<'p>) -> Item<'p> {
        match self.carry.as_ref().filter(|carry| list < carry.since) {
            Some(carry) => {
                let is_turn = if carry.rows { self.speaks_by_row(&item.value) } else { !carry.turns_only || self.is_message(&item.value) };
                // A list that grows by itself, whatever is added to it.
                let grows = self.loops.iter().take(carry.around).any(|info| item.grows_in.contains(&info.id));
                Item {
                    many: item.many || (is_turn && carry.many),
                    maybe: item.maybe || carry.maybe,
                    replays: item.replays.or_else(|| carry.replays.clone().filter(|_| is_turn && !grows)),
                    ..item
                }
            }
            None => item,
        }
    }

    /// Adds the items of one list to another: what grew goes on growing.
    pub fn push_items(&mut self, id: ObjId, source: ObjId) {
        let Some(list) = self.heap.list(source).cloned() else { return };
        let growth = self.growth_of(&list);
        let trim = list.trim;
        for item in list.items {
            let carry = self.carry_of(&item, growth.clone());
            let outer = if carry.replays.is_some() { self.carry.replace(carry) } else { self.carry.clone() };
            self.push_item(id, item.value, false);
            self.carry = outer;
        }
        if let Some(target) = self.heap.list_mut(id) {
            if let Some(open) = list.open {
                target.open.get_or_insert(open);
            }
            if growth.is_some() && trim != Trim::None {
                target.trim = target.trim.join(trim);
            }
        }
    }

    /// The part of a loop's target that takes the items: of `i, page in enumerate(pages)` the second.
    pub fn item_target(&mut self, target: &'p Expr, iter: &'p Expr) -> &'p Expr {
        if let ExprKind::Call(call) = &iter.kind
            && call.callee.dotted().as_deref() == Some("enumerate")
            && let ExprKind::Tuple(parts) | ExprKind::List(parts) = &target.kind
            && let [count, item] = parts.as_slice()
        {
            let number = Value::origin(Origin { size: Some(SizeClass::Scalar), ..Origin::named("") });
            self.assign(count, number, None);
            return item;
        }
        target
    }
}
