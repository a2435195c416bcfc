//! What can go wrong before a sandboxed program runs.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use crate::isolation::Refusal;

/// Why nothing was run, or its end is not known.
#[derive(thiserror::Error, Debug)]
pub enum SandboxError {
    /// This machine does not give the isolation that is asked for.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The specification names no program.
    #[error("no program to run: give at least its name")]
    NoProgram,
    /// A path inside the sandbox is not absolute, goes upwards, or is taken.
    #[error("{} cannot be a place inside the sandbox: {why}", path.display())]
    Inside {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Something of this machine that should be shown inside cannot be opened.
    #[error("{} cannot be shown in the sandbox: {error}", path.display())]
    Host {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The program could not be started inside.
    #[error("{} cannot be started in the sandbox: {error}", program.display())]
    Start {
        /// Its name as given.
        program: OsString,
        /// What the system said.
        error: io::Error,
    },
    /// A submission holds something that no submission may hold.
    #[error("{}: {why}", path.display())]
    Submission {
        /// The entry, relative to the submission.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A run directory cannot be made, filled or removed.
    #[error("{}: {error}", path.display())]
    RunDir {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The launcher cannot be started or went away without a word.
    #[error("the sandbox's launcher failed: {0}")]
    Launcher(#[source] io::Error),
}
