//! Far more lines added within seven days than this repository's own past explains.
//!
//! Every day of the window closes a week; its added lines (generated files left out, large commits
//! counted only as far as explained, the largest commit of the week not at all: one commit is no pace)
//! are compared with separate weeks of the last half year on a logarithmic scale. Days that follow
//! each other are one burst, reported at its peak.

use std::ops::Range;

use trueline_facts::Timestamp;
use trueline_facts::health::{Anomaly, AnomalyKind};
use trueline_facts::time::DAY;

use super::robust::{guard, median, sort_descending, whole};
use super::timeline::{Timeline, WEEK};
use super::{MONTH, budget, count};

/// Fewer weeks than this tell nothing.
const FEWEST_WEEKS: usize = 4;
/// Weeks that say what is usual; older ones only raise the guard.
const USUAL_WEEKS: usize = 26;
/// A quiet repository counts as if it added this much in a usual week: below five times of it
/// nobody needs an alarm.
const QUIETEST_WEEK: f64 = 250.0;
/// A burst is at least this many times a usual week, and never needs to be more than so many.
const RATIO: Range<f64> = 5.0..8.0;

pub(super) fn judge(timeline: &Timeline, explained: &[f64]) -> Vec<Anomaly> {
    let weeks = Weeks::new(timeline, explained);
    let mut bursts: Vec<(i64, Burst)> = Vec::new();
    for day in timeline.first_day() + WEEK - 1..=timeline.last_day() {
        let Some(burst) = weeks.judge(timeline, day) else {
            continue;
        };
        match bursts.last_mut() {
            Some((last, peak)) if day - *last <= WEEK => {
                *last = day;
                if burst.value / burst.threshold > peak.value / peak.threshold {
                    *peak = burst;
                }
            }
            _ => bursts.push((day, burst)),
        }
    }
    bursts
        .into_iter()
        .map(|(_, burst)| burst.report())
        .collect()
}

struct Burst {
    day: i64,
    value: f64,
    usual: f64,
    weeks: usize,
    threshold: f64,
}

impl Burst {
    fn report(&self) -> Anomaly {
        Anomaly {
            kind: AnomalyKind::VelocityBurst,
            time: Timestamp((self.day - WEEK + 1) * DAY),
            commit: None,
            value: self.value.round(),
            threshold: self.threshold.round(),
            reason: format!(
                "{} lines were added in seven days, the largest commit left out: {:.1} times a usual week ({}{}). By the {} weeks around it, up to {} are usual.",
                count(self.value),
                self.value / self.usual,
                count(self.usual),
                if self.usual > QUIETEST_WEEK {
                    ""
                } else {
                    ", the least that counts"
                },
                self.weeks,
                count(self.threshold),
            ),
            false_alarms_per_month: budget::VELOCITY_BURST,
        }
    }
}

/// Added lines of each day: all, and those of its largest commit.
struct Weeks {
    first_day: i64,
    days: Vec<(f64, f64)>,
}

impl Weeks {
    fn new(timeline: &Timeline, explained: &[f64]) -> Self {
        let first_day = timeline.first_day();
        let count = usize::try_from(timeline.last_day() - first_day + 1).unwrap_or(0);
        let mut days = vec![(0.0, 0.0_f64); count];
        for (moment, lines) in timeline.moments.iter().zip(explained) {
            if let Some((all, largest)) = usize::try_from(moment.day() - first_day)
                .ok()
                .and_then(|day| days.get_mut(day))
            {
                *all += lines;
                *largest = largest.max(*lines);
            }
        }
        Self { first_day, days }
    }

    /// Lines of the week that ends with `day`, without its largest commit; `None` when it does not
    /// lie inside the timeline.
    fn ending(&self, day: i64) -> Option<f64> {
        let end = usize::try_from(day - self.first_day + 1).ok()?;
        let week = self.days.get(end.checked_sub(WEEK as usize)?..end)?;
        let all: f64 = week.iter().map(|(all, _)| all).sum();
        let largest = week.iter().map(|(_, largest)| *largest).fold(0.0, f64::max);
        Some(all - largest)
    }

    fn judge(&self, timeline: &Timeline, day: i64) -> Option<Burst> {
        if !timeline.judges(day) {
            return None;
        }
        let value = self.ending(day)?;
        let mut before: Vec<f64> = Vec::new();
        let mut end = day - WEEK;
        while let Some(lines) = self.ending(end) {
            before.push(lines);
            end -= WEEK;
        }
        let mut usual = before[..before.len().min(USUAL_WEEKS)].to_vec();
        if timeline.borrows(day) {
            let mut end = day + WEEK;
            while usual.len() < 2 * (Timeline::OWN_PAST / WEEK) as usize
                && let Some(lines) = self.ending(end)
            {
                usual.push(lines);
                before.push(lines);
                end += WEEK;
            }
        }
        if usual.len() < FEWEST_WEEKS {
            return None;
        }
        let weeks = usual.len();
        let middle = median(&mut usual)?.max(QUIETEST_WEEK);
        let mut excesses: Vec<f64> = usual
            .iter()
            .filter(|lines| **lines >= middle)
            .map(|lines| (lines / middle).ln())
            .collect();
        let spread = median(&mut excesses).unwrap_or(0.0) / std::f64::consts::LN_2;
        // A week of each day is judged, but only about two of the seven are independent.
        let p = budget::VELOCITY_BURST / (MONTH / WEEK as f64) / 2.0;
        let ratio = (0.5 / p).powf(spread).clamp(RATIO.start, RATIO.end);
        sort_descending(&mut before);
        let months = before.len() as f64 * WEEK as f64 / MONTH;
        let spared = whole(budget::VELOCITY_BURST * months) + 1;
        let threshold = (middle * ratio).max(guard(&before, spared));
        (value > threshold).then_some(Burst {
            day,
            value,
            usual: middle,
            weeks,
            threshold,
        })
    }
}
