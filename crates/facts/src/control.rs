//! The document of `trueline attest report`: each control of a standard, what answers it and where the evidence is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attestation::Digest;
use crate::{CommitId, Timestamp};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.controls/1";

/// What is known about the controls of a standard in a repository.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ControlReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// The standard, as it is called.
    pub standard: String,
    /// The repository's name.
    pub repository: String,
    /// The commit that was looked at.
    pub commit: CommitId,
    /// The day on which statements of persons were valid or not.
    pub as_of: Timestamp,
    /// Signed verdicts in the log that hold, and the digest of the last.
    pub attestations: u64,
    /// The head of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_head: Option<Digest>,
    /// What is wrong with the log, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_problems: Vec<String>,
    /// Families of controls by their id.
    pub families: BTreeMap<String, String>,
    /// The controls, in the order of the standard.
    pub controls: Vec<ControlStatus>,
}

/// One control.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ControlStatus {
    /// Its id in the standard.
    pub id: String,
    /// Its level, 1 to 3.
    pub level: u8,
    /// What it asks, in our words.
    pub ask: String,
    /// Who answers it.
    pub class: ControlClass,
    /// How it stands here.
    pub state: ControlState,
    /// What answers it, and what does not.
    pub answer: String,
    /// What was found in the repository.
    pub evidence: Vec<ControlEvidence>,
    /// What was looked for and not found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What a person says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<ControlStatement>,
    /// Practices of NIST SP 800-218 that it serves.
    pub ssdf: Vec<String>,
    /// Controls of the standard that it repeats: a gap in both is one gap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restates: Vec<String>,
}

/// Who answers a control.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ControlClass {
    /// Trueline decides.
    Automated,
    /// Trueline gathers the evidence, a person judges.
    Assisted,
    /// A person attests.
    Person,
}

/// How a control stands.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ControlState {
    /// Its evidence is there.
    Evidenced,
    /// A person attests it, and the statement is valid.
    Attested,
    /// Evidence is there; a person has not judged it.
    Unjudged,
    /// A part of what was looked for is there.
    Partial,
    /// A person attested it, and the statement has expired.
    Expired,
    /// Nothing is there.
    Open,
}

/// A piece of evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ControlEvidence {
    /// What it is.
    pub what: String,
    /// Where it is: a path of the commit, a reference.
    pub place: String,
}

/// What a person says of a control.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ControlStatement {
    /// Who says it: a name or a role, as written.
    pub by: String,
    /// When, `YYYY-MM-DD`.
    pub date: String,
    /// Until when it is valid, `YYYY-MM-DD`.
    pub expires: String,
    /// What.
    pub says: String,
    /// Where the evidence is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}
