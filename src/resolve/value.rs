//! Abstract values: what an expression may be, with texts as segments and containers on a heap of their own.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::prompt::{BlockKind, BlockSegment, Confidence, Segment, SizeClass, Slot, TextSegment, Volatility};
use crate::model::request::HistorySource;
use crate::span::{FileId, Place};
use crate::syntax::{Class, Expr, Function};

pub type ObjId = usize;
pub type Vars<'p> = rustc_hash::FxHashMap<&'p str, Value<'p>>;

/// What an expression may be.
#[derive(Clone, Debug)]
pub enum Value<'p> {
    /// Could not be followed further than its origin.
    Unknown(Rc<Origin>),
    Text(Rc<Vec<Segment>>),
    Int(i64),
    Float(f64),
    Bool(bool),
    Null,
    /// A list, dict or instance on the heap.
    Ref(ObjId),
    /// The JSON text of a value.
    Json(Box<Value<'p>>),
    Function(Rc<FuncRef<'p>>),
    Class(ClassRef<'p>),
    Method(ObjId, Rc<FuncRef<'p>>),
    /// A module of the project.
    Module(FileId),
    /// Something outside the project, by its qualified name: `boto3`, `openai.OpenAI`.
    External(Rc<str>),
    /// What an outside constructor or factory returned.
    Instance(Rc<Instance<'p>>),
    /// A dotted path on something that could not be followed or lies outside (`client.chat.completions`).
    Member(Rc<Value<'p>>, Rc<str>),
    /// A template from a file, or from a text whose syntax is known.
    Template(TemplateRef<'p>),
    /// One of several, by the way taken.
    Choice(Rc<Vec<Value<'p>>>),
}

#[derive(Clone, Debug)]
pub enum TemplateRef<'p> {
    File(FileId),
    /// Jinja in a string.
    Jinja(Rc<Value<'p>>),
    /// `string.Template`
    Dollar(Rc<Value<'p>>),
}

#[derive(Debug)]
pub struct Instance<'p> {
    /// Qualified name of what was called.
    pub kind: Rc<str>,
    pub args: Args<'p>,
    /// The call that made it.
    pub made: Option<Made<'p>>,
    /// Whom it speaks to, if that is not for its arguments to say.
    pub server: Server,
}

/// Who answers a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    /// The maker of the SDK, as far as is known.
    #[default]
    Maker,
    /// A host that speaks the API of another, and does in its own way what the request leaves open.
    Compatible,
    /// The program's own machine, which bills nothing.
    Own,
}

/// Where an object was made.
#[derive(Clone, Copy, Debug)]
pub struct Made<'p> {
    pub file: FileId,
    pub expr: &'p Expr,
    /// Inside a function of the project that was being followed: each of its callers makes another one.
    pub in_call: bool,
}

impl<'p> Instance<'p> {
    pub fn new(kind: impl Into<Rc<str>>, args: Args<'p>) -> Self {
        Instance { kind: kind.into(), args, made: None, server: Server::Maker }
    }

    fn same(&self, other: &Instance<'p>) -> bool {
        self.kind == other.kind
            && match (self.made, other.made) {
                (Some(one), Some(other)) => one.file == other.file && std::ptr::eq(one.expr, other.expr),
                (None, None) => true,
                _ => false,
            }
    }
}

/// A value that could not be followed, and what is known of it all the same.
#[derive(Clone, Debug)]
pub struct Origin {
    /// As a person would call it: `user.name`, `datetime.now()`.
    pub name: Rc<str>,
    /// From data flow; `None` leaves it to the name.
    pub volatility: Option<Volatility>,
    pub size: Option<SizeClass>,
    pub limited: bool,
    pub confidence: Confidence,
    pub reason: Rc<str>,
    /// Bound anew on each pass of this loop.
    pub loop_id: Option<LoopId>,
    /// A parameter of the function that is analysed on its own.
    pub param: bool,
    /// A field of a template that is filled in out of sight.
    pub field: bool,
    /// Of such a parameter: its default. Of an object a field of which is read: the field's.
    pub default: Option<DefaultKind>,
    /// A conversation that is replayed as text or list.
    pub grows: Option<Rc<GrowthOrigin>>,
    /// Taken out of a conversation that was handed in: one of its turns, or a part of one.
    pub in_history: bool,
    /// A copy of a list that could not be followed, with the loops that ran when it was made.
    pub copied: Option<Rc<Vec<LoopId>>>,
    /// What the client of a server sent with its request, or a part of it.
    pub client: bool,
    /// All that a query of a database finds, with no limit in sight.
    pub rows: bool,
    /// A conversation that was fetched by its id, or what holds it, with no limit in sight.
    pub fetched: bool,
    /// What a function out of sight made it of, where that varies from one caller to the next.
    pub made_of: Option<Rc<str>>,
    pub place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultKind {
    Null,
    Int(i64),
    Other,
}

/// Where a growing list that was turned into something else came from.
#[derive(Clone, Debug)]
pub struct GrowthOrigin {
    pub loops: Vec<LoopId>,
    pub grows_at: Option<Place>,
    pub trim: Trim,
    pub source: HistorySource,
    /// Something that was handed in is added as a turn of the user.
    pub said: bool,
}

impl Origin {
    /// Whether it is a conversation, or was taken out of one, as far as its way says so; what a client sent may be any text.
    pub fn is_of_conversation(&self) -> bool {
        self.size == Some(SizeClass::History) || self.in_history || self.fetched || self.grows.is_some()
    }

    pub fn named(name: impl Into<Rc<str>>) -> Self {
        Origin {
            name: name.into(),
            volatility: None,
            size: None,
            limited: false,
            confidence: Confidence::Low,
            reason: "".into(),
            loop_id: None,
            param: false,
            field: false,
            default: None,
            grows: None,
            in_history: false,
            copied: None,
            client: false,
            rows: false,
            fetched: false,
            made_of: None,
            place: None,
        }
    }

    /// The same origin under another name (an attribute, a method's result): flow facts stay.
    pub fn renamed(&self, name: impl Into<Rc<str>>) -> Self {
        Origin { name: name.into(), default: None, field: false, ..self.clone() }
    }

    /// A field that is filled in out of sight, or a parameter that every caller gives: whoever made it one did so because it varies.
    pub fn varies_by_caller(&self) -> bool {
        let itself = !self.name.contains(['.', '[', '(', ' ']);
        self.field || (self.param && self.default.is_none() && itself)
    }
}

/// A loop that is being run: a real one, or the pseudo-loop of a function that is called again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoopId {
    /// A script that a framework runs again on each interaction, with a store that outlives the run.
    Rerun,
    /// The turns in which the functions of a module, or the methods of an object, are called.
    Turns,
    /// A loop statement or comprehension, by where it stands.
    At(FileId, u32),
}

#[derive(Clone, Debug)]
pub struct LoopInfo {
    pub id: LoopId,
    pub kind: LoopShape,
    /// Calls that were being followed when it began.
    pub depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopShape {
    While,
    /// Over a collection.
    Items,
    /// Over `range(n)`: attempts or steps, with the number if it is known.
    Range(Option<i64>),
    Pseudo,
}

#[derive(Clone, Debug)]
pub struct FuncRef<'p> {
    pub func: &'p Function,
    pub file: FileId,
    pub class: Option<ClassRef<'p>>,
    pub captured: Option<Rc<Vars<'p>>>,
    /// `@staticmethod`, `@classmethod`, plain.
    pub binding: Binding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    Plain,
    Static,
    Class,
    /// `@property`: read like an attribute.
    Property,
}

#[derive(Clone, Copy, Debug)]
pub struct ClassRef<'p> {
    pub class: &'p Class,
    pub file: FileId,
}

/// Arguments of a call, evaluated.
#[derive(Clone, Debug, Default)]
pub struct Args<'p> {
    pub positional: Vec<Value<'p>>,
    pub keywords: Vec<(Rc<str>, Value<'p>, Option<&'p Expr>)>,
    /// `**kwargs` that could not be followed: any further keyword may be there.
    pub open: bool,
    /// A field that is empty by default may add further ones: `**self.extra_params`.
    pub configurable: bool,
    /// `*args` that could not be followed.
    pub open_positional: bool,
    /// `**params`, where all of them are handed in by the caller of a function that is run on its own.
    pub handed_in: bool,
}

impl<'p> Args<'p> {
    pub fn keyword(&self, name: &str) -> Option<&Value<'p>> {
        self.keywords.iter().rev().find(|(key, ..)| &**key == name).map(|(_, value, _)| value)
    }

    /// By keyword, else by position.
    pub fn get(&self, at: usize, name: &str) -> Option<&Value<'p>> {
        self.keyword(name).or_else(|| self.positional.get(at))
    }
}

/// A mutable thing.
#[derive(Clone, Debug)]
pub enum Obj<'p> {
    List(ListObj<'p>),
    Dict(DictObj<'p>),
    Instance(InstanceObj<'p>),
}

#[derive(Clone, Debug)]
pub struct InstanceObj<'p> {
    pub class: ClassRef<'p>,
    pub fields: BTreeMap<Rc<str>, Value<'p>>,
    /// Read from the request that a client of a server sent.
    pub from_client: bool,
}

impl<'p> InstanceObj<'p> {
    pub fn of(class: ClassRef<'p>) -> Self {
        InstanceObj { class, fields: BTreeMap::new(), from_client: false }
    }
}

#[derive(Clone, Debug)]
pub struct ListObj<'p> {
    pub items: Vec<Item<'p>>,
    /// Holds more that could not be followed.
    pub open: Option<Rc<Origin>>,
    pub trim: Trim,
    /// Loops that ran when the list was made: what grows in one of them is made anew on each pass.
    pub created: Rc<Vec<LoopId>>,
    /// The list that this one was sliced or copied from.
    pub derived: Option<ObjId>,
    pub grows_at: Option<Place>,
    pub literal: Option<(FileId, &'p Expr)>,
    /// A set: its order is not fixed.
    pub is_set: bool,
    /// An object of a library that keeps messages, followed as the list that it keeps.
    pub is_store: bool,
}

#[derive(Clone, Debug)]
pub struct Item<'p> {
    pub value: Value<'p>,
    /// Tells items apart when two ways join.
    pub uid: u32,
    /// Loops in which this item is added on each pass to a list that outlives the pass.
    pub grows_in: Rc<Vec<LoopId>>,
    /// Stands for any number of its like.
    pub many: bool,
    /// Added on one way only.
    pub maybe: bool,
    /// Comes from a growing list that was looped over.
    pub replays: Option<Rc<GrowthOrigin>>,
}

/// What was done to keep a list short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trim {
    None,
    /// A window that moves on every turn, of so many items.
    Sliding(Option<u32>),
    /// Cut in blocks, to a fixed number, or emptied.
    Blocks,
    /// Something shortens it, it is not known how.
    Unknown,
}

impl Trim {
    /// What stays true when a list came one of two ways, or was cut twice.
    pub fn join(self, other: Trim) -> Trim {
        match (self, other) {
            (Trim::None, trim) | (trim, Trim::None) => trim,
            (Trim::Blocks, _) | (_, Trim::Blocks) => Trim::Blocks,
            (Trim::Unknown, _) | (_, Trim::Unknown) => Trim::Unknown,
            (sliding, _) => sliding,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct DictObj<'p> {
    pub entries: Vec<DictEntry<'p>>,
    /// Holds keys that could not be followed.
    pub open: bool,
    /// A field that is empty by default may add further ones.
    pub configurable: bool,
    /// What stands under such keys: `sessions[user_id]`.
    pub each: Option<Each<'p>>,
    /// Loops that ran when the dict was made, where that is known.
    pub created: Option<Rc<Vec<LoopId>>>,
    pub literal: Option<(FileId, &'p Expr)>,
}

/// What a dict holds under keys that could not be followed, one value for all of them.
#[derive(Clone, Debug)]
pub struct Each<'p> {
    pub value: Value<'p>,
    /// The pass through a function or loop that surely put it there: until its end, nothing older is found under the key.
    pub set_in: Option<u32>,
}

#[derive(Clone, Debug)]
pub struct DictEntry<'p> {
    pub key: Rc<str>,
    pub value: Value<'p>,
    /// Set on one way only.
    pub maybe: bool,
    /// The value as written in a dict literal or an assignment.
    pub written: Option<(FileId, &'p Expr)>,
}

impl<'p> DictObj<'p> {
    pub fn get(&self, key: &str) -> Option<&DictEntry<'p>> {
        self.entries.iter().find(|entry| &*entry.key == key)
    }

    pub fn set(&mut self, key: Rc<str>, value: Value<'p>, written: Option<(FileId, &'p Expr)>) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => *entry = DictEntry { key, value, maybe: false, written },
            None => self.entries.push(DictEntry { key, value, maybe: false, written }),
        }
    }
}

/// A `pathlib` path of these parts.
pub fn path_of<'p>(parts: Vec<Value<'p>>) -> Value<'p> {
    Value::Instance(Rc::new(Instance::new("pathlib.Path", Args { positional: parts, ..Args::default() })))
}

impl<'p> Value<'p> {
    /// The parts of a `pathlib` path, or of the folder that it is in (of which only what can't be followed is kept).
    pub fn path_parts(&self) -> Option<Vec<Value<'p>>> {
        let parts = |instance: &Instance<'p>| instance.kind.ends_with("Path").then(|| instance.args.positional.clone());
        match self {
            Value::Instance(instance) => parts(instance),
            Value::Member(base, path) if path.split('.').all(|name| name == "parent") => match &**base {
                Value::Instance(instance) => Some(parts(instance)?.into_iter().filter(|part| !part.is_fixed_part()).collect()),
                _ => None,
            },
            _ => None,
        }
    }

    /// A text that is known, or the place of the file itself.
    pub fn is_fixed_part(&self) -> bool {
        match self {
            Value::Unknown(origin) => &*origin.name == "__file__",
            other => other.as_text().is_some(),
        }
    }

    pub fn text(text: &str) -> Self {
        Value::Text(Rc::new(vec![Segment::text(text)]))
    }

    /// A field of a template that is filled in out of sight.
    pub fn field(name: impl Into<Rc<str>>) -> Self {
        Value::origin(Origin { field: true, reason: "a field of the template".into(), ..Origin::named(name) })
    }

    pub fn unknown(name: impl Into<Rc<str>>) -> Self {
        Value::Unknown(Rc::new(Origin::named(name)))
    }

    pub fn origin(origin: Origin) -> Self {
        Value::Unknown(Rc::new(origin))
    }

    /// The part of a known text between two bounds, each a number or left out; `None` if any of it is not known.
    pub fn part_of_text(&self, bounds: &[Option<Value<'p>>; 2]) -> Option<Value<'p>> {
        let text = self.as_text()?;
        let length = i64::try_from(text.chars().count()).ok()?;
        let at = |bound: &Option<Value<'p>>, left_out: i64| match bound {
            None | Some(Value::Null) => Some(left_out),
            Some(Value::Int(at)) => Some(if *at < 0 { at + length } else { *at }.clamp(0, length)),
            Some(_) => None,
        };
        let (start, end) = (at(&bounds[0], 0)?, at(&bounds[1], length)?);
        if (start, end) == (0, length) {
            return Some(self.clone());
        }
        let part: String = text.chars().skip(start as usize).take((end - start).max(0) as usize).collect();
        let Value::Text(segments) = self else { return None };
        let place = segments.first().filter(|_| segments.len() == 1).and_then(Segment::place);
        Some(Value::Text(Rc::new(vec![Segment::Text(TextSegment { text: part.into(), place, verbatim: false })])))
    }

    /// The text, if it is known to the letter.
    pub fn as_text(&self) -> Option<String> {
        match self {
            Value::Text(segments) => {
                let mut text = String::new();
                for segment in segments.iter() {
                    match segment {
                        Segment::Text(part) => text.push_str(&part.text),
                        _ => return None,
                    }
                }
                Some(text)
            }
            _ => None,
        }
    }

    /// A field whose class leaves it empty, and that nobody in sight fills.
    pub fn is_empty_by_default(&self) -> bool {
        matches!(self, Value::Member(base, _) if matches!(&**base, Value::Unknown(of) if of.default == Some(DefaultKind::Null)))
    }

    /// Nothing is known of what it is, or of what it belongs to.
    pub fn is_out_of_sight(&self) -> bool {
        match self {
            Value::Unknown(_) => true,
            Value::Member(base, _) => base.is_out_of_sight(),
            _ => false,
        }
    }

    /// What could not be followed, of this value or of the object that it belongs to.
    pub fn source(&self) -> Option<&Rc<Origin>> {
        match self {
            Value::Unknown(origin) => Some(origin),
            Value::Member(base, _) => base.source(),
            _ => None,
        }
    }

    /// The text that is used where a caller hands in no other: `prompt or PROMPT`, `prompt: str = PROMPT`.
    pub fn default_text(&self) -> Option<&Value<'p>> {
        let Value::Choice(choices) = self else { return None };
        let mut texts = choices.iter().filter(|choice| matches!(choice, Value::Text(_)));
        let (text, more) = (texts.next()?, texts.next());
        let replaceable = |choice: &Value<'p>| match choice {
            Value::Unknown(origin) => origin.param && origin.default.is_some(),
            Value::Text(_) | Value::Null => true,
            _ => false,
        };
        (more.is_none() && choices.iter().all(replaceable)).then_some(text)
    }

    /// Every alternative.
    pub fn alternatives(&self) -> Vec<&Value<'p>> {
        match self {
            Value::Choice(choices) => choices.iter().collect(),
            other => vec![other],
        }
    }

    /// Whether the two are surely the same.
    pub fn same(&self, other: &Value<'p>) -> bool {
        match (self, other) {
            (Value::Unknown(a), Value::Unknown(b)) => Rc::ptr_eq(a, b) || (a.name == b.name && a.place == b.place),
            (Value::Text(a), Value::Text(b)) => Rc::ptr_eq(a, b) || a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Null, Value::Null) => true,
            (Value::Ref(a), Value::Ref(b)) => a == b,
            (Value::Json(a), Value::Json(b)) => a.same(b),
            (Value::Function(a), Value::Function(b)) => std::ptr::eq(a.func, b.func),
            (Value::Method(a, f), Value::Method(b, g)) => a == b && std::ptr::eq(f.func, g.func),
            (Value::Class(a), Value::Class(b)) => std::ptr::eq(a.class, b.class),
            (Value::Module(a), Value::Module(b)) => a == b,
            (Value::External(a), Value::External(b)) => a == b,
            (Value::Instance(a), Value::Instance(b)) => Rc::ptr_eq(a, b) || a.same(b),
            (Value::Member(a, x), Value::Member(b, y)) => x == y && a.same(b),
            (Value::Choice(a), Value::Choice(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.same(b)),
            _ => false,
        }
    }

    /// One or the other.
    pub fn join(self, other: Value<'p>) -> Value<'p> {
        if self.same(&other) {
            return self;
        }
        if let Some(text) = join_texts(&self, &other) {
            return text;
        }
        let mut choices: Vec<Value<'p>> = Vec::new();
        for value in [self, other] {
            match value {
                Value::Choice(more) => {
                    for value in more.iter() {
                        if !choices.iter().any(|known| known.same(value)) {
                            choices.push(value.clone());
                        }
                    }
                }
                value if choices.iter().any(|known| known.same(&value)) => {}
                value => choices.push(value),
            }
        }
        if choices.len() == 1 {
            return choices.remove(0);
        }
        // More ways than this are not told apart: the sum of the facts would not get better.
        choices.truncate(8);
        Value::Choice(Rc::new(choices))
    }
}

/// Two texts that begin alike, as one text with a branch where they differ: what is appended under many conditions
/// grows with their number and not with the number of ways through them.
fn join_texts<'p>(one: &Value<'p>, other: &Value<'p>) -> Option<Value<'p>> {
    let (one, other) = match (one, other) {
        (Value::Text(one), Value::Text(other)) => (one.to_vec(), other.to_vec()),
        // One way appended to a text that was one of several before: it begins with the branch over these.
        (Value::Choice(before), Value::Text(text)) => (vec![branch_over(before, text)?], text.to_vec()),
        (Value::Text(text), Value::Choice(before)) => (text.to_vec(), vec![branch_over(before, text)?]),
        _ => return None,
    };
    let alike = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    if alike == 0 {
        return None;
    }
    let arms = [&one, &other].map(|text| text[alike..].to_vec());
    let place = arms.iter().flatten().find_map(Segment::place);
    let mut joined = one[..alike].to_vec();
    joined.push(Segment::Block(Box::new(BlockSegment { kind: BlockKind::Branch, place, arms: arms.into(), subject: a_condition() })));
    Some(Value::Text(Rc::new(joined)))
}

/// The branch that `text` begins with, if its arms are these texts.
fn branch_over(choices: &[Value<'_>], text: &[Segment]) -> Option<Segment> {
    let first = text.first()?;
    let Segment::Block(block) = first else { return None };
    let texts: Option<Vec<&Vec<Segment>>> = choices
        .iter()
        .map(|choice| match choice {
            Value::Text(segments) => Some(&**segments),
            _ => None,
        })
        .collect();
    let same = block.kind == BlockKind::Branch && texts?.iter().copied().eq(&block.arms);
    same.then(|| first.clone())
}

/// What a branch is chosen by, where that is not known.
fn a_condition() -> Slot {
    Slot {
        name: "a condition".into(),
        place: None,
        expr: None,
        volatility: None,
        size: SizeClass::Scalar,
        limited: false,
        growth: None,
        confidence: Confidence::Low,
        size_confidence: Confidence::Low,
        reason: "".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_known_text_is_known() {
        let part = |text: &str, lower: Option<i64>, upper: Option<i64>| {
            Value::text(text).part_of_text(&[lower.map(Value::Int), upper.map(Value::Int)]).and_then(|part| part.as_text())
        };
        assert_eq!(part("us.nova", Some(3), None).as_deref(), Some("nova"));
        assert_eq!(part("žluťoučký", None, Some(-2)).as_deref(), Some("žluťouč"));
        assert_eq!(part("abc", Some(2), Some(1)).as_deref(), Some(""));
        assert_eq!(part("abc", Some(-9), Some(i64::MAX)).as_deref(), Some("abc"));
        let unknown = Value::text("abc").part_of_text(&[Some(Value::unknown("n")), None]);
        assert!(unknown.is_none());
    }

    fn texts<'p>(parts: &[&str]) -> Value<'p> {
        Value::Text(Rc::new(parts.iter().map(|part| Segment::text(part)).collect()))
    }

    #[test]
    fn what_is_appended_under_many_conditions_stays_small() {
        let mut prompt = texts(&["You help."]);
        for rule in ["Be short.", "Be kind.", "Be sure."].iter().cycle().take(60) {
            let Value::Text(segments) = &prompt else { panic!("{prompt:?}") };
            let mut longer = segments.to_vec();
            longer.push(Segment::text(rule));
            prompt = Value::Text(Rc::new(longer)).join(prompt);
        }
        let Value::Text(segments) = &prompt else { panic!("{prompt:?}") };
        assert_eq!(segments.len(), 61);
        assert!(matches!(&segments[60], Segment::Block(block) if block.arms == [vec![Segment::text("Be sure.")], vec![]]));
    }

    #[test]
    fn texts_that_differ_from_their_beginning_stay_apart() {
        let joined = texts(&["a", "b"]).join(texts(&["c", "b"]));
        assert_eq!(joined.alternatives().len(), 2);
        let names = texts(&["small-model"]).join(texts(&["large-model"])).join(Value::Null);
        assert_eq!(names.alternatives().len(), 3);
    }
}
