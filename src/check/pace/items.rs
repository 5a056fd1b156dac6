//! How many items a loop runs over, as far as the code says, and where they come from.

use crate::rewrite::find::{self, Seen};
use crate::span::Span;
use crate::syntax::{self, ArgKind, BinaryOp, DictItem, Expr, ExprKind, Module, Stmt, StmtKind};

use super::scene::{self, Unit};

/// Names that are followed on the way to a literal.
const DEEPEST: usize = 12;

/// A module in which collections are followed.
pub struct Items<'m> {
    pub module: &'m Module,
    pub units: &'m [Unit<'m>],
    /// Calls of a model in the module.
    pub calls: Vec<Span>,
}

/// A binding of a name.
struct Bound<'m> {
    value: &'m Expr,
    at: Span,
    /// Under a condition, or in a block that may not run.
    nested: bool,
}

impl<'m> Items<'m> {
    /// The most items that a collection can hold; `None` if the code does not say.
    pub fn most(&self, expr: &'m Expr, depth: usize) -> Option<u64> {
        if depth > DEEPEST {
            return None;
        }
        let inner = |one: &'m Expr| self.most(one, depth + 1);
        match &expr.kind {
            ExprKind::List(parts) | ExprKind::Tuple(parts) | ExprKind::Set(parts) => parts
                .iter()
                .map(|part| match &part.kind {
                    ExprKind::Starred(spread) => inner(spread),
                    _ => Some(1),
                })
                .sum(),
            ExprKind::Dict(items) => {
                let spreads = items.iter().any(|item| matches!(item, DictItem::Spread(_)));
                (!spreads).then_some(items.len() as u64)
            }
            ExprKind::Await(one) | ExprKind::Starred(one) => inner(one),
            ExprKind::Binary { op: BinaryOp::Add, left, right } => Some(inner(left)? + inner(right)?),
            ExprKind::Conditional { then, otherwise, .. } => Some(inner(then)?.max(inner(otherwise)?)),
            ExprKind::Comprehension(made) => made.clauses.iter().map(|clause| inner(&clause.iter)).product(),
            ExprKind::Slice { base, lower, upper, .. } => {
                let number = |bound: &Option<Box<Expr>>| bound.as_ref().and_then(|bound| int(bound));
                let asked = number(upper).and_then(|to| u64::try_from(to - number(lower).unwrap_or(0)).ok());
                [asked, inner(base)].into_iter().flatten().min()
            }
            ExprKind::Index { base, index } => {
                let ExprKind::Dict(items) = &self.bound(base)?.kind else { return None };
                let key = index.as_text()?;
                items.iter().find_map(|item| match item {
                    DictItem::Entry { key: one, value } if one.as_text().as_deref() == Some(&key) => inner(value),
                    _ => None,
                })
            }
            ExprKind::Call(call) => self.of_call(call, depth),
            ExprKind::Name(name) => match self.value_of(expr) {
                Some(values) => values.into_iter().map(inner).try_fold(0, |most, one| Some(most.max(one?))),
                None => self.given(name, expr.span, depth),
            },
            ExprKind::Attribute { base, name } if matches!(&base.kind, ExprKind::Name(own) if own == "self" || own == "this") => {
                inner(self.attribute(name)?)
            }
            _ => None,
        }
    }

    fn of_call(&self, call: &'m syntax::Call, depth: usize) -> Option<u64> {
        let name = find::called(&call.callee)?;
        if let Some(most) = self.limit(call) {
            return Some(most);
        }
        let positional = |at: usize| call.args.get(at).filter(|arg| arg.kind == ArgKind::Positional).map(|arg| &arg.value);
        let base = match &call.callee.kind {
            ExprKind::Attribute { base, .. } => Some(&**base),
            _ => None,
        };
        match name {
            "range" => {
                let bounds: Vec<i64> = call.args.iter().map_while(|arg| self.bound(&arg.value).and_then(int)).collect();
                match bounds.as_slice() {
                    [to] if call.args.len() == 1 => u64::try_from(*to).ok(),
                    [from, to, ..] => u64::try_from(to - from).ok(),
                    _ => None,
                }
            }
            "head" | "tail" | "take" | "limit" | "sample" | "nlargest" | "choices" | "islice" | "select" => {
                let first = positional(0).or_else(|| {
                    call.args
                        .iter()
                        .find(|arg| matches!(&arg.kind, ArgKind::Keyword(name) if name == "n" || name == "k"))
                        .map(|arg| &arg.value)
                });
                match first {
                    None => (name == "head" || name == "tail").then_some(5),
                    Some(first) => {
                        let number = |one: &'m Expr| self.bound(one).and_then(int).and_then(|number| u64::try_from(number).ok());
                        number(first).or_else(|| positional(1).and_then(number)).or_else(|| self.most(first, depth + 1))
                    }
                }
            }
            "slice" => {
                let number = |at: usize| positional(at).and_then(int);
                u64::try_from(number(1)? - number(0)?).ok()
            }
            "zip" => call.args.iter().filter_map(|arg| self.most(&arg.value, depth + 1)).min(),
            // A table that is written out, by its columns or by its rows.
            "DataFrame" | "from_dict" | "from_list" | "from_records" => {
                let table = self.bound(positional(0)?)?;
                match &table.kind {
                    ExprKind::Dict(columns) => columns
                        .iter()
                        .filter_map(|column| match column {
                            DictItem::Entry { value, .. } => self.most(value, depth + 1),
                            DictItem::Spread(_) => None,
                        })
                        .max(),
                    _ => self.most(table, depth + 1),
                }
            }
            "enumerate" | "tqdm" | "tqdm_asyncio" | "sorted" | "list" | "tuple" | "set" | "reversed" | "iter" | "track"
            | "as_completed" | "gather" | "shuffle" | "deepcopy" | "from" | "all" | "entries" | "values" | "keys" | "cycle"
            | "progress_bar" => match positional(0) {
                Some(first) => self.most(first, depth + 1),
                None => self.most(base?, depth + 1),
            },
            "map" | "filter" if base.is_none() => self.most(positional(1)?, depth + 1),
            // Parts of a text that is written out.
            "split" | "splitlines" | "strip" => {
                let text = self.bound(base?)?.as_text()?;
                let separator = positional(0).and_then(Expr::as_text).unwrap_or_else(|| "\n".into());
                (!separator.is_empty() && name != "strip").then(|| text.matches(&separator).count() as u64 + 1)
            }
            "items" | "iterrows" | "itertuples" | "copy" | "tolist" | "to_list" | "to_dict" | "map" | "filter" | "reset_index" => {
                self.most(base?, depth + 1)
            }
            _ => None,
        }
    }

    /// The number of items that a call is asked for at most: `load(limit=10)`.
    fn limit(&self, call: &'m syntax::Call) -> Option<u64> {
        let says = |name: &str| {
            matches!(name, "n" | "k" | "limit" | "top_k" | "topK" | "count" | "n_samples" | "num_samples" | "nrows")
                || name.starts_with("max_") && !name.contains("token") && !name.contains("length")
        };
        let given = call.args.iter().find(|arg| matches!(&arg.kind, ArgKind::Keyword(name) if says(name)))?;
        let number = match self.bound(&given.value) {
            Some(value) => value,
            None => self.default(&given.value)?,
        };
        u64::try_from(int(number)?).ok()
    }

    /// What a parameter is where nothing is given for it.
    fn default(&self, name: &'m Expr) -> Option<&'m Expr> {
        let ExprKind::Name(word) = &name.kind else { return None };
        let unit = *scene::around(self.units, name.span).last()?;
        unit.function.params.iter().find(|param| param.name == *word)?.default.as_ref()
    }

    /// What a name is bound to, and the expression itself if it is none.
    fn bound(&self, expr: &'m Expr) -> Option<&'m Expr> {
        match &expr.kind {
            ExprKind::Name(_) => match self.value_of(expr)?.as_slice() {
                [value] => Some(value),
                _ => None,
            },
            _ => Some(expr),
        }
    }

    /// What a name may be bound to where it is read, if that is known and nothing is added to it; `None` for parameters and whatever else binds
    /// it.
    fn value_of(&self, name: &'m Expr) -> Option<Vec<&'m Expr>> {
        let ExprKind::Name(word) = &name.kind else { return None };
        let scopes = scene::around(self.units, name.span);
        if scopes.last().is_some_and(|unit| unit.function.params.iter().any(|param| param.name == *word)) {
            return None;
        }
        for unit in scopes.iter().rev() {
            let found = bindings(&unit.function.body, word)?;
            if !found.is_empty() {
                return latest(found, name.span);
            }
        }
        let found = bindings(&self.module.body, word)?;
        if found.is_empty() {
            return None;
        }
        if scopes.is_empty() { latest(found, name.span) } else { latest(found, Span { start: u32::MAX, end: u32::MAX }) }
    }

    /// The most that the callers of the function around a place give for one of its parameters.
    fn given(&self, param: &str, inner: Span, depth: usize) -> Option<u64> {
        let values = self.arguments(param, inner)?;
        values.into_iter().map(|value| self.most(value, depth + 1)).try_fold(0, |most, one| Some(most.max(one?)))
    }

    /// What the calls in this module give for a parameter of the function around a place, if there are such calls.
    fn arguments(&self, param: &str, inner: Span) -> Option<Vec<&'m Expr>> {
        let unit = *scene::around(self.units, inner).last()?;
        let at = unit.function.params.iter().position(|one| one.name == param)?;
        let is_method = unit.class.is_some() && unit.function.params.first().is_some_and(|param| param.name == "self");
        let at_call = if is_method { at.checked_sub(1)? } else { at };
        let mut found = Vec::new();
        find::visit(self.module, &mut |seen| {
            let Seen::Expr(Expr { kind: ExprKind::Call(call), span }) = seen else { return };
            if find::called(&call.callee) != Some(unit.name) || unit.span.contains(*span) {
                return;
            }
            let keyword = call.args.iter().find(|arg| matches!(&arg.kind, ArgKind::Keyword(name) if name == param));
            let given = keyword.or_else(|| call.args.get(at_call).filter(|arg| arg.kind == ArgKind::Positional));
            found.push(given.map(|arg| &arg.value));
        });
        let default = unit.function.params.get(at).and_then(|param| param.default.as_ref());
        let values: Option<Vec<&Expr>> = found.into_iter().map(|given| given.or(default)).collect();
        values.filter(|values| !values.is_empty())
    }

    /// What an attribute of the object itself is bound to, if that happens once.
    fn attribute(&self, name: &str) -> Option<&'m Expr> {
        let mut found = Vec::new();
        find::visit(self.module, &mut |seen| {
            if let Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, value }, .. }) = seen
                && targets
                    .iter()
                    .any(|target| target.dotted().is_some_and(|path| path == format!("self.{name}") || path == format!("this.{name}")))
            {
                found.push(value);
            }
        });
        match found.as_slice() {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Whether the items are what a model has answered: they are few, and the program goes on with them.
    pub fn of_answer(&self, expr: &'m Expr, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let (mut found, mut inner) = (false, Vec::new());
        find::visit_expr(expr, &mut |seen| {
            let Seen::Expr(one) = seen else { return };
            found |= self.calls.contains(&one.span);
            if matches!(one.kind, ExprKind::Name(_)) {
                inner.push(one);
            }
        });
        found
            || inner.into_iter().any(|name| {
                let ExprKind::Name(word) = &name.kind else { return false };
                let values = self.value_of(name).or_else(|| self.arguments(word, name.span));
                values.into_iter().flatten().any(|value| !value.span.contains(name.span) && self.of_answer(value, depth + 1))
            })
    }

    /// Whether the items are the parts that one text is cut into.
    pub fn of_text(&self, expr: &'m Expr, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        match &expr.kind {
            ExprKind::Call(call) => {
                let name = find::called(&call.callee).unwrap_or_default().to_lowercase();
                if matches!(name.as_str(), "enumerate" | "tqdm" | "list" | "zip" | "entries") {
                    return call.args.first().is_some_and(|arg| self.of_text(&arg.value, depth + 1));
                }
                let cuts = ["split", "chunk", "chunks"];
                // Lines of a file are items, and documents that a splitter cuts may be many.
                let of_many = name == "splitlines" || name.contains("documents");
                !of_many && name.split('_').any(|word| cuts.contains(&word))
            }
            ExprKind::Name(word) => match self.value_of(expr) {
                Some(values) => values.into_iter().any(|value| self.of_text(value, depth + 1)),
                None => self.arguments(word, expr.span).into_iter().flatten().any(|value| self.of_text(value, depth + 1)),
            },
            _ => false,
        }
    }
}

fn int(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Int(number) => Some(*number),
        _ => None,
    }
}

/// Every plain binding of a name in a block, functions left out; `None` if something else binds it, or adds to it.
fn bindings<'m>(stmts: &'m [Stmt], name: &str) -> Option<Vec<Bound<'m>>> {
    let mut found = Vec::new();
    block(stmts, name, false, &mut found).then_some(found)
}

fn block<'m>(stmts: &'m [Stmt], name: &str, nested: bool, found: &mut Vec<Bound<'m>>) -> bool {
    let is_it = |target: &Expr| matches!(&target.kind, ExprKind::Name(one) if one == name);
    let within = |target: &Expr| {
        let mut names = Vec::new();
        super::super::arguments::names(target, &mut names);
        names.iter().any(|one| one == name)
    };
    stmts.iter().all(|stmt| match &stmt.kind {
        StmtKind::Assign { targets, value } => {
            let holds = |target: &Expr| match &target.kind {
                ExprKind::Tuple(parts) | ExprKind::List(parts) => parts.iter().any(is_it),
                ExprKind::Index { base, .. } => is_it(base),
                _ => false,
            };
            let part_of_call = matches!(value.kind, ExprKind::Call(_)) && !targets.iter().any(|target| matches!(target.kind, ExprKind::Index { .. }));
            if targets.iter().any(is_it) || (part_of_call && targets.iter().any(holds)) {
                found.push(Bound { value, at: stmt.span, nested });
            } else if targets.iter().any(holds) {
                return false;
            }
            true
        }
        StmtKind::Augment { target, .. } => !is_it(target),
        StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. }) => !matches!(
            &call.callee.kind,
            ExprKind::Attribute { base, name } if is_it(base) && matches!(name.as_str(), "append" | "extend" | "insert" | "add" | "update" | "push")
        ),
        StmtKind::If { then, otherwise, .. } => block(then, name, true, found) && block(otherwise, name, true, found),
        StmtKind::For { target, body, otherwise, .. } => {
            !within(target) && block(body, name, true, found) && block(otherwise, name, true, found)
        }
        StmtKind::While { body, otherwise, .. } => block(body, name, true, found) && block(otherwise, name, true, found),
        StmtKind::With { items, body } => {
            !items.iter().filter_map(|item| item.target.as_ref()).any(within) && block(body, name, nested, found)
        }
        StmtKind::Try { body, handlers, otherwise, finally } => {
            block(body, name, nested, found)
                && handlers.iter().all(|handler| block(handler, name, true, found))
                && block(otherwise, name, nested, found)
                && block(finally, name, nested, found)
        }
        _ => true,
    })
}

/// What the last binding before a place gives, with all others where it stands under a condition.
fn latest<'m>(found: Vec<Bound<'m>>, at: Span) -> Option<Vec<&'m Expr>> {
    let before: Vec<Bound<'m>> = found.into_iter().filter(|bound| bound.at.end <= at.start).collect();
    let sure = before.iter().rposition(|bound| !bound.nested).unwrap_or(0);
    let values: Vec<&Expr> = before.iter().skip(sure).map(|bound| bound.value).collect();
    (!values.is_empty()).then_some(values)
}
