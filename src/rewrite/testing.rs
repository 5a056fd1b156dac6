//! Helpers for the tests of rewrites: small sources become calls and requests without the evaluator.

use std::sync::Arc;

use crate::catalogue::Api;
use crate::model::call::{Anchors, Call, Cap, CapState, History, HistoryState, Known, LoopKind, Repetition, Reuse};
use crate::model::prompt::{BlockKind, BlockSegment, Confidence, Role, Segment, SizeClass, Slot, TextSegment, Volatility};
use crate::model::request::{Block, BlockRole, Growth, HistoryBlock, Request};
use crate::project::{Language, Project};
use crate::report::{Applicability, Edit};
use crate::rewrite::find::{self, Seen};
use crate::rewrite::{Declined, Options, Outcome, Target};
use crate::span::{FileId, Place, Span};
use crate::syntax::{Expr, ExprKind, Piece};
use crate::template::{Node, Template, Value, ValueKind};

pub const FILE: FileId = FileId(0);

pub fn python(text: &str) -> Project {
    Project::in_memory([("app.py", text)])
}

/// A project with one file of TypeScript.
pub fn script(text: &str) -> Project {
    Project::in_memory([("app.ts", text)])
}

/// A project with one template; of its language only `{{ path | filter }}` and one level of `for` and `if` is read.
pub fn jinja(text: &str) -> Project {
    let project = Project::in_memory([("chat.j2", text)]);
    let mut at = 0;
    let nodes = nodes(text, &mut at, false);
    let mut comments = Vec::new();
    for (from, _) in text.match_indices("{#") {
        let to = text[from..].find("#}").map_or(text.len(), |to| from + to + 2);
        comments.push(Span::new(from, to));
    }
    let _ = project.files[0].template.set(Ok(Template { nodes, comments }));
    project
}

fn nodes(text: &str, at: &mut usize, inner: bool) -> Vec<Node> {
    let mut out = Vec::new();
    while *at < text.len() {
        let open = text[*at..].find('{').filter(|open| matches!(text.as_bytes().get(*at + open + 1), Some(b'{' | b'%' | b'#')));
        let end = open.map_or(text.len(), |open| *at + open);
        if end > *at {
            out.push(Node::Text { text: text[*at..end].into(), span: Span::new(*at, end), verbatim: true });
        }
        let Some(kind) = text.as_bytes().get(end + 1).filter(|_| open.is_some()) else { break };
        let close = ["}}", "%}", "#}"][[b'{', b'%', b'#'].iter().position(|one| one == kind).unwrap()];
        let stop = end + text[end..].find(close).unwrap() + 2;
        *at = stop;
        let tag = text[end + 2..stop - 2].trim_matches(['-', ' ']);
        match kind {
            b'{' => {
                let from = end + text[end..stop].find(tag).unwrap();
                out.push(Node::Slot { value: value(tag, from), span: Span::new(end, stop) });
            }
            b'#' => {}
            _ if tag.starts_with("end") && inner => return out,
            _ if tag.starts_with("set") => {
                out.push(Node::Set { name: "x".into(), value: None, body: Vec::new(), span: Span::new(end, stop) });
            }
            _ => {
                let body = nodes(text, at, true);
                let over = tag.rsplit(" in ").next().unwrap().trim_start_matches("if ");
                let over = value(over, end + text[end..stop].rfind(over).unwrap());
                let span = Span::new(end, *at);
                out.push(match tag.starts_with("for") {
                    true => Node::Loop { targets: vec!["m".into()], over, body, span },
                    false => Node::Branch { tests: vec![over], arms: vec![body, Vec::new()], span },
                });
            }
        }
    }
    out
}

fn value(written: &str, from: usize) -> Value {
    let path = written.split('|').next().unwrap().trim();
    let plain = path.chars().all(|c| c.is_alphanumeric() || "._[]".contains(c));
    let kind = match plain {
        true => ValueKind::Path(path.split('.').map(str::to_string).collect()),
        false => ValueKind::Mixed(Vec::new()),
    };
    let filters = written.split('|').skip(1).map(|name| name.trim().to_string()).collect();
    Value { span: Span::new(from, from + written.len()), kind, filters, slice: None }
}

/// What a name means in these tests.
fn slot(name: &str, place: Span, expr: Span) -> Slot {
    let volatility = match name {
        name if name.contains("now") || name.contains("id") => Some(Volatility::Request),
        name if name.contains("user") => Some(Volatility::User),
        name if name.chars().all(|c| c.is_uppercase() || c == '_') => Some(Volatility::Constant),
        _ => Some(Volatility::Turn),
    };
    let size = match name {
        "history" | "messages" => SizeClass::History,
        name if name.contains("doc") => SizeClass::Document,
        _ => SizeClass::Scalar,
    };
    Slot {
        name: name.into(),
        place: Some(Place::new(FILE, place)),
        expr: Some(Place::new(FILE, expr)),
        volatility,
        size,
        limited: false,
        growth: None,
        confidence: Confidence::High,
        size_confidence: Confidence::High,
        reason: "".into(),
    }
}

pub fn system(segments: Vec<Segment>) -> Request {
    Request { blocks: vec![block(BlockRole::System, Role::System, segments)], open: false }
}

pub fn block(kind: BlockRole, role: Role, segments: Vec<Segment>) -> Block {
    Block { kind, role, segments, history: None, place: None }
}

/// The first string of the module that has a slot (or else the first of all), as a system prompt. With `braces` slots are
/// those of a later `.format`.
pub fn lowered(project: &Project) -> Request {
    let text = project.text(FILE);
    if project.file(FILE).language == Language::Jinja
        && let Ok(template) = project.template(FILE)
    {
        return system(of_nodes(&template.nodes));
    }
    let mut all: Vec<&crate::syntax::StrLit> = Vec::new();
    find::visit(project.module(FILE), &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Str(literal), .. }) = seen {
            all.push(literal);
        }
    });
    let has_slot = |literal: &&&crate::syntax::StrLit| literal.pieces.iter().any(|piece| matches!(piece, Piece::Slot { .. }));
    let Some(literal) = all.iter().find(has_slot).or(all.first()) else { return Request::default() };
    let segments = literal.pieces.iter().map(|piece| match piece {
        Piece::Text { text, span, verbatim } => {
            Segment::Text(TextSegment { text: text.as_str().into(), place: Some(Place::new(FILE, *span)), verbatim: *verbatim })
        }
        Piece::Slot { expr, span, .. } => Segment::Slot(Box::new(slot(&text[expr.span.range()], *span, expr.span))),
    });
    system(segments.collect())
}

fn of_nodes(nodes: &[Node]) -> Vec<Segment> {
    let name = |value: &Value| match &value.kind {
        ValueKind::Path(path) => path.join("."),
        _ => "mixed".into(),
    };
    let mut out = Vec::new();
    for node in nodes {
        match node {
            Node::Text { text, span, .. } => {
                let place = Some(Place::new(FILE, *span));
                out.push(Segment::Text(TextSegment { text: text.as_str().into(), place, verbatim: true }));
            }
            Node::Slot { value, span } => out.push(Segment::Slot(Box::new(slot(&name(value), *span, value.span)))),
            Node::Loop { over, body, span, .. } => out.push(Segment::Block(Box::new(BlockSegment {
                kind: BlockKind::Loop,
                place: Some(Place::new(FILE, *span)),
                arms: vec![of_nodes(body)],
                subject: slot(&name(over), over.span, over.span),
            }))),
            Node::Branch { tests, arms, span } => out.push(Segment::Block(Box::new(BlockSegment {
                kind: BlockKind::Branch,
                place: Some(Place::new(FILE, *span)),
                arms: arms.iter().map(|arm| of_nodes(arm)).collect(),
                subject: slot(&name(&tests[0]), tests[0].span, tests[0].span),
            }))),
            _ => {}
        }
    }
    out
}

/// The place of the slot with this name.
pub fn slot_named(request: &Request, name: &str) -> Place {
    fn walk(segments: &[Segment], name: &str) -> Option<Place> {
        segments.iter().find_map(|segment| match segment {
            Segment::Slot(slot) if &*slot.name == name => slot.place,
            Segment::Block(block) if &*block.subject.name == name => block.place,
            Segment::Block(block) => block.arms.iter().find_map(|arm| walk(arm, name)),
            _ => None,
        })
    }
    request.blocks.iter().find_map(|block| walk(&block.segments, name)).unwrap()
}

/// An API of the catalogue's form, from YAML.
pub fn api(yaml: &str) -> &'static Api {
    let common = "provider: p\nlanguage: python\nmodules: []\nsource: here\nas_of: 2026-01-01\n";
    Box::leak(Box::new(serde_yaml::from_str(&format!("{common}{yaml}")).unwrap()))
}

/// The APIs as JavaScript calls them, with all arguments in one object.
pub fn converse_script() -> &'static Api {
    api("id: bedrock.converse\nmethods: [converse]\nshape: converse\nmarker: cache-point\nobject_argument: true\n\
         args: { system: [system], messages: [messages], cap: [inferenceConfig.maxTokens] }")
}

pub fn anthropic_script() -> &'static Api {
    api("id: anthropic.messages\nmethods: [create]\nshape: anthropic\nmarker: cache-control\nobject_argument: true\n\
         args: { system: [system], messages: [messages], cap: [max_tokens] }")
}

pub fn openai_script() -> &'static Api {
    api("id: openai.chat\nmethods: [create]\nshape: openai-chat\nmarker: none\nobject_argument: true\n\
         args: { messages: [messages], cap: [max_completion_tokens] }")
}

pub fn converse() -> &'static Api {
    api("id: bedrock.converse\nmethods: [converse]\nshape: converse\nmarker: cache-point\n\
         args: { system: [system], messages: [messages], cap: [inferenceConfig.maxTokens] }")
}

pub fn anthropic() -> &'static Api {
    api("id: anthropic.messages\nmethods: [create]\nshape: anthropic\nmarker: cache-control\n\
         args: { system: [system], messages: [messages], cap: [max_tokens] }")
}

pub fn openai() -> &'static Api {
    api("id: openai.chat\nmethods: [create]\nshape: openai-chat\n\
         args: { messages: [messages], cap: [max_completion_tokens, max_tokens] }")
}

pub fn invoke_model() -> &'static Api {
    api("id: bedrock.invoke\nmethods: [invoke_model]\nshape: text\nbody: body\nargs: {}\nfamilies:\n\
         - { models: ['anthropic.claude*'], keys: [anthropic_version], shape: anthropic, marker: cache-control, \
             args: { system: [system], messages: [messages], cap: [max_tokens] } }\n\
         - { models: ['amazon.nova*'], keys: [inferenceConfig], shape: converse, marker: cache-point-key, \
             args: { system: [system], messages: [messages], cap: [inferenceConfig.max_new_tokens] } }\n\
         - { models: ['amazon.titan*'], keys: [inputText], shape: text, args: { cap: [textGenerationConfig.maxTokenCount] } }")
}

/// The first call in the source whose method is one of the API's.
pub fn call<'p>(project: &'p Project, api: &'p Api, request: Request) -> Call<'p> {
    let mut found = None;
    find::visit(project.module(FILE), &mut |seen| {
        if let Seen::Expr(one) = seen
            && let ExprKind::Call(call) = &one.kind
            && let ExprKind::Attribute { name, .. } = &call.callee.kind
            && api.methods.iter().any(|known| known == name)
            && found.is_none()
        {
            found = Some((one, call));
        }
    });
    let (syntax, inner) = found.unwrap();
    let given = inner.args.first().and_then(|first| match &first.value.kind {
        ExprKind::Dict(items) if api.object_argument => Some(items),
        _ => None,
    });
    let value = |name: &str| match given {
        Some(items) => super::add_argument::entry(items, name),
        None => super::add_argument::keyword(inner, name),
    };
    let place = Place::new(FILE, syntax.span);
    Call {
        place,
        callee: place,
        statement: place,
        api,
        provider: (&*api.provider).into(),
        shape: api.shape,
        marker: api.marker,
        cap_paths: api.args.cap.clone(),
        body: None,
        syntax,
        model_name: Known::Unknown,
        model: None,
        may_be: Vec::new(),
        cap: Cap { state: CapState::Missing, value: None, confidence: Confidence::High, place: None },
        reasoning: Known::Absent,
        request,
        history: History { state: HistoryState::Unbounded, ..History::none() },
        repetition: Repetition { kind: LoopKind::Interactive, reuse: Reuse::Proved },
        tags: Known::Unknown,
        managed_prompt: false,
        caching_elsewhere: false,
        via: None,
        settings: None,
        made_at: Vec::new(),
        older_cap: None,
        bills_nothing: false,
        choice: None,
        anchors: Anchors {
            system: value("system").map(|value| Place::new(FILE, value.span)),
            messages: value("messages").map(|value| Place::new(FILE, value.span)),
            history_name: value("messages").and_then(Expr::dotted).map(Arc::from),
            ..Anchors::default()
        },
    }
}

pub fn replayed() -> Request {
    let mut history = block(BlockRole::Message, Role::Unknown, Vec::new());
    history.history = Some(HistoryBlock { growth: Growth::Unbounded, confidence: Confidence::High, ..HistoryBlock::unknown() });
    Request { blocks: vec![history], open: false }
}

pub fn target<'a, 'p>(project: &'p Project, request: &'a Request, call: Option<&'a Call<'p>>) -> Target<'a, 'p> {
    Target { project, request, call, prompt: None, at: None, cap: None, tags: &[], set: None, options: Options::default() }
}

/// The source with the edits of an outcome made in it; the edited source must parse.
pub fn edited(project: &Project, outcome: &Outcome) -> Result<(String, Applicability), Declined> {
    let proposal = outcome.edit.clone()?;
    let edits: Vec<&Edit> = proposal.edits.iter().collect();
    let text = crate::fix::apply::apply(project.source(FILE).unwrap(), &edits).unwrap();
    match project.file(FILE).language {
        Language::Python => assert_eq!(crate::frontend::python::parse(&text).errors, [], "{text}"),
        Language::JavaScript => {
            let dialect = crate::frontend::javascript::Dialect::TypeScript;
            assert_eq!(crate::frontend::javascript::parse(&text, dialect).errors, [], "{text}");
        }
        _ => {}
    }
    Ok((text, proposal.applicability))
}
