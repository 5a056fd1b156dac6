//! Conversations that are fetched by an id, inputs with a text for when there is none, and what is yielded in a loop.

use crate::catalogue::Catalogue;
use crate::model::call::{Call, HistoryState, LoopKind};
use crate::model::prompt::{Segment, SizeClass, Slot};
use crate::project::Project;
use crate::resolve::{self, Reach};

const HEAD: &str = "from openai import OpenAI\nfrom shop.store import *\nclient = OpenAI()\ndef send(messages):\n    return client.chat.completions.create(model='gpt-4.1', messages=messages)\n";

fn with<R>(files: &[(&str, &str)], read: &str, see: impl FnOnce(&[Call<'_>]) -> R) -> R {
    let project = Project::in_memory(files.iter().copied());
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.find(read).unwrap();
    see(&resolve::calls(&project, Catalogue::builtin(), &reach, file).calls)
}

/// The histories of the calls that are made through `send`.
fn histories(text: &str) -> Vec<HistoryState> {
    let text = format!("{HEAD}{text}");
    with(&[("app.py", text.as_str())], "app.py", |calls| {
        calls.iter().filter(|call| call.via.is_some()).map(|call| call.history.state).collect()
    })
}

#[test]
fn what_is_fetched_by_an_id_is_all_of_the_conversation() {
    for (note, text) in [
        (
            "a list that the question is put behind",
            "def answer(room_id, text):\n    turns = load_messages(room_id)\n    turns.append({'role': 'user', 'content': text})\n    return send(turns)\n",
        ),
        (
            "messages of an object, one by one",
            "def answer(room_id, text):\n    room = desk.get_conversation(room_id)\n    turns = [{'role': 'system', 'content': 'x'}]\n    for turn in room.messages:\n        turns.append({'role': turn.role, 'content': turn.content})\n    turns.append({'role': 'user', 'content': text})\n    return send(turns)\n",
        ),
        (
            "under a key of it, joined to the question",
            "def answer(room_id, text):\n    room = desk.fetch_chat(chat_id=room_id)\n    return send(room['messages'] + [{'role': 'user', 'content': text}])\n",
        ),
    ] {
        assert_eq!(histories(text), [HistoryState::Unbounded], "{note}");
    }
}

#[test]
fn what_may_be_cut_is_not_taken_for_the_whole() {
    for (note, text) in [
        ("so many of them", "def answer(room_id, text):\n    turns = load_messages(room_id, 20)\n    return send(turns)\n"),
        ("by its name", "def answer(room_id, text):\n    turns = load_recent_messages(room_id)\n    return send(turns)\n"),
        ("by what is asked", "def answer(room_id, question):\n    turns = get_messages(room_id, question)\n    return send(turns)\n"),
        ("cut at once", "def answer(room_id, text):\n    turns = load_messages(room_id)[-8:]\n    return send(turns)\n"),
        ("not by an id", "def answer(text):\n    turns = load_messages()\n    return send(turns)\n"),
    ] {
        assert!(!histories(text).contains(&HistoryState::Unbounded), "{note}");
    }
}

#[test]
fn scripts_fetch_conversations_too() {
    let head = "import { streamText, convertToModelMessages } from 'ai';\nimport { openai } from '@ai-sdk/openai';\nimport { readChat, findMessagesByChatId } from './store';\n";
    let state = |body: &str| {
        let text = format!("{head}{body}");
        with(&[("route.ts", text.as_str())], "route.ts", |calls| calls.iter().map(|call| call.history.state).collect::<Vec<_>>())
    };
    let of_object = "export async function POST(req: Request) {\n  const { message, id } = await req.json();\n  const chat = await readChat(id);\n  const turns = [...chat.messages, message];\n  return streamText({ model: openai('gpt-4.1'), messages: await convertToModelMessages(turns) });\n}\n";
    let of_list = "export async function POST(req: Request) {\n  const { message, id } = await req.json();\n  const before = await findMessagesByChatId({ id });\n  return streamText({ model: openai('gpt-4.1'), messages: await convertToModelMessages([...before, message]) });\n}\n";
    assert_eq!(state(of_object), [HistoryState::Unbounded]);
    assert_eq!(state(of_list), [HistoryState::Unbounded]);
    let sends = |change: &str| {
        format!(
            "export async function POST(req: Request) {{\n  const {{ message, id, messageId }} = await req.json();\n  const chat = await readChat(id);\n  let turns = chat.messages;\n  const messageIndex = turns.findIndex(turn => turn.id === messageId);\n  {change}\n  turns = [...turns, message];\n  return streamText({{ model: openai('gpt-4.1'), messages: await convertToModelMessages(turns) }});\n}}\n"
        )
    };
    for back in ["messageIndex", "messageIndex + 1", "turns[messageIndex].role === 'user' ? messageIndex : messageIndex + 1", "-1"] {
        let text = sends(&format!("turns = turns.slice(0, {back});"));
        assert_eq!(state(&text), [HistoryState::Unbounded], "{back}");
    }
    assert!(!state(&sends("turns = turns.slice(0, 12);")).contains(&HistoryState::Unbounded));
    assert!(!state(&sends("turns = turns.slice(-12, -1);")).contains(&HistoryState::Unbounded));
    let on_one_way = |change: &str| {
        format!(
            "export async function POST(req: Request) {{\n  const {{ message, id }} = await req.json();\n  const chat = await readChat(id);\n  let turns = chat.messages;\n  if (message) {{ turns = [...turns, message]; }}{change}\n  return streamText({{ model: openai('gpt-4.1'), messages: await convertToModelMessages(turns) }});\n}}\n"
        )
    };
    assert_eq!(state(&on_one_way("")), [HistoryState::Unbounded]);
    assert!(!state(&on_one_way(" else { turns = turns.slice(0, 12); }")).contains(&HistoryState::Unbounded));
    assert!(!state(&on_one_way(" else { turns = await shown(id); }")).contains(&HistoryState::Unbounded));
}

fn slots<'a>(segments: &'a [Segment], found: &mut Vec<&'a Slot>) {
    for segment in segments {
        match segment {
            Segment::Slot(slot) => found.push(slot),
            Segment::Block(block) => block.arms.iter().for_each(|arm| slots(arm, found)),
            _ => {}
        }
    }
}

#[test]
fn an_input_with_a_text_for_none_is_still_an_input() {
    let sizes = |text: &str| {
        let text = format!("{HEAD}{text}");
        with(&[("app.py", text.as_str())], "app.py", |calls| {
            let mut found = Vec::new();
            let sent = calls.iter().filter(|call| call.via.is_some());
            sent.flat_map(|call| &call.request.blocks).for_each(|block| slots(&block.segments, &mut found));
            found.iter().map(|slot| (slot.name.to_string(), slot.size)).collect::<Vec<_>>()
        })
    };
    let input = "NONE = 'Nothing was said.'\ndef judge(transcript: str | None = None):\n    said = transcript or NONE\n    return send([{'role': 'user', 'content': f'Was the caller content? {said}'}])\n";
    assert_eq!(sizes(input), [("transcript".to_string(), SizeClass::Document)]);
    // A prompt that may be handed in is its default as a rule.
    let prompt = "RULES = 'Say yes or no.'\ndef judge(rules: str | None = None):\n    said = rules or RULES\n    return send([{'role': 'user', 'content': f'Was the caller content? {said}'}])\n";
    assert_eq!(sizes(prompt), []);
}

#[test]
fn nobody_knows_how_many_a_loop_yields() {
    let kinds = |text: &str| {
        let text = format!("{HEAD}{text}");
        with(&[("app.py", text.as_str())], "app.py", |calls| {
            calls.iter().filter(|call| call.via.is_some()).map(|call| call.repetition.kind).collect::<Vec<_>>()
        })
    };
    let run = "def run(letters):\n    for prompt in prompts(letters):\n        send([{'role': 'user', 'content': prompt}])\n";
    let many = format!("def prompts(letters):\n    for letter in letters:\n        yield f'Sort the letter. {{letter}}'\n{run}");
    let two = format!("def prompts(letters):\n    yield 'Sort the letters.'\n    yield 'Count the letters.'\n{run}");
    assert_eq!(kinds(&many), [LoopKind::Unknown]);
    assert_eq!(kinds(&two), [LoopKind::Interactive]);
}

#[test]
fn a_field_in_capitals_is_as_long_as_its_name_says() {
    let project = Project::in_memory([("prompts/reply.j2", "Go on with the talk.\n{{ CHAT_HISTORY }}\n{{ OTHER_THING }}")]);
    let file = project.find("prompts/reply.j2").unwrap();
    let segments = resolve::template(&project, Catalogue::builtin(), file).unwrap();
    let mut found = Vec::new();
    slots(&segments, &mut found);
    use crate::model::prompt::{Confidence, Volatility};
    assert_eq!((found[0].size, found[0].size_confidence), (SizeClass::History, Confidence::Medium));
    // Of another name nothing more is known than that it is written like a constant.
    assert_eq!(found[1].volatility, Some(Volatility::Deployment));
}
