//! The check: from a project to its findings, file by file, each priced by what its rewrite changes.

pub mod answer;
pub mod arguments;
mod around;
mod behind;
mod callers;
mod dead;
mod documents;
pub mod facts;
mod gap;
mod handed;
mod instructions;
pub mod inventory;
mod lost;
mod markers;
mod options;
mod order;
mod pace;
pub mod prefix;
pub mod price;
mod sources;
mod suppressions;
mod tiers;
mod tools;
mod turns;
pub(crate) mod values;
pub(crate) mod wording;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use crate::catalogue::{Catalogue, Model, names};
use crate::config::{Selection, Settings, SettingsMap};
use crate::fix::{Linted, Lowered};
use crate::model::call::{Call, CapState, Reuse};
use crate::model::facts::Fact;
use crate::model::prompt::{Confidence, Role, Segment};
use crate::model::request::{Block, BlockRole, Request};
use crate::price::{Scenario, Sizes};
use crate::progress::Phase;
use crate::project::{Language, Project};
use crate::report::*;
use crate::resolve::{self, Reach};
use crate::rewrite::find::{self, Seen};
use crate::rule::{self, Rule, RuleSet};
use crate::span::{FileId, Place, Span};
use crate::syntax::{Expr, ExprKind, Module, Stmt, StmtKind};
use crate::template::kind::{self, PromptKind};

use around::Around;
use facts::{Subject, Thresholds};
use suppressions::Suppressions;

/// What is known about the world, and the rules that judge by it.
pub struct Knowledge<'k> {
    pub catalogue: &'k Catalogue,
    pub rules: Rules<'k>,
}

/// The rules that judge.
#[derive(Clone, Copy)]
pub enum Rules<'k> {
    /// Those that ship, read when there is something to judge.
    BuiltIn,
    Of(&'k RuleSet),
}

impl std::ops::Deref for Rules<'_> {
    type Target = RuleSet;

    fn deref(&self) -> &RuleSet {
        match self {
            Rules::BuiltIn => RuleSet::shared(),
            Rules::Of(rules) => rules,
        }
    }
}

impl<'k> Knowledge<'k> {
    /// With the rules that hold for a file.
    fn of<'s>(&self, settings: &'s Settings) -> Knowledge<'s>
    where
        'k: 's,
    {
        Knowledge { catalogue: self.catalogue, rules: settings.own_rules.as_deref().map_or(self.rules, Rules::Of) }
    }
}

/// What one file came to.
#[derive(Default)]
struct Outcome<'p> {
    calls: Vec<Call<'p>>,
    prompts: Vec<LonePrompt>,
    notes: Vec<Note>,
    panicked: bool,
    /// It was not understood to the end: more may be in it than was found.
    in_part: bool,
}

/// A prompt that is looked at on its own: a prompt file, or a text in code that no call is seen to send.
struct LonePrompt {
    /// The whole file, or the literal.
    place: Place,
    request: Request,
    confidence: Confidence,
}

/// Checks all targets of the project.
pub fn lint(project: &Project, settings: &SettingsMap, knowledge: &Knowledge<'_>) -> Linted {
    let is_linted = |id: FileId| {
        let file = project.file(id);
        file.language != Language::Text || (crate::document::is_named(&file.key) && project.document(id).is_some())
    };
    let asked: Vec<FileId> = project.ids().filter(|id| project.file(*id).target).collect();
    let targets: Vec<FileId> = asked.into_par_iter().filter(|id| is_linted(*id)).collect();
    let reach = Reach::new(project, knowledge.catalogue);
    project.progress.begin(Phase::Read, targets.len());
    let outcomes: Vec<Outcome<'_>> = targets
        .par_iter()
        .map(|file| {
            let outcome = catch_unwind(AssertUnwindSafe(|| read(project, knowledge.catalogue, &reach, *file)));
            project.progress.step();
            outcome.unwrap_or_else(|_| Outcome {
                notes: vec![fault(&project.file(*file).path)],
                panicked: true,
                in_part: true,
                ..Outcome::default()
            })
        })
        .collect();

    // A template that a call is known to render is judged there, with what goes into it.
    let mut used: BTreeMap<FileId, Vec<Place>> = BTreeMap::new();
    // Of a file with many prompts, where those stand that are sent.
    let mut sent: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    for call in outcomes.iter().flat_map(|outcome| &outcome.calls) {
        for file in files_of(&call.request) {
            used.entry(file).or_default().push(call.place);
        }
        for block in &call.request.blocks {
            written_in(&block.segments, &mut |place| {
                if project.file(place.file).language == Language::Text {
                    sent.entry(place.file).or_default().push(place.span);
                }
            });
        }
    }
    let mut report = Report { files: targets.len(), ..Report::default() };
    let mut texts = Vec::new();
    for in_file in texts_in_code(project, &reach, knowledge.catalogue, &targets, &outcomes) {
        match in_file {
            Ok(found) => texts.extend(found),
            Err(fault) => {
                report.panics += 1;
                report.notes.push(fault);
            }
        }
    }
    let mut requests = Vec::new();
    for outcome in &outcomes {
        report.panics += usize::from(outcome.panicked);
        report.notes.extend(outcome.notes.iter().cloned());
    }
    let partly: Vec<FileId> = targets.iter().zip(&outcomes).filter(|(_, outcome)| outcome.in_part).map(|(file, _)| *file).collect();
    let mut suppressions = Suppressions::new(project, &reach, &targets);
    let calls: Vec<&Call<'_>> = outcomes.iter().flat_map(|outcome| &outcome.calls).collect();
    let is_used = |prompt: &LonePrompt| match project.file(prompt.place.file).language {
        Language::Python | Language::JavaScript => false,
        Language::Jinja => used.contains_key(&prompt.place.file),
        Language::Text => sent.get(&prompt.place.file).is_some_and(|sent| sent.iter().any(|span| prompt.place.span.contains(*span))),
    };
    let lone = || outcomes.iter().flat_map(|outcome| &outcome.prompts).chain(&texts);
    let unsent: Vec<&LonePrompt> = lone().filter(|prompt| !is_used(prompt)).collect();
    let judged = judge_all(project, settings, knowledge, &calls, &unsent, None);
    for one in &judged {
        requests.push(one.lowered.clone());
        if one.panicked {
            report.panics += 1;
            report.notes.push(fault(&project.file(one.lowered.owner.place.file).path));
        }
        report.inventory.calls.extend(one.inventory.clone());
    }
    // What only may be a prompt is listed when asked for, or when a call sends it.
    let sure = |prompt: &&LonePrompt| {
        let asked = settings.for_file(&project.file(prompt.place.file).key).min_confidence;
        prompt.confidence >= asked || is_used(prompt)
    };
    inventory::prompts(project, &calls, lone().filter(sure).map(|prompt| (prompt.place, &prompt.request)), &used, &mut report.inventory);
    let mut findings: Vec<Finding> = judged.into_iter().flat_map(|one| one.findings).collect();
    merge_same(&mut findings);
    once_for_each_list(&mut findings);
    let mut suppressed = suppressions.apply(&mut findings);
    // Without suppressions the rules are read for what there is to judge, or not at all.
    if !suppressions.is_empty() {
        let asked = suppressions.names_to_judge(settings, &knowledge.rules);
        if !asked.is_empty() {
            // A rule that was not selected may be what a suppression is for.
            let asked = Selection { select: Some(asked.into_iter().collect()), ignore: Vec::new(), preview: true };
            let judged = judge_all(project, settings, knowledge, &calls, &unsent, Some(&asked));
            suppressions.apply(&mut judged.into_iter().flat_map(|one| one.findings).collect());
            let places: Vec<Place> = calls.iter().map(|call| call.place).collect();
            let mut unused = suppressions.unused(settings, &knowledge.rules, &places, &partly);
            suppressions.apply(&mut unused);
            findings.append(&mut unused);
        }
        report.notes.extend(suppressions.notes(settings, &knowledge.rules));
    }
    findings.sort_by(|a, b| key(project, a).cmp(&key(project, b)));
    report.findings = findings;
    suppressed.sort_by(|a, b| key(project, &a.finding).cmp(&key(project, &b.finding)));
    report.suppressed = suppressed;
    report.notes.sort();
    report.notes.dedup();
    requests.sort_by_key(|lowered| lowered.owner.place);
    Linted { report, requests }
}

/// Judges all calls, and the prompts that none of them sends; with other rules than the settings select if so asked.
fn judge_all<'p>(
    project: &'p Project,
    settings: &SettingsMap,
    knowledge: &Knowledge<'p>,
    calls: &[&Call<'p>],
    unsent: &[&LonePrompt],
    asked: Option<&Selection>,
) -> Vec<Judged> {
    let of = |file: FileId| {
        let own = settings.for_file(&project.file(file).key);
        match asked {
            Some(asked) => Cow::Owned(Settings { selection: asked.clone(), ..own.clone() }),
            None => Cow::Borrowed(own),
        }
    };
    let broken = unsent.iter().filter(|prompt| prefix::broken_by(&prompt.request, None, 16).is_some());
    let behind = behind::prompts(project, broken.map(|prompt| prompt.place));
    let around = Around::new(calls.iter().copied(), unsent.iter().map(|prompt| &prompt.request)).with_behind(behind);
    project.progress.begin(Phase::Judge, calls.len() + unsent.len());
    let from_calls: Vec<Judged> = calls
        .par_iter()
        .map(|call| {
            let owner = Owner { kind: OwnerKind::Call, place: call.place };
            guarded(project, owner, &call.request, || judge_call(project, &of(call.place.file), knowledge, call, &around))
        })
        .collect();
    let mut judged = join_branches(project, calls, join_gaps(project, calls, join_wrapped(calls, from_calls)));
    judged.par_extend(unsent.par_iter().map(|prompt| {
        let owner = Owner { kind: OwnerKind::Prompt, place: prompt.place };
        guarded(project, owner, &prompt.request, || judge_prompt(project, &of(prompt.place.file), knowledge, prompt, &around))
    }));
    judged
}

/// Judges one call or prompt; a panic in it is a fault of ours, which costs no other its judgement.
fn guarded(project: &Project, owner: Owner, request: &Request, judge: impl FnOnce() -> Judged) -> Judged {
    let judged = catch_unwind(AssertUnwindSafe(judge));
    project.progress.step();
    judged.unwrap_or_else(|_| Judged {
        findings: Vec::new(),
        lowered: Lowered { owner, request: request.clone(), price: None, usd: None },
        inventory: None,
        panicked: true,
    })
}

fn key<'f>(project: &'f Project, finding: &'f Finding) -> (&'f str, Span, &'f str, &'f str) {
    (&project.file(finding.place.file).path, finding.place.span, &finding.rule, &finding.message)
}

/// What is wrong with the call inside a wrapper is said there once, with the calls of the wrapper beside it; they keep
/// what is their own.
fn join_wrapped(calls: &[&Call<'_>], mut judged: Vec<Judged>) -> Vec<Judged> {
    let inner: BTreeMap<Place, usize> =
        calls.iter().enumerate().filter(|(_, call)| call.via.is_none()).map(|(at, call)| (call.place, at)).collect();
    for at in 0..judged.len() {
        let Some(via) = &calls[at].via else { continue };
        let Some(direct) = inner.get(&via.inner).copied() else { continue };
        let findings = std::mem::take(&mut judged[at].findings);
        let owner = Owner { kind: OwnerKind::Call, place: calls[at].place };
        let mut own = Vec::new();
        for finding in findings {
            let about_call = finding.place == calls[at].callee || finding.place == finding.owner.place;
            match judged[direct]
                .findings
                .iter_mut()
                .find(|known| known.rule == finding.rule && (about_call || known.place == finding.place))
            {
                Some(known) => {
                    if !known.related.contains(&owner) {
                        known.related.push(owner.clone());
                    }
                }
                None => own.push(finding),
            }
        }
        judged[at].findings = own;
    }
    judged
}

/// The rule about what a call leaves out and the code behind it could add.
const GAP: &str = "output/missing-cap";

/// A gap is said once, where it can be filled: at the innermost of the project's functions whose call has it already, for all who come
/// through there, and at the constructors of the objects that are asked, if every one of them has it. A function of generated code has what
/// the file lacks that it was generated from.
fn join_gaps(project: &Project, calls: &[&Call<'_>], mut judged: Vec<Judged>) -> Vec<Judged> {
    let of_calls: Vec<usize> = (0..judged.len().min(calls.len())).collect();
    let has_gap: HashMap<(Place, Option<Place>), usize> = of_calls
        .iter()
        .filter(|at| judged[**at].findings.iter().any(|finding| finding.rule == GAP))
        .map(|at| ((calls[*at].place, calls[*at].via.as_ref().map(|via| via.inner)), *at))
        .collect();
    for at in of_calls {
        let call = calls[at];
        let behind: Vec<usize> = match &call.via {
            Some(via) => via.way.iter().find_map(|place| has_gap.get(&(*place, Some(via.inner)))).into_iter().copied().collect(),
            None => Vec::new(),
        };
        if let Some(target) = documents::declaration(project, calls, call).filter(|target| *target != at) {
            let owner = Owner { kind: OwnerKind::Call, place: call.place };
            for known in judged[target].findings.iter_mut().filter(|known| known.rule == GAP && !known.related.contains(&owner)) {
                known.related.push(owner.clone());
            }
            continue;
        }
        let made: Option<Vec<usize>> = call.made_at.iter().map(|place| has_gap.get(&(*place, None)).copied()).collect();
        let targets = if behind.is_empty() { made.unwrap_or_default() } else { behind };
        if targets.is_empty() || targets.contains(&at) {
            continue;
        }
        let owner = Owner { kind: OwnerKind::Call, place: call.place };
        let (gaps, own) = std::mem::take(&mut judged[at].findings).into_iter().partition(|finding| finding.rule == GAP);
        judged[at].findings = own;
        let gaps: Vec<Finding> = gaps;
        for gap in gaps {
            for target in &targets {
                let Some(known) = judged[*target].findings.iter_mut().find(|known| known.rule == GAP) else { continue };
                known.severity = known.severity.max(gap.severity);
                if !known.related.contains(&owner) {
                    known.related.push(owner.clone());
                }
            }
        }
    }
    judged
}

/// One gap in several branches of a statement is said at the first of them, with the others beside it; what mends it mends them all.
fn join_branches(project: &Project, calls: &[&Call<'_>], mut judged: Vec<Judged>) -> Vec<Judged> {
    let mut first: HashMap<(Place, &str), usize> = HashMap::new();
    for at in 0..judged.len().min(calls.len()) {
        let call = calls[at];
        if call.via.is_some() || !judged[at].findings.iter().any(|finding| finding.rule == GAP && finding.owner.place == call.place) {
            continue;
        }
        let Some(branch) = branches_around(project.module(call.place.file), call.place.span) else { continue };
        // Clients of several makers are several gaps.
        let callee = project.text(call.callee.file).get(call.callee.span.range()).unwrap_or_default();
        let known = *first.entry((Place::new(call.place.file, branch), callee)).or_insert(at);
        if known == at {
            continue;
        }
        let (gaps, own): (Vec<Finding>, _) = std::mem::take(&mut judged[at].findings).into_iter().partition(|finding| finding.rule == GAP);
        judged[at].findings = own;
        for gap in gaps {
            let Some(target) = judged[known].findings.iter_mut().find(|finding| finding.rule == GAP) else { continue };
            target.severity = target.severity.max(gap.severity);
            if !target.related.contains(&gap.owner) {
                target.related.push(gap.owner);
            }
            match (&mut target.fix, gap.fix) {
                (Some(fix), Some(more)) if fix.title == more.title => {
                    fix.applicability = fix.applicability.min(more.applicability);
                    fix.edits.extend(more.edits);
                }
                (fix, _) => *fix = None,
            }
        }
    }
    judged
}

/// The outermost `if` of the innermost function around a call, where the call stands in one of its branches.
fn branches_around(module: &Module, call: Span) -> Option<Span> {
    let mut found = None;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Function(function), .. }) if function.span.contains(call) => found = None,
        Seen::Expr(Expr { kind: ExprKind::Lambda(function), .. }) if function.span.contains(call) => found = None,
        Seen::Stmt(Stmt { kind: StmtKind::If { then, otherwise, .. }, span })
            if found.is_none() && then.iter().chain(otherwise).any(|stmt| stmt.span.contains(call)) =>
        {
            found = Some(*span);
        }
        _ => {}
    });
    found
}

/// The files other than its own that a request takes text from.
fn files_of(request: &Request) -> HashSet<FileId> {
    fn collect(segments: &[Segment], files: &mut HashSet<FileId>) {
        for segment in segments {
            files.extend(segment.place().map(|place| place.file));
            if let Segment::Block(block) = segment {
                block.arms.iter().for_each(|arm| collect(arm, files));
            }
        }
    }
    let mut files = HashSet::new();
    request.blocks.iter().for_each(|block| collect(&block.segments, &mut files));
    files
}

/// Reads one file, and what it sends.
fn read<'p>(project: &'p Project, catalogue: &'p Catalogue, reach: &Reach<'_>, file: FileId) -> Outcome<'p> {
    let mut outcome = Outcome::default();
    let path = &project.file(file).path;
    if project.file(file).language.in_catalogue().is_some() && reach.is_readable(file) && !reach.reaches(file) {
        return outcome;
    }
    let source = match project.source(file) {
        Ok(source) => source,
        Err(error) => {
            outcome.in_part = true;
            outcome.notes.push(Note { path: path.clone(), message: error.to_string() });
            return outcome;
        }
    };
    match project.file(file).language {
        Language::Python | Language::JavaScript => {
            let module = project.module(file);
            if let Some(error) = module.errors.first() {
                outcome.in_part = true;
                outcome.notes.push(Note {
                    path: path.clone(),
                    message: format!("syntax error at {}: what can be read is checked, nothing is edited", source.shown_place(error.start)),
                });
            }
            let calls = resolve::calls(project, catalogue, reach, file);
            if calls.cut_short {
                outcome.in_part = true;
                outcome
                    .notes
                    .push(Note { path: path.clone(), message: "too large to be followed to the end: calls may be missing".into() });
            }
            outcome.calls = calls.calls;
        }
        Language::Jinja => {
            let confidence = match kind::is_prompt(&project.file(file).key, &source.text) {
                PromptKind::NotPrompt => return outcome,
                PromptKind::Prompt { confidence } => confidence,
                PromptKind::Unknown => Confidence::Low,
            };
            match project.template(file) {
                Ok(_) => {
                    if let Some(segments) = resolve::template(project, catalogue, file) {
                        let place = Place::new(file, Span::new(0, project.text(file).len()));
                        outcome.prompts.push(LonePrompt { place, request: prompt_request(project, file, segments), confidence });
                    }
                }
                Err(message) => {
                    outcome.in_part = true;
                    outcome.notes.push(Note { path: path.clone(), message: message.to_string() });
                }
            }
        }
        Language::Text => documents::read(project, catalogue, file, &mut outcome),
    }
    outcome
}

fn fault(path: &str) -> Note {
    Note { path: path.to_string(), message: "a fault of prompt-lint's own: not checked".into() }
}

/// The prompts in code that none of the calls is seen to send.
fn texts_in_code(
    project: &Project,
    reach: &Reach<'_>,
    catalogue: &Catalogue,
    targets: &[FileId],
    outcomes: &[Outcome<'_>],
) -> Vec<Result<Vec<LonePrompt>, Note>> {
    let mut sent: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    for block in outcomes.iter().flat_map(|outcome| &outcome.calls).flat_map(|call| &call.request.blocks) {
        written_in(&block.segments, &mut |place| sent.entry(place.file).or_default().push(place.span));
    }
    let in_file = |file: &FileId| -> Result<Vec<LonePrompt>, Note> {
        let meta = project.file(*file);
        if !reach.may_hold_prompt(*file) {
            return Ok(Vec::new());
        }
        let sent = sent.get(file).map_or(&[][..], Vec::as_slice);
        let found = catch_unwind(AssertUnwindSafe(|| resolve::prompts::prompts(project, catalogue, *file, sent)));
        let Ok(found) = found else { return Err(fault(&meta.path)) };
        let lone = |text: resolve::prompts::PromptText| {
            let kind = if text.role == Role::System { BlockRole::System } else { BlockRole::Message };
            let block = Block { kind, role: text.role, segments: text.segments, history: None, place: Some(text.place) };
            LonePrompt { place: text.place, request: Request { blocks: vec![block], open: false }, confidence: text.confidence }
        };
        Ok(found.into_iter().map(lone).collect())
    };
    targets.par_iter().map(in_file).collect()
}

/// Every place at which text of the segments is written.
fn written_in(segments: &[Segment], see: &mut dyn FnMut(Place)) {
    for segment in segments {
        match segment {
            Segment::Text(text) => text.place.into_iter().for_each(&mut *see),
            Segment::Block(block) => block.arms.iter().for_each(|arm| written_in(arm, see)),
            Segment::Slot(_) | Segment::Breakpoint(_) => {}
        }
    }
}

/// A prompt file as the request that it makes on its own: one block for each role that it names.
fn prompt_request(project: &Project, file: FileId, segments: Vec<Segment>) -> Request {
    let sections = kind::roles(project.text(file));
    let whole = Place::new(file, Span::new(0, project.text(file).len()));
    if sections.len() <= 1 {
        let name = project.file(file).key.rsplit('/').next().unwrap_or_default();
        let is_system = names::says_system(name);
        let role = match sections.first() {
            Some((Role::Unknown, _)) | None if is_system => Role::System,
            Some((role, _)) => *role,
            None => Role::Unknown,
        };
        let kind = if role == Role::System { BlockRole::System } else { BlockRole::Message };
        return Request { blocks: vec![Block { kind, role, segments, history: None, place: Some(whole) }], open: false };
    }
    let mut blocks: Vec<Block> = sections
        .iter()
        .map(|(role, span)| Block {
            kind: if *role == Role::System { BlockRole::System } else { BlockRole::Message },
            role: *role,
            segments: Vec::new(),
            history: None,
            place: Some(Place::new(file, *span)),
        })
        .collect();
    let mut current = 0;
    for segment in segments {
        if let Some(place) = segment.place().filter(|place| place.file == file) {
            // A role line stands between two sections and is no text of either.
            if let Some(at) = sections.iter().rposition(|(_, span)| place.span.start >= span.start) {
                current = at;
            }
            if let Segment::Text(text) = &segment {
                for (at, (_, span)) in sections.iter().enumerate() {
                    let start = place.span.start.max(span.start);
                    let end = place.span.end.min(span.end);
                    if start < end {
                        let from = (start - place.span.start) as usize;
                        let to = (end - place.span.start) as usize;
                        if let Some(part) = text.text.get(from..to).filter(|_| text.verbatim) {
                            let place = Some(Place::new(file, Span { start, end }));
                            blocks[at].segments.push(Segment::Text(crate::model::prompt::TextSegment {
                                text: part.into(),
                                place,
                                verbatim: true,
                            }));
                        }
                    }
                }
                continue;
            }
        }
        blocks[current].segments.push(segment);
    }
    Request { blocks, open: false }
}

/// What one call or prompt came to.
struct Judged {
    findings: Vec<Finding>,
    lowered: Lowered,
    inventory: Option<InventoryCall>,
    panicked: bool,
}

/// The scenario that a request is priced over: a conversation is as long as the stated traffic says.
pub fn scenario(settings: &Settings, request: &Request) -> Scenario {
    let sizes = &settings.sizes;
    let stated = settings.traffic.turns_per_session.filter(|_| crate::price::converses(request));
    Scenario {
        turns: stated.unwrap_or(settings.turns),
        sizes: Sizes {
            document: sizes.document,
            history_turn: sizes.history_turn,
            list: sizes.list,
            scalar: sizes.scalar,
            retrieval: sizes.retrieval,
            media: sizes.media,
            schema: sizes.schema,
            ..Sizes::default()
        },
        today: settings.today.to_string(),
        ..Scenario::default()
    }
}

/// The model of a call: its own, or the one that config names where the code does not say.
fn model_of<'k>(call: Option<&Call<'k>>, settings: &Settings, catalogue: &'k Catalogue) -> Option<&'k Model> {
    match call {
        Some(call) if call.model_name.present().is_some() => call.model,
        _ => settings.default_model.as_deref().and_then(|name| catalogue.models.find(name)),
    }
}

fn judge_call<'p>(project: &'p Project, settings: &Settings, knowledge: &Knowledge<'p>, call: &Call<'p>, around: &Around<'_>) -> Judged {
    let model = model_of(Some(call), settings, knowledge.catalogue);
    let mut call = call.clone();
    if call.repetition.reuse == Reuse::Likely && traffic_keeps_warm(settings, model) {
        call.repetition.reuse = Reuse::Proved;
    }
    look_around(project, knowledge.catalogue, around, &mut call);
    let call = &call;
    let owner = Owner { kind: OwnerKind::Call, place: call.place };
    let subject = Subject { request: &call.request, call: Some(call), model, place: call.callee, around };
    let (findings, price) = judge(project, settings, knowledge, &subject, &owner, Confidence::High);
    let lowered = Lowered { owner, request: call.request.clone(), price: Some(price.input_equivalent), usd: price.usd };
    Judged { findings, inventory: Some(inventory::call(settings, call, model)), lowered, panicked: false }
}

/// What a call that has no cap leaves out, and what it may be sent to, as far as the rest of the project tells.
fn look_around<'p>(project: &'p Project, catalogue: &'p Catalogue, around: &Around<'_>, call: &mut Call<'p>) {
    if call.cap.state == CapState::Missing {
        call.anchors.lost_cap = lost::of(project, catalogue, around, call);
        call.anchors.capped_beside = lost::beside(project, catalogue, around, call);
        if call.may_be.is_empty() {
            call.may_be = options::models(project, catalogue, around, call);
        }
    }
}

/// Whether the stated traffic sends a prefix again, on average, well before its cache entry expires.
fn traffic_keeps_warm(settings: &Settings, model: Option<&Model>) -> bool {
    const SECONDS_A_MONTH: f64 = 30.0 * 86_400.0;
    let Some(requests) = settings.traffic.requests_per_month else { return false };
    let Some(life) = model.and_then(|model| model.cache.ttl_seconds) else { return false };
    requests as f64 * life as f64 / SECONDS_A_MONTH >= 2.0
}

fn judge_prompt<'p>(
    project: &'p Project,
    settings: &Settings,
    knowledge: &Knowledge<'p>,
    prompt: &LonePrompt,
    around: &Around<'_>,
) -> Judged {
    let model = model_of(None, settings, knowledge.catalogue);
    let owner = Owner { kind: OwnerKind::Prompt, place: prompt.place };
    let subject = Subject { request: &prompt.request, call: None, model, place: prompt.place, around };
    let (findings, price) = judge(project, settings, knowledge, &subject, &owner, prompt.confidence);
    let lowered = Lowered { owner, request: prompt.request.clone(), price: Some(price.input_equivalent), usd: price.usd };
    Judged { findings, inventory: None, lowered, panicked: false }
}

/// What rules read of one call or prompt.
pub struct Gathered {
    /// The call or prompt, and whether it is a call.
    pub owner: Owner,
    pub facts: rule::Facts,
    /// Each value that goes into it, as the fact `slot`.
    pub slots: Vec<Fact>,
}

/// The facts of every call and prompt of a file that a line (1-based) belongs to: those that it stands in, or whose prompt it stands in.
pub fn facts_at(project: &Project, settings: &SettingsMap, knowledge: &Knowledge<'_>, file: FileId, span: Span) -> Vec<Gathered> {
    let reach = Reach::new(project, knowledge.catalogue);
    let targets: Vec<FileId> = project.ids().filter(|id| project.file(*id).target).collect();
    let here = |place: Place| place.file == file && place.span.touches(span);
    let outcomes: Vec<Outcome<'_>> = targets.iter().map(|file| read(project, knowledge.catalogue, &reach, *file)).collect();
    let lone = texts_in_code(project, &reach, knowledge.catalogue, &targets, &outcomes).into_iter().flatten().flatten();
    let mut found = Vec::new();
    let lone: Vec<LonePrompt> = lone.collect();
    let prompts = || outcomes.iter().flat_map(|outcome| &outcome.prompts).chain(&lone);
    let around = Around::new(outcomes.iter().flat_map(|outcome| &outcome.calls), prompts().map(|prompt| &prompt.request));
    for call in outcomes.iter().flat_map(|outcome| &outcome.calls) {
        let mut written = false;
        call.request.blocks.iter().for_each(|block| written_in(&block.segments, &mut |place| written |= here(place)));
        if here(call.place) || written {
            let own = settings.for_file(&project.file(call.place.file).key);
            let model = model_of(Some(call), own, knowledge.catalogue);
            let mut call = call.clone();
            look_around(project, knowledge.catalogue, &around, &mut call);
            let subject = Subject { request: &call.request, call: Some(&call), model, place: call.callee, around: &around };
            found.push(gather(project, own, knowledge, &subject, Owner { kind: OwnerKind::Call, place: call.place }));
        }
    }
    let in_calls = found.len();
    for prompt in prompts().filter(|prompt| here(prompt.place)) {
        if in_calls > 0 {
            break;
        }
        let own = settings.for_file(&project.file(prompt.place.file).key);
        let model = model_of(None, own, knowledge.catalogue);
        let subject = Subject { request: &prompt.request, call: None, model, place: prompt.place, around: &around };
        found.push(gather(project, own, knowledge, &subject, Owner { kind: OwnerKind::Prompt, place: prompt.place }));
    }
    found
}

fn gather<'p>(project: &'p Project, settings: &Settings, knowledge: &Knowledge<'p>, subject: &Subject<'_, 'p>, owner: Owner) -> Gathered {
    let scenario = scenario(settings, subject.request);
    let mut facts = facts::facts(subject, &scenario, thresholds(settings, settings.rule_set(&knowledge.rules)));
    facts::more(&mut facts, subject, project, knowledge.catalogue, settings);
    let slots = values::slots(project, subject.request, subject.model, &scenario.sizes);
    Gathered { owner, facts, slots }
}

/// Runs every selected rule on one subject.
fn judge<'p>(
    project: &'p Project,
    settings: &Settings,
    knowledge: &Knowledge<'p>,
    subject: &Subject<'_, 'p>,
    owner: &Owner,
    at_most: Confidence,
) -> (Vec<Finding>, crate::price::Priced) {
    let knowledge = &knowledge.of(settings);
    let scenario = scenario(settings, subject.request);
    // What is written for a coding assistant is sent by none of the project's calls: of how it is worded nobody asks.
    let for_assistants = subject.call.is_none() && project.document(owner.place.file).is_some_and(|document| document.loaded.is_some());
    let concerns = |rule: &Rule| !for_assistants || rule.id.starts_with("instructions/") || rule.id.ends_with("/over-budget");
    let selected = |rule: &Rule| concerns(rule) && settings.selection.selects(&rule.id, rule.status == rule::Status::Preview);
    let mut facts = facts::facts(subject, &scenario, thresholds(settings, &knowledge.rules));
    facts::more(&mut facts, subject, project, knowledge.catalogue, settings);
    let bench = price::Bench { project, settings, knowledge, subject, scenario: &scenario };
    let mut findings = Vec::new();
    let bills_nothing = subject.call.is_some_and(|call| call.bills_nothing);
    let mut slots: Option<Vec<Fact>> = None;
    for rule in knowledge.rules.iter().filter(|rule| selected(rule)) {
        let options = options(rule, settings);
        let hits: Vec<rule::Hit> = match rule.subject {
            rule::Subject::Slot => slots
                .get_or_insert_with(|| values::slots(project, subject.request, subject.model, &scenario.sizes))
                .iter()
                .filter_map(|slot| {
                    facts.insert("slot", slot.clone());
                    rule::check::check(rule, &options, &facts)
                })
                .collect(),
            _ => {
                facts.insert("slot", Fact::unknown());
                rule::check::check(rule, &options, &facts).into_iter().collect()
            }
        };
        for hit in hits {
            let change = settings.rules.get(&rule.id);
            let severity = change.and_then(|change| change.severity).unwrap_or(hit.severity);
            let place = hit.place.unwrap_or(subject.place);
            let mended = bench.mend(rule, place, hit.set.as_ref());
            let free = mended.saves_nothing || bills_nothing;
            let stated = change.is_some_and(|change| change.severity.is_some());
            let idle = severity > Severity::Info && !stated && is_idle(project, subject, place);
            let severity = if (free || idle) && !stated { Severity::Info } else { severity };
            findings.push(Finding {
                rule: rule.id.clone(),
                severity,
                confidence: hit.confidence.min(at_most),
                place,
                owner: owner_of(project, owner, subject, place),
                message: hit.message,
                help: [Some(hit.help), idle.then(|| IDLE.into()), mended.declined.map(|reason| format!("(not fixed: {reason})"))]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<String>>()
                    .join("\n"),
                why: rule.cost().to_string(),
                labels: hit.labels.into_iter().map(|(place, text)| Label { place, text }).collect(),
                related: related(owner, place).into_iter().chain(sent_by(subject, rule)).collect(),
                saving: mended.saving.filter(|_| !bills_nothing),
                fix: mended.fix.filter(|_| is_written_here(subject, rule, place)),
            });
        }
    }
    bench.add_up(&mut findings);
    (findings, price::of(subject.request, subject.model, &scenario))
}

/// Said where nothing of the project leads to what a finding is about.
const IDLE: &str = "(nothing in the project calls the code that it stands in)";

/// Whether nothing of the project leads to the call, or to what it is about.
fn is_idle(project: &Project, subject: &Subject<'_, '_>, place: Place) -> bool {
    dead::is_dead(project, subject.place) || (place != subject.place && dead::is_dead(project, place))
}

/// Whether what the rewrite adds belongs to this call: what a wrapper adds is written in the wrapper, for all who call it,
/// and what an object lacks where that object is made.
fn is_written_here(subject: &Subject<'_, '_>, rule: &Rule, place: Place) -> bool {
    let Some(call) = subject.call else { return true };
    let elsewhere = call.anchors.cap_owner.is_some_and(|(_, callee)| callee == place);
    let in_wrapper = call.via.is_some() && call.settings.is_none_or(|settings| settings.callee != place);
    let adds = matches!(rule.rewrite.as_deref(), Some("add-argument" | "add-breakpoint" | "add-tags" | "evict-in-blocks"));
    !elsewhere && (!in_wrapper || !adds)
}

/// The thresholds that facts need, from the options of the rules that own them.
fn thresholds(settings: &Settings, rules: &RuleSet) -> Thresholds {
    let least =
        rules.get("cache/unstable-prefix").map(|rule| options(rule, settings)).and_then(|options| options.number("min_lost_tokens"));
    Thresholds { min_lost_tokens: least.unwrap_or(64) }
}

/// The options of a rule, as config changes them. Config was checked when it was read.
pub fn options(rule: &Rule, settings: &Settings) -> rule::Options {
    let given = settings.rules.get(&rule.id).map(|change| price::option_values(&change.options)).unwrap_or_default();
    rule.options_with(&given).unwrap_or_else(|_| rule.default_options())
}

/// What stands in a prompt that is written apart from the call belongs to that prompt.
fn owner_of(project: &Project, owner: &Owner, subject: &Subject<'_, '_>, place: Place) -> Owner {
    let within = |outer: Place| outer.file == place.file && outer.span.contains(place.span);
    if within(owner.place) {
        return owner.clone();
    }
    if let Some(settings) = subject.call.and_then(|call| call.settings).filter(|settings| within(settings.place)) {
        return Owner { kind: OwnerKind::Call, place: settings.place };
    }
    if let Some((made, _)) = subject.call.and_then(|call| call.anchors.cap_owner).filter(|(made, _)| within(*made)) {
        return Owner { kind: OwnerKind::Call, place: made };
    }
    Owner { kind: OwnerKind::Prompt, place: inventory::prompt_around(project, place) }
}

/// The call whose request holds what is written elsewhere.
fn related(owner: &Owner, place: Place) -> Vec<Owner> {
    if owner.kind == OwnerKind::Call && !(owner.place.file == place.file && owner.place.span.contains(place.span)) {
        vec![owner.clone()]
    } else {
        Vec::new()
    }
}

/// The call of the model behind a wrapper, of a conversation that the caller makes it send: the list is read there. What the caller says in it
/// is the caller's own.
fn sent_by(subject: &Subject<'_, '_>, rule: &Rule) -> Vec<Owner> {
    let shortens = rule.rewrite.as_deref() == Some("evict-in-blocks");
    let tells = (shortens && rule.id.starts_with("history/")) || rule.id.starts_with("context/");
    let Some(via) = subject.call.and_then(|call| call.via.as_ref()) else { return Vec::new() };
    let inner = tells.then_some(via.inner);
    // What a function sends that has one caller is that caller's text, and so on inwards to the first that has several.
    let of_text = ["cache/", "text/", "context/", "history/"].iter().any(|category| rule.id.starts_with(category));
    let helpers = via.way.iter().rev().copied().take_while(|helper| of_text && subject.around.has_one_caller(*helper));
    inner.into_iter().chain(helpers).map(|place| Owner { kind: OwnerKind::Call, place }).collect()
}

/// One finding for what several calls share: the prompt's, with all the calls that send it.
fn merge_same(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| (a.place, &a.rule).cmp(&(b.place, &b.rule)));
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        match merged.last_mut() {
            Some(last) if last.rule == finding.rule && last.place == finding.place => {
                let better = finding.severity > last.severity || saved(&finding) > saved(last);
                let related: Vec<Owner> = last.related.iter().chain(&finding.related).cloned().collect();
                if better {
                    *last = finding;
                }
                last.related.clear();
                for owner in related {
                    if !last.related.contains(&owner) {
                        last.related.push(owner);
                    }
                }
            }
            _ => merged.push(finding),
        }
    }
    *findings = merged;
}

/// A conversation that several calls send is mended in one place: it is reported at the first of them.
fn once_for_each_list(findings: &mut Vec<Finding>) {
    let grows_at = |finding: &Finding| match finding.labels.first() {
        Some(label) if finding.rule.starts_with("history/") => Some((finding.rule.clone(), label.place)),
        _ => None,
    };
    let mut first: BTreeMap<(String, Place), usize> = BTreeMap::new();
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        let known = grows_at(&finding).map(|list| *first.entry(list).or_insert(kept.len()));
        match known.and_then(|at| kept.get_mut(at)) {
            Some(known) => {
                for owner in std::iter::once(finding.owner).chain(finding.related) {
                    if !known.related.contains(&owner) && known.owner != owner {
                        known.related.push(owner);
                    }
                }
            }
            None => kept.push(finding),
        }
    }
    *findings = kept;
}

fn saved(finding: &Finding) -> f64 {
    finding.saving.as_ref().map_or(0.0, |saving| saving.input_equivalent_tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_its_own_call_only() {
        let project = Project::in_memory([("a.py", "x = 1\n")]);
        let place = Place::new(FileId(0), Span::new(0, 1));
        let owner = Owner { kind: OwnerKind::Call, place };
        let judged = guarded(&project, owner.clone(), &Request::default(), || panic!("asked for"));
        assert!(judged.panicked && judged.findings.is_empty() && judged.lowered.owner == owner);
    }
}
