//! A user's own files of the catalogue: models, prices and calls that the built-in one does not know, or knows otherwise.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

use super::{Api, Catalogue, CatalogueError, Model, Models, models};

/// A catalogue file of the user that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UserFileError {
    #[error("`{file}` cannot be read: {source}")]
    Read { file: String, source: std::io::Error },
    #[error("`{file}`: {message}")]
    Wrong { file: String, message: String },
    #[error(transparent)]
    BuiltIn(#[from] CatalogueError),
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
    let mut catalogue = Catalogue::load()?;
    let mut entries = models::builtin_entries();
    for path in files {
        let text = std::fs::read_to_string(path).map_err(|source| UserFileError::Read { file: shown(path), source })?;
        let wrong = |message: String| UserFileError::Wrong { file: shown(path), message };
        let written: Written = serde_yaml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        for model in written.models {
            put(&mut entries, model).map_err(wrong)?;
        }
        for api in written.apis {
            match catalogue.apis.iter_mut().find(|known| known.id == api.id) {
                Some(known) => *known = api,
                // One of the house's own is looked for before the general ones.
                None => catalogue.apis.insert(0, api),
            }
        }
    }
    let parsed: Result<Vec<Model>, String> = entries.into_iter().map(model).collect();
    let last = files.last().map(|path| shown(path)).unwrap_or_default();
    catalogue.models = Models::new(parsed.map_err(|message| UserFileError::Wrong { file: last, message })?);
    Ok(catalogue)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn word<'m>(entry: &'m Mapping, key: &str) -> Option<&'m str> {
    entry.get(key).and_then(Value::as_str)
}

/// Whether an entry has this id or alias.
fn is_called(entry: &Mapping, name: &str) -> bool {
    let aliases = entry.get("aliases").and_then(Value::as_sequence);
    word(entry, "id") == Some(name) || aliases.is_some_and(|aliases| aliases.iter().any(|alias| alias.as_str() == Some(name)))
}

fn put(entries: &mut Vec<Mapping>, mut own: Mapping) -> Result<(), String> {
    let Some(id) = word(&own, "id").map(str::to_owned) else { return Err("a model needs an `id`".into()) };
    let like = own.remove("like").and_then(|like| like.as_str().map(str::to_owned));
    let base = like.as_deref().unwrap_or(&id);
    let known = entries.iter().find(|entry| is_called(entry, base)).cloned();
    if let (Some(like), None) = (&like, &known) {
        return Err(format!("`{id}` is like `{like}`, which is not in the catalogue"));
    }
    let mut merged = known.unwrap_or_default();
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
    model(merged.clone())?;
    let at = entries.iter().position(|entry| word(entry, "id") == Some(id.as_str()));
    match at.and_then(|at| entries.get_mut(at)) {
        Some(entry) => *entry = merged,
        None => entries.insert(0, merged),
    }
    Ok(())
}

fn model(entry: Mapping) -> Result<Model, String> {
    let id = word(&entry, "id").unwrap_or("?").to_owned();
    serde_yaml::from_value(Value::Mapping(entry)).map_err(|error| format!("model `{id}`: {error}"))
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
