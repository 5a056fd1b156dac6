//! TOML as a tree.

use toml_edit::{Document, Item, Value};

use crate::span::Span;

use super::tree::{Entry, Kind, Node, Style, Tree};

/// Reads a file. One that does not parse has no tree.
pub fn read(raw: &str) -> Tree {
    let mut tree = Tree::default();
    match Document::parse(raw) {
        Ok(document) => {
            let root = entries(raw, document.as_table().iter(), |key| document.as_table().key(key).and_then(toml_edit::Key::span));
            let mut texts = Vec::new();
            collect(&root, &mut texts);
            tree.comments = comments(raw, texts);
            tree.roots.push(Node { span: Span::new(0, raw.len()), kind: Kind::Map(root) });
        }
        Err(error) => tree.problem = Some((error.message().to_owned(), error.span().map_or(0, |span| span.start as u32))),
    }
    tree
}

type Range = std::ops::Range<usize>;

fn at(range: Option<Range>) -> Span {
    range.map_or(Span::default(), |range| Span::new(range.start, range.end))
}

fn entries<'d>(raw: &str, items: impl Iterator<Item = (&'d str, &'d Item)>, key: impl Fn(&str) -> Option<Range>) -> Vec<Entry> {
    items.map(|(name, item)| Entry { key: name.to_owned(), key_span: at(key(name)), value: node(raw, item) }).collect()
}

fn node(raw: &str, item: &Item) -> Node {
    match item {
        Item::Value(own) => value(raw, own),
        Item::Table(table) => {
            let entries = entries(raw, table.iter(), |name| table.key(name).and_then(toml_edit::Key::span));
            // What stands below a header reaches to the next one.
            let span = entries.iter().fold(at(table.span()), |span, entry| span.join(entry.value.span));
            Node { span, kind: Kind::Map(entries) }
        }
        Item::ArrayOfTables(tables) => {
            let items = tables.iter().map(|table| node(raw, &Item::Table(table.clone()))).collect();
            Node { span: at(tables.span()), kind: Kind::List(items) }
        }
        Item::None => Node { span: Span::default(), kind: Kind::Null },
    }
}

fn value(raw: &str, own: &Value) -> Node {
    let span = at(own.span());
    match own {
        Value::String(text) => {
            let text = text.value();
            let written = raw.get(span.range()).unwrap_or_default();
            let (style, span) = match written {
                written if written.starts_with("'''") => (Style::Verbatim, behind_break(raw, inner(span, 3))),
                written if written.starts_with('\'') => (Style::Verbatim, inner(span, 1)),
                written if written.starts_with("\"\"\"") => (Style::Escaped, behind_break(raw, inner(span, 3))),
                _ => (Style::Quoted, span),
            };
            Node { span, kind: Kind::Text { text: text.clone(), style } }
        }
        Value::Array(items) => Node { span, kind: Kind::List(items.iter().map(|item| value(raw, item)).collect()) },
        Value::InlineTable(table) => {
            let entries = table.iter().map(|(name, own)| {
                let key_span = at(table.key(name).and_then(toml_edit::Key::span));
                Entry { key: name.to_owned(), key_span, value: value(raw, own) }
            });
            Node { span, kind: Kind::Map(entries.collect()) }
        }
        _ => Node { span, kind: Kind::Text { text: raw.get(span.range()).unwrap_or_default().to_owned(), style: Style::Plain } },
    }
}

/// Without the quotes.
fn inner(span: Span, quotes: u32) -> Span {
    let start = span.start + quotes;
    Span { start, end: span.end.saturating_sub(quotes).max(start) }
}

/// A line break right behind the quotes is no part of the text.
fn behind_break(raw: &str, span: Span) -> Span {
    let text = raw.get(span.range()).unwrap_or_default();
    let skipped = if text.starts_with("\r\n") { 2 } else { u32::from(text.starts_with('\n')) };
    Span { start: span.start + skipped, ..span }
}

fn collect(entries: &[Entry], texts: &mut Vec<Span>) {
    fn add(node: &Node, texts: &mut Vec<Span>) {
        match &node.kind {
            Kind::Map(entries) => collect(entries, texts),
            Kind::List(items) => items.iter().for_each(|item| add(item, texts)),
            _ => texts.push(node.span),
        }
    }
    for entry in entries {
        texts.push(entry.key_span);
        add(&entry.value, texts);
    }
}

fn comments(raw: &str, mut texts: Vec<Span>) -> Vec<Span> {
    texts.sort();
    let mut found = Vec::new();
    let mut from = 0;
    for (until, behind) in texts.iter().map(|text| (text.start as usize, text.end as usize)).chain([(raw.len(), raw.len())]) {
        while let Some(start) = raw.get(from..until).and_then(|rest| rest.find('#')) {
            let end = raw[from + start..].find('\n').map_or(raw.len(), |length| from + start + length);
            found.push(Span::new(from + start, end));
            from = end;
        }
        from = from.max(behind);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_texts_are_followed() {
        let raw = "# why\n[desk]\nsystem = \"\"\"\nIt is {{ now }}.\nBe kind. # not one\n\"\"\" # one\nuser = 'Ask: {q}'\ncap = 30\n[[desk.more]]\ntext = \"a\\nb\"\n";
        let tree = read(raw);
        assert_eq!(tree.problem, None);
        let root = &tree.roots[0];
        let system = root.at("desk.system")[0];
        assert_eq!(system.text(), Some("It is {{ now }}.\nBe kind. # not one\n"));
        assert_eq!(&raw[system.span.range()][..5], "It is");
        assert_eq!(root.at("desk.user")[0].text(), Some("Ask: {q}"));
        assert_eq!(root.at("desk.more[].text")[0].text(), Some("a\nb"));
        let comments: Vec<&str> = tree.comments.iter().map(|comment| &raw[comment.range()]).collect();
        assert_eq!(comments, ["# why", "# one"]);
        assert!(read("a = [").problem.is_some());
        assert!(read("a = 1\na = 2\n").problem.is_some());
        assert!(read(&format!("a = {}", "[".repeat(50_000))).problem.is_some());
    }
}
