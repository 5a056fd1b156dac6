//! The heap of the evaluator: mutable things, with a journal so that two ways through the code can be joined cheaply.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::value::*;

#[derive(Default)]
pub struct Heap<'p> {
    objects: Vec<Rc<Obj<'p>>>,
    /// For each way being tried, what the objects that it wrote to were before.
    journal: Vec<FxHashMap<ObjId, Rc<Obj<'p>>>>,
    next_uid: u32,
}

/// The objects that one way changed, as it left them.
pub type Changes<'p> = FxHashMap<ObjId, Rc<Obj<'p>>>;

/// The ways being tried, set aside.
pub struct Journal<'p>(Vec<FxHashMap<ObjId, Rc<Obj<'p>>>>);

impl<'p> Heap<'p> {
    pub fn add(&mut self, object: Obj<'p>) -> ObjId {
        self.objects.push(Rc::new(object));
        self.objects.len() - 1
    }

    pub fn get(&self, id: ObjId) -> &Obj<'p> {
        &self.objects[id]
    }

    pub fn get_mut(&mut self, id: ObjId) -> &mut Obj<'p> {
        if let Some(frame) = self.journal.last_mut() {
            frame.entry(id).or_insert_with(|| self.objects[id].clone());
        }
        Rc::make_mut(&mut self.objects[id])
    }

    pub fn list(&self, id: ObjId) -> Option<&ListObj<'p>> {
        match self.get(id) {
            Obj::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn dict(&self, id: ObjId) -> Option<&DictObj<'p>> {
        match self.get(id) {
            Obj::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    pub fn list_mut(&mut self, id: ObjId) -> Option<&mut ListObj<'p>> {
        self.list(id)?;
        match self.get_mut(id) {
            Obj::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn dict_mut(&mut self, id: ObjId) -> Option<&mut DictObj<'p>> {
        self.dict(id)?;
        match self.get_mut(id) {
            Obj::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    pub fn instance(&self, id: ObjId) -> Option<&InstanceObj<'p>> {
        match self.get(id) {
            Obj::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    pub fn instance_mut(&mut self, id: ObjId) -> Option<&mut InstanceObj<'p>> {
        self.instance(id)?;
        match self.get_mut(id) {
            Obj::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    /// How many ways are being tried inside each other.
    pub fn depth(&self) -> usize {
        self.journal.len()
    }

    /// How many objects there are: those that are made from now on have higher numbers.
    pub fn made(&self) -> ObjId {
        self.objects.len()
    }

    pub fn uid(&mut self) -> u32 {
        self.next_uid += 1;
        self.next_uid
    }

    /// Begins one way through the code.
    pub fn begin(&mut self) {
        self.journal.push(FxHashMap::default());
    }

    /// Ends it: puts the heap back as it was, and hands over what the way had changed.
    pub fn rollback(&mut self) -> Changes<'p> {
        let before = self.journal.pop().unwrap_or_default();
        let mut changes = FxHashMap::with_capacity_and_hasher(before.len(), Default::default());
        for (id, old) in before {
            changes.insert(id, std::mem::replace(&mut self.objects[id], old));
        }
        changes
    }

    /// Sets aside the ways being tried: what is written until they are resumed stays, whichever way is taken.
    pub fn suspend(&mut self) -> Journal<'p> {
        Journal(std::mem::take(&mut self.journal))
    }

    pub fn resume(&mut self, journal: Journal<'p>) {
        self.journal = journal.0;
    }

    /// Joins the changes of two ways from the present state into it.
    pub fn merge(&mut self, mut one: Changes<'p>, mut other: Changes<'p>) {
        let mut ids: Vec<ObjId> = one.keys().chain(other.keys()).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let before = self.objects[id].clone();
            let a = one.remove(&id).unwrap_or_else(|| before.clone());
            let b = other.remove(&id).unwrap_or_else(|| before.clone());
            let joined = join(&a, &b);
            *self.get_mut(id) = joined;
        }
    }

    /// Takes over the changes of the only way that goes on.
    pub fn apply(&mut self, changes: Changes<'p>) {
        for (id, object) in changes {
            *self.get_mut(id) = (*object).clone();
        }
    }
}

fn join<'p>(one: &Rc<Obj<'p>>, other: &Rc<Obj<'p>>) -> Obj<'p> {
    if Rc::ptr_eq(one, other) {
        return (**one).clone();
    }
    match (&**one, &**other) {
        (Obj::List(a), Obj::List(b)) => Obj::List(join_lists(a, b)),
        (Obj::Dict(a), Obj::Dict(b)) => Obj::Dict(join_dicts(a, b)),
        (Obj::Instance(a), Obj::Instance(b)) => {
            let mut fields = a.fields.clone();
            for (name, value) in &b.fields {
                let joined = match fields.remove(name) {
                    Some(known) => known.join(value.clone()),
                    None => value.clone(),
                };
                fields.insert(name.clone(), joined);
            }
            Obj::Instance(InstanceObj { class: a.class, fields, from_client: a.from_client })
        }
        (a, _) => a.clone(),
    }
}

fn join_lists<'p>(a: &ListObj<'p>, b: &ListObj<'p>) -> ListObj<'p> {
    let shared = a.items.iter().zip(&b.items).take_while(|(a, b)| a.uid == b.uid).count();
    let mut items: Vec<Item<'p>> = a.items[..shared].to_vec();
    for item in a.items[shared..].iter() {
        let elsewhere = b.items[shared..].iter().any(|other| other.uid == item.uid);
        items.push(Item { maybe: item.maybe || !elsewhere, ..item.clone() });
    }
    for item in b.items[shared..].iter().filter(|item| !a.items[shared..].iter().any(|other| other.uid == item.uid)) {
        items.push(Item { maybe: true, ..item.clone() });
    }
    ListObj {
        items,
        open: a.open.clone().or_else(|| b.open.clone()),
        trim: a.trim.join(b.trim),
        created: a.created.clone(),
        derived: a.derived.or(b.derived),
        grows_at: a.grows_at.or(b.grows_at),
        literal: a.literal.or(b.literal),
        is_set: a.is_set || b.is_set,
        is_store: a.is_store || b.is_store,
    }
}

fn join_dicts<'p>(a: &DictObj<'p>, b: &DictObj<'p>) -> DictObj<'p> {
    let mut entries = Vec::with_capacity(a.entries.len());
    for entry in &a.entries {
        match b.get(&entry.key) {
            Some(other) => entries.push(DictEntry {
                key: entry.key.clone(),
                value: entry.value.clone().join(other.value.clone()),
                maybe: entry.maybe || other.maybe,
                written: entry.written,
            }),
            None => entries.push(DictEntry { maybe: true, ..entry.clone() }),
        }
    }
    entries.extend(b.entries.iter().filter(|entry| a.get(&entry.key).is_none()).map(|entry| DictEntry { maybe: true, ..entry.clone() }));
    let each = match (&a.each, &b.each) {
        (Some(one), Some(other)) => Some(Each {
            value: match (&one.value, &other.value) {
                (Value::Ref(_), Value::Ref(_)) => one.value.clone(),
                (one, other) => one.clone().join(other.clone()),
            },
            set_in: one.set_in.filter(|pass| other.set_in == Some(*pass)),
        }),
        (Some(one), None) | (None, Some(one)) => Some(Each { set_in: None, ..one.clone() }),
        (None, None) => None,
    };
    DictObj {
        entries,
        open: a.open || b.open,
        configurable: a.configurable || b.configurable,
        each,
        created: a.created.clone(),
        literal: a.literal.or(b.literal),
    }
}
