//! A check as other tools read it: exercism's `results.json`, version 3.

use serde::Serialize;

use crate::result::{CheckReport, CheckStatus, ExploitOutcome};

/// The longest message and output that exercism takes.
const LONGEST_MESSAGE: usize = 65_535;
const LONGEST_OUTPUT: usize = 500;

/// `results.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Exercism {
    version: u8,
    status: ExercismStatus,
    message: Option<String>,
    tests: Vec<ExercismTest>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum ExercismStatus {
    Pass,
    Fail,
    Error,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct ExercismTest {
    name: String,
    status: ExercismStatus,
    message: Option<String>,
    output: String,
    test_code: String,
    task_id: u8,
}

/// The document of a check. Task 1 is that the functions work, task 2 that the exploits fail.
#[must_use]
pub fn exercism(report: &CheckReport) -> Exercism {
    let output = shortened(report.output.as_deref().unwrap_or_default(), LONGEST_OUTPUT);
    let functional = report.functional.iter().map(|test| ExercismTest {
        name: test.name.clone(),
        status: if test.pass {
            ExercismStatus::Pass
        } else {
            ExercismStatus::Fail
        },
        message: test
            .msg
            .as_deref()
            .map(|text| shortened(text, LONGEST_MESSAGE)),
        output: if test.pass {
            String::new()
        } else {
            output.clone()
        },
        test_code: test.transcript.join("\n"),
        task_id: 1,
    });
    let exploits = report.exploits.iter().map(|exploit| ExercismTest {
        name: format!("{} is blocked", exploit.name),
        status: match exploit.outcome {
            ExploitOutcome::Blocked => ExercismStatus::Pass,
            ExploitOutcome::Succeeded => ExercismStatus::Fail,
            ExploitOutcome::Unknown => ExercismStatus::Error,
        },
        message: exploit
            .evidence
            .as_deref()
            .map(|text| shortened(text, LONGEST_MESSAGE)),
        output: String::new(),
        test_code: exploit.transcript.join("\n"),
        task_id: 2,
    });
    let tests: Vec<ExercismTest> = functional.chain(exploits).collect();
    let none_ran = matches!(
        report.status,
        CheckStatus::Error | CheckStatus::Busy | CheckStatus::Skipped
    );
    Exercism {
        version: 3,
        status: match report.status {
            CheckStatus::Fixed => ExercismStatus::Pass,
            CheckStatus::Error | CheckStatus::Busy | CheckStatus::Skipped => ExercismStatus::Error,
            CheckStatus::Exploited | CheckStatus::FunctionalFail | CheckStatus::Unknown => {
                ExercismStatus::Fail
            }
        },
        message: none_ran.then(|| {
            shortened(
                report
                    .message
                    .as_deref()
                    .unwrap_or("the check could not be made"),
                LONGEST_MESSAGE,
            )
        }),
        tests: if none_ran { Vec::new() } else { tests },
    }
}

/// At most so many characters, and says so.
fn shortened(text: &str, most: usize) -> String {
    const NOTE: &str = " … (shortened)";
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - NOTE.chars().count()).collect();
    kept + NOTE
}
