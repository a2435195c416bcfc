//! A share with its uncertainty: counts first, the interval always beside the mean.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `hits` of `of`, with the 95 % Wilson score interval (Wilson 1927; Brown, Cai and `DasGupta` 2001).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Proportion {
    /// How many had the property.
    pub hits: u64,
    /// How many were looked at.
    pub of: u64,
    /// `hits / of`, absent when nothing was looked at.
    pub share: Option<f64>,
    /// Lower end of the 95 % interval; 0 when nothing was looked at.
    pub low: f64,
    /// Upper end of the 95 % interval; 1 when nothing was looked at.
    pub high: f64,
}

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

impl Proportion {
    /// Whether there is nothing that could be a hit.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.of == 0
    }

    /// Computes share and interval. More hits than trials (two findings at one site) count as all.
    #[must_use]
    pub fn new(hits: u64, of: u64) -> Self {
        let hits = hits.min(of);
        if of == 0 {
            return Self {
                hits,
                of,
                share: None,
                low: 0.0,
                high: 1.0,
            };
        }
        let n = of as f64;
        let p = hits as f64 / n;
        let z2 = Z * Z;
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
        Self {
            hits,
            of,
            share: Some(round(p)),
            low: round((centre - half).max(0.0)),
            high: round((centre + half).min(1.0)),
        }
    }
}

impl Default for Proportion {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

/// Six decimals: enough for any reader, and the same text on every platform.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_matches_published_wilson_values() {
        // 8 of 10: 0.4902 to 0.9433.
        let p = Proportion::new(8, 10);
        assert!((p.low - 0.490_162).abs() < 1e-5, "{p:?}");
        assert!((p.high - 0.943_318).abs() < 1e-5, "{p:?}");
    }

    #[test]
    fn nothing_looked_at_is_not_zero() {
        let p = Proportion::new(0, 0);
        assert_eq!((p.share, p.low, p.high), (None, 0.0, 1.0));
    }
}
