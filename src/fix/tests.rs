//! Tests of the engine over a stand-in for the linter.
