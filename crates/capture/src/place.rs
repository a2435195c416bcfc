//! Where a file belongs: the work tree around it, its git directory, and how git stands there.
//!
//! Plain file reads, because this runs in every hook: no configuration is parsed and no object is
//! opened. What it cannot make out (a reference in an unknown storage) is left out, and whatever
//! depends on it is not claimed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use trueline_facts::RepoPath;

/// Files in the git directory that git keeps while an operation is under way.
const UNDER_WAY: [&str; 8] = [
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "BISECT_LOG",
    "SQUASH_MSG",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
];

/// A work tree and its directories.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The work tree.
    pub work_tree: PathBuf,
    /// Its git directory.
    pub git_dir: PathBuf,
    /// The git directory that linked work trees share.
    pub common_dir: PathBuf,
}

/// How git stands in a work tree. Where it is the same before and after, git has not touched the
/// files in between.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ground {
    /// The commit of HEAD, in hexadecimal; empty where there is none or it cannot be told.
    pub(crate) head: Box<str>,
    /// The newest stash; empty where there is none.
    pub(crate) stash: Box<str>,
    /// A digest of HEAD, stash and the index file's stat.
    pub(crate) mark: u64,
    /// A merge, rebase, pick … is under way, so that changes may be git's.
    pub(crate) busy: bool,
}

impl Place {
    /// The work tree that a path lies in. The path need not exist.
    #[must_use]
    pub fn around(path: &Path) -> Option<Self> {
        let mut at = Some(path);
        while let Some(folder) = at {
            let dot_git = folder.join(".git");
            match fs::metadata(&dot_git) {
                Ok(meta) if meta.is_dir() && dot_git.join("HEAD").exists() => {
                    return Some(Self {
                        work_tree: folder.to_owned(),
                        common_dir: common(&dot_git),
                        git_dir: dot_git,
                    });
                }
                Ok(meta) if meta.is_file() => {
                    let git_dir = linked(&dot_git, folder)?;
                    return Some(Self {
                        work_tree: folder.to_owned(),
                        common_dir: common(&git_dir),
                        git_dir,
                    });
                }
                _ => at = folder.parent(),
            }
        }
        None
    }

    /// A path of this work tree, relative to it; `None` for its root and for git's own files.
    #[must_use]
    pub fn relative(&self, path: &Path) -> Option<RepoPath> {
        let rest = path.strip_prefix(&self.work_tree).ok()?;
        let mut out = Vec::new();
        for part in rest.components() {
            let std::path::Component::Normal(part) = part else {
                return None;
            };
            let part = part.to_str()?;
            if part.eq_ignore_ascii_case(".git") {
                return None;
            }
            if !out.is_empty() {
                out.push(b'/');
            }
            out.extend_from_slice(part.as_bytes());
        }
        (!out.is_empty()).then(|| RepoPath::new(out))
    }

    /// Where our own files of this work tree are: `trueline/capture` in the shared git directory.
    #[must_use]
    pub fn capture_dir(&self) -> PathBuf {
        let capture = self.common_dir.join("trueline").join("capture");
        match self.git_dir.strip_prefix(self.common_dir.join("worktrees")) {
            Ok(name) if !name.as_os_str().is_empty() => capture.join("worktrees").join(name),
            _ => capture,
        }
    }

    pub(crate) fn ground(&self) -> Ground {
        let head = self.head().unwrap_or_default();
        let stash = self.reference("refs/stash").unwrap_or_default();
        let mut digest = Sha256::new();
        digest.update(head.as_bytes());
        digest.update([0]);
        digest.update(stash.as_bytes());
        if let Ok(index) = fs::metadata(self.git_dir.join("index")) {
            let modified = index.modified().ok();
            let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            digest.update(since.map_or(0, |t| t.as_nanos()).to_le_bytes());
            digest.update(index.len().to_le_bytes());
        }
        let digest = digest.finalize();
        Ground {
            head: head.into(),
            stash: stash.into(),
            mark: digest
                .iter()
                .take(8)
                .fold(0, |mark, byte| mark << 8 | u64::from(*byte)),
            busy: UNDER_WAY
                .iter()
                .any(|name| self.git_dir.join(name).exists()),
        }
    }

    fn head(&self) -> Option<String> {
        let head = fs::read_to_string(self.git_dir.join("HEAD")).ok()?;
        match head.strip_prefix("ref: ") {
            Some(name) => self.reference(name.trim()),
            None => object_id(&head),
        }
    }

    fn reference(&self, name: &str) -> Option<String> {
        let shared = !name.starts_with("refs/bisect/") && !name.starts_with("refs/worktree/");
        let base = if shared {
            &self.common_dir
        } else {
            &self.git_dir
        };
        if let Ok(loose) = fs::read_to_string(base.join(name)) {
            return object_id(&loose);
        }
        let packed = fs::read_to_string(self.common_dir.join("packed-refs")).ok()?;
        packed
            .lines()
            .find_map(|line| line.split_once(' ').filter(|(_, n)| *n == name))
            .and_then(|(id, _)| object_id(id))
    }
}

fn object_id(text: &str) -> Option<String> {
    let id = text.trim();
    let well_formed = matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
    well_formed.then(|| id.to_owned())
}

fn linked(dot_git: &Path, folder: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(dot_git).ok()?;
    let path = text.strip_prefix("gitdir:")?.trim();
    let git_dir = crate::event::normal(&folder.join(path));
    git_dir.join("HEAD").exists().then_some(git_dir)
}

fn common(git_dir: &Path) -> PathBuf {
    match fs::read_to_string(git_dir.join("commondir")) {
        Ok(text) => crate::event::normal(&git_dir.join(text.trim())),
        Err(_) => git_dir.to_owned(),
    }
}
