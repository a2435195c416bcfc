//! The ledger of attempts: one JSON object a line, appended, never rewritten.
//!
//! A line that cannot be read is told and kept: it may be of a newer version, or be mended by hand.

use std::collections::BTreeMap;

use serde::Deserialize;
use trueline_facts::attempt::{Aid, Attempt, AttemptKind, Past, PastStanding};
use trueline_skills::{ledger, plain};

use super::LearnError;
use super::home::Home;

/// All that is known of a learner's attempts.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Progress {
    /// In their order.
    pub attempts: Vec<Attempt>,
    /// What is left of older ones (`trueline skills` folds them): that they were.
    pub past: Vec<Past>,
    /// What could not be read, with its line.
    pub problems: Vec<String>,
}

/// How an exercise stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Standing {
    /// Never checked.
    New,
    /// Checked and not fixed.
    Tried,
    /// The reference was shown before it was fixed.
    Revealed,
    /// Fixed with an assistant, or nobody knows.
    FixedAided,
    /// Fixed by oneself.
    Fixed,
}

impl From<PastStanding> for Standing {
    fn from(standing: PastStanding) -> Self {
        match standing {
            PastStanding::Tried => Self::Tried,
            PastStanding::Revealed => Self::Revealed,
            PastStanding::FixedAided => Self::FixedAided,
            PastStanding::Fixed => Self::Fixed,
        }
    }
}

/// What is read here of what the skill model folded.
#[derive(Deserialize)]
struct Folded {
    past: Vec<Past>,
}

impl Progress {
    /// Reads the ledger; one that is not there is empty.
    pub fn read(home: &Home) -> Result<Self, LearnError> {
        let mut this = Self::default();
        let folded = home.folded();
        if let Some(bytes) = plain::read(&folded)? {
            match serde_json::from_slice(&bytes) {
                Ok(Folded { past }) => this.past = past,
                Err(error) => this
                    .problems
                    .push(format!("{}: {error}; kept and not read", folded.display())),
            }
        }
        let path = home.attempts();
        let bytes = plain::read(&path)?.unwrap_or_default();
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Attempt>(line) {
                Ok(attempt) if attempt.schema == trueline_facts::attempt::SCHEMA => {
                    this.take(attempt);
                }
                Ok(attempt) => this.problems.push(format!(
                    "{}:{}: of another version ({}); skipped and kept",
                    path.display(),
                    number + 1,
                    attempt.schema
                )),
                Err(error) => this.problems.push(format!(
                    "{}:{}: is no attempt ({error}); skipped and kept",
                    path.display(),
                    number + 1
                )),
            }
        }
        Ok(this)
    }

    /// A line whose attempt is there already says more of it.
    fn take(&mut self, attempt: Attempt) {
        match self.attempts.iter_mut().find(|a| a.id == attempt.id) {
            Some(known) => known.amend(&attempt),
            None => self.attempts.push(attempt),
        }
    }

    /// Says of all attempts at an exercise of which it is not known whether an assistant took part.
    pub fn tell_aid(home: &Home, scenario: &str, version: u32, aid: Aid) -> Result<(), LearnError> {
        if aid == Aid::Unknown {
            return Ok(());
        }
        let untold = |a: &Attempt| {
            a.kind == AttemptKind::Attempt
                && a.scenario == scenario
                && a.version == version
                && a.aid == Aid::Unknown
        };
        for attempt in Self::read(home)?.attempts.into_iter().filter(untold) {
            Self::append(home, &Attempt { aid, ..attempt })?;
        }
        Ok(())
    }

    /// Appends an attempt: one write of one line.
    pub fn append(home: &Home, attempt: &Attempt) -> Result<(), LearnError> {
        home.ready()?;
        let path = home.attempts();
        let line = serde_json::to_string(attempt).map_err(std::io::Error::other);
        let line = line.map_err(LearnError::file(&path))?;
        let _held = home.lock()?;
        Ok(ledger::append(&path, &line)?)
    }

    /// How each exercise stands, by id and version.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<(&str, u32), Standing> {
        let past = self
            .past
            .iter()
            .filter(|past| past.kind == AttemptKind::Attempt);
        let mut standings: BTreeMap<(&str, u32), Standing> = past
            .map(|past| ((&*past.scenario, past.version), past.standing.into()))
            .collect();
        for attempt in self
            .attempts
            .iter()
            .filter(|a| a.kind == AttemptKind::Attempt)
        {
            let standing = PastStanding::of(attempt).into();
            let entry = standings
                .entry((&attempt.scenario, attempt.version))
                .or_insert(Standing::New);
            *entry = (*entry).max(standing);
        }
        standings
    }

    /// How an exercise stands.
    #[must_use]
    pub fn standing(&self, scenario: &str, version: u32) -> Standing {
        self.standings()
            .get(&(scenario, version))
            .copied()
            .unwrap_or(Standing::New)
    }

    /// The number of the next attempt.
    #[must_use]
    pub fn next_number(&self, scenario: &str, version: u32) -> u32 {
        let of_it = |a: &&Attempt| a.scenario == scenario && a.version == version;
        let before = self.past.iter();
        let before = before.filter(|past| past.scenario == scenario && past.version == version);
        let before: u32 = before.map(|past| past.tries).sum();
        1 + before + self.attempts.iter().filter(of_it).count() as u32
    }

    /// How often an exercise or a review item of any version was tried.
    #[must_use]
    pub fn times(&self, scenario: &str) -> usize {
        let past = self.past.iter().filter(|past| past.scenario == scenario);
        let past: usize = past.map(|past| past.tries as usize).sum();
        past + self
            .attempts
            .iter()
            .filter(|a| a.scenario == scenario)
            .count()
    }
}

/// A new id.
#[must_use]
pub fn new_id() -> String {
    format!("{:016x}", crate::run::random_seed())
}
