//! Reviews: unsafe changes caught on their lines, safe twins left alone, and both at once.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Cwe;
use trueline_facts::attempt::Twin;
use trueline_facts::bench::{ReviewCwe, ReviewResult};
use trueline_scenarios::format::{LineRange, ReviewItem};

use super::{Sample, Samples};
use crate::measure::{Part, estimate};
use crate::record::{Flag, Judged};

/// Lines of one change that are counted at most: a finding over a whole file is not as long as it claims.
const MOST_LINES: u32 = 10_000;

/// One sample as it is scored.
pub(super) struct Scored<'s> {
    scenario: &'s str,
    item: &'s ReviewItem,
    pub(super) twin: Twin,
    sample: u32,
    /// Nothing where there is no answer that can be read.
    pub(super) flags: Option<&'s [Flag]>,
}

impl Scored<'_> {
    fn caught(&self) -> bool {
        self.twin == Twin::Unsafe
            && self
                .flags
                .unwrap_or_default()
                .iter()
                .any(|flag| self.on_weakness(flag))
    }

    fn on_weakness(&self, flag: &Flag) -> bool {
        self.twin == Twin::Unsafe
            && self
                .item
                .unsafe_twin
                .lines
                .iter()
                .any(|range| overlaps(range, flag))
    }

    fn named(&self) -> bool {
        let cwe = self.item.unsafe_twin.cwe.0;
        self.flags
            .unwrap_or_default()
            .iter()
            .any(|flag| self.on_weakness(flag) && flag.cwe == Some(cwe))
    }

    /// The twin was judged as it is, down to the line.
    pub(super) fn right(&self) -> bool {
        self.caught() || self.left_alone()
    }

    /// A safe change that was read and left alone.
    fn left_alone(&self) -> bool {
        self.twin == Twin::Safe && self.flags.is_some_and(<[Flag]>::is_empty)
    }

    /// Lines flagged in an unsafe change: of the weakness, and all.
    fn lines(&self) -> (u64, u64) {
        let mut lines: BTreeSet<(&str, u32)> = BTreeSet::new();
        for flag in self.flags.unwrap_or_default() {
            let end = flag.end.min(flag.start.saturating_add(MOST_LINES));
            lines.extend((flag.start..=end).map(|line| (flag.path.as_str(), line)));
        }
        let of_weakness = lines.iter().filter(|(path, line)| {
            self.item
                .unsafe_twin
                .lines
                .iter()
                .any(|range| range.path == *path && (range.start..=range.end).contains(line))
        });
        (of_weakness.count() as u64, lines.len() as u64)
    }
}

fn overlaps(range: &LineRange, flag: &Flag) -> bool {
    range.path == flag.path && flag.start <= range.end && range.start <= flag.end
}

pub(super) fn scored<'s>(sample: &'s Sample<'s>) -> Option<Scored<'s>> {
    let mut parts = sample.record.task.split('/').skip(2);
    let id = parts.next()?;
    let twin = match parts.next()? {
        "unsafe" => Twin::Unsafe,
        _ => Twin::Safe,
    };
    let item = sample
        .scenario
        .reviews
        .iter()
        .find(|item| item.id.as_str() == id)?;
    Some(Scored {
        scenario: sample.scenario.id.as_str(),
        item,
        twin,
        sample: sample.record.sample,
        flags: match &sample.judged {
            Some(Judged::Review { flags }) => Some(flags),
            _ => None,
        },
    })
}

/// The scenario, and for each twin that was judged whether it was judged rightly.
type Pair<'s> = (&'s str, BTreeMap<bool, bool>);

pub(super) fn result(samples: &Samples<'_>) -> ReviewResult {
    let all: Vec<Scored<'_>> = samples.counted.iter().filter_map(scored).collect();
    // Where nothing was answered, nothing was measured: to say nothing is not to miss everything.
    let is_silent = samples.counted.iter().all(|sample| sample.judged.is_none());
    // The task is one twin of an item.
    let part = |one: &Scored<'_>, hits: f64, of: f64| {
        let task = format!("{}/{:?}", one.item.id.as_str(), one.twin);
        Part {
            hits,
            of,
            ..Part::of_task(one.scenario, &task, 0.0)
        }
    };
    let one = |hit: bool| f64::from(u8::from(hit));
    let (mut recall, mut alarms, mut precision) = (Vec::new(), Vec::new(), Vec::new());
    let (mut localisation, mut named) = (Vec::new(), Vec::new());
    let mut cwes: BTreeMap<Cwe, Vec<Part>> = BTreeMap::new();
    let mut pairs: BTreeMap<(&str, u32), Pair<'_>> = BTreeMap::new();
    for scored in all.iter().filter(|_| !is_silent) {
        let flags = scored.flags.unwrap_or_default();
        match scored.twin {
            Twin::Unsafe => {
                recall.push(part(scored, one(scored.caught()), 1.0));
                let of_cwe = cwes.entry(scored.item.unsafe_twin.cwe).or_default();
                of_cwe.push(part(scored, one(scored.caught()), 1.0));
                let (of_weakness, lines) = scored.lines();
                localisation.push(part(scored, of_weakness as f64, lines as f64));
                if scored.caught() {
                    named.push(part(scored, one(scored.named()), 1.0));
                }
            }
            Twin::Safe => {
                alarms.push(part(scored, one(!flags.is_empty()), 1.0));
            }
        }
        let hits = flags.iter().filter(|flag| scored.on_weakness(flag)).count();
        precision.push(part(scored, hits as f64, flags.len() as f64));
        pairs
            .entry((scored.item.id.as_str(), scored.sample))
            .or_insert_with(|| (scored.scenario, BTreeMap::new()))
            .1
            .insert(scored.twin == Twin::Unsafe, scored.right());
    }
    // A pair of which one half is missing says nothing.
    let whole = pairs.iter().filter(|(_, (_, halves))| halves.len() == 2);
    let told_apart: Vec<Part> = whole
        .map(|((item, _), (scenario, halves))| {
            Part::of_task(scenario, item, one(halves.values().all(|right| *right)))
        })
        .collect();
    let items: BTreeSet<&str> = all.iter().map(|one| one.item.id.as_str()).collect();
    ReviewResult {
        pairs: items.len() as u64,
        samples: all.len() as u64,
        no_answer: all.iter().filter(|one| one.flags.is_none()).count() as u64,
        told_apart: estimate(&told_apart),
        recall: estimate(&recall),
        false_alarms: estimate(&alarms),
        precision: estimate(&precision),
        localisation: estimate(&localisation),
        named: estimate(&named),
        cwes: cwes
            .into_iter()
            .map(|(cwe, parts)| ReviewCwe {
                cwe,
                recall: estimate(&parts),
            })
            .collect(),
        left_out: samples.left_out(),
    }
}
