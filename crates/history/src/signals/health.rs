//! How the code ages: churn, rework, survival, hotspots, review, anomalies.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::health::{Churn, Health, Hotspot, LargeChange, Review};
use trueline_facts::usage::LineShares;
use trueline_facts::{CommitId, Proportion};

use crate::model::{CommitIx, PathIx};

use super::renamed::without_renames;
use super::survival::Lifetimes;
use super::view::View;
use super::{Blobs, anomaly, moments};

/// Hotspots and large unreviewed changes reported.
const MOST: usize = 20;
/// Of so many commits one may be unread before rework, survival and anomalies are not given: those that are
/// left are not a fair part of all, as what was never changed again can always be read.
const MOST_UNREAD: u64 = 20;
/// From so many added lines on a change is large: reviewers' yield falls off between 200 and 400
/// lines (Cohen, "Best Kept Secrets of Peer Code Review", 2006).
const LARGE_CHANGE: u64 = 400;

pub(super) fn health(view: &View<'_>, blobs: Blobs<'_>) -> Health {
    let mut window = Window::new(view);
    // What is not read yet would look as if it had never been changed again.
    if !view.is_whole() {
        window.forget();
    }
    let is_telling = view.is_whole() && window.is_telling();
    let lifetimes = is_telling.then(|| Lifetimes::new(view));
    Health {
        window_days: view.options.window_days,
        churn: window.churn,
        rework: lifetimes.as_ref().map_or_else(Vec::new, Lifetimes::rework),
        survival: lifetimes
            .as_ref()
            .map_or_else(Vec::new, Lifetimes::survival),
        perhaps_ai_lines: lifetimes.as_ref().map_or(0, Lifetimes::perhaps_ai),
        unread_files: window.unread_files(view),
        hotspots: hotspots(view, &window),
        review: review(view, &window),
        // A part of the past makes the usual look strange.
        anomalies: if is_telling {
            anomaly::anomalies(&moments::timeline(view, blobs))
        } else {
            Vec::new()
        },
    }
}

/// What changed in the window, without generated files.
struct Window {
    churn: Churn,
    paths: BTreeMap<PathIx, Touched>,
    /// Paths of which some change cannot be read.
    unread: BTreeSet<PathIx>,
    /// Lines added and files touched per commit of the window, newest first.
    commits: Vec<(CommitIx, u64, u64)>,
}

#[derive(Clone, Copy, Default)]
struct Touched {
    commits: u64,
    churn: u64,
}

impl Window {
    fn new(view: &View<'_>) -> Self {
        let mut window = Self {
            churn: Churn::default(),
            paths: BTreeMap::new(),
            unread: BTreeSet::new(),
            commits: Vec::new(),
        };
        for (ix, commit) in view.history.commits.iter().enumerate() {
            if commit.committer_time < view.history.window_start {
                continue;
            }
            // Where history is cut, what the commit changed is not known, nor what a merge brought in.
            if commit.parents_missing {
                window.churn.cut += 1;
            } else if !commit.is_merge() {
                window.commits.push((CommitIx(ix as u32), 0, 0));
            }
        }
        window.churn.commits = window.commits.len() as u64;
        window.unread(view);
        let commits = view.history.changes.chunk_by(|a, b| a.commit == b.commit);
        for change in commits.flat_map(without_renames) {
            if view.is_generated(change.path) {
                continue;
            }
            let Ok(at) = window
                .commits
                .binary_search_by_key(&change.commit, |(ix, ..)| *ix)
            else {
                continue;
            };
            let lines = change.lines.unwrap_or_default();
            let (added, removed) = (u64::from(lines.added), u64::from(lines.removed));
            window.churn.added += added;
            window.churn.removed += removed;
            let touched = window.paths.entry(change.path).or_default();
            touched.commits += 1;
            touched.churn += added + removed;
            if let Some((_, lines, files)) = window.commits.get_mut(at) {
                *lines += added;
                *files += 1;
            }
        }
        window
    }

    /// Counts the commits of which some change cannot be read.
    fn unread(&mut self, view: &View<'_>) {
        let holds_no_lines = |path: PathIx| {
            view.is_generated(path) || crate::is_binary_name(view.history.path(path))
        };
        let mut commits = BTreeSet::new();
        for unread in &view.history.unread {
            let is_of_window = self
                .commits
                .binary_search_by_key(&unread.commit, |(ix, ..)| *ix)
                .is_ok();
            if is_of_window && !unread.path.is_some_and(holds_no_lines) {
                commits.insert(unread.commit);
                self.unread.extend(unread.path);
            }
        }
        self.churn.unread = commits.len() as u64;
    }

    /// Leaves nothing of what commits changed: it is a part that nobody can name.
    fn forget(&mut self) {
        self.churn.added = 0;
        self.churn.removed = 0;
        self.churn.unread = self.churn.commits;
        self.paths.clear();
        self.unread.clear();
        for (_, lines, files) in &mut self.commits {
            (*lines, *files) = (0, 0);
        }
    }

    /// Whether what can be read is enough to say how long lines live and what is usual.
    fn is_telling(&self) -> bool {
        self.churn.unread * MOST_UNREAD <= self.churn.commits
    }

    /// Files of HEAD of which it is not known how much they change.
    fn unread_files(&self, view: &View<'_>) -> u64 {
        let files = view.written_files_of_all_time();
        files.filter(|(path, _)| self.unread.contains(path)).count() as u64
    }
}

/// Ranked by commits × changed lines: a file that is often changed a little and one that is changed
/// once as a whole both matter less than one that is both.
fn hotspots(view: &View<'_>, window: &Window) -> Vec<Hotspot> {
    let mut ranked: Vec<(u128, PathIx, Touched)> = Vec::new();
    let mut lines: BTreeMap<PathIx, LineShares> = BTreeMap::new();
    for (path, runs) in view.written_files_of_all_time() {
        let Some(touched) = window.paths.get(&path) else {
            continue;
        };
        let mut shares = LineShares::default();
        for run in runs {
            shares.add(&view.shares(&run));
        }
        lines.insert(path, shares);
        // One commit is no pattern.
        if touched.commits > 1 && !window.unread.contains(&path) {
            let heat = u128::from(touched.commits) * u128::from(touched.churn);
            ranked.push((heat, path, *touched));
        }
    }
    ranked.sort_by(|a, b| (b.0, view.history.path(a.1)).cmp(&(a.0, view.history.path(b.1))));
    ranked
        .into_iter()
        .take(MOST)
        .map(|(_, path, touched)| {
            let shares = lines.get(&path).copied().unwrap_or_default();
            Hotspot {
                path: view.history.path(path).clone(),
                commits: touched.commits,
                churn: touched.churn,
                lines: shares.total,
                ai: Proportion::new(shares.ai_at_least(), shares.total),
                ai_up_to: shares.ai,
            }
        })
        .collect()
}

fn review(view: &View<'_>, window: &Window) -> Review {
    let mut all = (0, 0);
    let mut of_ai = (0, 0);
    let mut told = (0, 0);
    let mut large_unreviewed = Vec::new();
    for (ix, added, files) in &window.commits {
        let is_reviewed = view.is_reviewed(*ix);
        all.0 += u64::from(is_reviewed);
        all.1 += 1;
        if let Some(approved) = view.is_approved(*ix) {
            told.0 += u64::from(approved);
            told.1 += 1;
        }
        if !view.is_ai_commit(*ix) {
            continue;
        }
        of_ai.0 += u64::from(is_reviewed);
        of_ai.1 += 1;
        if !is_reviewed && *added >= LARGE_CHANGE {
            large_unreviewed.push(LargeChange {
                commit: CommitId::new(view.history.commit(*ix).id.to_string()),
                time: view.time(*ix),
                subject: view.subject(*ix),
                added: *added,
                files: *files,
            });
        }
    }
    large_unreviewed.sort_by(|a, b| (b.time, &a.commit).cmp(&(a.time, &b.commit)));
    let large_unreviewed_count = large_unreviewed.len() as u64;
    large_unreviewed.truncate(MOST);
    Review {
        commits: Proportion::new(all.0, all.1),
        ai_commits: Proportion::new(of_ai.0, of_ai.1),
        told: (told.1 > 0).then(|| Proportion::new(told.0, told.1)),
        large_unreviewed,
        large_unreviewed_count,
    }
}
