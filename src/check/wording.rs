//! What the text of a request says and how it is written: repetitions, blanks, courtesies, the task that it sets.

use std::collections::HashMap;

use crate::catalogue::{Model, Wording};
use crate::model::facts::{Fact, Record};
use crate::model::prompt::{BlockKind, Role, Segment, TextSegment};
use crate::model::request::{BlockRole, Request};
use crate::span::{Place, Span};
use crate::tokens;

use super::prefix::{self, Leaf};

/// The longest prompt, in tokens, whose task its phrases are believed to tell.
const LONGEST_LIGHT: u64 = 600;

/// `choice` is the light task that the type of the answer leaves.
pub fn facts(request: &Request, model: Option<&Model>, choice: Option<&'static str>) -> Vec<(&'static str, Fact)> {
    let words = Wording::builtin();
    let text = whole(request);
    // What could not be followed may ask for more, unless instructions stand apart from it.
    let has_system = request.blocks.iter().any(|block| block.kind == BlockRole::System);
    let task = match words.light_task(&text).or(choice.filter(|_| !words.is_heavy(&text))) {
        None => Fact::absent(),
        Some(_) if request.open && !has_system => Fact::unknown(),
        Some(_) if tokens::count_for(&text, model).tokens > LONGEST_LIGHT => Fact::absent(),
        Some(task) => Fact::text(task).with(crate::model::prompt::Confidence::Medium),
    };
    let fields = [
        ("repeated", repeated(request, model)),
        ("blank", blank(request, model)),
        ("filler", filler(request, words)),
        ("asks_for_json", Fact::bool(words.asks_for_json(&text))),
        ("light_task", task),
        ("asks_for_prose", words.asks_for_prose(&text).map_or_else(Fact::absent, Fact::text)),
    ];
    vec![("text", Fact::record(Record { place: None, fields: fields.into_iter().collect() }))]
}

/// The words by which the text of a request asks for something that needs every word of a document.
pub fn whole_task(request: &Request) -> Option<&'static str> {
    Wording::builtin().whole_task(&whole(request))
}

/// The words by which the text of a request may need every word of a document.
pub(crate) fn needs_all(request: &Request) -> Option<&'static str> {
    Wording::builtin().needs_all(&whole(request))
}

/// All text of system and messages, values as dots.
fn whole(request: &Request) -> String {
    let mut text = String::new();
    let mut block = 0;
    for (at, leaf) in prefix::leaves(request) {
        if at != block {
            text.push('\n');
            block = at;
        }
        let is_tools = request.blocks.get(at).is_some_and(|block| block.kind == BlockRole::Tools);
        match leaf {
            Leaf::Text { text: part, .. } if !is_tools => text.push_str(part),
            Leaf::Slot(_) => text.push('…'),
            _ => {}
        }
    }
    text
}

/// A text that is sent whenever the request is.
pub(crate) struct Certain<'r> {
    pub role: Role,
    pub segment: &'r TextSegment,
    /// Something stands before it on its first line.
    pub goes_on: bool,
    /// Something may stand behind it on its last line.
    pub is_continued: bool,
}

/// The texts that are sent whenever the request is: not those of branches and loops.
pub(crate) fn certain(request: &Request) -> impl Iterator<Item = Certain<'_>> {
    let blocks = request.blocks.iter().filter(|block| block.history.is_none() && block.kind != BlockRole::Tools);
    blocks.flat_map(|block| texts(&block.segments, block.role))
}

/// The texts that stand in segments themselves.
fn texts(segments: &[Segment], role: Role) -> impl Iterator<Item = Certain<'_>> {
    segments.iter().enumerate().filter_map(move |(at, segment)| match segment {
        Segment::Text(text) => Some(Certain {
            role,
            segment: text,
            goes_on: at > 0 && !matches!(segments.get(at - 1), Some(Segment::Text(before)) if before.text.ends_with('\n')),
            is_continued: at + 1 < segments.len() && !text.text.ends_with('\n'),
        }),
        _ => None,
    })
}

/// The ways of a request on which one text may come after another: all that is always sent, then that with one arm of one branch, and so on.
pub(crate) fn ways(request: &Request) -> Vec<Vec<Certain<'_>>> {
    fn arms<'r>(segments: &'r [Segment], role: Role, found: &mut Vec<Vec<Certain<'r>>>, depth: usize) {
        for segment in segments {
            let Segment::Block(block) = segment else { continue };
            for arm in block.arms.iter().filter(|_| block.kind == BlockKind::Branch && depth < 8) {
                found.push(texts(arm, role).collect());
                arms(arm, role, found, depth + 1);
            }
        }
    }
    let mut branches = Vec::new();
    for block in request.blocks.iter().filter(|block| block.history.is_none() && block.kind != BlockRole::Tools) {
        arms(&block.segments, block.role, &mut branches, 0);
    }
    let always = std::iter::once(certain(request).collect());
    always.chain(branches.into_iter().map(|arm| certain(request).chain(arm).collect())).collect()
}

/// The paragraphs of a text that stand in it from end to end, by their ranges: the first and the last may go on in a value beside it.
pub(crate) fn paragraphs(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    let mut open: Option<std::ops::Range<usize>> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if line.trim().is_empty() {
            found.extend(open.take());
        } else {
            open = Some(open.map_or(at, |known| known.start)..end);
        }
        at = end;
    }
    found.extend(open);
    found
}

/// A paragraph as it is compared: white space as single blanks. `None`: too short to say anything twice.
pub(crate) fn paragraph_key(text: &str) -> Option<String> {
    /// Words of the shortest paragraph that is no label, separator or rule of a table.
    const SHORTEST: usize = 12;
    let words: Vec<&str> = text.split_whitespace().collect();
    let told = words.iter().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= 2).count();
    (told >= SHORTEST).then(|| words.join(" "))
}

/// The first paragraph that stands in the request for the second time.
fn repeated(request: &Request, model: Option<&Model>) -> Fact {
    ways(request).iter().map(|way| repeated_in(way, model)).find(|fact| *fact != Fact::absent()).unwrap_or_else(Fact::absent)
}

/// Where a paragraph stands for the first time.
#[derive(Clone, Copy)]
struct First {
    place: Option<Place>,
    /// The text that it stands in.
    segment: Option<Place>,
    role: Role,
    /// It belongs to a demonstration.
    shown: bool,
    /// What says it again stands behind a value, in a message of the same role.
    again: bool,
}

fn repeated_in(way: &[Certain<'_>], model: Option<&Model>) -> Fact {
    let mut seen: HashMap<String, First> = HashMap::new();
    let mut tokens_twice = 0;
    let mut found: Option<(Place, First, Role, String)> = None;
    for Certain { role, segment, goes_on, is_continued } in way {
        for range in paragraphs(&segment.text) {
            if (*goes_on && range.start == 0) || (*is_continued && range.end == segment.text.len()) {
                continue;
            }
            let Some(text) = segment.text.get(range.clone()) else { continue };
            let Some(key) = paragraph_key(text) else { continue };
            let shown = in_demonstration(&segment.text, range.start);
            let here = place(segment, &range);
            match seen.get(&key) {
                // What two demonstrations have in common belongs to each of them.
                Some(first) if first.shown && shown => {}
                Some(first) => {
                    // The same text of the source may reach a request on two ways that exclude each other.
                    let Some(here) = here.filter(|here| Some(*here) != first.place) else { continue };
                    tokens_twice += tokens::count_for(text, model).tokens;
                    let again = segment.place != first.segment && *role == first.role;
                    found.get_or_insert_with(|| (here, First { again, ..*first }, *role, key.chars().take(50).collect()));
                }
                None => drop(seen.insert(key, First { place: here, segment: segment.place, role: *role, shown, again: false })),
            }
        }
    }
    let Some((place, first, role, start)) = found else { return Fact::absent() };
    let again = first.again;
    let first = first.place.map_or_else(Fact::absent, |place| Fact::record(Record { place: Some(place), ..Record::default() }));
    let fields = [
        ("tokens", Fact::number(tokens_twice as f64)),
        ("start", Fact::text(start)),
        ("first", first),
        ("in_system", Fact::bool(role == Role::System)),
        ("behind_data", Fact::bool(again)),
    ];
    Fact::record(Record { place: Some(place), fields: fields.into_iter().collect() })
}

/// Whether a place in a text lies inside an element that shows how something is done: what is said there again belongs to the demonstration.
fn in_demonstration(text: &str, at: usize) -> bool {
    const SHOWS: [&str; 5] = ["example", "demonstration", "scratchpad", "few_shot", "transcript"];
    /// Bytes of the longest name of an element.
    const LONGEST: usize = 60;
    let mut open = 0_i32;
    for (start, _) in text.get(..at).unwrap_or_default().match_indices('<') {
        let Some((name, _)) = text[start + 1..].split_once('>').filter(|(name, _)| name.len() <= LONGEST && !name.contains('<')) else {
            continue;
        };
        let name = name.to_lowercase();
        if SHOWS.iter().any(|word| name.contains(word)) {
            open = if name.starts_with('/') { (open - 1).max(0) } else { open + i32::from(!name.ends_with('/')) };
        }
    }
    open > 0
}

/// Where a part of a text is written.
pub(crate) fn place(segment: &TextSegment, range: &std::ops::Range<usize>) -> Option<Place> {
    let place = segment.place.filter(|_| segment.verbatim)?;
    let start = place.span.start as usize;
    Some(Place::new(place.file, Span::new(start + range.start, start + range.end)))
}

/// Blanks that no reader sees: at the ends of lines, and runs of empty lines. Nothing inside a fence counts. Where the text `goes_on` behind
/// something else its first line is no empty one.
pub(crate) fn blanks(text: &str, goes_on: bool) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut fenced = false;
    let mut empty: Vec<std::ops::Range<usize>> = Vec::new();
    let mut at = 0;
    let end_run = |empty: &mut Vec<std::ops::Range<usize>>, found: &mut Vec<std::ops::Range<usize>>| {
        // One empty line says all that many say.
        if let (Some(second), Some(last)) = (empty.get(1), empty.last()) {
            found.push(second.start..last.end);
        }
        empty.clear();
    };
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let kept = bare.trim_end_matches([' ', '\t']);
        let is_fence = kept.trim_start().starts_with("```") || kept.trim_start().starts_with("~~~");
        if kept.is_empty() && line.ends_with('\n') && !fenced && !(goes_on && at == 0) {
            empty.push(at..at + line.len());
        } else {
            end_run(&mut empty, &mut found);
            // Two blanks at the end of a line are a line break in Markdown.
            if !fenced && line.ends_with('\n') && bare.len() - kept.len() != 2 && bare.len() > kept.len() {
                found.push(at + kept.len()..at + bare.len());
            }
        }
        fenced ^= is_fence;
        at += line.len();
    }
    end_run(&mut empty, &mut found);
    found
}

fn blank(request: &Request, model: Option<&Model>) -> Fact {
    let mut first = None;
    let mut lost = 0;
    for Certain { segment, goes_on, .. } in certain(request).filter(|one| one.segment.verbatim) {
        let ranges = blanks(&segment.text, goes_on);
        if ranges.is_empty() {
            continue;
        }
        if first.is_none() {
            first = ranges.first().and_then(|range| place(segment, range));
        }
        let mut without = segment.text.to_string();
        ranges.iter().rev().for_each(|range| without.replace_range(range.clone(), ""));
        lost += tokens::count_for(&segment.text, model).tokens.saturating_sub(tokens::count_for(&without, model).tokens);
    }
    match first {
        None => Fact::absent(),
        place => Fact::record(Record { place, fields: [("tokens", Fact::number(lost as f64))].into_iter().collect() }),
    }
}

fn filler(request: &Request, words: &Wording) -> Fact {
    certain(request)
        .filter(|one| matches!(one.role, Role::System | Role::User | Role::Unknown))
        .find_map(|Certain { segment, .. }| {
            let (phrase, range) = words.filler(&segment.text)?;
            let place = place(segment, &range)?;
            let fields = [("phrase", Fact::text(phrase.trim()))];
            Some(Fact::record(Record { place: Some(place), fields: fields.into_iter().collect() }))
        })
        .unwrap_or_else(Fact::absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_blanks(text: &str, goes_on: bool) -> String {
        let mut left = text.to_owned();
        blanks(text, goes_on).into_iter().rev().for_each(|range| left.replace_range(range, ""));
        left
    }

    #[test]
    fn blanks_that_say_something_stay() {
        for (text, goes_on, left) in [
            ("a   \nb\t\n", false, "a\nb\n"),
            ("a\n\n\n\nb\n", false, "a\n\nb\n"),
            ("a\n\nb\n", false, "a\n\nb\n"),
            // A line break in Markdown.
            ("a  \nb\n", false, "a  \nb\n"),
            // Code.
            ("```\na   \n\n\n\nb\n```\nc   \n", false, "```\na   \n\n\n\nb\n```\nc\n"),
            ("~~~\n\n\n\n~~~\n", false, "~~~\n\n\n\n~~~\n"),
            // The first line ends one that a value stands in.
            ("\n\nb\n", true, "\n\nb\n"),
            ("\n\n\nb\n", true, "\n\nb\n"),
            // The last line may go on in a value.
            ("a\nb   ", false, "a\nb   "),
            ("a   \r\nb\r\n", false, "a\r\nb\r\n"),
        ] {
            assert_eq!(without_blanks(text, goes_on), left, "{text:?}");
        }
    }

    #[test]
    fn paragraphs_are_what_empty_lines_part() {
        let text = "a\nb\n\n  \nc\n";
        assert_eq!(paragraphs(text).iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(), ["a\nb\n", "c\n"]);
        assert_eq!(paragraph_key("Question: Where do I board?"), None);
        assert_eq!(paragraph_key("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"), None);
        assert!(paragraph_key("Name the pier and the price in every answer, and never promise a seat to anybody.").is_some());
    }
}
