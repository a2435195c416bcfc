//! Transcripts of agents on this machine, read only when asked: which lines of HEAD an agent wrote.
//!
//! An agent's edit is reduced to hashes of the lines that it inserted; text is dropped at once.
//! A line of HEAD is matched if the file is the same, the commit that added it is not older than
//! the edit, and at least three telling lines in a row agree, or one long line that is unique in
//! the file. What is found so is `inferred`: somebody may have typed the same lines before.

mod discover;
mod extract;
mod outcome;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use trueline_facts::{
    Author, Confidence, Diagnostic, Evidence, EvidenceClass, Grain, Level, Reach,
};

pub use self::discover::AgentHomes;
use self::extract::Session;
use super::claims::{Claim, Layer, Span};
use super::objects;
use crate::model::{FileContent, FileLines, History, PathIx, Run};
use crate::repository::Repository;

/// Telling lines in a row that make a match.
const ENOUGH_LINES: usize = 3;
/// A single line must be at least this long, in bytes, and unique in its file.
const LONG_LINE: usize = 40;
/// Letters and digits that make a line telling; `}` and `else {` are not.
const TELLING_CHARACTERS: usize = 6;
/// Places in a file where one line of an edit is looked for.
const MAX_PLACES: usize = 64;
/// Comparisons of lines over all transcripts.
const MAX_STEPS: usize = 50_000_000;

/// Lines that one edit inserted in a row, as hashes.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Block {
    /// Index into the sessions.
    session: usize,
    /// Seconds since the epoch, where the transcript says.
    time: Option<i64>,
    lines: Vec<u64>,
}

/// Reads all transcripts in `homes` and matches them with the files of HEAD.
pub(super) fn read(
    repo: &Repository,
    history: &History,
    homes: &AgentHomes,
    interrupt: &AtomicBool,
    diagnostics: &mut Vec<Diagnostic>,
) -> FxHashMap<PathIx, Layer<Claim>> {
    let roots = discover::work_trees(repo);
    if roots.is_empty() {
        diagnostics.push(Diagnostic::new(
            Level::Warning,
            "local-sessions-unused",
            "this repository has no work tree here: transcripts name files of work trees and \
             cannot be matched",
        ));
        return FxHashMap::default();
    }
    let unread = discover::unread(homes, &roots);
    if !unread.is_empty() {
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "transcripts-not-read",
            format!(
                "found, not read: transcripts of {}; their form is not known here yet",
                unread.join(", ")
            ),
        ));
    }
    let mut skipped = 0_u32;
    let mut sessions: Vec<Session> = Vec::new();
    let mut blocks: BTreeMap<Vec<u8>, Vec<Block>> = BTreeMap::new();
    for transcript in discover::transcripts(homes, &roots) {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let read = extract::read(&transcript, &roots, &mut |path, session, time, lines| {
            let known = sessions.iter().rposition(|known| known == session);
            let session = known.unwrap_or_else(|| {
                sessions.push(session.clone());
                sessions.len() - 1
            });
            blocks.entry(path).or_default().push(Block {
                session,
                time,
                lines,
            });
        });
        skipped += u32::from(read.is_err());
    }
    if skipped > 0 {
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "transcript-skipped",
            format!("{skipped} transcripts of agents are too large or could not be read"),
        ));
    }
    match_files(repo, history, &sessions, &blocks, diagnostics)
}

fn match_files(
    repo: &Repository,
    history: &History,
    sessions: &[Session],
    blocks: &BTreeMap<Vec<u8>, Vec<Block>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> FxHashMap<PathIx, Layer<Claim>> {
    let mut layers = FxHashMap::default();
    if blocks.is_empty() {
        return layers;
    }
    let repo = repo.local();
    let mut steps = 0;
    for file in &history.files {
        let FileContent::Text(runs) = &file.content else {
            continue;
        };
        // The file may have had another name when the agent wrote it.
        let mut names = vec![file.path];
        names.extend(runs.iter().map(|run| run.path));
        names.sort_unstable();
        names.dedup();
        let blocks: Vec<&Block> = names
            .iter()
            .filter_map(|name| blocks.get(history.path(*name).as_bytes()))
            .flatten()
            .collect();
        if blocks.is_empty() {
            continue;
        }
        let layer = match_file(&repo, history, file, runs, sessions, &blocks, &mut steps);
        if !layer.is_empty() {
            layers.insert(file.path, layer);
        }
        if steps > MAX_STEPS {
            diagnostics.push(Diagnostic::new(
                Level::Warning,
                "local-sessions-cut",
                "the transcripts hold too many edits to compare all of them: some lines that an \
                 agent wrote are shown as unknown",
            ));
            break;
        }
    }
    layers
}

/// A line of HEAD, as far as matching needs it.
struct Line {
    hash: u64,
    telling: bool,
    long: bool,
    /// Committer time of the commit that added it.
    added: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    confidence: Confidence,
    time: Option<i64>,
    session: usize,
}

fn match_file(
    repo: &gix::Repository,
    history: &History,
    file: &FileLines,
    runs: &[Run],
    sessions: &[Session],
    blocks: &[&Block],
    steps: &mut usize,
) -> Layer<Claim> {
    let Ok(content) = objects::text(repo, file.blob) else {
        return Layer::new();
    };
    let lines = lines_of(&content, history, runs);
    let mut places: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    for (at, line) in lines.iter().enumerate() {
        places.entry(line.hash).or_default().push(at);
    }
    let unique_long = |at: usize| lines[at].long && places[&lines[at].hash].len() == 1;
    let mut found: Vec<Option<Match>> = vec![None; lines.len()];
    for block in blocks {
        let fits = |at: usize, from: usize| {
            lines
                .get(at)
                .zip(block.lines.get(from))
                .is_some_and(|(line, hash)| {
                    line.hash == *hash && block.time.is_none_or(|edited| line.added >= edited)
                })
        };
        for (from, hash) in block.lines.iter().enumerate() {
            for &at in places.get(hash).into_iter().flatten().take(MAX_PLACES) {
                *steps += 1;
                // Only where a row of matches begins.
                if !fits(at, from) || (at > 0 && from > 0 && fits(at - 1, from - 1)) {
                    continue;
                }
                let len = (0..block.lines.len())
                    .take_while(|i| fits(at + i, from + i))
                    .count();
                *steps += len;
                let row = at..at + len;
                let telling = lines[row.clone()].iter().filter(|l| l.telling).count();
                let confidence = if telling >= ENOUGH_LINES {
                    Confidence::Medium
                } else if row.clone().any(unique_long) {
                    Confidence::Low
                } else {
                    continue;
                };
                let this = Match {
                    confidence,
                    time: block.time,
                    session: block.session,
                };
                for slot in &mut found[row] {
                    *slot = (*slot).max(Some(this));
                }
            }
        }
        if *steps > MAX_STEPS {
            break;
        }
    }
    layer_of(&found, sessions)
}

fn lines_of(content: &[u8], history: &History, runs: &[Run]) -> Vec<Line> {
    let mut added = runs.iter().flat_map(|run| {
        let commit = history.commit(run.commit);
        // A rebase makes the committer's time later than the work.
        let time = commit.committer_time.0.min(commit.author_time.0);
        std::iter::repeat_n(time, run.len as usize)
    });
    content
        .lines()
        .map(|line| Line {
            hash: line_hash(line),
            telling: is_telling(line),
            long: line.trim().len() >= LONG_LINE,
            added: added.next().unwrap_or(i64::MIN),
        })
        .collect()
}

fn layer_of(found: &[Option<Match>], sessions: &[Session]) -> Layer<Claim> {
    let mut layer: Layer<Claim> = Vec::new();
    let mut last: Option<Match> = None;
    for (at, found) in found.iter().enumerate() {
        let at = at as u32;
        let same = matches!((last, found), (Some(a), Some(b))
            if a.session == b.session && a.confidence == b.confidence);
        last = *found;
        match (found, layer.last_mut()) {
            (Some(_), Some(span)) if same && span.end == at => span.end = at + 1,
            (Some(found), _) => layer.push(Span {
                first: at,
                end: at + 1,
                what: claim(&sessions[found.session], found.confidence),
            }),
            (None, _) => {}
        }
    }
    layer
}

fn claim(session: &Session, confidence: Confidence) -> Claim {
    Claim {
        author: Author::Ai {
            tool: session.tool.clone(),
            model: session.model.clone(),
            session: session.id.clone(),
            human_touched: false,
        },
        evidence: Evidence {
            class: EvidenceClass::LocalSession,
            grain: Grain::Line,
            reach: Reach::Inferred,
            confidence,
            source: "transcript on this machine".to_owned(),
            commit: None,
            names: None,
        },
    }
}

/// The hash of a line without blanks at its ends. Of fixed keys, so that results do not vary.
fn line_hash(line: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.trim().hash(&mut hasher);
    hasher.finish()
}

fn is_telling(line: &[u8]) -> bool {
    line.iter()
        .filter(|b| b.is_ascii_alphanumeric() || **b >= 0x80)
        .nth(TELLING_CHARACTERS - 1)
        .is_some()
}
