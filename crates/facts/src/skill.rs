//! Skill as documents: what a person sees of their own, what one shared cell shows, what a team may see.
//!
//! Numbers reach these types only through crate `skills`, which asks who is reading first. A skill is
//! an interval or "not enough evidence", never a bare number.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Diagnostic, Proportion};

/// The `schema` of a profile.
pub const SKILLS_SCHEMA: &str = "trueline.skills/1";
/// The `schema` of one shared cell.
pub const SHARED_SKILL_SCHEMA: &str = "trueline.shared-skill/1";
/// The `schema` of the aggregates of a period.
pub const TEAM_SKILLS_SCHEMA: &str = "trueline.team-skills/1";
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

/// Declares an enum whose variants have one name each, in documents, on the command line and on screen.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or_else(|| UnknownName {
                    what: $what,
                    given: text.to_owned(),
                    known: Self::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

/// A name that is none of a fixed list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{given}` is no {what}; known are {known}")]
pub struct UnknownName {
    what: &'static str,
    given: String,
    known: String,
}

named! {
    /// A class of weaknesses: what a skill is a skill in.
    WeaknessClass, "class of weaknesses":
    /// Input that becomes code, a query or a command.
    Injection = "injection",
    /// Paths and files that input chooses.
    PathAndFiles = "path-and-files",
    /// Addresses that input chooses.
    SsrfAndRedirect = "ssrf-and-redirect",
    /// Objects made from untrusted bytes.
    Deserialisation = "deserialisation",
    /// Output that a browser runs.
    XssAndOutput = "xss-and-output",
    /// Who may do what.
    AccessControl = "access-control",
    /// Who somebody is.
    Authentication = "authentication",
    /// Ciphers, hashes, random numbers.
    Cryptography = "cryptography",
    /// Keys and passwords in the wrong place.
    Secrets = "secrets",
    /// Work, memory and time that input decides.
    ResourceUse = "resource-use",
    /// Errors that open or tell too much.
    ErrorHandling = "error-handling",
    /// Packages and models of others.
    SupplyChain = "supply-chain",
    /// Pipelines, containers, clusters.
    CiAndInfrastructure = "ci-and-infrastructure",
    /// Prompts, model output, agents and their tools.
    LlmAndAgents = "llm-and-agents",
}

named! {
    /// A language of exercises and of skill.
    Language, "language":
    /// Python.
    Python = "python",
    /// JavaScript.
    JavaScript = "javascript",
    /// TypeScript.
    TypeScript = "typescript",
    /// Java.
    Java = "java",
    /// Go.
    Go = "go",
    /// Rust.
    Rust = "rust",
    /// YAML.
    Yaml = "yaml",
    /// Dockerfiles.
    Dockerfile = "dockerfile",
    /// JSON.
    Json = "json",
    /// Prose: rules files, prompts, packages lists.
    Text = "text",
}

named! {
    /// What somebody did by themselves, with an assistant, or by reading.
    Ability, "ability":
    /// Work done without an assistant.
    Unaided = "unaided",
    /// Work done with an assistant: directing it.
    Directing = "directing",
    /// Finding weaknesses in what others wrote.
    Reviewing = "reviewing",
}

/// One skill: an ability in a language and a class of weaknesses. Written `python/injection`, with the
/// ability before it unless it is unaided work: `reviewing:go/secrets`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cell {
    /// The ability.
    pub ability: Ability,
    /// The language.
    pub language: Language,
    /// The class.
    pub class: WeaknessClass,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ability != Ability::Unaided {
            write!(f, "{}:", self.ability)?;
        }
        write!(f, "{}/{}", self.language, self.class)
    }
}

/// A text that names no cell.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CellError {
    /// No slash.
    #[error(
        "`{0}` names no skill; write language/class, like python/injection or reviewing:go/secrets"
    )]
    Form(String),
    /// A part of it is unknown.
    #[error(transparent)]
    Name(#[from] UnknownName),
}

impl FromStr for Cell {
    type Err = CellError;

    fn from_str(text: &str) -> Result<Self, CellError> {
        let (ability, rest) = match text.split_once(':') {
            Some((ability, rest)) => (ability.parse()?, rest),
            None => (Ability::Unaided, text),
        };
        let (language, class) = rest
            .split_once('/')
            .ok_or_else(|| CellError::Form(text.to_owned()))?;
        Ok(Self {
            ability,
            language: language.parse()?,
            class: class.parse()?,
        })
    }
}

impl Serialize for Cell {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Cell {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^((unaided|directing|reviewing):)?[a-z]+/[a-z-]+$"
        })
    }
}

/// Where a skill stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Standing {
    /// Too little is known to say anything.
    NotEnoughEvidence {
        /// What is known is worth so many even-odds answers.
        effective_answers: f64,
        /// So many are needed.
        needed: f64,
    },
    /// An interval that holds the truth in 80 of 100 cases.
    Estimated(Interval),
}

/// An 80 % interval of a skill, as logits and as the chance to solve a reference item without help.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Lower end, in logits.
    pub low: f64,
    /// Mean, in logits.
    pub mean: f64,
    /// Upper end, in logits.
    pub high: f64,
    /// Chance at the lower end.
    pub chance_low: f64,
    /// Chance at the mean.
    pub chance: f64,
    /// Chance at the upper end.
    pub chance_high: f64,
    /// What is known is worth so many even-odds answers.
    pub effective_answers: f64,
}

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
    /// Rows that the person has disputed: they do not count.
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
    /// Chance to solve that exercise at the first try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
}

/// Why something should be practised.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum PractiseReason {
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

/// How much of the practice in a class was done without an assistant.
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
    /// Rows of the cell and of its language and class, the latest first.
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

/// Aggregates of a period: groups of five persons or more.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TeamSkills {
    /// `trueline.team-skills/1`.
    pub schema: String,
    /// The period, whose groups are fixed.
    pub period: String,
    /// Least size of a group that is shown.
    pub least: u64,
    /// The groups that may be shown.
    pub groups: Vec<TeamGroup>,
    /// Names of groups that are not shown, so that no small group can be worked out.
    pub withheld: Vec<String>,
}

/// One group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TeamGroup {
    /// Its name.
    pub name: String,
    /// Its size.
    pub members: u64,
    /// Mean skill of its members, where there is enough evidence.
    pub cells: Vec<TeamCell>,
}

/// One cell of a group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TeamCell {
    /// The cell.
    pub cell: Cell,
    /// Where the mean of the members stands.
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
    /// The oldest first.
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
