//! One rule against the facts of one subject.

use crate::model::facts::{FactDoc, FactValue};
use crate::model::prompt::Confidence;
use crate::report::Severity;
use crate::span::Place;

use super::eval::{Scope, Ternary};
use super::facts::FactSource;
use super::{Options, Rule};

/// A rule fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The lowest of the facts that decided it, lowered further by the rule itself.
    pub confidence: Confidence,
    /// The highest that this finding can have; the price may lower it.
    pub severity: Severity,
    /// What the rule points at; `None`: the subject itself.
    pub place: Option<Place>,
    pub labels: Vec<(Place, String)>,
    /// The literal that should be another one, and that.
    pub set: Option<(Place, String)>,
    pub message: String,
    pub help: String,
}

/// Checks one subject. `None`: the condition is false or not known.
pub fn check(rule: &Rule, options: &Options, facts: &dyn FactSource) -> Option<Hit> {
    let scope = Scope { facts, options: &options.values };
    let verdict = scope.decide(&rule.when);
    if verdict.fires != Ternary::True {
        return None;
    }
    let stated = rule.confidence.iter().flat_map(|expr| scope.outcomes(expr)).filter_map(|word| confidence(&word)).min();
    let severity = rule.severity_by.iter().flat_map(|expr| scope.outcomes(expr)).filter_map(|word| severity(&word)).max();
    let labels = rule.labels.iter().filter_map(|label| Some((place(&label.at, facts)?, label.text.render(&scope)))).collect();
    Some(Hit {
        confidence: stated.map_or(verdict.confidence, |stated| stated.min(verdict.confidence)),
        severity: severity.unwrap_or(rule.severity).min(rule.severity),
        place: place(&rule.at, facts),
        labels,
        set: rule
            .set
            .as_ref()
            .and_then(|set| Some((place(&set.at, facts)?, set.text.render(&scope))))
            .filter(|(_, value)| !value.is_empty()),
        message: rule.message.render(&scope),
        help: rule.help.render(&scope),
    })
}

/// The place of the first record that has one.
fn place(records: &[&'static FactDoc], facts: &dyn FactSource) -> Option<Place> {
    records.iter().find_map(|record| match facts.fact(record.path).value {
        FactValue::Record(record) => record.place,
        _ => None,
    })
}

pub(super) fn confidence(word: &str) -> Option<Confidence> {
    match word {
        "low" => Some(Confidence::Low),
        "medium" => Some(Confidence::Medium),
        "high" => Some(Confidence::High),
        _ => None,
    }
}

pub(super) fn severity(word: &str) -> Option<Severity> {
    match word {
        "info" => Some(Severity::Info),
        "warning" => Some(Severity::Warning),
        "error" => Some(Severity::Error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::{Fact, Record};
    use crate::rule::load::RuleSet;
    use crate::rule::{Facts, OptionValue};
    use crate::span::{FileId, Span};

    fn record(fields: impl IntoIterator<Item = (&'static str, Fact)>) -> Record {
        Record { place: None, fields: fields.into_iter().collect() }
    }

    fn placed(start: usize, mut record: Record) -> Fact {
        record.place = Some(Place::new(FileId(0), Span::new(start, start + 5)));
        Fact::record(record)
    }

    fn hit(id: &str, facts: &Facts) -> Option<Hit> {
        let rules = RuleSet::builtin().unwrap();
        let rule = rules.get(id).unwrap();
        check(rule, &rule.default_options(), facts)
    }

    fn unstable(volatility: &str, lost: f64) -> Facts {
        let broken_by = record([
            ("name", Fact::text("datetime.now()")),
            ("volatility", Fact::text(volatility)),
            ("every", Fact::text("every request")),
            ("reason", Fact::text("read from the clock")),
        ]);
        let prefix = record([
            ("broken_by", placed(10, broken_by).with(Confidence::Medium)),
            ("lost_tokens", Fact::number(lost)),
            ("lost", placed(40, Record::default())),
        ]);
        Facts::new([("request", Fact::record(record([("prefix", Fact::record(prefix))])))])
    }

    #[test]
    fn a_hit_has_place_labels_and_numbers() {
        let hit = hit("cache/unstable-prefix", &unstable("request", 3791.0)).unwrap();
        assert_eq!(hit.confidence, Confidence::Medium);
        assert_eq!(hit.severity, Severity::Info, "no call is seen");
        assert_eq!(hit.place.unwrap().span, Span::new(10, 15));
        assert_eq!(hit.labels[0].0.span, Span::new(40, 45));
        assert!(hit.labels[0].1.contains("3,791"), "{}", hit.labels[0].1);
        assert!(hit.message.contains("datetime.now()") && hit.message.contains("every request"), "{}", hit.message);
    }

    #[test]
    fn a_date_is_worth_an_info_and_a_short_loss_nothing() {
        assert_eq!(hit("cache/unstable-prefix", &unstable("period", 3791.0)).unwrap().severity, Severity::Info);
        assert_eq!(hit("cache/unstable-prefix", &unstable("request", 12.0)), None);
    }

    #[test]
    fn options_of_the_project_count() {
        let rules = RuleSet::builtin().unwrap();
        let rule = rules.get("cache/unstable-prefix").unwrap();
        let options = rule.options_with(&[("min_lost_tokens".to_string(), OptionValue::Number(5000.0))].into()).unwrap();
        assert_eq!(check(rule, &options, &unstable("request", 3791.0)), None);
        let error = rule.options_with(&[("min_lost_token".to_string(), OptionValue::Number(5.0))].into()).unwrap_err();
        assert_eq!(error.help.as_deref(), Some("did you mean `min_lost_tokens`?"));
        rule.options_with(&[("min_lost_tokens".to_string(), OptionValue::Text("many".into()))].into()).unwrap_err();
    }

    fn marked(kind: &'static str, best_effort: bool, prefix: f64, minimum: Option<f64>, reuse: &str) -> Facts {
        let cache = record([
            ("kind", Fact::text(kind)),
            ("needs_marker", Fact::bool(kind.starts_with("explicit"))),
            ("best_effort", Fact::bool(best_effort)),
            ("min_tokens", Fact::maybe_number(minimum)),
            ("markers", Fact::number(0.0)),
            ("elsewhere", Fact::bool(false)),
            ("marker", Fact::text("cachePoint")),
            ("prefix_tokens", Fact::number(prefix)),
        ]);
        Facts::new([
            ("call", placed(7, record([("reuse", Fact::text(reuse)), ("one_shot", Fact::bool(reuse == "unlikely"))]))),
            ("request", Fact::record(record([("cache", Fact::record(cache))]))),
        ])
    }

    #[test]
    fn a_missing_breakpoint_is_medium_where_caching_is_best_effort() {
        let id = "cache/missing-breakpoint";
        let bedrock = hit(id, &marked("explicit-implicit", true, 2000.0, Some(1024.0), "proved")).unwrap();
        assert_eq!(bedrock.confidence, Confidence::Medium);
        assert!(bedrock.message.contains("best effort"), "{}", bedrock.message);
        let direct = hit(id, &marked("explicit", false, 2000.0, Some(1024.0), "likely")).unwrap();
        assert_eq!(direct.confidence, Confidence::High);
        assert!(direct.message.contains("2,000"), "{}", direct.message);
        assert_eq!(hit(id, &marked("explicit", false, 900.0, Some(1024.0), "proved")), None);
        assert_eq!(hit(id, &marked("explicit", false, 2000.0, Some(1024.0), "unlikely")), None);
        assert_eq!(hit(id, &marked("automatic", false, 2000.0, Some(1024.0), "proved")), None);
        assert_eq!(hit(id, &marked("explicit", false, 2000.0, None, "proved")), None);
        assert_eq!(hit(id, &marked("explicit", false, 5000.0, None, "proved")).unwrap().confidence, Confidence::Medium);
    }

    fn capped(fields: impl IntoIterator<Item = (&'static str, Fact)>, reasoning: bool) -> Facts {
        let cap = Fact::record(record(fields));
        Facts::new([(
            "call",
            placed(7, record([("cap", cap), ("reasoning", Fact::bool(reasoning)), ("api", Fact::text("bedrock.converse"))])),
        )])
    }

    #[test]
    fn a_missing_cap_names_the_argument_and_the_maximum() {
        let facts = capped(
            [
                ("missing", Fact::bool(true)),
                ("argument", Fact::text("inferenceConfig.maxTokens")),
                ("maximum", Fact::number(64000.0)),
                ("reserves_quota", Fact::bool(true)),
            ],
            true,
        );
        let hit_found = hit("output/missing-cap", &facts).unwrap();
        assert!(hit_found.message.contains("inferenceConfig.maxTokens") && hit_found.message.contains("64,000"), "{}", hit_found.message);
        assert!(hit_found.help.contains("quota") && hit_found.help.contains("easoning"), "{}", hit_found.help);
        assert_eq!(hit_found.place.unwrap().span, Span::new(7, 12));
        assert_eq!(hit("output/missing-cap", &capped([("missing", Fact::unknown())], false)), None);
        assert_eq!(hit("output/missing-cap", &capped([("missing", Fact::bool(false))], false)), None);
    }

    #[test]
    fn a_growing_history_is_reported_where_it_grows() {
        let facts = |unbounded: Fact| {
            let history = record([("unbounded", unbounded), ("name", Fact::text("messages")), ("grows_at", placed(30, Record::default()))]);
            Facts::new([("request", Fact::record(record([("history", placed(20, history))])))])
        };
        let grown = hit("history/full-replay", &facts(Fact::bool(true))).unwrap();
        assert!(grown.message.contains("`messages`"), "{}", grown.message);
        assert!(grown.labels.iter().any(|(place, _)| place.span.start == 30) || grown.place.unwrap().span.start == 30);
        assert_eq!(hit("history/full-replay", &facts(Fact::unknown())), None);
        assert_eq!(hit("history/full-replay", &facts(Fact::bool(false))), None);
    }

    #[test]
    fn a_whole_document_is_reported_unless_limited_or_short() {
        let facts = |limited: Fact, tokens: f64| {
            let document = record([
                ("name", Fact::text("report")),
                ("reason", Fact::text("the text of a file")),
                ("limited", limited),
                ("tokens", Fact::number(tokens)),
            ]);
            Facts::new([("request", Fact::record(record([("document", placed(9, document).with(Confidence::Medium))])))])
        };
        let whole = hit("context/whole-document", &facts(Fact::bool(false), 4000.0)).unwrap();
        assert_eq!((whole.confidence, whole.place.unwrap().span.start), (Confidence::Medium, 9));
        assert!(whole.message.contains("`report`"), "{}", whole.message);
        assert_eq!(hit("context/whole-document", &facts(Fact::bool(true), 4000.0)), None);
        assert_eq!(hit("context/whole-document", &facts(Fact::unknown(), 4000.0)), None);
        assert_eq!(hit("context/whole-document", &facts(Fact::bool(false), 1500.0)), None);
    }
}
