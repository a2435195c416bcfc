//! Since which commit a file says something: one thing in one file followed back, without reading all
//! of history.

use gix::ObjectId;
use trueline_facts::RepoPath;

use crate::content::tree_of;
use crate::mailmap::{self, Which};
use crate::model::RawIdentity;
use crate::repository::Repository;
use crate::walk::trees::Trees;

/// With which commit it began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Began {
    /// This commit says it, and none of its parents does.
    With {
        /// The commit.
        commit: ObjectId,
        /// Its author, as written and as the mailmap of the last commit has it.
        authors: Vec<RawIdentity>,
    },
    /// The first commit that a shallow clone has says it already.
    BeforeShallow,
    /// The limit of commits was met before.
    TooLongAgo,
    /// An object on the way is missing or damaged.
    Unreadable,
}

impl Repository {
    /// The commit since which a file says something without a break, up to `tip`, which says it. Where a
    /// merge has it from several parents, the first is followed.
    #[must_use]
    pub fn began(
        &self,
        tip: ObjectId,
        path: &RepoPath,
        says: &dyn Fn(&[u8]) -> bool,
        most: usize,
    ) -> Began {
        let objects = self.objects();
        let shallow = self.shallow_commits();
        let mut buffer = Vec::new();
        // `None`: it cannot be read. `Some(None)`: there is no such file.
        let mut blob_of = |commit: ObjectId| -> Option<Option<ObjectId>> {
            let tree = tree_of(&objects, commit, &mut buffer).ok()?;
            let found = Trees::new().lookup(&objects, tree, path.as_bytes()).ok()?;
            Some(
                found
                    .filter(|(mode, _)| mode.is_text_candidate())
                    .map(|(_, id)| id),
            )
        };
        let mut at = tip;
        let Some(Some(mut blob)) = blob_of(tip) else {
            return Began::Unreadable;
        };
        for _ in 0..most {
            if shallow.binary_search(&at).is_ok() {
                return Began::BeforeShallow;
            }
            let Some(parents) = parents_of(self, at) else {
                return Began::Unreadable;
            };
            let mut before = None;
            for parent in parents {
                let Some(there) = blob_of(parent) else {
                    return Began::Unreadable;
                };
                let Some(there) = there else { continue };
                if there == blob || self.blob(there).is_some_and(|text| says(&text)) {
                    before = Some((parent, there));
                    break;
                }
            }
            let Some((parent, there)) = before else {
                return with(self, at, tip);
            };
            (at, blob) = (parent, there);
        }
        Began::TooLongAgo
    }
}

fn parents_of(repository: &Repository, id: ObjectId) -> Option<Vec<ObjectId>> {
    let local = repository.local();
    let commit = local.find_commit(id).ok()?;
    Some(commit.parent_ids().map(gix::Id::detach).collect())
}

fn with(repository: &Repository, commit: ObjectId, tip: ObjectId) -> Began {
    let Some((author, _)) = repository.signatures(commit) else {
        return Began::Unreadable;
    };
    let raw = RawIdentity {
        name: author.name.into(),
        email: author.email.into(),
    };
    let objects = repository.objects();
    let tree = tree_of(&objects, tip, &mut Vec::new()).ok();
    let known = mailmap::read(repository, &objects, tree, Which::Committed).resolve(&raw);
    let canonical = RawIdentity {
        name: known.name,
        email: known.email,
    };
    let mut authors = vec![raw];
    if !authors.contains(&canonical) {
        authors.push(canonical);
    }
    Began::With { commit, authors }
}
