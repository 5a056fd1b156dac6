//! A model: its prices, its limits and the rules of its cache.

use databake::Bake;
use serde::{Deserialize, Serialize};

use super::{List, Text};

/// A model as it is sold: prices, limits and the rules of its cache.
#[derive(Debug, Clone, Serialize, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::models)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub id: Text,
    #[serde(default)]
    pub aliases: List<Text>,
    pub provider: Text,
    /// `premium`, `mid`, `lightweight`: a judgement by price and the vendor's positioning.
    pub tier: Text,
    /// `active`, `legacy`, `deprecated`, `retired`.
    pub status: Text,
    /// Tokens.
    pub context_window: Option<u64>,
    /// Tokens.
    pub max_output: Option<u64>,
    /// USD per million tokens at the standard tier and short context.
    pub price: Option<Price>,
    /// Prices from a date on that was announced.
    #[serde(default)]
    pub price_changes: List<PriceChange>,
    pub cache: CacheRule,
    /// A tiktoken encoding (`o200k_base`) or an estimate (`est:claude-4.7plus`).
    pub tokenizer: Text,
    /// False where the encoding is an assumption (GPT-6).
    #[serde(default = "yes")]
    pub tokenizer_verified: bool,
    #[serde(default)]
    pub reasoning: Reasoning,
    /// Date of the entry, `YYYY-MM-DD`.
    pub as_of: Text,
    pub source: Text,
    pub notes: Option<Text>,
}

/// USD per million tokens; `None` is unknown, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::models)]
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

/// A price that was announced for later.
#[derive(Debug, Clone, Serialize, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::models)]
#[serde(deny_unknown_fields)]
pub struct PriceChange {
    /// First day of the new price.
    pub from: Text,
    pub price: Price,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::models)]
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
    /// The longest prefix that is cached, in tokens (Nova).
    pub max_cached_tokens: Option<u64>,
    /// Seconds that an unused entry lives, by default.
    pub ttl_seconds: Option<u64>,
    /// Which parts may carry a marker: `tools`, `system`, `messages`.
    #[serde(default)]
    pub fields: List<Text>,
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::models)]
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

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Bake)]
#[databake(path = crate::catalogue::tables::models)]
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
