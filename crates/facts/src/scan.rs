//! The document of `trueline scan`: origins joined with weaknesses.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::health::Health;
use crate::pipeline::Entry;
use crate::shadow::ShadowAi;
use crate::usage::Usage;
use crate::{
    CommitId, Cwe, Diagnostic, Finding, Proportion, RepoPath, RuleId, Severity, Timestamp,
};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.scan/1";

/// What `trueline scan` found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScanReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// Where it was scanned.
    pub repository: Repository,
    /// The folder or file that was scanned; absent for the whole tree. `usage`, `sources`,
    /// `weaknesses` and `findings` speak of it alone; `health`, `shadow_ai` and `pipeline` always
    /// of the whole repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_path: Option<RepoPath>,
    /// The commit that `--diff` names: only findings on lines that stand neither there nor in `diff_fork` were reported, and
    /// those that such a change opened elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff_base: Option<CommitId>,
    /// Where HEAD left the history of `diff_base`: since when the reported lines changed, if it is not `diff_base` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff_fork: Option<CommitId>,
    /// `diff_base` as it was named: a branch, `HEAD~2`, a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff_name: Option<String>,
    /// Who wrote it: all lines, also with `--diff`; absent outside git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// How it ages; absent outside git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Signs of AI tools.
    pub shadow_ai: ShadowAi,
    /// Where AI enters.
    pub pipeline: Vec<Entry>,
    /// How much of the source was understood.
    pub sources: SourceCoverage,
    /// Weaknesses per exposed site, by origin.
    pub weaknesses: Vec<WeaknessRate>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Findings of the second tier that are not among `findings` (`--all` lists them).
    #[serde(default)]
    pub uncertain: u64,
    /// Findings that a comment or the baseline answers, in the same order; not in any rate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Finding>,
    /// What could not be read or done.
    pub diagnostics: Vec<Diagnostic>,
}

/// The tree that was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Repository {
    /// Name of the folder, for headings.
    pub name: String,
    /// HEAD's commit; absent outside git and before the first commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<CommitId>,
    /// HEAD's committer time: every age in the document is relative to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_time: Option<Timestamp>,
    /// Commits reachable from HEAD.
    pub commits: u64,
    /// Some history is missing here.
    pub shallow: bool,
    /// No work tree.
    pub bare: bool,
}

/// How much of the source was understood.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct SourceCoverage {
    /// Per language.
    pub languages: BTreeMap<String, LanguageCoverage>,
    /// Text files in languages that have no front end.
    pub unsupported_files: u64,
    /// Files that steer AI agents and were judged as such.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub agent_files: u64,
    /// Text files that no front end reads, looked through for secrets that are known by their form and nothing else.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub searched_files: u64,
    /// Files that would have been read, were it not for `[scan] exclude` of `trueline.toml`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub excluded_files: u64,
    /// The one kind of files that was asked for (`--only`); absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The same for one language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LanguageCoverage {
    /// Files understood in full.
    pub parsed: u64,
    /// Files understood in part.
    pub partial: u64,
    /// Files not read.
    pub skipped: u64,
    /// Lines that are not blank.
    pub lines: u64,
    /// Constructs not understood.
    pub unknown_constructs: u64,
}

impl LanguageCoverage {
    /// Adds another count.
    pub const fn add(&mut self, other: &Self) {
        self.parsed += other.parsed;
        self.partial += other.partial;
        self.skipped += other.skipped;
        self.lines += other.lines;
        self.unknown_constructs += other.unknown_constructs;
    }
}

/// Findings of one rule per exposed site, known-AI lines against all others.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WeaknessRate {
    /// The rule.
    pub rule: RuleId,
    /// Its first CWE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwe: Option<Cwe>,
    /// Its severity.
    pub severity: Severity,
    /// Known-AI lines: sites with a finding, of sites.
    pub known_ai: Proportion,
    /// All other lines: sites with a finding, of sites.
    pub not_known_ai: Proportion,
    /// Lines that a whole squash credits to AI, perhaps rightly: they are compared with nobody.
    #[serde(default, skip_serializing_if = "Proportion::is_empty")]
    pub perhaps_ai: Proportion,
    /// Findings of the second tier that are not among the reported ones (`--all` lists them).
    #[serde(default)]
    pub uncertain: u64,
    /// Where those stand at sites of which nothing is reported: they would be hits of the shares above.
    #[serde(default, skip_serializing_if = "UncertainSites::is_empty")]
    pub uncertain_sites: UncertainSites,
    /// Findings, of either tier, that a comment or the baseline answers. Their sites are in no group.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub answered: u64,
}

/// Sites with a finding of the second tier alone, by group, where that tier was not asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct UncertainSites {
    /// On known-AI lines.
    pub known_ai: u64,
    /// On all other lines.
    pub not_known_ai: u64,
    /// On lines that a whole squash credits to AI, perhaps rightly.
    pub perhaps_ai: u64,
}

impl UncertainSites {
    const fn is_empty(&self) -> bool {
        self.known_ai + self.not_known_ai + self.perhaps_ai == 0
    }
}

impl WeaknessRate {
    /// Sites with a finding, of all sites, whoever wrote them.
    #[must_use]
    pub fn all(&self) -> Proportion {
        let groups = [&self.known_ai, &self.not_known_ai, &self.perhaps_ai];
        Proportion::new(
            groups.iter().map(|group| group.hits).sum(),
            groups.iter().map(|group| group.of).sum(),
        )
    }
}
