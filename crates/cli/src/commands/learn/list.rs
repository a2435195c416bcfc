//! `learn list` and `learn next`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use trueline_facts::Tier;
use trueline_facts::learn::{
    EXERCISES_SCHEMA, ExerciseEntry, ExerciseList, NEXT_SCHEMA, NextExercise,
};
use trueline_facts::scan::ScanReport;
use trueline_facts::skill::PractiseReason;
use trueline_report::counted;
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::choose::{self, Advice, Met, Proposal};
use trueline_scenarios::learn::progress::Standing;
use trueline_scenarios::learn::state::ExerciseState;
use trueline_scenarios::{Scenario, missing_runtime};
use trueline_skills::day::Day;

use super::{Records, Session, class, language, warn};
use crate::Ended;
use crate::arguments::{LearnList, ListFormat};
use crate::commands::skills;
use crate::output;

pub(super) const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::New => "new",
        Standing::Tried => "tried",
        Standing::Revealed => "revealed",
        Standing::FixedAided => "fixed with help or unsaid",
        Standing::Fixed => "fixed",
    }
}

pub(super) fn list(session: &Session<'_>, asked: &LearnList) -> Result<Ended> {
    if let Some(path) = &asked.path {
        known_path(session, path)?;
    }
    let language = asked.language.as_deref().map(language).transpose()?;
    let class = asked.class.as_deref().map(class).transpose()?;
    let standing = |s: &Scenario| {
        session
            .progress
            .standing(s.id.as_str(), s.definition.version)
    };
    let mut scenarios: Vec<&Scenario> = session
        .catalogue
        .scenarios()
        .iter()
        .filter(|s| language.is_none_or(|wanted| s.definition.language == wanted))
        .filter(|s| class.is_none_or(|wanted| s.definition.class == wanted))
        .filter(|s| asked.path.is_none() || s.definition.path == asked.path)
        .filter(|s| !asked.open || standing(s) < Standing::FixedAided)
        .collect();
    if asked.path.is_some() {
        scenarios.sort_by_key(|s| s.definition.step.unwrap_or(u32::MAX));
    } else {
        scenarios.sort_by_key(|s| (s.definition.class, &s.id));
    }
    let text = match asked.format {
        ListFormat::Json => trueline_report::json::to_string(&ExerciseList {
            schema: EXERCISES_SCHEMA.to_owned(),
            exercises: scenarios.iter().map(|s| row(s, standing(s))).collect(),
        }),
        ListFormat::Terminal => table(session, &scenarios, asked.path.is_some())?,
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

/// An empty list would look as if all of a path were done.
fn known_path(session: &Session<'_>, path: &str) -> Result<(), LearnError> {
    let scenarios = session.catalogue.scenarios();
    let known: BTreeSet<&str> = scenarios
        .iter()
        .filter_map(|scenario| scenario.definition.path.as_deref())
        .collect();
    if known.contains(path) {
        return Ok(());
    }
    let known: Vec<&str> = known.into_iter().collect();
    Err(LearnError::Cannot(format!(
        "`{path}` is no path through the exercises; paths are {}",
        if known.is_empty() {
            "none here".to_owned()
        } else {
            known.join(", ")
        }
    )))
}

/// What an exercise needs and this machine does not have.
pub(super) fn missing(proposal: &Proposal<'_>) -> Option<String> {
    missing_runtime(&proposal.scenario.definition)
}

pub(super) fn row(scenario: &Scenario, standing: Standing) -> ExerciseEntry {
    let definition = &scenario.definition;
    ExerciseEntry {
        id: scenario.id.as_str().to_owned(),
        version: definition.version,
        title: definition.title.clone(),
        summary: definition.summary.clone(),
        language: definition.language.word().to_owned(),
        class: definition.class.word().to_owned(),
        cwe: definition.cwe.clone(),
        rules: definition.rules.clone(),
        minutes: definition.minutes,
        difficulty: definition.difficulty,
        path: definition.path.clone(),
        step: definition.step,
        reviews: scenario.reviews.len() as u64,
        standing: word(standing).to_owned(),
    }
}

fn table(session: &Session<'_>, scenarios: &[&Scenario], by_step: bool) -> Result<String> {
    let paint = session.paint;
    let mut out = String::new();
    let width = scenarios
        .iter()
        .map(|s| s.id.as_str().len())
        .max()
        .unwrap_or(0);
    let mut group = "";
    for scenario in scenarios {
        let definition = &scenario.definition;
        if !by_step && definition.class.word() != group {
            group = definition.class.word();
            writeln!(out, "{}", paint.bold(group))?;
        }
        let standing = session
            .progress
            .standing(scenario.id.as_str(), definition.version);
        let mark = match standing {
            Standing::New => " ".to_owned(),
            Standing::Tried | Standing::Revealed => paint.unsure("~"),
            Standing::FixedAided | Standing::Fixed => paint.mark(Some(true)),
        };
        let step = match (by_step, definition.step) {
            (true, Some(step)) => format!("{step:>2}. "),
            _ => String::new(),
        };
        writeln!(
            out,
            "  {mark} {step}{:<width$}  {:<10} {:>2} min  {}",
            scenario.id.as_str(),
            definition.language.word(),
            definition.minutes,
            definition.title
        )?;
    }
    let fixed = scenarios
        .iter()
        .filter(|s| {
            session
                .progress
                .standing(s.id.as_str(), s.definition.version)
                >= Standing::FixedAided
        })
        .count();
    if let Some(marks) = marks(session, scenarios) {
        writeln!(out, "{marks}")?;
    }
    writeln!(
        out,
        "{}, {fixed} fixed. `trueline learn next` proposes one, `trueline learn start ID` begins it.",
        counted(scenarios.len() as u64, "exercise")
    )?;
    Ok(out)
}

/// What the marks mean, of those that are there.
fn marks(session: &Session<'_>, scenarios: &[&Scenario]) -> Option<String> {
    let paint = session.paint;
    let standings: Vec<Standing> = scenarios
        .iter()
        .map(|s| {
            session
                .progress
                .standing(s.id.as_str(), s.definition.version)
        })
        .collect();
    let has = |wanted: &[Standing]| standings.iter().any(|one| wanted.contains(one));
    let mut told = Vec::new();
    if has(&[Standing::FixedAided, Standing::Fixed]) {
        told.push(format!("{} fixed", paint.mark(Some(true))));
    }
    if has(&[Standing::Tried, Standing::Revealed]) {
        told.push(format!("{} begun", paint.unsure("~")));
    }
    (!told.is_empty()).then(|| told.join(", "))
}

/// `trueline learn` alone: where you are and what is next.
pub(super) fn overview(session: &Session<'_>) -> Result<Ended> {
    let all = session.catalogue.scenarios();
    let standing = |s: &Scenario| {
        session
            .progress
            .standing(s.id.as_str(), s.definition.version)
    };
    let fixed = all
        .iter()
        .filter(|s| standing(s) >= Standing::FixedAided)
        .count();
    let items: usize = all.iter().map(|s| s.reviews.len()).sum();
    let mut out = format!(
        "{}, {fixed} fixed by you; {}.\n",
        counted(all.len() as u64, "exercise"),
        counted(items as u64, "review item"),
    );
    match proposal(session, &[], None) {
        Some(proposal) => out.push_str(&told(session, &proposal)),
        None => {
            out.push_str(
                "Nothing is left to do here: `trueline learn review` keeps your eye in.\n",
            );
        }
    }
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
}

pub(super) fn next(
    session: &Session<'_>,
    findings: Option<&Path>,
    wanted: Option<&str>,
    format: ListFormat,
) -> Result<Ended> {
    let language = wanted.map(language).transpose()?;
    let met = findings.map(read_findings).transpose()?.unwrap_or_default();
    let proposal = proposal(session, &met, language);
    let text = match format {
        ListFormat::Json => trueline_report::json::to_string(&NextExercise {
            schema: NEXT_SCHEMA.to_owned(),
            exercise: proposal.as_ref().map(|p| {
                let id = p.scenario.id.as_str();
                row(
                    p.scenario,
                    session.progress.standing(id, p.scenario.definition.version),
                )
            }),
            why: proposal.as_ref().map(|p| p.why.clone()),
            missing: proposal.as_ref().and_then(missing),
        }),
        ListFormat::Terminal => match &proposal {
            Some(proposal) => told(session, proposal),
            None => "Nothing is left to do here: `trueline learn review` keeps your eye in.\n"
                .to_owned(),
        },
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn proposal<'a>(
    session: &'a Session<'_>,
    met: &[Met],
    language: Option<trueline_scenarios::Language>,
) -> Option<Proposal<'a>> {
    let states = ExerciseState::all(&session.home);
    choose::next(
        &session.catalogue,
        &session.progress,
        &states,
        met,
        &advice(session),
        language,
    )
}

/// What one's own skills say, where they are kept. What cannot be read is told by who reads it; a proposal is made
/// without it.
fn advice(session: &Session<'_>) -> Vec<Advice> {
    if session.records != Records::Kept {
        return Vec::new();
    }
    let suggestions = session
        .day
        .parse::<Day>()
        .map_err(anyhow::Error::from)
        .and_then(skills::suggestions);
    let suggestions = suggestions.unwrap_or_else(|error| {
        warn(&format!("{error}; what your skills say is left out"));
        Vec::new()
    });
    let advice = suggestions.into_iter().filter_map(|suggestion| {
        let due = suggestion.reasons.iter().any(is_due);
        Some(Advice {
            why: trueline_report::terminal::practise_why(&suggestion),
            exercise: suggestion.exercise?,
            is_due: due,
        })
    });
    advice.collect()
}

const fn is_due(reason: &PractiseReason) -> bool {
    matches!(reason, PractiseReason::Due { .. })
}

pub(super) fn told(session: &Session<'_>, proposal: &Proposal<'_>) -> String {
    let definition = &proposal.scenario.definition;
    let id = proposal.scenario.id.as_str();
    let begun = ExerciseState::read(&session.home, proposal.scenario)
        .0
        .folder
        .filter(|f| f.is_dir());
    let command = match &begun {
        Some(folder) => format!("trueline learn watch {}", folder.display()),
        None => format!("trueline learn start {id}"),
    };
    let missing = missing(proposal).map_or_else(String::new, |why| not_here(&why));
    format!(
        "Next: {} ({id}, {}, about {} minutes)\n  {}\n  Why: {}.\n  {command}\n{missing}",
        session.paint.bold(&definition.title),
        definition.language,
        definition.minutes,
        definition.summary,
        proposal.why,
    )
}

/// What is said of an exercise that cannot be checked here.
pub(super) fn not_here(why: &str) -> String {
    format!("  Not on this machine yet: {why}. Until then a check of it is skipped.\n")
}

/// Reads a document of `trueline scan --format json`.
pub(super) fn report(file: &Path) -> Result<ScanReport> {
    const LARGEST: u64 = 256 << 20;
    if std::fs::metadata(file).is_ok_and(|meta| meta.len() > LARGEST) {
        return Err(LearnError::Cannot(format!("{}: larger than 256 MB", file.display())).into());
    }
    let text = crate::commands::read(file)?;
    let report = serde_json::from_slice(&text).map_err(|error| {
        LearnError::Cannot(format!(
            "{}: is no document of `trueline scan --format json` ({error})",
            file.display()
        ))
    })?;
    Ok(report)
}

fn read_findings(file: &Path) -> Result<Vec<Met>> {
    // What is shown only with `--all` is too often none.
    Ok(report(file)?
        .findings
        .iter()
        .filter(|finding| finding.tier == Tier::Shown)
        .map(|finding| Met {
            rule: finding.rule.clone(),
            cwe: finding.cwe.clone(),
            language: choose::language_of(&finding.location.path.to_string()),
        })
        .collect())
}
