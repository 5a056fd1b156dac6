//! The pages of the rules and the table in the README are those that the rules give.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::BTreeSet;
use std::path::Path;

use prompt_lint::cli::{docs, engine};
use prompt_lint::rule::RuleSet;

const STALE: &str = "is stale: run `cargo run --example docs`";

#[test]
fn the_documentation_of_rules_is_not_stale() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = engine::described(&RuleSet::builtin().unwrap());
    let folder = root.join("docs/rules");
    let mut expected = BTreeSet::new();
    for (path, page) in docs::pages(&rules) {
        let found = std::fs::read_to_string(folder.join(&path)).unwrap_or_default().replace("\r\n", "\n");
        assert!(found == page, "docs/rules/{path} {STALE}");
        expected.insert(path);
    }
    let files = walkdir::WalkDir::new(&folder).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let found: BTreeSet<String> =
        files.map(|entry| entry.path().strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/")).collect();
    assert_eq!(found, expected, "docs/rules {STALE}");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap().replace("\r\n", "\n");
    assert!(docs::with_table(&readme, &rules).as_deref() == Some(readme.as_str()), "README.md {STALE}");
}
