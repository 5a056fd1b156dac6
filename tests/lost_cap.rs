//! A cap that the project takes as a setting and sends nowhere: where it is told, and where the setting is for something else.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use assert_cmd::Command;
use serde_json::Value;

/// `line: message` of every cap that is missing in a project of these files, the message up to its colon.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    said_of(files, ".")
}

/// The same of a file or folder of it.
fn said_of(files: &[(&str, &str)], path: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let mut command = Command::cargo_bin("prompt-lint").unwrap();
    let flags = ["--format", "json", "--no-config", "--fail-on", "never", "--min-severity", "info", "--select", "output/missing-cap", path];
    let output = command.current_dir(folder.path()).env_clear().args(flags).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let line = |finding: &Value| {
        let message = finding["message"].as_str().unwrap();
        format!("{}: {}", finding["range"]["start"]["line"], message.split(": ").next().unwrap())
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

const ASK: &str = "from openai import OpenAI\n\nclient = OpenAI()\n\n\n";
const ASKS: &str =
    "client.chat.completions.create(model=\"gpt-4.1\", messages=[{\"role\": \"user\", \"content\": f\"A title for: {question}\"}]";
const NONE: &str = "No `max_completion_tokens`";

/// What is said of a script that begins with the client.
#[track_caller]
fn python(rest: &str, expected: &[String]) {
    assert_eq!(said(&[("desk/ask.py", &format!("{ASK}{rest}"))]), expected, "{rest}");
}

fn lost(line: u32, what: &str) -> String {
    format!("{line}: {what}")
}

#[test]
fn a_large_project_is_not_read_for_one_file() {
    let ask = format!("{ASK}def ask(question, max_tokens=400):\n    print(max_tokens)\n    return {ASKS})\n");
    let others: Vec<String> = (0..400).map(|at| format!("desk/other_{at}.py")).collect();
    let project = |count: usize| {
        let mut files: Vec<(&str, &str)> = others.iter().take(count).map(|path| (path.as_str(), "FARE = 4\n")).collect();
        files.push(("desk/ask.py", &ask));
        files
    };
    let told = [lost(8, "`max_tokens` is taken and never sent")];
    assert_eq!(said_of(&project(200), "desk/ask.py"), told);
    assert_eq!(said_of(&project(400), "desk/ask.py"), [lost(8, NONE)]);
    assert_eq!(said_of(&project(400), "."), told);
}

#[test]
fn a_parameter_that_is_not_handed_on() {
    python(
        &format!("def ask(question, max_tokens=400):\n    print(max_tokens)\n    return {ASKS})\n"),
        &[lost(8, "`max_tokens` is taken and never sent")],
    );
    // What one branch sends and the other does not.
    let branches = format!(
        "def ask(question, deep, max_new_tokens):\n    if deep:\n        return {ASKS})\n    return {ASKS}, max_tokens=max_new_tokens)\n"
    );
    python(&branches, &[lost(8, "`max_new_tokens` is sent by another call and not by this one")]);
}

#[test]
fn a_limit_on_what_goes_in_is_no_cap() {
    python(&format!("def ask(question, max_tokens):\n    question = question[: 4 * max_tokens]\n    return {ASKS})\n"), &[lost(8, NONE)]);
    python(
        &format!("def ask(question, max_tokens):\n    if count(question) > max_tokens:\n        return None\n    return {ASKS})\n"),
        &[lost(9, NONE)],
    );
    python(
        &format!("MAX_TOKENS = 900\n\n\ndef ask(question):\n    return {ASKS})\n\n\ndef fit(parts):\n    return parts[:MAX_TOKENS]\n"),
        &[lost(10, NONE)],
    );
    python(&format!("MAX_TOKENS = 900\n\n\ndef ask(question):\n    return {ASKS})\n"), &[lost(10, "`MAX_TOKENS` is set and never sent")]);
}

#[test]
fn what_is_made_of_it_inside_a_log_is_a_use() {
    for used in
        ["out.write(split(question, max_tokens))", "print(fit(question, limit=max_tokens))", "question = trace(question, max_tokens)"]
    {
        python(&format!("def ask(question, max_tokens=400):\n    {used}\n    return {ASKS})\n"), &[lost(8, NONE)]);
    }
    for shown in ["print(str(max_tokens))", "log.info('of %s', max_tokens)", "log.debug(f'at most {max_tokens}')"] {
        python(
            &format!("def ask(question, max_tokens=400):\n    {shown}\n    return {ASKS})\n"),
            &[lost(8, "`max_tokens` is taken and never sent")],
        );
    }
}

#[test]
fn what_reads_an_attribute_may_be_out_of_sight() {
    let class = |base: &str, rest: &str| {
        format!(
            "from rails import Agent\n\n\nclass Desk({base}):\n    def __init__(self):\n        self.max_tokens = 900\n\n    def ask(self, question):\n        return {ASKS})\n{rest}"
        )
    };
    python(&class("object", ""), &[lost(14, "`max_tokens` is set and never sent")]);
    python(&class("Agent", ""), &[lost(14, NONE)]);
    python(&class("object", "\n    def all(self, names):\n        return [getattr(self, name) for name in names]\n"), &[lost(14, NONE)]);
}

#[test]
fn what_is_tried_after_a_refusal_leaves_it_out_on_purpose() {
    let again = format!(
        "def ask(question, max_tokens):\n    try:\n        return {ASKS}, max_tokens=max_tokens)\n    except ValueError:\n        return {ASKS})\n"
    );
    python(&again, &[lost(10, NONE)]);
}

#[test]
fn an_attribute_that_one_method_sends_and_another_forgets() {
    let class = |rest: &str| {
        format!(
            "class Desk:\n    def __init__(self, model, max_tokens=900):\n        self.max_tokens = max_tokens\n        self.model = model\n\n    def ask(self, question):\n        return {ASKS})\n{rest}"
        )
    };
    python(&class(""), &[lost(12, "`max_tokens` is set and never sent")]);
    let sends = format!("\n    def sum_up(self, question):\n        return {ASKS}, max_tokens=self.max_tokens)\n");
    python(&class(&sends), &[lost(12, "`max_tokens` is sent by another call and not by this one")]);
    python(&class("\n    def fits(self, text):\n        return len(text) < self.max_tokens\n"), &[lost(12, NONE)]);
    // Another file asks the object for it.
    let reader = "def room(desk, text):\n    return desk.max_tokens - len(text)\n";
    assert_eq!(said(&[("desk/ask.py", &format!("{ASK}{}", class(""))), ("desk/room.py", reader)]), [lost(12, NONE)]);
}

#[test]
fn a_setting_that_stands_beside_the_others() {
    let text = r#"class Desk:
    def __init__(self, config):
        self.config = config

    async def ask(self, messages):
        return await client.chat.completions.create(model=self.config["model"], messages=messages, max_tokens=self.config["max_tokens"])

    async def after_a_tool(self, messages):
        return await client.chat.completions.create(model=self.config["model"], messages=messages)
"#;
    python(text, &[lost(14, "`max_tokens` is sent by another call and not by this one")]);
}

#[test]
fn a_field_of_the_request_that_a_client_leaves_out() {
    let types = "from pydantic import BaseModel\n\n\nclass Wish(BaseModel):\n    model: str = \"gpt-4.1\"\n    messages: list = []\n    max_new_tokens: int = 800\n";
    let client = "from openai import OpenAI\n\nfrom desk.types import Wish\n\nclient = OpenAI()\n\n\ndef ask(wish: Wish):\n    return client.chat.completions.create(model=wish.model, messages=wish.messages)\n";
    assert_eq!(said(&[("desk/types.py", types), ("desk/ask.py", client)]), [lost(9, "`max_new_tokens` is taken and never sent")]);
    let sends = client.replace("messages=wish.messages)", "messages=wish.messages, max_tokens=wish.max_new_tokens)");
    assert_eq!(said(&[("desk/types.py", types), ("desk/ask.py", &sends)]), Vec::<String>::new());
}

#[test]
fn keywords_that_hold_a_cap_and_are_dropped() {
    let clients = r#"from openai import OpenAI

client = OpenAI()


class Client:
    def answer(self, messages, **kwargs):
        return self._answer(messages, **kwargs)


class Chat(Client):
    def _answer(self, messages, **kwargs):
        return client.chat.completions.create(model="gpt-4.1", messages=messages)
"#;
    let caller = "def serve(client, messages):\n    return client.answer(messages, max_tokens=2000)\n";
    assert_eq!(
        said(&[("desk/clients.py", clients), ("desk/serve.py", caller)]),
        [lost(13, "`**kwargs` is taken and dropped, with the cap in it")]
    );
    // Nobody hands a cap in.
    let caller = caller.replace(", max_tokens=2000", ", temperature=0");
    assert_eq!(said(&[("desk/clients.py", clients), ("desk/serve.py", &caller)]), [lost(13, NONE)]);
}

#[test]
fn an_option_of_the_command_line() {
    let script = |reads: &str| {
        format!(
            "import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_argument(\"--model\")\nparser.add_argument(\"--max-tokens\", type=int)\nargs = parser.parse_args()\n\n\ndef ask(question):\n    return {ASKS})\n\n\n{reads}"
        )
    };
    python(&script(""), &[lost(15, "`--max-tokens` is taken and never sent")]);
    python(&script("print(split(text, args.max_tokens))\n"), &[lost(15, NONE)]);
    python(&script("run(**vars(args))\n"), &[lost(15, NONE)]);
}

#[test]
fn in_a_script_of_another_language() {
    let provider = r#"import OpenAI from 'openai';

export class Provider {
  client = new OpenAI();

  constructor({ model, maxTokens = 1024 }) {
    this.model = model;
    this.maxTokens = maxTokens;
  }

  async whole(messages) {
    return this.client.chat.completions.create({ model: this.model, messages, max_tokens: this.maxTokens });
  }

  async stream(messages) {
    return this.client.chat.completions.create({ model: this.model, messages, stream: true });
  }
}

export async function title(text, { maxTokens = 40 } = {}) {
  const client = new OpenAI();
  return client.chat.completions.create({ model: 'gpt-4.1', messages: [{ role: 'user', content: text }] });
}
"#;
    let expected = [lost(16, "`maxTokens` is sent by another call and not by this one"), lost(22, "`maxTokens` is taken and never sent")];
    assert_eq!(said(&[("desk/provider.js", provider)]), expected);
}

#[test]
fn a_cap_that_is_taken_off_by_hand() {
    let wrapper = r#"async def ask(messages, llm=None, max_tokens=4000):
    llm = llm or make(max_tokens=max_tokens)
    return await llm.ainvoke(messages)


async def plan(question):
    return await ask([{"role": "user", "content": question}], max_tokens=None)


async def sum_up(question):
    return await ask([{"role": "user", "content": question}])
"#;
    assert_eq!(said(&[("desk/ask.py", &format!("from langchain_openai import ChatOpenAI\n\n\n{wrapper}"))]), [lost(10, "No `max_tokens`")]);
}

#[test]
fn a_block_that_caps_some_questions_and_not_the_last() {
    let text = r#"from langchain_openai import ChatOpenAI

from desk.params import llm_params


class Check:
    def __init__(self, rails):
        self.llm = rails.llm

    def run(self, question):
        with llm_params(self.llm, temperature=0.2, max_tokens=100):
            answer = self.llm(question)
        verdict = self.llm(f"Is this true? {answer}")
        return verdict
"#;
    assert_eq!(said(&[("desk/check.py", text)]), [lost(13, "No cap on output tokens")]);
}

/// The severities of the caps that are missing in one file.
fn worth(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join("ask.py"), text).unwrap();
    let mut command = Command::cargo_bin("prompt-lint").unwrap();
    let flags = ["--format", "json", "--no-config", "--fail-on", "never", "--min-severity", "info", "--select", "output/missing-cap"];
    let output = command.current_dir(folder.path()).env_clear().args(flags).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    report["findings"].as_array().unwrap().iter().map(|finding| finding["severity"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn of_several_models_the_one_that_writes_most_counts() {
    let choice = |models: &str| {
        format!(
            "{ASK}def ask(question):\n    model = {models}\n    return client.chat.completions.create(model=model, messages=[{{\"role\": \"user\", \"content\": f\"A title for: {{question}}\"}}])\n"
        )
    };
    assert_eq!(worth(&choice("\"gpt-4\" if len(question) > 900 else \"gpt-3.5-turbo\"")), ["info"]);
    assert_eq!(worth(&choice("\"gpt-4.1\" if len(question) > 900 else \"gpt-3.5-turbo\"")), ["warning"]);
    let option = |declared: &str| {
        format!(
            "import argparse\n\n{ASK}parser = argparse.ArgumentParser()\nparser.add_argument(\"--model_name\", {declared})\nargs = parser.parse_args()\n\n\ndef ask(question, model_name):\n    return client.chat.completions.create(model=model_name, messages=[{{\"role\": \"user\", \"content\": f\"A title for: {{question}}\"}}])\n\n\nprint(ask(\"Why?\", args.model_name))\n"
        )
    };
    assert_eq!(worth(&option("default=\"gpt-3.5-turbo\"")), ["info"]);
    assert_eq!(worth(&option("default=\"gpt-3.5-turbo\", choices=[\"gpt-3.5-turbo\", \"gpt-4.1\"]")), ["warning"]);
    assert_eq!(worth(&option("required=True")), ["warning"]);
}

#[test]
fn a_client_that_is_told_of_no_server_asks_its_own_machine() {
    let ask = |client: &str| {
        format!(
            "import ollama\n\nclient = {client}\n\n\ndef ask(question):\n    return client.chat(model=\"llama3\", messages=[{{\"role\": \"user\", \"content\": f\"A title for: {{question}}\"}}])\n"
        )
    };
    assert_eq!(worth(&ask("ollama.Client()")), ["info"]);
    // A machine of one's own too, though another may be billed for it.
    assert_eq!(worth(&ask("ollama.Client(host=address())")), ["info"]);
    assert_eq!(worth("from langchain_ollama import ChatOllama\n\n\ndef make():\n    return ChatOllama(model=\"llama3\")\n"), ["info"]);
}

#[test]
fn one_gap_in_several_branches_is_said_once() {
    let text = format!(
        "{ASK}def ask(question, fast, model):\n    if fast:\n        return client.chat.completions.create(model=\"gpt-4.1\", messages=[{{\"role\": \"user\", \"content\": f\"A title for: {{question}}\"}}])\n    elif model:\n        return client.chat.completions.create(model=model, messages=[{{\"role\": \"user\", \"content\": f\"A title for: {{question}}\"}}])\n    else:\n        return client.chat.completions.create(model=\"gpt-4.1-mini\", messages=[{{\"role\": \"user\", \"content\": f\"A title for: {{question}}\"}}])\n"
    );
    assert_eq!(worth(&text), ["warning"]);
}

#[test]
fn what_nothing_makes_beside_what_is_made() {
    let base = "class Handler:\n    pass\n";
    let handler = |name: &str| {
        format!("from desk.base import Handler\n\n{ASK}class {name}(Handler):\n    def ask(self, question):\n        return {ASKS})\n")
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".git")).unwrap();
    std::fs::create_dir_all(folder.path().join("desk")).unwrap();
    for (path, text) in [
        ("base.py", base.to_owned()),
        ("used.py", handler("Used")),
        ("idle.py", handler("Idle")),
        ("main.py", "from desk.used import Used\n\nUsed().ask(\"Why?\")\n".to_owned()),
    ] {
        std::fs::write(folder.path().join("desk").join(path), text).unwrap();
    }
    let mut command = Command::cargo_bin("prompt-lint").unwrap();
    let flags = ["--format", "json", "--no-config", "--fail-on", "never", "--min-severity", "info", "--select", "output/missing-cap"];
    let output = command.current_dir(folder.path()).env_clear().args(flags).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let found: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["path"].as_str().unwrap(), finding["severity"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [("desk/idle.py", "info"), ("desk/used.py", "warning")]);
}

/// The diff of all fixes of a file.
fn diff(path: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(path), text).unwrap();
    let mut command = Command::cargo_bin("prompt-lint").unwrap();
    let flags = ["--no-config", "--fail-on", "never", "--min-severity", "info", "--diff", "--unsafe-fixes"];
    let output = command.current_dir(folder.path()).env_clear().args(flags).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn only_what_surely_holds_a_number_is_passed_on() {
    assert!(
        diff("ask.py", &format!("{ASK}def ask(question, max_tokens=400):\n    print(max_tokens)\n    return {ASKS})\n"))
            .contains("=max_tokens")
    );
    for rest in [
        "def ask(question, deep):\n    if deep:\n        max_tokens = 400\n        print(max_tokens)\n    return {}\n",
        "def ask(question):\n    def limit():\n        max_tokens = 400\n        print(max_tokens)\n    return {}\n",
        "def ask(question, max_tokens=400):\n    max_tokens, other = 'a', 2\n    return {}\n",
        "def ask(question, max_tokens=None):\n    return {}\n",
        "def ask(question, max_tokens: str = '400'):\n    return {}\n",
        "def ask(question, max_tokens=-1):\n    return {}\n",
        "replies = [{} for question in ['a']]\nMAX_TOKENS = 400\n",
        "class Desk:\n    def __init__(self, deep):\n        if deep:\n            self.max_tokens = 400\n\n    def ask(self, question):\n        return {}\n",
        "class Desk:\n    def configure(self, most):\n        self.max_tokens = most\n\n    def ask(self, question):\n        return {}\n",
    ] {
        let said = diff("ask.py", &format!("{ASK}{}", rest.replace("{}", &format!("{ASKS})"))));
        assert!(!said.to_lowercase().contains("=max_tokens") && !said.contains("=self."), "{rest}: {said}");
    }
}

#[test]
fn what_depends_on_the_model_is_left_out_on_purpose() {
    let branches = |test: &str| {
        format!(
            "{ASK}def ask(question, {test}, max_new_tokens):\n    if {test}:\n        return {ASKS})\n    else:\n        return {ASKS}, max_tokens=max_new_tokens)\n"
        )
    };
    assert!(diff("ask.py", &branches("deep")).contains("max_tokens=max_new_tokens"));
    for test in ["is_o1", "reasoning", "supports_cap"] {
        assert_eq!(diff("ask.py", &branches(test)), "", "{test}");
    }
}
