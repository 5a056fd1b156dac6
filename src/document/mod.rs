//! Files that hold prompts: prompt files, collections in YAML and JSON, exports of flow builders. Each is recognised by its name and keys
//! (`rules/catalogue/formats.yaml`) and becomes texts in a template language with who speaks them, and the settings beside them.

mod baml;
pub mod format;
mod hcl;
mod insert;
mod scalar;
mod sections;
mod toml;
pub mod tree;
pub mod view;

use crate::catalogue::{Catalogue, FORMATS, Text};
use crate::model::prompt::{Confidence, Role};
use crate::span::{FileId, Span};
use crate::syntax::{Expr, ExprKind};
use crate::template::kind::{self, PromptKind};
use crate::template::{self, Node, Template, ValueKind, tags};

pub use insert::Gap;

use format::{Format, Holds, Language, Ties, Where};
use tree::{Kind, Tree};
use view::View;

/// What a file that holds prompts says.
#[derive(Debug, Clone)]
pub struct Document {
    pub format: &'static str,
    pub requests: Vec<FileRequest>,
    /// Comments of the host and of the templates, which no model sees.
    pub comments: Vec<Span>,
    /// What is wrong, and where: nothing is edited then.
    pub problem: Option<(String, u32)>,
    /// When it is loaded, if it is instructions for a coding assistant.
    pub loaded: Option<Loaded>,
    /// Clients and types that functions elsewhere name.
    clients: Vec<baml::Client>,
    types: Vec<baml::Type>,
}

/// When a coding assistant loads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    Always,
    OnDemand,
}

/// Texts that are sent together, and what the file says of the request.
#[derive(Debug, Clone)]
pub struct FileRequest {
    /// The file, or the part of it that describes the request.
    pub span: Span,
    pub parts: Vec<FilePart>,
    pub settings: Settings,
    pub confidence: Confidence,
    /// Stands for the call, which no code makes.
    pub syntax: Expr,
}

/// A text in one role.
#[derive(Debug, Clone, PartialEq)]
pub struct FilePart {
    pub role: Role,
    /// Without what names the role.
    pub span: Span,
    /// Spans are offsets into the file.
    pub nodes: Vec<Node>,
    /// The text stands in another file, at this path from the folder of this one; `span` is where that is said.
    pub elsewhere: Option<String>,
    /// Definitions of tools, and not something that anybody says.
    pub tools: bool,
}

/// What a file says of a request beside its texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    pub model: Option<(String, Span)>,
    pub cap: Cap,
    /// Reasoning is asked for.
    pub reasoning: bool,
    /// The first path by which the format caps the answer.
    pub cap_path: Option<&'static str>,
    /// Where a cap would be written, if the file lacks one and has room for it.
    pub cap_gap: Option<Gap>,
    /// The name of a client that is declared elsewhere.
    pub client: Option<(String, Span)>,
    /// Where that client is declared, if the project holds it.
    pub declared: Option<(FileId, Span)>,
    /// The model runs on a machine of one's own, where it costs nothing a token.
    pub bills_nothing: bool,
    /// What is asked for is no text.
    pub no_text: bool,
    /// The type of the answer as a function declares it, whose schema the prompt asks for.
    pub answer: Option<String>,
    /// The light task that the type of the answer leaves.
    pub choice: Option<&'static str>,
    /// A conversation that is sent with it.
    pub memory: Option<format::Kept>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Cap {
    Present {
        value: Option<u64>,
        span: Option<Span>,
    },
    /// The file says all of the request, and no cap; said at the model, or where the request begins.
    Missing(Option<Span>),
    #[default]
    Unknown,
}

/// The formats that are known.
pub fn formats() -> &'static [Format] {
    &FORMATS.files
}

/// Whether a file of this name may hold prompts at all.
pub fn is_named(path: &str) -> bool {
    formats().iter().any(|format| format.is_named(path))
}

/// Whether a file may hold prompts, by its name and words: a quick look.
pub fn may_hold(path: &str, text: &str) -> bool {
    formats().iter().any(|format| format.may_be(path, text))
}

/// A text of a file as it is found there.
struct Found<'t> {
    span: Span,
    role: Role,
    what: What<'t>,
}

/// How a text is given.
enum What<'t> {
    Here { style: tree::Style, value: &'t str },
    InFile(&'t str),
}

/// The value by which a function's prompt asks for the schema of its answer.
const OUTPUT_FORMAT: &str = "ctx.output_format";

/// How the values of formats say that a text stands in another file.
const FILE_MARK: &str = "file://";

/// A shorter text of a collection says too little of what it is for, in bytes.
const SHORTEST: usize = 200;
/// A file with more texts that speak like prompts is a set of data.
const MOST_SPOKEN: usize = 60;

/// The texts below a node that speak like prompts.
fn speaking<'t>(node: &'t tree::Node, found: &mut Vec<(&'t tree::Node, Found<'t>)>) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| speaking(&entry.value, found)),
        Kind::List(items) => items.iter().for_each(|item| speaking(item, found)),
        // A body that was recorded holds prompts among other data.
        Kind::Text { text, .. } if text.trim_start().starts_with(['{', '[']) && text.trim_end().ends_with(['}', ']']) => {}
        Kind::Text { text, style } if text.len() >= SHORTEST && kind::has_strong_wording(text) => {
            if matches!(kind::is_prompt("", text), PromptKind::Prompt { confidence } if confidence >= Confidence::Medium) {
                let what = What::Here { style: *style, value: text };
                found.push((node, Found { span: node.span, role: Role::Unknown, what }));
            }
        }
        _ => {}
    }
}

/// Calls `each` with the format, the tree and, request by request, its node and texts; `None` if the file is of no such format.
fn in_tree<R>(
    path: &str,
    raw: &str,
    each: impl FnOnce(&'static Format, &Tree, Vec<(&tree::Node, &'static Where, Vec<Found<'_>>)>) -> R,
) -> Option<R> {
    let mut parsed: Option<(Holds, Tree)> = None;
    for format in formats() {
        let holds = match format.holds {
            // JSON is read as such, whatever the format is written in as a rule.
            Holds::Yaml if path.ends_with(".json") => Holds::Json,
            Holds::Yaml if path.ends_with(".toml") => Holds::Toml,
            holds if is_tree(holds) => holds,
            _ => continue,
        };
        if !format.may_be(path, raw) {
            continue;
        }
        if parsed.as_ref().is_none_or(|(known, _)| *known != holds) {
            let tree = match holds {
                Holds::Json => tree::json(raw, 0),
                Holds::JsonLines => tree::json_lines(raw),
                Holds::Toml => toml::read(raw),
                Holds::Hcl if path.ends_with(".json") => hcl::json(raw),
                Holds::Hcl => hcl::read(raw),
                _ => tree::yaml(raw, 0),
            };
            parsed = Some((holds, tree));
        }
        let Some((_, tree)) = &parsed else { continue };
        let mut requests = Vec::new();
        for root in &tree.roots {
            for place in format.requests.iter() {
                for node in place.find(root) {
                    if place.any_text {
                        let mut spoken = Vec::new();
                        speaking(node, &mut spoken);
                        // More than that are data.
                        if spoken.len() <= MOST_SPOKEN {
                            requests.extend(spoken.into_iter().map(|(node, found)| (node, place, vec![found])));
                        }
                        continue;
                    }
                    let mut texts = Vec::new();
                    for part in place.parts.iter() {
                        for (node, role, is_path) in part.find(node) {
                            let what = match &node.kind {
                                Kind::Text { text, .. } if is_path => What::InFile(text),
                                Kind::Text { text, .. } if text.starts_with(FILE_MARK) => {
                                    What::InFile(text.strip_prefix(FILE_MARK).unwrap_or_default())
                                }
                                Kind::Text { text, style } => What::Here { style: *style, value: text },
                                Kind::File(path) => What::InFile(path),
                                _ => continue,
                            };
                            texts.push(Found { span: node.span, role, what });
                        }
                    }
                    if (!texts.is_empty() || place.tools(node).is_some()) && format.most.is_none_or(|most| requests.len() < most) {
                        requests.push((node, place, texts));
                    }
                }
            }
        }
        if !requests.is_empty() {
            return Some(each(format, tree, requests));
        }
    }
    None
}

/// Endings of files that are read as trees.
const TREES: [&str; 7] = [".json", ".jsonl", ".yaml", ".yml", ".toml", ".tf", ".template"];

/// Data of more bytes is not followed into code.
const MOST_DATA: usize = 400_000;

/// A file of data as code reads it, if something in it speaks to a model.
pub fn data(path: &str, raw: &str) -> Option<Tree> {
    if raw.len() > MOST_DATA || !kind::has_strong_wording(raw) {
        return None;
    }
    let tree = match path.rsplit('.').next()? {
        "json" => tree::json(raw, 0),
        "yaml" | "yml" => tree::yaml(raw, 0),
        "toml" => toml::read(raw),
        _ => return None,
    };
    Some(tree).filter(|tree| tree.problem.is_none() && tree.roots.len() == 1)
}

/// The text of a file with its prompts written out, if they stand in it otherwise than they are read.
pub fn written_out(path: &str, raw: &str) -> Option<(String, View)> {
    let is_baml = path.ends_with(".baml");
    if !is_baml && !TREES.iter().any(|ending| path.ends_with(ending)) {
        return None;
    }
    if is_baml {
        let read = baml::read(raw);
        let blocks: Vec<(Span, String)> = read.functions.iter().filter_map(|function| dedented(raw, function.prompt?)).collect();
        if blocks.is_empty() {
            return None;
        }
        let prompts = blocks.iter().map(|(span, value)| view::Prompt { span: *span, style: tree::Style::Literal, value }).collect();
        return Some(View::new(raw.to_owned(), prompts));
    }
    in_tree(path, raw, |_, _, requests| {
        let mut prompts: Vec<view::Prompt<'_>> = Vec::new();
        for (_, _, texts) in &requests {
            prompts.extend(texts.iter().filter_map(|text| match text.what {
                What::Here { style, value } => Some(view::Prompt { span: text.span, style, value }),
                What::InFile(_) => None,
            }));
        }
        View::new(raw.to_owned(), prompts)
    })
}

/// A text without the indentation that all its lines share, which is no part of it, and where it begins behind the first of it.
fn dedented(raw: &str, span: Span) -> Option<(Span, String)> {
    let text = raw.get(span.range())?;
    let lead = text.len() - text.trim_start().len();
    let first = text.get(..lead)?.rfind('\n')? + 1;
    let body = text.get(first..)?.trim_end();
    let lines = || body.lines().filter(|line| !line.trim().is_empty());
    let indent = lines().map(|line| line.len() - line.trim_start_matches(' ').len()).min()?;
    if indent == 0 {
        return None;
    }
    let value: Vec<&str> = body.split('\n').map(|line| line.get(indent..).unwrap_or_default().trim_end_matches('\r')).collect();
    let start = span.start as usize + first;
    Some((Span::new(start + indent, start + body.len()), value.join("\n")))
}

/// Reads a file that holds prompts. `text` is its text with the prompts written out by `view`, if there is one; `sibling` gives the
/// text of the file of another name beside it.
pub fn read(path: &str, text: &str, view: Option<&View>, sibling: &dyn Fn(&str) -> Option<String>) -> Option<Document> {
    match view {
        Some(view) if path.ends_with(".baml") => Some(from_baml(&view.raw, text, Some(view))),
        Some(view) => in_tree(path, &view.raw, |format, tree, requests| from_tree(path, text, view, format, tree, requests)),
        None if TREES.iter().any(|ending| path.ends_with(ending)) => broken(path, text),
        None => {
            let format = formats().iter().find(|format| format.may_be(path, text) && !is_tree(format.holds))?;
            match format.holds {
                Holds::Baml => Some(from_baml(text, text, None)),
                Holds::FrontMatter => front_matter(format, text),
                _ => plain(format, path, text, sibling),
            }
        }
    }
}

/// What is said of a file that has the name and the words of a format, and does not parse. A YAML file needs a name of its own for that:
/// templates of other tools that become YAML do not parse either.
fn broken(path: &str, text: &str) -> Option<Document> {
    let ending = path.rsplit('.').next()?;
    let says_it = |format: &&Format| match ending {
        "yaml" | "yml" => format.names.iter().all(|name| !matches!(&**name, "*.yaml" | "*.yml")),
        _ => true,
    };
    let fits = |format: &&Format| is_tree(format.holds) && !format.signs.is_empty() && format.may_be(path, text);
    let format = formats().iter().filter(says_it).find(fits)?;
    let tree = match ending {
        "yaml" | "yml" => tree::yaml(text, 0),
        "json" => tree::json(text, 0),
        "jsonl" => tree::json_lines(text),
        "toml" => toml::read(text),
        "tf" => hcl::read(text),
        _ => return None,
    };
    let problem = Some(tree.problem?);
    Some(Document {
        format: &format.id,
        requests: Vec::new(),
        comments: Vec::new(),
        problem,
        loaded: None,
        clients: Vec::new(),
        types: Vec::new(),
    })
}

fn is_tree(holds: Holds) -> bool {
    matches!(holds, Holds::Yaml | Holds::Json | Holds::JsonLines | Holds::Toml | Holds::Hcl)
}

fn from_tree(
    _path: &str,
    text: &str,
    view: &View,
    format: &'static Format,
    tree: &Tree,
    found: Vec<(&tree::Node, &'static Where, Vec<Found<'_>>)>,
) -> Document {
    let comments = tree.comments.iter().map(|comment| view.text_span(*comment)).collect();
    let problem = tree.problem.clone().map(|(message, at)| (message, view.text_span(Span { start: at, end: at }).start));
    let mut document =
        Document { format: &format.id, requests: Vec::new(), comments, problem, loaded: None, clients: Vec::new(), types: Vec::new() };
    let mut ties = Ties::default();
    for root in &tree.roots {
        format.wired.iter().for_each(|wired| ties.read(wired, root));
        format.linked.iter().for_each(|linked| ties.link(linked, root));
    }
    for (node, place, texts) in found {
        let apart = place.apart;
        let root = tree.roots.iter().find(|root| root.span.contains(node.span)).unwrap_or(node);
        let language = language_of(format, &[node, root]);
        let mut nodes = ties.of(node).to_vec();
        nodes.extend([node, root]);
        let mut settings = settings_of(format, &nodes, &view.raw, |span| view.text_span(span), view.text_span(node.span));
        let memory = format.memory.as_ref().and_then(|memory| memory.of(&nodes));
        settings.memory = memory.map(|kept| format::Kept { span: view.text_span(kept.span), ..kept });
        if place.bounded && matches!(settings.cap, Cap::Missing(_)) {
            settings.cap = Cap::Unknown;
            settings.cap_gap = None;
        }
        let mut parts = Vec::new();
        if let Some(tools) = place.tools(node) {
            let span = view.text_span(tools.span);
            let nodes = vec![Node::Text { text: tools.compact(), span, verbatim: false }];
            parts.push(FilePart { role: Role::System, span, nodes, elsewhere: None, tools: true });
        }
        for one in texts {
            // Quotes stand outside of the text.
            let span = inside(view, one.span);
            // The sign that the text is a template is no part of it.
            let marked = language == Language::N8n && text.get(span.range()).is_some_and(|text| text.starts_with('='));
            let (language, span) = match (language, marked) {
                (Language::N8n, true) => (Language::Dify, Span { start: span.start + 1, ..span }),
                (Language::N8n, false) => (Language::Plain, span),
                (language, _) => (language, span),
            };
            let own = match one.what {
                What::Here { .. } => document.parts(format, language, one.role, text, span),
                What::InFile(path) => {
                    let span = view.text_span(one.span);
                    vec![FilePart { role: one.role, span, nodes: Vec::new(), elsewhere: Some(path.to_owned()), tools: false }]
                }
            };
            if apart {
                document.push(own.first().map_or(span, |first| first.span), own, settings.clone(), Confidence::High);
            } else {
                parts.extend(own);
            }
        }
        if !apart {
            document.push(view.text_span(node.span), parts, settings, Confidence::High);
        }
    }
    document
}

/// The text that a scalar is written out as.
fn inside(view: &View, raw: Span) -> Span {
    view.page_of_raw(raw).unwrap_or_else(|| view.text_span(raw))
}

fn language_of(format: &Format, nodes: &[&tree::Node]) -> Language {
    let Some(at) = &format.language_at else { return format.language };
    let named = nodes.iter().find_map(|node| at.paths.iter().find_map(|path| node.at(path).first().and_then(|named| named.text())));
    named.and_then(|named| at.of.iter().find(|(known, _)| known == named)).map_or(format.language, |(_, language)| *language)
}

fn is_elsewhere(node: &tree::Node) -> bool {
    matches!(node.kind, Kind::Elsewhere(_) | Kind::File(_))
}

/// The settings that stand at one of the nodes, the nearest first. `map` leads from the file to its text.
fn settings_of(format: &'static Format, nodes: &[&tree::Node], raw: &str, map: impl Fn(Span) -> Span, whole: Span) -> Settings {
    let find = |paths: &[Text]| {
        let says = |node: &&tree::Node| node.text().is_some_and(|text| !text.is_empty());
        nodes.iter().find_map(|node| paths.iter().find_map(|path| node.at(path).into_iter().find(says)))
    };
    let model = find(&format.settings.model).and_then(|node| Some((node.text()?.to_owned(), map(node.span))));
    let model = model.filter(|(name, _)| !name.is_empty() && !name.contains(['$', '{', '<']));
    let cap = match find(&format.settings.cap) {
        Some(node) => Cap::Present { value: node.text().and_then(|text| text.parse().ok()), span: Some(map(node.span)) },
        // It is given, and not here.
        None if nodes.iter().any(|node| format.settings.cap.iter().any(|path| node.at(path).iter().any(|at| is_elsewhere(at)))) => {
            Cap::Present { value: None, span: None }
        }
        None if format.settings.cap.is_empty() => Cap::Unknown,
        None => match &model {
            Some((_, span)) => Cap::Missing(Some(*span)),
            None if format.whole => Cap::Missing(Some(Span { start: whole.start, end: whole.start })),
            None => Cap::Unknown,
        },
    };
    let address = find(&format.settings.address).and_then(|node| node.text());
    let bills_nothing = address.is_some_and(|address| Catalogue::builtin().names.is_local_address(address));
    let reasoning = nodes.iter().any(|node| format.settings.reasoning.iter().any(|path| !node.at(path).is_empty()));
    let no_text = format.no_text.as_ref().is_some_and(|no_text| nodes.iter().any(|node| !no_text.find(node).is_empty()));
    let cap_gap = match (&cap, format.settings.cap.first()) {
        // Of many alike, one alone would be mended.
        _ if format.most.is_some() => None,
        (Cap::Missing(_), Some(path)) => {
            // Beside the model if that stands nearer than the root.
            let beside = path.split('.').next().unwrap_or_default();
            let holder = nodes.iter().find(|node| node.get(beside).is_some()).or(nodes.first());
            holder
                .and_then(|node| insert::gap(raw, node, path))
                .map(|gap| Gap { at: map(Span { start: gap.at, end: gap.at }).start, ..gap })
        }
        _ => None,
    };
    Settings {
        model,
        cap,
        reasoning,
        cap_gap,
        cap_path: format.settings.cap.first().map(|path| &**path),
        no_text,
        bills_nothing,
        ..Settings::default()
    }
}

impl Document {
    /// A text in its language, cut where another speaks. What its language does not parse is one piece, with a note.
    fn parts(&mut self, format: &Format, language: Language, role: Role, text: &str, span: Span) -> Vec<FilePart> {
        let written = text.get(span.range()).unwrap_or_default();
        let nodes = match parse(language, written) {
            Ok(mut template) => {
                template.nodes.iter_mut().for_each(|node| node.shift(span.start));
                let moved = |comment: &Span| Span { start: comment.start + span.start, end: comment.end + span.start };
                self.comments.extend(template.comments.iter().map(moved));
                template.nodes
            }
            Err(error) => {
                let at = error.at.as_ref().map_or(0, |at| at.start as u32);
                self.problem.get_or_insert((error.message, span.start + at));
                vec![Node::Text { text: written.to_owned(), span, verbatim: true }]
            }
        };
        sections::split(nodes, text, span, format.roles, role)
    }

    fn push(&mut self, span: Span, parts: Vec<FilePart>, settings: Settings, confidence: Confidence) {
        if parts.iter().any(|part| !part.nodes.is_empty() || part.elsewhere.is_some()) {
            self.requests.push(FileRequest {
                span,
                parts,
                settings,
                confidence,
                syntax: Expr { kind: ExprKind::Opaque(Vec::new()), span },
            });
        }
    }

    /// The request that a place stands in.
    pub fn request_at(&self, span: Span) -> Option<&FileRequest> {
        self.requests.iter().filter(|request| request.span.contains(span)).min_by_key(|request| request.span.len())
    }

    /// The text that a place stands in.
    pub fn part_at(&self, span: Span) -> Option<&FilePart> {
        self.requests.iter().flat_map(|request| &request.parts).find(|part| part.span.contains(span))
    }

    /// Whether one of the requests names what other files may declare.
    pub fn names_others(&self) -> bool {
        self.requests.iter().any(|request| request.settings.client.is_some() || request.settings.answer.is_some())
    }

    /// Gives requests that name a client what that says of them, and those that ask for an answer of a type its schema, if they are
    /// declared in one of the files.
    pub fn join_declared(&mut self, own: FileId, others: &[(FileId, Document)]) {
        let types = self.types.clone();
        let known: Vec<&baml::Type> = types.iter().chain(others.iter().flat_map(|(_, other)| &other.types)).collect();
        for request in &mut self.requests {
            let Some(text) = request.settings.answer.as_ref().and_then(|answer| baml::output_format(answer, &known)) else { continue };
            for node in request.parts.iter_mut().flat_map(|part| &mut part.nodes) {
                if is_output_format(node) {
                    // It is written nowhere: a value that is known.
                    let span = node.span();
                    let value = template::Value { span, kind: ValueKind::Literal(text.clone()), filters: Vec::new(), slice: None };
                    *node = Node::Slot { value, span };
                }
            }
        }
        let clients = self.clients.clone();
        let mine = clients.iter().map(|client| (own, client));
        let theirs = others.iter().flat_map(|(file, other)| other.clients.iter().map(|client| (*file, client)));
        let all: Vec<(FileId, &baml::Client)> = mine.chain(theirs).collect();
        for request in &mut self.requests {
            let Some((name, span)) = request.settings.client.clone() else { continue };
            let Some((file, client)) = all.iter().find(|(_, client)| client.name == name) else { continue };
            request.settings.model = client.model.clone().map(|model| (model, span));
            request.settings.declared = Some((*file, client.head));
            request.settings.bills_nothing = client.is_local;
            request.settings.cap = match &client.cap {
                Some((value, at)) => Cap::Present { value: *value, span: (*file == own).then_some(*at) },
                None => Cap::Missing(None),
            };
        }
    }

    /// The client whose declaration holds a place.
    pub fn client_at(&self, span: Span) -> Option<Span> {
        self.clients.iter().map(|client| client.span).find(|client| client.contains(span))
    }
}

/// The texts of a file that one of a format names, by who speaks them; `None` if it does not parse.
pub fn parts_of_file(format: &str, path: &str, text: &str, role: Role) -> Option<Vec<FilePart>> {
    let format = formats().iter().find(|known| known.id == format)?;
    let language = match path.rsplit('.').next() {
        Some("j2" | "jinja" | "jinja2") => Language::Jinja,
        Some("txt" | "md" | "prompt" | "tftpl") => format.language,
        _ => return None,
    };
    let template = parse(language, text).ok()?;
    Some(sections::split(template.nodes, text, Span::new(0, text.len()), format::Roles::Lines, role))
}

/// Parses a text in a template language.
fn parse(language: Language, text: &str) -> Result<Template, template::jinja::TemplateError> {
    let plain = || Template { nodes: whole_text(text), comments: Vec::new() };
    let by_tags = |language| tags::parse(language, text);
    match language {
        Language::Jinja => template::jinja::parse(text),
        Language::Handlebars => by_tags(tags::Tags::Handlebars),
        Language::SemanticKernel => by_tags(tags::Tags::SemanticKernel),
        Language::Dify => by_tags(tags::Tags::Dify),
        Language::Liquid => by_tags(tags::Tags::Liquid),
        Language::Go => by_tags(tags::Tags::Go),
        Language::Erb => by_tags(tags::Tags::Erb),
        Language::N8n => by_tags(tags::Tags::Dify),
        Language::Braces => Ok(template::format::parse_fields(text).unwrap_or_else(plain)),
        Language::Dollar => Ok(template::format::parse_dollar(text).unwrap_or_else(plain)),
        Language::Poml => template::poml::parse(text),
        Language::Guess => match template::format::parse_fields(text) {
            Some(template) => Ok(template),
            None if text.contains("{{") || text.contains("{%") => template::jinja::parse(text).or_else(|_| Ok(plain())),
            None => Ok(plain()),
        },
        Language::Plain => Ok(plain()),
    }
}

fn whole_text(text: &str) -> Vec<Node> {
    vec![Node::Text { text: text.to_owned(), span: Span::new(0, text.len()), verbatim: true }]
}

/// A prompt behind its front matter; comments may stand before that.
fn front_matter(format: &'static Format, text: &str) -> Option<Document> {
    let mut document = Document {
        format: &format.id,
        requests: Vec::new(),
        comments: Vec::new(),
        problem: None,
        loaded: None,
        clients: Vec::new(),
        types: Vec::new(),
    };
    let (matter, body) = match split_front_matter(text) {
        Some(split) => split,
        // A partial, or a body alone.
        None if format.front_matter_has.is_empty() => (0..0, 0),
        None => return None,
    };
    let tree = tree::yaml(text.get(matter.clone())?, matter.start);
    let root = tree.roots.first();
    if !format.front_matter_has.is_empty() && !root.is_some_and(|root| format.front_matter_has.iter().any(|key| root.get(key).is_some())) {
        return None;
    }
    document.comments.extend(tree.comments.iter().copied());
    let nodes: Vec<&tree::Node> = root.into_iter().collect();
    let whole = Span::new(0, text.len());
    let mut settings = settings_of(format, &nodes, text, |span| span, whole);
    if tree.problem.is_some() && matches!(settings.cap, Cap::Missing(_)) {
        // It may stand behind the error.
        settings.cap = Cap::Unknown;
    }
    document.problem = tree.problem.clone();
    let parts = document.parts(format, language_of(format, &nodes), Role::Unknown, text, Span::new(body, text.len()));
    document.push(whole, parts, settings, Confidence::High);
    Some(document)
}

/// The YAML between two lines of dashes, and where the text behind it begins.
fn split_front_matter(text: &str) -> Option<(std::ops::Range<usize>, usize)> {
    let mut at = 0;
    let mut start = None;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match (start, line.trim_end()) {
            (None, "---") => start = Some(end),
            (Some(start), "---") => return Some((start..at, end)),
            (None, line) if !line.trim().is_empty() && !line.starts_with('#') => return None,
            _ => {}
        }
        at = end;
    }
    None
}

/// A file that is one prompt and nothing else.
fn plain(format: &'static Format, path: &str, text: &str, sibling: &dyn Fn(&str) -> Option<String>) -> Option<Document> {
    let confidence = match format.judged.then(|| kind::is_prompt(path, text)) {
        Some(PromptKind::Prompt { confidence }) => confidence,
        Some(_) => return None,
        None => Confidence::High,
    };
    let mut document = Document {
        format: &format.id,
        requests: Vec::new(),
        comments: Vec::new(),
        problem: None,
        loaded: None,
        clients: Vec::new(),
        types: Vec::new(),
    };
    let whole = Span::new(0, text.len());
    let settings = format.sibling.as_deref().and_then(sibling).map(|beside| {
        let tree = tree::json(&beside, 0);
        let nodes: Vec<&tree::Node> = tree.roots.iter().collect();
        // What stands in another file has no place in this one.
        let mut settings = settings_of(format, &nodes, &beside, |_| Span::default(), whole);
        settings.cap_gap = None;
        if let Cap::Present { span, .. } = &mut settings.cap {
            *span = None;
        }
        settings
    });
    document.loaded = format.loaded.as_ref().map(|when| loaded(when, path, text));
    let role = if document.loaded.is_some() { Role::System } else { Role::Unknown };
    let parts = document.parts(format, format.language, role, text, whole);
    document.push(whole, parts, settings.unwrap_or_default(), confidence);
    Some(document)
}

/// When a file of instructions is loaded.
fn loaded(when: &format::LoadedWhen, path: &str, text: &str) -> Loaded {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is = |globs: &[Text]| globs.iter().any(|pattern| crate::catalogue::glob(pattern, name));
    let says_always = || {
        let Some((matter, _)) = split_front_matter(text) else { return false };
        let tree = tree::yaml(text.get(matter).unwrap_or_default(), 0);
        let said = |key: &str, words: &[Text]| {
            tree.roots
                .iter()
                .any(|root| root.get(key).and_then(|node| node.text()).is_some_and(|text| words.iter().any(|word| word == text)))
        };
        when.always_where.iter().any(|(key, words)| said(key, words))
    };
    match () {
        () if is(&when.on_demand) || (is(&when.asked) && !says_always()) => Loaded::OnDemand,
        () => Loaded::Always,
    }
}

/// Whether one of the parts asks for the schema of the answer.
fn asks_for_schema(parts: &[FilePart]) -> bool {
    parts.iter().any(|part| part.nodes.iter().any(is_output_format))
}

fn is_output_format(node: &Node) -> bool {
    matches!(node, Node::Include { name: Some(name), .. } if name == OUTPUT_FORMAT)
}

/// The functions of a BAML file. `raw` is the file, `text` that with the prompts written out.
fn from_baml(raw: &str, text: &str, view: Option<&View>) -> Document {
    let read = baml::read(raw);
    let map = |span: Span| view.map_or(span, |view| view.text_span(span));
    let format = formats().iter().find(|format| format.holds == Holds::Baml);
    let mut document = Document {
        format: "baml",
        requests: Vec::new(),
        comments: read.comments.iter().map(|comment| map(*comment)).collect(),
        problem: read.problem.clone().map(|(message, at)| (message, map(Span { start: at, end: at }).start)),
        loaded: None,
        clients: Vec::new(),
        types: read.types,
    };
    let Some(format) = format else { return document };
    for function in &read.functions {
        let Some(prompt) = function.prompt else { continue };
        let span = map(function.span);
        let whole = map(prompt);
        let parts = document.parts(format, format.language, Role::Unknown, text, whole);
        let mut settings =
            Settings { cap_path: format.settings.cap.first().map(|path| &**path), choice: function.choice, ..Settings::default() };
        settings.answer = Some(function.result.clone()).filter(|_| asks_for_schema(&parts));
        if let Some((client, at)) = &function.client {
            let at = map(*at);
            match client.split_once('/') {
                // A provider and a model, which take no settings.
                Some((_, model)) => {
                    settings.model = Some((model.to_owned(), at));
                    settings.cap = Cap::Missing(Some(at));
                }
                None => settings.client = Some((client.clone(), at)),
            }
        }
        document.push(span, parts, settings, Confidence::High);
    }
    document.clients = read
        .clients
        .into_iter()
        .map(|client| baml::Client {
            span: map(client.span),
            head: map(client.head),
            cap: client.cap.map(|(value, at)| (value, map(at))),
            ..client
        })
        .collect();
    document
}
