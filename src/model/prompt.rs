//! Prompts: text with slots, made of segments, and what is known of each slot.

use std::sync::Arc;

use serde::Serialize;

pub use super::grade::{Confidence, SizeClass, Volatility};
use crate::span::Place;

/// Who speaks in a prompt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
    Unknown,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
            Role::Unknown => "unknown",
        }
    }
}

/// A piece of a prompt.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    Text(TextSegment),
    Slot(Box<Slot>),
    Block(Box<BlockSegment>),
    /// An explicit cache marker, standing after the content that it closes.
    Breakpoint(Breakpoint),
}

#[derive(Clone, Debug, PartialEq)]
pub struct TextSegment {
    pub text: Arc<str>,
    /// Where it is written, if it comes from one place of one source.
    pub place: Option<Place>,
    /// The source at `place` equals `text` byte for byte.
    pub verbatim: bool,
}

/// A place where a value goes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// As a person would call it: `user.name`, `datetime.now()`, `question`.
    pub name: Arc<str>,
    /// The slot as written, with its braces (`{now}`, `{{ user.name }}`).
    pub place: Option<Place>,
    /// The expression inside, where a limit could be put on it.
    pub expr: Option<Place>,
    /// `None`: could not be followed.
    pub volatility: Option<Volatility>,
    pub size: SizeClass,
    /// A slice, a truncation, a splitter or a top-k stands on the way here.
    pub limited: bool,
    /// Of a conversation that is replayed as text: how it grows. `None` for anything else.
    pub growth: Option<super::request::Growth>,
    /// Of `volatility`.
    pub confidence: Confidence,
    /// Of `size`.
    pub size_confidence: Confidence,
    /// Why the volatility is what it is: "read from the clock", "a parameter named `question`".
    pub reason: Arc<str>,
}

/// A loop or a branch in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockSegment {
    pub kind: BlockKind,
    /// From its opening tag to the end of its closing tag.
    pub place: Option<Place>,
    /// One for a loop, one an arm for a branch (an absent `else` is an empty arm).
    pub arms: Vec<Vec<Segment>>,
    /// What is looped over or branched on; `size: history` says that a conversation is replayed here.
    pub subject: Slot,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockKind {
    Loop,
    Branch,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Breakpoint {
    pub place: Option<Place>,
    /// `5m`, `1h`, `30m`; `None` is the API's default.
    pub ttl: Option<Arc<str>>,
}

/// Text with slots that reaches a model, in one role.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    pub name: Arc<str>,
    /// The whole literal or file.
    pub place: Place,
    /// `jinja`, `python-string`, `python-fstring`, `python-format`, …
    pub format: &'static str,
    pub role: Role,
    pub segments: Vec<Segment>,
}

impl Segment {
    pub fn text(text: &str) -> Self {
        Segment::Text(TextSegment { text: text.into(), place: None, verbatim: false })
    }

    pub fn place(&self) -> Option<Place> {
        match self {
            Segment::Text(text) => text.place,
            Segment::Slot(slot) => slot.place,
            Segment::Block(block) => block.place,
            Segment::Breakpoint(breakpoint) => breakpoint.place,
        }
    }
}
