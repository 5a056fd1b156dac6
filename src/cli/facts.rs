//! `prompt-lint facts`: the schema of facts that rules are written against.

use super::{CLEAN, Failure, Host};
use crate::model::facts::{FactType, SCHEMA};

pub fn facts(host: &mut Host<'_>) -> Result<u8, Failure> {
    let path = SCHEMA.iter().map(|fact| fact.path.len()).max().unwrap_or(0);
    let unit = SCHEMA.iter().map(|fact| fact.unit.len()).max().unwrap_or(0);
    for fact in SCHEMA {
        let kind = match fact.kind {
            FactType::Bool => "bool",
            FactType::Number => "number",
            FactType::Text => "text",
            FactType::Record => "record",
        };
        writeln!(host.stdout, "{:path$}  {kind:6}  {:unit$}  {}", fact.path, fact.unit, fact.doc)?;
    }
    Ok(CLEAN)
}
