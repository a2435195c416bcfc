//! The few statistics that the detectors share: medians, a robust Pareto tail, order statistics.
//!
//! All of them work on logarithms or ranks, because sizes of commits and weeks are heavy-tailed:
//! means and standard deviations of such data are decided by the very outliers that are sought.
//! Formulas, assumptions and failure modes: `docs/METHODS.md`.

/// The median; `values` come back sorted. `None` when there are none.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(upper, lower))
}

/// A Pareto tail above some value `from`: `P(X > x | X > from) = (x / from)^(-1 / spread)`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Tail {
    /// Where the tail begins.
    pub(super) from: f64,
    /// Share of all values that lie above `from`.
    pub(super) share: f64,
    /// Mean of `ln(x / from)` in the tail.
    pub(super) spread: f64,
}

impl Tail {
    /// Fits the tail to the `top` largest of `descending`. The spread is the median of the
    /// logarithmic excesses divided by ln 2 (the median of an exponential is ln 2 times its mean),
    /// so up to half of the tail may be outliers.
    pub(super) fn fit(descending: &[f64], top: usize) -> Option<Self> {
        let from = descending.get(top)?.max(1.0);
        let mut excesses: Vec<f64> = descending[..top]
            .iter()
            .map(|x| (x.max(1.0) / from).ln())
            .collect();
        Some(Self {
            from,
            share: top as f64 / descending.len() as f64,
            spread: median(&mut excesses)?.max(0.0) / std::f64::consts::LN_2,
        })
    }

    /// The value that a draw passes with probability `p`; `from` if that lies below the tail.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.from * (self.share / p).max(1.0).powf(self.spread)
    }
}

/// The largest value that `spared` larger ones do not reach: with `spared` 0 the maximum. A
/// threshold at or above it bounds the rate of alarms by ranks alone, whatever the distribution.
pub(super) fn guard(descending: &[f64], spared: usize) -> f64 {
    descending
        .get(spared)
        .or(descending.last())
        .copied()
        .unwrap_or(0.0)
}

/// The whole part of a count that was computed as a fraction.
#[expect(clippy::cast_sign_loss, reason = "clamped to zero first")]
pub(super) fn whole(count: f64) -> usize {
    count.max(0.0) as usize
}

/// Sorts the largest value first.
pub(super) fn sort_descending(values: &mut [f64]) {
    values.sort_unstable_by(|a, b| b.total_cmp(a));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles of a Pareto distribution with the given spread, largest first.
    fn pareto(n: usize, spread: f64) -> Vec<f64> {
        (0..n)
            .map(|i| 10.0 * ((i as f64 + 0.5) / n as f64).powf(-spread))
            .collect()
    }

    #[test]
    fn the_median_of_an_even_count_lies_in_the_middle() {
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn the_tail_of_a_pareto_sample_is_recovered() {
        let values = pareto(2000, 0.7);
        let tail = Tail::fit(&values, 100).unwrap();
        assert!((tail.spread - 0.7).abs() < 0.02, "{tail:?}");
        let one_in_thousand = 10.0 * 0.001_f64.powf(-0.7);
        assert!((tail.quantile(0.001) / one_in_thousand - 1.0).abs() < 0.1);
    }

    #[test]
    fn a_few_gigantic_outliers_hardly_move_the_tail() {
        let clean = Tail::fit(&pareto(2000, 0.7), 100).unwrap().quantile(0.001);
        let mut values = pareto(2000, 0.7);
        values.extend([1e9; 10]);
        sort_descending(&mut values);
        let soiled = Tail::fit(&values, 100).unwrap().quantile(0.001);
        assert!(soiled / clean < 2.0, "{clean} {soiled}");
    }

    #[test]
    fn a_constant_sample_has_no_tail() {
        let tail = Tail::fit(&[5.0; 40], 10).unwrap();
        assert!((tail.quantile(0.001) - 5.0).abs() < 1e-9);
    }
}
