//! Where a run takes place: a work tree, a bare repository, or a folder outside of git.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use trueline_facts::{CommitId, Diagnostic, Level, RepoPath};
use trueline_history::repository::Repository;
use trueline_history::{HistoryError, ObjectId};

use crate::check::Contents;
use crate::config::{Config, FILE_NAME};
use crate::memory::Stat;
use crate::source::{self, Scope};
use crate::{ScanError, scan};

/// Where a run takes place.
#[derive(Debug)]
pub(crate) struct Place {
    /// As given, without links.
    path: PathBuf,
    /// The part of the tree that was asked for; empty for all.
    pub(crate) prefix: RepoPath,
    ground: Ground,
}

#[derive(Debug)]
enum Ground {
    WorkTree {
        repository: Repository,
        root: PathBuf,
    },
    Bare {
        repository: Repository,
    },
    Plain {
        root: PathBuf,
        /// There is a repository, and it cannot be opened.
        damage: Option<HistoryError>,
    },
}

impl Place {
    /// Finds out what a path is.
    pub(crate) fn open(given: &Path) -> Result<Self, ScanError> {
        let place = Self::open_for_code(given)?;
        match place.ground {
            Ground::Plain {
                damage: Some(damage),
                ..
            } => Err(damage.into()),
            _ => Ok(place),
        }
    }

    /// As [`Self::open`], for what needs no history: a repository that cannot be opened is a folder,
    /// whose [`Self::damage`] says so.
    pub(crate) fn open_for_code(given: &Path) -> Result<Self, ScanError> {
        let path = given.canonicalize().map_err(|source| ScanError::Path {
            path: given.to_owned(),
            source,
        })?;
        let folder = if path.is_dir() {
            path.as_path()
        } else {
            path.parent().unwrap_or(&path)
        };
        let ground = match Repository::discover(folder) {
            Ok(repository) => match repository.work_dir() {
                Some(root) => Ground::WorkTree {
                    root: root.canonicalize().unwrap_or(root),
                    repository,
                },
                None => Ground::Bare { repository },
            },
            Err(HistoryError::NotARepository { .. }) => Ground::Plain {
                root: folder.to_owned(),
                damage: None,
            },
            Err(damage @ HistoryError::Damaged { .. }) => Ground::Plain {
                root: with_git(folder).to_owned(),
                damage: Some(damage),
            },
            Err(error) => return Err(error.into()),
        };
        let prefix = match &ground {
            Ground::WorkTree { root, .. } | Ground::Plain { root, .. } => path
                .strip_prefix(root)
                .ok()
                .and_then(|below| <[u8]>::from_path(below))
                .map(RepoPath::new)
                .unwrap_or_default(),
            Ground::Bare { .. } => RepoPath::default(),
        };
        Ok(Self {
            path,
            prefix,
            ground,
        })
    }

    /// The repository, if there is one.
    pub(crate) const fn repository(&self) -> Option<&Repository> {
        match &self.ground {
            Ground::WorkTree { repository, .. } | Ground::Bare { repository } => Some(repository),
            Ground::Plain { .. } => None,
        }
    }

    /// Why history cannot be read, though there is a repository.
    pub(crate) const fn damage(&self) -> Option<&HistoryError> {
        match &self.ground {
            Ground::Plain { damage, .. } => damage.as_ref(),
            Ground::WorkTree { .. } | Ground::Bare { .. } => None,
        }
    }

    /// The folder that paths are relative to; of a bare repository the repository itself.
    pub(crate) fn root_path(&self) -> &Path {
        match &self.ground {
            Ground::WorkTree { root, .. } | Ground::Plain { root, .. } => root,
            Ground::Bare { .. } => &self.path,
        }
    }

    /// Stands for the tree and the part of it that was asked for, on this machine.
    pub(crate) fn identity(&self) -> Vec<u8> {
        let mut identity = self.root_path().as_os_str().as_encoded_bytes().to_vec();
        identity.push(0);
        identity.extend_from_slice(self.prefix.as_bytes());
        identity
    }

    /// Whether what `other` looks at is a part of what this one looks at, or all of it.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        let (whole, part) = (self.prefix.as_bytes(), other.prefix.as_bytes());
        self.is_same(other)
            && part
                .strip_prefix(whole)
                .is_some_and(|rest| rest.is_empty() || whole.is_empty() || rest.starts_with(b"/"))
    }

    /// The same repository, though perhaps another work tree of it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let common = |place: &Self| {
            let folder = place.repository()?.common_dir();
            folder.canonicalize().ok()
        };
        common(self).is_some_and(|own| common(other) == Some(own))
    }

    /// Without a work tree?
    pub(crate) const fn is_bare(&self) -> bool {
        matches!(self.ground, Ground::Bare { .. })
    }

    /// The name of the folder, for headings. `app.git` is called `app`.
    pub(crate) fn name(&self) -> String {
        let name = self
            .root_path()
            .file_name()
            .map_or_else(|| "/".to_owned(), |n| n.to_string_lossy().into_owned());
        match name.strip_suffix(".git") {
            Some(stem) if !stem.is_empty() => stem.to_owned(),
            _ => name,
        }
    }

    /// The team's configuration: of the work tree, or of HEAD where there is none.
    pub(crate) fn config(&self) -> Result<Config, ScanError> {
        match &self.ground {
            Ground::WorkTree { root, .. } | Ground::Plain { root, .. } => Ok(Config::load(root)?),
            Ground::Bare { repository } => {
                let path = RepoPath::from(FILE_NAME);
                match repository.head_file(&path)? {
                    Some(bytes) => Ok(Config::parse(&bytes.to_str_lossy(), Path::new(FILE_NAME))?),
                    None => Ok(Config::default()),
                }
            }
        }
    }

    /// The commit that `--diff` compares with.
    pub(crate) fn base(&self, base: &str) -> Result<CommitId, ScanError> {
        let Some(repository) = self.repository() else {
            // Says what is damaged, if that is why.
            Self::open(&self.path)?;
            return Err(ScanError::DiffOutsideGit {
                base: base.to_owned(),
                path: self.path.clone(),
            });
        };
        let id = repository
            .resolve(Some(base))?
            .ok_or_else(|| ScanError::NoCommit {
                path: self.path.clone(),
                needs: "--diff needs one to compare with",
            })?;
        Ok(scan::commit_id(id))
    }

    /// The content of a file of a commit, also of one of its submodules that is checked out.
    pub(crate) fn file_of(&self, commit: &CommitId, path: &RepoPath) -> Option<Vec<u8>> {
        let repository = self.repository()?;
        let id = repository.resolve(Some(commit.as_str())).ok()??;
        if let Some(content) = repository.file_at(id, path).ok().flatten() {
            return Some(content);
        }
        let (folder, pinned) = repository.submodule_at(id, path)?;
        let below = path.as_bytes().get(folder.as_bytes().len() + 1..)?.to_vec();
        let folder = self.root_path().join(folder.as_bytes().to_path().ok()?);
        let inner = Repository::discover(&folder).ok()?;
        inner.file_at(pinned, &RepoPath::new(below)).ok().flatten()
    }

    /// The files of a commit that are not there now.
    pub(crate) fn gone_since(&self, commit: &CommitId) -> Vec<(RepoPath, ObjectId)> {
        let Some(repository) = self.repository() else {
            return Vec::new();
        };
        let Ok(Some(id)) = repository.resolve(Some(commit.as_str())) else {
            return Vec::new();
        };
        let mut files = repository.files_at(id);
        match &self.ground {
            Ground::WorkTree { root, .. } | Ground::Plain { root, .. } => {
                files.retain(|(path, _)| !source::is_file(root, path));
            }
            Ground::Bare { .. } => {
                let head = repository.resolve(None).ok().flatten();
                let now = head
                    .map(|head| repository.files_at(head))
                    .unwrap_or_default();
                let now: BTreeSet<RepoPath> = now.into_iter().map(|(path, _)| path).collect();
                files.retain(|(path, _)| !now.contains(path));
            }
        }
        files
    }

    /// The files to check, sorted.
    pub(crate) fn list(
        &self,
        scope: &Scope,
        tracked: &[&RepoPath],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> source::Listed {
        match &self.ground {
            Ground::WorkTree { root, .. } | Ground::Plain { root, .. } => {
                source::list(root, scope, tracked, diagnostics)
            }
            Ground::Bare { .. } => {
                let mut all: Vec<RepoPath> = tracked.iter().map(|p| (*p).clone()).collect();
                all.sort();
                let listed = source::Listed::of(scope, all.into_iter());
                diagnostics.extend(listed.of_excluded());
                listed
            }
        }
    }

    /// How the bytes of files are had.
    pub(crate) fn contents(&self) -> Box<dyn Contents + '_> {
        match &self.ground {
            Ground::WorkTree { root, .. } | Ground::Plain { root, .. } => {
                Box::new(FileContents { root })
            }
            Ground::Bare { repository } => Box::new(HeadContents { repository }),
        }
    }
}

/// The nearest folder at or above that has something of the name of git's directory.
fn with_git(folder: &Path) -> &Path {
    let mut above = folder.ancestors();
    above
        .find(|folder| folder.join(".git").symlink_metadata().is_ok())
        .unwrap_or(folder)
}

struct FileContents<'a> {
    root: &'a Path,
}

impl Contents for FileContents<'_> {
    fn read(&self, path: &RepoPath) -> Result<Vec<u8>, Diagnostic> {
        source::read(self.root, path)
    }

    fn stat(&self, path: &RepoPath) -> Option<Stat> {
        source::stat(self.root, path)
    }
}

struct HeadContents<'a> {
    repository: &'a Repository,
}

impl Contents for HeadContents<'_> {
    fn stat(&self, _: &RepoPath) -> Option<Stat> {
        None
    }

    fn read(&self, path: &RepoPath) -> Result<Vec<u8>, Diagnostic> {
        let unreadable = |why: &dyn std::fmt::Display| {
            Diagnostic::new(
                Level::Warning,
                "file-unreadable",
                format!("could not be read: {why}"),
            )
            .at(path.clone())
        };
        match self.repository.head_file(path) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(unreadable(&"not in this repository")),
            Err(error) => Err(unreadable(&error)),
        }
    }
}
