//! What a check found, as it is printed and written: never "secure", only what was tried and what came of it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trueline_facts::Cwe;

/// The schema of a check's document.
pub const SCHEMA: &str = "trueline.check/1";

/// The verdict.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// All functions work, all exploits were blocked.
    Fixed,
    /// An exploit succeeded.
    Exploited,
    /// A function does not work.
    FunctionalFail,
    /// All functions work and no exploit succeeded, but one could not be judged.
    Unknown,
    /// The check itself failed.
    Error,
    /// A runtime is missing.
    Skipped,
}

impl CheckStatus {
    /// The word in documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Exploited => "exploited",
            Self::FunctionalFail => "functional_fail",
            Self::Unknown => "unknown",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for CheckStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What came of an exploit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExploitOutcome {
    /// It ran to its end against a living program whose plain case works, and had no effect.
    Blocked,
    /// Its effect was seen.
    Succeeded,
    /// Neither can be said.
    Unknown,
}

impl ExploitOutcome {
    /// The word in documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Succeeded => "succeeded",
            Self::Unknown => "unknown",
        }
    }
}

/// A functional test.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct FunctionalResult {
    /// Its name.
    pub name: String,
    /// Whether it passed.
    pub pass: bool,
    /// Why not.
    pub msg: Option<String>,
    /// What the tester did and got, when it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<String>,
}

/// An exploit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ExploitResult {
    /// Its name.
    pub name: String,
    /// The weakness that it shows.
    pub cwe: Cwe,
    /// What came of it.
    pub outcome: ExploitOutcome,
    /// What was seen, or why nothing can be said.
    pub evidence: Option<String>,
    /// What the exploit did and got.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<String>,
}

/// A check's document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct CheckReport {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The verdict.
    pub status: CheckStatus,
    /// The scenario.
    pub scenario: String,
    /// Its version.
    pub version: u32,
    /// Seed of canaries: the same seed repeats the run.
    pub seed: u64,
    /// Functional tests in their order.
    pub functional: Vec<FunctionalResult>,
    /// Exploits in their order.
    pub exploits: Vec<ExploitResult>,
    /// Milliseconds that it took.
    pub ms: u64,
    /// Limits that the program met.
    pub limits_hit: Vec<String>,
    /// Made without isolation (`--self-run`): practice, no verdict.
    pub practice: bool,
    /// Why it was skipped or failed.
    pub message: Option<String>,
    /// The end of what the program printed, when a function failed.
    pub output: Option<String>,
}

impl CheckReport {
    /// How many exploits were blocked, succeeded, unknown.
    #[must_use]
    pub fn count(&self, outcome: ExploitOutcome) -> usize {
        self.exploits
            .iter()
            .filter(|e| e.outcome == outcome)
            .count()
    }

    /// The verdict from what was seen.
    #[must_use]
    pub(crate) fn judged(
        functional: &[FunctionalResult],
        exploits: &[ExploitResult],
    ) -> CheckStatus {
        let any = |outcome| exploits.iter().any(|e| e.outcome == outcome);
        // A program that does not work is not exploited into working: the learner mends that first.
        if functional.is_empty() || functional.iter().any(|test| !test.pass) {
            CheckStatus::FunctionalFail
        } else if any(ExploitOutcome::Succeeded) {
            CheckStatus::Exploited
        } else if any(ExploitOutcome::Unknown) {
            CheckStatus::Unknown
        } else {
            CheckStatus::Fixed
        }
    }
}
