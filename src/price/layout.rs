//! A request laid out flat, as the cache of a provider reads it: pieces, replayed turns and markers in order.

use crate::catalogue::Model;
use crate::model::prompt::{BlockKind, Segment, SizeClass, Slot, Volatility};
use crate::model::request::{Block, Growth, Request};
use crate::tokens::{self, Count};

use super::{DEFAULT_WINDOW, LIST_ITEMS, Sizes};

/// A request as a line of items.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub items: Vec<Item>,
    /// Tokens of the text that stands in the source.
    pub text: Count,
    /// Some slot, turn or part has an assumed size, or an unknown one.
    pub assumed: bool,
    /// Items from this one on follow the last replayed message, and are replayed as the beginning of the next turn.
    pub tail: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item {
    Piece { tokens: f64, life: Life },
    History(Window),
    Marker { long: bool },
}

impl Item {
    /// Of a piece; what else there is has no size of its own.
    pub fn tokens(&self) -> f64 {
        if let Item::Piece { tokens, .. } = self { *tokens } else { 0.0 }
    }
}

/// How long a value stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Life {
    Always,
    /// One conversation.
    Conversation,
    /// One request.
    Request,
}

/// Which of the earlier turns are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    All,
    /// The last so many.
    Sliding(u32),
    /// At most so many; when there are more, the oldest go until half of that is left.
    Blocks(u32),
}

impl Window {
    fn of(growth: Growth) -> Window {
        match growth {
            Growth::Unbounded => Window::All,
            Growth::Sliding { turns } => Window::Sliding(turns.unwrap_or(DEFAULT_WINDOW)),
            Growth::Bounded { turns } => Window::Blocks(turns.unwrap_or(DEFAULT_WINDOW)),
            Growth::Unknown => Window::Blocks(DEFAULT_WINDOW),
        }
    }

    /// The first earlier turn (from 0) that is sent with each of `turns` requests, the request with index t having t earlier ones.
    pub fn starts(self, turns: u32) -> Vec<u32> {
        let mut start = 0;
        (0..turns)
            .map(|earlier| {
                match self {
                    Window::All => {}
                    Window::Sliding(most) => start = earlier.saturating_sub(most),
                    Window::Blocks(most) => {
                        if earlier - start > most {
                            start = earlier - most / 2;
                        }
                    }
                }
                start
            })
            .collect()
    }
}

impl Life {
    fn of(volatility: Option<Volatility>) -> Life {
        match volatility {
            Some(Volatility::Constant | Volatility::Deployment | Volatility::Period) => Life::Always,
            Some(Volatility::User | Volatility::Session) => Life::Conversation,
            Some(Volatility::Turn | Volatility::Request) | None => Life::Request,
        }
    }
}

/// What surrounds a segment: the shortest life and the repetitions of the loops and branches that it stands in.
#[derive(Clone, Copy)]
struct Around {
    life: Life,
    times: f64,
    /// Tokens of a slot that holds an item of what is looped over.
    item: Option<u64>,
}

pub(super) fn lay_out(request: &Request, count: &dyn Fn(&str) -> Count, sizes: &Sizes) -> Layout {
    let mut layout = Layout { assumed: request.open, ..Layout::default() };
    let around = Around { life: Life::Always, times: 1.0, item: None };
    for block in &request.blocks {
        layout.block(block, around, count, sizes);
    }
    layout
}

/// Counts with the tokenizer of a model.
pub(super) fn counter<'m>(model: Option<&'m Model>) -> impl Fn(&str) -> Count + 'm {
    move |text| tokens::count_for(text, model)
}

impl Layout {
    fn block(&mut self, block: &Block, around: Around, count: &dyn Fn(&str) -> Count, sizes: &Sizes) {
        let Some(history) = &block.history else {
            self.segments(&block.segments, around, count, sizes);
            return;
        };
        // What the block says of its turns is one turn's; they are priced at the size of a turn, markers stay.
        self.items.push(Item::History(Window::of(history.growth)));
        self.assumed = true;
        self.items.extend(block.segments.iter().filter_map(marker));
        self.tail = Some(self.items.len());
    }

    fn segments(&mut self, segments: &[Segment], around: Around, count: &dyn Fn(&str) -> Count, sizes: &Sizes) {
        for segment in segments {
            match segment {
                Segment::Text(text) => {
                    let counted = count(&text.text);
                    self.text = self.text.plus(counted);
                    self.piece(counted.tokens as f64 * around.times, around.life);
                }
                Segment::Slot(slot) => self.slot(slot, around, sizes),
                Segment::Breakpoint(_) => self.items.extend(marker(segment)),
                Segment::Block(block) => {
                    let inside = Around { life: around.life.max(Life::of(block.subject.volatility)), ..around };
                    match block.kind {
                        BlockKind::Loop if block.subject.size == SizeClass::History => self.history(&block.subject),
                        BlockKind::Loop => {
                            self.assumed = true;
                            let item = (block.subject.size == SizeClass::Retrieval).then_some(sizes.retrieval / LIST_ITEMS);
                            let inside = Around { times: around.times * LIST_ITEMS as f64, item: item.or(around.item), ..inside };
                            for arm in &block.arms {
                                self.segments(arm, inside, count, sizes);
                            }
                        }
                        BlockKind::Branch => self.longest_arm(&block.arms, inside, count, sizes),
                    }
                }
            }
        }
    }

    fn longest_arm(&mut self, arms: &[Vec<Segment>], around: Around, count: &dyn Fn(&str) -> Count, sizes: &Sizes) {
        let mut longest: Option<(f64, Layout)> = None;
        for arm in arms {
            let mut layout = Layout::default();
            layout.segments(arm, around, count, sizes);
            let tokens = layout
                .items
                .iter()
                .map(|item| match item {
                    Item::Piece { tokens, .. } => *tokens,
                    Item::History(_) => sizes.history_turn as f64,
                    Item::Marker { .. } => 0.0,
                })
                .sum();
            if longest.as_ref().is_none_or(|(most, _)| tokens > *most) {
                longest = Some((tokens, layout));
            }
        }
        if let Some((_, arm)) = longest {
            self.items.extend(arm.items);
            self.text = self.text.plus(arm.text);
            self.assumed |= arm.assumed;
        }
    }

    fn slot(&mut self, slot: &Slot, around: Around, sizes: &Sizes) {
        self.assumed = true;
        if slot.size == SizeClass::History {
            self.history(slot);
            return;
        }
        let tokens = match (around.item, slot.size) {
            (Some(item), SizeClass::Document | SizeClass::Retrieval | SizeClass::Unknown) => item,
            _ => sizes.of(slot),
        };
        self.piece(tokens as f64 * around.times, around.life.max(Life::of(slot.volatility)));
    }

    /// A history that is written out in a text: by a loop of the template, or in one slot.
    fn history(&mut self, slot: &Slot) {
        self.assumed = true;
        self.items.push(Item::History(if slot.limited { Window::Sliding(DEFAULT_WINDOW) } else { Window::All }));
    }

    fn piece(&mut self, tokens: f64, life: Life) {
        if tokens > 0.0 {
            self.items.push(Item::Piece { tokens, life });
        }
    }

    /// Whether the request belongs to a conversation.
    pub fn replays(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::History(_)))
    }

    /// Tokens of the items that follow the last replayed message.
    pub fn tail_tokens(&self) -> f64 {
        self.items[self.tail.map_or(self.items.len(), |at| at.min(self.items.len()))..].iter().map(Item::tokens).sum()
    }
}

fn marker(segment: &Segment) -> Option<Item> {
    match segment {
        // The long lives of Claude (1 hour) and of GPT-5.6 and later (12 hours).
        Segment::Breakpoint(breakpoint) => Some(Item::Marker { long: matches!(breakpoint.ttl.as_deref(), Some("1h" | "12h" | "24h")) }),
        _ => None,
    }
}
