use super::*;

/// The nodes in one line: text as it is, `<name>` for slots, `[name:…]` for loops, `(name?…|…)` for branches.
fn shown(language: Tags, text: &str) -> String {
    fn name(value: &Value) -> String {
        match &value.kind {
            ValueKind::Path(path) => path.join("."),
            ValueKind::Literal(text) => format!("'{text}'"),
            ValueKind::Call { name, args } => {
                format!("{}({})", name.join("."), args.iter().map(super::tests::name_of).collect::<Vec<_>>().join(","))
            }
            ValueKind::Mixed(_) => "mixed".into(),
        }
    }
    fn nodes(list: &[Node]) -> String {
        list.iter()
            .map(|node| match node {
                Node::Text { text, .. } => text.clone(),
                Node::Slot { value, .. } => format!("<{}>", name(value)),
                Node::Loop { over, body, .. } => format!("[{}:{}]", name(over), nodes(body)),
                Node::Branch { tests, arms, .. } => {
                    format!("({}?{})", name(&tests[0]), arms.iter().map(|arm| nodes(arm)).collect::<Vec<_>>().join("|"))
                }
                Node::Block { body, .. } => format!("{{{}}}", nodes(body)),
                Node::Include { name, .. } => format!("@{}", name.as_deref().unwrap_or("?")),
                Node::Set { name, .. } => format!("={name}="),
                _ => "other".into(),
            })
            .collect()
    }
    parse(language, text).map_or_else(|error| format!("! {} {:?}", error.message, error.at), |template| nodes(&template.nodes))
}

fn name_of(value: &Value) -> String {
    match &value.kind {
        ValueKind::Path(path) => path.join("."),
        ValueKind::Literal(text) => format!("'{text}'"),
        _ => "…".into(),
    }
}

#[test]
fn each_language_is_read() {
    for (language, text, expected) in [
        (Tags::Handlebars, "Hi {{name}}, {{{user.name}}}", "Hi <name>, <user.name>"),
        (Tags::Handlebars, "{{#if a}}x{{else if b}}y{{else}}z{{/if}}", "(a?x|y|z)"),
        (Tags::Handlebars, "{{#unless a}}x{{/unless}}", "(a?x|)"),
        (Tags::Handlebars, "{{#each turns as |turn|}}{{turn.text}}{{/each}}", "[turns:<turn.text>]"),
        (Tags::Handlebars, "{{role \"system\"}}Be kind.", "<role('system')>Be kind."),
        (Tags::Handlebars, "{{! said }}{{!-- {{x}} --}}{{>part a=1}}", "@part"),
        (Tags::Handlebars, "{{#messages}}{{text}}{{/messages}}{{^a}}b{{/a}}", "[messages:<text>](a?b|)"),
        (Tags::Handlebars, "\\{{kept}} {{json doc indent=2}}", "{{kept}} <doc>"),
        (Tags::SemanticKernel, "{{$input}} {{ Plugin.Find $ask }} {{'x'}}", "<input> <Plugin.Find()> <'x'>"),
        (Tags::SemanticKernel, "{$ask} of {{$input}}: {$5 off}, {$a b}, {$}, {$open", "<ask> of <input>: {$5 off}, {$a b}, {$}, {$open"),
        (Tags::Liquid, "{% for m in turns limit:3 %}{{ m.text | strip }}{% else %}none{% endfor %}", "[turns:<m.text>(turns?|none)]"),
        (Tags::Liquid, "{% if a == 1 %}x{% elsif b %}y{% endif %}{% raw %}{{ x }}{% endraw %}", "(a?x|y|){{ x }}"),
        (Tags::Liquid, "{% comment %}no{% endcomment %}{% assign x = 'a' %}{% include 'part' %}", "=x=@part"),
        (Tags::Go, "{{/* why */}}{{ .Name }}{{ range $i, $m := .Turns }}{{ $m.Text }}{{ end }}", "<Name>[Turns:<m.Text>]"),
        (Tags::Go, "{{- if .A -}}x{{ else }}y{{ end }}{{ template \"part\" . }}", "(A?x|y)@part"),
        (Tags::Erb, "<%# why %>Hi <%= @user.name %><% turns.each do |t| %><%= t %><% end %>", "Hi <user.name>[turns:<t>]"),
        (Tags::Erb, "<% if a %>x<% else %>y<% end %>", "(a?x|y)"),
    ] {
        assert_eq!(shown(language, text), expected, "{text}");
    }
}

#[test]
fn faults_are_said_at_their_place() {
    for (language, text, at) in [
        (Tags::Handlebars, "a {{#if b}}c", 2),
        (Tags::Handlebars, "a {{/if}}", 2),
        (Tags::Handlebars, "a {{b", 2),
        (Tags::Handlebars, "{{else}}", 0),
        (Tags::Liquid, "{% raw %}x", 0),
        (Tags::Go, "{{ range .X }}", 0),
        (Tags::Erb, "x <% if a %>", 2),
    ] {
        assert_eq!(parse(language, text).unwrap_err().at, Some(at..at), "{text}");
    }
    parse(Tags::Handlebars, &"{{#if a}}".repeat(100_000)).unwrap_err();
}

#[test]
fn slots_lie_where_they_are_written() {
    for (language, text) in
        [(Tags::Handlebars, "é {{~ user.name ~}} x"), (Tags::Go, "é {{- .User.Name -}}"), (Tags::Erb, "é <%= user.name %>")]
    {
        let template = parse(language, text).unwrap();
        let Some(Node::Slot { value, span }) = template.nodes.get(1) else { panic!("{text}") };
        assert!(text[span.range()].ends_with(['}', '>']) && text[value.span.range()].to_lowercase().ends_with("name"), "{text}");
    }
}
