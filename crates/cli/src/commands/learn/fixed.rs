//! `learn fixed`: a weakness of one's own repository is gone, the tests pass, the gate lets it through. That is
//! evidence as well.
//!
//! A change is described and judged as by `trueline gate`. What counts is a finding of ours that is shown, that the base
//! has and the head does not, in a file that is still there, and only if every commit of the range is by who asks.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::Tier;
use trueline_facts::attempt::{Attempt, AttemptKind, AttemptOutcome};
use trueline_facts::change::{AuthorKind, Change, ChangeFinding, FileStatus, FindingClass};
use trueline_facts::learn::{FIXED_SCHEMA, FixedWeakness, LearnFixed};
use trueline_facts::verdict::Outcome;
use trueline_policy::evaluate;
use trueline_report::counted;
use trueline_scenarios::learn::LearnError;

use super::own::{self, OwnChange, how};
use super::work::told_by;
use super::{Records, Session};
use crate::Ended;
use crate::arguments::{LearnFixed as Asked, ListFormat};
use crate::output;

pub(super) fn run(session: &Session<'_>, asked: &Asked, interrupt: &AtomicBool) -> Result<Ended> {
    let outcome = trueline_scan::change(
        &own::request(&asked.path, asked.range.as_deref())?,
        interrupt,
    )?;
    let change = &outcome.change;
    let gone = change.fixed_findings().filter(|f| is_ours(change, f));
    // What is shown only with `--all` is too often none: mending it proves nothing.
    let (fixed, unsure): (Vec<&ChangeFinding>, Vec<&ChangeFinding>) =
        gone.partition(|finding| finding.tier == Tier::Shown);
    if fixed.is_empty() {
        return say(session, asked, &nothing(session, unsure.len() as u64));
    }
    let own = OwnChange::of(&asked.path, change)?;
    let verdict = evaluate(&outcome.policy, change);
    if verdict.outcome == Outcome::Block {
        return Err(LearnError::Cannot(
            "the gate does not let this change through yet; `trueline gate` says why".to_owned(),
        )
        .into());
    }
    tests(&asked.tests, asked.format)?;
    let mut document = nothing(session, unsure.len() as u64);
    let mended = trueline_scan::mended(&asked.path)?;
    for finding in fixed {
        // A fix that our own tool made says nothing of who committed it.
        let by_trueline = mended.contains(&finding.fingerprint);
        let attempt = if by_trueline {
            None
        } else {
            attempt(session, asked, &own, finding)?
        };
        document.fixed.push(FixedWeakness {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.clone(),
            path: finding.path.clone(),
            line: finding.line,
            aid: attempt.map(|attempt| attempt.aid),
            by_trueline,
        });
    }
    say(session, asked, &document)
}

fn nothing(session: &Session<'_>, unsure: u64) -> LearnFixed {
    LearnFixed {
        schema: FIXED_SCHEMA.to_owned(),
        recorded: session.records == Records::Kept,
        fixed: Vec::new(),
        unsure,
    }
}

fn say(session: &Session<'_>, asked: &Asked, document: &LearnFixed) -> Result<Ended> {
    let text = match asked.format {
        ListFormat::Json => trueline_report::json::to_string(document),
        ListFormat::Terminal => session.paint.told(&in_words(session, document)?),
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn in_words(session: &Session<'_>, document: &LearnFixed) -> Result<String> {
    let mut out = String::new();
    if document.fixed.is_empty() {
        out.push_str("No weakness that the base has is gone: nothing to write down. `trueline scan` lists what there is.\n");
        if document.unsure > 0 {
            writeln!(
                out,
                "Gone of what only `--all` shows: {}. That counts for nothing, because it is too often no weakness.",
                counted(document.unsure, "finding")
            )?;
        }
        return Ok(out);
    }
    for finding in &document.fixed {
        let place = format!("{}:{} {}", finding.path, finding.line, finding.rule);
        match finding.aid {
            _ if finding.by_trueline => writeln!(
                out,
                "{place}: fixed by `trueline scan --fix`, which is no evidence of your skill"
            )?,
            Some(aid) => writeln!(out, "{place}: fixed ({})", how(aid))?,
            None => writeln!(out, "{place}: fixed, in no language or class of skills")?,
        }
    }
    if document.recorded && document.fixed.iter().any(|finding| finding.aid.is_some()) {
        out.push_str("`trueline skills` shows what it says of you: a little, because a fix is easier than a find.\n");
    }
    out.push_str(&session.not_recorded());
    Ok(out)
}

/// Only what our own scan saw go: in code, in a file that is still there.
fn is_ours(change: &Change, finding: &ChangeFinding) -> bool {
    let is_deleted = change
        .files
        .iter()
        .any(|file| file.path == finding.path && file.status == FileStatus::Deleted);
    finding.class == FindingClass::Code && finding.engine == "trueline" && !is_deleted
}

/// The person's own tests, as they run them themselves: a program and its arguments, never a shell.
fn tests(command: &[String], format: ListFormat) -> Result<()> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(LearnError::Cannot(
            "a fix counts if the tests still pass: put their command at the end, `trueline learn fixed main..HEAD -- pytest -q`".to_owned(),
        )
        .into());
    };
    let mut tests = Command::new(program);
    tests.args(arguments);
    if format == ListFormat::Json {
        // Standard output holds the document.
        tests.stdout(std::io::stderr());
    }
    let status = tests.status().map_err(|error| {
        LearnError::Cannot(format!(
            "`{program}` could not be started ({error}): what stands behind `--` runs your tests"
        ))
    })?;
    if !status.success() {
        return Err(LearnError::Cannot(format!(
            "`{}` failed ({status}): a fix that breaks the tests does not count",
            command.join(" ")
        ))
        .into());
    }
    Ok(())
}

/// Writes one down. A second time it says anew how it was done. Nothing for what is in no language or class of skills.
fn attempt(
    session: &Session<'_>,
    asked: &Asked,
    own: &OwnChange<'_>,
    finding: &ChangeFinding,
) -> Result<Option<Attempt>> {
    let Some(skill) = own::skill(&finding.path, &finding.cwe) else {
        return Ok(None);
    };
    // Lines that an agent is known to have written into the file: then it was the agent's fix.
    let by_agent = own
        .change()
        .hunks
        .iter()
        .any(|hunk| hunk.path == finding.path && hunk.origin == AuthorKind::Ai);
    let origin = if by_agent {
        AuthorKind::Ai
    } else {
        AuthorKind::Unknown
    };
    let (aid, aid_basis) = own::help(origin, asked.aid.map(told_by));
    let of = finding.fingerprint.as_str();
    let line = Attempt {
        cwe: finding.cwe.clone(),
        aid,
        aid_basis,
        ..own::line(session, AttemptKind::Fix, of, skill, AttemptOutcome::Fixed)
    };
    let known = session
        .progress
        .attempts
        .iter()
        .find(|a| a.kind == AttemptKind::Fix && a.scenario == of);
    Ok(Some(own::write(session, known, line)?))
}
