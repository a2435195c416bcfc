//! What is known of an exercise that is being worked on: hints opened, shown or not, where its folder is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use trueline_facts::ToolId;
use trueline_facts::attempt::{Aid, AidBasis};
use trueline_skills::ledger;

use super::LearnError;
use super::home::Home;
use crate::scenario::Scenario;
use crate::tree::Tree;

/// The state of one exercise.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ExerciseState {
    /// The exercise.
    pub scenario: String,
    /// Its version; another version is another exercise.
    pub version: u32,
    /// Hints opened.
    #[serde(default)]
    pub hints: u8,
    /// The reference was shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub revealed: bool,
    /// The debrief may be read: it was fixed or shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub over: bool,
    /// What the person said about help; none before they were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aid: Option<Aid>,
    /// The tools that hooks saw write an answer to it, in whichever folder: it stays so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub agents: BTreeSet<ToolId>,
    /// Where it is worked on.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// Digest of the files that were last recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// Digests of answers that were judged without being written down: tries that the next record counts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub looked: BTreeSet<String>,
    /// Counts up with each start, so that the latest is known.
    #[serde(default)]
    pub order: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// More tries than this make no difference.
const MOST_LOOKS: usize = 8;

impl ExerciseState {
    /// An answer was judged and is not written down. Whether that is news.
    pub fn look(&mut self, digest: &str) -> bool {
        self.recorded.as_deref() != Some(digest)
            && self.looked.len() < MOST_LOOKS
            && self.looked.insert(digest.to_owned())
    }

    /// How many answers other than those on record were judged.
    #[must_use]
    pub fn unrecorded(&self) -> u32 {
        self.looked.len() as u32
    }

    /// An answer goes on record: looking at it before was no other try.
    pub fn record(&mut self, digest: String) {
        self.looked.remove(&digest);
        self.recorded = Some(digest);
    }

    /// The state of an exercise; a new one when there is none. The message tells of one that could not be read.
    #[must_use]
    pub fn read(home: &Home, scenario: &Scenario) -> (Self, Option<String>) {
        let fresh = Self {
            scenario: scenario.id.as_str().to_owned(),
            version: scenario.definition.version,
            ..Self::default()
        };
        let path = home.state(scenario.id.as_str());
        if !path.exists() {
            return (fresh, None);
        }
        let read = crate::tree::read_plain(&path, 1 << 20)
            .map_err(|error| error.to_string())
            .and_then(|bytes| {
                serde_json::from_slice::<Self>(&bytes).map_err(|error| error.to_string())
            });
        match read {
            Ok(state) if state.version == fresh.version && state.scenario == fresh.scenario => {
                (state, None)
            }
            Ok(older) => (
                Self {
                    folder: older.folder,
                    order: older.order,
                    ..fresh
                },
                None,
            ),
            Err(why) => {
                let told = match ledger::put_aside(&path) {
                    Ok(kept) => format!("kept as {}", kept.display()),
                    Err(error) => format!("left where it is: {error}"),
                };
                let message = format!("{}: cannot be read ({why}); {told}", path.display());
                (fresh, Some(message))
            }
        }
    }

    /// Whether an assistant took part, as far as it is known: what a hook saw comes before what was told.
    #[must_use]
    pub fn help(&self) -> (Aid, AidBasis) {
        if self.agents.is_empty() {
            (self.aid.unwrap_or_default(), AidBasis::Told)
        } else {
            (Aid::Assisted, AidBasis::Hook)
        }
    }

    /// Keeps it.
    pub fn write(&self, home: &Home) -> Result<(), LearnError> {
        let path = home.state(&self.scenario);
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::other)
            .map_err(LearnError::file(&path))?;
        Home::write(&path, &text)
    }

    /// All that were ever started; those that cannot be read are left out.
    #[must_use]
    pub fn all(home: &Home) -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir(home.states()) else {
            return Vec::new();
        };
        let mut all: Vec<Self> = entries
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|e| e == "json"))
            .filter_map(|entry| {
                let bytes = crate::tree::read_plain(&entry.path(), 1 << 20).ok()?;
                serde_json::from_slice(&bytes).ok()
            })
            .collect();
        all.sort_by(|a, b| (a.order, &a.scenario).cmp(&(b.order, &b.scenario)));
        all
    }
}

/// A digest of files that were handed in.
#[must_use]
pub fn digest(tree: &Tree) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;

    let mut hasher = Sha256::new();
    for (path, content) in tree.iter() {
        for part in [path.as_bytes(), content] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    let mut out = String::new();
    for byte in hasher.finalize().iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}
