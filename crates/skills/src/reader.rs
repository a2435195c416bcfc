//! Makes rows of records, one after the other: what counts, what is set aside and why.
//!
//! It sees records in the order of days, numbers and ids, whatever the order of the file, and no disputed one.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Diagnostic;
use trueline_facts::attempt::{Aid, AidBasis, Attempt, AttemptKind, AttemptOutcome};
use trueline_facts::skill::{Ability, Cell, Language, SetAside, WeaknessClass};

use crate::attempts::{Accepted, GIVEN_UP, Reading, Record, Try};
use crate::certainty::Said;
use crate::day::Day;
use crate::evidence::{Happened, MOST_BY_CHANCE, Row, RowId};
use crate::exposure;
use crate::folded::Folded;
use crate::weakness::class_of;

/// Why what was run without isolation is none.
const PRACTICE: &str = "run without isolation: practice";
/// Why a further try of what is folded is none.
const DONE_BEFORE: &str = "done before, in the time that is folded";

/// Where a person is with one version of an exercise.
#[derive(Default)]
struct Trial {
    /// Records before, whatever came of them.
    records: u32,
    /// The first try is over: it failed, or it was made without being written down or without isolation.
    failed_first: bool,
    closed: bool,
    /// The latest failed try after the first, as the row that it becomes if it stays the last.
    pending: Option<Row>,
}

#[derive(Default)]
pub(crate) struct Reader {
    reading: Reading,
    seen: BTreeSet<String>,
    apart: BTreeSet<String>,
    trials: BTreeMap<(String, u32), Trial>,
    /// Tries of an exercise that were judged and not solved: their number and day.
    failed: BTreeMap<(String, u32), Vec<(u32, String)>>,
    reviewed: BTreeSet<(String, u32)>,
    fixed: BTreeSet<String>,
    decided: BTreeSet<String>,
    /// Where a finding in lines of one's own waits for a word.
    waiting: BTreeSet<(Language, WeaknessClass)>,
    changes: BTreeSet<(String, Cell, bool)>,
    caught: BTreeSet<(String, Cell)>,
    aside: BTreeMap<&'static str, u64>,
}

/// What every record is about.
struct Place {
    day: Day,
    language: Language,
    class: WeaknessClass,
}

impl Place {
    fn of(attempt: &Attempt) -> Result<Self, String> {
        let day: Day = attempt.day.parse().map_err(|e| format!("{e}"))?;
        let language: Language = attempt.language.parse().map_err(|e| format!("{e}"))?;
        let class = match attempt.class.parse() {
            Ok(class) => class,
            // Fixes may know the weakness only.
            Err(error) => attempt
                .cwe
                .iter()
                .find_map(|cwe| class_of(*cwe))
                .ok_or_else(|| format!("{error}"))?,
        };
        if !attempt.difficulty.is_finite() || attempt.difficulty.abs() > 10.0 {
            return Err(format!("difficulty {} is no logit", attempt.difficulty));
        }
        Ok(Self {
            day,
            language,
            class,
        })
    }

    fn record(&self, attempt: &Attempt) -> Record {
        let worked = worked(attempt.aid, self.language, self.class);
        let cell = match attempt.kind {
            AttemptKind::Review | AttemptKind::Catch => Cell {
                ability: Ability::Reviewing,
                ..worked
            },
            _ => worked,
        };
        Record {
            id: RowId::new(&attempt.id),
            day: self.day,
            cell,
            what: what(attempt),
        }
    }
}

impl Reader {
    /// Going on from what is folded.
    pub(crate) fn after(folded: Folded) -> Self {
        let mut reader = Self::default();
        reader.reading.folded = folded;
        reader
    }

    pub(crate) const fn seen(&self) -> &BTreeSet<String> {
        &self.seen
    }

    pub(crate) fn tell(&mut self, diagnostic: Diagnostic) {
        self.reading.diagnostics.push(diagnostic);
    }

    /// A record that will be taken. Whoever failed and set the clock back has had the first try: a try of a higher number
    /// is no first one, whatever its day.
    pub(crate) fn expect(&mut self, attempt: &Attempt) {
        let failed = attempt.outcome == AttemptOutcome::Exploited;
        if attempt.kind == AttemptKind::Attempt && failed && !attempt.revealed {
            let key = (attempt.scenario.clone(), attempt.version);
            let failed = self.failed.entry(key).or_default();
            failed.push((attempt.attempt_number, attempt.day.clone()));
        }
    }

    /// A disputed record: only that it is there.
    pub(crate) fn set_apart(&mut self, attempt: &Attempt) -> Result<(), String> {
        let place = Place::of(attempt)?;
        if self.apart.insert(attempt.id.clone()) {
            self.reading.disputed.push(place.record(attempt));
        }
        Ok(())
    }

    pub(crate) fn take(&mut self, attempt: &Attempt) -> Result<(), String> {
        let place = Place::of(attempt)?;
        let Place {
            day,
            language,
            class,
        } = place;
        if !self.seen.insert(attempt.id.clone()) {
            self.aside("recorded twice");
            return Ok(());
        }
        self.reading.records.push(place.record(attempt));
        let folded = &self.reading.folded;
        let was_done = folded.holds(attempt.kind, &attempt.scenario, attempt.version);
        // Still here after a folding that was interrupted: it is counted there.
        if was_done && Some(day) <= folded.through {
            self.aside(DONE_BEFORE);
            return Ok(());
        }
        match attempt.kind {
            AttemptKind::Attempt => self.exercise(attempt, &place, was_done),
            _ if attempt.practice => self.aside(PRACTICE),
            _ if was_done => self.aside(DONE_BEFORE),
            AttemptKind::Review => self.review(attempt, day, language, class),
            AttemptKind::Fix => self.fix(attempt, day, language, class),
            AttemptKind::Change => self.change(attempt, day, language, class),
            AttemptKind::Finding => self.finding(attempt, day, language, class),
            AttemptKind::Catch => self.catch(attempt, day, language, class),
        }
        Ok(())
    }

    fn exercise(&mut self, attempt: &Attempt, place: &Place, was_done: bool) {
        let &Place {
            day,
            language,
            class,
        } = place;
        let folded = self
            .reading
            .folded
            .tries(&attempt.scenario, attempt.version);
        let key = (attempt.scenario.clone(), attempt.version);
        let failed_before = self.failed.get(&key).is_some_and(|failed| {
            let before = |(number, later): &(u32, String)| {
                *number < attempt.attempt_number && *later > attempt.day
            };
            failed.iter().any(before)
        });
        let trial = self.trials.entry(key).or_default();
        let earlier = folded
            .saturating_add(trial.records)
            .saturating_add(attempt.unrecorded);
        trial.records += 1;
        if attempt.revealed {
            self.reading.shown.insert(attempt.scenario.clone());
        }
        let solved = match attempt.outcome {
            AttemptOutcome::Fixed => Some(true),
            AttemptOutcome::Exploited => Some(false),
            _ => None,
        };
        // Whoever saw the verdict of another answer has had the first try.
        trial.failed_first |= attempt.unrecorded > 0 || failed_before;
        if attempt.practice {
            trial.failed_first |= solved.is_some();
            return self.aside(PRACTICE);
        }
        let Some(solved) = solved else {
            return self.aside(match attempt.outcome {
                AttemptOutcome::FunctionalFail => {
                    "a function no longer worked: says nothing about the weakness"
                }
                _ => "could not be judged",
            });
        };
        self.reading.tries.push(Try {
            id: RowId::new(&attempt.id),
            day,
            language,
            class,
            exercise: attempt.scenario.clone(),
            solved,
            earlier,
            hints: u32::from(attempt.hints),
            revealed: attempt.revealed,
            aid: attempt.aid,
        });
        if was_done {
            return self.aside(DONE_BEFORE);
        }
        if trial.closed {
            return self.aside("after it was solved or the solution was shown");
        }
        if attempt.revealed {
            trial.closed = true;
            // Looking at the solution ends a trial: what was tried before it was given up.
            let given_up = trial.pending.take().map(|row| Row { day, ..row });
            self.reading.rows.extend(given_up);
            return self.aside("after it was solved or the solution was shown");
        }
        let row = Row {
            id: RowId::new(&attempt.id),
            day,
            cell: worked(attempt.aid, language, class),
            happened: Happened::Exercise {
                exercise: attempt.scenario.clone(),
                solved,
                // A broken program before says nothing: the first that was judged is the first try.
                earlier: if trial.failed_first {
                    earlier.max(1)
                } else {
                    0
                },
                // Records of two machines may bear one number.
                number: number(attempt).max(earlier.saturating_add(1)),
                hints: u32::from(attempt.hints),
                difficulty: attempt.difficulty,
                trigger: attempt.trigger,
            },
            aid: attempt.aid,
            aid_basis: attempt.aid_basis,
        };
        if trial.failed_first && !solved {
            // Where it ends nobody knows yet: solved later, or given up.
            if trial.pending.replace(row).is_some() {
                self.aside("between the first try and the last");
            }
            return;
        }
        trial.failed_first = !solved;
        trial.closed = solved;
        let was_pending = trial.pending.take().is_some();
        self.reading.rows.push(row);
        if was_pending {
            self.aside("between the first try and the last");
        }
    }

    fn review(&mut self, attempt: &Attempt, day: Day, language: Language, class: WeaknessClass) {
        let (Some(reviewed), AttemptOutcome::Right | AttemptOutcome::Wrong) =
            (attempt.reviewed, attempt.outcome)
        else {
            return self.aside("could not be judged");
        };
        if attempt.revealed
            || !self
                .reviewed
                .insert((attempt.scenario.clone(), attempt.version))
        {
            return self.aside("a review item seen before");
        }
        let right = reviewed.shown == reviewed.said && reviewed.right_line != Some(false);
        if let Some(percent) = attempt.sure {
            self.reading.said.push(Said {
                id: RowId::new(&attempt.id),
                percent: percent.clamp(50, 100),
                right,
            });
        }
        if attempt.aid == Aid::Assisted {
            return self.aside("a review done with an assistant");
        }
        let cell = Cell {
            ability: Ability::Reviewing,
            language,
            class,
        };
        self.push(
            attempt,
            day,
            cell,
            Happened::Review {
                item: attempt.scenario.clone(),
                shown: reviewed.shown,
                right,
                difficulty: attempt.difficulty,
            },
        );
    }

    fn fix(&mut self, attempt: &Attempt, day: Day, language: Language, class: WeaknessClass) {
        if attempt.outcome != AttemptOutcome::Fixed {
            return self.aside("a fix that was not verified");
        }
        if !self.fixed.insert(attempt.scenario.clone()) {
            return self.aside("a finding fixed before");
        }
        self.push(
            attempt,
            day,
            worked(attempt.aid, language, class),
            Happened::Fix {
                finding: attempt.scenario.clone(),
            },
        );
    }

    /// Places in lines of one's own that the gate let through: none of them is known to have gone wrong. A finding
    /// there that turned out right is a row of its own.
    fn change(&mut self, attempt: &Attempt, day: Day, language: Language, class: WeaknessClass) {
        let (AttemptOutcome::Passed, Some(sites)) = (attempt.outcome, attempt.sites) else {
            return self.aside("a change that did not pass the gate");
        };
        let cell = worked(attempt.aid, language, class);
        // Help may be said anew and moves the cell; who wrote the lines stays.
        let place = Cell {
            ability: Ability::Unaided,
            ..cell
        };
        let by_agent = attempt.aid_basis == AidBasis::Hook;
        if !self
            .changes
            .insert((attempt.scenario.clone(), place, by_agent))
        {
            return self.aside("a change counted before");
        }
        if let Some(lines) = attempt.ai_lines {
            self.reading.accepted.push(Accepted {
                id: RowId::new(&attempt.id),
                day,
                class,
                lines,
            });
        }
        if sites == 0 {
            return self.aside("a change without a place where it could have gone wrong");
        }
        self.push(
            attempt,
            day,
            cell,
            Happened::Sites {
                source: format!("change {}", short(&attempt.scenario)),
                confirmed: 0,
                sites: f64::from(sites),
                detection: exposure::detection(language),
                log_base_rate: exposure::LOG_BASE_RATE,
            },
        );
    }

    /// Only a finding that the person calls right counts, and only once.
    fn finding(&mut self, attempt: &Attempt, day: Day, language: Language, class: WeaknessClass) {
        match attempt.outcome {
            AttemptOutcome::Right => {}
            AttemptOutcome::Wrong => return self.aside("a finding that was called wrong"),
            AttemptOutcome::Unknown => {
                self.waiting.insert((language, class));
                return self.aside("a finding that waits for your word");
            }
            _ => return self.aside("could not be judged"),
        }
        if !self.decided.insert(attempt.scenario.clone()) {
            return self.aside("a finding counted before");
        }
        self.push(
            attempt,
            day,
            worked(attempt.aid, language, class),
            Happened::Sites {
                source: format!("finding {}", short(&attempt.scenario)),
                confirmed: 1,
                sites: 1.0,
                detection: exposure::detection(language),
                log_base_rate: exposure::LOG_BASE_RATE,
            },
        );
    }

    fn catch(&mut self, attempt: &Attempt, day: Day, language: Language, class: WeaknessClass) {
        let Some(caught) = attempt.caught.filter(|caught| caught.of > 0) else {
            return self.aside("could not be judged");
        };
        let cell = Cell {
            ability: Ability::Reviewing,
            language,
            class,
        };
        if attempt.revealed || !self.caught.insert((attempt.scenario.clone(), cell)) {
            return self.aside("a change reviewed before");
        }
        if attempt.aid == Aid::Assisted {
            return self.aside("a review done with an assistant");
        }
        if caught.by_chance > MOST_BY_CHANCE {
            return self.aside("a review that named more than half of a change");
        }
        self.push(
            attempt,
            day,
            cell,
            Happened::Caught {
                source: format!("change {}", short(&attempt.scenario)),
                caught: caught.named.min(caught.of),
                of: caught.of,
                by_chance: f64::from(caught.by_chance) / 100.0,
            },
        );
    }

    fn push(&mut self, attempt: &Attempt, day: Day, cell: Cell, happened: Happened) {
        self.reading.rows.push(Row {
            id: RowId::new(&attempt.id),
            day,
            cell,
            happened,
            aid: attempt.aid,
            aid_basis: attempt.aid_basis,
        });
    }

    pub(crate) fn aside(&mut self, reason: &'static str) {
        *self.aside.entry(reason).or_default() += 1;
    }

    pub(crate) fn finish(mut self) -> Reading {
        // Counting solved ones alone would lift whoever tries often enough.
        let given_up = std::mem::take(&mut self.trials)
            .into_values()
            .filter_map(|trial| trial.pending);
        self.reading.rows.extend(given_up.map(|row| Row {
            day: row.day.plus(GIVEN_UP),
            ..row
        }));
        // Leaving out the findings alone would make whoever says nothing look better.
        let waiting = std::mem::take(&mut self.waiting);
        let waits = |row: &Row| {
            matches!(row.happened, Happened::Sites { confirmed: 0, .. })
                && waiting.contains(&(row.cell.language, row.cell.class))
        };
        for row in std::mem::take(&mut self.reading.rows) {
            if waits(&row) {
                self.aside("lines beside a finding that waits for your word");
            } else {
                self.reading.rows.push(row);
            }
        }
        self.reading.set_aside = self
            .aside
            .into_iter()
            .map(|(reason, records)| SetAside {
                reason: reason.to_owned(),
                records,
            })
            .collect();
        self.reading
    }
}

/// A record in words, whether or not it is evidence.
fn what(attempt: &Attempt) -> String {
    let name = &attempt.scenario;
    let judged = match attempt.outcome {
        AttemptOutcome::Fixed => "solved",
        AttemptOutcome::Exploited => "the exploit got through",
        AttemptOutcome::FunctionalFail => "a function no longer worked",
        AttemptOutcome::Right => "right",
        AttemptOutcome::Wrong => "wrong",
        AttemptOutcome::Passed => "let through by the gate",
        AttemptOutcome::Unknown | AttemptOutcome::Error | AttemptOutcome::Skipped => "not judged",
    };
    match attempt.kind {
        AttemptKind::Attempt if attempt.practice => {
            format!("{name}, without isolation: {judged}")
        }
        AttemptKind::Attempt if attempt.revealed => {
            format!("{name}, with the solution shown: {judged}")
        }
        AttemptKind::Attempt => format!("{name}, try {}: {judged}", number(attempt)),
        AttemptKind::Review => format!("review {name}: {judged}"),
        AttemptKind::Fix => format!("fix of finding {}: {judged}", short(name)),
        AttemptKind::Change => format!("change {}: {judged}", short(name)),
        AttemptKind::Finding => format!("finding {}: {judged}", short(name)),
        AttemptKind::Catch => format!("review of change {}: {judged}", short(name)),
    }
}

/// Which try it was, with those that were looked at and not written down.
const fn number(attempt: &Attempt) -> u32 {
    attempt.attempt_number.saturating_add(attempt.unrecorded)
}

/// The beginning of a key or a fingerprint: enough to know it by.
fn short(key: &str) -> &str {
    key.get(..12).unwrap_or(key)
}

/// Work done with an assistant says how well one directs it, and nothing of one's own skill.
const fn worked(aid: Aid, language: Language, class: WeaknessClass) -> Cell {
    let ability = match aid {
        Aid::Assisted => Ability::Directing,
        Aid::Unaided | Aid::Unknown => Ability::Unaided,
    };
    Cell {
        ability,
        language,
        class,
    }
}
