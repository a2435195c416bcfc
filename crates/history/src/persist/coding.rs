//! The bytes of a stored result: variable-length integers, ids as they are, tables by reference.
//!
//! Decoding checks every count and reference and answers `None` where something is off: the
//! checksum guards against accidents, not against a writer with other ideas.

use std::ops::Range;

use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::Timestamp;

use super::{Before, Renumbering, Result};
use crate::graph::Graph;
use crate::model::{CommitIx, LineCounts, Run, RunEnd};
use crate::walk::trees::{Limits, Mode};
use crate::walk::{Anchor, Birth, BlobTable, Entry, Ghost, PathTable, Side, TipContent, Totals};

const ABSENT: u64 = 4;
const UNKNOWN: u64 = 5;

/// A segment of which only the list of commits is decoded yet.
pub(super) struct Segment {
    bytes: Vec<u8>,
    rest: usize,
    id_len: usize,
    pub(super) commits: Vec<ObjectId>,
    pub(super) missing: Vec<ObjectId>,
    window_start: Timestamp,
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, value: impl Into<u64>) {
        let mut value = value.into();
        while value >= 0x80 {
            self.0.push((value as u8) | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    fn ids<'i>(&mut self, ids: impl ExactSizeIterator<Item = &'i ObjectId>) {
        self.count(ids.len());
        for id in ids {
            self.0.extend_from_slice(id.as_slice());
        }
    }

    fn side(&mut self, side: Side) {
        match side {
            Side::Absent => self.number(ABSENT),
            Side::Unknown => self.number(UNKNOWN),
            Side::Present(mode, blob) => {
                self.number(mode as u8);
                self.number(blob.0);
            }
        }
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn short(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// A number of things that take at least one byte each, so that no count allocates more than
    /// the segment is long.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.bytes.len() - self.at).then_some(count)
    }

    fn slice(&mut self, len: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(len)?;
        let slice = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(slice)
    }

    fn ids(&mut self, id_len: usize) -> Option<Vec<ObjectId>> {
        let count = self.count()?;
        self.slice(count.checked_mul(id_len)?)?
            .chunks_exact(id_len)
            .map(|id| ObjectId::try_from(id).ok())
            .collect()
    }
}

/// The segment for a result.
pub(super) fn encode(result: &Result<'_>, missing: &[ObjectId]) -> Vec<u8> {
    let mut out = Writer::default();
    let tip = result.graph.commits.first();
    out.count(tip.map_or(0, |commit| commit.id.as_slice().len()));
    out.0
        .extend_from_slice(&result.window_start.0.to_le_bytes());
    out.ids(
        result
            .graph
            .commits
            .iter()
            .map(|c| &c.id)
            .collect::<Vec<_>>()
            .into_iter(),
    );
    out.ids(missing.iter());

    let names = result.paths.names();
    out.count(names.len());
    for name in &names {
        out.count(name.len());
        out.0.extend_from_slice(name);
    }
    out.ids(result.blobs.ids().iter());

    for ix in 0..result.graph.commits.len() {
        let entries = result.changes.of(CommitIx(ix as u32));
        out.count(entries.len());
        for entry in entries {
            out.number(entry.path.0);
            out.side(entry.before);
            out.side(entry.after);
        }
    }
    out.count(result.changes.gaps.len());
    for (commit, limits) in &result.changes.gaps {
        out.number(commit.0);
        out.number(limits.gaps);
        let flags = [limits.cut, limits.hides_gone, limits.hides_new];
        let flags = flags.iter().zip(0..);
        out.number(flags.fold(0, |all, (flag, bit)| all | u8::from(*flag) << bit));
    }

    out.count(result.files.len());
    for (file, runs) in result.files.iter().zip(result.lines) {
        out.number(file.path.0);
        out.number(file.blob.0);
        match file.content {
            TipContent::Text { .. } => {
                out.number(0u8);
                out.count(runs.len());
                for run in runs {
                    out.number(run.len);
                    out.number(run.commit.0);
                    out.number(run.path.0);
                    out.number(run.original_start);
                    out.number(match run.end {
                        RunEnd::Added => 0u8,
                        RunEnd::Boundary => 1,
                        RunEnd::Unattributable => 2,
                    });
                }
            }
            TipContent::Binary => out.number(1u8),
            TipContent::TooLarge => out.number(2u8),
            TipContent::Missing => out.number(3u8),
            TipContent::NotAFile => out.number(4u8),
        }
    }

    out.count(result.ghosts.len());
    for ghost in result.ghosts {
        out.number(ghost.died.0);
        out.number(ghost.path.0);
        out.number(ghost.start);
        out.number(ghost.len);
        match ghost.born {
            None => out.number(0u8),
            Some(birth) => {
                out.number(birth.commit.0 + 1);
                out.number(birth.path.0);
                out.number(birth.start);
            }
        }
    }
    let mut totals: Vec<_> = result.totals.iter().collect();
    totals.sort_unstable_by_key(|(key, _)| **key);
    out.count(totals.len());
    for ((commit, path), lines) in totals {
        out.number(commit.0);
        out.number(path.0);
        out.number(lines.added);
        out.number(lines.removed);
    }
    out.0
}

impl Segment {
    pub(super) fn decode(bytes: Vec<u8>) -> Option<Self> {
        let mut reader = Reader {
            bytes: &bytes,
            at: 0,
        };
        let id_len = reader.count()?;
        if id_len == 0 {
            return None;
        }
        let window_start = i64::from_le_bytes(reader.slice(8)?.try_into().ok()?);
        let commits = reader.ids(id_len)?;
        let missing = reader.ids(id_len)?;
        let rest = reader.at;
        Some(Self {
            bytes,
            rest,
            id_len,
            commits,
            missing,
            window_start: Timestamp(window_start),
        })
    }

    /// The whole segment in the numbers of the walk under way; every commit must be in its graph.
    pub(super) fn load(
        &self,
        anchor: CommitIx,
        graph: &Graph,
        paths: &PathTable,
        blobs: &BlobTable,
    ) -> Option<Before> {
        let mut reader = Reader {
            bytes: &self.bytes,
            at: self.rest,
        };
        let commits = self
            .commits
            .iter()
            .map(|id| graph.find(*id))
            .collect::<Option<Vec<_>>>()?;
        let numbers = Renumbering::decode(&mut reader, self.id_len, commits, paths, blobs)?;

        let mut entries = Vec::new();
        let mut spans: FxHashMap<CommitIx, (u32, u32)> = FxHashMap::default();
        for commit in &numbers.commits {
            let start = u32::try_from(entries.len()).ok()?;
            for _ in 0..reader.count()? {
                entries.push(Entry {
                    path: numbers.path(reader.short()?)?,
                    before: numbers.side(&mut reader)?,
                    after: numbers.side(&mut reader)?,
                });
            }
            spans.insert(*commit, (start, u32::try_from(entries.len()).ok()?));
        }
        let mut gaps = FxHashMap::default();
        for _ in 0..reader.count()? {
            let commit = numbers.commit(reader.short()?)?;
            let (unread, flags) = (reader.short()?, reader.number()?);
            let limits = Limits {
                gaps: unread,
                cut: flags & 1 != 0,
                hides_gone: flags & 2 != 0,
                hides_new: flags & 4 != 0,
            };
            gaps.insert(commit, limits);
        }

        let mut files = FxHashMap::default();
        let mut contents = FxHashMap::default();
        for _ in 0..reader.count()? {
            let path = numbers.path(reader.short()?)?;
            let blob = numbers.blob(reader.short()?)?;
            let content = match reader.number()? {
                0 => {
                    let runs = numbers.runs(&mut reader)?;
                    let lines = runs.last().map_or(0, |last| last.start + last.len);
                    files.insert(path, (blob, runs));
                    TipContent::Text { lines }
                }
                1 => TipContent::Binary,
                2 => TipContent::TooLarge,
                3 => TipContent::Missing,
                4 => continue,
                _ => return None,
            };
            contents.insert(blob, content);
        }

        let ghosts = numbers.ghosts(&mut reader)?;
        let mut totals = Totals::default();
        for _ in 0..reader.count()? {
            let commit = numbers.commit(reader.short()?)?;
            let path = numbers.path(reader.short()?)?;
            let lines = LineCounts {
                added: reader.short()?,
                removed: reader.short()?,
            };
            totals.insert((commit, path), lines);
        }
        if reader.at != self.bytes.len() {
            return None;
        }
        let covered: FxHashSet<CommitIx> = numbers
            .commits
            .iter()
            .copied()
            .filter(|ix| graph.commit(*ix).committer_time >= self.window_start)
            .collect();
        Some(Before {
            anchor: Anchor {
                commit: anchor,
                files,
            },
            contents,
            spans,
            entries,
            gaps,
            ghosts,
            covered,
            totals,
            window_start: self.window_start,
        })
    }
}

impl Renumbering {
    fn decode(
        reader: &mut Reader<'_>,
        id_len: usize,
        commits: Vec<CommitIx>,
        paths: &PathTable,
        blobs: &BlobTable,
    ) -> Option<Self> {
        let count = reader.count()?;
        let mut path_numbers = Vec::with_capacity(count);
        for _ in 0..count {
            let len = reader.count()?;
            path_numbers.push(paths.intern(reader.slice(len)?));
        }
        let blobs = reader
            .ids(id_len)?
            .into_iter()
            .map(|id| blobs.intern(id))
            .collect();
        Some(Self {
            commits,
            paths: path_numbers,
            blobs,
        })
    }

    fn commit(&self, stored: u32) -> Option<CommitIx> {
        self.commits.get(stored as usize).copied()
    }

    fn path(&self, stored: u32) -> Option<crate::model::PathIx> {
        self.paths.get(stored as usize).copied()
    }

    fn blob(&self, stored: u32) -> Option<crate::walk::BlobIx> {
        self.blobs.get(stored as usize).copied()
    }

    fn side(&self, reader: &mut Reader<'_>) -> Option<Side> {
        Some(match reader.number()? {
            ABSENT => Side::Absent,
            UNKNOWN => Side::Unknown,
            mode => Side::Present(
                Mode::from_code(mode.try_into().ok()?)?,
                self.blob(reader.short()?)?,
            ),
        })
    }

    fn runs(&self, reader: &mut Reader<'_>) -> Option<Vec<Run>> {
        let count = reader.count()?;
        let mut runs = Vec::with_capacity(count);
        let mut lines: Range<u32> = 0..0;
        for _ in 0..count {
            lines = lines.end..lines.end.checked_add(reader.short()?)?;
            let commit = self.commit(reader.short()?)?;
            let path = self.path(reader.short()?)?;
            let original_start = reader.short()?;
            // No line of the file may lie beyond what a line number can say.
            original_start.checked_add(lines.end - lines.start)?;
            runs.push(Run {
                start: lines.start,
                len: lines.end - lines.start,
                commit,
                path,
                original_start,
                end: match reader.number()? {
                    0 => RunEnd::Added,
                    1 => RunEnd::Boundary,
                    2 => RunEnd::Unattributable,
                    _ => return None,
                },
            });
        }
        Some(runs)
    }

    fn ghosts(&self, reader: &mut Reader<'_>) -> Option<Vec<Ghost>> {
        let count = reader.count()?;
        let mut ghosts = Vec::with_capacity(count);
        for _ in 0..count {
            let died = self.commit(reader.short()?)?;
            let path = self.path(reader.short()?)?;
            let start = reader.short()?;
            let len = reader.short()?;
            let born = match reader.short()? {
                0 => None,
                commit => Some(Birth {
                    commit: self.commit(commit - 1)?,
                    path: self.path(reader.short()?)?,
                    start: reader.short()?,
                }),
            };
            ghosts.push(Ghost {
                died,
                path,
                start,
                len,
                born,
            });
        }
        Some(ghosts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_survive(values in proptest::collection::vec(any::<u64>(), 0..20)) {
            let mut writer = Writer::default();
            for value in &values {
                writer.number(*value);
            }
            let mut reader = Reader { bytes: &writer.0, at: 0 };
            for value in values {
                prop_assert_eq!(reader.number(), Some(value));
            }
            prop_assert_eq!(reader.number(), None);
        }

        #[test]
        fn any_bytes_decode_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(segment) = Segment::decode(bytes) {
                let loaded = segment.load(
                    CommitIx(0),
                    &Graph::default(),
                    &PathTable::default(),
                    &BlobTable::default(),
                );
                prop_assert!(loaded.is_none() || segment.commits.is_empty());
            }
        }
    }
}
