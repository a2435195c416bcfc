//! Attempt records to rows of evidence: which of them are evidence at all, and of what.
//!
//! The records come from `trueline learn` (docs/skills.md says how they count). What is none is counted
//! with its reason, so that nobody wonders where an attempt went.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::attempt::{AiLines, Aid, AidBasis, Attempt, AttemptKind, AttemptOutcome};
use trueline_facts::skill::{Ability, Cell, Language, SetAside, WeaknessClass};
use trueline_facts::{Diagnostic, Level};

use crate::certainty::Said;
use crate::day::Day;
use crate::evidence::{Happened, Row, RowId};
use crate::exposure;
use crate::folded::Folded;
use crate::weakness::class_of;

/// A line longer than this is none of ours.
const LONGEST_LINE: usize = 64 << 10;
/// Damaged lines named one by one; the rest is counted.
const NAMED: usize = 5;

/// What a file of attempt records holds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Reading {
    /// Rows of evidence, in the order in which they happened.
    pub rows: Vec<Row>,
    /// Answers that came with "how sure".
    pub said: Vec<Said>,
    /// Tries in the order of the file, for scheduling and for the view of reliance.
    pub tries: Vec<Try>,
    /// Lines of an assistant that were let through, for the view of reliance.
    pub accepted: Vec<Accepted>,
    /// Records that are no evidence, by reason.
    pub set_aside: Vec<SetAside>,
    /// Lines that could not be read.
    pub diagnostics: Vec<Diagnostic>,
    /// What is past its time and went before.
    pub folded: Folded,
}

/// A try of an exercise, whatever it says about skill.
#[derive(Clone, PartialEq, Debug)]
pub struct Try {
    /// Its record.
    pub id: RowId,
    /// The day.
    pub day: Day,
    /// Language.
    pub language: Language,
    /// Class.
    pub class: WeaknessClass,
    /// The exercise.
    pub exercise: String,
    /// Whether it was solved.
    pub solved: bool,
    /// Tries before.
    pub earlier: u32,
    /// Hints opened.
    pub hints: u32,
    /// The solution had been shown.
    pub revealed: bool,
    /// Whether an assistant took part.
    pub aid: Aid,
}

/// Lines of an assistant in a change of one's own that the gate let through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// Its record.
    pub id: RowId,
    /// The day.
    pub day: Day,
    /// Class.
    pub class: WeaknessClass,
    /// How many, and how many of them nobody edited.
    pub lines: AiLines,
}

/// Days after which an exercise that was not touched any more counts as given up.
pub(crate) const GIVEN_UP: u32 = 14;

/// Why a further try of what is folded is none.
const DONE_BEFORE: &str = "done before, in the time that is folded";

/// Where a person is with one version of an exercise.
#[derive(Default)]
struct Trial {
    failed_first: bool,
    closed: bool,
    /// The latest failed try after the first, as the row that it becomes if it stays the last.
    pending: Option<Row>,
}

/// Reads a file of attempt records, line by line. `file` is what messages call it.
#[must_use]
pub fn read(text: &str, file: &str) -> Reading {
    read_after(Folded::default(), text, file)
}

/// The same, after what is folded: what is over counts no more.
pub(crate) fn read_after(folded: Folded, text: &str, file: &str) -> Reading {
    let mut reader = Reader::default();
    reader.reading.folded = folded;
    let mut damaged = 0_usize;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let records: Vec<(usize, Result<Option<Attempt>, String>)> =
        lines.map(|(index, line)| (index, parse(line))).collect();
    let said = Amended::of(
        records
            .iter()
            .filter_map(|(_, r)| r.as_ref().ok()?.as_ref()),
    );
    for (index, record) in records {
        let why = match record {
            Ok(Some(record)) if said.is_said_again(&record, &reader.seen) => continue,
            Ok(Some(record)) => match reader.take(&said.applied(record)) {
                Ok(()) => continue,
                Err(why) => why,
            },
            Ok(None) => {
                reader.aside("written by a newer version");
                continue;
            }
            Err(why) => why,
        };
        damaged += 1;
        if damaged <= NAMED {
            reader.reading.diagnostics.push(Diagnostic {
                level: Level::Warning,
                code: "attempt-unreadable".to_owned(),
                path: None,
                message: format!(
                    "{file}:{}: {why}; the line is kept and does not count",
                    index + 1
                ),
            });
        }
    }
    if damaged > NAMED {
        reader.reading.diagnostics.push(Diagnostic {
            level: Level::Warning,
            code: "attempt-unreadable".to_owned(),
            path: None,
            message: format!("{file}: {} more lines cannot be read", damaged - NAMED),
        });
    }
    reader.finish()
}

/// A record; nothing for one that a newer version wrote.
pub(crate) fn parse(line: &str) -> Result<Option<Attempt>, String> {
    if line.len() > LONGEST_LINE {
        return Err("the line is too long to be a record".to_owned());
    }
    match serde_json::from_str::<Attempt>(line) {
        Ok(record) => Ok(Some(record)),
        Err(error) => {
            let value: serde_json::Value =
                serde_json::from_str(line).map_err(|_| "not JSON".to_owned())?;
            let schema = value.get("schema").and_then(serde_json::Value::as_str);
            let is_ours = schema.is_some_and(|s| s.starts_with("trueline.attempt/"));
            // Kinds, outcomes and triggers may be added; a record that names one of those is no damage.
            if is_ours && error.to_string().contains("unknown variant") {
                Ok(None)
            } else {
                Err(format!("no attempt record ({error})"))
            }
        }
    }
}

/// What each attempt comes to when its later lines are taken in.
struct Amended(BTreeMap<String, (Attempt, Attempt)>);

impl Amended {
    fn of<'a>(records: impl Iterator<Item = &'a Attempt>) -> Self {
        let mut amended: BTreeMap<String, (Attempt, Attempt)> = BTreeMap::new();
        for record in records {
            match amended.get_mut(&record.id) {
                Some((_, last)) => last.amend(record),
                None => {
                    amended.insert(record.id.clone(), (record.clone(), record.clone()));
                }
            }
        }
        Self(amended)
    }

    /// Whether a record is no other attempt than one before it, and only says more of it.
    fn is_said_again(&self, record: &Attempt, seen: &BTreeSet<String>) -> bool {
        let says_more = |first: &Attempt| {
            let mut later = first.clone();
            later.amend(record);
            later != *first || (first.aid, first.aid_basis) != (record.aid, record.aid_basis)
        };
        seen.contains(&record.id)
            && self
                .0
                .get(&record.id)
                .is_some_and(|(first, _)| says_more(first))
    }

    /// As it stands after its last line; what the first line fixed stays.
    fn applied(&self, record: Attempt) -> Attempt {
        let mut record = record;
        if let Some((_, last)) = self.0.get(&record.id) {
            record.amend(last);
        }
        record
    }
}

#[derive(Default)]
struct Reader {
    reading: Reading,
    seen: BTreeSet<String>,
    trials: BTreeMap<(String, u32), Trial>,
    reviewed: BTreeSet<(String, u32)>,
    fixed: BTreeSet<String>,
    decided: BTreeSet<String>,
    /// Where a finding in lines of one's own waits for a word.
    waiting: BTreeSet<(Language, WeaknessClass)>,
    changes: BTreeSet<(String, Cell, bool)>,
    caught: BTreeSet<(String, Cell)>,
    aside: BTreeMap<&'static str, u64>,
}

impl Reader {
    fn take(&mut self, attempt: &Attempt) -> Result<(), String> {
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
        if !self.seen.insert(attempt.id.clone()) {
            self.aside("recorded twice");
            return Ok(());
        }
        if attempt.practice {
            self.aside("run without isolation: practice");
            return Ok(());
        }
        let folded = &self.reading.folded;
        let was_done = folded.holds(attempt.kind, &attempt.scenario, attempt.version);
        // Still here after a folding that was interrupted: it is counted there.
        let is_folded = was_done && Some(day) <= folded.through;
        match attempt.kind {
            _ if is_folded => self.aside(DONE_BEFORE),
            AttemptKind::Attempt => self.exercise(attempt, day, language, class, was_done),
            AttemptKind::Review
            | AttemptKind::Fix
            | AttemptKind::Change
            | AttemptKind::Finding
            | AttemptKind::Catch
                if was_done =>
            {
                self.aside(DONE_BEFORE);
            }
            AttemptKind::Review => self.review(attempt, day, language, class),
            AttemptKind::Fix => self.fix(attempt, day, language, class),
            AttemptKind::Change => self.change(attempt, day, language, class),
            AttemptKind::Finding => self.finding(attempt, day, language, class),
            AttemptKind::Catch => self.catch(attempt, day, language, class),
        }
        Ok(())
    }

    fn exercise(
        &mut self,
        attempt: &Attempt,
        day: Day,
        language: Language,
        class: WeaknessClass,
        was_done: bool,
    ) {
        let solved = match attempt.outcome {
            AttemptOutcome::Fixed => true,
            AttemptOutcome::Exploited => false,
            AttemptOutcome::FunctionalFail => {
                return self.aside("a function no longer worked: says nothing about the weakness");
            }
            _ => return self.aside("could not be judged"),
        };
        let earlier = attempt.attempt_number.saturating_sub(1);
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
        let key = (attempt.scenario.clone(), attempt.version);
        let trial = self.trials.entry(key).or_default();
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
                // The first record of an exercise is its first try, whatever number it bears.
                earlier: if trial.failed_first {
                    earlier.max(1)
                } else {
                    0
                },
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
        self.push(
            attempt,
            day,
            cell,
            Happened::Caught {
                source: format!("change {}", short(&attempt.scenario)),
                caught: caught.named.min(caught.of),
                of: caught.of,
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

    fn aside(&mut self, reason: &'static str) {
        *self.aside.entry(reason).or_default() += 1;
    }

    fn finish(mut self) -> Reading {
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
