//! From the paths of the command line to a project: which files are linted, and which are only followed into.
//!
//! Symbolic links to files are read under their own name, but linted only where the file itself is outside the root; links to
//! folders are not followed unless given by hand: what lies within the root is read under its real name.

use std::collections::{BTreeMap, HashMap, HashSet};
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
    pub include_tests: bool,
    /// 0: as many as the machine has.
    pub threads: usize,
    /// Targets are named but need not exist: their text comes from standard input.
    pub in_memory: bool,
}

/// What a walk found.
#[derive(Debug)]
pub struct Walk {
    pub project: Project,
    pub settings: SettingsMap,
    /// Folders that could not be read, links that were not followed.
    pub notes: Vec<Note>,
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
        return Ok(Walk { project: Project::new(Vec::new()), settings, notes: found.notes });
    }
    let root = root_of(&given, request.working_dir);

    let mut notes = std::mem::take(&mut found.notes);
    let mut visited = HashSet::new();
    list(&root, request, &mut found, Some(&mut visited));
    // What is only followed into is nobody's concern.
    let is_asked = |note: &Note| given.iter().any(|(path, _)| clean(&request.working_dir.join(&note.path)).starts_with(path));
    notes.extend(std::mem::take(&mut found.notes).into_iter().filter(is_asked));
    found.notes = notes;
    let mut targets: HashSet<PathBuf> = HashSet::new();
    for (path, is_folder) in &given {
        if !is_folder {
            match language(path) {
                Some(_) => drop(targets.insert(path.clone())),
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
        let below = found.files.iter().filter(|(_, link)| !**link).filter_map(|(file, _)| Some((file, file.strip_prefix(path).ok()?)));
        targets.extend(below.filter(|(_, below)| request.include_tests || !is_test_code(below)).map(|(file, _)| file.clone()));
    }
    found.files.extend(targets.iter().map(|path| (path.clone(), false)));

    let folder_of = |path: &Path| path.parent().unwrap_or(Path::new("/")).to_owned();
    let root_config = configs.for_folder(&root)?;
    let mut settings = SettingsMap::new(root_config.settings(&root, overrides));
    let mut known: HashMap<(*const Config, Vec<bool>), usize> = HashMap::new();
    let mut entries = Vec::with_capacity(found.files.len());
    for path in found.files.into_keys() {
        let Some(language) = language(&path) else { continue };
        let key = slashed(path.strip_prefix(&root).unwrap_or(&path));
        let mut target = targets.contains(&path);
        if target {
            let config = configs.for_folder(&folder_of(&path))?;
            target = !config.excludes(&path);
            let id = (Arc::as_ptr(&config), config.marks(&path));
            let at = *known.entry(id).or_insert_with(|| settings.add(config.settings(&path, overrides)));
            settings.set(key.clone(), at);
        }
        entries.push(FileEntry { key, path: shown(&path, request.working_dir), file: Some(path), language, target });
    }
    found.notes.extend(configs.take_notes());
    found.notes.sort();
    found.notes.dedup();
    Ok(Walk { project: Project::new(entries), settings, notes: found.notes })
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

#[derive(Default)]
struct Found {
    /// With whether it is a link to a file that is listed elsewhere.
    files: BTreeMap<PathBuf, bool>,
    notes: Vec<Note>,
}

enum Event {
    File { path: PathBuf, linked: bool },
    Folder(PathBuf),
    Note(Note),
}

/// Everything below a folder that is not ignored, by several threads.
fn list(folder: &Path, request: &Request<'_>, found: &mut Found, mut visited: Option<&mut HashSet<PathBuf>>) {
    let include_tests = request.include_tests;
    let real_root = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mut builder = WalkBuilder::new(folder);
    // Frameworks keep the code of the server in folders with a dot: `.server`.
    builder.hidden(false).require_git(false).git_global(false).threads(request.threads).filter_entry(move |entry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let installed = || entry.file_name().to_str().is_some_and(|name| INSTALLED.contains(&name));
        let name = entry.file_name().to_string_lossy();
        let hidden = name.starts_with('.') && !SHOWN.contains(&&*name);
        entry.depth() == 0 || (!hidden && (!is_folder || ((include_tests || !installed()) && !is_built(entry.path(), &name))))
    });
    let (sender, events) = mpsc::channel();
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
    drop(sender);
    for event in events {
        match event {
            Event::File { path, linked } => drop(found.files.insert(path, linked)),
            Event::Note(note) => found.notes.push(note),
            Event::Folder(path) => {
                if let Some(visited) = visited.as_deref_mut() {
                    visited.insert(path);
                }
            }
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
        return (kind.is_file() && language(&path).is_some()).then_some(Event::File { path, linked: false });
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
        false => language(&path).map(|_| Event::File { linked: real.starts_with(real_root), path }),
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

/// Whether a path, seen from the folder that was asked for, is test code or somebody else's.
fn is_test_code(below: &Path) -> bool {
    let names: Vec<String> = below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let Some((file, folders)) = names.split_last() else { return false };
    let stem = file.split('.').next().unwrap_or(file);
    let in_folder = |name: &String| {
        TEST_FOLDERS.contains(&name.as_str())
            || INSTALLED.contains(&name.as_str())
            || name.starts_with("test_")
            || name.ends_with("_test")
            // As projects of .NET are called.
            || name.ends_with("Tests")
            || name == "TestData"
            || name == "fixtures"
    };
    // `chat.test.ts`, `chat.spec.tsx`, `page.stories.jsx`
    let marked = file.rsplit('.').nth(1).is_some_and(|mark| TEST_MARKS.contains(&mark));
    folders.iter().any(in_folder) || marked || stem.starts_with("test_") || stem.ends_with("_test") || file == "conftest.py"
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
mod tests {
    use super::*;

    #[test]
    fn test_code_by_name() {
        for path in ["tests/app.py", "a/__tests__/p.j2", "test_app.py", "a/app_test.py", "conftest.py", "mocks/llm.py", "vendor/x/y.py"] {
            assert!(is_test_code(Path::new(path)), "{path}");
        }
        for path in ["", "app.py", "contest.py", "latest/prompt.j2", "src/attestation.py", "testimony.py", "protest.j2"] {
            assert!(!is_test_code(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn paths_are_shown_from_the_working_directory() {
        let cwd = Path::new("/srv/desk");
        assert_eq!(shown(Path::new("/srv/desk/src/app.py"), cwd), "src/app.py");
        assert_eq!(shown(Path::new("/srv/other/app.py"), cwd), "../other/app.py");
        assert_eq!(shown(Path::new("/srv/desk"), cwd), ".");
        assert_eq!(clean(Path::new("/srv/./desk/../x.py")), PathBuf::from("/srv/x.py"));
    }

    struct Seen {
        targets: Vec<String>,
        context: Vec<String>,
        notes: Vec<String>,
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn write(folder: &tempfile::TempDir, path: &str, text: &str) {
        std::fs::write(folder.path().join(path), text).unwrap();
    }

    fn overrides() -> Overrides {
        Overrides {
            select: vec![],
            ignore: vec![],
            preview: false,
            min_severity: crate::report::Severity::Warning,
            min_confidence: crate::model::prompt::Confidence::Medium,
            min_saving: 0,
            today: crate::config::Date::from_unix(0),
            fix_outside: false,
        }
    }

    fn seen_with(folder: &tempfile::TempDir, below: &str, paths: &[&str], include_tests: bool) -> Seen {
        let working_dir = folder.path().canonicalize().unwrap().join(below);
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let request = Request { paths: &paths, working_dir: &working_dir, include_tests, threads: 2, in_memory: false };
        let mut configs = Configs::new(Default::default(), Default::default(), working_dir.clone());
        let walk = walk(&request, &mut configs, &overrides()).unwrap();
        let of = |target| walk.project.files.iter().filter(|file| file.target == target).map(|file| file.path.clone()).collect();
        Seen {
            targets: of(true),
            context: of(false),
            notes: walk.notes.iter().map(|note| format!("{}: {}", note.path, note.message)).collect(),
        }
    }

    fn seen(folder: &tempfile::TempDir, paths: &[&str]) -> Seen {
        seen_with(folder, "", paths, false)
    }

    #[test]
    fn below_the_root_all_is_context() {
        let folder = folder(&[".git/HEAD", "a.py", "sub/b.py", "sub/deep/c.j2", "sub/x.rs", "sub/.hidden.py", "node_modules/m/d.py"]);
        let found = seen(&folder, &["sub"]);
        assert_eq!(found.targets, ["sub/b.py", "sub/deep/c.j2"]);
        assert_eq!(found.context, ["a.py"]);
        let found = seen_with(&folder, "sub", &["deep", "../a.py"], false);
        assert_eq!(found.targets, ["../a.py", "deep/c.j2"]);
        assert_eq!(found.context, ["b.py"]);
        assert_eq!(seen(&folder, &["node_modules/m"]).targets, ["node_modules/m/d.py"]);
        assert_eq!(seen(&folder, &["sub/.hidden.py"]).targets, ["sub/.hidden.py"]);
    }

    #[test]
    fn what_a_build_writes_is_left_out_unless_asked_for() {
        let folder = folder(&[
            ".git/HEAD",
            "package.json",
            "src/a.ts",
            "src/build/b.ts",
            "dist/a.js",
            "build/a.js",
            ".next/server/a.js",
            "node_modules/m/i.js",
        ]);
        assert_eq!(seen(&folder, &["."]).targets, ["package.json", "src/a.ts", "src/build/b.ts"]);
        assert_eq!(seen(&folder, &["dist"]).targets, ["dist/a.js"]);
        assert_eq!(seen(&folder, &["build/a.js"]).targets, ["build/a.js"]);
    }

    fn root(folder: &tempfile::TempDir, below: &str, path: &str, is_folder: bool) -> String {
        let top = folder.path().canonicalize().unwrap();
        let root = root_of(&[(top.join(path), is_folder)], &clean(&top.join(below)));
        shown(&root, &top)
    }

    #[test]
    fn the_root_is_the_repository_and_not_a_nested_config() {
        let files =
            ["repo/.git/HEAD", "repo/src/app/prompt-lint.yaml", "repo/src/app/a.py", "plain/src/prompt-lint.yaml", "plain/src/b/c.py"];
        let folder = folder(&files);
        assert_eq!(root(&folder, "", "repo/src/app/a.py", false), "repo");
        assert_eq!(root(&folder, "repo/src/app", "repo/src/app", true), "repo");
        assert_eq!(root(&folder, "plain", "plain/src/b/c.py", false), "plain", "the working directory");
        assert_eq!(root(&folder, "plain/src", "plain/src/b", true), "plain/src");
        assert_eq!(root(&folder, "repo", "plain/src/b", true), "plain/src/b", "not below the working directory");
        assert_eq!(root(&folder, "../../../../../../..", "plain/src/b", true), "plain/src/b", "the disk is no project");
    }

    #[test]
    fn a_nested_config_cuts_no_imports_off() {
        let folder = folder(&[".git/HEAD", "shared/prompts.py", "src/app/a.py"]);
        write(&folder, "src/app/prompt-lint.yaml", "model: one\n");
        let found = seen(&folder, &["src/app/a.py"]);
        assert_eq!(found.targets, ["src/app/a.py"]);
        assert!(found.context.contains(&"shared/prompts.py".to_owned()), "{:?}", found.context);
    }

    #[test]
    fn gitignore_holds_without_git() {
        let folder = folder(&["a.py", "build/b.py", "sub/c.py", "sub/d.py"]);
        write(&folder, ".gitignore", "build/\n");
        write(&folder, "sub/.gitignore", "d.py\n");
        assert_eq!(seen(&folder, &["."]).targets, ["a.py", "sub/c.py"]);
    }

    #[test]
    fn test_code_is_judged_from_the_given_path() {
        let folder = folder(&[".git/HEAD", "a.py", "tests/b.py", "tests/tests/c.py", "pkg/test_d.py"]);
        assert_eq!(seen(&folder, &["."]).targets, ["a.py"]);
        assert_eq!(seen_with(&folder, "", &["."], true).targets, ["a.py", "pkg/test_d.py", "tests/b.py", "tests/tests/c.py"]);
        assert_eq!(seen(&folder, &["tests"]).targets, ["tests/b.py"]);
        assert_eq!(seen(&folder, &["tests/tests/c.py", "pkg/test_d.py"]).targets, ["pkg/test_d.py", "tests/tests/c.py"]);
    }

    #[test]
    fn exclude_holds_for_paths_given_by_hand() {
        let folder = folder(&["old/a.py", "old/sub/b.py", "c.py", "sub/d.gen.py", "sub/keep.gen.py", "own/old/e.py"]);
        write(&folder, "prompt-lint.yaml", "exclude: [\"/old/**\", \"*.gen.py\", \"!keep.gen.py\"]\n");
        write(&folder, "own/prompt-lint.yaml", "");
        let found = seen(&folder, &[".", "old/a.py", "old/sub"]);
        assert_eq!(found.targets, ["c.py", "own/old/e.py", "own/prompt-lint.yaml", "prompt-lint.yaml", "sub/keep.gen.py"]);
        assert_eq!(found.context, ["old/a.py", "old/sub/b.py", "sub/d.gen.py"]);
    }

    #[test]
    fn settings_by_path() {
        let folder = folder(&["src/titles/a.py", "src/b.py", "flows/c.py"]);
        let config = "model: one\ncaps: { default: 800, \"src/titles/**\": 40 }\nper-path: [{ paths: [flows/], model: two }]\n\
            traffic: { turns-per-session: 12 }\n";
        write(&folder, "prompt-lint.yaml", config);
        let working_dir = folder.path().canonicalize().unwrap();
        let mut configs = Configs::new(Default::default(), Default::default(), working_dir.clone());
        let request = Request { paths: &[".".into()], working_dir: &working_dir, include_tests: false, threads: 1, in_memory: false };
        let walk = walk(&request, &mut configs, &overrides()).unwrap();
        let of = |key: &str| (walk.settings.for_file(key).cap, walk.settings.for_file(key).default_model.clone());
        assert_eq!(of("src/titles/a.py"), (Some(40), Some("one".to_owned())));
        assert_eq!(of("src/b.py"), (Some(800), Some("one".to_owned())));
        assert_eq!(of("flows/c.py"), (Some(800), Some("two".to_owned())));
        assert_eq!(walk.settings.for_file("src/b.py").traffic.turns_per_session, Some(12));
        assert_eq!(of("not/there.py"), (Some(800), Some("one".to_owned())));
    }

    #[cfg(unix)]
    #[test]
    fn only_what_was_asked_for_is_noted() {
        let folder = folder(&[".git/HEAD", "a.py", "sub/b.py", "subway/c.py"]);
        for path in ["gone.py", "sub/gone.py", "subway/gone.py"] {
            std::os::unix::fs::symlink("nowhere", folder.path().join(path)).unwrap();
        }
        let noted = |paths: &[&str]| seen(&folder, paths).notes.len();
        assert_eq!((noted(&["a.py"]), noted(&["sub"]), noted(&["sub/b.py"]), noted(&["."])), (0, 1, 0, 3));
        assert_eq!(seen_with(&folder, "sub", &[".."], false).notes.len(), 3);
        assert_eq!(seen_with(&folder, "sub", &["."], false).notes.len(), 1);
        assert_eq!(seen_with(&folder, "sub", &["../subway"], false).notes.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_goes_before_it_is_read_is_a_note() {
        let folder = folder(&[".git/HEAD", "a.py", "b.j2", "c.ipynb"]);
        let working_dir = folder.path().canonicalize().unwrap();
        let request = Request { paths: &[".".into()], working_dir: &working_dir, include_tests: false, threads: 1, in_memory: false };
        let walk = walk(&request, &mut Configs::new(Default::default(), Default::default(), working_dir.clone()), &overrides()).unwrap();
        for path in ["a.py", "b.j2", "c.ipynb"] {
            std::fs::remove_file(folder.path().join(path)).unwrap();
        }
        let report = (crate::cli::engine::Engine::new().lint)(&walk.project, &walk.settings);
        let notes: Vec<&str> = report.notes.iter().map(|note| note.path.as_str()).collect();
        assert_eq!(notes, ["a.py", "b.j2", "c.ipynb"]);
        assert!(report.notes.iter().all(|note| note.message.starts_with("not read: ")), "{:?}", report.notes);
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links() {
        use std::os::unix::fs::symlink;
        let outside = folder(&["x.py", "more/y.py"]);
        let folder = folder(&[".git/HEAD", "a.py", "sub/b.py"]);
        let at = |path: &str| folder.path().join(path);
        symlink("..", at("sub/loop")).unwrap();
        symlink("../a.py", at("sub/again.py")).unwrap();
        symlink("sub", at("twin")).unwrap();
        symlink("nowhere", at("gone.py")).unwrap();
        symlink("nowhere", at("gone")).unwrap();
        symlink(outside.path().join("x.py"), at("x.py")).unwrap();
        symlink(outside.path().join("more"), at("more")).unwrap();
        let found = seen(&folder, &["."]);
        assert_eq!(found.targets, ["a.py", "sub/b.py", "x.py"]);
        assert_eq!(found.context, ["sub/again.py"]);
        assert_eq!(found.notes.len(), 3, "{:?}", found.notes);
        assert!(found.notes[0].starts_with("gone.py: not read: "));
        assert_eq!(found.notes[1], "more: not followed: a symbolic link to a folder elsewhere; give its path to lint it");
        assert_eq!(found.notes[2], "sub/loop: not followed: a symbolic link to a folder above it");
        assert_eq!(seen(&folder, &["more"]).targets, ["more/y.py"]);
        assert_eq!(seen(&folder, &["sub/again.py"]).targets, ["sub/again.py"]);
    }
}
