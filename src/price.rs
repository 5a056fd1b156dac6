//! What a request costs: tokens written to the provider's cache, read from it, neither, and output, over a standard scenario.
//!
//! The scenario is a number of requests within the life of a cache entry. A request that replays history is one conversation: the request
//! with index t sends t earlier turns, or those that its window leaves. Any other is sent that many times, each time with other values of
//! what changes by request, turn, session or user (requests without history come from different users). The cache serves the longest
//! beginning of a request that is byte for byte the beginning of an earlier one, under the rules of the model's provider.

use crate::catalogue::{CacheKind, CacheRule, Model, Price};
use crate::model::prompt::{Confidence, SizeClass, Slot};
use crate::model::request::Request;
use crate::tokens::{self, Count};

use layout::{Item, Layout, Life};

mod layout;

/// Turns that a window holds when the code does not say how many.
pub const DEFAULT_WINDOW: u32 = 20;
/// How often the body of a loop over a list is assumed to be repeated.
pub const LIST_ITEMS: u64 = 5;

/// What is assumed where the code does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Requests of a conversation, or repetitions of a request without one.
    pub turns: u32,
    pub sizes: Sizes,
    /// Share of what could be served that a best-effort cache (Bedrock without markers, Gemini) does serve: 0 to 1.
    pub implicit_hit_rate: f64,
    /// Tokens of an answer.
    pub output_tokens: u64,
    /// The day of the prices, `YYYY-MM-DD`; empty for the prices of the catalogue without announced changes.
    pub today: String,
}

impl Default for Scenario {
    fn default() -> Self {
        Scenario { turns: 40, sizes: Sizes::default(), implicit_hit_rate: 0.0, output_tokens: 200, today: String::new() }
    }
}

/// Assumed tokens of a slot by what goes into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sizes {
    pub document: u64,
    /// One turn of a conversation: what the user said and what was answered.
    pub history_turn: u64,
    pub list: u64,
    pub scalar: u64,
    pub retrieval: u64,
    pub media: u64,
    pub schema: u64,
    pub unknown: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes { document: 4000, history_turn: 180, list: 300, scalar: 8, retrieval: 1500, media: 1000, schema: 400, unknown: 60 }
    }
}

impl Sizes {
    /// Tokens that go into `slot`; of a document that was shortened on the way, as much as is retrieved of one.
    pub fn of(&self, slot: &Slot) -> u64 {
        match slot.size {
            SizeClass::Scalar => self.scalar,
            SizeClass::List => self.list,
            SizeClass::History => self.history_turn,
            // A value that is only called like a document (`text`, `content`) is not counted as one.
            SizeClass::Document | SizeClass::Retrieval if slot.size_confidence == Confidence::Low => self.unknown,
            SizeClass::Document if slot.limited => self.document.min(self.retrieval),
            SizeClass::Document => self.document,
            SizeClass::Retrieval => self.retrieval,
            SizeClass::Media => self.media,
            SizeClass::Schema => self.schema,
            SizeClass::Unknown => self.unknown,
        }
    }
}

/// The price of a request, averaged over the requests of the scenario. All numbers are tokens but for `usd` and `band`.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced {
    /// Input that is written to the cache.
    pub written: f64,
    /// Input that is read from the cache.
    pub read: f64,
    /// Input that is neither.
    pub plain: f64,
    pub output: f64,
    /// All of it weighed by its price over the price of plain input, output included. Where the model or its price is unknown, the
    /// input alone as it is (nothing is known of the weights).
    pub input_equivalent: f64,
    /// Input tokens whatever they cost.
    pub raw_input: f64,
    /// No size is assumed, the text is counted with the model's own vocabulary, and the prices are known.
    pub exact: bool,
    /// How far the count of the text may be off, relative to it; says nothing of assumed sizes.
    pub band: f64,
    /// USD a request, if the price is known.
    pub usd: Option<f64>,
    /// Some slot, turn or part that could not be followed has an assumed size, the cache rules are unknown, or a
    /// best-effort cache could serve more or less.
    pub assumed: bool,
    /// Date of the prices.
    pub price_as_of: Option<String>,
}

/// Prices a request for a model. An unknown model has no cache and no price here, and the result says that it is assumed.
///
/// Left out: the dearer tier of very long prompts, batch prices, images beyond their assumed size, and the limit on how far a provider
/// looks back from a marker (a turn adds two blocks, far fewer than any limit).
pub fn price(request: &Request, model: Option<&Model>, scenario: &Scenario) -> Priced {
    let layout = layout::lay_out(request, &layout::counter(model), &scenario.sizes);
    let price = model.and_then(|model| model.price_on(&scenario.today));
    let weights = Weights::of(price.as_ref(), model.map(|model| &model.cache));
    let spent = replay(&layout, model.map(|model| &model.cache), scenario);
    let turns = f64::from(scenario.turns.max(1));
    let output = scenario.output_tokens as f64;
    let raw = spent.written + spent.written_long + spent.read + spent.plain;
    let input_equivalent = match &weights {
        Some(weights) => weights.cost(&spent) + weights.output * output * turns,
        None => raw,
    } / turns;
    let cache_known = model.is_some_and(|model| model.cache.kind != CacheKind::Unknown);
    let prices_known = weights.as_ref().is_some_and(|weights| weights.covers(&spent));
    let assumed = layout.assumed || spent.best_effort || !cache_known;
    Priced {
        written: (spent.written + spent.written_long) / turns,
        read: spent.read / turns,
        plain: spent.plain / turns,
        output,
        input_equivalent,
        raw_input: raw / turns,
        exact: layout.text.exact && !assumed && prices_known,
        band: layout.text.band,
        usd: price.map(|price| input_equivalent * price.input / 1e6),
        assumed,
        price_as_of: price.and(model).map(|model| model.as_of.to_string()),
    }
}

/// Tokens of the text that stands in the source: the body of a loop once, of a branch the longest arm as it was priced.
pub fn static_tokens(request: &Request, tokenizer: &str) -> Count {
    layout::lay_out(request, &|text| tokens::count(text, tokenizer), &Sizes::default()).text
}

/// Tokens before the first value that changes from one request to the next, slots at their assumed size (which makes the count inexact).
/// Where the request replays a conversation, what is the user's or the session's does not change, and what ends the prefix is the
/// history or what changes before it.
pub fn prefix_tokens(request: &Request, tokenizer: &str, sizes: &Sizes) -> Count {
    let layout = layout::lay_out(request, &|text| tokens::count(text, tokenizer), sizes);
    let last = if layout.replays() { Life::Conversation } else { Life::Always };
    stable_prefix(&layout, last)
}

/// Tokens before the first value that is not the same for all users at all times: what a marker could cover whoever asks.
pub fn constant_prefix_tokens(request: &Request, tokenizer: &str, sizes: &Sizes) -> Count {
    stable_prefix(&layout::lay_out(request, &|text| tokens::count(text, tokenizer), sizes), Life::Always)
}

/// Whether the request is one of a conversation: it sends earlier turns again.
pub fn converses(request: &Request) -> bool {
    layout::lay_out(request, &|_| Count::default(), &Sizes::default()).replays()
}

fn stable_prefix(layout: &Layout, last: Life) -> Count {
    let mut sum = 0.0;
    for item in &layout.items {
        match item {
            Item::Piece { tokens, life } if *life <= last => sum += tokens,
            Item::Marker { .. } => {}
            Item::Piece { .. } | Item::History(_) => break,
        }
    }
    Count { tokens: sum.round() as u64, exact: layout.text.exact && !layout.assumed, band: layout.text.band }
}

/// Tokens over all requests of the scenario.
#[derive(Debug, Default)]
struct Spent {
    written: f64,
    /// Written to an entry with the long life.
    written_long: f64,
    read: f64,
    plain: f64,
    /// Some of it could be served at best effort, at a rate that is assumed.
    best_effort: bool,
}

/// Prices over the price of plain input.
#[derive(Debug)]
struct Weights {
    /// `None`: not known; a read is then priced as plain input, which it costs at most.
    read: Option<f64>,
    /// `None`: not known; a write is then priced as plain input, which it costs at least.
    write: Option<f64>,
    write_long: Option<f64>,
    output: f64,
}

impl Weights {
    fn of(price: Option<&Price>, cache: Option<&CacheRule>) -> Option<Weights> {
        let price = price.filter(|price| price.input > 0.0)?;
        let over = |part: Option<f64>| part.map(|part| part / price.input);
        let free = cache.is_some_and(|cache| cache.free_writes).then_some(1.0);
        let write = over(price.cache_write).or(free);
        Some(Weights {
            read: over(price.cache_read),
            write,
            write_long: over(price.cache_write_long).or(free),
            output: price.output / price.input,
        })
    }

    fn cost(&self, spent: &Spent) -> f64 {
        let write = self.write.unwrap_or(1.0);
        spent.plain + spent.read * self.read.unwrap_or(1.0) + spent.written * write + spent.written_long * self.write_long.unwrap_or(write)
    }

    fn covers(&self, spent: &Spent) -> bool {
        (self.read.is_some() || spent.read == 0.0)
            && (self.write.is_some() || spent.written == 0.0)
            && (self.write_long.is_some() || spent.written_long == 0.0)
    }
}

/// Sends the requests of the scenario, one after the other, and adds up what the cache does with each.
fn replay(layout: &Layout, cache: Option<&CacheRule>, scenario: &Scenario) -> Spent {
    let run = Run::new(layout, scenario);
    let minimum = cache.and_then(|cache| cache.min_tokens).unwrap_or(0) as f64;
    let most = cache.and_then(|cache| cache.max_cached_tokens).map_or(f64::INFINITY, |most| most as f64);
    let mut spent = Spent::default();
    let mut entries: Vec<Vec<(f64, bool)>> = Vec::new();
    for now in 0..scenario.turns.max(1) {
        let total = run.length(now);
        let shared = run.most_shared(now).min(most);
        match cache.map(|cache| (cache.kind, cache)) {
            Some((CacheKind::Automatic | CacheKind::AutomaticExplicit, cache)) => {
                let step = cache.step.max(1) as f64;
                let served = (shared / step).floor() * step;
                let read = if served >= minimum { served } else { 0.0 };
                spent.read += read;
                let cached = total.min(most);
                if cached >= minimum {
                    spent.written += cached - read;
                    spent.plain += total - cached;
                } else {
                    spent.plain += total - read;
                }
            }
            Some((CacheKind::Explicit | CacheKind::ExplicitImplicit | CacheKind::Implicit, cache)) => {
                let markers: Vec<(f64, bool)> = if cache.kind == CacheKind::Implicit {
                    Vec::new()
                } else {
                    run.markers(now)
                        .into_iter()
                        .map(|(at, long)| (at.min(most), long))
                        .filter(|(at, _)| *at >= minimum && *at > 0.0)
                        .collect()
                };
                let last = markers.last().map_or(0.0, |(at, _)| *at);
                let mut read: f64 = 0.0;
                for (before, written) in entries.iter().enumerate().rev() {
                    let bound = run.shared(before as u32, now).min(last);
                    if bound <= read {
                        if run.runs_empty {
                            continue;
                        }
                        // Earlier requests have less and less in common with this one.
                        break;
                    }
                    read = written.iter().map(|(at, _)| *at).filter(|at| *at <= bound).fold(read, f64::max);
                }
                let mut done = read;
                for (at, long) in &markers {
                    let tokens = (at - done).max(0.0);
                    if *long {
                        spent.written_long += tokens;
                    } else {
                        spent.written += tokens;
                    }
                    done = done.max(*at);
                }
                let unmarked = if shared < minimum || cache.kind == CacheKind::Explicit { 0.0 } else { (shared - done).max(0.0) };
                let lucky = scenario.implicit_hit_rate.clamp(0.0, 1.0) * unmarked;
                spent.best_effort |= unmarked > 0.0;
                spent.read += read + lucky;
                spent.plain += total - done - lucky;
                entries.push(markers);
            }
            Some((CacheKind::None | CacheKind::Unknown, _)) | None => spent.plain += total,
        }
    }
    spent
}

/// The requests of a scenario, by index from 0.
struct Run<'l> {
    layout: &'l Layout,
    turn: f64,
    /// A value that lives for a conversation is the same in all requests.
    conversation: bool,
    /// For each item that is a history, the first turn that each request sends.
    starts: Vec<Option<Vec<u32>>>,
    /// Tokens after the replayed messages that begin the next turn; `None` where they do not (the turn is shorter than they are).
    tail: Option<f64>,
    /// Of these, the ones before the first that another turn has not: all that two different turns have in common.
    opening: f64,
    /// Some window is empty now and then: two requests with nothing replayed may share more than one has with its neighbour.
    runs_empty: bool,
}

impl<'l> Run<'l> {
    fn new(layout: &'l Layout, scenario: &Scenario) -> Self {
        let turns = scenario.turns.max(1);
        let starts: Vec<Option<Vec<u32>>> = layout
            .items
            .iter()
            .map(|item| match item {
                Item::History(window) => Some(window.starts(turns)),
                _ => None,
            })
            .collect();
        let turn = scenario.sizes.history_turn as f64;
        // A tail that itself writes the history out is not sent again as it is.
        let replayed = layout.tail.filter(|at| !layout.items.iter().skip(*at).any(|item| matches!(item, Item::History(_))));
        let tail = replayed.map(|_| layout.tail_tokens()).filter(|tail| *tail <= turn);
        let is_empty = |starts: &Vec<u32>| (1..).zip(starts.iter().skip(1)).any(|(request, start)| request == *start);
        let runs_empty = starts.iter().flatten().any(is_empty);
        let mut run = Run { layout, turn, conversation: layout.replays(), starts, tail, opening: 0.0, runs_empty };
        if let (Some(_), Some(from)) = (tail, layout.tail) {
            let fixed = |item: &&Item| !matches!(item, Item::Piece { life, .. } if *life > run.stays());
            run.opening = layout.items[from..].iter().take_while(fixed).map(Item::tokens).sum();
        }
        run
    }

    /// The longest life of a value that is the same in all requests.
    fn stays(&self) -> Life {
        if self.conversation { Life::Conversation } else { Life::Always }
    }

    /// Tokens that a request has in common with an earlier one, at most.
    fn most_shared(&self, now: u32) -> f64 {
        let before = |request| self.shared(request, now);
        match now.checked_sub(1) {
            None => 0.0,
            Some(_) if self.runs_empty => (0..now).map(before).fold(0.0, f64::max),
            // The request just before shares at least as much with this one as any earlier does.
            Some(last) => before(last),
        }
    }

    fn start(&self, item: usize, request: u32) -> u32 {
        self.starts.get(item).and_then(Option::as_ref).and_then(|starts| starts.get(request as usize)).copied().unwrap_or(0)
    }

    fn tokens(&self, at: usize, item: &Item, request: u32) -> f64 {
        match item {
            Item::Piece { tokens, .. } => *tokens,
            Item::History(_) => f64::from(request - self.start(at, request)) * self.turn,
            Item::Marker { .. } => 0.0,
        }
    }

    fn length(&self, request: u32) -> f64 {
        self.layout.items.iter().enumerate().map(|(at, item)| self.tokens(at, item, request)).sum()
    }

    /// Positions of the markers in tokens from the start, and whether their entry has the long life.
    fn markers(&self, request: u32) -> Vec<(f64, bool)> {
        let mut position = 0.0;
        let mut markers = Vec::new();
        for (at, item) in self.layout.items.iter().enumerate() {
            position += self.tokens(at, item, request);
            if let Item::Marker { long } = item {
                markers.push((position, *long));
            }
        }
        markers
    }

    /// Tokens that two requests have in common from the start, `before` being the earlier.
    fn shared(&self, before: u32, now: u32) -> f64 {
        let stays = self.stays();
        let mut common = 0.0;
        for (at, item) in self.layout.items.iter().enumerate() {
            match item {
                Item::Piece { tokens, life } if *life <= stays => common += tokens,
                Item::Piece { .. } => return common,
                Item::Marker { .. } => {}
                Item::History(_) => {
                    if self.tokens(at, item, before) == 0.0 && self.tokens(at, item, now) == 0.0 {
                        continue;
                    }
                    // Behind the replayed messages, the message of the request itself opens the next turn.
                    let opens = self.layout.tail.is_some_and(|tail| {
                        at < tail
                            && !self.layout.items[at + 1..tail].iter().any(|item| matches!(item, Item::History(_) | Item::Piece { .. }))
                    });
                    if self.start(at, before) != self.start(at, now) {
                        // One begins with another turn than the other.
                        return common + if opens { self.opening } else { 0.0 };
                    }
                    common += self.tokens(at, item, before);
                    // The later request goes on with the turn that the earlier one opened.
                    return common + if opens { self.tail.unwrap_or(0.0) } else { 0.0 };
                }
            }
        }
        common
    }
}

#[cfg(test)]
mod tests;
