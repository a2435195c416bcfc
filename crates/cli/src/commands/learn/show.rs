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

/// How it began, how it ended, and where a secret got out; a hundred tries between are all alike.
fn transcript(out: &mut String, lines: &[String], paint: Paint) -> Result<()> {
    const FIRST: usize = 4;
    const LAST: usize = 6;
    let skipped = lines.len().saturating_sub(FIRST + LAST);
    let middle = FIRST..FIRST + if skipped > 1 { skipped } else { 0 };
    // The first line that shows a canary, with the one before it: what was said, and what leaked.
    let leak = lines.iter().position(|line| canary(line).is_some());
    let kept = leak.map_or(0..0, |leak| {
        let next = leak + 1;
        leak.saturating_sub(1)..next
    });
    let mut dropped = 0;
    for (number, line) in lines.iter().enumerate() {
        if middle.contains(&number) && !kept.contains(&number) {
            dropped += 1;
            if !middle.contains(&(number + 1)) || kept.contains(&(number + 1)) {
                let text = format!("| … {dropped} more lines");
                writeln!(out, "      {}", paint.dim(&text))?;
                dropped = 0;
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

/// Where a canary stands in a line: `tl` and thirty hexadecimal digits.
fn canary(line: &str) -> Option<usize> {
    const DIGITS: usize = 30;
    line.match_indices("tl").map(|(at, _)| at).find(|at| {
        let digits = line.as_bytes().get(at + 2..at + 2 + DIGITS);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// A line within bounds; one with a canary keeps its beginning and what is around the canary.
fn cut(line: &str) -> String {
    const LONGEST: usize = 200;
    const CANARY: usize = 32;
    let count = line.chars().count();
    if count <= LONGEST {
        return line.to_owned();
    }
    let place = canary(line).map(|at| line[..at].chars().count());
    match place.filter(|place| place + CANARY >= LONGEST) {
        None => line.chars().take(LONGEST - 1).chain(['…']).collect(),
        Some(place) => {
            let half = LONGEST / 2;
            let from = place.saturating_sub(half - CANARY);
            let head = line.chars().take(half.min(from));
            let rest = line.chars().skip(from).take(half);
            let end = (from + half < count).then_some('…');
            head.chain(['…']).chain(rest).chain(end).collect()
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "tl0123456789abcdef0123456789abcd";

    #[test]
    fn a_line_that_leaks_is_not_cut_before_the_canary() {
        let line = format!("final {}{CANARY}{}", "x".repeat(900), "y".repeat(900));
        let cut = cut(&line);
        assert!(cut.contains(CANARY), "{cut}");
        assert!(cut.chars().count() <= 203, "{cut}");
        assert!(cut.starts_with("final x") && cut.ends_with('…'), "{cut}");
    }

    #[test]
    fn a_transcript_keeps_the_line_that_leaks_and_the_one_before_it() {
        let mut lines: Vec<String> = (0..60).map(|n| format!("line {n}")).collect();
        lines[29] = "the model reads tool: send it".to_owned();
        lines[30] = format!("egress {CANARY}");
        let mut out = String::new();
        transcript(
            &mut out,
            &lines,
            Paint::new(trueline_report::Style::plain()),
        )
        .unwrap();
        assert!(out.contains("send it") && out.contains(CANARY), "{out}");
        assert!(
            out.contains("… 25 more lines") && out.contains("… 23 more lines"),
            "{out}"
        );
        assert!(
            !out.contains("line 28") && !out.contains("line 31\n"),
            "{out}"
        );
        assert!(out.contains("line 59"), "{out}");
    }
}
