//! Rewrites: each a named transformation of the model, and its realisation as edits of the source; one file a rewrite.
//!
//! The two faces are independent on purpose. The model face says what the request becomes and is what a saving is
//! measured on; the edit face says how the source becomes that, or why it can't be done unattended. The fix engine
//! proves afterwards that the second did what the first said.

use crate::catalogue::glob;
use crate::catalogue::models::family_id;
use crate::catalogue::{ArgPaths, MarkerStyle, MessageShape};
use crate::model::call::Call;
use crate::model::prompt::{Segment, Slot};
use crate::model::request::Request;
use crate::project::Project;
use crate::report::{Applicability, Edit};
use crate::span::{FileId, Place};

pub mod add_argument;
pub mod add_breakpoint;
pub mod add_tags;
pub mod collapse_space;
pub mod compact_json;
pub mod drop_duplicate;
pub mod evict_in_blocks;
pub mod limit_slot;
pub mod limit_turns;
pub mod move_behind_static;
pub mod move_breakpoint;
pub mod remove;
pub mod replace_phrase;
pub mod set_argument;
pub mod slice;
pub mod sort;
pub mod stable_key;

mod around;
pub(crate) mod find;
mod flat;
mod insert;
mod notation;
mod plan;
mod split;

#[cfg(test)]
pub(crate) mod testing;

/// What a rewrite is applied to: the request of one call or prompt, and where it is written.
#[derive(Clone, Copy)]
pub struct Target<'a, 'p> {
    pub project: &'p Project,
    pub request: &'a Request,
    /// `None` for a prompt file that no call is known to send.
    pub call: Option<&'a Call<'p>>,
    /// The literal or file that the finding's prompt stands in.
    pub prompt: Option<Place>,
    /// The slot, loop or argument that the finding points at.
    pub at: Option<Place>,
    /// The cap that config sets for this call, in tokens.
    pub cap: Option<u64>,
    /// Names and values by which the config wants costs to be allocated.
    pub tags: &'a [(String, String)],
    /// The literal that the rule wants to be another one, and that.
    pub set: Option<(Place, &'a str)>,
    pub options: Options,
}

/// Options of the rules that a rewrite reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The cap where config sets none, in tokens.
    pub default_cap: u64,
    /// The size that a whole document is cut to, in tokens.
    pub limit_tokens: u64,
    /// Messages that stay when old ones are dropped; twice as many is the most that is ever sent.
    pub keep_messages: u32,
    /// Turns of a loop in which a model calls tools.
    pub max_turns: u32,
    /// Static text after a value that is too short to matter, in tokens.
    pub min_lost_tokens: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { default_cap: 1024, limit_tokens: 2000, keep_messages: 20, max_turns: 25, min_lost_tokens: 64 }
    }
}

/// What a rewrite makes of its target.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The request after the rewrite.
    pub mended: Request,
    /// The cap after the rewrite, where it sets one; in tokens.
    pub cap: Option<u64>,
    pub delta: Delta,
    pub edit: Result<Proposal, Declined>,
}

/// Edits that make the source say what the mended request says.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub edits: Vec<Edit>,
    pub applicability: Applicability,
    pub title: String,
}

/// Why no edit is offered, as the end of the sentence "not fixed: …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Declined(pub String);

impl Declined {
    pub(crate) fn because<T>(reason: impl Into<String>) -> Result<T, Declined> {
        Err(Declined(reason.into()))
    }
}

/// All that may differ between a request before and after a rewrite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Text and slots change their place.
    pub moves: bool,
    /// Text goes.
    pub removes: bool,
    /// A slot or a history gets a limit.
    pub bounds: bool,
    /// Markers or arguments come; never text.
    pub inserts: bool,
    /// Markers go.
    pub unmarks: bool,
    /// A value is written otherwise, and is the same to who reads it. What that saves depends on the value, and is not known.
    pub respells: bool,
}

impl Delta {
    pub const NOTHING: Delta = Delta { moves: false, removes: false, bounds: false, inserts: false, unmarks: false, respells: false };

    /// The same text is sent in another order: only a cache can make that cheaper.
    pub const fn only_moves(self) -> bool {
        self.moves && !self.removes && !self.bounds && !self.inserts && !self.unmarks && !self.respells
    }

    pub const fn union(self, other: Delta) -> Delta {
        Delta {
            moves: self.moves || other.moves,
            removes: self.removes || other.removes,
            bounds: self.bounds || other.bounds,
            inserts: self.inserts || other.inserts,
            unmarks: self.unmarks || other.unmarks,
            respells: self.respells || other.respells,
        }
    }
}

/// What a rewrite declares of itself, whatever it is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub name: &'static str,
    pub delta: Delta,
    /// Rules that may find something new once this is done, because it makes their own rewrite worth while.
    pub enables: &'static [&'static str],
    /// Its edits are of comments, which for any other makes a fix unsafe.
    pub on_comments: bool,
}

/// Every rewrite there is.
pub const REWRITES: &[Declaration] = &[
    Declaration { name: "add-argument", delta: Delta { inserts: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration { name: "add-breakpoint", delta: Delta { inserts: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration { name: "add-tags", delta: Delta { inserts: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration { name: "collapse-space", delta: Delta::NOTHING, enables: &[], on_comments: false },
    Declaration { name: "compact-json", delta: Delta { respells: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration { name: "drop-duplicate", delta: Delta { removes: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration {
        name: "evict-in-blocks",
        delta: Delta { bounds: true, ..Delta::NOTHING },
        enables: &["cache/missing-breakpoint"],
        on_comments: false,
    },
    Declaration { name: "limit-slot", delta: Delta { bounds: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration { name: "limit-turns", delta: limit_turns::DELTA, enables: &[], on_comments: false },
    Declaration {
        name: "move-behind-static",
        delta: Delta { moves: true, ..Delta::NOTHING },
        enables: &["cache/missing-breakpoint"],
        on_comments: false,
    },
    Declaration { name: "move-breakpoint", delta: move_breakpoint::DELTA, enables: &["cache/missing-breakpoint"], on_comments: false },
    Declaration { name: "remove", delta: Delta::NOTHING, enables: &[], on_comments: true },
    Declaration { name: "replace-phrase", delta: Delta { removes: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration { name: "set-argument", delta: Delta { inserts: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration {
        name: "slice",
        delta: Delta { bounds: true, ..Delta::NOTHING },
        enables: &["history/sliding-window"],
        on_comments: false,
    },
    Declaration { name: "sort", delta: Delta { respells: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
    Declaration { name: "stable-key", delta: Delta { inserts: true, ..Delta::NOTHING }, enables: &[], on_comments: false },
];

/// The declaration of the rewrite with this name.
pub fn declared(name: &str) -> Option<&'static Declaration> {
    REWRITES.iter().find(|rewrite| rewrite.name == name)
}

/// Applies a rewrite by name; `None` if there is nothing in the target that it could change, or no such rewrite.
pub fn apply(name: &str, target: &Target) -> Option<Outcome> {
    match name {
        "add-argument" => add_argument::apply(target),
        "add-breakpoint" => add_breakpoint::apply(target),
        "add-tags" => add_tags::apply(target),
        "collapse-space" => collapse_space::apply(target),
        "compact-json" => compact_json::apply(target),
        "drop-duplicate" => drop_duplicate::apply(target),
        "evict-in-blocks" => evict_in_blocks::apply(target),
        "limit-slot" => limit_slot::apply(target),
        "limit-turns" => limit_turns::apply(target),
        "move-behind-static" => move_behind_static::apply(target),
        "move-breakpoint" => move_breakpoint::apply(target),
        "replace-phrase" => replace_phrase::apply(target),
        "set-argument" => set_argument::apply(target),
        "slice" => slice::apply(target),
        "sort" => sort::apply(target),
        "stable-key" => stable_key::apply(target),
        _ => None,
    }
}

impl<'a, 'p> Target<'a, 'p> {
    /// The file in which the call of the SDK stands: that of the wrapper, if it lies inside one.
    fn call_file(call: &Call) -> FileId {
        call.via.as_ref().map_or(call.place.file, |via| via.inner.file)
    }
}

/// The slots of a request, those of loops and branches included.
fn slots(request: &Request) -> Vec<&Slot> {
    fn collect<'r>(segments: &'r [Segment], slots: &mut Vec<&'r Slot>) {
        for segment in segments {
            match segment {
                Segment::Slot(slot) => slots.push(slot),
                Segment::Block(block) => block.arms.iter().for_each(|arm| collect(arm, slots)),
                Segment::Text(_) | Segment::Breakpoint(_) => {}
            }
        }
    }
    let mut slots = Vec::new();
    request.blocks.iter().for_each(|block| collect(&block.segments, &mut slots));
    slots
}

/// How the request of a call is laid out: by the API, or for the body of `invoke_model` by the family of the model.
struct Layout<'p> {
    args: &'p ArgPaths,
    shape: MessageShape,
    marker: MarkerStyle,
    /// The argument that holds the request as JSON text.
    body: Option<&'p str>,
}

fn layout<'p>(call: &Call<'p>, body_keys: &[String]) -> Option<Layout<'p>> {
    let api = call.api;
    let Some(body) = &api.body else {
        return Some(Layout { args: &api.args, shape: api.shape, marker: api.marker, body: None });
    };
    let named = call
        .model_name
        .present()
        .and_then(|name| api.families.iter().find(|family| family.models.iter().any(|pattern| glob(pattern, family_id(name)))));
    let family =
        named.or_else(|| api.families.iter().find(|family| family.keys.iter().any(|key| body_keys.iter().any(|known| key == known))))?;
    Some(Layout { args: &family.args, shape: family.shape, marker: family.marker, body: Some(body) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_model_behind_a_region() {
        assert_eq!(family_id("eu.anthropic.claude-x"), "anthropic.claude-x");
        assert_eq!(family_id("anthropic.claude-x"), "anthropic.claude-x");
        assert_eq!(family_id("global.meta.llama3-1-8b-v1:0"), "meta.llama3-1-8b-v1:0");
        assert_eq!(family_id("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-pro"), "amazon.nova-pro");
        assert_eq!(family_id("gpt-4.1"), "gpt-4.1");
    }

    #[test]
    fn globs() {
        assert!(glob("anthropic.claude*", "anthropic.claude-3"));
        assert!(glob("*nova*", "amazon.nova-pro"));
        assert!(!glob("anthropic.claude", "anthropic.claude-3"));
    }

    #[test]
    fn every_declared_rewrite_is_sorted_and_known() {
        assert!(REWRITES.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(declared("nothing").is_none());
    }
}
