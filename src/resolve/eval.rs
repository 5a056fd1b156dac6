//! The abstract evaluator: runs the statements of a module, function or class forwards, on values that may be unknown.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::{Catalogue, NameHint};
use crate::model::prompt::{BlockKind, BlockSegment, Segment, SizeClass, Volatility};
use crate::project::{Language, Project};
use crate::span::{FileId, Place, Span};
use crate::syntax::*;

use super::expr::setting;
use super::heap::Heap;
use super::imports;
use super::limits;
use super::recognise::RawCall;
use super::value::*;

/// How many functions deep calls are followed.
const MAX_DEPTH: usize = 8;
/// Statements and expressions that are run for one file before the analysis of the file stops with a note.
const FUEL: u32 = 2_000_000;
/// Of these, how many one function or module body gets on its own, with all that it calls.
pub const ROOT_FUEL: u32 = 60_000;
/// How many a called function gets, by how deep it is called: what it returns is unknown beyond, and its own calls of a
/// model are still found when it is run on its own.
const CALL_FUEL: [u32; MAX_DEPTH] = [4_000, 3_000, 2_000, 1_500, 1_000, 600, 300, 100];

/// One function (or module, or class body) being run.
pub struct Frame<'p> {
    pub vars: Vars<'p>,
    pub captured: Option<Rc<Vars<'p>>>,
    pub file: FileId,
    pub function: Option<&'p Function>,
    pub returns: Vec<Value<'p>>,
    /// What a generator has yielded.
    pub yields: Vec<Value<'p>>,
    /// It yields in a loop: nobody knows how many there are.
    pub yields_many: bool,
    /// Nothing after this point is reached.
    pub dead: bool,
    pub globals: HashSet<&'p str>,
    /// Runs when the module is imported, not when it is used.
    pub at_import: bool,
    /// Runs once when an object is made.
    pub in_constructor: bool,
    pub nested: Vec<Rc<FuncRef<'p>>>,
}

pub struct Evaluator<'p> {
    pub project: &'p Project,
    pub catalogue: &'p Catalogue,
    /// The file whose calls are recorded.
    pub root: FileId,
    /// Methods of the project that are told by their names.
    pub methods: Option<std::sync::Arc<super::reach::Methods>>,
    pub heap: Heap<'p>,
    pub frames: Vec<Frame<'p>>,
    /// The names of the file that is linted, and those of other modules that were asked for.
    pub modules: FxHashMap<FileId, Vars<'p>>,
    pub in_progress: HashSet<FileId>,
    /// Groups of names of other modules that were asked for.
    pub begun: FxHashSet<(FileId, usize)>,
    /// Such groups being worked out inside each other.
    pub importing: usize,
    /// What is left of the fuel for them.
    pub import_fuel: u32,
    /// The modules whose names a module takes over by `from … import *`.
    pub stars: FxHashMap<FileId, Rc<[FileId]>>,
    pub class_vars: FxHashMap<*const Class, Rc<Vars<'p>>>,
    pub loops: Vec<LoopInfo>,
    pub statement: Place,
    /// Calls of the project's own functions that are being followed, outermost first.
    pub stack: Vec<CallSite<'p>>,
    pub calls: Vec<RawCall<'p>>,
    /// Constructors of objects that are given a cap, or settings that can't be followed, after they were made.
    pub capped_later: HashSet<*const Expr>,
    /// Constructors of objects whose cap is set as an attribute (`llm.max_tokens = 40`): it holds for their calls from then on.
    pub cap_assigned: HashSet<*const Expr>,
    /// Blocks being run that were entered with a cap.
    pub capping_blocks: usize,
    /// Set when a value that is lowered comes from a parameter of the function that is run on its own.
    pub reads_param: std::cell::Cell<bool>,
    /// Objects whose content is being written out, each inside the one before.
    pub lowering: Vec<ObjId>,
    /// Whether the calls that a function makes depend on its parameters, once it was asked for.
    pub wrappers: FxHashMap<*const Function, bool>,
    /// Functions that did not come to their end, nor to a call of a model, with so much fuel.
    pub exhausted: FxHashMap<*const Function, u32>,
    /// Calls of a model that were come to, recorded or not.
    pub recognised: usize,
    /// What names say, each looked up once.
    pub hints: std::cell::RefCell<FxHashMap<Rc<str>, Option<NameHint>>>,
    /// A function is run only to see whether it is a wrapper.
    pub probing: bool,
    /// Functions written in place in the root file that name a call of a model.
    pub deferred: HashSet<*const Function>,
    /// Those of them that were run once.
    pub started: HashSet<*const Function>,
    /// Imports of modules of JavaScript, by file and name: followed when the name is asked for.
    pub pending: HashMap<(FileId, &'p str), Pending<'p>>,
    /// Files of which a module of JavaScript hands on all exports.
    pub handed_on: HashMap<FileId, Vec<FileId>>,
    /// Objects that stand for parameters annotated with a class of the project.
    pub generic: HashMap<Rc<str>, ObjId>,
    /// Functions that were run from the module's own body, outside any loop.
    pub run_by_script: HashSet<*const Function>,
    pub fuel: u32,
    /// Passes through loops, and through functions that are run on their own, that are under way, outermost first.
    pub passes: Vec<super::kept::Pass>,
    pub passes_begun: u32,
    /// Attributes that a pass under way surely bound to a list of its own, with what they held before: others find that again.
    pub begun_anew: Vec<(ObjId, Rc<str>, Value<'p>)>,
    /// Objects that stand for each of several, in the loops over them that run.
    pub items: Vec<(ObjId, LoopId)>,
    /// The loop over messages that runs innermost.
    pub carry: Option<super::replays::Carry>,
    /// Something of the file itself was not run to its end.
    pub cut_short: bool,
    /// The expression whose value is thrown away.
    pub discards: Option<&'p Expr>,
    /// Expressions being evaluated inside each other.
    pub nesting: usize,
    /// Lists kept in a store that outlives the run of a script, by the name of the store and key.
    pub persistent: HashMap<Rc<str>, ObjId>,
    /// The function that runs, or one that called it, answers only so many times (`None` inside: not known how many).
    pub turn_limit: Option<Option<i64>>,
}

/// An import that has not been followed yet, is being followed, or was.
pub enum Pending<'p> {
    Import { own: &'p str, found: FileId, wanted: &'p str },
    Followed(Option<Value<'p>>),
}

/// A base class lies outside the project: what the class has is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfReach;

/// A call of one of the project's own functions that is being followed.
#[derive(Clone)]
pub struct CallSite<'p> {
    pub file: FileId,
    pub expr: &'p Expr,
    pub statement: Place,
    pub reference: Rc<FuncRef<'p>>,
    pub this: Option<Value<'p>>,
    /// Loops that ran around the call.
    pub loops: usize,
}

impl<'p> Evaluator<'p> {
    pub fn new(project: &'p Project, catalogue: &'p Catalogue, root: FileId) -> Self {
        Evaluator {
            project,
            catalogue,
            root,
            methods: None,
            heap: Heap::default(),
            frames: Vec::new(),
            modules: FxHashMap::default(),
            in_progress: HashSet::new(),
            begun: FxHashSet::default(),
            importing: 0,
            import_fuel: super::modules::IMPORT_FUEL,
            stars: FxHashMap::default(),
            class_vars: FxHashMap::default(),
            loops: vec![LoopInfo { id: LoopId::Rerun, kind: LoopShape::Pseudo, depth: 0 }],
            statement: Place::new(root, Span::default()),
            stack: Vec::new(),
            calls: Vec::new(),
            capped_later: HashSet::new(),
            cap_assigned: HashSet::new(),
            capping_blocks: 0,
            reads_param: std::cell::Cell::new(false),
            lowering: Vec::new(),
            wrappers: FxHashMap::default(),
            exhausted: FxHashMap::default(),
            recognised: 0,
            hints: Default::default(),
            probing: false,
            deferred: HashSet::new(),
            started: HashSet::new(),
            pending: HashMap::new(),
            handed_on: HashMap::new(),
            generic: HashMap::new(),
            run_by_script: HashSet::new(),
            passes: Vec::new(),
            passes_begun: 0,
            begun_anew: Vec::new(),
            items: Vec::new(),
            carry: None,
            fuel: FUEL,
            cut_short: false,
            discards: None,
            nesting: 0,
            persistent: HashMap::new(),
            turn_limit: None,
        }
    }

    /// Runs `work` with at most `allowance` of the fuel that is left; whether that was enough.
    pub fn within<R>(&mut self, allowance: u32, work: impl FnOnce(&mut Self) -> R) -> (R, bool) {
        let kept = self.fuel.saturating_sub(allowance);
        self.fuel -= kept;
        let result = work(self);
        let enough = self.fuel > 0;
        self.fuel += kept;
        (result, enough)
    }

    /// The frame that runs; there is always one while statements are run.
    pub fn frame(&mut self) -> &mut Frame<'p> {
        if self.frames.is_empty() {
            let root = self.root;
            self.frames.push(Frame::new(root));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    pub fn file(&self) -> FileId {
        self.frames.last().map_or(self.root, |frame| frame.file)
    }

    pub fn place(&self, span: Span) -> Place {
        Place::new(self.file(), span)
    }

    // --- modules -----------------------------------------------------------------------------------------------

    /// Runs the body of the file that is linted, once, and keeps its names.
    pub fn load_module(&mut self, file: FileId) {
        if self.modules.contains_key(&file) || !self.in_progress.insert(file) {
            return;
        }
        let module = self.project.module(file);
        let mut frame = Frame::new(file);
        frame.at_import = true;
        let frames = std::mem::take(&mut self.frames);
        let stack = std::mem::take(&mut self.stack);
        let loops = std::mem::replace(&mut self.loops, vec![LoopInfo { id: LoopId::Rerun, kind: LoopShape::Pseudo, depth: 0 }]);
        let statement = self.statement;
        self.frames.push(frame);
        let (_, enough) = self.within(ROOT_FUEL, |this| this.run_block(&module.body));
        self.cut_short |= !enough && file == self.root;
        let vars = self.frames.pop().map(|frame| frame.vars).unwrap_or_default();
        self.frames = frames;
        self.stack = stack;
        self.loops = loops;
        self.statement = statement;
        self.modules.insert(file, vars);
        self.in_progress.remove(&file);
    }

    pub fn module_var(&mut self, file: FileId, name: &str) -> Option<Value<'p>> {
        if file != self.root {
            return self.imported_var(file, name);
        }
        let is_script = self.project.file(file).language == Language::JavaScript;
        let known = match self.modules.get(&file) {
            Some(vars) => vars.get(name).cloned(),
            None => self.var_in_progress(file, name),
        };
        known.or_else(|| if is_script { self.pending_import(file, name) } else { self.starred_var(file, name) })
    }

    /// The module is being run right now: what it has bound so far.
    pub fn var_in_progress(&self, file: FileId, name: &str) -> Option<Value<'p>> {
        self.frames.iter().find(|frame| frame.file == file && frame.at_import).and_then(|frame| frame.vars.get(name).cloned())
    }

    // --- names -------------------------------------------------------------------------------------------------

    pub fn lookup(&mut self, name: &str) -> Option<Value<'p>> {
        let frame = self.frame();
        let is_global = frame.globals.contains(name);
        if !is_global {
            if let Some(value) = frame.vars.get(name) {
                return Some(value.clone());
            }
            if let Some(value) = frame.captured.as_ref().and_then(|captured| captured.get(name)) {
                return Some(value.clone());
            }
        }
        let file = frame.file;
        self.module_var(file, name)
    }

    pub fn bind(&mut self, name: &'p str, value: Value<'p>) {
        let frame = self.frame();
        if frame.globals.contains(name) {
            let file = frame.file;
            self.module_var(file, name);
            if let Some(vars) = self.modules.get_mut(&file) {
                let joined = match vars.remove(name) {
                    Some(old) => old.join(value),
                    None => value,
                };
                vars.insert(name, joined);
                return;
            }
        }
        self.frame().vars.insert(name, value);
    }

    pub fn current_loops(&self) -> Rc<Vec<LoopId>> {
        Rc::new(self.loops.iter().map(|info| info.id).collect())
    }

    // --- statements --------------------------------------------------------------------------------------------

    pub fn run_block(&mut self, block: &'p [Stmt]) {
        for stmt in block {
            if self.frame().dead || self.fuel == 0 {
                return;
            }
            self.run_stmt(stmt);
        }
    }

    fn run_stmt(&mut self, stmt: &'p Stmt) {
        self.fuel = self.fuel.saturating_sub(1);
        self.statement = self.place(stmt.span);
        match &stmt.kind {
            StmtKind::Expr(expr) => {
                self.discards = Some(expr);
                self.eval(expr);
            }
            StmtKind::Assign { targets, value } => {
                let evaluated = self.eval(value);
                self.statement = self.place(stmt.span);
                for target in targets {
                    self.assign(target, evaluated.clone(), Some(value));
                }
            }
            StmtKind::Augment { target, op, value } => self.augment(target, *op, value, stmt.span),
            StmtKind::Return(value) => {
                let value = value.as_ref().map_or(Value::Null, |value| self.eval(value));
                let frame = self.frame();
                frame.returns.push(value);
                frame.dead = true;
            }
            StmtKind::Raise(value) => {
                if let Some(value) = value {
                    self.eval(value);
                }
                self.frame().dead = true;
            }
            StmtKind::Break | StmtKind::Continue => self.frame().dead = true,
            StmtKind::If { test, then, otherwise } => {
                let value = self.eval(test);
                match self.truth(&value) {
                    // On its own a function is run both ways, so that no call in it is missed.
                    Some(true) if self.is_settled(test) || !self.stack.is_empty() => self.run_block(then),
                    Some(false) if self.is_settled(test) || !self.stack.is_empty() => self.run_block(otherwise),
                    _ => self.branch(&[Some(then), Some(otherwise)]),
                }
            }
            StmtKind::For { target, iter, body, otherwise, .. } => {
                let iterated = self.eval(iter);
                self.statement = self.place(stmt.span);
                let target = self.item_target(target, iter);
                if !self.run_over_messages(target, &iterated, body) {
                    let id = LoopId::At(self.file(), stmt.span.start);
                    let shape = self.loop_shape(iter, &iterated);
                    let element = self.element_of(&iterated, iter, id);
                    let carry = self.carry_over(&iterated).or_else(|| self.carry.clone());
                    let outer = std::mem::replace(&mut self.carry, carry);
                    let around = self.items.len();
                    self.begin_items(&iterated, &element, id);
                    self.run_loop(LoopInfo { id, kind: shape, depth: self.stack.len() }, |this| {
                        this.assign(target, element.clone(), None);
                        this.run_block(body);
                    });
                    self.items.truncate(around);
                    self.carry = outer;
                }
                self.run_block(otherwise);
            }
            StmtKind::While { test, body, otherwise } => {
                self.eval(test);
                let id = LoopId::At(self.file(), stmt.span.start);
                let kind = limits::of_while(test, body).and_then(|limit| self.steps(limit)).map_or(LoopShape::While, LoopShape::Range);
                self.run_loop(LoopInfo { id, kind, depth: self.stack.len() }, |this| {
                    this.eval(test);
                    this.run_block(body);
                });
                self.run_block(otherwise);
            }
            StmtKind::With { items, body } => {
                let caps = items.iter().filter(|item| self.gives_cap(&item.value)).count();
                for item in items {
                    let value = self.eval(&item.value);
                    if let Some(target) = &item.target {
                        self.assign(target, value, None);
                    }
                }
                self.capping_blocks += caps;
                self.run_block(body);
                self.capping_blocks -= caps;
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                self.run_block(body);
                let body_dead = std::mem::replace(&mut self.frame().dead, false);
                if !body_dead {
                    self.run_block(otherwise);
                }
                let main_dead = std::mem::replace(&mut self.frame().dead, false) || body_dead;
                if !handlers.is_empty() {
                    let mut ways: Vec<Option<&'p [Stmt]>> = handlers.iter().map(|handler| Some(handler.as_slice())).collect();
                    if !main_dead {
                        ways.push(None);
                    }
                    self.branch(&ways);
                } else {
                    self.frame().dead = main_dead;
                }
                let dead = std::mem::replace(&mut self.frame().dead, false);
                self.run_block(finally);
                self.frame().dead |= dead;
            }
            StmtKind::Match { subject, cases } => {
                self.eval(subject);
                let mut ways: Vec<Option<&'p [Stmt]>> = cases.iter().map(|case| Some(case.as_slice())).collect();
                ways.push(None);
                self.branch(&ways);
            }
            StmtKind::Function(function) => {
                for param in &function.params {
                    if let Some(default) = &param.default {
                        self.eval(default);
                    }
                }
                let value = self.function_value(function, None);
                if let Value::Function(reference) = &value {
                    let reference = reference.clone();
                    let frame = self.frame();
                    if frame.function.is_some() || !frame.at_import {
                        frame.nested.push(reference);
                    }
                }
                self.bind(&function.name, value);
            }
            StmtKind::Class(class) => {
                let file = self.file();
                self.bind(&class.name, Value::Class(ClassRef { class, file }));
            }
            StmtKind::Import(import) => self.import(import),
            StmtKind::Delete(targets) => {
                for target in targets {
                    self.delete(target);
                }
            }
            StmtKind::Global(names) => {
                for name in names {
                    self.frame().globals.insert(name);
                }
            }
            StmtKind::Opaque => {}
        }
    }

    /// Whether a block is entered with a cap that may hold for the calls inside (`with settings(llm, max_tokens=3):`).
    pub fn gives_cap(&self, entered: &Expr) -> bool {
        let ExprKind::Call(call) = &entered.kind else { return false };
        call.args.iter().any(|arg| matches!(&arg.kind, ArgKind::Keyword(name) if self.catalogue.names_cap(name)))
    }

    /// A test whose outcome cannot differ from run to run: a literal, or a constant of the module.
    fn is_settled(&self, test: &Expr) -> bool {
        matches!(test.kind, ExprKind::Bool(_) | ExprKind::Null | ExprKind::Int(_))
    }

    /// Runs each way from the same state, and joins what they leave. `None` is the way that does nothing.
    pub fn branch(&mut self, ways: &[Option<&'p [Stmt]>]) {
        let statement = self.statement;
        let before = self.frame().vars.clone();
        let mut joined_vars: Option<Vars<'p>> = None;
        let mut joined_heap: Option<super::heap::Changes<'p>> = None;
        let mut all_dead = true;
        for way in ways {
            self.frame().vars = before.clone();
            self.heap.begin();
            if let Some(block) = way {
                self.run_block(block);
            }
            let changes = self.heap.rollback();
            self.statement = statement;
            let dead = std::mem::replace(&mut self.frame().dead, false);
            all_dead &= dead;
            let vars = std::mem::take(&mut self.frame().vars);
            if !dead {
                joined_vars = Some(match joined_vars {
                    None => vars,
                    Some(known) => join_vars(known, vars),
                });
            }
            // What a way that ends early did to lists and objects still stands on the next turn of a loop around it.
            joined_heap = Some(match joined_heap {
                None => changes,
                Some(known) => {
                    self.heap.begin();
                    self.heap.merge(known, changes);
                    self.heap.rollback()
                }
            });
        }
        if let Some(changes) = joined_heap {
            self.heap.apply(changes);
        }
        let frame = self.frame();
        frame.vars = joined_vars.unwrap_or(before);
        frame.dead = all_dead && !ways.is_empty();
    }

    /// Runs a loop's body twice: once from the state before, once from the state that the first pass left.
    pub fn run_loop(&mut self, info: LoopInfo, mut body: impl FnMut(&mut Self)) {
        let before = self.frame().vars.clone();
        let statement = self.statement;
        self.loops.push(info);
        for _ in 0..2 {
            self.in_pass(&mut body);
            // `break`, `continue` and `return` end a pass; the code after the loop is reached all the same.
            self.frame().dead = false;
            if self.fuel == 0 {
                break;
            }
        }
        self.loops.pop();
        self.statement = statement;
        let after = std::mem::take(&mut self.frame().vars);
        self.frame().vars = join_vars(before, after);
    }

    /// The number of steps that a limit allows: `Some(None)` if it is not known, `None` if it may be none at all.
    pub fn steps(&mut self, limit: &'p Expr) -> Option<Option<i64>> {
        match self.eval(limit) {
            Value::Int(steps) => Some(Some(steps)),
            Value::Unknown(origin) => match origin.default {
                Some(DefaultKind::Int(steps)) => Some(Some(steps)),
                // `max_turns=None`, `max_turns=float("inf")`
                Some(DefaultKind::Null | DefaultKind::Other) => None,
                None => Some(None),
            },
            Value::Null => None,
            _ => Some(None),
        }
    }

    fn loop_shape(&mut self, iter: &'p Expr, value: &Value<'p>) -> LoopShape {
        if let ExprKind::Call(call) = &iter.kind
            && matches!(call.callee.dotted().as_deref(), Some("range" | "itertools.count" | "count" | "tqdm.trange" | "trange"))
        {
            let bound = call.args.get(if call.args.len() >= 2 { 1 } else { 0 }).map(|arg| &arg.value);
            return LoopShape::Range(bound.and_then(|bound| self.steps(bound)).flatten());
        }
        if let Value::Ref(id) = value
            && let Some(list) = self.heap.list(*id)
            && list.open.is_none()
            && list.items.iter().all(|item| !item.many)
        {
            return LoopShape::Range(Some(list.items.len() as i64));
        }
        LoopShape::Items
    }

    /// What a loop over `value` binds on each pass.
    pub fn element_of(&mut self, value: &Value<'p>, iter: &'p Expr, id: LoopId) -> Value<'p> {
        let name: Rc<str> = format!("each of {}", iter.dotted().unwrap_or_else(|| "the items".into())).into();
        match value {
            Value::Ref(object) => {
                if let Some(list) = self.heap.list(*object) {
                    let items: Vec<Value<'p>> = list.items.iter().take(8).map(|item| item.value.clone()).collect();
                    let open = list.open.clone();
                    let mut joined: Option<Value<'p>> = None;
                    for item in items {
                        joined = Some(match joined {
                            None => item,
                            Some(known) => known.join(item),
                        });
                    }
                    if let Some(origin) = open {
                        let element = Value::origin(Origin { loop_id: Some(id), size: None, ..origin.renamed(name.clone()) });
                        joined = Some(match joined {
                            None => element,
                            Some(known) => known.join(element),
                        });
                    }
                    return joined.unwrap_or_else(|| Value::origin(Origin { loop_id: Some(id), ..Origin::named(name) }));
                }
                Value::origin(Origin { loop_id: Some(id), ..Origin::named(name) })
            }
            Value::Unknown(origin) => {
                if self.is_history(origin) {
                    return Value::origin(Origin { loop_id: Some(id), ..self.turn_of(origin) });
                }
                let keeps = origin.volatility.filter(|volatility| *volatility <= Volatility::Deployment);
                let size = match origin.size {
                    Some(SizeClass::List | SizeClass::History | SizeClass::Scalar) => None,
                    other => other,
                };
                Value::origin(Origin {
                    loop_id: if keeps.is_some() { None } else { Some(id) },
                    volatility: keeps,
                    size,
                    default: None,
                    fetched: false,
                    ..(**origin).clone()
                })
            }
            Value::Choice(choices) => {
                let first = choices.first().cloned().unwrap_or(Value::Null);
                self.element_of(&first, iter, id)
            }
            _ => Value::origin(Origin { loop_id: Some(id), ..Origin::named(name) }),
        }
    }

    // --- assignment --------------------------------------------------------------------------------------------

    pub fn assign(&mut self, target: &'p Expr, value: Value<'p>, written: Option<&'p Expr>) {
        let value = if written.is_some() { self.prompt_of_file(target, value) } else { value };
        match &target.kind {
            ExprKind::Name(name) => {
                let value = match written {
                    Some(written) => self.carried_on(name, value, written),
                    None => value,
                };
                let value = self.name_origin(value, name);
                self.bind(name, value);
            }
            ExprKind::Attribute { base, name } => {
                let object = self.eval(base);
                for object in object.alternatives() {
                    self.set_attribute(object, name, value.clone());
                }
            }
            ExprKind::Index { base, index } => {
                let object = self.eval(base);
                let key = self.eval(index).as_text();
                let written = written.map(|expr| (self.file(), expr));
                for object in object.alternatives() {
                    self.set_item(object, key.as_deref(), value.clone(), written);
                }
            }
            ExprKind::Slice { base, lower, .. } => {
                // `messages[:] = …`, `messages[:k] = [...]`
                let object = self.eval(base);
                let lower = lower.as_ref().map(|lower| self.eval(lower));
                if let Value::Ref(id) = object {
                    self.replace_slice(id, lower, value);
                }
            }
            ExprKind::Tuple(parts) | ExprKind::List(parts) => {
                let values = self.unpack(&value, parts.len());
                for (part, value) in parts.iter().zip(values) {
                    self.assign(part, value, None);
                }
            }
            ExprKind::Starred(inner) => self.assign(inner, value, None),
            _ => {
                self.eval(target);
            }
        }
    }

    /// The text of a file that is kept as a prompt or template is one: `self.templates[kind] = file.read()`.
    fn prompt_of_file(&self, target: &Expr, value: Value<'p>) -> Value<'p> {
        let kept = match &target.kind {
            ExprKind::Index { base, .. } => base.dotted(),
            _ => target.dotted(),
        };
        let last = kept.as_deref().and_then(|path| path.rsplit('.').next());
        match &value {
            Value::Unknown(origin)
                if &*origin.reason == super::call::TEXT_OF_FILE && last.is_some_and(|name| self.catalogue.names.says_setting(name)) =>
            {
                super::call::setting_text(&origin.name)
            }
            _ => value,
        }
    }

    /// A list that is bound to a copy of itself with more at its end (`messages = [...messages, m]`) has grown, and one that a
    /// function binds to a part of itself is cut for all who share it.
    fn carried_on(&mut self, name: &str, value: Value<'p>, written: &'p Expr) -> Value<'p> {
        let Value::Ref(id) = value else { return value };
        if self.heap.list(id).is_none() || !self.frames.iter().any(|frame| frame.function.is_some()) && self.loops.is_empty() {
            return value;
        }
        let is_name = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(known) if known == name);
        let is_copy = match &written.kind {
            ExprKind::List(parts) => {
                matches!(parts.first(), Some(Expr { kind: ExprKind::Starred(inner), .. }) if is_name(inner))
            }
            ExprKind::Binary { op: BinaryOp::Add, left, .. } => is_name(left),
            ExprKind::Call(call) => {
                matches!(&call.callee.kind, ExprKind::Attribute { base, name } if name == "concat" && is_name(base))
            }
            _ => false,
        };
        let is_own = self.frame().vars.contains_key(name);
        let reads_itself = || {
            let mut found = false;
            crate::rewrite::find::visit_expr(written, &mut |seen| {
                found |= matches!(seen, crate::rewrite::find::Seen::Expr(expr) if is_name(expr));
            });
            found
        };
        if !is_copy && (is_own || !reads_itself()) {
            return value;
        }
        let Some(Value::Ref(old)) = self.lookup(name).filter(|old| !matches!(old, Value::Ref(old) if *old == id)) else { return value };
        let (Some(known), Some(fresh)) = (self.heap.list(old).cloned(), self.heap.list(id).cloned()) else { return value };
        if !is_copy {
            if let Some(list) = self.heap.list_mut(old) {
                list.trim = list.trim.join(fresh.trim);
            }
            return value;
        }
        for item in fresh.items.iter().skip(known.items.len()) {
            self.push_item(old, item.value.clone(), false);
        }
        if let (Some(open), Some(list)) = (fresh.open, self.heap.list_mut(old)) {
            list.open.get_or_insert(open);
        }
        Value::Ref(old)
    }

    fn unpack(&mut self, value: &Value<'p>, count: usize) -> Vec<Value<'p>> {
        match value {
            Value::Ref(id) => {
                if let Some(list) = self.heap.list(*id)
                    && list.items.len() == count
                    && list.open.is_none()
                {
                    return list.items.iter().map(|item| item.value.clone()).collect();
                }
                vec![Value::unknown("a part"); count]
            }
            Value::Unknown(origin) => {
                // The parts of a looped pair are named by their targets.
                vec![Value::origin(Origin { size: None, ..origin.renamed("") }); count]
            }
            Value::Choice(choices) => {
                // What is nothing is asked about before, and not taken apart.
                let something = choices.iter().filter(|choice| !matches!(choice, Value::Null));
                let ways: Vec<Vec<Value<'p>>> = something.map(|choice| self.unpack(choice, count)).collect();
                let joined = ways.into_iter().reduce(|known, way| known.into_iter().zip(way).map(|(one, other)| one.join(other)).collect());
                joined.unwrap_or_else(|| vec![Value::unknown("a part"); count])
            }
            _ => vec![Value::unknown("a part"); count],
        }
    }

    /// A value without a name of its own takes that of the variable it is bound to: a person calls it so.
    pub fn name_origin(&self, value: Value<'p>, name: &str) -> Value<'p> {
        match value {
            Value::Unknown(origin) if origin.name.is_empty() => Value::origin(origin.renamed(name)),
            Value::Unknown(origin) if origin.volatility.is_none() && !origin.param => {
                let better = origin.name.is_empty()
                    || origin.name.starts_with("each of ")
                    || origin.name.ends_with("()")
                    || origin.name.ends_with(']');
                if better { Value::origin(origin.renamed(name)) } else { Value::Unknown(origin) }
            }
            other => other,
        }
    }

    /// `setattr` with a name that could not be followed: any setting of the object may be another.
    pub fn set_some_attribute(&mut self, object: &Value<'p>) {
        let Value::Ref(id) = object else { return };
        let Some(fields) = self.heap.instance(*id).map(|instance| instance.fields.clone()) else { return };
        for (name, value) in fields {
            match value {
                Value::Ref(held) => {
                    if let Some(dict) = self.heap.dict_mut(held) {
                        dict.open = true;
                    }
                }
                Value::Null | Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Text(_) => {
                    if let Some(instance) = self.heap.instance_mut(*id) {
                        instance.fields.insert(name.clone(), value.join(setting(&name)));
                    }
                }
                _ => {}
            }
        }
    }

    pub fn set_attribute(&mut self, object: &Value<'p>, name: &str, value: Value<'p>) {
        if let Value::Instance(instance) = object
            && let Some(made) = instance.made
            && (self.catalogue.names_cap(name) || name == "model_kwargs")
        {
            self.cap_assigned.insert(made.expr);
        }
        match object {
            Value::Ref(id) if self.in_script() && self.heap.instance(*id).is_none() => {
                if let Some(list) = self.heap.list_mut(*id) {
                    // `messages.length = 0`
                    list.trim = if name == "length" { Trim::Blocks } else { list.trim };
                } else {
                    self.set_item(object, Some(name), value, None);
                }
            }
            Value::Ref(id) => {
                let value =
                    if self.frames.last().is_some_and(|frame| frame.in_constructor) { settle(value, Volatility::Session) } else { value };
                let old = self.heap.instance(*id).and_then(|instance| instance.fields.get(name).cloned());
                let value = self.carry_growth(*id, name, old, value);
                if let Some(instance) = self.heap.instance_mut(*id) {
                    instance.fields.insert(name.into(), value);
                }
            }
            other => {
                if let Some(key) = self.persistent_key(other, name) {
                    self.persistent_store(key, value);
                }
            }
        }
    }

    /// An attribute that is bound anew in a method outlives the turn: a slice of the old list trims it, an empty list
    /// resets it, and what was appended before still counts.
    fn carry_growth(&mut self, object: ObjId, name: &str, old: Option<Value<'p>>, new: Value<'p>) -> Value<'p> {
        let in_turn = self.loops.iter().any(|info| info.id == LoopId::Turns);
        let (Some(Value::Ref(old)), true) = (old, in_turn) else { return new };
        let Value::Ref(id) = new else { return Value::Ref(old).join(new) };
        if id == old {
            return new;
        }
        let Some(known) = self.heap.list(old).cloned() else { return new };
        if self.heap.list(id).is_none() {
            return Value::Ref(old).join(Value::Ref(id));
        }
        if !self.absorb(old, id) && known.items.is_empty() && known.open.is_none() {
            // The first filling of what the constructor left empty.
            return Value::Ref(id);
        }
        if self.is_begun_anew(&known, id) {
            self.begun_anew.push((object, name.into(), Value::Ref(old)));
            return new;
        }
        Value::Ref(old)
    }

    pub fn set_item(&mut self, object: &Value<'p>, key: Option<&str>, value: Value<'p>, written: Option<(FileId, &'p Expr)>) {
        match object {
            Value::Ref(id) => {
                if let Some(dict) = self.heap.dict_mut(*id) {
                    match key {
                        Some(key) => dict.set(key.into(), value, written),
                        None => self.keep(*id, value, false),
                    }
                }
            }
            other => {
                if let Some(key) = key
                    && let Some(key) = self.persistent_key(other, key)
                {
                    self.persistent_store(key, value);
                }
            }
        }
    }

    fn delete(&mut self, target: &'p Expr) {
        match &target.kind {
            ExprKind::Name(name) => {
                self.frame().vars.remove(name.as_str());
            }
            ExprKind::Index { base, index } => {
                let object = self.eval(base);
                let index = self.eval(index);
                let Value::Ref(id) = object else { return };
                if let Some(key) = index.as_text() {
                    if let Some(dict) = self.heap.dict_mut(id) {
                        dict.entries.retain(|entry| *entry.key != *key);
                    }
                } else if let Some(list) = self.heap.list_mut(id) {
                    list.trim = list.trim.join(Trim::Sliding(None));
                }
            }
            ExprKind::Slice { base, .. } => {
                if let Value::Ref(id) = self.eval(base)
                    && let Some(list) = self.heap.list_mut(id)
                {
                    list.trim = list.trim.join(Trim::Blocks);
                }
            }
            _ => {}
        }
    }

    fn replace_slice(&mut self, id: ObjId, lower: Option<Value<'p>>, value: Value<'p>) {
        let trim = match (&lower, &value) {
            (_, Value::Ref(new)) => match self.heap.list(*new) {
                Some(new) if new.trim == Trim::None && new.items.is_empty() => Trim::Blocks,
                Some(new) if new.trim == Trim::None => Trim::Blocks,
                Some(new) => new.trim,
                None => Trim::Unknown,
            },
            _ => Trim::Unknown,
        };
        if let Some(list) = self.heap.list_mut(id) {
            list.trim = list.trim.join(trim);
        }
    }

    fn augment(&mut self, target: &'p Expr, op: BinaryOp, value: &'p Expr, span: Span) {
        let old = self.eval(target);
        let added = self.eval(value);
        if op == BinaryOp::Add {
            if let Value::Ref(id) = &old
                && self.heap.list(*id).is_some()
            {
                self.extend_list(*id, &added, Some(value));
                return;
            }
            if let (Some(id), true) = (self.adopt_list(&old, target), matches!(added, Value::Ref(_))) {
                self.extend_list(id, &added, Some(value));
                return;
            }
            let place = self.place(span);
            if let (Value::Text(known), Some(info)) = (&old, self.loops.last())
                && !matches!(info.kind, LoopShape::Pseudo)
            {
                // Text that grows on each pass of a loop is one block, however often the body is run here.
                let already = known.iter().any(|segment| matches!(segment, Segment::Block(block) if block.place == Some(place)));
                if !already {
                    let body = self.segments_of(&added, value);
                    let mut segments = (**known).clone();
                    let subject = self.slot_of(&Origin { size: Some(SizeClass::List), ..Origin::named("the loop") }, None, None);
                    segments.push(Segment::Block(Box::new(BlockSegment {
                        kind: BlockKind::Loop,
                        place: Some(place),
                        arms: vec![body],
                        subject,
                    })));
                    self.assign(target, Value::Text(Rc::new(segments)), None);
                }
                return;
            }
            let result = self.add(old, added, target, value);
            self.assign(target, result, None);
            return;
        }
        if op == BinaryOp::Or
            && let (Value::Ref(id), Value::Ref(other)) = (&old, &added)
        {
            self.update_dict(*id, *other);
            return;
        }
        let name = target.dotted().unwrap_or_default();
        let value = match (&old, &added) {
            (Value::Int(_), _) | (Value::Float(_), _) => {
                Value::origin(Origin { size: Some(SizeClass::Scalar), ..Origin::named(name.clone()) })
            }
            _ => Value::unknown(name),
        };
        self.assign(target, value, None);
    }

    /// A parameter that is used as a list becomes one: what it held is not known, what is added from now on is. The
    /// list was there before any loop of the function that takes it.
    pub fn adopt_list(&mut self, value: &Value<'p>, written: &'p Expr) -> Option<ObjId> {
        let Value::Unknown(origin) = value else { return None };
        if !origin.param || !matches!(written.kind, ExprKind::Name(_)) {
            return None;
        }
        let uid = self.heap.uid();
        let held = Item { value: value.clone(), uid, grows_in: Rc::new(Vec::new()), many: true, maybe: false, replays: None };
        let created = match &origin.copied {
            Some(loops) => loops.clone(),
            None => Rc::new(self.loops_before(origin)),
        };
        let list = ListObj {
            items: vec![held],
            open: None,
            trim: Trim::None,
            created,
            derived: None,
            grows_at: None,
            literal: None,
            is_set: false,
            is_store: false,
        };
        let id = self.heap.add(Obj::List(list));
        self.assign(written, Value::Ref(id), None);
        Some(id)
    }

    /// The loops in which a list that was handed to the running function was made anew on each pass, as far as can be told:
    /// those around the call of the function, and those that bound the list or what it was taken from.
    fn loops_before(&self, origin: &Origin) -> Vec<LoopId> {
        let around = self.stack.last().map_or(0, |site| site.loops);
        let bound = origin.loop_id.and_then(|id| self.loops.iter().position(|info| info.id == id)).map_or(0, |at| at + 1);
        let before = around.max(bound);
        let is_before = |(at, info): &(usize, &LoopInfo)| *at < before || info.kind == LoopShape::Pseudo;
        self.loops.iter().enumerate().filter(is_before).map(|(_, info)| info.id).collect()
    }

    // --- imports -----------------------------------------------------------------------------------------------

    fn import(&mut self, import: &'p Import) {
        if self.in_script() {
            return self.import_specifier(import, None);
        }
        let file = self.file();
        if !import.from {
            let found = imports::module(self.project, file, &import.module, 0);
            match &import.alias {
                Some(alias) => {
                    let value = found.map_or_else(|| Value::External(import.module.as_str().into()), Value::Module);
                    self.bind(alias, value);
                }
                None => {
                    let first = import.module.split('.').next().unwrap_or_default();
                    let end = first.len().min(import.module.len());
                    let name = &import.module[..end];
                    let value = match imports::module(self.project, file, name, 0) {
                        Some(module) => Value::Module(module),
                        // A folder without `__init__.py`: the modules in it are reached by their full names.
                        None => Value::External(name.into()),
                    };
                    self.bind(name, value);
                }
            }
            return;
        }
        // The names of `from … import *` are looked up when they are asked for.
        for at in 0..import.names.len() {
            self.import_name(import, at);
        }
    }

    /// Binds one name of `from … import …`.
    pub fn import_name(&mut self, import: &'p Import, at: usize) {
        let Some(imported) = import.names.get(at) else { return };
        let file = self.file();
        let module = imports::module(self.project, file, &import.module, import.level);
        let generated = self.catalogue.generates_module(&import.module);
        let name = imported.alias.as_ref().unwrap_or(&imported.name);
        let mut value = generated.map(|module| Value::External(format!("{module}.{}", imported.name).into()));
        if let Some(module) = module.filter(|_| value.is_none()) {
            value = self.module_var(module, &imported.name);
            if value.is_none() {
                value = imports::submodule(self.project, module, &imported.name).map(Value::Module);
            }
        }
        if value.is_none() {
            let full = if import.module.is_empty() { imported.name.clone() } else { format!("{}.{}", import.module, imported.name) };
            value = imports::module(self.project, file, &full, import.level).map(Value::Module);
            if value.is_none() {
                value = Some(if module.is_some() || import.level > 0 {
                    // A name of the project that could not be found (bound dynamically, or a cycle).
                    Value::unknown(imported.name.as_str())
                } else {
                    Value::External(full.into())
                });
            }
        }
        self.bind(name, value.unwrap_or(Value::Null));
    }

    // --- functions and classes -----------------------------------------------------------------------------------

    pub fn function_value(&mut self, function: &'p Function, class: Option<ClassRef<'p>>) -> Value<'p> {
        let file = self.file();
        let mut binding = Binding::Plain;
        for decorator in &function.decorators {
            let name = decorator.dotted().unwrap_or_default();
            binding = match name.rsplit('.').next().unwrap_or_default() {
                "staticmethod" => Binding::Static,
                "classmethod" => Binding::Class,
                "property" | "cached_property" => Binding::Property,
                _ => binding,
            };
        }
        let frame = self.frame();
        let captured = match (frame.function, class) {
            (Some(_), None) => Some(Rc::new(merge_captured(frame.captured.as_deref(), &frame.vars))),
            _ => None,
        };
        Value::Function(Rc::new(FuncRef { func: function, file, class, captured, binding }))
    }

    /// Calls a function of the project with evaluated arguments.
    pub fn call_function(&mut self, reference: &Rc<FuncRef<'p>>, this: Option<Value<'p>>, args: Args<'p>, site: &'p Expr) -> Value<'p> {
        let function = reference.func;
        let recursive = self.frames.iter().any(|frame| frame.function.is_some_and(|known| std::ptr::eq(known, function)));
        // Nothing that it does can be seen from here: it gets nothing to change, and what it returns is thrown away.
        let unseen = self.discards.is_some_and(|discarded| std::ptr::eq(discarded, site))
            && this.is_none()
            && reference.captured.is_none()
            && !args.positional.iter().chain(args.keywords.iter().map(|(_, value, _)| value)).any(|value| matches!(value, Value::Ref(_)));
        let unseen = unseen && !self.frames.last().is_some_and(|frame| frame.at_import);
        if recursive || unseen || self.frames.len() >= MAX_DEPTH || self.fuel == 0 {
            return Value::unknown(format!("{}()", function.name));
        }
        if self.frames.last().is_some_and(|frame| frame.at_import && frame.file == self.root)
            && !self.loops.iter().any(|info| info.kind != LoopShape::Pseudo)
        {
            self.run_by_script.insert(function);
        }
        let allowance = CALL_FUEL[self.stack.len().min(MAX_DEPTH - 1)];
        if self.exhausted.get(&(function as *const Function)).is_some_and(|spent| *spent >= allowance) {
            return Value::unknown(format!("{}()", function.name));
        }
        let mut unseen_result = Origin::named(format!("{}()", function.name));
        self.made_of(&mut unseen_result, &function.name, &args);
        let mut frame = Frame::new(reference.file);
        frame.function = Some(function);
        frame.captured = reference.captured.clone();
        frame.in_constructor = function.name == "__init__";
        self.bind_params(&mut frame, reference, this.clone(), args);
        let statement = self.statement;
        let site = CallSite { file: self.file(), expr: site, statement, reference: reference.clone(), this, loops: self.loops.len() };
        self.stack.push(site);
        self.frames.push(frame);
        let (had_all, recognised) = (self.fuel >= allowance, self.recognised);
        let (_, enough) = self.within(allowance, |this| this.run_body(function));
        let frame = self.frames.pop();
        self.stack.pop();
        if !enough {
            // What is left of it is not worth as much work again from each place that calls it.
            if had_all && recognised == self.recognised {
                self.exhausted.insert(function, allowance);
            }
            self.statement = statement;
            return Value::origin(unseen_result);
        }
        self.statement = statement;
        let declared_only = frame.as_ref().is_some_and(|frame| frame.returns.is_empty() && frame.dead) || is_abstract(function);
        let (returns, yields, many) = frame.map(|frame| (frame.returns, frame.yields, frame.yields_many)).unwrap_or_default();
        // What a base class only declares is what another class does.
        if declared_only {
            return Value::origin(unseen_result);
        }
        if function.is_generator {
            return self.yielded(function, yields, many).unwrap_or_else(|| Value::origin(unseen_result));
        }
        let mut returns = returns.into_iter();
        let first = returns.next().unwrap_or(Value::Null);
        let joined = returns.fold(first, Value::join);
        self.name_origin(joined, &format!("{}()", function.name))
    }

    /// Runs the body of the function whose frame stands ready.
    pub fn run_body(&mut self, function: &'p Function) {
        let outer = self.turn_limit;
        let own = limits::of_turns(function).and_then(|limit| self.steps(limit));
        self.turn_limit = outer.or(own);
        self.run_block(&function.body);
        self.turn_limit = outer;
    }

    pub fn bind_params(&mut self, frame: &mut Frame<'p>, reference: &FuncRef<'p>, this: Option<Value<'p>>, args: Args<'p>) {
        let mut positional = args.positional.into_iter();
        let mut keywords = args.keywords;
        let mut params = reference.func.params.iter();
        if let Some(this) = this
            && let Some(first) = params.next()
        {
            frame.vars.insert(&first.name, this);
        }
        for param in params {
            let value = match param.kind {
                ParamKind::Rest => {
                    let rest: Vec<Value<'p>> = positional.by_ref().collect();
                    let open = if args.open_positional { Some(Rc::new(Origin::named(param.name.as_str()))) } else { None };
                    self.new_list(rest, open, None)
                }
                ParamKind::RestKeywords => {
                    let mut dict = DictObj { open: args.open, configurable: args.configurable, ..DictObj::default() };
                    for (key, value, written) in keywords.drain(..) {
                        let written = written.map(|expr| (self.file(), expr));
                        dict.set(key, value, written);
                    }
                    Value::Ref(self.heap.add(Obj::Dict(dict)))
                }
                _ => {
                    let by_position = if param.kind == ParamKind::Positional { positional.next() } else { None };
                    let by_name = keywords.iter().position(|(key, ..)| **key == *param.name).map(|at| keywords.remove(at).1);
                    match by_position.or(by_name) {
                        Some(value) => value,
                        None if args.open || args.open_positional => Value::unknown(param.name.as_str()),
                        None => match &param.default {
                            Some(default) => {
                                // Names in it are those of the function's own file.
                                let mut own = Frame::new(reference.file);
                                own.captured = reference.captured.clone();
                                own.vars = frame.vars.clone();
                                self.frames.push(own);
                                let value = self.eval(default);
                                // In JavaScript it is made anew for each call.
                                let anew = self.in_script();
                                self.frames.pop();
                                if anew { value } else { settle(value, Volatility::Deployment) }
                            }
                            None => Value::unknown(param.name.as_str()),
                        },
                    }
                }
            };
            frame.vars.insert(&param.name, value);
        }
    }

    /// A frame for a function that is analysed on its own: its parameters are unknown but for their names.
    pub fn root_frame(&mut self, reference: &FuncRef<'p>, this: Option<Value<'p>>) -> Frame<'p> {
        let mut frame = Frame::new(reference.file);
        frame.function = Some(reference.func);
        frame.captured = reference.captured.clone();
        frame.in_constructor = reference.func.name == "__init__";
        let mut params = reference.func.params.iter();
        if let Some(this) = this
            && let Some(first) = params.next()
        {
            frame.vars.insert(&first.name, this);
        }
        self.frames.push(Frame::new(reference.file));
        for param in params {
            let default = param.default.as_ref().map(|default| match &default.kind {
                ExprKind::Null => DefaultKind::Null,
                ExprKind::Int(value) => DefaultKind::Int(*value),
                ExprKind::Name(_) | ExprKind::Attribute { .. } => match self.eval(default) {
                    Value::Int(value) => DefaultKind::Int(value),
                    _ => DefaultKind::Other,
                },
                _ => DefaultKind::Other,
            });
            let value = match param.kind {
                ParamKind::RestKeywords => Value::Ref(self.heap.add(Obj::Dict(DictObj { open: true, ..DictObj::default() }))),
                ParamKind::Rest => self.new_list(Vec::new(), Some(Rc::new(Origin::named(param.name.as_str()))), None),
                _ => {
                    let annotated = |this: &mut Self| match this.annotated_instance(param)? {
                        Value::Ref(id) => match this.heap.instance(id).map(|object| object.class) {
                            Some(class) => this.sent_by_client(reference.func, class).or(Some(Value::Ref(id))),
                            None => Some(Value::Ref(id)),
                        },
                        known => Some(known),
                    };
                    let known = self.injected(param).or_else(|| annotated(self)).or_else(|| self.default_class(param));
                    known.unwrap_or_else(|| {
                        let handed_in = Value::origin(Origin {
                            param: true,
                            default,
                            place: Some(Place::new(reference.file, param.span)),
                            reason: format!("a parameter named `{}`", param.name).into(),
                            ..Origin::named(param.name.as_str())
                        });
                        match self.default_prompt(param) {
                            Some(prompt) => handed_in.join(prompt),
                            None => handed_in,
                        }
                    })
                }
            };
            frame.vars.insert(&param.name, value);
        }
        self.frames.pop();
        frame
    }

    /// The prompt that a parameter takes by default: a text of a sentence at least.
    fn default_prompt(&mut self, param: &'p Param) -> Option<Value<'p>> {
        const A_SENTENCE: usize = 40;
        let default = param.default.as_ref()?;
        if !matches!(default.kind, ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Str(_)) {
            return None;
        }
        let value = self.eval(default);
        let Value::Text(segments) = &value else { return None };
        let length: usize = segments.iter().map(|segment| if let Segment::Text(part) = segment { part.text.len() } else { 0 }).sum();
        (length >= A_SENTENCE).then_some(value)
    }

    /// A parameter that takes a class of the project, and one of them by default: `family: type[Prompts] = Prompts`.
    fn default_class(&mut self, param: &'p Param) -> Option<Value<'p>> {
        let default = param.default.as_ref().filter(|default| matches!(default.kind, ExprKind::Name(_)))?;
        let annotation = param.annotation.as_deref()?;
        match self.eval(default) {
            Value::Class(class) if annotation.to_lowercase().contains("type[") && annotation.contains(&class.class.name) => {
                Some(Value::Class(class))
            }
            _ => None,
        }
    }

    /// A parameter annotated with a client class of a known SDK is such a client.
    fn annotated_instance(&mut self, param: &'p Param) -> Option<Value<'p>> {
        let annotation = plain_annotation(param.annotation.as_deref()?);
        let name = annotation.rsplit('.').next()?;
        if !annotation.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '_') {
            return None;
        }
        let value = match annotation.split_once('.') {
            None => self.lookup(name)?,
            Some((module, rest)) => {
                let base = self.lookup(module)?;
                match base {
                    Value::External(module) => Value::External(format!("{module}.{rest}").into()),
                    _ => return None,
                }
            }
        };
        match value {
            Value::External(kind) if self.builtins().function(&kind).is_some_and(|made| made.size == Some(SizeClass::Document)) => {
                let reason = self.builtins().function(&kind).and_then(|made| made.reason.as_deref()).unwrap_or_default().into();
                Some(Value::origin(Origin {
                    volatility: Some(Volatility::Request),
                    size: Some(SizeClass::Document),
                    confidence: crate::model::prompt::Confidence::High,
                    reason,
                    param: true,
                    place: Some(Place::new(self.file(), param.span)),
                    ..Origin::named(param.name.as_str())
                }))
            }
            // One of the project's own: an object made with nothing known.
            Value::Class(class) if self.frames.len() < 4 => match self.graph_state(class) {
                Some(state) => Some(state),
                None => Some(self.generic_instance(class)),
            },
            Value::External(kind) if kind.starts_with("langgraph.") => self.library_state(&kind),
            Value::External(kind)
                if self
                    .catalogue
                    .apis
                    .iter()
                    .any(|api| api.constructs(&kind) || api.is_type(&kind) || api.clients.iter().any(|client| **client == *kind)) =>
            {
                Some(Value::Instance(Rc::new(Instance::new(kind, Args { open: true, ..Args::default() }))))
            }
            _ => None,
        }
    }

    /// What a parameter is when it is left to `Depends(make_client)`: what the named function makes.
    fn injected(&mut self, param: &'p Param) -> Option<Value<'p>> {
        let ExprKind::Call(call) = &param.default.as_ref()?.kind else { return None };
        if !matches!(call.callee.dotted()?.rsplit('.').next(), Some("Depends" | "Security")) {
            return None;
        }
        let maker = &call.args.first()?.value;
        let value = match self.eval(maker) {
            Value::Function(function) => self.call_function(&function, None, Args::default(), maker),
            Value::Class(class) => self.generic_instance(class),
            _ => return None,
        };
        matches!(value, Value::Ref(_) | Value::Instance(_)).then_some(value)
    }

    /// The method of the only class of the project that has one of this name.
    pub fn method_by_its_name(&mut self, name: &str) -> Option<(Value<'p>, Rc<FuncRef<'p>>)> {
        let file = self.methods.as_ref()?.file_of(name)?;
        let has = |class: &Class| class.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Function(function) if function.name == name));
        let class = self.project.module(file).body.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Class(class) if has(class) => Some(class),
            _ => None,
        })?;
        let class = ClassRef { class, file };
        match self.class_attribute(class, name, 0) {
            Ok(Some(Value::Function(method))) if method.binding == Binding::Plain => Some((self.generic_instance(class), method)),
            _ => None,
        }
    }

    /// An object of a class of the project that was made with nothing known; one for each class.
    pub fn generic_instance(&mut self, class: ClassRef<'p>) -> Value<'p> {
        let key: Rc<str> = format!("{}:{}", class.file.0, class.class.span.start).into();
        if let Some(known) = self.generic.get(&key) {
            return Value::Ref(*known);
        }
        let id = self.heap.add(Obj::Instance(InstanceObj::of(class)));
        self.generic.insert(key, id);
        if let Ok(Some(Value::Function(init))) = self.class_attribute(class, "__init__", 0) {
            let frame = self.root_frame(&init, Some(Value::Ref(id)));
            let statement = self.statement;
            self.frames.push(frame);
            self.within(CALL_FUEL[1], |this| this.run_block(&init.func.body));
            self.frames.pop();
            self.statement = statement;
        }
        Value::Ref(id)
    }

    /// The names that a class body binds.
    pub fn class_vars(&mut self, class: ClassRef<'p>) -> Rc<Vars<'p>> {
        if let Some(known) = self.class_vars.get(&(class.class as *const Class)) {
            return known.clone();
        }
        self.class_vars.insert(class.class, Rc::new(Vars::default()));
        let mut frame = Frame::new(class.file);
        frame.at_import = true;
        let statement = self.statement;
        self.frames.push(frame);
        for stmt in &class.class.body {
            if let StmtKind::Function(function) = &stmt.kind {
                let value = self.function_value(function, Some(class));
                self.frame().vars.insert(&function.name, value);
            } else {
                self.run_stmt(stmt);
            }
        }
        let vars = self.frames.pop().map(|frame| frame.vars).unwrap_or_default();
        self.statement = statement;
        let vars = Rc::new(vars);
        self.class_vars.insert(class.class, vars.clone());
        vars
    }

    /// An expression of the body of a module, seen from inside it.
    pub fn eval_in(&mut self, file: FileId, expr: &'p Expr) -> Value<'p> {
        self.frames.push(Frame::new(file));
        let value = self.eval(expr);
        self.frames.pop();
        value
    }

    /// The value of an attribute in the class or, if they can be found, its bases. `Err` when a base is out of reach.
    pub fn class_attribute(&mut self, class: ClassRef<'p>, name: &str, depth: usize) -> Result<Option<Value<'p>>, OutOfReach> {
        if let Some(value) = self.class_vars(class).get(name) {
            return Ok(Some(value.clone()));
        }
        if depth > 8 {
            return Err(OutOfReach);
        }
        let mut out_of_reach = false;
        for base in &class.class.bases {
            match self.eval_in(class.file, base) {
                Value::Class(base) => match self.class_attribute(base, name, depth + 1) {
                    Ok(Some(value)) => return Ok(Some(value)),
                    Ok(None) => {}
                    Err(OutOfReach) => out_of_reach = true,
                },
                Value::External(name) if self.catalogue.python.is_plain_base(&name) => {}
                _ => out_of_reach = true,
            }
        }
        if out_of_reach { Err(OutOfReach) } else { Ok(None) }
    }

    /// A new object of a class of the project, its constructor run with the arguments.
    pub fn instantiate(&mut self, class: ClassRef<'p>, args: Args<'p>, site: &'p Expr) -> Value<'p> {
        let id = self.heap.add(Obj::Instance(InstanceObj::of(class)));
        match self.class_attribute(class, "__init__", 0) {
            Ok(Some(Value::Function(init))) => {
                self.call_function(&init, Some(Value::Ref(id)), args, site);
            }
            _ => {
                // A dataclass, a settings model, or a constructor out of reach: fields by keyword, then by position.
                self.make_fields(class, id);
                if let Some(instance) = self.heap.instance_mut(id) {
                    instance.fields.extend(args.keywords.into_iter().map(|(key, value, _)| (key, value)));
                }
            }
        }
        Value::Ref(id)
    }

    /// Gives a new object its own lists and dicts: those of `field(default_factory=list)` in its class.
    pub fn make_fields(&mut self, class: ClassRef<'p>, id: ObjId) {
        for stmt in &class.class.body {
            let StmtKind::Assign { targets, value } = &stmt.kind else { continue };
            let (Some(ExprKind::Name(name)), ExprKind::Call(call)) = (targets.first().map(|target| &target.kind), &value.kind) else {
                continue;
            };
            if !call.callee.dotted().is_some_and(|callee| matches!(callee.rsplit('.').next(), Some("field" | "Field" | "ib"))) {
                continue;
            }
            let factory = call.args.iter().find_map(|arg| match &arg.kind {
                ArgKind::Keyword(key) if matches!(key.as_str(), "default_factory" | "factory") => arg.value.dotted(),
                _ => None,
            });
            let made = match factory.as_deref() {
                Some("list") => self.new_list(Vec::new(), None, None),
                // What it is filled with is the business of whoever makes the object.
                Some("dict") => Value::Ref(self.heap.add(Obj::Dict(DictObj { open: true, ..DictObj::default() }))),
                _ => continue,
            };
            if let Some(instance) = self.heap.instance_mut(id) {
                instance.fields.insert(name.as_str().into(), made);
            }
        }
    }

    pub fn new_list(&mut self, values: Vec<Value<'p>>, open: Option<Rc<Origin>>, literal: Option<(FileId, &'p Expr)>) -> Value<'p> {
        let none = Rc::new(Vec::new());
        let mut items = Vec::with_capacity(values.len());
        for value in values {
            let uid = self.heap.uid();
            items.push(Item { value, uid, grows_in: none.clone(), many: false, maybe: false, replays: None });
        }
        let created = self.current_loops();
        let list =
            ListObj { items, open, trim: Trim::None, created, derived: None, grows_at: None, literal, is_set: false, is_store: false };
        Value::Ref(self.heap.add(Obj::List(list)))
    }

    /// Whether a value is true in a condition, where that is known.
    pub fn truth(&self, value: &Value<'p>) -> Option<bool> {
        match value {
            Value::Bool(value) => Some(*value),
            Value::Null => Some(false),
            Value::Int(value) => Some(*value != 0),
            _ => None,
        }
    }
}

impl<'p> Frame<'p> {
    pub fn new(file: FileId) -> Self {
        Frame {
            vars: Vars::default(),
            captured: None,
            file,
            function: None,
            returns: Vec::new(),
            yields: Vec::new(),
            yields_many: false,
            dead: false,
            globals: HashSet::new(),
            at_import: false,
            in_constructor: false,
            nested: Vec::new(),
        }
    }
}

/// The class in an annotation: `Optional["llm.Client"]`, `Client | None`, `Annotated[Client, …]`.
fn plain_annotation(annotation: &str) -> &str {
    let quotes = ['"', '\''];
    let mut inner = annotation.trim().trim_matches(quotes);
    for wrapper in ["typing.", "Optional[", "Annotated[", "t.Optional["] {
        inner = inner.strip_prefix(wrapper).unwrap_or(inner);
    }
    let end = inner.find([',', ']', '|']).unwrap_or(inner.len());
    inner[..end].trim().trim_matches(quotes)
}

fn is_abstract(function: &Function) -> bool {
    function.decorators.iter().filter_map(Expr::dotted).any(|name| name.rsplit('.').next() == Some("abstractmethod"))
}

fn merge_captured<'p>(outer: Option<&Vars<'p>>, inner: &Vars<'p>) -> Vars<'p> {
    let mut merged = outer.cloned().unwrap_or_default();
    merged.extend(inner.iter().map(|(name, value)| (*name, value.clone())));
    merged
}

fn join_vars<'p>(one: Vars<'p>, mut other: Vars<'p>) -> Vars<'p> {
    let mut joined = Vars::with_capacity_and_hasher(one.len(), Default::default());
    for (name, value) in one {
        match other.remove(name) {
            Some(second) => joined.insert(name, value.join(second)),
            None => joined.insert(name, value),
        };
    }
    joined.extend(other);
    joined
}

/// A value that is read once and kept changes no more often than it is read.
pub fn settle(value: Value<'_>, at_most: Volatility) -> Value<'_> {
    match value {
        Value::Unknown(origin) if origin.volatility.is_some_and(|volatility| volatility > at_most) => {
            let reason: Rc<str> = match at_most {
                Volatility::Deployment => format!("{}, once, when the module is loaded", origin.reason).into(),
                _ => format!("{}, once, when the object is made", origin.reason).into(),
            };
            Value::origin(Origin { volatility: Some(at_most), reason, ..(*origin).clone() })
        }
        Value::Text(segments) => {
            let settled = segments
                .iter()
                .map(|segment| match segment {
                    Segment::Slot(slot) if slot.volatility.is_some_and(|volatility| volatility > at_most) => {
                        let mut slot = slot.clone();
                        slot.volatility = Some(at_most);
                        Segment::Slot(slot)
                    }
                    other => other.clone(),
                })
                .collect();
            Value::Text(Rc::new(settled))
        }
        other => other,
    }
}
