//! How the code ages: churn, rework, survival, hotspots, review, and what is out of the ordinary.
//!
//! Rework and survival compare known-AI lines with not-known-AI lines, never persons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CommitId, Proportion, RepoPath, Timestamp};

/// Health of one repository. Times are relative to HEAD's committer time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// Length of the window that churn, rework and review look at, in days.
    pub window_days: u32,
    /// Lines added and removed in the window.
    pub churn: Churn,
    /// Lines rewritten soon after they were written. Empty, like `survival` and `anomalies`, where the changes of more than one
    /// in twenty commits of the window cannot be read, or the run was interrupted.
    pub rework: Vec<Rework>,
    /// How long lines live.
    pub survival: Vec<Survival>,
    /// Lines of the window that a whole squash credits to AI, perhaps rightly: rework and survival leave them out.
    #[serde(default)]
    pub perhaps_ai_lines: u64,
    /// Files that change much and often, worst first, at most twenty; none where the run was interrupted.
    pub hotspots: Vec<Hotspot>,
    /// Files of HEAD of which some change of the window cannot be read: they are no hotspots, whatever they are.
    #[serde(default)]
    pub unread_files: u64,
    /// How much of what went in shows a sign of review.
    pub review: Review,
    /// What is out of the ordinary, newest first.
    pub anomalies: Vec<Anomaly>,
}

/// Lines added and removed in a window, merges left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Churn {
    /// Commits.
    pub commits: u64,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// Those of the commits of which some change cannot be read, as objects are missing or damaged: added and removed are
    /// lower bounds. All of them, where the run was interrupted: then nothing is said of what was added and removed.
    #[serde(default)]
    pub unread: u64,
    /// Further commits, at which history is cut: what they changed is not known.
    #[serde(default)]
    pub cut: u64,
}

/// The two groups that are compared.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OriginGroup {
    /// Lines known to come from an AI tool.
    KnownAi,
    /// All others: human and unknown.
    NotKnownAi,
}

/// Share of lines rewritten or removed within some days, among lines old enough to tell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rework {
    /// Which lines.
    pub group: OriginGroup,
    /// Within how many days.
    pub within_days: u32,
    /// Rewritten, of all lines added in the window at least `within_days` before HEAD. The interval
    /// treats lines as independent, which they are not: read it as a lower bound of the uncertainty.
    pub lines: Proportion,
}

/// Kaplan–Meier estimate of how long a line lives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Survival {
    /// Which lines.
    pub group: OriginGroup,
    /// Lines observed.
    pub lines: u64,
    /// Days after which half of the lines are gone; absent when more than half still stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life_days: Option<u32>,
    /// Share alive after 30, 90, 180 and 365 days, as far as the window reaches.
    pub curve: Vec<SurvivalPoint>,
}

/// One point of a survival curve.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SurvivalPoint {
    /// Age in days.
    pub days: u32,
    /// Estimated share still alive.
    pub alive: f64,
}

/// A file that changes much and often.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Hotspot {
    /// The file.
    pub path: RepoPath,
    /// Commits that touched it in the window.
    pub commits: u64,
    /// Lines added and removed in the window.
    pub churn: u64,
    /// Lines now.
    pub lines: u64,
    /// Share of its lines that an AI tool wrote at least.
    pub ai: Proportion,
    /// Lines of it named for an AI tool by any evidence: it wrote up to so many.
    #[serde(default)]
    pub ai_up_to: u64,
}

/// Signs of review in commit messages and merges, and what a forge exported. Most review leaves no sign: a lower bound.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// Commits of the window with a sign of review.
    pub commits: Proportion,
    /// The same among commits with evidence of an AI tool.
    pub ai_commits: Proportion,
    /// Of commits of the window whose request was imported (`trueline import reviews`): those that a person approved
    /// who did not open it. Absent where nothing was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Proportion>,
    /// Large AI changes without any sign of review, newest first, at most twenty.
    pub large_unreviewed: Vec<LargeChange>,
    /// How many there are, listed or not.
    #[serde(default)]
    pub large_unreviewed_count: u64,
}

impl Review {
    /// The large changes without any sign of review that a list of so many leaves out.
    #[must_use]
    pub fn unreviewed_beyond(&self, listed: usize) -> u64 {
        let known = self.large_unreviewed.len() as u64;
        let count = self.large_unreviewed_count.max(known);
        count.saturating_sub(known.min(listed as u64))
    }
}

/// A large change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LargeChange {
    /// The commit.
    pub commit: CommitId,
    /// When.
    pub time: Timestamp,
    /// First line of its message, shortened to 100 characters.
    pub subject: String,
    /// Lines added, generated files left out.
    pub added: u64,
    /// Files touched.
    pub files: u64,
}

/// What kind of thing is out of the ordinary.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AnomalyKind {
    /// Far more lines added in a week than this repository's own past explains.
    VelocityBurst,
    /// One commit far larger than this repository's own past explains.
    LargeCommit,
    /// Many dependencies changed at once.
    DependencyChange,
    /// Files that steer an AI agent appeared or changed.
    AgentConfigurationChange,
    /// A tool that wrote steadily fell silent: often a vendor changed its hooks.
    EvidenceLoss,
}

/// One thing out of the ordinary, and why it was reported.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Anomaly {
    /// What kind.
    pub kind: AnomalyKind,
    /// When it happened (start of the week, or the commit's time).
    pub time: Timestamp,
    /// The commit, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The measured value.
    pub value: f64,
    /// The threshold that it passed.
    pub threshold: f64,
    /// Why it fired, in one sentence with the numbers.
    pub reason: String,
    /// Stated false-alarm rate of this detector, per repository-month.
    pub false_alarms_per_month: f64,
}
