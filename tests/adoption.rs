//! Taking the tool up in a repository with old findings: the baseline and `--since`, with git's own clones and worktrees.

#![allow(clippy::unwrap_used)] // a test may fail by panic

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

const HEAD: &str = "from openai import OpenAI\n\nclient = OpenAI()\n";

/// A function that calls a model without a cap.
fn call(name: &str) -> String {
    format!(
        "\n\ndef {name}(text):\n    return client.chat.completions.create(\n        model=\"gpt-4.1\",\n        messages=[{{\"role\": \"user\", \"content\": f\"Give this a title: {{text}}\"}}],\n    )\n"
    )
}

fn app(names: &[&str]) -> String {
    HEAD.to_owned() + &names.iter().map(|name| call(name)).collect::<String>()
}

struct Folder(tempfile::TempDir);

struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Folder {
    fn new(files: &[(&str, String)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        run_in(self.path(), arguments)
    }

    fn git(&self, arguments: &[&str]) {
        git_in(self.path(), arguments);
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// A repository with one commit.
    fn repository(files: &[(&str, String)]) -> Self {
        let folder = Folder::new(files);
        folder.git(&["init", "-q", "-b", "main"]);
        folder.commit("first");
        folder
    }
}

fn run_in(folder: &Path, arguments: &[&str]) -> Outcome {
    let mut command = Command::cargo_bin("prompt-lint").unwrap();
    command.current_dir(folder).env_clear().args(arguments).args(["--today", "2026-11-22"]);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn git_in(folder: &Path, arguments: &[&str]) {
    let mut git = std::process::Command::new("git");
    git.args([
        "-c",
        "user.name=Desk",
        "-c",
        "user.email=desk@example.org",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "protocol.file.allow=always",
    ]);
    git.args(arguments).current_dir(folder).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = git.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// `path:line` of each finding.
fn listed(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.out.lines().filter(|line| line.contains("[output/missing-cap]"));
    lines.map(|line| line.split(':').take(2).collect::<Vec<_>>().join(":")).collect()
}

fn concise<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["--format", "concise"], more].concat()
}

#[test]
fn a_baseline_hides_what_is_old() {
    let folder = Folder::new(&[("src/a.py", app(&["one", "two"])), ("src/b.py", app(&["three"]))]);
    assert_eq!(folder.run(&[]).code, Some(1));
    let written = folder.run(&concise(&["--baseline", "ci/base.json", "--write-baseline"]));
    assert_eq!(written.code, Some(2), "there is no such folder");
    fs::create_dir(folder.path().join("ci")).unwrap();
    let written = folder.run(&concise(&["--baseline", "ci/base.json", "--write-baseline"]));
    assert_eq!((written.code, written.err.as_str()), (Some(0), ""), "{}", written.out);
    assert!(written.out.contains(", 3 in the baseline\nbaseline written: 3 findings in 2 files\n"), "{}", written.out);
    let counts: Value = serde_json::from_str(&folder.read("ci/base.json")).unwrap();
    let expected = json!({"../src/a.py": {"output/missing-cap": 2}, "../src/b.py": {"output/missing-cap": 1}});
    assert_eq!(counts, json!({"version": 1, "findings": expected}));

    // Lines move; the working directory is another.
    folder.write("src/a.py", &format!("\"\"\"Titles.\"\"\"\n\n{}", app(&["two", "one"])));
    assert_eq!(folder.run(&["--baseline", "ci/base.json"]).code, Some(0));
    let inside = run_in(&folder.path().join("src"), &["--baseline", "../ci/base.json", "a.py"]);
    assert_eq!(inside.code, Some(0), "{}", inside.out);
    assert_eq!(folder.run(&["--baseline", "ci/base.json", "--fail-on", "info"]).code, Some(0));

    // One more, and nobody can tell which is the new one.
    folder.write("src/a.py", &app(&["one", "two", "four"]));
    let outcome = folder.run(&concise(&["--baseline", "ci/base.json"]));
    assert_eq!(outcome.code, Some(1));
    assert_eq!(listed(&outcome), ["src/a.py:7", "src/a.py:14", "src/a.py:21"]);
    let note = "src/a.py: note: 3 findings of output/missing-cap, and the baseline holds 2: all are listed\n";
    assert!(outcome.out.contains(note) && outcome.out.contains("1 in the baseline"), "{}", outcome.out);
    assert_eq!(folder.run(&["--baseline", "ci/base.json", "--fail-on", "error"]).code, Some(0));
    let report: Value = serde_json::from_str(&folder.run(&["--format", "json", "--baseline", "ci/base.json"]).out).unwrap();
    assert_eq!(report["summary"]["baseline"], 1);
    for format in ["sarif", "gitlab", "junit", "github", "markdown", "jsonl"] {
        let out = folder.run(&["--format", format, "--baseline", "ci/base.json"]).out;
        assert!(out.contains("src/a.py") && !out.contains("src/b.py"), "{format}: {out}");
    }
}

#[test]
fn a_baseline_may_only_shrink() {
    let folder = Folder::new(&[("a.py", app(&["one", "two"])), ("b.py", app(&["three"]))]);
    let write = ["--baseline", "base.json", "--write-baseline"];
    assert_eq!(folder.run(&write).code, Some(0));
    let first = folder.read("base.json");
    folder.write("a.py", &app(&["one", "two", "four"]));
    let refused = folder.run(&write);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("`base.json` may only shrink: it holds 2 of output/missing-cap in `a.py`, and there are 3"),
        "{}",
        refused.err
    );
    assert_eq!(folder.read("base.json"), first);

    // Mended ones are forgotten when asked to, in the files and for the rules that were looked at.
    folder.write("a.py", &app(&["one", "two", "four"]));
    folder.write("b.py", HEAD);
    let hint = folder.run(&concise(&["--baseline", "base.json"]));
    assert!(hint.out.ends_with("1 in the baseline no longer found: --prune-baseline takes it out\n"), "{}", hint.out);
    let prune = ["--baseline", "base.json", "--prune-baseline"];
    folder.run(&[&prune[..], &["a.py"]].concat());
    folder.run(&[&prune[..], &["--select", "cache"]].concat());
    assert_eq!(folder.read("base.json"), first);
    fs::write(folder.path().join("b.py"), b"\xff\xfe").unwrap();
    folder.run(&prune);
    assert_eq!(folder.read("base.json"), first, "a file that could not be read");
    fs::remove_file(folder.path().join("b.py")).unwrap();
    let pruned = folder.run(&concise(&prune));
    assert_eq!(pruned.code, Some(1), "what is new is still found");
    assert!(pruned.out.ends_with("baseline pruned: 2 findings in 1 file, 1 fewer\n"), "{}", pruned.out);
    let counts: Value = serde_json::from_str(&folder.read("base.json")).unwrap();
    assert_eq!(counts["findings"], json!({"a.py": {"output/missing-cap": 2}}));
    folder.write("a.py", &app(&["one"]));
    assert_eq!(folder.run(&write).code, Some(0), "less may be written");
    assert!(folder.read("base.json").contains("\"output/missing-cap\": 1"));
    let json = folder.run(&[&write[..], &["--format", "json"]].concat());
    assert!(serde_json::from_str::<Value>(&json.out).is_ok());
    assert_eq!(json.err, "baseline written: 1 finding in 1 file\n");
}

#[test]
fn a_baseline_that_cannot_be_read_is_an_error() {
    let folder = Folder::new(&[("a.py", app(&["one"])), ("bad.json", "{".to_owned()), ("next.json", "{\"version\": 2}".to_owned())]);
    folder.write("odd.json", "{\"version\": 1, \"findings\": {\"a.py\": {\"output/missing-cap\": -1}}}");
    for (file, said) in [
        ("none.json", "error: the baseline `none.json` does not exist\n  help: --write-baseline makes it"),
        ("bad.json", "error: `bad.json` is no baseline: EOF while parsing"),
        ("next.json", "error: the baseline `next.json` is of version 2; this release reads version 1"),
        ("odd.json", "error: `odd.json` is no baseline: invalid value"),
        ("a.py", "error: `a.py` is no baseline"),
    ] {
        let outcome = folder.run(&["--baseline", file]);
        assert_eq!((outcome.code, outcome.out.as_str()), (Some(2), ""), "{file}");
        assert!(outcome.err.starts_with(said), "{}", outcome.err);
    }
    for wrong in [&["--write-baseline"][..], &["--prune-baseline"], &["--baseline", "b.json", "--write-baseline", "--fix"]] {
        assert_eq!(folder.run(wrong).code, Some(2), "{wrong:?}");
    }
    assert_eq!(folder.run(&["--baseline", "bad.json", "--write-baseline"]).code, Some(2), "not written over");
    assert_eq!(folder.read("bad.json"), "{");
}

#[test]
fn what_is_not_listed_is_not_fixed() {
    let folder = Folder::repository(&[("a.py", app(&["one"])), ("b.py", app(&["two"]))]);
    folder.run(&["--baseline", "base.json", "--write-baseline", "a.py"]);
    let both = ["--fix", "--unsafe-fixes"];
    folder.run(&[&both[..], &["--baseline", "base.json"]].concat());
    assert_eq!(folder.read("a.py"), app(&["one"]));
    assert!(folder.read("b.py").contains("max_"), "{}", folder.read("b.py"));
    folder.git(&["checkout", "-q", "b.py"]);
    folder.write("a.py", &app(&["one", "three"]));
    let diff = folder.run(&["--diff", "--unsafe-fixes", "--since", "HEAD"]);
    assert_eq!(diff.out.lines().filter(|line| line.starts_with("+ ")).count(), 1, "{}", diff.out);
    assert!(diff.out.starts_with("--- a/a.py\n"), "{}", diff.out);
    let fixed = folder.run(&concise(&[&both[..], &["--since", "HEAD"]].concat()));
    assert!(fixed.out.contains("1 finding fixed in 1 file"), "{}", fixed.out);
    assert!(folder.read("a.py").starts_with(&app(&["one"])));
    assert_eq!(folder.read("b.py"), app(&["two"]));
}

#[test]
fn since_lists_owners_that_changed() {
    let folder = Folder::repository(&[("src/a.py", app(&["one", "two"])), ("src/b.py", app(&["three"]))]);
    let since = |rev: &str| folder.run(&concise(&["--since", rev]));
    let clean = since("HEAD");
    assert_eq!((clean.code, listed(&clean).len()), (Some(0), 0), "{}", clean.out);
    assert!(clean.out.ends_with("no findings in 2 files · 3 not changed since --since\n"), "{}", clean.out);

    // Other lines than those of the calls.
    folder
        .write("src/a.py", &format!("\"\"\"Titles.\"\"\"\n\n{}", app(&["one", "two"]).replace("def two(text)", "def two(text, more=())")));
    assert_eq!(listed(&since("HEAD")), [] as [&str; 0]);
    // A line in the middle of a call, and one taken out of it.
    folder.write("src/a.py", &app(&["one", "two"]).replacen("gpt-4.1", "gpt-4o", 1));
    assert_eq!(listed(&since("HEAD")), ["src/a.py:7"]);
    let text = app(&["one", "two"]);
    let extra = text.replacen("        model=", "        timeout=3,\n        model=", 1);
    folder.write("src/a.py", &extra);
    assert_eq!(listed(&since("HEAD")), ["src/a.py:7"]);
    folder.commit("timeout");
    folder.write("src/a.py", &text);
    assert_eq!(listed(&since("HEAD")), ["src/a.py:7"]);
    assert_eq!(listed(&since("HEAD~1")), [] as [&str; 0]);
    // Ends of lines are none of the author's doing.
    folder.write("src/b.py", &app(&["three"]).replace('\n', "\r\n"));
    assert_eq!(listed(&since("HEAD~1")), [] as [&str; 0]);

    // A new file is new, a moved one is not.
    folder.write("src/c.py", &app(&["four"]));
    assert_eq!(listed(&since("HEAD~1")), ["src/c.py:7"]);
    folder.git(&["mv", "src/b.py", "src/moved.py"]);
    assert_eq!(listed(&since("HEAD~1")), ["src/c.py:7"]);
    // From another folder, and of another repository.
    let inside = run_in(&folder.path().join("src"), &concise(&["--since", "HEAD~1"]));
    assert_eq!(listed(&inside), ["c.py:7"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    assert_eq!(run_in(elsewhere.path(), &["--since", "HEAD~1", path]).code, Some(1));
    assert_eq!(since("HEAD~1").code, Some(1));
    assert_eq!(folder.run(&["--since", "HEAD~1", "--fail-on", "error"]).code, Some(0));
    let report: Value = serde_json::from_str(&folder.run(&["--format", "json", "--since", "HEAD~1"]).out).unwrap();
    assert_eq!(report["summary"]["unchanged"], 3);
}

#[test]
fn since_a_branch_means_since_leaving_it() {
    let folder = Folder::repository(&[("a.py", app(&["one", "two"]))]);
    folder.git(&["checkout", "-q", "-b", "feature"]);
    folder.write("b.py", &app(&["three"]));
    folder.commit("feature");
    folder.git(&["checkout", "-q", "main"]);
    folder.write("a.py", &app(&["one", "two"]).replace("gpt-4.1", "gpt-4o"));
    folder.commit("main goes on");
    folder.git(&["checkout", "-q", "feature"]);
    assert_eq!(listed(&folder.run(&concise(&["--since", "main"]))), ["b.py:7"]);

    // In a second worktree of the same repository.
    let place = tempfile::tempdir().unwrap();
    let tree = place.path().join("tree");
    folder.git(&["worktree", "add", "-q", "--detach", tree.to_str().unwrap(), "feature"]);
    let outcome = run_in(&tree, &concise(&["--since", "main"]));
    assert_eq!(listed(&outcome), ["b.py:7"], "{}", outcome.err);
}

#[test]
fn since_works_in_a_shallow_clone_or_says_why_not() {
    let folder = Folder::repository(&[("a.py", app(&["one"]))]);
    folder.git(&["tag", "first"]);
    folder.write("b.py", &app(&["two"]));
    folder.commit("second");
    let place = tempfile::tempdir().unwrap();
    let clone = place.path().join("clone");
    let url = format!("file://{}", folder.path().display());
    git_in(place.path(), &["clone", "-q", "--depth=1", &url, "clone"]);
    let refused = run_in(&clone, &["--since", "first"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""));
    assert!(
        refused.err.starts_with("error: `first` is no commit that this clone holds\n  help: this clone is shallow: `git fetch"),
        "{}",
        refused.err
    );
    git_in(&clone, &["fetch", "-q", "--depth=1", "origin", "tag", "first"]);
    let outcome = run_in(&clone, &concise(&["--since", "first"]));
    assert_eq!(listed(&outcome), ["b.py:7"], "{}", outcome.err);
    assert!(
        outcome.out.contains("--since first: note: compared with it as it stands: where HEAD left it is not in this clone"),
        "{}",
        outcome.out
    );
}

#[test]
fn since_without_a_repository_is_an_error() {
    let folder = Folder::new(&[("a.py", app(&["one"]))]);
    let outcome = folder.run(&["--since", "HEAD"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(2), ""));
    assert!(outcome.err.contains("is not in the work tree of a git repository: not a git repository"), "{}", outcome.err);
    let folder = Folder::repository(&[("a.py", app(&["one"]))]);
    for rev in ["nowhere", "", "--all", "HEAD:a.py"] {
        let outcome = folder.run(&[&format!("--since={rev}")]);
        assert_eq!(outcome.code, Some(2), "{rev}");
        assert!(outcome.err.contains("is no commit that this clone holds"), "{}", outcome.err);
    }
}

#[test]
fn since_and_a_baseline_together() {
    let folder = Folder::repository(&[("a.py", app(&["one", "two"]))]);
    folder.run(&["--baseline", "base.json", "--write-baseline"]);
    folder.write("a.py", &app(&["one", "two", "three"]));
    let outcome = folder.run(&concise(&["--baseline", "base.json", "--since", "HEAD"]));
    assert_eq!(listed(&outcome), ["a.py:21"], "the baseline counts the whole file: {}", outcome.out);
    folder.write("a.py", &app(&["one", "two"]).replace("gpt-4.1", "gpt-4o"));
    assert_eq!(folder.run(&["--baseline", "base.json", "--since", "HEAD"]).code, Some(0), "changed, and known");
}

#[test]
fn notebooks_change_by_their_cells() {
    let notebook = |names: &[&str], output: &str| {
        let cell = |source: String, outputs: Value| json!({"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": outputs, "source": source});
        let mut cells = vec![cell(HEAD.to_owned(), json!([{"output_type": "stream", "name": "stdout", "text": [output]}]))];
        cells.extend(names.iter().map(|name| cell(call(name).trim_start().to_owned(), json!([]))));
        serde_json::to_string_pretty(&json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})).unwrap() + "\n"
    };
    // What is run by hand is worth less than a warning.
    let config = "rules: { output/missing-cap: { severity: warning } }\n".to_owned();
    let folder = Folder::repository(&[("a.ipynb", notebook(&["one", "two"], "first")), ("prompt-lint.yaml", config)]);
    assert_eq!(folder.run(&[]).code, Some(1));
    folder.write("a.ipynb", &notebook(&["one", "two"], "an\noutput\nof another length"));
    let outcome = folder.run(&concise(&["--since", "HEAD"]));
    assert_eq!(outcome.code, Some(0), "{}", outcome.out);
    folder.write("a.ipynb", &notebook(&["one", "three", "two"], "first"));
    let outcome = folder.run(&concise(&["--since", "HEAD"]));
    assert_eq!(listed(&outcome), ["a.ipynb:cell 2"], "{}", outcome.out);
    folder.write("a.ipynb", &notebook(&["one", "two"], "first"));
    folder.run(&["--baseline", "base.json", "--write-baseline"]);
    folder.write("a.ipynb", &notebook(&["two", "one"], "again"));
    assert_eq!(folder.run(&["--baseline", "base.json"]).code, Some(0));
}
