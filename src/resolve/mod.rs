//! Resolution: follows values through a file and into the files that it imports, and finds the calls that they reach.

pub mod call;
pub mod eval;
pub mod expr;
pub mod heap;
pub mod imports;
pub mod lower;
pub mod recognise;
pub mod text;
pub mod value;

use std::rc::Rc;

use crate::catalogue::Catalogue;
use crate::model::call::Call;
use crate::model::prompt::Segment;
use crate::project::Project;
use crate::span::FileId;
use crate::syntax::{Stmt, StmtKind};

use eval::{Evaluator, Frame};
use text::Bindings;
use value::*;

/// The calls of one code file.
pub struct FileCalls<'p> {
    /// In the order of the source.
    pub calls: Vec<Call<'p>>,
    /// The limit on work was reached: calls may be missing, and facts are as far as they were followed.
    pub cut_short: bool,
}

/// Runs a code file: its body, each of its functions on its own, and each class as an object whose methods are called
/// again and again.
pub fn calls<'p>(project: &'p Project, catalogue: &'p Catalogue, file: FileId) -> FileCalls<'p> {
    let mut evaluator = Evaluator::new(project, catalogue, file);
    evaluator.load_module(file);
    let module = project.module(file);
    run_definitions(&mut evaluator, file, &module.body, 0);
    let cut_short = evaluator.out_of_fuel();
    let mut calls: Vec<Call<'p>> = evaluator.calls.into_iter().map(|raw| raw.call).collect();
    calls.sort_by_key(|call| (call.place, call.via.as_ref().map(|via| via.inner)));
    FileCalls { calls, cut_short }
}

/// A template file on its own, every name in it unknown.
pub fn template<'p>(project: &'p Project, catalogue: &'p Catalogue, file: FileId) -> Option<Vec<Segment>> {
    let mut evaluator = Evaluator::new(project, catalogue, file);
    evaluator.frames.push(Frame::new(file));
    let mut bindings = Bindings::new(Default::default(), None);
    evaluator.render_file(file, &mut bindings)
}

/// Functions and classes of a block of statements, those under conditions included.
fn run_definitions<'p>(evaluator: &mut Evaluator<'p>, file: FileId, block: &'p [Stmt], depth: usize) {
    if depth > 8 {
        return;
    }
    for stmt in block {
        match &stmt.kind {
            StmtKind::Function(function) => {
                evaluator.frames.push(Frame::new(file));
                let value = evaluator.function_value(function, None);
                evaluator.frames.pop();
                if let Value::Function(reference) = value {
                    run_function(evaluator, &reference, None);
                }
            }
            StmtKind::Class(class) => run_class(evaluator, ClassRef { class, file }),
            StmtKind::If { then, otherwise, .. } => {
                run_definitions(evaluator, file, then, depth + 1);
                run_definitions(evaluator, file, otherwise, depth + 1);
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                run_definitions(evaluator, file, body, depth + 1);
                for handler in handlers {
                    run_definitions(evaluator, file, handler, depth + 1);
                }
                run_definitions(evaluator, file, otherwise, depth + 1);
                run_definitions(evaluator, file, finally, depth + 1);
            }
            StmtKind::With { body, .. } | StmtKind::For { body, .. } | StmtKind::While { body, .. } => {
                run_definitions(evaluator, file, body, depth + 1)
            }
            _ => {}
        }
    }
}

/// Runs a function with unknown parameters, and the functions that it defines.
fn run_function<'p>(evaluator: &mut Evaluator<'p>, reference: &Rc<FuncRef<'p>>, this: Option<Value<'p>>) {
    if evaluator.out_of_fuel() || evaluator.frames.len() > 8 {
        return;
    }
    let in_constructor = reference.func.name == "__init__";
    if !in_constructor {
        evaluator.loops.push(LoopInfo { id: LoopId::Turns, kind: LoopShape::Pseudo });
    }
    let frame = evaluator.root_frame(reference, this);
    evaluator.frames.push(frame);
    evaluator.run_block(&reference.func.body);
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
    let id = evaluator.heap.add(Obj::Instance(InstanceObj { class, fields: Default::default() }));
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
