//! Scans of whole trees.
#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "tests may panic, and texts of projects are short"
)]

mod changes;
mod dependencies;
mod edits;
mod encodings;
mod incremental;
mod settings;
mod tree;
