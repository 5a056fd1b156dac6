//! Grades: how often a value changes, what kind of thing it is, how sure that is.

use databake::Bake;
use serde::{Deserialize, Serialize};

/// How often a value changes, from never to every request. The order is the order of the design: a value is as volatile
/// as the most volatile thing in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, Bake)]
#[databake(path = crate::model::grade)]
#[serde(rename_all = "lowercase")]
pub enum Volatility {
    Constant,
    Deployment,
    /// A day or an hour: changes, but outlives a cache entry many times over.
    Period,
    User,
    Session,
    Turn,
    Request,
}

impl Volatility {
    pub fn as_str(self) -> &'static str {
        match self {
            Volatility::Constant => "constant",
            Volatility::Deployment => "deployment",
            Volatility::Period => "period",
            Volatility::User => "user",
            Volatility::Session => "session",
            Volatility::Turn => "turn",
            Volatility::Request => "request",
        }
    }
}

/// What kind of thing goes into a slot; decides its assumed size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, Default, Bake)]
#[databake(path = crate::model::grade)]
#[serde(rename_all = "lowercase")]
pub enum SizeClass {
    Scalar,
    List,
    History,
    Document,
    Retrieval,
    Media,
    Schema,
    #[default]
    Unknown,
}

impl SizeClass {
    pub fn as_str(self) -> &'static str {
        match self {
            SizeClass::Scalar => "scalar",
            SizeClass::List => "list",
            SizeClass::History => "history",
            SizeClass::Document => "document",
            SizeClass::Retrieval => "retrieval",
            SizeClass::Media => "media",
            SizeClass::Schema => "schema",
            SizeClass::Unknown => "unknown",
        }
    }
}

/// How sure a fact is. A finding is as sure as the least sure fact that was read for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, Bake)]
#[databake(path = crate::model::grade)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}
