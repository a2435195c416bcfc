//! What is said of one group's exposed sites: how many have a finding, and how many have less certain ones that are
//! not shown. A share of what is shown claims nothing about what is not.

use trueline_facts::Proportion;
use trueline_facts::scan::WeaknessRate;

use super::{count, interval};

/// The exposed sites of one group.
#[derive(Clone, Copy)]
pub(crate) struct SiteRate<'r> {
    /// Those with a reported finding, of all.
    pub(crate) shown: &'r Proportion,
    /// Those with findings alone that are not reported.
    uncertain: u64,
}

impl<'r> SiteRate<'r> {
    pub(crate) const fn known_ai(rate: &'r WeaknessRate) -> Self {
        Self {
            shown: &rate.known_ai,
            uncertain: rate.uncertain_sites.known_ai,
        }
    }

    pub(crate) const fn not_known_ai(rate: &'r WeaknessRate) -> Self {
        Self {
            shown: &rate.not_known_ai,
            uncertain: rate.uncertain_sites.not_known_ai,
        }
    }

    /// `32 less certain`; `None` where there are none.
    pub(crate) fn less_certain(self) -> Option<String> {
        (self.uncertain > 0).then(|| format!("{} less certain", count(self.uncertain)))
    }

    /// Nothing is shown, and something was found.
    pub(crate) const fn is_doubted_zero(self) -> bool {
        self.shown.hits == 0 && self.uncertain > 0
    }

    /// Would the interval hold if everything less certain were right?
    pub(crate) fn is_interval_true(self) -> bool {
        let most = Proportion::new(self.shown.hits + self.uncertain, self.shown.of);
        !self.is_doubted_zero() && most.share.is_none_or(|most| most <= self.shown.high)
    }

    /// The 95 % interval, where it denies nothing that is not shown.
    pub(crate) fn interval(self, unicode: bool) -> Option<String> {
        self.is_interval_true()
            .then(|| interval(self.shown, unicode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(hits: u64, of: u64, uncertain: u64) -> (Option<String>, Option<String>, bool) {
        let shown = Proportion::new(hits, of);
        let rate = SiteRate {
            shown: &shown,
            uncertain,
        };
        (
            rate.interval(true),
            rate.less_certain(),
            rate.is_doubted_zero(),
        )
    }

    #[test]
    fn an_interval_is_given_only_where_it_denies_nothing_that_is_not_shown() {
        let interval = |text: &str| Some(text.to_owned());
        assert_eq!(rate(0, 104, 0), (interval("0–3.6 %"), None, false));
        assert_eq!(rate(0, 104, 32), (None, interval("32 less certain"), true));
        assert_eq!(rate(0, 104, 1), (None, interval("1 less certain"), true));
        let (given, doubt, _) = rate(5, 104, 3);
        assert_eq!(
            (given, doubt),
            (interval("2.1–11 %"), interval("3 less certain"))
        );
        assert_eq!(rate(5, 104, 40).0, None);
        // All are weak already.
        assert_eq!(rate(2, 2, 0).0, interval("34–100 %"));
        assert_eq!(rate(0, 0, 0), (interval("0–100 %"), None, false));
    }
}
