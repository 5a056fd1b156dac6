//! The calls of frameworks, each with a cap, without one, and through a function of the project.

use crate::catalogue::Catalogue;
use crate::model::call::{Call, CapState, HistoryState};
use crate::model::prompt::{Role, Segment};
use crate::project::Project;
use crate::resolve::{self, Reach};

/// What `see` makes of the calls of `app.py`.
fn with<R>(text: &str, see: impl FnOnce(&[Call<'_>]) -> R) -> R {
    let project = Project::in_memory([("app.py", text)]);
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.find("app.py").unwrap();
    see(&resolve::calls(&project, Catalogue::builtin(), &reach, file).calls)
}

/// Line, API and cap of each call.
fn caps(text: &str) -> Vec<(usize, String, CapState)> {
    with(text, |calls| {
        let line = |call: &Call<'_>| 1 + text[..call.place.span.start as usize].matches('\n').count();
        calls.iter().map(|call| (line(call), call.api.id.to_string(), call.cap.state)).collect()
    })
}

fn one(text: &str, line: usize) -> (String, CapState) {
    let found = caps(text);
    let (_, api, cap) = found.iter().rfind(|found| found.0 == line).unwrap_or_else(|| panic!("nothing at {line} of {text}: {found:?}"));
    (api.clone(), *cap)
}

#[test]
fn calls_with_their_settings_beside_them() {
    let head = "import litellm, ollama, cohere, groq, mistralai\nfrom google import genai\nfrom google.genai import types\nfrom huggingface_hub import InferenceClient\n";
    for (call, api, cap) in [
        ("litellm.completion(model='gpt-4o', messages=m)", "litellm.completion", CapState::Missing),
        ("litellm.acompletion('gpt-4o', m, max_tokens=40)", "litellm.completion", CapState::Present),
        ("litellm.Router(model_list=[]).completion(model='x', messages=m)", "litellm.completion", CapState::Missing),
        ("genai.Client().models.generate_content(model='gemini-2.5-pro', contents=m)", "google.generate-content", CapState::Missing),
        (
            "genai.Client().aio.models.generate_content(model='g', contents=m, config=types.GenerateContentConfig(max_output_tokens=9))",
            "google.generate-content",
            CapState::Present,
        ),
        (
            "genai.Client().models.generate_content(model='g', contents=m, config={'temperature': 0})",
            "google.generate-content",
            CapState::Missing,
        ),
        ("genai.Client().models.generate_content(model='g', contents=m, config=settings())", "google.generate-content", CapState::Unknown),
        ("mistralai.Mistral(api_key=k).chat.complete(model='m', messages=m)", "mistral.chat", CapState::Missing),
        ("cohere.ClientV2().chat(model='c', messages=m, max_tokens=5)", "cohere.chat", CapState::Present),
        ("ollama.chat('llama3', m, options={'num_predict': 80})", "ollama.chat", CapState::Present),
        ("ollama.AsyncClient(host=k).chat(model='l', messages=m, options={'num_predict': 80})", "ollama.chat", CapState::Present),
        ("ollama.Client().chat(model='l', messages=m)", "ollama.chat", CapState::Missing),
        ("ollama.generate(model='llama3', prompt=m)", "ollama.generate", CapState::Missing),
        ("groq.Groq().chat.completions.create(model='l', messages=m)", "groq.chat", CapState::Missing),
        ("InferenceClient().chat.completions.create(messages=m)", "huggingface.chat", CapState::Defaulted),
    ] {
        let text = format!("{head}def run(m, k):\n    return {call}\n");
        assert_eq!(one(&text, 6), (api.to_string(), cap), "{call}");
        // The same behind a function of the project: the caller sends it.
        let wrapped = format!(
            "{head}def run(m, k):\n    return {call}\n\ndef main(k):\n    return run([{{'role': 'user', 'content': 'Hello'}}], k)\n"
        );
        assert_eq!(one(&wrapped, 9), (api.to_string(), cap), "{call}");
    }
}

#[test]
fn posts_to_known_addresses() {
    let text = |url: &str, body: &str| format!("import requests\n\ndef run(m):\n    return requests.post({url}, json={body})\n");
    let openai = "'https://api.openai.com/v1/chat/completions'";
    assert_eq!(one(&text(openai, "{'model': 'gpt-4o', 'messages': m}"), 4), ("http.openai-chat".into(), CapState::Missing));
    assert_eq!(one(&text(openai, "{'messages': m, 'max_tokens': 9}"), 4), ("http.openai-chat".into(), CapState::Present));
    // The same path on another host may be a server under test.
    assert!(caps(&text("f'{BASE}/v1/chat/completions'", "{'messages': m}")).is_empty());
    assert_eq!(one(&text("'https://api.anthropic.com/v1/messages'", "{'messages': m}"), 4), ("http.anthropic".into(), CapState::Required));
    assert!(caps(&text("'https://example.org/orders'", "{'messages': m}")).is_empty());
}

#[test]
fn constructors_hold_the_cap() {
    for (module, made, cap) in [
        ("langchain_openai", "ChatOpenAI(model='gpt-4o')", CapState::Missing),
        ("langchain_openai", "ChatOpenAI(model='gpt-4o', max_tokens=99)", CapState::Present),
        ("langchain_openai", "ChatOpenAI(model='gpt-4o', max_tokens=None)", CapState::Missing),
        ("langchain_openai", "ChatOpenAI(**options())", CapState::Unknown),
        ("langchain.chat_models", "AzureChatOpenAI(azure_deployment='d')", CapState::Missing),
        ("langchain_anthropic", "ChatAnthropic(model='claude-sonnet-4-5')", CapState::Missing),
        ("langchain_aws", "ChatBedrockConverse(model='amazon.nova-lite-v1:0')", CapState::Missing),
        ("langchain_aws", "ChatBedrock(model_id='anthropic.claude-v2')", CapState::Defaulted),
        ("langchain_aws", "ChatBedrock(model_id='anthropic.claude-v2', model_kwargs={'max_tokens': 5})", CapState::Present),
        ("langchain_google_genai", "ChatGoogleGenerativeAI(model='gemini-2.5-pro', max_output_tokens=7)", CapState::Present),
        ("langchain_ollama", "ChatOllama(model='llama3', num_predict=3)", CapState::Present),
        ("langchain.chat_models", "init_chat_model('openai:gpt-4o')", CapState::Missing),
        ("langchain.chat_models", "init_chat_model(configurable_fields=('max_tokens',))", CapState::Unknown),
    ] {
        let name = made.split('(').next().unwrap();
        let text = format!("from {module} import {name}\nmodel = {made}\n\ndef run(q):\n    return model.invoke(q)\n");
        assert_eq!(one(&text, 2).1, cap, "{made}, where it is made");
        assert_eq!(one(&text, 5).1, cap, "{made}, where it sends");
    }
    for (head, call, cap) in [
        ("from llama_index.llms.openai import OpenAI", "OpenAI(model='gpt-4o').complete(q)", CapState::Missing),
        ("from llama_index.llms.anthropic import Anthropic", "Anthropic(model='claude-3').complete(q)", CapState::Defaulted),
        ("import dspy", "dspy.LM('openai/gpt-4o')(q)", CapState::Missing),
        ("import dspy", "dspy.LM('openai/gpt-4o', max_tokens=30)(q)", CapState::Present),
    ] {
        let text = format!("{head}\n\ndef run(q):\n    return {call}\n");
        assert_eq!(one(&text, 4).1, cap, "{call}");
    }
}

#[test]
fn what_is_done_to_a_model_on_the_way_counts() {
    let head = "from langchain_openai import ChatOpenAI\nmodel = ChatOpenAI(model='gpt-4o')\n\ndef run(q, settings):\n    return ";
    for (call, cap) in [
        ("model.bind(max_tokens=50).invoke(q)", CapState::Present),
        ("model.with_structured_output(S).with_retry().invoke(q)", CapState::Missing),
        ("model.with_config({'max_tokens': 50}).invoke(q)", CapState::Present),
        ("model.with_config({'configurable': {'max_tokens': 50}}).invoke(q)", CapState::Present),
        ("model.with_config(settings).invoke(q)", CapState::Unknown),
        ("model.bind_tools([f]).invoke(q)", CapState::Missing),
    ] {
        let text = format!("{head}{call}\n");
        assert_eq!(one(&text, 5).1, cap, "{call}");
        // A cap that is given later takes the reproach from the constructor.
        let made = if cap == CapState::Missing { CapState::Missing } else { CapState::Unknown };
        assert_eq!(one(&text, 2).1, made, "{call}");
    }
}

#[test]
fn a_chain_sends_its_prompt() {
    let text = "\
from langchain_openai import ChatOpenAI
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder

PROMPT = ChatPromptTemplate.from_messages([
    ('system', 'You answer for {shop}, in one short sentence.'),
    MessagesPlaceholder('history'),
    ('human', '{question}'),
])

def answer(question, turns):
    chain = PROMPT | ChatOpenAI(model='gpt-4o', max_tokens=60) | parse
    return chain.invoke({'shop': 'Muster', 'question': question, 'history': turns})
";
    with(text, |calls| {
        let call = calls.last().unwrap();
        let roles: Vec<Role> = call.request.blocks.iter().map(|block| block.role).collect();
        assert_eq!(roles, [Role::System, Role::Unknown, Role::User]);
        let system: String = call.request.blocks[0]
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Text(text) => text.text.to_string(),
                _ => "?".into(),
            })
            .collect();
        assert_eq!(system, "You answer for Muster, in one short sentence.");
        assert_eq!((call.cap.state, call.history.state), (CapState::Present, HistoryState::Unknown));
    });
}

#[test]
fn message_objects_have_roles() {
    let text = "\
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_anthropic import ChatAnthropic
llm = ChatAnthropic(model='claude-sonnet-4-5', max_tokens=9)

def run(question):
    return llm.invoke([SystemMessage(content='Be brief.'), HumanMessage(question)])
";
    with(text, |calls| {
        let roles: Vec<Role> = calls.last().unwrap().request.blocks.iter().map(|block| block.role).collect();
        assert_eq!(roles, [Role::System, Role::User]);
    });
}

#[test]
fn names_alone_never_say_that_a_cap_is_missing() {
    let text = "import anthropic\n\nclass Bot:\n    def __init__(self, llm):\n        self.llm = llm\n    async def run(self, text):\n        return await self.llm.ainvoke([{'role': 'user', 'content': text}])\n";
    assert_eq!(one(text, 7), ("own.llm".into(), CapState::Unknown));
    let other = "import anthropic\n\ndef run(queue, sender):\n    queue.invoke(sender)\n    sender.post('/chat')\n    tool.ainvoke({'messages': []})\n";
    assert_eq!(caps(other), []);
}

/// Line, API and cap of each call of `app.py`, which stands among other files.
fn among(files: &[(&str, &str)]) -> Vec<(usize, String, CapState)> {
    let project = Project::in_memory(files.iter().copied());
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.ids().find(|file| project.file(*file).key.ends_with("app.py")).unwrap();
    assert!(reach.reaches(file));
    let text = project.text(file);
    let line = |call: &Call<'_>| 1 + text[..call.place.span.start as usize].matches('\n').count();
    let calls = resolve::calls(&project, Catalogue::builtin(), &reach, file).calls;
    calls.iter().map(|call| (line(call), call.api.id.to_string(), call.cap.state)).collect()
}

const PROVIDERS: &str = "\
class Provider:
    def __init__(self, llm):
        self.llm = llm

    @classmethod
    def named(cls, vendor, **settings):
        if vendor == 'openai':
            from langchain_openai import ChatOpenAI
            llm = ChatOpenAI(**settings)
        elif vendor == 'anthropic':
            from langchain_anthropic import ChatAnthropic
            llm = ChatAnthropic(**settings)
        else:
            raise ValueError(vendor)
        return cls(llm)

    async def answer(self, messages, **more):
        return (await self.llm.ainvoke(messages, **more)).content

def make(vendor, **settings):
    return Provider.named(vendor, **settings)

async def complete(messages, vendor='openai', max_tokens=900):
    settings = {'model': 'gpt-4.1'}
    settings['max_tokens'] = max_tokens
    provider = make(vendor, **settings)
    return await provider.answer(messages)
";

#[test]
fn a_factory_that_chooses_the_class_is_followed() {
    let app = "\
from llm import complete

async def title(text):
    return await complete([{'role': 'user', 'content': f'A title for: {text}'}])

async def report(text):
    return await complete([{'role': 'user', 'content': f'A report on: {text}'}], max_tokens=None)

async def ask(turns):
    return await complete(to_messages(turns), max_tokens=40)
";
    let found = among(&[("llm.py", PROVIDERS), ("app.py", app)]);
    let states: Vec<(usize, CapState)> = found.iter().map(|(line, _, cap)| (*line, *cap)).collect();
    assert_eq!(states, [(4, CapState::Present), (7, CapState::Missing), (10, CapState::Present)]);
}

#[test]
fn a_class_in_capitals_and_a_module_loaded_late_are_followed() {
    let lazy = "\
import importlib

class Lazy:
    _module = None

    def __getattr__(self, name):
        self._load()
        return getattr(self._module, name)

    def _load(self):
        if self._module is None:
            self._module = importlib.import_module('litellm')

litellm = Lazy()
";
    let ai = "\
from lazy import litellm

class AI:
    def next(self, messages):
        return litellm.completion(model='gpt-4o', messages=messages)
";
    let app = "from ai import AI\n\ndef step(ai: AI, text):\n    return ai.next([{'role': 'user', 'content': text}])\n";
    let found = among(&[("lazy.py", lazy), ("ai.py", ai), ("app.py", app)]);
    assert_eq!(found, [(4, "litellm.completion".into(), CapState::Missing)]);
}

#[test]
fn a_telling_method_of_an_object_that_was_handed_over_is_followed() {
    let models = "\
import litellm

class Model:
    def send_with_retries(self, messages):
        return litellm.completion(model='gpt-4o', messages=messages, max_tokens=300)
";
    let app = "def run(models, text):\n    for model in models:\n        model.send_with_retries([{'role': 'user', 'content': text}])\n";
    let found = among(&[("models.py", models), ("tools/app.py", app)]);
    assert_eq!(found, [(3, "litellm.completion".into(), CapState::Present)]);
    // Two classes with such a method cannot be told apart.
    let other = models.replace("Model", "Other");
    let project = Project::in_memory([("models.py", models), ("others.py", other.as_str()), ("tools/app.py", app)]);
    let reach = Reach::new(&project, Catalogue::builtin());
    assert!(!reach.reaches(project.find("tools/app.py").unwrap()));
}

#[test]
fn a_package_elsewhere_in_the_repository_is_found() {
    let base = "\
from abc import ABC, abstractmethod

class Completion(ABC):
    @abstractmethod
    async def completion_async(self, **kwargs):
        raise NotImplementedError
";
    let uses = "import litellm\n";
    let app = "\
from models.base import Completion

class Extractor:
    def __init__(self, model: 'Completion'):
        self._model = model

    async def run(self, text):
        return await self._model.completion_async(messages=[{'role': 'user', 'content': text}])
";
    let found = among(&[
        ("packages/models/models/__init__.py", uses),
        ("packages/models/models/base.py", &format!("{uses}{base}")),
        ("packages/work/work/__init__.py", ""),
        ("packages/work/work/app.py", app),
    ]);
    // What the one that is handed in sends with is not known.
    assert_eq!(found, [(8, "own.model".into(), CapState::Unknown)]);
}

#[test]
fn a_cap_that_is_set_from_outside_is_not_missing() {
    let head = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model='gpt-4o')\n\ndef run(text):\n";
    let inside = format!("{head}    with settings(llm, max_tokens=3):\n        return llm.invoke(text)\n");
    assert_eq!(one(&inside, 6).1, CapState::Unknown);
    let assigned = format!("{head}    llm.max_tokens = 40\n    return llm.invoke(text)\n");
    assert_eq!(one(&assigned, 6).1, CapState::Unknown);
    let none = format!("{head}    with timer(llm):\n        return llm.invoke(text)\n");
    assert_eq!(one(&none, 6).1, CapState::Missing);
    let computed = "\
import litellm

class Config:
    def __init__(self, given):
        self.more = {}
        for key, value in given.items():
            setattr(self, key.lower(), value)

def run(text, config: Config):
    return litellm.completion(model='gpt-4o', messages=text, **config.more)
";
    assert_eq!(one(computed, 10).1, CapState::Unknown);
}

#[test]
fn models_that_are_handed_in_by_annotation_or_injected() {
    let text = "\
from typing import Optional
from fastapi import Depends
from functools import partial
from openai import OpenAI
from langchain_core.language_models import BaseChatModel

def client():
    return OpenAI()

def ask(messages, llm: Optional[BaseChatModel] = None):
    return llm.invoke(messages)

def route(text, openai=Depends(client)):
    return openai.chat.completions.create(model='gpt-4o', messages=text)

def send(messages, client, max_tokens=None):
    return client.chat.completions.create(model='gpt-4o', messages=messages, max_tokens=max_tokens)

def later(messages):
    capped = partial(send, max_tokens=60)
    return capped(messages, OpenAI())

class Bot:
    def say(self, text):
        return self.llm(text)
";
    for (line, api, cap) in [
        (11, "langchain.handed-in", CapState::Unknown),
        (14, "openai.chat", CapState::Missing),
        (21, "openai.chat", CapState::Present),
        (25, "own.llm", CapState::Unknown),
    ] {
        assert_eq!(one(text, line), (api.into(), cap), "{line}");
    }
}

#[test]
fn kernels_assistants_chains_and_generated_clients() {
    let kernel = |settings: &str| {
        format!(
            "from semantic_kernel.connectors.ai.open_ai import OpenAIChatPromptExecutionSettings\nfrom semantic_kernel.functions import KernelArguments\nasync def run(kernel, text):\n    return await kernel.invoke_prompt(prompt=text{settings})\n"
        )
    };
    for (settings, cap) in [
        ("", CapState::Unknown),
        (", arguments=KernelArguments(settings=OpenAIChatPromptExecutionSettings(temperature=0))", CapState::Missing),
        (", arguments=KernelArguments(settings=OpenAIChatPromptExecutionSettings(max_tokens=9))", CapState::Present),
        (", arguments=KernelArguments(settings=AnthropicChatPromptExecutionSettings(temperature=0))", CapState::Unknown),
        (", arguments=given", CapState::Unknown),
    ] {
        assert_eq!(one(&kernel(settings), 4), ("semantic-kernel.prompt".into(), cap), "{settings}");
    }
    let run = "from openai import OpenAI\nclient = OpenAI()\nthread = client.beta.threads.create()\nclient.beta.threads.messages.create(thread_id=thread.id, role='user', content='Hi')\nclient.beta.threads.runs.create(thread_id=thread.id, assistant_id=a)\nclient.beta.threads.runs.retrieve(thread_id=thread.id, run_id=r)\n";
    assert_eq!(caps(run), [(5, "openai.assistant-run".into(), CapState::Missing)]);
    let chain = "from langchain.chains.summarize import load_summarize_chain\nfrom langchain_openai import ChatOpenAI\n\ndef run(text):\n    return load_summarize_chain(ChatOpenAI(max_tokens=90), 'map_reduce').run(text)\n";
    assert_eq!(one(chain, 5).1, CapState::Present);
    let baml = "from app.baml_client import b\n\nasync def run(text):\n    b.with_options(client='fast')\n    return await b.ExtractAddress(text)\n";
    assert_eq!(caps(baml), [(5, "baml.function".into(), CapState::Unknown)]);
}
