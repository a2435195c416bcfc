//! What a change does well: said first, because that is what people read first.

use trueline_facts::change::{Change, ChangedFile, FactName, FileStatus, FindingClass, ReadBy};
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
    // Of what could not be read nobody knows how small it is.
    let is_counted = change
        .unknown(FactName::Origins)
        .is_none_or(|missing| missing.paths.is_empty());
    if lines > 0 && lines <= SMALL && change.size.files > 0 && is_counted {
        well.push("It is small enough to be read at one sitting.".to_owned());
    }
    let clean = change.new_findings().next().is_none()
        && change.unknown(FactName::Findings).is_none()
        && change.unknown(FactName::Secrets).is_none()
        && change.size.files > 0
        && gates.iter().all(|gate| gate.outcome != GateOutcome::Fail);
    if clean {
        well.extend(clean_as_far_as_read(change));
    }
    well
}

/// What to say of a change in which nothing was found: no more than what was looked at.
fn clean_as_far_as_read(change: &Change) -> Option<String> {
    let stands = |file: &&ChangedFile| file.status != FileStatus::Deleted && file.entry.is_file();
    let files = || change.files.iter().filter(stands);
    if files().any(|file| file.read_by == ReadBy::Partly) {
        return None;
    }
    let source = files().filter(|file| file.language.is_some());
    let all = source.clone().count() as u64;
    let unread = source.filter(|file| file.read_by == ReadBy::Forms).count() as u64;
    match unread {
        0 => Some("It brings no weakness that we know how to find.".to_owned()),
        _ if unread == all => None,
        _ => Some(format!(
            "It brings no weakness that we know how to find where rules read the language: in {} of {}.",
            all - unread,
            counted(all, "source file")
        )),
    }
}
