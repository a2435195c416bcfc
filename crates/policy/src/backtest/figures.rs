//! From judged changes to the document: rates with intervals, by gate, author, size, zone and month.

use std::collections::BTreeMap;

use trueline_facts::backtest::{
    Backtest, Fired, GateAgainstFate, GateHistory, MissingFact, MonthHistory, OriginHistory,
    Outcomes, Period, ReviewDelay, SCHEMA, SizeClass, Stratum, WentBad, ZoneHistory,
};
use trueline_facts::change::{AuthorKind, FactName, NotKnown};
use trueline_facts::verdict::{GateOutcome, Outcome};
use trueline_facts::{Diagnostic, Level, Proportion, canonical};

use super::ratio::{Table, pooled};
use super::{Judged, Said};
use crate::gate::Gate;
use crate::policy::Policy;

/// Days within which a change is said to have gone bad.
const WITHIN: [u32; 2] = [14, 90];
/// The longer of them, which strata use.
const LONG: u32 = 90;
/// Latest changes that a gate names.
const LATEST: usize = 3;

/// What a replay does differently, and what its figures do not say.
const CAVEATS: [&str; 7] = [
    "Files are checked by themselves, before and after: flows across files are not replayed.",
    "All changes are judged by the policy and the rules of today, without exceptions and without the baseline: \
     both speak of what is there now.",
    "Changes are seen as they were merged. What a reviewer had mended before is not seen, so a gate that runs while \
     a change is written speaks more often than here.",
    "Reverts and fixes in the same lines are incomplete labels: bugs that nobody found, mended elsewhere, or whose \
     fix does not call itself one, are missing; and not every fix mends a fault of the line that it rewrites.",
    "Large changes fire more gates and go bad more often: compare within a class of size.",
    "Evidence of who wrote what is younger than most history: unknown is not human, and counts are \"at least\".",
    "That a change went bad does not say that the gate would have prevented it.",
];

/// What a document says besides its figures.
#[derive(Clone, PartialEq, Debug)]
pub struct About {
    /// Version of the program.
    pub version: String,
    /// Name of the repository.
    pub repository: String,
    /// Where the policy was read.
    pub policy: String,
    /// Which changes.
    pub period: Period,
    /// Steps that were left out.
    pub left_out: u64,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Makes the document; `judged` in the order of time.
#[must_use]
pub fn figures(policy: &Policy, judged: &[Judged], about: About) -> Backtest {
    let mut diagnostics = about.diagnostics;
    let policy_digest = canonical::digest(policy).map(|digest| digest.to_string());
    let policy_digest = policy_digest.unwrap_or_else(|error| {
        let message = format!("a digest could not be made: {error}");
        diagnostics.push(Diagnostic::new(Level::Error, "digest-failed", message));
        String::new()
    });
    let gates = policy.gates.iter().enumerate();
    Backtest {
        schema: SCHEMA.to_owned(),
        trueline_version: about.version,
        repository: about.repository,
        policy: about.policy,
        policy_digest,
        period: about.period,
        changes: judged.len() as u64,
        left_out: about.left_out,
        outcomes: outcomes(judged.iter()),
        origins: origins(judged),
        gates: gates.map(|(at, gate)| history(gate, at, judged)).collect(),
        zones: zones(policy, judged),
        months: months(judged, policy.gates.len()),
        not_known: missing(judged),
        review_delay: delay(judged),
        caveats: CAVEATS.map(str::to_owned).to_vec(),
        diagnostics,
    }
}

fn outcomes<'j>(judged: impl Iterator<Item = &'j Judged>) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for one in judged {
        *match one.outcome {
            Outcome::Pass => &mut outcomes.pass,
            Outcome::Undetermined => &mut outcomes.undetermined,
            Outcome::Comment => &mut outcomes.comment,
            Outcome::Block => &mut outcomes.block,
        } += 1;
    }
    outcomes
}

fn went_bad<'j>(judged: &(impl Iterator<Item = &'j Judged> + Clone)) -> Vec<WentBad> {
    WITHIN
        .iter()
        .map(|within| WentBad {
            within_days: *within,
            changes: bad(judged.clone(), *within),
        })
        .collect()
}

/// The share that went bad, of those that were watched long enough.
fn bad<'j>(judged: impl Iterator<Item = &'j Judged>, within: u32) -> Proportion {
    let (mut hits, mut of) = (0, 0);
    for is_bad in judged.filter_map(|one| one.went_bad(within)) {
        of += 1;
        hits += u64::from(is_bad);
    }
    Proportion::new(hits, of)
}

fn origins(judged: &[Judged]) -> Vec<OriginHistory> {
    [AuthorKind::Ai, AuthorKind::Human, AuthorKind::Unknown]
        .map(|origin| {
            let of = judged.iter().filter(move |one| one.origin == origin);
            OriginHistory {
                origin,
                changes: of.clone().count() as u64,
                went_bad: went_bad(&of),
            }
        })
        .to_vec()
}

fn said(one: &Judged, at: usize) -> Option<&Said> {
    one.gates.get(at)
}

/// Whether a gate fired; `None` where it could not tell, or no rule read what it speaks of.
fn fired(one: &Judged, at: usize) -> Option<bool> {
    let said = said(one, at)?;
    match said.outcome {
        GateOutcome::Fail => Some(true),
        GateOutcome::Pass => (!said.unread).then_some(false),
        GateOutcome::Undetermined | GateOutcome::Later => None,
    }
}

fn history(gate: &Gate, at: usize, judged: &[Judged]) -> GateHistory {
    let decided: Vec<(&Judged, bool)> = judged
        .iter()
        .filter_map(|one| Some((one, fired(one, at)?)))
        .collect();
    let hits = decided.iter().filter(|(_, fired)| *fired).count() as u64;
    let unread = judged.iter().filter_map(|one| said(one, at));
    let unread = unread.filter(|said| said.unread).count() as u64;
    let undetermined = (judged.len() - decided.len()) as u64 - unread;
    let mut missing: Vec<FactName> = judged
        .iter()
        .filter_map(|one| said(one, at))
        .flat_map(|said| said.missing.iter().copied())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    let sizes: Vec<Table> = SizeClass::ALL
        .iter()
        .map(|size| table(decided.iter().filter(|(one, _)| one.size == *size)))
        .collect();
    let latest = judged.iter().rev().filter_map(|one| {
        let said = said(one, at).filter(|said| said.outcome == GateOutcome::Fail)?;
        Some(Fired {
            commit: one.commit.clone()?,
            merged: one.merged,
            reason: said.first.clone(),
            reasons: said.reasons,
        })
    });
    GateHistory {
        id: gate.id.to_string(),
        title: gate.title.clone(),
        mode: gate.mode,
        judged: decided.len() as u64,
        undetermined,
        unread,
        missing,
        would_comment: Proportion::new(hits, decided.len() as u64),
        would_block: Proportion::new(hits + undetermined, judged.len() as u64),
        outcomes: WITHIN.map(|within| against(&decided, within)).to_vec(),
        by_origin: strata(
            &decided,
            &[AuthorKind::Ai, AuthorKind::Human, AuthorKind::Unknown],
            |one| one.origin,
        ),
        by_size: strata(&decided, &SizeClass::ALL, |one| one.size),
        ratio_within_size: pooled(&sizes),
        latest: latest.take(LATEST).collect(),
    }
}

fn table<'j>(of: impl Iterator<Item = &'j (&'j Judged, bool)>) -> Table {
    let mut table = Table::default();
    for (one, fired) in of {
        let Some(is_bad) = one.went_bad(LONG) else {
            continue;
        };
        let (all, bad) = if *fired {
            (&mut table.fired, &mut table.bad_fired)
        } else {
            (&mut table.silent, &mut table.bad_silent)
        };
        *all += 1;
        *bad += u64::from(is_bad);
    }
    table
}

fn against(decided: &[(&Judged, bool)], within: u32) -> GateAgainstFate {
    let of = |wanted: bool| {
        let of = decided.iter().filter(move |(_, fired)| *fired == wanted);
        bad(of.map(|(one, _)| *one), within)
    };
    let (when_fired, when_silent) = (of(true), of(false));
    GateAgainstFate {
        within_days: within,
        bad_when_fired: when_fired,
        bad_when_silent: when_silent,
        fired_when_bad: Proportion::new(when_fired.hits, when_fired.hits + when_silent.hits),
    }
}

fn strata<T: Copy + PartialEq>(
    decided: &[(&Judged, bool)],
    classes: &[T],
    class_of: impl Fn(&Judged) -> T,
) -> Vec<Stratum<T>> {
    classes
        .iter()
        .map(|class| {
            let of = || decided.iter().filter(|(one, _)| class_of(one) == *class);
            let hits = of().filter(|(_, fired)| *fired).count() as u64;
            let table = table(of());
            Stratum {
                class: *class,
                would_comment: Proportion::new(hits, of().count() as u64),
                bad_when_fired: Proportion::new(table.bad_fired, table.fired),
                bad_when_silent: Proportion::new(table.bad_silent, table.silent),
            }
        })
        .collect()
}

fn zones(policy: &Policy, judged: &[Judged]) -> Vec<ZoneHistory> {
    policy
        .zones
        .iter()
        .map(|zone| {
            let inside = |one: &&Judged| one.zones.iter().any(|(id, _)| *id == zone.id);
            let of = judged.iter().filter(inside);
            let with_ai = of
                .clone()
                .filter(|one| one.zones.iter().any(|(id, ai)| *ai && *id == zone.id));
            let answered = of
                .clone()
                .filter(|one| matches!(one.outcome, Outcome::Comment | Outcome::Block))
                .count() as u64;
            let changes = of.clone().count() as u64;
            ZoneHistory {
                zone: zone.id.clone(),
                changes,
                with_ai: with_ai.count() as u64,
                answered: Proportion::new(answered, changes),
                went_bad: went_bad(&of),
            }
        })
        .collect()
}

fn months(judged: &[Judged], gates: usize) -> Vec<MonthHistory> {
    let mut by_month: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        by_month.entry(one.merged.month()).or_default().push(one);
    }
    by_month
        .into_iter()
        .map(|(month, of)| MonthHistory {
            month,
            changes: of.len() as u64,
            with_ai: of.iter().filter(|one| one.origin == AuthorKind::Ai).count() as u64,
            outcomes: outcomes(of.iter().copied()),
            fired: (0..gates)
                .map(|at| of.iter().filter(|one| fired(one, at) == Some(true)).count() as u64)
                .collect(),
        })
        .collect()
}

fn missing(judged: &[Judged]) -> Vec<MissingFact> {
    let mut by_fact: BTreeMap<FactName, (&NotKnown, u64)> = BTreeMap::new();
    for missing in judged.iter().flat_map(|one| &one.not_known) {
        by_fact.entry(missing.fact).or_insert((missing, 0)).1 += 1;
    }
    by_fact
        .into_values()
        .map(|(fact, changes)| MissingFact {
            fact: fact.clone(),
            changes,
        })
        .collect()
}

fn delay(judged: &[Judged]) -> Option<ReviewDelay> {
    let mut minutes: Vec<u64> = judged.iter().filter_map(|one| one.review_minutes).collect();
    minutes.sort_unstable();
    let upper = *minutes.get(minutes.len() / 2)?;
    let lower = *minutes.get((minutes.len() - 1) / 2)?;
    Some(ReviewDelay {
        changes: minutes.len() as u64,
        median_hours: ((lower + upper) as f64 / 120.0 * 10.0).round() / 10.0,
    })
}
