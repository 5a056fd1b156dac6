//! From evaluated arguments to a call's model: its request, cap, history and repetition.

use std::rc::Rc;
use std::sync::Arc;

use crate::catalogue::models::family_id;
use crate::catalogue::{Api, ArgPaths, Catalogue, Family, MarkerStyle, Model, Older, Reasoning, Text};
use crate::model::call::*;
use crate::model::prompt::{Breakpoint, Confidence, Role, Segment, SizeClass, Volatility};
use crate::model::request::{Block, BlockRole, Growth, HistoryBlock, HistorySource, Request};
use crate::rewrite::find::{self, Seen};
use crate::span::{FileId, Place};
use crate::syntax::{Arg, ArgKind, DictItem, Expr, ExprKind};

use super::announced;
use super::eval::{CallSite, Evaluator};
use super::recognise::{Sent, Setting, callee_span};
use super::steps::asks_in_loop;
use super::value::*;

/// Steps of a loop over a known range up to which what grows in it counts as bounded.
const FEW_STEPS: i64 = 50;

/// What stands at a path of the arguments.
#[derive(Clone, Debug)]
pub enum Found<'p> {
    Present(Value<'p>, Option<(FileId, &'p Expr)>),
    Absent,
    Unknown,
}

/// Segments of one text beyond which no more are looked for, and objects inside each other of which its content is made.
const MOST_SEGMENTS: usize = 20_000;
const DEEPEST_CONTENT: usize = 24;

impl<'p> Found<'p> {
    fn value(&self) -> Option<&Value<'p>> {
        match self {
            Found::Present(value, _) => Some(value),
            _ => None,
        }
    }

    fn place(&self) -> Option<Place> {
        match self {
            Found::Present(_, Some((file, expr))) => Some(Place::new(*file, expr.span)),
            _ => None,
        }
    }
}

impl<'p> Evaluator<'p> {
    pub fn lower_call(&mut self, expr: &'p Expr, sent: &Sent<'p>) -> Call<'p> {
        let Sent { api, provider, args, setting, server: server_of_client } = sent;
        let (api, provider): (&'p Api, &str) = (*api, provider);
        let file = self.file();
        let place = Place::new(file, expr.span);
        let model_value = self.first_of(args, None, &api.args.model);
        let model_name = match self.model_name(&model_value) {
            Known::Absent => match default_model(api, setting) {
                // Whoever sends may name another one.
                Some(_) if self.names_model_later(api) => Known::Unknown,
                Some(name) => Known::Present(name.into()),
                None => Known::Absent,
            },
            known => known,
        };
        let model = model_name.present().and_then(|name| self.catalogue.models.find(name));
        let may_be = self.models_of(&model_value);
        let made_by = match model_value.value() {
            Some(Value::Instance(maker)) => self.catalogue.model_maker(&maker.kind).filter(|provider| *provider != "unknown"),
            _ => None,
        };
        let provider = made_by.unwrap_or(provider);
        let server = match model_value.value() {
            Some(model) => self.server_of_model(model),
            None => Server::Maker,
        };
        let server = server.max(*server_of_client).max(self.server(args));
        let server = match setting {
            Setting::Made(Some(_)) if self.asks_itself(api, args) => Server::Own,
            _ => server,
        };
        // Who stands behind a host that speaks the API of another is not known.
        let provider = if server == Server::Compatible && made_by.is_none() { "unknown" } else { provider };
        let bills_nothing =
            server == Server::Own || (!api.endpoints.is_empty() && args.get(0, "url").is_some_and(|url| self.is_local_address(url)));
        let managed_prompt = model_name.present().is_some_and(|name| name.contains(":prompt/"));

        // `invoke_model` holds the request in a JSON body, laid out by the family of the model.
        let body = api.body.as_ref().map(|name| self.body(args, name));
        let family = match &body {
            Some(body) => self.family(api, model_name.present().map(|name| &**name), body),
            None => None,
        };
        let mut paths: ArgPaths = match (&body, family) {
            (Some(_), Some(family)) => family.args.clone(),
            (Some(_), None) => ArgPaths::default(),
            (None, _) => api.args.clone(),
        };
        let is_older = |older: &&Older| self.project.depends_below(file, &older.package, &older.below);
        let older = api.older.as_ref().filter(is_older);
        if let Some(older) = older {
            paths.cap = older.cap.clone();
        }
        let in_body = body.as_ref();
        let shape = family.map_or(api.shape, |family| family.shape);
        let marker = family.map_or(api.marker, |family| family.marker);

        let system = self.first_of(args, in_body, &paths.system);
        let mut messages = self.first_of(args, in_body, &paths.messages);
        if !matches!(messages, Found::Present(..)) {
            match self.first_of(args, in_body, &paths.prompt) {
                Found::Present(value @ (Value::Unknown(_) | Value::Member(..)), written) => {
                    let segments = self.segments_of(&value, written.map_or(expr, |(_, expr)| expr));
                    messages = Found::Present(Value::Text(Rc::new(segments)), written);
                }
                Found::Absent => {}
                found => messages = found,
            }
        }
        // A function of a generated client takes the conversation under a name of its own.
        if !api.generated.is_empty()
            && let Some(list) = self.conversation_among(args)
        {
            messages = Found::Present(list, None);
        }
        let tools = self.first_of(args, in_body, &paths.tools);
        let mut request = Request { blocks: Vec::new(), open: args.open || matches!(in_body, Some(Found::Unknown)) };
        if let Some(value) = tools.value() {
            let mut segments = Vec::new();
            self.structure(value, &mut segments, 0);
            if !segments.is_empty() {
                request.blocks.push(Block { kind: BlockRole::Tools, role: Role::System, segments, history: None, place: tools.place() });
            }
        }
        if let (Some(value), Found::Present(_, written)) = (system.value(), &system) {
            let mut segments = Vec::new();
            self.content(value, &mut segments, marker, written.map(|(_, expr)| expr).unwrap_or(expr));
            request.blocks.push(Block { kind: BlockRole::System, role: Role::System, segments, history: None, place: system.place() });
        }
        if matches!(system, Found::Unknown) || matches!(messages, Found::Unknown) || matches!(tools, Found::Unknown) {
            request.open = true;
        }
        let mut history_has_system = false;
        if let (Some(value), Found::Present(_, written)) = (messages.value(), &messages) {
            let written = written.map(|(_, expr)| expr).unwrap_or(expr);
            self.messages(value, &mut request, marker, written, messages.place());
            history_has_system = request
                .blocks
                .iter()
                .any(|block| block.kind == BlockRole::System && system.value().is_none_or(|_| block.place != system.place()));
        }
        let server_history = matches!(self.first_of(args, in_body, &paths.server_history), Found::Present(..) | Found::Unknown);
        let auto = self.first_of(args, in_body, &paths.auto_cache);
        let history_name = match self.stack.first().cloned() {
            Some(site) => self.handed_over(&site).map(|name| Arc::from(name.as_str())),
            None => match &messages {
                Found::Present(_, Some((_, expr))) => expr.dotted().map(|name| Arc::from(name.as_str())),
                _ => None,
            },
        };
        let mut cap = self.cap(args, in_body, api, family, &paths);
        if cap.state == CapState::Missing && older.is_some_and(|older| older.capped.iter().any(|known| *known == *provider)) {
            cap.state = CapState::Defaulted;
        }
        if server == Server::Compatible && cap.state == CapState::Missing {
            // Servers that speak the API of another often have a small cap of their own.
            cap.confidence = Confidence::Low;
        }
        let draws = model_name.present().is_some_and(|name| self.catalogue.names.draws(family_id(name)))
            || matches!(self.first_of(args, in_body, &paths.modalities), Found::Present(asked, _) if self.asks_for_picture(&asked));
        if managed_prompt || draws || family.is_some_and(|family| family.no_text) {
            cap.state = CapState::NotApplicable;
        }
        if matches!(setting, Setting::Unknown) && cap.state != CapState::Present {
            cap = Cap { state: CapState::Unknown, value: None, confidence: Confidence::Low, place: None };
        }
        let settings = match setting {
            Setting::Made(Some(made)) if !made.in_call => {
                let callee = Place::new(made.file, callee_span(made.expr));
                Some(Settings { place: Place::new(made.file, made.expr.span), callee, syntax: made.expr })
            }
            _ => None,
        };
        let choice = self.choice(args);
        let reasoning = self.reasoning(args, in_body, &paths, model.map(|model| model.reasoning));
        let tags = match self.first_of(args, in_body, &api.args.metadata) {
            Found::Present(..) => Known::Present(()),
            Found::Absent => Known::Absent,
            Found::Unknown => Known::Unknown,
        };
        request.blocks.iter_mut().for_each(|block| announced::confirm(&mut block.segments));
        let mut history = history_of(&request);
        if server_history && history.state == HistoryState::None {
            history.state = HistoryState::Unknown;
        }
        let anchors = Anchors {
            system: system.place(),
            messages: messages.place(),
            tools: tools.place(),
            cap_container: self.container(args, in_body, &paths.cap),
            cap_owner: self.cap_owner(sent, in_body, &paths.cap),
            lost_cap: None,
            capped_beside: None,
            history_name,
            history_has_system,
        };
        Call {
            place,
            callee: Place::new(file, callee_span(expr)),
            statement: self.statement,
            api,
            provider: provider.into(),
            shape,
            marker,
            cap_paths: paths.cap.clone(),
            body: in_body.and_then(|body| body.place()),
            syntax: expr,
            model_name,
            model,
            may_be,
            cap,
            reasoning,
            request,
            history,
            repetition: self.repetition(),
            tags,
            managed_prompt,
            caching_elsewhere: matches!(auto, Found::Present(..) | Found::Unknown)
                && !api.args.auto_cache.is_empty()
                && !matches!(auto, Found::Unknown if !args.open),
            via: None,
            settings,
            made_at: Vec::new(),
            older_cap: api.older_cap.as_ref(),
            bills_nothing,
            choice,
            anchors,
        }
    }

    /// The list that grows, or is called like a conversation, among what is handed to a function of the project, as it is
    /// written there.
    fn handed_over(&self, site: &CallSite<'p>) -> Option<String> {
        let ExprKind::Call(call) = &site.expr.kind else { return None };
        let frame = self.frames.get(self.frames.len().checked_sub(self.stack.len() + 1)?)?;
        let grows = |written: &Expr| match &written.kind {
            ExprKind::Name(name) => match frame.vars.get(name.as_str()).or_else(|| frame.captured.as_ref()?.get(name.as_str())) {
                Some(Value::Ref(id)) => self.heap.list(*id).is_some_and(|list| self.growth_of(list).is_some()),
                _ => false,
            },
            _ => false,
        };
        let is_history = |written: &Expr| {
            let name = written.dotted();
            name.and_then(|name| self.catalogue.names.hint(&name)).is_some_and(|hint| hint.size == SizeClass::History)
        };
        let mut args = call.args.iter().map(|arg| &arg.value);
        args.clone().find(|written| grows(written)).or_else(|| args.find(|written| is_history(written)))?.dotted()
    }

    /// The conversation that grows among the arguments.
    fn conversation_among(&self, args: &Args<'p>) -> Option<Value<'p>> {
        let grows = |value: &&Value<'p>| match value {
            Value::Ref(id) => self.heap.list(*id).is_some_and(|list| self.is_conversation(list, "") && self.growth_of(list).is_some()),
            _ => false,
        };
        args.positional.iter().chain(args.keywords.iter().map(|(_, value, _)| value)).find(grows).cloned()
    }

    /// The cap of a call that one of several objects makes.
    pub fn cap_of(&mut self, sent: &Sent<'p>) -> Cap {
        self.cap(&sent.args, None, sent.api, None, &sent.api.args)
    }

    // --- arguments ---------------------------------------------------------------------------------------------------

    fn first_of(&mut self, args: &Args<'p>, body: Option<&Found<'p>>, paths: &[Text]) -> Found<'p> {
        let mut unknown = false;
        for path in paths {
            match self.at_path(args, body, path) {
                found @ Found::Present(..) => return found,
                Found::Unknown => unknown = true,
                Found::Absent => {}
            }
        }
        if unknown { Found::Unknown } else { Found::Absent }
    }

    fn at_path(&mut self, args: &Args<'p>, body: Option<&Found<'p>>, path: &str) -> Found<'p> {
        let mut parts = path.split('.');
        let mut found = match body {
            Some(body) => body.clone(),
            None => {
                let Some(first) = parts.next() else { return Found::Absent };
                match args.keywords.iter().rev().find(|(key, ..)| &**key == first) {
                    Some((_, value, written)) => Found::Present(value.clone(), written.map(|expr| (self.file(), expr))),
                    None if args.open => Found::Unknown,
                    None => Found::Absent,
                }
            }
        };
        if is_null(found.value()) {
            return Found::Absent;
        }
        for part in parts {
            found = match found {
                Found::Present(value, _) => self.key(&value, part),
                other => return other,
            };
            if is_null(found.value()) {
                return Found::Absent;
            }
        }
        found
    }

    fn key(&mut self, value: &Value<'p>, key: &str) -> Found<'p> {
        match value {
            Value::Ref(id) => match self.heap.get(*id) {
                Obj::Dict(dict) => match dict.get(key) {
                    Some(entry) if entry.maybe => Found::Unknown,
                    Some(entry) => Found::Present(entry.value.clone(), entry.written),
                    None if dict.open => Found::Unknown,
                    None => Found::Absent,
                },
                Obj::Instance(object) => match object.fields.get(key) {
                    Some(value) => Found::Present(value.clone(), None),
                    None => Found::Unknown,
                },
                Obj::List(_) => Found::Unknown,
            },
            Value::Json(inner) => self.key(&inner.clone(), key),
            // A settings object is read like a dict of its keywords.
            Value::Instance(instance) if is_constructor(&instance.kind) => match instance.args.keyword(key) {
                Some(value) => {
                    let written = instance.args.keywords.iter().rev().find(|(name, ..)| &**name == key).and_then(|(.., written)| *written);
                    Found::Present(value.clone(), written.map(|expr| (self.file(), expr)))
                }
                None if instance.args.open => Found::Unknown,
                None => Found::Absent,
            },
            Value::Choice(choices) => {
                let mut states: Vec<Found<'p>> =
                    choices.clone().iter().filter(|choice| !matches!(choice, Value::Null)).map(|choice| self.key(choice, key)).collect();
                if states.iter().all(|state| matches!(state, Found::Absent)) {
                    Found::Absent
                } else if states.iter().all(|state| matches!(state, Found::Present(..))) {
                    states.swap_remove(0)
                } else {
                    Found::Unknown
                }
            }
            _ => Found::Unknown,
        }
    }

    fn body(&mut self, args: &Args<'p>, name: &str) -> Found<'p> {
        let found = self.at_path(args, None, name);
        match &found {
            Found::Present(value, written) => match self.unwrap_json(value) {
                Some(dict) => Found::Present(dict.0, dict.1.or(*written)),
                None => Found::Unknown,
            },
            _ => found,
        }
    }

    /// The dict behind JSON text, with the literal that it was written as.
    fn unwrap_json(&mut self, value: &Value<'p>) -> Option<(Value<'p>, Option<(FileId, &'p Expr)>)> {
        match value {
            Value::Json(inner) => self.unwrap_json(&inner.clone()),
            Value::Ref(id) => self.heap.dict(*id).map(|dict| (value.clone(), dict.literal)),
            Value::Choice(choices) => {
                let dicts: Vec<_> = choices.clone().iter().filter_map(|choice| self.unwrap_json(choice)).collect();
                if dicts.len() == choices.len() {
                    let values = dicts.into_iter().map(|(value, _)| value).collect();
                    Some((Value::Choice(Rc::new(values)), None))
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    fn family(&mut self, api: &'p Api, model: Option<&str>, body: &Found<'p>) -> Option<&'p Family> {
        if let Some(model) = model {
            let id = family_id(model);
            if let Some(family) = api.families.iter().find(|family| family.models.iter().any(|glob| crate::catalogue::glob(glob, id))) {
                return Some(family);
            }
        }
        let Found::Present(body, _) = body else { return None };
        let body = body.clone();
        api.families.iter().find(|family| family.keys.iter().any(|key| matches!(self.key(&body, key), Found::Present(..))))
    }

    fn model_name(&self, found: &Found<'p>) -> Known<Arc<str>> {
        match found {
            Found::Absent => Known::Absent,
            Found::Unknown => Known::Unknown,
            Found::Present(value, _) => {
                let named = |value: &Value<'p>| match value {
                    Value::Instance(maker) if self.catalogue.model_maker(&maker.kind).is_some() => {
                        maker.args.positional.first().into_iter().flat_map(Value::alternatives).find_map(Value::as_text)
                    }
                    other => other.as_text(),
                };
                let mut names: Vec<String> = value.alternatives().into_iter().filter_map(named).collect();
                names.dedup();
                match names.as_slice() {
                    // One of several is none that could be named; `<your-model>` stands for one.
                    [name] if !name.trim().is_empty() && !name.contains(['<', '{']) => Known::Present(name.trim().into()),
                    _ => Known::Unknown,
                }
            }
        }
    }

    /// Whether a call of one of the API's methods in this file is given a model of its own: `llm.ainvoke(messages, model=model)`.
    fn names_model_later(&self, api: &Api) -> bool {
        let mut found = false;
        find::visit(self.project.module(self.file()), &mut |seen| {
            if let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen
                && let ExprKind::Attribute { name, .. } = &call.callee.kind
                && api.methods.iter().any(|known| known == name)
            {
                found |= call
                    .args
                    .iter()
                    .any(|arg| matches!(&arg.kind, ArgKind::Keyword(key) if api.args.model.iter().any(|known| known == key)));
            }
        });
        found
    }

    /// The models of which it is one, if each of several is known.
    fn models_of(&self, found: &Found<'p>) -> Vec<&'p Model> {
        let Some(Value::Choice(choices)) = found.value() else { return Vec::new() };
        let known: Option<Vec<&Model>> =
            choices.iter().map(|choice| choice.as_text().and_then(|name| self.catalogue.models.find(name.trim()))).collect();
        known.unwrap_or_default()
    }

    fn container(&mut self, args: &Args<'p>, body: Option<&Found<'p>>, paths: &[Text]) -> Option<Place> {
        let path = paths.first()?;
        match path.rsplit_once('.') {
            Some((container, _)) => self.at_path(args, body, container).place(),
            None => body.and_then(|body| body.place()),
        }
    }

    /// Where the object that should hold the cap was made, if its making is counted as a call of its own.
    fn cap_owner(&mut self, sent: &Sent<'p>, body: Option<&Found<'p>>, paths: &[Text]) -> Option<(Place, Place)> {
        // An agent that a function of the project makes for each of its callers, all alike.
        if let Setting::Made(Some(made)) = sent.setting
            && sent.api.constructor_counts
            && made.in_call
            && is_written_out(made.expr)
        {
            return Some((Place::new(made.file, made.expr.span), Place::new(made.file, callee_span(made.expr))));
        }
        let (container, _) = paths.first()?.rsplit_once('.')?;
        let Found::Present(Value::Instance(instance), _) = self.at_path(&sent.args, body, container) else { return None };
        let counted = self.constructor(&instance.kind).is_some_and(|api| api.constructor_counts);
        let made = instance.made.filter(|_| counted)?;
        Some((Place::new(made.file, made.expr.span), Place::new(made.file, callee_span(made.expr))))
    }

    fn cap(&mut self, args: &Args<'p>, body: Option<&Found<'p>>, api: &Api, family: Option<&Family>, paths: &ArgPaths) -> Cap {
        let missing = |state, confidence| Cap { state, value: None, confidence, place: None };
        if body.is_some() && family.is_none() {
            return missing(CapState::Unknown, Confidence::Low);
        }
        let mut unknown = false;
        for path in paths.cap.iter() {
            match self.at_path(args, body, path) {
                Found::Present(value, written) => {
                    let place = written.map(|(file, expr)| Place::new(file, expr.span));
                    match self.cap_value(&value) {
                        Some(Ok(number)) => return Cap { state: CapState::Present, value: number, confidence: Confidence::High, place },
                        Some(Err(())) => unknown = true,
                        None => {}
                    }
                }
                Found::Unknown => unknown = true,
                Found::Absent => {}
            }
        }
        for path in paths.extra.iter() {
            match self.at_path(args, body, path) {
                Found::Present(value, _) => match value {
                    Value::Ref(id) => match self.heap.dict(id) {
                        Some(dict) => unknown |= dict.open || dict.entries.iter().any(|entry| entry.key.to_lowercase().contains("max")),
                        None => unknown = true,
                    },
                    _ => unknown = true,
                },
                Found::Unknown => unknown = true,
                Found::Absent => {}
            }
        }
        if !api.settings_in.is_empty() && !self.has_settings(args, api) {
            unknown = true;
        }
        if api.settings_in_model {
            unknown |= matches!(self.first_of(args, None, &api.args.model).value(), Some(model) if model.as_text().is_none());
        }
        if unknown {
            return missing(CapState::Unknown, Confidence::Low);
        }
        let (required, default, verified) = match family {
            Some(family) => (family.cap_required, family.cap_default, family.verified),
            None => (api.cap_required, api.cap_default, true),
        };
        if required {
            missing(CapState::Required, Confidence::High)
        } else if default.is_some() {
            missing(CapState::Defaulted, Confidence::High)
        } else {
            // A setting that is empty as shipped may hold one somewhere.
            let confidence = if args.configurable { Confidence::Medium } else { Confidence::High };
            missing(CapState::Missing, if verified { confidence } else { Confidence::Low })
        }
    }

    /// Whether a list of kinds of answers, or one of its items, is a picture.
    fn asks_for_picture(&self, asked: &Value<'p>) -> bool {
        match asked {
            Value::Ref(id) => self.heap.list(*id).is_some_and(|list| list.items.iter().any(|item| self.asks_for_picture(&item.value))),
            Value::Text(_) => asked.as_text().is_some_and(|kind| kind.eq_ignore_ascii_case("image")),
            // `types.Modality.IMAGE`, `Modality.IMAGE`
            Value::External(path) | Value::Member(_, path) => path.rsplit('.').next() == Some("IMAGE"),
            _ => false,
        }
    }

    /// Whether the settings are at hand, and of a class whose service adds no cap of its own.
    fn has_settings(&mut self, args: &Args<'p>, api: &Api) -> bool {
        api.settings_in.iter().any(|path| match self.at_path(args, None, path) {
            Found::Present(Value::Instance(settings), _) => {
                let kind = settings.kind.rsplit('.').next().unwrap_or_default();
                api.settings_kinds.iter().any(|known| known == kind)
            }
            _ => false,
        })
    }

    /// `Some(Ok)`: a cap, with its number if it is known; `Some(Err)`: cannot be told; `None`: explicitly none.
    fn cap_value(&self, value: &Value<'p>) -> Option<Result<Option<u64>, ()>> {
        match value {
            Value::Int(number) => Some(Ok(u64::try_from(*number).ok())),
            Value::Float(number) => Some(Ok(Some(*number as u64))),
            Value::Null => None,
            Value::External(name) if self.catalogue.python.is_left_out(name) => None,
            Value::Unknown(origin) if origin.param && self.note_param() => None,
            Value::Member(base, _) if matches!(&**base, Value::Unknown(origin) if origin.param) && self.note_param() => None,
            Value::Unknown(origin) => Some(match origin.default {
                Some(DefaultKind::Int(number)) => Ok(u64::try_from(number).ok()),
                _ if origin.volatility == Some(Volatility::Deployment) => Ok(None),
                _ => Err(()),
            }),
            Value::Choice(choices) => {
                let known: Vec<_> = choices.iter().map(|choice| self.cap_value(choice)).collect();
                if known.iter().all(|value| matches!(value, Some(Ok(_)))) {
                    known.into_iter().flatten().next()
                } else if known.iter().all(Option::is_none) {
                    None
                } else {
                    Some(Err(()))
                }
            }
            _ => Some(Err(())),
        }
    }

    /// Remembers that a parameter decides something of the call. Always false, so that a match goes on.
    fn note_param(&self) -> bool {
        self.reads_param.set(true);
        false
    }

    fn reasoning(&mut self, args: &Args<'p>, body: Option<&Found<'p>>, paths: &ArgPaths, model: Option<Reasoning>) -> Known<()> {
        match self.first_of(args, body, &paths.reasoning) {
            Found::Present(value, _) => {
                let off = match &value {
                    Value::Text(_) => value.as_text().is_some_and(|text| matches!(text.as_str(), "none" | "disabled" | "off")),
                    Value::Ref(_) => {
                        matches!(self.key(&value, "type"), Found::Present(kind, _) if kind.as_text().as_deref() == Some("disabled"))
                            || matches!(self.key(&value, "effort"), Found::Present(kind, _) if kind.as_text().as_deref() == Some("none"))
                    }
                    _ => false,
                };
                if off { Known::Absent } else { Known::Present(()) }
            }
            Found::Unknown => Known::Unknown,
            Found::Absent => match model {
                Some(Reasoning::Always) => Known::Present(()),
                Some(Reasoning::Never | Reasoning::Optional) => Known::Absent,
                _ => Known::Unknown,
            },
        }
    }

    fn repetition(&self) -> Repetition {
        let real: Vec<&LoopInfo> = self.loops.iter().filter(|info| info.kind != LoopShape::Pseudo).collect();
        let module = self.project.module(self.root);
        let in_function = self.frames.iter().any(|frame| frame.function.is_some());
        // A loop in a function that is followed from here is one over its attempts as often as over items; where it runs over items, the
        // calls in it are seen there.
        let kind = match real.iter().rfind(|info| info.depth == 0).map(|info| info.kind) {
            None => LoopKind::None,
            Some(LoopShape::While | LoopShape::Range(_)) => LoopKind::Interactive,
            Some(LoopShape::Items) if module.is_script || !in_function => LoopKind::Batchable,
            Some(_) => LoopKind::Unknown,
        };
        let once = self.frames.iter().all(|frame| {
            frame.function.is_none_or(|function| {
                self.run_by_script.contains(&(function as *const _)) || (module.is_script && function.name == "main")
            })
        });
        let reuse = if !real.is_empty() {
            Reuse::Proved
        } else if once && self.frames.iter().all(|frame| frame.file == self.root) {
            Reuse::Unlikely
        } else {
            Reuse::Likely
        };
        Repetition { kind, reuse }
    }

    // --- content -----------------------------------------------------------------------------------------------------

    /// The messages of a request, in the shape of its API.
    fn messages(&mut self, value: &Value<'p>, request: &mut Request, marker: MarkerStyle, written: &'p Expr, place: Option<Place>) {
        match value {
            Value::Ref(id) if self.heap.list(*id).is_some() => {
                let Some(list) = self.heap.list(*id).cloned() else { return };
                for item in &list.items {
                    self.message(item, &list, request, marker, written);
                }
                if let Some(open) = &list.open {
                    self.open_messages(&(**open).clone(), list.trim, request);
                }
            }
            Value::Text(_) => {
                let segments = self.segments_of(value, written);
                let history = history_in(&segments);
                request.blocks.push(Block { kind: BlockRole::Message, role: Role::User, segments, history, place });
            }
            Value::Choice(choices) => {
                // The fullest way, as short as the shortest keeps it.
                let trim = choices
                    .iter()
                    .filter_map(|choice| match choice {
                        Value::Ref(id) => self.heap.list(*id).map(|list| list.trim),
                        _ => None,
                    })
                    .fold(Trim::None, Trim::join);
                let is_open = |choice: &&Value<'p>| !matches!(choice, Value::Ref(_) | Value::Null | Value::Text(_));
                let open = choices.iter().any(|choice| is_open(&choice));
                // A way that cannot be followed may be cut, unless it is known how it grows.
                let elsewhere = choices.iter().filter(is_open).map(|choice| {
                    let grows = self.growth_in(&Value::origin(self.origin_of(choice, written)));
                    grows.map_or(Trim::Unknown, |grows| grows.trim)
                });
                let trim = elsewhere.fold(trim, Trim::join);
                let fullest = choices.iter().max_by_key(|choice| match choice {
                    Value::Ref(id) => self.heap.list(*id).map_or(0, |list| list.items.len() + 1),
                    _ => 0,
                });
                if let Some(Value::Ref(id)) = fullest {
                    if let Some(mut list) = self.heap.list(*id).cloned() {
                        list.trim = list.trim.join(trim);
                        let id = self.heap.add(Obj::List(list));
                        self.messages(&Value::Ref(id), request, marker, written, place);
                    }
                } else if let Some(choice) = fullest.cloned() {
                    self.messages(&choice, request, marker, written, place);
                }
                request.open |= open;
            }
            Value::Json(inner) => self.messages(&inner.clone(), request, marker, written, place),
            other if self.as_message(other).is_some() => {
                let list = self.new_list(vec![other.clone()], None, None);
                self.messages(&list, request, marker, written, place);
            }
            other => {
                let origin = self.origin_of(other, written);
                self.open_messages(&origin, Trim::None, request);
            }
        }
    }

    /// Messages that come from elsewhere.
    fn open_messages(&mut self, origin: &Origin, trim: Trim, request: &mut Request) {
        let mut slot = self.slot_of(origin, None, None);
        if slot.size == SizeClass::Unknown {
            slot.size = SizeClass::History;
        }
        if slot.volatility.is_none() {
            slot.volatility = Some(Volatility::Turn);
            slot.confidence = Confidence::Low;
        }
        let fetched = self.growth_of_fetched(origin);
        let history = match origin.grows.as_ref().or(fetched.as_ref()) {
            Some(grows) if !origin.limited => self.growth(grows, trim),
            Some(grows) => HistoryBlock { grows_at: grows.grows_at, ..HistoryBlock::unknown() },
            None => HistoryBlock::unknown(),
        };
        slot.growth = Some(history.growth);
        request.open = true;
        request.blocks.push(Block {
            kind: BlockRole::Message,
            role: Role::Unknown,
            segments: vec![Segment::Slot(Box::new(slot))],
            history: Some(history),
            place: None,
        });
    }

    fn message(&mut self, item: &Item<'p>, list: &ListObj<'p>, request: &mut Request, marker: MarkerStyle, written: &'p Expr) {
        let mut history = None;
        let replayed = match &item.replays {
            Some(replays) => Some((**replays).clone()),
            None if !item.grows_in.is_empty() => {
                let (source, said) = self.source_of(list);
                Some(GrowthOrigin { loops: (*item.grows_in).clone(), grows_at: list.grows_at, trim: Trim::None, source, said })
            }
            None => None,
        };
        if let Some(replayed) = &replayed
            && self.is_running(&replayed.loops)
        {
            history = Some(self.growth(replayed, list.trim));
        }
        let value = match &item.value {
            Value::Choice(choices) => {
                choices.iter().find(|choice| matches!(choice, Value::Ref(_))).cloned().unwrap_or_else(|| item.value.clone())
            }
            other => other.clone(),
        };
        let spoken = match &value {
            Value::Text(_) => Some((Role::User, value.clone(), None)),
            other => self.as_message(other),
        };
        if let Some((role, content, place)) = spoken {
            let mut segments = Vec::new();
            self.content(&content, &mut segments, marker, written);
            let leading = request.blocks.iter().all(|block| block.kind != BlockRole::Message);
            let kind = if role == Role::System && leading && history.is_none() { BlockRole::System } else { BlockRole::Message };
            if history.is_none() {
                history = history_in(&segments);
            }
            request.blocks.push(Block { kind, role, segments, history, place });
            return;
        }
        match &value {
            Value::Ref(id) if self.heap.dict(*id).is_some() => {
                let role = match self.key(&value, "role").value().and_then(Value::as_text).as_deref() {
                    Some("system" | "developer") => Role::System,
                    Some("user") => Role::User,
                    Some("assistant" | "model") => Role::Assistant,
                    Some("tool" | "function") => Role::Tool,
                    _ => Role::Unknown,
                };
                let mut segments = Vec::new();
                let place = self.heap.dict(*id).and_then(|dict| dict.literal).map(|(file, expr)| Place::new(file, expr.span));
                for key in ["content", "text", "parts"] {
                    if let Found::Present(content, at) = self.key(&value, key) {
                        let at = at.map(|(_, expr)| expr).unwrap_or(written);
                        self.content(&content, &mut segments, marker, at);
                        break;
                    }
                }
                let leading = request.blocks.iter().all(|block| block.kind != BlockRole::Message);
                let kind = if role == Role::System && leading && history.is_none() { BlockRole::System } else { BlockRole::Message };
                if history.is_none() {
                    history = history_in(&segments);
                }
                request.blocks.push(Block { kind, role, segments, history, place });
            }
            Value::Unknown(origin) if item.many && replayed.is_none() => {
                // A list from elsewhere, spread into this one.
                self.open_messages(&(**origin).clone(), list.trim, request);
            }
            other => {
                let origin = self.origin_of(other, written);
                let mut slot = self.slot_of(&origin, None, None);
                if slot.volatility.is_none() {
                    slot.volatility = Some(Volatility::Turn);
                    slot.confidence = Confidence::Low;
                }
                request.blocks.push(Block {
                    kind: BlockRole::Message,
                    role: Role::Unknown,
                    segments: vec![Segment::Slot(Box::new(slot))],
                    history,
                    place: None,
                });
            }
        }
    }

    fn is_running(&self, loops: &[LoopId]) -> bool {
        self.own_loops().iter().any(|info| loops.contains(&info.id))
    }

    /// The loops around the call as it is reported: those inside a function that is called belong to the call in there.
    fn own_loops(&self) -> &[LoopInfo] {
        let around = self.stack.first().map_or(self.loops.len(), |site| site.loops);
        &self.loops[..around.min(self.loops.len())]
    }

    /// How what grew in these loops grows, with what was done to keep it short.
    pub fn growth(&self, grown: &GrowthOrigin, trim: Trim) -> HistoryBlock {
        let block = |growth, confidence| HistoryBlock { growth, confidence, grows_at: grown.grows_at, source: grown.source };
        match grown.trim.join(trim) {
            // A turn is a question and its answer.
            Trim::Sliding(messages) => {
                return block(Growth::Sliding { turns: messages.map(|messages| (messages / 2).max(1)) }, Confidence::High);
            }
            Trim::Blocks => return block(Growth::Bounded { turns: None }, Confidence::High),
            Trim::Unknown => return block(Growth::Unknown, Confidence::Low),
            Trim::None => {}
        }
        let running: Vec<&LoopInfo> = self.own_loops().iter().filter(|info| grown.loops.contains(&info.id)).collect();
        if let Some(real) = running.iter().find(|info| info.kind != LoopShape::Pseudo) {
            return match real.kind {
                LoopShape::Range(Some(steps)) if steps <= FEW_STEPS => {
                    block(Growth::Bounded { turns: u32::try_from(steps).ok() }, Confidence::High)
                }
                LoopShape::Range(_) => block(Growth::Unknown, Confidence::Low),
                // What lives for one run of a loop in which nobody says anything holds the steps of that run.
                LoopShape::While
                    if !grown.said && running.iter().all(|info| info.kind != LoopShape::Pseudo && !asks_in_loop(self.project, info.id)) =>
                {
                    HistoryBlock { source: HistorySource::Run, ..block(Growth::Unbounded, Confidence::High) }
                }
                _ => block(Growth::Unbounded, Confidence::High),
            };
        }
        match self.turn_limit {
            _ if running.is_empty() => block(Growth::Unknown, Confidence::Low),
            None => block(Growth::Unbounded, Confidence::Medium),
            Some(Some(turns)) if turns <= FEW_STEPS => block(Growth::Bounded { turns: u32::try_from(turns).ok() }, Confidence::High),
            Some(_) => block(Growth::Unknown, Confidence::Low),
        }
    }

    /// The content of a message or system field: a text, or a list of blocks.
    fn content(&mut self, value: &Value<'p>, segments: &mut Vec<Segment>, marker: MarkerStyle, written: &'p Expr) {
        match value {
            // What holds itself is never written out.
            Value::Ref(id) if self.lowering.contains(id) || self.lowering.len() >= DEEPEST_CONTENT || segments.len() > MOST_SEGMENTS => {}
            Value::Ref(id) => {
                self.lowering.push(*id);
                self.content_of(value, *id, segments, marker, written);
                self.lowering.pop();
            }
            Value::Choice(choices) if choices.iter().any(|choice| matches!(choice, Value::Ref(_))) => {
                if let Some(choice) = choices.iter().find(|choice| matches!(choice, Value::Ref(_))).cloned() {
                    self.content(&choice, segments, marker, written);
                }
            }
            Value::Null => {}
            // All of a message that was handed in.
            Value::Unknown(origin) if origin.in_history => {
                let place = Place::new(self.place_file(written), written.span);
                segments.push(Segment::Slot(Box::new(self.slot_of(origin, Some(place), Some(place)))));
            }
            other => {
                let place = Place::new(self.place_file(written), written.span);
                self.insert(segments, other, Some(place), Some(place), written);
            }
        }
    }

    /// The content that an object is or holds.
    fn content_of(&mut self, value: &Value<'p>, id: ObjId, segments: &mut Vec<Segment>, marker: MarkerStyle, written: &'p Expr) {
        match self.heap.get(id).clone() {
            Obj::List(list) => {
                for item in &list.items {
                    self.content(&item.value, segments, marker, written);
                }
                if let Some(open) = &list.open {
                    let slot = self.slot_of(open, None, None);
                    segments.push(Segment::Slot(Box::new(slot)));
                }
            }
            Obj::Dict(dict) => self.content_block(&dict, id, segments, marker, written),
            Obj::Instance(_) => {
                let origin = self.origin_of(value, written);
                segments.push(Segment::Slot(Box::new(self.slot_of(&origin, None, None))));
            }
        }
    }

    /// The file in which an argument is written: that of the running frame, as arguments are lowered where they stand.
    fn place_file(&self, _written: &Expr) -> FileId {
        self.file()
    }

    fn content_block(&mut self, dict: &DictObj<'p>, id: ObjId, segments: &mut Vec<Segment>, marker: MarkerStyle, written: &'p Expr) {
        let place = dict.literal.map(|(file, expr)| Place::new(file, expr.span));
        let names = &self.catalogue.names;
        // A block of its own as Converse has it, or a key beside what it closes as a body for Nova has it.
        let is_content = |key: &str| matches!(key, "text" | "content" | "input_text" | "document") || names.is_media_key(key);
        let is_alone = !dict.entries.iter().any(|entry| is_content(&entry.key));
        if let Some(entry) = dict.get("cachePoint").filter(|_| is_alone) {
            let ttl = self.ttl(&entry.value.clone());
            segments.push(Segment::Breakpoint(Breakpoint { place, ttl }));
            return;
        }
        let kind = dict.get("type").and_then(|entry| entry.value.as_text());
        // What a tool answered: a turn of the conversation, whatever it holds.
        let is_result = kind.as_deref().is_some_and(|kind| matches!(kind, "tool_result" | "function_call_output"));
        if is_result || dict.get("toolResult").is_some() {
            let origin = Origin { in_history: true, ..Origin::named("a tool result") };
            segments.push(Segment::Slot(Box::new(self.slot_of(&origin, place, None))));
            return;
        }
        if kind.as_deref().is_some_and(|kind| names.is_media_type(kind)) || dict.entries.iter().any(|entry| names.is_media_key(&entry.key))
        {
            let origin = Origin { size: Some(SizeClass::Media), volatility: Some(Volatility::Request), ..Origin::named("an image") };
            segments.push(Segment::Slot(Box::new(self.slot_of(&origin, place, None))));
        } else if kind.as_deref() == Some("document") || dict.get("document").is_some() {
            // An adapter that puts messages into another form passes on the documents of others.
            let in_history = self.holds_history(&Value::Ref(id), 0);
            let origin = Origin {
                size: Some(SizeClass::Document),
                volatility: Some(Volatility::Request),
                in_history,
                reason: "a document block".into(),
                ..Origin::named("a document")
            };
            segments.push(Segment::Slot(Box::new(self.slot_of(&origin, place, None))));
        } else {
            let text = ["text", "content", "input_text"].iter().find_map(|key| dict.get(key).cloned());
            match text {
                Some(entry) => {
                    let at = entry.written.map(|(_, expr)| expr).unwrap_or(written);
                    self.content(&entry.value, segments, marker, at);
                }
                None => self.structure(&Value::Ref(id), segments, 0),
            }
        }
        for key in ["cache_control", "prompt_cache_breakpoint", "cachePoint"] {
            if let Some(entry) = dict.get(key).filter(|entry| !matches!(entry.value, Value::Null)) {
                let place = entry.written.map(|(file, expr)| Place::new(file, expr.span)).or(place);
                let ttl = self.ttl(&entry.value.clone());
                segments.push(Segment::Breakpoint(Breakpoint { place, ttl }));
            }
        }
    }

    /// Whether something in the value was taken out of a conversation that was handed in.
    fn holds_history(&self, value: &Value<'p>, depth: usize) -> bool {
        match value {
            Value::Unknown(origin) => origin.in_history,
            Value::Member(base, _) => self.holds_history(base, depth),
            Value::Ref(id) if depth < 6 => match self.heap.get(*id) {
                Obj::Dict(dict) => dict.entries.iter().any(|entry| self.holds_history(&entry.value, depth + 1)),
                Obj::List(list) => list.items.iter().take(8).any(|item| self.holds_history(&item.value, depth + 1)),
                Obj::Instance(_) => false,
            },
            Value::Choice(choices) => choices.iter().any(|choice| self.holds_history(choice, depth)),
            _ => false,
        }
    }

    fn ttl(&mut self, value: &Value<'p>) -> Option<Arc<str>> {
        match self.key(value, "ttl") {
            Found::Present(value, _) => value.as_text().map(|text| text.as_str().into()),
            _ => None,
        }
    }

    /// A value as the JSON that a provider renders it to (tools, schemas), roughly.
    fn structure(&mut self, value: &Value<'p>, segments: &mut Vec<Segment>, depth: usize) {
        if depth > 24 || segments.len() > MOST_SEGMENTS {
            return;
        }
        match value {
            Value::Ref(id) => match self.heap.get(*id).clone() {
                Obj::Dict(dict) => {
                    if let Some(entry) = dict.get("cachePoint") {
                        let ttl = self.ttl(&entry.value.clone());
                        let place = dict.literal.map(|(file, expr)| Place::new(file, expr.span));
                        segments.push(Segment::Breakpoint(Breakpoint { place, ttl }));
                        return;
                    }
                    segments.push(Segment::text("{"));
                    let mut breakpoint = None;
                    for entry in &dict.entries {
                        if &*entry.key == "cache_control" {
                            breakpoint = Some(Breakpoint {
                                place: entry.written.map(|(file, expr)| Place::new(file, expr.span)),
                                ttl: self.ttl(&entry.value.clone()),
                            });
                            continue;
                        }
                        segments.push(Segment::text(&format!("\"{}\": ", entry.key)));
                        self.structure(&entry.value, segments, depth + 1);
                        segments.push(Segment::text(", "));
                    }
                    segments.push(Segment::text("}"));
                    if let Some(breakpoint) = breakpoint {
                        segments.push(Segment::Breakpoint(breakpoint));
                    }
                }
                Obj::List(list) => {
                    for item in &list.items {
                        self.structure(&item.value, segments, depth + 1);
                    }
                    if let Some(open) = &list.open {
                        let origin = Origin { size: Some(SizeClass::Schema), ..(**open).clone() };
                        segments.push(Segment::Slot(Box::new(self.slot_of(&origin, None, None))));
                    }
                }
                Obj::Instance(_) => segments.push(Segment::Slot(Box::new(self.slot_of(
                    &Origin { size: Some(SizeClass::Schema), ..Origin::named("a schema") },
                    None,
                    None,
                )))),
            },
            Value::Text(parts) => segments.extend(parts.iter().cloned()),
            Value::Int(number) => segments.push(Segment::text(&number.to_string())),
            Value::Bool(flag) => segments.push(Segment::text(if *flag { "true" } else { "false" })),
            Value::Float(number) => segments.push(Segment::text(&number.to_string())),
            Value::Null => segments.push(Segment::text("null")),
            Value::Choice(choices) => {
                if let Some(choice) = choices.iter().find(|choice| !matches!(choice, Value::Null)).cloned() {
                    self.structure(&choice, segments, depth + 1);
                }
            }
            Value::Unknown(origin) => {
                // Tools and schemas from elsewhere are as a rule chosen once, but that is not known. What a tool is called says what it
                // does, not what its definition is made of: `createDocument({ session })`.
                let origin = Origin { size: Some(SizeClass::Schema), ..(**origin).clone() };
                let mut slot = self.slot_of(&origin, None, None);
                if origin.volatility.is_none() && origin.loop_id.is_none() && origin.name.ends_with(')') {
                    slot.volatility = None;
                }
                segments.push(Segment::Slot(Box::new(slot)));
            }
            _ => segments.push(Segment::Slot(Box::new(self.slot_of(
                &Origin { size: Some(SizeClass::Schema), ..Origin::named("a schema") },
                None,
                None,
            )))),
        }
    }
}

/// A name that is written like a class: what it returns has the keywords that it was given.
/// Whether the arguments stand in one object at the call, with nothing spread into it that callers may vary.
fn is_written_out(expr: &Expr) -> bool {
    let ExprKind::Call(call) = &expr.kind else { return false };
    match call.args.as_slice() {
        [Arg { kind: ArgKind::Positional, value: Expr { kind: ExprKind::Dict(items), .. }, .. }] => {
            items.iter().all(|item| match item {
                DictItem::Entry { .. } => true,
                // `...(tools && { tools })`
                DictItem::Spread(value) => matches!(value.kind, ExprKind::And(_) | ExprKind::Conditional { .. } | ExprKind::Dict(_)),
            })
        }
        _ => false,
    }
}

/// The model that the class behind a call takes where the code names none.
fn default_model<'p>(api: &'p Api, setting: &Setting<'p>) -> Option<&'p str> {
    let Setting::Made(Some(made)) = setting else { return None };
    let ExprKind::Call(call) = &made.expr.kind else { return None };
    let class = match &call.callee.kind {
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => name,
        _ => return None,
    };
    api.default_models.iter().find(|(known, _)| known == class).map(|(_, model)| &**model)
}

fn is_constructor(kind: &str) -> bool {
    kind.rsplit('.').next().and_then(|name| name.chars().next()).is_some_and(char::is_uppercase)
}

fn is_null(value: Option<&Value<'_>>) -> bool {
    match value {
        Some(Value::Null) => true,
        Some(Value::External(name)) => Catalogue::builtin().python.is_left_out(name),
        _ => false,
    }
}

/// A conversation that stands as text in a prompt.
fn history_in(segments: &[Segment]) -> Option<HistoryBlock> {
    segments.iter().find_map(|segment| match segment {
        Segment::Slot(slot) => {
            let confidence = slot.confidence.max(Confidence::Medium);
            slot.growth.map(|growth| HistoryBlock { growth, confidence, ..HistoryBlock::unknown() })
        }
        Segment::Block(block) => {
            block.subject.growth.map(|growth| HistoryBlock { growth, confidence: Confidence::Medium, ..HistoryBlock::unknown() })
        }
        _ => None,
    })
}

/// The worst that any block of the request says.
pub fn history_of(request: &Request) -> History {
    let mut history = History::none();
    let rank = |state: HistoryState| match state {
        HistoryState::None => 0,
        HistoryState::Bounded => 1,
        HistoryState::Unknown => 2,
        HistoryState::Sliding => 3,
        HistoryState::Unbounded => 4,
    };
    for block in request.blocks.iter().filter_map(|block| block.history.as_ref()) {
        let state = match block.growth {
            Growth::Bounded { .. } => HistoryState::Bounded,
            Growth::Sliding { .. } => HistoryState::Sliding,
            Growth::Unbounded => HistoryState::Unbounded,
            Growth::Unknown => HistoryState::Unknown,
        };
        if rank(state) > rank(history.state) {
            history = History { state, confidence: block.confidence, grows_at: block.grows_at, source: block.source };
        }
    }
    history
}
