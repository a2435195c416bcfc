//! `learn list` and `learn next`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use trueline_facts::Tier;
use trueline_facts::learn::{
    EXERCISES_SCHEMA, ExerciseEntry, ExerciseList, NEXT_SCHEMA, NextExercise,
};
use trueline_facts::scan::ScanReport;
use trueline_facts::skill::{PractiseReason, Suggestion};
use trueline_report::counted;
use trueline_scenarios::format::Definition;
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::choose::{self, Advice, Met, Proposal};
use trueline_scenarios::learn::home::Home;
use trueline_scenarios::learn::progress::{Progress, Standing};
use trueline_scenarios::learn::state::ExerciseState;
use trueline_scenarios::{Catalogue, Scenario, ask_for_runtimes, missing_runtime};
use trueline_skills::day::Day;
use trueline_skills::practise::Next;

use super::paint::Paint;
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
    ask_for_runtimes();
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
        // Of a class the easiest first.
        scenarios.sort_by(|a, b| {
            let (x, y) = (&a.definition, &b.definition);
            // By what is shown: of equal words or stars the shorter.
            let key = |one: &Definition| (one.class, hardness(one.difficulty), one.minutes);
            key(x).cmp(&key(y)).then_with(|| a.id.cmp(&b.id))
        });
    }
    let text = match asked.format {
        ListFormat::Json => trueline_report::json::to_string(&ExerciseList {
            schema: EXERCISES_SCHEMA.to_owned(),
            exercises: scenarios.iter().map(|s| row(s, standing(s))).collect(),
        }),
        ListFormat::Terminal => {
            let mut text = table(session, &scenarios, asked.path.is_some())?;
            if language == Some(trueline_scenarios::Language::TypeScript) && scenarios.is_empty() {
                text.push_str(&session.paint.told(
                    "There are no exercises in TypeScript yet, only changes to review (`trueline learn review`). Those in JavaScript train the same: `trueline learn list --language javascript`.",
                ));
            }
            text
        }
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
        missing: missing_runtime(definition),
    }
}

/// A terminal of fewer columns gets shorter words.
const WIDE: u16 = 100;

/// How hard exercises are, in words.
const HARD: [&str; 3] = ["easy", "medium", "hard"];

/// How hard an exercise is by its author's guess, in a word.
pub(super) fn how_hard(difficulty: f64) -> &'static str {
    let [easy, medium, hard] = HARD;
    if difficulty <= -0.4 {
        easy
    } else if difficulty < 0.5 {
        medium
    } else {
        hard
    }
}

/// The place of that word among them.
fn hardness(difficulty: f64) -> usize {
    let word = how_hard(difficulty);
    HARD.iter().position(|hard| *hard == word).unwrap_or(0)
}

/// The same where there is no room for a word.
fn stars(hard: &str) -> &'static str {
    match HARD.iter().position(|word| *word == hard) {
        Some(0) => "*",
        Some(1) => "**",
        _ => "***",
    }
}

/// How an exercise stands in the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Mark {
    Open,
    /// New, and its runtime is missing.
    NotHere,
    Begun,
    Shown,
    Fixed,
}

impl Mark {
    fn painted(self, paint: Paint) -> String {
        match self {
            Self::Open => " ".to_owned(),
            Self::NotHere => paint.dim("-"),
            Self::Begun => paint.unsure("~"),
            Self::Shown => paint.unsure("s"),
            Self::Fixed => paint.mark(Some(true)),
        }
    }
}

/// One line of the list.
struct Line<'s> {
    scenario: &'s Scenario,
    mark: Mark,
    missing: Option<String>,
}

/// Exercises that were started.
struct Begun {
    /// Of which the folder is still there.
    folders: BTreeSet<String>,
    /// Of which the solution was shown.
    shown: BTreeSet<(String, u32)>,
}

impl Begun {
    fn of(session: &Session<'_>) -> Self {
        let mut this = Self {
            folders: BTreeSet::new(),
            shown: BTreeSet::new(),
        };
        for state in ExerciseState::all(&session.home) {
            if state.revealed {
                this.shown.insert((state.scenario.clone(), state.version));
            }
            if state.folder.is_some_and(|folder| folder.is_dir()) {
                this.folders.insert(state.scenario);
            }
        }
        this
    }
}

impl<'s> Line<'s> {
    fn of(session: &Session<'_>, scenario: &'s Scenario, begun: &Begun) -> Self {
        let definition = &scenario.definition;
        let id = scenario.id.as_str();
        let missing = missing_runtime(definition);
        let mut attempts = session.progress.attempts.iter();
        let shown = begun.shown.contains(&(id.to_owned(), definition.version))
            || attempts.any(|a| a.revealed && a.scenario == id && a.version == definition.version);
        let begun = &begun.folders;
        let mark = match session.progress.standing(id, definition.version) {
            Standing::FixedAided | Standing::Fixed => Mark::Fixed,
            Standing::Revealed => Mark::Shown,
            Standing::Tried | Standing::New if shown => Mark::Shown,
            Standing::Tried => Mark::Begun,
            Standing::New if begun.contains(id) => Mark::Begun,
            Standing::New if missing.is_some() => Mark::NotHere,
            Standing::New => Mark::Open,
        };
        Self {
            scenario,
            mark,
            missing,
        }
    }
}

fn table(session: &Session<'_>, scenarios: &[&Scenario], by_step: bool) -> Result<String> {
    let paint = session.paint;
    let begun = Begun::of(session);
    let lines: Vec<Line<'_>> = scenarios
        .iter()
        .map(|scenario| Line::of(session, scenario, &begun))
        .collect();
    let wide = |text: &dyn Fn(&Scenario) -> usize| lines.iter().map(|l| text(l.scenario)).max();
    let id = wide(&|s| s.id.as_str().len()).unwrap_or(0);
    let language = wide(&|s| s.definition.language.word().len()).unwrap_or(0);
    // What is left for titles is more than what their neighbours take.
    let is_narrow = paint.width() < WIDE;
    let mut out = String::new();
    let mut group = "";
    for line in &lines {
        let definition = &line.scenario.definition;
        if !by_step && definition.class.word() != group {
            group = definition.class.word();
            writeln!(out, "{}", paint.bold(group))?;
        }
        let step = match (by_step, definition.step) {
            (true, Some(step)) => format!("{step:>2}. "),
            _ => String::new(),
        };
        let (minutes, hard) = (definition.minutes, how_hard(definition.difficulty));
        let facts = if is_narrow {
            let stars = stars(hard);
            format!(
                "{:<language$} {minutes:>2}m {stars:<3}",
                definition.language.word()
            )
        } else {
            format!(
                "{:<language$}  {minutes:>2} min  {hard:<6}",
                definition.language.word()
            )
        };
        let name = format!("{:<id$}", line.scenario.id.as_str());
        let head = format!(
            "  {} {step}{name}  {}  ",
            line.mark.painted(paint),
            paint.dim(&facts)
        );
        out.push_str(&paint.hanging(&head, &definition.title));
    }
    if is_narrow && !lines.is_empty() {
        let stars = HARD.map(|hard| format!("{} {hard}", stars(hard)));
        out.push_str(&paint.told(&paint.dim(&stars.join(", "))));
    }
    out.push_str(&legend(session, &lines));
    Ok(out)
}

/// What the marks mean, of those that are there, and what is to be done next.
fn legend(session: &Session<'_>, lines: &[Line<'_>]) -> String {
    let paint = session.paint;
    let marks: BTreeSet<Mark> = lines.iter().map(|line| line.mark).collect();
    let mut told: Vec<String> = Vec::new();
    for mark in marks.into_iter().rev() {
        let what = match mark {
            Mark::Fixed => "fixed",
            Mark::Shown => "its solution was shown",
            Mark::Begun => "begun",
            Mark::NotHere | Mark::Open => continue,
        };
        told.push(format!("{} {what}", mark.painted(paint)));
    }
    let mut out = String::new();
    if !told.is_empty() {
        out.push_str(&paint.told(&told.join(", ")));
    }
    let mut missing: BTreeMap<&str, u64> = BTreeMap::new();
    for line in lines {
        if let Some(why) = &line.missing {
            *missing.entry(why).or_default() += 1;
        }
    }
    for (why, count) in missing {
        let text = format!(
            "not on this machine yet: {why} ({})",
            counted(count, "exercise")
        );
        out.push_str(&paint.hanging(&format!("{} ", Mark::NotHere.painted(paint)), &text));
    }
    let fixed = lines.iter().filter(|line| line.mark == Mark::Fixed).count();
    out.push_str(&paint.told(&format!(
        "{}, {fixed} fixed. `trueline learn next` proposes one, `trueline learn start ID` begins it.",
        counted(lines.len() as u64, "exercise")
    )));
    out
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
    let mut out = session.paint.told(&format!(
        "{}, {fixed} fixed by you; {}. `trueline learn list` shows them.\n\n",
        counted(all.len() as u64, "exercise"),
        counted(items as u64, "review item"),
    ));
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

/// What `learn next` proposes to somebody on a day, for their skills' own page.
pub(crate) fn recommended(day: Day, findings: Option<&Path>) -> Result<Option<Next>> {
    let catalogue = Catalogue::builtin();
    let home = Home::of_user()?;
    // What cannot be read of the records is told by who reads them for the page.
    let progress = Progress::read(&home)?;
    let states = ExerciseState::all(&home);
    let met = findings.map(read_findings).transpose()?.unwrap_or_default();
    let advice = as_advice(skills::suggestions(day)?);
    let proposal = choose::next(&catalogue, &progress, &states, &met, &advice, None);
    Ok(proposal.map(|proposal| Next {
        exercise: proposal.scenario.id.as_str().to_owned(),
        why: (!advice.iter().any(|one| proposal.why.starts_with(&one.why))).then_some(proposal.why),
    }))
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
    as_advice(suggestions)
}

fn as_advice(suggestions: Vec<Suggestion>) -> Vec<Advice> {
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
    let paint = session.paint;
    let first = format!(
        "Next: {} ({id}, {}, about {} minutes, {})",
        paint.bold(&definition.title),
        definition.language,
        definition.minutes,
        how_hard(definition.difficulty),
    );
    // The command is a line of its own, whole: it is copied.
    format!(
        "{}{}{}  {}\n{}",
        paint.told(&first),
        paint.hanging("  ", &definition.summary),
        paint.hanging("  ", &format!("Why: {}.", proposal.why)),
        paint.bold(&command),
        paint.told(&missing),
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
            severity: finding.severity,
        })
        .collect())
}
