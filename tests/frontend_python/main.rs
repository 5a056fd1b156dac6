//! Goldens, properties and limits of the Python frontend.

use std::path::Path;

use prompt_lint::frontend::python::{parse, parse_expression};
use prompt_lint::source::Source;
use prompt_lint::syntax::Module;
use proptest::prelude::*;

mod invariants;
mod printer;

/// Every `.py` file of the folder beside its printed tree. `UPDATE_GOLDEN=1` writes them anew, to be reviewed.
#[test]
fn goldens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/frontend/python");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "py"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let source = Source::read(&file, "golden.py").unwrap();
        let module = parse(&source.text);
        invariants::check(&source.text, &module);
        let printed = printer::print(&source.text, &module);
        let golden = file.with_extension("out");
        if update {
            std::fs::write(golden, printed).unwrap();
        } else {
            let expected = std::fs::read_to_string(&golden).unwrap_or_default();
            assert_eq!(printed, expected, "{} differs from {}", file.display(), golden.display());
        }
    }
}

/// Parses, walks and drops on the small stack of a worker thread.
fn on_a_small_stack(text: String) -> Module {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let run = move || {
        let module = parse(&text);
        invariants::check(&text, &module);
        drop(module.clone());
        module
    };
    thread.spawn(run).expect("a thread").join().expect("no overflow and no panic")
}

#[test]
fn deep_and_long_code_fits_a_small_stack() {
    let sum = format!("x = {}", vec!["\"a\""; 10_000].join(" + "));
    let module = on_a_small_stack(sum);
    assert!(module.errors.is_empty());
    assert_eq!(printer::print("", &module).matches("\"a\"").count(), 10_000, "no term is lost");

    let mixed = on_a_small_stack(format!("x = {}", vec!["f(a)"; 10_000].join(" - ")));
    assert_eq!(printer::print("", &mixed).matches("f(a)").count(), 10_000);

    let brackets = on_a_small_stack(format!("x = {}1{}", "(".repeat(5_000), ")".repeat(5_000)));
    assert!(printer::print("", &brackets).ends_with("x = 1\n"));

    let mut chain = String::from("if a == 0:\n    f(0)\n");
    (1..5_000).for_each(|at| chain.push_str(&format!("elif a == {at}:\n    f({at})\n")));
    let module = on_a_small_stack(chain + "else:\n    g()\n");
    let printed = printer::print("", &module);
    assert_eq!((printed.matches(" f(").count(), printed.matches(" g(").count()), (5_000, 1), "no arm is lost");

    let nested: String =
        (0..300).map(|level| format!("{}if a:\n{}f()\n{}else:\n", " ".repeat(level), " ".repeat(level + 1), " ".repeat(level))).collect();
    on_a_small_stack(nested + &" ".repeat(301) + "g()\n");

    for (open, close) in
        [("[", "]"), ("f(", ")"), ("-", ""), ("not ", ""), ("lambda: ", ""), ("{1: ", "}"), ("f'{", "}'"), ("a if b else ", "")]
    {
        let text = format!("x = {}1{}", open.repeat(3_000), close.repeat(3_000));
        let module = on_a_small_stack(text);
        assert!(!module.errors.is_empty(), "{open} is nested beyond what is read");
    }
    for link in [".a", "()", "[0]", ".f(x)", " and b", " or b", " < b", " ** b", ", b"] {
        on_a_small_stack(format!("x = a{}", link.repeat(5_000)));
    }
    on_a_small_stack(format!("x = {}", "'a' ".repeat(10_000)));
    on_a_small_stack("a = ".repeat(5_000) + "1");
}

#[test]
fn an_expression_alone() {
    let shown = |text: &str| {
        let expr = parse_expression(text)?;
        invariants::check_expr(text, &expr);
        Some((printer::expr(&expr), text[expr.span.range()].to_string()))
    };
    let both = |printed: &str, source: &str| Some((printed.to_string(), source.to_string()));
    assert_eq!(shown("user.name"), both("user.name", "user.name"));
    assert_eq!(shown(" items[-3:] "), both("items[(- 3)::]", "items[-3:]"));
    assert_eq!(shown("a\n + b # both"), both("(a Add b)", "a\n + b"));
    assert_eq!(shown("a, b"), both("tuple(a, b)", "a, b"));
    assert_eq!(shown("f\"é{x}\""), both("<\"é\" {x}>[2..7 i]", "f\"é{x}\""));
    assert_eq!(shown("str(m) for m in history"), both("Generator(str(m)@3..6 for m in history)", "str(m) for m in history"));
    for other in ["", "  ", "x = 1", "return x", "a) + (b", "a b", "f(", "pass", "x; y", "# only words", "import os"] {
        assert_eq!(shown(other), None, "{other}");
    }
}

/// Pieces of Python, put together without sense: what a person's file looks like half-way through an edit.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "def f(",
        "class C:",
        "if ",
        "else:",
        "elif x:",
        "for i in ",
        "with ",
        " as ",
        "try:",
        "except",
        "lambda x:",
        "match x:",
        "case ",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "f\"",
        "\"",
        "'''",
        "rb'",
        "{{",
        "}}",
        "{x!r:>{w}}",
        "\\",
        "\\n",
        "\\x4",
        "\\N{DASH}",
        "\n",
        "\r\n",
        "\r",
        "\n    ",
        "\n\t",
        "#",
        " ",
        ",",
        ":",
        ":=",
        "=",
        "==",
        "+",
        "*",
        "**",
        "@",
        ".",
        "...",
        "x",
        "é",
        "🦀",
        "None",
        "1_0",
        "0x",
        "1e5",
        "await ",
        "async ",
        "yield ",
        "from ",
        "import ",
        "not ",
        "in ",
        "is ",
        "\0",
        "\u{feff}",
        "print >>",
        "t'''",
        "`",
    ]);
    prop::collection::vec(scrap, 0..60).prop_map(|scraps| scraps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        invariants::check(&text, &parse(&text));
        if let Some(expr) = parse_expression(&text) {
            invariants::check_expr(&text, &expr);
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        invariants::check(&text, &parse(&text));
    }

    #[test]
    fn any_scraps_are_read(text in scraps()) {
        invariants::check(&text, &parse(&text));
        if let Some(expr) = parse_expression(&text) {
            invariants::check_expr(&text, &expr);
        }
    }

    /// What is written with escapes is read back.
    #[test]
    fn a_string_keeps_its_value(value in any::<String>(), quote in prop::sample::select(vec!["\"", "'", "\"\"\"", "'''"])) {
        let written: String = value.chars().map(|c| match c {
            '\\' | '\'' | '"' => format!("\\{c}"),
            '\n' => "\\n".into(),
            c if c.is_control() || c == '\u{feff}' => format!("\\U{:08x}", c as u32),
            c => c.to_string(),
        }).collect();
        let expr = parse_expression(&format!("{quote}{written}{quote}")).unwrap();
        prop_assert_eq!(expr.as_text(), Some(value));
    }
}
