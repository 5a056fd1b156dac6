//! Models, their prices, limits and cache rules: `rules/catalogue/models.yaml`.

use std::collections::HashMap;
use std::sync::OnceLock;

pub use super::tables::models::{CacheKind, CacheRule, Model, Price, Reasoning};
use super::tables::{List, Text};

impl Model {
    /// The price on a day (`YYYY-MM-DD`), announced changes included.
    pub fn price_on(&self, date: &str) -> Option<Price> {
        // Dates of this form sort as text.
        let changed = self.price_changes.iter().filter(|change| &*change.from <= date).max_by(|a, b| a.from.cmp(&b.from));
        changed.map(|change| change.price).or(self.price)
    }
}

/// All models, found by the id or alias as it stands in code.
#[derive(Debug, Default)]
pub struct Models {
    pub entries: List<Model>,
    index: OnceLock<HashMap<Text, usize>>,
}

impl Models {
    pub fn new(entries: impl Into<List<Model>>) -> Self {
        Models { entries: entries.into(), index: OnceLock::new() }
    }

    /// The shortest prefix in tokens that the model in the middle caches, of those whose minimum is known: half of them take no
    /// shorter one.
    pub fn usual_minimum(&self) -> Option<u64> {
        let mut known: Vec<u64> = self.entries.iter().filter_map(|model| model.cache.min_tokens).collect();
        known.sort_unstable();
        known.get(known.len() / 2).copied()
    }

    /// The entry for a model as it is named in code: an id or alias; on Bedrock also behind a region prefix (`eu.`), in the ARN of a
    /// foundation model or of a system inference profile, and with or without a version (`:0`). Anything else is `None`, never a guess.
    pub fn find(&self, name: &str) -> Option<&Model> {
        let index = self.index.get_or_init(|| {
            let mut index = HashMap::new();
            for (at, model) in self.entries.iter().enumerate() {
                for name in std::iter::once(&model.id).chain(model.aliases.iter()) {
                    index.entry(name.clone()).or_insert(at);
                }
            }
            index
        });
        let get = |name: &str| index.get(name).and_then(|&at| self.entries.get(at));
        forms(name).iter().find_map(|form| get(form))
    }
}

impl Models {
    /// The id or alias that differs least in spelling, in at most so many letters.
    pub fn nearest(&self, name: &str, most: usize) -> Option<&str> {
        let names = self.entries.iter().flat_map(|model| std::iter::once(&model.id).chain(model.aliases.iter()));
        let near = names.map(|known| (strsim::damerau_levenshtein(name, known), &**known));
        near.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
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

/// The id in the ARN of a foundation model or system inference profile; the name itself if it is no ARN. `None` for an ARN that does
/// not say its model: an application inference profile, a provisioned or imported model, a managed prompt.
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

/// The id by which a family of models is told: also that of a path or of the ARN of any profile, by its last part.
pub fn family_id(name: &str) -> &str {
    bare_id(name.rsplit('/').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> &'static Models {
        &crate::catalogue::Catalogue::builtin().models
    }

    #[test]
    fn the_built_in_models_parse_and_are_sane() {
        let models = models();
        assert!(models.entries.len() > 150);
        let mut names = std::collections::HashSet::new();
        for model in models.entries.iter() {
            for name in std::iter::once(&model.id).chain(model.aliases.iter()) {
                assert!(names.insert(name.clone()), "{name} twice");
            }
            assert!(!model.source.is_empty() && model.as_of.len() == 10, "{}", model.id);
            assert!(model.cache.step >= 1);
            for price in model.price.iter().chain(model.price_changes.iter().map(|change| &change.price)) {
                assert!(price.input > 0.0 && price.output > 0.0, "{}", model.id);
                assert!(price.cache_read.is_none_or(|read| read < price.input), "{}", model.id);
                assert!(price.cache_write.is_none_or(|write| write > price.input), "{}", model.id);
                assert!(price.cache_write_long.is_none_or(|long| price.cache_write.is_none_or(|write| long > write)), "{}", model.id);
            }
        }
    }

    #[test]
    fn found_by_every_form_of_their_names() {
        let models = models();
        for (name, id) in [
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("gpt-5.6", "gpt-5.6-sol"),
            ("claude-sonnet-4-5", "claude-sonnet-4-5"),
            ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
            ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
            ("anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
            ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "global.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-haiku-20241022-v1:0",
                "anthropic.claude-3-5-haiku-20241022-v1:0",
            ),
            ("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
            ("eu.anthropic.claude-opus-5-5", "anthropic.claude-opus-5-5"),
            ("ca.anthropic.claude-opus-5-5", "anthropic.claude-opus-5-5"),
            ("anthropic.claude-opus-5-5-v1:0", "anthropic.claude-opus-5-5"),
            ("anthropic.claude-opus-4-6", "anthropic.claude-opus-4-6-v1"),
            ("amazon.nova-lite-v1", "amazon.nova-lite-v1:0"),
            ("amazon.nova-lite-v1:0:300k", "amazon.nova-lite-v1:0"),
        ] {
            assert_eq!(models.find(name).map(|model| &*model.id), Some(id), "{name}");
        }
    }

    #[test]
    fn unknown_names_stay_unknown() {
        let models = models();
        for name in [
            "",
            "gpt-4o-2031-01-01",
            "gpt-4o-mini-finetuned",
            "claude",
            "my-deployment",
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3",
            "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a1b2c3",
            "arn:aws:bedrock:us-east-1:123456789012:prompt/ABC:1",
            "anthropic.claude-sonnet-9",
            "us.",
            "arn:",
        ] {
            assert_eq!(models.find(name).map(|model| &*model.id), None, "{name}");
        }
    }

    #[test]
    fn announced_prices_come_into_force() {
        let models = models();
        let argon = models.find("gemini-4-argon").unwrap();
        assert_eq!(argon.price_on("2026-11-30").unwrap().input, 2.0);
        assert_eq!(argon.price_on("2026-12-01").unwrap().input, 4.0);
        assert_eq!(models.find("gpt-4o").unwrap().price_on("2027-01-01").unwrap().input, 2.5);
    }

    #[test]
    fn region_prefixes() {
        assert_eq!(bare_id("apac.amazon.nova-lite-v1:0"), "amazon.nova-lite-v1:0");
        assert_eq!(bare_id("us-gov.anthropic.claude-sonnet-5"), "anthropic.claude-sonnet-5");
        assert_eq!(bare_id("in.house"), "in.house");
        assert_eq!(bare_id("gpt-4o"), "gpt-4o");
    }
}
