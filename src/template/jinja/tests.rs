//! Tests of the Jinja reader: printed nodes of files in `testdata/frontend/jinja`, values one by one, refusals, and what holds of any input.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::template::Slice;

fn parsed(text: &str) -> Template {
    let template = parse(text).unwrap_or_else(|error| panic!("{error} at {:?} in {text:?}", error.at));
    check(text, &template);
    template
}

fn value_of(expression: &str) -> Value {
    let text = format!("{{{{ {expression} }}}}");
    match parsed(&text).nodes.pop() {
        Some(Node::Slot { value, .. }) => value,
        other => panic!("{other:?}"),
    }
}

/// What holds of every template that parses.
fn check(text: &str, template: &Template) {
    check_nodes(text, &template.nodes, Span::new(0, text.len()));
    let mut end = 0;
    for comment in &template.comments {
        assert!(comment.start >= end, "comments overlap in {text:?}");
        end = comment.end;
        let written = &text[comment.range()];
        assert!(written.starts_with("{#") && written.ends_with("#}"), "{written:?}");
    }
}

fn check_nodes(text: &str, nodes: &[Node], within: Span) {
    let mut end = within.start;
    for node in nodes {
        let span = node.span();
        assert!(span.start >= end, "{node:?} overlaps what stands before it in {text:?}");
        assert!(within.contains(span), "{node:?} leaves {within:?} in {text:?}");
        let written = text.get(span.range()).unwrap_or_else(|| panic!("{node:?} splits a character of {text:?}"));
        end = span.end;
        let is_tag = |closing: &str| {
            written.starts_with(&closing.chars().rev().map(|c| if c == '}' { '{' } else { c }).collect::<String>())
                && written.ends_with(closing)
        };
        match node {
            Node::Text { text: said, verbatim, .. } => {
                assert!(!said.is_empty());
                assert_eq!(said, written, "verbatim or not, the text is a slice");
                assert_eq!(*verbatim, !["{{", "{%", "{#"].iter().any(|open| said.contains(open)));
            }
            Node::Slot { value, .. } => {
                assert!(is_tag("}}") || is_tag("%}"), "{written:?}");
                check_value(text, value, span);
            }
            Node::Loop { over, body, .. } => {
                assert!(is_tag("%}"), "{written:?}");
                check_value(text, over, span);
                check_nodes(text, body, span);
            }
            Node::Branch { tests, arms, .. } => {
                assert!(is_tag("%}"), "{written:?}");
                assert_eq!(arms.len(), tests.len() + 1);
                let mut start = span.start;
                for arm in arms {
                    check_nodes(text, arm, Span { start, end: span.end });
                    start = arm.last().map_or(start, |last| last.span().end);
                }
            }
            Node::Set { value, body, .. } => {
                if let Some(value) = value {
                    check_value(text, value, span);
                }
                check_nodes(text, body, span);
            }
            Node::Block { body, .. } | Node::Macro { body, .. } => {
                assert!(is_tag("%}"), "{written:?}");
                check_nodes(text, body, span);
            }
            Node::Include { .. } | Node::Extends { .. } | Node::Import { .. } => assert!(is_tag("%}"), "{written:?}"),
        }
    }
}

fn check_value(text: &str, value: &Value, within: Span) {
    assert!(within.contains(value.span), "{value:?} leaves its tag in {text:?}");
    let written = text.get(value.span.range()).unwrap_or_else(|| panic!("{value:?} splits a character of {text:?}"));
    assert!(!written.is_empty() && written.trim() == written, "{written:?} in {text:?}");
    if let ValueKind::Call { args: parts, .. } | ValueKind::Mixed(parts) = &value.kind {
        parts.iter().for_each(|part| check_value(text, part, within));
    }
}

fn print_nodes(text: &str, nodes: &[Node], depth: usize, out: &mut String) {
    for node in nodes {
        let span = node.span();
        let _ = write!(out, "{:indent$}{}..{} ", "", span.start, span.end, indent = depth * 2);
        let mut children: Vec<(&str, &[Node])> = Vec::new();
        let _ = match node {
            Node::Text { text, verbatim, .. } => write!(out, "text {text:?}{}", if *verbatim { "" } else { " escaped" }),
            Node::Slot { value, .. } => write!(out, "slot {}", print_value(text, value)),
            Node::Loop { targets, over, body, .. } => {
                children.push(("", body));
                write!(out, "loop {} in {}", targets.join(", "), print_value(text, over))
            }
            Node::Branch { tests, arms, .. } => {
                children.extend(arms.iter().map(|arm| ("arm", arm.as_slice())));
                let tests: Vec<String> = tests.iter().map(|test| print_value(text, test)).collect();
                write!(out, "branch {}", tests.join(" / "))
            }
            Node::Set { name, value, body, .. } => {
                children.push(("", body));
                write!(out, "set {name} {}", value.as_ref().map_or("block".to_owned(), |value| print_value(text, value)))
            }
            Node::Include { name, .. } => write!(out, "include {name:?}"),
            Node::Extends { name, .. } => write!(out, "extends {name:?}"),
            Node::Block { name, body, .. } => {
                children.push(("", body));
                write!(out, "block {name:?}")
            }
            Node::Macro { name, params, body, .. } => {
                children.push(("", body));
                write!(out, "macro {name}({})", params.join(", "))
            }
            Node::Import { name, bound, .. } => write!(out, "import {name:?} binds {}", bound.join(", ")),
        };
        out.push('\n');
        for (title, body) in children {
            if !title.is_empty() {
                let _ = writeln!(out, "{:indent$}{title}", "", indent = depth * 2 + 1);
            }
            print_nodes(text, body, depth + 1, out);
        }
    }
}

fn print_value(text: &str, value: &Value) -> String {
    let parts = |values: &[Value]| values.iter().map(|value| print_value(text, value)).collect::<Vec<_>>().join(", ");
    let mut out = match &value.kind {
        ValueKind::Path(path) => path.join("."),
        ValueKind::Literal(literal) => format!("{literal:?}"),
        ValueKind::Call { name, args } => format!("{}({})", name.join("."), parts(args)),
        ValueKind::Mixed(values) => format!("mixed({})", parts(values)),
    };
    for filter in &value.filters {
        let _ = write!(out, " | {filter}");
    }
    if let Some(Slice { from_end, bound }) = value.slice {
        let _ = write!(out, " [{} {}]", if from_end { "last" } else { "first" }, bound.map_or("?".to_owned(), |bound| bound.to_string()));
    }
    let _ = write!(out, " <{}>", &text[value.span.range()]);
    out
}

#[test]
fn files_print_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/frontend/jinja");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "j2") {
            continue;
        }
        seen += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let template = parsed(&text);
        let mut printed = String::new();
        print_nodes(&text, &template.nodes, 0, &mut printed);
        for comment in &template.comments {
            let _ = writeln!(printed, "{}..{} comment {:?}", comment.start, comment.end, &text[comment.range()]);
        }
        let recorded = path.with_extension("out");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&recorded, &printed).unwrap();
        }
        let expected = std::fs::read_to_string(&recorded).unwrap_or_default();
        assert_eq!(printed, expected, "{} (UPDATE_EXPECT=1 records it anew)", path.display());
    }
    assert!(seen >= 8);
}

#[test]
fn values_are_printed_with_what_is_done_to_them() {
    for (expression, expected) in [
        ("user.name", "user.name"),
        ("items[0].title", "items[].title [first 1]"),
        ("items[i]['title']", "items[].title"),
        ("row.0", "row[] [first 1]"),
        ("x.strip() | upper | replace('a', 'b')", "x | strip | upper | replace"),
        ("x.strip().split('\\n')", "x | strip | split"),
        ("history[-6:]", "history [last 6]"),
        ("history[-keep:]", "history [last ?]"),
        ("history[1:]", "history"),
        ("history[:-1]", "history"),
        ("history[2:5]", "history [first 3]"),
        ("history[-1].content", "history[].content [last 1]"),
        ("history | last", "history[] | last [last 1]"),
        ("(history | last).content", "history[].content | last [last 1]"),
        ("doc[:4000]", "doc [first 4000]"),
        ("doc[:limit]", "doc [first ?]"),
        ("doc | truncate(300, True)", "doc | truncate [first 300]"),
        ("doc | truncate(limit)", "doc | truncate [first ?]"),
        ("rows | batch(3) | first", "rows | batch | first [first 3]"),
        ("'yes'", "\"yes\""),
        ("-3", "\"-3\""),
        ("True", "\"True\""),
        ("['a', 'b']", "\"['a', 'b']\""),
        ("{'a': x}", "mixed(\"a\" <'a'>, x <x>)"),
        ("now()", "now()"),
        ("now().strftime('%Y')", "now() | strftime"),
        ("datetime.datetime.now().isoformat()", "datetime.datetime.now() | isoformat"),
        ("today.isoformat()", "today | isoformat"),
        ("card(user, size=big)", "card(user <user>, big <big>)"),
        ("super()", "super()"),
        ("loop.index", "loop.index"),
        ("user.get('name')", "user.name"),
        ("user.get('name', fallback)", "mixed(user.name <user>, fallback <fallback>)"),
        ("', '.join(tags)", "tags | join"),
        ("a ~ ': ' ~ b", "mixed(a <a>, \": \" <': '>, b <b>)"),
        ("(a + b) | trim", "mixed(a <a>, b <b>) | trim"),
        ("a if c else 'b'", "mixed(a <a>, c <c>, \"b\" <'b'>)"),
        ("a or b", "mixed(a <a>, b <b>)"),
        ("not a", "a"),
        ("a is not defined", "a"),
        ("name | default('you')", "name | default"),
        ("name | default(account)", "mixed(name <name>, account <account>) | default"),
        ("(x | upper).strip() | default(y.z)", "mixed(x | upper | strip <(x | upper).strip()>, y.z <y.z>) | default"),
        ("x in (1, y)", "mixed(x <x>, mixed(\"1\" <1>, y <y>) <(1, y)>)"),
        ("f((a) | upper, (b))", "f(a | upper <(a) | upper>, b <b>)"),
    ] {
        let printed = print_value(&format!("{{{{ {expression} }}}}"), &value_of(expression));
        assert_eq!(printed, format!("{expected} <{expression}>"), "{expression}");
    }
}

#[test]
fn trimmed_delimiters_belong_to_their_tags() {
    let text = "Bé {{- x -}}\t{%+ if a -%} 🦀 {%- elif b +%}c{% else -%}d{%- endif %}\r\n";
    let nodes = parsed(text).nodes;
    let spans: Vec<&str> = nodes.iter().map(|node| &text[node.span().range()]).collect();
    assert_eq!(spans, ["Bé", "{{- x -}}", "{%+ if a -%} 🦀 {%- elif b +%}c{% else -%}d{%- endif %}"]);
}

#[test]
fn an_if_inside_else_is_no_elif() {
    let nested = parsed("{% if a %}1{% else %}{% if b %}2{% endif %}{% endif %}");
    assert!(matches!(&nested.nodes[..], [Node::Branch { tests, .. }] if tests.len() == 1));
    let chain = parsed("{% if a %}1{% elif b %}2{% elif c %}{% endif %}");
    assert!(matches!(&chain.nodes[..], [Node::Branch { tests, arms, .. }] if tests.len() == 3 && arms[3].is_empty()));
}

#[test]
fn errors_have_a_place_on_character_boundaries() {
    for text in ["{{ é", "{% trans %}é{% endtrans %}", "{{ a.é🦀 }}", "{# é", "{% raw %}🦀", "{{ 'é }}", "{% if x %}", "{{ 🦀 }}", "{{}}"]
    {
        let error = parse(text).expect_err(text);
        assert!(error.to_string().starts_with("not parsed: "));
        if let Some(at) = error.at {
            assert!(text.get(at.clone()).is_some(), "{at:?} in {text:?}");
        }
    }
}

#[test]
fn what_could_exhaust_a_small_stack_is_refused() {
    let elifs = |count: usize| format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(count));
    let nested = |count: usize| format!("{}{}", "{% if a %}".repeat(count), "{% endif %}".repeat(count));
    let refused = vec![
        format!("{{{{ {}x }}}}", "not ".repeat(10_000)),
        format!("{{{{ {}x }}}}", "-".repeat(40_000)),
        format!("{{{{ x{} }}}}", " if a else b".repeat(30_000)),
        format!("{{{{ x{} }}}}", " | f".repeat(100_000)),
        format!("{{{{ x{} }}}}", ".a".repeat(100_000)),
        format!("{{{{ x{} }}}}", " and a".repeat(100_000)),
        format!("{{{{ {} }}}}", "(".repeat(100_000)),
        format!("{{{{ {}{} }}}}", "[".repeat(900), "]".repeat(900)),
        elifs(501),
        elifs(20_000),
        nested(101),
        nested(50_000),
        "{% set x %}".repeat(50_000),
        format!("{}{}", format!("{{% if a %}}{}", "{% elif a %}".repeat(90)).repeat(50), "{% endif %}".repeat(50)),
        " ".repeat(lex_limit() + 1),
    ];
    let accepted = vec![
        format!("{{{{ {}x }}}}", "not ".repeat(1_990)),
        format!("{{{{ {}x }}}}", "-".repeat(1_990)),
        format!("{{{{ x{} }}}}", " if a else b".repeat(490)),
        format!("{{{{ x{} }}}}", " | f".repeat(990)),
        format!("{{{{ x{} }}}}", ".a".repeat(990)),
        format!("{{{{ x{} }}}}", " and a".repeat(990)),
        format!("{{{{ x{} }}}}", "(a)".repeat(660)),
        elifs(500),
        nested(100),
        format!(
            "{{% if a %}}{}{}{{{{ {}x }}}}{}{{% endif %}}",
            "{% elif a %}".repeat(500),
            "{% if a %}".repeat(60),
            "-".repeat(1_990),
            "{% endif %}".repeat(60)
        ),
        elifs(400).repeat(30),
    ];
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let worker = small.spawn(move || {
        for text in &refused {
            let error = parse(text).err().unwrap_or_else(|| panic!("taken: {}", &text[..60]));
            assert!(error.message.len() < 200);
        }
        for text in &accepted {
            let template = parse(text).unwrap_or_else(|error| panic!("{error}: {}", &text[..60]));
            assert!(!template.nodes.is_empty());
        }
    });
    worker.unwrap().join().unwrap();
}

fn lex_limit() -> usize {
    4 * 1024 * 1024
}

/// Pieces of templates, so that random texts often parse.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec![
            "{{ a.b }}", "{{- x | f(1, y) -}}", "{% for a, b in rows[-3:] if a %}", "{% else %}", "{% endfor %}", "{% if a == 'é' and not b %}",
            "{% elif x is not defined -%}", "{%- endif %}", "{% set x = (1, y) %}", "{% set x | trim %}", "{% endset %}", "{# 🦀 {{ #}",
            "{#- c -#}", "{% raw -%}", "{%- endraw %}", "{% raw %}{{ é }}{% endraw %}", "{% include 'a' %}", "{% extends n ~ '.j2' %}",
            "{% macro m(a, b=1) %}", "{% endmacro %}", "{% call(u) m((x)) %}", "{% endcall %}", "{% with a = (b), c = d | e %}",
            "{% endwith %}", "{% filter upper | trim %}", "{% endfilter %}", "{% block b1 %}", "{% endblock %}", "{% do l.append(x) %}",
            "{% from 'a' import b as c, d %}", "{% import 'a' as b %}", "{% set a, b = 1, (2) %}", "{{ (a) + (b) }}", "{{ x not in (y) }}",
            "{{ f((a).b, *c, **d) }}", "{{ a if (b) else (c) }}", "{{ -(a) ** 2 }}", "{{ 'é' ~ x[(1)] }}", "{%+ autoescape true %}",
            "{% endautoescape %}", "{% break %}", "{{ {'a': (b)} | tojson }}", "{{ a < (b) < c }}",
        ]).prop_map(str::to_owned),
        3 => prop::sample::select(vec![" ", "\n", "\r\n", "\t", "text", "é", "🦀", "e\u{301}", "\u{2028}", "system:\n"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["{{", "}}", "{%", "%}", "{#", "#}", "-", "(", ")", "[", "'", "not ", "|", "if", "{{ (", "\\"]).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ]
}

/// Whole templates: pieces that stand alone, wrapped in blocks that are closed.
fn template() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "{{ a.b }}",
            "{{- (x) | f(1, y) -}}",
            "{# 🦀 {{ #}",
            "{#- c -#}",
            "{% raw -%} {{ é }} {%- endraw %}",
            "{% set x = 1, (y) %}",
            "{% include 'a' %}",
            "{%- import 'a' as b -%}",
            "{% from 'a' import b as c, d %}",
            "{% do l.append(x) %}",
            "{{ m() }}",
            "{{ '{{' }}",
            "{% raw %}{% endraw %}",
        ]),
        prop::sample::select(vec!["", " ", "\r\n", "text", "é", " 🦀 ", "\u{2028}", "# user:\n", "{ x }", "%}"]),
    ]
    .prop_map(str::to_owned);
    let body = leaf.prop_recursive(5, 40, 4, |inner| {
        let wrapped = (
            prop::sample::select(vec![
                "{% for a, b in rows[-3:] if (a) %}@{%- else -%}@{% endfor %}",
                "{%- for (a, b) in rows -%}@{%- endfor -%}@",
                "{% if a == 'é' and not b %}@{% elif (x) is not defined -%}@{% endif %}",
                "{% if a %}@{%+ else +%}@{%- endif %}",
                "{% if a %}@{% elif b %}{% if c %}@{% endif %}{% endif %}",
                "{% if a %}{% else %}{% if c %}@{% endif %}@{% endif %}",
                "{% set x | trim %}@{% endset %}@",
                "{% with a = (b), c = d | e %}@{% endwith %}@",
                "{% filter upper | trim %}@{% endfilter %}@",
                "{%- macro m(a, b=1) -%}@{%- endmacro -%}@",
                "{% call(u) m((x)) %}@{% endcall %}@",
                "{%+ autoescape true %}@{% endautoescape %}@",
                "{% for a in b recursive %}@{% break %}@{% endfor %}",
            ]),
            inner.clone(),
            inner.clone(),
        )
            .prop_map(|(around, first, second)| around.replacen('@', &first, 1).replacen('@', &second, 1));
        prop_oneof![wrapped, prop::collection::vec(inner, 0..4).prop_map(|parts| parts.concat())]
    });
    (body.clone(), body, any::<bool>()).prop_map(|(outside, inside, block)| {
        if block { format!("{outside}{{% block b scoped -%}}{inside}{{%- endblock b %}}\n") } else { outside + &inside }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whatever_parses_has_sound_spans(pieces in prop::collection::vec(piece(), 0..10)) {
        let text = pieces.concat();
        match parse(&text) {
            Ok(template) => check(&text, &template),
            Err(error) => prop_assert!(error.at.is_none_or(|at| text.get(at).is_some())),
        }
    }

    #[test]
    fn whole_templates_parse_and_have_sound_spans(text in template()) {
        // A wrapper in the text of another may put a `break` or a block where none may stand.
        if let Ok(template) = parse(&text) {
            check(&text, &template);
        }
    }

    #[test]
    fn expressions_have_sound_spans(
        left in prop::sample::select(vec!["a", "(a)", "a.b", "-a", "not a", "f(a)", "[a, (b)]", "a[(1):]", "'é'", "(a, b)", "a is not x", "((a))"]),
        operator in prop::sample::select(vec!["+", "~", "or", "==", "not in", "in", "if c else", "if (c) else", "and not", "**", "< 2 <", "| f ~", "is eq"]),
        right in prop::sample::select(vec!["b", "(b)", "b | g((c))", "(b).c", "b.strip()", "-1", "{'k': v}", "(b)[0]", "(b if c)", "b.get(k)"]),
        around in prop::sample::select(vec!["{{ @ }}", "{{(@)}}", "{{ f(@, @) }}", "{% set x = @ %}", "{% if @ %}y{% endif %}", "{% set x, y = @, @ %}",
            "{% for x in (@) %}é{% else %}é{{ x }}{% endfor %}", "{% with x = @, y = (@) %}{% endwith %}", "{{ (@) | g }}", "{{ [@, @] }}", "{% for x in @ %}{% endfor %}"]),
    ) {
        let text = around.replace('@', &format!("{left} {operator} {right}"));
        if let Ok(template) = parse(&text) {
            check(&text, &template);
            check_balance(&text, &template.nodes);
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,60}") {
        let _ = parse(&text);
    }
}

/// Values are whole expressions: every bracket in them has its partner.
fn check_balance(text: &str, nodes: &[Node]) {
    fn value(text: &str, of: &Value) {
        let written = &text[of.span.range()];
        for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
            assert_eq!(written.matches(open).count(), written.matches(close).count(), "{written:?} in {text:?}");
        }
        if let ValueKind::Call { args: parts, .. } | ValueKind::Mixed(parts) = &of.kind {
            parts.iter().for_each(|part| value(text, part));
        }
    }
    for node in nodes {
        match node {
            Node::Slot { value: of, .. } | Node::Set { value: Some(of), .. } => value(text, of),
            Node::Loop { over, body, .. } => {
                value(text, over);
                check_balance(text, body);
            }
            Node::Branch { tests, .. } => tests.iter().for_each(|test| value(text, test)),
            Node::Block { body, .. } => check_balance(text, body),
            _ => {}
        }
    }
}
