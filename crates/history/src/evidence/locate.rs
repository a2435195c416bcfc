//! Finding notes: which blob is attached to which commit, over every notes reference.
//!
//! A notes tree names each annotated object by its hexadecimal id, cut into directories of two
//! digits at any depth ("fan-out"); git mixes depths in one tree, so all of them are followed.
//! Entries that are not so named are other people's files and are skipped, as git does.

use bstr::ByteSlice;
use gix::ObjectId;
use gix::objs::{Kind, TreeRefIter};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use trueline_facts::{Diagnostic, Level};

use super::objects;
use super::refs::Refs;

/// Trees are shared objects: a small hostile repository could name more paths than any machine
/// can list. Real notes trees hold at most a few hundred notes a tree, so this is 10^7 notes.
const MAX_TREES: usize = 200_000;

/// The largest note that is looked into for the commit that it names.
const MAX_NOTE: u64 = 4 << 20;

/// A note that is attached to a commit, not yet read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Found {
    /// The commit it speaks of, as named; it may not be here.
    pub(super) annotated: ObjectId,
    /// Its content.
    pub(super) blob: ObjectId,
    /// Where it stands: index into [`Located::stores`].
    pub(super) store: u32,
}

/// All notes of a repository, without their content.
#[derive(Clone, Debug, Default)]
pub(super) struct Located {
    /// Names of the references, strongest first.
    pub(super) stores: Vec<String>,
    /// The notes: by store, then as they stand in the tree. A pair of commit and content that
    /// several references hold is listed once, at the strongest.
    pub(super) notes: Vec<Found>,
    /// Indices of notes that are copies of one on the commit that they were written for.
    pub(super) copies: FxHashSet<u32>,
    /// Indices into `notes` for each commit, strongest first; copies left out.
    pub(super) by_commit: FxHashMap<ObjectId, SmallVec<[u32; 1]>>,
}

/// The name under which notes of the oldest storage are listed.
const OLDEST_STORE: &str = "refs/ai/authorship";

/// Lists the notes behind all references.
pub(super) fn locate(
    repo: &gix::Repository,
    refs: &Refs,
    diagnostics: &mut Vec<Diagnostic>,
) -> Located {
    let mut located = Located::default();
    let mut seen = FxHashSet::default();
    for (name, tip) in &refs.notes {
        let store = located.stores.len() as u32;
        located.stores.push(name.clone());
        if let Err(error) = walk_notes_tree(repo, *tip, |annotated, blob| {
            if seen.insert((annotated, blob)) {
                located.push(Found {
                    annotated,
                    blob,
                    store,
                });
            }
        }) {
            diagnostics.push(Diagnostic::new(
                Level::Warning,
                "notes-unreadable",
                format!("{name} could not be read whole: {error}"),
            ));
        }
    }
    if !refs.oldest.is_empty() {
        let store = located.stores.len() as u32;
        located.stores.push(OLDEST_STORE.to_owned());
        for (annotated, blob) in &refs.oldest {
            if seen.insert((*annotated, *blob)) {
                located.push(Found {
                    annotated: *annotated,
                    blob: *blob,
                    store,
                });
            }
        }
    }
    located.drop_copies(repo);
    located
}

/// The commit that a note says it was written for.
fn base_commit(repo: &gix::Repository, blob: ObjectId) -> Option<ObjectId> {
    const KEY: &[u8] = b"\"base_commit_sha\"";
    let text = objects::blob(repo, blob, MAX_NOTE).ok()?;
    let after = &text[text.find(KEY)? + KEY.len()..];
    let value = after.splitn_str(3, "\"").nth(1)?;
    ObjectId::from_hex(value).ok()
}

impl Located {
    /// Is it the store of single blobs that came before notes references?
    pub(super) fn is_oldest(&self, store: u32) -> bool {
        self.stores
            .get(store as usize)
            .is_some_and(|name| name == OLDEST_STORE)
    }

    /// git copies notes word for word when it rewrites commits (`notes.rewriteRef`). Such a copy
    /// speaks of the lines of the commit that it names, which is noted as well: it is left out, and
    /// what became of that commit is found out as without it.
    fn drop_copies(&mut self, repo: &gix::Repository) {
        let mut by_blob: FxHashMap<ObjectId, SmallVec<[u32; 1]>> = FxHashMap::default();
        for (found, ix) in self.notes.iter().zip(0..) {
            by_blob.entry(found.blob).or_default().push(ix);
        }
        by_blob.retain(|_, notes| notes.len() > 1);
        for (blob, notes) in by_blob {
            let Some(named) = base_commit(repo, blob) else {
                continue;
            };
            let annotated = |ix: &u32| self.notes.get(*ix as usize).map(|note| note.annotated);
            if !notes.iter().filter_map(annotated).any(|id| id == named) {
                continue;
            }
            for ix in &notes {
                let Some(copy) = annotated(ix).filter(|id| *id != named) else {
                    continue;
                };
                self.copies.insert(*ix);
                if let Some(own) = self.by_commit.get_mut(&copy) {
                    own.retain(|other| other != ix);
                    if own.is_empty() {
                        self.by_commit.remove(&copy);
                    }
                }
            }
        }
    }

    fn push(&mut self, found: Found) {
        self.by_commit
            .entry(found.annotated)
            .or_default()
            .push(self.notes.len() as u32);
        self.notes.push(found);
    }
}

#[derive(Debug, thiserror::Error)]
enum TreeError {
    #[error("its tip is no commit with a tree")]
    NoTree,
    #[error("tree {0} is missing or damaged")]
    Tree(ObjectId),
    #[error("it has more than {MAX_TREES} trees")]
    TooManyTrees,
}

/// Calls `note` with each annotated object and its blob. What comes before an error was good.
fn walk_notes_tree(
    repo: &gix::Repository,
    tip: ObjectId,
    mut note: impl FnMut(ObjectId, ObjectId),
) -> Result<(), TreeError> {
    let object = repo.find_object(tip).map_err(|_| TreeError::NoTree)?;
    let root = object.peel_to_tree().map_err(|_| TreeError::NoTree)?.id;
    let hex_len = root.kind().len_in_hex();
    let mut first_error = None;
    let mut trees = 0;
    let mut todo = vec![(root, Vec::new())];
    while let Some((tree, prefix)) = todo.pop() {
        trees += 1;
        if trees > MAX_TREES {
            return Err(TreeError::TooManyTrees);
        }
        let Some(object) = repo
            .try_find_object(tree)
            .ok()
            .flatten()
            .filter(|o| o.kind == Kind::Tree)
        else {
            first_error = first_error.or(Some(TreeError::Tree(tree)));
            continue;
        };
        let before = todo.len();
        for entry in TreeRefIter::from_bytes(&object.data, root.kind()) {
            let Ok(entry) = entry else {
                first_error = first_error.or(Some(TreeError::Tree(tree)));
                break;
            };
            let name: &[u8] = entry.filename;
            if !name.iter().all(u8::is_ascii_hexdigit) {
                continue;
            }
            let mut hex: Vec<u8> = prefix.clone();
            hex.extend_from_slice(name);
            if entry.mode.is_blob() && hex.len() == hex_len {
                if let Ok(annotated) = ObjectId::from_hex(&hex) {
                    note(annotated, entry.oid.to_owned());
                }
            } else if entry.mode.is_tree() && name.len() == 2 && hex.len() < hex_len {
                todo.push((entry.oid.to_owned(), hex));
            }
        }
        // A stack, but trees of one level are still visited in the order of their names.
        todo[before..].reverse();
    }
    first_error.map_or(Ok(()), Err)
}

/// The first line of a message, without trailing blanks.
pub(super) fn subject(message: &[u8]) -> &[u8] {
    message
        .trim_start_with(char::is_whitespace)
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end_with(char::is_whitespace)
}
