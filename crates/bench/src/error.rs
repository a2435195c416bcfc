//! What can go wrong with a benchmark as a whole; what goes wrong with one sample is recorded with it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use trueline_scenarios::format::Malformed;
use trueline_scenarios::{ScenarioError, TreeError};

/// Why a benchmark could not be run or read.
#[derive(Debug, Error)]
pub enum BenchError {
    /// An adapter's file is wrong.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A scenario is.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A folder is no tree of plain files.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Something the caller can mend.
    #[error("{0}")]
    Cannot(String),
    /// The system refused something.
    #[error("{}: {source}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl BenchError {
    pub(crate) fn file(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File {
            path: path.clone(),
            source,
        }
    }

    /// Whether other arguments or files would mend it.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::File { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::NotADirectory
            ),
            _ => true,
        }
    }
}
