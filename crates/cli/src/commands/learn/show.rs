//! A check as a learner reads it: what works, which exploit still succeeds, and what it did.

use std::fmt::Write as _;

use anyhow::Result;
use trueline_scenarios::result::{CheckReport, ExploitResult};
use trueline_scenarios::{CheckStatus, ExploitOutcome};

use super::paint::Paint;

/// So many lines of what the program printed; the JSON has more.
const LINES: usize = 14;

pub(super) fn report(report: &CheckReport, paint: Paint) -> Result<String> {
    let mut out = String::new();
    if !report.functional.is_empty() {
        writeln!(out, "{}", paint.bold("What it should do"))?;
    }
    for test in &report.functional {
        writeln!(out, "  {} {}", paint.mark(Some(test.pass)), test.name)?;
        if let (false, Some(message)) = (test.pass, &test.msg) {
            for line in message.lines() {
                writeln!(out, "      {line}")?;
            }
            transcript(&mut out, &test.transcript, paint)?;
        }
    }
    if let Some(output) = &report.output {
        writeln!(out, "  {}", paint.dim("the program printed:"))?;
        let lines: Vec<&str> = output.lines().collect();
        for line in &lines[lines.len().saturating_sub(LINES)..] {
            writeln!(out, "    {}", paint.dim(line))?;
        }
    }
    if !report.exploits.is_empty() {
        writeln!(out, "{}", paint.bold("What it should not do"))?;
    }
    for exploit in &report.exploits {
        one(&mut out, exploit, paint)?;
    }
    if !report.limits_hit.is_empty() {
        writeln!(out, "  limits met: {}", report.limits_hit.join(", "))?;
    }
    writeln!(out, "\n{}", verdict(report, paint))?;
    Ok(out)
}

fn one(out: &mut String, exploit: &ExploitResult, paint: Paint) -> Result<()> {
    let (mark, word) = match exploit.outcome {
        ExploitOutcome::Blocked => (Some(true), paint.good("blocked")),
        ExploitOutcome::Succeeded => (Some(false), paint.bad("succeeded")),
        ExploitOutcome::Unknown => (None, paint.unsure("unknown")),
    };
    let why = exploit
        .evidence
        .as_deref()
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    writeln!(
        out,
        "  {} {} ({}) {word}{why}",
        paint.mark(mark),
        exploit.name,
        exploit.cwe
    )?;
    if exploit.outcome != ExploitOutcome::Blocked {
        transcript(out, &exploit.transcript, paint)?;
    }
    Ok(())
}

/// How it began and how it ended; a hundred tries between are all alike.
fn transcript(out: &mut String, lines: &[String], paint: Paint) -> Result<()> {
    const FIRST: usize = 4;
    const LAST: usize = 6;
    let skipped = lines.len().saturating_sub(FIRST + LAST);
    for (number, line) in lines.iter().enumerate() {
        if skipped > 1 && (FIRST..FIRST + skipped).contains(&number) {
            if number == FIRST {
                writeln!(
                    out,
                    "      {}",
                    paint.dim(&format!("| … {skipped} lines like these"))
                )?;
            }
            continue;
        }
        writeln!(out, "      {}", paint.dim(&format!("| {}", cut(line))))?;
    }
    Ok(())
}

fn cut(line: &str) -> String {
    const LONGEST: usize = 200;
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// One sentence; never "secure".
fn verdict(report: &CheckReport, paint: Paint) -> String {
    let run = report.exploits.len();
    let unknown = report.count(ExploitOutcome::Unknown);
    let tried = format!("{run} run, {unknown} unknown");
    let text = match report.status {
        CheckStatus::Fixed => paint.good(&format!("Fixed: everything works and no exploit succeeded ({tried}).")),
        CheckStatus::Exploited => paint.bad(&format!(
            "Not yet: {} of {run} exploits succeeded.",
            report.count(ExploitOutcome::Succeeded)
        )),
        CheckStatus::FunctionalFail => paint.bad("Not yet: something that should work does not. That comes first."),
        CheckStatus::Unknown => paint.unsure(&format!("Cannot say: everything works, no exploit was seen to succeed, and not all could be judged ({tried}).")),
        CheckStatus::Error => paint.bad(&format!(
            "The check itself failed: {}",
            report.message.as_deref().unwrap_or("no reason told")
        )),
        CheckStatus::Skipped => paint.unsure(&format!(
            "Skipped: {}",
            report.message.as_deref().unwrap_or("no reason told")
        )),
    };
    if report.practice {
        format!(
            "{text}\n{}",
            paint.dim(
                "Practice: run without isolation, so this is no verdict and no evidence of skill."
            )
        )
    } else {
        text
    }
}
