//! What the files of `rules/catalogue/` hold: the build reads them into these types and writes the tables of the program, so that
//! nothing is read when it starts; a user's own files are read into the same types.

use std::borrow::Cow;
use std::collections::BTreeMap;

use databake::Bake;
use serde::{Deserialize, Deserializer};

use crate::model::grade::{Confidence, SizeClass, Volatility};

pub mod formats;
pub mod models;

/// A text of a table, or of a user's file.
pub type Text = Cow<'static, str>;
/// The items of a table, or of a user's file.
pub type List<T> = Cow<'static, [T]>;

/// A map of a file, sorted.
pub fn pairs<'de, V: Clone + Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<List<(Text, V)>, D::Error> {
    Ok(BTreeMap::<Text, V>::deserialize(deserializer)?.into_iter().collect::<Vec<_>>().into())
}

/// Names of arguments before a version of a package, as far as `package.json`, requirements files or `pyproject.toml` ask for one.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct Older {
    pub package: Text,
    /// The first version with the new names.
    pub below: Text,
    pub cap: List<Text>,
    /// Providers for whose models those versions sent a cap where the code gave none.
    #[serde(default)]
    pub capped: List<Text>,
}

/// A small cap that older versions of a package sent where the code gives none.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct OlderCap {
    pub package: Text,
    /// The first version that sends none, or the model's maximum.
    pub below: Text,
    pub tokens: u64,
}

/// One call of one SDK in one language.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// `bedrock.converse`, `openai.chat`.
    pub id: Text,
    /// `bedrock`, `anthropic`, `openai`, `azure`.
    pub provider: Text,
    /// `python`, `javascript`.
    pub language: Text,
    /// Import names that make a file worth reading and an unknown receiver believable: `boto3`, `anthropic`.
    pub modules: List<Text>,
    /// Qualified constructors of the client (`openai.OpenAI`, `anthropic.AnthropicBedrock`); an asterisk as last part
    /// stands for any name.
    #[serde(default)]
    pub clients: List<Text>,
    /// Constructors whose client shares the shape but is not this provider, with the provider it is
    /// (`openai.AzureOpenAI: azure`).
    #[serde(default, deserialize_with = "pairs")]
    pub client_providers: List<(Text, Text)>,
    /// Dotted method paths from the client: `chat.completions.create`.
    pub methods: List<Text>,
    /// The method name alone identifies the call, whatever the receiver.
    #[serde(default)]
    pub unique: bool,
    /// With an unknown receiver: not this call if the name before the method path is one of these (`threads`).
    #[serde(default)]
    pub not_after: List<Text>,
    /// Qualified functions that are the same call on a default client: `openai.chat.completions.create`.
    #[serde(default)]
    pub functions: List<Text>,
    /// Names in the method path that change nothing: `with_raw_response`, `beta`.
    #[serde(default)]
    pub transparent: List<Text>,
    /// At least one of these keywords stands at a real call of it (`modelId`, `messages`).
    #[serde(default)]
    pub expects: List<Text>,
    /// Names of the positional arguments of the methods and functions, by which `args` finds them.
    #[serde(default)]
    pub positional: List<Text>,
    /// Classes and functions that make an object which holds settings of its calls: what stands there are arguments of each call
    /// that the methods make (`langchain_openai.ChatOpenAI`). Known by their last name and a root among `modules`.
    #[serde(default)]
    pub constructors: List<Text>,
    /// Base classes and interfaces that stand in annotations: an object of one has settings that are out of sight.
    #[serde(default)]
    pub types: List<Text>,
    /// Names of the positional arguments of the constructors.
    #[serde(default)]
    pub constructor_positional: List<Text>,
    /// The object itself is called (`llm(prompt)`).
    #[serde(default)]
    pub callable: bool,
    /// Models that the classes take where the code names none, by their last names (`ChatOpenAI`).
    #[serde(default, deserialize_with = "pairs")]
    pub default_models: List<(Text, Text)>,
    /// A constructor alone says how its calls are capped, though none is in sight: frameworks take the object and send with it.
    #[serde(default)]
    pub constructor_counts: bool,
    /// Methods that return the object with more settings, as keywords or as a dict (`bind`, `with_config`).
    #[serde(default)]
    pub refines: List<Text>,
    /// Classes and class methods that make a prompt template, by their last names (`ChatPromptTemplate.from_messages`).
    #[serde(default)]
    pub templates: List<Text>,
    /// Classes that tie a template (`prompt`) to a model (`llm`).
    #[serde(default)]
    pub chains: List<Text>,
    /// With a receiver that could not be followed: words of its name that make it one (`llm`).
    #[serde(default)]
    pub receivers: List<Text>,
    /// Names that are called as they stand (`llm(prompt)`), with a prompt as first argument.
    #[serde(default)]
    pub called: List<Text>,
    /// Objects of generated code, each of whose functions in capitalised words is such a call (`baml_client.b`).
    #[serde(default)]
    pub generated: List<Text>,
    /// Arguments that hold the settings of a service made elsewhere: without one of them the service's own hold, unknown here.
    #[serde(default)]
    pub settings_in: List<Text>,
    /// A model that is no name is an object, which may hold a cap among settings of its own.
    #[serde(default)]
    pub settings_in_model: bool,
    /// Classes of such settings whose service sends no cap of its own, by their last names.
    #[serde(default)]
    pub settings_kinds: List<Text>,
    /// The same, but only where the file names one of `modules` (`model`, `chain`).
    #[serde(default)]
    pub likely_receivers: List<Text>,
    /// Ends of the addresses that a general HTTP client posts to; the address is the argument `url`.
    #[serde(default)]
    pub endpoints: List<Text>,
    /// Modules whose functions make an object that stands for a model, its name first, with who serves it (`@ai-sdk/openai`).
    #[serde(default, deserialize_with = "pairs")]
    pub model_makers: List<(Text, Text)>,
    pub args: ArgPaths,
    /// What was called otherwise in older versions of the package.
    #[serde(default)]
    pub older: Option<Older>,
    /// The first positional argument is an object that holds the named arguments (`create({ model, messages })`); of the methods only
    /// where `positional` names nothing else.
    #[serde(default)]
    pub object_argument: bool,
    /// The argument that holds the request as JSON text (`body` of `invoke_model`); `families` then say how.
    pub body: Option<Text>,
    #[serde(default)]
    pub families: List<Family>,
    /// Messages are objects of the library's own classes, with or without dicts among them: code can't ask them for a key.
    #[serde(default)]
    pub message_objects: bool,
    pub shape: MessageShape,
    #[serde(default)]
    pub marker: MarkerStyle,
    #[serde(default)]
    pub stream: bool,
    /// The API refuses a request without a cap.
    #[serde(default)]
    pub cap_required: bool,
    /// What is sent when the code gives no cap, where it is a small default (tokens).
    pub cap_default: Option<u64>,
    /// The same, of versions that are still in use: which one a project runs is not always known.
    pub older_cap: Option<OlderCap>,
    /// The client asks a server on its own machine, unless it is told of another.
    #[serde(default)]
    pub own_server: bool,
    /// The unset maximum is also reserved against the token quota (Bedrock).
    #[serde(default)]
    pub reserves_quota: bool,
    /// The asynchronous API at half the price, for advice.
    pub batch: Option<Text>,
    pub source: Text,
    /// Date of the source, `YYYY-MM-DD`.
    pub as_of: Text,
}

/// Where the parts of a request stand among the arguments: dotted paths (`inferenceConfig.maxTokens`); the first of
/// several is the one that a rewrite writes.
#[derive(Debug, Default, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields, default)]
pub struct ArgPaths {
    pub model: List<Text>,
    pub system: List<Text>,
    pub messages: List<Text>,
    /// One text of the user, or messages (`prompt`): what can't be followed is taken for a text.
    pub prompt: List<Text>,
    pub tools: List<Text>,
    pub cap: List<Text>,
    pub reasoning: List<Text>,
    pub metadata: List<Text>,
    /// Switches that turn automatic caching on for the whole request (top-level `cache_control`).
    pub auto_cache: List<Text>,
    /// Holds further model parameters that may carry a cap (`additionalModelRequestFields`, `extra_body`).
    pub extra: List<Text>,
    /// Continues a conversation kept by the provider (`previous_response_id`).
    pub server_history: List<Text>,
    /// The kinds of answers that are asked for: a picture has a price of its own, which a cap does not lower.
    pub modalities: List<Text>,
    /// Multiplies the output (`n`).
    pub candidates: List<Text>,
}

/// How the body of `invoke_model` is laid out for one family of models.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Globs over the model id without its region prefix: `anthropic.claude*`.
    pub models: List<Text>,
    /// Keys of the body that give the family away when the model is unknown (`anthropic_version`).
    #[serde(default)]
    pub keys: List<Text>,
    pub args: ArgPaths,
    pub shape: MessageShape,
    #[serde(default)]
    pub marker: MarkerStyle,
    #[serde(default)]
    pub cap_required: bool,
    pub cap_default: Option<u64>,
    /// The default without a cap is documented; if not, a missing one is reported at low confidence.
    #[serde(default)]
    pub verified: bool,
    /// Models that write no text (embeddings, images): a call of one has no cap, no history and nothing to cache.
    #[serde(default)]
    pub no_text: bool,
}

/// How messages and their content are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(rename_all = "kebab-case")]
pub enum MessageShape {
    /// `[{"role": …, "content": [{"text": …}]}]`, system `[{"text": …}]`
    Converse,
    /// `[{"role": …, "content": str | [{"type": "text", "text": …}]}]`, system `str | blocks`
    Anthropic,
    /// system and developer are messages; content `str | [{"type": "text", "text": …}]`
    OpenaiChat,
    /// `input` is `str | items`, `instructions` is the system text
    OpenaiResponses,
    /// One text (`prompt`, `inputText`)
    Text,
}

/// How an explicit cache marker is written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(rename_all = "kebab-case")]
pub enum MarkerStyle {
    /// A block of its own after the content: `{"cachePoint": {"type": "default"}}`
    CachePoint,
    /// A key of the last block: `"cachePoint": {"type": "default"}`
    CachePointKey,
    /// A key of the last block: `"cache_control": {"type": "ephemeral"}`
    CacheControl,
    /// A key of a content part: `"prompt_cache_breakpoint": {"mode": "explicit"}`
    PromptCacheBreakpoint,
    #[default]
    None,
}

/// Addresses of servers on the machine of the program itself, and the arguments that hold them.
#[derive(Debug, Default, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct OwnMachine {
    pub arguments: List<Text>,
    pub hosts: List<Text>,
    pub keys: List<Text>,
    pub makers: List<Text>,
}

/// Words of names whose bearer makes pictures.
#[derive(Debug, Default, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct Pictures {
    pub what: List<Text>,
    pub made: List<Text>,
    pub told: List<Text>,
    pub models: List<Text>,
}

#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct NamesFile {
    pub groups: List<GroupEntry>,
    pub constants: Meaning,
    pub pictures: Pictures,
    pub own_machine: OwnMachine,
    #[serde(default)]
    pub example_folders: List<Text>,
    pub receivers: List<Text>,
    pub transparent_calls: List<Text>,
    pub speakers: List<Text>,
    pub pointers: List<Text>,
    pub pointers_elsewhere: List<Text>,
    pub pointers_inside: List<Text>,
    pub places: List<Text>,
    pub loose_pointers: List<Text>,
    pub media_types: List<Text>,
    pub media_keys: List<Text>,
    pub data_files: List<Text>,
    pub setting_files: List<Text>,
    pub settled_records: List<Text>,
}

#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// For the reader of the file, and for errors.
    pub about: Text,
    #[serde(default)]
    pub first: bool,
    #[serde(default)]
    pub whole: List<Text>,
    #[serde(default)]
    pub prefix: List<Text>,
    #[serde(default)]
    pub suffix: List<Text>,
    #[serde(default)]
    pub part: List<Text>,
    pub volatility: Option<Volatility>,
    #[serde(default)]
    pub size: SizeClass,
    pub confidence: Option<Confidence>,
    pub size_confidence: Option<Confidence>,
    #[serde(default)]
    pub may_be_settled: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    pub volatility: Option<Volatility>,
    pub size: SizeClass,
    pub confidence: Confidence,
}

/// Functions or methods of a library that do the same, and what they do.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct Builtin {
    /// Qualified names of functions, of which one that ends in `*` stands for any that begins like it; names of methods.
    pub names: List<Text>,
    pub effect: Effect,
    /// How often the result changes; absent: as its receiver and arguments.
    pub volatility: Option<Volatility>,
    /// What comes out; absent: as its receiver.
    pub size: Option<SizeClass>,
    /// Why, in words that can follow "`name`: " in a report: "read from the clock".
    pub reason: Option<Text>,
    /// Only where it is given nothing; of what it is given it is hardly changed.
    #[serde(default)]
    pub bare: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// A value from outside: a clock, an id, a file, a page (`volatility` and `size` say more).
    Source,
    /// The text of its receiver or first argument, hardly changed (`strip`, `str`, `dedent`).
    Same,
    /// The data that its first argument says: a text in JSON, YAML or TOML, or a file of it.
    Parses,
    /// The value, cut to a length or to a few of its parts (`textwrap.shorten`, `splitter.split_text`, `islice`).
    Limits,
    /// The value in a fixed order (`sorted`).
    Sorts,
    /// JSON text of its first argument (`json.dumps`).
    Json,
    /// The text of a file named by its argument (`open(…).read()`, `Path(…).read_text()`).
    ReadsFile,
    /// A count or a flag (`len`).
    Scalar,
    /// A list that holds so many items at most (`deque(maxlen=…)`).
    BoundedList,
    /// A template object from the file named by its argument (`env.get_template`).
    LoadsTemplate,
    /// A template object from the text of its argument (`jinja2.Template`).
    MakesTemplate,
    /// A value of the deployment: environment variable, setting (`os.environ.get`).
    Setting,
    /// Value unknown, and its arguments may have been shortened (`trim_messages`, `compact`).
    Trims,
}

#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct BuiltinsFile {
    pub functions: List<Builtin>,
    pub methods: List<Builtin>,
    pub trims: List<Text>,
    pub session_stores: List<Text>,
    pub left_out: List<Text>,
    pub plain_bases: List<Text>,
    #[serde(default)]
    pub message_stores: List<Text>,
    #[serde(default)]
    pub routes: List<Text>,
    #[serde(default)]
    pub request_bodies: List<Text>,
    #[serde(default)]
    pub document_parts: List<Text>,
    #[serde(default)]
    pub row_queries: List<Text>,
}

/// `wording.yaml`; what its lists mean is said there.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct WordingFile {
    pub light_tasks: List<LightTask>,
    pub heavy_tasks: List<Text>,
    pub json: List<Text>,
    pub filler: List<Text>,
    pub no_items: List<Text>,
    pub jobs: List<Text>,
    pub shows: List<Text>,
    pub serves: List<Text>,
    pub handles: List<Text>,
    pub registers: List<Text>,
    pub parts: List<Text>,
    pub whole_tasks: List<Text>,
    pub asks: List<Text>,
    pub waits: List<Text>,
    pub answers: List<Text>,
    pub prose: List<Text>,
    pub long_answers: List<Text>,
    pub anything: List<Text>,
    pub bounds: List<Text>,
    pub output_form: List<Text>,
    pub needs_all: List<Text>,
    pub short_answers: List<Text>,
    pub short_room: u64,
    pub said: List<Text>,
    pub goes_on: List<Text>,
    pub leads: List<Text>,
    pub turn_signs: List<Text>,
    pub lengths: List<Length>,
    pub numbers: List<Text>,
    pub of_many: List<Text>,
}

/// A unit in which the length of a text is told.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct Length {
    pub of: List<Text>,
    /// What one of it takes at most, as a rule.
    pub tokens: u64,
}

/// A task that any model does, and the phrases that ask for it.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct LightTask {
    pub task: Text,
    /// Tokens that the answer never needs.
    pub room: u64,
    pub phrases: List<Text>,
}

/// `tokenizers.yaml`.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct TokenizersFile {
    /// Of a count with an encoding that is assumed.
    pub assumed_encoding_band: f64,
    pub estimates: List<Estimate>,
}

/// Multiples of the o200k_base count, lowest and highest, by kind of content.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    pub name: Text,
    pub prose: (f64, f64),
    pub code: (f64, f64),
    pub json: (f64, f64),
    pub cjk: (f64, f64),
}
