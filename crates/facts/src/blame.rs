//! The document of `trueline blame`: the origin of each line of one file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CommitId, Diagnostic, Origin, Person, RepoPath, Timestamp};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.blame/1";

/// Who wrote each line of a file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BlameReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The file at HEAD.
    pub path: RepoPath,
    /// HEAD.
    pub head: CommitId,
    /// Runs of lines with one commit and one origin, in order, without gaps.
    pub runs: Vec<BlameRun>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Consecutive lines that came from consecutive lines of one commit and share an origin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BlameRun {
    /// First line in the file, from 1.
    pub start: u32,
    /// How many lines.
    pub len: u32,
    /// The commit that added them.
    pub commit: CommitId,
    /// History ends here for want of objects, not because the lines were added here.
    pub boundary: bool,
    /// The path at that commit.
    pub original_path: RepoPath,
    /// First line at that commit, from 1.
    pub original_start: u32,
    /// The commit's author.
    pub person: Person,
    /// The author's time.
    pub time: Timestamp,
    /// First line of the message, shortened to 100 characters.
    pub summary: String,
    /// Who wrote them.
    pub origin: Origin,
}
