//! Codecs for authorship evidence: git-ai notes, Agent Trace, entire.io, trailers and identities,
//! tool files.
//!
//! Bytes in, facts out: no git, no files, no clock. What counts as evidence stands in the tables
//! under `data/`, each row with examples and counterexamples that run as tests. Prompts and
//! transcripts are skipped while parsing and never kept.

pub mod checkpoint;
pub mod files;
pub mod generated;
pub mod message;
pub mod note;
pub mod purpose;
mod table;
pub mod tools;
pub mod trace;

pub use table::digest as tables_digest;
