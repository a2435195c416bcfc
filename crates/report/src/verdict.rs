//! A verdict as a comment of a pull request: what was done well first, one marker so that the
//! comment is found again and edited in place.

use std::fmt::Write as _;

use trueline_facts::Timestamp;
use trueline_facts::verdict::{
    ExceptionUse, GateOutcome, GateResult, Mode, Outcome, Reason, Verdict,
};

use crate::markdown::{code, text};
use crate::words;

/// By this line a bot finds its own comment again.
const MARKER: &str = "<!-- trueline:gate -->";
/// Reasons of one gate; hosts cut comments at 65,536 characters.
const REASONS: usize = 20;

/// What is said of a range that holds no commit.
pub(crate) const EMPTY: &str = "Nothing to judge: HEAD is the base, no commit is ahead of it";

/// Whether the change that was judged is none.
pub(crate) fn is_empty(verdict: &Verdict) -> bool {
    let range = &verdict.range;
    range.head.is_some() && range.head == range.base
}

/// The last day on which an exception holds; it is over at the midnight after.
pub(crate) fn last_day(used: &ExceptionUse) -> String {
    Timestamp(used.expires.0 - 1).date()
}

/// Renders the comment of a verdict.
#[must_use]
pub fn markdown(verdict: &Verdict, policy_source: &str) -> String {
    let mut out = format!("{MARKER}\n");
    let headline = match verdict.outcome {
        _ if is_empty(verdict) => "nothing to judge",
        Outcome::Pass => "passed",
        Outcome::Undetermined => "passed, and something could not be decided",
        Outcome::Comment => "passed, with comments",
        Outcome::Block => "blocked",
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "### Trueline gate: {headline}\n");
    for well in &verdict.done_well {
        let _ = writeln!(out, "- ✓ {}", text(well));
    }
    if !verdict.done_well.is_empty() {
        out.push('\n');
    }
    for gate in &verdict.gates {
        let speaks = gate.effect().is_some_and(|mode| mode > Mode::Observe);
        if speaks {
            one(&mut out, verdict, gate);
        }
    }
    notes(&mut out, verdict);
    gaps(&mut out, verdict);
    observed(&mut out, verdict);
    let _ = writeln!(
        out,
        "<sub>Judged by {}. `trueline policy explain {}` says more about each gate.</sub>",
        text(policy_source),
        range(verdict)
    );
    out
}

fn one(out: &mut String, verdict: &Verdict, gate: &GateResult) {
    let word = match (gate.mode, gate.outcome) {
        (Mode::Block, GateOutcome::Undetermined) => "blocks, because nobody can tell",
        (Mode::Block, _) => "blocks",
        (_, GateOutcome::Undetermined) => "could not be decided",
        _ => "comments",
    };
    let _ = writeln!(out, "#### {} ({word})\n", text(&gate.title));
    for fact in &gate.missing {
        let why = verdict
            .not_known
            .iter()
            .find(|missing| missing.fact == *fact);
        let why = why.map_or_else(String::new, |missing| format!(": {}", text(&missing.why)));
        let _ = writeln!(out, "- {fact} not known{why}");
    }
    let open: Vec<&Reason> = gate.open_reasons().collect();
    for reason in open.iter().take(REASONS) {
        let place = match (&reason.path, reason.line) {
            (Some(path), Some(line)) => {
                format!("{}: ", code(&format!("{}:{line}", path.display())))
            }
            (Some(path), None) => format!("{}: ", code(&path.display())),
            (None, _) => String::new(),
        };
        let _ = writeln!(out, "- {place}{}", text(&reason.text));
        let _ = writeln!(out, "  - **Easiest way:** {}", text(&reason.easiest));
        let _ = writeln!(out, "  - Passes if {}", text(&reason.to_pass));
        if !reason.ask.is_empty() {
            let _ = writeln!(out, "  - Ask {}", text(&reason.ask.join(", ")));
        }
    }
    if open.len() > REASONS {
        let _ = writeln!(out, "- and {} more", open.len() - REASONS);
    }
    let _ = writeln!(
        out,
        "\n<sub>Gate {}: {}</sub>\n",
        code(&gate.id),
        text(&gate.because)
    );
}

fn notes(out: &mut String, verdict: &Verdict) {
    for used in &verdict.exceptions_used {
        let _ = writeln!(
            out,
            "- Exception {} (approved by {}) answers {} of {} until {}",
            code(&used.id),
            text(&used.approver),
            words::counted(used.reasons, "reason"),
            code(&used.gate),
            last_day(used)
        );
    }
    for notice in &verdict.exception_notices {
        let _ = writeln!(
            out,
            "- Exception {} {}",
            code(&notice.id),
            text(&notice.message)
        );
    }
    if !verdict.exceptions_used.is_empty() || !verdict.exception_notices.is_empty() {
        out.push('\n');
    }
}

/// What nobody looked into, and what a reviewer should look at.
fn gaps(out: &mut String, verdict: &Verdict) {
    const TOLD: [&str; 4] = [
        "language-without-rules",
        "generated-not-counted",
        "file-partly-read",
        "weakness-moved",
    ];
    let told = verdict.diagnostics.iter();
    let mut told = told.filter(|one| TOLD.contains(&&*one.code)).peekable();
    if told.peek().is_none() {
        return;
    }
    for one in told.take(REASONS) {
        let place = one.path.as_ref();
        let place = place.map_or_else(String::new, |path| format!("{}: ", code(&path.display())));
        let _ = writeln!(out, "- {place}{}", text(&one.message));
    }
    out.push('\n');
}

/// The change, as the command takes it.
fn range(verdict: &Verdict) -> String {
    match (&verdict.range.base, &verdict.range.head) {
        (Some(base), Some(head)) => format!("{}..{}", base.short(), head.short()),
        (_, None) => "--staged".to_owned(),
        (None, Some(_)) => "BASE..HEAD".to_owned(),
    }
}

fn observed(out: &mut String, verdict: &Verdict) {
    let observed: Vec<&GateResult> = verdict
        .gates
        .iter()
        .filter(|gate| gate.effect() == Some(Mode::Observe) && gate.outcome == GateOutcome::Fail)
        .collect();
    if observed.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details><summary>{} observed only</summary>\n",
        words::counted(observed.len() as u64, "gate")
    );
    for gate in observed {
        let _ = writeln!(out, "- {}: {}", code(&gate.id), text(&gate.because));
    }
    out.push_str("\n</details>\n\n");
}
