//! Who proposes, requests, commits and reviews: principals by pseudonym, never a sum over one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CommitId, Pseudonym, ToolId};

/// What kind of principal.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// A person.
    Human,
    /// An AI agent.
    Agent,
    /// Another program.
    Bot,
}

/// Somebody or something that acts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Principal {
    /// Stable within a repository.
    pub id: Pseudonym,
    /// What kind.
    pub kind: PrincipalKind,
    /// Which tool, of an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolId>,
}

impl Principal {
    /// Is it a person?
    #[must_use]
    pub const fn is_human(&self) -> bool {
        matches!(self.kind, PrincipalKind::Human)
    }
}

/// A commit of a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangeCommit {
    /// Its id.
    pub id: CommitId,
    /// Who wrote it.
    pub author: Principal,
    /// Who committed it.
    pub committer: Principal,
    /// Does it carry a signature? Whose, and whether it holds, is not checked.
    pub signed: bool,
    /// Agents that its message says reviewed or approved it (`Reviewed-by`, `Acked-by`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approving_agents: Vec<ToolId>,
    /// Agents that its message has sign off (`Signed-off-by`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signing_agents: Vec<ToolId>,
}

/// What a reviewer said.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Yes.
    Approved,
    /// Not so.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Taken back.
    Dismissed,
}

/// A review.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// Who.
    pub by: Principal,
    /// What was said.
    pub state: ReviewState,
    /// Is it one of [`Change::requesters`](super::Change::requesters)?
    pub requester: bool,
    /// Does the reviewer own the code? Absent where nothing says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codeowner: Option<bool>,
    /// Was it given on the last commit? Absent where nothing says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_last_push: Option<bool>,
}

impl Review {
    /// The approval of a person who did not ask for the code, not taken back, and not known to be
    /// older than the last commit.
    #[must_use]
    pub fn is_independent_approval(&self) -> bool {
        self.state == ReviewState::Approved
            && self.by.is_human()
            && !self.requester
            && self.after_last_push != Some(false)
    }
}
