//! `add-breakpoint`: marks the end of the stable prefix for the provider's cache.

use std::cmp::max;

use crate::catalogue::MarkerStyle;
use crate::model::call::{Call, Reuse};
use crate::model::prompt::{Breakpoint, Segment};
use crate::model::request::{Block, BlockRole, Request};
use crate::report::{Applicability, Edit};
use crate::span::{Place, Span};
use crate::syntax::{self, DictItem, Expr, ExprKind, StmtKind};

use super::add_argument::{Site, entry, keyword};
use super::find::{self, Seen};
use super::flat::stable;
use super::insert::Brackets;
use super::notation::Notation;
use super::{Declined, Delta, Outcome, Proposal, Target, layout, split};

/// Longer lines are broken, as formatters would.
pub(super) const LINE_WIDTH: usize = 100;

pub fn apply(target: &Target) -> Option<Outcome> {
    let call = target.call?;
    let (mended, counts) = mark(target.request)?;
    let edit = propose(target, call, counts);
    Some(Outcome { mended, cap: call.cap.value, delta: Delta { inserts: true, ..Delta::default() }, edit })
}

fn is_marker(segment: &Segment) -> bool {
    matches!(segment, Segment::Breakpoint(_))
}

/// The request with a marker behind its stable prefix, and how many system blocks lie wholly within that.
fn mark(request: &Request) -> Option<(Request, Stable)> {
    let mut mended = request.clone();
    let before_messages = request.blocks.iter().take_while(|block| block.kind != BlockRole::Message).count();
    let blocks = &request.blocks[..before_messages];
    let whole = blocks.iter().take_while(|block| block.history.is_none() && block.segments.iter().all(stable)).count();
    let counts = Stable {
        system: blocks[..whole].iter().filter(|block| holds_text(block)).count(),
        all_system: blocks.iter().filter(|block| holds_text(block)).count(),
    };
    let marker = || Segment::Breakpoint(Breakpoint { place: None, ttl: None });
    if blocks.iter().all(|block| block.segments.is_empty()) {
        // Nothing stands before the messages: the head of the first one is the prefix.
        let first = mended.blocks.get_mut(before_messages).filter(|block| block.history.is_none())?;
        let at = first.segments.iter().position(|segment| !stable(segment) || is_marker(segment)).filter(|at| *at > 0)?;
        if is_marker(first.segments.get(at)?) {
            return None;
        }
        first.segments.insert(at, marker());
        return Some((mended, counts));
    }
    // A head of static text in the block that varies is worth more than all that stands before it.
    if let Some(block) = mended.blocks[..before_messages].get_mut(whole)
        && let Some(at) = block.segments.iter().position(|segment| !stable(segment)).filter(|at| *at > 0)
        && counts.system == 0
    {
        block.segments.insert(at, marker());
        return Some((mended, counts));
    }
    let last = mended.blocks[..whole].iter_mut().rev().find(|block| !block.segments.is_empty())?;
    if last.segments.last().is_some_and(is_marker) {
        return None;
    }
    last.segments.push(marker());
    Some((mended, counts))
}

fn holds_text(block: &Block) -> bool {
    block.kind == BlockRole::System && !block.segments.iter().all(is_marker)
}

struct Stable {
    /// System blocks that never change.
    system: usize,
    all_system: usize,
}

fn propose<'p>(target: &Target<'_, 'p>, call: &Call<'p>, stable: Stable) -> Result<Proposal, Declined> {
    let file = Target::call_file(call);
    let mut site = Site::of(target, file);
    let keys = site.body(call).map(|(items, _)| items.iter().filter_map(key_text).collect::<Vec<_>>()).unwrap_or_default();
    let style = layout(call, &keys).map_or(MarkerStyle::None, |layout| layout.marker);
    if stable.all_system == 0 {
        let edits = split::split(target, &site, style, call, first_content(call, &site)?)?;
        let title = format!("Split the first message behind its static part and mark that with `{}`", marker_name(style));
        return Ok(Proposal { edits, applicability: Applicability::Unsafe, title });
    }
    let mut value = system_value(target, call, &site)?;
    if let ExprKind::Name(name) = &value.kind {
        value = match find::bound_once(site.module, name) {
            Some(list) if matches!(list.kind, ExprKind::List(_)) => list,
            _ => value,
        };
    }
    if let Some(place) = call.anchors.system
        && place.file != file
    {
        site = Site::of(target, place.file);
    }
    if stable.system == 0 {
        let edits = split::split(target, &site, style, call, value)?;
        let title = format!("Split the system prompt behind its static part and mark that with `{}`", marker_name(style));
        return Ok(Proposal { edits, applicability: Applicability::Unsafe, title });
    }
    let notation = notation(target, &site, call, value);
    let edits = match (style, &value.kind) {
        (MarkerStyle::CachePoint, ExprKind::List(items)) => site.append_point(notation, value, element(items, &stable)?),
        (MarkerStyle::CacheControl | MarkerStyle::CachePointKey, ExprKind::List(items)) => {
            site.add_control(notation, style, element(items, &stable)?)?
        }
        (MarkerStyle::CacheControl, _) if stable.system == stable.all_system && stable.system == 1 => {
            if !is_text(target, value, &site) {
                return Declined::because("it is not certain that the system prompt is a string");
            }
            site.wrap(notation, value)
        }
        (MarkerStyle::None | MarkerStyle::PromptCacheBreakpoint, _) => {
            return Declined::because("this API takes no marker in the system prompt");
        }
        _ => return Declined::because("the blocks of the system prompt are made elsewhere"),
    };
    let proved = call.repetition.reuse == Reuse::Proved && !target.request.open;
    Ok(Proposal {
        edits,
        applicability: if proved { Applicability::Safe } else { Applicability::Unsafe },
        title: format!("Mark the end of the system prompt with `{}`", marker_name(style)),
    })
}

/// How blocks are written where `value` stands.
pub(super) fn notation(target: &Target, site: &Site, call: &Call, value: &Expr) -> Notation {
    let within = (Target::call_file(call) == site.file).then_some(call.syntax.span);
    Notation::at(target.project, site.file, value.span, within)
}

fn marker_name(style: MarkerStyle) -> &'static str {
    match style {
        MarkerStyle::CachePoint | MarkerStyle::CachePointKey => "cachePoint",
        MarkerStyle::CacheControl => "cache_control",
        MarkerStyle::PromptCacheBreakpoint => "prompt_cache_breakpoint",
        MarkerStyle::None => "",
    }
}

fn key_text(item: &DictItem) -> Option<String> {
    match item {
        DictItem::Entry { key, .. } => key.as_text(),
        DictItem::Spread(_) => None,
    }
}

/// The expression that the call passes as its system prompt.
fn system_value<'a>(target: &Target<'_, 'a>, call: &Call<'a>, site: &Site<'a>) -> Result<&'a Expr, Declined> {
    let unknown = || Declined("the system prompt is not written out at the call".into());
    if let Some(Place { file, span }) = call.anchors.system {
        return find::expr_at(target.project.module(file), span).ok_or_else(unknown);
    }
    if let Some((items, _)) = site.body(call) {
        return entry(items, "system").ok_or_else(unknown);
    }
    let ExprKind::Call(inner) = &call.syntax.kind else { return Err(unknown()) };
    call.api.args.system.iter().find_map(|name| argument(call, site, inner, name)).ok_or_else(unknown)
}

/// The value of an argument, by its keyword or in the object that holds them all.
fn argument<'a>(call: &Call<'a>, site: &Site<'a>, inner: &'a syntax::Call, name: &str) -> Option<&'a Expr> {
    if call.api.object_argument { entry(site.argument_object(inner)?, name) } else { keyword(inner, name) }
}

/// The content of the first message, if the list of messages is written out at the call.
fn first_content<'a>(call: &Call<'a>, site: &Site<'a>) -> Result<&'a Expr, Declined> {
    let elsewhere = || Declined("there is no system prompt that a marker could follow, and the messages are made elsewhere".into());
    let messages = match (site.body(call), &call.syntax.kind) {
        (Some((items, _)), _) => entry(items, "messages"),
        (None, ExprKind::Call(inner)) => call.api.args.messages.iter().find_map(|name| argument(call, site, inner, name)),
        _ => None,
    };
    let ExprKind::List(items) = &messages.ok_or_else(elsewhere)?.kind else { return Err(elsewhere()) };
    let Some(Expr { kind: ExprKind::Dict(entries), .. }) = items.first() else { return Err(elsewhere()) };
    entry(entries, "content").ok_or_else(elsewhere)
}

/// The last element of the list literal that never changes. Elements and blocks must correspond one to one.
fn element<'e>(items: &'e [Expr], stable: &Stable) -> Result<&'e Expr, Declined> {
    if items.len() != stable.all_system || items.iter().any(|item| matches!(item.kind, ExprKind::Starred(_))) {
        return Declined::because("the list of system blocks is not written out");
    }
    items.get(stable.system - 1).ok_or_else(|| Declined("the list of system blocks is empty".into()))
}

/// Whether the value is certainly a string: by its own form, or by that of the only thing its name is bound to.
fn is_text(target: &Target, value: &Expr, site: &Site) -> bool {
    let by_form = |value: &Expr| match &value.kind {
        ExprKind::Str(literal) => !literal.is_bytes,
        ExprKind::Binary { left, right, .. } => [left, right].iter().any(|side| matches!(side.kind, ExprKind::Str(_))),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { name, .. } => {
                reads_text(name, call)
                    || matches!(
                        name.as_str(),
                        "format"
                            | "strip"
                            | "rstrip"
                            | "lstrip"
                            | "join"
                            | "dedent"
                            | "render"
                            | "read"
                            | "read_text"
                            | "replace"
                            | "trim"
                            | "trimStart"
                            | "trimEnd"
                            | "replaceAll"
                    )
            }
            ExprKind::Name(name) => matches!(name.as_str(), "dedent" | "str" | "String") || reads_text(name, call),
            _ => false,
        },
        ExprKind::Await(inner) => {
            matches!(&inner.kind, ExprKind::Call(call) if find::called(&call.callee).is_some_and(|name| reads_text(name, call)))
        }
        _ => false,
    };
    if by_form(value) {
        return true;
    }
    let (ExprKind::Name(name) | ExprKind::Attribute { name, .. }) = &value.kind else { return false };
    if let Some(bound) = find::bound_once(site.module, name) {
        return by_form(bound);
    }
    // Bound in another file: the one where the text of the block stands.
    let system = target.request.blocks.iter().find(|block| holds_text(block));
    let places = system.iter().flat_map(|block| &block.segments).filter_map(Segment::place);
    places.into_iter().any(|place| {
        let mut found = false;
        find::visit(target.project.module(place.file), &mut |seen| {
            if let Seen::Stmt(stmt) = seen
                && let StmtKind::Assign { targets, value } = &stmt.kind
                && value.span.contains(place.span)
            {
                found |= by_form(value) && targets.iter().any(|one| one.dotted().as_deref() == Some(name.as_str()));
            }
        });
        found
    })
}

/// `readFileSync(path, "utf8")`: without an encoding it would be bytes.
fn reads_text(name: &str, call: &syntax::Call) -> bool {
    let encoding = call.args.get(1).is_some_and(|arg| matches!(arg.value.kind, ExprKind::Str(_) | ExprKind::Dict(_)));
    matches!(name, "readFileSync" | "readFile") && encoding
}

impl Site<'_> {
    pub fn insert(&self, at: u32, text: impl Into<String>) -> Edit {
        Edit { file: self.file, span: Span { start: at, end: at }, text: text.into() }
    }

    /// `[…, {"cachePoint": {"type": "default"}}]`
    fn append_point(&self, notation: Notation, list: &Expr, after: &Expr) -> Vec<Edit> {
        let brackets =
            Brackets { file: self.file, text: self.text, span: list.span, after: Some(after.span), comments: &self.module.comments };
        brackets.insert(&notation.point())
    }

    /// `{…, "cache_control": {"type": "ephemeral"}}`
    fn add_control(&self, notation: Notation, style: MarkerStyle, block: &Expr) -> Result<Vec<Edit>, Declined> {
        let ExprKind::Dict(items) = &block.kind else {
            return Declined::because("the last stable block is made elsewhere");
        };
        if entry(items, marker_name(style)).is_some() {
            return Declined::because("the last stable block is marked already");
        }
        let notation = if notation.is_script() { notation } else { notation.quoted(self.quote(items)) };
        let after = items.last().map(|item| self.item_span(item));
        let brackets = Brackets { file: self.file, text: self.text, span: block.span, after, comments: &self.module.comments };
        Ok(brackets.insert(&notation.control(style)))
    }

    /// The indentation of the line that an argument's value begins in, and one step of it, if nothing else stands there.
    pub fn own_line(&self, start: usize, notation: Notation) -> Option<(&str, &'static str)> {
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let before = &self.text[line..start];
        let indent = &before[..before.len() - before.trim_start_matches([' ', '\t']).len()];
        let name = before.trim_start().trim_end_matches(['=', ':', ' ']);
        let alone = name.chars().all(|c| c.is_alphanumeric() || "_\"'".contains(c));
        alone.then_some((indent, if indent.contains('\t') { "\t" } else { notation.step }))
    }

    /// The value with parentheses that were put around it.
    pub fn with_parentheses(&self, span: Span) -> Span {
        let before = self.text[..span.start as usize].trim_end();
        let rest = &self.text[span.end as usize..];
        let after = rest.trim_start();
        let outer = before.strip_suffix('(').map(str::trim_end).filter(|outer| outer.ends_with(['=', ':']));
        match outer {
            Some(_) if after.starts_with(')') => Span::new(before.len() - 1, self.text.len() - after.len() + 1),
            _ => span,
        }
    }

    /// A string becomes a list of one block with a marker, its expression as it stands.
    fn wrap(&self, notation: Notation, value: &Expr) -> Vec<Edit> {
        let named = self.named(value);
        let (open, control) = (notation.head(MarkerStyle::CacheControl), notation.control(MarkerStyle::CacheControl));
        let close = format!(", {control}{}", notation.close());
        let span = self.with_parentheses(value.span);
        let start = span.start as usize;
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let one_line = span.end as usize <= line_end;
        let written = &self.text[line..max(line_end, line)];
        // A tab is as wide as four blanks.
        let width = written.chars().count() + 3 * written.matches('\t').count() + open.len() + close.len() + 2;
        if let Some((indent, step)) = self.own_line(start, notation).filter(|_| one_line && width > LINE_WIDTH) {
            let (block, key) = (format!("{indent}{step}"), format!("{indent}{step}{step}"));
            let (kind, text) = (notation.type_text(), notation.key("text"));
            return vec![
                self.insert(span.start, format!("{named}[\n{block}{{\n{key}{kind},\n{key}{text}")),
                self.insert(span.end, format!(",\n{key}{control},\n{block}}}\n{indent}]")),
            ];
        }
        vec![self.insert(span.start, format!("{named}[{open}")), self.insert(span.end, format!("{close}]"))]
    }

    /// The key of a value that is named by it alone (`{ system }`), which is to be written out.
    pub fn named(&self, value: &Expr) -> String {
        match &value.kind {
            ExprKind::Name(name) if self.in_script && find::is_shorthand(self.module, value.span) => format!("{name}: "),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Api;
    use crate::model::call::Repetition;
    use crate::rewrite::testing::*;

    fn marked(api: &'static Api, before: &str) -> Result<(String, Applicability), Declined> {
        let project = python(before);
        let request = lowered(&project);
        let call = call(&project, api, request.clone());
        let outcome = apply(&target(&project, &request, Some(&call))).unwrap();
        assert!(outcome.mended.blocks.iter().flat_map(|block| &block.segments).any(is_marker));
        edited(&project, &outcome)
    }

    fn check(api: &'static Api, before: &str, after: &str) {
        assert_eq!(marked(api, before), Ok((after.to_string(), Applicability::Safe)), "{before}");
    }

    #[test]
    fn a_cache_point_closes_the_system_list() {
        check(
            converse(),
            "c.converse(system=[{\"text\": \"Be kind.\"}])\n",
            "c.converse(system=[{\"text\": \"Be kind.\"}, {\"cachePoint\": {\"type\": \"default\"}}])\n",
        );
        check(
            converse(),
            "c.converse(\n    system=[\n        {\"text\": \"Be kind.\"},\n    ],\n)\n",
            "c.converse(\n    system=[\n        {\"text\": \"Be kind.\"},\n        {\"cachePoint\": {\"type\": \"default\"}},\n    ],\n)\n",
        );
        check(
            converse(),
            "SYSTEM = [{\"text\": \"Be kind.\"}]\nc.converse(system=SYSTEM)\n",
            "SYSTEM = [{\"text\": \"Be kind.\"}, {\"cachePoint\": {\"type\": \"default\"}}]\nc.converse(system=SYSTEM)\n",
        );
    }

    #[test]
    fn a_string_becomes_a_block() {
        check(
            anthropic(),
            "c.create(system=\"Be kind.\", model=m)\n",
            "c.create(system=[{\"type\": \"text\", \"text\": \"Be kind.\", \"cache_control\": {\"type\": \"ephemeral\"}}], model=m)\n",
        );
        check(
            anthropic(),
            "SYSTEM = dedent(\"Be kind.\")\nc.create(system=SYSTEM)\n",
            "SYSTEM = dedent(\"Be kind.\")\nc.create(system=[{\"type\": \"text\", \"text\": SYSTEM, \"cache_control\": {\"type\": \"ephemeral\"}}])\n",
        );
        check(
            anthropic(),
            "c.create(\n    system=(\n        \"Be kind. \"\n        \"Be brief.\"\n    ),\n)\n",
            "c.create(\n    system=[{\"type\": \"text\", \"text\": (\n        \"Be kind. \"\n        \"Be brief.\"\n    ), \"cache_control\": {\"type\": \"ephemeral\"}}],\n)\n",
        );
    }

    #[test]
    fn a_long_line_is_broken() {
        check(
            anthropic(),
            "def f():\n    c.create(\n        system=\"You answer questions about orders, kindly and briefly.\",\n    )\n",
            "def f():\n    c.create(\n        system=[\n            {\n                \"type\": \"text\",\n                \"text\": \"You answer questions about orders, kindly and briefly.\",\n                \"cache_control\": {\"type\": \"ephemeral\"},\n            }\n        ],\n    )\n",
        );
    }

    #[test]
    fn a_block_gets_a_key() {
        check(
            anthropic(),
            "c.create(system=[{'type': 'text', 'text': 'Be kind.'}])\n",
            "c.create(system=[{'type': 'text', 'text': 'Be kind.', 'cache_control': {'type': 'ephemeral'}}])\n",
        );
    }

    #[test]
    fn a_body_of_invoke_model() {
        check(
            invoke_model(),
            "c.invoke_model(body=json.dumps({\"system\": \"Be kind.\", \"anthropic_version\": v}))\n",
            "c.invoke_model(body=json.dumps({\"system\": [{\"type\": \"text\", \"text\": \"Be kind.\", \"cache_control\": {\"type\": \"ephemeral\"}}], \"anthropic_version\": v}))\n",
        );
        // A body for Nova has the marker as a key of the block that it closes.
        check(
            invoke_model(),
            "c.invoke_model(body=json.dumps({\"system\": [{\"text\": \"Be kind.\"}], \"inferenceConfig\": v}))\n",
            "c.invoke_model(body=json.dumps({\"system\": [{\"text\": \"Be kind.\", \"cachePoint\": {\"type\": \"default\"}}], \"inferenceConfig\": v}))\n",
        );
    }

    fn check_script(api: &'static Api, before: &str, after: &str) {
        let project = script(before);
        let request = lowered(&project);
        let call = call(&project, api, request.clone());
        let outcome = apply(&target(&project, &request, Some(&call))).unwrap();
        assert_eq!(edited(&project, &outcome), Ok((after.to_string(), Applicability::Safe)), "{before}");
    }

    #[test]
    fn markers_in_script() {
        check_script(
            anthropic_script(),
            "c.create({ system: \"Be kind.\", model });\n",
            "c.create({ system: [{ type: \"text\", text: \"Be kind.\", cache_control: { type: \"ephemeral\" } }], model });\n",
        );
        check_script(
            anthropic_script(),
            "const system = 'Be kind.';\nc.create({ model: 'm', system });\n",
            "const system = 'Be kind.';\nc.create({ model: 'm', system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }] });\n",
        );
        check_script(
            anthropic_script(),
            "function f() {\n  return c.create({\n    system: `You answer questions about orders, kindly and briefly, and never in verse.`,\n  });\n}\n",
            "function f() {\n  return c.create({\n    system: [\n      {\n        type: \"text\",\n        text: `You answer questions about orders, kindly and briefly, and never in verse.`,\n        cache_control: { type: \"ephemeral\" },\n      }\n    ],\n  });\n}\n",
        );
        check_script(
            anthropic_script(),
            "c.create({ system: [{ type: 'text', text: 'Be kind.' }] });\n",
            "c.create({ system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }] });\n",
        );
        check_script(
            converse_script(),
            "c.converse({\r\n  system: [\r\n    { text: 'Be kind.' },\r\n  ],\r\n});\r\n",
            "c.converse({\r\n  system: [\r\n    { text: 'Be kind.' },\r\n    { cachePoint: { type: 'default' } },\r\n  ],\r\n});\r\n",
        );
    }

    #[test]
    fn a_block_in_a_variable_keeps_its_type() {
        check_script(
            anthropic_script(),
            "const blocks = [{ type: \"text\" as const, text: \"Be kind.\" }];\nc.create({ system: blocks });\n",
            "const blocks = [{ type: \"text\" as const, text: \"Be kind.\", cache_control: { type: \"ephemeral\" as const } }];\nc.create({ system: blocks });\n",
        );
    }

    #[test]
    fn declines_what_varies_or_is_unclear() {
        assert!(marked(anthropic(), "c.create(system=f\"Be kind. {now}\")\n").is_err());
        assert!(marked(anthropic(), "x = \"Be kind.\"\nc.create(system=load())\n").is_err());
        assert!(marked(anthropic(), "x = \"Be kind.\"\nc.create(system=x if y else None)\n").is_err());
        assert!(marked(converse(), "x = \"Be kind.\"\nc.converse(system=blocks(x))\n").is_err());
        assert!(marked(openai(), "c.create(messages=\"Be kind.\")\n").is_err());
    }

    #[test]
    fn reuse_that_is_only_likely_is_unsafe() {
        let project = python("c.create(system=\"Be kind.\")\n");
        let request = lowered(&project);
        let call = call(&project, anthropic(), request.clone());
        let call = Call { repetition: Repetition { reuse: Reuse::Likely, ..call.repetition.clone() }, ..call };
        let outcome = apply(&target(&project, &request, Some(&call))).unwrap();
        assert_eq!(outcome.edit.unwrap().applicability, Applicability::Unsafe);
    }

    #[test]
    fn a_marked_prefix_is_left_alone() {
        let project = python("c.create(system=\"Be kind.\")\n");
        let mut request = lowered(&project);
        request.blocks[0].segments.push(Segment::Breakpoint(Breakpoint { place: None, ttl: None }));
        let call = call(&project, anthropic(), request.clone());
        assert_eq!(apply(&target(&project, &request, Some(&call))), None);
    }
}
