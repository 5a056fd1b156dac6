//! How numbers, savings and summaries are worded in the printed reports.

use super::{Applicability, Report, Saving, SavingKind, Severity, plain};
use crate::project::Project;
use crate::span::{Place, Span};

/// `1,240`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whole tokens; what is more than nothing is never shown as 0.
pub fn tokens(number: f64) -> String {
    match number {
        number if number > 0.0 && number < 0.5 => "less than 1".to_owned(),
        number => grouped(number.max(0.0).round() as u64),
    }
}

/// Dollars: two decimals, or two significant digits below a cent.
pub fn dollars(number: f64) -> String {
    if number > 0.0 && number < 0.01 {
        let decimals = (-number.log10()).ceil().clamp(2.0, 12.0) as usize + 1;
        return format!("${number:.decimals$}");
    }
    let cents = (number.max(0.0) * 100.0).round() as u64;
    format!("${}.{:02}", grouped(cents / 100), cents % 100)
}

/// `1 file`, `12 files`
pub fn count(number: usize, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", grouped(number as u64))
}

/// `~` before an estimate.
/// The mark of an estimate.
pub fn about(exact: bool) -> &'static str {
    if exact { "" } else { "~" }
}

/// What a rewrite saves, in one line: `saves ~640 input-equivalent tokens a request (±15 %), $2.40 per 1,000 requests …`
pub fn saving(saving: &Saving) -> String {
    let number = tokens(saving.input_equivalent_tokens);
    let mut line = match saving.kind {
        SavingKind::Bound => format!("saves at most {number} input-equivalent tokens a request (bound, not added up)"),
        _ if saving.input_equivalent_tokens <= 0.0 => "saves nothing today".to_owned(),
        _ => format!("saves {}{number} input-equivalent tokens a request", about(saving.exact)),
    };
    if saving.kind != SavingKind::Bound && !saving.exact && saving.band > 0.0 && saving.input_equivalent_tokens > 0.0 {
        line += &format!(" (±{:.0} %)", saving.band * 100.0);
    }
    if let Some(share) = saving.share.filter(|share| *share >= 0.005) {
        line += &format!(", {:.0} % of its price", share * 100.0);
    }
    let prices = [(saving.usd_per_1k_requests, "per 1,000 requests"), (saving.usd_per_month, "a month")];
    let mut priced = false;
    for (usd, unit) in prices {
        if let Some(usd) = usd.filter(|usd| *usd > 0.0) {
            let most = if saving.kind == SavingKind::Bound { "at most " } else { "" };
            line += &format!(", {most}{} {unit}", dollars(usd));
            priced = true;
        }
    }
    if let (true, Some(day)) = (priced, &saving.price_as_of) {
        line += &format!(" (prices of {day})");
    }
    if !saving.assumptions.is_empty() {
        line += &format!("; assumes {}", saving.assumptions.join(", "));
    }
    line
}

/// The saving in a few words, for one-line reports.
pub fn short_saving(saving: &Saving) -> String {
    let number = tokens(saving.input_equivalent_tokens);
    match saving.kind {
        SavingKind::Bound => format!("at most {number} tokens a request"),
        _ if saving.input_equivalent_tokens <= 0.0 => "saves nothing today".to_owned(),
        _ => format!("saves {}{number} tokens a request", about(saving.exact)),
    }
}

/// The sum of measured and assumed savings, and whether all of it was counted exactly. `None` if no saving is known.
pub fn total_saving(report: &Report) -> Option<(f64, bool)> {
    let known = report.findings.iter().filter_map(|finding| finding.saving.as_ref()).filter(|saving| saving.kind != SavingKind::Bound);
    known.fold(None, |sum: Option<(f64, bool)>, saving| {
        let (tokens, exact) = sum.unwrap_or((0.0, true));
        Some((tokens + saving.added_tokens, exact && saving.exact))
    })
}

/// How many findings `--fix` takes away, and how many more `--unsafe-fixes` does.
pub fn fixable(report: &Report) -> (usize, usize) {
    let of = |wanted| report.findings.iter().filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.applicability == wanted)).count();
    (of(Applicability::Safe), of(Applicability::Unsafe))
}

/// The last line of a report.
pub fn summary(report: &Report) -> String {
    let files = count(report.files, "file");
    let mut parts = vec![match report.findings.len() {
        0 if report.files == 0 => "nothing to check: no code, template or file of prompts under these paths".to_owned(),
        0 => format!("no findings in {files}"),
        findings => {
            let of = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
            let kinds = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning"), (of(Severity::Info), "info")];
            let kinds = kinds.into_iter().filter(|(number, _)| *number > 0).map(|(number, name)| match name {
                "info" => format!("{number} info"),
                name => count(number, name),
            });
            format!("{} in {files} ({})", count(findings, "finding"), kinds.collect::<Vec<_>>().join(", "))
        }
    }];
    match fixable(report) {
        (0, 0) => {}
        (0, unsafe_only) => parts.push(format!("{unsafe_only} fixable with --fix --unsafe-fixes")),
        (safe, 0) => parts.push(format!("{safe} fixable with --fix")),
        (safe, more) => parts.push(format!("{safe} fixable with --fix, {more} more with --unsafe-fixes")),
    }
    if let Some((sum, exact)) = total_saving(report).filter(|(sum, _)| *sum > 0.0) {
        parts.push(format!("saves {}{} tokens a request", about(exact), tokens(sum)));
    }
    let mut silent = Vec::new();
    if report.hidden > 0 {
        silent.push(format!("{} hidden by --min-severity / --min-confidence", report.hidden));
    }
    if report.too_small > 0 {
        silent.push(format!("{} hidden by --min-saving", report.too_small));
    }
    if !report.suppressed.is_empty() {
        silent.push(format!("{} suppressed", report.suppressed.len()));
    }
    if let Some(known) = report.baseline.filter(|known| *known > 0) {
        silent.push(format!("{known} in the baseline"));
    }
    if let Some(unchanged) = report.unchanged.filter(|unchanged| *unchanged > 0) {
        silent.push(format!("{unchanged} not changed since --since"));
    }
    if !silent.is_empty() {
        parts.push(silent.join(", "));
    }
    parts.join(" · ")
}

/// 1-based first and last line of a place. The line break at its end does not count.
pub fn lines(project: &Project, place: Place) -> (usize, usize) {
    let Ok(source) = project.source(place.file) else { return (1, 1) };
    let Span { start, end } = place.span;
    let line = |offset: u32| source.positions(Span { start: offset, end: offset }).0.line;
    let first = line(start);
    (first, line(end.saturating_sub(1).max(start)).max(first))
}

/// `src/app.py:3:5`, `src/demo.ipynb:cell 4:3:5`
pub fn location(project: &Project, place: Place) -> String {
    let Ok(source) = project.source(place.file) else { return format!("{}:1:1", plain::line(&project.file(place.file).path)) };
    format!("{}:{}", plain::line(&source.path), source.shown_place(place.span.start))
}

/// `src/app.py:3`, `src/demo.ipynb:cell 4:3`
pub fn line(project: &Project, place: Place) -> String {
    let Ok(source) = project.source(place.file) else { return format!("{}:1", plain::line(&project.file(place.file).path)) };
    format!("{}:{}", plain::line(&source.shown_path(place.span.start)), source.shown_line(place.span.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(tokens(0.2), "less than 1");
        assert_eq!(tokens(639.6), "640");
        assert_eq!(dollars(2.4), "$2.40");
        assert_eq!(dollars(1234.5), "$1,234.50");
        assert_eq!(dollars(0.000_42), "$0.00042");
        assert_eq!(dollars(0.0), "$0.00");
    }
}
