//! Jupyter notebooks: their Python cells as one module, and the way from there back to the bytes of the JSON.
//!
//! Everything behind works on the joined text. Reports and writing go through the map that is kept here.

use std::ops::Range;
use std::sync::OnceLock;

use crate::span::Span;

mod magic;
mod scan;
#[cfg(test)]
mod tests;
mod write;

pub use scan::Broken;
use scan::RawCell;
pub use write::WriteBackError;
pub(crate) use write::{changes, push_json};

/// Larger notebooks are not read. Outputs are stepped over, so the limit may be high.
pub const MAX_BYTES: u64 = 200 * 1024 * 1024;

/// Whether a path names a notebook.
pub fn is_notebook(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("ipynb"))
}

/// The map between the joined text of the cells and the JSON.
#[derive(Debug)]
pub struct Notebook {
    /// The file without its byte order mark.
    pub raw: String,
    cells: Vec<Cell>,
    pieces: Vec<Piece>,
    /// Between two cells of the joined text stands a line break, this with the number of the later cell and `]`, and a line break.
    mark: String,
    newline: &'static str,
    raw_lines: OnceLock<Vec<u32>>,
}

/// A code cell whose Python is in the joined text.
#[derive(Debug)]
struct Cell {
    raw: RawCell,
    /// In the joined text.
    text: Range<u32>,
    pieces: Range<usize>,
}

/// A stretch of the joined text and the raw bytes that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub text: u32,
    pub text_len: u32,
    pub raw: u32,
    pub raw_len: u32,
    /// Read as something else than what it is (a magic, half a surrogate pair): to be left alone.
    pub fixed: bool,
}

/// Where an offset of the joined text lies in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellLine {
    /// 0-based, among all cells of the notebook.
    pub cell: usize,
    /// 1-based.
    pub line: usize,
}

impl Piece {
    fn text_end(&self) -> u32 {
        self.text + self.text_len
    }

    fn raw_end(&self) -> u32 {
        self.raw + self.raw_len
    }

    /// Byte for byte the same on both sides.
    fn is_verbatim(&self) -> bool {
        !self.fixed && self.text_len == self.raw_len
    }

    /// Read as nothing, before what follows.
    fn is_hidden(&self) -> bool {
        self.text_len == 0
    }
}

impl Notebook {
    /// Reads a notebook without its byte order mark; returns the joined text beside the map, or the JSON with what is wrong in it.
    /// One in another language than Python is read as an empty text.
    pub fn read(raw: String) -> Result<(String, Notebook), (String, Broken)> {
        let found = match scan::scan(&raw) {
            Ok(found) => found,
            Err(broken) => return Err((raw, broken)),
        };
        let is_python = found.language.as_ref().is_none_or(|language| language.contains("python"));
        let newline = if is_python && found.cells.iter().any(|cell| has_crlf(&raw, cell)) { "\r\n" } else { "\n" };
        let mut mark = String::from("# %% [");
        while memchr::memmem::find(raw.as_bytes(), mark.as_bytes()).is_some() {
            mark.insert(2, '%');
        }
        let mut text = String::new();
        let mut notebook = Notebook { raw, cells: Vec::new(), pieces: Vec::new(), mark, newline, raw_lines: OnceLock::new() };
        for cell in found.cells.into_iter().filter(|_| is_python) {
            if let Err(broken) = notebook.add(cell, &mut text) {
                return Err((notebook.raw, broken));
            }
        }
        Ok((text, notebook))
    }

    fn add(&mut self, cell: RawCell, text: &mut String) -> Result<(), Broken> {
        let mut own = String::new();
        let mut pieces = Vec::new();
        for range in &cell.strings {
            decode(&self.raw, range.clone(), &mut own, &mut pieces)?;
        }
        let Some(replaced) = magic::replaced(&own).filter(|_| !own.is_empty()) else { return Ok(()) };
        if !self.cells.is_empty() {
            text.push_str(&self.separator(cell.index));
        }
        let (start, first) = (text.len() as u32, self.pieces.len());
        let mut at = 0;
        for one in replaced.into_iter().filter(|one| !one.range.is_empty()) {
            copy(&pieces, &own, at..one.range.start, &mut self.pieces, text);
            let (from, to) = (start_of(&pieces, one.range.start as u32), end_of(&pieces, one.range.end as u32));
            if let (Some(from), Some(to)) = (from, to) {
                let (text, text_len) = (text.len() as u32, one.with.len() as u32);
                self.pieces.push(Piece { text, text_len, raw: from, raw_len: to.saturating_sub(from), fixed: true });
            }
            text.push_str(one.with);
            at = one.range.end;
        }
        copy(&pieces, &own, at..own.len(), &mut self.pieces, text);
        self.cells.push(Cell { raw: cell, text: start..text.len() as u32, pieces: first..self.pieces.len() });
        Ok(())
    }

    /// What stands in the joined text before a cell that is not the first.
    fn separator(&self, cell: usize) -> String {
        format!("{0}{1}{cell}]{0}", self.newline, self.mark)
    }

    /// Whether a comment of the joined text is one that joins cells, and stands in none.
    pub fn is_separator(&self, comment: Span) -> bool {
        let next = self.cells.partition_point(|cell| cell.text.start < comment.end);
        let before = next.checked_sub(1).and_then(|at| self.cells.get(at)).map_or(0, |cell| cell.text.end);
        before <= comment.start
    }

    /// The cell that an offset of the joined text is in or directly behind.
    fn cell(&self, offset: u32) -> Option<&Cell> {
        let next = self.cells.partition_point(|cell| cell.text.start <= offset);
        self.cells.get(next.saturating_sub(1))
    }

    /// The span of the joined text that the cell of an offset takes.
    pub fn cell_span(&self, offset: u32) -> Option<Span> {
        self.cell(offset).map(|cell| Span { start: cell.text.start, end: cell.text.end })
    }

    /// The cell of an offset, and the line in it. `text` is the joined text.
    pub fn cell_line(&self, text: &str, offset: u32) -> Option<CellLine> {
        let cell = self.cell(offset)?;
        let before = text.get(cell.text.start as usize..offset.min(cell.text.end) as usize)?;
        Some(CellLine { cell: cell.raw.index, line: memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1 })
    }

    /// The raw bytes of a span of the joined text.
    pub fn raw_span(&self, span: Span) -> Span {
        let at = |offset: u32, find: fn(&[Piece], u32) -> Option<u32>| {
            let Some(cell) = self.cell(offset) else { return 0 };
            find(&self.pieces[cell.pieces.clone()], offset.min(cell.text.end)).unwrap_or(0)
        };
        let start = at(span.start, start_of);
        let end = if span.is_empty() { start } else { at(span.end, end_of).max(start) };
        Span { start, end }
    }

    /// 1-based line of a raw offset, and 1-based column in characters.
    pub fn raw_line_column(&self, offset: u32) -> (usize, usize) {
        let starts = self.raw_lines.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.raw.as_bytes());
            std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts[line - 1] as usize;
        let column = self.raw.get(start..offset as usize).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }
}

/// The raw offset of the first byte at or behind an offset of the text, behind what is hidden there.
pub(crate) fn start_of(pieces: &[Piece], at: u32) -> Option<u32> {
    let found = pieces.get(pieces.partition_point(|piece| piece.text_end() <= at));
    Some(match found {
        Some(piece) if piece.is_verbatim() => piece.raw + at.saturating_sub(piece.text),
        Some(piece) => piece.raw,
        None => pieces.last()?.raw_end(),
    })
}

/// The raw offset behind the last byte before an offset of the text.
pub(crate) fn end_of(pieces: &[Piece], at: u32) -> Option<u32> {
    let Some(found) = pieces.partition_point(|piece| piece.text < at).checked_sub(1) else { return Some(pieces.first()?.raw) };
    let piece = pieces.get(found)?;
    Some(if piece.is_verbatim() { piece.raw + (at - piece.text).min(piece.text_len) } else { piece.raw_end() })
}

/// Appends a part of a cell to the joined text, with its pieces.
fn copy(from: &[Piece], own: &str, range: Range<usize>, pieces: &mut Vec<Piece>, text: &mut String) {
    let (start, end, shift) = (range.start as u32, range.end as u32, text.len() as u32);
    let first = from.partition_point(|piece| piece.text_end() <= start);
    for piece in from[first..].iter().take_while(|piece| piece.text < end) {
        // Only a verbatim piece is longer than one character, so only such a one is cut.
        let (cut, to) = (piece.text.max(start), piece.text_end().min(end));
        let text = cut - start + shift;
        let (raw, raw_len) = if piece.is_verbatim() { (piece.raw + cut - piece.text, to - cut) } else { (piece.raw, piece.raw_len) };
        pieces.push(Piece { text, text_len: to - cut, raw, raw_len, fixed: piece.fixed });
    }
    text.push_str(&own[range]);
}

fn has_crlf(raw: &str, cell: &RawCell) -> bool {
    cell.strings.iter().any(|range| memchr::memmem::find(raw[range.clone()].as_bytes(), br"\r\n").is_some())
}

/// Appends what a JSON string says, and where each part of it stands.
pub(crate) fn decode(raw: &str, range: Range<usize>, text: &mut String, pieces: &mut Vec<Piece>) -> Result<(), Broken> {
    let mut at = range.start;
    while at < range.end {
        let rest = &raw[at..range.end];
        let plain = rest.bytes().take_while(|byte| *byte != b'\\' && *byte >= b' ').count();
        let start = text.len() as u32;
        if plain > 0 {
            text.push_str(&rest[..plain]);
            pieces.push(Piece { text: start, text_len: plain as u32, raw: at as u32, raw_len: plain as u32, fixed: false });
            at += plain;
            continue;
        }
        let Some((decoded, length, fixed)) = escape(rest) else {
            return Err(Broken { offset: at, expected: "an escape or a printable character" });
        };
        text.push(decoded);
        pieces.push(Piece { text: start, text_len: decoded.len_utf8() as u32, raw: at as u32, raw_len: length as u32, fixed });
        at += length;
    }
    Ok(())
}

/// The character of the escape that a text begins with, the length of the escape, and whether the character only stands for it.
fn escape(text: &str) -> Option<(char, usize, bool)> {
    let decoded = match text.strip_prefix('\\')?.bytes().next()? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        byte @ (b'"' | b'\\' | b'/') => char::from(byte),
        b'u' => {
            let first = unit(text)?;
            let second = text.get(6..).and_then(unit).filter(|low| (0xdc00..0xe000).contains(low));
            return Some(match (char::from_u32(first), second) {
                (Some(c), _) => (c, 6, false),
                (None, Some(low)) if first < 0xdc00 => (char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00))?, 12, false),
                // Half a pair is no character; Python has a string of it all the same.
                (None, _) => (char::REPLACEMENT_CHARACTER, 6, true),
            });
        }
        _ => return None,
    };
    Some((decoded, 2, false))
}

/// The UTF-16 unit of a `\uXXXX` at the beginning of a text.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}
