//! prompt-lint finds what an application wastes on language models: the flow, told top-down.
//!
//! `walk → read → prefilter → parse → lower → resolve → check → price → report | fix`

// The tables that the build writes name it.
extern crate alloc;

pub mod atomic;
pub mod baseline;
pub mod catalogue;
pub mod check;
pub mod cli;
pub mod config;
pub mod document;
pub mod fix;
pub mod frontend;
pub mod model;
pub mod price;
pub mod progress;
pub mod project;
pub mod report;
pub mod resolve;
pub mod rewrite;
pub mod rule;
pub mod since;
pub mod source;
pub mod span;
pub mod suppress;
pub mod syntax;
pub mod template;
pub mod tokens;
pub mod walk;
