//! Findings of single files, remembered by path and content under one set of rules.
//!
//! One segment of the cache for all of them, newest last; what is over the bound is forgotten. Files
//! with secrets are never stored. Wrong or foreign bytes are absent, and the file is checked again.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use trueline_cache::{Cache, Key, Kind};
use trueline_facts::{Confidence, Cwe, Finding, Fingerprint, RepoPath, RuleId, Severity, Tier};
use trueline_history::ObjectId;
use trueline_taint::{Digest, Engine, Hasher};

use crate::{alone, redact};

/// A memory: what it is called in the cache, and how many files it keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shelf {
    kind: Kind,
    most: usize,
}

/// Of gates: small, because every gate reads all of it.
pub(super) const OF_GATES: Shelf = Shelf {
    kind: Kind::new("files"),
    most: 20_000,
};
/// Of changes of the past, which read it once for many.
pub(super) const OF_PAST: Shelf = Shelf {
    kind: Kind::new("past-files"),
    most: 200_000,
};

/// What is kept of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct FileChecked {
    pub(super) findings: Vec<FileFinding>,
    /// Why no rule could read it.
    pub(super) unread: Option<String>,
    /// What of it was not followed to the end.
    pub(super) partly: Option<String>,
}

/// What is kept of a finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct FileFinding {
    pub(super) rule: RuleId,
    pub(super) cwe: Vec<Cwe>,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) tier: Tier,
    pub(super) line: u32,
    pub(super) last_line: u32,
    pub(super) symbol: String,
    pub(super) message: String,
    pub(super) remedy: Option<String>,
    pub(super) fingerprint: Fingerprint,
    pub(super) secret: bool,
    /// Rule and text of the line: what it is known by when a file is compared with itself.
    pub(super) key: Digest,
}

impl FileFinding {
    fn of(finding: &Finding, text: &str) -> Self {
        let (_, line) = alone::key(finding, text.as_bytes());
        Self::known_by(finding, &line)
    }

    /// A finding, and what its place is known by.
    pub(super) fn known_by(finding: &Finding, identity: &[u8]) -> Self {
        let mut hash = Hasher::new("finding-key/1");
        hash.bytes(finding.rule.as_str().as_bytes());
        hash.bytes(identity);
        Self {
            rule: finding.rule.clone(),
            cwe: finding.cwe.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            tier: finding.tier,
            line: finding.location.start.line,
            last_line: finding.location.last_line(),
            symbol: finding.symbol.clone(),
            message: crate::redacted(&finding.message),
            remedy: finding.fix.as_ref().map(|fix| fix.description.clone()),
            fingerprint: finding.fingerprint.clone(),
            secret: redact::is_secret(finding),
            key: hash.finish(),
        }
    }
}

/// The memory of one set of rules.
pub(super) struct Memo<'c> {
    cache: Option<&'c Cache>,
    shelf: Shelf,
    key: Option<Key>,
    known: FxHashMap<Digest, (u64, FileChecked)>,
    turn: u64,
    learnt: bool,
}

impl<'c> Memo<'c> {
    /// What the cache has of the built-in rules and these of the team.
    pub(super) fn load(
        cache: Option<&'c Cache>,
        shelf: Shelf,
        own_rules: &[(String, String)],
    ) -> Self {
        let mut hash = Hasher::new("files/2");
        for (name, text) in own_rules {
            hash.bytes(name.as_bytes());
            hash.bytes(text.as_bytes());
        }
        hash.bytes(env!("TRUELINE_SOURCES").as_bytes());
        let key = Key::new(hash.finish().to_hex()).ok();
        let stored = cache
            .zip(key.as_ref())
            .and_then(|(cache, key)| cache.read(shelf.kind, key))
            .and_then(|bytes| postcard::from_bytes::<Vec<(Digest, FileChecked)>>(&bytes).ok())
            .unwrap_or_default();
        let turn = stored.len() as u64;
        Self {
            cache,
            shelf,
            key,
            known: stored
                .into_iter()
                .zip(0..)
                .map(|((digest, checked), turn)| (digest, (turn, checked)))
                .collect(),
            turn,
            learnt: false,
        }
    }

    /// What a file is known by.
    pub(super) fn name(path: &RepoPath, blob: ObjectId) -> Digest {
        let mut hash = Hasher::new("file/1");
        hash.bytes(path.as_bytes());
        hash.bytes(blob.as_bytes());
        hash.finish()
    }

    /// What is remembered of a file.
    pub(super) fn get(&self, name: Digest) -> Option<FileChecked> {
        self.known.get(&name).map(|(_, checked)| checked.clone())
    }

    /// Checks a file by itself.
    pub(super) fn check(engine: &Engine, path: &RepoPath, text: &str) -> FileChecked {
        let alone = alone::read(engine, path, text);
        let findings = alone.findings.iter();
        FileChecked {
            findings: findings
                .map(|finding| FileFinding::of(finding, text))
                .collect(),
            unread: alone.unread,
            partly: alone.partly,
        }
    }

    /// Remembers a file, unless a secret stands in it.
    pub(super) fn put(&mut self, name: Digest, checked: &FileChecked) {
        if checked.findings.iter().any(|finding| finding.secret) {
            return;
        }
        self.turn += 1;
        self.known.insert(name, (self.turn, checked.clone()));
        self.learnt = true;
    }

    /// Writes what was learnt.
    pub(super) fn store(self) {
        let Some((cache, key)) = self.cache.zip(self.key).filter(|_| self.learnt) else {
            return;
        };
        let mut all: Vec<(Digest, (u64, FileChecked))> = self.known.into_iter().collect();
        all.sort_by_key(|(_, (turn, _))| *turn);
        let forgotten = all.len().saturating_sub(self.shelf.most);
        let kept: Vec<(Digest, FileChecked)> = all
            .into_iter()
            .skip(forgotten)
            .map(|(digest, (_, checked))| (digest, checked))
            .collect();
        if let Ok(bytes) = postcard::to_stdvec(&kept) {
            // Without it the next run is slower, and no other.
            let _ = cache.write(self.shelf.kind, &key, &bytes);
        }
    }
}
