//! The order of a request: a question before what many questions are asked about, and early branches.

use crate::catalogue::{Catalogue, Model};
use crate::model::facts::{Fact, Record};
use crate::model::prompt::{BlockKind, Confidence, Segment, SizeClass, Slot, Volatility};
use crate::model::request::{BlockRole, Request};
use crate::span::Place;
use crate::tokens;

use super::prefix::{self, Leaf};

/// What the evaluator says of a file with a fixed name.
const FIXED_FILE: &str = "the text of a fixed file";

/// Facts of `request` that its order gives.
pub fn facts(request: &Request, model: Option<&Model>) -> [(&'static str, Fact); 2] {
    [("question_first", question_first(request)), ("branches", branches(request, model))]
}

/// Whether the text of a file with a fixed name is part of the request, and the file is not among those that were read.
pub fn holds_fixed_file(request: &Request) -> bool {
    let leaves = prefix::leaves(request);
    leaves.iter().any(|(_, leaf)| matches!(leaf, Leaf::Slot(slot) if &*slot.reason == FIXED_FILE && slot.size == SizeClass::Unknown))
}

/// A value that is another one in every request before a document that is not.
fn question_first(request: &Request) -> Fact {
    let leaves = prefix::leaves(request);
    let slots: Vec<&Slot> = leaves
        .iter()
        .filter(|(block, _)| request.blocks.get(*block).is_some_and(|block| block.history.is_none()))
        .filter_map(|(_, leaf)| if let Leaf::Slot(slot) = leaf { Some(*slot) } else { None })
        .collect();
    let names = &Catalogue::builtin().names;
    let is_question = |slot: &Slot| {
        let hinted = names.hint(&slot.name).and_then(|hint| hint.volatility);
        let volatility = slot.volatility.max(hinted);
        matches!(slot.size, SizeClass::Scalar | SizeClass::Unknown) && volatility.is_some_and(|volatility| volatility >= Volatility::Turn)
    };
    let is_shared = |slot: &Slot| {
        let is_document = slot.size == SizeClass::Document && slot.size_confidence >= Confidence::Medium;
        (is_document || &*slot.reason == FIXED_FILE) && slot.volatility.is_some_and(|volatility| volatility <= Volatility::Session)
    };
    for (at, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.place.is_some() && is_question(slot)) {
        if let Some(document) = slots[at + 1..].iter().find(|slot| is_shared(slot)) {
            let behind = Fact::record(Record { place: document.place, ..Record::default() });
            let fields =
                [("name", Fact::text(slot.name.to_string())), ("document", Fact::text(document.name.to_string())), ("behind", behind)];
            let confidence = slot.confidence.min(document.confidence);
            return Fact::record(Record { place: slot.place, fields: fields.into_iter().collect() }).with(confidence);
        }
    }
    Fact::absent()
}

/// The branches in the system text that do not depend on the deployment alone, with the static text behind the first of them.
fn branches(request: &Request, model: Option<&Model>) -> Fact {
    let mut number = 0u32;
    let mut first: Option<Place> = None;
    let mut behind = 0;
    let depends = |slot: &Slot| slot.volatility.is_none_or(|volatility| volatility > Volatility::Deployment);
    for block in request.blocks.iter().filter(|block| block.kind == BlockRole::System) {
        for segment in &block.segments {
            match segment {
                Segment::Block(branch) if branch.kind == BlockKind::Branch && depends(&branch.subject) => {
                    number += 1;
                    first = first.or(branch.place);
                }
                Segment::Text(text) if number > 0 => behind += tokens::count_for(&text.text, model).tokens,
                _ => {}
            }
        }
    }
    let Some(first) = first else { return Fact::absent() };
    let fields = [
        ("number", Fact::number(f64::from(number))),
        ("ways", Fact::number(2f64.powi(number.min(30) as i32))),
        ("tokens_behind", Fact::number(behind as f64)),
    ];
    Fact::record(Record { place: Some(first), fields: fields.into_iter().collect() }).with(Confidence::Medium)
}
