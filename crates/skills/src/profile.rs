//! What is known of one subject: a pure function of the rows that count and of a day.
//!
//! A profile cannot be serialised and shows no number to other crates. What it knows leaves it through
//! `disclose`, which asks who is reading.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use trueline_facts::skill::{Ability, Cell, Interval, Standing};

use crate::day::Day;
use crate::evidence::{Row, RowId};
use crate::folded::Folded;
use crate::likelihood::{Observation, Seen, Weight};
use crate::math::{Z80, chance, rounded, sigmoid};
use crate::model::{CELL_PRIOR, Component, Skill, prior};
use crate::subject::Principal;
use crate::update::Belief;

/// A standard deviation of this or more says nothing yet.
pub const WIDEST: f64 = 0.9;
/// Less evidence than so many even-odds answers says nothing yet.
pub const LEAST_ANSWERS: f64 = 4.0;

/// What is known of one subject on one day.
#[derive(Clone, PartialEq)]
pub struct Profile {
    owner: Principal,
    day: Day,
    skills: BTreeMap<Ability, Skill>,
    cells: BTreeMap<Cell, CellRows>,
    expected: BTreeMap<RowId, f64>,
}

/// The rows of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CellRows {
    pub(crate) rows: u64,
    pub(crate) last: Day,
}

impl fmt::Debug for Profile {
    /// Says whose it is, never what it says: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("owner", &self.owner)
            .field("day", &self.day)
            .finish_non_exhaustive()
    }
}

/// Counts of one skill in one month are one observation, at the last of their rows. One by one they would say
/// something else: a row without a finding says little for a high skill, and a finding alone says nothing of how many
/// places there were, so that the approximation after each of them adds up.
pub(crate) struct Counts(BTreeMap<CountKey, Count>);

/// Skill, month, and weight as bits.
type CountKey = (Cell, (i16, i8), u64);

#[derive(Clone, Copy)]
struct Count {
    first: usize,
    last: usize,
    rows: u32,
    events: u32,
    expected: f64,
}

impl Counts {
    pub(crate) fn of(rows: &[&Row]) -> Self {
        let mut counts: BTreeMap<CountKey, Count> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            let Some(observation) = row.observation() else {
                continue;
            };
            if matches!(observation.seen, Seen::Events { .. }) {
                let key = Self::key(row, observation.weight);
                let of = counts.entry(key).or_insert(Count::at(at));
                of.add(at, &observation);
            }
        }
        Self(counts)
    }

    fn key(row: &Row, weight: Weight) -> CountKey {
        (row.cell, row.day.month(), weight.value().to_bits())
    }

    /// What is seen with a row: of counts all of the month with the last, and nothing with those before.
    pub(crate) fn seen_at(
        &self,
        at: usize,
        row: &Row,
        observation: Observation,
    ) -> Option<Observation> {
        if !matches!(observation.seen, Seen::Events { .. }) {
            return Some(observation);
        }
        let count = self.0.get(&Self::key(row, observation.weight))?;
        count.seen_at(at, observation)
    }

    /// Which other places see something else without a row, and what: those at which counts of its month are taken
    /// together with it, and without it.
    pub(crate) fn without(&self, rows: &[&Row], at: usize) -> Vec<(usize, Option<Observation>)> {
        let counted = |row: &Row| {
            row.observation()
                .filter(|observation| matches!(observation.seen, Seen::Events { .. }))
                .map(|observation| (Self::key(row, observation.weight), observation))
        };
        let Some((key, _)) = rows.get(at).and_then(|row| counted(row)) else {
            return Vec::new();
        };
        let Some(all) = self.0.get(&key) else {
            return Vec::new();
        };
        let mut others: Option<Count> = None;
        let mut seen = BTreeMap::new();
        for (place, row) in rows.iter().enumerate().take(all.last + 1).skip(all.first) {
            if let Some((_, observation)) =
                counted(row).filter(|(its, _)| place != at && *its == key)
            {
                Count::add(others.get_or_insert(Count::at(place)), place, &observation);
                seen.insert(place, observation);
            }
        }
        let Some(others) = others else {
            return Vec::new();
        };
        let places = [all.last, others.last];
        let changed = seen.into_iter().filter(|(place, _)| places.contains(place));
        changed
            .map(|(place, observation)| (place, others.seen_at(place, observation)))
            .collect()
    }
}

impl Count {
    const fn at(first: usize) -> Self {
        Self {
            first,
            last: first,
            rows: 0,
            events: 0,
            expected: 0.0,
        }
    }

    fn add(&mut self, at: usize, observation: &Observation) {
        if let Seen::Events { count, log_rate } = observation.seen {
            self.last = at;
            self.rows += 1;
            self.events = self.events.saturating_add(count);
            self.expected += libm::exp(log_rate);
        }
    }

    fn seen_at(&self, at: usize, observation: Observation) -> Option<Observation> {
        match (self.last == at, self.rows) {
            (false, _) => None,
            (true, 1) => Some(observation),
            (true, _) => Some(Observation {
                seen: Seen::Events {
                    count: self.events,
                    log_rate: libm::log(self.expected),
                },
                weight: observation.weight,
            }),
        }
    }
}

impl Profile {
    /// Replays all rows up to `day`, in the order of days and then of ids, so that neither the order of
    /// a file nor the number of threads matters. Rows in `without` do not count.
    #[must_use]
    pub(crate) fn replay<'r>(
        rows: impl IntoIterator<Item = &'r Row>,
        without: &BTreeSet<&RowId>,
        day: Day,
    ) -> Self {
        Self::resume(&Folded::default(), rows, without, day)
    }

    /// The same, going on from what is folded.
    #[must_use]
    pub(crate) fn resume<'r>(
        folded: &Folded,
        rows: impl IntoIterator<Item = &'r Row>,
        without: &BTreeSet<&RowId>,
        day: Day,
    ) -> Self {
        let mut profile = Self::up_to(folded, rows, without, day);
        for skill in profile.skills.values_mut() {
            skill.advance(day);
        }
        profile
    }

    /// The same, as it stood after the last row: what is folded goes on from there to the last bit.
    pub(crate) fn up_to<'r>(
        folded: &Folded,
        rows: impl IntoIterator<Item = &'r Row>,
        without: &BTreeSet<&RowId>,
        day: Day,
    ) -> Self {
        let mut rows: Vec<&Row> = rows
            .into_iter()
            .filter(|row| row.day <= day && !without.contains(&row.id))
            .collect();
        rows.sort_by(|a, b| (a.day, &a.id).cmp(&(b.day, &b.id)));
        let mut profile = Self {
            owner: Principal::local_owner(),
            day,
            skills: folded.skills.clone(),
            cells: folded.cells.clone(),
            expected: BTreeMap::new(),
        };
        let counts = Counts::of(&rows);
        for (at, row) in rows.iter().enumerate() {
            let Some(observation) = row.observation() else {
                continue;
            };
            profile.count(row);
            if let Some(observation) = counts.seen_at(at, row, observation) {
                profile.take(row, &observation);
            }
        }
        profile
    }

    /// What of it is folded.
    pub(crate) fn into_parts(self) -> (BTreeMap<Ability, Skill>, BTreeMap<Cell, CellRows>) {
        (self.skills, self.cells)
    }

    fn take(&mut self, row: &Row, observation: &Observation) {
        let item = row.item();
        let skill = self.skills.entry(row.cell.ability).or_default();
        skill.advance(row.day);
        let before = skill.observe(
            (row.cell.language, row.cell.class),
            item.easiness,
            item.variance,
            observation,
            row.feedback(),
        );
        if matches!(observation.seen, Seen::Answer { .. }) {
            self.expected
                .insert(row.id.clone(), chance(before.mean, before.variance));
        }
    }

    fn count(&mut self, row: &Row) {
        let rows = self.cells.entry(row.cell).or_insert(CellRows {
            rows: 0,
            last: row.day,
        });
        rows.rows += 1;
        rows.last = rows.last.max(row.day);
    }

    /// Whose it is.
    pub(crate) const fn owner(&self) -> &Principal {
        &self.owner
    }

    /// The day it speaks of.
    #[must_use]
    pub(crate) const fn day(&self) -> Day {
        self.day
    }

    pub(crate) const fn cells(&self) -> &BTreeMap<Cell, CellRows> {
        &self.cells
    }

    pub(crate) fn has(&self, ability: Ability) -> bool {
        self.skills.contains_key(&ability)
    }

    pub(crate) fn expected(&self, row: &RowId) -> Option<f64> {
        self.expected.get(row).copied()
    }

    pub(crate) fn belief(&self, cell: Cell) -> Belief {
        self.skills.get(&cell.ability).map_or(
            Belief {
                mean: 0.0,
                variance: CELL_PRIOR,
            },
            |skill| skill.of(cell),
        )
    }

    pub(crate) fn overall(&self, ability: Ability) -> Belief {
        self.skills.get(&ability).map_or(
            Belief {
                mean: 0.0,
                variance: prior(Component::Overall),
            },
            Skill::overall,
        )
    }
}

/// What a belief is worth in even-odds answers, beyond what is known of anybody.
pub(crate) fn effective_answers(belief: Belief, prior: f64) -> f64 {
    (4.0 * (1.0 / belief.variance - 1.0 / prior)).max(0.0)
}

/// A belief as a document may show it; `prior` is its variance before any evidence.
#[must_use]
pub(crate) fn standing(belief: Belief, prior: f64) -> Standing {
    let effective = effective_answers(belief, prior);
    let sd = libm::sqrt(belief.variance);
    if sd >= WIDEST || effective < LEAST_ANSWERS {
        return Standing::NotEnoughEvidence {
            // Down, so that what is not enough never reads like enough.
            effective_answers: libm::floor(effective * 10.0) / 10.0,
            needed: LEAST_ANSWERS,
        };
    }
    let (low, high) = (belief.mean - Z80 * sd, belief.mean + Z80 * sd);
    Standing::Estimated(Interval {
        low: rounded(low, 2),
        mean: rounded(belief.mean, 2),
        high: rounded(high, 2),
        chance_low: rounded(sigmoid(low), 3),
        chance: rounded(sigmoid(belief.mean), 3),
        chance_high: rounded(sigmoid(high), 3),
        effective_answers: rounded(effective, 1),
    })
}
