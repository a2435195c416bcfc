//! Reverts: which commit a message says it takes back, and what its author's signs are worth then.
//!
//! Who takes back a commit brings back lines that others wrote. The signs of such a commit stay as a
//! hint: they tell who reverted.

use bstr::ByteSlice;
use gix::ObjectId;
use rustc_hash::FxHashMap;
use trueline_facts::Confidence;

use super::CommitEvidence;
use super::agreement::{self, most};
use super::locate::subject;
use super::squash::squash_number;
use super::witnesses;
use crate::model::{Commit, CommitIx, History};

/// The commit that a message says is reverted, as git writes it.
pub(super) fn reverts(message: &[u8]) -> Option<ObjectId> {
    const WORDS: &[u8] = b"This reverts commit ";
    let at = message.find(WORDS)? + WORDS.len();
    let hex: &[u8] = &message[at..];
    let end = hex
        .iter()
        .position(|b| !b.is_ascii_hexdigit())
        .unwrap_or(hex.len());
    ObjectId::from_hex(&hex[..end]).ok()
}

/// The number of the request that a forge's button reverts: `Reverts owner/name#12`.
fn reverts_number(message: &[u8]) -> Option<u64> {
    message.lines().find_map(|line| {
        let rest = line.strip_prefix(b"Reverts ")?;
        let at = rest.find_byte(b'#').or_else(|| rest.find_byte(b'!'))?;
        rest[at + 1..].trim().to_str().ok()?.parse().ok()
    })
}

/// The subject that is reverted: `Revert "…"`, perhaps with the number of a request after it.
fn reverts_subject(message: &[u8]) -> Option<&[u8]> {
    let inner = subject(message).strip_prefix(b"Revert \"")?;
    inner.get(..inner.rfind_byte(b'"')?)
}

/// Makes a hint of the signs of commits that bring back what the commit had removed that they
/// revert.
pub(super) fn silence(repo: &gix::Repository, history: &History, commits: &mut [CommitEvidence]) {
    let speaks = |evidence: &CommitEvidence| evidence.signs.iter().any(witnesses::speaks_of_author);
    let says = |commit: &Commit| {
        let message = &commit.message;
        !commit.is_merge()
            && (reverts(message).is_some()
                || reverts_number(message).is_some()
                || reverts_subject(message).is_some())
    };
    let suspects: Vec<CommitIx> = (0..history.commits.len() as u32)
        .map(CommitIx)
        .filter(|ix| speaks(&commits[ix.0 as usize]) && says(history.commit(*ix)))
        .collect();
    if suspects.is_empty() {
        return;
    }
    let named = Named::new(history);
    for ix in suspects {
        let brings_back = named
            .reverted(history, ix)
            .is_some_and(|reverted| brings_back(repo, history, ix, reverted));
        if brings_back {
            for sign in &mut commits[ix.0 as usize].signs {
                sign.confidence = Confidence::Low;
            }
        }
    }
}

/// Commits that say that they take back another one, and which.
#[derive(Debug)]
pub(crate) struct Reverts;

impl Reverts {
    /// The later commit and the earlier one, the newest first. The merge of a branch that holds a
    /// revert says nothing by itself.
    pub(crate) fn of(history: &History) -> Vec<(CommitIx, CommitIx)> {
        let named = Named::new(history);
        (0..history.commits.len() as u32)
            .map(CommitIx)
            .filter(|ix| !history.commit(*ix).is_merge())
            .filter_map(|ix| Some((ix, named.reverted(history, ix)?)))
            .collect()
    }
}

/// Whether most of what a commit adds is what another one had removed.
fn brings_back(
    repo: &gix::Repository,
    history: &History,
    ix: CommitIx,
    reverted: CommitIx,
) -> bool {
    let other = history.commit(reverted);
    let Some(before) = other.parents.first().map(|parent| history.commit(*parent)) else {
        return false;
    };
    // The other way round: what it removed is added.
    let Some(back) = agreement::differing_files(repo, Some(other.tree), before.tree) else {
        return false;
    };
    let removed = agreement::added_lines(repo, &back);
    let files = agreement::changed_files(repo, history, ix);
    let added = agreement::added_lines(repo, &files);
    added.total > 0 && most(removed.shared(&added), added.total)
}

/// Commits by what a revert may call them.
struct Named<'h> {
    id: FxHashMap<ObjectId, CommitIx>,
    /// Newest first.
    number: FxHashMap<u64, Vec<CommitIx>>,
    subject: FxHashMap<&'h [u8], Vec<CommitIx>>,
}

impl<'h> Named<'h> {
    fn new(history: &'h History) -> Self {
        let mut named = Self {
            id: FxHashMap::default(),
            number: FxHashMap::default(),
            subject: FxHashMap::default(),
        };
        for (commit, ix) in history.commits.iter().zip((0..).map(CommitIx)) {
            named.id.insert(commit.id, ix);
            if let Some(number) = squash_number(&commit.message) {
                named.number.entry(number).or_default().push(ix);
            }
            let of_subject = named.subject.entry(subject(&commit.message));
            of_subject.or_default().push(ix);
        }
        named
    }

    fn reverted(&self, history: &History, ix: CommitIx) -> Option<CommitIx> {
        let message = &history.commit(ix).message;
        // Children come before parents: what is reverted has a greater index.
        let older = |found: &Vec<CommitIx>| found.iter().copied().find(|other| *other > ix);
        let by_id = || self.id.get(&reverts(message)?).copied();
        let by_number = || older(self.number.get(&reverts_number(message)?)?);
        let by_subject = || older(self.subject.get(reverts_subject(message)?)?);
        by_id().or_else(by_number).or_else(by_subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revert_names_its_commit() {
        let id = "0123456789012345678901234567890123456789";
        let message = format!("Revert \"x\"\n\nThis reverts commit {id}.\n");
        assert_eq!(reverts(message.as_bytes()).unwrap().to_string(), id);
        assert_eq!(reverts(b"This reverts commit of ours"), None);
        assert_eq!(reverts(b"This reverts"), None);
        let button = b"Revert \"Add \"it\" (#7)\" (#9)\n\nReverts acme/app#7";
        assert_eq!(reverts_number(button), Some(7));
        assert_eq!(reverts_subject(button), Some(&b"Add \"it\" (#7)"[..]));
        assert_eq!(reverts_number(b"Reverts the change"), None);
    }
}
