//! Keeping the walk's result between runs, and starting the next walk from it.
//!
//! One segment per commit and options holds the runs of every file, what each commit changed, line
//! counts and deaths; no message, name or content. A later walk stops where it meets the stored
//! commit and composes: where a line went from there depends on that commit alone, so the answer
//! is the one of a whole walk. Objects that were missing are named in the segment, which counts
//! only while they still are.

mod coding;

use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};
use trueline_cache::{Cache, Key, Kind};
use trueline_facts::{Diagnostic, Level, Timestamp};

use crate::graph::Graph;
use crate::model::{CommitIx, PathIx, Run};
use crate::repository::Repository;
use crate::walk::trees::Limits;
use crate::walk::{
    Anchor, BlobIx, BlobTable, ChangeTable, Deaths, Entry, Ghost, Options, PathTable, TipContent,
    TipFile, Totals,
};

/// Changes whenever the meaning of a segment or the rules of the walk change.
const FORMAT: u32 = 5;
const KIND: Kind = Kind::new("history");
/// A repository that lacks more objects than this is read anew each time.
const MAX_MISSING: usize = 10_000;

/// The segments that fit one repository and one set of options.
pub(crate) struct Shelf<'c> {
    cache: &'c Cache,
    repository: &'c Repository,
    group: String,
    opened: Option<(Key, coding::Segment)>,
    /// The commit whose stored result is used: when it is the tip, there is nothing new to keep.
    loaded: Option<ObjectId>,
    problems: Vec<Diagnostic>,
}

/// What there is to keep of a walk.
pub(crate) struct Result<'r> {
    pub(crate) graph: &'r Graph,
    pub(crate) paths: &'r PathTable,
    pub(crate) blobs: &'r BlobTable,
    pub(crate) changes: &'r ChangeTable,
    pub(crate) files: &'r [TipFile],
    pub(crate) lines: &'r [Vec<Run>],
    pub(crate) ghosts: &'r [Ghost],
    pub(crate) totals: &'r Totals,
    pub(crate) window_start: Timestamp,
}

/// An earlier walk's result, in the numbers of the one under way.
pub(crate) struct Before {
    anchor: Anchor,
    contents: FxHashMap<BlobIx, TipContent>,
    spans: FxHashMap<CommitIx, (u32, u32)>,
    entries: Vec<Entry>,
    gaps: FxHashMap<CommitIx, Limits>,
    ghosts: Vec<Ghost>,
    /// Commits of the earlier window: their deaths and line counts are known.
    covered: FxHashSet<CommitIx>,
    totals: Totals,
    window_start: Timestamp,
}

impl Before {
    pub(crate) const fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    pub(crate) fn content(&self, blob: BlobIx) -> Option<TipContent> {
        self.contents.get(&blob).copied()
    }

    /// Adds the known changes of a commit to the table; false if there are none.
    pub(crate) fn changes_of(&self, commit: CommitIx, table: &mut ChangeTable) -> bool {
        let entries = self
            .spans
            .get(&commit)
            .and_then(|(start, end)| self.entries.get(*start as usize..*end as usize));
        let Some(entries) = entries else {
            return false;
        };
        table.entries.extend_from_slice(entries);
        if let Some(limits) = self.gaps.get(&commit) {
            table.gaps.push((commit, *limits));
        }
        true
    }

    pub(crate) const fn totals(&self) -> (&FxHashSet<CommitIx>, &Totals) {
        (&self.covered, &self.totals)
    }

    /// Known deaths for a window that begins no earlier than the stored one; births that are now
    /// too old are forgotten. An earlier beginning needs births that were never looked for.
    pub(crate) fn ghosts(
        &self,
        effective: &[Timestamp],
        window_start: Timestamp,
    ) -> Option<(&FxHashSet<CommitIx>, Vec<Ghost>)> {
        if window_start < self.window_start {
            return None;
        }
        let ghosts = self
            .ghosts
            .iter()
            .map(|ghost| Ghost {
                born: ghost.born.filter(|birth| {
                    effective
                        .get(birth.commit.0 as usize)
                        .is_some_and(|time| *time >= window_start)
                }),
                ..*ghost
            })
            .collect();
        Some((&self.covered, ghosts))
    }
}

impl<'c> Shelf<'c> {
    pub(crate) fn open(cache: &'c Cache, repository: &'c Repository, options: &Options) -> Self {
        Self {
            cache,
            repository,
            group: group(repository, options),
            opened: None,
            loaded: None,
            problems: Vec::new(),
        }
    }

    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.problems.clone()
    }

    /// The commits of the segment written last: most of them are likely to be reachable.
    pub(crate) fn newest_commits(&mut self) -> Vec<ObjectId> {
        let newest = self.cache.keys(KIND, &self.group).into_iter().next();
        newest
            .and_then(|key| self.segment(&key))
            .map(|segment| segment.commits.clone())
            .unwrap_or_default()
    }

    fn segment(&mut self, key: &Key) -> Option<&coding::Segment> {
        if self.opened.as_ref().is_none_or(|(opened, _)| opened != key) {
            let bytes = self.cache.read(KIND, key)?;
            let segment = coding::Segment::decode(bytes)?;
            self.opened = Some((key.clone(), segment));
        }
        self.opened.as_ref().map(|(_, segment)| segment)
    }

    /// The stored result nearest to the tip among its ancestors, if it still holds.
    pub(crate) fn load(
        &mut self,
        graph: &Graph,
        paths: &PathTable,
        blobs: &BlobTable,
    ) -> Option<Before> {
        let prefix = format!("{}-", self.group);
        let mut ancestors: Vec<(CommitIx, Key)> = self
            .cache
            .keys(KIND, &prefix)
            .into_iter()
            .filter_map(|key| {
                let hex = key.as_str().strip_prefix(&prefix)?;
                let id = ObjectId::from_hex(hex.as_bytes()).ok()?;
                Some((graph.find(id)?, key))
            })
            .collect();
        ancestors.sort();
        let (commit, key) = ancestors.into_iter().next()?;
        let repository = self.repository;
        let segment = self.segment(&key)?;
        let objects = repository.objects();
        if segment.missing.iter().any(|id| objects.contains(*id)) {
            return None;
        }
        let before = segment.load(commit, graph, paths, blobs)?;
        repository.note_missing(segment.missing.iter().copied());
        self.opened = None;
        self.loaded = Some(graph.commit(commit).id);
        Some(before)
    }

    pub(crate) fn store(&mut self, result: &Result<'_>) {
        let Some(tip) = result.graph.commits.first() else {
            return;
        };
        if self.loaded == Some(tip.id) {
            return;
        }
        let missing = self.repository.missing();
        if missing.len() > MAX_MISSING {
            return;
        }
        let Ok(key) = Key::new(format!("{}-{}", self.group, tip.id)) else {
            return;
        };
        let bytes = coding::encode(result, &missing);
        if let Err(error) = self.cache.write(KIND, &key, &bytes) {
            self.problems.push(Diagnostic::new(
                Level::Note,
                "cache-unwritten",
                format!("The result was not cached, so the next run starts anew: {error}."),
            ));
        }
    }
}

/// Names everything but the commit that a result depends on.
fn group(repository: &Repository, options: &Options) -> String {
    let mut hash = Sha256::new();
    hash.update(FORMAT.to_le_bytes());
    hash.update(options.window_days.to_le_bytes());
    match options.deaths {
        Deaths::Untraced => hash.update([0]),
        Deaths::TracedExcept(filter) => {
            hash.update([1]);
            hash.update((filter.name.len() as u64).to_le_bytes());
            hash.update(filter.name);
        }
    }
    for id in repository.shallow_commits() {
        hash.update(id.as_slice());
    }
    for reference in repository.replacements() {
        hash.update(reference.name.as_slice());
        hash.update(reference.target.as_slice());
    }
    hexadecimal(&hash.finalize(), 8)
}

/// The first bytes of a digest, for a key.
pub(crate) fn hexadecimal(digest: &[u8], bytes: usize) -> String {
    let bytes = digest.iter().take(bytes);
    bytes.fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Numbers of one segment in the numbers of the walk under way.
struct Renumbering {
    commits: Vec<CommitIx>,
    paths: Vec<PathIx>,
    blobs: Vec<BlobIx>,
}
