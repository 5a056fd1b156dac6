//! `move-breakpoint`: takes away a cache marker behind which nothing is ever read, and marks the end of the stable prefix instead.

use crate::catalogue::Catalogue;
use crate::model::call::{Call, LoopKind};
use crate::model::prompt::Segment;
use crate::model::request::Request;
use crate::report::{Applicability, Edit};
use crate::span::{Place, Span};
use crate::syntax::{DictItem, Expr, ExprKind};
use crate::tokens;

use super::add_argument::item_span;
use super::find::{self, Seen};
use super::{Declined, Delta, Outcome, Proposal, Target, add_breakpoint};

pub const DELTA: Delta = Delta { inserts: true, unmarks: true, ..Delta::NOTHING };

pub fn apply(target: &Target) -> Option<Outcome> {
    let call = target.call?;
    let marker = target.at?;
    let mut bare = target.request.clone();
    let ttl = unmark(&mut bare, marker)?;
    let taken = if ttl { Declined::because("the marker has a life of its own") } else { take(target, call, marker) };
    let offered = |edits, title: &str| Ok(Proposal { edits, applicability: Applicability::Unsafe, title: title.into() });
    let (mended, edit) = match taken {
        Err(declined) => (bare, Err(declined)),
        Ok(taken) => {
            let instead = add_breakpoint::apply(&Target { request: &bare, ..*target });
            match instead.filter(|marked| is_worth_a_marker(&marked.mended, call)) {
                Some(Outcome { mended, edit: Ok(placed), .. }) => {
                    (mended, offered([taken, placed.edits].concat(), "Move the marker behind the last text that never changes"))
                }
                _ => (bare, offered(taken, "Remove the marker")),
            }
        }
    };
    Some(Outcome { mended, cap: call.cap.value, delta: DELTA, edit })
}

/// Takes the only marker that is written at this place out of the request; whether it says how long it lives.
fn unmark(request: &mut Request, marker: Place) -> Option<bool> {
    let is_it = |segment: &Segment| matches!(segment, Segment::Breakpoint(one) if one.place == Some(marker));
    let mut found = request.blocks.iter().flat_map(|block| &block.segments).filter_map(|segment| match segment {
        Segment::Breakpoint(one) if is_it(segment) => Some(one.ttl.is_some()),
        _ => None,
    });
    let (ttl, None) = (found.next()?, found.next()) else { return None };
    request.blocks.iter_mut().for_each(|block| block.segments.retain(|segment| !is_it(segment)));
    Some(ttl)
}

/// Whether what stands before the new marker is long enough for the model to keep.
fn is_worth_a_marker(request: &Request, call: &Call) -> bool {
    let minimum = call.model.and_then(|model| model.cache.min_tokens).or_else(|| Catalogue::builtin().models.usual_minimum());
    let segments = request.blocks.iter().flat_map(|block| &block.segments);
    let before = segments.take_while(|segment| !matches!(segment, Segment::Breakpoint(_)));
    let tokens: u64 =
        before.map(|segment| if let Segment::Text(text) = segment { tokens::count_for(&text.text, call.model).tokens } else { 0 }).sum();
    minimum.is_some_and(|minimum| tokens >= minimum)
}

/// The edit that takes the marker out of the dict or list that it is written in.
fn take(target: &Target, call: &Call, marker: Place) -> Result<Vec<Edit>, Declined> {
    let module = target.project.module(marker.file);
    let own = find::function_around(module, marker.span).map(|function| function.span);
    let of_call = find::function_around(module, call.place.span).map(|function| function.span);
    let at_the_call = marker.file == call.place.file && call.syntax.span.contains(marker.span) && own == of_call;
    // What is the same in all passes of a loop is read by each but the first.
    if call.via.is_some() || !at_the_call || call.repetition.kind != LoopKind::None {
        return Declined::because("other requests may share the marker");
    }
    let mut found = None;
    find::visit(module, &mut |seen| {
        let Seen::Expr(expr) = seen else { return };
        let items = || -> Vec<Span> {
            match &expr.kind {
                ExprKind::Dict(items) => items.iter().map(item_span).collect(),
                ExprKind::List(items) => items.iter().map(|item| item.span).collect(),
                _ => Vec::new(),
            }
        };
        found = position(expr, marker.span).map(|at| (items(), at)).or(found.take());
    });
    let Some((items, at)) = found else { return Declined::because("the marker is not written out here") };
    let span = match (at.checked_sub(1).and_then(|before| items.get(before)), items.get(at), items.get(at + 1)) {
        (Some(before), Some(own), _) => Span { start: before.end, end: own.end },
        (None, Some(own), Some(next)) => Span { start: own.start, end: next.start },
        _ => return Declined::because("nothing would be left of the list that the marker stands in"),
    };
    let text = target.project.text(marker.file);
    // A cast, a bracket or a comment around it belongs to one of the two: which one is not for a span to say.
    let plain = text.get(span.range()).is_some_and(|taken| taken.trim_start().starts_with(',') || taken.trim_end().ends_with(','));
    let after = text.get(items[at].end as usize..).unwrap_or_default().trim_start();
    let commented = module.comments.iter().any(|comment| comment.start < span.end && span.start < comment.end);
    if !plain || commented || !after.starts_with([',', '}', ']']) {
        return Declined::because("something stands around the marker that may belong to what is next to it");
    }
    Ok(vec![Edit { file: marker.file, span, text: String::new() }])
}

/// Which item of a dict or list is the marker: an entry with the value at this place, or the element there.
fn position(expr: &Expr, marker: Span) -> Option<usize> {
    match &expr.kind {
        ExprKind::Dict(items) => items.iter().position(|item| matches!(item, DictItem::Entry { value, .. } if value.span == marker)),
        ExprKind::List(items) => items.iter().position(|item| item.span == marker && matches!(item.kind, ExprKind::Dict(_))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Api;
    use crate::model::call::Repetition;
    use crate::model::prompt::Breakpoint;
    use crate::rewrite::testing::*;

    /// The source behind the rewrite of a marker that is written as `marker`.
    fn moved(api: &'static Api, before: &str, marker: &str, script_file: bool) -> Result<String, Declined> {
        let project = if script_file { script(before) } else { python(before) };
        let mut request = lowered(&project);
        let start = before.find(marker).unwrap();
        let place = Place::new(FILE, Span::new(start, start + marker.len()));
        request.blocks[0].segments.push(Segment::Breakpoint(Breakpoint { place: Some(place), ttl: None }));
        let call = call(&project, api, request.clone());
        let call = Call { repetition: Repetition { kind: LoopKind::None, ..call.repetition.clone() }, ..call };
        let outcome = apply(&Target { at: Some(place), ..target(&project, &request, Some(&call)) }).unwrap();
        let old = |segment: &Segment| matches!(segment, Segment::Breakpoint(one) if one.place == Some(place));
        assert!(!outcome.mended.blocks.iter().flat_map(|block| &block.segments).any(old));
        edited(&project, &outcome).map(|(text, applicability)| {
            assert_eq!(applicability, Applicability::Unsafe);
            text
        })
    }

    const CONTROL: &str = "{\"type\": \"ephemeral\"}";

    #[test]
    fn a_marker_that_no_prefix_is_long_enough_for_goes() {
        let before =
            "c.create(system=[{\"type\": \"text\", \"text\": f\"Be kind. {now}\", \"cache_control\": {\"type\": \"ephemeral\"}}])\n";
        let after = "c.create(system=[{\"type\": \"text\", \"text\": f\"Be kind. {now}\"}])\n";
        assert_eq!(moved(anthropic(), before, CONTROL, false).unwrap(), after);
        let before = "c.create(\n    system=[\n        {\n            \"type\": \"text\",\n            \"text\": f\"Be kind. {now}\",\n            \"cache_control\": {\"type\": \"ephemeral\"},\n        }\n    ]\n)\n";
        let after = "c.create(\n    system=[\n        {\n            \"type\": \"text\",\n            \"text\": f\"Be kind. {now}\",\n        }\n    ]\n)\n";
        assert_eq!(moved(anthropic(), before, CONTROL, false).unwrap(), after);
    }

    #[test]
    fn a_point_goes_with_its_comma() {
        let point = "{\"cachePoint\": {\"type\": \"default\"}}";
        let before = format!("c.converse(system=[{{\"text\": f\"Be kind. {{now}}\"}}, {point}])\n");
        assert_eq!(moved(converse(), &before, point, false).unwrap(), "c.converse(system=[{\"text\": f\"Be kind. {now}\"}])\n");
        let before = format!("c.converse(system=[{point}, {{\"text\": f\"Be kind. {{now}}\"}}])\n");
        assert_eq!(moved(converse(), &before, point, false).unwrap(), "c.converse(system=[{\"text\": f\"Be kind. {now}\"}])\n");
    }

    #[test]
    fn a_long_beginning_is_marked_instead() {
        let guide = "Be kind and brief, and name the pier. ".repeat(600);
        let before = format!(
            "c.create(system=[{{\"type\": \"text\", \"text\": f\"{guide}\\n\\nNow: {{now}}\", \"cache_control\": {{\"type\": \"ephemeral\"}}}}])\n"
        );
        let after = moved(anthropic(), &before, CONTROL, false).unwrap();
        assert_eq!(after.matches("cache_control").count(), 1);
        assert!(after.find("cache_control").unwrap() < after.find("Now: {now}").unwrap(), "{after}");
        assert!(after.ends_with("{now}\"}])\n"), "{after}");
    }

    #[test]
    fn a_shorthand_of_script() {
        let before = "c.create({ system: [{ type: 'text', text: `Be kind. ${now}`, cache_control: { type: 'ephemeral' } }] });\n";
        let after = "c.create({ system: [{ type: 'text', text: `Be kind. ${now}` }] });\n";
        assert_eq!(moved(anthropic_script(), before, "{ type: 'ephemeral' }", true).unwrap(), after);
    }

    #[test]
    fn what_stands_around_a_marker_keeps_it() {
        let cast = "c.create({ system: [{ type: 'text', text: `Be kind. ${now}`, cache_control: { type: 'ephemeral' } as const }] });\n";
        assert!(moved(anthropic_script(), cast, "{ type: 'ephemeral' }", true).is_err());
        let comment = "c.create(system=[{\"type\": \"text\", \"text\": f\"Be kind. {now}\",  # now\n  \"cache_control\": {\"type\": \"ephemeral\"}}])\n";
        assert!(moved(anthropic(), comment, CONTROL, false).is_err());
        let bracketed =
            "c.create(system=[{\"type\": \"text\", \"text\": (f\"Be kind. {now}\"), \"cache_control\": {\"type\": \"ephemeral\"}}])\n";
        assert!(moved(anthropic(), bracketed, CONTROL, false).is_err());
    }

    #[test]
    fn a_marker_that_other_requests_share_stays() {
        let before = "BLOCKS = [{\"type\": \"text\", \"text\": f\"Be kind. {now}\", \"cache_control\": {\"type\": \"ephemeral\"}}]\ndef f():\n    c.create(system=BLOCKS)\n";
        assert!(moved(anthropic(), before, CONTROL, false).is_err());
    }
}
