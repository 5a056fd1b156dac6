//! One text, several speakers: a template cut at what names a role.

use crate::model::prompt::Role;
use crate::span::Span;
use crate::template::{Node, ValueKind, extent, kind};

use super::FilePart;
use super::format::{Roles, role_of};

/// The parts of a template at `span` of `text`, in the order in which they are sent; `role` speaks what nobody else does.
pub fn split(nodes: Vec<Node>, text: &str, span: Span, roles: Roles, role: Role) -> Vec<FilePart> {
    let written = text.get(span.range()).unwrap_or_default();
    let sections: Vec<(Role, Span)> = match roles {
        Roles::None => Vec::new(),
        Roles::Lines => {
            let found = kind::roles(written);
            let moved = found.iter().map(|(role, own)| (*role, Span { start: own.start + span.start, end: own.end + span.start }));
            if found.len() == 1 && found[0].0 == Role::Unknown { Vec::new() } else { moved.collect() }
        }
        Roles::Tags => tags(written, span.start),
        Roles::Calls => return calls(nodes, text, span, role),
    };
    if sections.is_empty() {
        return vec![FilePart { role, span, nodes, elsewhere: None, tools: false }];
    }
    let mut parts: Vec<FilePart> = sections
        .iter()
        .map(|(role, span)| FilePart { role: *role, span: *span, nodes: Vec::new(), elsewhere: None, tools: false })
        .collect();
    for node in nodes {
        match node {
            Node::Text { text: own, span, verbatim } => {
                for part in &mut parts {
                    let (start, end) = (span.start.max(part.span.start), span.end.min(part.span.end));
                    if start >= end {
                        continue;
                    }
                    let cut = own.get((start - span.start) as usize..(end - span.start) as usize).filter(|_| verbatim);
                    let whole = (start, end) == (span.start, span.end);
                    if let Some(cut) = cut.or_else(|| whole.then_some(own.as_str())) {
                        part.nodes.push(Node::Text { text: cut.to_owned(), span: Span { start, end }, verbatim });
                    }
                }
            }
            node => {
                let at = node.span().start;
                if let Some(part) = parts.iter_mut().find(|part| part.span.start <= at && at < part.span.end) {
                    part.nodes.push(node);
                }
            }
        }
    }
    parts.retain(|part| !part.nodes.is_empty());
    parts
}

/// What stands in `<message role="…">` and between two of these, which nobody in particular says.
fn tags(text: &str, base: u32) -> Vec<(Role, Span)> {
    const OPEN: &str = "<message role=\"";
    const CLOSE: &str = "</message>";
    let mut found = Vec::new();
    let mut at = 0;
    let mut depth = 0usize;
    let spans = |from: usize, to: usize| Span::new(base as usize + from, base as usize + to);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(OPEN)).map(|found| at + found) {
        depth += text.get(at..start).map_or(0, |between| between.matches("{{#").count());
        depth = depth.saturating_sub(text.get(at..start).map_or(0, |between| between.matches("{{/").count()));
        let rest = text.get(start + OPEN.len()..).unwrap_or_default();
        let (Some(quote), Some(close)) = (rest.find("\">"), rest.find(CLOSE)) else { break };
        let content = start + OPEN.len() + quote + 2;
        let end = start + OPEN.len() + close;
        if depth > 0 || quote > close {
            // Inside a loop or a branch: part of that.
            let next = end + CLOSE.len();
            match found.last_mut() {
                Some((Role::Unknown, span)) if *span == spans(at, at) => {}
                _ => found.push((Role::Unknown, spans(at, next))),
            }
            at = next;
            continue;
        }
        if at < start {
            found.push((Role::Unknown, spans(at, start)));
        }
        found.push((role_of(rest.get(..quote).unwrap_or_default()), spans(content, end)));
        at = end + CLOSE.len();
    }
    if found.is_empty() {
        return found;
    }
    found.push((Role::Unknown, spans(at, text.len())));
    // A loop that holds messages reaches over the end of the last of them.
    let mut joined: Vec<(Role, Span)> = Vec::new();
    for (role, span) in found {
        match joined.last_mut() {
            Some((Role::Unknown, last)) if role == Role::Unknown && last.end == span.start => last.end = span.end,
            _ => joined.push((role, span)),
        }
    }
    joined
}

/// Cut where a tag at the top calls for a role.
fn calls(nodes: Vec<Node>, text: &str, span: Span, role: Role) -> Vec<FilePart> {
    let mut parts =
        vec![FilePart { role, span: Span { start: span.start, end: span.start }, nodes: Vec::new(), elsewhere: None, tools: false }];
    let open = |parts: &mut Vec<FilePart>, role: Role, at: u32| {
        parts.push(FilePart { role, span: Span { start: at, end: at }, nodes: Vec::new(), elsewhere: None, tools: false })
    };
    for node in nodes {
        match node {
            Node::Slot { ref value, span } => match &value.kind {
                ValueKind::Call { name, args } if name.last().is_some_and(|name| name == "role" || name == "chat") => {
                    let named = args.iter().find_map(|arg| match &arg.kind {
                        ValueKind::Literal(word) => Some(role_of(word)),
                        _ => None,
                    });
                    open(&mut parts, named.unwrap_or(Role::Unknown), span.end);
                }
                _ => push(&mut parts, output_format(node)),
            },
            Node::Block { name, body, span } if name.is_empty() => match block_role(text, span) {
                Some(role) => {
                    let inside = extent(&body);
                    open(&mut parts, role, inside.start);
                    body.into_iter().for_each(|node| push(&mut parts, node));
                    open(&mut parts, Role::Unknown, span.end);
                }
                None => push(&mut parts, Node::Block { name, body, span }),
            },
            node => push(&mut parts, output_format(node)),
        }
    }
    let blank = |node: &Node| matches!(node, Node::Text { text, .. } if text.trim().is_empty());
    parts.retain(|part| !part.nodes.iter().all(blank));
    parts
}

fn push(parts: &mut [FilePart], node: Node) {
    if let Some(part) = parts.last_mut() {
        part.span.end = part.span.end.max(node.span().end);
        part.nodes.push(node);
    }
}

/// The schema of the answer, which is fixed with the function: a part from elsewhere that never changes.
fn output_format(node: Node) -> Node {
    match &node {
        Node::Slot { value, span } => match &value.kind {
            ValueKind::Path(path) if path.first().is_some_and(|first| first == "ctx") => {
                Node::Include { name: Some(path.join(".")), span: *span }
            }
            ValueKind::Call { name, .. } if name.first().is_some_and(|first| first == "ctx") => {
                Node::Include { name: Some(name.join(".")), span: *span }
            }
            _ => node,
        },
        _ => node,
    }
}

/// `{{#role "system"}}…{{/role}}`
fn block_role(text: &str, span: Span) -> Option<Role> {
    let tag = text.get(span.range())?;
    let tag = tag.get(..tag.find("}}")?)?;
    let name = tag.trim_start_matches(['{', '#', '~']).trim().strip_prefix("role")?;
    Some(role_of(name.trim().trim_matches(['"', '\''])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{format::Language, parse};

    fn shown(language: Language, roles: Roles, text: &str) -> Vec<(&'static str, String)> {
        let template = parse(language, text).unwrap();
        let parts = split(template.nodes, text, Span::new(0, text.len()), roles, Role::Unknown);
        let written = |part: &FilePart| text[extent(&part.nodes).range()].trim().to_owned();
        parts.iter().map(|part| (part.role.as_str(), written(part))).filter(|(_, text)| !text.is_empty()).collect()
    }

    #[test]
    fn every_way_to_name_a_role() {
        let expected = [("system", "Be kind.".to_owned()), ("user", "{{ask}}".to_owned())];
        for (language, roles, text) in [
            (Language::Jinja, Roles::Lines, "system:\nBe kind.\n\nuser:\n{{ask}}\n"),
            (Language::Handlebars, Roles::Calls, "{{role \"system\"}}\nBe kind.\n{{role \"user\"}}{{ask}}"),
            (Language::Handlebars, Roles::Calls, "{{#role \"system\"}}Be kind.{{/role}}\n{{#role \"user\"}}{{ask}}{{/role}}"),
            (Language::Jinja, Roles::Calls, "{{ _.role('system') }} Be kind.\n{{ _.role(\"user\") }}\n{{ask}}"),
            (Language::Handlebars, Roles::Tags, "<message role=\"system\">Be kind.</message>\n<message role=\"user\">{{ask}}</message>"),
        ] {
            assert_eq!(shown(language, roles, text), expected, "{text}");
        }
    }

    #[test]
    fn a_loop_over_messages_is_one_part() {
        let text =
            "<message role=\"system\">Be kind.</message>\n{{#each history}}\n<message role=\"{{role}}\">{{content}}</message>\n{{/each}}\n";
        let parts = shown(Language::Handlebars, Roles::Tags, text);
        assert_eq!(parts.len(), 2);
        assert!(parts[1].1.starts_with("{{#each") && parts[1].1.ends_with("{{/each}}"));
    }
}
