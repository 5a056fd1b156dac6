//! What a name says of a value's volatility and size, when the data flow does not: `rules/catalogue/names.yaml`.

use crate::model::prompt::{Confidence, SizeClass, Volatility};

/// What is known of a value from its name alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameHint {
    pub volatility: Option<Volatility>,
    pub size: SizeClass,
    pub confidence: Confidence,
}

#[derive(Debug, Default)]
pub struct Names {}
