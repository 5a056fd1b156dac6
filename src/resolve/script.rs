//! The abstract evaluator: what JavaScript does its own way, from imports to functions that are handed on.

use std::rc::Rc;

use crate::catalogue::{Builtins, Effect};
use crate::model::prompt::{Segment, SizeClass, Volatility};
use crate::project::Language;
use crate::span::FileId;
use crate::syntax::*;

use super::eval::{Evaluator, Frame, Pending, ROOT_FUEL};
use super::expr::{name_of, scalar, setting};
use super::value::*;

/// Items of a list that a function is applied to one by one; of a longer one to any of them.
const FEW_ITEMS: usize = 32;
/// The name of a request's body, which no source can hold: what is read from it is named by itself.
const BODY: &str = "#body";
/// Modules that are run for one file.
const MAX_MODULES: usize = 300;
/// Frames below which functions that are handed on are still run.
const MAX_FRAMES: usize = 8;

impl<'p> Evaluator<'p> {
    /// Whether what runs now is JavaScript.
    pub fn in_script(&self) -> bool {
        self.project.file(self.file()).language == Language::JavaScript
    }

    /// What library functions mean in the language that runs now.
    pub fn builtins(&self) -> &'p Builtins {
        if self.in_script() { &self.catalogue.javascript } else { &self.catalogue.python }
    }

    // --- modules -------------------------------------------------------------------------------------------------------

    pub fn import_specifier(&mut self, import: &'p Import) {
        let file = self.file();
        // The SDKs are what they are, also in their own repository.
        let found = if self.catalogue.is_sdk(&import.module) { None } else { self.project.specified(file, &import.module) };
        let text = found.filter(|found| self.project.file(*found).language == Language::Text);
        if let Some(text) = text {
            let name = import.alias.as_ref().or_else(|| import.names.first().map(|name| name.alias.as_ref().unwrap_or(&name.name)));
            if let Some(name) = name {
                let is_data = self.project.file(text).key.ends_with(".json");
                let value = if is_data { None } else { self.file_text(text) };
                self.bind(name, value.unwrap_or_else(|| setting(name)));
            }
            return;
        }
        if !import.from {
            if let Some(alias) = &import.alias {
                self.bind(alias, found.map_or_else(|| Value::External(import.module.as_str().into()), Value::Module));
            }
            return;
        }
        if import.star {
            if let Some(found) = found {
                self.handed_on.entry(file).or_default().push(found);
            }
            return;
        }
        let at_import = self.frame().at_import;
        let is_own = found.is_some() || import.module.starts_with('.');
        for imported in &import.names {
            let name = imported.alias.as_ref().unwrap_or(&imported.name);
            if let (Some(found), true) = (found, at_import) {
                self.pending.insert((file, name), Pending::Import { own: name, found, wanted: &imported.name });
                continue;
            }
            let value = found.and_then(|found| self.exported(found, &imported.name));
            let value = value.unwrap_or_else(|| {
                // A name of the project that could not be found (bound dynamically, or a cycle).
                if is_own { Value::unknown(name.as_str()) } else { Value::External(format!("{}.{}", import.module, imported.name).into()) }
            });
            self.bind(name, value);
        }
    }

    /// A name that a module imports or hands on: its value, once it is asked for.
    pub fn pending_import(&mut self, file: FileId, name: &str) -> Option<Value<'p>> {
        let (key, found, wanted) = match self.pending.get(&(file, name)) {
            Some(Pending::Followed(value)) => return value.clone(),
            Some(Pending::Import { own, found, wanted }) => ((file, *own), *found, *wanted),
            None => {
                if name == "default" || self.handed_on.is_empty() {
                    return None;
                }
                // Taken out meanwhile, as modules may hand on each other's.
                let sources = self.handed_on.remove(&file)?;
                let value = sources.iter().find_map(|source| self.exported(*source, name));
                self.handed_on.insert(file, sources);
                return value;
            }
        };
        self.pending.insert(key, Pending::Followed(None));
        // A name of the project that could not be found is bound dynamically.
        let value = Some(self.exported(found, wanted).unwrap_or_else(|| Value::unknown(key.1)));
        self.pending.insert(key, Pending::Followed(value.clone()));
        value
    }

    /// Runs the body of a module whose turn has come in the middle of something else, on fuel of its own.
    pub fn load_apart(&mut self, body: &'p [Stmt]) -> ((), bool) {
        if self.modules.len() > MAX_MODULES {
            return ((), true);
        }
        let journal = self.heap.suspend();
        let fuel = std::mem::replace(&mut self.fuel, ROOT_FUEL);
        self.run_block(body);
        let enough = self.fuel > 0;
        self.fuel = fuel;
        self.heap.resume(journal);
        ((), enough)
    }

    /// What a module exports under a name; what `module.exports` holds counts as exported.
    pub fn exported(&mut self, file: FileId, name: &str) -> Option<Value<'p>> {
        if let Some(value) = self.module_var(file, name) {
            return Some(value);
        }
        match self.module_var(file, "default")? {
            Value::Ref(id) => self.heap.dict(id)?.get(name).map(|entry| entry.value.clone()),
            _ => None,
        }
    }

    /// Whether `origin.path` is the conversation that a client sends whole with each request: the messages of a request's body.
    pub fn is_client_held(&self, origin: &Origin, path: &str) -> bool {
        let in_body = match path.strip_prefix("body.") {
            Some(_) => origin.param && matches!(&*origin.name, "req" | "request"),
            None => &*origin.name == BODY,
        };
        let last = path.rsplit('.').next().unwrap_or(path);
        in_body && self.in_script() && self.catalogue.names.hint(last).is_some_and(|hint| hint.size == SizeClass::History)
    }

    /// What a handler reads from its request: `await req.json()`, `await readBody(event)`.
    fn request_body(&self, callee: &Value<'p>) -> Option<Value<'p>> {
        let is_request = |name: &str| matches!(name.rsplit('.').next(), Some("req" | "request"));
        let is_body = match callee {
            Value::Member(base, method) if &**method == "json" => match &**base {
                Value::Unknown(origin) => origin.param && is_request(&origin.name),
                // A handler that is given an event or context with the request in it.
                Value::Member(base, path) => matches!(&**base, Value::Unknown(origin) if origin.param) && is_request(path),
                _ => false,
            },
            Value::External(name) => matches!(&**name, "readBody" | "h3.readBody"),
            _ => false,
        };
        is_body.then(|| Value::origin(Origin { reason: "sent by the client".into(), place: Some(self.statement), ..Origin::named(BODY) }))
    }

    // --- functions that are handed on ----------------------------------------------------------------------------------

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
            let turns = LoopInfo { id: LoopId::Turns, kind: LoopShape::Pseudo };
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

    /// Methods that take a function: it is applied to what they go through. `None` if this is none of them.
    pub fn with_callback(&mut self, base: &Value<'p>, name: &str, args: &Args<'p>, expr: &'p Expr) -> Option<Value<'p>> {
        let callback = args.positional.first()?;
        if !matches!(callback, Value::Function(_)) {
            return None;
        }
        let callback = callback.clone();
        let known = match base {
            Value::Member(inner, path) => match &**inner {
                Value::Unknown(origin) => Value::origin(self.member_origin(origin, path)),
                _ => base.clone(),
            },
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
            self.loops.push(LoopInfo { id: at, kind });
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
        self.loops.push(LoopInfo { id: at, kind });
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

    // --- methods -------------------------------------------------------------------------------------------------------

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
        if before.is_some() {
            return None;
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
                let inserted: Vec<Value<'p>> = args.positional.iter().skip(2).cloned().collect();
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
            Value::Text(segments) => Some(Value::Text(Rc::new(super::call::limited_slots(segments)))),
            _ => None,
        }
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
