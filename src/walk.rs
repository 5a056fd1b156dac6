//! From the paths of the command line to a project: which files are linted, and which are only followed into.
//!
//! Symbolic links are not followed unless given by hand. What lies within the root is read under its real name; a link to a file
//! in it is a second name, by which it may be imported, and is not linted again.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use ignore::{WalkBuilder, WalkState};

use crate::config::{Config, ConfigError, Configs, Overrides, SettingsMap};
use crate::project::{FileEntry, Language, Project};
use crate::report::Note;

/// What to walk.
#[derive(Debug)]
pub struct Request<'r> {
    /// As given on the command line.
    pub paths: &'r [PathBuf],
    /// Absolute.
    pub working_dir: &'r Path,
    pub test_code: TestCode,
    /// 0: as many as the machine has.
    pub threads: usize,
    /// Targets are named but need not exist: their text comes from standard input.
    pub in_memory: bool,
    /// Whether to say what was left out.
    pub verbose: bool,
}

/// Whether test code, and the code of others, is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestCode {
    /// Where a file of it is given by name.
    Named,
    Always,
    /// Not where it is given by name either: a hook names whatever changed.
    Never,
}

/// What a walk found.
#[derive(Debug)]
pub struct Walk {
    pub project: Project,
    pub settings: SettingsMap,
    /// Folders that could not be read, links that were not followed.
    pub notes: Vec<Note>,
    /// What was left out and why, sorted; empty unless it was asked for.
    pub skipped: Vec<Note>,
}

/// Why there is nothing to walk. The fault is the user's.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    #[error("`{path}` does not exist")]
    Missing { path: String },
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error(transparent)]
    Config(#[from] Box<ConfigError>),
}

/// Folders that are never even followed into: installed packages and caches.
const INSTALLED: [&str; 5] = ["node_modules", "site-packages", ".venv", "venv", "__pycache__"];
/// Folders that a build writes, where they stand beside the file that says how to build.
const BUILT: [&str; 2] = ["dist", "build"];
const BUILDS: [&str; 4] = ["package.json", "tsconfig.json", "pyproject.toml", "setup.py"];
/// Hidden folders and files that hold code or prompts all the same.
const SHOWN: [&str; 6] = [".server", ".client", ".github", ".cursor", ".cursorrules", ".windsurfrules"];
/// Folders of test code and of other people's code.
const TEST_FOLDERS: [&str; 11] =
    ["test", "tests", "__tests__", "mocks", "mock", "__mocks__", "vendor", "vendored", "third_party", "third-party", "testing"];

/// What stands before the ending of a file of test code.
const TEST_MARKS: [&str; 6] = ["test", "spec", "e2e", "stories", "test-d", "mock"];

/// Lists the files of the repository around the paths, with those at and below the paths as targets.
pub fn walk(request: &Request<'_>, configs: &mut Configs, overrides: &Overrides) -> Result<Walk, WalkError> {
    let mut given = Vec::new();
    let mut found = Found::default();
    for path in request.paths {
        let absolute = clean(&request.working_dir.join(path));
        let shown = path.to_string_lossy().into_owned();
        let is_folder = match std::fs::metadata(&absolute) {
            // Reading from a pipe or a device may never end.
            Ok(metadata) if !metadata.is_dir() && !metadata.is_file() => {
                found.notes.push(Note { path: shown, message: "not read: neither a file nor a folder".to_owned() });
                continue;
            }
            Ok(metadata) => metadata.is_dir(),
            Err(_) if request.in_memory => false,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(WalkError::Missing { path: shown }),
            Err(error) => return Err(WalkError::Unreadable { path: shown, reason: error.to_string() }),
        };
        given.push((absolute, is_folder));
    }
    if given.is_empty() {
        let settings = SettingsMap::new(configs.for_folder(request.working_dir)?.settings(request.working_dir, overrides));
        return Ok(Walk { project: Project::new(Vec::new()), settings, notes: found.notes, skipped: Vec::new() });
    }
    let root = root_of(&given, request.working_dir);

    let mut notes = std::mem::take(&mut found.notes);
    let mut visited = HashSet::new();
    // Of a folder below the root it matters whether git ignores it.
    let is_nested = given.iter().any(|(path, is_folder)| *is_folder && path != &root);
    list(&root, request, &mut found, is_nested.then_some(&mut visited));
    // What is only followed into is nobody's concern.
    let is_asked = |note: &Note| given.iter().any(|(path, _)| clean(&request.working_dir.join(&note.path)).starts_with(path));
    notes.extend(std::mem::take(&mut found.notes).into_iter().filter(is_asked));
    found.notes = notes;
    for (path, is_folder) in &given {
        if !is_folder {
            match language(path) {
                Some(_) if request.test_code == TestCode::Never && is_test_code(path.strip_prefix(&root).unwrap_or(path)) => {
                    found.skip(request, path, TEST_CODE);
                }
                Some(language) => found.files.push(Listed { path: path.clone(), language, linked: false, target: true }),
                None => found.notes.push(Note {
                    path: shown(path, request.working_dir),
                    message: "not read: neither Python, JavaScript or TypeScript nor a Jinja template nor a text that these open"
                        .to_owned(),
                }),
            }
            continue;
        }
        if path != &root && !visited.contains(path) {
            list(path, request, &mut found, None);
        }
        let mut left_out = Vec::new();
        for file in found.files.iter_mut().filter(|file| !file.linked) {
            let Some(below) = below(&file.path, path) else { continue };
            if request.test_code == TestCode::Always || !is_test_code(below) {
                file.target = true;
            } else if request.verbose && file.language != Language::Text {
                left_out.push(file.path.clone());
            }
        }
        for file in left_out {
            found.skip(request, &file, TEST_CODE);
        }
        if request.verbose {
            ignored_by_git(path, request, &mut found);
        }
    }
    let mut files = std::mem::take(&mut found.files);
    // By their bytes: comparing paths part by part takes longer than listing them.
    files.sort_unstable_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    files.dedup_by(|again, known| {
        let is_same = again.path.as_os_str() == known.path.as_os_str();
        if is_same {
            known.target |= again.target;
        }
        is_same
    });

    let folder_of = |path: &Path| path.parent().unwrap_or(Path::new("/")).to_owned();
    let root_config = configs.for_folder(&root)?;
    let mut settings = SettingsMap::new(root_config.settings(&root, overrides));
    let mut known: HashMap<(*const Config, Vec<bool>), usize> = HashMap::new();
    // Neighbours share their config.
    let mut nearest: Option<(PathBuf, Arc<Config>)> = None;
    let mut entries = Vec::with_capacity(files.len());
    for Listed { path, language, mut target, .. } in files {
        let key = slashed(below(&path, &root).unwrap_or(&path));
        if target {
            let config = match &nearest {
                Some((folder, config)) if path.parent().is_some_and(|own| own.as_os_str() == folder.as_os_str()) => config.clone(),
                _ => {
                    let folder = folder_of(&path);
                    let config = configs.for_folder(&folder)?;
                    nearest = Some((folder, config.clone()));
                    config
                }
            };
            target = !config.excludes(&path);
            if !target {
                found.skipped.extend(request.verbose.then(|| note(&path, request.working_dir, "excluded by the config")));
            }
            let id = (Arc::as_ptr(&config), config.marks(&path));
            let at = *known.entry(id).or_insert_with(|| settings.add(config.settings(&path, overrides)));
            settings.set(key.clone(), at);
        }
        let seen_as = below(&path, request.working_dir).map_or_else(|| shown(&path, request.working_dir), slashed);
        entries.push(FileEntry { key, path: seen_as, file: Some(path), language, target });
    }
    found.notes.extend(configs.take_notes());
    found.notes.sort();
    found.notes.dedup();
    found.skipped.retain(|skipped| given.iter().any(|(path, _)| clean(&request.working_dir.join(&skipped.path)).starts_with(path)));
    found.skipped.sort();
    found.skipped.dedup();
    Ok(Walk { project: Project::new(entries), settings, notes: found.notes, skipped: found.skipped })
}

/// The folder that imports start from: the nearest one above the paths with `.git` in it; without one the working directory if it
/// is above them, else the folder given. Of several, what they share. A nested config governs settings, and is no root.
fn root_of(given: &[(PathBuf, bool)], working_dir: &Path) -> PathBuf {
    let roots = given.iter().map(|(path, is_folder)| {
        let folder = if *is_folder { path.as_path() } else { path.parent().unwrap_or(path) };
        let repository = folder.ancestors().find(|at| at.join(".git").exists());
        let around = || Some(working_dir).filter(|at| folder.starts_with(at) && !holds_homes(at));
        repository.or_else(around).unwrap_or(folder).to_owned()
    });
    roots.reduce(|a, b| a.ancestors().find(|at| b.starts_with(at)).unwrap_or(Path::new("/")).to_owned()).unwrap_or_default()
}

/// The root of the disk, somebody's home and what holds homes are no project, and far too much to list.
fn holds_homes(folder: &Path) -> bool {
    folder.parent().is_none() || std::env::home_dir().is_some_and(|home| home.starts_with(folder))
}

/// A file that is read if it comes to that.
struct Listed {
    /// Absolute.
    path: PathBuf,
    language: Language,
    /// A link to a file that is listed elsewhere.
    linked: bool,
    target: bool,
}

#[derive(Default)]
struct Found {
    files: Vec<Listed>,
    notes: Vec<Note>,
    skipped: Vec<Note>,
}

impl Found {
    fn skip(&mut self, request: &Request<'_>, path: &Path, reason: &str) {
        if request.verbose {
            self.skipped.push(note(path, request.working_dir, reason));
        }
    }
}

const TEST_CODE: &str = "test code, or the code of others (--include-tests checks it)";
const INSTALLED_CODE: &str = "an installed package or a cache (--include-tests checks it)";

fn note(path: &Path, working_dir: &Path, message: &str) -> Note {
    Note { path: shown(path, working_dir), message: message.to_owned() }
}

enum Event {
    File(Listed),
    Folder(PathBuf),
    Note(Note),
    Skipped(Note),
}

/// Everything below a folder that is not ignored, by several threads.
fn list(folder: &Path, request: &Request<'_>, found: &mut Found, mut visited: Option<&mut HashSet<PathBuf>>) {
    let real_root = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let (sender, events) = mpsc::channel();
    let mut builder = walker(folder, request);
    let include_tests = request.test_code == TestCode::Always;
    // Asked of each entry, so without the cost of a message where nobody wants to know.
    let skipped = request.verbose.then(|| (sender.clone(), request.working_dir.to_owned()));
    builder.filter_entry(move |entry| {
        let left_out = left_out(entry, include_tests);
        if let (Some(reason), Some((sender, working_dir))) = (left_out, &skipped)
            && reason.is_worth_saying()
        {
            let _ = sender.send(Event::Skipped(note(entry.path(), working_dir, reason.as_str())));
        }
        left_out.is_none()
    });
    let working_dir = request.working_dir;
    builder.build_parallel().run(|| {
        let sender = sender.clone();
        let real_root = &real_root;
        Box::new(move |entry| {
            let event = match entry {
                Ok(entry) => event_of(entry, real_root, working_dir),
                Err(error) => Some(Event::Note(note_of(&error, folder, working_dir))),
            };
            match event.map(|event| sender.send(event)) {
                Some(Err(_)) => WalkState::Quit,
                _ => WalkState::Continue,
            }
        })
    });
    // What remains of them lives in the walker.
    drop((sender, builder));
    for event in events {
        match event {
            Event::File(file) => found.files.push(file),
            Event::Note(note) => found.notes.push(note),
            Event::Skipped(note) => found.skipped.push(note),
            Event::Folder(path) => {
                if let Some(visited) = visited.as_deref_mut() {
                    visited.insert(path);
                }
            }
        }
    }
}

/// The walk of a folder, with what git ignores left out.
fn walker(folder: &Path, request: &Request<'_>) -> WalkBuilder {
    let mut builder = WalkBuilder::new(folder);
    // Frameworks keep the code of the server in folders with a dot: `.server`.
    builder.hidden(false).require_git(false).git_global(false).threads(request.threads);
    builder
}

/// Why an entry is not even looked at.
#[derive(Clone, Copy)]
enum LeftOut {
    Hidden,
    Installed,
    Built,
}

impl LeftOut {
    fn as_str(self) -> &'static str {
        match self {
            LeftOut::Hidden => "hidden",
            LeftOut::Installed => INSTALLED_CODE,
            LeftOut::Built => "what a build writes",
        }
    }

    /// Nobody wonders about `.git` and `.editorconfig`.
    fn is_worth_saying(self) -> bool {
        !matches!(self, LeftOut::Hidden)
    }
}

fn left_out(entry: &ignore::DirEntry, include_tests: bool) -> Option<LeftOut> {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    let name = entry.file_name().to_string_lossy();
    match () {
        () if entry.depth() == 0 => None,
        () if name.starts_with('.') && !SHOWN.contains(&&*name) => Some(LeftOut::Hidden),
        () if is_folder && !include_tests && INSTALLED.contains(&&*name) => Some(LeftOut::Installed),
        () if is_folder && is_built(entry.path(), &name) => Some(LeftOut::Built),
        () => None,
    }
}

/// Says what a walk left out because git ignores it: what a walk without git's files finds beside it.
fn ignored_by_git(folder: &Path, request: &Request<'_>, found: &mut Found) {
    let listed: HashSet<PathBuf> = found.files.iter().map(|file| file.path.clone()).collect();
    let mut builder = walker(folder, request);
    let include_tests = request.test_code == TestCode::Always;
    builder.git_ignore(false).git_exclude(false).ignore(false).filter_entry(move |entry| left_out(entry, include_tests).is_none());
    for entry in builder.build().flatten() {
        let path = entry.path();
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        if is_file && language(path).is_some_and(|language| language != Language::Text) && !listed.contains(path) {
            found.skip(request, path, "ignored by git");
        }
    }
}

/// Whether a build makes the folder anew: what it is made from is checked.
fn is_built(folder: &Path, name: &str) -> bool {
    BUILT.contains(&name) && folder.parent().is_some_and(|around| BUILDS.iter().any(|file| around.join(file).is_file()))
}

fn event_of(entry: ignore::DirEntry, real_root: &Path, working_dir: &Path) -> Option<Event> {
    let kind = entry.file_type()?;
    let depth = entry.depth();
    let path = entry.into_path();
    let note = |message: &str| Some(Event::Note(Note { path: shown(&path, working_dir), message: message.to_owned() }));
    if kind.is_dir() || (depth == 0 && kind.is_symlink()) {
        return Some(Event::Folder(path));
    }
    if !kind.is_symlink() {
        let language = kind.is_file().then(|| language(&path)).flatten()?;
        return Some(Event::File(Listed { path, language, linked: false, target: false }));
    }
    let real = match path.canonicalize() {
        Ok(real) => real,
        // A link to nowhere is common and harmless, unless it bears the name of something to lint.
        Err(error) => return language(&path).and_then(|_| note(&format!("not read: {error}"))),
    };
    match real.is_dir() {
        true if real_root.starts_with(&real) || path.canonicalize().is_ok() && is_loop(&path, &real) => {
            note("not followed: a symbolic link to a folder above it")
        }
        true if !real.starts_with(real_root) => note("not followed: a symbolic link to a folder elsewhere; give its path to lint it"),
        true => None,
        false if !real.is_file() => None,
        false if real.starts_with(real_root) => {
            language(&path).map(|language| Event::File(Listed { path, language, linked: true, target: false }))
        }
        // What is outside is not this repository's to show, and never to be written.
        false => language(&path).and_then(|_| note("not followed: a symbolic link to a file elsewhere; give its path to lint it")),
    }
}

fn is_loop(link: &Path, real: &Path) -> bool {
    link.parent().and_then(|folder| folder.canonicalize().ok()).is_some_and(|folder| folder.starts_with(real))
}

fn note_of(error: &ignore::Error, folder: &Path, working_dir: &Path) -> Note {
    let mut inner = error;
    let mut path = folder;
    loop {
        match inner {
            ignore::Error::WithPath { path: at, err } => (path, inner) = (at, err),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err,
            _ => break,
        }
    }
    Note { path: shown(path, working_dir), message: format!("not read: {inner}") }
}

fn language(path: &Path) -> Option<Language> {
    path.file_name().and_then(|name| Language::of(&name.to_string_lossy()))
}

/// A path seen from a folder, both absolute and without `.` and `..`; `None` for the folder itself and what is not below it.
fn below<'p>(path: &'p Path, folder: &Path) -> Option<&'p Path> {
    // Most often one text begins with the other, which is seen much faster than part by part.
    let bytes = path.as_os_str().as_encoded_bytes();
    let folder_bytes = folder.as_os_str().as_encoded_bytes();
    let is_below = bytes.starts_with(folder_bytes) && bytes.get(folder_bytes.len()) == Some(&(std::path::MAIN_SEPARATOR as u8));
    let text = is_below.then(|| path.to_str()?.get(folder_bytes.len() + 1..)).flatten().filter(|rest| !rest.is_empty());
    text.map(Path::new).or_else(|| path.strip_prefix(folder).ok().filter(|rest| !rest.as_os_str().is_empty()))
}

/// Whether a path, seen from the folder that was asked for, is test code or somebody else's.
pub(crate) fn is_test_code(below: &Path) -> bool {
    let text = below.to_string_lossy();
    let mut folders = text.split(std::path::is_separator);
    let Some(file) = folders.next_back() else { return false };
    let stem = file.split('.').next().unwrap_or(file);
    let in_folder = |name: &str| {
        TEST_FOLDERS.contains(&name)
            || INSTALLED.contains(&name)
            || name.starts_with("test_")
            || name.ends_with("_test")
            // As projects of .NET are called.
            || name.ends_with("Tests")
            || name == "TestData"
            || name == "fixtures"
    };
    // `chat.test.ts`, `chat.spec.tsx`, `page.stories.jsx`
    let marked = file.rsplit('.').nth(1).is_some_and(|mark| TEST_MARKS.contains(&mark));
    folders.any(in_folder) || marked || stem.starts_with("test_") || stem.ends_with("_test") || file == "conftest.py"
}

/// A path relative to the working directory, with `/`: how reports show it.
pub fn shown(path: &Path, working_dir: &Path) -> String {
    let path = clean(path);
    let shared = working_dir.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return slashed(&path);
    }
    let up = working_dir.components().skip(shared).map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(path.components().skip(shared)).collect();
    if relative.as_os_str().is_empty() { ".".to_owned() } else { slashed(&relative) }
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// Takes `.` and `..` out of an absolute path without asking the disk.
pub fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !clean.pop() {
                    clean.push("..");
                }
            }
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests;
