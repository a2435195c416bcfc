//! What a skill would be without one piece of evidence, for each piece: exactly what replaying all the others gives, and
//! cheaper. Up to the first place that a piece changes the replays are one, and what is seen in a row is worked out once.

use std::collections::BTreeMap;

use trueline_facts::skill::{Ability, Cell};

use crate::day::Day;
use crate::evidence::{Row, RowId};
use crate::folded::Folded;
use crate::items::Item;
use crate::likelihood::Observation;
use crate::model::{Feedback, Skill};
use crate::profile::Counts;

/// Places that see something else, and what.
type Changes = Vec<(usize, Option<Observation>)>;

/// A row as a replay takes it. What its place sees of counts differs with what is left out.
struct Step<'r> {
    row: &'r Row,
    item: Item,
    feedback: Feedback,
    /// What is seen there with all rows.
    seen: Option<Observation>,
}

impl Step<'_> {
    fn take(&self, skill: &mut Skill, seen: Option<&Observation>) {
        let Some(seen) = seen else {
            return;
        };
        skill.advance(self.row.day);
        let cell = (self.row.cell.language, self.row.cell.class);
        let Item { easiness, variance } = self.item;
        skill.observe(cell, easiness, variance, seen, self.feedback);
    }
}

/// The mean of a cell without each of the rows, which are those that count, of its ability and up to the day.
pub(crate) fn means<'r>(
    folded: &Folded,
    rows: impl IntoIterator<Item = &'r Row>,
    cell: Cell,
    day: Day,
) -> BTreeMap<&'r RowId, f64> {
    let mut rows: Vec<&Row> = rows.into_iter().collect();
    rows.sort_by(|a, b| (a.day, &a.id).cmp(&(b.day, &b.id)));
    let counts = Counts::of(&rows);
    let steps: Vec<Step<'_>> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| Step {
            row,
            item: row.item(),
            feedback: row.feedback(),
            seen: row
                .observation()
                .and_then(|seen| counts.seen_at(at, row, seen)),
        })
        .collect();
    // By the place from which on a replay without a row differs: its own if something is seen there, and where counts
    // of its month are taken together.
    let mut branches: BTreeMap<usize, Vec<(usize, Changes)>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        let changes = counts.without(&rows, at);
        let own = step.seen.map(|_| at);
        let from = changes.iter().map(|(place, _)| *place).chain(own).min();
        if let Some(from) = from {
            branches.entry(from).or_default().push((at, changes));
        }
    }
    let mut means = BTreeMap::new();
    let mut before = start(folded, cell.ability);
    let mut next = 0;
    for (from, left_out) in branches {
        for step in steps.iter().take(from).skip(next) {
            step.take(&mut before, step.seen.as_ref());
        }
        next = from;
        for (at, changes) in left_out {
            let mut skill = before.clone();
            for (place, step) in steps.iter().enumerate().skip(from) {
                if place == at {
                    continue;
                }
                match changes.iter().find(|(changed, _)| *changed == place) {
                    Some((_, seen)) => step.take(&mut skill, seen.as_ref()),
                    None => step.take(&mut skill, step.seen.as_ref()),
                }
            }
            skill.advance(day);
            means.insert(&steps[at].row.id, skill.of(cell).mean);
        }
    }
    means
}

fn start(folded: &Folded, ability: Ability) -> Skill {
    folded.skills.get(&ability).cloned().unwrap_or_default()
}
