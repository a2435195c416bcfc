//! `trueline gate` on a terminal: what it comes down to, what was done well, each reason with its
//! place, what would make it pass, the easiest way and whom to ask.

use trueline_facts::verdict::{GateOutcome, GateResult, Mode, Outcome, Reason, Verdict};

use super::layout::{Ink, Sheet};
use super::sections;
use crate::{Style, words};

/// Reasons of one gate that are listed before the rest is counted.
const REASONS: usize = 10;

/// Renders a verdict. `how_to_explain` is the command that lists gates that have nothing to say as well; without
/// it this is what that command prints.
#[must_use]
pub fn verdict(
    verdict: &Verdict,
    policy_source: &str,
    style: &Style,
    how_to_explain: Option<&str>,
) -> String {
    let explain = how_to_explain.is_none();
    let mut sheet = Sheet::new(style);
    let (ink, said) = headline(verdict);
    let said = sheet.ink(ink, &said);
    sheet.line(&said);
    sheet.gap();
    sheet.labelled("Policy", Ink::Plain, &words::visible(policy_source));
    for (at, well) in verdict.done_well.iter().enumerate() {
        sheet.labelled(if at == 0 { "Done well" } else { "" }, Ink::Good, well);
    }
    for gate in &verdict.gates {
        let speaks = match gate.outcome {
            GateOutcome::Fail | GateOutcome::Undetermined => explain || gate.mode > Mode::Observe,
            GateOutcome::Later | GateOutcome::Pass => explain,
        };
        if speaks {
            one(&mut sheet, verdict, gate);
        }
    }
    let observed: Vec<String> = verdict
        .gates
        .iter()
        .filter(|gate| gate.outcome == GateOutcome::Fail && gate.mode == Mode::Observe)
        .map(|gate| words::visible(&gate.id).into_owned())
        .collect();
    if let Some(how_to_explain) = how_to_explain.filter(|_| !observed.is_empty()) {
        sheet.gap();
        let names: Vec<String> = observed.iter().map(|id| format!("`{id}`")).collect();
        let text = format!(
            "{} {} something to say and only {}: {}; `{how_to_explain}` shows what",
            words::counted(observed.len() as u64, "gate"),
            if observed.len() == 1 { "has" } else { "have" },
            if observed.len() == 1 {
                "observes"
            } else {
                "observe"
            },
            names.join(", ")
        );
        sheet.flow(0, &text);
    }
    exceptions(&mut sheet, verdict);
    sections::diagnostics(&mut sheet, &verdict.diagnostics, explain);
    if explain && !verdict.not_known.is_empty() {
        sheet.heading("Not known");
        for missing in &verdict.not_known {
            sheet.hanging(
                "  ",
                Ink::Plain,
                &format!("{}: {}", missing.fact, words::visible(&missing.why)),
            );
        }
    }
    sheet.finish()
}

fn headline(verdict: &Verdict) -> (Ink, String) {
    if crate::verdict::is_empty(verdict) {
        return (Ink::Medium, crate::verdict::EMPTY.to_owned());
    }
    let of = |mode: Mode| {
        let effective = |gate: &&GateResult| gate.effect() == Some(mode);
        verdict.gates.iter().filter(effective).count() as u64
    };
    match verdict.outcome {
        Outcome::Block => (
            Ink::High,
            format!("Blocked: {}", words::counted(of(Mode::Block), "gate")),
        ),
        Outcome::Comment => (
            Ink::Medium,
            format!(
                "Passed, with {}",
                words::counted(of(Mode::Comment), "comment")
            ),
        ),
        Outcome::Undetermined => (
            Ink::Medium,
            format!(
                "Passed; {} could not be decided",
                words::counted(of(Mode::Comment), "gate")
            ),
        ),
        Outcome::Pass => (Ink::Good, "Passed".to_owned()),
    }
}

fn one(sheet: &mut Sheet<'_>, verdict: &Verdict, gate: &GateResult) {
    let ink = match (gate.outcome, gate.mode) {
        (GateOutcome::Pass | GateOutcome::Later, _) => Ink::Good,
        (_, Mode::Block) => Ink::High,
        (_, Mode::Comment) => Ink::Medium,
        (_, Mode::Observe) => Ink::Faint,
    };
    sheet.gap();
    let head = format!("{} ({}, {})", gate.id, gate.mode, gate.outcome.as_str());
    let head = sheet.ink(ink, &head);
    sheet.line(&format!("{head}  {}", words::visible(&gate.title)));
    sheet.hanging("  ", Ink::Faint, &words::visible(&gate.because));
    for fact in &gate.missing {
        let why = verdict
            .not_known
            .iter()
            .find(|missing| missing.fact == *fact);
        let why = why.map_or_else(String::new, |missing| format!(": {}", missing.why));
        sheet.hanging(
            "  ? ",
            Ink::Plain,
            &words::visible(&format!("{fact} not known{why}")),
        );
    }
    for reason in gate.reasons.iter().take(REASONS) {
        one_reason(sheet, reason);
    }
    if gate.reasons.len() > REASONS {
        let more = (gate.reasons.len() - REASONS) as u64;
        sheet.hanging(
            "  ",
            Ink::Faint,
            &format!("and {more} more; `--format json` lists all"),
        );
    }
}

fn one_reason(sheet: &mut Sheet<'_>, reason: &Reason) {
    let place = place(reason);
    let text = words::visible(&reason.text);
    let text = if place.is_empty() {
        text.into_owned()
    } else {
        format!("{place}: {text}")
    };
    if let Some(exception) = &reason.exception {
        sheet.hanging(
            "  - ",
            Ink::Faint,
            &format!("{text} (exception {})", words::visible(exception)),
        );
        return;
    }
    sheet.hanging("  - ", Ink::Plain, &text);
    sheet.hanging(
        "    easiest: ",
        Ink::Plain,
        &words::visible(&reason.easiest),
    );
    sheet.hanging(
        "    passes if: ",
        Ink::Faint,
        &words::visible(&reason.to_pass),
    );
    if !reason.ask.is_empty() {
        sheet.hanging(
            "    ask: ",
            Ink::Plain,
            &words::visible(&reason.ask.join(", ")),
        );
    }
}

/// `path:line`.
fn place(reason: &Reason) -> String {
    let Some(path) = &reason.path else {
        return String::new();
    };
    let path = words::visible(&path.display()).into_owned();
    match reason.line {
        Some(line) => format!("{path}:{line}"),
        None => path,
    }
}

fn exceptions(sheet: &mut Sheet<'_>, verdict: &Verdict) {
    if verdict.exceptions_used.is_empty() && verdict.exception_notices.is_empty() {
        return;
    }
    sheet.heading("Exceptions");
    for used in &verdict.exceptions_used {
        let text = format!(
            "{}: answers {} of {} until {}",
            used.id,
            words::counted(used.reasons, "reason"),
            used.gate,
            crate::verdict::last_day(used)
        );
        sheet.hanging("  ", Ink::Plain, &words::visible(&text));
    }
    for notice in &verdict.exception_notices {
        let text = format!("{} {}", notice.id, notice.message);
        sheet.hanging("  ! ", Ink::Medium, &words::visible(&text));
    }
}
