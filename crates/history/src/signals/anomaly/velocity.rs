//! Far more lines added within seven days than this repository's own past explains.
//!
//! Every day of the window closes a week; its added lines (generated files left out, large commits
//! counted only as far as explained, the largest commit of the week not at all: one commit is no pace)
//! are compared with separate weeks of the last half year on a logarithmic scale. Days that follow
//! each other are one burst, reported at its peak. In a quiet repository few lines are no burst,
//! unless they come in many commits.

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
/// Commits of a usual week at least, for a burst below that: one a working day.
const FEWEST_COMMITS: f64 = 5.0;
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
                if burst.height() > peak.height() {
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

/// Lines and commits of seven days.
#[derive(Clone, Copy)]
struct Week {
    /// Without the largest commit.
    lines: f64,
    commits: f64,
}

/// What weeks around a day say is usual.
struct Usual {
    middle: f64,
    threshold: f64,
    weeks: usize,
}

struct Burst {
    day: i64,
    value: f64,
    usual: Usual,
    /// Where the lines alone are too few: the commits and what is usual.
    commits: Option<(f64, Usual)>,
}

impl Burst {
    /// How far it is beyond what is usual.
    fn height(&self) -> f64 {
        self.value / self.usual.threshold
    }

    fn report(&self) -> Anomaly {
        let Self { value, usual, .. } = self;
        Anomaly {
            kind: AnomalyKind::VelocityBurst,
            time: Timestamp((self.day - WEEK + 1) * DAY),
            commit: None,
            value: value.round(),
            threshold: usual.threshold.round(),
            reason: match &self.commits {
                None => format!(
                    "{} lines were added in seven days, the largest commit left out: {:.1} times a usual week ({}). By the {} weeks around it, up to {} are usual.",
                    count(*value),
                    value / usual.middle,
                    least(usual.middle, QUIETEST_WEEK),
                    usual.weeks,
                    count(usual.threshold),
                ),
                Some((commits, often)) => format!(
                    "{} commits were made in seven days: {:.1} times a usual week ({}). By the {} weeks around it, up to {} are usual. They are small, but add more than usual here: {} lines, the largest commit left out, where up to {} are usual.",
                    count(*commits),
                    commits / often.middle,
                    least(often.middle, FEWEST_COMMITS),
                    often.weeks,
                    count(often.threshold),
                    count(*value),
                    count(usual.threshold),
                ),
            },
            false_alarms_per_month: budget::VELOCITY_BURST,
        }
    }
}

/// What is usual, and whether that is only the least that counts.
fn least(middle: f64, floor: f64) -> String {
    let remark = if middle > floor {
        ""
    } else {
        ", the least that counts"
    };
    format!("{}{remark}", count(middle))
}

/// What each day added: all lines, those of its largest commit, and commits that added any.
#[derive(Clone, Copy, Default)]
struct Added {
    all: f64,
    largest: f64,
    commits: f64,
}

struct Weeks {
    first_day: i64,
    days: Vec<Added>,
}

impl Weeks {
    fn new(timeline: &Timeline, explained: &[f64]) -> Self {
        let first_day = timeline.first_day();
        let count = usize::try_from(timeline.last_day() - first_day + 1).unwrap_or(0);
        let mut days = vec![Added::default(); count];
        for (moment, lines) in timeline.moments.iter().zip(explained) {
            if let Some(added) = usize::try_from(moment.day() - first_day)
                .ok()
                .and_then(|day| days.get_mut(day))
            {
                added.all += lines;
                added.largest = added.largest.max(*lines);
                added.commits += f64::from(u8::from(*lines > 0.0));
            }
        }
        Self { first_day, days }
    }

    /// The week that ends with `day`; `None` when it does not lie inside the timeline.
    fn ending(&self, day: i64) -> Option<Week> {
        let end = usize::try_from(day - self.first_day + 1).ok()?;
        let week = self.days.get(end.checked_sub(WEEK as usize)?..end)?;
        let all: f64 = week.iter().map(|day| day.all).sum();
        let largest = week.iter().map(|day| day.largest).fold(0.0, f64::max);
        Some(Week {
            lines: all - largest,
            commits: week.iter().map(|day| day.commits).sum(),
        })
    }

    fn judge(&self, timeline: &Timeline, day: i64) -> Option<Burst> {
        if !timeline.judges(day) {
            return None;
        }
        let week = self.ending(day)?;
        let burst = |usual, commits| Burst {
            day,
            value: week.lines,
            usual,
            commits,
        };
        let usual = self.usual(timeline, day, QUIETEST_WEEK, |week| week.lines)?;
        if week.lines > usual.threshold {
            return Some(burst(usual, None));
        }
        if usual.middle > QUIETEST_WEEK {
            return None;
        }
        let few = self.usual(timeline, day, 1.0, |week| week.lines)?;
        let often = self.usual(timeline, day, FEWEST_COMMITS, |week| week.commits)?;
        let is_burst = week.lines > few.threshold && week.commits > often.threshold;
        is_burst.then(|| burst(few, Some((week.commits, often))))
    }

    /// What is usual on a day by a measure of weeks, of which at least `floor` is usual.
    fn usual(
        &self,
        timeline: &Timeline,
        day: i64,
        floor: f64,
        measure: impl Fn(Week) -> f64,
    ) -> Option<Usual> {
        let ending = |day| self.ending(day).map(&measure);
        let mut before: Vec<f64> = Vec::new();
        let mut end = day - WEEK;
        while let Some(value) = ending(end) {
            before.push(value);
            end -= WEEK;
        }
        let mut usual = before[..before.len().min(USUAL_WEEKS)].to_vec();
        if timeline.borrows(day) {
            let mut end = day + WEEK;
            while usual.len() < 2 * (Timeline::OWN_PAST / WEEK) as usize
                && let Some(value) = ending(end)
            {
                usual.push(value);
                before.push(value);
                end += WEEK;
            }
        }
        if usual.len() < FEWEST_WEEKS {
            return None;
        }
        let weeks = usual.len();
        let middle = median(&mut usual)?.max(floor);
        let mut excesses: Vec<f64> = usual
            .iter()
            .filter(|value| **value >= middle)
            .map(|value| (value / middle).ln())
            .collect();
        let spread = median(&mut excesses).unwrap_or(0.0) / std::f64::consts::LN_2;
        // A week of each day is judged, but only about two of the seven are independent.
        let p = budget::VELOCITY_BURST / (MONTH / WEEK as f64) / 2.0;
        let ratio = (0.5 / p).powf(spread).clamp(RATIO.start, RATIO.end);
        sort_descending(&mut before);
        let months = before.len() as f64 * WEEK as f64 / MONTH;
        let spared = whole(budget::VELOCITY_BURST * months) + 1;
        Some(Usual {
            middle,
            threshold: (middle * ratio).max(guard(&before, spared)),
            weeks,
        })
    }
}
