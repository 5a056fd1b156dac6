//! What tells prompts from other texts, and which files hold prompts.

use databake::Bake;
use serde::Deserialize;

use super::{List, Meaning, Text, pairs};

/// `formats.yaml`.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct FormatsFile {
    pub prompt: Signals,
    pub jinja: Jinja,
    pub files: List<Format>,
}

/// The measured signals; words are in lower case, except those of first lines of code.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct Signals {
    pub template_suffixes: List<Text>,
    pub code_extensions: List<Text>,
    pub file_names: List<Text>,
    pub code_first_lines: List<Text>,
    pub markup_first_lines: List<Text>,
    pub chat_markers: List<Text>,
    pub strong_wording: List<Text>,
    pub name_hints: List<Text>,
    pub weak_wording: List<Text>,
    #[serde(deserialize_with = "pairs")]
    pub role_lines: List<(Text, RoleName)>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    System,
    User,
    Assistant,
    Tool,
}

/// What names inside Jinja expressions mean.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct Jinja {
    /// Methods that give back another form of their value.
    pub methods: List<Text>,
    /// Filters that leave as much as their first argument says.
    pub limits: List<Text>,
    /// Filters that cut a list into lists as long as their first argument says.
    pub chunks: List<Text>,
    /// Filters that leave one item.
    #[serde(deserialize_with = "pairs")]
    pub one_item: List<(Text, OneItem)>,
}

#[derive(Debug, Clone, Copy, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct OneItem {
    pub from_end: bool,
}

/// One kind of file.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct Format {
    pub id: Text,
    /// Globs over the name, or over the path where they hold a slash.
    pub names: List<Text>,
    pub holds: Holds,
    /// Words that all stand in such a file.
    #[serde(default)]
    pub signs: List<Text>,
    /// Keys of the front matter of which one at least must be there.
    #[serde(default)]
    pub front_matter_has: List<Text>,
    #[serde(default)]
    pub requests: List<Where>,
    pub language: Language,
    pub language_at: Option<LanguageAt>,
    #[serde(default)]
    pub roles: Roles,
    #[serde(default)]
    pub settings: Paths,
    /// Of instructions for coding assistants: when they are loaded.
    pub loaded: Option<LoadedWhen>,
    /// Words at paths by which a request asks for no text: embeddings, pictures.
    pub no_text: Option<Where>,
    /// The file beside it that holds the settings.
    pub sibling: Option<Text>,
    /// The file says all of the request: what is not in it is not sent.
    #[serde(default)]
    pub whole: bool,
    /// The name says little: the words decide whether it is a prompt at all.
    #[serde(default)]
    pub judged: bool,
    /// So many requests of a file are looked at: of many that differ in their data only, the first says all.
    pub most: Option<usize>,
    /// Nodes of a graph that say how the request of another one is sent, tied to it by connections under the name of each.
    pub wired: Option<Wired>,
    /// Parts of a pipeline that say how the text of another one is sent, by the links between them.
    pub linked: Option<Linked>,
    /// A conversation that is kept from turn to turn and sent again.
    pub memory: Option<Memory>,
    /// Names that the framework itself fills in, and with what.
    #[serde(default, deserialize_with = "pairs")]
    pub values: List<(Text, Meaning)>,
    pub source: Text,
    /// Date of the source, `YYYY-MM-DD`.
    pub as_of: Text,
}

/// When a file of instructions is loaded: always, but for these names.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct LoadedWhen {
    pub on_demand: List<Text>,
    /// Names of files whose front matter is asked.
    pub asked: List<Text>,
    /// Keys of the front matter, and what they say where the file is always loaded.
    #[serde(deserialize_with = "pairs")]
    pub always_where: List<(Text, List<Text>)>,
}

/// Nodes that are tied to others.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct Wired {
    /// Where they stand below the root.
    pub nodes: Where,
    /// The key of a node's name.
    pub name: Text,
    /// Where the connections stand: below each name, at these paths the names of what it is tied to.
    pub connections: Text,
    pub to: List<Text>,
}

/// Parts of a pipeline under names, and links between them.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct Linked {
    /// Where the parts stand below the root, each under its name.
    pub parts: Text,
    /// Those that send what they are handed to a model.
    pub takers: Where,
    pub links: Text,
    /// Keys of a link: the part that hands on, and the part that takes, each before a dot.
    pub from: Text,
    pub to: Text,
}

/// How a conversation is kept.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// One is kept where this holds.
    pub kept: Where,
    /// Only the last turns of it are sent where this holds.
    pub window: Option<Where>,
    /// It is kept short in another way where this holds.
    pub bounded: Option<Where>,
    /// How many turns.
    #[serde(default)]
    pub turns: List<Text>,
    /// What is pointed at.
    pub at: Text,
}

/// What a file is made of.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    Yaml,
    Json,
    JsonLines,
    Toml,
    Hcl,
    /// YAML between two lines of dashes, and the prompt behind it.
    FrontMatter,
    Text,
    Baml,
}

/// A template language by its name in the catalogue.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Jinja,
    Handlebars,
    SemanticKernel,
    Dify,
    N8n,
    Liquid,
    Go,
    Erb,
    Braces,
    Dollar,
    Poml,
    /// Jinja or `{name}`, as it is written.
    Guess,
    Plain,
}

/// Where a file names its template language.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct LanguageAt {
    pub paths: List<Text>,
    #[serde(deserialize_with = "pairs")]
    pub of: List<(Text, Language)>,
}

/// How a text tells who speaks.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, Default, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(rename_all = "kebab-case")]
pub enum Roles {
    #[default]
    None,
    /// `system:` on a line of its own.
    Lines,
    /// `{{role "system"}}`, `{{ _.role("system") }}`
    Calls,
    /// `<message role="system">…</message>`
    Tags,
}

/// Where the requests of a file stand.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct Where {
    #[serde(default = "root")]
    pub each: List<Text>,
    /// Globs that the texts at paths match.
    #[serde(default, rename = "where", deserialize_with = "pairs")]
    pub matches: List<(Text, List<Text>)>,
    #[serde(default)]
    pub has: List<Text>,
    #[serde(default)]
    pub has_one: List<Text>,
    #[serde(default)]
    pub parts: List<Part>,
    /// Every text in it that speaks like a prompt is one.
    #[serde(default)]
    pub any_text: bool,
    /// Where the definitions of tools stand; the first of these that is a list is sent as it is.
    #[serde(default)]
    pub tools: List<Text>,
    /// The parts are prompts of their own, and not sent together.
    #[serde(default)]
    pub apart: bool,
    /// The service bounds the answer by itself, so that no cap is missing.
    #[serde(default)]
    pub bounded: bool,
}

fn root() -> List<Text> {
    vec![Text::default()].into()
}

/// Where a text of a request stands, and who speaks it.
#[derive(Debug, Clone, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields)]
pub struct Part {
    #[serde(default)]
    pub each: Text,
    #[serde(default)]
    pub text: List<Text>,
    /// Where the path of the file with the text stands.
    #[serde(default)]
    pub file: List<Text>,
    #[serde(default)]
    pub role: Option<RoleName>,
    pub role_at: Option<Text>,
}

/// Paths of settings, the first of several is the one to write.
#[derive(Debug, Clone, Deserialize, Default, Bake)]
#[databake(path = crate::catalogue::tables::formats)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    pub model: List<Text>,
    pub cap: List<Text>,
    pub reasoning: List<Text>,
    /// Of the server.
    pub address: List<Text>,
}
