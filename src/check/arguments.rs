//! Arguments of a call that the model of a call does not hold, read where they are written.

use crate::catalogue::{Builtins, Catalogue, Text, Wording};
use crate::model::call::Call;
use crate::model::facts::{Fact, Record};
use crate::model::prompt::{Confidence, Volatility};
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::{FileId, Place};
use crate::syntax::{self, ArgKind, DictItem, Expr, ExprKind, Module, StmtKind};

/// An argument, as far as it can be seen.
enum Found<'m> {
    Value(&'m Expr),
    Absent,
    /// It may come through a spread.
    Unknown,
}

/// Where the arguments of a call are written.
pub struct Written<'m> {
    file: FileId,
    module: &'m Module,
    /// The call, and the constructor of the object that it is made on.
    calls: Vec<&'m syntax::Call>,
    object_argument: bool,
}

impl<'m> Written<'m> {
    pub fn of(project: &'m Project, call: &Call<'m>) -> Self {
        let file = call.via.as_ref().map_or(call.place.file, |via| via.inner.file);
        let settings = call.settings.filter(|settings| settings.place.file == file).map(|settings| settings.syntax);
        let calls = [Some(call.syntax), settings].into_iter().flatten().filter_map(|expr| match &expr.kind {
            ExprKind::Call(inner) => Some(&**inner),
            _ => None,
        });
        Written { file, module: project.module(file), calls: calls.collect(), object_argument: call.api.object_argument }
    }

    /// The argument at a dotted path (`reasoning.effort`).
    fn find(&self, path: &str) -> Found<'m> {
        let parts: Vec<&str> = path.split('.').collect();
        let mut unknown = false;
        for call in &self.calls {
            match self.in_call(call, &parts) {
                Found::Absent => {}
                Found::Unknown => unknown = true,
                found => return found,
            }
        }
        if unknown || self.calls.is_empty() { Found::Unknown } else { Found::Absent }
    }

    /// Whether an argument is given as `True`: what a parameter hands on may be either.
    pub fn is_on(&self, path: &str) -> bool {
        matches!(self.find(path), Found::Value(Expr { kind: ExprKind::Bool(true), .. }))
    }

    fn first(&self, paths: &[Text]) -> Found<'m> {
        let mut unknown = false;
        for path in paths {
            match self.find(path) {
                Found::Absent => {}
                Found::Unknown => unknown = true,
                found => return found,
            }
        }
        if unknown { Found::Unknown } else { Found::Absent }
    }

    fn in_call(&self, call: &'m syntax::Call, parts: &[&str]) -> Found<'m> {
        let Some((first, rest)) = parts.split_first() else { return Found::Absent };
        let mut unknown = false;
        for arg in &call.args {
            match &arg.kind {
                ArgKind::Keyword(name) if name == first => return self.below(&arg.value, rest),
                ArgKind::Positional if self.object_argument => match self.below(&arg.value, parts) {
                    Found::Absent => {}
                    Found::Unknown => unknown = true,
                    found => return found,
                },
                ArgKind::Spread | ArgKind::SpreadKeywords => match self.below(&arg.value, parts) {
                    Found::Value(value) => return Found::Value(value),
                    Found::Absent => {}
                    Found::Unknown => unknown = true,
                },
                _ => {}
            }
        }
        if unknown { Found::Unknown } else { Found::Absent }
    }

    fn below(&self, value: &'m Expr, parts: &[&str]) -> Found<'m> {
        let value = self.origin(value);
        let Some((first, rest)) = parts.split_first() else { return Found::Value(value) };
        match &value.kind {
            ExprKind::Dict(items) => {
                let mut unknown = false;
                for item in items {
                    match item {
                        DictItem::Entry { key, value } if key.as_text().as_deref() == Some(*first) => return self.below(value, rest),
                        DictItem::Entry { key, .. } if key.as_text().is_none() => unknown = true,
                        DictItem::Entry { .. } => {}
                        DictItem::Spread(_) => unknown = true,
                    }
                }
                if unknown { Found::Unknown } else { Found::Absent }
            }
            _ => Found::Unknown,
        }
    }

    /// What a name stands for, if it is bound once.
    fn origin(&self, value: &'m Expr) -> &'m Expr {
        origin(self.module, value)
    }

    fn place(&self, value: &Expr) -> Option<Place> {
        Some(Place::new(self.file, value.span))
    }
}

/// The model of a call as it is written there, if that is not a literal: a name stands for what it is bound to.
pub fn model_of<'m>(project: &'m Project, call: &Call<'m>) -> Option<&'m Expr> {
    match Written::of(project, call).first(&call.api.args.model) {
        Found::Value(value) => Some(value),
        _ => None,
    }
}

/// What a name stands for where it is read, if its function or its module binds it once.
pub fn origin<'m>(module: &'m Module, value: &'m Expr) -> &'m Expr {
    let ExprKind::Name(name) = &value.kind else { return value };
    match find::function_around(module, value.span) {
        Some(function) if function.params.iter().any(|param| param.name == *name) => value,
        Some(function) => find::bound_once_in(&function.body, name).or_else(|| find::bound_once(module, name)).unwrap_or(value),
        None => find::bound_once(module, name).unwrap_or(value),
    }
}

/// Arguments that give the form of an answer: a schema, a format.
const FORMS: [&str; 5] = ["response_format", "text_format", "response_model", "output_config.format", "text.format"];
/// Arguments under which forms are given to functions that take more than one API's.
const MORE_FORMS: [&str; 3] = ["schema", "config.response_schema", "config.responseSchema"];
const TOOLS: [&str; 2] = ["tools", "toolConfig"];

/// Whether a call demands a form of its answer, which tells how much it is.
pub fn has_form(project: &Project, call: &Call<'_>) -> bool {
    let written = Written::of(project, call);
    FORMS.iter().chain(&MORE_FORMS).any(|path| matches!(written.find(path), Found::Value(_)))
}

/// Facts of `call` that its arguments give.
pub fn facts(project: &Project, catalogue: &Catalogue, call: &Call<'_>) -> Vec<(&'static str, Fact)> {
    let written = Written::of(project, call);
    let record = |value: &Expr, field: (&'static str, Fact)| {
        Fact::record(Record { place: written.place(value), fields: [field].into_iter().collect() })
    };
    let reasoning = Text::from("reasoning");
    let in_script = project.file(written.file).language == Language::JavaScript;
    let candidates = match written.first(&call.api.args.candidates) {
        Found::Value(_) if reads_all(project.module(written.file)) => Fact::unknown(),
        Found::Value(value @ Expr { kind: ExprKind::Int(number), .. }) => record(value, ("value", Fact::number(*number as f64))),
        Found::Value(_) | Found::Unknown => Fact::unknown(),
        Found::Absent => Fact::absent(),
    };
    // The most exact first: an object of settings is no word.
    let paths = call.api.args.reasoning.iter().chain([&reasoning]);
    let efforts: Vec<Text> = paths.flat_map(|path| [format!("{path}.effort").into(), path.clone()]).collect();
    let effort = match written.first(&efforts) {
        Found::Value(value) => match value.as_text() {
            Some(word) => record(value, ("value", Fact::text(word))),
            None => Fact::unknown(),
        },
        Found::Unknown => Fact::unknown(),
        Found::Absent => Fact::absent(),
    };
    let mut structured = Some(false);
    for path in FORMS.iter().chain(&TOOLS) {
        match written.find(path) {
            Found::Value(_) => {
                structured = Some(true);
                break;
            }
            Found::Unknown => structured = None,
            Found::Absent => {}
        }
    }
    let tools = match TOOLS.map(|path| written.find(path)) {
        [Found::Absent, Found::Absent] => Fact::bool(false),
        [Found::Value(_), _] | [_, Found::Value(_)] => Fact::bool(true),
        _ => Fact::unknown(),
    };
    vec![
        ("candidates", candidates),
        ("effort", effort),
        ("structured", structured.map_or_else(Fact::unknown, Fact::bool)),
        ("calls_tools", tools),
        ("cache_key", cache_key(&written, if in_script { &catalogue.javascript } else { &catalogue.python })),
    ]
}

/// The key by which requests are brought to the same cache, and whether it is another one each time.
fn cache_key(written: &Written<'_>, builtins: &Builtins) -> Fact {
    let value = match written.find("prompt_cache_key") {
        Found::Value(value) => value,
        Found::Absent => return Fact::absent(),
        Found::Unknown => return Fact::unknown(),
    };
    // What the module makes once is the same for all requests of a process.
    let in_function = |at: &Expr| find::function_around(written.module, at.span).is_some();
    let made_here = written.calls.first().is_some_and(|call| in_function(&call.callee)) == in_function(value);
    let changes = if made_here { changing(written.module, value, builtins, 0) } else { None };
    let mut fields = vec![("changes", Fact::bool(changes.is_some()))];
    if let Some(reason) = changes {
        fields.push(("reason", Fact::text(reason)));
    }
    Fact::record(Record { place: written.place(value), fields: fields.into_iter().collect() })
}

/// Why the value of an expression is another one at every request, if it is.
fn changing(module: &Module, value: &Expr, builtins: &Builtins, depth: usize) -> Option<Text> {
    const DEEPEST: usize = 4;
    let mut reason = None;
    let mut inner = Vec::new();
    find::visit_expr(value, &mut |seen| {
        let Seen::Expr(one) = seen else { return };
        match &one.kind {
            ExprKind::Call(call) => {
                let name = call.callee.dotted().unwrap_or_default();
                // `from uuid import uuid4` and `import datetime` alike: a known function by its last two names, or all of them.
                let short = name.rsplitn(3, '.').take(2).collect::<Vec<_>>();
                let short = short.into_iter().rev().collect::<Vec<_>>().join(".");
                let known = [name.as_str(), short.as_str()].into_iter().find_map(|name| builtins.function(name));
                if let Some(found) = known.filter(|known| known.volatility == Some(Volatility::Request)) {
                    reason.get_or_insert_with(|| found.reason.clone().unwrap_or_else(|| format!("{name}()").into()));
                }
            }
            ExprKind::Name(_) => inner.push(one),
            _ => {}
        }
    });
    if reason.is_none() && depth < DEEPEST {
        for name in inner {
            let bound = origin(module, name);
            // What the module binds is the same for all requests of a process.
            let in_function = find::function_around(module, bound.span).is_some();
            if !std::ptr::eq(bound, name) && in_function {
                reason = reason.or_else(|| changing(module, bound, builtins, depth + 1));
            }
        }
    }
    reason
}

/// The loop that sends a request again for as long as it fails: `while True`, the call in a `try`, and a handler that lets it go on.
pub fn retries_forever(project: &Project, call: &Call<'_>) -> Fact {
    let module = project.module(call.place.file);
    let mut found: Option<Place> = None;
    find::visit(module, &mut |seen| {
        let Seen::Stmt(syntax::Stmt { kind: StmtKind::While { test, body, .. }, span }) = seen else { return };
        let endless = matches!(test.kind, ExprKind::Bool(true) | ExprKind::Int(1));
        if !endless || !span.contains(call.place.span) {
            return;
        }
        // An outer loop is another one's business.
        found = None;
        // A person who is asked on each pass decides whether there is another one.
        if asks_somebody(body) {
            return;
        }
        for stmt in body {
            let StmtKind::Try { body, handlers, otherwise, .. } = &stmt.kind else { continue };
            let holds_call = body.iter().any(|stmt| stmt.span.contains(call.place.span));
            let ends = |stmts: &[syntax::Stmt]| {
                let mut ends = false;
                find::visit_body(stmts, &mut |seen| {
                    ends |=
                        matches!(seen, Seen::Stmt(syntax::Stmt { kind: StmtKind::Return(_) | StmtKind::Raise(_) | StmtKind::Break, .. }));
                });
                ends
            };
            // Success ends the loop, and no failure does.
            if holds_call && (ends(body) || ends(otherwise)) && handlers.iter().any(|handler| !ends(handler)) {
                found = Some(Place::new(call.place.file, test.span));
            }
        }
    });
    found.map_or_else(Fact::absent, |place| Fact::record(Record { place: Some(place), ..Record::default() }))
}

/// Whether a module reads more of an answer's choices than the first.
fn reads_all(module: &syntax::Module) -> bool {
    let mut firsts: Vec<crate::span::Span> = Vec::new();
    let mut all = false;
    find::visit(module, &mut |seen| {
        let Seen::Expr(expr) = seen else { return };
        match &expr.kind {
            ExprKind::Index { base, index } if matches!(index.kind, ExprKind::Int(0)) => firsts.push(base.span),
            ExprKind::Attribute { name, .. } if matches!(name.as_str(), "choices" | "candidates" | "generations") => {
                all |= !firsts.contains(&expr.span);
            }
            _ => {}
        }
    });
    all
}

/// Whether somebody is asked for something in a block.
fn asks_somebody(block: &[syntax::Stmt]) -> bool {
    let words = Wording::builtin();
    let mut asks = false;
    find::visit_body(block, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen
            && let ExprKind::Name(name) | ExprKind::Attribute { name, .. } = &call.callee.kind
        {
            asks |= words.asks_somebody(name);
        }
    });
    asks
}

/// Whether the loop around a call runs over no items of work: the same request goes to several models, or is tried again.
pub fn repeats_one_request(project: &Project, call: &Call<'_>) -> bool {
    let written = Written::of(project, call);
    let mut named: Vec<String> = Vec::new();
    let model = call.api.args.model.iter().find_map(|path| match written.find(path) {
        Found::Value(value) => Some(value),
        _ => None,
    });
    if let Some(model) = model {
        names(model, &mut named);
    }
    let words = Wording::builtin();
    let mut found = false;
    find::visit(project.module(call.place.file), &mut |seen| {
        let Seen::Stmt(syntax::Stmt { kind: StmtKind::For { target, iter, .. }, span }) = seen else { return };
        if !span.contains(call.place.span) {
            return;
        }
        let (mut targets, mut over) = (Vec::new(), Vec::new());
        names(target, &mut targets);
        names(iter, &mut over);
        found |= targets.iter().any(|name| named.contains(name)) || over.iter().any(|name| words.is_no_item(name));
    });
    found
}

/// The names in an expression, with the attributes of each.
pub(super) fn names(expr: &Expr, found: &mut Vec<String>) {
    find::visit_expr(expr, &mut |seen| match seen {
        Seen::Expr(Expr { kind: ExprKind::Name(name), .. }) | Seen::Expr(Expr { kind: ExprKind::Attribute { name, .. }, .. }) => {
            found.push(name.clone());
        }
        _ => {}
    });
}

/// The literals of arguments that a rule may set: the model, and the number of the cap. Only where the call itself holds them: what a name stands for
/// may be meant for others too.
pub fn written(project: &Project, call: &Call<'_>) -> Vec<(&'static str, Fact)> {
    let written = Written::of(project, call);
    let own = |value: &Expr| written.calls.iter().any(|one| one.args_span.contains(value.span));
    let placed = |paths: &[Text], fits: fn(&Expr) -> bool| match written.first(paths) {
        Found::Value(value) if fits(value) && own(value) && call.via.is_none() => {
            Fact::record(Record { place: written.place(value), ..Record::default() })
        }
        _ => Fact::absent(),
    };
    let model = placed(&call.api.args.model, |value| value.as_text().is_some());
    let cap = placed(&call.cap_paths, |value| matches!(value.kind, ExprKind::Int(_)));
    vec![("model_argument", model), ("cap_argument", cap)]
}

/// The place where the file of a call prices input and output tokens, where it says nothing of cached ones.
pub fn priced_without_cache(project: &Project, call: &Call<'_>) -> Option<Place> {
    // A file of data prices nothing, and may hold thousands of requests.
    project.file(call.place.file).language.in_catalogue()?;
    let text = project.text(call.place.file);
    let says = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let input = ["input_tokens", "prompt_tokens", "inputTokens", "promptTokens"];
    let output = ["output_tokens", "completion_tokens", "outputTokens", "completionTokens"];
    let worth = input.iter().any(|word| says(word)) && output.iter().any(|word| says(word));
    if !worth || says("cache") || says("Cache") {
        return None;
    }
    let mut priced: [Option<syntax::BinaryOp>; 2] = [None, None];
    let mut place = None;
    find::visit(project.module(call.place.file), &mut |seen| {
        let Seen::Expr(Expr { kind: ExprKind::Binary { op: op @ syntax::BinaryOp::Mul, left, right }, span }) = seen else { return };
        let mut named = Vec::new();
        [left, right].into_iter().for_each(|side| names(side, &mut named));
        for (at, words) in [input, output].iter().enumerate() {
            if named.iter().any(|name| words.contains(&name.as_str())) {
                priced[at] = Some(*op);
                place.get_or_insert(Place::new(call.place.file, *span));
            }
        }
    });
    place.filter(|_| priced.iter().all(Option::is_some))
}

/// Requests a month, as the config states them.
pub fn stated(requests: Option<u64>) -> Fact {
    Fact::maybe_number(requests.map(|requests| requests as f64)).with(Confidence::High)
}
