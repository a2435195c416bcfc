//! The folder of a learner's own data: readable by its owner only.

use std::path::{Path, PathBuf};

use trueline_skills::ledger::{self, Held};
use trueline_skills::store::{Environment, Store};

use super::LearnError;

/// The folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// The one of this user: `$TRUELINE_DATA_DIR`, or the system's folder for users' data.
    pub fn of_user() -> Result<Self, LearnError> {
        let store = Store::find(&Environment::of_process()).map_err(|_| LearnError::NoHome)?;
        Ok(Self::at(store.folder()))
    }

    /// The one below a folder of data.
    #[must_use]
    pub fn at(data: &Path) -> Self {
        Self {
            folder: data.join("learn"),
        }
    }

    /// Makes the folder, before anything is begun whose outcome could not be kept.
    pub fn ready(&self) -> Result<(), LearnError> {
        ledger::private_folder(&self.folder).map_err(|error| {
            LearnError::Cannot(format!(
                "your progress cannot be kept in {}: {error}; TRUELINE_DATA_DIR names another folder",
                self.folder.display()
            ))
        })
    }

    /// The file of attempts.
    #[must_use]
    pub fn attempts(&self) -> PathBuf {
        self.folder.join("attempts.jsonl")
    }

    pub(crate) fn folded(&self) -> PathBuf {
        self.folder.join("folded.json")
    }

    /// Held while attempts are written.
    pub(crate) fn lock(&self) -> Result<Held, LearnError> {
        Ok(ledger::lock(&self.folder)?)
    }

    pub(crate) fn state(&self, name: &str) -> PathBuf {
        self.folder.join("exercises").join(format!("{name}.json"))
    }

    /// Review items that were shown and are not answered yet.
    pub(crate) fn unanswered(&self) -> PathBuf {
        self.folder.join("reviews.json")
    }

    pub(crate) fn states(&self) -> PathBuf {
        self.folder.join("exercises")
    }

    /// Writes a file aside and renames it: it is whole or it is the old one.
    pub(crate) fn write(file: &Path, content: &[u8]) -> Result<(), LearnError> {
        Ok(ledger::replace(file, content)?)
    }
}
