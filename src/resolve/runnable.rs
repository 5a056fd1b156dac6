//! Objects that hold the settings of their calls, what is done to them on the way, and chains of them with prompt templates.

use std::rc::Rc;

use crate::catalogue::{Api, Text};
use crate::model::prompt::{Role, SizeClass};
use crate::span::Place;
use crate::syntax::{ArgKind, Call, Expr};

use super::eval::Evaluator;
use super::recognise::{Sent, Setting};
use super::value::*;

/// The kind of an instance that stands for several, joined by `|`: its positional arguments are the parts.
const CHAIN: &str = "|";

impl<'p> Evaluator<'p> {
    /// The API whose settings the qualified name holds.
    pub fn constructor(&self, qualified: &str) -> Option<&'p Api> {
        self.catalogue.api_of_object(qualified)
    }

    /// A class or class method that makes a prompt template: known by its last names.
    fn makes_template(&self, qualified: &str) -> bool {
        self.catalogue
            .apis
            .iter()
            .flat_map(|api| api.templates.iter())
            .any(|template| qualified == template || qualified.strip_suffix(&**template).is_some_and(|before| before.ends_with('.')))
    }

    fn makes_chain(&self, qualified: &str) -> bool {
        self.catalogue.apis.iter().flat_map(|api| api.chains.iter()).any(|chain| last(qualified) == chain)
            && self
                .catalogue
                .apis
                .iter()
                .any(|api| !api.chains.is_empty() && api.modules.iter().any(|module| qualified.starts_with(&**module)))
    }

    /// `prompt | model | parser`
    pub fn pipe(&self, left: &Value<'p>, right: &Value<'p>) -> Option<Value<'p>> {
        let is_part = |value: &Value<'p>| {
            value.alternatives().iter().any(|value| match value {
                Value::Instance(instance) => {
                    &*instance.kind == CHAIN || self.makes_template(&instance.kind) || self.constructor(&instance.kind).is_some()
                }
                _ => false,
            })
        };
        if !is_part(left) && !is_part(right) {
            return None;
        }
        let mut parts = Vec::new();
        for value in [left, right] {
            match value {
                Value::Instance(instance) if &*instance.kind == CHAIN => parts.extend(instance.args.positional.iter().cloned()),
                other => parts.push(other.clone()),
            }
        }
        Some(Value::Instance(Rc::new(Instance::new(CHAIN, Args { positional: parts, ..Args::default() }))))
    }

    /// What a call makes of or does with such an object; `None` if it has nothing to do with one.
    pub fn runnable(&mut self, expr: &'p Expr, call: &'p Call, callee: &Value<'p>, args: &Args<'p>) -> Option<Value<'p>> {
        if let Some(chain) = assigned(callee, args) {
            return Some(chain);
        }
        if let Value::External(name) = callee {
            if !self.catalogue.concerns(name) && !name.rsplit('.').nth(1).is_some_and(|before| self.catalogue.concerns(before)) {
                return None;
            }
            return self.make(expr, call, name, args);
        }
        let mut sent = Vec::new();
        let mut refined: Option<Value<'p>> = None;
        let handed_in = callee.alternatives().iter().any(|alternative| match alternative {
            Value::Member(base, _) => is_handed_in(base),
            other => is_handed_in(other),
        });
        for alternative in callee.alternatives() {
            let (instance, method) = match alternative {
                Value::Member(base, path) => match &**base {
                    Value::Instance(instance) => (instance.clone(), Some(path.clone())),
                    _ => continue,
                },
                Value::Instance(instance) => (instance.clone(), None),
                _ => continue,
            };
            if self.makes_template(&instance.kind) {
                let method = method?;
                return self.template_method(&instance, &method, expr, call, args);
            }
            let is_part = &*instance.kind == CHAIN || self.constructor(&instance.kind).is_some();
            if let (Some("pipe"), true, Some(next)) = (method.as_deref(), is_part, args.positional.first()) {
                return self.pipe(&Value::Instance(instance), next);
            }
            if &*instance.kind == CHAIN {
                let method = method?;
                if self.catalogue.apis.iter().any(|api| api.refines.iter().any(|name| **name == *method)) {
                    return Some(Value::Instance(instance));
                }
                sent.extend(self.send_chain(&instance, &method, expr, call, args));
                continue;
            }
            let Some(api) = self.constructor(&instance.kind) else { continue };
            match method {
                Some(method) if api.refines.iter().any(|name| **name == *method) => {
                    let value = Value::Instance(Rc::new(self.refine(api, &instance, &method, args)));
                    refined = Some(match refined {
                        None => value,
                        Some(known) => known.join(value),
                    });
                }
                Some(method) if api.methods.iter().any(|name| **name == *method) => sent.push(self.send(api, &instance, call, args)),
                None if api.callable => sent.push(self.send(api, &instance, call, args)),
                _ => {}
            }
        }
        // What a caller hands in instead has a cap of its own, or none.
        sent.iter_mut().for_each(|sent| sent.args.open |= handed_in);
        if sent.is_empty() { refined } else { Some(self.recorded(expr, sent)) }
    }

    fn make(&mut self, expr: &'p Expr, call: &'p Call, name: &Rc<str>, args: &Args<'p>) -> Option<Value<'p>> {
        if let Some(api) = self.constructor(name) {
            let given = if api.object_argument { self.object_arguments(args) } else { args.clone() };
            let mut args = named(&given, &api.constructor_positional, call);
            // Which fields are set later is decided where the object is used.
            args.open |= args.keyword("configurable_fields").is_some();
            // A dict of settings that is handed over whole: what it holds is not left out, whatever the class makes of it.
            let unnamed = args.positional.iter().skip(api.constructor_positional.len());
            args.open |= !api.object_argument && unnamed.flat_map(Value::alternatives).any(|value| self.may_hold_settings(value));
            let made = Made { file: self.file(), expr, in_call: !self.stack.is_empty() };
            let instance = Instance { kind: name.clone(), args, made: Some(made), server: Server::Maker };
            if api.constructor_counts {
                self.record_constructor(expr, api, &instance);
            }
            return Some(Value::Instance(Rc::new(instance)));
        }
        if name.ends_with("RunnableSequence.from")
            && let Some(Value::Ref(id)) = args.positional.first()
            && let Some(list) = self.heap.list(*id)
        {
            let parts = list.items.iter().map(|item| item.value.clone()).collect();
            return Some(Value::Instance(Rc::new(Instance::new(CHAIN, Args { positional: parts, ..Args::default() }))));
        }
        if self.makes_template(name) {
            return Some(Value::Instance(Rc::new(Instance::new(name.clone(), args.clone()))));
        }
        if self.makes_chain(name) {
            // Functions and class methods take the model first; a chain may be built on another.
            let first = args.positional.first().filter(|_| !last(name).starts_with(char::is_uppercase));
            let named = ["prompt", "llm", "combine_docs_chain"].iter().filter_map(|part| args.keyword(part));
            let mut parts: Vec<Value<'p>> = Vec::new();
            for part in named.chain(first) {
                match part {
                    Value::Instance(chain) if &*chain.kind == CHAIN => parts.extend(chain.args.positional.iter().cloned()),
                    other => parts.push(other.clone()),
                }
            }
            if first.is_some() || args.keyword("llm").is_some() || args.keyword("combine_docs_chain").is_some() {
                return Some(Value::Instance(Rc::new(Instance::new(CHAIN, Args { positional: parts, ..Args::default() }))));
            }
        }
        None
    }

    fn may_hold_settings(&self, value: &Value<'p>) -> bool {
        match value {
            Value::Ref(id) => self.heap.dict(*id).is_some(),
            Value::Unknown(_) | Value::Member(..) => true,
            _ => false,
        }
    }

    /// The object with more settings.
    fn refine(&mut self, api: &'p Api, instance: &Instance<'p>, method: &str, args: &Args<'p>) -> Instance<'p> {
        let mut refined =
            Instance { kind: instance.kind.clone(), args: instance.args.clone(), made: instance.made, server: instance.server };
        match method {
            "bind" | "with_config" | "withConfig" => {
                refined.args.open |= args.open;
                refined.args.configurable |= args.configurable;
                for value in args.positional.iter().chain(args.keyword("config")) {
                    self.add_settings(&mut refined.args, value, 0);
                }
                refined.args.keywords.extend(args.keywords.iter().filter(|(key, ..)| &**key != "config").cloned());
            }
            "bind_tools" | "bind_functions" | "bindTools" => {
                if let Some(tools) = args.positional.first().or_else(|| args.keyword("tools")) {
                    refined.args.keywords.push(("tools".into(), tools.clone(), None));
                }
            }
            "with_structured_output" => {
                if let Some(form) = args.get(0, "schema") {
                    refined.args.keywords.push((super::choice::STRUCTURED.into(), form.clone(), None));
                }
            }
            "configurable_fields" | "configurable_alternatives" => refined.args.open = true,
            _ => {}
        }
        let sets_cap = api.args.cap.iter().any(|path| {
            let first = path.split('.').next().unwrap_or_default();
            refined.args.keyword(first).is_some() && instance.args.keyword(first).is_none()
        });
        if let (true, Some(made)) = (sets_cap || (refined.args.open && !instance.args.open), instance.made) {
            self.capped_later.insert(made.expr);
        }
        refined
    }

    /// The entries of a dict of settings, those under `configurable` too.
    fn add_settings(&mut self, args: &mut Args<'p>, value: &Value<'p>, depth: usize) {
        let Value::Ref(id) = value else {
            args.open |= !matches!(value, Value::Null);
            return;
        };
        let Some(dict) = self.heap.dict(*id).cloned() else {
            args.open = true;
            return;
        };
        args.open |= dict.open;
        args.configurable |= dict.configurable;
        for entry in dict.entries {
            if &*entry.key == "configurable" && depth == 0 {
                self.add_settings(args, &entry.value, 1);
            } else {
                let value = if entry.maybe { Value::unknown(entry.key.clone()) } else { entry.value };
                args.keywords.push((entry.key, value, None));
            }
        }
    }

    /// The arguments of one call: the settings of the object, then what the call adds.
    fn send(&mut self, api: &'p Api, instance: &Instance<'p>, call: &'p Call, args: &Args<'p>) -> Sent<'p> {
        let given = if api.object_argument && api.positional.is_empty() { self.object_arguments(args) } else { args.clone() };
        let own = named(&given, &api.positional, call);
        let here = instance.made.is_some_and(|made| made.file == self.file());
        let mut merged = instance.args.clone();
        merged.positional.clear();
        if !here {
            // Where an argument is written is only known within the file that runs.
            merged.keywords.iter_mut().for_each(|(.., written)| *written = None);
        }
        merged.open |= own.open;
        merged.configurable |= own.configurable;
        for (key, value, written) in own.keywords {
            if &*key == "config" {
                self.add_settings(&mut merged, &value, 1);
                continue;
            }
            merged.keywords.push((key, value, written));
        }
        let provider = api
            .client_providers
            .iter()
            .find(|(client, _)| last(client) == last(&instance.kind))
            .map_or(&*api.provider, |(_, provider)| &**provider);
        Sent { api, provider, args: merged, setting: Setting::Made(instance.made), server: instance.server }
    }

    fn send_chain(&mut self, chain: &Instance<'p>, method: &str, expr: &'p Expr, call: &'p Call, args: &Args<'p>) -> Vec<Sent<'p>> {
        let parts = chain.args.positional.clone();
        let mut prompt: Option<Rc<Instance<'p>>> = None;
        let mut models: Vec<Rc<Instance<'p>>> = Vec::new();
        let mut fixed: Option<Value<'p>> = None;
        for part in &parts {
            for value in part.alternatives() {
                match value {
                    Value::Instance(instance) if self.makes_template(&instance.kind) => prompt = prompt.or(Some(instance.clone())),
                    Value::Instance(instance) if self.constructor(&instance.kind).is_some() => models.push(instance.clone()),
                    Value::Ref(id) if self.heap.dict(*id).is_some() => fixed = fixed.or(Some(value.clone())),
                    _ => {}
                }
            }
        }
        let Some(general) = self.catalogue.apis.iter().find(|api| !api.templates.is_empty()) else { return Vec::new() };
        let known = |api: &Api| api.methods.iter().any(|name| name == method) || matches!(method, "run" | "arun" | "acall");
        let mut args = args.clone();
        args.open |= parts.iter().any(|part| {
            let values = part.alternatives();
            values.iter().any(|value| is_handed_in(value))
                && values.iter().any(|value| matches!(value, Value::Instance(made) if self.constructor(&made.kind).is_some()))
        });
        if let Some(prompt) = prompt {
            let input = fixed.or_else(|| args.positional.first().cloned()).or_else(|| args.keyword("input").cloned());
            let mut values = match &input {
                Some(Value::Ref(id)) => match self.heap.dict(*id) {
                    Some(dict) => dict
                        .entries
                        .iter()
                        .map(|entry| (entry.key.clone(), entry.value.clone(), entry.written.map(|(_, expr)| expr)))
                        .collect(),
                    None => Vec::new(),
                },
                _ => Vec::new(),
            };
            values.extend(args.keywords.iter().filter(|(key, ..)| !matches!(&**key, "input" | "config")).cloned());
            let messages = self.prompt_messages(&prompt, values, expr, call);
            args.positional.clear();
            args.keywords.retain(|(key, ..)| &**key == "config");
            args.keywords.push(("input".into(), messages, None));
        }
        if models.is_empty() {
            if !known(general) {
                return Vec::new();
            }
            let args = named(&args, &general.positional, call);
            return vec![Sent { api: general, provider: "unknown", args, setting: Setting::Unknown, server: Server::Maker }];
        }
        let mut sent = Vec::new();
        for model in models {
            if let Some(api) = self.constructor(&model.kind).filter(|api| known(api)) {
                sent.push(self.send(api, &model, call, &args));
            }
        }
        sent
    }

    // --- prompt templates --------------------------------------------------------------------------------------------

    fn template_method(
        &mut self,
        template: &Rc<Instance<'p>>,
        method: &str,
        expr: &'p Expr,
        call: &'p Call,
        args: &Args<'p>,
    ) -> Option<Value<'p>> {
        match method {
            "pipe" => self.pipe(&Value::Instance(template.clone()), args.positional.first()?),
            "partial" => {
                let mut more = Instance::new(template.kind.clone(), template.args.clone());
                let mut dict = match template.args.keyword("partial_variables") {
                    Some(Value::Ref(id)) => self.heap.dict(*id).cloned().unwrap_or_default(),
                    _ => DictObj::default(),
                };
                for (key, value, _) in &args.keywords {
                    dict.set(key.clone(), value.clone(), None);
                }
                let id = self.heap.add(Obj::Dict(dict));
                more.args.keywords.push(("partial_variables".into(), Value::Ref(id), None));
                Some(Value::Instance(Rc::new(more)))
            }
            "format" | "format_prompt" | "format_messages" | "invoke" | "ainvoke" | "aformat_messages" | "formatMessages"
            | "formatPromptValue" => {
                let mut values = args.keywords.clone();
                if let Some(Value::Ref(id)) = args.positional.first()
                    && let Some(dict) = self.heap.dict(*id)
                {
                    values.extend(dict.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone(), None)));
                }
                Some(self.prompt_messages(template, values, expr, call))
            }
            _ => None,
        }
    }

    /// What a template makes of these values: one text, or a list of messages.
    fn prompt_messages(
        &mut self,
        template: &Instance<'p>,
        mut values: Vec<(Rc<str>, Value<'p>, Option<&'p Expr>)>,
        expr: &'p Expr,
        call: &'p Call,
    ) -> Value<'p> {
        if let Some(Value::Ref(id)) = template.args.keyword("partial_variables")
            && let Some(dict) = self.heap.dict(*id)
        {
            values.extend(dict.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone(), None)));
        }
        let format = template.args.keyword("template_format").and_then(Value::as_text);
        let jinja = matches!(format.as_deref(), Some("jinja2" | "mustache"));
        let content =
            ["template", "messages", "prompt"].iter().find_map(|key| template.args.keyword(key)).or(template.args.positional.first());
        match content.cloned() {
            Some(Value::Ref(id)) if self.heap.list(id).is_some() => {
                let items = self.heap.list(id).map(|list| list.items.clone()).unwrap_or_default();
                let list = self.new_list(Vec::new(), None, None);
                let Value::Ref(list_id) = list else { return list };
                for item in items {
                    self.prompt_message(list_id, &item.value, &values, jinja, expr, call);
                }
                list
            }
            Some(text) => self.fill_text(text, &values, jinja, expr, call),
            None => Value::unknown("a prompt"),
        }
    }

    fn prompt_message(
        &mut self,
        list: ObjId,
        item: &Value<'p>,
        values: &[(Rc<str>, Value<'p>, Option<&'p Expr>)],
        jinja: bool,
        expr: &'p Expr,
        call: &'p Call,
    ) {
        let placeholder = match item {
            Value::Instance(instance) if last(&instance.kind) == "MessagesPlaceholder" => {
                instance.args.get(0, "variable_name").and_then(Value::as_text)
            }
            _ => None,
        };
        let is_fixed = matches!(item, Value::Instance(instance) if !instance.kind.contains("PromptTemplate"));
        let (role, content) = match self.as_message(item) {
            Some((role, content, _)) => (role, content),
            None if matches!(item, Value::Text(_)) => (Role::User, item.clone()),
            None => (Role::Unknown, item.clone()),
        };
        let placeholder = placeholder.or_else(|| match (role, content.as_text()) {
            (Role::Unknown, Some(text)) => Some(text.trim_matches(['{', '}']).to_string()),
            _ => None,
        });
        if let Some(name) = placeholder {
            match values.iter().find(|(key, ..)| **key == *name).map(|(_, value, _)| value.clone()) {
                Some(value) => self.extend_from(list, &value, expr),
                None => {
                    let origin = Value::origin(Origin { size: Some(SizeClass::History), ..Origin::named(name) });
                    self.extend_from(list, &origin, expr);
                }
            }
            return;
        }
        let content = if is_fixed { content } else { self.fill_text(content, values, jinja, expr, call) };
        let word = match role {
            Role::System => "system",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
            _ => "user",
        };
        let mut dict = DictObj::default();
        dict.set("role".into(), Value::text(word), None);
        dict.set("content".into(), content, None);
        let id = self.heap.add(Obj::Dict(dict));
        self.push_item(list, Value::Ref(id), false);
    }

    fn fill_text(
        &mut self,
        text: Value<'p>,
        values: &[(Rc<str>, Value<'p>, Option<&'p Expr>)],
        jinja: bool,
        expr: &'p Expr,
        call: &'p Call,
    ) -> Value<'p> {
        let args = Args { keywords: values.to_vec(), ..Args::default() };
        match &text {
            Value::Text(_) if jinja => self.render(&TemplateRef::Jinja(Rc::new(text)), args, expr),
            Value::Text(_) => self.text_method(&text, "format", args, expr, call),
            _ => text,
        }
    }

    // --- messages ----------------------------------------------------------------------------------------------------

    /// A message that is no dict: an object of a message class, a pair of role and text.
    pub fn as_message(&self, value: &Value<'p>) -> Option<(Role, Value<'p>, Option<Place>)> {
        match value {
            Value::Ref(id) => match self.heap.get(*id) {
                Obj::List(list) => match list.items.as_slice() {
                    [role, content] if list.open.is_none() && !role.many && !content.many => {
                        let word = role.value.as_text()?;
                        let role = if word == "placeholder" {
                            Role::Unknown
                        } else {
                            Some(role_of(&word)).filter(|role| *role != Role::Unknown)?
                        };
                        Some((role, content.value.clone(), list.literal.map(|(file, expr)| Place::new(file, expr.span))))
                    }
                    _ => None,
                },
                Obj::Instance(object) => {
                    let role = match object.fields.get("role").and_then(Value::as_text) {
                        Some(word) => role_of(&word),
                        None => role_of_class(&object.class.class.name)?,
                    };
                    let content = ["content", "text", "parts"].iter().find_map(|key| object.fields.get(*key))?;
                    Some((role, content.clone(), None))
                }
                Obj::Dict(_) => None,
            },
            Value::Instance(instance) => {
                // `SystemMessagePromptTemplate.from_template(…)` is named by the class.
                let name = match last(&instance.kind) {
                    "from_template" | "from_text" => instance.kind.rsplit('.').nth(1).unwrap_or_default(),
                    name => name,
                };
                let content = ["content", "parts", "text", "template", "prompt"]
                    .iter()
                    .find_map(|key| instance.args.keyword(key))
                    .or(instance.args.positional.first());
                let role = match instance.args.keyword("role").and_then(Value::as_text) {
                    Some(word) => role_of(&word),
                    None => role_of_class(name)?,
                };
                Some((role, content?.clone(), instance.made.map(|made| Place::new(made.file, made.expr.span))))
            }
            _ => None,
        }
    }
}

/// A chain that answers under a key of its own, beside what went in or after what runs before it:
/// `RunnablePassthrough.assign(answer=prompt | model)`, `retrieval.assign(answer=prompt | model)`.
fn assigned<'p>(callee: &Value<'p>, args: &Args<'p>) -> Option<Value<'p>> {
    let before = match callee {
        Value::Member(base, path) if &**path == "assign" => Some(&**base),
        Value::External(name) if last(name) == "assign" => None,
        _ => return None,
    };
    let chain = |value: &Value<'p>| match value {
        Value::Instance(instance) if &*instance.kind == CHAIN => Some(instance.args.positional.clone()),
        _ => None,
    };
    let made = args.keywords.iter().find_map(|(_, value, _)| chain(value))?;
    let parts = before.and_then(chain).into_iter().flatten().chain(made).collect();
    Some(Value::Instance(Rc::new(Instance::new(CHAIN, Args { positional: parts, ..Args::default() }))))
}

/// The role that a word names.
pub fn role_of(word: &str) -> Role {
    match word.to_ascii_lowercase().as_str() {
        "system" | "developer" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "ai" | "model" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => Role::Unknown,
    }
}

/// The role of a message class, by its name: `SystemMessage`, `HumanMessagePromptTemplate`, `UserMessage`.
fn role_of_class(name: &str) -> Option<Role> {
    let (before, _) = name.split_once("Message")?;
    let before = before.trim_end_matches("Prompt").trim_end_matches("Chat");
    let roles = [
        ("System", Role::System),
        ("Developer", Role::System),
        ("Human", Role::User),
        ("User", Role::User),
        ("Assistant", Role::Assistant),
        ("AI", Role::Assistant),
        ("Tool", Role::Tool),
    ];
    roles.iter().find(|(word, _)| before.ends_with(word)).map(|(_, role)| *role)
}

/// Positional arguments as keywords, by their names.
pub fn named<'p>(args: &Args<'p>, names: &[Text], call: &'p Call) -> Args<'p> {
    let mut result = args.clone();
    let written: Vec<&'p Expr> = call.args.iter().filter(|arg| arg.kind == ArgKind::Positional).map(|arg| &arg.value).collect();
    let aligned = written.len() == args.positional.len();
    for (at, (name, value)) in names.iter().zip(&args.positional).enumerate() {
        if args.keyword(name).is_none() {
            let written = written.get(at).copied().filter(|_| aligned);
            result.keywords.push(((&**name).into(), value.clone(), written));
        }
    }
    result
}

fn last(path: &str) -> &str {
    crate::catalogue::last_name(path)
}

/// Whether a value is what the caller of a function handed in.
fn is_handed_in(value: &Value<'_>) -> bool {
    matches!(value, Value::Unknown(origin) if origin.param)
}
