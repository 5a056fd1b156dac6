//! String and template literals: tokens, escapes and slots.

use tree_sitter::Node;

use crate::span::Span;
use crate::syntax::*;

use super::{Lower, children};

impl<'t> Lower<'t> {
    /// `"…"` or `'…'`.
    pub(super) fn string(&self, node: Node<'_>) -> StrLit {
        let (start, end) = self.content(node, &['"', '\'']);
        let token =
            StrToken { span: self.span(node), content: self.span_of(start, end), interpolated: false, raw: false, multiline: false };
        let mut literal = StrLit::default();
        self.text(start, end, &token, &mut literal.pieces);
        literal.tokens.push(token);
        literal
    }

    /// Between backticks; `raw` as the argument of `String.raw`.
    pub(super) fn template(&mut self, node: Node<'_>, raw: bool, depth: usize) -> StrLit {
        let (start, end) = self.content(node, &['`']);
        let token = StrToken { span: self.span(node), content: self.span_of(start, end), interpolated: true, raw, multiline: true };
        let mut literal = StrLit::default();
        let mut at = start;
        for slot in children(node).into_iter().filter(|part| part.kind() == "template_substitution") {
            self.text(at, slot.start_byte(), &token, &mut literal.pieces);
            let expr = match children(slot)[..] {
                [inner] => self.expr(inner, depth + 1),
                _ => self.opaque(slot, depth),
            };
            literal.pieces.push(Piece::Slot { expr, conversion: None, format: None, span: self.span(slot) });
            at = slot.end_byte();
        }
        self.text(at, end, &token, &mut literal.pieces);
        literal.tokens.push(token);
        literal
    }

    /// The name of a property as a text; no part of it may be edited on its own.
    pub(super) fn key_text(&self, text: &str, span: Span) -> Expr {
        let pieces = vec![Piece::Text { text: text.to_string(), span, verbatim: false }];
        let token = StrToken { span, content: span, interpolated: false, raw: false, multiline: false };
        Expr { kind: ExprKind::Str(StrLit { pieces, tokens: vec![token], is_bytes: false }), span }
    }

    /// What stands between the quotes, whether the closing one is there or not.
    fn content(&self, node: Node<'_>, quotes: &[char]) -> (usize, usize) {
        let written = self.slice(node);
        let Some(quote) = written.chars().next().filter(|first| quotes.contains(first)) else {
            return (node.start_byte(), node.end_byte());
        };
        let mut cursor = node.walk();
        let closed = node.children(&mut cursor).last().is_some_and(|last| {
            !last.is_missing()
                && last.start_byte() > node.start_byte()
                && self.slice(last).len() == 1
                && self.slice(last).starts_with(quote)
        });
        (node.start_byte() + 1, node.end_byte() - usize::from(closed))
    }

    /// Text between slots: what stands for something else is a piece of its own.
    fn text(&self, start: usize, end: usize, token: &StrToken, pieces: &mut Vec<Piece>) {
        let Some(source) = self.text.get(start..end) else { return };
        let bytes = source.as_bytes();
        let (mut at, mut run) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            let special = match byte {
                // A template reads every line break as one line feed.
                b'\r' => Some(("\n".to_string(), if bytes.get(at + 1) == Some(&b'\n') { 2 } else { 1 })),
                b'\\' if !token.raw => source.get(at..).and_then(escape),
                _ => None,
            };
            let Some((text, length)) = special else {
                at += 1;
                continue;
            };
            self.verbatim(start + run, start + at, pieces);
            pieces.push(Piece::Text { text, span: self.span_of(start + at, start + at + length), verbatim: false });
            at += length;
            run = at;
        }
        self.verbatim(start + run, end, pieces);
    }

    fn verbatim(&self, start: usize, end: usize, pieces: &mut Vec<Piece>) {
        if let Some(text) = self.text.get(start..end).filter(|text| !text.is_empty()) {
            pieces.push(Piece::Text { text: text.to_string(), span: self.span_of(start, end), verbatim: true });
        }
    }
}

/// What the escape sequence at the start of `rest` stands for, and its length; `None` if it is damaged. Half a surrogate
/// pair is the replacement character.
fn escape(rest: &str) -> Option<(String, usize)> {
    let after = rest.get(1..)?;
    let letter = after.chars().next()?;
    let single = |text: &str| Some((text.to_string(), 2));
    match letter {
        '\n' => single(""),
        '\r' => Some((String::new(), if after.starts_with("\r\n") { 3 } else { 2 })),
        '\u{2028}' | '\u{2029}' => Some((String::new(), 1 + letter.len_utf8())),
        'b' => single("\x08"),
        'f' => single("\x0c"),
        'n' => single("\n"),
        'r' => single("\r"),
        't' => single("\t"),
        'v' => single("\x0b"),
        '0'..='7' => {
            let most = if letter <= '3' { 3 } else { 2 };
            let digits = after.chars().take(most).take_while(|digit| digit.is_digit(8)).count();
            Some((character(u32::from_str_radix(after.get(..digits)?, 8).ok()?), 1 + digits))
        }
        'x' => Some((character(hexadecimal(after.get(1..3)?)?), 4)),
        'u' => {
            let (first, length) = unit(after)?;
            // Two halves of a pair make one character.
            let second = after.get(length..).and_then(|next| next.strip_prefix('\\')).and_then(unit);
            if let (0xd800..=0xdbff, Some((low @ 0xdc00..=0xdfff, more))) = (first, second) {
                let value = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                return Some((character(value), 1 + length + 1 + more));
            }
            Some((character(first), 1 + length))
        }
        // Any other character stands for itself.
        _ => Some((letter.to_string(), 1 + letter.len_utf8())),
    }
}

/// The number in `uXXXX` or `u{X…}`, and its length.
fn unit(after: &str) -> Option<(u32, usize)> {
    let digits = after.strip_prefix('u')?;
    match digits.strip_prefix('{') {
        Some(braced) => {
            let end = braced.find('}')?;
            Some((hexadecimal(braced.get(..end)?)?, end + 3))
        }
        None => Some((hexadecimal(digits.get(..4)?)?, 5)),
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

fn character(value: u32) -> String {
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
}
