//! Where an unstable prefix is told: before the turns of a conversation, not before a last word, and at the helper that sends it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use assert_cmd::Command;
use serde_json::Value;

/// What `cache/unstable-prefix` finds in one file, whatever its severity.
fn found(name: &str, text: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let mut command = Command::cargo_bin("prompt-lint").unwrap();
    let arguments = ["--format", "json", "--no-config", "--min-severity", "info", "--select", "cache/unstable-prefix", "."];
    let output = command.current_dir(folder.path()).env_clear().args(arguments).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["findings"].as_array().unwrap().clone()
}

fn lines(findings: &[Value]) -> Vec<u64> {
    findings.iter().map(|finding| finding["range"]["start"]["line"].as_u64().unwrap()).collect()
}

#[test]
fn a_clock_before_the_turns_of_a_conversation_is_told() {
    let text = "from datetime import datetime
from openai import OpenAI
client = OpenAI()
class Planner:
    def __init__(self):
        self.turns = []
        self.log = [{'role': 'system', 'content': f'You plan trips. It is {datetime.now()}.'}]
    def anew(self, question):
        self.turns.append({'role': 'user', 'content': question})
        system = {'role': 'system', 'content': f'You plan trips. It is {datetime.now()}.'}
        reply = client.chat.completions.create(model='gpt-4.1', messages=[system, *self.turns])
        self.turns.append(reply.choices[0].message)
    def kept(self, question):
        self.log.append({'role': 'user', 'content': question})
        reply = client.chat.completions.create(model='gpt-4.1', messages=self.log)
        self.log.append(reply.choices[0].message)
    def alone(self, question):
        system = {'role': 'system', 'content': f'You plan trips. It is {datetime.now()}.'}
        return client.chat.completions.create(model='gpt-4.1', messages=[system, {'role': 'user', 'content': question}])
";
    let findings = found("planner.py", text);
    assert_eq!(lines(&findings), [10], "{findings:#?}");
    assert!(findings[0]["message"].as_str().unwrap().contains("before a conversation"), "{findings:#?}");
    assert_eq!(findings[0]["severity"], "info");
}

#[test]
fn what_a_loop_writes_is_written_on_each_turn_and_what_stands_before_it_once() {
    let text = "from datetime import datetime
from openai import OpenAI
client = OpenAI()
def once():
    messages = [{'role': 'system', 'content': f'You plan trips. It is {datetime.now()}.'}]
    while True:
        messages.append({'role': 'user', 'content': input()})
        reply = client.chat.completions.create(model='gpt-4.1', messages=messages)
        messages.append(reply.choices[0].message)
def again():
    turns = []
    while True:
        turns.append({'role': 'user', 'content': input()})
        system = f'You plan trips. It is {datetime.now()}.'
        reply = client.chat.completions.create(model='gpt-4.1', messages=[{'role': 'system', 'content': system}] + turns)
        turns.append(reply.choices[0].message)
";
    assert_eq!(lines(&found("planner.py", text)), [14]);
}

#[test]
fn a_template_that_replays_the_turns_behind_what_was_found_is_told() {
    let template = |first: &str| {
        format!(
            "You answer questions about trains.\n{first}\n{{% for message in chat_history %}}\n{{{{ message.role }}}}: {{{{ message.content }}}}\n{{% endfor %}}\n"
        )
    };
    assert_eq!(lines(&found("chat.system.jinja", &template("{{ retrieved_docs }}"))), [2]);
    assert_eq!(lines(&found("chat.system.jinja", &template("{{ rail_company }}"))), [0; 0]);
}

#[test]
fn a_last_word_behind_a_long_text_is_next_to_nothing() {
    let rules: String =
        (0..90).map(|at| format!("Rule {at}: a train of line {at} stops at each station that its table of the year names.\n")).collect();
    let last =
        "Answer with the number of the rule that decides the question, or with NONE if there is no such rule among them.\n".repeat(3);
    assert_eq!(lines(&found("stops.system.jinja", &format!("{rules}Question: {{{{ question }}}}\n{last}"))), [0; 0]);
    assert_eq!(lines(&found("stops.system.jinja", &format!("Question: {{{{ question }}}}\n{last}"))), [1]);
}

#[test]
fn what_few_users_differ_in_breaks_no_prefix() {
    let rules = "Stay polite, name the platform first, then the time, then the price, and never promise a seat.\n".repeat(5);
    assert_eq!(
        lines(&found("guide.system.jinja", &format!("You are the guide of travellers. Write in {{{{ user_language }}}}.\n{rules}"))),
        [0; 0]
    );
    assert_eq!(lines(&found("guide.system.jinja", &format!("You are the guide of travellers. Serve {{{{ user_name }}}}.\n{rules}"))), [1]);
}

#[test]
fn the_helper_of_one_caller_stands_beside_the_finding() {
    let rules = "Stay polite, name the platform first, then the time, then the price, and never promise a seat. ".repeat(5);
    let text = |more: &str| {
        format!(
            "from openai import OpenAI
client = OpenAI()
def send(text):
    return client.chat.completions.create(model='gpt-4.1', messages=[{{'role': 'user', 'content': text}}])
def choose(text):
    return send(text)
def plan(question):
    return choose(f'Question: {{question}}. {rules}')
{more}"
        )
    };
    let beside = |text: &str| -> Vec<u64> {
        let findings = found("plan.py", text);
        assert_eq!(lines(&findings), [8], "{findings:#?}");
        findings[0]["related"].as_array().unwrap().iter().filter_map(|owner| owner["start_line"].as_u64()).collect()
    };
    assert!(beside(&text("")).contains(&6));
    assert!(!beside(&text("def other(name):\n    return choose('Who is ' + name + '?')\n")).contains(&6));
    // Those who call the one caller bring no text of their own to it.
    let routes = "def first(question):\n    return plan(question)\ndef second(question):\n    return plan(question)\n";
    assert!(beside(&text(routes)).contains(&6));
}
