//! Evidence: who wrote each line, fused from everything that the repository knows.
//!
//! Reads the walk's [`History`](crate::model::History) and the evidence that git holds (notes,
//! traces, checkpoints, trailers, identities, branches) and yields [`Origins`]: an interned table
//! of origins and, for every run of lines, an index into it. Nothing is guessed: a line without
//! evidence stays unknown. The rules of fusion stand in one table at the top of `fuse`.

mod agreement;
mod attest;
mod branch_lines;
mod checkpoints;
mod claims;
mod displaced;
mod familiar;
mod fuse;
mod inferred;
mod left_behind;
mod locate;
mod merges;
mod notes;
pub(crate) mod objects;
mod overlay;
mod refs;
mod reverts;
mod rewritten;
mod sessions;
mod squash;
mod traces;
mod witnesses;

pub(crate) use self::witnesses::named_in;

pub use fuse::{EvidenceOptions, NotesRead, fuse};
pub(crate) use reverts::Reverts;
pub use sessions::AgentHomes;

use smallvec::SmallVec;
use trueline_authorship::message::{Automation, ReviewEvidence, Sign};
use trueline_facts::stats::NoteCounts;
use trueline_facts::usage::Purpose;
use trueline_facts::{Diagnostic, EvidenceClass, ModelId, Origin, ToolId};

use crate::model::{CommitIx, PathIx, RunEnd};

/// Index into [`Origins::origins`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct OriginIx(pub u32);

impl OriginIx {
    /// The origin of which nothing is known: always the first of the table.
    pub const UNKNOWN: Self = Self(0);
}

/// Who wrote every line of HEAD, every line that died in the window, and every commit.
#[derive(Clone, PartialEq, Debug)]
pub struct Origins {
    /// The table of distinct origins, in order of first use; the first is
    /// [`Origin::unknown`].
    pub origins: Vec<Origin>,
    /// The text files of HEAD, in the order of [`History::files`](crate::model::History::files);
    /// files without lines (binary, missing, links) are left out.
    pub files: Vec<FileOrigins>,
    /// Evidence on each commit, by [`CommitIx`].
    pub commits: Vec<CommitEvidence>,
    /// What became of the authorship notes.
    pub notes: NoteCounts,
    /// The origins of [`History::deaths`](crate::model::History::deaths): in their order, one or
    /// more consecutive parts for each death, whose lengths sum up to that of the death.
    pub deaths: Vec<DeathOrigin>,
    /// What could not be read or was cut short.
    pub diagnostics: Vec<Diagnostic>,
}

/// The lines of one file, by origin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileOrigins {
    /// The file at HEAD.
    pub path: PathIx,
    /// Its lines, in order, without gaps.
    pub runs: Vec<OriginRun>,
}

/// Consecutive lines at HEAD that came from consecutive lines of one commit and share an origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OriginRun {
    /// First line at HEAD, from 0.
    pub start: u32,
    /// How many lines.
    pub len: u32,
    /// Who wrote them.
    pub origin: OriginIx,
    /// The commit that added them.
    pub commit: CommitIx,
    /// Their path at that commit.
    pub original_path: PathIx,
    /// First line at that commit, from 0.
    pub original_start: u32,
    /// Whether that commit is known to have added them.
    pub end: RunEnd,
}

/// A part of a death with one origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeathOrigin {
    /// Index into [`History::deaths`](crate::model::History::deaths).
    pub death: u32,
    /// How many of its lines, counted on from the previous part.
    pub len: u32,
    /// Who wrote them.
    pub origin: OriginIx,
}

/// What is known about a commit as a whole.
#[derive(Clone, PartialEq, Debug)]
pub struct CommitEvidence {
    /// Signs of AI tools in identities, message, checkpoints and merged branches, best first.
    pub signs: Vec<Sign>,
    /// Has it an authorship note (that parsed)?
    pub noted: bool,
    /// Lines that its note or a trace credits to tools, whether they still stand or not; by tool,
    /// then model.
    pub attested: SmallVec<[AttestedLines; 1]>,
    /// Lines of it that evidence elsewhere credits to tools that neither its note nor its message names: what a
    /// squash or a rewritten commit repeats, what a transcript shows. By tool, model and class.
    pub inferred: SmallVec<[InferredLines; 1]>,
    /// Does it hide several original commits behind it, as far as its message or the branch of
    /// its number shows?
    pub squash: bool,
    /// The bot that authored it, if it is no person and no AI.
    pub automation: Option<Automation>,
    /// Signs that somebody other than the author looked at it.
    pub review: ReviewEvidence,
    /// What it is for.
    pub purpose: Purpose,
}

/// Lines that line-level evidence credits to one tool and model in one commit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AttestedLines {
    /// The tool.
    pub tool: ToolId,
    /// The model, where stated.
    pub model: Option<ModelId>,
    /// How many lines.
    pub lines: u32,
}

/// Lines of one commit that are credited to a tool by evidence that is not the commit's own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InferredLines {
    /// The tool.
    pub tool: ToolId,
    /// The model, where stated.
    pub model: Option<ModelId>,
    /// What kind of evidence comes first.
    pub class: EvidenceClass,
    /// How many lines, standing or gone within the window.
    pub lines: u32,
}

impl CommitEvidence {
    /// Whether the commit's own evidence says that a tool had a part in writing it: its note or trace, its
    /// message, identities or checkpoint; no hint.
    #[must_use]
    pub fn names(&self, tool: &ToolId) -> bool {
        let mut signs = self.signs_of_writers();
        self.attested.iter().any(|lines| lines.tool == *tool)
            || signs.any(|sign| sign.tool == *tool)
    }

    /// The signs whose tool had a part in writing; no reviewers, no hints.
    pub fn signs_of_writers(&self) -> impl Iterator<Item = &Sign> {
        self.signs.iter().filter(|sign| had_a_part(sign))
    }

    /// Has an AI tool had a part in it, by any evidence?
    #[must_use]
    pub fn is_ai(&self) -> bool {
        !self.attested.is_empty()
            || !self.inferred.is_empty()
            || self.signs_of_writers().next().is_some()
    }
}

/// Whether a sign says that its tool had a part in writing. A hint, however sure (the branch that an
/// agent names, what a revert brings back), shows the way in and leaves its lines unknown.
fn had_a_part(sign: &Sign) -> bool {
    sign.stands_alone() && sign.class != EvidenceClass::Hint
}

impl Origins {
    /// The origin at an index of this table; unknown for an index that it does not hold.
    #[must_use]
    pub fn origin(&self, ix: OriginIx) -> &Origin {
        static UNKNOWN: Origin = Origin::unknown();
        self.origins.get(ix.0 as usize).unwrap_or(&UNKNOWN)
    }

    /// Evidence on a commit.
    #[must_use]
    pub fn commit(&self, ix: CommitIx) -> &CommitEvidence {
        &self.commits[ix.0 as usize]
    }
}
