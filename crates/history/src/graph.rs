//! The commits reachable from one commit, children before parents.
//!
//! Every commit object is read once, because its message and identities are evidence; a
//! commit-graph file would save nothing. A commit that is missing or does not parse is a boundary
//! and a diagnostic. Ids known from an earlier run are read in parallel before the rest is chased.

use std::collections::BinaryHeap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::objs::{CommitRef, Kind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_facts::{Diagnostic, Level, Timestamp};

use crate::mailmap::{self, Which};
use crate::model::{Commit, CommitIx, KnownPerson, Mailmap, PersonIx, RawIdentity};
use crate::repository::{Gap, MAX_BLOB_BYTES, Objects, Repository};

/// Ids read by one thread at a time.
const READ_BATCH: usize = 256;

/// Commits in topological order, and the persons who wrote them.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Children before parents, newest first among the free; the first is the tip.
    pub commits: Vec<Commit>,
    /// Persons by first appearance in that order.
    pub persons: Vec<KnownPerson>,
    /// What made persons of identities.
    pub mailmap: Mailmap,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
    pub(crate) index: FxHashMap<ObjectId, CommitIx>,
}

/// A commit as read, before it has a place in the order.
struct Loaded {
    tree: ObjectId,
    parents: SmallVec<[ObjectId; 2]>,
    author: RawIdentity,
    committer: RawIdentity,
    author_time: Timestamp,
    committer_time: Timestamp,
    message: BString,
}

impl Graph {
    /// Loads everything reachable from `tip`. `known` are ids that are likely to be reachable. Who is the
    /// same person as whom, the work tree says.
    #[must_use]
    pub fn load(
        repository: &Repository,
        tip: ObjectId,
        known: &[ObjectId],
        interrupt: &AtomicBool,
    ) -> Self {
        Self::load_all(repository, tip, known, &[], Which::WorkTree, interrupt)
    }

    /// As [`Self::load`], with history cut at some commits: they are in it, their parents are not. Only what
    /// is committed says who is the same person as whom.
    #[must_use]
    pub fn load_until(
        repository: &Repository,
        tip: ObjectId,
        known: &[ObjectId],
        cut: &[ObjectId],
        interrupt: &AtomicBool,
    ) -> Self {
        Self::load_all(repository, tip, known, cut, Which::Committed, interrupt)
    }

    fn load_all(
        repository: &Repository,
        tip: ObjectId,
        known: &[ObjectId],
        cut: &[ObjectId],
        which: Which,
        interrupt: &AtomicBool,
    ) -> Self {
        let mut shallow = repository.shallow_commits();
        let is_shallow = !shallow.is_empty();
        shallow.extend(cut);
        shallow.sort_unstable();
        let objects = repository.objects();
        let mut gaps = Vec::new();
        let mut loaded = read_known(repository, known);
        chase(&objects, tip, &shallow, &mut loaded, &mut gaps, interrupt);
        let mut graph = arrange(tip, &shallow, loaded);
        graph.index = graph
            .commits
            .iter()
            .enumerate()
            .map(|(ix, commit)| (commit.id, CommitIx(ix as u32)))
            .collect();
        let tree = graph.commits.first().map(|tip| tip.tree);
        graph.mailmap = mailmap::read(repository, &objects, tree, which);
        graph.assign_persons();
        if is_shallow && graph.commits.iter().any(|c| c.parents_missing) {
            graph.diagnostics.push(Diagnostic::new(
                Level::Warning,
                "history-shallow",
                "This is a shallow clone: lines older than its oldest commits are credited to \
                 those commits and marked as boundary. Run `git fetch --unshallow` for the rest.",
            ));
        }
        graph.diagnostics.extend(grafts(repository));
        gaps.sort_unstable();
        for (id, gap) in gaps {
            let what = match gap {
                Gap::Missing => "is missing",
                Gap::Damaged => "does not decode",
                Gap::TooLarge => "is too large",
            };
            graph.diagnostics.push(Diagnostic::new(
                Level::Warning,
                "commit-unreadable",
                format!("Commit {id} {what}; history ends at its children."),
            ));
        }
        graph
    }

    /// The place of a commit in this graph.
    #[must_use]
    pub fn find(&self, id: ObjectId) -> Option<CommitIx> {
        self.index.get(&id).copied()
    }

    pub(crate) fn commit(&self, ix: CommitIx) -> &Commit {
        &self.commits[ix.0 as usize]
    }

    /// For each commit, the newest committer time among it and its ancestors. Never grows from
    /// child to parent, whatever the clocks said, and depends on ancestors only.
    pub(crate) fn effective_times(&self) -> Vec<Timestamp> {
        let mut times: Vec<Timestamp> = self.commits.iter().map(|c| c.committer_time).collect();
        for ix in (0..self.commits.len()).rev() {
            for parent in &self.commits[ix].parents {
                times[ix] = times[ix].max(times[parent.0 as usize]);
            }
        }
        times
    }

    fn assign_persons(&mut self) {
        let mut by_raw: FxHashMap<RawIdentity, PersonIx> = FxHashMap::default();
        let mut by_email: FxHashMap<Vec<u8>, PersonIx> = FxHashMap::default();
        for commit in &mut self.commits {
            if let Some(known) = by_raw.get(&commit.author) {
                commit.person = *known;
                continue;
            }
            let resolved = self.mailmap.resolve(&commit.author);
            let person = *by_email
                .entry(resolved.email.to_ascii_lowercase())
                .or_insert_with(|| {
                    self.persons.push(resolved);
                    PersonIx(self.persons.len() as u32 - 1)
                });
            by_raw.insert(commit.author.clone(), person);
            commit.person = person;
        }
    }
}

/// Parents that `info/grafts` gives commits: git still reads it, and says itself that it should be turned
/// into replacements, which are read here.
fn grafts(repository: &Repository) -> Option<Diagnostic> {
    let file = File::open(repository.common_dir().join("info/grafts")).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut content = Vec::new();
    file.take(MAX_BLOB_BYTES).read_to_end(&mut content).ok()?;
    let is_graft = |line: &&[u8]| !line.is_empty() && !line.starts_with(b"#");
    let count = content
        .lines()
        .map(<[u8]>::trim_ascii)
        .filter(is_graft)
        .count();
    (count > 0).then(|| {
        Diagnostic::new(
            Level::Warning,
            "grafts-ignored",
            format!(
                "`info/grafts` of this repository gives {} other parents; that file is not read, so `git blame` may \
                 name other commits. `git replace --convert-graft-file` turns it into replacements, which \
                 are read.",
                match count {
                    1 => "1 commit".to_owned(),
                    _ => format!("{count} commits"),
                }
            ),
        )
    })
}

fn read_known(repository: &Repository, known: &[ObjectId]) -> FxHashMap<ObjectId, Loaded> {
    let batches: Vec<Vec<(ObjectId, Loaded)>> = known
        .par_chunks(READ_BATCH)
        .map_init(
            || (repository.objects(), Vec::new()),
            |(objects, buffer), ids| {
                ids.iter()
                    .filter_map(|id| Some((*id, read_commit(objects, *id, buffer).ok()?)))
                    .collect()
            },
        )
        .collect();
    batches.into_iter().flatten().collect()
}

/// Reads what is reachable and not read yet. Gaps are collected, not followed.
fn chase(
    objects: &Objects,
    tip: ObjectId,
    shallow: &[ObjectId],
    loaded: &mut FxHashMap<ObjectId, Loaded>,
    gaps: &mut Vec<(ObjectId, Gap)>,
    interrupt: &AtomicBool,
) {
    let mut buffer = Vec::new();
    let mut seen: rustc_hash::FxHashSet<ObjectId> = [tip].into_iter().collect();
    let mut todo = vec![tip];
    while let Some(id) = todo.pop() {
        if interrupt.load(Ordering::Relaxed) {
            return;
        }
        let commit = match loaded.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(slot) => match read_commit(objects, id, &mut buffer) {
                Ok(commit) => slot.insert(commit),
                Err(gap) => {
                    gaps.push((id, gap));
                    continue;
                }
            },
        };
        if shallow.binary_search(&id).is_err() {
            todo.extend(commit.parents.iter().filter(|p| seen.insert(**p)));
        }
    }
}

fn read_commit(objects: &Objects, id: ObjectId, buffer: &mut Vec<u8>) -> Result<Loaded, Gap> {
    objects.read(id, Kind::Commit, buffer)?;
    let Ok(commit) = CommitRef::from_bytes(buffer, objects.hash_kind()) else {
        return as_git_reads(buffer).ok_or(Gap::Damaged);
    };
    let (author, author_time) = identity(commit.author);
    let (committer, committer_time) = identity(commit.committer);
    Ok(Loaded {
        tree: commit.tree(),
        parents: commit.parents().collect(),
        author,
        committer,
        author_time,
        committer_time,
        message: commit.message.to_owned(),
    })
}

/// A commit whose headers break the rules of today. Old tools wrote such, and git still walks them:
/// it asks for a tree and parents that are ids, and takes any other header as it comes.
fn as_git_reads(bytes: &[u8]) -> Option<Loaded> {
    let (headers, message) = bytes.split_once_str(b"\n\n").unwrap_or((bytes, b""));
    let mut lines = headers.lines();
    let tree = ObjectId::from_hex(lines.next()?.strip_prefix(b"tree ")?).ok()?;
    let mut parents = SmallVec::new();
    let (mut author, mut committer) = (None, None);
    for line in lines {
        if let Some(id) = line.strip_prefix(b"parent ") {
            parents.push(ObjectId::from_hex(id).ok()?);
        } else if let Some(who) = line.strip_prefix(b"author ") {
            author.get_or_insert(who);
        } else if let Some(who) = line.strip_prefix(b"committer ") {
            committer.get_or_insert(who);
        }
    }
    let (author, author_time) = identity(author.unwrap_or_default().as_bstr());
    let (committer, committer_time) = identity(committer.unwrap_or_default().as_bstr());
    Some(Loaded {
        tree,
        parents,
        author,
        committer,
        author_time,
        committer_time,
        message: message.into(),
    })
}

/// Name, e-mail and time of a header that may be malformed: what does not parse stays as text.
fn identity(header: &BStr) -> (RawIdentity, Timestamp) {
    match gix::actor::SignatureRef::from_bytes(header) {
        Ok(signature) => (
            RawIdentity {
                name: signature.name.trim().into(),
                email: signature.email.trim().into(),
            },
            Timestamp(signature.seconds()),
        ),
        Err(_) => (
            RawIdentity {
                name: header.to_owned(),
                email: BString::default(),
            },
            Timestamp(0),
        ),
    }
}

/// Kahn's order: a commit after all its children, the newest first among those that are free.
fn arrange(tip: ObjectId, shallow: &[ObjectId], mut loaded: FxHashMap<ObjectId, Loaded>) -> Graph {
    let mut children: FxHashMap<ObjectId, u32> = FxHashMap::default();
    let mut reachable = vec![tip];
    let mut at = 0;
    while let Some(id) = reachable.get(at).copied() {
        at += 1;
        let Some(commit) = loaded.get(&id) else {
            continue;
        };
        if shallow.binary_search(&id).is_ok() {
            continue;
        }
        for parent in &commit.parents {
            let count = children.entry(*parent).or_insert(0);
            if *count == 0 {
                reachable.push(*parent);
            }
            *count += 1;
        }
    }

    let mut order = Vec::with_capacity(reachable.len());
    let mut free = BinaryHeap::new();
    if let Some(commit) = loaded.get(&tip) {
        free.push((commit.committer_time, tip));
    }
    let mut place: FxHashMap<ObjectId, CommitIx> = FxHashMap::default();
    while let Some((_, id)) = free.pop() {
        place.insert(id, CommitIx(order.len() as u32));
        order.push(id);
        let Some(commit) = loaded.get(&id) else {
            continue;
        };
        if shallow.binary_search(&id).is_ok() {
            continue;
        }
        for parent in &commit.parents {
            let Some(count) = children.get_mut(parent) else {
                continue;
            };
            *count -= 1;
            if *count == 0
                && let Some(commit) = loaded.get(parent)
            {
                free.push((commit.committer_time, *parent));
            }
        }
    }

    let mut graph = Graph::default();
    for id in order {
        let Some(read) = loaded.remove(&id) else {
            continue;
        };
        let cut = shallow.binary_search(&id).is_ok();
        let parents: SmallVec<[CommitIx; 2]> = if cut {
            SmallVec::new()
        } else {
            // Git asks them in their order: what comes behind one that is lost may be that one's.
            read.parents
                .iter()
                .map_while(|p| place.get(p).copied())
                .collect()
        };
        graph.commits.push(Commit {
            id,
            tree: read.tree,
            parents_missing: parents.len() < read.parents.len(),
            parents,
            person: PersonIx(0),
            author: read.author,
            committer: read.committer,
            author_time: read.author_time,
            committer_time: read.committer_time,
            message: read.message,
        });
    }
    graph
}
