//! What values are made of: fields of records, what a function makes of an item or a question, what a generator yields.

use crate::catalogue::Catalogue;
use crate::model::prompt::{Segment, Slot, Volatility};
use crate::project::Project;
use crate::resolve::{self, Reach};

const HEAD: &str = "from openai import OpenAI\nclient = OpenAI()\ndef send(prompt):\n    return client.chat.completions.create(model='gpt-4.1', messages=[{'role': 'user', 'content': prompt}])\n";

/// The segments of all requests that the code makes by `send`.
fn segments(text: &str) -> Vec<Segment> {
    let text = format!("{HEAD}{text}");
    let project = Project::in_memory([("app.py", text.as_str())]);
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.find("app.py").unwrap();
    let calls = resolve::calls(&project, Catalogue::builtin(), &reach, file).calls;
    let sent = calls.iter().filter(|call| call.via.is_some() || !text.contains("send("));
    sent.flat_map(|call| &call.request.blocks).flat_map(|block| block.segments.clone()).collect()
}

fn slots(segments: &[Segment]) -> Vec<&Slot> {
    segments.iter().filter_map(|segment| if let Segment::Slot(slot) = segment { Some(&**slot) } else { None }).collect()
}

/// Of each slot how often it changes, if that is known.
fn volatilities(text: &str) -> Vec<Option<Volatility>> {
    slots(&segments(text)).iter().map(|slot| slot.volatility).collect()
}

const RECORDS: &str = "from dataclasses import dataclass\nfrom pydantic import BaseModel\nclass Complaint(BaseModel):\n    shop: str\n    wording: str\n    colour: str = 'red'\n@dataclass\nclass MailConfig:\n    greeting: str\nclass Shop:\n    def __init__(self, street):\n        self.street = street\n";

#[test]
fn a_field_of_a_record_that_is_handed_in_varies() {
    let varies = |function: &str| volatilities(&format!("{RECORDS}{function}"));
    assert_eq!(
        varies("def answer(complaint: Complaint):\n    return send(f'{complaint.wording} is what they said.')\n"),
        [Some(Volatility::Request)]
    );
    // What is settled by its class, has a default, or is no record, may stay the same.
    for (note, function) in [
        ("settings", "def answer(mail: MailConfig):\n    return send(f'{mail.greeting} is how to begin.')\n"),
        ("a default", "def answer(complaint: Complaint):\n    return send(f'{complaint.colour} is its colour.')\n"),
        ("an object of its own", "def answer(shop: Shop):\n    return send(f'{shop.owner} is its owner.')\n"),
    ] {
        assert!(varies(function).iter().all(Option::is_none), "{note}");
    }
}

#[test]
fn what_a_function_makes_of_an_item_is_another_one_each_time() {
    let text = "import shop\ndef run(orders):\n    for order in orders:\n        parts = shop.unpack(order)\n        said = send(f'{parts} is in the parcel.')\n";
    assert_eq!(volatilities(text), [Some(Volatility::Request)]);
    let method = "def run(orders):\n    for order in orders:\n        said = send(f'{order.unpacked()} is in the parcel.')\n";
    assert_eq!(volatilities(method), [Some(Volatility::Request)]);
    let none = "import shop\ndef run(orders):\n    for order in orders:\n        pass\n    parts = shop.unpack()\n    said = send(f'{parts} is in the parcel.')\n";
    assert_eq!(volatilities(none), [None]);
}

#[test]
fn a_field_of_each_of_several_objects_is_another_one_each_time() {
    let text = "import json\nclass Parcel:\n    def __init__(self, street):\n        self.street = street\ndef load(path):\n    parcels = []\n    for entry in json.load(open(path)):\n        parcels.append(Parcel(entry['street']))\n    return parcels\n";
    let several = "def run(path):\n    for parcel in load(path):\n        said = send(f'{parcel.street} is where it goes.')\n";
    assert_eq!(volatilities(&format!("{text}{several}")), [Some(Volatility::Request)]);
    let one = "def run(street):\n    for parcel in [Parcel(shop.street)]:\n        said = send(f'{parcel.street} is where it goes.')\n";
    assert_eq!(volatilities(&format!("import shop\n{text}{one}")), [None]);
}

#[test]
fn what_a_function_makes_of_a_question_varies_with_it() {
    let made = "import shop\ndef answer(question):\n    hits = shop.neighbours(question)\n    return send(f'{hits} were near.')\n";
    let slots = segments(made);
    let slots = self::slots(&slots);
    assert_eq!(
        slots.iter().map(|slot| (slot.volatility, &*slot.reason)).collect::<Vec<_>>(),
        [(Some(Volatility::Request), "made of `question`")]
    );
    // A prompt that is chosen by what is asked is one of a few.
    let chosen =
        "import shop\ndef answer(question):\n    lead = shop.choose_template(question)\n    return send(f'{lead} Answer shortly.')\n";
    assert_eq!(volatilities(chosen), [None]);
    let settled = "import shop\ndef answer(retries):\n    lead = shop.neighbours(retries)\n    return send(f'{lead} Answer shortly.')\n";
    assert_eq!(volatilities(settled), [None]);
}

#[test]
fn a_pair_that_may_be_nothing_has_the_parts_of_the_pair() {
    let text = "import shop\ndef look(order):\n    if not order:\n        return None\n    return shop.unpack(order), 3\ndef run(orders):\n    for order in orders:\n        parts, count = look(order)\n        said = send(f'{parts} is in the parcel.')\n";
    assert_eq!(volatilities(text), [Some(Volatility::Request)]);
}

#[test]
fn a_loop_over_a_generator_gets_what_that_yields() {
    let text = "def prompts(letters):\n    for letter in letters:\n        yield f'Sort the letter into a drawer. {letter}'\n    yield 'That was all.'\ndef run(letters):\n    for prompt in prompts(letters):\n        said = send(prompt)\n";
    let found = segments(text);
    let texts: Vec<&str> = found
        .iter()
        .flat_map(|segment| match segment {
            Segment::Text(part) => vec![&*part.text],
            Segment::Block(block) => {
                let parts = block.arms.iter().flatten();
                parts.filter_map(|part| if let Segment::Text(part) = part { Some(&*part.text) } else { None }).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    assert!(texts.iter().any(|text| text.starts_with("Sort the letter")), "{texts:?}");
    // Whatever else it yields is not told apart.
    let numbers = "def steps():\n    yield 1\n    yield 2\ndef run():\n    for step in steps():\n        said = send(f'{step} is next.')\n";
    assert_eq!(slots(&segments(numbers)).len(), 1);
}

#[test]
fn a_function_for_a_with_statement_hands_out_what_it_yields() {
    let text = "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    made = OpenAI()\n    yield made\n    made.close()\ndef run(word):\n    with opened() as ai:\n        return ai.chat.completions.create(model='gpt-4.1', messages=[{'role': 'user', 'content': f'Spell {word}'}])\n";
    let text = text.to_string();
    let project = Project::in_memory([("app.py", format!("from openai import OpenAI\n{text}").as_str())]);
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.find("app.py").unwrap();
    let calls = resolve::calls(&project, Catalogue::builtin(), &reach, file).calls;
    assert_eq!(calls.iter().map(|call| call.api.id.to_string()).collect::<Vec<_>>(), ["openai.chat"]);
}

#[test]
fn a_chain_that_answers_under_a_key_of_its_own_is_sent_when_the_whole_is() {
    let text = "from langchain_core.prompts import PromptTemplate\nfrom langchain_core.runnables import RunnablePassthrough\nfrom langchain_openai import ChatOpenAI\nmodel = ChatOpenAI(model='gpt-4.1')\nasked = PromptTemplate.from_template('{question} was asked. Answer from the price list and name the page.')\nfound = RunnablePassthrough.assign(pages=look_up)\nchain = found.assign(answer=(RunnablePassthrough.assign(pages=shorten) | asked | model)) | RunnablePassthrough.assign(page=first)\ndef answer(question):\n    return chain.invoke({'question': question})\n";
    let project = Project::in_memory([("app.py", text)]);
    let reach = Reach::new(&project, Catalogue::builtin());
    let file = project.find("app.py").unwrap();
    let calls = resolve::calls(&project, Catalogue::builtin(), &reach, file).calls;
    let all: Vec<&Segment> = calls.iter().flat_map(|call| &call.request.blocks).flat_map(|block| &block.segments).collect();
    assert!(all.iter().any(|segment| matches!(segment, Segment::Text(part) if part.text.contains("price list"))), "{all:?}");
    assert!(all.iter().any(|segment| matches!(segment, Segment::Slot(slot) if &*slot.name == "question")), "{all:?}");
}
