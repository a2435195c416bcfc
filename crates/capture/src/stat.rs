//! What the system says of a file without opening it, asked relative to its folder.
//!
//! A name that is looked up in an open folder costs the system far less than a path from the root, and
//! hooks ask for every tracked file. Where the system has no such call, paths are asked for.

use std::path::Path;
#[cfg(not(unix))]
use std::path::PathBuf;

/// Nanoseconds within which a system may give two changes the same time: its clock for files ticks
/// every ten milliseconds at the slowest.
const TICK: i64 = 20_000_000;

/// The same for file systems that keep whole seconds, or every other.
const COARSE_TICK: i64 = 2_100_000_000;

const SECOND: i64 = 1_000_000_000;

/// A file's or folder's stat. Times are nanoseconds since the epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stat {
    pub(crate) modified: i64,
    /// When content, name or rights changed last: the system alone sets it.
    pub(crate) changed: i64,
    pub(crate) size: u64,
    pub(crate) inode: u64,
    pub(crate) owner: u32,
    pub(crate) group: u32,
}

impl Stat {
    /// The stat of no file: what is compared with it is another.
    pub(crate) const NONE: Self = Self {
        modified: i64::MIN,
        changed: i64::MIN,
        size: 0,
        inode: 0,
        owner: 0,
        group: 0,
    };

    /// Whether a change after `looked_at` would show as another stat.
    pub(crate) fn is_settled(&self, looked_at: i64) -> bool {
        let tick = if self.changed % SECOND == 0 {
            COARSE_TICK
        } else {
            TICK
        };
        let latest = self.changed.max(self.modified);
        latest.checked_add(tick).is_some_and(|by| by < looked_at)
    }

    /// This one if a later change would show, else one that nothing equals.
    pub(crate) fn if_settled(self, looked_at: i64) -> Self {
        if self.is_settled(looked_at) {
            self
        } else {
            Self::NONE
        }
    }

    /// A path's, not following a link at its end; `None` where there is nothing.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        std::fs::symlink_metadata(path)
            .ok()
            .map(|meta| Self::from_metadata(&meta))
    }

    #[cfg(unix)]
    fn from_metadata(meta: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            modified: nanoseconds(meta.mtime(), meta.mtime_nsec()),
            changed: nanoseconds(meta.ctime(), meta.ctime_nsec()),
            size: meta.size(),
            inode: meta.ino(),
            owner: meta.uid(),
            group: meta.gid(),
        }
    }

    #[cfg(not(unix))]
    fn from_metadata(meta: &std::fs::Metadata) -> Self {
        let since = |time: std::io::Result<std::time::SystemTime>| {
            let since = time.ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            i64::try_from(since.as_nanos()).ok()
        };
        let modified = since(meta.modified()).unwrap_or(i64::MIN);
        Self {
            modified,
            changed: modified,
            size: meta.len(),
            inode: 0,
            owner: 0,
            group: 0,
        }
    }

    /// As git's index keeps it. The device is not compared.
    pub(crate) fn as_git_has_it(&self) -> gix::index::entry::Stat {
        let time = |at: i64| gix::index::entry::stat::Time {
            secs: u32::try_from(at.div_euclid(SECOND)).unwrap_or_default(),
            nsecs: u32::try_from(at.rem_euclid(SECOND)).unwrap_or_default(),
        };
        gix::index::entry::Stat {
            mtime: time(self.modified),
            ctime: time(self.changed),
            dev: 0,
            ino: self.inode as u32,
            uid: self.owner,
            gid: self.group,
            size: self.size as u32,
        }
    }
}

/// The clock that times of files are taken from.
pub(crate) fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or_default()
}

#[cfg(unix)]
fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(SECOND).saturating_add(rest)
}

/// A folder in which names are looked up.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct OpenFolder(rustix::fd::OwnedFd);

#[cfg(unix)]
impl OpenFolder {
    /// Opens a folder of a path.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        rustix::fs::open(path, folder_flags(), rustix::fs::Mode::empty())
            .ok()
            .map(Self)
    }

    /// Opens a folder below this one.
    pub(crate) fn below(&self, path: &[u8]) -> Option<Self> {
        let path = if path.is_empty() { b"." } else { path };
        rustix::fs::openat(&self.0, path, folder_flags(), rustix::fs::Mode::empty())
            .ok()
            .map(Self)
    }

    pub(crate) fn stat(&self) -> Option<Stat> {
        rustix::fs::fstat(&self.0).ok().map(|raw| from_raw(&raw))
    }

    /// The stat of a name in it, not following a link.
    pub(crate) fn stat_of(&self, name: &[u8]) -> Option<Stat> {
        rustix::fs::statat(&self.0, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
            .ok()
            .map(|raw| from_raw(&raw))
    }
}

#[cfg(unix)]
fn folder_flags() -> rustix::fs::OFlags {
    use rustix::fs::OFlags;
    // A folder that may be passed through need not be readable.
    #[cfg(target_os = "linux")]
    let how = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let how = OFlags::RDONLY;
    how | OFlags::DIRECTORY | OFlags::CLOEXEC
}

#[cfg(unix)]
#[allow(
    clippy::cast_lossless,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unnecessary_cast,
    reason = "the widths of these fields differ from system to system"
)]
fn from_raw(raw: &rustix::fs::Stat) -> Stat {
    Stat {
        modified: nanoseconds(raw.st_mtime as i64, raw.st_mtime_nsec as i64),
        changed: nanoseconds(raw.st_ctime as i64, raw.st_ctime_nsec as i64),
        size: raw.st_size as u64,
        inode: raw.st_ino as u64,
        owner: raw.st_uid,
        group: raw.st_gid,
    }
}

/// A folder in which names are looked up, by its path.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct OpenFolder(PathBuf);

#[cfg(not(unix))]
impl OpenFolder {
    pub(crate) fn open(path: &Path) -> Option<Self> {
        path.is_dir().then(|| Self(path.to_owned()))
    }

    pub(crate) fn below(&self, path: &[u8]) -> Option<Self> {
        use bstr::ByteSlice;
        Self::open(&self.0.join(path.to_path_lossy()))
    }

    pub(crate) fn stat(&self) -> Option<Stat> {
        Stat::of(&self.0)
    }

    pub(crate) fn stat_of(&self, name: &[u8]) -> Option<Stat> {
        use bstr::ByteSlice;
        Stat::of(&self.0.join(name.to_path_lossy()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_counts_only_when_a_later_change_would_show() {
        let at = |changed: i64| Stat {
            modified: 1_000,
            changed,
            ..Stat::NONE
        };
        let second = 1_700_000_000 * SECOND;
        assert!(at(second + 5).is_settled(second + 5 + TICK + 1));
        assert!(!at(second + 5).is_settled(second + 5 + TICK));
        // A file system that keeps whole seconds.
        assert!(!at(second).is_settled(second + SECOND));
        assert!(at(second).is_settled(second + COARSE_TICK + 1));
        // A time that was set into the future tells nothing.
        let future = Stat {
            modified: second * 2,
            ..at(5)
        };
        assert!(!future.is_settled(second));
    }

    #[test]
    fn a_name_in_a_folder_has_the_stat_of_its_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c"), "text").unwrap();
        let root = OpenFolder::open(folder.path()).unwrap();
        let below = root.below(b"a/b").unwrap();
        let stat = below.stat_of(b"c").unwrap();
        assert_eq!(stat.size, 4);
        assert_eq!(Some(stat), Stat::of(&folder.path().join("a/b/c")));
        assert_eq!(below.stat(), Stat::of(&folder.path().join("a/b")));
        assert_eq!(root.below(b"").unwrap().stat(), Stat::of(folder.path()));
        assert_eq!(below.stat_of(b"d"), None);
        assert!(root.below(b"a/b/c").is_none());
    }
}
