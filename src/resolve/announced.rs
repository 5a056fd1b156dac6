//! What the words before a slot say of it, where its name alone does not say enough.

use crate::model::prompt::{Confidence, Segment, SizeClass};

/// Makes sure of the documents whose names are weak (`text`, `content`, `report`) and that the words before announce.
pub fn confirm(segments: &mut [Segment]) {
    // An escape such as `\n` is a piece of text of its own.
    let mut before = String::new();
    for segment in segments {
        match segment {
            Segment::Text(text) => {
                before.push_str(&text.text);
                continue;
            }
            Segment::Slot(slot) if slot.size == SizeClass::Document && slot.size_confidence == Confidence::Low => {
                if announces_document(&before) {
                    slot.size_confidence = Confidence::Medium;
                }
            }
            Segment::Block(block) => block.arms.iter_mut().for_each(|arm| confirm(arm)),
            Segment::Slot(_) | Segment::Breakpoint(_) => {}
        }
        before.clear();
    }
}

/// Whether a text ends by announcing a document: `Report: `, `<article>`, `# File\n```\n`.
fn announces_document(text: &str) -> bool {
    const DOCUMENTS: [&str; 22] = [
        "document",
        "documents",
        "article",
        "report",
        "transcript",
        "file",
        "diff",
        "diffs",
        "patch",
        "paper",
        "contract",
        "manuscript",
        "book",
        "chapter",
        "essay",
        "email",
        "emails",
        "webpage",
        "page",
        "draft",
        "code",
        "log",
    ];
    let last_lines = text.trim_end_matches(|character: char| character.is_whitespace() || "\"'`*".contains(character));
    let mut lines = last_lines.rsplit('\n');
    let mut line = lines.next().unwrap_or_default();
    // A fence with its language.
    if line.trim_start().starts_with("```") {
        line = lines.next().unwrap_or_default();
    }
    let is_heading = line.trim_start().starts_with('#');
    let line = match line.trim_end().strip_suffix([':', '>']) {
        Some(label) => label,
        None if is_heading => line,
        None => return false,
    };
    let words = crate::catalogue::names::words(line.rsplit(['<', '.', ',', ';']).next().unwrap_or_default());
    // A label is short: `The report to be checked against the rules above:` says what to do.
    let label = &words[words.len().saturating_sub(4)..];
    label.iter().any(|word| DOCUMENTS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{announces_document, confirm};
    use crate::model::prompt::{Confidence, Segment, SizeClass, Slot};

    fn slot(name: &str) -> Segment {
        Segment::Slot(Box::new(Slot {
            name: name.into(),
            place: None,
            expr: None,
            volatility: None,
            size: SizeClass::Document,
            limited: false,
            growth: None,
            confidence: Confidence::Low,
            size_confidence: Confidence::Low,
            reason: "".into(),
        }))
    }

    #[test]
    fn an_escape_before_a_slot_is_a_part_of_the_words_before_it() {
        let mut segments = ["Answer from it.", "\n\n", "# Report", "\n"].map(Segment::text).to_vec();
        segments.push(slot("report"));
        segments.push(Segment::text("\nand "));
        segments.push(slot("content"));
        confirm(&mut segments);
        let sure: Vec<Confidence> = segments
            .iter()
            .filter_map(|segment| match segment {
                Segment::Slot(slot) => Some(slot.size_confidence),
                _ => None,
            })
            .collect();
        assert_eq!(sure, [Confidence::Medium, Confidence::Low]);
    }

    #[test]
    fn words_before_a_document() {
        for text in
            ["Sum up.\nReport: ", "<article>\n", "# Current file\n```python\n", "The code of the lamp:\n\"\"\"", "Original document: \""]
        {
            assert!(announces_document(text), "{text}");
        }
        for text in ["Words: ", "You check reports", "the report of ", "Title: ", "Answer the question about the page.\n\n", ""] {
            assert!(!announces_document(text), "{text}");
        }
    }
}
