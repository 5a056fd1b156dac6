//! Lists the rules under `rules/` so that they are built in: a new rule is one new YAML file and nothing else. Rules, without their
//! examples, and the files of the catalogue are built in as JSON, which is read ten times as fast when the program starts.

use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("rules");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    catalogue(&root.join("catalogue"), &out.join("catalogue"))?;
    let mut list = String::from("&[\n");
    // The catalogue holds facts of the world, not rules.
    let walk = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !(entry.depth() == 1 && entry.file_name() == "catalogue")) {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type().is_file() && path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            let name = path.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
            let head = out.join("rules").join(&name).with_extension("json");
            without_examples(path, &head)?;
            list.push_str(&format!(
                "    ({name:?}, include_str!({:?}), include_str!({:?})),\n",
                head.to_string_lossy(),
                path.to_string_lossy()
            ));
        }
    }
    list.push_str("]\n");
    std::fs::write(out.join("rules.rs"), list)?;
    Ok(())
}

/// What of a rule is read when it judges, as JSON.
fn without_examples(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(from)?;
    let mut value: serde_json::Value = serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", from.display()))?;
    if let Some(fields) = value.as_object_mut() {
        fields.remove("examples");
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(to, serde_json::to_string(&value)?)?;
    Ok(())
}

/// `apis/openai.yaml` becomes `apis/openai.json` in the folder `out`.
fn catalogue(from: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let path = entry.path();
        if !entry.file_type().is_file() || path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(path)?;
        let value: serde_json::Value = serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let target = out.join(path.strip_prefix(from)?).with_extension("json");
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(target, serde_json::to_string(&value)?)?;
    }
    Ok(())
}
