//! Reading git once for all files: where each line of a commit came from, what every commit
//! changed, and which lines died.
//!
//! [`read`] orders the commits, compares trees once, traces all lines of the tip back through
//! shards of files in parallel, and does the same for lines that commits of the window removed.
//! [`blame`] does it for a few files without looking at the rest of the trees.

mod blobs;
mod deaths;
pub(crate) mod lines;
mod rename;
mod reverse;
mod tables;
mod tip;
mod totals;
pub(crate) mod touched;
pub(crate) mod trees;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_cache::Cache;
use trueline_facts::{Diagnostic, Level, RepoPath, Timestamp};

use crate::graph::Graph;
use crate::model::{
    CommitIx, Completeness, Extent, FileContent, FileLines, History, Mailmap, PathIx, Run, RunEnd,
};
use crate::persist;
use crate::repository::{HistoryError, Repository};

pub(crate) use blobs::{BlobIx, BlobTable};
pub(crate) use deaths::{Birth, Ghost};
pub(crate) use reverse::Anchor;
pub(crate) use tables::{ChangeTable, Entry, PathTable, Side};
pub(crate) use totals::Totals;

use blobs::{Blobs, DiffMemo};
use rename::RenameMemo;
use reverse::{Claim, ClaimEnd, Ground, PreviousFiles, Seed, Segment, Walk};
use trees::Trees;

/// Days before the tip's committer time for which line counts and deaths are made.
pub const DEFAULT_WINDOW_DAYS: u32 = 365;

/// Stack of the walk's threads: the line diff recurses over hostile content.
const STACK_BYTES: usize = 64 << 20;
/// Lines that are worth a shard of their own.
const SHARD_LINES: usize = 10_000;
/// Shards at most: each one looks at the changed paths of all commits.
const MAX_SHARDS: usize = 48;

/// What to read beyond the origins of lines.
#[derive(Clone, Debug)]
pub struct Options {
    /// Days before the tip's committer time for line counts and deaths.
    pub window_days: u32,
    /// Whether to trace the lines that commits of the window removed.
    pub deaths: Deaths,
    /// Threads; all cores by default. The answer does not depend on it.
    pub threads: Option<NonZeroUsize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            window_days: DEFAULT_WINDOW_DAYS,
            deaths: Deaths::Untraced,
            threads: None,
        }
    }
}

/// Whether removed lines are traced to their birth.
#[derive(Clone, Copy, Debug)]
pub enum Deaths {
    /// No.
    Untraced,
    /// Of all paths but these.
    TracedExcept(PathFilter),
}

/// A named set of paths. The name stands for the rule in cache keys: change both together.
#[derive(Clone, Copy, Debug)]
pub struct PathFilter {
    /// Names the rule and its version.
    pub name: &'static str,
    /// Whether a path is in the set.
    pub contains: fn(&RepoPath) -> bool,
}

/// Told how far the walk has come; called from its threads.
pub trait Progress: Sync {
    /// `done` of `total` commits, roughly by time.
    fn commits(&self, done: usize, total: usize);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn commits(&self, _done: usize, _total: usize) {}
}

/// Reads everything at `rev` (HEAD by default): lines, changes and, if asked for, deaths.
///
/// With a cache, the answer is stored and the next one, for a later commit, starts from it. Both
/// ways give the same answer. An interrupt ends the walk soon; what is missing then is marked.
pub fn read(
    repository: &Repository,
    rev: Option<&str>,
    options: &Options,
    cache: Option<&Cache>,
    interrupt: &AtomicBool,
    progress: &dyn Progress,
) -> Result<History, HistoryError> {
    let Some(tip) = repository.resolve(rev)? else {
        return Ok(empty());
    };
    pool(options)?.install(|| {
        Ok(Reading::all(
            repository, tip, options, cache, interrupt, progress,
        ))
    })
}

/// The origins of a few files.
#[derive(Clone, Debug)]
pub struct Blamed {
    /// Their lines; its `changes` and `deaths` are empty.
    pub history: History,
    /// For commits that lines came from, by commit and path: the parent and the path there that was
    /// looked into before the commit was given the lines. Files that a commit made have none.
    pub previous: BTreeMap<(CommitIx, RepoPath), (CommitIx, RepoPath)>,
}

/// Reads the origins of a few files only.
pub fn blame(
    repository: &Repository,
    rev: Option<&str>,
    paths: &[RepoPath],
    options: &Options,
    interrupt: &AtomicBool,
) -> Result<Blamed, HistoryError> {
    let Some(tip) = repository.resolve(rev)? else {
        return Ok(Blamed {
            history: empty(),
            previous: BTreeMap::new(),
        });
    };
    pool(options)?.install(|| {
        let graph = Graph::load(repository, tip, &[], interrupt);
        Reading::some(repository, tip, graph, paths, options, interrupt)
    })
}

/// Reads the origins of a few files of `tip` within a range: lines that are older than every commit of
/// `ahead` end at commits of which nothing else is known, marked as boundary.
pub fn within(
    repository: &Repository,
    tip: ObjectId,
    ahead: &[ObjectId],
    paths: &[RepoPath],
    options: &Options,
    interrupt: &AtomicBool,
) -> Result<History, HistoryError> {
    pooled(options, || {
        within_pool(repository, tip, ahead, paths, options, interrupt)
    })?
}

/// Runs something on threads whose stacks are deep enough for walks.
pub fn pooled<T: Send>(
    options: &Options,
    run: impl FnOnce() -> T + Send,
) -> Result<T, HistoryError> {
    Ok(pool(options)?.install(run))
}

/// As [`within`], on the threads that it is called from: see [`pooled`].
pub fn within_pool(
    repository: &Repository,
    tip: ObjectId,
    ahead: &[ObjectId],
    paths: &[RepoPath],
    options: &Options,
    interrupt: &AtomicBool,
) -> Result<History, HistoryError> {
    let local = repository.local();
    let inside: FxHashSet<ObjectId> = ahead.iter().copied().collect();
    let mut cut: Vec<ObjectId> = ahead
        .iter()
        .filter_map(|id| local.find_commit(*id).ok())
        .flat_map(|commit| commit.parent_ids().map(gix::Id::detach).collect::<Vec<_>>())
        .filter(|id| !inside.contains(id))
        .collect();
    cut.sort_unstable();
    cut.dedup();
    let graph = Graph::load_until(repository, tip, ahead, &cut, interrupt);
    let blamed = Reading::some(repository, tip, graph, paths, options, interrupt)?;
    Ok(blamed.history)
}

fn pool(options: &Options) -> Result<rayon::ThreadPool, HistoryError> {
    Ok(rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, NonZeroUsize::get))
        .stack_size(STACK_BYTES)
        .build()?)
}

fn empty() -> History {
    History {
        commits: Vec::new(),
        persons: Vec::new(),
        mailmap: Mailmap::default(),
        paths: Vec::new(),
        files: Vec::new(),
        extent: Extent::Repository,
        changes: Vec::new(),
        unread: Vec::new(),
        deaths: Vec::new(),
        window_start: Timestamp(0),
        completeness: Completeness::Whole,
        diagnostics: Vec::new(),
    }
}

/// A file of the tip before its lines are traced.
#[derive(Clone, Debug)]
pub(crate) struct TipFile {
    pub(crate) path: PathIx,
    pub(crate) blob: BlobIx,
    pub(crate) content: TipContent,
}

/// What a tip file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TipContent {
    Text { lines: u32 },
    Binary,
    TooLarge,
    Missing,
    NotAFile,
}

/// One reading of a repository, while it is under way.
struct Reading<'r> {
    repository: &'r Repository,
    graph: Graph,
    paths: PathTable,
    blobs: BlobTable,
    memo: DiffMemo,
    renames: RenameMemo,
    interrupt: &'r AtomicBool,
    progress: &'r dyn Progress,
}

impl<'r> Reading<'r> {
    fn new(
        repository: &'r Repository,
        graph: Graph,
        interrupt: &'r AtomicBool,
        progress: &'r dyn Progress,
    ) -> Self {
        Self {
            repository,
            graph,
            paths: PathTable::default(),
            blobs: BlobTable::default(),
            memo: DiffMemo::default(),
            renames: RenameMemo::default(),
            interrupt,
            progress,
        }
    }

    fn all(
        repository: &'r Repository,
        tip: ObjectId,
        options: &Options,
        cache: Option<&Cache>,
        interrupt: &'r AtomicBool,
        progress: &'r dyn Progress,
    ) -> History {
        let mut stored = cache.map(|cache| persist::Shelf::open(cache, repository, options));
        let known = stored
            .as_mut()
            .map(persist::Shelf::newest_commits)
            .unwrap_or_default();
        let graph = Graph::load(repository, tip, &known, interrupt);
        let reading = Self::new(repository, graph, interrupt, progress);
        let graph = &reading.graph;
        let now = graph
            .commits
            .first()
            .map_or(Timestamp(0), |c| c.committer_time);
        let window_start = now.plus_days(-i64::from(options.window_days));
        let before = stored
            .as_mut()
            .and_then(|shelf| shelf.load(graph, &reading.paths, &reading.blobs));

        let changes = ChangeTable::build(
            repository,
            graph,
            |commit, table| before.as_ref().is_some_and(|b| b.changes_of(commit, table)),
            &reading.paths,
            &reading.blobs,
            interrupt,
            progress,
        );
        let mut diagnostics = graph.diagnostics.clone();
        diagnostics.extend(changes.diagnostics(graph));

        let files = reading.tip_files(before.as_ref(), &mut diagnostics);
        let anchor = before.as_ref().map(persist::Before::anchor);
        let ground = reading.ground(Some(&changes), anchor);
        let lines = reading.lines(ground, &files);
        let effective = graph.effective_times();
        let ghosts = match options.deaths {
            Deaths::Untraced => Vec::new(),
            Deaths::TracedExcept(filter) => reading.ghosts(
                ground,
                filter,
                window_start,
                &effective,
                before
                    .as_ref()
                    .and_then(|b| b.ghosts(&effective, window_start)),
            ),
        };
        let totals = reading.totals(
            &changes,
            window_start,
            before.as_ref().map(persist::Before::totals),
        );

        let completeness = if interrupt.load(Ordering::Relaxed) || changes.interrupted {
            Completeness::Interrupted
        } else {
            Completeness::Whole
        };
        if let (Some(shelf), Completeness::Whole) = (&mut stored, completeness) {
            shelf.store(&persist::Result {
                graph,
                paths: &reading.paths,
                blobs: &reading.blobs,
                changes: &changes,
                files: &files,
                lines: &lines,
                ghosts: &ghosts,
                totals: &totals,
                window_start,
            });
            diagnostics.extend(shelf.diagnostics());
        }
        let history = History {
            changes: totals::changes(graph, &changes, &totals, &reading.blobs),
            unread: reading.unread(&changes, &totals, window_start),
            deaths: deaths::aggregate(&ghosts),
            ..reading.history(files, lines, diagnostics, completeness, window_start)
        };
        canonical(history, &reading.paths)
    }

    fn some(
        repository: &'r Repository,
        tip: ObjectId,
        graph: Graph,
        wanted: &[RepoPath],
        options: &Options,
        interrupt: &'r AtomicBool,
    ) -> Result<Blamed, HistoryError> {
        let reading = Self::new(repository, graph, interrupt, &Silent);
        let mut diagnostics = reading.graph.diagnostics.clone();
        let files = reading.wanted_files(tip, wanted, &mut diagnostics)?;
        let previous = PreviousFiles::default();
        let ground = Ground {
            previous: Some(&previous),
            ..reading.ground(None, None)
        };
        let lines = reading.lines(ground, &files);
        let now = reading
            .graph
            .commits
            .first()
            .map_or(Timestamp(0), |c| c.committer_time);
        let completeness = if interrupt.load(Ordering::Relaxed) {
            Completeness::Interrupted
        } else {
            Completeness::Whole
        };
        let window_start = now.plus_days(-i64::from(options.window_days));
        let history = History {
            extent: Extent::Files,
            ..reading.history(files, lines, diagnostics, completeness, window_start)
        };
        let path = |ix| RepoPath::new(reading.paths.name(ix).to_vec());
        let previous = previous
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .into_iter()
            .map(|((commit, own), (parent, before))| ((commit, path(own)), (parent, path(before))))
            .collect();
        Ok(Blamed {
            history: canonical(history, &reading.paths),
            previous,
        })
    }

    fn ground<'s>(
        &'s self,
        changes: Option<&'s ChangeTable>,
        anchor: Option<&'s Anchor>,
    ) -> Ground<'s> {
        Ground {
            graph: &self.graph,
            changes,
            paths: &self.paths,
            blobs: &self.blobs,
            renames: &self.renames,
            anchor,
            previous: None,
            interrupt: self.interrupt,
        }
    }

    /// Traces all lines of the tip; the runs of each file, in the order of `files`.
    fn lines(&self, ground: Ground<'_>, files: &[TipFile]) -> Vec<Vec<Run>> {
        let mut seeds = Vec::new();
        for (asker, file) in files.iter().enumerate() {
            if let TipContent::Text { lines } = file.content
                && lines > 0
            {
                seeds.push(Seed {
                    commit: CommitIx(0),
                    path: file.path,
                    blob: file.blob,
                    segment: Segment {
                        src: 0,
                        len: lines,
                        asker: asker as u32,
                        dst: 0,
                    },
                });
            }
        }
        let claims = self.trace(ground, seeds, |_| false);
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); files.len()];
        for claim in claims {
            // Nothing is too old here, so every claim ends in a run.
            let ClaimEnd::Run(end) = claim.end else {
                continue;
            };
            let Some(file) = runs.get_mut(claim.asker as usize) else {
                continue;
            };
            let run = Run {
                start: claim.dst,
                len: claim.len,
                commit: claim.commit,
                path: claim.path,
                original_start: claim.src,
                end,
            };
            match file.last_mut() {
                Some(last)
                    if last.commit == run.commit
                        && last.path == run.path
                        && last.end == run.end
                        && last.original_start + last.len == run.original_start =>
                {
                    last.len += run.len;
                }
                _ => file.push(run),
            }
        }
        runs
    }

    /// Runs a walk in shards of neighbouring files; claims come sorted by asker and line.
    fn trace(
        &self,
        ground: Ground<'_>,
        seeds: Vec<Seed>,
        too_old: impl Fn(CommitIx) -> bool + Sync,
    ) -> Vec<Claim> {
        let total: usize = seeds.iter().map(|seed| seed.segment.len as usize).sum();
        let shards = (total / SHARD_LINES).clamp(1, MAX_SHARDS);
        let share = total / shards + 1;
        let mut groups: Vec<Vec<Seed>> = Vec::new();
        let mut filled = share;
        for seed in seeds {
            if filled >= share {
                groups.push(Vec::new());
                filled = 0;
            }
            filled += seed.segment.len as usize;
            if let Some(group) = groups.last_mut() {
                group.push(seed);
            }
        }
        let commits = self.graph.commits.len();
        let finished = AtomicUsize::new(0);
        let count = groups.len();
        let traced: Vec<Vec<Claim>> = groups
            .into_par_iter()
            .with_max_len(1)
            .map_init(
                || {
                    (
                        Blobs::new(self.repository.objects(), &self.blobs, &self.memo),
                        Trees::new(),
                    )
                },
                |(blobs, trees), seeds| {
                    let claims = Walk::run(ground, blobs, trees, seeds, &too_old);
                    let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
                    self.progress.commits(commits * done / count, commits);
                    claims
                },
            )
            .collect();
        let mut claims: Vec<Claim> = traced.into_iter().flatten().collect();
        claims.par_sort_unstable();
        claims
    }

    fn history(
        &self,
        files: Vec<TipFile>,
        lines: Vec<Vec<Run>>,
        diagnostics: Vec<Diagnostic>,
        completeness: Completeness,
        window_start: Timestamp,
    ) -> History {
        let files = files
            .into_iter()
            .zip(lines)
            .map(|(file, runs)| FileLines {
                path: file.path,
                blob: self.blobs.id(file.blob),
                content: match file.content {
                    TipContent::Text { .. } => FileContent::Text(runs),
                    TipContent::Binary => FileContent::Binary,
                    TipContent::TooLarge => FileContent::TooLarge,
                    TipContent::Missing => FileContent::Missing,
                    TipContent::NotAFile => FileContent::NotAFile,
                },
            })
            .collect();
        let mut history = History {
            commits: self.graph.commits.clone(),
            persons: self.graph.persons.clone(),
            mailmap: self.graph.mailmap.clone(),
            files,
            diagnostics,
            completeness,
            window_start,
            ..empty()
        };
        let lost = unattributable_files(&history);
        if lost > 0 && completeness == Completeness::Whole {
            history.diagnostics.push(Diagnostic::new(
                Level::Warning,
                "lines-unattributable",
                format!(
                    "{} lines whose history needs objects that are not readable here; those lines \
                     are marked and may be older than shown, and nothing can be said of who wrote them; \
                     {}.",
                    match lost {
                        1 => "1 file has".to_owned(),
                        many => format!("{many} files have"),
                    },
                    self.repository.remedy()
                ),
            ));
        }
        history
    }
}

fn unattributable_files(history: &History) -> usize {
    history
        .files
        .iter()
        .filter(|file| match &file.content {
            FileContent::Text(runs) => runs.iter().any(|r| r.end == RunEnd::Unattributable),
            _ => false,
        })
        .count()
}

/// Numbers the paths that the tables use by their bytes, so that no order of work shows.
fn canonical(mut history: History, paths: &PathTable) -> History {
    let mut used = vec![false; paths.len()];
    let mut mark = |ix: PathIx| {
        if let Some(slot) = used.get_mut(ix.0 as usize) {
            *slot = true;
        }
    };
    for file in &history.files {
        mark(file.path);
        if let FileContent::Text(runs) = &file.content {
            for run in runs {
                mark(run.path);
            }
        }
    }
    history.changes.iter().for_each(|change| mark(change.path));
    let unread = history.unread.iter().filter_map(|unread| unread.path);
    unread.for_each(&mut mark);
    history.deaths.iter().for_each(|death| mark(death.path));

    let mut order: Vec<(std::sync::Arc<[u8]>, PathIx)> = used
        .iter()
        .enumerate()
        .filter(|(_, used)| **used)
        .map(|(ix, _)| PathIx(ix as u32))
        .map(|ix| (paths.name(ix), ix))
        .collect();
    order.par_sort_unstable();
    let renumbered: FxHashMap<PathIx, PathIx> = order
        .iter()
        .enumerate()
        .map(|(new, (_, old))| (*old, PathIx(new as u32)))
        .collect();
    let new = |ix: PathIx| renumbered.get(&ix).copied().unwrap_or(ix);
    history.paths = order
        .iter()
        .map(|(name, _)| RepoPath::new(name.to_vec()))
        .collect();
    for file in &mut history.files {
        file.path = new(file.path);
        if let FileContent::Text(runs) = &mut file.content {
            for run in runs {
                run.path = new(run.path);
            }
        }
    }
    history.files.sort_by_key(|file| file.path);
    history
        .changes
        .iter_mut()
        .for_each(|change| change.path = new(change.path));
    history
        .unread
        .iter_mut()
        .for_each(|unread| unread.path = unread.path.map(new));
    history
        .deaths
        .iter_mut()
        .for_each(|death| death.path = new(death.path));
    history.changes.sort_unstable_by_key(|c| (c.commit, c.path));
    history.unread.sort_unstable();
    history.unread.dedup();
    history.deaths.sort_unstable();
    history.diagnostics.sort();
    history.diagnostics.dedup();
    history
}
