//! The proof of the price model: requests are rendered token by token and sent through a simulated cache, and the bill must be what
//! `price` says it is.
//!
//! The simulator knows nothing of how prices are computed: an application renders each request and keeps its history, a provider compares
//! whole token sequences with what it has stored. Its rules and prices are written down here, apart from the catalogue.

use proptest::prelude::*;

use prompt_lint::catalogue::{Catalogue, Model};
use prompt_lint::model::prompt::{Breakpoint, Confidence, Role, Segment, SizeClass, Slot, Volatility};
use prompt_lint::model::request::{Block, BlockRole, Growth, HistoryBlock, Request};
use prompt_lint::price::{Scenario, price};
use prompt_lint::tokens::count_for;

/// What a request is made of, in words of a test.
#[derive(Debug, Clone)]
enum Part {
    /// So many words of fixed text.
    Text(usize),
    Value(Option<Volatility>, SizeClass),
    /// The conversation so far, written out in the text; the last twenty turns of it if it is limited.
    Transcript {
        limited: bool,
    },
    Marker {
        long: bool,
    },
}

#[derive(Debug, Clone)]
struct App {
    system: Vec<Part>,
    /// Messages of earlier turns, sent again.
    history: Option<Growth>,
    message: Vec<Part>,
}

/// How a provider bills, in multiples of the price of input.
struct Provider {
    model: &'static str,
    cache: Cache,
    minimum: usize,
    write: f64,
    write_long: f64,
    read: f64,
    output: f64,
}

enum Cache {
    /// Beginnings up to a marker.
    Marked,
    /// Any beginning, in steps of so many tokens.
    Any { step: usize },
}

/// Prices and rules of the providers' pages, 2026-11-22.
const PROVIDERS: [Provider; 5] = [
    // Anthropic API, Sonnet 4.5: 3 in, 15 out, 3.75 and 6 written, 0.30 read.
    Provider { model: "claude-sonnet-4-5", cache: Cache::Marked, minimum: 1024, write: 1.25, write_long: 2.0, read: 0.1, output: 5.0 },
    // Anthropic API, Opus 5.5: 4 in, 20 out, 5 and 8 written, 0.20 read.
    Provider { model: "claude-opus-5-5", cache: Cache::Marked, minimum: 512, write: 1.25, write_long: 2.0, read: 0.05, output: 5.0 },
    // Bedrock, Haiku 4.5 in a region: 1.10 in, 5.50 out, 1.375 and 2.20 written, 0.11 read.
    Provider {
        model: "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        cache: Cache::Marked,
        minimum: 4096,
        write: 1.25,
        write_long: 2.0,
        read: 0.1,
        output: 5.0,
    },
    // OpenAI, GPT-4o: 2.50 in, 10 out, 1.25 read; writes are free, hits come in steps of 128.
    Provider { model: "gpt-4o", cache: Cache::Any { step: 128 }, minimum: 1024, write: 1.0, write_long: 1.0, read: 0.5, output: 4.0 },
    // OpenAI, GPT-5.6 Sol: 4 in, 20 out, 5 written, 0.40 read, at any length.
    Provider { model: "gpt-5.6-sol", cache: Cache::Any { step: 1 }, minimum: 1024, write: 1.25, write_long: 2.5, read: 0.1, output: 5.0 },
];

/// What it stands for (a part, an answer, a turn written out), which of its values, and which word of that.
type Token = (u32, u32, u32);

/// A request as it goes over the wire: its tokens, and where its markers stand.
#[derive(Default)]
struct Wire {
    tokens: Vec<Token>,
    markers: Vec<(usize, bool)>,
}

#[derive(Debug, Default)]
struct Bill {
    written: f64,
    read: f64,
    plain: f64,
    equivalent: f64,
}

fn words(count: usize) -> String {
    " the".repeat(count)
}

fn size(class: SizeClass, scenario: &Scenario) -> u64 {
    let sizes = &scenario.sizes;
    match class {
        SizeClass::Document => sizes.document,
        SizeClass::Retrieval => sizes.retrieval,
        SizeClass::List => sizes.list,
        SizeClass::Scalar => sizes.scalar,
        _ => sizes.unknown,
    }
}

impl App {
    fn converses(&self) -> bool {
        let mut parts = self.system.iter().chain(&self.message);
        self.history.is_some() || parts.any(|part| matches!(part, Part::Transcript { .. }))
    }

    /// What the linter sees.
    fn request(&self) -> Request {
        let mut blocks = vec![block(BlockRole::System, &self.system)];
        if let Some(growth) = self.history {
            let history = HistoryBlock { growth, confidence: Confidence::High, ..HistoryBlock::unknown() };
            blocks.push(Block { history: Some(history), ..block(BlockRole::Message, &[]) });
        }
        blocks.push(block(BlockRole::Message, &self.message));
        Request { blocks, open: false }
    }

    /// Runs the application: each request as it is sent.
    fn run(&self, model: &Model, scenario: &Scenario) -> Vec<Wire> {
        let renderer = Renderer { converses: self.converses(), model, scenario };
        let turn = scenario.sizes.history_turn as usize;
        // All that was said, and what the application keeps of it for the next request.
        let mut log: Vec<Vec<Token>> = Vec::new();
        let mut kept: Vec<Vec<Token>> = Vec::new();
        let mut wires = Vec::new();
        for now in 1..=scenario.turns {
            let mut wire = Wire::default();
            renderer.render(&self.system, 100, now, &log, &mut wire);
            match self.history {
                Some(Growth::Sliding { turns: Some(most) }) => drop(kept.drain(..kept.len().saturating_sub(most as usize))),
                Some(Growth::Bounded { turns: Some(most) }) if kept.len() > most as usize => {
                    drop(kept.drain(..kept.len() - most as usize / 2));
                }
                _ => {}
            }
            if self.history.is_some() {
                wire.tokens.extend(kept.iter().flatten());
            }
            let opening = wire.tokens.len();
            renderer.render(&self.message, 200, now, &log, &mut wire);
            // The message is kept with its answer, if a turn is large enough for it; else some shorter form of both.
            let mut said: Vec<Token> = wire.tokens[opening..].to_vec();
            if said.len() > turn || self.message.iter().any(|part| matches!(part, Part::Transcript { .. })) {
                said.clear();
            }
            said.extend((said.len()..turn).map(|word| (9, now, word as u32)));
            kept.push(said.clone());
            log.push(said);
            wires.push(wire);
        }
        wires
    }
}

struct Renderer<'r> {
    converses: bool,
    model: &'r Model,
    scenario: &'r Scenario,
}

impl Renderer<'_> {
    fn render(&self, parts: &[Part], first: u32, now: u32, log: &[Vec<Token>], wire: &mut Wire) {
        for (id, part) in (first..).zip(parts) {
            let (count, value) = match part {
                Part::Text(count) => (count_for(&words(*count), Some(self.model)).tokens, 0),
                Part::Value(volatility, class) => {
                    let value = match volatility {
                        Some(Volatility::Constant | Volatility::Deployment | Volatility::Period) => 0,
                        Some(Volatility::User | Volatility::Session) if self.converses => 0,
                        _ => now,
                    };
                    (size(*class, self.scenario), value)
                }
                Part::Transcript { limited } => {
                    let start = if *limited { log.len().saturating_sub(20) } else { 0 };
                    // Written out, a turn is other text than the messages were.
                    let turns = log[start..].iter().flatten();
                    wire.tokens.extend(turns.map(|(what, value, word)| (what + 1_000 * id, *value, *word)));
                    continue;
                }
                Part::Marker { long } => {
                    wire.markers.push((wire.tokens.len(), *long));
                    continue;
                }
            };
            wire.tokens.extend((0..count as u32).map(|word| (id, value, word)));
        }
    }
}

impl Provider {
    fn bill(&self, requests: &[Wire], scenario: &Scenario) -> Bill {
        let mut store: Vec<&[Token]> = Vec::new();
        let mut bill = Bill::default();
        for request in requests {
            let total = request.tokens.len();
            let (read, written, cost) = match self.cache {
                Cache::Marked => {
                    let markers: Vec<_> = request.markers.iter().filter(|(at, _)| *at >= self.minimum).collect();
                    let last = markers.last().map_or(0, |(at, _)| *at);
                    let stored = store.iter().filter(|entry| entry.len() <= last && request.tokens.starts_with(entry));
                    let read = stored.map(|entry| entry.len()).max().unwrap_or(0);
                    let (mut cost, mut done) = (0.0, read);
                    for (at, long) in &markers {
                        cost += at.saturating_sub(done) as f64 * if *long { self.write_long } else { self.write };
                        done = done.max(*at);
                        store.push(&request.tokens[..*at]);
                    }
                    (read, last.saturating_sub(read), cost)
                }
                Cache::Any { step } => {
                    let common = |entry: &&[Token]| entry.iter().zip(&request.tokens).take_while(|(a, b)| a == b).count();
                    let served = store.iter().map(|entry| common(entry) / step * step).max().unwrap_or(0);
                    let read = if served >= self.minimum { served } else { 0 };
                    let written = if total >= self.minimum { total - read } else { 0 };
                    store.push(&request.tokens);
                    (read, written, written as f64 * self.write)
                }
            };
            let plain = total - read - written;
            bill.read += read as f64;
            bill.written += written as f64;
            bill.plain += plain as f64;
            bill.equivalent += cost + plain as f64 + read as f64 * self.read + scenario.output_tokens as f64 * self.output;
        }
        let count = requests.len() as f64;
        Bill { written: bill.written / count, read: bill.read / count, plain: bill.plain / count, equivalent: bill.equivalent / count }
    }
}

fn block(kind: BlockRole, parts: &[Part]) -> Block {
    let segments = parts
        .iter()
        .map(|part| match part {
            Part::Text(count) => Segment::text(&words(*count)),
            Part::Value(volatility, size) => slot(*volatility, *size, false),
            Part::Transcript { limited } => slot(Some(Volatility::Turn), SizeClass::History, *limited),
            Part::Marker { long } => Segment::Breakpoint(Breakpoint { place: None, ttl: long.then(|| "1h".into()) }),
        })
        .collect();
    Block { kind, role: Role::Unknown, segments, history: None, place: None }
}

fn slot(volatility: Option<Volatility>, size: SizeClass, limited: bool) -> Segment {
    Segment::Slot(Box::new(Slot {
        name: "value".into(),
        place: None,
        expr: None,
        volatility,
        size,
        limited,
        growth: None,
        size_confidence: Confidence::High,
        confidence: Confidence::High,
        reason: "a test".into(),
    }))
}

/// Within one per cent, or a hundredth of a token.
fn close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 0.01 * theirs.abs().max(1.0)
}

fn compare(app: &App, scenario: &Scenario) {
    for provider in &PROVIDERS {
        let Some(model) = Catalogue::builtin().models.find(provider.model) else { panic!("{} is not known", provider.model) };
        let bill = provider.bill(&app.run(model, scenario), scenario);
        let priced = price(&app.request(), Some(model), scenario);
        let pairs = [
            ("read", priced.read, bill.read),
            ("written", priced.written, bill.written),
            ("plain", priced.plain, bill.plain),
            ("equivalent", priced.input_equivalent, bill.equivalent),
        ];
        for (what, ours, theirs) in pairs {
            let turns = scenario.turns;
            assert!(close(ours, theirs), "{what} on {}, {turns} turns: {ours} by formula, {theirs} by simulation\n{app:?}", provider.model);
        }
    }
}

use Part::{Marker, Text, Transcript, Value};

const CLOCK: Part = Value(Some(Volatility::Request), SizeClass::Scalar);
const QUESTION: Part = Value(None, SizeClass::Unknown);
const USER: Part = Value(Some(Volatility::User), SizeClass::Scalar);
const DOCUMENT: Part = Value(Some(Volatility::Request), SizeClass::Document);
const MARK: Part = Marker { long: false };

#[test]
fn hand_made_requests() {
    let app = |system: &[Part], history: Option<Growth>, message: &[Part]| {
        let app = App { system: system.to_vec(), history, message: message.to_vec() };
        for turns in [1, 2, 40] {
            compare(&app, &Scenario { turns, ..Scenario::default() });
        }
    };
    let sliding = Some(Growth::Sliding { turns: Some(10) });
    let blocks = Some(Growth::Bounded { turns: Some(10) });
    // A stable prefix, unmarked and marked.
    app(&[Text(5000)], None, &[QUESTION]);
    app(&[Text(5000), MARK], None, &[QUESTION]);
    // A clock first, in the middle, after the marker.
    app(&[CLOCK, Text(5000), MARK], None, &[QUESTION]);
    app(&[Text(2500), CLOCK, Text(2500), MARK], None, &[QUESTION]);
    app(&[Text(5000), MARK, CLOCK], None, &[QUESTION]);
    // Two markers, the second on what varies; a long life before a short one.
    app(&[Text(4500), MARK, CLOCK, Text(600), MARK], None, &[QUESTION]);
    app(&[Text(4500), Marker { long: true }, Text(600), MARK], None, &[QUESTION]);
    // Below every minimum.
    app(&[Text(200), MARK], None, &[QUESTION]);
    // Users, each with his own request, and one in a conversation.
    app(&[USER, Text(5000), MARK], None, &[QUESTION]);
    app(&[USER, Text(5000), MARK], Some(Growth::Unbounded), &[QUESTION]);
    // Windows that leave nothing, or one turn.
    for turns in [0, 1, 2] {
        let turns = Some(turns);
        for growth in [Growth::Sliding { turns }, Growth::Bounded { turns }] {
            app(&[Text(1200), MARK], Some(growth), &[QUESTION, MARK]);
            app(&[Text(1200)], Some(growth), &[Text(40), MARK, QUESTION]);
            app(&[Text(1200)], Some(growth), &[DOCUMENT, MARK]);
            app(&[Text(1200)], Some(growth), &[Text(1500), MARK, USER, MARK]);
        }
    }
    // Replayed history: unmarked, marked at its end, in a window that slides, in a window that moves in blocks.
    app(&[Text(300)], Some(Growth::Unbounded), &[QUESTION]);
    app(&[Text(1200), MARK], Some(Growth::Unbounded), &[QUESTION, MARK]);
    app(&[Text(1200), MARK], sliding, &[QUESTION, MARK]);
    app(&[Text(1200), MARK], blocks, &[QUESTION, MARK]);
    // A document too long to be kept with the turn.
    app(&[Text(1200)], Some(Growth::Unbounded), &[DOCUMENT, QUESTION, MARK]);
    // History written out in a text.
    app(&[Text(1200), Transcript { limited: false }, QUESTION], None, &[MARK]);
    app(&[Text(1200), MARK], None, &[Transcript { limited: true }, QUESTION]);
    // Nothing at all.
    app(&[], None, &[]);
}

fn part() -> impl Strategy<Value = Part> {
    let volatility = prop::option::of(prop::sample::select(vec![
        Volatility::Constant,
        Volatility::Deployment,
        Volatility::Period,
        Volatility::User,
        Volatility::Session,
        Volatility::Turn,
        Volatility::Request,
    ]));
    let class =
        prop::sample::select(vec![SizeClass::Scalar, SizeClass::List, SizeClass::Document, SizeClass::Retrieval, SizeClass::Unknown]);
    prop_oneof![
        4 => (0usize..3000).prop_map(Text),
        3 => (volatility, class).prop_map(|(volatility, class)| Value(volatility, class)),
        1 => any::<bool>().prop_map(|limited| Transcript { limited }),
        3 => any::<bool>().prop_map(|long| Marker { long }),
    ]
}

fn growth() -> impl Strategy<Value = Option<Growth>> {
    prop::option::of(prop_oneof![
        Just(Growth::Unbounded),
        (0u32..30).prop_map(|turns| Growth::Sliding { turns: Some(turns) }),
        (0u32..30).prop_map(|turns| Growth::Bounded { turns: Some(turns) }),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_requests(
        system in prop::collection::vec(part(), 0..5),
        history in growth(),
        message in prop::collection::vec(part(), 0..4),
        turns in 1u32..45,
    ) {
        compare(&App { system, history, message }, &Scenario { turns, ..Scenario::default() });
    }
}
