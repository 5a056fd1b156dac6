//! Rules that a golden would not state: what makes a script, where a statement ends, what is deep.

use super::*;
use crate::syntax::*;

fn slice(text: &str, span: Span) -> &str {
    &text[span.range()]
}

#[test]
fn a_script_tests_its_name() {
    for test in ["__name__ == '__main__'", "'__main__' == __name__", "(__name__ == \"__main__\")", "__name__ == '__main__' and ok"] {
        assert!(parse(&format!("if {test}:\n    main()\n")).is_script, "{test}");
    }
    for test in ["__name__ != '__main__'", "name == '__main__'", "__name__ == 'main'", "__name__ == b'__main__'"] {
        assert!(!parse(&format!("if {test}:\n    main()\n")).is_script, "{test}");
    }
}

#[test]
fn a_statement_ends_with_its_last_token() {
    let text = "def f():\n    g()  # why\n    # more\n\n\nx = 1; y = 2  # end\n";
    let module = parse(text);
    let statements: Vec<&str> = module.body.iter().map(|statement| slice(text, statement.span)).collect();
    assert_eq!(statements, ["def f():\n    g()", "x = 1", "y = 2"]);
}

#[test]
fn brackets_are_unwrapped_to_the_expression_inside() {
    let text = "x = ( ( a.b ) )";
    let StmtKind::Assign { value, .. } = &parse(text).body[0].kind else { panic!("an assignment") };
    assert_eq!((slice(text, value.span), value.dotted().as_deref()), ("a.b", Some("a.b")));
}

#[test]
fn a_long_sum_keeps_the_order_and_the_places_of_its_terms() {
    let text = (0..1_000).map(|at| format!("'{at} '")).collect::<Vec<_>>().join(" + ");
    fn terms(text: &str, expr: &Expr, out: &mut String) {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Add, left, right } => {
                assert_eq!((expr.span.start, expr.span.end), (left.span.start, right.span.end));
                terms(text, left, out);
                terms(text, right, out);
            }
            _ => out.push_str(slice(text, expr.span).trim_matches('\'')),
        }
    }
    let expr = parse_expression(&text).unwrap();
    let mut joined = String::new();
    terms(&text, &expr, &mut joined);
    assert_eq!(joined, (0..1_000).map(|at| format!("{at} ")).collect::<String>());
}

#[test]
fn a_star_binds_last() {
    let text = "x = *a.b(c)[0] + d, e";
    let StmtKind::Assign { value, .. } = &parse(text).body[0].kind else { panic!("an assignment") };
    let ExprKind::Tuple(items) = &value.kind else { panic!("a tuple") };
    let ExprKind::Starred(inner) = &items[0].kind else { panic!("a star") };
    assert_eq!((slice(text, items[0].span), slice(text, inner.span)), ("*a.b(c)[0] + d", "a.b(c)[0] + d"));
}

#[test]
fn what_is_too_deep_is_an_error_and_opaque() {
    let text = format!("x = {}call(){}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
    assert_eq!(parse(&text).errors.len(), 1);
    assert!(parse_expression(&text["x = ".len()..]).is_none());
    let text = format!("x = {}call(){}", "[".repeat(50), "]".repeat(50));
    assert!(parse(&text).errors.is_empty());
}

#[test]
fn nothing_is_read_from_nothing() {
    for text in ["", "\n", "  \n\t\n", "# words"] {
        let module = parse(text);
        assert!(module.body.is_empty() && module.errors.is_empty(), "{text:?}");
    }
}
