//! What one piece of evidence says about the logit it depends on: log-likelihood, score, curvature.
//!
//! Every kind of evidence is a log-concave function of one number, so one update serves all
//! (`update.rs`). A weight below one says that the evidence is worth a part of an answer.

use crate::math::{sigmoid, softplus};

/// Beyond it a rate neither over- nor underflows, and no evidence tells the difference.
const LARGEST_LOG_RATE: f64 = 40.0;

/// How much a piece of evidence counts: above zero, at most one.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Weight(f64);

impl Weight {
    /// Counts in full.
    pub const FULL: Self = Self(1.0);

    /// A weight, if the number is one.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (value > 0.0 && value <= 1.0).then_some(Self(value))
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// Both reasons to count less apply.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self((self.0 * other.0).max(f64::MIN_POSITIVE))
    }
}

/// What was seen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Seen {
    /// One answer.
    Answer {
        /// It succeeded.
        success: bool,
    },
    /// `successes` of `trials` like ones: weaknesses caught in what was reviewed.
    Successes {
        /// How many succeeded; never more than `trials`.
        successes: u32,
        /// How many there were.
        trials: u32,
    },
    /// `count` events where `e^(log_rate - z)` are expected: confirmed findings over exposed sites.
    Events {
        /// How many.
        count: u32,
        /// Logarithm of the number expected of somebody with logit 0.
        log_rate: f64,
    },
}

/// What was seen, and how much it counts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Observation {
    /// What.
    pub seen: Seen,
    /// How much.
    pub weight: Weight,
}

impl Observation {
    /// An answer that counts in full.
    #[must_use]
    pub const fn answer(success: bool) -> Self {
        Self {
            seen: Seen::Answer { success },
            weight: Weight::FULL,
        }
    }

    /// Logarithm of the likelihood at `z`, up to a constant.
    #[must_use]
    pub fn log_likelihood(&self, z: f64) -> f64 {
        self.weight.0
            * match self.seen {
                Seen::Answer { success } => f64::from(u8::from(success)) * z - softplus(z),
                Seen::Successes { successes, trials } => {
                    f64::from(successes.min(trials)) * z - f64::from(trials) * softplus(z)
                }
                Seen::Events { count, log_rate } => -f64::from(count) * z - rate(log_rate, z),
            }
    }

    /// The likelihood at `z` as a multiple of what it is at another place, whose logarithm is `at`.
    #[must_use]
    pub fn relative(&self, z: f64, at: f64) -> f64 {
        match self.seen {
            // The common case needs no logarithm.
            Seen::Answer { success } if self.weight == Weight::FULL => {
                sigmoid(if success { z } else { -z }) * libm::exp(-at)
            }
            _ => libm::exp(self.log_likelihood(z) - at),
        }
    }

    /// First derivative of the log-likelihood.
    #[must_use]
    pub fn score(&self, z: f64) -> f64 {
        self.weight.0
            * match self.seen {
                Seen::Answer { success } => f64::from(u8::from(success)) - sigmoid(z),
                Seen::Successes { successes, trials } => {
                    f64::from(successes.min(trials)) - f64::from(trials) * sigmoid(z)
                }
                Seen::Events { count, log_rate } => rate(log_rate, z) - f64::from(count),
            }
    }

    /// Minus the second derivative: never negative.
    #[must_use]
    pub fn curvature(&self, z: f64) -> f64 {
        self.weight.0
            * match self.seen {
                Seen::Answer { .. } => slope(z),
                Seen::Successes { trials, .. } => f64::from(trials) * slope(z),
                Seen::Events { log_rate, .. } => rate(log_rate, z),
            }
    }
}

fn slope(z: f64) -> f64 {
    let p = sigmoid(z);
    p * (1.0 - p)
}

fn rate(log_rate: f64, z: f64) -> f64 {
    libm::exp((log_rate - z).clamp(-LARGEST_LOG_RATE, LARGEST_LOG_RATE))
}
