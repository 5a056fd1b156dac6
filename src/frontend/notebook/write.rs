//! From a changed text back to the JSON: only the bytes of what changed are written anew, in the form that the cell has.

use std::ops::Range;

use similar::{Algorithm, capture_diff_slices};

use super::scan::Form;
use super::{Cell, Notebook, Piece, decode, end_of, start_of};
use crate::span::Span;

/// Why a changed text can't be written into a notebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteBackError {
    #[error("the change reaches over the end of a cell")]
    AcrossCells,
    #[error("the change touches a magic command")]
    Magic,
    #[error("what changes can't be written there as the file writes it")]
    NotWritable,
}

/// Raw bytes and the JSON that takes their place.
type RawEdit = (Range<usize>, String);

impl Notebook {
    /// The raw text of the notebook, with the joined text `old` changed to `new`.
    pub fn write_back(&self, old: &str, new: &str) -> Result<String, WriteBackError> {
        let mut raw = String::with_capacity(self.raw.len() + new.len().saturating_sub(old.len()));
        let mut at = 0;
        let mut rest = new;
        for (cell, next) in self.cells.iter().zip(self.cells.iter().skip(1).map(Some).chain([None])) {
            let own = match next {
                None => std::mem::take(&mut rest),
                Some(next) => {
                    let separator = self.separator(next.raw.index);
                    let (own, behind) = rest.split_once(&separator).ok_or(WriteBackError::AcrossCells)?;
                    rest = behind;
                    own
                }
            };
            let before = old.get(cell.text.start as usize..cell.text.end as usize).unwrap_or_default();
            for (range, text) in changes(before, own) {
                let span = Span::new(cell.text.start as usize + range.start, cell.text.start as usize + range.end);
                let (range, text) = self.raw_edit(old, span, text)?;
                raw.push_str(self.raw.get(at..range.start).ok_or(WriteBackError::AcrossCells)?);
                raw.push_str(&text);
                at = range.end;
            }
        }
        if !rest.is_empty() {
            return Err(WriteBackError::AcrossCells);
        }
        raw.push_str(self.raw.get(at..).unwrap_or_default());
        Ok(raw)
    }

    /// One edit of the joined text, as an edit of the raw one.
    pub fn raw_edit(&self, text: &str, span: Span, with: &str) -> Result<RawEdit, WriteBackError> {
        let cell = self.cell(span.start).filter(|cell| cell.text.start <= span.start && span.end <= cell.text.end);
        let cell = cell.ok_or(WriteBackError::AcrossCells)?;
        let pieces = &self.pieces[cell.pieces.clone()];
        let line = text.get(..span.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at as u32 + 1);
        if pieces.iter().any(|piece| piece.fixed && is_touched(piece, span, with, line)) {
            return Err(WriteBackError::Magic);
        }
        let splits = self.separators(cell);
        let is_end = span.end == cell.text.end;
        let behind_break = |at: u32| at > cell.text.start && text.as_bytes().get(at as usize - 1) == Some(&b'\n');
        let start = start_of(pieces, span.start);
        let end = match is_end {
            true if span.is_empty() => start,
            true => end_of(pieces, span.end),
            // Behind a line break: where the next string begins.
            false => begin_of(pieces, span.end),
        };
        let (Some(start), Some(end)) = (start, end) else { return Err(WriteBackError::AcrossCells) };
        let (mut start, end) = (start as usize, end as usize);
        let mut json = String::new();
        if let Some(separator) = &splits {
            if is_end && with.is_empty() && behind_break(span.start) && !span.is_empty() {
                // No empty string is left behind.
                start = end_of(pieces, span.start).map_or(start, |at| at as usize);
            } else if span.is_empty() && is_end && !with.is_empty() && behind_break(span.start) {
                json.push_str(separator);
            }
        }
        let ascii = self.is_ascii();
        let mut letters = with.chars().peekable();
        while let Some(letter) = letters.next() {
            push_json(letter, ascii, &mut json);
            let ends_here = is_end && letters.peek().is_none();
            if let Some(separator) = splits.as_ref().filter(|_| letter == '\n' && !ends_here) {
                json.push_str(separator);
            }
        }
        Ok((start..end, json))
    }

    /// Whether the file writes what is not ASCII with escapes: there is one, and nothing else.
    fn is_ascii(&self) -> bool {
        let raw = self.raw.as_bytes();
        let is_escape = |at: usize| at > 0 && raw[at - 1] != b'\\';
        self.raw.is_ascii() && memchr::memmem::find_iter(raw, br"\u").any(is_escape)
    }

    /// What stands between two strings of a cell, their quotes included; `None` if its lines share a string.
    fn separators(&self, cell: &Cell) -> Option<String> {
        let Form::List { open } = cell.raw.form else { return None };
        let strings = &cell.raw.strings;
        let (last, before) = strings.split_last()?;
        let has_several_lines = |range: &Range<usize>| {
            let mut text = String::new();
            decode(&self.raw, range.clone(), &mut text, &mut Vec::new()).is_err() || lines(&text).len() > 1
        };
        if strings.iter().any(has_several_lines) {
            return None;
        }
        let between = |range: Range<usize>| self.raw.get(range).map(str::to_owned);
        match before {
            [first, ..] => between(first.end..strings.get(1)?.start),
            [] => {
                let blanks = self.raw.get(open..last.start - 1)?;
                let others = self.cells.iter().map(|cell| &cell.raw).filter(|cell| matches!(cell.form, Form::List { .. }));
                let inline = || others.filter_map(|cell| between(cell.strings.first()?.end..cell.strings.get(1)?.start)).next();
                Some(if blanks.is_empty() { inline().unwrap_or_else(|| "\", \"".to_owned()) } else { format!("\",{blanks}\"") })
            }
        }
    }
}

/// As [`start_of`], before what is hidden there.
fn begin_of(pieces: &[Piece], at: u32) -> Option<u32> {
    let next = pieces.partition_point(|piece| piece.text_end() < at || (piece.text_end() == at && !piece.is_hidden()));
    match pieces.get(next) {
        Some(piece) if piece.is_hidden() => Some(piece.raw),
        _ => start_of(pieces, at),
    }
}

/// Whether an edit changes what is only a stand-in, or would part a magic from its line. `line` is where the line of the edit begins.
fn is_touched(piece: &Piece, span: Span, with: &str, line: u32) -> bool {
    if piece.is_hidden() {
        let is_inside = span.start < piece.text && piece.text < span.end;
        let parts_line = with.contains('\n') && line <= piece.text && piece.text <= span.start;
        return is_inside || parts_line || (span.is_empty() && span.start == piece.text);
    }
    span.start < piece.text_end() && piece.text < span.end || (span.is_empty() && piece.text < span.start && span.start < piece.text_end())
}

pub(crate) fn push_json(letter: char, ascii: bool, json: &mut String) {
    match letter {
        '"' => json.push_str("\\\""),
        '\\' => json.push_str("\\\\"),
        '\n' => json.push_str("\\n"),
        '\r' => json.push_str("\\r"),
        '\t' => json.push_str("\\t"),
        '\u{8}' => json.push_str("\\b"),
        '\u{c}' => json.push_str("\\f"),
        letter if letter < ' ' || (ascii && !letter.is_ascii()) => {
            letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| json.push_str(&format!("\\u{unit:04x}")));
        }
        letter => json.push(letter),
    }
}

/// Ranges of the old text and what takes their place, line by line, without what both begin and end with.
pub(crate) fn changes<'n>(old: &str, new: &'n str) -> Vec<(Range<usize>, &'n str)> {
    if old == new {
        return Vec::new();
    }
    let (old_lines, new_lines) = (lines(old), lines(new));
    let starts = |lines: &[&str]| -> Vec<usize> {
        let ends = lines.iter().scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        });
        std::iter::once(0).chain(ends).collect()
    };
    let (old_starts, new_starts) = (starts(&old_lines), starts(&new_lines));
    let mut changes = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, &old_lines, &new_lines) {
        let (old_range, new_range) = (op.old_range(), op.new_range());
        let (from, to) = (old_starts[old_range.start], old_starts[old_range.end]);
        let (was, is) = (&old[from..to], &new[new_starts[new_range.start]..new_starts[new_range.end]]);
        if was == is {
            continue;
        }
        let head: usize = was.chars().zip(is.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let (was, is) = (&was[head..], &is[head..]);
        let tail: usize = was.chars().rev().zip(is.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        changes.push((from + head..from + head + was.len() - tail, &is[..is.len() - tail]));
    }
    changes
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}
