//! String literals: tokens, escapes and slots.

use tree_sitter::Node;

use crate::syntax::*;

use super::{Lower, children, has_token};

impl<'t> Lower<'t> {
    /// A `string`, or a `concatenated_string` of several.
    pub(super) fn string(&mut self, node: Node<'_>, depth: usize) -> StrLit {
        let mut literal = StrLit::default();
        if node.kind() == "string" {
            self.token(node, depth, &mut literal);
        } else {
            for part in children(node).into_iter().filter(|part| part.kind() == "string") {
                self.token(part, depth, &mut literal);
            }
        }
        literal
    }

    fn token(&mut self, node: Node<'_>, depth: usize, literal: &mut StrLit) {
        let parts = children(node);
        let Some(opening) = parts.first().filter(|part| part.kind() == "string_start") else { return };
        let written = self.slice(*opening);
        let prefix = written.trim_end_matches(['"', '\'', '`']);
        let has = |letters: [char; 2]| prefix.contains(letters);
        let is_bytes = has(['b', 'B']);
        let start = opening.end_byte();
        // The closing token may hold text too: after a raw `\\` the scanner does not end the content.
        let closed = parts.last().is_some_and(|part| part.kind() == "string_end" && !part.is_missing());
        let quotes = if closed { written.len() - prefix.len() } else { 0 };
        let end = node.end_byte().saturating_sub(quotes).max(start);
        let token = StrToken {
            span: self.span(node),
            content: self.span_of(start, end),
            interpolated: has(['f', 'F']) || has(['t', 'T']),
            raw: has(['r', 'R']),
            multiline: written.len() - prefix.len() >= 3,
        };
        let mut at = start;
        for slot in parts.iter().filter(|part| part.kind() == "interpolation") {
            self.text(at, slot.start_byte(), &token, is_bytes, &mut literal.pieces);
            self.slot(*slot, depth, &mut literal.pieces);
            at = slot.end_byte();
        }
        self.text(at, end, &token, is_bytes, &mut literal.pieces);
        literal.is_bytes |= is_bytes;
        literal.tokens.push(token);
    }

    /// Text between slots: what stands for something else is a piece of its own.
    fn text(&self, start: usize, end: usize, token: &StrToken, is_bytes: bool, pieces: &mut Vec<Piece>) {
        let Some(source) = self.text.get(start..end) else { return };
        let bytes = source.as_bytes();
        let (mut at, mut run) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            let next = bytes.get(at + 1);
            let special = match byte {
                // Python reads every line break as one line feed.
                b'\r' => Some(("\n".to_string(), if next == Some(&b'\n') { 2 } else { 1 })),
                b'\\' if !token.raw => source.get(at..).and_then(|rest| escape(rest, is_bytes)),
                b'{' | b'}' if token.interpolated && next == Some(byte) => Some((char::from(*byte).to_string(), 2)),
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

    fn slot(&mut self, node: Node<'_>, depth: usize, pieces: &mut Vec<Piece>) {
        let conversion = node.child_by_field_name("type_conversion");
        let format = node.child_by_field_name("format_specifier");
        if let Some(expr) = node.child_by_field_name("expression").filter(|expr| expr.kind() == "named_expression") {
            self.aligned_slot(node, expr, depth, pieces);
            return;
        }
        let mut letter = conversion.and_then(|conversion| self.slice(conversion).chars().nth(1));
        if has_token(node, "=") {
            // `{x = }` writes its own source in front of the value, which is then shown by `repr`. That text has no place
            // that could be edited on its own.
            let from = node.start_byte() + 1;
            let to = conversion.or(format).map_or(node.end_byte().saturating_sub(1), |node| node.start_byte());
            let text = self.text.get(from..to).unwrap_or("").replace("\r\n", "\n");
            pieces.push(Piece::Text { text, span: self.span_of(node.start_byte(), node.start_byte()), verbatim: false });
            if format.is_none() {
                letter = letter.or(Some('r'));
            }
        }
        let expr = match node.child_by_field_name("expression") {
            Some(expr) => self.expr(expr, depth + 1),
            None => self.opaque(node, depth),
        };
        let format = format.map(|format| self.slice(format).strip_prefix(':').unwrap_or_default().to_string());
        pieces.push(Piece::Slot { expr, conversion: letter, format, span: self.span(node) });
    }
}

impl<'t> Lower<'t> {
    /// In `{x:=10}` the grammar sees a walrus, Python a format that begins with `=`.
    fn aligned_slot(&mut self, node: Node<'_>, named: Node<'_>, depth: usize, pieces: &mut Vec<Piece>) {
        let name = named.child_by_field_name("name").unwrap_or(named);
        let written = self.text.get(name.end_byte()..node.end_byte()).unwrap_or("");
        let format = written.find(':').and_then(|colon| written.get(colon + 1..)).map(|format| format.trim_end_matches('}').to_string());
        let expr = self.expr(name, depth + 1);
        pieces.push(Piece::Slot { expr, conversion: None, format, span: self.span(node) });
    }
}

/// What the escape sequence at the start of `rest` stands for, and its length; `None` if the backslash is just a backslash.
/// A byte of a bytes literal is shown as the character of the same number; a name that is not known and half a surrogate
/// pair as the replacement character.
fn escape(rest: &str, is_bytes: bool) -> Option<(String, usize)> {
    let after = rest.get(1..)?;
    let letter = after.chars().next()?;
    let single = |text: &str| Some((text.to_string(), 2));
    match letter {
        '\n' => single(""),
        '\r' => Some((String::new(), if after.starts_with("\r\n") { 3 } else { 2 })),
        '\\' | '\'' | '"' => single(letter.encode_utf8(&mut [0; 4])),
        'a' => single("\x07"),
        'b' => single("\x08"),
        'f' => single("\x0c"),
        'n' => single("\n"),
        'r' => single("\r"),
        't' => single("\t"),
        'v' => single("\x0b"),
        '0'..='7' => {
            let digits = after.chars().take(3).take_while(|digit| digit.is_digit(8)).count();
            let value = u32::from_str_radix(after.get(..digits)?, 8).ok()?;
            Some((character(if is_bytes { value & 0xff } else { value }), 1 + digits))
        }
        'x' => hexadecimal(after, 2),
        'u' if !is_bytes => hexadecimal(after, 4),
        'U' if !is_bytes => hexadecimal(after, 8),
        'N' if !is_bytes => {
            let name = after.strip_prefix("N{")?;
            let length = name.find('}')?;
            Some((char::REPLACEMENT_CHARACTER.to_string(), 3 + length + 1))
        }
        _ => None,
    }
}

fn hexadecimal(after: &str, digits: usize) -> Option<(String, usize)> {
    let number = after.get(1..1 + digits).filter(|number| number.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    Some((character(u32::from_str_radix(number, 16).ok()?), 2 + digits))
}

fn character(value: u32) -> String {
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
}
