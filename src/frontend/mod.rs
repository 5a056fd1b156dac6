//! Host languages: each lowers its syntax tree to the common one in [`crate::syntax`].

pub mod notebook;
pub mod python;
