//! Rewrites: each a named transformation of the model, and its realisation as edits of the source; one file a rewrite.
