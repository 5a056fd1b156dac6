//! Files that hold prompts, as requests: of a call where the file says by whom and how it is sent, on their own where it does not.

use crate::catalogue::Catalogue;
use crate::catalogue::models::Reasoning;
use crate::document::{self, FileRequest};
use crate::model::call::*;
use crate::model::prompt::{BlockKind, Confidence, Role, Segment, SizeClass};
use crate::model::request::{Block, BlockRole, Growth, HistoryBlock, HistorySource, Request};
use crate::project::{Language, Project};
use crate::report::Note;
use crate::resolve;
use crate::span::{FileId, Place, Span};
use crate::syntax::ExprKind;

use super::facts::names_speaker;
use super::{LonePrompt, Outcome};

/// Reads the requests of a file that holds prompts.
pub(super) fn read<'p>(project: &'p Project, catalogue: &'p Catalogue, file: FileId, outcome: &mut Outcome<'p>) {
    let Some(document) = project.document(file) else { return };
    if let Some((message, at)) = &document.problem {
        outcome.in_part = true;
        let at = project.source(file).map_or(String::new(), |source| format!(" at {}", source.shown_place(*at)));
        let message = format!("{message}{at}: what can be read is checked, nothing is edited");
        outcome.notes.push(Note { path: project.file(file).path.clone(), message });
    }
    let api = catalogue.apis.iter().find(|api| api.id == "file");
    for request in &document.requests {
        let mut built = build(project, catalogue, file, request);
        // A template that writes out a conversation is judged where it stands, as that is where it can be bounded.
        let is_elsewhere = request.parts.iter().any(|part| part.elsewhere.is_some());
        if is_elsewhere && built.blocks.iter().any(|block| holds_conversation(&block.segments)) {
            built = Request { blocks: Vec::new(), open: true };
        }
        let is_call = request.settings.model.is_some() || !matches!(request.settings.cap, document::Cap::Unknown);
        let place = Place::new(file, request.span);
        match api.filter(|_| is_call) {
            Some(api) => outcome.calls.push(call(catalogue, api, place, request, built)),
            None => outcome.prompts.push(LonePrompt { place, request: built, confidence: request.confidence }),
        }
    }
}

/// Which of the calls is the declaration, in a file of prompts, of the function of generated code that `call` calls: of several with its
/// name the nearest, if one is.
pub(super) fn declaration(project: &Project, calls: &[&Call<'_>], call: &Call<'_>) -> Option<usize> {
    if call.api.generated.is_empty() {
        return None;
    }
    let ExprKind::Call(called) = &call.syntax.kind else { return None };
    let ExprKind::Attribute { name, .. } = &called.callee.kind else { return None };
    let folders = |file: FileId| project.file(file).key.rsplit_once('/').map_or("", |(folder, _)| folder).split('/');
    let shared = |file: FileId| folders(file).zip(folders(call.place.file)).take_while(|(one, other)| one == other).count();
    let declares = |other: &Call<'_>| {
        let text = project.text(other.place.file).get(other.place.span.range()).unwrap_or_default();
        let declared = text.strip_prefix("function ").and_then(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
        declared == Some(name)
    };
    let documents = calls.iter().enumerate().filter(|(_, other)| project.file(other.place.file).language == Language::Text);
    let found: Vec<(usize, usize)> =
        documents.filter(|(_, other)| declares(other)).map(|(at, other)| (shared(other.place.file), at)).collect();
    let (nearest, at) = found.iter().max()?;
    (found.iter().filter(|(folders, _)| folders == nearest).count() == 1).then_some(*at)
}

fn build(project: &Project, catalogue: &Catalogue, file: FileId, request: &FileRequest) -> Request {
    let mut blocks = Vec::new();
    let own = request.parts.iter().filter(|part| part.elsewhere.is_none()).map(|part| (file, part.clone()));
    let named = request.parts.iter().filter(|part| part.elsewhere.is_some()).flat_map(|part| in_other_file(project, file, part));
    for (file, part) in own.chain(named) {
        let segments = resolve::file_part(project, catalogue, file, &part.nodes);
        if segments.iter().all(|segment| matches!(segment, Segment::Text(text) if text.text.trim().is_empty())) {
            continue;
        }
        let kind = match part.role {
            _ if part.tools => BlockRole::Tools,
            Role::System => BlockRole::System,
            _ => BlockRole::Message,
        };
        let history = replayed(&segments).map(|slot_place| HistoryBlock {
            growth: Growth::Unbounded,
            confidence: Confidence::Medium,
            grows_at: slot_place,
            source: HistorySource::Template,
        });
        // Only where nothing else stands beside it does a block stand for turns.
        let alone = segments.iter().all(|segment| !matches!(segment, Segment::Text(text) if !text.text.trim().is_empty()));
        let history = history.filter(|_| alone && kind == BlockRole::Message);
        blocks.push(Block { kind, role: part.role, segments, history, place: Some(Place::new(file, part.span)) });
    }
    if let Some(kept) = request.settings.memory {
        // It stands between what is always sent and what is asked now.
        let at = blocks.iter().rposition(|block| block.kind == BlockRole::Message).unwrap_or(blocks.len());
        let place = Some(Place::new(file, kept.span));
        let history = HistoryBlock { growth: kept.growth, confidence: Confidence::Medium, grows_at: place, source: HistorySource::Kept };
        blocks.insert(at, Block { kind: BlockRole::Message, role: Role::Unknown, segments: Vec::new(), history: Some(history), place });
    }
    Request { blocks, open: false }
}

/// The texts of a part that stands in another file, which that file is.
fn in_other_file(project: &Project, file: FileId, part: &document::FilePart) -> Vec<(FileId, document::FilePart)> {
    let read = || {
        let path = part.elsewhere.as_deref()?;
        let other = resolve::imports::file(project, file, path)?;
        let format = project.document(file)?.format;
        document::parts_of_file(format, &project.file(other).key, project.text(other), part.role).map(|parts| (other, parts))
    };
    read().map_or_else(Vec::new, |(other, parts)| parts.into_iter().map(|part| (other, part)).collect())
}

/// Whether a conversation is written out, all of it or not.
fn holds_conversation(segments: &[Segment]) -> bool {
    segments.iter().any(|segment| match segment {
        Segment::Slot(slot) => slot.size == SizeClass::History,
        Segment::Block(block) => block.subject.size == SizeClass::History || block.arms.iter().any(|arm| holds_conversation(arm)),
        _ => false,
    })
}

/// A conversation that is sent again: a loop over it, or a slot that stands for it. Where it is written.
fn replayed(segments: &[Segment]) -> Option<Option<Place>> {
    segments.iter().find_map(|segment| match segment {
        Segment::Slot(slot) if slot.size == SizeClass::History && !slot.limited && slot.size_confidence >= Confidence::Medium => {
            Some(slot.place)
        }
        // Turns of a conversation have a speaker.
        Segment::Block(block)
            if block.kind == BlockKind::Loop
                && block.subject.size == SizeClass::History
                && !block.subject.limited
                && block.arms.iter().any(|arm| names_speaker(arm)) =>
        {
            Some(block.subject.expr.or(block.place))
        }
        Segment::Block(block) => block.arms.iter().find_map(|arm| replayed(arm)),
        _ => None,
    })
}

fn call<'p>(catalogue: &'p Catalogue, api: &'p crate::catalogue::Api, place: Place, file: &'p FileRequest, request: Request) -> Call<'p> {
    let settings = &file.settings;
    let at = |span: Span| Place::new(place.file, span);
    // `googleai/gemini-…`: who serves it, and its name.
    let known = |name: &'p str| catalogue.models.find(name).or_else(|| catalogue.models.find(name.rsplit_once('/')?.1));
    let model = settings.model.as_ref().and_then(|(name, _)| known(name));
    let (state, value, cap_place) = match settings.cap {
        _ if settings.no_text => (CapState::NotApplicable, None, None),
        document::Cap::Missing(_) if settings.declared.is_some() => {
            (CapState::Missing, None, settings.declared.map(|(file, span)| Place::new(file, span)))
        }
        document::Cap::Present { value, span } => (CapState::Present, value, span.map(at)),
        document::Cap::Missing(span) => (CapState::Missing, None, span.map(at)),
        document::Cap::Unknown => (CapState::Unknown, None, None),
    };
    let grows_at = request.blocks.iter().find_map(|block| replayed(&block.segments));
    let kept = settings.memory.map(|kept| {
        let state = match kept.growth {
            Growth::Sliding { .. } => HistoryState::Sliding,
            Growth::Bounded { .. } => HistoryState::Bounded,
            Growth::Unbounded => HistoryState::Unbounded,
            Growth::Unknown => HistoryState::Unknown,
        };
        History { state, confidence: Confidence::Medium, grows_at: Some(at(kept.span)), source: HistorySource::Kept }
    });
    let history = match grows_at {
        _ if kept.is_some() => kept.unwrap_or_else(History::none),
        Some(grows_at) => {
            History { state: HistoryState::Unbounded, confidence: Confidence::Medium, grows_at, source: HistorySource::Template }
        }
        None => History { confidence: Confidence::Medium, ..History::none() },
    };
    let named = settings.model.as_ref().map(|(_, span)| *span);
    // What the file is about is said where it names its model, else where it begins.
    let callee = at(named.unwrap_or(Span { start: file.span.start, end: file.span.start }));
    Call {
        place,
        callee,
        statement: place,
        api,
        provider: model.map_or("unknown", |model| &*model.provider).into(),
        shape: api.shape,
        marker: api.marker,
        cap_paths: settings.cap_path.iter().map(|path| path.replace("[]", "").into()).collect(),
        body: None,
        syntax: &file.syntax,
        model_name: settings.model.as_ref().map_or(Known::Unknown, |(name, _)| Known::Present(name.as_str().into())),
        model,
        may_be: Vec::new(),
        // Whoever loads the file may set one all the same.
        cap: Cap { state, value, confidence: Confidence::Medium, place: cap_place },
        reasoning: match model.map(|model| model.reasoning) {
            _ if settings.reasoning => Known::Present(()),
            Some(Reasoning::Never) => Known::Absent,
            Some(Reasoning::Always) => Known::Present(()),
            _ => Known::Unknown,
        },
        request,
        history,
        repetition: Repetition { kind: LoopKind::None, reuse: Reuse::Likely },
        tags: Known::Unknown,
        managed_prompt: false,
        caching_elsewhere: false,
        via: None,
        settings: None,
        made_at: Vec::new(),
        older_cap: None,
        bills_nothing: settings.bills_nothing,
        choice: settings.choice,
        anchors: Anchors { history_name: None, ..Anchors::default() },
    }
}
