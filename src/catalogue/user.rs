//! A user's own files of the catalogue: models, prices and calls that the built-in one does not know, or knows otherwise.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use super::{Api, Catalogue, Model};

/// A catalogue file of the user that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UserFileError {
    #[error("`{file}` cannot be read: {source}")]
    Read { file: String, source: std::io::Error },
    #[error("`{file}`: {message}")]
    Wrong { file: String, message: String },
}

/// What may stand in such a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Each a whole entry, or one with the id of a model that is known (or of the one that `like` names) and what differs from it.
    #[serde(default)]
    models: Vec<Mapping>,
    /// Each a whole entry; one with a known id takes its place.
    #[serde(default)]
    apis: Vec<Api>,
}

pub(super) fn load(files: &[PathBuf]) -> Result<Catalogue, UserFileError> {
    let mut catalogue = Catalogue::default();
    for path in files {
        let text = std::fs::read_to_string(path).map_err(|source| UserFileError::Read { file: shown(path), source })?;
        let wrong = |message: String| UserFileError::Wrong { file: shown(path), message };
        let written: Written = serde_yaml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let models = catalogue.models.entries.to_mut();
        for model in written.models {
            put(models, model).map_err(wrong)?;
        }
        let apis = catalogue.apis.to_mut();
        for api in written.apis {
            match apis.iter_mut().find(|known| known.id == api.id) {
                Some(known) => *known = api,
                // One of the house's own is looked for before the general ones.
                None => apis.insert(0, api),
            }
        }
    }
    Ok(catalogue)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// Puts a model of the user's in its place: what the entry does not say is as with the model that it is, or is like.
fn put(models: &mut Vec<Model>, mut own: Mapping) -> Result<(), String> {
    let Some(id) = own.get("id").and_then(Value::as_str).map(str::to_owned) else { return Err("a model needs an `id`".into()) };
    let like = own.remove("like").and_then(|like| like.as_str().map(str::to_owned));
    let base = like.as_deref().unwrap_or(&id);
    let known = models.iter().find(|model| model.id == base || model.aliases.iter().any(|alias| alias == base));
    if let (Some(like), None) = (&like, &known) {
        return Err(format!("`{id}` is like `{like}`, which is not in the catalogue"));
    }
    let wrong = |error: serde_yaml::Error| format!("model `{id}`: {error}");
    let mut merged = match known.map(serde_yaml::to_value).transpose().map_err(wrong)? {
        Some(Value::Mapping(known)) => known,
        _ => Mapping::new(),
    };
    if like.is_some() {
        merged.remove("aliases");
    }
    for (key, value) in own {
        // Of a price or a cache rule only what differs has to be said.
        match (merged.get_mut(&key), value) {
            (Some(Value::Mapping(old)), Value::Mapping(new)) => old.extend(new),
            (_, value) => drop(merged.insert(key, value)),
        }
    }
    let merged: Model = serde_yaml::from_value(Value::Mapping(merged)).map_err(wrong)?;
    match models.iter_mut().find(|model| *model.id == *id) {
        Some(model) => *model = merged,
        None => models.insert(0, merged),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<Catalogue, UserFileError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("models.yaml");
        std::fs::write(&file, text).unwrap();
        load(&[file])
    }

    #[test]
    fn a_negotiated_price_changes_that_and_nothing_else() {
        let text = "models:\n  - { id: gpt-4.1, price: { input: 1.5 }, as_of: '2026-11-01', source: our contract }\n";
        let catalogue = with(text).unwrap();
        let (own, known) = (catalogue.models.find("gpt-4.1").unwrap(), Catalogue::builtin().models.find("gpt-4.1").unwrap());
        let (price, before) = (own.price.as_ref().unwrap(), known.price.as_ref().unwrap());
        assert_eq!((price.input, price.output, own.max_output), (1.5, before.output, known.max_output));
        assert_eq!(catalogue.models.entries.len(), Catalogue::builtin().models.entries.len());
    }

    #[test]
    fn a_private_model_is_like_another() {
        let text = "models:\n  - { id: desk-large, like: gpt-4.1, provider: house, as_of: '2026-11-01', source: ours }\n";
        let catalogue = with(text).unwrap();
        assert_eq!(catalogue.models.find("desk-large").unwrap().provider, "house");
        assert_eq!(catalogue.models.find("gpt-4.1").unwrap().provider, "openai");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("models: [{ id: desk-large }]", "model `desk-large`: missing field"),
            ("models: [{ provider: x }]", "needs an `id`"),
            ("models: [{ id: a, like: no-such-model }]", "is like `no-such-model`, which is not in the catalogue"),
            ("models: [{ id: gpt-4.1, prize: 3 }]", "unknown field `prize`"),
            ("model: []", "unknown field `model`"),
            ("- 3", "invalid type"),
        ] {
            let error = with(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
