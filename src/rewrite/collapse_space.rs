//! `collapse-space`: blanks at the ends of lines and empty lines behind the first go.

use crate::check::wording;
use crate::model::prompt::{Segment, TextSegment};
use crate::report::{Applicability, Edit};

use super::{Declined, Delta, Outcome, Proposal, Target};

pub fn apply(target: &Target) -> Option<Outcome> {
    let mut edits = Vec::new();
    for one in wording::certain(target.request) {
        for range in wording::blanks(&one.segment.text, one.goes_on) {
            if let Some(place) = wording::place(one.segment, &range) {
                edits.push(Edit { file: place.file, span: place.span, text: String::new() });
            }
        }
    }
    // One text may reach a request on several ways.
    edits.sort_by_key(|edit| (edit.file, edit.span.start));
    edits.dedup();
    // A prompt is written in one file; what stands in others belongs to other prompts too, and has findings of its own there.
    let file = target.at?.file;
    edits.retain(|edit| edit.file == file);
    let mut mended = target.request.clone();
    for segment in mended.blocks.iter_mut().filter(|block| block.history.is_none()).flat_map(|block| &mut block.segments) {
        if let Segment::Text(text) = segment {
            collapse(text, &edits);
        }
    }
    let edit = match edits.is_empty() {
        true => Declined::because("the text is not written out in one place"),
        false => Ok(Proposal { edits, applicability: Applicability::Safe, title: "Take out blanks that no reader sees".into() }),
    };
    let cap = target.call.and_then(|call| call.cap.value);
    Some(Outcome { mended, cap, delta: Delta::default(), edit })
}

fn collapse(text: &mut TextSegment, edits: &[Edit]) {
    let Some(place) = text.place.filter(|_| text.verbatim) else { return };
    let mut left = text.text.to_string();
    for edit in edits.iter().rev().filter(|edit| edit.file == place.file && place.span.contains(edit.span)) {
        let from = (edit.span.start - place.span.start) as usize;
        if left.get(from..from + edit.span.len()).is_some() {
            left.replace_range(from..from + edit.span.len(), "");
        }
    }
    text.text = left.into();
    text.verbatim = false;
}
