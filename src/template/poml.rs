//! POML: prompts as elements, with `{{ … }}` in texts, `for` and `if` on elements, and elements that say who speaks.
//!
//! What an element is written as counts as text: it is rendered as a heading or as itself, and no edit may break it.

use super::jinja::TemplateError;
use super::{Node, Template, Value, ValueKind, tags};
use crate::span::Span;

/// Elements inside each other beyond this are nobody's prompt.
const DEEPEST: usize = 100;
/// Elements that say who speaks, with the name of the role (<https://microsoft.github.io/poml>, seen 2026-11-23).
const SPEAKERS: [(&str, &str); 4] = [("system-msg", "system"), ("human-msg", "user"), ("user-msg", "user"), ("ai-msg", "assistant")];
/// Elements that send nothing by themselves.
const UNSENT: [&str; 5] = ["let", "stylesheet", "meta", "output-schema", "outputSchema"];
/// Elements in whose place the content of a file stands.
const FILES: [&str; 8] = ["document", "img", "audio", "table", "webpage", "folder", "include", "object"];

/// Parses a template.
///
/// # Errors
/// A tag, a comment or an element that is never closed; a closing tag without an opening one.
pub fn parse(text: &str) -> Result<Template, TemplateError> {
    let mut builder = Builder { text, stack: vec![Frame::root()], comments: Vec::new() };
    let mut at = 0;
    let mut from = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find('<')).map(|found| at + found) {
        // A `<` inside an expression.
        if let Some(end) = in_braces(text, from, start) {
            at = end;
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        if rest.starts_with("<!--") {
            let length = rest.find("-->").ok_or_else(|| fault("a comment that is never closed", start))? + 3;
            builder.text(from, start)?;
            builder.comments.push(Span::new(start, start + length));
            at = start + length;
            from = at;
            continue;
        }
        let is_tag =
            rest.strip_prefix("</").or(rest.strip_prefix('<')).is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
        if !is_tag {
            at = start + 1;
            continue;
        }
        let tag = Tag::read(text, start).ok_or_else(|| fault("a tag that is never closed", start))?;
        builder.text(from, start)?;
        at = tag.span.end as usize;
        builder.tag(&tag)?;
        if !tag.closes && !tag.empty && UNSENT.contains(&tag.name) {
            // What it holds is a definition.
            let close = format!("</{}", tag.name);
            let end = text.get(at..).and_then(|rest| rest.find(&close)).ok_or_else(|| fault("an element that is never closed", start))?;
            at += end;
        }
        from = at;
    }
    builder.text(from, text.len())?;
    builder.finish()
}

fn fault(message: &str, at: usize) -> TemplateError {
    TemplateError { message: message.to_owned(), at: Some(at..at) }
}

/// The end of the expression in braces that holds a place.
fn in_braces(text: &str, from: usize, place: usize) -> Option<usize> {
    let before = text.get(from..place)?;
    let open = before.rfind("{{")?;
    if before.get(open..)?.contains("}}") {
        return None;
    }
    Some(place + text.get(place..)?.find("}}")? + 2)
}

struct Tag<'t> {
    name: &'t str,
    span: Span,
    closes: bool,
    empty: bool,
    /// Name, value, and where the value stands.
    attributes: Vec<(&'t str, &'t str, Span)>,
}

impl<'t> Tag<'t> {
    fn read(text: &'t str, start: usize) -> Option<Tag<'t>> {
        let closes = text.get(start + 1..)?.starts_with('/');
        let mut at = start + 1 + usize::from(closes);
        let word = |at: usize| {
            let rest = text.get(at..)?;
            let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))).unwrap_or(rest.len());
            rest.get(..length)
        };
        let name = word(at)?;
        at += name.len();
        let mut attributes = Vec::new();
        loop {
            let rest = text.get(at..)?;
            at += rest.len() - rest.trim_start().len();
            let rest = text.get(at..)?;
            if rest.starts_with("/>") {
                return Some(Tag { name, span: Span::new(start, at + 2), closes, empty: true, attributes });
            }
            if rest.starts_with('>') {
                return Some(Tag { name, span: Span::new(start, at + 1), closes, empty: false, attributes });
            }
            let key = word(at)?;
            if key.is_empty() {
                return None;
            }
            at += key.len();
            let Some(value) = text.get(at..)?.strip_prefix('=') else {
                attributes.push((key, "", Span::new(at, at)));
                continue;
            };
            let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let length = value.get(1..)?.find(quote)?;
            let inner = Span::new(at + 2, at + 2 + length);
            attributes.push((key, text.get(inner.range())?, inner));
            at = inner.end as usize + 1;
        }
    }

    fn get(&self, name: &str) -> Option<(&'t str, Span)> {
        self.attributes.iter().find(|(key, ..)| *key == name).map(|(_, value, span)| (*value, *span))
    }
}

/// An open element.
struct Frame<'t> {
    name: &'t str,
    opened: Span,
    kind: FrameKind,
    nodes: Vec<Node>,
}

enum FrameKind {
    Root,
    Plain,
    Loop {
        target: String,
        over: Value,
    },
    Branch(Value),
    /// Who speaks until it ends.
    Speaker,
}

impl Frame<'_> {
    fn root() -> Self {
        Frame { name: "", opened: Span::default(), kind: FrameKind::Root, nodes: Vec::new() }
    }
}

struct Builder<'t> {
    text: &'t str,
    stack: Vec<Frame<'t>>,
    comments: Vec<Span>,
}

impl<'t> Builder<'t> {
    fn push(&mut self, node: Node) {
        if let Some(frame) = self.stack.last_mut() {
            frame.nodes.push(node);
        }
    }

    /// What stands between two tags.
    fn text(&mut self, from: usize, to: usize) -> Result<(), TemplateError> {
        let Some(text) = self.text.get(from..to).filter(|text| !text.is_empty()) else { return Ok(()) };
        let parsed =
            tags::parse(tags::Tags::Dify, text).map_err(|error| fault(&error.message, from + error.at.map_or(0, |at| at.start)))?;
        for mut node in parsed.nodes {
            node.shift(from as u32);
            self.push(node);
        }
        Ok(())
    }

    fn markup(&mut self, span: Span) {
        if let Some(text) = self.text.get(span.range()) {
            self.push(Node::Text { text: text.to_owned(), span, verbatim: true });
        }
    }

    fn tag(&mut self, tag: &Tag<'t>) -> Result<(), TemplateError> {
        if tag.closes {
            return self.close(tag);
        }
        if tag.name == "poml" || UNSENT.contains(&tag.name) {
            // The frame of the whole, and what defines something, is not sent.
            self.comments.push(tag.span);
            if !tag.empty {
                self.open(tag, FrameKind::Plain)?;
            }
            return Ok(());
        }
        let value = |words: &str, span: Span| Value { span, kind: path(words), filters: Vec::new(), slice: None };
        let repeated = tag.get("for").and_then(|(said, span)| {
            let (target, over) = said.split_once(" in ")?;
            Some(FrameKind::Loop { target: target.trim().to_owned(), over: value(over.trim(), span) })
        });
        let tested = || tag.get("if").map(|(said, span)| FrameKind::Branch(value(said, span)));
        let named = tag.get("speaker").map(|(speaker, _)| if speaker == "human" { "user" } else { speaker });
        let speaker = SPEAKERS.iter().find(|(name, _)| *name == tag.name).map(|(_, role)| *role).or(named);
        let kind = match (repeated.or_else(tested), speaker) {
            (Some(kind), _) => kind,
            (None, Some(role)) if self.stack.len() <= 2 => {
                self.speaks(Some(role), tag.span);
                FrameKind::Speaker
            }
            (None, _) => FrameKind::Plain,
        };
        let file = FILES.contains(&tag.name).then(|| tag.get("src")).flatten();
        if tag.empty {
            let mut frame = Frame { name: tag.name, opened: tag.span, kind, nodes: Vec::new() };
            match file {
                Some((path, _)) => frame.nodes.push(Node::Include { name: Some(path.to_owned()), span: tag.span }),
                None if matches!(frame.kind, FrameKind::Speaker) => {}
                None => frame.nodes.push(Node::Text {
                    text: self.text.get(tag.span.range()).unwrap_or_default().to_owned(),
                    span: tag.span,
                    verbatim: true,
                }),
            }
            self.put(frame, tag.span);
            return Ok(());
        }
        let is_speaker = matches!(kind, FrameKind::Speaker);
        self.open(tag, kind)?;
        if !is_speaker {
            self.markup(tag.span);
        }
        Ok(())
    }

    fn open(&mut self, tag: &Tag<'t>, kind: FrameKind) -> Result<(), TemplateError> {
        if self.stack.len() > DEEPEST {
            return Err(fault("nested too deeply", tag.span.start as usize));
        }
        self.stack.push(Frame { name: tag.name, opened: tag.span, kind, nodes: Vec::new() });
        Ok(())
    }

    /// A mark at which another one begins to speak.
    fn speaks(&mut self, role: Option<&str>, span: Span) {
        let args = role.map(|role| Value { span, kind: ValueKind::Literal(role.to_owned()), filters: Vec::new(), slice: None });
        let kind = ValueKind::Call { name: vec!["role".to_owned()], args: args.into_iter().collect() };
        self.push(Node::Slot { value: Value { span, kind, filters: Vec::new(), slice: None }, span });
    }

    fn close(&mut self, tag: &Tag<'t>) -> Result<(), TemplateError> {
        let is_open = self.stack.last().is_some_and(|frame| frame.name == tag.name && !matches!(frame.kind, FrameKind::Root));
        let Some(mut frame) = self.stack.pop_if(|_| is_open) else {
            return Err(fault("an end without a beginning", tag.span.start as usize));
        };
        let is_unsent = tag.name == "poml" || UNSENT.contains(&tag.name);
        match frame.kind {
            FrameKind::Speaker => {}
            _ if is_unsent => self.comments.push(tag.span),
            _ => frame.nodes.push(Node::Text {
                text: self.text.get(tag.span.range()).unwrap_or_default().to_owned(),
                span: tag.span,
                verbatim: true,
            }),
        }
        self.put(frame, tag.span);
        Ok(())
    }

    fn put(&mut self, frame: Frame<'t>, closing: Span) {
        let span = frame.opened.join(closing);
        match frame.kind {
            FrameKind::Root | FrameKind::Plain => frame.nodes.into_iter().for_each(|node| self.push(node)),
            FrameKind::Speaker => {
                frame.nodes.into_iter().for_each(|node| self.push(node));
                self.speaks(None, closing);
            }
            FrameKind::Loop { target, over } => self.push(Node::Loop { targets: vec![target], over, body: frame.nodes, span }),
            FrameKind::Branch(test) => self.push(Node::Branch { tests: vec![test], arms: vec![frame.nodes, Vec::new()], span }),
        }
    }

    fn finish(mut self) -> Result<Template, TemplateError> {
        match self.stack.pop() {
            Some(Frame { kind: FrameKind::Root, nodes, .. }) => Ok(Template { nodes, comments: self.comments }),
            Some(open) => Err(fault("an element that is never closed", open.opened.start as usize)),
            None => Ok(Template::default()),
        }
    }
}

/// The names that an expression begins with.
fn path(words: &str) -> ValueKind {
    let words = words.trim().trim_start_matches("{{").trim_end_matches("}}").trim().trim_start_matches(['!', '(']);
    let end = words.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))).unwrap_or(words.len());
    let names: Vec<String> = words.get(..end).unwrap_or_default().split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    ValueKind::Path(if names.is_empty() { vec!["this".to_owned()] } else { names })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"<poml>
  <!-- the desk -->
  <let name="piers" src="piers.json" />
  <system-msg>
    <role>You are a clerk.</role>
    <p if="count < 3">Few piers.</p>
    <list><item for="pier in piers">{{ pier.name }} is open</item></list>
  </system-msg>
  <document src="fares.pdf"/>
  <human-msg>{{ question }} {{ a < b }}</human-msg>
</poml>
"#;

    #[test]
    fn elements_become_nodes() {
        let template = parse(FILE).unwrap();
        let said: Vec<String> = template
            .nodes
            .iter()
            .map(|node| match node {
                Node::Text { text, .. } => text.trim().to_owned(),
                Node::Slot { value, .. } => format!("{:?}", value.kind),
                Node::Loop { targets, over, .. } => format!("for {targets:?} in {:?}", over.kind),
                Node::Branch { tests, .. } => format!("if {:?}", tests[0].kind),
                Node::Include { name, .. } => format!("file {name:?}"),
                other => format!("{other:?}"),
            })
            .filter(|text| !text.is_empty())
            .collect();
        assert!(said[0].contains("\"role\"") && said[0].contains("system"), "{said:?}");
        assert!(said.iter().any(|one| one == "if Path([\"count\"])"), "{said:?}");
        assert!(said.iter().any(|one| one == "for [\"pier\"] in Path([\"piers\"])"), "{said:?}");
        assert!(said.iter().any(|one| one == "file Some(\"fares.pdf\")"), "{said:?}");
        assert!(said.iter().any(|one| one.contains("question")), "{said:?}");
        assert_eq!(&FILE[template.comments[1].range()], "<!-- the desk -->");
        for node in &template.nodes {
            if let Node::Text { text, span, verbatim: true } = node {
                assert_eq!(text, &FILE[span.range()]);
            }
        }
    }

    #[test]
    fn what_is_never_closed_is_said() {
        for (text, at) in [("<poml><task>x</poml>", 13), ("<poml>", 0), ("a <!-- b", 2), ("<task a=\"b>", 0), ("</task>", 0), ("{{ a", 0)] {
            assert_eq!(parse(text).unwrap_err().at.unwrap().start, at, "{text}");
        }
        assert!(parse(&"<b>".repeat(3000)).is_err());
        assert!(parse("1 < 2 and a <- b").is_ok());
    }
}
