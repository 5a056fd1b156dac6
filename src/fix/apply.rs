//! Edits as such: which of them exclude each other, and a text with some of them made.

use crate::report::Edit;
use crate::source::Source;
use crate::span::Span;

/// Whether two edits may not be made in the same round: they share a byte, or touch.
pub fn clash(one: &Edit, other: &Edit) -> bool {
    one.file == other.file && one.span.touches(other.span)
}

/// Whether an edit changes a byte of a comment.
pub fn overlaps(edit: Span, comment: Span) -> bool {
    if edit.is_empty() {
        return comment.start < edit.start && edit.start < comment.end;
    }
    edit.start < comment.end && comment.start < edit.end
}

/// The text of a source with edits made in it, in whatever order they come; `None` if two of them overlap or one does
/// not lie between characters. Line breaks in what is inserted become those of the file.
pub fn apply(source: &Source, edits: &[&Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.to_vec();
    sorted.sort_by_key(|edit| edit.span);
    let text = source.text.as_str();
    let crlf = source.newline() == "\r\n";
    let mut out = String::with_capacity(text.len() + sorted.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in sorted {
        let range = edit.span.range();
        if range.start > range.end {
            return None;
        }
        out.push_str(text.get(at..range.start)?);
        text.get(range.clone())?;
        if crlf {
            with_crlf(&edit.text, &mut out)
        } else {
            out.push_str(&edit.text)
        }
        at = range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

fn with_crlf(text: &str, out: &mut String) {
    let mut last = '\0';
    for c in text.chars() {
        if c == '\n' && last != '\r' {
            out.push('\r');
        }
        out.push(c);
        last = c;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::span::FileId;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { file: FileId(0), span: Span::new(start, end), text: text.into() }
    }

    #[test]
    fn keeps_the_line_breaks_of_the_file() {
        let source = Source::new("a.py", "one\r\ntwo\r\n");
        assert_eq!(apply(&source, &[&edit(5, 5, "a\nb\r\n")]).unwrap(), "one\r\na\r\nb\r\ntwo\r\n");
        let source = Source::new("a.py", "one\ntwo\n");
        assert_eq!(apply(&source, &[&edit(4, 4, "a\nb\n")]).unwrap(), "one\na\nb\ntwo\n");
    }

    #[test]
    fn refuses_overlaps_and_half_characters() {
        let source = Source::new("a.py", "x😀y");
        assert_eq!(apply(&source, &[&edit(0, 3, "")]), None);
        assert_eq!(apply(&source, &[&edit(1, 5, "z")]).unwrap(), "xzy");
        assert_eq!(apply(&source, &[&edit(0, 5, "a"), &edit(1, 5, "b")]), None);
        assert_eq!(apply(&source, &[&edit(5, 99, "a")]), None);
    }

    #[test]
    fn touching_edits_clash() {
        assert!(clash(&edit(0, 3, ""), &edit(3, 4, "")));
        assert!(!clash(&edit(0, 3, ""), &edit(4, 4, "")));
    }

    #[test]
    fn an_insertion_beside_a_comment_leaves_it_alone() {
        assert!(!overlaps(Span::new(4, 4), Span::new(4, 9)));
        assert!(!overlaps(Span::new(9, 9), Span::new(4, 9)));
        assert!(overlaps(Span::new(5, 5), Span::new(4, 9)));
        assert!(overlaps(Span::new(0, 5), Span::new(4, 9)));
    }

    /// A text, and edits that neither overlap nor touch, between its characters.
    fn text_and_edits() -> impl Strategy<Value = (String, Vec<Edit>)> {
        ("[a-zé😀\\n\"{}]{0,60}", proptest::collection::vec((0usize..12, 0usize..6, "[xyz\\n😀]{0,4}"), 0..6)).prop_map(|(text, raw)| {
            let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let mut at = 0;
            let mut edits = Vec::new();
            for (gap, length, insert) in raw {
                let (start, end) = (at + gap, at + gap + length);
                let (Some(from), Some(to)) = (bounds.get(start), bounds.get(end)) else { break };
                edits.push(edit(*from, *to, &insert));
                at = end + 1;
            }
            (text, edits)
        })
    }

    proptest! {
        #[test]
        fn any_subset_in_any_order_gives_the_same_bytes((text, edits) in text_and_edits(), chosen in any::<u8>(), turn in 0usize..6) {
            let source = Source::new("a.py", text.clone());
            let mut subset: Vec<&Edit> = edits.iter().enumerate().filter(|(at, _)| chosen & (1 << at) != 0).map(|(_, edit)| edit).collect();
            let straight = apply(&source, &subset).unwrap();
            let by = turn % subset.len().max(1);
            subset.rotate_left(by);
            prop_assert_eq!(&apply(&source, &subset).unwrap(), &straight);
            subset.reverse();
            prop_assert_eq!(&apply(&source, &subset).unwrap(), &straight);
        }

        #[test]
        fn bytes_outside_edits_stay((text, edits) in text_and_edits()) {
            let source = Source::new("a.py", text.clone());
            let all: Vec<&Edit> = edits.iter().collect();
            let edited = apply(&source, &all).unwrap();
            let mut rest = edited.as_str();
            let mut at = 0;
            for edit in &edits {
                let kept = &text[at..edit.span.start as usize];
                let inserted = if source.newline() == "\r\n" { edit.text.replace('\n', "\r\n") } else { edit.text.clone() };
                rest = rest.strip_prefix(kept).unwrap().strip_prefix(inserted.as_str()).unwrap();
                at = edit.span.end as usize;
            }
            prop_assert_eq!(rest, &text[at..]);
        }

        #[test]
        fn arbitrary_edits_never_panic(text in ".{0,30}", start in 0u32..40, end in 0u32..40, insert in ".{0,5}") {
            let edit = Edit { file: FileId(0), span: Span { start, end }, text: insert };
            let _ = apply(&Source::new("a.py", text), &[&edit]);
        }
    }
}
