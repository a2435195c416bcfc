//! What is out of the ordinary, judged against the repository's own past.
//!
//! Five detectors read one [`Timeline`] of commits and yield anomalies with the numbers that made
//! them fire. Each spends a stated share of one false alarm per repository-month; the sum of the
//! shares is 1. None looks at the time of day or at persons one by one. `docs/METHODS.md` gives
//! the formulas and how the rates were measured.

pub(in crate::signals) mod configuration;
pub(in crate::signals) mod dependencies;
pub(in crate::signals) mod evidence_loss;
mod large_commit;
pub(in crate::signals) mod manifest;
mod robust;
pub(in crate::signals) mod timeline;
mod velocity;

#[cfg(test)]
mod simulation;

use trueline_facts::health::{Anomaly, AnomalyKind};

pub(super) use timeline::Timeline;

/// Days in a month, on average.
const MONTH: f64 = 30.44;

/// False alarms per repository-month that each detector may spend.
mod budget {
    pub(super) const VELOCITY_BURST: f64 = 0.25;
    pub(super) const LARGE_COMMIT: f64 = 0.25;
    pub(super) const DEPENDENCY_CHANGE: f64 = 0.10;
    pub(super) const AGENT_CONFIGURATION: f64 = 0.35;
    pub(super) const EVIDENCE_LOSS: f64 = 0.05;
}

/// Everything out of the ordinary in the window, newest first.
pub(super) fn anomalies(timeline: &Timeline) -> Vec<Anomaly> {
    let sizes = large_commit::judge(timeline);
    let mut found = sizes.anomalies;
    found.extend(velocity::judge(timeline, &sizes.explained));
    found.extend(dependencies::judge(timeline));
    found.extend(configuration::judge(timeline));
    found.extend(evidence_loss::judge(timeline));
    found.sort_by(|a, b| {
        (b.time, a.kind, &a.commit, &a.reason).cmp(&(a.time, b.kind, &b.commit, &b.reason))
    });
    one_per_commit(found)
}

/// A commit that several detectors report is one thing to look at: it is shown under the kind that
/// weighs most, with all that was found.
fn one_per_commit(found: Vec<Anomaly>) -> Vec<Anomaly> {
    let mut merged: Vec<Anomaly> = Vec::with_capacity(found.len());
    for anomaly in found {
        let same = |other: &&mut Anomaly| other.commit.is_some() && other.commit == anomaly.commit;
        let Some(first) = merged.iter_mut().find(same) else {
            merged.push(anomaly);
            continue;
        };
        let (mut most, other) = if weight(anomaly.kind) > weight(first.kind) {
            (anomaly, first.clone())
        } else {
            (first.clone(), anomaly)
        };
        most.reason = format!("{} {}", most.reason, other.reason);
        *first = most;
    }
    merged
}

/// What gives programs or strangers power over the code weighs more than its amount.
const fn weight(kind: AnomalyKind) -> u8 {
    match kind {
        AnomalyKind::AgentConfigurationChange => 2,
        AnomalyKind::DependencyChange => 1,
        AnomalyKind::LargeCommit | AnomalyKind::VelocityBurst | AnomalyKind::EvidenceLoss => 0,
    }
}

/// A count for people: `66,423`.
fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 commit`, `2 commits`.
fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_the_detectors_add_up_to_one_false_alarm_a_month() {
        let sum = budget::VELOCITY_BURST
            + budget::LARGE_COMMIT
            + budget::DEPENDENCY_CHANGE
            + budget::AGENT_CONFIGURATION
            + budget::EVIDENCE_LOSS;
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(66_423.0), "66,423");
        assert_eq!(count(100.0), "100");
        assert_eq!(counted(1, "commit"), "1 commit");
    }
}
