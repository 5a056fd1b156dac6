//! One file as read: its text, its byte order mark, its lines.

use std::io::Read;
use std::sync::{Arc, OnceLock};

use crate::document::{self, view::View};
use crate::frontend::notebook::{self, CellLine, Notebook, WriteBackError};
use crate::span::Span;

/// Larger files are not read: no prompt or call is written by hand in a file of this size.
pub const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// One file as read.
#[derive(Debug, Clone)]
pub struct Source {
    /// Relative to the working directory, with `/`.
    pub path: String,
    /// Without the byte order mark. Of a notebook, the Python of its cells in one: spans are offsets into this text everywhere.
    pub text: String,
    pub has_bom: bool,
    /// How the text lies in the JSON, if the file is a notebook.
    pub notebook: Option<Arc<Notebook>>,
    /// How the text lies in the file, if prompts stand in it with indentation or escapes.
    pub view: Option<Arc<View>>,
    line_starts: OnceLock<Vec<u32>>,
    plain: OnceLock<bool>,
}

/// Why a file could not be read.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    #[error("not read: {0}")]
    Io(String),
    #[error("not read: {bytes} bytes, more than the limit of {limit}")]
    TooLarge { bytes: u64, limit: u64 },
    #[error("not read: not UTF-8 (byte {0})")]
    NotUtf8(usize),
    #[error("not read: not a notebook: {expected} should stand at {line}:{column}")]
    NotANotebook { expected: &'static str, line: usize, column: usize },
    #[error("not written: {0}")]
    NotWritten(#[from] WriteBackError),
}

/// Where an offset lies in the file as it stands on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// In bytes; a byte order mark counts.
    pub offset: usize,
    /// In a notebook, beside the line of the JSON.
    pub cell: Option<CellLine>,
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        let has_bom = take_mark(&mut text);
        Source { path: path.into(), text, has_bom, notebook: None, view: None, line_starts: OnceLock::new(), plain: OnceLock::new() }
    }

    /// A file whose prompts are written out in its text, if it is one.
    fn viewed(path: String, content: String) -> Self {
        let mut source = Source::new(path, content);
        if let Some((text, view)) = document::written_out(&source.path, &source.text) {
            source.text = text;
            source.view = Some(Arc::new(view));
        }
        source
    }

    /// A notebook, from its JSON.
    pub fn notebook(path: impl Into<String>, raw: impl Into<String>) -> Result<Self, ReadError> {
        let mut raw = raw.into();
        let has_bom = take_mark(&mut raw);
        let (text, notebook) = Notebook::read(raw).map_err(|(raw, broken)| {
            let (line, column) = Source::new("", raw).line_column(broken.offset as u32);
            ReadError::NotANotebook { expected: broken.expected, line, column }
        })?;
        if text.len() as u64 > MAX_BYTES {
            return Err(ReadError::TooLarge { bytes: text.len() as u64, limit: MAX_BYTES });
        }
        Ok(Source {
            path: path.into(),
            text,
            has_bom,
            notebook: Some(Arc::new(notebook)),
            view: None,
            line_starts: OnceLock::new(),
            plain: OnceLock::new(),
        })
    }

    /// The content of a file, by its name a notebook or not.
    pub fn of_file(path: impl Into<String>, content: impl Into<String>) -> Result<Self, ReadError> {
        let path = path.into();
        if notebook::is_notebook(&path) { Source::notebook(path, content) } else { Ok(Source::viewed(path, content.into())) }
    }

    /// The same file with another text. A notebook is written and read again; it is an error if that can't be done.
    pub fn with_text(&self, text: &str) -> Result<Self, ReadError> {
        if self.notebook.is_none() && self.view.is_none() {
            let mut source = Source::new(self.path.clone(), text);
            source.has_bom |= self.has_bom;
            return Ok(source);
        }
        if self.view.is_some() {
            let mut source = Source::viewed(self.path.clone(), self.write_back_text(text)?);
            source.has_bom = self.has_bom;
            return if source.text == text { Ok(source) } else { Err(WriteBackError::NotWritable.into()) };
        }
        let mut source = Source::notebook(self.path.clone(), self.write_back_text(text)?)?;
        source.has_bom = self.has_bom;
        if source.text == text { Ok(source) } else { Err(WriteBackError::Magic.into()) }
    }

    /// The largest file of this name that is read, in bytes.
    pub fn limit(path: &str) -> u64 {
        if notebook::is_notebook(path) { notebook::MAX_BYTES } else { MAX_BYTES }
    }

    /// Reads the file at `file`, to be shown as `path`.
    pub fn read(file: &std::path::Path, path: &str) -> Result<Self, ReadError> {
        let mut bytes = Vec::new();
        Source::read_bytes(file, path, &mut bytes)?;
        let text = String::from_utf8(bytes).map_err(|error| ReadError::NotUtf8(error.utf8_error().valid_up_to()))?;
        Source::of_file(path, text)
    }

    /// Reads the bytes of the file at `file` into `bytes`, in place of what they held.
    pub fn read_bytes(file: &std::path::Path, path: &str, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        let failed = |error: std::io::Error| ReadError::Io(error.to_string());
        let mut opened = std::fs::File::open(file).map_err(failed)?;
        let size = opened.metadata().map_err(failed)?.len();
        let limit = Source::limit(path);
        if size > limit {
            return Err(ReadError::TooLarge { bytes: size, limit });
        }
        bytes.clear();
        bytes.reserve(size as usize + 1);
        opened.read_to_end(bytes).map_err(failed)?;
        Ok(())
    }

    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Whether no character of the text acts on the terminal that shows it.
    pub fn is_plain(&self) -> bool {
        *self.plain.get_or_init(|| crate::report::plain::is_plain(&self.text))
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1));
            starts
        })
    }

    /// 1-based line of a byte offset.
    pub fn line(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|start| *start <= offset)
    }

    /// 1-based line, and 1-based column in characters.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.line_starts()[line - 1] as usize;
        let column = self.text.get(start..offset as usize).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }

    /// The span of a 1-based line, with its line break.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let start = starts.get(line - 1).copied().unwrap_or(self.text.len() as u32);
        let end = starts.get(line).copied().unwrap_or(self.text.len() as u32);
        Span { start, end }
    }

    pub fn lines(&self) -> usize {
        self.line_starts().len()
    }

    /// The text of a line as reports name it, counted from 1: of a cell of a notebook (cells count from 0), or else of
    /// the file on the disk. Without its line break.
    pub fn line_of_report(&self, cell: Option<usize>, line: usize) -> Option<Span> {
        let starts = self.line_starts();
        let named = |start: u32| match (cell, &self.notebook) {
            (Some(cell), Some(notebook)) => notebook.cell_line(&self.text, start).is_some_and(|at| (at.cell, at.line) == (cell, line)),
            (Some(_), None) => false,
            (None, _) => self.positions(Span { start, end: start }).0.line == line,
        };
        let written = (1..=starts.len()).filter(|at| starts.get(at - 1).is_some_and(|start| named(*start)));
        let line = written.map(|at| self.line_span(at)).reduce(Span::join)?;
        let text = self.text.get(line.range())?;
        Some(Span::new(line.start as usize, line.start as usize + text.trim_end_matches(['\r', '\n']).len()))
    }

    /// The line break that the file uses: that of its first line.
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if at > 0 && self.text.as_bytes()[at - 1] == b'\r' => "\r\n",
            _ => "\n",
        }
    }

    /// Where a span begins and ends in the file as it stands on the disk.
    pub fn positions(&self, span: Span) -> (Position, Position) {
        let mark = if self.has_bom { '\u{feff}'.len_utf8() } else { 0 };
        let raw = match (&self.notebook, &self.view) {
            (Some(notebook), _) => notebook.raw_span(span),
            (None, Some(view)) => view.raw_span(span),
            (None, None) => span,
        };
        let position = |offset: u32, raw: u32| {
            let notebook = self.notebook.as_ref();
            let (line, column) = self.raw_line_column(raw);
            let cell = notebook.and_then(|notebook| notebook.cell_line(&self.text, offset));
            Position { line, column, offset: raw as usize + mark, cell }
        };
        (position(span.start, raw.start), position(span.end, raw.end))
    }

    /// 1-based line and column (in characters) of an offset in the file on the disk, its byte order mark not counted.
    pub fn raw_line_column(&self, raw: u32) -> (usize, usize) {
        match (&self.notebook, &self.view) {
            (Some(notebook), _) => notebook.raw_line_column(raw),
            (None, Some(view)) => view.raw_line_column(raw),
            (None, None) => self.line_column(raw),
        }
    }

    /// The line that a reader looks for: of the file, or of the cell.
    pub fn shown_line(&self, offset: u32) -> usize {
        if let Some(view) = &self.view {
            return view.raw_line_column(view.raw_span(Span { start: offset, end: offset }).start).0;
        }
        let cell = self.notebook.as_ref().and_then(|notebook| notebook.cell_line(&self.text, offset));
        cell.map_or_else(|| self.line(offset), |cell| cell.line)
    }

    /// Line and column for a reader: `3:5`, `cell 4:3:5`.
    pub fn shown_place(&self, offset: u32) -> String {
        let cell = self.notebook.as_ref().and_then(|notebook| notebook.cell_line(&self.text, offset));
        let cell = cell.map_or(String::new(), |cell| format!("cell {}:", cell.cell));
        format!("{cell}{}:{}", self.shown_line(offset), self.line_column(offset).1)
    }

    /// The path that a reader is shown, up to the line: `nb.ipynb:cell 3` in a notebook.
    pub fn shown_path(&self, offset: u32) -> String {
        match self.notebook.as_ref().and_then(|notebook| notebook.cell_line(&self.text, offset)) {
            Some(cell) => format!("{}:cell {}", self.path, cell.cell),
            None => self.path.clone(),
        }
    }

    /// The part of the text that belongs together for a reader: all of it, or one cell.
    pub fn page(&self, offset: u32) -> Span {
        let cell = self.notebook.as_ref().and_then(|notebook| notebook.cell_span(offset));
        let page = self.view.as_ref().and_then(|view| view.page(offset));
        cell.or(page).unwrap_or(Span::new(0, self.text.len()))
    }

    /// An edit of the text as one of the file on the disk: a range of bytes, and what takes its place.
    pub fn edit_on_disk(&self, span: Span, text: &str) -> Result<(std::ops::Range<usize>, String), WriteBackError> {
        let mark = if self.has_bom { '\u{feff}'.len_utf8() } else { 0 };
        let (range, text) = match (&self.notebook, &self.view) {
            (Some(notebook), _) => notebook.raw_edit(&self.text, span, text)?,
            (None, Some(view)) => view.raw_edit(&self.text, span, text)?,
            (None, None) => (span.range(), text.to_owned()),
        };
        Ok((range.start + mark..range.end + mark, text))
    }

    /// The content of the file, without its byte order mark.
    pub fn raw(&self) -> &str {
        match (&self.notebook, &self.view) {
            (Some(notebook), _) => &notebook.raw,
            (None, Some(view)) => &view.raw,
            (None, None) => &self.text,
        }
    }

    /// The bytes as they stand on the disk.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.with_mark(self.raw())
    }

    /// Bytes of the file, if it writes its text otherwise: a notebook, prompts with indentation or escapes.
    pub fn written_length(&self) -> Option<usize> {
        let notebook = self.notebook.as_ref().map(|notebook| notebook.raw.len());
        notebook.or_else(|| self.view.as_ref().map(|view| view.raw.len()))
    }

    /// The bytes of the file once its text is `text`.
    pub fn write_back(&self, text: &str) -> Result<Vec<u8>, WriteBackError> {
        Ok(self.with_mark(&self.write_back_text(text)?))
    }

    fn write_back_text(&self, text: &str) -> Result<String, WriteBackError> {
        match (&self.notebook, &self.view) {
            (Some(notebook), _) => notebook.write_back(&self.text, text),
            (None, Some(view)) => view.write_back(&self.text, text),
            (None, None) => Ok(text.to_owned()),
        }
    }

    fn with_mark(&self, content: &str) -> Vec<u8> {
        let mark = if self.has_bom { "\u{feff}" } else { "" };
        [mark.as_bytes(), content.as_bytes()].concat()
    }
}

/// Takes the byte order mark off, if there is one.
fn take_mark(text: &mut String) -> bool {
    let has_bom = text.starts_with('\u{feff}');
    if has_bom {
        text.drain(..'\u{feff}'.len_utf8());
    }
    has_bom
}
