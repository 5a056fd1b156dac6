//! Rules that a golden would not state: what makes a script, what is deep, where a statement ends.

use super::*;
use crate::project::Language;
use crate::syntax::*;

fn slice(text: &str, span: Span) -> &str {
    &text[span.range()]
}

fn typed(text: &str) -> Module {
    parse(text, Dialect::TypeScript)
}

#[test]
fn files_by_their_names() {
    for path in ["a.ts", "a.mts", "a.cts", "b/a.tsx", "a.js", "a.mjs", "a.cjs", "a.jsx", "A.TS", "min.js", "d.ts"] {
        assert_eq!(Language::of(path), Some(Language::JavaScript), "{path}");
    }
    for path in ["a.d.ts", "a.d.mts", "b/a.d.cts", "jquery.min.js", "a.min.mjs", "ts", "a.json5"] {
        assert_eq!(Language::of(path), None, "{path}");
    }
    assert_eq!(Dialect::of("src/a.test.tsx"), Dialect::Tsx);
    assert_eq!(Dialect::of("src.d/a.mts"), Dialect::TypeScript);
    assert_eq!(Dialect::of("a.jsx"), Dialect::JavaScript);
}

#[test]
fn a_script_says_so() {
    for text in [
        "#!/usr/bin/env node\nrun();",
        "if (require.main === module) run();",
        "if (import.meta.main) { run(); }",
        "if (import.meta.url === `file://${process.argv[1]}`) run();",
    ] {
        assert!(parse(text, Dialect::JavaScript).is_script, "{text}");
    }
    assert!(!parse("if (main === module) run();", Dialect::JavaScript).is_script);
}

#[test]
fn a_statement_ends_with_its_last_token() {
    let text = "const f = () => 1 // why\n// more\n\nlet x = 1; y = 2  // end\nif (a) { b() }  \n";
    let module = typed(text);
    let statements: Vec<&str> = module.body.iter().map(|statement| slice(text, statement.span)).collect();
    assert_eq!(statements, ["const f = () => 1", "let x = 1;", "y = 2", "if (a) { b() }"]);
}

#[test]
fn what_only_the_type_checker_sees_is_unwrapped() {
    for text in ["x = a.b as T", "x = (a.b)", "x = <T>a.b", "x = a!.b!", "x = a?.b satisfies T", "x = (a as T).b"] {
        let module = typed(text);
        let StmtKind::Assign { value, .. } = &module.body[0].kind else { panic!("an assignment") };
        assert_eq!(value.dotted().as_deref(), Some("a.b"), "{text}");
    }
}

#[test]
fn names_of_a_pattern_are_read_from_its_value() {
    let module = typed("const { a: { b }, c = 1 } = this.options;");
    let assigned: Vec<(Option<String>, Option<String>)> = module
        .body
        .iter()
        .map(|statement| match &statement.kind {
            StmtKind::Assign { targets, value } => (targets[0].dotted(), value.dotted()),
            _ => panic!("an assignment"),
        })
        .collect();
    let text = |text: &str| Some(text.to_string());
    assert_eq!(assigned, [(text("b"), text("this.options.a.b")), (text("c"), None)]);
}

#[test]
fn whole_numbers_are_whole() {
    for (written, expected) in [("1024", 1024), ("1_000", 1000), ("0xFF", 255), ("0b11", 3), ("1e3", 1000), ("2.0", 2), ("10n", 10)] {
        let expr = parse_expression(written, Dialect::JavaScript).unwrap();
        assert!(matches!(expr.kind, ExprKind::Int(value) if value == expected), "{written}");
    }
    assert!(matches!(parse_expression("0.5", Dialect::JavaScript).unwrap().kind, ExprKind::Float(_)));
}

#[test]
fn functions_stand_before_what_calls_them() {
    let module = typed("const answer = ask('x');\nexport function ask(q) { return q; }");
    assert!(matches!(&module.body[0].kind, StmtKind::Function(function) if function.name == "ask"));
}

#[test]
fn a_raw_template_keeps_its_backslashes() {
    let expr = parse_expression("String.raw`a\\nb`", Dialect::JavaScript).unwrap();
    let ExprKind::Call(call) = expr.kind else { panic!("a call") };
    assert_eq!(call.args[0].value.as_text().as_deref(), Some("a\\nb"));
}

#[test]
fn what_is_too_deep_is_an_error_and_opaque() {
    let deep = |levels: usize| format!("{}call(){}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(typed(&format!("x = {}", deep(MAX_DEPTH + 1))).errors.len(), 1);
    assert!(parse_expression(&deep(MAX_DEPTH + 1), Dialect::Tsx).is_none());
    assert!(typed(&format!("x = {}", deep(50))).errors.is_empty());
}

#[test]
fn nothing_is_read_from_nothing() {
    for text in ["", "\n", "  \n\t\n", "// words", ";;"] {
        let module = typed(text);
        assert!(module.body.is_empty() && module.errors.is_empty(), "{text:?}");
    }
}
