//! Places in the added lines of a change at which a weakness could have come in.
//!
//! Asked by whoever counts for themselves (`trueline learn passed`). It is no fact of the change document: gates need
//! none of it, and nothing that is said of a person may be in there. Each file is read by itself, as gates do.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use trueline_facts::change::{AuthorKind, FileClass};
use trueline_facts::{Cwe, Finding, Fingerprint, RepoPath, RuleId};

use super::judge::Judging;
use super::lines::Written;
use super::{Changed, change_with};
use crate::mend::OwnLines;
use crate::place::Place;
use crate::source::Scope;
use crate::{ChangeOutcome, ChangeRequest, ScanError, alone, custom};

/// A place at which a weakness of a rule could be, in a line that the change adds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExposedSite {
    /// The file.
    pub path: RepoPath,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The rule that knows the sink.
    pub rule: RuleId,
    /// What a finding there would be.
    pub cwe: Vec<Cwe>,
    /// Who wrote the line.
    pub origin: AuthorKind,
    /// A person is known to have edited the passage that it is in.
    pub human_touched: bool,
    /// The commit that added it, by its place in the commits of the change.
    pub commit: Option<u32>,
    /// What was found there, of either tier, answered by a comment or not.
    pub finding: Option<Fingerprint>,
}

/// A change with the exposed sites of its added lines.
#[derive(Debug)]
pub struct Exposure {
    /// The change, and what judges it.
    pub outcome: ChangeOutcome,
    /// By path and line.
    pub sites: Vec<ExposedSite>,
    /// Lines with such a place that are left out, because `scan --fix` wrote them.
    pub by_fix: u64,
}

/// What is found in the lines of a change.
#[derive(Debug, Default)]
struct Found {
    sites: Vec<ExposedSite>,
    by_fix: u64,
}

/// Describes a change and finds its exposed sites. Lines of tests, of generated and of vendored files have none, nor have
/// those that `scan --fix` wrote.
pub fn exposure(
    request: &ChangeRequest,
    interrupt: &std::sync::atomic::AtomicBool,
) -> Result<Exposure, ScanError> {
    let mut found = Ok(Found::default());
    let outcome = change_with(request, interrupt, |place, judging, files, written| {
        found = sites(place, judging, files, written);
    })?;
    let Found { sites, by_fix } = found?;
    Ok(Exposure {
        outcome,
        sites,
        by_fix,
    })
}

fn sites(
    place: &Place,
    judging: &Judging,
    files: &[Changed],
    written: &Written,
) -> Result<Found, ScanError> {
    let scope = Scope::new(RepoPath::default(), &judging.exclude)?;
    let engine = custom::with_own(&judging.own_rules(place)?)?;
    let cwe: BTreeMap<&str, &[Cwe]> = engine
        .rules()
        .iter()
        .map(|rule| (rule.id.as_str(), rule.cwe.as_slice()))
        .collect();
    let written_by_fix = OwnLines::of(place);
    let mut sites = Vec::new();
    let mut by_fix: BTreeSet<(RepoPath, u32)> = BTreeSet::new();
    let read = files
        .iter()
        .filter(|file| file.class == FileClass::Source && scope.contains(file.path()));
    for file in read {
        let Some(text) = &file.after else { continue };
        let analysis = || alone::analysis(&engine, file.path(), text);
        // What fails on a file is told by the check of the change.
        let Some(Ok(analysed)) = catch_unwind(AssertUnwindSafe(analysis)).ok().flatten() else {
            continue;
        };
        let analysis = analysed.analysis;
        let at = |finding: &Finding| {
            let start = finding.location.start;
            (finding.rule.to_string(), start.line, start.column)
        };
        let found: BTreeMap<_, _> = analysis
            .findings
            .iter()
            .map(|finding| (at(finding), &finding.fingerprint))
            .collect();
        // Several sinks of one rule in one call are one place.
        let places: BTreeSet<_> = analysis
            .sites
            .iter()
            .map(|site| (site.rule.to_string(), site.start.line, site.start.column))
            .collect();
        for place in places {
            let Some(hunk) = written.line(file.path(), place.1) else {
                continue;
            };
            let line = text.lines().nth(place.1.saturating_sub(1) as usize);
            if line.is_some_and(|line| written_by_fix.has(file.path(), line)) {
                by_fix.insert((file.path().clone(), place.1));
                continue;
            }
            sites.push(ExposedSite {
                path: file.path().clone(),
                line: place.1,
                column: place.2,
                rule: RuleId::new(place.0.as_str()),
                cwe: cwe
                    .get(place.0.as_str())
                    .copied()
                    .unwrap_or_default()
                    .to_vec(),
                origin: hunk.origin,
                human_touched: hunk.human_touched,
                commit: hunk.commit,
                finding: found.get(&place).map(|fingerprint| (*fingerprint).clone()),
            });
        }
    }
    sites.sort_by(|a, b| {
        (&a.path, a.line, a.column, &a.rule).cmp(&(&b.path, b.line, b.column, &b.rule))
    });
    Ok(Found {
        sites,
        by_fix: by_fix.len() as u64,
    })
}
