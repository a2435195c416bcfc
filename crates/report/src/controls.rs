//! The report for auditors: each control with what answers it, where the evidence is and what is missing; Markdown.
//!
//! The words of the standard's file and what is missing are ours and hold `code`; paths and statements are escaped.

use std::fmt::Write as _;

use trueline_facts::control::{ControlClass, ControlReport, ControlState, ControlStatus};

use crate::markdown::{code, text};

/// States in the order in which a reader wants to hear of them.
pub(crate) const STATES: [ControlState; 6] = [
    ControlState::Evidenced,
    ControlState::Attested,
    ControlState::Unjudged,
    ControlState::Partial,
    ControlState::Expired,
    ControlState::Open,
];

pub(crate) const fn state(state: ControlState) -> &'static str {
    match state {
        ControlState::Evidenced => "evidenced",
        ControlState::Attested => "attested by a person",
        ControlState::Unjudged => "evidenced, not judged yet",
        ControlState::Partial => "partly evidenced",
        ControlState::Expired => "statement expired",
        ControlState::Open => "open",
    }
}

pub(crate) const fn class(class: ControlClass) -> &'static str {
    match class {
        ControlClass::Automated => "automated",
        ControlClass::Assisted => "assisted",
        ControlClass::Person => "by a person",
    }
}

/// `12 evidenced; 3 open`: states that occur, with their numbers.
pub(crate) fn tally(report: &ControlReport) -> String {
    let parts: Vec<String> = STATES
        .iter()
        .filter_map(|&one| {
            let number = report.controls.iter().filter(|c| c.state == one).count();
            (number > 0).then(|| format!("{number} {}", state(one)))
        })
        .collect();
    parts.join("; ")
}

/// What the signed verdicts are worth.
pub(crate) fn signed(report: &ControlReport) -> String {
    match (&report.log_head, report.attestations) {
        (Some(head), 1..) => format!(
            "{} signed verdicts hold; the last is {head}",
            report.attestations
        ),
        (Some(_), 0) => "none of the signed verdicts is accepted".to_owned(),
        (None, _) => "no signed verdicts".to_owned(),
    }
}

/// How to read it; the same words in every format.
pub(crate) const READING: [&str; 3] = [
    "Evidenced: all that Trueline looks for is there at this commit. That it is used well is seen in the verdicts, not here.",
    "Attested: a person answers for it in .trueline/controls.toml until the date given; assisted controls need both, evidence and such a statement.",
    "Open: nothing was found. It may be answered outside of this repository; then a statement says where.",
];

/// Renders the report.
#[must_use]
pub fn markdown(report: &ControlReport) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "# {}\n\n- **Repository:** {} at {}, as of {}\n- **Controls:** {}: {}\n- **Verdicts:** {}",
        text(&report.standard),
        text(&report.repository),
        code(report.commit.as_str()),
        report.as_of.date(),
        report.controls.len(),
        text(&tally(report)),
        text(&signed(report))
    );
    for problem in &report.log_problems {
        let _ = writeln!(out, "- **About the log:** {}", text(problem));
    }
    out.push('\n');
    for line in READING {
        let _ = writeln!(out, "{}\n", text(line));
    }
    for (family, name) in families(report) {
        let _ = writeln!(
            out,
            "## {} {}\n\n| control | level | asks | answered | state | evidence | SSDF |\n|---|---:|---|---|---|---|---|",
            text(family),
            text(name)
        );
        for control in of_family(report, family) {
            row(&mut out, control);
        }
        out.push('\n');
    }
    out
}

fn row(out: &mut String, control: &ControlStatus) {
    let mut evidence: Vec<String> = control.evidence.iter().map(|e| code(&e.place)).collect();
    if let Some(statement) = &control.statement {
        let place = statement
            .evidence
            .as_ref()
            .map_or(String::new(), |place| format!(" ({})", text(place)));
        evidence.push(format!(
            "{}, {} until {}: {}{place}",
            text(&statement.by),
            text(&statement.date),
            text(&statement.expires),
            text(&statement.says)
        ));
    }
    if !control.missing.is_empty() {
        evidence.push(format!("missing: {}", control.missing.join(", ")));
    }
    let _ = writeln!(
        out,
        "| {} | {} | {} | {}: {} | **{}** | {} | {} |",
        control.id,
        control.level,
        cell(&control.ask, &control.restates),
        class(control.class),
        control.answer,
        state(control.state),
        evidence.join("; "),
        control.ssdf.join(", ")
    );
}

fn cell(ask: &str, restates: &[String]) -> String {
    if restates.is_empty() {
        return ask.to_owned();
    }
    format!(
        "{ask} (the same as {}; a gap in both is one)",
        restates.join(", ")
    )
}

/// Families in the order of their first control.
pub(crate) fn families(report: &ControlReport) -> Vec<(&str, &str)> {
    let mut out: Vec<(&str, &str)> = Vec::new();
    for control in &report.controls {
        let family = control.id.rsplit_once('.').map_or("", |(family, _)| family);
        if out.iter().all(|(known, _)| *known != family) {
            let name = report.families.get(family).map_or("", String::as_str);
            out.push((family, name));
        }
    }
    out
}

pub(crate) fn of_family<'a>(
    report: &'a ControlReport,
    family: &'a str,
) -> impl Iterator<Item = &'a ControlStatus> {
    report
        .controls
        .iter()
        .filter(move |c| c.id.rsplit_once('.').is_some_and(|(f, _)| f == family))
}
