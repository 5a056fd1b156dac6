//! `compact-json`: JSON that goes into a prompt is written without line breaks and blanks.

use crate::check::values::{self, PrettyJson};
use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::Span;
use crate::syntax::{ArgKind, Call, Expr, ExprKind};

use super::{Declined, Delta, Outcome, Proposal, Target, find, notation, slots};

pub fn apply(target: &Target) -> Option<Outcome> {
    let at = target.at?;
    let pretty =
        slots(target.request).into_iter().filter_map(|slot| values::pretty_json(target.project, slot)).find(|one| one.argument == at)?;
    Some(Outcome {
        mended: target.request.clone(),
        cap: target.call.and_then(|call| call.cap.value),
        delta: Delta { respells: true, ..Delta::default() },
        edit: propose(target, &pretty),
    })
}

fn propose(target: &Target, pretty: &PrettyJson) -> Result<Proposal, Declined> {
    let file = pretty.call.file;
    let edit = match target.project.file(file).language {
        Language::Jinja => Edit { file, span: pretty.call.span, text: "tojson".into() },
        Language::Python => in_python(target, pretty)?,
        _ => return Declined::because("code in this language is not rewritten"),
    };
    Ok(Proposal {
        edits: vec![edit],
        applicability: if pretty.alone { Applicability::Safe } else { Applicability::Unsafe },
        title: "Write the JSON compact".into(),
    })
}

fn in_python(target: &Target, pretty: &PrettyJson) -> Result<Edit, Declined> {
    let file = pretty.call.file;
    let module = target.project.module(file);
    let text = target.project.text(file);
    let Some(Expr { kind: ExprKind::Call(call), .. }) = find::expr_at(module, pretty.call.span) else {
        return Declined::because("the JSON is not written where it can be seen");
    };
    let is_dumps = call.callee.dotted().is_some_and(|name| name.ends_with("dumps"));
    let has_separators = call.args.iter().any(|arg| arg.kind == ArgKind::Keyword("separators".into()));
    if is_dumps && !has_separators {
        // Before Python 3.12 the quotes of an f-string may not stand in its slots.
        let outer = find::literal_around(module, pretty.argument.span).and_then(|literal| text.get(literal.span.range()));
        let quote = match outer.map(|outer| outer.trim_start_matches(|c: char| c.is_ascii_alphabetic())) {
            Some(outer) if outer.starts_with("\"\"\"") || outer.starts_with("'''") => notation::quote(module, text),
            Some(outer) if outer.starts_with('"') => '\'',
            Some(_) => '"',
            None => notation::quote(module, text),
        };
        return Ok(Edit { file, span: pretty.argument.span, text: format!("separators=({quote},{quote}, {quote}:{quote})") });
    }
    Ok(Edit { file, span: without(call, pretty.argument.span), text: String::new() })
}

/// An argument with the comma that parts it from its neighbour.
fn without(call: &Call, argument: Span) -> Span {
    let at = call.args.iter().position(|arg| arg.span == argument);
    let neighbour = |at: usize| call.args.get(at).map(|arg| arg.span);
    match at {
        Some(0) => neighbour(1).map_or(argument, |next| Span { start: argument.start, end: next.start }),
        Some(at) => neighbour(at - 1).map_or(argument, |before| Span { start: before.end, end: argument.end }),
        None => argument,
    }
}
