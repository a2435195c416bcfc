//! Documents of `trueline learn` for programs: exercises, proposals, a person's progress.
//!
//! Filled by the command line; a check's and a proof's document are crate `scenarios`' own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::{Aid, Attempt, Past};
use crate::{Cwe, Fingerprint, RepoPath, RuleId};

/// The `schema` of [`ExerciseList`].
pub const EXERCISES_SCHEMA: &str = "trueline.exercises/1";
/// The `schema` of [`NextExercise`].
pub const NEXT_SCHEMA: &str = "trueline.next/1";
/// The `schema` of [`FindingExercise`].
pub const FROM_FINDING_SCHEMA: &str = "trueline.from-finding/1";
/// The `schema` of [`LearnStart`].
pub const START_SCHEMA: &str = "trueline.learn-start/1";
/// The `schema` of [`LearnHints`].
pub const HINTS_SCHEMA: &str = "trueline.learn-hint/1";
/// The `schema` of [`LearnReveal`].
pub const REVEAL_SCHEMA: &str = "trueline.learn-reveal/1";
/// The `schema` of [`LearnFixed`].
pub const FIXED_SCHEMA: &str = "trueline.learn-fixed/1";
/// The `schema` of [`LearnPassed`].
pub const PASSED_SCHEMA: &str = "trueline.learn-passed/1";
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
    /// What it needs to run and this machine does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
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
    /// What it needs to run and this machine does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
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
    /// What it needs to run and this machine does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Where it was begun, with `--start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// `learn start`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LearnStart {
    /// `trueline.learn-start/1`.
    pub schema: String,
    /// The exercise.
    pub exercise: ExerciseEntry,
    /// Where it lies now.
    pub folder: String,
    /// The files to mend.
    pub files: Vec<String>,
    /// The story and the goal, in Markdown.
    pub brief: String,
    /// How many hints there are.
    pub hints: u8,
    /// What it needs to run and this machine does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// `learn hint`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LearnHints {
    /// `trueline.learn-hint/1`.
    pub schema: String,
    /// The exercise.
    pub exercise: String,
    /// The hints that are open, in Markdown; the last one is the latest.
    pub hints: Vec<String>,
    /// How many are left.
    pub left: u8,
}

/// `learn reveal`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LearnReveal {
    /// `trueline.learn-reveal/1`.
    pub schema: String,
    /// The exercise.
    pub exercise: String,
    /// A fix that holds; null where there is none.
    pub fix: Option<RevealedFix>,
    /// Other fixes that hold, in another style.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_fixes: Vec<RevealedFix>,
    /// Fixes that tempt and do not hold.
    pub wrong_fixes: Vec<WrongFix>,
    /// What there is to learn, in Markdown.
    pub debrief: Option<String>,
    /// What our own scan finds in the exercise, and what it does not.
    pub scan: String,
}

/// A fix that holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RevealedFix {
    /// Its name.
    pub name: String,
    /// What it changes, as a unified diff.
    pub diff: String,
}

/// A fix that tempts and does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WrongFix {
    /// Its name.
    pub name: String,
    /// Why it does not hold, in Markdown.
    pub why: String,
}

/// `learn fixed`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LearnFixed {
    /// `trueline.learn-fixed/1`.
    pub schema: String,
    /// Whether it was written down: not where individual skills are off.
    pub recorded: bool,
    /// Weaknesses that are gone.
    pub fixed: Vec<FixedWeakness>,
    /// Findings of the second tier that are gone: they count for nothing.
    pub unsure: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A weakness that is gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FixedWeakness {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The rule.
    pub rule: RuleId,
    /// The file.
    pub path: RepoPath,
    /// The line that it was on.
    pub line: u32,
    /// Whether an assistant helped; null where the fix is no evidence: the weakness is in no language or class of skills,
    /// or `trueline scan --fix` mended it.
    pub aid: Option<Aid>,
    /// `trueline scan --fix` mended it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_trueline: bool,
}

/// `learn passed`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LearnPassed {
    /// `trueline.learn-passed/1`.
    pub schema: String,
    /// Whether it was written down: not where individual skills are off.
    pub recorded: bool,
    /// Whether the gate lets the change through. Where it does not no place is counted.
    pub passed: bool,
    /// Findings of which something was said now.
    pub judged: Vec<JudgedFinding>,
    /// Places that could have gone wrong, by skill and by how they were written.
    pub places: Vec<PassedPlaces>,
    /// Lines of an assistant with such a place.
    pub ai_lines: u64,
    /// Those of them that were accepted as written.
    pub as_written: u64,
    /// Lines with such a place that `trueline scan --fix` wrote: they say nothing of who commits them and are left out.
    #[serde(default)]
    pub by_trueline: u64,
    /// Findings that wait for a word.
    pub waiting: Vec<WaitingFinding>,
}

/// What was said of a finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct JudgedFinding {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Whether it is right.
    pub right: bool,
}

/// Places of one skill.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PassedPlaces {
    /// The language.
    pub language: String,
    /// The class of weaknesses.
    pub class: String,
    /// Whether an assistant helped.
    pub aid: Aid,
    /// How many.
    pub places: u64,
}

/// A finding that waits for a word.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitingFinding {
    /// Its fingerprint.
    pub fingerprint: String,
    /// The language.
    pub language: String,
    /// The class of weaknesses.
    pub class: String,
    /// The rule; null, as the place, for a finding of another range.
    pub rule: Option<RuleId>,
    /// The file.
    pub path: Option<RepoPath>,
    /// The line.
    pub line: Option<u32>,
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
