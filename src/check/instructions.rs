//! Files that coding assistants load: how much of them goes into every request, and what of it stands in another such file.

use std::collections::HashSet;

use crate::document::Loaded;
use crate::model::facts::{Fact, Record};
use crate::project::Project;
use crate::span::{FileId, Place, Span};
use crate::tokens;

/// Imports inside each other that are followed, as the assistant that knows them does.
const DEEPEST: usize = 5;
/// A shorter paragraph says nothing, in bytes.
const SHORTEST: usize = 60;

/// The facts of an instruction file; absent for any other.
pub fn facts(project: &Project, file: FileId) -> Fact {
    let Some(loaded) = project.document(file).and_then(|document| document.loaded) else { return Fact::absent() };
    let mut imported = Vec::new();
    follow(project, file, 0, &mut imported);
    let count = |file: FileId| tokens::count_for(project.text(file), None).tokens as f64;
    let more: f64 = imported.iter().map(|file| count(*file)).sum();
    let repeats = match loaded {
        Loaded::Always => repeated(project, file, &imported),
        Loaded::OnDemand => Fact::absent(),
    };
    let fields = [
        ("always", Fact::bool(loaded == Loaded::Always)),
        ("tokens", Fact::number(count(file) + more)),
        ("imported", if imported.is_empty() { Fact::absent() } else { Fact::number(more) }),
        ("repeats", repeats),
    ];
    Fact::record(Record { place: None, fields: fields.into_iter().collect() })
}

/// The files that a file imports: `@docs/style.md` on a line, not in code.
fn follow(project: &Project, file: FileId, depth: usize, found: &mut Vec<FileId>) {
    let key = &project.file(file).key;
    if depth >= DEEPEST || !key.rsplit('/').next().is_some_and(|name| name == "CLAUDE.md" || depth > 0) {
        return;
    }
    let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut fenced = false;
    for line in project.text(file).lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let Some(path) = line.trim().trim_start_matches("- ").strip_prefix('@').filter(|_| !fenced) else { continue };
        let path = path.split_whitespace().next().unwrap_or_default().trim_start_matches("./");
        let whole = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        if let Some(import) = project.find(&whole).filter(|import| *import != file && !found.contains(import)) {
            found.push(import);
            follow(project, import, depth + 1, found);
        }
    }
}

fn paragraphs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split("\n\n").map(move |paragraph| {
        let start = at + paragraph.len() - paragraph.trim_start().len();
        at += paragraph.len() + 2;
        (start, paragraph.trim())
    })
}

/// The other file that most of it stands in.
fn repeated(project: &Project, file: FileId, imported: &[FileId]) -> Fact {
    let folder = |key: &str| key.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let own = folder(&project.file(file).key);
    let always = |other: &FileId| project.document(*other).and_then(|document| document.loaded) == Some(Loaded::Always);
    let beside = project.ids().filter(|other| {
        let key = &project.file(*other).key;
        // Of two that hold the same, the later one is told.
        *other < file && crate::document::is_named(key) && folder(key) == own && always(other)
    });
    let mut best: Option<(u64, FileId, Span)> = None;
    for other in beside.chain(imported.iter().copied().filter(|other| *other > file || !always(other))) {
        let words = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let theirs: HashSet<String> = paragraphs(project.text(other)).map(|(_, paragraph)| words(paragraph)).collect();
        let same: Vec<(usize, &str)> = paragraphs(project.text(file))
            .filter(|(_, paragraph)| paragraph.len() >= SHORTEST && theirs.contains(&words(paragraph)))
            .collect();
        let count: u64 = same.iter().map(|(_, paragraph)| tokens::count_for(paragraph, None).tokens).sum();
        if let Some((start, paragraph)) = same.first().filter(|_| best.as_ref().is_none_or(|(most, ..)| count > *most)) {
            best = Some((count, other, Span::new(*start, start + paragraph.len())));
        }
    }
    let Some((count, other, span)) = best else { return Fact::absent() };
    let fields = [("tokens", Fact::number(count as f64)), ("path", Fact::text(project.file(other).path.clone()))];
    Fact::record(Record { place: Some(Place::new(file, span)), fields: fields.into_iter().collect() })
}
