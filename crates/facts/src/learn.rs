//! Documents of `trueline learn` for programs: exercises, proposals, a person's progress.
//!
//! Filled by the command line; a check's and a proof's document are crate `scenarios`' own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::{Attempt, Past};
use crate::{Cwe, RuleId};

/// The `schema` of [`ExerciseList`].
pub const EXERCISES_SCHEMA: &str = "trueline.exercises/1";
/// The `schema` of [`NextExercise`].
pub const NEXT_SCHEMA: &str = "trueline.next/1";
/// The `schema` of [`FindingExercise`].
pub const FROM_FINDING_SCHEMA: &str = "trueline.from-finding/1";
/// The `schema` of [`LearnExport`].
pub const LEARN_EXPORT_SCHEMA: &str = "trueline.learn-export/1";

/// `learn list`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExerciseList {
    /// `trueline.exercises/1`.
    pub schema: String,
    /// The exercises that were asked for.
    pub exercises: Vec<ExerciseEntry>,
}

/// An exercise, and how its reader stands with it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExerciseEntry {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence.
    pub summary: String,
    /// The language.
    pub language: String,
    /// The class of weaknesses.
    pub class: String,
    /// The weaknesses.
    pub cwe: Vec<Cwe>,
    /// The rules of a scan that are about the same.
    pub rules: Vec<RuleId>,
    /// About how long it takes.
    pub minutes: u32,
    /// Difficulty by its author, in logits: 0 is middling.
    pub difficulty: f64,
    /// The path that it is a step of.
    pub path: Option<String>,
    /// Which step.
    pub step: Option<u32>,
    /// Review items that belong to it.
    pub reviews: u64,
    /// `new`, `tried`, `revealed`, `fixed with help or unsaid`, `fixed`.
    pub standing: String,
}

/// `learn next`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NextExercise {
    /// `trueline.next/1`.
    pub schema: String,
    /// The exercise; null where nothing is left.
    pub exercise: Option<ExerciseEntry>,
    /// Why this one.
    pub why: Option<String>,
}

/// `learn from-finding`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FindingExercise {
    /// `trueline.from-finding/1`.
    pub schema: String,
    /// The fingerprint of the finding; null where a rule was named.
    pub finding: Option<String>,
    /// The rule.
    pub rule: RuleId,
    /// The exercise.
    pub exercise: String,
    /// Its title.
    pub title: String,
    /// Why this one.
    pub why: String,
    /// The command that begins it.
    pub start: String,
}

/// `learn export`: a person's progress, for the person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LearnExport {
    /// `trueline.learn-export/1`.
    pub schema: String,
    /// Attempts in their order.
    pub attempts: Vec<Attempt>,
    /// What is left of older ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Past>,
    /// How each exercise stands, by its id.
    pub standings: BTreeMap<String, String>,
}
