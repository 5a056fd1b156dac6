//! Tests of what is taken for a prompt and of role sections.

use proptest::prelude::*;

use super::*;

fn prompt(confidence: Confidence) -> PromptKind {
    PromptKind::Prompt { confidence }
}

fn sections(text: &str) -> Vec<(Role, &str)> {
    roles(text).into_iter().map(|(role, span)| (role, &text[span.range()])).collect()
}

#[test]
fn the_word_lists_are_filled() {
    let signals = &FORMATS.prompt;
    for words in [&signals.chat_markers, &signals.strong_wording, &signals.weak_wording, &signals.markup_first_lines] {
        assert!(!words.is_empty());
        assert!(words.iter().all(|word| *word == word.to_lowercase()), "{words:?}");
    }
    for phrase in signals.strong_wording.iter().chain(signals.weak_wording.iter()) {
        assert_eq!(words(phrase).trim(), phrase, "a phrase is words and single blanks");
    }
    assert!(FORMATS.jinja.methods.iter().any(|method| method == "strip"));
}

#[test]
fn what_is_named_after_code_is_no_prompt() {
    for path in [
        "deploy/site.yml.j2",
        "src/client.py.jinja2",
        "Dockerfile.j2",
        "docker/Dockerfile.base.j2",
        "README.md.jinja",
        "etc/app.conf.J2",
        "page.html.jinja",
    ] {
        assert_eq!(is_prompt(path, "You are a helpful assistant. Your task is to answer."), PromptKind::NotPrompt, "{path}");
    }
}

#[test]
fn names_of_texts_say_nothing() {
    for path in ["prompts/triage.j2", "triage.md.j2", "triage.txt.jinja2", "system.prompt.jinja", "v1.2/triage.j2", ".j2"] {
        assert_eq!(is_prompt(path, "You are a triage nurse. Given the notes, rank them."), prompt(Confidence::High), "{path}");
    }
}

#[test]
fn code_and_markup_by_their_first_line() {
    for text in [
        "#!/bin/sh\nexec you are given the {{ command }}\n",
        "{# base image #}\nFROM python:{{ version }}\n",
        "{% set v = 1 -%}\nimport os\n# you must answer\n",
        "name: {{ service }}\nruns: always\n",
        "<!DOCTYPE html>\n<p>You are logged in as {{ user }}</p>",
        "\n  <div class=\"card\">Please answer the survey</div>",
    ] {
        assert_eq!(is_prompt("x.j2", text), PromptKind::NotPrompt, "{text}");
    }
}

#[test]
fn role_lines_make_a_prompt() {
    assert_eq!(is_prompt("chat.jinja2", "# system:\nBe brief.\n\n# user:\n{{ question }}\n"), prompt(Confidence::High));
    assert_eq!(is_prompt("chat.jinja2", "system:\r\n{{ persona }}\r\n"), prompt(Confidence::High));
    assert_eq!(is_prompt("chat.jinja2", "Le texte:\n{{ t }}\nAssistant:\n"), prompt(Confidence::Medium));
}

#[test]
fn wording_decides_with_more_or_less_confidence() {
    assert_eq!(is_prompt("a.j2", "You are a poet. Write a sonnet about {{ x }}."), prompt(Confidence::High));
    assert_eq!(is_prompt("a.j2", "Summarize: {{ page }}"), prompt(Confidence::Medium));
    assert_eq!(is_prompt("a.j2", "Titles must fit on one row: {{ page }}"), prompt(Confidence::Low));
    assert_eq!(is_prompt("a.j2", "{% for m in messages %}{{ m.role }}> {{ m.content }}{% endfor %}"), prompt(Confidence::High));
    assert_eq!(is_prompt("a.j2", "{{ text }}"), PromptKind::Unknown);
    assert_eq!(is_prompt("a.j2", "Résume ce texte : {{ texte }}"), PromptKind::Unknown);
    assert_eq!(is_prompt("a.j2", ""), PromptKind::Unknown);
    assert_eq!(is_prompt("a.j2", "{# You are an editor of this file #}{{ text }}"), PromptKind::Unknown);
    assert_eq!(is_prompt("a.j2", "mustard and customary"), PromptKind::Unknown, "only whole words count");
}

#[test]
fn sections_follow_their_role_lines() {
    let text = "{# v2 #}\n# system:\nBe kind.\n\nuser:\r\n{{ question }}\nAssistant:\n";
    assert_eq!(sections(text), [(Role::System, "Be kind.\n\n"), (Role::User, "{{ question }}\n"), (Role::Assistant, "")]);
}

#[test]
fn a_role_that_is_filled_in_is_unknown() {
    let text = "system:\nBe kind.\n{% for m in history %}\n# {{ m.role }}:\n{{ m.content }}\n{% endfor %}\nuser:\n{{ q }}";
    let found = sections(text);
    assert_eq!(found.iter().map(|(role, _)| *role).collect::<Vec<_>>(), [Role::System, Role::Unknown, Role::User]);
    assert_eq!(found[1].1, "{{ m.content }}\n{% endfor %}\n");
}

#[test]
fn front_matter_may_stand_before_the_first_role() {
    let text = "---\nname: x\n---\nsystem[cache=\"true\"]:\nBe kind.";
    assert_eq!(sections(text), [(Role::System, "Be kind.")]);
}

#[test]
fn without_role_lines_a_text_is_one_section() {
    for text in ["", "Translate: {{ x }}", "Below is a talk.\nUser:\n{{ q }}\nAssistant:\n", "{#\nsystem:\n#}hello", "the user: {{ x }}"] {
        assert_eq!(sections(text), [(Role::Unknown, text)]);
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_sections_stay_in_the_text(
        path in ".{0,20}",
        parts in prop::collection::vec(prop_oneof![
            Just("system:\n".to_owned()), Just("# user:\r\n".to_owned()), Just("{{".to_owned()), Just("#}".to_owned()), Just("{#".to_owned()),
            Just("---\n".to_owned()), Just("# {{ m.role }}:\n".to_owned()), "\\PC{0,6}", "[🦀é\n ]{0,4}",
        ], 0..20),
    ) {
        let text = parts.concat();
        is_prompt(&path, &text);
        let found = roles(&text);
        prop_assert!(!found.is_empty());
        let mut end = 0;
        for (_, span) in found {
            prop_assert!(span.start >= end && span.end >= span.start);
            prop_assert!(text.get(span.range()).is_some());
            end = span.end;
        }
        prop_assert_eq!(prose(&text).len(), text.len());
    }
}

#[test]
fn minified_code_is_no_prompt() {
    let code = "var a=function(b){return{system:b,c:d.e(f,g),text:\"You are\"}},h=i.map(j=>k(j,l)),m={n:o,p:\"your task\"};".repeat(60);
    assert_eq!(judged("", &code), (PromptKind::NotPrompt, Sign::Minified));
    let prompt = "You are a guide. Your task is to help people who ask. ".repeat(120);
    assert!(matches!(is_prompt("", &prompt), PromptKind::Prompt { .. }));
}

#[test]
fn settings_of_an_environment_and_guides_are_no_prompts() {
    let settings = "# The service\nSERVICE_KEY={{ key }}\nSYSTEM_MESSAGE=You are a clerk. Your task is to answer.\n";
    assert_eq!(is_prompt("deploy/settings.jinja2", settings), PromptKind::NotPrompt);
    assert_eq!(is_prompt("guide/list.md.jinja2", "# Guides\n\nThey show step by step how it is done.\n"), prompt(Confidence::Low));
    assert!(matches!(is_prompt("ask.j2", "A = {{ a }}. You are a clerk. Your task is to add one.\n"), PromptKind::Prompt { .. }));
}
