//! What the build, which makes tables of the vocabularies and of the kinds of characters, and the program, which reads them, agree on.

/// Of an entry of the table, the lower bits hold the token's rank and 1 (0: no token), the upper ones a part of its hash.
pub const RANK_BITS: u32 = 18;

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Of the bytes of a token; its lower bits say where the search for it begins. The same on every machine.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hash = (bytes.len() as u64).wrapping_mul(FACTOR);
    for chunk in bytes.chunks(8) {
        let word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(FACTOR);
    hash ^ (hash >> 29)
}

/// The entry of a token with this hash in the table.
pub fn entry(hash: u64, rank: u32) -> u32 {
    tag(hash) << RANK_BITS | (rank + 1)
}

/// What an entry keeps of a hash, so that almost no other token is compared.
fn tag(hash: u64) -> u32 {
    (hash >> 40) as u32 & (u32::MAX >> RANK_BITS)
}

/// Kinds of characters: a character has several.
pub const LETTER: u8 = 1;
/// May stand in the part of a word that begins with capitals: no small letter.
pub const CAPITAL: u8 = 1 << 1;
/// May stand in the part of a word that is of small letters: no capital.
pub const SMALL: u8 = 1 << 2;
pub const NUMBER: u8 = 1 << 3;
pub const SPACE: u8 = 1 << 4;
/// A line break, which is a space too.
pub const BREAK: u8 = 1 << 5;
