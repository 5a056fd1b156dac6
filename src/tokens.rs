//! Token counts: exact where the vocabulary is public, else an estimate with its error band.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::catalogue::tables::TokenizersFile;
use crate::catalogue::{Model, built_in};

mod layout;
mod split;
mod vocabulary;

use vocabulary::{CL100K_BASE, O200K_BASE, Vocabulary};

/// A number of tokens and how far it may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    pub tokens: u64,
    /// Counted with the model's own vocabulary.
    pub exact: bool,
    /// Half the width of the range that the true count lies in, relative to `tokens`: 0.1 is ten per cent either way.
    pub band: f64,
}

impl Default for Count {
    fn default() -> Self {
        Count::ZERO
    }
}

impl Count {
    /// Of no text.
    pub const ZERO: Count = Count { tokens: 0, exact: true, band: 0.0 };

    /// The count of two texts together; the band is that of the worse part, weighed by its tokens.
    pub fn plus(self, other: Count) -> Count {
        let tokens = self.tokens + other.tokens;
        let spread = self.band * self.tokens as f64 + other.band * other.tokens as f64;
        Count { tokens, exact: self.exact && other.exact, band: if tokens == 0 { 0.0 } else { spread / tokens as f64 } }
    }
}

/// What is assumed of a model that is not known.
pub const UNKNOWN_TOKENIZER: &str = "est:generic";

/// Bytes of text for a token, where even the vocabulary refuses a text: a rough figure for prose and code (4.1 to 5.3 characters a
/// token of o200k_base, measured 2026-11-22), with a band that says so.
const BYTES_PER_TOKEN: u64 = 4;
const REFUSED_BAND: f64 = 0.75;

static TOKENIZERS: TokenizersFile = built_in!("tokenizers");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Prose,
    Code,
    Json,
    Cjk,
}

/// Counts `text` with a tiktoken encoding (`o200k_base`, `cl100k_base`, `o200k_harmony`) or estimates it (`est:*`). A tokenizer that is not
/// known is estimated widely.
pub fn count(text: &str, tokenizer: &str) -> Count {
    if text.is_empty() {
        return Count::ZERO;
    }
    if is_encoding(tokenizer) {
        return encode(text, tokenizer).map_or_else(|| refused(text), |tokens| Count { tokens, exact: true, band: 0.0 });
    }
    let Some(base) = encode(text, "o200k_base") else { return refused(text) };
    let known = &TOKENIZERS;
    let estimate = known.estimates.iter().find(|estimate| estimate.name == tokenizer);
    let Some(estimate) = estimate.or_else(|| known.estimates.iter().find(|estimate| estimate.name == UNKNOWN_TOKENIZER)) else {
        return refused(text);
    };
    let (low, high) = match content(text) {
        Content::Prose => estimate.prose,
        Content::Code => estimate.code,
        Content::Json => estimate.json,
        Content::Cjk => estimate.cjk,
    };
    let tokens = ((low + high) / 2.0 * base as f64).round() as u64;
    Count { tokens: tokens.max(1), exact: false, band: (high - low) / (high + low) }
}

/// Counts `text` as `model` would; an encoding that is only assumed of it is not exact.
pub fn count_for(text: &str, model: Option<&Model>) -> Count {
    let Some(model) = model else { return count(text, UNKNOWN_TOKENIZER) };
    let counted = count(text, &model.tokenizer);
    if counted.exact && !model.tokenizer_verified {
        return Count { exact: false, band: TOKENIZERS.assumed_encoding_band, ..counted };
    }
    counted
}

/// No encoding of text by its bytes has more tokens than bytes: decides most thresholds without a vocabulary.
pub fn upper_bound(text: &str) -> u64 {
    text.len() as u64
}

fn is_encoding(tokenizer: &str) -> bool {
    matches!(tokenizer, "o200k_base" | "cl100k_base" | "o200k_harmony")
}

fn refused(text: &str) -> Count {
    Count { tokens: (text.len() as u64).div_ceil(BYTES_PER_TOKEN), exact: false, band: REFUSED_BAND }
}

fn vocabulary(encoding: &str) -> &'static Vocabulary {
    match encoding {
        "cl100k_base" => &CL100K_BASE,
        // The harmony encoding differs from the base in its special tokens only, which text never becomes here.
        _ => &O200K_BASE,
    }
}

/// The number of tokens, or `None` if the vocabulary refuses the text (a run of a million blanks). The facts, the prices and the
/// inventory of a request ask for the same texts again and again: each thread keeps the last counts.
fn encode(text: &str, encoding: &str) -> Option<u64> {
    const KEPT: usize = 4096;
    thread_local! {
        static COUNTS: [RefCell<FxHashMap<Box<str>, Option<u64>>>; 2] = Default::default();
    }
    COUNTS.with(|counts| {
        // As in `vocabulary`.
        let counts = &counts[usize::from(encoding == "cl100k_base")];
        if let Some(known) = counts.borrow().get(text) {
            return *known;
        }
        let tokens = vocabulary(encoding).count(text);
        let mut counts = counts.borrow_mut();
        if counts.len() >= KEPT {
            counts.clear();
        }
        counts.insert(text.into(), tokens);
        tokens
    })
}

fn content(text: &str) -> Content {
    let (mut characters, mut wide, mut signs) = (0usize, 0usize, 0usize);
    for character in text.chars().take(20_000).filter(|character| !character.is_whitespace()) {
        characters += 1;
        wide += usize::from(
            matches!(character, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'),
        );
        signs += usize::from(matches!(
            character,
            '{' | '}' | '(' | ')' | '[' | ']' | ';' | '=' | '<' | '>' | '_' | '/' | '\\' | '|' | '&' | '$'
        ));
    }
    let start = text.trim_start();
    if wide * 5 > characters {
        Content::Cjk
    } else if start.starts_with(['{', '[']) && text.matches("\":").count() * 80 > characters {
        Content::Json
    } else if signs * 100 > characters * 6 {
        Content::Code
    } else {
        Content::Prose
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    use super::*;

    const PROSE: &str = "You answer questions about the orders of our customers, politely and in one short paragraph.\n";

    #[test]
    fn every_tokenizer_of_a_model_is_known() {
        let data = &TOKENIZERS;
        assert!(data.estimates.iter().any(|estimate| estimate.name == UNKNOWN_TOKENIZER));
        for model in Catalogue::builtin().models.entries.iter() {
            let known = is_encoding(&model.tokenizer) || data.estimates.iter().any(|estimate| estimate.name == model.tokenizer);
            assert!(known, "{}: {}", model.id, model.tokenizer);
        }
    }

    #[test]
    fn exact_counts() {
        for (text, encoding, tokens) in [("hello world", "o200k_base", 2), ("hello world", "cl100k_base", 2), ("", "o200k_base", 0)] {
            assert_eq!(count(text, encoding), Count { tokens, exact: true, band: 0.0 }, "{text} {encoding}");
        }
        // Special tokens in a text are text.
        assert!(count("<|endoftext|>", "o200k_base").tokens > 1);
    }

    /// Counts as the library does that the vocabularies are of.
    fn agrees(texts: impl IntoIterator<Item = String>) {
        let references = [(&O200K_BASE, tiktoken_rs::o200k_base_singleton()), (&CL100K_BASE, tiktoken_rs::cl100k_base_singleton())];
        for text in texts {
            for (ours, reference) in references {
                let known = reference.encode_ordinary(&text).len() as u64;
                assert_eq!(ours.count(&text), Some(known), "{ours:?}: {text:?}");
            }
        }
    }

    #[test]
    fn counts_are_those_of_the_library() {
        let of = |text: &str| text.to_owned();
        agrees([
            of(PROSE),
            of("I'll see, we'VE seen, it'\u{17f} 'S, they'reach, 'll'd'm ''s x's1 don't"),
            of(
                "HTTPServer parseJSON iPhone ÉCOLE école ǅungla ªº AªB ʰx aʰB 中文字 日本語テキスト e\u{301}E\u{301}x \u{301}\u{301}A \u{301}a",
            ),
            of("1 12 123 1234 12345678 ١٢٣٤ ⅷⅷⅷⅷ ½½ 1a2b"),
            of("a\n\nb \n c\r\n\r\n  d\t\t\te \u{a0}\u{a0}f\u{3000}g \u{2028} h  "),
            of("x  \n  "),
            of("\n"),
            of("   "),
            of(" \u{a0}"),
            of("://path//to/// a/b \r\n/x !!!\n\n/ ...\r /"),
            of("<|endoftext|> 😀😀👩‍👩‍👧 \u{0}\u{1}\u{7f}\u{feff}"),
            format!("{PROSE}- item one.\n\n/path\n    def f(x):\n\treturn x\n\nÜber {{a}}\r\n").repeat(40),
            // Pieces that are merged in order of their ranks.
            "abcdefghijklmnopqrstuvwxyz".repeat(20),
            "the".repeat(100),
            " ".repeat(3000),
            "=-".repeat(200),
            "あなたは親切な".repeat(60),
        ]);
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = ["rules", "testdata/projects"].into_iter().flat_map(|folder| walkdir::WalkDir::new(root.join(folder)));
        agrees(files.flatten().filter(|file| file.file_type().is_file()).filter_map(|file| std::fs::read_to_string(file.path()).ok()));
    }

    proptest::proptest! {
        #[test]
        fn counts_of_any_text_are_those_of_the_library(
            text in "([a-zA-Z '\\n\\r\\t/.0-9]|[éÉßſKʰªǅ中あ\u{301}\u{a0}\u{2028}½Ⅷ٣😀]|\\PC){0,60}",
            times in 1usize..9,
        ) {
            agrees([text.repeat(times)]);
        }
    }

    #[test]
    fn a_text_that_the_vocabulary_refuses_is_estimated() {
        let blanks = " ".repeat(1_100_000);
        let counted = count(&blanks, "o200k_base");
        assert!(!counted.exact && counted.tokens > 0);
    }

    #[test]
    fn estimates_have_bands_that_hold_both_ends() {
        let base = count(PROSE, "o200k_base").tokens as f64;
        let claude = count(PROSE, "est:claude-legacy");
        assert!(!claude.exact);
        assert!((claude.tokens as f64 / base - 1.235).abs() < 0.05);
        assert!((claude.band - 0.07 / 2.47).abs() < 1e-9);
        assert!(count(PROSE, "est:no-such").band > 0.3);
    }

    #[test]
    fn an_assumed_encoding_is_not_exact() {
        let models = &Catalogue::builtin().models;
        assert!(count_for(PROSE, models.find("gpt-4o")).exact);
        let assumed = count_for(PROSE, models.find("gpt-6-luna"));
        assert!(!assumed.exact && assumed.band > 0.0);
        assert!(!count_for(PROSE, None).exact);
    }

    #[test]
    fn kinds_of_content() {
        for (text, expected) in [
            (PROSE, Content::Prose),
            ("def total(items):\n    return sum(item.price * item.count for item in items if item.count > 0)\n", Content::Code),
            (r#"{"name": "Ada", "orders": [{"id": 1, "total": 12.5}]}"#, Content::Json),
            ("あなたは親切なアシスタントです。質問に答えてください。", Content::Cjk),
        ] {
            assert_eq!(content(text), expected, "{text}");
        }
    }

    #[test]
    fn sums() {
        let one = Count { tokens: 100, exact: true, band: 0.0 };
        let two = Count { tokens: 300, exact: false, band: 0.2 };
        let both = one.plus(two);
        assert_eq!((both.tokens, both.exact), (400, false));
        assert!((both.band - 0.15).abs() < 1e-12);
        assert_eq!(upper_bound("abc"), 3);
    }
}
