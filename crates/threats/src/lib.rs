//! Threat models derived from code: what an application is made of, what flows between the parts, and
//! what can go wrong, with every language model as a component that nobody controls.
//!
//! Facts in, facts out: `taint` reads components from source, `scan` brings findings, [`derive()`] joins
//! them. What people decided ([`decisions`]) stands beside what the code shows.

mod acts;
mod agents;
pub mod decisions;
mod derive;
mod diagram;
mod export;
mod flows;
mod graph;
mod join;
mod pages;
mod parts;
mod resolve;
mod resources;
mod steps;
mod texts;

pub use derive::derive;
pub use diagram::{mermaid, svg};
pub use export::threat_model_library;
pub use texts::{TextError, Texts};

use trueline_facts::Finding;
use trueline_facts::surface::FileSurface;

/// What a model is derived from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The repository's or folder's name.
    pub name: &'a str,
    /// Components of each file, by path.
    pub files: &'a [FileSurface],
    /// Findings of a scan of the same files.
    pub findings: &'a [Finding],
}
