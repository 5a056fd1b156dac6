//! Whether the requests of a loop could be sent together, and whether that is worth it: they need no answer of each other, they are many, and
//! nobody waits.

mod flow;
mod items;
mod scene;
mod waits;

use crate::catalogue::Wording;
use crate::model::call::{Call, CapState, LoopKind};
use crate::project::Project;
use crate::rewrite::find::{self, Seen};
use crate::span::{Place, Span};
use crate::syntax::{DictItem, Expr, ExprKind, Module};

use super::arguments::{self, Written};
use super::around::Around;
use super::callers;
use items::Items;
use waits::Waits;

/// A function of so many statements does more for an item than to ask about it.
const MANY_STEPS: usize = 60;

/// Fewer items than that are not worth another program.
const FEW: u64 = 20;

/// What is known of the loop over items around a call.
pub enum Pace {
    /// No such loop.
    Alone,
    /// The requests cannot be sent together.
    Bound,
    /// They can, in the loop that calls the function of the call, if it stands not in one itself.
    Free {
        over: Option<Place>,
        /// Why it is hardly worth it, or may not be.
        doubt: Option<&'static str>,
    },
}

/// The tier of models whose requests cost so little that half of it is not worth another program.
const LIGHTEST: &str = "lightweight";

/// What of the catalogue bears on a batch.
#[derive(Clone, Copy)]
pub struct Stakes<'a> {
    /// The tier of the model, of one that is known.
    pub tier: Option<&'a str>,
    /// The file shows how something is done.
    pub is_example: bool,
}

impl Stakes<'_> {
    /// Why half of the price is hardly worth another program.
    fn are_small(self) -> Option<&'static str> {
        match self.tier {
            Some(LIGHTEST) => Some("its model costs little"),
            None if self.is_example => Some("it is an example, of a model that may cost little"),
            _ => None,
        }
    }
}

/// Reads what is around a call.
pub fn of(project: &Project, call: &Call<'_>, around: &Around<'_>, stakes: Stakes<'_>) -> Pace {
    let over = match call.repetition.kind {
        LoopKind::Interactive => return Pace::Alone,
        LoopKind::Batchable | LoopKind::Unknown => None,
        LoopKind::None if around.is_wrapper(call.place) => return Pace::Alone,
        LoopKind::None => match callers::over_items(project, call) {
            Some(over) => Some(over),
            None => return Pace::Alone,
        },
    };
    if arguments::repeats_one_request(project, call) || around.is_reported_nearer(project, call, over.as_ref()) {
        return Pace::Bound;
    }
    let module = project.module(call.place.file);
    let site = over.as_ref().map_or(call.place.span, |over| over.site);
    let loops = scene::loops(module, site);
    let units = scene::units(module);
    if is_bound(project, call, module, &loops, site) {
        return Pace::Bound;
    }
    let waiting = waits::waits(project, call.place.file, &units, site);
    if waiting == Waits::Client {
        return Pace::Bound;
    }
    // The block in which the request stands for one item.
    let own = find::function_around(module, call.place.span).map(|function| function.body.as_slice()).filter(|_| over.is_some());
    let block = own.or_else(|| loops.last().map(|found| found.body)).unwrap_or_default();
    let others = around.calls_in(call.place.file);
    let is_second = find::expr_at(module, call.place.span)
        .is_some_and(|request| others.iter().any(|&other| flow::follows(block, request, call.place.span, other)));
    // What may be asked besides, of some items, leaves the first requests a batch of their own.
    let is_first = others
        .iter()
        .filter(|&&other| flow::is_certain(block, other, call.place.span))
        .any(|&other| find::expr_at(module, other).is_some_and(|request| flow::follows(block, request, other, call.place.span)));
    let doubt = match over.as_ref().and_then(|_| find::function_around(module, call.place.span)) {
        Some(function) if scene::statements(&function.body) >= MANY_STEPS => Some("the request is one of many steps for each item"),
        _ if is_second => Some("it needs the answer to the request before it, of the same item"),
        _ if is_first => Some("another request for the same item needs its answer"),
        _ if around.wraps_conversation(project, call) => Some("each item is a conversation of its own"),
        _ => doubt(call, around, module, &units, &loops, waiting).or_else(|| stakes.are_small()),
    };
    Pace::Free { over: over.map(|over| Place::new(call.place.file, over.at)), doubt }
}

/// Whether the requests cannot be sent together: one needs the answer of another, or each is wanted as it comes.
fn is_bound(project: &Project, call: &Call<'_>, module: &Module, loops: &[scene::Loop<'_>], site: Span) -> bool {
    if streams(project, call) || sends_many(project, call) {
        return true;
    }
    let words = Wording::builtin();
    let named = |found: &scene::Loop<'_>| {
        let mut over = found.targets.clone();
        found.iter.into_iter().for_each(|iter| arguments::names(iter, &mut over));
        over
    };
    if loops.iter().any(|found| named(found).iter().any(|name| words.is_no_item(name))) {
        return true;
    }
    // Where a loop calls the function, what stands around the call in that function counts too.
    let own = find::function_around(module, call.place.span).filter(|_| site != call.place.span);
    let bodies = || own.map(|function| function.body.as_slice()).into_iter();
    if bodies().any(|body| flow::is_fallback(body, call.place.span) || flow::is_timed(body, call.place.span)) {
        return true;
    }
    let Some(innermost) = loops.last() else { return false };
    // An item that is a group of items already.
    let group = |name: &str| name.to_lowercase().split('_').any(|word| matches!(word, "batch" | "batches" | "minibatch"));
    if innermost.targets.iter().any(|name| group(name)) {
        return true;
    }
    let Some(request) = find::expr_at(module, site) else { return false };
    loops.iter().any(|found| flow::is_fallback(found.body, site) || flow::is_timed(found.body, site) || flow::depends(found, request, site))
}

/// Whether an answer is read as it is written.
fn streams(project: &Project, call: &Call<'_>) -> bool {
    let says = |name: &str| name.to_lowercase().contains("stream");
    let named = |expr: &Expr| match &expr.kind {
        ExprKind::Call(inner) => inner.callee.dotted().is_some_and(|path| says(&path)) || find::called(&inner.callee).is_some_and(says),
        _ => false,
    };
    named(call.syntax) || Written::of(project, call).is_on("stream")
}

/// Whether one request holds many items: the texts of an embedding.
fn sends_many(project: &Project, call: &Call<'_>) -> bool {
    let place = call.via.as_ref().map_or(call.place, |via| via.inner);
    let module = project.module(place.file);
    let Some(function) = find::function_around(module, place.span) else { return false };
    let mut found = false;
    find::visit_body(&function.body, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Dict(items), .. }) = seen {
            found |= items.iter().any(|item| match item {
                DictItem::Entry { key, value } => {
                    key.as_text().as_deref() == Some("texts") && !matches!(&value.kind, ExprKind::List(parts) if parts.len() == 1)
                }
                DictItem::Spread(_) => false,
            });
        }
    });
    found
}

/// Why a batch is hardly worth it, or may not be.
fn doubt(
    call: &Call<'_>,
    around: &Around<'_>,
    module: &Module,
    units: &[scene::Unit<'_>],
    loops: &[scene::Loop<'_>],
    waiting: Waits,
) -> Option<&'static str> {
    match waiting {
        Waits::Client | Waits::Somebody => return Some("somebody waits for the answers"),
        Waits::Perhaps => return Some("somebody may wait for the answers"),
        Waits::Nobody => {}
    }
    if &*call.provider == "unknown" {
        return Some("its provider may take no batches");
    }
    if call.cap.state == CapState::NotApplicable {
        return Some("it writes no text");
    }
    if loops.is_empty() {
        return Some("the loop could not be followed");
    }
    if loops.iter().any(|found| found.test.is_some()) {
        return Some("a loop around it goes on until something is found");
    }
    let items = Items { module, units, calls: around.calls_in(call.place.file) };
    let over: Vec<&Expr> = loops.iter().filter_map(|found| found.iter).collect();
    let most: Option<u64> = over.iter().map(|iter| items.most(iter, 0)).product();
    if most.is_some_and(|most| most <= FEW) {
        return Some("the items are few");
    }
    // The loop outside decides how many there are: parts of one text are few, parts of many are not.
    let outermost = over.first()?;
    if items.of_answer(outermost, 0) {
        return Some("the items are what a model has answered");
    }
    items.of_text(outermost, 0).then_some("the items are parts of one text")
}
