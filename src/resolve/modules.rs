//! The abstract evaluator: names of other files, each worked out when it is first asked for.
//!
//! Importing a module costs nothing. A name of it is the outcome of the statements that bind or change it; the other
//! statements are not run.

use std::rc::Rc;

use crate::project::Language;
use crate::span::FileId;
use crate::syntax::StmtKind;

use super::eval::{Evaluator, Frame, ROOT_FUEL};
use super::imports;
use super::value::*;

/// Statements and expressions that are run in other modules for one file, before names of these are unknown and the file
/// gets a note. What a function of another module does when it is called is paid by its caller.
pub const IMPORT_FUEL: u32 = 300_000;
/// How many names are worked out inside each other: a chain of constants, each in another module.
const MAX_DEPTH: usize = 32;
/// How many `from … import *` are followed behind each other.
const MAX_STARS: usize = 8;

impl<'p> Evaluator<'p> {
    /// A name of another module than the one that is linted.
    pub fn imported_var(&mut self, file: FileId, name: &str) -> Option<Value<'p>> {
        let language = self.project.file(file).language;
        language.in_catalogue()?;
        let is_script = language == Language::JavaScript;
        if is_script && !self.begin_script(file) {
            return None;
        }
        match self.project.definitions(file).group(name) {
            Some(group) => {
                self.run_group(file, group);
                let known = self.modules.get(&file).and_then(|vars| vars.get(name).cloned());
                // The group is being run right now: what it has bound so far.
                let known = known.or_else(|| self.var_in_progress(file, name));
                known.or_else(|| if is_script { self.pending_import(file, name) } else { None })
            }
            None if is_script => self.pending_import(file, name),
            None => self.starred_var(file, name),
        }
    }

    /// A name that a module has by `from … import *`.
    pub fn starred_var(&mut self, file: FileId, name: &str) -> Option<Value<'p>> {
        if name.starts_with('_') {
            return None;
        }
        let (owner, _) = self.starred_owner(file, name, &mut vec![file])?;
        self.imported_var(owner, name)
    }

    /// The module that binds a name which another one has by `from … import *`, and how many of these are between.
    fn starred_owner(&mut self, file: FileId, name: &str, visited: &mut Vec<FileId>) -> Option<(FileId, usize)> {
        let depth = visited.len();
        // The last one wins.
        for target in self.star_targets(file).iter().rev() {
            if visited.contains(target) || depth > MAX_STARS {
                continue;
            }
            if *target != self.root && self.project.definitions(*target).group(name).is_some() {
                return Some((*target, depth));
            }
            visited.push(*target);
            if let Some(found) = self.starred_owner(*target, name, visited) {
                return Some(found);
            }
        }
        None
    }

    /// The modules whose names a module takes over.
    fn star_targets(&mut self, file: FileId) -> Rc<[FileId]> {
        if let Some(known) = self.stars.get(&file) {
            return known.clone();
        }
        let body = &self.project.module(file).body;
        let stars = self.project.definitions(file).stars().iter().filter_map(|at| match &body.get(*at)?.kind {
            StmtKind::Import(import) => imports::module(self.project, file, &import.module, import.level),
            _ => None,
        });
        let targets: Rc<[FileId]> = stars.collect();
        self.stars.insert(file, targets.clone());
        targets
    }

    /// Runs the statements that bind the names of a group, once, apart from all that is being run.
    fn run_group(&mut self, file: FileId, group: usize) {
        if !self.begun.insert((file, group)) {
            return;
        }
        if self.importing >= MAX_DEPTH {
            return;
        }
        let project = self.project;
        let body = &project.module(file).body;
        let mut frame = Frame::new(file);
        frame.at_import = true;
        let frames = std::mem::replace(&mut self.frames, vec![frame]);
        let stack = std::mem::take(&mut self.stack);
        let loops = std::mem::replace(&mut self.loops, vec![LoopInfo { id: LoopId::Rerun, kind: LoopShape::Pseudo, depth: 0 }]);
        let (statement, discards) = (self.statement, self.discards.take());
        let probing = std::mem::replace(&mut self.probing, false);
        let reads_param = self.reads_param.get();
        let journal = self.heap.suspend();
        let outer = if self.importing == 0 { Some(std::mem::replace(&mut self.fuel, self.import_fuel)) } else { None };
        self.importing += 1;
        self.within(ROOT_FUEL, |this| {
            for unit in project.definitions(file).units(group) {
                let Some(stmt) = body.get(unit.stmt) else { continue };
                match (&stmt.kind, unit.import) {
                    (StmtKind::Import(import), Some(at)) if this.in_script() => this.import_specifier(import, Some(at)),
                    (StmtKind::Import(import), Some(at)) => this.import_name(import, at),
                    // Its defaults are looked at when it is called.
                    (StmtKind::Function(function), _) => {
                        let value = this.function_value(function, None);
                        this.bind(&function.name, value);
                    }
                    _ => this.run_block(std::slice::from_ref(stmt)),
                }
            }
        });
        self.importing -= 1;
        if let Some(outer) = outer {
            self.import_fuel = std::mem::replace(&mut self.fuel, outer);
            self.cut_short |= self.import_fuel == 0;
        }
        let vars = self.frames.pop().map(|frame| frame.vars).unwrap_or_default();
        self.modules.entry(file).or_default().extend(vars);
        self.heap.resume(journal);
        self.reads_param.set(reads_param);
        self.probing = probing;
        (self.statement, self.discards) = (statement, discards);
        self.loops = loops;
        self.stack = stack;
        self.frames = frames;
    }
}
