//! BAML: the functions and clients of a file, with the text of their prompts.

mod schema;

use crate::catalogue::Catalogue;
use crate::span::Span;

pub use schema::{Type, output_format};

/// What a file declares.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Baml {
    pub functions: Vec<Function>,
    pub clients: Vec<Client>,
    pub types: Vec<Type>,
    pub comments: Vec<Span>,
    /// What is never closed, and where.
    pub problem: Option<(String, u32)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    pub name: String,
    /// From its first word to its closing brace.
    pub span: Span,
    /// A name, or a provider and a model in quotes.
    pub client: Option<(String, Span)>,
    /// Between the quotes.
    pub prompt: Option<Span>,
    /// The kind of answer, where its type allows no more than a choice.
    pub choice: Option<&'static str>,
    /// The type of the answer, as written.
    pub result: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    pub name: String,
    pub span: Span,
    /// Up to its opening brace.
    pub head: Span,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub cap: Option<(Option<u64>, Span)>,
    /// Served on a machine of one's own.
    pub is_local: bool,
}

/// Reads a file; what is not understood is stepped over.
pub fn read(text: &str) -> Baml {
    let mut scan = Scan { text, at: 0, baml: Baml::default() };
    let mut results = Vec::new();
    while let Some(token) = scan.token() {
        match token.what {
            What::Word("function") => results.extend(scan.function(token.span.start)),
            What::Word("client") => scan.client(token.span.start),
            What::Word(word @ ("class" | "enum")) => {
                let declared = scan.declared(word == "enum");
                scan.baml.types.extend(declared);
            }
            What::Open => scan.skip(token.span.start),
            _ => {}
        }
    }
    let enums: Vec<String> = scan.baml.types.iter().filter(|known| known.is_enum()).map(|known| known.name.clone()).collect();
    for (function, result) in scan.baml.functions.iter_mut().zip(results) {
        function.result = schema::written(text, result);
        function.choice = choice(&function.result, &enums);
    }
    scan.baml
}

/// The task whose answers are all that a type allows: one or more words of a list (`Topic[]`, `"low" | "high"`), a yes or a no.
fn choice(result: &str, enums: &[String]) -> Option<&'static str> {
    let name = result.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '?' | '(' | ')'));
    let is_word = |part: &str| {
        let part = part.trim();
        part == "null" || (part.len() > 2 && part.starts_with('"') && part.ends_with('"')) || enums.iter().any(|known| known == part)
    };
    match name {
        "bool" => Some("a yes or no"),
        "" | "null" => None,
        _ => name.split('|').all(is_word).then_some("classification"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What<'t> {
    Word(&'t str),
    /// What stands between the quotes.
    Text(Span),
    Open,
    Close,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    what: What<'t>,
    span: Span,
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    baml: Baml,
}

impl<'t> Scan<'t> {
    fn token(&mut self) -> Option<Token<'t>> {
        loop {
            let rest = self.text.get(self.at..)?;
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let start = self.at;
            let first = trimmed.chars().next()?;
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
                self.baml.comments.push(Span::new(start, self.at));
                continue;
            }
            let hashes = trimmed.len() - trimmed.trim_start_matches('#').len();
            if first == '"' || (hashes > 0 && trimmed[hashes..].starts_with('"')) {
                let open = start + hashes + 1;
                let close = format!("\"{}", "#".repeat(hashes));
                let body = self.text.get(open..)?;
                let length = if hashes == 0 { quoted(body) } else { body.find(&close) };
                let Some(length) = length else {
                    self.baml.problem.get_or_insert(("a text that is never closed".into(), start as u32));
                    self.at = self.text.len();
                    return None;
                };
                self.at = open + length + close.len();
                return Some(Token { what: What::Text(Span::new(open, open + length)), span: Span::new(start, self.at) });
            }
            let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
            let length = trimmed.find(|c| !is_word(c)).unwrap_or(trimmed.len());
            let what = match first {
                '{' => What::Open,
                '}' => What::Close,
                _ if length > 0 => What::Word(&trimmed[..length]),
                _ => What::Other,
            };
            self.at += if length > 0 { length } else { first.len_utf8() };
            return Some(Token { what, span: Span::new(start, self.at) });
        }
    }

    /// Steps over a block whose opening brace was read.
    fn skip(&mut self, opened: u32) {
        let mut depth = 1;
        while depth > 0 {
            match self.token().map(|token| token.what) {
                Some(What::Open) => depth += 1,
                Some(What::Close) => depth -= 1,
                Some(_) => {}
                None => {
                    self.baml.problem.get_or_insert(("a block that is never closed".into(), opened));
                    return;
                }
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        match self.token()?.what {
            What::Word(word) => Some(word.to_owned()),
            _ => None,
        }
    }

    /// Gives where the type of its result is written.
    fn function(&mut self, start: u32) -> Option<Span> {
        let name = self.name()?;
        let mut function =
            Function { name, span: Span { start, end: start }, client: None, prompt: None, choice: None, result: String::new() };
        // The parameters and the result come first.
        let head = self.at;
        let end = loop {
            match self.token()? {
                Token { what: What::Open, span } => break span.start as usize,
                Token { what: What::Word("function" | "class" | "client"), .. } => return None,
                _ => {}
            }
        };
        let arrow = self.text.get(head..end).and_then(|head| head.rfind("->"));
        let result = Span::new(arrow.map_or(end, |at| head + at + "->".len()), end);
        let mut depth = 1;
        while let Some(token) = self.token() {
            match token.what {
                What::Open => depth += 1,
                What::Close => depth -= 1,
                What::Word(key @ ("client" | "prompt")) if depth == 1 => match (key, self.token()) {
                    ("client", Some(Token { what: What::Word(name), span })) => function.client = Some((name.to_owned(), span)),
                    ("client", Some(Token { what: What::Text(inner), span })) => {
                        function.client = Some((self.text.get(inner.range()).unwrap_or_default().to_owned(), span));
                    }
                    ("prompt", Some(Token { what: What::Text(inner), .. })) => function.prompt = Some(inner),
                    (_, Some(Token { what: What::Open, .. })) => depth += 1,
                    _ => {}
                },
                _ => {}
            }
            if depth == 0 {
                function.span.end = token.span.end;
                self.baml.functions.push(function);
                return Some(result);
            }
        }
        self.baml.problem.get_or_insert(("a function that is never closed".into(), start));
        None
    }

    /// `client<llm> Name { provider … options { model … max_tokens … } }`
    fn client(&mut self, start: u32) {
        let is_llm = (0..3).all(|_| self.token().is_some_and(|token| matches!(token.what, What::Other | What::Word("llm"))));
        let Some(name) = self.name().filter(|_| is_llm) else { return };
        let head = Span { start, end: self.at as u32 };
        let Some(Token { what: What::Open, .. }) = self.token() else { return };
        let mut client = Client { name, span: head, head, provider: None, model: None, cap: None, is_local: false };
        let mut depth = 1;
        while let Some(token) = self.token() {
            match token.what {
                What::Open => depth += 1,
                What::Close => depth -= 1,
                What::Word(key)
                    if matches!(key, "provider" | "model" | "base_url") || key.starts_with("max_") || key.starts_with("max") =>
                {
                    let value = self.token();
                    let said = value.and_then(|value| match value.what {
                        What::Word(word) => Some(word),
                        What::Text(inner) => self.text.get(inner.range()),
                        _ => None,
                    });
                    match key {
                        "provider" => {
                            client.is_local |= said == Some("ollama");
                            client.provider = said.map(str::to_owned);
                        }
                        "base_url" => client.is_local |= said.is_some_and(|said| Catalogue::builtin().names.is_local_address(said)),
                        "model" => client.model = said.map(str::to_owned),
                        "max_tokens" | "max_completion_tokens" | "max_output_tokens" | "maxOutputTokens" => {
                            client.cap = Some((said.and_then(|said| said.parse().ok()), value.map_or(token.span, |value| value.span)));
                        }
                        _ => {}
                    }
                    match value.map(|value| value.what) {
                        Some(What::Open) => depth += 1,
                        Some(What::Close) => depth -= 1,
                        _ => {}
                    }
                }
                _ => {}
            }
            if depth == 0 {
                client.span.end = token.span.end;
                self.baml.clients.push(client);
                return;
            }
        }
        self.baml.problem.get_or_insert(("a client that is never closed".into(), start));
    }
}

/// The length of a text up to its closing quote.
fn quoted(body: &str) -> Option<usize> {
    let mut escaped = false;
    body.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_and_clients_are_found() {
        let text = r##"// client<llm> Old { }
class A { name string @description(#"not a prompt { "#) }
client<llm> Small {
  provider openai
  options {
    model "gpt-x-mini"
    max_tokens 300
  }
}
function Sort(text: string) -> A {
  client Small
  prompt #"
    Sort {{ text }}
  "#
}
test T { functions [Sort] args { text "function X {" } }
"##;
        let baml = read(text);
        assert_eq!(baml.problem, None);
        let [function] = &baml.functions[..] else { panic!("{baml:?}") };
        assert_eq!((function.name.as_str(), function.client.as_ref().unwrap().0.as_str()), ("Sort", "Small"));
        assert_eq!(text[function.prompt.unwrap().range()].trim(), "Sort {{ text }}");
        let [client] = &baml.clients[..] else { panic!("{baml:?}") };
        assert_eq!((client.name.as_str(), client.model.as_deref()), ("Small", Some("gpt-x-mini")));
        assert_eq!(client.cap.as_ref().unwrap().0, Some(300));
        assert_eq!(baml.comments.len(), 1);
    }

    #[test]
    fn a_type_may_allow_no_more_than_a_choice() {
        let of = |result: &str| {
            let text = format!("enum Desk {{ Sales Help }}\nfunction Send(a: string, b: Desk) -> {result} {{ client C prompt #\"x\"# }}");
            read(&text).functions[0].choice
        };
        for result in ["Desk", "Desk[]", "Desk | null", "Desk?", "\"low\" | \"high\"", "(\"low\" | \"high\")[]"] {
            assert_eq!(of(result), Some("classification"), "{result}");
        }
        assert_eq!(of("bool"), Some("a yes or no"));
        for result in ["string", "Answer", "Desk | string", "int", "map<string, Desk>", ""] {
            assert_eq!(of(result), None, "{result}");
        }
    }

    #[test]
    fn what_is_never_closed_is_said() {
        assert!(read("function A(x: int) -> B { client C prompt #\"x").problem.is_some());
        assert!(read("client<llm> A { options { ").problem.is_some());
        assert!(read("test T { ").problem.is_some());
        assert_eq!(read("function"), Baml::default());
    }
}
