//! Which files are scanned, and their bytes.
//!
//! In a work tree: every file that git tracks or would track (ignored files are left out unless
//! they are tracked), links never followed. Without one (bare repositories): the files of HEAD.
//! What is too large or unreadable becomes a diagnostic.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::ByteSlice;
use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use trueline_capture::ignored::{self, IgnoreFiles, open_without_following};
use trueline_facts::exercise::MARKER;
use trueline_facts::{Diagnostic, Level, RepoPath};

use crate::ScanError;
use crate::forms;
use crate::memory::Stat;

/// Larger files are skipped: decision 23 of the design.
pub(crate) const MAX_BYTES: u64 = 5 << 20;

/// Which part of a tree is scanned.
#[derive(Debug)]
pub(crate) struct Scope {
    /// Only paths below this one; empty for all.
    pub(crate) prefix: RepoPath,
    exclude: Gitignore,
}

impl Scope {
    /// Compiles the globs of `[scan] exclude`.
    pub(crate) fn new(prefix: RepoPath, exclude: &[String]) -> Result<Self, ScanError> {
        let mut builder = GitignoreBuilder::new("");
        for glob in exclude {
            builder
                .add_line(None, glob)
                .map_err(|source| ScanError::BadGlob {
                    glob: glob.clone(),
                    source,
                })?;
        }
        let exclude = builder.build().map_err(|source| ScanError::BadGlob {
            glob: exclude.join(", "),
            source,
        })?;
        Ok(Self { prefix, exclude })
    }

    /// The glob of `[scan] exclude` that leaves a path out.
    pub(crate) fn excluding(&self, path: &RepoPath) -> Option<String> {
        let path = path.as_bstr().to_path().ok()?;
        match self.exclude.matched_path_or_any_parents(path, false) {
            ignore::Match::Ignore(glob) => Some(glob.original().to_owned()),
            ignore::Match::None | ignore::Match::Whitelist(_) => None,
        }
    }

    /// Is the path to be scanned?
    pub(crate) fn contains(&self, path: &RepoPath) -> bool {
        path.is_below(&self.prefix)
            && !path.as_bstr().to_path().is_ok_and(|p| {
                self.exclude
                    .matched_path_or_any_parents(p, false)
                    .is_ignore()
            })
    }
}

/// Folders that package managers fill: what is in them is installed, and no code of the application's.
const INSTALLED: &[&str] = &[
    "node_modules",
    "bower_components",
    "jspm_packages",
    "site-packages",
    "dist-packages",
    "__pypackages__",
    ".venv",
    ".tox",
    ".nox",
];

/// Whether a folder has the name of one that a package manager fills.
fn has_installed_name(folder: &Path) -> bool {
    folder
        .file_name()
        .is_some_and(|name| INSTALLED.iter().any(|known| name == *known))
}

/// Whether a folder, at this place, was filled by a package manager. Python's say so by a file, whatever they are
/// called; anybody can write that file, so that it hides nothing that is tracked.
fn is_installed(folder: &Path) -> bool {
    has_installed_name(folder) || folder.join("pyvenv.cfg").is_file()
}

/// The folder with such a name around a file, further down than the one that was asked for.
fn installed_around(root: &Path, path: &RepoPath, asked: &RepoPath) -> Option<PathBuf> {
    let path = path.as_bstr().to_path().ok()?;
    let asked = asked.as_bstr().to_path().ok()?;
    let folders: Vec<&Path> = path.ancestors().skip(1).collect();
    let mut folders = folders.into_iter().rev();
    let named = folders
        .find(|folder| *folder != asked && folder.starts_with(asked) && has_installed_name(folder));
    named.map(|folder| root.join(folder))
}

/// Adds folders with such a name that were not walked into because they are ignored, and in which
/// something is committed all the same.
fn add_committed(
    root: &Path,
    scope: &Scope,
    tracked: &[&RepoPath],
    installed: &mut BTreeSet<PathBuf>,
) {
    for path in tracked.iter().filter(|path| path.is_below(&scope.prefix)) {
        if let Some(folder) = installed_around(root, path, &scope.prefix)
            && !installed.contains(&folder)
            && is_regular_below(root, path)
        {
            installed.insert(folder);
        }
    }
}

/// The exercise that a place lies in, where it ignores itself as a whole: that keeps it out of the repository around it,
/// and who names it asks for it.
fn exercise(root: &Path, start: &Path) -> Option<PathBuf> {
    let is_file = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file());
    let mut above = start.ancestors().take_while(|at| at.starts_with(root));
    let folder = above.find(|folder| is_file(&folder.join(MARKER)))?;
    let ignores = folder.join(ignored::NAME);
    if !is_file(&ignores) {
        return None;
    }
    let mut text = Vec::new();
    let opened = open_without_following(&ignores).ok()?;
    opened.take(16).read_to_end(&mut text).ok()?;
    (text.trim_ascii() == b"*").then(|| folder.to_owned())
}

fn of_exercise() -> Diagnostic {
    Diagnostic::new(
        Level::Note,
        "exercise-scanned",
        "this is an exercise, which ignores itself for git; it is scanned because you named it. What an exploit still does says `trueline learn check`",
    )
}

/// What is said of folders that a package manager filled, of which so many files are committed.
fn of_installed(installed: &[RepoPath], committed: usize) -> Option<Diagnostic> {
    let first = installed.first()?;
    let more = match installed.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more such folders"),
    };
    // What is committed there may be anybody's code.
    let (level, committed) = match committed {
        0 => (Level::Note, String::new()),
        count => (
            Level::Warning,
            format!(" ({count} of its files are committed)"),
        ),
    };
    Some(Diagnostic::new(
        level,
        "installed-left-out",
        format!(
            "`{}`{more}{committed}: filled by a package manager, not scanned as the application's code; name the folder to scan it",
            first.display()
        ),
    ))
}

/// Lists the files below `root`, sorted. `tracked` are the files of HEAD.
pub(crate) fn list(
    root: &Path,
    scope: &Scope,
    tracked: &[&RepoPath],
    diagnostics: &mut Vec<Diagnostic>,
) -> Listed {
    let mut paths: BTreeSet<RepoPath> = BTreeSet::new();
    let start = scope
        .prefix
        .as_bstr()
        .to_path()
        .map_or_else(|_| root.to_owned(), |p| root.join(p));
    let installed: Arc<Mutex<BTreeSet<PathBuf>>> = Arc::default();
    let left_out = Arc::clone(&installed);
    let asked = start.clone();
    let exercise = exercise(root, &start);
    diagnostics.extend(exercise.iter().map(|_| of_exercise()));
    let ignores = Arc::new(IgnoreFiles::of(root).without(exercise));
    let walked = Arc::clone(&ignores);
    // Nothing is looked for in an ignored folder; what is tracked there comes below.
    let is_ignored = start != root && ignores.is_ignored(&start, start.is_dir());
    let walk = WalkBuilder::new(start)
        .hidden(false)
        .follow_links(false)
        .require_git(false)
        // Only the repository's own `.gitignore` files count: what one user ignores, or what lies
        // above the repository, must not alter a finding.
        .parents(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        // It would open whatever has that name, to the end.
        .git_ignore(false)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|t| t.is_dir());
            if walked.told(entry.path(), is_folder) == Some(true) {
                return false;
            }
            // Who asks for such a folder gets it.
            if is_folder && entry.path() != asked && is_installed(entry.path()) {
                let mut left_out = left_out.lock().unwrap_or_else(PoisonError::into_inner);
                left_out.insert(entry.path().to_owned());
                return false;
            }
            !entry.file_name().eq_ignore_ascii_case(".git")
        })
        .build();
    for entry in walk.take(if is_ignored { 0 } else { usize::MAX }) {
        match entry {
            Ok(entry) => {
                if entry.file_type().is_some_and(|t| t.is_file())
                    && let Some(path) = relative(root, entry.path())
                {
                    paths.insert(path);
                }
            }
            Err(error) => diagnostics.push(Diagnostic::new(
                Level::Warning,
                "folder-unreadable",
                format!(
                    "a folder or file could not be listed: {}",
                    without_path(&error)
                ),
            )),
        }
    }
    for (file, why) in ignores.unread() {
        let diagnostic = Diagnostic::new(Level::Warning, "ignore-file-unread", why.told());
        diagnostics.push(match relative(root, &file) {
            Some(path) => diagnostic.at(path),
            None => diagnostic,
        });
    }
    let mut installed =
        std::mem::take(&mut *installed.lock().unwrap_or_else(PoisonError::into_inner));
    add_committed(root, scope, tracked, &mut installed);
    let named: Vec<RepoPath> = installed
        .iter()
        .filter(|folder| has_installed_name(folder))
        .filter_map(|p| relative(root, p))
        .collect();
    let installed: Vec<RepoPath> = installed.iter().filter_map(|p| relative(root, p)).collect();
    let (left_out, tracked): (Vec<&RepoPath>, Vec<&RepoPath>) = tracked
        .iter()
        .copied()
        .partition(|path| named.iter().any(|folder| path.is_below(folder)));
    diagnostics.extend(of_installed(&installed, left_out.len()));
    for path in tracked {
        if path.is_below(&scope.prefix) && !paths.contains(path) && is_regular_below(root, path) {
            paths.insert(path.clone());
        }
    }
    let listed = Listed::of(scope, paths.into_iter());
    diagnostics.extend(listed.of_excluded());
    listed
}

/// The files of a tree that are scanned, sorted.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) paths: Vec<RepoPath>,
    /// Files that would be read, were it not for `[scan] exclude`.
    pub(crate) excluded: u64,
}

impl Listed {
    /// Of the files below the scope's prefix.
    pub(crate) fn of(scope: &Scope, all: impl Iterator<Item = RepoPath>) -> Self {
        let below = all.filter(|path| path.is_below(&scope.prefix));
        let (paths, excluded): (Vec<_>, Vec<_>) =
            below.partition(|path| scope.excluding(path).is_none());
        let is_read = |path: &&RepoPath| {
            trueline_syntax::language_of(path.as_bytes()).is_some() || forms::is_searched(path)
        };
        Self {
            paths,
            excluded: excluded.iter().filter(is_read).count() as u64,
        }
    }

    /// What is said of what is left out.
    pub(crate) fn of_excluded(&self) -> Option<Diagnostic> {
        let files = match self.excluded {
            0 => return None,
            1 => "1 file is".to_owned(),
            several => format!("{several} files are"),
        };
        Some(Diagnostic::new(
            Level::Note,
            "excluded",
            format!("{files} left out by `[scan] exclude` of trueline.toml"),
        ))
    }
}

/// Reads one file of a work tree; `None` with a diagnostic if it cannot be read whole.
pub(crate) fn read(root: &Path, path: &RepoPath) -> Result<Vec<u8>, Diagnostic> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Diagnostic::new(
            Level::Warning,
            "file-unreadable",
            format!("could not be read: {error}"),
        )
        .at(path.clone())
    };
    if !is_regular_below(root, path) {
        return Err(unreadable(
            &"not a regular file of this tree; links are not followed",
        ));
    }
    let full = full(root, path).ok_or_else(|| unreadable(&"its name is not valid here"))?;
    let file = open_without_following(&full).map_err(|e| unreadable(&e.kind()))?;
    let meta = file.metadata().map_err(|e| unreadable(&e.kind()))?;
    // Between the check and the opening it may have become something else.
    if !meta.is_file() {
        return Err(unreadable(&"not a regular file"));
    }
    let length = meta.len();
    if length > MAX_BYTES {
        return Err(too_large(path, length));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    // One byte past the limit tells a file that grew meanwhile.
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| unreadable(&e.kind()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(path, bytes.len() as u64));
    }
    Ok(bytes)
}

/// The state of a regular file of a work tree, as it was listed.
#[cfg(unix)]
pub(crate) fn stat(root: &Path, path: &RepoPath) -> Option<Stat> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::symlink_metadata(full(root, path)?).ok()?;
    let nanoseconds =
        |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    meta.is_file().then(|| Stat {
        size: meta.len(),
        modified: nanoseconds(meta.mtime(), meta.mtime_nsec()),
        changed: nanoseconds(meta.ctime(), meta.ctime_nsec()),
        inode: meta.ino(),
    })
}

/// Elsewhere a change can go without a trace: contents are read and compared.
#[cfg(not(unix))]
pub(crate) fn stat(_: &Path, _: &RepoPath) -> Option<Stat> {
    None
}

/// Whether there is a regular file of the tree at a path.
pub(crate) fn is_file(root: &Path, path: &RepoPath) -> bool {
    is_regular_below(root, path)
}

/// The diagnostic of a file that is skipped for its size.
pub(crate) fn too_large(path: &RepoPath, bytes: u64) -> Diagnostic {
    Diagnostic::new(
        Level::Warning,
        "file-too-large",
        format!("skipped: {bytes} bytes, more than the limit of {MAX_BYTES}"),
    )
    .at(path.clone())
}

/// Messages go into documents: they name no path of this machine.
fn without_path(error: &ignore::Error) -> String {
    error
        .io_error()
        .map_or_else(|| "a listing error".to_owned(), |e| e.kind().to_string())
}

fn relative(root: &Path, path: &Path) -> Option<RepoPath> {
    let below = path.strip_prefix(root).ok()?;
    let mut bytes = Vec::new();
    for component in below.components() {
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(<[u8]>::from_os_str(component.as_os_str())?);
    }
    (!bytes.is_empty()).then(|| RepoPath::new(bytes))
}

fn full(root: &Path, path: &RepoPath) -> Option<PathBuf> {
    path.as_bstr().to_path().ok().map(|p| root.join(p))
}

/// A tracked file may lie behind a link that replaced a folder: then it is outside of the tree.
fn is_regular_below(root: &Path, path: &RepoPath) -> bool {
    let mut at = root.to_owned();
    let Ok(below) = path.as_bstr().to_path() else {
        return false;
    };
    // `..`, roots and drive letters lead out of the tree.
    if !below
        .components()
        .all(|c| matches!(c, Component::Normal(_)))
    {
        return false;
    }
    let mut components = below.components().peekable();
    while let Some(component) = components.next() {
        at.push(component);
        let Ok(meta) = std::fs::symlink_metadata(&at) else {
            return false;
        };
        let expected = if components.peek().is_some() {
            meta.is_dir()
        } else {
            meta.is_file()
        };
        if !expected {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_folder_that_is_ignored_and_committed_is_left_out_and_told_of() {
        let root = tempfile::tempdir().unwrap();
        let files = [
            (".gitignore", "node_modules/\nbuild/\n"),
            ("app.js", ""),
            ("build/made.js", ""),
            ("node_modules/a/index.js", ""),
            ("web/node_modules/b/index.js", ""),
        ];
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let tracked: Vec<RepoPath> = files[1..4]
            .iter()
            .map(|(path, _)| RepoPath::from(*path))
            .collect();
        let tracked: Vec<&RepoPath> = tracked.iter().collect();
        let listed = |prefix: &str| {
            let mut told = Vec::new();
            let scope = Scope::new(RepoPath::from(prefix), &[]).unwrap();
            let paths = list(root.path(), &scope, &tracked, &mut told).paths;
            let paths: Vec<String> = paths.iter().map(|p| p.display().into_owned()).collect();
            (paths, told)
        };
        let (paths, told) = listed("");
        assert_eq!(paths, [".gitignore", "app.js", "build/made.js"]);
        let [told] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!(told.code, "installed-left-out");
        assert!(told.message.contains("`node_modules` (1 of its files"));
        // Who asks for the folder gets what is committed there.
        let (paths, told) = listed("node_modules");
        assert_eq!(paths, ["node_modules/a/index.js"]);
        assert!(told.is_empty());
    }
}
