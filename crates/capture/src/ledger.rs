//! The ledger: for each file that differs from HEAD, whose its lines are.
//!
//! Made from the queue's records in their order, and carried over commits. Every observation of a
//! file is compared with the one before it: lines that stay keep their owner, new ones belong to
//! whoever the observation shows to have written them, and to nobody where it shows no one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use trueline_authorship::note;
use trueline_facts::{ModelId, RepoPath, ToolId};

use crate::continuity::doubtful;
use crate::lines::{Line, origins};
use crate::place::Ground;
use crate::queue::{Actor, Claim, Commits, FileState, Followed, Record};

/// Files that the ledger follows at most.
const MOST_FILES: usize = 2_000;

/// Ids of records that are remembered, so that one that is told twice counts once.
const REMEMBERED: usize = 512;

/// A call that was begun and not ended stops counting after this time, in milliseconds.
pub(crate) const OPEN_AT_MOST: u64 = 3_600_000;

/// Whose a line is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Owner {
    /// Nobody was seen.
    Unknown,
    /// HEAD has it.
    Committed,
    /// The person at this work tree, seen between two looks at the file.
    Person,
    /// An agent.
    Agent(Agent),
    /// Whoever the note of a commit names by this key: the commit was taken back.
    Noted { commit: Box<str>, key: Box<str> },
}

/// An agent's session and the call within it, as notes name them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Agent {
    pub(crate) tool: ToolId,
    pub(crate) model: Option<ModelId>,
    pub(crate) session: Box<str>,
    pub(crate) trace: Box<str>,
}

impl Agent {
    pub(crate) fn of(actor: &Actor) -> Self {
        Self {
            tool: actor.tool.clone(),
            model: actor.model.clone(),
            session: actor.session.clone(),
            trace: note::trace_key(&format!("{}:{:016x}", actor.session, actor.call)).into(),
        }
    }
}

/// A file as it was last seen.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tracked {
    pub(crate) lines: Vec<Line>,
    /// For each line, an index into [`Ledger::owners`].
    pub(crate) owners: Vec<u32>,
    /// How git stood when it was seen; 0 where a change would say nothing about who made it.
    pub(crate) mark: u64,
    /// There was no such file.
    pub(crate) absent: bool,
}

/// A call of an agent that has begun.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) session: Box<str>,
    pub(crate) call: u64,
    pub(crate) time: u64,
    pub(crate) head: Box<str>,
    /// Its tool did not say who it is.
    pub(crate) anonymous: bool,
    /// The files that it will write; `None`: a command, which may write any.
    pub(crate) paths: Option<Vec<RepoPath>>,
    /// A command's list of what differed before it was whole.
    pub(crate) whole: bool,
    /// Files of which is not known what they held before it.
    pub(crate) unsure: Vec<RepoPath>,
    pub(crate) followed: Followed,
    pub(crate) agent: Agent,
    /// The files that it will write, as they were left to it.
    pub(crate) before: Vec<FileState>,
    /// A command that makes a commit.
    pub(crate) commits: Option<Commits>,
}

impl Open {
    pub(crate) fn may_write(&self, path: &RepoPath, now: u64) -> bool {
        now.saturating_sub(self.time) <= OPEN_AT_MOST
            && self.paths.as_ref().is_none_or(|paths| paths.contains(path))
    }
}

impl Tracked {
    /// A file whose content is known to be this now, though nobody saw who changed it.
    pub(crate) fn seen_as(&self, now: &[Line]) -> Self {
        let origins = origins(&self.lines, now);
        let doubtful = doubtful(self, &origins);
        let owners = origins.into_iter().map(|old| match old {
            Some(old) => self.owner_of(old, &doubtful),
            None => UNKNOWN,
        });
        Self {
            owners: owners.collect(),
            lines: now.to_vec(),
            mark: 0,
            absent: false,
        }
    }

    /// Whose a line is that may be another's.
    fn owner_of(&self, line: u32, doubtful: &[bool]) -> u32 {
        let owner = self.owners.get(line as usize).copied();
        match owner.unwrap_or(UNKNOWN) {
            owner if owner <= COMMITTED => owner,
            _ if doubtful.get(line as usize).copied().unwrap_or(true) => UNKNOWN,
            owner => owner,
        }
    }
}

/// Content that git took out of the work tree and may bring back.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Returned {
    pub(crate) file: Tracked,
    /// It was in a stash: it came back or was dropped, and only a file that holds every line that is somebody's
    /// tells which. Else the file comes back whole or not at all.
    pub(crate) stashed: bool,
}

impl Returned {
    /// Did it come back, as a file that holds these lines shows?
    pub(crate) fn is_in(&self, now: &[Line]) -> bool {
        if !self.stashed {
            return self.file.lines == now;
        }
        let origins = origins(&self.file.lines, now);
        // What is not found is in doubt; so is what tells too little.
        let mut found = vec![false; self.file.lines.len()];
        for old in origins.iter().flatten() {
            if let Some(found) = found.get_mut(*old as usize) {
                *found = true;
            }
        }
        let doubtful = doubtful(&self.file, &origins);
        let mut each = self.file.owners.iter().zip(found.iter().zip(doubtful));
        each.all(|(owner, (found, doubt))| *owner <= COMMITTED || (*found && !doubt))
    }
}

/// What one look at a file says about who changed it.
#[derive(Clone, Debug)]
pub(crate) enum Changer<'r> {
    /// Nobody that is known.
    Nobody,
    /// A person, if git stands as it did when the file was last seen.
    PersonIfUndisturbed,
    /// A person told by an editor.
    Person,
    /// An agent, for the lines of the claim.
    Agent(&'r Agent, &'r Claim),
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) ground: Ground,
    pub(crate) files: BTreeMap<RepoPath, Tracked>,
    owners: Vec<Owner>,
    pub(crate) open: Vec<Open>,
    recent: VecDeque<u64>,
    /// Where HEAD was, and the head of the branch that was squashed onto it.
    pub(crate) squash: Option<(Box<str>, Box<str>)>,
    pub(crate) returned: BTreeMap<RepoPath, Returned>,
    pub(crate) stashes: BTreeMap<Box<str>, BTreeMap<RepoPath, Tracked>>,
    /// At this mark everything that differs from HEAD was listed.
    pub(crate) looked: u64,
    /// How often an agent read a file of a class.
    pub(crate) reads: BTreeMap<(ToolId, Box<str>), u64>,
    /// Notes that could not be written, by commit.
    pub(crate) owed: BTreeMap<Box<str>, Vec<u8>>,
}

const UNKNOWN: u32 = 0;
pub(crate) const COMMITTED: u32 = 1;
const PERSON: u32 = 2;

impl Default for Ledger {
    fn default() -> Self {
        Self {
            ground: Ground::default(),
            files: BTreeMap::new(),
            // In the order of the constants.
            owners: vec![Owner::Unknown, Owner::Committed, Owner::Person],
            open: Vec::new(),
            recent: VecDeque::new(),
            squash: None,
            returned: BTreeMap::new(),
            stashes: BTreeMap::new(),
            looked: 0,
            reads: BTreeMap::new(),
            owed: BTreeMap::new(),
        }
    }
}

impl Ledger {
    pub(crate) fn owner(&self, ix: u32) -> &Owner {
        self.owners.get(ix as usize).unwrap_or(&Owner::Unknown)
    }

    pub(crate) fn intern(&mut self, owner: &Owner) -> u32 {
        if let Some(ix) = self.owners.iter().position(|known| known == owner) {
            return ix as u32;
        }
        self.owners.push(owner.clone());
        self.owners.len() as u32 - 1
    }

    /// Was it told before? Remembers it.
    pub(crate) fn is_known(&mut self, id: u64) -> bool {
        if self.recent.contains(&id) {
            return true;
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(id);
        false
    }

    /// Was this call told already, with these files, a moment ago? Then what they hold now may be its own work.
    pub(crate) fn is_told_again(&self, record: &Record, files: &[FileState], within: u64) -> bool {
        self.open.iter().any(|open| {
            open.call == record.actor.call
                && open.session == record.actor.session
                && open.head == record.ground.head
                && record.time.saturating_sub(open.time) <= within
                && files.iter().all(|file| {
                    let paths = open.paths.as_ref();
                    paths.is_none_or(|paths| paths.contains(&file.path))
                })
        })
    }

    /// Lines that are nobody's, that a call says are its own, and that were not there when it began: somebody else's
    /// report showed them first.
    pub(crate) fn claim(&mut self, path: &RepoPath, before: &[Line], claim: &Claim, agent: &Agent) {
        if *claim == Claim::Untold {
            return;
        }
        let agent = self.intern(&Owner::Agent(agent.clone()));
        let Some(file) = self.files.get_mut(path) else {
            return;
        };
        let before = origins(before, &file.lines);
        for ((line, owner), before) in (0_u32..).zip(&mut file.owners).zip(before) {
            if *owner == UNKNOWN && before.is_none() && claims(claim, line) {
                *owner = agent;
            }
        }
    }

    /// The owners of lines that came back: from a commit that was taken back, or from a stash, which may be listed
    /// still.
    pub(crate) fn coming_back(&self, path: &RepoPath, now: &[Line]) -> Option<Vec<u32>> {
        if let Some(returned) = self.returned.get(path).filter(|file| file.is_in(now)) {
            return Some(returned.file.seen_as(now).owners);
        }
        let count = |owners: &Vec<u32>| owners.iter().filter(|owner| **owner > COMMITTED).count();
        let stashed = self.stashes.values().filter_map(|files| files.get(path));
        let owners = stashed
            .map(|file| file.seen_as(now).owners)
            .max_by_key(count);
        owners.filter(|owners| count(owners) > 0)
    }

    /// Is a call under way that may write this file?
    pub(crate) fn is_open(&self, path: &RepoPath, now: u64) -> bool {
        self.open.iter().any(|open| open.may_write(path, now))
    }

    /// Is another call under way that may write this file, so that this one cannot be told from it? Those of
    /// the same session that are not followed are the same agent's.
    pub(crate) fn is_open_beside(&self, path: &RepoPath, actor: &Actor, now: u64) -> bool {
        self.open.iter().any(|open| {
            let own = open.followed != Followed::Whole && open.session == actor.session;
            open.call != actor.call && !own && open.may_write(path, now)
        })
    }

    /// A file was seen. `head` is its content at HEAD, empty where HEAD has none.
    pub(crate) fn see(
        &mut self,
        path: &RepoPath,
        now: Option<Vec<Line>>,
        head: &[Line],
        mark: u64,
        changer: &Changer<'_>,
    ) {
        let absent = now.is_none();
        let now = now.unwrap_or_default();
        let before = match self.files.remove(path) {
            Some(before) => before,
            None => Tracked {
                lines: head.to_vec(),
                owners: vec![COMMITTED; head.len()],
                mark: self.looked,
                absent: head.is_empty(),
            },
        };
        let undisturbed = before.mark != 0 && before.mark == mark;
        let agent = match changer {
            Changer::Agent(agent, _) => self.intern(&Owner::Agent((*agent).clone())),
            _ => UNKNOWN,
        };
        // Seen, and not back: what is like it later was written anew.
        if self
            .returned
            .get(path)
            .is_some_and(|file| !file.is_in(&now))
        {
            self.returned.remove(path);
        }
        let coming_back = self.coming_back(path, &now);
        let from_before = origins(&before.lines, &now);
        // What an agent's call leaves of a state that was seen before it stays; what became of the file while nobody
        // looked is another question.
        let doubtful = match changer {
            Changer::Agent(..) => vec![false; before.lines.len()],
            _ => doubtful(&before, &from_before),
        };
        let from_head = origins(head, &now);
        let mut owners = Vec::with_capacity(now.len());
        for at in 0..now.len() {
            let line = at as u32;
            let in_head = from_head.get(at).copied().flatten().is_some();
            let kept = from_before.get(at).copied().flatten();
            let kept = kept.map(|old| before.owner_of(old, &doubtful));
            let back = coming_back.as_ref().and_then(|owners| owners.get(at));
            let back = back.copied().filter(|owner| *owner > COMMITTED);
            let owner = match (in_head, kept, changer) {
                (true, _, _) => COMMITTED,
                (false, Some(kept), _) if kept > COMMITTED => kept,
                (false, None, Changer::Agent(_, claim)) if claims(claim, line) => agent,
                (false, None, Changer::Person) => PERSON,
                (false, None, Changer::PersonIfUndisturbed) if undisturbed && back.is_none() => {
                    PERSON
                }
                // Also what HEAD had when it was last seen, and has no longer in this place.
                _ => back.unwrap_or(UNKNOWN),
            };
            owners.push(owner);
        }
        // An agent's report that shows no change yet: what comes next is not a person's.
        let unsettled = matches!(changer, Changer::Agent(_, Claim::Untold)) && before.lines == now;
        self.files.insert(
            path.clone(),
            Tracked {
                lines: now,
                owners,
                mark: if unsettled { 0 } else { mark },
                absent,
            },
        );
    }

    /// What a file holds now is not known: whoever changed it next is not either.
    pub(crate) fn lose_sight(&mut self, path: &RepoPath, head: &[Line]) {
        let file = self.files.entry(path.clone()).or_insert_with(|| Tracked {
            lines: head.to_vec(),
            owners: vec![COMMITTED; head.len()],
            mark: 0,
            absent: head.is_empty(),
        });
        file.mark = 0;
    }

    /// A list was cut: of what is not in it nothing is known to be as it was.
    pub(crate) fn lose_sight_of_all_but(&mut self, listed: &BTreeSet<&RepoPath>) {
        self.looked = 0;
        for (path, file) in &mut self.files {
            if !listed.contains(path) {
                file.mark = 0;
            }
        }
    }

    /// HEAD is another commit: lines that its content has are committed, others are not.
    pub(crate) fn rebase(&mut self, path: &RepoPath, head: &[Line]) {
        let Some(file) = self.files.get_mut(path) else {
            return;
        };
        let in_head = origins(head, &file.lines);
        for (owner, origin) in file.owners.iter_mut().zip(in_head) {
            if origin.is_some() {
                *owner = COMMITTED;
            } else if *owner == COMMITTED {
                *owner = UNKNOWN;
            }
        }
        file.mark = 0;
    }

    /// Forgets files of which nothing is known that HEAD does not say.
    pub(crate) fn tidy(&mut self) {
        let says_something = |file: &Tracked| file.owners.iter().any(|o| *o > COMMITTED);
        // Where a list was whole, a file that is not known here is one that was seen then: one that went
        // out of sight since must stay, or who changes it next is taken for a person.
        let looked = self.looked != 0;
        self.files
            .retain(|_, file| says_something(file) || file.mark != 0 || looked);
        if self.files.len() > MOST_FILES {
            self.looked = 0;
            self.files.retain(|_, file| says_something(file));
        }
        while self.files.len() > MOST_FILES {
            self.files.pop_last();
        }
        self.renumber();
    }

    /// Drops owners that no line has any more.
    fn renumber(&mut self) {
        let mut used: BTreeSet<u32> = [UNKNOWN, COMMITTED, PERSON].into();
        let files = self.files.values();
        let returned = self.returned.values().map(|r| &r.file);
        let stashed = self.stashes.values().flat_map(BTreeMap::values);
        for file in files.chain(returned).chain(stashed) {
            used.extend(&file.owners);
        }
        if used.len() == self.owners.len() {
            return;
        }
        let order: Vec<u32> = used.into_iter().collect();
        self.owners = order.iter().map(|ix| self.owner(*ix).clone()).collect();
        let new = |old: &mut u32| {
            *old = order.binary_search(old).map_or(UNKNOWN, |ix| ix as u32);
        };
        let files = self.files.values_mut();
        let returned = self.returned.values_mut().map(|r| &mut r.file);
        let stashed = self.stashes.values_mut().flat_map(BTreeMap::values_mut);
        for file in files.chain(returned).chain(stashed) {
            file.owners.iter_mut().for_each(new);
        }
    }

    /// For each line of a content that was committed: whose it is, if it is anybody's. `here` is what the work
    /// tree has: of what is still there whole, any part may be committed.
    pub(crate) fn owners_of(
        &self,
        file: &Tracked,
        committed: &[Line],
        here: impl FnOnce() -> Option<Vec<Line>>,
    ) -> Vec<Option<Owner>> {
        let origins_of_it = origins(&file.lines, committed);
        let mut doubts = doubtful(file, &origins_of_it);
        let in_doubt = |line: &u32| {
            let at = *line as usize;
            file.owners.get(at).is_some_and(|owner| *owner > COMMITTED)
                && doubts.get(at) == Some(&true)
        };
        if origins_of_it.iter().flatten().any(in_doubt)
            && let Some(here) = here()
        {
            let elsewhere = doubtful(file, &origins(&file.lines, &here));
            for (doubt, elsewhere) in doubts.iter_mut().zip(elsewhere) {
                *doubt &= elsewhere;
            }
        }
        origins_of_it
            .into_iter()
            .map(|origin| match self.owner(file.owner_of(origin?, &doubts)) {
                Owner::Unknown | Owner::Committed => None,
                owner => Some(owner.clone()),
            })
            .collect()
    }
}

fn claims(claim: &Claim, line: u32) -> bool {
    match claim {
        Claim::All | Claim::Untold => true,
        Claim::Lines(runs) => {
            let at = runs.partition_point(|(first, _)| *first <= line);
            at.checked_sub(1)
                .and_then(|at| runs.get(at))
                .is_some_and(|(first, count)| line - first < *count)
        }
    }
}
