//! What the words of a prompt say of its task: `rules/catalogue/wording.yaml`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::tables::{LightTask, Text, WordingFile};

static WORDING: WordingFile = super::built_in!("wording");

/// Phrases with what each of them says.
#[derive(Debug)]
struct Phrases {
    search: Option<AhoCorasick>,
    /// By the number of the phrase.
    says: Vec<&'static str>,
}

impl Phrases {
    fn new(phrases: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        let (texts, says): (Vec<_>, Vec<_>) = phrases.into_iter().unzip();
        // Longer than the limits of the automaton they are not: a failure is an empty list, and the tests of this crate rule it out.
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true).build(texts).ok();
        Phrases { search, says }
    }

    /// The first phrase that stands in the text as words of their own, with its place.
    fn find(&self, text: &str) -> Option<(&'static str, std::ops::Range<usize>)> {
        let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let bytes = text.as_bytes();
        let whole = |range: &std::ops::Range<usize>| {
            let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
            let ends_in_blank = bytes.get(range.end.saturating_sub(1)).is_some_and(|byte| !byte.is_ascii_alphanumeric());
            !is_part(before) && (ends_in_blank || !is_part(bytes.get(range.end)))
        };
        let search = self.search.as_ref()?;
        let found = search.find_iter(text).map(|found| (found.pattern(), found.range())).find(|(_, range)| whole(range))?;
        Some((self.says.get(found.0.as_usize())?, found.1))
    }
}

/// Phrases that say what they are.
impl From<&'static [Text]> for Phrases {
    fn from(phrases: &'static [Text]) -> Self {
        Phrases::new(phrases.iter().map(|phrase| (&**phrase, &**phrase)))
    }
}

/// What phrases say of a prompt, and words of names of what is around it.
#[derive(Debug)]
pub struct Wording {
    file: &'static WordingFile,
    light_tasks: Phrases,
    heavy_tasks: Phrases,
    json: Phrases,
    filler: Phrases,
    whole_tasks: Phrases,
    needs_all: Phrases,
    prose: Phrases,
    long_answers: Phrases,
    bounds: Phrases,
    anything: Phrases,
    output_form: Phrases,
    short_answers: Phrases,
}

impl Wording {
    /// The built-in phrases, made ready once in a process.
    pub fn builtin() -> &'static Wording {
        static WORDS: LazyLock<Wording> = LazyLock::new(|| Wording::new(&WORDING));
        &WORDS
    }

    fn new(file: &'static WordingFile) -> Wording {
        let of_task = |light: &'static LightTask| light.phrases.iter().map(|phrase| (&**phrase, &*light.task));
        Wording {
            file,
            light_tasks: Phrases::new(file.light_tasks.iter().flat_map(of_task)),
            heavy_tasks: (&*file.heavy_tasks).into(),
            json: (&*file.json).into(),
            filler: (&*file.filler).into(),
            whole_tasks: (&*file.whole_tasks).into(),
            needs_all: (&*file.needs_all).into(),
            short_answers: (&*file.short_answers).into(),
            prose: (&*file.prose).into(),
            long_answers: (&*file.long_answers).into(),
            bounds: (&*file.bounds).into(),
            anything: (&*file.anything).into(),
            output_form: (&*file.output_form).into(),
        }
    }

    /// The light task that a text asks for, if it asks for no more than that.
    pub fn light_task(&self, text: &str) -> Option<&str> {
        let text = plain(text);
        let (task, _) = self.light_tasks.find(&text)?;
        self.heavy_tasks.find(&text).is_none().then_some(task)
    }

    /// Whether a text asks for more than a small model does as well.
    pub fn is_heavy(&self, text: &str) -> bool {
        self.heavy_tasks.find(&plain(text)).is_some()
    }

    /// Whether a text asks for JSON in words.
    pub fn asks_for_json(&self, text: &str) -> bool {
        self.json.find(&plain(text)).is_some()
    }

    /// The words by which a text asks for a long answer, if none bounds its length.
    pub fn asks_for_prose(&self, text: &str) -> Option<&str> {
        self.unbounded(&[&self.prose], text)
    }

    /// The words by which a text asks for something that is long as a rule, whatever bounds it.
    pub fn names_much(&self, text: &str) -> Option<&str> {
        let text = plain(text);
        Some([&self.long_answers, &self.prose].iter().find_map(|phrases| phrases.find(&text))?.0)
    }

    fn unbounded(&self, phrases: &[&Phrases], text: &str) -> Option<&'static str> {
        let text = plain(text);
        let (words, _) = phrases.iter().find_map(|phrases| phrases.find(&text))?;
        self.bounds.find(&text).is_none().then_some(words)
    }

    /// Whether a text says that the answer is short: a title, a label, two sentences.
    pub fn asks_for_little(&self, text: &str) -> bool {
        let text = plain(text);
        [&self.bounds, &self.short_answers].iter().any(|phrases| phrases.find(&text).is_some()) || self.light_task(&text).is_some()
    }

    /// Tokens that the answer to a light task never needs.
    pub fn light_room(&self, text: &str) -> Option<u64> {
        let task = self.light_task(text)?;
        self.file.light_tasks.iter().find(|light| *light.task == *task).map(|light| light.room)
    }

    /// The most tokens that the answer to a short prompt comes to by its words: 120 for "in two sentences". Nothing where it is one of many.
    pub fn told_room(&self, text: &str) -> Option<u64> {
        /// Words between a number and its unit: "two short paragraphs", "2-3 sentences".
        const BETWEEN: usize = 2;
        let text = plain(text).to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        if words.iter().any(|word| self.file.of_many.iter().any(|known| known == word)) {
            return None;
        }
        let number = |word: &str| {
            let spelt = self.file.numbers.iter().position(|known| *known == *word).map(|at| at as u64 + 1);
            spelt.or_else(|| word.parse().ok())
        };
        let unit = |word: &str| self.file.lengths.iter().find(|length| length.of.iter().any(|known| *known == *word));
        let told = words.iter().enumerate().filter_map(|(at, word)| {
            let many = number(word)?;
            let unit = words.iter().skip(at + 1).take(BETWEEN + 1).find_map(|word| unit(word))?;
            many.checked_mul(unit.tokens)
        });
        told.max().or_else(|| self.short_answers.find(&text).map(|_| self.file.short_room))
    }

    /// Whether a text makes the model a helper that may be asked for anything.
    pub fn may_be_anything(&self, text: &str) -> bool {
        self.anything.find(&plain(text)).is_some()
    }

    /// Whether a sentence of the text bounds the answer, and says that it means the answer: "at most three paragraphs in one reply".
    pub fn bounds_answer(&self, text: &str) -> bool {
        let is_said = |word: &str| self.file.said.iter().any(|said| word.eq_ignore_ascii_case(said));
        let text = plain(text);
        text.split(". ").any(|sentence| sentence.split(|c: char| !c.is_alphanumeric()).any(is_said) && self.bounds.find(sentence).is_some())
    }

    /// Whether a sentence begins with a word that goes on with the one before it: `then`, and `it` but for "it is late".
    pub fn goes_on(&self, sentence: &str) -> bool {
        let mut said = sentence.trim_start().split(|c: char| !c.is_alphanumeric());
        let first = said.next().unwrap_or_default();
        if first.eq_ignore_ascii_case("it") && said.next().is_some_and(|second| ["is", "s"].contains(&second)) {
            return false;
        }
        self.file.goes_on.iter().any(|word| first.eq_ignore_ascii_case(word))
    }

    /// Whether a value of this name says what the rest of the prompt builds on: instructions, a persona, a schema.
    pub fn leads(&self, name: &str) -> bool {
        let words = if name.contains(char::is_lowercase) { snake(name) } else { name.to_lowercase() };
        words.split(|c: char| !c.is_alphanumeric()).any(|word| self.file.leads.iter().any(|known| known == word))
    }

    /// Whether a text holds the signs by which a model's own template parts turns: `[INST]`, `<|im_start|>`.
    pub fn parts_turns(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.file.turn_signs.iter().any(|sign| text.contains(&**sign))
    }

    /// Whether a name is that of several ways to send one request, not of items of work: a retry, or models that are compared.
    pub fn is_no_item(&self, name: &str) -> bool {
        name.to_lowercase().split(['.', '_']).any(|word| self.file.no_items.iter().any(|known| known == word))
    }

    /// Whether a heading or label stands above the form that the answer is to have.
    pub fn heads_output_form(&self, line: &str) -> bool {
        let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
        ["output", "response", "answer"].iter().any(|word| bare.eq_ignore_ascii_case(word)) || self.output_form.find(&plain(line)).is_some()
    }

    /// Whether a word in the path of a file says that its work is done when nobody waits: `nightly`.
    pub fn is_job(&self, word: &str) -> bool {
        self.file.jobs.iter().any(|known| known == word)
    }

    /// Whether a module is one by which a program speaks with a person: `streamlit`.
    pub fn shows(&self, module: &str) -> bool {
        is_below(&self.file.shows, module)
    }

    /// Whether a module is one by which a program answers requests: `fastapi`.
    pub fn serves(&self, module: &str) -> bool {
        is_below(&self.file.serves, module)
    }

    /// Whether a decorator makes a function one that somebody else calls and waits for: `tool`, `route`.
    pub fn handles(&self, decorator: &str) -> bool {
        self.file.handles.iter().any(|known| known == decorator)
    }

    /// Whether a function takes others that it has called when somebody asks: `add_node`.
    pub fn registers(&self, function: &str) -> bool {
        self.file.registers.iter().any(|known| known == function)
    }

    /// Whether a word in the name of a class says that its objects are parts of something that asks and waits: a tool, a node.
    pub fn is_part(&self, word: &str) -> bool {
        self.file.parts.iter().any(|known| known == word)
    }

    /// The words by which a text asks for something that needs every word of a document: a translation, a summary.
    pub fn whole_task(&self, text: &str) -> Option<&str> {
        Some(self.whole_tasks.find(&plain(text))?.0)
    }

    /// The same, or words by which it may: a document that is judged or searched for all that it holds is not cut unasked.
    pub fn needs_all(&self, text: &str) -> Option<&str> {
        let text = plain(text);
        Some([&self.whole_tasks, &self.needs_all].iter().find_map(|phrases| phrases.find(&text))?.0)
    }

    /// Whether a function of this name waits for what somebody says next.
    pub fn asks_somebody(&self, name: &str) -> bool {
        let spaced = snake(name);
        let is_word =
            |known: &str| spaced == known || spaced.split('_').any(|word| word == known) || spaced.ends_with(&format!("_{known}"));
        spaced == "prompt" || self.file.asks.iter().any(|known| is_word(known))
    }

    /// Whether a word in the name of a function says that a loop waits by it, or asks whether it may go on: `poll`, `count`.
    pub fn is_wait(&self, word: &str) -> bool {
        self.file.waits.iter().any(|known| known == word)
    }

    /// Whether a name is that of what a model or a tool said.
    pub fn is_answer(&self, name: &str) -> bool {
        let spaced = snake(name.rsplit('.').next().unwrap_or(name));
        spaced.split('_').any(|word| self.file.answers.iter().any(|known| known == word))
    }

    /// The first courtesy in a text, with its place.
    pub fn filler(&self, text: &str) -> Option<(&str, std::ops::Range<usize>)> {
        self.filler.find(text)
    }
}

/// Whether a module is one of those that are known, or lies in one of them.
fn is_below(known: &[Text], module: &str) -> bool {
    known.iter().any(|known| module.strip_prefix(&**known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/'])))
}

/// `receiveText` as `receive_text`.
fn snake(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() {
            spaced.push('_');
        }
        spaced.extend(letter.to_lowercase());
    }
    spaced
}

/// A run of white space as one blank.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_told_by_their_phrases() {
        let words = Wording::builtin();
        assert_eq!(words.light_task("Classify the\n  ticket by department."), Some("classification"));
        assert_eq!(words.light_task("Respond with ONLY 'true' or 'false'"), Some("a yes or no"));
        assert_eq!(words.light_task("Write a short title for the note."), Some("a title"));
        assert_eq!(words.light_task("Classify the ticket and explain why."), None);
        assert_eq!(words.light_task("Declassify them"), None);
        assert_eq!(words.light_task("Answer the question."), None);
        assert!(words.asks_for_json("Answer in  JSON, with two keys."));
        assert!(!words.asks_for_json("The log is not JSON."));
        assert!(words.is_no_item("tenacity.AsyncRetrying") && words.is_no_item("config.completion_models") && !words.is_no_item("tickets"));
        assert_eq!(words.names_much("Translate the menu."), Some("translate"));
        assert_eq!(words.names_much("Name the pier."), None);
        assert!(words.asks_for_little("Sum it up in two sentences.") && words.asks_for_little("Give it a title."));
        assert!(!words.asks_for_little("Tell me all about the pier."));
        assert!(words.bounds_answer("Be warm. Never use more than three\nshort paragraphs in one reply."));
        assert!(!words.bounds_answer("Answer in full. The short pier is closed."));
        assert!(words.goes_on("Then stop.") && !words.goes_on("It is late.") && !words.goes_on("Stop then."));
        assert!(words.leads("system_instructions") && words.leads("outputSchema") && !words.leads("question"));
        assert!(words.heads_output_form("## Output") && words.heads_output_form("Answer in the following format:"));
        assert!(!words.heads_output_form("## Rules"));
        assert!(
            ["input", "ask_user", "receiveText", "rl.question", "prompt"]
                .iter()
                .all(|name| words.asks_somebody(name.rsplit('.').next().unwrap_or(name)))
        );
        assert!(!["build_prompt", "task", "append", "converse"].iter().any(|name| words.asks_somebody(name)));
        assert_eq!(words.filler("Hello. Please note that it rains.").map(|(_, range)| range), Some(7..24));
    }
}
