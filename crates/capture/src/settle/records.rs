//! Records of the queue, one by one: what each look at a file says about who changed it.

use std::collections::{BTreeMap, BTreeSet};

use gix::ObjectId;
use trueline_authorship::tools;
use trueline_facts::RepoPath;

use super::{QUICK_COMMAND, QUICK_WRITE, SettleError, Settling};
use crate::ledger::{Agent, Changer, OPEN_AT_MOST, Open, Owner, Tracked};
use crate::lines::Line;
use crate::observe;
use crate::place::Ground;
use crate::queue::{Claim, FileState, Followed, Record, Seen, Written};
use crate::rest::Rest;

/// What a hook saw and what was seen after it, by path; what the hook saw has the last word.
fn joined(files: &[FileState], rest: &Rest) -> Vec<FileState> {
    let mut all: BTreeMap<&RepoPath, &FileState> = BTreeMap::new();
    for file in rest.files.iter().chain(files) {
        all.insert(&file.path, file);
    }
    all.into_values().cloned().collect()
}

impl Settling<'_> {
    pub(super) fn take(&mut self, record: &Record) -> Result<(), SettleError> {
        if let Ok(head) = ObjectId::from_hex(record.ground.head.as_bytes()) {
            self.arrive(head)?;
        }
        self.stash_is(&record.ground);
        self.ledger.ground = record.ground.clone();
        let mark = record.ground.mark;
        let agent = Agent::of(&record.actor);
        match &record.seen {
            Seen::BeforeWrite(files) if self.ledger.is_told_again(record, files, QUICK_COMMAND) => {
            }
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
                if let Some(open) = self.ledger.open.last_mut() {
                    open.before.clone_from(files);
                }
            }
            Seen::AfterWrite(all) => {
                let open = self.close(record, all);
                for written in all {
                    self.written(record, written, open.as_ref(), &agent);
                }
            }
            Seen::BeforeCommand {
                files,
                whole,
                rest,
                followed,
                commits,
            } => {
                let rest = self.rest(*rest);
                if self.ledger.is_told_again(record, &[], QUICK_COMMAND) {
                    return Ok(());
                }
                let (files, whole) = (joined(files, &rest), *whole && rest.whole);
                for file in &files {
                    let changer = self.bystander(record, &file.path);
                    self.see(file, mark, &changer);
                }
                self.clean(&files, &rest.unsure, whole);
                self.open(record, None, whole);
                if let Some(open) = self.ledger.open.last_mut() {
                    open.unsure = rest.unsure;
                    open.followed = *followed;
                    open.commits.clone_from(commits);
                }
            }
            Seen::AfterCommand {
                files,
                whole,
                named,
                by_git,
                copied,
                rest,
                followed,
            } => {
                let rest = self.rest(*rest);
                let (files, whole) = (joined(files, &rest), *whole && rest.whole);
                self.copied(&files, copied);
                let may_be_credited = !by_git && *followed != Followed::No;
                let open = self.commanded(record, &files, whole, named, may_be_credited, &agent);
                self.goes_on(record, *followed, open);
                self.clean(&files, &rest.unsure, whole);
                for path in &rest.unsure {
                    let head = self.head_lines(path);
                    self.ledger.lose_sight(path, &head);
                }
            }
            Seen::Saved(files) => {
                for file in files {
                    let changer = if self.ledger.is_open(&file.path, record.time) {
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
            Seen::Ended => self.turn_ends(record),
        }
        Ok(())
    }

    /// Calls whose end nobody told: what they wrote was not seen, so it is nobody's.
    fn turn_ends(&mut self, record: &Record) {
        let over = &record.actor.session;
        // What goes on does so after the turn.
        let ends = |open: &Open| open.session == *over && open.followed != Followed::UntilReported;
        let (ended, open): (Vec<Open>, Vec<Open>) = std::mem::take(&mut self.ledger.open)
            .into_iter()
            .partition(ends);
        self.ledger.open = open;
        for open in ended {
            let Some(paths) = open.paths else {
                self.ledger.lose_sight_of_all_but(&BTreeSet::new());
                continue;
            };
            for path in paths {
                let head = self.head_lines(&path);
                self.ledger.lose_sight(&path, &head);
            }
        }
    }

    /// A command has run: what is new is its agent's, if nobody else can have been it.
    pub(super) fn commanded(
        &mut self,
        record: &Record,
        files: &[FileState],
        whole: bool,
        named: &[RepoPath],
        may_be_credited: bool,
        agent: &Agent,
    ) -> Option<Open> {
        let open = self.close(record, &[]);
        let same_head = open
            .as_ref()
            .is_some_and(|open| open.head == record.ground.head);
        let took = open
            .as_ref()
            .map_or(u64::MAX, |open| record.time.saturating_sub(open.time));
        let credited = whole
            && open.as_ref().is_some_and(|open| open.whole)
            && same_head
            && may_be_credited
            && !record.ground.busy;
        self.moved(files);
        for file in files {
            let told = took <= QUICK_COMMAND || named.contains(&file.path);
            let alone = !self
                .ledger
                .is_open_beside(&file.path, &record.actor, record.time);
            // Changed so soon that nobody saw what it held before.
            let known = open
                .as_ref()
                .is_some_and(|open| !open.unsure.contains(&file.path));
            let changer = if credited && told && alone && known {
                Changer::Agent(agent, &Claim::All)
            } else {
                Changer::Nobody
            };
            self.see(file, record.ground.mark, &changer);
        }
        open
    }

    /// A command whose end was told may still write: what it writes then is nobody's.
    fn goes_on(&mut self, record: &Record, followed: Followed, open: Option<Open>) {
        let open_followed = open.map_or(followed, |open| open.followed);
        if [followed, open_followed].contains(&Followed::UntilReported) {
            self.open(record, None, false);
            if let Some(open) = self.ledger.open.last_mut() {
                open.followed = Followed::UntilReported;
            }
        }
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
        self.clean(files, &[], whole);
        self.ledger.looked = if whole { mark } else { 0 };
    }

    /// A change that shows before an agent's action: a person's, unless git or an agent was at it.
    pub(super) fn bystander(&self, record: &Record, path: &RepoPath) -> Changer<'static> {
        // Its own call too: a hook that fires again may be late and see what the agent wrote.
        if record.ground.busy || self.ledger.is_open(path, record.time) {
            Changer::Nobody
        } else {
            Changer::PersonIfUndisturbed
        }
    }

    pub(super) fn open(&mut self, record: &Record, paths: Option<Vec<RepoPath>>, whole: bool) {
        let now = record.time;
        self.ledger.open.retain(|open| {
            open.call != record.actor.call && now.saturating_sub(open.time) <= OPEN_AT_MOST
        });
        self.ledger.open.push(Open {
            session: record.actor.session.clone(),
            call: record.actor.call,
            time: now,
            head: record.ground.head.clone(),
            anonymous: record.actor.tool.as_str() == tools::UNSPECIFIED,
            paths,
            whole,
            unsure: Vec::new(),
            followed: Followed::Whole,
            agent: Agent::of(&record.actor),
            before: Vec::new(),
            commits: None,
        });
    }

    /// The call that a report closes: by its id, else the one of that session, or of a tool that
    /// did not say who it is, on the same files.
    pub(super) fn close(&mut self, record: &Record, written: &[Written]) -> Option<Open> {
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

    pub(super) fn written(
        &mut self,
        record: &Record,
        written: &Written,
        open: Option<&Open>,
        agent: &Agent,
    ) {
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
        let own = open.and_then(|open| open.before.iter().find(|file| file.path == *path));
        if let (Changer::Agent(agent, claim), Some(own)) = (changer, own)
            && let Some(before) = own
                .state
                .map_or(Some(Vec::new()), |id| self.store.lines(id))
        {
            self.ledger.claim(path, &before, claim, agent);
        }
    }

    pub(super) fn see(&mut self, file: &FileState, mark: u64, changer: &Changer<'_>) {
        let now = match file.state {
            None => None,
            Some(id) => {
                let Some(lines) = self.store.lines(id) else {
                    // Its lines were lost: nothing is known of the file from here on.
                    self.ledger.files.remove(&file.path);
                    self.ledger.looked = 0;
                    return;
                };
                Some(lines)
            }
        };
        let head = self.head_lines(&file.path);
        self.ledger.see(&file.path, now, &head, mark, changer);
    }

    pub(super) fn head_lines(&mut self, path: &RepoPath) -> Vec<Line> {
        let Ok(head) = ObjectId::from_hex(self.ledger.ground.head.as_bytes()) else {
            return Vec::new();
        };
        let blob = self.objects.file_at(head, path);
        let lines = blob.and_then(|blob| self.objects.lines(blob));
        lines.map_or_else(Vec::new, |lines| lines.to_vec())
    }

    /// Files that are not in a whole list of what differs are as HEAD has them; of a list that is not
    /// whole, what is not in it may be anything.
    pub(super) fn clean(&mut self, files: &[FileState], unsure: &[RepoPath], whole: bool) {
        let listed: BTreeSet<&RepoPath> = files.iter().map(|f| &f.path).chain(unsure).collect();
        if whole {
            self.ledger.files.retain(|path, _| listed.contains(path));
            // What came back would differ from HEAD: a hard reset took it, or its stash was dropped. Whoever writes
            // the like from here on wrote it.
            self.ledger.returned.retain(|path, _| listed.contains(path));
        } else {
            self.ledger.lose_sight_of_all_but(&listed);
        }
    }

    /// A file that is gone and one that is new with the same content: it moved, with its lines.
    pub(super) fn moved(&mut self, files: &[FileState]) {
        let removed = files
            .iter()
            .filter(|file| file.state.is_none())
            .map(|file| &file.path);
        let listed = |path: &&RepoPath| files.iter().any(|file| file.path == **path);
        let clean = self.ledger.files.keys().filter(|path| !listed(path));
        let gone: Vec<RepoPath> = removed.chain(clean).cloned().collect();
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
}
