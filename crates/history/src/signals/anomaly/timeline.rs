//! The commits of the window as the detectors see them, and which of them speak for which day.
//!
//! Days are UTC days since the epoch and weeks are seven of them, so that a result does not move
//! when HEAD does. Merges and imports (root commits, commits at a cut of history) are left out:
//! what they add was not written there and then.

use std::ops::Range;

use trueline_facts::CommitId;
use trueline_facts::time::DAY;

use super::configuration::Steering;
use super::dependencies::Entries;
use super::evidence_loss::Voice;

/// Days in a week.
pub(super) const WEEK: i64 = 7;

/// One commit of the window.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::signals) struct Moment {
    /// Its id.
    pub(in crate::signals) id: CommitId,
    /// Committer time, in seconds.
    pub(in crate::signals) time: i64,
    /// Lines added, generated files left out.
    pub(in crate::signals) added: u64,
    /// Entries of dependency manifests that it changed, where it touched any that could be read.
    pub(in crate::signals) entries: Option<Entries>,
}

impl Moment {
    /// The UTC day, counted from the epoch.
    pub(super) fn day(&self) -> i64 {
        self.time.div_euclid(DAY)
    }
}

/// What all detectors read.
#[derive(Clone, Debug, Default)]
pub(in crate::signals) struct Timeline {
    /// Commits of the window, oldest first.
    pub(in crate::signals) moments: Vec<Moment>,
    /// Changes of agent configuration in all of history, oldest first.
    pub(in crate::signals) steering: Vec<Steering>,
    /// Who spoke of a tool when, in all of history, oldest first.
    pub(in crate::signals) voices: Vec<Voice>,
    /// First second with line counts: the start of the window or of history.
    pub(in crate::signals) start: i64,
    /// HEAD's committer time.
    pub(in crate::signals) end: i64,
    /// History begins at `start`: there is no past before it.
    pub(in crate::signals) born: bool,
}

impl Timeline {
    /// A repository is new for so many days: nothing is usual yet.
    const NEW: i64 = 28;
    /// A day with so many days of own past needs no other.
    pub(super) const OWN_PAST: i64 = 56;
    /// How far back the past reaches.
    const PAST: i64 = 182;

    /// The first day.
    pub(super) fn first_day(&self) -> i64 {
        self.start.div_euclid(DAY)
    }

    /// The last day.
    pub(super) fn last_day(&self) -> i64 {
        self.end.div_euclid(DAY)
    }

    /// Is there enough past to judge a day?
    pub(super) fn judges(&self, day: i64) -> bool {
        day >= self.first_day() + if self.born { Self::NEW } else { 0 }
    }

    /// Near the start of the window a day has too little past of its own and borrows from the
    /// weeks that follow it.
    pub(super) fn borrows(&self, day: i64) -> bool {
        day - self.first_day() < Self::OWN_PAST
    }

    /// The days that say what is usual on a day: the half year before; near the start of the
    /// window also some weeks after. `own` days from `day` on are left out.
    pub(super) fn baseline(&self, day: i64, own: i64) -> impl Iterator<Item = Range<i64>> {
        let first = self.first_day();
        let before = first.max(day - Self::PAST)..day;
        let after = self.borrows(day).then(|| {
            let from = day + own;
            from..from.max((first + 2 * Self::OWN_PAST + own).min(self.last_day() + 1))
        });
        std::iter::once(before).chain(after)
    }

    /// The moments of a range of days.
    pub(super) fn between(&self, days: Range<i64>) -> &[Moment] {
        let from = self.moments.partition_point(|m| m.day() < days.start);
        let to = self.moments.partition_point(|m| m.day() < days.end);
        self.moments.get(from..to).unwrap_or_default()
    }
}
