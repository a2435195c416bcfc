//! Why a run cannot begin. What goes wrong later is a diagnostic in the result.

use std::path::PathBuf;

use thiserror::Error;
use trueline_history::HistoryError;
use trueline_history::declare::DeclareError;
use trueline_sarif::ReadError;

use crate::config::ConfigError;

/// Why a run cannot begin.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The policy of a base is wrong.
    #[error(
        "the policy that judges changes of {base} is wrong: {source}; `--policy FILE` takes its place until it is mended"
    )]
    PolicyOfBase {
        /// The base.
        base: String,
        /// What is wrong.
        #[source]
        source: ConfigError,
    },
    /// What judges a change lies behind a link.
    #[error(
        "{path} at {base} is a {kind}, and what it leads to judges nothing: put the file itself there; `--policy FILE` \
         takes the place of the policy until it is mended"
    )]
    LinkedPolicy {
        /// The path.
        path: &'static str,
        /// The base.
        base: String,
        /// What stands there.
        kind: &'static str,
    },
    /// A gate cannot be run.
    #[error(transparent)]
    Policy(#[from] trueline_policy::PolicyError),
    /// There is no such range here.
    #[error("{range}: {why}")]
    NoRange {
        /// As given.
        range: String,
        /// Why, and what to do.
        why: String,
    },
    /// A change is asked for where there are none.
    #[error("{}: there is no git repository here, so nothing can be compared: go into one, or name one", path.display())]
    NoRepository {
        /// The folder.
        path: PathBuf,
    },
    /// No branch is known that a change goes into.
    #[error(
        "no branch that this goes into is known: name the range, as in `main..HEAD`; what is only staged is judged by `trueline gate --staged`"
    )]
    NoBase,
    /// A file that tells of packages cannot be read.
    #[error("{}: {why}", path.display())]
    Packages {
        /// The file or folder.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// A description of a proposal, or reviews, cannot be read.
    #[error("{}: {why}", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// The team's own rules cannot be used.
    #[error("own rules: {0}")]
    OwnRules(String),
    /// A file of the team's own rules cannot be read.
    #[error("{file}: {reason}")]
    RuleFile {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The baseline cannot be read.
    #[error("--baseline {0}")]
    Baseline(#[from] crate::baseline::BaselineError),
    /// The path is not there.
    #[error("{}: {source}", path.display())]
    Path {
        /// As given.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The path cannot be used this way.
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// As given.
        path: PathBuf,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// A fixed file could not be written.
    #[error("{path}: not written: {reason}")]
    NotWritten {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A glob of `[scan] exclude` does not compile.
    #[error("trueline.toml: scan.exclude: `{glob}`: {source}")]
    BadGlob {
        /// The glob.
        glob: String,
        /// Why.
        #[source]
        source: ignore::Error,
    },
    /// A log given with `--import` cannot be read.
    #[error("--import {}: {source}", path.display())]
    Import {
        /// The log.
        path: PathBuf,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// A log given with `--import` is not there.
    #[error("--import {}: {}", path.display(), unread(source, "give the SARIF file that the other tool wrote"))]
    ImportFile {
        /// The log.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A command needs commits and there are none.
    #[error("{}: no commit yet; {needs}", path.display())]
    NoCommit {
        /// The repository.
        path: PathBuf,
        /// What needs one.
        needs: &'static str,
    },
    /// `--diff` outside of git.
    #[error("--diff {base}: {} is not in a git repository", path.display())]
    DiffOutsideGit {
        /// As given.
        base: String,
        /// The folder.
        path: PathBuf,
    },
    /// A tool's name with a typing error.
    #[error("no tool `{tool}`; did you mean `{near}`?")]
    UnknownTool {
        /// As given.
        tool: String,
        /// What it probably is.
        near: String,
    },
    /// A tool's name without a letter or a digit.
    #[error("`{tool}` names no tool; give one, for example `claude`")]
    NamelessTool {
        /// As given.
        tool: String,
    },
    /// A person is no tool.
    #[error(
        "`{tool}` is no AI tool: declare which tool wrote the lines; lines that no tool wrote need no declaration"
    )]
    NoTool {
        /// As given.
        tool: String,
    },
    /// No such rule.
    #[error("no rule `{rule}`; {hint}")]
    NoRule {
        /// As given.
        rule: String,
        /// The nearest id, or where to find them.
        hint: String,
    },
    /// `--since` lies after every HEAD.
    #[error("--since {since}: that is after the last commit ({head}), so no line can be that new")]
    SinceAfterHead {
        /// As given.
        since: String,
        /// The day of the newest HEAD.
        head: String,
    },
    /// `--by team` where no team is known.
    #[error(
        "--by team: no [[team]] in trueline.toml; for example:\n\n\
         [[team]]\nname = \"payments\"\nmembers = [\"*@payments.example.org\", \"ada@example.org\"]"
    )]
    NoTeams,
    /// `--since` is neither days nor a date.
    #[error("--since: {0}")]
    Since(#[from] trueline_history::signals::SinceError),
    /// Git history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A declaration was refused.
    #[error(transparent)]
    Declare(#[from] DeclareError),
    /// The rules that are built in do not load.
    #[error("the built-in rules do not load: {0}")]
    Rules(#[from] trueline_taint::RuleError),
    /// Threads cannot be started.
    #[error("threads cannot be started: {0}")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Decisions on threats that are of no use.
    #[error(transparent)]
    Decisions(trueline_threats::decisions::DecisionError),
    /// The texts of threats inside the binary do not parse.
    #[error(transparent)]
    ThreatTexts(trueline_threats::TextError),
    /// An earlier threat model that cannot be compared with.
    #[error("{}: {why}", path.display())]
    EarlierModel {
        /// As given.
        path: PathBuf,
        /// Why not, and what to do.
        why: String,
    },
    /// A document cannot be written.
    #[error("the document cannot be written: {0}")]
    Document(#[from] serde_json::Error),
}

/// Why a file that the caller named is not read, and what to do.
pub(crate) fn unread(error: &std::io::Error, instead: &str) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no such file; {instead}"),
        std::io::ErrorKind::IsADirectory => format!("that is a folder; {instead}"),
        kind => kind.to_string(),
    }
}

impl ScanError {
    /// Can the caller mend it: wrong arguments or a wrong configuration?
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        !matches!(
            self,
            Self::Rules(_)
                | Self::Threads(_)
                | Self::Document(_)
                | Self::ThreatTexts(_)
                | Self::History(
                    HistoryError::HeadUnreadable { .. }
                        | HistoryError::Damaged { .. }
                        | HistoryError::Reftable
                        | HistoryError::CommitUnreadable { .. }
                        | HistoryError::TreeUnreadable { .. }
                        | HistoryError::Unavailable { .. }
                        | HistoryError::Interrupted
                )
        )
    }

    /// Whether history is there and cannot be read, so that what needs none can still be done.
    pub(crate) const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::History(
                HistoryError::HeadUnreadable { .. }
                    | HistoryError::Damaged { .. }
                    | HistoryError::Reftable
                    | HistoryError::CommitUnreadable { .. }
                    | HistoryError::TreeUnreadable { .. }
            )
        )
    }
}
