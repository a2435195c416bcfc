//! `learn fixed`: a weakness of one's own repository is gone, the tests pass, the gate lets it through. That is
//! evidence as well.
//!
//! A change is described and judged as by `trueline gate`. What counts is a finding of ours that the base has and the
//! head does not, in a file that is still there, and only if every commit of the range is by who asks.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::attempt::{Attempt, AttemptKind, AttemptOutcome};
use trueline_facts::change::{AuthorKind, Change, ChangeFinding, FileStatus, FindingClass};
use trueline_facts::verdict::Outcome;
use trueline_policy::evaluate;
use trueline_scenarios::learn::LearnError;

use super::Session;
use super::own::{self, OwnChange, how};
use super::work::told_by;
use crate::Ended;
use crate::arguments::LearnFixed;
use crate::output;

pub(super) fn run(
    session: &Session<'_>,
    asked: &LearnFixed,
    interrupt: &AtomicBool,
) -> Result<Ended> {
    let outcome = trueline_scan::change(
        &own::request(&asked.path, asked.range.as_deref())?,
        interrupt,
    )?;
    let change = &outcome.change;
    let fixed: Vec<&ChangeFinding> = change
        .fixed_findings()
        .filter(|f| is_ours(change, f))
        .collect();
    if fixed.is_empty() {
        output::write(
            b"No weakness that the base has is gone: nothing to write down. `trueline scan` lists what there is.\n",
            None,
        )?;
        return Ok(Ended::Pass);
    }
    let own = OwnChange::of(&asked.path, change)?;
    let verdict = evaluate(&outcome.policy, change);
    if verdict.outcome == Outcome::Block {
        return Err(LearnError::Cannot(
            "the gate does not let this change through yet; `trueline gate` says why".to_owned(),
        )
        .into());
    }
    tests(&asked.tests)?;
    let mut out = String::new();
    for finding in fixed {
        match attempt(session, asked, &own, finding)? {
            Some(attempt) => writeln!(
                out,
                "{}:{} {}: fixed ({})",
                finding.path,
                finding.line,
                finding.rule,
                how(attempt.aid)
            )?,
            None => writeln!(
                out,
                "{}:{} {}: fixed, in no language or class of skills",
                finding.path, finding.line, finding.rule
            )?,
        }
    }
    if session.records == super::Records::Kept {
        out.push_str("`trueline skills` shows what it says of you: a little, because a fix is easier than a find.\n");
    }
    out.push_str(&session.not_recorded());
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
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
fn tests(command: &[String]) -> Result<()> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(LearnError::Cannot(
            "a fix counts if the tests still pass: put their command at the end, `trueline learn fixed main..HEAD -- pytest -q`".to_owned(),
        )
        .into());
    };
    let status = Command::new(program).args(arguments).status();
    let status = status.map_err(|error| {
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
    asked: &LearnFixed,
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
