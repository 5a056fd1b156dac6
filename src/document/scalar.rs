//! The text of a scalar and, piece by piece, the bytes that it comes from; and the other way, how a change of it is spelt.
//!
//! The text is decoded here with its places and compared with what the parser says: where the two differ the scalar is one piece that
//! nothing may be written into.

use crate::frontend::notebook::{self, Piece};
use crate::span::Span;

use super::tree::Style;

/// A scalar taken apart.
#[derive(Debug)]
pub struct Decoded {
    pub text: String,
    /// What the pieces lie in; quotes are outside.
    pub raw: Span,
    /// Ascending on both sides; `raw` offsets are of the file.
    pub pieces: Vec<Piece>,
    /// Blanks in front of each line of a block.
    pub indent: usize,
}

/// Decodes the scalar at `span`, which says `value`.
pub fn decode(raw: &str, span: Span, style: Style, value: &str) -> Decoded {
    let exact = match style {
        Style::Json => json(raw, span),
        Style::Plain => flow(raw, span, style),
        Style::Single | Style::Double => flow(raw, Span { start: span.start + 1, end: span.end.max(span.start + 2) - 1 }, style),
        Style::Literal | Style::Folded => block(raw, span, style, value),
        Style::Quoted => quoted(raw, span),
        Style::Escaped => escaped(raw, span),
        Style::Verbatim => raw.get(span.range()).map(|text| {
            let mut pieces = Pieces::default();
            // Line by line, as an edit touches lines.
            let mut at = span.start as usize;
            for line in text.split_inclusive('\n') {
                pieces.push(line, at, line.len());
                at += line.len();
            }
            pieces.done(span, 0)
        }),
    };
    match exact {
        Some(decoded) if same(&decoded.text, value) && !decoded.text.is_empty() => decoded,
        _ => {
            let piece = Piece { text: 0, text_len: value.len() as u32, raw: span.start, raw_len: span.len() as u32, fixed: true };
            Decoded { text: value.to_owned(), raw: span, pieces: vec![piece], indent: 0 }
        }
    }
}

/// Equal but for carriage returns, which the text keeps and the parser does not.
fn same(text: &str, value: &str) -> bool {
    text == value || (text.contains('\r') && text.replace("\r\n", "\n") == value)
}

fn json(raw: &str, span: Span) -> Option<Decoded> {
    let inner = Span { start: span.start + 1, end: span.end.checked_sub(1)?.max(span.start + 1) };
    let mut text = String::new();
    let mut pieces = Vec::new();
    raw.get(inner.range())?;
    notebook::decode(raw, inner.range(), &mut text, &mut pieces).ok()?;
    Some(Decoded { text, raw: inner, pieces, indent: 0 })
}

/// Collects text with its pieces.
#[derive(Default)]
struct Pieces {
    text: String,
    pieces: Vec<Piece>,
}

impl Pieces {
    fn push(&mut self, text: &str, raw: usize, raw_len: usize) {
        if text.is_empty() {
            return;
        }
        let (at, len) = (self.text.len() as u32, text.len() as u32);
        self.text.push_str(text);
        self.pieces.push(Piece { text: at, text_len: len, raw: raw as u32, raw_len: raw_len as u32, fixed: false });
    }

    /// Takes off what stands behind `length`.
    fn truncate(&mut self, length: usize) {
        self.text.truncate(length);
        let length = length as u32;
        self.pieces.retain_mut(|piece| {
            let keep = length.saturating_sub(piece.text).min(piece.text_len);
            if keep < piece.text_len {
                piece.raw_len = piece.raw_len.saturating_sub(piece.text_len - keep);
                piece.text_len = keep;
            }
            keep > 0
        });
    }

    fn done(self, raw: Span, indent: usize) -> Decoded {
        Decoded { text: self.text, raw, pieces: self.pieces, indent }
    }
}

/// A block scalar from its first content on.
fn block(raw: &str, span: Span, style: Style, value: &str) -> Option<Decoded> {
    let start = span.start as usize;
    let line = raw.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = start - line;
    if indent == 0 || !raw.get(line..start)?.bytes().all(|byte| byte == b' ') {
        return None;
    }
    // Each line without its indentation: where it begins, and what it says without its break.
    let mut lines: Vec<(usize, &str, &str)> = Vec::new();
    let mut at = start;
    let end = raw.get(..span.end as usize)?.len();
    while at < end {
        let rest = raw.get(at..)?;
        let length = rest.find('\n').map_or(rest.len(), |found| found + 1);
        let whole = &rest[..length];
        let own = whole.trim_end_matches(['\n', '\r']);
        lines.push((at, own, &whole[own.len()..]));
        at += length;
        let blanks = raw.get(at..)?.bytes().take(indent).take_while(|byte| *byte == b' ').count();
        at += blanks;
        if at < end && blanks < indent && !raw.get(at..)?.starts_with(['\n', '\r']) {
            break;
        }
    }
    let mut pieces = Pieces::default();
    let is_more = |own: &str| own.starts_with([' ', '\t']);
    let mut next = 0;
    while let Some((at, own, ending)) = lines.get(next).copied() {
        if style == Style::Literal {
            let whole = raw.get(at..at + own.len() + ending.len())?;
            pieces.push(whole, at, whole.len());
            next += 1;
            continue;
        }
        pieces.push(own, at, own.len());
        let mut empty = next + 1;
        while lines.get(empty).is_some_and(|line| line.1.is_empty()) {
            empty += 1;
        }
        let breaks: Vec<(usize, &str)> = lines[next..empty].iter().map(|line| (line.0 + line.1.len(), line.2)).collect();
        let folds = lines.get(empty).is_some_and(|behind| !is_more(behind.1) && !is_more(own));
        match (folds, breaks.as_slice()) {
            (true, [(at, ending)]) => pieces.push(" ", *at, ending.len()),
            (true, [_, rest @ ..]) => rest.iter().for_each(|(at, ending)| pieces.push("\n", *at, ending.len())),
            (_, all) => all.iter().for_each(|(at, ending)| pieces.push("\n", *at, ending.len())),
        }
        next = empty;
    }
    // How many breaks at the end count is said in the header.
    let kept = value.len() - value.trim_end_matches('\n').len();
    let body = pieces.text.trim_end_matches(['\n', '\r']).len();
    let ending: usize = pieces.text[body..].split_inclusive('\n').take(kept).map(str::len).sum();
    pieces.truncate(body + ending);
    let first = pieces.pieces.first()?.raw;
    let last = pieces.pieces.last()?;
    let raw = Span { start: first, end: last.raw + last.raw_len };
    Some(pieces.done(raw, indent))
}

/// A plain or quoted scalar, over several lines maybe, which are folded.
fn flow(raw: &str, span: Span, style: Style) -> Option<Decoded> {
    let text = raw.get(span.range())?;
    let mut pieces = Pieces::default();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let here = span.start as usize + at;
        let plain = rest
            .find(|c: char| c == '\n' || c == '\r' || (c == '\\' && style == Style::Double) || (c == '\'' && style == Style::Single))
            .unwrap_or(rest.len());
        if plain > 0 {
            pieces.push(&rest[..plain], here, plain);
            at += plain;
            continue;
        }
        match rest.as_bytes().first()? {
            b'\'' => {
                pieces.push("'", here, 2);
                at += 2;
            }
            b'\\' => {
                let (decoded, length) = escape(rest)?;
                let mut buffer = [0; 4];
                pieces.push(decoded.map_or("", |c| c.encode_utf8(&mut buffer)), here, length);
                at += length;
            }
            _ => {
                let kept = pieces.text.trim_end_matches([' ', '\t']).len();
                pieces.truncate(kept);
                let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
                let breaks = rest[..blank].matches('\n').count();
                let folded = if breaks == 1 { " ".to_owned() } else { "\n".repeat(breaks - 1) };
                pieces.push(&folded, here, blank);
                at += blank;
            }
        }
    }
    Some(pieces.done(span, 0))
}

/// A text in double quotes. What is filled in from elsewhere (`${…}`) is left as it is written.
pub fn quoted(raw: &str, span: Span) -> Option<Decoded> {
    let inner = Span { start: span.start + 1, end: span.end.checked_sub(1)?.max(span.start + 1) };
    let decoded = escaped(raw, inner)?;
    let mut rest = raw.get(inner.range())?;
    while let Some(start) = rest.find("${").or_else(|| rest.find("%{")) {
        let inside = rest.get(start..)?;
        let filled = inside.get(..inside.find('}').map_or(inside.len(), |end| end + 1))?;
        // In there quotes and escapes are those of an expression.
        if filled.contains(['"', '\\']) {
            return None;
        }
        rest = inside.get(filled.len()..)?;
    }
    Some(decoded)
}

/// A text with escapes, and with line breaks as they stand.
fn escaped(raw: &str, span: Span) -> Option<Decoded> {
    let text = raw.get(span.range())?;
    let mut pieces = Pieces::default();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let here = span.start as usize + at;
        let plain = rest.find('\\').unwrap_or(rest.len());
        let line = rest.find('\n').map_or(rest.len(), |end| end + 1).min(plain);
        if line > 0 {
            pieces.push(&rest[..line], here, line);
            at += line;
            continue;
        }
        let (decoded, length) = escape(rest)?;
        let mut buffer = [0; 4];
        pieces.push(decoded.map_or("", |c| c.encode_utf8(&mut buffer)), here, length);
        at += length;
    }
    Some(pieces.done(span, 0))
}

/// What an escape of a double-quoted scalar stands for, and its length; `None` as character for an escaped line break.
fn escape(text: &str) -> Option<(Option<char>, usize)> {
    let digits = |from: usize, count: usize| {
        let code = u32::from_str_radix(text.get(from..from + count)?, 16).ok()?;
        Some((Some(char::from_u32(code)?), from + count))
    };
    let one = |c: char| Some((Some(c), 2));
    match text.as_bytes().get(1)? {
        b'n' => one('\n'),
        b't' | b'\t' => one('\t'),
        b'r' => one('\r'),
        b'0' => one('\0'),
        b'a' => one('\u{7}'),
        b'b' => one('\u{8}'),
        b'v' => one('\u{b}'),
        b'f' => one('\u{c}'),
        b'e' => one('\u{1b}'),
        b'N' => one('\u{85}'),
        b'_' => one('\u{a0}'),
        b'L' => one('\u{2028}'),
        b'P' => one('\u{2029}'),
        byte @ (b'"' | b'\\' | b'/' | b' ') => one(char::from(*byte)),
        b'x' => digits(2, 2),
        b'u' => digits(2, 4),
        b'U' => digits(2, 8),
        b'\n' | b'\r' => {
            let rest = text.get(1..)?;
            Some((None, 1 + rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len()))
        }
        _ => None,
    }
}

/// How `text` is written inside such a scalar; `None` where it can't be.
pub fn spell(style: Style, indent: usize, text: &str, behind: Option<char>, ascii: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match style {
            Style::Json => notebook::push_json(letter, ascii, &mut out),
            Style::Verbatim => out.push(letter),
            Style::Escaped if letter == '\n' || letter == '\r' => out.push(letter),
            Style::Double | Style::Quoted | Style::Escaped => match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                letter if letter < ' ' => return None,
                letter => out.push(letter),
            },
            Style::Literal => {
                out.push(letter);
                let next = letters.peek().copied().or(behind);
                // An empty line needs no blanks, and behind the last line nothing follows.
                if letter == '\n' && next.is_some_and(|next| next != '\n' && next != '\r') {
                    out.extend(std::iter::repeat_n(' ', indent));
                }
            }
            Style::Plain | Style::Single | Style::Folded if letter == '\n' || letter == '\r' => return None,
            Style::Single if letter == '\'' => out.push_str("''"),
            Style::Plain | Style::Single | Style::Folded => out.push(letter),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tree::{self, Kind};

    /// What the scalar under `a` says, each piece with its bytes.
    fn pieces(raw: &str) -> (String, Vec<(String, String)>) {
        let tree = if raw.starts_with('{') { tree::json(raw, 0) } else { tree::yaml(raw, 0) };
        let node = tree.roots[0].get("a").unwrap().clone();
        let Kind::Text { text, style } = &node.kind else { panic!("{raw}") };
        let decoded = decode(raw, node.span, *style, text);
        assert!(same(&decoded.text, text), "{raw:?}");
        assert!(decoded.pieces.iter().all(|piece| !piece.fixed), "{raw:?} {:?}", decoded);
        let of = |piece: &Piece| {
            let text = &decoded.text[piece.text as usize..(piece.text + piece.text_len) as usize];
            (text.to_owned(), raw[piece.raw as usize..(piece.raw + piece.raw_len) as usize].to_owned())
        };
        let all = decoded.pieces.iter().map(of).collect();
        (decoded.text, all)
    }

    #[test]
    fn every_style_is_followed_to_the_byte() {
        for (raw, expected) in [
            ("a: one two\n", "one two"),
            ("a: one\n  two\n\n  three\nb: 1\n", "one two\nthree"),
            ("a: 'it''s one'\n", "it's one"),
            ("a: \"one\\ttwo \\\"x\\\" \\u00e9\"\n", "one\ttwo \"x\" é"),
            ("a: \"one\n  two\\\n   three\"\n", "one twothree"),
            ("a: |\n  one\n    two\n\n  three\nb: 1\n", "one\n  two\n\nthree\n"),
            ("a: |-\n  one\n  two\nb: 1\n", "one\ntwo"),
            ("a: |+\n  one\n\nb: 1\n", "one\n\n"),
            ("a: >\n  one\n  two\n\n  three\n    code\n    more\n  four\n", "one two\nthree\n  code\n  more\nfour\n"),
            ("a: >-\n  one\n  two\n", "one two"),
            ("a: |\r\n  one\r\n  two\r\nb: 1\r\n", "one\r\ntwo\r\n"),
            ("{\"a\": \"one\\ntwo \\ud83d\\ude00\"}", "one\ntwo 😀"),
        ] {
            let (text, pieces) = pieces(raw);
            assert_eq!(text, expected, "{raw:?}");
            assert_eq!(pieces.iter().map(|(text, _)| text.as_str()).collect::<String>(), expected);
        }
    }

    #[test]
    fn pieces_name_their_bytes() {
        let (_, all) = pieces("a: |\n    one\n    two\n");
        assert_eq!(all, [("one\n".to_owned(), "one\n".to_owned()), ("two\n".to_owned(), "two\n".to_owned())]);
    }

    #[test]
    fn texts_of_terraform_and_toml_are_followed_to_the_byte() {
        use crate::document::{hcl, toml};
        let followed = |raw: &str, tree: tree::Tree| {
            let node = tree.roots[0].get("a").unwrap().clone();
            let Kind::Text { text, style } = &node.kind else { panic!("{raw}") };
            let decoded = decode(raw, node.span, *style, text);
            (decoded.text, decoded.pieces.iter().all(|piece| !piece.fixed))
        };
        for (raw, expected, writable) in [
            ("a = \"one\\n\\\"two\\\" ${var.x}\"\n", "one\n\"two\" ${var.x}", true),
            ("a = \"one ${f(\"x\")}\"\n", "", false),
            ("a = <<EOT\n  one\n${x}\nEOT\n", "  one\n${x}\n", true),
            ("a = <<-EOT\n    one\n      two\n\n    three\n  EOT\n", "one\n  two\n\nthree\n", true),
        ] {
            let (text, is_writable) = followed(raw, hcl::read(raw));
            assert_eq!(is_writable, writable, "{raw:?}");
            assert!(text == expected || !writable, "{raw:?}: {text:?}");
        }
        for (raw, expected) in [
            ("a = \"one\\t\\u00e9\"\n", "one\té"),
            ("a = '''\none\ntwo'''\n", "one\ntwo"),
            ("a = \"\"\"\none\ntwo \\\n   three\n\"\"\"\n", "one\ntwo three\n"),
        ] {
            assert_eq!(followed(raw, toml::read(raw)), (expected.to_owned(), true), "{raw:?}");
        }
    }

    #[test]
    fn a_change_is_spelt_as_the_scalar_is() {
        assert_eq!(spell(Style::Literal, 2, "x\n", Some('y'), false).as_deref(), Some("x\n  "));
        assert_eq!(spell(Style::Literal, 2, "x\n", None, false).as_deref(), Some("x\n"));
        assert_eq!(spell(Style::Literal, 2, "x\n\ny", None, false).as_deref(), Some("x\n\n  y"));
        assert_eq!(spell(Style::Json, 0, "x\n\"", None, false).as_deref(), Some("x\\n\\\""));
        assert_eq!(spell(Style::Single, 0, "it's", None, false).as_deref(), Some("it''s"));
        assert_eq!(spell(Style::Quoted, 0, "x\n\"", None, false).as_deref(), Some("x\\n\\\""));
        assert_eq!(spell(Style::Escaped, 0, "x\n\"", None, false).as_deref(), Some("x\n\\\""));
        assert_eq!(spell(Style::Verbatim, 0, "x\n\"", None, false).as_deref(), Some("x\n\""));
        assert_eq!(spell(Style::Folded, 2, "x\n", None, false), None);
    }
}
