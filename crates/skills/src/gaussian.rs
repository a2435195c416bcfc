//! A joint normal belief about many components, with its full covariance.
//!
//! Components enter when evidence first touches them; until then they are independent of all others
//! and stand at their prior, so leaving them out is exact. The covariance is kept as the lower
//! triangle, row after row: a new component appends a row, and symmetry holds by construction.

use smallvec::SmallVec;

use crate::likelihood::Observation;
use crate::update::{Belief, matched};

/// Least variance: rounding must not make a component certain.
const FLOOR: f64 = 1e-6;

/// The mean and the covariance of components named by `K`.
#[derive(Clone, PartialEq, Debug)]
pub struct Gaussian<K> {
    keys: Vec<K>,
    prior: Vec<f64>,
    mean: Vec<f64>,
    /// Lower triangle: row `i` holds columns `0..=i`.
    covariance: Vec<f64>,
    /// Covariance of each component with the direction of the update under way.
    scratch: Vec<f64>,
}

/// Components with their parts in a sum: what an observation is about.
pub type Direction<K> = SmallVec<[(K, f64); 8]>;

/// Places of components with their parts.
type Places = SmallVec<[(usize, f64); 8]>;

impl<K: Copy + Eq> Gaussian<K> {
    /// Knows nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            keys: Vec::new(),
            prior: Vec::new(),
            mean: Vec::new(),
            covariance: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Each component with its prior variance and its mean, and the lower triangle of the covariance.
    pub(crate) fn parts(&self) -> (impl Iterator<Item = (K, f64, f64)>, &[f64]) {
        let keys = self.keys.iter().zip(&self.prior).zip(&self.mean);
        (
            keys.map(|((key, prior), mean)| (*key, *prior, *mean)),
            &self.covariance,
        )
    }

    /// From its parts; nothing if they do not fit together.
    pub(crate) fn from_parts(components: Vec<(K, f64, f64)>, covariance: Vec<f64>) -> Option<Self> {
        let count = components.len();
        let mut made = Self::new();
        for (i, (key, prior, mean)) in components.into_iter().enumerate() {
            let variance = covariance.get(at(i, i))?;
            if made.place(key).is_some() || prior <= 0.0 || *variance <= 0.0 {
                return None;
            }
            made.keys.push(key);
            made.prior.push(prior);
            made.mean.push(mean);
        }
        made.covariance = covariance;
        (made.covariance.len() == count * (count + 1) / 2).then_some(made)
    }

    /// How many components evidence has touched.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.keys.len()
    }

    /// The belief about a sum of components. `prior` gives the variance of those not touched yet.
    #[must_use]
    pub fn belief(&self, direction: &[(K, f64)], prior: impl Fn(K) -> f64) -> Belief {
        let mut belief = Belief {
            mean: 0.0,
            variance: 0.0,
        };
        let mut places = Places::new();
        for &(key, part) in direction {
            match self.place(key) {
                Some(place) => places.push((place, part)),
                None => belief.variance += part * part * prior(key),
            }
        }
        for &(i, part) in &places {
            belief.mean += part * self.mean[i];
            for &(j, other) in &places {
                belief.variance += part * other * self.covariance[at(i, j)];
            }
        }
        belief.variance = belief.variance.max(FLOOR);
        belief
    }

    /// Takes in one observation of `direction` plus `offset`; `extra` is variance that belongs to no
    /// component here (an item whose difficulty is not quite known). Gives the belief about the whole
    /// sum before and after, from which an item can be calibrated as well.
    pub fn observe(
        &mut self,
        direction: &[(K, f64)],
        prior: impl Fn(K) -> f64,
        offset: f64,
        extra: f64,
        observation: &Observation,
    ) -> (Belief, Belief) {
        let places = self.touch(direction, prior);
        let own = self.project(&places);
        let before = Belief {
            mean: own.mean + offset,
            variance: own.variance + extra,
        };
        let after = matched(before, observation);
        let step = (after.mean - before.mean) / before.variance;
        let shrink = (before.variance - after.variance) / (before.variance * before.variance);
        self.absorb(step, shrink);
        (before, after)
    }

    /// Adds to the mean of a component.
    pub fn shift(&mut self, key: K, prior: impl Fn(K) -> f64, by: f64) {
        let place = self.place_or_new(key, prior);
        self.mean[place] += by;
    }

    /// Adds to the variance of a component, up to its prior.
    pub fn loosen(&mut self, key: K, prior: impl Fn(K) -> f64, by: f64) {
        let place = self.place_or_new(key, prior);
        let variance = &mut self.covariance[at(place, place)];
        *variance = (*variance + by).min(self.prior[place]).max(*variance);
    }

    /// Lets time pass: each component returns towards its prior, the part `keep(K)` of its distance
    /// remaining. In the limit nothing is known again.
    pub fn fade(&mut self, keep: impl Fn(K) -> f64) {
        let keeps: Vec<f64> = self.keys.iter().map(|key| keep(*key)).collect();
        for (mean, keep) in self.mean.iter_mut().zip(&keeps) {
            *mean *= keep;
        }
        let mut start = 0;
        for (i, keep) in keeps.iter().enumerate() {
            let row = &mut self.covariance[start..=start + i];
            for (value, other) in row.iter_mut().zip(&keeps) {
                *value *= keep * other;
            }
            row[i] += (1.0 - keep * keep) * self.prior[i];
            start += i + 1;
        }
    }

    fn place(&self, key: K) -> Option<usize> {
        self.keys.iter().position(|known| *known == key)
    }

    fn place_or_new(&mut self, key: K, prior: impl Fn(K) -> f64) -> usize {
        self.place(key).unwrap_or_else(|| {
            let variance = prior(key);
            self.keys.push(key);
            self.prior.push(variance);
            self.mean.push(0.0);
            self.covariance
                .resize(self.covariance.len() + self.keys.len(), 0.0);
            if let Some(last) = self.covariance.last_mut() {
                *last = variance;
            }
            self.keys.len() - 1
        })
    }

    fn touch(&mut self, direction: &[(K, f64)], prior: impl Fn(K) -> f64) -> Places {
        direction
            .iter()
            .map(|&(key, part)| (self.place_or_new(key, &prior), part))
            .collect()
    }

    /// Fills the scratch with the covariance of every component with the direction.
    fn project(&mut self, places: &[(usize, f64)]) -> Belief {
        let dimension = self.keys.len();
        self.scratch.clear();
        self.scratch.resize(dimension, 0.0);
        for &(k, part) in places {
            let start = k * (k + 1) / 2;
            let row = &self.covariance[start..=start + k];
            for (sum, value) in self.scratch.iter_mut().zip(row) {
                *sum += part * value;
            }
            let mut place = start + k;
            for i in k + 1..dimension {
                place += i;
                self.scratch[i] += part * self.covariance[place];
            }
        }
        let mut belief = Belief {
            mean: 0.0,
            variance: 0.0,
        };
        for &(k, part) in places {
            belief.mean += part * self.mean[k];
            belief.variance += part * self.scratch[k];
        }
        belief.variance = belief.variance.max(FLOOR);
        belief
    }

    fn absorb(&mut self, step: f64, shrink: f64) {
        let mut rest = &mut self.covariance[..];
        for (i, along) in self.scratch.iter().enumerate() {
            self.mean[i] += along * step;
            let (row, tail) = std::mem::take(&mut rest).split_at_mut(i + 1);
            let factor = along * shrink;
            if factor != 0.0 {
                for (value, other) in row.iter_mut().zip(&self.scratch) {
                    *value -= factor * other;
                }
            }
            row[i] = row[i].max(FLOOR);
            rest = tail;
        }
    }
}

impl<K: Copy + Eq> Default for Gaussian<K> {
    fn default() -> Self {
        Self::new()
    }
}

const fn at(i: usize, j: usize) -> usize {
    if i >= j {
        i * (i + 1) / 2 + j
    } else {
        j * (j + 1) / 2 + i
    }
}
