//! What is sent where nobody says otherwise: prompts that stand in for a parameter, fields that are empty as shipped, and values that are
//! composed before they go into a prompt.

use crate::catalogue::Catalogue;
use crate::model::call::{Call, CapState};
use crate::model::prompt::{Confidence, Segment, Slot, Volatility};
use crate::project::Project;
use crate::resolve::{self, Reach};

/// What `see` makes of the calls of `app.py`.
fn with<R>(files: &[(&str, &str)], see: impl FnOnce(&Project, &[Call<'_>]) -> R) -> R {
    let project = Project::in_memory(files.iter().copied());
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.find("app.py").unwrap();
    see(&project, &resolve::calls(&project, Catalogue::builtin(), &reach, file).calls)
}

const HEAD: &str = "from openai import OpenAI\nclient = OpenAI()\nPROMPT = 'You answer questions of people who repair their bicycles: {question} Be brief.'\n";
const SEND: &str = "client.chat.completions.create(model='gpt-4o', max_tokens=9, messages=[{'role': 'user', 'content': SENT}])";

fn slots<'c>(calls: &'c [Call<'_>]) -> Vec<&'c Slot> {
    let blocks = calls.last().map(|call| &call.request.blocks).into_iter().flatten();
    blocks
        .flat_map(|block| &block.segments)
        .filter_map(|segment| match segment {
            Segment::Slot(slot) => Some(&**slot),
            _ => None,
        })
        .collect()
}

/// Bytes of text that never changes in the last call.
fn text(calls: &[Call<'_>]) -> usize {
    let blocks = calls.last().map(|call| &call.request.blocks).into_iter().flatten();
    let length = |segment: &Segment| if let Segment::Text(part) = segment { part.text.len() } else { 0 };
    blocks.flat_map(|block| &block.segments).map(length).sum()
}

#[test]
fn a_prompt_that_stands_in_for_a_parameter_is_read() {
    let sent = SEND.replace("SENT", "prompt.format(question=question)");
    let of_self = SEND.replace("SENT", "self.prompt.format(question=question)");
    let plain = SEND.replace("SENT", "self.prompt");
    let ask = |send: &str| format!("    def ask(self, question):\n        {send}\n");
    for body in [
        format!("def ask(question, prompt=PROMPT):\n    {sent}\n"),
        format!("def ask(question, prompt=None):\n    prompt = prompt or PROMPT\n    {sent}\n"),
        format!("def ask(question, prompt=None):\n    if not prompt:\n        prompt = PROMPT\n    {sent}\n"),
        format!("def ask(question, prompt=None):\n    prompt = prompt if prompt else PROMPT\n    {sent}\n"),
        format!("class Desk:\n    def __init__(self, prompt: str = PROMPT):\n        self.prompt = prompt\n{}", ask(&of_self)),
        format!("class Desk:\n    def __init__(self, prompt=None):\n        self.prompt = prompt or PROMPT\n{}", ask(&of_self)),
        format!("class Desk:\n    def __init__(self, prompt=None):\n        self.prompt = prompt or PROMPT\n{}", ask(&plain)),
    ] {
        let found = with(&[("app.py", &format!("{HEAD}{body}"))], |_, calls| text(calls));
        assert!(found > 60, "{found} bytes are seen of the prompt of\n{body}");
    }
    // A word that a parameter is by default is no prompt.
    let tone = format!("{HEAD}def ask(tone='kind'):\n    {}\n", SEND.replace("SENT", "tone"));
    assert_eq!(with(&[("app.py", &tone)], |_, calls| slots(calls).len()), 1);
}

#[test]
fn a_composed_value_stands_where_it_is_written_into_the_prompt() {
    let dates =
        "from datetime import datetime\n\ndef today():\n    now = datetime.now()\n    return f\"{now:%a} {now:%b} {now:%d}, {now:%Y}\"\n";
    let app = format!(
        "from dates import today\n{HEAD}def ask(question):\n    {}\n",
        SEND.replace("SENT", "f'Today is {today()}. You answer at the desk of a workshop. Be brief.'")
    );
    with(&[("app.py", &app), ("dates.py", dates)], |project, calls| {
        let slots = slots(calls);
        assert_eq!(slots.len(), 1, "{slots:?}");
        let place = slots[0].place.unwrap();
        assert_eq!(project.file(place.file).key.as_ref() as &str, "app.py");
        assert_eq!(&app[place.span.start as usize..place.span.end as usize], "{today()}");
        assert_eq!(slots[0].volatility, Some(Volatility::Period));
    });
    // A text with a value in it is none itself.
    let app = format!(
        "{HEAD}def ask(question):\n    head = f'Someone asks at the desk of the workshop: {{question}}'\n    {}\n",
        SEND.replace("SENT", "f'{head} Be brief.'")
    );
    with(&[("app.py", &app)], |_, calls| assert_eq!(text(calls), "Someone asks at the desk of the workshop:  Be brief.".len()));
    // Nor is a short prompt of a few words.
    let app = format!("{HEAD}def ask(city):\n    {}\n", SEND.replace("SENT", "f'Greet {city} in one line'"));
    with(&[("app.py", &app)], |_, calls| assert_eq!(text(calls), "Greet  in one line".len()));
}

#[test]
fn what_a_field_adds_that_is_empty_as_shipped_is_no_cap() {
    let send = "client.chat.completions.create(model='gpt-4o', messages=messages, EXTRA)";
    let class = |field: &str, extra: &str| {
        let head = "from dataclasses import dataclass, field\nfrom pydantic import Field\nfrom openai import OpenAI\nclient = OpenAI()\n";
        format!(
            "{head}@dataclass\nclass Desk:\n    extra: dict = {field}\n\n    def ask(self, messages):\n        {}\n",
            send.replace("EXTRA", extra)
        )
    };
    for (field, extra, expected) in [
        ("None", "**(self.extra or {})", (CapState::Missing, Confidence::Medium)),
        ("None", "**{'seed': 1, **(self.extra or {})}", (CapState::Missing, Confidence::Medium)),
        ("Field(default=None)", "**(self.extra or {})", (CapState::Missing, Confidence::Medium)),
        ("field(default_factory=load)", "**self.extra", (CapState::Unknown, Confidence::Low)),
        ("None", "**self.extra, max_tokens=9", (CapState::Present, Confidence::High)),
        ("None", "**self.other", (CapState::Unknown, Confidence::Low)),
    ] {
        let app = class(field, extra);
        with(&[("app.py", &app)], |_, calls| {
            let cap = &calls.last().unwrap().cap;
            assert_eq!((cap.state, cap.confidence), expected, "{app}");
        });
    }
}

#[test]
fn each_of_several_models_is_no_change_from_request_to_request() {
    for (each, expected) in [("model in self.models", None), ("page in self.pages", Some(Volatility::Request))] {
        let name = each.split(' ').next().unwrap();
        let send = SEND.replace("SENT", &format!("{name}.preamble + ' Be brief.'"));
        let app = format!("{HEAD}class Desk:\n    def ask(self):\n        for {each}:\n            {send}\n");
        with(&[("app.py", &app)], |_, calls| {
            let found = slots(calls)[0].volatility.filter(|volatility| *volatility > Volatility::Deployment);
            assert_eq!(found, expected, "{app}");
        });
    }
}

#[test]
fn the_name_of_a_cap_is_one_that_the_pinned_version_knows() {
    let app = "from openai import OpenAI\nclient = OpenAI()\ndef ask(messages):\n    return client.chat.completions.create(model='gpt-4o', messages=messages)\n";
    for (pinned, expected) in [
        ("openai==1.3.0\n", "max_tokens"),
        ("openai>=1.0,<1.40\n", "max_tokens"),
        ("openai==1.45.0\n", "max_completion_tokens"),
        ("openai>=1.3.0\n", "max_completion_tokens"),
        ("httpx==0.1\n", "max_completion_tokens"),
    ] {
        with(&[("app.py", app), ("requirements.txt", pinned)], |_, calls| assert_eq!(calls[0].cap_paths[0], expected, "{pinned}"));
    }
}
