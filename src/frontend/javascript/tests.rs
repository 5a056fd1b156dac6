//! Rules that a golden would not state: what makes a script, what is deep, what a literal is.

use super::*;
use crate::syntax::*;

fn slice(text: &str, span: Span) -> &str {
    &text[span.range()]
}
