//! `learn start` and `hint`, and which exercise is meant by what was typed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use trueline_facts::exercise::Marker;
use trueline_facts::learn::{HINTS_SCHEMA, LearnHints, LearnStart, START_SCHEMA};
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::folder;
use trueline_scenarios::learn::state::ExerciseState;
use trueline_scenarios::{Catalogue, Scenario, missing_runtime};

use super::{Session, list, warn};
use crate::Ended;
use crate::arguments::ListFormat;
use crate::output;

/// An exercise that is worked on.
pub(super) struct Exercise {
    pub(super) scenario: Scenario,
    pub(super) state: ExerciseState,
    pub(super) folder: PathBuf,
}

/// By an id, a folder, the folder one is in, or the last that was begun.
pub(super) fn find(session: &Session<'_>, named: Option<&str>) -> Result<Exercise> {
    if let Some(named) = named {
        if !Path::new(named).is_dir() {
            return of_id(session, named);
        }
        if let Some((folder, marker)) = folder::around(Path::new(named))? {
            return of_marker(session, folder, &marker);
        }
        return Err(folder::no_exercise(Path::new(named)).into());
    }
    if let Some((folder, marker)) = folder::around(Path::new("."))? {
        return of_marker(session, folder, &marker);
    }
    let here = ExerciseState::all(&session.home)
        .into_iter()
        .rev()
        .find(|state| state.folder.as_ref().is_some_and(|folder| folder.is_dir()));
    match here {
        Some(state) => of_id(session, &state.scenario),
        None => Err(folder::no_exercise(Path::new(".")).into()),
    }
}

fn of_id(session: &Session<'_>, id: &str) -> Result<Exercise> {
    let state = ExerciseState::all(&session.home)
        .into_iter()
        .find(|state| state.scenario == id);
    let folder = state
        .and_then(|state| state.folder)
        .filter(|folder| folder.is_dir());
    let Some(folder) = folder else {
        // An unknown id is told as such.
        let scenario = session.catalogue.get(id)?;
        return Err(LearnError::Cannot(format!(
            "`{}` is not begun; `trueline learn start {}` begins it",
            scenario.id, scenario.id
        ))
        .into());
    };
    match folder::around(&folder)? {
        Some((folder, marker)) => of_marker(session, folder, &marker),
        None => Err(folder::no_exercise(&folder).into()),
    }
}

fn of_marker(session: &Session<'_>, folder: PathBuf, marker: &Marker) -> Result<Exercise> {
    let scenario = match (&session.arguments.scenarios, &marker.scenarios) {
        (None, Some(other)) => Catalogue::read(other)?.get(&marker.scenario)?.clone(),
        _ => session.catalogue.get(&marker.scenario)?.clone(),
    };
    if scenario.definition.version != marker.version {
        warn(&format!(
            "{}: begun with version {} of the exercise, which is at {} now",
            folder.display(),
            marker.version,
            scenario.definition.version
        ));
    }
    let (state, problem) = ExerciseState::read(&session.home, &scenario);
    if let Some(problem) = problem {
        warn(&problem);
    }
    Ok(Exercise {
        scenario,
        state,
        folder,
    })
}

pub(super) fn start(
    session: &Session<'_>,
    id: &str,
    dir: Option<&Path>,
    open: bool,
    format: ListFormat,
) -> Result<Ended> {
    let scenario = session.catalogue.get(id)?;
    let folder = dir.map_or_else(|| PathBuf::from(id), Path::to_owned);
    let begun = begin(session, scenario, &folder)?;
    let text = match format {
        ListFormat::Json => trueline_report::json::to_string(&begun),
        ListFormat::Terminal => story(session, &begun),
    };
    output::write(text.as_bytes(), None)?;
    if open {
        open_in_editor(&folder, &scenario.definition.editable[0])?;
    }
    Ok(Ended::Pass)
}

/// Copies it.
pub(super) fn begin(
    session: &Session<'_>,
    scenario: &Scenario,
    folder: &Path,
) -> Result<LearnStart> {
    folder::start(scenario, folder, session.arguments.scenarios.as_deref())?;
    let (mut state, problem) = ExerciseState::read(&session.home, scenario);
    if let Some(problem) = problem {
        warn(&problem);
    }
    let states = ExerciseState::all(&session.home);
    state.order = 1 + states.iter().map(|state| state.order).max().unwrap_or(0);
    state.folder = Some(folder.canonicalize().unwrap_or_else(|_| folder.to_owned()));
    state.recorded = None;
    state.write(&session.home)?;
    let definition = &scenario.definition;
    let standing = session
        .progress
        .standing(scenario.id.as_str(), definition.version);
    Ok(LearnStart {
        schema: START_SCHEMA.to_owned(),
        exercise: list::row(scenario, standing),
        folder: folder.display().to_string(),
        files: definition.editable.clone(),
        brief: scenario.text("brief").unwrap_or_default(),
        hints: scenario.hints(),
        missing: missing_runtime(definition),
    })
}

/// So many columns are enough for words beside a command.
const LEAST_BESIDE: usize = 28;

/// What is to be done.
pub(super) fn story(session: &Session<'_>, begun: &LearnStart) -> String {
    let exercise = &begun.exercise;
    let paint = session.paint;
    let facts = format!(
        "{}, {}, about {} minutes, {}",
        exercise.language,
        exercise.class,
        exercise.minutes,
        list::how_hard(exercise.difficulty)
    );
    let missing = begun.missing.as_deref();
    let missing = missing.map_or_else(String::new, list::not_here);
    let commands = [
        (
            format!("trueline learn watch {}", begun.folder),
            "checks on every save".to_owned(),
        ),
        (
            format!("trueline learn check {}", begun.folder),
            "checks once".to_owned(),
        ),
        (
            format!("trueline learn hint {}", exercise.id),
            match begun.hints {
                0 => "this exercise has no hints".to_owned(),
                1 => "one hint".to_owned(),
                n => format!("{n} hints, from where to look to nearly the code"),
            },
        ),
    ];
    let wide = commands
        .iter()
        .map(|(command, _)| command.chars().count())
        .max()
        .unwrap_or(0);
    // Beside a long path there is no room for words.
    let is_beside = wide + LEAST_BESIDE <= usize::from(paint.width());
    let commands = commands.iter().map(|(command, what)| {
        let shown = paint.bold(command);
        if is_beside {
            let blanks = " ".repeat(wide - command.chars().count());
            paint.hanging(&format!("{shown}{blanks}   "), what)
        } else {
            format!("{shown}\n{}", paint.hanging("    ", what))
        }
    });
    let commands: String = commands.collect();
    format!(
        "{}{}\n{}\n{}{}{}\n{commands}",
        paint.told(&paint.bold(&exercise.title)),
        paint.told(&paint.dim(&facts)),
        paint.prose(&without_title(&begun.brief, &exercise.title)),
        paint.hanging("  Folder   ", &begun.folder),
        paint.hanging("  To mend  ", &begun.files.join(", ")),
        paint.told(&missing),
    )
}

/// A brief that opens with its own title would say it twice.
fn without_title(markdown: &str, title: &str) -> String {
    match markdown.trim_start().split_once('\n') {
        Some((first, rest)) if first.trim_start_matches('#').trim() == title => rest.to_owned(),
        _ => markdown.to_owned(),
    }
}

/// Starts the editor that the person chose: a program and its arguments, never a shell.
fn open_in_editor(folder: &Path, file: &str) -> Result<()> {
    let set = |name| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    };
    let Some(editor) = set("VISUAL").or_else(|| set("EDITOR")) else {
        warn("no editor is known: set VISUAL or EDITOR");
        return Ok(());
    };
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    Command::new(program)
        .args(words)
        .arg(folder.join(file))
        .status()
        .map_err(|error| {
            LearnError::Cannot(format!(
                "the editor `{program}` could not be started: {error}"
            ))
        })?;
    Ok(())
}

pub(super) fn hint(
    session: &Session<'_>,
    named: Option<&str>,
    format: ListFormat,
) -> Result<Ended> {
    let mut exercise = find(session, named)?;
    let total = exercise.scenario.hints();
    let fresh = exercise.state.hints < total;
    if fresh {
        exercise.state.hints += 1;
        exercise.state.write(&session.home)?;
    }
    // Earlier ones again: a hint builds on those before it.
    let hints: Vec<String> = (1..=exercise.state.hints)
        .filter_map(|number| exercise.scenario.text(&format!("hint{number}")))
        .collect();
    if format == ListFormat::Json {
        let document = LearnHints {
            schema: HINTS_SCHEMA.to_owned(),
            exercise: exercise.scenario.id.as_str().to_owned(),
            left: total.saturating_sub(exercise.state.hints),
            hints,
        };
        output::write(trueline_report::json::to_string(&document).as_bytes(), None)?;
        return Ok(Ended::Pass);
    }
    let mut out = String::new();
    // Outside of its folder nobody sees which exercise is meant.
    if named.is_none() && folder::around(Path::new("."))?.is_none() {
        let whose = format!(
            "{} ({}), begun last, in {}",
            exercise.scenario.definition.title,
            exercise.scenario.id,
            exercise.folder.display()
        );
        out.push_str(&session.paint.told(&session.paint.dim(&whose)));
    }
    for (number, text) in (1..).zip(&hints) {
        let number: u32 = number;
        out.push_str(&session.paint.bold(&format!("Hint {number} of {total}")));
        out.push('\n');
        out.push_str(&session.paint.prose(text));
    }
    if total == 0 {
        out.push_str("This exercise has no hints.\n");
    } else if !fresh {
        let text = "These were all. After a try `trueline learn reveal` shows a fix that holds.";
        out.push('\n');
        out.push_str(&session.paint.told(text));
    }
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
}
