//! What earlier scans of a tree left, so that the next one repeats only what has changed.
//!
//! Of every file its state on disk, a digest of its content, what its front end saw and what its
//! analysis found. `check` asks and fills; [`stored`] keeps it in the cache between processes. A
//! state on disk is only trusted if the file was at rest when it was read; else its content is read
//! and compared. Everything here can be lost without changing an output.

mod stored;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use trueline_facts::scan::LanguageCoverage;
use trueline_facts::{Diagnostic, RepoPath};
use trueline_syntax::ir::Language;
use trueline_taint::{Digest, Outline, Surface, UnitMemory};

pub(crate) use self::stored::{Interfaces, Stored};
use crate::suppress::Comment;

/// A file that changed so shortly before it was read may change again without a trace: clocks of
/// file systems are coarse, some count in two seconds.
const REST: Duration = Duration::from_secs(2);

/// Tells the time; it decides only what may be trusted, never what is found.
pub(crate) type Clock = fn() -> SystemTime;

/// The state of a file on disk, as far as it tells a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Stat {
    pub(crate) size: u64,
    /// Last change of the content, in nanoseconds since 1970.
    pub(crate) modified: i128,
    /// Last change of the content or of what is known about it; nobody can set it back.
    pub(crate) changed: i128,
    pub(crate) inode: u64,
}

impl Stat {
    /// Whether the file had been at rest for a while at a moment.
    pub(crate) fn at_rest(&self, now: SystemTime) -> bool {
        let Ok(now) = now.duration_since(SystemTime::UNIX_EPOCH) else {
            return false;
        };
        let last = self.modified.max(self.changed);
        now.saturating_sub(REST).as_nanos() > u128::try_from(last).unwrap_or(0)
    }
}

/// A file after its front end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Read {
    /// Is it source code in a language that we know of but cannot read?
    NoFrontEnd(bool),
    Skipped(Kept, Diagnostic),
    Lowered(Box<Seen>),
}

/// What is known of a file before the analysis.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) language: Kept,
    pub(crate) outline: Outline,
    pub(crate) row: LanguageCoverage,
    /// `None` if it could not be made.
    pub(crate) surface: Option<Surface>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A language by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Kept(pub(crate) Language);

impl From<Kept> for String {
    fn from(Kept(language): Kept) -> Self {
        language.as_str().to_owned()
    }
}

impl TryFrom<String> for Kept {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let all = [
            Language::Python,
            Language::JavaScript,
            Language::TypeScript,
            Language::Go,
            Language::Java,
        ];
        let known = all.into_iter().find(|l| l.as_str() == name);
        known.map(Self).ok_or(name)
    }
}

/// What is known of one file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileMemory {
    /// `None` if it was not at rest.
    pub(crate) stat: Option<Stat>,
    pub(crate) content: Digest,
    pub(crate) read: Arc<Read>,
    /// Files that it needs, in [`Memory::shape`].
    pub(crate) targets: Arc<Vec<RepoPath>>,
    pub(crate) unit: Option<UnitMemory>,
}

impl FileMemory {
    /// Whether it may be stored: no secret of the source is in it.
    pub(crate) fn may_be_stored(&self) -> bool {
        self.unit.as_ref().is_none_or(UnitMemory::may_be_stored)
    }

    /// Nothing was learnt since the other.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let same_unit = match (&self.unit, &other.unit) {
            (Some(own), Some(other)) => own.is(other),
            (None, None) => true,
            _ => false,
        };
        self.stat == other.stat
            && self.content == other.content
            && Arc::ptr_eq(&self.read, &other.read)
            && Arc::ptr_eq(&self.targets, &other.targets)
            && same_unit
    }
}

/// What is known of a tree.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// What resolved imports and remembered answers are true of: `Project::shape`.
    pub(crate) shape: Option<Digest>,
    pub(crate) files: FxHashMap<RepoPath, FileMemory>,
    pub(crate) interfaces: Interfaces,
}
