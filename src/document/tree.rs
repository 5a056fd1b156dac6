//! The values of a YAML or JSON file with the bytes that they stand at, whichever of the two it is.

use granit_parser::{Event, Parser, ScalarStyle};
use jsonc_parser::ast;

use crate::span::Span;

/// A value and where it is written; spans are of the file as it stands on the disk, without its byte order mark.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Map(Vec<Entry>),
    List(Vec<Node>),
    /// A scalar with what it says; numbers and words too.
    Text {
        text: String,
        style: Style,
    },
    /// Nothing.
    Null,
    /// Something that does not stand here: an alias, an expression. As it is written.
    Elsewhere(String),
    /// The text of a file, by its path.
    File(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

/// How a scalar is written, which decides how its text is found in the source and how an edit of it is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Json,
    Plain,
    Single,
    Double,
    Literal,
    Folded,
    /// In double quotes, with escapes, on one line.
    Quoted,
    /// With escapes, over several lines; the quotes stand outside.
    Escaped,
    /// As it stands.
    Verbatim,
}

/// What a file holds.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// One for each document of a YAML file, one for each line of a file of JSON lines.
    pub roots: Vec<Node>,
    pub comments: Vec<Span>,
    /// What is wrong with it, and at which byte: nothing of it may be edited then.
    pub problem: Option<(String, u32)>,
}

/// Nesting beyond this is nobody's file.
const DEEPEST: usize = 200;

/// Reads YAML; what stands before an error is kept.
pub fn yaml(raw: &str, offset: usize) -> Tree {
    let mut tree = Tree::default();
    let mut reader = Yaml { parser: Parser::new_from_str(raw), tree: &mut tree, offset: offset as u32 };
    while let Some((event, span)) = reader.next() {
        if matches!(event, Event::MappingStart(..) | Event::SequenceStart(..) | Event::Scalar(..)) {
            match reader.node(event, span, 0) {
                Some(node) => reader.tree.roots.push(node),
                None => break,
            }
        }
    }
    tree
}

struct Yaml<'t> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    tree: &'t mut Tree,
    offset: u32,
}

impl<'t> Yaml<'t> {
    fn next(&mut self) -> Option<(Event<'t>, Span)> {
        loop {
            let (event, span) = match self.parser.next_event()? {
                Ok(next) => next,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(0) as u32 + self.offset;
                    self.tree.problem.get_or_insert((error.info(), at));
                    return None;
                }
            };
            let range = span.byte_range().unwrap_or(0..0);
            let span = Span { start: range.start as u32 + self.offset, end: range.end.max(range.start) as u32 + self.offset };
            match event {
                Event::Comment(..) => self.tree.comments.push(span),
                Event::Anchor(..) => {}
                event => return Some((event, span)),
            }
        }
    }

    fn node(&mut self, event: Event<'t>, mut span: Span, depth: usize) -> Option<Node> {
        if depth > DEEPEST {
            self.tree.problem.get_or_insert(("nested too deeply".into(), span.start));
            return None;
        }
        let kind = match event {
            Event::Scalar(text, style, ..) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                if style == Style::Plain && span.is_empty() { Kind::Null } else { Kind::Text { text: text.into_owned(), style } }
            }
            Event::MappingStart(..) => {
                let mut entries: Vec<Entry> = Vec::new();
                // What stands before an error is kept.
                while let Some((event, key_span)) = self.next() {
                    if matches!(event, Event::MappingEnd) {
                        span.end = span.end.max(entries.last().map_or(key_span.start, |last| last.value.span.end));
                        break;
                    }
                    let Some(key) = self.node(event, key_span, depth + 1) else { break };
                    let Some((event, value_span)) = self.next() else { break };
                    let Some(value) = self.node(event, value_span, depth + 1) else { break };
                    // Only words name anything here; what a language allows beside them is stepped over.
                    let Kind::Text { text, .. } = key.kind else { continue };
                    if entries.iter().any(|entry| entry.key == text) {
                        self.tree.problem.get_or_insert((format!("`{text}` stands here twice"), key.span.start));
                        continue;
                    }
                    entries.push(Entry { key: text, key_span: key.span, value });
                }
                Kind::Map(entries)
            }
            Event::SequenceStart(..) => {
                let mut items: Vec<Node> = Vec::new();
                while let Some((event, item_span)) = self.next() {
                    if matches!(event, Event::SequenceEnd) {
                        span.end = span.end.max(items.last().map_or(item_span.start, |last| last.span.end));
                        break;
                    }
                    let Some(item) = self.node(event, item_span, depth + 1) else { break };
                    items.push(item);
                }
                Kind::List(items)
            }
            Event::Alias(..) => Kind::Elsewhere(String::new()),
            _ => Kind::Null,
        };
        Some(Node { span, kind })
    }
}

/// Reads JSON, with comments and commas behind the last item.
pub fn json(raw: &str, offset: usize) -> Tree {
    let options = jsonc_parser::ParseOptions::default();
    let mut tree = Tree::default();
    match jsonc_parser::parse_to_ast(raw, &jsonc_parser::CollectOptions::default(), &options) {
        Ok(parsed) => tree.roots.extend(parsed.value.as_ref().map(|value| from_json(value, offset, &mut tree.problem))),
        Err(error) => tree.problem = Some((error.kind().to_string(), (error.range().start + offset) as u32)),
    }
    tree
}

/// Reads a value from each line.
pub fn json_lines(raw: &str) -> Tree {
    let mut tree = Tree::default();
    let mut at = 0;
    for line in raw.split_inclusive('\n') {
        if !line.trim().is_empty() {
            let one = json(line, at);
            tree.roots.extend(one.roots);
            tree.problem = tree.problem.or(one.problem);
        }
        at += line.len();
    }
    tree
}

fn from_json(value: &ast::Value<'_>, offset: usize, problem: &mut Option<(String, u32)>) -> Node {
    use jsonc_parser::common::Ranged;
    let at = |range: jsonc_parser::common::Range| Span::new(range.start + offset, range.end + offset);
    let word = |text: &str| Kind::Text { text: text.to_owned(), style: Style::Plain };
    let kind = match value {
        ast::Value::StringLit(text) => Kind::Text { text: text.value.to_string(), style: Style::Json },
        ast::Value::NumberLit(number) => word(number.value),
        ast::Value::BooleanLit(is) => word(if is.value { "true" } else { "false" }),
        ast::Value::NullKeyword(_) => Kind::Null,
        ast::Value::Array(list) => Kind::List(list.elements.iter().map(|item| from_json(item, offset, problem)).collect()),
        ast::Value::Object(object) => {
            let mut entries: Vec<Entry> = Vec::with_capacity(object.properties.len());
            for property in &object.properties {
                let key = match &property.name {
                    ast::ObjectPropName::String(text) => text.value.to_string(),
                    ast::ObjectPropName::Word(word) => word.value.to_owned(),
                };
                let key_span = at(property.name.range());
                let value = from_json(&property.value, offset, problem);
                if entries.iter().any(|entry| entry.key == key) {
                    problem.get_or_insert((format!("`{key}` stands here twice"), key_span.start));
                    continue;
                }
                entries.push(Entry { key, key_span, value });
            }
            Kind::Map(entries)
        }
    };
    Node { span: at(value.range()), kind }
}

impl Node {
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What stands at a path: keys between dots; `key[]` is each item of a list, `*` each value of a mapping, nothing the value itself.
    pub fn at<'n>(&'n self, path: &str) -> Vec<&'n Node> {
        let mut nodes = vec![self];
        for part in path.split('.').filter(|part| !part.is_empty()) {
            let (key, lists) = part.split_once('[').map_or((part, 0), |(key, _)| (key, part.matches("[]").count()));
            nodes = match key {
                "" => nodes,
                "*" => nodes.into_iter().flat_map(|node| node.entries().iter().map(|entry| &entry.value)).collect(),
                key => nodes.into_iter().filter_map(|node| node.get(key)).collect(),
            };
            for _ in 0..lists {
                nodes = nodes.into_iter().flat_map(|node| node.items()).collect();
            }
        }
        nodes
    }

    /// The value as JSON without blanks, as it is sent.
    pub fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match &self.kind {
            Kind::Map(entries) => {
                out.push('{');
                for (at, entry) in entries.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    out.push_str(&quoted(&entry.key));
                    out.push(':');
                    entry.value.write(out);
                }
                out.push('}');
            }
            Kind::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Kind::Text { text, style: Style::Plain } => out.push_str(text),
            Kind::Text { text, .. } => out.push_str(&quoted(text)),
            Kind::Null | Kind::Elsewhere(_) | Kind::File(_) => out.push_str("null"),
        }
    }

    /// The first value at one of the paths.
    pub fn first<'n>(&'n self, paths: &[String]) -> Option<&'n Node> {
        paths.iter().find_map(|path| self.at(path).into_iter().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_are_read_alike() {
        let yaml = yaml("# why\nmodel: m\nmessages:\n  - role: system\n    content: |\n      Be kind.\n", 0);
        let json = json(r#"{"model": "m", "messages": [{"role": "system", "content": "Be kind.\n"}]}"#, 0);
        for tree in [&yaml, &json] {
            let root = &tree.roots[0];
            assert_eq!(root.at("messages[].content")[0].text(), Some("Be kind.\n"));
            assert_eq!(root.first(&["name".into(), "model".into()]).and_then(Node::text), Some("m"));
            assert_eq!(root.at("*").len(), 2);
        }
        assert_eq!(yaml.comments, [Span::new(0, 5)]);
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        assert_eq!(yaml("a: 1\na: 2\n", 0).problem, Some(("`a` stands here twice".into(), 5)));
        assert!(yaml("a: [1\nb: 2", 3).problem.is_some());
        assert!(json("{\"a\": ", 0).problem.is_some());
        assert_eq!(json("// a comment\n{\"a\": 1,}", 0).problem, None);
        for text in ["[".repeat(100_000), "- ".repeat(100_000), "{\"a\":".repeat(50_000)] {
            assert!(yaml(&text, 0).problem.is_some());
            assert!(json(&text, 0).problem.is_some());
        }
    }

    #[test]
    fn every_line_and_every_document_counts() {
        assert_eq!(json_lines("{\"a\": 1}\n\n{\"a\": 2}\n").roots.len(), 2);
        assert_eq!(yaml("a: 1\n---\na: 2\n", 0).roots.len(), 2);
    }
}
