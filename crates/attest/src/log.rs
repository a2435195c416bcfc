//! The log under a git reference: one commit an entry, whose tree holds the envelope alone.
//!
//! Appending moves the reference only from where it was read, so that two runs never fork the chain. Commits carry the
//! time of the attestation and no person's name: the same entries give the same ids. Nothing is fetched or pushed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;
use gix::ObjectId;
use gix::objs::tree::{Entry, EntryKind};
use gix::objs::{Kind, Tree};
use trueline_facts::CommitId;

use crate::AttestError;
use crate::chain::{self, Claim, LARGEST_ENTRY};
use crate::key::SigningKey;

/// The reference.
pub const REFERENCE: &str = "refs/trueline/attestations";

/// The file in each commit's tree.
const FILE: &str = "attestation.json";
/// Who commits: the program, whose word the signature is not.
const COMMITTER: &str = "trueline";
const ADDRESS: &str = "trueline@localhost";
/// Entries that are read of one log.
const MOST_ENTRIES: usize = 1_000_000;

/// A repository with its log.
pub struct Log {
    repo: gix::Repository,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}

/// What was added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Added {
    /// Its place, from 1.
    pub number: u64,
    /// The envelope.
    pub entry: Vec<u8>,
}

fn failed(what: &str, why: impl std::fmt::Display) -> AttestError {
    AttestError::Log {
        what: what.to_owned(),
        why: why.to_string(),
    }
}

impl Log {
    /// Opens the repository that a path lies in. Only its own configuration is read.
    pub fn open(path: &Path) -> Result<Self, AttestError> {
        let options = gix::open::Options::isolated;
        let trust = gix::sec::trust::Mapping {
            full: options(),
            reduced: options(),
        };
        gix::ThreadSafeRepository::discover_opts(
            path,
            gix::discover::upwards::Options::default(),
            trust,
        )
        .map(|repo| Self {
            repo: repo.to_thread_local(),
        })
        .map_err(|_| {
            failed(
                &path.display().to_string(),
                "no git repository that can be opened; for a log in files name its folder with --files",
            )
        })
    }

    /// The work tree, unless the repository is bare.
    #[must_use]
    pub fn work_tree(&self) -> Option<PathBuf> {
        self.repo.workdir().map(Path::to_owned)
    }

    /// The commit that a revision names.
    pub fn commit(&self, rev: &str) -> Result<CommitId, AttestError> {
        let id = self
            .repo
            .rev_parse_single(rev.as_bytes().as_bstr())
            .and_then(|id| {
                let object = self.repo.find_object(id.detach())?;
                Ok(object.peel_to_kind(Kind::Commit)?.id)
            })
            .map_err(|_| failed(rev, "no commit of this repository"))?;
        Ok(CommitId::new(id.to_string()))
    }

    /// The entries, first to last.
    pub fn entries(&self) -> Result<Vec<Vec<u8>>, AttestError> {
        let mut at = self.tip()?;
        let mut entries = Vec::new();
        while let Some(id) = at {
            if entries.len() == MOST_ENTRIES {
                return Err(failed(
                    REFERENCE,
                    format!("more than {MOST_ENTRIES} entries"),
                ));
            }
            let (entry, parent) = self.entry(id)?;
            entries.push(entry);
            at = parent;
        }
        entries.reverse();
        Ok(entries)
    }

    /// Signs a claim and adds it after the last entry.
    pub fn append(&self, claim: &Claim, key: &SigningKey) -> Result<Added, AttestError> {
        let tip = self.tip()?;
        let last = match tip {
            Some(id) => Some(self.entry(id)?.0),
            None => None,
        };
        let entry = chain::next(last.as_deref(), claim, key)?;
        let number = chain::sequence(&entry)?;
        let wrote = |e: gix::Error| failed(REFERENCE, e);
        let blob = self.repo.write_blob(&entry).map_err(wrote)?.detach();
        let tree = Tree {
            entries: vec![Entry {
                mode: EntryKind::Blob.into(),
                filename: FILE.into(),
                oid: blob,
            }],
        };
        let tree = self.repo.write_object(&tree).map_err(wrote)?.detach();
        let time = format!("{} +0000", claim.at.0.max(0));
        let who = gix::actor::SignatureRef {
            name: COMMITTER.into(),
            email: ADDRESS.into(),
            time: &time,
        };
        let message = format!("attestation {number} of {}\n", claim.commit);
        self.repo
            .commit_as(who, who, REFERENCE, message, tree, tip)
            .map_err(|error| {
                // The objects are there without a name; git collects them.
                if self.tip().is_ok_and(|now| now != tip) {
                    AttestError::Moved {
                        reference: REFERENCE.to_owned(),
                    }
                } else {
                    failed(REFERENCE, error)
                }
            })?;
        Ok(Added { number, entry })
    }

    fn tip(&self) -> Result<Option<ObjectId>, AttestError> {
        let reference = self
            .repo
            .try_find_reference(REFERENCE)
            .map_err(|e| failed(REFERENCE, e))?;
        match reference {
            None => Ok(None),
            Some(reference) => match reference.try_id() {
                Some(id) => Ok(Some(id.detach())),
                None => Err(failed(REFERENCE, "it points to another reference")),
            },
        }
    }

    /// The envelope of a commit, and the commit before.
    fn entry(&self, id: ObjectId) -> Result<(Vec<u8>, Option<ObjectId>), AttestError> {
        let what = format!("{REFERENCE}: commit {id}");
        let missing = |e: gix::Error| {
            failed(
                &what,
                format!(
                    "{e}; a shallow clone has a part of the log only: `git fetch --unshallow origin {REFERENCE}:{REFERENCE}`"
                ),
            )
        };
        let commit = self.repo.find_commit(id).map_err(missing)?;
        let mut parents = commit.parent_ids();
        let parent = parents.next().map(gix::Id::detach);
        if parents.next().is_some() {
            return Err(failed(&what, "a merge: a log has one line of commits"));
        }
        let tree = commit.tree().map_err(missing)?;
        let file = tree.find_entry(FILE);
        let Some(file) = file.filter(|entry| entry.mode().is_blob()) else {
            return Err(failed(&what, format!("no `{FILE}` in it")));
        };
        let header = self.repo.find_header(file.oid()).map_err(missing)?;
        if header.size() > LARGEST_ENTRY {
            return Err(failed(&what, format!("more than {LARGEST_ENTRY} bytes")));
        }
        let mut blob = self.repo.find_object(file.oid()).map_err(missing)?;
        Ok((std::mem::take(&mut blob.data), parent))
    }

    pub(crate) const fn repo(&self) -> &gix::Repository {
        &self.repo
    }
}

/// The files of a commit.
#[derive(Debug)]
pub(crate) struct Files<'a> {
    repo: &'a gix::Repository,
    tree: ObjectId,
}

/// Larger files are not looked into for signs.
const LARGEST_FILE: u64 = 1 << 20;

impl Log {
    /// The text of a committed file; nothing where there is none.
    #[must_use]
    pub fn committed(&self, rev: &str, path: &str) -> Option<String> {
        let commit = self.commit(rev).ok()?;
        self.files_of(&commit).ok()?.text(path)
    }

    /// The files of a commit.
    pub(crate) fn files_of(&self, commit: &CommitId) -> Result<Files<'_>, AttestError> {
        let read = |e: gix::Error| failed(commit.as_str(), e);
        let id = ObjectId::from_hex(commit.as_str().as_bytes())
            .map_err(|e| failed(commit.as_str(), e))?;
        let tree = self.repo.find_commit(id).map_err(read)?.tree_id();
        Ok(Files {
            repo: &self.repo,
            tree: tree.map_err(read)?.detach(),
        })
    }
}

/// Commits of a history that are looked at, and objects of a tree of notes.
const MOST_LOOKED_AT: usize = 2_000_000;

impl Log {
    /// The ids of a commit and all commits before it, as far as they are here.
    pub(crate) fn history_of(&self, commit: &CommitId) -> BTreeSet<String> {
        let tip = ObjectId::from_hex(commit.as_str().as_bytes());
        let walk = tip
            .ok()
            .and_then(|tip| self.repo.rev_walk([tip]).all().ok());
        walk.into_iter()
            .flatten()
            .filter_map(Result::ok)
            .take(MOST_LOOKED_AT)
            .map(|info| info.id.to_string())
            .collect()
    }

    /// How many notes of a reference are on commits of a history and say something.
    pub(crate) fn notes(
        &self,
        reference: &str,
        history: &BTreeSet<String>,
        says_something: impl Fn(&[u8]) -> bool,
    ) -> usize {
        let tree = self
            .repo
            .try_find_reference(reference)
            .ok()
            .flatten()
            .and_then(|mut found| Some(found.peel_to_commit().ok()?.tree_id().ok()?.detach()));
        // Names of notes are ids of commits, cut into folders at will.
        let mut open: Vec<(String, ObjectId)> =
            tree.map(|tree| (String::new(), tree)).into_iter().collect();
        let mut seen = 0;
        let mut count = 0;
        while let Some((name, id)) = open.pop() {
            seen += 1;
            if seen > MOST_LOOKED_AT || name.len() > 64 {
                continue;
            }
            let Ok(object) = self.repo.find_object(id) else {
                continue;
            };
            match object.kind {
                Kind::Tree => {
                    let tree = object.into_tree();
                    for entry in tree.iter().flatten() {
                        open.push((format!("{name}{}", entry.filename()), entry.object_id()));
                    }
                }
                Kind::Blob if history.contains(&name) && says_something(&object.data) => count += 1,
                _ => {}
            }
        }
        count
    }
}

impl Files<'_> {
    /// The text of a file; nothing where there is none, or no text of a usual size.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        let entry = self.entry(path)?;
        let is_file = entry.mode().is_blob();
        let header = self.repo.find_header(entry.object_id()).ok()?;
        if !is_file || header.size() > LARGEST_FILE {
            return None;
        }
        let mut blob = self.repo.find_object(entry.object_id()).ok()?;
        String::from_utf8(std::mem::take(&mut blob.data)).ok()
    }

    /// Names in a folder.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let tree = self
            .entry(folder)
            .and_then(|entry| self.repo.find_tree(entry.object_id()).ok());
        let Some(tree) = tree else {
            return Vec::new();
        };
        tree.iter()
            .flatten()
            .map(|entry| entry.filename().to_string())
            .collect()
    }

    fn entry(&self, path: &str) -> Option<gix::object::tree::Entry<'_>> {
        let tree = self.repo.find_tree(self.tree).ok()?;
        tree.lookup_entry_by_path(path).ok()?
    }
}
