//! `limit-turns`: a loop that goes on for as long as the model asks for tools ends after so many turns, and says so.

use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::{Place, Span};
use crate::syntax::{Stmt, StmtKind};

use super::evict_in_blocks::has_word;
use super::find::{self, Seen};
use super::{Declined, Delta, Outcome, Proposal, Target};

/// What a conversation that grows in the loop may come to has an end with the loop.
pub const DELTA: Delta = Delta { inserts: true, bounds: true, ..Delta::NOTHING };

pub fn apply(target: &Target) -> Option<Outcome> {
    let test = target.at?;
    Some(Outcome {
        mended: target.request.clone(),
        cap: target.call.and_then(|call| call.cap.value),
        delta: DELTA,
        edit: propose(target, test),
    })
}

fn propose(target: &Target, test: Place) -> Result<Proposal, Declined> {
    let module = target.project.module(test.file);
    let mut found: Option<&Stmt> = None;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(stmt) = seen
            && let StmtKind::While { test: condition, otherwise, .. } = &stmt.kind
            && condition.span == test.span
            && otherwise.is_empty()
        {
            found = Some(stmt);
        }
    });
    let head = found.and_then(|stmt| Head::of(stmt, test.span, target.project.text(test.file)));
    let (Some(Stmt { kind: StmtKind::While { body, .. }, .. }), Some(head)) = (found, head) else {
        return Declined::because("the loop is written in a way that has no place for a count");
    };
    let turns = target.options.max_turns;
    let edit = |span: Span, text: String| Edit { file: test.file, span, text };
    let edits = match target.project.file(test.file).language {
        Language::Python => {
            let (end, step) = head.body_of_lines(body)?;
            let (name, indent) = (head.free_name(&["_", "_turn"])?, head.indent);
            let ending = format!("\n{indent}else:\n{indent}{step}raise RuntimeError(\"no answer after {turns} turns\")");
            vec![edit(head.span, format!("for {name} in range({turns})")), edit(Span { start: end, end }, ending)]
        }
        Language::JavaScript => {
            let (open, indent) = head.block(body)?;
            let name = head.free_name(&["turn", "turns", "turnsTaken"])?;
            let ending = format!("\n{indent}if ({name} === {turns}) throw new Error(\"no answer after {turns} turns\");");
            vec![edit(head.span, format!("for (let {name} = 0; ; {name}++)")), edit(Span { start: open, end: open }, ending)]
        }
        Language::Jinja | Language::Text => return Declined::because("the loop is not written in code"),
    };
    Ok(Proposal { edits, applicability: Applicability::Unsafe, title: format!("End the loop after {turns} turns") })
}

/// `while True` or `while (true)`, alone at the beginning of its line.
struct Head<'a> {
    text: &'a str,
    span: Span,
    indent: &'a str,
}

impl<'a> Head<'a> {
    fn of(stmt: &Stmt, test: Span, text: &'a str) -> Option<Self> {
        let start = stmt.span.start as usize;
        let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let indent = text.get(line..start)?;
        let before = text.get(start..test.start as usize)?;
        let closes = before.matches('(').count();
        let rest = text.get(test.end as usize..)?;
        let end = test.end as usize + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let parentheses = text.get(end..)?.bytes().take_while(|byte| *byte == b')').count().min(closes);
        let plain = before.strip_prefix("while")?.chars().all(|c| matches!(c, ' ' | '\t' | '('));
        let end = if parentheses > 0 { end + parentheses } else { test.end as usize };
        let alone = indent.chars().all(|c| matches!(c, ' ' | '\t'));
        (plain && alone && parentheses == closes).then_some(Head { text, span: Span::new(start, end), indent })
    }

    fn free_name(&self, names: &[&'static str]) -> Result<&'static str, Declined> {
        let free = names.iter().find(|name| !has_word(self.text, name));
        free.copied().ok_or_else(|| Declined("the names for a count are taken".into()))
    }

    /// Where the last line of the body ends, and by how much it is indented beyond the loop.
    fn body_of_lines(&self, body: &[Stmt]) -> Result<(u32, &'a str), Declined> {
        let lines = || {
            let (first, last) = (body.first()?, body.last()?);
            let start = first.span.start as usize;
            let line = self.text.get(..start)?.rfind('\n')? + 1;
            let step = self.text.get(line..start)?.strip_prefix(self.indent)?;
            let blank = !step.is_empty() && step.chars().all(|c| matches!(c, ' ' | '\t'));
            let rest = self.text.get(last.span.end as usize..)?;
            let end = last.span.end as usize + rest.find(['\r', '\n']).unwrap_or(rest.len());
            (blank && line > self.span.end as usize).then_some((Span::new(end, end).end, step))
        };
        lines().ok_or_else(|| Declined("the loop is written on one line".into()))
    }

    /// The place behind the brace that opens the body, and the indentation of its first line.
    fn block(&self, body: &[Stmt]) -> Result<(u32, &'a str), Declined> {
        let lines = || {
            let rest = self.text.get(self.span.end as usize..)?;
            let open = self.span.end as usize + rest.find(|c: char| !c.is_whitespace())?;
            let start = body.first()?.span.start as usize;
            let line = self.text.get(..start)?.rfind('\n')? + 1;
            let indent = self.text.get(line..start)?;
            let brace = self.text.get(open..)?.starts_with('{') && line > open;
            (brace && indent.chars().all(|c| matches!(c, ' ' | '\t'))).then_some((Span::new(open + 1, open + 1).end, indent))
        };
        lines().ok_or_else(|| Declined("the loop is written on one line".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::request::Request;
    use crate::project::Project;
    use crate::rewrite::testing::*;

    fn limited(project: &Project, test: &str) -> Result<String, Declined> {
        let at = project.text(FILE).find(test).unwrap();
        let request = Request::default();
        let place = Place::new(FILE, Span::new(at, at + test.len()));
        let outcome = apply(&Target { at: Some(place), ..target(project, &request, None) }).unwrap();
        edited(project, &outcome).map(|(text, applicability)| {
            assert_eq!(applicability, Applicability::Unsafe);
            text
        })
    }

    #[test]
    fn a_loop_of_python_ends_in_an_error() {
        let before = "def f():\n    while True:  # on and on\n        if ask():\n            break  # done\n    return 1\n";
        let after = "def f():\n    for _ in range(25):  # on and on\n        if ask():\n            break  # done\n    else:\n        raise RuntimeError(\"no answer after 25 turns\")\n    return 1\n";
        assert_eq!(limited(&python(before), "True").unwrap(), after);
        let before = "while (True):\r\n\task()";
        let after = "for _ in range(25):\r\n\task()\r\nelse:\r\n\traise RuntimeError(\"no answer after 25 turns\")";
        assert_eq!(limited(&python(before), "True").unwrap(), after);
    }

    #[test]
    fn a_loop_of_script_ends_in_an_error() {
        let before = "function f() {\n  while (true) {\n    if (ask()) return;\n  }\n}\n";
        let after = "function f() {\n  for (let turn = 0; ; turn++) {\n    if (turn === 25) throw new Error(\"no answer after 25 turns\");\n    if (ask()) return;\n  }\n}\n";
        assert_eq!(limited(&script(before), "true").unwrap(), after);
    }

    #[test]
    fn a_name_that_is_taken_is_not_bound_again() {
        let before = "_ = gettext\nwhile True:\n    ask(_('x'))\n";
        assert!(limited(&python(before), "True").unwrap().contains("for _turn in range(25):"));
    }

    #[test]
    fn other_loops_are_left_alone() {
        assert!(limited(&python("while True: ask()\n"), "True").is_err());
        assert!(limited(&python("while True:\n    ask()\nelse:\n    done()\n"), "True").is_err());
        assert!(limited(&script("do { ask(); } while (true);\n"), "true").is_err());
        assert!(limited(&script("while (true) ask();\n"), "true").is_err());
        assert!(limited(&script("while (true) { ask(); }\n"), "true").is_err());
    }
}
