//! The lines of a squash, followed to the commits of its branch that added them; what their notes
//! say of these lines then counts for the squash.

use std::borrow::Cow;
use std::sync::OnceLock;

use bstr::ByteSlice;
use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::agreement;
use super::super::attest;
use super::super::branch_lines::{self, Seg};
use super::super::claims::{Claim, Layer, Place, Span, within};
use super::super::displaced::Displaced;
use super::super::notes::Shelf;
use super::super::objects;
use super::super::overlay::commit_id;
use super::super::rewritten;
use super::{Squash, Tie};
use crate::model::{CommitIx, History, PathIx};
use crate::repository::Repository;

/// Lines of a squash, by the commit of the branch that added them.
#[derive(Clone, Debug)]
pub(in crate::evidence) struct SquashLines {
    /// Index of the squash among those that were refined.
    pub(in crate::evidence) squash: u32,
    /// The squash and the file.
    pub(in crate::evidence) place: Place,
    /// What the notes of the branch say.
    pub(in crate::evidence) layers: Vec<Layer<Claim>>,
    /// Index into [`Squash::branch`] of the commit that added the lines.
    pub(in crate::evidence) originals: Layer<u32>,
    /// Lines that the branch was built on: none of its commits wrote them.
    pub(in crate::evidence) before: Layer<()>,
}

/// Follows the wanted lines of each squash into its branch.
pub(in crate::evidence) fn refine(
    repo: &Repository,
    history: &History,
    squashes: &[Squash],
    shelf: &Shelf,
    stores: &[String],
    wanted: &FxHashMap<CommitIx, Vec<PathIx>>,
) -> Vec<SquashLines> {
    let displaced: Vec<OnceLock<Displaced>> = squashes.iter().map(|_| OnceLock::new()).collect();
    let tasks: Vec<(u32, &Squash, &OnceLock<Displaced>, PathIx)> = squashes
        .iter()
        .zip(&displaced)
        .zip(0..)
        .flat_map(|((squash, displaced), ix)| {
            let paths = wanted.get(&squash.commit).map_or(&[][..], Vec::as_slice);
            paths.iter().map(move |path| (ix, squash, displaced, *path))
        })
        .collect();
    tasks
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, (ix, squash, displaced, path)| {
                let name = history.path(path).as_bytes();
                let tree = history.commit(squash.commit).tree;
                let blamed = in_same_file(repo, tree, squash, name).unwrap_or_default();
                let mut added = blamed.added;
                if squash.tie == Tie::Stated {
                    let displaced = displaced.get_or_init(|| displaced_files(repo, squash, tree));
                    added.extend(elsewhere(repo, tree, squash, name, displaced, &added)?);
                    added.sort_unstable_by_key(|lines| lines.seg);
                }
                let mut lines = refine_file(repo, history, squash, path, added, shelf, stores)?;
                lines.squash = ix;
                if squash.tie != Tie::Content {
                    let before = blamed.older.iter().map(|seg| Span {
                        first: seg.dst,
                        end: seg.dst + seg.len,
                        what: (),
                    });
                    lines.before = before.collect();
                }
                Some(lines)
            },
        )
        .flatten()
        .collect()
}

fn refine_file(
    repo: &gix::Repository,
    history: &History,
    squash: &Squash,
    path: PathIx,
    mut added: Vec<branch_lines::Added>,
    shelf: &Shelf,
    stores: &[String],
) -> Option<SquashLines> {
    let name = history.path(path).as_bytes();
    if !squash.older.is_empty() {
        let here = objects::file_at(repo, history.commit(squash.commit).tree, name).ok()??;
        added = without_older(added, &objects::text(repo, here).ok()?, &squash.older);
    }
    let originals: Layer<u32> = added
        .iter()
        .map(|lines| Span {
            first: lines.seg.dst,
            end: lines.seg.dst + lines.seg.len,
            what: lines.commit,
        })
        .collect();
    let mut found: Vec<Layer<Claim>> = Vec::new();
    let mut known: FxHashMap<(u32, &[u8]), Vec<Layer<Claim>>> = FxHashMap::default();
    let may_speak = squash.tie != Tie::Doubted;
    for lines in added.iter().filter(|_| may_speak) {
        let layers = known
            .entry((lines.commit, lines.path.as_slice()))
            .or_insert_with(|| {
                let (ix, path) = (lines.commit as usize, lines.path.as_slice());
                let (original, tree) = (&squash.branch[ix], squash.links[ix].tree);
                let mut layers = vec![note_layer(original.id, path, shelf, stores)];
                let target = (tree, &[path][..]);
                for version in &original.versions {
                    let carried =
                        rewritten::carry_from(repo, version, target, &[((), path)], shelf, stores);
                    layers.extend(carried.into_iter().map(|((), layer)| layer));
                }
                layers
            });
        for (nth, layer) in layers.iter().enumerate() {
            if found.len() == nth {
                found.push(Layer::new());
            }
            let indexed: Vec<Span<u32>> = layer
                .iter()
                .enumerate()
                .map(|(ix, span)| Span {
                    first: span.first,
                    end: span.end,
                    what: ix as u32,
                })
                .collect();
            for span in within(&indexed, lines.seg.src, lines.seg.src + lines.seg.len) {
                found[nth].push(Span {
                    first: lines.seg.dst + (span.first - lines.seg.src),
                    end: lines.seg.dst + (span.end - lines.seg.src),
                    what: layer[span.what as usize].what.clone(),
                });
            }
        }
    }
    Some(SquashLines {
        squash: 0,
        place: (squash.commit, path),
        layers: found,
        originals,
        before: Layer::new(),
    })
}

/// Takes out the lines that others had added before.
fn without_older(
    added: Vec<branch_lines::Added>,
    text: &[u8],
    older: &FxHashSet<u64>,
) -> Vec<branch_lines::Added> {
    let lines: Vec<&[u8]> = text.lines().collect();
    let is_older = |at: u32| {
        let line = lines.get(at as usize);
        line.is_some_and(|line| older.contains(&agreement::line_hash(line)))
    };
    let mut left = Vec::with_capacity(added.len());
    for whole in added {
        let (mut at, end) = (whole.seg.dst, whole.seg.dst + whole.seg.len);
        while at < end {
            let len = (at..end).take_while(|line| !is_older(*line)).count() as u32;
            if len > 0 {
                left.push(branch_lines::Added {
                    seg: Seg {
                        dst: at,
                        src: whole.seg.src + (at - whole.seg.dst),
                        len,
                    },
                    ..whole.clone()
                });
            }
            at += len + 1;
        }
    }
    left
}

/// The lines of a file of a squash that the branch has in the same file, renamed or not.
fn in_same_file(
    repo: &gix::Repository,
    tree: ObjectId,
    squash: &Squash,
    name: &[u8],
) -> Option<branch_lines::Blamed> {
    let tip = squash.links.first()?;
    let here = objects::file_at(repo, tree, name).ok()??;
    // The squash may have met a rename on the side that it was put onto.
    let (name, there) = if let Some(there) = objects::file_at(repo, tip.tree, name).ok()? {
        (Cow::Borrowed(name), there)
    } else {
        let (name, there) = match squash.tie {
            Tie::Stated => branch_lines::rename_source(repo, tip.tree, tree, here)?,
            Tie::Content | Tie::Doubted => {
                branch_lines::renamed_since(repo, &squash.links, tree, here)?
            }
        };
        (Cow::Owned(name), there)
    };
    let new = objects::text(repo, here).ok()?;
    let segments = if here == there {
        let len = crate::repository::count_lines(&new);
        vec![Seg {
            dst: 0,
            src: 0,
            len,
        }]
    } else {
        let old = objects::text(repo, there).ok()?;
        objects::kept_lines(&old, &new)
            .iter()
            .map(|k| Seg {
                dst: k.new,
                src: k.old,
                len: k.len,
            })
            .collect()
    };
    Some(branch_lines::blame(repo, &squash.links, &name, segments))
}

/// The files of a branch that its squash has elsewhere.
fn displaced_files(repo: &gix::Repository, squash: &Squash, tree: ObjectId) -> Displaced {
    let base = branch_lines::bases(&squash.links).next();
    let tip = squash.links.first();
    let changed = tip.and_then(|tip| agreement::differing_files(repo, base, tip.tree));
    Displaced::new(repo, &changed.unwrap_or_default(), tree)
}

/// The lines of a file of a squash that the branch has in another one, of those not yet found.
fn elsewhere(
    repo: &gix::Repository,
    tree: ObjectId,
    squash: &Squash,
    name: &[u8],
    displaced: &Displaced,
    found: &[branch_lines::Added],
) -> Option<Vec<branch_lines::Added>> {
    let here = objects::file_at(repo, tree, name).ok()??;
    let new = objects::text(repo, here).ok()?;
    let lines: Vec<&[u8]> = new.lines().collect();
    let mut is_left = vec![true; lines.len()];
    for added in found {
        let (first, end) = (
            added.seg.dst as usize,
            (added.seg.dst + added.seg.len) as usize,
        );
        is_left[first.min(lines.len())..end.min(lines.len())].fill(false);
    }
    let left = || lines.iter().zip(&is_left).filter(|(_, left)| **left);
    let Some(lost) = displaced.source(left().map(|(line, _)| *line)) else {
        return Some(Vec::new());
    };
    let old = objects::text(repo, lost.blob).ok()?;
    let kept = objects::kept_lines(&old, &new);
    let segments = (0..lines.len() as u32).filter(|at| is_left[*at as usize]);
    let segments: Vec<Seg> = segments
        .map(|at| Seg {
            dst: at,
            src: at,
            len: 1,
        })
        .collect();
    let (moved, _) = branch_lines::cut(&segments, &kept);
    Some(branch_lines::blame(repo, &squash.links, &lost.path, moved).added)
}

/// What the strongest note on a commit of a branch says of one of its files.
fn note_layer(id: ObjectId, path: &[u8], shelf: &Shelf, stores: &[String]) -> Layer<Claim> {
    let mut layer = Layer::new();
    let commit = commit_id(id);
    let notes = shelf.notes.get(&id).into_iter().flatten();
    for stored in notes.filter(|stored| !stored.is_copy) {
        attest::for_each_block(stored, &shelf.prompts, |block, ranges| {
            if layer.is_empty() && block.as_bytes() == path {
                layer = attest::layer(ranges, &stores[stored.store as usize], &commit)
                    .into_iter()
                    .map(|span| Span {
                        what: span.what.inferred(),
                        ..span
                    })
                    .collect();
            }
        });
    }
    layer
}
