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
    /// Time ran out, and this machine was too busy to blame the program for it.
    Busy,
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
            Self::Busy => "busy",
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

    /// The verdict, from what the trials found, what broke them, and whether this machine had no time for them.
    pub(crate) fn conclude(&mut self, broken: Option<String>, busy: Option<String>) {
        self.status = match &broken {
            // The tests could not be run: that is nothing the program did, unless it ended the tester's patience.
            Some(why) if !why.starts_with("the tests did not end") => CheckStatus::Error,
            _ => Self::judged(&self.functional, &self.exploits),
        };
        self.message = broken;
        if let (CheckStatus::FunctionalFail | CheckStatus::Unknown, Some(busy)) =
            (self.status, busy)
        {
            self.status = CheckStatus::Busy;
            self.message = Some(busy);
        }
    }

    /// The verdict from what was seen.
    #[must_use]
    fn judged(functional: &[FunctionalResult], exploits: &[ExploitResult]) -> CheckStatus {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn concluded(
        pass: bool,
        outcome: ExploitOutcome,
        broken: Option<&str>,
        busy: Option<&str>,
    ) -> (CheckStatus, Option<String>) {
        let mut report = CheckReport {
            schema: SCHEMA,
            status: CheckStatus::Error,
            scenario: "py-x".to_owned(),
            version: 1,
            seed: 1,
            functional: vec![FunctionalResult {
                name: "works".to_owned(),
                pass,
                msg: None,
                transcript: Vec::new(),
            }],
            exploits: vec![ExploitResult {
                name: "reads".to_owned(),
                cwe: Cwe(22),
                outcome,
                evidence: None,
                transcript: Vec::new(),
            }],
            ms: 0,
            limits_hit: Vec::new(),
            practice: false,
            message: None,
            output: None,
        };
        report.conclude(broken.map(str::to_owned), busy.map(str::to_owned));
        (report.status, report.message)
    }

    const LATE: Option<&str> = Some("the tests did not end in time");
    const BUSY: Option<&str> = Some("this machine was busy");

    #[test]
    fn what_a_busy_machine_had_no_time_for_is_not_blamed_on_the_program() {
        use ExploitOutcome::{Blocked, Unknown};

        for broken in [None, LATE] {
            for (pass, outcome) in [(false, Blocked), (true, Unknown)] {
                let said = concluded(pass, outcome, broken, BUSY);
                assert_eq!(said, (CheckStatus::Busy, BUSY.map(str::to_owned)));
            }
        }
        let idle = concluded(false, Blocked, LATE, None).0;
        assert_eq!(idle, CheckStatus::FunctionalFail);
    }

    #[test]
    fn a_busy_machine_takes_nothing_back_that_was_seen() {
        use ExploitOutcome::{Blocked, Succeeded};

        let exploited = concluded(true, Succeeded, None, BUSY).0;
        let fixed = concluded(true, Blocked, None, BUSY).0;
        assert_eq!(
            (exploited, fixed),
            (CheckStatus::Exploited, CheckStatus::Fixed)
        );
        let broken = concluded(false, Blocked, Some("no such module"), BUSY).0;
        assert_eq!(broken, CheckStatus::Error);
    }
}
