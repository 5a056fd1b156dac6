//! The explicit cache markers of a request: which of them are of no use, or too many.

use crate::catalogue::{Catalogue, Model};
use crate::model::facts::{Fact, Record};
use crate::model::prompt::{BlockKind, Segment, SizeClass, Slot, Volatility};
use crate::model::request::Request;
use crate::span::Place;
use crate::tokens;

use super::facts::every;

/// What stands in a request, in the order in which a cache reads it.
enum Item<'r> {
    Text(&'r str),
    Slot(&'r Slot),
    History,
    Marker {
        place: Option<Place>,
        ttl: Option<&'r str>,
    },
    /// A loop or branch: how often what is in it is sent is not known.
    Maybe,
}

fn items(request: &Request) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    for block in &request.blocks {
        if block.history.is_some() {
            items.push(Item::History);
        }
        collect(&block.segments, &mut items);
    }
    items
}

fn collect<'r>(segments: &'r [Segment], items: &mut Vec<Item<'r>>) {
    for segment in segments {
        match segment {
            Segment::Text(text) => items.push(Item::Text(&text.text)),
            Segment::Slot(slot) => items.push(Item::Slot(slot)),
            Segment::Breakpoint(marker) => items.push(Item::Marker { place: marker.place, ttl: marker.ttl.as_deref() }),
            Segment::Block(block) => {
                items.push(Item::Slot(&block.subject));
                items.push(Item::Maybe);
                let arm = match block.kind {
                    BlockKind::Loop => block.arms.first(),
                    BlockKind::Branch => block.arms.iter().max_by_key(|arm| arm.len()),
                };
                arm.into_iter().for_each(|arm| collect(arm, items));
                items.push(Item::Maybe);
            }
        }
    }
}

/// Facts of `request.cache`; `has_history` is unknown where the message list could not be followed.
pub fn facts(request: &Request, model: Option<&Model>, has_history: Option<bool>) -> Vec<(&'static str, Fact)> {
    let items = items(request);
    let markers: Vec<(usize, Option<Place>, Option<&str>)> = items
        .iter()
        .enumerate()
        .filter_map(|(at, item)| match item {
            Item::Marker { place, ttl } => Some((at, *place, *ttl)),
            _ => None,
        })
        .collect();
    let placed = |place: Option<Place>| Fact::record(Record { place, ..Record::default() });
    let allowed = model.and_then(|model| model.cache.max_breakpoints).map(|most| most as usize);
    let extra = match allowed {
        None => Fact::unknown(),
        Some(most) => markers.get(most).map_or_else(Fact::absent, |(_, place, _)| placed(*place)),
    };
    let long = markers.iter().find(|(_, _, ttl)| *ttl == Some("1h")).map_or_else(Fact::absent, |(_, place, _)| placed(*place));
    vec![
        ("wasted_marker", wasted(&items, &markers, has_history)),
        ("extra_marker", extra),
        ("long_marker", long),
        ("marked_tokens", marked(&items, &markers, model)),
    ]
}

/// The first marker behind a value that is another one in every request: what it writes is never read.
fn wasted(items: &[Item<'_>], markers: &[(usize, Option<Place>, Option<&str>)], has_history: Option<bool>) -> Fact {
    // The marker behind the last turn of a conversation is read by the next one.
    match has_history {
        None => return Fact::unknown(),
        Some(true) => return Fact::absent(),
        Some(false) => {}
    }
    let mut from = 0;
    for (at, place, _) in markers {
        let varies = items[from..*at].iter().find_map(|item| match item {
            Item::Slot(slot) => is_never_the_same(slot).then_some(*slot),
            _ => None,
        });
        if items[..*at].iter().any(|item| matches!(item, Item::History)) {
            return Fact::absent();
        }
        if let Some(slot) = varies {
            let fields =
                [("name", Fact::text(slot.name.to_string())), ("every", Fact::text(every(slot.volatility.unwrap_or(Volatility::Request))))];
            return Fact::record(Record { place: *place, fields: fields.into_iter().collect() }).with(slot.confidence);
        }
        from = *at;
    }
    Fact::absent()
}

/// A document may be asked about many times, whatever its name says of how often it changes.
fn is_never_the_same(slot: &Slot) -> bool {
    let varies = |volatility: Option<Volatility>| volatility.is_some_and(|volatility| volatility >= Volatility::Turn);
    // A parameter of which nothing else is known may be the same guide every time.
    let is_told = match slot.size {
        SizeClass::Scalar | SizeClass::Retrieval => true,
        SizeClass::Unknown => Catalogue::builtin().names.hint(&slot.name).is_some_and(|hint| varies(hint.volatility)),
        _ => false,
    };
    varies(slot.volatility) && is_told
}

/// At most so many tokens stand before the last marker; unknown where a value of unknown length stands there.
fn marked(items: &[Item<'_>], markers: &[(usize, Option<Place>, Option<&str>)], model: Option<&Model>) -> Fact {
    let Some((last, _, _)) = markers.last() else { return Fact::absent() };
    let mut most = 0.0;
    for item in &items[..*last] {
        most += match item {
            Item::Text(text) => {
                let count = tokens::count_for(text, model);
                count.tokens as f64 * (1.0 + count.band)
            }
            // The names of the longest values that are known to be short.
            Item::Slot(slot) if slot.size == SizeClass::Scalar => 24.0,
            Item::Marker { .. } => 0.0,
            Item::Slot(_) | Item::History | Item::Maybe => return Fact::unknown(),
        };
    }
    Fact::number(most.ceil())
}
