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
