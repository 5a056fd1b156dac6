//! `move-behind-static`: what changes goes behind the text that does not, so that a cache can serve that text.

use std::ops::Range;

use crate::model::prompt::{Role, Segment, TextSegment};
use crate::model::request::{BlockRole, Request};
use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::{Place, Span};
use crate::syntax::{ExprKind, StrLit, StrToken};

use super::flat::{Flat, holds, stable};
use super::plan::{Joint, Plan, Unit, plan};
use super::{Declined, Delta, Outcome, Proposal, Target, find};

/// Bytes of English prose to a token; only used to decide how much text may stay behind.
const BYTES_PER_TOKEN: u64 = 4;

pub fn apply(target: &Target) -> Option<Outcome> {
    let at = target.at?;
    let block = target.request.blocks.iter().position(|block| block.segments.iter().any(|segment| holds(segment, at)))?;
    let enough = (target.options.min_lost_tokens.saturating_mul(BYTES_PER_TOKEN) / 2) as usize;
    let segments = &target.request.blocks[block].segments;
    let flat = Flat::of_segments(segments, at);
    let (mended, edit) = match plan(&flat, enough) {
        Some(plan) => {
            let mut mended = target.request.clone();
            mended.blocks[block].segments = moved(segments, &plan);
            let crossed = plan.dest - plan.cut.end;
            (mended, propose(target, at, enough, crossed))
        }
        None => {
            (to_messages(target.request, block, at)?, Declined::because("it has to go to a message of its own, behind the static ones"))
        }
    };
    let cap = target.call.and_then(|call| call.cap.value);
    Some(Outcome { mended, cap, delta: Delta { moves: true, ..Delta::default() }, edit })
}

/// The segments with the unit at its new place.
fn moved(segments: &[Segment], plan: &Plan) -> Vec<Segment> {
    let lengths: Vec<usize> = segments.iter().map(length).collect();
    let part = |range: Range<usize>| -> Vec<Segment> {
        let mut at = 0;
        let mut out = Vec::new();
        for (segment, length) in segments.iter().zip(&lengths) {
            let (start, end) = (range.start.max(at), range.end.min(at + length));
            if start < end {
                match segment {
                    Segment::Text(text) => out.push(Segment::Text(piece(text, start - at..end - at))),
                    other => out.push(other.clone()),
                }
            }
            at += length;
        }
        out
    };
    let whole: usize = lengths.iter().sum();
    let mut out = part(0..plan.cut.start);
    out.extend(part(plan.cut.end..plan.dest));
    let (before, after) = around(plan, "\n");
    out.extend((!before.is_empty()).then(|| Segment::text(&before)));
    out.extend(part(plan.body.clone()));
    out.extend((!after.is_empty()).then(|| Segment::text(&after)));
    out.extend(part(plan.dest..whole));
    out
}

fn length(segment: &Segment) -> usize {
    match segment {
        Segment::Text(text) => text.text.len(),
        _ => '\u{fffc}'.len_utf8(),
    }
}

fn piece(text: &TextSegment, range: Range<usize>) -> TextSegment {
    let place = text.place.filter(|_| text.verbatim).map(|place| {
        let start = place.span.start as usize;
        Place::new(place.file, Span::new(start + range.start, start + range.end))
    });
    let place = if range.len() == text.text.len() { text.place } else { place };
    TextSegment { text: text.text.get(range).unwrap_or("").into(), place, verbatim: text.verbatim }
}

/// What is put before and behind the unit at its new place.
fn around(plan: &Plan, line_break: &str) -> (String, String) {
    let times = |count: usize| line_break.repeat(count);
    match plan.joint {
        Joint::Line { blank_before, blank_after } => (times(blank_before as usize), times(1 + blank_after as usize)),
        Joint::End { blank_before } => (times(1 + blank_before as usize), String::new()),
        Joint::Sentence => (" ".into(), String::new()),
    }
}

/// The value at the end of the last message of the user: where it belongs if its own prompt holds nothing behind it.
fn to_messages(request: &Request, from: usize, at: Place) -> Option<Request> {
    let later_static = request.blocks[from + 1..].iter().any(|block| {
        block.history.is_none()
            && block.segments.iter().any(|segment| matches!(segment, Segment::Text(text) if !text.text.trim().is_empty()))
    });
    let to = request.blocks.iter().rposition(|block| block.kind == BlockRole::Message && block.role != Role::Assistant)?;
    if to <= from || !later_static {
        return None;
    }
    let mut mended = request.clone();
    let slot = mended.blocks[from].segments.iter().position(|segment| holds(segment, at))?;
    let slot = mended.blocks[from].segments.remove(slot);
    mended.blocks[to].segments.push(slot);
    Some(mended)
}

fn propose(target: &Target, at: Place, enough: usize, crossed: usize) -> Result<Proposal, Declined> {
    let stable_spans: Vec<Span> = stable_places(target.request, at);
    let is_stable = |span: Span| stable_spans.contains(&span);
    let text = target.project.text(at.file);
    let written = match target.project.file(at.file).language {
        Language::Jinja => {
            let Ok(template) = target.project.template(at.file) else { return Declined::because("the template does not parse") };
            let flat = Flat::of_nodes(&template.nodes, at.span, &is_stable);
            if flat.wanted().is_none() {
                return Declined::because("it stands inside a definition");
            }
            edits(&flat, text, at, enough)?
        }
        Language::Python => in_python(target, at, enough, &is_stable)?,
        Language::Text => return Declined::because("its file is not code"),
    };
    // A slot is many bytes in the source and one character here, so only a gross difference says something.
    if written.crossed * 2 + enough < crossed {
        return Declined::because("part of the static text behind it is written elsewhere");
    }
    let applicability = if written.plan.doubts.is_empty() { Applicability::Safe } else { Applicability::Unsafe };
    let what = match written.plan.unit {
        Unit::Line => "line",
        Unit::Paragraph => "paragraph",
        Unit::Sentence => "sentence",
    };
    let name = name_at(target.request, at).unwrap_or_else(|| "the value".into());
    Ok(Proposal { edits: written.edits, applicability, title: format!("Move the {what} with `{name}` behind the static text") })
}

/// Places of slots and blocks that are the same in every request.
fn stable_places(request: &Request, at: Place) -> Vec<Span> {
    fn walk(segments: &[Segment], at: Place, out: &mut Vec<Span>) {
        for segment in segments {
            if stable(segment) && !matches!(segment, Segment::Text(_)) {
                let expr = if let Segment::Slot(slot) = segment { slot.expr } else { None };
                out.extend([segment.place(), expr].into_iter().flatten().filter(|place| place.file == at.file).map(|place| place.span));
            }
            if let Segment::Block(block) = segment {
                block.arms.iter().for_each(|arm| walk(arm, at, out));
            }
        }
    }
    let mut out = Vec::new();
    request.blocks.iter().for_each(|block| walk(&block.segments, at, &mut out));
    out
}

fn slot_places(request: &Request, at: Place) -> Vec<Span> {
    let all = request.blocks.iter().flat_map(|block| &block.segments);
    let mut spans: Vec<Span> = all
        .filter(|segment| matches!(segment, Segment::Slot(_)))
        .filter_map(Segment::place)
        .filter(|place| place.file == at.file)
        .map(|place| place.span)
        .collect();
    spans.sort();
    spans.dedup();
    spans
}

fn name_at(request: &Request, at: Place) -> Option<String> {
    request.blocks.iter().flat_map(|block| &block.segments).find(|segment| holds(segment, at)).and_then(|segment| match segment {
        Segment::Slot(slot) => Some(slot.name.to_string()),
        Segment::Block(block) => Some(block.subject.name.to_string()),
        _ => None,
    })
}

struct Written {
    edits: Vec<Edit>,
    plan: Plan,
    /// Bytes of text that the unit crosses.
    crossed: usize,
}

fn in_python(target: &Target, at: Place, enough: usize, is_stable: &dyn Fn(Span) -> bool) -> Result<Written, Declined> {
    let module = target.project.module(at.file);
    let text = target.project.text(at.file);
    let Some(ExprKind::Str(literal)) = find::literal_around(module, at.span).map(|expr| &expr.kind) else {
        return Declined::because("it does not stand in a string literal");
    };
    let Some(token) = literal.tokens.iter().find(|token| token.content.contains(at.span)) else {
        return Declined::because("it does not stand in a string literal");
    };
    let slots = slot_places(target.request, at);
    let flat = |token: &StrToken| Flat::of_literal(literal, token.content, &slots, at.span, is_stable);
    if literal.tokens.len() == 1 {
        return edits(&flat(token), text, at, enough);
    }
    let whole = Span { start: literal.tokens[0].span.start, end: literal.tokens[literal.tokens.len() - 1].span.end };
    token_lines(literal, &Flat::of_literal(literal, whole, &slots, at.span, is_stable), text, at, enough)
}

/// The edits inside one stretch of source in which every byte of the prompt follows the one before.
fn edits(flat: &Flat, text: &str, at: Place, enough: usize) -> Result<Written, Declined> {
    let plan = checked(flat, enough)?;
    let unclear = || Declined("it is not written out in one piece".into());
    let cut = flat.source(&plan.cut).ok_or_else(unclear)?;
    let body = flat.source(&plan.body).ok_or_else(unclear)?;
    let dest = flat.source_end(plan.dest).ok_or_else(unclear)?;
    if dest < cut.end || trims_space(text, cut.start) || trims_space(text, cut.end) || trims_space(text, dest) {
        return Declined::because("white space control stands next to it");
    }
    let line_break = match &plan.line_break {
        Some(range) => text.get(flat.source(range).ok_or_else(unclear)?.range()).ok_or_else(unclear)?,
        None => "",
    };
    if plan.joint != Joint::Sentence && line_break.is_empty() {
        return Err(unclear());
    }
    let (before, after) = around(&plan, line_break);
    let slice = text.get(body.range()).ok_or_else(unclear)?;
    // In front of a sentence stands its own space already; behind the last one of the line there is none.
    let moved = match plan.joint {
        Joint::Sentence if text[..dest as usize].ends_with(' ') => format!("{slice} "),
        _ => format!("{before}{slice}{after}"),
    };
    let edit = |span: Span, text: String| Edit { file: at.file, span, text };
    Ok(Written {
        edits: vec![edit(cut, String::new()), edit(Span { start: dest, end: dest }, moved)],
        crossed: plan.dest - plan.cut.end,
        plan,
    })
}

fn checked(flat: &Flat, enough: usize) -> Result<Plan, Declined> {
    let plan = plan(flat, enough).ok_or_else(|| Declined("the static text behind it is written elsewhere".into()))?;
    match plan.refusal {
        Some(reason) => Declined::because(reason),
        None => Ok(plan),
    }
}

/// Whether a template's tag that trims white space stands next to `at`.
fn trims_space(text: &str, at: u32) -> bool {
    let (before, after) = text.split_at(at as usize);
    let (before, after) = (before.trim_end(), after.trim_start());
    ["-%}", "-}}", "-#}"].iter().any(|end| before.ends_with(end)) || ["{%-", "{{-", "{#-"].iter().any(|start| after.starts_with(start))
}

/// Adjacent tokens, each one line of the prompt on one line of the source: whole lines of source are moved.
fn token_lines(literal: &StrLit, flat: &Flat, text: &str, at: Place, enough: usize) -> Result<Written, Declined> {
    let plan = checked(flat, enough)?;
    let several = || Declined("its line is not one string on a line of its own".into());
    let body = flat.source(&plan.body).ok_or_else(several)?;
    let own = literal.tokens.iter().position(|token| token.content.contains(body)).ok_or_else(several)?;
    let token = &literal.tokens[own];
    let dest = flat.source_end(plan.dest).ok_or_else(several)?;
    let last = literal.tokens.iter().position(|token| token.content.end == dest).ok_or_else(several)?;
    let line_of = |token: &StrToken| {
        let start = text[..token.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let end = text[token.span.end as usize..].find('\n').map(|at| token.span.end as usize + at + 1)?;
        let alone = text[start..token.span.start as usize].trim().is_empty() && text[token.span.end as usize..end].trim().is_empty();
        alone.then_some(Span::new(start, end))
    };
    let line = line_of(token).ok_or_else(several)?;
    let ends_line = |token: &StrToken| text.get(token.content.range()).is_some_and(|content| content.ends_with("\\n")) && !token.raw;
    let whole = token.content.start == body.start && ends_line(token) && token.content.end == body.end + 2;
    if !whole || last <= own || plan.unit == Unit::Sentence {
        return Err(several());
    }
    let after = line_of(&literal.tokens[last]).ok_or_else(several)?;
    let edit = |span: Span, text: String| Edit { file: at.file, span, text };
    let here = |at: u32| Span { start: at, end: at };
    let mut edits = vec![edit(line, String::new())];
    let source = text.get(line.range()).unwrap_or("");
    if ends_line(&literal.tokens[last]) {
        edits.push(edit(here(after.end), source.to_string()));
    } else if last + 1 == literal.tokens.len() {
        // The text ends without a line break: the line that was last gets one, the new last line loses its own.
        let end = (token.content.end - line.start) as usize;
        let without = format!("{}{}", &source[..end - 2], &source[end..]);
        edits.push(edit(here(literal.tokens[last].content.end), "\\n".into()));
        edits.push(edit(here(after.end), without));
    } else {
        return Err(several());
    }
    Ok(Written { edits, crossed: plan.dest - plan.cut.end, plan })
}
