//! Resolution: follows values through a file and into the files that it imports, and finds the calls that they reach.

mod announced;
pub mod call;
mod choice;
mod client;
mod data;
pub mod definitions;
mod derived;
pub mod eval;
pub mod expr;
mod fetched;
pub mod heap;
pub mod imports;
mod kept;
mod limits;
pub mod lower;
pub mod modules;
pub mod prompts;
pub mod reach;
pub mod recognise;
mod replays;
pub mod requirements;
pub mod runnable;
pub mod script;
mod slices;
pub mod specifiers;
mod state;
mod steps;
pub mod text;
pub mod value;

#[cfg(test)]
mod tests_defaults;
#[cfg(test)]
mod tests_derived;
#[cfg(test)]
mod tests_fetched;
#[cfg(test)]
mod tests_frameworks;
#[cfg(test)]
mod tests_kept;
#[cfg(test)]
mod tests_script;

use std::collections::HashSet;
use std::rc::Rc;

use crate::catalogue::{Catalogue, List, Text};
use crate::model::call::{Call, Cap, CapState};
use crate::model::prompt::{Confidence, Segment};
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::FileId;
use crate::syntax::{Expr, ExprKind, Function, Stmt, StmtKind};

pub use reach::Reach;

use eval::{Evaluator, Frame, ROOT_FUEL};
use text::Bindings;
use value::*;

/// The calls of one code file.
pub struct FileCalls<'p> {
    /// In the order of the source.
    pub calls: Vec<Call<'p>>,
    /// The limit on work was reached: calls may be missing, and facts are as far as they were followed.
    pub cut_short: bool,
}

/// Which functions of a file are worth running on their own: those that name a method or function of the catalogue's
/// APIs, and those that may change a list or dict which such a function sends.
struct Interest {
    /// Names of this file that stand for something which may reach a call: imports, its own functions and classes.
    names: HashSet<String>,
    /// Imports in capitals: constants as a rule, but classes too (`LLM`), which count where they are called or annotate a parameter.
    capitals: HashSet<String>,
    /// Names of the module that are bound to a list or dict.
    shared: HashSet<String>,
    /// Those of them that a function changes.
    changed: HashSet<String>,
    /// Last two names of each method (`completions.create`), or its only one.
    methods: Vec<(Option<String>, String)>,
    /// Names of methods that many classes have, with the words that their receiver's name has in a call of a model.
    spoken: Vec<(Text, List<Text>)>,
    functions: Vec<String>,
    /// Names that are called as they stand (`llm`).
    called: Vec<Text>,
    /// Methods of the project that are told by their names.
    methods_by_name: Option<std::sync::Arc<reach::Methods>>,
}

impl Interest {
    fn new(catalogue: &Catalogue, language: &str, text: &str) -> Self {
        let mut interest = Interest {
            names: HashSet::new(),
            capitals: HashSet::new(),
            shared: HashSet::new(),
            changed: HashSet::new(),
            methods: Vec::new(),
            spoken: Vec::new(),
            functions: Vec::new(),
            called: Vec::new(),
            methods_by_name: None,
        };
        for api in catalogue.apis.iter() {
            interest.called.extend(api.called.iter().cloned());
            if api.modules.iter().any(|module| text.contains(&**module)) {
                interest.functions.extend(api.generated.iter().filter_map(|object| object.rsplit('.').next()).map(str::to_string));
            }
            if !api.receivers.is_empty() && api.language == language {
                interest.spoken.extend(api.methods.iter().map(|method| (method.clone(), api.receivers.clone())));
                continue;
            }
            // Methods such as `invoke` and `post` count only where the file names what they would be called on.
            if api.language != language {
                continue;
            }
            let names_it = |words: &[Text]| words.iter().any(|word| text.contains(&**word));
            if (!api.constructors.is_empty() && !names_it(&api.modules)) || (!api.endpoints.is_empty() && !names_it(&api.endpoints)) {
                continue;
            }
            for method in api.methods.iter() {
                let mut names = method.rsplit('.');
                let last = names.next().unwrap_or_default().to_string();
                interest.methods.push((names.next().map(str::to_string), last));
            }
            let made = api.functions.iter().chain(api.constructors.iter()).chain(api.chains.iter());
            interest.functions.extend(made.filter_map(|function| function.rsplit('.').next()).map(str::to_string));
        }
        interest
    }

    /// Whether the block names an API.
    fn calls(&self, block: &[Stmt]) -> bool {
        let mut found = false;
        find::visit_body(block, &mut |seen| {
            if let Seen::Stmt(Stmt { kind: StmtKind::Function(function), .. }) = seen {
                found = found || self.takes(function);
            }
            if let Seen::Expr(expr) = seen {
                found = found
                    || match &expr.kind {
                        ExprKind::Attribute { base, name } => {
                            let before = match &base.kind {
                                ExprKind::Attribute { name, .. } | ExprKind::Name(name) => Some(name),
                                _ => None,
                            };
                            self.methods
                                .iter()
                                .any(|(second, last)| last == name && (second.is_none() || before == second.as_ref() || before.is_none()))
                                || self.functions.contains(name)
                                || self.methods_by_name.as_ref().is_some_and(|methods| methods.file_of(name).is_some())
                                || (self.spoken.iter().any(|(method, _)| method == name) && self.is_spoken(base, name))
                        }
                        ExprKind::Name(name) => self.functions.contains(name) || self.names.contains(name),
                        ExprKind::Call(call) => match &call.callee.kind {
                            ExprKind::Name(name) | ExprKind::Attribute { name, .. } => {
                                self.capitals.contains(name) || self.called.iter().any(|called| called == name.trim_start_matches('_'))
                            }
                            _ => false,
                        },
                        _ => false,
                    };
            }
        });
        found
    }

    fn is_spoken(&self, base: &Expr, method: &str) -> bool {
        let receiver = expr::name_of(base);
        let words = crate::catalogue::names::words(receiver.rsplit('.').next().unwrap_or_default());
        self.spoken.iter().any(|(name, known)| name == method && known.iter().any(|known| words.iter().any(|word| known == word)))
    }

    /// Whether the function takes something by its annotation that reaches an API.
    fn takes(&self, function: &Function) -> bool {
        function.params.iter().filter_map(|param| param.annotation.as_ref()).any(|annotation| {
            let mut words = annotation.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.any(|word| self.names.contains(word) || self.capitals.contains(word))
        })
    }

    /// Whether the function names an API, or takes something that reaches one.
    fn concerns(&self, function: &Function) -> bool {
        self.takes(function) || self.calls(&function.body)
    }

    /// Adds the names that this file imports from files which reach a call, and those that it defines by them.
    fn learn(&mut self, project: &Project, reach: &Reach<'_>, file: FileId, block: &[Stmt]) {
        let mut names = Vec::new();
        let is_sdk = |module: &str| project.file(file).language == Language::JavaScript && reach.is_sdk(module);
        find::visit_body(block, &mut |seen| {
            let Seen::Stmt(Stmt { kind: StmtKind::Import(import), .. }) = seen else { return };
            let found = |module: &str| match project.file(file).language {
                Language::JavaScript => project.specified(file, module),
                _ => imports::module(project, file, module, import.level),
            };
            let reaches = |module: &str| found(module).is_some_and(|found| reach.reaches(found));
            if !import.from {
                if reaches(&import.module) {
                    let first = import.module.split('.').next().unwrap_or_default();
                    names.push(import.alias.clone().unwrap_or_else(|| first.to_string()));
                }
                return;
            }
            if is_sdk(&import.module) {
                // What is imported under another name.
                let renamed = import.names.iter().filter(|name| self.functions.contains(&name.name));
                names.extend(renamed.filter_map(|name| name.alias.clone()));
                return;
            }
            let module = found(&import.module);
            let whole = module.is_some_and(|found| reach.reaches(found));
            for imported in &import.names {
                let full = if import.module.is_empty() { imported.name.clone() } else { format!("{}.{}", import.module, imported.name) };
                if whole || reaches(&full) {
                    names.push(imported.alias.clone().unwrap_or_else(|| imported.name.clone()));
                }
            }
        });
        let in_script = project.file(file).language == Language::JavaScript;
        // Constants and loggers reach nothing by being named.
        let (names, capitals): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.chars().any(char::is_lowercase));
        self.names.extend(names);
        self.capitals.extend(capitals);
        for stmt in block {
            if let StmtKind::Assign { targets, value } = &stmt.kind {
                let holds = matches!(value.kind, ExprKind::List(_) | ExprKind::Dict(_) | ExprKind::Call(_));
                self.shared.extend(targets.iter().filter(|_| holds).filter_map(Expr::dotted));
            }
        }
        for _ in 0..4 {
            let before = self.names.len();
            for stmt in block {
                match &stmt.kind {
                    StmtKind::Function(function) if self.concerns(function) => drop(self.names.insert(function.name.clone())),
                    StmtKind::Class(class) if self.calls(&class.body) => drop(self.names.insert(class.name.clone())),
                    // An object of functions, or a client of one's own.
                    StmtKind::Assign { targets, .. } if in_script && self.calls(std::slice::from_ref(stmt)) => {
                        self.names.extend(targets.iter().filter_map(Expr::dotted));
                    }
                    _ => {}
                }
            }
            if self.names.len() == before {
                break;
            }
        }
    }

    /// The lists and dicts of the module that the block adds to or shortens, or whose names it binds.
    fn changes(&self, block: &[Stmt]) -> Vec<String> {
        const CHANGING: [&str; 12] =
            ["append", "extend", "insert", "update", "pop", "popleft", "clear", "remove", "push", "unshift", "splice", "shift"];
        let mut found = Vec::new();
        let mut note = |expr: &Expr| {
            if let ExprKind::Name(name) = &held_in(expr).kind
                && self.shared.contains(name)
            {
                found.push(name.clone());
            }
        };
        find::visit_body(block, &mut |seen| match seen {
            Seen::Expr(expr) => {
                if let ExprKind::Attribute { base, name } = &expr.kind
                    && (CHANGING.contains(&name.as_str()) || name == "setdefault")
                {
                    note(base);
                }
            }
            Seen::Stmt(stmt) => match &stmt.kind {
                StmtKind::Augment { target, .. } => note(target),
                // What a name is bound to cannot be read from the same name unless that is of the module.
                StmtKind::Assign { targets, value } if targets.iter().any(|target| reads(value, target)) => {
                    targets.iter().for_each(&mut note)
                }
                StmtKind::Delete(targets) | StmtKind::Assign { targets, .. } => {
                    for target in targets {
                        if let ExprKind::Slice { base, .. } | ExprKind::Index { base, .. } = &target.kind {
                            note(base);
                        }
                    }
                }
                _ => {}
            },
        });
        find::visit_body(block, &mut |seen| {
            if let Seen::Stmt(Stmt { kind: StmtKind::Global(names), .. }) = seen {
                found.extend(names.iter().filter(|name| self.shared.contains(*name)).cloned());
            }
        });
        found
    }

    /// Functions written in place that name an API.
    fn deferred(&self, block: &[Stmt]) -> HashSet<*const Function> {
        let mut found = HashSet::new();
        find::visit_body(block, &mut |seen| {
            if let Seen::Expr(Expr { kind: ExprKind::Lambda(function), .. }) = seen
                && (self.calls(&function.body) || !self.changes(&function.body).is_empty())
            {
                found.insert(&**function as *const Function);
            }
        });
        found
    }

    /// Whether the block names a list or dict of the module that some function changes.
    fn uses_changed(&self, block: &[Stmt]) -> bool {
        let mut found = false;
        find::visit_body(block, &mut |seen| {
            found |= matches!(seen, Seen::Expr(Expr { kind: ExprKind::Name(name), .. }) if self.changed.contains(name));
        });
        found
    }

    /// Functions that hand out what others change: `get_session(user_id)`.
    fn learn_users(&mut self, block: &[Stmt]) {
        if self.changed.is_empty() {
            return;
        }
        let users = block.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Function(function) if self.uses_changed(&function.body) => Some(function.name.clone()),
            _ => None,
        });
        let users: Vec<String> = users.collect();
        self.changed.extend(users);
    }

    /// Whether a function or class of the block, or the block itself, has to do with an API.
    fn is_worth_running(&self, block: &[Stmt]) -> bool {
        let mut found = self.calls(block);
        find::visit_body(block, &mut |seen| {
            if let Seen::Stmt(Stmt { kind: StmtKind::Function(function), .. }) = seen {
                found = found || self.concerns(function);
            }
        });
        found
    }
}

/// Runs a code file: its body, each of its functions on its own, and each class as an object whose methods are called
/// again and again.
pub fn calls<'p>(project: &'p Project, catalogue: &'p Catalogue, reach: &Reach<'_>, file: FileId) -> FileCalls<'p> {
    let mut evaluator = Evaluator::new(project, catalogue, file);
    let module = project.module(file);
    let language = project.file(file).language;
    let mut interest = Interest::new(catalogue, language.in_catalogue().unwrap_or_default(), project.text(file));
    if find_telling(catalogue, &module.body) {
        evaluator.methods = Some(reach.methods().clone());
        interest.methods_by_name = evaluator.methods.clone();
    }
    interest.learn(project, reach, file, &module.body);
    if language == Language::JavaScript {
        evaluator.deferred = interest.deferred(&module.body);
    }
    evaluator.load_module(file);
    if interest.is_worth_running(&module.body) {
        let functions = module.body.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Function(function) => Some(&function.body),
            _ => None,
        });
        interest.changed = functions.flat_map(|body| interest.changes(body)).collect();
        interest.learn_users(&module.body);
        run_definitions(&mut evaluator, &interest, file, &module.body, Pass::First, 0);
        // What one function leaves in a list of the module, the next call of another finds there.
        if !interest.changed.is_empty() {
            run_definitions(&mut evaluator, &interest, file, &module.body, Pass::Again, 0);
        }
    }
    let cut_short = evaluator.cut_short || evaluator.fuel == 0;
    let capped_later = std::mem::take(&mut evaluator.capped_later);
    let cap_assigned = std::mem::take(&mut evaluator.cap_assigned);
    let mut calls: Vec<Call<'p>> = evaluator
        .calls
        .into_iter()
        .map(|mut raw| {
            let made = raw.call.settings.as_ref().map_or(raw.expr, |settings| settings.syntax) as *const Expr;
            let given_later = capped_later.contains(&(raw.expr as *const Expr)) || cap_assigned.contains(&made);
            if raw.call.cap.state == CapState::Missing && given_later {
                raw.call.cap = Cap { state: CapState::Unknown, value: None, confidence: Confidence::Low, place: None };
            }
            raw.call
        })
        .collect();
    calls.sort_by_key(|call| (call.place, call.via.as_ref().map(|via| via.inner)));
    FileCalls { calls, cut_short }
}

/// Whether the block calls a method on something named like a model, by a name that may tell whose method it is.
fn find_telling(catalogue: &Catalogue, block: &[Stmt]) -> bool {
    let mut found = false;
    find::visit_body(block, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Attribute { base, name }, .. }) = seen {
            found = found || (reach::is_telling(name) && catalogue.speaks(&expr::name_of(base)));
        }
    });
    found
}

/// A template file on its own, every name in it unknown.
pub fn template<'p>(project: &'p Project, catalogue: &'p Catalogue, file: FileId) -> Option<Vec<Segment>> {
    let mut evaluator = Evaluator::new(project, catalogue, file);
    evaluator.frames.push(Frame::new(file));
    let mut bindings = Bindings::new(Default::default(), None);
    let mut segments = evaluator.render_file(file, &mut bindings)?;
    announced::confirm(&mut segments);
    Some(segments)
}

/// A text of a file that holds prompts, every name in it unknown.
pub fn file_part<'p>(project: &'p Project, catalogue: &'p Catalogue, file: FileId, nodes: &[crate::template::Node]) -> Vec<Segment> {
    let mut evaluator = Evaluator::new(project, catalogue, file);
    evaluator.frames.push(Frame::new(file));
    let mut segments = evaluator.render_part(nodes, file);
    announced::confirm(&mut segments);
    segments
}

/// Functions of a module are called again and again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    First,
    /// Of what uses the lists of the module that functions change.
    Again,
}

/// Functions and classes of a block of statements, those under conditions included.
fn run_definitions<'p>(evaluator: &mut Evaluator<'p>, interest: &Interest, file: FileId, block: &'p [Stmt], pass: Pass, depth: usize) {
    if depth > 8 {
        return;
    }
    let runs = |function: &Function| match pass {
        Pass::First => interest.concerns(function) || !interest.changes(&function.body).is_empty(),
        Pass::Again => interest.uses_changed(&function.body),
    };
    for stmt in block {
        match &stmt.kind {
            StmtKind::Function(function) if runs(function) => {
                evaluator.frames.push(Frame::new(file));
                let value = evaluator.function_value(function, None);
                evaluator.frames.pop();
                if let Value::Function(reference) = value {
                    run_function(evaluator, &reference, None);
                }
            }
            // The methods of a class are run together: what one leaves, another sends.
            StmtKind::Class(class)
                if interest.is_worth_running(&class.body) && (pass == Pass::First || interest.uses_changed(&class.body)) =>
            {
                run_class(evaluator, ClassRef { class, file })
            }
            StmtKind::If { then, otherwise, .. } => {
                run_definitions(evaluator, interest, file, then, pass, depth + 1);
                run_definitions(evaluator, interest, file, otherwise, pass, depth + 1);
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                run_definitions(evaluator, interest, file, body, pass, depth + 1);
                for handler in handlers {
                    run_definitions(evaluator, interest, file, handler, pass, depth + 1);
                }
                run_definitions(evaluator, interest, file, otherwise, pass, depth + 1);
                run_definitions(evaluator, interest, file, finally, pass, depth + 1);
            }
            StmtKind::With { body, .. } | StmtKind::For { body, .. } | StmtKind::While { body, .. } => {
                run_definitions(evaluator, interest, file, body, pass, depth + 1)
            }
            _ => {}
        }
    }
}

/// The list or dict that an element is taken out of: `sessions` of `sessions[user_id]` and of `sessions.setdefault(user_id, [])`.
fn held_in(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Index { base, .. } => held_in(base),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, name } if name == "setdefault" => held_in(base),
            _ => expr,
        },
        _ => expr,
    }
}

/// Whether an expression names what it is bound to: `messages.slice(-10)`, `[...messages, m]`, `messages + [m]`.
fn reads(value: &Expr, target: &Expr) -> bool {
    let ExprKind::Name(name) = &target.kind else { return false };
    let mut found = false;
    find::visit_expr(value, &mut |seen| {
        found |= matches!(seen, Seen::Expr(Expr { kind: ExprKind::Name(read), .. }) if read == name);
    });
    found
}

/// Runs a function with unknown parameters, and the functions that it defines.
fn run_function<'p>(evaluator: &mut Evaluator<'p>, reference: &Rc<FuncRef<'p>>, this: Option<Value<'p>>) {
    if evaluator.fuel == 0 || evaluator.frames.len() > 8 {
        return;
    }
    let in_constructor = reference.func.name == "__init__";
    if !in_constructor {
        evaluator.loops.push(LoopInfo { id: LoopId::Turns, kind: LoopShape::Pseudo, depth: 0 });
    }
    let frame = evaluator.root_frame(reference, this);
    evaluator.frames.push(frame);
    let (_, enough) = evaluator.within(ROOT_FUEL, |evaluator| evaluator.in_pass(|evaluator| evaluator.run_body(reference.func)));
    evaluator.cut_short |= !enough;
    let nested = evaluator.frames.last_mut().map(|frame| std::mem::take(&mut frame.nested)).unwrap_or_default();
    for inner in nested {
        // What the function has bound by now is what the inner one sees when it is called.
        let captured = evaluator.frames.last().map(|frame| {
            let mut vars = frame.captured.as_deref().cloned().unwrap_or_default();
            vars.extend(frame.vars.iter().map(|(name, value)| (*name, value.clone())));
            Rc::new(vars)
        });
        let inner = Rc::new(FuncRef { captured, ..(*inner).clone() });
        run_function(evaluator, &inner, None);
    }
    evaluator.frames.pop();
    if !in_constructor {
        evaluator.loops.pop();
    }
}

/// Runs a class: its constructor with unknown arguments, then each method twice on the same object, so that what one
/// method leaves is seen by the others.
fn run_class<'p>(evaluator: &mut Evaluator<'p>, class: ClassRef<'p>) {
    let vars = evaluator.class_vars(class);
    let id = evaluator.heap.add(Obj::Instance(InstanceObj::of(class)));
    let this = Value::Ref(id);
    evaluator.make_fields(class, id);
    if let Ok(Some(Value::Function(init))) = evaluator.class_attribute(class, "__init__", 0) {
        run_function(evaluator, &init, Some(this.clone()));
    }
    let mut methods: Vec<Rc<FuncRef<'p>>> = class
        .class
        .body
        .iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Function(function) if function.name != "__init__" => match vars.get(function.name.as_str()) {
                Some(Value::Function(reference)) if std::ptr::eq(reference.func, function) => Some(reference.clone()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    methods.dedup_by(|a, b| std::ptr::eq(a.func, b.func));
    for _ in 0..2 {
        for method in &methods {
            let this = match method.binding {
                Binding::Static => None,
                Binding::Class => Some(Value::Class(class)),
                _ => Some(this.clone()),
            };
            run_function(evaluator, method, this);
        }
    }
    for stmt in &class.class.body {
        if let StmtKind::Class(inner) = &stmt.kind {
            run_class(evaluator, ClassRef { class: inner, file: class.file });
        }
    }
}
