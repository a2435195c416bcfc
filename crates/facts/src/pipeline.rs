//! Where AI enters a repository, with what it rests on and what passes unreviewed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, ToolId};

/// The kind of door.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// Completion or chat in an editor.
    Editor,
    /// An agent that edits or commits.
    Agent,
    /// A CI job that runs an AI tool.
    CiJob,
    /// A bot that comments on changes.
    ReviewBot,
    /// A bot that changes dependency versions (automation, not AI).
    DependencyBot,
    /// The product itself calls a model.
    Application,
}

/// One door.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// What kind.
    pub kind: EntryKind,
    /// The tool, bot or library.
    pub tool: ToolId,
    /// What it rests on: paths, trailers, identities; most commits first.
    pub evidence: Vec<String>,
    /// Earliest evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// Latest evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Commits that came through it, `hinted` among them.
    pub commits: u64,
    /// Those of them of which nothing but a hint speaks (a branch that a tool names): they do not count as use
    /// of the tool.
    #[serde(default)]
    pub hinted: u64,
    /// Those of them without any sign of review.
    pub unreviewed: u64,
}
