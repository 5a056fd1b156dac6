//! What compiles, what is refused, and where the error points.

use super::*;
use crate::rule::text::Text;

fn options() -> Options {
    BTreeMap::from([
        ("min_lost_tokens".to_string(), OptionValue::Number(64.0)),
        ("apis".to_string(), OptionValue::List(vec![OptionValue::Text("openai.chat".into())].into())),
    ])
}

fn refused(text: &str) -> (String, String, Option<String>) {
    let error = condition(text, &options()).expect_err(text);
    (error.message, text[error.range].to_string(), error.help)
}

#[test]
fn what_rules_say_compiles() {
    for text in [
        "request.prefix.broken_by and request.prefix.lost_tokens >= options.min_lost_tokens",
        "not call.cap.missing or call.api in options.apis",
        "call.loop not in [\"none\", \"batchable\"]",
        "'claude' in call.model",
        "(request.cache.min_tokens | default(1024)) * 2 - 1 > call.cap.value / 3",
        "request.document is defined and call.model is unknown",
        "call.model | length > 3",
        "call.provider == ('bedrock' if call.cap.present else 'openai')",
    ] {
        condition(text, &options()).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }
}

#[test]
fn a_misspelt_fact_is_named_at_its_place() {
    let (message, place, help) = refused("call.cap.missing and request.prefx.lost_tokens > 3");
    assert_eq!(message, "there is no fact `request.prefx.lost_tokens`");
    assert_eq!(place, "request.prefx.lost_tokens");
    assert_eq!(help.as_deref(), Some("did you mean `request.prefix.lost_tokens`?"));
}

#[test]
fn types_are_checked() {
    let (message, place, _) = refused("call.cap.missing and call.model == 3");
    assert_eq!((message.as_str(), place.as_str()), ("a text is compared with a number", "call.model == 3"));
    assert_eq!(refused("call.cap.missing >= true").0, "only numbers are less or greater, not yes or no");
    assert_eq!(refused("call.cap == call.cap").0, "a record is not compared");
    assert_eq!(refused("call.model").0, "a condition is yes or no, this is a text");
    assert_eq!(refused("call.cap.value in options.apis").0, "a number is not looked up in this list");
    assert_eq!(refused("call.model + 1 > 2").0, "this is a text, not a number");
}

#[test]
fn an_unknown_option_is_named() {
    let (message, place, help) = refused("request.prefix.lost_tokens > options.min_lost");
    assert_eq!((message.as_str(), place.as_str()), ("the rule has no option `min_lost`", "options.min_lost"));
    assert!(help.is_some());
}

#[test]
fn nothing_else_is_allowed() {
    for text in [
        "range(3)",
        "call['cap']",
        "call.model | upper == 'A'",
        "call.model is string",
        "1 < call.cap.value < 3",
        "call.cap.value // 2 > 1",
    ] {
        refused(text);
    }
    refused("call.cap.missing and");
    refused(&format!("call.cap.missing {}", "or call.cap.missing ".repeat(300)));
}

#[test]
fn long_chains_do_not_overflow_the_stack() {
    for length in [80, 110, 120, 240, 20_000] {
        for text in [
            format!("{}call.cap.missing", "not ".repeat(length)),
            format!("{}1 > 0", "-".repeat(length)),
            format!("{}1{} > 0", "(".repeat(length), ")".repeat(length)),
            format!("1{} > 0", "+1".repeat(length)),
            format!("call.cap.value{} > 0", "|int".repeat(length)),
            format!("call.cap.missing{}", " or call".repeat(length)),
            format!("call{}", ".a".repeat(length)),
            format!("call.model == {}'b'", "'a' if call else ".repeat(length)),
        ] {
            let compiled = condition(&text, &options());
            assert!(length < 250 || compiled.is_err());
            let _ = Text::compile(&format!("{{{{ {text} }}}}"), &options());
        }
    }
}
