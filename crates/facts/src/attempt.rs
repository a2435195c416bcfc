//! One piece of evidence of learning: a checked exercise, an answered review item, a verified fix, lines of one's own
//! that the gate let through, a change of others that was reviewed.
//!
//! `trueline learn` appends them to a local file, one JSON object a line; the skill model reads them.
//! Nothing in them says more about time than a day, and nothing about code.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Cwe;

/// The schema that each line names.
pub const SCHEMA: &str = "trueline.attempt/1";

/// What was done.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptKind {
    /// A check of an exercise.
    Attempt,
    /// An answer to a review item.
    Review,
    /// A verified fix of a finding in one's own code.
    Fix,
    /// Lines of one's own that the gate let through, with the places in them where a weakness could have come in.
    Change,
    /// What the person says of a finding in their own lines.
    Finding,
    /// A change of others that the person reviewed before they saw what our scan found in it.
    Catch,
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// Everything works and no exploit succeeded.
    Fixed,
    /// An exploit succeeded.
    Exploited,
    /// A function no longer works: says nothing about the weakness.
    FunctionalFail,
    /// An exploit could not be judged.
    Unknown,
    /// The check itself failed.
    Error,
    /// A runtime was missing.
    Skipped,
    /// A review answer was right.
    Right,
    /// A review answer was wrong.
    Wrong,
    /// The gate let it through.
    Passed,
}

/// Whether an assistant took part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aid {
    /// One's own work.
    Unaided,
    /// An assistant wrote some of it.
    Assisted,
    /// Not said.
    #[default]
    Unknown,
}

/// How it is known whether an assistant took part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AidBasis {
    /// By the person's own word, or not at all.
    #[default]
    Told,
    /// An agent's hook saw the agent write: no word changes it.
    Hook,
}

impl AidBasis {
    /// Whether it rests on the person's own word.
    #[must_use]
    pub fn is_told(&self) -> bool {
        *self == Self::Told
    }
}

/// What made the check happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The person asked for it.
    #[default]
    Check,
    /// A file was saved while it was watched: perhaps half-written.
    Save,
}

/// Which twin of a review item was shown, or said to be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Twin {
    /// The one with the weakness.
    Unsafe,
    /// The safe one.
    Safe,
}

/// What only review answers have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reviewed {
    /// What was shown.
    pub shown: Twin,
    /// What the person said it is.
    pub said: Twin,
    /// Whether the line that was named is one of the weakness; absent when none had to be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_line: Option<bool>,
}

/// What was caught in a change of others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Caught {
    /// Weaknesses that the person named before they were shown.
    pub named: u32,
    /// Weaknesses of which the person says, having seen them, that they are right.
    pub of: u32,
    /// Share of the added lines that lie by a place that was named, in per cent, rounded up: how often naming so much
    /// is right by chance. Where nothing is said, half of the time.
    #[serde(default = "half")]
    pub by_chance: u8,
}

const fn half() -> u8 {
    50
}

/// Lines of an assistant in a change of one's own: those in which something could have gone wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AiLines {
    /// Lines that an assistant is known to have written.
    pub lines: u32,
    /// Those of them in passages that no person is known to have edited: accepted as written.
    pub as_written: u32,
}

/// One line of the file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// [`SCHEMA`].
    pub schema: String,
    /// 64 random bits in hexadecimal.
    pub id: String,
    /// The day, as `2026-11-29`.
    pub day: String,
    /// What was done.
    pub kind: AttemptKind,
    /// The exercise, the review item, the fingerprint of the finding, or the key of the change.
    pub scenario: String,
    /// The version of the scenario.
    pub version: u32,
    /// The language, as scenarios name it.
    pub language: String,
    /// The weakness class, as scenarios name it.
    pub class: String,
    /// Weaknesses.
    pub cwe: Vec<Cwe>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Hints opened so far.
    pub hints: u8,
    /// From 1; checks of unchanged files are not recorded again.
    pub attempt_number: u32,
    /// Other answers before this one that were checked and judged without being written down: they were tries, too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unrecorded: u32,
    /// Whether an assistant took part.
    pub aid: Aid,
    /// How that is known.
    #[serde(default, skip_serializing_if = "AidBasis::is_told")]
    pub aid_basis: AidBasis,
    /// What made the check happen.
    #[serde(default)]
    pub trigger: Trigger,
    /// Seed of the run.
    pub seed: u64,
    /// Reviews: 50 to 100.
    #[serde(default)]
    pub sure: Option<u8>,
    /// A reference fix had been shown before.
    pub revealed: bool,
    /// Difficulty prior in logits.
    pub difficulty: f64,
    /// Made without isolation: no evidence of skill.
    #[serde(default)]
    pub practice: bool,
    /// Reviews only.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Reviewed>,
    /// Changes only: places in the lines where a weakness of the class could have come in, without those of which a
    /// finding speaks that the person has not called wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sites: Option<u32>,
    /// Changes only: the lines of an assistant that hold such a place, whatever a finding says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_lines: Option<AiLines>,
    /// Catches only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caught: Option<Caught>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Attempt {
    /// Takes over what a later line of the same attempt says anew: whether an assistant helped and, of what can
    /// change afterwards, what it is. What a hook saw no later word takes back.
    pub fn amend(&mut self, later: &Self) {
        if self.aid_basis != AidBasis::Hook {
            (self.aid, self.aid_basis) = (later.aid, later.aid_basis);
        }
        match self.kind {
            AttemptKind::Change => {
                (self.sites, self.ai_lines) = (later.sites, later.ai_lines);
            }
            AttemptKind::Finding => self.outcome = later.outcome,
            AttemptKind::Catch => (self.outcome, self.caught) = (later.outcome, later.caught),
            AttemptKind::Attempt | AttemptKind::Review | AttemptKind::Fix => {}
        }
    }
}

/// How far an exercise was brought.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PastStanding {
    /// Tried, or a review item answered.
    Tried,
    /// Fixed after the reference was shown.
    Revealed,
    /// Fixed with an assistant, without isolation, or nobody knows how.
    FixedAided,
    /// Fixed by oneself.
    Fixed,
}

impl PastStanding {
    /// What one attempt brings it to.
    #[must_use]
    pub fn of(attempt: &Attempt) -> Self {
        match (attempt.outcome, attempt.revealed, attempt.aid) {
            (AttemptOutcome::Fixed, _, _) if attempt.practice => Self::FixedAided,
            (AttemptOutcome::Fixed, true, _) => Self::Revealed,
            (AttemptOutcome::Fixed, false, Aid::Unaided) => Self::Fixed,
            (AttemptOutcome::Fixed, false, Aid::Assisted | Aid::Unknown) => Self::FixedAided,
            _ => Self::Tried,
        }
    }
}

/// What is left of the attempts at an exercise, a review item, a fix or a change, once they are folded: that there were some.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Past {
    /// What was done.
    pub kind: AttemptKind,
    /// The exercise, the review item, or the fingerprint of the finding.
    pub scenario: String,
    /// The version of the scenario.
    pub version: u32,
    /// How far it was brought.
    pub standing: PastStanding,
    /// How many attempts there were.
    pub tries: u32,
}
