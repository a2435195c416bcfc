//! The document of `trueline stats`: usage, health and shadow AI of one or more repositories.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::health::Health;
use crate::pipeline::Entry;
use crate::scan::Repository;
use crate::shadow::ShadowAi;
use crate::usage::{LineShares, Usage};
use crate::{Diagnostic, Proportion, RepoPath, Timestamp};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.stats/1";

/// Groups of fewer persons than this are not shown on their own.
pub const SMALLEST_GROUP: u64 = 5;

/// What `trueline stats` found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StatsReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// The lines that count, as asked for with `--since`; absent when all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Each repository, in the order given.
    pub repositories: Vec<RepositoryStats>,
    /// All of them together.
    pub together: Together,
    /// The breakdown asked for with `--by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// One's own lines, only with `--mine` and only of whoever runs the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<Group>,
    /// The addresses that count as one's own, the mailmap considered; only with `--mine`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mine_addresses: Vec<String>,
    /// Repositories that were asked for and are in none of this, because they cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// One repository.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RepositoryStats {
    /// Which one.
    pub repository: Repository,
    /// The folder or file that `usage` is limited to; absent for the whole tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_path: Option<RepoPath>,
    /// `usage` and `pipeline` look at commits, and at lines added by commits, from this time on
    /// (`--since`); absent when all count. `health` always has its own window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Authorship notes.
    pub notes: NoteCounts,
    /// Who wrote it.
    pub usage: Usage,
    /// How it ages.
    pub health: Health,
    /// Signs of AI tools.
    pub shadow_ai: ShadowAi,
    /// Where AI enters.
    pub pipeline: Vec<Entry>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Authorship notes, and what became of their line ranges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct NoteCounts {
    /// Notes that parsed, over all notes refs (`refs/notes/ai*`).
    pub read: u64,
    /// Records of the oldest storage (`refs/ai/authorship/<commit>`) that parsed; not in `read`.
    #[serde(default)]
    pub read_oldest: u64,
    /// Notes and records that did not.
    pub unreadable: u64,
    /// Notes on commits reachable from HEAD: what the three counts of entries and blocks are of.
    pub reachable: u64,
    /// Records of the oldest storage on commits reachable from HEAD; not in `reachable`.
    #[serde(default)]
    pub reachable_oldest: u64,
    /// Entries whose key no metadata explains, own or foreign.
    pub foreign_keys: u64,
    /// Entries whose key has an unknown form.
    pub unknown_keys: u64,
    /// File blocks whose path the commit does not have.
    pub absent_paths: u64,
}

/// Sums over repositories.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Together {
    /// Repositories read.
    pub repositories: u64,
    /// Commits; with `--since` those since then, merges left out.
    pub commits: u64,
    /// Lines by origin.
    pub lines: LineShares,
    /// Recent lines by origin.
    #[serde(default)]
    pub recent_lines: LineShares,
    /// Recent lines whose origin is known.
    pub coverage: Proportion,
}

/// How lines were grouped.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GroupBy {
    /// By AI tool.
    Tool,
    /// By directory.
    Directory,
    /// By month of the commit that added the line.
    Month,
    /// By purpose of the commit that added the line.
    Purpose,
    /// By team, as `trueline.toml` lists them; teams below five persons are folded together.
    Team,
}

/// A breakdown of surviving lines.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Breakdown {
    /// By what.
    pub by: GroupBy,
    /// The groups; by name, months oldest first.
    pub groups: Vec<Group>,
}

/// One group of a breakdown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// Its name; `unknown` for lines whose commit is not known, as history is cut or cannot be read before it.
    pub name: String,
    /// Its lines by origin.
    pub lines: LineShares,
    /// Commits that added them.
    pub commits: u64,
}
