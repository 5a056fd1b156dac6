//! Suppressions: `prompt-lint: ignore[rule] reason` in a comment of the host language.
//!
//! A suppression holds for the owner that it stands beside: in a comment on the owner's first line or behind its last one, or in the
//! whole-line comments directly above. `file-ignore[rule]` holds for the file. Inside prompt text it would be sent and paid for, so it does not count.

use crate::config::nearest_word;
use crate::source::Source;
use crate::span::Span;

/// One suppression as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The comment that holds it.
    pub comment: Span,
    /// From `prompt-lint:` to the end of the reason.
    pub text: Span,
    /// What stands between the brackets.
    pub list: Span,
    pub scope: Scope,
    /// Ids of rules, or categories.
    pub rules: Vec<String>,
    /// What stands behind the bracket; may be empty.
    pub reason: String,
}

/// A comment that speaks to prompt-lint and is not understood: it suppresses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelt {
    /// Byte offset of its words.
    pub at: u32,
    /// What is wrong and what was likely meant.
    pub message: String,
}

/// What a suppression holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Owner,
    File,
}

impl Suppression {
    /// Those of its names that stand for a rule.
    pub fn names_of<'n>(&'n self, rule: &'n str) -> impl Iterator<Item = &'n str> {
        self.rules.iter().map(String::as_str).filter(move |name| *name == rule || *name == crate::config::category(rule))
    }

    /// Whether it holds for what an owner is.
    pub fn covers(&self, source: &Source, comments: &[Span], owner: Span) -> bool {
        self.scope == Scope::File || is_beside(source, comments, self.comment, owner)
    }
}

/// Every suppression in the comments of a source, in the order of the comments, and what was probably meant to be one.
pub fn suppressions(source: &Source, comments: &[Span]) -> (Vec<Suppression>, Vec<Misspelt>) {
    let (mut found, mut misspelt) = (Vec::new(), Vec::new());
    for comment in comments {
        for one in in_comment(source.slice(*comment), *comment) {
            match one {
                Ok(suppression) => found.push(suppression),
                Err(wrong) => misspelt.push(wrong),
            }
        }
    }
    (found, misspelt)
}

/// Whether a comment stands on the owner's first line, behind it on its last one (the first of a long text has no room for a
/// comment), or above it with nothing but whole-line comments between.
fn is_beside(source: &Source, comments: &[Span], comment: Span, owner: Span) -> bool {
    let owner_line = source.line(owner.start);
    if source.line(comment.start) == owner_line || last_line(source, comment) == owner_line {
        return true;
    }
    if comment.start >= owner.end && source.line(comment.start) == last_line(source, owner) {
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
pub fn is_whole_line(source: &Source, comment: Span) -> bool {
    let before = Span { start: source.line_span(source.line(comment.start)).start, end: comment.start };
    let after = Span { start: comment.end, end: source.line_span(last_line(source, comment)).end.max(comment.end) };
    source.slice(before).trim().is_empty() && source.slice(after).trim().is_empty()
}

/// The suppressions in the text of one comment, which stand at its beginning or behind another `#`.
fn in_comment(text: &str, comment: Span) -> Vec<Result<Suppression, Misspelt>> {
    const NAME: &str = "prompt-lint";
    let mut found = Vec::new();
    for (at, _) in text.match_indices(NAME) {
        let before = text[..at].trim_end_matches([' ', '\t']);
        if !(before.is_empty() || before.ends_with(['#', '/', '*', '\n']) || before.ends_with("{#-") || before.ends_with("{#+")) {
            continue;
        }
        let offset = |within: usize| comment.start + within as u32;
        let line_end = text[at..].find(['\n', '#']).map_or(text.len(), |end| at + end);
        let end = at + text[at..line_end].trim_end_matches([' ', '\t', '\r', '-', '+', '}']).len();
        let rest = text[at + NAME.len()..end].trim_start_matches([' ', '\t']);
        let (colon, words) = match rest.strip_prefix(':') {
            Some(words) => (true, words.trim_start_matches([' ', '\t'])),
            None => (false, rest),
        };
        let word = words.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
        let list = words[word.len()..].trim_start_matches([' ', '\t']);
        let scope = match word {
            "ignore" => Scope::Owner,
            "file-ignore" => Scope::File,
            _ => {
                // Without the colon and the word it is prose about the tool.
                if colon {
                    let meant = nearest_word(word, ["ignore", "file-ignore"]).or(list.starts_with('[').then_some("ignore"));
                    let meant = meant.map_or("known are `ignore` and `file-ignore`".to_owned(), |meant| format!("did you mean `{meant}`?"));
                    found.push(Err(Misspelt { at: offset(at), message: format!("`{NAME}: {word}` is not understood: {meant}") }));
                }
                continue;
            }
        };
        let wrong = |what: &str| {
            let message = format!("{what} and suppresses nothing: write `{NAME}: {word}[output/missing-cap] reason`");
            Err(Misspelt { at: offset(at), message })
        };
        let as_written = format!("`{NAME}{} {word}`", if colon { ":" } else { "" });
        found.push(match list.strip_prefix('[').map(|list| list.split_once(']')) {
            // Without colon and bracket it may be a sentence that begins so.
            None if !colon => continue,
            None => wrong(&format!("{as_written} names no rule")),
            Some(None) => wrong(&format!("{as_written}: the bracket is not closed,")),
            Some(Some(_)) if !colon => wrong(&format!("{as_written} lacks the colon")),
            Some(Some((list, _))) if list.trim().is_empty() => wrong(&format!("{as_written} names no rule")),
            Some(Some((list, reason))) => {
                let rules = list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
                let list_end = end - reason.len() - 1;
                Ok(Suppression {
                    comment,
                    text: Span { start: offset(at), end: offset(end) },
                    list: Span { start: offset(list_end - list.len()), end: offset(list_end) },
                    scope,
                    rules,
                    reason: reason.trim_matches([' ', '\t', '\r', '-', '+', '}']).to_owned(),
                })
            }
        });
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
        let owner = Span::new(start, start + owner.len());
        let (found, _) = suppressions(&source, &comments(text));
        found.iter().any(|one| one.names_of(rule).next().is_some() && one.covers(&source, &comments(text), owner))
    }

    fn misspelt(text: &str) -> Vec<String> {
        let (_, misspelt) = suppressions(&Source::new("a", text), &comments(text));
        misspelt.into_iter().map(|one| one.message).collect()
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (text, part) in [
            ("# prompt-lint: ignore\n", "`prompt-lint: ignore` names no rule"),
            ("# prompt-lint: ignore[]\n", "names no rule"),
            ("# prompt-lint: ignore output/missing-cap\n", "names no rule"),
            ("# prompt-lint: ignore[output/missing-cap\n", "the bracket is not closed"),
            ("# prompt-lint ignore[output/missing-cap]\n", "lacks the colon"),
            ("# prompt-lint: ignroe[output/missing-cap]\n", "did you mean `ignore`?"),
            ("# prompt-lint: file_ignore[output]\n", "is not understood"),
            ("# prompt-lint: disable[output]\n", "did you mean `ignore`?"),
            ("# noqa # prompt-lint: ignore\n", "names no rule"),
            ("{# prompt-lint: ignore #}\n", "names no rule"),
        ] {
            let said = misspelt(text);
            assert!(said.len() == 1 && said[0].contains(part), "{text}: {said:?}");
        }
        for text in
            ["# prompt-lint\n", "# prompt-lint ignores this file\n", "# run prompt-lint: twice\n", "# prompt-lint: ignore[output]\n"]
        {
            assert!(misspelt(text).is_empty(), "{text}");
        }
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
    fn behind_the_last_line_of_a_text() {
        let text = |after: &str| format!("PROMPT = \"\"\"It is now.\nBe kind.\n\"\"\"{after}");
        let owner = "\"\"\"It is now.\nBe kind.\n\"\"\"";
        assert!(suppressed(&text("  # prompt-lint: ignore[cache/unstable-prefix] why\n"), owner, "cache/unstable-prefix"));
        assert!(!suppressed(&text("\n# prompt-lint: ignore[cache/unstable-prefix] why\n"), owner, "cache/unstable-prefix"));
        let inside = "send(\n    a,\n    b,  # prompt-lint: ignore[output/missing-cap]\n)\n";
        assert!(!suppressed(inside, "send(\n    a,\n    b,  # prompt-lint: ignore[output/missing-cap]\n)", "output/missing-cap"));
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
        let (found, _) = suppressions(&Source::new("a", text), &comments(text));
        assert_eq!(found[0].rules, ["cache/a", "output/b"]);
        assert_eq!(found[0].reason, "the answer is short");
        assert_eq!(&text[found[0].list.range()], "cache/a,output/b");
        assert_eq!(&text[found[0].text.range()], "prompt-lint: ignore[cache/a,output/b]  the answer is short");
        assert_eq!(found[0].scope, Scope::Owner);
    }
}
