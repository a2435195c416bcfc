//! Commit-level evidence: what identities, message and branch name of a commit say about AI,
//! automation and review.
//!
//! Tables: `data/identities.toml`, `data/messages.toml`, `data/automation.toml`, `data/accounts.toml`. A
//! commit without any sign is not thereby human. Signs speak of a whole commit: an upper bound for its lines.

mod account;
mod around;
mod automation;
mod identity;
mod review;
mod signs;
mod squashed;

pub use account::{AccountKind, account_kind};
pub(crate) use automation::is_program;
pub use automation::{Automation, automation};
pub use review::{ReviewEvidence, ReviewSign, review_signs};
pub use signs::{branch_signs, signs};
pub use squashed::{Folded, folded};
use trueline_facts::{Confidence, EvidenceClass, ModelId, SessionId, ToolId};

/// A name and an address as they stand in a commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Identity<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The e-mail address, without angle brackets.
    pub email: &'a [u8],
}

/// What of a commit is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CommitText<'a> {
    /// Its author, before `.mailmap`.
    pub author: Identity<'a>,
    /// Its committer, before `.mailmap`.
    pub committer: Identity<'a>,
    /// The whole message.
    pub message: &'a [u8],
    /// The author's time in seconds since the epoch: for a while an editor stamped commits as
    /// co-authored by AI without being asked.
    pub time: i64,
}

/// What the tool did, as the sign has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// It is the author or the committer.
    Author,
    /// It is named as a co-author, or as the author of a commit that was folded into this one, or
    /// its session is.
    CoAuthor,
    /// It reviewed. Says nothing about who wrote the lines.
    Reviewer,
    /// A person says that it helped.
    Disclosure,
}

/// One sign of AI in a commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sign {
    /// Which tool; `unspecified` if it is known to be AI but not which.
    pub tool: ToolId,
    /// Its model, where the sign says.
    pub model: Option<ModelId>,
    /// Its session, hashed as a note keys it; equal to the note's key where both saw the same
    /// conversation id (a link may carry another id than the agent's own log).
    pub session: Option<SessionId>,
    /// What kind of witness.
    pub class: EvidenceClass,
    /// How far the sign can be trusted in saying that the tool had a part in the commit.
    pub confidence: Confidence,
    /// Where it stands: `author`, `Co-authored-by`, `message`.
    pub source: &'static str,
    /// What the tool did.
    pub role: Role,
    /// It marks few lines of the commit: an accepted review suggestion.
    pub partial: bool,
}

impl Sign {
    /// Whether this sign, with nothing beside it, is reason enough to call lines AI-written.
    /// Reviewers wrote nothing, and a weak hint (a default stamp, a branch name that anyone may
    /// choose) only ever supports other evidence.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        self.role != Role::Reviewer
            && (self.class != EvidenceClass::Hint || self.confidence > Confidence::Low)
    }
}

#[cfg(test)]
mod tests;
