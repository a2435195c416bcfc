//! Opening a repository and reading its objects, under limits and without trusting it.
//!
//! Only the repository's own configuration is read (no user or system files, no environment), no
//! hook or filter runs, no link is followed, nothing is fetched. Replacement refs are honoured, as
//! git does by default. What is missing or too large comes back as a [`Gap`], never as a failure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use gix::objs::{Find, FindHeader, Kind};
use thiserror::Error;

/// The largest blob whose lines are looked at.
pub const MAX_BLOB_BYTES: u64 = 5 << 20;

/// The largest tree or commit that is read; git itself writes far smaller ones.
const MAX_STRUCTURE_BYTES: u64 = 64 << 20;

/// How many leading bytes decide whether a blob is binary, as in git.
const BINARY_PROBE: usize = 8000;

/// Decoded pack objects kept per reader, as bases for the deltas that follow.
const DELTA_BASE_CACHE_BYTES: usize = 48 << 20;

/// Why history cannot be read at all. Anything smaller is a diagnostic in the result.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// No repository here or above.
    #[error("no git repository at or above {}", path.display())]
    NotARepository {
        /// Where the search began.
        path: PathBuf,
        /// What the search met.
        #[source]
        source: gix::Error,
    },
    /// There is one, but it cannot be opened.
    #[error("{} is a git repository that cannot be opened: {source}", path.display())]
    Damaged {
        /// Where the search began.
        path: PathBuf,
        /// What is wrong with it.
        source: gix::Error,
    },
    /// The revision names no commit of this repository.
    #[error(
        "`{rev}` names no commit that is present here{}",
        if *.shallow { ": this is a shallow clone, `git fetch --unshallow` brings the rest of the history" } else { "" }
    )]
    UnknownRevision {
        /// As given.
        rev: String,
        /// History is cut here, so that it may name one elsewhere.
        shallow: bool,
    },
    /// HEAD names a commit that is missing or cannot be read.
    #[error("HEAD cannot be read: {source}; `git fsck` says what is damaged")]
    HeadUnreadable {
        /// What git's rules say.
        source: gix::Error,
    },
    /// Branches and tags are kept in a form that is not read.
    #[error(
        "branches and tags of this repository are kept as a reftable, which is not read yet; \
         `git refs migrate --ref-format=files` (git 2.46 or later) turns them into files"
    )]
    Reftable,
    /// The path is not a file at the revision.
    #[error("`{path}` is not a file at {commit}")]
    NotAFile {
        /// As given.
        path: trueline_facts::RepoPath,
        /// The commit looked at.
        commit: ObjectId,
    },
    /// The commit that was asked for is missing, or what is there is no commit.
    #[error("commit {commit} cannot be read; `git fsck` says what is damaged")]
    CommitUnreadable {
        /// Which.
        commit: ObjectId,
    },
    /// A directory above the path is missing or damaged.
    #[error("the directory of `{path}` cannot be read at {commit}: {why}; {remedy}")]
    TreeUnreadable {
        /// As given.
        path: trueline_facts::RepoPath,
        /// The commit looked at.
        commit: ObjectId,
        /// Why not.
        why: Gap,
        /// What to do.
        remedy: &'static str,
    },
    /// Stopped before the commit was read.
    #[error("interrupted before the history was read")]
    Interrupted,
    /// HEAD has the file, but its content cannot be had.
    #[error("HEAD has `{path}`, but {why}{remedy}")]
    Unavailable {
        /// The file.
        path: trueline_facts::RepoPath,
        /// Why not.
        why: Gap,
        /// What to do, after a semicolon; nothing where nothing helps.
        remedy: String,
    },
    /// The index cannot be read.
    #[error("the index of git cannot be read: {why}")]
    Index {
        /// What git's rules say.
        why: String,
    },
    /// The references cannot be listed.
    #[error("cannot list the references")]
    References(#[source] gix::Error),
    /// The threads of the walk cannot be started.
    #[error("cannot start the threads of the walk")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// A reference and the object it names, after peeling tags.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reference {
    /// Full name: `refs/heads/main`.
    pub name: BString,
    /// What it names.
    pub target: ObjectId,
}

/// An opened repository; cheap to share between threads.
#[derive(Debug)]
pub struct Repository {
    shared: gix::ThreadSafeRepository,
    /// Objects that were asked for and are not here: with them, answers could differ.
    missing: Arc<Mutex<BTreeSet<ObjectId>>>,
}

impl Repository {
    /// Opens the repository that `path` lies in: a work tree, a linked work tree, a submodule or a
    /// bare repository.
    pub fn discover(path: &Path) -> Result<Self, HistoryError> {
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
        .map(|shared| Self {
            shared,
            missing: Arc::default(),
        })
        .map_err(|source| {
            use gix::discover::upwards::Error;
            let is_absent = match source.downcast_any_ref::<Error>() {
                Some(Error::NoGitRepository { .. }) => !has_remains(path),
                Some(
                    Error::NoGitRepositoryWithinCeiling { .. }
                    | Error::NoGitRepositoryWithinFs { .. },
                ) => true,
                _ => !path.exists(),
            };
            let path = path.to_owned();
            if is_absent {
                HistoryError::NotARepository { path, source }
            } else {
                HistoryError::Damaged { path, source }
            }
        })
    }

    /// A handle for one thread.
    #[must_use]
    pub fn local(&self) -> gix::Repository {
        self.shared.to_thread_local()
    }

    /// The directory that linked work trees share.
    #[must_use]
    pub fn common_dir(&self) -> PathBuf {
        self.local().common_dir().to_owned()
    }

    /// The work tree, unless the repository is bare.
    #[must_use]
    pub fn work_dir(&self) -> Option<PathBuf> {
        self.local().workdir().map(Path::to_owned)
    }

    /// The commit that `rev` names, HEAD by default; `None` where HEAD has no commit yet.
    pub fn resolve(&self, rev: Option<&str>) -> Result<Option<ObjectId>, HistoryError> {
        let repo = self.local();
        let unknown = |source: gix::Error| match rev {
            _ if uses_reftable(&repo) => HistoryError::Reftable,
            Some(rev) => HistoryError::UnknownRevision {
                rev: rev.to_owned(),
                shallow: repo.is_shallow().unwrap_or_default(),
            },
            None => HistoryError::HeadUnreadable { source },
        };
        let id = match rev {
            Some(rev) => repo.rev_parse_single(rev.as_bytes().as_bstr()),
            None if repo.head().map_err(unknown)?.is_unborn() => return Ok(None),
            None => repo.head_id(),
        }
        .map_err(unknown)?
        .detach();
        let peeled = repo
            .find_object(id)
            .map_err(unknown)?
            .peel_to_kind(Kind::Commit)
            .map_err(unknown)?;
        Ok(Some(peeled.id))
    }

    /// Is there a reference of this name, whole or short, whatever became of its commit?
    #[must_use]
    pub fn has_reference(&self, name: &str) -> bool {
        self.local().find_reference(name).is_ok()
    }

    /// All references that name an object, by name.
    pub fn references(&self) -> Result<Vec<Reference>, HistoryError> {
        let repo = self.local();
        let platform = repo.references().map_err(HistoryError::References)?;
        let all = platform.all().map_err(HistoryError::References)?;
        let mut found: Vec<Reference> = all
            .filter_map(Result::ok)
            .filter_map(|mut reference| {
                let target = reference.peel_to_id().ok()?.detach();
                Some(Reference {
                    name: reference.name().as_bstr().to_owned(),
                    target,
                })
            })
            .collect();
        found.sort();
        Ok(found)
    }

    /// The replacement references, by name: with others, the same ids mean other objects.
    pub(crate) fn replacements(&self) -> Vec<Reference> {
        let repo = self.local();
        let Ok(platform) = repo.references() else {
            return Vec::new();
        };
        let Ok(replaced) = platform.prefixed("refs/replace/") else {
            return Vec::new();
        };
        let mut found: Vec<Reference> = replaced
            .filter_map(Result::ok)
            .filter_map(|mut reference| {
                let target = reference.peel_to_id().ok()?.detach();
                Some(Reference {
                    name: reference.name().as_bstr().to_owned(),
                    target,
                })
            })
            .collect();
        found.sort();
        found
    }

    /// The commits at which a shallow clone ends; empty for a whole one.
    #[must_use]
    pub fn shallow_commits(&self) -> Vec<ObjectId> {
        let mut commits: Vec<ObjectId> = self
            .local()
            .shallow_commits()
            .ok()
            .flatten()
            .map(|snapshot| snapshot.iter().copied().collect())
            .unwrap_or_default();
        commits.sort_unstable();
        commits
    }

    /// What to do about objects that cannot be read.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        if is_partial(&self.local()) {
            "this is a partial clone, and `git fetch --refetch --no-filter` brings what is missing"
        } else if self.local().remote_names().is_empty() {
            "`git fsck` names them; this repository has no remote, so take them from another clone or a backup"
        } else {
            "`git fsck` says what is damaged; in a partial clone `git fetch --refetch --no-filter` brings \
             what is missing"
        }
    }

    pub(crate) fn objects(&self) -> Objects {
        let mut repo = self.local();
        repo.objects.set_pack_cache(|| {
            Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(
                of_one_thread(DELTA_BASE_CACHE_BYTES),
            ))
        });
        Objects {
            missing: Arc::clone(&self.missing),
            ..Objects::of(repo)
        }
    }

    /// All objects found missing so far, by id.
    pub(crate) fn missing(&self) -> Vec<ObjectId> {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        missing.iter().copied().collect()
    }

    pub(crate) fn note_missing(&self, ids: impl Iterator<Item = ObjectId>) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        missing.extend(ids);
    }
}

/// Whether objects were left out on purpose, to be fetched when they are needed.
fn is_partial(repo: &gix::Repository) -> bool {
    let config = repo.config_snapshot();
    config.string("extensions.partialClone").is_some()
        || repo.remote_names().iter().any(|remote| {
            let key = format!("remote.{}.promisor", remote.to_str_lossy());
            config.boolean(key.as_str()) == Some(true)
        })
}

/// Git says it by an extension, and puts a HEAD that names no branch in place for those who do not
/// know of it.
fn uses_reftable(repo: &gix::Repository) -> bool {
    repo.config_snapshot()
        .string("extensions.refStorage")
        .is_some_and(|format| format.trim().eq_ignore_ascii_case(b"reftable"))
}

/// Whether a directory at or above `path` has what is left of a git directory, which the search
/// passes over in silence when it lacks something.
fn has_remains(path: &Path) -> bool {
    let start = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    start.ancestors().any(|directory| {
        let git = directory.join(".git");
        let Ok(metadata) = git.symlink_metadata() else {
            return false;
        };
        // Not being allowed to look inside is damage, too. An empty directory is no repository.
        !metadata.is_dir()
            || ["HEAD", "objects", "config"]
                .iter()
                .any(|part| git.join(part).try_exists().unwrap_or(true))
    })
}

/// Why an object's content is not available.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Error)]
pub enum Gap {
    /// Not in this repository.
    #[error("its content is not in this repository")]
    Missing,
    /// There, but it does not decode or is of another kind.
    #[error("its content is damaged")]
    Damaged,
    /// Larger than the limit for its kind.
    #[error("it is too large")]
    TooLarge,
}

/// One thread's reader of objects.
pub(crate) struct Objects {
    repo: gix::Repository,
    empty_tree: ObjectId,
    missing: Arc<Mutex<BTreeSet<ObjectId>>>,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").finish_non_exhaustive()
    }
}

impl Objects {
    /// A reader whose gaps nobody asks for.
    pub(crate) fn of(repo: gix::Repository) -> Self {
        Self {
            empty_tree: ObjectId::empty_tree(repo.object_hash()),
            repo,
            missing: Arc::default(),
        }
    }

    pub(crate) fn hash_len(&self) -> usize {
        self.repo.object_hash().len_in_bytes()
    }

    pub(crate) fn hash_kind(&self) -> gix::hash::Kind {
        self.repo.object_hash()
    }

    /// Whether an object is present.
    pub(crate) fn contains(&self, id: ObjectId) -> bool {
        self.repo.has_object(id)
    }

    /// Size of a blob, from its header alone.
    pub(crate) fn blob_size(&self, id: ObjectId) -> Result<u64, Gap> {
        let header = self.header(id)?;
        if header.kind == Kind::Blob {
            Ok(header.size)
        } else {
            Err(Gap::Damaged)
        }
    }

    fn header(&self, id: ObjectId) -> Result<gix::objs::Header, Gap> {
        match self.repo.objects.try_header(&id) {
            Ok(Some(header)) => Ok(header),
            Ok(None) => Err(self.gap(id, Gap::Missing)),
            Err(_) => Err(self.gap(id, Gap::Damaged)),
        }
    }

    /// Remembers a gap that a fetch or a repair could fill.
    fn gap(&self, id: ObjectId, gap: Gap) -> Gap {
        self.missing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id);
        gap
    }

    /// Fills `buffer` with an object of the wanted kind, unless it is larger than its kind may be.
    pub(crate) fn read(&self, id: ObjectId, kind: Kind, buffer: &mut Vec<u8>) -> Result<(), Gap> {
        let limit = match kind {
            Kind::Blob => MAX_BLOB_BYTES,
            Kind::Tree | Kind::Commit | Kind::Tag => MAX_STRUCTURE_BYTES,
        };
        self.read_within(id, kind, limit, buffer)
    }

    /// The same with a limit of the caller's.
    pub(crate) fn read_within(
        &self,
        id: ObjectId,
        kind: Kind,
        limit: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Gap> {
        buffer.clear();
        if kind == Kind::Tree && id == self.empty_tree {
            return Ok(());
        }
        let header = self.header(id)?;
        if header.kind != kind {
            return Err(Gap::Damaged);
        }
        if header.size > limit {
            return Err(Gap::TooLarge);
        }
        match self.repo.objects.try_find(&id, buffer) {
            Ok(Some(data)) if data.kind == kind => Ok(()),
            Ok(None) => Err(self.gap(id, Gap::Missing)),
            Ok(Some(_)) => Err(Gap::Damaged),
            Err(_) => Err(self.gap(id, Gap::Damaged)),
        }
    }
}

/// What one thread may keep, when two of them may keep `bytes` each: more threads share the same sum.
pub(crate) fn of_one_thread(bytes: usize) -> usize {
    // Outside of a pool there is one thread; to ask for their number would start the global pool,
    // which costs a hook that reads one file a third of its time.
    match rayon::current_thread_index() {
        Some(_) => bytes * 2 / rayon::current_num_threads().max(2),
        None => bytes,
    }
}

/// Whether git would call this content binary: a NUL byte near the beginning.
#[must_use]
pub(crate) fn is_binary(content: &[u8]) -> bool {
    memchr::memchr(0, &content[..content.len().min(BINARY_PROBE)]).is_some()
}

/// How many lines this content has; a last line without a newline counts.
#[must_use]
pub(crate) fn count_lines(content: &[u8]) -> u32 {
    let ended = memchr::memchr_iter(b'\n', content).count();
    let open = content.last().is_some_and(|last| *last != b'\n');
    u32::try_from(ended + usize::from(open)).unwrap_or(u32::MAX)
}
