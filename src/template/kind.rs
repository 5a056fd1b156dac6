//! Whether a template is a prompt at all, and where its roles begin: by signals in `rules/catalogue/formats.yaml`.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use crate::catalogue::FORMATS;
use crate::catalogue::tables::formats::{RoleName, Signals};
use crate::model::prompt::{Confidence, Role};
use crate::span::Span;

/// What a template file is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// A language model reads it.
    Prompt { confidence: Confidence },
    /// It becomes code, configuration or a page.
    NotPrompt,
    /// Nothing in it says either.
    Unknown,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::System => Role::System,
            RoleName::User => Role::User,
            RoleName::Assistant => Role::Assistant,
            RoleName::Tool => Role::Tool,
        }
    }
}

/// By what a text was taken for a prompt, or was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Sign {
    #[error("its name is that of code or configuration")]
    NameOfCode,
    #[error("its first line is one of code")]
    Code,
    #[error("its first line is markup")]
    Markup,
    #[error("its lines are those of minified code")]
    Minified,
    #[error("lines name the roles of a conversation")]
    Roles,
    #[error("it holds `{0}`, which begins a turn")]
    ChatMarker(&'static str),
    #[error("it says `{0}`")]
    Wording(&'static str),
    #[error("it says `{0}` and `{1}`")]
    MoreWording(&'static str, &'static str),
    #[error("its path says prompt")]
    Path,
    #[error("it says `{0}`, which other texts say too")]
    WeakWording(&'static str),
    #[error("nothing in its name or text speaks to a model")]
    None,
}

/// Whether the Jinja file at `path` is a prompt.
pub fn is_prompt(path: &str, text: &str) -> PromptKind {
    judged(path, text).0
}

/// Whether the Jinja file at `path` is a prompt, and by what. The name decides before the text does: what is named after the code that
/// it becomes is no prompt, whatever it says.
pub fn judged(path: &str, text: &str) -> (PromptKind, Sign) {
    let signals = &FORMATS.prompt;
    let prompt = |confidence: Confidence, sign: Sign| (PromptKind::Prompt { confidence }, sign);
    if is_named_after_code(signals, path) {
        return (PromptKind::NotPrompt, Sign::NameOfCode);
    }
    let prose = prose(text);
    let lines: Vec<RoleLine> = role_lines(text, &prose).into_iter().filter(|line| line.role != Role::Unknown).collect();
    if let Some(first) = lines.first() {
        let leads = is_preamble(&prose[..first.line.start as usize]) || lines.len() > 1;
        return prompt(if leads { Confidence::High } else { Confidence::Medium }, Sign::Roles);
    }
    let first_line = prose.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if signals.code_first_lines.iter().any(|start| first_line.starts_with(&**start)) || sets_variable(&prose) {
        return (PromptKind::NotPrompt, Sign::Code);
    }
    let first_line = first_line.to_lowercase();
    if signals.markup_first_lines.iter().any(|start| first_line.starts_with(&**start)) {
        return (PromptKind::NotPrompt, Sign::Markup);
    }
    if is_minified(&prose) {
        return (PromptKind::NotPrompt, Sign::Minified);
    }
    let whole = text.to_lowercase();
    if let Some(marker) = signals.chat_markers.iter().find(|marker| whole.contains(&***marker)) {
        return prompt(Confidence::High, Sign::ChatMarker(marker));
    }
    let words = words(&prose);
    let mut strong = signals.strong_wording.iter().filter(|phrase| has_phrase(&words, phrase));
    match (strong.next(), strong.next()) {
        (Some(one), Some(other)) => return prompt(Confidence::High, Sign::MoreWording(one, other)),
        (Some(one), None) => return prompt(Confidence::Medium, Sign::Wording(one)),
        // What is no code, in a folder or with a name for prompts, is one.
        _ if says_prompt(path) => return prompt(Confidence::Medium, Sign::Path),
        _ => {}
    }
    match signals.weak_wording.iter().find(|phrase| has_phrase(&words, phrase)) {
        Some(phrase) => prompt(Confidence::Low, Sign::WeakWording(phrase)),
        None => (PromptKind::Unknown, Sign::None),
    }
}

/// Whether a text has wording of a task in it, capitals or not: a quick look that misses none.
pub fn has_strong_wording(text: &str) -> bool {
    static FINDER: OnceLock<Option<aho_corasick::AhoCorasick>> = OnceLock::new();
    let finder = FINDER.get_or_init(|| {
        aho_corasick::AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(FORMATS.prompt.strong_wording.iter().map(|phrase| &**phrase))
            .ok()
    });
    finder.as_ref().is_none_or(|finder| finder.is_match(text))
}

/// Whether one of the words of a name is one that prompts are called by, among other texts.
pub fn hints_at_prompt(words: &[String]) -> bool {
    words.iter().any(|word| FORMATS.prompt.name_hints.iter().any(|hint| hint == word))
}

/// Whether a part of the path is or begins with `prompt`.
pub fn says_prompt(path: &str) -> bool {
    path.to_ascii_lowercase().split(['/', '_', '-', '.']).any(|part| part.starts_with("prompt"))
}

/// Splits a text at lines that name a role (`system:`, `# user:`, as promptflow and prompty have them). A section is what follows its
/// line, up to the next one; a line whose role is filled in (`# {{ item.role }}:`) begins a section of unknown role. A text that does not
/// begin with such a line is one section of unknown role: there, `Assistant:` is a cue.
pub fn roles(text: &str) -> Vec<(Role, Span)> {
    let prose = prose(text);
    let lines = role_lines(text, &prose);
    let whole = vec![(Role::Unknown, Span::new(0, text.len()))];
    let Some(first) = lines.first() else { return whole };
    if first.role == Role::Unknown || !is_preamble(&prose[..first.line.start as usize]) {
        return whole;
    }
    let ends = lines.iter().skip(1).map(|line| line.line.start).chain([text.len() as u32]);
    lines.iter().zip(ends).map(|(line, end)| (line.role, Span { start: line.line.end, end })).collect()
}

/// A line that does nothing but name a role.
struct RoleLine {
    role: Role,
    /// With its line break.
    line: Span,
}

/// `prose` is the text with Jinja's tags and comments blanked out, so that lines inside these do not count.
fn role_lines(text: &str, prose: &str) -> Vec<RoleLine> {
    let names = &FORMATS.prompt.role_lines;
    let mut found = Vec::new();
    let mut start = 0;
    for line in prose.split_inclusive('\n') {
        let span = Span::new(start, start + line.len());
        start += line.len();
        let Some(before) = line.trim().strip_suffix(':') else { continue };
        let name = before.trim_start_matches('#').trim();
        let role = if name.is_empty() {
            // Nothing but a slot stood here.
            let written = text.get(span.range()).unwrap_or_default();
            let is_slot = written.trim().trim_start_matches('#').trim_start().starts_with("{{");
            if is_slot && written.to_ascii_lowercase().contains("role") { Some(Role::Unknown) } else { None }
        } else {
            // `system[key="value"]` carries attributes in prompty.
            let name = name.split_once('[').map_or(name, |(name, _)| name).trim();
            names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, role)| (*role).into())
        };
        found.extend(role.map(|role| RoleLine { role, line: span }));
    }
    found
}

/// Whether nothing is said before the first role: blanks, `#` comments, front matter.
fn is_preamble(before: &str) -> bool {
    let after_front_matter = before
        .trim_start()
        .strip_prefix("---")
        .filter(|rest| rest.starts_with(['\n', '\r']))
        .and_then(|rest| rest.find("\n---").map(|at| &rest[at + "\n---".len()..]));
    after_front_matter.unwrap_or(before).lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// Whether a text begins as the settings of an environment do (`NAME=value`), comments aside.
fn sets_variable(text: &str) -> bool {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    let name = line.strip_prefix("export ").unwrap_or(line).split('=').next().unwrap_or_default();
    name.len() < line.len() && name.len() > 2 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a line is long and has next to no blanks, as code has that was made small for browsers.
fn is_minified(text: &str) -> bool {
    const LONG: usize = 4_000;
    let dense = |line: &str| line.len() > LONG && 10 * line.bytes().filter(u8::is_ascii_whitespace).count() < line.len() && line.is_ascii();
    text.lines().any(dense)
}

fn is_named_after_code(signals: &Signals, path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_lowercase();
    let mut parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
    while parts.len() > 1 && parts.last().is_some_and(|last| signals.template_suffixes.iter().any(|known| known == last)) {
        parts.pop();
    }
    let by_name = parts.first().is_some_and(|stem| signals.file_names.iter().any(|known| known == stem));
    let by_extension = parts.len() > 1 && parts.last().is_some_and(|inner| signals.code_extensions.iter().any(|known| known == inner));
    by_name || by_extension
}

/// The text with `{# … #}`, `{% … %}` and `{{ … }}` replaced by as many blanks, line breaks kept: offsets stay what they are.
fn prose(text: &str) -> String {
    let mut prose = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next_delimiter(rest) {
        let closing = match rest.as_bytes().get(at + 1) {
            Some(b'#') => "#}",
            Some(b'%') => "%}",
            _ => "}}",
        };
        let inside = &rest[at + 2..];
        let Some(length) = inside.find(closing) else { break };
        let end = at + 2 + length + closing.len();
        prose.push_str(&rest[..at]);
        prose.extend(rest[at..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        rest = &rest[end..];
    }
    prose.push_str(rest);
    prose
}

fn next_delimiter(text: &str) -> Option<usize> {
    memchr::memchr_iter(b'{', text.as_bytes()).find(|at| matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#')))
}

/// The words in lower case, each between single blanks; whatever is neither letter, digit nor apostrophe separates.
fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 2);
    words.push(' ');
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            '\u{2019}' => words.push('\''),
            letter if letter.is_alphanumeric() || letter == '\'' => words.push(letter),
            _ if words.ends_with(' ') => {}
            _ => words.push(' '),
        }
    }
    words.push(' ');
    words
}

fn has_phrase(words: &str, phrase: &str) -> bool {
    let bytes = words.as_bytes();
    memchr::memmem::find_iter(bytes, phrase.as_bytes())
        .any(|at| at > 0 && bytes.get(at - 1) == Some(&b' ') && bytes.get(at + phrase.len()) == Some(&b' '))
}
