//! `trueline learn`: exercises in the terminal.

mod answers;
mod caught;
mod elsewhere;
mod exercise;
mod finding;
mod fixed;
mod golden;
mod list;
mod named;
pub(crate) mod offer;
mod own;
mod paint;
mod passed;
mod reveal;
mod review;
mod show;
mod verify;
mod waiting;
mod work;

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::attempt::{Aid, Attempt};
use trueline_facts::learn::{LEARN_EXPORT_SCHEMA, LearnExport};
use trueline_scan::config::IndividualSkills;
use trueline_scenarios::learn::home::Home;
use trueline_scenarios::learn::progress::Progress;
use trueline_scenarios::learn::{LearnError, choose, scaffold};
use trueline_scenarios::{Catalogue, Class, Language, ScenarioId};

use self::answers::Answers;
use self::paint::Paint;
use crate::Ended;
use crate::arguments::{Learn, LearnAction};
use crate::commands::skills::retention;
use crate::output;

/// What every action has at hand.
struct Session<'a> {
    arguments: &'a Learn,
    catalogue: Catalogue,
    home: Home,
    progress: Progress,
    paint: Paint,
    day: String,
    answers: Answers,
    records: Records,
    /// Whether an assistant helps with the review that is asked for.
    review_aid: Cell<Aid>,
}

/// Whether what is tried here is written down.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Records {
    Kept,
    /// Individual skills are off: exercises work, and leave nothing about the person.
    Off {
        source: String,
    },
}

impl Session<'_> {
    /// Appends an attempt, unless nothing is kept here.
    fn append(&self, attempt: &Attempt) -> Result<()> {
        if self.records == Records::Kept {
            Progress::append(&self.home, attempt)?;
        }
        Ok(())
    }

    /// Said once after something was done that is not written down.
    fn not_recorded(&self) -> String {
        match &self.records {
            Records::Kept => String::new(),
            Records::Off { source } => {
                format!("Not written down: individual skills are off here ({source}).\n")
            }
        }
    }
}

pub(crate) fn run(arguments: &Learn, interrupt: &AtomicBool) -> Result<Ended> {
    // Makes the folder if it is not there, and reads none.
    if let Some(LearnAction::New { id }) = &arguments.action {
        return new(id, arguments.scenarios.as_deref());
    }
    let catalogue = match &arguments.scenarios {
        Some(folder) => Catalogue::read(folder)?,
        None => Catalogue::builtin(),
    };
    if let Some(LearnAction::Verify(asked)) = &arguments.action {
        return verify::run(asked, &catalogue, arguments.scenarios.as_deref(), interrupt);
    }
    for error in catalogue.broken() {
        warn(&error.to_string());
    }
    let home = Home::of_user()?;
    let only_reads = matches!(
        arguments.action,
        None | Some(LearnAction::List(_) | LearnAction::Next { .. } | LearnAction::Export { .. })
    );
    if !only_reads {
        home.ready()?;
    }
    let here = retention::here()?;
    let records = match here.individual {
        IndividualSkills::Own => Records::Kept,
        IndividualSkills::Off => Records::Off {
            source: here.source,
        },
    };
    // A day that was named is a question about another day, and no reason to fold anything.
    if !only_reads
        && records == Records::Kept
        && arguments.now.is_none()
        && let Some(told) = retention::told(&retention::keep(&retention::store()?)?)
    {
        warn(&told.message);
    }
    let progress = Progress::read(&home)?;
    for problem in &progress.problems {
        warn(problem);
    }
    let session = Session {
        arguments,
        catalogue,
        home,
        progress,
        paint: Paint::new(output::style(None)),
        day: day(arguments.now.as_deref())?,
        answers: Answers::default(),
        records,
        review_aid: Cell::new(Aid::Unknown),
    };
    if let Some(LearnAction::Review { aid, .. }) = &arguments.action {
        let Some(aid) = review::aid(&session, *aid)? else {
            return review::left(&session);
        };
        session.review_aid.set(aid);
    }
    match &arguments.action {
        None => list::overview(&session),
        Some(LearnAction::List(asked)) => list::list(&session, asked),
        Some(LearnAction::Next {
            findings,
            language,
            format,
        }) => list::next(&session, findings.as_deref(), language.as_deref(), *format),
        Some(LearnAction::Start {
            id,
            dir,
            open,
            format,
        }) => exercise::start(&session, id, dir.as_deref(), *open, *format),
        Some(LearnAction::Watch(asked)) => work::watch(&session, asked, interrupt),
        Some(LearnAction::Check(asked)) => work::check(&session, asked),
        Some(LearnAction::Hint { exercise, format }) => {
            exercise::hint(&session, exercise.as_deref(), *format)
        }
        Some(LearnAction::Reveal { exercise, format }) => {
            reveal::run(&session, exercise.as_deref(), *format)
        }
        Some(LearnAction::Review {
            change: Some(range),
            path,
            ..
        }) => caught::run(&session, path, range, interrupt),
        Some(LearnAction::Review { id, seed, .. }) => review::run(&session, id.as_deref(), *seed),
        Some(LearnAction::FromFinding(asked)) => finding::run(&session, asked, interrupt),
        Some(LearnAction::Fixed(asked)) => fixed::run(&session, asked, interrupt),
        Some(LearnAction::Passed(asked)) => passed::run(&session, asked, interrupt),
        Some(LearnAction::Export { output }) => export(&session, output.as_deref()),
        Some(LearnAction::Verify(_) | LearnAction::New { .. }) => Ok(Ended::Pass),
    }
}

fn new(id: &str, scenarios: Option<&Path>) -> Result<Ended> {
    let id = ScenarioId::new(id).ok_or_else(|| {
        LearnError::Cannot(format!(
            "`{id}` is no id: letters a-z, digits and `-`, as py-zip-slip"
        ))
    })?;
    let below = scenarios.unwrap_or(Path::new("scenarios"));
    let scaffold::Scaffold { folder, copy_of } = scaffold::write(&id, below)?;
    let what = match copy_of {
        Some(exercise) => format!("a copy of the exercise {exercise} under its own id"),
        None => "a scenario to fill in".to_owned(),
    };
    let text = format!(
        "{folder} is {what}: its program, fixes and exploits hold as they stand, its texts wait for yours.\n\
         Change it piece by piece and prove it again: `trueline learn verify --scenarios {below} {id}`\n\
         What each file is for: docs/scenarios.md\n",
        folder = folder.display(),
        below = below.display(),
    );
    let text = Paint::new(output::style(None)).told(&text);
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn export(session: &Session<'_>, file: Option<&Path>) -> Result<Ended> {
    let standings = session.progress.standings();
    let document = LearnExport {
        schema: LEARN_EXPORT_SCHEMA.to_owned(),
        attempts: session.progress.attempts.clone(),
        past: session.progress.past.clone(),
        standings: standings
            .iter()
            .map(|((id, _), standing)| ((*id).to_owned(), list::word(*standing).to_owned()))
            .collect(),
    };
    output::write_private(trueline_report::json::to_string(&document).as_bytes(), file)?;
    Ok(Ended::Pass)
}

pub(crate) use self::list::recommended;

/// Says on standard error what went wrong beside the point.
fn warn(text: &str) {
    output::complain(text);
}

fn day(given: Option<&str>) -> Result<String> {
    let Some(given) = given else {
        return Ok(jiff::Zoned::now().date().to_string());
    };
    let date: jiff::civil::Date = given
        .parse()
        .map_err(|_| LearnError::Cannot(format!("--now: `{given}` is no day; as 2026-01-31")))?;
    Ok(date.to_string())
}

fn language(word: &str) -> Result<Language, LearnError> {
    Language::from_word(word).ok_or_else(|| {
        let known: Vec<&str> = Language::ALL.iter().map(|l| l.word()).collect();
        // Many say a language by the ending of its files.
        let by_ending = choose::language_of(&format!("x.{}", word.trim_start_matches('.')));
        let near = by_ending.map(Language::word).or_else(|| match word {
            "golang" => Some(Language::Go.word()),
            "node" => Some(Language::JavaScript.word()),
            _ => trueline_policy::document::nearest(&word.to_ascii_lowercase(), &known),
        });
        let hint = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        LearnError::Cannot(format!(
            "no exercises are in `{word}`; {hint}languages are {}",
            known.join(", ")
        ))
    })
}

fn class(word: &str) -> Result<Class, LearnError> {
    Class::from_word(word).ok_or_else(|| {
        let known: Vec<&str> = Class::ALL.iter().map(|c| c.word()).collect();
        LearnError::Cannot(format!(
            "`{word}` is no weakness class; classes are {}",
            known.join(", ")
        ))
    })
}
