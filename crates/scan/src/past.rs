//! Merged changes of a period: read the history once, choose the steps, replay them, and judge them.
//!
//! The branch is the one that changes go into, as far as references tell, or HEAD. Every age is
//! relative to the end of the history that is read.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use trueline_cache::Cache;
use trueline_facts::backtest::{Backtest, Period};
use trueline_facts::change::FileClass;
use trueline_facts::{Diagnostic, RepoPath, Timestamp};
use trueline_history::ObjectId;
use trueline_history::evidence::{EvidenceOptions, NotesRead, Origins, fuse};
use trueline_history::model::History;
use trueline_history::repository::Repository;
use trueline_history::signals::WINDOW_DAYS;
use trueline_history::steps::{Fate, Step, fates, steps};
use trueline_history::walk::{self, Deaths};
use trueline_policy::backtest::{About, Judged, PastChange, figures, judge};

use crate::change::judge::Judging;
use crate::change::replay::Replay;
use crate::change::{class, split, upstream};
use crate::observe::{Commits, GENERATED};
use crate::place::Place;
use crate::reviews::ReviewStore;
use crate::scan::commit_id;
use crate::{Progress, ReadingOptions, ScanError, VERSION, cache};

/// Days of twelve months, over twelve.
const DAYS_OF_MONTHS: u32 = 365;

/// Which merged changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PastPeriod {
    /// Those of so many months before the end of history.
    Months(u32),
    /// Those between two commits: `BASE..TIP`, or `BASE` alone.
    Range(String),
}

/// Which changes to judge, by what.
#[derive(Clone, Debug)]
pub struct BacktestRequest {
    /// A repository, or a folder of it.
    pub path: PathBuf,
    /// Which changes.
    pub period: PastPeriod,
    /// A policy that takes the place of the work tree's.
    pub policy: Option<PathBuf>,
    /// What every command can be told.
    pub reading: ReadingOptions,
}

/// Where the history that is read ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Until {
    /// At the branch: what became of a range is seen even after it.
    Branch,
    /// At the end of the range: nothing of what came later is known.
    Range,
}

/// A history with its steps.
pub(crate) struct Past<'p> {
    pub(crate) place: &'p Place,
    pub(crate) repository: &'p Repository,
    pub(crate) told: Arc<(History, Origins)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) fates: Vec<Fate>,
    /// The steps of the period.
    pub(crate) chosen: std::ops::Range<usize>,
    pub(crate) cache: Option<Cache>,
    pub(crate) reviews: ReviewStore,
    pub(crate) diagnostics: Vec<Diagnostic>,
    asked: String,
}

impl<'p> Past<'p> {
    /// Reads the history of a place.
    pub(crate) fn read(
        place: &'p Place,
        period: &PastPeriod,
        until: Until,
        reading: &ReadingOptions,
        progress: &dyn Progress,
        interrupt: &AtomicBool,
    ) -> Result<Self, ScanError> {
        let no_range = |why: &str| ScanError::NoRange {
            range: "policy".to_owned(),
            why: why.to_owned(),
        };
        let repository = place
            .repository()
            .ok_or_else(|| no_range("there is no git repository here, so nothing was merged"))?;
        let none = || no_range("there is no commit yet, so nothing was merged");
        let branch = upstream(repository).ok();
        let end = repository.resolve(branch.as_deref())?.ok_or_else(none)?;
        let (base, tip) = match period {
            PastPeriod::Months(_) => (None, end),
            PastPeriod::Range(range) => {
                let (base, tip) = split(range)?;
                let base = repository.resolve(Some(&base))?.ok_or_else(none)?;
                let tip = repository.resolve(tip.as_deref())?.ok_or_else(none)?;
                (Some(base), tip)
            }
        };
        // A range of another branch has a history of its own.
        let inside = repository
            .range_commits(tip, end)
            .is_some_and(|range| range.fork == Some(tip));
        let end = if until == Until::Range || !inside {
            tip
        } else {
            end
        };
        let mut diagnostics = Vec::new();
        let cache = reading
            .cache
            .then(|| cache::open(repository, &mut diagnostics))
            .flatten();
        let window_days = window_days(repository, period, base, end);
        progress.phase("reading history", 1);
        let options = walk::Options {
            window_days,
            deaths: Deaths::TracedExcept(GENERATED),
            threads: NonZeroUsize::new(reading.threads),
        };
        let history = walk::read(
            repository,
            Some(&end.to_string()),
            &options,
            cache.as_ref(),
            interrupt,
            &Commits { progress },
        )?;
        progress.phase("reading evidence", 1);
        let evidence = EvidenceOptions {
            notes: NotesRead::All,
            local_sessions: reading.local_sessions.clone(),
        };
        let origins = fuse(repository, &history, &evidence, interrupt);
        diagnostics.extend(history.diagnostics.iter().cloned());
        diagnostics.extend(origins.diagnostics.iter().cloned());
        let steps = steps(&history);
        let fates = fates(&history, &origins, &steps, is_code);
        let chosen = chosen(&history, &steps, period, base.map(|base| (base, tip)))?;
        Ok(Self {
            reviews: ReviewStore::open(repository)?,
            place,
            repository,
            told: Arc::new((history, origins)),
            steps,
            fates,
            chosen,
            cache,
            diagnostics,
            asked: match period {
                PastPeriod::Months(1) => "1 month".to_owned(),
                PastPeriod::Months(months) => format!("{months} months"),
                PastPeriod::Range(range) => range.clone(),
            },
        })
    }

    /// The steps of the period that can be described, with their fates.
    pub(crate) fn whole_steps(&self) -> Vec<(&Step, Fate)> {
        let chosen = self.chosen.clone();
        let steps = self.steps.get(chosen.clone()).unwrap_or_default();
        let fates = self.fates.get(chosen).unwrap_or_default();
        let both = steps.iter().zip(fates.iter().copied());
        both.filter(|(step, _)| !step.cut).collect()
    }

    /// Describes and hands out the changes of the period; returns what could not be read.
    pub(crate) fn replay(
        &self,
        judging: &Judging,
        reading: &ReadingOptions,
        progress: &dyn Progress,
        interrupt: &AtomicBool,
        take: impl FnMut(PastChange),
    ) -> Result<Vec<Diagnostic>, ScanError> {
        let replay = Replay {
            place: self.place,
            repository: self.repository,
            told: Arc::clone(&self.told),
            judging,
            reviews: &self.reviews,
            reading,
            cache: self.cache.as_ref(),
            root: self
                .told
                .0
                .root()
                .map(|commit| commit.id.to_string())
                .unwrap_or_default(),
        };
        replay.run(&self.whole_steps(), progress, interrupt, take)
    }

    /// What was looked at.
    pub(crate) fn period(&self) -> Period {
        let chosen = self.whole_steps();
        let history = &self.told.0;
        Period {
            asked: self.asked.clone(),
            from: chosen.first().map(|(step, _)| step.merged),
            to: chosen.last().map(|(step, _)| step.merged),
            tip: chosen
                .last()
                .map(|(step, _)| commit_id(history.commit(step.tip).id)),
            observed_until: history.now(),
        }
    }

    /// How many steps were left out.
    pub(crate) fn left_out(&self) -> u64 {
        (self.chosen.len() - self.whole_steps().len()) as u64
    }
}

/// Days of history whose lines and deaths are needed.
fn window_days(
    repository: &Repository,
    period: &PastPeriod,
    base: Option<ObjectId>,
    end: ObjectId,
) -> u32 {
    let time = |id: ObjectId| {
        let signatures = repository.signatures(id);
        Timestamp(signatures.map_or(0, |(_, committer)| committer.seconds))
    };
    let needed = match (period, base) {
        (PastPeriod::Months(months), _) => days(*months),
        (PastPeriod::Range(_), Some(base)) => {
            let days = time(end).days_since(time(base)).max(0) + 1;
            u32::try_from(days).unwrap_or(u32::MAX)
        }
        (PastPeriod::Range(_), None) => 0,
    };
    needed.max(WINDOW_DAYS)
}

/// The steps of a period.
fn chosen(
    history: &History,
    steps: &[Step],
    period: &PastPeriod,
    range: Option<(ObjectId, ObjectId)>,
) -> Result<std::ops::Range<usize>, ScanError> {
    let place_of = |id: ObjectId| {
        let has = |step: &Step| step.commits.iter().any(|ix| history.commit(*ix).id == id);
        steps
            .iter()
            .position(has)
            .ok_or_else(|| ScanError::NoRange {
                range: "policy".to_owned(),
                why: "a commit of the range is not part of the branch".to_owned(),
            })
    };
    Ok(match (period, range) {
        (PastPeriod::Months(months), _) => {
            let from = history.now().plus_days(-i64::from(days(*months)));
            // Times of merges are nearly in order; the first that is young enough begins it.
            let first = steps.iter().position(|step| step.merged >= from);
            first.unwrap_or(steps.len())..steps.len()
        }
        (PastPeriod::Range(_), Some((base, tip))) => {
            let begin = place_of(base)? + 1;
            begin..(place_of(tip)? + 1).max(begin)
        }
        (PastPeriod::Range(_), None) => 0..0,
    })
}

const fn days(months: u32) -> u32 {
    months.saturating_mul(DAYS_OF_MONTHS) / 12
}

/// Does a fix in this file mend a fault of the program? Words and lists of packages are no program.
fn is_code(path: &RepoPath) -> bool {
    matches!(class(path), FileClass::Source | FileClass::Other)
}

/// Judges merged changes by a policy.
pub fn backtest(
    request: &BacktestRequest,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<Backtest, ScanError> {
    let place = Place::open(&request.path)?;
    let judging = Judging::of_past(&place, request.policy.as_deref())?;
    let past = Past::read(
        &place,
        &request.period,
        Until::Branch,
        &request.reading,
        progress,
        interrupt,
    )?;
    let mut judged: Vec<Judged> = Vec::new();
    let mut diagnostics =
        past.replay(&judging, &request.reading, progress, interrupt, |change| {
            judged.push(judge(&judging.policy, &change));
        })?;
    diagnostics.extend(past.diagnostics.iter().cloned());
    diagnostics.sort();
    diagnostics.dedup();
    let about = About {
        version: VERSION.to_owned(),
        repository: place.name(),
        policy: judging.source.clone(),
        period: past.period(),
        left_out: past.left_out(),
        diagnostics,
    };
    Ok(figures(&judging.policy, &judged, about))
}
