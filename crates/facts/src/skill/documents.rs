//! Skill as documents: what a person sees of their own, and what one shared cell shows.
//!
//! Numbers reach these types only through crate `skills`, which asks who is reading first.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ability, Cell, Standing, UnknownName, WeaknessClass};
use crate::{Diagnostic, Proportion};

/// The `schema` of a profile.
pub const SKILLS_SCHEMA: &str = "trueline.skills/1";
/// The `schema` of one shared cell.
pub const SHARED_SKILL_SCHEMA: &str = "trueline.shared-skill/1";
/// The `schema` of the reasons of one cell.
pub const SKILL_REASONS_SCHEMA: &str = "trueline.skill-reasons/1";

/// The `schema` of what a dispute changed.
pub const SKILL_CHANGE_SCHEMA: &str = "trueline.skill-change/1";
/// The `schema` of one share.
pub const SKILL_SHARE_SCHEMA: &str = "trueline.skill-share/1";
/// The `schema` of all shares.
pub const SKILL_SHARES_SCHEMA: &str = "trueline.skill-shares/1";
/// The `schema` of who read what.
pub const SKILL_LOG_SCHEMA: &str = "trueline.skill-log/1";
/// The `schema` of how long evidence is kept.
pub const SKILL_RETENTION_SCHEMA: &str = "trueline.skill-retention/1";
/// The `schema` of everything that is kept about a person.
pub const SKILLS_EXPORT_SCHEMA: &str = "trueline.skills-export/1";

/// One's own profile.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillsReport {
    /// `trueline.skills/1`.
    pub schema: String,
    /// The version that wrote it.
    pub trueline_version: String,
    /// The day it speaks of.
    pub day: String,
    /// What it rests on.
    pub evidence: EvidenceCounts,
    /// Abilities of which there is evidence.
    pub abilities: Vec<AbilityReport>,
    /// What to practise next, the most useful first.
    pub practise: Vec<Suggestion>,
    /// How well one's own certainty holds, from reviews that asked for it.
    pub certainty: Certainty,
    /// How much was done without an assistant, by class.
    pub reliance: Vec<Reliance>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a profile rests on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceCounts {
    /// Rows that count.
    pub counted: u64,
    /// Records that the person has disputed: nothing is made of them.
    pub disputed: u64,
    /// Records that are no evidence, by reason.
    pub set_aside: Vec<SetAside>,
    /// Evidence that is past its time: it counts, and cannot be listed any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded: Option<FoldedEvidence>,
}

/// Evidence of which only what it led to is left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FoldedEvidence {
    /// The last day of it.
    pub through: String,
    /// How many records it was.
    pub records: u64,
}

/// Records that are no evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SetAside {
    /// Why.
    pub reason: String,
    /// How many.
    pub records: u64,
}

/// One ability: as a whole, by class, and cell by cell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AbilityReport {
    /// Which.
    pub ability: Ability,
    /// What all evidence says together: the part that every cell shares.
    pub overall: Standing,
    /// Cells with evidence.
    pub cells: Vec<CellReport>,
}

/// One cell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CellReport {
    /// Its name, as `skills why` takes it.
    pub cell: Cell,
    /// Where it stands.
    pub standing: Standing,
    /// Rows of evidence about it.
    pub rows: u64,
    /// Day of the latest.
    pub last: String,
    /// When it is due again; reviews and assisted work have no such day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
}

/// When a cell should be practised again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Due {
    /// The day.
    pub day: String,
    /// How likely it is still at hand today.
    pub retrievability: f64,
}

/// What to practise, and why.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    /// The skill.
    pub cell: Cell,
    /// Reasons, the strongest first.
    pub reasons: Vec<PractiseReason>,
    /// The exercise that fits best, if one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<String>,
    /// What that exercise needs to run and this machine does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Chance to solve that exercise at the first try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
}

/// Why something should be practised.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum PractiseReason {
    /// It is what `trueline learn next` proposes, for a reason of its own.
    Next {
        /// Which, in words.
        why: String,
    },
    /// The scan that was given has findings of the class in that language.
    Findings {
        /// How many.
        findings: u64,
    },
    /// The day has come.
    Due {
        /// Since when.
        day: String,
        /// How likely it is still at hand.
        retrievability: f64,
    },
    /// A reference item is solved less often than it could be.
    RoomToGrow {
        /// Chance at the mean.
        chance: f64,
    },
    /// Little is known; an exercise tells most.
    LittleEvidence,
}

/// How well certainty holds, from answers that came with "how sure".
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Certainty {
    /// Answers that said how sure.
    pub answers: u64,
    /// Mean of what was said, as a share.
    pub sure: Option<f64>,
    /// Share that was right, with its interval.
    pub right: Proportion,
    /// Mean squared distance of what was said from what came; 0.25 is a coin's.
    pub brier: Option<f64>,
    /// In buckets of what was said.
    pub buckets: Vec<CertaintyBucket>,
    /// What it comes to.
    pub verdict: CertaintyVerdict,
}

/// Answers given with about the same certainty.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CertaintyBucket {
    /// Least percent said.
    pub from: u8,
    /// Most percent said.
    pub to: u8,
    /// Mean of what was said, as a share.
    pub sure: f64,
    /// Share that was right.
    pub right: Proportion,
}

/// What the buckets come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertaintyVerdict {
    /// Too few answers.
    NotEnoughEvidence,
    /// What was said lies within the interval of what came.
    Holds,
    /// Surer than right.
    TooSure,
    /// Righter than sure.
    TooUnsure,
}

/// How much of a class was done without an assistant, and what of an assistant's lines was taken as it came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reliance {
    /// The class.
    pub class: WeaknessClass,
    /// Attempts without.
    pub unaided: u64,
    /// Attempts with.
    pub assisted: u64,
    /// Attempts of which that is not known.
    pub unknown: u64,
    /// Lines of one's changes in which something of the class could have gone wrong and that an assistant wrote.
    #[serde(default)]
    pub ai_lines: u64,
    /// Those of them that no person is known to have edited before the gate let them through.
    #[serde(default)]
    pub as_written: u64,
}

/// Why a cell stands where it does: every row, with what it changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillReasons {
    /// `trueline.skill-reasons/1`.
    pub schema: String,
    /// The version that wrote it.
    pub trueline_version: String,
    /// The day it speaks of.
    pub day: String,
    /// The cell.
    pub cell: Cell,
    /// Where it stands.
    pub standing: Standing,
    /// Rows of the cell and of its language and class, and records of the cell that move nothing; the latest first.
    pub rows: Vec<ReasonRow>,
    /// Rows of other cells that moved this one by less than a hundredth, and are not listed.
    pub others: u64,
    /// Evidence that is past its time: it counts, and cannot be listed any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded: Option<FoldedEvidence>,
}

/// One row of evidence.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReasonRow {
    /// What `skills dispute` takes.
    pub id: String,
    /// The day.
    pub day: String,
    /// Its own cell.
    pub cell: Cell,
    /// What happened.
    pub what: String,
    /// How much it counts.
    pub weight: f64,
    /// Chance of a success, as the model saw it before; nothing for counts and for a row that does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
    /// The mean today minus the mean without this row, in logits; nothing for a row that does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<f64>,
    /// Whether it counts.
    pub state: RowState,
}

named! {
    /// Whether a row counts.
    RowState, "state of a row":
    /// It counts.
    Active = "active",
    /// The person disputes it: it does not.
    Disputed = "disputed",
    /// It is no evidence; as practice it counts, until it is disputed.
    SetAside = "set-aside",
}

/// One cell as its owner shares it with somebody.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SharedSkill {
    /// `trueline.shared-skill/1`.
    pub schema: String,
    /// The version that wrote it.
    pub trueline_version: String,
    /// The share: what `skills revoke` takes.
    pub share: String,
    /// For whom.
    pub with: String,
    /// The last day on which it may be read.
    pub until: String,
    /// The day it speaks of.
    pub day: String,
    /// The cell.
    pub cell: Cell,
    /// Where it stands.
    pub standing: Standing,
}

/// How long evidence is kept one by one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillRetention {
    /// `trueline.skill-retention/1`.
    pub schema: String,
    /// Days; null for ever.
    pub days: Option<u32>,
    /// What is folded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded: Option<FoldedEvidence>,
}

/// Everything that is kept about a person, for the person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillsExport {
    /// `trueline.skills-export/1`.
    pub schema: String,
    /// The lines of the file of attempts, as they are.
    pub attempts: Vec<String>,
    /// The lines of the file of what is past its time, as they are.
    pub folded: Vec<String>,
    /// The lines of the file of decisions, as they are.
    pub decisions: Vec<String>,
    /// The profile; null where individual skills are off.
    pub profile: Option<SkillsReport>,
}

/// What a dispute, or its end, changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillChange {
    /// `trueline.skill-change/1`.
    pub schema: String,
    /// The piece of evidence.
    pub row: String,
    /// The cell that it is about.
    pub cell: Cell,
    /// Where it stood.
    pub before: Standing,
    /// Where it stands now.
    pub after: Standing,
    /// How far it moves the cell where it counts, in logits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<f64>,
}

/// A share as it was given or taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillShare {
    /// `trueline.skill-share/1`.
    pub schema: String,
    /// The share.
    #[serde(flatten)]
    pub share: ShareEntry,
}

/// `skills shares`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillShares {
    /// `trueline.skill-shares/1`.
    pub schema: String,
    /// All of them, the oldest first.
    pub shares: Vec<ShareEntry>,
}

/// A permission to read one cell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShareEntry {
    /// Its name.
    pub share: String,
    /// The cell.
    pub cell: Cell,
    /// By whom.
    pub with: String,
    /// The last day.
    pub until: String,
    /// It was given on.
    pub given: String,
    /// It was taken back on.
    pub revoked: Option<String>,
    /// In words.
    pub state: String,
}

/// `skills log`: who got to see what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillLog {
    /// `trueline.skill-log/1`.
    pub schema: String,
    /// What was shared, with whom and until when, the oldest first.
    #[serde(default)]
    pub shares: Vec<ShareEntry>,
    /// Who saw what, the oldest first.
    pub reads: Vec<SkillRead>,
}

/// Somebody read something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SkillRead {
    /// When.
    pub day: String,
    /// Who.
    pub reader: String,
    /// What.
    pub read: String,
}
