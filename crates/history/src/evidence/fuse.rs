//! Fusion: everything known about a line becomes one origin.
//!
//! | witness | grain | names an author | confidence at most |
//! |---|---|---|---|
//! | note on the commit that added the line | line | yes | as the note's version grants: high or medium |
//! | the same, on the commit before it was rewritten or squashed (by content) | line | yes | medium |
//! | Agent Trace record, ranges within the lines that the commit added | line | yes | medium; low if its ranges are weak |
//! | transcript on this machine (with consent, by content) | line | yes | medium; low for a single line |
//! | identity or trailer that a tool writes | commit | yes | medium |
//! | checkpoint of entire.io | commit | yes, unless it says that no line is the agent's | medium |
//! | convention that people write (`Assisted-by`) | commit | yes | as the table of signs says, medium |
//! | any of the last three on a squash, unless the agent authored the squash itself | commit | yes | low |
//! | sign of few lines (accepted suggestion) | commit | yes, but not on a squash | low |
//! | hint, or any sign of low confidence (`copilot@github.com`, branch names) | commit | no: the line stays unknown | low |
//!
//! Order: lines before commits, then the order of `EvidenceClass`, then how the evidence reached
//! the line; among notes `refs/notes/ai` before its remote copies before the oldest storage. The
//! first that names an author gives the headline; all are kept.
//! Witnesses are never added up: a note and a trailer of one commit depend on each other.
//! Where content shows which commit of a squashed branch added a line, that commit's signs take
//! the place of the squash's, save for tools that no commit of the branch names.
//! A line whose history is cut (shallow clone, missing blob) has no commit-level evidence: the
//! commit at hand may not be the one that added it.

use std::sync::atomic::{AtomicBool, Ordering};

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use trueline_authorship::message::{
    CommitText, Identity, automation, branch_signs, review_signs, signs,
};
use trueline_authorship::purpose::{Fate, LineCounts, TouchedFile, purpose};
use trueline_facts::stats::NoteCounts;
use trueline_facts::{Diagnostic, Level};

use super::claims::LineClaims;
use super::locate::Located;
use super::overlay::Overlay;
use super::rewritten::Rewrite;
use super::sessions::AgentHomes;
use super::squash::Squash;
use super::{
    AttestedLines, CommitEvidence, Origins, attest, checkpoints, inferred, left_behind, locate,
    merges, notes, refs, reverts, rewritten, sessions, squash, traces,
};
use crate::model::{Change, ChangeKind, CommitIx, FileContent, History, PathIx};
use crate::repository::Repository;

/// Which authorship notes are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NotesRead {
    /// All of them: [`Origins::notes`] counts them.
    #[default]
    All,
    /// Those that the lines of the history need: its counts are of no use.
    OfLines,
}

/// What to read beside the repository itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EvidenceOptions {
    /// Which authorship notes to read.
    pub notes: NotesRead,
    /// Read the transcripts of agents that are kept here. Only with the explicit consent of the
    /// person whose transcripts they are.
    pub local_sessions: Option<AgentHomes>,
}

/// Finds the origin of every line of HEAD, of every dead line, and the evidence on every commit.
#[must_use]
pub fn fuse(
    repo: &Repository,
    history: &History,
    options: &EvidenceOptions,
    interrupt: &AtomicBool,
) -> Origins {
    let mut diagnostics = Vec::new();
    let local = repo.local();
    let refs = refs::list(&local, &mut diagnostics);
    let mut commits = commit_evidence(history);
    merges::for_each_merged(history, &refs, |commit, branch| {
        let evidence = &mut commits[commit.0 as usize];
        evidence.signs.extend(branch_signs(branch));
    });
    checkpoints::add(&local, history, &refs, &mut commits, &mut diagnostics);
    reverts::silence(&local, history, &mut commits);

    let wanted = wanted_places(history);
    let located = locate::locate(&local, &refs, &mut diagnostics);
    let earlier = rewritten::Earlier::read(repo, history, &located);
    let rewrites = earlier.rewrites(repo, history);
    let known = squash::Known {
        refs: &refs,
        located: &located,
        earlier: &earlier,
        commits: &commits,
    };
    let found = squash::find(repo, history, &known, interrupt, &mut diagnostics);
    for commit in found.of_several {
        commits[commit.0 as usize].squash = true;
    }
    let mut squashes = found.refined;
    squashes.extend(left_behind::find(
        repo,
        history,
        &left_behind::Known {
            refs: &refs,
            located: &located,
            earlier: &earlier,
            rewrites: &rewrites,
            paired: &found.paired,
            silent: &found.silent,
            commits: &commits,
        },
        interrupt,
    ));
    squashes.extend(left_behind::reapplied(&local, history, &earlier));
    // What is known of a line by anything else comes before a doubt.
    squashes.extend(found.doubted);
    let asked = |commit: CommitIx| options.notes == NotesRead::All || wanted.contains_key(&commit);
    squashes.retain(|squash| asked(squash.commit));
    let needed = needed(history, &rewrites, &squashes, &located, asked);
    let read = match options.notes {
        NotesRead::All => notes::read,
        NotesRead::OfLines => notes::read_needed,
    };
    let shelf = read(repo, &located, &needed, interrupt, &mut diagnostics);

    let mut counts = counts(&shelf);
    let mut claims = LineClaims::default();
    for (ix, attested) in attest::attest(repo, history, &shelf, &located, &wanted) {
        add_counts(&mut counts, &attested.counts);
        let evidence = &mut commits[ix.0 as usize];
        evidence.noted = true;
        evidence.attested = attested.lines;
        for (place, layer) in attested.layers {
            claims.add(place, layer);
        }
    }
    let stores = &located.stores;
    for (place, layer) in rewritten::carry(repo, history, &rewrites, &shelf, stores, &wanted) {
        claims.add(place, layer);
    }
    let refined = squash::refine(repo, history, &squashes, &shelf, stores, &wanted);
    for traced in traces::read(repo, history, &mut diagnostics) {
        add_attested(
            &mut commits[traced.place.0.0 as usize].attested,
            traced.attested,
        );
        claims.add(traced.place, traced.layer);
    }
    let mut overlay = Overlay::new(history, &commits, claims);
    for lines in &refined {
        overlay.add_squash(&squashes, lines);
    }
    for lines in &refined {
        overlay.add_older(lines);
    }
    let mut transcripts = match &options.local_sessions {
        Some(home) => sessions::read(repo, history, home, interrupt, &mut diagnostics),
        None => FxHashMap::default(),
    };
    if interrupt.load(Ordering::Relaxed) {
        overlay.forget();
        transcripts.clear();
        diagnostics.push(cut_short());
    }
    let files = overlay.files(&transcripts);
    let deaths = overlay.deaths();
    let table = overlay.table;
    inferred::add(history, &table, &files, &deaths, &mut commits);
    Origins {
        origins: table,
        files,
        deaths,
        notes: counts,
        diagnostics,
        commits,
    }
}

/// What is told where an interrupt came before the end.
fn cut_short() -> Diagnostic {
    Diagnostic::new(
        Level::Warning,
        "interrupted",
        "interrupted before all evidence was read: nothing is said of who wrote which line",
    )
}

/// Adds what the notes of one commit say to what is counted of all.
fn add_counts(counts: &mut NoteCounts, more: &NoteCounts) {
    counts.reachable += more.reachable;
    counts.reachable_oldest += more.reachable_oldest;
    counts.foreign_keys += more.foreign_keys;
    counts.unknown_keys += more.unknown_keys;
    counts.absent_paths += more.absent_paths;
}

fn counts(shelf: &notes::Shelf) -> NoteCounts {
    NoteCounts {
        read: shelf.read,
        read_oldest: shelf.read_oldest,
        unreadable: shelf.unreadable,
        ..NoteCounts::default()
    }
}

/// The commits whose notes must be kept: those asked for, and what they were or came from.
fn needed(
    history: &History,
    rewrites: &[Rewrite],
    squashes: &[Squash],
    located: &Located,
    asked: impl Fn(CommitIx) -> bool,
) -> FxHashSet<ObjectId> {
    let own = (0..history.commits.len() as u32).map(CommitIx);
    let own = own.filter(|commit| asked(*commit));
    let mut needed = squash::noted(squashes, located);
    needed.extend(own.map(|commit| history.commit(commit).id));
    let rewritten = rewrites.iter().filter(|r| asked(r.to));
    needed.extend(rewritten.flat_map(|r| &r.from).map(|v| v.id));
    needed
}

/// Signs, automation, review and purpose of every commit.
fn commit_evidence(history: &History) -> Vec<CommitEvidence> {
    // Changes are sorted by commit; merges have none.
    history
        .commits
        .par_iter()
        .enumerate()
        .map(|(ix, commit)| {
            let ix = CommitIx(ix as u32);
            let from = history.changes.partition_point(|c| c.commit < ix);
            let files = history.changes[from..]
                .iter()
                .take_while(|c| c.commit == ix)
                .map(|c| touched_file(history, c));
            let text = CommitText {
                author: Identity {
                    name: &commit.author.name,
                    email: &commit.author.email,
                },
                committer: Identity {
                    name: &commit.committer.name,
                    email: &commit.committer.email,
                },
                message: &commit.message,
                time: commit.author_time.0,
            };
            CommitEvidence {
                signs: signs(&text),
                noted: false,
                inferred: SmallVec::new(),
                attested: SmallVec::new(),
                squash: squash::is_squash(&commit.message),
                automation: automation(&text.author),
                review: review_signs(&text),
                purpose: purpose(&commit.message, files),
            }
        })
        .collect()
}

fn touched_file<'a>(history: &'a History, change: &Change) -> TouchedFile<'a> {
    TouchedFile {
        path: history.path(change.path).as_bytes(),
        fate: match change.kind {
            ChangeKind::Added => Fate::Added,
            ChangeKind::Modified => Fate::Modified,
            ChangeKind::Deleted => Fate::Deleted,
        },
        lines: change.lines.map(|lines| LineCounts {
            added: lines.added.into(),
            removed: lines.removed.into(),
        }),
    }
}

/// The paths of each commit that some living or dead line comes from.
fn wanted_places(history: &History) -> FxHashMap<CommitIx, Vec<PathIx>> {
    let mut wanted: FxHashMap<CommitIx, Vec<PathIx>> = FxHashMap::default();
    let living = history.files.iter().flat_map(|file| match &file.content {
        FileContent::Text(runs) => runs.as_slice(),
        _ => &[],
    });
    for run in living {
        wanted.entry(run.commit).or_default().push(run.path);
    }
    for death in &history.deaths {
        if let Some(born) = death.born {
            wanted.entry(born).or_default().push(death.path);
        }
    }
    for paths in wanted.values_mut() {
        paths.sort_unstable();
        paths.dedup();
    }
    wanted
}

fn add_attested(to: &mut SmallVec<[AttestedLines; 1]>, more: Vec<AttestedLines>) {
    for lines in more {
        match to
            .iter_mut()
            .find(|known| known.tool == lines.tool && known.model == lines.model)
        {
            // A trace beside a note mostly speaks of the same lines: the larger count stands.
            Some(known) => known.lines = known.lines.max(lines.lines),
            None => to.push(lines),
        }
    }
    to.sort_unstable();
}
