//! The vocabularies as tables that are part of the program: nothing is loaded before the first token is counted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::layout;
use super::split::{self, Pattern};

/// A longer piece is not counted: a run of blanks or letters of this length is no text, and merging it takes long.
const LONGEST_PIECE: usize = 256 * 1024;

/// Up to this many bytes, looking through all pairs again is faster than keeping them in order.
const SHORT: usize = 100;

const NO_RANK: u32 = u32::MAX;

/// One encoding: its tokens, and how it cuts a text into pieces that are encoded on their own.
#[derive(Debug)]
pub struct Vocabulary {
    pattern: Pattern,
    /// Entries of 4 bytes, little-endian, as many as a power of two: see [`layout::entry`].
    slots: &'static [u8],
    /// By rank, 4 bytes, little-endian: where the token ends in `bytes`. It begins where the one before ends.
    ends: &'static [u8],
    bytes: &'static [u8],
    /// The bytes of the longest token.
    longest: usize,
}

pub static O200K_BASE: Vocabulary = include!(concat!(env!("OUT_DIR"), "/tokens/o200k_base.rs"));
pub static CL100K_BASE: Vocabulary = include!(concat!(env!("OUT_DIR"), "/tokens/cl100k_base.rs"));

impl Vocabulary {
    /// The number of tokens of a text, in which special tokens are text like any other; `None` if it holds a piece that is too long.
    pub fn count(&self, text: &str) -> Option<u64> {
        let mut rest = text;
        let mut tokens = 0;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(split::first_piece(rest, self.pattern));
            tokens += self.tokens_of(piece.as_bytes())?;
            rest = after;
        }
        Some(tokens)
    }

    fn tokens_of(&self, piece: &[u8]) -> Option<u64> {
        match piece.len() {
            0 | 1 => Some(piece.len() as u64),
            _ if self.rank(piece) != NO_RANK => Some(1),
            length if length <= SHORT => Some(self.merged(piece)),
            length if length <= LONGEST_PIECE => Some(self.merged_in_order(piece)),
            _ => None,
        }
    }

    /// Which token these bytes are, or [`NO_RANK`].
    fn rank(&self, bytes: &[u8]) -> u32 {
        if bytes.len() > self.longest {
            return NO_RANK;
        }
        let hash = layout::hash(bytes);
        let slots = self.slots.len() / 4;
        let mut at = hash as usize & (slots - 1);
        loop {
            let entry = number(self.slots, at);
            if entry == 0 {
                return NO_RANK;
            }
            let rank = (entry & ((1 << layout::RANK_BITS) - 1)) - 1;
            if entry == layout::entry(hash, rank) && self.token(rank) == bytes {
                return rank;
            }
            at = (at + 1) & (slots - 1);
        }
    }

    fn token(&self, rank: u32) -> &'static [u8] {
        let rank = rank as usize;
        let start = if rank == 0 { 0 } else { number(self.ends, rank - 1) };
        self.bytes.get(start as usize..number(self.ends, rank) as usize).unwrap_or_default()
    }

    /// The number of tokens after all merges, the lowest rank first and of equal ones the leftmost.
    fn merged(&self, piece: &[u8]) -> u64 {
        // Where each part begins, and the rank of it together with the next.
        let mut parts: Vec<(usize, u32)> = (0..piece.len()).map(|at| (at, self.rank(piece.get(at..at + 2).unwrap_or_default()))).collect();
        let pair = |parts: &[(usize, u32)], at: usize| {
            let after_next = if at + 2 < parts.len() { parts[at + 2].0 } else { piece.len() };
            if at + 1 < parts.len() { self.rank(&piece[parts[at].0..after_next]) } else { NO_RANK }
        };
        while let Some((at, _)) = parts.iter().enumerate().filter(|(_, part)| part.1 != NO_RANK).min_by_key(|(_, part)| part.1) {
            parts.remove(at + 1);
            parts[at].1 = pair(&parts, at);
            if at > 0 {
                parts[at - 1].1 = pair(&parts, at - 1);
            }
        }
        parts.len() as u64
    }

    /// As [`Vocabulary::merged`], in a time that grows little faster than the piece.
    fn merged_in_order(&self, piece: &[u8]) -> u64 {
        // Of the part that begins at a byte: where it ends, where the one before begins, and the rank of it together with the next.
        struct Part {
            end: usize,
            before: usize,
            pair: u32,
        }
        let mut pairs = BinaryHeap::new();
        let mut parts: Vec<Part> = (0..piece.len())
            .map(|at| {
                let pair = self.rank(piece.get(at..at + 2).unwrap_or_default());
                if pair != NO_RANK {
                    pairs.push(Reverse((pair, at)));
                }
                Part { end: at + 1, before: at.saturating_sub(1), pair }
            })
            .collect();
        let mut count = piece.len() as u64;
        while let Some(Reverse((rank, at))) = pairs.pop() {
            // Taken apart by a merge of its neighbours since.
            if parts[at].pair != rank {
                continue;
            }
            let next = parts[at].end;
            parts[at].end = parts[next].end;
            parts[next].pair = NO_RANK;
            count -= 1;
            let end = parts[at].end;
            if let Some(after) = parts.get_mut(end) {
                after.before = at;
            }
            let before = parts[at].before;
            for start in [Some(at), (before < at).then_some(before)].into_iter().flatten() {
                let pair = parts.get(parts[start].end).map_or(NO_RANK, |next| self.rank(&piece[start..next.end]));
                parts[start].pair = pair;
                if pair != NO_RANK {
                    pairs.push(Reverse((pair, start)));
                }
            }
        }
        count
    }
}

/// The number at a place of a table; 0 outside of it.
fn number(table: &[u8], at: usize) -> u32 {
    table.get(at * 4..).and_then(|rest| rest.first_chunk::<4>()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
