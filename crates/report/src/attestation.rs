//! The log of attestations, for the terminal.

use std::fmt::Write as _;

use trueline_facts::attestation::{Tail, Verification};

use crate::words;

/// A text of a log on one line, as it can be shown.
#[must_use]
pub fn visible(text: &str) -> String {
    words::visible(text).into_owned()
}

/// Entries that are listed; those before are counted.
const LISTED: usize = 20;

/// Renders what checking a log showed.
#[must_use]
pub fn terminal(seen: &Verification) -> String {
    let mut out = String::new();
    let count = seen.entries.len() + seen.problems.len();
    if count == 0 {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "No entries in {}.", words::visible(&seen.log));
    }
    let hidden = seen.entries.len().saturating_sub(LISTED);
    if hidden > 0 {
        let _ = writeln!(out, "{} before these", entries(hidden));
    }
    for entry in seen.entries.iter().skip(hidden) {
        let _ = writeln!(
            out,
            "{:>6}  {}  {}  {:<12}  {}",
            entry.sequence,
            entry.attested_at,
            entry.commit.short(),
            words::visible(entry.outcome.as_deref().unwrap_or("-")),
            entry.digest.short()
        );
    }
    for problem in &seen.problems {
        let _ = writeln!(
            out,
            "wrong: entry {}: {}",
            problem.place,
            words::visible(&problem.message)
        );
    }
    if let Some(head) = &seen.head {
        let _ = writeln!(out, "head: {head}");
    }
    let verdict = if seen.problems.is_empty() {
        match &seen.tail {
            Tail::NotProvable if count == 0 => {
                "an empty log proves nothing: whether it had entries is not provable without an anchor".to_owned()
            }
            Tail::NotProvable => format!(
                "{}; tail not provable: without an anchor nobody can tell whether entries were dropped at the end",
                hold(count)
            ),
            Tail::Anchored {
                anchor,
                after,
                voucher,
            } => {
                let vouched = voucher
                    .as_ref()
                    .map_or(String::new(), |voucher| format!(" ({})", words::visible(voucher)));
                let rest = if *after == 0 {
                    "nothing is after it".to_owned()
                } else {
                    format!("{} after it, whose tail is not provable", entries(*after as usize))
                };
                format!(
                    "{}; complete up to the anchor {}{vouched}; {rest}",
                    hold(count),
                    anchor.short()
                )
            }
            Tail::Dropped { anchor } => format!(
                "TAIL DROPPED: the anchored entry {} is missing; entries at the end were dropped, or the log was replaced",
                anchor.short()
            ),
        }
    } else {
        let dropped = if matches!(seen.tail, Tail::Dropped { .. }) {
            "; the anchored entry is missing, too"
        } else {
            ""
        };
        format!(
            "DOES NOT HOLD: {} of {} wrong{dropped}",
            seen.problems.len(),
            entries(count)
        )
    };
    let _ = writeln!(out, "{verdict}");
    out
}

fn entries(count: usize) -> String {
    match count {
        1 => "1 entry".to_owned(),
        n => format!("{} entries", words::count(n as u64)),
    }
}

fn hold(count: usize) -> String {
    let verb = if count == 1 { "holds" } else { "hold" };
    format!("{} {verb}", entries(count))
}
