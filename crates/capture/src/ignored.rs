//! Ignore files of a tree: the nearest one that speaks of a path decides, as for git.
//!
//! Anybody can commit one, so each is taken for what it is: a regular file of bounded size. A link, a
//! pipe or a device of that name is not opened to the end, ignores nothing and is told of; git follows
//! no link there either.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::ByteSlice;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustc_hash::FxHashMap;

/// The name of ignore files.
pub const NAME: &str = ".gitignore";

/// Real ones are some kilobytes; each line costs the matcher much more memory than itself.
const MOST_BYTES: u64 = 1 << 20;
const MOST_RULES: usize = 20_000;
/// Of all files of a tree together: each costs the walk's time.
const MOST_RULES_OF_ALL: u64 = 200_000;

/// Why a file of that name was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unread {
    /// A link, a folder, a pipe or a device.
    NotAFile,
    /// More than is read.
    TooLarge,
    /// The system said no.
    Failed,
}

impl Unread {
    /// What to tell people.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::NotAFile => {
                "not a regular file (links are not followed): as for git, it ignores nothing"
            }
            Self::TooLarge => "more than is read of ignore files: it ignores nothing",
            Self::Failed => "could not be read: it ignores nothing",
        }
    }
}

/// The rules that count in a folder: its own and, above them, those of the nearest folder that has any.
#[derive(Debug)]
struct Rules {
    own: Gitignore,
    above: Option<Arc<Self>>,
}

/// The ignore files of a tree, read as they are needed, each once.
#[derive(Debug)]
pub struct IgnoreFiles {
    root: PathBuf,
    /// The folder whose own file is not asked.
    unasked: Option<PathBuf>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_folder: FxHashMap<PathBuf, Option<Arc<Rules>>>,
    unread: Vec<(PathBuf, Unread)>,
    rules: u64,
}

impl IgnoreFiles {
    /// Those of a folder and of all below it.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            unasked: None,
            known: Mutex::default(),
        }
    }

    /// The same without the file of one folder.
    #[must_use]
    pub fn without(mut self, folder: Option<PathBuf>) -> Self {
        self.unasked = folder;
        self
    }

    /// Whether the nearest ignore file that speaks of a path ignores it; `None` if none speaks of it.
    /// Its folders are not asked about: who walks down has asked.
    #[must_use]
    pub fn told(&self, path: &Path, is_folder: bool) -> Option<bool> {
        let nearest = self.rules(path.parent()?);
        let mut at = nearest.as_deref();
        while let Some(rules) = at {
            let told = rules.own.matched(path, is_folder);
            if !told.is_none() {
                return Some(told.is_ignore());
            }
            at = rules.above.as_deref();
        }
        None
    }

    /// Whether a path, or a folder between the root and it, is ignored: git looks for nothing in an
    /// ignored folder.
    #[must_use]
    pub fn is_ignored(&self, path: &Path, is_folder: bool) -> bool {
        let mut above: Vec<&Path> = path
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(&self.root) && *folder != self.root)
            .collect();
        above.reverse();
        above
            .into_iter()
            .map(|folder| (folder, true))
            .chain([(path, is_folder)])
            .any(|(path, is_folder)| self.told(path, is_folder) == Some(true))
    }

    /// What has the name of an ignore file and was not read, so far, in the order of paths.
    #[must_use]
    pub fn unread(&self) -> Vec<(PathBuf, Unread)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unread = known.unread.clone();
        unread.sort_by(|a, b| a.0.cmp(&b.0));
        unread
    }

    fn rules(&self, folder: &Path) -> Option<Arc<Rules>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Down from the nearest folder that is known: no recursion over depths that others chose.
        let mut missing = Vec::new();
        let mut above = None;
        for at in folder
            .ancestors()
            .take_while(|at| at.starts_with(&self.root))
        {
            if let Some(rules) = known.by_folder.get(at) {
                above.clone_from(rules);
                break;
            }
            missing.push(at);
        }
        for at in missing.into_iter().rev() {
            let file = at.join(NAME);
            let read = if self.unasked.as_deref() == Some(at) {
                Ok(None)
            } else {
                own(&file, MOST_RULES_OF_ALL.saturating_sub(known.rules))
            };
            match read {
                Ok(Some(own)) => {
                    known.rules += own.num_ignores() + own.num_whitelists();
                    above = Some(Arc::new(Rules { own, above }));
                }
                Ok(None) => {}
                Err(unread) => known.unread.push((file, unread)),
            }
            known.by_folder.insert(at.to_owned(), above.clone());
        }
        above
    }
}

/// The rules of a file, if they are no more than so many; `None` if there are none.
fn own(file: &Path, most: u64) -> Result<Option<Gitignore>, Unread> {
    let opened = match open_without_following(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(_) => {
            let meta = std::fs::symlink_metadata(file);
            return Err(match meta {
                Ok(meta) if !meta.is_file() => Unread::NotAFile,
                _ => Unread::Failed,
            });
        }
    };
    let text = text(opened)?;
    if text.lines().count() as u64 > most {
        return Err(Unread::TooLarge);
    }
    let folder = file.parent().unwrap_or(file);
    Ok(compiled(folder, &text).filter(|rules| !rules.is_empty()))
}

/// The rules of a file outside of the tree (`info/exclude`), which is its owner's: git follows a link
/// there. Empty if it cannot be read.
pub(crate) fn of_owner(folder: &Path, file: &Path) -> Gitignore {
    std::fs::metadata(file)
        .is_ok_and(|meta| meta.is_file())
        .then(|| File::open(file).ok())
        .flatten()
        .and_then(|opened| text(opened).ok())
        .and_then(|text| compiled(folder, &text))
        .unwrap_or_else(Gitignore::empty)
}

fn text(opened: File) -> Result<Vec<u8>, Unread> {
    // What was opened decides, not what lay there before.
    let meta = opened.metadata().map_err(|_| Unread::Failed)?;
    if !meta.is_file() {
        return Err(Unread::NotAFile);
    }
    let mut text = Vec::new();
    opened
        .take(MOST_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(|_| Unread::Failed)?;
    if text.len() as u64 > MOST_BYTES || text.lines().count() > MOST_RULES {
        return Err(Unread::TooLarge);
    }
    Ok(text)
}

fn compiled(folder: &Path, text: &[u8]) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).lines() {
        // A rule that does not compile is no rule, as for git.
        let _ = builder.add_line(None, &line.to_str_lossy());
    }
    builder.build().ok()
}

/// A link or a pipe put in place of a file is not read, and not waited for.
#[cfg(unix)]
pub fn open_without_following(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

/// A link put in place of a file is not read.
#[cfg(not(unix))]
pub fn open_without_following(path: &Path) -> std::io::Result<File> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    File::open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn the_nearest_file_that_speaks_of_a_path_decides() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        put(root, NAME, "\u{feff}*.log\n/top.txt\nbuild/\n[\n");
        put(root, "a/.gitignore", "!kept.log\n");
        put(root, "a/b/x.log", "");
        let ignores = IgnoreFiles::of(root);
        let told = |path: &str, is_folder| ignores.told(&root.join(path), is_folder);
        assert_eq!(told("x.log", false), Some(true));
        assert_eq!(told("a/b/x.log", false), Some(true));
        assert_eq!(told("a/b/kept.log", false), Some(false));
        assert_eq!(told("top.txt", false), Some(true));
        assert_eq!(told("a/top.txt", false), None);
        assert_eq!(told("build", true), Some(true));
        assert_eq!(told("build", false), None);
        assert!(ignores.is_ignored(&root.join("build/a/x.rs"), false));
        assert!(!ignores.is_ignored(&root.join("a/b/x.rs"), false));
        assert!(ignores.unread().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_ignores_nothing_and_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        put(root, "elsewhere", "*.py\n");
        for (at, target) in [
            ("a", "/dev/zero"),
            ("b", "../elsewhere"),
            ("c", "no/such/file"),
        ] {
            fs::create_dir(root.join(at)).unwrap();
            std::os::unix::fs::symlink(target, root.join(at).join(NAME)).unwrap();
        }
        fs::create_dir_all(root.join("d").join(NAME)).unwrap();
        fs::create_dir(root.join("e")).unwrap();
        let pipe = std::process::Command::new("mkfifo")
            .arg(root.join("e").join(NAME))
            .status()
            .unwrap();
        assert!(pipe.success());
        put(root, "f/.gitignore", &"*.py\n".repeat(MOST_RULES + 1));
        put(root, "g/.gitignore", &"#".repeat(MOST_BYTES as usize + 1));
        let ignores = IgnoreFiles::of(root);
        for at in ["a", "b", "c", "d", "e", "f", "g"] {
            assert_eq!(ignores.told(&root.join(at).join("x.py"), false), None);
        }
        let unread: Vec<Unread> = ignores.unread().into_iter().map(|(_, why)| why).collect();
        let expected = [Unread::NotAFile; 5]
            .into_iter()
            .chain([Unread::TooLarge; 2]);
        assert_eq!(unread, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_line_that_is_no_text_takes_no_other_away() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), b"\xff\xfe\n*.log\n").unwrap();
        let ignores = IgnoreFiles::of(folder.path());
        assert_eq!(
            ignores.told(&folder.path().join("x.log"), false),
            Some(true)
        );
    }
}
