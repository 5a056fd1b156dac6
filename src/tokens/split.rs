//! Cuts a text into the pieces that are encoded on their own, as the regular expressions of the encodings do.

use super::layout::{BREAK, CAPITAL, LETTER, NUMBER, SMALL, SPACE};

/// How an encoding cuts a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    O200k,
    Cl100k,
}

/// The classes of all characters, in blocks of 256: which block a character is in, and the blocks, of which many are equal.
struct Classes {
    blocks: &'static [u8],
    classes: &'static [u8],
}

static CLASSES: Classes = include!(concat!(env!("OUT_DIR"), "/tokens/classes.rs"));

/// How many bytes the first piece has of a text that is not empty.
pub fn first_piece(text: &str, pattern: Pattern) -> usize {
    let (class, width) = at(text, 0);
    let word = match pattern {
        Pattern::O200k => word(text, class, width),
        Pattern::Cl100k => plain_word(text, class, width),
    };
    if let Some(end) = word {
        return end;
    }
    if class & NUMBER != 0 {
        return numbers(text);
    }
    let signs = usize::from(text.starts_with(' '));
    let end = run(text, signs, |class| class & (SPACE | LETTER | NUMBER) == 0);
    if end > signs {
        let slash = pattern == Pattern::O200k;
        let tail = text.as_bytes().get(end..).unwrap_or_default();
        return end + tail.iter().take_while(|byte| matches!(byte, b'\r' | b'\n') || (slash && **byte == b'/')).count();
    }
    spaces(text, pattern).max(width)
}

/// Capitals and then small letters, behind a sign or blank if one stands there, with the ending of a contraction.
fn word(text: &str, class: u8, width: usize) -> Option<usize> {
    let sign = (class & (LETTER | NUMBER | BREAK) == 0).then_some(width);
    let starts = [sign, Some(0)];
    let with_small = |start: usize| {
        let capitals = run(text, start, |class| class & CAPITAL != 0);
        if at(text, capitals).0 & SMALL != 0 {
            return Some(run(text, capitals, |class| class & SMALL != 0));
        }
        // What is neither counts as both: the last such character stands for the small letters.
        let among = text.get(start..capitals)?;
        among.char_indices().rev().find(|(_, c)| class_of(*c) & SMALL != 0).map(|(index, c)| start + index + c.len_utf8())
    };
    let capitals_only = |start: usize| Some(run(text, start, |class| class & CAPITAL != 0)).filter(|end| *end > start);
    let end = starts.into_iter().flatten().find_map(with_small).or_else(|| starts.into_iter().flatten().find_map(capitals_only))?;
    Some(end + contraction(&text[end..]))
}

/// Letters, behind a sign or blank if one stands there; or the ending of a contraction.
fn plain_word(text: &str, class: u8, width: usize) -> Option<usize> {
    let short = contraction(text);
    if short > 0 {
        return Some(short);
    }
    let start = if class & (LETTER | NUMBER | BREAK) == 0 { width } else { 0 };
    Some(run(text, start, |class| class & LETTER != 0)).filter(|end| *end > start)
}

/// The bytes of `'s`, `'ll` and the like at the beginning of a text.
fn contraction(text: &str) -> usize {
    let Some(rest) = text.strip_prefix('\'') else { return 0 };
    let mut characters = rest.chars();
    // Case is ignored as Unicode does it: a long s is an s.
    match (characters.next().map(|c| c.to_ascii_lowercase()), characters.next().map(|c| c.to_ascii_lowercase())) {
        (Some('s' | 't' | 'm' | 'd'), _) => 2,
        (Some('ſ'), _) => 1 + 'ſ'.len_utf8(),
        (Some('r' | 'v'), Some('e')) | (Some('l'), Some('l')) => 3,
        _ => 0,
    }
}

/// Three digits at most.
fn numbers(text: &str) -> usize {
    let mut left = 3;
    run(text, 0, |class| {
        left -= 1;
        left >= 0 && class & NUMBER != 0
    })
}

/// Up to the last line break; else all blanks but the one before a word.
fn spaces(text: &str, pattern: Pattern) -> usize {
    let end = run(text, 0, |class| class & SPACE != 0);
    let is_last = end == text.len();
    let blanks = text.get(..end).unwrap_or(text);
    if is_last && pattern == Pattern::Cl100k {
        return end;
    }
    if let Some(last) = memchr::memrchr2(b'\r', b'\n', blanks.as_bytes()) {
        return last + 1;
    }
    let last = blanks.chars().next_back().map_or(1, char::len_utf8);
    if is_last || end <= last { end } else { end - last }
}

/// Where the run of characters ends that begins at `start`.
fn run(text: &str, start: usize, mut is_in: impl FnMut(u8) -> bool) -> usize {
    let mut end = start;
    loop {
        let (class, width) = at(text, end);
        if width == 0 || !is_in(class) {
            return end;
        }
        end += width;
    }
}

/// The class of the character at an offset and its bytes; 0 bytes at the end.
fn at(text: &str, offset: usize) -> (u8, usize) {
    match text.as_bytes().get(offset) {
        None => (0, 0),
        Some(byte) if byte.is_ascii() => (class_of(char::from(*byte)), 1),
        Some(_) => text.get(offset..).and_then(|rest| rest.chars().next()).map_or((0, 0), |c| (class_of(c), c.len_utf8())),
    }
}

fn class_of(character: char) -> u8 {
    let code = character as usize;
    let block = CLASSES.blocks.get(code >> 8).map_or(0, |block| usize::from(*block));
    CLASSES.classes.get(block << 8 | code & 0xff).copied().unwrap_or(0)
}
