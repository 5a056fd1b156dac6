//! What a missing cap is worth: whether the call is a trial that runs once, and whether anything uses the object that lacks it.

use crate::catalogue::Catalogue;
use crate::model::call::{Call, LoopKind, Reuse};
use crate::model::facts::Fact;
use crate::model::prompt::Volatility;
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::FileId;
use crate::syntax::{Expr, ExprKind, Module, Stmt, StmtKind};

use super::dead;
use super::prefix::{self, Leaf};

/// The facts of the call that rest on the file which it stands in.
pub fn facts(project: &Project, catalogue: &Catalogue, call: &Call<'_>) -> [(&'static str, Fact); 4] {
    let in_notebook = project.source(call.place.file).is_ok_and(|source| source.notebook.is_some());
    [
        ("in_example", Fact::bool(catalogue.names.is_example(&project.file(call.place.file).key))),
        ("in_notebook", Fact::bool(in_notebook)),
        ("trial", Fact::bool(is_trial(project, catalogue, call))),
        ("unused", Fact::bool(is_unused(project, call) || dead::is_dead(project, call.place))),
    ]
}

/// The call is the making of an object that holds the settings of other calls.
fn is_constructor(call: &Call<'_>) -> bool {
    call.settings.is_some_and(|settings| settings.place == call.place)
}

/// Whether the call runs once as it stands: it asks what is written out in a script, or makes an object in a script that is no more
/// than a list of steps.
fn is_trial(project: &Project, catalogue: &Catalogue, call: &Call<'_>) -> bool {
    if call.repetition.kind != LoopKind::None || project.file(call.place.file).language.in_catalogue().is_none() {
        return false;
    }
    let module = project.module(call.place.file);
    if runs_again(catalogue, module) {
        return false;
    }
    if is_constructor(call) && call.repetition.reuse != Reuse::Unlikely {
        return false;
    }
    if is_constructor(call) {
        return is_list_of_steps(module) && (module.is_script || !is_imported(project, call, bound_to(module, call).as_deref()));
    }
    // A request that says the same whoever calls is a check or a demonstration: what serves somebody has something of theirs in it.
    let once = call.repetition.reuse == Reuse::Unlikely;
    let written_out = |leaf: &Leaf<'_>| match leaf {
        // Braces may be those of a template that somebody else fills in.
        Leaf::Text { text, .. } => once || !text.contains('{'),
        Leaf::Slot(slot) => once && slot.volatility.is_some_and(|volatility| volatility <= Volatility::Deployment),
        Leaf::History => false,
    };
    !call.request.open && !call.request.blocks.is_empty() && prefix::leaves(&call.request).iter().all(|(_, leaf)| written_out(leaf))
}

/// Whether a framework runs the script again for each user or on each interaction.
fn runs_again(catalogue: &Catalogue, module: &Module) -> bool {
    let mut found = false;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(Stmt { kind: StmtKind::Import(import), .. }) = seen {
            found |= catalogue.python.reruns(import.module.split('.').next().unwrap_or_default());
        }
    });
    found
}

/// Whether the script defines nothing that others could call, and repeats nothing over items.
fn is_list_of_steps(module: &Module) -> bool {
    let mut steps = true;
    find::visit(module, &mut |seen| {
        steps &= match seen {
            Seen::Stmt(stmt) => !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_) | StmtKind::For { .. }),
            Seen::Expr(expr) => !matches!(expr.kind, ExprKind::Lambda(_) | ExprKind::Comprehension(_)),
        };
    });
    steps && module.body.iter().any(|stmt| matches!(stmt.kind, StmtKind::Expr(_) | StmtKind::If { .. }))
}

/// The name that the call, as it stands, is bound to.
fn bound_to(module: &Module, call: &Call<'_>) -> Option<String> {
    let mut name = None;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, value }, .. }) = seen
            && value.span == call.place.span
            && let [Expr { kind: ExprKind::Name(target), .. }] = targets.as_slice()
        {
            name = Some(target.clone());
        }
    });
    name
}

/// Whether the call makes an object that is bound to a name which nothing in the project reads.
fn is_unused(project: &Project, call: &Call<'_>) -> bool {
    // What a script of JavaScript exports is for others, in sight or not.
    if !is_constructor(call) || project.file(call.place.file).language != Language::Python {
        return false;
    }
    let module = project.module(call.place.file);
    let Some(name) = bound_to(module, call) else { return false };
    let mut written = Vec::new();
    let mut read = false;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, .. }, .. }) => written.extend(targets.iter().map(|target| target.span)),
        Seen::Expr(Expr { kind: ExprKind::Name(found), span }) => read |= *found == name && !written.contains(span),
        Seen::Expr(Expr { kind: ExprKind::Attribute { name: found, .. }, .. }) => read |= *found == name,
        _ => {}
    });
    !read && !is_imported(project, call, Some(&name))
}

/// The other files of the language that are no tests.
pub fn others(project: &Project, file: FileId) -> impl Iterator<Item = FileId> {
    let language = project.file(file).language;
    let is_test = |id: FileId| crate::walk::is_test_code(std::path::Path::new(&project.file(id).key));
    project.ids().filter(move |id| *id != file && project.file(*id).language == language && !is_test(*id))
}

/// Whether a class is defined in the file or imported from another one of the project.
pub fn defines(project: &Project, file: FileId, class: &str) -> bool {
    let module = project.module(file);
    let mut found = false;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Class(known), .. }) => found |= known.name == class,
        Seen::Stmt(Stmt { kind: StmtKind::Import(import), .. }) => {
            let named = import.names.iter().any(|name| name.alias.as_ref().unwrap_or(&name.name) == class);
            found |= named && crate::resolve::imports::of(project, file, import).is_some();
        }
        _ => {}
    });
    found || class == "ABC" || class == "object"
}

/// Whether another file may take the name out of the file of the call: it imports it or all there is, or reads an attribute of this name.
fn is_imported(project: &Project, call: &Call<'_>, name: Option<&str>) -> bool {
    name.is_none_or(|name| is_taken_elsewhere(project, call.place.file, name))
}

/// Whether a file other than the one that binds a name may read it there; of a project that is too large to be read for that, any may.
pub fn is_taken_elsewhere(project: &Project, file: FileId, name: &str) -> bool {
    !project.is_at_hand() || others(project, file).any(|id| project.may_say(id, name) && takes(project.module(id), name))
}

fn takes(module: &Module, name: &str) -> bool {
    let mut found = false;
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Import(import), .. }) => {
            found |= import.star || import.names.iter().any(|imported| imported.name == name);
        }
        Seen::Expr(Expr { kind: ExprKind::Attribute { name: attribute, .. }, .. }) => found |= attribute == name,
        // What another language writes as an import without names, or hands out by a string.
        Seen::Expr(text @ Expr { kind: ExprKind::Str(_), .. }) => found |= text.as_text().as_deref() == Some(name),
        _ => {}
    });
    found
}
