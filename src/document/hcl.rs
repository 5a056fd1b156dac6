//! Terraform's language as a tree: a block is a mapping below its kind and its labels, as in Terraform's JSON.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Body, Structure};

use crate::span::Span;

use super::scalar;
use super::tree::{self, Entry, Kind, Node, Style, Tree};

/// Names of functions that give the text of a file, their first argument.
const READERS: [&str; 2] = ["file", "templatefile"];

/// Reads a file. What does not parse has no tree, as nothing says where the next block begins.
pub fn read(raw: &str) -> Tree {
    let mut tree = Tree::default();
    match hcl_edit::parser::parse_body(raw) {
        Ok(body) => {
            let mut reader = Reader { raw, texts: Vec::new() };
            let mut root = reader.body(&body, Span::new(0, raw.len()));
            let locals = root.at("locals[]").into_iter().flat_map(|locals| locals.entries().to_vec()).collect::<Vec<Entry>>();
            follow(&mut root, &locals);
            tree.comments = comments(raw, &reader.texts);
            tree.roots.push(root);
        }
        Err(error) => tree.problem = Some((error.message().to_owned(), error.location().offset() as u32)),
    }
    tree
}

/// Reads a file in Terraform's JSON: a block may stand there alone, where it is one of a list here.
pub fn json(raw: &str) -> Tree {
    let mut tree = tree::json(raw, 0);
    for root in &mut tree.roots {
        let Kind::Map(entries) = &mut root.kind else { continue };
        let resources = entries.iter_mut().filter(|entry| entry.key == "resource");
        let kinds = resources.filter_map(|entry| if let Kind::Map(kinds) = &mut entry.value.kind { Some(kinds) } else { None });
        for kind in kinds.flatten() {
            let Kind::Map(named) = &mut kind.value.kind else { continue };
            named.iter_mut().for_each(|entry| listed(&mut entry.value));
        }
    }
    tree
}

/// Makes a list of each block, and of each text with an expression in it something that stands elsewhere.
fn listed(node: &mut Node) {
    match &mut node.kind {
        Kind::Map(entries) => {
            entries.iter_mut().for_each(|entry| listed(&mut entry.value));
            let span = node.span;
            let kind = std::mem::replace(&mut node.kind, Kind::Null);
            node.kind = Kind::List(vec![Node { span, kind }]);
        }
        Kind::List(items) => {
            for item in items {
                match &mut item.kind {
                    Kind::Map(entries) => entries.iter_mut().for_each(|entry| listed(&mut entry.value)),
                    _ => listed(item),
                }
            }
        }
        Kind::Text { text, .. } if text.contains("${") || text.contains("%{") => {
            let call = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            let path = call.and_then(|call| READERS.iter().find_map(|name| call.strip_prefix(name)?.strip_prefix("(\"")));
            let path = path.and_then(|path| path.split_once('"')).map(|(path, _)| in_folder(path).to_owned());
            node.kind = path.map_or_else(|| Kind::Elsewhere(text.clone()), Kind::File);
        }
        _ => {}
    }
}

/// A path as seen from the folder of the file.
fn in_folder(path: &str) -> &str {
    ["${path.module}/", "${path.root}/", "${path.cwd}/"].iter().find_map(|own| path.strip_prefix(own)).unwrap_or(path)
}

struct Reader<'t> {
    raw: &'t str,
    /// Where texts stand, in which nothing is a comment.
    texts: Vec<Span>,
}

fn at(range: Option<std::ops::Range<usize>>) -> Span {
    range.map_or(Span::default(), |range| Span::new(range.start, range.end))
}

impl Reader<'_> {
    fn body(&mut self, body: &Body, span: Span) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let value = self.value(&attribute.value);
                    entries.push(Entry { key: attribute.key.as_str().to_owned(), key_span: at(attribute.key.span()), value });
                }
                Structure::Block(block) => {
                    let whole = at(block.span());
                    let inner = self.body(&block.body, whole);
                    let key_span = at(block.ident.span());
                    let names: Vec<&str> =
                        [block.ident.as_str()].into_iter().chain(block.labels.iter().map(|label| label.as_str())).collect();
                    add(&mut entries, &names, key_span, inner);
                }
            }
        }
        Node { span, kind: Kind::Map(entries) }
    }

    fn value(&mut self, value: &Expression) -> Node {
        let span = at(value.span());
        let written = self.raw.get(span.range()).unwrap_or_default();
        let word = || Kind::Text { text: written.to_owned(), style: Style::Plain };
        match value {
            Expression::String(_) | Expression::StringTemplate(_) => {
                self.texts.push(span);
                let text = match value.as_str() {
                    Some(text) => text.to_owned(),
                    None => scalar::quoted(self.raw, span).map_or_else(|| written.to_owned(), |decoded| decoded.text),
                };
                Node { span, kind: Kind::Text { text, style: Style::Quoted } }
            }
            Expression::HeredocTemplate(_) => {
                self.texts.push(span);
                heredoc(self.raw, span).unwrap_or(Node { span, kind: Kind::Elsewhere(written.to_owned()) })
            }
            Expression::Number(_) | Expression::Bool(_) => Node { span, kind: word() },
            Expression::Null(_) => Node { span, kind: Kind::Null },
            Expression::Array(items) => Node { span, kind: Kind::List(items.iter().map(|item| self.value(item)).collect()) },
            Expression::Object(object) => {
                let entries = object.iter().filter_map(|(key, value)| {
                    let (key, key_span) = match key {
                        ObjectKey::Ident(name) => (name.as_str().to_owned(), at(name.span())),
                        ObjectKey::Expression(key) => (key.as_str()?.to_owned(), at(key.span())),
                    };
                    Some(Entry { key, key_span, value: self.value(value.expr()) })
                });
                Node { span, kind: Kind::Map(entries.collect()) }
            }
            Expression::Parenthesis(inner) => self.value(inner.inner()),
            Expression::FuncCall(call) if call.name.name.as_str() == "trimspace" || call.name.name.as_str() == "chomp" => {
                match call.args.iter().next() {
                    Some(inner) => self.value(inner),
                    None => Node { span, kind: Kind::Elsewhere(written.to_owned()) },
                }
            }
            Expression::FuncCall(call) => {
                self.texts.push(span);
                let path = call.args.iter().next().map(|argument| at(argument.span()));
                let path = path.and_then(|path| self.raw.get(path.range())).map(|path| path.trim_matches('"'));
                match path.filter(|_| READERS.contains(&call.name.name.as_str())) {
                    Some(path) => Node { span, kind: Kind::File(in_folder(path).to_owned()) },
                    None => Node { span, kind: Kind::Elsewhere(written.to_owned()) },
                }
            }
            _ => {
                self.texts.push(span);
                Node { span, kind: Kind::Elsewhere(written.to_owned()) }
            }
        }
    }
}

/// Puts a block below its names.
fn add(entries: &mut Vec<Entry>, names: &[&str], key_span: Span, inner: Node) {
    let Some((name, rest)) = names.split_first() else { return };
    let empty = if rest.is_empty() { Kind::List(Vec::new()) } else { Kind::Map(Vec::new()) };
    let at = match entries.iter().position(|entry| entry.key == *name) {
        Some(at) => at,
        None => {
            entries.push(Entry { key: (*name).to_owned(), key_span, value: Node { span: inner.span, kind: empty } });
            entries.len() - 1
        }
    };
    let Some(entry) = entries.get_mut(at) else { return };
    entry.value.span = entry.value.span.join(inner.span);
    match &mut entry.value.kind {
        Kind::List(items) if rest.is_empty() => items.push(inner),
        Kind::Map(entries) if !rest.is_empty() => add(entries, rest, key_span, inner),
        _ => {}
    }
}

/// The lines between `<<MARK` and `MARK`. Behind `<<-` the indentation that they share is no part of them.
fn heredoc(raw: &str, span: Span) -> Option<Node> {
    let whole = raw.get(span.range())?;
    let first = whole.find('\n')? + 1;
    let mark = whole.get(..first)?.trim().trim_start_matches('<').trim_start_matches('-').trim();
    // The span may end before or behind the mark.
    let body = whole.get(first..)?;
    let end = match body.trim_end().strip_suffix(mark) {
        Some(before) => before.trim_end_matches([' ', '\t']).len(),
        None => body.len(),
    };
    let body = body.get(..end)?;
    let start = span.start as usize + first;
    let lines = || body.lines().filter(|line| !line.trim().is_empty());
    let indent = match whole.starts_with("<<-") {
        true => lines().map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0),
        false => 0,
    };
    if indent == 0 || body.contains('\r') {
        return Some(Node {
            span: Span::new(start, start + body.len()),
            kind: Kind::Text { text: body.to_owned(), style: Style::Verbatim },
        });
    }
    let text: String = body.split_inclusive('\n').map(|line| line.get(indent..).unwrap_or("\n")).collect();
    // A block begins at its first line that says something.
    let lead = body.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum::<usize>();
    if lead > 0 {
        return Some(Node {
            span: Span::new(start, start + body.len()),
            kind: Kind::Text { text: body.to_owned(), style: Style::Verbatim },
        });
    }
    Some(Node { span: Span::new(start + indent, start + body.len()), kind: Kind::Text { text, style: Style::Literal } })
}

/// Puts what `local.name` stands for in its place.
fn follow(node: &mut Node, locals: &[Entry]) {
    match &mut node.kind {
        Kind::Map(entries) => entries.iter_mut().for_each(|entry| follow(&mut entry.value, locals)),
        Kind::List(items) => items.iter_mut().for_each(|item| follow(item, locals)),
        Kind::Elsewhere(written) => {
            let local = written.trim().strip_prefix("local.").and_then(|name| locals.iter().find(|local| local.key == name));
            if let Some(local) = local.filter(|local| matches!(local.value.kind, Kind::Text { .. } | Kind::File(_))) {
                *node = local.value.clone();
            }
        }
        _ => {}
    }
}

/// Comments outside of texts.
fn comments(raw: &str, texts: &[Span]) -> Vec<Span> {
    let mut texts = texts.to_vec();
    texts.sort();
    let mut found = Vec::new();
    let mut from = 0;
    let ends = texts.iter().map(|text| (text.start as usize, text.end as usize)).chain([(raw.len(), raw.len())]);
    for (until, behind) in ends {
        while let Some(rest) = raw.get(from..until) {
            let Some(start) = rest.find(['#', '/']) else { break };
            let comment = &raw[from + start..];
            let length = match comment {
                comment if comment.starts_with('#') || comment.starts_with("//") => comment.find('\n').unwrap_or(comment.len()),
                comment if comment.starts_with("/*") => comment.find("*/").map_or(comment.len(), |end| end + 2),
                _ => {
                    from += start + 1;
                    continue;
                }
            };
            found.push(Span::new(from + start, from + start + length));
            from += start + length;
        }
        from = from.max(behind);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# why
locals {
  clerk = "You are a clerk.\nSay \"fare\"."
}
resource "aws_bedrockagent_prompt" "desk" {
  name = "desk" // not this
  variant {
    model_id = var.model
    template_configuration {
      text {
        text = <<-EOT
          It is {{now}}.
            More of ${var.line}.

          # not a comment
        EOT
      }
    }
  }
  variant {
    other = local.clerk
    from  = file("${path.module}/prompts/desk.txt")
    cap   = 30
  }
}
"#;

    #[test]
    fn blocks_lie_below_their_labels() {
        let tree = read(FILE);
        assert_eq!(tree.problem, None);
        let root = &tree.roots[0];
        let variants = root.at("resource.aws_bedrockagent_prompt.*[].variant[]");
        assert_eq!(variants.len(), 2);
        let text = variants[0].at("template_configuration[].text[].text")[0];
        assert_eq!(text.text(), Some("It is {{now}}.\n  More of ${var.line}.\n\n# not a comment\n"));
        assert!(matches!(&variants[0].get("model_id").unwrap().kind, Kind::Elsewhere(written) if written == "var.model"));
        assert_eq!(variants[1].get("other").unwrap().text(), Some("You are a clerk.\nSay \"fare\"."));
        assert_eq!(variants[1].get("from").unwrap().kind, Kind::File("prompts/desk.txt".into()));
        assert_eq!(variants[1].get("cap").unwrap().text(), Some("30"));
        let comments: Vec<&str> = tree.comments.iter().map(|comment| &FILE[comment.range()]).collect();
        assert_eq!(comments, ["# why", "// not this"]);
    }

    #[test]
    fn what_does_not_parse_is_said_at_its_place() {
        let tree = read("resource \"a\" \"b\" {\n  x = \n}\n");
        assert!(tree.roots.is_empty());
        assert!(tree.problem.unwrap().1 > 15);
        assert!(read(&"a {".repeat(5000)).problem.is_some());
        assert!(read(&format!("a = {}", "[".repeat(50_000))).problem.is_some());
    }

    #[test]
    fn blocks_of_json_are_lists_and_expressions_are_not_texts() {
        let raw = r#"{"resource": {"aws_bedrockagent_prompt": {"a": {"variant": {"text": [{"text": "Be kind."}]}},
            "b": {"variant": [{"text": "${var.text} and more"}, {"text": "${file(\"${path.module}/clerk.txt\")}"}]}}}}"#;
        let tree = json(raw);
        let at = |path: &str| tree.roots[0].at(&format!("resource.aws_bedrockagent_prompt.{path}"));
        assert_eq!(at("a[].variant[].text[].text")[0].text(), Some("Be kind."));
        let kinds: Vec<&Kind> = at("b[].variant[].text").into_iter().map(|node| &node.kind).collect();
        assert_eq!(kinds, [&Kind::Elsewhere("${var.text} and more".into()), &Kind::File("clerk.txt".into())]);
    }
}
