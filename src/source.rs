//! One file as read: its text, its byte order mark, its lines.

use std::sync::OnceLock;

use crate::span::Span;

/// Larger files are not read: no prompt or call is written by hand in a file of this size.
pub const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// One file as read.
#[derive(Debug)]
pub struct Source {
    /// Relative to the working directory, with `/`.
    pub path: String,
    /// Without the byte order mark.
    pub text: String,
    pub has_bom: bool,
    line_starts: OnceLock<Vec<u32>>,
}

/// Why a file could not be read.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    #[error("not read: {0}")]
    Io(String),
    #[error("not read: {0} bytes, more than the limit of {MAX_BYTES}")]
    TooLarge(u64),
    #[error("not read: not UTF-8 (byte {0})")]
    NotUtf8(usize),
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        let has_bom = text.starts_with('\u{feff}');
        if has_bom {
            text.drain(..'\u{feff}'.len_utf8());
        }
        Source { path: path.into(), text, has_bom, line_starts: OnceLock::new() }
    }

    /// Reads the file at `file`, to be shown as `path`.
    pub fn read(file: &std::path::Path, path: &str) -> Result<Self, ReadError> {
        let size = std::fs::metadata(file).map_err(|error| ReadError::Io(error.to_string()))?.len();
        if size > MAX_BYTES {
            return Err(ReadError::TooLarge(size));
        }
        let bytes = std::fs::read(file).map_err(|error| ReadError::Io(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| ReadError::NotUtf8(error.utf8_error().valid_up_to()))?;
        Ok(Source::new(path, text))
    }

    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
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

    /// The line break that the file uses: that of its first line.
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if at > 0 && self.text.as_bytes()[at - 1] == b'\r' => "\r\n",
            _ => "\n",
        }
    }

    /// The bytes as they stand on the disk.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.text.len() + 3);
        if self.has_bom {
            bytes.extend_from_slice("\u{feff}".as_bytes());
        }
        bytes.extend_from_slice(self.text.as_bytes());
        bytes
    }
}
