//! Models, their prices, limits and cache rules: `rules/catalogue/models.yaml`.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub id: String,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub provider: String,
    /// `premium`, `mid`, `lightweight`: a judgement by price and the vendor's positioning.
    pub tier: String,
    /// `active`, `legacy`, `deprecated`, `retired`.
    pub status: String,
    /// Tokens.
    pub context_window: Option<u64>,
    /// Tokens.
    pub max_output: Option<u64>,
    /// USD per million tokens at the standard tier and short context.
    pub price: Option<Price>,
    /// Prices from a date on that was announced.
    #[serde(default)]
    pub price_changes: Vec<PriceChange>,
    pub cache: CacheRule,
    /// A tiktoken encoding (`o200k_base`) or an estimate (`est:claude-4.7plus`).
    pub tokenizer: String,
    #[serde(default)]
    pub reasoning: Reasoning,
    /// Date of the entry, `YYYY-MM-DD`.
    pub as_of: String,
    pub source: String,
    pub notes: Option<String>,
}

/// USD per million tokens; `None` is unknown, never zero.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    pub cache_read: Option<f64>,
    /// Of an entry with the default life. `None` where writes are free or the price is unknown, see [`CacheRule::free_writes`].
    pub cache_write: Option<f64>,
    /// Of an entry with the long life.
    pub cache_write_long: Option<f64>,
    pub batch_input: Option<f64>,
    pub batch_output: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceChange {
    /// First day of the new price.
    pub from: String,
    pub price: Price,
}

#[derive(Debug, Deserialize, Clone, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CacheRule {
    pub kind: CacheKind,
    /// Shortest prefix that is cached, in tokens over tools, system and messages.
    pub min_tokens: Option<u64>,
    #[serde(default)]
    pub max_breakpoints: Option<u32>,
    /// Writes cost nothing beyond the input.
    #[serde(default)]
    pub free_writes: bool,
    /// Hits come in steps of so many tokens (128 for OpenAI up to GPT-5.5); 1 where any length is served.
    #[serde(default = "one")]
    pub step: u64,
    /// Content blocks that the provider looks back from a marker to find an entry.
    pub lookback_blocks: Option<u32>,
    /// Seconds that an unused entry lives.
    pub ttl_seconds: Option<u64>,
    /// Which parts may carry a marker: `tools`, `system`, `messages`.
    #[serde(default)]
    pub fields: Vec<String>,
}

fn one() -> u64 {
    1
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum CacheKind {
    /// Only what is marked.
    Explicit,
    /// Marked reliably, unmarked at best effort (Bedrock).
    ExplicitImplicit,
    /// Without markers.
    Automatic,
    /// Without markers, which may be added for control (GPT-5.6 and later).
    AutomaticExplicit,
    /// A named resource or best effort (Gemini).
    Implicit,
    None,
    Unknown,
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Reasoning {
    /// Never writes hidden tokens.
    Never,
    /// When asked to.
    Optional,
    /// By default or always.
    Always,
    #[default]
    Unknown,
}

/// All models, found by the id or alias as it stands in code.
pub struct Models {
    /// Read on first use.
    pub entries: LazyLock<Vec<Model>, Loader>,
    index: OnceLock<HashMap<String, usize>>,
}

type Loader = Box<dyn FnOnce() -> Vec<Model> + Send>;

const BUILTIN: &str = include_str!("../../rules/catalogue/models.yaml");

impl Default for Models {
    fn default() -> Self {
        Models::new(Vec::new())
    }
}

impl std::fmt::Debug for Models {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.entries.iter().map(|model| &model.id)).finish()
    }
}

impl Models {
    pub fn new(entries: Vec<Model>) -> Self {
        Models { entries: LazyLock::new(Box::new(move || entries)), index: OnceLock::new() }
    }

    /// The models that come with the program, read when the first of them is asked for.
    pub fn builtin() -> Self {
        Models { entries: LazyLock::new(Box::new(|| Models::parse(BUILTIN).unwrap_or_default())), index: OnceLock::new() }
    }

    /// Reads a file of models.
    pub fn parse(yaml: &str) -> Result<Vec<Model>, serde_yaml::Error> {
        serde_yaml::from_str(yaml)
    }

    /// The entry for a model as it is named in code: an id or alias; on Bedrock also behind a region prefix (`eu.`), in the ARN of a
    /// foundation model or of a system inference profile, and with or without a version (`:0`). Anything else is `None`, never a guess.
    pub fn find(&self, name: &str) -> Option<&Model> {
        let index = self.index.get_or_init(|| {
            let mut index = HashMap::new();
            for (at, model) in self.entries.iter().enumerate() {
                for name in std::iter::once(&model.id).chain(&model.aliases) {
                    index.entry(name.clone()).or_insert(at);
                }
            }
            index
        });
        let get = |name: &str| index.get(name).and_then(|&at| self.entries.get(at));
        forms(name).iter().find_map(|form| get(form))
    }
}

/// The names under which a model may stand in the catalogue, the most exact first.
fn forms(name: &str) -> Vec<String> {
    let Some(name) = out_of_arn(name.trim()) else { return Vec::new() };
    let mut forms = vec![name.to_string()];
    if let Some(geographic) = without_region(name) {
        // `global.` is priced apart from the regions, and is never stood in for by another.
        if !name.starts_with("global.") {
            forms.push(geographic.to_string());
        }
    }
    let mut more = Vec::new();
    for form in &forms {
        // Google's way to write a date.
        if let Some((id, date)) = form.split_once('@') {
            more.push(if date == "latest" || date == "default" { id.to_string() } else { format!("{id}-{date}") });
        }
        match form.rsplit_once(':') {
            // The context window of a provisioned model (`…-v1:0:200k`).
            Some((id, window)) if window.ends_with('k') && id.contains(':') => more.push(id.to_string()),
            // Bedrock's documents leave the version out of some ids and write it in others.
            Some((id, "0")) => {
                more.push(id.to_string());
                more.extend(id.strip_suffix("-v1").map(str::to_string));
            }
            Some(_) => {}
            None if form.ends_with("-v1") => {
                more.push(format!("{form}:0"));
                more.extend(form.strip_suffix("-v1").map(str::to_string));
            }
            None if form.contains('.') => more.extend([format!("{form}:0"), format!("{form}-v1"), format!("{form}-v1:0")]),
            None => {}
        }
    }
    forms.append(&mut more);
    forms
}

/// The id in the ARN of a foundation model or system inference profile; the name itself if it is no ARN. `None` for an ARN that does not say
/// its model: an application inference profile, a provisioned or imported model, a managed prompt.
fn out_of_arn(name: &str) -> Option<&str> {
    if !name.starts_with("arn:") {
        return Some(name);
    }
    let (kind, id) = name.splitn(6, ':').nth(5)?.split_once('/')?;
    matches!(kind, "foundation-model" | "inference-profile").then_some(id)
}

/// Geographic and global profiles of Bedrock: User Guide, "Supported Regions and models for inference profiles", seen 2026-11-22.
const REGIONS: [&str; 10] = ["us-gov.", "us.", "eu.", "apac.", "global.", "au.", "jp.", "in.", "ca.", "sa."];

fn without_region(name: &str) -> Option<&str> {
    REGIONS.iter().find_map(|region| name.strip_prefix(region)).filter(|rest| rest.contains('.'))
}

/// A Bedrock model id without ARN and region prefix: `anthropic.claude-sonnet-4-5-20250929-v1:0`. Other names come back as they are.
pub fn bare_id(name: &str) -> &str {
    let name = out_of_arn(name).unwrap_or(name);
    without_region(name).unwrap_or(name)
}
