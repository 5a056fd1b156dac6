//! The `json` report.
