//! Paths, and what every commit changed against its first parent: the ground the walk stands on.
//!
//! Tree comparisons run in parallel over batches of neighbouring commits, which share most trees;
//! the results are numbered in commit order afterwards, so that threads leave no trace.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use trueline_facts::{Diagnostic, Level, RepoPath};

use crate::graph::Graph;
use crate::model::{CommitIx, PathIx};
use crate::repository::Repository;
use crate::walk::Progress;
use crate::walk::blobs::{BlobIx, BlobTable};
use crate::walk::trees::{Before, Difference, Limits, Mode, Trees};

/// Neighbouring commits compared by one thread.
const BATCH: usize = 128;
/// Batches in flight before their results are numbered.
const WAVE: usize = 32;

/// All paths that the walk talks about.
#[derive(Debug, Default)]
pub(crate) struct PathTable {
    inner: RwLock<PathNames>,
}

#[derive(Debug, Default)]
struct PathNames {
    names: Vec<Arc<[u8]>>,
    index: FxHashMap<Arc<[u8]>, PathIx>,
}

impl PathTable {
    pub(crate) fn name(&self, ix: PathIx) -> Arc<[u8]> {
        Arc::clone(
            &self
                .inner
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .names[ix.0 as usize],
        )
    }

    pub(crate) fn intern(&self, name: &[u8]) -> PathIx {
        if let Some(ix) = self
            .inner
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .index
            .get(name)
        {
            return *ix;
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(ix) = inner.index.get(name) {
            return *ix;
        }
        let ix = PathIx(inner.names.len() as u32);
        let name: Arc<[u8]> = Arc::from(name);
        inner.names.push(Arc::clone(&name));
        inner.index.insert(name, ix);
        ix
    }

    pub(crate) fn len(&self) -> usize {
        self.inner
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .names
            .len()
    }

    /// All names, by number.
    pub(crate) fn names(&self) -> Vec<Arc<[u8]>> {
        self.inner
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .names
            .clone()
    }

    pub(crate) fn repo_path(&self, ix: PathIx) -> RepoPath {
        RepoPath::new(self.name(ix).to_vec())
    }
}

/// One side of a changed path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Absent,
    Unknown,
    Present(Mode, BlobIx),
}

/// A path that a commit changed against its first parent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathIx,
    pub(crate) before: Side,
    pub(crate) after: Side,
}

/// First-parent changes of all commits; those of a root are against the empty tree.
#[derive(Debug, Default)]
pub(crate) struct ChangeTable {
    pub(crate) entries: Vec<Entry>,
    spans: Vec<(u32, u32)>,
    /// Trees that could not be read, in the order of commits.
    pub(crate) gaps: Vec<(CommitIx, Limits)>,
    pub(crate) interrupted: bool,
}

/// A difference with ids that are not numbered yet.
struct Raw {
    path: u32,
    before: Before,
    after: Option<(Mode, ObjectId)>,
}

#[derive(Default)]
struct RawBatch {
    names: Vec<Box<[u8]>>,
    index: FxHashMap<Box<[u8]>, u32>,
    entries: Vec<Raw>,
    /// Entries of each commit, and what was not readable.
    commits: Vec<(u32, Limits)>,
}

impl RawBatch {
    fn add(&mut self, difference: Difference<'_>) {
        let path = if let Some(path) = self.index.get(difference.path) {
            *path
        } else {
            let path = self.names.len() as u32;
            self.names.push(difference.path.into());
            self.index.insert(difference.path.into(), path);
            path
        };
        self.entries.push(Raw {
            path,
            before: difference.before,
            after: difference.after,
        });
    }
}

impl ChangeTable {
    /// What `commit` changed against its first parent, by path.
    pub(crate) fn of(&self, commit: CommitIx) -> &[Entry] {
        self.spans
            .get(commit.0 as usize)
            .and_then(|(start, end)| self.entries.get(*start as usize..*end as usize))
            .unwrap_or_default()
    }

    /// What of a commit's changes could not be listed.
    pub(crate) fn limits(&self, commit: CommitIx) -> Limits {
        let found = self.gaps.binary_search_by_key(&commit, |(ix, _)| *ix);
        found.map_or_else(|_| Limits::default(), |at| self.gaps[at].1)
    }

    /// Compares trees for the commits for which `known` has no answer yet.
    pub(crate) fn build(
        repository: &Repository,
        graph: &Graph,
        mut known: impl FnMut(CommitIx, &mut Self) -> bool,
        paths: &PathTable,
        blobs: &BlobTable,
        interrupt: &AtomicBool,
        progress: &dyn Progress,
    ) -> Self {
        let mut table = Self::default();
        let total = graph.commits.len();
        let mut done = 0;
        let mut place: Vec<Option<(u32, u32)>> = vec![None; total];
        let mut todo = Vec::new();
        for (ix, slot) in place.iter_mut().enumerate() {
            let commit = CommitIx(ix as u32);
            let start = table.entries.len() as u32;
            if known(commit, &mut table) {
                *slot = Some((start, table.entries.len() as u32));
                done += 1;
            } else {
                todo.push(commit);
            }
        }
        for wave in todo.chunks(BATCH * WAVE) {
            let batches: Vec<RawBatch> = wave
                .par_chunks(BATCH)
                .map_init(
                    || (repository.objects(), Trees::new()),
                    |(objects, trees), commits| {
                        let mut batch = RawBatch::default();
                        for commit in commits {
                            if interrupt.load(Ordering::Relaxed) {
                                break;
                            }
                            let start = batch.entries.len();
                            let node = graph.commit(*commit);
                            let limits = if node.parents.is_empty() && node.parents_missing {
                                Limits::default()
                            } else {
                                let before = node.parents.first().map(|p| graph.commit(*p).tree);
                                trees.differences(objects, before, node.tree, |difference| {
                                    batch.add(difference);
                                })
                            };
                            let count = (batch.entries.len() - start) as u32;
                            batch.commits.push((count, limits));
                        }
                        batch.index = FxHashMap::default();
                        batch
                    },
                )
                .collect();
            for (batch, commits) in batches.iter().zip(wave.chunks(BATCH)) {
                let names: Vec<PathIx> = batch.names.iter().map(|n| paths.intern(n)).collect();
                let mut raw = batch.entries.iter();
                for (commit, (count, limits)) in commits.iter().zip(&batch.commits) {
                    let start = table.entries.len() as u32;
                    for entry in raw.by_ref().take(*count as usize) {
                        table.entries.push(Entry {
                            path: names[entry.path as usize],
                            before: match entry.before {
                                Before::Absent => Side::Absent,
                                Before::Unknown => Side::Unknown,
                                Before::Present(mode, id) => Side::Present(mode, blobs.intern(id)),
                            },
                            after: entry.after.map_or(Side::Absent, |(mode, id)| {
                                Side::Present(mode, blobs.intern(id))
                            }),
                        });
                    }
                    place[commit.0 as usize] = Some((start, table.entries.len() as u32));
                    if *limits != Limits::default() {
                        table.gaps.push((*commit, *limits));
                    }
                    done += 1;
                }
            }
            progress.commits(done, total);
            if interrupt.load(Ordering::Relaxed) {
                table.interrupted = true;
                break;
            }
        }
        table.gaps.sort_unstable_by_key(|(commit, _)| *commit);
        table.spans = place.into_iter().map(Option::unwrap_or_default).collect();
        table
    }

    pub(crate) fn diagnostics(&self, graph: &Graph) -> Vec<Diagnostic> {
        self.gaps
            .iter()
            .map(|(commit, limits)| {
                let id = graph.commit(*commit).id;
                let why = if limits.cut {
                    "nests or names more paths than are followed"
                } else {
                    "has trees that are not readable here or names that git refuses"
                };
                Diagnostic::new(
                    Level::Warning,
                    "trees-unreadable",
                    format!("Commit {id} {why}; lines behind it count as unattributable."),
                )
            })
            .collect()
    }
}
