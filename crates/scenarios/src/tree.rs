//! A small tree of files in memory: scenarios, overlays, what a learner hands in.
//!
//! Trees come from the binary or from folders of strangers, so reading has budgets and takes regular
//! files only: links, pipes and devices are refused, not skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

const MOST_FILES: usize = 1_000;
const MOST_BYTES: u64 = 32 << 20;
const DEEPEST: usize = 16;

/// Why a folder is no tree.
#[derive(Debug, Error)]
pub enum TreeError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something in it is no plain file.
    #[error("{}: {what}; a scenario or an answer holds plain files and folders only", path.display())]
    Special {
        /// Where.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// It is larger than such a thing is.
    #[error("{}: more than {what}", path.display())]
    TooLarge {
        /// Where.
        path: PathBuf,
        /// Which budget.
        what: &'static str,
    },
}

/// Files by their paths, with `/` between the parts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, Vec<u8>>,
    /// Those that can be executed: what a compiler made.
    programs: BTreeSet<String>,
}

impl Tree {
    /// Reads a folder.
    pub fn read(folder: &Path) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let mut bytes = 0;
        let mut todo = vec![(folder.to_owned(), String::new(), 0)];
        while let Some((folder, prefix, depth)) = todo.pop() {
            let unreadable = |source| TreeError::Unreadable {
                path: folder.clone(),
                source,
            };
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                let Ok(name) = entry.file_name().into_string() else {
                    return Err(TreeError::Special {
                        path,
                        what: "a name that is no UTF-8",
                    });
                };
                let kind = entry.file_type().map_err(unreadable)?;
                if kind.is_dir() {
                    if name == "__pycache__" {
                        continue;
                    }
                    if depth >= DEEPEST {
                        return Err(TreeError::TooLarge {
                            path,
                            what: "16 folders deep",
                        });
                    }
                    todo.push((path, format!("{prefix}{name}/"), depth + 1));
                    continue;
                }
                let content = read_plain(&path, MOST_BYTES - bytes)?;
                bytes += content.len() as u64;
                if is_program(&path) {
                    tree.programs.insert(format!("{prefix}{name}"));
                }
                tree.files.insert(format!("{prefix}{name}"), content);
                if tree.files.len() > MOST_FILES {
                    return Err(TreeError::TooLarge {
                        path,
                        what: "1,000 files",
                    });
                }
            }
        }
        Ok(tree)
    }

    /// The file at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// The file as text; what is no UTF-8 is replaced.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        self.get(path)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Puts a file there.
    pub fn insert(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    /// What lies below a folder, with paths from there.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        if folder.is_empty() {
            return self.clone();
        }
        let prefix = format!("{folder}/");
        let within = |path: &String| Some(path.strip_prefix(&prefix)?.to_owned());
        Self {
            programs: self.programs.iter().filter_map(within).collect(),
            files: self
                .files
                .range(prefix.clone()..)
                .take_while(|(path, _)| path.starts_with(&prefix))
                .map(|(path, content)| (path[prefix.len()..].to_owned(), content.clone()))
                .collect(),
        }
    }

    /// Names of the folders directly below a folder.
    #[must_use]
    pub fn folders(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .below(folder)
            .files
            .keys()
            .filter_map(|path| Some(path.split_once('/')?.0.to_owned()))
            .collect();
        names.dedup();
        names
    }

    /// This tree with another laid over it.
    #[must_use]
    pub fn with(mut self, over: &Self) -> Self {
        self.files
            .extend(over.files.iter().map(|(p, c)| (p.clone(), c.clone())));
        self.programs.extend(over.programs.iter().cloned());
        self
    }

    /// This tree without a file.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.files.remove(path);
        self
    }

    /// Paths and contents, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(p, c)| (p.as_str(), c.as_slice()))
    }

    /// Whether a file can be executed.
    #[must_use]
    pub fn is_program(&self, path: &str) -> bool {
        self.programs.contains(path)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Writes the files below an existing folder that nobody else writes to.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, content) in &self.files {
            let target = folder.join(path);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&target, content)?;
            if self.is_program(path) {
                make_program(&target)?;
            }
        }
        Ok(())
    }
}

impl FromIterator<(String, Vec<u8>)> for Tree {
    fn from_iter<T: IntoIterator<Item = (String, Vec<u8>)>>(iter: T) -> Self {
        Self {
            files: iter.into_iter().collect(),
            programs: BTreeSet::new(),
        }
    }
}

/// Reads a plain file of at most so many bytes. It is looked at before it is opened, so that a pipe does not hang us.
pub(crate) fn read_plain(path: &Path, most: u64) -> Result<Vec<u8>, TreeError> {
    let unreadable = |source| TreeError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let meta = fs::symlink_metadata(path).map_err(unreadable)?;
    let what = if meta.is_symlink() {
        "a symbolic link"
    } else if meta.is_dir() {
        "a folder"
    } else if !meta.is_file() {
        "neither a file nor a folder"
    } else if links(&meta) > 1 {
        "a file with several hard links"
    } else {
        let mut content = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(most + 1)
            .read_to_end(&mut content)
            .map_err(unreadable)?;
        if content.len() as u64 > most {
            return Err(TreeError::TooLarge {
                path: path.to_owned(),
                what: "32 MB",
            });
        }
        return Ok(content);
    };
    Err(TreeError::Special {
        path: path.to_owned(),
        what,
    })
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::symlink_metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
}

#[cfg(unix)]
pub(crate) fn make_program(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
const fn is_program(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
pub(crate) const fn make_program(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn links(meta: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(meta)
}

#[cfg(not(unix))]
const fn links(_: &fs::Metadata) -> u64 {
    1
}
