//! Everyday use as a process: `init`, schemas, pages, hooks' flags, an interrupt, and repositories that mean harm.

#![allow(clippy::unwrap_used)] // a test may fail by panic

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use prompt_lint::cli::engine;
use prompt_lint::rule::RuleSet;
use serde_json::Value;

const CALL: &str = "from openai import OpenAI\n\nclient = OpenAI()\n\n\ndef ask(text):\n    return client.chat.completions.create(model=\"gpt-4.1\", messages=[{\"role\": \"user\", \"content\": f\"Give this a title: {text}\"}])\n";

struct Folder(tempfile::TempDir);

#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        fs::create_dir(folder.path().join(".git")).unwrap();
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
        let mut command = Command::cargo_bin("prompt-lint").unwrap();
        let output = command.current_dir(self.path()).env_clear().args(arguments).timeout(Duration::from_secs(120)).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Outcome {
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

/// Takes the `#` away from lines that would be keys.
fn uncommented(config: &str) -> String {
    let is_key = |line: &str| {
        let line = line.trim_start_matches("# ").trim_start();
        line.split_once(':').is_some_and(|(key, _)| !key.contains(' ') && key.starts_with(|letter: char| letter.is_ascii_lowercase()))
    };
    let (_, keys) = config.split_once("\n\n").unwrap();
    keys.lines().filter(|line| is_key(line)).map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n").collect()
}

#[test]
fn init_says_what_it_saw() {
    let folder = Folder::new(&[
        ("desk/ask.py", CALL),
        ("desk/more.py", &CALL.replace("gpt-4.1", "gpt-4.1-mini")),
        ("desk/tests/test_ask.py", CALL),
        ("prompts/system.j2", "You are a guide. Answer the question of the visitor about {{ room }} in two sentences.\n"),
        ("prompts/title.j2", "You are an editor. Write a title of at most six words for the text.\n\n{{ text }}\n"),
    ]);
    let told = folder.run(&["init"]).ends(0).out;
    assert!(told.starts_with("prompt-lint.yaml written: 2 calls in 2 files, 2 prompts.\n"), "{told}");
    let config = folder.read("prompt-lint.yaml");
    assert!(config.starts_with("# yaml-language-server: $schema=./prompt-lint.schema.json\n"), "{config}");
    for line in [
        "#   2 calls of a model in 2 files\n",
        "#     openai: gpt-4.1 (1), gpt-4.1-mini (1)\n",
        "#   2 prompts\n#     prompts/*.j2 (2)\n",
        "# model: gpt-4.1\n",
        "has no limit. 2 above have none.\n",
        "# budgets: { \"prompts/**\": 3000 }\n",
    ] {
        assert!(config.contains(line), "{line} is not in {config}");
    }
    // As it is, it changes nothing; with its examples set, it is a config.
    let before = Folder::new(&[("ask.py", CALL)]).run(&["--format", "concise"]).out;
    let after = Folder::new(&[("ask.py", CALL), ("prompt-lint.yaml", &config)]).run(&["--format", "concise"]).out;
    assert_eq!(before, after);
    let keys = uncommented(&config);
    assert!(keys.lines().count() >= 11, "{keys}");
    Folder::new(&[("ask.py", CALL), ("prompt-lint.yaml", &keys)]).run(&[]).ends(1);

    let schema: Value = serde_json::from_str(&folder.read("prompt-lint.schema.json")).unwrap();
    let keys: Value = serde_yaml::from_str(&keys).unwrap();
    jsonschema::validate(&schema, &keys).unwrap_or_else(|error| panic!("{error}: {keys}"));
}

#[test]
fn init_writes_over_nothing() {
    for name in ["prompt-lint.yaml", ".prompt-lint.yaml"] {
        let folder = Folder::new(&[(name, "turns: 3\n"), ("a.py", CALL)]);
        let told = folder.run(&["init"]).ends(2).err;
        assert_eq!(told, format!("error: `{name}` exists already\n  help: it is not written over\n"));
        assert_eq!(folder.read(name), "turns: 3\n");
        assert!(!folder.path().join("prompt-lint.schema.json").exists());
    }
    let folder = Folder::new(&[("sub/prompt-lint.schema.json", "mine\n")]);
    let told = folder.run(&["init", "sub"]).ends(0).out;
    assert!(
        told.contains("sub/prompt-lint.yaml written: 0 calls in 0 files, 0 prompts.\nsub/prompt-lint.schema.json is left as it is.\n"),
        "{told}"
    );
    assert_eq!(folder.read("sub/prompt-lint.schema.json"), "mine\n");
    folder.run(&["init", "none"]).ends(2);
    folder.run(&["init", "--no-schema"]).ends(0);
    assert!(!folder.path().join("prompt-lint.schema.json").exists() && !folder.read("prompt-lint.yaml").contains("$schema"));
    #[cfg(unix)]
    {
        let folder = Folder::new(&[]);
        std::os::unix::fs::symlink("elsewhere.yaml", folder.path().join("prompt-lint.yaml")).unwrap();
        folder.run(&["init"]).ends(2);
        assert!(!folder.path().join("elsewhere.yaml").exists());
    }
}

#[test]
fn init_lets_no_name_out_of_its_comment() {
    let folder = Folder::new(&[
        ("a.py", &CALL.replace("gpt-4.1", "x\\nmodel: evil\\u0085turns: 2\\u2028select: []")),
        ("p\nturns: 1/b.j2", "You are a guide. Answer the question of the visitor about {{ room }} in two sentences.\n"),
    ]);
    folder.run(&["init"]).ends(0);
    let config = folder.read("prompt-lint.yaml");
    assert!(config.contains("evil"), "{config}");
    assert!(config.lines().all(|line| line.is_empty() || line.starts_with('#')), "{config}");
    assert_eq!(serde_yaml::from_str::<Value>(&config).unwrap(), Value::Null);
}

#[test]
fn rules_fit_their_schema() {
    let schema: Value = serde_json::from_str(&Folder::new(&[]).run(&["schema", "rule"]).ends(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut seen = 0;
    for rule in RuleSet::builtin().unwrap().iter() {
        let path = root.join(format!("{}.yaml", rule.id));
        let text: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(validator.is_valid(&text), "{}: {:?}", rule.id, validator.iter_errors(&text).next());
        seen += 1;
    }
    assert!(seen > 20);
    let skeleton: Value = serde_yaml::from_str(include_str!("../src/cli/skeleton.yaml")).unwrap();
    assert!(validator.is_valid(&skeleton), "{:?}", validator.iter_errors(&skeleton).next());
    for (key, value) in [("severity", "grave"), ("rewrite", "delete"), ("for", "line"), ("saving", "all"), ("whenn", "x")] {
        let mut wrong = skeleton.clone();
        wrong[key] = Value::from(value);
        assert!(!validator.is_valid(&wrong), "{key}: {value}");
    }
}

#[test]
fn configs_fit_their_schema() {
    let folder = Folder::new(&[("a.py", "")]);
    let schema: Value = serde_json::from_str(&folder.run(&["schema", "config"]).ends(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let examples = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let examples: Vec<&str> = examples.filter(|text| text.contains("select:") || text.contains("caps:")).collect();
    assert!(!examples.is_empty());
    for text in examples.into_iter().chain([
        "rules: { text/filler: off, cache/short-prefix: { options: {} } }",
        "extends: ../a.yaml",
        "per-path: [{ paths: [a], rules: { x/own: off } }]",
        "select: [own/rule]",
    ]) {
        let config: Value = serde_yaml::from_str(text).unwrap();
        assert!(validator.is_valid(&config), "{text}: {:?}", validator.iter_errors(&config).next());
    }
    // What the schema refuses, the tool refuses.
    for text in [
        "exclud: [a]",
        "exclude: a",
        "turns: 0",
        "turns: 1001",
        "turns: many",
        "model: [a]",
        "traffic: { per-month: 3 }",
        "sizes: { document: 0 }",
        "caps: { default: -1 }",
        "rules: { output/missing-cap: on }",
        "rules: { output/missing-cap: { severity: grave } }",
        "rules: { output/missing-cap: { options: { depth: 1 } } }",
        "per-path: [{ model: gpt-4.1 }]",
        "samples: [a]",
    ] {
        let config: Value = serde_yaml::from_str(text).unwrap();
        assert!(!validator.is_valid(&config), "{text}");
        folder.write("prompt-lint.yaml", text);
        folder.run(&[]).ends(2);
    }
    // Every rule is offered with its own options.
    for rule in engine::described(&RuleSet::builtin().unwrap()) {
        let pointer = format!("/$defs/Rules/properties/{}/anyOf/1/properties/options/properties", rule.id.replace('/', "~1"));
        let options = schema.pointer(&pointer).and_then(Value::as_object).unwrap();
        assert_eq!(options.len(), rule.options.len(), "{}", rule.id);
    }
}

#[test]
fn pages_and_completions() {
    let folder = Folder::new(&[]);
    let page = folder.run(&["man"]).ends(0).out;
    for part in [".TH prompt-lint 1", "\\-\\-fail\\-on", "prompt\\-lint\\-inventory(1)"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(folder.run(&["man", "init"]).ends(0).out.contains(".TH prompt-lint-init 1"));
    folder.run(&["man", "none"]).ends(2);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(folder.run(&["completions", shell]).ends(0).out.contains("exclude-tests"), "{shell}");
    }
}

#[test]
fn what_is_skipped_is_said_when_asked() {
    let folder = Folder::new(&[
        ("a.py", "x = 1\n"),
        ("tests/test_a.py", "x = 1\n"),
        ("node_modules/x/index.js", "x\n"),
        ("package.json", "{}"),
        ("dist/a.js", "x\n"),
        ("out/b.py", "x = 1\n"),
        (".gitignore", "out/\n"),
        ("old/c.py", "x = 1\n"),
        ("notes.md", "x\n"),
        ("prompt-lint.yaml", "exclude: [old/]\n"),
    ]);
    let told = folder.run(&["--verbose"]).ends(0);
    assert_eq!(
        told.err,
        "skipped: dist: what a build writes\n\
         skipped: node_modules: an installed package or a cache (--include-tests checks it)\n\
         skipped: old/c.py: excluded by the config\n\
         skipped: out/b.py: ignored by git\n\
         skipped: tests/test_a.py: test code, or the code of others (--include-tests checks it)\n"
    );
    assert_eq!(told.out, "No findings in 1 file.\n");
    let told = folder.run(&["--verbose", "--exclude-tests", "tests/test_a.py", "a.py"]).ends(0);
    assert_eq!(told.err, "skipped: tests/test_a.py: test code, or the code of others (--include-tests checks it)\n");
    assert_eq!(told.out, "No findings in 1 file.\n");
    assert_eq!(folder.run(&["--exclude-tests", "--include-tests", "tests"]).ends(0).out, "No findings in 1 file.\n");
    assert_eq!(folder.run(&[]).err, "");
}

/// What no report for people may hold.
fn acts(text: &str) -> bool {
    text.chars().any(|letter| (letter.is_control() && letter != '\n') || ('\u{202a}'..='\u{202e}').contains(&letter))
}

#[cfg(unix)]
#[test]
fn names_and_sources_forge_nothing() {
    let name = "a\u{1b}[2K\r\n::error::forged\n\u{202e}.py";
    let hostile = CALL.replace("gpt-4.1", "gpt\u{1b}]0;owned\u{7}-9\u{9b}31m").replace(
        "content\": f\"Give this a title: {text}\"",
        "content\": f\"Give this a title: {text}\u{1b}[1A\u{202e} of {datetime.now()} and so on\"",
    );
    let folder = Folder::new(&[("plain.py", CALL)]);
    folder.write(name, &hostile.replace("client = ", "client =\u{c} "));
    folder.write("b\u{1b}c.py", "def broken(:\n  from openai import OpenAI\u{1b}[31m\n");
    for arguments in [
        &["--format", "human"][..],
        &["--format", "concise"],
        &["--format", "github"],
        &["--format", "markdown"],
        &["--format", "junit"],
        &["--format", "human", "--statistics"],
        &["inventory"],
        &["--verbose", "--exclude-tests"],
        &["facts", "plain.py:7"],
        &["none\u{1b}[31m.py"],
    ] {
        let told = folder.run(arguments);
        assert!(!acts(&told.out) && !acts(&told.err), "{arguments:?}: {told:?}");
        assert!(!told.out.lines().any(|line| line.starts_with("::error::forged")), "{told:?}");
    }
    let told = folder.run(&["--format", "human"]).ends(1).out;
    assert!(told.contains("a␛[2K␍␊::error::forged␊\u{fffd}.py:7:"), "{told}");
    // For programs they are what they are.
    let told = folder.run(&["--format", "json"]).ends(1).out;
    let report: Value = serde_json::from_str(&told).unwrap();
    let paths: Vec<&str> = report["findings"].as_array().unwrap().iter().filter_map(|finding| finding["path"].as_str()).collect();
    assert!(paths.contains(&name), "{paths:?}");
    // In colours, only these act: each escape is one that sets a style.
    let told = folder.run(&["--color", "always"]).ends(1).out;
    assert!(
        told.split('\u{1b}').skip(1).all(|rest| rest
            .trim_start_matches(['[', ';'])
            .trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';')
            .starts_with('m')),
        "{told:?}"
    );
    // A config may be anybody's too.
    folder.write("prompt-lint.yaml", "turnz: \u{85}x # \u{1b}[31m\n");
    let told = folder.run(&[]).ends(2);
    assert!(!acts(&told.err), "{told:?}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_whole_files() {
    use std::process::{Command, Stdio};
    let old = format!("{CALL}{}", "# a line that makes the file longer than a page\n".repeat(400));
    let names: Vec<String> = (0..300).map(|number| format!("m{number}.py")).collect();
    let folder = Folder::new(&[("prompt-lint.yaml", "caps: { default: 500 }\n")]);
    for name in &names {
        folder.write(name, &old);
    }
    let mut fixed_in_part = false;
    for wait in [0, 150, 400, 700, 1000, 1400, 2000, 3000] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("prompt-lint"))
            .current_dir(folder.path())
            .args(["--fix", "--format", "concise"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        child.wait().unwrap();
        let texts: Vec<String> = names.iter().map(|name| folder.read(name)).collect();
        assert!(texts.iter().all(|text| *text == old || (text.contains("max_completion_tokens=500") && text.ends_with("a page\n"))));
        let fixed = texts.iter().filter(|text| **text != old).count();
        fixed_in_part |= fixed > 0 && fixed < names.len();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), names.len() + 2, "{left:?}");
        if fixed == names.len() {
            break;
        }
    }
    // Not asserted: whether an interrupt falls between two files depends on the machine.
    let _ = fixed_in_part;
}

#[test]
fn large_files_are_not_read() {
    let folder = Folder::new(&[("a.py", "x = 1\n")]);
    for name in ["big.py", "big.ts", "big.ipynb", "big.j2"] {
        fs::File::create(folder.path().join(name)).unwrap().set_len(201 << 20).unwrap();
    }
    let started = Instant::now();
    let told = folder.run(&["--format", "concise"]).ends(0).out;
    for name in ["big.py", "big.ts", "big.ipynb", "big.j2"] {
        assert!(told.contains(&format!("{name}: note: not read: 210763776 bytes, more than the limit of")), "{told}");
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn deep_nesting_ends() {
    const DEEP: usize = 10_000;
    let nested = |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(DEEP), close.repeat(DEEP));
    let lead = "You are a guide. Answer the question.\n";
    let call = |text: &str| CALL.replace("\"content\": text", &format!("\"content\": {text}"));
    let script = |text: &str| {
        format!(
            "import OpenAI from \"openai\";\nconst client = new OpenAI();\nawait client.chat.completions.create({{ model: \"gpt-4.1\", messages: [{{ role: \"user\", content: {text} }}] }});\n"
        )
    };
    let folder = Folder::new(&[
        ("if.j2", &format!("{lead}{}", nested("{% if a %}", "x", "{% endif %}"))),
        ("for.j2", &format!("{lead}{}", nested("{% for a in b %}", "{{ a }}", "{% endfor %}"))),
        ("elif.j2", &format!("{lead}{{% if a %}}{}{{% endif %}}", "{% elif b %}x".repeat(DEEP))),
        ("not.j2", &format!("{lead}{{{{ {} a }}}}", "not ".repeat(DEEP))),
        ("paren.j2", &format!("{lead}{{{{ {} }}}}", nested("(", "a", ")"))),
        ("braces.j2", &nested("{{", "a", "}}")),
        ("paren.py", &call(&nested("(", "text", ")"))),
        ("list.py", &call(&nested("[", "text", "]"))),
        ("plus.py", &call(&nested("text + ", "text", ""))),
        ("call.py", &call(&nested("str(", "text", ")"))),
        ("not.py", &call(&nested("not ", "text", ""))),
        ("string.py", &call(&format!("f\"{}\"", nested("{", "text", "}")))),
        ("def.py", &format!("{CALL}{}", (0..500).map(|depth| format!("{}def f():\n", " ".repeat(depth))).collect::<String>())),
        ("paren.ts", &script(&nested("(", "text", ")"))),
        ("list.ts", &script(&nested("[", "text", "]"))),
        ("template.ts", &script(&nested("`${", "text", "}`"))),
        ("arrow.js", &script(&nested("() => ", "text", ""))),
        ("plus.js", &script(&nested("text + ", "text", ""))),
        ("list.ipynb", &nested("[", "", "]")),
        ("cells.ipynb", &format!("{{\"cells\": {}}}", nested("{\"a\":", "1", "}"))),
    ]);
    let started = Instant::now();
    let told = folder.run(&["--format", "concise", "--fix", "--unsafe-fixes"]);
    assert!(matches!(told.code, Some(0 | 1)), "{:?} {}", told.code, told.err);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

/// Looking for a better place of the clock must not cost the number of values times the length of the text.
#[test]
fn a_prompt_of_thousands_of_values_ends() {
    let values: String = (0..4000).map(|number| format!("the {number}th is {{text}} and stays so, ")).collect();
    let call = CALL.replace("\"content\": text", &format!("\"content\": f\"{{datetime.now()}} is the time, {values}\""));
    let folder = Folder::new(&[("a.py", &format!("from datetime import datetime\n{call}"))]);
    let started = Instant::now();
    folder.run(&["--fix", "--unsafe-fixes", "--fail-on", "never"]).ends(0);
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
}

#[test]
fn a_repository_s_own_config_stalls_and_reads_nothing() {
    let outside = Folder::new(&[("secret.yaml", "password: hunter2\n"), ("rules/own/rule.yaml", "summary: x\n")]);
    let away = outside.path().to_string_lossy().into_owned();
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\ng: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]\nexclude: [*g]\n";
    let folder = Folder::new(&[("a.py", CALL)]);
    let started = Instant::now();
    for (config, part) in [
        (format!("extends: {away}/secret.yaml\n"), "lies outside the repository"),
        (format!("catalogue: [{away}/secret.yaml]\n"), "lies outside the repository"),
        (format!("rule-dirs: [{away}/rules]\n"), "lies outside the repository"),
        ("rule-dirs: [/]\n".to_owned(), "lies outside the repository"),
        ("extends: /dev/zero\n".to_owned(), "`/dev/zero` does not exist"),
        ("catalogue: [/dev/zero]\n".to_owned(), "`/dev/zero` does not exist"),
        (bomb.to_owned(), ""),
        (format!("exclude: {}{}\n", "[".repeat(10_000), "]".repeat(10_000)), ""),
        (format!("exclude: [\"{}\"]\n", "{a,b}".repeat(40)), ""),
        (format!("model: {}\n", "x".repeat(2 << 20)), "more than the limit"),
    ] {
        folder.write("prompt-lint.yaml", &config);
        let told = folder.run(&["--format", "concise"]);
        assert!(told.code.is_some(), "{}: {told:?}", &config[..60.min(config.len())]);
        assert!(told.err.contains(part) && !told.err.contains("hunter2"), "{part}: {told:?}");
        assert!(part.is_empty() || told.code == Some(2), "{told:?}");
    }
    #[cfg(unix)]
    {
        std::fs::remove_file(folder.path().join("prompt-lint.yaml")).unwrap();
        std::os::unix::fs::symlink(format!("{away}/secret.yaml"), folder.path().join("prompt-lint.yaml")).unwrap();
        let told = folder.run(&[]).ends(2).err;
        assert!(told.contains("leads out of its repository") && !told.contains("hunter2"), "{told}");
    }
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[test]
fn own_rules_end() {
    let skeleton = include_str!("../src/cli/skeleton.yaml");
    let line = skeleton.lines().find(|line| line.starts_with("when:")).unwrap();
    let deep = |condition: String| skeleton.replace(line, &format!("when: \"{condition}\""));
    for text in [
        deep(format!("{}call.line > 1", "not ".repeat(10_000))),
        deep(format!("{}true{}", "(".repeat(10_000), ")".repeat(10_000))),
        deep(vec!["true"; 10_000].join(" and ")),
        skeleton.replace("message:", "message: \"{% for i in range(1000000000) %}x{% endfor %}\"\nhelp2:"),
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
    ] {
        let folder = Folder::new(&[("a.py", CALL), ("lint/own/rule.yaml", &text), ("prompt-lint.yaml", "rule-dirs: [lint]\n")]);
        let started = Instant::now();
        let told = folder.run(&[]);
        assert!(told.code.is_some(), "{told:?}");
        assert!(started.elapsed() < Duration::from_secs(10), "{told:?}");
    }
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_roots_is_written() {
    let outside = Folder::new(&[("other.py", CALL)]);
    let folder = Folder::new(&[("prompt-lint.yaml", "caps: { default: 500 }\n"), ("src/a.py", CALL), ("lib/b.py", CALL)]);
    std::os::unix::fs::symlink(outside.path().join("other.py"), folder.path().join("src/linked.py")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("src/folder")).unwrap();
    let told = folder.run(&["src", "--fix", "--unsafe-fixes"]);
    assert!(told.out.contains("src/linked.py: not followed: a symbolic link to a file elsewhere"), "{told:?}");
    assert!(folder.read("src/a.py").contains("max_completion_tokens=500"), "{told:?}");
    assert_eq!((outside.read("other.py"), folder.read("lib/b.py")), (CALL.to_owned(), CALL.to_owned()));
}
