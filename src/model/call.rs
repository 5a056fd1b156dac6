//! Calls: one place in code that calls a model, and what is known of its arguments.

use std::sync::Arc;

use crate::catalogue::{Api, List, MarkerStyle, MessageShape, Model, OlderCap, Text};
use crate::span::Place;
use crate::syntax;

use super::prompt::Confidence;
use super::request::{HistorySource, Request};

/// A value that was followed, is known to be absent, or could not be followed.
#[derive(Clone, Debug, PartialEq)]
pub enum Known<T> {
    Present(T),
    Absent,
    Unknown,
}

impl<T> Known<T> {
    pub fn present(&self) -> Option<&T> {
        match self {
            Known::Present(value) => Some(value),
            _ => None,
        }
    }
}

/// A call of a model: directly, or through one of the project's own functions.
#[derive(Clone, Debug)]
pub struct Call<'p> {
    /// The callee and its arguments; what a finding points at is `callee`.
    pub place: Place,
    pub callee: Place,
    /// The statement that holds the call.
    pub statement: Place,
    pub api: &'p Api,
    /// Who serves it: the API's provider, unless the client says otherwise (`AzureOpenAI`).
    pub provider: Arc<str>,
    /// How this call's messages and markers are written: the API's way, or that of the model's family in a body.
    pub shape: MessageShape,
    pub marker: MarkerStyle,
    /// Paths of the cap among the arguments (in the body, where there is one); the first is the one to write.
    pub cap_paths: List<Text>,
    /// The dict literal that is sent as JSON body.
    pub body: Option<Place>,
    /// The syntax of the call of the SDK, where arguments are inserted.
    pub syntax: &'p syntax::Expr,
    /// The model as written (`anthropic.claude-sonnet-4-5-20250929-v1:0`), if it could be followed.
    pub model_name: Known<Arc<str>>,
    /// The catalogue's entry for it.
    pub model: Option<&'p Model>,
    /// The models of which it is one, where the code names several and each is known.
    pub may_be: Vec<&'p Model>,
    pub cap: Cap,
    /// Reasoning is on, or the model always reasons.
    pub reasoning: Known<()>,
    pub request: Request,
    pub history: History,
    pub repetition: Repetition,
    pub tags: Known<()>,
    /// The model argument is the ARN of a managed prompt, which carries its own settings.
    pub managed_prompt: bool,
    /// Automatic caching is switched on in the call, or by an option elsewhere.
    pub caching_elsewhere: bool,
    /// The wrapper that was called, if the call of the SDK lies inside one of the project's own functions.
    pub via: Option<Via>,
    /// The constructor of the object that holds the call's settings: a cap is added there.
    pub settings: Option<Settings<'p>>,
    /// The constructors of the objects that may make it, wherever these are: each is listed as a call of its own.
    pub made_at: Vec<Place>,
    /// What older versions of the library send without a cap.
    pub older_cap: Option<&'p OlderCap>,
    /// The client speaks to a server on its own machine, which costs nothing a token.
    pub bills_nothing: bool,
    /// The light task that the type of the answer leaves: `classification` where it is one of a list of words.
    pub choice: Option<&'static str>,
    /// Where each block role is written, for rewrites: the value of `system`, `messages`, …
    pub anchors: Anchors,
}

/// A constructor whose arguments are settings of the calls that its object makes.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'p> {
    /// With its arguments.
    pub place: Place,
    pub callee: Place,
    pub syntax: &'p syntax::Expr,
}

#[derive(Clone, Debug)]
pub struct Via {
    pub function: Arc<str>,
    /// The call of the SDK inside it.
    pub inner: Place,
    /// The calls of the project's own functions behind the one that is reported, the nearest to the SDK's first.
    pub way: Vec<Place>,
}

/// How the project has a cap that a request is sent without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostBy {
    /// A parameter, a field of a request, an option of the command line.
    Taken,
    /// An attribute, a variable or a constant.
    Set,
    /// Keywords that a function takes as a whole and drops.
    Swallowed,
}

/// A cap that the project takes as a setting, and that a request is sent without.
#[derive(Clone, Debug)]
pub struct LostCap {
    pub by: LostBy,
    /// As the setting is called: `max_tokens`, `--max-tokens`, `**kwargs`.
    pub name: Arc<str>,
    /// Where it is taken, or sent by another call.
    pub place: Place,
    /// Where another call sends it.
    pub sent_at: Option<Place>,
    /// What stands for it at the call.
    pub value: Option<Arc<str>>,
}

/// Argument values in the source, each as its own expression.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    pub system: Option<Place>,
    pub messages: Option<Place>,
    pub tools: Option<Place>,
    pub cap_container: Option<Place>,
    /// The whole of the other call that made the object which should hold the cap, and what is called there: the cap is missing at
    /// that call, which is counted itself.
    pub cap_owner: Option<(Place, Place)>,
    /// The project's own setting of a cap, which this request leaves out.
    pub lost_cap: Option<LostCap>,
    /// Where the file sets a cap for another request.
    pub capped_beside: Option<Place>,
    /// The variable or attribute that holds the replayed list (`messages`, `self.history`), as written at the call.
    pub history_name: Option<Arc<str>>,
    /// The list holds the system message too.
    pub history_has_system: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Cap {
    pub state: CapState,
    pub value: Option<u64>,
    pub confidence: Confidence,
    pub place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapState {
    Present,
    Missing,
    /// The API refuses a request without one.
    Required,
    /// Missing in the code, but the framework or model family sends a small default.
    Defaulted,
    Unknown,
    /// The call does not write text (embeddings, a managed prompt that carries its own).
    NotApplicable,
}

/// What a conversation sends again, over all message blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub state: HistoryState,
    pub confidence: Confidence,
    /// The statement that makes it grow.
    pub grows_at: Option<Place>,
    pub source: HistorySource,
}

impl History {
    /// Nothing is sent again.
    pub fn none() -> Self {
        History { state: HistoryState::None, confidence: Confidence::High, grows_at: None, source: HistorySource::Kept }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryState {
    None,
    Bounded,
    Sliding,
    Unbounded,
    Unknown,
}

/// How a call repeats.
#[derive(Clone, Debug, PartialEq)]
pub struct Repetition {
    pub kind: LoopKind,
    pub reuse: Reuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    None,
    /// Over a collection, in code that nobody waits for.
    Batchable,
    /// A conversation, an agent, a retry.
    Interactive,
    Unknown,
}

/// Whether a prefix is sent again within the life of a cache entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// A loop around the call, or stated traffic.
    Proved,
    /// A request handler or a method that anyone may call.
    Likely,
    /// A script that runs once.
    Unlikely,
}
