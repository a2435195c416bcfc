//! From the ledger to a commit's note: whose the lines are that it brings in.

use std::collections::BTreeMap;

use bstr::ByteSlice;
use gix::ObjectId;
use trueline_authorship::note::{
    self, Entry, FileBlock, Human, Key, LineRange, Metadata, Note, Record as NoteRecord,
};
use trueline_facts::{RepoPath, SessionId};

use super::{Attribution, QUICK_COMMAND, SettleError, Settling};
use crate::ledger::{COMMITTED, Changer, Owner, Tracked};
use crate::lines::{Line, kept};
use crate::notes::NotesError;
use crate::place::Ground;
use crate::queue::{Claim, FileState};
use crate::trace::Bound;
use crate::worktree;

impl Settling<'_> {
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
            let file = self.file_for(commit, &change.path, change.from.as_ref(), &lines);
            let back = self.ledger.coming_back(&change.path, &lines);
            if file.is_none() && back.is_none() {
                continue;
            }
            let mut owners = match file {
                Some(file) => self
                    .ledger
                    .owners_of(&file, &lines, || self.here(&change.path)),
                None => vec![None; lines.len()],
            };
            for (owner, back) in owners.iter_mut().zip(back.into_iter().flatten()) {
                if owner.is_none() && back > COMMITTED {
                    *owner = Some(self.ledger.owner(back).clone());
                }
            }
            self.add_new(commit, &change.path, owners, &mut out);
        }
        if let Some((onto, source)) = self.ledger.squash.clone()
            && parent.is_some_and(|parent| ObjectId::from_hex(onto.as_bytes()).ok() == Some(parent))
        {
            self.ledger.squash = None;
            if let (Some(parent), Ok(source)) = (parent, ObjectId::from_hex(source.as_bytes())) {
                let squashed = self.objects.between(&[parent], source);
                self.carry(commit, source, &Bound::Within(&squashed), &mut out);
            }
        }
        out
    }

    /// A commit that an agent's command makes while it runs: what the command wrote is in it, and not seen yet.
    pub(crate) fn committed_by_command(
        &mut self,
        commit: ObjectId,
        ground: &Ground,
        now: u64,
    ) -> Result<(), SettleError> {
        let mut calls = self.ledger.open.iter();
        let Some(open) = calls.rfind(|open| open.commits.is_some()).cloned() else {
            return Ok(());
        };
        let (Some(commits), Some(of)) = (&open.commits, self.objects.commit(commit)) else {
            return Ok(());
        };
        let [parent] = of.parents.as_slice() else {
            return Ok(());
        };
        if !open.whole || ground.busy || *open.head != *parent.to_hex().to_string() {
            return Ok(());
        }
        let Some(before) = self.objects.commit(*parent) else {
            return Ok(());
        };
        let changes = self.objects.changes(Some(before.tree), of.tree);
        let back = self.objects.changes(Some(of.tree), before.tree);
        let mut files = Vec::new();
        for change in changes.iter() {
            if let Some(lines) = self.objects.lines(change.blob) {
                let (path, state) = (change.path.clone(), Some(self.store.keep(&lines)?));
                files.push(FileState { path, state });
            }
        }
        self.copied(&files, &commits.copied);
        let gone: Vec<RepoPath> = back
            .iter()
            .filter(|change| self.objects.file_at(commit, &change.path).is_none())
            .map(|change| change.path.clone())
            .collect();
        let took = now.saturating_sub(open.time);
        for change in changes.iter() {
            let path = &change.path;
            let told = took <= QUICK_COMMAND || commits.named.contains(path);
            // What a file was before that moved, and changed on the way, is not known.
            let moved = match &change.from {
                Some((from, _)) => from != path,
                None => !gone.is_empty() && !self.ledger.files.contains_key(path),
            };
            let (Some(lines), Some(here)) = (self.objects.lines(change.blob), self.here(path))
            else {
                continue;
            };
            let mut others = self
                .ledger
                .open
                .iter()
                .filter(|other| other.call != open.call);
            let alone = !others.any(|other| other.may_write(path, now));
            if !told || moved || !alone || open.unsure.contains(path) {
                continue;
            }
            // What was staged long ago and is not there any more is not the command's.
            let there = kept(&here, &lines)
                .into_iter()
                .map(|run| (run.new, run.len));
            let claim = Claim::Lines(there.collect());
            let head = self.head_lines(path);
            let by = Changer::Agent(&open.agent, &claim);
            self.ledger.see(path, Some(lines.to_vec()), &head, 0, &by);
        }
        Ok(())
    }

    /// What the work tree has of a file.
    pub(crate) fn here(&self, path: &RepoPath) -> Option<Vec<Line>> {
        let path = self.place.work_tree.join(path.as_bstr().to_path_lossy());
        self.objects
            .lines_of(&worktree::content(&self.place.work_tree, &path))
    }

    /// What the ledger has of a committed file: under its path, the one it was renamed from, or a
    /// path that is gone and had exactly this content.
    pub(super) fn file_for(
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
            && returned.is_in(lines)
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
            self.write_note(commit, bytes);
        }
        Ok(())
    }

    pub(super) fn key_of(
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
