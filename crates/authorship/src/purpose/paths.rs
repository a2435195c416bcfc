//! What kinds of files a commit touches. A commit whose files are all of one kind is about that kind.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use trueline_facts::usage::Purpose;

use super::lines::{Fate, Growth, LineCounts, Shape, Size, TouchedFile};
use super::words::WORDS;
use crate::generated::{Neighbours, is_generated};

/// A kind of file that decides what a commit is for when it touches nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Test,
    Docs,
    Infrastructure,
    Manifest,
}

/// How many files of each kind a commit touches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Touched {
    tests: usize,
    docs: usize,
    infrastructure: usize,
    manifests: usize,
    /// The part of `manifests` that only pins versions.
    locks: usize,
    /// Some file pins versions.
    has_lock: bool,
    sources: usize,
    /// Sources that came, and that went.
    new_sources: usize,
    gone_sources: usize,
    /// Lines of sources, and of tests, as far as they are known.
    source_lines: LineCounts,
    test_lines: LineCounts,
}

impl Touched {
    pub(super) fn of<'a>(files: impl Iterator<Item = TouchedFile<'a>>) -> Self {
        let files: Vec<TouchedFile<'a>> = files.collect();
        // A synchronisation with a translation platform touches several languages.
        let neighbours = Neighbours::of(files.iter().map(|file| file.path));
        let mut touched = Self::default();
        for file in files {
            let path = file.path;
            match WORDS.paths.kind(path) {
                Some(Kind::Test) => {
                    touched.tests += 1;
                    touched.test_lines.add(file.lines.unwrap_or_default());
                }
                Some(Kind::Docs) => touched.docs += 1,
                Some(Kind::Infrastructure) => touched.infrastructure += 1,
                Some(Kind::Manifest) => {
                    touched.has_lock = touched.has_lock || is_generated(path);
                    // Counts as long as all manifests are locks.
                    if touched.only_locks_yet() && is_generated(path) {
                        touched.locks += 1;
                    }
                    touched.manifests += 1;
                }
                None if neighbours.is_generated(path) => {}
                None => {
                    touched.sources += 1;
                    touched.new_sources += usize::from(file.fate == Fate::Added);
                    touched.gone_sources += usize::from(file.fate == Fate::Deleted);
                    touched.source_lines.add(file.lines.unwrap_or_default());
                }
            }
        }
        touched
    }

    /// The kind of all files. Documents and manifests go along with the others: a test that brings
    /// a dependency is still a test.
    pub(super) fn only(&self) -> Option<Kind> {
        if self.sources > 0 {
            return None;
        }
        match (self.tests, self.docs, self.infrastructure, self.manifests) {
            (0, 0, 0, 0) => None,
            (0, 0, 0, _) => Some(Kind::Manifest),
            (0, _, 0, 0) => Some(Kind::Docs),
            (0, docs, infrastructure, manifests) => {
                let most = docs.max(infrastructure).max(manifests);
                // A changelog goes along with the manifest, not the other way round.
                if infrastructure == most {
                    Some(Kind::Infrastructure)
                } else if manifests == most {
                    Some(Kind::Manifest)
                } else {
                    Some(Kind::Docs)
                }
            }
            (tests, docs, 0, _) if tests >= docs => Some(Kind::Test),
            (tests, docs, 0, _) if docs > 2 * tests => Some(Kind::Docs),
            _ => None,
        }
    }

    /// What more than half of the files are about.
    pub(super) fn mostly(&self) -> Option<Purpose> {
        let kinds = [
            (self.tests, Purpose::Test),
            (self.docs, Purpose::Docs),
            (self.infrastructure, Purpose::Infrastructure),
        ];
        let all = self.tests + self.docs + self.infrastructure + self.manifests + self.sources;
        let (_, purpose) = kinds.into_iter().find(|(count, _)| 2 * count > all)?;
        Some(purpose)
    }

    /// Whether documents changed and nothing else.
    pub(super) const fn only_docs(&self) -> bool {
        self.docs > 0
            && self.tests == 0
            && self.infrastructure == 0
            && self.manifests == 0
            && self.sources == 0
    }

    pub(super) const fn has_sources(&self) -> bool {
        self.sources > 0
    }

    /// How the sources changed; `None` where no lines of theirs are known.
    pub(super) const fn shape(&self) -> Option<Shape> {
        let LineCounts { added, removed } = self.source_lines;
        let size = match added.saturating_add(removed) {
            0 => return None,
            1..=20 => Size::Small,
            21..=100 => Size::Medium,
            _ => Size::Large,
        };
        let growth = if removed > added {
            Growth::Shrinks
        } else if added.saturating_add(1) >= removed.saturating_add(1).saturating_mul(4) {
            Growth::Grows
        } else {
            Growth::Even
        };
        Some(Shape {
            size,
            growth,
            has_new: self.new_sources > 0,
        })
    }

    /// Whether sources beside the tests gained more than half of what the tests gained: the tests
    /// are for them.
    pub(super) const fn tests_accompany(&self) -> bool {
        self.tests > 0
            && self.sources > 0
            && self.source_lines.added.saturating_mul(2) > self.test_lines.added
    }

    /// Whether sources are new and no document changed: what is told of documents is a thing of
    /// the product.
    pub(super) const fn adds_sources_only(&self) -> bool {
        self.docs == 0 && self.new_sources > 0 && self.source_lines.added > 20
    }

    /// Whether a source went and another came with about as many lines.
    pub(super) const fn is_move(&self) -> bool {
        let LineCounts { added, removed } = self.source_lines;
        self.new_sources > 0
            && self.gone_sources > 0
            && added >= 20
            && added.abs_diff(removed) <= added / 10
    }

    /// Nothing but pinned versions changed.
    pub(super) const fn only_locks(&self) -> bool {
        self.locks > 0 && self.only_locks_yet()
    }

    const fn only_locks_yet(&self) -> bool {
        self.locks == self.manifests
    }

    /// Whether sources or tests changed.
    pub(super) const fn has_code(&self) -> bool {
        self.sources > 0 || self.tests > 0
    }

    /// Mostly manifests changed, and pinned versions with them.
    pub(super) const fn mostly_repins(&self) -> bool {
        self.has_lock
            && self.manifests > 1
            && self.sources + self.tests + self.infrastructure <= self.manifests
    }

    pub(super) const fn has_manifest(&self) -> bool {
        self.manifests > 0
    }
}

/// What the parts of paths say, from `data/purpose.toml`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct PathTable {
    folders: ByKind,
    names: ByKind,
    ends: ByKind,
    stems: ByKind,
}

type ByKind = BTreeMap<Mark, Vec<Box<str>>>;

/// What a part of a path says. Where several say something, the first of these counts.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
enum Mark {
    Forge,
    Test,
    Dependency,
    Infrastructure,
    Docs,
    /// Tests, unless it is a document.
    Specs,
    /// Settings of tools hide behind a dot.
    Hidden,
}

impl From<Mark> for Kind {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Test | Mark::Specs => Self::Test,
            Mark::Dependency => Self::Manifest,
            Mark::Docs => Self::Docs,
            Mark::Forge | Mark::Infrastructure | Mark::Hidden => Self::Infrastructure,
        }
    }
}

pub(super) struct Paths {
    folders: FxHashMap<Box<[u8]>, Mark>,
    names: FxHashMap<Box<[u8]>, Mark>,
    /// By the end from its last dot on.
    ends: FxHashMap<Box<[u8]>, Mark>,
    stems: FxHashMap<Box<[u8]>, Mark>,
}

impl Paths {
    pub(super) fn of(table: &PathTable) -> Self {
        let marks = |words: &ByKind| {
            let pair = |(mark, words): (&Mark, &Vec<Box<str>>)| {
                let mark = *mark;
                let words = words.iter().map(move |word| (word.as_bytes().into(), mark));
                words.collect::<Vec<_>>()
            };
            words.iter().flat_map(pair).collect()
        };
        Self {
            folders: marks(&table.folders),
            names: marks(&table.names),
            ends: marks(&table.ends),
            stems: marks(&table.stems),
        }
    }

    /// The kind of a file; `None` for source and for what cannot be told.
    fn kind(&self, path: &[u8]) -> Option<Kind> {
        let slash = memchr::memrchr(b'/', path);
        let (folders, name) = match slash {
            Some(at) => (path.get(..at)?, path.get(at + 1..)?),
            None => (&b""[..], path),
        };
        if is_requirements(folders, name) {
            return Some(Kind::Manifest);
        }
        let dot = memchr::memchr(b'.', name).unwrap_or(name.len());
        let stem = name.get(..dot)?;
        let end = memchr::memrchr(b'.', name).and_then(|at| name.get(at..));
        let mark = folders
            .split(|&b| b == b'/')
            .filter_map(|folder| {
                let hidden = || folder.starts_with(b".").then_some(Mark::Hidden);
                self.folders.get(folder).copied().or_else(hidden)
            })
            .chain(self.names.get(name).copied())
            .chain(end.and_then(|end| self.ends.get(end)).copied())
            .chain(self.stem(stem))
            .chain(is_container(name).then_some(Mark::Infrastructure))
            .chain(is_test_name(name, stem).then_some(Mark::Test))
            .chain(name.starts_with(b".").then_some(Mark::Hidden))
            .chain(has_middle(name, &[b"config"]).then_some(Mark::Infrastructure))
            .min();
        mark.map(Kind::from)
    }

    fn stem(&self, stem: &[u8]) -> Option<Mark> {
        const LONGEST: usize = 16;
        let mut lower = [0; LONGEST];
        let lower = lower.get_mut(..stem.len())?;
        lower.copy_from_slice(stem);
        lower.make_ascii_lowercase();
        let license = || lower.ends_with(b"-license").then_some(Mark::Docs);
        self.stems.get(&*lower).copied().or_else(license)
    }
}

/// `requirements.txt`, `requirements-dev.txt`, `requirements/dev.txt`, `requirements/dev.in`.
fn is_requirements(folders: &[u8], name: &[u8]) -> bool {
    (name.ends_with(b".txt") || name.ends_with(b".in"))
        && (name.starts_with(b"requirements") || folders.ends_with(b"requirements"))
}

/// `Dockerfile.dev`, `compose.dev.yaml`, `docker-compose.ci.yml`.
fn is_container(name: &[u8]) -> bool {
    let composed = name.starts_with(b"compose.") || name.starts_with(b"docker-compose.");
    name.starts_with(b"Dockerfile.")
        || composed && (name.ends_with(b".yml") || name.ends_with(b".yaml"))
}

/// Whether one of the words stands between two dots.
fn has_middle(name: &[u8], words: &[&[u8]]) -> bool {
    let mut parts = name.split(|&b| b == b'.');
    parts.next();
    parts.next_back();
    parts.any(|part| words.contains(&part))
}

/// `test_x.py`, `x_test.go`, `x.test.ts`, `x.spec.ts`, `XTest.java`, …
fn is_test_name(name: &[u8], stem: &[u8]) -> bool {
    stem.starts_with(b"test_")
        || stem.ends_with(b"_test")
        || stem.ends_with(b"_tests")
        || stem.ends_with(b"_spec")
        || stem.ends_with(b"Spec")
        || (stem.ends_with(b"Test") || stem.ends_with(b"Tests")) && stem.len() > 5
        || has_middle(name, &[b"test", b"spec"])
}
