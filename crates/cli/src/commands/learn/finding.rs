//! `learn from-finding`: the exercise for a weakness that was found in one's own code.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::learn::{FROM_FINDING_SCHEMA, FindingExercise};
use trueline_facts::{Finding, RuleId};
use trueline_scan::{Checks, ScanRequest, Tiers};
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::choose::{self, Met};

use super::{Session, exercise, language, list, named};
use crate::Ended;
use crate::arguments::{FromFinding, ListFormat, Reading};
use crate::output;
use crate::progress::Bar;

pub(super) fn run(
    session: &Session<'_>,
    asked: &FromFinding,
    interrupt: &AtomicBool,
) -> Result<Ended> {
    let wanted = asked.language.as_deref().map(language).transpose()?;
    let Meant {
        mut met,
        place,
        is_ours,
    } = meant(asked, interrupt)?;
    met.language = wanted.or(met.language);
    let proposal = choose::nearest_to_weakness(&session.catalogue, &met, &session.progress)
        .ok_or_else(|| {
            // Rules of other tools have no page here.
            let page = if is_ours {
                format!("`trueline rules explain {}` tells about it, ", met.rule)
            } else {
                String::new()
            };
            LearnError::Cannot(format!(
                "no exercise is about `{}` yet; {page}`trueline learn list` what there is",
                met.rule
            ))
        })?;
    let id = proposal.scenario.id.as_str();
    let folder = asked.dir.clone().unwrap_or_else(|| PathBuf::from(id));
    let begun = asked
        .start
        .then(|| exercise::begin(session, proposal.scenario, &folder))
        .transpose()?;
    let text = match asked.format {
        ListFormat::Json => trueline_report::json::to_string(&FindingExercise {
            schema: FROM_FINDING_SCHEMA.to_owned(),
            finding: place.as_ref().map(|(fingerprint, _)| fingerprint.clone()),
            rule: met.rule.clone(),
            exercise: id.to_owned(),
            title: proposal.scenario.definition.title.clone(),
            why: proposal.why.clone(),
            start: format!("trueline learn start {id}"),
            missing: list::missing(&proposal),
            folder: begun.map(|begun| begun.folder),
        }),
        ListFormat::Terminal => {
            let found = match (&place, &asked.findings) {
                (Some((_, place)), _) => session.paint.told(place),
                // An id of a rule is enough, but who names a document wants to know that it is not in there.
                (None, Some(document)) => session.paint.told(&format!(
                    "{} holds no finding of `{}`; this is for the rule itself.",
                    document.display(),
                    met.rule
                )),
                (None, None) => String::new(),
            };
            let next = match begun {
                Some(begun) => format!(
                    "{}\n{}",
                    session
                        .paint
                        .told(&format!("Why this one: {}.", proposal.why)),
                    exercise::story(session, &begun)
                ),
                None => list::told(session, &proposal),
            };
            format!("{found}{next}")
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

/// Fingerprint and a line that tells of the finding.
type Place = Option<(String, String)>;

/// What was named.
struct Meant {
    met: Met,
    place: Place,
    /// Whether the rule is one of ours, with a page.
    is_ours: bool,
}

/// The weakness that is meant. A fingerprint, or a rule of another tool, is looked for in a document, or by scanning and
/// in the logs that are given. An id of our rules needs no finding; the first one of it is named where there is one.
fn meant(asked: &FromFinding, interrupt: &AtomicBool) -> Result<Meant> {
    let rules = trueline_scan::rules()?;
    let rule = rules
        .rules
        .iter()
        .find(|rule| rule.id.as_str() == asked.finding);
    let findings = match (&asked.findings, rule) {
        (Some(file), _) => list::report(file)?.findings,
        // A rule says enough: where nothing can be scanned, no finding of it is named.
        (None, Some(_)) => scan(asked, interrupt).unwrap_or_default(),
        (None, None) => scan(asked, interrupt)?,
    };
    let place = |finding: &&Finding| {
        let at = &finding.location;
        format!("{}:{} {}", at.path, at.start.line, finding.rule)
    };
    let of_rule = findings
        .iter()
        .find(|finding| finding.rule.as_str() == asked.finding);
    let found = match of_rule {
        Some(finding) => Some(finding),
        None => named::meant(
            &asked.finding,
            findings.iter().map(|f| (f.fingerprint.as_str(), f)),
            place,
        )?,
    };
    if let Some(finding) = found {
        let path = finding.location.path.to_string();
        let place = format!("{}: {}", place(&finding), finding.message);
        let met = Met {
            rule: finding.rule.clone(),
            cwe: finding.cwe.clone(),
            language: choose::language_of(&path),
            severity: finding.severity,
        };
        return Ok(Meant {
            is_ours: rules.rules.iter().any(|one| one.id == met.rule),
            met,
            place: Some((finding.fingerprint.as_str().to_owned(), place)),
        });
    }
    if let Some(rule) = rule {
        let met = Met {
            rule: RuleId::new(rule.id.as_str()),
            cwe: rule.cwe.clone(),
            language: None,
            severity: rule.severity,
        };
        return Ok(Meant {
            met,
            place: None,
            is_ours: true,
        });
    }
    let place = asked.findings.as_ref().unwrap_or(&asked.path);
    let ids: Vec<&str> = rules.rules.iter().map(|one| one.id.as_str()).collect();
    // Our texts write "deserialisation", and so may who reads them.
    let hint = trueline_policy::document::nearest(&asked.finding, &ids)
        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Err(LearnError::Cannot(format!(
        "`{}` is neither one of our rules nor a rule or the fingerprint of a finding in {} (its first {} letters will do); `trueline scan --format json` lists them, `--import LOG.sarif` adds those of another tool{hint}",
        asked.finding,
        place.display(),
        named::LEAST
    ))
    .into())
}

fn scan(asked: &FromFinding, interrupt: &AtomicBool) -> Result<Vec<Finding>> {
    let reading = Reading {
        threads: None,
        no_cache: false,
        local_sessions: false,
    };
    let request = ScanRequest {
        checks: Checks::All,
        path: asked.path.clone(),
        tiers: Tiers::All,
        diff: None,
        baseline: None,
        imports: asked.import.clone(),
        code_view: false,
        line_hashes: false,
        reading: crate::commands::reading(&reading)?,
    };
    let bar = Bar::new(false);
    let outcome = trueline_scan::scan(&request, &bar, interrupt)?;
    bar.finish();
    Ok(outcome.report.findings)
}
