//! What a text that moves leaves behind and what it lands among: where either would read otherwise than its author meant, it stays.

use std::ops::Range;

use crate::catalogue::Wording;

use super::flat::{Flat, OBJECT};
use super::plan::{Unit, is_heading, is_label, is_list_item, is_rule, opened_tag, words};

/// Why a unit of text belongs where it stands, or does not belong at `dest`.
pub fn belongs(flat: &Flat, unit: Unit, body: &Range<usize>, dest: usize) -> Option<&'static str> {
    let text = flat.text.as_str();
    let (before, own, after) = (&text[..body.start], &text[body.clone()], &text[dest..]);
    let between = text.get(body.end..dest).unwrap_or_default();
    if Wording::builtin().parts_turns(text) {
        return Some("the text is cut into turns by signs of its own");
    }
    // What a template of Terraform says twice or under a condition.
    if ["%{ if", "%{if", "%{ for", "%{for", "%{~"].iter().any(|sign| text.contains(sign)) || text.contains("~}") && text.contains("${") {
        return Some("a branch or loop of the template may begin or end beside it");
    }
    if is_open(before) || is_open(&format!("{before}{between}")) {
        return Some("it stands between signs that open and close");
    }
    if introduces(own) {
        return Some("it introduces what stands behind it");
    }
    if parts_table(before, own, between, after) {
        return Some("it is part of a table, or would stand in the midst of one");
    }
    if ends_with_example(between) {
        return Some("the static text ends with an example, and it would read as part of that");
    }
    if between.lines().any(is_rule) {
        return Some("it would leave the part of the text that is ruled off");
    }
    match unit {
        Unit::Sentence => sentence(text, body),
        Unit::Line | Unit::Paragraph => {
            let blocks = flat.objects_in(body.clone()).any(|object| object.block);
            if blocks && own.trim() != OBJECT.to_string() {
                return Some("a loop or branch begins or ends in the midst of its line");
            }
            if !blocks && words(flat, body) == 0 {
                return Some("nothing stands beside it that says what it is");
            }
            if blocks && [before, between].iter().any(|text| text.lines().any(is_heading)) {
                return Some("a loop or branch stands under a heading");
            }
            lines(own, before, between, after).or_else(|| under_headings(own, between, after, blocks))
        }
    }
}

/// Whether a text ends in a sign that announces more: `As of 9 May:`.
fn introduces(own: &str) -> bool {
    let end = own.trim_end().trim_end_matches(['*', '_', '`']).trim_end();
    end.ends_with([':', '：', ',', '，', '(', '[', '{', '—', '–']) || end.ends_with(" -")
}

/// Whether a line or a place is one between the rows of a table.
fn parts_table(before: &str, own: &str, between: &str, after: &str) -> bool {
    let is_row = |line: &str| {
        let line = line.trim();
        line.len() > 1 && line.starts_with('|') && line.ends_with('|') || line.contains(" | ") || line.contains('\t')
    };
    let beside = between.strip_prefix("\r\n").or(between.strip_prefix('\n')).unwrap_or(between).lines().next().unwrap_or_default();
    let of_rows = own.lines().any(is_row) && (is_row(last_line(before)) || is_row(beside) || own.trim_start().starts_with('|'));
    let last = between.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    of_rows || is_row(last) && is_row(after.lines().next().unwrap_or_default())
}

/// Labels of examples, and of the answers in them.
const EXAMPLES: [&str; 8] = ["example", "examples", "e.g", "for example", "sample", "beispiel", "exemple", "ejemplo"];

/// Whether the last paragraph of a text is an example: under a label that says so, or of pairs such as `Q: …` and `A: …`.
fn ends_with_example(text: &str) -> bool {
    let lines: Vec<&str> =
        text.lines().rev().skip_while(|line| line.trim().is_empty()).take_while(|line| !line.trim().is_empty()).collect();
    let label = |line: &str| {
        let (label, rest) = line.trim().split_once(':')?;
        let label = label.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let short = !label.is_empty() && label.split_whitespace().count() <= 3 && label.len() <= 25;
        short.then(|| (label, !rest.trim().is_empty()))
    };
    let is_example = |line: &&str| {
        label(line).is_some_and(|(label, _)| {
            let bare = label.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
            EXAMPLES.iter().any(|word| bare == *word || bare.ends_with(&format!(" {word}")))
        })
    };
    let pairs = |pair: &[&str]| matches!((label(pair[0]), label(pair[1])), (Some((one, true)), Some((other, true))) if one != other && !is_list_item(pair[0]));
    lines.iter().any(is_example) || lines.first_chunk::<2>().is_some_and(|pair| pairs(pair))
}

/// Whether a line of the text opens what none closes: `<BEGIN CONVERSATION>`, `## START OF FILE ##`.
fn is_open(text: &str) -> bool {
    let signed = |line: &&str| line.trim().starts_with(|c: char| !c.is_alphanumeric() && c != OBJECT && c != '-' && c != '*');
    let (mut opened, mut closed) = (0usize, 0usize);
    for line in text.lines().filter(signed) {
        let mut said = line.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase);
        match said.next().as_deref() {
            Some("begin" | "beginning" | "start") => opened += 1,
            Some("end" | "finish") => closed += 1,
            _ => {}
        }
    }
    opened > closed
}

/// A sentence leaves its line if it stands for itself, and what comes behind it does not go on with it.
fn sentence(text: &str, body: &Range<usize>) -> Option<&'static str> {
    let own = text[body.clone()].trim();
    let whole = own.ends_with(['.', '!', '?']) && own.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == OBJECT);
    if !whole || Wording::builtin().goes_on(own) {
        return Some("it is no sentence of its own");
    }
    let next = text[body.end..].lines().next().unwrap_or_default();
    Wording::builtin().goes_on(next).then_some("the sentence behind it goes on with it")
}

/// Lines that part a sentence, or go on with one.
fn lines(own: &str, before: &str, between: &str, after: &str) -> Option<&'static str> {
    let above = last_line(before);
    let below = between.strip_prefix("\r\n").or(between.strip_prefix('\n')).unwrap_or(between).lines().next().unwrap_or_default();
    if goes_over(above, own) || goes_over(own, below) {
        return Some("its sentence goes on over several lines");
    }
    let next = between.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if Wording::builtin().goes_on(next) || Wording::builtin().goes_on(own) {
        return Some("the text behind it goes on with it");
    }
    let (end, follows) = (last_line(between), after.lines().next().unwrap_or_default());
    if goes_over(end, follows) {
        return Some("the static text ends in the midst of a sentence");
    }
    let next = after.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let label = next.split_once(':').map(|(label, _)| label.trim()).filter(|label| !label.is_empty() && label.len() <= 40);
    if label.is_some_and(|label| between.lines().any(|line| line.split_once(':').is_some_and(|(own, _)| own.trim() == label))) {
        return Some("the static text ends with examples of what follows");
    }
    let last = between.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    (is_list_item(last) && is_list_item(next)).then_some("the static text ends in the midst of a list")
}

/// The last line of a text, which may end with the break of that line.
fn last_line(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text).rsplit('\n').next().unwrap_or_default()
}

/// Whether a sentence of one line goes on in the next.
fn goes_over(line: &str, next: &str) -> bool {
    let ends = line.trim_end().ends_with(|c: char| c.is_alphanumeric() || c == ',' || c == OBJECT);
    ends && next.trim_start().starts_with(char::is_lowercase)
}

/// A heading holds for what stands under it: it neither goes alone nor takes in what is not its own.
fn under_headings(own: &str, between: &str, after: &str, blocks: bool) -> Option<&'static str> {
    let first = own.lines().next().unwrap_or_default();
    let tagged = opened_tag(first).is_some() || own.trim_start().starts_with('<');
    let written = |line: &&str| !line.trim().is_empty();
    let opens = |line: &str| is_heading(line) || is_label(line) || opened_tag(line).is_some();
    let (next, follows) = (between.lines().find(written), after.lines().find(written));
    if is_heading(first) {
        if next.is_some_and(|next| !opens(next)) {
            return Some("what stands under its heading would lose it");
        }
        return follows.is_some_and(|line| !opens(line)).then_some("what follows would stand under its heading");
    }
    if tagged || blocks {
        return None;
    }
    // `Subject: …` is no sentence, and reads as one more item of what stands before it.
    let named_only = !after.trim().is_empty()
        && own.lines().count() == 1
        && own.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).count() < 2;
    if between.lines().any(|line| is_heading(line) || named_only && is_label(line)) {
        return Some("it would stand under the heading of something else");
    }
    let label = is_label(first) && own.lines().count() > 1;
    let adjoining = between.trim_start_matches('\r').strip_prefix('\n').and_then(|rest| rest.lines().next()).unwrap_or_default();
    (label && !adjoining.trim().is_empty() && !opens(adjoining)).then_some("what stands behind it belongs to its label")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_open_and_close() {
        assert!(is_open("<BEGIN CONVERSATION>\n\n"));
        assert!(is_open("## BEGIN of the file ##\n"));
        assert!(!is_open("<BEGIN CONVERSATION>\nHello.\n<END CONVERSATION>\n"));
        assert!(!is_open("Begin with the name.\n- Start with a greeting\n"));
    }

    #[test]
    fn sentences_over_lines() {
        assert!(goes_over("Answer in the language of", "the question."));
        assert!(goes_over("It is \u{fffc},", "and winter."));
        assert!(!goes_over("It is \u{fffc}.", "be kind"));
        assert!(!goes_over("Now: \u{fffc}", "Be kind."));
    }

    #[test]
    fn examples_stay_beside_what_they_are_examples_of() {
        let between = "\n\nPick a level.\n\nMessage: It rains.\nLevel: low\n\n";
        assert!(lines("Topics: \u{fffc}", "", between, "Message: \u{fffc}\nLevel:\n").is_some());
        assert_eq!(lines("Topics: \u{fffc}", "", "\n\nPick a level.\n\n", "Message: \u{fffc}\nLevel:\n"), None);
    }

    #[test]
    fn what_ends_in_a_sign_goes_on() {
        for own in ["As of \u{fffc}:", "Dear \u{fffc},", "**As of \u{fffc}:**", "At \u{fffc} —"] {
            assert!(introduces(own), "{own}");
        }
        for own in ["It is \u{fffc}.", "Now: \u{fffc}", "<now>\u{fffc}</now>"] {
            assert!(!introduces(own), "{own}");
        }
    }

    #[test]
    fn rows_of_a_table_stay_together() {
        assert!(parts_table("", "| pier | \u{fffc} |", "\n|---|---|\n| north | 9 |\nBe kind.\n", ""));
        assert!(parts_table("", "pier | \u{fffc}", "\nnorth | 9\nBe kind.\n", ""));
        assert!(parts_table("", "It is \u{fffc}.", "\nBe kind.\n\n| pier | fare |\n", "| \u{fffc} | 9 |\n"));
        assert!(!parts_table("", "It is \u{fffc}.", "\n| pier | fare |\n|---|---|\n| north | 9 |\n", "Be kind.\n"));
    }

    #[test]
    fn an_example_at_the_end_takes_nothing_in() {
        for text in ["Be kind.\nQ: Is there a ferry?\nA: At nine.\n", "Be kind.\n\nExample 1:\nAt nine.\n", "For example: at nine.\n"] {
            assert!(ends_with_example(text), "{text}");
        }
        for text in ["Q: Is there a ferry?\nA: At nine.\n\nBe kind.\n", "Rules:\nBe kind.\n", "- Fare: in coins\n- Dogs: on a lead\n"] {
            assert!(!ends_with_example(text), "{text}");
        }
    }

    #[test]
    fn headings_keep_what_is_theirs() {
        let under = |own, between, after| under_headings(own, between, after, false);
        assert_eq!(under("# Time\n\u{fffc}", "\n\n# Rules\nBe kind.\n", ""), None);
        assert!(under("# Time\n\u{fffc}", "\nBe kind.\n", "").is_some());
        assert!(under("# Time\n\u{fffc}", "\n\n# Rules\nBe kind.\n", "Begin.\n").is_some());
        assert!(under("Now: \u{fffc}", "\n\nAvoid:\n- rain\n", "Go on.\n").is_some());
        assert_eq!(under("Now: \u{fffc}", "\n\nAvoid:\n- rain\n", ""), None);
        assert_eq!(under("It is \u{fffc}.", "\n\nAvoid:\n- rain\n", ""), None);
        assert!(under("It is \u{fffc}.", "\n\n# Rules\nBe kind.\n", "").is_some());
        assert_eq!(under("<time>\n\u{fffc}\n</time>", "\n\n# Rules\nBe kind.\n", ""), None);
        assert!(under("Time:\n\u{fffc}", "\nUse it.\n\nBe kind.\n", "").is_some());
        assert_eq!(under("Time:\n\u{fffc}", "\n\nBe kind.\n", ""), None);
    }
}
