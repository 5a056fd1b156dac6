//! What a walk finds, over folders that are made for it.

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
    Overrides::defaults(crate::config::Date::from_unix(0))
}

fn seen_with(folder: &tempfile::TempDir, below: &str, paths: &[&str], test_code: TestCode) -> Seen {
    let working_dir = folder.path().canonicalize().unwrap().join(below);
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let request = Request { paths: &paths, working_dir: &working_dir, test_code, threads: 2, in_memory: false, verbose: true };
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
    seen_with(folder, "", paths, TestCode::Named)
}

#[test]
fn below_the_root_all_is_context() {
    let folder = folder(&[".git/HEAD", "a.py", "sub/b.py", "sub/deep/c.j2", "sub/x.rs", "sub/.hidden.py", "node_modules/m/d.py"]);
    let found = seen(&folder, &["sub"]);
    assert_eq!(found.targets, ["sub/b.py", "sub/deep/c.j2"]);
    assert_eq!(found.context, ["a.py"]);
    let found = seen_with(&folder, "sub", &["deep", "../a.py"], TestCode::Named);
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
    let files = ["repo/.git/HEAD", "repo/src/app/prompt-lint.yaml", "repo/src/app/a.py", "plain/src/prompt-lint.yaml", "plain/src/b/c.py"];
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
    assert_eq!(seen_with(&folder, "", &["."], TestCode::Always).targets, ["a.py", "pkg/test_d.py", "tests/b.py", "tests/tests/c.py"]);
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
    let request = Request {
        paths: &[".".into()],
        working_dir: &working_dir,
        test_code: TestCode::Named,
        threads: 1,
        in_memory: false,
        verbose: false,
    };
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
    assert_eq!(seen_with(&folder, "sub", &[".."], TestCode::Named).notes.len(), 3);
    assert_eq!(seen_with(&folder, "sub", &["."], TestCode::Named).notes.len(), 1);
    assert_eq!(seen_with(&folder, "sub", &["../subway"], TestCode::Named).notes.len(), 1);
}

#[cfg(unix)]
#[test]
fn a_file_that_goes_before_it_is_read_is_a_note() {
    let folder = folder(&[".git/HEAD", "a.py", "b.j2", "c.ipynb"]);
    let working_dir = folder.path().canonicalize().unwrap();
    let request = Request {
        paths: &[".".into()],
        working_dir: &working_dir,
        test_code: TestCode::Named,
        threads: 1,
        in_memory: false,
        verbose: false,
    };
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
    assert_eq!(found.targets, ["a.py", "sub/b.py"]);
    assert_eq!(found.context, ["sub/again.py"]);
    assert_eq!(found.notes.len(), 4, "{:?}", found.notes);
    assert!(found.notes[0].starts_with("gone.py: not read: "));
    assert_eq!(found.notes[1], "more: not followed: a symbolic link to a folder elsewhere; give its path to lint it");
    assert_eq!(found.notes[2], "sub/loop: not followed: a symbolic link to a folder above it");
    assert_eq!(found.notes[3], "x.py: not followed: a symbolic link to a file elsewhere; give its path to lint it");
    assert_eq!(seen(&folder, &["x.py"]).targets, ["x.py"]);
    assert_eq!(seen(&folder, &["more"]).targets, ["more/y.py"]);
    assert_eq!(seen(&folder, &["sub/again.py"]).targets, ["sub/again.py"]);
}
