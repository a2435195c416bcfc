//! Reviewing what an assistant wrote: one of two twins, is it unsafe, where, how sure.

use trueline_facts::Cwe;
use trueline_facts::attempt::Twin;

use crate::format::ReviewItem;
use crate::scenario::{Catalogue, Scenario};

use super::progress::Progress;

/// An item as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The item.
    pub item: &'a ReviewItem,
    /// The scenario it belongs to.
    pub scenario: &'a Scenario,
    /// Which twin.
    pub twin: Twin,
    /// What decided that.
    pub seed: u64,
}

impl Shown<'_> {
    /// The diff of the twin.
    #[must_use]
    pub fn diff(&self) -> &str {
        match self.twin {
            Twin::Unsafe => self.item.unsafe_twin.diff.trim_matches('\n'),
            Twin::Safe => self.item.safe_twin.diff.trim_matches('\n'),
        }
    }

    /// Why it is what it is.
    #[must_use]
    pub fn why(&self) -> &str {
        match self.twin {
            Twin::Unsafe => &self.item.unsafe_twin.why,
            Twin::Safe => &self.item.safe_twin.why,
        }
    }

    /// The weakness of the item.
    #[must_use]
    pub const fn cwe(&self) -> Cwe {
        self.item.unsafe_twin.cwe
    }

    /// Whether a line of the new file is one of the weakness.
    #[must_use]
    pub fn is_at(&self, line: u32) -> bool {
        let ranges = &self.item.unsafe_twin.lines;
        ranges
            .iter()
            .any(|range| (range.start..=range.end).contains(&line))
    }
}

/// The item of an id or, without one, the least shown; the seed decides the twin.
#[must_use]
pub fn choose<'a>(
    catalogue: &'a Catalogue,
    progress: &Progress,
    id: Option<&str>,
    seed: u64,
) -> Option<Shown<'a>> {
    let times = |item: &ReviewItem| progress.times(&item.id);
    let wanted = |scenario: &Scenario, item: &ReviewItem| {
        id.is_none_or(|id| item.id == id || scenario.id.as_str() == id)
    };
    let (scenario, item) = catalogue
        .scenarios()
        .iter()
        .flat_map(|scenario| scenario.reviews.iter().map(move |item| (scenario, item)))
        .filter(|(scenario, item)| wanted(scenario, item))
        .min_by_key(|(_, item)| (times(item), shuffled(&item.id, seed)))?;
    // The high bits: neighbouring seeds show different twins.
    let twin = if shuffled(&item.id, seed ^ 0x9e37_79b9_7f4a_7c15) >> 63 == 0 {
        Twin::Unsafe
    } else {
        Twin::Safe
    };
    Some(Shown {
        item,
        scenario,
        twin,
        seed,
    })
}

/// A number that looks random and is the same for the same id and seed.
fn shuffled(id: &str, seed: u64) -> u64 {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{seed}\n{id}").as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Lines with the numbers that they have in the new file; deleted lines have none.
#[must_use]
pub fn numbered(diff: &str) -> Vec<(Option<u32>, &str)> {
    let mut next = 1;
    diff.lines()
        .map(|line| {
            if line.starts_with("+++") || line.starts_with("---") {
                return (None, line);
            }
            if let Some(header) = line.strip_prefix("@@ ") {
                next = header
                    .split_once('+')
                    .and_then(|(_, rest)| rest.split([',', ' ']).next()?.parse().ok())
                    .unwrap_or(1);
                return (None, line);
            }
            if line.starts_with('-') {
                return (None, line);
            }
            next += 1;
            (Some(next - 1), line)
        })
        .collect()
}
