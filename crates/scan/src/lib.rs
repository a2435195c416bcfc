//! The join: run every check, give each finding an origin, and hand out one report.
//!
//! The one entry that every front end calls. Requests in, documents of `trueline_facts` out; a
//! check that fails becomes a diagnostic in the document, never an aborted run.

mod agents;
mod alone;
mod artifacts;
mod baseline;
mod blame;
mod cache;
mod change;
mod check;
pub mod config;
mod custom;
mod declare;
mod error;
mod forms;
mod gaps;
mod import;
mod join;
mod languages;
mod memory;
mod mend;
mod observe;
mod packages;
mod past;
mod persons;
mod place;
mod policy;
mod proposal;
mod redact;
mod reviews;
mod rules;
mod scan;
mod scanner;
mod settings;
mod source;
mod stats;
mod suggest;
mod suppress;
mod threats;

use std::path::{Path, PathBuf};

pub use artifacts::{
    ArtifactRequest, Hashes, artifacts, artifacts_as_scan, artifacts_sarif, is_unchecked,
};
pub use baseline::{Baseline, BaselineError};
pub use blame::{BlameOutcome, BlameRequest, CommitDetails, CommitSignature, blame};
pub use change::{
    ChangeOutcome, ChangeRequest, ChangeSource, ExposedSite, Exposure, change, exposure,
    files_of_work_tree, policy_of, policy_of_work_tree, validate_exceptions, verdict_sarif,
};
pub use check::Tiers;
pub use config::KnownNames as PolicyNames;
pub use custom::{RuleTest, test_rules};
pub use declare::{DeclareAction, DeclareRequest, DeclaredCommit, declare, is_known_tool};
pub use error::ScanError;
pub use mend::{FixOutcome, FixedFile, NoSuggestion, Suggestion, TakenBack, Writing, fix, mended};
pub use packages::PackageData;
pub use past::{BacktestRequest, PastPeriod, backtest};
pub use persons::{SkillsHere, skills_here};
pub use policy::{AppliedRule, IgnoreComment, ModelPolicy, PathPolicy, Scanned};
pub use proposal::{Ahead, Guarding, Proposal, redacted, steers};
pub use redact::is_secret;
pub use reviews::{ImportedReviews, import_reviews};
pub use rules::{RuleExample, RuleList, RulePage, RuleSummary, explain, rules};
pub use scan::{AgentsLock, Checks, ScanOutcome, ScanRequest, scan};
pub use scanner::{Changed, Scanner};
pub use stats::{StatsRequest, stats};
pub use suggest::{SuggestOutcome, SuggestRequest, suggest};
pub use threats::{ThreatsRequest, threats};
pub use trueline_agents::{
    CommandHarm, Harm, command_harm, is_invisible, runs_by_itself, section, statement_harm,
};
pub use trueline_artifacts::stop as stop_checking_models;
pub use trueline_history::declare::Outcome as NoteOutcome;
pub use trueline_history::evidence::AgentHomes;
pub use trueline_threats::{mermaid, svg, threat_model_library};

/// The engine that our own findings name.
const OWN_ENGINE: &str = "trueline";

/// Version that documents carry.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The root of the tree that a path lies in: of its repository, or the folder itself.
pub fn root(path: &Path) -> Result<PathBuf, ScanError> {
    Ok(place::Place::open_for_code(path)?.root_path().to_owned())
}

/// What every command that reads a repository can be told.
#[derive(Clone, Debug)]
pub struct ReadingOptions {
    /// Threads; the result does not depend on it.
    pub threads: usize,
    /// Read and write the cache?
    pub cache: bool,
    /// Where the agent transcripts are that may be read: only with explicit consent.
    pub local_sessions: Option<AgentHomes>,
}

/// Told how far a run is. Called from many threads.
pub trait Progress: Sync {
    /// A new phase of so many steps begins.
    fn phase(&self, name: &'static str, total: u64);
    /// So many steps of the phase are done.
    fn advance_to(&self, done: u64);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: &'static str, _: u64) {}
    fn advance_to(&self, _: u64) {}
}
