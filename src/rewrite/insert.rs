//! Putting one more item between brackets: arguments, entries of a dict, elements of a list.

use crate::report::Edit;
use crate::span::{FileId, Span};

/// The items between two brackets, as they stand in the source.
pub struct Brackets<'a> {
    pub file: FileId,
    pub text: &'a str,
    /// From the opening to the closing bracket, both included.
    pub span: Span,
    /// The item after which the new one goes: `None` for the first place.
    pub after: Option<Span>,
    /// Comments of the file.
    pub comments: &'a [Span],
}

impl Brackets<'_> {
    /// The edits that add `item`: on a line of its own where its sibling stands on one, beside it otherwise.
    pub fn insert(&self, item: &str) -> Vec<Edit> {
        let edit = |at: usize, text: String| Edit { file: self.file, span: Span::new(at, at), text };
        let inside = self.span.start as usize + 1;
        let Some(after) = self.after else {
            let empty = self.text.get(inside..self.span.end as usize - 1).is_some_and(|rest| rest.trim().is_empty());
            return vec![edit(inside, if empty { item.to_string() } else { format!("{item}, ") })];
        };
        let tail = self.tail(after.end as usize);
        let line_start = self.text[..after.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let indent = &self.text[line_start..after.start as usize];
        let own_line = line_start > inside && indent.chars().all(|c| c == ' ' || c == '\t');
        if !own_line {
            return vec![edit(tail.item_end, format!(", {item}"))];
        }
        match tail {
            Tail { comma: Some(comma), line_end: Some(end), .. } if comma < end => vec![edit(end, format!("\n{indent}{item},"))],
            Tail { comma: None, line_end: Some(end), item_end } if end > item_end => {
                vec![edit(item_end, ",".into()), edit(end, format!("\n{indent}{item}"))]
            }
            Tail { item_end, .. } => vec![edit(item_end, format!(",\n{indent}{item}"))],
        }
    }

    /// What follows an item up to the next one or the closing bracket.
    fn tail(&self, from: usize) -> Tail {
        let close = self.span.end as usize - 1;
        let bytes = self.text.as_bytes();
        let mut tail = Tail { item_end: from, comma: None, line_end: None };
        let mut at = from;
        while at < close {
            if let Some(comment) = self.comments.iter().find(|comment| comment.start as usize == at) {
                at = comment.end as usize;
                continue;
            }
            match bytes[at] {
                // The brackets around an item that is written in parentheses belong to it.
                b')' if tail.comma.is_none() => {
                    tail.item_end = at + 1;
                    tail.line_end = None;
                }
                b',' if tail.comma.is_none() => tail.comma = Some(at),
                b'\n' => {
                    tail.line_end.get_or_insert(if at > 0 && bytes[at - 1] == b'\r' { at - 1 } else { at });
                    if tail.comma.is_some() {
                        break;
                    }
                }
                b' ' | b'\t' | b'\r' | b'\\' => {}
                _ => break,
            }
            at += 1;
        }
        tail
    }
}

struct Tail {
    /// Behind the item and any brackets around it.
    item_end: usize,
    comma: Option<usize>,
    /// The end of the line on which the item ends, if nothing but a comma and a comment follows it there.
    line_end: Option<usize>,
}
