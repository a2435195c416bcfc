//! Settling: the queue is folded into the ledger, and what was committed since becomes notes.
//!
//! Runs after a commit, or whenever somebody asks; what could not be done at one time is done at
//! the next. One process at a time, by a lock that the system releases if the process dies. Notes
//! are written before the ledger is, and the ledger before parts of the queue are removed: killed at
//! any moment, the next run does the same again and comes to the same.

mod commits;
mod copies;
mod moves;
mod records;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;

use gix::ObjectId;
use thiserror::Error;
use trueline_authorship::note::{self, Key};
use trueline_facts::RepoPath;

use crate::ledger::{Ledger, Owner};
use crate::notes::{self, NotesError};
use crate::objects::Objects;
use crate::observe;
use crate::place::Place;
use crate::queue::{self, Store};
use crate::rest::{Rest, Ticket};
use crate::worktree;

/// Commits that are noted afterwards, when no hook saw them being made.
const MOST_COMMITS: usize = 100;

/// A command may be credited with a file that it does not name if it took no longer, in milliseconds.
const QUICK_COMMAND: u64 = 10_000;

/// A write whose payload does not tell what it wrote counts if it took no longer.
const QUICK_WRITE: u64 = 60_000;

/// Stashes that are remembered.
const MOST_STASHES: usize = 20;

/// Notes that are owed at most.
const MOST_OWED: usize = 2_000;

/// Files of one rewrite that are looked at.
const MOST_FILES: usize = 2_000;

/// Why settling did not come to an end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettleError {
    /// The repository cannot be opened.
    #[error("the repository cannot be opened")]
    Repository,
    /// The capture folder cannot be read or written.
    #[error("the capture folder cannot be used")]
    Folder(#[from] std::io::Error),
    /// Somebody else is settling and takes long.
    #[error("another process is settling")]
    Busy,
    /// A note cannot be written.
    #[error(transparent)]
    Notes(#[from] NotesError),
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settled {
    /// Commits whose notes were written.
    pub noted: Vec<ObjectId>,
    /// Lines of the queue that were damaged.
    pub damaged: usize,
}

/// Whose lines a commit brings in: by file, line (from 0).
pub(crate) type Attribution = BTreeMap<RepoPath, BTreeMap<u32, Owner>>;

/// Folds what hooks saw, and notes what was committed since.
pub fn settle(place: &Place) -> Result<Settled, SettleError> {
    let mut settling = Settling::begin(place)?;
    settling.fold()?;
    settling.stashed_now(&place.ground());
    if let Some(head) = settling.objects.head() {
        settling.arrive(head)?;
    }
    settling.finish()
}

/// Settles, and lists what differs from HEAD, so that what is changed from now on can be told.
pub fn watch(place: &Place) -> Result<Settled, SettleError> {
    let ground = place.ground();
    let mut settling = Settling::begin(place)?;
    settling.fold()?;
    settling.stashed_now(&ground);
    if let Some(head) = settling.objects.head() {
        settling.arrive(head)?;
    }
    settling.look(&ground)?;
    settling.finish()
}

/// A run of settling: the lock is held as long as it lives.
#[derive(Debug)]
pub(crate) struct Settling<'p> {
    pub(crate) place: &'p Place,
    pub(crate) objects: Objects,
    pub(crate) ledger: Ledger,
    store: Store,
    parts: Vec<PathBuf>,
    /// What was looked at for records of the parts after their hooks had ended.
    rests: Vec<Ticket>,
    settled: Settled,
    /// Why a note was not written; it is owed then.
    failed: Option<NotesError>,
    _lock: File,
}

impl<'p> Settling<'p> {
    pub(crate) fn begin(place: &'p Place) -> Result<Self, SettleError> {
        let store = Store::at(place.capture_dir());
        let key = observe::key(&store)?;
        let lock = File::create(store.folder().join("lock"))?;
        let mut waited = 0;
        while lock.try_lock().is_err() {
            if waited == 100 {
                return Err(SettleError::Busy);
            }
            waited += 1;
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let repo = worktree::open(place).ok_or(SettleError::Repository)?;
        let ledger = load(&store).unwrap_or_default();
        let mut objects = Objects::new(repo, key);
        for (commit, note) in &ledger.owed {
            if let Ok(commit) = ObjectId::from_hex(commit.as_bytes()) {
                objects.unwritten.insert(commit, note.clone());
            }
        }
        Ok(Self {
            place,
            objects,
            ledger,
            store,
            parts: Vec::new(),
            rests: Vec::new(),
            settled: Settled::default(),
            failed: None,
            _lock: lock,
        })
    }

    /// What a child found for a record; nothing is left where there was none to do.
    fn rest(&mut self, ticket: Option<Ticket>) -> Rest {
        let Some(ticket) = ticket else {
            return Rest {
                whole: true,
                ..Rest::default()
            };
        };
        self.rests.push(ticket);
        let rest = self.store.rest(ticket);
        // Whoever wrote it is about to take its task away, or died before: nobody needs the snapshot for it.
        self.store.forget_task(ticket);
        rest
    }

    /// Takes in everything that waits in the queue.
    pub(crate) fn fold(&mut self) -> Result<(), SettleError> {
        self.pay();
        self.parts = self.store.set_aside()?;
        for part in self.parts.clone() {
            let (records, damaged) = queue::read(&part)?;
            self.settled.damaged += damaged;
            for record in records {
                if !self.ledger.is_known(record.id) {
                    self.take(&record)?;
                }
            }
        }
        Ok(())
    }

    /// Writes notes that could not be written before.
    fn pay(&mut self) {
        for (commit, owed) in self.ledger.owed.clone() {
            let Ok(id) = ObjectId::from_hex(commit.as_bytes()) else {
                self.ledger.owed.remove(&commit);
                continue;
            };
            // Somebody may have brought another one meanwhile.
            self.objects.unwritten.remove(&id);
            let there = self.objects.note_bytes(id);
            let both = there.and_then(|there| note::union(&there, &owed).ok());
            self.write_note(id, both.unwrap_or(owed));
        }
    }

    /// Writes a note, or keeps it for the next time: a lock that somebody left behind must lose nothing, and whoever
    /// commits does not wait for each of many notes.
    pub(crate) fn write_note(&mut self, commit: ObjectId, bytes: Vec<u8>) {
        let hex: Box<str> = commit.to_hex().to_string().into();
        let written = match &self.failed {
            Some(_) => false,
            None => match notes::write(self.place, commit, &bytes) {
                Ok(()) => true,
                Err(error) => {
                    self.failed = Some(error);
                    false
                }
            },
        };
        if written {
            self.ledger.owed.remove(&hex);
            self.objects.unwritten.remove(&commit);
            self.settled.noted.push(commit);
        } else if self.ledger.owed.contains_key(&hex) || self.ledger.owed.len() < MOST_OWED {
            self.objects.unwritten.insert(commit, bytes.clone());
            self.ledger.owed.insert(hex, bytes);
        }
        self.objects.forget_notes();
    }

    /// Writes the ledger, and only then lets go of the queue.
    pub(crate) fn finish(mut self) -> Result<Settled, SettleError> {
        self.ledger.tidy();
        save(&self.store, &self.ledger)?;
        for part in &self.parts {
            fs::remove_file(part)?;
        }
        for ticket in &self.rests {
            self.store.forget_rest(*ticket);
        }
        self.store.forget(&self.store.waiting().0);
        match self.failed {
            Some(error) => Err(error.into()),
            None => Ok(self.settled),
        }
    }
}

pub(crate) fn noted(commit: ObjectId, key: &Key) -> Owner {
    Owner::Noted {
        commit: commit.to_hex().to_string().into(),
        key: key.to_string().into(),
    }
}

const LEDGER: &str = "ledger";

/// The commit at which the ledger stands, in a file of its own: cheap to look at.
const HEAD: &str = "head";

/// Was something committed since the queue was last folded, or since its first record if it never was?
pub(crate) fn is_behind(store: &Store, head: &str) -> bool {
    match fs::read_to_string(store.folder().join(HEAD)) {
        Ok(at) => at != head,
        Err(_) => store
            .first()
            .is_some_and(|first| *first.ground.head != *head),
    }
}

/// The ledger with its version and checksum; `None` where there is none that can be trusted.
pub(crate) fn load(store: &Store) -> Option<Ledger> {
    let content = fs::read(store.folder().join(LEDGER)).ok()?;
    let rest = content.strip_prefix(b"trueline ledger 4\n")?;
    let (sum, bytes) = rest.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*sum) != crc32fast::hash(bytes) {
        return None;
    }
    postcard::from_bytes(bytes).ok()
}

fn save(store: &Store, ledger: &Ledger) -> std::io::Result<()> {
    let bytes = postcard::to_stdvec(ledger).map_err(std::io::Error::other)?;
    let mut content = b"trueline ledger 4\n".to_vec();
    content.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    content.extend_from_slice(&bytes);
    queue::write_aside(&store.folder().join(LEDGER), &content)?;
    queue::write_aside(&store.folder().join(HEAD), ledger.ground.head.as_bytes())
}
