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
    Short,
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
    let short = light || text.len() <= TELLING && words.asks_for_little(text) || words.bounds_answer(text);
    short.then_some(Answer::Short)
}
