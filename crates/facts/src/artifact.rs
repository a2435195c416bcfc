//! What is known of a model file: what loading it would do, and how sure that is.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Diagnostic, RepoPath};

/// The schema id that opens the document of `trueline scan --only artifacts`.
pub const SCHEMA: &str = "trueline.artifacts/1";

/// What one may expect of loading a file. Ordered: `Malicious` is the greatest.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything was read, and nothing in it runs code.
    Clean,
    /// It names code that is not known here, or part of it could not be read: not the same as clean.
    Unknown,
    /// It has what ordinary files of its format do not have, and what attacks need.
    Suspicious,
    /// Loading it runs code, reads or writes files, or talks to the network in the author's name.
    Malicious,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Unknown => "unknown",
            Self::Suspicious => "suspicious",
            Self::Malicious => "malicious",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that was seen in a file and what it means.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// What it alone would make of the file; `clean` for a remark.
    pub verdict: Verdict,
    /// The technique, in kebab-case: `pickle-call-process`.
    pub technique: String,
    /// One sentence.
    pub message: String,
    /// The way to it through archives and encodings, outermost first: `archive/data.pkl`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Byte offset in the innermost member.
    pub offset: u64,
    /// What loading does, as Python would write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// CWE number of the weakness that a loader has there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwe: Option<u32>,
    /// What is public about the same technique: ids of advisories, issues and papers, or an address of documentation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
}

/// What a team can ask of models in `trueline.toml`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// A licence of the list.
    Licence,
    /// A model card beside it.
    ModelCard,
}

/// A demand that a model does not meet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Breach {
    /// What was asked.
    pub demand: Demand,
    /// One sentence.
    pub message: String,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// Where it is, as it was asked for.
    pub path: RepoPath,
    /// The worst of its reasons.
    pub verdict: Verdict,
    /// What its content is, whatever its name says; several if it is several things at once.
    pub formats: Vec<String>,
    /// Bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal; absent for files over the hash limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Whether `torch.load(…, weights_only=True)` takes a file that it opens; absent where that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loads_under_weights_only: Option<bool>,
    /// What that refuses first: a name or an opcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_under_weights_only: Option<String>,
    /// The licence that the file or the model card beside it declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// The model card beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_card: Option<RepoPath>,
    /// The team looked at this very content and takes it: its verdict stops no gate. Licence and card are asked for all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vetted: bool,
    /// What the team asks of models and this one does not keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Breach>,
    /// Why, worst first.
    pub reasons: Vec<Reason>,
    /// What to do, where there is an easy way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The document of `trueline scan --only artifacts`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// One record a file, by path.
    pub artifacts: Vec<Artifact>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}
