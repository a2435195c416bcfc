//! Gates: a condition on the facts of a change, what it applies to, and what it does when it fails.
//!
//! Conditions are a closed set, so that every verdict can explain itself and every editor can show
//! them. Built-in gates are rows of one table; a team sets their mode and numbers in `[gates]` and
//! adds gates of its own as `[[gate]]`. None of them can speak of a person: a change document holds
//! nothing that ranks one.

mod builtin;
mod read;

use std::fmt;

use serde::Serialize;
use trueline_facts::artifact::Verdict as ModelVerdict;
use trueline_facts::change::{AuthorKind, FindingClass, ZoneId};
use trueline_facts::verdict::Mode;
use trueline_facts::{Severity, Tier};

pub use self::builtin::{BuiltIn, built_in, defaults};
#[cfg(feature = "rego")]
pub(crate) use self::read::judges_persons;
pub(crate) use self::read::{read_built_ins, read_own};

/// The id of a gate: kebab-case, never used for another one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct GateId(Box<str>);

impl GateId {
    /// Takes the id as given.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A gate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Gate {
    /// Its id.
    pub id: GateId,
    /// What it asks for, in a sentence.
    pub title: String,
    /// What it does when it fails.
    pub mode: Mode,
    /// What it applies to.
    pub scope: Scope,
    /// What must hold.
    pub condition: Condition,
    /// Ids of the controls that it answers.
    pub controls: Vec<String>,
    /// The line of the policy that it was set on, from 1; `None` for a default.
    #[serde(skip)]
    pub line: Option<usize>,
}

/// What a gate applies to. An empty list leaves nothing out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Scope {
    /// Only what lies in one of these zones.
    pub zones: Vec<ZoneId>,
    /// Nothing that lies in one of these, unless it lies in one of `zones` too: the stricter wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_zones: Vec<ZoneId>,
    /// Only lines, and findings on lines, of these authors.
    pub origin: Vec<AuthorKind>,
    /// Only changes into these branches.
    pub branches: Vec<String>,
}

/// How many independent approvals: by persons who did not ask for the code, on its last state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct ReviewAsk {
    /// How many.
    pub at_least: u32,
    /// At least one of them by an owner of the code.
    pub codeowner: bool,
}

/// Which findings, and how many of them are too many.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FindingsAsk {
    /// What they are about; empty for anything.
    pub classes: Vec<FindingClass>,
    /// At least this bad.
    pub min_severity: Severity,
    /// Only the default tier, or both.
    pub tier: Tier,
    /// Of these rules; empty for any.
    pub rules: Vec<String>,
    /// Of these weaknesses; empty for any.
    pub cwe: Vec<u32>,
    /// How many may be there.
    pub at_most: u32,
    /// Where source code is in languages that no rule reads.
    #[serde(skip_serializing_if = "UnreadLanguages::is_default")]
    pub unread: UnreadLanguages,
}

impl FindingsAsk {
    /// Does it ask for a class of findings?
    #[must_use]
    pub fn asks_for(&self, class: FindingClass) -> bool {
        self.classes.is_empty() || self.classes.contains(&class)
    }
}

/// What becomes of a gate on findings where source code is in languages that no rule reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnreadLanguages {
    /// It judges what is read, and tells the gap.
    #[default]
    Pass,
    /// It is undetermined, unless another tool's results were imported.
    Undetermined,
}

impl UnreadLanguages {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    const fn is_default(&self) -> bool {
        matches!(self, Self::Pass)
    }
}

/// What must hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "check", rename_all = "kebab-case")]
pub enum Condition {
    /// No more than so many new findings.
    Findings(FindingsAsk),
    /// Lines in scope are reviewed.
    Review(ReviewAsk),
    /// AI code comes with tests.
    Tests,
    /// Public names of AI origin come with documents.
    Docs,
    /// No agent approves, signs off or reviews alone what an agent wrote.
    SelfApproval,
    /// Whoever reads the change sees which tool had a part in it.
    Disclosure,
    /// Tools and models are on the list.
    ApprovedTools,
    /// Purposes and classes of data are on the list.
    ApprovedUse,
    /// What steers agents is pinned, and reviewed if it runs programs or grants rights.
    AgentConfiguration(ReviewAsk),
    /// Large AI changes are reviewed.
    LargeChange {
        /// More AI lines than this are many.
        max_lines: u32,
        /// What many ask for.
        reviews: ReviewAsk,
    },
    /// Added dependencies exist.
    DependencyExists,
    /// Added dependencies have no known vulnerability.
    DependencyVulnerable,
    /// Model files are not this bad or worse.
    Models {
        /// From here on.
        from: ModelVerdict,
    },
    /// High-impact changes of CI are reviewed.
    Workflows(ReviewAsk),
    /// Silenced findings are reviewed.
    Suppressions(ReviewAsk),
    /// Changes of the policy itself are reviewed.
    PolicyChange(ReviewAsk),
    /// AI lines say which model and which session they come from.
    Provenance,
    /// No more than so many added lines in scope.
    Lines {
        /// So many.
        at_most: u32,
    },
    /// What a Rego module denies.
    Rego {
        /// The module's file.
        file: String,
    },
}

impl Condition {
    /// The word that `check` names it by.
    #[must_use]
    pub const fn check(&self) -> &'static str {
        match self {
            Self::Findings(_) => "findings",
            Self::Review(_) => "review",
            Self::Tests => "tests",
            Self::Docs => "docs",
            Self::SelfApproval => "self-approval",
            Self::Disclosure => "disclosure",
            Self::ApprovedTools => "approved-tools",
            Self::ApprovedUse => "approved-use",
            Self::AgentConfiguration(_) => "agent-configuration",
            Self::LargeChange { .. } => "large-change",
            Self::DependencyExists => "dependency-exists",
            Self::DependencyVulnerable => "dependency-vulnerable",
            Self::Models { .. } => "models",
            Self::Workflows(_) => "workflows",
            Self::Suppressions(_) => "suppressions",
            Self::PolicyChange(_) => "policy-change",
            Self::Provenance => "provenance",
            Self::Lines { .. } => "lines",
            Self::Rego { .. } => "rego",
        }
    }
}

impl Condition {
    /// Does it make a difference in which zones something lies?
    #[must_use]
    pub const fn looks_at_zones(&self) -> bool {
        !matches!(
            self,
            Self::SelfApproval
                | Self::Disclosure
                | Self::ApprovedTools
                | Self::ApprovedUse
                | Self::PolicyChange(_)
                | Self::Rego { .. }
        )
    }

    /// Does it make a difference who wrote something?
    #[must_use]
    pub const fn looks_at_origin(&self) -> bool {
        self.looks_at_zones()
            && !matches!(
                self,
                Self::Tests | Self::Models { .. } | Self::Workflows(_) | Self::Provenance
            )
    }
}

impl Scope {
    /// Does it take in something of this author in these zones?
    #[must_use]
    pub fn takes(&self, origin: AuthorKind, zones: &[ZoneId]) -> bool {
        self.takes_origin(origin) && self.takes_zones(zones)
    }

    /// Does it take in this author?
    #[must_use]
    pub fn takes_origin(&self, origin: AuthorKind) -> bool {
        self.origin.is_empty() || self.origin.contains(&origin)
    }

    /// Does it take in these zones?
    #[must_use]
    pub fn takes_zones(&self, zones: &[ZoneId]) -> bool {
        if zones.iter().any(|zone| self.zones.contains(zone)) {
            return true;
        }
        let is_left_out = zones.iter().any(|zone| self.except_zones.contains(zone));
        self.zones.is_empty() && !is_left_out
    }
}
