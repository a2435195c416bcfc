//! Merged changes as facts: each step of a branch, described as a gate would have described it.
//!
//! One reading of the history serves all of them: whose a line was is looked up among the lines that
//! still stand and those that died. Files are checked by themselves and remembered by content; what a
//! forge exported (`import reviews`) is looked up by merge and head commit. Changes are described in
//! parallel and handed out in the order of time.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use trueline_cache::Cache;
use trueline_facts::change::{FileClass, Range, RangeKind, ReviewState};
use trueline_facts::{Diagnostic, RepoPath};
use trueline_history::evidence::Origins;
use trueline_history::model::{CommitIx, History};
use trueline_history::repository::Repository;
use trueline_history::steps::{Fate, LineTable, Step};
use trueline_history::walk;
use trueline_policy::backtest::PastChange;

use super::judge::Judging;
use super::lines::{self, Written};
use super::proposed::Proposed;
use super::touched::Touched;
use super::weak::Shared;
use super::{Changed, States, dependencies, description, empty, files, parts, steering, weak};
use crate::packages::PackageData;
use crate::place::Place;
use crate::reviews::ReviewStore;
use crate::scan::commit_id;
use crate::{Progress, ReadingOptions, ScanError};

/// Changes that are described at a time.
const BATCH: usize = 64;

/// A history whose steps are described.
pub(crate) struct Replay<'a> {
    pub(crate) place: &'a Place,
    pub(crate) repository: &'a Repository,
    pub(crate) told: Arc<(History, Origins)>,
    pub(crate) judging: &'a Judging,
    pub(crate) reviews: &'a ReviewStore,
    pub(crate) reading: &'a ReadingOptions,
    pub(crate) cache: Option<&'a Cache>,
    pub(crate) root: String,
}

impl Replay<'_> {
    /// Describes steps, in their order, and hands each to `take`. Returns what could not be read.
    pub(crate) fn run(
        &self,
        steps: &[(&Step, Fate)],
        progress: &dyn Progress,
        interrupt: &AtomicBool,
        mut take: impl FnMut(PastChange),
    ) -> Result<Vec<Diagnostic>, ScanError> {
        let (history, origins) = &*self.told;
        let table = LineTable::new(history, origins);
        let own_rules = self.judging.own_rules(self.place)?;
        let shared = Shared::load(self.cache, &own_rules);
        let mut diagnostics = self.judging.diagnostics.clone();
        progress.phase("replaying changes", steps.len() as u64);
        let options = walk::Options {
            threads: NonZeroUsize::new(self.reading.threads),
            ..walk::Options::default()
        };
        for (batch, of) in steps.chunks(BATCH).enumerate() {
            if interrupt.load(Ordering::Relaxed) {
                break;
            }
            let described: Vec<Result<(PastChange, Vec<Diagnostic>), ScanError>> =
                walk::pooled(&options, || {
                    of.par_iter()
                        .with_max_len(1)
                        .map(|(step, fate)| self.one(step, *fate, &table, &shared, interrupt))
                        .collect()
                })?;
            for one in described {
                let (past, unread) = one?;
                diagnostics.extend(unread);
                take(past);
            }
            progress.advance_to(((batch + 1) * BATCH).min(steps.len()) as u64);
        }
        shared.store();
        diagnostics.sort();
        diagnostics.dedup();
        Ok(diagnostics)
    }

    fn one(
        &self,
        step: &Step,
        fate: Fate,
        table: &LineTable<'_>,
        shared: &Shared<'_>,
        interrupt: &AtomicBool,
    ) -> Result<(PastChange, Vec<Diagnostic>), ScanError> {
        let history = &self.told.0;
        let tip = history.commit(step.tip).id;
        let base = step.base.map(|ix| history.commit(ix).id);
        let states = States {
            kind: RangeKind::Range,
            base,
            fork: base,
            tip: Some(tip),
            ahead: Vec::new(),
        };
        let deltas = self.repository.deltas(base, tip)?;
        let (files, entries) = files::read(self.repository, deltas);
        let mut written = Written {
            root: self.root.clone(),
            told: Some(Arc::clone(&self.told)),
            commits: step.commits.clone(),
            touched: Touched::by(self.repository, history, &self.told.1, &step.commits),
            ..Written::default()
        };
        self.lines(step, &files, table, &mut written, interrupt)?;
        let mut diagnostics = Vec::new();
        let policy = &self.judging.policy;
        let range = Range {
            kind: RangeKind::Range,
            base: base.map(commit_id),
            fork: None,
            head: Some(commit_id(tip)),
        };
        let mut change = empty(self.place, step.merged, range, policy);
        files::add(&mut change, &files, &entries, &written, policy);
        weak::add_replayed(
            &mut change,
            &weak::Checking {
                place: self.place,
                judging: self.judging,
                files: &files,
                written: &written,
                imports: &[],
                reading: self.reading,
                cache: None,
            },
            shared,
            &mut diagnostics,
        )?;
        let surroundings = parts::Surroundings {
            place: self.place,
            files: &files,
            written: &written,
            packages: &PackageData::default(),
        };
        parts::add(&mut change, &surroundings);
        dependencies::add(&mut change, &surroundings, &mut diagnostics)?;
        steering::add(
            &mut change,
            &surroundings,
            &entries,
            self.judging,
            &mut diagnostics,
        );
        let ids: Vec<String> = step
            .commits
            .iter()
            .map(|ix| history.commit(*ix).id.to_string())
            .collect();
        let exported = self.reviews.of(&tip.to_string(), &ids);
        let proposed = exported.map(Proposed::of_export);
        description::add(
            &mut change,
            &description::Telling {
                states: &states,
                written: &written,
                proposed: proposed.as_ref(),
                reviews: None,
                files: &files,
                signed: description::signed(&written, self.repository),
            },
        )?;
        super::always_unknown(&mut change);
        files::settle_unknown(&mut change);
        // What a change of the past made unreadable then is nobody's concern now.
        diagnostics.retain(|diagnostic| diagnostic.code == "analysis-failed");
        let bad_after = match (fate.reverted_after, fate.fixed_after) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let watched = history.now().days_since(step.merged).max(0);
        let first_approval = proposed.as_ref().and_then(|proposed| {
            let approvals = change.reviews.iter().any(|review| {
                review.state == ReviewState::Approved && review.is_independent_approval()
            });
            proposed.minutes_to_approval().filter(|_| approvals)
        });
        let past = PastChange {
            merged: step.merged,
            bad_after,
            watched_days: u32::try_from(watched).unwrap_or(u32::MAX),
            review_minutes: first_approval,
            change,
        };
        Ok((past, diagnostics))
    }

    /// Whose the added lines are.
    fn lines(
        &self,
        step: &Step,
        files: &[Changed],
        table: &LineTable<'_>,
        written: &mut Written,
        interrupt: &AtomicBool,
    ) -> Result<(), ScanError> {
        let (_, origins) = &*self.told;
        let added = lines::count(files, written);
        let place_of: BTreeMap<CommitIx, u32> = step.commits.iter().copied().zip(0..).collect();
        let policy = &self.judging.policy;
        let mut push = |file: &Changed, at: std::ops::Range<u32>, commit: CommitIx, origin| {
            let mut hunk = lines::unknown_hunk(file.path(), file.class, file.zones(policy));
            hunk.start = at.start + 1;
            hunk.lines = at.end - at.start;
            hunk.commit = place_of.get(&commit).copied();
            hunk.set_origin(origins.origin(origin));
            written.hunks.push(hunk);
        };
        if step.commits.len() == 1 {
            for (file, ranges) in files.iter().zip(added) {
                for range in ranges {
                    for (part, origin) in table.origins(step.tip, file.path(), range) {
                        push(file, part, step.tip, origin);
                    }
                }
            }
        } else {
            let paths: Vec<RepoPath> = files
                .iter()
                .filter(|file| file.after.is_some() && file.class != FileClass::Generated)
                .map(|file| file.path().clone())
                .collect();
            let by_path: FxHashMap<&RepoPath, &Changed> =
                files.iter().map(|file| (file.path(), file)).collect();
            for (path, runs) in table.of_branch(self.repository, step, &paths, interrupt)? {
                let Some(file) = by_path.get(&path) else {
                    continue;
                };
                for run in runs {
                    push(file, run.lines, run.commit, run.origin);
                }
            }
        }
        written
            .hunks
            .sort_by(|a, b| (&a.path, a.start).cmp(&(&b.path, b.start)));
        Ok(())
    }
}
