//! The ratio of two risks within strata: Mantel and Haenszel's estimate with Greenland and Robins'
//! interval (1985). Larger changes fire more gates and go bad more often; within a class of size
//! that explains less.

use trueline_facts::backtest::Ratio;

/// One stratum: bad and all changes where the gate fired, and where it did not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Table {
    pub(super) bad_fired: u64,
    pub(super) fired: u64,
    pub(super) bad_silent: u64,
    pub(super) silent: u64,
}

/// The pooled ratio; `None` where no stratum has both sides or one risk is zero.
pub(super) fn pooled(tables: &[Table]) -> Option<Ratio> {
    let (mut above, mut below, mut spread) = (0.0, 0.0, 0.0);
    for table in tables {
        let (a, n1) = (table.bad_fired as f64, table.fired as f64);
        let (b, n0) = (table.bad_silent as f64, table.silent as f64);
        let n = n1 + n0;
        if n1 == 0.0 || n0 == 0.0 {
            continue;
        }
        above += a * n0 / n;
        below += b * n1 / n;
        spread += (n1 * n0 * (a + b) - a * b * n) / (n * n);
    }
    if above <= 0.0 || below <= 0.0 {
        return None;
    }
    let ratio = above / below;
    let deviation = libm::sqrt(spread / (above * below));
    let ends = |sign: f64| libm::exp(libm::log(ratio) + sign * 1.959_963_984_540_054 * deviation);
    let round = |value: f64| (value * 1e4).round() / 1e4;
    Some(Ratio {
        ratio: round(ratio),
        low: round(ends(-1.0)),
        high: round(ends(1.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two strata worked by hand: RR = (20*100/200 + 10*90/100) / (10*100/200 + 9*10/100).
    #[test]
    fn strata_are_pooled_as_by_hand() {
        let tables = [
            Table {
                bad_fired: 20,
                fired: 100,
                bad_silent: 10,
                silent: 100,
            },
            Table {
                bad_fired: 2,
                fired: 10,
                bad_silent: 9,
                silent: 90,
            },
        ];
        let ratio = pooled(&tables).unwrap();
        let expected = (20.0 * 0.5 + 2.0 * 0.9) / (10.0 * 0.5 + 9.0 * 0.1);
        assert!((ratio.ratio - expected).abs() < 1e-3, "{ratio:?}");
        assert!(
            ratio.low < 1.1 && ratio.low > 0.9 && ratio.high > 3.5,
            "{ratio:?}"
        );
    }

    #[test]
    fn a_side_without_changes_says_nothing() {
        let only = Table {
            bad_fired: 1,
            fired: 5,
            ..Table::default()
        };
        assert_eq!(pooled(&[only]), None);
    }
}
