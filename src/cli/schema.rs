//! `prompt-lint schema`: what a config or a rule may hold, from the types that read them, with the rules that there are.

use serde_json::{Value, json};

use super::args::SchemaOf;
use super::engine::RuleInfo;
use super::{CLEAN, Failure, Host};
use crate::config::{category, file};
use crate::rewrite::REWRITES;
use crate::rule::{OptionValue, load};

pub fn schema(of: SchemaOf, host: &mut Host<'_>) -> Result<u8, Failure> {
    let schema = match of {
        SchemaOf::Config => config(&(host.engine.rules)()),
        SchemaOf::Rule => rule(),
    };
    writeln!(host.stdout, "{schema:#}")?;
    Ok(CLEAN)
}

/// The schema of a config. Rules of one's own may be named too, so an unknown name is no error here.
pub fn config(rules: &[RuleInfo]) -> Value {
    let mut schema = file::schema().to_value();
    let mut names: Vec<&str> = rules.iter().flat_map(|rule| [category(&rule.id), rule.id.as_str()]).collect();
    names.sort_unstable();
    names.dedup();
    let name = json!({ "anyOf": [{ "enum": names }, { "type": "string" }] });
    let table: serde_json::Map<String, Value> = rules.iter().map(|rule| (rule.id.clone(), entry(rule))).collect();
    let mut set = |pointer: &str, key: &str, value: &Value| {
        if let Some(Value::Object(at)) = schema.pointer_mut(pointer) {
            at.insert(key.to_owned(), value.clone());
        }
    };
    set("/properties/select", "items", &name);
    set("/properties/ignore", "items", &name);
    set("/$defs/PerPath/properties/ignore", "items", &name);
    // Both tables of rules are the same.
    set("/properties/rules", "properties", &Value::Object(table));
    if let Some(rules) = schema.pointer("/properties/rules").cloned() {
        let by_reference = json!({ "$ref": "#/$defs/Rules" });
        let places =
            [("/$defs", "Rules", &rules), ("/properties", "rules", &by_reference), ("/$defs/PerPath/properties", "rules", &by_reference)];
        for (pointer, key, value) in places {
            if let Some(Value::Object(at)) = schema.pointer_mut(pointer) {
                at.insert(key.to_owned(), value.clone());
            }
        }
    }
    schema
}

/// What a config may say of one of the rules that ship.
fn entry(rule: &RuleInfo) -> Value {
    let kind = |value: &OptionValue| match value {
        OptionValue::Bool(value) => json!({ "type": "boolean", "default": value }),
        OptionValue::Number(value) if value.fract() == 0.0 => json!({ "type": "integer", "default": *value as i64 }),
        OptionValue::Number(value) => json!({ "type": "number", "default": value }),
        OptionValue::Text(value) => json!({ "type": "string", "default": value }),
        OptionValue::List(_) => json!({ "type": "array" }),
    };
    let options: serde_json::Map<String, Value> = rule.options.iter().map(|(name, value)| (name.clone(), kind(value))).collect();
    let body = json!({
        "type": "object",
        "properties": {
            "severity": { "$ref": "#/$defs/Severity" },
            "options": { "type": "object", "properties": options, "additionalProperties": false },
        },
        "additionalProperties": false,
    });
    json!({ "description": rule.summary, "anyOf": [{ "const": "off" }, body] })
}

/// The schema of a rule.
pub fn rule() -> Value {
    let mut schema = load::schema().to_value();
    let names: Vec<&str> = REWRITES.iter().map(|rewrite| rewrite.name).collect();
    let graded = |words: [&str; 3]| json!([{ "enum": words }, { "type": "string", "pattern": r"^\s*\{\{" }]);
    let choices = [
        ("rewrite", "enum", json!(names)),
        ("severity", "anyOf", graded(["error", "warning", "info"])),
        ("confidence", "anyOf", graded(["low", "medium", "high"])),
    ];
    for (key, choice, values) in choices {
        if let Some(Value::Object(at)) = schema.pointer_mut(&format!("/properties/{key}")) {
            at.remove("type");
            at.insert(choice.to_owned(), values);
        }
    }
    schema
}
