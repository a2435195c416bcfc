//! Reviewing what an assistant wrote: one of two twins, is it unsafe, where, how sure.
//!
//! Which twin is shown is decided by chance, once: an item that was left without an answer comes again as it was
//! ([`Unanswered`]), or looking twice would show both twins and give the answer away.

use serde::{Deserialize, Serialize};
use trueline_facts::Cwe;
use trueline_facts::attempt::Twin;
use trueline_skills::{ledger, plain};

use crate::format::ReviewItem;
use crate::scenario::{Catalogue, Scenario};

use super::LearnError;
use super::home::Home;
use super::progress::{Progress, Standing};

/// A line so near is the same place: a call may begin above the line that is named.
pub const NEAR: u32 = 2;

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
    /// It was shown before and left without an answer.
    pub is_again: bool,
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

    /// Whether a line of the new file is one of the weakness, or so near that it is the same place.
    #[must_use]
    pub fn is_at(&self, line: u32) -> bool {
        self.is_within(line, self.slack())
    }

    /// Whether it is one of its very lines.
    #[must_use]
    pub fn is_exactly_at(&self, line: u32) -> bool {
        self.is_within(line, 0)
    }

    fn is_within(&self, line: u32, slack: u32) -> bool {
        let ranges = &self.item.unsafe_twin.lines;
        ranges.iter().any(|range| {
            (range.start.saturating_sub(slack)..=range.end.saturating_add(slack)).contains(&line)
        })
    }

    /// How far away a line may be: less where that would be more than half of what the change adds, for then a line named
    /// blindly would be right as often as not.
    fn slack(&self) -> u32 {
        let diff = self.item.unsafe_twin.diff.trim_matches('\n');
        let added: Vec<u32> = numbered(diff)
            .into_iter()
            .filter(|(_, line)| line.starts_with('+'))
            .filter_map(|(number, _)| number)
            .collect();
        (1..=NEAR)
            .rev()
            .find(|slack| {
                let near = added.iter().filter(|line| self.is_within(**line, *slack));
                near.count() * 2 <= added.len()
            })
            .unwrap_or(0)
    }
}

/// An item that was shown and not answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Left {
    item: String,
    version: u32,
    twin: Twin,
    seed: u64,
}

/// The items that were shown and not answered, and which twin of each.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Unanswered {
    items: Vec<Left>,
}

impl Unanswered {
    /// Reads them. The message tells of a file that could not be read: nothing is known of before then.
    pub fn read(home: &Home) -> Result<(Self, Option<String>), LearnError> {
        let file = home.unanswered();
        let Some(bytes) = plain::read(&file)? else {
            return Ok((Self::default(), None));
        };
        Ok(match serde_json::from_slice(&bytes) {
            Ok(known) => (known, None),
            Err(error) => {
                let kept = ledger::put_aside(&file)?;
                let message = format!(
                    "{}: cannot be read ({error}); kept as {}, and begun anew",
                    file.display(),
                    kept.display()
                );
                (Self::default(), Some(message))
            }
        })
    }

    /// Keeps which twin is shown, before it is.
    pub fn show(home: &Home, shown: &Shown<'_>) -> Result<(), LearnError> {
        let left = Left {
            item: shown.item.id.clone(),
            version: shown.scenario.definition.version,
            twin: shown.twin,
            seed: shown.seed,
        };
        Self::change(home, &left.item.clone(), Some(left))
    }

    /// An item was answered: what is shown next time is decided anew.
    pub fn answered(home: &Home, item: &str) -> Result<(), LearnError> {
        Self::change(home, item, None)
    }

    fn change(home: &Home, item: &str, now: Option<Left>) -> Result<(), LearnError> {
        home.ready()?;
        let _held = home.lock()?;
        let (mut this, _) = Self::read(home)?;
        this.items.retain(|left| left.item != item);
        this.items.extend(now);
        let file = home.unanswered();
        let text = serde_json::to_vec(&this)
            .map_err(std::io::Error::other)
            .map_err(LearnError::file(&file))?;
        Home::write(&file, &text)
    }

    /// Another version of a scenario has other twins.
    fn of(&self, scenario: &Scenario, item: &ReviewItem) -> Option<&Left> {
        let version = scenario.definition.version;
        self.items
            .iter()
            .find(|left| left.item == item.id && left.version == version)
    }
}

/// The item of an id or, without one, what was left without an answer, then the least shown. The seed decides the twin
/// of an item that is not waiting for its answer.
#[must_use]
pub fn choose<'a>(
    catalogue: &'a Catalogue,
    progress: &Progress,
    unanswered: &Unanswered,
    id: Option<&str>,
    seed: u64,
) -> Option<Shown<'a>> {
    let times = |item: &ReviewItem| progress.times(&item.id);
    let wanted = |scenario: &Scenario, item: &ReviewItem| {
        id.is_none_or(|id| item.id == id || scenario.id.as_str() == id)
    };
    // Of items that were shown equally often those first that fit what one has just learned.
    let solved = |scenario: &Scenario| {
        let version = scenario.definition.version;
        progress.standing(scenario.id.as_str(), version) >= Standing::FixedAided
    };
    let of_solved: Vec<&Scenario> = catalogue.scenarios().iter().filter(|s| solved(s)).collect();
    let distance = |scenario: &Scenario, item: &ReviewItem| {
        let kin = |one: &&&Scenario| {
            (one.definition.class, one.definition.language) == (item.class, item.language)
        };
        if of_solved.iter().any(|one| one.id == scenario.id) {
            0
        } else if of_solved.iter().any(|one| kin(&one)) {
            1
        } else {
            2
        }
    };
    let (scenario, item) = catalogue
        .scenarios()
        .iter()
        .flat_map(|scenario| scenario.reviews.iter().map(move |item| (scenario, item)))
        .filter(|(scenario, item)| wanted(scenario, item))
        .min_by_key(|(scenario, item)| {
            let is_new = unanswered.of(scenario, item).is_none();
            let distance = distance(scenario, item);
            (is_new, times(item), distance, shuffled(&item.id, seed))
        })?;
    if let Some(left) = unanswered.of(scenario, item) {
        return Some(Shown {
            item,
            scenario,
            twin: left.twin,
            seed: left.seed,
            is_again: true,
        });
    }
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
        is_again: false,
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
