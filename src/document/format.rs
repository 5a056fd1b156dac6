//! Which files hold prompts, and where in them: the list `files` of `rules/catalogue/formats.yaml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalogue::glob;
use crate::model::prompt::Role;

use super::tree::Node;

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

/// What a file is made of.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    Yaml,
    Json,
    JsonLines,
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
    /// The parts are prompts of their own, and not sent together.
    #[serde(default)]
    pub apart: bool,
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
    pub text: Vec<String>,
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

impl Part {
    /// The texts below a request, with who speaks each.
    pub fn find<'n>(&self, request: &'n Node) -> Vec<(&'n Node, Role)> {
        let mut found = Vec::new();
        for at in request.at(&self.each) {
            let role = match (self.role, &self.role_at) {
                (Some(RoleName::System), _) => Role::System,
                (Some(RoleName::User), _) => Role::User,
                (None, Some(path)) => at.at(path).first().and_then(|node| node.text()).map_or(Role::Unknown, role_of),
                (None, None) => Role::Unknown,
            };
            let texts = self.text.iter().map(|path| at.at(path)).find(|nodes| nodes.iter().any(|node| node.text().is_some()));
            found.extend(texts.into_iter().flatten().filter(|node| node.text().is_some()).map(|node| (node, role)));
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
