//! Where a value that changes is taken from and where it goes: the longest static run behind it, and all that speaks against it.

use std::ops::Range;

use crate::catalogue::{Catalogue, Wording};

use super::around::belongs;
use super::flat::{Flat, OBJECT, Object};

/// A unit of text and the place behind the static text that it goes to; offsets in a [`Flat`].
#[derive(Debug, PartialEq)]
pub struct Plan {
    /// All that is taken out: the unit with its line break, and one blank line if it stood between two.
    pub cut: Range<usize>,
    /// The unit itself, without a line break at its end.
    pub body: Range<usize>,
    pub unit: Unit,
    /// Where it goes: behind `cut`.
    pub dest: usize,
    pub joint: Joint,
    /// A line break to be repeated where a new one is needed.
    pub line_break: Option<Range<usize>>,
    /// Why the move is not safe; empty if it is.
    pub doubts: Vec<&'static str>,
    /// Why it should not be made at all.
    pub refusal: Option<&'static str>,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Unit {
    Line,
    /// Several lines: a label and its value, a block.
    Paragraph,
    Sentence,
}

/// How the unit meets the text around its new place.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Joint {
    /// It becomes a line; with blank lines around it.
    Line { blank_before: bool, blank_after: bool },
    /// Behind a last line that has no break.
    End { blank_before: bool },
    /// Among the sentences of a line: in front of one, or behind the last.
    Sentence { last: bool },
}

/// Where something is moved, `above` and `below` may no longer be true.
pub const POINTS: &str = "the text speaks of what stands above or below";

/// So it is with `this` and `next`, if it is they that are meant.
pub const MAY_POINT: &str = "the text may speak of what stands before or behind it";

/// What stands anywhere before it speaks of what follows.
pub const ANNOUNCED: &str = "a text before it speaks of what follows";

pub const CROSSES: &str = "it would change its place among other values";

/// A line that is longer, or has several sentences, is cut into sentences rather than moved.
const LONG_LINE: usize = 100;

/// Looking for a place costs the number of values times the length of the text; no prompt that is written by hand comes near this.
const MOST_WORK: usize = 4_000_000;

/// `None` if no static text follows the wanted object, or if the text is too large. `enough` is the length of static text, in bytes, that may stay
/// behind the new place.
pub fn plan(flat: &Flat, enough: usize) -> Option<Plan> {
    let wanted = flat.wanted().filter(|_| flat.objects.len().saturating_mul(flat.text.len()) <= MOST_WORK)?;
    let (unit, body) = unit_around(flat, wanted);
    let alone = body.end;
    let body = body.start..with_neighbours(flat, unit, body.end);
    let mut cut = body.clone();
    let text = flat.text.as_str();
    if unit == Unit::Sentence {
        cut.end += text[cut.end..].len() - text[cut.end..].trim_start_matches(' ').len();
        // Behind the last sentence of a line no blank is left over.
        if cut.end == line_end(text, cut.end) {
            cut.start = text[..cut.start].trim_end_matches(' ').len();
        }
    } else {
        cut.end += break_length(&text[cut.end..]);
    }
    let from = cut.end;
    let mut dest = destination(flat, from, enough)?;
    // What is asked about reads badly below the form of the answer, which is the last word on the task.
    let form = output_form(text, from..dest);
    let before_form = form.and_then(|start| before_line(text, from, start)).filter(|end| weight(flat, &(*end..text.len())) < enough);
    dest = before_form.unwrap_or(dest);
    let between = from..dest;

    // A blank line may hold the indentation of the text around it.
    let blank_before =
        text[..cut.start].trim().is_empty() || previous_line(text, cut.start).is_some_and(|line| text[line].trim().is_empty());
    let next_blank = text[from..].find('\n').filter(|at| text[from..from + at].trim().is_empty());
    let stood_alone = unit != Unit::Sentence && blank_before && next_blank.is_some();
    if stood_alone && let Some(at) = next_blank {
        cut.end = (from + at + 1).min(dest);
    }

    let joint = joint(flat, &between, dest, unit, stood_alone);
    let line_break = find_break(text, &cut).or_else(|| find_break(text, &(0..text.len())));
    let mut doubts = Vec::new();
    match unit {
        Unit::Line if body.end == alone => {}
        Unit::Line | Unit::Paragraph => doubts.push("several lines are moved"),
        Unit::Sentence => doubts.push("a sentence is cut out of a line"),
    }
    let names = &Catalogue::builtin().names;
    // "Read the following." may mean the line that goes.
    let before = trimmed_last_line(text, 0, cut.start).filter(|_| unit != Unit::Sentence).unwrap_or(0..0);
    let around = [body.clone(), between.clone(), before].map(|range| &text[range]);
    if around.iter().any(|part| names.points_elsewhere(part)) {
        doubts.push(POINTS);
    } else if around.iter().any(|part| names.may_point_elsewhere(part)) {
        doubts.push(MAY_POINT);
    }
    if names.points_elsewhere(&text[..cut.start]) {
        doubts.push(ANNOUNCED);
    }
    if flat.objects_in(between.clone()).any(|object| !object.stable) {
        doubts.push(CROSSES);
    }
    let refusal = match form {
        Some(_) if before_form.is_none() => Some("the static text ends with the form of the answer, and it would stand below that"),
        _ => refusal(flat, &body, unit, &between, dest).or_else(|| belongs(flat, unit, &body, dest)),
    };
    Some(Plan { cut, body, unit, dest, joint, line_break, doubts, refusal })
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// The end of the line at `at`, without its break.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |found| at + found);
    if text[at..end].ends_with('\r') { end - 1 } else { end }
}

fn break_length(text: &str) -> usize {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

fn find_break(text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let at = range.start + text[range.clone()].find('\n')?;
    let start = if text[..at].ends_with('\r') { at - 1 } else { at };
    Some(start..at + 1)
}

/// The end of the units behind a unit that hold values that vary too: they go along, so that their order stays.
fn with_neighbours(flat: &Flat, unit: Unit, end: usize) -> usize {
    let mut last = end;
    while let Some(next) = flat.objects.iter().find(|object| object.at >= last && !object.stable) {
        let (other, range) = unit_around(flat, next);
        let Some(apart) = flat.text.get(last..range.start).filter(|_| !next.block && !next.barrier) else { break };
        let adjoins = match (unit, other) {
            (Unit::Sentence, Unit::Sentence) => apart.bytes().all(|byte| byte == b' '),
            (Unit::Sentence, _) | (_, Unit::Sentence) => false,
            (_, Unit::Paragraph) => apart.trim().is_empty(),
            (_, Unit::Line) => apart.trim().is_empty() && words(flat, &range) <= LONG_LINE / 2,
        };
        // A unit that ends where the last one does holds nothing more, and would be met again and again.
        if !adjoins || range.end <= last {
            break;
        }
        last = range.end;
    }
    last
}

/// Letters and digits of a text that stand in it, not in its slots.
pub(super) fn words(flat: &Flat, range: &Range<usize>) -> usize {
    let text = &flat.text[range.clone()];
    text.char_indices().filter(|(at, c)| c.is_alphanumeric() && !flat.is_object(range.start + at)).count()
}

/// Letters and digits of a range, and the text that its slots bring from elsewhere.
fn weight(flat: &Flat, range: &Range<usize>) -> usize {
    words(flat, range) + flat.objects_in(range.clone()).map(|object| object.weight).sum::<usize>()
}

/// The least that can be moved with the object: its line, with a label above it, or its sentence in a long line.
fn unit_around(flat: &Flat, wanted: &Object) -> (Unit, Range<usize>) {
    let text = flat.text.as_str();
    let line = line_start(text, wanted.at)..line_end(text, wanted.at);
    if words(flat, &line) == 0 {
        let label = previous_line(text, line.start).filter(|label| is_label(&text[label.clone()]));
        if let Some(label) = label {
            return (Unit::Paragraph, close_tag(text, &label, label.start..line.end));
        }
    }
    let sentence = sentence_around(text, wanted.at, &line);
    if sentence != line && words(flat, &line) > LONG_LINE / 2 && words(flat, &sentence) > 0 {
        return (Unit::Sentence, sentence);
    }
    let unit = if flat.objects_in(line.clone()).any(|object| object.block) { Unit::Paragraph } else { Unit::Line };
    (unit, line)
}

/// The line above, without its break; `None` at the top.
fn previous_line(text: &str, start: usize) -> Option<Range<usize>> {
    let end = start.checked_sub(1)?;
    let start = line_start(text, end);
    let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
    Some(start..end)
}

/// A line that announces what comes under it.
pub(super) fn is_label(line: &str) -> bool {
    let line = line.trim();
    line.ends_with(':') || line.ends_with(":**") || is_heading(line) || opened_tag(line).is_some()
}

pub(super) fn is_heading(line: &str) -> bool {
    let line = line.trim_start();
    let hashes = line.len() - line.trim_start_matches('#').len();
    (1..=6).contains(&hashes) && line[hashes..].starts_with(' ')
        || line.len() > 4 && line.starts_with("**") && line.trim_end().ends_with("**")
        || is_ruled(line)
        || is_bracketed(line)
}

/// `[CONTEXT]`
fn is_bracketed(line: &str) -> bool {
    let inner = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.starts_with(char::is_alphabetic) && !inner.contains(['[', ']', '"', '\'', ',']))
}

/// `---Goal---`, `=== Goal ===`
fn is_ruled(line: &str) -> bool {
    let line = line.trim();
    let ruled = |rule: &str| line.starts_with(rule) && line.ends_with(rule);
    (ruled("--") || ruled("==")) && line.chars().any(char::is_alphanumeric)
}

/// A line of one sign that parts what stands above it from what stands below.
pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim();
    let first = line.chars().next().filter(|c| "=-_*#~\"'".contains(*c));
    first.is_some_and(|first| line.chars().count() >= 3 && line.chars().all(|c| c == first))
}

pub(super) fn is_list_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    ["- ", "* ", "+ ", "• "].iter().any(|bullet| line.starts_with(bullet))
        || digits > 0 && (line[digits..].starts_with(". ") || line[digits..].starts_with(") "))
}

/// The name of the tag if the line is one opening tag.
pub(super) fn opened_tag(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix('<')?.strip_suffix('>')?;
    let name = inner.split([' ', '\t']).next()?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-:".contains(c));
    (plain && !inner.ends_with('/') && !inner.contains(['<', '>'])).then_some(name)
}

/// With a tag above its value, the closing tag below belongs to the unit.
fn close_tag(text: &str, label: &Range<usize>, unit: Range<usize>) -> Range<usize> {
    let Some(name) = opened_tag(&text[label.clone()]) else { return unit };
    let next = unit.end + break_length(&text[unit.end..]);
    let end = line_end(text, next);
    if text[next..end].trim() == format!("</{name}>") { unit.start..end } else { unit }
}

/// The sentence at `at` within its line.
fn sentence_around(text: &str, at: usize, line: &Range<usize>) -> Range<usize> {
    let mut start = line.start;
    let mut end = line.end;
    for found in sentence_ends(text, line) {
        if found <= at {
            start = found + (text[found..].len() - text[found..].trim_start_matches(' ').len());
        } else {
            end = found;
            break;
        }
    }
    start..end
}

/// Offsets right behind the full stops of a line, the end of the line left out.
fn sentence_ends(text: &str, line: &Range<usize>) -> Vec<usize> {
    let bytes = text.as_bytes();
    (line.start + 1..line.end).filter(|at| matches!(bytes[at - 1], b'.' | b'!' | b'?') && bytes[*at] == b' ').collect()
}

/// The place behind the static text: the end of the longest run, or a later one if too much would stay behind that.
fn destination(flat: &Flat, from: usize, enough: usize) -> Option<usize> {
    let text = flat.text.as_str();
    let ends: Vec<usize> = flat.objects.iter().filter(|object| object.at >= from && !object.stable).map(|object| object.at).collect();
    let mut candidates: Vec<(usize, usize)> = Vec::new();
    let mut start = from;
    for end in ends.iter().copied().chain([text.len()]) {
        let last = end == text.len();
        let dest = before_label(flat, start, end, last);
        if dest > start && weight(flat, &(start..dest)) > 0 {
            candidates.push((dest, weight(flat, &(start..dest))));
        }
        start = if last { end } else { end + text[end..].chars().next().map_or(0, char::len_utf8) };
    }
    let longest = candidates.iter().max_by_key(|(dest, length)| (*length, usize::MAX - dest))?.0;
    let left_behind = |dest: usize| weight(flat, &(dest..text.len()));
    candidates.iter().map(|(dest, _)| *dest).filter(|dest| *dest >= longest).find(|dest| left_behind(*dest) < enough).or(Some(longest))
}

/// Where the text ends that is the same in every request: in front of the line, label included, of the first value that
/// varies; `None` if no text stands before that.
pub fn static_head(flat: &Flat) -> Option<usize> {
    let first = flat.objects.iter().find(|object| !object.stable)?;
    let end = before_label(flat, 0, first.at, false);
    (end > 0 && weight(flat, &(0..end)) > 0 && flat.text[..end].ends_with('\n')).then_some(end)
}

/// The end of the static run `start..end`, in front of the label of what comes at `end` (or of the final cue).
fn before_label(flat: &Flat, start: usize, end: usize, last: bool) -> usize {
    let text = flat.text.as_str();
    let mut dest = if last { text.len() } else { line_start(text, end) };
    if !last && dest < start {
        // The value stands in the line that the run begins in: the sentence is all there is to go by.
        let line = start..line_end(text, end);
        let sentence = sentence_around(text, end, &line).start;
        return if sentence > start { sentence } else { start };
    }
    let bare = last || words(flat, &(dest..end)) == 0;
    let mut skip_label = bare;
    while let Some(line) = trimmed_last_line(text, start, dest) {
        let written = text[line.clone()].trim();
        let cue = last && is_cue(written) && line.start > start;
        if (skip_label && !last && is_label(written)) || cue || is_heading(written) || (!last && opened_tag(written).is_some()) {
            dest = line.start;
            skip_label = skip_label && is_heading(written);
            continue;
        }
        if open_at(text, 0, dest).is_some() {
            dest = line.start;
            continue;
        }
        break;
    }
    before_line(text, start, dest).unwrap_or(start)
}

/// Whether a last line is what the answer goes on with: `Answer:`, `=>`, a bracket that nothing closes.
fn is_cue(line: &str) -> bool {
    [":", "：", "->", "=>", "=", "{", "[", "("].iter().any(|sign| line.ends_with(sign))
}

/// The end of the last line of `start..at` that is not blank, with its break.
fn before_line(text: &str, start: usize, at: usize) -> Option<usize> {
    let line = trimmed_last_line(text, start, at)?;
    Some(line.end + break_length(&text[line.end..]))
}

/// Where the heading or label stands that opens the form of the answer, if that is the last part of the text.
fn output_form(text: &str, range: Range<usize>) -> Option<usize> {
    let words = Wording::builtin();
    let mut found = None;
    let mut at = range.start;
    for line in text.get(range)?.split_inclusive('\n') {
        if is_label(line) && words.heads_output_form(line) {
            found = found.or(Some(at));
        } else if is_heading(line) {
            found = None;
        }
        at += line.len();
    }
    found
}

/// The last line of `start..end` that is not blank.
fn trimmed_last_line(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let written = text.get(start..end)?.trim_end();
    if written.is_empty() {
        return None;
    }
    let end = start + written.len();
    Some(line_start(text, end).max(start)..line_end(text, end))
}

/// The tag or fence that is opened in `from..at` and still open at its end.
fn open_at(text: &str, from: usize, at: usize) -> Option<&'static str> {
    let part = text.get(from..at)?;
    if part.lines().filter(|line| is_fence(line)).count() % 2 == 1 {
        return Some("it stands in a code block");
    }
    let rest = &text[at..];
    let mut open: Vec<&str> = Vec::new();
    for tag in tags(part) {
        match tag.strip_prefix('/') {
            Some(name) => {
                if let Some(found) = open.iter().rposition(|one| *one == name) {
                    open.truncate(found);
                }
            }
            None => open.push(tag),
        }
    }
    open.iter().any(|name| rest.contains(&format!("</{name}>"))).then_some("it stands in a tag")
}

fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

/// Names of tags in the order of the text; closing ones with their slash.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1).filter_map(|part| {
        let inner = part.split_once('>')?.0;
        let name = inner.split([' ', '\t', '\n']).next()?;
        let plain = name.trim_start_matches('/');
        (!plain.is_empty() && plain.chars().all(|c| c.is_alphanumeric() || "_-:".contains(c)) && !inner.ends_with('/')).then_some(name)
    })
}

fn joint(flat: &Flat, between: &Range<usize>, dest: usize, unit: Unit, stood_alone: bool) -> Joint {
    let text = flat.text.as_str();
    let at_line_start = text[..dest].ends_with('\n');
    let last = trimmed_last_line(text, between.start, dest).map_or("", |line| text[line].trim());
    let structured = is_list_item(last) || is_fence(last) || last.starts_with('|') || last.starts_with("</");
    let paragraphs = text[between.clone()].replace('\r', "").contains("\n\n");
    let blank = stood_alone || structured || (unit != Unit::Line && paragraphs);
    if at_line_start {
        let next = text[dest..].lines().next().unwrap_or("");
        let blank_after = blank && !next.trim().is_empty();
        return Joint::Line { blank_before: blank, blank_after };
    }
    if dest == text.len() && text.contains('\n') {
        Joint::End { blank_before: blank }
    } else {
        Joint::Sentence { last: !text[..dest].ends_with(' ') }
    }
}

/// Whether a text that opens a prompt gives the model its part.
fn speaks_of_the_model(text: &str) -> bool {
    let start: Vec<String> = text.split_whitespace().take(2).map(str::to_lowercase).collect();
    matches!(start.iter().map(String::as_str).collect::<Vec<_>>()[..], ["you", "are"] | ["you're", _] | ["act", "as"] | ["your", "name"])
        || text.to_lowercase().contains("you are a")
}

fn refusal(flat: &Flat, body: &Range<usize>, unit: Unit, between: &Range<usize>, dest: usize) -> Option<&'static str> {
    let text = flat.text.as_str();
    if flat.objects_in(between.start..dest).any(|object| object.barrier) {
        return Some("it would cross a definition or another file");
    }
    if let Some(open) = open_at(text, 0, body.start) {
        return Some(open);
    }
    if open_at(text, 0, dest).is_some() {
        return Some("the static text ends inside a tag or code block");
    }
    let line = &text[body.clone()];
    if ['{', '[', '('].into_iter().zip(['}', ']', ')']).any(|(open, close)| line.matches(open).count() != line.matches(close).count()) {
        return Some("it stands between brackets");
    }
    let opens = text[..body.start].trim().is_empty();
    if unit == Unit::Sentence {
        let builds = opens && (speaks_of_the_model(line) || words(flat, body) > LONG_LINE / 2);
        return builds.then_some("it opens the prompt, and what follows builds on it");
    }
    if unit == Unit::Line && opens && words(flat, body) > LONG_LINE / 2 {
        return Some("it opens the prompt, and what follows builds on it");
    }
    if speaks_of_the_model(line) && opens {
        return Some("it says who the model is, which belongs to the beginning");
    }
    if tags(line).filter(|tag| !tag.starts_with('/')).count() != tags(line).filter(|tag| tag.starts_with('/')).count() {
        return Some("it stands in a tag");
    }
    let above: Vec<&str> = text[..body.start].lines().collect();
    let neighbour = text[body.end..].trim_start_matches(['\r', '\n']).lines().next().unwrap_or("");
    if is_list_item(line) || is_list_item(neighbour) && above.last().is_some_and(|line| is_list_item(line)) {
        return Some("it stands in a list");
    }
    let below = text[body.end..].trim_start_matches('\r').strip_prefix('\n').and_then(|rest| rest.lines().next()).unwrap_or("");
    if unit == Unit::Line && line.trim_end_matches(|c: char| c.is_whitespace() || c == OBJECT).ends_with(':') && is_list_item(below) {
        return Some("it introduces the list below it");
    }
    let labelled = unit == Unit::Paragraph;
    if !labelled && above.iter().any(|line| is_heading(line)) {
        return Some("it stands under a heading");
    }
    let mut paragraph = above.iter().rev().take_while(|line| !line.trim().is_empty());
    if !labelled && paragraph.any(|line| line.trim().ends_with(':')) {
        return Some("it stands under a label");
    }
    let under = trimmed_last_line(text, 0, body.start).map_or("", |line| text[line].trim());
    if under.ends_with(':') || under.ends_with(":**") {
        return Some("the line before it announces it");
    }
    if is_rule(under) && is_rule(text[body.end..].trim_start().lines().next().unwrap_or("")) {
        return Some("it stands between two rules");
    }
    None
}
