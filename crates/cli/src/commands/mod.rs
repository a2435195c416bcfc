//! One module per verb: arguments to a request, the outcome to a document.

pub(crate) mod artifacts;
pub(crate) mod attest;
pub(crate) mod bench;
pub(crate) mod blame;
pub(crate) mod declare;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod exception;
pub(crate) mod forge;
pub(crate) mod gate;
pub(crate) mod hook;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod learn;
pub(crate) mod manual;
pub(crate) mod mcp;
pub(crate) mod notes;
pub(crate) mod past;
pub(crate) mod policy;
pub(crate) mod rego;
pub(crate) mod rules;
pub(crate) mod sandbox;
pub(crate) mod scan;
pub(crate) mod skills;
pub(crate) mod stats;
pub(crate) mod threats;

use std::error::Error;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use anyhow::Result;
use trueline_assist::AssistError;
use trueline_assist::init::InitError;
use trueline_attest::AttestError;
use trueline_bench::BenchError;
use trueline_capture::RangeError;
use trueline_capture::install::InstallError;
use trueline_facts::{Diagnostic, Level};
use trueline_scan::{AgentHomes, ReadingOptions, ScanError};
use trueline_scenarios::ScenarioError;
use trueline_scenarios::learn::LearnError;
use trueline_skills::disclose::Refused;
use trueline_skills::store::StoreError;

use crate::arguments::Reading;
use crate::output::Unwritable;

/// Stack of a thread: line diffs recurse over hostile content.
const STACK_BYTES: usize = 64 << 20;

/// The shared options as the pipeline takes them.
pub(crate) fn reading(reading: &Reading) -> Result<ReadingOptions> {
    let threads = reading
        .threads
        .unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    // What runs outside the pools of walk and check. Set before, it stays as it is.
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK_BYTES)
        .build_global()
        .ok();
    Ok(ReadingOptions {
        threads,
        cache: !reading.no_cache,
        local_sessions: reading.local_sessions.then(agent_homes).transpose()?,
    })
}

fn agent_homes() -> Result<AgentHomes> {
    let home = std::env::home_dir();
    let missing = || Misused("--local-sessions: this system names no home directory".to_owned());
    let home = home.ok_or_else(missing)?;
    Ok(AgentHomes::of(&home, |name| {
        std::env::var_os(name).map(PathBuf::from)
    }))
}

/// Says beside the document what is missing from it.
pub(crate) fn told_beside(message: &str) {
    // If standard error is closed, the document still tells.
    let _ = writeln!(std::io::stderr(), "trueline: {message}");
}

/// Whether a report is a part of the answer, and then it is marked so. An interrupt that comes once all was
/// looked at takes nothing from it.
pub(crate) fn is_part(diagnostics: &mut Vec<Diagnostic>, interrupt: &AtomicBool) -> bool {
    let is_marked = diagnostics.iter().any(|d| d.code == "interrupted");
    if !is_marked && interrupt.load(Ordering::SeqCst) {
        diagnostics.push(Diagnostic::new(
            Level::Error,
            "interrupted",
            "interrupted: some of what belongs here may be missing",
        ));
        return true;
    }
    is_marked
}

/// The caller asked for something that cannot be done so: other arguments would mend it.
#[derive(Debug)]
pub(crate) struct Misused(pub(crate) String);

impl fmt::Display for Misused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Misused {}

/// A file that the caller named.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    let unread = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::IsADirectory => "that is a folder".to_owned(),
            kind => kind.to_string(),
        };
        Misused(format!("{} cannot be read: {why}", file.display()))
    };
    Ok(std::fs::read(file).map_err(unread)?)
}

/// 2 for what the caller can mend, 3 for the rest.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    let usage = error
        .downcast_ref::<ScanError>()
        .or_else(|| match error.downcast_ref::<AssistError>() {
            Some(AssistError::Scan(scan)) => Some(scan),
            _ => None,
        })
        .or_else(|| match error.downcast_ref::<InitError>() {
            Some(InitError::Scan(scan)) => Some(scan),
            _ => None,
        })
        .is_some_and(ScanError::is_usage)
        || matches!(
            error.downcast_ref(),
            Some(InitError::File { .. } | InitError::Unreadable { .. } | InitError::Broken { .. })
        )
        || error.downcast_ref::<AttestError>().is_some_and(|error| {
            !matches!(
                error,
                AttestError::NoRandomness(_) | AttestError::Moved { .. }
            )
        })
        || error.downcast_ref::<Unwritable>().is_some()
        || error.downcast_ref().is_some_and(sandbox::is_usage)
        || error.downcast_ref::<Misused>().is_some()
        || error
            .downcast_ref::<LearnError>()
            .is_some_and(LearnError::is_usage)
        || error
            .downcast_ref::<BenchError>()
            .is_some_and(BenchError::is_usage)
        || error.downcast_ref::<ScenarioError>().is_some()
        || error
            .downcast_ref::<StoreError>()
            .is_some_and(StoreError::is_usage)
        || error.downcast_ref::<Refused>().is_some()
        || error.downcast_ref::<InstallError>().is_some()
        || matches!(error.downcast_ref(), Some(RangeError::Range { .. }));
    if usage { 2 } else { 3 }
}

/// An error with its causes, each told once: many of ours name their cause themselves.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.contains(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}
