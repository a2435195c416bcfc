//! Scans of whole trees.

mod edits;
mod incremental;
mod tree;
