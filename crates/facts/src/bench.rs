//! The benchmark of AI assistants as a document: what each did in each mode, always with an interval.
//!
//! Crate `bench` fills it from the records of a run or from a tree of BaxBench results; `report` prints it. A share that
//! rests on exploits has two ends: an exploit that could not be judged proves nothing, so it is counted both ways.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::skill::{Language, Standing, WeaknessClass};
use crate::{Cwe, Diagnostic};

/// The `schema` of the document.
pub const SCHEMA: &str = "trueline.bench/1";

/// What an assistant is asked to do.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Write a program from its specification.
    Generate,
    /// Mend a vulnerable program, given one finding.
    Repair,
    /// Review changes, unsafe ones and their safe twins.
    Review,
    /// Mend a program in a repository that holds injected instructions.
    Resist,
}

impl Mode {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 4] = [Self::Generate, Self::Repair, Self::Review, Self::Resist];

    /// The word in documents and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Repair => "repair",
            Self::Review => "review",
            Self::Resist => "resist",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How an interval was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Wilson's score interval over the scenarios: the samples of each ended alike.
    Wilson,
    /// Wilson's over the samples that the scenarios are worth, with Student's t: samples of one scenario depend on each other.
    EffectiveSamples,
    /// Too few scenarios for an interval: 0 to 1.
    TooFewScenarios,
    /// Nothing was measured.
    Nothing,
}

/// A mean over tasks with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The mean; absent when nothing was measured.
    pub value: Option<f64>,
    /// Lower end; 0 when nothing was measured.
    pub low: f64,
    /// Upper end; 1 when nothing was measured.
    pub high: f64,
    /// Tasks it is a mean over.
    pub tasks: u64,
    /// How the interval was made.
    pub method: Method,
}

/// A share that exploits decide: with those that could not be judged counted against it, and for it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Bounded {
    /// Unknown outcomes are counted against the assistant: what is proven.
    pub low: Estimate,
    /// Unknown outcomes are counted in its favour: the rule of most published numbers.
    pub high: Estimate,
}

/// How samples of code ended. Together they are all samples that were judged.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Outcomes {
    /// Everything works and every exploit was blocked.
    pub blocked: u64,
    /// Everything works, no exploit succeeded, and one at least could not be judged.
    pub unproven: u64,
    /// Everything works and an exploit succeeded.
    pub exploited: u64,
    /// A function does not work.
    pub functional_fail: u64,
    /// The assistant gave nothing that can be judged.
    pub no_answer: u64,
}

impl Outcomes {
    /// All of them.
    #[must_use]
    pub const fn samples(&self) -> u64 {
        self.blocked + self.unproven + self.exploited + self.functional_fail + self.no_answer
    }

    /// Those whose functions work.
    #[must_use]
    pub const fn functional(&self) -> u64 {
        self.blocked + self.unproven + self.exploited
    }
}

/// Samples or tasks that are no part of any share, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Why: a missing runtime, no specification, a check that failed.
    pub reason: String,
    /// How many samples.
    pub samples: u64,
    /// Of which scenarios.
    pub scenarios: Vec<String>,
}

/// pass@k and secure-pass@k.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PassAt {
    /// How many tries somebody has.
    pub k: u32,
    /// The chance that one of them works.
    pub pass: Estimate,
    /// The chance that one of them works and no exploit succeeds.
    pub secure: Bounded,
}

/// One row of a breakdown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// What the row is about: a language, a weakness, a way of injection.
    pub name: String,
    /// How the samples ended.
    pub outcomes: Outcomes,
    /// pass@1.
    pub pass: Estimate,
    /// secure-pass@1.
    pub secure: Bounded,
}

/// One weakness: how often exploits of it succeeded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CweRow {
    /// The weakness.
    pub cwe: Cwe,
    /// Samples that work and against which an exploit of it was run.
    pub functional: u64,
    /// Against how many of those one succeeded.
    pub exploited: u64,
    /// In how many of those none succeeded and one could not be judged.
    pub unknown: u64,
    /// Share of the samples that work; the lower end counts unknown as not exploited.
    pub low: Estimate,
    /// The same with unknown counted as exploited.
    pub high: Estimate,
}

/// What only repairs have.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RepairRow {
    /// Share of answers that broke a function that worked before.
    pub regressions: Estimate,
    /// Median of the lines added and removed, over samples with an answer.
    pub median_changed_lines: Option<f64>,
    /// The same for the reference fixes of the same scenarios.
    pub median_reference_lines: Option<f64>,
}

/// Generate and repair.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CodeResult {
    /// Tasks with a judged sample.
    pub tasks: u64,
    /// How the samples ended.
    pub outcomes: Outcomes,
    /// For each k up to the number of samples.
    pub pass_at: Vec<PassAt>,
    /// By language.
    pub languages: Vec<Group>,
    /// By weakness.
    pub cwes: Vec<CweRow>,
    /// Repair only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<RepairRow>,
    /// What is no part of it.
    pub left_out: Vec<LeftOut>,
}

/// Review.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReviewResult {
    /// Pairs of an unsafe change and its safe twin.
    pub pairs: u64,
    /// Samples that were judged.
    pub samples: u64,
    /// Samples without an answer: they miss what is unsafe, and are right about nothing.
    pub no_answer: u64,
    /// Share of pairs of which both twins were judged rightly: flagging everything or nothing gets 0.
    pub told_apart: Estimate,
    /// Share of unsafe changes with a finding on a line of the weakness.
    pub recall: Estimate,
    /// Share of safe changes with any finding.
    pub false_alarms: Estimate,
    /// Share of findings that are on a line of a weakness.
    pub precision: Estimate,
    /// Of the lines flagged in unsafe changes, the share that holds the weakness.
    pub localisation: Estimate,
    /// Share of caught weaknesses that were given their CWE.
    pub named: Estimate,
    /// Recall by weakness.
    pub cwes: Vec<ReviewCwe>,
    /// What is no part of it.
    pub left_out: Vec<LeftOut>,
}

/// One weakness in reviews.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReviewCwe {
    /// The weakness.
    pub cwe: Cwe,
    /// Recall.
    pub recall: Estimate,
}

/// Resist.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ResistResult {
    /// Samples that were judged.
    pub samples: u64,
    /// Samples without an answer.
    pub no_answer: u64,
    /// Share of samples in which the injected instruction was carried out. Less is better.
    pub obeyed: Estimate,
    /// Share of samples in which the task itself was done: works, and no exploit succeeded.
    pub completed: Bounded,
    /// Share in which the task was done and the instruction was not carried out.
    pub resisted: Bounded,
    /// By the way in which the instruction came.
    pub channels: Vec<ChannelRow>,
    /// What is no part of it.
    pub left_out: Vec<LeftOut>,
}

/// One way in which an instruction came.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRow {
    /// Which.
    pub channel: String,
    /// Samples.
    pub samples: u64,
    /// Obedience.
    pub obeyed: Estimate,
}

/// Time and money.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    /// Answers that were asked for.
    pub answers: u64,
    /// Median seconds of an answer, as measured then.
    pub median_s: Option<f64>,
    /// Seconds of all answers.
    pub total_s: f64,
    /// Answers that told their tokens.
    pub told_tokens: u64,
    /// Tokens in, of those.
    pub input_tokens: u64,
    /// Tokens out, of those.
    pub output_tokens: u64,
    /// Answers that told their cost.
    pub told_cost: u64,
    /// Their cost in US dollars.
    pub cost_usd: f64,
}

/// What an assistant did, on the scale of people's skills.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AssistantAbility {
    /// Mending what is vulnerable: the exercises of people.
    Mending,
    /// Telling unsafe changes from safe ones.
    Reviewing,
}

/// The skill of an assistant, by the model and the item parameters that people are measured with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AbilityResult {
    /// Which.
    pub ability: AssistantAbility,
    /// What all cells share.
    pub overall: Standing,
    /// Cells with evidence.
    pub cells: Vec<AbilityCell>,
}

/// A language and a class of weaknesses.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AbilityCell {
    /// Language.
    pub language: Language,
    /// Class.
    pub class: WeaknessClass,
    /// Where it stands.
    pub standing: Standing,
    /// Samples that are evidence of it.
    pub samples: u64,
}

/// Why there was no answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NoAnswer {
    /// The cause.
    pub reason: String,
    /// How many samples.
    pub samples: u64,
    /// What the assistant itself said first on standard error, cut and without what may be a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// One assistant.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AssistantReport {
    /// Its name, as the adapter's file has it.
    pub name: String,
    /// A stand-in that shows how the benchmark works: no assistant that anybody uses.
    pub demonstration: bool,
    /// `command`, `openai` or `replay`.
    pub adapter: String,
    /// What its version command said.
    pub version: Option<String>,
    /// The models that answered, as they named themselves.
    pub models: Vec<String>,
    /// Samples of each task.
    pub samples: u32,
    /// What outcomes, canaries and channels were drawn from.
    pub seed: u64,
    /// What was said about security: `none`, `generic` or `specific`.
    pub safety: String,
    /// Generate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generate: Option<CodeResult>,
    /// Repair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<CodeResult>,
    /// Review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewResult>,
    /// Resist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resist: Option<ResistResult>,
    /// Its skills on the scale of people's.
    pub abilities: Vec<AbilityResult>,
    /// Why there was no answer, the most frequent cause first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_answers: Vec<NoAnswer>,
    /// It was asked and gave not one answer: nothing was measured, and there is no result of any mode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
    /// Time and money.
    pub spent: Spent,
    /// Samples that the run was to have and has not: it was interrupted.
    pub missing_samples: u64,
}

/// One model of a tree of BaxBench results in one setting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BaxBenchModel {
    /// The model, as its folder is named.
    pub model: String,
    /// The setting, as its folder is named: `temp0.2-openapi-none`.
    pub setting: String,
    /// Tasks: pairs of scenario and environment.
    pub tasks: u64,
    /// Samples with a result.
    pub samples: u64,
    /// Samples whose functional tests all passed.
    pub functional: u64,
    /// Of those, without a weakness found.
    pub secure: u64,
    /// Of those without a weakness found, with a security test that could not be run.
    pub secure_unproven: u64,
    /// Samples with an exception in any test.
    pub exceptions: u64,
    /// Samples whose answer could not be read as code.
    pub no_code: u64,
    /// Samples that passed none of no functional tests: upstream counts them as working.
    pub without_tests: u64,
    /// Its own numbers by its own rule, averaged as it does.
    pub upstream: Vec<UpstreamAt>,
    /// Mean share of insecure among working samples, as upstream averages it; absent when nothing worked.
    pub upstream_insecure: Option<f64>,
    /// The same tasks with what could not be judged counted both ways, and with intervals over scenarios. A sample
    /// without a functional test does not work here.
    pub ours: Vec<PassAt>,
    /// By weakness.
    pub cwes: Vec<UpstreamCwe>,
}

/// Upstream's averages.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UpstreamAt {
    /// k.
    pub k: u32,
    /// pass@k.
    pub pass: f64,
    /// secure pass@k: a security test that raised counts as secure.
    pub secure: f64,
}

/// A weakness in a tree of BaxBench results.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UpstreamCwe {
    /// The weakness.
    pub cwe: Cwe,
    /// Samples with it.
    pub samples: u64,
    /// Of those, samples whose functional tests all passed.
    pub functional: u64,
}

/// The document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BenchReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// Which Trueline wrote it.
    pub trueline_version: String,
    /// Scenarios with their versions: numbers compare only over the same ones.
    pub scenarios: Vec<ScenarioVersion>,
    /// Assistants that were run.
    pub assistants: Vec<AssistantReport>,
    /// Trees of BaxBench results.
    pub baxbench: Vec<BaxBenchModel>,
    /// What could not be read or does not compare.
    pub diagnostics: Vec<Diagnostic>,
}

/// A scenario and its version.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioVersion {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
}
