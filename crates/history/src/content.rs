//! Single objects for those who join: a blob, a file of HEAD, the commits that a base has.

use gix::ObjectId;
use gix::objs::{CommitRefIter, Kind};
use rustc_hash::FxHashSet;
use trueline_facts::RepoPath;

use crate::evidence::objects::mostly_kept;
use crate::model::{CommitIx, History};
use crate::range::Entry;
use crate::repository::{Gap, HistoryError, Objects, Repository, is_binary};
use crate::walk::trees::{Mode, Trees};

/// A commit's signature with what documents leave out: the time zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZonedSignature {
    /// The name as written.
    pub name: Vec<u8>,
    /// The e-mail address as written.
    pub email: Vec<u8>,
    /// Seconds since the epoch.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub offset_minutes: i32,
}

impl Repository {
    /// The content of a blob; `None` if it is missing, damaged or over the limit of blobs.
    #[must_use]
    pub fn blob(&self, id: ObjectId) -> Option<Vec<u8>> {
        let mut buffer = Vec::new();
        self.objects().read(id, Kind::Blob, &mut buffer).ok()?;
        Some(buffer)
    }

    /// The content of a blob that is larger than those that are read for their lines; `None` if it is missing,
    /// damaged or over `limit` bytes.
    #[must_use]
    pub fn large_blob(&self, id: ObjectId, limit: u64) -> Option<Vec<u8>> {
        let objects = self.objects();
        let mut buffer = Vec::new();
        objects
            .read_within(id, Kind::Blob, limit, &mut buffer)
            .ok()?;
        Some(buffer)
    }

    /// What stands under a path of a commit; `None` for nothing, or a folder.
    pub fn entry_at(
        &self,
        commit: ObjectId,
        path: &RepoPath,
    ) -> Result<Option<Entry>, HistoryError> {
        let unavailable = |why| HistoryError::Unavailable {
            path: path.clone(),
            why,
            remedy: format!("; {}", self.remedy()),
        };
        let objects = self.objects();
        let tree = tree_of(&objects, commit, &mut Vec::new()).map_err(unavailable)?;
        let found = Trees::new()
            .lookup(&objects, tree, path.as_bytes())
            .map_err(unavailable)?;
        Ok(found.map(|(mode, _)| Entry::of(mode)))
    }

    /// The content of a file of HEAD; `None` if HEAD has no such file.
    pub fn head_file(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, HistoryError> {
        match self.resolve(None)? {
            Some(head) => self.file_at(head, path),
            None => Ok(None),
        }
    }

    /// The content of a file of a commit; `None` if the commit has no such file.
    pub fn file_at(
        &self,
        commit: ObjectId,
        path: &RepoPath,
    ) -> Result<Option<Vec<u8>>, HistoryError> {
        let unavailable = |why| HistoryError::Unavailable {
            path: path.clone(),
            why,
            remedy: match why {
                Gap::TooLarge => String::new(),
                Gap::Missing | Gap::Damaged => format!("; {}", self.remedy()),
            },
        };
        let objects = self.objects();
        let mut buffer = Vec::new();
        let tree = tree_of(&objects, commit, &mut buffer).map_err(unavailable)?;
        let found = Trees::new()
            .lookup(&objects, tree, path.as_bytes())
            .map_err(unavailable)?;
        let Some((_, id)) = found.filter(|(mode, _)| mode.is_text_candidate()) else {
            return Ok(None);
        };
        objects
            .read(id, Kind::Blob, &mut buffer)
            .map_err(unavailable)?;
        Ok(Some(buffer))
    }

    /// The regular files of a commit, by path.
    #[must_use]
    pub fn files_at(&self, commit: ObjectId) -> Vec<(RepoPath, ObjectId)> {
        let objects = self.objects();
        let Ok(tree) = tree_of(&objects, commit, &mut Vec::new()) else {
            return Vec::new();
        };
        let mut files = Vec::new();
        Trees::new().differences(&objects, None, tree, |difference| {
            if let Some((mode, id)) = difference.after
                && mode.is_text_candidate()
            {
                files.push((RepoPath::new(difference.path.to_vec()), id));
            }
        });
        files
    }

    /// The regular files right in a folder of a commit, by name.
    #[must_use]
    pub fn folder_at(&self, commit: ObjectId, folder: &str) -> Vec<(String, ObjectId)> {
        let local = self.local();
        let found = || {
            let tree = local.find_commit(commit).ok()?.tree().ok()?;
            let entry = tree.lookup_entry_by_path(folder).ok()??;
            let folder = entry.object().ok()?.try_into_tree().ok()?;
            let files = folder.iter().filter_map(Result::ok);
            let files = files.filter(|entry| entry.mode().is_blob());
            Some(
                files
                    .map(|entry| (entry.filename().to_string(), entry.oid().to_owned()))
                    .collect(),
            )
        };
        found().unwrap_or_default()
    }

    /// Whether a commit carries a signature; whether it holds is not looked at.
    #[must_use]
    pub fn is_signed(&self, commit: ObjectId) -> bool {
        let local = self.local();
        let Ok(commit) = local.find_commit(commit) else {
            return false;
        };
        commit
            .decode()
            .is_ok_and(|decoded| decoded.extra_headers().pgp_signature().is_some())
    }

    /// The content of the file of these that has most lines in common with a text, at least one
    /// half: what was renamed to it.
    #[must_use]
    pub fn renamed_from(&self, files: &[(RepoPath, ObjectId)], text: &[u8]) -> Option<Vec<u8>> {
        let mut best: Option<(u32, Vec<u8>)> = None;
        for (_, id) in files {
            let Some(old) = self.blob(*id).filter(|old| !is_binary(old)) else {
                continue;
            };
            if let Some(common) = mostly_kept(&old, text)
                && best.as_ref().is_none_or(|(most, _)| common > *most)
            {
                best = Some((common, old));
            }
        }
        best.map(|(_, old)| old)
    }

    /// The submodule of a commit that a path lies in, and its commit there.
    #[must_use]
    pub fn submodule_at(&self, commit: ObjectId, path: &RepoPath) -> Option<(RepoPath, ObjectId)> {
        let objects = self.objects();
        let tree = tree_of(&objects, commit, &mut Vec::new()).ok()?;
        let path = path.as_bytes();
        let mut trees = Trees::new();
        memchr::memchr_iter(b'/', path).find_map(|end| {
            let folder = &path[..end];
            let (mode, id) = trees.lookup(&objects, tree, folder).ok()??;
            (mode == Mode::Submodule).then(|| (RepoPath::new(folder), id))
        })
    }

    /// The address that git would write into a commit made here, from the repository's own and the
    /// user's configuration: who runs the command.
    #[must_use]
    pub fn own_email(&self) -> Option<Vec<u8>> {
        // The repository is opened in isolation; who the user is stands in the user's own file.
        let local = self.local();
        let own = local
            .config_snapshot()
            .string("user.email")
            .map(|email| email.to_vec());
        own.or_else(|| {
            let user = gix::config::File::from_globals().ok()?;
            user.string("user.email").map(|email| email.to_vec())
        })
    }

    /// The remote that a fetch without arguments would ask, if there is one.
    #[must_use]
    pub fn remote(&self) -> Option<String> {
        let local = self.local();
        let name = local.remote_default_name(gix::remote::Direction::Fetch)?;
        Some(name.to_string())
    }

    /// Author and committer of a commit with their time zones.
    #[must_use]
    pub fn signatures(&self, id: ObjectId) -> Option<(ZonedSignature, ZonedSignature)> {
        let local = self.local();
        let commit = local.find_commit(id).ok()?;
        let zoned = |signature: gix::actor::SignatureRef<'_>| {
            let time = signature.time().ok();
            ZonedSignature {
                name: signature.name.to_vec(),
                email: signature.email.to_vec(),
                seconds: time.map_or(0, |t| t.seconds),
                offset_minutes: time.map_or(0, |t| t.offset / 60),
            }
        };
        let author = commit.author().ok().map(zoned)?;
        let committer = commit.committer().ok().map(zoned)?;
        Some((author, committer))
    }
}

pub(crate) fn tree_of(
    objects: &Objects,
    commit: ObjectId,
    buffer: &mut Vec<u8>,
) -> Result<ObjectId, Gap> {
    objects.read(commit, Kind::Commit, buffer)?;
    CommitRefIter::from_bytes(buffer, objects.hash_kind())
        .tree_id()
        .map_err(|_| Gap::Damaged)
}

impl History {
    /// Where this history left that of `base`: the latest commit that both have, `base` itself if it
    /// is part of it. A base that is not (a branch that went on elsewhere) is followed to where the
    /// two meet.
    #[must_use]
    pub fn fork_of(&self, repository: &Repository, base: ObjectId) -> Option<ObjectId> {
        let index: rustc_hash::FxHashMap<ObjectId, CommitIx> = self
            .commits
            .iter()
            .zip(0..)
            .map(|(commit, ix)| (commit.id, CommitIx(ix)))
            .collect();
        let mut met: Option<CommitIx> = None;
        let mut foreign = vec![base];
        let mut seen: FxHashSet<ObjectId> = FxHashSet::default();
        let local = repository.local();
        while let Some(id) = foreign.pop() {
            if !seen.insert(id) {
                continue;
            }
            match index.get(&id) {
                // Children come before parents: the first is nobody's ancestor.
                Some(ix) => met = Some(met.map_or(*ix, |known| known.min(*ix))),
                // A commit that is missing ends the walk there: shallow clones.
                None => {
                    if let Ok(commit) = local.find_commit(id) {
                        foreign.extend(commit.parent_ids().map(gix::Id::detach));
                    }
                }
            }
        }
        met.map(|ix| self.commit(ix).id)
    }
}
