//! Which calls are calls of a model: the catalogue's APIs, matched by client, method path and keywords.

use crate::catalogue::Api;
use crate::model::call::{Call, Via};
use crate::model::prompt::{Confidence, Volatility};
use crate::span::Place;
use crate::syntax;
use crate::syntax::Expr;

use super::eval::{CallSite, Evaluator};
use super::value::*;

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

/// An API, and who serves it through this client.
#[derive(Clone, Copy)]
struct Match<'p> {
    api: &'p Api,
    provider: &'p str,
}

impl<'p> Evaluator<'p> {
    /// If the callee is an API of the catalogue, records the call and returns what it answers.
    pub fn recognise(&mut self, expr: &'p Expr, call: &'p syntax::Call, callee: &Value<'p>, args: &Args<'p>) -> Option<Value<'p>> {
        let mut matched = self.match_callee(callee, args);
        let mut shifted = None;
        if matched.is_none() {
            // `asyncio.to_thread(client.converse, modelId=…)`, `partial(client.converse, …)`
            let at = args.positional.iter().take(3).position(|value| matches!(value, Value::Member(..) | Value::External(_)));
            if let Some(at) = at {
                let passed = args.positional[at].clone();
                if !args.keywords.is_empty() {
                    matched = self.match_callee(&passed, args);
                    shifted = matched.map(|_| Args { positional: args.positional[at + 1..].to_vec(), ..args.clone() });
                }
            }
        }
        let matched = matched?;
        let args = shifted.as_ref().unwrap_or(args);
        let in_root = match self.stack.first() {
            Some(site) => site.file == self.root,
            None => self.file() == self.root,
        };
        if in_root || self.probing {
            self.record(expr, call, matched, args);
        }
        Some(Value::origin(Origin {
            volatility: Some(Volatility::Request),
            confidence: Confidence::High,
            reason: "an answer of the model".into(),
            ..Origin::named("response")
        }))
    }

    fn match_callee(&self, callee: &Value<'p>, args: &Args<'p>) -> Option<Match<'p>> {
        if let Value::Choice(choices) = callee {
            return choices.iter().find_map(|choice| self.match_callee(choice, args));
        }
        let language = self.project.file(self.file()).language.in_catalogue();
        let mut apis = self.catalogue.apis.iter().filter(|api| language == Some(api.language.as_str()));
        apis.find_map(|api| self.match_api(api, callee, args))
    }

    fn match_api(&self, api: &'p Api, callee: &Value<'p>, args: &Args<'p>) -> Option<Match<'p>> {
        let expected = api.expects.is_empty() || args.open || api.expects.iter().any(|name| args.keyword(name).is_some());
        if !expected {
            return None;
        }
        let found = Match { api, provider: &api.provider };
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
                self.match_path(api, rest).then_some(found)
            }
            Value::Member(base, path) => match &**base {
                Value::Instance(instance) => {
                    let same_name = |client: &str| last(client) == last(&instance.kind) && last(client) != "default";
                    let known = |client: &String| **client == *instance.kind || same_name(client);
                    if api.clients.iter().any(known) {
                        let provider = api
                            .client_providers
                            .iter()
                            .find(|(client, _)| known(client))
                            .map_or(api.provider.as_str(), |(_, provider)| provider);
                        return (without(path, api) == *tail(&without(path, api), api)?).then_some(Match { api, provider });
                    }
                    // A factory that is not a constructor (`boto3.client(…)`, `wrap(OpenAI())`) tells nothing against it.
                    let is_constructor = last(&instance.kind).chars().next().is_some_and(char::is_uppercase);
                    if is_constructor && !api.unique {
                        return None;
                    }
                    if !api.unique && !self.mentions(api) {
                        return None;
                    }
                    self.match_path(api, path).then_some(found)
                }
                Value::Unknown(_) | Value::External(_) | Value::Ref(_) => self.match_path(api, path).then_some(found),
                _ => None,
            },
            _ => None,
        }
    }

    /// With a receiver that could not be followed: the end of the path is the API's, and what stands before does not
    /// say otherwise.
    fn match_path(&self, api: &Api, path: &str) -> bool {
        let path = without(path, api);
        let Some(method) = tail(&path, api) else { return false };
        let before = path[..path.len() - method.len()].trim_end_matches('.');
        if api.not_after.iter().any(|name| last(before) == name) {
            return false;
        }
        api.unique || method.matches('.').count() >= 2 || self.mentions(api)
    }

    /// The file names one of the API's modules.
    fn mentions(&self, api: &Api) -> bool {
        let text = self.project.text(self.file());
        api.modules.iter().any(|module| text.contains(module.as_str()))
    }

    fn record(&mut self, expr: &'p Expr, call: &'p syntax::Call, matched: Match<'p>, args: &Args<'p>) {
        let inner = Place::new(self.file(), expr.span);
        if !self.probing {
            if let Some(site) = self.stack.first().cloned() {
                // A function that sends the same whatever it is given is no wrapper: its own call is the call.
                if !self.is_wrapper(&site) {
                    return;
                }
            }
        }
        self.reads_param.set(false);
        let mut lowered = self.lower_call(expr, call, matched.api, matched.provider, args);
        let depends_on_params = self.reads_param.get();
        if let Some(site) = self.stack.first() {
            lowered.place = Place::new(site.file, site.expr.span);
            lowered.callee = Place::new(site.file, callee_span(site.expr));
            lowered.statement = site.statement;
            lowered.via = Some(Via { function: site.reference.func.name.as_str().into(), inner });
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
        self.within(PROBE_FUEL, |this| this.run_block(&site.reference.func.body));
        self.heap.rollback();
        self.probing = false;
        self.statement = statement;
        self.frames = frames;
        self.stack = stack;
        let found = std::mem::replace(&mut self.calls, calls);
        let depends = found.iter().any(|raw| raw.depends_on_params);
        self.wrappers.insert(key, depends);
        depends
    }
}

/// Where a finding about a call points: the callee, not its arguments.
pub fn callee_span(expr: &Expr) -> crate::span::Span {
    match &expr.kind {
        syntax::ExprKind::Call(call) => call.callee.span,
        _ => expr.span,
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// The path without the names that change nothing.
fn without(path: &str, api: &Api) -> String {
    path.split('.').filter(|part| !api.transparent.iter().any(|name| name == part)).collect::<Vec<_>>().join(".")
}

/// The API's method that the path ends with.
fn tail<'a>(path: &str, api: &'a Api) -> Option<&'a String> {
    api.methods.iter().find(|method| path == method.as_str() || path.ends_with(&format!(".{method}")))
}
