//! A cap that is set and lost: the project takes one as a setting, and the request is sent without it.

use std::collections::{HashMap, HashSet};

use crate::catalogue::{Catalogue, last_name};
use crate::model::call::{Call, CapState, LostBy, LostCap};
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::{FileId, Place, Span};
use crate::syntax::{ArgKind, Class, DictItem, Expr, ExprKind, Function, Module, Param, ParamKind, Stmt, StmtKind};

use super::around::Around;

/// Functions and methods whose arguments are for people to read.
const LOGS: [&str; 14] =
    ["print", "debug", "info", "warn", "warning", "error", "exception", "log", "verbose", "trace", "echo", "secho", "pprint", "write"];
/// What makes a text of a value, for a log to show it.
const SHOWS: [&str; 8] = ["str", "repr", "format", "dumps", "pformat", "stringify", "toString", "String"];
/// Bases that read no setting of the classes that are made from them.
const PLAIN_BASES: [&str; 12] = [
    "object",
    "ABC",
    "Protocol",
    "Generic",
    "Enum",
    "BaseModel",
    "BaseSettings",
    "TypedDict",
    "NamedTuple",
    "Exception",
    "EventEmitter",
    "Error",
];
/// What hands on all that an object or a function holds, whatever its name.
const WHOLE: [&str; 8] = ["locals()", "vars(", "__dict__", "asdict(", "model_dump", ".dict(", "_get_kwargs", "...this"];
/// Settings that stand beside a cap: an object that has one of them is what the request is made from.
const BESIDE: [&str; 6] = ["model", "temperature", "engine", "deployment", "topp", "apikey"];
/// Rounds in which names of functions that are given a cap are followed through `**kwargs`.
const ROUNDS: usize = 4;

/// The project's own settings of a cap, and who reads them.
#[derive(Debug, Default)]
pub struct Caps {
    /// Settings that an object other than `self` is asked for.
    read: HashSet<String>,
    /// By the name of the setting: classes that read it of themselves.
    own: HashMap<String, HashSet<String>>,
    /// Classes that declare a cap, by their names; `None` where two have the same.
    classes: HashMap<String, Option<Declared>>,
    /// Bases of the classes that name a cap.
    bases: HashMap<String, Vec<String>>,
    /// Functions and methods that are called with a cap, straight or through the keywords of another.
    given: HashSet<String>,
    /// By the file: what sets a cap for a request, as an argument, in an object or by its key.
    capped: HashMap<FileId, Vec<Span>>,
}

#[derive(Debug)]
struct Declared {
    name: String,
    place: Place,
    /// All that the class declares.
    fields: HashSet<String>,
}

/// Whether a name is one under which some API takes a cap, however it is spelt: `max_tokens`, `MAX_TOKENS`, `--max-tokens`.
fn is_cap(catalogue: &Catalogue, name: &str) -> bool {
    let name = plain(name);
    name.len() > 6 && catalogue.apis.iter().flat_map(|api| api.args.cap.iter()).any(|path| plain(last_name(path)) == name)
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Caps {
    pub fn of(project: &Project, catalogue: &Catalogue) -> Self {
        let mut caps = Caps::default();
        let mut words: Vec<&str> = catalogue.apis.iter().flat_map(|api| api.args.cap.iter()).map(|path| last_name(path)).collect();
        words.sort_unstable();
        words.dedup();
        let speaks = |text: &str| words.iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some());
        let code = |id: &FileId| project.file(*id).language.in_catalogue().is_some();
        let files: Vec<FileId> = project.ids().filter(code).filter(|id| project.peek(*id, speaks) == Some(true)).collect();
        for file in &files {
            caps.read_file(project, catalogue, *file);
        }
        let methods: HashSet<&str> = catalogue.apis.iter().flat_map(|api| api.methods.iter()).map(|path| last_name(path)).collect();
        caps.given.retain(|name| !methods.contains(name.as_str()));
        let hands_on = |text: &str| text.contains("**");
        let code: Vec<FileId> = if caps.given.is_empty() {
            Vec::new()
        } else {
            let python = project.ids().filter(|id| project.file(*id).language == Language::Python);
            python.filter(|id| project.peek(*id, hands_on) == Some(true)).collect()
        };
        for _ in 0..ROUNDS {
            let before = caps.given.len();
            for file in &code {
                let mentions = |text: &str| caps.given.iter().any(|name| text.contains(name.as_str()));
                if project.peek(*file, mentions) == Some(true) {
                    let more = handed_on(project.module(*file), &caps.given);
                    caps.given.extend(more.into_iter().filter(|name| !methods.contains(name.as_str())));
                }
            }
            if caps.given.len() == before {
                break;
            }
        }
        caps
    }

    /// Where the file of a request sets a cap for another one.
    pub fn beside(&self, at: Place) -> Option<Place> {
        let capped = self.capped.get(&at.file)?.iter().filter(|capped| !capped.contains(at.span) && !at.span.contains(**capped));
        capped.min_by_key(|capped| capped.start.abs_diff(at.span.start)).map(|capped| Place::new(at.file, *capped))
    }

    fn read_file(&mut self, project: &Project, catalogue: &Catalogue, file: FileId) {
        let module = project.module(file);
        let mut capped: Vec<Span> = Vec::new();
        let mut written: HashSet<Span> = HashSet::new();
        let mut classes: Vec<&Class> = Vec::new();
        find::visit(module, &mut |seen| match seen {
            Seen::Stmt(stmt) => match &stmt.kind {
                StmtKind::Assign { targets, value } => {
                    written.extend(targets.iter().map(|target| target.span));
                    let key = |target: &Expr| match &target.kind {
                        ExprKind::Index { index, .. } => index.as_text().is_some_and(|name| is_cap(catalogue, &name)),
                        _ => false,
                    };
                    if !matches!(value.kind, ExprKind::Null) && targets.iter().any(key) {
                        capped.push(stmt.span);
                    }
                }
                StmtKind::Class(class) => {
                    classes.push(class);
                    self.declare(catalogue, file, class);
                }
                _ => {}
            },
            Seen::Expr(expr) => match &expr.kind {
                ExprKind::Attribute { base, name } if is_cap(catalogue, name) && !written.contains(&expr.span) => {
                    if matches!(&base.kind, ExprKind::Name(base) if base == "self" || base == "this") {
                        let class = classes.iter().rfind(|class| class.span.contains(expr.span));
                        self.own.entry(name.clone()).or_default().extend(class.map(|class| class.name.clone()));
                    } else {
                        self.read.insert(name.clone());
                    }
                }
                ExprKind::Dict(items) => {
                    let entry = items.iter().find_map(|item| match item {
                        DictItem::Entry { key, value } if !matches!(value.kind, ExprKind::Null) => {
                            key.as_text().filter(|name| is_cap(catalogue, name)).map(|_| key.span.join(value.span))
                        }
                        _ => None,
                    });
                    capped.extend(entry);
                }
                ExprKind::Index { index, .. } if !written.contains(&expr.span) => {
                    self.read.extend(index.as_text().filter(|name| is_cap(catalogue, name)));
                }
                ExprKind::Call(call) => {
                    let callee = find::called(&call.callee).unwrap_or_default();
                    if matches!(callee, "get" | "getattr" | "pop") {
                        let texts = call.args.iter().filter_map(|arg| arg.value.as_text());
                        self.read.extend(texts.filter(|name| is_cap(catalogue, name)));
                    }
                    let given = call.args.iter().any(|arg| {
                        matches!(&arg.kind, ArgKind::Keyword(name) if is_cap(catalogue, name)) && !matches!(arg.value.kind, ExprKind::Null)
                    });
                    if given {
                        capped.push(expr.span);
                    }
                    if given && callee.chars().next().is_some_and(|first| first.is_lowercase() || first == '_') {
                        self.given.insert(callee.to_string());
                    }
                }
                _ => {}
            },
        });
        self.capped.insert(file, capped);
    }

    fn declare(&mut self, catalogue: &Catalogue, file: FileId, class: &Class) {
        let bases = class.bases.iter().filter_map(Expr::dotted).map(|base| last_name(&base).to_string());
        self.bases.entry(class.name.clone()).or_default().extend(bases);
        let fields = fields(class);
        let Some((name, span)) = fields.iter().find(|(name, _)| is_cap(catalogue, name)) else { return };
        let declared = Declared {
            name: name.to_string(),
            place: Place::new(file, *span),
            fields: fields.iter().map(|(name, _)| name.to_string()).collect(),
        };
        self.classes.entry(class.name.clone()).and_modify(|known| *known = None).or_insert(Some(declared));
    }

    /// Whether a class that is one of `class`, or that `class` is one of, reads the setting of itself.
    fn reads_own(&self, class: &str, name: &str) -> bool {
        let related = |one: &str, other: &str| self.bases.get(one).is_some_and(|bases| bases.iter().any(|base| base == other));
        let Some(readers) = self.own.get(name) else { return false };
        readers.iter().any(|reader| reader == class || related(reader, class) || related(class, reader))
    }
}

/// Names that the body of a class binds, with where it does.
fn fields(class: &Class) -> Vec<(&str, Span)> {
    let mut found = Vec::new();
    for stmt in &class.body {
        if let StmtKind::Assign { targets, .. } = &stmt.kind {
            found.extend(targets.iter().filter_map(|target| match &target.kind {
                ExprKind::Name(name) => Some((name.as_str(), target.span)),
                _ => None,
            }));
        }
    }
    found
}

/// What functions of these names call with all the keywords that they are given themselves.
fn handed_on(module: &Module, given: &HashSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    find::visit(module, &mut |seen| {
        let Seen::Stmt(Stmt { kind: StmtKind::Function(function), .. }) = seen else { return };
        let Some(rest) = rest(function).filter(|_| given.contains(&function.name)) else { return };
        find::visit_body(&function.body, &mut |seen| {
            let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen else { return };
            let on = call
                .args
                .iter()
                .any(|arg| arg.kind == ArgKind::SpreadKeywords && matches!(&arg.value.kind, ExprKind::Name(name) if *name == rest.name));
            if let ExprKind::Attribute { name, .. } | ExprKind::Name(name) = &call.callee.kind
                && on
            {
                found.push(name.clone());
            }
        });
    });
    found
}

fn rest(function: &Function) -> Option<&Param> {
    function.params.iter().find(|param| param.kind == ParamKind::RestKeywords)
}

/// What stands around a call: functions and classes, the outermost first.
enum Outer<'m> {
    Function(&'m Function),
    Class(&'m Class),
}

fn outer(module: &Module, at: Span) -> Vec<Outer<'_>> {
    let mut found = Vec::new();
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Function(function), .. }) if function.span.contains(at) => found.push(Outer::Function(function)),
        Seen::Expr(Expr { kind: ExprKind::Lambda(function), .. }) if function.span.contains(at) => found.push(Outer::Function(function)),
        Seen::Stmt(Stmt { kind: StmtKind::Class(class), .. }) if class.span.contains(at) => found.push(Outer::Class(class)),
        _ => {}
    });
    found
}

/// How a setting is read in a block.
#[derive(Default)]
struct Reads {
    /// Where it is sent as a cap by something else than the call in question.
    sent: Option<Span>,
    /// It goes somewhere, or is compared with something.
    used: bool,
    /// An object keeps it.
    kept: bool,
}

/// The search for the setting that one call does not send.
struct Search<'a, 'p> {
    project: &'p Project,
    catalogue: &'a Catalogue,
    caps: &'a Caps,
    file: FileId,
    module: &'p Module,
    /// The call, or the making of the object that holds its settings.
    at: Span,
    syntax: &'p Expr,
    /// The other calls of a model in the file.
    others: Vec<Span>,
}

/// Where the file of a call sets a cap for another one.
pub fn beside(project: &Project, catalogue: &Catalogue, around: &Around<'_>, call: &Call<'_>) -> Option<Place> {
    let place = call.settings.map_or(call.place, |settings| settings.place);
    around.caps(project, catalogue)?.beside(place)
}

/// The setting of the project that the request of a call leaves out.
pub fn of<'p>(project: &'p Project, catalogue: &Catalogue, around: &Around<'_>, call: &Call<'p>) -> Option<LostCap> {
    if call.cap.state != CapState::Missing || call.via.is_some() || call.anchors.cap_owner.is_some() {
        return None;
    }
    let place = call.settings.map_or(call.place, |settings| settings.place);
    if place != call.place || project.file(place.file).language.in_catalogue().is_none() {
        return None;
    }
    let file = place.file;
    let others = around.calls_in(file).into_iter().filter(|other| !other.contains(place.span)).collect();
    let caps = around.caps(project, catalogue)?;
    let module = project.module(file);
    Search { project, catalogue, caps, file, module, at: place.span, syntax: call.syntax, others }.find()
}

impl<'p> Search<'_, 'p> {
    fn find(&self) -> Option<LostCap> {
        let outer = outer(self.module, self.at);
        if self.is_second_try() {
            return None;
        }
        for one in outer.iter().rev() {
            let found = match one {
                Outer::Function(function) => self.of_function(function),
                Outer::Class(class) => self.of_class(class),
            };
            if found.is_some() {
                return found;
            }
        }
        self.beside(&outer).or_else(|| self.of_command_line()).or_else(|| self.of_module())
    }

    fn text(&self, span: Span) -> &'p str {
        self.project.text(self.file).get(span.range()).unwrap_or_default()
    }

    fn lost(&self, by: LostBy, name: &str, span: Span, sent: Option<Span>, value: Option<String>) -> LostCap {
        LostCap {
            by,
            name: name.into(),
            place: Place::new(self.file, span),
            sent_at: sent.map(|sent| Place::new(self.file, sent)),
            value: value.map(Into::into),
        }
    }

    /// Whether the call is what is tried after another one failed, for the sake of a server that takes no cap.
    fn is_second_try(&self) -> bool {
        let mut found = false;
        find::visit(self.module, &mut |seen| {
            if let Seen::Stmt(Stmt { kind: StmtKind::Try { body, handlers, .. }, span }) = seen
                && span.contains(self.at)
            {
                let handled = handlers.iter().flatten().any(|stmt| stmt.span.contains(self.at));
                found |= handled && self.others.iter().any(|other| body.iter().any(|stmt| stmt.span.contains(*other)));
            }
        });
        found
    }

    /// Whether the name surely holds a number where the call is made: a parameter of the very function that makes it, which nothing binds anew,
    /// and which is not nothing by default.
    fn can_pass(&self, function: &Function, name: &str) -> bool {
        let around = outer(self.module, self.at);
        let innermost = matches!(around.last(), Some(Outer::Function(last)) if std::ptr::eq(*last, function));
        let is_number = |param: &Param| {
            let fits = match param.default.as_ref().map(|default| &default.kind) {
                None => true,
                Some(ExprKind::Int(value)) => *value > 0,
                Some(_) => false,
            };
            fits && param
                .annotation
                .as_deref()
                .is_none_or(|annotation| matches!(annotation.trim_start_matches(':').trim(), "int" | "number"))
        };
        let mut bound = false;
        find::visit_body(&function.body, &mut |seen| {
            let mut binds = |target: &Expr| {
                find::visit_expr(target, &mut |seen| {
                    bound |= matches!(seen, Seen::Expr(Expr { kind: ExprKind::Name(one), .. }) if one == name);
                });
            };
            match seen {
                Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, .. } | StmtKind::Delete(targets), .. }) => {
                    targets.iter().for_each(&mut binds)
                }
                Seen::Stmt(Stmt { kind: StmtKind::Augment { target, .. } | StmtKind::For { target, .. }, .. }) => binds(target),
                Seen::Stmt(Stmt { kind: StmtKind::With { items, .. }, .. }) => {
                    items.iter().filter_map(|item| item.target.as_ref()).for_each(&mut binds);
                }
                _ => {}
            }
        });
        innermost && !bound && function.params.iter().any(|param| param.name == name && is_number(param))
    }

    /// Whether the object surely has the attribute where the call is made: in a method of the class itself, and set by a plain line of the
    /// constructor.
    fn always_has(&self, class: &Class, receiver: &str, name: &str) -> bool {
        let around = outer(self.module, self.at);
        let in_method = matches!(around.as_slice(), [.., Outer::Class(one), Outer::Function(function)]
            if std::ptr::eq(*one, class)
                && function.params.first().is_some_and(|first| first.name == receiver)
                && !self.text(function.span).trim_start().starts_with("static"));
        let sets = |stmt: &Stmt| {
            let StmtKind::Assign { targets, value } = &stmt.kind else { return false };
            let is_it = |target: &Expr| matches!(&target.kind, ExprKind::Attribute { base, name: one } if one == name && is_self(base));
            !matches!(value.kind, ExprKind::Null) && targets.iter().any(is_it)
        };
        let constructor = class.body.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Function(function) if matches!(function.name.as_str(), "__init__" | "constructor") => Some(function),
            _ => None,
        });
        in_method && constructor.is_some_and(|constructor| constructor.body.iter().any(sets))
    }

    /// A parameter or a name of the function, or keywords that it takes and drops.
    fn of_function(&self, function: &'p Function) -> Option<LostCap> {
        let text = self.text(function.span);
        if WHOLE.iter().any(|word| text.contains(word)) || (text.contains("arguments") && self.in_script()) {
            return None;
        }
        let by_name = |name: &str| {
            let name = name.to_string();
            move |expr: &Expr| matches!(&expr.kind, ExprKind::Name(one) if *one == name)
        };
        let params = function.params.iter().filter(|param| matches!(param.kind, ParamKind::Positional | ParamKind::KeywordOnly));
        let mut named: Vec<(LostBy, &str, Span)> = params.map(|param| (LostBy::Taken, param.name.as_str(), param.span)).collect();
        find::visit_body(&function.body, &mut |seen| {
            if let Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, value }, .. }) = seen
                && let [Expr { kind: ExprKind::Name(name), span }] = targets.as_slice()
                && !matches!(value.kind, ExprKind::Null)
            {
                // What is taken out of a parameter is bound in its list.
                let taken = function.params.iter().any(|param| param.span.contains(*span));
                named.push((if taken { LostBy::Taken } else { LostBy::Set }, name, *span));
            }
        });
        for (by, name, span) in named.into_iter().filter(|(_, name, _)| is_cap(self.catalogue, name)) {
            let reads = self.reads(&function.body, &by_name(name));
            if reads.sent.is_some() || !(reads.used || reads.kept) {
                let value = self.can_pass(function, name).then(|| name.to_string());
                return Some(self.lost(by, name, span, reads.sent, value));
            }
        }
        let rest = rest(function).filter(|_| self.caps.given.contains(&function.name))?;
        let mut read = false;
        find::visit_body(&function.body, &mut |seen| {
            read |= matches!(seen, Seen::Expr(Expr { kind: ExprKind::Name(name), .. }) if *name == rest.name);
        });
        (!read).then(|| self.lost(LostBy::Swallowed, &format!("**{}", rest.name), rest.span, None, None))
    }

    /// An attribute of the object, or a field of its class.
    fn of_class(&self, class: &'p Class) -> Option<LostCap> {
        let text = self.text(class.span);
        let mut set: Vec<(&str, Span)> = fields(class);
        find::visit_body(&class.body, &mut |seen| {
            let Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, value }, .. }) = seen else { return };
            for target in targets {
                if let ExprKind::Attribute { base, name } = &target.kind
                    && is_self(base)
                    && !matches!(value.kind, ExprKind::Null)
                {
                    set.push((name, target.span));
                }
            }
        });
        for (name, span) in set.into_iter().filter(|(name, _)| is_cap(self.catalogue, name)) {
            let reads = self
                .reads(&class.body, &|expr| matches!(&expr.kind, ExprKind::Attribute { base, name: one } if one == name && is_self(base)));
            let receiver = if self.in_script() { "this" } else { "self" };
            let value = self.always_has(class, receiver, name).then(|| format!("{receiver}.{name}"));
            if reads.sent.is_some() {
                return Some(self.lost(LostBy::Set, name, span, reads.sent, value));
            }
            let handed_on = WHOLE.iter().any(|word| text.contains(word)) || self.is_read_unseen(class);
            if !reads.used && !handed_on && !self.caps.read.contains(name) && !self.caps.reads_own(&class.name, name) {
                return Some(self.lost(LostBy::Set, name, span, None, value));
            }
        }
        None
    }

    /// Whether attributes of the class may be read where nobody sees it: by a base from a library, or by a name that is made while it runs.
    fn is_read_unseen(&self, class: &Class) -> bool {
        let unknown = class.bases.iter().any(|base| {
            let base = match &base.kind {
                ExprKind::Index { base, .. } => base,
                _ => base,
            };
            find::called(base).is_none_or(|name| !PLAIN_BASES.contains(&name) && !super::gap::defines(self.project, self.file, name))
        });
        let mut by_name = false;
        find::visit(self.module, &mut |seen| match seen {
            Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) => {
                let asks = find::called(&call.callee) == Some("getattr");
                by_name |= asks && call.args.get(1).is_some_and(|name| name.value.as_text().is_none());
            }
            Seen::Expr(Expr { kind: ExprKind::Index { base, index }, .. }) => by_name |= is_self(base) && index.as_text().is_none(),
            _ => {}
        });
        unknown || by_name
    }

    /// A cap that stands beside other settings of the request, in the object that these are read from.
    fn beside(&self, outer: &[Outer<'p>]) -> Option<LostCap> {
        let function = outer.iter().rev().find_map(|one| match one {
            Outer::Function(function) => Some(*function),
            Outer::Class(_) => None,
        });
        let class = outer.iter().rev().find_map(|one| match one {
            Outer::Class(class) => Some(*class),
            Outer::Function(_) => None,
        });
        let mut holders: Vec<(String, String)> = Vec::new();
        let mut note = |seen: Seen<'p>| {
            let Seen::Expr(expr) = seen else { return };
            let Some((base, name)) = member(expr) else { return };
            let Some(base) = base.dotted().filter(|base| base != "self" && base != "this") else { return };
            let word = plain(&name);
            if BESIDE.iter().any(|beside| word.contains(beside)) && !holders.iter().any(|(known, _)| *known == base) {
                holders.push((base, name));
            }
        };
        find::visit_expr(self.syntax, &mut note);
        for (holder, setting) in &holders {
            let of_self = holder.starts_with("self.") || holder.starts_with("this.");
            let block: &[Stmt] = match (of_self, class, function) {
                (true, Some(class), _) => &class.body,
                (false, _, Some(function)) => &function.body,
                _ => continue,
            };
            let mut name = None;
            let reads = self.reads(block, &|expr| match member(expr) {
                Some((base, one)) => is_cap(self.catalogue, &one) && base.dotted().as_ref() == Some(holder),
                None => false,
            });
            if let Some(sent) = reads.sent {
                find::visit_body(block, &mut |seen| {
                    if let Seen::Expr(expr) = seen
                        && expr.span == sent
                    {
                        name = name.take().or_else(|| member(expr).map(|(_, name)| name));
                    }
                });
                let name = name?;
                return Some(self.lost(LostBy::Set, &name, sent, Some(sent), None));
            }
            // A field that nothing in the project reads.
            let mut declared = self.caps.classes.values().flatten().filter(|declared| declared.fields.contains(setting));
            if let (Some(only), None) = (declared.next(), declared.next())
                && !reads.used
                && !self.caps.read.contains(&only.name)
                && !self.caps.own.contains_key(&only.name)
            {
                return Some(LostCap { by: LostBy::Taken, name: only.name.as_str().into(), place: only.place, sent_at: None, value: None });
            }
        }
        self.of_request(function?)
    }

    /// A field of what the function is asked for: `request: ChatRequest`, of which the model is taken and the cap is not.
    fn of_request(&self, function: &'p Function) -> Option<LostCap> {
        for param in &function.params {
            let Some(annotation) = &param.annotation else { continue };
            let mut words = annotation.split(|c: char| !c.is_alphanumeric() && c != '_');
            let Some(declared) = words.find_map(|word| self.caps.classes.get(word)?.as_ref()) else { continue };
            let mut taken = false;
            let mut capped = false;
            find::visit_body(&function.body, &mut |seen| {
                if let Seen::Expr(expr) = seen
                    && let Some((Expr { kind: ExprKind::Name(base), .. }, name)) = member(expr)
                    && *base == param.name
                {
                    let word = plain(&name);
                    taken |= BESIDE.iter().any(|beside| word.contains(beside));
                    capped |= is_cap(self.catalogue, &name);
                }
            });
            let text = self.text(function.span);
            if taken && !capped && !WHOLE.iter().any(|word| text.contains(word)) {
                return Some(LostCap {
                    by: LostBy::Taken,
                    name: declared.name.as_str().into(),
                    place: declared.place,
                    sent_at: None,
                    value: None,
                });
            }
        }
        None
    }

    /// An option of the command line that nothing reads.
    fn of_command_line(&self) -> Option<LostCap> {
        let text = self.project.text(self.file);
        if self.in_script() || !text.contains("add_argument") || ["vars(", "__dict__", "_get_kwargs"].iter().any(|word| text.contains(word))
        {
            return None;
        }
        let mut found = None;
        find::visit(self.module, &mut |seen| {
            if let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen
                && matches!(&call.callee.kind, ExprKind::Attribute { name, .. } if name == "add_argument")
                && !call.args.iter().any(|arg| matches!(&arg.kind, ArgKind::Keyword(name) if name == "dest"))
            {
                for arg in call.args.iter().filter(|arg| arg.kind == ArgKind::Positional) {
                    let name = arg.value.as_text().filter(|name| name.starts_with("--") && is_cap(self.catalogue, name));
                    found = found.take().or_else(|| name.map(|name| (name, arg.span)));
                }
            }
        });
        let (option, span) = found?;
        let name = option.trim_start_matches('-').replace('-', "_");
        (!self.caps.read.contains(&name)).then(|| self.lost(LostBy::Taken, &option, span, None, None))
    }

    /// A constant of the module that nothing reads.
    fn of_module(&self) -> Option<LostCap> {
        let set = self.module.body.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, value: Expr { kind: ExprKind::Int(_), .. } } => match targets.as_slice() {
                [Expr { kind: ExprKind::Name(name), span }] => Some((name, *span)),
                _ => None,
            },
            _ => None,
        });
        let mut set = set.filter(|(name, _)| is_cap(self.catalogue, name));
        let (name, span) = set.find(|(name, _)| {
            let reads = self.reads(&self.module.body, &|expr| matches!(&expr.kind, ExprKind::Name(one) if one == *name));
            !reads.used && reads.sent.is_none() && !super::gap::is_taken_elsewhere(self.project, self.file, name)
        })?;
        Some(self.lost(LostBy::Set, name, span, None, None))
    }

    fn in_script(&self) -> bool {
        self.project.file(self.file).language == Language::JavaScript
    }

    /// How a block reads what `is_it` tells, outside of the call in question.
    fn reads(&self, block: &'p [Stmt], is_it: &dyn Fn(&Expr) -> bool) -> Reads {
        let mut reads = Reads::default();
        let mut idle: Vec<Span> = Vec::new();
        find::visit_body(block, &mut |seen| match seen {
            Seen::Stmt(stmt) => {
                if let StmtKind::Assign { targets, value } = &stmt.kind {
                    idle.extend(targets.iter().map(|target| target.span));
                    // What an object keeps of a parameter is looked for there.
                    let kept = targets.iter().any(|target| {
                        matches!(&target.kind, ExprKind::Attribute { base, name } if is_self(base) && is_cap(self.catalogue, name))
                    });
                    if kept && is_it(value) {
                        reads.kept = true;
                        idle.push(value.span);
                    }
                }
                if let StmtKind::Expr(value) = &stmt.kind {
                    idle.extend(shown(value));
                }
            }
            Seen::Expr(expr) => {
                if idle.iter().any(|idle| idle.contains(expr.span)) {
                    return;
                }
                match &expr.kind {
                    ExprKind::Call(call) => {
                        for arg in &call.args {
                            let as_cap = matches!(&arg.kind, ArgKind::Keyword(name) if is_cap(self.catalogue, name)) && is_it(&arg.value);
                            if as_cap && self.others.iter().any(|other| other.contains(arg.span)) {
                                reads.sent.get_or_insert(arg.value.span);
                                idle.push(arg.value.span);
                            }
                        }
                    }
                    ExprKind::Dict(items) => {
                        for item in items {
                            let DictItem::Entry { key, value } = item else { continue };
                            let key = key.as_text().or_else(|| match &key.kind {
                                ExprKind::Name(name) => Some(name.trim_end_matches("_str").trim_end_matches("_key").to_string()),
                                _ => None,
                            });
                            if is_it(value) && key.is_some_and(|key| is_cap(self.catalogue, &key)) {
                                let elsewhere =
                                    self.others.iter().any(|other| other.contains(value.span)) || self.is_spread_elsewhere(expr);
                                if elsewhere {
                                    reads.sent.get_or_insert(value.span);
                                    idle.push(value.span);
                                }
                            }
                        }
                    }
                    _ => {}
                }
                reads.used |= is_it(expr) && !idle.iter().any(|idle| idle.contains(expr.span));
            }
        });
        reads
    }

    /// Whether a dict is bound to a name that another call is given.
    fn is_spread_elsewhere(&self, dict: &Expr) -> bool {
        let mut bound: Option<&str> = None;
        find::visit(self.module, &mut |seen| {
            if let Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, value }, .. }) = seen
                && value.span.contains(dict.span)
                && let [Expr { kind: ExprKind::Name(name), .. }] = targets.as_slice()
            {
                bound = Some(name);
            }
        });
        let Some(bound) = bound else { return false };
        let mut elsewhere = false;
        find::visit(self.module, &mut |seen| {
            if let Seen::Expr(Expr { kind: ExprKind::Name(name), span }) = seen {
                elsewhere |= name == bound && self.others.iter().any(|other| other.contains(*span));
            }
        });
        elsewhere
    }
}

/// The arguments of a log that only show what they are given; what another function makes of them is more.
fn shown(statement: &Expr) -> Vec<Span> {
    let value = match &statement.kind {
        ExprKind::Await(value) => value,
        _ => statement,
    };
    let ExprKind::Call(call) = &value.kind else { return Vec::new() };
    if !find::called(&call.callee).is_some_and(|name| LOGS.contains(&name)) {
        return Vec::new();
    }
    let shows_only = |value: &Expr| {
        let mut only = true;
        find::visit_expr(value, &mut |seen| {
            if let Seen::Expr(Expr { kind: ExprKind::Call(inner), .. }) = seen
                && !inner.args.is_empty()
            {
                only &= find::called(&inner.callee).is_some_and(|name| SHOWS.contains(&name));
            }
        });
        only
    };
    call.args.iter().map(|arg| &arg.value).filter(|value| shows_only(value)).map(|value| value.span).collect()
}

fn is_self(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if name == "self" || name == "this")
}

/// `base.name`, `base["name"]`, `base.get("name")`
fn member(expr: &Expr) -> Option<(&Expr, String)> {
    match &expr.kind {
        ExprKind::Attribute { base, name } => Some((base, name.clone())),
        ExprKind::Index { base, index } => Some((base, index.as_text()?)),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, name } if name == "get" => Some((base, call.args.first()?.value.as_text()?)),
            _ => None,
        },
        _ => None,
    }
}
