//! Goldens of notebooks: every line that is read, with its line in the JSON, its cell and its line in that.

#![allow(clippy::unwrap_used)] // a test fails by panic

use std::fmt::Write;
use std::path::Path;

use prompt_lint::source::Source;
use prompt_lint::span::Span;

fn print(source: &Source) -> String {
    let mut out = String::new();
    for line in 1..=source.lines() {
        let span = source.line_span(line);
        let (start, _) = source.positions(Span { start: span.start, end: span.start });
        let cell = start.cell.map_or(String::new(), |at| format!("cell {}:{}", at.cell, at.line));
        let _ = writeln!(out, "{:>4}:{:<3} {cell:<10} {:?}", start.line, start.column, source.slice(span));
    }
    out
}

/// Every notebook of the folder beside what is read of it. `UPDATE_GOLDEN=1` writes these anew, to be reviewed.
#[test]
fn goldens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/frontend/notebook");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "ipynb"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let printed = match Source::read(&file, "golden.ipynb") {
            Ok(source) => {
                assert_eq!(source.write_back(&source.text).unwrap(), std::fs::read(&file).unwrap(), "{}", file.display());
                print(&source)
            }
            Err(error) => format!("{error}\n"),
        };
        let golden = file.with_extension("out");
        if update {
            std::fs::write(golden, printed).unwrap();
        } else {
            let expected = std::fs::read_to_string(&golden).unwrap_or_default();
            assert_eq!(printed, expected, "{} differs from {}", file.display(), golden.display());
        }
    }
}
