//! Reading notes: every one is parsed and counted, only what is needed later is kept. Where the
//! counts are not wanted, only the notes on those commits are read.
//!
//! Kept whole: notes on the commits that the caller names. Of all others only the records of
//! legacy keys survive, because old notes leave them to each other. Transcripts that old notes
//! embed are skipped by the parser and never held.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use trueline_authorship::note::legacy::{self, LegacyBlob};
use trueline_authorship::note::{Key, LARGEST_NOTE, NoteError, PromptRecord};
use trueline_facts::{Diagnostic, Level};

use super::locate::Located;
use super::objects;
use crate::repository::{Gap, Repository};

/// Broken notes that are described one by one; the rest is only counted.
const DESCRIBED: usize = 10;
/// Notes that one task reads: large enough to keep a thread's object cache warm.
const BATCH: usize = 64;

/// A note that was read.
#[derive(Clone, Debug)]
pub(super) struct StoredNote {
    /// Where it stands: index into [`Located::stores`].
    pub(super) store: u32,
    /// Its content, in either of the two forms that exist.
    pub(super) content: LegacyBlob,
    /// It was written for another commit, which has it as well: counted, and otherwise passed over.
    pub(super) is_copy: bool,
}

/// What reading all notes gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    /// Notes on the commits asked for, strongest reference first.
    pub(super) notes: FxHashMap<ObjectId, SmallVec<[StoredNote; 1]>>,
    /// Records of legacy keys over all notes: the newest noted commit's, for each key.
    pub(super) prompts: BTreeMap<Box<str>, PromptRecord>,
    /// Notes that parsed.
    pub(super) read: u64,
    /// Records of the oldest storage that parsed.
    pub(super) read_oldest: u64,
    /// Notes that did not.
    pub(super) unreadable: u64,
}

enum Outcome {
    /// With what could not be read of it.
    Parsed(u32, LegacyBlob, Vec<NoteError>),
    Broken(u32, String),
    Skipped,
}

/// Reads all notes, so that they are counted; keeps those on `needed` commits.
pub(super) fn read(
    repo: &Repository,
    located: &Located,
    needed: &FxHashSet<ObjectId>,
    interrupt: &AtomicBool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Shelf {
    let all: Vec<u32> = (0..located.notes.len() as u32).collect();
    read_some(repo, located, &all, needed, interrupt, diagnostics)
}

/// Reads the notes on `needed` commits alone, and all others only if one of those leaves a legacy key
/// to them. The counts are of what was read.
pub(super) fn read_needed(
    repo: &Repository,
    located: &Located,
    needed: &FxHashSet<ObjectId>,
    interrupt: &AtomicBool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Shelf {
    let chosen: Vec<u32> = (0_u32..)
        .zip(&located.notes)
        .filter(|(_, found)| needed.contains(&found.annotated))
        .map(|(ix, _)| ix)
        .collect();
    let mut own = Vec::new();
    let shelf = read_some(repo, located, &chosen, needed, interrupt, &mut own);
    if shelf.notes.values().flatten().any(leaves_keys_to_others) {
        return read(repo, located, needed, interrupt, diagnostics);
    }
    diagnostics.append(&mut own);
    shelf
}

/// Whether a note has legacy keys without their records.
fn leaves_keys_to_others(stored: &StoredNote) -> bool {
    let LegacyBlob::Note(note) = &stored.content else {
        return false;
    };
    let mut entries = note.files.iter().flat_map(|block| &block.entries);
    entries.any(
        |entry| matches!(&entry.key, Key::Prompt(key) if !note.metadata.prompts.contains_key(key)),
    )
}

fn read_some(
    repo: &Repository,
    located: &Located,
    chosen: &[u32],
    needed: &FxHashSet<ObjectId>,
    interrupt: &AtomicBool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Shelf {
    let batches: Vec<Vec<Outcome>> = chosen
        .par_chunks(BATCH)
        .map_init(
            || repo.local(),
            |repo, notes| {
                notes
                    .iter()
                    .map(|ix| {
                        if interrupt.load(Ordering::Relaxed) {
                            return Outcome::Skipped;
                        }
                        let ix = *ix;
                        let found = &located.notes[ix as usize];
                        match read_one(repo, found.blob) {
                            Ok((content, bad)) if needed.contains(&found.annotated) => {
                                Outcome::Parsed(ix, content, bad)
                            }
                            Ok((content, bad)) => Outcome::Parsed(ix, only_prompts(content), bad),
                            Err(why) => Outcome::Broken(ix, why),
                        }
                    })
                    .collect()
            },
        )
        .collect();
    collect(repo, located, needed, batches, diagnostics)
}

/// What others may need of a note on a commit that nobody asked for.
fn only_prompts(content: LegacyBlob) -> LegacyBlob {
    match content {
        LegacyBlob::Note(mut note) => {
            note.files = Vec::new();
            note.metadata.sessions.clear();
            note.metadata.humans.clear();
            LegacyBlob::Note(note)
        }
        LegacyBlob::Names(_) => LegacyBlob::Names(legacy::NameNote::default()),
    }
}

fn read_one(
    repo: &gix::Repository,
    blob: ObjectId,
) -> Result<(LegacyBlob, Vec<NoteError>), String> {
    let bytes = objects::blob(repo, blob, LARGEST_NOTE as u64).map_err(|gap| {
        match gap {
            Gap::Missing => "its blob is not in this repository",
            Gap::TooLarge => "it is larger than any note may be",
            Gap::Damaged => "it is no readable blob",
        }
        .to_owned()
    })?;
    legacy::parse(&bytes).map_err(|error| error.to_string())
}

fn collect(
    repo: &Repository,
    located: &Located,
    needed: &FxHashSet<ObjectId>,
    batches: Vec<Vec<Outcome>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Shelf {
    let repo = repo.local();
    let mut shelf = Shelf::default();
    let mut skipped = 0_u64;
    let mut partial = 0_usize;
    // The time and id of the commit whose note gave each legacy record.
    let mut newest: FxHashMap<Box<str>, (i64, ObjectId)> = FxHashMap::default();
    for outcome in batches.into_iter().flatten() {
        match outcome {
            Outcome::Skipped => skipped += 1,
            Outcome::Broken(ix, why) => {
                shelf.unreadable += 1;
                if shelf.unreadable as usize <= DESCRIBED {
                    let found = &located.notes[ix as usize];
                    diagnostics.push(Diagnostic::new(
                        Level::Warning,
                        "note-unreadable",
                        format!(
                            "the note of commit {} in {} is left out: {why}",
                            found.annotated, located.stores[found.store as usize]
                        ),
                    ));
                }
            }
            Outcome::Parsed(ix, content, bad) => {
                let found = &located.notes[ix as usize];
                if let Some(first) = bad.first() {
                    partial += 1;
                    if partial <= DESCRIBED {
                        diagnostics.push(Diagnostic::new(
                            Level::Warning,
                            "note-partly-read",
                            format!(
                                "the note of commit {} in {} is read in part: {first}; what stands \
                                 above it for the same file is left out",
                                found.annotated, located.stores[found.store as usize]
                            ),
                        ));
                    }
                }
                if located.is_oldest(found.store) {
                    shelf.read_oldest += 1;
                } else {
                    shelf.read += 1;
                }
                if let LegacyBlob::Note(note) = &content
                    && !note.metadata.prompts.is_empty()
                {
                    let rank = (commit_time(&repo, found.annotated), found.annotated);
                    for (key, record) in &note.metadata.prompts {
                        if newest.get(key).is_none_or(|known| *known < rank) {
                            newest.insert(key.clone(), rank);
                            shelf.prompts.insert(key.clone(), record.clone());
                        }
                    }
                }
                if needed.contains(&found.annotated) {
                    shelf
                        .notes
                        .entry(found.annotated)
                        .or_default()
                        .push(StoredNote {
                            store: found.store,
                            content,
                            is_copy: located.copies.contains(&ix),
                        });
                }
            }
        }
    }
    if shelf.unreadable as usize > DESCRIBED {
        diagnostics.push(Diagnostic::new(
            Level::Warning,
            "note-unreadable",
            format!(
                "{} more notes are left out for such reasons",
                shelf.unreadable as usize - DESCRIBED
            ),
        ));
    }
    if partial > DESCRIBED {
        diagnostics.push(Diagnostic::new(
            Level::Warning,
            "note-partly-read",
            format!("{} more notes are read in part", partial - DESCRIBED),
        ));
    }
    if skipped > 0 {
        diagnostics.push(Diagnostic::new(
            Level::Warning,
            "interrupted",
            format!("interrupted: {skipped} authorship notes were not read"),
        ));
    }
    shelf
}

/// The committer time of a noted commit; the earliest possible if it is not here.
fn commit_time(repo: &gix::Repository, commit: ObjectId) -> i64 {
    repo.try_find_object(commit)
        .ok()
        .flatten()
        .and_then(|object| object.try_into_commit().ok())
        .and_then(|commit| commit.time().ok())
        .map_or(i64::MIN, |time| time.seconds)
}
