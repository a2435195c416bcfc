//! Measures with their uncertainty: pass@k, and means whose intervals know that samples of one scenario depend on each other.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Proportion;
use trueline_facts::bench::{Estimate, Method};

/// With fewer scenarios that differ there is no interval: nothing can be said of how much scenarios differ.
const FEWEST_SCENARIOS: usize = 3;

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
/// Wilson's over the scenarios where the samples of each ended alike, all of them 0 or all 1, and each weighs as much
/// (then a scenario is one draw, however many samples it has), or where all scenarios agree. Otherwise the scenarios tell by how much they differ, and with that how many independent samples all of them are worth.
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
    } else if clusters.len() < FEWEST_SCENARIOS {
        (0.0, 1.0, Method::TooFewScenarios)
    } else {
        let (low, high) = effective(&clusters, value, of);
        (low, high, Method::EffectiveSamples)
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

/// Korn and Graubard's way: the variance of the share, as the scenarios show it, says how many independent samples they
/// are worth, never more than there are; Wilson's interval over these, with Student's t in place of the normal quantile.
/// Scenarios of unequal size count as the number of equal ones that would weigh as much.
fn effective(clusters: &[(f64, f64)], share: f64, of: f64) -> (f64, f64) {
    let scenarios = clusters.len() as f64;
    let squares = |each: fn(&(f64, f64), f64) -> f64| {
        clusters.iter().map(|c| each(c, share).powi(2)).sum::<f64>()
    };
    let variance =
        scenarios / (scenarios - 1.0) * squares(|(hits, of), share| hits - share * of) / of.powi(2);
    let equal = of.powi(2) / squares(|(_, of), _| *of);
    let worth = if variance > 0.0 {
        (share * (1.0 - share) / variance).min(of)
    } else {
        of
    };
    wilson(share, worth, student(equal - 1.0))
}

/// Wilson's score interval for any number of samples and any quantile.
fn wilson(share: f64, samples: f64, quantile: f64) -> (f64, f64) {
    let square = quantile * quantile / samples;
    let middle = (share + square / 2.0) / (1.0 + square);
    let half = (share * (1.0 - share) * square + square * square / 4.0).sqrt() / (1.0 + square);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The quantile 0.975 of Student's t for 1 to 30 degrees of freedom.
const STUDENT: [f64; 30] = [
    12.706_2, 4.302_65, 3.182_45, 2.776_45, 2.570_58, 2.446_91, 2.364_62, 2.306_00, 2.262_16,
    2.228_14, 2.200_99, 2.178_81, 2.160_37, 2.144_79, 2.131_45, 2.119_91, 2.109_82, 2.100_92,
    2.093_02, 2.085_96, 2.079_61, 2.073_87, 2.068_66, 2.063_90, 2.059_54, 2.055_53, 2.051_83,
    2.048_41, 2.045_23, 2.042_27,
];
/// The same for infinitely many.
const NORMAL: f64 = 1.959_96;

/// The quantile for any number of degrees, in between along their reciprocal.
fn student(degrees: f64) -> f64 {
    let degrees = degrees.max(1.0);
    let below = (1..=STUDENT.len())
        .take_while(|whole| *whole as f64 <= degrees)
        .count();
    let at = STUDENT[below - 1];
    let (next, reciprocal) = STUDENT
        .get(below)
        .map_or((NORMAL, 0.0), |next| (*next, 1.0 / (below as f64 + 1.0)));
    let along = (1.0 / degrees - reciprocal) / (1.0 / below as f64 - reciprocal);
    next + (at - next) * along
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

    /// Steele, Lea and Flood's generator: the same numbers on every platform.
    struct SplitMix(u64);

    impl SplitMix {
        fn unit(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// How often the interval holds the mean of all scenarios that there could be, when `scenarios` of them are seen with
    /// so many samples each, and how wide it is.
    fn coverage(
        scenarios: usize,
        samples: &[u32],
        rate: fn(&mut SplitMix) -> f64,
        truth: f64,
    ) -> (f64, f64) {
        const RUNS: u32 = 2_000;
        let mut random = SplitMix(614);
        let (mut held, mut width) = (0_u32, 0.0);
        for _ in 0..RUNS {
            let parts: Vec<Part> = (0..scenarios)
                .flat_map(|scenario| {
                    let rate = rate(&mut random);
                    (0..samples[scenario % samples.len()])
                        .map(|_| {
                            Part::mean(
                                &scenario.to_string(),
                                f64::from(u8::from(random.unit() < rate)),
                            )
                        })
                        .collect::<Vec<_>>()
                })
                .collect();
            let e = estimate(&parts);
            held += u32::from(e.low <= truth && truth <= e.high);
            width += e.high - e.low;
        }
        (f64::from(held) / f64::from(RUNS), width / f64::from(RUNS))
    }

    #[test]
    fn few_scenarios_hold_the_truth_as_often_as_is_said() {
        let uniform: fn(&mut SplitMix) -> f64 = SplitMix::unit;
        let same: fn(&mut SplitMix) -> f64 = |_| 0.5;
        let seldom: fn(&mut SplitMix) -> f64 = |random| random.unit().powi(4);
        for (rate, truth) in [(uniform, 0.5), (same, 0.5), (seldom, 0.2)] {
            for scenarios in [2, 3, 4, 5, 8, 20] {
                for samples in [&[3][..], &[10], &[1, 6]] {
                    let (held, _) = coverage(scenarios, samples, rate, truth);
                    assert!(
                        held >= 0.93,
                        "{scenarios} scenarios, {samples:?} samples, mean {truth}: {held}"
                    );
                }
            }
        }
        // It holds because it knows, and not because it is as wide as can be.
        let (_, width) = coverage(8, &[3], uniform, 0.5);
        assert!(width < 0.6, "{width}");
        let (_, width) = coverage(20, &[3], uniform, 0.5);
        assert!(width < 0.4, "{width}");
    }

    #[test]
    fn two_scenarios_that_differ_are_too_few() {
        let parts = ["a", "a", "b"].map(|s| Part::mean(s, f64::from(u8::from(s == "b"))));
        let e = estimate(&parts);
        assert_eq!((e.value, e.low, e.high), (Some(0.333_333), 0.0, 1.0));
        assert_eq!(e.method, Method::TooFewScenarios);
    }

    #[test]
    fn scenarios_of_the_same_share_have_an_interval_with_a_width() {
        let parts: Vec<Part> = (0..10)
            .flat_map(|n: u32| [0.0, 1.0].map(|value| Part::mean(&n.to_string(), value)))
            .collect();
        let e = estimate(&parts);
        assert_eq!(e.value, Some(0.5));
        assert!(e.low < 0.32 && e.high > 0.68, "{e:?}");
    }

    #[test]
    fn quantiles_lie_between_those_of_whole_degrees() {
        assert!((student(1.0) - 12.706_2).abs() < 1e-9 && (student(30.0) - 2.042_27).abs() < 1e-9);
        // From tables: 40, 60 and 120 degrees.
        for (degrees, wanted) in [(40.0, 2.021_1), (60.0, 2.000_3), (120.0, 1.979_9)] {
            assert!((student(degrees) - wanted).abs() < 2e-3, "{degrees}");
        }
        let falls = (10..400).map(|tenth| student(f64::from(tenth) / 10.0));
        assert!(
            falls
                .clone()
                .zip(falls.skip(1))
                .all(|(left, right)| left > right)
        );
    }

    #[test]
    fn nothing_measured_is_not_zero() {
        let e = estimate(&[]);
        assert_eq!((e.value, e.low, e.high), (None, 0.0, 1.0));
    }
}
