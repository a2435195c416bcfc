//! `trueline doctor` for terminals.

use std::fmt::Write;

use trueline_facts::doctor::{DoctorReport, LayerState};

use crate::style::Style;

/// What a machine has: the sandbox first, since it may refuse.
#[must_use]
pub fn doctor(report: &DoctorReport, style: &Style) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, report, *style);
    out
}

fn write(out: &mut String, report: &DoctorReport, style: Style) -> std::fmt::Result {
    let sandbox = &report.sandbox;
    let (verdict, color) = if sandbox.isolates {
        ("can isolate", "32")
    } else {
        ("cannot isolate; nothing untrusted is run", "31")
    };
    let verdict = if style.color {
        format!("\x1b[{color}m{verdict}\x1b[0m")
    } else {
        verdict.to_owned()
    };
    writeln!(out, "Sandbox: {verdict}")?;
    if let Some(missing) = &sandbox.missing {
        writeln!(out, "  missing: {} ({})", missing.part, missing.why)?;
        writeln!(out, "  what helps: {}", missing.helps)?;
    }
    let width = sandbox.layers.iter().map(|layer| layer.layer.len()).max();
    let width = width.unwrap_or(0);
    for layer in &sandbox.layers {
        let state = match layer.state {
            LayerState::Enforced => "ok",
            LayerState::Substitute => "substitute",
            LayerState::Absent => "absent",
        };
        writeln!(out, "  {:width$}  {state:10}  {}", layer.layer, layer.by)?;
    }
    if !report.engines.is_empty() {
        let what = if sandbox.isolates {
            "not needed here"
        } else {
            "they check exercises instead, as far as they are here"
        };
        writeln!(out, "\nContainer engines: {what}")?;
    }
    for engine in &report.engines {
        let state = engine.why.as_deref().unwrap_or("answers");
        writeln!(out, "  {:8}  {state}", engine.program)?;
    }
    writeln!(out, "\nRuntimes for scenarios:")?;
    for runtime in &report.runtimes {
        match (&runtime.version, &runtime.path) {
            (Some(version), Some(path)) => {
                writeln!(out, "  {:8}  {version:10}  {path}", runtime.program)?;
            }
            _ => writeln!(
                out,
                "  {:8}  not found   scenarios that need it are skipped",
                runtime.program
            )?,
        }
    }
    if !report.hooks.is_empty() {
        writeln!(out, "\nHooks of agents:")?;
    }
    for hooks in &report.hooks {
        if hooks.off.is_empty() {
            writeln!(out, "  {:8}  installed", hooks.tool)?;
        }
        for off in &hooks.off {
            writeln!(out, "  {off}")?;
        }
    }
    match &report.git {
        Some(git) => writeln!(out, "\ngit: {git}")?,
        None => writeln!(out, "\ngit: not found; notes cannot be written")?,
    }
    writeln!(out, "trueline: {} on {}", report.version, report.system)
}
