//! Facts about the world, loaded from `rules/catalogue/`: models, APIs, names and library functions.

pub mod api;
pub mod builtins;
pub mod models;
pub mod names;

pub use api::{Api, ArgPaths, Family, MarkerStyle, MessageShape};
pub use builtins::{Builtin, Builtins, Effect};
pub use models::{CacheKind, CacheRule, Model, Price, Reasoning};
pub use names::Names;

/// Everything that is known about the world, built in or added by the user's files.
#[derive(Debug)]
pub struct Catalogue {
    pub models: models::Models,
    pub apis: Vec<Api>,
    pub names: Names,
    pub python: Builtins,
}
