//! What outlives the turn that made it: lists under the keys of a dict (`sessions[user_id]`), in the attributes of an object, in the
//! store of a framework.

use std::rc::Rc;

use crate::model::prompt::SizeClass;
use crate::syntax::*;

use super::eval::Evaluator;
use super::value::*;

/// Containers inside each other that outlive a turn together.
const MAX_CONTAINERS: usize = 4;

/// A pass through the body of a loop, or through a function that is run on its own.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    pub id: u32,
    /// Ways that were being tried when it began: what is written when there are more is written under a condition.
    pub depth: usize,
}

impl<'p> Evaluator<'p> {
    /// Runs `work` as one pass of what is run again and again.
    pub fn in_pass<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        self.passes_begun += 1;
        self.passes.push(Pass { id: self.passes_begun, depth: self.heap.depth() });
        let outer = self.begun_anew.len();
        let result = work(self);
        self.passes.pop();
        while self.begun_anew.len() > outer {
            let Some((object, name, before)) = self.begun_anew.pop() else { break };
            if let Some(instance) = self.heap.instance_mut(object) {
                instance.fields.insert(name, before);
            }
        }
        result
    }

    /// Whether a list that an attribute is bound to takes nothing over of the one before it, on every way through the pass that runs: what is
    /// sent in this pass is no conversation of the passes before.
    pub fn is_begun_anew(&self, known: &ListObj<'p>, fresh: ObjId) -> bool {
        let surely = self.passes.last().is_some_and(|pass| pass.depth == self.heap.depth());
        let is_own = |list: &ListObj<'p>| {
            list.literal.is_some()
                && list.derived.is_none()
                && list.open.is_none()
                && !list.items.iter().any(|item| item.replays.is_some() || known.items.iter().any(|other| other.uid == item.uid))
        };
        surely && self.heap.list(fresh).is_some_and(is_own)
    }

    /// Puts a value under a key of a dict that could not be followed. `default`: only where nothing stands there yet.
    pub fn keep(&mut self, id: ObjId, value: Value<'p>, default: bool) {
        let pass = self.passes.last().filter(|pass| !default && pass.depth == self.heap.depth()).map(|pass| pass.id);
        let Some(dict) = self.heap.dict_mut(id) else { return };
        dict.open = true;
        if !matches!(value, Value::Ref(_) | Value::Unknown(_)) {
            return;
        }
        let old = dict.each.take();
        let value = match old {
            None => value,
            Some(old) => self.kept_after(old.value, value),
        };
        if let Some(dict) = self.heap.dict_mut(id) {
            dict.each = Some(Each { value, set_in: pass });
        }
    }

    /// What stands under such a key when something else is put there: the turns that were kept before still count, unless there were none.
    fn kept_after(&mut self, old: Value<'p>, new: Value<'p>) -> Value<'p> {
        match (&old, &new) {
            (Value::Ref(known), Value::Ref(fresh)) if known != fresh => {
                if self.absorb(*known, *fresh) {
                    return old;
                }
                let is_empty = match self.heap.get(*known) {
                    Obj::List(list) => list.items.is_empty() && list.open.is_none(),
                    Obj::Dict(dict) => dict.entries.is_empty(),
                    Obj::Instance(_) => false,
                };
                if is_empty { new } else { old }
            }
            (Value::Unknown(_), Value::Unknown(_)) => old.join(new),
            (Value::Ref(_), Value::Unknown(_)) => old,
            _ => new,
        }
    }

    /// What a dict holds under a key that could not be followed.
    pub fn kept(&mut self, id: ObjId, key: &Value<'p>) -> Option<Value<'p>> {
        let dict = self.heap.dict(id)?;
        let each = dict.each.clone()?;
        let created = dict.created.clone();
        let is_fresh = each.set_in.is_some_and(|set_in| self.passes.iter().any(|pass| pass.id == set_in));
        if let Some(created) = created.filter(|_| !is_fresh) {
            // Each pass of a loop that binds the key has a value of its own.
            let own = match key {
                Value::Unknown(origin) => origin.loop_id.filter(|id| !created.contains(id)),
                _ => None,
            };
            let created = match own {
                Some(own) => Rc::new(created.iter().copied().chain([own]).collect()),
                None => created,
            };
            self.outlive(&each.value, &created, 0);
        }
        Some(each.value)
    }

    /// A value was there already when the loops that are not in `created` began.
    pub fn outlive(&mut self, value: &Value<'p>, created: &Rc<Vec<LoopId>>, depth: usize) {
        let Value::Ref(id) = value else { return };
        if depth > MAX_CONTAINERS {
            return;
        }
        let is_longer = |known: &[LoopId]| known.len() > created.len() && created.iter().all(|id| known.contains(id));
        let held: Vec<Value<'p>> = match self.heap.get(*id) {
            Obj::List(list) => {
                if is_longer(&list.created)
                    && let Some(list) = self.heap.list_mut(*id)
                {
                    list.created = created.clone();
                }
                return;
            }
            Obj::Dict(dict) => {
                let longer = dict.created.as_ref().is_some_and(|known| is_longer(known));
                let held = dict.entries.iter().map(|entry| &entry.value).chain(dict.each.iter().map(|each| &each.value));
                let held = held.filter(|value| matches!(value, Value::Ref(_))).cloned().collect();
                if longer && let Some(dict) = self.heap.dict_mut(*id) {
                    dict.created = Some(created.clone());
                }
                held
            }
            Obj::Instance(object) => object.fields.values().filter(|value| matches!(value, Value::Ref(_))).cloned().collect(),
        };
        for value in &held {
            self.outlive(value, created, depth + 1);
        }
    }

    /// Takes over into a list what another has that was made of it, as a longer or shorter copy. Whether it was.
    pub fn absorb(&mut self, known: ObjId, fresh: ObjId) -> bool {
        let (Some(old), Some(new)) = (self.heap.list(known).cloned(), self.heap.list(fresh).cloned()) else { return false };
        if new.derived != Some(known) && new.trim == Trim::None {
            return false;
        }
        if let Some(list) = self.heap.list_mut(known) {
            list.trim = list.trim.join(new.trim);
        }
        for item in new.items.into_iter().filter(|item| !old.items.iter().any(|other| other.uid == item.uid)) {
            self.push_item(known, item.value, false);
        }
        true
    }

    /// The values of a dict in the order in which they were put there, those under keys that could not be followed as one that stands for any
    /// number; with their keys, if wanted. `None` if nothing is known of them.
    pub fn values_of(&mut self, id: ObjId, with_keys: bool) -> Option<Value<'p>> {
        let dict = self.heap.dict(id).filter(|dict| dict.each.is_some() || (!dict.open && !dict.entries.is_empty()))?.clone();
        let list = self.new_list(Vec::new(), None, None);
        let Value::Ref(values) = list else { return None };
        let each = dict.each.map(|each| (Value::unknown("key"), each.value, true));
        let entries = dict.entries.into_iter().map(|entry| (Value::text(&entry.key), entry.value, false));
        let mut items = Vec::new();
        for (key, value, many) in entries.chain(each) {
            let value = if with_keys { self.new_list(vec![key, value], None, None) } else { value };
            items.push(Item { value, uid: self.heap.uid(), grows_in: Rc::new(Vec::new()), many, maybe: false, replays: None });
        }
        if let Some(list) = self.heap.list_mut(values) {
            list.items = items;
        }
        Some(list)
    }

    /// `defaultdict(list)`: each key has a list, dict or object of its own from the beginning.
    pub fn default_dict(&mut self, args: &Args<'p>, call: &'p Call) -> Value<'p> {
        let value = match (args.positional.first(), call.args.first().map(|arg| &arg.value.kind)) {
            (_, Some(ExprKind::Lambda(lambda))) => lambda.as_expression().map(|made| self.eval(made)),
            (Some(Value::External(name)), _) => match &**name {
                "list" => Some(self.new_list(Vec::new(), None, None)),
                "dict" => Some(Value::Ref(self.heap.add(Obj::Dict(DictObj { open: true, ..DictObj::default() })))),
                _ => None,
            },
            (Some(Value::Class(class)), _) => call.args.first().map(|arg| self.instantiate(*class, Args::default(), &arg.value)),
            _ => None,
        };
        let each = value.filter(|value| matches!(value, Value::Ref(_))).map(|value| Each { value, set_in: None });
        let created = Some(self.current_loops());
        Value::Ref(self.heap.add(Obj::Dict(DictObj { open: true, each, created, ..DictObj::default() })))
    }

    // --- stores of frameworks ----------------------------------------------------------------------------------------

    /// The name under which `base.name` is kept in a store that outlives the run of a script, if `base` is one.
    pub fn persistent_key(&self, base: &Value<'p>, name: &str) -> Option<Rc<str>> {
        let base = self.qualified(base)?;
        self.builtins().is_session_store(&base).then(|| format!("{base}.{name}").into())
    }

    /// What is kept under the name. A conversation that nothing in sight has put there was put there by another file or function.
    pub fn persistent_load(&mut self, key: &Rc<str>) -> Option<Value<'p>> {
        if let Some(known) = self.persistent.get(key) {
            return Some(Value::Ref(*known));
        }
        let name = key.rsplit('.').next()?;
        let is_history = !name.contains('(') && self.catalogue.names.hint(name).is_some_and(|hint| hint.size == SizeClass::History);
        if !is_history || self.builtins().is_session_store(key) {
            return None;
        }
        let list = self.new_list(Vec::new(), None, None);
        self.persistent_store(key.clone(), list.clone());
        Some(list)
    }

    pub fn persistent_store(&mut self, key: Rc<str>, value: Value<'p>) {
        let Value::Ref(id) = value else { return };
        if self.heap.list(id).is_none() {
            return;
        }
        match self.persistent.get(&key).copied() {
            Some(known) if known != id => {
                self.absorb(known, id);
            }
            Some(_) => {}
            None => {
                if let Some(list) = self.heap.list_mut(id) {
                    list.created = Rc::new(Vec::new());
                }
                self.persistent.insert(key, id);
            }
        }
    }

    /// The methods of such a store that are those of a dict: `st.session_state.setdefault(…)`, `cl.user_session.get(…)`.
    pub fn persistent_method(&mut self, name: &str, args: &Args<'p>) -> Option<Value<'p>> {
        let (base, method) = name.rsplit_once('.')?;
        if !self.builtins().is_session_store(base) {
            return None;
        }
        let key: Rc<str> = format!("{base}.{}", args.positional.first()?.as_text()?).into();
        let given = args.positional.get(1).cloned();
        match method {
            "set" => {
                self.persistent_store(key, given?);
                Some(Value::Null)
            }
            "get" | "setdefault" => {
                if let Some(known) = self.persistent_load(&key) {
                    return Some(known);
                }
                let given = given?;
                if method == "setdefault" {
                    self.persistent_store(key, given.clone());
                }
                Some(given)
            }
            _ => None,
        }
    }
}
