//! Prompts in code that are only ever sent behind something else: `found + PROMPT.format(…)`.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::{FileId, Place, Span};
use crate::syntax::{BinaryOp, Expr, ExprKind, Module, Piece, Stmt, StmtKind};

/// Names that are shorter may be anybody's.
const SHORTEST: usize = 10;

/// How often a name is read, and how often of these behind something else.
#[derive(Clone, Copy, Default)]
struct Uses {
    all: usize,
    behind: usize,
}

/// Those of the prompts that have a name of their own under which each file that uses one puts it behind something else.
pub(super) fn prompts(project: &Project, prompts: impl Iterator<Item = Place>) -> HashSet<Place> {
    let is_code = |file: FileId| matches!(project.file(file).language, Language::Python | Language::JavaScript);
    let named: Vec<(&str, Place)> = prompts
        .filter(|place| is_code(place.file))
        .filter_map(|place| Some((name_of(project.module(place.file), place.span)?, place)))
        .filter(|(name, _)| name.len() >= SHORTEST)
        .collect();
    if named.is_empty() {
        return HashSet::new();
    }
    let names: HashSet<&str> = named.iter().map(|(name, _)| *name).collect();
    let Ok(words) = aho_corasick::AhoCorasick::new(&names) else { return HashSet::new() };
    let files: Vec<FileId> = project.ids().filter(|file| is_code(*file)).collect();
    let uses = files
        .par_iter()
        .filter(|file| project.peek(**file, |text| text.contains('+') && words.is_match(text)) == Some(true))
        .map(|file| uses_in(project.module(*file), &names))
        .reduce(HashMap::new, |mut all, some| {
            for (name, uses) in some {
                let known: &mut Uses = all.entry(name).or_default();
                known.all += uses.all;
                known.behind += uses.behind;
            }
            all
        });
    let is_behind = |name: &str| uses.get(name).is_some_and(|uses| uses.behind > 0 && uses.behind == uses.all);
    named.into_iter().filter(|(name, _)| is_behind(name)).map(|(_, place)| place).collect()
}

/// The variable that a text is bound to as it is.
fn name_of(module: &Module, text: Span) -> Option<&str> {
    module.body.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Assign { targets, value } if value.span == text => match targets.as_slice() {
            [Expr { kind: ExprKind::Name(name), .. }] => Some(name.as_str()),
            _ => None,
        },
        _ => None,
    })
}

fn uses_in<'m>(module: &'m Module, names: &HashSet<&str>) -> HashMap<&'m str, Uses> {
    let mut uses: HashMap<&str, Uses> = HashMap::new();
    let mut bound: HashSet<Span> = HashSet::new();
    let mut behind: HashSet<Span> = HashSet::new();
    find::visit(module, &mut |seen| match seen {
        Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, .. }, .. }) => bound.extend(targets.iter().map(|target| target.span)),
        Seen::Expr(Expr { kind: ExprKind::Binary { op: BinaryOp::Add, left, right }, .. }) if varies(left, 0) => {
            if let Some(name) = filled_in(right) {
                behind.insert(name.span);
            }
        }
        Seen::Expr(expr @ Expr { kind: ExprKind::Name(name), .. }) if names.contains(name.as_str()) && !bound.contains(&expr.span) => {
            let known = uses.entry(name).or_default();
            known.all += 1;
            known.behind += usize::from(behind.contains(&expr.span));
        }
        _ => {}
    });
    uses
}

/// The name of the text in `PROMPT` or `PROMPT.format(…)`.
fn filled_in(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Name(_) => Some(expr),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, .. } if matches!(base.kind, ExprKind::Name(_)) => Some(base),
            _ => None,
        },
        _ => None,
    }
}

/// Whether what stands in front is more than text of the source and constants.
fn varies(expr: &Expr, depth: usize) -> bool {
    match &expr.kind {
        ExprKind::Str(literal) => literal.pieces.iter().any(|piece| matches!(piece, Piece::Slot { .. })),
        ExprKind::Binary { left, right, .. } => depth < 40 && (varies(left, depth + 1) || varies(right, depth + 1)),
        // A constant of a module, as such names are written.
        ExprKind::Name(name) => name.chars().any(|letter| letter.is_lowercase()) && !name.contains("prompt") && !name.contains("system"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_behind_only_if_it_always_is() {
        let prompts_py = "review_task = 'Review {part}.'\nplan_task = 'Plan {part}.'\nOTHER = 'x'\n";
        let send = "from prompts import review_task, plan_task\ndef run(files, part):\n    ask(files + '\\n' + review_task.format(part=part))\n    ask(files + plan_task)\n    ask(plan_task.format(part=part))\n";
        let project = Project::in_memory([("prompts.py", prompts_py), ("send.py", send)]);
        let file = project.find("prompts.py").expect("it was put there");
        let at = |text: &str| {
            let start = prompts_py.find(text).expect("it stands there");
            Place::new(file, Span::new(start, start + text.len()))
        };
        let (review, plan) = (at("'Review {part}.'"), at("'Plan {part}.'"));
        let found = super::prompts(&project, [review, plan].into_iter());
        assert_eq!(found, HashSet::from([review]));
    }
}
