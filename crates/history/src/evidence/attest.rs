//! Notes on the commits of this history: who wrote the lines that they added, as attested there.
//!
//! Also counts what could not be used, so that an independent script can check the figures:
//! for every note on a reachable commit and every file block of it, `absent_paths` counts blocks
//! whose path is no file in the commit's tree; for every entry of every block (present or absent)
//! `unknown_keys` counts keys of unknown form and `foreign_keys` keys of a known form that
//! neither the note's own metadata nor (for legacy keys) any other note explains. Records of the
//! oldest storage are counted apart.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_authorship::note::legacy::{self, LegacyBlob};
use trueline_authorship::note::{self, KeyResolution, PromptRecord, Resolved, ResolvedRanges};
use trueline_facts::stats::NoteCounts;
use trueline_facts::{CommitId, ModelId, RepoPath, ToolId};

use super::AttestedLines;
use super::claims::{self, Claim, Layer, Place, Span};
use super::locate::Located;
use super::notes::{Shelf, StoredNote};
use super::objects;
use super::overlay::commit_id;
use crate::model::{CommitIx, History, PathIx};
use crate::repository::Repository;

/// What the notes on one commit say.
#[derive(Clone, Debug, Default)]
pub(super) struct Attested {
    /// Claims on the places that were asked for.
    pub(super) layers: Vec<(Place, Layer<Claim>)>,
    /// Lines by tool and model, from the strongest reference alone.
    pub(super) lines: SmallVec<[AttestedLines; 1]>,
    /// What could not be used.
    pub(super) counts: NoteCounts,
}

/// Reads the notes on each commit of the history; by commit.
pub(super) fn attest(
    repo: &Repository,
    history: &History,
    shelf: &Shelf,
    located: &Located,
    wanted: &FxHashMap<CommitIx, Vec<PathIx>>,
) -> Vec<(CommitIx, Attested)> {
    let noted: Vec<_> = history
        .commits
        .iter()
        .enumerate()
        .filter_map(|(ix, commit)| {
            let notes = shelf.notes.get(&commit.id)?;
            Some((CommitIx(ix as u32), notes))
        })
        .collect();
    noted
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, (ix, notes)| {
                let paths = wanted.get(&ix).map_or(&[][..], Vec::as_slice);
                (
                    ix,
                    attest_one(repo, history, shelf, located, ix, notes, paths),
                )
            },
        )
        .collect()
}

fn attest_one(
    repo: &gix::Repository,
    history: &History,
    shelf: &Shelf,
    located: &Located,
    ix: CommitIx,
    notes: &[StoredNote],
    wanted: &[PathIx],
) -> Attested {
    let commit = history.commit(ix);
    let id = commit_id(commit.id);
    let mut out = Attested::default();
    let mut lines: BTreeMap<(ToolId, Option<ModelId>), u32> = BTreeMap::new();
    for (rank, stored) in notes.iter().enumerate() {
        let source = &located.stores[stored.store as usize];
        let is_oldest = located.is_oldest(stored.store);
        if is_oldest {
            out.counts.reachable_oldest += 1;
        } else {
            out.counts.reachable += 1;
            count_keys(stored, &shelf.prompts, &mut out.counts);
        }
        for_each_block(stored, &shelf.prompts, |path, ranges| {
            // A tree that cannot be read says nothing about the path.
            if let Ok(None) = objects::file_at(repo, commit.tree, path.as_bytes()) {
                out.counts.absent_paths += u64::from(!is_oldest);
                return;
            }
            if stored.is_copy {
                return;
            }
            if rank == 0 {
                for run in ranges.runs() {
                    if let Resolved::Ai { agent, .. } = run.resolved {
                        let key = (agent.tool.clone(), agent.model.clone());
                        let count = lines.entry(key).or_default();
                        let len = (run.range.last - run.range.first).saturating_add(1);
                        *count = count.saturating_add(len);
                    }
                }
            }
            if let Some(place) = wanted.iter().find(|p| history.path(**p) == path) {
                out.layers.push(((ix, *place), layer(ranges, source, &id)));
                let unexplained = unexplained(ranges, source, &id);
                out.layers.push(((ix, *place), unexplained));
            }
        });
    }
    out.lines = lines
        .into_iter()
        .map(|((tool, model), lines)| AttestedLines { tool, model, lines })
        .collect();
    out
}

/// The spans of a resolved block.
pub(super) fn layer(ranges: &ResolvedRanges<'_>, source: &str, commit: &CommitId) -> Layer<Claim> {
    ranges
        .runs()
        .iter()
        .map(|run| Span {
            // Notes count from 1, with both ends; ranges of them are never empty or zero.
            first: run.range.first.saturating_sub(1),
            end: run.range.last,
            what: claims::of_note(&run.resolved, source, commit),
        })
        .collect()
}

/// What is recorded of lines without saying who wrote them.
fn unexplained(ranges: &ResolvedRanges<'_>, source: &str, commit: &CommitId) -> Layer<Claim> {
    let runs = ranges.unexplained().iter();
    runs.map(|run| Span {
        first: run.range.first.saturating_sub(1),
        end: run.range.last,
        what: claims::of_unexplained(run, source, commit),
    })
    .collect()
}

/// Calls `visit` with each file block of a note and who wrote its lines.
pub(super) fn for_each_block(
    stored: &StoredNote,
    foreign: &BTreeMap<Box<str>, PromptRecord>,
    mut visit: impl FnMut(&RepoPath, &ResolvedRanges<'_>),
) {
    match &stored.content {
        LegacyBlob::Note(note) => {
            for block in &note.files {
                visit(&block.path, &note::resolve_file(note, block, foreign));
            }
        }
        LegacyBlob::Names(names) => {
            for block in &names.files {
                visit(&block.path, &legacy::resolve_names(block));
            }
        }
    }
}

fn count_keys(
    stored: &StoredNote,
    foreign: &BTreeMap<Box<str>, PromptRecord>,
    counts: &mut NoteCounts,
) {
    let LegacyBlob::Note(note) = &stored.content else {
        return;
    };
    for entry in note.files.iter().flat_map(|block| &block.entries) {
        match note::resolve_key(note, &entry.key, foreign) {
            KeyResolution::Known(_) | KeyResolution::Program => {}
            KeyResolution::NoMetadata => counts.foreign_keys += 1,
            KeyResolution::UnknownForm => counts.unknown_keys += 1,
        }
    }
}
