//! Conversations that outlive the turn: under keys, in stores, at clients and in databases; and documents on their way into a prompt.

use crate::catalogue::Catalogue;
use crate::model::call::{Call, HistoryState};
use crate::model::prompt::{Segment, SizeClass, Slot};
use crate::project::Project;
use crate::resolve::{self, Reach};

const HEAD: &str = "from openai import OpenAI\nclient = OpenAI()\ndef send(messages):\n    return client.chat.completions.create(model='gpt-4.1', messages=messages)\n";

fn with<R>(text: &str, see: impl FnOnce(&[Call<'_>]) -> R) -> R {
    let text = format!("{HEAD}{text}");
    let project = Project::in_memory([("app.py", text.as_str())]);
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.find("app.py").unwrap();
    see(&resolve::calls(&project, Catalogue::builtin(), &reach, file).calls)
}

/// The histories of the calls that are made through `send`.
fn histories(text: &str) -> Vec<HistoryState> {
    with(text, |calls| calls.iter().filter(|call| call.via.is_some()).map(|call| call.history.state).collect())
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

/// Names of the documents that a call through `send` sends whole.
fn documents(text: &str) -> Vec<String> {
    with(text, |calls| {
        let mut found = Vec::new();
        let sent = calls.iter().filter(|call| call.via.is_some());
        sent.flat_map(|call| &call.request.blocks).for_each(|block| slots(&block.segments, &mut found));
        found.iter().filter(|slot| slot.size == SizeClass::Document && !slot.limited).map(|slot| slot.name.to_string()).collect()
    })
}

#[test]
fn conversations_kept_under_keys() {
    for (note, text) in [
        (
            "made on the first turn",
            "rooms = {}\ndef answer(room, text):\n    if room not in rooms:\n        rooms[room] = [{'role': 'system', 'content': 'x'}]\n    rooms[room].append({'role': 'user', 'content': text})\n    reply = send(rooms[room])\n    rooms[room].append({'role': 'assistant', 'content': reply})\n",
        ),
        (
            "by setdefault",
            "rooms = {}\ndef answer(room, text):\n    turns = rooms.setdefault(room, [])\n    turns.append({'role': 'user', 'content': text})\n    return send(turns)\n",
        ),
        (
            "with a default",
            "from collections import defaultdict\nrooms = defaultdict(list)\ndef answer(room, text):\n    rooms[room].append({'role': 'user', 'content': text})\n    return send([{'role': 'system', 'content': 'x'}] + rooms[room])\n",
        ),
        (
            "put back at the end",
            "rooms = {}\ndef answer(room, text):\n    turns = rooms.get(room, [])\n    reply = send([{'role': 'system', 'content': 'x'}] + turns + [{'role': 'user', 'content': text}])\n    turns.append({'role': 'user', 'content': text})\n    rooms[room] = turns\n    return reply\n",
        ),
        (
            "in a record",
            "rooms = {}\ndef room_of(key):\n    if key not in rooms:\n        rooms[key] = {'turns': [], 'seen': 0}\n    return rooms[key]\ndef answer(key, text):\n    room = room_of(key)\n    room['turns'].append({'role': 'user', 'content': text})\n    return send(room['turns'])\n",
        ),
        (
            "in an object",
            "class Room:\n    def __init__(self):\n        self.turns = []\n    def say(self, text):\n        self.turns.append({'role': 'user', 'content': text})\nrooms = {}\ndef answer(key, text):\n    if key not in rooms:\n        rooms[key] = Room()\n    room = rooms[key]\n    room.say(text)\n    return send(room.turns)\n",
        ),
        (
            "of an object",
            "class Desk:\n    def __init__(self):\n        self.rooms = {}\n    def reset(self, key):\n        self.rooms[key] = []\n    def answer(self, key, text):\n        if key not in self.rooms:\n            self.reset(key)\n        self.rooms[key].append({'role': 'user', 'content': text})\n        return send(self.rooms[key])\n",
        ),
        (
            "in a framework's store",
            "import chainlit as cl\n@cl.on_message\ndef main(message):\n    turns = cl.user_session.get('message_history')\n    turns.append({'role': 'user', 'content': message})\n    return send(turns)\n",
        ),
    ] {
        assert!(histories(text).contains(&HistoryState::Unbounded), "{note}: {:?}", histories(text));
    }
}

#[test]
fn what_is_kept_short_or_made_anew_does_not_grow() {
    for (note, text) in [
        (
            "a window",
            "rooms = {}\ndef answer(room, text):\n    turns = rooms.get(room, [])\n    turns.append({'role': 'user', 'content': text})\n    reply = send(turns)\n    rooms[room] = turns[-10:]\n    return reply\n",
        ),
        (
            "a bound",
            "from collections import defaultdict, deque\nrooms = defaultdict(lambda: deque(maxlen=8))\ndef answer(room, text):\n    rooms[room].append({'role': 'user', 'content': text})\n    return send(list(rooms[room]))\n",
        ),
        (
            "one for each item",
            "def all_of(items):\n    asked = {}\n    for item in items:\n        asked[item.id] = [{'role': 'user', 'content': item.text}]\n        asked[item.id].append({'role': 'user', 'content': 'why?'})\n        send(asked[item.id])\n",
        ),
        (
            "made anew each time",
            "last = {}\ndef answer(key, text):\n    last[key] = [{'role': 'system', 'content': 'x'}]\n    last[key].append({'role': 'user', 'content': text})\n    return send(last[key])\n",
        ),
    ] {
        assert!(!histories(text).contains(&HistoryState::Unbounded), "{note}: {:?}", histories(text));
    }
}

#[test]
fn conversations_that_others_hold() {
    let model = "from pydantic import BaseModel\nclass Ask(BaseModel):\n    messages: list[dict]\n";
    for (note, text) in [
        ("a body with a class", format!("{model}@app.post('/ask')\nasync def ask(ask: Ask):\n    return send(ask.messages)\n")),
        ("turn by turn", format!("{model}@app.post('/ask')\nasync def ask(ask: Ask):\n    turns = [{{'role': 'system', 'content': 'x'}}]\n    for turn in ask.messages:\n        turns.append({{'role': turn['role'], 'content': turn['content']}})\n    return send(turns)\n")),
        ("mapped", format!("{model}@app.post('/ask')\nasync def ask(ask: Ask):\n    return send(list(map(lambda turn: {{'role': turn.role, 'content': turn.content}}, ask.messages)))\n")),
        ("a plain body", "async def ask(request):\n    data = await request.json()\n    return send(data.get('messages', []))\n".to_string()),
        ("of Flask", "from flask import request\ndef ask():\n    return send(request.json['messages'])\n".to_string()),
        ("behind a gateway", "import json\ndef handler(event, context):\n    body = json.loads(event['body'])\n    return send(body['history'])\n".to_string()),
        ("in a database", "def answer(db, room):\n    turns = []\n    for row in db.query(Turn).filter(Turn.room == room).order_by(Turn.at).all():\n        turns.append({'role': row.role, 'content': row.text})\n    return send(turns)\n".to_string()),
        ("pairs", "class Desk:\n    def __init__(self):\n        self.pairs = []\n    def answer(self, text):\n        turns = []\n        for asked, told in self.pairs:\n            turns.append({'role': 'user', 'content': asked})\n            turns.append({'role': 'assistant', 'content': told})\n        reply = send(turns)\n        self.pairs.append((text, reply))\n        return reply\n".to_string()),
    ] {
        assert!(histories(&text).contains(&HistoryState::Unbounded), "{note}: {:?}", histories(&text));
    }
    let limited = "def answer(db, room):\n    rows = db.query(Turn).order_by(Turn.at.desc()).limit(12).all()\n    return send([{'role': row.role, 'content': row.text} for row in rows])\n";
    assert!(!histories(limited).contains(&HistoryState::Unbounded));
    let items =
        "def answer(db):\n    rows = db.query(Order).all()\n    return send([{'role': 'user', 'content': row.text} for row in rows])\n";
    assert!(!histories(items).contains(&HistoryState::Unbounded));
}

#[test]
fn messages_are_adapted_one_by_one() {
    let text = "def adapted(messages):\n    out = []\n    for message in messages:\n        if message['role'] == 'system':\n            out.append({'role': 'developer', 'content': message['content']})\n        else:\n            out.append(message)\n    return send(out)\ndef run(text):\n    return adapted([{'role': 'system', 'content': 'You sum up.'}, {'role': 'user', 'content': text}])\n";
    with(text, |calls| {
        let adapted = calls.iter().find(|call| call.request.blocks.len() == 2 && call.via.is_some()).expect("a call with both messages");
        let first = &adapted.request.blocks[0].segments;
        assert!(matches!(first.as_slice(), [Segment::Text(text)] if &*text.text == "You sum up."), "{first:?}");
    });
}

#[test]
fn documents_from_many_places() {
    for (note, text) in [
        (
            "a bucket",
            "import boto3\ndef run(key):\n    got = boto3.client('s3').get_object(Bucket='b', Key=key)\n    return send('Sum up ' + got['Body'].read().decode())\n",
        ),
        (
            "parts of a page",
            "import requests\nfrom bs4 import BeautifulSoup\ndef run(url):\n    page = BeautifulSoup(requests.get(url).content)\n    return send(' '.join(part.get_text() for part in page.find_all('p')))\n",
        ),
        (
            "an upload",
            "from fastapi import UploadFile\nasync def run(file: UploadFile):\n    return send(f'Sum up {(await file.read()).decode()}')\n",
        ),
        (
            "data of a file",
            "import json\ndef run(path):\n    with open(path) as file:\n        data = json.load(file)\n    return send(f'Describe {json.dumps(data)}')\n",
        ),
        (
            "all files",
            "def run(paths):\n    texts = {}\n    for path in paths:\n        texts[path] = open(path).read()\n    joined = ''\n    for path, text in texts.items():\n        joined += path + text\n    return send(joined)\n",
        ),
        (
            "numbered",
            "import pdfplumber\ndef run(path):\n    out = ''\n    for at, page in enumerate(pdfplumber.open(path).pages):\n        out += f'{at}: {page.extract_text()}'\n    return send(out)\n",
        ),
        ("a fixed file of data", "def run():\n    return send('Sum up ' + open('minutes.txt').read())\n"),
        ("a key that is got", "def run(state):\n    return send(f\"Draft: {state.get('draft')}\")\n"),
    ] {
        assert!(!documents(text).is_empty(), "{note}");
    }
    for (note, text) in [
        ("a prompt in a file", "def run(prompt_file):\n    return send(prompt_file.read_text())\n"),
        ("a fixed prompt", "def run():\n    return send(open('system_prompt.txt').read())\n"),
        (
            "what is told of a table",
            "import pandas\ndef run(path):\n    table = pandas.read_csv(path)\n    return send(f'{table.columns}')\n",
        ),
        ("a part", "import requests\ndef run(url):\n    return send(requests.get(url).text[:4000])\n"),
    ] {
        assert_eq!(documents(text), Vec::<String>::new(), "{note}");
    }
}
