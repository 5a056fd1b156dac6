//! Each template language against what Python does with the same text.

use proptest::prelude::*;

use super::*;

/// `text`, `~escape`, `<path|source of the value|bound>`
fn shown(text: &str, template: Option<Template>) -> Option<String> {
    let template = template?;
    let mut out = Vec::new();
    let mut last = 0;
    for node in &template.nodes {
        let (part, span) = match node {
            Node::Text { text: part, span, verbatim: true } => {
                assert_eq!(part, &text[span.range()]);
                (part.clone(), span)
            }
            Node::Text { text: part, span, .. } => (format!("~{part}"), span),
            Node::Slot { value, span } => {
                assert!(span.contains(value.span));
                let ValueKind::Path(path) = &value.kind else { panic!("only paths stand in a string") };
                let bound = value.slice.and_then(|slice| slice.bound).map(|bound| format!("|{bound}")).unwrap_or_default();
                (format!("<{}|{}{bound}>", path.join("."), &text[value.span.range()]), span)
            }
            other => panic!("no such node in a string: {other:?}"),
        };
        assert_eq!(span.start, last, "nodes follow each other without a gap");
        last = span.end;
        out.push(part);
    }
    assert_eq!(last as usize, text.len());
    Some(out.join(" "))
}

fn braces(text: &str) -> Option<String> {
    shown(text, parse_braces(text))
}

fn percent(text: &str) -> Option<String> {
    shown(text, parse_percent(text))
}

fn dollar(text: &str) -> Option<String> {
    shown(text, parse_dollar(text))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_string())
}

#[test]
fn braces_with_names_numbers_and_formats() {
    assert_eq!(braces("Hi {name}!"), some("Hi  <name|name> !"));
    assert_eq!(braces("{} {}"), some("<0|>   <1|>"));
    assert_eq!(braces("{1}{0}"), some("<1|1> <0|0>"));
    assert_eq!(braces("{a.b[0]!r:>10}"), some("<a.b[]|a.b[0]>"));
    assert_eq!(braces("{rows[0][title]}"), some("<rows[].title|rows[0][title]>"));
    assert_eq!(braces("{{\"k\": {v}}}"), some("~{ \"k\":  <v|v> ~}"));
    assert_eq!(braces("{text:.200s}{ratio:.2f}{n:,}{x:*^+#012_.3e}"), some("<text|text|200> <ratio|ratio> <n|n> <x|x>"));
    assert_eq!(braces("{now:%Y-%m-%d %H:%M}"), some("<now|now>"));
    assert_eq!(braces("{:{}} {}"), some("<0|>   <2|>"));
    assert_eq!(braces("{name:>{width}}"), some("<name|name>"));
    assert_eq!(braces("größe: {größe} 🦀"), some("größe:  <größe|größe>  🦀"));
    assert_eq!(braces(""), some(""));
    assert_eq!(braces("no slot"), some("no slot"));
}

#[test]
fn braces_that_are_not_a_format_string() {
    for text in [
        "{\"name\": \"x\"}",
        "{",
        "}",
        "a } b",
        "{name",
        "{name!}",
        "{name!x}",
        "{name!r",
        "{a b}",
        "{ name }",
        "{a.}",
        "{a[}",
        "{a[]}",
        "{0}{}",
        "{}{0}",
        "{type: string}",
        "{\n  a: 1\n}",
        "{a:{b:{c}}}",
        "{a:{b}",
        "if (x) { return y; }",
        "{a-b}",
        "{0x}",
        "{name:10q}",
    ] {
        assert_eq!(braces(text), None, "{text}");
    }
}

#[test]
fn percent_by_place_and_by_name() {
    assert_eq!(percent("Hi %s, %d%%"), some("Hi  <0|%s> ,  <1|%d> ~%"));
    assert_eq!(percent("%(user)s asks %(question).500s"), some("<user|user>  asks  <question|question|500>"));
    assert_eq!(percent("%-*.*f|%s"), some("<2|%-*.*f> | <3|%s>"));
    assert_eq!(percent("%(a(b))r"), some("<a(b)|a(b)>"));
    assert_eq!(percent("%+05.1f %ld"), some("<0|%+05.1f>   <1|%ld>"));
}

#[test]
fn percent_that_is_not_a_template() {
    for text in ["", "no slot", "100%%", "100%", "%", "%(name", "%(name)", "%y", "%(a)s %s", "%(a)*d", "5% more", "%.", "%é"] {
        assert_eq!(percent(text), None, "{text}");
    }
}

#[test]
fn dollars() {
    assert_eq!(dollar("Dear $name, ${greeting}s!"), some("Dear  <name|name> ,  <greeting|greeting> s!"));
    assert_eq!(dollar("$$5 or $5 or $"), some("~$ 5 or $5 or $"));
    assert_eq!(dollar("$größe"), some("<gr|gr> öße"));
    assert_eq!(dollar("plain"), some("plain"));
    for text in ["${", "${}", "${1}", "${a.b}", "${a"] {
        assert_eq!(dollar(text), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "[{}$%()\\[\\].:!a0é \n*s\"-]{0,24}|\\PC*") {
        braces(&text);
        percent(&text);
        dollar(&text);
    }
}

#[test]
fn marks_are_names_in_capitals() {
    let names = |text: &str| -> Option<Vec<String>> {
        let slots = parse_marks(text)?.nodes.into_iter().filter_map(|node| match node {
            Node::Slot { value: Value { kind: ValueKind::Path(path), .. }, span } => {
                Some(format!("{} {}", path.join("."), &text[span.range()]))
            }
            _ => None,
        });
        Some(slots.collect())
    };
    assert_eq!(names("a {{PIER_NAME}} b {{ DAY }}."), Some(vec!["PIER_NAME {{PIER_NAME}}".into(), "DAY {{ DAY }}".into()]));
    for text in ["style={{width}}", "{{ a }}", "{{AB}}", "{PIER}", "{{PIER", "{{", "{{{{"] {
        assert_eq!(names(text), None, "{text}");
    }
}
