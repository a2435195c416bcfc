//! The queue: what hooks saw, until a commit turns it into a note.
//!
//! Append-only. A record is written by a single `write` to a file opened for appending, on lines of
//! its own: `LF checksum SP json LF`. A write that was cut short leaves a line whose checksum is
//! wrong; the line feed that opens the next record keeps it from taking that one along. Writers
//! take no lock. A reader renames the file, folds it into the ledger and removes it; a writer that
//! finds the file renamed under it writes once more, and what then stands twice is dropped by its id.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use trueline_facts::{ModelId, RepoPath, ToolId};

use crate::lines::Line;
use crate::place::Ground;
use crate::rest::Ticket;

/// How often a record is written again because a reader took the queue away meanwhile.
const MOST_APPENDS: usize = 64;

/// The queue stops growing here; what comes then is dropped, and `hook status` says so.
pub(crate) const LARGEST_QUEUE: u64 = 16 << 20;

const LIVE: &str = "queue";

/// What one hook saw.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Equal for the same thing told twice.
    pub(crate) id: u64,
    /// Milliseconds since the epoch.
    pub(crate) time: u64,
    /// How git stood.
    pub(crate) ground: Ground,
    /// Who.
    pub(crate) actor: Actor,
    /// What.
    pub(crate) seen: Seen,
}

/// An agent's session. The conversation is a hash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Actor {
    pub(crate) tool: ToolId,
    pub(crate) model: Option<ModelId>,
    /// `s_…`, as in the note.
    pub(crate) session: Box<str>,
    /// The call, as a hash: before and after of one call have the same.
    pub(crate) call: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Seen {
    /// Before an agent writes: the files as they were left to it.
    BeforeWrite(Vec<FileState>),
    /// After it wrote.
    AfterWrite(Vec<Written>),
    /// Before a shell command: every file that differs from HEAD.
    BeforeCommand {
        files: Vec<FileState>,
        whole: bool,
        /// What is still looked at when the hook has ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rest: Option<Ticket>,
        #[serde(default)]
        followed: Followed,
        /// It commits what it writes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commits: Option<Commits>,
    },
    /// After it: the same, and which of them the command may be credited with.
    AfterCommand {
        files: Vec<FileState>,
        whole: bool,
        /// Paths that the command line names.
        named: Vec<RepoPath>,
        /// The command moves content about by git.
        by_git: bool,
        /// Paths that it gives to a program that copies.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        copied: Vec<RepoPath>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rest: Option<Ticket>,
        #[serde(default)]
        followed: Followed,
    },
    /// A person saved these files.
    Saved(Vec<FileState>),
    /// An agent read a file of these classes.
    Read(Vec<Box<str>>),
    /// A `merge --squash` brought in the content of this commit.
    Squash { source: Box<str> },
    /// Capture began, or HEAD is known to have arrived here: everything that differs from HEAD.
    Look { files: Vec<FileState>, whole: bool },
    /// A session is over.
    Ended,
}

/// What a command that makes a commit of its own names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Commits {
    pub(crate) named: Vec<RepoPath>,
    /// What it gives to a program that copies.
    pub(crate) copied: Vec<RepoPath>,
}

/// How far a call that may write anything can be followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) enum Followed {
    /// A command, from its beginning to its end.
    #[default]
    Whole,
    /// A command that may go on when its end is told.
    UntilReported,
    /// A tool of which is not known what it does: it is credited with nothing.
    No,
}

/// A file at a moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct FileState {
    pub(crate) path: RepoPath,
    /// The state's name in the store; `None`: there is no such file.
    pub(crate) state: Option<StateId>,
}

/// A file after an agent wrote it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) file: FileState,
    /// Which of its lines are the agent's, if they are new.
    pub(crate) claim: Claim,
    /// The state before the write, worked out, where the tool reports only after it.
    pub(crate) before: Option<StateId>,
}

/// Which lines of a state the payload explains.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Claim {
    /// All: the payload holds the whole file.
    All,
    /// These, from 0: first and count.
    Lines(Vec<(u32, u32)>),
    /// The payload does not tell: whatever changed while the call was open.
    Untold,
}

/// The name of a list of lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct StateId(pub(crate) u64, pub(crate) u64);

impl StateId {
    pub(crate) fn of(lines: &[Line]) -> Self {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(bytes(lines));
        let part = |from: usize| {
            digest
                .iter()
                .skip(from)
                .take(8)
                .fold(0, |all, byte| all << 8 | u64::from(*byte))
        };
        Self(part(0), part(8))
    }

    fn file_name(self) -> String {
        format!("{:016x}{:016x}", self.0, self.1)
    }
}

/// What stands before the checksum's bytes: a state of a version that hashed lines otherwise is none.
const FORMAT: &[u8] = b"2";

fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(FORMAT);
    sum.update(bytes);
    sum.finalize()
}

fn bytes(lines: &[Line]) -> Vec<u8> {
    lines.iter().flat_map(|line| line.0.to_le_bytes()).collect()
}

/// The files of one work tree's capture.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, readable by its owner only.
    pub(crate) fn create(&self) -> io::Result<()> {
        let states = self.folder.join("states");
        if states.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&states)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Appends a record. `Ok(false)`: the queue is full.
    pub(crate) fn append(&self, record: &Record) -> io::Result<bool> {
        let json = serde_json::to_vec(record).map_err(io::Error::other)?;
        let mut line = format!("\n{:08x} ", crc32fast::hash(&json)).into_bytes();
        line.extend_from_slice(&json);
        line.push(b'\n');
        let path = self.folder.join(LIVE);
        // A reader that sets the file aside between opening and writing may have read it already: once
        // more then. Readers come seldom, and a record that is read twice counts once.
        for _ in 0..MOST_APPENDS {
            let mut file = append_to(&path)?;
            if file.metadata()?.len() + line.len() as u64 > LARGEST_QUEUE {
                return Ok(false);
            }
            file.write_all(&line)?;
            if is_still(&file, &path) {
                break;
            }
        }
        Ok(true)
    }

    /// Keeps the lines of a state, unless they are kept already.
    pub(crate) fn keep(&self, lines: &[Line]) -> io::Result<StateId> {
        let id = StateId::of(lines);
        if !self.keep_again(id) {
            let path = self.folder.join("states").join(id.file_name());
            let bytes = bytes(lines);
            let mut content = checksum(&bytes).to_le_bytes().to_vec();
            content.extend_from_slice(&bytes);
            write_aside(&path, &content)?;
        }
        Ok(id)
    }

    /// Keeps a state that was kept before; whether it is still there.
    pub(crate) fn keep_again(&self, id: StateId) -> bool {
        let path = self.folder.join("states").join(id.file_name());
        let Ok(there) = File::options().append(true).open(&path) else {
            return false;
        };
        // Young again, so that nobody tidies it away before the record that names it is there.
        let _ = there.set_modified(std::time::SystemTime::now());
        true
    }

    /// The lines of a state; `None` if it is not there or damaged.
    pub(crate) fn lines(&self, id: StateId) -> Option<Vec<Line>> {
        let content = fs::read(self.folder.join("states").join(id.file_name())).ok()?;
        let (sum, bytes) = content.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*sum) != checksum(bytes) {
            return None;
        }
        let (lines, rest) = bytes.as_chunks::<8>();
        let lines = lines.iter().map(|line| Line(u64::from_le_bytes(*line)));
        rest.is_empty().then(|| lines.collect())
    }

    /// Forgets every state that the records to come cannot name: those of before `keep`.
    pub(crate) fn forget(&self, keep: &[Record]) {
        let mut named = std::collections::BTreeSet::new();
        for record in keep {
            record.each_state(|id| {
                named.insert(id.file_name());
            });
        }
        for rest in self.rests() {
            let states = rest.files.iter().filter_map(|file| file.state);
            named.extend(states.map(StateId::file_name));
        }
        let Ok(all) = fs::read_dir(self.folder.join("states")) else {
            return;
        };
        for entry in all.flatten() {
            let old = entry
                .metadata()
                .and_then(|meta| meta.modified())
                .is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() > 60));
            let name = entry.file_name();
            // A young one may belong to a record that is being written.
            if old && !named.contains(&*name.to_string_lossy()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Sets the live queue aside for reading; all parts that are aside, oldest first.
    pub(crate) fn set_aside(&self) -> io::Result<Vec<PathBuf>> {
        let live = self.folder.join(LIVE);
        let mut parts = self.parts()?;
        if live.exists() {
            let next = parts
                .last()
                .and_then(|part| part.extension()?.to_str()?.parse::<u64>().ok())
                .map_or(0, |last| last + 1);
            let aside = self.folder.join(format!("{LIVE}.{next:06}"));
            fs::rename(&live, &aside)?;
            parts.push(aside);
        }
        Ok(parts)
    }

    fn parts(&self) -> io::Result<Vec<PathBuf>> {
        let mut parts: Vec<PathBuf> = fs::read_dir(&self.folder)?
            .flatten()
            .filter(|entry| {
                let name = entry.file_name();
                name.to_str()
                    .and_then(|name| name.strip_prefix("queue."))
                    .is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
            })
            .map(|entry| entry.path())
            .collect();
        parts.sort();
        Ok(parts)
    }

    /// Records that are waiting, without touching anything; and lines that are damaged.
    pub(crate) fn waiting(&self) -> (Vec<Record>, usize) {
        let mut parts = self.parts().unwrap_or_default();
        parts.push(self.folder.join(LIVE));
        let mut all = (Vec::new(), 0);
        for part in parts {
            let (records, damaged) = read(&part).unwrap_or_default();
            all.0.extend(records);
            all.1 += damaged;
        }
        all
    }

    /// The oldest record that is waiting. No more is read than it takes to find it.
    pub(crate) fn first(&self) -> Option<Record> {
        let mut parts = self.parts().unwrap_or_default();
        parts.push(self.folder.join(LIVE));
        parts.iter().find_map(|part| {
            let file = BufReader::new(File::open(part).ok()?.take(LARGEST_QUEUE));
            let mut lines = file.split(b'\n').map_while(Result::ok);
            lines.find_map(|line| parse(&line))
        })
    }

    /// How large the live queue is.
    pub(crate) fn size(&self) -> u64 {
        fs::metadata(self.folder.join(LIVE)).map_or(0, |meta| meta.len())
    }

    /// Notes in a small file that something went wrong: hooks have nobody to tell.
    pub(crate) fn trouble(&self, what: &str) {
        const LARGEST: u64 = 64 << 10;
        let path = self.folder.join("trouble");
        if fs::metadata(&path).is_ok_and(|meta| meta.len() > LARGEST) {
            return;
        }
        if let Ok(mut file) = append_to(&path) {
            let _ = file.write_all(format!("{what}\n").as_bytes());
        }
    }
}

impl Record {
    fn each_state(&self, mut take: impl FnMut(StateId)) {
        match &self.seen {
            Seen::BeforeWrite(files)
            | Seen::Saved(files)
            | Seen::BeforeCommand { files, .. }
            | Seen::AfterCommand { files, .. }
            | Seen::Look { files, .. } => files.iter().filter_map(|f| f.state).for_each(take),
            Seen::AfterWrite(written) => {
                for one in written {
                    one.file
                        .state
                        .into_iter()
                        .chain(one.before)
                        .for_each(&mut take);
                }
            }
            Seen::Read(_) | Seen::Squash { .. } | Seen::Ended => {}
        }
    }
}

/// The whole records of a part of the queue, and how many lines are none.
pub(crate) fn read(path: &Path) -> io::Result<(Vec<Record>, usize)> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LARGEST_QUEUE * 2)
        .read_to_end(&mut bytes)?;
    let (mut records, mut damaged) = (Vec::new(), 0);
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        match parse(line) {
            Some(record) => records.push(record),
            None => damaged += 1,
        }
    }
    Ok((records, damaged))
}

fn parse(line: &[u8]) -> Option<Record> {
    let (sum, rest) = line.split_at_checked(8)?;
    let json = rest.strip_prefix(b" ")?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    if sum != crc32fast::hash(json) {
        return None;
    }
    serde_json::from_slice(json).ok()
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Is the open file still the one at the path?
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Windows does not rename a file that is open for writing.
#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> bool {
    true
}

/// Writes a file whole, unless there is one: then that stays.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(folder)?;
    file.write_all(content)?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

/// Writes a file whole or not at all: aside, then renamed.
pub(crate) fn write_aside(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(folder)?;
    file.write_all(content)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::nobody;

    fn record(id: u64) -> Record {
        Record {
            id,
            time: id,
            ground: Ground::default(),
            actor: nobody(),
            seen: Seen::Read(vec!["secrets".into()]),
        }
    }

    fn ids(store: &Store) -> Vec<u64> {
        store.waiting().0.iter().map(|record| record.id).collect()
    }

    #[test]
    fn a_write_that_was_cut_short_at_any_byte_loses_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().to_owned());
        store.create().unwrap();
        let live = folder.path().join(LIVE);
        let mut ends = Vec::new();
        for id in 1..=3 {
            assert!(store.append(&record(id)).unwrap());
            ends.push(store.size() as usize);
        }
        let whole = fs::read(&live).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&live, &whole[..cut]).unwrap();
            store.append(&record(9)).unwrap();
            // The line feed at a record's end is no part of it.
            let mut expected: Vec<u64> = (1..=3)
                .filter(|id| ends[*id as usize - 1] <= cut + 1)
                .collect();
            expected.push(9);
            assert_eq!(ids(&store), expected, "cut at {cut}");
        }
        // A byte that changed in the middle loses one record.
        let mut changed = whole.clone();
        changed[ends[0] + 20] ^= 1;
        fs::write(&live, &changed).unwrap();
        assert_eq!(store.waiting().1, 1);
        assert_eq!(ids(&store), [1, 3]);
    }

    #[test]
    fn writers_and_a_reader_at_the_same_time_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().to_owned());
        store.create().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4_u64)
                .map(|writer| {
                    let store = store.clone();
                    scope.spawn(move || {
                        for at in 0..200 {
                            assert!(store.append(&record(writer * 1_000 + at)).unwrap());
                        }
                    })
                })
                .collect();
            let mut take = || {
                for part in store.set_aside().unwrap() {
                    let (records, damaged) = read(&part).unwrap();
                    assert_eq!(damaged, 0);
                    seen.extend(records.iter().map(|record| record.id));
                    fs::remove_file(part).unwrap();
                }
            };
            while writers.iter().any(|writer| !writer.is_finished()) {
                take();
            }
            take();
        });
        assert_eq!(seen.len(), 800);
    }

    #[test]
    fn a_full_queue_takes_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().to_owned());
        store.create().unwrap();
        let live = File::create(folder.path().join(LIVE)).unwrap();
        live.set_len(LARGEST_QUEUE - 1).unwrap();
        assert!(!store.append(&record(1)).unwrap());
    }
}
