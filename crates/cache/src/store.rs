//! The directory of segments: read, write, list, evict.
//!
//! Nothing here waits for another process. Two writers of one key write the same bytes, because
//! segments are derived from immutable input; the later rename wins. A file that another process
//! evicted in between is simply absent.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::segment::{self, Key, Kind};

/// Bytes that all segments of a directory may take before the oldest go.
pub const DEFAULT_LIMIT_BYTES: u64 = 512 << 20;

const EXTENSION: &str = "seg";
const ASIDE_PREFIX: &str = "aside-";
/// A file aside that is older than this belongs to a writer that died.
const ASIDE_LIFETIME: Duration = Duration::from_hours(1);

/// Why there is no cache, or why a segment was not kept. Never a reason to stop.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CacheError {
    /// None of the directories can be created and written to.
    #[error("no cache directory is writable; tried {}", shown(tried))]
    Unwritable {
        /// The directories, by preference.
        tried: Vec<PathBuf>,
        /// The last failure.
        #[source]
        source: Option<io::Error>,
    },
    /// The segment could not be written.
    #[error("cannot write the cache segment {}", path.display())]
    Write {
        /// Where it was to be.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The segment alone is larger than the limit of the directory.
    #[error("a cache segment of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
}

fn shown(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    shown.join(", ")
}

/// Where a cache may be: below a directory that is trusted to be where it says, in directories that
/// are made or checked one by one. A repository may come with links in their place, which would
/// send what is written elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    base: PathBuf,
    below: PathBuf,
}

impl Candidate {
    /// The directory `below` of `base`; of `below`, names alone are taken.
    pub fn new(base: impl Into<PathBuf>, below: impl Into<PathBuf>) -> Self {
        Self {
            base: base.into(),
            below: below.into(),
        }
    }

    /// A directory of this one.
    #[must_use]
    pub fn join(mut self, name: &str) -> Self {
        self.below.push(name);
        self
    }

    /// The whole path.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.base.join(&self.below)
    }
}

/// A directory of segments that can be written to.
#[derive(Clone, Debug)]
pub struct Cache {
    directory: PathBuf,
    limit: u64,
}

impl Cache {
    /// Takes the first of `candidates` that can be created and written to.
    pub fn open(candidates: &[Candidate], limit: u64) -> Result<Self, CacheError> {
        let mut last = None;
        for candidate in candidates {
            match probe(candidate) {
                Ok(directory) => return Ok(Self { directory, limit }),
                Err(error) => last = Some(error),
            }
        }
        Err(CacheError::Unwritable {
            tried: candidates.iter().map(Candidate::directory).collect(),
            source: last,
        })
    }

    /// Where the segments are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The content of a segment, if there is a whole one.
    #[must_use]
    pub fn read(&self, kind: Kind, key: &Key) -> Option<Vec<u8>> {
        let path = self.path(kind, key);
        let mut file = open_no_follow(&path).ok()?;
        let length = file.metadata().ok()?.len();
        // A file that claims more than the directory may hold is none of ours.
        if length > self.limit.saturating_add(1 << 16) {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
        file.read_to_end(&mut bytes).ok()?;
        let content = segment::decode(kind, key, bytes);
        if content.is_none() {
            // Removing is a courtesy: the next write replaces the file anyway.
            fs::remove_file(&path).ok();
        }
        content
    }

    /// Keeps a segment, then evicts the oldest until the directory is within its limit.
    pub fn write(&self, kind: Kind, key: &Key, content: &[u8]) -> Result<(), CacheError> {
        let bytes = segment::encode(kind, key, content);
        if bytes.len() as u64 > self.limit {
            return Err(CacheError::TooLarge {
                bytes: bytes.len() as u64,
                limit: self.limit,
            });
        }
        let path = self.path(kind, key);
        self.write_aside(&path, &bytes)
            .map_err(|source| CacheError::Write {
                path: path.clone(),
                source,
            })?;
        self.evict(&path);
        Ok(())
    }

    /// Keys of a kind that begin with `prefix`, the latest written first.
    #[must_use]
    pub fn keys(&self, kind: Kind, prefix: &str) -> Vec<Key> {
        let start = format!("{}-{prefix}", kind.as_str());
        let mut found: Vec<(SystemTime, Key)> = self
            .segments()
            .into_iter()
            .filter_map(|segment| {
                let name = segment.path.file_stem()?.to_str()?;
                if !name.starts_with(&start) {
                    return None;
                }
                let key = name.strip_prefix(kind.as_str())?.strip_prefix('-')?;
                Some((segment.modified, Key::new(key).ok()?))
            })
            .collect();
        found.sort_by(|a, b| b.cmp(a));
        found.into_iter().map(|(_, key)| key).collect()
    }

    fn path(&self, kind: Kind, key: &Key) -> PathBuf {
        self.directory
            .join(format!("{}-{key}.{EXTENSION}", kind.as_str()))
    }

    fn write_aside(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut aside = tempfile::Builder::new()
            .prefix(ASIDE_PREFIX)
            .tempfile_in(&self.directory)?;
        aside.write_all(bytes)?;
        aside.as_file().sync_all()?;
        aside.persist(path).map_err(|error| error.error)?;
        sync_directory(&self.directory);
        Ok(())
    }

    /// Removes the oldest segments beyond the limit, and what dead writers left; never `kept`.
    fn evict(&self, kept: &Path) {
        let mut segments = self.segments();
        segments.sort_by(|a, b| (b.modified, &b.path).cmp(&(a.modified, &a.path)));
        let mut total = segments
            .iter()
            .find(|segment| segment.path == kept)
            .map_or(0, |segment| segment.bytes);
        for segment in segments.iter().filter(|segment| segment.path != kept) {
            total = total.saturating_add(segment.bytes);
            if total > self.limit {
                fs::remove_file(&segment.path).ok();
            }
        }
        self.remove_abandoned();
    }

    fn remove_abandoned(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else {
            return;
        };
        for entry in entries.flatten() {
            let aside = entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.starts_with(ASIDE_PREFIX));
            let old = entry
                .metadata()
                .and_then(|metadata| metadata.modified())
                .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ASIDE_LIFETIME));
            if aside && old {
                fs::remove_file(entry.path()).ok();
            }
        }
    }

    fn segments(&self) -> Vec<Stored> {
        let Ok(entries) = fs::read_dir(&self.directory) else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| {
                let path = entry.path();
                let metadata = entry.metadata().ok()?;
                let ours = metadata.is_file() && path.extension().is_some_and(|e| e == EXTENSION);
                ours.then_some(Stored {
                    bytes: metadata.len(),
                    modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    path,
                })
            })
            .collect()
    }
}

struct Stored {
    path: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

/// The place for a repository's cache outside the repository, for one that is read-only:
/// `$XDG_CACHE_HOME` or `~/.cache`, then `trueline/<hash of the path>`.
#[must_use]
pub fn user_directory(
    xdg_cache_home: Option<PathBuf>,
    home: Option<PathBuf>,
    repository: &Path,
) -> Option<Candidate> {
    let base = xdg_cache_home
        .filter(|path| path.is_absolute())
        .or_else(|| Some(home?.join(".cache")))?;
    let digest = Sha256::digest(repository.as_os_str().as_encoded_bytes());
    let mut name = String::with_capacity(32);
    for byte in digest.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    Some(Candidate::new(base, "trueline").join(&name))
}

/// Creates the directory and a file in it; a link on the way below the base is not followed.
fn probe(candidate: &Candidate) -> io::Result<PathBuf> {
    fs::create_dir_all(&candidate.base)?;
    let mut directory = candidate.base.clone();
    for component in candidate.below.components() {
        let Component::Normal(name) = component else {
            let why = "the cache directory leads out of its base";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        };
        directory.push(name);
        match fs::create_dir(&directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        if !fs::symlink_metadata(&directory)?.is_dir() {
            let why = format!("{} is a link or a file", directory.display());
            return Err(io::Error::new(io::ErrorKind::NotADirectory, why));
        }
    }
    tempfile::Builder::new()
        .prefix(ASIDE_PREFIX)
        .tempfile_in(&directory)?;
    Ok(directory)
}

/// Opens a regular file: a link leads elsewhere, and opening a pipe would never end.
fn open_no_follow(path: &Path) -> io::Result<File> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no file"));
    }
    File::open(path)
}

/// Makes a rename durable where directories can be synced; elsewhere the rename alone must do.
fn sync_directory(directory: &Path) {
    if let Ok(opened) = File::open(directory) {
        opened.sync_all().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind::new("lines");

    fn key(text: &str) -> Key {
        Key::new(text).unwrap()
    }

    fn cache(limit: u64) -> (tempfile::TempDir, Cache) {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(&[Candidate::new(directory.path(), "trueline/v1")], limit).unwrap();
        (directory, cache)
    }

    fn age(cache: &Cache, name: &str, seconds: u64) {
        let file = File::options()
            .write(true)
            .open(cache.path(KIND, &key(name)))
            .unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - seconds);
        file.set_modified(time).unwrap();
    }

    #[test]
    fn what_was_written_is_read() {
        let (_directory, cache) = cache(1 << 20);
        assert_eq!(cache.read(KIND, &key("a")), None);
        cache.write(KIND, &key("a"), b"one").unwrap();
        cache.write(KIND, &key("a"), b"two").unwrap();
        assert_eq!(cache.read(KIND, &key("a")).unwrap(), b"two");
        assert_eq!(cache.read(Kind::new("other"), &key("a")), None);
    }

    #[test]
    fn a_damaged_segment_is_absent_and_goes_away() {
        let (_directory, cache) = cache(1 << 20);
        cache.write(KIND, &key("a"), b"content").unwrap();
        let path = cache.path(KIND, &key("a"));
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(cache.read(KIND, &key("a")), None);
        assert!(!path.exists());
    }

    #[test]
    fn the_oldest_segments_go_when_the_directory_is_full() {
        let (_directory, cache) = cache(700);
        for (name, seconds) in [("old", 30), ("middle", 20), ("new", 10)] {
            cache.write(KIND, &key(name), &[7; 150]).unwrap();
            age(&cache, name, seconds);
        }
        cache.write(KIND, &key("last"), &[7; 150]).unwrap();
        assert_eq!(
            cache.keys(KIND, ""),
            [key("last"), key("new"), key("middle")]
        );
        assert!(matches!(
            cache.write(KIND, &key("huge"), &[7; 800]),
            Err(CacheError::TooLarge { .. })
        ));
    }

    #[test]
    fn keys_are_listed_by_prefix() {
        let (_directory, cache) = cache(1 << 20);
        for name in ["a-1", "a-2", "b-1"] {
            cache.write(KIND, &key(name), b"x").unwrap();
        }
        age(&cache, "a-1", 10);
        age(&cache, "a-2", 20);
        assert_eq!(cache.keys(KIND, "a-"), [key("a-1"), key("a-2")]);
    }

    #[test]
    fn concurrent_writers_of_one_key_leave_one_whole_segment() {
        let (_directory, cache) = cache(1 << 24);
        let content = vec![3u8; 100_000];
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        cache.write(KIND, &key("a"), &content).unwrap();
                        assert_eq!(cache.read(KIND, &key("a")).as_deref(), Some(&content[..]));
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(cache.directory()).unwrap().count(), 1);
    }

    #[test]
    fn the_next_directory_is_taken_when_the_first_cannot_be_made() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, b"").unwrap();
        let second = directory.path().join("second");
        let first = Candidate::new(file, "below");
        let next = Candidate::new(directory.path(), "second");
        let cache = Cache::open(&[first.clone(), next], 1).unwrap();
        assert_eq!(cache.directory(), second);
        let refused = Cache::open(&[first], 1);
        assert!(matches!(refused, Err(CacheError::Unwritable { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_place_of_any_directory_below_the_base_is_refused() {
        for name in ["trueline", "trueline/v1"] {
            let directory = tempfile::tempdir().unwrap();
            let elsewhere = tempfile::tempdir().unwrap();
            let link = directory.path().join(name);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
            let opened = Cache::open(&[Candidate::new(directory.path(), "trueline/v1")], 1);
            assert!(
                matches!(opened, Err(CacheError::Unwritable { .. })),
                "{name}"
            );
            assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
        }
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().join("base");
        assert!(Cache::open(&[Candidate::new(base, "../out")], 1).is_err());
        assert!(!directory.path().join("out").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_place_of_a_segment_is_not_followed() {
        let (directory, cache) = cache(1 << 20);
        cache.write(KIND, &key("a"), b"content").unwrap();
        let path = cache.path(KIND, &key("a"));
        let target = directory.path().join("target");
        fs::rename(&path, &target).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert_eq!(cache.read(KIND, &key("a")), None);
    }

    #[test]
    fn a_repository_has_its_own_place_in_the_users_cache() {
        let home = Some(PathBuf::from("/home/x"));
        let place = |repository: &str| {
            let candidate = user_directory(None, home.clone(), Path::new(repository));
            candidate.unwrap().directory()
        };
        assert!(place("/a").starts_with("/home/x/.cache/trueline"));
        assert_ne!(place("/a"), place("/b"));
        assert_eq!(user_directory(None, None, Path::new("/a")), None);
        let xdg = user_directory(Some(PathBuf::from("/x")), home.clone(), Path::new("/a"));
        assert!(xdg.unwrap().directory().starts_with("/x/trueline"));
    }
}
