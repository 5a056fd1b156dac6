//! A file with its prompts written out: the text that everything behind works on, and the way back to the bytes on the disk.
//!
//! The text of a view is that of the file, except that each scalar that holds a prompt stands in it as what it says, without the
//! indentation, escapes and folds of its host. So prompts are one stretch of text, and keys and comments are where they were.

use std::ops::Range;
use std::sync::OnceLock;

use crate::frontend::notebook::{Piece, WriteBackError, changes, end_of, start_of};
use crate::span::Span;

use super::scalar::{self, Decoded};
use super::tree::Style;

/// The map between a view and its file.
#[derive(Debug)]
pub struct View {
    /// The file without its byte order mark.
    pub raw: String,
    /// In the order of the file.
    regions: Vec<Region>,
    raw_lines: OnceLock<Vec<u32>>,
}

/// A scalar that is written out.
#[derive(Debug)]
struct Region {
    text: Range<u32>,
    raw: Range<u32>,
    style: Style,
    indent: usize,
    pieces: Vec<Piece>,
}

/// A scalar of a file that is to be written out.
#[derive(Debug, Clone, Copy)]
pub struct Prompt<'t> {
    /// In the file, quotes included.
    pub span: Span,
    pub style: Style,
    pub value: &'t str,
}

impl View {
    /// The view of a file, and its text. Scalars that lie in each other count once.
    pub fn new(raw: String, mut prompts: Vec<Prompt<'_>>) -> (String, View) {
        prompts.sort_by_key(|prompt| prompt.span);
        let mut text = String::with_capacity(raw.len());
        let mut regions: Vec<Region> = Vec::with_capacity(prompts.len());
        let mut at = 0;
        for prompt in prompts {
            let Decoded { text: own, raw: inside, pieces, indent } = scalar::decode(&raw, prompt.span, prompt.style, prompt.value);
            let Some(before) = raw.get(at..inside.start as usize).filter(|_| inside.start as usize >= at) else { continue };
            text.push_str(before);
            let start = text.len() as u32;
            text.push_str(&own);
            let pieces = pieces.into_iter().map(|piece| Piece { text: piece.text + start, ..piece }).collect();
            let written = start..text.len() as u32;
            regions.push(Region { text: written, raw: inside.start..inside.end, style: prompt.style, indent, pieces });
            at = inside.end as usize;
        }
        text.push_str(raw.get(at..).unwrap_or_default());
        (text, View { raw, regions, raw_lines: OnceLock::new() })
    }

    /// The region that holds a span of the text, or touches its end.
    fn region(&self, span: Span) -> Option<&Region> {
        let next = self.regions.partition_point(|region| region.text.start <= span.start);
        self.regions.get(next.checked_sub(1)?).filter(|region| span.end <= region.text.end)
    }

    /// The region that an offset of the text lies in, its ends included.
    fn around(&self, at: u32) -> Option<&Region> {
        self.region(Span { start: at, end: at })
    }

    /// An offset between the regions, in the file.
    fn outside(&self, at: u32) -> u32 {
        let next = self.regions.partition_point(|region| region.text.end <= at);
        match next.checked_sub(1).and_then(|last| self.regions.get(last)) {
            Some(last) => last.raw.end + (at - last.text.end),
            None => at,
        }
    }

    /// The text of a region that an offset lies in.
    pub fn page(&self, at: u32) -> Option<Span> {
        self.around(at).map(|region| Span { start: region.text.start, end: region.text.end })
    }

    /// The text that the scalar at these bytes is written out as.
    pub fn page_of_raw(&self, raw: Span) -> Option<Span> {
        let next = self.regions.partition_point(|region| region.raw.start < raw.start);
        let region = self.regions.get(next).filter(|region| region.raw.end <= raw.end)?;
        Some(Span { start: region.text.start, end: region.text.end })
    }

    /// The bytes of a span of the text.
    pub fn raw_span(&self, span: Span) -> Span {
        let start = match self.around(span.start) {
            Some(region) if span.start < region.text.end => start_of(&region.pieces, span.start).unwrap_or(region.raw.start),
            _ => self.outside(span.start),
        };
        let end = match self.around(span.end) {
            Some(region) if span.end > region.text.start => end_of(&region.pieces, span.end).unwrap_or(region.raw.end),
            _ => self.outside(span.end),
        };
        Span { start, end: if span.is_empty() { start } else { end.max(start) } }
    }

    /// Where bytes of the file stand in the text; inside a region, the whole of it.
    pub fn text_span(&self, raw: Span) -> Span {
        let offset = |at: u32, is_end: bool| {
            let next = self.regions.partition_point(|region| region.raw.start < at);
            match next.checked_sub(1).and_then(|last| self.regions.get(last)) {
                Some(last) if at < last.raw.end => {
                    if is_end {
                        last.text.end
                    } else {
                        last.text.start
                    }
                }
                Some(last) => last.text.end + (at - last.raw.end),
                None => at,
            }
        };
        let start = offset(raw.start, false);
        Span { start, end: offset(raw.end, true).max(start) }
    }

    /// 1-based line of an offset in the file, and 1-based column in characters.
    pub fn raw_line_column(&self, offset: u32) -> (usize, usize) {
        let starts = self.raw_lines.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.raw.as_bytes());
            std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(0) as usize;
        let column = self.raw.get(start..offset as usize).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }

    /// One edit of the text, as an edit of the file.
    pub fn raw_edit(&self, text: &str, span: Span, with: &str) -> Result<(Range<usize>, String), WriteBackError> {
        let Some(region) = self.region(span) else {
            let raw = self.raw_span(span);
            // What lies between two scalars is the same on both sides.
            return match self.regions.iter().any(|region| span.start < region.text.end && region.text.start < span.end) {
                true => Err(WriteBackError::NotWritable),
                false => Ok((raw.range(), with.to_owned())),
            };
        };
        let pieces = &region.pieces;
        if pieces.iter().any(|piece| piece.fixed) {
            return Err(WriteBackError::NotWritable);
        }
        let is_end = span.end == region.text.end;
        let is_block = matches!(region.style, Style::Literal | Style::Folded);
        let at_line = span.start > region.text.start && text.as_bytes().get(span.start as usize - 1) == Some(&b'\n');
        let behind = text.get(span.end as usize..region.text.end as usize).and_then(|rest| rest.chars().next());
        let mut own = String::new();
        let start = match is_block && at_line {
            // A line that goes takes its indentation along, and one that comes brings its own.
            true => {
                if with.chars().next().or(behind).is_some_and(|first| first != '\n' && first != '\r') {
                    own.extend(std::iter::repeat_n(' ', region.indent));
                }
                end_of(pieces, span.start)
            }
            false => start_of(pieces, span.start),
        };
        let start = start.unwrap_or(region.raw.end);
        let end = if is_end { region.raw.end } else { start_of(pieces, span.end).unwrap_or(region.raw.end) };
        let ascii = region.style == Style::Json && self.raw.is_ascii() && self.raw.contains("\\u");
        own.push_str(&scalar::spell(region.style, region.indent, with, behind, ascii).ok_or(WriteBackError::NotWritable)?);
        Ok((start as usize..end.max(start) as usize, own))
    }

    /// The raw text of the file, with the text `old` changed to `new`.
    pub fn write_back(&self, old: &str, new: &str) -> Result<String, WriteBackError> {
        let mut raw = String::with_capacity(self.raw.len() + new.len().saturating_sub(old.len()));
        let mut at = 0;
        for (range, with) in changes(old, new) {
            let (range, own) = self.raw_edit(old, Span::new(range.start, range.end), with)?;
            raw.push_str(self.raw.get(at..range.start).ok_or(WriteBackError::NotWritable)?);
            raw.push_str(&own);
            at = range.end;
        }
        raw.push_str(self.raw.get(at..).unwrap_or_default());
        Ok(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tree::{self, Kind, Node};

    /// Every scalar of a file that is longer than three letters, written out.
    fn view(raw: &str) -> (String, View) {
        fn collect<'t>(node: &'t Node, prompts: &mut Vec<Prompt<'t>>) {
            if let Kind::Text { text, style } = &node.kind
                && text.len() > 3
            {
                prompts.push(Prompt { span: node.span, style: *style, value: text });
            }
            node.items().iter().for_each(|item| collect(item, prompts));
            node.entries().iter().for_each(|entry| collect(&entry.value, prompts));
        }
        let tree = if raw.starts_with('{') { tree::json(raw, 0) } else { tree::yaml(raw, 0) };
        let mut prompts = Vec::new();
        tree.roots.iter().for_each(|root| collect(root, &mut prompts));
        View::new(raw.to_owned(), prompts)
    }

    const YAML: &str = "# why\na: |\n  It is {{ now }}.\n  Be kind.\n\n  Be brief.\nb: 'it''s one'\nc: d\n";

    #[test]
    fn scalars_are_written_out_and_the_rest_stays() {
        let (text, view) = view(YAML);
        assert_eq!(text, "# why\na: |\n  It is {{ now }}.\nBe kind.\n\nBe brief.\nb: 'it's one'\nc: d\n");
        for word in ["why", "{{ now }}", "kind", "brief", "one", "c: d"] {
            let at = text.find(word).unwrap();
            assert_eq!(&YAML[view.raw_span(Span::new(at, at + word.len())).range()], word);
            let raw = YAML.find(word).unwrap();
            assert!(view.text_span(Span::new(raw, raw + word.len())).contains(Span::new(at, at + word.len())), "{word}");
        }
        assert_eq!(view.write_back(&text, &text).unwrap(), YAML);
    }

    #[test]
    fn changes_are_written_as_the_file_writes() {
        let (text, own) = view(YAML);
        for (old, new, raw) in [
            ("Be kind.\n\nBe brief.\n", "Be kind.\n\nBe brief.\nIt is late.\n", ("  Be brief.\n", "  Be brief.\n  It is late.\n")),
            ("Be kind.\n\n", "Be kind.\n", ("  Be kind.\n\n", "  Be kind.\n")),
            ("Be kind.\n\nBe brief.\n", "Be kind.\n\n", ("\n  Be brief.\n", "\n")),
            ("It is {{ now }}.\nBe kind.", "Be kind.", ("  It is {{ now }}.\n  Be kind", "  Be kind")),
            ("kind", "good", ("kind", "good")),
            ("it's one", "it's ours", ("it''s one", "it''s ours")),
            ("c: d", "c: e", ("c: d", "c: e")),
        ] {
            let changed = own.write_back(&text, &text.replace(old, new)).unwrap();
            assert_eq!(changed, YAML.replace(raw.0, raw.1), "{old:?}");
            assert_eq!(view(&changed).0, text.replace(old, new), "{old:?}");
        }
    }

    #[test]
    fn json_is_escaped() {
        let raw = "{\n  \"a\": \"One \\\"two\\\".\\nBe kind.\",\n  \"b\": 1\n}\n";
        let (text, own) = view(raw);
        assert_eq!(text, "{\n  \"a\": \"One \"two\".\nBe kind.\",\n  \"b\": 1\n}\n");
        let changed = own.write_back(&text, &text.replace("Be kind.", "Be kind.\n\"Now\".")).unwrap();
        assert_eq!(changed, raw.replace("Be kind.", "Be kind.\\n\\\"Now\\\"."));
    }

    #[test]
    fn what_crosses_the_end_of_a_scalar_is_refused() {
        let (text, own) = view(YAML);
        assert!(own.raw_edit(&text, Span::new(2, 30), "x").is_err());
    }
}
