//! What a person decided about their own data: disputes, shares, revocations; and who read what.
//!
//! One append-only file of events, one JSON object a line. State is what replaying the events gives. A line that cannot
//! be read is told and kept; what it may have said (a revocation, a dispute, "keep forever") must not be lost by it:
//! until it is mended nothing is shared and nothing is folded.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use trueline_facts::skill::Cell;
use trueline_facts::{Diagnostic, Level};

use crate::day::Day;
use crate::evidence::RowId;
use crate::retention::USUAL_DAYS;
use crate::subject::Principal;

/// The schema that each line names.
pub const SCHEMA: &str = "trueline.skill-decision/1";

/// One event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// [`SCHEMA`].
    pub schema: String,
    /// The day.
    pub day: Day,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// A row no longer counts.
    Dispute {
        /// The row.
        row: String,
        /// Why, in the person's own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It counts again.
    Restore {
        /// The row.
        row: String,
    },
    /// One cell may be read by one person until a day.
    Share {
        /// Its name.
        share: String,
        /// The cell.
        cell: Cell,
        /// By whom.
        with: String,
        /// The last day.
        until: Day,
    },
    /// No longer.
    Revoke {
        /// The share.
        share: String,
    },
    /// Evidence is kept for so many days, or for ever.
    Keep {
        /// Days; none for ever.
        days: Option<u32>,
    },
    /// Somebody read something.
    Read {
        /// Who.
        reader: String,
        /// What.
        read: String,
    },
}

/// A permission to read one cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// Its name.
    pub id: String,
    /// The cell.
    pub cell: Cell,
    /// By whom.
    pub with: Principal,
    /// The last day.
    pub until: Day,
    /// It was given on.
    pub given: Day,
    /// It was taken back on.
    pub revoked: Option<Day>,
}

/// Who read what, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// When.
    pub day: Day,
    /// Who.
    pub reader: Principal,
    /// What.
    pub read: String,
}

/// What all events come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decisions {
    disputed: BTreeMap<RowId, Option<String>>,
    shares: Vec<Share>,
    /// Names that two shares bear: none of them opens anything.
    contested: BTreeSet<String>,
    /// The highest number in a name that was ever said.
    numbered: u64,
    accesses: Vec<Access>,
    keep: Keep,
    /// Lines that cannot be read, as `file:line`.
    damage: Vec<String>,
}

/// For how long evidence is kept one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Keep {
    /// Nobody said.
    #[default]
    Usual,
    /// So many days.
    Days(u32),
    /// For ever.
    Ever,
}

impl Decisions {
    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        match &event.what {
            What::Dispute { row, reason } => {
                self.disputed.insert(RowId::new(row), reason.clone());
            }
            What::Restore { row } => {
                self.disputed.remove(&RowId::new(row));
            }
            What::Share {
                share,
                cell,
                with,
                until,
            } => {
                if self.is_taken(share) {
                    self.contested.insert(share.clone());
                }
                self.numbered = self.numbered.max(number(share));
                self.shares.push(Share {
                    id: share.clone(),
                    cell: *cell,
                    with: Principal::named(with),
                    until: *until,
                    given: event.day,
                    revoked: None,
                });
            }
            What::Revoke { share } => {
                self.numbered = self.numbered.max(number(share));
                let known = self.shares.iter_mut();
                for known in known.filter(|known| known.id == *share) {
                    known.revoked.get_or_insert(event.day);
                }
            }
            What::Keep { days } => self.keep = days.map_or(Keep::Ever, Keep::Days),
            What::Read { reader, read } => self.accesses.push(Access {
                day: event.day,
                reader: Principal::named(reader),
                read: read.clone(),
            }),
        }
    }

    /// For how many days evidence is kept; none for ever.
    #[must_use]
    pub fn kept_days(&self) -> Option<u32> {
        match self.keep {
            Keep::Usual => Some(USUAL_DAYS),
            Keep::Days(days) => Some(days),
            Keep::Ever => None,
        }
    }

    /// Whether a row is disputed.
    #[must_use]
    pub fn is_disputed(&self, row: &RowId) -> bool {
        self.disputed.contains_key(row)
    }

    /// Rows that are disputed.
    #[must_use]
    pub fn disputed(&self) -> BTreeSet<&RowId> {
        self.disputed.keys().collect()
    }

    /// Lines that cannot be read, as `file:line`; what they said is not known.
    #[must_use]
    pub fn damage(&self) -> &[String] {
        &self.damage
    }

    /// The name of the next share: none that was ever said, whatever lines are gone.
    #[must_use]
    pub(crate) fn next_name(&self) -> String {
        format!("s{}", self.numbered.saturating_add(1))
    }

    /// Whether a share bears that name.
    #[must_use]
    pub fn is_taken(&self, share: &str) -> bool {
        self.share(share).is_some()
    }

    /// Whether more than one does, so that nobody knows which is meant.
    #[must_use]
    pub fn is_contested(&self, share: &str) -> bool {
        self.contested.contains(share)
    }

    /// All shares, the oldest first.
    #[must_use]
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// The share of that name.
    #[must_use]
    pub fn share(&self, id: &str) -> Option<&Share> {
        self.shares.iter().find(|share| share.id == id)
    }

    /// Who read what, the oldest first.
    #[must_use]
    pub fn accesses(&self) -> &[Access] {
        &self.accesses
    }
}

impl Event {
    /// An event of that day.
    #[must_use]
    pub fn new(day: Day, what: What) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            day,
            what,
        }
    }
}

/// Replays a file of events. `file` is what messages call it.
#[must_use]
pub fn read(text: &str, file: &str) -> (Decisions, Vec<Diagnostic>) {
    let mut decisions = Decisions::default();
    let mut diagnostics = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = format!("{file}:{}", index + 1);
        let why = match serde_json::from_str::<Event>(line) {
            Ok(event) if event.schema == SCHEMA => {
                if let What::Share { share, .. } = &event.what
                    && decisions.is_taken(share)
                {
                    diagnostics.push(taken(&place, share));
                }
                decisions.apply(&event);
                continue;
            }
            Ok(event) => format!("schema `{}` is not {SCHEMA}", event.schema),
            Err(error) => error.to_string(),
        };
        diagnostics.push(unreadable(&place, &why));
        decisions.damage.push(place);
    }
    (decisions, diagnostics)
}

/// The number in a name that we gave.
fn number(share: &str) -> u64 {
    share
        .strip_prefix('s')
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

fn taken(place: &str, share: &str) -> Diagnostic {
    Diagnostic {
        level: Level::Warning,
        code: "share-name-taken".to_owned(),
        path: None,
        message: format!(
            "{place}: another share is called `{share}`; neither of them opens anything: take it back and share anew"
        ),
    }
}

fn unreadable(place: &str, why: &str) -> Diagnostic {
    Diagnostic {
        level: Level::Warning,
        code: "decision-unreadable".to_owned(),
        path: None,
        message: format!(
            "{place}: {why}; the line is kept, and what it decided is not known: nothing is shared and nothing is folded until it is mended or taken out"
        ),
    }
}
