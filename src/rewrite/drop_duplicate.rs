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
    let text = target.project.text(at.file);
    let paragraph = text.get(at.span.range()).unwrap_or("");
    // A part of an example that comes twice in it is no repetition.
    if paragraph.lines().any(|line| line.starts_with([' ', '\t'])) {
        return Declined::because("it is indented, and may be part of an example");
    }
    // What stands before the literal is code.
    let start = match target.project.file(at.file).language {
        Language::Python | Language::JavaScript => {
            find::literal_around(target.project.module(at.file), at.span).map_or(0, |literal| literal.span.start)
        }
        Language::Jinja | Language::Text => 0,
    } as usize;
    let first = first.map_or(0, |first| first.span.start as usize).saturating_sub(start);
    if let Some(reason) = text.get(start..at.span.start as usize).and_then(|before| leaves_ruins(before, first)) {
        return Declined::because(reason);
    }
    Ok(Proposal {
        edits: vec![Edit { file: cut.file, span: cut.span, text: String::new() }],
        applicability: Applicability::Unsafe,
        title: "Say the paragraph once".into(),
    })
}

/// Why the text would no longer read well without a paragraph: what stands before it, and where the paragraph stood first.
fn leaves_ruins(before: &str, first: usize) -> Option<&'static str> {
    let line = before.lines().rfind(|line| !line.trim().is_empty())?.trim();
    if line.ends_with(':') {
        return Some("the line before it announces it");
    }
    if before.lines().filter(|line| line.trim_start().starts_with("```")).count() % 2 == 1 {
        return Some("it stands in a code block");
    }
    // Where a whole section is said again, what is short or differs would stay behind under its heading.
    let heading = before.lines().map(str::trim).rfind(|line| is_heading(line))?;
    let earlier = before.get(..first)?.lines().any(|line| line.trim() == heading);
    earlier.then_some("a whole section is said twice, and parts of it would stay")
}

/// `## Goal`, `---Goal---`, `=== Goal ===`
fn is_heading(line: &str) -> bool {
    let ruled = |rule: &str| line.starts_with(rule) && line.ends_with(rule) && line.chars().any(char::is_alphanumeric);
    line.trim_start_matches('#').starts_with(' ') && line.starts_with('#') || ruled("--") || ruled("==") || ruled("**")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_announced_or_part_of_a_section_stays() {
        let ruins = |before: &str| leaves_ruins(before, before.find("SAME").unwrap_or(0));
        assert_eq!(ruins("SAME\n\nBe brief.\n\n"), None);
        assert_eq!(ruins("## Tone\nSAME\n\n## End\n"), None);
        assert!(ruins("SAME\n\nAn example of it:\n\n").is_some());
        assert!(ruins("SAME\n\n```python\nx = 1\n\n").is_some());
        assert!(ruins("---Goal---\n\nSAME\n\n---Data---\n{rows}\n\n---Goal---\n\nBe brief.\n\n").is_some());
    }
}
