//! A check as a learner reads it: what works, which exploit still succeeds, and what it did.

use std::fmt::Write as _;

use anyhow::Result;
use trueline_scenarios::result::{CheckReport, ExploitResult};
use trueline_scenarios::{CheckStatus, ExploitOutcome};

use super::paint::Paint;

/// So many last lines of what the program printed; the JSON has more.
const LINES: usize = 9;

pub(super) fn report(report: &CheckReport, paint: Paint) -> Result<String> {
    let mut out = String::new();
    if !report.functional.is_empty() {
        writeln!(out, "{}", paint.bold("What it should do"))?;
    }
    let mut told: Option<&str> = None;
    for test in &report.functional {
        writeln!(out, "  {} {}", paint.mark(Some(test.pass)), test.name)?;
        if let (false, Some(message)) = (test.pass, &test.msg) {
            // A program that does not start fails every test in the same words.
            if told == Some(message.as_str()) {
                writeln!(out, "      {}", paint.dim("for the same reason"))?;
                continue;
            }
            told = Some(message);
            for line in last_lines(message) {
                writeln!(out, "      {line}")?;
            }
            transcript(&mut out, &test.transcript, paint)?;
        }
    }
    if let Some(output) = &report.output
        && told
            .is_none_or(|told| !told.contains(output.trim_end().lines().last().unwrap_or_default()))
    {
        writeln!(out, "  {}", paint.dim("the program printed:"))?;
        for line in last_lines(output) {
            writeln!(out, "    {}", paint.dim(&line))?;
        }
    }
    if !report.exploits.is_empty() {
        writeln!(out, "{}", paint.bold("What it should not do"))?;
    }
    for exploit in &report.exploits {
        one(&mut out, exploit, paint)?;
    }
    for limit in &report.limits_hit {
        writeln!(out, "  it was stopped: {}", stopped(limit))?;
    }
    writeln!(out, "\n{}", verdict(report, paint))?;
    Ok(out)
}

/// The first line and the last ones, as a terminal may show them: what a program prints must not steer it.
fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let shown = |line: &&str| cut(&trueline_report::visible(line));
    if lines.len() <= LINES + 1 {
        return lines.iter().map(shown).collect();
    }
    let skipped = format!("… {} lines more", lines.len() - LINES - 1);
    let first = lines.iter().take(1).map(shown);
    let last = lines.iter().skip(lines.len() - LINES).map(shown);
    first.chain([skipped]).chain(last).collect()
}

/// A limit of the sandbox in words.
fn stopped(limit: &str) -> &str {
    match limit {
        "output" | "channel" => "it printed more than is kept",
        "memory" => "it took more memory than it may",
        "wall" => "it took longer than it may",
        "cpu" => "it used more processor time than it may",
        "pids" => "it started more processes than it may",
        "file-size" => "it wrote a larger file than it may",
        other => other,
    }
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
        .map(|why| format!(": {}", trueline_report::visible(why)))
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
        writeln!(
            out,
            "      {}",
            paint.dim(&format!("| {}", cut(&trueline_report::visible(line))))
        )?;
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
