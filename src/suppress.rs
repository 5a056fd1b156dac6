//! Suppressions: `prompt-lint: ignore[rule] reason` in a comment of the host language.
//!
//! A suppression holds for the owner that it stands beside: in a comment on the owner's first line, or in the whole-line comments
//! directly above. `file-ignore[rule]` holds for the file. Inside prompt text it would be sent and paid for, so it does not count.

use crate::source::Source;
use crate::span::Span;

/// One suppression as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The comment that holds it.
    pub comment: Span,
    pub scope: Scope,
    /// Ids of rules, or categories.
    pub rules: Vec<String>,
    /// What stands behind the bracket; may be empty.
    pub reason: String,
}

/// What a suppression holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Owner,
    File,
}

/// Every suppression in the comments of a source, in the order of the comments.
pub fn suppressions(source: &Source, comments: &[Span]) -> Vec<Suppression> {
    comments.iter().flat_map(|comment| in_comment(source.slice(*comment), *comment)).collect()
}

/// Whether a finding of `rule` on `owner` is suppressed by one of the comments.
pub fn is_suppressed(source: &Source, comments: &[Span], owner: Span, rule: &str) -> bool {
    let names_rule = |found: &Suppression| found.rules.iter().any(|name| name == rule || name == crate::config::category(rule));
    suppressions(source, comments)
        .iter()
        .any(|found| names_rule(found) && (found.scope == Scope::File || is_beside(source, comments, found.comment, owner)))
}

/// Whether a comment stands on the owner's first line, or above it with nothing but whole-line comments between.
fn is_beside(source: &Source, comments: &[Span], comment: Span, owner: Span) -> bool {
    let owner_line = source.line(owner.start);
    if source.line(comment.start) == owner_line || last_line(source, comment) == owner_line {
        return true;
    }
    if comment.start >= owner.start && is_at_head(source, comments, comment, owner) {
        return true;
    }
    let mut line = owner_line;
    while let Some(above) = comments.iter().find(|above| last_line(source, **above) + 1 == line && is_whole_line(source, **above)) {
        if *above == comment {
            return true;
        }
        line = source.line(above.start);
    }
    false
}

/// Nothing but comments stands between the owner's start and the comment: the head of a template, which has no line above.
fn is_at_head(source: &Source, comments: &[Span], comment: Span, owner: Span) -> bool {
    let mut at = owner.start;
    for head in comments.iter().filter(|head| head.start >= owner.start) {
        if !source.slice(Span { start: at, end: head.start }).trim().is_empty() {
            return false;
        }
        if *head == comment {
            return true;
        }
        at = head.end;
    }
    false
}

fn last_line(source: &Source, span: Span) -> usize {
    source.line(span.end.saturating_sub(1).max(span.start))
}

/// Nothing else stands on the lines of the comment.
fn is_whole_line(source: &Source, comment: Span) -> bool {
    let before = Span { start: source.line_span(source.line(comment.start)).start, end: comment.start };
    let after = Span { start: comment.end, end: source.line_span(last_line(source, comment)).end.max(comment.end) };
    source.slice(before).trim().is_empty() && source.slice(after).trim().is_empty()
}

/// The suppressions in the text of one comment, which stand at its beginning or behind another `#`.
fn in_comment(text: &str, comment: Span) -> Vec<Suppression> {
    const MARK: &str = "prompt-lint:";
    let mut found = Vec::new();
    for (at, _) in text.match_indices(MARK) {
        let before = text[..at].trim_end_matches([' ', '\t']);
        if !(before.is_empty() || before.ends_with(['#', '/', '*', '\n']) || before.ends_with("{#-") || before.ends_with("{#+")) {
            continue;
        }
        let rest = &text[at + MARK.len()..];
        let directive = rest.trim_start_matches([' ', '\t']);
        let (scope, list) = match (directive.strip_prefix("ignore["), directive.strip_prefix("file-ignore[")) {
            (Some(list), _) => (Scope::Owner, list),
            (_, Some(list)) => (Scope::File, list),
            _ => continue,
        };
        let Some((list, reason)) = list.split_once(']') else { continue };
        let rules = list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let reason = reason.split(['\n', '#']).next().unwrap_or_default().trim_matches([' ', '\t', '\r', '-', '+', '}']).to_owned();
        found.push(Suppression { comment, scope, rules, reason });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The comments of a text, found by their marks alone.
    fn comments(text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut at = 0;
        while let Some(start) = text[at..].find('#').map(|found| found + at) {
            let template = text[..start].ends_with('{');
            let end = match template {
                true => text[start..].find("#}").map_or(text.len(), |end| start + end + 2),
                false => text[start..].find('\n').map_or(text.len(), |end| start + end),
            };
            spans.push(Span::new(start - usize::from(template), end));
            at = end;
        }
        spans
    }

    fn suppressed(text: &str, owner: &str, rule: &str) -> bool {
        let source = Source::new("a", text);
        let start = text.find(owner).unwrap();
        is_suppressed(&source, &comments(text), Span::new(start, start + owner.len()), rule)
    }

    #[test]
    fn on_or_above_the_first_line() {
        let on = "x = 1\nsend(\n    a,\n)  # late\n";
        assert!(!suppressed(on, "send(", "output/missing-cap"));
        assert!(suppressed("send(a)  # prompt-lint: ignore[output/missing-cap]\n", "send(a)", "output/missing-cap"));
        assert!(suppressed("# prompt-lint: ignore[cache/x, output/missing-cap] why\nsend(a)\n", "send(a)", "output/missing-cap"));
        assert!(suppressed("    # prompt-lint: ignore[output]\n    # more\n    send(a)\n", "send(a)", "output/missing-cap"));
        assert!(!suppressed("# prompt-lint: ignore[cache/x]\nsend(a)\n", "send(a)", "output/missing-cap"));
        assert!(!suppressed("# prompt-lint: ignore[output/missing-cap]\n\nsend(a)\n", "send(a)", "output/missing-cap"));
        assert!(!suppressed("y = 2  # prompt-lint: ignore[output/missing-cap]\nsend(a)\n", "send(a)", "output/missing-cap"));
    }

    #[test]
    fn behind_another_comment_but_not_in_prose() {
        assert!(suppressed("send(a)  # noqa # prompt-lint: ignore[output/missing-cap]\n", "send(a)", "output/missing-cap"));
        assert!(!suppressed("send(a)  # say prompt-lint: ignore[output/missing-cap]\n", "send(a)", "output/missing-cap"));
        assert!(!suppressed("send(a)  # prompt-lint: ignore[output/missing-cap\n", "send(a)", "output/missing-cap"));
    }

    #[test]
    fn for_the_file_and_in_templates() {
        assert!(suppressed("send(a)\n# prompt-lint: file-ignore[output/missing-cap]\n", "send(a)", "output/missing-cap"));
        assert!(suppressed("{#- prompt-lint: ignore[cache/unstable-prefix] -#}\n{{ now }}\n", "{{ now", "cache/unstable-prefix"));
        assert!(suppressed(
            "{# prompt-lint: ignore[cache/unstable-prefix]\n   for a reason #}\n{{ now }}\n",
            "{{ now",
            "cache/unstable-prefix"
        ));
        let head =
            "{# Answers. #}\n\n{# prompt-lint: ignore[cache/unstable-prefix] #}\nIt is {{ now }}.\n{# prompt-lint: ignore[text/filler] #}";
        assert!(suppressed(head, head, "cache/unstable-prefix"), "at the head of a template");
        assert!(!suppressed(head, head, "text/filler"));
        let text = "prompt-lint: ignore[cache/unstable-prefix]\n{{ now }}\n";
        assert!(!suppressed(text, "{{ now", "cache/unstable-prefix"), "text of the prompt is no comment");
    }

    #[test]
    fn what_is_written_is_kept() {
        let text = "# prompt-lint: ignore[cache/a,output/b]  the answer is short \r\nsend()\n";
        let found = suppressions(&Source::new("a", text), &comments(text));
        assert_eq!(found[0].rules, ["cache/a", "output/b"]);
        assert_eq!(found[0].reason, "the answer is short");
        assert_eq!(found[0].scope, Scope::Owner);
    }
}
