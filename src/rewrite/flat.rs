//! A prompt as one text in which every slot is one character, with the way back to where each byte is written.

use std::ops::Range;

use crate::model::prompt::{Segment, SizeClass, Volatility};
use crate::span::{Place, Span};
use crate::syntax::{Piece, StrLit};
use crate::template::Node;

/// Stands for a slot, a block or anything else that is not text. Only [`Flat::objects`] say where one is.
pub(super) const OBJECT: char = '\u{fffc}';

#[derive(Debug, Default)]
pub struct Flat {
    pub text: String,
    pub objects: Vec<Object>,
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Offset in the text.
    pub at: usize,
    /// The same in every request.
    pub stable: bool,
    /// Bytes of text that is written elsewhere and stands in the request here.
    pub weight: usize,
    /// What is to be moved.
    pub wanted: bool,
    /// Defines names or brings in other files: nothing may be moved across it.
    pub barrier: bool,
    /// A loop or a branch.
    pub block: bool,
}

#[derive(Debug)]
struct Mark {
    range: Range<usize>,
    source: Option<Span>,
    verbatim: bool,
}

/// What is known of a slot, by where it stands: the bytes of text that it brings if it is the same in every request (0 for a
/// value), `None` if it is not.
pub type Fixed<'a> = &'a dyn Fn(Span) -> Option<usize>;

impl Flat {
    pub fn of_segments(segments: &[Segment], wanted: Place) -> Self {
        let mut flat = Flat::default();
        for segment in segments {
            match segment {
                Segment::Text(text) => flat.push_text(&text.text, text.place.map(|place| place.span), text.verbatim),
                Segment::Breakpoint(_) => flat.push_object(None, Some(0), false, true, false),
                Segment::Slot(_) | Segment::Block(_) => {
                    let span = segment.place().map(|place| place.span);
                    let fixed = stable(segment).then(|| brought(segment));
                    flat.push_object(span, fixed, holds(segment, wanted), false, matches!(segment, Segment::Block(_)));
                }
            }
        }
        flat
    }

    /// The part of a literal that is written in one token. `slots` are places of slots that are not the host's own
    /// (`{name}` in a string that is formatted later).
    pub fn of_literal(literal: &StrLit, token: Span, slots: &[Span], wanted: Span, fixed: Fixed) -> Self {
        let mut flat = Flat::default();
        let is_wanted = |span: Span, inner: Span| span.contains(wanted) || inner == wanted;
        for piece in &literal.pieces {
            match piece {
                Piece::Text { text, span, verbatim } if token.contains(*span) => {
                    let mut from = span.start;
                    for slot in slots.iter().filter(|slot| *verbatim && span.contains(**slot)) {
                        if slot.start < from {
                            continue;
                        }
                        let part = text.get((from - span.start) as usize..(slot.start - span.start) as usize).unwrap_or("");
                        flat.push_text(part, Some(Span { start: from, end: slot.start }), true);
                        flat.push_object(Some(*slot), fixed(*slot), slot.contains(wanted), false, false);
                        from = slot.end;
                    }
                    let rest = text.get((from - span.start) as usize..).unwrap_or("");
                    flat.push_text(rest, Some(Span { start: from, end: span.end }), *verbatim);
                }
                Piece::Slot { expr, span, .. } if token.contains(*span) => {
                    flat.push_object(Some(*span), fixed(*span).or_else(|| fixed(expr.span)), is_wanted(*span, expr.span), false, false);
                }
                _ => {}
            }
        }
        flat
    }

    pub fn of_nodes(nodes: &[Node], wanted: Span, fixed: Fixed) -> Self {
        let mut flat = Flat::default();
        for node in nodes {
            match node {
                Node::Text { text, span, verbatim } => flat.push_text(text, Some(*span), *verbatim),
                Node::Slot { value, span } => {
                    let fixed = fixed(*span).or_else(|| fixed(value.span));
                    flat.push_object(Some(*span), fixed, span.contains(wanted), false, false);
                }
                Node::Loop { span, .. } | Node::Branch { span, .. } => {
                    flat.push_object(Some(*span), fixed(*span), span.contains(wanted), false, true);
                }
                Node::Set { span, .. }
                | Node::Include { span, .. }
                | Node::Extends { span, .. }
                | Node::Block { span, .. }
                | Node::Macro { span, .. }
                | Node::Import { span, .. } => flat.push_object(Some(*span), None, false, true, true),
            }
        }
        flat
    }

    fn push_text(&mut self, text: &str, source: Option<Span>, verbatim: bool) {
        if text.is_empty() {
            return;
        }
        let from = self.text.len();
        self.text.push_str(text);
        self.marks.push(Mark { range: from..self.text.len(), source, verbatim });
    }

    fn push_object(&mut self, source: Option<Span>, fixed: Option<usize>, wanted: bool, barrier: bool, block: bool) {
        let at = self.text.len();
        self.text.push(OBJECT);
        self.marks.push(Mark { range: at..self.text.len(), source, verbatim: false });
        self.objects.push(Object { at, stable: fixed.is_some(), weight: fixed.unwrap_or(0), wanted, barrier, block });
    }

    pub fn wanted(&self) -> Option<&Object> {
        self.objects.iter().find(|object| object.wanted)
    }

    /// Where the source of the text from `at` on begins.
    pub fn source_start(&self, at: usize) -> Option<u32> {
        let mark = self.marks.iter().find(|mark| mark.range.contains(&at))?;
        let source = mark.source?;
        match at - mark.range.start {
            0 => Some(source.start),
            into => mark.verbatim.then_some(source.start + into as u32),
        }
    }

    /// Where the source of the text up to `at` ends.
    pub fn source_end(&self, at: usize) -> Option<u32> {
        let mark = self.marks.iter().find(|mark| mark.range.start < at && at <= mark.range.end)?;
        let source = mark.source?;
        match mark.range.end - at {
            0 => Some(source.end),
            _ => mark.verbatim.then_some(source.start + (at - mark.range.start) as u32),
        }
    }

    pub fn source(&self, range: &Range<usize>) -> Option<Span> {
        if range.is_empty() {
            return None;
        }
        let (start, end) = (self.source_start(range.start)?, self.source_end(range.end)?);
        (start <= end).then_some(Span { start, end })
    }

    /// Objects in a range of the text.
    pub fn objects_in(&self, range: Range<usize>) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| range.contains(&object.at))
    }

    /// Whether the character at this offset stands for an object.
    pub fn is_object(&self, at: usize) -> bool {
        self.objects.binary_search_by_key(&at, |object| object.at).is_ok()
    }
}

/// Bytes that a document is taken for whose length is not known: far more than a value.
const DOCUMENT_BYTES: usize = 4_000;

/// Bytes of text that a slot or block brings, which is the same in every request: 0 for a value.
pub fn brought(segment: &Segment) -> usize {
    match segment {
        Segment::Slot(slot) if slot.size == SizeClass::Document => DOCUMENT_BYTES,
        _ => 0,
    }
}

/// Whether a segment is the same in every request.
pub fn stable(segment: &Segment) -> bool {
    let fixed = |volatility: Option<Volatility>| volatility.is_some_and(|volatility| volatility <= Volatility::Period);
    match segment {
        Segment::Text(_) | Segment::Breakpoint(_) => true,
        Segment::Slot(slot) => fixed(slot.volatility),
        Segment::Block(block) => fixed(block.subject.volatility) && block.arms.iter().flatten().all(stable),
    }
}

/// Whether the segment is what stands at a place, or holds it.
pub fn holds(segment: &Segment, at: Place) -> bool {
    let around = |place: Option<Place>| place.is_some_and(|place| place.file == at.file && place.span.contains(at.span));
    match segment {
        Segment::Text(_) | Segment::Breakpoint(_) => false,
        Segment::Slot(slot) => around(slot.place) || slot.expr == Some(at),
        Segment::Block(block) => around(block.place) || block.arms.iter().flatten().any(|inner| holds(inner, at)),
    }
}
