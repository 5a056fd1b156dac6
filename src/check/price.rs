//! What a finding saves: the request is rewritten on the model, with all that the rewrite enables, and priced again.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Model;
use crate::config::Settings;
use crate::fix::apply::apply;
use crate::model::call::CapState;
use crate::model::prompt::{SizeClass, Slot, Volatility};
use crate::model::request::{BlockRole, Request};
use crate::price::{self, Priced, Scenario};
use crate::project::Project;
use crate::report::{Applicability, Edit, Finding, Fix, Saving, SavingKind};
use crate::resolve::expr::IN_LOOP;
use crate::rewrite::{self, Options, Target};
use crate::rule::{self, OptionValue, Rule};
use crate::span::{FileId, Place};
use crate::tokens;

use super::facts::{self, Subject};
use super::order;
use super::prefix::{self, Leaf};
use super::{Knowledge, options};

/// What the rewrite of one finding comes to.
#[derive(Default)]
pub struct Mended {
    pub saving: Option<Saving>,
    pub fix: Option<Fix>,
    /// Why no edit is offered.
    pub declined: Option<String>,
    /// The saving is known to be nothing.
    pub saves_nothing: bool,
}

pub fn of(request: &Request, model: Option<&Model>, scenario: &Scenario) -> Priced {
    price::price(request, model, scenario)
}

/// A rule's rewrite, applied to a copy of a request with all that it enables.
struct Rewritten {
    outcome: rewrite::Outcome,
    /// After the rewrite and what it enables.
    request: Request,
    enabled: bool,
}

/// What judging one subject needs at every step.
pub struct Bench<'b, 'p> {
    pub project: &'p Project,
    pub settings: &'b Settings,
    pub knowledge: &'b Knowledge<'p>,
    pub subject: &'b Subject<'b, 'p>,
    pub scenario: &'b Scenario,
}

impl<'p> Bench<'_, 'p> {
    fn price(&self, request: &Request) -> Priced {
        of(request, self.subject.model, self.scenario)
    }

    /// Applies a rule's rewrite to `request`, which is the subject's or has been mended before.
    fn rewrite(&self, request: &Request, rule: &Rule, at: Place, set: Option<&(Place, String)>) -> Option<Rewritten> {
        let Bench { project, settings, knowledge, subject, scenario } = *self;
        let name = rewrite_name(rule, subject)?;
        let rule_options = options(rule, settings);
        let number = |name: &str, rest: u64| rule_options.number(name).unwrap_or(rest);
        let defaults = Options::default();
        let keep = number("keep_messages", u64::from(defaults.keep_messages));
        let turns = number("max_turns", u64::from(defaults.max_turns));
        let given = Options {
            default_cap: number("default_cap", defaults.default_cap),
            limit_tokens: number("limit_tokens", defaults.limit_tokens),
            keep_messages: u32::try_from(keep).unwrap_or(defaults.keep_messages),
            max_turns: u32::try_from(turns).unwrap_or(defaults.max_turns),
            min_lost_tokens: number("min_lost_tokens", defaults.min_lost_tokens),
        };
        let target = Target {
            project,
            request,
            call: subject.call,
            prompt: Some(subject.place),
            at: Some(at),
            cap: settings.cap,
            tags: &settings.tags,
            set: set.map(|(place, value)| (*place, value.as_str())),
            options: given,
        };
        let outcome = rewrite::apply(name, &target)?;
        let mut mended = outcome.mended.clone();
        if name == "move-behind-static" {
            mended = self.moved_all(mended, rule, &target);
        }
        let mut enabled = false;
        if let Some(call) = subject.call {
            // Moving a clock makes a marker worth while: the two are one bundle.
            let enables = rewrite::declared(name).map(|declared| declared.enables).unwrap_or_default();
            for id in enables.iter().filter(|id| **id != rule.id) {
                let Some(next) = knowledge.rules.get(id) else { continue };
                let Some(next_rewrite) = next.rewrite.as_deref() else { continue };
                let mut after_call = call.clone();
                after_call.request = mended.clone();
                let after = Subject {
                    request: &mended,
                    call: Some(&after_call),
                    model: subject.model,
                    place: subject.place,
                    around: subject.around,
                };
                let facts = facts::facts(&after, scenario, super::thresholds(settings, &knowledge.rules));
                if rule::check::check(next, &options(next, settings), &facts).is_none() {
                    continue;
                }
                let target = Target { request: &mended, call: Some(&after_call), at: None, ..target };
                if let Some(outcome) = rewrite::apply(next_rewrite, &target) {
                    mended = outcome.mended;
                    enabled = true;
                }
            }
        }
        Some(Rewritten { outcome, request: mended, enabled })
    }

    /// Values that break the prefix behind the one that was moved: a request is worth caching only when all of them are
    /// out of the way.
    fn moved_all(&self, mut mended: Request, rule: &Rule, target: &Target<'_, 'p>) -> Request {
        const MOST: usize = 10;
        let Bench { settings, knowledge, subject, scenario, .. } = *self;
        for _ in 0..MOST {
            let after_call = subject.call.map(|call| crate::model::call::Call { request: mended.clone(), ..call.clone() });
            let after =
                Subject { request: &mended, call: after_call.as_ref(), model: subject.model, place: subject.place, around: subject.around };
            let facts = facts::facts(&after, scenario, super::thresholds(settings, &knowledge.rules));
            let Some(hit) = rule::check::check(rule, &options(rule, settings), &facts) else { break };
            let target = Target { request: &mended, call: after_call.as_ref(), at: hit.place, ..*target };
            match rewrite::apply("move-behind-static", &target) {
                Some(outcome) if outcome.mended != mended => mended = outcome.mended,
                _ => break,
            }
        }
        mended
    }

    /// Whether the rule still finds the same value after its rewrite.
    fn still_found(&self, mended: &Request, rule: &Rule, at: Place) -> bool {
        let Bench { project, settings, knowledge, subject, scenario } = *self;
        let after_call = subject.call.map(|call| crate::model::call::Call { request: mended.clone(), ..call.clone() });
        let after =
            Subject { request: mended, call: after_call.as_ref(), model: subject.model, place: subject.place, around: subject.around };
        let facts = facts::facts(&after, scenario, super::thresholds(settings, &knowledge.rules));
        let Some(hit) = rule::check::check(rule, &options(rule, settings), &facts) else { return false };
        let text = |place: Place| project.text(place.file).get(place.span.range());
        hit.place.is_some_and(|place| place == at || text(place) == text(at))
    }

    /// Applies a rule's rewrite to a copy of the request, and what it enables after it, and prices the difference.
    pub fn mend(&self, rule: &Rule, at: Place, set: Option<&(Place, String)>) -> Mended {
        let Bench { settings, subject, scenario, .. } = *self;
        let only_cached = rule.rewrite.as_deref().and_then(rewrite::declared).is_some_and(|rewrite| rewrite.delta.only_moves());
        let out_of_reach = || only_cached && self.out_of_reach(at);
        let Some(rewritten) = self.rewrite(subject.request, rule, at, set) else {
            return Mended { saves_nothing: out_of_reach(), ..Mended::default() };
        };
        let Rewritten { outcome, request: mended, enabled } = rewritten;
        let stays = only_cached && outcome.edit.is_ok() && self.still_found(&outcome.mended, rule, at);
        let (fix, declined) = match outcome.edit {
            Ok(_) if stays => (None, Some("static text would still stand behind it".to_owned())),
            Ok(proposal) if proposal.applicability > Applicability::Advice => match unwritable(self.project, &proposal.edits) {
                Some(reason) => (None, Some(reason)),
                None => (Some(Fix { applicability: proposal.applicability, title: proposal.title, edits: proposal.edits }), None),
            },
            Ok(_) => (None, None),
            Err(declined) => (None, Some(declined.0)),
        };
        let is_unpriced = outcome.delta.respells || outcome.delta.inserts;
        if is_unpriced && !rule.bound && mended == *subject.request {
            return Mended { saving: None, fix, declined, saves_nothing: false };
        }
        let before = self.price(subject.request);
        if rule.bound {
            let saving = cap_bound(subject, &before, outcome.cap);
            return Mended { saving, fix, declined, saves_nothing: false };
        }
        let after = self.price(&mended);
        let saved = before.input_equivalent - after.input_equivalent;
        let known = subject.model.is_some_and(|model| model.price.is_some() && cache_is_known(model));
        // Nothing is certain below half a token of a request whose prices and cache rules are known.
        // A few tokens of a long request, where moved pieces meet, are nothing either.
        // A file that is not here may be as long as it likes.
        let unmeasured = only_cached && order::holds_fixed_file(subject.request);
        let too_little = known && !unmeasured && (saved < 0.5 || (saved < 8.0 && saved < 0.01 * before.input_equivalent));
        // Without the provider's rules nothing can be said of what its cache would serve; a text that is sent no longer is.
        let shorter = before.raw_input - after.raw_input >= 1.0;
        let saves_nothing = too_little || (!known && out_of_reach());
        // Where moved pieces meet a token may come or go.
        let saving = (saved >= if unmeasured { 8.0 } else { 0.5 } && (known || (shorter && !only_cached))).then(|| {
            let mut assumptions = vec![format!("{} requests in the life of a cache entry", scenario.turns)];
            if before.assumed {
                assumptions.extend(assumed_sizes(subject.request, scenario));
            }
            if enabled {
                assumptions.push("with the cache marker that it makes worth while".into());
            }
            if subject.model.is_none() {
                assumptions.push("model unknown: tokens are not weighed by price".into());
            }
            let usd = before.usd.zip(after.usd).map(|(before, after)| before - after);
            Saving {
                kind: SavingKind::Assumed,
                input_equivalent_tokens: saved,
                added_tokens: saved,
                raw_tokens: (before.raw_input - after.raw_input).max(0.0),
                assumptions,
                share: (before.input_equivalent > 0.0).then(|| (saved / before.input_equivalent).clamp(0.0, 1.0)),
                exact: before.exact && after.exact,
                band: before.band.max(after.band),
                usd_per_1k_requests: usd.map(|usd| usd * 1000.0),
                usd_per_month: usd.zip(settings.traffic.requests_per_month).map(|(usd, requests)| usd * requests as f64),
                price_as_of: before.price_as_of.clone(),
            }
        });
        Mended { saving, fix, declined, saves_nothing }
    }

    /// Whether next to nothing is to be won by writing the request in another order, as far as it is in sight, where the
    /// model does not say how much. So it is where something that may vary stands before the value anyway, and with what a request is
    /// about (a question, a document): it has to stand somewhere, often with a word of instruction after it for good reason,
    /// and costs little if what stands behind it is a small part of the request, or if all of the text is shorter than most
    /// models cache. A clock or an id before static text is a mistake however short that text is today.
    fn out_of_reach(&self, at: Place) -> bool {
        /// Of the whole request, slots at their assumed size.
        const SMALL_PART: f64 = 0.1;
        let Bench { knowledge, subject, .. } = *self;
        let leaves = prefix::leaves(subject.request);
        let is_here = |leaf: &Leaf<'_>| matches!(leaf, Leaf::Slot(slot) if slot.place == Some(at));
        let Some(broken_at) = leaves.iter().position(|(_, leaf)| is_here(leaf)) else { return false };
        if leaves[..broken_at].iter().any(|(_, leaf)| matches!(leaf, Leaf::Slot(slot) if slot.volatility.is_none())) {
            return true;
        }
        // Who is served has its place in a message; names of people are also what a prompt is about.
        let belongs_elsewhere = |block: usize, slot: &Slot| {
            let in_system = subject.request.blocks.get(block).is_some_and(|block| block.kind == BlockRole::System);
            slot.size == SizeClass::Scalar && &*slot.reason != IN_LOOP && (in_system || slot.volatility != Some(Volatility::User))
        };
        if leaves.iter().any(|(block, leaf)| matches!(leaf, Leaf::Slot(slot) if is_here(leaf) && belongs_elsewhere(*block, slot))) {
            return false;
        }
        let least = subject.model.and_then(|model| model.cache.min_tokens).or(knowledge.catalogue.models.usual_minimum());
        // What changes within a conversation takes the turns before it out of the cache as well.
        let loses_turns = leaves[broken_at..].iter().any(|(_, leaf)| matches!(leaf, Leaf::History))
            && leaves
                .iter()
                .any(|(_, leaf)| matches!(leaf, Leaf::Slot(slot) if is_here(leaf) && slot.volatility >= Some(Volatility::Turn)));
        if !loses_turns && least.is_some_and(|least| prefix::least_text_tokens(subject.request, subject.model) < least) {
            return true;
        }
        let behind = leaves[broken_at..].iter().map(|(_, leaf)| match leaf {
            Leaf::Text { text, .. } => tokens::count_for(text, subject.model).tokens,
            _ => 0,
        });
        (behind.sum::<u64>() as f64) < SMALL_PART * self.price(subject.request).raw_input
    }

    /// Says of each finding what it adds when all of them are mended, one after the other.
    pub fn add_up(&self, findings: &mut [Finding]) {
        let counted = |finding: &Finding| finding.saving.as_ref().is_some_and(|saving| saving.kind != SavingKind::Bound);
        if findings.iter().filter(|finding| counted(finding)).count() < 2 {
            return;
        }
        let mut request = self.subject.request.clone();
        let mut price = self.price(&request).input_equivalent;
        for finding in findings.iter_mut().filter(|finding| counted(finding)) {
            let rewritten = self.knowledge.rules.get(&finding.rule).and_then(|rule| self.rewrite(&request, rule, finding.place, None));
            let added = match rewritten {
                Some(rewritten) => {
                    let after = self.price(&rewritten.request).input_equivalent;
                    request = rewritten.request;
                    std::mem::replace(&mut price, after) - after
                }
                None => 0.0,
            };
            if let Some(saving) = &mut finding.saving {
                saving.added_tokens = added.max(0.0);
            }
        }
    }
}

/// The rewrite that a rule asks for; a conversation in a template is cut where it is looped over.
fn rewrite_name<'r>(rule: &'r Rule, subject: &Subject<'_, '_>) -> Option<&'r str> {
    match rule.rewrite.as_deref()? {
        "evict-in-blocks" if subject.call.is_none() => Some("slice"),
        name => Some(name),
    }
}

fn cache_is_known(model: &Model) -> bool {
    use crate::catalogue::CacheKind;
    match model.cache.kind {
        CacheKind::Unknown | CacheKind::Implicit => false,
        CacheKind::None => true,
        _ => model.cache.min_tokens.is_some(),
    }
}

/// The sizes that the price of a request rests on.
fn assumed_sizes(request: &Request, scenario: &Scenario) -> Vec<String> {
    let mut classes: Vec<(&'static str, u64)> = Vec::new();
    for (_, leaf) in prefix::leaves(request) {
        let class = match leaf {
            Leaf::Slot(slot) => (slot.size.as_str(), scenario.sizes.of(slot)),
            Leaf::History => (SizeClass::History.as_str(), scenario.sizes.history_turn),
            Leaf::Text { .. } => continue,
        };
        if !classes.iter().any(|known| known.0 == class.0) {
            classes.push(class);
        }
    }
    classes.sort_by_key(|(_, tokens)| std::cmp::Reverse(*tokens));
    classes
        .into_iter()
        .take(2)
        .map(|(class, tokens)| match class {
            "history" => format!("{tokens} tokens a turn"),
            "unknown" => format!("{tokens} tokens for a value of unknown size"),
            class => format!("{tokens} tokens for a {class}"),
        })
        .collect()
}

/// At most what an answer may cost above the cap: no more than that can be said.
fn cap_bound(subject: &Subject<'_, '_>, before: &Priced, cap: Option<u64>) -> Option<Saving> {
    let model = subject.model?;
    let call = subject.call?;
    if call.cap.state != CapState::Missing {
        return None;
    }
    let spare = model.max_output?.checked_sub(cap?)? as f64;
    let price = model.price.as_ref()?;
    if spare <= 0.0 || price.input <= 0.0 {
        return None;
    }
    Some(Saving {
        kind: SavingKind::Bound,
        input_equivalent_tokens: spare * price.output / price.input,
        added_tokens: 0.0,
        raw_tokens: spare,
        assumptions: vec!["an answer as long as the model can write".into()],
        share: None,
        exact: true,
        band: 0.0,
        usd_per_1k_requests: Some(spare * price.output / 1e6 * 1000.0),
        usd_per_month: None,
        price_as_of: before.price_as_of.clone().or_else(|| Some(model.as_of.to_string())),
    })
}

/// Options as config gives them, in the types of rules. What is neither number, text nor flag is left to the rule's own
/// check.
pub fn option_values(given: &BTreeMap<String, serde_yaml::Value>) -> BTreeMap<String, OptionValue> {
    given.iter().filter_map(|(name, value)| Some((name.clone(), serde_yaml::from_value(value.clone()).ok()?))).collect()
}

/// Files of so many bytes are not written on trial for each of their findings; what can't be written there is left out of a fix.
const MAX_TRIAL: usize = 128 << 10;

/// Why edits of a text that its file writes otherwise (a cell of a notebook, a scalar of YAML) can't be written there.
fn unwritable(project: &Project, edits: &[Edit]) -> Option<String> {
    let files: BTreeSet<FileId> = edits.iter().map(|edit| edit.file).collect();
    files.into_iter().find_map(|file| {
        let source = project.source(file).ok().filter(|source| source.written_length().is_some_and(|length| length <= MAX_TRIAL))?;
        let here: Vec<&Edit> = edits.iter().filter(|edit| edit.file == file).collect();
        let text = apply(source, &here)?;
        source.with_text(&text).err().map(|error| error.to_string())
    })
}
