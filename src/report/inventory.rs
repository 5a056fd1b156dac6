//! The `inventory` report.
