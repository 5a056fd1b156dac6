//! `sort`: a collection without an order goes into a prompt sorted, so that its text is the same every time.

use crate::check::values;
use crate::report::{Applicability, Edit};
use crate::span::Span;

use super::{Declined, Delta, Outcome, Proposal, Target, slots};

pub fn apply(target: &Target) -> Option<Outcome> {
    let at = target.at?;
    let found = slots(target.request).into_iter().filter_map(|slot| values::unordered(target.project, slot)).find(|one| one.place == at)?;
    let insert = |at: u32, text: &str| Edit { file: found.place.file, span: Span { start: at, end: at }, text: text.to_owned() };
    let span = found.place.span;
    let edit = match found.iterated {
        true => Ok(Proposal {
            edits: vec![insert(span.start, "sorted("), insert(span.end, ")")],
            applicability: if found.texts { Applicability::Safe } else { Applicability::Unsafe },
            title: "Sort it".into(),
        }),
        false => Declined::because("it is printed as it is: a sorted list would look otherwise"),
    };
    let cap = target.call.and_then(|call| call.cap.value);
    Some(Outcome { mended: target.request.clone(), cap, delta: Delta { respells: true, ..Delta::default() }, edit })
}
