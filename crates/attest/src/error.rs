//! What keeps an attestation from being made or a log from being read, each with what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why something could not be signed, stored or read. What is wrong *inside* a log is no error but a problem of its
/// verification.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AttestError {
    /// A file cannot be read or written.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// A key cannot be used.
    #[error("{file}: {why}")]
    Key {
        /// Where it came from, with the line where there are several.
        file: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// There is no key to trust.
    #[error(
        "no key to check signatures with: name the file with --keys, or commit public keys as {}",
        crate::key::TRUSTED_KEYS_FILE
    )]
    NoKeys,
    /// No random numbers from the system.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
    /// The verdict is nothing that can be signed.
    #[error("{file}: {why}")]
    Verdict {
        /// Where it came from.
        file: String,
        /// Why.
        why: String,
    },
    /// The repository or the log in it cannot be used.
    #[error("{what}: {why}")]
    Log {
        /// The reference, or the repository.
        what: String,
        /// Why, and what to do.
        why: String,
    },
    /// Somebody else added an entry at the same time.
    #[error(
        "{reference} moved while the entry was written; nothing was added: fetch it and try again"
    )]
    Moved {
        /// The reference.
        reference: String,
    },
    /// The anchor cannot be read.
    #[error("{what}: {why}")]
    Anchor {
        /// The tag.
        what: String,
        /// Why, and what to do.
        why: String,
    },
    /// The file of statements by persons is wrong.
    #[error("{file}:{line}: {why}")]
    Statements {
        /// The file.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}
