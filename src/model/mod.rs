//! The small model that every host syntax becomes: prompts, requests, calls, and the facts that rules read.

pub mod call;
pub mod facts;
pub mod grade;
pub mod prompt;
pub mod request;
