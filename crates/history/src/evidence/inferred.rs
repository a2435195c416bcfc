//! Tools that had a part in a commit by what is known of its lines, though neither its message nor a
//! note on it says so: the squash of a branch whose commits are known, or a commit that a noted one
//! became. From the fused origins of living and dead lines to the evidence on their commits.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_facts::{Author, EvidenceClass, ModelId, Origin, ToolId};

use super::{CommitEvidence, DeathOrigin, FileOrigins, InferredLines, OriginIx};
use crate::model::{CommitIx, History, RunEnd};

/// What an origin credits, in the order of reports.
type Credit<'o> = (&'o ToolId, Option<&'o ModelId>, EvidenceClass);

/// Adds to each commit the lines that are known of it by other evidence than its own. Lines of a tool that
/// the commit itself names are none: they are counted there.
pub(super) fn add(
    history: &History,
    origins: &[Origin],
    files: &[FileOrigins],
    deaths: &[DeathOrigin],
    commits: &mut [CommitEvidence],
) {
    let credits: Vec<Option<Credit<'_>>> = origins.iter().map(credit).collect();
    let credit_of = |origin: OriginIx| credits.get(origin.0 as usize).copied().flatten();
    let mut found: FxHashMap<CommitIx, BTreeMap<Credit<'_>, u32>> = FxHashMap::default();
    let mut count = |commit: CommitIx, origin: OriginIx, lines: u32| {
        if let Some(credit) = credit_of(origin) {
            *found.entry(commit).or_default().entry(credit).or_default() += lines;
        }
    };
    for run in files.iter().flat_map(|file| &file.runs) {
        // A line that may be older says nothing of the commit at hand.
        if run.end == RunEnd::Added {
            count(run.commit, run.origin, run.len);
        }
    }
    for part in deaths {
        let death = history.deaths.get(part.death as usize);
        if let Some(born) = death.and_then(|death| death.born) {
            count(born, part.origin, part.len);
        }
    }
    for (commit, credited) in found {
        let Some(evidence) = commits.get_mut(commit.0 as usize) else {
            continue;
        };
        let inferred: SmallVec<[InferredLines; 1]> = credited
            .into_iter()
            .filter(|((tool, ..), _)| !evidence.names(tool))
            .map(|((tool, model, class), lines)| InferredLines {
                tool: tool.clone(),
                model: model.cloned(),
                class,
                lines,
            })
            .collect();
        evidence.inferred = inferred;
    }
}

/// Whom an origin credits, if it is more than the word of a whole squash.
fn credit(origin: &Origin) -> Option<Credit<'_>> {
    match (&origin.author, origin.evidence.first()) {
        (Author::Ai { tool, model, .. }, Some(first)) if origin.is_known_ai() => {
            Some((tool, model.as_ref(), first.class))
        }
        _ => None,
    }
}
