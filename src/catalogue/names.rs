//! What a name says of a value's volatility and size, when the data flow does not: `rules/catalogue/names.yaml`.

use std::sync::RwLock;

use crate::model::prompt::{Confidence, SizeClass, Volatility};
use rustc_hash::FxHashMap;

use super::tables::{GroupEntry, Meaning, NamesFile, Pictures, Text};

/// What is known of a value from its name alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameHint {
    /// `None`: the name says nothing of it.
    pub volatility: Option<Volatility>,
    pub size: SizeClass,
    /// Of the volatility, and of the size unless `size_confidence` says less.
    pub confidence: Confidence,
    /// Of the size.
    pub size_confidence: Confidence,
}

/// Words in names, and what they say.
#[derive(Debug)]
pub struct Names {
    file: &'static NamesFile,
    groups: Vec<Group>,
    constants: NameHint,
    /// What names say that were asked for: the same few are asked for again and again.
    hints: RwLock<FxHashMap<Box<str>, Option<NameHint>>>,
}

/// A group of names with one meaning, each split into its words.
#[derive(Debug)]
struct Group {
    first: bool,
    whole: Vec<Vec<String>>,
    prefix: Vec<Vec<String>>,
    suffix: Vec<Vec<String>>,
    part: Vec<Vec<String>>,
    /// `None`: the group silences a shorter match.
    hint: Option<NameHint>,
    may_be_settled: bool,
}

impl Names {
    /// Whether a client's argument of this name holds the address of its server.
    pub fn is_address_argument(&self, name: &str) -> bool {
        self.file.own_machine.arguments.iter().any(|known| known == name)
    }

    /// Whether an address that is written out is one of another host than those of the makers of the SDKs.
    pub fn is_other_host(&self, address: &str) -> bool {
        let Some((_, rest)) = address.split_once("://") else { return false };
        let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
        let is_below = |known: &Text| host.strip_suffix(&**known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        host.contains('.') && !self.file.own_machine.makers.iter().any(is_below)
    }

    /// Whether a client's key is one that says that none is needed, as a server of one's own does.
    pub fn is_no_key(&self, argument: &str, value: &str) -> bool {
        matches!(argument, "api_key" | "apiKey" | "openai_api_key") && self.file.own_machine.keys.iter().any(|known| known == value)
    }

    /// Whether a file stands in a folder of examples.
    pub fn is_example(&self, path: &str) -> bool {
        let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
        folders.split('/').any(|folder| self.file.example_folders.iter().any(|known| folder.eq_ignore_ascii_case(known)))
    }

    /// Whether an address is one on the machine of the program itself, where a model costs nothing a token.
    pub fn is_local_address(&self, address: &str) -> bool {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        self.file
            .own_machine
            .hosts
            .iter()
            .any(|host| rest.strip_prefix(&**host).is_some_and(|after| matches!(after.chars().next(), None | Some(':' | '/'))))
    }

    pub(super) fn new(file: &'static NamesFile) -> Names {
        let split = |names: &[Text]| names.iter().map(|name| words(name)).collect();
        let group = |entry: &GroupEntry| {
            let confidence = entry.confidence.unwrap_or(Confidence::Medium);
            let says_something = entry.volatility.is_some() || entry.size != SizeClass::Unknown;
            Group {
                first: entry.first,
                whole: split(&entry.whole),
                prefix: split(&entry.prefix),
                suffix: split(&entry.suffix),
                part: split(&entry.part),
                may_be_settled: entry.may_be_settled,
                hint: says_something.then_some(NameHint {
                    volatility: entry.volatility,
                    size: entry.size,
                    confidence,
                    size_confidence: entry.size_confidence.unwrap_or(confidence),
                }),
            }
        };
        let Meaning { volatility, size, confidence } = file.constants;
        let constants = NameHint { volatility, size, confidence, size_confidence: confidence };
        Names { file, groups: file.groups.iter().map(group).collect(), constants, hints: RwLock::default() }
    }

    /// Whether a text or a name tells who speaks.
    pub fn names_speaker(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.file.speakers.iter().any(|word| text.contains(&**word))
    }

    /// Whether a text speaks of what stands before or behind it.
    pub fn points_elsewhere(&self, text: &str) -> bool {
        let small = text.to_lowercase();
        let whole = |place: &Text| small.match_indices(&**place).any(|(at, found)| is_whole(&small, at..at + found.len()));
        has_any_word(&small, &self.file.pointers)
            || has_any_word(&small, &self.file.pointers_elsewhere)
            || self.file.pointers_inside.iter().any(|word| small.contains(&**word))
            || self.file.places.iter().any(whole)
    }

    /// Whether it has words that may point so, and more often mean something else: `this`.
    pub fn may_point_elsewhere(&self, text: &str) -> bool {
        has_any_word(text, &self.file.loose_pointers)
    }

    /// Whether a part of a message with this `type` is a picture, sound, film or file.
    pub fn is_media_type(&self, kind: &str) -> bool {
        self.file.media_types.iter().any(|known| known == kind)
    }

    /// Whether a part of a message holds a picture or film under this key.
    pub fn is_media_key(&self, key: &str) -> bool {
        self.file.media_keys.iter().any(|known| known == key)
    }

    /// Whether files of this kind, told by what stands behind the last dot, hold what a program works on.
    pub fn is_data_file(&self, extension: &str) -> bool {
        self.file.data_files.iter().any(|known| extension.eq_ignore_ascii_case(known))
    }

    /// Whether the name of a file, or of what holds its path, says that it is a part of the program: a prompt, a template.
    pub fn says_setting(&self, name: &str) -> bool {
        words(name).iter().any(|word| self.file.setting_files.iter().any(|known| known == word))
    }

    /// Whether the objects of a class of this name are made once, and used for many requests.
    pub fn is_settled_record(&self, class: &str) -> bool {
        let known = || self.file.settled_records.iter().chain(self.file.setting_files.iter());
        words(class).iter().any(|word| known().any(|known| known == word))
    }

    /// Whether what bears the name makes pictures; `None` if the name does not speak of them.
    pub fn makes_pictures(&self, name: &str) -> Option<bool> {
        let words = words(name);
        let has = |known: &[Text]| known.iter().any(|known| words.iter().any(|word| known == word));
        let Pictures { what, made, told, .. } = &self.file.pictures;
        (has(what) && (has(made) || has(told))).then(|| has(made) && !has(told))
    }

    /// Whether the model of this id answers with pictures.
    pub fn draws(&self, model: &str) -> bool {
        let id = model.rsplit('/').next().unwrap_or(model).to_lowercase();
        self.file.pictures.models.iter().any(|glob| super::glob(glob, &id))
    }

    /// What `name` says, a dotted display name such as `user.name`, `datetime.now()`, `self.session_id`, `chat_history`.
    pub fn hint(&self, name: &str) -> Option<NameHint> {
        /// More names than a large repository has; what is kept is bounded all the same.
        const KEPT: usize = 100_000;
        if let Some(known) = self.hints.read().ok().and_then(|hints| hints.get(name).copied()) {
            return known;
        }
        let hint = self.hint_anew(name);
        if let Ok(mut hints) = self.hints.write()
            && hints.len() < KEPT
        {
            hints.insert(name.into(), hint);
        }
        hint
    }

    fn hint_anew(&self, name: &str) -> Option<NameHint> {
        let (parts, indexed) = self.parts(name);
        let last = parts.last()?;
        let split: Vec<Vec<String>> = parts.iter().map(|part| words(part)).collect();
        let all: Vec<String> = split.iter().flatten().cloned().collect();
        if all.is_empty() {
            return None;
        }
        let matched = self.best(&all, &split).map(|group| group.hint);
        if is_constant(last) {
            // A template may write its inputs in capitals too.
            return match matched.flatten() {
                Some(hint) if hint.volatility.is_some_and(|volatility| volatility > Volatility::Deployment) => {
                    Some(NameHint { confidence: Confidence::Low, size_confidence: Confidence::Low, ..hint })
                }
                Some(hint) => Some(NameHint { volatility: hint.volatility.or(Some(Volatility::Deployment)), ..hint }),
                None => Some(self.constants),
            };
        }
        let mut hint = matched.flatten()?;
        if indexed && matches!(hint.size, SizeClass::History | SizeClass::List | SizeClass::Retrieval) {
            // One item of many: `messages[-1]` is no history.
            hint.size = SizeClass::Unknown;
        }
        (hint.volatility.is_some() || hint.size != SizeClass::Unknown).then_some(hint)
    }

    /// Whether a value of this name may be settled once for all requests, even where it goes into a template or is a parameter.
    pub fn may_be_settled(&self, name: &str) -> bool {
        let (parts, _) = self.parts(name);
        let split: Vec<Vec<String>> = parts.iter().map(|part| words(part)).collect();
        let all: Vec<String> = split.iter().flatten().cloned().collect();
        self.best(&all, &split).is_some_and(|group| group.may_be_settled)
    }

    /// The group with the longest match.
    fn best(&self, all: &[String], parts: &[Vec<String>]) -> Option<&Group> {
        let mut best: Option<((bool, usize, u8), &Group)> = None;
        for group in &self.groups {
            let of = |patterns: &[Vec<String>], rank: u8, test: &dyn Fn(&[String]) -> bool| {
                patterns.iter().filter(|pattern| test(pattern)).map(|pattern| (group.first, pattern.len(), rank)).max()
            };
            let rank = of(&group.whole, 3, &|pattern| all == pattern)
                .max(of(&group.prefix, 2, &|pattern| all.len() > pattern.len() && all.starts_with(pattern)))
                .max(of(&group.suffix, 1, &|pattern| all.ends_with(pattern)))
                .max(if parts.len() > 1 {
                    of(&group.part, 0, &|pattern| parts.first().is_some_and(|part| part == pattern))
                        .map(|(first, _, rank)| (first, 0, rank))
                } else {
                    None
                });
            if let Some(rank) = rank
                && best.as_ref().is_none_or(|(other, _)| rank > *other)
            {
                best = Some((rank, group));
            }
        }
        best.map(|(_, group)| group)
    }

    /// The dotted parts that carry meaning, and whether the last one is indexed with a single index.
    fn parts(&self, name: &str) -> (Vec<String>, bool) {
        let mut parts: Vec<Part> = dotted(name);
        while parts.len() > 1
            && parts.last().is_some_and(|part| part.called && self.file.transparent_calls.iter().any(|known| *known == part.name))
        {
            parts.pop();
        }
        let mut skip = 0;
        while skip + 1 < parts.len() && self.file.receivers.iter().any(|known| *known == parts[skip].name) {
            skip += 1;
        }
        let indexed = parts.last().is_some_and(|part| part.indexed);
        (parts.into_iter().skip(skip).map(|part| part.name).collect(), indexed)
    }
}

#[derive(Default)]
struct Part {
    name: String,
    called: bool,
    indexed: bool,
}

/// `a.b(c)["d"][0]` as `a`, `b` (called), `d` (indexed); slices `[-5:]` count for nothing.
fn dotted(name: &str) -> Vec<Part> {
    let mut parts = vec![Part::default()];
    let mut inside = String::new();
    let mut depth = 0usize;
    for character in name.chars() {
        match character {
            '(' | '[' | '{' => {
                depth += 1;
                if depth > 1 {
                    inside.push(character);
                }
            }
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth > 0 {
                    inside.push(character);
                    continue;
                }
                let content = std::mem::take(&mut inside);
                let key = content.trim().trim_matches(['"', '\'']);
                match (character, parts.last_mut()) {
                    (')', Some(part)) => part.called = true,
                    (']', _) if key.len() + 2 == content.trim().len() => parts.push(Part { name: key.to_string(), ..Part::default() }),
                    (']', Some(part)) if !key.is_empty() && !key.contains(':') => part.indexed = true,
                    _ => {}
                }
            }
            '.' if depth == 0 => parts.push(Part::default()),
            _ if depth > 0 => inside.push(character),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.name.push(character);
                }
            }
        }
    }
    parts.retain(|part| !part.name.trim().is_empty());
    parts
}

fn is_constant(name: &str) -> bool {
    let mut letters = name.chars().filter(|character| character.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(char::is_uppercase) && name.chars().filter(|character| character.is_alphabetic()).count() > 1
}

/// Whether a name is one that system prompts have.
pub(crate) fn says_system(name: &str) -> bool {
    words(name).iter().any(|word| matches!(word.as_str(), "system" | "sys"))
}

/// The words of a name in lower case: `userName`, `user_name`, `HTTPServer2` → `user name`, `user name`, `http server2`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| characters.get(at)).copied();
        let after = characters.get(at + 1).copied();
        let hump = character.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || (before.is_some_and(char::is_uppercase) && after.is_some_and(char::is_lowercase)));
        if hump && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(character.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether a range of a text is cut out of no longer word.
fn is_whole(text: &str, range: std::ops::Range<usize>) -> bool {
    let (before, after) = (text.get(..range.start).unwrap_or_default(), text.get(range.end..).unwrap_or_default());
    !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
}

fn has_any_word(text: &str, words: &[Text]) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| words.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    use super::*;

    #[test]
    fn words_of_names() {
        for (name, expected) in [
            ("user_name", "user name"),
            ("userName", "user name"),
            ("HTTPServer", "http server"),
            ("__init__", "init"),
            ("sessionID", "session id"),
            ("a.b", "a b"),
        ] {
            assert_eq!(words(name).join(" "), expected);
        }
    }

    #[test]
    fn what_names_say() {
        use Confidence::{High, Low, Medium};
        use SizeClass::{Document, History, Retrieval, Scalar, Schema, Unknown};
        use Volatility::{Deployment, Period, Request, Session, Turn, User};
        for (name, volatility, size, confidence) in [
            ("datetime.now()", Some(Request), Scalar, High),
            ("datetime.now().isoformat()", Some(Request), Scalar, High),
            ("datetime.datetime.now().strftime('%H:%M')", Some(Request), Scalar, High),
            ("current_time", Some(Request), Scalar, High),
            ("currentTime", Some(Request), Scalar, High),
            ("now", Some(Request), Scalar, High),
            ("current_date", Some(Period), Scalar, Medium),
            ("today", Some(Period), Scalar, Medium),
            ("self.session_id", Some(Session), Scalar, Medium),
            ("request_id", Some(Request), Scalar, Medium),
            ("user.name", Some(User), Scalar, Medium),
            ("user['name']", Some(User), Scalar, Medium),
            ("self.cwd", Some(User), Scalar, Medium),
            ("working_directory", Some(User), Scalar, Medium),
            ("customer_name", Some(User), Scalar, Medium),
            ("user.nickname", Some(User), Scalar, Medium),
            ("question", Some(Request), Unknown, Medium),
            ("state['question']", Some(Request), Unknown, Medium),
            ("question.strip()", Some(Request), Unknown, Medium),
            ("user_input", Some(Request), Unknown, Medium),
            ("chat_history", Some(Turn), History, Medium),
            ("self.messages", Some(Turn), History, Medium),
            ("history[-5:]", Some(Turn), History, Medium),
            ("messages[-1]", Some(Turn), Unknown, Medium),
            ("page_text", Some(Request), Document, Medium),
            ("doc.page_content", Some(Request), Document, Medium),
            ("transcript", Some(Request), Document, Medium),
            ("text", Some(Request), Document, Medium),
            ("context", Some(Request), Retrieval, Medium),
            ("retrieved_docs", Some(Request), Retrieval, Medium),
            ("chunk", Some(Request), Unknown, Medium),
            ("document_id", None, Scalar, Medium),
            ("article.title", None, Scalar, Medium),
            ("message_count", None, Scalar, Medium),
            ("max_messages", Some(Deployment), Scalar, Medium),
            ("MAX_ITEMS", Some(Deployment), Scalar, Medium),
            ("COMPANY_NAME", Some(Deployment), Unknown, Medium),
            ("BRAND_VOICE", Some(Deployment), Unknown, Medium),
            ("QUESTION", Some(Request), Unknown, Low),
            ("settings.assistant", Some(Deployment), Unknown, Medium),
            ("config.session_id", Some(Session), Scalar, Medium),
            ("format_instructions", Some(Deployment), Schema, Medium),
            ("system_prompt", Some(Deployment), Unknown, Medium),
            ("tools", Some(Deployment), Schema, Medium),
        ] {
            let hint = Catalogue::builtin().names.hint(name).unwrap_or_else(|| panic!("{name} says nothing"));
            assert_eq!((hint.volatility, hint.size, hint.confidence), (volatility, size, confidence), "{name}");
        }
    }

    #[test]
    fn names_that_say_nothing() {
        for name in [
            "foo",
            "x",
            "value",
            "button_text",
            "conversation_summary",
            "git_history",
            "helper",
            "app_context",
            "",
            "self",
            "render()",
            "prompt_body",
        ] {
            assert_eq!(Catalogue::builtin().names.hint(name), None, "{name}");
        }
    }

    #[test]
    fn weak_words_doubt_the_size() {
        let names = &Catalogue::builtin().names;
        assert_eq!(names.hint("text").map(|hint| hint.size_confidence), Some(Confidence::Low));
        assert_eq!(names.hint("transcript").map(|hint| hint.size_confidence), Some(Confidence::Medium));
    }
}
