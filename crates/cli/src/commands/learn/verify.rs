//! `trueline learn verify`: proves scenarios, one line each while it works, a table at the end.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use anyhow::Result;
use trueline_facts::RuleId;
use trueline_report::counted;
use trueline_scenarios::verify::{
    FULL_REPEATS, Part, Proof, ProofOptions, ProofStatus, Proofs, prove, unfinished,
};
use trueline_scenarios::{Catalogue, Ground, Scenario};

use super::golden;
use super::paint::Paint;
use crate::Ended;
use crate::arguments::{LearnVerify, ListFormat};
use crate::output;

pub(super) fn run(
    asked: &LearnVerify,
    catalogue: &Catalogue,
    folder: Option<&Path>,
    interrupt: &AtomicBool,
) -> Result<Ended> {
    let scenarios = asked_for(asked, catalogue)?;
    let ground = if asked.self_run {
        Ground::self_run()?
    } else {
        Ground::isolated()?
    };
    let options = ProofOptions {
        ground: &ground,
        jobs: asked
            .jobs
            .unwrap_or_else(|| available_parallelism().map_or(1, usize::from)),
        repeats: if asked.full { FULL_REPEATS } else { 1 },
        interrupt,
    };
    let err_paint = Paint::new(trueline_report::Style {
        color: std::io::stderr().is_terminal() && output::style(None).color,
        ..output::style(None)
    });
    let rules = trueline_scan::rules()?.rules;
    let rules: Vec<RuleId> = rules.into_iter().map(|rule| rule.id).collect();
    let mut proofs: Vec<Proof> = Vec::new();
    for scenario in &scenarios {
        let live = !asked.quiet && std::io::stderr().is_terminal();
        let proof = prove(scenario, options, &|part| {
            if live {
                let _ = write!(std::io::stderr(), "\r\u{1b}[K{}: {part}", scenario.id);
            }
        });
        if live {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
        let Some(mut proof) = proof else { break };
        let place = match folder {
            Some(folder) => golden::folder(scenario, folder),
            None => Path::new("scenarios").join(scenario.id.as_str()),
        };
        if let Some(part) = finished(scenario, &place, &rules) {
            proof.status = ProofStatus::Wrong;
            proof.parts.push(part);
        }
        match folder {
            Some(folder) if asked.write_golden => golden::write(scenario, folder, interrupt)?,
            _ => {
                if let Some(part) = golden::compare(scenario, interrupt)? {
                    let is_wrong_now =
                        matches!(proof.status, ProofStatus::Proven | ProofStatus::Busy);
                    if !part.ok && is_wrong_now {
                        proof.status = ProofStatus::Wrong;
                    }
                    proof.parts.push(part);
                }
            }
        }
        // Its scan may have been cut off.
        if interrupt.load(Ordering::SeqCst) {
            break;
        }
        // Quiet is about progress: why a scenario is wrong is a result.
        if !asked.quiet || matches!(proof.status, ProofStatus::Wrong | ProofStatus::Busy) {
            let _ = writeln!(std::io::stderr(), "{}", line(&proof, err_paint));
        }
        proofs.push(proof);
    }
    let unproven = scenarios.iter().skip(proofs.len());
    let interrupted: Vec<String> = unproven.map(|s| s.id.as_str().to_owned()).collect();
    let of = |status| proofs.iter().filter(|proof| proof.status == status).count() as u64;
    let document = Proofs {
        schema: trueline_scenarios::verify::SCHEMA,
        proven: of(ProofStatus::Proven),
        wrong: of(ProofStatus::Wrong),
        busy: of(ProofStatus::Busy),
        skipped: of(ProofStatus::Skipped),
        malformed: catalogue.broken().iter().map(ToString::to_string).collect(),
        proofs: proofs.clone(),
        interrupted,
    };
    let text = match asked.format {
        ListFormat::Json => trueline_report::json::to_string(&document),
        ListFormat::Terminal => table(&document, Paint::new(output::style(None)))?,
    };
    output::write(text.as_bytes(), None)?;
    if !document.interrupted.is_empty() {
        return Ok(Ended::Interrupted);
    }
    let failed = document.wrong > 0 || !document.malformed.is_empty();
    Ok(if failed {
        Ended::Findings
    } else if document.busy > 0 {
        Ended::Partly
    } else {
        Ended::Pass
    })
}

/// The scenarios that are to be proven.
fn asked_for<'c>(asked: &LearnVerify, catalogue: &'c Catalogue) -> Result<Vec<&'c Scenario>> {
    if asked.ids.is_empty() {
        return Ok(catalogue.scenarios().iter().collect());
    }
    let found: Result<_, _> = asked.ids.iter().map(|id| catalogue.get(id)).collect();
    // A broken one is told instead of "there is none".
    Ok(found.or_else(|error| {
        if catalogue.broken().is_empty() {
            Err(error)
        } else {
            Ok(Vec::new())
        }
    })?)
}

/// What no run shows: texts and names that are not finished. A part of the proof only where something is.
fn finished(scenario: &Scenario, place: &Path, rules: &[RuleId]) -> Option<Part> {
    let found = unfinished(scenario, place, rules);
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    (!told.is_empty()).then(|| Part {
        subject: "unfinished".to_owned(),
        ok: false,
        runs: 1,
        wrong: 1,
        busy: 0,
        detail: Some(told.join("\n")),
        ms: 0,
    })
}

fn line(proof: &Proof, paint: Paint) -> String {
    match proof.status {
        ProofStatus::Proven => format!(
            "{} {}: {} parts, {} ms",
            paint.mark(Some(true)),
            proof.scenario,
            proof.parts.len(),
            proof.ms
        ),
        ProofStatus::Skipped => format!(
            "{} {}: skipped, {}",
            paint.mark(None),
            proof.scenario,
            proof.message.as_deref().unwrap_or_default()
        ),
        ProofStatus::Wrong | ProofStatus::Busy => {
            let is_wrong = (proof.status == ProofStatus::Wrong).then_some(false);
            let mut text = format!("{} {}", paint.mark(is_wrong), proof.scenario);
            if proof.status == ProofStatus::Busy {
                text.push_str(": nothing is said of it, try again when the machine is quieter");
            }
            for part in proof.parts.iter().filter(|part| !part.ok) {
                let times = if part.runs > 1 {
                    let not_right = part.wrong.max(part.busy);
                    format!(" ({not_right} of {} runs)", part.runs)
                } else {
                    String::new()
                };
                // Writing to a string cannot fail.
                let _ = write!(
                    text,
                    "\n    {}{times}: {}",
                    part.subject,
                    part.detail
                        .as_deref()
                        .unwrap_or_default()
                        .replace('\n', "\n      ")
                );
            }
            text
        }
    }
}

fn table(document: &Proofs, paint: Paint) -> Result<String> {
    let mut out = String::new();
    let width = document
        .proofs
        .iter()
        .map(|proof| proof.scenario.len())
        .max()
        .unwrap_or(0)
        .max(8);
    writeln!(
        out,
        "{}",
        paint.bold(&format!(
            "{:<width$}  {:<8} {:>5} {:>10} {:>9}",
            "scenario", "status", "parts", "verdict ms", "proof ms"
        ))
    )?;
    for proof in &document.proofs {
        let status = match proof.status {
            ProofStatus::Proven => "proven",
            ProofStatus::Wrong => "WRONG",
            ProofStatus::Busy => "busy",
            ProofStatus::Skipped => "skipped",
        };
        // The longest verdict on a whole tree: what a learner waits for.
        let whole = |subject: &str| subject == "vulnerable" || subject.starts_with("reference");
        let verdict = proof
            .parts
            .iter()
            .filter(|p| whole(&p.subject))
            .map(|p| p.ms)
            .max();
        writeln!(
            out,
            "{:<width$}  {status:<8} {:>5} {:>10} {:>9}",
            proof.scenario,
            proof.parts.len(),
            verdict.map_or(String::new(), |ms| ms.to_string()),
            proof.ms
        )?;
        if let (ProofStatus::Skipped, Some(why)) = (proof.status, &proof.message) {
            writeln!(out, "{:<width$}  {why}", "")?;
        }
    }
    for malformed in &document.malformed {
        writeln!(out, "{} {malformed}", paint.mark(Some(false)))?;
    }
    writeln!(
        out,
        "{}: {} proven, {} wrong, {} skipped{}{}{}",
        counted(document.proofs.len() as u64, "scenario"),
        document.proven,
        document.wrong,
        document.skipped,
        match document.busy {
            0 => String::new(),
            n => format!("; this machine was too busy for {n}, of which nothing is said"),
        },
        match document.malformed.len() {
            0 => String::new(),
            n => format!("; {n} malformed"),
        },
        match document.interrupted.len() {
            0 => String::new(),
            n => format!("; interrupted, nothing is known of {n} more"),
        }
    )?;
    Ok(out)
}
