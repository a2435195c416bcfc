//! The steps of a branch: what each merge, squash or commit on its first-parent line brought, whose the
//! lines were, and what became of them.
//!
//! Made of one reading of the whole history, so that a thousand changes cost one walk. Lines that were
//! rewritten later are found among the deaths of the window; a step older than the window has none.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use gix::ObjectId;
use rustc_hash::FxHashMap;
use trueline_facts::usage::Purpose;
use trueline_facts::{RepoPath, Timestamp};

use crate::evidence::{OriginIx, Origins, Reverts};
use crate::model::{CommitIx, FileContent, History, PathIx, RunEnd};
use crate::repository::{HistoryError, Repository};
use crate::walk;

/// A step of the first-parent line: one merged change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The commit on the line.
    pub tip: CommitIx,
    /// Its first parent; `None` for the first commit of all.
    pub base: Option<CommitIx>,
    /// Commits that came with it, newest first; the tip is one of them.
    pub commits: Vec<CommitIx>,
    /// When it was merged: the committer time of the tip.
    pub merged: Timestamp,
    /// History is cut at it: what it brought cannot be told.
    pub cut: bool,
}

/// What became of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fate {
    /// Days until a later step said that it takes back a commit of this one.
    pub reverted_after: Option<u32>,
    /// Days until a later commit whose purpose is a fix rewrote or removed a line of it.
    pub fixed_after: Option<u32>,
}

/// The steps of a history's first-parent line, oldest first.
#[must_use]
pub fn steps(history: &History) -> Vec<Step> {
    let mut line: Vec<CommitIx> = Vec::new();
    let mut at = (!history.commits.is_empty()).then_some(CommitIx(0));
    while let Some(ix) = at {
        line.push(ix);
        at = history.commit(ix).parents.first().copied();
    }
    let mut seen = vec![false; history.commits.len()];
    let mut steps = Vec::with_capacity(line.len());
    for tip in line.into_iter().rev() {
        let commit = history.commit(tip);
        let mut commits = Vec::new();
        let mut todo = vec![tip];
        while let Some(ix) = todo.pop() {
            if let Some(slot) = seen.get_mut(ix.0 as usize)
                && !*slot
            {
                *slot = true;
                commits.push(ix);
                todo.extend(&history.commit(ix).parents);
            }
        }
        commits.sort_unstable();
        steps.push(Step {
            tip,
            base: commit.parents.first().copied(),
            cut: commits.iter().any(|ix| history.commit(*ix).parents_missing),
            commits,
            merged: commit.committer_time,
        });
    }
    steps
}

/// What became of each step. `is_code` says which paths count: a document that is mended is no fault.
#[must_use]
pub fn fates(
    history: &History,
    origins: &Origins,
    steps: &[Step],
    is_code: impl Fn(&RepoPath) -> bool,
) -> Vec<Fate> {
    let mut step_of = vec![usize::MAX; history.commits.len()];
    for (at, step) in steps.iter().enumerate() {
        for ix in &step.commits {
            if let Some(slot) = step_of.get_mut(ix.0 as usize) {
                *slot = at;
            }
        }
    }
    let mut fates = vec![Fate::default(); steps.len()];
    // Days from an earlier step to a later one; a clock that ran behind makes it the same day.
    let between = |from: CommitIx, to: CommitIx| -> Option<(usize, u32)> {
        let (from, to) = (*step_of.get(from.0 as usize)?, *step_of.get(to.0 as usize)?);
        if from >= to || to == usize::MAX {
            return None;
        }
        let days = steps.get(to)?.merged.days_since(steps.get(from)?.merged);
        Some((from, u32::try_from(days.max(0)).ok()?))
    };
    let earliest = |slot: &mut Option<u32>, days: u32| {
        *slot = Some(slot.map_or(days, |known| known.min(days)));
    };
    for (later, earlier) in Reverts::of(history) {
        if let Some((at, days)) = between(earlier, later) {
            earliest(&mut fates[at].reverted_after, days);
        }
    }
    let counts: Vec<bool> = history.paths.iter().map(is_code).collect();
    for death in &history.deaths {
        let Some(born) = death.born else { continue };
        let is_fix = origins
            .commits
            .get(death.died.0 as usize)
            .is_some_and(|evidence| evidence.purpose == Purpose::Fix);
        if is_fix
            && counts.get(death.path.0 as usize) == Some(&true)
            && let Some((at, days)) = between(born, death.died)
        {
            earliest(&mut fates[at].fixed_after, days);
        }
    }
    fates
}

/// Consecutive lines with one origin and commit, from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenLines {
    /// Where they stand.
    pub lines: Range<u32>,
    /// The commit that added them.
    pub commit: CommitIx,
    /// Who wrote them.
    pub origin: OriginIx,
}

/// Lines of one file as one commit left it, by their first line.
type Parts = Vec<(Range<u32>, OriginIx)>;

/// The origin of every line that a commit of the window added, whether it still stands or not.
#[derive(Debug)]
pub struct LineTable<'h> {
    history: &'h History,
    paths: FxHashMap<&'h RepoPath, PathIx>,
    lines: FxHashMap<(CommitIx, PathIx), Parts>,
    places: FxHashMap<ObjectId, CommitIx>,
}

impl<'h> LineTable<'h> {
    /// Takes the lines of HEAD and those that died.
    #[must_use]
    pub fn new(history: &'h History, origins: &Origins) -> Self {
        let mut lines: FxHashMap<(CommitIx, PathIx), Parts> = FxHashMap::default();
        for run in origins.files.iter().flat_map(|file| &file.runs) {
            let range = run.original_start..run.original_start + run.len;
            let of = lines.entry((run.commit, run.original_path)).or_default();
            of.push((range, run.origin));
        }
        let mut part_of = (u32::MAX, 0);
        for part in &origins.deaths {
            let Some(death) = history.deaths.get(part.death as usize) else {
                continue;
            };
            if part_of.0 != part.death {
                part_of = (part.death, 0);
            }
            let start = death.original_start + part_of.1;
            part_of.1 += part.len;
            if let Some(born) = death.born {
                let of = lines.entry((born, death.path)).or_default();
                of.push((start..start + part.len, part.origin));
            }
        }
        for of in lines.values_mut() {
            of.sort_unstable_by_key(|(range, _)| range.start);
        }
        let numbered = history.paths.iter().zip((0..).map(PathIx));
        let commits = history.commits.iter().zip((0..).map(CommitIx));
        Self {
            history,
            paths: numbered.collect(),
            lines,
            places: commits.map(|(commit, ix)| (commit.id, ix)).collect(),
        }
    }

    /// The place of a commit in the history.
    #[must_use]
    pub fn place(&self, id: ObjectId) -> Option<CommitIx> {
        self.places.get(&id).copied()
    }

    /// Who wrote lines of a file as a commit left it; lines that it did not add are unknown.
    #[must_use]
    pub fn origins(&self, commit: CommitIx, path: &RepoPath, lines: Range<u32>) -> Parts {
        let known = self
            .paths
            .get(path)
            .and_then(|ix| self.lines.get(&(commit, *ix)));
        let mut out = Vec::new();
        let mut at = lines.start;
        let known = known.map_or(&[][..], Vec::as_slice);
        let from = known.partition_point(|(range, _)| range.end <= lines.start);
        for (range, origin) in known.iter().skip(from) {
            if range.start >= lines.end {
                break;
            }
            let start = range.start.max(at);
            if start > at {
                out.push((at..start, OriginIx::UNKNOWN));
            }
            let end = range.end.min(lines.end);
            if end > start {
                out.push((start..end, *origin));
                at = end;
            }
        }
        if at < lines.end {
            out.push((at..lines.end, OriginIx::UNKNOWN));
        }
        out
    }

    /// Whose the lines are that a step of several commits brought, by file of its tip. `options`
    /// bounds the walk; it runs in the present pool of threads.
    pub fn of_branch(
        &self,
        repository: &Repository,
        step: &Step,
        paths: &[RepoPath],
        interrupt: &AtomicBool,
    ) -> Result<Vec<(RepoPath, Vec<WrittenLines>)>, HistoryError> {
        let tip = self.history.commit(step.tip).id;
        let mut ahead: Vec<ObjectId> = step
            .commits
            .iter()
            .map(|ix| self.history.commit(*ix).id)
            .collect();
        ahead.sort_unstable();
        let options = walk::Options::default();
        let walked = walk::within_pool(repository, tip, &ahead, paths, &options, interrupt)?;
        let mut files = Vec::new();
        for file in &walked.files {
            let FileContent::Text(runs) = &file.content else {
                continue;
            };
            let mut written = Vec::new();
            for run in runs.iter().filter(|run| run.end != RunEnd::Unattributable) {
                let id = walked.commit(run.commit).id;
                if ahead.binary_search(&id).is_err() {
                    continue;
                }
                let Some(commit) = self.place(id) else {
                    continue;
                };
                let original = run.original_start..run.original_start + run.len;
                for (part, origin) in self.origins(commit, walked.path(run.path), original) {
                    let start = run.start + (part.start - run.original_start);
                    written.push(WrittenLines {
                        lines: start..start + (part.end - part.start),
                        commit,
                        origin,
                    });
                }
            }
            files.push((walked.path(file.path).clone(), written));
        }
        Ok(files)
    }
}
