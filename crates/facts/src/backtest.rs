//! The document of a backtest: what the gates of a policy would have said about changes that are merged,
//! and what became of those changes.
//!
//! Made by `policy` from change documents and their fates. Rates carry intervals; what could not be
//! judged is counted apart and never taken for a pass. Nothing in it speaks of a person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::{AuthorKind, FactName, NotKnown, ZoneId};
use crate::verdict::Mode;
use crate::{CommitId, Diagnostic, Proportion, Timestamp};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.backtest/1";

/// What the gates would have said.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Backtest {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// Name of the repository.
    pub repository: String,
    /// Where the policy was read.
    pub policy: String,
    /// `sha256:` and the digest of the policy's canonical JSON (RFC 8785).
    pub policy_digest: String,
    /// Which changes.
    pub period: Period,
    /// How many were judged.
    pub changes: u64,
    /// Steps that were left out because history is cut there.
    pub left_out: u64,
    /// What the policy as it is would have come to.
    pub outcomes: Outcomes,
    /// Changes by who wrote them, and how many of each went bad.
    pub origins: Vec<OriginHistory>,
    /// Each gate, in the policy's order.
    pub gates: Vec<GateHistory>,
    /// Each zone of the policy, by name.
    pub zones: Vec<ZoneHistory>,
    /// Each month, oldest first.
    pub months: Vec<MonthHistory>,
    /// Facts that were missing, and in how many changes.
    pub not_known: Vec<MissingFact>,
    /// How long changes waited for the approval of another person; absent without reviews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_delay: Option<ReviewDelay>,
    /// What a replay does differently from a gate, and what its figures do not say.
    pub caveats: Vec<String>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// The changes that were looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// As it was asked for: `12 months`, `v1..v2`.
    pub asked: String,
    /// When the first one was merged; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// When the last one was merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// The last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<CommitId>,
    /// The last moment of history: what came later cannot have gone bad yet.
    pub observed_until: Timestamp,
}

/// Changes by what a verdict comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Outcomes {
    /// Nothing to say.
    pub pass: u64,
    /// A gate in `comment` could not be decided.
    pub undetermined: u64,
    /// Something to say.
    pub comment: u64,
    /// At least one gate blocks.
    pub block: u64,
}

/// How changes of one kind of author fared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OriginHistory {
    /// `ai`: at least one line known to be a tool's, or a tool is named as author. `human`: every
    /// added line is known to be a person's. `unknown`: all others.
    pub origin: AuthorKind,
    /// Changes.
    pub changes: u64,
    /// Of those that have been watched long enough.
    pub went_bad: Vec<WentBad>,
}

/// Changes that were reverted, or whose lines a later fix rewrote, within so many days.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WentBad {
    /// So many days.
    pub within_days: u32,
    /// Of those merged so long before the end of history.
    pub changes: Proportion,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

/// What one gate would have said.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GateHistory {
    /// Its id.
    pub id: String,
    /// What it asks for.
    pub title: String,
    /// Its mode in the policy.
    pub mode: Mode,
    /// Changes that it could decide.
    pub judged: u64,
    /// Changes that it could not.
    pub undetermined: u64,
    /// Changes whose source code is in languages that no rule reads: it passes them, and that says nothing.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unread: u64,
    /// Facts that it needed and nobody knew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<FactName>,
    /// Changes that it would have commented on, of those that it could decide.
    pub would_comment: Proportion,
    /// Changes that it would have blocked in `block`, of all: what it cannot decide blocks, too.
    pub would_block: Proportion,
    /// The gate against what became of the changes.
    pub outcomes: Vec<GateAgainstFate>,
    /// By who wrote the change.
    pub by_origin: Vec<Stratum<AuthorKind>>,
    /// By size of the change.
    pub by_size: Vec<Stratum<SizeClass>>,
    /// How much likelier a change went bad where the gate fired than where it did not, within the
    /// same class of size and 90 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio_within_size: Option<Ratio>,
    /// The latest changes on which it fired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latest: Vec<Fired>,
}

/// A gate against what became of the changes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GateAgainstFate {
    /// Went bad within so many days.
    pub within_days: u32,
    /// Of changes on which it fired: those that went bad. Stands in for precision.
    pub bad_when_fired: Proportion,
    /// Of changes on which it was silent: those that went bad.
    pub bad_when_silent: Proportion,
    /// Of changes that went bad: those on which it fired. Stands in for recall.
    pub fired_when_bad: Proportion,
}

/// A class of changes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Stratum<T> {
    /// Which.
    pub class: T,
    /// Changes that the gate would have commented on, of those of the class that it could decide.
    pub would_comment: Proportion,
    /// Of those watched for 90 days on which it fired: those that went bad.
    pub bad_when_fired: Proportion,
    /// Of those watched for 90 days on which it was silent: those that went bad.
    pub bad_when_silent: Proportion,
}

/// How large a change is, in lines added and removed outside of generated files.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SizeClass {
    /// At most 50.
    Small,
    /// At most 400.
    Medium,
    /// More.
    Large,
}

impl SizeClass {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// The class of so many lines.
    #[must_use]
    pub const fn of(lines: u64) -> Self {
        match lines {
            0..=50 => Self::Small,
            51..=400 => Self::Medium,
            _ => Self::Large,
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Small => "up to 50 lines",
            Self::Medium => "51 to 400 lines",
            Self::Large => "over 400 lines",
        }
    }
}

/// A ratio with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    /// The estimate.
    pub ratio: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A change on which a gate fired.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Fired {
    /// The commit on the branch.
    pub commit: CommitId,
    /// When it was merged.
    pub merged: Timestamp,
    /// The first reason.
    pub reason: String,
    /// How many reasons there were.
    pub reasons: u64,
}

/// How changes in a zone fared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ZoneHistory {
    /// Which.
    pub zone: ZoneId,
    /// Changes that touched it.
    pub changes: u64,
    /// Those with AI lines in it.
    pub with_ai: u64,
    /// Those that the policy as it is would have commented on or blocked.
    pub answered: Proportion,
    /// What became of them.
    pub went_bad: Vec<WentBad>,
}

/// A month of changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MonthHistory {
    /// `2026-11`, in UTC.
    pub month: String,
    /// Changes.
    pub changes: u64,
    /// Those of AI origin.
    pub with_ai: u64,
    /// What the policy as it is would have come to.
    pub outcomes: Outcomes,
    /// On how many each gate would have fired, in the order of the gates.
    pub fired: Vec<u64>,
}

/// A fact that was missing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MissingFact {
    /// Which, and why.
    #[serde(flatten)]
    pub fact: NotKnown,
    /// In how many changes.
    pub changes: u64,
}

/// How long changes waited for an approval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReviewDelay {
    /// Changes of which both moments are known.
    pub changes: u64,
    /// Median of the hours from opening to the first approval of another person.
    pub median_hours: f64,
}
