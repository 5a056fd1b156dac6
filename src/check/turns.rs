//! A value of the moment in front of a conversation that is sent again: all turns behind it are paid in full, however little text is.

use crate::catalogue::Model;
use crate::model::facts::Fact;
use crate::model::prompt::{BlockKind, Confidence, Segment, SizeClass, Slot, Volatility};
use crate::model::request::{Block, Growth, Request};
use crate::project::Project;
use crate::resolve::expr::IN_LOOP;
use crate::rewrite::find::{self, Seen};
use crate::span::{Place, Span};
use crate::syntax::{ExprKind, Module, Stmt, StmtKind};

use super::facts::{Subject, broken_by, names_speaker};
use super::prefix::{self, Leaf};

/// Static text behind a value that says enough on its own, in tokens.
const ENOUGH: u64 = 64;
/// First words of names of what was written or kept on the turn before.
const OF_THIS_TURN: [&str; 4] = ["current", "latest", "last", "updated"];

/// The facts of `request.prefix` that say what a conversation behind a changing value costs.
pub fn facts(subject: &Subject<'_, '_>, project: &Project) -> Vec<(&'static str, Fact)> {
    let Some(slot) = before_turns(subject, project) else { return vec![("lost_turns", Fact::bool(false))] };
    let mut facts = vec![("lost_turns", Fact::bool(true))];
    // What stands before text as well has been named already; a day costs little beside a moment.
    let named = prefix::broken_by(subject.request, subject.model, ENOUGH);
    if named.is_none_or(|broken| broken.slot.volatility == Some(Volatility::Period)) {
        facts.push(("broken_by", Fact::record(broken_by(slot, subject.place)).with(slot.confidence)));
        facts.push(("lost_tokens", Fact::number(text_behind(subject.request, slot, subject.model) as f64)));
        facts.push(("lost", Fact::absent()));
        facts.push(("stable", Fact::bool(false)));
    }
    facts
}

fn text_behind(request: &Request, slot: &Slot, model: Option<&Model>) -> u64 {
    prefix::broken_by(request, model, 1).filter(|broken| std::ptr::eq(broken.slot, slot)).map_or(0, |broken| broken.lost_tokens)
}

/// The first value that is another one on every turn and stands before the turns.
fn before_turns<'r>(subject: &Subject<'r, '_>, project: &Project) -> Option<&'r Slot> {
    let blocks = &subject.request.blocks;
    let leaves = prefix::leaves(subject.request);
    let mut replays = Vec::new();
    blocks.iter().for_each(|block| collect_replays(&block.segments, &mut replays));
    let turns = leaves.iter().rposition(|(at, leaf)| match leaf {
        // A window that moves takes the turns out of the cache by itself.
        Leaf::History => blocks[*at].history.as_ref().is_some_and(|history| match history.growth {
            Growth::Sliding { .. } => false,
            // A list of messages that cannot be followed may hold one.
            Growth::Unknown => blocks[*at].segments.iter().any(is_called_history),
            Growth::Bounded { .. } | Growth::Unbounded => true,
        }),
        Leaf::Slot(slot) => replays.iter().any(|known| std::ptr::eq(*known, *slot)),
        Leaf::Text { .. } => false,
    })?;
    leaves[..turns].iter().find_map(|(at, leaf)| match leaf {
        Leaf::Slot(slot)
            if is_of_the_moment(slot)
                && blocks[*at].history.is_none()
                && !prefix::is_spoken(&blocks[*at])
                && is_written_each_turn(project, subject, &blocks[*at], slot) =>
        {
            Some(*slot)
        }
        _ => None,
    })
}

fn is_called_history(segment: &Segment) -> bool {
    matches!(segment, Segment::Slot(slot) if slot.size == SizeClass::History && slot.size_confidence >= Confidence::Medium)
}

/// What the loops run over in which a template replays a conversation as messages.
fn collect_replays<'r>(segments: &'r [Segment], replays: &mut Vec<&'r Slot>) {
    for segment in segments {
        let Segment::Block(block) = segment else { continue };
        let is_replay = block.kind == BlockKind::Loop && block.subject.size == SizeClass::History && !block.subject.limited;
        if is_replay && block.arms.iter().any(|arm| names_speaker(arm)) {
            replays.push(&block.subject);
        }
        block.arms.iter().for_each(|arm| collect_replays(arm, replays));
    }
}

/// Whether a value is another one on the next turn of the same conversation: what a conversation is about may stay.
fn is_of_the_moment(slot: &Slot) -> bool {
    if slot.volatility.is_none_or(|volatility| volatility < Volatility::Turn) || slot.confidence < Confidence::Medium {
        return false;
    }
    // Items that a loop runs over may be the same ones each time.
    let sure = slot.size == SizeClass::Scalar && slot.confidence == Confidence::High && &*slot.reason != IN_LOOP;
    let first = slot.name.rsplit('.').next().and_then(|name| name.split('_').next()).unwrap_or_default();
    sure || slot.size == SizeClass::Retrieval || OF_THIS_TURN.contains(&first)
}

/// Whether the text around a value is written anew for each request, and not once for the conversation: by a template, or in the
/// function that sends it and in all loops around the sending.
fn is_written_each_turn(project: &Project, subject: &Subject<'_, '_>, block: &Block, slot: &Slot) -> bool {
    let Some(call) = subject.call else { return true };
    let file = call.place.file;
    if project.file(file).language.in_catalogue().is_none() || &*slot.reason == "a field of the template" {
        return true;
    }
    let module = project.module(file);
    let function = find::function_around(module, call.place.span).map(|function| function.span);
    let around = innermost_loop(module, call.place.span, function).or(function);
    let within = |place: Place| {
        place.file == file && around.is_none_or(|around| around.contains(place.span)) && function_of(module, place.span) == function
    };
    let Some(message) = written_at(block) else { return false };
    // Text that a function makes is made where the message is, unless a loop stands between.
    let is_elsewhere = |place: Place| place.file != file || function_of(module, place.span) != function;
    let in_loop = around != function;
    within(message) && slot.place.is_some_and(|place| within(place) || (!in_loop && is_elsewhere(place)))
}

fn function_of(module: &Module, inner: Span) -> Option<Span> {
    find::function_around(module, inner).map(|function| function.span)
}

/// Where a message of a request is written.
fn written_at(block: &Block) -> Option<Place> {
    block.place.or_else(|| block.segments.iter().find_map(Segment::place))
}

/// The innermost loop that repeats `inner`, if it stands in `function`.
fn innermost_loop(module: &Module, inner: Span, function: Option<Span>) -> Option<Span> {
    let mut found = None;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::For { body, .. } | StmtKind::While { body, .. }, span })
            if body.iter().any(|stmt| stmt.span.contains(inner)) =>
        {
            found = Some(*span);
        }
        Seen::Expr(expr) if matches!(expr.kind, ExprKind::Comprehension(_)) && expr.span.contains(inner) => found = Some(expr.span),
        _ => {}
    });
    found.filter(|around| function.is_none_or(|function| function.contains(*around)))
}
