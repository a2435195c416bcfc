//! How often a gate will fire in the months to come: a prediction interval, not one of the past's mean.
//!
//! The rate of a month wanders: p = sin²x, and x takes a Gaussian step from month to month. Months are
//! binomial around their rate. Everything is summed over a grid of x, and over a grid of step sizes
//! weighed by how well they explain the months that were seen, so there is no simulation and no
//! approximation at small counts. The prior is flat in x, which is Jeffreys' for a binomial rate; that
//! of the step is half-Cauchy. Measured coverage: `docs/METHODS.md`.

use serde::Serialize;

/// Points of the grid of x between 0 and a quarter turn.
const POINTS: usize = 180;
/// Steps of x in a month that are thought possible.
const STEPS: [f64; 10] = [0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.11, 0.16, 0.23, 0.33];
/// Scale of the half-Cauchy prior of the step.
const SCALE: f64 = 0.04;
/// More changes than this are predicted as if they were so many: the interval is then a little wide.
const MOST: u64 = 2_000;

/// A month: on how many changes a gate fired, of how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Month {
    /// On how many it fired.
    pub fired: u64,
    /// How many it could judge.
    pub of: u64,
}

/// What is to be expected.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Forecast {
    /// Months ahead.
    pub months: u32,
    /// Changes that are expected in them.
    pub changes: u64,
    /// Least share of them, at 95 %.
    pub low: f64,
    /// Greatest share of them, at 95 %.
    pub high: f64,
}

/// Predicts the share of changes on which a gate fires, over so many months after the given ones, in
/// which as many changes come as in as many months before.
#[must_use]
pub fn forecast(past: &[Month], months: u32) -> Forecast {
    let recent = past.iter().rev().take(months as usize);
    let seen: u64 = recent.clone().map(|month| month.of).sum();
    let counted = recent.count().max(1) as u64;
    let changes = (seen * u64::from(months) / counted).clamp(1, MOST);
    let grid: Vec<f64> = (0..POINTS)
        .map(|at| (at as f64 + 0.5) * std::f64::consts::FRAC_PI_2 / POINTS as f64)
        .collect();
    let logs: Vec<(f64, f64)> = grid
        .iter()
        .map(|x| {
            (
                2.0 * libm::log(libm::sin(*x)),
                2.0 * libm::log(libm::cos(*x)),
            )
        })
        .collect();
    let mut ahead = vec![0.0; POINTS];
    let weighed = by_step(past, &logs);
    // The mean of the levels of h months to come, each one step further, spreads by this much.
    let h = f64::from(months);
    let spread = libm::sqrt((h + 1.0) * (2.0 * h + 1.0) / (6.0 * h));
    for (step, weight, level) in &weighed {
        let moved = diffuse(level, step * spread);
        for (sum, value) in ahead.iter_mut().zip(moved) {
            *sum += weight * value;
        }
    }
    let (low, high) = quantiles(&ahead, &logs, changes);
    Forecast {
        months,
        changes,
        low: low as f64 / changes as f64,
        high: high as f64 / changes as f64,
    }
}

/// For each step: itself, its weight, and where the level is after the last month.
fn by_step(past: &[Month], logs: &[(f64, f64)]) -> Vec<(f64, f64, Vec<f64>)> {
    let mut all: Vec<(f64, f64, Vec<f64>)> = STEPS
        .iter()
        .enumerate()
        .map(|(at, step)| {
            let below = if at == 0 {
                *step
            } else {
                f64::midpoint(STEPS[at - 1], *step)
            };
            let above = STEPS
                .get(at + 1)
                .map_or(*step, |next| f64::midpoint(*step, *next));
            let prior = (above - below) / (1.0 + (step / SCALE) * (step / SCALE));
            let mut level = vec![1.0 / POINTS as f64; POINTS];
            let mut evidence = libm::log(prior);
            for (at, month) in past.iter().enumerate() {
                if at > 0 {
                    level = diffuse(&level, *step);
                }
                evidence += learn(&mut level, *month, logs);
            }
            (*step, evidence, level)
        })
        .collect();
    let best = all.iter().map(|(_, e, _)| *e).fold(f64::MIN, f64::max);
    let total: f64 = all.iter().map(|(_, e, _)| libm::exp(e - best)).sum();
    for (_, evidence, _) in &mut all {
        *evidence = libm::exp(*evidence - best) / total;
    }
    all
}

/// Takes a month in; the logarithm of how likely it was.
fn learn(level: &mut [f64], month: Month, logs: &[(f64, f64)]) -> f64 {
    if month.of == 0 {
        return 0.0;
    }
    let (fired, silent) = (
        month.fired as f64,
        (month.of - month.fired.min(month.of)) as f64,
    );
    let likely: Vec<f64> = logs.iter().map(|(p, q)| fired * p + silent * q).collect();
    let best = likely.iter().copied().fold(f64::MIN, f64::max);
    let mut total = 0.0;
    for (weight, log) in level.iter_mut().zip(&likely) {
        *weight *= libm::exp(log - best);
        total += *weight;
    }
    for weight in level.iter_mut() {
        *weight /= total;
    }
    best + libm::log(total)
}

/// A Gaussian step; what would leave the grid is turned back at its ends.
fn diffuse(level: &[f64], step: f64) -> Vec<f64> {
    let cell = std::f64::consts::FRAC_PI_2 / POINTS as f64;
    // Counted up instead of converted: a step is small and never negative.
    let reach = (0..POINTS - 1)
        .take_while(|at| (*at as f64) * cell < 4.0 * step)
        .count();
    if reach == 0 {
        return level.to_vec();
    }
    let kernel: Vec<f64> = (0..=reach)
        .map(|at| {
            let z = at as f64 * cell / step;
            libm::exp(-0.5 * z * z)
        })
        .collect();
    let total: f64 = kernel.iter().sum::<f64>() * 2.0 - 1.0;
    let mut moved = vec![0.0; level.len()];
    let last = level.len() - 1;
    for (at, weight) in level.iter().enumerate() {
        for (far, share) in kernel.iter().enumerate() {
            let share = weight * share / total;
            let up = at + far;
            let up = if up > last { 2 * last + 1 - up } else { up };
            moved[up] += share;
            if far > 0 {
                let down = if far > at { far - at - 1 } else { at - far };
                moved[down] += share;
            }
        }
    }
    moved
}

/// The counts between which 95 % of what is predicted lie.
fn quantiles(level: &[f64], logs: &[(f64, f64)], changes: u64) -> (u64, u64) {
    let n = changes as f64;
    let choose = |k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let (mut below, mut low, mut high) = (0.0, None, changes);
    for count in 0..=changes {
        let k = count as f64;
        let log_choose = choose(k);
        let here: f64 = level
            .iter()
            .zip(logs)
            .filter(|(weight, _)| **weight > 1e-12)
            .map(|(weight, (p, q))| weight * libm::exp(log_choose + k * p + (n - k) * q))
            .sum();
        below += here;
        if low.is_none() && below > 0.025 {
            low = Some(count);
        }
        if below >= 0.975 {
            high = count;
            break;
        }
    }
    (low.unwrap_or(0), high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(all: &[(u64, u64)]) -> Vec<Month> {
        let month = |(fired, of): &(u64, u64)| Month {
            fired: *fired,
            of: *of,
        };
        all.iter().map(month).collect()
    }

    #[test]
    fn a_steady_rate_is_predicted_within_binomial_noise() {
        let past = months(&[(5, 100), (4, 100), (6, 100), (5, 100), (5, 100), (4, 100)]);
        let ahead = forecast(&past, 3);
        assert_eq!(ahead.changes, 300);
        assert!(ahead.low > 0.01 && ahead.low < 0.04, "{ahead:?}");
        assert!(ahead.high > 0.06 && ahead.high < 0.12, "{ahead:?}");
    }

    #[test]
    fn a_rate_that_wanders_is_predicted_with_a_wider_interval() {
        let steady = forecast(&months(&[(10, 100); 8]), 3);
        let wandering = forecast(
            &months(&[
                (2, 100),
                (25, 100),
                (4, 100),
                (18, 100),
                (1, 100),
                (16, 100),
                (3, 100),
                (11, 100),
            ]),
            3,
        );
        assert!(
            wandering.high - wandering.low > 1.5 * (steady.high - steady.low),
            "{steady:?} {wandering:?}"
        );
    }

    #[test]
    fn what_never_happened_may_happen_yet() {
        let ahead = forecast(&months(&[(0, 20); 9]), 3);
        assert!(ahead.low == 0.0, "{ahead:?}");
        assert!(ahead.high > 0.0 && ahead.high < 0.2, "{ahead:?}");
    }

    #[test]
    fn nothing_seen_predicts_anything() {
        let ahead = forecast(&[], 3);
        assert!(ahead.low == 0.0 && ahead.high > 0.99, "{ahead:?}");
    }

    #[test]
    fn a_step_loses_nothing_at_the_ends() {
        let mut level = vec![0.0; POINTS];
        level[0] = 0.5;
        level[POINTS - 1] = 0.5;
        for step in STEPS {
            let total: f64 = diffuse(&level, step).iter().sum();
            assert!((total - 1.0).abs() < 1e-9, "{step}: {total}");
        }
    }
}
