//! Which loops and documents are shown, which are counted only, and which are none: the facts that decide whether a finding is worth acting on.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use assert_cmd::Command;
use serde_json::Value;

/// The severities of a rule's findings in one file, in their order.
fn severities(path: &str, text: &str, rule: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(path);
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    let mut command = Command::cargo_bin("prompt-lint").unwrap();
    let flags =
        ["--format", "json", "--no-config", "--fail-on", "never", "--min-severity", "info", "--today", "2026-11-22", "--select", rule];
    let output = command.current_dir(folder.path()).env_clear().args(flags).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    report["findings"].as_array().unwrap().iter().map(|finding| finding["severity"].as_str().unwrap().to_owned()).collect()
}

const ASK: &str = r#"import json
import time

from openai import OpenAI

client = OpenAI()


def ask(text):
    reply = client.chat.completions.create(model="gpt-4.1", max_completion_tokens=90, messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content


"#;

/// What is said of a loop in a script that can ask.
#[track_caller]
fn looped(rest: &str, expected: &[&str]) {
    assert_eq!(severities("rate.py", &format!("{ASK}{rest}"), "batch/realtime-loop"), expected, "{rest}");
}

#[test]
fn a_script_over_a_file_of_items_is_shown() {
    looped("for line in open(\"reviews.jsonl\"):\n    print(ask(f\"Rate the review.\\n\\n{line[:900]}\"))\n", &["warning"]);
    looped(
        "def main():\n    rows = json.load(open(\"reviews.json\"))\n    return [ask(row[\"text\"][:900]) for row in rows]\n\n\nmain()\n",
        &["warning"],
    );
}

#[test]
fn nobody_is_known_to_wait_for_a_library() {
    let library = "def rate(rows):\n    return [ask(row[:900]) for row in rows]\n";
    looped(library, &["info"]);
    assert_eq!(severities("jobs/nightly.py", &format!("{ASK}{library}"), "batch/realtime-loop"), ["warning"]);
}

#[test]
fn few_items_are_counted_only() {
    let over = |items: &str| {
        format!("def main(rows):\n    for row in {items}:\n        print(ask(row[:900]))\n\n\nif __name__ == \"__main__\":\n")
    };
    looped(&format!("{}    main(json.load(open(\"rows.json\")))\n", over("rows")), &["warning"]);
    looped(&format!("{}    main([\"late\", \"early\", \"never\"])\n", over("rows")), &["info"]);
    looped(&format!("{}    main(json.load(open(\"rows.json\")))\n", over("rows[:5]")), &["info"]);
    looped(&format!("{}    FEW = [\"late\", \"early\"]\n    FEW = FEW[:len(FEW)]\n    main(FEW)\n", over("rows")), &["info"]);
    looped(&format!("{}    main(json.load(open(\"rows.json\")))\n", over("fetch(limit=8)")), &["info"]);
    looped(&format!("{}    main(None)\n", over("\"a---b---c\".split(\"---\")")), &["info"]);
}

#[test]
fn what_a_model_or_a_splitter_makes_is_few() {
    looped("steps = json.loads(ask(\"Name the steps.\"))\nfor step in steps:\n    print(ask(f\"Do it: {step[:900]}\"))\n", &["info"]);
    let parts = "for part in split_text(open(\"report.txt\").read()):\n    print(ask(f\"Shorten it:\\n{part[:900]}\"))\n";
    looped(parts, &["info"]);
}

#[test]
fn a_request_that_needs_the_answer_before_it_is_no_batch() {
    looped("text = open(\"a.txt\").read()[:900]\nfor step in json.load(open(\"steps.json\")):\n    text = ask(step + text)\n", &[]);
    let told = "said = []\nfor row in open(\"rows.txt\"):\n    said.append(ask(f\"{row[:90]} {said}\"))\n";
    looped(told, &[]);
    // What is only kept, or cut up in the same pass, is handed on to nobody.
    looped(
        "said = []\nfor row in open(\"rows.txt\"):\n    text = ask(row[:90])\n    text = text.strip()\n    said.append(text)\n",
        &["warning"],
    );
}

#[test]
fn a_model_that_costs_little_is_counted_only() {
    let over = "for line in open(\"reviews.jsonl\"):\n    print(ask(f\"Rate the review.\\n\\n{line[:900]}\"))\n";
    let of = |path: &str, model: &str| {
        let text = format!("{ASK}{over}").replace("\"gpt-4.1\"", model);
        severities(path, &text, "batch/realtime-loop")
    };
    assert_eq!(of("rate.py", "\"gpt-4.1-nano\""), ["info"]);
    assert_eq!(of("examples/rate.py", "\"gpt-4.1\""), ["warning"]);
    // An example of a model that somebody else names may run on a small one; a job is as it is.
    assert_eq!(of("examples/rate.py", "os.environ[\"MODEL\"]"), ["info"]);
    assert_eq!(of("rate.py", "os.environ[\"MODEL\"]"), ["warning"]);
}

#[test]
fn of_two_requests_for_an_item_the_second_waits_for_the_first() {
    let two = "for row in open(\"rows.txt\"):\n    kind = ask(row[:900])\n    print(ask(f\"Say why it is {kind}: {row[:90]}\"))\n";
    looped(two, &["info", "info"]);
    // A second request for some of the items leaves the first ones a batch.
    let some = "for row in open(\"rows.txt\"):\n    kind = ask(row[:900])\n    if kind == \"odd\":\n        print(ask(f\"Say why it is {kind}: {row[:90]}\"))\n";
    looped(some, &["warning", "info"]);
    looped(
        "for row in open(\"rows.txt\"):\n    print(ask(row[:900]))\n    print(ask(f\"Say why: {row[:90]}\"))\n",
        &["warning", "warning"],
    );
}

#[test]
fn a_search_ends_with_its_answer() {
    looped("for page in open(\"pages.txt\"):\n    found = ask(page[:900])\n    if \"yes\" in found:\n        break\n", &[]);
    looped(
        "def first(pages):\n    for page in pages:\n        try:\n            return ask(page[:900])\n        except ValueError:\n            pass\n",
        &[],
    );
    // An item that is left out ends nothing.
    looped("for page in open(\"pages.txt\"):\n    if not page:\n        break\n    print(ask(page[:900]))\n", &["warning"]);
}

#[test]
fn what_is_measured_or_tried_after_a_failure_is_no_work() {
    let timed =
        "for row in open(\"rows.txt\"):\n    begun = time.perf_counter()\n    ask(row[:900])\n    print(time.perf_counter() - begun)\n";
    looped(timed, &[]);
    looped(
        "for row in open(\"rows.txt\"):\n    try:\n        print(int(row))\n    except ValueError:\n        print(ask(row[:900]))\n",
        &[],
    );
    // The time of the whole run is another matter.
    let whole = "begun = time.time()\nfor row in open(\"rows.txt\"):\n    print(ask(row[:900]))\nprint(time.time() - begun)\n";
    looped(whole, &["warning"]);
}

#[test]
fn a_stream_is_read_by_somebody() {
    let text = r#"from openai import OpenAI

client = OpenAI()

for row in open("rows.txt"):
    for part in client.chat.completions.create(model="gpt-4.1", max_completion_tokens=90, stream=True, messages=[{"role": "user", "content": row[:900]}]):
        print(part)
"#;
    assert!(severities("say.py", text, "batch/realtime-loop").is_empty());
    // A wrapper that can do both is asked for whole answers unless somebody says otherwise.
    let either = ASK
        .replace("def ask(text):", "def ask(text, stream=False):")
        .replace("max_completion_tokens=90", "max_completion_tokens=90, stream=stream");
    let said = format!("{either}for line in open(\"rows.txt\"):\n    print(ask(line[:900]))\n");
    assert_eq!(severities("say.py", &said, "batch/realtime-loop"), ["warning"]);
}

#[test]
fn a_tool_a_node_and_a_screen_have_somebody_who_waits() {
    let rest = "def grade(state):\n    return [ask(page[:900]) for page in state[\"pages\"]]\n";
    looped(&format!("@tool\n{rest}"), &["info"]);
    looped(&format!("{rest}\n\ngraph = StateGraph(dict)\ngraph.add_node(\"grade\", grade)\n"), &["info"]);
    looped(&format!("import streamlit\n\n\n{rest}"), &["info"]);
    looped("def handler(event, context):\n    return [ask(page[:900]) for page in event[\"pages\"]]\n", &[]);
}

#[test]
fn a_chain_of_callers_is_reported_once_at_the_loop_next_to_the_request() {
    let rest = r#"def rate_all(rows):
    return [ask(row[:900]) for row in rows]


if __name__ == "__main__":
    for name in open("names.txt"):
        print(rate_all(json.load(open(name))))
"#;
    looped(rest, &["warning"]);
}

#[test]
fn a_function_that_is_written_again_counts_from_there() {
    let text = r#"from openai import OpenAI

client = OpenAI()


def widen(text):
    return client.chat.completions.create(model="gpt-4.1", max_completion_tokens=90, messages=[{"role": "user", "content": text[:90]}])


print(widen("late trains"))


def widen(text):
    return client.chat.completions.create(model="gpt-4.1", max_completion_tokens=60, messages=[{"role": "user", "content": text[:60]}])


print([widen(line) for line in open("lines.txt")])
"#;
    assert_eq!(severities("widen.py", text, "batch/realtime-loop").len(), 1);
}

#[test]
fn a_javascript_script_is_one_too() {
    let text = r#"#!/usr/bin/env node
import fs from 'node:fs';
import OpenAI from 'openai';

const client = new OpenAI();

async function main() {
  const rows = JSON.parse(fs.readFileSync('rows.json', 'utf8'));
  for (const row of rows) {
    const reply = await client.chat.completions.create({ model: 'gpt-4.1', max_completion_tokens: 60, messages: [{ role: 'user', content: row.text.slice(0, 900) }] });
    console.log(reply.choices[0].message.content);
  }
}

main();
"#;
    assert_eq!(severities("rate.mjs", text, "batch/realtime-loop"), ["warning"]);
    let few = text.replace("JSON.parse(fs.readFileSync('rows.json', 'utf8'))", "[{ text: 'late' }, { text: 'early' }]");
    assert!(!severities("rate.mjs", &few, "batch/realtime-loop").contains(&"warning".to_owned()));
}

/// What is said of a prompt with the text of a file.
#[track_caller]
fn read(rest: &str, expected: &[&str]) {
    assert_eq!(severities("desk/read.py", &format!("{ASK}{rest}"), "context/whole-document"), expected, "{rest}");
}

#[test]
fn a_document_is_shown_unless_its_task_needs_every_word() {
    let of = |task: &str| {
        format!("def facts(path):\n    with open(path) as file:\n        text = file.read()\n    return ask(f\"{task}\\n\\n{{text}}\")\n")
    };
    read(&of("Which clauses should a tenant ask about?"), &["warning"]);
    read(&of("Translate the letter into Danish."), &["info"]);
    read(&of("Summarise the minutes."), &["info"]);
}

#[test]
fn a_field_of_a_parsed_file_is_no_document() {
    let case = "def judge(path):\n    with open(path) as file:\n        case = json.loads(file.read())\n    return ask(f\"Is it done? {case['task']}\")\n";
    read(case, &[]);
}

#[test]
fn what_is_kept_as_a_template_is_one() {
    let kept = r#"class Replies:
    def __init__(self, paths):
        self.templates = {}
        for kind, path in paths.items():
            with open(path) as file:
                self.templates[kind] = file.read()

    def reply(self, kind):
        return ask(self.templates[kind])
"#;
    read(kept, &[]);
}

#[test]
fn a_missing_cap_in_an_example_or_on_a_server_of_ones_own_is_counted_only() {
    let cap = |path: &str, client: &str| {
        let text = format!(
            "from openai import OpenAI\n\nclient = {client}\n\n\ndef ask(text):\n    return client.chat.completions.create(model=\"gpt-4.1\", \
             messages=[{{\"role\": \"user\", \"content\": f\"A title for: {{text}}\"}}])\n"
        );
        severities(path, &text, "output/missing-cap")
    };
    assert_eq!(cap("desk/ask.py", "OpenAI()"), ["warning"]);
    assert_eq!(cap("desk/examples/ask.py", "OpenAI()"), ["info"]);
    assert_eq!(cap("desk/ask.py", "OpenAI(base_url=URL, api_key=\"lm-studio\")"), ["info"]);
    // What another host does without a cap is not known.
    assert!(cap("desk/ask.py", "OpenAI(base_url=\"https://api.example.com/v1\")").is_empty());
    assert_eq!(cap("desk/ask.py", "OpenAI(base_url=\"https://eu.api.openai.com/v1\")"), ["warning"]);
}

#[test]
fn what_says_the_same_whoever_calls_is_a_check() {
    let cap = |text: &str| {
        let text = format!(
            "from openai import OpenAI\n\nclient = OpenAI()\n\n\ndef ask(question):\n    return client.chat.completions.create(model=\"gpt-4.1\", \
             messages=[{{\"role\": \"user\", \"content\": {text}}}])\n\n\ndef again(question):\n    return ask(question)\n"
        );
        severities("desk/ask.py", &text, "output/missing-cap")
    };
    assert_eq!(cap("\"Hello!\""), ["info"]);
    assert_eq!(cap("f\"A title for: {question}\""), ["warning"]);
    // Who asks says how long the answer may be.
    assert_eq!(cap("question"), ["info"]);
}

#[test]
fn a_provider_that_is_not_known_may_take_no_batches() {
    let rest = "for line in open(\"reviews.jsonl\"):\n    print(ask(f\"Rate the review.\\n\\n{line[:900]}\"))\n";
    let other = ASK.replace("OpenAI()", "OpenAI(base_url=\"https://api.example.com/v1\")");
    assert_eq!(severities("rate.py", &format!("{other}{rest}"), "batch/realtime-loop"), ["info"]);
}

#[test]
fn a_model_that_is_an_object_may_hold_a_cap() {
    let text = |model: &str| {
        format!(
            "from pydantic_ai import Agent\n\nfrom desk.models import best\n\nagent = Agent({model}, system_prompt=\"Be kind.\")\n\n\ndef ask(text):\n    return agent.run_sync(text)\n"
        )
    };
    assert!(severities("desk/ask.py", &text("best()"), "output/missing-cap").is_empty());
}

#[test]
fn a_part_of_a_file_between_markers_is_no_document() {
    let text = "from openai import OpenAI\n\nclient = OpenAI()\n\n\ndef ask(path, question):\n    chapter = open(path).read().split(\"###\")[0]\n    return \
                client.chat.completions.create(model=\"gpt-4.1\", max_completion_tokens=90, messages=[{\"role\": \"user\", \"content\": f\"{chapter}\\n\\n{question}\"}])\n";
    assert!(severities("desk/ask.py", text, "context/whole-document").is_empty());
    assert_eq!(severities("desk/ask.py", &text.replace(".split(\"###\")[0]", ""), "context/whole-document"), ["warning"]);
}
