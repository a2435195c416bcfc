//! Sentences about a backtest that the terminal and the page share.

use std::fmt::Write as _;

use trueline_facts::Proportion;
use trueline_facts::backtest::{Backtest, GateHistory, SizeClass, Stratum, WentBad};
use trueline_facts::change::AuthorKind;

use crate::words;

/// What the policy as it is would have come to.
pub(crate) fn verdicts(report: &Backtest) -> String {
    let outcomes = &report.outcomes;
    let share = |n: u64| {
        let p = Proportion::new(n, report.changes);
        format!("{} ({})", words::count(n), words::interval(&p, false))
    };
    format!(
        "commented on {}, blocked {}, undecided {}, nothing to say on {}",
        share(outcomes.comment),
        share(outcomes.block),
        words::count(outcomes.undetermined),
        words::count(outcomes.pass)
    )
}

/// The word for changes of an author.
pub(crate) const fn author(origin: AuthorKind) -> &'static str {
    match origin {
        AuthorKind::Ai => "With AI",
        AuthorKind::Human => "Human",
        AuthorKind::Unknown => "Unknown",
    }
}

/// How many changes, and what became of them.
pub(crate) fn fate(changes: u64, went_bad: &[WentBad]) -> String {
    let mut text = words::counted(changes, "change");
    for one in went_bad.iter().filter(|one| one.changes.of > 0) {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "; {} of {} went bad within {} days ({})",
            words::count(one.changes.hits),
            words::count(one.changes.of),
            one.within_days,
            words::interval(&one.changes, false)
        );
    }
    text
}

/// What is worth saying of a gate that fired.
pub(crate) fn details(gate: &GateHistory, unicode: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let share = |p: &Proportion| {
        format!(
            "{} of {} ({})",
            words::count(p.hits),
            words::count(p.of),
            words::interval(p, unicode)
        )
    };
    for one in &gate.outcomes {
        if one.bad_when_fired.of > 0 {
            lines.push(format!(
                "within {} days: {} of those it spoke of went bad, {} of those it passed; it spoke of {} that went bad",
                one.within_days,
                share(&one.bad_when_fired),
                share(&one.bad_when_silent),
                share(&one.fired_when_bad)
            ));
        }
    }
    if let Some(ratio) = &gate.ratio_within_size {
        let reads = if ratio.low > 1.0 {
            "likelier to go bad than others of their size"
        } else if ratio.high < 1.0 {
            "less likely to go bad than others of their size"
        } else {
            "not told apart from others of their size"
        };
        lines.push(format!(
            "{reads}: ratio {:.2} ({:.2} to {:.2})",
            ratio.ratio, ratio.low, ratio.high
        ));
    }
    lines.push(format!(
        "by author: {}; by size: {}",
        strata(&gate.by_origin, AuthorKind::as_str),
        strata(&gate.by_size, SizeClass::as_str)
    ));
    if gate.undetermined > 0 {
        lines.push(format!(
            "could not tell in {}",
            words::counted(gate.undetermined, "change")
        ));
    }
    if gate.unread > 0 {
        lines.push(format!(
            "passes {} unread: no rule reads the languages of their source",
            words::counted(gate.unread, "change")
        ));
    }
    lines
}

/// `ai 3 of 12, human 0 of 4`: where a gate spoke, by class; classes without changes are left out.
fn strata<C: Copy>(all: &[Stratum<C>], name: fn(C) -> &'static str) -> String {
    let told: Vec<String> = all
        .iter()
        .filter(|one| one.would_comment.of > 0)
        .map(|one| {
            format!(
                "{} {} of {}",
                name(one.class),
                words::count(one.would_comment.hits),
                words::count(one.would_comment.of)
            )
        })
        .collect();
    told.join(", ")
}
