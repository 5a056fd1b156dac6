//! Template languages made of tags: Handlebars and Mustache, Semantic Kernel's, Liquid, Go's text/template and ERB. One reader of tags
//! and nesting for all; each language says what its tags are.

#[cfg(test)]
mod tests;

use super::jinja::TemplateError;
use super::{Node, Slice, Template, Value, ValueKind};
use crate::span::Span;

/// A language of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    /// Mustache and dotprompt too.
    Handlebars,
    SemanticKernel,
    /// `{{#node.name#}}` beside `{{name}}`.
    Dify,
    Liquid,
    Go,
    Erb,
}

/// Tags inside each other beyond this are nobody's template.
const DEEPEST: usize = 100;

/// What a tag does.
enum Does {
    Slot(Value),
    Loop {
        targets: Vec<String>,
        over: Value,
    },
    Branch(Value),
    /// A block that is always there.
    Block,
    Else(Option<Value>),
    Close,
    Include(Option<String>),
    Set {
        name: String,
        value: Value,
    },
    Comment,
    /// Sends nothing.
    Nothing,
    /// The text up to the tag that holds this word is no template.
    Raw(&'static str),
}

/// Parses a template.
///
/// # Errors
/// A tag that is never closed, a block that is never closed, an end without a beginning.
pub fn parse(language: Tags, text: &str) -> Result<Template, TemplateError> {
    let mut builder = Builder { text, language, stack: vec![Frame::root()], comments: Vec::new() };
    let (opening, _) = delimiters(language);
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let in_one =
            (language == Tags::SemanticKernel).then(|| rest.match_indices("{$").find(|(start, _)| in_one_brace(rest, *start).is_some()));
        let in_one = in_one.flatten().map(|(start, _)| start);
        let Some(found) = opening.iter().filter_map(|mark| rest.find(mark)).chain(in_one).min() else { break };
        let start = at + found;
        if language == Tags::Handlebars && text.get(..start).is_some_and(|before| before.ends_with('\\')) {
            builder.text(at, start - 1);
            let end = text.get(start..).and_then(|rest| rest.find("}}")).map_or(text.len(), |end| start + end + 2);
            builder.push(Node::Text { text: text[start..end].to_owned(), span: Span::new(start - 1, end), verbatim: false });
            at = end;
            continue;
        }
        builder.text(at, start);
        let (inner, end) = tag(language, text, start).ok_or_else(|| fault("a tag that is never closed", start))?;
        at = builder.tag(inner, Span::new(start, end))?;
    }
    builder.text(at, text.len());
    builder.finish()
}

fn delimiters(language: Tags) -> (&'static [&'static str], &'static str) {
    match language {
        Tags::Erb => (&["<%"], "%>"),
        Tags::Liquid => (&["{{", "{%"], "}}"),
        _ => (&["{{"], "}}"),
    }
}

fn fault(message: &str, at: usize) -> TemplateError {
    TemplateError { message: message.to_owned(), at: Some(at..at) }
}

/// `{$name}`: a variable in one pair of braces. Any other brace with a dollar behind it is text.
fn in_one_brace(text: &str, start: usize) -> Option<(Span, usize)> {
    let name = text.get(start..)?.strip_prefix("{$")?;
    let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.get(length..)?.starts_with('}');
    is_name.then(|| (Span::new(start + 1, start + 2 + length), start + 3 + length))
}

/// What stands in the tag that begins at `start`, and where the tag ends.
fn tag(language: Tags, text: &str, start: usize) -> Option<(Span, usize)> {
    let rest = text.get(start..)?;
    if language == Tags::SemanticKernel && !rest.starts_with("{{") {
        return in_one_brace(text, start);
    }
    let (open, close) = match language {
        Tags::Erb => ("<%", "%>"),
        Tags::Handlebars if rest.starts_with("{{!--") || rest.starts_with("{{~!--") => ("{{", "--}}"),
        Tags::Handlebars if rest.starts_with("{{{") => ("{{{", "}}}"),
        Tags::Go if rest.starts_with("{{/*") || rest.starts_with("{{- /*") => ("{{", "*/"),
        _ if rest.starts_with("{%") => ("{%", "%}"),
        _ => ("{{", "}}"),
    };
    let length = rest.get(open.len()..)?.find(close)?;
    let inner = Span::new(start + open.len(), start + open.len() + length);
    let mut end = inner.end as usize + close.len();
    if close == "*/" {
        end += text.get(end..)?.find("}}")? + 2;
    }
    Some((inner, end))
}

/// An open block.
struct Frame {
    opened: Span,
    kind: FrameKind,
    arms: Vec<Vec<Node>>,
    nodes: Vec<Node>,
}

enum FrameKind {
    Root,
    Loop { targets: Vec<String>, over: Value },
    Branch { tests: Vec<Value> },
    Block,
}

impl Frame {
    fn root() -> Self {
        Frame { opened: Span::default(), kind: FrameKind::Root, arms: Vec::new(), nodes: Vec::new() }
    }
}

struct Builder<'t> {
    text: &'t str,
    language: Tags,
    stack: Vec<Frame>,
    comments: Vec<Span>,
}

impl Builder<'_> {
    fn push(&mut self, node: Node) {
        if let Some(frame) = self.stack.last_mut() {
            frame.nodes.push(node);
        }
    }

    fn text(&mut self, from: usize, to: usize) {
        if let Some(text) = self.text.get(from..to).filter(|text| !text.is_empty()) {
            self.push(Node::Text { text: text.to_owned(), span: Span::new(from, to), verbatim: true });
        }
    }

    fn open(&mut self, opened: Span, kind: FrameKind) -> Result<(), TemplateError> {
        if self.stack.len() > DEEPEST {
            return Err(fault("nested too deeply", opened.start as usize));
        }
        self.stack.push(Frame { opened, kind, arms: Vec::new(), nodes: Vec::new() });
        Ok(())
    }

    /// Takes a tag in; where the text goes on.
    fn tag(&mut self, inner: Span, whole: Span) -> Result<usize, TemplateError> {
        match classify(self.language, self.text, inner, whole) {
            Does::Slot(value) => self.push(Node::Slot { value, span: whole }),
            Does::Loop { targets, over } => self.open(whole, FrameKind::Loop { targets, over })?,
            Does::Branch(test) => self.open(whole, FrameKind::Branch { tests: vec![test] })?,
            Does::Block => self.open(whole, FrameKind::Block)?,
            Does::Else(test) => {
                let Some(frame) = self.stack.last_mut().filter(|frame| !matches!(frame.kind, FrameKind::Root)) else {
                    return Err(fault("an `else` outside of any block", whole.start as usize));
                };
                let arm = std::mem::take(&mut frame.nodes);
                frame.arms.push(arm);
                if let FrameKind::Branch { tests } = &mut frame.kind {
                    tests.extend(test);
                }
            }
            Does::Close => {
                let frame = self.stack.pop().filter(|_| !self.stack.is_empty());
                let Some(frame) = frame else { return Err(fault("an end of a block that was never opened", whole.start as usize)) };
                self.close(frame, whole);
            }
            Does::Include(name) => self.push(Node::Include { name, span: whole }),
            Does::Set { name, value } => self.push(Node::Set { name, value: Some(value), body: Vec::new(), span: whole }),
            Does::Comment => self.comments.push(whole),
            Does::Nothing => {}
            Does::Raw(end) => {
                let from = whole.end as usize;
                let rest = self.text.get(from..).unwrap_or_default();
                let closing = rest
                    .match_indices("{%")
                    .find(|(at, _)| rest.get(at + 2..).is_some_and(|tag| tag.trim_start_matches('-').trim_start().starts_with(end)));
                let Some((at, _)) = closing else { return Err(fault("a block that is never closed", whole.start as usize)) };
                let behind = rest.get(at..).and_then(|tag| tag.find("%}")).map_or(rest.len(), |length| at + length + 2);
                match end {
                    "endcomment" => self.comments.push(Span::new(whole.start as usize, from + behind)),
                    _ => self.text(from, from + at),
                }
                return Ok(from + behind);
            }
        }
        Ok(whole.end as usize)
    }

    fn close(&mut self, mut frame: Frame, closing: Span) {
        let span = frame.opened.join(closing);
        match frame.kind {
            FrameKind::Root => {}
            FrameKind::Block => {
                let mut body = frame.arms.into_iter().flatten().collect::<Vec<_>>();
                body.append(&mut frame.nodes);
                self.push(Node::Block { name: String::new(), body, span });
            }
            FrameKind::Branch { tests } => {
                frame.arms.push(frame.nodes);
                if frame.arms.len() == tests.len() {
                    frame.arms.push(Vec::new());
                }
                self.push(Node::Branch { tests, arms: frame.arms, span });
            }
            FrameKind::Loop { targets, over } => {
                let mut arms = frame.arms;
                arms.push(frame.nodes);
                let mut arms = arms.into_iter();
                let mut body = arms.next().unwrap_or_default();
                // What stands in for an empty list is the second arm of a branch on it.
                if let Some(otherwise) = arms.next().filter(|arm| !arm.is_empty()) {
                    let span = super::extent(&otherwise);
                    body.push(Node::Branch { tests: vec![over.clone()], arms: vec![Vec::new(), otherwise], span });
                }
                self.push(Node::Loop { targets, over, body, span });
            }
        }
    }

    fn finish(mut self) -> Result<Template, TemplateError> {
        match self.stack.pop() {
            Some(Frame { kind: FrameKind::Root, nodes, .. }) => Ok(Template { nodes, comments: self.comments }),
            Some(open) => Err(fault("a block that is never closed", open.opened.start as usize)),
            None => Ok(Template::default()),
        }
    }
}

fn classify(language: Tags, text: &str, inner: Span, whole: Span) -> Does {
    let written = text.get(inner.range()).unwrap_or_default();
    let bare = written.trim_matches(['~', '-']).trim();
    let start = inner.start as usize + written.find(bare).unwrap_or(0);
    let words = Words { text: bare, start };
    match language {
        Tags::Handlebars => handlebars(words),
        Tags::SemanticKernel => Does::Slot(words.kernel()),
        Tags::Dify => {
            Does::Slot(Words { text: bare.trim_matches('#'), start: start + bare.len() - bare.trim_start_matches('#').len() }.path())
        }
        Tags::Go => go(words),
        Tags::Erb => erb(words),
        Tags::Liquid if text.get(whole.range()).is_some_and(|tag| tag.starts_with("{%")) => liquid(words),
        Tags::Liquid => Does::Slot(words.piped(':')),
    }
}

/// What stands in a tag, and where.
#[derive(Clone, Copy)]
struct Words<'t> {
    text: &'t str,
    start: usize,
}

impl<'t> Words<'t> {
    /// The first word, and the rest.
    fn split(self) -> (&'t str, Words<'t>) {
        let end = self.text.find(char::is_whitespace).unwrap_or(self.text.len());
        (&self.text[..end], self.from(end))
    }

    fn from(self, at: usize) -> Words<'t> {
        let rest = self.text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        Words { text: trimmed.trim_end(), start: self.start + at + rest.len() - trimmed.len() }
    }

    fn span(self) -> Span {
        Span::new(self.start, self.start + self.text.len())
    }

    fn value(self, kind: ValueKind) -> Value {
        Value { span: self.span(), kind, filters: Vec::new(), slice: None }
    }

    /// A literal, or a path of names with whatever marks its language puts before it.
    fn path(self) -> Value {
        let text = self.text;
        if let Some(inner) = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)) {
            return self.value(ValueKind::Literal(inner.to_owned()));
        }
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if is_number || matches!(text, "true" | "false" | "nil" | "null") {
            return self.value(ValueKind::Literal(text.to_owned()));
        }
        let names = text.trim_start_matches(['.', '$', '@', '(', '!']).trim_end_matches(')');
        let path: Vec<String> = names
            .split(['.', '/', '[', ']'])
            .map(|name| name.trim_matches(['"', '\'']))
            .filter(|name| !name.is_empty() && *name != "..")
            .map(str::to_owned)
            .collect();
        self.value(ValueKind::Path(if path.is_empty() { vec!["this".to_owned()] } else { path }))
    }

    /// Each word, those in quotes or brackets whole.
    fn all(self) -> Vec<Words<'t>> {
        let mut words = Vec::new();
        let mut rest = self;
        while !rest.text.is_empty() {
            let mut depth = 0usize;
            let mut quote = None;
            let end = rest.text.char_indices().find(|(_, c)| {
                match (quote, *c) {
                    (Some(open), c) if open == c => quote = None,
                    (Some(_), _) => {}
                    (None, '"' | '\'') => quote = Some(*c),
                    (None, '(') => depth += 1,
                    (None, ')') => depth = depth.saturating_sub(1),
                    (None, c) => return c.is_whitespace() && depth == 0,
                }
                false
            });
            let end = end.map_or(rest.text.len(), |(at, _)| at);
            words.push(Words { text: &rest.text[..end], start: rest.start });
            rest = rest.from(end);
        }
        words
    }

    /// `helper argument …`: of a helper that only changes the form of its argument, the argument.
    fn helper(self) -> Value {
        let words = self.all();
        let [name, args @ ..] = words.as_slice() else { return self.path() };
        if args.is_empty() {
            return self.path();
        }
        let args: Vec<Value> = args
            .iter()
            .map(|arg| {
                let at = arg.text.find('=').filter(|at| arg.text[..*at].bytes().all(|byte| byte.is_ascii_alphanumeric()));
                at.map_or(*arg, |at| arg.from(at + 1)).path()
            })
            .collect();
        let of = args.iter().find(|arg| matches!(arg.kind, ValueKind::Path(_)));
        match of {
            // A helper changes the form of a value; a function of a plugin makes another.
            Some(of) if name.text != "role" && !name.text.contains('.') => {
                Value { filters: vec![name.text.to_owned()], span: self.span(), ..of.clone() }
            }
            _ => {
                let args = if name.text.contains('.') { Vec::new() } else { args };
                self.value(ValueKind::Call { name: name.text.split('.').map(str::to_owned).collect(), args })
            }
        }
    }

    /// `{{$name}}`, `{$name}`, `{{Plugin.Function $argument}}`, `{{'literal'}}`.
    fn kernel(self) -> Value {
        if self.text.starts_with('$') { self.path() } else { self.helper() }
    }

    /// `value | filter: argument | filter`.
    fn piped(self, mark: char) -> Value {
        let mut parts = self.text.split('|');
        let first = parts.next().unwrap_or_default();
        let head = Words { text: first.trim(), start: self.start };
        let mut value = if head.text.contains(char::is_whitespace) && mark != ':' { head.helper() } else { head.path() };
        for filter in parts {
            let (name, argument) = filter.split_once(mark).unwrap_or((filter, ""));
            let name = name.trim();
            if matches!(name, "truncate" | "truncatewords" | "slice" | "limit") {
                value.slice = Some(Slice {
                    from_end: argument.trim().starts_with('-'),
                    bound: argument.split(',').next_back().and_then(|bound| bound.trim().parse().ok()),
                });
            }
            value.filters.push(name.to_owned());
        }
        Value { span: self.span(), ..value }
    }
}

/// Whether a section without a helper goes over a list, by its name.
fn is_list(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with('s') && !name.ends_with("ss") && !name.starts_with("has") && !name.starts_with("is")
        || name.ends_with("history")
        || name.ends_with("list")
}

fn handlebars(words: Words<'_>) -> Does {
    let text = words.text;
    let Some(first) = text.chars().next() else { return Does::Nothing };
    match first {
        '!' => Does::Comment,
        '/' => Does::Close,
        '>' => {
            let (name, _) = words.from(1).split();
            Does::Include(Some(name.trim_matches(['"', '\'']).to_owned()))
        }
        '&' => Does::Slot(words.from(1).path()),
        '^' if text.len() == 1 => Does::Else(None),
        '^' => Does::Branch(words.from(1).path()),
        '#' => {
            let (name, rest) = words.from(text.len() - text.trim_start_matches(['#', '>', '*', '^']).len()).split();
            match name {
                "each" => {
                    let (over, named) = rest.split();
                    let over = Words { text: over, start: rest.start }.path();
                    let named = named
                        .text
                        .split_once('|')
                        .and_then(|(_, names)| names.split_whitespace().next())
                        .map(|name| name.trim_end_matches('|'));
                    Does::Loop { targets: vec![named.unwrap_or("this").to_owned()], over }
                }
                "if" | "unless" | "ifEquals" | "unlessEquals" => Does::Branch(rest.helper()),
                "with" => Does::Branch(rest.path()),
                _ if !rest.text.is_empty() => Does::Block,
                name if is_list(name) => {
                    let over = Words { text: name, start: words.start + text.find(name).unwrap_or(0) }.path();
                    Does::Loop { targets: vec!["this".to_owned()], over }
                }
                name => Does::Branch(Words { text: name, start: words.start + text.find(name).unwrap_or(0) }.path()),
            }
        }
        _ => match words.split() {
            ("else", rest) if rest.text.is_empty() => Does::Else(None),
            ("else", rest) => Does::Else(Some(rest.split().1.helper())),
            _ => Does::Slot(words.helper()),
        },
    }
}

fn go(words: Words<'_>) -> Does {
    if words.text.starts_with("/*") {
        return Does::Comment;
    }
    let (first, rest) = words.split();
    let behind_assignment = |words: Words<'_>| {
        let at = words.text.find(":=").map_or(0, |at| at + 2);
        (words.text[..at].trim_end_matches(":=").trim().to_owned(), at)
    };
    match first {
        "if" | "with" => {
            let (_, at) = behind_assignment(rest);
            Does::Branch(rest.from(at).piped(' '))
        }
        "range" => {
            let (names, at) = behind_assignment(rest);
            let target = names.rsplit(',').next().map(|name| name.trim().trim_start_matches('$')).filter(|name| !name.is_empty());
            Does::Loop { targets: vec![target.unwrap_or("this").to_owned()], over: rest.from(at).piped(' ') }
        }
        "else" if rest.text.is_empty() => Does::Else(None),
        "else" => Does::Else(Some(rest.split().1.piped(' '))),
        "end" => Does::Close,
        "define" | "block" => Does::Block,
        "template" => Does::Include(Some(rest.split().0.trim_matches('"').to_owned())),
        "break" | "continue" | "" => Does::Nothing,
        _ if words.text.starts_with('$') && words.text.contains(":=") => {
            let (name, at) = behind_assignment(words);
            Does::Set { name: name.trim_start_matches('$').to_owned(), value: words.from(at).piped(' ') }
        }
        _ => Does::Slot(words.piped(' ')),
    }
}

fn liquid(words: Words<'_>) -> Does {
    let (first, rest) = words.split();
    let test = |rest: Words<'_>| rest.all().first().map_or_else(|| rest.path(), |word| word.path());
    match first {
        "if" | "unless" | "case" | "ifchanged" => Does::Branch(test(rest)),
        "elsif" | "when" => Does::Else(Some(test(rest))),
        "else" => Does::Else(None),
        "for" | "tablerow" => {
            let all = rest.all();
            let over = all.get(2).copied().unwrap_or(rest);
            let mut value = over.path();
            if let Some(limit) = all.iter().find_map(|word| word.text.strip_prefix("limit:")) {
                value.slice = Some(Slice { from_end: false, bound: limit.parse().ok() });
            }
            Does::Loop { targets: all.first().map(|word| word.text.to_owned()).into_iter().collect(), over: value }
        }
        "endif" | "endunless" | "endcase" | "endifchanged" | "endfor" | "endtablerow" | "endcapture" => Does::Close,
        "assign" => match rest.text.split_once('=') {
            Some((name, value)) => Does::Set { name: name.trim().to_owned(), value: rest.from(rest.text.len() - value.len()).piped(':') },
            None => Does::Nothing,
        },
        "capture" => Does::Block,
        "include" | "render" => Does::Include(Some(rest.split().0.trim_matches(['"', '\'', ',']).to_owned())),
        "comment" => Does::Raw("endcomment"),
        "raw" => Does::Raw("endraw"),
        _ => Does::Nothing,
    }
}

fn erb(words: Words<'_>) -> Does {
    let text = words.text;
    match text.chars().next() {
        Some('#') => return Does::Comment,
        Some('=') => {
            let words = words.from(text.len() - text.trim_start_matches('=').len());
            return Does::Slot(words.path());
        }
        Some('%') | None => return Does::Nothing,
        _ => {}
    }
    let (first, rest) = words.split();
    match first {
        "if" | "unless" | "case" | "while" => Does::Branch(rest.all().first().map_or_else(|| rest.path(), |word| word.path())),
        "elsif" | "when" => Does::Else(Some(rest.path())),
        "else" => Does::Else(None),
        "end" | "}" => Does::Close,
        _ => match text.find(".each").filter(|_| text.contains(" do") || text.ends_with('|') || text.contains('{')) {
            Some(at) => {
                let targets =
                    text.split('|').nth(1).map_or_else(Vec::new, |names| names.split(',').map(|name| name.trim().to_owned()).collect());
                Does::Loop { targets, over: Words { text: &text[..at], start: words.start }.path() }
            }
            None if text.ends_with(" do") || text.ends_with('|') => Does::Block,
            None => Does::Nothing,
        },
    }
}
