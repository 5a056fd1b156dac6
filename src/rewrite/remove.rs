//! `remove`: a suppression that suppresses nothing goes, with its line if nothing else stands there.

use crate::project::{Language, Project};
use crate::report::{Applicability, Edit, Fix};
use crate::span::{FileId, Span};
use crate::suppress::{Suppression, is_whole_line};

/// Takes the names out of a suppression, or all of it if no other is left. `None`: it stands among other words in its comment.
pub fn suppression(project: &Project, file: FileId, found: &Suppression, unused: &[&str]) -> Option<Fix> {
    let source = project.source(file).ok()?;
    let fix = |title: &str, applicability, span: Span, text: String| {
        Some(Fix { applicability, title: title.to_owned(), edits: vec![Edit { file, span, text }] })
    };
    let kept: Vec<&str> = found.rules.iter().map(String::as_str).filter(|name| !unused.contains(name)).collect();
    if !kept.is_empty() {
        return fix("Take the unused names out of the suppression", Applicability::Safe, found.list, kept.join(", "));
    }
    let title = "Remove the suppression";
    let text = source.text.as_str();
    let comment = found.comment;
    let before = source.slice(Span { start: comment.start, end: found.text.start });
    let after = source.slice(Span { start: found.text.end, end: comment.end });
    match project.file(file).language {
        Language::Jinja => {
            let alone = before.trim_start_matches(['{', '#', '-', '+']).trim().is_empty()
                && after.trim_end_matches(['}', '#', '-', '+']).trim().is_empty();
            // Whether the line break behind a comment is printed is for the environment to say, which is not known.
            if alone { fix(title, Applicability::Unsafe, comment, String::new()) } else { None }
        }
        Language::Python => {
            let mark = comment.start + before.rfind('#')? as u32;
            let next = after.find('#').map(|at| found.text.end + at as u32);
            let span = match next {
                Some(next) => Span { start: mark, end: next },
                None if mark == comment.start && is_whole_line(source, comment) => source.line_span(source.line(comment.start)),
                None => Span { start: text.get(..mark as usize)?.trim_end_matches([' ', '\t']).len() as u32, end: comment.end },
            };
            fix(title, Applicability::Safe, span, String::new())
        }
        Language::JavaScript | Language::Text => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suppress::suppressions;

    fn removed(path: &str, text: &str, unused: &[&str]) -> Option<(String, Applicability)> {
        let project = Project::in_memory([(path, text)]);
        let file = FileId(0);
        let source = project.source(file).unwrap();
        let comments = match project.file(file).language {
            Language::Jinja => project.template(file).unwrap().comments.clone(),
            _ => project.module(file).comments.clone(),
        };
        let (found, _) = suppressions(source, &comments);
        let fix = suppression(&project, file, &found[0], unused)?;
        let mut fixed = source.text.clone();
        for edit in &fix.edits {
            fixed.replace_range(edit.span.range(), &edit.text);
        }
        Some((fixed, fix.applicability))
    }

    fn safely(text: &str, unused: &[&str], after: &str) {
        assert_eq!(removed("a.py", text, unused), Some((after.to_owned(), Applicability::Safe)), "{text}");
    }

    #[test]
    fn in_python_only_the_suppression_goes() {
        let all = &["output/a"];
        safely("x = 1  # prompt-lint: ignore[output/a] why\ny = 2\n", all, "x = 1\ny = 2\n");
        safely("if x:\r\n    # prompt-lint: ignore[output/a] why\r\n    y = 2\r\n", all, "if x:\r\n    y = 2\r\n");
        safely("x = 1\n# prompt-lint: ignore[output/a]", all, "x = 1\n");
        safely("x = 1  # noqa # prompt-lint: ignore[output/a] why\n", all, "x = 1  # noqa\n");
        safely("x = 1  # prompt-lint: ignore[output/a] why # noqa\n", all, "x = 1  # noqa\n");
        safely(
            "# prompt-lint: ignore[output/a, cache/b,output/c] why\nx\n",
            &["output/a"],
            "# prompt-lint: ignore[cache/b, output/c] why\nx\n",
        );
    }

    #[test]
    fn in_a_template_the_line_stays() {
        let (text, applicability) = removed("a.j2", "{# prompt-lint: ignore[cache/a] why #}\nHello\n", &["cache/a"]).unwrap();
        assert_eq!((text.as_str(), applicability), ("\nHello\n", Applicability::Unsafe));
        assert_eq!(removed("a.j2", "{# Letters.\nprompt-lint: ignore[cache/a] why\n#}\nHello\n", &["cache/a"]), None);
    }
}
