//! The inventory: every call and every prompt, with what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{CacheKind, Model};
use crate::config::{Settings, SettingsMap};
use crate::document::Loaded;
use crate::model::call::{Call, CapState, HistoryState, Known};
use crate::model::prompt::{Confidence, Role, Segment, Slot};
use crate::model::request::Request;
use crate::project::{Language, Project};
use crate::report::{Inventory, InventoryCall, InventoryFile, InventoryPrompt, InventoryRequest};
use crate::rewrite::find::{self, Seen};
use crate::span::{FileId, Place, Span};
use crate::syntax::{Expr, ExprKind};
use crate::template::kind::{self, PromptKind};
use crate::tokens;

use super::{facts, prefix, price, scenario};

/// Literals shorter than this are parts of a prompt that say nothing on their own, in bytes.
const SHORTEST_PROMPT: usize = 60;

/// Literals before a place among which the one around it is looked for: those in the slots of a text lie between.
const MAX_INNER: usize = 200;

pub fn call(settings: &Settings, call: &Call<'_>, model: Option<&Model>) -> InventoryCall {
    let scenario = scenario(settings, &call.request);
    let priced = price::of(&call.request, model, &scenario);
    InventoryCall {
        place: call.place,
        api: call.api.id.to_string(),
        provider: call.provider.to_string(),
        model: call.model_name.present().map(|name| name.to_string()),
        via: call.via.as_ref().map(|via| via.function.to_string()),
        cap_state: match call.cap.state {
            CapState::Present => "present",
            // What is sent without one is small: nothing is missing.
            CapState::Defaulted => "present",
            CapState::Missing => "missing",
            CapState::Required => "required",
            CapState::Unknown | CapState::NotApplicable => "unknown",
        },
        cap_value: call.cap.value,
        history: match call.history.state {
            HistoryState::None => "none",
            HistoryState::Bounded => "bounded",
            HistoryState::Sliding => "sliding",
            HistoryState::Unbounded => "unbounded",
            HistoryState::Unknown => "unknown",
        },
        loop_kind: facts::loop_word(call.repetition.kind),
        tags: match call.tags {
            _ if call.api.args.metadata.is_empty() => "unsupported",
            Known::Present(()) => "present",
            Known::Absent => "missing",
            Known::Unknown => "unknown",
        },
        request: request(&call.request, model, priced.raw_input),
        usd_per_1k_requests: priced.usd.map(|usd| usd * 1000.0),
    }
}

fn request(request: &Request, model: Option<&Model>, raw_input: f64) -> InventoryRequest {
    // Nothing of the request could be followed: nothing is known of its size.
    if request.blocks.is_empty() {
        return InventoryRequest { prefix: "unknown", ..InventoryRequest::default() };
    }
    let mut static_tokens = 0;
    let mut exact = true;
    for (_, leaf) in prefix::leaves(request) {
        if let prefix::Leaf::Text { text, .. } = leaf {
            let count = tokens::count_for(text, model);
            static_tokens += count.tokens;
            exact &= count.exact;
        }
    }
    let broken = prefix::broken_by(request, model, 64);
    let marked = prefix::marked_tokens(request, model);
    let cacheable = model.and_then(|model| match model.cache.kind {
        CacheKind::None => Some(false),
        CacheKind::Unknown => None,
        _ => model.cache.min_tokens.map(|least| marked >= least),
    });
    InventoryRequest {
        static_tokens: Some(static_tokens),
        dynamic_tokens: (!request.open).then(|| (raw_input as u64).saturating_sub(static_tokens)),
        prefix_tokens: Some(marked),
        prefix: prefix::state(request, broken.is_some()),
        broken_by: broken.map(|broken| broken.slot.name.to_string()),
        breakpoints: prefix::markers(request),
        cacheable,
        exact,
    }
}

/// Lists every prompt: literals and files that calls send, and those that stand alone.
pub fn prompts<'r>(
    project: &Project,
    calls: &[&Call<'_>],
    lone: impl Iterator<Item = (Place, &'r Request)>,
    used: &BTreeMap<FileId, Vec<Place>>,
    inventory: &mut Inventory,
) {
    let mut found: BTreeMap<Place, InventoryPrompt> = BTreeMap::new();
    let mut literals = Literals::default();
    for call in calls {
        for block in &call.request.blocks {
            let mut parts: BTreeMap<Place, Vec<&Segment>> = BTreeMap::new();
            split(project, &mut literals, &block.segments, &mut parts);
            for (place, segments) in parts {
                if place.span.len() < SHORTEST_PROMPT || (block.role != Role::System && is_material(project, place.file)) {
                    continue;
                }
                let prompt = found.entry(place).or_insert_with(|| prompt(project, &mut literals, place, block.role, &segments));
                if !prompt.used_by.contains(&call.place) {
                    prompt.used_by.push(call.place);
                }
            }
        }
    }
    for (place, request) in lone {
        let segments: Vec<&Segment> = request.blocks.iter().flat_map(|block| &block.segments).collect();
        let role = request.blocks.first().map_or(Role::Unknown, |block| block.role);
        let prompt = found.entry(place).or_insert_with(|| prompt(project, &mut literals, place, role, &segments));
        let calls = used.get(&place.file).filter(|_| project.file(place.file).language.in_catalogue().is_none());
        for call in calls.into_iter().flatten() {
            if !prompt.used_by.contains(call) {
                prompt.used_by.push(*call);
            }
        }
    }
    inventory.prompts = found.into_values().collect();
    for prompt in &mut inventory.prompts {
        prompt.used_by.sort();
    }
    inventory.calls.sort_by(|a, b| (&project.file(a.place.file).path, a.place.span).cmp(&(&project.file(b.place.file).path, b.place.span)));
    inventory
        .prompts
        .sort_by(|a, b| (&project.file(a.place.file).path, a.place.span).cmp(&(&project.file(b.place.file).path, b.place.span)));
}

/// A prompt says before that many bytes that it is one; a book may say anything later.
const BEGINNING: usize = 4_000;

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(BEGINNING)).unwrap_or(text)
}

/// Whether a file is a text that a prompt is about, and no prompt: nothing in its beginning speaks to a model.
fn is_material(project: &Project, file: FileId) -> bool {
    let read = project.file(file);
    read.language == Language::Text
        && project.document(file).is_none()
        && matches!(read.key.rsplit('.').next(), Some("txt" | "md"))
        && !matches!(kind::is_prompt(&read.key, beginning(project.text(file))), PromptKind::Prompt { confidence } if confidence >= Confidence::Medium)
}

fn split<'s>(project: &Project, literals: &mut Literals, segments: &'s [Segment], parts: &mut BTreeMap<Place, Vec<&'s Segment>>) {
    let mut last = None;
    for segment in segments {
        let place = segment.place().map(|place| literals.prompt_around(project, place)).or(last);
        if let Segment::Text(_) = segment {
            last = place;
        }
        if let Some(place) = place {
            parts.entry(place).or_default().push(segment);
        }
        if let Segment::Block(block) = segment {
            block.arms.iter().for_each(|arm| split(project, literals, arm, parts));
        }
    }
    // A slot that is written outside any literal is no prompt of its own.
    parts.retain(|_, segments| segments.iter().any(|segment| matches!(segment, Segment::Text(_))));
}

/// The literal or file that a place stands in.
pub fn prompt_around(project: &Project, place: Place) -> Place {
    match project.file(place.file).language {
        Language::Python | Language::JavaScript => match find::literal_around(project.module(place.file), place.span) {
            Some(literal) => Place::new(place.file, literal.span),
            None => place,
        },
        Language::Jinja | Language::Text => match project.document(place.file).and_then(|document| document.part_at(place.span)) {
            Some(part) => Place::new(place.file, part.span),
            None => {
                let client = project.document(place.file).and_then(|document| document.client_at(place.span));
                Place::new(place.file, client.unwrap_or(Span::new(0, project.text(place.file).len())))
            }
        },
    }
}

fn prompt(project: &Project, literals: &mut Literals, place: Place, role: Role, segments: &[&Segment]) -> InventoryPrompt {
    let mut static_tokens = 0;
    let mut exact = true;
    let mut slots: Vec<(String, &'static str, &'static str)> = Vec::new();
    fn walk(segments: &[&Segment], static_tokens: &mut u64, exact: &mut bool, slots: &mut Vec<(String, &'static str, &'static str)>) {
        for segment in segments {
            match segment {
                Segment::Text(text) => {
                    let count = tokens::count_for(&text.text, None);
                    *static_tokens += count.tokens;
                    *exact &= count.exact;
                }
                Segment::Slot(slot) => push(slot, slots),
                Segment::Block(block) => {
                    push(&block.subject, slots);
                    for arm in &block.arms {
                        walk(&arm.iter().collect::<Vec<_>>(), static_tokens, exact, slots);
                    }
                }
                Segment::Breakpoint(_) => {}
            }
        }
    }
    walk(segments, &mut static_tokens, &mut exact, &mut slots);
    InventoryPrompt {
        place,
        format: literals.format(project, place).to_string(),
        role: role.as_str(),
        static_tokens,
        exact,
        slots,
        used_by: Vec::new(),
        why: None,
    }
}

/// Says of each prompt by what it was taken for one, and of the templates that are none why not.
pub fn explain(project: &Project, inventory: &mut Inventory) {
    for prompt in &mut inventory.prompts {
        prompt.why = Some(why(project, prompt));
    }
    let taken: BTreeSet<FileId> = inventory.prompts.iter().map(|prompt| prompt.place.file).collect();
    let left = project.ids().filter(|id| project.file(*id).target && !taken.contains(id) && project.file(*id).language == Language::Jinja);
    let reason = |id: FileId| {
        let text = &project.source(id).ok()?.text;
        match kind::judged(&project.file(id).key, text) {
            (PromptKind::NotPrompt | PromptKind::Unknown, sign) => Some((id, sign.to_string())),
            // Another file holds it, or it holds no text.
            (PromptKind::Prompt { .. }, _) => None,
        }
    };
    let mut left: Vec<(FileId, String)> = left.filter_map(reason).collect();
    left.sort_by(|a, b| project.file(a.0).path.cmp(&project.file(b.0).path));
    inventory.left_out = Some(left);
}

fn why(project: &Project, prompt: &InventoryPrompt) -> String {
    let file = project.file(prompt.place.file);
    let sent = match prompt.used_by.len() {
        0 => None,
        1 => Some("a call sends it".to_owned()),
        more => Some(format!("{more} calls send it")),
    };
    let by_words = |path: &str, text: &str| match kind::judged(path, text) {
        (PromptKind::Prompt { confidence }, sign) => format!("{sign} ({} confidence)", confidence.as_str()),
        (_, sign) => sign.to_string(),
    };
    match (sent, file.language) {
        (Some(sent), _) => sent,
        (None, Language::Jinja) => by_words(&file.key, project.text(prompt.place.file)),
        (None, Language::Text) => format!("the name and the keys of the file are those of `{}`", prompt.format),
        (None, Language::Python | Language::JavaScript) => {
            let text = project.text(prompt.place.file).get(prompt.place.span.range()).unwrap_or_default();
            by_words("", text.trim_matches(['"', '\'', '`', 'f']))
        }
    }
}

/// What each file with a call or a prompt comes to.
pub fn files(project: &Project, settings: &SettingsMap, inventory: &Inventory) -> Vec<InventoryFile> {
    let mut files: BTreeMap<&str, InventoryFile> = BTreeMap::new();
    let mut of = |id: FileId, add: &dyn Fn(&mut InventoryFile)| {
        let file = project.file(id);
        let loaded = project.document(id).and_then(|document| document.loaded);
        let loaded = loaded.map(|loaded| if loaded == Loaded::Always { "always" } else { "on demand" });
        let budget = settings.for_file(&file.key).budget;
        let new = || InventoryFile { file: id, calls: 0, prompts: 0, static_tokens: 0, exact: true, budget, loaded };
        add(files.entry(&file.path).or_insert_with(new));
    };
    for call in &inventory.calls {
        of(call.place.file, &|file| file.calls += 1);
    }
    for prompt in &inventory.prompts {
        of(prompt.place.file, &|file| {
            file.prompts += 1;
            file.static_tokens += prompt.static_tokens;
            file.exact &= prompt.exact;
        });
    }
    files.into_values().collect()
}

fn push(slot: &Slot, slots: &mut Vec<(String, &'static str, &'static str)>) {
    let row = (slot.name.to_string(), slot.volatility.map_or("unknown", |volatility| volatility.as_str()), slot.size.as_str());
    if !slots.contains(&row) {
        slots.push(row);
    }
}

/// The string literals of the files that were asked for, so that no file is searched again for each of its prompts.
#[derive(Default)]
struct Literals {
    /// In the order of the source, outer before inner, with whether a value goes into it.
    files: BTreeMap<FileId, Vec<(Span, bool)>>,
}

impl Literals {
    fn of(&mut self, project: &Project, file: FileId) -> &[(Span, bool)] {
        self.files.entry(file).or_insert_with(|| {
            let mut literals = Vec::new();
            find::visit(project.module(file), &mut |seen| {
                if let Seen::Expr(Expr { kind: ExprKind::Str(literal), span }) = seen {
                    literals.push((*span, literal.tokens.iter().any(|token| token.interpolated)));
                }
            });
            literals.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
            literals
        })
    }

    /// As [`prompt_around`].
    fn prompt_around(&mut self, project: &Project, place: Place) -> Place {
        if !matches!(project.file(place.file).language, Language::Python | Language::JavaScript) {
            return prompt_around(project, place);
        }
        let literals = self.of(project, place.file);
        let end = literals.partition_point(|(span, _)| span.start <= place.span.start);
        // Literals hold each other only in slots: the innermost that reaches this far is a few steps back.
        let around = literals[..end].iter().rev().take(MAX_INNER).find(|(span, _)| span.contains(place.span) && *span != place.span);
        around.map_or(place, |(span, _)| Place::new(place.file, *span))
    }

    fn format(&mut self, project: &Project, place: Place) -> &'static str {
        let key = |span: &Span| (span.start, std::cmp::Reverse(span.end));
        let language = project.file(place.file).language;
        let is_filled = matches!(language, Language::Python | Language::JavaScript) && {
            let literals = self.of(project, place.file);
            literals.binary_search_by_key(&key(&place.span), |(span, _)| key(span)).is_ok_and(|at| literals[at].1)
        };
        match (language, is_filled) {
            (Language::Jinja, _) => "jinja",
            (Language::Text, _) => project.document(place.file).map_or("text", |document| document.format),
            (Language::Python, true) => "python-fstring",
            (Language::Python, false) => "python-string",
            (Language::JavaScript, true) => "javascript-template",
            (Language::JavaScript, false) => "javascript-string",
        }
    }
}
