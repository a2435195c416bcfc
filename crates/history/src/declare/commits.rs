//! The commits of a range that a person may declare: no merges, and all of them their own.

use bstr::{BString, ByteSlice};
use gix::ObjectId;

use super::DeclareError;
use super::program::git;
use crate::mailmap::{self, Which};
use crate::model::RawIdentity;
use crate::repository::Repository;

/// Commits that one declaration may cover: each one costs a start of the `git` program.
pub(super) const MAX_COMMITS: usize = 1_000;

/// A commit of the range; never a merge.
pub(super) struct Own {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    pub(super) parent: Option<ObjectId>,
    pub(super) name: BString,
    pub(super) email: BString,
}

pub(super) fn commits_of(
    repo: &Repository,
    local: &gix::Repository,
    range: &str,
) -> Result<Vec<Own>, DeclareError> {
    let ids = match range.split_once("..") {
        Some((_, to)) if to.starts_with('.') => {
            return Err(DeclareError::Range {
                range: range.to_owned(),
            });
        }
        Some((from, to)) => {
            let end = |rev: &str| -> Result<ObjectId, DeclareError> {
                let rev = if rev.is_empty() { "HEAD" } else { rev };
                repo.resolve(Some(rev))?.ok_or_else(|| DeclareError::Range {
                    range: range.to_owned(),
                })
            };
            between(local, end(from)?, end(to)?, range)?
        }
        None => match repo.resolve(Some(range))? {
            Some(id) => vec![id],
            None => Vec::new(),
        },
    };
    let mut own = Vec::with_capacity(ids.len());
    for id in ids {
        let unreadable = || DeclareError::Unreadable { commit: id };
        let object = local.find_commit(id).map_err(|_| unreadable())?;
        let commit = object.decode().map_err(|_| unreadable())?;
        let parents: Vec<ObjectId> = commit.parents().collect();
        let author = commit.author().map_err(|_| unreadable())?;
        if parents.len() < 2 {
            own.push(Own {
                id,
                tree: commit.tree(),
                parent: parents.first().copied(),
                name: author.name.to_owned(),
                email: author.email.to_owned(),
            });
        }
    }
    if own.is_empty() {
        return Err(DeclareError::Empty {
            range: range.to_owned(),
        });
    }
    Ok(own)
}

fn between(
    local: &gix::Repository,
    from: ObjectId,
    to: ObjectId,
    range: &str,
) -> Result<Vec<ObjectId>, DeclareError> {
    let unreadable = |_: gix::Error| DeclareError::Unreadable { commit: to };
    let walk = local
        .rev_walk([to])
        .with_hidden([from])
        .all()
        .map_err(unreadable)?;
    let mut ids = Vec::new();
    for commit in walk {
        if ids.len() == MAX_COMMITS {
            return Err(DeclareError::TooMany {
                range: range.to_owned(),
            });
        }
        ids.push(commit.map_err(unreadable)?.id);
    }
    Ok(ids)
}

/// Every commit must be the caller's, by the same mailmap as everywhere.
pub(super) fn check_owner(
    repo: &Repository,
    local: &gix::Repository,
    commits: &[Own],
) -> Result<(), DeclareError> {
    let asked = git(local, "config", &["config", "--get", "user.email"], None);
    let email = match asked {
        Ok(email) => email,
        // An unset option is an exit code of 1 without a word.
        Err(DeclareError::Git { message, .. }) if message.is_empty() => Vec::new(),
        Err(error) => return Err(error),
    };
    let email = email.trim();
    if email.is_empty() {
        return Err(DeclareError::NoIdentity);
    }
    let tree = local.head_tree_id().ok().map(gix::Id::detach);
    let mailmap = mailmap::read(repo, &repo.objects(), tree, Which::WorkTree);
    let canonical = |name: &[u8], email: &[u8]| {
        let raw = RawIdentity {
            name: name.into(),
            email: email.into(),
        };
        mailmap.resolve(&raw).email.to_ascii_lowercase()
    };
    let mine = canonical(b"", email);
    let others: Vec<&Own> = commits
        .iter()
        .filter(|commit| canonical(&commit.name, &commit.email) != mine)
        .collect();
    match others.first() {
        None => Ok(()),
        Some(first) => Err(DeclareError::NotYours {
            count: others.len(),
            of: commits.len(),
            first: first.id.to_string(),
            theirs: first.email.clone(),
            yours: email.into(),
        }),
    }
}
