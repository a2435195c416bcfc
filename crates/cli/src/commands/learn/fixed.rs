//! `learn fixed`: a weakness of one's own repository is gone, the tests pass, the gate lets it through. That is
//! evidence as well.
//!
//! A change is described and judged as by `trueline gate`. What counts is a finding of ours that the base has and the
//! head does not, in a file that is still there, and only if every commit of the range is by who asks.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};
use trueline_facts::attempt::{self, Aid, AidBasis, Attempt, AttemptKind, AttemptOutcome, Trigger};
use trueline_facts::change::{AuthorKind, Change, ChangeFinding, FileStatus, FindingClass};
use trueline_facts::verdict::Outcome;
use trueline_policy::evaluate;
use trueline_report::counted;
use trueline_scan::{ChangeRequest, ChangeSource};
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::progress::new_id;
use trueline_skills::weakness::{class_of, language_of};

use super::Session;
use super::work::told_by;
use crate::Ended;
use crate::arguments::{LearnFixed, Reading};
use crate::commands::gate;
use crate::output;

pub(super) fn run(
    session: &Session<'_>,
    asked: &LearnFixed,
    interrupt: &AtomicBool,
) -> Result<Ended> {
    let reading = Reading {
        threads: None,
        no_cache: false,
        local_sessions: false,
    };
    let outcome = trueline_scan::change(
        &ChangeRequest {
            path: asked.path.clone(),
            source: ChangeSource::Range(asked.range.clone()),
            policy: None,
            reviews: None,
            packages: trueline_scan::PackageData::default(),
            imports: Vec::new(),
            now: gate::now(None)?,
            reading: crate::commands::reading(&reading)?,
        },
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
    own_commits(&asked.path, change)?;
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
        match attempt(session, asked, change, finding) {
            Some(attempt) => {
                session.append(&attempt)?;
                let how = match attempt.aid {
                    Aid::Unaided => "by yourself",
                    Aid::Assisted => "with an assistant",
                    Aid::Unknown => "--aid unaided or assisted says how",
                };
                writeln!(
                    out,
                    "{}:{} {}: fixed ({how})",
                    finding.path, finding.line, finding.rule
                )?;
            }
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

/// Refuses a range that holds commits of others: nobody's skill is estimated by somebody else.
fn own_commits(repository: &Path, change: &Change) -> Result<()> {
    let me = git(repository, &["config", "user.email"])?;
    let me = me.trim();
    let mut others = 0;
    for commit in &change.commits {
        let author = git(
            repository,
            &["show", "-s", "--format=%ae%n%aE", commit.id.as_str()],
        )?;
        if me.is_empty() || !author.lines().any(|author| author.eq_ignore_ascii_case(me)) {
            others += 1;
        }
    }
    if others > 0 {
        return Err(LearnError::Cannot(format!(
            "the range holds {} by others than `{me}` (git config user.email): name one that is all yours",
            counted(others, "commit")
        ))
        .into());
    }
    Ok(())
}

fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let done = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .output()
        .context("git could not be started")?;
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
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
    let status = status.with_context(|| format!("`{program}` could not be started"))?;
    if !status.success() {
        return Err(LearnError::Cannot(format!(
            "`{}` failed ({status}): a fix that breaks the tests does not count",
            command.join(" ")
        ))
        .into());
    }
    Ok(())
}

/// Nothing for what is in no language or class of skills.
fn attempt(
    session: &Session<'_>,
    asked: &LearnFixed,
    change: &Change,
    finding: &ChangeFinding,
) -> Option<Attempt> {
    let language = language_of(&finding.path.display())?;
    let class = finding.cwe.iter().find_map(|cwe| class_of(*cwe))?;
    // Lines that an agent is known to have written into the file: then it was the agent's fix.
    let by_agent = change
        .hunks
        .iter()
        .any(|hunk| hunk.path == finding.path && hunk.origin == AuthorKind::Ai);
    let (aid, aid_basis) = if by_agent {
        (Aid::Assisted, AidBasis::Hook)
    } else {
        (asked.aid.map(told_by).unwrap_or_default(), AidBasis::Told)
    };
    Some(Attempt {
        schema: attempt::SCHEMA.to_owned(),
        id: new_id(),
        day: session.day.clone(),
        kind: AttemptKind::Fix,
        scenario: finding.fingerprint.as_str().to_owned(),
        version: 1,
        language: language.as_str().to_owned(),
        class: class.as_str().to_owned(),
        cwe: finding.cwe.clone(),
        outcome: AttemptOutcome::Fixed,
        hints: 0,
        attempt_number: 1,
        aid,
        aid_basis,
        trigger: Trigger::Check,
        seed: 0,
        sure: None,
        revealed: false,
        difficulty: 0.0,
        practice: false,
        reviewed: None,
    })
}
