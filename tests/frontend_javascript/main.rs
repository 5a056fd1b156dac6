//! Goldens, properties and limits of the frontend of TypeScript and JavaScript.

use std::path::Path;

use prompt_lint::frontend::javascript::{Dialect, parse, parse_expression};
use prompt_lint::source::Source;
use prompt_lint::syntax::Module;
use proptest::prelude::*;

#[path = "../frontend_python/invariants.rs"]
mod invariants;
#[path = "../frontend_python/printer.rs"]
mod printer;

const DIALECTS: [Dialect; 3] = [Dialect::JavaScript, Dialect::TypeScript, Dialect::Tsx];

/// Every file of the folder beside its printed tree. `UPDATE_GOLDEN=1` writes them anew, to be reviewed.
#[test]
fn goldens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/frontend/javascript");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ["ts", "tsx", "js", "mjs", "cjs"].iter().any(|known| ending == *known)));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let source = Source::read(&file, "golden").unwrap();
        let module = parse(&source.text, Dialect::of(&file.to_string_lossy()));
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
fn on_a_small_stack(text: String, dialect: Dialect) -> Module {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let run = move || {
        let module = parse(&text, dialect);
        invariants::check(&text, &module);
        drop(module.clone());
        module
    };
    thread.spawn(run).expect("a thread").join().expect("no overflow and no panic")
}

#[test]
fn deep_and_long_code_fits_a_small_stack() {
    let typed = |text: String| on_a_small_stack(text, Dialect::TypeScript);
    let sum = typed(format!("const x = {};", vec!["\"a\""; 10_000].join(" + ")));
    assert!(sum.errors.is_empty());
    assert_eq!(printer::print("", &sum).matches("\"a\"").count(), 10_000, "no term is lost");

    let mixed = typed(format!("x = {}", vec!["f(a)"; 10_000].join(" - ")));
    assert_eq!(printer::print("", &mixed).matches("f(a)").count(), 10_000);

    let sequence = typed(format!("{};", vec!["f(a)"; 10_000].join(", ")));
    assert_eq!(sequence.body.len(), 10_000);

    let brackets = typed(format!("x = {}1{}", "(".repeat(5_000), ")".repeat(5_000)));
    assert!(printer::print("", &brackets).ends_with("x = 1\n"));

    let mut chain = String::from("if (a === 0) f(0);\n");
    (1..5_000).for_each(|at| chain.push_str(&format!("else if (a === {at}) {{ f({at}); }}\n")));
    let printed = printer::print("", &typed(chain + "else g();\n"));
    assert_eq!((printed.matches(" f(").count(), printed.matches(" g(").count()), (5_000, 1), "no arm is lost");

    let nested = [
        ("[", "]"),
        ("f(", ")"),
        ("- ", ""),
        ("!", ""),
        ("() => ", ""),
        ("({ a: ", "})"),
        ("`${", "}`"),
        ("a ? b : ", ""),
        ("await ", ""),
        ("function () { return ", "}"),
        ("class { m() { return ", "} }"),
        ("{ let { a: b } = ", "}"),
    ];
    for (open, close) in nested {
        for dialect in DIALECTS {
            let module = on_a_small_stack(format!("x = {}1{}", open.repeat(3_000), close.repeat(3_000)), dialect);
            assert!(!module.errors.is_empty(), "{open} is nested beyond what is read");
        }
    }
    on_a_small_stack(format!("x = {}1{}", "<a>".repeat(3_000), "</a>".repeat(3_000)), Dialect::Tsx);
    typed(format!("{}f();{}", "{".repeat(3_000), "}".repeat(3_000)));
    typed(format!("{}f();{}", "if (a) {".repeat(3_000), "}".repeat(3_000)));
    typed(format!("{}f();{}", "function f() {".repeat(3_000), "}".repeat(3_000)));
    typed(format!("const {}a{} = x;", "{ a: ".repeat(3_000), "}".repeat(3_000)));
    typed(format!("const {}a{} = x;", "[".repeat(3_000), "]".repeat(3_000)));
    typed(format!("function f({}a{}) {{}}", "{ a: ".repeat(3_000), "}".repeat(3_000)));
    for link in [
        ".a",
        "()",
        "[0]",
        ".f(x)",
        " && b",
        " || b",
        " ?? b",
        " < b",
        " ** b",
        ", b",
        "?.a",
        "!",
        "`a`",
        " as b",
        ".then((x) => { g(x); })",
    ] {
        for dialect in DIALECTS {
            on_a_small_stack(format!("x = a{}", link.repeat(5_000)), dialect);
        }
    }
    typed("a = ".repeat(5_000) + "1");
    typed("new ".repeat(5_000) + "A()");
    typed("label: ".repeat(3_000) + "f();");
    typed("export default ".repeat(3_000));
}

#[test]
fn an_expression_alone() {
    let shown = |text: &str| {
        let expr = parse_expression(text, Dialect::TypeScript)?;
        invariants::check_expr(text, &expr);
        Some((printer::expr(&expr), text[expr.span.range()].to_string()))
    };
    let both = |printed: &str, source: &str| Some((printed.to_string(), source.to_string()));
    assert_eq!(shown("user?.name!"), both("user.name", "user?.name"));
    assert_eq!(shown(" items.slice(-3) "), both("items.slice((- 3))@12..16", "items.slice(-3)"));
    assert_eq!(shown("a\n + b // both"), both("(a Add b)", "a\n + b"));
    assert_eq!(shown("{ a }"), both("dict(<~\"a\">[2..3]: a)", "{ a }"));
    assert_eq!(shown("`é${x}`"), both("<\"é\" {x}>[1..7 im]", "`é${x}`"));
    for other in ["", "  ", "const x = 1", "return x", "a) + (b", "a b", "f(", "x; y", "// only words", "import 'm'"] {
        assert_eq!(shown(other), None, "{other}");
    }
}

/// Pieces of code, put together without sense: what a person's file looks like half-way through an edit.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "function f(",
        "class C {",
        "if (",
        "else ",
        "for (const i of ",
        "for (;;)",
        "while (",
        "try {",
        "catch",
        "switch (x) {",
        "case ",
        "=> ",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "`",
        "${",
        "\"",
        "'",
        "\\",
        "\\n",
        "\\u{1f",
        "\\ud83d",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "//",
        "/*",
        "*/",
        "<!--",
        "#!",
        " ",
        ",",
        ":",
        ";",
        "=",
        "===",
        "+",
        "*",
        "**",
        "?",
        "?.",
        "??",
        "!",
        "@",
        ".",
        "...",
        "x",
        "é",
        "🦀",
        "null",
        "undefined",
        "1_0",
        "0x",
        "10n",
        "1e5",
        "await ",
        "async ",
        "yield ",
        "from ",
        "import ",
        "export ",
        "default ",
        "require('m')",
        "const ",
        "let {",
        "static ",
        "get ",
        "constructor(",
        "super",
        "this",
        "new ",
        "as ",
        "satisfies ",
        "type ",
        "enum ",
        "<T>",
        "<a b='",
        "</a>",
        "/>",
        "&amp;",
        "/re/g",
        "\0",
        "\u{feff}",
        "#p",
        "module.exports = ",
        "exports.a = ",
        "dedent`",
    ]);
    prop::collection::vec(scrap, 0..60).prop_map(|scraps| scraps.concat())
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(DIALECTS.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>(), dialect in dialect()) {
        invariants::check(&text, &parse(&text, dialect));
        if let Some(expr) = parse_expression(&text, dialect) {
            invariants::check_expr(&text, &expr);
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200), dialect in dialect()) {
        let text = String::from_utf8_lossy(&bytes);
        invariants::check(&text, &parse(&text, dialect));
    }

    #[test]
    fn any_scraps_are_read(text in scraps(), dialect in dialect()) {
        invariants::check(&text, &parse(&text, dialect));
        if let Some(expr) = parse_expression(&text, dialect) {
            invariants::check_expr(&text, &expr);
        }
    }

    /// What is written with escapes is read back.
    #[test]
    fn a_string_keeps_its_value(value in any::<String>(), quote in prop::sample::select(vec!["\"", "'", "`"])) {
        let written: String = value.chars().map(|c| match c {
            '\\' | '\'' | '"' | '`' | '$' => format!("\\{c}"),
            '\n' => "\\n".into(),
            c if c.is_control() || c == '\u{feff}' => format!("\\u{{{:x}}}", c as u32),
            c if c as u32 > 0xffff => c.encode_utf16(&mut [0; 2]).iter().map(|half| format!("\\u{half:04x}")).collect(),
            c => c.to_string(),
        }).collect();
        let expr = parse_expression(&format!("{quote}{written}{quote}"), Dialect::JavaScript).unwrap();
        prop_assert_eq!(expr.as_text(), Some(value));
    }
}
