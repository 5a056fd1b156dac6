//! Known facts of caching, priced.

use crate::catalogue::{Catalogue, Model};
use crate::model::prompt::{BlockKind, BlockSegment, Breakpoint, Confidence, Role, Segment, SizeClass, Slot, Volatility};
use crate::model::request::{Block, BlockRole, Growth, HistoryBlock, Request};

use super::*;

const ANTHROPIC: &str = "claude-sonnet-4-5";

fn model(id: &str) -> &'static Model {
    Catalogue::builtin().models.find(id).unwrap()
}

/// So many tokens of o200k_base (more in an estimate).
fn text(tokens: usize) -> Segment {
    Segment::text(&" the".repeat(tokens))
}

fn slot(volatility: Option<Volatility>, size: SizeClass) -> Segment {
    Segment::Slot(Box::new(Slot {
        name: "value".into(),
        place: None,
        expr: None,
        volatility,
        size,
        limited: false,
        growth: None,
        size_confidence: Confidence::High,
        confidence: Confidence::Medium,
        reason: "a test".into(),
    }))
}

fn marker(ttl: Option<&str>) -> Segment {
    Segment::Breakpoint(Breakpoint { place: None, ttl: ttl.map(Into::into) })
}

fn block(kind: BlockRole, segments: Vec<Segment>) -> Block {
    Block { kind, role: Role::System, segments, history: None, place: None }
}

fn history(growth: Growth) -> Block {
    let history = HistoryBlock { growth, confidence: Confidence::High, ..HistoryBlock::unknown() };
    Block { kind: BlockRole::Message, role: Role::Unknown, segments: Vec::new(), history: Some(history), place: None }
}

fn system(segments: Vec<Segment>) -> Request {
    Request { blocks: vec![block(BlockRole::System, segments)], open: false }
}

fn once() -> Scenario {
    Scenario { turns: 1, output_tokens: 0, ..Scenario::default() }
}

#[test]
fn a_marker_used_once_costs_a_quarter_more_and_the_long_one_twice() {
    let bare = price(&system(vec![text(3000)]), Some(model(ANTHROPIC)), &once());
    let marked = price(&system(vec![text(3000), marker(None)]), Some(model(ANTHROPIC)), &once());
    let long = price(&system(vec![text(3000), marker(Some("1h"))]), Some(model(ANTHROPIC)), &once());
    assert!((marked.input_equivalent / bare.input_equivalent - 1.25).abs() < 1e-9);
    assert!((long.input_equivalent / bare.input_equivalent - 2.0).abs() < 1e-9);
}

#[test]
fn a_marker_pays_from_the_second_use_and_the_long_one_from_the_third() {
    for (ttl, pays_from) in [(None, 2), (Some("1h"), 3)] {
        for turns in 1..6 {
            let scenario = Scenario { turns, output_tokens: 0, ..Scenario::default() };
            let bare = price(&system(vec![text(3000)]), Some(model(ANTHROPIC)), &scenario).input_equivalent;
            let marked = price(&system(vec![text(3000), marker(ttl)]), Some(model(ANTHROPIC)), &scenario).input_equivalent;
            assert_eq!(marked < bare, turns >= pays_from, "{ttl:?} {turns}");
        }
    }
}

#[test]
fn a_clock_first_makes_a_marker_a_loss() {
    let clock = || slot(Some(Volatility::Request), SizeClass::Scalar);
    let scenario = Scenario { output_tokens: 0, ..Scenario::default() };
    let priced = |segments| price(&system(segments), Some(model(ANTHROPIC)), &scenario);
    let lost = priced(vec![clock(), text(3000), marker(None)]);
    let mended = priced(vec![text(3000), marker(None), clock()]);
    assert_eq!(lost.read, 0.0);
    assert!((lost.input_equivalent / lost.raw_input - 1.25).abs() < 1e-9);
    assert!(mended.input_equivalent < 0.2 * mended.raw_input);
    // A date stays as long as the scenario lasts.
    assert!(priced(vec![slot(Some(Volatility::Period), SizeClass::Scalar), text(3000), marker(None)]).read > 0.0);
}

#[test]
fn a_prefix_below_the_minimum_is_neither_written_nor_read() {
    let priced = price(&system(vec![text(300), marker(None)]), Some(model(ANTHROPIC)), &Scenario::default());
    assert_eq!((priced.written, priced.read), (0.0, 0.0));
}

#[test]
fn automatic_caches_serve_steps_and_write_free() {
    let request = system(vec![text(1500), slot(Some(Volatility::Request), SizeClass::Unknown)]);
    let scenario = Scenario { turns: 2, output_tokens: 0, ..Scenario::default() };
    let priced = price(&request, Some(model("gpt-4o")), &scenario);
    // 1,500 tokens are shared; eleven steps of 128 are served to the second request, at half the price.
    assert_eq!(priced.read * 2.0, 1408.0);
    assert!((priced.input_equivalent * 2.0 - (2.0 * 1560.0 - 0.5 * 1408.0)).abs() < 1e-6);
    assert!(priced.assumed && !priced.exact);
    // GPT-5.6 bills the write.
    let once = price(&request, Some(model("gpt-5.6-sol")), &once());
    assert!((once.input_equivalent / once.raw_input - 1.25).abs() < 1e-9);
}

#[test]
fn a_user_stays_in_a_conversation_and_changes_without_one() {
    let user = || slot(Some(Volatility::User), SizeClass::Scalar);
    let alone = system(vec![user(), text(3000), marker(None)]);
    let mut conversation = alone.clone();
    conversation.blocks.push(history(Growth::Unbounded));
    assert_eq!(price(&alone, Some(model(ANTHROPIC)), &Scenario::default()).read, 0.0);
    assert!(price(&conversation, Some(model(ANTHROPIC)), &Scenario::default()).read > 3000.0);
    let sizes = Sizes::default();
    assert_eq!(prefix_tokens(&alone, "o200k_base", &sizes).tokens, 0);
    assert_eq!(prefix_tokens(&conversation, "o200k_base", &sizes).tokens, 3008);
    assert_eq!(constant_prefix_tokens(&conversation, "o200k_base", &sizes).tokens, 0);
    assert_eq!(static_tokens(&conversation, "o200k_base"), Count { tokens: 3000, exact: true, band: 0.0 });
}

#[test]
fn windows_against_the_cache() {
    let priced = |growth| {
        let mut request = system(vec![text(2000)]);
        request.blocks.push(history(growth));
        request.blocks.push(block(BlockRole::Message, vec![slot(Some(Volatility::Request), SizeClass::Unknown)]));
        price(&request, Some(model("gpt-5.4")), &Scenario { turns: 60, ..Scenario::default() })
    };
    let all = priced(Growth::Unbounded);
    let sliding = priced(Growth::Sliding { turns: Some(20) });
    let blocks = priced(Growth::Bounded { turns: Some(20) });
    assert!(sliding.raw_input < all.raw_input && blocks.raw_input < all.raw_input);
    assert!(blocks.input_equivalent < sliding.input_equivalent, "eviction in blocks keeps the cache");
}

#[test]
fn a_marker_on_the_last_message_of_a_growing_conversation_is_read_on_the_next_turn() {
    let mut request = system(vec![text(2000)]);
    request.blocks.push(history(Growth::Unbounded));
    request.blocks.push(block(BlockRole::Message, vec![slot(Some(Volatility::Request), SizeClass::Unknown), marker(None)]));
    let priced = price(&request, Some(model(ANTHROPIC)), &Scenario::default());
    assert!(priced.read > 0.9 * priced.raw_input - 400.0 && priced.read > priced.written * 5.0);
}

#[test]
fn best_effort_is_worth_its_rate() {
    let request = system(vec![text(3000)]);
    let id = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    let never = price(&request, Some(model(id)), &Scenario::default());
    let often = price(&request, Some(model(id)), &Scenario { implicit_hit_rate: 0.5, ..Scenario::default() });
    assert_eq!(never.read, 0.0);
    assert!((often.read / often.raw_input - 0.5 * 39.0 / 40.0).abs() < 1e-9);
}

#[test]
fn nothing_is_made_up_for_an_unknown_model() {
    let priced = price(&system(vec![text(3000), marker(None)]), None, &Scenario::default());
    assert_eq!((priced.usd, priced.price_as_of.clone(), priced.read, priced.written), (None, None, 0.0, 0.0));
    assert!(priced.assumed && !priced.exact && priced.band > 0.0);
    assert_eq!(priced.input_equivalent, priced.raw_input);
    // Nova's write price is not published: it is priced as plain input, and the result is not exact.
    let nova = price(&system(vec![text(3000), marker(None)]), Some(model("amazon.nova-lite-v1:0")), &once());
    assert!(!nova.exact && (nova.input_equivalent - nova.raw_input).abs() < 1e-9);
}

#[test]
fn dollars() {
    let request = system(vec![text(1000)]);
    let priced = price(&request, Some(model("gpt-4o")), &Scenario { turns: 1, output_tokens: 100, ..Scenario::default() });
    // 1,000 tokens at 2.50 and 100 at 10 dollars a million.
    assert!((priced.usd.unwrap() - 0.0035).abs() < 1e-12);
    assert!(priced.exact && !priced.assumed);
    assert_eq!(priced.price_as_of.as_deref(), Some("2026-11-22"));
}

fn nested(kind: BlockKind, subject: (Volatility, SizeClass), arms: Vec<Vec<Segment>>) -> Segment {
    let Segment::Slot(subject) = slot(Some(subject.0), subject.1) else { unreachable!("a slot was made") };
    Segment::Block(Box::new(BlockSegment { kind, place: None, arms, subject: *subject }))
}

#[test]
fn loops_and_branches() {
    let raw = |segments| price(&system(segments), Some(model("gpt-4o")), &once()).raw_input;
    let list = (Volatility::Request, SizeClass::List);
    let flag = (Volatility::User, SizeClass::Scalar);
    assert_eq!(raw(vec![nested(BlockKind::Loop, list, vec![vec![text(10)]])]), 50.0);
    assert_eq!(raw(vec![nested(BlockKind::Branch, flag, vec![vec![text(10)], vec![text(30)], vec![]])]), 30.0);
    // Retrieved pieces come to the assumed size together.
    let found = (Volatility::Request, SizeClass::Retrieval);
    let piece = || slot(Some(Volatility::Request), SizeClass::Unknown);
    assert_eq!(raw(vec![nested(BlockKind::Loop, found, vec![vec![piece()]])]), 1500.0);
    // A loop over the history sends each turn again.
    let turns = nested(BlockKind::Loop, (Volatility::Turn, SizeClass::History), vec![vec![text(3), piece()]]);
    let scenario = Scenario { turns: 3, ..Scenario::default() };
    assert_eq!(price(&system(vec![turns]), Some(model("gpt-4o")), &scenario).raw_input, 180.0);
    // What a branch tests breaks the prefix for all that stands in it.
    let branching = system(vec![text(40), nested(BlockKind::Branch, flag, vec![vec![text(9)]]), text(50)]);
    assert_eq!(prefix_tokens(&branching, "o200k_base", &Sizes::default()).tokens, 40);
    assert_eq!(static_tokens(&branching, "o200k_base").tokens, 99);
}
