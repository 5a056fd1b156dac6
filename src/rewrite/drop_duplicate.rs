//! `drop-duplicate`: a paragraph that stands in a prompt twice is sent once.

use std::ops::Range;

use crate::check::wording;
use crate::model::prompt::{Segment, TextSegment};
use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::{Place, Span};

use super::{Declined, Delta, Outcome, Proposal, Target, find};

pub fn apply(target: &Target) -> Option<Outcome> {
    let at = target.at?;
    let mut mended = target.request.clone();
    let cut = cut(&mut mended.blocks, at)?;
    Some(Outcome {
        mended,
        cap: target.call.and_then(|call| call.cap.value),
        delta: Delta { removes: true, ..Delta::default() },
        edit: propose(target, at, cut),
    })
}

/// Takes the paragraph at a place out of its text, with the empty lines behind it, on every way on which it is sent; what is cut of the source.
fn cut(blocks: &mut [crate::model::request::Block], at: Place) -> Option<Place> {
    let mut cut = None;
    for block in blocks {
        cut = cut_in(&mut block.segments, at).or(cut);
    }
    cut
}

fn cut_in(segments: &mut [Segment], at: Place) -> Option<Place> {
    let mut cut = None;
    for segment in segments {
        let text = match segment {
            Segment::Text(text) => text,
            Segment::Block(block) => {
                for arm in &mut block.arms {
                    cut = cut_in(arm, at).or(cut);
                }
                continue;
            }
            Segment::Slot(_) | Segment::Breakpoint(_) => continue,
        };
        let Some(place) = text.place.filter(|place| text.verbatim && place.file == at.file && place.span.contains(at.span)) else {
            continue;
        };
        let from = (at.span.start - place.span.start) as usize;
        let to = from + at.span.len();
        let Some(rest) = text.text.get(to..) else { continue };
        let empty: usize = rest.split_inclusive('\n').take_while(|line| line.trim().is_empty() && line.ends_with('\n')).map(str::len).sum();
        let range = from..to + empty;
        let from_source = Place::new(place.file, Span::new(place.span.start as usize + range.start, place.span.start as usize + range.end));
        let Some(left) = without(text, range) else { continue };
        *text = left;
        cut = Some(from_source);
    }
    cut
}

fn without(text: &TextSegment, range: Range<usize>) -> Option<TextSegment> {
    let mut left = text.text.to_string();
    left.get(range.clone())?;
    left.replace_range(range, "");
    Some(TextSegment { text: left.into(), place: text.place, verbatim: false })
}

fn propose(target: &Target, at: Place, cut: Place) -> Result<Proposal, Declined> {
    let words = target.project.text(at.file).get(at.span.range()).and_then(wording::paragraph_key);
    let first = wording::ways(target.request).iter().flatten().find_map(|one| {
        wording::paragraphs(&one.segment.text).into_iter().find_map(|range| {
            let key = one.segment.text.get(range.clone()).and_then(wording::paragraph_key);
            let place = wording::place(one.segment, &range)?;
            (key.is_some() && key == words && place != at).then_some(place)
        })
    });
    // Where the second stands alone in a text that other requests send, these would lose it.
    let together = first.is_some_and(|first| first.file == at.file && same_text(target, first, at));
    if !together {
        return Declined::because("the two stand in different texts, one of which may be sent without the other");
    }
    Ok(Proposal {
        edits: vec![Edit { file: cut.file, span: cut.span, text: String::new() }],
        applicability: Applicability::Unsafe,
        title: "Say the paragraph once".into(),
    })
}

fn same_text(target: &Target, one: Place, other: Place) -> bool {
    match target.project.file(one.file).language {
        Language::Jinja | Language::Text => true,
        Language::Python | Language::JavaScript => {
            let module = target.project.module(one.file);
            let around = |place: Place| find::literal_around(module, place.span).map(|literal| literal.span);
            around(one).is_some() && around(one) == around(other)
        }
    }
}
