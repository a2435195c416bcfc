//! The update against values found by independent integration.

use crate::gaussian::Gaussian;
use crate::likelihood::{Observation, Seen, Weight};
use crate::math::chance;
use crate::update::{Belief, laplace, matched};

fn events(count: u32, exposure: f64, log_base: f64) -> Observation {
    Observation {
        seen: Seen::Events {
            count,
            log_rate: exposure.ln() + log_base,
        },
        weight: Weight::FULL,
    }
}

fn near(belief: Belief, mean: f64, variance: f64) {
    assert!(
        (belief.mean - mean).abs() < 6e-4 && (belief.variance - variance).abs() < 6e-4,
        "{belief:?}, not {mean}, {variance}"
    );
}

#[test]
fn the_mode_and_its_curvature_are_those_of_the_posterior() {
    let prior = |mean, variance| Belief { mean, variance };
    near(
        laplace(prior(0.3, 1.5), &Observation::answer(true)),
        0.774,
        1.133,
    );
    near(
        laplace(prior(2.0, 3.0), &Observation::answer(false)),
        0.287,
        1.729,
    );
    near(
        laplace(prior(0.0, 1.0), &events(0, 5.0, -1.0)),
        0.815,
        0.551,
    );
    near(
        laplace(prior(0.0, 1.0), &events(3, 5.0, -1.0)),
        -0.361,
        0.275,
    );
    near(
        laplace(prior(0.0, 1.0), &events(20, 5.0, -1.0)),
        -2.266,
        0.053,
    );
}

/// Mean and variance by brute force: a hundred thousand rectangles.
fn integrated(prior: Belief, observation: &Observation) -> Belief {
    let sd = prior.variance.sqrt();
    let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
    let steps = 100_000;
    for step in 0..steps {
        let z = prior.mean + sd * 30.0 * (f64::from(step) / f64::from(steps) - 0.5);
        let from_mean = z - prior.mean;
        let log = observation.log_likelihood(z) - from_mean * from_mean / (2.0 * prior.variance);
        let mass = log.exp();
        total += mass;
        first += mass * z;
        second += mass * z * z;
    }
    let mean = first / total;
    Belief {
        mean,
        variance: second / total - mean * mean,
    }
}

#[test]
fn a_matched_belief_has_the_mean_and_the_variance_of_the_exact_posterior() {
    let observations = [
        Observation::answer(true),
        Observation::answer(false),
        Observation {
            weight: Weight::new(0.3).unwrap(),
            ..Observation::answer(true)
        },
        Observation {
            seen: Seen::Successes {
                successes: 3,
                trials: 10,
            },
            weight: Weight::FULL,
        },
        events(0, 5.0, -1.0),
        events(3, 5.0, -1.0),
        events(20, 5.0, -1.0),
    ];
    for observation in observations {
        for mean in [-2.0, 0.0, 2.5] {
            for variance in [0.05, 0.7, 1.5, 2.1] {
                let prior = Belief { mean, variance };
                let (ours, exact) = (
                    matched(prior, &observation),
                    integrated(prior, &observation),
                );
                assert!(
                    (ours.mean - exact.mean).abs() < 0.02
                        && (ours.variance - exact.variance).abs() < 0.02,
                    "{observation:?} at {prior:?}: {ours:?}, exactly {exact:?}"
                );
            }
        }
    }
}

#[test]
fn absurd_counts_end_in_a_finite_belief() {
    for count in [0, 1, 1_000, u32::MAX] {
        for log_rate in [-700.0, 0.0, 40.0, 700.0] {
            let observation = Observation {
                seen: Seen::Events { count, log_rate },
                weight: Weight::FULL,
            };
            let belief = matched(
                Belief {
                    mean: 0.0,
                    variance: 1.25,
                },
                &observation,
            );
            assert!(belief.mean.is_finite(), "{count} {log_rate}: {belief:?}");
            assert!(
                belief.variance > 0.0 && belief.variance <= 1.25,
                "{count} {log_rate}: {belief:?}"
            );
        }
    }
}

#[test]
fn the_chance_of_success_is_near_the_exact_integral() {
    for mean in [-2.0, -0.5, 0.0, 1.0, 2.0] {
        for variance in [0.1, 1.0, 3.0] {
            let (mut total, mut hits) = (0.0_f64, 0.0);
            for step in -4000..=4000 {
                let x = f64::from(step) / 500.0;
                let mass = (-x * x / 2.0).exp();
                total += mass;
                hits += mass / (1.0 + (-(mean + x * f64::sqrt(variance))).exp());
            }
            let exact = hits / total;
            assert!(
                (chance(mean, variance) - exact).abs() < 0.006,
                "{mean} {variance}"
            );
        }
    }
}

/// The same update with dense matrices over all components from the start.
fn dense(parts: &[[f64; 4]], prior: [f64; 4], answers: &[bool]) -> ([f64; 4], [[f64; 4]; 4]) {
    let mut mean = [0.0; 4];
    let mut cov = [[0.0; 4]; 4];
    for i in 0..4 {
        cov[i][i] = prior[i];
    }
    for (h, success) in parts.iter().zip(answers) {
        let mut q = [0.0; 4];
        for i in 0..4 {
            for j in 0..4 {
                q[i] += cov[i][j] * h[j];
            }
        }
        let v: f64 = (0..4).map(|i| h[i] * q[i]).sum();
        let before = Belief {
            mean: (0..4).map(|i| h[i] * mean[i]).sum(),
            variance: v,
        };
        let after = matched(before, &Observation::answer(*success));
        for i in 0..4 {
            mean[i] += q[i] * (after.mean - before.mean) / v;
            for j in 0..4 {
                cov[i][j] -= q[i] * q[j] * (v - after.variance) / (v * v);
            }
        }
    }
    (mean, cov)
}

#[test]
fn leaving_out_untouched_components_changes_nothing() {
    let parts = [
        [1.0, 1.0, 0.0, 0.0],
        [1.0, 0.0, 1.0, 0.0],
        [1.0, 0.5, 0.5, 0.0],
        [1.0, 0.0, 0.0, 1.0],
        [1.0, 1.0, 0.0, 0.0],
    ];
    let prior = [0.6, 0.2, 0.3, 0.15];
    let answers = [true, false, true, true, false];
    let (mean, cov) = dense(&parts, prior, &answers);
    let mut sparse = Gaussian::new();
    for (h, success) in parts.iter().zip(answers) {
        // Backwards, so that components enter in another order than their own.
        let direction: Vec<(usize, f64)> = (0..4)
            .rev()
            .filter(|i| h[*i] != 0.0)
            .map(|i| (i, h[i]))
            .collect();
        sparse.observe(
            &direction,
            |i| prior[i],
            0.0,
            0.0,
            &Observation::answer(success),
        );
    }
    for i in 0..4 {
        for j in 0..4 {
            let both = sparse.belief(&[(i, 1.0), (j, if i == j { 0.0 } else { 1.0 })], |i| {
                prior[i]
            });
            let (m, v) = if i == j {
                (mean[i], cov[i][i])
            } else {
                (mean[i] + mean[j], cov[i][i] + cov[j][j] + 2.0 * cov[i][j])
            };
            assert!(
                (both.mean - m).abs() < 1e-12 && (both.variance - v).abs() < 1e-12,
                "{i} {j}"
            );
        }
    }
}
