//! How long an answer a request asks for, by its own words and by the form it demands.

use crate::catalogue::Wording;
use crate::model::prompt::Segment;
use crate::model::request::{BlockRole, Request};

/// Characters of a prompt in which a word such as `a title` is surely said of the answer.
const TELLING: usize = 600;

/// What the words of a prompt say of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'w> {
    /// It is a label, a title, or bounded by a sentence of the prompt.
    Short {
        /// Tokens that it never needs, where the words tell.
        room: Option<u64>,
    },
    /// It is something that is long as a rule, which this names.
    Long(&'w str),
}

/// The texts of a request but for its tools, joined by line breaks.
pub fn text_of(request: &Request) -> String {
    let segments = request.blocks.iter().filter(|block| block.kind != BlockRole::Tools).flat_map(|block| &block.segments);
    let texts: Vec<&str> =
        segments.filter_map(|segment| if let Segment::Text(text) = segment { Some(&*text.text) } else { None }).collect();
    texts.join("\n")
}

/// What a prompt's text says of its answer; nothing if it does not tell.
pub fn asked<'w>(words: &'w Wording, text: &str) -> Option<Answer<'w>> {
    let light = words.light_task(text).is_some();
    if let Some(much) = words.names_much(text).filter(|_| !light) {
        return Some(Answer::Long(much));
    }
    // In a long prompt such words may be said of something else.
    let is_whole = text.len() <= TELLING;
    let short = light || is_whole && words.asks_for_little(text) || words.bounds_answer(text);
    let told = || words.told_room(text).filter(|_| is_whole).map(roomy);
    let formed = words.asks_for_json(text);
    short.then(|| Answer::Short { room: words.light_room(text).or_else(told).filter(|_| !formed) })
}

/// A cap with room for twice an estimate, as people write one.
fn roomy(tokens: u64) -> u64 {
    const CAPS: [u64; 9] = [50, 100, 200, 300, 500, 800, 1000, 1500, 2000];
    let wanted = tokens.saturating_mul(2);
    CAPS.into_iter().find(|cap| *cap >= wanted).unwrap_or(wanted)
}
