//! What the catalogue says of a model beside others: its tier, a cheaper one that is enough for less, a newer one that took its place.

use crate::catalogue::{Model, Models, Price, Reasoning};
use crate::model::call::Call;
use crate::model::facts::{Fact, Record};

/// Facts of `call` that follow from its model; unknown of an unknown one.
pub fn facts(model: Option<&Model>, models: &Models, today: &str, call: &Call<'_>) -> Vec<(&'static str, Fact)> {
    let Some(model) = model else { return Vec::new() };
    // An inference profile names a region before the model: `us.anthropic.…`.
    let written = call.model_name.present().map_or("", |name| name);
    let prefix = written.strip_suffix(&*model.id).filter(|prefix| prefix.ends_with('.')).unwrap_or("");
    let named = |other: Option<&Model>| match (other, price(model, today)) {
        (Some(other), Some(old)) => {
            let share = price(other, today).map(|new| 100.0 * (1.0 - new.input / old.input));
            // Who follows the newest version of one model follows that of the other.
            let newest = |name: &str| name.ends_with("-latest");
            let id = other.aliases.iter().find(|alias| newest(written) && newest(alias)).unwrap_or(&other.id);
            let fields = [
                ("model", Fact::text(format!("{prefix}{id}"))),
                ("saved_percent", Fact::maybe_number(share.map(f64::round))),
                ("reasons", Fact::bool(other.reasoning == Reasoning::Always)),
            ];
            Fact::record(Record { place: Some(call.callee), fields: fields.into_iter().collect() })
        }
        (None, Some(_)) => Fact::absent(),
        (_, None) => Fact::unknown(),
    };
    vec![
        ("tier", Fact::text(model.tier.clone())),
        ("lighter", named(lighter(model, models, today))),
        ("newer", named(newer(model, models, today))),
        (
            "batch_price",
            match model.price.as_ref().zip(model.price.as_ref().and_then(|price| price.batch_input)) {
                Some((price, batch)) => Fact::number(batch / price.input),
                None => Fact::unknown(),
            },
        ),
    ]
}

fn price(model: &Model, today: &str) -> Option<Price> {
    model.price_on(today)
}

/// The words of an id that name its family: `claude-opus` of `claude-opus-4-6-20260205`.
fn family(id: &str) -> String {
    let words = id.split(['-', '.', ':', '/']).filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic()));
    words.filter(|word| !matches!(*word, "latest" | "preview" | "exp")).collect::<Vec<_>>().join("-")
}

/// Who made the model: the first word of its family.
fn maker(id: &str) -> String {
    family(id).split('-').find(|word| *word != "global").unwrap_or_default().to_owned()
}

fn cheaper(model: &Model, other: &Model, today: &str) -> bool {
    let (Some(old), Some(new)) = (price(model, today), price(other, today)) else { return false };
    new.input < old.input && new.output <= old.output
}

/// Whether both are called in the same way: Bedrock's profiles of other reach are other ids of the same model.
fn alike(model: &Model, other: &Model) -> bool {
    model.provider == other.provider && model.id.starts_with("global.") == other.id.starts_with("global.") && other.status == "active"
}

/// The most capable model of the lowest tier of the same maker at the same provider that costs less: the dearest of them. Where the model never
/// reasons, one that need not reason either: it takes the same arguments.
fn lighter<'m>(model: &Model, models: &'m Models, today: &str) -> Option<&'m Model> {
    let fits = |other: &&Model| {
        alike(model, other) && other.tier == "lightweight" && maker(&other.id) == maker(&model.id) && cheaper(model, other, today)
    };
    let input = |model: &Model| price(model, today).map_or(0.0, |price| price.input);
    let is_drop_in =
        |other: &Model| model.reasoning == Reasoning::Never && matches!(other.reasoning, Reasoning::Never | Reasoning::Optional);
    models.entries.iter().filter(fits).max_by(|a, b| is_drop_in(a).cmp(&is_drop_in(b)).then(input(a).total_cmp(&input(b))))
}

/// An active model of the same family and tier that costs less than one that is no longer active. The first in the catalogue is the newest.
fn newer<'m>(model: &Model, models: &'m Models, today: &str) -> Option<&'m Model> {
    if model.status == "active" || family(&model.id).is_empty() {
        return None;
    }
    let fits = |other: &&Model| {
        alike(model, other) && other.tier == model.tier && family(&other.id) == family(&model.id) && cheaper(model, other, today)
    };
    models.entries.iter().find(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn named(id: &str, pick: for<'m> fn(&Model, &'m Models, &str) -> Option<&'m Model>) -> Option<&'static str> {
        let models = &Catalogue::builtin().models;
        pick(models.find(id).unwrap(), models, "2026-11-22").map(|model| &*model.id)
    }

    #[test]
    fn families() {
        assert_eq!(family("anthropic.claude-opus-4-6-v1"), "anthropic-claude-opus");
        assert_eq!(family("claude-opus-4-6"), family("claude-opus-5-5"));
        assert_ne!(family("claude-opus-4-6"), family("claude-sonnet-5"));
    }

    #[test]
    fn others_of_the_same_maker() {
        assert_eq!(named("claude-opus-4-6", newer), Some("claude-opus-5-5"));
        assert_eq!(named("claude-opus-5-5", newer), None);
        for id in ["claude-opus-5-5", "gpt-4.1", "anthropic.claude-opus-5-5"] {
            let found = named(id, lighter).unwrap_or_else(|| panic!("{id}"));
            assert_eq!(maker(found), maker(id));
        }
        assert_eq!(named("gpt-5-nano", lighter), None);
        // A dearer one that always reasons would need other arguments.
        assert_eq!(named("gpt-4o", lighter), Some("gpt-4.1-mini"));
    }
}
