//! Generate and repair: how samples ended, pass@k with both ends, by language and weakness.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Cwe;
use trueline_facts::bench::{
    Bounded, CodeResult, CweRow, Estimate, Group, Mode, Outcomes, PassAt, RepairRow,
};
use trueline_scenarios::{CheckStatus, ExploitOutcome};

use super::{Sample, Samples};
use crate::measure::{Part, estimate, median, pass_at_k};
use crate::record::Judged;
use crate::task::changed_lines;

/// How a sample of code ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    Blocked,
    Unproven,
    Exploited,
    FunctionalFail,
    NoAnswer,
}

impl Ended {
    const fn works(self) -> bool {
        matches!(self, Self::Blocked | Self::Unproven | Self::Exploited)
    }

    pub(super) const fn is_blocked(self) -> bool {
        matches!(self, Self::Blocked)
    }

    pub(super) const fn is_not_exploited(self) -> bool {
        matches!(self, Self::Blocked | Self::Unproven)
    }
}

pub(super) const fn ended(sample: &Sample<'_>) -> Ended {
    match &sample.judged {
        Some(Judged::Code { status, .. }) => match status {
            CheckStatus::Fixed => Ended::Blocked,
            CheckStatus::Unknown => Ended::Unproven,
            CheckStatus::Exploited => Ended::Exploited,
            _ => Ended::FunctionalFail,
        },
        _ => Ended::NoAnswer,
    }
}

/// Samples by scenario, which is the task in these modes.
type Tasks<'s> = BTreeMap<&'s str, Vec<Ended>>;

fn tasks<'s>(samples: impl Iterator<Item = &'s Sample<'s>>) -> Tasks<'s> {
    let mut tasks: Tasks<'s> = BTreeMap::new();
    for sample in samples {
        let task = tasks.entry(sample.scenario.id.as_str()).or_default();
        task.push(ended(sample));
    }
    tasks
}

fn outcomes(tasks: &Tasks<'_>) -> Outcomes {
    let mut counts = Outcomes::default();
    for ended in tasks.values().flatten() {
        let count = match ended {
            Ended::Blocked => &mut counts.blocked,
            Ended::Unproven => &mut counts.unproven,
            Ended::Exploited => &mut counts.exploited,
            Ended::FunctionalFail => &mut counts.functional_fail,
            Ended::NoAnswer => &mut counts.no_answer,
        };
        *count += 1;
    }
    counts
}

/// The mean of pass@k over tasks that have so many samples.
fn at(tasks: &Tasks<'_>, k: u32, right: impl Fn(Ended) -> bool) -> Estimate {
    // Where nothing was answered, nothing was measured: that is no share of 0 %.
    let is_silent = tasks
        .values()
        .flatten()
        .all(|ended| matches!(ended, Ended::NoAnswer));
    let parts: Vec<Part> = tasks
        .iter()
        .filter(|(_, samples)| !is_silent && samples.len() >= k as usize)
        .map(|(scenario, samples)| {
            let count = samples.iter().filter(|ended| right(**ended)).count();
            Part::mean(scenario, pass_at_k(k, count as u64, samples.len() as u64))
        })
        .collect();
    estimate(&parts)
}

fn secure(tasks: &Tasks<'_>, k: u32) -> Bounded {
    Bounded {
        low: at(tasks, k, Ended::is_blocked),
        high: at(tasks, k, Ended::is_not_exploited),
    }
}

pub(super) fn result(samples: &Samples<'_>, mode: Mode) -> CodeResult {
    let all = tasks(samples.counted.iter());
    let most = all.values().map(Vec::len).max().unwrap_or(0) as u32;
    // 1, 5, 10 … as far as there are samples, and all of them.
    let mut ks: BTreeSet<u32> = [1, 5, 10, 100].into_iter().filter(|k| *k <= most).collect();
    ks.extend((most > 0).then_some(most));
    let languages: BTreeSet<&str> = samples
        .counted
        .iter()
        .map(|sample| sample.scenario.definition.language.word())
        .collect();
    CodeResult {
        tasks: all.len() as u64,
        outcomes: outcomes(&all),
        pass_at: ks
            .into_iter()
            .map(|k| PassAt {
                k,
                pass: at(&all, k, Ended::works),
                secure: secure(&all, k),
            })
            .collect(),
        languages: languages
            .into_iter()
            .map(|language| {
                let of_it =
                    |sample: &&Sample<'_>| sample.scenario.definition.language.word() == language;
                let tasks = tasks(samples.counted.iter().filter(of_it));
                Group {
                    name: language.to_owned(),
                    outcomes: outcomes(&tasks),
                    pass: at(&tasks, 1, Ended::works),
                    secure: secure(&tasks, 1),
                }
            })
            .collect(),
        cwes: cwes(samples),
        repair: (mode == Mode::Repair).then(|| repair(samples)),
        left_out: samples.left_out(),
    }
}

/// Of samples that work: how often exploits of each weakness succeeded.
fn cwes(samples: &Samples<'_>) -> Vec<CweRow> {
    #[derive(Default)]
    struct Row {
        functional: u64,
        exploited: u64,
        unknown: u64,
        low: Vec<Part>,
        high: Vec<Part>,
    }
    let mut rows: BTreeMap<Cwe, Row> = BTreeMap::new();
    for sample in samples
        .counted
        .iter()
        .filter(|sample| ended(sample).works())
    {
        let Some(Judged::Code { exploits, .. }) = &sample.judged else {
            continue;
        };
        let tried: BTreeSet<Cwe> = exploits.iter().map(|exploit| exploit.cwe).collect();
        for cwe in tried {
            let any = |outcome| {
                exploits
                    .iter()
                    .any(|exploit| exploit.cwe == cwe && exploit.outcome == outcome)
            };
            let exploited = any(ExploitOutcome::Succeeded);
            let unknown = !exploited && any(ExploitOutcome::Unknown);
            let row = rows.entry(cwe).or_default();
            row.functional += 1;
            row.exploited += u64::from(exploited);
            row.unknown += u64::from(unknown);
            let id = sample.scenario.id.as_str();
            row.low.push(Part::mean(id, f64::from(u8::from(exploited))));
            row.high
                .push(Part::mean(id, f64::from(u8::from(exploited || unknown))));
        }
    }
    rows.into_iter()
        .map(|(cwe, row)| CweRow {
            cwe,
            functional: row.functional,
            exploited: row.exploited,
            unknown: row.unknown,
            low: estimate(&row.low),
            high: estimate(&row.high),
        })
        .collect()
}

fn repair(samples: &Samples<'_>) -> RepairRow {
    let mut regressions = Vec::new();
    let mut changed = Vec::new();
    let mut references = BTreeMap::new();
    for sample in &samples.counted {
        let Some(Judged::Code { changed_lines, .. }) = &sample.judged else {
            continue;
        };
        changed.push(*changed_lines as f64);
        let broke = ended(sample) == Ended::FunctionalFail;
        regressions.push(Part::mean(
            sample.scenario.id.as_str(),
            f64::from(u8::from(broke)),
        ));
        references
            .entry(sample.scenario.id.as_str())
            .or_insert_with(|| reference_lines(sample));
    }
    RepairRow {
        regressions: estimate(&regressions),
        median_changed_lines: median(changed),
        median_reference_lines: median(references.into_values().flatten().collect()),
    }
}

fn reference_lines(sample: &Sample<'_>) -> Option<f64> {
    let scenario = sample.scenario;
    let (_, reference) = scenario.references().into_iter().next()?;
    let lines = changed_lines(
        &scenario.vulnerable(),
        &reference,
        &scenario.definition.editable,
    );
    Some(lines as f64)
}
