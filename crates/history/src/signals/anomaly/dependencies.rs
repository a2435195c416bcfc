//! Many dependencies changed at once.
//!
//! Counted are distinct entries of dependency manifests that a commit adds, removes or gives
//! another version; lines would count boilerplate, reordering and the releases of a workspace's own
//! packages. Lock files and indirect entries follow and are not counted. Ranks alone decide: most repositories
//! have too few such changes for any distribution. New entries are also judged among themselves, so that
//! updates of many versions do not hide them.

use serde::{Deserialize, Serialize};
use trueline_facts::Timestamp;
use trueline_facts::health::{Anomaly, AnomalyKind};

use super::robust::{guard, sort_descending, whole};
use super::timeline::Timeline;
use super::{MONTH, budget, count, counted};

/// A reviewer can still look up this many packages one by one.
const SMALLEST: f64 = 15.0;

/// Distinct manifest entries that a commit changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(in crate::signals) struct Entries {
    /// Manifests touched.
    pub(in crate::signals) manifests: u32,
    /// New entries.
    pub(in crate::signals) added: u32,
    /// Entries gone.
    pub(in crate::signals) removed: u32,
    /// Entries with another version.
    pub(in crate::signals) changed: u32,
}

/// What of a change is compared with others.
type Measure = fn(Entries) -> f64;

impl Entries {
    fn all(self) -> f64 {
        f64::from(self.added + self.removed + self.changed)
    }

    fn only_new(self) -> f64 {
        f64::from(self.added)
    }
}

pub(super) fn judge(timeline: &Timeline) -> Vec<Anomaly> {
    let mut anomalies = Vec::new();
    for moment in &timeline.moments {
        let Some(entries) = moment.entries.filter(|e| e.all() >= SMALLEST) else {
            continue;
        };
        if !timeline.judges(moment.day()) {
            continue;
        }
        let measures: [(&str, Measure); 2] = [("", Entries::all), (" new ones", Entries::only_new)];
        for (what, measure) in measures {
            let value = measure(entries);
            let (threshold, others) = threshold(timeline, moment.day(), measure);
            if value > threshold {
                anomalies.push(Anomaly {
                    kind: AnomalyKind::DependencyChange,
                    time: Timestamp(moment.time),
                    commit: Some(moment.id.clone()),
                    value,
                    threshold: threshold.round(),
                    reason: reason(entries, what, threshold, others),
                    false_alarms_per_month: budget::DEPENDENCY_CHANGE,
                });
                break;
            }
        }
    }
    anomalies
}

fn reason(entries: Entries, what: &str, threshold: f64, others: usize) -> String {
    let usual = if others == 0 {
        "No other change around it tells what is usual".to_owned()
    } else {
        format!(
            "By the {} around it, up to {}{what} are usual",
            counted(others, "other change"),
            count(threshold)
        )
    };
    format!(
        "This commit changes {} direct dependencies at once: {} new, {} removed, {} with another version, in {}. {usual}; up to {SMALLEST:.0} are never reported.",
        count(entries.all()),
        entries.added,
        entries.removed,
        entries.changed,
        counted(entries.manifests as usize, "manifest"),
    )
}

/// The threshold of a day by a measure of changes, and how many changes it rests on.
fn threshold(timeline: &Timeline, day: i64, measure: Measure) -> (f64, usize) {
    let mut sizes: Vec<f64> = Vec::new();
    let mut days = 0;
    for range in timeline.baseline(day, 1) {
        days += range.end - range.start;
        sizes.extend(
            timeline
                .between(range)
                .iter()
                .filter_map(|m| m.entries)
                .map(measure)
                .filter(|size| *size > 0.0),
        );
    }
    sort_descending(&mut sizes);
    let months = (days as f64 / MONTH).max(1.0);
    let spared = whole(budget::DEPENDENCY_CHANGE * months) + 1;
    (guard(&sizes, spared).max(SMALLEST), sizes.len())
}
