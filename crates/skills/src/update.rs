//! One update for all evidence, along the one direction that the evidence is about.
//!
//! The posterior of the logit is found by a bracketed Newton search for its mode and then matched in
//! mean and variance by quadrature around that mode. Whatever the number of components, this is a
//! problem in one dimension (docs/skills.md derives it).

use crate::likelihood::Observation;

/// More than any count needs that fits the types; the bracket halves at worst.
const MOST_STEPS: u32 = 200;

/// What an observation makes of a normal belief about one logit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Belief {
    /// Mean.
    pub mean: f64,
    /// Variance.
    pub variance: f64,
}

/// The mode of the posterior and the curvature there.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mode {
    /// Where the posterior is largest.
    pub z: f64,
    /// Minus the second derivative of the log-likelihood there.
    pub curvature: f64,
    /// First derivative of the log-likelihood there.
    pub score: f64,
}

/// Finds `z` with `z - mean = variance * score(z)`.
#[must_use]
pub fn mode(prior: Belief, observation: &Observation) -> Mode {
    let Belief { mean, variance } = prior;
    // The score falls with z, so the shift lies between none and what the score at the prior asks.
    let end = variance * observation.score(mean);
    let (mut low, mut high) = if end < 0.0 { (end, 0.0) } else { (0.0, end) };
    let mut shift = 0.0_f64;
    for _ in 0..MOST_STEPS {
        let excess = shift - variance * observation.score(mean + shift);
        if excess > 0.0 {
            high = shift;
        } else {
            low = shift;
        }
        let newton = shift - excess / (1.0 + variance * observation.curvature(mean + shift));
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        let moved = (next - shift).abs();
        shift = next;
        if moved <= 1e-9 * (1.0 + shift.abs()) {
            break;
        }
    }
    let z = mean + shift;
    Mode {
        z,
        curvature: observation.curvature(z),
        score: observation.score(z),
    }
}

/// The posterior by Laplace's method: its mode, and the curvature there as precision.
#[must_use]
pub fn laplace(prior: Belief, observation: &Observation) -> Belief {
    let mode = mode(prior, observation);
    Belief {
        mean: mode.z,
        variance: prior.variance / (1.0 + mode.curvature * prior.variance),
    }
}

/// Abscissae of Gauss-Hermite quadrature of nine points, the weight function being `e^(-x²)`.
const NODES: [f64; 9] = [
    -3.190_993_201_781_528,
    -2.266_580_584_531_843,
    -1.468_553_289_216_668,
    -0.723_551_018_752_837_6,
    0.0,
    0.723_551_018_752_837_6,
    1.468_553_289_216_668,
    2.266_580_584_531_843,
    3.190_993_201_781_528,
];

/// Weights of the same.
const WEIGHTS: [f64; 9] = [
    3.960_697_726_326_44e-5,
    0.004_943_624_275_536_947,
    0.088_474_527_394_376_57,
    0.432_651_559_002_555_75,
    0.720_235_215_606_050_9,
    0.432_651_559_002_555_75,
    0.088_474_527_394_376_57,
    0.004_943_624_275_536_947,
    3.960_697_726_326_44e-5,
];

/// The posterior matched in mean and variance: quadrature around the mode, scaled by the curvature
/// there. Laplace's mode lies beside the mean of a skewed posterior, and its variance is too small.
#[must_use]
pub fn matched(prior: Belief, observation: &Observation) -> Belief {
    let mode = mode(prior, observation);
    let variance = prior.variance / (1.0 + mode.curvature * prior.variance);
    let width = libm::sqrt(2.0 * variance);
    let likelihood_at_mode = observation.log_likelihood(mode.z);
    let distance = mode.z - prior.mean;
    let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
    for (x, weight) in NODES.iter().zip(WEIGHTS) {
        let shift = width * x;
        // The prior at the node over the prior at the mode, times what the quadrature divides by.
        let prior_ratio = x * x - shift * (2.0 * distance + shift) / (2.0 * prior.variance);
        let mass = weight
            * libm::exp(prior_ratio)
            * observation.relative(mode.z + shift, likelihood_at_mode);
        total += mass;
        first += mass * shift;
        second += mass * shift * shift;
    }
    let mean = first / total;
    let spread = second / total - mean * mean;
    if total.is_finite() && total > 0.0 && spread > 0.0 {
        Belief {
            mean: mode.z + mean,
            // A log-concave likelihood never widens a belief.
            variance: spread.min(prior.variance),
        }
    } else {
        Belief {
            mean: mode.z,
            variance,
        }
    }
}
