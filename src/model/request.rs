//! Requests: what a call sends, as blocks in the order in which the provider's cache reads them.

use crate::span::Place;

use super::prompt::{Confidence, Role, Segment};

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Request {
    /// Tools first, then system, then messages.
    pub blocks: Vec<Block>,
    /// Parts that could not be followed (a message list from elsewhere, an unknown spread).
    pub open: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub kind: BlockRole,
    pub role: Role,
    pub segments: Vec<Segment>,
    /// The block stands for replayed turns of a conversation.
    pub history: Option<HistoryBlock>,
    pub place: Option<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum BlockRole {
    Tools,
    System,
    Message,
}

/// Turns of a conversation that are sent again.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryBlock {
    pub growth: Growth,
    pub confidence: Confidence,
    /// Where it grows (`messages.append(…)`).
    pub grows_at: Option<Place>,
    pub source: HistorySource,
}

/// Where a conversation that is sent again comes from: whether all that happens to it can be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HistorySource {
    /// The program keeps it from one turn of somebody to the next.
    Kept,
    /// All that a database holds of it is read.
    Stored,
    /// It is fetched by its id with a function out of sight, which may have cut it.
    Fetched,
    /// A client sends it with its request, and may have cut it.
    Client,
    /// The steps of one run: it holds no second turn of anybody that could be dropped, and ends with the run.
    Run,
    /// What fills a template in hands it over, and may have cut it.
    Template,
}

impl HistoryBlock {
    /// Turns of which nothing is known but that they are sent.
    pub fn unknown() -> Self {
        HistoryBlock { growth: Growth::Unknown, confidence: Confidence::Low, grows_at: None, source: HistorySource::Kept }
    }
}

/// How a conversation that is sent again grows. A turn is a question with its answer: two messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Growth {
    /// Bounded; old turns go a block at a time, or the number of turns is fixed.
    Bounded {
        turns: Option<u32>,
    },
    /// A window that moves on every turn.
    Sliding {
        turns: Option<u32>,
    },
    Unbounded,
    Unknown,
}
