//! Which calls are calls of a model: the catalogue's APIs, matched by client, method path and keywords.

use std::collections::HashSet;

use crate::catalogue::{Api, Text};
use crate::model::call::{Call, Cap, CapState, History, HistoryState, Via};
use crate::model::prompt::{Confidence, Segment, Volatility};
use crate::rewrite::find::{Seen, visit_body, visit_expr};
use crate::span::Place;
use crate::syntax;
use crate::syntax::Expr;

use super::eval::{CallSite, Evaluator};
use super::expr::name_of;
use super::runnable::named;
use super::value::*;

/// The reason by which what a model answered is known again.
pub const ANSWER: &str = "an answer of the model";

/// Statements and expressions that are run to see whether a function is a wrapper.
const PROBE_FUEL: u32 = 20_000;

/// A recognised call, with the way on which it was reached.
#[derive(Debug)]
pub struct RawCall<'p> {
    pub expr: &'p Expr,
    /// Calls of the project's own functions on the way, outermost first.
    pub sites: Vec<*const Expr>,
    /// Something of it comes from a parameter of the function that was run on its own.
    pub depends_on_params: bool,
    pub call: Call<'p>,
}

/// A call of an API as it was recognised.
#[derive(Clone, Debug)]
pub struct Sent<'p> {
    pub api: &'p Api,
    /// Who serves it through this client.
    pub provider: &'p str,
    /// The arguments of the call, with the settings of the object that makes it.
    pub args: Args<'p>,
    pub setting: Setting<'p>,
    pub server: Server,
}

/// Where the settings of a call stand.
#[derive(Clone, Copy, Debug)]
pub enum Setting<'p> {
    /// At the call.
    Inline,
    /// In the constructor of the object that makes it.
    Made(Option<Made<'p>>),
    /// In an object that could not be followed.
    Unknown,
}

/// An API, and who serves it through this client.
#[derive(Clone, Copy)]
struct Match<'p> {
    api: &'p Api,
    provider: &'p str,
    setting: Setting<'p>,
}

impl<'p> Evaluator<'p> {
    /// If the callee is an API of the catalogue, records the call and returns what it answers.
    pub fn recognise(&mut self, expr: &'p Expr, call: &'p syntax::Call, callee: &Value<'p>, args: &Args<'p>) -> Option<Value<'p>> {
        if let Some(value) = self.runnable(expr, call, callee, args) {
            return Some(value);
        }
        let receiver = receiver(call);
        let in_object = self.in_script().then(|| self.object_arguments(args));
        let given = in_object.as_ref().unwrap_or(args);
        let mut matched = self.match_callee(callee, given, &receiver);
        let mut shifted = None;
        if matched.is_none() {
            // `asyncio.to_thread(client.converse, modelId=…)`, `partial(client.converse, …)`
            let at = args.positional.iter().take(3).position(|value| matches!(value, Value::Member(..) | Value::External(_)));
            if let Some(at) = at {
                let passed = args.positional[at].clone();
                if !args.keywords.is_empty() {
                    matched = self.match_callee(&passed, args, "");
                    shifted = matched.map(|_| Args { positional: args.positional[at + 1..].to_vec(), ..args.clone() });
                }
            }
        }
        let matched = matched?;
        let args = match shifted.as_ref() {
            None if matched.api.object_argument && matched.api.positional.is_empty() => given,
            shifted => shifted.unwrap_or(args),
        };
        let args = named(args, &matched.api.positional, call);
        // Of several clients that it may be, what holds for each.
        let of_client = |callee: &Value<'p>| match callee {
            Value::Member(client, _) => match &**client {
                Value::Instance(made) if self.asks_itself(matched.api, &made.args) => Server::Own,
                Value::External(_) if matched.api.own_server => Server::Own,
                _ => self.server_of_model(client),
            },
            Value::External(_) if matched.api.own_server => Server::Own,
            _ => Server::Maker,
        };
        let server = callee.alternatives().iter().map(|callee| of_client(callee)).min().unwrap_or_default();
        Some(self.recorded(expr, vec![Sent { api: matched.api, provider: matched.provider, args, setting: matched.setting, server }]))
    }

    /// Records a call, which may be made by one of several objects, and returns what it answers.
    pub fn recorded(&mut self, expr: &'p Expr, sent: Vec<Sent<'p>>) -> Value<'p> {
        self.recognised += 1;
        let in_root = match self.stack.first() {
            Some(site) => site.file == self.root,
            None => self.file() == self.root,
        };
        if (in_root || self.probing) && !self.makes_pictures(expr) {
            self.record(expr, &sent);
        }
        Value::origin(Origin {
            volatility: Some(Volatility::Request),
            confidence: Confidence::High,
            reason: ANSWER.into(),
            ..Origin::named("response")
        })
    }

    /// An object that holds the settings of its calls is listed where it is made: who sends with it may be out of sight.
    pub fn record_constructor(&mut self, expr: &'p Expr, api: &'p Api, instance: &Instance<'p>) {
        if !self.stack.is_empty() || self.probing || self.file() != self.root {
            return;
        }
        let provider = api.provider_of(&instance.kind);
        let sent = Sent { api, provider, args: instance.args.clone(), setting: Setting::Made(instance.made), server: instance.server };
        let mut lowered = self.lower_call(expr, &sent);
        lowered.request.open = true;
        lowered.history = History { state: HistoryState::Unknown, confidence: Confidence::Low, ..History::none() };
        // A cap that is handed in is the business of those who hand it in.
        let known = self.calls.iter_mut().find(|known| std::ptr::eq(known.expr, expr));
        match known {
            Some(known) => known.call = lowered,
            None => self.calls.push(RawCall { expr, sites: Vec::new(), depends_on_params: false, call: lowered }),
        }
    }

    /// A call by a name that many projects give to their own client, whose body may say no more.
    pub fn own_client(&mut self, call: &'p syntax::Call, callee: &Value<'p>, args: &Args<'p>) -> Option<Sent<'p>> {
        let followed = callee.alternatives().iter().any(|value| match value {
            Value::Method(..) | Value::Function(_) | Value::Unknown(_) => true,
            // A property that hands out something else.
            Value::Member(base, _) => matches!(**base, Value::Unknown(_)),
            _ => false,
        });
        if let Some(sent) = self.called_by_name(call, callee, args) {
            return Some(sent);
        }
        let syntax::ExprKind::Attribute { name, .. } = &call.callee.kind else { return None };
        if !followed {
            return None;
        }
        // The SDK itself may stand in the project, as deep as it is.
        let is_method = callee.alternatives().iter().any(|value| matches!(value, Value::Method(..)));
        let sdk = self
            .catalogue
            .apis
            .iter()
            .find(|api| api.unique && is_method && api.methods.iter().any(|known| known == name) && self.mentions(api));
        if let Some(api) = sdk {
            let args = named(args, &api.positional, call);
            return Some(Sent { api, provider: &api.provider, args, setting: Setting::Unknown, server: Server::Maker });
        }
        let receiver = receiver(call);
        let language = self.project.file(self.file()).language.in_catalogue();
        let in_object = self.in_script().then(|| self.object_arguments(args));
        let args = in_object.as_ref().unwrap_or(args);
        let api = self.catalogue.apis.iter().find(|api| {
            !api.receivers.is_empty()
                && language == Some(&*api.language)
                && api.methods.iter().any(|known| known == name)
                && (api.expects.is_empty() || api.expects.iter().any(|name| args.keyword(name).is_some()))
                && has_word(&receiver, &api.receivers)
        })?;
        (!args.positional.is_empty() || !args.keywords.is_empty() || args.open).then(|| Sent {
            api,
            provider: &api.provider,
            args: named(args, &api.positional, call),
            setting: Setting::Unknown,
            server: Server::Maker,
        })
    }

    /// What a provider of models makes when it is called with the name of one: the model has its address.
    pub fn model_of(&self, maker: &Instance<'p>, args: Args<'p>) -> Instance<'p> {
        Instance { server: maker.server.max(self.server(&maker.args)), ..Instance::new(maker.kind.clone(), args) }
    }

    /// Whom an object speaks to that makes or stands for a model.
    pub fn server_of_model(&self, value: &Value<'p>) -> Server {
        match value {
            Value::Instance(client) => client.server.max(self.server(&client.args)),
            _ => Server::Maker,
        }
    }

    /// Whether a client with these arguments is told of no other server than that on its own machine.
    pub fn asks_itself(&self, api: &Api, args: &Args<'p>) -> bool {
        let told = |key: &str| self.catalogue.names.is_address_argument(key) || key == "client";
        let in_object = args.positional.first().map(|first| match first {
            Value::Ref(id) => self.heap.dict(*id).is_some_and(|dict| !dict.open && !dict.entries.iter().any(|entry| told(&entry.key))),
            _ => false,
        });
        api.own_server && !args.open && in_object.unwrap_or(true) && !args.keywords.iter().any(|(key, ..)| told(key))
    }

    /// Whom a client with these arguments speaks to, by its address or key.
    pub fn server(&self, args: &Args<'p>) -> Server {
        let names = &self.catalogue.names;
        let says = |key: &str, value: &Value<'p>| {
            let is_address = names.is_address_argument(key);
            let text = value.as_text().unwrap_or_default();
            match () {
                () if is_address && self.is_local_address(value) || names.is_no_key(key, &text) => Server::Own,
                () if is_address && names.is_other_host(&text) => Server::Compatible,
                () => Server::Maker,
            }
        };
        let in_object = args.positional.first().and_then(|first| match first {
            Value::Ref(id) => self.heap.dict(*id),
            _ => None,
        });
        let entries = in_object.iter().flat_map(|dict| &dict.entries).map(|entry| says(&entry.key, &entry.value));
        args.keywords.iter().map(|(key, value, _)| says(key, value)).chain(entries).max().unwrap_or_default()
    }

    pub fn is_local_address(&self, address: &Value<'p>) -> bool {
        address.alternatives().iter().all(|address| match address {
            Value::Text(segments) => {
                matches!(segments.first(), Some(Segment::Text(start)) if self.catalogue.names.is_local_address(&start.text))
            }
            _ => false,
        })
    }

    /// A model that is called itself: `self.llm(prompt)`.
    fn called_by_name(&self, call: &'p syntax::Call, callee: &Value<'p>, args: &Args<'p>) -> Option<Sent<'p>> {
        let out_of_sight = callee.alternatives().iter().all(|value| matches!(value, Value::Unknown(_) | Value::Member(..) | Value::Null));
        let (syntax::ExprKind::Attribute { name, .. } | syntax::ExprKind::Name(name)) = &call.callee.kind else { return None };
        if !out_of_sight || (args.positional.len() != 1 && args.keyword("prompt").is_none() && args.keyword("messages").is_none()) {
            return None;
        }
        let name = name.trim_start_matches('_');
        let api = self.catalogue.apis.iter().find(|api| api.called.iter().any(|called| called == name))?;
        let args = named(args, &api.positional, call);
        Some(Sent { api, provider: &api.provider, args, setting: Setting::Unknown, server: Server::Maker })
    }

    fn match_callee(&self, callee: &Value<'p>, args: &Args<'p>, receiver: &str) -> Option<Match<'p>> {
        if let Value::Choice(choices) = callee {
            return choices.iter().find_map(|choice| self.match_callee(choice, args, receiver));
        }
        if let Value::External(name) = callee
            && let Some(api) = self.catalogue.apis.iter().find(|api| api.generates(name))
        {
            return Some(Match { api, provider: &api.provider, setting: Setting::Unknown });
        }
        match callee {
            Value::External(path) | Value::Member(_, path) if self.catalogue.concerns(path) => {}
            _ => return None,
        }
        let language = self.project.file(self.file()).language.in_catalogue();
        let mut apis = self.catalogue.apis.iter().filter(|api| language == Some(&*api.language));
        apis.find_map(|api| self.match_api(api, callee, args, receiver))
    }

    fn match_api(&self, api: &'p Api, callee: &Value<'p>, args: &Args<'p>, receiver: &str) -> Option<Match<'p>> {
        // Almost every call is none of the API's: its last name says so.
        let path = match callee {
            Value::External(name) => name,
            Value::Member(_, path) => path,
            _ => return None,
        };
        let name = last(path);
        if !api.methods.iter().chain(api.functions.iter()).any(|known| last(known) == name) {
            return None;
        }
        let by_position = || api.positional.iter().take(args.positional.len()).any(|name| api.expects.contains(name));
        let expected = api.expects.is_empty() || args.open || api.expects.iter().any(|name| args.keyword(name).is_some()) || by_position();
        if !expected {
            return None;
        }
        if !api.endpoints.is_empty() {
            let address = args.get(0, "url").is_some_and(|url| posts_to(url, &api.endpoints));
            let is_post = match callee {
                Value::External(name) => api.functions.iter().any(|function| **function == **name),
                Value::Member(_, path) => api.methods.iter().any(|method| last(path) == method),
                _ => false,
            };
            return (address && is_post).then_some(Match { api, provider: &api.provider, setting: Setting::Inline });
        }
        // Objects that are handed in are told by their type alone: methods such as `invoke` tools and graphs have too.
        if !api.types.is_empty() {
            return None;
        }
        let by_settings = !api.constructors.is_empty() || !api.receivers.is_empty();
        let found = if by_settings {
            Match { api, provider: "unknown", setting: Setting::Unknown }
        } else {
            Match { api, provider: &api.provider, setting: Setting::Inline }
        };
        match callee {
            Value::External(name) => {
                if api.functions.iter().any(|function| **function == **name) {
                    return Some(found);
                }
                // A name that is bound nowhere in sight (a notebook's other cell, a global of another tool).
                let (first, rest) = name.split_once('.')?;
                if self.catalogue.apis.iter().any(|api| api.modules.iter().any(|module| module == first)) {
                    return None;
                }
                self.match_path(api, rest, receiver).then_some(found)
            }
            Value::Member(base, path) => match &**base {
                Value::Instance(instance) => {
                    // Many SDKs call their client `Client`: one of another SDK that is known is not this one's.
                    let root = instance.kind.split('.').next().unwrap_or_default();
                    let of = |api: &Api| api.modules.iter().any(|module| module == root);
                    let foreign = !of(api) && self.catalogue.apis.iter().any(of);
                    let same_name = |client: &str| !foreign && last(client) == last(&instance.kind) && last(client) != "default";
                    let known = |client: &Text| **client == *instance.kind || same_name(client);
                    if api.clients.iter().any(known) {
                        let provider =
                            api.client_providers.iter().find(|(client, _)| known(client)).map_or(&*api.provider, |(_, provider)| provider);
                        let setting = Setting::Inline;
                        return (without(path, api) == *tail(&without(path, api), api)?).then_some(Match { api, provider, setting });
                    }
                    // A factory that is not a constructor (`boto3.client(…)`, `wrap(OpenAI())`) tells nothing against it.
                    let is_constructor = last(&instance.kind).chars().next().is_some_and(char::is_uppercase);
                    if is_constructor && !api.unique {
                        return None;
                    }
                    if !api.unique && !self.mentions(api) {
                        return None;
                    }
                    self.match_path(api, path, receiver).then_some(found)
                }
                Value::Unknown(_) | Value::External(_) | Value::Ref(_) => self.match_path(api, path, receiver).then_some(found),
                _ => None,
            },
            _ => None,
        }
    }

    /// With a receiver that could not be followed: the end of the path is the API's, and what stands before does not
    /// say otherwise.
    fn match_path(&self, api: &Api, path: &str, receiver: &str) -> bool {
        let path = without(path, api);
        let Some(method) = tail(&path, api) else { return false };
        let before = path[..path.len() - method.len()].trim_end_matches('.');
        if api.not_after.iter().any(|name| last(before) == name) {
            return false;
        }
        if !api.receivers.is_empty() || !api.likely_receivers.is_empty() {
            return has_word(receiver, &api.receivers) || (has_word(receiver, &api.likely_receivers) && self.mentions(api));
        }
        // Settings that stand in a constructor make no call of a method that many classes have.
        if !api.constructors.is_empty() {
            return false;
        }
        api.unique || method.matches('.').count() >= 2 || self.mentions(api)
    }

    /// The file names one of the API's modules.
    fn mentions(&self, api: &Api) -> bool {
        let text = self.project.text(self.file());
        api.modules.iter().any(|module| text.contains(&**module))
    }

    /// Whether the call answers with a picture: by what is called, or else by the function or class that it stands in.
    fn makes_pictures(&self, expr: &Expr) -> bool {
        let syntax::ExprKind::Call(call) = &expr.kind else { return false };
        let names = &self.catalogue.names;
        let around = || {
            let frame = self.frames.last()?;
            let function = frame.function?;
            names.makes_pictures(&function.name).or_else(|| match frame.vars.get(function.params.first()?.name.as_str()) {
                Some(Value::Ref(this)) => names.makes_pictures(&self.heap.instance(*this)?.class.class.name),
                _ => None,
            })
        };
        call.callee.dotted().and_then(|callee| names.makes_pictures(&callee)).or_else(around).unwrap_or(false)
    }

    fn record(&mut self, expr: &'p Expr, sent: &[Sent<'p>]) {
        let Some(first) = sent.first() else { return };
        let inner = Place::new(self.file(), expr.span);
        if !self.probing
            && let Some(site) = self.stack.first().cloned()
        {
            // A function that sends the same whatever it is given is no wrapper: its own call is the call.
            if !self.is_wrapper(&site) {
                return;
            }
        }
        self.reads_param.set(false);
        let mut lowered = self.lower_call(expr, first);
        lowered.made_at = sent.iter().filter_map(|sent| made_at(sent, inner)).collect();
        if lowered.made_at.len() != sent.len() {
            lowered.made_at.clear();
        }
        for other in &sent[1..] {
            let cap = self.cap_of(other);
            if cap.state != lowered.cap.state {
                lowered.cap = Cap { state: CapState::Unknown, value: None, confidence: Confidence::Low, place: None };
            }
        }
        if lowered.cap.state == CapState::Missing && self.capping_blocks > 0 {
            lowered.cap = Cap { state: CapState::Unknown, value: None, confidence: Confidence::Low, place: None };
        }
        if lowered.cap.state == CapState::Unknown && (self.takes_cap_off() || self.is_capped_beside(expr)) {
            lowered.cap = Cap { state: CapState::Missing, value: None, confidence: Confidence::Medium, place: None };
        }
        if sent.len() > 1 {
            lowered.provider = "unknown".into();
        }
        let depends_on_params = self.reads_param.get() || first.args.handed_in;
        if let Some(site) = self.stack.first() {
            lowered.place = Place::new(site.file, site.expr.span);
            lowered.callee = Place::new(site.file, callee_span(site.expr));
            lowered.statement = site.statement;
            let way = self.stack.iter().skip(1).rev().map(|site| Place::new(site.file, site.expr.span)).collect();
            lowered.via = Some(Via { function: site.reference.func.name.as_str().into(), inner, way });
        }
        let sites: Vec<*const Expr> = self.stack.iter().map(|site| site.expr as *const Expr).collect();
        let known = self.calls.iter_mut().find(|known| std::ptr::eq(known.expr, expr) && known.sites == sites);
        match known {
            Some(known) => {
                known.call = lowered;
                known.depends_on_params |= depends_on_params;
            }
            None => self.calls.push(RawCall { expr, sites, depends_on_params, call: lowered }),
        }
    }

    /// Whether another block of the same function gives the object that is asked a cap, and the call stands outside of it:
    /// `with llm_params(self.llm, max_tokens=100):`.
    fn is_capped_beside(&self, expr: &Expr) -> bool {
        let syntax::ExprKind::Call(call) = &expr.kind else { return false };
        let asked = match &call.callee.kind {
            syntax::ExprKind::Attribute { base, .. } if call.callee.dotted().is_none_or(|callee| callee.matches('.').count() > 1) => {
                [base.dotted(), call.callee.dotted()]
            }
            _ => [call.callee.dotted(), None],
        };
        let Some(function) = self.frames.last().and_then(|frame| frame.function).filter(|_| self.capping_blocks == 0) else { return false };
        let mut beside = false;
        visit_body(&function.body, &mut |seen| {
            let Seen::Stmt(syntax::Stmt { kind: syntax::StmtKind::With { items, .. }, span }) = seen else { return };
            let gives = items.iter().any(|item| match &item.value.kind {
                syntax::ExprKind::Call(entered) if self.gives_cap(&item.value) => {
                    let first = entered.args.first().and_then(|arg| arg.value.dotted());
                    first.is_some() && asked.contains(&first)
                }
                _ => false,
            });
            beside |= gives && !span.contains(expr.span);
        });
        beside
    }

    /// Whether the function of the project that makes this call is told to send no cap where it would send one of its own:
    /// `ask(messages, max_tokens=None)` of `def ask(messages, max_tokens=4000)`.
    fn takes_cap_off(&self) -> bool {
        let Some(site) = self.stack.first() else { return false };
        let syntax::ExprKind::Call(call) = &site.expr.kind else { return false };
        call.args.iter().any(|arg| match &arg.kind {
            syntax::ArgKind::Keyword(name) if matches!(arg.value.kind, syntax::ExprKind::Null) && self.catalogue.names_cap(name) => {
                let param = site.reference.func.params.iter().find(|param| param.name == *name);
                param.and_then(|param| param.default.as_ref()).is_some_and(|default| matches!(default.kind, syntax::ExprKind::Int(_)))
            }
            _ => false,
        })
    }

    /// Whether an argument of the call at `at` is written with a parameter that is named like a prompt (`messages`, `input`), or with what
    /// was made of one in the function, though it could not be followed there.
    fn passes_prompt(&self, function: &syntax::Function, at: *const Expr) -> bool {
        let mut names: HashSet<&str> =
            function.params.iter().map(|param| param.name.as_str()).filter(|name| self.catalogue.names_prompt(name)).collect();
        if names.is_empty() {
            return false;
        }
        let mentions = |expr: &Expr, names: &HashSet<&str>| {
            let mut found = false;
            visit_expr(expr, &mut |seen| {
                found |= matches!(seen, Seen::Expr(Expr { kind: syntax::ExprKind::Name(name), .. }) if names.contains(name.as_str()));
            });
            found
        };
        let mut passed = false;
        // What is made of a parameter is bound after it: two passes see what loops carry over.
        for _ in 0..2 {
            visit_body(&function.body, &mut |seen| match seen {
                Seen::Stmt(syntax::Stmt { kind: syntax::StmtKind::Assign { targets, value }, .. }) if mentions(value, &names) => {
                    names.extend(targets.iter().filter_map(|target| match &target.kind {
                        syntax::ExprKind::Name(name) => Some(name.as_str()),
                        _ => None,
                    }));
                }
                Seen::Expr(expr @ Expr { kind: syntax::ExprKind::Call(call), .. }) if std::ptr::eq(expr, at) => {
                    passed |= call.args.iter().any(|arg| mentions(&arg.value, &names));
                }
                _ => {}
            });
        }
        passed
    }

    /// Whether what the called function sends depends on its parameters: it is run once with none of them known, and
    /// what that does to lists and objects is taken back.
    fn is_wrapper(&mut self, site: &CallSite<'p>) -> bool {
        let key = site.reference.func as *const syntax::Function;
        if let Some(known) = self.wrappers.get(&key) {
            return *known;
        }
        self.wrappers.insert(key, false);
        let calls = std::mem::take(&mut self.calls);
        let stack = std::mem::take(&mut self.stack);
        let frames = std::mem::take(&mut self.frames);
        let statement = self.statement;
        self.probing = true;
        self.heap.begin();
        let frame = self.root_frame(&site.reference, site.this.clone());
        self.frames.push(frame);
        // Asked once for each function: what the caller has left must not decide it.
        let left = std::mem::replace(&mut self.fuel, PROBE_FUEL);
        self.run_block(&site.reference.func.body);
        self.fuel = left;
        self.heap.rollback();
        self.probing = false;
        self.statement = statement;
        self.frames = frames;
        self.stack = stack;
        let found = std::mem::replace(&mut self.calls, calls);
        let depends = found.iter().any(|raw| {
            let at = raw.sites.first().copied().unwrap_or(raw.expr);
            raw.depends_on_params || self.passes_prompt(site.reference.func, at)
        });
        self.wrappers.insert(key, depends);
        depends
    }
}

/// The constructor that made the object behind a call, where it is listed as a call itself.
fn made_at(sent: &Sent<'_>, call: Place) -> Option<Place> {
    let Setting::Made(Some(made)) = sent.setting else { return None };
    let place = Place::new(made.file, made.expr.span);
    (sent.api.constructor_counts && place != call).then_some(place)
}

/// Where a finding about a call points: the callee, not its arguments.
pub fn callee_span(expr: &Expr) -> crate::span::Span {
    match &expr.kind {
        syntax::ExprKind::Call(call) => call.callee.span,
        _ => expr.span,
    }
}

/// What stands before the method, as written: `llm` of `self.llm.invoke(…)`, `get_llm()` of `get_llm().invoke(…)`.
fn receiver(call: &syntax::Call) -> String {
    match &call.callee.kind {
        syntax::ExprKind::Attribute { base, .. } => name_of(base).rsplit('.').next().unwrap_or_default().to_string(),
        _ => String::new(),
    }
}

/// Whether a name has one of these words: `chat_llm`, `LLM`, `summaryModel`.
fn has_word(name: &str, words: &[Text]) -> bool {
    if words.is_empty() || name.is_empty() {
        return false;
    }
    crate::catalogue::names::words(name).iter().any(|word| words.iter().any(|known| known == word))
}

/// Whether the text of an address, as far as it is known, ends in one of these.
fn posts_to(url: &Value<'_>, endpoints: &[Text]) -> bool {
    let known = |value: &Value<'_>| match value {
        Value::Text(segments) => {
            let mut text = String::new();
            for segment in segments.iter() {
                match segment {
                    crate::model::prompt::Segment::Text(part) => text.push_str(&part.text),
                    _ => text.push('*'),
                }
            }
            endpoints.iter().any(|end| text.trim_end_matches('/').ends_with(&**end))
        }
        _ => false,
    };
    url.alternatives().into_iter().any(known)
}

fn last(path: &str) -> &str {
    crate::catalogue::last_name(path)
}

/// The path without the names that change nothing.
fn without(path: &str, api: &Api) -> String {
    path.split('.').filter(|part| !api.transparent.iter().any(|name| name == part)).collect::<Vec<_>>().join(".")
}

/// The API's method that the path ends with.
fn tail<'a>(path: &str, api: &'a Api) -> Option<&'a Text> {
    api.methods.iter().find(|method| path == **method || path.ends_with(&format!(".{method}")))
}
