//! Where the code cells of a notebook stand in its JSON: byte ranges of their strings, and nothing copied.
//!
//! Not a general parser, because a notebook holds up to hundreds of megabytes of outputs, and `NaN` in them, which Python
//! writes although JSON has no such word: both are stepped over.

use std::ops::Range;

use memchr::memchr2;

/// The source of one code cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCell {
    /// 0-based, among all cells.
    pub index: usize,
    /// What stands between the quotes of each string, in their order.
    pub strings: Vec<Range<usize>>,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One string.
    Whole,
    /// A list, as a rule with a string for each line; `open` is the offset behind the bracket.
    List { open: usize },
}

/// The code cells of a notebook, and the language that it names.
#[derive(Debug, Default)]
pub struct Scan {
    pub cells: Vec<RawCell>,
    pub language: Option<String>,
}

/// What is wrong with the JSON, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    pub offset: usize,
    pub expected: &'static str,
}

pub fn scan(raw: &str) -> Result<Scan, Broken> {
    let mut scanner = Scanner { raw, at: 0 };
    let mut scan = Scan::default();
    let mut kernel = None;
    let mut count = 0;
    scanner.object(|scanner, key| match (key, scanner.peek()) {
        ("cells", _) => scanner.cells(&mut scan.cells, &mut count),
        // Format 3 had pages, of which programs only ever wrote one.
        ("worksheets", _) => scanner.array(|scanner| {
            scanner.object(|scanner, key| match key {
                "cells" => scanner.cells(&mut scan.cells, &mut count),
                _ => scanner.skip(),
            })
        }),
        ("metadata", Some(b'{')) => scanner.object(|scanner, key| match (key, scanner.peek()) {
            ("language_info", Some(b'{')) => scanner.word("name", &mut scan.language),
            ("kernelspec", Some(b'{')) => scanner.word("language", &mut kernel),
            _ => scanner.skip(),
        }),
        _ => scanner.skip(),
    })?;
    if scanner.peek().is_some() {
        return Err(scanner.broken("the end of the file"));
    }
    scan.language = scan.language.or(kernel);
    Ok(scan)
}

struct Scanner<'r> {
    raw: &'r str,
    at: usize,
}

impl<'r> Scanner<'r> {
    fn cells(&mut self, cells: &mut Vec<RawCell>, count: &mut usize) -> Result<(), Broken> {
        self.array(|scanner| {
            let mut is_code = false;
            let mut language = None;
            let mut source = (Vec::new(), Form::Whole);
            scanner.object(|scanner, key| match (key, scanner.peek()) {
                ("cell_type", Some(b'"')) => {
                    is_code = &scanner.raw[scanner.string()?] == "code";
                    Ok(())
                }
                ("source" | "input", _) => {
                    source = scanner.source()?;
                    Ok(())
                }
                // An editor says so where a cell is in another language than the notebook.
                ("metadata", Some(b'{')) => scanner.object(|scanner, key| match (key, scanner.peek()) {
                    ("vscode", Some(b'{')) => scanner.word("languageId", &mut language),
                    _ => scanner.skip(),
                }),
                _ => scanner.skip(),
            })?;
            if is_code && language.is_none_or(|language: String| language == "python") {
                cells.push(RawCell { index: *count, strings: source.0, form: source.1 });
            }
            *count += 1;
            Ok(())
        })
    }

    /// A string, or a list of strings.
    fn source(&mut self) -> Result<(Vec<Range<usize>>, Form), Broken> {
        if self.peek() == Some(b'"') {
            return Ok((vec![self.string()?], Form::Whole));
        }
        let form = Form::List { open: self.at + 1 };
        let mut strings = Vec::new();
        self.array(|scanner| {
            strings.push(scanner.string()?);
            Ok(())
        })?;
        Ok((strings, form))
    }

    /// The string behind one key of an object, in small letters.
    fn word(&mut self, wanted: &str, found: &mut Option<String>) -> Result<(), Broken> {
        self.object(|scanner, key| match scanner.peek() {
            Some(b'"') if key == wanted => {
                *found = Some(scanner.raw[scanner.string()?].to_ascii_lowercase());
                Ok(())
            }
            _ => scanner.skip(),
        })
    }

    /// Calls `each` in front of every value, which it must step over.
    fn object(&mut self, mut each: impl FnMut(&mut Self, &'r str) -> Result<(), Broken>) -> Result<(), Broken> {
        self.expect(b'{', "`{`")?;
        if self.eat(b'}') {
            return Ok(());
        }
        loop {
            let key = self.key()?;
            each(self, key)?;
            if self.eat(b'}') {
                return Ok(());
            }
            self.expect(b',', "`,` or `}`")?;
        }
    }

    fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Broken>) -> Result<(), Broken> {
        self.expect(b'[', "`[`")?;
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if self.eat(b']') {
                return Ok(());
            }
            self.expect(b',', "`,` or `]`")?;
        }
    }

    /// Steps over one value, however deep it is.
    fn skip(&mut self) -> Result<(), Broken> {
        // What closes each open object or list.
        let mut open: Vec<u8> = Vec::new();
        loop {
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    if !self.eat(b'}') {
                        self.key()?;
                        open.push(b'}');
                        continue;
                    }
                }
                Some(b'[') => {
                    self.at += 1;
                    if !self.eat(b']') {
                        open.push(b']');
                        continue;
                    }
                }
                Some(b'"') => {
                    self.string()?;
                }
                _ => self.scalar()?,
            }
            loop {
                let Some(close) = open.last().copied() else { return Ok(()) };
                if self.eat(close) {
                    open.pop();
                    continue;
                }
                self.expect(b',', "`,` or a closing bracket")?;
                if close == b'}' {
                    self.key()?;
                }
                break;
            }
        }
    }

    /// A number or a word.
    fn scalar(&mut self) -> Result<(), Broken> {
        let rest = &self.raw.as_bytes()[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')).count();
        if length == 0 {
            return Err(self.broken("a value"));
        }
        self.at += length;
        Ok(())
    }

    fn key(&mut self) -> Result<&'r str, Broken> {
        if self.peek() != Some(b'"') {
            return Err(self.broken("a key"));
        }
        let key = &self.raw[self.string()?];
        self.expect(b':', "`:`")?;
        Ok(key)
    }

    /// What stands between the quotes.
    fn string(&mut self) -> Result<Range<usize>, Broken> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        let bytes = self.raw.as_bytes();
        loop {
            let Some(found) = bytes.get(self.at..).and_then(|rest| memchr2(b'"', b'\\', rest)) else {
                self.at = start - 1;
                return Err(self.broken("the end of this string"));
            };
            self.at += found + 1;
            if bytes[self.at - 1] == b'"' {
                return Ok(start..self.at - 1);
            }
            // Whatever is escaped begins with one byte; if it is the first of a longer character, its rest is no quote.
            self.at += 1;
        }
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.raw.as_bytes().get(self.at..)?;
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.raw.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Broken> {
        if self.eat(byte) { Ok(()) } else { Err(self.broken(expected)) }
    }

    fn broken(&self, expected: &'static str) -> Broken {
        Broken { offset: self.at.min(self.raw.len()), expected }
    }
}
