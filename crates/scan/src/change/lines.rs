//! Whose the added lines are: from commits within the range, or from hooks for what is staged.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use trueline_cache::{Cache, Key, Kind};
use trueline_facts::change::{AuthorKind, FileClass, Hunk, ZoneId};
use trueline_facts::{Confidence, Diagnostic, Level, Origin, RepoPath, ToolId};
use trueline_history::ObjectId;
use trueline_history::evidence::{EvidenceOptions, NotesRead, Origins, fuse};
use trueline_history::model::{CommitIx, History, RunEnd};
use trueline_history::range::added_lines;
use trueline_history::repository::Repository;
use trueline_history::walk;
use trueline_policy::Policy;

use super::touched::Touched;
use super::{Changed, States};
use crate::place::Place;
use crate::{ReadingOptions, ScanError};

const ROOT: Kind = Kind::new("root");

/// What is read.
pub(super) struct Reading<'a> {
    pub(super) place: &'a Place,
    pub(super) repository: &'a Repository,
    pub(super) states: &'a States,
    pub(super) files: &'a [Changed],
    pub(super) policy: &'a Policy,
    pub(super) options: &'a ReadingOptions,
    pub(super) cache: Option<&'a Cache>,
    pub(super) interrupt: &'a AtomicBool,
}

/// What was written, and by whom.
#[derive(Default)]
pub(super) struct Written {
    /// By path and line.
    pub(super) hunks: Vec<Hunk>,
    /// Lines added and removed, by path.
    pub(super) counts: BTreeMap<RepoPath, (u64, u64)>,
    /// The commits of the range, and what speaks for them; none for staged content.
    pub(super) told: Option<Arc<(History, Origins)>>,
    /// What commits of tools touch.
    pub(super) touched: Touched,
    /// Places of the range's commits in the history, newest first.
    pub(super) commits: Vec<CommitIx>,
    /// What pseudonyms are derived from.
    pub(super) root: String,
    /// Classes of data that tools read; `None` where nothing was recorded.
    pub(super) reads: Option<Vec<(ToolId, String, u64)>>,
    /// Nobody recorded anything here.
    pub(super) blind: bool,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Written {
    /// Who wrote an added line, from 1; `None` for a line that is not added.
    pub(super) fn line(&self, path: &RepoPath, line: u32) -> Option<&Hunk> {
        let after = self
            .hunks
            .partition_point(|hunk| (&hunk.path, hunk.start) <= (path, line));
        let hunk = self.hunks.get(after.checked_sub(1)?)?;
        (hunk.path == *path && line - hunk.start < hunk.lines).then_some(hunk)
    }

    /// Who wrote the line, in a word; of a line that is not added nothing is said.
    pub(super) fn origin(&self, path: &RepoPath, line: u32) -> AuthorKind {
        self.line(path, line)
            .map_or(AuthorKind::Unknown, |hunk| hunk.origin)
    }
}

/// Reads who wrote the added lines.
pub(super) fn read(reading: &Reading<'_>) -> Result<Written, ScanError> {
    let mut written = Written {
        root: root(reading),
        ..Written::default()
    };
    let added = count(reading.files, &mut written);
    match reading.states.tip {
        Some(tip) => committed(reading, tip, &mut written)?,
        None => staged(reading, &added, &mut written),
    }
    written
        .hunks
        .sort_by(|a, b| (&a.path, a.start).cmp(&(&b.path, b.start)));
    Ok(written)
}

/// The root commit, remembered by the base: it is the same for all that comes after.
fn root(reading: &Reading<'_>) -> String {
    let Some(base) = reading.states.base else {
        return String::new();
    };
    let key = Key::new(base.to_string()).ok();
    let known = reading
        .cache
        .zip(key.as_ref())
        .and_then(|(cache, key)| cache.read(ROOT, key))
        .and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(known) = known {
        return known;
    }
    let root = reading
        .repository
        .root_of(base)
        .map(|id| id.to_string())
        .unwrap_or_default();
    if let Some((cache, key)) = reading.cache.zip(key.as_ref()) {
        // Without it the next run is slower, and no other.
        let _ = cache.write(ROOT, key, root.as_bytes());
    }
    root
}

/// Ranges of added lines, from 0, in the order of the files.
pub(super) fn count(files: &[Changed], written: &mut Written) -> Vec<Vec<std::ops::Range<u32>>> {
    files
        .iter()
        .map(|file| {
            let before = file.before.as_deref().unwrap_or_default();
            let after = file.after.as_deref().unwrap_or_default();
            let (ranges, removed) = added_lines(before.as_bytes(), after.as_bytes());
            let lines = ranges
                .iter()
                .map(|range| u64::from(range.end - range.start))
                .sum();
            written.counts.insert(file.path().clone(), (lines, removed));
            ranges
        })
        .collect()
}

fn committed(reading: &Reading<'_>, tip: ObjectId, written: &mut Written) -> Result<(), ScanError> {
    let paths: Vec<RepoPath> = reading
        .files
        .iter()
        .filter(|file| file.after.is_some())
        .map(|file| file.path().clone())
        .collect();
    let options = walk::Options {
        threads: NonZeroUsize::new(reading.options.threads),
        ..walk::Options::default()
    };
    let history = walk::within(
        reading.repository,
        tip,
        &reading.states.ahead,
        &paths,
        &options,
        reading.interrupt,
    )?;
    let evidence = EvidenceOptions {
        notes: NotesRead::OfLines,
        local_sessions: reading.options.local_sessions.clone(),
    };
    let origins = fuse(reading.repository, &history, &evidence, reading.interrupt);
    let ahead = &reading.states.ahead;
    let is_ahead = |ix: CommitIx| ahead.binary_search(&history.commit(ix).id).is_ok();
    written.commits = (0..history.commits.len() as u32)
        .map(CommitIx)
        .filter(|ix| is_ahead(*ix))
        .collect();
    let place_of: BTreeMap<CommitIx, u32> = written.commits.iter().copied().zip(0..).collect();
    written.touched = Touched::by(reading.repository, &history, &origins, &written.commits);
    let changed: BTreeMap<&RepoPath, &Changed> = reading
        .files
        .iter()
        .map(|file| (file.path(), file))
        .collect();
    for file in &origins.files {
        let path = history.path(file.path);
        let known = changed.get(path);
        let class = known.map_or(FileClass::Other, |file| file.class);
        let zones = known.map_or_else(
            || reading.policy.zones.ids(path),
            |file| file.zones(reading.policy),
        );
        let cut = cut_lines(&history, file.path);
        for run in &file.runs {
            let Some(commit) = place_of.get(&run.commit) else {
                continue;
            };
            if cut.iter().any(|range| range.contains(&run.start)) {
                continue;
            }
            let mut hunk = unknown_hunk(path, class, zones.clone());
            hunk.start = run.start + 1;
            hunk.lines = run.len;
            hunk.commit = Some(*commit);
            hunk.set_origin(origins.origin(run.origin));
            written.hunks.push(hunk);
        }
    }
    written.diagnostics.extend(
        history
            .diagnostics
            .iter()
            .chain(&origins.diagnostics)
            .filter(|diagnostic| diagnostic.code != "history-shallow")
            .cloned(),
    );
    written.told = Some(Arc::new((history, origins)));
    Ok(())
}

/// A hunk of which nothing is known yet; its lines are still to be set.
pub(super) fn unknown_hunk(path: &RepoPath, class: FileClass, zones: Vec<ZoneId>) -> Hunk {
    Hunk {
        path: path.clone(),
        start: 0,
        lines: 0,
        class,
        zones,
        origin: AuthorKind::Unknown,
        human_touched: false,
        tool: None,
        model: None,
        session: None,
        confidence: Confidence::Low,
        evidence: None,
        commit: None,
    }
}

/// Lines of which the walk could not tell whether the range added them.
fn cut_lines(
    history: &History,
    path: trueline_history::model::PathIx,
) -> Vec<std::ops::Range<u32>> {
    let file = history.files.iter().find(|file| file.path == path);
    let Some(trueline_history::model::FileContent::Text(runs)) = file.map(|file| &file.content)
    else {
        return Vec::new();
    };
    runs.iter()
        .filter(|run| run.end == RunEnd::Unattributable)
        .map(|run| run.start..run.start + run.len)
        .collect()
}

fn staged(reading: &Reading<'_>, added: &[Vec<std::ops::Range<u32>>], written: &mut Written) {
    let contents: Vec<(RepoPath, Vec<u8>)> = reading
        .files
        .iter()
        .map(|file| {
            let text = file.after.clone().unwrap_or_default();
            (file.path().clone(), text.into_bytes())
        })
        .collect();
    let place = trueline_capture::Place::around(reading.place.root_path());
    let pending = match place.map(|place| trueline_capture::pending(&place, &contents)) {
        Some(Ok(pending)) => pending,
        None => None,
        Some(Err(error)) => {
            written.diagnostics.push(Diagnostic::new(
                Level::Warning,
                "capture-unreadable",
                format!("what hooks recorded could not be read: {error}"),
            ));
            None
        }
    };
    written.blind = pending.is_none();
    written.reads = pending.as_ref().map(|pending| pending.reads.clone());
    for (at, (file, ranges)) in reading.files.iter().zip(added).enumerate() {
        let origins = pending.as_ref().and_then(|pending| pending.lines.get(at));
        let zones = file.zones(reading.policy);
        for range in ranges {
            let mut line = range.start;
            while line < range.end {
                let origin = origin_at(origins, line);
                let end = (line..range.end)
                    .find(|next| origin_at(origins, *next) != origin)
                    .unwrap_or(range.end);
                let mut hunk = unknown_hunk(file.path(), file.class, zones.clone());
                hunk.start = line + 1;
                hunk.lines = end - line;
                if let Some(origin) = origin {
                    hunk.set_origin(origin);
                }
                written.hunks.push(hunk);
                line = end;
            }
        }
    }
}

fn origin_at(origins: Option<&Vec<Option<Origin>>>, line: u32) -> Option<&Origin> {
    origins?.get(line as usize)?.as_ref()
}
