//! `prompt-lint explain RULE` and `prompt-lint rules`: the documentation that stands in the rules themselves.

use super::args::ConfigArgs;
use super::docs::page;
use super::engine::{RuleInfo, described};
use super::{CLEAN, Failure, Host, run};
use crate::config::RuleNames;

/// The rules that hold in the working directory.
fn known(config: &ConfigArgs, host: &Host<'_>) -> Result<Vec<RuleInfo>, Failure> {
    let config = run::configs(config, host)?.for_folder(&host.working_dir)?;
    Ok(config.own_rules().map_or_else(|| (host.engine.rules)(), described))
}

pub fn rules(config: &ConfigArgs, host: &mut Host<'_>) -> Result<u8, Failure> {
    let rules = known(config, host)?;
    let width = |cell: fn(&RuleInfo) -> usize| rules.iter().map(cell).max().unwrap_or(0);
    let (ids, fixes) = (width(|rule| rule.id.len()), width(|rule| rule.fix.len()));
    for rule in &rules {
        let preview = if rule.preview { " (preview)" } else { "" };
        writeln!(host.stdout, "{:ids$}  {:7}  {:fixes$}  {}{preview}", rule.id, rule.severity.as_str(), rule.fix, rule.summary)?;
    }
    Ok(CLEAN)
}

pub fn explain(name: &str, config: &ConfigArgs, host: &mut Host<'_>) -> Result<u8, Failure> {
    let rules = known(config, host)?;
    let Some(rule) = rules.iter().find(|rule| rule.id == name) else {
        let ids: Vec<String> = rules.iter().map(|rule| rule.id.clone()).collect();
        let names = RuleNames::new(move || ids.into_iter().map(|id| (id, Default::default())).collect());
        return Err(run::unknown_rule(&format!("there is no rule `{name}`"), name, &names));
    };
    host.stdout.write_all(page(rule).as_bytes())?;
    Ok(CLEAN)
}
