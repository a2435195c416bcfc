//! Which tools are used, where, since when and for what.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EvidenceClass, Proportion, RepoPath, Timestamp, ToolId};

/// What a commit is for.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// New behaviour.
    Feature,
    /// Mended behaviour.
    Fix,
    /// Tests only, or first of all.
    Test,
    /// Words for people.
    Docs,
    /// Same behaviour, other shape.
    Refactor,
    /// Build, CI, deployment, release, configuration of tools.
    Infrastructure,
    /// Versions of dependencies.
    Dependency,
    /// Cannot be told from message and paths.
    Unclear,
}

impl Purpose {
    /// All values, in reporting order.
    pub const ALL: [Self; 8] = [
        Self::Feature,
        Self::Fix,
        Self::Test,
        Self::Docs,
        Self::Refactor,
        Self::Infrastructure,
        Self::Dependency,
        Self::Unclear,
    ];

    /// The name as written in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Fix => "fix",
            Self::Test => "test",
            Self::Docs => "docs",
            Self::Refactor => "refactor",
            Self::Infrastructure => "infrastructure",
            Self::Dependency => "dependency",
            Self::Unclear => "unclear",
        }
    }
}

/// Lines by origin. `total` is the sum of the other three.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LineShares {
    /// All text lines looked at.
    pub total: u64,
    /// Named for an AI tool by any evidence: the share of AI is up to this.
    pub ai: u64,
    /// The part of `ai` that a note or trace names line by line.
    pub ai_line_level: u64,
    /// The part of `ai` in commits whose author is a tool.
    #[serde(default)]
    pub ai_tool_authored: u64,
    /// The part of `ai` that only transcripts of this machine name, matched by content: somebody may have typed the same
    /// lines before.
    #[serde(default)]
    pub ai_transcripts: u64,
    /// The part of `ai` whose evidence speaks of more than the tool is known to have written: a whole
    /// squash, or a commit to which it gave a few lines.
    #[serde(default)]
    pub ai_upper_bound: u64,
    /// Known to come from a person.
    pub human: u64,
    /// Nothing known.
    pub unknown: u64,
}

impl LineShares {
    /// Lines that an AI tool wrote at least: those that evidence names one by one, and those of commits that it made itself.
    /// A trailer of a commit says that the tool took part in it, and bounds its lines from above; so does what is only inferred
    /// from transcripts.
    #[must_use]
    pub const fn ai_at_least(&self) -> u64 {
        self.ai_line_level + self.ai_tool_authored
    }

    /// Lines of single commits in which a tool took part beside a person.
    #[must_use]
    pub const fn ai_of_shared_commits(&self) -> u64 {
        self.ai
            .saturating_sub(self.ai_at_least())
            .saturating_sub(self.ai_transcripts)
            .saturating_sub(self.ai_upper_bound)
    }

    /// Lines with evidence, about them or their commit, of who wrote them: what evidence coverage counts.
    #[must_use]
    pub const fn known(&self) -> u64 {
        self.ai.saturating_sub(self.ai_upper_bound) + self.human
    }

    /// Adds another count.
    pub const fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.ai += other.ai;
        self.ai_line_level += other.ai_line_level;
        self.ai_tool_authored += other.ai_tool_authored;
        self.ai_transcripts += other.ai_transcripts;
        self.ai_upper_bound += other.ai_upper_bound;
        self.human += other.human;
        self.unknown += other.unknown;
    }
}

/// Of how many lines it is known who wrote them: the first figure of every report.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceCoverage {
    /// Length of the window in days, counted back from HEAD's committer time.
    pub window_days: u32,
    /// Lines added in the window that are still there: of how many it is known who wrote them.
    pub recent: Proportion,
    /// All lines of HEAD: of how many it is known who wrote them.
    pub all: Proportion,
    /// Lines of HEAD with hints alone (a branch name, an address that several tools use): their
    /// origin is unknown, and they are in neither share.
    #[serde(default)]
    pub hinted: u64,
    /// Those of them that the window added.
    #[serde(default)]
    pub recent_hinted: u64,
    /// Lines of HEAD that a tool may have written, as far as the evidence of a whole squash (or of a
    /// commit to which it gave a few lines) tells: they are in neither share.
    #[serde(default)]
    pub upper_bound: u64,
    /// Those of them that the window added.
    #[serde(default)]
    pub recent_upper_bound: u64,
    /// Lines of HEAD of which it is not known when they were added, as history is cut or cannot be read before it. They are in
    /// `all`, unless only lines from some time on count, and never in `recent`.
    #[serde(default)]
    pub undated: u64,
    /// Lines of generated, vendored or lock files or translations of which it is known who wrote them: they are in neither share.
    #[serde(default)]
    pub generated: u64,
    /// Those of them that the window added.
    #[serde(default)]
    pub recent_generated: u64,
    /// Files too large to trace that commits of AI tools made or changed: their lines are in neither share.
    #[serde(default)]
    pub large_files: u64,
    /// Those of them that such commits of the window made or changed.
    #[serde(default)]
    pub recent_large_files: u64,
    /// Lines of the window known to come from a tool, per tool.
    pub by_tool: BTreeMap<ToolId, u64>,
    /// The exact switches that would raise it, most useful first.
    pub advice: Vec<Advice>,
}

/// One thing to switch on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// The tool that is set up and of which no recent line is known, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolId>,
    /// What it gives.
    pub what: String,
    /// The setting or command.
    pub how: String,
}

/// One tool as used in this repository.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolUse {
    /// Which tool.
    pub tool: ToolId,
    /// Is it listed as approved? Absent when `trueline.toml` lists no tools, and of what names no coding tool that it
    /// could list (`unspecified`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// Lines of HEAD named for this tool, by any evidence.
    pub lines: u64,
    /// The part of `lines` that it wrote at least, as in [`LineShares::ai_at_least`].
    #[serde(default)]
    pub lines_at_least: u64,
    /// The part of `lines` that is an upper bound, as in [`LineShares::ai_upper_bound`].
    #[serde(default)]
    pub lines_upper_bound: u64,
    /// Lines of generated, vendored or lock files or translations named for this tool; not in `lines`.
    #[serde(default)]
    pub generated_lines: u64,
    /// Files too large to trace that its commits made or changed; none of their lines is in `lines`.
    #[serde(default)]
    pub large_files: u64,
    /// Commits with evidence of this tool.
    pub commits: u64,
    /// Time of the first such commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// Time of the last such commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Commits per model; the key `unstated` counts commits whose evidence names none.
    pub models: BTreeMap<String, u64>,
    /// Commits per purpose.
    pub purposes: BTreeMap<Purpose, u64>,
    /// Lines of HEAD per top-level directory, largest ten.
    pub directories: BTreeMap<String, u64>,
    /// Lines of HEAD per class of the best evidence.
    pub evidence: BTreeMap<EvidenceClass, u64>,
    /// Configuration files of this tool that are in the tree.
    pub configuration: Vec<RepoPath>,
}

/// One month of history, by origin of the lines that were added in it and still stand.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MonthUse {
    /// `YYYY-MM`.
    pub month: String,
    /// Commits made in it, merges left out, whether or not a line of theirs still stands.
    pub commits: u64,
    /// Those of them with evidence of an AI tool.
    pub ai_commits: u64,
    /// Commits that added `lines`.
    #[serde(default)]
    pub standing_commits: u64,
    /// Surviving lines that the month added.
    pub lines: LineShares,
}

/// A directory and what stands below it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryUse {
    /// The directory, without trailing `/`; empty for the root.
    pub path: RepoPath,
    /// Lines by origin, sub-directories included.
    pub lines: LineShares,
}

/// Everything about who wrote the code.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Evidence coverage.
    pub coverage: EvidenceCoverage,
    /// Lines of HEAD by origin.
    pub lines: LineShares,
    /// Those of them that the window of `coverage` added.
    #[serde(default)]
    pub recent_lines: LineShares,
    /// Lines left out of `lines` because they are of generated, vendored or lock files or translations.
    pub generated_lines: u64,
    /// Tools, most lines first.
    pub tools: Vec<ToolUse>,
    /// Commits per purpose, all commits.
    pub purposes: BTreeMap<Purpose, u64>,
    /// Months, oldest first; lines of which it is not known when they were added are in none.
    pub months: Vec<MonthUse>,
    /// Directories down to three levels, by path.
    pub directories: Vec<DirectoryUse>,
}
