//! Values that go into a prompt, by how they are written: JSON with indentation, collections without an order.

use crate::catalogue::Model;
use crate::model::facts::{Fact, Record};
use crate::model::prompt::{Confidence, Slot, Volatility};
use crate::model::request::Request;
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::{FileId, Place, Span};
use crate::syntax::{self, ArgKind, Expr, ExprKind, Module, Piece, StmtKind};
use crate::tokens;

use super::arguments::origin;
use super::facts::every;
use super::prefix::{self, Leaf};
use super::sources;

/// The facts of every slot of a request that is written somewhere, each under `slot`.
pub fn slots(project: &Project, request: &Request, model: Option<&Model>, sizes: &crate::price::Sizes) -> Vec<Fact> {
    let leaves = prefix::leaves(request);
    let mut behind = 0;
    let mut found: Vec<(Option<Place>, Fact)> = Vec::new();
    for (at, (block, leaf)) in leaves.iter().enumerate().rev() {
        let slot = match leaf {
            Leaf::Text { text, .. } => {
                behind += tokens::count_for(text, model).tokens;
                continue;
            }
            Leaf::Slot(slot) if slot.place.is_some() && !found.iter().any(|(place, _)| *place == slot.place) => slot,
            _ => continue,
        };
        let text = |(next, leaf): &(usize, Leaf<'_>)| match leaf {
            Leaf::Text { text, .. } if next == block => Some((*text).to_string()),
            _ => None,
        };
        // Looked for around values alone: a text may be of thousands of pieces.
        let before: Vec<String> = leaves[..at].iter().rev().map_while(text).collect();
        let before: String = before.into_iter().rev().collect();
        let after: String = leaves[at + 1..].iter().map_while(text).collect();
        let mut record = slot_facts(project, slot, behind, sizes, (&before, &after));
        let changes = |(_, leaf): &(usize, Leaf<'_>)| match leaf {
            Leaf::Slot(slot) => slot.volatility.is_some_and(|volatility| volatility >= Volatility::Turn),
            Leaf::History => true,
            Leaf::Text { .. } => false,
        };
        record.fields.insert("behind_change", Fact::bool(leaves[..at].iter().any(changes)));
        found.push((slot.place, Fact::record(record)));
    }
    found.reverse();
    found.into_iter().map(|(_, fact)| fact).collect()
}

/// `around`: the static text directly before the value and behind it.
fn slot_facts(project: &Project, slot: &Slot, behind: u64, sizes: &crate::price::Sizes, around: (&str, &str)) -> Record {
    /// The shortest text that a value can be said to stand in, in bytes.
    const TEXT: usize = 20;
    let is_address = around.0.trim_end().ends_with("base64,");
    let in_text = !is_address && (around.0.trim().len() >= TEXT || around.1.trim().len() >= TEXT);
    let volatility = match slot.volatility {
        Some(volatility) => Fact::text(volatility.as_str()).with(slot.confidence),
        None => Fact::unknown(),
    };
    let often = slot.volatility.map_or_else(Fact::unknown, |volatility| Fact::text(every(volatility)).with(slot.confidence));
    let pretty = match pretty_json(project, slot) {
        Some(pretty) => {
            Fact::record(Record { place: Some(pretty.argument), fields: [("alone", Fact::bool(pretty.alone))].into_iter().collect() })
        }
        None => Fact::absent(),
    };
    let unordered = match unordered(project, slot) {
        Some(found) => {
            let fields = [("reason", Fact::text(found.reason))];
            Fact::record(Record { place: Some(found.place), fields: fields.into_iter().collect() }).with(Confidence::Medium)
        }
        None => Fact::absent(),
    };
    let fields = [
        ("name", Fact::text(slot.name.to_string())),
        ("volatility", volatility),
        ("every", often),
        ("size", Fact::text(slot.size.as_str()).with(slot.size_confidence)),
        ("tokens", Fact::number(sizes.of(slot) as f64)),
        ("limited", Fact::bool(slot.limited)),
        ("reason", Fact::text(slot.reason.to_string())),
        ("static_tokens_behind", Fact::number(behind as f64)),
        ("pretty_json", pretty),
        ("unordered", unordered),
        ("in_text", Fact::bool(in_text)),
    ];
    let fields = fields.into_iter().chain(sources::facts(project, slot));
    Record { place: slot.place, fields: fields.collect() }
}

/// The expression in a slot of code, with its module.
pub(super) fn written<'p>(project: &'p Project, slot: &Slot) -> Option<(FileId, &'p Module, &'p Expr)> {
    let place = slot.expr.or(slot.place)?;
    if !matches!(project.file(place.file).language, Language::Python | Language::JavaScript) {
        return None;
    }
    let module = project.module(place.file);
    let expr = find::slot_expr(module, place.span).or_else(|| find::expr_at(module, place.span))?;
    Some((place.file, module, expr))
}

/// JSON that is written with indentation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PrettyJson {
    /// The argument that asks for it.
    pub argument: Place,
    /// The call that writes it; in a template the filter.
    pub call: Place,
    /// The value goes into the prompt and nowhere else.
    pub alone: bool,
}

/// The call that writes a slot's value as indented JSON.
pub(crate) fn pretty_json(project: &Project, slot: &Slot) -> Option<PrettyJson> {
    let place = slot.expr.or(slot.place)?;
    // Looking at each expression of a file takes long; few files say this word.
    let says = |word: &str| memchr::memmem::find(project.text(place.file).as_bytes(), word.as_bytes()).is_some();
    match project.file(place.file).language {
        Language::Python if says("indent") => {}
        Language::JavaScript if says("stringify") => {}
        Language::Jinja => return in_template(project, slot.place?),
        _ => return None,
    }
    let (file, module, expr) = written(project, slot)?;
    let bound = origin(module, bare(expr));
    let bound = bare(bound);
    let ExprKind::Call(call) = &bound.kind else { return None };
    let argument = indentation(call)?;
    let alone = match &bare(expr).kind {
        ExprKind::Name(name) => reads(module, bound, name) == 1,
        _ => true,
    };
    Some(PrettyJson { argument: Place::new(file, argument), call: Place::new(file, bound.span), alone })
}

/// An expression without a call that only strips its ends.
fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call(call) if call.args.is_empty() => match &call.callee.kind {
            ExprKind::Attribute { base, name } if name == "strip" || name == "trim" => base,
            _ => expr,
        },
        _ => expr,
    }
}

/// The argument of a call that makes it write JSON with indentation.
fn indentation(call: &syntax::Call) -> Option<Span> {
    let name = match &call.callee.kind {
        ExprKind::Attribute { name, .. } | ExprKind::Name(name) => name.as_str(),
        _ => return None,
    };
    let indents = |value: &Expr| match &value.kind {
        ExprKind::Int(number) => *number > 0,
        ExprKind::Str(_) => value.as_text().is_some_and(|text| !text.is_empty()),
        _ => false,
    };
    match name {
        "dumps" | "model_dump_json" | "json" | "schema_json" => {
            let found = call.args.iter().find(|arg| arg.kind == ArgKind::Keyword("indent".into()))?;
            indents(&found.value).then_some(found.span)
        }
        "stringify" => call.args.get(2).filter(|arg| arg.kind == ArgKind::Positional && indents(&arg.value)).map(|arg| arg.span),
        _ => None,
    }
}

/// How often a name is read in the function (or module) that binds it to a value.
fn reads(module: &Module, bound: &Expr, name: &str) -> usize {
    let body = find::function_around(module, bound.span).map_or(&module.body, |function| &function.body);
    let mut named = 0;
    let mut assigned = 0;
    find::visit_body(body, &mut |seen| match seen {
        Seen::Expr(Expr { kind: ExprKind::Name(one), .. }) if one == name => named += 1,
        Seen::Stmt(syntax::Stmt { kind: StmtKind::Assign { targets, .. }, .. }) => {
            assigned += targets.iter().filter(|target| matches!(&target.kind, ExprKind::Name(one) if one == name)).count();
        }
        _ => {}
    });
    named - assigned.min(named)
}

/// `{{ value | tojson(indent=2) }}`
fn in_template(project: &Project, slot: Place) -> Option<PrettyJson> {
    let text = project.text(slot.file).get(slot.span.range())?;
    let filter = text.find("tojson(")?;
    let open = filter + "tojson".len();
    let close = open + text.get(open..)?.find(')')?;
    let argument = text.get(open + 1..close)?;
    let value = argument.trim().strip_prefix("indent").map_or(argument.trim(), |rest| rest.trim_start().trim_start_matches('=').trim());
    let indents = value.parse::<u32>().is_ok_and(|number| number > 0);
    let at = |from: usize, to: usize| Place::new(slot.file, Span::new(slot.span.start as usize + from, slot.span.start as usize + to));
    indents.then(|| PrettyJson { argument: at(open + 1, close), call: at(filter, close + 1), alone: true })
}

/// A collection whose order is another one from run to run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unordered {
    /// Where it is read.
    pub place: Place,
    pub reason: &'static str,
    /// It is run through, so that a sorted list does as well.
    pub iterated: bool,
    /// Its elements are texts, which can be compared.
    pub texts: bool,
}

/// The collection without an order that a slot's value is made from.
pub(crate) fn unordered(project: &Project, slot: &Slot) -> Option<Unordered> {
    let place = slot.expr.or(slot.place)?;
    let text = project.text(place.file).as_bytes();
    let says = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    let worth = project.file(place.file).language == Language::Python
        && ["set(", "listdir", "iterdir", "glob(", "{"].iter().any(|word| says(word))
        && slot.volatility.is_none_or(|volatility| volatility < Volatility::Turn);
    if !worth {
        return None;
    }
    let (file, module, expr) = written(project, slot)?;
    let found = without_order(module, expr, 0)?;
    Some(Unordered { place: Place::new(file, found.at.span), reason: found.reason, iterated: found.iterated, texts: found.texts })
}

/// What [`without_order`] finds.
struct Collection<'m> {
    at: &'m Expr,
    reason: &'static str,
    texts: bool,
    iterated: bool,
}

const SET: &str = "a set has no order";
const FOLDER: &str = "a folder is listed in no fixed order";

/// The unordered collection that an expression is made from, unless something sorts or only counts it.
fn without_order<'m>(module: &'m Module, expr: &'m Expr, depth: usize) -> Option<Collection<'m>> {
    const DEEPEST: usize = 12;
    if depth > DEEPEST {
        return None;
    }
    let inner = |one: &'m Expr| without_order(module, one, depth + 1);
    let through = |one: &'m Expr| without_order(module, one, depth + 1).map(|found| Collection { iterated: true, ..found });
    let found = |reason: &'static str, texts: bool| Some(Collection { at: expr, reason, texts, iterated: false });
    match &expr.kind {
        ExprKind::Set(items) if items.len() > 1 => found(SET, items.iter().all(|item| matches!(item.kind, ExprKind::Str(_)))),
        ExprKind::Comprehension(made) if made.kind == syntax::ComprehensionKind::Set => found(SET, false),
        ExprKind::Comprehension(made) => made.clauses.iter().find_map(|clause| through(&clause.iter)),
        ExprKind::Call(call) => {
            let (name, is_function) = match &call.callee.kind {
                ExprKind::Attribute { name, .. } => (name.as_str(), false),
                ExprKind::Name(name) => (name.as_str(), true),
                _ => return None,
            };
            let dotted = call.callee.dotted().unwrap_or_default();
            let first = call.args.first().map(|arg| &arg.value);
            match name {
                "set" | "frozenset" if is_function && first.is_some() => found(SET, false),
                "listdir" if dotted == "os.listdir" => found(FOLDER, true),
                "glob" | "iglob" if dotted.starts_with("glob.") => found(FOLDER, true),
                "iterdir" | "rglob" => found(FOLDER, false),
                "join" if !dotted.starts_with("os.path") => first.and_then(through),
                "list" | "tuple" | "map" | "filter" | "enumerate" if is_function => {
                    call.args.iter().rev().find_map(|arg| through(&arg.value))
                }
                "str" if is_function => first.and_then(inner),
                _ => None,
            }
        }
        ExprKind::Binary { left, right, .. } => inner(left).or_else(|| inner(right)),
        ExprKind::Str(literal) => literal.pieces.iter().find_map(|piece| match piece {
            Piece::Slot { expr, .. } => inner(expr),
            Piece::Text { .. } => None,
        }),
        ExprKind::Name(name) => {
            let bound = origin(module, expr);
            if std::ptr::eq(bound, expr) || is_sorted_in_place(module, name) {
                return None;
            }
            let made = inner(bound)?;
            // The collection itself may be asked for its members elsewhere: what is read here is put in order.
            Some(if std::ptr::eq(made.at, bound) { Collection { at: expr, ..made } } else { made })
        }
        _ => None,
    }
}

/// Whether `name.sort()` stands anywhere.
fn is_sorted_in_place(module: &Module, name: &str) -> bool {
    let mut sorted = false;
    let method = format!("{name}.sort");
    find::visit(module, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen {
            sorted |= call.callee.dotted().as_deref() == Some(method.as_str());
        }
    });
    sorted
}
