//! Jinja expressions: the path, call or literal at the root of each, and what is done to it.

use minijinja::machinery::ast::{self, CallArg, Expr, UnaryOpKind};

use super::{Reader, Value, ValueKind, span_of};
use crate::catalogue::tables::formats::OneItem;
use crate::catalogue::{FORMATS, Text};
use crate::span::Span;
use crate::template::Slice;

/// One thing done to a value, from the inside out.
enum Step<'e, 's> {
    Attribute(&'s str),
    Item(&'e Expr<'s>),
    Slice(&'e ast::Slice<'s>),
    Filter {
        name: &'s str,
        args: &'e [CallArg<'s>],
    },
    Call(&'e [CallArg<'s>]),
    /// A test with arguments (`is divisibleby n`).
    Test(&'e [CallArg<'s>]),
}

impl Reader<'_> {
    /// What an expression says, as far as it can be said without evaluating. `not x` and `x is defined` are read as `x`; a condition of
    /// an inline `if` and the operands of a comparison are parts of a [`ValueKind::Mixed`], since what is sent depends on them. One item of
    /// a list (`xs[0]`, `xs | last`) is a [`Slice`] of one.
    pub(super) fn value(&self, expr: &Expr) -> Value {
        self.read(expr, None, self.written(expr))
    }

    /// The call that a `call` block makes.
    pub(super) fn call(&self, call: &ast::Call, span: Span) -> Value {
        self.read(&call.expr, Some(Step::Call(&call.args)), span)
    }

    /// Walks down to the root of a chain by a loop, because a chain may be a thousand steps long, and applies the steps from there.
    fn read<'e, 's>(&self, expr: &'e Expr<'s>, outermost: Option<Step<'e, 's>>, span: Span) -> Value {
        // Each with the end of what it gives.
        let mut steps: Vec<(Step, u32)> = outermost.map(|step| (step, span.end)).into_iter().collect();
        let mut root = expr;
        loop {
            let end = span_of(root.span()).end;
            root = match root {
                Expr::GetAttr(attr) => {
                    steps.push((Step::Attribute(attr.name), end));
                    &attr.expr
                }
                Expr::GetItem(item) => {
                    steps.push((Step::Item(&item.subscript_expr), end));
                    &item.expr
                }
                Expr::Slice(slice) => {
                    steps.push((Step::Slice(slice), end));
                    &slice.expr
                }
                Expr::Filter(filter) => {
                    steps.push((Step::Filter { name: filter.name, args: &filter.args }, end));
                    match &filter.expr {
                        Some(expr) => expr,
                        None => break,
                    }
                }
                Expr::Call(call) => {
                    steps.push((Step::Call(&call.args), end));
                    &call.expr
                }
                Expr::Test(test) => {
                    if !test.args.is_empty() {
                        steps.push((Step::Test(&test.args), end));
                    }
                    &test.expr
                }
                Expr::UnaryOp(unary) if !matches!((&unary.op, &unary.expr), (UnaryOpKind::Neg, Expr::Const(_))) => &unary.expr,
                _ => break,
            };
        }
        let kind = self.root(root);
        let root_span = self.written(root);
        let mut value = Value { span: root_span, kind, filters: Vec::new(), slice: None };
        let mut steps = steps.into_iter().rev().peekable();
        while let Some((step, mut end)) = steps.next() {
            match step {
                Step::Attribute(name) => match steps.next_if(|next| matches!(next, (Step::Call(_), _))) {
                    Some((Step::Call(args), called)) => {
                        end = called;
                        self.method(&mut value, name, args);
                    }
                    _ => attribute(&mut value, name),
                },
                Step::Item(index) => self.item(&mut value, index),
                Step::Slice(slice) => limit(&mut value, slice_bound(slice)),
                Step::Filter { name, args } if is_among(&FORMATS.jinja.chunks, name) => {
                    value.filters.push(name.to_owned());
                    // `batch(20) | first` leaves twenty.
                    if let Some((Step::Filter { name, .. }, called)) = steps.next_if(|(next, _)| takes_one(next)) {
                        end = called;
                        let from_end = one_item(name).is_some_and(|taken| taken.from_end);
                        limit(&mut value, Some(Slice { from_end, bound: self.bound(args) }));
                        value.filters.push(name.to_owned());
                    }
                }
                Step::Filter { name, args } => self.filter(&mut value, name, args),
                Step::Call(args) => self.call_of(&mut value, args),
                Step::Test(args) => self.mix(&mut value, args, None),
            }
            value.span.end = value.span.end.max(end);
        }
        value.span = span;
        value
    }

    fn root(&self, root: &Expr) -> ValueKind {
        match root {
            Expr::Var(var) => ValueKind::Path(vec![var.id.to_owned()]),
            Expr::Const(constant) => ValueKind::Literal(match constant.value.as_str() {
                Some(text) => text.to_owned(),
                None => self.source(root),
            }),
            Expr::UnaryOp(_) => ValueKind::Literal(self.source(root)),
            Expr::List(list) => self.collection(root, list.items.iter()),
            Expr::Tuple(tuple) => self.collection(root, tuple.items.iter()),
            Expr::Map(map) => self.collection(root, map.keys.iter().zip(&map.values).flat_map(|(key, value)| [key, value])),
            _ => ValueKind::Mixed(self.operands(root)),
        }
    }

    /// A list, tuple or dict: a literal, as written, if all that is in it is.
    fn collection<'e, 's: 'e>(&self, root: &Expr, items: impl Iterator<Item = &'e Expr<'s>>) -> ValueKind {
        let items: Vec<Value> = items.map(|item| self.value(item)).collect();
        if items.iter().all(is_literal) { ValueKind::Literal(self.source(root)) } else { ValueKind::Mixed(items) }
    }

    /// The operands of a tree of operators in source order, by a loop for the same reason as above.
    fn operands(&self, root: &Expr) -> Vec<Value> {
        let mut waiting = vec![root];
        let mut operands = Vec::new();
        while let Some(expr) = waiting.pop() {
            match expr {
                Expr::BinOp(operation) => waiting.extend([&operation.right, &operation.left]),
                Expr::Compare(compare) => {
                    waiting.extend(compare.ops.iter().rev().map(|operation| &operation.expr));
                    waiting.push(&compare.expr);
                }
                Expr::IfExpr(choice) => {
                    waiting.extend(&choice.false_expr);
                    waiting.extend([&choice.test_expr, &choice.true_expr]);
                }
                // A filter block's chain has no value to start from.
                Expr::Filter(filter) if filter.expr.is_none() => {}
                expr => operands.push(self.value(expr)),
            }
        }
        operands
    }

    fn args(&self, args: &[CallArg]) -> Vec<Value> {
        args.iter()
            .map(|arg| match arg {
                CallArg::Pos(expr) | CallArg::Kwarg(_, expr) | CallArg::PosSplat(expr) | CallArg::KwargSplat(expr) => self.value(expr),
            })
            .collect()
    }

    /// `value.name(args)`: a method of strings, lists and dicts that is known by its name, else a function in a namespace.
    fn method(&self, value: &mut Value, name: &str, args: &[CallArg]) {
        let untouched = value.filters.is_empty() && value.slice.is_none();
        match &mut value.kind {
            ValueKind::Path(path) if untouched && !is_among(&FORMATS.jinja.methods, name) => {
                let mut name_path = std::mem::take(path);
                name_path.push(name.to_owned());
                value.kind = ValueKind::Call { name: name_path, args: self.args(args) };
            }
            ValueKind::Path(path) if name == "get" => {
                let mut args = self.args(args).into_iter();
                match args.next() {
                    Some(Value { kind: ValueKind::Literal(key), .. }) => path.push(key),
                    _ => mark_item(path),
                }
                self.mix_values(value, args.collect(), None);
            }
            // `", ".join(items)`: what is sent is the items.
            ValueKind::Literal(_) if name == "join" && untouched && args.len() == 1 => {
                if let Some(joined) = self.args(args).pop() {
                    *value = joined;
                }
                value.filters.push(name.to_owned());
            }
            _ => self.mix(value, args, Some(name)),
        }
    }

    fn call_of(&self, value: &mut Value, args: &[CallArg]) {
        let untouched = value.filters.is_empty() && value.slice.is_none();
        match &mut value.kind {
            ValueKind::Path(path) if untouched => {
                value.kind = ValueKind::Call { name: std::mem::take(path), args: self.args(args) };
            }
            _ => self.mix(value, args, None),
        }
    }

    fn filter(&self, value: &mut Value, name: &str, args: &[CallArg]) {
        if let Some(taken) = one_item(name) {
            if let ValueKind::Path(path) = &mut value.kind {
                mark_item(path);
            }
            limit(value, Some(Slice { from_end: taken.from_end, bound: Some(1) }));
            value.filters.push(name.to_owned());
        } else if is_among(&FORMATS.jinja.limits, name) {
            limit(value, Some(Slice { from_end: false, bound: self.bound(args) }));
            value.filters.push(name.to_owned());
        } else {
            self.mix(value, args, Some(name));
        }
    }

    /// The first argument, if it is a number.
    fn bound(&self, args: &[CallArg]) -> Option<i64> {
        match args.first()? {
            CallArg::Pos(expr) | CallArg::Kwarg(_, expr) => integer(expr),
            CallArg::PosSplat(_) | CallArg::KwargSplat(_) => None,
        }
    }

    fn item(&self, value: &mut Value, index: &Expr) {
        let key = match index {
            Expr::Const(constant) => constant.value.as_str(),
            _ => None,
        };
        match key {
            Some(key) => attribute(value, key),
            None => {
                if let ValueKind::Path(path) = &mut value.kind {
                    mark_item(path);
                }
                if let Some(index) = integer(index) {
                    limit(value, Some(Slice { from_end: index < 0, bound: Some(1) }));
                }
            }
        }
    }

    fn mix(&self, value: &mut Value, args: &[CallArg], filter: Option<&str>) {
        self.mix_values(value, self.args(args), filter);
    }

    /// Applies something with arguments: those that are not literals may be sent too (`default(name)`, `replace(a, b)`).
    fn mix_values(&self, value: &mut Value, mut args: Vec<Value>, filter: Option<&str>) {
        args.retain(|arg| !is_literal(arg));
        if !args.is_empty() {
            let span = value.span;
            let mut first = std::mem::replace(value, Value { span, kind: ValueKind::Mixed(Vec::new()), filters: Vec::new(), slice: None });
            first.span = self.balanced(span);
            args.insert(0, first);
            value.kind = ValueKind::Mixed(args);
        }
        value.filters.extend(filter.map(str::to_owned));
    }

    fn source(&self, expr: &Expr) -> String {
        self.text.get(self.written(expr).range()).unwrap_or_default().to_owned()
    }

    /// The expression as written. minijinja's own span of an expression ends right but may begin too early or too late.
    fn written(&self, expr: &Expr) -> Span {
        let end = span_of(expr.span()).end;
        let mut first = expr;
        let mut start = None;
        loop {
            first = match first {
                Expr::GetAttr(attr) => &attr.expr,
                Expr::GetItem(item) => &item.expr,
                Expr::Slice(slice) => &slice.expr,
                Expr::Call(call) => &call.expr,
                Expr::Test(test) => &test.expr,
                Expr::BinOp(operation) => &operation.left,
                Expr::Compare(compare) => &compare.expr,
                Expr::IfExpr(choice) => &choice.true_expr,
                Expr::Filter(filter) if let Some(expr) = &filter.expr => expr,
                Expr::UnaryOp(unary) => {
                    // `x not in y` and `x is not y` are unary operators too, to minijinja.
                    let at = unary.span().start_offset;
                    if start.is_none() && self.is_prefix_operator(at) {
                        start = Some(at);
                    }
                    &unary.expr
                }
                Expr::Tuple(tuple) if let Some(item) = tuple.items.first() => {
                    let own = tuple.span().start_offset;
                    let item = span_of(item.span()).start;
                    start = start.or(Some(own.min(item)));
                    break;
                }
                _ => break,
            };
        }
        let leftmost = span_of(first.span()).start;
        let start = start.map_or(leftmost, |start| start.min(leftmost));
        self.balanced(Span { start, end: end.max(start) })
    }

    fn is_prefix_operator(&self, at: u32) -> bool {
        let tail = self.text.get(at as usize..).unwrap_or_default();
        tail.starts_with('-') && !tail.starts_with("-%}") && !tail.starts_with("-}}")
            || tail.strip_prefix("not").is_some_and(|rest| !rest.starts_with(|next: char| next == '_' || next.is_alphanumeric()))
    }

    /// Widened so that every bracket has its partner, and kept within its tag.
    pub(super) fn balanced(&self, span: Span) -> Span {
        let balanced = self.lexed.balanced(span);
        let within = self.lexed.tag_at(span.start).is_none_or(|tag| tag.span.contains(balanced));
        if within { balanced } else { span }
    }
}

fn takes_one(step: &Step) -> bool {
    matches!(step, Step::Filter { name, .. } if one_item(name).is_some())
}

fn is_among(names: &[Text], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

/// Which item a filter of this name leaves.
fn one_item(name: &str) -> Option<OneItem> {
    FORMATS.jinja.one_item.iter().find(|(known, _)| known == name).map(|(_, item)| *item)
}

fn is_literal(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Literal(_))
}

/// `value.name` of a path goes on with the path; of anything else it is something done to it.
fn attribute(value: &mut Value, name: &str) {
    match &mut value.kind {
        ValueKind::Path(path) => path.push(name.to_owned()),
        _ => value.filters.push(name.to_owned()),
    }
}

/// `items[0]` and `items | first` are one of `items[]`.
fn mark_item(path: &mut [String]) {
    if let Some(last) = path.last_mut() {
        last.push_str("[]");
    }
}

/// Of two limits the later one is kept, unless only the earlier one says how much.
fn limit(value: &mut Value, slice: Option<Slice>) {
    match (value.slice, slice) {
        (_, None) => {}
        (Some(Slice { bound: Some(_), .. }), Some(Slice { bound: None, .. })) => {}
        (_, slice) => value.slice = slice,
    }
}

fn integer(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Const(constant) if constant.value.is_integer() => constant.value.as_i64(),
        Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Neg) => match &unary.expr {
            Expr::Const(constant) if constant.value.is_integer() => constant.value.as_i64()?.checked_neg(),
            _ => None,
        },
        _ => None,
    }
}

/// How a slice limits a list: `[1:]` and `[:-1]` drop some and do not.
fn slice_bound(slice: &ast::Slice) -> Option<Slice> {
    let stop = slice.stop.as_ref();
    let Some(start) = &slice.start else {
        let stop = stop?;
        return match integer(stop) {
            Some(stop) if stop < 0 => None,
            None if is_negated(stop) => None,
            bound => Some(Slice { from_end: false, bound }),
        };
    };
    match (integer(start), stop) {
        (Some(start), None) if start >= 0 => None,
        (Some(start), None) => Some(Slice { from_end: true, bound: start.checked_neg() }),
        // A variable may be negative and thereby a window.
        (None, None) => Some(Slice { from_end: true, bound: None }),
        (Some(start), Some(stop)) => match integer(stop) {
            Some(stop) if (start < 0) == (stop < 0) => Some(Slice { from_end: start < 0, bound: Some(stop.saturating_sub(start).max(0)) }),
            Some(_) if start < 0 => Some(Slice { from_end: true, bound: start.checked_neg() }),
            Some(_) => None,
            None if is_negated(stop) && start >= 0 => None,
            None => Some(Slice { from_end: start < 0, bound: None }),
        },
        (None, Some(_)) => Some(Slice { from_end: is_negated(start), bound: None }),
    }
}

fn is_negated(expr: &Expr) -> bool {
    matches!(expr, Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Neg))
}
