//! One commit far larger than this repository's own past explains.
//!
//! The size of a commit is its added lines without generated files. The tail of the sizes of the
//! last half year is fitted robustly; a commit is reported when a size like it is expected less
//! often than the budget allows and few commits of that half year were as large. Large commits of
//! one day are one event, reported at the largest.

use trueline_facts::Timestamp;
use trueline_facts::health::{Anomaly, AnomalyKind};

use super::robust::{Tail, guard, median, sort_descending, whole};
use super::timeline::Timeline;
use super::{MONTH, budget, count, counted};

/// Below this many added lines no commit is called large: a reader can still take it in.
const SMALLEST: f64 = 1000.0;
/// Fewer commits than this tell nothing about the tail.
const FEWEST_COMMITS: usize = 20;
/// The tail is fitted to this share of the commits, but to ten at least.
const TAIL_SHARE: f64 = 0.05;
const TAIL_LEAST: usize = 10;
/// A commit this many times larger than where the tail begins is reported however heavy the tail
/// is; the guard alone keeps the rate then.
const LARGEST_RATIO: f64 = 20.0;

/// Large commits, and how many lines of each commit its repository's past explains.
pub(super) struct Sizes {
    pub(super) anomalies: Vec<Anomaly>,
    /// For each moment of the timeline: its added lines, but at most the threshold of its day. A
    /// large commit is thus reported once, not again as a burst of its week.
    pub(super) explained: Vec<f64>,
}

struct Threshold {
    lines: f64,
    commits: usize,
    typical: f64,
}

pub(super) fn judge(timeline: &Timeline) -> Sizes {
    let mut large: Vec<(i64, Anomaly)> = Vec::new();
    let mut explained = Vec::with_capacity(timeline.moments.len());
    let mut of_day: Option<(i64, Option<Threshold>)> = None;
    for moment in &timeline.moments {
        let day = moment.day();
        let added = moment.added as f64;
        // No threshold lies below this, so the past of most days need not be looked at.
        if added <= SMALLEST {
            explained.push(added);
            continue;
        }
        if of_day.as_ref().is_none_or(|(d, _)| *d != day) {
            of_day = Some((day, threshold(timeline, day)));
        }
        let Some((_, Some(threshold))) = &of_day else {
            explained.push(added);
            continue;
        };
        explained.push(added.min(threshold.lines));
        if added > threshold.lines {
            large.push((
                day,
                Anomaly {
                    kind: AnomalyKind::LargeCommit,
                    time: Timestamp(moment.time),
                    commit: Some(moment.id.clone()),
                    value: added,
                    threshold: threshold.lines.round(),
                    reason: format!(
                        "This commit adds {} lines. By the {} around it ({}), up to {} are usual.",
                        count(added),
                        counted(threshold.commits, "commit"),
                        usual(threshold.typical),
                        count(threshold.lines),
                    ),
                    false_alarms_per_month: budget::LARGE_COMMIT,
                },
            ));
        }
    }
    let anomalies = large
        .chunk_by(|(a, _), (b, _)| a == b)
        .filter_map(one_of_day)
        .collect();
    Sizes {
        anomalies,
        explained,
    }
}

/// The largest commit of a day, with how many others of that day were large.
fn one_of_day(large: &[(i64, Anomaly)]) -> Option<Anomaly> {
    let (_, largest) = large
        .iter()
        .rev()
        .max_by(|(_, a), (_, b)| a.value.total_cmp(&b.value))?;
    let mut largest = largest.clone();
    match large.len() - 1 {
        0 => {}
        1 => largest
            .reason
            .push_str(" Another commit of that day was large, too."),
        others => {
            let others = count(others as f64);
            let more = format!(" {others} other commits of that day were large, too.");
            largest.reason.push_str(&more);
        }
    }
    Some(largest)
}

fn threshold(timeline: &Timeline, day: i64) -> Option<Threshold> {
    if !timeline.judges(day) {
        return None;
    }
    let mut sizes: Vec<f64> = Vec::new();
    let mut days = 0;
    for range in timeline.baseline(day, 1) {
        days += range.end - range.start;
        sizes.extend(timeline.between(range).iter().map(|m| m.added as f64));
    }
    if sizes.len() < FEWEST_COMMITS {
        return None;
    }
    sort_descending(&mut sizes);
    let months = (days as f64 / MONTH).max(1.0);
    let top = whole(sizes.len() as f64 * TAIL_SHARE).max(TAIL_LEAST);
    let tail = Tail::fit(&sizes, top)?;
    let per_month = sizes.len() as f64 / months;
    let spared = whole(budget::LARGE_COMMIT * months) + 1;
    Some(Threshold {
        lines: tail
            .quantile(budget::LARGE_COMMIT / per_month)
            .min(tail.from * LARGEST_RATIO)
            .max(guard(&sizes, spared))
            .max(SMALLEST),
        commits: sizes.len(),
        typical: median(&mut sizes)?,
    })
}

/// What half of the commits around add.
fn usual(typical: f64) -> String {
    match whole(typical) {
        0 => "half of them add none".to_owned(),
        lines => format!("half of them below {}", counted(lines + 1, "line")),
    }
}
