//! The document of a verdict: what the gates of a policy say about a change, and why.
//!
//! Made by `policy` from a change document and nothing else; the same change and the same policy
//! give the same bytes. Front ends render it, attestations sign it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::{NotKnown, Range, ZoneId};
use crate::{
    CommitId, Cwe, Diagnostic, Fingerprint, RepoPath, RuleId, Timestamp, change::FactName,
};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.verdict/1";

/// What a gate does when its condition fails. Ordered: `Block` is the greatest.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It is written down.
    #[default]
    Observe,
    /// It is said in the change.
    Comment,
    /// The check fails.
    Block,
}

impl Mode {
    /// All values, mildest first.
    pub const ALL: [Self; 3] = [Self::Observe, Self::Comment, Self::Block];

    /// The word as written in policies and documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Comment => "comment",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a verdict comes down to. Ordered: `Block` is the greatest.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No gate in `comment` or `block` has anything to say.
    Pass,
    /// A gate in `comment` could not be decided, and none said anything.
    Undetermined,
    /// At least one gate says something, none blocks.
    Comment,
    /// At least one gate blocks.
    Block,
}

impl Outcome {
    /// The word as written in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Undetermined => "undetermined",
            Self::Comment => "comment",
            Self::Block => "block",
        }
    }
}

/// Whether the condition of a gate holds.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GateOutcome {
    /// It holds, or there is nothing that it speaks of.
    Pass,
    /// It does not.
    Fail,
    /// A fact that it needs is not known. In `block` that blocks, because nobody can tell.
    Undetermined,
    /// A fact that it needs comes into being only when the change is proposed: asked then.
    Later,
}

impl GateOutcome {
    /// The word as written in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undetermined => "undetermined",
            Self::Later => "later",
        }
    }
}

/// What the gates say about a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// What it comes down to.
    pub outcome: Outcome,
    /// Name of the repository.
    pub repository: String,
    /// The tree states that were judged.
    pub range: Range,
    /// The moment at which exceptions were valid or not.
    pub evaluated_at: Timestamp,
    /// `sha256:` and the digest of the policy's canonical JSON (RFC 8785).
    pub policy_digest: String,
    /// Where the policy came from; absent where whoever judged does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_from: Option<PolicyFrom>,
    /// The same of the change document.
    pub facts_digest: String,
    /// `sha256:` and the digest of the rules that findings are made by, the team's own included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_digest: Option<String>,
    /// What the change does well.
    pub done_well: Vec<String>,
    /// Each gate, in the policy's order: those that fail first.
    pub gates: Vec<GateResult>,
    /// Exceptions that answered a reason.
    pub exceptions_used: Vec<ExceptionUse>,
    /// Exceptions that need somebody's attention.
    pub exception_notices: Vec<ExceptionNotice>,
    /// Facts that were missing, whether a gate needed them or not.
    pub not_known: Vec<NotKnown>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// Where a policy came from. What a change brings along never judges it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PolicyFrom {
    /// `trueline.toml` of the base.
    Base {
        /// The commit.
        commit: CommitId,
    },
    /// A file that took the place of the base's (`--policy`).
    Given {
        /// Its name, without its folder.
        file: String,
    },
    /// The base has none: the built-in gates, observing.
    BuiltIn,
    /// The work tree, which judges nothing yet.
    WorkTree,
}

impl fmt::Display for PolicyFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base { commit } => write!(f, "trueline.toml at {}", commit.short()),
            Self::Given { file } => write!(f, "a file that was given ({file}), not the base's"),
            Self::BuiltIn => f.write_str("the built-in gates, observing"),
            Self::WorkTree => f.write_str("trueline.toml of the work tree"),
        }
    }
}

/// What one gate says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GateResult {
    /// Its id.
    pub id: String,
    /// What it asks for, in a sentence.
    pub title: String,
    /// What it does when it fails.
    pub mode: Mode,
    /// Whether its condition holds.
    pub outcome: GateOutcome,
    /// What was looked at and how it was decided, in a sentence, whatever the outcome.
    pub because: String,
    /// Why it does not hold; reasons that an exception answers say so and do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Facts that it needs and that are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<FactName>,
    /// Ids of the controls that it answers: `aisvs:v1.0-AC.4.1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
}

/// One reason of a gate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// What is wrong, in a sentence.
    pub text: String,
    /// The rule, of a finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// The weaknesses, of a finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<Cwe>,
    /// Its identity, of a finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The package, of a dependency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<RepoPath>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The zones it lies in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<ZoneId>,
    /// What would make the gate pass.
    pub to_pass: String,
    /// The easiest way that keeps the rules.
    pub easiest: String,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ask: Vec<String>,
    /// The exception that answers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
}

/// An exception that answered reasons.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionUse {
    /// Its id.
    pub id: String,
    /// The gate whose reasons it answered.
    pub gate: String,
    /// How many.
    pub reasons: u64,
    /// Who owns it.
    pub owner: String,
    /// Who approved it.
    pub approver: String,
    /// Until when it holds.
    pub expires: Timestamp,
}

/// Why an exception needs attention.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// It is over, and has no effect.
    Expired,
    /// It will be over soon.
    ExpiresSoon,
    /// It begins later than now: a clock is wrong, or the entry is.
    NotYetValid,
    /// It answered nothing although what it speaks of was touched.
    Unused,
    /// It answered more reasons than one exception should.
    TooWide,
    /// It breaks a rule of exceptions, and has no effect.
    Invalid,
    /// Whether somebody else than its approver committed it cannot be told here.
    WriterUnknown,
}

/// Something to say about an exception.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionNotice {
    /// Its id.
    pub id: String,
    /// Why.
    pub kind: NoticeKind,
    /// What, and what to do.
    pub message: String,
}

impl GateResult {
    /// Reasons that no exception answers.
    pub fn open_reasons(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(|r| r.exception.is_none())
    }

    /// What it does to the verdict; `None` if nothing.
    #[must_use]
    pub const fn effect(&self) -> Option<Mode> {
        match self.outcome {
            GateOutcome::Fail | GateOutcome::Undetermined => Some(self.mode),
            GateOutcome::Pass | GateOutcome::Later => None,
        }
    }
}

impl Verdict {
    /// What results come down to.
    #[must_use]
    pub fn outcome_of(gates: &[GateResult]) -> Outcome {
        let outcomes = gates
            .iter()
            .map(|gate| match (gate.effect(), gate.outcome) {
                (Some(Mode::Block), _) => Outcome::Block,
                (Some(Mode::Comment), GateOutcome::Undetermined) => Outcome::Undetermined,
                (Some(Mode::Comment), _) => Outcome::Comment,
                (Some(Mode::Observe) | None, _) => Outcome::Pass,
            });
        outcomes.max().unwrap_or(Outcome::Pass)
    }
}
