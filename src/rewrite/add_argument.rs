//! `add-argument`: gives a call the argument that it lacks, by the API's own name and shape.

use crate::model::call::{Call, CapState, Known};
use crate::model::prompt::Confidence;
use crate::report::{Applicability, Edit};
use crate::span::FileId;
use crate::syntax::{self, ArgKind, DictItem, Expr, ExprKind, Module};

use super::insert::Brackets;
use super::{Declined, Delta, Outcome, Proposal, Target, find, layout};

pub fn apply(target: &Target) -> Option<Outcome> {
    let call = target.call?;
    if call.cap.state == CapState::Present || call.cap.state == CapState::NotApplicable {
        return None;
    }
    let cap = target.cap.unwrap_or(target.options.default_cap);
    Some(Outcome {
        mended: target.request.clone(),
        cap: Some(cap),
        delta: Delta { inserts: true, ..Delta::default() },
        edit: propose(target, call, cap),
    })
}

fn propose(target: &Target, call: &Call, cap: u64) -> Result<Proposal, Declined> {
    if target.cap.is_none() && call.reasoning != Known::Absent {
        return Declined::because("hidden reasoning counts against a cap, so its size is for you to choose: set it under `caps:`");
    }
    let file = Target::call_file(call);
    let site = Site { file, text: target.project.text(file), module: target.project.module(file) };
    let (path, edits) = site.add(call, &cap.to_string())?;
    let sure = target.cap.is_some() && call.cap.confidence == Confidence::High;
    Ok(Proposal {
        edits,
        applicability: if sure { Applicability::Safe } else { Applicability::Unsafe },
        title: format!("Set `{path}` to {cap}"),
    })
}

/// The file that holds the call of the SDK.
pub(super) struct Site<'a> {
    pub file: FileId,
    pub text: &'a str,
    pub module: &'a Module,
}

/// Where an argument is added: between the brackets of a call, or those of a dict.
enum Holder<'a> {
    Call(&'a syntax::Call),
    Dict(&'a [DictItem], &'a Expr),
}

impl<'a> Site<'a> {
    /// The edits that give `call` its cap, and the dotted path that they set.
    fn add(&self, call: &Call<'a>, value: &str) -> Result<(String, Vec<Edit>), Declined> {
        let body = self.body(call);
        let keys = body.map(|(items, _)| keys(items)).unwrap_or_default();
        let layout = layout(call, &keys).ok_or_else(|| Declined("the family of the model is not known".into()))?;
        let path = layout.args.cap.first().ok_or_else(|| Declined("the API has no argument for it".into()))?;
        let parts: Vec<&str> = path.split('.').collect();
        let edits = match (layout.body, body) {
            (Some(_), Some((items, whole))) => self.put(Holder::Dict(items, whole), &parts, value)?,
            (Some(_), None) => return Declined::because("the body of the request is not a literal dict here"),
            (None, _) => match &call.syntax.kind {
                ExprKind::Call(inner) => self.put(Holder::Call(inner), &parts, value)?,
                _ => return Declined::because("the call is not written out here"),
            },
        };
        Ok((path.clone(), edits))
    }

    /// The dict that becomes the JSON body of the request.
    pub fn body(&self, call: &Call<'a>) -> Option<(&'a [DictItem], &'a Expr)> {
        let name = call.api.body.as_deref()?;
        if let Some(place) = call.anchors.cap_container
            && place.file == self.file
            && let Some(whole @ Expr { kind: ExprKind::Dict(items), .. }) = find::expr_at(self.module, place.span)
        {
            return Some((items, whole));
        }
        let ExprKind::Call(inner) = &call.syntax.kind else { return None };
        self.dict(self.through_json(keyword(inner, name)?))
    }

    fn through_json(&self, value: &'a Expr) -> &'a Expr {
        match &value.kind {
            ExprKind::Call(dumps) if dumps.callee.dotted().is_some_and(|name| name.rsplit('.').next() == Some("dumps")) => {
                dumps.args.first().map_or(value, |arg| &arg.value)
            }
            // `json.dumps({…}).encode()`
            ExprKind::Call(method) => match &method.callee.kind {
                ExprKind::Attribute { base, name } if name == "encode" => self.through_json(base),
                _ => value,
            },
            ExprKind::Name(name) => match find::bound_once(self.module, name) {
                Some(bound) if !matches!(bound.kind, ExprKind::Name(_)) => self.through_json(bound),
                _ => value,
            },
            _ => value,
        }
    }

    fn dict(&self, value: &'a Expr) -> Option<(&'a [DictItem], &'a Expr)> {
        match &value.kind {
            ExprKind::Dict(items) => Some((items, value)),
            _ => None,
        }
    }

    fn put(&self, holder: Holder<'a>, path: &[&str], value: &str) -> Result<Vec<Edit>, Declined> {
        let Some((first, rest)) = path.split_first() else { return Declined::because("the API has no argument for it") };
        let existing = match &holder {
            Holder::Call(call) => keyword(call, first),
            Holder::Dict(items, _) => entry(items, first),
        };
        match existing {
            Some(there) => self.put_into(there, first, rest, value),
            None => self.put_beside(&holder, first, rest, value),
        }
    }

    /// The argument is there already: goes into its dict, or takes the place of `None`.
    fn put_into(&self, there: &'a Expr, name: &str, rest: &[&str], value: &str) -> Result<Vec<Edit>, Declined> {
        match &there.kind {
            ExprKind::Null => Ok(vec![Edit { file: self.file, span: there.span, text: nested(rest, value, '"') }]),
            ExprKind::Dict(items) if !rest.is_empty() => self.put(Holder::Dict(items, there), rest, value),
            ExprKind::Call(call) if !rest.is_empty() && call.callee.dotted().as_deref() == Some("dict") => {
                self.put(Holder::Call(call), rest, value)
            }
            ExprKind::Name(bound) if !rest.is_empty() => match find::bound_once(self.module, bound) {
                Some(whole @ Expr { kind: ExprKind::Dict(items), .. }) => self.put(Holder::Dict(items, whole), rest, value),
                _ => Declined::because(format!("`{name}` is made elsewhere")),
            },
            _ => Declined::because(format!("`{name}` is set by an expression")),
        }
    }

    fn put_beside(&self, holder: &Holder<'a>, name: &str, rest: &[&str], value: &str) -> Result<Vec<Edit>, Declined> {
        let (span, after, item) = match holder {
            Holder::Call(call) => {
                if let Some(last) = call.args.last()
                    && matches!(last.value.kind, ExprKind::Comprehension(_))
                    && last.kind == ArgKind::Positional
                {
                    return Declined::because("a bare generator must stay the only argument");
                }
                let last = call.args.last().map(|arg| arg.span);
                (call.args_span, last, format!("{name}={}", nested(rest, value, '"')))
            }
            Holder::Dict(items, whole) => {
                let quote = self.quote(items);
                (whole.span, items.last().map(item_span), format!("{quote}{name}{quote}: {}", nested(rest, value, quote)))
            }
        };
        Ok(Brackets { file: self.file, text: self.text, span, after, comments: &self.module.comments }.insert(&item))
    }

    /// The quote that the keys of a dict are written in.
    pub fn quote(&self, items: &[DictItem]) -> char {
        let first = items.iter().find_map(|item| match item {
            DictItem::Entry { key, .. } => self.text.get(key.span.range())?.chars().next(),
            DictItem::Spread(_) => None,
        });
        if first == Some('\'') { '\'' } else { '"' }
    }
}

/// The value of a keyword argument.
pub(super) fn keyword<'a>(call: &'a syntax::Call, name: &str) -> Option<&'a Expr> {
    call.args.iter().find(|arg| matches!(&arg.kind, ArgKind::Keyword(keyword) if keyword == name)).map(|arg| &arg.value)
}

/// The value of a literal key.
pub(super) fn entry<'a>(items: &'a [DictItem], name: &str) -> Option<&'a Expr> {
    items.iter().rev().find_map(|item| match item {
        DictItem::Entry { key, value } if key.as_text().as_deref() == Some(name) => Some(value),
        _ => None,
    })
}

fn keys(items: &[DictItem]) -> Vec<String> {
    items
        .iter()
        .filter_map(|item| match item {
            DictItem::Entry { key, .. } => key.as_text(),
            DictItem::Spread(_) => None,
        })
        .collect()
}

/// The span of an entry; of a spread without its stars, behind which nothing is inserted anyway.
pub(super) fn item_span(item: &DictItem) -> crate::span::Span {
    match item {
        DictItem::Entry { key, value } => key.span.join(value.span),
        DictItem::Spread(value) => crate::span::Span { start: value.span.start.saturating_sub(2), end: value.span.end },
    }
}

/// `value`, inside one dict for each further part of its path.
fn nested(path: &[&str], value: &str, quote: char) -> String {
    path.iter().rev().fold(value.to_string(), |inner, name| format!("{{{quote}{name}{quote}: {inner}}}"))
}
