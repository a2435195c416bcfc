//! What `--diff` compares with: which lines, and which weaknesses, stood there already.
//!
//! A finding is a change of HEAD's if its own lines are new, if a line is that its value takes on
//! the way, or if the file by itself shows a weakness now that it did not show before: a guard that
//! is gone leaves no line behind.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use trueline_facts::{CommitId, Finding, RepoPath};
use trueline_history::ObjectId;
use trueline_history::worktree::LineMap;
use trueline_syntax::text::{bytes_of_lines, decode_source};
use trueline_taint::Engine;

use crate::OWN_ENGINE;
use crate::alone::{self, Key, key};
use crate::check::Contents;
use crate::place::Place;

/// The base, and where HEAD left it. A line that stands in either is no change of HEAD's: the base
/// may have removed it since.
pub(crate) struct Base {
    commits: Vec<Before>,
    maps: RefCell<BTreeMap<RepoPath, Rc<[Version]>>>,
}

/// A commit whose files are compared with those of now.
struct Before {
    commit: CommitId,
    /// Files that it has and that are not there now, read for the first file that it has not.
    gone: OnceCell<Vec<(RepoPath, ObjectId)>>,
}

/// A file as a commit has it.
struct Version {
    text: Vec<u8>,
    map: LineMap,
}

/// Gone files that are looked at: with more, renames are not followed.
const MAX_GONE: usize = 100;
/// Lines of a finding that are looked at.
const LONGEST_RANGE: u32 = 200;

/// What the tree is now.
#[derive(Clone, Copy)]
pub(crate) struct Now<'n> {
    pub(crate) place: &'n Place,
    pub(crate) contents: &'n dyn Contents,
    pub(crate) engine: &'n Engine,
}

impl Base {
    pub(crate) fn new(place: &Place, base: &CommitId, fork: Option<CommitId>) -> Self {
        let fork = fork.filter(|fork| fork != base && place.repository().is_some());
        let commits = [Some(base.clone()), fork].into_iter().flatten();
        let commits = commits.map(|commit| Before {
            commit,
            gone: OnceCell::new(),
        });
        Self {
            commits: commits.collect(),
            maps: RefCell::default(),
        }
    }

    /// Whether a line of a file of now, from 1, stands in no version of it.
    pub(crate) fn is_new(&self, now: Now<'_>, path: &RepoPath, line: u32) -> bool {
        let versions = self.versions(now, path);
        !versions
            .iter()
            .any(|version| version.map.head_line(line.saturating_sub(1)).is_some())
    }

    /// Keeps the findings of one file that HEAD brought.
    pub(crate) fn retain(&self, now: Now<'_>, path: &RepoPath, findings: &mut Vec<Finding>) {
        let content = OnceCell::new();
        let content =
            || -> &[u8] { content.get_or_init(|| now.contents.read(path).unwrap_or_default()) };
        let untouched =
            |finding: &Finding| finding.engine == OWN_ENGINE && !self.touches(now, finding);
        let mut added = if findings.iter().any(untouched) {
            self.added_weaknesses(now, path, content())
        } else {
            Counts::default()
        };
        findings.retain(|finding| {
            self.touches(now, finding)
                || finding.engine == OWN_ENGINE && added.take(&key(finding, content()))
        });
    }

    /// Whether a line is new on which the finding stands, or which its value takes on the way.
    fn touches(&self, now: Now<'_>, finding: &Finding) -> bool {
        let first = finding.location.start.line;
        let last = finding.location.last_line();
        let last = last.min(first.saturating_add(LONGEST_RANGE));
        (first..=last).any(|line| self.is_new(now, &finding.location.path, line))
            || finding
                .trace
                .iter()
                .map(|step| &step.location)
                .any(|at| self.is_new(now, &at.path, at.start.line))
    }

    /// Weaknesses that the file by itself has more often than any version of it had.
    fn added_weaknesses(&self, now: Now<'_>, path: &RepoPath, content: &[u8]) -> Counts {
        let versions = self.versions(now, path);
        if versions.iter().any(|version| version.text == content) {
            return Counts::default();
        }
        let mut added = Counts::of(now.engine, path, content);
        let before: Vec<Counts> = versions
            .iter()
            .map(|version| Counts::of(now.engine, path, &version.text))
            .collect();
        for (key, count) in &mut added.0 {
            let had = before.iter().filter_map(|counts| counts.0.get(key)).max();
            *count = count.saturating_sub(had.copied().unwrap_or_default());
        }
        added
    }

    fn versions(&self, now: Now<'_>, path: &RepoPath) -> Rc<[Version]> {
        if let Some(known) = self.maps.borrow().get(path) {
            return Rc::clone(known);
        }
        let content = now.contents.read(path).unwrap_or_default();
        let now_lines = bytes_of_lines(&content);
        let commits = self.commits.iter();
        let texts = commits.filter_map(|before| before.text(now.place, path, &content));
        let versions: Rc<[Version]> = texts
            .map(|text| Version {
                map: LineMap::between(&bytes_of_lines(&text), &now_lines),
                text,
            })
            .collect();
        let mut maps = self.maps.borrow_mut();
        maps.insert(path.clone(), Rc::clone(&versions));
        versions
    }
}

impl Before {
    fn text(&self, place: &Place, path: &RepoPath, now: &[u8]) -> Option<Vec<u8>> {
        let same = place.file_of(&self.commit, path);
        same.or_else(|| {
            let repository = place.repository()?;
            let gone = self.gone.get_or_init(|| {
                let gone = place.gone_since(&self.commit);
                if gone.len() > MAX_GONE {
                    Vec::new()
                } else {
                    gone
                }
            });
            repository.renamed_from(gone, now)
        })
    }
}

/// How often a file has each weakness.
#[derive(Default)]
struct Counts(BTreeMap<Key, usize>);

impl Counts {
    fn of(engine: &Engine, path: &RepoPath, text: &[u8]) -> Self {
        let shown = decode_source(text);
        let mut counts = Self::default();
        for finding in alone::findings(engine, path, &shown) {
            *counts.0.entry(key(&finding, text)).or_default() += 1;
        }
        counts
    }

    fn take(&mut self, key: &Key) -> bool {
        match self.0.get_mut(key) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}
