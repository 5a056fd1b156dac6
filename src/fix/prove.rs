//! The proof of a round: the edited project, looked at anew, differs from the one before by what was declared and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::prompt::Segment;
use crate::model::request::{Growth, Request};
use crate::project::{Language, Project};
use crate::report::{Finding, Owner, OwnerKind};
use crate::rewrite::Delta;
use crate::span::FileId;

use super::{Linted, Lowered};

/// Who a call or prompt is, whatever the bytes before it: the how-manieth of its file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnerKey {
    file: FileId,
    kind: u8,
    ordinal: usize,
}

/// What a finding is, across edits: its rule, its owner and the text that it points at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingKey {
    pub rule: String,
    pub owner: OwnerKey,
    pub text: String,
    /// Whether it shows what is lost beside it: a value that was moved behind all text may still stand before something else.
    pub shows: bool,
}

/// Places of owners in the order of their file.
fn owner_key(owner: &Owner, linted: &Linted) -> OwnerKey {
    let mut starts: Vec<u32> = linted
        .requests
        .iter()
        .filter(|one| one.owner.place.file == owner.place.file && one.owner.kind == owner.kind)
        .map(|one| one.owner.place.span.start)
        .collect();
    starts.sort_unstable();
    starts.dedup();
    let kind = match owner.kind {
        OwnerKind::Call => 0,
        OwnerKind::Prompt => 1,
        OwnerKind::File => 2,
    };
    let ordinal = if owner.kind == OwnerKind::File { 0 } else { starts.partition_point(|start| *start < owner.place.span.start) };
    OwnerKey { file: owner.place.file, kind, ordinal }
}

pub fn finding_key(finding: &Finding, linted: &Linted, project: &Project) -> FindingKey {
    let text = project.source(finding.place.file).map_or("", |source| source.slice(finding.place.span));
    FindingKey {
        rule: finding.rule.clone(),
        owner: owner_key(&finding.owner, linted),
        text: normal(text),
        shows: !finding.labels.is_empty(),
    }
}

/// White space as single blanks.
fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A price may grow by so many input-equivalent tokens: pieces that meet anew may be cut into tokens otherwise.
const SLACK_TOKENS: f64 = 8.0;

/// What the fixes under proof declare, together.
pub struct Claim<'a> {
    /// Findings that are to be gone.
    pub gone: &'a [FindingKey],
    /// What may differ in a request that is written in one of the files edited, by file.
    pub deltas: &'a BTreeMap<FileId, Delta>,
    pub enables: &'a [&'static str],
    pub files: &'a [FileId],
}

impl Claim<'_> {
    /// What may differ in this request: what the fixes of the files declare that it is written in.
    fn delta_of(&self, lowered: &Lowered) -> Delta {
        let written_in = files_of(lowered);
        self.deltas.iter().filter(|(file, _)| written_in.contains(file)).fold(Delta::default(), |all, (_, delta)| all.union(*delta))
    }
}

/// The files in which a request, its history and its slots are written.
fn files_of(lowered: &Lowered) -> BTreeSet<FileId> {
    fn collect(segments: &[Segment], files: &mut BTreeSet<FileId>) {
        for segment in segments {
            match segment {
                Segment::Text(text) => files.extend(text.place.map(|place| place.file)),
                Segment::Slot(slot) => files.extend([slot.place, slot.expr].into_iter().flatten().map(|place| place.file)),
                Segment::Block(block) => {
                    files.extend(block.subject.place.map(|place| place.file));
                    block.arms.iter().for_each(|arm| collect(arm, files));
                }
                Segment::Breakpoint(_) => {}
            }
        }
    }
    let mut files = BTreeSet::from([lowered.owner.place.file]);
    for block in &lowered.request.blocks {
        let grows_at = block.history.as_ref().and_then(|history| history.grows_at);
        files.extend([block.place, grows_at].into_iter().flatten().map(|place| place.file));
        collect(&block.segments, &mut files);
    }
    files
}

/// One reason why a round can't stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub reason: String,
    /// The call or prompt that is not as it should be.
    pub owner: Option<OwnerKey>,
    /// The file in which it stands.
    pub file: FileId,
}

impl Failure {
    fn of(owner: &OwnerKey, reason: impl Into<String>) -> Self {
        Failure { reason: reason.into(), owner: Some(owner.clone()), file: owner.file }
    }

    fn in_file(file: FileId, reason: impl Into<String>) -> Self {
        Failure { reason: reason.into(), owner: None, file }
    }
}

/// Why the round can't stand, the gravest first; `Ok` if it does all that it claims and nothing else.
pub fn prove(before: (&Project, &Linted), after: (&Project, &Linted), claim: &Claim) -> Result<(), Vec<Failure>> {
    let mut failures = unparsed(before.0, after.0, claim.files);
    let (old, new) = (by_owner(before.1), by_owner(after.1));
    for key in new.keys().filter(|key| !old.contains_key(key)) {
        failures.push(Failure::in_file(key.file, "a call or prompt appeared that was not there"));
    }
    failures.extend(findings(before, after, claim));
    for (key, olds) in &old {
        let news = new.get(key).map_or(&[][..], Vec::as_slice);
        if olds.len() != news.len() {
            failures.push(Failure::in_file(key.file, "a call or prompt is gone"));
        }
        for (old, new) in olds.iter().zip(news) {
            failures.extend(no_worse(old, new, claim.delta_of(old)).err().map(|reason| Failure::of(key, reason)));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

/// Whether a request says the same but for the delta, and costs no more.
fn no_worse(old: &Lowered, new: &Lowered, delta: Delta) -> Result<(), String> {
    same(&old.request, &new.request, delta)?;
    // Tokens that are weighed by the prices of one model say nothing beside those of another.
    let is_cheaper = old.usd.zip(new.usd).is_some_and(|(old, new)| new <= old);
    match (old.price, new.price) {
        _ if is_cheaper => Ok(()),
        (Some(old), Some(new)) if new > old + SLACK_TOKENS => {
            Err(format!("the request would cost {new:.0} instead of {old:.0} input-equivalent tokens"))
        }
        (Some(_), None) => Err("the price of the request is no longer known".into()),
        _ => Ok(()),
    }
}

fn by_owner(linted: &Linted) -> BTreeMap<OwnerKey, Vec<&Lowered>> {
    let mut map: BTreeMap<OwnerKey, Vec<&Lowered>> = BTreeMap::new();
    for one in &linted.requests {
        map.entry(owner_key(&one.owner, linted)).or_default().push(one);
    }
    map
}

/// Whether a file may be edited at all: it parses without an error.
pub fn is_clean(project: &Project, file: FileId) -> bool {
    match project.file(file).language {
        Language::Python | Language::JavaScript => project.source(file).is_ok() && project.module(file).errors.is_empty(),
        Language::Jinja => project.template(file).is_ok(),
        Language::Text => project.source(file).is_ok() && project.document(file).is_none_or(|document| document.problem.is_none()),
    }
}

fn unparsed(before: &Project, after: &Project, files: &[FileId]) -> Vec<Failure> {
    let broken = files.iter().filter(|file| is_clean(before, **file) && !is_clean(after, **file));
    broken.map(|file| Failure::in_file(*file, format!("{} would no longer parse", after.file(*file).path))).collect()
}

fn findings(before: (&Project, &Linted), after: (&Project, &Linted), claim: &Claim) -> Vec<Failure> {
    let (old, new) = (count(before), count(after));
    let mut failures = Vec::new();
    for key in claim.gone {
        if new.get(key).copied().unwrap_or(0) >= old.get(key).copied().unwrap_or(0) {
            failures.push(Failure::of(&key.owner, format!("the finding of {} would still be there", key.rule)));
        }
    }
    let per_rule = |counts: &BTreeMap<FindingKey, usize>| {
        let mut sums: BTreeMap<(String, OwnerKey), usize> = BTreeMap::new();
        for (key, count) in counts {
            *sums.entry((key.rule.clone(), key.owner.clone())).or_default() += count;
        }
        sums
    };
    let (old, new) = (per_rule(&old), per_rule(&new));
    for (key, count) in &new {
        if *count > old.get(key).copied().unwrap_or(0) && !claim.enables.contains(&key.0.as_str()) {
            failures.push(Failure::of(&key.1, format!("it would bring a finding of {}", key.0)));
        }
    }
    failures
}

fn count((project, linted): (&Project, &Linted)) -> BTreeMap<FindingKey, usize> {
    let mut counts = BTreeMap::new();
    for finding in &linted.report.findings {
        *counts.entry(finding_key(finding, linted, project)).or_default() += 1;
    }
    counts
}

/// A request taken apart into what must survive.
#[derive(Debug, Default, PartialEq)]
struct Parts {
    /// Lines and sentences with their slots, in their order; white space and limits left out.
    sentences: Vec<String>,
    markers: usize,
    limited: usize,
    /// Histories by how bounded they are.
    growth: Vec<Growth>,
    /// The text since the last end of a block.
    pending: String,
}

/// Stands in front of the name of a slot.
const SLOT: char = '\u{fffc}';

impl Parts {
    fn of(request: &Request) -> Self {
        let mut parts = Parts::default();
        for block in &request.blocks {
            parts.growth.extend(block.history.as_ref().map(|history| history.growth));
            parts.collect(&block.segments);
            parts.flush();
        }
        parts
    }

    fn collect(&mut self, segments: &[Segment]) {
        for segment in segments {
            match segment {
                Segment::Text(text) => self.pending.push_str(&text.text),
                Segment::Slot(slot) => {
                    self.pending.extend([SLOT]);
                    self.pending.push_str(unsliced(&slot.name));
                    self.pending.extend([SLOT]);
                    self.limited += slot.limited as usize;
                }
                Segment::Block(block) => {
                    self.flush();
                    self.sentences.push(format!("{SLOT}block {}", unsliced(&block.subject.name)));
                    self.limited += block.subject.limited as usize;
                    for arm in &block.arms {
                        self.collect(arm);
                        self.flush();
                        self.sentences.push(format!("{SLOT}end"));
                    }
                }
                Segment::Breakpoint(_) => self.markers += 1,
            }
        }
    }

    /// Cuts the text into lines, and those behind full stops: no rewrite moves less than a sentence.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.pending);
        for line in text.lines() {
            let mut sentence = String::new();
            for word in line.split_whitespace() {
                if !sentence.is_empty() {
                    sentence.push(' ');
                }
                sentence.push_str(word);
                if word.ends_with(['.', '!', '?']) {
                    self.sentences.push(std::mem::take(&mut sentence));
                }
            }
            if !sentence.is_empty() {
                self.sentences.push(sentence);
            }
        }
    }
}

/// The name of a value without a slice or a pair of brackets around it, which a limit may have added.
fn unsliced(name: &str) -> &str {
    let name = name.trim();
    let in_brackets = || name.strip_suffix(']')?.rsplit_once('[').filter(|(_, slice)| slice.contains(':')).map(|(base, _)| base);
    let by_method = || {
        let (base, bounds) = name.strip_suffix(')')?.rsplit_once(".slice(0, ")?;
        (!bounds.is_empty() && bounds.chars().all(|c| c.is_ascii_digit())).then_some(base.strip_suffix('?').unwrap_or(base))
    };
    match in_brackets().or_else(by_method).map(str::trim) {
        Some(base) => base.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(base),
        None => name,
    }
}

/// Whether two requests are equal but for the delta.
pub fn same(before: &Request, after: &Request, delta: Delta) -> Result<(), String> {
    let (mut old, mut new) = (Parts::of(before), Parts::of(after));
    if after.open && !before.open {
        return Err("part of the request could no longer be followed".into());
    }
    if delta.moves {
        old.sentences.sort_unstable();
        new.sentences.sort_unstable();
    }
    if !delta.removes && old.sentences != new.sentences {
        let lost = old.sentences.iter().find(|sentence| !new.sentences.contains(sentence));
        let changed = lost.or_else(|| new.sentences.iter().find(|sentence| !old.sentences.contains(sentence)));
        let named = changed.map(|sentence| format!(" at `{}`", sentence.replace(SLOT, "").chars().take(60).collect::<String>()));
        return Err(format!("the text of the prompt would change{}", named.unwrap_or_default()));
    }
    if !delta.inserts && new.markers > old.markers || !delta.unmarks && new.markers < old.markers {
        return Err("cache markers would change".into());
    }
    if if delta.bounds { new.limited < old.limited } else { new.limited != old.limited } {
        return Err("limits of values would change".into());
    }
    let weaker = |(old, new): (&Growth, &Growth)| match delta.bounds {
        true => old != new && matches!(new, Growth::Unbounded | Growth::Unknown),
        false => old != new,
    };
    if old.growth.len() != new.growth.len() || old.growth.iter().zip(&new.growth).any(weaker) {
        return Err("the replayed history would change".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::testing::*;

    const MOVES: Delta = Delta { moves: true, ..Delta::NOTHING };
    const BOUNDS: Delta = Delta { bounds: true, ..Delta::NOTHING };

    fn request(text: &str) -> Request {
        lowered(&jinja(text))
    }

    #[test]
    fn a_move_keeps_every_sentence_whole() {
        let before = request("It is {{ now }}. Be kind.\nBe brief!\n");
        assert_eq!(same(&before, &request("Be kind.\nBe brief!\nIt is {{ now }}.\n"), MOVES), Ok(()));
        assert!(same(&before, &request("Be kind.\nBe brief!\nIt is {{ now }}.\n"), Delta::default()).is_err());
        assert!(same(&before, &request("Be brief.\nBe kind!\nIt is {{ now }}.\n"), MOVES).is_err());
        assert!(same(&before, &request("Be kind.\nBe brief!\nIt is .\n{{ now }}\n"), MOVES).is_err());
        assert!(same(&before, &request("Be kind.\nBe brief!\n"), MOVES).is_err());
    }

    #[test]
    fn white_space_may_differ_and_words_may_not() {
        let before = request("Be kind.\nBe brief.\n");
        assert_eq!(same(&before, &request("Be  kind.\n\nBe brief."), Delta::default()), Ok(()));
        assert!(same(&before, &request("Be kind. Be very brief."), Delta::default()).is_err());
    }

    #[test]
    fn a_limit_changes_the_slot_and_nothing_else() {
        let before = request("{{ doc }}\n");
        let mut after = request("{{ doc }}\n");
        let Some(Segment::Slot(slot)) = after.blocks[0].segments.first_mut() else { panic!() };
        slot.limited = true;
        slot.name = "doc[:8000]".into();
        assert_eq!(same(&before, &after, BOUNDS), Ok(()));
        assert!(same(&before, &after, MOVES).is_err());
        assert!(same(&after, &before, BOUNDS).is_err());
    }

    #[test]
    fn a_request_must_not_open() {
        let before = request("Be kind.\n");
        let after = Request { open: true, ..before.clone() };
        assert!(same(&before, &after, BOUNDS).is_err());
    }

    #[test]
    fn names_without_their_limit() {
        assert_eq!(unsliced("doc[:8000]"), "doc");
        assert_eq!(unsliced("(a + doc)[:8000]"), "a + doc");
        assert_eq!(unsliced("docs[0]"), "docs[0]");
        assert_eq!(unsliced("page.text.slice(0, 8000)"), "page.text");
        assert_eq!(unsliced("doc?.slice(0, 8000)"), "doc");
        assert_eq!(unsliced("(title + doc).slice(0, 8000)"), "title + doc");
        assert_eq!(unsliced("doc.slice(0, limit)"), "doc.slice(0, limit)");
    }
}
