//! `move-behind-static`: what changes goes behind the text that does not, so that a cache can serve that text.

use std::ops::Range;

use crate::catalogue::Wording;
use crate::model::prompt::{Role, Segment, SizeClass, TextSegment};
use crate::model::request::{BlockRole, Request};
use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::{Place, Span};
use crate::syntax::{ExprKind, StrLit, StrToken};

use super::flat::{Fixed, Flat, OBJECT, brought, holds, stable};
use super::plan::{ANNOUNCED, CROSSES, Joint, MAY_POINT, POINTS, Plan, Unit, plan};
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
            let edit = if crosses_marker(segments, &plan) {
                Declined::because("a cache marker stands behind the text: the value has to go to a block of its own behind the marker")
            } else {
                propose(target, at, enough, crossed)
            };
            (mended, edit)
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

/// Whether a cache marker stands between a unit and its new place. What is written before it in the source can't get behind
/// it by a move within its text, and before it nothing is won.
fn crosses_marker(segments: &[Segment], plan: &Plan) -> bool {
    let mut at = 0;
    segments.iter().any(|segment| {
        let here = at;
        at += length(segment);
        matches!(segment, Segment::Breakpoint(_)) && (plan.cut.end..plan.dest).contains(&here)
    })
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
        Joint::Sentence { last: true } => (" ".into(), String::new()),
        Joint::Sentence { last: false } => (String::new(), " ".into()),
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
    let stable_spans = stable_places(target.request, at);
    let is_stable = |span: Span| stable_spans.iter().find(|(place, _)| *place == span).map(|(_, bytes)| *bytes);
    let text = target.project.text(at.file);
    let written = match target.project.file(at.file).language {
        Language::Jinja => {
            let Ok(template) = target.project.template(at.file) else { return Declined::because("the template does not parse") };
            let whole = Place::new(at.file, Span::new(0, text.len()));
            let fixed = |span: Span| is_stable(span).or_else(|| text_from_elsewhere(target.request, whole, span));
            let flat = Flat::of_nodes(&template.nodes, at.span, &fixed);
            if flat.wanted().is_none() {
                return Declined::because("it stands inside a definition");
            }
            edits(&flat, text, at, enough)?
        }
        Language::Python | Language::JavaScript => in_literal(target, at, enough, &is_stable)?,
        Language::Text => in_document(target, at, enough, &is_stable)?,
    };
    // A slot is many bytes in the source and one character here, so only a gross difference says something.
    if written.crossed * 2 + enough < crossed {
        return Declined::because("part of the static text behind it is written elsewhere");
    }
    let name = name_at(target.request, at).unwrap_or_else(|| "the value".into());
    if Wording::builtin().leads(&name) {
        return Declined::because("by its name the text that follows builds on it");
    }
    let documents = stable_spans.iter().any(|(place, bytes)| *bytes > 0 && place.start >= at.span.end);
    // A line that says what it is, with a short value, reads the same wherever it stands; a question or a document does not.
    let told = written.tells_itself && is_short(target.request, at) && !documents;
    let taste = |doubt: &&&str| **doubt == POINTS || !told && [MAY_POINT, ANNOUNCED, CROSSES].contains(*doubt);
    if let Some(doubt) = written.plan.doubts.iter().find(taste) {
        return Declined::because(*doubt);
    }
    // How long a document is shows only when it is read.
    let safe = written.plan.doubts.is_empty() && !documents;
    let applicability = if safe { Applicability::Safe } else { Applicability::Unsafe };
    let what = match written.plan.unit {
        Unit::Line => "line",
        Unit::Paragraph => "paragraph",
        Unit::Sentence => "sentence",
    };
    Ok(Proposal { edits: written.edits, applicability, title: format!("Move the {what} with `{name}` behind the static text") })
}

/// The edits in a text of a file that holds prompts.
fn in_document(target: &Target, at: Place, enough: usize, is_stable: &dyn Fn(Span) -> Option<usize>) -> Result<Written, Declined> {
    let nodes = target.project.template_at(at).map_err(|reason| Declined(reason.into()))?;
    let whole = Place::new(at.file, crate::template::extent(nodes));
    let fixed = |span: Span| is_stable(span).or_else(|| text_from_elsewhere(target.request, whole, span));
    edits(&Flat::of_nodes(nodes, at.span, &fixed), target.project.text(at.file), at, enough)
}

/// Places of slots and blocks that are the same in every request, with the bytes of text that each brings.
pub(super) fn stable_places(request: &Request, at: Place) -> Vec<(Span, usize)> {
    fn walk(segments: &[Segment], at: Place, out: &mut Vec<(Span, usize)>) {
        for segment in segments {
            if stable(segment) && !matches!(segment, Segment::Text(_)) {
                let expr = if let Segment::Slot(slot) = segment { slot.expr } else { None };
                let places = [segment.place(), expr].into_iter().flatten().filter(|place| place.file == at.file);
                out.extend(places.map(|place| (place.span, brought(segment))));
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

/// How much text a slot of the literal or template `whole` brings from elsewhere, if it brings nothing but text that is the
/// same in every request: what stands in the request between that which is written before the slot and behind it.
pub(super) fn text_from_elsewhere(request: &Request, whole: Place, slot: Span) -> Option<usize> {
    let inside = |segment: &Segment| segment.place().filter(|place| place.file == whole.file && whole.span.contains(place.span));
    let block = request.blocks.iter().find(|block| block.segments.iter().any(|segment| inside(segment).is_some()))?;
    let before = block.segments.iter().rposition(|segment| inside(segment).is_some_and(|place| place.span.end <= slot.start));
    let from = before.map_or(0, |before| before + 1);
    let run: Vec<&Segment> = block.segments.get(from..)?.iter().take_while(|segment| inside(segment).is_none()).collect();
    let next = block.segments.get(from + run.len()).and_then(inside);
    if run.is_empty() || next.is_some_and(|place| place.span.start < slot.end) || !run.iter().all(|segment| stable(segment)) {
        return None;
    }
    Some(run.iter().map(|segment| length(segment)).sum())
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

/// Whether what is moved is one short value.
fn is_short(request: &Request, at: Place) -> bool {
    let found = request.blocks.iter().flat_map(|block| &block.segments).find(|segment| holds(segment, at));
    matches!(found, Some(Segment::Slot(slot)) if slot.size == SizeClass::Scalar)
}

struct Written {
    edits: Vec<Edit>,
    plan: Plan,
    /// It is a line or sentence with words of its own around the value.
    tells_itself: bool,
    /// Bytes of text that the unit crosses.
    crossed: usize,
}

fn in_literal(target: &Target, at: Place, enough: usize, is_stable: Fixed) -> Result<Written, Declined> {
    let module = target.project.module(at.file);
    let text = target.project.text(at.file);
    let Some(ExprKind::Str(literal)) = find::literal_around(module, at.span).map(|expr| &expr.kind) else {
        return Declined::because("it does not stand in a string literal");
    };
    let Some(token) = literal.tokens.iter().find(|token| token.content.contains(at.span)) else {
        return Declined::because("it does not stand in a string literal");
    };
    let slots = slot_places(target.request, at);
    let whole = Span { start: literal.tokens[0].span.start, end: literal.tokens[literal.tokens.len() - 1].span.end };
    let fixed = |span: Span| is_stable(span).or_else(|| text_from_elsewhere(target.request, Place::new(at.file, whole), span));
    let flat = |token: &StrToken| Flat::of_literal(literal, token.content, &slots, at.span, &fixed);
    if literal.tokens.len() == 1 {
        return edits(&flat(token), text, at, enough);
    }
    token_lines(literal, &Flat::of_literal(literal, whole, &slots, at.span, &fixed), text, at, enough)
}

/// The edits inside one stretch of source in which every byte of the prompt follows the one before.
fn edits(flat: &Flat, text: &str, at: Place, enough: usize) -> Result<Written, Declined> {
    let plan = checked(flat, text, enough)?;
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
    if !matches!(plan.joint, Joint::Sentence { .. }) && line_break.is_empty() {
        return Err(unclear());
    }
    let beside = [Span { start: cut.start, end: body.start }, Span { start: body.end, end: cut.end }];
    if !beside.iter().all(|span| text.get(span.range()).is_some_and(is_blank)) {
        return Declined::because("a comment stands beside it");
    }
    let (before, after) = around(&plan, line_break);
    let slice = text.get(body.range()).ok_or_else(unclear)?;
    // Four quotes in a row would end the string one too early.
    let closes = text.get(dest as usize..).and_then(|rest| ["\"\"\"", "'''"].into_iter().find(|quotes| rest.starts_with(quotes)));
    let apart = if after.is_empty() && closes.is_some_and(|quotes| slice.ends_with(&quotes[..1])) { line_break } else { "" };
    let moved = format!("{before}{slice}{after}{apart}");
    let edit = |span: Span, text: String| Edit { file: at.file, span, text };
    Ok(Written {
        edits: vec![edit(cut, String::new()), edit(Span { start: dest, end: dest }, moved)],
        crossed: crossed(flat, &plan),
        tells_itself: tells_itself(flat, &plan),
        plan,
    })
}

/// Whether a stretch of source is white space, written as such or as its escapes.
fn is_blank(source: &str) -> bool {
    source.replace("\\n", "").replace("\\r", "").replace("\\t", "").chars().all(|c| c.is_whitespace() || c == '\\')
}

fn tells_itself(flat: &Flat, plan: &Plan) -> bool {
    let said = flat.text[plan.body.clone()].split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).count();
    plan.unit != Unit::Paragraph && said >= 2
}

/// Bytes of text between a unit and the place that it goes to, those that slots bring included.
fn crossed(flat: &Flat, plan: &Plan) -> usize {
    let between = plan.cut.end..plan.dest;
    between.len() + flat.objects_in(between).map(|object| object.weight).sum::<usize>()
}

fn checked(flat: &Flat, text: &str, enough: usize) -> Result<Plan, Declined> {
    let plan = plan(flat, enough).ok_or_else(|| Declined("the static text behind it is written elsewhere".into()))?;
    let by_order = |range: Range<usize>| {
        let mut places = flat.objects_in(range).filter_map(|object| flat.source(&(object.at..object.at + OBJECT.len_utf8())));
        places.any(|place| text.get(place.range()).is_some_and(is_filled_by_order))
    };
    match plan.refusal {
        Some(reason) => Declined::because(reason),
        None if by_order(plan.body.clone()) && by_order(plan.cut.end..plan.dest) => {
            Declined::because("its values are filled in by their order, which would change")
        }
        None => Ok(plan),
    }
}

/// `{}`, `{:>8}`, `{!r}`, `%s`: which value goes in is said by the order of the slots, and not by a name or number.
fn is_filled_by_order(slot: &str) -> bool {
    let in_braces = slot.strip_prefix('{').and_then(|rest| rest.trim_start().chars().next());
    matches!(in_braces, Some('}' | ':' | '!')) || slot.starts_with('%') && !slot.starts_with("%(") && !slot.starts_with("%{")
}

/// Whether a template's tag that trims white space stands next to `at`.
fn trims_space(text: &str, at: u32) -> bool {
    let (before, after) = text.split_at(at as usize);
    let (before, after) = (before.trim_end(), after.trim_start());
    ["-%}", "-}}", "-#}"].iter().any(|end| before.ends_with(end)) || ["{%-", "{{-", "{#-"].iter().any(|start| after.starts_with(start))
}

/// Adjacent tokens, each one line of the prompt on one line of the source: whole lines of source are moved, in their order.
fn token_lines(literal: &StrLit, flat: &Flat, text: &str, at: Place, enough: usize) -> Result<Written, Declined> {
    let plan = checked(flat, text, enough)?;
    let several = || Declined("its line is not one string on a line of its own".into());
    let body = flat.source(&plan.body).ok_or_else(several)?;
    let own = literal.tokens.iter().position(|token| token.content.start == body.start).ok_or_else(several)?;
    let end = literal.tokens.iter().position(|token| token.content.end == body.end + 2).ok_or_else(several)?;
    let dest = flat.source_end(plan.dest).ok_or_else(several)?;
    let last = literal.tokens.iter().position(|token| token.content.end == dest).ok_or_else(several)?;
    let line_of = |token: &StrToken| {
        let start = text[..token.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let end = text[token.span.end as usize..].find('\n').map(|at| token.span.end as usize + at + 1)?;
        let alone = text[start..token.span.start as usize].trim().is_empty() && text[token.span.end as usize..end].trim().is_empty();
        alone.then_some(Span::new(start, end))
    };
    let ends_line = |token: &StrToken| text.get(token.content.range()).is_some_and(|content| content.ends_with("\\n")) && !token.raw;
    let moved = literal.tokens.get(own..=end).ok_or_else(several)?;
    let lines = moved.iter().map(|token| line_of(token).filter(|_| ends_line(token))).collect::<Option<Vec<Span>>>().ok_or_else(several)?;
    let together = lines.windows(2).all(|pair| pair[0].end == pair[1].start);
    let (Some(first), Some(token), true) = (lines.first(), moved.last(), together) else { return Err(several()) };
    if last <= end || plan.unit == Unit::Sentence {
        return Err(several());
    }
    let line = Span { start: first.start, end: lines[lines.len() - 1].end };
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
    Ok(Written { edits, crossed: crossed(flat, &plan), tells_itself: tells_itself(flat, &plan), plan })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::prompt::Breakpoint;
    use crate::project::Project;
    use crate::rewrite::testing::*;

    fn outcome(project: &Project, name: &str) -> Outcome {
        let request = lowered(project);
        let at = Some(slot_named(&request, name));
        apply(&Target { at, ..target(project, &request, None) }).unwrap()
    }

    fn check(project: &Project, name: &str, applicability: Applicability, after: &str) {
        let outcome = outcome(project, name);
        assert_eq!(edited(project, &outcome), Ok((after.to_string(), applicability)));
        let delta = Delta { moves: true, ..Delta::default() };
        let request = lowered(project);
        assert_eq!(crate::fix::prove::same(&request, &outcome.mended, delta), Ok(()));
        assert_ne!(request, outcome.mended);
    }

    fn safe(project: &Project, after: &str) {
        check(project, "now", Applicability::Safe, after);
    }

    fn unsafely(project: &Project, after: &str) {
        check(project, "now", Applicability::Unsafe, after);
    }

    fn declined(project: &Project, word: &str) {
        let Err(Declined(reason)) = outcome(project, "now").edit else { panic!("an edit was offered") };
        assert!(reason.contains(word), "{reason}");
    }

    #[test]
    fn lines_that_vary_go_together() {
        unsafely(
            &jinja("Now {{ now }}.\n\nFrom: {{ user }}\n\n{{ body }}\n\nYou sort letters.\nBe brief.\n"),
            "You sort letters.\nBe brief.\n\nNow {{ now }}.\n\nFrom: {{ user }}\n\n{{ body }}\n",
        );
    }

    #[test]
    fn the_form_of_the_answer_stays_the_last_word() {
        safe(
            &python(
                "P = f\"\"\"It is {now}.\n\nYou sort letters, and name the desk that each is for.\nBe brief.\n\n## Output format\n- desk: name\n\"\"\"\n",
            ),
            "P = f\"\"\"You sort letters, and name the desk that each is for.\nBe brief.\n\nIt is {now}.\n\n## Output format\n- desk: name\n\"\"\"\n",
        );
        let form = "- desk: the name of the desk that the letter is for\n- why: one sentence that a clerk who knows nothing of the letter can read\n- due: the day by which somebody has to answer\n";
        let prompt = format!("P = f\"\"\"It is {{now}}.\n\nBe kind.\n\nAnswer in the following format:\n{form}\"\"\"\n");
        declined(&python(&prompt), "form of the answer");
    }

    #[test]
    fn what_a_reader_could_argue_about_stays() {
        for (text, reason) in [
            ("You are kind.\n{{ now }}\n\nBe brief.\n", "says what it is"),
            ("[INST] It is {{ now }}.\nBe kind. [/INST]\n", "turns"),
            ("<BEGIN CHAT>\nUser at {{ now }}.\n<END CHAT>\nBe kind.\n", "open and close"),
            ("It is {{ now }}.\n\n---\n\nBe kind.\n", "ruled off"),
            ("It is {{ now }}.\n\n# Rules\nBe kind.\n", "heading of something else"),
            ("# Time\n{{ now }}\nBe kind.\n", "would lose it"),
            ("Answer as somebody who knows\nthat it was {{ now }} a minute ago.\nBe kind.\n", "several lines"),
            ("The visitor came at {{ now }}.\nThey speak Danish.\n", "goes on with it"),
            ("Go on {% if user %}with {{ now }}{% endif %}\nYou are kind.\n", "midst of its line"),
        ] {
            declined(&jinja(text), reason);
        }
    }

    #[test]
    fn words_for_a_place_in_the_text_keep_it() {
        for text in [
            "The first line tells you the time.",
            "Read what stands at the top.",
            "The answer is at the end of this prompt.",
            "Beachte das oben genannte Datum.",
            "Utilisez la date ci-dessus.",
            "Usa la fecha de arriba.",
            "请使用上面的时间。",
        ] {
            declined(&jinja(&format!("It is {{{{ now }}}}.\n{text}\nBe kind.\n")), "above or below");
        }
    }

    #[test]
    fn an_answer_that_is_begun_stays_the_end() {
        safe(
            &jinja("It is {{ now }}.\nYou are kind and brief.\nReturn the JSON, beginning with:\n{"),
            "You are kind and brief.\nIt is {{ now }}.\nReturn the JSON, beginning with:\n{",
        );
    }

    #[test]
    fn a_comment_beside_it_is_no_white_space() {
        declined(&jinja("It is {{ now }}.{# by the clock #}\nYou are kind.\nBe brief.\n"), "comment");
    }

    #[test]
    fn values_that_are_filled_in_by_their_order_keep_it() {
        for slot in ["{}", "{:>8}", "{!r}", "%s", "%5.2f"] {
            assert!(is_filled_by_order(slot), "{slot}");
        }
        for slot in ["{0}", "{now}", "{{ now }}", "{{}}", "%(now)s", "${now}", "{% if now %}{% endif %}"] {
            assert!(!is_filled_by_order(slot), "{slot}");
        }
    }

    #[test]
    fn a_line_between_brackets_stays() {
        declined(
            &python("P = f\"\"\"{{\"now\": \"{now}\",\n\"rules\": \"Be kind to everybody who asks, and brief.\"}}\n\"\"\"\n"),
            "between brackets",
        );
    }

    #[test]
    fn neighbours_keep_their_order() {
        unsafely(
            &python("P = f\"\"\"It is {now}.\nFor {user}.\n\nYou are kind.\nBe brief.\n\"\"\"\n"),
            "P = f\"\"\"You are kind.\nBe brief.\n\nIt is {now}.\nFor {user}.\n\"\"\"\n",
        );
        for (volatile, title) in [
            ("Time:\n{now}\nUser:\n{user}", "labels"),
            ("<time>\n{now}\n</time>\n<user>\n{user}\n</user>", "tags"),
            ("It is {now}.\nUser:\n{user}", "a line and a label"),
        ] {
            let outcome = outcome(&python(&format!("P = f\"\"\"{volatile}\n\nYou are kind.\nBe brief.\n\"\"\"\n")), "now");
            let project = python(&format!("P = f\"\"\"{volatile}\n\nYou are kind.\nBe brief.\n\"\"\"\n"));
            let after = format!("P = f\"\"\"You are kind.\nBe brief.\n\n{volatile}\n\"\"\"\n");
            assert_eq!(edited(&project, &outcome), Ok((after, Applicability::Unsafe)), "{title}");
        }
        declined(&python("P = f\"\"\"# Time\n{now}\n\n# User\n{user}\n\nYou are kind.\nBe brief.\n\"\"\"\n"), "would lose it");
        let long = "You help people with their orders and answer kindly and briefly";
        unsafely(
            &python(&format!("P = f'It is {{now}}. It is for {{user}}. {long}.'\n")),
            &format!("P = f'{long}. It is {{now}}. It is for {{user}}.'\n"),
        );
    }

    #[test]
    fn within_its_text_it_does_not_get_behind_a_marker() {
        let project = python("P = f\"\"\"It is {now}.\nYou are kind.\nBe brief.\n\"\"\"\n");
        let mut request = lowered(&project);
        request.blocks[0].segments.push(Segment::Breakpoint(Breakpoint { place: None, ttl: None }));
        let at = Some(slot_named(&request, "now"));
        let Err(Declined(reason)) = apply(&Target { at, ..target(&project, &request, None) }).unwrap().edit else {
            panic!("an edit was offered")
        };
        assert!(reason.contains("marker"), "{reason}");
    }

    #[test]
    fn a_quote_at_the_end_does_not_close_the_string() {
        safe(
            &python("P = f\"\"\"\nTask: \"{now}\"\n\nYou are kind.\n\nBe brief.\"\"\"\n"),
            "P = f\"\"\"\nYou are kind.\n\nBe brief.\n\nTask: \"{now}\"\n\"\"\"\n",
        );
    }

    #[test]
    fn an_instruction_that_opens_the_prompt_stays() {
        let long = "Write three questions that lead to the answer of the task of the visitor who came at {{ now }}.";
        declined(&jinja(&format!("{long}\nEach is a sentence.\nBe brief.\n")), "opens the prompt");
        declined(&jinja(&format!("{long} Each is a sentence. Be brief.\n")), "opens the prompt");
    }

    #[test]
    fn what_introduces_a_list_stays() {
        declined(&jinja("You are kind.\n\nMake sure that it is:{{ now }}\n- short\n- true\n\nBe brief.\n"), "introduces the list");
    }

    #[test]
    fn what_is_announced_or_ruled_off_stays() {
        declined(&jinja("Here is the page:\n\n<page>\n{{ now }}\n</page>\n\nYou are kind.\nBe brief.\n"), "announces it");
        declined(&jinja("Read what stands between the signs.\n===\n{{ now }}\n===\nYou are kind.\nBe brief.\n"), "two rules");
        declined(&jinja("You are kind.\n\n---Data tables---\n\n{{ now }}\n\nBe brief.\nBe true.\n"), "heading");
        declined(
            &jinja("Never forget that you are a guide of {{ now }}. Be kind. Be brief. Be true and never lie to a visitor.\n"),
            "opens",
        );
    }

    #[test]
    fn blank_lines_may_hold_blanks() {
        safe(
            &python("P = f\"\"\"\n    You are kind.\n    \n    It is {now}.\n    \n    Be brief.\n    \"\"\"\n"),
            "P = f\"\"\"\n    You are kind.\n    \n    Be brief.\n\n    It is {now}.\n    \"\"\"\n",
        );
    }

    #[test]
    fn who_the_model_is_stays_at_the_beginning() {
        declined(&jinja("You are the guide of {{ now }}.\nBe kind.\nBe brief.\n"), "who the model is");
    }

    #[test]
    fn a_line_of_a_template() {
        safe(&jinja("Today is {{ now }}.\nYou are kind.\nBe brief.\n"), "You are kind.\nBe brief.\nToday is {{ now }}.\n");
        safe(&jinja("Today is {{ now }}.\nYou are kind.\nBe brief."), "You are kind.\nBe brief.\nToday is {{ now }}.");
        safe(&jinja("Today is {{ now }}.\r\nYou are kind.\r\nBe brief.\r\n"), "You are kind.\r\nBe brief.\r\nToday is {{ now }}.\r\n");
        safe(&jinja("Today: {{ now }}\r\nYou are kind 😀."), "You are kind 😀.\r\nToday: {{ now }}");
        safe(&jinja("You are kind.\nToday is {{ now }}.\n\tBe brief.\n\n"), "You are kind.\n\tBe brief.\nToday is {{ now }}.\n\n");
    }

    #[test]
    fn blank_lines_go_with_it() {
        safe(&jinja("Today is {{ now }}.\n\nYou are kind.\n\nBe brief.\n"), "You are kind.\n\nBe brief.\n\nToday is {{ now }}.\n");
        safe(
            &jinja("You are kind.\n\nToday is {{ now }}.\n\nBe brief.\n\nQuestion: {{ q }}\n"),
            "You are kind.\n\nBe brief.\n\nToday is {{ now }}.\n\nQuestion: {{ q }}\n",
        );
        safe(&jinja("Today is {{ now }}.\nRules\n- be kind\n- be brief\n"), "Rules\n- be kind\n- be brief\n\nToday is {{ now }}.\n");
    }

    #[test]
    fn it_stops_before_the_label_of_what_follows() {
        for tail in
            ["Question: {{ q }}\n", "Question:\n{{ q }}\n", "## Question\n{{ q }}\n", "<q>\n{{ q }}\n</q>\n", "Answer:\n", "Answer:"]
        {
            safe(
                &jinja(&format!("Today is {{{{ now }}}}.\nYou are kind and wise.\n{tail}")),
                &format!("You are kind and wise.\nToday is {{{{ now }}}}.\n{tail}"),
            );
        }
    }

    #[test]
    fn a_loop_behind_the_static_text_ends_it() {
        safe(
            &jinja("Today is {{ now }}.\nYou are kind.\n{% for m in history %}{{ m }}\n{% endfor %}"),
            "You are kind.\nToday is {{ now }}.\n{% for m in history %}{{ m }}\n{% endfor %}",
        );
    }

    #[test]
    fn tags_on_its_own_line_move_along() {
        safe(&jinja("<now>{{ now }}</now>\nYou are kind.\n"), "You are kind.\n<now>{{ now }}</now>\n");
    }

    #[test]
    fn a_label_and_its_value_are_a_paragraph() {
        unsafely(&jinja("Current time:\n{{ now }}\n\nYou are kind.\n"), "You are kind.\n\nCurrent time:\n{{ now }}\n");
        unsafely(&jinja("<time>\n{{ now }}\n</time>\n\nYou are kind.\n"), "You are kind.\n\n<time>\n{{ now }}\n</time>\n");
        unsafely(&jinja("# Time\n{{ now }}\n\n# Rules\n- Be kind.\n"), "# Rules\n- Be kind.\n\n# Time\n{{ now }}\n");
        unsafely(
            &jinja("{% if user %}User {{ now }}{% endif %}\nYou are kind.\n"),
            "You are kind.\n{% if user %}User {{ now }}{% endif %}\n",
        );
    }

    #[test]
    fn a_sentence_is_cut_out_of_a_long_line() {
        let long = "You help people with their orders and answer kindly and briefly";
        unsafely(
            &jinja(&format!("{long}. It is {{{{ now }}}} today. Be brief.\nNo jokes.\n")),
            &format!("{long}. Be brief.\nNo jokes.\nIt is {{{{ now }}}} today.\n"),
        );
        unsafely(
            &python(&format!("p = f\"It is {{now}}. {long}. Question: {{q}}\"\n")),
            &format!("p = f\"{long}. It is {{now}}. Question: {{q}}\"\n"),
        );
        unsafely(&python(&format!("p = f'It is {{now}}. {long}.'\n")), &format!("p = f'{long}. It is {{now}}.'\n"));
    }

    #[test]
    fn words_that_point_keep_it_or_make_it_unsafe() {
        declined(&jinja("Today is {{ now }}.\nUse the date above.\n"), "above or below");
        declined(&jinja("First read the following.\nOn {{ now }}.\nBe kind.\n"), "above or below");
        unsafely(&jinja("Today is {{ now }}.\nMind this rule.\n"), "Mind this rule.\nToday is {{ now }}.\n");
    }

    #[test]
    fn crossing_another_value_is_unsafe() {
        let long = "Answer in whole sentences and never in verse. ".repeat(8);
        unsafely(
            &jinja(&format!("Today is {{{{ now }}}}.\nBe kind.\nUser: {{{{ user }}}}\n{long}\n")),
            &format!("Be kind.\nUser: {{{{ user }}}}\n{long}\nToday is {{{{ now }}}}.\n"),
        );
        safe(
            &jinja("Today is {{ now }}.\nYou work for {{ COMPANY }}.\nBe kind.\n"),
            "You work for {{ COMPANY }}.\nBe kind.\nToday is {{ now }}.\n",
        );
    }

    #[test]
    fn declines_structure() {
        declined(&jinja("<context>\nToday is {{ now }}.\nUser {{ user }}\n</context>\nBe kind.\n"), "tag");
        declined(&jinja("```\nToday is {{ now }}.\n```\nBe kind.\n"), "code block");
        declined(&jinja("- Today is {{ now }}.\n- Be kind.\n"), "list");
        declined(&jinja("# Context\nToday is {{ now }}.\nBe kind.\n"), "heading");
        declined(&jinja("Mind:\nToday is {{ now }}.\nBe kind.\n"), "label");
        declined(&jinja("Today is {{- now -}}\n Be kind.\n"), "white space");
        declined(&jinja("Now {{ now }}\n{% set x = 1 %}\nBe kind.\n"), "definition");
    }

    #[test]
    fn a_line_of_a_string() {
        safe(
            &python("P = f\"\"\"Today is {now}.\nYou are kind {{always}}.\nQuestion: {q}\n\"\"\"\n"),
            "P = f\"\"\"You are kind {{always}}.\nToday is {now}.\nQuestion: {q}\n\"\"\"\n",
        );
        safe(&python("P = f\"\"\"\\\nToday is {now}.\nYou are kind.\"\"\"\n"), "P = f\"\"\"\\\nYou are kind.\nToday is {now}.\"\"\"\n");
        safe(
            &python("P = f\"Today is {now}.\\nYou are \\\"kind\\\".\\n{q}\"\n"),
            "P = f\"You are \\\"kind\\\".\\nToday is {now}.\\n{q}\"\n",
        );
        safe(
            &python("def f():\r\n    return dedent(f\"\"\"\r\n        It is {now:%H}.\r\n        Be kind.\r\n    \"\"\")\r\n"),
            "def f():\r\n    return dedent(f\"\"\"\r\n        Be kind.\r\n        It is {now:%H}.\r\n    \"\"\")\r\n",
        );
    }

    #[test]
    fn a_line_of_a_template_literal() {
        safe(
            &script("const p = `Today is ${now}.\nYou are \\`kind\\` and \\${open}.\nQuestion: ${q}\n`;\n"),
            "const p = `You are \\`kind\\` and \\${open}.\nToday is ${now}.\nQuestion: ${q}\n`;\n",
        );
        safe(
            &script("const p = `Today is ${now}.\r\nYou are kind.\r\nBe brief.`;\r\n"),
            "const p = `You are kind.\r\nBe brief.\r\nToday is ${now}.`;\r\n",
        );
        safe(
            &script("const p = `Today is ${now}.\\nYou are kind 😀.\\n${q}`;\n"),
            "const p = `You are kind 😀.\\nToday is ${now}.\\n${q}`;\n",
        );
        safe(
            &script("function f() {\n  return dedent`\n    It is ${now}.\n    Be kind.\n  `;\n}\n"),
            "function f() {\n  return dedent`\n    Be kind.\n    It is ${now}.\n  `;\n}\n",
        );
        unsafely(
            &script("const p = `# Time\n${now}\n\n# Rules\n- Be kind.\n`;\n"),
            "const p = `# Rules\n- Be kind.\n\n# Time\n${now}\n`;\n",
        );
        declined(&script("const p = `- Today is ${now}.\n- Be kind.\n`;\n"), "list");
        declined(&script("const p = `You are the guide of ${now}.\nBe kind.\nBe brief.\n`;\n"), "who the model is");
    }

    #[test]
    fn slots_with_literals_of_their_own_move_whole() {
        let literal = "const p = `Open: ${now(items.map((i) => `\\n- ${i.name}`).join(\"\"))} today.\nYou are kind.\nBe brief.\n`;\n";
        let project = script(literal);
        let request = lowered(&project);
        let name = "now(items.map((i) => `\\n- ${i.name}`).join(\"\"))";
        let at = Some(slot_named(&request, name));
        let outcome = apply(&Target { at, ..target(&project, &request, None) }).unwrap();
        let after = "const p = `You are kind.\nBe brief.\nOpen: ${now(items.map((i) => `\\n- ${i.name}`).join(\"\"))} today.\n`;\n";
        assert_eq!(edited(&project, &outcome).unwrap().0, after);
    }

    #[test]
    fn lines_of_adjacent_strings() {
        safe(
            &python("p = (\n    f\"It is {now}.\\n\"\n    \"Be kind.\\n\"\n    f\"Question: {q}\"\n)\n"),
            "p = (\n    \"Be kind.\\n\"\n    f\"It is {now}.\\n\"\n    f\"Question: {q}\"\n)\n",
        );
        safe(
            &python("p = (\n    f\"It is {now}.\\n\"\n    \"Be kind.\\n\"\n    'Be brief.'\n)\n"),
            "p = (\n    \"Be kind.\\n\"\n    'Be brief.\\n'\n    f\"It is {now}.\"\n)\n",
        );
        unsafely(
            &python("p = (\n    f\"It is {now}.\\n\"\n    f\"For {user}.\\n\"\n    \"Be kind.\\n\"\n    f\"Question: {q}\"\n)\n"),
            "p = (\n    \"Be kind.\\n\"\n    f\"It is {now}.\\n\"\n    f\"For {user}.\\n\"\n    f\"Question: {q}\"\n)\n",
        );
        unsafely(
            &python("p = (\n    f\"It is {now}.\\n\"\n    f\"For {user}.\\n\"\n    \"Be kind.\\n\"\n    'Be brief.'\n)\n"),
            "p = (\n    \"Be kind.\\n\"\n    'Be brief.\\n'\n    f\"It is {now}.\\n\"\n    f\"For {user}.\"\n)\n",
        );
        declined(
            &python("p = (\n    f\"It is {now}.\\n\"\n    # who asks\n    f\"For {user}.\\n\"\n    \"Be kind.\\n\"\n    'Be brief.'\n)\n"),
            "line",
        );
        declined(&python("p = (f\"It is {now}.\\n\"\n    \"Be kind.\\n\"\n    \"Be brief.\")\n"), "line");
        declined(&python("p = (\n    f\"It is {now}. \"\n    \"Be kind.\\n\"\n    \"Be brief.\"\n)\n"), "line");
    }

    #[test]
    fn the_last_value_has_nowhere_to_go() {
        let project = jinja("Be kind.\nToday is {{ now }}.\n");
        let request = lowered(&project);
        let at = Some(slot_named(&request, "now"));
        assert_eq!(apply(&Target { at, ..target(&project, &request, None) }), None);
    }

    #[test]
    fn behind_its_own_block_it_would_be_another_message() {
        let project = jinja("Be kind.\nToday is {{ now }}.\n");
        let mut request = lowered(&project);
        request.blocks.push(block(BlockRole::Message, Role::User, vec![Segment::text("Long rules of the house.")]));
        let at = Some(slot_named(&request, "now"));
        let outcome = apply(&Target { at, ..target(&project, &request, None) }).unwrap();
        assert!(outcome.edit.is_err());
        assert_eq!(outcome.mended.blocks[1].segments.len(), 2);
    }
}
