//! `trueline gate`: a change, the policy of its base, a verdict.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use trueline_attest::chain::Claim;
use trueline_attest::log::Log;
use trueline_facts::attestation::Digest;
use trueline_facts::change::{Change, ChangeFinding};
use trueline_facts::verdict::{GateResult, Mode, Outcome, Verdict};
use trueline_facts::{Severity, Timestamp};
use trueline_policy::evaluate;
use trueline_report::{json, terminal, verdict};
use trueline_scan::{ChangeOutcome, ChangeRequest, ChangeSource, PackageData};

use crate::Ended;
use crate::arguments::{Gate, GateFormat, Which};
use crate::commands::Misused;
use crate::commands::attest;
use crate::commands::learn::offer;
use crate::output;

pub(crate) fn run(arguments: &Gate, interrupt: &AtomicBool) -> Result<Ended> {
    output::check(arguments.writing.output.as_deref())?;
    let outcome = describe(&arguments.which, interrupt)?;
    let file = arguments.writing.output.as_deref();
    if arguments.format == GateFormat::Facts {
        output::write(json::to_string(&outcome.change).as_bytes(), file)?;
        return Ok(Ended::Pass);
    }
    let mut verdict = evaluate(&outcome.policy, &outcome.change);
    verdict.policy_from = Some(outcome.policy_from.clone());
    let text = match arguments.format {
        GateFormat::Json => json::to_string(&verdict),
        GateFormat::Sarif => trueline_scan::verdict_sarif(&arguments.which.repository, &verdict)?,
        GateFormat::Markdown => {
            let comment = verdict::markdown(&verdict, &outcome.policy_source);
            let offers = practise(&verdict, &outcome.change, |command| format!("`{command}`"));
            if offers.is_empty() {
                comment
            } else {
                format!(
                    "{comment}\n<sub>Practise it on code with the same weakness: {offers}.</sub>\n"
                )
            }
        }
        GateFormat::Terminal | GateFormat::Facts => {
            let style = output::style(file);
            let explain = how_to_explain(&arguments.which, &verdict);
            let text = terminal::verdict(&verdict, &outcome.policy_source, &style, Some(&explain));
            let offers = practise(&verdict, &outcome.change, str::to_owned);
            if offers.is_empty() {
                text
            } else {
                format!("{text}\nPractise it: {offers}\n")
            }
        }
    };
    // An interrupted run has judged a part of the change: nobody signs that.
    if interrupt.load(Ordering::SeqCst) {
        output::write(text.as_bytes(), file)?;
        return Ok(Ended::Interrupted);
    }
    if let Some(key) = &arguments.key {
        sign(arguments, &verdict, key)?;
    }
    // A hook that runs at each commit says nothing when there is nothing to say.
    let is_silent = arguments.writing.quiet
        && arguments.format == GateFormat::Terminal
        && file.is_none()
        && verdict.outcome == Outcome::Pass;
    if !is_silent {
        output::write(text.as_bytes(), file)?;
    }
    Ok(if verdict.outcome == Outcome::Block {
        Ended::Findings
    } else {
        Ended::Pass
    })
}

/// The command that says of the same change what every gate looked at.
fn how_to_explain(which: &Which, verdict: &Verdict) -> String {
    let change = match (&which.pr, &which.range) {
        (Some(file), _) => format!("--pr {}", file.display()),
        (None, _) if which.staged => "--staged".to_owned(),
        (None, Some(range)) => range.clone(),
        (None, None) => {
            let range = &verdict.range;
            let (base, head) = (range.base.as_ref(), range.head.as_ref());
            base.zip(head).map_or_else(
                || "BASE..HEAD".to_owned(),
                |(base, head)| format!("{}..{}", base.short(), head.short()),
            )
        }
    };
    let policy = which
        .policy
        .as_ref()
        .map_or_else(String::new, |file| format!(" --policy {}", file.display()));
    format!("trueline policy explain {change}{policy}")
}

/// The exercises for the weaknesses that keep gates from passing.
fn practise(verdict: &Verdict, change: &Change, code: impl Fn(&str) -> String) -> String {
    let speaks = |gate: &&GateResult| gate.effect().is_some_and(|mode| mode > Mode::Observe);
    let reasons = verdict
        .gates
        .iter()
        .filter(speaks)
        .flat_map(GateResult::open_reasons);
    let found = reasons.filter_map(|reason| {
        let path = reason.path.as_ref()?.display().into_owned();
        let of =
            |finding: &&ChangeFinding| Some(&finding.fingerprint) == reason.fingerprint.as_ref();
        let severity = change.findings.iter().find(of).map(|found| found.severity);
        let severity = severity.unwrap_or(Severity::Low);
        Some((reason.rule.as_ref()?, reason.cwe.as_slice(), path, severity))
    });
    let told: Vec<String> = offer::offers(found)
        .iter()
        .map(|offer| offer.told(&code))
        .collect();
    told.join("; ")
}

/// Signs a verdict before it is shown: one that could not be signed must not look as if it were.
fn sign(arguments: &Gate, verdict: &Verdict, key: &Path) -> Result<()> {
    let key = attest::signing_key(key)?;
    let Some(commit) = verdict.range.head.clone() else {
        return Err(Misused("--attest: what is not committed has no id to sign".to_owned()).into());
    };
    let claim = Claim {
        commit,
        verdict: serde_json::to_value(verdict)?,
        at: verdict.evaluated_at,
    };
    let log = Log::open(&arguments.which.repository)?;
    let (number, entry) = attest::add(&log, arguments.attest_files.as_deref(), &claim, &key)?;
    if !arguments.writing.quiet {
        // Standard output holds the verdict. A closed standard error does not make the entry wrong.
        let digest = Digest::of(&entry);
        let _ = writeln!(io::stderr(), "signed: entry {number}, {digest}");
    }
    Ok(())
}

/// Describes the change that arguments name.
pub(crate) fn describe(which: &Which, interrupt: &AtomicBool) -> Result<ChangeOutcome> {
    let source = match (&which.pr, which.staged) {
        (Some(file), _) => ChangeSource::Description(file.clone()),
        (None, true) => ChangeSource::Staged {
            // Git tells its hooks so which index a partial commit has.
            index: std::env::var_os("GIT_INDEX_FILE").map(Into::into),
        },
        (None, false) => ChangeSource::Range(which.range.clone()),
    };
    let request = ChangeRequest {
        path: which.repository.clone(),
        source,
        policy: which.policy.clone(),
        reviews: which.reviews.clone(),
        imports: which.import.clone(),
        packages: PackageData {
            advisories: which.advisories.clone(),
            names: which.package_names.clone(),
        },
        now: now(which.now.as_deref())?,
        reading: super::reading(&which.reading)?,
    };
    Ok(trueline_scan::change(&request, interrupt)?)
}

/// The moment that was asked for, or the clock's: the one place where time comes in.
pub(crate) fn now(asked: Option<&str>) -> Result<Timestamp> {
    let Some(text) = asked else {
        return Ok(Timestamp(jiff::Timestamp::now().as_second()));
    };
    let moment = text
        .parse::<jiff::Timestamp>()
        .or_else(|_| format!("{text}T00:00:00Z").parse());
    match moment {
        Ok(moment) => Ok(Timestamp(moment.as_second())),
        Err(_) => Err(Misused(format!(
            "--now: `{text}` is no moment: write 2026-12-31 or 2026-12-31T10:00:00Z"
        ))
        .into()),
    }
}
