//! The facts of one call or prompt, as rules read them.

use crate::catalogue::{CacheKind, Catalogue, MarkerStyle, Model, Wording};
use crate::config::Settings;
use crate::model::call::{Call, CapState, HistoryState, Known, LoopKind, LostBy, LostCap, Reuse};
use crate::model::facts::{Fact, Record};
use crate::model::prompt::{BlockKind, BlockSegment, Confidence, Role, Segment, SizeClass, Slot, Volatility};
use crate::model::request::{BlockRole, Growth, HistorySource, Request};
use crate::price::Scenario;
use crate::project::Project;
use crate::rule::Facts;
use crate::span::Place;
use crate::tokens;

use super::answer::{self, Answer};
use super::around::Around;
use super::pace::{self, Pace};
use super::{arguments, callers, gap, handed, instructions, markers, order, prefix, sources, tiers, tools, turns, wording};

/// Options of rules that facts depend on.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Static text behind a value that is too short to matter, in tokens.
    pub min_lost_tokens: u64,
}

/// What facts are read from.
pub struct Subject<'a, 'p> {
    pub request: &'a Request,
    pub call: Option<&'a Call<'p>>,
    pub model: Option<&'p Model>,
    /// The whole prompt or call.
    pub place: Place,
    /// All others.
    pub around: &'a Around<'a>,
}

pub fn facts(subject: &Subject<'_, '_>, scenario: &Scenario, thresholds: Thresholds) -> Facts {
    let call = subject.call.map_or_else(Fact::unknown, |call| Fact::record(call_facts(call, subject.model)));
    Facts::new([("call", call), ("request", Fact::record(request_facts(subject, scenario, thresholds)))])
}

fn record(place: Option<Place>, fields: impl IntoIterator<Item = (&'static str, Fact)>) -> Record {
    Record { place, fields: fields.into_iter().collect() }
}

fn call_facts(call: &Call<'_>, model: Option<&Model>) -> Record {
    let cap = &call.cap;
    let state = |wanted: CapState| match cap.state {
        CapState::Unknown => Fact::unknown(),
        known => Fact::bool(known == wanted).with(cap.confidence),
    };
    let cap_facts = record(
        cap.place
            .or(call.anchors.cap_owner.map(|(_, callee)| callee))
            .or(call.settings.map(|settings| settings.callee))
            .or(Some(call.callee)),
        [
            ("missing", state(CapState::Missing)),
            ("present", state(CapState::Present)),
            ("value", Fact::maybe_number(cap.value.map(|value| value as f64))),
            ("argument", call.cap_paths.first().map_or_else(Fact::absent, |path| Fact::text(path.clone()))),
            ("maximum", Fact::maybe_number(longest_of(call, model).map(|tokens| tokens as f64))),
            ("older_default", call.older_cap.map_or_else(Fact::absent, |older| Fact::number(older.tokens as f64))),
            (
                "older_versions",
                call.older_cap.map_or_else(Fact::absent, |older| Fact::text(format!("{} before {}", older.package, older.below))),
            ),
            ("reserves_quota", Fact::bool(call.api.reserves_quota)),
            ("lost", call.anchors.lost_cap.as_ref().map_or_else(Fact::absent, lost)),
            ("beside", call.anchors.capped_beside.map_or_else(Fact::absent, |place| Fact::record(record(Some(place), [])))),
        ],
    );
    let reasoning = match call.reasoning {
        Known::Present(()) => Fact::bool(true),
        Known::Absent => Fact::bool(false),
        Known::Unknown => Fact::unknown(),
    };
    record(
        Some(call.callee),
        [
            ("api", Fact::text(call.api.id.clone())),
            ("provider", Fact::text(call.provider.to_string())),
            ("model", call.model_name.present().map_or_else(Fact::unknown, |name| Fact::text(name.to_string()))),
            ("cap", Fact::record(cap_facts)),
            ("reasoning", reasoning),
            ("loop", Fact::text(loop_word(call.repetition.kind))),
            (
                "batchable",
                match call.repetition.kind {
                    LoopKind::Batchable => Fact::bool(true),
                    // Over items, in a function that anyone may wait for.
                    LoopKind::Unknown => Fact::bool(true).with(Confidence::Medium),
                    LoopKind::None | LoopKind::Interactive => Fact::bool(false),
                },
            ),
            ("one_shot", Fact::bool(call.repetition.reuse == Reuse::Unlikely)),
            (
                "reuse",
                Fact::text(match call.repetition.reuse {
                    Reuse::Proved => "proved",
                    Reuse::Likely => "likely",
                    Reuse::Unlikely => "unlikely",
                }),
            ),
        ],
    )
}

fn answer_fact(project: &Project, call: &Call<'_>) -> Fact {
    match answer::asked(Wording::builtin(), &answer::text_of(&call.request)) {
        Some(Answer::Long(_)) => Fact::text("long"),
        Some(Answer::Short { .. }) => Fact::text("short"),
        None if arguments::has_form(project, call) => Fact::text("form"),
        None => Fact::absent(),
    }
}

fn lost(lost: &LostCap) -> Fact {
    let sent = lost.sent_at.map_or_else(Fact::absent, |place| Fact::record(record(Some(place), [])));
    let by = match lost.by {
        LostBy::Taken => "taken",
        LostBy::Set => "set",
        LostBy::Swallowed => "swallowed",
    };
    let fields = [("name", Fact::text(lost.name.to_string())), ("by", Fact::text(by)), ("sent", sent)];
    // A place where it is both taken and sent is told once.
    Fact::record(record(Some(lost.place).filter(|place| lost.sent_at != Some(*place)), fields))
}

/// The same of the model of a call, or of the one that writes most of those that it may be.
fn longest_of(call: &Call<'_>, model: Option<&Model>) -> Option<u64> {
    let several: Option<Vec<u64>> = call.may_be.iter().map(|model| longest_answer(model)).collect();
    model.and_then(longest_answer).or_else(|| several?.into_iter().max())
}

/// The most that a model writes, in tokens: its own limit, or all of its window where that is smaller.
fn longest_answer(model: &Model) -> Option<u64> {
    model.max_output.into_iter().chain(model.context_window).min()
}

pub fn loop_word(kind: LoopKind) -> &'static str {
    match kind {
        LoopKind::None => "none",
        LoopKind::Batchable => "batchable",
        LoopKind::Interactive => "interactive",
        LoopKind::Unknown => "unknown",
    }
}

fn request_facts(subject: &Subject<'_, '_>, scenario: &Scenario, thresholds: Thresholds) -> Record {
    let request = subject.request;
    let model = subject.model;
    let static_tokens: u64 = prefix::leaves(request)
        .iter()
        .map(|(_, leaf)| match leaf {
            prefix::Leaf::Text { text, .. } => tokens::count_for(text, model).tokens,
            _ => 0,
        })
        .sum();
    let is_behind = subject.call.is_none() && subject.around.is_behind(subject.place);
    let broken = prefix::broken_by(request, model, thresholds.min_lost_tokens.min(16)).filter(|_| !is_behind);
    let marked = prefix::marked_tokens(request, model);
    let mut prefix_fields = vec![
        ("tokens", Fact::number(marked as f64)),
        (
            "stable",
            match prefix::state(request, broken.as_ref().is_some_and(|broken| broken.lost_tokens >= thresholds.min_lost_tokens)) {
                _ if is_behind => Fact::unknown(),
                "stable" => Fact::bool(true),
                "unstable" => Fact::bool(false),
                _ => Fact::unknown(),
            },
        ),
    ];
    match &broken {
        Some(broken) => {
            prefix_fields.push(("broken_by", Fact::record(broken_by(broken.slot, subject.place)).with(broken.slot.confidence)));
            prefix_fields.push(("lost_tokens", Fact::number(broken.lost_tokens as f64)));
            prefix_fields.push(("lost", broken.lost.map_or_else(Fact::absent, |place| Fact::record(record(Some(place), [])))));
        }
        None => {
            prefix_fields.push(("broken_by", Fact::absent()));
            prefix_fields.push(("lost_tokens", Fact::number(0.0)));
            prefix_fields.push(("lost", Fact::absent()));
        }
    }
    let role = match request.blocks.first().map(|block| block.role) {
        Some(Role::System) => "system",
        Some(Role::User) => "user",
        _ => "unknown",
    };
    record(
        Some(subject.place),
        [
            ("static_tokens", Fact::number(static_tokens as f64)),
            ("exact", Fact::bool(model.is_some() && tokens::count_for("a", model).exact)),
            ("role", Fact::text(role)),
            ("prefix", Fact::record(record(None, prefix_fields))),
            ("cache", Fact::record(cache_facts(subject, marked))),
            ("history", history_facts(subject)),
            ("document", document_facts(request, scenario)),
        ],
    )
}

pub(super) fn broken_by(slot: &Slot, fallback: Place) -> Record {
    let volatility = slot.volatility.unwrap_or(Volatility::Request);
    record(
        slot.place.or(Some(fallback)),
        [
            ("name", Fact::text(slot.name.to_string())),
            ("volatility", Fact::text(volatility.as_str())),
            ("every", Fact::text(every(volatility))),
            ("reason", Fact::text(slot.reason.to_string())),
        ],
    )
}

/// How often a value changes, in words that go behind `changes`.
pub(super) fn every(volatility: Volatility) -> &'static str {
    match volatility {
        Volatility::Constant => "never",
        Volatility::Deployment => "from deployment to deployment",
        Volatility::Period => "every day",
        Volatility::User => "from user to user",
        Volatility::Session => "from session to session",
        Volatility::Turn => "on every turn",
        Volatility::Request => "on every request",
    }
}

/// The facts that no other fact and no rewrite rests on, and that are read once for each subject: what is written, and what the catalogue says of
/// the model.
pub fn more(facts: &mut Facts, subject: &Subject<'_, '_>, project: &Project, catalogue: &Catalogue, settings: &Settings) {
    let request = subject.request;
    let has_history = match subject.call.map(|call| call.history.state) {
        Some(HistoryState::None) => Some(false),
        Some(HistoryState::Unknown) | None => None,
        Some(_) => Some(true),
    };
    facts.add(&["request", "cache"], markers::facts(request, subject.model, has_history));
    facts.add(&["request"], wording::facts(request, subject.model, subject.call.and_then(|call| call.choice)));
    facts.add(&["request"], order::facts(request, subject.model));
    facts.add(&["request", "prefix"], turns::facts(subject, project));
    facts.add(&["request"], [("twin", subject.around.twin(project, request))]);
    facts.add(&["request", "history"], [("whole", handed_over_whole(subject, project))]);
    facts.add(&["request"], [("tools", tools_facts(request, subject.model))]);
    let budget = settings.budget.map_or_else(Fact::absent, |tokens| Fact::number(tokens as f64));
    facts.add(&["request"], [("budget", budget)]);
    let instructions = match subject.call {
        None => instructions::facts(project, subject.place.file),
        Some(_) => Fact::absent(),
    };
    facts.add(&["request"], [("instructions", instructions)]);
    if let Some(call) = subject.call {
        facts.add(&["call"], arguments::facts(project, catalogue, call));
        facts.add(&["call"], [("answer", answer_fact(project, call))]);
        let wanted = settings.cap.map_or_else(Fact::absent, |tokens| Fact::number(tokens as f64));
        facts.add(&["call", "cap"], [("wanted", wanted)]);
        facts.add(&["call"], gap::facts(project, catalogue, call));
        facts.add(&["call"], tiers::facts(subject.model, &catalogue.models, &settings.today.to_string(), call));
        let batch = call.api.batch.as_ref().map_or_else(Fact::absent, |name| Fact::text(name.clone()));
        let tags = match call.tags {
            _ if call.api.args.metadata.is_empty() => Fact::absent(),
            Known::Present(()) => Fact::bool(true),
            Known::Absent => Fact::bool(false),
            Known::Unknown => Fact::unknown(),
        };
        facts.add(&["call"], [("tags_wanted", Fact::bool(!settings.tags.is_empty()))]);
        let tag = call.api.args.metadata.first().map_or_else(Fact::absent, |name| Fact::text(name.clone()));
        let requests = arguments::stated(settings.traffic.requests_per_month);
        let via = call.via.as_ref().map_or_else(Fact::absent, |via| Fact::text(via.function.to_string()));
        facts.add(&["call"], [("via", via)]);
        facts.add(&["call"], [("retries_forever", arguments::retries_forever(project, call))]);
        facts.add(&["call"], [("path", Fact::text(project.file(call.place.file).key.clone()))]);
        let stakes = pace::Stakes {
            tier: subject.model.map(|model| &*model.tier),
            is_example: catalogue.names.is_example(&project.file(call.place.file).key),
        };
        let (batchable, over, doubt) = match pace::of(project, call, subject.around, stakes) {
            Pace::Alone => (None, None, None),
            Pace::Bound => (Some(Fact::bool(false)), None, None),
            Pace::Free { over, doubt } => {
                let confidence = if doubt.is_none() { Confidence::High } else { Confidence::Medium };
                (Some(Fact::bool(true).with(confidence)), over, doubt)
            }
        };
        facts.add(&["call"], batchable.map(|batchable| ("batchable", batchable)));
        facts.add(&["call"], [("over_items", over.map_or_else(Fact::absent, |place| Fact::record(record(Some(place), []))))]);
        facts.add(&["call"], [("batch_doubt", doubt.map_or_else(Fact::absent, Fact::text))]);
        let placed = |place: Option<Place>| place.map_or_else(Fact::absent, |place| Fact::record(record(Some(place), [])));
        facts.add(&["request", "tools"], [("repeated", tools::repeated(project, call, subject.model))]);
        facts.add(&["call"], [("priced_without_cache", placed(arguments::priced_without_cache(project, call)))]);
        let wanted = settings.selection.selects("spend/discarded-usage", true);
        let unwatched = if wanted { subject.around.unwatched(project, call.place) } else { Fact::unknown() };
        facts.add(&["call"], [("unwatched", unwatched)]);
        facts.add(&["call"], arguments::written(project, call));
        facts.add(&["call"], [("endless_loop", placed(callers::endless(project, call)))]);
        let slots: Vec<&Slot> = prefix::leaves(request)
            .into_iter()
            .filter_map(|(_, leaf)| if let prefix::Leaf::Slot(slot) = leaf { Some(slot) } else { None })
            .collect();
        let again = match callers::document_again(project, call, &slots) {
            Some(slot) => Fact::record(record(slot.place, [("name", Fact::text(slot.name.to_string()))])).with(slot.size_confidence),
            None => Fact::absent(),
        };
        facts.add(&["request"], [("document_again", again)]);
        let kept = call
            .anchors
            .history_name
            .as_deref()
            .filter(|_| call.via.is_none())
            .and_then(|name| sources::kept_media(project.module(call.place.file), call.place.file, name, call.place.span));
        facts.add(&["request", "history"], [("media", placed(kept))]);
        facts.add(&["request", "history"], [("said_each_turn", callers::said_each_turn(project, call, subject.model))]);
        facts.add(&["call"], [("batch", batch), ("tagged", tags), ("tag_argument", tag), ("requests_per_month", requests)]);
    }
}

/// The definitions of tools and of an output schema, which stand first in a request.
fn tools_facts(request: &Request, model: Option<&Model>) -> Fact {
    let mut tokens = 0;
    let mut changes = None;
    let mut place = None;
    for (at, leaf) in prefix::leaves(request) {
        let Some(block) = request.blocks.get(at).filter(|block| block.kind == BlockRole::Tools) else { continue };
        place = place.or(block.place);
        match leaf {
            prefix::Leaf::Text { text, .. } => tokens += tokens::count_for(text, model).tokens,
            prefix::Leaf::Slot(slot) if slot.volatility.is_some_and(|volatility| volatility >= Volatility::User) => {
                changes = changes.or(Some(slot));
            }
            _ => {}
        }
    }
    let Some(place) = place else { return Fact::absent() };
    let change = match changes {
        Some(slot) => Fact::record(broken_by(slot, place)).with(slot.confidence),
        None => Fact::absent(),
    };
    Fact::record(record(Some(place), [("tokens", Fact::number(tokens as f64)), ("changes", change)]))
}

fn cache_facts(subject: &Subject<'_, '_>, marked: u64) -> Record {
    let request = subject.request;
    let markers = prefix::markers(request);
    let style = subject.call.map(|call| call.marker);
    let marker = match style {
        Some(MarkerStyle::CachePoint | MarkerStyle::CachePointKey) => Fact::text("cachePoint"),
        Some(MarkerStyle::CacheControl) => Fact::text("cache_control"),
        Some(MarkerStyle::PromptCacheBreakpoint) => Fact::text("prompt_cache_breakpoint"),
        Some(MarkerStyle::None) => Fact::absent(),
        None => Fact::unknown(),
    };
    let rule = subject.model.map(|model| &model.cache);
    let kind = rule.map(|rule| rule.kind).filter(|kind| *kind != CacheKind::Unknown);
    let word = |kind| match kind {
        CacheKind::Explicit => "explicit",
        CacheKind::ExplicitImplicit => "explicit-implicit",
        CacheKind::Automatic => "automatic",
        CacheKind::AutomaticExplicit => "automatic-explicit",
        CacheKind::Implicit => "implicit",
        CacheKind::None | CacheKind::Unknown => "none",
    };
    // A marker that the API cannot write is not missing (a family of models without caching, an API of one text).
    let writable = !matches!(style, Some(MarkerStyle::None));
    let needs_marker = kind.map(|kind| writable && matches!(kind, CacheKind::Explicit | CacheKind::ExplicitImplicit));
    record(
        None,
        [
            ("kind", kind.map_or_else(Fact::unknown, |kind| Fact::text(word(kind)))),
            ("needs_marker", needs_marker.map_or_else(Fact::unknown, Fact::bool)),
            ("best_effort", kind.map_or_else(Fact::unknown, |kind| Fact::bool(kind == CacheKind::ExplicitImplicit))),
            ("min_tokens", Fact::maybe_number(rule.and_then(|rule| rule.min_tokens).map(|tokens| tokens as f64))),
            ("markers", Fact::number(markers as f64)),
            ("markers_allowed", Fact::maybe_number(rule.and_then(|rule| rule.max_breakpoints).map(f64::from))),
            ("elsewhere", subject.call.map_or_else(Fact::unknown, |call| Fact::bool(call.caching_elsewhere))),
            ("marker", marker),
            ("prefix_tokens", Fact::number(marked as f64)),
        ],
    )
}

fn history_facts(subject: &Subject<'_, '_>) -> Fact {
    if let Some(call) = subject.call {
        let history = &call.history;
        let known = |state: HistoryState| match history.state {
            HistoryState::Unknown => Fact::unknown(),
            other => Fact::bool(other == state).with(history.confidence),
        };
        let present = match history.state {
            HistoryState::Unknown => Fact::unknown(),
            state => Fact::bool(state != HistoryState::None).with(history.confidence),
        };
        return Fact::record(record(
            // Inside a wrapper the list is the parameter; it is the caller that lets it grow.
            call.anchors.messages.filter(|_| call.via.is_none()).or(Some(call.callee)),
            [
                ("present", present),
                ("unbounded", known(HistoryState::Unbounded)),
                ("sliding", known(HistoryState::Sliding)),
                ("name", call.anchors.history_name.as_ref().map_or_else(Fact::absent, |name| Fact::text(name.to_string()))),
                // A list that a framework keeps may live no longer than one run of it.
                ("framework", Fact::bool(history.grows_at.is_none())),
                ("origin", Fact::text(source_word(history.source))),
                ("grows_at", history.grows_at.map_or_else(Fact::absent, |place| Fact::record(record(Some(place), [])))),
            ],
        ));
    }
    match replayed_in_text(subject.request.blocks.iter().flat_map(|block| &block.segments)) {
        Some((block, place)) => {
            let slot = &block.subject;
            let unbounded = !slot.limited && matches!(slot.growth, None | Some(Growth::Unbounded));
            // Messages of a thread or a log are looped over too: turns of a conversation have a speaker.
            let speaks = block.arms.iter().any(|arm| names_speaker(arm));
            let confidence = if speaks { slot.size_confidence.max(Confidence::Medium) } else { Confidence::Low };
            Fact::record(record(
                place,
                [
                    ("present", Fact::bool(true).with(confidence)),
                    ("unbounded", Fact::bool(unbounded).with(confidence)),
                    ("sliding", Fact::bool(slot.limited).with(confidence)),
                    ("name", Fact::text(slot.name.to_string())),
                    ("framework", Fact::bool(false)),
                    ("origin", Fact::text(source_word(HistorySource::Template))),
                    ("grows_at", Fact::absent()),
                ],
            ))
        }
        None => {
            Fact::record(record(None, [("present", Fact::bool(false)), ("unbounded", Fact::bool(false)), ("sliding", Fact::bool(false))]))
        }
    }
}

fn source_word(source: HistorySource) -> &'static str {
    match source {
        HistorySource::Kept => "kept",
        HistorySource::Stored => "stored",
        HistorySource::Fetched => "fetched",
        HistorySource::Client => "client",
        HistorySource::Run => "run",
        HistorySource::Template => "template",
    }
}

/// Whether it is seen that whoever hands the conversation over leaves nothing of it out.
fn handed_over_whole(subject: &Subject<'_, '_>, project: &Project) -> Fact {
    let whole = match subject.call {
        Some(call) if call.history.state != HistoryState::Unbounded => return Fact::unknown(),
        Some(call) => match call.history.source {
            HistorySource::Kept | HistorySource::Stored | HistorySource::Run => true,
            HistorySource::Client => handed::by_client(project, call.place.file),
            HistorySource::Fetched | HistorySource::Template => false,
        },
        None => match replayed_in_text(subject.request.blocks.iter().flat_map(|block| &block.segments)) {
            Some((block, _)) => handed::by_flow(project, subject.place.file, &block.subject.name),
            None => return Fact::unknown(),
        },
    };
    Fact::bool(whole)
}

/// The first loop over a conversation in a template.
fn replayed_in_text<'r>(mut segments: impl Iterator<Item = &'r Segment>) -> Option<(&'r BlockSegment, Option<Place>)> {
    segments.find_map(|segment| match segment {
        Segment::Block(block) if block.kind == BlockKind::Loop && block.subject.size == SizeClass::History => {
            Some((&**block, block.subject.expr.or(block.place)))
        }
        Segment::Block(block) => block.arms.iter().find_map(|arm| replayed_in_text(arm.iter())),
        _ => None,
    })
}

/// Whether the text of a loop says who speaks.
pub(super) fn names_speaker(segments: &[Segment]) -> bool {
    let speaks = |text: &str| Catalogue::builtin().names.names_speaker(text);
    segments.iter().any(|segment| match segment {
        Segment::Text(text) => speaks(&text.text),
        Segment::Slot(slot) => speaks(&slot.name),
        Segment::Block(block) => speaks(&block.subject.name) || block.arms.iter().any(|arm| names_speaker(arm)),
        Segment::Breakpoint(_) => false,
    })
}

fn document_facts(request: &Request, scenario: &Scenario) -> Fact {
    match prefix::whole_document(request) {
        Some(slot) => Fact::record(record(
            slot.place,
            [
                ("name", Fact::text(slot.name.to_string())),
                ("reason", Fact::text(slot.reason.to_string())),
                ("limited", Fact::bool(slot.limited)),
                ("certain", Fact::bool(slot.size_confidence == Confidence::High)),
                ("fixed", Fact::bool(slot.volatility.is_some_and(|volatility| volatility <= Volatility::Deployment))),
                ("block", Fact::bool(&*slot.reason == "a document block")),
                ("task", wording::whole_task(request).map_or_else(Fact::absent, Fact::text)),
                ("tokens", Fact::number(scenario.sizes.document as f64)),
            ],
        ))
        .with(slot.size_confidence.min(Confidence::Medium)),
        None => Fact::absent(),
    }
}
