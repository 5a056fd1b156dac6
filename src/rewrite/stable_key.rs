//! `stable-key`: a cache key that is another one in every request becomes the name of the function that sends it.

use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::Place;
use crate::syntax::{DictItem, Expr, ExprKind, StmtKind};

use super::add_argument::{Site, keyword};
use super::find::{self, Seen};
use super::{Declined, Delta, Outcome, Proposal, Target};

/// The argument, in the notation of both languages.
const NAME: &str = "prompt_cache_key";

pub fn apply(target: &Target) -> Option<Outcome> {
    target.call?;
    Some(Outcome {
        mended: target.request.clone(),
        cap: target.call.and_then(|call| call.cap.value),
        delta: Delta { inserts: true, ..Delta::default() },
        edit: propose(target),
    })
}

fn propose(target: &Target) -> Result<Proposal, Declined> {
    let Some(call) = target.call.filter(|call| call.via.is_none()) else {
        return Declined::because("the call is made by another function");
    };
    let file = Target::call_file(call);
    let site = Site::of(target, file);
    let ExprKind::Call(inner) = &call.syntax.kind else { return Declined::because("the call is not written out here") };
    let value = match target.project.file(file).language {
        Language::Python => keyword(inner, NAME),
        _ => site.argument_object(inner).and_then(|items| {
            items.iter().find_map(|item| match item {
                DictItem::Entry { key, value } if key.as_text().as_deref() == Some(NAME) && key.span != value.span => Some(value),
                _ => None,
            })
        }),
    };
    let Some(value) = value.filter(|value| call.place.span.contains(value.span)) else {
        return Declined::because("the key is not written at the call");
    };
    let Some(name) = function_name(target, Place::new(file, call.place.span)) else {
        return Declined::because("the function has no name to take");
    };
    Ok(Proposal {
        edits: vec![Edit { file, span: value.span, text: format!("\"{name}\"") }],
        applicability: Applicability::Unsafe,
        title: "Use one key for all requests of the function".into(),
    })
}

/// `desk-answer` of the function `answer` in `desk.py`.
fn function_name(target: &Target, call: Place) -> Option<String> {
    let mut found: Option<&str> = None;
    find::visit(target.project.module(call.file), &mut |seen| {
        let Seen::Stmt(stmt) = seen else { return };
        match &stmt.kind {
            StmtKind::Function(function) if function.span.contains(call.span) => found = Some(&function.name),
            StmtKind::Assign { targets, value: Expr { kind: ExprKind::Lambda(_), span } } if span.contains(call.span) => {
                if let Some(ExprKind::Name(name)) = targets.first().map(|target| &target.kind) {
                    found = Some(name);
                }
            }
            _ => {}
        }
    });
    let key = &target.project.file(call.file).key;
    let stem = key.rsplit('/').next()?.split('.').next()?;
    let plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let name = found.filter(|name| plain(name) && plain(stem))?;
    Some(format!("{stem}-{name}"))
}
