//! Which top-level statements of a module bind or change which of its names: what has to be run for a name that another
//! file imports, and what need not.

use std::collections::{HashMap, HashSet};

use crate::syntax::{CompareOp, Expr, ExprKind, Module, Stmt, StmtKind};

/// The names of one module. Names that some statement binds or changes together are worked out together.
#[derive(Debug, Default)]
pub struct Definitions {
    groups: HashMap<String, usize>,
    units: Vec<Vec<Unit>>,
    stars: Vec<usize>,
}

/// A top-level statement, or one name of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Index in the body of the module.
    pub stmt: usize,
    /// Index among the names of a `from` import.
    pub import: Option<usize>,
}

/// What a statement does to names.
#[derive(Default)]
struct Touched<'m> {
    binds: Vec<&'m str>,
    /// By an assignment to a part of what the name is bound to.
    fills: Vec<&'m str>,
    /// By a call that has it as receiver or argument.
    passes: Vec<&'m str>,
}

impl Definitions {
    pub fn of(module: &Module) -> Self {
        let mut units: Vec<(Unit, Touched<'_>)> = Vec::new();
        let mut stars = Vec::new();
        // Names whose value a call at the top level may change: neither what is imported nor a function or class.
        let mut data: HashSet<&str> = HashSet::new();
        for (at, stmt) in module.body.iter().enumerate() {
            match &stmt.kind {
                // Not run on import.
                StmtKind::If { test, .. } if is_main(test) => {}
                StmtKind::Import(import) if import.star => stars.push(at),
                StmtKind::Import(import) if import.from => {
                    for (index, imported) in import.names.iter().enumerate() {
                        let binds = vec![imported.alias.as_ref().unwrap_or(&imported.name).as_str()];
                        units.push((Unit { stmt: at, import: Some(index) }, Touched { binds, ..Touched::default() }));
                    }
                }
                _ => {
                    let mut touched = Touched::default();
                    touches(stmt, &mut touched);
                    if !matches!(stmt.kind, StmtKind::Import(_) | StmtKind::Function(_) | StmtKind::Class(_)) {
                        data.extend(&touched.binds);
                    }
                    units.push((Unit { stmt: at, import: None }, touched));
                }
            }
        }
        Definitions::grouped(units, &data, stars)
    }

    fn grouped(units: Vec<(Unit, Touched<'_>)>, data: &HashSet<&str>, stars: Vec<usize>) -> Self {
        let bound: HashSet<&str> = units.iter().flat_map(|(_, touched)| touched.binds.iter().copied()).collect();
        let mut sets = Sets::default();
        let mut owners: HashMap<&str, usize> = HashMap::new();
        let mut set_of_unit = Vec::with_capacity(units.len());
        for (_, touched) in &units {
            let filled = touched.fills.iter().filter(|name| bound.contains(*name));
            let passed = touched.passes.iter().filter(|name| data.contains(*name));
            let mut own = None;
            for name in touched.binds.iter().chain(filled).chain(passed) {
                let set = *owners.entry(name).or_insert_with(|| sets.add());
                own = Some(own.map_or(set, |own| sets.join(own, set)));
            }
            set_of_unit.push(own);
        }
        let mut definitions = Definitions { stars, ..Definitions::default() };
        let mut group_of_set: HashMap<usize, usize> = HashMap::new();
        for ((unit, _), set) in units.iter().zip(set_of_unit) {
            let Some(set) = set else { continue };
            let group = *group_of_set.entry(sets.root(set)).or_insert(definitions.units.len());
            if group == definitions.units.len() {
                definitions.units.push(Vec::new());
            }
            definitions.units[group].push(*unit);
        }
        for (name, set) in owners {
            if let Some(group) = group_of_set.get(&sets.root(set)).filter(|_| bound.contains(name)) {
                definitions.groups.insert(name.to_string(), *group);
            }
        }
        definitions
    }

    /// The group that a name belongs to; `None` if no statement binds it by name.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.groups.get(name).copied()
    }

    /// What is run for the names of a group, in the order of the source.
    pub fn units(&self, group: usize) -> &[Unit] {
        self.units.get(group).map_or(&[], Vec::as_slice)
    }

    /// The statements `from … import *`.
    pub fn stars(&self) -> &[usize] {
        &self.stars
    }
}

/// Sets of names that grow together.
#[derive(Default)]
struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    fn add(&mut self) -> usize {
        self.parents.push(self.parents.len());
        self.parents.len() - 1
    }

    fn root(&mut self, mut set: usize) -> usize {
        while self.parents[set] != set {
            self.parents[set] = self.parents[self.parents[set]];
            set = self.parents[set];
        }
        set
    }

    fn join(&mut self, one: usize, other: usize) -> usize {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[other] = one;
        one
    }
}

/// `if __name__ == "__main__"`
fn is_main(test: &Expr) -> bool {
    let is_name = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(name) if name == "__name__");
    matches!(&test.kind, ExprKind::Compare { op: CompareOp::Equal, left, right } if is_name(left) || is_name(right))
}

fn touches<'m>(stmt: &'m Stmt, touched: &mut Touched<'m>) {
    let mut block = |stmts: &'m [Stmt]| stmts.iter().for_each(|stmt| touches(stmt, touched));
    match &stmt.kind {
        StmtKind::Expr(expr) => passes(expr, touched),
        StmtKind::Assign { targets, .. } => targets.iter().for_each(|target| binds(target, touched)),
        StmtKind::Augment { target, .. } => binds(target, touched),
        StmtKind::Delete(targets) => targets.iter().for_each(|target| binds(target, touched)),
        StmtKind::Function(function) => touched.binds.push(&function.name),
        StmtKind::Class(class) => touched.binds.push(&class.name),
        StmtKind::Import(import) => {
            if let Some(alias) = &import.alias {
                touched.binds.push(alias);
            } else if !import.from {
                touched.binds.push(import.module.split('.').next().unwrap_or_default());
            }
            touched.binds.extend(import.names.iter().map(|imported| imported.alias.as_ref().unwrap_or(&imported.name).as_str()));
        }
        StmtKind::If { then, otherwise, .. } => {
            block(then);
            block(otherwise);
        }
        StmtKind::While { body, otherwise, .. } => {
            block(body);
            block(otherwise);
        }
        StmtKind::For { target, body, otherwise, .. } => {
            block(body);
            block(otherwise);
            binds(target, touched);
        }
        StmtKind::With { items, body } => {
            block(body);
            items.iter().filter_map(|item| item.target.as_ref()).for_each(|target| binds(target, touched));
        }
        StmtKind::Try { body, handlers, otherwise, finally } => {
            block(body);
            handlers.iter().for_each(|handler| block(handler));
            block(otherwise);
            block(finally);
        }
        StmtKind::Match { cases, .. } => cases.iter().for_each(|case| block(case)),
        StmtKind::Return(_) | StmtKind::Raise(_) | StmtKind::Global(_) | StmtKind::Break | StmtKind::Continue | StmtKind::Opaque => {}
    }
}

fn binds<'m>(target: &'m Expr, touched: &mut Touched<'m>) {
    match &target.kind {
        ExprKind::Name(name) => touched.binds.push(name),
        ExprKind::Tuple(parts) | ExprKind::List(parts) => parts.iter().for_each(|part| binds(part, touched)),
        ExprKind::Starred(inner) => binds(inner, touched),
        _ => touched.fills.extend(first_name(target)),
    }
}

fn passes<'m>(expr: &'m Expr, touched: &mut Touched<'m>) {
    match &expr.kind {
        ExprKind::Call(call) => {
            passes(&call.callee, touched);
            call.args.iter().for_each(|arg| passes(&arg.value, touched));
        }
        ExprKind::Await(inner) => passes(inner, touched),
        ExprKind::Named { name, value } => {
            touched.binds.push(name);
            passes(value, touched);
        }
        ExprKind::Opaque(children) => children.iter().for_each(|child| passes(child, touched)),
        _ => touched.passes.extend(first_name(expr)),
    }
}

/// `a` of `a.b["c"]`.
fn first_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Attribute { base, .. } | ExprKind::Index { base, .. } | ExprKind::Slice { base, .. } => first_name(base),
        ExprKind::Call(call) => first_name(&call.callee),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(source: &str, name: &str) -> Vec<usize> {
        let module = crate::frontend::python::parse(source);
        let definitions = Definitions::of(&module);
        let group = definitions.group(name);
        group.map_or_else(Vec::new, |group| definitions.units(group).iter().map(|unit| unit.stmt).collect())
    }

    #[test]
    fn only_what_a_name_needs_is_run() {
        let source = "import os\nLOUD = 'Shout.'\nQUIET = LOUD.lower()\ndef ask(): pass\nprint(LOUD)\n";
        assert_eq!(statements(source, "QUIET"), [2]);
        assert_eq!(statements(source, "LOUD"), [1, 4], "a call may change what it is given");
        assert_eq!(statements(source, "ask"), [3]);
        assert_eq!(statements(source, "os"), [0]);
        assert_eq!(statements(source, "nothing"), [] as [usize; 0]);
    }

    #[test]
    fn what_changes_a_name_goes_with_it() {
        let source = "\
RULES = {}
RULES['tone'] = 'Be kind.'
STEPS = []
STEPS.append('Read.')
for step in ('Think.', 'Write.'):
    STEPS.append(step)
FIRST, LAST = STEPS[0], 'End.'
LAST += '!'
";
        assert_eq!(statements(source, "RULES"), [0, 1]);
        assert_eq!(statements(source, "STEPS"), [2, 3, 4]);
        assert_eq!(statements(source, "FIRST"), [5, 6]);
    }

    #[test]
    fn other_ways_to_bind() {
        let source = "\
try:
    from fast import parse
except ImportError:
    parse = None
from texts import SYSTEM, EXTRA as more
from base import *
SYSTEM['b'] = 'c'
if __name__ == '__main__':
    SYSTEM = ask()
";
        assert_eq!(statements(source, "parse"), [0]);
        assert_eq!(statements(source, "more"), [1]);
        assert_eq!(statements(source, "SYSTEM"), [1, 3]);
        let module = crate::frontend::python::parse(source);
        let definitions = Definitions::of(&module);
        assert_eq!(definitions.stars(), [2]);
        let unit = |name: &str| definitions.group(name).map(|group| definitions.units(group)[0]);
        assert_eq!(unit("more"), Some(Unit { stmt: 1, import: Some(1) }));
    }
}
