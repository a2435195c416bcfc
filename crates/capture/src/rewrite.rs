//! Carrying attribution through rewrites: amend, rebase, cherry-pick, revert, squash.
//!
//! Four invariants. Evidence: a line is credited by what hooks saw or by a note of a commit that git
//! itself links to the new one; likeness credits nothing. Conservation: what git's own diff says
//! stayed keeps its owner, through renames too. Immutability: decisions rest on commits, trees,
//! notes and the ledger, not on the work tree as it is later. And where a fact is missing, nothing
//! is done: a gap is acceptable, a wrong name is not.

use std::collections::BTreeMap;
use std::fs;

use bstr::ByteSlice;
use gix::ObjectId;
use rustc_hash::FxHashSet;
use trueline_facts::RepoPath;

use crate::lines::origins;
use crate::notes::{self, Merged};
use crate::objects::NOTES_REF;
use crate::observe;
use crate::place::Place;
use crate::queue::{Actor, Seen, Store};
use crate::settle::{self, Attribution, SettleError, Settled, Settling, noted};
use crate::trace::{Bound, Traced};

/// Pairs that one rewrite may have.
const MOST_PAIRS: usize = 2_000;

/// Bytes of a list of pairs that are read.
pub const LARGEST_INPUT: u64 = 1 << 20;

impl Settling<'_> {
    /// For lines that a commit brings in and that nobody is named for yet: whoever wrote them where
    /// they come from. `source` is a commit that git links to this one.
    pub(crate) fn carry(
        &mut self,
        commit: ObjectId,
        source: ObjectId,
        bound: &Bound<'_>,
        out: &mut Attribution,
    ) {
        self.carry_some(commit, source, bound, None, out);
    }

    fn carry_some(
        &mut self,
        commit: ObjectId,
        source: ObjectId,
        bound: &Bound<'_>,
        only: Option<&BTreeMap<RepoPath, FxHashSet<u32>>>,
        out: &mut Attribution,
    ) {
        let Some((of, from)) = self.objects.commit(commit).zip(self.objects.commit(source)) else {
            return;
        };
        let parent = of.parents.first().copied();
        let parent_tree = parent.and_then(|parent| Some(self.objects.commit(parent)?.tree));
        let changes = self.objects.changes(parent_tree, of.tree);
        let against_source = self.objects.changes(Some(from.tree), of.tree);
        for change in changes.iter() {
            let path = &change.path;
            // The file in the source: the same path, or the one that git says it was renamed from.
            let there = match self.objects.file_at(source, path) {
                Some(blob) => Some((path.clone(), blob)),
                None => against_source
                    .iter()
                    .find(|other| other.path == *path)
                    .and_then(|other| other.from.clone()),
            };
            let Some((there, blob)) = there else { continue };
            let (Some(old), Some(new)) =
                (self.objects.lines(blob), self.objects.lines(change.blob))
            else {
                continue;
            };
            let Some(inherited) = self.objects.inherited(commit, path) else {
                continue;
            };
            let told = out.get(path).cloned().unwrap_or_default();
            let allowed = only.map(|only| only.get(&there).cloned().unwrap_or_default());
            let map = origins(&old, &new);
            let pairs: Vec<(u32, u32)> = (0_u32..)
                .zip(map)
                .zip(inherited)
                .filter_map(|((line, origin), inherited)| {
                    let origin = origin?;
                    let wanted = !inherited && !told.contains_key(&line);
                    let allowed = allowed.as_ref().is_none_or(|some| some.contains(&origin));
                    (wanted && allowed).then_some((line, origin))
                })
                .collect();
            if pairs.is_empty() {
                continue;
            }
            let wanted: Vec<u32> = pairs.iter().map(|(_, origin)| *origin).collect();
            let traced = self.objects.trace(source, &there, &wanted, bound);
            for (line, origin) in pairs {
                if let Some(Traced::Noted(commit, key)) = traced.get(&origin) {
                    out.entry(path.clone())
                        .or_default()
                        .insert(line, noted(*commit, key));
                }
            }
        }
    }

    /// A revert brings lines back: they get the owners that they had when they were last alive.
    fn carry_revert(&mut self, commit: ObjectId, reverted: ObjectId, out: &mut Attribution) {
        let Some(of) = self.objects.commit(reverted) else {
            return;
        };
        let [before] = of.parents.as_slice() else {
            return;
        };
        let before = *before;
        let Some(from) = self.objects.commit(before) else {
            return;
        };
        // Only lines that the reverted commit took away can come back.
        let mut gone: BTreeMap<RepoPath, FxHashSet<u32>> = BTreeMap::new();
        // By the tree before: so that files it deleted are there.
        for change in self.objects.changes(Some(of.tree), from.tree).iter() {
            let Some(old) = self.objects.lines(change.blob) else {
                continue;
            };
            let after = change
                .from
                .as_ref()
                .and_then(|(_, blob)| self.objects.lines(*blob));
            let after = after.map_or_else(Vec::new, |lines| lines.to_vec());
            let removed = (0_u32..)
                .zip(origins(&after, &old))
                .filter_map(|(line, kept)| kept.is_none().then_some(line));
            gone.insert(change.path.clone(), removed.collect());
        }
        self.carry_some(commit, before, &Bound::Roots, Some(&gone), out);
    }
}

/// A commit was made here: `post-commit`.
pub fn post_commit(place: &Place) -> Result<Settled, SettleError> {
    let mut settling = Settling::begin(place)?;
    settling.fold()?;
    let Some(head) = settling.objects.head() else {
        return settling.finish();
    };
    let ground = place.ground();
    settling.stashed_now(&ground);
    let parents = settling
        .objects
        .commit(head)
        .map(|commit| commit.parents.clone())
        .unwrap_or_default();
    // First to where this commit was made, be that forward, back or aside; then over it.
    if let Some(parent) = parents.first() {
        settling.arrive(*parent)?;
    }
    settling.committed_by_command(head, &ground, observe::now())?;
    let mut attribution = settling.committed(head);
    for source in sources(place, &settling, head) {
        match source {
            Source::Picked(source) => {
                settling.carry(head, source, &Bound::Roots, &mut attribution);
            }
            Source::Reverted(source) => settling.carry_revert(head, source, &mut attribution),
        }
    }
    settling.note(head, &attribution)?;
    settling.landed(head);
    settling.stand_on(head);
    settling.ledger.squash = None;
    settling.look(&ground)?;
    settling.finish()
}

enum Source {
    Picked(ObjectId),
    Reverted(ObjectId),
}

/// What git says the commit was made from.
fn sources(place: &Place, settling: &Settling<'_>, head: ObjectId) -> Vec<Source> {
    let mut found = Vec::new();
    let named = |name: &str| {
        let text = fs::read_to_string(place.git_dir.join(name)).ok()?;
        ObjectId::from_hex(text.trim().as_bytes()).ok()
    };
    found.extend(named("CHERRY_PICK_HEAD").map(Source::Picked));
    found.extend(named("REVERT_HEAD").map(Source::Reverted));
    if found.is_empty()
        && let Some(message) = settling.objects.message(head)
    {
        // git writes the whole id; a message without one links to nothing.
        for line in message.lines() {
            let named = line
                .trim()
                .strip_prefix(b"This reverts commit ")
                .and_then(|rest| ObjectId::from_hex(rest.get(..40)?).ok());
            found.extend(named.map(Source::Reverted));
        }
    }
    found.truncate(MOST_PAIRS);
    found
}

/// Commits were rewritten: `post-rewrite`, with the pairs of old and new that git writes to it.
pub fn post_rewrite(place: &Place, pairs: &[u8]) -> Result<Settled, SettleError> {
    let mut settling = Settling::begin(place)?;
    settling.fold()?;
    // All that became one commit, in the order in which git lists them.
    let mut groups: Vec<(ObjectId, Vec<ObjectId>)> = Vec::new();
    for line in pairs.lines().take(MOST_PAIRS) {
        let mut words = line.split(|byte| *byte == b' ');
        let mut next = || ObjectId::from_hex(words.next()?).ok();
        let Some((old, new)) = next().zip(next()) else {
            continue;
        };
        if old == new {
            continue;
        }
        match groups.iter_mut().find(|(known, _)| *known == new) {
            Some((_, olds)) => olds.push(old),
            None => groups.push((new, vec![old])),
        }
    }
    for (new, olds) in groups {
        let mut attribution = Attribution::new();
        // The last of a squash holds what all of them came to; the earlier ones may hold more of
        // what was put in another order.
        for old in olds.into_iter().rev() {
            settling.carry(new, old, &Bound::Roots, &mut attribution);
        }
        settling.note(new, &attribution)?;
    }
    if let Some(head) = settling.objects.head() {
        settling.arrive(head)?;
    }
    settling.look(&place.ground())?;
    settling.finish()
}

/// A merge ended: `post-merge`. After `merge --squash` the commit that follows holds the branch.
pub fn post_merge(place: &Place, squash: bool) -> Result<Settled, SettleError> {
    if squash {
        let store = Store::at(place.capture_dir());
        store.create()?;
        // git lists the squashed commits, the newest first.
        let message = fs::read_to_string(place.git_dir.join("SQUASH_MSG")).unwrap_or_default();
        let source = message.lines().find_map(|line| {
            let id = line.strip_prefix("commit ")?.split(' ').next()?;
            ObjectId::from_hex(id.as_bytes()).ok().map(|_| id)
        });
        if let Some(source) = source {
            let seen = Seen::Squash {
                source: source.into(),
            };
            store.append(&observe::record(nobody(), place, seen))?;
        }
        return Ok(Settled::default());
    }
    settle::watch(place)
}

/// The forge squashed or rebased a branch: `branch` is `BASE..HEAD` of the branch, `onto` the commit
/// that came of it, or a range of them.
pub fn squash(place: &Place, branch: &str, onto: &str) -> Result<Settled, RangeError> {
    let mut settling = Settling::begin(place)?;
    let (base, tip) = ends(&settling, branch)?;
    let squashed = settling.objects.between(&[base], tip);
    let new: Vec<ObjectId> = if onto.contains("..") {
        let (from, to) = ends(&settling, onto)?;
        let mut new = Vec::new();
        let mut at = to;
        while at != from && new.len() < MOST_PAIRS {
            new.push(at);
            let parent = settling
                .objects
                .commit(at)
                .and_then(|c| c.parents.first().copied());
            let Some(parent) = parent else { break };
            at = parent;
        }
        new
    } else {
        vec![revision(&settling, onto)?]
    };
    for commit in new {
        let mut attribution = Attribution::new();
        settling.carry(commit, tip, &Bound::Within(&squashed), &mut attribution);
        settling.note(commit, &attribution)?;
    }
    Ok(settling.finish()?)
}

/// Brings notes that were fetched from a remote into ours.
pub fn merge_notes(place: &Place, remote: &str) -> Result<Merged, SettleError> {
    let mut settling = Settling::begin(place)?;
    let theirs = format!("refs/notes/ai-remote/{remote}");
    Ok(notes::merge(place, &mut settling.objects, &theirs)?)
}

/// Fetches the notes of a remote, joins them with ours and pushes the result; again, if somebody
/// else was faster.
pub fn share_notes(place: &Place, remote: &str) -> Result<Merged, SettleError> {
    let refspec = format!("+{NOTES_REF}:refs/notes/ai-remote/{remote}");
    let mut merged = Merged::default();
    let mut failed = None;
    for attempt in 0..5 {
        // A remote without notes has nothing to fetch: that is no failure.
        let fetch = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            remote,
            &refspec,
        ];
        let fetched = notes::git(place, "fetch", &fetch, None);
        if fetched.is_ok() {
            let now = merge_notes(place, remote)?;
            merged.added += now.added;
            merged.joined += now.joined;
            merged.unreadable += now.unreadable;
        }
        let repo = crate::worktree::open(place).ok_or(SettleError::Repository)?;
        if repo.try_find_reference(NOTES_REF).ok().flatten().is_none() {
            return Ok(merged);
        }
        let both = format!("{NOTES_REF}:{NOTES_REF}");
        match notes::git(
            place,
            "push",
            &["push", "--quiet", "--no-verify", remote, &both],
            None,
        ) {
            Ok(_) => return Ok(merged),
            Err(error) => failed = Some(error),
        }
        std::thread::sleep(std::time::Duration::from_millis(50 << attempt));
    }
    failed.map_or(Ok(merged), |error| Err(error.into()))
}

/// Why a range was not carried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RangeError {
    /// It names no commits that are here.
    #[error("`{text}` names no commits that are here: write `BASE..HEAD`, and fetch both")]
    Range {
        /// As given.
        text: String,
    },
    /// Settling failed.
    #[error(transparent)]
    Settle(#[from] SettleError),
}

fn ends(settling: &Settling<'_>, range: &str) -> Result<(ObjectId, ObjectId), RangeError> {
    let unknown = || RangeError::Range {
        text: range.to_owned(),
    };
    let (from, to) = range.split_once("..").ok_or_else(unknown)?;
    let to = if to.is_empty() { "HEAD" } else { to };
    Ok((revision(settling, from)?, revision(settling, to)?))
}

fn revision(settling: &Settling<'_>, text: &str) -> Result<ObjectId, RangeError> {
    settling
        .objects
        .resolve(text)
        .ok_or_else(|| RangeError::Range {
            text: text.to_owned(),
        })
}

pub(crate) fn nobody() -> Actor {
    Actor {
        tool: trueline_authorship::tools::fold(""),
        model: None,
        session: "".into(),
        call: 0,
    }
}
