//! What a rule is evaluated against: facts by their paths, and the look-up of names in their schema.

use std::collections::BTreeMap;

use crate::model::facts::{Fact, FactDoc, FactValue, SCHEMA};

/// Answers what is known under a path of the schema (`request.prefix.lost_tokens`).
pub trait FactSource {
    /// Unknown for whatever was not looked at.
    fn fact(&self, path: &str) -> Fact;
}

/// The facts of one subject and of what it belongs to: one fact for each root (`call`, `request`, `prompt`).
#[derive(Clone, Debug, Default)]
pub struct Facts {
    roots: BTreeMap<&'static str, Fact>,
}

impl Facts {
    pub fn new(roots: impl IntoIterator<Item = (&'static str, Fact)>) -> Self {
        Facts { roots: roots.into_iter().collect() }
    }

    /// Adds fields to the record at the end of a way, if there is one.
    pub fn add(&mut self, way: &[&'static str], fields: impl IntoIterator<Item = (&'static str, Fact)>) {
        let Some((root, rest)) = way.split_first() else { return };
        let mut fact = self.roots.get_mut(root);
        for step in rest {
            fact = match fact.map(|fact| &mut fact.value) {
                Some(FactValue::Record(record)) => record.fields.get_mut(step),
                _ => None,
            };
        }
        if let Some(FactValue::Record(record)) = fact.map(|fact| &mut fact.value) {
            record.fields.extend(fields);
        }
    }

    pub fn insert(&mut self, root: &'static str, fact: Fact) {
        self.roots.insert(root, fact);
    }
}

impl FactSource for Facts {
    /// A fact is as sure as the least sure thing on the way to it. What stands under something absent is absent, under
    /// something unknown unknown.
    fn fact(&self, path: &str) -> Fact {
        let mut steps = path.split('.');
        let Some(mut fact) = steps.next().and_then(|root| self.roots.get(root)) else { return Fact::unknown() };
        let mut confidence = fact.confidence;
        for step in steps {
            fact = match &fact.value {
                FactValue::Record(record) => match record.fields.get(step) {
                    Some(field) => field,
                    None => return Fact::unknown().with(confidence),
                },
                FactValue::Absent => return Fact::absent().with(confidence),
                _ => return Fact::unknown().with(confidence),
            };
            confidence = confidence.min(fact.confidence);
        }
        fact.clone().with(confidence)
    }
}

/// The documentation of the fact with this path.
pub(super) fn find(path: &str) -> Option<&'static FactDoc> {
    SCHEMA.iter().find(|fact| fact.path == path)
}

/// The fact whose path is written most like `path`.
pub(super) fn nearest_fact(path: &str) -> Option<&'static str> {
    nearest(path, SCHEMA.iter().map(|fact| fact.path))
}

/// The candidate that was probably meant.
pub(super) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::Record;
    use crate::model::prompt::Confidence;

    #[test]
    fn confidence_is_the_lowest_on_the_way() {
        let mut broken_by = Record::default();
        broken_by.fields.insert("name", Fact::text("now"));
        let mut prefix = Record::default();
        prefix.fields.insert("broken_by", Fact::record(broken_by).with(Confidence::Medium));
        prefix.fields.insert("lost", Fact::absent());
        let mut request = Record::default();
        request.fields.insert("prefix", Fact::record(prefix));
        let facts = Facts::new([("request", Fact::record(request))]);
        assert_eq!(facts.fact("request.prefix.broken_by.name"), Fact::text("now").with(Confidence::Medium));
        assert_eq!(facts.fact("request.prefix.lost.anything"), Fact::absent());
        assert_eq!(facts.fact("request.history.present").value, FactValue::Unknown);
        assert_eq!(facts.fact("call.api").value, FactValue::Unknown);
    }

    #[test]
    fn every_fact_stands_under_a_record_of_the_schema() {
        for fact in SCHEMA {
            if let Some((parent, _)) = fact.path.rsplit_once('.') {
                let parent = find(parent).unwrap_or_else(|| panic!("{} has no parent", fact.path));
                assert_eq!(parent.kind, crate::model::facts::FactType::Record, "{}", parent.path);
            }
        }
    }
}
