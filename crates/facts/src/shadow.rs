//! Signs of AI tools in a repository: configuration, residue, ignore lines, deleted history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{RepoPath, Timestamp, ToolId};

/// How a sign of a tool shows.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SignalKind {
    /// The tool is set up here; no proof that anybody uses it.
    Configuration,
    /// The tool was used: histories, transcripts, caches.
    Residue,
    /// An ignore file names its files.
    IgnoreLine,
    /// A recommended editor extension.
    Extension,
    /// A CI job runs it.
    CiJob,
    /// A declared dependency.
    Dependency,
}

/// Tools that record who wrote what and write nothing themselves: no policy lists or misses them.
pub const RECORDERS: [&str; 2] = ["entire", "git-ai"];

/// Is it there now?
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SignalState {
    /// In HEAD's tree.
    Present,
    /// Only in history: once added, later removed or ignored.
    Deleted,
}

/// One sign of one tool.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Signal {
    /// The tool; `unspecified` for files that several tools read.
    pub tool: ToolId,
    /// How it shows.
    pub kind: SignalKind,
    /// Now, or only in history.
    pub state: SignalState,
    /// The file that shows it.
    pub path: RepoPath,
    /// What in the file shows it, where the path alone does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Committer time of the first commit that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// Committer time of the last commit that touched or removed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
}

/// All signs, and the tools among them that the policy does not list.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ShadowAi {
    /// The tools that `trueline.toml` approves; absent when it lists none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Vec<ToolId>>,
    /// Coding tools with any sign, line or commit that are not approved. Empty while nothing is listed. What names no
    /// coding tool is not judged: libraries and services whose models are called, recorders of who wrote what, and what
    /// names no tool (`unspecified`).
    pub unlisted: Vec<ToolId>,
    /// All signs, by tool, kind and path.
    pub signals: Vec<Signal>,
}
