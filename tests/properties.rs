//! Properties of the whole way, over prompts and calls that are made up: what a fix leaves alone, that it is done once, and that
//! neither threads nor broken input change anything.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::BTreeMap;

use prompt_lint::cli::engine::{Engine, FixLevel};
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Date, Overrides, SettingsMap};
use prompt_lint::model::prompt::Confidence;
use prompt_lint::project::Project;
use prompt_lint::report::{Severity, json};
use proptest::prelude::*;

fn settings() -> SettingsMap {
    let overrides = Overrides {
        preview: true,
        min_severity: Severity::Info,
        min_confidence: Confidence::Low,
        ..Overrides::defaults("2026-11-22".parse::<Date>().unwrap())
    };
    let folder = std::env::temp_dir();
    let mut configs = Configs::new(Engine::new().names(), Discovery::None, folder.clone());
    SettingsMap::new(configs.for_folder(&folder).unwrap().settings(&folder.join("a.py"), &overrides))
}

type Files = BTreeMap<String, String>;

fn project(files: &Files) -> Project {
    Project::in_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

/// The files after all fixes, safe and unsafe.
fn fixed(files: &Files) -> Files {
    let project = project(files);
    let patch = (Engine::new().fix)(&project, &settings(), FixLevel::Unsafe, &|_, _| ());
    assert_eq!(patch.panics, 0, "{:?}", patch.notes);
    let mut files = files.clone();
    for (id, text) in patch.texts {
        files.insert(project.file(id).path.clone(), text);
    }
    files
}

fn printed(files: &Files) -> String {
    let project = project(files);
    let mut report = (Engine::new().lint)(&project, &settings());
    report.notes.sort();
    let mut out = Vec::new();
    json::render(&project, &report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A line of a prompt.
#[derive(Clone, Debug)]
enum Line {
    Static(usize),
    /// Words around a value.
    Slot(&'static str, &'static str),
    Blank,
}

const SENTENCES: &[&str] = &[
    "You are a guide at the harbour museum and answer questions of visitors.",
    "Name the room, the floor and the nearest stairs or lift for every exhibit that you mention.",
    "The café on the second floor is open from ten to five; the shop closes half an hour later.",
    "Never promise that a boat can be boarded: the weather decides about that on the same day.",
    "Tickets that were bought online can be changed once, up to an hour before the visit begins.",
    "Rules for groups:",
    "- a group has at least ten members and one leader",
    "- leaders go in free of charge, and so do drivers",
    "## Accessibility",
    "Wheelchairs can be borrowed at the entrance; two of the three submarines cannot be entered with one.",
    "Antworte in der Sprache der Frage – auch wenn sie „nur“ zwei Wörter lang ist. 😀",
];

fn line() -> impl Strategy<Value = Line> {
    let values = prop_oneof![
        Just(("Now: ", "now")),
        Just(("Visitor ", "user_name")),
        Just(("Session ", "session_id")),
        Just(("", "question")),
        Just(("Museum of ", "city")),
        Just(("Documents:\n", "document")),
    ];
    prop_oneof![
        6 => (0..SENTENCES.len()).prop_map(Line::Static),
        3 => values.prop_map(|(words, name)| Line::Slot(words, name)),
        2 => Just(Line::Blank),
    ]
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    (prop::collection::vec(line(), 1..14), 0usize..4).prop_map(|(lines, times)| {
        // Some prompts are long enough to be worth caching.
        let filler = (0..times * 40).map(|at| Line::Static((at * 7) % 5));
        lines.into_iter().chain(filler).collect()
    })
}

fn written(lines: &[Line], slot: impl Fn(&str) -> String) -> String {
    lines
        .iter()
        .map(|line| match line {
            Line::Static(at) => format!("{}\n", SENTENCES[*at]),
            Line::Slot(words, name) => format!("{words}{}\n", slot(name)),
            Line::Blank => "\n".to_owned(),
        })
        .collect()
}

/// The call that sends the prompt.
#[derive(Clone, Copy, Debug)]
enum Host {
    Converse,
    Anthropic,
    Openai,
    Template,
}

#[derive(Clone, Debug)]
struct Case {
    lines: Vec<Line>,
    host: Host,
    capped: bool,
    replayed: bool,
    crlf: bool,
    /// The prompt stands in a variable.
    named: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let host = prop_oneof![Just(Host::Converse), Just(Host::Anthropic), Just(Host::Openai), Just(Host::Template)];
    (lines(), host, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(lines, host, capped, replayed, crlf, named)| Case { lines, host, capped, replayed, crlf, named })
}

impl Case {
    fn files(&self) -> Files {
        let ends = |text: String| if self.crlf { text.replace('\n', "\r\n") } else { text };
        if matches!(self.host, Host::Template) {
            let text = written(&self.lines, |name| format!("{{{{ {name} }}}}"));
            return Files::from([("prompts/guide.system.j2".to_owned(), ends(text))]);
        }
        let prompt = format!("f\"\"\"{}\"\"\"", written(&self.lines, |name| format!("{{{name}}}")));
        let (head, value) = if self.named { (format!("    prompt = {prompt}\n"), "prompt".to_owned()) } else { (String::new(), prompt) };
        let (import, client, call) = match self.host {
            Host::Converse => (
                "import boto3",
                "boto3.client(\"bedrock-runtime\")",
                format!(
                    "client.converse(\n        modelId=\"us.anthropic.claude-opus-4-8\",\n        system=[{{\"text\": {value}}}],\n        \
                     messages=self.turns,\n{}    )",
                    if self.capped { "        inferenceConfig={\"maxTokens\": 300},\n" } else { "" }
                ),
            ),
            Host::Anthropic => (
                "import anthropic",
                "anthropic.Anthropic()",
                format!("client.messages.create(model=\"claude-sonnet-4-6\", max_tokens=300, system={value}, messages=self.turns)"),
            ),
            Host::Openai | Host::Template => (
                "from openai import OpenAI",
                "OpenAI()",
                format!(
                    "client.chat.completions.create(\n        model=\"gpt-4.1\",\n        messages=[{{\"role\": \"system\", \
                     \"content\": {value}}}] + self.turns,{}\n    )",
                    if self.capped { " max_completion_tokens=300," } else { "" }
                ),
            ),
        };
        let turns = if self.replayed { "    self.turns.append({\"role\": \"user\", \"content\": question})\n" } else { "" };
        let code = format!(
            "{import}\n\nclient = {client}\n\n\ndef answer(self, question, now, user_name, session_id, city, document):  # one visitor\n\
             {turns}{head}    return {call}\n"
        );
        Files::from([("guide/answer.py".to_owned(), ends(code))])
    }
}

/// Every word of a text with how often it stands there; the letters of string prefixes are no words.
fn bag(text: &str) -> BTreeMap<&str, usize> {
    let mut words = BTreeMap::new();
    for word in text.split(|c: char| c.is_whitespace() || "{}[]()\"',:=".contains(c)).filter(|word| word.len() > 1) {
        *words.entry(word).or_default() += 1;
    }
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_second_fix_changes_nothing(case in case()) {
        let once = fixed(&case.files());
        prop_assert_eq!(&fixed(&once), &once);
    }

    #[test]
    fn no_word_and_no_value_is_lost(case in case()) {
        let before = case.files();
        let after = fixed(&before);
        for (path, text) in &before {
            let (old, new) = (bag(text), bag(&after[path]));
            for (word, count) in old {
                prop_assert!(new.get(word).copied().unwrap_or(0) >= count, "`{}` is lost", word);
            }
            if case.crlf {
                prop_assert_eq!(after[path].matches('\n').count(), after[path].matches("\r\n").count());
            }
        }
    }

    #[test]
    fn what_no_edit_names_is_untouched(case in case()) {
        let before = case.files();
        let project = project(&before);
        let report = (Engine::new().lint)(&project, &settings());
        for fix in report.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
            for edit in &fix.edits {
                let text = project.text(edit.file);
                prop_assert!(edit.span.end as usize <= text.len());
                prop_assert!(text.is_char_boundary(edit.span.start as usize) && text.is_char_boundary(edit.span.end as usize));
            }
        }
        // Whole lines of the host that no fix has a reason to touch stay where they are.
        let after = fixed(&before);
        for (path, text) in &before {
            for line in text.lines().filter(|line| line.starts_with("import") || line.starts_with("def ") || line.starts_with("client")) {
                prop_assert!(after[path].lines().any(|new| new == line), "{}", line);
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing(cases in prop::collection::vec(case(), 1..5)) {
        let mut files = Files::new();
        for (at, case) in cases.iter().enumerate() {
            files.extend(case.files().into_iter().map(|(path, text)| (format!("part{at}/{path}"), text)));
        }
        let with = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| printed(&files));
        let one = with(1);
        prop_assert_eq!(&with(4), &one);
        prop_assert_eq!(&printed(&files), &one);
    }

    #[test]
    fn broken_input_is_survived_and_never_edited(
        text in prop_oneof![any::<Vec<u8>>().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()), ".*", spliced()],
        python in any::<bool>(),
    ) {
        let path = if python { "a/openai_client.py" } else { "prompts/a.system.j2" };
        let files = Files::from([(path.to_owned(), text.clone())]);
        let project = project(&files);
        let id = project.find(path).unwrap();
        let parses = if python { project.module(id).errors.is_empty() } else { project.template(id).is_ok() };
        printed(&files);
        let after = fixed(&files);
        if !parses {
            prop_assert_eq!(&after[path], &text);
        }
    }
}

/// A source that is right but for one place.
fn spliced() -> impl Strategy<Value = String> {
    (case(), any::<prop::sample::Index>(), "[\\PC\\n]{0,6}", 0usize..8).prop_map(|(case, at, text, cut)| {
        let source = case.files().into_values().next().unwrap_or_default();
        let chars: Vec<char> = source.chars().collect();
        let at = at.index(chars.len());
        let end = (at + cut).min(chars.len());
        chars[..at].iter().chain(text.chars().collect::<Vec<char>>().iter()).chain(&chars[end..]).collect()
    })
}
