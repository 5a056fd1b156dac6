//! Python: tree-sitter's tree, lowered to the common syntax.

use crate::syntax::Module;

pub fn parse(_text: &str) -> Module {
    Module::default()
}
