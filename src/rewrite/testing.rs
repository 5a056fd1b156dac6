//! Helpers for the tests of rewrites.
