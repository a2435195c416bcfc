//! What goes wrong: before the server runs, and in a call. An error of a call is read by a model: it says what was
//! wrong and what to do instead.

use std::io;

use thiserror::Error;
use trueline_scan::ScanError;

/// Why the server cannot run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AssistError {
    /// The tree cannot be used.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The runtime cannot be started.
    #[error("the server cannot be started: {0}")]
    Runtime(#[source] io::Error),
    /// The client did not speak the protocol.
    #[error("the client did not begin with the Model Context Protocol: {0}")]
    Protocol(String),
}

/// Why a call has no answer.
#[derive(Debug, Error)]
pub(crate) enum CallError {
    #[error("wrong arguments: {0}; the tool's input schema names what it takes")]
    Arguments(#[from] serde_json::Error),
    #[error("`{name}`: {why}")]
    Argument { name: &'static str, why: String },
    #[error(
        "nothing was written: this server only reads. Ask the user to start it with `trueline mcp --allow-write`, or to \
         run `trueline declare` themselves; `dry_run` shows what would be written"
    )]
    ReadOnly,
    #[error(
        "no finding has the fingerprint `{fingerprint}` now: it is fixed, or its statement changed. Call check_diff \
         for the present ones"
    )]
    NoFinding { fingerprint: String },
    #[error(
        "`{head}` is not checked out: lines are read from the work tree. Check it out, or leave `head` away to see \
         what the work tree changes"
    )]
    NotCheckedOut { head: String },
    #[error("the answer has {bytes} bytes, more than the {limit} that one may have; ask for less")]
    TooLarge { bytes: usize, limit: usize },
    #[error("cancelled")]
    Cancelled,
    #[error("the check failed in itself; please report it with the files, if you may")]
    Internal,
    #[error(transparent)]
    Scan(#[from] ScanError),
}

impl CallError {
    /// By which a program tells one from another: `docs/mcp.md` lists them, and they stay what they are.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Arguments(_) => "wrong-arguments",
            Self::Argument { .. } => "wrong-argument",
            Self::ReadOnly => "read-only",
            Self::NoFinding { .. } => "no-finding",
            Self::NotCheckedOut { .. } => "not-checked-out",
            Self::TooLarge { .. } => "too-large",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
            Self::Scan(_) => "scan",
        }
    }

    pub(crate) fn argument(name: &'static str, why: impl Into<String>) -> Self {
        Self::Argument {
            name,
            why: why.into(),
        }
    }
}
