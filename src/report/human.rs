//! The `human` report.
