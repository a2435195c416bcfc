//! When to look again: FSRS-6, the scheduler of the open-spaced-repetition project, written anew.
//!
//! The skill model says how good somebody is; this says only when a skill should be met again. The
//! equations and the 21 default weights are those of FSRS-6 (open-spaced-repetition, MIT and BSD).

use crate::day::Day;

/// The default weights of FSRS-6.
const W: [f64; 21] = [
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835,
    0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
];

/// Desired retention: due when the chance that it is still at hand has fallen so far.
pub const RETENTION: f64 = 0.85;
/// Longest interval, in days.
pub const LONGEST: u32 = 365;
/// Least stability, in days.
const LEAST_STABILITY: f64 = 0.001;

/// How a repetition went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rating {
    /// Not solved, or the solution was shown; a confirmed finding in one's own code.
    Again = 1,
    /// Solved with hints or at a later try.
    Hard = 2,
    /// Solved at the first try without a hint.
    Good = 3,
    /// The learner's own word that it was easy.
    Easy = 4,
}

impl Rating {
    const fn grade(self) -> f64 {
        self as u8 as f64
    }

    const fn first_stability(self) -> f64 {
        W[self as usize - 1]
    }
}

/// The memory of one skill.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Card {
    stability: f64,
    difficulty: f64,
    last: Day,
}

impl Card {
    /// The first repetition.
    #[must_use]
    pub fn first(rating: Rating, day: Day) -> Self {
        Self {
            stability: rating.first_stability(),
            difficulty: first_difficulty(rating).clamp(1.0, 10.0),
            last: day,
        }
    }

    /// A further one. One of an earlier day than the last counts as of the last day.
    #[must_use]
    pub fn repeated(self, rating: Rating, day: Day) -> Self {
        let days = day.since(self.last);
        let stability = if days == 0 {
            self.same_day(rating)
        } else if rating == Rating::Again {
            self.failed(days)
        } else {
            self.recalled(rating, days)
        };
        Self {
            stability: stability.max(LEAST_STABILITY),
            difficulty: self.next_difficulty(rating),
            last: self.last.max(day),
        }
    }

    /// How likely it is still at hand.
    #[must_use]
    pub fn retrievability(&self, day: Day) -> f64 {
        retrievability(f64::from(day.since(self.last)), self.stability)
    }

    /// The day on which to meet it again.
    #[must_use]
    pub fn due(&self) -> Day {
        self.last.plus(interval(self.stability, RETENTION))
    }

    /// Stability in days and difficulty in 1..=10.
    #[must_use]
    pub const fn memory(&self) -> (f64, f64) {
        (self.stability, self.difficulty)
    }

    /// Stability, difficulty and the day of the last repetition.
    pub(crate) const fn parts(&self) -> (f64, f64, Day) {
        (self.stability, self.difficulty, self.last)
    }

    /// From its parts; nothing if they are out of bounds.
    pub(crate) fn from_parts(stability: f64, difficulty: f64, last: Day) -> Option<Self> {
        let is_usable = stability >= LEAST_STABILITY && (1.0..=10.0).contains(&difficulty);
        is_usable.then_some(Self {
            stability,
            difficulty,
            last,
        })
    }

    fn same_day(self, rating: Rating) -> f64 {
        let factor =
            libm::exp(W[17] * (rating.grade() - 3.0 + W[18])) * libm::pow(self.stability, -W[19]);
        let factor = if rating >= Rating::Hard {
            factor.max(1.0)
        } else {
            factor
        };
        self.stability * factor
    }

    fn failed(self, days: u32) -> f64 {
        let r = retrievability(f64::from(days), self.stability);
        let long = W[11]
            * libm::pow(self.difficulty, -W[12])
            * (libm::pow(self.stability + 1.0, W[13]) - 1.0)
            * libm::exp(W[14] * (1.0 - r));
        long.min(self.stability / libm::exp(W[17] * W[18]))
    }

    fn recalled(self, rating: Rating, days: u32) -> f64 {
        let r = retrievability(f64::from(days), self.stability);
        let grade = match rating {
            Rating::Hard => W[15],
            Rating::Easy => W[16],
            Rating::Again | Rating::Good => 1.0,
        };
        let growth = libm::exp(W[8])
            * (11.0 - self.difficulty)
            * libm::pow(self.stability, -W[9])
            * (libm::exp(W[10] * (1.0 - r)) - 1.0)
            * grade;
        self.stability * (1.0 + growth)
    }

    fn next_difficulty(self, rating: Rating) -> f64 {
        let change = -W[6] * (rating.grade() - 3.0);
        let damped = self.difficulty + change * (10.0 - self.difficulty) / 9.0;
        (W[7] * first_difficulty(Rating::Easy) + (1.0 - W[7]) * damped).clamp(1.0, 10.0)
    }
}

fn first_difficulty(rating: Rating) -> f64 {
    W[4] - libm::exp(W[5] * (rating.grade() - 1.0)) + 1.0
}

/// The constant that makes retrievability 0.9 after as many days as the stability.
fn factor() -> f64 {
    libm::pow(0.9, -1.0 / W[20]) - 1.0
}

fn retrievability(days: f64, stability: f64) -> f64 {
    libm::pow(1.0 + factor() * days / stability, -W[20])
}

/// Days until retrievability has fallen to `retention`.
#[expect(clippy::cast_sign_loss, reason = "clamped to whole days from 1 on")]
fn interval(stability: f64, retention: f64) -> u32 {
    let days = stability / factor() * (libm::pow(retention, -1.0 / W[20]) - 1.0);
    libm::round(days).clamp(1.0, f64::from(LONGEST)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_as_many_days_as_its_stability_a_skill_is_at_hand_nine_times_in_ten() {
        assert!((retrievability(7.0, 7.0) - 0.9).abs() < 1e-12);
        assert!((retrievability(0.0, 7.0) - 1.0).abs() < 1e-12);
        assert_eq!(interval(7.0, 0.9), 7);
        assert!(interval(7.0, 0.85) > 7);
        assert_eq!(interval(1e9, 0.85), LONGEST);
        assert_eq!(interval(0.001, 0.85), 1);
    }
}
