//! What is known of a value by what it is made of: a field of a record that is handed in, and what a function out of sight makes of
//! an item or of a question; and of what a generator yields.

use std::rc::Rc;

use crate::model::prompt::{Confidence, Volatility};
use crate::syntax::{Class, ExprKind, Function, StmtKind};

use super::eval::Evaluator;
use super::value::*;

impl<'p> Evaluator<'p> {
    /// The field `name`, without a default, of an object that is handed in and of which nothing is known: whoever makes a record gives
    /// it a value of its own, unless its name says that it holds settings.
    pub fn field_of_record(&self, object: ObjId, class: ClassRef<'p>, name: &str) -> Option<Value<'p>> {
        let is_handed_in = self.generic.values().any(|made| *made == object);
        let names = &self.catalogue.names;
        let own = &class.class.name;
        let varies = |hint: Option<crate::catalogue::NameHint>| {
            hint.is_none_or(|hint| hint.volatility.is_some_and(|volatility| volatility >= Volatility::Turn))
        };
        if !is_handed_in
            || !is_record(class.class)
            || names.is_settled_record(own)
            || names.may_be_settled(name)
            || !varies(names.hint(name))
        {
            return None;
        }
        let record = own.to_lowercase();
        Some(Value::origin(Origin {
            volatility: Some(Volatility::Request),
            confidence: Confidence::Medium,
            reason: format!("a field of each `{own}`").into(),
            ..Origin::named(format!("{record}.{name}"))
        }))
    }

    /// Notes the objects that a loop over several of them binds, one after the other.
    pub fn begin_items(&mut self, list: &Value<'p>, element: &Value<'p>, id: LoopId) {
        let Value::Ref(list) = list else { return };
        let Some(list) = self.heap.list(*list) else { return };
        let several = list.items.len() > 1 || list.open.is_some() || list.items.iter().any(|item| item.many || !item.grows_in.is_empty());
        let objects = element.alternatives().into_iter().filter_map(|value| match value {
            Value::Ref(object) if several && self.heap.instance(*object).is_some() => Some((*object, id)),
            _ => None,
        });
        let objects: Vec<_> = objects.collect();
        self.items.extend(objects);
    }

    /// What a field of an object holds: of one of several, another thing than that of the next.
    pub fn field_of_item(&self, object: ObjId, value: Value<'p>) -> Value<'p> {
        let Some((_, id)) = self.items.iter().rev().find(|(item, _)| *item == object) else { return value };
        let Some(origin) = value.source().filter(|origin| origin.volatility.is_none()) else { return value };
        let in_running = origin.loop_id.is_some_and(|known| self.loops.iter().any(|info| info.id == known));
        if in_running || origin.in_history || origin.grows.is_some() {
            return value;
        }
        match &value {
            Value::Unknown(origin) => Value::origin(Origin { loop_id: Some(*id), ..(**origin).clone() }),
            Value::Member(_, path) => Value::origin(Origin { loop_id: Some(*id), ..self.member_origin(origin, path) }),
            _ => value,
        }
    }

    /// Marks what a function that cannot be followed returns by what it was given.
    pub fn made_of(&self, result: &mut Origin, callee: &str, args: &Args<'p>) {
        let given = || args.positional.iter().chain(args.keywords.iter().map(|(_, value, _)| value)).filter_map(Value::source);
        if result.loop_id.is_none() {
            result.loop_id = given().filter(|origin| origin.volatility.is_none() && !origin.in_history).find_map(|origin| origin.loop_id);
        }
        // A prompt that is chosen by a name is a prompt.
        if self.catalogue.names.says_setting(callee) {
            return;
        }
        let varies = |origin: &&Rc<Origin>| {
            let hint = self.name_hint(&origin.name);
            let named = hint.is_some_and(|hint| {
                hint.confidence >= Confidence::Medium && hint.volatility.is_some_and(|volatility| volatility >= Volatility::Turn)
            });
            origin.param && origin.default.is_none() && named
        };
        result.made_of = given().find(varies).map(|origin| origin.name.clone());
    }

    /// Notes what the generator that runs yields: a value, or each of several.
    pub fn hand_out(&mut self, value: Value<'p>, each: bool) {
        /// So many values are told apart.
        const MOST: usize = 8;
        let values = match &value {
            Value::Ref(id) if each => match self.heap.list(*id) {
                Some(list) if list.open.is_none() => list.items.iter().map(|item| item.value.clone()).collect(),
                _ => return,
            },
            _ if each => return,
            _ => vec![value],
        };
        let depth = self.stack.len();
        let in_loop = self.loops.last().is_some_and(|info| info.kind != LoopShape::Pseudo && info.depth == depth);
        let frame = self.frame();
        frame.yields_many |= in_loop;
        let room = MOST.saturating_sub(frame.yields.len());
        frame.yields.extend(values.into_iter().take(room));
    }

    /// What a call of a generator gives to a loop: texts, one after the other. Of other things it is not known how many there are, and a
    /// function that opens something for a `with` statement hands out that.
    pub fn yielded(&mut self, function: &Function, yields: Vec<Value<'p>>, many: bool) -> Option<Value<'p>> {
        let opens = |name: String| matches!(name.rsplit('.').next(), Some("contextmanager" | "asynccontextmanager"));
        if function.decorators.iter().filter_map(crate::syntax::Expr::dotted).any(opens) {
            return yields.into_iter().reduce(Value::join);
        }
        if let [only @ Value::Instance(_)] = yields.as_slice() {
            // A client that is closed after the request that it was made for.
            return Some(only.clone());
        }
        let are_texts = !yields.is_empty() && yields.iter().all(|value| matches!(value, Value::Text(_)));
        let list = are_texts.then(|| self.new_list(yields, None, None));
        if let (true, Some(Value::Ref(id))) = (many, &list)
            && let Some(list) = self.heap.list_mut(*id)
        {
            list.items.iter_mut().for_each(|item| item.many = true);
        }
        list
    }
}

/// Whether the class is a record: fields, and a constructor that is made of them.
fn is_record(class: &Class) -> bool {
    let last = |dotted: Option<String>| dotted.and_then(|dotted| dotted.rsplit('.').next().map(str::to_string));
    let has_base =
        class.bases.iter().any(|base| matches!(last(base.dotted()).as_deref(), Some("BaseModel" | "NamedTuple" | "SQLModel" | "Struct")));
    let is_decorated = class.decorators.iter().any(|decorator| {
        let name = match &decorator.kind {
            ExprKind::Call(call) => call.callee.dotted(),
            _ => decorator.dotted(),
        };
        matches!(last(name).as_deref(), Some("dataclass" | "define" | "frozen" | "s"))
    });
    let has_constructor = class.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Function(function) if function.name == "__init__"));
    (has_base || is_decorated) && !has_constructor
}
