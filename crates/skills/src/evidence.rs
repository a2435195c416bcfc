//! Rows of evidence: what happened, in which cell, how much it counts, and what the model sees in it.
//!
//! A row holds all that replaying it needs; nothing else is looked up, so that the same rows give the
//! same estimate years later.

use std::fmt::Write as _;

use trueline_facts::attempt::{Aid, AidBasis, Trigger, Twin};
use trueline_facts::skill::{Ability, Cell};

use crate::day::Day;
use crate::items::{Item, PRIOR_VARIANCE};
use crate::likelihood::{Observation, Seen, Weight};
use crate::model::Feedback;

/// Each opened hint makes an item easier by so much. It is never a penalty.
pub const HINT: f64 = 0.7;
/// Each earlier try makes it easier by so much.
pub const EARLIER_TRY: f64 = 0.5;
/// So many earlier tries count, at most.
pub const MOST_EARLIER_TRIES: u32 = 3;
/// A finding of one's own is easier to fix than an exercise: it says where it is, and nobody sees those
/// who leave it.
pub const OWN_FIX: f64 = 2.0;
/// Somebody who guesses is right in half of the cases where two answers are possible.
pub const GUESS: f64 = 1.098_612_288_668_11;

/// What names a row: what `skills dispute` takes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RowId(Box<str>);

impl RowId {
    /// Takes the id of the record that the row is made of.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Happened {
    /// The first try of an exercise, or the later one with which it was solved or given up.
    Exercise {
        /// The exercise.
        exercise: String,
        /// No exploit succeeded and everything works.
        solved: bool,
        /// Tries before this one, as far as they make it easier.
        earlier: u32,
        /// Which try it was, in words: those that say nothing are counted too.
        number: u32,
        /// Hints opened.
        hints: u32,
        /// The exercise's difficulty by its author.
        difficulty: f64,
        /// A try that the learner asked for, or a save that was checked by itself.
        trigger: Trigger,
    },
    /// An answer to a review item.
    Review {
        /// The item.
        item: String,
        /// Which twin was shown.
        shown: Twin,
        /// The answer was right, down to the line where there is one.
        right: bool,
        /// Difficulty by its author.
        difficulty: f64,
    },
    /// A finding in one's own code is gone, and the tests pass.
    Fix {
        /// The finding's fingerprint.
        finding: String,
    },
    /// Confirmed findings over places where a weakness could have been introduced.
    Sites {
        /// Where they were counted.
        source: String,
        /// Confirmed findings; copies of one snippet count once.
        confirmed: u32,
        /// Exposed sites.
        sites: f64,
        /// Share of weaknesses that the scanner finds in that language and class.
        detection: f64,
        /// Logarithm of the rate of confirmed weaknesses per site, the same for all people.
        log_base_rate: f64,
    },
    /// Weaknesses caught in a diff that held so many.
    Caught {
        /// Where.
        source: String,
        /// How many were caught.
        caught: u32,
        /// How many there were.
        of: u32,
        /// The share of its lines that lie by what was named, below 1.
        by_chance: f64,
    },
}

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Its name.
    pub id: RowId,
    /// Its day.
    pub day: Day,
    /// What it is about.
    pub cell: Cell,
    /// What happened.
    pub happened: Happened,
    /// Whether an assistant took part.
    pub aid: Aid,
    /// How that is known.
    pub aid_basis: AidBasis,
}

/// Who names more than this share of the added lines, in per cent, shows nothing.
pub const MOST_BY_CHANCE: u8 = 50;
/// Fewer exposed sites than this say nothing.
pub const LEAST_SITES: f64 = 1.0;

impl Row {
    /// How much it counts.
    #[must_use]
    pub fn weight(&self) -> Weight {
        let own = match &self.happened {
            Happened::Exercise {
                solved,
                earlier,
                trigger,
                ..
            } => match (earlier, trigger, solved) {
                (0, Trigger::Save, false) => 0.3,
                (0, ..) => 1.0,
                _ => 0.5,
            },
            Happened::Review { .. } | Happened::Fix { .. } | Happened::Caught { .. } => 0.5,
            Happened::Sites { .. } => 0.3,
        };
        let own = Weight::new(own).unwrap_or(Weight::FULL);
        match (self.aid, self.cell.ability) {
            // Nobody said whether it is their own work: most likely, but not surely.
            (Aid::Unknown, Ability::Unaided | Ability::Reviewing) => {
                own.and(Weight::new(0.2).unwrap_or(Weight::FULL))
            }
            _ => own,
        }
    }

    /// What the model sees, or nothing where there is nothing to see.
    #[must_use]
    pub fn observation(&self) -> Option<Observation> {
        let weight = self.weight();
        let seen = match &self.happened {
            Happened::Exercise { solved, .. } => Seen::Answer { success: *solved },
            Happened::Review { right, .. } => Seen::Answer { success: *right },
            Happened::Fix { .. } => Seen::Answer { success: true },
            Happened::Sites {
                confirmed,
                sites,
                detection,
                log_base_rate,
                ..
            } => {
                let exposure = sites * detection;
                if *sites < LEAST_SITES || !exposure.is_finite() || exposure <= 0.0 {
                    return None;
                }
                Seen::Events {
                    count: *confirmed,
                    log_rate: libm::log(exposure) + log_base_rate,
                }
            }
            Happened::Caught { caught, of, .. } => {
                if *of == 0 {
                    return None;
                }
                Seen::Successes {
                    successes: *caught,
                    trials: *of,
                }
            }
        };
        Some(Observation { seen, weight })
    }

    /// How much easier than a reference item it was.
    #[must_use]
    pub fn item(&self) -> Item {
        let (easiness, variance) = match &self.happened {
            Happened::Exercise {
                earlier,
                hints,
                difficulty,
                ..
            } => (
                -difficulty
                    + HINT * f64::from(*hints)
                    + EARLIER_TRY * f64::from((*earlier).min(MOST_EARLIER_TRIES)),
                PRIOR_VARIANCE,
            ),
            Happened::Review {
                shown, difficulty, ..
            } => (
                // Who calls everything unsafe is right on each unsafe twin: there the line counts too.
                -difficulty + if *shown == Twin::Safe { GUESS } else { 0.0 },
                PRIOR_VARIANCE,
            ),
            Happened::Fix { .. } => (OWN_FIX, PRIOR_VARIANCE),
            // A rate has no item; its base rate is the same for all.
            Happened::Sites { .. } => (0.0, 0.0),
            // Who would know half of them is right so often, with what chance adds.
            Happened::Caught { by_chance, .. } => (
                libm::log((1.0 + by_chance) / (1.0 - by_chance)),
                PRIOR_VARIANCE,
            ),
        };
        Item { easiness, variance }
    }

    /// Whether it taught something when it happened.
    #[must_use]
    pub const fn feedback(&self) -> Feedback {
        match &self.happened {
            Happened::Exercise { .. } | Happened::Review { .. } => Feedback::Seen,
            // Fixes by the hundred teach no more than a few.
            Happened::Fix { .. } | Happened::Sites { .. } | Happened::Caught { .. } => {
                Feedback::None
            }
        }
    }

    /// What happened, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.happened {
            Happened::Exercise {
                exercise,
                solved,
                earlier,
                number,
                hints,
                ..
            } => {
                let at = match (earlier, number) {
                    (0, 0 | 1) => "the first try".to_owned(),
                    // One that broke the program before says nothing.
                    (0, n) => format!("try {n}, the first that counts"),
                    (_, n) => format!("try {n}"),
                };
                let mut text = match (solved, earlier) {
                    (true, _) => format!("{exercise} solved at {at}"),
                    (false, 0) => format!("{exercise}: the exploit got through at {at}"),
                    (false, _) => format!("{exercise} left unsolved after {at}"),
                };
                match hints {
                    0 => {}
                    1 => text.push_str(", one hint"),
                    n => {
                        let _ = write!(text, ", {n} hints");
                    }
                }
                match (self.aid, self.aid_basis) {
                    (Aid::Assisted, AidBasis::Hook) => {
                        text.push_str(", an agent wrote in it (seen by its hook)");
                    }
                    (Aid::Unknown, _) => text.push_str(", help not known"),
                    _ => {}
                }
                text
            }
            Happened::Review {
                item, shown, right, ..
            } => match (shown, right) {
                (Twin::Unsafe, true) => format!("{item}: the weakness found"),
                (Twin::Unsafe, false) => format!("{item}: the weakness missed"),
                (Twin::Safe, true) => format!("{item}: safe code recognised"),
                (Twin::Safe, false) => format!("{item}: safe code taken for unsafe"),
            },
            Happened::Fix { finding } => format!("finding {finding} fixed, tests pass"),
            Happened::Sites {
                source,
                confirmed,
                sites,
                ..
            } => match confirmed {
                0 if *sites <= 1.0 => {
                    format!("{source}: one exposed site, not known to have gone wrong")
                }
                0 => format!("{source}: {sites:.0} exposed sites, none known to have gone wrong"),
                1 if *sites <= 1.0 => format!("{source}: right, on lines of your own"),
                n => format!("{source}: {n} confirmed of {sites:.0} exposed sites"),
            },
            Happened::Caught {
                source, caught, of, ..
            } => format!("{source}: {caught} of {of} weaknesses caught"),
        }
    }
}
