//! What of a request is the same from one to the next: the stable prefix, what breaks it, and what is lost behind.

use crate::catalogue::Model;
use crate::model::prompt::{BlockKind, Role, Segment, SizeClass, Slot, Volatility};
use crate::model::request::{Block, BlockRole, Request};
use crate::span::Place;
use crate::tokens;

/// One text or slot of a request, in the order in which a cache reads them.
#[derive(Debug, Clone)]
pub enum Leaf<'r> {
    Text {
        text: &'r str,
        place: Option<Place>,
    },
    Slot(&'r Slot),
    /// A conversation that is replayed as messages: grows at its end, and keeps what was sent before.
    History,
}

/// The leaves of a request, with the block that each stands in.
pub fn leaves(request: &Request) -> Vec<(usize, Leaf<'_>)> {
    let mut leaves = Vec::new();
    for (at, block) in request.blocks.iter().enumerate() {
        let replayed_messages = block.history.is_some() && !block.segments.iter().any(is_text_history);
        if replayed_messages {
            leaves.push((at, Leaf::History));
        } else {
            collect(&block.segments, at, &mut leaves, 0);
        }
    }
    leaves
}

fn is_text_history(segment: &Segment) -> bool {
    match segment {
        Segment::Text(text) => text.text.len() > 80,
        Segment::Block(block) => block.subject.growth.is_some(),
        _ => false,
    }
}

fn collect<'r>(segments: &'r [Segment], block: usize, leaves: &mut Vec<(usize, Leaf<'r>)>, depth: usize) {
    for segment in segments {
        match segment {
            Segment::Text(text) => leaves.push((block, Leaf::Text { text: &text.text, place: text.place })),
            Segment::Slot(slot) => leaves.push((block, Leaf::Slot(slot))),
            Segment::Block(inner) => {
                // What a loop runs over changes all of it; a branch has few ways, and each is the same every time.
                if inner.kind == BlockKind::Loop {
                    leaves.push((block, Leaf::Slot(&inner.subject)));
                }
                if depth < 32 {
                    let longest = inner.arms.iter().max_by_key(|arm| text_bytes(arm));
                    if let Some(arm) = longest {
                        collect(arm, block, leaves, depth + 1);
                    }
                }
            }
            Segment::Breakpoint(_) => {}
        }
    }
}

fn text_bytes(segments: &[Segment]) -> usize {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Text(text) => text.text.len(),
            Segment::Block(block) => block.arms.iter().map(|arm| text_bytes(arm)).max().unwrap_or(0),
            _ => 0,
        })
        .sum()
}

/// A message that the model or a tool wrote, or one that was handed in whole: it stays where it is from one turn to the next,
/// and what comes after it was said after it.
pub(super) fn is_spoken(block: &Block) -> bool {
    let whole = matches!(block.segments.as_slice(), [Segment::Slot(slot)] if slot.place.is_none());
    block.kind == BlockRole::Message && (matches!(block.role, Role::Assistant | Role::Tool) || (block.role == Role::Unknown && whole))
}

/// What breaks a prefix, and what that costs.
#[derive(Debug, Clone)]
pub struct Broken<'r> {
    pub slot: &'r Slot,
    /// Static text behind it, in tokens.
    pub lost_tokens: u64,
    /// The longest piece of that text.
    pub lost: Option<Place>,
}

/// Of the text in front of a value: less than such a part of it behind the value is a last word, and next to nothing beside it.
const SMALL_PART: u64 = 16;

/// The first value that changes between requests before at least `least` tokens of static text. A date of the day is
/// named only if nothing changes more often.
pub fn broken_by<'r>(request: &'r Request, model: Option<&Model>, least: u64) -> Option<Broken<'r>> {
    let leaves = leaves(request);
    let mut daily = None;
    for (at, (block, leaf)) in leaves.iter().enumerate() {
        let Leaf::Slot(slot) = leaf else { continue };
        if is_spoken(&request.blocks[*block]) {
            continue;
        }
        let Some(volatility) = slot.volatility.filter(|volatility| *volatility > Volatility::Deployment) else { continue };
        if volatility == Volatility::Period && daily.is_some() {
            continue;
        }
        let behind = instructions(&leaves[at + 1..]);
        let bytes: usize = behind.iter().map(|(text, _)| text.len()).sum();
        // A token is at least a byte.
        if (bytes as u64) < least {
            break;
        }
        let lost_tokens: u64 = behind.iter().map(|(text, _)| tokens::count_for(text, model).tokens).sum();
        if lost_tokens < least || lost_tokens * SMALL_PART < text_tokens(&leaves[..at], model, lost_tokens * SMALL_PART) {
            break;
        }
        let lost = longest_run(&behind);
        let broken = Broken { slot, lost_tokens, lost };
        if volatility == Volatility::Period {
            daily = Some(broken);
        } else {
            return Some(broken);
        }
    }
    daily
}

/// Tokens of static text, counted no further than `enough`.
fn text_tokens(leaves: &[(usize, Leaf<'_>)], model: Option<&Model>, enough: u64) -> u64 {
    let texts = || leaves.iter().filter_map(|(_, leaf)| if let Leaf::Text { text, .. } = leaf { Some(*text) } else { None });
    // A token is at least a byte.
    if texts().map(str::len).sum::<usize>() as u64 <= enough {
        return 0;
    }
    texts().map(|text| tokens::count_for(text, model).tokens).sum()
}

/// The texts that say something on their own: what stands between two values and is short is the label of one, and
/// stays with it wherever that goes.
fn instructions<'r>(leaves: &[(usize, Leaf<'r>)]) -> Vec<(&'r str, Option<Place>)> {
    /// Bytes of the longest label: a line.
    const LABEL: usize = 60;
    let is_text = |(_, leaf): &(usize, Leaf<'_>)| matches!(leaf, Leaf::Text { .. });
    let mut texts = Vec::new();
    for run in leaves.chunk_by(|one, next| is_text(one) && is_text(next)) {
        let parts = run.iter().filter_map(|(_, leaf)| match leaf {
            Leaf::Text { text, place } => Some((*text, *place)),
            _ => None,
        });
        if parts.clone().map(|(text, _)| text.trim().len()).sum::<usize>() > LABEL {
            texts.extend(parts);
        }
    }
    texts
}

/// The longest stretch of text that is written in one piece.
fn longest_run(texts: &[(&str, Option<Place>)]) -> Option<Place> {
    let mut best: Option<(usize, Place)> = None;
    let mut run: Option<(usize, Place)> = None;
    for (text, place) in texts {
        let Some(place) = place else {
            run = None;
            continue;
        };
        run = match run {
            Some((length, known))
                if known.file == place.file && place.span.start >= known.span.end && place.span.start - known.span.end <= 2 =>
            {
                Some((length + text.len(), Place::new(known.file, known.span.join(place.span))))
            }
            _ => Some((text.len(), *place)),
        };
        if let Some(run) = run
            && best.is_none_or(|best| run.0 > best.0)
        {
            best = Some(run);
        }
    }
    best.map(|(_, place)| place)
}

/// Whether the request's prefix is known to be stable, known to be broken, or neither.
pub fn state(request: &Request, broken: bool) -> &'static str {
    if broken {
        return "unstable";
    }
    let leaves = leaves(request);
    let last_text = leaves.iter().rposition(|(_, leaf)| matches!(leaf, Leaf::Text { text, .. } if text.trim().len() > 40));
    let before = &leaves[..last_text.unwrap_or(0)];
    let unknown = before.iter().any(|(_, leaf)| matches!(leaf, Leaf::Slot(slot) if slot.volatility.is_none()));
    if unknown || (request.open && last_text.is_none()) { "unknown" } else { "stable" }
}

/// Static text and constants at the start of the request, in tokens: what a marker could cover.
pub fn marked_tokens(request: &Request, model: Option<&Model>) -> u64 {
    let mut sum = 0;
    for (_, leaf) in leaves(request) {
        match leaf {
            Leaf::Text { text, .. } => sum += tokens::count_for(text, model).tokens,
            Leaf::Slot(slot) if slot.volatility.is_some_and(|volatility| volatility <= Volatility::Period) => {
                sum += u64::from(slot.size == SizeClass::Scalar) * 8
            }
            _ => break,
        }
    }
    sum
}

/// All text of a request, wherever it stands, in the fewest tokens that it may have: not much more can be the same twice,
/// but for the turns of a conversation.
pub fn least_text_tokens(request: &Request, model: Option<&Model>) -> u64 {
    let least: f64 = leaves(request)
        .iter()
        .map(|(_, leaf)| match leaf {
            Leaf::Text { text, .. } => {
                let count = tokens::count_for(text, model);
                count.tokens as f64 * (1.0 - count.band)
            }
            Leaf::Slot(_) | Leaf::History => 0.0,
        })
        .sum();
    least.round() as u64
}

/// The first whole document that goes into the request unlimited.
pub fn whole_document(request: &Request) -> Option<&Slot> {
    let leaves = leaves(request);
    let mut best: Option<&Slot> = None;
    for (_, leaf) in leaves {
        if let Leaf::Slot(slot) = leaf {
            let better = |best: Option<&Slot>| best.is_none_or(|best| slot.size_confidence > best.size_confidence);
            if slot.size == SizeClass::Document && !slot.limited && slot.place.is_some() && better(best) {
                best = Some(slot);
            }
        }
    }
    best
}

/// Explicit markers in the request.
pub fn markers(request: &Request) -> usize {
    fn count(segments: &[Segment]) -> usize {
        segments
            .iter()
            .map(|segment| match segment {
                Segment::Breakpoint(_) => 1,
                Segment::Block(block) => block.arms.iter().map(|arm| count(arm)).sum(),
                _ => 0,
            })
            .sum()
    }
    request.blocks.iter().map(|block| count(&block.segments)).sum()
}
