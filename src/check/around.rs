//! What is known of a call or prompt beside all others of the project: which go through it, which say the same, whether usage is read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use crate::catalogue::Catalogue;
use crate::model::call::{Call, HistoryState, LoopKind};
use crate::model::facts::{Fact, Record};
use crate::model::prompt::Segment;
use crate::model::request::{BlockRole, Request};
use crate::project::{Language, Project};
use crate::rewrite::find;
use crate::span::{FileId, Place, Span};
use crate::syntax::ExprKind;
use crate::tokens;

use super::callers::OverItems;
use super::inventory;
use super::lost::Caps;
use super::options::Options;

/// The shortest text that is looked for a second time, in bytes.
const SHORTEST: usize = 800;
/// The part of two texts that has to be the same in both.
const NEARLY: f64 = 0.9;
/// The shortest line that tells one text from another, in bytes.
const LINE: usize = 30;

/// The calls and prompts of a project, as each of them is judged.
pub struct Around<'c> {
    /// Calls that other calls go through, which are judged themselves.
    wrappers: HashSet<Place>,
    /// Calls of an SDK itself.
    calls: Vec<Place>,
    /// All calls, those through wrappers too, by their files.
    sent: HashMap<FileId, Vec<Sent>>,
    requests: Vec<&'c Request>,
    twins: OnceLock<HashMap<Place, Twin>>,
    reads_usage: OnceLock<bool>,
    caps: OnceLock<Option<Caps>>,
    options: OnceLock<Option<Options>>,
    /// Prompts in code that are only ever sent behind something else.
    behind: HashSet<Place>,
    /// How many calls lead straight to each call of one of the project's own functions.
    through: HashMap<Place, usize>,
}

/// A call, with the call of an SDK that it comes to.
#[derive(Clone, Copy, Debug)]
struct Sent {
    place: Place,
    inner: Place,
    in_loop: bool,
    /// It sends again what was said before.
    converses: bool,
}

/// A long text that stands somewhere else as well.
#[derive(Clone, Debug)]
struct Twin {
    /// Where it stands first.
    first: Place,
    exact: bool,
    tokens: u64,
}

impl<'c> Around<'c> {
    pub fn new<'p: 'c>(calls: impl IntoIterator<Item = &'c Call<'p>>, prompts: impl IntoIterator<Item = &'c Request>) -> Self {
        let mut wrappers = HashSet::new();
        let mut requests: Vec<&Request> = Vec::new();
        let mut places = Vec::new();
        let mut through: HashMap<Place, HashSet<Place>> = HashMap::new();
        let mut sent: HashMap<FileId, Vec<Sent>> = HashMap::new();
        for call in calls {
            let in_loop = matches!(call.repetition.kind, LoopKind::Batchable | LoopKind::Unknown);
            let inner = call.via.as_ref().map_or(call.place, |via| via.inner);
            let converses = matches!(call.history.state, HistoryState::Unbounded | HistoryState::Sliding);
            sent.entry(call.place.file).or_default().push(Sent { place: call.place, inner, in_loop, converses });
            if call.via.is_none() {
                places.push(call.place);
            }
            wrappers.extend(call.via.as_ref().map(|via| via.inner));
            // The way leads from the SDK outwards: each is reached from the next, the last from the call itself.
            if let Some(via) = &call.via {
                let callers = via.way.iter().skip(1).chain([&call.place]);
                for (helper, caller) in via.way.iter().zip(callers) {
                    through.entry(*helper).or_default().insert(*caller);
                }
            }
            requests.push(&call.request);
        }
        requests.extend(prompts);
        Around {
            wrappers,
            calls: places,
            sent,
            requests,
            twins: OnceLock::new(),
            reads_usage: OnceLock::new(),
            caps: OnceLock::new(),
            options: OnceLock::new(),
            behind: HashSet::new(),
            through: through.into_iter().map(|(helper, callers)| (helper, callers.len())).collect(),
        }
    }

    /// Whether a single call leads straight to this call of one of the project's own functions.
    pub fn has_one_caller(&self, helper: Place) -> bool {
        self.through.get(&helper) == Some(&1)
    }

    /// With the prompts that stand behind something else wherever they are used.
    pub fn with_behind(mut self, behind: HashSet<Place>) -> Self {
        self.behind = behind;
        self
    }

    /// Whether a prompt is only ever sent behind something else, so that how it begins is no beginning of a request.
    pub fn is_behind(&self, prompt: Place) -> bool {
        self.behind.contains(&prompt)
    }

    /// The project's own settings of caps, and who reads them, if all of it is worth reading for that.
    pub fn caps(&self, project: &Project, catalogue: &Catalogue) -> Option<&Caps> {
        self.caps.get_or_init(|| project.is_at_hand().then(|| Caps::of(project, catalogue))).as_ref()
    }

    /// The options of the project's command lines that name a model, if all of it is worth reading for that.
    pub fn options(&self, project: &Project) -> Option<&Options> {
        self.options.get_or_init(|| project.is_at_hand().then(|| Options::of(project))).as_ref()
    }

    /// Whether other calls go through this one.
    pub fn is_wrapper(&self, call: Place) -> bool {
        self.wrappers.contains(&call)
    }

    /// The calls of a model in a file, those through the project's own functions too.
    pub fn calls_in(&self, file: FileId) -> Vec<Span> {
        self.sent.get(&file).into_iter().flatten().map(|sent| sent.place.span).collect()
    }

    /// Whether the wrapper that a call goes through holds a conversation: what it sends first is followed by more.
    pub fn wraps_conversation(&self, project: &Project, call: &Call<'_>) -> bool {
        let Some(inner) = call.via.as_ref().map(|via| via.inner) else { return false };
        let Some(function) = find::function_around(project.module(inner.file), inner.span) else { return false };
        self.sent.get(&inner.file).into_iter().flatten().any(|sent| sent.converses && function.span.contains(sent.place.span))
    }

    /// Whether a loop over items that leads to the same call of an SDK is reported nearer to it than the one around this call: in the wrapper
    /// itself, in a function between the two, or, for a function that a loop calls, where it is called.
    pub fn is_reported_nearer(&self, project: &Project, call: &Call<'_>, over: Option<&OverItems>) -> bool {
        let Some(inner) = call.via.as_ref().map(|via| via.inner) else { return false };
        if let Some(over) = over {
            let here = self.sent.get(&call.place.file).into_iter().flatten();
            return here.filter(|other| other.inner == inner).any(|other| other.place.span == over.site);
        }
        let called = match &find::expr_at(project.module(call.place.file), call.place.span).map(|expr| &expr.kind) {
            Some(ExprKind::Call(made)) => match &made.callee.kind {
                ExprKind::Name(name) | ExprKind::Attribute { name, .. } => Some(name.as_str()),
                _ => None,
            },
            _ => None,
        };
        self.sent.values().flatten().filter(|other| other.in_loop && other.inner == inner && other.place != call.place).any(|other| {
            let function = find::function_around(project.module(other.place.file), other.place.span);
            other.place == inner || function.is_some_and(|function| Some(function.name.as_str()) == called)
        })
    }

    /// On the first call of a project in which nothing looks at the tokens that calls take: how many calls there are.
    pub fn unwatched(&self, project: &Project, call: Place) -> Fact {
        if self.calls.iter().min() != Some(&call) || self.reads_usage(project) {
            return Fact::absent();
        }
        Fact::number(self.calls.len() as f64)
    }

    /// Whether any file of the project reads what a response says of its tokens, or hands responses to a tool that does.
    fn reads_usage(&self, project: &Project) -> bool {
        const WORDS: [&str; 16] = [
            "usage",
            "Usage",
            "langfuse",
            "langsmith",
            "LANGCHAIN_TRACING",
            "opentelemetry",
            "openinference",
            "helicone",
            "weave",
            "wandb",
            "mlflow",
            "braintrust",
            "portkey",
            "callbacks",
            "cost_per_token",
            "experimental_telemetry",
        ];
        *self.reads_usage.get_or_init(|| {
            let says = |text: &str| WORDS.iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some());
            project.ids().any(|id| {
                matches!(project.file(id).language, Language::Python | Language::JavaScript) && project.peek(id, says).unwrap_or(true)
            })
        })
    }

    /// The text of a request that stands, the same or nearly so, in another place before it.
    pub fn twin(&self, project: &Project, request: &Request) -> Fact {
        let twins = self.twins.get_or_init(|| twins(project, &self.requests));
        if twins.is_empty() {
            return Fact::absent();
        }
        let found = texts(project, request).into_iter().find_map(|(place, _)| Some((place, twins.get(&place)?)));
        let Some((place, twin)) = found else { return Fact::absent() };
        let first = Fact::record(Record { place: Some(twin.first), ..Record::default() });
        let fields = [
            ("first", first),
            ("path", Fact::text(project.file(twin.first.file).key.clone())),
            ("exact", Fact::bool(twin.exact)),
            ("tokens", Fact::number(twin.tokens as f64)),
        ];
        Fact::record(Record { place: Some(place), fields: fields.into_iter().collect() })
    }
}

/// The literals and files that a request takes long texts from, with these.
fn texts(project: &Project, request: &Request) -> Vec<(Place, String)> {
    let mut found: Vec<(Place, String)> = Vec::new();
    for block in request.blocks.iter().filter(|block| block.kind != BlockRole::Tools) {
        for segment in &block.segments {
            let Segment::Text(text) = segment else { continue };
            let Some(place) = text.place else { continue };
            let inside = |whole: &Place| whole.file == place.file && whole.span.contains(place.span);
            match found.iter_mut().find(|(whole, _)| inside(whole)) {
                Some((_, known)) => known.push_str(&text.text),
                None => {
                    let place = inventory::prompt_around(project, place);
                    found.push((place, text.text.to_string()));
                }
            }
        }
    }
    found.retain(|(_, text)| text.len() >= SHORTEST);
    found
}

fn twins(project: &Project, requests: &[&Request]) -> HashMap<Place, Twin> {
    let mut all: BTreeMap<Place, String> = BTreeMap::new();
    for request in requests {
        // Few requests hold so much text.
        let long: usize = request
            .blocks
            .iter()
            .flat_map(|block| &block.segments)
            .map(|one| if let Segment::Text(text) = one { text.text.len() } else { 0 })
            .sum();
        if long >= SHORTEST {
            all.extend(texts(project, request));
        }
    }
    let all: Vec<(Place, String)> = all.into_iter().filter(|(place, _)| !is_copy(&project.file(place.file).key)).collect();
    let lines = |text: &str| -> HashSet<String> {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        text.lines().map(words).filter(|line| line.len() >= LINE).collect()
    };
    let lined: Vec<HashSet<String>> = all.iter().map(|(_, text)| lines(text)).collect();
    let mut by_line: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut found = HashMap::new();
    for (at, own) in lined.iter().enumerate() {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for line in own {
            let known = by_line.entry(line.as_str()).or_default();
            known.iter().for_each(|other| *shared.entry(*other).or_default() += line.len());
            known.push(at);
        }
        let weight = |lines: &HashSet<String>| lines.iter().map(String::len).sum::<usize>().max(1);
        let own_weight = weight(own);
        let twin = shared
            .into_iter()
            .find(|(other, bytes)| lined.get(*other).is_some_and(|other| *bytes as f64 >= NEARLY * own_weight.max(weight(other)) as f64));
        let (Some((other, _)), Some((place, text))) = (twin, all.get(at)) else { continue };
        let Some((first, known)) = all.get(other) else { continue };
        let same = |one: &str| one.split_whitespace().collect::<Vec<_>>().join(" ");
        let twin = Twin { first: *first, exact: same(known) == same(text), tokens: tokens::count_for(text, None).tokens };
        found.insert(*place, twin);
    }
    found
}

/// Whether a path is that of a test, or of a copy that something else keeps: a fixture, generated code.
fn is_copy(path: &str) -> bool {
    let words = ["test", "tests", "fixtures", "snapshots", "generated", "examples", "docs", "legacy", "old", "archive", "deprecated"];
    let path = path.to_lowercase();
    path.split(['/', '.', '_', '-']).any(|word| words.contains(&word)) || path.contains("baml_client")
}
