//! Source text with an origin gutter, for the HTML report's code view.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Origin, RepoPath};

/// One file's text and the origin of its lines.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CodeView {
    /// The file.
    pub path: RepoPath,
    /// Its text, secrets redacted; invalid UTF-8 replaced.
    pub text: String,
    /// Runs of lines, in order; empty outside git.
    pub runs: Vec<OriginRun>,
}

/// Consecutive lines of one origin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OriginRun {
    /// First line, from 1.
    pub start: u32,
    /// How many.
    pub len: u32,
    /// Who wrote them.
    pub origin: Origin,
}
