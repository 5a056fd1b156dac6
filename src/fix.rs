//! The fix engine: selects fixes, makes them on a copy, proves each, and goes on until nothing is left to be done.
//!
//! It knows nothing of languages, rules or prices: it asks an [`Engine`] to look at a project, makes edits, asks again
//! and compares. What can't be proved is dropped alone and reported, and never written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::prompt::Segment;
use crate::model::request::Request;
use crate::project::{Language, Project};
use crate::report::{Applicability, Edit, Finding, Fix, Owner, Report};
use crate::rewrite::{self, Declaration, Delta};
use crate::span::{FileId, Place};

use apply::{clash, overlaps};
use prove::{Claim, Failure, FindingKey, finding_key, is_clean, prove};

pub mod apply;
pub mod prove;
#[cfg(test)]
mod tests;

/// Rounds after which the engine stops, whatever is left.
pub const MAX_ROUNDS: usize = 10;

/// What looks at a project: the linter, or a stand-in in tests.
pub trait Engine {
    /// Findings of the project, and every request that it sends with its price.
    fn lint(&self, project: &Project) -> Linted;

    /// The name of the rewrite that a rule asks for.
    fn rewrite_of(&self, rule: &str) -> Option<&str>;
}

/// A project as it was seen once.
#[derive(Clone, Debug, Default)]
pub struct Linted {
    pub report: Report,
    /// Of every call and of every prompt that no call is known to send, in the order of files and places.
    pub requests: Vec<Lowered>,
}

/// The request of one call or prompt.
#[derive(Clone, Debug)]
pub struct Lowered {
    pub owner: Owner,
    pub request: Request,
    /// Of one request over the standard scenario, in input-equivalent tokens; `None` if it is not known.
    pub price: Option<f64>,
    /// The same in USD, if the price of the model is known: what tells where a fix names another model.
    pub usd: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixLevel {
    Safe,
    Unsafe,
}

/// What a run of the engine comes to.
#[derive(Debug)]
pub struct Patch {
    /// The whole new text of each file that changes, without its byte order mark.
    pub texts: BTreeMap<FileId, String>,
    pub applied: Vec<AppliedFix>,
    /// Fixes that could not be proved: defects of ours.
    pub dropped: Vec<DroppedFix>,
    /// Fixes that would change files which were not asked for.
    pub offered: Vec<AppliedFix>,
    /// What remains.
    pub report: Report,
    /// The project with the new texts.
    pub project: Project,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AppliedFix {
    pub rule: String,
    pub title: String,
    pub applicability: Applicability,
    /// Where the finding was, in the text of the round in which it was fixed.
    pub place: Place,
    /// 1 for the first.
    pub round: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DroppedFix {
    pub rule: String,
    /// In the text of the round in which it was tried.
    pub place: Place,
    pub path: String,
    pub reason: String,
}

/// A fix under consideration; several findings may ask for the very same edits.
#[derive(Clone, Debug)]
struct Candidate {
    rule: String,
    place: Place,
    fix: Fix,
    gone: Vec<FindingKey>,
    declaration: &'static Declaration,
}

/// Fixes all that the level allows. With `outside`, files that were not asked for are edited too.
pub fn fix(project: Project, engine: &dyn Engine, level: FixLevel, outside: bool) -> Patch {
    let mut run = Run {
        linted: engine.lint(&project),
        project,
        engine,
        level,
        outside,
        applied: Vec::new(),
        dropped: Vec::new(),
        offered: Vec::new(),
        tried: BTreeSet::new(),
        texts: BTreeMap::new(),
    };
    for round in 1..=MAX_ROUNDS {
        if !run.round(round) {
            break;
        }
    }
    Patch {
        texts: run.texts,
        applied: run.applied,
        dropped: run.dropped,
        offered: run.offered,
        report: run.linted.report,
        project: run.project,
    }
}

struct Run<'e> {
    project: Project,
    linted: Linted,
    engine: &'e dyn Engine,
    level: FixLevel,
    outside: bool,
    applied: Vec<AppliedFix>,
    dropped: Vec<DroppedFix>,
    offered: Vec<AppliedFix>,
    /// Findings whose fix failed: not tried again.
    tried: BTreeSet<FindingKey>,
    texts: BTreeMap<FileId, String>,
}

impl Candidate {
    /// Whether a failure of the proof may be this one's doing: it is of an owner whose finding is mended, or of a file that is
    /// edited.
    fn may_cause(&self, failure: &Failure) -> bool {
        match &failure.owner {
            Some(owner) => self.gone.iter().any(|key| key.owner == *owner),
            None => self.fix.edits.iter().any(|edit| edit.file == failure.file),
        }
    }
}

/// A project with fixes made, as it was seen then.
struct State {
    project: Project,
    linted: Linted,
    texts: HashMap<FileId, String>,
}

impl Run<'_> {
    /// Whether something changed for the better.
    fn round(&mut self, round: usize) -> bool {
        let candidates = self.candidates(round);
        let mut accepted: Vec<Candidate> = Vec::new();
        let mut state = None;
        self.settle(&mut accepted, &mut state, candidates);
        let Some(state) = state else { return false };
        let better = measure(&state.linted) < measure(&self.linted) || accepted.iter().any(|fix| !fix.declaration.enables.is_empty());
        if !better {
            for fix in &accepted {
                self.drop_fix(fix, "nothing would be better".into());
            }
            return false;
        }
        self.applied.extend(accepted.iter().map(|fix| applied(&fix.rule, &fix.fix, fix.place, round)));
        self.texts.extend(state.texts);
        self.project = state.project;
        self.linted = state.linted;
        true
    }

    /// Fixes of this round: of the level, in the order of their places, none of them touching another.
    fn candidates(&mut self, round: usize) -> Vec<Candidate> {
        let mut findings: Vec<&Finding> = self.linted.report.findings.iter().filter(|finding| finding.fix.is_some()).collect();
        findings.sort_by(|a, b| (a.place, &a.rule).cmp(&(b.place, &b.rule)));
        let mut chosen: Vec<Candidate> = Vec::new();
        for finding in findings {
            let key = finding_key(finding, &self.linted, &self.project);
            let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty()) else { continue };
            let Some(declaration) = self.engine.rewrite_of(&finding.rule).and_then(rewrite::declared) else { continue };
            if !self.allows(fix, declaration) {
                continue;
            }
            if self.tried.contains(&key) || fix.edits.iter().any(|edit| !is_clean(&self.project, edit.file)) {
                continue;
            }
            if !self.outside && fix.edits.iter().any(|edit| !self.project.file(edit.file).target) {
                let offer = applied(&finding.rule, fix, finding.place, round);
                if !self.offered.iter().any(|one| one.rule == offer.rule && one.place == offer.place) {
                    self.offered.push(offer);
                }
                continue;
            }
            if let Some(same) = chosen.iter_mut().find(|one| one.fix.edits == fix.edits) {
                same.gone.push(key);
                continue;
            }
            let clashes = |one: &Candidate| one.fix.edits.iter().any(|edit| fix.edits.iter().any(|other| clash(edit, other)));
            if chosen.iter().any(clashes) {
                continue;
            }
            let (rule, place, fix) = (finding.rule.clone(), finding.place, fix.clone());
            chosen.push(Candidate { rule, place, fix, gone: vec![key], declaration });
        }
        chosen
    }

    /// Whether the level lets the fix through. A fix that changes a comment is unsafe, whatever its rule says, unless that
    /// is what its rewrite is for.
    fn allows(&self, fix: &Fix, declaration: &Declaration) -> bool {
        let in_comment = !declaration.on_comments
            && fix.edits.iter().any(|edit| comments(&self.project, edit).iter().any(|comment| overlaps(edit.span, *comment)));
        match fix.applicability {
            Applicability::Advice => false,
            Applicability::Safe if !in_comment => true,
            Applicability::Safe | Applicability::Unsafe => self.level == FixLevel::Unsafe,
        }
    }

    /// Accepts as many of the candidates as can be proved, on top of those accepted already. What fails is parted into those
    /// that the proof points at and the rest, or halved, until the guilty one stands alone: each look costs a whole check.
    fn settle(&mut self, accepted: &mut Vec<Candidate>, state: &mut Option<State>, candidates: Vec<Candidate>) {
        if candidates.is_empty() {
            return;
        }
        let together: Vec<&Candidate> = accepted.iter().chain(&candidates).collect();
        match self.attempt(&together) {
            Ok(proved) => {
                *state = Some(proved);
                accepted.extend(candidates);
            }
            Err(failures) if candidates.len() == 1 => {
                let reason = failures.first().map_or_else(String::new, |failure| failure.reason.clone());
                candidates.iter().for_each(|fix| self.drop_fix(fix, reason.clone()));
            }
            Err(failures) => {
                let (suspects, rest): (Vec<Candidate>, Vec<Candidate>) =
                    candidates.into_iter().partition(|fix| failures.iter().any(|failure| fix.may_cause(failure)));
                if !suspects.is_empty() && !rest.is_empty() {
                    self.settle(accepted, state, rest);
                    self.settle(accepted, state, suspects);
                    return;
                }
                let mut left = if rest.is_empty() { suspects } else { rest };
                let right = left.split_off(left.len() / 2);
                self.settle(accepted, state, left);
                self.settle(accepted, state, right);
            }
        }
    }

    fn attempt(&self, fixes: &[&Candidate]) -> Result<State, Vec<Failure>> {
        let unmade = |file: FileId, reason: String| vec![Failure { reason, owner: None, file }];
        let edits: Vec<&Edit> = fixes.iter().flat_map(|fix| &fix.fix.edits).collect();
        let files: BTreeSet<FileId> = edits.iter().map(|edit| edit.file).collect();
        let mut texts = HashMap::new();
        for file in &files {
            let here: Vec<&Edit> = edits.iter().copied().filter(|edit| edit.file == *file).collect();
            let source = self.project.source(*file).map_err(|error| unmade(*file, error.to_string()))?;
            texts.insert(*file, apply::apply(source, &here).ok_or_else(|| unmade(*file, "its edits overlap".into()))?);
        }
        let project = self.project.with_texts(&texts);
        if let Some((file, error)) = files.iter().find_map(|file| Some((*file, project.source(*file).err()?))) {
            return Err(unmade(file, error.to_string()));
        }
        let linted = self.engine.lint(&project);
        let gone: Vec<FindingKey> = fixes.iter().flat_map(|fix| fix.gone.iter().cloned()).collect();
        let enables: Vec<&'static str> = fixes.iter().flat_map(|fix| fix.declaration.enables.iter().copied()).collect();
        let files: Vec<FileId> = files.into_iter().collect();
        let mut deltas: BTreeMap<FileId, Delta> = BTreeMap::new();
        for (edit, fix) in fixes.iter().flat_map(|fix| fix.fix.edits.iter().map(move |edit| (edit, fix))) {
            let delta = deltas.entry(edit.file).or_default();
            *delta = delta.union(fix.declaration.delta);
        }
        let claim = Claim { gone: &gone, deltas: &deltas, enables: &enables, files: &files };
        prove((&self.project, &self.linted), (&project, &linted), &claim)?;
        Ok(State { project, linted, texts })
    }

    fn drop_fix(&mut self, fix: &Candidate, reason: String) {
        self.tried.extend(fix.gone.iter().cloned());
        let path = self.project.file(fix.place.file).path.clone();
        self.dropped.push(DroppedFix { rule: fix.rule.clone(), place: fix.place, path, reason });
    }
}

fn applied(rule: &str, fix: &Fix, place: Place, round: usize) -> AppliedFix {
    AppliedFix { rule: rule.to_string(), title: fix.title.clone(), applicability: fix.applicability, place, round }
}

fn comments<'p>(project: &'p Project, edit: &Edit) -> &'p [crate::span::Span] {
    match project.file(edit.file).language {
        Language::Python | Language::JavaScript => &project.module(edit.file).comments,
        Language::Jinja => project.template(edit.file).map_or(&[], |template| &template.comments),
        Language::Text => project.document(edit.file).map_or(&[], |document| &document.comments),
    }
}

/// What each round must lower: the number of findings, then the price of all requests in whole tokens, then the values without a limit:
/// where one of several documents is cut the next is found, and a price that is not known does not fall.
fn measure(linted: &Linted) -> (usize, i64, usize) {
    fn unlimited(segments: &[Segment]) -> usize {
        let of = |segment: &Segment| match segment {
            Segment::Slot(slot) => usize::from(!slot.limited),
            Segment::Block(block) => usize::from(!block.subject.limited) + block.arms.iter().map(|arm| unlimited(arm)).sum::<usize>(),
            Segment::Text(_) | Segment::Breakpoint(_) => 0,
        };
        segments.iter().map(of).sum()
    }
    let price: f64 = linted.requests.iter().filter_map(|one| one.price).sum();
    let blocks = linted.requests.iter().flat_map(|one| &one.request.blocks);
    (linted.report.findings.len(), price.ceil() as i64, blocks.map(|block| unlimited(&block.segments)).sum())
}
