//! A policy drawn from this repository: survey the tree, try every gate on merged changes, decide, write.
//!
//! The survey reads the history at the end of the period and nothing later, so that what is suggested
//! from nine months can be tried on the three that follow.

mod encouraged;
mod zones;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use trueline_facts::suggestion::Suggestion;
use trueline_policy::backtest::{Judged, judge};
use trueline_policy::suggest::{Candidates, Survey, added_to, suggest as draw};

use crate::change::judge::Judging;
use crate::config::{Config, FILE_NAME, KnownNames};
use crate::past::{Past, PastPeriod, Until};
use crate::place::Place;
use crate::{Progress, ReadingOptions, ScanError, VERSION};

/// What to draw a policy from.
#[derive(Clone, Debug)]
pub struct SuggestRequest {
    /// A repository, or a folder of it.
    pub path: PathBuf,
    /// Which changes.
    pub period: PastPeriod,
    /// Write champions by address or account instead of pseudonyms in a comment.
    pub names: bool,
    /// What every command can be told.
    pub reading: ReadingOptions,
}

/// A suggestion, and what it would make of the policy that is there.
#[derive(Debug)]
pub struct SuggestOutcome {
    /// The document.
    pub suggestion: Suggestion,
    /// The policy's file.
    pub file: PathBuf,
    /// Its text now; empty where there is none.
    pub before: String,
    /// With what it lacks added at its end; nothing is taken away or changed.
    pub after: String,
}

/// Draws a policy.
pub fn suggest(
    request: &SuggestRequest,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<SuggestOutcome, ScanError> {
    let place = Place::open(&request.path)?;
    // A policy that is broken is told before anything is read.
    let mut judging = Judging::of_past(&place, None)?;
    let past = Past::read(
        &place,
        &request.period,
        Until::Range,
        &request.reading,
        progress,
        interrupt,
    )?;
    let mut zones = zones::sensitive(&past, request.names);
    let (encouraged, nearest_encouraged) = encouraged::find(&past, &zones);
    zones.extend(encouraged);
    let mut survey = Survey {
        version: VERSION.to_owned(),
        repository: place.name(),
        zones,
        nearest_encouraged,
        names: request.names,
        diagnostics: past.diagnostics.clone(),
    };
    let candidates = Candidates::new(&survey, &KnownNames)?;
    judging.policy = candidates.policy.clone();
    let mut judged: Vec<Judged> = Vec::new();
    let unread = past.replay(&judging, &request.reading, progress, interrupt, |change| {
        judged.push(judge(&candidates.policy, &change));
    })?;
    survey.diagnostics.extend(unread);
    survey.diagnostics.sort();
    survey.diagnostics.dedup();
    let suggestion = draw(&survey, &candidates, &judged, past.period());
    let file = place.root_path().join(FILE_NAME);
    let before = if place.is_bare() || !file.is_file() {
        String::new()
    } else {
        std::fs::read_to_string(&file).map_err(|source| ScanError::Path {
            path: file.clone(),
            source,
        })?
    };
    let after = added_to(&before, &suggestion, request.names);
    Config::parse(&after, Path::new(FILE_NAME))?;
    Ok(SuggestOutcome {
        suggestion,
        file,
        before,
        after,
    })
}
