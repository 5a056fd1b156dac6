//! The types of a BAML file, and how the text that asks for an answer of one of them reads.

use crate::span::Span;

use super::{Scan, Token, What};

/// A class or an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    pub name: String,
    /// Its fields, or its words.
    members: Vec<Member>,
    is_enum: bool,
    /// `@@dynamic`: more is added when the program runs.
    is_dynamic: bool,
}

/// A field of a class, or a word of an enum.
#[derive(Debug, Clone, PartialEq, Default)]
struct Member {
    name: String,
    /// As written; empty in an enum.
    of: String,
    alias: Option<String>,
    description: Option<String>,
    /// `@skip`: no model sees it.
    is_skipped: bool,
}

/// Types inside each other that are written out.
const DEEPEST: usize = 12;
/// A longer text is no schema that anybody sends, in bytes.
const LONGEST: usize = 60_000;
/// Enums of more words stand before the schema, and not in it.
const MOST_INLINE: usize = 6;

impl Type {
    pub fn is_enum(&self) -> bool {
        self.is_enum
    }
}

impl Scan<'_> {
    /// `class Name { field type @attributes … }` or `enum Name { Word @attributes … }`, whose first word was read.
    pub(super) fn declared(&mut self, is_enum: bool) -> Option<Type> {
        let name = self.name()?;
        let open = self.token()?;
        if open.what != What::Open {
            return None;
        }
        let mut declared = Type { name, members: Vec::new(), is_enum, is_dynamic: false };
        // The end of what was read last, how deep in brackets, and what is being said.
        let (mut before, mut depth, mut saying) = (open.span.end, 0usize, Saying::Type);
        // Behind a word of an enum comes the next one, or an attribute.
        let is_word = |saying: &Saying<'_>| is_enum && !matches!(saying, Saying::Attribute("") | Saying::OfAll);
        loop {
            let Some(Token { what, span }) = self.token() else {
                self.baml.problem.get_or_insert(("a block that is never closed".into(), open.span.start));
                return None;
            };
            let written = self.text.get(span.range()).unwrap_or_default();
            let starts_line = self.text.get(before as usize..span.start as usize).is_some_and(|between| between.contains('\n'));
            before = span.end;
            match (what, written) {
                (What::Close, _) if depth == 0 => return Some(declared),
                // The words of an enum may stand on one line.
                (What::Word(name), _) if depth == 0 && (starts_line || is_word(&saying)) => {
                    declared.members.push(Member { name: name.to_owned(), ..Member::default() });
                    saying = Saying::Type;
                    continue;
                }
                (_, "@") => {
                    let follows = self.text.get(..span.start as usize).is_some_and(|text| text.ends_with('@'));
                    saying = if follows { Saying::OfAll } else { Saying::Attribute("") };
                    continue;
                }
                (What::Open, _) | (_, "(" | "<") => depth += 1,
                (What::Close, _) | (_, ")" | ">") => depth = depth.saturating_sub(1),
                _ => {}
            }
            match (&saying, what, declared.members.last_mut()) {
                (Saying::OfAll, What::Word("dynamic"), _) => declared.is_dynamic = true,
                (Saying::Attribute(""), What::Word(word), Some(member)) => {
                    member.is_skipped |= word == "skip";
                    saying = Saying::Attribute(word);
                }
                (Saying::Attribute(attribute), What::Text(inner), Some(member)) => {
                    let text = self.text.get(inner.range()).map(|text| text.trim().to_owned());
                    match *attribute {
                        "alias" => member.alias = text,
                        "description" => member.description = text,
                        _ => {}
                    }
                }
                (Saying::Type, _, Some(member)) if !is_enum => member.of.push_str(written),
                _ => {}
            }
        }
    }
}

/// What the words of a declaration say.
enum Saying<'t> {
    /// The type of a field.
    Type,
    /// An attribute of a field or word, by its name.
    Attribute(&'t str),
    /// An attribute of the whole.
    OfAll,
}

/// What is written where the prompt says `ctx.output_format`, as far as the declarations tell: `None` if one of them is not there, or is
/// added to when the program runs. <https://docs.boundaryml.com/ref/prompt-syntax/ctx-output-format>, seen 2026-11-24.
pub fn output_format(result: &str, types: &[&Type]) -> Option<String> {
    let result = result.trim();
    let mut writer = Writer { types, before: String::new(), length: 0 };
    let schema = writer.of(result, 0, &mut Vec::new())?;
    let inner = result.trim_end_matches(['?', '[', ']']);
    let lead = match inner {
        "string" if inner.len() == result.len() => return Some(String::new()),
        "int" => "Answer as an int",
        "float" => "Answer as a float",
        "bool" => "Answer as a bool",
        _ if inner.len() == result.len() && types.iter().any(|known| known.is_enum && known.name == inner) => {
            let one = types.iter().find(|known| known.name == inner)?;
            return Some(format!("Answer with any of the categories:\n{}", words_of(one)));
        }
        _ if inner.contains(['|', '"']) => "Answer in JSON using any of these schemas:\n",
        _ => "Answer in JSON using this schema:\n",
    };
    let is_plain = matches!(inner, "int" | "float" | "bool") && inner.len() == result.len();
    let body = if is_plain { String::new() } else { schema };
    Some(format!("{}{lead}{body}", writer.before))
}

/// An enum as a list of its words.
fn words_of(one: &Type) -> String {
    let mut text = format!("{}\n----\n", one.name);
    for member in one.members.iter().filter(|member| !member.is_skipped) {
        let name = member.alias.as_ref().unwrap_or(&member.name);
        match &member.description {
            Some(description) => text += &format!("- {name}: {description}\n"),
            None => text += &format!("- {name}\n"),
        }
    }
    text
}

struct Writer<'t> {
    types: &'t [&'t Type],
    /// What stands before the schema: enums with many words, or with words that are explained.
    before: String,
    length: usize,
}

impl Writer<'_> {
    /// A type as the schema writes it; `None` if it is not known. `around` are the classes that it stands in.
    fn of(&mut self, written: &str, depth: usize, around: &mut Vec<String>) -> Option<String> {
        let written = written.trim();
        self.length += written.len();
        if depth > DEEPEST || self.length > LONGEST {
            return None;
        }
        let parts = alternatives(written);
        if parts.len() > 1 {
            let parts: Option<Vec<String>> = parts.iter().map(|part| self.of(part, depth + 1, around)).collect();
            return Some(parts?.join(" or "));
        }
        if let Some(inner) = written.strip_suffix('?') {
            return Some(format!("{} or null", self.of(inner, depth + 1, around)?));
        }
        if let Some(inner) = written.strip_suffix("[]") {
            let inner = self.of(inner, depth + 1, around)?;
            return Some(if inner.contains('\n') { format!("[\n{}\n]", indented(&inner)) } else { format!("{inner}[]") });
        }
        if let Some(inner) = written.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            return self.of(inner, depth + 1, around);
        }
        if let Some(inner) = written.strip_prefix("map<").and_then(|rest| rest.strip_suffix('>')) {
            let (key, value) = inner.split_once(',')?;
            return Some(format!("map<{}, {}>", self.of(key, depth + 1, around)?, self.of(value, depth + 1, around)?));
        }
        if matches!(written, "string" | "int" | "float" | "bool" | "null" | "true" | "false") || written.parse::<i64>().is_ok() {
            return Some(written.to_owned());
        }
        if let Some(word) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            return Some(format!("'{word}'"));
        }
        let known = *self.types.iter().find(|known| known.name == written).filter(|known| !known.is_dynamic)?;
        if known.is_enum {
            let words: Vec<&Member> = known.members.iter().filter(|member| !member.is_skipped).collect();
            if words.len() > MOST_INLINE || words.iter().any(|word| word.description.is_some()) {
                let list = words_of(known);
                if !self.before.contains(&list) {
                    self.before += &format!("{list}\n");
                }
                return Some(known.name.clone());
            }
            let names = words.iter().map(|word| format!("'{}'", word.alias.as_ref().unwrap_or(&word.name)));
            return Some(names.collect::<Vec<_>>().join(" or "));
        }
        if around.contains(&known.name) {
            return Some(known.name.clone());
        }
        around.push(known.name.clone());
        let mut text = String::from("{\n");
        for member in known.members.iter().filter(|member| !member.is_skipped) {
            let of = self.of(&member.of, depth + 1, around)?;
            let mut line = String::new();
            let description = member.description.iter().flat_map(|description| description.lines());
            description.for_each(|part| line += &format!("// {}\n", part.trim()));
            line += &format!("{}: {of},", member.alias.as_ref().unwrap_or(&member.name));
            text += &indented(&line);
            text.push('\n');
        }
        around.pop();
        text.push('}');
        self.length += text.len();
        Some(text)
    }
}

/// The types of a union, those inside brackets left alone.
fn alternatives(written: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0usize, 0, Vec::new());
    for (at, letter) in written.char_indices() {
        match letter {
            '(' | '<' => depth += 1,
            ')' | '>' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                parts.extend(written.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(written.get(from..));
    parts
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Where the type of a function's result is written, as a text.
pub(super) fn written(text: &str, result: Span) -> String {
    text.get(result.range()).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    const FERRY: &str = r##"
enum Pier { North South @skip West @alias("Harbour") }
class Fare {
  adult float @description("in euros,
    without the deck fee")
  child float? // half of it
  tags map<string, int>
}
class Trip {
  pier Pier @alias("from")
  fares Fare[] @description(#"one for each "day" "#)
  kind "single" | "return"
  back Trip?
}
"##;

    fn shown(declared: &str, result: &str) -> Option<String> {
        let text = format!("{declared}\nfunction F(x: string) -> {result} {{ client C prompt #\"{{{{ ctx.output_format }}}}\"# }}\n");
        let read = read(&text);
        assert_eq!(read.problem, None);
        output_format(&read.functions[0].result, &read.types.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_class_is_written_out_with_all_that_it_holds() {
        let expected = "Answer in JSON using this schema:\n{\n  from: 'North' or 'Harbour',\n  // one for each \"day\"\n  fares: [\n    {\n      // in euros,\n      // without the deck fee\n      adult: float,\n      child: float or null,\n      tags: map<string, int>,\n    }\n  ],\n  kind: 'single' or 'return',\n  back: Trip or null,\n}";
        assert_eq!(shown(FERRY, "Trip").as_deref(), Some(expected));
    }

    #[test]
    fn simple_answers_need_few_words() {
        for (result, expected) in [
            ("string", ""),
            ("int", "Answer as an int"),
            ("Pier", "Answer with any of the categories:\nPier\n----\n- North\n- Harbour\n"),
            ("string[]", "Answer in JSON using this schema:\nstring[]"),
        ] {
            assert_eq!(shown(FERRY, result).as_deref(), Some(expected), "{result}");
        }
    }

    #[test]
    fn words_that_are_explained_stand_before_the_schema() {
        let declared = "enum Deck {\n Upper @description(\"in the sun\")\n Lower\n}\nclass Seat {\n deck Deck\n}";
        let expected = "Deck\n----\n- Upper: in the sun\n- Lower\n\nAnswer in JSON using this schema:\n{\n  deck: Deck,\n}";
        assert_eq!(shown(declared, "Seat").as_deref(), Some(expected));
    }

    #[test]
    fn what_is_not_declared_or_open_is_not_known() {
        assert_eq!(shown(FERRY, "Ticket"), None);
        assert_eq!(shown("class Open {\n a int\n @@dynamic\n}", "Open"), None);
        assert_eq!(shown("class Empty {\n @@dynamic\n}", "Empty[]"), None);
        assert_eq!(shown("class Part {\n other Lost\n}", "Part"), None);
    }
}
