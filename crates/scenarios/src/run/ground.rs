//! Where a trial takes place: the tester and the program as two processes that share a network and nothing else.
//!
//! `sandboxed` gives verdicts; `self_run` (one's own code, after an explicit yes) gives practice.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::format::Limits;
use crate::tree::Tree;

/// What tester and engine talk over.
#[cfg(unix)]
pub(crate) type Socket = std::os::unix::net::UnixStream;
/// Where no trial takes place there is no socket either; this has the same methods.
#[cfg(not(unix))]
pub(crate) type Socket = std::net::TcpStream;

/// Why a trial cannot take place.
#[derive(Debug, Error)]
pub enum GroundError {
    /// Isolation is missing, or a runtime: skipped, not failed.
    #[error("{0}")]
    Missing(String),
    /// Something of this machine failed.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// What a trial needs on the ground before anything runs.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    /// The program's files.
    pub(crate) program: &'a Tree,
    /// The scenario's tests.
    pub(crate) tests: &'a Tree,
    /// Limits of the program.
    pub(crate) limits: Limits,
    /// How long all of it may take.
    pub(crate) wall: Duration,
    /// Languages whose programs the submission needs.
    pub(crate) languages: Vec<&'static str>,
}

/// Where the tester sees things.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) tests: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) private: PathBuf,
    pub(crate) app: PathBuf,
}

/// A program to be started, its paths with `{shim}` for the folder of our own ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Program {
    pub(crate) argv: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
}

/// How the program is doing, or how it ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) running: bool,
    /// Exit code, 128 and more for a signal; none while it runs or when we ended it.
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Limits that it met.
    pub(crate) limits_hit: Vec<String>,
    /// Those of them that ended it.
    pub(crate) killed_by: Vec<String>,
}

/// One trial's processes. All of them end when it is dropped.
pub(crate) trait Stage {
    /// Where the tester sees things.
    fn places(&self) -> &Places;
    /// The socket to the tester, which runs.
    fn channel(&self) -> &Socket;
    /// Starts the program; one that runs is ended first.
    fn start(&mut self, program: &Program) -> Result<(), GroundError>;
    /// How the program is doing; the default before its start.
    fn state(&mut self) -> State;
    /// Ends the program and says how it was.
    fn stop(&mut self) -> State;
    /// Whether what the program wrote to disk is more than it may.
    fn overflows(&self) -> bool;
    /// Whether files beside the program's own lie at other places than scenarios know.
    fn lies_elsewhere(&self) -> bool;
    /// The end of what the tester printed, for messages.
    fn tester_output(&mut self) -> String;
}
