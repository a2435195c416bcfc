//! What was last seen of a work tree, kept between hooks: the stat of every tracked file and folder.
//!
//! With it a look asks the system for stats alone: git's index is not parsed, folders are not listed
//! and files that differ are not read again, as long as their stat says that nothing changed. It is a
//! memory and no truth: it is used only under the same index, HEAD and ignore files, a checksum tells
//! when it was cut or written by two at once, and whatever is wrong with it means a look without it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use gix::ObjectId;
use trueline_facts::RepoPath;

use crate::place::Place;
use crate::queue::StateId;
use crate::stat::Stat;

const MAGIC: &[u8] = b"trueline snapshot 3\n";

/// A snapshot larger than this is not read.
const LARGEST: u64 = 64 << 20;

/// What a snapshot holds under: where one of these changed, what is tracked or ignored may have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    pub(crate) index: Stat,
    pub(crate) head: Box<str>,
    /// Of the ignore files that lie in no folder of the work tree, by their contents.
    pub(crate) ignores: u32,
}

/// Everything that was seen.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) stamp: Stamp,
    /// Names, one after the other.
    pub(crate) text: Vec<u8>,
    /// Folders that hold tracked files or folders, by path.
    pub(crate) folders: Vec<Folder>,
    pub(crate) files: Files,
    /// Paths that the index has otherwise than HEAD.
    pub(crate) staged: Vec<RepoPath>,
    /// Folders without tracked files that are not ignored.
    pub(crate) walked: Vec<(RepoPath, Stat)>,
    /// Files that are neither tracked nor ignored.
    pub(crate) untracked: Vec<RepoPath>,
    /// The ignore files of the work tree.
    pub(crate) ignores: Vec<(RepoPath, Stat)>,
    /// Files that differ from HEAD, by path.
    pub(crate) known: Vec<Known>,
    /// The checksum under which it was read or written.
    pub(crate) sum: u32,
}

/// A folder that holds tracked files or folders.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) path: Name,
    pub(crate) stat: Stat,
    /// Its own tracked files.
    pub(crate) files: Range<u32>,
    /// What lies in it, is not tracked and not ignored: a name, and whether it is a folder.
    pub(crate) others: Vec<(Name, bool)>,
}

/// A tracked file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    pub(crate) name: Name,
    pub(crate) watch: Watch,
    /// What it has while its content is that of the index.
    pub(crate) stat: Stat,
    /// Its content in the index.
    pub(crate) id: ObjectId,
}

/// Tracked files as they are written. A hook asks for a tenth of them, so that none is read before it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// From `start` on, [`A_FILE`] bytes a file.
    bytes: Vec<u8>,
    start: usize,
}

/// Bytes of a stat.
const A_STAT: usize = 40;

/// Bytes of a file: name, watch, stat, length and bytes of the id.
const A_FILE: usize = 8 + 1 + A_STAT + 1 + LONGEST_ID;

/// Bytes of a SHA-256.
const LONGEST_ID: usize = 32;

impl Files {
    pub(crate) fn len(&self) -> usize {
        (self.bytes.len() - self.start) / A_FILE
    }

    fn range(&self, at: u32) -> Range<usize> {
        let from = self.start + at as usize * A_FILE;
        from..from + A_FILE
    }

    pub(crate) fn get(&self, at: u32) -> Option<File> {
        let mut from = Reader(self.bytes.get(self.range(at))?);
        let name = from.name()?;
        let watch = match from.byte()? {
            0 => Watch::No,
            _ => Watch::Yes,
        };
        let stat = from.stat()?;
        let len = from.byte()?;
        let id = ObjectId::try_from(from.taken(len.into())?).ok()?;
        Some(File {
            name,
            watch,
            stat,
            id,
        })
    }

    pub(crate) fn push(&mut self, file: &File) {
        let mut out = Writer(std::mem::take(&mut self.bytes));
        let end = out.0.len() + A_FILE;
        out.name(file.name);
        out.byte(u8::from(file.watch == Watch::Yes));
        out.stat(&file.stat);
        let id = file.id.as_bytes();
        out.byte(id.len() as u8);
        out.0.extend_from_slice(id);
        out.0.resize(end, 0);
        self.bytes = out.0;
    }

    /// Whether it had another before.
    pub(crate) fn set_stat(&mut self, at: u32, stat: Stat) -> bool {
        let range = self.range(at);
        let Some(file) = self.bytes.get_mut(range) else {
            return false;
        };
        let mut new = Writer(Vec::with_capacity(A_STAT));
        new.stat(&stat);
        match file.get_mut(9..9 + A_STAT) {
            Some(there) if *there != *new.0 => {
                there.copy_from_slice(&new.0);
                true
            }
            _ => false,
        }
    }
}

/// Whether a tracked name is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Watch {
    Yes,
    /// A link, a submodule, or a file that git was told to pass over.
    No,
}

/// Where a name stands in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Name {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// A file that differs from HEAD, as it was read last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Known {
    pub(crate) path: RepoPath,
    pub(crate) stat: Stat,
    pub(crate) read: Read,
}

/// What a file was read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Read {
    State(StateId),
    /// Binary, too large, or no file.
    NoText,
}

impl Stamp {
    pub(crate) fn of(place: &Place, head: &str) -> Self {
        let mut ignores = crc32fast::Hasher::new();
        let global = excludes_file();
        let exclude = place.common_dir.join("info").join("exclude");
        for path in [Some(exclude), global].into_iter().flatten() {
            let content = fs::read(&path).unwrap_or_default();
            ignores.update(path.as_os_str().as_encoded_bytes());
            ignores.update(&(content.len() as u64).to_le_bytes());
            ignores.update(&content);
        }
        Self {
            index: Stat::of(&place.git_dir.join("index")).unwrap_or(Stat::NONE),
            head: head.into(),
            ignores: ignores.finalize(),
        }
    }
}

/// The user's own ignore file. Where no configuration names another it is the usual one, and no pattern has to be
/// made ready to find that out.
fn excludes_file() -> Option<PathBuf> {
    let home = std::env::home_dir();
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let settings = set("XDG_CONFIG_HOME").map(PathBuf::from);
    let settings = settings.or_else(|| Some(home.as_ref()?.join(".config")));
    let system = set("GIT_CONFIG_SYSTEM").map_or_else(|| "/etc/gitconfig".into(), PathBuf::from);
    let files = [
        set("GIT_CONFIG_GLOBAL").map(PathBuf::from),
        home.map(|home| home.join(".gitconfig")),
        settings.as_ref().map(|folder| folder.join("git/config")),
        Some(system),
    ];
    let names_one = files.into_iter().flatten().any(|file| {
        let text = fs::read(file).unwrap_or_default();
        text.to_ascii_lowercase().contains_str("excludesfile")
    });
    if names_one {
        return ignore::gitignore::gitconfig_excludes_path();
    }
    settings.map(|folder| folder.join("git/ignore"))
}

impl Snapshot {
    pub(crate) fn name(&self, name: Name) -> &[u8] {
        let start = name.start as usize;
        self.text
            .get(start..start + name.len as usize)
            .unwrap_or_default()
    }

    pub(crate) fn add_name(&mut self, name: &[u8]) -> Name {
        let start = self.text.len() as u32;
        self.text.extend_from_slice(name);
        Name {
            start,
            len: name.len() as u32,
        }
    }

    pub(crate) fn files_of(&self, folder: &Folder) -> impl Iterator<Item = (u32, File)> {
        let numbers = folder.files.clone();
        numbers.filter_map(|at| Some((at, self.files.get(at)?)))
    }

    /// A path of a name in a folder.
    pub(crate) fn path(&self, folder: &Folder, name: &[u8]) -> RepoPath {
        RepoPath::new(joined(self.name(folder.path), name))
    }

    /// Reads the snapshot at a path; `None` where there is none that can be trusted.
    pub(crate) fn load(path: &Path) -> Option<Self> {
        if fs::metadata(path).ok()?.len() > LARGEST {
            return None;
        }
        let mut bytes = fs::read(path).ok()?;
        let rest = bytes.strip_prefix(MAGIC)?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        let payload = rest.get(..u32::from_le_bytes(*len) as usize)?;
        let sum = u32::from_le_bytes(*sum);
        if crc32fast::hash(payload) != sum {
            return None;
        }
        let (mut snapshot, files) = decode(payload)?;
        snapshot.sum = sum;
        // What it was read from is where its files stay. An older one may have been longer.
        let end = MAGIC.len() + 8 + payload.len();
        bytes.truncate(end);
        snapshot.files = Files {
            bytes,
            start: end - files,
        };
        Some(snapshot)
    }

    /// Writes it over the one that is there, by one call: a rename would have some file systems write
    /// to the disk at once, and what two wrote at once has a wrong checksum.
    pub(crate) fn save(&mut self, path: &Path) -> io::Result<()> {
        let payload = encode(self);
        self.sum = crc32fast::hash(&payload);
        let mut out = MAGIC.to_vec();
        let len = u32::try_from(payload.len()).map_err(io::Error::other)?;
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&self.sum.to_le_bytes());
        out.extend_from_slice(&payload);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(path)?.write_all(&out)
    }
}

/// A name in a folder, as a path.
pub(crate) fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(folder.len() + 1 + name.len());
    path.extend_from_slice(folder);
    if !folder.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn short(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn long(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        self.short(count as u32);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn name(&mut self, name: Name) {
        self.short(name.start);
        self.short(name.len);
    }

    fn stat(&mut self, stat: &Stat) {
        self.long(stat.modified.cast_unsigned());
        self.long(stat.changed.cast_unsigned());
        self.long(stat.size);
        self.long(stat.inode);
        self.short(stat.owner);
        self.short(stat.group);
    }

    fn paths(&mut self, paths: &[RepoPath]) {
        self.count(paths.len());
        for path in paths {
            self.bytes(path.as_bytes());
        }
    }

    fn stamped(&mut self, paths: &[(RepoPath, Stat)]) {
        self.count(paths.len());
        for (path, stat) in paths {
            self.bytes(path.as_bytes());
            self.stat(stat);
        }
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn short(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    fn long(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    fn taken(&mut self, len: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let len = self.short()? as usize;
        self.taken(len)
    }

    fn name(&mut self) -> Option<Name> {
        Some(Name {
            start: self.short()?,
            len: self.short()?,
        })
    }

    fn stat(&mut self) -> Option<Stat> {
        Some(Stat {
            modified: self.long()?.cast_signed(),
            changed: self.long()?.cast_signed(),
            size: self.long()?,
            inode: self.long()?,
            owner: self.short()?,
            group: self.short()?,
        })
    }

    /// A list; each item takes at least a byte, so that a count that lies asks for little memory.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.short()? as usize;
        let mut out = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            out.push(item(self)?);
        }
        Some(out)
    }

    fn path(&mut self) -> Option<RepoPath> {
        self.bytes().map(|path| RepoPath::new(path.to_vec()))
    }

    fn stamped(&mut self) -> Option<(RepoPath, Stat)> {
        Some((self.path()?, self.stat()?))
    }
}

fn encode(snapshot: &Snapshot) -> Vec<u8> {
    let files = snapshot.files.bytes.get(snapshot.files.start..);
    let files = files.unwrap_or_default();
    let room = snapshot.text.len() + files.len() + 65_536;
    let mut out = Writer(Vec::with_capacity(room));
    out.stat(&snapshot.stamp.index);
    out.bytes(snapshot.stamp.head.as_bytes());
    out.short(snapshot.stamp.ignores);
    out.bytes(&snapshot.text);
    out.count(snapshot.folders.len());
    for folder in &snapshot.folders {
        out.name(folder.path);
        out.stat(&folder.stat);
        out.short(folder.files.start);
        out.short(folder.files.end);
        out.count(folder.others.len());
        for (name, is_folder) in &folder.others {
            out.name(*name);
            out.byte(u8::from(*is_folder));
        }
    }
    out.paths(&snapshot.staged);
    out.stamped(&snapshot.walked);
    out.paths(&snapshot.untracked);
    out.stamped(&snapshot.ignores);
    out.count(snapshot.known.len());
    for known in &snapshot.known {
        out.bytes(known.path.as_bytes());
        out.stat(&known.stat);
        match known.read {
            Read::State(StateId(high, low)) => {
                out.byte(1);
                out.long(high);
                out.long(low);
            }
            Read::NoText => out.byte(0),
        }
    }
    // Last: they are read from where they stand.
    out.bytes(files);
    out.0
}

/// A snapshot without its files, and how many bytes at the end are theirs.
fn decode(payload: &[u8]) -> Option<(Snapshot, usize)> {
    let from = &mut Reader(payload);
    let stamp = Stamp {
        index: from.stat()?,
        head: std::str::from_utf8(from.bytes()?).ok()?.into(),
        ignores: from.short()?,
    };
    let snapshot = Snapshot {
        stamp,
        text: from.bytes()?.to_vec(),
        files: Files::default(),
        folders: from.list(|from| {
            Some(Folder {
                path: from.name()?,
                stat: from.stat()?,
                files: from.short()?..from.short()?,
                others: from.list(|from| Some((from.name()?, from.byte()? != 0)))?,
            })
        })?,
        staged: from.list(Reader::path)?,
        walked: from.list(Reader::stamped)?,
        untracked: from.list(Reader::path)?,
        ignores: from.list(Reader::stamped)?,
        known: from.list(|from| {
            Some(Known {
                path: from.path()?,
                stat: from.stat()?,
                read: match from.byte()? {
                    0 => Read::NoText,
                    _ => Read::State(StateId(from.long()?, from.long()?)),
                },
            })
        })?,
        sum: 0,
    };
    let files = from.bytes()?.len();
    let is_whole = from.0.is_empty() && files.is_multiple_of(A_FILE);
    is_whole.then_some((snapshot, files))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(size: u64) -> Stat {
        Stat { size, ..Stat::NONE }
    }

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot {
            stamp: Stamp {
                index: stat(1),
                head: "ab".into(),
                ignores: 7,
            },
            text: Vec::new(),
            folders: Vec::new(),
            files: Files::default(),
            staged: vec![RepoPath::from("staged")],
            walked: vec![(RepoPath::from("walked"), stat(2))],
            untracked: Vec::new(),
            ignores: Vec::new(),
            known: Vec::new(),
            sum: 0,
        };
        let mut names = Vec::new();
        for name in ["a.py", "b.py", "c.py"] {
            names.push(snapshot.add_name(name.as_bytes()));
        }
        for (size, name) in (10..).zip(names) {
            snapshot.files.push(&File {
                name,
                watch: if size == 11 { Watch::No } else { Watch::Yes },
                stat: stat(size),
                id: ObjectId::null(gix::hash::Kind::Sha1),
            });
        }
        let path = snapshot.add_name(b"");
        snapshot.folders.push(Folder {
            path,
            stat: stat(3),
            files: 0..3,
            others: Vec::new(),
        });
        snapshot
    }

    fn told(snapshot: &Snapshot) -> Vec<String> {
        let folder = &snapshot.folders[0];
        let files = snapshot.files_of(folder);
        let told = files.map(|(at, file)| {
            let name = String::from_utf8_lossy(snapshot.name(file.name)).into_owned();
            format!("{at} {name} {} {:?}", file.stat.size, file.watch)
        });
        told.collect()
    }

    #[test]
    fn what_was_written_is_read_again_also_after_a_change_and_over_a_longer_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot");
        fs::write(&path, vec![b'x'; 10_000]).unwrap();
        let mut first = snapshot();
        assert!(first.files.set_stat(2, stat(99)));
        assert!(!first.files.set_stat(2, stat(99)) && !first.files.set_stat(3, stat(1)));
        first.save(&path).unwrap();
        let mut again = Snapshot::load(&path).unwrap();
        assert_eq!((again.files.len(), again.sum), (3, first.sum));
        assert_eq!(
            told(&again),
            ["0 a.py 10 Yes", "1 b.py 11 No", "2 c.py 99 Yes"]
        );
        // And from what was read.
        assert!(again.files.set_stat(0, stat(5)));
        again.save(&path).unwrap();
        let third = Snapshot::load(&path).unwrap();
        assert_eq!(
            told(&third),
            ["0 a.py 5 Yes", "1 b.py 11 No", "2 c.py 99 Yes"]
        );
        assert_eq!((third.stamp, third.staged), (first.stamp, first.staged));
    }

    #[test]
    fn one_that_was_cut_or_changed_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot");
        snapshot().save(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        for end in 0..whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            assert!(Snapshot::load(&path).is_none(), "{end}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert!(Snapshot::load(&path).is_none(), "{at}");
        }
    }
}
