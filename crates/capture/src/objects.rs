//! Commits, trees and files as lines, read with `gix`; and the notes that commits have.
//!
//! Everything asked for twice is kept for the length of a run. A missing or damaged object is
//! `None`, and what would have needed it stays unknown.

use std::cell::OnceCell;
use std::rc::Rc;

use bstr::ByteSlice;
use gix::ObjectId;
use gix::object::tree::diff::ChangeDetached;
use gix::objs::{Kind, TreeRefIter};
use rustc_hash::FxHashMap;
use trueline_authorship::note::{self, Key, LARGEST_NOTE, NoForeignPrompts, Note, resolve_file};
use trueline_facts::RepoPath;

use crate::lines::{LARGEST_FILE, Line, LineKey};
use crate::worktree::Content;

/// The reference that notes are kept in.
pub const NOTES_REF: &str = "refs/notes/ai";

/// A file that a commit has otherwise than another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Changed {
    pub(crate) path: RepoPath,
    pub(crate) blob: ObjectId,
    /// Where it comes from: its path and content there. `None`: it is new.
    pub(crate) from: Option<(RepoPath, ObjectId)>,
}

/// A commit's place in history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Commit {
    pub(crate) tree: ObjectId,
    pub(crate) parents: Vec<ObjectId>,
    pub(crate) time: i64,
    /// The committer as `Name <address>`.
    pub(crate) committer: Box<str>,
}

/// A note, and who it says wrote which lines.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) bytes: Vec<u8>,
    /// By path, the runs of lines with their keys: first, last (from 1) and key; ascending.
    pub(crate) runs: FxHashMap<RepoPath, Vec<(u32, u32, Key)>>,
}

/// A repository that is being read.
pub(crate) struct Objects {
    pub(crate) repo: gix::Repository,
    key: LineKey,
    lines: FxHashMap<ObjectId, Option<Rc<Vec<Line>>>>,
    commits: FxHashMap<ObjectId, Option<Rc<Commit>>>,
    notes: FxHashMap<ObjectId, Option<Rc<Noted>>>,
    changes: FxHashMap<(ObjectId, ObjectId), Rc<Vec<Changed>>>,
    notes_tree: OnceCell<Option<ObjectId>>,
    /// Notes that could not be written yet: they count as if they were.
    pub(crate) unwritten: FxHashMap<ObjectId, Vec<u8>>,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").finish_non_exhaustive()
    }
}

impl Objects {
    pub(crate) fn new(mut repo: gix::Repository, key: LineKey) -> Self {
        repo.object_cache_size_if_unset(16 << 20);
        Self {
            repo,
            key,
            lines: FxHashMap::default(),
            commits: FxHashMap::default(),
            notes: FxHashMap::default(),
            changes: FxHashMap::default(),
            notes_tree: OnceCell::new(),
            unwritten: FxHashMap::default(),
        }
    }

    /// The lines of a text blob.
    pub(crate) fn lines(&mut self, blob: ObjectId) -> Option<Rc<Vec<Line>>> {
        if let Some(known) = self.lines.get(&blob) {
            return known.clone();
        }
        let lines = self
            .blob(blob, LARGEST_FILE)
            .and_then(|content| self.key.lines(&content))
            .map(Rc::new);
        self.lines.insert(blob, lines.clone());
        lines
    }

    /// The lines of a file of the work tree.
    pub(crate) fn lines_of(&self, content: &Content) -> Option<Vec<Line>> {
        match content {
            Content::Text(content) => self.key.lines(content),
            Content::Absent | Content::Other => None,
        }
    }

    fn blob(&self, id: ObjectId, limit: u64) -> Option<Vec<u8>> {
        let header = self.repo.try_find_header(id).ok()??;
        if header.kind() != Kind::Blob || header.size() > limit {
            return None;
        }
        let mut object = self.repo.find_object(id).ok()?;
        Some(std::mem::take(&mut object.data))
    }

    pub(crate) fn commit(&mut self, id: ObjectId) -> Option<Rc<Commit>> {
        if let Some(known) = self.commits.get(&id) {
            return known.clone();
        }
        let read = || {
            let object = self.repo.find_commit(id).ok()?;
            let commit = object.decode().ok()?;
            let committer = commit.committer().ok()?;
            Some(Rc::new(Commit {
                tree: commit.tree(),
                parents: commit.parents().collect(),
                time: committer.seconds(),
                committer: format!("{} <{}>", committer.name, committer.email).into(),
            }))
        };
        let commit = read();
        self.commits.insert(id, commit.clone());
        commit
    }

    pub(crate) fn message(&self, id: ObjectId) -> Option<Vec<u8>> {
        let object = self.repo.find_commit(id).ok()?;
        object.message_raw().ok().map(|message| message.to_vec())
    }

    /// The commit that a revision names.
    pub(crate) fn resolve(&self, rev: &str) -> Option<ObjectId> {
        let id = self.repo.rev_parse_single(rev.as_bytes().as_bstr()).ok()?;
        let object = self.repo.find_object(id.detach()).ok()?;
        Some(object.peel_to_kind(Kind::Commit).ok()?.id)
    }

    pub(crate) fn head(&self) -> Option<ObjectId> {
        self.repo.head_id().ok().map(gix::Id::detach)
    }

    /// The file at a path of a commit.
    pub(crate) fn file_at(&mut self, commit: ObjectId, path: &RepoPath) -> Option<ObjectId> {
        let mut at = self.commit(commit)?.tree;
        let mut parts = path.as_bytes().split(|b| *b == b'/').peekable();
        while let Some(part) = parts.next() {
            let (mode, id) = self.entry(at, part)?;
            if parts.peek().is_none() {
                return mode.is_blob().then_some(id);
            }
            if !mode.is_tree() {
                return None;
            }
            at = id;
        }
        None
    }

    fn entry(&self, tree: ObjectId, name: &[u8]) -> Option<(gix::objs::tree::EntryMode, ObjectId)> {
        let object = self.repo.find_object(tree).ok()?;
        if object.kind != Kind::Tree {
            return None;
        }
        TreeRefIter::from_bytes(&object.data, self.repo.object_hash())
            .flatten()
            .find(|entry| entry.filename == name)
            .map(|entry| (entry.mode, entry.oid.to_owned()))
    }

    /// Text files that `new` has otherwise than `old`, renames followed; by path.
    pub(crate) fn changes(&mut self, old: Option<ObjectId>, new: ObjectId) -> Rc<Vec<Changed>> {
        let empty = ObjectId::empty_tree(self.repo.object_hash());
        let pair = (old.unwrap_or(empty), new);
        if let Some(known) = self.changes.get(&pair) {
            return Rc::clone(known);
        }
        let changes = Rc::new(self.read_changes(old, new).unwrap_or_default());
        self.changes.insert(pair, Rc::clone(&changes));
        changes
    }

    fn read_changes(&self, old: Option<ObjectId>, new: ObjectId) -> Option<Vec<Changed>> {
        let new = self.repo.find_tree(new).ok()?;
        let old = match old {
            Some(old) => Some(self.repo.find_tree(old).ok()?),
            None => None,
        };
        let all = self
            .repo
            .diff_tree_to_tree(old.as_ref(), Some(&new), None)
            .ok()?;
        let mut out = Vec::new();
        for change in all {
            let (path, mode, from, blob) = match change {
                ChangeDetached::Addition {
                    location,
                    entry_mode,
                    id,
                    ..
                } => (location, entry_mode, None, id),
                ChangeDetached::Modification {
                    location,
                    previous_id,
                    previous_entry_mode,
                    entry_mode,
                    id,
                } => {
                    let from = previous_entry_mode
                        .is_blob()
                        .then(|| (RepoPath::new(location.to_vec()), previous_id));
                    (location, entry_mode, from, id)
                }
                ChangeDetached::Rewrite {
                    source_location,
                    location,
                    source_id,
                    entry_mode,
                    id,
                    ..
                } => {
                    let from = Some((RepoPath::new(Vec::from(source_location)), source_id));
                    (location, entry_mode, from, id)
                }
                ChangeDetached::Deletion { .. } => continue,
            };
            if mode.is_blob() {
                out.push(Changed {
                    path: RepoPath::new(Vec::from(path)),
                    blob,
                    from,
                });
            }
        }
        out.sort_unstable();
        Some(out)
    }

    /// The note of a commit, if it has one that reads.
    pub(crate) fn note(&mut self, commit: ObjectId) -> Option<Rc<Noted>> {
        if let Some(known) = self.notes.get(&commit) {
            return known.clone();
        }
        let noted = self
            .note_bytes(commit)
            .and_then(|bytes| noted(bytes).map(Rc::new));
        self.notes.insert(commit, noted.clone());
        noted
    }

    /// Notes were written: what was read of them is old.
    pub(crate) fn forget_notes(&mut self) {
        self.notes.clear();
        self.notes_tree = OnceCell::new();
    }

    pub(crate) fn note_bytes(&mut self, commit: ObjectId) -> Option<Vec<u8>> {
        if let Some(unwritten) = self.unwritten.get(&commit) {
            return Some(unwritten.clone());
        }
        let blob = self.note_blob(commit)?;
        self.blob(blob, LARGEST_NOTE as u64)
    }

    /// The blob of a commit's note, at any fan-out of the notes tree.
    fn note_blob(&mut self, commit: ObjectId) -> Option<ObjectId> {
        let tree = if let Some(known) = self.notes_tree.get() {
            *known
        } else {
            let tip = self.tip(NOTES_REF);
            let tree = tip.and_then(|tip| Some(self.commit(tip)?.tree));
            *self.notes_tree.get_or_init(|| tree)
        }?;
        let hex = commit.to_hex().to_string();
        let mut at = tree;
        let mut rest = hex.as_bytes();
        for _ in 0..4 {
            if let Some((mode, blob)) = self.entry(at, rest)
                && mode.is_blob()
            {
                return Some(blob);
            }
            let (folder, below) = rest.split_at_checked(2)?;
            let (mode, id) = self.entry(at, folder)?;
            if !mode.is_tree() {
                return None;
            }
            rest = below;
            at = id;
        }
        None
    }

    /// What a reference names.
    pub(crate) fn tip(&self, name: &str) -> Option<ObjectId> {
        let mut reference = self.repo.try_find_reference(name).ok()??;
        reference.peel_to_id().ok().map(gix::Id::detach)
    }
}

fn noted(bytes: Vec<u8>) -> Option<Noted> {
    let note: Note = note::parse(&bytes).ok()?;
    let runs = note
        .files
        .iter()
        .map(|block| {
            let resolved = resolve_file(&note, block, &NoForeignPrompts);
            let runs = resolved
                .runs()
                .iter()
                .filter_map(|run| {
                    let key = block.entries.get(run.entry)?.key.clone();
                    Some((run.range.first, run.range.last, key))
                })
                .collect();
            (block.path.clone(), runs)
        })
        .collect();
    Some(Noted { bytes, runs })
}

impl Noted {
    /// Whose a line is, counted from 0.
    pub(crate) fn key(&self, path: &RepoPath, line: u32) -> Option<&Key> {
        let runs = self.runs.get(path)?;
        let at = runs.partition_point(|(_, last, _)| *last < line + 1);
        let (first, _, key) = runs.get(at)?;
        (*first <= line + 1).then_some(key)
    }
}
