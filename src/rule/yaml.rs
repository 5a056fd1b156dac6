//! Where things stand in a YAML file: its keys and values with their byte ranges, for errors at their place.

use std::ops::Range;

use granit_parser::{Event, Parser};

/// A value of a YAML file and where it is written.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Byte range in the text.
    pub range: Range<usize>,
    pub kind: NodeKind,
}

#[derive(Debug, Clone)]
pub(crate) enum NodeKind {
    /// A scalar, or an alias of a value that stands elsewhere.
    Leaf,
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub key_range: Range<usize>,
    pub value: Node,
}

/// One step of a way into a file: a key, or the index of an item.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'s> {
    Key(&'s str),
    Item(usize),
}

/// A message and its place.
type Problem = (String, Range<usize>);

/// Reads the first document of `text`.
pub(crate) fn read(text: &str) -> Result<Node, Problem> {
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| scan_error(&error))?;
        let range = span.byte_range().unwrap_or(0..0);
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) | Event::Scalar(..) => return node(&mut parser, event, range),
            Event::StreamEnd => break,
            _ => {}
        }
    }
    Err(("the file is empty".into(), 0..0))
}

fn scan_error(error: &granit_parser::ScanError) -> Problem {
    let at = error.marker().byte_offset().unwrap_or(0);
    (error.info(), at..at)
}

type Events<'t> = Parser<'t, granit_parser::StrInput<'t>>;

/// Granit bounds the nesting, so that the recursion is bounded too.
fn node<'t>(parser: &mut Events<'t>, first: Event<'t>, mut range: Range<usize>) -> Result<Node, Problem> {
    let kind = match first {
        Event::MappingStart(..) => {
            let mut entries: Vec<Entry> = Vec::new();
            while let Some((event, key_range)) = next(parser)? {
                if matches!(event, Event::MappingEnd) {
                    range.end = range.end.max(key_range.start);
                    break;
                }
                let key = match &event {
                    Event::Scalar(text, ..) => text.to_string(),
                    _ => return Err(("a key is a word here".into(), key_range)),
                };
                if entries.iter().any(|entry| entry.key == key) {
                    return Err((format!("`{key}` stands here twice"), key_range));
                }
                let Some((event, value_range)) = next(parser)? else { break };
                let value = node(parser, event, value_range)?;
                range.end = range.end.max(value.range.end);
                entries.push(Entry { key, key_range, value });
            }
            NodeKind::Mapping(entries)
        }
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            while let Some((event, item_range)) = next(parser)? {
                if matches!(event, Event::SequenceEnd) {
                    range.end = range.end.max(item_range.start);
                    break;
                }
                let item = node(parser, event, item_range)?;
                range.end = range.end.max(item.range.end);
                items.push(item);
            }
            NodeKind::Sequence(items)
        }
        _ => NodeKind::Leaf,
    };
    Ok(Node { range, kind })
}

/// The next event that is part of the data.
fn next<'t>(parser: &mut Events<'t>) -> Result<Option<(Event<'t>, Range<usize>)>, Problem> {
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| scan_error(&error))?;
        if !matches!(event, Event::Comment(..) | Event::Anchor(..)) {
            return Ok(Some((event, span.byte_range().unwrap_or(0..0))));
        }
    }
    Ok(None)
}

impl Node {
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Sequence(items) => items,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Where the value at the end of `steps` is written, or as much of the way as there is.
    pub fn locate(&self, steps: &[Step<'_>]) -> Range<usize> {
        let mut node = self;
        for step in steps {
            let next = match step {
                Step::Key(key) => node.get(key),
                Step::Item(at) => node.items().get(*at),
            };
            match next {
                Some(next) => node = next,
                None => return if std::ptr::eq(node, self) { 0..0 } else { node.range.clone() },
            }
        }
        node.range.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_keys() {
        let text = "# a comment\nwhen: a and b\nlabels:\n  - { at: x, text: \"two words\" }\n";
        let root = read(text).unwrap();
        let range = root.locate(&[Step::Key("labels"), Step::Item(0), Step::Key("text")]);
        assert_eq!(&text[range], "\"two words\"");
        assert_eq!(&text[root.locate(&[Step::Key("when")])], "a and b");
    }

    #[test]
    fn deep_nesting_is_an_error() {
        read(&"[".repeat(100_000)).unwrap_err();
        read(&"- ".repeat(100_000)).unwrap_err();
        read(&format!("{}{}", "[".repeat(5_000), "]".repeat(5_000))).unwrap_err();
    }

    #[test]
    fn a_key_may_stand_once() {
        let (message, range) = read("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(message, "`a` stands here twice");
        assert_eq!(range.start, 10);
    }
}
