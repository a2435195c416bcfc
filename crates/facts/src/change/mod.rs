//! The document of a change: two tree states, what lies between them, and what is known of it.
//!
//! One document feeds gates, Rego, explanations, backtests and evidence. It holds facts alone: no
//! judgement, and nothing that ranks a person. What is missing is listed in [`Change::not_known`],
//! so that nothing unknown passes for zero. Made by `scan`, read by `policy`.

mod checks;
mod code;
mod people;
mod steering;
#[cfg(test)]
mod tests;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::checks::{
    AddedDependency, AddedSuppression, ChangeFinding, ChangedModel, FindingClass, FindingStatus,
};
pub use self::code::{
    AuthorKind, ChangedFile, DocFacts, EntryKind, FileClass, FileStatus, Hunk, Lines, PublicItem,
    ReadBy, Size, TestFacts, ToolUse, ZoneId,
};
pub use self::people::{ChangeCommit, Principal, PrincipalKind, Review, ReviewState};
pub use self::steering::{
    AgentConfigurationChange, ConfigurationKind, DataUse, ExceptionChange, ExceptionWriter,
    Pinning, Trigger, WorkflowChange,
};
use crate::usage::Purpose;
use crate::{CommitId, Diagnostic, RepoPath, Timestamp};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.change/1";

/// A change and everything known of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// The moment at which exceptions are valid or not; the only clock that a gate sees.
    pub evaluated_at: Timestamp,
    /// `sha256:` and the digest of the rules that findings are made by, the team's own included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_digest: Option<String>,
    /// Where.
    pub repository: ChangedRepository,
    /// Which tree states.
    pub range: Range,
    /// Who proposes it; absent where nothing says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Principal>,
    /// Who may have asked a tool for the code: who is named as such, the author, and the persons who
    /// made the commits. None of them counts as another pair of eyes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requesters: Vec<Principal>,
    /// The commits, newest first; empty for staged content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<ChangeCommit>,
    /// What it is for, as commit messages and paths tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<Purpose>,
    /// How large it is.
    pub size: Size,
    /// The files, by path.
    pub files: Vec<ChangedFile>,
    /// Added lines, by path and line; each hunk has one origin.
    pub hunks: Vec<Hunk>,
    /// AI tools that wrote lines of it or are named in its commits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolUse>,
    /// Weaknesses that it brings or takes away, worst first. Existing ones are not listed.
    pub findings: Vec<ChangeFinding>,
    /// Comments and baseline entries that it adds to silence findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressions: Vec<AddedSuppression>,
    /// Dependencies that its manifests add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<AddedDependency>,
    /// Model files that it adds or changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ChangedModel>,
    /// Reviews; empty means none only if [`FactName::Reviews`] is not among the unknown.
    pub reviews: Vec<Review>,
    /// Tests.
    pub tests: TestFacts,
    /// Documents.
    pub docs: DocFacts,
    /// Files that steer agents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agent_configuration: Vec<AgentConfigurationChange>,
    /// Workflow files of CI.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workflows: Vec<WorkflowChange>,
    /// Classes of data that tools read while it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<DataUse>,
    /// Files of the change that say how changes are judged: `trueline.toml`, `.trueline/`. The
    /// base's versions judge this change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy_changed: Vec<RepoPath>,
    /// Exceptions that it adds, changes or removes. Those of the base are in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ExceptionChange>,
    /// Of the exceptions in force that may answer for something in it: who committed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exception_writers: Vec<ExceptionWriter>,
    /// Facts that have no value here, and why. A gate that needs one is undetermined.
    pub not_known: Vec<NotKnown>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// The repository of a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangedRepository {
    /// Name of its folder.
    pub name: String,
    /// How much depends on it, 1 the most, as its policy says; absent when it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<u8>,
    /// The branch that it goes into, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Languages of the changed files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Some history is missing here.
    pub shallow: bool,
}

/// The tree states of a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// What kind of change.
    pub kind: RangeKind,
    /// What the policy is read from; absent before the first commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<CommitId>,
    /// Where the head left the base: what the lines are compared with, if it is not the base itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<CommitId>,
    /// The last commit; absent for staged content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<CommitId>,
}

/// What kind of change a document speaks of.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RangeKind {
    /// A pull or merge request.
    PullRequest,
    /// Commits of a range.
    Range,
    /// What is staged for the next commit.
    Staged,
    /// One edit of an agent.
    AgentEdit,
}

/// A fact that may be missing.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FactName {
    /// Who wrote the lines.
    Origins,
    /// Weaknesses within a file.
    Findings,
    /// Secrets that are known by their form, in files of any kind.
    Secrets,
    /// Weaknesses that need several files to show.
    CrossFileFindings,
    /// Results of other tools.
    ImportedFindings,
    /// Who reviewed.
    Reviews,
    /// Who proposes the change.
    Author,
    /// Who asked a tool for code.
    Requester,
    /// Who approved, merged and signed.
    Signatures,
    /// Which dependencies were added.
    Dependencies,
    /// Whether added dependencies exist in their registry, and since when.
    DependencyExistence,
    /// Known vulnerabilities of added dependencies.
    DependencyVulnerabilities,
    /// What loading a model file does.
    Models,
    /// Which tests there are.
    Tests,
    /// Whether tests pass, and what they cover.
    TestResults,
    /// Which public names have documents.
    PublicDocs,
    /// What steers agents.
    AgentConfiguration,
    /// What CI runs.
    Workflows,
    /// What the change is for.
    Purpose,
    /// Which models wrote AI lines.
    ToolModels,
    /// Which classes of data tools read.
    DataClasses,
    /// Changes of the threat model.
    Threats,
    /// What a gate of the team's own says that could not be run.
    OwnGates,
}

impl FactName {
    /// The name as written in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origins => "origins",
            Self::Findings => "findings",
            Self::Secrets => "secrets",
            Self::CrossFileFindings => "cross-file-findings",
            Self::ImportedFindings => "imported-findings",
            Self::Reviews => "reviews",
            Self::Author => "author",
            Self::Requester => "requester",
            Self::Signatures => "signatures",
            Self::Dependencies => "dependencies",
            Self::DependencyExistence => "dependency-existence",
            Self::DependencyVulnerabilities => "dependency-vulnerabilities",
            Self::Models => "models",
            Self::Tests => "tests",
            Self::TestResults => "test-results",
            Self::PublicDocs => "public-docs",
            Self::AgentConfiguration => "agent-configuration",
            Self::Workflows => "workflows",
            Self::Purpose => "purpose",
            Self::ToolModels => "tool-models",
            Self::DataClasses => "data-classes",
            Self::Threats => "threats",
            Self::OwnGates => "own-gates",
        }
    }
}

impl fmt::Display for FactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A fact without a value.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub struct NotKnown {
    /// Which.
    pub fact: FactName,
    /// Why, and what would make it known.
    pub why: String,
    /// The files of which it is not known; empty where it is not known of the change as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<RepoPath>,
}

impl Change {
    /// Why a fact is not known; `None` if it is.
    #[must_use]
    pub fn unknown(&self, fact: FactName) -> Option<&NotKnown> {
        self.not_known.iter().find(|missing| missing.fact == fact)
    }

    /// Findings that the change brings.
    pub fn new_findings(&self) -> impl Iterator<Item = &ChangeFinding> {
        let new = |finding: &&ChangeFinding| finding.status == FindingStatus::New;
        self.findings.iter().filter(new)
    }

    /// Findings that it takes away.
    pub fn fixed_findings(&self) -> impl Iterator<Item = &ChangeFinding> {
        let fixed = |finding: &&ChangeFinding| finding.status == FindingStatus::Fixed;
        self.findings.iter().filter(fixed)
    }

    /// Hunks that a tool is known to have written.
    pub fn ai_hunks(&self) -> impl Iterator<Item = &Hunk> {
        let ai = |hunk: &&Hunk| hunk.origin == AuthorKind::Ai;
        self.hunks.iter().filter(ai)
    }
}
