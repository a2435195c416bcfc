//! HEAD and stashes move: the ledger goes along, and commits on the way are noted.

use std::collections::BTreeMap;
use std::fs;

use gix::ObjectId;
use trueline_facts::RepoPath;

use super::{MOST_COMMITS, MOST_FILES, MOST_STASHES, SettleError, Settling, noted};
use crate::ledger::{Owner, Returned, Tracked};
use crate::place::Ground;
use crate::trace::{Bound, Traced};

impl Settling<'_> {
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
                self.landed(commit);
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
    pub(super) fn way(&mut self, old: ObjectId, new: ObjectId) -> Option<Vec<ObjectId>> {
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

    /// What a commit holds need not come back any more.
    pub(crate) fn landed(&mut self, commit: ObjectId) {
        let Some(of) = self.objects.commit(commit) else {
            return;
        };
        let parent = of
            .parents
            .first()
            .and_then(|parent| self.objects.commit(*parent));
        for change in self
            .objects
            .changes(parent.map(|parent| parent.tree), of.tree)
            .iter()
        {
            self.ledger.returned.remove(&change.path);
        }
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
    pub(super) fn take_back(&mut self, old: ObjectId, new: ObjectId) {
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
            let stashed = false;
            self.ledger
                .returned
                .insert(change.path.clone(), Returned { file, stashed });
        }
    }

    /// Notices that something was stashed, or that a stash came back or was dropped.
    pub(super) fn stash_is(&mut self, ground: &Ground) {
        let before = self.ledger.ground.stash.clone();
        if before == ground.stash {
            return;
        }
        if let Some(files) = self.ledger.stashes.remove(&before) {
            let here = files.into_iter().map(|(path, file)| {
                let stashed = true;
                (path, Returned { file, stashed })
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
        if ObjectId::from_hex(self.ledger.ground.head.as_bytes()).ok() != Some(*base) {
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
                away.insert(change.path, known.seen_as(&lines));
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
    pub(super) fn is_listed(&self, stash: &str) -> bool {
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
}
