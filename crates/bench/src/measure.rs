//! Measures with their uncertainty: pass@k, and means whose intervals know that samples of one scenario depend on each other.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Proportion;
use trueline_facts::bench::{Estimate, Method};

/// Draws of the bootstrap.
const DRAWS: usize = 2_000;
/// Where its random choices begin: the same numbers give the same interval.
const SEED: u64 = 0x7472_7565_6c69_6e65;

/// The chance that one of `k` samples is right, when `right` of `samples` are: 1 - C(n-c, k) / C(n, k).
///
/// Written as the product that BaxBench and its forebears use, factor by factor, so that even the last digit agrees.
#[must_use]
pub fn pass_at_k(k: u32, right: u64, samples: u64) -> f64 {
    let wrong = samples.saturating_sub(right);
    if wrong < u64::from(k) {
        return 1.0;
    }
    let none =
        (wrong + 1..=samples).fold(1.0, |product, i| product * (1.0 - f64::from(k) / i as f64));
    1.0 - none
}

/// What a task, or one sample of it, adds to a share: `hits` of `of`. Either may be a fraction.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// The scenario: parts of one are drawn together.
    pub scenario: String,
    /// The task, by a name of its own within the scenario: several samples of it are one task.
    pub task: String,
    /// What counts.
    pub hits: f64,
    /// Of what.
    pub of: f64,
}

impl Part {
    /// The one task of a scenario, with a value from 0 to 1.
    #[must_use]
    pub fn mean(scenario: &str, value: f64) -> Self {
        Self::of_task(scenario, "", value)
    }

    /// One of several tasks of a scenario, with a value from 0 to 1.
    #[must_use]
    pub fn of_task(scenario: &str, task: &str, value: f64) -> Self {
        Self {
            scenario: scenario.to_owned(),
            task: task.to_owned(),
            hits: value,
            of: 1.0,
        }
    }
}

/// The share over all parts, with a 95 % interval.
///
/// Wilson's over the scenarios where the samples of each agree with one another, all of them 0 or all 1, and each weighs as
/// much: then a scenario is one draw, however many samples it has. Otherwise a bootstrap over scenarios. A bootstrap of
/// scenarios that all agree would claim certainty: there Wilson's over the scenarios stands in, too.
#[must_use]
pub fn estimate(parts: &[Part]) -> Estimate {
    let counted = || parts.iter().filter(|part| part.of > 0.0);
    let mut scenarios: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for part in counted() {
        let entry = scenarios.entry(&part.scenario).or_default();
        entry.0 += part.hits;
        entry.1 += part.of;
    }
    // Samples of one task are no further tasks.
    let tasks: BTreeSet<(&str, &str)> = counted()
        .map(|part| (part.scenario.as_str(), part.task.as_str()))
        .collect();
    let clusters: Vec<(f64, f64)> = scenarios.into_values().collect();
    let (hits, of) = total(clusters.iter());
    if of <= 0.0 {
        return Estimate {
            value: None,
            low: 0.0,
            high: 1.0,
            tasks: 0,
            method: Method::Nothing,
        };
    }
    let value = hits / of;
    let same = |left: f64, right: f64| (left - right).abs() < 1e-9;
    let none = |cluster: &(f64, f64)| same(cluster.0, 0.0);
    let all = |cluster: &(f64, f64)| same(cluster.0, cluster.1);
    let single = clusters
        .iter()
        .all(|cluster| same(cluster.1, clusters[0].1) && (none(cluster) || all(cluster)));
    let agree = clusters.iter().all(none) || clusters.iter().all(all);
    let (low, high, method) = if single || agree {
        let right = clusters.iter().filter(|cluster| all(cluster)).count() as u64;
        let wilson = Proportion::new(right, clusters.len() as u64);
        (wilson.low, wilson.high, Method::Wilson)
    } else if clusters.len() < 2 {
        // One scenario says nothing about others.
        (0.0, 1.0, Method::ScenarioBootstrap)
    } else {
        let (low, high) = bootstrap(&clusters);
        (low, high, Method::ScenarioBootstrap)
    };
    let value = round(value);
    Estimate {
        value: Some(value),
        low: round(low).min(value),
        high: round(high).max(value),
        tasks: tasks.len() as u64,
        method,
    }
}

fn total<'a>(clusters: impl Iterator<Item = &'a (f64, f64)>) -> (f64, f64) {
    clusters.fold((0.0, 0.0), |(hits, of), next| (hits + next.0, of + next.1))
}

/// Percentiles 2.5 and 97.5 of the share over scenarios drawn with replacement.
fn bootstrap(clusters: &[(f64, f64)]) -> (f64, f64) {
    let mut random = SplitMix(SEED);
    let mut shares: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn = (0..clusters.len()).map(|_| &clusters[random.below(clusters.len())]);
            let (hits, of) = total(drawn);
            if of > 0.0 { hits / of } else { 0.0 }
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    (shares[DRAWS / 40], shares[DRAWS - 1 - DRAWS / 40])
}

/// Steele, Lea and Flood's generator: a few lines, the same on every platform.
struct SplitMix(u64);

impl SplitMix {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    const fn below(&mut self, n: usize) -> usize {
        ((self.next() as u128 * n as u128) >> 64) as usize
    }
}

/// The middle of some numbers.
#[must_use]
pub fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let upper = *numbers.get(middle)?;
    Some(if numbers.len().is_multiple_of(2) {
        f64::midpoint(*numbers.get(middle - 1)?, upper)
    } else {
        upper
    })
}

/// Six decimals: the same text on every platform.
pub(crate) fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn choose(n: u64, k: u64) -> f64 {
        (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
    }

    proptest! {
        #[test]
        fn pass_at_k_is_one_minus_a_ratio_of_binomials(n in 1_u64..30, c in 0_u64..30, k in 1_u32..30) {
            let (c, k) = (c.min(n), u64::from(k).min(n));
            let wanted = if n - c < k { 1.0 } else { 1.0 - choose(n - c, k) / choose(n, k) };
            prop_assert!((pass_at_k(k as u32, c, n) - wanted).abs() < 1e-9);
        }

        #[test]
        fn an_interval_holds_its_mean(values in prop::collection::vec((0_u8..6, 0_u8..4), 1..40)) {
            let parts: Vec<Part> = values
                .iter()
                .map(|(scenario, hits)| Part { hits: f64::from(*hits), of: 3.0, ..Part::mean(&scenario.to_string(), 0.0) })
                .collect();
            let e = estimate(&parts);
            let value = e.value.unwrap_or(-1.0);
            prop_assert!(0.0 <= e.low && e.low <= value && value <= e.high && e.high <= 1.0, "{e:?}");
            prop_assert_eq!(e, estimate(&parts));
        }
    }

    #[test]
    fn one_sample_of_each_task_gets_wilsons_interval() {
        let parts: Vec<Part> = (0..10)
            .map(|n| Part::mean(&n.to_string(), f64::from(u8::from(n < 8))))
            .collect();
        let e = estimate(&parts);
        assert_eq!((e.value, e.method), (Some(0.8), Method::Wilson));
        assert!(
            (e.low - 0.490_162).abs() < 1e-5 && (e.high - 0.943_318).abs() < 1e-5,
            "{e:?}"
        );
    }

    #[test]
    fn samples_that_say_the_same_of_their_scenario_change_nothing() {
        let outcomes = [("a", 1.0), ("b", 0.0), ("c", 0.0)];
        let once: Vec<Part> = outcomes.map(|(id, value)| Part::mean(id, value)).to_vec();
        let twice: Vec<Part> = once.iter().chain(&once).cloned().collect();
        let (once, twice) = (estimate(&once), estimate(&twice));
        assert_eq!(once, twice);
        assert_eq!(once.method, Method::Wilson);
        assert!(once.low > 0.0 && once.high < 1.0, "{once:?}");
    }

    #[test]
    fn samples_of_one_scenario_make_the_interval_no_narrower() {
        let wide: Vec<Part> = (0..10)
            .flat_map(|n: u32| {
                (0..20).map(move |_| Part::mean(&n.to_string(), f64::from(u8::from(n < 5))))
            })
            .collect();
        let apart: Vec<Part> = (0..200)
            .map(|n: u32| Part::mean(&n.to_string(), f64::from(u8::from(n < 100))))
            .collect();
        let (wide, apart) = (estimate(&wide), estimate(&apart));
        assert!(
            wide.high - wide.low > 2.0 * (apart.high - apart.low),
            "{wide:?} {apart:?}"
        );
    }

    #[test]
    fn samples_of_one_task_are_no_further_tasks() {
        // Two scenarios, of which one has two tasks; five samples of each.
        let tasks = [("a", "1"), ("a", "2"), ("b", "1")];
        let parts: Vec<Part> = (0..5)
            .flat_map(|n| {
                tasks.map(|(scenario, task)| Part::of_task(scenario, task, f64::from(n % 2)))
            })
            .collect();
        assert_eq!(estimate(&parts).tasks, 3);
    }

    #[test]
    fn agreement_is_no_certainty() {
        let parts: Vec<Part> = (0..8)
            .map(|n: u32| Part {
                hits: 5.0,
                of: 5.0,
                ..Part::mean(&n.to_string(), 0.0)
            })
            .collect();
        let e = estimate(&parts);
        assert_eq!((e.value, e.high), (Some(1.0), 1.0));
        assert!(e.low < 0.7, "{e:?}");
    }

    #[test]
    fn nothing_measured_is_not_zero() {
        let e = estimate(&[]);
        assert_eq!((e.value, e.low, e.high), (None, 0.0, 1.0));
    }
}
