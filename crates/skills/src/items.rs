//! How easy an item is, and how well that is known.
//!
//! Items are calibrated on pooled answers, one release at a time, and frozen when people are scored:
//! nobody's estimate moves because somebody else answered.

use crate::update::Belief;

/// Variance of the easiness of an item that nobody has answered.
pub const PRIOR_VARIANCE: f64 = 0.8;

/// Easiness of an item in logits (difficulty with its sign turned), as a normal belief.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Item {
    /// Mean.
    pub easiness: f64,
    /// Variance.
    pub variance: f64,
}

impl Item {
    /// An item known by its author's word alone.
    #[must_use]
    pub const fn from_difficulty(difficulty: f64) -> Self {
        Self {
            easiness: -difficulty,
            variance: PRIOR_VARIANCE,
        }
    }

    /// Takes its part of what an answer said about a sum that it entered with the factor `part`.
    pub fn calibrate(&mut self, part: f64, before: Belief, after: Belief) {
        let along = part * self.variance;
        self.easiness += along * (after.mean - before.mean) / before.variance;
        let shrink = (before.variance - after.variance) / (before.variance * before.variance);
        self.variance = (self.variance - along * along * shrink).max(1e-6);
    }
}
