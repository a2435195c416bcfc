//! What signals read out of blobs, kept between runs: signs in contents, dependencies that a commit
//! changed, lines that it moved.
//!
//! Each answer stands under a digest of all that it depends on (object ids and paths), the segment
//! under the version of tables and readers. Only answers from objects that could be read are kept,
//! so that a later run with more objects finds more. Names of tools and counts; no content.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use trueline_cache::{Cache, Key, Kind};
use trueline_facts::{Diagnostic, Level, RepoPath};

use crate::model::{Change, ChangeKind};
use crate::persist::hexadecimal;
use crate::repository::Repository;

/// Changes whenever the readers of manifests, workflows, ignore files and moved lines answer
/// differently from the same tables.
const FORMAT: u32 = 4;
const KIND: Kind = Kind::new("signals");
/// Answers kept; those that the last run used come first.
const MOST: usize = 50_000;
const DIGEST_BYTES: usize = 16;

type Asked = [u8; DIGEST_BYTES];

/// Answers of earlier runs and of this one.
#[derive(Debug, Default)]
pub struct Memo {
    known: FxHashMap<Asked, Box<[u8]>>,
    used: Mutex<BTreeMap<Asked, Box<[u8]>>>,
    has_news: AtomicBool,
}

/// Whether everything that an answer depends on could be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reading {
    Whole,
    Partial,
}

/// All that an answer depends on.
pub(super) struct Question(Sha256);

impl Question {
    pub(super) fn new(what: &str) -> Self {
        Self(Sha256::new()).with(what.as_bytes())
    }

    pub(super) fn with(mut self, part: &[u8]) -> Self {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// A path with what a commit did to it.
    pub(super) fn with_change(self, path: &RepoPath, change: &Change) -> Self {
        let kind: &[u8] = match change.kind {
            ChangeKind::Added => b"added",
            ChangeKind::Modified => b"modified",
            ChangeKind::Deleted => b"deleted",
        };
        self.with(path.as_bytes())
            .with(kind)
            .with(change.blob.as_slice())
    }

    fn digest(self) -> Asked {
        let mut asked = Asked::default();
        let digest = self.0.finalize();
        for (to, from) in asked.iter_mut().zip(digest) {
            *to = from;
        }
        asked
    }
}

impl Memo {
    /// What earlier runs kept for this repository; empty if there is nothing that still holds.
    #[must_use]
    pub fn load(cache: &Cache, repository: &Repository) -> Self {
        let known = key(repository)
            .and_then(|key| cache.read(KIND, &key))
            .and_then(|bytes| decode(&bytes))
            .unwrap_or_default();
        Self {
            known,
            ..Self::default()
        }
    }

    /// Keeps the answers of this run for the next one, if there are new ones; says why it could not.
    pub fn store(&self, cache: &Cache, repository: &Repository) -> Option<Diagnostic> {
        if !self.has_news.load(Ordering::Relaxed) {
            return None;
        }
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unused: Vec<(&Asked, &Box<[u8]>)> = self
            .known
            .iter()
            .filter(|(asked, _)| !used.contains_key(*asked))
            .collect();
        unused.sort_unstable();
        let bytes = encode(used.iter().chain(unused).take(MOST));
        let written = key(repository).map(|key| cache.write(KIND, &key, &bytes));
        match written {
            Some(Err(error)) => Some(Diagnostic::new(
                Level::Note,
                "cache-unwritten",
                format!("Signals were not cached, so the next run reads more: {error}."),
            )),
            _ => None,
        }
    }

    /// The kept answer, or the one that `find` gives; `find` says `None` where something could not
    /// be read, which is asked again next time.
    pub(super) fn answer<T: Serialize + DeserializeOwned>(
        &self,
        question: Question,
        find: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let asked = question.digest();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = used.get(&asked).or_else(|| self.known.get(&asked));
        if let Some(kept) = kept
            && let Ok(answer) = serde_json::from_slice(kept)
        {
            let kept = kept.clone();
            used.entry(asked).or_insert(kept);
            return Some(answer);
        }
        drop(used);
        let found = find()?;
        if let Ok(bytes) = serde_json::to_vec(&found) {
            self.has_news.store(true, Ordering::Relaxed);
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.insert(asked, bytes.into());
        }
        Some(found)
    }
}

/// Names everything but the question that answers depend on.
fn key(repository: &Repository) -> Option<Key> {
    let mut hash = Sha256::new();
    hash.update(FORMAT.to_le_bytes());
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(trueline_authorship::tables_digest());
    for reference in repository.replacements() {
        hash.update(reference.name.as_slice());
        hash.update(reference.target.as_slice());
    }
    Key::new(hexadecimal(&hash.finalize(), 8)).ok()
}

fn encode<'a>(answers: impl Iterator<Item = (&'a Asked, &'a Box<[u8]>)>) -> Vec<u8> {
    let mut out = Vec::new();
    for (asked, answer) in answers {
        out.extend_from_slice(asked);
        out.extend_from_slice(&(answer.len() as u32).to_le_bytes());
        out.extend_from_slice(answer);
    }
    out
}

fn decode(mut bytes: &[u8]) -> Option<FxHashMap<Asked, Box<[u8]>>> {
    let mut answers = FxHashMap::default();
    while !bytes.is_empty() {
        let (asked, rest) = bytes.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (answer, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        answers.insert(*asked, answer.into());
        bytes = rest;
    }
    Some(answers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_is_found_once_and_what_could_not_be_read_is_asked_again() {
        let memo = Memo::default();
        let ask = |found| memo.answer(Question::new("q").with(b"x"), || found);
        assert_eq!(ask(None), None);
        assert_eq!(ask(Some(3)), Some(3));
        assert_eq!(ask(Some(4)), Some(3));
        let other = Question::new("q").with(b"y");
        assert_eq!(memo.answer(other, || Some(5)), Some(5));
    }

    proptest! {
        #[test]
        fn answers_survive_and_any_bytes_decode_without_panic(
            answers in proptest::collection::btree_map(
                any::<Asked>(),
                proptest::collection::vec(any::<u8>(), 0..20).prop_map(Into::into),
                0..9,
            ),
            bytes in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let decoded = decode(&encode(answers.iter())).unwrap();
            prop_assert_eq!(decoded.into_iter().collect::<BTreeMap<_, _>>(), answers);
            let _ = decode(&bytes);
        }
    }
}
