//! What checks found in a change: weaknesses, silenced findings, dependencies, model files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AuthorKind, ZoneId};
use crate::artifact::Verdict;
use crate::{Confidence, Cwe, Finding, Fingerprint, RepoPath, RuleId, Severity, Tier, ToolId};

/// Did the change bring a finding or take it away?
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FindingStatus {
    /// It was not there before.
    New,
    /// It is gone.
    Fixed,
}

/// What a finding is about.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FindingClass {
    /// A weakness in code.
    Code,
    /// A secret in the text.
    Secret,
    /// Something that steers an agent.
    AgentConfiguration,
    /// A workflow of CI.
    Workflow,
    /// A model file.
    Model,
    /// A dependency.
    Dependency,
}

/// A weakness that a change brings or takes away.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangeFinding {
    /// New or fixed.
    pub status: FindingStatus,
    /// What it is about.
    pub class: FindingClass,
    /// What was looked for.
    pub rule: RuleId,
    /// The tool that found it: `trueline`, or the driver name of an imported log.
    pub engine: String,
    /// The weaknesses it is an instance of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<Cwe>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Shown by default or not.
    pub tier: Tier,
    /// The file.
    pub path: RepoPath,
    /// The line, from 1: of the new state, or of the old one if it is fixed.
    pub line: u32,
    /// The innermost named definition around it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub symbol: String,
    /// One sentence.
    pub message: String,
    /// The easiest safe way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Stable identity.
    pub fingerprint: Fingerprint,
    /// Who wrote the line.
    pub origin: AuthorKind,
    /// The tool that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolId>,
    /// The zones it lies in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<ZoneId>,
    /// A comment that the change itself adds answers it. Comments of the base leave it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silenced: bool,
}

impl ChangeFinding {
    /// Takes a finding over; origin and zones are still to be joined.
    #[must_use]
    pub fn of(finding: &Finding, status: FindingStatus, class: FindingClass) -> Self {
        Self {
            status,
            class,
            rule: finding.rule.clone(),
            engine: finding.engine.clone(),
            cwe: finding.cwe.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            tier: finding.tier,
            path: finding.location.path.clone(),
            line: finding.location.start.line,
            symbol: finding.symbol.clone(),
            message: finding.message.clone(),
            remedy: finding.fix.as_ref().map(|fix| fix.description.clone()),
            fingerprint: finding.fingerprint.clone(),
            origin: AuthorKind::Unknown,
            tool: None,
            zones: Vec::new(),
            silenced: false,
        }
    }
}

/// Something added to silence findings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddedSuppression {
    /// The file.
    pub path: RepoPath,
    /// Its line, from 1; 0 for an entry of a baseline.
    pub line: u32,
    /// The rules that are silenced.
    pub rules: Vec<String>,
    /// The reason given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who wrote it.
    pub origin: AuthorKind,
}

/// A dependency that a manifest gained, or a package that a pin or a lock file brings at a version with known
/// vulnerabilities.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddedDependency {
    /// Package URL without version: `pkg:pypi/requests`.
    pub purl: String,
    /// The version or range as the manifest writes it; empty for any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub requirement: String,
    /// The exact version, where the manifest pins it or a lock file of the change names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The manifest or lock file.
    pub path: RepoPath,
    /// Its line, from 1.
    pub line: u32,
    /// Who wrote the line.
    pub origin: AuthorKind,
    /// Does its registry have it? Absent where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Ids of known vulnerabilities. Absent where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vulnerabilities: Option<Vec<String>>,
}

/// A model file that a change adds or edits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangedModel {
    /// The file.
    pub path: RepoPath,
    /// Its format, where recognised.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// What loading it does; absent where its content could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
