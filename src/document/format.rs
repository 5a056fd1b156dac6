//! Which files hold prompts, and where in them: the list `files` of `rules/catalogue/formats.yaml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalogue::glob;
use crate::model::prompt::Role;
use crate::model::request::Growth;
use crate::span::Span;

use super::tree::{Kind, Node};

/// One kind of file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    pub id: String,
    /// Globs over the name, or over the path where they hold a slash.
    pub names: Vec<String>,
    pub holds: Holds,
    /// Words that all stand in such a file.
    #[serde(default)]
    pub signs: Vec<String>,
    /// Keys of the front matter of which one at least must be there.
    #[serde(default)]
    pub front_matter_has: Vec<String>,
    #[serde(default)]
    pub requests: Vec<Where>,
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
    pub sibling: Option<String>,
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
    /// A conversation that is kept from turn to turn and sent again.
    pub memory: Option<Memory>,
    pub source: String,
    /// Date of the source, `YYYY-MM-DD`.
    pub as_of: String,
}

/// When a file of instructions is loaded: always, but for these names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadedWhen {
    pub on_demand: Vec<String>,
    /// Names of files whose front matter is asked.
    pub asked: Vec<String>,
    /// Keys of the front matter, and what they say where the file is always loaded.
    pub always_where: BTreeMap<String, Vec<String>>,
}

/// Nodes that are tied to others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wired {
    /// Where they stand below the root.
    nodes: Where,
    /// The key of a node's name.
    name: String,
    /// Where the connections stand: below each name, at these paths the names of what it is tied to.
    connections: String,
    to: Vec<String>,
}

/// How a conversation is kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// One is kept where this holds.
    kept: Where,
    /// Only the last turns of it are sent where this holds.
    window: Option<Where>,
    /// It is kept short in another way where this holds.
    bounded: Option<Where>,
    /// How many turns.
    #[serde(default)]
    turns: Vec<String>,
    /// What is pointed at.
    at: String,
}

/// A conversation that is kept, as a file says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    pub growth: Growth,
    pub span: Span,
}

impl Wired {
    /// All such nodes, each with the names of what it is tied to.
    pub fn ties<'n>(&self, root: &'n Node) -> Vec<(&'n Node, Vec<&'n str>)> {
        let connections = root.at(&self.connections);
        let tied = |node: &'n Node| {
            let ties = node.get(&self.name).and_then(Node::text).and_then(|name| connections.first()?.get(name));
            let names = self.to.iter().flat_map(|path| ties.map_or_else(Vec::new, |ties| ties.at(path)));
            names.filter_map(Node::text).collect()
        };
        self.nodes.find(root).into_iter().map(|node| (node, tied(node))).collect()
    }

    /// Those that are tied to a node.
    pub fn of<'n>(&self, ties: &[(&'n Node, Vec<&'n str>)], node: &Node) -> Vec<&'n Node> {
        let own = node.get(&self.name).and_then(Node::text);
        ties.iter().filter(|(_, to)| own.is_some_and(|own| to.contains(&own))).map(|(tied, _)| *tied).collect()
    }
}

impl Memory {
    /// What is kept for a request, the nodes of which say how it is sent.
    pub fn of(&self, nodes: &[&Node]) -> Option<Kept> {
        let node = nodes.iter().find(|node| !self.kept.find(node).is_empty())?;
        let holds = |place: &Option<Where>| place.as_ref().is_some_and(|place| !place.find(node).is_empty());
        let turns = || self.turns.iter().find_map(|path| node.at(path).first()?.text()?.parse().ok());
        let growth = match () {
            () if holds(&self.window) => Growth::Sliding { turns: turns() },
            () if holds(&self.bounded) => Growth::Bounded { turns: None },
            () => Growth::Unbounded,
        };
        let span = node.at(&self.at).first().map_or(node.span, |at| at.span);
        Some(Kept { growth, span })
    }
}

/// What a file is made of.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageAt {
    pub paths: Vec<String>,
    pub of: BTreeMap<String, Language>,
}

/// How a text tells who speaks.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, Default)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Where {
    #[serde(default = "root")]
    pub each: Vec<String>,
    /// Globs that the texts at paths match.
    #[serde(default, rename = "where")]
    pub matches: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub has: Vec<String>,
    #[serde(default)]
    pub has_one: Vec<String>,
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Every text in it that speaks like a prompt is one.
    #[serde(default)]
    pub any_text: bool,
    /// Where the definitions of tools stand; the first of these that is a list is sent as it is.
    #[serde(default)]
    pub tools: Vec<String>,
    /// The parts are prompts of their own, and not sent together.
    #[serde(default)]
    pub apart: bool,
    /// The service bounds the answer by itself, so that no cap is missing.
    #[serde(default)]
    pub bounded: bool,
}

fn root() -> Vec<String> {
    vec![String::new()]
}

/// Where a text of a request stands, and who speaks it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    #[serde(default)]
    pub each: String,
    #[serde(default)]
    pub text: Vec<String>,
    /// Where the path of the file with the text stands.
    #[serde(default)]
    pub file: Vec<String>,
    #[serde(default)]
    role: Option<RoleName>,
    role_at: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RoleName {
    System,
    User,
}

/// Paths of settings, the first of several is the one to write.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    pub model: Vec<String>,
    pub cap: Vec<String>,
    pub reasoning: Vec<String>,
}

impl Format {
    /// Whether a file of this path and text may be one.
    pub fn may_be(&self, path: &str, text: &str) -> bool {
        self.is_named(path) && self.signs.iter().all(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
    }

    pub fn is_named(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.names.iter().any(|pattern| {
            if pattern.contains('/') { glob(pattern, path) || glob(pattern.trim_start_matches("*/"), path) } else { glob(pattern, name) }
        })
    }
}

impl Where {
    /// The places of requests below a root.
    pub fn find<'n>(&self, root: &'n Node) -> Vec<&'n Node> {
        let mut found: Vec<&Node> = Vec::new();
        for path in &self.each {
            for node in root.at(path) {
                let holds = |path: &String| !node.at(path).is_empty();
                let matches = self.matches.iter().all(|(path, globs)| {
                    node.at(path).iter().any(|at| at.text().is_some_and(|text| globs.iter().any(|pattern| glob(pattern, text))))
                });
                let fits = matches && self.has.iter().all(holds) && (self.has_one.is_empty() || self.has_one.iter().any(holds));
                if fits && !found.iter().any(|known| std::ptr::eq(*known, node)) {
                    found.push(node);
                }
            }
        }
        found
    }
}

impl Where {
    /// The definitions of tools of a request.
    pub fn tools<'n>(&self, request: &'n Node) -> Option<&'n Node> {
        let lists = self.tools.iter().flat_map(|path| request.at(path));
        lists.into_iter().find(|node| !node.items().is_empty())
    }
}

impl Part {
    /// The texts below a request, those in other files too, with who speaks each and whether it is the path of a file.
    pub fn find<'n>(&self, request: &'n Node) -> Vec<(&'n Node, Role, bool)> {
        let mut found = Vec::new();
        for at in request.at(&self.each) {
            let role = match (self.role, &self.role_at) {
                (Some(RoleName::System), _) => Role::System,
                (Some(RoleName::User), _) => Role::User,
                (None, Some(path)) => at.at(path).first().and_then(|node| node.text()).map_or(Role::Unknown, role_of),
                (None, None) => Role::Unknown,
            };
            let is_text = |node: &&Node| matches!(node.kind, Kind::Text { .. } | Kind::File(_));
            let texts = self.text.iter().map(|path| at.at(path)).find(|nodes| nodes.iter().any(is_text));
            found.extend(texts.into_iter().flatten().filter(is_text).map(|node| (node, role, false)));
            let files = self.file.iter().map(|path| at.at(path)).find(|nodes| nodes.iter().any(|node| node.text().is_some()));
            found.extend(files.into_iter().flatten().filter(|node| node.text().is_some()).map(|node| (node, role, true)));
        }
        found
    }
}

/// The role that a word stands for.
pub fn role_of(word: &str) -> Role {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "system" | "developer" | "systemmessage" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "ai" | "model" | "bot" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => Role::Unknown,
    }
}
