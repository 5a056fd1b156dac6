//! The `concise` report.
