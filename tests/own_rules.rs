//! Rules of a user's own: begun, tested, run, overridden, and refused at the place of what is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::path::Path;

use assert_cmd::Command;

struct Folder(tempfile::TempDir);

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.0.path().join(".git")).unwrap();
        files.iter().for_each(|(path, text)| folder.write(path, text));
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::cargo_bin("prompt-lint").unwrap().current_dir(self.0.path()).env_clear().args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    #[track_caller]
    fn gives(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        let all = format!("{}{}", self.out, self.err);
        parts.iter().for_each(|part| assert!(all.contains(part), "{part} is not in {all}"));
    }
}

const APP: &str = "from openai import OpenAI

client = OpenAI()


def title(text):
    return client.chat.completions.create(model=\"gpt-4.1\", max_tokens=3000, messages=[{\"role\": \"user\", \"content\": f\"A title for: {text}\"}])
";

const RULE: &str = "summary: A model that the house does not use
for: call
when: call.model == options.model
options: { model: gpt-4.1 }
severity: warning
message: \"`{{ call.model }}` is not for this project\"
help: Use another.
status: stable
since: 0.1.0
examples:
";

fn rule(examples: &str) -> String {
    format!("{RULE}{examples}")
}

#[test]
fn a_skeleton_passes_its_own_test_and_runs() {
    let folder = Folder::new(&[("app.py", APP)]);
    folder.run(&["rule", "new", "desk/long-answer", "--folder", "lint"]).gives(0, &["lint/desk/long-answer.yaml written"]);
    folder.run(&["rule", "test", "lint"]).gives(0, &["1 rule: 1 validated, 1 reported, 0 missing, 0 noisy\n"]);
    folder.run(&["--format", "concise", "--rules", "lint"]).gives(1, &["app.py:7:71: warning[desk/long-answer]", "1 finding in"]);
    folder.run(&["--format", "concise"]).gives(0, &["no findings"]);
    let before = folder.read("lint/desk/long-answer.yaml");
    folder.run(&["rule", "new", "desk/long-answer", "--folder", "lint"]).gives(2, &["exists already"]);
    assert_eq!(folder.read("lint/desk/long-answer.yaml"), before);
    folder.run(&["rule", "new", "Desk"]).gives(2, &["`Desk` is no id of a rule", "<category>/<name>"]);
    folder.run(&["rule", "new", "../desk/x"]).gives(2, &["is no id of a rule"]);
}

#[test]
fn a_config_names_folders_of_rules() {
    let config = "rule-dirs: [lint]\nrules: { desk/model: { severity: error, options: { model: gpt-4.1 } } }\n";
    let folder = Folder::new(&[("prompt-lint.yaml", config), ("lint/desk/model.yaml", RULE), ("app.py", APP)]);
    folder.run(&["--format", "concise"]).gives(1, &["error[desk/model] `gpt-4.1` is not for this project"]);
    folder.run(&["--select", "desk"]).gives(1, &["desk/model"]);
    folder.run(&["--ignore", "desk/model"]).gives(0, &["No findings"]);
    folder.run(&["--no-config", "--select", "desk"]).gives(2, &["unknown rule or category `desk`"]);
    folder.run(&["explain", "desk/model"]).gives(0, &["A model that the house does not use"]);
    folder.run(&["rules"]).gives(0, &["desk/model", "output/missing-cap"]);
    folder.write("prompt-lint.yaml", "rule-dirs: [lint]\nrules: { desk/modl: off }\n");
    folder.run(&[]).gives(2, &["unknown rule `desk/modl`", "did you mean `desk/model`?"]);
}

#[test]
fn rules_of_a_nested_config_hold_below_it() {
    let folder =
        Folder::new(&[("a/prompt-lint.yaml", "rule-dirs: [lint]\n"), ("a/lint/desk/model.yaml", RULE), ("a/app.py", APP), ("app.py", APP)]);
    let ran = folder.run(&["--format", "concise"]);
    ran.gives(1, &["a/app.py:7:", "1 finding in 2 files"]);
}

#[test]
fn a_rule_takes_the_place_of_a_built_in_one() {
    let folder = Folder::new(&[("app.py", &APP.replace(", max_tokens=3000", "")), ("lint/output/missing-cap.yaml", RULE)]);
    folder.run(&["--format", "concise"]).gives(1, &["[output/missing-cap] No `max_completion_tokens`"]);
    folder.run(&["--format", "concise", "--rules", "lint"]).gives(1, &["[output/missing-cap] `gpt-4.1` is not for this project"]);
}

#[test]
fn examples_that_fail_are_named() {
    let other = APP.replace("gpt-4.1", "gpt-4.1-nano");
    let indented = |text: &str| text.lines().map(|line| format!("      {line}\n")).collect::<String>();
    let example = |kind: &str, text: &str| format!("  - file: app.py\n    {kind}: |\n{}", indented(text));
    let folder = Folder::new(&[("lint/desk/model.yaml", &rule(&(example("bad", &other) + &example("good", APP) + &example("bad", APP))))]);
    let ran = folder.run(&["rule", "test", "lint"]);
    ran.gives(
        1,
        &[
            "example 1, app.py: missing",
            "example 2, app.py: noisy\n    is reported at app.py:7",
            "0 validated, 1 reported, 1 missing, 1 noisy",
        ],
    );
    folder.write("lint/desk/model.yaml", &rule(&example("bad", APP)).replace("examples:", "rewrite: add-argument\nexamples:"));
    folder.run(&["rule", "test", "lint"]).gives(0, &["0 validated, 1 reported"]);
    folder.write("lint/desk/model.yaml", &RULE.replace("examples:\n", ""));
    folder.run(&["rule", "test", "lint"]).gives(0, &["desk/model: no examples", "0 validated, 0 reported"]);
    folder.run(&["rule", "test", "."]).gives(2, &["does not give a rule's id"]);
    folder.run(&["rule", "test", "nowhere"]).gives(2, &["`nowhere` is not a folder"]);
    folder.run(&["rule", "test", ".git"]).gives(2, &["`.git` holds no rule"]);
}

#[test]
fn broken_rules_are_refused_at_their_place() {
    for (from, to, parts) in [
        (
            "call.model ==",
            "call.modle ==",
            &["there is no fact `call.modle`", "lint/desk/model.yaml:3:7", "did you mean `call.model`?"][..],
        ),
        ("severity:", "severty:", &["unknown field `severty`", "lint/desk/model.yaml:5:1", "did you mean `severity`?"]),
        ("severity: warning", "severity: fatal", &["this is not a severity", "error, warning, info"]),
        ("{{ call.model }}", "{{ modell }}", &["there is no fact `modell`", ":6:"]),
        ("{{ call.model }}", "{% for x in [1] %}{% endfor %}", &["`for` is not allowed in a text"]),
        ("options.model", "options.modl", &["options.modl", "model"]),
        ("call.model ==", "slot.name ==", &["`slot.name` is known in rules `for: slot` only", "write `for: slot`"]),
        ("== options.model", "== 3", &["a text is compared with a number"]),
        ("status: stable", "status: stable\nrewrite: add-argment", &["there is no rewrite `add-argment`", "did you mean `add-argument`?"]),
        ("status: stable", "status: stable\nenables: [cache/nothing]", &["there is no rule `cache/nothing`"]),
        ("summary: A", "summary: [A", &["lint/desk/model.yaml:"]),
    ] {
        assert!(RULE.contains(from), "{from}");
        let folder = Folder::new(&[("lint/desk/model.yaml", &RULE.replacen(from, to, 1)), ("app.py", APP)]);
        folder.run(&["--rules", "lint"]).gives(2, parts);
        folder.run(&["rule", "test", "lint"]).gives(2, parts);
    }
    let twice = Folder::new(&[("lint/desk/model.yaml", RULE), ("lint/desk/model.yml", RULE)]);
    twice.run(&["--rules", "lint"]).gives(2, &["`desk/model` is defined twice, first in "]);
    twice.run(&["--rules", "nowhere"]).gives(2, &["`nowhere` is not a folder of rules"]);
}

#[test]
fn a_division_by_zero_is_unknown_and_fires_nothing() {
    let folder =
        Folder::new(&[("lint/desk/model.yaml", &RULE.replace("call.model == options.model", "call.cap.value / 0 > 1")), ("app.py", APP)]);
    folder.run(&["--rules", "lint"]).gives(0, &["No findings"]);
}

#[test]
fn a_rule_of_ones_own_is_fixed_under_the_same_proof() {
    // It asks for a rewrite that cannot mend what it finds: nothing is written.
    let own = RULE.replace("status:", "rewrite: add-argument\nsaving: bound\nstatus:");
    let app = APP.replace(", max_tokens=3000", "");
    let folder = Folder::new(&[("lint/desk/model.yaml", &own), ("app.py", &app)]);
    folder.run(&["--rules", "lint", "--select", "desk", "--fix", "--unsafe-fixes"]).gives(1, &["desk/model"]);
    assert_eq!(folder.read("app.py"), app);
}
