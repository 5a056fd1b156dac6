//! Text that cannot act on the terminal or the log that shows it: names of files, sources and rules may hold anything.

use std::borrow::Cow;
use std::io::{self, Write};

/// Whether a character is not shown but done: it moves the cursor, changes colours, or turns the direction of what follows.
pub fn acts(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A sign of one column for a character that acts: `␛`, `␍`.
fn sign(letter: char) -> char {
    match letter {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + letter as u32).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '␡',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// Whether a text can be shown as it is. A carriage return is harmless where a line feed follows.
pub fn is_plain(text: &str) -> bool {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if acts(letter) && !(letter == '\r' && letters.peek() == Some(&'\n')) {
            return false;
        }
    }
    true
}

/// The text with signs for what would act. Line breaks and tabs stay.
pub fn plain(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return text.into();
    }
    let mut letters = text.chars().peekable();
    let mut shown = String::with_capacity(text.len() + 8);
    while let Some(letter) = letters.next() {
        let stays = !acts(letter) || letter == '\r' && letters.peek() == Some(&'\n');
        shown.push(if stays { letter } else { sign(letter) });
    }
    shown.into()
}

/// The text in one line, with signs for line breaks and tabs too: a path.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\r', '\t']) {
        return plain(text);
    }
    text.chars().map(|letter| if acts(letter) || matches!(letter, '\n' | '\t') { sign(letter) } else { letter }).collect()
}

/// Writes [`plain`] text: for what holds no colours of ours.
pub struct Plain<'w>(pub &'w mut dyn Write);

impl Write for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(plain(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown() {
        for (text, shown) in [
            ("plain – ünï 😀\n\tx\r\ny", "plain – ünï 😀\n\tx\r\ny"),
            ("\u{1b}[31mred\u{1b}[0m", "␛[31mred␛[0m"),
            ("bell\u{7} del\u{7f} csi\u{9b}31m nul\0", "bell␇ del␡ csi\u{fffd}31m nul␀"),
            ("over\rwritten", "over␍written"),
            ("\u{202e}txt.py\u{2066}\u{2028}", "\u{fffd}txt.py\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(plain(text), shown);
            assert!(is_plain(&plain(text)));
        }
        assert_eq!(line("a\nb\r\n\tc\u{1b}"), "a␊b␍␊␉c␛");
        assert!(matches!(plain("as it is"), Cow::Borrowed(_)) && matches!(line("as it is"), Cow::Borrowed(_)));
    }
}
