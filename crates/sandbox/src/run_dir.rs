//! A folder of this machine made for one run: what a submission may hold, whose it is, its end.
//!
//! Submissions come from strangers. Plain files and folders are copied, with plain modes; links,
//! pipes, devices and names that lead elsewhere are refused, not skipped: a submission that holds
//! one is told so.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use crate::error::SandboxError;
use crate::identity::{Identity, give};

/// Every such folder is named so.
const PREFIX: &str = "trueline-run-";

/// Folders that are removed by a later process when theirs was killed: each is locked as long as it is in use.
/// Names that earlier versions gave are not among them, since those did not lock.
const SWEPT: [&str; 3] = [PREFIX, "trueline-kit-", "trueline-work-"];

/// Folders of processes that were killed are removed by a later one when they are as old as this:
/// one that was made a moment ago may not be locked yet.
const STALE: Duration = Duration::from_mins(1);

/// Removes, once in a process, what others that were killed left in the folder for temporary files.
fn sweep_once(parent: &Path) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| sweep(parent));
}

/// Locked until this one ends, however it ends.
fn locked(folder: &Path) -> Option<File> {
    File::open(folder)
        .ok()
        .filter(|lock| lock.try_lock().is_ok())
}

/// A folder of our own for files that are needed for a while. It is removed when this is dropped, or by a later process
/// when this one was killed.
#[derive(Debug)]
pub struct Scratch {
    folder: tempfile::TempDir,
    _lock: Option<File>,
}

impl Scratch {
    /// For the parts of a tester.
    pub fn tester() -> io::Result<Self> {
        Self::named(SWEPT[1])
    }

    /// For the work of an assistant.
    pub fn bench() -> io::Result<Self> {
        Self::named(SWEPT[2])
    }

    fn named(prefix: &str) -> io::Result<Self> {
        let parent = std::env::temp_dir();
        sweep_once(&parent);
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(&parent)?;
        let lock = locked(folder.path());
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Where it is on this machine.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// What a submission may hold at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Bytes of all files.
    pub bytes: u64,
    /// Files and folders.
    pub entries: usize,
    /// Folders within folders.
    pub depth: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            entries: 10_000,
            depth: 64,
        }
    }
}

/// A folder that belongs to a sandbox's identity and is removed when this is dropped.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    identity: Identity,
    /// Tells other processes that it is in use; the system lets go of it however this one ends.
    _lock: Option<File>,
}

impl RunDir {
    /// An empty one, in the folder for temporary files, closed to everyone else.
    pub fn new(identity: &Identity) -> Result<Self, SandboxError> {
        let parent = std::env::temp_dir();
        sweep_once(&parent);
        let path = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&parent)
            .map_err(|error| at(&parent, error))?
            .keep();
        let lock = locked(&path);
        let made = Self {
            path,
            _lock: lock,
            identity: identity.clone(),
        };
        // Whatever the umask: others of this machine read neither answers nor tests.
        set_mode(&made.path, 0o700)
            .and_then(|()| give(&made.path, identity))
            .map_err(|error| at(&made.path, error))?;
        Ok(made)
    }

    /// Where it is on this machine.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whose it is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Writes a file, with the folders on the way to it. The name is that of an archive's entry:
    /// absolute ones and those that go upwards are refused.
    pub fn write(&self, name: &Path, content: &[u8]) -> Result<(), SandboxError> {
        self.write_with(name, content, 0o644)
    }

    /// Writes a file that can be run, in the same way.
    pub fn write_program(&self, name: &Path, content: &[u8]) -> Result<(), SandboxError> {
        self.write_with(name, content, 0o755)
    }

    fn write_with(&self, name: &Path, content: &[u8], mode: u32) -> Result<(), SandboxError> {
        let (parent, file) = self.place(name)?;
        let target = parent.join(file);
        let mut out = File::create_new(&target).map_err(|error| at(&target, error))?;
        out.write_all(content).map_err(|error| at(&target, error))?;
        self.finish(&target, &out, mode)
    }

    /// Copies a submission into `inside` (`""`: the folder itself), within a budget.
    pub fn import(&self, from: &Path, inside: &Path, budget: Budget) -> Result<(), SandboxError> {
        let root = if inside.as_os_str().is_empty() {
            self.path.clone()
        } else {
            let (parent, name) = self.place(inside)?;
            let root = parent.join(name);
            self.folder(&root)?;
            root
        };
        let mut left = budget;
        let mut pending = vec![(PathBuf::new(), 0)];
        while let Some((relative, depth)) = pending.pop() {
            let refused = |why| refused(&relative, why);
            if depth > budget.depth {
                return Err(refused("folders are nested too deeply"));
            }
            let source = from.join(&relative);
            let mut entries: Vec<_> = fs::read_dir(&source)
                .and_then(Iterator::collect)
                .map_err(|error| at(&source, error))?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                left.entries = left
                    .entries
                    .checked_sub(1)
                    .ok_or_else(|| refused("too many files and folders"))?;
                let relative = relative.join(entry.file_name());
                let target = root.join(&relative);
                let kind = entry
                    .file_type()
                    .map_err(|error| at(&entry.path(), error))?;
                if kind.is_dir() {
                    self.folder(&target)?;
                    pending.push((relative, depth + 1));
                } else {
                    self.copy_file(&entry.path(), &relative, &target, &mut left)?;
                }
            }
        }
        Ok(())
    }

    fn copy_file(
        &self,
        source: &Path,
        relative: &Path,
        target: &Path,
        left: &mut Budget,
    ) -> Result<(), SandboxError> {
        let file = open_plain(source, relative)?;
        let meta = file.metadata().map_err(|error| at(source, error))?;
        let mut out = File::create_new(target).map_err(|error| at(target, error))?;
        // One more byte than is allowed shows a file that grew since it was looked at.
        let copied = io::copy(&mut file.take(left.bytes + 1), &mut out)
            .map_err(|error| at(target, error))?;
        left.bytes = left
            .bytes
            .checked_sub(copied)
            .ok_or_else(|| refused(relative, "the files are too large together"))?;
        let mode = if is_executable(&meta) { 0o755 } else { 0o644 };
        self.finish(target, &out, mode)
    }

    /// A name within the folder: its parent, which is made, and its last part.
    fn place(&self, name: &Path) -> Result<(PathBuf, PathBuf), SandboxError> {
        let mut parts = Vec::new();
        for component in name.components() {
            match component {
                Component::Normal(part) => parts.push(part),
                Component::CurDir => {}
                Component::ParentDir => return Err(refused(name, "the name goes upwards")),
                Component::RootDir | Component::Prefix(_) => {
                    return Err(refused(name, "the name is absolute"));
                }
            }
        }
        let last = parts
            .pop()
            .ok_or_else(|| refused(name, "the name is empty"))?;
        let mut parent = self.path.clone();
        for part in parts {
            parent.push(part);
            let there = fs::symlink_metadata(&parent).is_ok_and(|meta| meta.is_dir());
            if !there {
                self.folder(&parent)?;
            }
        }
        Ok((parent, PathBuf::from(last)))
    }

    fn folder(&self, path: &Path) -> Result<(), SandboxError> {
        fs::create_dir(path)
            .and_then(|()| set_mode(path, 0o755))
            .and_then(|()| give(path, &self.identity))
            .map_err(|error| at(path, error))
    }

    fn finish(&self, path: &Path, file: &File, mode: u32) -> Result<(), SandboxError> {
        set_file_mode(file, mode)
            .and_then(|()| give(path, &self.identity))
            .map_err(|error| at(path, error))
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's cleaner of temporary files.
        let _ = remove_tree(&self.path);
    }
}

fn at(path: &Path, error: io::Error) -> SandboxError {
    SandboxError::RunDir {
        path: path.to_owned(),
        error,
    }
}

fn refused(path: &Path, why: &'static str) -> SandboxError {
    SandboxError::Submission {
        path: path.to_owned(),
        why,
    }
}

/// Opens a file that is plain and has one name, whatever it was a moment ago.
#[cfg(unix)]
fn open_plain(source: &Path, relative: &Path) -> Result<File, SandboxError> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};

    let before = fs::symlink_metadata(source).map_err(|error| at(source, error))?;
    let kind = before.file_type();
    if kind.is_symlink() {
        return Err(refused(
            relative,
            "a symbolic link; submit what it leads to",
        ));
    }
    if kind.is_fifo() || kind.is_socket() {
        return Err(refused(
            relative,
            "a pipe or socket; only files and folders may be submitted",
        ));
    }
    if kind.is_block_device() || kind.is_char_device() {
        return Err(refused(
            relative,
            "a device; only files and folders may be submitted",
        ));
    }
    let file = File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(source)
        .map_err(|error| at(source, error))?;
    let meta = file.metadata().map_err(|error| at(source, error))?;
    if !meta.is_file() {
        return Err(refused(relative, "changed while it was read"));
    }
    if meta.nlink() > 1 {
        return Err(refused(relative, "a hard link; submit a copy of its own"));
    }
    Ok(file)
}

#[cfg(not(unix))]
fn open_plain(source: &Path, relative: &Path) -> Result<File, SandboxError> {
    let kind = fs::symlink_metadata(source)
        .map_err(|error| at(source, error))?
        .file_type();
    if !kind.is_file() {
        return Err(refused(relative, "only files and folders may be submitted"));
    }
    File::open(source).map_err(|error| at(source, error))
}

#[cfg(unix)]
fn is_executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
const fn is_executable(_meta: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn set_file_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_file_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Removes folders that killed processes of ours have left. What cannot be removed stays.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let named = SWEPT.iter().any(|ours| name.starts_with(ours.as_bytes()));
        if named && is_stale(&entry.path()).unwrap_or(false) {
            let _ = remove_tree(&entry.path());
        }
    }
}

/// Whether a folder is ours, old, and in use by nobody.
fn is_stale(path: &Path) -> io::Result<bool> {
    let meta = fs::symlink_metadata(path)?;
    let age = meta.modified()?.elapsed().unwrap_or_default();
    if !meta.is_dir() || !is_ours(&meta) || age < STALE {
        return Ok(false);
    }
    Ok(File::open(path)?.try_lock().is_ok())
}

#[cfg(unix)]
fn is_ours(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = fs::metadata("/proc/self").map(|own| own.uid());
    let own = own.is_ok_and(|own| own == meta.uid());
    own || crate::identity::is_root() && crate::identity::is_given_out(meta.uid())
}

#[cfg(not(unix))]
const fn is_ours(_meta: &fs::Metadata) -> bool {
    false
}

/// Removes a folder that a stranger has filled: of any depth and with any modes. Folders within
/// are moved up before they are looked into, so that no path grows long and nothing recurses.
fn remove_tree(root: &Path) -> io::Result<()> {
    set_mode(root, 0o700)?;
    let mut pending = vec![root.to_owned()];
    let mut moved = 0_u64;
    let mut emptied = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                fs::remove_file(entry.path())?;
                continue;
            }
            set_mode(&entry.path(), 0o700)?;
            if folder == root {
                pending.push(entry.path());
            } else {
                // A name that a stranger has taken first costs another try, nothing else.
                let mut target;
                loop {
                    target = root.join(format!("removed-{moved}"));
                    moved += 1;
                    if fs::symlink_metadata(&target).is_err() {
                        break;
                    }
                }
                fs::rename(entry.path(), &target)?;
                pending.push(target);
            }
        }
        emptied.push(folder);
    }
    for folder in emptied.iter().rev() {
        fs::remove_dir(folder)?;
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - STALE - Duration::from_mins(1);
        let make = |name: &str, time: SystemTime| {
            let path = parent.path().join(name);
            fs::create_dir_all(path.join("within")).unwrap();
            fs::write(path.join("within/file"), "").unwrap();
            let folder = File::open(&path).unwrap();
            folder.set_modified(time).unwrap();
            folder
        };
        make("trueline-run-left", old);
        make("trueline-kit-left", old);
        make("trueline-work-left", old);
        // A link leads elsewhere, and what is there is not ours to remove.
        std::os::unix::fs::symlink(
            parent.path().join("other"),
            parent.path().join("trueline-run-link"),
        )
        .unwrap();
        make("trueline-run-new", SystemTime::now());
        make("other", old);
        let used = make("trueline-run-used", old);
        used.try_lock().unwrap();
        sweep(parent.path());
        let mut left: Vec<_> = fs::read_dir(parent.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "other",
                "trueline-run-link",
                "trueline-run-new",
                "trueline-run-used"
            ]
        );
        assert!(parent.path().join("other/within/file").exists());
    }

    #[test]
    fn a_folder_in_use_is_locked() {
        let folder = RunDir::new(&Identity::new().unwrap()).unwrap();
        let other = File::open(folder.path()).unwrap();
        assert!(other.try_lock().is_err());
        let scratch = [Scratch::tester().unwrap(), Scratch::bench().unwrap()];
        for folder in &scratch {
            assert!(File::open(folder.path()).unwrap().try_lock().is_err());
        }
    }
}
