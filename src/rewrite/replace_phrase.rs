//! `replace-phrase`: a courtesy at the start of a sentence goes, and what follows it begins the sentence.

use std::ops::Range;

use crate::model::prompt::Segment;
use crate::model::request::Request;
use crate::report::{Applicability, Edit};
use crate::span::Place;

use super::{Declined, Delta, Outcome, Proposal, Target};

pub fn apply(target: &Target) -> Option<Outcome> {
    let at = target.at?;
    let mut mended = target.request.clone();
    let edit = match replace(&mut mended, at) {
        Some(edit) => {
            Ok(Proposal { edits: vec![edit], applicability: Applicability::Unsafe, title: "Begin with what is asked for".into() })
        }
        None => Declined::because("the sentence is not whole without it"),
    };
    Some(Outcome { mended, cap: target.call.and_then(|call| call.cap.value), delta: Delta { removes: true, ..Delta::default() }, edit })
}

/// Takes the phrase out of the text that holds it, and says how the source becomes that.
fn replace(request: &mut Request, at: Place) -> Option<Edit> {
    for segment in request.blocks.iter_mut().flat_map(|block| &mut block.segments) {
        let Segment::Text(text) = segment else { continue };
        let Some(place) = text.place.filter(|place| text.verbatim && place.file == at.file && place.span.contains(at.span)) else {
            continue;
        };
        let from = (at.span.start - place.span.start) as usize;
        let (range, letter) = cut(&text.text, from..from + at.span.len())?;
        let mut left = text.text.to_string();
        left.replace_range(range.clone(), &letter);
        text.text = left.into();
        text.verbatim = false;
        let start = place.span.start as usize;
        let span = crate::span::Span::new(start + range.start, start + range.end);
        return Some(Edit { file: at.file, span, text: letter });
    }
    None
}

/// What is cut, and what stands there instead: the phrase with the letter behind it, which is large where the phrase began a sentence.
fn cut(text: &str, phrase: Range<usize>) -> Option<(Range<usize>, String)> {
    let said = text.get(phrase.clone())?;
    // Without a blank at its end the phrase is a sentence of its own, of which more would have to go.
    let blank = said.ends_with(' ');
    let next = text.get(phrase.end..)?.chars().next().filter(|next| blank && next.is_alphabetic())?;
    let begins = said.chars().next().is_some_and(char::is_uppercase);
    let letter: String = if begins { next.to_uppercase().collect() } else { next.to_string() };
    Some((phrase.start..phrase.end + next.len_utf8(), letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str, phrase: &str) -> Option<String> {
        let at = text.find(phrase).unwrap();
        let (range, letter) = cut(text, at..at + phrase.len())?;
        let mut left = text.to_owned();
        left.replace_range(range, &letter);
        Some(left)
    }

    #[test]
    fn the_sentence_begins_behind_it() {
        assert_eq!(without("Please note that prices are in kroner.", "Please note that ").as_deref(), Some("Prices are in kroner."));
        assert_eq!(without("Be brief and kindly name the pier.", "kindly ").as_deref(), Some("Be brief and name the pier."));
        assert_eq!(without("Kindly \u{e9}crivez.", "Kindly ").as_deref(), Some("\u{c9}crivez."));
    }

    #[test]
    fn what_is_a_sentence_of_its_own_stays() {
        assert_eq!(without("Answer. Thank you in advance.", "Thank you in advance"), None);
        assert_eq!(without("Kindly {name}", "Kindly "), None);
        assert_eq!(without("Kindly ", "Kindly "), None);
    }
}
