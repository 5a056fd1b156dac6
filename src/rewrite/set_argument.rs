//! `set-argument`: a literal among the arguments of a call becomes the one that the rule names.

use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::syntax::{Expr, ExprKind};

use super::{Declined, Delta, Outcome, Proposal, Target, find};

pub fn apply(target: &Target) -> Option<Outcome> {
    let (_, value) = target.set?;
    Some(Outcome {
        mended: target.request.clone(),
        cap: target.call.and_then(|call| call.cap.value),
        delta: Delta { inserts: true, ..Delta::default() },
        edit: propose(target, value),
    })
}

fn propose(target: &Target, value: &str) -> Result<Proposal, Declined> {
    let Some((place, _)) = target.set else { return Declined::because("the argument is not written here") };
    if !matches!(target.project.file(place.file).language, Language::Python | Language::JavaScript) {
        return Declined::because("the argument is not written in code");
    }
    let Some(literal) = find::expr_at(target.project.module(place.file), place.span) else {
        return Declined::because("the argument is not written here");
    };
    let text = written(literal, target.project.text(place.file), value)?;
    Ok(Proposal {
        edits: vec![Edit { file: place.file, span: place.span, text }],
        applicability: Applicability::Unsafe,
        title: format!("Set it to {value}"),
    })
}

/// The value in the notation of the literal that it replaces.
fn written(literal: &Expr, text: &str, value: &str) -> Result<String, Declined> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match &literal.kind {
        ExprKind::Int(_) | ExprKind::Null if is_number => Ok(value.to_string()),
        ExprKind::Str(parts) if parts.tokens.len() == 1 && literal.as_text().is_some() => {
            let quote =
                text.get(literal.span.range()).and_then(|text| text.chars().next()).filter(|quote| matches!(quote, '"' | '\'' | '`'));
            let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/@".contains(c));
            match quote {
                Some(quote) if plain => Ok(format!("{quote}{value}{quote}")),
                _ => Declined::because("the text is written in a notation of its own"),
            }
        }
        _ => Declined::because("the argument is not a literal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::request::Request;
    use crate::rewrite::testing::*;
    use crate::span::{Place, Span};

    fn set(project: &crate::project::Project, literal: &str, value: &str) -> Result<String, Declined> {
        let at = project.text(FILE).find(literal).unwrap();
        let request = Request::default();
        let place = Place::new(FILE, Span::new(at, at + literal.len()));
        let outcome = apply(&Target { set: Some((place, value)), ..target(project, &request, None) }).unwrap();
        edited(project, &outcome).map(|(text, applicability)| {
            assert_eq!(applicability, Applicability::Unsafe);
            text
        })
    }

    #[test]
    fn literals_keep_their_notation() {
        assert_eq!(set(&python("c.create(n=4)  # four\n"), "4", "1").unwrap(), "c.create(n=1)  # four\n");
        assert_eq!(set(&python("s.search(q, k=None)\n"), "None", "8").unwrap(), "s.search(q, k=8)\n");
        assert_eq!(set(&python("c.create(model='gpt-x')\n"), "'gpt-x'", "gpt-y").unwrap(), "c.create(model='gpt-y')\n");
        assert_eq!(set(&script("c.create({ model: \"gpt-x\" });\n"), "\"gpt-x\"", "gpt-y").unwrap(), "c.create({ model: \"gpt-y\" });\n");
    }

    #[test]
    fn what_is_no_literal_stays() {
        assert!(set(&python("c.create(n=many)\n"), "many", "1").is_err());
        assert!(set(&python("c.create(n=4)\n"), "4", "few").is_err());
        assert!(set(&python("c.create(model=r'gpt-x')\n"), "r'gpt-x'", "gpt-y").is_err());
        assert!(set(&python("c.create(model='gpt' '-x')\n"), "'gpt' '-x'", "gpt-y").is_err());
        assert!(set(&python("c.create(model='gpt-x')\n"), "'gpt-x'", "a'b").is_err());
    }
}
