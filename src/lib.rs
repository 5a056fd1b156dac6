//! prompt-lint finds what an application wastes on language models: the flow, told top-down.
//!
//! `walk → read → prefilter → parse → lower → resolve → check → price → report | fix`

pub mod catalogue;
pub mod fix;
pub mod frontend;
pub mod model;
pub mod project;
pub mod report;
pub mod rewrite;
pub mod source;
pub mod span;
pub mod syntax;
pub mod template;

pub mod cli;
