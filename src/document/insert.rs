//! Where a setting that a file lacks is written: beside its siblings, as the file writes them.

use super::tree::{Kind, Node, Style};

/// A place in the file and what stands there around a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    pub at: u32,
    pub before: String,
    pub after: String,
}

/// The gap for the setting at a path of keys below `root`; `None` where the layout gives none.
pub fn gap(raw: &str, root: &Node, path: &str) -> Option<Gap> {
    let mut holder = root;
    let mut rest: Vec<&str> = path.split('.').collect();
    while rest.len() > 1 {
        match holder.get(rest[0]) {
            Some(inner) if !inner.entries().is_empty() => {
                holder = inner;
                rest.remove(0);
            }
            // Empty, or no mapping: nothing says how its entries would be written.
            Some(_) => return None,
            None => break,
        }
    }
    if rest.iter().any(|key| *key == "*" || key.contains('[')) {
        return None;
    }
    match raw.as_bytes().get(holder.span.start as usize)? {
        b'{' => in_braces(raw, holder, &rest),
        _ => in_block(raw, holder, &rest),
    }
}

/// Behind the first entry that stands on a line of its own.
fn in_block(raw: &str, holder: &Node, keys: &[&str]) -> Option<Gap> {
    let entry = holder.entries().iter().find(|entry| {
        let one_line = |span: crate::span::Span| raw.get(span.range()).is_some_and(|text| !text.contains('\n'));
        matches!(&entry.value.kind, Kind::Text { style, .. } if !matches!(style, Style::Literal | Style::Folded))
            && one_line(entry.value.span)
    })?;
    let line = raw.get(..entry.key_span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let lead = raw.get(line..entry.key_span.start as usize)?;
    // In a list the first key stands behind a dash.
    if !lead.trim_matches([' ', '-']).is_empty() {
        return None;
    }
    let indent = " ".repeat(lead.len());
    let behind = raw.get(entry.value.span.end as usize..)?;
    let length = behind.find(['\n', '\r']).unwrap_or(behind.len());
    let trailing = behind.get(..length)?.trim_start();
    if !trailing.is_empty() && !trailing.starts_with('#') {
        return None;
    }
    let mut before = String::new();
    for (depth, key) in keys.iter().enumerate() {
        before.push_str(&format!("\n{indent}{}{key}:", "  ".repeat(depth)));
    }
    before.push(' ');
    Some(Gap { at: entry.value.span.end + length as u32, before, after: String::new() })
}

/// Behind the last entry, on a line of its own if that has one.
fn in_braces(raw: &str, holder: &Node, keys: &[&str]) -> Option<Gap> {
    let entries = holder.entries();
    let last = entries.last()?;
    let quote = if raw.as_bytes().get(last.key_span.start as usize) == Some(&b'"') { "\"" } else { "" };
    let line = raw.get(..last.key_span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let lead = raw.get(line..last.key_span.start as usize)?;
    let separator = if lead.trim().is_empty() && line > 0 { format!(",\n{lead}") } else { ", ".to_owned() };
    let (first, inner) = keys.split_first()?;
    let mut before = format!("{separator}{quote}{first}{quote}: ");
    for key in inner {
        before.push_str(&format!("{{{quote}{key}{quote}: "));
    }
    Some(Gap { at: last.value.span.end, before, after: "}".repeat(inner.len()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tree;

    fn with(raw: &str, path: &str) -> Option<String> {
        let tree = if raw.starts_with('{') { tree::json(raw, 0) } else { tree::yaml(raw, 0) };
        let gap = gap(raw, &tree.roots[0], path)?;
        let at = gap.at as usize;
        Some(format!("{}{}9{}{}", &raw[..at], gap.before, gap.after, &raw[at..]))
    }

    #[test]
    fn a_setting_is_written_as_its_siblings_are() {
        for (raw, path, expected) in [
            ("model: m # why\nname: n\n", "config.cap", Some("model: m # why\nconfig:\n  cap: 9\nname: n\n")),
            ("model: m\nconfig:\n    heat: 1\n", "config.cap", Some("model: m\nconfig:\n    heat: 1\n    cap: 9\n")),
            ("model: m\nconfig: {heat: 1}\n", "config.cap", Some("model: m\nconfig: {heat: 1, cap: 9}\n")),
            ("model: m\nconfig: {}\n", "config.cap", None),
            ("text: |\n  a\n", "cap", None),
            ("{\"model\": \"m\"}", "cap", Some("{\"model\": \"m\", \"cap\": 9}")),
            ("{\n  \"model\": \"m\"\n}", "a.cap", Some("{\n  \"model\": \"m\",\n  \"a\": {\"cap\": 9}\n}")),
        ] {
            assert_eq!(with(raw, path).as_deref(), expected, "{raw}");
        }
    }
}
