//! `learn start`, `hint` and `reveal`, and which exercise is meant by what was typed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use trueline_facts::RepoPath;
use trueline_facts::attempt::{Attempt, AttemptOutcome};
use trueline_facts::exercise::Marker;
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::folder;
use trueline_scenarios::learn::progress::Standing;
use trueline_scenarios::learn::state::ExerciseState;
use trueline_scenarios::{Catalogue, Scenario};

use super::{Records, Session, golden, warn, work};
use crate::Ended;

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
        if let Some((folder, marker)) = folder::around(Path::new(named)) {
            return of_marker(session, folder, &marker);
        }
        return Err(folder::no_exercise(Path::new(named)).into());
    }
    if let Some((folder, marker)) = folder::around(Path::new(".")) {
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
    match folder::around(&folder) {
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
) -> Result<Ended> {
    let scenario = session.catalogue.get(id)?;
    let folder = dir.map_or_else(|| PathBuf::from(id), Path::to_owned);
    begin(session, scenario, &folder)?;
    if open {
        open_in_editor(&folder, &scenario.definition.editable[0])?;
    }
    Ok(Ended::Pass)
}

/// Copies it and says what is to be done.
pub(super) fn begin(session: &Session<'_>, scenario: &Scenario, folder: &Path) -> Result<()> {
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
    let text = format!(
        "{}\n{}\n{brief}\n  Folder   {folder}\n  To mend  {files}\n\n\
         trueline learn watch {folder}   checks on every save\n\
         trueline learn check {folder}   checks once\n\
         trueline learn hint {id}   {hints} hints, from where to look to nearly the code\n",
        session.paint.bold(&definition.title),
        session.paint.dim(&format!(
            "{}, {}, about {} minutes",
            definition.language, definition.class, definition.minutes
        )),
        brief = session.paint.prose(&without_title(
            &scenario.text("brief").unwrap_or_default(),
            &definition.title
        )),
        id = scenario.id.as_str(),
        folder = folder.display(),
        files = definition.editable.join(", "),
        hints = scenario.hints(),
    );
    output::write(text.as_bytes(), None)
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

pub(super) fn hint(session: &Session<'_>, named: Option<&str>) -> Result<Ended> {
    let mut exercise = find(session, named)?;
    let total = exercise.scenario.hints();
    let fresh = exercise.state.hints < total;
    if fresh {
        exercise.state.hints += 1;
        exercise.state.write(&session.home)?;
    }
    let mut out = String::new();
    for number in 1..=exercise.state.hints {
        // Earlier ones again: a hint builds on those before it.
        if let Some(text) = exercise.scenario.text(&format!("hint{number}")) {
            out.push_str(&session.paint.bold(&format!("Hint {number} of {total}")));
            out.push('\n');
            out.push_str(&session.paint.prose(&text));
        }
    }
    if total == 0 {
        out.push_str("This exercise has no hints.\n");
    } else if !fresh {
        out.push_str(
            "\nThese were all. After a try `trueline learn reveal` shows a fix that holds.\n",
        );
    }
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
}

pub(super) fn reveal(session: &Session<'_>, named: Option<&str>) -> Result<Ended> {
    let mut exercise = find(session, named)?;
    let scenario = &exercise.scenario;
    let of_it = |a: &&Attempt| a.scenario == scenario.id.as_str();
    let last = session.progress.attempts.iter().rev().find(of_it);
    let last = last.map_or(AttemptOutcome::Unknown, |attempt| attempt.outcome);
    let standing = session
        .progress
        .standing(scenario.id.as_str(), scenario.definition.version);
    let is_untried = match &session.records {
        Records::Kept => {
            standing == Standing::New
                && !exercise.state.revealed
                && exercise.state.recorded.is_none()
                && exercise.state.unrecorded() == 0
        }
        // Nothing is kept of tries: what was changed shows them.
        Records::Off { .. } => {
            let answer = folder::answer(scenario, &exercise.folder)?;
            scenario.submission(&answer) == scenario.vulnerable()
        }
    };
    if is_untried {
        return Err(LearnError::Cannot(format!(
            "try it once first: change something and run `trueline learn check {}`; what you find out by trying stays",
            exercise.folder.display()
        ))
        .into());
    }
    let mut out = String::new();
    if let Some((name, reference)) = scenario.references().first() {
        out.push_str(&session.paint.bold(&format!("A fix that holds ({name})")));
        out.push('\n');
        let before = scenario.vulnerable();
        for path in &scenario.definition.editable {
            let old = before.text(path).unwrap_or_default();
            let new = reference.text(path).unwrap_or_default();
            out.push_str(&trueline_report::diff::unified(
                &RepoPath::from_display(path),
                &old,
                &new,
            ));
        }
        out.push('\n');
    }
    for distractor in &scenario.definition.distractors {
        if let Some(why) = scenario.why(&distractor.name) {
            out.push_str(&session.paint.bold(&format!("Why not: {}", distractor.name)));
            out.push('\n');
            out.push_str(&session.paint.prose(&without_first_title(&why)));
            out.push('\n');
        }
    }
    if let Some(debrief) = scenario.text("debrief") {
        out.push_str(&session.paint.prose(&debrief));
        out.push('\n');
        out.push_str(&session.paint.prose(&golden::told(scenario)));
    }
    output::write(out.as_bytes(), None)?;
    if session.records != Records::Kept {
        return Ok(Ended::Pass);
    }
    if standing < Standing::FixedAided && !exercise.state.revealed {
        exercise.state.revealed = true;
        // Giving up is an answer too; what comes after says nothing about skill.
        let line = work::attempt(session, &exercise, last, 0)?;
        session.append(&line)?;
    }
    exercise.state.over = true;
    exercise.state.write(&session.home)?;
    Ok(Ended::Pass)
}

fn without_first_title(markdown: &str) -> String {
    match markdown
        .trim_start()
        .strip_prefix("# ")
        .and_then(|rest| rest.split_once('\n'))
    {
        Some((_, rest)) => rest.to_owned(),
        None => markdown.to_owned(),
    }
}
