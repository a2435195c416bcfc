//! What lies between two states: commits, files that differ, lines that are new.
//!
//! A state is a commit or the index. Nothing older than the range is walked, so that the answer
//! comes as fast in a long history as in a short one.

mod staged;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use bstr::ByteSlice;
use gix::ObjectId;
use gix::objs::{CommitRefIter, Kind};
use trueline_facts::RepoPath;

use crate::evidence::objects::mostly_kept;
use crate::repository::{Gap, HistoryError, Objects, Repository, is_binary};
use crate::walk::lines::LineDiffer;
use crate::walk::trees::{Before, Mode, Trees};

/// Files that came and files that went, with more of which renames by content are not looked for.
const MAX_RENAMES: usize = 100;

/// A file that differs between two states. Links and submodules are no files: see [`EntryDelta`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileDelta {
    /// Its path; of one that went the old one.
    pub path: RepoPath,
    /// Its path before, if it was renamed.
    pub previous: Option<RepoPath>,
    /// Its content before; `None` if it is new.
    pub before: Option<ObjectId>,
    /// Its content after; `None` if it went.
    pub after: Option<ObjectId>,
}

/// What stands under a path that holds no text of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Entry {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

impl Entry {
    pub(crate) const fn of(mode: Mode) -> Self {
        match mode {
            Mode::Regular | Mode::Executable => Self::File,
            Mode::Link => Self::Link,
            Mode::Submodule => Self::Submodule,
        }
    }
}

/// A path at which a link or a submodule came, went or was replaced.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct EntryDelta {
    /// The path.
    pub path: RepoPath,
    /// What stood there.
    pub before: Option<Entry>,
    /// What stands there now.
    pub after: Option<Entry>,
}

impl EntryDelta {
    /// `None` where both sides are files or nothing.
    pub(crate) fn new(path: &[u8], before: Option<Mode>, after: Option<Mode>) -> Option<Self> {
        let (before, after) = (before.map(Entry::of), after.map(Entry::of));
        let is_odd = |side: Option<Entry>| side.is_some_and(|entry| entry != Entry::File);
        (is_odd(before) || is_odd(after)).then(|| Self {
            path: RepoPath::new(path.to_vec()),
            before,
            after,
        })
    }
}

/// What differs between two states.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Deltas {
    /// Files.
    pub files: Vec<FileDelta>,
    /// Links and submodules.
    pub entries: Vec<EntryDelta>,
    /// Something that differs could not be listed: a folder that is not here or damaged, or a name that git refuses.
    pub is_cut: bool,
}

/// Commits of a range, and where it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeCommits {
    /// Where the tip left the base; `None` if they have nothing in common here.
    pub fork: Option<ObjectId>,
    /// Commits of the tip that the base does not have.
    pub ahead: Vec<ObjectId>,
    /// How many commits the base has that the tip does not.
    pub behind: usize,
}

impl Repository {
    /// The commits between a base and a tip; `None` where they cannot be listed.
    #[must_use]
    pub fn range_commits(&self, base: ObjectId, tip: ObjectId) -> Option<RangeCommits> {
        let local = self.local();
        let between = |from: ObjectId, hidden: ObjectId| -> Option<Vec<ObjectId>> {
            let graph = local.commit_graph_if_enabled().ok().flatten();
            let walk = local
                .rev_walk([from])
                .with_hidden([hidden])
                .with_commit_graph(graph)
                .all()
                .ok()?;
            let mut ids: Vec<ObjectId> = walk.filter_map(Result::ok).map(|info| info.id).collect();
            ids.sort_unstable();
            Some(ids)
        };
        let fork = local
            .merge_base(base, tip)
            .ok()
            .flatten()
            .map(gix::Id::detach);
        Some(RangeCommits {
            fork,
            ahead: between(tip, base)?,
            behind: if fork == Some(base) {
                0
            } else {
                between(base, tip)?.len()
            },
        })
    }

    /// The contents of blobs, in their order, or why one is not to be had; `None` for no blob.
    #[must_use]
    pub fn blobs(&self, ids: &[Option<ObjectId>]) -> Vec<Option<Result<Vec<u8>, Gap>>> {
        let objects = self.objects();
        ids.iter()
            .map(|id| {
                let mut buffer = Vec::new();
                let read = objects.read((*id)?, Kind::Blob, &mut buffer);
                Some(read.map(|()| buffer))
            })
            .collect()
    }

    /// The paths at which a commit differs from its first parent, links and submodules among them.
    pub fn touched_by(&self, commit: ObjectId) -> Result<Vec<RepoPath>, HistoryError> {
        let objects = self.objects();
        let unreadable = HistoryError::CommitUnreadable { commit };
        let local = self.local();
        let read = local.find_commit(commit);
        let parent = match read {
            Ok(read) => read.parent_ids().next().map(gix::Id::detach),
            Err(_) => return Err(unreadable),
        };
        let before = parent.map(|id| tree_of(&objects, id)).transpose()?;
        let after = tree_of(&objects, commit)?;
        let mut paths = Vec::new();
        Trees::new().differences(&objects, before, after, |difference| {
            paths.push(RepoPath::new(difference.path.to_vec()));
        });
        Ok(paths)
    }

    /// The root commit that first parents lead to, which pseudonyms are derived from; a shallow
    /// clone has none, and gives its oldest commit.
    #[must_use]
    pub fn root_of(&self, commit: ObjectId) -> Option<ObjectId> {
        let local = self.local();
        let graph = local.commit_graph_if_enabled().ok().flatten();
        let walk = local
            .rev_walk([commit])
            .first_parent_only()
            .with_commit_graph(graph)
            .all()
            .ok()?;
        walk.filter_map(Result::ok).map(|info| info.id).last()
    }

    /// What differs between two commits; `None` for no commit at all.
    pub fn deltas(
        &self,
        before: Option<ObjectId>,
        after: ObjectId,
    ) -> Result<Deltas, HistoryError> {
        let objects = self.objects();
        let before = before.map(|id| tree_of(&objects, id)).transpose()?;
        let after = tree_of(&objects, after)?;
        let mut deltas = Vec::new();
        let mut entries = Vec::new();
        let limits = Trees::new().differences(&objects, before, after, |difference| {
            let stood = match difference.before {
                Before::Present(mode, _) => Some(mode),
                Before::Absent | Before::Unknown => None,
            };
            let stands = difference.after.map(|(mode, _)| mode);
            entries.extend(EntryDelta::new(difference.path, stood, stands));
            let old = match difference.before {
                Before::Present(mode, id) if mode.is_text_candidate() => Some(id),
                _ => None,
            };
            let new = difference
                .after
                .filter(|(mode, _)| mode.is_text_candidate())
                .map(|(_, id)| id);
            // A mode alone is no change of lines.
            if old != new {
                deltas.push(FileDelta {
                    path: RepoPath::new(difference.path.to_vec()),
                    previous: None,
                    before: old,
                    after: new,
                });
            }
        });
        Ok(Deltas {
            files: renamed(&objects, deltas),
            entries,
            is_cut: limits.gaps > 0 || limits.cut,
        })
    }

    /// What differs between HEAD and the index: what a commit would hold. Files with
    /// conflicts are left out. Git names another index file where it makes a commit of some files or
    /// of all.
    pub fn staged(&self, index: Option<&Path>) -> Result<Deltas, HistoryError> {
        let wrong = |why: &dyn std::fmt::Display| HistoryError::Index {
            why: why.to_string(),
        };
        let local = self.local();
        if let Some(path) = index {
            let options = gix::index::decode::Options::default();
            let file = gix::index::File::at(path, local.object_hash(), false, options)
                .map_err(|error| wrong(&error))?;
            return self.staged_in(&file);
        }
        let index = local.index_or_empty().map_err(|error| wrong(&error))?;
        self.staged_in(&index)
    }

    fn staged_in(&self, index: &gix::index::State) -> Result<Deltas, HistoryError> {
        let head = self.resolve(None)?;
        let objects = self.objects();
        let tree = head.map(|head| tree_of(&objects, head)).transpose()?;
        let found = staged::differences(&objects, tree, index);
        Ok(Deltas {
            files: renamed(&objects, found.files),
            entries: found.entries,
            is_cut: found.is_cut,
        })
    }
}

fn tree_of(objects: &Objects, commit: ObjectId) -> Result<ObjectId, HistoryError> {
    let unreadable = HistoryError::CommitUnreadable { commit };
    let mut buffer = Vec::new();
    if objects.read(commit, Kind::Commit, &mut buffer).is_err() {
        return Err(unreadable);
    }
    CommitRefIter::from_bytes(&buffer, objects.hash_kind())
        .tree_id()
        .map_err(|_| unreadable)
}

/// Joins files that went with files that came and hold the same, or mostly the same, lines.
fn renamed(objects: &Objects, mut deltas: Vec<FileDelta>) -> Vec<FileDelta> {
    deltas.sort();
    let gone: Vec<usize> = places(&deltas, |d| d.after.is_none());
    let come: Vec<usize> = places(&deltas, |d| d.before.is_none());
    if gone.is_empty() || come.is_empty() {
        return deltas;
    }
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    let is_free = |pairs: &BTreeMap<usize, usize>, old: usize| !pairs.values().any(|o| *o == old);
    for new in &come {
        let same = gone
            .iter()
            .find(|old| deltas[**old].before == deltas[*new].after && is_free(&pairs, **old));
        if let Some(old) = same {
            pairs.insert(*new, *old);
        }
    }
    if gone.len() <= MAX_RENAMES && come.len() <= MAX_RENAMES {
        let text = |id: Option<ObjectId>| -> Option<Vec<u8>> {
            let mut buffer = Vec::new();
            objects.read(id?, Kind::Blob, &mut buffer).ok()?;
            (!is_binary(&buffer)).then_some(buffer)
        };
        let old_texts: Vec<(usize, Vec<u8>)> = gone
            .iter()
            .filter(|old| is_free(&pairs, **old))
            .filter_map(|old| Some((*old, text(deltas[*old].before)?)))
            .collect();
        for new in &come {
            if pairs.contains_key(new) || old_texts.is_empty() {
                continue;
            }
            let Some(now) = text(deltas[*new].after) else {
                continue;
            };
            let mut best: Option<(u32, usize)> = None;
            for (old, then) in &old_texts {
                if let Some(common) = mostly_kept(then, &now)
                    && is_free(&pairs, *old)
                    && best.is_none_or(|(most, _)| common > most)
                {
                    best = Some((common, *old));
                }
            }
            if let Some((_, old)) = best {
                pairs.insert(*new, old);
            }
        }
    }
    for (new, old) in &pairs {
        let (path, before) = (deltas[*old].path.clone(), deltas[*old].before);
        deltas[*new].previous = Some(path);
        deltas[*new].before = before;
    }
    let mut at = 0;
    deltas.retain(|_| {
        at += 1;
        is_free(&pairs, at - 1)
    });
    deltas
}

fn places(deltas: &[FileDelta], is: impl Fn(&FileDelta) -> bool) -> Vec<usize> {
    let numbered = deltas.iter().enumerate();
    numbered.filter(|(_, d)| is(d)).map(|(at, _)| at).collect()
}

/// Lines of a new content that an old one does not have, from 0, and how many lines went.
#[must_use]
pub fn added_lines(before: &[u8], after: &[u8]) -> (Vec<Range<u32>>, u64) {
    let mut added = Vec::new();
    let mut removed = 0;
    for hunk in LineDiffer::default().hunks(before, after) {
        removed += u64::from(hunk.before.end - hunk.before.start);
        if !hunk.after.is_empty() {
            added.push(hunk.after);
        }
    }
    (added, removed)
}

/// Whether a content has no lines to speak of.
#[must_use]
pub fn has_no_lines(content: &[u8]) -> bool {
    is_binary(content) || content.as_bstr().is_empty()
}
