//! What steers agents, CI and the judging of changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AuthorKind, FileStatus};
use crate::{RepoPath, ToolId};

/// What a file that steers agents holds.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigurationKind {
    /// Rules, skills, commands: text that an agent reads.
    Instructions,
    /// Servers and tools that an agent may call.
    Servers,
    /// Programs that run when an agent acts.
    Hooks,
    /// What an agent may do.
    Permissions,
    /// Anything else.
    Other,
}

/// Does a file name exact versions of what it runs?
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Pinning {
    /// It runs nothing that could have a version.
    NothingToPin,
    /// Everything is pinned.
    Pinned,
    /// Something may change without a change of this file.
    Unpinned,
}

/// A file that steers agents, added, edited or removed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentConfigurationChange {
    /// The file.
    pub path: RepoPath,
    /// What became of it.
    pub status: FileStatus,
    /// What it holds.
    pub kind: ConfigurationKind,
    /// Who wrote its added lines: `ai` if any is known to be.
    pub origin: AuthorKind,
    /// Versions of what it runs.
    pub pinning: Pinning,
    /// The first line that is not pinned, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpinned_line: Option<u32>,
}

/// A workflow file of CI, added, edited or removed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WorkflowChange {
    /// The file.
    pub path: RepoPath,
    /// What became of it.
    pub status: FileStatus,
    /// What it newly does that outsiders can use or that grants rights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub high_impact: Vec<Trigger>,
}

/// Something in a workflow that has a high impact.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// What: `pull_request_target`, `permissions`, `self-hosted` …
    pub what: String,
    /// The line, from 1; 0 where something is gone, or cannot be read.
    pub line: u32,
}

/// A class of data that a tool read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DataUse {
    /// Which tool.
    pub tool: ToolId,
    /// The class, as `[capture.classes]` names it.
    pub class: String,
    /// How often.
    pub times: u64,
}

/// Who committed an exception that is in force and may answer for something in a change.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionWriter {
    /// Its id.
    pub id: String,
    /// Is its approver the author of the commit that brought it? Absent where history does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_approver: Option<bool>,
    /// The commit, or why none is known.
    pub because: String,
}

/// An exception that a change touches.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionChange {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub status: FileStatus,
}
