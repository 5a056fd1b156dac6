//! Writes the pages of the rules under `docs/rules` and their table in `README.md` anew: `cargo run --example docs`.

use std::error::Error;
use std::fs;
use std::path::Path;

use prompt_lint::cli::{docs, engine};
use prompt_lint::rule::RuleSet;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = engine::described(&RuleSet::builtin()?);
    let pages = root.join("docs/rules");
    // The page of a rule that is gone goes too.
    if pages.exists() {
        fs::remove_dir_all(&pages)?;
    }
    for (path, page) in docs::pages(&rules) {
        let path = pages.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&pages))?;
        fs::write(path, page)?;
    }
    let readme = root.join("README.md");
    let text = docs::with_table(&fs::read_to_string(&readme)?, &rules).ok_or("README.md has no place for the table of rules")?;
    fs::write(readme, text)?;
    Ok(())
}
