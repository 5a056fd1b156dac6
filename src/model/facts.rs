//! Facts: what analysis knows of a request, call or prompt, in the three-valued form that rules read.

use std::collections::BTreeMap;

use crate::span::Place;

use super::prompt::Confidence;

/// One known or unknown thing, with how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub value: FactValue,
    pub confidence: Confidence,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FactValue {
    /// Could not be followed: propagates through every condition and never fires.
    Unknown,
    /// Known not to be there.
    Absent,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A thing with facts of its own, which a rule may point `at`.
    Record(Record),
}

/// A thing with named facts and, where it is written somewhere, its place.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Record {
    pub place: Option<Place>,
    pub fields: BTreeMap<&'static str, Fact>,
}

impl Fact {
    pub fn unknown() -> Self {
        Fact { value: FactValue::Unknown, confidence: Confidence::High }
    }

    pub fn absent() -> Self {
        Fact { value: FactValue::Absent, confidence: Confidence::High }
    }

    pub fn bool(value: bool) -> Self {
        Fact { value: FactValue::Bool(value), confidence: Confidence::High }
    }

    pub fn number(value: f64) -> Self {
        Fact { value: FactValue::Number(value), confidence: Confidence::High }
    }

    pub fn text(value: impl Into<String>) -> Self {
        Fact { value: FactValue::Text(value.into()), confidence: Confidence::High }
    }

    pub fn record(record: Record) -> Self {
        Fact { value: FactValue::Record(record), confidence: Confidence::High }
    }

    /// An optional number: `None` is unknown.
    pub fn maybe_number(value: Option<f64>) -> Self {
        value.map_or_else(Fact::unknown, Fact::number)
    }

    pub fn with(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }
}

/// The type of a fact, for checking rules when they are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactType {
    Bool,
    Number,
    Text,
    Record,
}

/// Documentation of one fact: what `prompt-lint facts` prints and rules are checked against.
#[derive(Clone, Copy, Debug)]
pub struct FactDoc {
    /// Dotted path from its subject: `request.prefix.lost_tokens`.
    pub path: &'static str,
    pub kind: FactType,
    /// `tokens`, `requests`; empty where it has none.
    pub unit: &'static str,
    pub doc: &'static str,
}

const fn fact(path: &'static str, kind: FactType, unit: &'static str, doc: &'static str) -> FactDoc {
    FactDoc { path, kind, unit, doc }
}

/// Every fact there is. A record's fields follow it, each by its full path.
pub const SCHEMA: &[FactDoc] = &[
    fact("call", FactType::Record, "", "A call of a model; unknown for a prompt file that no call is known to send"),
    fact("call.api", FactType::Text, "", "Which API is called: `bedrock.converse`, `anthropic.messages`, `openai.chat`, …"),
    fact("call.provider", FactType::Text, "", "Who serves it: `bedrock`, `anthropic`, `openai`, `azure`"),
    fact("call.path", FactType::Text, "", "The file that the call stands in, from the root of the project: `src/desk/answer.py`"),
    fact(
        "call.via",
        FactType::Text,
        "",
        "The project's own function that makes the call for this one; absent where the SDK is called directly",
    ),
    fact("call.model", FactType::Text, "", "The model id as written; unknown if it could not be followed"),
    fact("call.cap", FactType::Record, "", "The limit on output tokens"),
    fact("call.cap.missing", FactType::Bool, "", "No cap reaches the API, which requires none and sends no small default"),
    fact("call.cap.present", FactType::Bool, "", "A cap reaches the API"),
    fact("call.cap.value", FactType::Number, "tokens", "The cap, where it is a number in the code"),
    fact("call.cap.argument", FactType::Text, "", "The API's own name for the cap: `inferenceConfig.maxTokens`"),
    fact(
        "call.cap.maximum",
        FactType::Number,
        "tokens",
        "The most that the model can write: its own limit, or its whole window if that is smaller; unknown if the model is",
    ),
    fact(
        "call.cap.older_default",
        FactType::Number,
        "tokens",
        "What versions of the library that are still in use send without a cap; absent where none sends one",
    ),
    fact("call.cap.older_versions", FactType::Text, "", "Which versions these are: `langchain-anthropic before 1.0`"),
    fact(
        "call.cap.reserves_quota",
        FactType::Bool,
        "",
        "The unset maximum is reserved against the token quota at the start of each request",
    ),
    fact(
        "call.cap.lost",
        FactType::Record,
        "",
        "The project's own setting of a cap, which this request is sent without: a parameter, an attribute, a field, an option that never gets \
         to the API from here; absent where there is none",
    ),
    fact("call.cap.lost.name", FactType::Text, "", "As the setting is called: `max_tokens`, `--max-tokens`, `**kwargs`"),
    fact(
        "call.cap.lost.by",
        FactType::Text,
        "",
        "`taken` (a parameter, a field of a request, an option of the command line), `set` (an attribute, a variable, a constant) or `swallowed` \
         (the function takes keywords, is called with a cap among them, and drops them)",
    ),
    fact("call.cap.lost.sent", FactType::Record, "", "Where another call sends it; absent where none does"),
    fact(
        "call.cap.wanted",
        FactType::Number,
        "tokens",
        "The cap that the config states for this file under `caps:`; absent where it states none",
    ),
    fact("call.cap.beside", FactType::Record, "", "Where the file sets a cap for another request; absent where it sets none"),
    fact(
        "call.answer",
        FactType::Text,
        "",
        "What the request tells of the length of its answer: `short` by its words, `form` where a schema or a format is demanded, `long` for what \
         is long as a rule; absent where nothing tells",
    ),
    fact("call.reasoning", FactType::Bool, "", "Hidden reasoning is on or may be on: it counts against a cap"),
    fact("call.loop", FactType::Text, "", "The loop around the call: `none`, `batchable`, `interactive`"),
    fact("call.one_shot", FactType::Bool, "", "The call stands in a script outside any loop: it runs once"),
    fact("call.in_example", FactType::Bool, "", "The file stands in a folder of examples (`examples/`, `demo/`, `docs/`)"),
    fact("call.in_notebook", FactType::Bool, "", "The call stands in a cell of a notebook, which is run by hand"),
    fact(
        "call.trial",
        FactType::Bool,
        "",
        "It runs once and asks what is written out, or asks the same whoever calls; or it makes an object in a \
         script that is a list of steps, with no function, class or loop over items in it",
    ),
    fact(
        "call.unused",
        FactType::Bool,
        "",
        "It makes an object that is bound to a name which nothing in the project reads, or stands in a function, method or class that nothing \
         in the project calls, though what stands beside it is used; what is found in such code is an `info`",
    ),
    fact(
        "call.reuse",
        FactType::Text,
        "",
        "Whether the same prefix comes again in the life of a cache entry: `proved`, `likely`, `unlikely`",
    ),
    fact("call.batchable", FactType::Bool, "", "It runs over the items of a collection, one request each"),
    fact(
        "call.over_items",
        FactType::Record,
        "",
        "The loop over items that calls the function in which it stands, where none stands around it",
    ),
    fact(
        "call.batch_doubt",
        FactType::Text,
        "",
        "Why a batch of the requests of its loop may not be worth it: `the items are few`, `somebody may wait for the answers`; absent if \
         nothing speaks against one",
    ),
    fact("call.batch", FactType::Text, "", "The API's way to send many requests at once for less, in words; absent if it has none"),
    fact("call.batch_price", FactType::Number, "", "What a token of input costs in a batch over what it costs now"),
    fact("call.candidates", FactType::Record, "", "The argument that asks for several answers at once"),
    fact("call.candidates.value", FactType::Number, "", "How many"),
    fact("call.effort", FactType::Record, "", "The argument that says how much to reason"),
    fact("call.effort.value", FactType::Text, "", "`minimal`, `low`, `medium`, `high`, … as written"),
    fact("call.calls_tools", FactType::Bool, "", "Tools are handed over, which the model may ask for"),
    fact("call.structured", FactType::Bool, "", "An output schema, a format or tools are asked for"),
    fact("call.cache_key", FactType::Record, "", "`prompt_cache_key`, which brings requests to the same cache"),
    fact("call.cache_key.changes", FactType::Bool, "", "It is another one in every request"),
    fact("call.cache_key.reason", FactType::Text, "", "Why that is thought: `a new identifier each time`"),
    fact("call.tier", FactType::Text, "", "The tier of the model: `premium`, `mid`, `lightweight`"),
    fact("call.lighter", FactType::Record, "", "The most capable model of the lowest tier of the same maker that costs less"),
    fact("call.lighter.model", FactType::Text, "", "Its id"),
    fact("call.lighter.saved_percent", FactType::Number, "percent", "How much less a token of input costs"),
    fact("call.lighter.reasons", FactType::Bool, "", "It always reasons before it answers"),
    fact(
        "call.newer",
        FactType::Record,
        "",
        "An active model of the same family and tier that costs less, where this one is no longer active",
    ),
    fact("call.newer.model", FactType::Text, "", "Its id"),
    fact("call.newer.saved_percent", FactType::Number, "percent", "How much less a token of input costs"),
    fact("call.newer.reasons", FactType::Bool, "", "It always reasons before it answers"),
    fact("call.tagged", FactType::Bool, "", "Metadata for the allocation of costs is sent; absent where the API takes none"),
    fact("call.tags_wanted", FactType::Bool, "", "The config names tags under `tags:`"),
    fact("call.tag_argument", FactType::Text, "", "The API's own name for it: `requestMetadata`, `metadata`"),
    fact("call.retries_forever", FactType::Record, "", "The loop that sends the request again for as long as it fails"),
    fact("call.model_argument", FactType::Record, "", "The model, where it is a literal among the arguments of this call"),
    fact("call.cap_argument", FactType::Record, "", "The cap, where it is a number among the arguments of this call"),
    fact("call.priced_without_cache", FactType::Record, "", "Where the same file prices input and output tokens, and cached ones nowhere"),
    fact(
        "call.unwatched",
        FactType::Number,
        "",
        "Of the first call of a project in which nothing reads how many tokens a response took, and no tool that traces calls does: how many calls there are",
    ),
    fact("call.endless_loop", FactType::Record, "", "The loop around it that has no end and counts no turns"),
    fact("call.requests_per_month", FactType::Number, "requests", "As stated under `traffic:`"),
    fact("request", FactType::Record, "", "What a call sends, or a prompt file that no call is known to send"),
    fact("request.static_tokens", FactType::Number, "tokens", "Text that stands in the source"),
    fact("request.exact", FactType::Bool, "", "Token counts are exact: the model is known and its vocabulary is public"),
    fact("request.role", FactType::Text, "", "The role of a prompt file's text: `system`, `user`, `unknown`"),
    fact("request.prefix", FactType::Record, "", "The part that is byte-identical from one request to the next"),
    fact("request.prefix.tokens", FactType::Number, "tokens", "Length of the stable prefix, with slots at their assumed size"),
    fact("request.prefix.stable", FactType::Bool, "", "No value that changes stands before static text"),
    fact("request.prefix.broken_by", FactType::Record, "", "The first value that changes between requests before static text"),
    fact("request.prefix.broken_by.name", FactType::Text, "", "What the value is called: `datetime.now()`"),
    fact("request.prefix.broken_by.volatility", FactType::Text, "", "How often it changes: `period`, `user`, `session`, `turn`, `request`"),
    fact("request.prefix.broken_by.every", FactType::Text, "", "The same in words: `every request`, `every user`, `every day`"),
    fact("request.prefix.broken_by.reason", FactType::Text, "", "Why that is thought: `read from the clock`"),
    fact("request.prefix.lost_tokens", FactType::Number, "tokens", "Static text after that value, which no cache can serve"),
    fact("request.prefix.lost", FactType::Record, "", "The longest static text after that value"),
    fact(
        "request.prefix.lost_turns",
        FactType::Bool,
        "",
        "A value that changes on every turn stands before a conversation that is sent again",
    ),
    fact("request.cache", FactType::Record, "", "The provider's prompt cache, for this model"),
    fact(
        "request.cache.kind",
        FactType::Text,
        "",
        "`explicit`, `explicit-implicit`, `automatic`, `automatic-explicit`, `implicit`, `none`",
    ),
    fact("request.cache.needs_marker", FactType::Bool, "", "Only a marked prefix is cached reliably"),
    fact("request.cache.best_effort", FactType::Bool, "", "Unmarked prefixes are cached too, at best effort (Bedrock)"),
    fact("request.cache.min_tokens", FactType::Number, "tokens", "The shortest prefix that is cached"),
    fact("request.cache.markers", FactType::Number, "", "Explicit cache markers in the request"),
    fact("request.cache.markers_allowed", FactType::Number, "", "Markers that the API takes"),
    fact("request.cache.elsewhere", FactType::Bool, "", "Caching is switched on by another option of the call"),
    fact("request.cache.marker", FactType::Text, "", "The API's own name for the marker: `cachePoint`, `cache_control`"),
    fact(
        "request.cache.prefix_tokens",
        FactType::Number,
        "tokens",
        "The stable prefix that a marker could cover, static text and constants only",
    ),
    fact("request.cache.marked_tokens", FactType::Number, "tokens", "At most so many stand before the last marker"),
    fact("request.cache.wasted_marker", FactType::Record, "", "A marker behind a value that is another one in every request"),
    fact("request.cache.wasted_marker.name", FactType::Text, "", "What that value is called"),
    fact("request.cache.wasted_marker.every", FactType::Text, "", "How often it changes: `on every request`"),
    fact("request.cache.extra_marker", FactType::Record, "", "The first marker above those that the API takes"),
    fact("request.cache.long_marker", FactType::Record, "", "A marker whose entry lives for an hour"),
    fact("request.history", FactType::Record, "", "Turns of a conversation that are sent again"),
    fact("request.history.present", FactType::Bool, "", "A conversation is replayed"),
    fact("request.history.unbounded", FactType::Bool, "", "It only grows, and all of it is sent each turn"),
    fact("request.history.sliding", FactType::Bool, "", "A window that moves on every turn"),
    fact("request.history.name", FactType::Text, "", "The list or slot that holds it"),
    fact("request.history.framework", FactType::Bool, "", "A framework keeps the conversation, for how long is not in sight"),
    fact(
        "request.history.origin",
        FactType::Text,
        "",
        "Where it comes from: `kept` by the program from turn to turn, `stored` in a database, sent by a `client`, handed to a `template`, or the steps of one `run`",
    ),
    fact(
        "request.history.whole",
        FactType::Bool,
        "",
        "It is seen where it comes from, and nothing is left out there: false of what a client or whoever fills a template hands over out of sight",
    ),
    fact("request.history.grows_at", FactType::Record, "", "The statement that makes it grow"),
    fact("request.history.said_each_turn", FactType::Record, "", "Static text that a loop adds to the conversation on every turn"),
    fact("request.history.said_each_turn.tokens", FactType::Number, "tokens", "All of it, each time"),
    fact("request.history.said_each_turn.start", FactType::Text, "", "How it begins"),
    fact("request.history.media", FactType::Record, "", "A picture or a recording that is added to it and stays in it"),
    fact("request.document", FactType::Record, "", "The first slot that a whole document goes into"),
    fact("request.document.name", FactType::Text, "", "What the value is called"),
    fact("request.document.reason", FactType::Text, "", "Why it is thought to be a whole document: `the text of a file`"),
    fact("request.document.limited", FactType::Bool, "", "A slice, splitter, truncation or top-k stands on its way"),
    fact("request.document.certain", FactType::Bool, "", "The data flow says so, not its name"),
    fact("request.document.fixed", FactType::Bool, "", "It is the same in every request: a file or page that the code names"),
    fact("request.document.block", FactType::Bool, "", "It is sent as a file, which nothing here can cut"),
    fact(
        "request.document.task",
        FactType::Text,
        "",
        "The words by which the prompt asks for something that needs every word of it: `translate`; absent if there are none",
    ),
    fact("request.document.tokens", FactType::Number, "tokens", "Its assumed size"),
    fact(
        "request.document_again",
        FactType::Record,
        "",
        "The document that stands in the request of each item of a loop over something else",
    ),
    fact("request.document_again.name", FactType::Text, "", "What the value is called"),
    fact("request.question_first", FactType::Record, "", "A value that is another one in every request before a document that is not"),
    fact("request.question_first.name", FactType::Text, "", "What the value is called"),
    fact("request.question_first.document", FactType::Text, "", "What the document is called"),
    fact("request.question_first.behind", FactType::Record, "", "The document"),
    fact(
        "request.branches",
        FactType::Record,
        "",
        "Branches of the system text that do not depend on the deployment alone: the first of them",
    ),
    fact("request.branches.number", FactType::Number, "", "How many there are"),
    fact("request.branches.ways", FactType::Number, "", "The prefixes that they make"),
    fact("request.branches.tokens_behind", FactType::Number, "tokens", "Static text behind the first of them"),
    fact("request.budget", FactType::Number, "tokens", "What `budgets:` in the config allows for prompts of the file; absent if nothing"),
    fact("request.instructions", FactType::Record, "", "The file is instructions for coding assistants"),
    fact("request.instructions.always", FactType::Bool, "", "They load it into every request, and not on demand"),
    fact("request.instructions.tokens", FactType::Number, "tokens", "Its text, with that of the files that it imports"),
    fact("request.instructions.imported", FactType::Number, "tokens", "What it imports; absent if nothing"),
    fact("request.instructions.repeats", FactType::Record, "", "Paragraphs that stand in another such file too: the first of them"),
    fact("request.instructions.repeats.tokens", FactType::Number, "tokens", "All of them"),
    fact("request.instructions.repeats.path", FactType::Text, "", "The other file"),
    fact("request.tools", FactType::Record, "", "Definitions of tools and of an output schema, which stand first in a request"),
    fact("request.tools.tokens", FactType::Number, "tokens", "The text of them that stands in the source"),
    fact("request.tools.changes", FactType::Record, "", "A value in them that is not the same for all users"),
    fact("request.tools.changes.name", FactType::Text, "", "What the value is called"),
    fact("request.tools.changes.volatility", FactType::Text, "", "How often it changes: `user`, `session`, `turn`, `request`"),
    fact("request.tools.changes.every", FactType::Text, "", "The same in words"),
    fact("request.tools.changes.reason", FactType::Text, "", "Why that is thought"),
    fact("request.tools.repeated", FactType::Record, "", "What the definitions of tools say twice: the second time"),
    fact("request.tools.repeated.what", FactType::Text, "", "What it is, in words"),
    fact("request.tools.repeated.tokens", FactType::Number, "tokens", "How long it is"),
    fact("request.tools.repeated.first", FactType::Record, "", "Where it stands for the first time"),
    fact("request.twin", FactType::Record, "", "A long text that stands, the same or nearly so, somewhere else as well"),
    fact("request.twin.first", FactType::Record, "", "Where it stands first"),
    fact("request.twin.path", FactType::Text, "", "The file of that"),
    fact("request.twin.exact", FactType::Bool, "", "Not a word differs"),
    fact("request.twin.tokens", FactType::Number, "tokens", "How long it is"),
    fact("request.text", FactType::Record, "", "What the text of system and messages says"),
    fact(
        "request.text.light_task",
        FactType::Text,
        "",
        "A task that it sets and that a small model does as well: `classification`, `a title`, …",
    ),
    fact("request.text.asks_for_prose", FactType::Text, "", "Its words that ask for a long answer, where none bounds it"),
    fact("request.text.asks_for_json", FactType::Bool, "", "It asks for JSON in words"),
    fact("request.text.repeated", FactType::Record, "", "A paragraph that stands in it for the second time"),
    fact("request.text.repeated.tokens", FactType::Number, "tokens", "All that is said twice"),
    fact("request.text.repeated.start", FactType::Text, "", "How the paragraph begins"),
    fact("request.text.repeated.first", FactType::Record, "", "Where it stands for the first time"),
    fact("request.text.repeated.in_system", FactType::Bool, "", "It is a part of the system text"),
    fact(
        "request.text.repeated.behind_data",
        FactType::Bool,
        "",
        "A value stands between the two, in messages of one role: the task may be said again on purpose",
    ),
    fact("request.text.blank", FactType::Record, "", "Blanks at the ends of lines and runs of empty lines: the first of them"),
    fact("request.text.blank.tokens", FactType::Number, "tokens", "All of them"),
    fact("request.text.filler", FactType::Record, "", "The first courtesy that says nothing"),
    fact("request.text.filler.phrase", FactType::Text, "", "Its words"),
    fact("slot", FactType::Record, "", "A value that goes into a prompt, one at a time, for rules `for: slot`"),
    fact("slot.name", FactType::Text, "", "What it is called: `user.name`, `datetime.now()`"),
    fact("slot.volatility", FactType::Text, "", "`constant`, `deployment`, `period`, `user`, `session`, `turn`, `request`"),
    fact("slot.every", FactType::Text, "", "The same in words, behind `changes`: `on every request`"),
    fact("slot.size", FactType::Text, "", "`scalar`, `list`, `history`, `document`, `retrieval`, `media`, `schema`, `unknown`"),
    fact("slot.tokens", FactType::Number, "tokens", "Its assumed size"),
    fact("slot.limited", FactType::Bool, "", "A slice, splitter, truncation or top-k stands on its way"),
    fact("slot.reason", FactType::Text, "", "Why its volatility is what it is"),
    fact("slot.static_tokens_behind", FactType::Number, "tokens", "Static text of the request after it"),
    fact(
        "slot.behind_change",
        FactType::Bool,
        "",
        "A value that changes with every turn or request stands before it: no cache serves what follows",
    ),
    fact("slot.pretty_json", FactType::Record, "", "The argument that writes it as JSON with indentation"),
    fact("slot.pretty_json.alone", FactType::Bool, "", "The JSON goes into the prompt and nowhere else"),
    fact("slot.unordered", FactType::Record, "", "The collection without an order that it is made from"),
    fact("slot.unordered.reason", FactType::Text, "", "Why: `a set has no order`"),
    fact("slot.in_text", FactType::Bool, "", "It stands in a text, and not alone or as an address of data"),
    fact("slot.retrieved", FactType::Record, "", "The number of passages that a search is asked for and that all go in"),
    fact("slot.retrieved.number", FactType::Number, "", "How many; absent where the limit is switched off"),
    fact("slot.retrieved.all", FactType::Bool, "", "The limit is switched off"),
    fact("slot.base64", FactType::Bool, "", "It is written in base64"),
    fact("slot.json_rows", FactType::Record, "", "The list of objects with the same keys that is written as JSON"),
    fact("slot.json_rows.keys", FactType::Number, "", "How many keys each object has"),
    fact("suppression", FactType::Record, "", "A comment `prompt-lint: ignore[…]`"),
    fact("suppression.used", FactType::Bool, "", "It takes out a finding of every rule that it names"),
    fact("suppression.unused", FactType::Text, "", "The names in it that take out nothing: `output/missing-cap`"),
];
