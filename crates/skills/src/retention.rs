//! How long evidence is kept: records older than that are folded into what they led to.
//!
//! Folded is what is over: an exercise that was solved or given up, an answered review item, a fix, all of whose
//! records are old enough. Where a skill stands does not move by it; what can be listed and disputed ends.

use std::collections::BTreeMap;

use trueline_facts::attempt::{Attempt, AttemptKind, AttemptOutcome, Past, PastStanding};

use crate::attempts::{GIVEN_UP, parse, read_after};
use crate::day::Day;
use crate::decisions::Decisions;
use crate::disclose::{add_accepted, add_reliance, counting_accepted, counting_tries};
use crate::evidence::RowId;
use crate::folded::Folded;
use crate::practise;
use crate::profile::Profile;

/// Days that evidence is kept where nobody said otherwise.
pub const USUAL_DAYS: u32 = 180;

/// Which records belong together: they count, or are over, as one.
type Item = (AttemptKind, String, u32);

/// Folds what is over and not younger than `last`: what is folded then, and the lines that are left. Nothing where
/// nothing is old enough.
#[must_use]
pub fn fold(
    text: &str,
    folded: &Folded,
    decisions: &Decisions,
    last: Day,
) -> Option<(Folded, String)> {
    let of_line = |line: &str| -> Option<(Attempt, Day)> {
        let attempt = parse(line).ok()??;
        let day = attempt.day.parse().ok()?;
        Some((attempt, day))
    };
    let mut latest: BTreeMap<Item, Day> = BTreeMap::new();
    for (attempt, day) in text.lines().filter_map(of_line) {
        let latest = latest.entry(item(&attempt)).or_insert(day);
        *latest = (*latest).max(day);
    }
    let mut stands: BTreeMap<String, Attempt> = BTreeMap::new();
    for (attempt, _) in text.lines().filter_map(of_line) {
        match stands.get_mut(&attempt.id) {
            Some(known) => known.amend(&attempt),
            None => {
                stands.insert(attempt.id.clone(), attempt);
            }
        }
    }
    let disputed = decisions.disputed();
    let is_disputed = |a: &Attempt| disputed.contains(&RowId::new(&a.id));
    // Where a finding waits for a word, it and what waits with it stay.
    let waits = |a: &Attempt| {
        a.kind == AttemptKind::Finding && a.outcome == AttemptOutcome::Unknown && !is_disputed(a)
    };
    let waiting: Vec<(&str, &str)> = stands
        .values()
        .filter(|a| waits(a))
        .map(|a| (a.language.as_str(), a.class.as_str()))
        .collect();
    let is_waiting = |a: &Attempt| match a.kind {
        AttemptKind::Finding | AttemptKind::Change => {
            waiting.contains(&(a.language.as_str(), a.class.as_str()))
        }
        _ => false,
    };
    let is_over = |attempt: &Attempt| {
        if is_waiting(attempt) {
            return false;
        }
        latest
            .get(&item(attempt))
            .is_some_and(|day| match attempt.kind {
                // As long as it may still be solved nobody gave it up.
                AttemptKind::Attempt => day.plus(GIVEN_UP) <= last,
                AttemptKind::Review | AttemptKind::Fix | AttemptKind::Catch => *day <= last,
                // Counts of a month are one observation: they go together.
                AttemptKind::Change | AttemptKind::Finding => day.month() < last.plus(1).month(),
            })
    };
    let (mut old, mut left) = (String::new(), String::new());
    let mut past: BTreeMap<Item, Past> = BTreeMap::new();
    let mut records = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match of_line(line) {
            Some((attempt, _)) if is_over(&attempt) => {
                records += 1;
                // What is disputed has never been: what was tried in it may be tried for the first time.
                if !is_disputed(&attempt) {
                    take(&mut past, &attempt);
                }
                old.push_str(line);
                old.push('\n');
            }
            // What cannot be read stays for whoever can mend it.
            _ => {
                left.push_str(line);
                left.push('\n');
            }
        }
    }
    if records == 0 {
        return None;
    }
    Some((
        folded_with(folded, decisions, &old, last, past, records),
        left,
    ))
}

fn folded_with(
    before: &Folded,
    decisions: &Decisions,
    old: &str,
    last: Day,
    past: BTreeMap<Item, Past>,
    records: u64,
) -> Folded {
    let reading = read_after(before.clone(), old, "", &decisions.disputed());
    let profile = Profile::up_to(before, &reading.rows, &decisions.disputed(), last);
    let mut folded = before.clone();
    folded.through = before.through.max(Some(last));
    folded.records += records;
    folded.cards = practise::cards_after(
        before.cards.clone(),
        counting_tries(&reading, decisions, last),
        &reading.rows,
    );
    for said in &reading.said {
        *folded.said.entry((said.percent, said.right)).or_default() += 1;
    }
    for one in counting_tries(&reading, decisions, last) {
        add_reliance(&mut folded.reliance, one);
    }
    for one in counting_accepted(&reading, decisions, last) {
        add_accepted(&mut folded.reliance, one);
    }
    (folded.skills, folded.cells) = profile.into_parts();
    for one in past.into_values() {
        let same = |known: &&mut Past| {
            (known.kind, &known.scenario, known.version) == (one.kind, &one.scenario, one.version)
        };
        match folded.past.iter_mut().find(same) {
            Some(known) => {
                known.tries += one.tries;
                known.standing = known.standing.max(one.standing);
            }
            None => folded.past.push(one),
        }
    }
    folded
}

fn item(attempt: &Attempt) -> Item {
    (attempt.kind, attempt.scenario.clone(), attempt.version)
}

fn take(past: &mut BTreeMap<Item, Past>, attempt: &Attempt) {
    let standing = PastStanding::of(attempt);
    let known = past.entry(item(attempt)).or_insert_with(|| Past {
        kind: attempt.kind,
        scenario: attempt.scenario.clone(),
        version: attempt.version,
        standing,
        tries: 0,
    });
    known.tries += 1;
    known.standing = known.standing.max(standing);
}
