//! The tree that is asked about: one scanner for the life of the server, so that a second question costs only what
//! changed since the first.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use trueline_facts::Finding;
use trueline_scan::{
    Changed, Checks, ReadingOptions, ScanOutcome, ScanRequest, Scanner, Silent, Tiers,
};

use crate::error::CallError;

/// How the server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// A path in the tree.
    pub path: PathBuf,
    /// May notes be written?
    pub writing: Writing,
    /// How the tree is read.
    pub reading: ReadingOptions,
}

/// Whether a server may write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writing {
    /// It only reads.
    Refused,
    /// It may write authorship notes.
    Allowed,
}

/// The tree that is asked about.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) scanner: Scanner,
}

impl Workspace {
    pub(crate) fn open(options: &Options) -> Result<Self, trueline_scan::ScanError> {
        let scanner = Scanner::new(ScanRequest {
            path: trueline_scan::root(&options.path)?,
            checks: Checks::All,
            tiers: Tiers::Shown,
            diff: None,
            baseline: None,
            imports: Vec::new(),
            code_view: false,
            line_hashes: false,
            reading: options.reading.clone(),
        })?;
        Ok(Self { scanner })
    }

    /// Scans the work tree as it is now.
    pub(crate) fn scan(
        &mut self,
        tiers: Tiers,
        diff: Option<String>,
        interrupt: &AtomicBool,
    ) -> Result<ScanOutcome, CallError> {
        self.scanner.ask(tiers, diff);
        let outcome = self.scanner.scan(Changed::WorkTree, &Silent, interrupt)?;
        if interrupt.load(Ordering::SeqCst) {
            return Err(CallError::Cancelled);
        }
        Ok(outcome)
    }

    /// The finding of a fingerprint, of whichever tier, answered or not.
    pub(crate) fn finding(
        &mut self,
        fingerprint: &str,
        interrupt: &AtomicBool,
    ) -> Result<Finding, CallError> {
        let report = self.scan(Tiers::All, None, interrupt)?.report;
        report
            .findings
            .into_iter()
            .chain(report.suppressed)
            .find(|finding| finding.fingerprint.as_str() == fingerprint)
            .ok_or_else(|| CallError::NoFinding {
                fingerprint: fingerprint.to_owned(),
            })
    }
}
