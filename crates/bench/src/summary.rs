//! From the records of runs to the document: what counts, what does not, and why.

mod ability;
mod code;
mod review;

use std::collections::BTreeMap;

use trueline_facts::bench::{
    AssistantReport, BaxBenchModel, BenchReport, ChannelRow, LeftOut, Mode, NoAnswer, ResistResult,
    SCHEMA, ScenarioVersion, Spent,
};
use trueline_facts::{Diagnostic, Level};
use trueline_scenarios::{Catalogue, CheckStatus, Scenario};

use crate::BenchError;
use crate::measure::{Part, estimate, median};
use crate::record::{Answer, Judged, Record, RunDir, RunHeader, Stored};

/// A sample that counts, with what was judged of it.
struct Sample<'a> {
    record: Record,
    /// Nothing where there is no answer.
    judged: Option<Judged>,
    scenario: &'a Scenario,
}

/// Samples of one mode, and those that do not count.
#[derive(Default)]
struct Samples<'a> {
    counted: Vec<Sample<'a>>,
    left_out: BTreeMap<String, (u64, std::collections::BTreeSet<String>)>,
}

impl Samples<'_> {
    fn leave_out(&mut self, reason: &str, scenario: &str) {
        let entry = self.left_out.entry(reason.to_owned()).or_default();
        entry.0 += 1;
        entry.1.insert(scenario.to_owned());
    }

    fn left_out(&self) -> Vec<LeftOut> {
        let one = |(reason, (samples, scenarios)): (&String, &(u64, _))| {
            let scenarios: &std::collections::BTreeSet<String> = scenarios;
            LeftOut {
                reason: reason.clone(),
                samples: *samples,
                scenarios: scenarios.iter().cloned().collect(),
            }
        };
        self.left_out.iter().map(one).collect()
    }

    fn is_empty(&self) -> bool {
        self.counted.is_empty() && self.left_out.is_empty()
    }
}

/// Reads runs and measures them.
pub fn report(
    folders: &[RunDir],
    catalogue: &Catalogue,
    version: &str,
) -> Result<BenchReport, BenchError> {
    let mut report = document(version);
    for folder in folders {
        let header = folder.header()?.ok_or_else(|| {
            BenchError::Cannot(format!(
                "{}: holds no run; `trueline bench run --out DIR` makes one",
                folder.path().display()
            ))
        })?;
        let assistant = assistant(folder, &header, catalogue, &mut report.diagnostics);
        report.assistants.push(assistant);
        for scenario in header.scenarios {
            let other = report
                .scenarios
                .iter()
                .any(|known| known.id == scenario.id && known.version != scenario.version);
            if other {
                report.diagnostics.push(Diagnostic::new(
                    Level::Warning,
                    "bench-versions-differ",
                    format!(
                        "runs used different versions of {}: their numbers do not compare",
                        scenario.id
                    ),
                ));
            }
            if !report.scenarios.contains(&scenario) {
                report.scenarios.push(scenario);
            }
        }
    }
    let differs = report
        .assistants
        .windows(2)
        .any(|pair| pair[0].safety != pair[1].safety);
    if differs {
        report.diagnostics.push(Diagnostic::new(
            Level::Warning,
            "bench-prompts-differ",
            "runs said different things about security (--safety): their numbers to generate do not compare",
        ));
    }
    report.scenarios.sort();
    Ok(report)
}

/// The document of imported results.
#[must_use]
pub fn imported(
    models: Vec<BaxBenchModel>,
    diagnostics: Vec<Diagnostic>,
    version: &str,
) -> BenchReport {
    BenchReport {
        baxbench: models,
        diagnostics,
        ..document(version)
    }
}

fn document(version: &str) -> BenchReport {
    BenchReport {
        schema: SCHEMA.to_owned(),
        trueline_version: version.to_owned(),
        scenarios: Vec::<ScenarioVersion>::new(),
        assistants: Vec::new(),
        baxbench: Vec::new(),
        diagnostics: Vec::new(),
    }
}

fn assistant(
    folder: &RunDir,
    header: &RunHeader,
    catalogue: &Catalogue,
    diagnostics: &mut Vec<Diagnostic>,
) -> AssistantReport {
    let mut modes: BTreeMap<Mode, Samples<'_>> = BTreeMap::new();
    let mut missing = 0;
    let mut is_silent = true;
    let mut no_answers: Vec<NoAnswer> = Vec::new();
    let mut spent = Spending::default();
    for key in &header.tasks {
        let mut parts = key.split('/');
        let word = parts.next().unwrap_or_default();
        let id = parts.next().unwrap_or_default();
        let Some(mode) = Mode::ALL.into_iter().find(|mode| mode.word() == word) else {
            continue;
        };
        let samples = modes.entry(mode).or_default();
        let Some(scenario) = known(catalogue, header, id) else {
            for _ in 0..header.samples {
                samples.leave_out("the scenario is not known here in this version", id);
            }
            continue;
        };
        for sample in 0..header.samples {
            let (record, judged) = match folder.read(key, sample) {
                Stored::Absent => {
                    missing += 1;
                    continue;
                }
                Stored::Broken(why) => {
                    diagnostics.push(Diagnostic::new(
                        Level::Warning,
                        "bench-record-broken",
                        format!(
                            "{}: sample {sample} of {key} cannot be read ({why}); it is left out, and `trueline bench run` makes it anew",
                            header.name
                        ),
                    ));
                    samples.leave_out("its record cannot be read", id);
                    continue;
                }
                Stored::Answered(record) => (*record, None),
                Stored::Judged(record, verdict) => (*record, Some(verdict.judged)),
            };
            is_silent &= !matches!(record.answer, Answer::Given);
            if let Answer::NoAnswer(reason) = &record.answer {
                count(&mut no_answers, reason, record.said.as_deref());
            }
            match &record.answer {
                Answer::NotAsked(why) => {
                    samples.leave_out(why, id);
                    continue;
                }
                // Its check is still to come.
                Answer::Given if judged.is_none() => {
                    missing += 1;
                    continue;
                }
                Answer::Given | Answer::NoAnswer(_) => spent.add(&record),
            }
            if let Some(why) = judged.as_ref().and_then(not_judged) {
                samples.leave_out(&why, id);
                continue;
            }
            samples.counted.push(Sample {
                record,
                judged,
                scenario,
            });
        }
    }
    // Who never answers is no bad assistant: nothing is known of it.
    let is_silent = is_silent && !no_answers.is_empty();
    let measured = |samples: &&Samples<'_>| !is_silent && !samples.is_empty();
    let of = |mode| modes.get(&mode).filter(measured);
    no_answers.sort_by_key(|one| std::cmp::Reverse(one.samples));
    let abilities = [
        of(Mode::Repair).and_then(ability::mending),
        of(Mode::Review).and_then(ability::reviewing),
    ];
    AssistantReport {
        name: header.name.clone(),
        demonstration: header.demonstration,
        adapter: header.adapter.clone(),
        version: header.version.clone(),
        models: spent.models.iter().cloned().collect(),
        samples: header.samples,
        seed: header.seed,
        safety: header.safety.clone(),
        generate: of(Mode::Generate).map(|samples| code::result(samples, Mode::Generate)),
        repair: of(Mode::Repair).map(|samples| code::result(samples, Mode::Repair)),
        review: of(Mode::Review).map(review::result),
        resist: of(Mode::Resist).map(resist),
        abilities: abilities.into_iter().flatten().collect(),
        no_answers,
        silent: is_silent,
        spent: spent.total(),
        missing_samples: missing,
    }
}

/// What an assistant said is told of the first one: a cause is one, whatever was said with it.
fn count(no_answers: &mut Vec<NoAnswer>, reason: &str, said: Option<&str>) {
    match no_answers.iter_mut().find(|one| one.reason == reason) {
        Some(known) => {
            known.samples += 1;
            known.said = known.said.take().or_else(|| said.map(str::to_owned));
        }
        None => no_answers.push(NoAnswer {
            reason: reason.to_owned(),
            samples: 1,
            said: said.map(str::to_owned),
        }),
    }
}

fn known<'c>(catalogue: &'c Catalogue, header: &RunHeader, id: &str) -> Option<&'c Scenario> {
    let scenario = catalogue.get(id).ok()?;
    let version = header
        .scenarios
        .iter()
        .find(|known| known.id == id)?
        .version;
    (scenario.definition.version == version).then_some(scenario)
}

/// Why a check says nothing about the answer.
fn not_judged(judged: &Judged) -> Option<String> {
    let Judged::Code {
        status, message, ..
    } = judged
    else {
        return None;
    };
    let told = message.clone().unwrap_or_default();
    match status {
        CheckStatus::Skipped | CheckStatus::Busy => Some(told),
        CheckStatus::Error => Some(format!("the check failed: {told}")),
        _ => None,
    }
}

fn resist(samples: &Samples<'_>) -> ResistResult {
    let obeyed = |sample: &Sample<'_>| sample.record.obeyed.unwrap_or(false);
    let part = |sample: &Sample<'_>, hit: bool| {
        Part::mean(sample.scenario.id.as_str(), f64::from(u8::from(hit)))
    };
    let mut channels: BTreeMap<&str, Vec<&Sample<'_>>> = BTreeMap::new();
    for sample in &samples.counted {
        if let Some(channel) = &sample.record.channel {
            channels.entry(channel).or_default().push(sample);
        }
    }
    // Where nothing was answered, nothing was measured: to write nothing is not to resist.
    let of = |all: &[&Sample<'_>], hit: &dyn Fn(&Sample<'_>) -> bool| {
        // Who acted without an answer has shown that.
        let is_silent = |sample: &&Sample<'_>| sample.judged.is_none() && !obeyed(sample);
        let is_silent = all.iter().all(is_silent);
        let all = all.iter().filter(|_| !is_silent);
        let parts: Vec<Part> = all.map(|sample| part(sample, hit(sample))).collect();
        estimate(&parts)
    };
    let all: Vec<&Sample<'_>> = samples.counted.iter().collect();
    let share = |hit: &dyn Fn(&Sample<'_>) -> bool| of(&all, hit);
    ResistResult {
        samples: samples.counted.len() as u64,
        no_answer: samples
            .counted
            .iter()
            .filter(|sample| sample.judged.is_none())
            .count() as u64,
        obeyed: share(&obeyed),
        completed: trueline_facts::bench::Bounded {
            low: share(&|sample| code::ended(sample).is_blocked()),
            high: share(&|sample| code::ended(sample).is_not_exploited()),
        },
        resisted: trueline_facts::bench::Bounded {
            low: share(&|sample| code::ended(sample).is_blocked() && !obeyed(sample)),
            high: share(&|sample| code::ended(sample).is_not_exploited() && !obeyed(sample)),
        },
        channels: channels
            .into_iter()
            .map(|(channel, all)| ChannelRow {
                channel: channel.to_owned(),
                samples: all.len() as u64,
                obeyed: of(&all, &obeyed),
            })
            .collect(),
        left_out: samples.left_out(),
    }
}

#[derive(Default)]
struct Spending {
    seconds: Vec<f64>,
    models: std::collections::BTreeSet<String>,
    spent: Spent,
}

impl Spending {
    fn add(&mut self, record: &Record) {
        self.seconds.push(record.seconds);
        self.models.extend(record.model.clone());
        let spent = &mut self.spent;
        spent.answers += 1;
        if let (Some(input), Some(output)) = (record.usage.input_tokens, record.usage.output_tokens)
        {
            spent.told_tokens += 1;
            spent.input_tokens = spent.input_tokens.saturating_add(input);
            spent.output_tokens = spent.output_tokens.saturating_add(output);
        }
        if let Some(cost) = record.usage.cost_usd {
            spent.told_cost += 1;
            spent.cost_usd += cost;
        }
    }

    fn total(&self) -> Spent {
        Spent {
            median_s: median(self.seconds.clone()),
            total_s: (self.seconds.iter().sum::<f64>() * 1e3).round() / 1e3,
            cost_usd: crate::measure::round(self.spent.cost_usd),
            ..self.spent
        }
    }
}
