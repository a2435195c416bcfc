//! A tool that wrote steadily fell silent while those who use it went on working.
//!
//! Often a vendor renamed an event or a setting dropped the trailer: the code is still written by
//! the tool, but no longer known to be. Silence counts only against commits, without evidence of any
//! tool, of the same people; holidays and a change of tool are no loss. People are told apart for
//! this sum alone and never reported.

use std::collections::{BTreeMap, BTreeSet};

use smallvec::SmallVec;
use trueline_facts::Timestamp;
use trueline_facts::health::{Anomaly, AnomalyKind};
use trueline_facts::time::DAY;

use super::robust::whole;
use super::timeline::{Timeline, WEEK};
use super::{budget, counted};

/// Weeks that say whether a tool wrote steadily.
const PAST: i64 = 12;
/// In so many of them it must have written.
const STEADY: usize = 9;
/// And so many commits in all.
const FEWEST_COMMITS: f64 = 12.0;
/// Fewer silent weeks than this are a holiday or a deadline.
const SHORTEST: i64 = 3;
/// Chance of silence by chance at which it is reported. There are about four silent weeks that
/// could begin one in a month, and few tools: this keeps within the budget.
const CHANCE: f64 = 0.002;

/// One commit, the person (an opaque number) and the tools that its evidence names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::signals) struct Voice {
    /// Committer time, in seconds.
    pub(in crate::signals) time: i64,
    /// Who committed: an index, never shown.
    pub(in crate::signals) person: u32,
    /// Names of tools; empty without evidence.
    pub(in crate::signals) tools: SmallVec<[Box<str>; 1]>,
}

/// Commits of one person in one week.
#[derive(Clone, Copy, Default)]
struct Tally {
    with: f64,
    /// Without evidence of any tool.
    without: f64,
}

type Week = BTreeMap<u32, Tally>;

struct Silence {
    since: i64,
    /// For each user of the tool: the share of their commits that it signed before.
    shares: BTreeMap<u32, f64>,
    /// Variance of weekly commits over their expectation.
    dispersion: f64,
    active: usize,
    expected: f64,
    reported: bool,
}

pub(super) fn judge(timeline: &Timeline) -> Vec<Anomaly> {
    let tools: BTreeSet<&str> = timeline
        .voices
        .iter()
        .flat_map(|voice| voice.tools.iter().map(AsRef::as_ref))
        .collect();
    let mut anomalies = Vec::new();
    for tool in tools {
        judge_tool(timeline, tool, &mut anomalies);
    }
    anomalies
}

fn judge_tool(timeline: &Timeline, tool: &str, anomalies: &mut Vec<Anomaly>) {
    let Some(weeks) = weeks(timeline, tool) else {
        return;
    };
    let mut silence: Option<Silence> = None;
    // The last week of the timeline is rarely over; it is judged when it is.
    for week in weeks.first_week..timeline.end.div_euclid(DAY * WEEK) {
        if weeks.total(week) > 0.0 {
            silence = None;
            continue;
        }
        if silence.is_none() {
            silence = weeks.steady_before(week);
        }
        let Some(silent) = &mut silence else {
            continue;
        };
        silent.expected += weeks.at(week).map_or(0.0, |tallies| {
            silent
                .shares
                .iter()
                .filter_map(|(person, share)| Some(share * tallies.get(person)?.without))
                .sum()
        });
        let long = week - silent.since + 1;
        let since = silent.since * WEEK * DAY;
        if silent.reported || long < SHORTEST || silent.chance() > CHANCE {
            continue;
        }
        silent.reported = true;
        if since < timeline.start || !timeline.judges(since.div_euclid(DAY)) {
            continue;
        }
        anomalies.push(Anomaly {
            kind: AnomalyKind::EvidenceLoss,
            time: Timestamp(since),
            commit: None,
            value: (silent.expected * 10.0).round() / 10.0,
            threshold: silent.enough(),
            reason: format!(
                "{tool} wrote in {} of {PAST} weeks and then fell silent for {}, although about {} with its evidence were to be expected from the same people. Did a setting or a hook change?",
                silent.active,
                counted(whole(long as f64), "week"),
                counted(whole(silent.expected.round()), "commit"),
            ),
            false_alarms_per_month: budget::EVIDENCE_LOSS,
        });
    }
}

impl Silence {
    /// Probability of no commit at all when `expected` were to come: negative binomial with the
    /// dispersion seen before, Poisson when it is 1.
    fn chance(&self) -> f64 {
        let d = self.dispersion;
        if d < 1.01 {
            (-self.expected).exp()
        } else {
            d.powf(-self.expected / (d - 1.0))
        }
    }

    /// The expectation at which silence is reported.
    fn enough(&self) -> f64 {
        let d = self.dispersion;
        let exact = if d < 1.01 {
            -CHANCE.ln()
        } else {
            -CHANCE.ln() * (d - 1.0) / d.ln()
        };
        (exact * 10.0).round() / 10.0
    }
}

struct Weeks {
    first_week: i64,
    tallies: Vec<Week>,
}

/// Commits by week and person; `None` for a tool that never could be called steady.
fn weeks(timeline: &Timeline, tool: &str) -> Option<Weeks> {
    let speaks = |voice: &Voice| voice.tools.iter().any(|t| &**t == tool);
    let week_of = |voice: &Voice| voice.time.div_euclid(DAY * WEEK);
    let mut spoken = timeline.voices.iter().filter(|v| speaks(v));
    let first_week = week_of(spoken.next()?);
    if (spoken.count() as f64) + 1.0 < FEWEST_COMMITS {
        return None;
    }
    let last = timeline.end.div_euclid(DAY * WEEK);
    // A commit dated in the far past or future must not make this table large.
    let first_week = first_week.max(timeline.start.div_euclid(DAY * WEEK) - 2 * PAST);
    let mut tallies = vec![Week::new(); usize::try_from(last - first_week + 1).ok()?];
    for voice in &timeline.voices {
        let Some(week) = usize::try_from(week_of(voice) - first_week)
            .ok()
            .and_then(|ix| tallies.get_mut(ix))
        else {
            continue;
        };
        if speaks(voice) {
            week.entry(voice.person).or_default().with += 1.0;
        } else if voice.tools.is_empty() {
            week.entry(voice.person).or_default().without += 1.0;
        }
    }
    Some(Weeks {
        first_week,
        tallies,
    })
}

impl Weeks {
    fn at(&self, week: i64) -> Option<&Week> {
        self.tallies
            .get(usize::try_from(week - self.first_week).ok()?)
    }

    fn total(&self, week: i64) -> f64 {
        self.at(week)
            .map_or(0.0, |week| week.values().map(|t| t.with).sum())
    }

    /// The beginning of a silence, if the weeks before it were steady.
    fn steady_before(&self, week: i64) -> Option<Silence> {
        let past = week - PAST..week;
        let totals: Vec<f64> = past.clone().map(|w| self.total(w)).collect();
        let active = totals.iter().filter(|n| **n > 0.0).count();
        if active < STEADY || totals.iter().sum::<f64>() < FEWEST_COMMITS {
            return None;
        }
        let mut sums = Week::new();
        for (person, tally) in past.clone().filter_map(|w| self.at(w)).flatten() {
            let sum = sums.entry(*person).or_default();
            sum.with += tally.with;
            sum.without += tally.without;
        }
        let shares: BTreeMap<u32, f64> = sums
            .iter()
            .filter(|(_, sum)| sum.with > 0.0)
            .map(|(person, sum)| (*person, sum.with / (sum.with + sum.without)))
            .collect();
        // Pearson's dispersion of the weekly totals around what the shares make of each week.
        let mut squares = 0.0;
        let mut degrees: f64 = -1.0;
        for w in past {
            let expected: f64 = self.at(w).map_or(0.0, |tallies| {
                tallies
                    .iter()
                    .filter_map(|(p, t)| Some(shares.get(p)? * (t.with + t.without)))
                    .sum()
            });
            if expected > 0.0 {
                squares += (self.total(w) - expected).powi(2) / expected;
                degrees += 1.0;
            }
        }
        Some(Silence {
            since: week,
            shares,
            dispersion: (squares / degrees.max(1.0)).clamp(1.0, 10.0),
            active,
            expected: 0.0,
            reported: false,
        })
    }
}
