//! Fingerprints: what makes a finding the same one in a later run, wherever its lines have moved to.

use std::collections::HashMap;

use super::Finding;
use crate::project::Project;
use crate::span::Span;

/// Longer lines are told apart by their beginning.
const MAX_BYTES: usize = 2000;

/// One fingerprint a finding, 32 hexadecimal digits: of its rule, its path, the text of its first line without white space around
/// words, and its number among those that are the same in all of that. All of a report differ from each other.
pub fn fingerprints(project: &Project, findings: &[&Finding]) -> Vec<String> {
    let mut seen: HashMap<u128, u32> = HashMap::new();
    let mut one = |finding: &&Finding| {
        let mut hash = Fnv::new();
        hash.text("1");
        hash.text(&finding.rule);
        hash.text(&project.file(finding.place.file).path);
        if let Ok(source) = project.source(finding.place.file) {
            let Span { start, end } = finding.place.span;
            let line = source.line_span(source.line(start));
            hash.words(source.slice(Span { start, end: end.min(line.end).max(start) }));
            hash.words(source.slice(line));
        }
        let number = seen.entry(hash.0).or_default();
        *number += 1;
        hash.text(&number.to_string());
        format!("{:032x}", hash.0)
    };
    findings.iter().map(&mut one).collect()
}

/// FNV-1a of 128 bits: small, and the same on every machine and in every release.
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Fnv(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }

    fn text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.byte(byte));
        // Never a byte of a text: what stands on both sides can't be mistaken for one.
        self.byte(0xff);
    }

    fn words(&mut self, text: &str) {
        let end = (0..=text.len().min(MAX_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text[..end].split_whitespace().for_each(|word| self.text(word));
        self.byte(0xfe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        let mut hash = Fnv::new();
        assert_eq!(hash.0, 0x6c62272e07bb014262b821756295c58d);
        hash.byte(b'a');
        assert_eq!(hash.0, 0xd228cb696f1a8caf78912b704e4a8964);
    }
}
