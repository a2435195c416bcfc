//! Attempt records to rows of evidence: which of them are evidence at all, and of what.
//!
//! The records come from `trueline learn` (docs/skills.md says how they count). What is none is counted
//! with its reason, so that nobody wonders where an attempt went.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::attempt::{AiLines, Aid, Attempt, AttemptKind};
use trueline_facts::skill::{Cell, FoldedEvidence, Language, SetAside, WeaknessClass};
use trueline_facts::{Diagnostic, Level};

use crate::certainty::Said;
use crate::day::Day;
use crate::evidence::{Row, RowId};
use crate::folded::Folded;
use crate::reader::Reader;

/// A line longer than this is none of ours.
const LONGEST_LINE: usize = 64 << 10;
/// Damaged lines named one by one; the rest is counted.
const NAMED: usize = 5;

/// What a file of attempt records holds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Reading {
    /// Rows of evidence, in the order in which they happened.
    pub(crate) rows: Vec<Row>,
    /// Answers that came with "how sure".
    pub(crate) said: Vec<Said>,
    /// Tries in the order of days, numbers and ids, for scheduling and for the view of reliance.
    pub(crate) tries: Vec<Try>,
    /// Lines of an assistant that were let through, for the view of reliance.
    pub(crate) accepted: Vec<Accepted>,
    /// Records that are no evidence, by reason.
    pub(crate) set_aside: Vec<SetAside>,
    /// Every record that could be read and is not disputed, evidence or not.
    pub(crate) records: Vec<Record>,
    /// Records that the person disputes: to everything above they have never been.
    pub(crate) disputed: Vec<Record>,
    /// Lines that could not be read.
    pub diagnostics: Vec<Diagnostic>,
    /// Exercises whose answer was seen, whatever came of the tries.
    pub(crate) shown: BTreeSet<String>,
    /// What is past its time and went before.
    pub(crate) folded: Folded,
}

/// What a name or the beginning of one stands for.
#[derive(Clone, PartialEq, Debug)]
pub enum Named<'r> {
    /// This record.
    One(&'r Record),
    /// More than one.
    Several,
    /// None.
    Nothing,
}

impl Reading {
    /// The record that an id or the beginning of one names: every one that could be read, disputed or not.
    #[must_use]
    pub fn named(&self, beginning: &str) -> Named<'_> {
        let all = || self.records.iter().chain(&self.disputed);
        if let Some(record) = all().find(|record| record.id.as_str() == beginning) {
            return Named::One(record);
        }
        let fits = |record: &&Record| record.id.as_str().starts_with(beginning);
        let mut fits = all().filter(fits);
        match (fits.next(), fits.next()) {
            _ if beginning.is_empty() => Named::Nothing,
            (Some(record), None) => Named::One(record),
            (Some(_), Some(_)) => Named::Several,
            (None, _) => Named::Nothing,
        }
    }

    /// What is past its time, if anything is.
    #[must_use]
    pub fn folded(&self) -> Option<FoldedEvidence> {
        self.folded.evidence()
    }

    /// Exercises at which a further try is no evidence: solved, in whatever way, or the answer was seen.
    #[must_use]
    pub fn spent(&self) -> BTreeSet<&str> {
        let solved = self.tries.iter().filter(|one| one.solved);
        let solved = solved.map(|one| one.exercise.as_str());
        let past = self.folded.past.iter();
        let past = past.filter(|past| past.kind == AttemptKind::Attempt);
        solved
            .chain(self.shown.iter().map(String::as_str))
            .chain(past.map(|past| past.scenario.as_str()))
            .collect()
    }
}

/// What a person can dispute: one record, whatever came of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Its id.
    pub id: RowId,
    /// Its day.
    pub day: Day,
    /// What it is about.
    pub cell: Cell,
    /// What happened.
    pub what: String,
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

/// Reads a file of attempt records, line by line. `file` is what messages call it.
#[must_use]
pub fn read(text: &str, file: &str) -> Reading {
    read_after(Folded::default(), text, file, &BTreeSet::new())
}

/// The same, after what is folded: what is over counts no more. A disputed record is taken out before anything is made
/// of the others, so that the try after a disputed first one is the first.
pub(crate) fn read_after(
    folded: Folded,
    text: &str,
    file: &str,
    disputed: &BTreeSet<&RowId>,
) -> Reading {
    let mut reader = Reader::after(folded);
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let records: Vec<(usize, Result<Option<Attempt>, String>)> =
        lines.map(|(index, line)| (index, parse(line))).collect();
    let said = Amended::of(
        records
            .iter()
            .filter_map(|(_, r)| r.as_ref().ok()?.as_ref()),
    );
    let mut records = records;
    // Two files put together, or a clock set back: the order of lines is nobody's history. Lines of one id keep theirs,
    // since the last of them counts.
    records.sort_by_cached_key(|(_, record)| match record {
        Ok(Some(record)) => Some(said.place(record)),
        _ => None,
    });
    for (_, record) in &records {
        if let Ok(Some(record)) = record
            && !disputed.contains(&RowId::new(&record.id))
        {
            reader.expect(record);
        }
    }
    let mut damaged: Vec<(usize, String)> = Vec::new();
    for (index, record) in records {
        let why = match record {
            Ok(Some(record)) if disputed.contains(&RowId::new(&record.id)) => {
                reader.set_apart(&said.applied(record)).err()
            }
            Ok(Some(record)) if said.is_said_again(&record, reader.seen()) => None,
            Ok(Some(record)) => reader.take(&said.applied(record)).err(),
            Ok(None) => {
                reader.aside("written by a newer version");
                None
            }
            Err(why) => Some(why),
        };
        damaged.extend(why.map(|why| (index, why)));
    }
    damaged.sort_by_key(|(index, _)| *index);
    for (index, why) in damaged.iter().take(NAMED) {
        reader.tell(Diagnostic {
            level: Level::Warning,
            code: "attempt-unreadable".to_owned(),
            path: None,
            message: format!(
                "{file}:{}: {why}; the line is kept and does not count",
                index + 1
            ),
        });
    }
    if damaged.len() > NAMED {
        reader.tell(Diagnostic {
            level: Level::Warning,
            code: "attempt-unreadable".to_owned(),
            path: None,
            message: format!(
                "{file}: {} more lines cannot be read",
                damaged.len() - NAMED
            ),
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

    /// Where a record stands in the history: by its day, among the tries of one exercise by their number, and by its id,
    /// all three as its first line says.
    fn place(&self, record: &Attempt) -> (String, u32, String) {
        let first = self.0.get(&record.id).map_or(record, |(first, _)| first);
        (first.day.clone(), first.attempt_number, first.id.clone())
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
