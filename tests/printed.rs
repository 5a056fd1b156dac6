//! A prompt that is made up, printed in the syntax of each host and read again is the same prompt.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::fmt::Write;

use prompt_lint::catalogue::Catalogue;
use prompt_lint::check::{self, Knowledge, Rules};
use prompt_lint::cli::engine::Engine;
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Overrides, SettingsMap};
use prompt_lint::model::prompt::Segment;
use prompt_lint::project::Project;
use proptest::prelude::*;

/// A piece of a prompt.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Slot(&'static str),
}

use Part::{Slot, Text};

const NAMES: [&str; 3] = ["city", "question", "visitor"];

/// Characters that some host writes in a way of its own.
const PIECES: &[&str] = &[
    "Name the room. ",
    "a",
    "é",
    "😀",
    " ",
    "\n",
    "\n\n",
    "\t",
    "{",
    "}",
    "{}",
    "[x]",
    "\\",
    "\\n",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "`",
    "$",
    "$x",
    "${",
    "%",
    "%s",
    "#",
    "# Rules",
    "- one",
    ":",
    "key: value",
    "<b>",
    "</b>",
    "*",
    "&amp;",
    "//",
    "/*",
    "e\u{301}",
    "\u{a0}",
    "|",
    ">",
    "~",
    "!",
];

fn prompt() -> impl Strategy<Value = Vec<Part>> {
    let text = prop::collection::vec(prop::sample::select(PIECES), 1..6).prop_map(|pieces| Text(pieces.concat()));
    let slot = prop::sample::select(&NAMES[..]).prop_map(Slot);
    let parts = prop::collection::vec(prop_oneof![3 => text, 1 => slot], 1..7);
    // A prompt begins and ends with words: hosts that are files may trim what stands around it.
    parts.prop_map(|parts| {
        let begin = Text("You are a guide of the harbour museum, and answer in one sentence. ".into());
        joined([begin].into_iter().chain(parts).chain([Text(" Be kind to everybody who asks.".into())]))
    })
}

/// Without two texts next to each other.
fn joined(parts: impl IntoIterator<Item = Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match (all.last_mut(), part) {
            (_, Text(text)) if text.is_empty() => {}
            (Some(Text(before)), Text(text)) => before.push_str(&text),
            (_, part) => all.push(part),
        }
    }
    all
}

/// How a prompt is written.
#[derive(Clone, Copy, Debug)]
enum Host {
    /// `f"…"` on one line.
    FString,
    /// `f"""…"""` over several.
    LongFString,
    /// `("…" f"…{x}" "…")`
    Neighbours,
    /// `"…{x}…".format(x=x)`
    Format,
    /// `"…" + x + "…"`
    Sum,
    /// A cell of a notebook.
    Cell,
    /// `` `…${x}…` ``
    TemplateLiteral,
    /// `"…" + x + "…"` in JavaScript.
    ScriptSum,
    Jinja,
    /// A double-quoted scalar of a file of prompts.
    QuotedScalar,
    /// The body of a file with a head.
    Prompty,
}

const HOSTS: &[Host] = &[
    Host::FString,
    Host::LongFString,
    Host::Neighbours,
    Host::Format,
    Host::Sum,
    Host::Cell,
    Host::TemplateLiteral,
    Host::ScriptSum,
    Host::Jinja,
    Host::QuotedScalar,
    Host::Prompty,
];

/// The letters of a string between double quotes that C, Python and JavaScript read alike.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '\\' | '"' => write!(out, "\\{c}").unwrap(),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
        out
    })
}

fn braces_doubled(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

fn print(parts: &[Part], text: impl Fn(&str) -> String, slot: impl Fn(&str) -> String) -> String {
    parts.iter().map(|part| if let Text(words) = part { text(words) } else { slot(name(part)) }).collect()
}

fn name(part: &Part) -> &'static str {
    if let Slot(name) = part { name } else { "" }
}

impl Host {
    /// Whether the host can hold the text as it is: a template has no way but to leave out what opens a tag, or makes it text.
    fn holds(self, parts: &[Part]) -> bool {
        let texts = || parts.iter().filter_map(|part| if let Text(text) = part { Some(text.as_str()) } else { None });
        let behind_brace = || parts.windows(2).any(|pair| matches!(pair, [Text(text), Slot(_)] if text.ends_with(['{', '\\'])));
        let after_brace = || parts.windows(2).any(|pair| matches!(pair, [Slot(_), Text(text)] if text.starts_with('}')));
        match self {
            Host::Jinja | Host::QuotedScalar | Host::Prompty => {
                texts().all(|text| !text.contains("{{") && !text.contains("{%") && !text.contains("{#"))
                    && !behind_brace()
                    && !after_brace()
            }
            _ => true,
        }
    }

    fn file(self, parts: &[Part]) -> (&'static str, String) {
        let braced = |name: &str| format!("{{{name}}}");
        let doubled = |name: &str| format!("{{{{ {name} }}}}");
        let in_f = |text: &str| braces_doubled(&escaped(text));
        let quoted = |text: &str| format!("\"{}\"", escaped(text));
        match self {
            Host::FString => ("guide/answer.py", python(&format!("f\"{}\"", print(parts, in_f, braced)))),
            Host::LongFString => {
                let text = |text: &str| braces_doubled(&text.replace('\\', "\\\\").replace('"', "\\\""));
                ("guide/answer.py", python(&format!("f\"\"\"{}\"\"\"", print(parts, text, braced))))
            }
            Host::Neighbours => {
                let token = |name: &str| format!("f\"{{{name}}}\"\n        ");
                let text = |text: &str| format!("{}\n        ", quoted(text));
                ("guide/answer.py", python(&format!("(\n        {}\n    )", print(parts, text, token).trim_end())))
            }
            Host::Format => {
                let given: Vec<String> = NAMES.iter().map(|name| format!("{name}={name}")).collect();
                ("guide/answer.py", python(&format!("\"{}\".format({})", print(parts, in_f, braced), given.join(", "))))
            }
            Host::Sum => ("guide/answer.py", python(&sum(parts, quoted))),
            Host::Cell => {
                let code = python(&format!("f\"{}\"", print(parts, in_f, braced)));
                let lines: Vec<&str> = code.split_inclusive('\n').collect();
                let cell = serde_json::json!({
                    "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": lines
                });
                let book = serde_json::json!({ "cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5 });
                ("guide/answer.ipynb", serde_json::to_string_pretty(&book).unwrap())
            }
            Host::TemplateLiteral => {
                let text = |text: &str| text.replace('\\', "\\\\").replace('`', "\\`").replace('$', "\\$");
                ("guide/answer.ts", script(&format!("`{}`", print(parts, text, |name| format!("${{{name}}}")))))
            }
            Host::ScriptSum => ("guide/answer.js", script(&sum(parts, quoted)).replace(": string", "")),
            Host::Jinja => ("prompts/guide.system.j2", print(parts, str::to_owned, doubled)),
            Host::QuotedScalar => {
                let content = serde_json::to_string(&print(parts, str::to_owned, doubled)).unwrap();
                ("guide.prompt.yml", format!("name: guide\nmodel: openai/gpt-4.1\nmessages:\n  - role: system\n    content: {content}\n"))
            }
            Host::Prompty => {
                let body = print(parts, str::to_owned, doubled);
                ("guide.prompty", format!("---\nname: guide\nmodel:\n  api: chat\n---\nsystem:\n{body}\n"))
            }
        }
    }
}

fn sum(parts: &[Part], quoted: impl Fn(&str) -> String) -> String {
    let terms: Vec<String> = parts.iter().map(|part| if let Text(text) = part { quoted(text) } else { name(part).to_owned() }).collect();
    terms.join(" + ")
}

fn python(prompt: &str) -> String {
    format!(
        "from openai import OpenAI\n\nclient = OpenAI()\n\n\ndef answer(city, question, visitor):\n    prompt = {prompt}\n    return \
         client.chat.completions.create(\n        model=\"gpt-4.1\", messages=[{{\"role\": \"system\", \"content\": prompt}}]\n    )\n"
    )
}

fn script(prompt: &str) -> String {
    format!(
        "import OpenAI from \"openai\";\n\nconst client = new OpenAI();\n\nexport async function answer(city: string, question: string, visitor: string) \
         {{\n  const prompt = {prompt};\n  return client.chat.completions.create({{ model: \"gpt-4.1\", messages: [{{ role: \"system\", content: prompt }}] \
         }});\n}}\n"
    )
}

/// What is read of the only request in the file.
fn read(path: &str, text: &str) -> Vec<Part> {
    let folder = std::env::temp_dir();
    let mut configs = Configs::new(Engine::new().names(), Discovery::None, folder.clone());
    let overrides = Overrides::defaults("2026-11-22".parse().unwrap());
    let settings = SettingsMap::new(configs.for_folder(&folder).unwrap().settings(&folder.join("a.py"), &overrides));
    let project = Project::in_memory([(path, text)]);
    let linted = check::lint(&project, &settings, &Knowledge { catalogue: Catalogue::builtin(), rules: Rules::BuiltIn });
    assert_eq!(linted.requests.len(), 1, "{} requests in {text}", linted.requests.len());
    let segments = linted.requests[0].request.blocks.iter().flat_map(|block| &block.segments);
    joined(segments.map(|segment| match segment {
        Segment::Text(text) => Text(text.text.to_string()),
        Segment::Slot(slot) => {
            Slot(NAMES.into_iter().find(|name| *name == &*slot.name).unwrap_or_else(|| panic!("a slot `{}`", slot.name)))
        }
        other => panic!("{other:?}"),
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read(parts in prompt(), host in prop::sample::select(HOSTS)) {
        prop_assume!(host.holds(&parts));
        let (path, text) = host.file(&parts);
        prop_assert_eq!(read(path, &text), parts, "{:?}:\n{}", host, text);
    }
}
