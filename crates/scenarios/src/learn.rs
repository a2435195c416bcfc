//! What a person does with scenarios: choose one, work on it, have it checked, keep what came of it.
//!
//! Everything is local and private to its owner: attempts are appended to one file ([`progress`]), what is being
//! worked on has a small file each ([`state`]). Prompts and code are not kept.

pub mod choose;
pub mod folder;
pub mod home;
pub mod progress;
pub mod review;
pub mod scaffold;
pub mod state;

use std::path::PathBuf;

use thiserror::Error;
use trueline_skills::plain::PlainError;

use crate::scenario::ScenarioError;
use crate::tree::TreeError;

/// What can go wrong for a learner.
#[derive(Debug, Error)]
pub enum LearnError {
    /// The scenario is unknown or broken.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// What was handed in cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// One of the person's own files is none, or cannot be reached.
    #[error(transparent)]
    Own(#[from] PlainError),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// This system names no place for a user's data.
    #[error("no place for your progress: set TRUELINE_DATA_DIR to a folder of yours")]
    NoHome,
    /// Asked for something that cannot be done now; the text says what to do.
    #[error("{0}")]
    Cannot(String),
    /// This machine cannot isolate; the text says what is missing.
    #[error("{0}")]
    NoIsolation(String),
}

impl LearnError {
    /// Whether other arguments would mend it.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::File { .. } | Self::NoIsolation(_) => false,
            Self::Own(error) => error.is_usage(),
            Self::Scenario(_) | Self::Tree(_) | Self::NoHome | Self::Cannot(_) => true,
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
