//! The document of a suggested policy: which gates in which mode, which zones, and the figures they rest on.
//!
//! Made by `policy` from judged changes and from what a survey of the tree found. Intervals are
//! predictions for months to come. Champions are pseudonyms unless names were asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::backtest::Period;
use crate::verdict::Mode;
use crate::{Diagnostic, Proportion, ToolId};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.suggestion/1";

/// A suggested policy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// Name of the repository.
    pub repository: String,
    /// The changes that it rests on.
    pub period: Period,
    /// How many they are.
    pub changes: u64,
    /// Those that at least one gate in `comment` would have commented on, and what to expect.
    pub comment: Expected,
    /// Those that would have been blocked if every gate that may block did, and what to expect.
    pub block: Expected,
    /// The gates, those that speak first.
    pub gates: Vec<SuggestedGate>,
    /// The zones.
    pub zones: Vec<SuggestedZone>,
    /// Tools that had a part in changes: on the list because they are in use, approved by nobody yet.
    pub tools: Vec<SeenTool>,
    /// What cannot be known yet, and what would make it known.
    pub not_known: Vec<String>,
    /// The policy as text.
    pub policy: String,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// What was seen, and what to expect.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    /// What was seen.
    pub seen: Proportion,
    /// Months that the prediction is for.
    pub months: u32,
    /// Lower end of the 95 % prediction interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A gate of the suggestion.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SuggestedGate {
    /// Its id.
    pub id: String,
    /// The mode: never `block`.
    pub mode: Mode,
    /// May it block? Its facts are known, and it is expected to block at most 2 % of changes.
    pub may_block: bool,
    /// Settings besides the mode, as the policy writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// Changes that it would have commented on, of those that it could judge, and what to expect.
    pub expected: Expected,
    /// Changes that it could not judge.
    pub undetermined: u64,
    /// Changes whose source code is in languages that no rule reads: it passes them, and that says nothing.
    #[serde(default)]
    pub unread: u64,
    /// Of changes on which it fired, watched for 90 days: those that went bad.
    pub bad_when_fired: Proportion,
    /// The same of those on which it was silent.
    pub bad_when_silent: Proportion,
    /// Why this mode, in a sentence.
    pub why: String,
}

/// What kind of zone.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ZoneKind {
    /// What it does asks for another pair of eyes.
    Sensitive,
    /// AI code lasts here and is rarely fixed.
    Encouraged,
}

/// A zone of the suggestion.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SuggestedZone {
    /// Its name.
    pub id: String,
    /// Which kind.
    pub kind: ZoneKind,
    /// Globs, as in `.gitignore`.
    pub paths: Vec<String>,
    /// Files that they match now.
    pub files: u64,
    /// Changes of the period that touched it.
    pub changes: u64,
    /// Who changed or reviewed it most often, in no order that says how often.
    pub champions: Vec<String>,
    /// Why it is a zone, in a sentence.
    pub why: String,
}

/// A tool that was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SeenTool {
    /// Which.
    pub tool: ToolId,
    /// Changes that it had a part in.
    pub changes: u64,
}
