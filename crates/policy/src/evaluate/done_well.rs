//! What a change does well: said first, because that is what people read first.

use trueline_facts::change::{Change, FactName, FindingClass};
use trueline_facts::verdict::{GateOutcome, GateResult};

use super::counted;

/// Reviewers read changes of this many lines well.
const SMALL: u64 = 200;

pub(super) fn list(change: &Change, gates: &[GateResult]) -> Vec<String> {
    let mut well = Vec::new();
    let fixed = change.fixed_findings().count() as u64;
    if fixed > 0 {
        let secrets = change
            .fixed_findings()
            .filter(|finding| finding.class == FindingClass::Secret)
            .count();
        let what = if secrets as u64 == fixed {
            "secret"
        } else {
            "weakness that was there before"
        };
        let many = counted(fixed, what).replace(
            "weakness that was there befores",
            "weaknesses that were there before",
        );
        well.push(format!("It takes away {many}."));
    }
    let ai_source = change.size.added.ai > 0;
    if !change.tests.touched.is_empty() && change.tests.ai_code_without_tests.is_empty() {
        well.push(if ai_source {
            "Tests come with the AI-written code.".to_owned()
        } else {
            format!(
                "It touches tests ({}).",
                counted(change.tests.touched.len() as u64, "file")
            )
        });
    }
    let disclosed =
        !change.tools.is_empty() && change.tools.iter().all(|used| used.disclosed == Some(true));
    if disclosed {
        well.push("It says which AI tools had a part in it.".to_owned());
    }
    let mut approvers: Vec<_> = change
        .reviews
        .iter()
        .filter(|review| review.is_independent_approval())
        .map(|review| &review.by.id)
        .collect();
    approvers.sort();
    approvers.dedup();
    if !approvers.is_empty() {
        let persons = match approvers.len() {
            1 => "A person".to_owned(),
            many => format!("{many} persons"),
        };
        well.push(format!(
            "{persons} who did not ask for the code approved it."
        ));
    }
    if !change.docs.touched.is_empty() {
        well.push("Documents change with the code.".to_owned());
    }
    let lines = change.size.added.total() + change.size.removed;
    if lines > 0 && lines <= SMALL && change.size.files > 0 {
        well.push("It is small enough to be read at one sitting.".to_owned());
    }
    let clean = change.new_findings().next().is_none()
        && change.unknown(FactName::Findings).is_none()
        && change.size.files > 0
        && gates.iter().all(|gate| gate.outcome != GateOutcome::Fail);
    if clean {
        well.push("It brings no weakness that we know how to find.".to_owned());
    }
    well
}
