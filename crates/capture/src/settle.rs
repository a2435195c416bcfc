//! Settling: the queue is folded into the ledger, and what was committed since becomes notes.
//!
//! Runs after a commit, or whenever somebody asks; what could not be done at one time is done at
//! the next. One process at a time, by a lock that the system releases if the process dies. Notes
//! are written before the ledger is, and the ledger before parts of the queue are removed: killed at
//! any moment, the next run does the same again and comes to the same.

use std::collections::BTreeMap;
use std::fs::{self, File};

use bstr::ByteSlice;
use gix::ObjectId;
use thiserror::Error;
use trueline_authorship::note::{
    self, Entry, FileBlock, Human, Key, LineRange, Metadata, Note, Record as NoteRecord,
};
use trueline_authorship::tools;
use trueline_facts::{RepoPath, SessionId};

use crate::ledger::{Agent, Changer, Ledger, Open, Owner, Returned, Tracked};
use crate::lines::Line;
use crate::notes::{self, NotesError};
use crate::objects::Objects;
use crate::observe;
use crate::place::{Ground, Place};
use crate::queue::{self, Claim, FileState, Record, Seen, Store, Written};
use crate::trace::{Bound, Traced};
use crate::worktree;

/// Commits that are noted afterwards, when no hook saw them being made.
const MOST_COMMITS: usize = 100;

/// A command may be credited with a file that it does not name if it took no longer, in milliseconds.
const QUICK_COMMAND: u64 = 10_000;

/// A write whose payload does not tell what it wrote counts if it took no longer.
const QUICK_WRITE: u64 = 60_000;

/// Stashes that are remembered.
const MOST_STASHES: usize = 20;

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

/// A run of settling: the lock is held as long as it lives.
#[derive(Debug)]
pub(crate) struct Settling<'p> {
    pub(crate) place: &'p Place,
    pub(crate) objects: Objects,
    pub(crate) ledger: Ledger,
    store: Store,
    parts: Vec<std::path::PathBuf>,
    settled: Settled,
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
        let ledger = load(&store).unwrap_or_else(Ledger::new);
        Ok(Self {
            place,
            objects: Objects::new(repo, key),
            ledger,
            store,
            parts: Vec::new(),
            settled: Settled::default(),
            _lock: lock,
        })
    }

    /// Takes in everything that waits in the queue.
    pub(crate) fn fold(&mut self) -> Result<(), SettleError> {
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

    /// Writes the ledger, and only then lets go of the queue.
    pub(crate) fn finish(mut self) -> Result<Settled, SettleError> {
        self.ledger.tidy();
        save(&self.store, &self.ledger)?;
        for part in &self.parts {
            fs::remove_file(part)?;
        }
        self.store.forget(&self.store.waiting().0);
        Ok(self.settled)
    }

    fn take(&mut self, record: &Record) -> Result<(), SettleError> {
        if let Ok(head) = ObjectId::from_hex(record.ground.head.as_bytes()) {
            self.arrive(head)?;
        }
        self.stash_is(&record.ground);
        self.ledger.ground = record.ground.clone();
        let mark = record.ground.mark;
        let agent = Agent::of(&record.actor);
        let call = record.actor.call;
        match &record.seen {
            Seen::BeforeWrite(files) => {
                for file in files {
                    let changer = self.bystander(record, &file.path);
                    self.see(file, mark, &changer);
                }
                self.open(
                    record,
                    Some(files.iter().map(|f| f.path.clone()).collect()),
                    true,
                );
            }
            Seen::AfterWrite(all) => {
                let open = self.close(record, all);
                for written in all {
                    self.written(record, written, open.as_ref(), &agent);
                }
            }
            Seen::BeforeCommand { files, whole } => {
                for file in files {
                    let changer = self.bystander(record, &file.path);
                    self.see(file, mark, &changer);
                }
                self.clean(files, *whole);
                self.open(record, None, *whole);
            }
            Seen::AfterCommand {
                files,
                whole,
                named,
                by_git,
            } => {
                let open = self.close(record, &[]);
                let same_head = open.as_ref().is_some_and(|o| o.head == record.ground.head);
                let took = open
                    .as_ref()
                    .map_or(u64::MAX, |o| record.time.saturating_sub(o.time));
                let credited = *whole
                    && open.is_some_and(|open| open.whole)
                    && same_head
                    && !by_git
                    && !record.ground.busy;
                self.moved(files);
                for file in files {
                    let told = took <= QUICK_COMMAND || named.contains(&file.path);
                    let alone = !self.ledger.is_open(&file.path, call, record.time);
                    let changer = if credited && told && alone {
                        Changer::Agent(&agent, &Claim::All)
                    } else {
                        Changer::Nobody
                    };
                    self.see(file, mark, &changer);
                }
                self.clean(files, *whole);
            }
            Seen::Saved(files) => {
                for file in files {
                    let changer = if self.ledger.is_open(&file.path, 0, record.time) {
                        Changer::Nobody
                    } else {
                        Changer::Person
                    };
                    self.see(file, mark, &changer);
                }
            }
            Seen::Look { files, whole } => self.looked(files, *whole, mark),
            Seen::Read(classes) => {
                for class in classes {
                    let counted = (record.actor.tool.clone(), class.clone());
                    *self.ledger.reads.entry(counted).or_default() += 1;
                }
            }
            Seen::Squash { source } => {
                self.ledger.squash = Some((record.ground.head.clone(), source.clone()));
            }
            Seen::Ended => {
                let over = &record.actor.session;
                self.ledger.open.retain(|open| open.session != *over);
            }
        }
        Ok(())
    }

    /// What differs from HEAD now, so that later changes can be told from it.
    pub(crate) fn look(&mut self, ground: &Ground) -> Result<(), SettleError> {
        self.ledger.ground = ground.clone();
        if ground.busy {
            // Amid a rebase every commit would look at the whole tree, and git goes on at once.
            self.ledger.looked = 0;
            return Ok(());
        }
        let (files, whole) = observe::differing(self.place, &self.store)?;
        self.looked(&files, whole, ground.mark);
        Ok(())
    }

    /// Notices what became of stashes until now.
    pub(crate) fn stashed_now(&mut self, ground: &Ground) {
        self.stash_is(ground);
        self.ledger.ground.stash = ground.stash.clone();
    }

    /// Everything that differs from HEAD was listed.
    pub(crate) fn looked(&mut self, files: &[FileState], whole: bool, mark: u64) {
        for file in files {
            self.see(file, mark, &Changer::Nobody);
        }
        self.clean(files, whole);
        self.ledger.looked = if whole { mark } else { 0 };
    }

    /// A change that shows before an agent's action: a person's, unless git or an agent was at it.
    fn bystander(&self, record: &Record, path: &RepoPath) -> Changer<'static> {
        // Its own call too: a hook that fires again may be late and see what the agent wrote.
        if record.ground.busy || self.ledger.is_open(path, 0, record.time) {
            Changer::Nobody
        } else {
            Changer::PersonIfUndisturbed
        }
    }

    fn open(&mut self, record: &Record, paths: Option<Vec<RepoPath>>, whole: bool) {
        let now = record.time;
        self.ledger.open.retain(|open| {
            open.call != record.actor.call
                && now.saturating_sub(open.time) <= crate::ledger::OPEN_AT_MOST
        });
        self.ledger.open.push(Open {
            session: record.actor.session.clone(),
            call: record.actor.call,
            time: now,
            head: record.ground.head.clone(),
            anonymous: record.actor.tool.as_str() == tools::UNSPECIFIED,
            paths,
            whole,
        });
    }

    /// The call that a report closes: by its id, else the one of that session, or of a tool that
    /// did not say who it is, on the same files.
    fn close(&mut self, record: &Record, written: &[Written]) -> Option<Open> {
        let open = &mut self.ledger.open;
        let by_id = open.iter().position(|open| open.call == record.actor.call);
        let at = by_id.or_else(|| {
            let first = &written.first()?.file.path;
            open.iter().rposition(|open| {
                let ours = open.anonymous || open.session == record.actor.session;
                ours && open
                    .paths
                    .as_ref()
                    .is_some_and(|paths| paths.contains(first))
            })
        })?;
        Some(open.remove(at))
    }

    fn written(&mut self, record: &Record, written: &Written, open: Option<&Open>, agent: &Agent) {
        let mark = record.ground.mark;
        let path = &written.file.path;
        let before =
            open.is_some_and(|open| open.paths.as_ref().is_none_or(|paths| paths.contains(path)));
        if let (false, Some(state)) = (before, written.before) {
            let file = FileState {
                path: path.clone(),
                state: Some(state),
            };
            self.see(&file, mark, &Changer::Nobody);
        }
        let known = before || written.before.is_some();
        let took = open.map_or(0, |open| record.time.saturating_sub(open.time));
        let told = written.claim != Claim::Untold || took <= QUICK_WRITE;
        let changer = if known && told {
            Changer::Agent(agent, &written.claim)
        } else {
            Changer::Nobody
        };
        self.see(&written.file, mark, &changer);
    }

    fn see(&mut self, file: &FileState, mark: u64, changer: &Changer<'_>) {
        let now = match file.state {
            None => None,
            Some(id) => match self.store.lines(id) {
                Some(lines) => Some(lines),
                // Its lines were lost: nothing is known of the file from here on.
                None => {
                    self.ledger.files.remove(&file.path);
                    self.ledger.looked = 0;
                    return;
                }
            },
        };
        let head = self.head_lines(&file.path);
        self.ledger.see(&file.path, now, &head, mark, changer);
    }

    fn head_lines(&mut self, path: &RepoPath) -> Vec<Line> {
        let Ok(head) = ObjectId::from_hex(self.ledger.ground.head.as_bytes()) else {
            return Vec::new();
        };
        let blob = self.objects.file_at(head, path);
        let lines = blob.and_then(|blob| self.objects.lines(blob));
        lines.map_or_else(Vec::new, |lines| lines.to_vec())
    }

    /// Files that are not in a whole list of what differs are as HEAD has them.
    fn clean(&mut self, files: &[FileState], whole: bool) {
        if whole {
            let listed: std::collections::BTreeSet<&RepoPath> =
                files.iter().map(|f| &f.path).collect();
            self.ledger.files.retain(|path, _| listed.contains(path));
        }
    }

    /// A file that is gone and one that is new with the same content: it moved, with its lines.
    fn moved(&mut self, files: &[FileState]) {
        let gone: Vec<RepoPath> = files
            .iter()
            .filter(|file| file.state.is_none())
            .map(|file| file.path.clone())
            .chain(
                self.ledger
                    .files
                    .keys()
                    .cloned()
                    .filter(|path| !files.iter().any(|file| file.path == *path)),
            )
            .collect();
        for file in files {
            let Some(lines) = file.state.and_then(|id| self.store.lines(id)) else {
                continue;
            };
            if lines.is_empty() || self.ledger.files.contains_key(&file.path) {
                continue;
            }
            if !self.head_lines(&file.path).is_empty() {
                continue;
            }
            let from = gone.iter().find(|path| match self.ledger.files.get(*path) {
                Some(tracked) => tracked.lines == lines,
                None => false,
            });
            let from = match from {
                Some(from) => Some(from.clone()),
                None => gone
                    .iter()
                    .find(|path| self.head_lines(path) == lines)
                    .cloned(),
            };
            let Some(from) = from else { continue };
            let tracked = self.ledger.files.get(&from).cloned().unwrap_or_else(|| {
                let committed = self.ledger.intern(&Owner::Committed);
                Tracked {
                    owners: vec![committed; lines.len()],
                    lines: lines.clone(),
                    mark: 0,
                    absent: false,
                }
            });
            self.ledger.files.insert(file.path.clone(), tracked);
        }
    }

    /// HEAD is at this commit now. Commits on the way are noted.
    pub(crate) fn arrive(&mut self, head: ObjectId) -> Result<(), SettleError> {
        let Ok(old) = ObjectId::from_hex(self.ledger.ground.head.as_bytes()) else {
            self.ledger.ground.head = head.to_hex().to_string().into();
            return Ok(());
        };
        if old == head {
            return Ok(());
        }
        if let Some(way) = self.way(old, head) {
            for commit in way {
                let attribution = self.committed(commit);
                self.note(commit, &attribution)?;
                self.stand_on(commit);
            }
        } else {
            self.ledger.returned.clear();
            if self.objects.is_ancestor(head, old) {
                self.take_back(old, head);
            }
            self.stand_on(head);
        }
        Ok(())
    }

    /// The first parents from after `old` up to `new`, oldest first.
    fn way(&mut self, old: ObjectId, new: ObjectId) -> Option<Vec<ObjectId>> {
        let mut way = Vec::new();
        let mut at = new;
        while at != old {
            way.push(at);
            if way.len() > MOST_COMMITS {
                return None;
            }
            at = *self.objects.commit(at)?.parents.first()?;
        }
        way.reverse();
        Some(way)
    }

    /// The ledger speaks relative to this commit from here on.
    pub(crate) fn stand_on(&mut self, commit: ObjectId) {
        // A rename that was committed takes its lines along.
        let parent = self
            .objects
            .commit(commit)
            .and_then(|c| c.parents.first().copied());
        let trees = parent.and_then(|parent| {
            Some((
                self.objects.commit(parent)?.tree,
                self.objects.commit(commit)?.tree,
            ))
        });
        if let Some((old, new)) = trees {
            for change in self.objects.changes(Some(old), new).iter() {
                self.ledger.returned.remove(&change.path);
                if let Some((from, _)) = &change.from
                    && *from != change.path
                    && !self.ledger.files.contains_key(&change.path)
                    && let Some(tracked) = self.ledger.files.remove(from)
                {
                    self.ledger.files.insert(change.path.clone(), tracked);
                }
            }
        }
        let paths: Vec<RepoPath> = self.ledger.files.keys().cloned().collect();
        for path in paths {
            let blob = self.objects.file_at(commit, &path);
            let lines = blob.and_then(|blob| self.objects.lines(blob));
            self.ledger
                .rebase(&path, lines.as_ref().map_or(&[], |lines| lines.as_slice()));
        }
        self.ledger.ground.head = commit.to_hex().to_string().into();
        self.ledger.looked = 0;
        self.ledger.tidy();
    }

    /// Commits were undone (`reset`): what they brought in is uncommitted again, if it is still
    /// there. Whether it is shows when a file is next seen with exactly that content.
    fn take_back(&mut self, old: ObjectId, new: ObjectId) {
        let undone = self.objects.between(&[new], old);
        let trees = self.objects.commit(old).zip(self.objects.commit(new));
        let Some((from, to)) = trees else { return };
        let changes = self.objects.changes(Some(to.tree), from.tree);
        for change in changes.iter().take(MOST_FILES) {
            let Some(lines) = self.objects.lines(change.blob) else {
                continue;
            };
            let wanted: Vec<u32> = (0..lines.len() as u32).collect();
            let bound = Bound::Within(&undone);
            let traced = self.objects.trace(old, &change.path, &wanted, &bound);
            let at_head: Vec<u32> = wanted
                .iter()
                .map(|line| match traced.get(line) {
                    Some(Traced::Noted(commit, key)) => self.ledger.intern(&noted(*commit, key)),
                    Some(Traced::Older) => self.ledger.intern(&Owner::Committed),
                    _ => self.ledger.intern(&Owner::Unknown),
                })
                .collect();
            let mut file = Tracked {
                lines: lines.to_vec(),
                owners: at_head,
                ..Tracked::default()
            };
            // What was uncommitted before stays so.
            if let Some(live) = self.ledger.files.get(&change.path).cloned() {
                let map = crate::lines::origins(&file.lines, &live.lines);
                let committed = self.ledger.intern(&Owner::Committed);
                let owners = live.owners.iter().zip(map).map(|(own, old)| {
                    let back = old.and_then(|old| file.owners.get(old as usize));
                    if *own == committed {
                        back.copied().unwrap_or(*own)
                    } else {
                        *own
                    }
                });
                file = Tracked {
                    owners: owners.collect(),
                    ..live
                };
            }
            let came_back = false;
            self.ledger
                .returned
                .insert(change.path.clone(), Returned { file, came_back });
        }
    }

    /// Notices that something was stashed, or that a stash came back.
    fn stash_is(&mut self, ground: &Ground) {
        let before = self.ledger.ground.stash.clone();
        if before == ground.stash {
            return;
        }
        if let Some(files) = self.ledger.stashes.remove(&before) {
            let here = files.into_iter().map(|(path, file)| {
                let came_back = true;
                (path, Returned { file, came_back })
            });
            // One more stash on top of it leaves it where it is.
            if self.is_listed(&before) {
                let back = here.map(|(path, returned)| (path, returned.file)).collect();
                self.ledger.stashes.insert(before, back);
            } else {
                self.ledger.returned.extend(here);
            }
        }
        let Ok(stash) = ObjectId::from_hex(ground.stash.as_bytes()) else {
            return;
        };
        let Some(stash) = self.objects.commit(stash) else {
            return;
        };
        // Its parents: where HEAD was, the index, and what was untracked if that went along.
        let Some(base) = stash.parents.first() else {
            return;
        };
        if *self.ledger.ground.head != base.to_hex().to_string() {
            return;
        }
        let base = self.objects.commit(*base).map(|commit| commit.tree);
        let mut changes = self.objects.changes(base, stash.tree).to_vec();
        let untracked = stash.parents.get(2).and_then(|id| self.objects.commit(*id));
        if let Some(untracked) = untracked {
            changes.extend(self.objects.changes(None, untracked.tree).iter().cloned());
        }
        let mut away = BTreeMap::new();
        for change in changes {
            let here = self.ledger.files.remove(&change.path);
            let back = self.ledger.returned.remove(&change.path);
            let known = here.or(back.map(|returned| returned.file));
            // What git put away may be newer than what was last seen of it.
            if let Some(known) = known
                && let Some(lines) = self.objects.lines(change.blob)
            {
                away.insert(change.path, self.ledger.seen_as(&known, &lines));
            }
        }
        if !away.is_empty() && !self.ledger.stashes.contains_key(&ground.stash) {
            while self.ledger.stashes.len() >= MOST_STASHES {
                self.ledger.stashes.pop_first();
            }
            self.ledger.stashes.insert(ground.stash.clone(), away);
        }
    }

    /// Is a stash still in the list? The list is the reference's log.
    fn is_listed(&self, stash: &str) -> bool {
        let log = self
            .place
            .common_dir
            .join("logs")
            .join("refs")
            .join("stash");
        fs::read_to_string(log).is_ok_and(|log| {
            log.lines()
                .any(|line| line.split(' ').nth(1) == Some(stash))
        })
    }

    /// Whose the lines are that a commit brought in, as far as the ledger knows.
    pub(crate) fn committed(&mut self, commit: ObjectId) -> Attribution {
        let mut out = Attribution::new();
        let Some(of) = self.objects.commit(commit) else {
            return out;
        };
        let parent = of.parents.first().copied();
        let parent_tree = parent.and_then(|parent| Some(self.objects.commit(parent)?.tree));
        let changes = self.objects.changes(parent_tree, of.tree);
        for change in changes.iter() {
            let Some(lines) = self.objects.lines(change.blob) else {
                continue;
            };
            let Some(file) = self.file_for(commit, &change.path, change.from.as_ref(), &lines)
            else {
                continue;
            };
            let owners = self.ledger.owners_of(&file, &lines);
            self.add_new(commit, &change.path, owners, &mut out);
        }
        if let Some((onto, source)) = self.ledger.squash.clone()
            && parent.is_some_and(|parent| parent.to_hex().to_string() == *onto)
        {
            self.ledger.squash = None;
            if let (Some(parent), Ok(source)) = (parent, ObjectId::from_hex(source.as_bytes())) {
                let squashed = self.objects.between(&[parent], source);
                self.carry(commit, source, &Bound::Within(&squashed), &mut out);
            }
        }
        out
    }

    /// What the ledger has of a committed file: under its path, the one it was renamed from, or a
    /// path that is gone and had exactly this content.
    fn file_for(
        &mut self,
        commit: ObjectId,
        path: &RepoPath,
        from: Option<&(RepoPath, ObjectId)>,
        lines: &[Line],
    ) -> Option<Tracked> {
        if let Some(returned) = self.ledger.returned.get(path)
            && (returned.file.lines == lines)
        {
            return Some(returned.file.clone());
        }
        if let Some(file) = self.ledger.files.get(path) {
            return Some(file.clone());
        }
        if let Some(returned) = self.ledger.returned.get(path)
            && returned.came_back
        {
            return Some(returned.file.clone());
        }
        if let Some((from, _)) = from
            && let Some(file) = self.ledger.files.get(from)
        {
            return Some(file.clone());
        }
        let same: Vec<(RepoPath, Tracked)> = self
            .ledger
            .files
            .iter()
            .filter(|(_, file)| !lines.is_empty() && file.lines == lines)
            .map(|(path, file)| (path.clone(), file.clone()))
            .collect();
        same.into_iter()
            .find(|(path, _)| {
                self.objects.file_at(commit, path).is_none()
                    && !self
                        .place
                        .work_tree
                        .join(path.as_bstr().to_path_lossy())
                        .exists()
            })
            .map(|(_, file)| file)
    }

    /// Keeps those owners whose lines no parent of the commit has.
    pub(crate) fn add_new(
        &mut self,
        commit: ObjectId,
        path: &RepoPath,
        owners: Vec<Option<Owner>>,
        out: &mut Attribution,
    ) {
        if owners.iter().all(Option::is_none) {
            return;
        }
        let Some(inherited) = self.objects.inherited(commit, path) else {
            return;
        };
        let lines = (0_u32..).zip(owners).zip(inherited);
        for ((line, owner), inherited) in lines {
            if let (Some(owner), false) = (owner, inherited) {
                out.entry(path.clone())
                    .or_default()
                    .entry(line)
                    .or_insert(owner);
            }
        }
    }

    /// Writes the note of a commit: what is told joins what is there, which keeps the last word.
    pub(crate) fn note(
        &mut self,
        commit: ObjectId,
        attribution: &Attribution,
    ) -> Result<(), SettleError> {
        let Some(of) = self.objects.commit(commit) else {
            return Ok(());
        };
        let mut addition = Note::default();
        let mut carried: Vec<(Key, Vec<u8>)> = Vec::new();
        for (path, lines) in attribution {
            let mut entries: BTreeMap<Key, Vec<LineRange>> = BTreeMap::new();
            for (line, owner) in lines {
                let Some(key) =
                    self.key_of(owner, &of.committer, &mut addition.metadata, &mut carried)
                else {
                    continue;
                };
                let (first, last) = (line + 1, line + 1);
                let ranges = entries.entry(key).or_default();
                match ranges.last_mut() {
                    Some(range) if range.last + 1 == first => range.last = last,
                    _ => ranges.push(LineRange { first, last }),
                }
            }
            if !entries.is_empty() {
                let entries = entries
                    .into_iter()
                    .map(|(key, ranges)| Entry { key, ranges });
                addition.files.push(FileBlock {
                    path: path.clone(),
                    entries: entries.collect(),
                });
            }
        }
        if addition.files.is_empty() {
            return Ok(());
        }
        let existing = self.objects.note_bytes(commit);
        let hex = commit.to_hex().to_string();
        let composed = note::compose(existing.as_deref(), &addition, &carried, &hex);
        let bytes = composed.map_err(|source| NotesError::Existing { commit, source })?;
        if existing.as_deref() != Some(&bytes) {
            notes::write(self.place, commit, &bytes)?;
            self.objects.forget_notes();
            self.settled.noted.push(commit);
        }
        Ok(())
    }

    fn key_of(
        &mut self,
        owner: &Owner,
        person: &str,
        metadata: &mut Metadata,
        carried: &mut Vec<(Key, Vec<u8>)>,
    ) -> Option<Key> {
        match owner {
            Owner::Unknown | Owner::Committed => None,
            Owner::Person => {
                let key: Box<str> = note::human_key(person).into();
                metadata
                    .humans
                    .entry(key.clone())
                    .or_insert_with(|| Human::new(person));
                Some(Key::Human(key))
            }
            Owner::Agent(agent) => {
                let record = note::Agent {
                    tool: agent.tool.clone(),
                    model: agent.model.clone(),
                    session: SessionId::new(agent.session.clone()),
                    record: NoteRecord::Captured,
                };
                let known = metadata
                    .sessions
                    .entry(agent.session.clone())
                    .or_insert(record);
                // A model that one call tells is that of the session.
                if known.model.is_none() {
                    known.model.clone_from(&agent.model);
                }
                Some(Key::Session {
                    session: agent.session.clone(),
                    trace: Some(agent.trace.clone()),
                })
            }
            Owner::Noted { commit, key } => {
                let key = Key::parse(key);
                if !carried.iter().any(|(known, _)| *known == key) {
                    let commit = ObjectId::from_hex(commit.as_bytes()).ok()?;
                    let note = self.objects.note(commit)?;
                    carried.push((key.clone(), note.bytes.clone()));
                }
                Some(key)
            }
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

/// Was something committed since the queue was last folded? Not if it never was.
pub(crate) fn is_behind(store: &Store, head: &str) -> bool {
    fs::read_to_string(store.folder().join(HEAD)).is_ok_and(|at| at != head)
}

/// The ledger with its version and checksum; `None` where there is none that can be trusted.
pub(crate) fn load(store: &Store) -> Option<Ledger> {
    let content = fs::read(store.folder().join(LEDGER)).ok()?;
    let rest = content.strip_prefix(b"trueline ledger 1\n")?;
    let (sum, bytes) = rest.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*sum) != crc32fast::hash(bytes) {
        return None;
    }
    postcard::from_bytes(bytes).ok()
}

fn save(store: &Store, ledger: &Ledger) -> std::io::Result<()> {
    let bytes = postcard::to_stdvec(ledger).map_err(std::io::Error::other)?;
    let mut content = b"trueline ledger 1\n".to_vec();
    content.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    content.extend_from_slice(&bytes);
    queue::write_aside(&store.folder().join(LEDGER), &content)?;
    queue::write_aside(&store.folder().join(HEAD), ledger.ground.head.as_bytes())
}
