//! The proof of a round: the edited project, looked at anew, differs from the one before by what was declared and nothing else.

use std::collections::BTreeMap;

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
    FindingKey { rule: finding.rule.clone(), owner: owner_key(&finding.owner, linted), text: normal(text) }
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
    pub delta: Delta,
    pub enables: &'a [&'static str],
    pub files: &'a [FileId],
}

/// Why the round can't stand; `Ok` if it does all that it claims and nothing else.
pub fn prove(before: (&Project, &Linted), after: (&Project, &Linted), claim: &Claim) -> Result<(), String> {
    parses(before.0, after.0, claim.files)?;
    findings(before, after, claim)?;
    let (old, new) = (by_owner(before.1), by_owner(after.1));
    for (key, olds) in &old {
        let news = new.get(key).ok_or("a call or prompt is gone")?;
        if olds.len() != news.len() {
            return Err("a call or prompt is gone".into());
        }
        for (old, new) in olds.iter().zip(news) {
            same(&old.request, &new.request, claim.delta)?;
            if let (Some(old), Some(new)) = (old.price, new.price)
                && new > old + SLACK_TOKENS
            {
                return Err(format!("the request would cost {new:.0} instead of {old:.0} input-equivalent tokens"));
            }
            if old.price.is_some() && new.price.is_none() {
                return Err("the price of the request is no longer known".into());
            }
        }
    }
    if new.len() > old.len() {
        return Err("a call or prompt appeared that was not there".into());
    }
    Ok(())
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
        Language::Python => project.source(file).is_ok() && project.module(file).errors.is_empty(),
        Language::Jinja => project.template(file).is_ok(),
        Language::Text => project.source(file).is_ok(),
    }
}

fn parses(before: &Project, after: &Project, files: &[FileId]) -> Result<(), String> {
    match files.iter().find(|file| is_clean(before, **file) && !is_clean(after, **file)) {
        Some(file) => Err(format!("{} would no longer parse", after.file(*file).path)),
        None => Ok(()),
    }
}

fn findings(before: (&Project, &Linted), after: (&Project, &Linted), claim: &Claim) -> Result<(), String> {
    let (old, new) = (count(before), count(after));
    for key in claim.gone {
        if new.get(key).copied().unwrap_or(0) >= old.get(key).copied().unwrap_or(0) {
            return Err(format!("the finding of {} would still be there", key.rule));
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
            return Err(format!("it would bring a finding of {}", key.0));
        }
    }
    Ok(())
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
    /// Words and slots in their order, white space and limits left out.
    sequence: Vec<String>,
    markers: usize,
    limited: usize,
    /// Histories by how bounded they are.
    growth: Vec<Growth>,
}

fn parts(request: &Request) -> Parts {
    let mut parts = Parts::default();
    for block in &request.blocks {
        if let Some(history) = &block.history {
            parts.growth.push(history.growth);
        }
        collect(&block.segments, &mut parts);
    }
    parts
}

fn collect(segments: &[Segment], parts: &mut Parts) {
    for segment in segments {
        match segment {
            Segment::Text(text) => parts.sequence.extend(text.text.split_whitespace().map(str::to_string)),
            Segment::Slot(slot) => {
                parts.sequence.push(format!("\u{fffc}{}", unsliced(&slot.name)));
                parts.limited += slot.limited as usize;
            }
            Segment::Block(block) => {
                parts.sequence.push(format!("\u{fffc}block {}", unsliced(&block.subject.name)));
                parts.limited += block.subject.limited as usize;
                for arm in &block.arms {
                    collect(arm, parts);
                    parts.sequence.push("\u{fffc}end".into());
                }
            }
            Segment::Breakpoint(_) => parts.markers += 1,
        }
    }
}

/// The name of a value without a slice or a pair of brackets around it, which a limit may have added.
fn unsliced(name: &str) -> &str {
    let name = name.trim();
    match name.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
        Some((base, slice)) if slice.contains(':') => {
            let base = base.trim();
            base.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(base)
        }
        _ => name,
    }
}

/// Whether two requests are equal but for the delta.
pub fn same(before: &Request, after: &Request, delta: Delta) -> Result<(), String> {
    let (mut old, mut new) = (parts(before), parts(after));
    if after.open && !before.open {
        return Err("part of the request could no longer be followed".into());
    }
    if delta.moves {
        old.sequence.sort_unstable();
        new.sequence.sort_unstable();
    }
    if !delta.removes && old.sequence != new.sequence {
        let lost = old.sequence.iter().find(|word| !new.sequence.contains(word));
        let word = lost.or_else(|| new.sequence.iter().find(|word| !old.sequence.contains(word)));
        let named = word.map(|word| format!(" at `{}`", word.trim_start_matches('\u{fffc}')));
        return Err(format!("the text of the prompt would change{}", named.unwrap_or_default()));
    }
    if if delta.inserts { new.markers < old.markers } else { new.markers != old.markers } {
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
