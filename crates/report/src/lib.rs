//! Renderers: facts in, text out, for the terminal, pull-request comments, browsers, git and machines.
//!
//! No I/O, no clock, no judging: every figure comes from a document of `trueline_facts`. Text that
//! came from a repository is made visible or escaped before it reaches a terminal, a comment or a page.

mod answer;
pub mod artifacts;
pub mod attestation;
mod backtest;
mod bench;
pub mod controls;
pub mod diff;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod markdown;
pub mod porcelain;
mod select;
mod skills;
mod style;
pub mod terminal;
pub mod threats;
pub mod verdict;
mod words;

pub use style::Style;
pub use words::{counted, visible};
