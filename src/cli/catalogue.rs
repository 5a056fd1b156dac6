//! `prompt-lint catalogue [NAME]`: what is known of a model or an API, with its sources.

use super::args::ConfigArgs;
use super::{CLEAN, Failure, Host, run};
use crate::catalogue::{Api, CacheKind, Catalogue, Model, Price, Reasoning, Text};
use crate::config::Date;

pub fn catalogue(name: Option<&str>, today: Option<Date>, config: &ConfigArgs, host: &mut Host<'_>) -> Result<u8, Failure> {
    let mut configs = run::configs(config, host)?;
    configs.for_folder(&host.working_dir)?;
    let own = run::catalogue(&configs)?;
    let catalogue = own.as_deref().unwrap_or(Catalogue::builtin());
    let today = run::today(today, host)?;
    let text = match name {
        None => list(catalogue),
        Some(name) => match (catalogue.models.find(name), catalogue.apis.iter().find(|api| api.id == name)) {
            (Some(found), _) => model(found, name, today),
            (None, Some(found)) => api(found, today),
            (None, None) => return Err(unknown(catalogue, name)),
        },
    };
    host.stdout.write_all(text.as_bytes())?;
    Ok(CLEAN)
}

fn unknown(catalogue: &Catalogue, name: &str) -> Failure {
    const MOST_WRONG_LETTERS: usize = 3;
    let model = catalogue.models.nearest(name, MOST_WRONG_LETTERS);
    let meant = model.or_else(|| crate::config::nearest_word(name, catalogue.apis.iter().map(|api| &*api.id)));
    let list = "`prompt-lint catalogue` lists all ids";
    let help = meant.map_or(list.to_owned(), |meant| format!("did you mean `{meant}`? {list}"));
    Failure::Usage { message: format!("there is neither a model nor an API `{name}` in the catalogue"), help: Some(help) }
}

fn list(catalogue: &Catalogue) -> String {
    let mut lines = vec!["Models".to_owned()];
    lines.extend(
        catalogue
            .models
            .entries
            .iter()
            .map(|model| format!("  {:11}  {:11}  {:10}  {}", model.provider, model.tier, model.status, model.id)),
    );
    lines.push("\nAPIs".to_owned());
    lines.extend(catalogue.apis.iter().map(|api| format!("  {:11}  {:11}  {}", api.provider, api.language, api.id)));
    lines.join("\n") + "\n"
}

/// A known number with its unit, or that it is not known.
fn number(value: Option<u64>, unit: &str) -> String {
    value.map_or("unknown".to_owned(), |value| format!("{value} {unit}"))
}

fn dollars(price: &Price) -> String {
    let mut parts = vec![format!("input {}", price.input), format!("output {}", price.output)];
    let more = [
        ("cache read", price.cache_read),
        ("cache write", price.cache_write),
        ("cache write, long life", price.cache_write_long),
        ("batch input", price.batch_input),
        ("batch output", price.batch_output),
    ];
    parts.extend(more.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))));
    format!("{} USD per million tokens", parts.join(", "))
}

fn model(model: &Model, name: &str, today: Date) -> String {
    let mut rows: Vec<(&str, String)> =
        vec![("provider", model.provider.to_string()), ("tier", model.tier.to_string()), ("status", model.status.to_string())];
    if !model.aliases.is_empty() {
        rows.push(("also", model.aliases.join(", ")));
    }
    rows.push(("context", number(model.context_window, "tokens")));
    rows.push(("longest answer", number(model.max_output, "tokens")));
    rows.push(("price", model.price_on(&today.to_string()).as_ref().map_or("unknown".to_owned(), dollars)));
    for change in model.price_changes.iter() {
        let tense = if &*change.from <= today.to_string().as_str() { "since" } else { "from" };
        rows.push(("announced", format!("{tense} {}: {}", change.from, dollars(&change.price))));
    }
    let cache = &model.cache;
    let kind = match cache.kind {
        CacheKind::Explicit => "only what is marked",
        CacheKind::ExplicitImplicit => "what is marked, and the rest at best effort",
        CacheKind::Automatic => "without markers",
        CacheKind::AutomaticExplicit => "without markers, which may be added",
        CacheKind::Implicit => "at best effort, or as a named resource",
        CacheKind::None => "none",
        CacheKind::Unknown => "unknown",
    };
    rows.push(("cache", kind.to_owned()));
    if !matches!(cache.kind, CacheKind::None | CacheKind::Unknown) {
        rows.push(("cached from", number(cache.min_tokens, "tokens")));
        rows.push(("cache markers", cache.max_breakpoints.map_or("unknown".to_owned(), |most| format!("{most} at most"))));
        rows.push(("entry lives", number(cache.ttl_seconds, "seconds")));
    }
    let verified = if model.tokenizer_verified { "" } else { " (an assumption)" };
    rows.push(("tokenizer", format!("{}{verified}", model.tokenizer)));
    let reasoning = match model.reasoning {
        Reasoning::Never => "never",
        Reasoning::Optional => "when asked to",
        Reasoning::Always => "by default or always",
        Reasoning::Unknown => "unknown",
    };
    rows.push(("reasons", reasoning.to_owned()));
    rows.extend(model.notes.iter().map(|notes| ("notes", notes.to_string())));
    rows.push(("source", model.source.to_string()));
    rows.push(("as of", as_of(&model.as_of, today, &model.price_changes.iter().map(|change| &*change.from).collect::<Vec<_>>())));
    let title = if name == model.id { model.id.to_string() } else { format!("{} (asked for as {name})", model.id) };
    table(&title, &rows)
}

/// The date of an entry, with what is to be said of its age.
fn as_of(date: &str, today: Date, changes: &[&str]) -> String {
    let mut said = date.to_owned();
    let day = |text: &str| text.parse::<Date>().ok();
    if day(date).is_some_and(|seen| Date { year: seen.year + 1, ..seen } < today) {
        said += ": older than a year, look at the source";
    }
    let today = today.to_string();
    if let Some(passed) = changes.iter().find(|change| **change > date && **change <= today.as_str()) {
        said += &format!(": a change that was announced for {passed} has come since, and is taken as announced");
    }
    said
}

fn api(api: &Api, today: Date) -> String {
    let args = &api.args;
    let none = |names: &[Text]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let mut rows = vec![("provider", api.provider.to_string()), ("language", api.language.to_string())];
    for (title, names) in
        [("methods", &api.methods), ("functions", &api.functions), ("clients", &api.clients), ("constructors", &api.constructors)]
    {
        if !names.is_empty() {
            rows.push((title, names.join(", ")));
        }
    }
    let cap = match (api.cap_required, api.cap_default) {
        (true, _) => format!("{} (required)", none(&args.cap)),
        (_, Some(tokens)) => format!("{} ({tokens} by default)", none(&args.cap)),
        _ => none(&args.cap),
    };
    rows.extend([
        ("model", none(&args.model)),
        ("system", none(&args.system)),
        ("messages", none(&args.messages)),
        ("tools", none(&args.tools)),
        ("cap", cap),
        ("cost tags", none(&args.metadata)),
        ("batch", api.batch.as_deref().unwrap_or("none known").to_owned()),
        ("source", api.source.to_string()),
        ("as of", as_of(&api.as_of, today, &[])),
    ]);
    table(&api.id, &rows)
}

fn table(title: &str, rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("  {name:width$}  {value}\n")).collect();
    format!("{title}\n{}", lines.concat())
}
