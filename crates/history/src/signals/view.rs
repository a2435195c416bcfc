//! What all signals share: which paths are generated, what each origin counts as, which commits
//! carry evidence of which tool, and which show a sign of review.

use std::cell::OnceCell;

use bstr::ByteSlice;
use rayon::prelude::*;
use smallvec::SmallVec;
use trueline_authorship::generated::Neighbours;
use trueline_facts::usage::LineShares;
use trueline_facts::{Author, ModelId, RepoPath, Timestamp, ToolId};

use crate::evidence::{OriginIx, Origins};
use crate::model::{Commit, CommitIx, Completeness, History, PathIx, RunEnd};
use crate::subject::Nameless;

use super::attributes::Declared;
use super::review::Reviewed;
use super::{SignalOptions, Source};

/// What a line counts as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Counts {
    AiByLine,
    /// By content alone.
    AiByTranscript,
    /// In a commit that the tool made itself.
    AiAuthored,
    AiByCommit,
    /// As far as a whole squash tells.
    AiPerhaps,
    Human,
    Unknown,
}

/// One history with its origins, looked at from HEAD.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) history: &'a History,
    pub(super) origins: &'a Origins,
    pub(super) options: &'a SignalOptions,
    pub(super) now: Timestamp,
    generated: Vec<bool>,
    scope: Option<Scope>,
    counts: Vec<Counts>,
    reviewed: Reviewed,
    nameless: OnceCell<Nameless>,
}

/// The part of the tree that counts.
#[derive(Debug)]
struct Scope {
    paths: Vec<bool>,
    /// Commits that touched one of the paths.
    commits: Vec<bool>,
}

impl Scope {
    fn new(history: &History, below: &RepoPath) -> Option<Self> {
        if below.as_bytes().is_empty() {
            return None;
        }
        let paths: Vec<bool> = history.paths.iter().map(|p| p.is_below(below)).collect();
        let mut commits = vec![false; history.commits.len()];
        for change in &history.changes {
            if paths.get(change.path.0 as usize) == Some(&true)
                && let Some(touches) = commits.get_mut(change.commit.0 as usize)
            {
                *touches = true;
            }
        }
        Some(Self { paths, commits })
    }

    fn has_path(&self, path: PathIx) -> bool {
        self.paths.get(path.0 as usize) == Some(&true)
    }

    fn has_commit(&self, commit: CommitIx) -> bool {
        self.commits.get(commit.0 as usize) == Some(&true)
    }
}

/// Lines of one file that share commit and origin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    pub(super) origin: OriginIx,
    pub(super) commit: CommitIx,
    pub(super) len: u64,
    /// The commit added them. If not, they may be older than it: when they were added is not known.
    pub(super) dated: bool,
}

fn holds(of: &[bool], commit: CommitIx) -> bool {
    of.get(commit.0 as usize).copied().unwrap_or_default()
}

impl<'a> View<'a> {
    pub(super) fn new(
        history: &'a History,
        origins: &'a Origins,
        options: &'a SignalOptions,
        source: &dyn Source,
    ) -> Self {
        let declared = Declared::read(history, source);
        let counts = origins
            .origins
            .iter()
            .map(|origin| match &origin.author {
                Author::Ai { .. } if origin.is_of_transcript() => Counts::AiByTranscript,
                Author::Ai { .. } if origin.is_line_level() => Counts::AiByLine,
                Author::Ai { .. } if origin.is_upper_bound() => Counts::AiPerhaps,
                Author::Ai { .. } if origin.is_tool_authored() => Counts::AiAuthored,
                Author::Ai { .. } => Counts::AiByCommit,
                Author::Human { .. } => Counts::Human,
                Author::Unknown => Counts::Unknown,
            })
            .collect();
        let neighbours = Neighbours::of(history.paths.iter().map(RepoPath::as_bytes));
        Self {
            history,
            origins,
            options,
            now: history.now(),
            generated: history
                .paths
                .par_iter()
                .map(|path| {
                    let path = path.as_bytes();
                    let by_path = || neighbours.is_generated(path);
                    declared.is_generated(path).unwrap_or_else(by_path)
                })
                .collect(),
            scope: Scope::new(history, &options.below),
            counts,
            reviewed: super::review::reviewed(history, origins, &options.reviews),
            nameless: OnceCell::new(),
        }
    }

    /// Generated, vendored or a lock file?
    pub(super) fn is_generated(&self, path: PathIx) -> bool {
        self.generated
            .get(path.0 as usize)
            .copied()
            .unwrap_or_default()
    }

    /// Committer time, but never after HEAD: clocks differ.
    pub(super) fn time(&self, commit: CommitIx) -> Timestamp {
        self.history.commit(commit).committer_time.min(self.now)
    }

    /// Was everything read, or did an interrupt come before?
    pub(super) fn is_whole(&self) -> bool {
        let mut told = self.origins.diagnostics.iter();
        self.history.completeness == Completeness::Whole && !told.any(|d| d.code == "interrupted")
    }

    /// HEAD's time minus whole days.
    pub(super) fn days_ago(&self, days: u32) -> Timestamp {
        self.now.plus_days(-i64::from(days))
    }

    /// The commits that count: no merges, not before `--since`, none that touched other paths only.
    pub(super) fn commits(&self) -> impl Iterator<Item = (CommitIx, &'a Commit)> {
        self.all_commits().filter(|(ix, _)| {
            self.is_recent_enough(*ix)
                && self
                    .scope
                    .as_ref()
                    .is_none_or(|scope| scope.has_commit(*ix))
        })
    }

    /// All commits without merges.
    pub(super) fn all_commits(&self) -> impl Iterator<Item = (CommitIx, &'a Commit)> + use<'a> {
        self.history
            .commits
            .iter()
            .enumerate()
            .map(|(ix, commit)| (CommitIx(ix as u32), commit))
            .filter(|(_, commit)| !commit.is_merge())
    }

    /// Is it after `--since`?
    pub(super) fn is_recent_enough(&self, commit: CommitIx) -> bool {
        self.options
            .since
            .is_none_or(|since| self.time(commit) >= since)
    }

    /// Is it after `--since`, as far as that is known?
    fn counts(&self, lines: &Lines) -> bool {
        self.options.since.is_none() || lines.dated && self.is_recent_enough(lines.commit)
    }

    /// The text files of HEAD with the lines that count: those after `--since`.
    pub(super) fn files(&self) -> impl Iterator<Item = (PathIx, impl Iterator<Item = Lines>)> {
        self.files_of_all_time().map(|(path, lines)| {
            let counting = lines.filter(|lines| self.counts(lines));
            (path, counting)
        })
    }

    /// The text files of HEAD that are not generated, with all their lines.
    pub(super) fn written_files_of_all_time(
        &self,
    ) -> impl Iterator<Item = (PathIx, impl Iterator<Item = Lines>)> {
        self.files_of_all_time()
            .filter(|(path, _)| !self.is_generated(*path))
    }

    fn files_of_all_time(&self) -> impl Iterator<Item = (PathIx, impl Iterator<Item = Lines>)> {
        let counting = self.origins.files.iter().filter(|file| {
            let scope = self.scope.as_ref();
            scope.is_none_or(|scope| scope.has_path(file.path))
        });
        counting.map(|file| {
            let lines = file.runs.iter().map(|run| Lines {
                origin: run.origin,
                commit: run.commit,
                len: u64::from(run.len),
                dated: run.end == RunEnd::Added,
            });
            (file.path, lines)
        })
    }

    /// Is it in the part of the tree that counts?
    pub(super) fn has_path(&self, path: PathIx) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.has_path(path))
    }

    /// Lines as shares.
    pub(super) fn shares(&self, lines: &Lines) -> LineShares {
        let mut shares = LineShares {
            total: lines.len,
            ..LineShares::default()
        };
        let counts = self.counts.get(lines.origin.0 as usize);
        match counts.copied().unwrap_or(Counts::Unknown) {
            Counts::AiByLine => {
                shares.ai = lines.len;
                shares.ai_line_level = lines.len;
            }
            Counts::AiByTranscript => {
                shares.ai = lines.len;
                shares.ai_transcripts = lines.len;
            }
            Counts::AiAuthored => {
                shares.ai = lines.len;
                shares.ai_tool_authored = lines.len;
            }
            Counts::AiByCommit => shares.ai = lines.len,
            Counts::AiPerhaps => {
                shares.ai = lines.len;
                shares.ai_upper_bound = lines.len;
            }
            Counts::Human => shares.human = lines.len,
            Counts::Unknown => shares.unknown = lines.len,
        }
        shares
    }

    /// Whether lines come from an AI tool, for comparisons; nothing where only a whole squash says so.
    pub(super) fn is_known_ai(&self, origin: OriginIx) -> Option<bool> {
        match self.counts.get(origin.0 as usize) {
            Some(
                Counts::AiByLine | Counts::AiByTranscript | Counts::AiAuthored | Counts::AiByCommit,
            ) => Some(true),
            Some(Counts::AiPerhaps) => None,
            Some(Counts::Human | Counts::Unknown) | None => Some(false),
        }
    }

    /// The tools that had a part in writing a commit, each with its model where stated; no
    /// reviewers, no hints. Sorted, each tool once.
    pub(super) fn tools(
        &self,
        commit: CommitIx,
    ) -> SmallVec<[(&'a ToolId, Option<&'a ModelId>); 2]> {
        let evidence = self.origins.commit(commit);
        let attested = evidence.attested.iter();
        let inferred = evidence.inferred.iter();
        let signs = evidence.signs_of_writers();
        let mut tools: SmallVec<[_; 2]> = attested
            .map(|lines| (&lines.tool, lines.model.as_ref()))
            .chain(inferred.map(|lines| (&lines.tool, lines.model.as_ref())))
            .chain(signs.map(|sign| (&sign.tool, sign.model.as_ref())))
            .collect();
        // A witness that states the model goes before one that does not.
        tools.sort_by_key(|(tool, model)| (*tool, model.is_none(), *model));
        tools.dedup_by_key(|(tool, _)| *tool);
        tools
    }

    /// Has an AI tool had a part in it?
    pub(super) fn is_ai_commit(&self, commit: CommitIx) -> bool {
        self.origins.commit(commit).is_ai()
    }

    /// Does anything show that somebody other than the author looked at it?
    pub(super) fn is_reviewed(&self, commit: CommitIx) -> bool {
        holds(&self.reviewed.shown, commit)
    }

    /// Of a commit whose request a forge's export has: did a person approve it who did not open it?
    pub(super) fn is_approved(&self, commit: CommitIx) -> Option<bool> {
        holds(&self.reviewed.told, commit).then(|| holds(&self.reviewed.approved, commit))
    }

    /// The first line of a commit's message, at most 100 characters.
    pub(super) fn subject(&self, commit: CommitIx) -> String {
        let message = &self.history.commit(commit).message;
        let line = message.lines().next().unwrap_or_default().to_str_lossy();
        // Cut last: the first half of an address would not be known as one.
        self.nameless
            .get_or_init(|| Nameless::of(self.history))
            .public(line.trim())
            .chars()
            .filter(|c| !c.is_control())
            .take(100)
            .collect()
    }
}
