//! What a value in a prompt is made from: passages of a search with their number, rows that are written as JSON.

use crate::catalogue::{Builtins, Catalogue};
use crate::model::facts::{Fact, Record};
use crate::model::prompt::{SizeClass, Slot};
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::{Place, Span};
use crate::syntax::{self, ArgKind, Comprehension, DictItem, Expr, ExprKind, Module, StmtKind};

use super::arguments::origin;
use super::values::written;

/// Names that are followed on the way to where a value is made.
const DEEPEST: usize = 6;

/// The facts of a slot that its making gives.
pub fn facts(project: &Project, slot: &Slot) -> [(&'static str, Fact); 3] {
    let absent = || [("retrieved", Fact::absent()), ("json_rows", Fact::absent()), ("base64", Fact::bool(false))];
    let Some(place) = slot.expr.or(slot.place) else { return absent() };
    let language = project.file(place.file).language;
    let text = project.text(place.file).as_bytes();
    let says = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    let worth = match language {
        Language::Python => says("search") || says("retriev") || says("dumps") || says("b64encode"),
        Language::JavaScript => says("earch") || says("etriev") || says("stringify") || says("base64"),
        _ => false,
    };
    if !worth {
        return absent();
    }
    let Some((file, module, expr)) = written(project, slot) else { return absent() };
    let catalogue = Catalogue::builtin();
    let builtins: &Builtins = if language == Language::JavaScript { &catalogue.javascript } else { &catalogue.python };
    let at = |span: Span| Some(Place::new(file, span));
    let retrieved = match passages(module, expr, builtins, 0) {
        Some(asked) => {
            let fields = [
                ("number", asked.number.map_or_else(Fact::absent, |number| Fact::number(number as f64))),
                ("all", Fact::bool(asked.number.is_none())),
            ];
            Fact::record(Record { place: at(asked.at), fields: fields.into_iter().collect() })
        }
        None => Fact::absent(),
    };
    let rows = match rows(module, expr, 0) {
        Some((span, keys)) => {
            let fields = [("keys", Fact::number(keys as f64))];
            Fact::record(Record { place: at(span), fields: fields.into_iter().collect() })
        }
        None => Fact::absent(),
    };
    [("retrieved", retrieved), ("json_rows", rows), ("base64", Fact::bool(base64(module, expr, 0)))]
}

/// Whether a value is bytes that are written in base64.
fn base64(module: &Module, expr: &Expr, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    match &expr.kind {
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Name(name) => name == "b64encode",
            ExprKind::Attribute { base, name } => match name.as_str() {
                "b64encode" | "standard_b64encode" | "urlsafe_b64encode" => true,
                "toString" => call.args.first().and_then(|arg| arg.value.as_text()).as_deref() == Some("base64"),
                "decode" | "strip" => base64(module, base, depth + 1),
                _ => false,
            },
            _ => false,
        },
        ExprKind::Name(_) => {
            let bound = origin(module, expr);
            !std::ptr::eq(bound, expr) && base64(module, bound, depth + 1)
        }
        _ => false,
    }
}

/// How many passages a search is asked for.
struct Asked {
    at: Span,
    /// `None`: the limit is switched off.
    number: Option<i64>,
}

/// The number of passages that a value is made of, where it is written out and nothing takes fewer of them on the way.
fn passages(module: &Module, expr: &Expr, builtins: &Builtins, depth: usize) -> Option<Asked> {
    if depth > DEEPEST {
        return None;
    }
    let inner = |one: &Expr| passages(module, one, builtins, depth + 1);
    match &expr.kind {
        ExprKind::Call(call) => {
            let name = match &call.callee.kind {
                ExprKind::Attribute { name, .. } | ExprKind::Name(name) => name.as_str(),
                _ => return None,
            };
            if builtins.method(name).is_some_and(|known| known.size == Some(SizeClass::Retrieval))
                || name == "as_retriever"
                || name == "asRetriever"
            {
                return number_of(call);
            }
            let ExprKind::Attribute { base, .. } = &call.callee.kind else { return call.args.iter().find_map(|arg| inner(&arg.value)) };
            match name {
                "join" | "map" | "dumps" | "stringify" => call.args.iter().find_map(|arg| inner(&arg.value)).or_else(|| inner(base)),
                // A retriever that is asked.
                "invoke" | "ainvoke" => inner(base),
                _ => None,
            }
        }
        ExprKind::Await(one) => inner(one),
        ExprKind::Comprehension(made) => {
            made.clauses.iter().filter(|clause| clause.conditions.is_empty()).find_map(|clause| inner(&clause.iter))
        }
        ExprKind::Binary { left, right, .. } => inner(left).or_else(|| inner(right)),
        ExprKind::Name(_) => {
            let bound = origin(module, expr);
            if std::ptr::eq(bound, expr) { None } else { inner(bound) }
        }
        _ => None,
    }
}

/// The argument of a search that says how many results it gives.
fn number_of(call: &syntax::Call) -> Option<Asked> {
    let is_number =
        |name: &str| matches!(name, "k" | "top_k" | "topK" | "limit" | "n_results" | "nResults" | "similarity_top_k" | "numberOfResults");
    let asked = |value: &Expr| match &value.kind {
        ExprKind::Int(number) => Some(Asked { at: value.span, number: Some(*number) }),
        ExprKind::Null => Some(Asked { at: value.span, number: None }),
        _ => None,
    };
    let in_dict = |items: &[DictItem]| {
        items.iter().find_map(|item| match item {
            DictItem::Entry { key, value } if key.as_text().is_some_and(|key| is_number(&key)) => asked(value),
            _ => None,
        })
    };
    call.args.iter().enumerate().find_map(|(at, arg)| match (&arg.kind, &arg.value.kind) {
        (ArgKind::Keyword(name), _) if is_number(name) => asked(&arg.value),
        (ArgKind::Keyword(name), ExprKind::Dict(items)) if name == "search_kwargs" => in_dict(items),
        (ArgKind::Positional, ExprKind::Dict(items)) => in_dict(items),
        // `similarity_search(question, 40)`; a retriever takes it first.
        (ArgKind::Positional, ExprKind::Int(_)) if at <= 1 => asked(&arg.value),
        _ => None,
    })
}

/// The list of objects with the same keys that a value writes as JSON, and the number of its keys.
fn rows(module: &Module, expr: &Expr, depth: usize) -> Option<(Span, usize)> {
    if depth > DEEPEST {
        return None;
    }
    match &expr.kind {
        ExprKind::Call(call) => {
            let name = match &call.callee.kind {
                ExprKind::Attribute { name, .. } | ExprKind::Name(name) => name.as_str(),
                _ => return None,
            };
            let first = call.args.first().map(|arg| &arg.value)?;
            let keys = matches!(name, "dumps" | "stringify").then(|| keys_of_rows(module, first)).flatten()?;
            Some((expr.span, keys))
        }
        ExprKind::Name(_) => {
            let bound = origin(module, expr);
            if std::ptr::eq(bound, expr) { None } else { rows(module, bound, depth + 1) }
        }
        _ => None,
    }
}

/// The keys that each object of a list has, if it is made from other items by one pattern.
fn keys_of_rows(module: &Module, list: &Expr) -> Option<usize> {
    let literal = |value: &Expr| match &value.kind {
        ExprKind::Dict(items) => {
            let all = items.iter().all(|item| matches!(item, DictItem::Entry { key, .. } if key.as_text().is_some()));
            all.then_some(items.len())
        }
        _ => None,
    };
    match &origin(module, list).kind {
        ExprKind::Comprehension(made) => {
            let Comprehension { element, key: None, .. } = &**made else { return None };
            literal(element)
        }
        ExprKind::Call(call) => match (&call.callee.kind, call.args.first().map(|arg| &arg.value.kind)) {
            (ExprKind::Attribute { name, .. }, Some(ExprKind::Lambda(made))) if name == "map" => literal(made.as_expression()?),
            _ => None,
        },
        _ => None,
    }
}

/// The message with a picture or a recording that is added to a conversation which is sent again with every turn.
pub fn kept_media(module: &Module, file: crate::span::FileId, history: &str, around: Span) -> Option<Place> {
    let names = &Catalogue::builtin().names;
    let home = find::function_around(module, around);
    let is_own = |span: Span| history.contains('.') || home.is_none_or(|home| home.span.contains(span));
    let mut found = None;
    find::visit(module, &mut |seen| {
        let added = match seen {
            Seen::Expr(Expr { kind: ExprKind::Call(call), span }) if is_own(*span) => match &call.callee.kind {
                ExprKind::Attribute { base, name }
                    if matches!(name.as_str(), "append" | "push") && base.dotted().as_deref() == Some(history) =>
                {
                    call.args.first().map(|arg| &arg.value)
                }
                _ => None,
            },
            Seen::Stmt(syntax::Stmt { kind: StmtKind::Augment { target, value, .. }, span }) if is_own(*span) => {
                (target.dotted().as_deref() == Some(history)).then_some(value)
            }
            _ => None,
        };
        let Some(added) = added.filter(|_| found.is_none()) else { return };
        find::visit_expr(added, &mut |seen| {
            let Seen::Expr(Expr { kind: ExprKind::Dict(items), span }) = seen else { return };
            let is_media = items.iter().any(|item| match item {
                DictItem::Entry { key, value } => {
                    key.as_text().as_deref() == Some("type") && value.as_text().is_some_and(|kind| names.is_media_type(&kind))
                }
                DictItem::Spread(_) => false,
            });
            if is_media {
                found.get_or_insert(Place::new(file, *span));
            }
        });
    });
    found
}
