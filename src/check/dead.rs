//! Code that nothing of the project leads to: what nobody runs costs nothing.

use std::path::Path;

use crate::catalogue::last_name;
use crate::catalogue::names::words;
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::{FileId, Place, Span};
use crate::syntax::{Expr, ExprKind, Function, Import, ImportedName, Stmt, StmtKind};

use super::gap::{defines, others};

/// Functions that are called by their names from outside: entry points and hooks.
const CALLED_BY_NAME: [&str; 10] = ["main", "handler", "run", "app", "setup", "register", "execute", "process", "index", "default"];

/// First words of functions that are called when something occurs.
const CALLED_WHEN: [&str; 3] = ["on", "handle", "test"];

/// Files that tell of code, and do not call it.
const PROSE: [&str; 5] = [".md", ".mdx", ".rst", ".txt", ".html"];

/// Decorators that change what a function is, and hand it to nobody.
const PLAIN_DECORATORS: [&str; 7] = ["staticmethod", "classmethod", "property", "abstractmethod", "override", "cache", "lru_cache"];

/// How many functions that nobody calls may stand one behind another.
const MOST_STEPS: usize = 3;

/// Whether a place stands in a function, method, class or constant of which nothing in the project speaks: nobody calls or reads it,
/// exports it or names it in a string, or only code does of which the same is true. What a decorator or a base of a library registers
/// may be called all the same, and so may what a lone file or a library offers; a project that is too large to be read for that is
/// taken to use all it has.
pub fn is_dead(project: &Project, at: Place) -> bool {
    project.file(at.file).language.in_catalogue().is_some() && project.is_at_hand() && leads_nowhere(project, at, MOST_STEPS)
}

/// What stands around a place, by the name that others would speak of.
struct Definition<'m> {
    name: &'m str,
    span: Span,
    kind: Kind<'m>,
}

enum Kind<'m> {
    /// Bases of the class.
    Class(&'m [Expr]),
    /// Of a class with these bases, of which there may be objects.
    Method {
        class: &'m str,
        bases: &'m [Expr],
    },
    Function,
    Constant,
}

fn leads_nowhere(project: &Project, at: Place, steps: usize) -> bool {
    let module = project.module(at.file);
    let Some(around) = module.body.iter().find(|stmt| stmt.span.contains(at.span)) else { return false };
    let language = project.file(at.file).language;
    let mut around_place: Vec<Definition<'_>> = Vec::new();
    match &around.kind {
        StmtKind::Class(class) if is_plain(&class.decorators) => {
            around_place.push(Definition { name: &class.name, span: around.span, kind: Kind::Class(&class.bases) });
            let method = class.body.iter().find_map(|stmt| match &stmt.kind {
                StmtKind::Function(method) if stmt.span.contains(at.span) => Some((method, stmt.span)),
                _ => None,
            });
            if let Some((method, span)) = method.filter(|(method, _)| may_be_unused(method)) {
                around_place.push(Definition { name: &method.name, span, kind: Kind::Method { class: &class.name, bases: &class.bases } });
            }
        }
        StmtKind::Function(function) if may_be_unused(function) => {
            around_place.push(Definition { name: &function.name, span: around.span, kind: Kind::Function });
        }
        StmtKind::Assign { targets, value } => {
            if let [Expr { kind: ExprKind::Name(name), .. }] = targets.as_slice() {
                let is_text = matches!(value.kind, ExprKind::Str(_));
                let is_function = matches!(value.kind, ExprKind::Lambda(_)) && language == Language::JavaScript;
                if (is_text || is_function) && !is_called_by_name(name) {
                    let kind = if is_text { Kind::Constant } else { Kind::Function };
                    around_place.push(Definition { name, span: around.span, kind });
                }
            }
        }
        _ => {}
    }
    around_place.iter().any(|definition| is_unspoken(project, at.file, definition, steps))
}

fn is_called_by_name(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| CALLED_BY_NAME.contains(&word.as_str()))
        || words.first().is_some_and(|word| CALLED_WHEN.contains(&word.as_str()))
}

fn may_be_unused(function: &Function) -> bool {
    let special = function.name.starts_with("__") || function.name == "constructor";
    // What a framework finds by its name is written in capitals, or begins with the occasion.
    !special
        && is_plain(&function.decorators)
        && !is_called_by_name(&function.name)
        && !function.name.chars().all(|c| c.is_ascii_uppercase())
}

fn is_plain(decorators: &[Expr]) -> bool {
    decorators.iter().all(|one| one.dotted().is_some_and(|name| PLAIN_DECORATORS.contains(&last_name(&name))))
}

fn is_unspoken(project: &Project, file: FileId, definition: &Definition<'_>, steps: usize) -> bool {
    let of_project = |bases: &[Expr]| bases.iter().all(|base| base.dotted().is_some_and(|base| defines(project, file, last_name(&base))));
    let offered_to_nobody = match &definition.kind {
        Kind::Class(bases) => {
            of_project(bases) && (is_taken_from(project, file) || bases.iter().any(|base| has_used_sibling(project, file, base)))
        }
        Kind::Method { class, bases } => of_project(bases) && !reads_by_name(project, file) && is_made_here(project, file, class),
        Kind::Function => is_taken_from(project, file),
        // A text that is kept for others stands in a file of such texts.
        Kind::Constant => is_taken_from(project, file),
    };
    offered_to_nobody && !is_spoken_of(project, file, definition, steps)
}

/// Whether live code, or a file that is no code, speaks of what is defined.
fn is_spoken_of(project: &Project, file: FileId, definition: &Definition<'_>, steps: usize) -> bool {
    let of_module = !matches!(definition.kind, Kind::Method { .. });
    if names(project, file, file, definition, steps) || (of_module && is_handed_on_whole(project, file)) {
        return true;
    }
    let language = project.file(file).language;
    let says = |id: FileId| id != file && project.may_say(id, definition.name);
    project.ids().filter(|id| says(*id)).any(|id| match project.file(id).language.in_catalogue() {
        _ if is_test(project, id) => false,
        Some(_) if project.file(id).language == language => names(project, id, file, definition, steps),
        // Another language may call it by this name, and so may a file of settings.
        _ if PROSE.iter().any(|ending| project.file(id).key.ends_with(ending)) => false,
        _ => project.peek(id, |text| text.contains(definition.name)).unwrap_or_default(),
    })
}

fn is_test(project: &Project, id: FileId) -> bool {
    crate::walk::is_test_code(Path::new(&project.file(id).key))
}

/// Whether one file speaks of the definition, outside of it and of code that is dead itself.
fn names(project: &Project, id: FileId, home: FileId, definition: &Definition<'_>, steps: usize) -> bool {
    let name = definition.name;
    let module = project.module(id);
    let mut spoken: Vec<Span> = Vec::new();
    let mut handed_on = false;
    find::visit(module, &mut |seen| match seen {
        Seen::Expr(Expr { kind: ExprKind::Name(found) | ExprKind::Attribute { name: found, .. }, span }) if found == name => {
            spoken.push(*span)
        }
        Seen::Expr(text @ Expr { kind: ExprKind::Str(_), span }) if text.as_text().is_some_and(|text| is_name_in(&text, name)) => {
            spoken.push(*span);
        }
        Seen::Stmt(Stmt { kind: StmtKind::Import(import), span }) if id != home => {
            let named = |one: &ImportedName| one.name == name;
            let renamed = import.names.iter().any(|one| named(one) && one.alias.as_ref().is_some_and(|alias| alias != name));
            let handing = hands_on(project, id, *span);
            handed_on |= renamed || (handing && import.names.iter().any(named));
        }
        _ => {}
    });
    handed_on
        || spoken.iter().any(|span| {
            let within = id == home && definition.span.contains(*span);
            let of_same_name = is_in_function(project, id, *span, name);
            !within
                && !of_same_name
                && !is_bound(module, *span)
                && (steps == 0 || !leads_nowhere(project, Place::new(id, *span), steps - 1))
        })
}

/// Whether a text is a name or a path that ends with it (`package.module:function`).
fn is_name_in(text: &str, name: &str) -> bool {
    text == name || text.strip_suffix(name).is_some_and(|before| before.ends_with(['.', ':', '/', '#']) && !before.contains(' '))
}

/// Whether what an import brings in is offered to others by that: `export … from`, and all that a package of Python imports.
fn hands_on(project: &Project, id: FileId, import: Span) -> bool {
    match project.file(id).language {
        Language::JavaScript => project.text(id).get(import.range()).is_some_and(|written| written.starts_with("export")),
        _ => is_front(project, id),
    }
}

/// A file that stands for its folder.
fn is_front(project: &Project, id: FileId) -> bool {
    let key = &project.file(id).key;
    let stem = key.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
    matches!(stem, "__init__" | "index" | "mod")
}

/// Whether a name stands where it is bound: the target of an assignment.
fn is_bound(module: &crate::syntax::Module, span: Span) -> bool {
    let mut bound = false;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, .. }, .. }) = seen {
            bound |= targets.iter().any(|target| target.span == span);
        }
    });
    bound
}

/// Whether a place stands in a function of this name: one that stands in for it, and calls the one behind it.
fn is_in_function(project: &Project, id: FileId, span: Span, name: &str) -> bool {
    find::function_around(project.module(id), span).is_some_and(|function| function.name == name)
}

/// Whether the file reads attributes by names that are put together.
fn reads_by_name(project: &Project, file: FileId) -> bool {
    let mut found = false;
    find::visit(project.module(file), &mut |seen| {
        if let Seen::Expr(Expr { kind, .. }) = seen {
            found |= match kind {
                ExprKind::Call(call) => {
                    matches!(&call.callee.kind, ExprKind::Name(name) if name == "getattr")
                        && call.args.get(1).is_some_and(|name| name.value.as_text().is_none())
                }
                ExprKind::Index { base, index } => {
                    matches!(&base.kind, ExprKind::Name(name) if name == "this") && index.as_text().is_none()
                }
                _ => false,
            };
        }
    });
    found
}

/// Whether the project itself makes objects of a class, or another file speaks of it: then it is not only there for those who use the
/// project.
fn is_made_here(project: &Project, file: FileId, class: &str) -> bool {
    let is_class = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(found) if found == class);
    let in_file = |id: FileId, is_use: &dyn Fn(&Expr) -> bool| {
        let mut made = false;
        find::visit(project.module(id), &mut |seen| {
            if let Seen::Expr(expr) = seen {
                made |= is_use(expr);
            }
        });
        made
    };
    in_file(file, &|expr| matches!(&expr.kind, ExprKind::Call(call) if is_class(&call.callee)))
        || others(project, file).any(|id| project.may_say(id, class) && in_file(id, &is_class))
}

/// Whether another file of the project imports something from this one.
fn is_taken_from(project: &Project, file: FileId) -> bool {
    is_imported(project, file, |_, import, _| import.from && !import.names.is_empty())
}

/// Whether all that a file has is offered under the name of another.
fn is_handed_on_whole(project: &Project, file: FileId) -> bool {
    is_imported(project, file, |id, import, span| import.star && hands_on(project, id, span))
}

/// Whether another file imports this one in such a way.
fn is_imported(project: &Project, file: FileId, way: impl Fn(FileId, &Import, Span) -> bool) -> bool {
    let mut parts = project.file(file).key.rsplit('/');
    let stem = parts.next().and_then(|name| name.split('.').next()).unwrap_or_default();
    // A folder is imported by its own name.
    let stem = if is_front(project, file) { parts.next().unwrap_or_default() } else { stem };
    let may_say = |id: &FileId| !stem.chars().all(|c| c.is_alphanumeric() || c == '_') || project.may_say(*id, stem);
    !stem.is_empty()
        && others(project, file).filter(may_say).any(|id| {
            let mut found = false;
            find::visit(project.module(id), &mut |seen| {
                if let Seen::Stmt(Stmt { kind: StmtKind::Import(import), span }) = seen
                    && way(id, import, *span)
                {
                    found |= crate::resolve::imports::of(project, id, import) == Some(file);
                }
            });
            found
        })
}

/// Whether another class of the same base is spoken of outside of its file.
fn has_used_sibling(project: &Project, file: FileId, base: &Expr) -> bool {
    let Some(base) = base.dotted().map(|base| last_name(&base).to_string()) else { return false };
    !matches!(base.as_str(), "ABC" | "object")
        && others(project, file).filter(|id| project.may_say(*id, &base)).any(|id| {
            project.module(id).body.iter().any(|stmt| match &stmt.kind {
                StmtKind::Class(class) => {
                    class.bases.iter().filter_map(Expr::dotted).any(|one| last_name(&one) == base)
                        && super::gap::is_taken_elsewhere(project, id, &class.name)
                }
                _ => false,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead(files: &[(&str, &str)], marked: &str) -> bool {
        let project = Project::in_memory(files.iter().copied());
        let file = project.ids().find(|id| project.text(*id).contains(marked)).unwrap();
        let at = project.text(file).find(marked).unwrap();
        is_dead(&project, Place::new(file, Span::new(at, at + marked.len())))
    }

    const SCRIPT: [(&str, &str); 3] = [
        (
            "src/base.ts",
            "abstract class Model<C> {\n  abstract once(x: string): string;\n  abstract streamed(x: string): string;\n}\nexport default Model;\n",
        ),
        (
            "src/tide.ts",
            "import Model from './base';\nclass Tide extends Model<Conf> {\n  once(x) { return ask('whole', x); }\n  streamed(x) { return ask('parts', x); }\n}\nexport default Tide;\n",
        ),
        ("src/page.ts", "import Tide from './tide';\nexport const POST = (x) => new Tide().once(x);\n"),
    ];

    #[test]
    fn a_method_that_is_declared_and_never_called() {
        assert!(dead(&SCRIPT, "'parts'"));
        assert!(!dead(&SCRIPT, "'whole'"));
        let called =
            [SCRIPT[0], SCRIPT[1], ("src/page.ts", "import Tide from './tide';\nexport const GET = (x) => new Tide().streamed(x);\n")];
        assert!(!dead(&called, "'parts'"));
        // The class is for those who use the library, and so is a method that is reached by a name put together.
        assert!(!dead(&SCRIPT[..2], "'parts'"));
        let by_name = SCRIPT[1].1.replace("once(x) { return", "once(x) { return this[x]() +");
        assert!(!dead(&[SCRIPT[0], ("src/tide.ts", &by_name), SCRIPT[2]], "'parts'"));
    }

    #[test]
    fn a_function_that_is_imported_and_never_called() {
        let texts = "export function greet(name) { return `Greet ${name}`; }\nexport function part(name) { return `Part from ${name}`; }\n";
        let used = |page: &str| dead(&[("src/texts/index.ts", texts), ("src/page.ts", page)], "Part from");
        assert!(used("import { greet, part } from './texts';\nexport const GET = (x) => ask(greet(x));\n"));
        assert!(!used("import { greet, part } from './texts';\nexport const GET = (x) => ask(greet(x) + part(x));\n"));
        assert!(!used("import { greet, part as leave } from './texts';\nexport const GET = (x) => ask(greet(x) + leave(x));\n"));
        assert!(!used("export { part } from './texts';\nexport const GET = (x) => ask(x);\n"));
        assert!(!used("import { greet } from './texts';\nexport * from './texts';\n"));
    }

    #[test]
    fn a_text_that_only_dead_code_reads() {
        let texts = "WELCOME = 'Welcome aboard.'\nADVICE = 'Advise on the tides.'\n";
        let desk =
            "from texts import ADVICE, WELCOME\n\ndef welcome(c):\n    return c.ask(WELCOME)\n\ndef advise(c):\n    return c.ask(ADVICE)\n";
        let app = |used: &str| format!("from desk import {used}\n\ndef main(c):\n    return {used}(c)\n");
        let files = |app: &str| dead(&[("texts.py", texts), ("desk.py", desk), ("app.py", app)], "Advise on");
        assert!(files(&app("welcome")));
        assert!(!files(&app("advise")));
        // Offered by the package, named in a string or in a file of settings, registered.
        assert!(!dead(&[("desk/texts.py", texts), ("desk/__init__.py", "from .texts import ADVICE\n")], "Advise on"));
        assert!(!files("from desk import welcome\nSTEPS = ['desk.advise']\nwelcome(1)\n"));
        let settings = ("steps.yaml", "steps: [advise]\n");
        assert!(!dead(&[("texts.py", texts), ("desk.py", desk), ("app.py", &app("welcome")), settings], "Advise on"));
        let registered = desk.replace("def advise", "@app.get('/advice')\ndef advise");
        assert!(!dead(&[("texts.py", texts), ("desk.py", &registered), ("app.py", &app("welcome"))], "Advise on"));
    }
}
