//! Tests of the engine over a stand-in for the linter: lines of a text file are prompts, and words in them are leaks.

use std::cell::Cell;

use super::*;
use crate::model::prompt::{Confidence, Role, Segment, SizeClass, Slot, Volatility};
use crate::model::request::{Block, BlockRole};
use crate::project::FileEntry;
use crate::report::{OwnerKind, Severity};
use crate::source::Source;
use crate::span::Span;

/// Each line is a prompt. `BAD` is a finding whose fix writes ` ok` behind it, which hides it.
#[derive(Default)]
struct Lines {
    /// What the fix of a line inserts, by a word on that line.
    inserts: Vec<(&'static str, &'static str)>,
    applicability: Option<Applicability>,
    /// A line with this word brings a finding of this rule, once the fix is there.
    brings: Option<(&'static str, &'static str)>,
    looks: Cell<usize>,
}

impl Engine for Lines {
    fn lint(&self, project: &Project) -> Linted {
        self.looks.set(self.looks.get() + 1);
        let mut linted = Linted::default();
        for file in project.ids() {
            let text = project.text(file);
            let mut at = 0;
            for line in text.split_inclusive('\n') {
                let place = Place::new(file, Span::new(at, at + line.trim_end().len()));
                let owner = Owner { kind: OwnerKind::Prompt, place };
                linted.requests.push(self.lower(line, owner.clone()));
                self.find(line, at, owner, &mut linted.report);
                at += line.len();
            }
        }
        linted
    }

    fn rewrite_of(&self, rule: &str) -> Option<&str> {
        match rule {
            "test/bad" => Some("add-argument"),
            "test/move" => Some("move-behind-static"),
            // Moves, and says that it inserts.
            "test/sly" => Some("add-argument"),
            _ => None,
        }
    }
}

impl Lines {
    fn lower(&self, line: &str, owner: Owner) -> Lowered {
        // What a fix inserts is markup, not text, unless it says `word`.
        let kept: Vec<&str> = line.split_whitespace().filter(|word| !["ok", "dear"].contains(word)).collect();
        // Each word is a line of the prompt, and may be moved.
        let mut segments = vec![Segment::text(&kept.join("\n"))];
        if let Some(name) = line.split_whitespace().find_map(|word| word.strip_prefix('$')) {
            segments.push(Segment::Slot(Box::new(slot(name))));
        }
        let block = Block { kind: BlockRole::System, role: Role::System, segments, history: None, place: None };
        let price = if line.contains("dear") { 500.0 } else { 100.0 };
        Lowered { owner, request: Request { blocks: vec![block], open: false }, price: Some(price), usd: None }
    }

    fn find(&self, line: &str, at: usize, owner: Owner, report: &mut Report) {
        let finding = |rule: &str, from: usize, word: &str, fix: Option<Fix>| Finding {
            rule: rule.into(),
            severity: Severity::Warning,
            confidence: Confidence::High,
            place: Place::new(owner.place.file, Span::new(at + from, at + from + word.len())),
            owner: owner.clone(),
            message: String::new(),
            help: String::new(),
            why: String::new(),
            labels: Vec::new(),
            related: Vec::new(),
            saving: None,
            fix,
        };
        for (from, word) in line.match_indices("BAD").filter(|(from, word)| !line[from + word.len()..].starts_with(" ok")) {
            let insert = self.inserts.iter().find(|(word, _)| line.contains(word)).map_or(" ok", |(_, insert)| insert);
            let end = at + from + word.len();
            let edit = Edit { file: owner.place.file, span: Span::new(end, end), text: insert.into() };
            let applicability = self.applicability.unwrap_or(Applicability::Safe);
            let fix = Fix { applicability, title: "Say ok".into(), edits: vec![edit] };
            report.findings.push(finding("test/bad", from, word, Some(fix)));
        }
        let moving = [("SWAP ", "test/move"), ("SLY ", "test/sly")];
        for (rule, (from, word)) in moving.iter().flat_map(|(word, rule)| line.match_indices(word).map(move |found| (rule, found))) {
            let rest = line[from + word.len()..].trim_end();
            let span = Span::new(at + from, at + from + word.len() + rest.len());
            let edit = Edit { file: owner.place.file, span, text: format!("{rest} {}", word.trim_end()) };
            let fix = Fix { applicability: Applicability::Safe, title: "Swap".into(), edits: vec![edit] };
            report.findings.push(finding(rule, from, word, Some(fix)));
        }
        if let Some((word, rule)) = self.brings
            && let Some(from) = line.find(word)
            && line.contains("ok")
        {
            report.findings.push(finding(rule, from, word, None));
        }
    }
}

fn slot(name: &str) -> Slot {
    Slot {
        name: name.into(),
        place: None,
        expr: None,
        volatility: Some(Volatility::Turn),
        size: SizeClass::Scalar,
        limited: false,
        growth: None,
        confidence: Confidence::High,
        size_confidence: Confidence::High,
        reason: "".into(),
    }
}

fn run(engine: &Lines, text: &str) -> Patch {
    fix(Project::in_memory([("a.txt", text)]), engine, FixLevel::Safe, false)
}

fn text_of(patch: &Patch) -> &str {
    patch.texts.get(&FileId(0)).map_or("", String::as_str)
}

#[test]
fn fixes_all_that_can_be_proved_and_is_done_then() {
    let engine = Lines::default();
    let patch = run(&engine, "one BAD\ntwo\nthree BAD $x and BAD\n");
    assert_eq!(text_of(&patch), "one BAD ok\ntwo\nthree BAD ok $x and BAD ok\n");
    assert_eq!(patch.applied.len(), 3);
    assert_eq!((patch.dropped.len(), patch.report.findings.len()), (0, 0));
    let again = fix(patch.project, &engine, FixLevel::Unsafe, true);
    assert!(again.texts.is_empty() && again.applied.is_empty());
}

#[test]
fn what_fails_is_dropped_alone() {
    for (insert, reason) in [
        (" no", "still be there"),
        (" ok dear", "would cost 500 instead of 100"),
        (" ok\nnew", "appeared"),
        (" ok word", "would change at `word`"),
    ] {
        let engine = Lines { inserts: vec![("guilty", insert)], ..Lines::default() };
        let patch = run(&engine, "a BAD\nb BAD\nguilty BAD\nc BAD\nd BAD\n");
        assert_eq!(text_of(&patch), "a BAD ok\nb BAD ok\nguilty BAD\nc BAD ok\nd BAD ok\n", "{insert}");
        let [dropped] = &patch.dropped[..] else { panic!("{:?}", patch.dropped) };
        assert_eq!((dropped.rule.as_str(), dropped.path.as_str()), ("test/bad", "a.txt"));
        assert!(dropped.reason.contains(reason), "{}", dropped.reason);
        assert_eq!(patch.report.findings.len(), 1);
    }
}

#[test]
fn one_guilty_fix_costs_few_looks() {
    let engine = Lines { inserts: vec![("guilty", " no")], ..Lines::default() };
    let text: String = (0..40).map(|at| if at == 23 { "guilty BAD\n".into() } else { format!("{at} BAD\n") }).collect();
    let patch = run(&engine, &text);
    assert_eq!((patch.applied.len(), patch.dropped.len()), (39, 1));
    // As it is, all, all but the guilty one, that one on top.
    assert_eq!(engine.looks.get(), 4);
}

#[test]
fn what_one_fix_declares_covers_no_request_of_another_file() {
    let project = Project::in_memory([("a.txt", "SWAP b c\n"), ("b.txt", "SLY b c\n")]);
    let patch = fix(project, &Lines::default(), FixLevel::Safe, false);
    assert_eq!(patch.texts.get(&FileId(0)).map(String::as_str), Some("b c SWAP\n"));
    assert_eq!(patch.texts.get(&FileId(1)), None, "{:?}", patch.dropped);
}

#[test]
fn a_finding_that_stays_is_no_success() {
    let engine = Lines { inserts: vec![("a", "")], ..Lines::default() };
    let patch = run(&engine, "a BAD\n");
    assert!(patch.texts.is_empty());
    assert!(patch.dropped[0].reason.contains("still be there"), "{}", patch.dropped[0].reason);
}

#[test]
fn a_new_finding_is_only_taken_from_rules_that_were_announced() {
    let engine = Lines { brings: Some(("hidden", "test/other")), ..Lines::default() };
    let patch = run(&engine, "hidden BAD\nplain BAD\n");
    assert_eq!(text_of(&patch), "hidden BAD\nplain BAD ok\n");
    assert!(patch.dropped[0].reason.contains("test/other"));
    let engine = Lines { brings: Some(("ok", "cache/missing-breakpoint")), ..Lines::default() };
    let patch = run(&engine, "SWAP ok\n");
    assert_eq!(text_of(&patch), "ok SWAP\n");
}

#[test]
fn a_move_may_change_the_order_and_an_insertion_may_not() {
    let patch = run(&Lines::default(), "SWAP b c\n");
    assert_eq!(text_of(&patch), "b c SWAP\n");
}

#[test]
fn levels() {
    for (applicability, safe, risky) in [(Applicability::Safe, 1, 1), (Applicability::Unsafe, 0, 1), (Applicability::Advice, 0, 0)] {
        let engine = Lines { applicability: Some(applicability), ..Lines::default() };
        let project = || Project::in_memory([("a.txt", "a BAD\n")]);
        assert_eq!(fix(project(), &engine, FixLevel::Safe, false).applied.len(), safe);
        assert_eq!(fix(project(), &engine, FixLevel::Unsafe, false).applied.len(), risky);
    }
}

#[test]
fn an_edit_in_a_comment_is_unsafe() {
    let project = || Project::in_memory([("a.py", "x = 1  # BAD word\n")]);
    let engine = Lines::default();
    assert!(fix(project(), &engine, FixLevel::Safe, false).applied.is_empty());
    assert_eq!(fix(project(), &engine, FixLevel::Unsafe, false).applied.len(), 1);
}

#[test]
fn a_file_that_does_not_parse_is_not_edited() {
    let project = Project::in_memory([("a.py", "x = (\ny = 'BAD'\n")]);
    let patch = fix(project, &Lines::default(), FixLevel::Unsafe, true);
    assert!(patch.texts.is_empty() && patch.dropped.is_empty());
}

#[test]
fn a_file_must_still_parse() {
    let engine = Lines { inserts: vec![("a", " ok ( ok")], ..Lines::default() };
    let patch = fix(Project::in_memory([("a.py", "a = BAD\nb = BAD, ok\n")]), &engine, FixLevel::Safe, false);
    assert!(patch.texts.is_empty(), "{:?}", patch.texts);
    assert!(patch.dropped.iter().all(|dropped| dropped.reason.contains("parse")), "{:?}", patch.dropped);
}

#[test]
fn files_that_were_not_asked_for_are_only_offered() {
    let project = || {
        let entry = |path: &str, target| FileEntry { key: path.into(), path: path.into(), file: None, language: Language::Text, target };
        let project = Project::new(vec![entry("a.txt", true), entry("b.txt", false)]);
        for (at, file) in project.files.iter().enumerate() {
            let _ = file.source.set(Ok(Source::new(file.path.clone(), format!("{at} BAD\n"))));
        }
        project
    };
    let patch = fix(project(), &Lines::default(), FixLevel::Safe, false);
    assert_eq!(patch.texts.keys().copied().collect::<Vec<_>>(), [FileId(0)]);
    assert_eq!(patch.offered.len(), 1);
    let patch = fix(project(), &Lines::default(), FixLevel::Safe, true);
    assert_eq!(patch.texts.len(), 2);
}

#[test]
fn line_breaks_and_the_byte_order_mark_survive() {
    let patch = run(&Lines::default(), "\u{feff}é BAD\r\n\ttwo 😀 BAD\r\n");
    assert_eq!(text_of(&patch), "é BAD ok\r\n\ttwo 😀 BAD ok\r\n");
    assert!(patch.project.source(FileId(0)).unwrap().has_bom);
}

#[test]
fn touching_fixes_wait_for_the_next_round() {
    // The insertion stands where the moved text ends.
    let patch = run(&Lines::default(), "SWAP x BAD\n");
    assert_eq!(text_of(&patch), "x BAD ok SWAP\n");
    assert_eq!(patch.applied.iter().map(|fix| fix.round).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_fix_that_never_ends_stops() {
    // Each fix makes room for the next finding: the number of findings never falls.
    let engine = Lines { inserts: vec![("a", " ok BAD")], ..Lines::default() };
    let patch = run(&engine, "a BAD\n");
    assert!(patch.texts.is_empty());
    assert!(engine.looks.get() <= 3);
}

mod generated {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_second_run_changes_nothing(words in proptest::collection::vec("(BAD|SWAP b|guilty|x|\\$n|é😀|\n|\r\n)", 0..24)) {
            let engine = Lines { inserts: vec![("guilty", " no")], ..Lines::default() };
            let text = words.join(" ");
            let first = run(&engine, &text);
            let again = run(&engine, if first.texts.is_empty() { &text } else { text_of(&first) });
            prop_assert!(again.texts.is_empty(), "{:?} then {:?}", first.texts, again.texts);
        }
    }
}
