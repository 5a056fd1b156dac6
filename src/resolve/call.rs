//! The abstract evaluator: calls of the project's own functions, of library functions and of methods.

use std::rc::Rc;

use crate::catalogue::Effect;
use crate::model::prompt::{Confidence, Segment, SizeClass, TextSegment, Volatility};
use crate::model::request::HistorySource;
use crate::span::{FileId, Place, Span};
use crate::syntax::*;

use super::eval::{Evaluator, settle};
use super::expr::{in_date_format, name_of, scalar, setting};
use super::imports;
use super::value::*;

impl<'p> Evaluator<'p> {
    pub fn call(&mut self, expr: &'p Expr, call: &'p Call) -> Value<'p> {
        let callee = if self.in_script() { self.script_callee(&call.callee) } else { self.eval(&call.callee) };
        let args = self.args(call);
        if let Some(answer) = self.recognise(expr, call, &callee, &args) {
            return answer;
        }
        let own = self.own_client(call, &callee, &args);
        let answer = self.apply(&callee, args, expr, call);
        let answer = self.fetched(call, &callee, answer);
        if let Some(sent) = own {
            // What it sends with was not found behind it.
            let way: Vec<*const Expr> = self.stack.iter().map(|site| site.expr as *const Expr).chain([expr as *const Expr]).collect();
            if !self.calls.iter().any(|raw| raw.sites.starts_with(&way)) {
                self.recorded(expr, vec![sent]);
            }
        }
        answer
    }

    fn args(&mut self, call: &'p Call) -> Args<'p> {
        let mut args = Args::default();
        for arg in &call.args {
            let value = self.eval(&arg.value);
            match &arg.kind {
                ArgKind::Positional => args.positional.push(value),
                ArgKind::Keyword(name) => args.keywords.push((name.as_str().into(), value, Some(&arg.value))),
                ArgKind::Spread => match &value {
                    Value::Ref(id) => match self.heap.list(*id) {
                        Some(list) if list.open.is_none() => args.positional.extend(list.items.iter().map(|item| item.value.clone())),
                        _ => args.open_positional = true,
                    },
                    _ => args.open_positional = true,
                },
                ArgKind::SpreadKeywords => self.spread_keywords(&value, &mut args, false),
            }
        }
        args
    }

    pub fn spread_keywords(&mut self, value: &Value<'p>, args: &mut Args<'p>, maybe: bool) {
        let file = self.file();
        match value {
            Value::Ref(id) => match self.heap.dict(*id) {
                Some(dict) => {
                    args.open |= dict.open;
                    args.configurable |= dict.configurable;
                    for entry in &dict.entries {
                        let value = if entry.maybe || maybe { Value::unknown(entry.key.clone()) } else { entry.value.clone() };
                        // Where an argument is written is only known within the file that runs.
                        let written = entry.written.filter(|(written, _)| *written == file).map(|(_, expr)| expr);
                        args.keywords.push((entry.key.clone(), value, written));
                    }
                }
                None => args.open = true,
            },
            Value::Choice(choices) => {
                for choice in choices.clone().iter() {
                    self.spread_keywords(choice, args, true);
                }
            }
            Value::Null => {}
            field if field.is_empty_by_default() => args.configurable = true,
            other => {
                args.open = true;
                args.handed_in |= matches!(other, Value::Unknown(origin) if origin.param);
            }
        }
    }

    fn apply(&mut self, callee: &Value<'p>, args: Args<'p>, expr: &'p Expr, call: &'p Call) -> Value<'p> {
        match callee {
            Value::Function(function) | Value::Method(_, function) if function.binding == Binding::Class => {
                let class = function.class.map(Value::Class);
                self.call_function(&function.clone(), class, args, expr)
            }
            Value::Function(function) => self.call_function(&function.clone(), None, args, expr),
            Value::Method(this, function) => self.call_function(&function.clone(), Some(Value::Ref(*this)), args, expr),
            Value::Class(class) => self.instantiate(*class, args, expr),
            Value::External(name) => self.external(&name.clone(), args, expr, call),
            Value::Member(base, path) => {
                let base = (**base).clone();
                let path = path.clone();
                self.method(&base, &path, args, expr, call)
            }
            Value::Choice(choices) => {
                let mut callable = choices.iter().filter(|choice| !matches!(choice, Value::Null));
                // What a caller may hand in instead cannot be followed: `prompt or PROMPT`.
                let known = callable.clone().find(|choice| !choice.is_out_of_sight());
                match known.or_else(|| callable.next()).cloned() {
                    Some(callable) => self.apply(&callable, args, expr, call),
                    None => Value::unknown(name_of(expr)),
                }
            }
            Value::Instance(partial) if &*partial.kind == "functools.partial" => {
                let mut given = partial.args.positional.iter().cloned();
                let Some(function) = given.next() else { return Value::unknown(name_of(expr)) };
                let mut all = Args {
                    positional: given.collect(),
                    keywords: partial.args.keywords.clone(),
                    open: args.open,
                    configurable: args.configurable || partial.args.configurable,
                    open_positional: args.open_positional,
                    handed_in: args.handed_in || partial.args.handed_in,
                };
                all.positional.extend(args.positional);
                all.keywords.retain(|(key, ..)| !args.keywords.iter().any(|(given, ..)| given == key));
                all.keywords.extend(args.keywords);
                all.open |= partial.args.open;
                all.open_positional |= partial.args.open_positional;
                self.apply(&function, all, expr, call)
            }
            Value::Ref(id) => {
                // An object that is called.
                if let Some(instance) = self.heap.instance(*id) {
                    let class = instance.class;
                    if let Ok(Some(Value::Function(function))) = self.class_attribute(class, "__call__", 0) {
                        return self.call_function(&function, Some(Value::Ref(*id)), args, expr);
                    }
                }
                Value::unknown(name_of(expr))
            }
            // A provider of models that is called with the name of one.
            Value::Instance(maker) if self.catalogue.model_maker(&maker.kind).is_some() => {
                Value::Instance(Rc::new(self.model_of(maker, args)))
            }
            _ => self.opaque_call(name_of(&call.callee).as_str(), &args, expr),
        }
    }

    /// A function that cannot be followed: its name says whether it may have shortened what it was given.
    fn opaque_call(&mut self, name: &str, args: &Args<'p>, expr: &'p Expr) -> Value<'p> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let mut result = Origin::named(name_of(expr));
        if self.builtins().trims(last) {
            for value in args.positional.iter().chain(args.keywords.iter().map(|(_, value, _)| value)) {
                self.mark_trimmed(value);
            }
            result.limited = true;
        }
        self.made_of(&mut result, last, args);
        Value::origin(result)
    }

    /// A copy of what could not be followed: what is added to it is added to no one else's.
    fn copied(&self, origin: &Origin) -> Value<'p> {
        Value::origin(Origin { copied: Some(self.current_loops()), ..origin.clone() })
    }

    fn mark_trimmed(&mut self, value: &Value<'p>) {
        if let Value::Ref(id) = value
            && let Some(list) = self.heap.list_mut(*id)
        {
            list.trim = list.trim.join(Trim::Unknown);
        }
    }

    // --- attributes ------------------------------------------------------------------------------------------------

    pub fn attribute(&mut self, object: &Value<'p>, name: &str, span: Span) -> Value<'p> {
        match object {
            Value::Ref(id) => {
                let Some(instance) = self.heap.instance(*id) else {
                    // `history.messages`, of an object that is followed as the list that it keeps.
                    let is_store = self.heap.list(*id).is_some_and(|list| list.is_store);
                    let is_list = is_store && matches!(name, "messages" | "buffer" | "chat_memory");
                    return if is_list { object.clone() } else { Value::Member(Rc::new(object.clone()), name.into()) };
                };
                if let Some(held) = self.held_by_client(*id, name) {
                    return held;
                }
                if let Some(value) = instance.fields.get(name) {
                    return self.field_of_item(*id, value.clone());
                }
                let class = instance.class;
                let id = *id;
                match self.class_attribute(class, name, 0) {
                    Ok(Some(Value::Function(function))) => match function.binding {
                        Binding::Property => {
                            let place = self.place(span);
                            self.property(id, &function, place)
                        }
                        Binding::Static => Value::Function(function),
                        Binding::Class => of_class(&function, class),
                        Binding::Plain => Value::Method(id, function),
                    },
                    // A field that is empty by default is one that others fill.
                    Ok(Some(value)) if matches!(value, Value::Null) || is_field(&value) => {
                        let default = self.leaves_empty(&value).then_some(DefaultKind::Null);
                        Value::Member(Rc::new(Value::origin(Origin { default, ..Origin::named("self") })), name.into())
                    }
                    Ok(Some(value)) => value,
                    _ => match self.missing_attribute(id, class, name) {
                        Some(value) => value,
                        None => self
                            .field_of_record(id, class, name)
                            .unwrap_or_else(|| Value::Member(Rc::new(Value::unknown("self")), name.into())),
                    },
                }
            }
            Value::Module(file) => {
                let file = *file;
                if let Some(value) = self.module_var(file, name) {
                    return value;
                }
                match imports::submodule(self.project, file, name) {
                    Some(module) => Value::Module(module),
                    None => Value::unknown(name),
                }
            }
            Value::Class(class) => match self.class_attribute(*class, name, 0) {
                Ok(Some(Value::Function(function))) if function.binding == Binding::Class => of_class(&function, *class),
                Ok(Some(value)) => value,
                _ => Value::unknown(name),
            },
            Value::External(qualified) => {
                let full = format!("{qualified}.{name}");
                // A namespace package of the project: `import app.llm.prompts` without `__init__.py`.
                match imports::module(self.project, self.file(), &full, 0) {
                    Some(module) => Value::Module(module),
                    None => match self.persistent_key(object, name).and_then(|key| self.persistent_load(&key)) {
                        Some(value) => value,
                        None => Value::External(full.into()),
                    },
                }
            }
            Value::Member(base, path) => Value::Member(base.clone(), format!("{path}.{name}").into()),
            Value::Choice(choices) => {
                let known: Vec<Value<'p>> = choices.iter().filter(|choice| !matches!(choice, Value::Null)).cloned().collect();
                let mut joined: Option<Value<'p>> = None;
                for choice in known {
                    let value = self.attribute(&choice, name, span);
                    joined = Some(match joined {
                        None => value,
                        Some(known) => known.join(value),
                    });
                }
                joined.unwrap_or_else(|| Value::unknown(name))
            }
            Value::Unknown(origin) if self.is_fetched(origin, name) => Value::origin(self.member_origin(origin, name)),
            Value::Text(_) | Value::Instance(_) | Value::Unknown(_) | Value::Template(_) | Value::Json(_) => {
                Value::Member(Rc::new(object.clone()), name.into())
            }
            _ => Value::unknown(name),
        }
    }

    /// Whether what a class body binds leaves the field empty: `None`, `field(default_factory=dict)`, `Field(default=None)`.
    fn leaves_empty(&self, declared: &Value<'p>) -> bool {
        let is_empty = |value: &Value<'p>| match value {
            Value::Null => true,
            Value::Ref(id) => self.heap.dict(*id).is_some_and(|dict| dict.entries.is_empty() && !dict.open),
            Value::External(name) => &**name == "dict",
            _ => false,
        };
        match declared {
            Value::Instance(field) => ["default", "default_factory"].iter().any(|name| field.args.get(0, name).is_some_and(is_empty)),
            other => is_empty(other),
        }
    }

    /// An object that keeps messages and never drops one, followed as the list that it keeps.
    fn message_store(&mut self, args: Args<'p>) -> Value<'p> {
        let system = args.keyword("system_message").or_else(|| args.keyword("system")).cloned();
        let mut messages: Vec<Value<'p>> = Vec::new();
        if let Some(content) = system {
            let entry = |key: &str, value| DictEntry { key: key.into(), value, maybe: false, written: None };
            let entries = vec![entry("role", Value::text("system")), entry("content", content)];
            messages.push(Value::Ref(self.heap.add(Obj::Dict(DictObj { entries, ..DictObj::default() }))));
        }
        let store = self.new_list(messages, None, None);
        if let Value::Ref(id) = store
            && let Some(list) = self.heap.list_mut(id)
        {
            list.is_store = true;
        }
        store
    }

    /// What `__getattr__` of the class makes of an attribute that the object does not have: a module that is loaded when it is first
    /// used, or another object that it hides.
    fn missing_attribute(&mut self, this: ObjId, class: ClassRef<'p>, name: &str) -> Option<Value<'p>> {
        let Ok(Some(Value::Function(hook))) = self.class_attribute(class, "__getattr__", 0) else { return None };
        let site = self.site_of(&hook)?;
        let args = Args { positional: vec![Value::text(name)], ..Args::default() };
        let found = self.call_function(&hook, Some(Value::Ref(this)), args, site);
        found.alternatives().into_iter().find(|value| matches!(value, Value::External(_) | Value::Function(_))).cloned()
    }

    /// An expression of a function's own that stands for the place of a call which has no parentheses.
    fn site_of(&self, function: &FuncRef<'p>) -> Option<&'p Expr> {
        let first = function.func.body.first()?;
        match &first.kind {
            StmtKind::Expr(expr) | StmtKind::Return(Some(expr)) | StmtKind::If { test: expr, .. } => Some(expr),
            _ => function.func.decorators.first(),
        }
    }

    fn property(&mut self, this: ObjId, function: &Rc<FuncRef<'p>>, _place: Place) -> Value<'p> {
        if function.func.body.is_empty() {
            return Value::Null;
        }
        let Some(site) = self.site_of(function) else { return Value::unknown(function.func.name.as_str()) };
        self.call_function(function, Some(Value::Ref(this)), Args::default(), site)
    }

    // --- library functions -----------------------------------------------------------------------------------------

    fn external(&mut self, name: &Rc<str>, args: Args<'p>, expr: &'p Expr, call: &'p Call) -> Value<'p> {
        if self.in_script() {
            if let Some(value) = self.script_external(name, &args, expr, call) {
                return value;
            }
            return self.library_function(name, args, expr, call);
        }
        match &**name {
            "str" | "repr" => return args.positional.into_iter().next().map_or_else(|| Value::text(""), |value| self.textual(value, expr)),
            "dict" => {
                let mut dict = DictObj { open: args.open, configurable: args.configurable, literal: None, ..DictObj::default() };
                if let Some(Value::Ref(id)) = args.positional.first() {
                    match self.heap.dict(*id) {
                        Some(base) => dict = DictObj { literal: None, ..base.clone() },
                        None => dict.open = true,
                    }
                } else if !args.positional.is_empty() {
                    dict.open = true;
                }
                let file = self.file();
                for (key, value, written) in args.keywords {
                    dict.set(key, value, written.map(|expr| (file, expr)));
                }
                dict.created = Some(self.current_loops());
                return Value::Ref(self.heap.add(Obj::Dict(dict)));
            }
            "collections.defaultdict" | "defaultdict" => return self.default_dict(&args, call),
            "list" | "tuple" | "reversed" | "enumerate" | "copy.deepcopy" | "copy.copy" | "deepcopy" => {
                return match args.positional.first() {
                    Some(Value::Ref(id)) if self.heap.list(*id).is_some() => self.copy_list(*id),
                    Some(Value::Ref(id)) => match self.heap.dict(*id).cloned() {
                        Some(dict) => Value::Ref(self.heap.add(Obj::Dict(dict))),
                        None => Value::Ref(*id),
                    },
                    Some(Value::Unknown(origin)) if !matches!(&**name, "reversed" | "enumerate") => self.copied(origin),
                    Some(other) => other.clone(),
                    None => self.new_list(Vec::new(), None, None),
                };
            }
            "set" | "frozenset" => {
                return match args.positional.first() {
                    Some(Value::Ref(id)) if self.heap.list(*id).is_some() => {
                        let copy = self.copy_list(*id);
                        if let Value::Ref(copy) = copy
                            && let Some(list) = self.heap.list_mut(copy)
                        {
                            list.is_set = true;
                        }
                        copy
                    }
                    Some(other) => other.clone(),
                    None => self.new_list(Vec::new(), None, None),
                };
            }
            "map" if call.args.len() >= 2 => return self.mapped(&args, expr, call),
            "filter" if call.args.len() == 2 => return args.positional.get(1).cloned().unwrap_or(Value::Null),
            "super" => return Value::unknown("super()"),
            "isinstance" | "hasattr" | "callable" | "bool" | "any" | "all" => return scalar("a condition"),
            "getattr" => {
                return match (args.positional.first(), args.positional.get(1).and_then(Value::as_text)) {
                    (Some(Value::External(module)), Some(attribute)) => Value::External(format!("{module}.{attribute}").into()),
                    (Some(object @ Value::Ref(id)), Some(attribute)) if self.heap.instance(*id).is_some() => {
                        match self.attribute(&object.clone(), &attribute, expr.span) {
                            Value::Member(..) => Value::unknown(attribute),
                            value => value,
                        }
                    }
                    (Some(_), Some(attribute)) => Value::unknown(attribute),
                    _ => Value::unknown(name_of(expr)),
                };
            }
            "setattr" => {
                if let Some(object) = args.positional.first() {
                    match (args.positional.get(1).and_then(Value::as_text), args.positional.get(2)) {
                        (Some(name), Some(value)) => self.set_attribute(&object.clone(), &name, value.clone()),
                        _ => self.set_some_attribute(&object.clone()),
                    }
                }
                return Value::Null;
            }
            // What is left of a function of the project once some of its arguments are given.
            "functools.partial" if matches!(args.positional.first(), Some(Value::Function(_) | Value::Method(..))) => {
                return Value::Instance(Rc::new(Instance::new(name.clone(), args)));
            }
            "importlib.import_module" => {
                return match args.positional.first().and_then(Value::as_text) {
                    Some(module) => match imports::module(self.project, self.file(), &module, 0) {
                        Some(file) => Value::Module(file),
                        None => Value::External(module.into()),
                    },
                    None => Value::unknown(name_of(expr)),
                };
            }
            "os.path.join" => {
                let parts: Vec<String> =
                    args.positional.iter().map(|part| self.path_text(part).unwrap_or_default()).filter(|part| !part.is_empty()).collect();
                return if parts.is_empty() { Value::unknown("a path") } else { Value::text(&parts.join("/")) };
            }
            "os.path.abspath" | "os.path.realpath" | "os.path.expanduser" => {
                return args.positional.into_iter().next().unwrap_or(Value::Null);
            }
            "open" | "io.open" | "codecs.open" | "aiofiles.open" | "pathlib.Path" => {
                return Value::Instance(Rc::new(Instance::new(name.clone(), args)));
            }
            _ => {}
        }
        if self.catalogue.python.keeps_messages(name) {
            return self.message_store(args);
        }
        if let Some(value) = self.persistent_method(name, &args).or_else(|| self.body_of_request(&Value::External(name.clone()))) {
            return value;
        }
        self.library_function(name, args, expr, call)
    }

    /// A function outside the project, by what the catalogue says of it.
    fn library_function(&mut self, name: &Rc<str>, args: Args<'p>, expr: &'p Expr, call: &'p Call) -> Value<'p> {
        let Some(builtin) = self.builtins().function(name).cloned() else {
            if self.is_class_name(name) {
                return Value::Instance(Rc::new(Instance::new(name.clone(), args)));
            }
            // `boto3.client(…)` and its like: a factory whose product is known by its methods.
            if args.positional.iter().chain(args.keywords.iter().map(|(_, value, _)| value)).any(|value| value.as_text().is_some())
                && name.contains('.')
                && !self.builtins().trims(name.rsplit('.').next().unwrap_or(name))
            {
                return Value::Instance(Rc::new(Instance::new(name.clone(), args)));
            }
            return self.opaque_call(name, &args, expr);
        };
        let first = args.positional.first().cloned().or_else(|| args.keywords.first().map(|(_, value, _)| value.clone()));
        let at_import = self.frames.last().is_some_and(|frame| frame.at_import);
        if builtin.effect == Effect::Parses
            && let Some(data) = first.as_ref().and_then(|first| self.parsed_argument(first, name, expr))
        {
            return data;
        }
        match builtin.effect {
            Effect::Source => {
                let value = Value::origin(Origin {
                    volatility: builtin.volatility,
                    size: builtin.size.filter(|size| *size != SizeClass::Unknown),
                    confidence: Confidence::High,
                    reason: builtin.reason.as_deref().map_or_else(|| source_reason(builtin.volatility, builtin.size), Rc::from),
                    ..Origin::named(format!("{}()", call.callee.dotted().unwrap_or_else(|| name.to_string())))
                });
                if at_import { settle(value, Volatility::Deployment) } else { value }
            }
            Effect::Same | Effect::Parses => match first {
                // `json.load(file)`
                Some(Value::Instance(file)) if file.kind.ends_with("open") => match file.args.positional.first().cloned() {
                    Some(path) => self.read_file(&path, expr),
                    None => document(&name_of(expr)),
                },
                // `json.loads(stored or "[]")`: what is read of a text is not the text.
                Some(value) if name.ends_with("loads") => match value {
                    Value::Choice(choices) => {
                        let read: Vec<Value<'p>> = choices.iter().filter(|choice| !matches!(choice, Value::Text(_))).cloned().collect();
                        read.into_iter().reduce(Value::join).unwrap_or_else(|| Value::unknown(name_of(expr)))
                    }
                    Value::Text(_) => Value::unknown(name_of(expr)),
                    value => value,
                },
                Some(value) => value,
                None => Value::unknown(name_of(expr)),
            },
            Effect::Sorts => match first {
                Some(Value::Ref(id)) if self.heap.list(id).is_some() => {
                    let copy = self.copy_list(id);
                    if let Value::Ref(copy) = copy
                        && let Some(list) = self.heap.list_mut(copy)
                    {
                        list.is_set = false;
                    }
                    copy
                }
                Some(other) => other,
                None => Value::unknown(name_of(expr)),
            },
            Effect::Limits => match first {
                Some(value) => self.limited(value, expr),
                None => Value::origin(Origin { limited: true, ..Origin::named(name_of(expr)) }),
            },
            Effect::Json => first.map_or_else(|| Value::unknown(name_of(expr)), |value| Value::Json(Box::new(value))),
            Effect::ReadsFile => match &first {
                Some(path) => {
                    let text = self.read_file(path, expr);
                    if at_import && self.in_script() { settle(text, Volatility::Deployment) } else { text }
                }
                None => document(&name_of(expr)),
            },
            Effect::Scalar => scalar(&name_of(expr)),
            Effect::BoundedList => {
                let source = args.positional.first().cloned();
                let bound = args.get(1, "maxlen").cloned();
                let list = match source {
                    Some(Value::Ref(id)) if self.heap.list(id).is_some() => self.copy_list(id),
                    _ => self.new_list(Vec::new(), None, None),
                };
                if let (Value::Ref(id), Some(bound)) = (&list, bound)
                    && !matches!(bound, Value::Null)
                {
                    let turns = match bound {
                        Value::Int(turns) => u32::try_from(turns).ok(),
                        _ => None,
                    };
                    if let Some(list) = self.heap.list_mut(*id) {
                        list.trim = Trim::Sliding(turns);
                    }
                }
                list
            }
            Effect::LoadsTemplate => self.load_template(&args, expr),
            Effect::MakesTemplate => match first {
                Some(text) if name.starts_with("string") => Value::Template(TemplateRef::Dollar(Rc::new(text))),
                Some(text) => Value::Template(TemplateRef::Jinja(Rc::new(text))),
                None => Value::unknown(name_of(expr)),
            },
            Effect::Setting => {
                let key = args.positional.first().and_then(Value::as_text).unwrap_or_else(|| name_of(expr));
                match args.positional.get(1) {
                    // The default stands for the setting where a text is wanted: it is what most deployments run with.
                    Some(default @ (Value::Text(_) | Value::Int(_))) => default.clone().join(setting(&key)),
                    _ => setting(&key),
                }
            }
            Effect::Trims => {
                for value in &args.positional {
                    self.mark_trimmed(value);
                }
                Value::origin(Origin { limited: true, ..Origin::named(name_of(expr)) })
            }
        }
    }

    /// A name that is written like a class: `openai.OpenAI`, `Path`.
    fn is_class_name(&self, name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name);
        last.chars().next().is_some_and(char::is_uppercase)
            || self.catalogue.concerns(name) && self.catalogue.apis.iter().any(|api| api.clients.iter().any(|client| **client == *name))
    }

    fn textual(&mut self, value: Value<'p>, expr: &'p Expr) -> Value<'p> {
        match value {
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => Value::Text(Rc::new(self.segments_of(&value, expr))),
            other => other,
        }
    }

    pub fn copy_list(&mut self, id: ObjId) -> Value<'p> {
        let created = self.current_loops();
        let Some(list) = self.heap.list(id).cloned() else { return Value::Ref(id) };
        let growth = self.growth_of(&list);
        let mut items = list.items.clone();
        for item in &mut items {
            if item.replays.is_none() && !item.grows_in.is_empty() {
                item.replays = growth.clone();
            }
        }
        Value::Ref(self.heap.add(Obj::List(ListObj { items, created, derived: Some(id), literal: None, ..list })))
    }

    fn limited(&mut self, value: Value<'p>, expr: &'p Expr) -> Value<'p> {
        match value {
            Value::Unknown(origin) => Value::origin(Origin { limited: true, ..(*origin).clone() }),
            Value::Ref(id) if self.heap.list(id).is_some() => {
                let copy = self.copy_list(id);
                self.mark_trimmed(&copy);
                copy
            }
            Value::Text(segments) => Value::Text(Rc::new(limited_slots(&segments))),
            _ => Value::origin(Origin { limited: true, ..Origin::named(name_of(expr)) }),
        }
    }

    // --- files and templates -----------------------------------------------------------------------------------------

    /// The text of a path as far as it is known: what stands after the last part that is not.
    pub fn path_text(&self, value: &Value<'p>) -> Option<String> {
        match value {
            Value::Text(segments) => {
                let mut text = String::new();
                for segment in segments.iter() {
                    match segment {
                        Segment::Text(part) => text.push_str(&part.text),
                        _ => text.clear(),
                    }
                }
                let text = text.trim_start_matches('/').to_string();
                (!text.is_empty()).then_some(text)
            }
            Value::Instance(instance) if instance.kind.ends_with("Path") => {
                let parts: Vec<String> = instance.args.positional.iter().filter_map(|part| self.path_text(part)).collect();
                (!parts.is_empty()).then(|| parts.join("/"))
            }
            Value::Choice(choices) => choices.iter().find_map(|choice| self.path_text(choice)),
            _ => None,
        }
    }

    /// The text of a file that is read: its own if it is one of the project, else a document.
    pub fn read_file(&mut self, path: &Value<'p>, expr: &'p Expr) -> Value<'p> {
        if let Some(text) = self.path_text(path) {
            if let Some(file) = imports::file(self.project, self.file(), &text)
                && let Some(value) = self.file_text(file)
            {
                return value;
            }
            if path.as_text().is_some() || path.path_parts().is_some_and(|parts| parts.iter().all(Value::is_fixed_part)) {
                // A fixed file that is not in the repository: constant, of unknown size.
                let name = text.rsplit('/').next().unwrap_or(&text).to_string();
                if let Some((stem, kind)) = name.rsplit_once('.') {
                    // What stands in no repository is what the program works on, unless its name says that it is a part of the program.
                    let is_part =
                        [stem, text.as_str()].into_iter().chain(self.readers()).any(|name| self.catalogue.names.says_setting(name));
                    let is_data = self.catalogue.names.is_data_file(kind) && !is_part;
                    return Value::origin(Origin {
                        volatility: Some(Volatility::Deployment),
                        size: is_data.then_some(SizeClass::Document),
                        confidence: Confidence::Medium,
                        reason: "the text of a fixed file".into(),
                        ..Origin::named(name)
                    });
                }
            }
            if self.catalogue.names.says_setting(&text) {
                return setting_text(&name_of(expr));
            }
        }
        // `prompt_file.read_text()`: a file that is called a prompt is one.
        let called = match path {
            Value::Unknown(origin) => origin.name.to_string(),
            Value::Member(_, last) => last.to_string(),
            _ => String::new(),
        };
        let written = name_of(expr);
        let receiver = written.rsplit_once('.').map_or("", |(before, _)| before);
        if [called.as_str(), receiver].into_iter().chain(self.readers()).any(|name| self.catalogue.names.says_setting(name)) {
            return setting_text(&written);
        }
        document(&written)
    }

    /// Functions that are being followed: what `load_prompt("greeting")` reads is a prompt.
    fn readers(&self) -> impl Iterator<Item = &'p str> {
        self.stack.iter().map(|site| site.reference.func.name.as_str())
    }

    pub fn file_text(&mut self, file: FileId) -> Option<Value<'p>> {
        if self.project.file(file).language.in_catalogue().is_some() {
            return None;
        }
        let text = self.project.source(file).ok()?.text.as_str();
        if text.len() > 400_000 {
            return None;
        }
        let place = Some(Place::new(file, Span::new(0, text.len())));
        Some(Value::Text(Rc::new(vec![Segment::Text(TextSegment { text: text.into(), place, verbatim: true })])))
    }

    fn load_template(&mut self, args: &Args<'p>, expr: &'p Expr) -> Value<'p> {
        let name = args.positional.first().or_else(|| args.keywords.first().map(|(_, value, _)| value)).cloned();
        let path = name.as_ref().and_then(|name| self.path_text(name));
        match path.and_then(|path| imports::file(self.project, self.file(), &path)) {
            Some(file) => Value::Template(TemplateRef::File(file)),
            None => Value::unknown(name_of(expr)),
        }
    }

    // --- methods -----------------------------------------------------------------------------------------------------

    fn method(&mut self, base: &Value<'p>, path: &Rc<str>, args: Args<'p>, expr: &'p Expr, call: &'p Call) -> Value<'p> {
        let (before, name) = path.rsplit_once('.').map_or((None, &**path), |(before, name)| (Some(before), name));
        if let Some(before) = before.filter(|before| before.starts_with("parent"))
            && let Some(parts) = Value::Member(Rc::new(base.clone()), before.into()).path_parts()
        {
            return self.method(&path_of(parts), &name.into(), args, expr, call);
        }
        if self.in_script() {
            if let Some(value) = self.script_method(base, before, name, &args, expr, call) {
                return value;
            }
            return self.method_by_name(base, path, name, args, expr);
        }
        if before.is_none() {
            if let Some(body) = self.body_of_request(&Value::Member(Rc::new(base.clone()), name.into())) {
                return body;
            }
            if let (Value::Unknown(origin), "get", Some(key)) = (base, name, args.positional.first().and_then(Value::as_text)) {
                if let Some(body) = self.body_of_event(origin, &key) {
                    return body;
                }
                if self.is_client_held(origin, &key) || self.is_fetched(origin, &key) {
                    return Value::origin(self.member_origin(origin, &key));
                }
            }
            if matches!(name, "append" | "extend" | "insert")
                && let ExprKind::Attribute { base: written, .. } = &call.callee.kind
                && let Some(id) = self.adopt_list(base, written)
            {
                return self.list_method(id, name, args, expr);
            }
            match base {
                Value::Text(_) | Value::Json(_) => return self.text_method(base, name, args, expr, call),
                Value::Ref(id) => return self.container_method(*id, name, args, expr),
                Value::Template(template) => {
                    if matches!(name, "render" | "render_async" | "substitute" | "safe_substitute" | "format") {
                        return self.render(&template.clone(), args, expr);
                    }
                    return Value::unknown(name_of(expr));
                }
                Value::Instance(instance) if matches!(name, "read" | "readlines") && instance.kind.ends_with("open") => {
                    let text = match instance.args.positional.first() {
                        Some(path) => self.read_file(&path.clone(), expr),
                        None => document(&name_of(expr)),
                    };
                    return match (&text, args.positional.first()) {
                        // So many characters at most.
                        (Value::Unknown(origin), Some(size)) if name == "read" && !matches!(size, Value::Null) => {
                            Value::origin(Origin { limited: true, ..(**origin).clone() })
                        }
                        _ => text,
                    };
                }
                Value::Instance(instance) if instance.kind.ends_with("Path") => match name {
                    "read_text" | "read_bytes" => return self.read_file(base, expr),
                    "open" => {
                        return Value::Instance(Rc::new(Instance::new("open", Args { positional: vec![base.clone()], ..Args::default() })));
                    }
                    "joinpath" => {
                        let mut parts = instance.args.positional.clone();
                        parts.extend(args.positional);
                        return path_of(parts);
                    }
                    "resolve" | "absolute" | "expanduser" => return base.clone(),
                    _ => {}
                },
                _ => {}
            }
        }
        self.method_by_name(base, path, name, args, expr)
    }

    /// A method of something that cannot be followed: what its name means in every library that has one.
    fn method_by_name(&mut self, base: &Value<'p>, path: &str, name: &str, args: Args<'p>, expr: &'p Expr) -> Value<'p> {
        if let Value::Unknown(_) = base
            && super::reach::is_telling(name)
            && let ExprKind::Call(written) = &expr.kind
            && let ExprKind::Attribute { base: written, .. } = &written.callee.kind
            && self.catalogue.speaks(&name_of(written))
            && let Some((this, method)) = self.method_by_its_name(name)
        {
            return self.call_function(&method, Some(this), args, expr);
        }
        let receiver = match (base, path.rsplit_once('.')) {
            (Value::Unknown(origin), None) => Some((**origin).clone()),
            (Value::Unknown(origin), Some((before, _))) => Some(self.member_origin(origin, before)),
            _ => None,
        };
        if let Some(document) = receiver.as_ref().filter(|origin| origin.size == Some(SizeClass::Document))
            && self.builtins().is_document_part(name)
        {
            return Value::origin(document.clone());
        }
        let builtin = match self.qualified_method(base, path) {
            Some(builtin) => Some(builtin),
            None => self.builtins().method(name).cloned(),
        };
        let Some(builtin) = builtin else {
            let mut value = self.opaque_call(name, &args, expr);
            if let (Value::Unknown(origin), Some(receiver)) = (value.clone(), &receiver) {
                if receiver.in_history {
                    value = Value::origin(Origin { loop_id: receiver.loop_id, ..self.turn_of(&origin.renamed(receiver.name.clone())) });
                    return value;
                }
                let origin = match receiver.loop_id.filter(|_| receiver.volatility.is_none() && origin.loop_id.is_none()) {
                    Some(id) => Rc::new(Origin { loop_id: Some(id), ..(*origin).clone() }),
                    None => origin,
                };
                value = Value::Unknown(origin.clone());
                // What a method of a settled value returns is as settled (`settings.prompt()`).
                if receiver.volatility.is_some_and(|volatility| volatility <= Volatility::Deployment) {
                    value = Value::origin(Origin {
                        volatility: receiver.volatility,
                        confidence: receiver.confidence,
                        reason: receiver.reason.clone(),
                        ..(*origin).clone()
                    });
                }
            }
            return value;
        };
        let named = name_of(expr);
        match builtin.effect {
            Effect::Same | Effect::Sorts | Effect::Parses => match (receiver, base) {
                (Some(origin), _) => {
                    let volatility = builtin.volatility.or(origin.volatility);
                    let rows = origin.rows || (self.builtins().finds_rows(name) && !self.limits_something());
                    let origin = Origin { volatility, rows, ..origin };
                    match (name, args.positional.first().and_then(Value::as_text)) {
                        ("copy" | "deepcopy", _) => self.copied(&origin),
                        ("strftime", Some(format)) => in_date_format(Value::origin(origin), &format),
                        _ => Value::origin(origin),
                    }
                }
                (None, other) if !matches!(other, Value::Instance(_) | Value::External(_)) => other.clone(),
                _ => Value::unknown(named),
            },
            Effect::Source => Value::origin(Origin {
                rows: self.builtins().finds_rows(name) && !self.limits_something(),
                volatility: builtin.volatility,
                size: builtin.size,
                confidence: Confidence::Medium,
                reason: builtin.reason.as_deref().map_or_else(|| source_reason(builtin.volatility, builtin.size), Rc::from),
                ..Origin::named(named)
            }),
            Effect::ReadsFile => self.read_file(base, expr),
            Effect::Limits => {
                let size = builtin.size.or(receiver.as_ref().and_then(|origin| origin.size));
                let origin = receiver.unwrap_or_else(|| Origin::named(named.clone()));
                Value::origin(Origin { limited: true, size, ..origin.renamed(named) })
            }
            Effect::Scalar => scalar(&named),
            Effect::Setting => setting(&named),
            Effect::LoadsTemplate => self.load_template(&args, expr),
            Effect::Json => Value::origin(Origin {
                size: Some(builtin.size.unwrap_or(SizeClass::List)),
                ..receiver.unwrap_or_else(|| Origin::named(named))
            }),
            Effect::Trims => {
                for value in &args.positional {
                    self.mark_trimmed(value);
                }
                Value::origin(Origin { limited: true, ..Origin::named(named) })
            }
            Effect::BoundedList | Effect::MakesTemplate => Value::unknown(named),
        }
    }

    fn qualified_method(&self, base: &Value<'p>, path: &str) -> Option<crate::catalogue::Builtin> {
        match base {
            Value::Instance(instance) => self.builtins().function(&format!("{}.{path}", instance.kind)).cloned(),
            _ => None,
        }
    }

    /// The origin of `origin.path`.
    pub fn member_origin(&self, origin: &Origin, path: &str) -> Origin {
        // What a pattern takes apart has no name that anybody wrote.
        let mut member = origin.renamed(if origin.name.is_empty() || origin.name.starts_with('#') {
            path.to_string()
        } else {
            format!("{}.{path}", origin.name)
        });
        if self.is_client_held(origin, path) {
            member.grows = Some(Rc::new(GrowthOrigin {
                loops: vec![LoopId::Turns],
                grows_at: origin.place,
                trim: Trim::None,
                source: HistorySource::Client,
                said: true,
            }));
        }
        if self.is_fetched(origin, path) {
            member.grows = self.growth_of_fetched(origin);
        }
        // What is told of a document, not what stands in it: `table.columns`.
        let last = path.rsplit('.').next().unwrap_or(path);
        if origin.size == Some(SizeClass::Document) && self.builtins().method(last).is_some_and(|told| told.effect == Effect::Scalar) {
            member.size = None;
        }
        if let Some(hint) = self.catalogue.names.hint(path).filter(|hint| hint.size == SizeClass::Scalar) {
            member.size = Some(SizeClass::Scalar);
            // The day, month or year of a moment.
            if hint.volatility == Some(Volatility::Period) && origin.volatility == Some(Volatility::Request) && origin.size == member.size {
                member.volatility = hint.volatility;
            }
        }
        member
    }

    fn container_method(&mut self, id: ObjId, name: &str, args: Args<'p>, expr: &'p Expr) -> Value<'p> {
        if self.heap.list(id).is_some() {
            return self.list_method(id, name, args, expr);
        }
        if self.heap.dict(id).is_some() {
            return self.dict_method(id, name, args, expr);
        }
        self.opaque_call(name, &args, expr)
    }

    fn list_method(&mut self, id: ObjId, name: &str, args: Args<'p>, expr: &'p Expr) -> Value<'p> {
        match name {
            "append" | "appendleft" | "add" => {
                if let Some(value) = args.positional.into_iter().next() {
                    self.push_item(id, value, name == "appendleft");
                }
                Value::Null
            }
            "insert" => {
                if let Some(value) = args.positional.get(1).cloned() {
                    let front = matches!(args.positional.first(), Some(Value::Int(0)));
                    self.push_item(id, value, front);
                }
                Value::Null
            }
            "extend" => {
                if let Some(value) = args.positional.first().cloned() {
                    self.extend_list(id, &value, None);
                }
                Value::Null
            }
            "pop" | "popleft" | "remove" => {
                let from_front =
                    name == "popleft" || name == "remove" || matches!(args.positional.first(), Some(Value::Int(at)) if *at >= 0);
                if from_front && let Some(list) = self.heap.list_mut(id) {
                    list.trim = list.trim.join(Trim::Sliding(None));
                }
                Value::unknown(name_of(expr))
            }
            "clear" => {
                if let Some(list) = self.heap.list_mut(id) {
                    list.trim = Trim::Blocks;
                }
                Value::Null
            }
            _ if name.starts_with("add_") && self.heap.list(id).is_some_and(|list| list.is_store) => {
                if let Some(value) =
                    args.positional.into_iter().next().or_else(|| args.keywords.into_iter().next().map(|(_, value, _)| value))
                {
                    self.push_item(id, value, false);
                }
                Value::Null
            }
            "copy" => self.copy_list(id),
            "sort" | "reverse" => {
                if let Some(list) = self.heap.list_mut(id) {
                    list.is_set = false;
                }
                Value::Null
            }
            _ => self.opaque_call(name, &args, expr),
        }
    }

    fn dict_method(&mut self, id: ObjId, name: &str, args: Args<'p>, expr: &'p Expr) -> Value<'p> {
        let key = args.positional.first().and_then(Value::as_text);
        match name {
            "get" | "pop" | "setdefault" => {
                let default = args.positional.get(1).cloned();
                let Some(key) = key else {
                    let index = args.positional.into_iter().next().unwrap_or(Value::Null);
                    // What is taken for a missing key is as a rule put there in the end.
                    if let Some(default @ Value::Ref(_)) = default
                        && name != "pop"
                        && self.heap.dict(id).is_some_and(|dict| dict.each.is_none() && dict.entries.is_empty() && dict.created.is_some())
                    {
                        self.keep(id, default.clone(), true);
                        return self.kept(id, &index).unwrap_or(default);
                    }
                    return self.index(&Value::Ref(id), &index, expr);
                };
                let known = self.heap.dict(id).and_then(|dict| dict.get(&key).cloned());
                let open = self.heap.dict(id).is_some_and(|dict| dict.open);
                let value = match known {
                    Some(entry) if !entry.maybe => entry.value,
                    Some(entry) => entry.value.join(default.clone().unwrap_or(Value::Null)),
                    None if open => Value::unknown(key.as_str()),
                    None => default.clone().unwrap_or(Value::Null),
                };
                if let Some(dict) = self.heap.dict_mut(id) {
                    match name {
                        "pop" => dict.entries.retain(|entry| *entry.key != *key),
                        "setdefault" if dict.get(&key).is_none() => dict.set(key.as_str().into(), default.unwrap_or(Value::Null), None),
                        _ => {}
                    }
                }
                value
            }
            "update" => {
                match args.positional.first() {
                    Some(Value::Ref(other)) => self.update_dict(id, *other),
                    Some(field) if field.is_empty_by_default() => {
                        if let Some(dict) = self.heap.dict_mut(id) {
                            dict.configurable = true;
                        }
                    }
                    Some(_) => {
                        if let Some(dict) = self.heap.dict_mut(id) {
                            dict.open = true;
                        }
                    }
                    None => {}
                }
                let file = self.file();
                if let Some(dict) = self.heap.dict_mut(id) {
                    dict.open |= args.open;
                    dict.configurable |= args.configurable;
                    for (key, value, written) in args.keywords {
                        dict.set(key, value, written.map(|expr| (file, expr)));
                    }
                }
                Value::Null
            }
            "copy" => match self.heap.dict(id).cloned() {
                Some(dict) => Value::Ref(self.heap.add(Obj::Dict(DictObj { literal: None, ..dict }))),
                None => Value::Ref(id),
            },
            "values" | "items" if self.heap.dict(id).is_some_and(|dict| dict.each.is_some()) => {
                self.values_of(id, name == "items").unwrap_or(Value::Null)
            }
            "values" | "keys" | "items" => {
                let origin = self.origin_of(&Value::Ref(id), expr);
                Value::origin(Origin { size: Some(SizeClass::List), ..origin })
            }
            "clear" => {
                if let Some(dict) = self.heap.dict_mut(id) {
                    dict.entries.clear();
                    dict.open = false;
                }
                Value::Null
            }
            _ => self.opaque_call(name, &args, expr),
        }
    }
}

/// A class method, read from the class or from an object of it.
fn of_class<'p>(function: &FuncRef<'p>, class: ClassRef<'p>) -> Value<'p> {
    Value::Function(Rc::new(FuncRef { class: Some(class), ..function.clone() }))
}

/// What a class body binds to declare a field of a dataclass or model: what the field holds is decided when an object is made.
fn is_field(value: &Value<'_>) -> bool {
    matches!(value, Value::Instance(made) if matches!(made.kind.rsplit('.').next(), Some("Field" | "field" | "PrivateAttr")))
}

/// The segments of a text that was cut somewhere: what is left of each value is no more than a part.
pub fn limited_slots(segments: &[Segment]) -> Vec<Segment> {
    let limited = |segment: &Segment| match segment {
        Segment::Slot(slot) => {
            let mut slot = slot.clone();
            slot.limited = true;
            Segment::Slot(slot)
        }
        // All pages that were joined before the cut.
        Segment::Block(block) => {
            let mut block = block.clone();
            block.subject.limited = true;
            block.arms = block.arms.iter().map(|arm| limited_slots(arm)).collect();
            Segment::Block(block)
        }
        other => other.clone(),
    };
    segments.iter().map(limited).collect()
}

/// A text that the program is made of: a prompt or template in a file of its own.
pub fn setting_text<'p>(name: &str) -> Value<'p> {
    Value::origin(Origin {
        volatility: Some(Volatility::Deployment),
        confidence: Confidence::Medium,
        reason: "a file that is called a prompt".into(),
        ..Origin::named(name)
    })
}

/// Why the text of a file that could not be found is taken for a document.
pub const TEXT_OF_FILE: &str = "the whole text of a file";

pub fn document<'p>(name: &str) -> Value<'p> {
    Value::origin(Origin {
        size: Some(SizeClass::Document),
        volatility: Some(Volatility::Request),
        confidence: Confidence::Medium,
        reason: TEXT_OF_FILE.into(),
        ..Origin::named(name)
    })
}

fn source_reason(volatility: Option<Volatility>, size: Option<SizeClass>) -> Rc<str> {
    match (volatility, size) {
        (_, Some(SizeClass::Document)) => "a whole document".into(),
        (_, Some(SizeClass::Retrieval)) => "retrieved for the request".into(),
        (_, Some(SizeClass::List)) => "a list from outside".into(),
        (Some(Volatility::Request), _) => "another one on every call".into(),
        (Some(Volatility::Period), _) => "read from the calendar".into(),
        (Some(Volatility::Session), _) => "different in each session".into(),
        (Some(Volatility::User), _) => "different for each user".into(),
        (Some(Volatility::Deployment), _) => "a setting of the deployment".into(),
        _ => "".into(),
    }
}
