//! The command line as a process: flags, exit codes, error texts, in folders of its own and with a scrubbed environment.

#![allow(clippy::unwrap_used)] // a test helper may fail by panic

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        fs::create_dir(folder.path().join(".git")).unwrap();
        for (path, bytes) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, &[])
    }

    #[track_caller]
    fn ok_in(&self, arguments: &[&str], part: &str) {
        self.run(arguments).ok(part);
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let output = Command::cargo_bin("prompt-lint")
            .unwrap()
            .current_dir(self.path())
            .env_clear()
            .envs(variables.iter().copied())
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Outcome {
    #[track_caller]
    fn ok(&self, part: &str) {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert!(self.out.contains(part), "{self:?}");
    }

    #[track_caller]
    fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{part} is not in {}", self.err);
        }
    }
}

#[test]
fn nothing_found() {
    let folder = Folder::new(&[("src/a.py", b"x = 1\n"), ("letters/b.j2", b"Hello\n"), ("c.rs", b"")]);
    folder.ok_in(&[], "No findings in 2 files.\n");
    folder.ok_in(&["src"], "No findings in 1 file.\n");
    folder.ok_in(&["--format", "concise"], "no findings in 2 files\n");
    folder.ok_in(&["--format", "json"], "\"findings\": []");
    folder.ok_in(&["inventory"], "No calls of a model and no prompts in ");
    folder.ok_in(&["--diff"], "");
    Folder::new(&[]).ok_in(&[], "Nothing to check");
}

#[test]
fn wrong_arguments_are_refused() {
    let folder = Folder::new(&[("a.py", b"")]);
    folder.run(&["nowhere.py"]).refused(&["error: `nowhere.py` does not exist"]);
    folder.run(&["--select", "ouput"]).refused(&["unknown rule or category `ouput` in --select", "did you mean `output`?"]);
    folder.run(&["--ignore", "output,cache/unstable-prefx"]).refused(&["in --ignore", "did you mean `cache/unstable-prefix`?"]);
    folder.run(&["--select", "missing-cap"]).refused(&["did you mean `output/missing-cap`?"]);
    folder.run(&["inventory", "--select", "nonsense"]).refused(&["`prompt-lint rules` lists them all"]);
    folder.run(&["explain", "output/mising-cap"]).refused(&["there is no rule `output/mising-cap`", "did you mean `output/missing-cap`?"]);
    folder.run(&["--today", "2026-02-30"]).refused(&["is not a day of the calendar"]);
    folder.run(&["--min-saving", "lots"]).refused(&["invalid value 'lots' for '--min-saving <TOKENS>'"]);
    folder.run(&["--statistics", "--format", "json"]).refused(&["error: --statistics has no JSON form"]);
    folder.run(&["--statistics", "--diff"]).refused(&["cannot be used with"]);
    folder.run(&["--fail-on", "warn"]).refused(&["invalid value 'warn'", "warning"]);
    folder.run(&["--min-severity", "high"]).refused(&["possible values: error, warning, info"]);
    folder.run(&["--min-confidence", "sure"]).refused(&["possible values: high, medium, low"]);
    folder.run(&["--format", "xml"]).refused(&["possible values: human, concise, json"]);
    folder.run(&["inventory", "--format", "concise"]).refused(&["possible values: human, json"]);
    folder.run(&["--unsafe-fixes"]).refused(&["--fix"]);
    folder.run(&["--fix-outside"]).refused(&["--fix"]);
    folder.run(&["--diff", "--format", "json"]).refused(&["cannot be used with"]);
    folder.run(&["--config", "a.yaml", "--no-config"]).refused(&["cannot be used with"]);
    folder.run(&["--threads", "0"]).refused(&["--threads"]);
    folder.run(&["--color", "yes"]).refused(&["possible values: auto, always, never"]);
    folder.run(&["--preview", "inventory"]).refused(&["`inventory` does not exist", "options go behind the command"]);
    folder.run(&["-"]).refused(&["`-` needs --stdin-filename"]);
    folder.run(&["--frobnicate"]).refused(&["unexpected argument"]);
}

#[test]
fn flags_that_are_taken() {
    let folder = Folder::new(&[("a.py", b"x = 1\n"), ("tests/b.py", b"x = 2\n")]);
    for flags in [
        &["--select", "output", "--select", "cache,history/full-replay"][..],
        &["--ignore", "output/missing-cap"],
        &["--fail-on", "info", "--min-severity", "info", "--min-confidence", "low", "--preview"],
        &["--threads", "1", "--color", "always", "--today", "2026-11-22"],
        &["--fix", "--unsafe-fixes", "--fix-outside"],
        &["--diff", "--unsafe-fixes"],
        &["--no-config"],
        &["--min-saving", "100", "--statistics"],
    ] {
        assert_eq!(folder.run(flags).code, Some(0), "{flags:?}");
    }
    for flags in [
        &["--select", "output", "--ignore", "output/missing-cap", "--fail-on", "info"][..],
        &["--min-severity", "info", "--min-confidence", "low", "--min-saving", "100", "--preview"],
        &["--include-tests", "--no-config", "--format", "json"],
    ] {
        let all: Vec<&str> = ["inventory"].iter().chain(flags).copied().collect();
        assert_eq!(folder.run(&all).code, Some(0), "{all:?}");
    }
    folder.ok_in(&["--include-tests"], "in 2 files");
    folder.ok_in(&["tests/b.py"], "in 1 file");
}

#[test]
fn a_move_saves_an_unknown_amount_where_the_model_is_unknown() {
    let rules = "You answer questions about heat pumps.\nYour task is to read the manual first.\nNever promise a date.\n".repeat(5);
    let folder = Folder::new(&[("prompt.j2", format!("Current time: {{{{ now }}}}\n{rules}").as_bytes())]);
    let run = folder.run(&["--format", "json", "--fail-on", "never"]);
    for part in ["cache/unstable-prefix", "\"saving\": null", "\"input_equivalent_tokens\": null"] {
        run.ok(part);
    }
}

#[test]
fn a_part_of_a_sum_is_not_cut() {
    let code = b"from anthropic import Anthropic\nfrom pypdf import PdfReader\n\n\ndef about(path):\n    text = \"\"\n    \
        for page in PdfReader(path).pages:\n        text += page.extract_text() + \"\\n\"\n    question = \"Who wrote it?\\n\" + text\n    \
        return Anthropic().messages.create(\n        model=\"claude-sonnet-4-6\", max_tokens=300, \
        messages=[{\"role\": \"user\", \"content\": question}]\n    )\n";
    let folder = Folder::new(&[("a.py", code)]);
    folder.run(&["--fail-on", "never"]).ok("each part would be cut, and not what they add up to");
    folder.ok_in(&["--diff", "--unsafe-fixes"], "");
}

#[test]
fn the_day_comes_from_the_environment() {
    let folder = Folder::new(&[("a.py", b"")]);
    folder.run_with(&[], &[("SOURCE_DATE_EPOCH", "1795305600")]).ok("No findings");
    folder.run_with(&[], &[("SOURCE_DATE_EPOCH", "soon")]).refused(&["SOURCE_DATE_EPOCH is `soon`", "--today DATE goes before it"]);
    folder.run_with(&["--today", "2026-11-22"], &[("SOURCE_DATE_EPOCH", "soon")]).ok("No findings");
}

#[test]
fn configs_are_found_and_checked() {
    let folder = Folder::new(&[
        ("prompt-lint.yaml", b"exclude: [old/**]\n"),
        ("a.py", b""),
        ("old/b.py", b""),
        ("sub/.prompt-lint.yaml", b"turn: 3\n"),
        ("sub/c.py", b""),
        ("other.yaml", b"\xef\xbb\xbfexclude: ['*.py']\n"),
    ]);
    folder.ok_in(&["a.py", "old/b.py"], "No findings in 1 file.");
    folder.ok_in(&["old"], "Nothing to check");
    folder.run(&["sub"]).refused(&[
        "error: unknown key `turn`",
        "sub/.prompt-lint.yaml:1:1",
        "1 │ turn: 3",
        "── unknown key",
        "did you mean `turns`?",
    ]);
    folder.ok_in(&["--no-config"], "in 3 files");
    folder.ok_in(&["--config", "other.yaml"], "Nothing to check");
    folder.run(&["--config", "none.yaml"]).refused(&["`none.yaml` cannot be read"]);
}

#[test]
fn what_is_said_of_a_wrong_config() {
    for (text, parts) in [
        ("turns: many\n", &["`turns`: invalid type: string \"many\", expected a whole number above 0", "yaml:1:8"][..]),
        ("# grüße\ntraffic: { ünknown: 1, users: 5 }\n", &["unknown key `ünknown` in `traffic`", "yaml:2:12", "requests-per-month"]),
        ("rules:\n  output/missing-cap: on\n", &["expected `off`, or a mapping", "yaml:2:23"]),
        ("rules:\n  output/missing-cap: { severity: fatal }\n", &["unknown value `fatal`", "it may be info, warning, error"]),
        ("rules:\n  output/missing-cap: { options: { cap: 3 } }\n", &["has no option `cap`", "its options are default_cap"]),
        ("rules: { cache/unstable-prefx: off }\n", &["unknown rule `cache/unstable-prefx`", "did you mean `cache/unstable-prefix`?"]),
        ("select: [output]\nselect: [cache]\n", &["`select` stands twice", "yaml:2:1"]),
        ("caps: { a: 1, a: 2 }\n", &["`a` stands twice in `caps`", "yaml:1:15"]),
        ("tags: { project: 'a\"b' }\n", &["the tag `project` cannot be sent", "yaml:1:18", "without quotes"]),
        ("tags: { project: [desk] }\n", &["expected a string"]),
        ("rule-dirs: [lint]\n", &["`lint` is not a folder of rules", "yaml:1:13", "<folder>/<category>/<name>.yaml"]),
        ("rule-dirs: lint\n", &["expected a list"]),
        ("budgets: { a: 0 }\n", &["expected a whole number above 0"]),
        ("budgets: { \"\": 40 }\n", &["`` in `budgets` matches no file"]),
        ("samples: [a.yaml]\n", &["does not support `samples`"]),
        ("catalogue: [a.yaml]\n", &["`a.yaml` does not exist", "yaml:1:13"]),
        ("extends: none.yaml\n", &["`none.yaml` does not exist"]),
        ("extends: ./prompt-lint.yaml\n", &["extends itself"]),
        ("per-path:\n  - { model: gpt-4.1 }\n", &["`paths` is missing"]),
        ("- a\n", &["a mapping of keys"]),
        ("exclude: [\"a\"\nselect: [\n", &["error: "]),
        ("caps: { default: 0 }\n", &["expected a whole number above 0"]),
        ("caps: { default: -5 }\n", &["integer `-5`, expected a whole number above 0", "yaml:1:18"]),
        ("caps: { default: 1.5 }\n", &["expected a whole number above 0"]),
        ("turns: 5000\n", &["a conversation of 5000 turns is longer than can be priced", "yaml:1:8", "it may be 1 to 1000"]),
        ("traffic: { turns-per-session: 0 }\n", &["expected a whole number above 0"]),
        ("traffic: { users: 5 }\n", &["does not support `users` in `traffic`", "yaml:1:12", "requests-per-month and turns-per-session"]),
        ("sizes: { document: big }\n", &["expected a whole number above 0", "yaml:1:20"]),
        ("sizes: { pages: 3 }\n", &["unknown key `pages` in `sizes`"]),
        (
            "rules:\n  output/missing-cap:\n    options: { default_cap: lots }\n",
            &["option `default_cap` of `output/missing-cap` must be a whole number above 0", "yaml:3:29", "its default is 1024"],
        ),
        ("rules: { output/missing-cap: { options: { default_cap: 0 } } }\n", &["must be a whole number above 0"]),
        ("rules: { output/missing-cap: { options: { default_cap: .inf } } }\n", &["must be a whole number above 0"]),
        ("rules: { output/missing-cap: { options: { default_cap: } } }\n", &["must be a whole number above 0"]),
        ("rules: { cache/unstable-prefix: { options: { min_lost_tokens: -1 } } }\n", &["must be a whole number, 0 or more", "yaml:1:63"]),
        (
            "per-path:\n  - paths: [a]\n    rules: { context/whole-document: { options: { limit_tokens: [1] } } }\n",
            &["option `limit_tokens`", "yaml:3:65"],
        ),
        (
            "per-path:\n  - { paths: [a], rules: { output/missing-cap: { severity: high } } }\n",
            &["unknown value `high`", "info, warning, error"],
        ),
        ("per-path:\n  - { paths: [a], ignore: [output/mising-cap] }\n", &["did you mean `output/missing-cap`?"]),
        ("per-path:\n  - { paths: [], ignore: [output] }\n", &["`paths` is empty: the entry is for no file", "yaml:2:14"]),
        ("per-path:\n  - { paths: [a], turns: 3 }\n", &["unknown key `turns` in `per-path"]),
        ("per-path:\n  - { paths: [a] }\n", &["the entry changes nothing", "yaml:2:5", "`model`, `ignore` or `rules`"]),
        ("caps: { \"\": 40 }\n", &["`` in `caps` matches no file", "yaml:1:13"]),
        ("select: []\n", &["`select` is empty: no rule would run", "yaml:1:9"]),
        ("select: output\n", &["expected a list"]),
        ("exclude: [\"a/**\", \"\"]\n", &["`` matches no file", "yaml:1:19"]),
        ("model: \"\"\n", &["`model` is empty", "yaml:1:8"]),
        ("model: [a]\n", &["`model`: invalid type: sequence, expected a string"]),
    ] {
        let folder = Folder::new(&[("prompt-lint.yaml", text.as_bytes()), ("a.py", b"")]);
        folder.run(&[]).refused(parts);
    }
    Folder::new(&[("prompt-lint.yaml", b"model: \xff\n"), ("a.py", b"")]).run(&[]).refused(&["`prompt-lint.yaml` is not UTF-8 (byte 7)"]);
}

#[test]
fn two_configs_in_one_folder_are_refused() {
    let folder = Folder::new(&[("sub/prompt-lint.yaml", b""), ("sub/.prompt-lint.yaml", b""), ("sub/a.py", b""), ("b.py", b"")]);
    let both = "`sub/prompt-lint.yaml` and `sub/.prompt-lint.yaml` stand in one folder";
    folder.run(&["sub"]).refused(&[both, "remove one of them"]);
    folder.ok_in(&["b.py"], "No findings in 1 file.");
    folder.ok_in(&["--no-config"], "No findings in 2 files.");
}

#[cfg(unix)]
#[test]
fn a_config_that_leads_nowhere_is_refused() {
    let folder = Folder::new(&[("a.py", b"")]);
    std::os::unix::fs::symlink("gone.yaml", folder.path().join("prompt-lint.yaml")).unwrap();
    folder.run(&[]).refused(&["`prompt-lint.yaml` cannot be read: "]);
    folder.run(&["--config", "."]).refused(&["cannot be read: it is not a file"]);
}

#[test]
fn a_model_that_is_not_in_the_catalogue_is_a_note_said_once() {
    let config: &[u8] = b"model: house-model-7\nper-path:\n  - { paths: [b.py], model: gpt-4.1x }\n  - { paths: [a.py], model: gpt-4.1 }\n";
    let folder = Folder::new(&[("prompt-lint.yaml", config), ("a.py", b"x = 1\n"), ("b.py", b""), ("sub/c.py", b"")]);
    folder.ok_in(
        &[],
        "note: prompt-lint.yaml: model `gpt-4.1x` is not in the catalogue: its prices and cache rules are unknown; did you mean",
    );
    let outcome = folder.run(&[]);
    outcome.ok("model `house-model-7` is not in the catalogue: its prices and cache rules are unknown\n");
    assert_eq!(outcome.out.matches("is not in the catalogue").count(), 2, "{outcome:?}");
}

#[test]
fn one_bad_file_is_a_note() {
    let folder = Folder::new(&[("a.py", b"x = 1\n"), ("latin.py", b"s = 'caf\xe9'\n")]);
    fs::File::create(folder.path().join("huge.py")).unwrap().set_len(50 << 20).unwrap();
    let outcome = folder.run(&[]);
    outcome.ok("note: latin.py: not read: not UTF-8 (byte 8)");
    outcome.ok("note: huge.py: not read: 52428800 bytes, more than the limit of 8388608");
    outcome.ok("No findings in 3 files.");
}

#[cfg(unix)]
#[test]
fn unreadable_folders_and_loops_are_notes() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new(&[("a.py", b""), ("closed/b.py", b"")]);
    std::os::unix::fs::symlink("..", folder.path().join("closed/up")).unwrap();
    folder.ok_in(&[], "note: closed/up: not followed: a symbolic link to a folder above it");
    let closed = folder.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    let is_root = fs::read_dir(&closed).is_ok();
    let outcome = folder.run(&[]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    if !is_root {
        outcome.ok("note: closed: not read: ");
        outcome.ok("No findings in 1 file.");
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_never_read() {
    let folder = Folder::new(&[("a.py", b"x = 1\n")]);
    for pipe in ["pipe.py", "pipe.j2", ".gitkeep"] {
        let made = std::process::Command::new("mkfifo").arg(folder.path().join(pipe)).status().unwrap();
        assert!(made.success());
    }
    std::os::unix::fs::symlink("pipe.py", folder.path().join("link.py")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.py")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket.py")).unwrap();
    folder.ok_in(&[], "No findings in 1 file.\n");
    for path in ["pipe.py", "pipe.j2", "link.py", "zero.py", "socket.py"] {
        folder.ok_in(&[path], &format!("note: {path}: not read: neither a file nor a folder\n"));
    }
    let outcome = folder.run(&["pipe.py", "a.py"]);
    outcome.ok("No findings in 1 file.\n");
    outcome.ok("note: pipe.py: not read: ");
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("prompt-lint.yaml")).status().unwrap();
    assert!(made.success());
    folder.run(&[]).refused(&["`prompt-lint.yaml` cannot be read: it is not a file"]);
}

#[test]
fn a_file_of_another_language_given_by_hand_is_a_note() {
    let folder = Folder::new(&[("main.rs", b"fn main() {}\n")]);
    folder.ok_in(&["main.rs"], "note: main.rs: not read: neither Python, JavaScript or TypeScript nor a Jinja template");
}

#[test]
fn standard_input_is_read() {
    let folder = Folder::new(&[]);
    let run = |arguments: &[&str], text: &[u8]| {
        let output =
            Command::cargo_bin("prompt-lint").unwrap().current_dir(folder.path()).args(arguments).write_stdin(text).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(run(&["-", "--stdin-filename", "a.py"], b"x = 1\n"), (Some(0), "No findings in 1 file.\n".to_owned()));
    assert_eq!(run(&["-", "--stdin-filename", "a.py", "--fix"], b"x = 1\r\n"), (Some(0), "x = 1\r\n".to_owned()));
    let (code, out) = run(&["-", "--stdin-filename", "a.py"], b"\xff");
    assert!(code == Some(0) && out.contains("note: a.py: not read: not UTF-8 (byte 0)"), "{out}");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let binary = assert_cmd::cargo::cargo_bin!("prompt-lint");
    for command in ["facts", "rules"] {
        let mut child = std::process::Command::new(binary).arg(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
    }
}

#[test]
fn other_commands() {
    let folder = Folder::new(&[]);
    folder.ok_in(&["rules"], "output/missing-cap");
    folder.ok_in(&["explain", "output/missing-cap"], "# output/missing-cap");
    for rule in folder.run(&["rules"]).out.lines().filter_map(|line| line.split(' ').next()) {
        let page = folder.run(&["explain", rule]);
        page.ok("\n## Examples\n");
        let lines: Vec<&str> = page.out.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines.windows(2).all(|pair| !(pair[0].starts_with("## ") && pair[1].starts_with("## "))), "{rule} has an empty heading");
    }
    folder.ok_in(&["facts"], "request.prefix");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        folder.ok_in(&["completions", shell], "prompt-lint");
    }
    folder.ok_in(&["--version"], concat!("prompt-lint ", env!("CARGO_PKG_VERSION")));
    folder.ok_in(&["--help"], "Exit code: 0 nothing at or above --fail-on");
    folder.ok_in(&["inventory", "--help"], "--include-tests");
    folder.run(&["explain"]).refused(&["Usage"]);
}

const CALL: &str = "from openai import OpenAI\n\nclient = OpenAI()\n\n\ndef ask(question):\n    return client.chat.completions.create(model=\"gpt-4o\", \
                    messages=[{\"role\": \"user\", \"content\": f\"A title for: {question}\"}])";

#[test]
fn suppressions_that_are_not_understood_are_notes() {
    let text = format!("# prompt-lint: ignore\n{CALL}  # prompt-lint: ignore[output/mising-cap] short\n");
    let folder = Folder::new(&[("a.py", text.as_bytes()), ("b.j2", b"{# prompt-lint: ignroe[cache] #}\nHello\n")]);
    let outcome = folder.run(&["--format", "concise"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for part in [
        "a.py: note: at 1:3: `prompt-lint: ignore` names no rule and suppresses nothing: write `prompt-lint: ignore[output/missing-cap] reason`",
        "a.py: note: at 8:130: there is no rule or category `output/mising-cap` to ignore; did you mean `output/missing-cap`?",
        "b.j2: note: at 1:4: `prompt-lint: ignroe` is not understood: did you mean `ignore`?",
        "warning[output/missing-cap]",
    ] {
        assert!(outcome.out.contains(part), "{part} is not in {}", outcome.out);
    }
}

#[test]
fn an_unused_suppression_is_found_and_removed() {
    let text = format!("{CALL}  # prompt-lint: ignore[cache, output/missing-cap] short\n");
    let folder = Folder::new(&[("a.py", text.as_bytes())]);
    let outcome = folder.run(&["--format", "concise"]);
    assert!(outcome.out.contains("warning[lint/unused-suppression] Nothing is suppressed here: `cache` finds nothing"), "{outcome:?}");
    assert!(outcome.out.contains("1 suppressed"), "{outcome:?}");
    // The rule that it is for need not be selected, and one that is off is tried too.
    folder.ok_in(&["--select", "cache"], "No findings");
    let outcome = folder.run(&["--select", "lint", "--format", "concise"]);
    assert!(outcome.out.contains("`cache` finds nothing"), "{outcome:?}");
    folder.ok_in(&["--fix"], "1 finding fixed in 1 file");
    let fixed = fs::read_to_string(folder.path().join("a.py")).unwrap();
    assert_eq!(fixed, format!("{CALL}  # prompt-lint: ignore[output/missing-cap] short\n"));
    folder.ok_in(&["--fix"], "No findings");
}

#[test]
fn a_suppression_beside_a_prompt_is_judged_only_with_all_files() {
    let prompt = b"# prompt-lint: ignore[cache/unstable-prefix] for the desk\nPROMPT = \"You help the readers of a library with their questions.\"\n";
    let folder = Folder::new(&[("prompts.py", prompt), ("app.py", b"from openai import OpenAI\nfrom prompts import PROMPT\n")]);
    folder.ok_in(&["prompts.py"], "No findings");
    assert_eq!(folder.run(&[]).code, Some(1));
    assert_eq!(folder.run(&["prompts.py", "app.py"]).code, Some(1));
}
