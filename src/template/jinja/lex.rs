//! The tokens of a template: where its tags and comments lie, and whether it is safe to parse.

use minijinja::machinery::{self, Token};
use minijinja::syntax::SyntaxConfig;

use super::TemplateError;
use crate::span::Span;

/// Larger templates are refused.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// minijinja parses chains of operators by recursion and overflows a stack of 2 MB at about 10,000 of them (measured 2026-11).
const MAX_TOKENS_IN_TAG: usize = 2_000;
/// The same holds of `elif`; those of all blocks that are open at once count together.
const MAX_OPEN_ELIFS: usize = 500;
const MAX_NESTING: usize = 100;

/// The statements that are closed by an `end…` tag. A `set` may or may not be: minijinja's own limit bounds how deeply these nest.
const BLOCKS: [&str; 8] = ["for", "if", "with", "autoescape", "filter", "block", "macro", "call"];

/// Where tags, brackets and comments lie in a template.
#[derive(Debug, Default)]
pub(super) struct Lexed {
    tags: Vec<Tag>,
    /// Opening and closing brackets inside tags, in source order.
    brackets: Vec<Bracket>,
    pub(super) comments: Vec<Span>,
}

/// `{{ … }}` or `{% … %}`, with its delimiters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    pub(super) span: Span,
}

#[derive(Debug, Clone, Copy)]
struct Bracket {
    at: u32,
    opens: bool,
}

impl Lexed {
    /// The tag that holds this byte.
    pub(super) fn tag_at(&self, offset: u32) -> Option<Tag> {
        let after = self.tags.partition_point(|tag| tag.span.start <= offset);
        self.tags.get(after.checked_sub(1)?).copied().filter(|tag| offset < tag.span.end)
    }

    /// The last tag that ends at or before this byte.
    pub(super) fn tag_before(&self, offset: u32) -> Option<Span> {
        let after = self.tags.partition_point(|tag| tag.span.end <= offset);
        self.tags.get(after.checked_sub(1)?).map(|tag| tag.span)
    }

    /// The smallest span around this one in which every bracket has its partner.
    pub(super) fn balanced(&self, span: Span) -> Span {
        let first = self.brackets.partition_point(|bracket| bracket.at < span.start);
        let last = self.brackets.partition_point(|bracket| bracket.at < span.end);
        let (mut open, mut unopened) = (0usize, 0usize);
        for bracket in &self.brackets[first..last] {
            match (bracket.opens, open) {
                (true, _) => open += 1,
                (false, 0) => unopened += 1,
                (false, _) => open -= 1,
            }
        }
        let start = partner(self.brackets[..first].iter().rev(), true, unopened).unwrap_or(span.start);
        let end = partner(self.brackets[last..].iter(), false, open).map_or(span.end, |at| at + 1);
        Span { start, end }
    }
}

/// The `missing`th bracket of this kind on the way that is not closed again on the same way.
fn partner<'b>(brackets: impl Iterator<Item = &'b Bracket>, opens: bool, mut missing: usize) -> Option<u32> {
    let mut inner = 0usize;
    for bracket in brackets {
        if missing == 0 {
            return None;
        }
        match (bracket.opens == opens, inner) {
            (true, 0) if missing == 1 => return Some(bracket.at),
            (true, 0) => missing -= 1,
            (true, _) => inner -= 1,
            (false, _) => inner += 1,
        }
    }
    None
}

/// Counts what makes minijinja recurse, tag by tag.
#[derive(Default)]
struct Guard {
    /// The number of `elif`s of each open block.
    open: Vec<usize>,
    elifs: usize,
    tokens: usize,
}

impl Guard {
    fn token(&mut self) -> Result<(), &'static str> {
        self.tokens += 1;
        if self.tokens > MAX_TOKENS_IN_TAG { Err("a tag has more than 2,000 tokens") } else { Ok(()) }
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), &'static str> {
        if BLOCKS.contains(&keyword) {
            self.open.push(0);
        } else if keyword == "elif" {
            self.elifs += 1;
            if let Some(elifs) = self.open.last_mut() {
                *elifs += 1;
            }
        } else if keyword.starts_with("end") && keyword != "endset" {
            self.elifs = self.elifs.saturating_sub(self.open.pop().unwrap_or_default());
        }
        if self.open.len() > MAX_NESTING {
            Err("blocks are nested more than 100 levels deep")
        } else if self.elifs > MAX_OPEN_ELIFS {
            Err("a chain has more than 500 elif tags")
        } else {
            Ok(())
        }
    }
}

/// Tokenises a template, and refuses what could exhaust the stack when it is parsed.
pub(super) fn lex(text: &str) -> Result<Lexed, TemplateError> {
    if text.len() > MAX_BYTES {
        return Err(TemplateError { message: "the template is larger than 4 MB".to_owned(), at: None });
    }
    let mut lexed = Lexed::default();
    let mut guard = Guard::default();
    let mut tag: Option<u32> = None;
    let mut keyword_next = false;
    let mut covered = 0u32;
    for token in machinery::tokenize(text, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|error| refuse(text, &error))?;
        let span = super::span_of(span);
        let too_much = |message: &str| TemplateError { message: message.to_owned(), at: Some(boundaries(text, span.range())) };
        match token {
            Token::TemplateData(_) => {
                comments(text, covered, span.start, &mut lexed.comments);
                covered = span.end;
                continue;
            }
            Token::VariableStart | Token::BlockStart => {
                comments(text, covered, span.start, &mut lexed.comments);
                tag = Some(span.start);
                guard.tokens = 0;
                keyword_next = matches!(token, Token::BlockStart);
                continue;
            }
            Token::VariableEnd | Token::BlockEnd => {
                let start = tag.take().unwrap_or(span.start);
                lexed.tags.push(Tag { span: Span { start, end: span.end } });
                covered = span.end;
                continue;
            }
            Token::Ident(keyword) if keyword_next => guard.keyword(keyword).map_err(too_much)?,
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => lexed.brackets.push(Bracket { at: span.start, opens: true }),
            Token::ParenClose | Token::BracketClose | Token::BraceClose => lexed.brackets.push(Bracket { at: span.start, opens: false }),
            _ => {}
        }
        keyword_next = false;
        guard.token().map_err(too_much)?;
    }
    comments(text, covered, text.len() as u32, &mut lexed.comments);
    Ok(lexed)
}

/// Finds the comments in a gap between tokens, which holds nothing but comments, `raw` tags and blanks.
fn comments(text: &str, from: u32, to: u32, found: &mut Vec<Span>) {
    let mut at = from as usize;
    while let Some(gap) = text.get(at..to as usize) {
        let Some(next) = gap.find("{#").into_iter().chain(gap.find("{%")).min() else { return };
        let closing = if gap[next..].starts_with("{#") { "#}" } else { "%}" };
        let Some(length) = gap[next + 2..].find(closing) else { return };
        let end = at + next + 2 + length + closing.len();
        if closing == "#}" {
            found.push(Span::new(at + next, end));
        }
        at = end;
    }
}

/// minijinja's error in our words.
pub(super) fn refuse(text: &str, error: &minijinja::Error) -> TemplateError {
    let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    TemplateError { message, at: error.range().map(|range| boundaries(text, range)) }
}

/// The range, widened to whole characters and kept within the text.
fn boundaries(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(range.start);
    start..text.ceil_char_boundary(range.end).max(start)
}
