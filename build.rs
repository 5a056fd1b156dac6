//! Lists the rules under `rules/` so that they are built in: a new rule is one new YAML file and nothing else.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("rules");
    let mut list = String::from("&[\n");
    // The catalogue holds facts of the world, not rules.
    let walk = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !(entry.depth() == 1 && entry.file_name() == "catalogue")) {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type().is_file() && path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            let name = path.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
            list.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.to_string_lossy()));
        }
    }
    list.push_str("]\n");
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("rules.rs"), list)?;
    Ok(())
}
