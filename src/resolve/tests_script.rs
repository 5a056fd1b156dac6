//! What JavaScript does its own way: lists that are bound anew, providers of models and their tools, servers on one's own machine.

use crate::catalogue::Catalogue;
use crate::model::call::{Call, CapState, HistoryState};
use crate::model::prompt::Segment;
use crate::project::Project;
use crate::resolve::{self, Reach};

/// What `see` makes of the calls of `app.ts`, beside other files.
fn with<R>(text: &str, others: &[(&str, &str)], see: impl FnOnce(&[Call<'_>]) -> R) -> R {
    let project = Project::in_memory(std::iter::once(("app.ts", text)).chain(others.iter().copied()));
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.find("app.ts").unwrap();
    see(&resolve::calls(&project, Catalogue::builtin(), &reach, file).calls)
}

const HEAD: &str = "import Anthropic from '@anthropic-ai/sdk';\nconst client = new Anthropic();\n";
const SEND: &str = "await client.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 9, messages });";

fn history(body: &str) -> HistoryState {
    let text = format!("{HEAD}{}", body.replace("SEND", SEND));
    with(&text, &[], |calls| calls.last().unwrap().history.state)
}

#[test]
fn lists_that_are_bound_to_themselves_and_more() {
    let user = "{ role: 'user', content: text }";
    for (body, expected) in [
        (
            format!("let messages = [];\nexport async function f(text) {{ messages = [...messages, {user}]; SEND }}\n"),
            HistoryState::Unbounded,
        ),
        (
            format!("let messages = [];\nexport async function f(text) {{ messages = messages.concat({user}); SEND }}\n"),
            HistoryState::Unbounded,
        ),
        (
            format!(
                "export async function f(text) {{ let messages = [{user}]; for (;;) {{ const r = SEND messages = [...messages, r]; }} }}\n"
            ),
            HistoryState::Unbounded,
        ),
        // Another name is another list.
        (format!("const first = [];\nexport async function f(text) {{ const messages = [...first, {user}]; SEND }}\n"), HistoryState::None),
        // What a function cuts off is gone for all.
        (
            format!(
                "let messages = [];\nfunction prune() {{ messages = messages.slice(messages.length / 2); }}\n\
                 export async function f(text) {{ messages = [...messages, {user}]; prune(); SEND }}\n"
            ),
            HistoryState::Unknown,
        ),
        (
            format!(
                "let messages = [];\nexport async function f(text) {{ messages.push({user}); const cut = messages.length - 9;\n\
                 if (messages.length > 40) {{ messages.splice(0, cut); }} SEND }}\n"
            ),
            HistoryState::Bounded,
        ),
    ] {
        assert_eq!(history(&body), expected, "{body}");
    }
}

#[test]
fn what_is_put_back_has_not_left_the_list() {
    let sent = |cut: &str| {
        let body = format!(
            "const messages = [];\nexport async function f(ask) {{\n  while (true) {{ messages.push({{ role: 'user', content: await ask() }}); {cut}\n    \
             const r = await SEND messages.push(...r.parts); }}\n}}\n"
        );
        let text = format!("{HEAD}{}", body.replace("SEND", SEND));
        with(&text, &[], |calls| {
            let blocks = &calls.last().unwrap().request.blocks;
            let written = |segment: &Segment| match segment {
                Segment::Text(text) => text.text.clone(),
                Segment::Slot(slot) => slot.name.clone(),
                _ => "".into(),
            };
            blocks.iter().map(|block| block.segments.iter().map(written).collect::<Vec<_>>().concat()).collect::<Vec<_>>()
        })
    };
    let before = sent("");
    assert_eq!(sent("messages.splice(0, cut, ...messages.slice(0, cut).filter((m) => m.role === 'system'));"), before);
    assert_ne!(sent("messages.splice(0, cut, { role: 'user', content: 'Before this we spoke of ships.' });"), before);
}

#[test]
fn an_older_version_caps_the_models_of_one_provider() {
    let text = |maker: &str| {
        format!(
            "import {{ generateText }} from 'ai';\nimport {{ {maker} }} from '@ai-sdk/{maker}';\nexport const f = (prompt) => generateText({{ model: {maker}('some-model'), prompt }});\n"
        )
    };
    for (maker, version, state) in [
        ("anthropic", "^4.3.16", CapState::Defaulted),
        ("openai", "^4.3.16", CapState::Missing),
        ("anthropic", "^5.0.0", CapState::Missing),
    ] {
        let package = format!("{{ \"dependencies\": {{ \"ai\": \"{version}\" }} }}");
        with(&text(maker), &[("package.json", &package)], |calls| assert_eq!(calls[0].cap.state, state, "{maker} {version}"));
    }
}

#[test]
fn the_name_of_a_cap_follows_the_version() {
    let text = "import { generateText } from 'ai';\nexport const f = (model, prompt) => generateText({ model, prompt });\n";
    for (version, expected) in [
        ("^4.3.16", "maxTokens"),
        ("3.0.0", "maxTokens"),
        ("~5.0.1", "maxOutputTokens"),
        (">=6", "maxOutputTokens"),
        ("latest", "maxOutputTokens"),
        ("workspace:*", "maxOutputTokens"),
        ("^3 || ^5", "maxOutputTokens"),
    ] {
        let package = format!("{{ \"dependencies\": {{ \"ai\": \"{version}\" }} }}");
        with(text, &[("package.json", &package)], |calls| {
            assert_eq!(calls[0].cap_paths[0], expected, "{version}");
            assert_eq!(calls[0].cap.state, CapState::Missing);
        });
    }
    with(text, &[], |calls| assert_eq!(calls[0].cap_paths[0], "maxOutputTokens"));
}

#[test]
fn servers_on_the_own_machine() {
    let head = "import OpenAI from 'openai';\nimport { createOpenAI } from '@ai-sdk/openai';\nimport { generateText } from 'ai';\n";
    let chat = |client: &str| {
        format!("{head}const c = {client};\nexport const f = (messages) => c.chat.completions.create({{ model: 'm', messages }});\n")
    };
    let text = |maker: &str| format!("{head}const m = {maker};\nexport const f = (prompt) => generateText({{ model: m('x'), prompt }});\n");
    for (text, expected) in [
        (chat("new OpenAI({ baseURL: 'http://localhost:1234/v1' })"), true),
        (chat("new OpenAI({ baseURL: `http://127.0.0.1:${process.env.PORT}/v1` })"), true),
        (chat("new OpenAI({ baseURL: 'https://localhost.example.org/v1' })"), false),
        (chat("new OpenAI({ baseURL: process.env.BASE_URL || 'http://localhost:1234/v1' })"), false),
        (chat("new OpenAI()"), false),
        (text("createOpenAI({ baseURL: 'http://host.docker.internal:8000/v1' })"), true),
        (text("createOpenAI({ apiKey: 'k' })"), false),
    ] {
        with(&text, &[], |calls| assert_eq!(calls[0].bills_nothing, expected, "{text}"));
    }
}

#[test]
fn tools_of_a_provider_never_change() {
    use crate::model::prompt::{Segment, Volatility};
    let text = "import { createVertex } from '@ai-sdk/google-vertex';\nimport { generateText } from 'ai';\n\
                const vertex = createVertex({ project: 'p' });\n\
                export const f = (prompt) => generateText({ model: vertex('x'), prompt, tools: { url_context: vertex.tools.urlContext({}) } });\n";
    with(text, &[], |calls| {
        let slots: Vec<_> = calls[0].request.blocks[0]
            .segments
            .iter()
            .filter_map(|segment| match segment {
                Segment::Slot(slot) => slot.volatility,
                _ => None,
            })
            .collect();
        assert_eq!(slots, [Volatility::Constant]);
    });
}

/// The model that a call sends, which the file takes from `./models`.
fn model_from(others: &[(&str, &str)]) -> Option<String> {
    let text = "import Anthropic from '@anthropic-ai/sdk';\nimport { MODEL } from './models';\nconst client = new Anthropic();\n\
                export const ask = (messages) => client.messages.create({ model: MODEL, max_tokens: 9, messages });\n";
    with(text, others, |calls| calls[0].model_name.present().map(|name| name.to_string()))
}

#[test]
fn a_name_of_another_module_costs_what_binds_it() {
    let rows = "prices.push(row('desk', 1, 2, 3));\n".repeat(12_000);
    let large = format!("const row = (...cells) => cells;\nexport const prices = [];\n{rows}export const MODEL = pick();\n");
    let models = format!("{large}function pick() {{ return LARGE; }}\nconst LARGE = 'claude-opus-5-5';\n");
    assert_eq!(model_from(&[("models.ts", &models)]).as_deref(), Some("claude-opus-5-5"), "declared behind its use");
}

#[test]
fn names_are_handed_on_from_module_to_module() {
    let known = Some("claude-haiku-4-5");
    let small = ("small.ts", "export const SMALL = { id: 'claude-haiku-4-5' };\nexport const MODEL = SMALL.id;\n");
    for models in [
        "export * from './small';\n",
        "export { MODEL } from './small';\n",
        "import { SMALL as S } from './small';\nexport { NAME as MODEL };\nconst NAME = S.id;\n",
        "import * as all from './small';\nexport const MODEL = all.SMALL.id;\n",
        "export * from './models';\nexport * from './other';\nexport * from './small';\n",
    ] {
        assert_eq!(model_from(&[("models.ts", models), small, ("other.ts", "export * from './models';\n")]).as_deref(), known, "{models}");
    }
    let circle = [("models.ts", "export { MODEL } from './other';\n"), ("other.ts", "export { MODEL } from './models';\n")];
    assert_eq!(model_from(&circle), None);
}

#[test]
fn a_chain_of_modules_ends_somewhere() {
    let chain: Vec<(String, String)> = (0..2_000).map(|at| (format!("m{at}.ts"), format!("export * from './m{}';\n", at + 1))).collect();
    let mut files: Vec<(&str, &str)> = chain.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.extend([("models.ts", "export * from './m0';\n"), ("m2000.ts", "export const MODEL = 'claude-haiku-4-5';\n")]);
    assert_eq!(model_from(&files), None);
}
