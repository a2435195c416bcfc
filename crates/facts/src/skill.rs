//! Skill: what it is in, where it stands, and the documents that say so to its owner.
//!
//! Numbers reach these types only through crate `skills`, which asks who is reading first. A skill is
//! an interval or "not enough evidence", never a bare number.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

mod documents;

pub use self::documents::{
    AbilityReport, CellReport, Certainty, CertaintyBucket, CertaintyVerdict, Due, EvidenceCounts,
    FoldedEvidence, PractiseReason, ReasonRow, Reliance, RowState, SHARED_SKILL_SCHEMA,
    SKILL_CHANGE_SCHEMA, SKILL_LOG_SCHEMA, SKILL_REASONS_SCHEMA, SKILL_RETENTION_SCHEMA,
    SKILL_SHARE_SCHEMA, SKILL_SHARES_SCHEMA, SKILLS_EXPORT_SCHEMA, SKILLS_SCHEMA, SetAside,
    ShareEntry, SharedSkill, SkillChange, SkillLog, SkillRead, SkillReasons, SkillRetention,
    SkillShare, SkillShares, SkillsExport, SkillsReport, Suggestion,
};

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
