//! `learn check` and `learn watch`: check what is there, say what came of it, write it down.

use std::io::{BufRead as _, IsTerminal, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, available_parallelism};
use std::time::Duration;

use anyhow::Result;
use trueline_facts::attempt::{self, Aid, Attempt, AttemptKind, AttemptOutcome, Trigger};
use trueline_scenarios::learn::progress::{Progress, new_id};
use trueline_scenarios::learn::state::digest;
use trueline_scenarios::learn::{LearnError, folder};
use trueline_scenarios::result::CheckReport;
use trueline_scenarios::run::random_seed;
use trueline_scenarios::{CheckOptions, CheckStatus, Ground, Tree, check as check_tree, export};

use super::exercise::{Exercise, find};
use super::{Session, ask, exercise, show, warn};
use crate::Ended;
use crate::arguments::{AidArgument, CheckFormat, LearnCheck};
use crate::output;

/// How often files are looked at: soon enough to feel immediate, seldom enough to cost nothing.
const LOOK: Duration = Duration::from_millis(250);

pub(super) fn check(session: &Session<'_>, asked: &LearnCheck) -> Result<Ended> {
    let mut exercise = find(session, asked.exercise.as_deref())?;
    let ground = ground(asked)?;
    let answer = folder::answer(&exercise.scenario, &exercise.folder)?;
    let report = run(&exercise, &answer, &ground, asked.seed);
    let text = match asked.format {
        CheckFormat::Json => trueline_report::json::to_string(&report),
        CheckFormat::Exercism => trueline_report::json::to_string(&export::exercism(&report)),
        CheckFormat::Terminal => show::report(&report, session.paint)?,
    };
    output::write(text.as_bytes(), None)?;
    let talks = asked.format == CheckFormat::Terminal;
    record(
        session,
        &mut exercise,
        asked,
        &answer,
        &report,
        Trigger::Check,
        talks,
    )?;
    if talks {
        output::write(after(session, &exercise, &report).as_bytes(), None)?;
    }
    // For exercism a test runner that ran has done its work, whatever the tests say.
    Ok(match report.status {
        _ if asked.format == CheckFormat::Exercism => Ended::Pass,
        CheckStatus::Fixed => Ended::Pass,
        _ => Ended::Findings,
    })
}

fn ground(asked: &LearnCheck) -> Result<Ground> {
    if !asked.self_run {
        return Ok(Ground::isolated().map_err(|error| {
            LearnError::Cannot(format!(
                "{error}. `trueline doctor` says more; your own code you can run without isolation: --self-run"
            ))
        })?);
    }
    if !asked.yes {
        let question = "This runs the code in the exercise as you, without isolation: it can do what you can do.\n\
                        Only do it with code that you have read. Run it? [y/N]";
        let answer = ask(question)?.unwrap_or_default();
        if !answer.eq_ignore_ascii_case("y") && !answer.eq_ignore_ascii_case("yes") {
            return Err(LearnError::Cannot(
                "not run; --self-run --yes answers the question".to_owned(),
            )
            .into());
        }
    }
    Ok(Ground::self_run()?)
}

fn run(exercise: &Exercise, answer: &Tree, ground: &Ground, seed: Option<u64>) -> CheckReport {
    let options = CheckOptions {
        ground,
        seed: seed.unwrap_or_else(random_seed),
        jobs: available_parallelism().map_or(1, usize::from),
    };
    check_tree(
        &exercise.scenario,
        &exercise.scenario.submission(answer),
        options,
    )
}

/// What to do now.
fn after(session: &Session<'_>, exercise: &Exercise, report: &CheckReport) -> String {
    match report.status {
        CheckStatus::Fixed => {
            let debrief = exercise.scenario.text("debrief").unwrap_or_default();
            format!(
                "\n{}\nThe fix of the house: trueline learn reveal {}. What is next: trueline learn next.\n",
                session.paint.prose(&debrief),
                exercise.scenario.id.as_str()
            )
        }
        CheckStatus::Exploited | CheckStatus::FunctionalFail | CheckStatus::Unknown => {
            let left = exercise
                .scenario
                .hints()
                .saturating_sub(exercise.state.hints);
            let id = exercise.scenario.id.as_str();
            match left {
                0 => format!(
                    "All hints are open: trueline learn hint {id} shows them, trueline learn reveal {id} a fix that holds.\n"
                ),
                1 => format!("Stuck? trueline learn hint {id} (one is left).\n"),
                _ => format!("Stuck? trueline learn hint {id} ({left} are left).\n"),
            }
        }
        CheckStatus::Error | CheckStatus::Skipped => String::new(),
    }
}

/// Writes the attempt down, once for each state of the files.
fn record(
    session: &Session<'_>,
    exercise: &mut Exercise,
    asked: &LearnCheck,
    answer: &Tree,
    report: &CheckReport,
    trigger: Trigger,
    talks: bool,
) -> Result<()> {
    if asked.no_record || matches!(report.status, CheckStatus::Error | CheckStatus::Skipped) {
        return Ok(());
    }
    // Looking at what the assistant left is no try: nothing was changed yet.
    if exercise.scenario.submission(answer) == exercise.scenario.vulnerable() {
        return Ok(());
    }
    let digest = digest(answer);
    if exercise.state.recorded.as_ref() == Some(&digest) && asked.aid.is_none() {
        return Ok(());
    }
    let aid = aid(exercise, asked, report, talks)?;
    let outcome = match report.status {
        CheckStatus::Fixed => AttemptOutcome::Fixed,
        CheckStatus::Exploited => AttemptOutcome::Exploited,
        CheckStatus::FunctionalFail => AttemptOutcome::FunctionalFail,
        CheckStatus::Unknown => AttemptOutcome::Unknown,
        CheckStatus::Error => AttemptOutcome::Error,
        CheckStatus::Skipped => AttemptOutcome::Skipped,
    };
    let attempt = Attempt {
        aid,
        trigger,
        practice: report.practice,
        ..attempt(session, exercise, outcome, report.seed)?
    };
    Progress::append(&session.home, &attempt)?;
    exercise.state.recorded = Some(digest);
    exercise.state.over |= report.status == CheckStatus::Fixed;
    exercise.state.write(&session.home)?;
    Ok(())
}

/// A line of the ledger as the exercise stands.
pub(super) fn attempt(
    session: &Session<'_>,
    exercise: &Exercise,
    outcome: AttemptOutcome,
    seed: u64,
) -> Result<Attempt> {
    let scenario = &exercise.scenario;
    let definition = &scenario.definition;
    let progress = Progress::read(&session.home)?;
    Ok(Attempt {
        schema: attempt::SCHEMA.to_owned(),
        id: new_id(),
        day: session.day.clone(),
        kind: AttemptKind::Attempt,
        scenario: scenario.id.as_str().to_owned(),
        version: definition.version,
        language: definition.language.word().to_owned(),
        class: definition.class.word().to_owned(),
        cwe: definition.cwe.clone(),
        outcome,
        hints: exercise.state.hints,
        attempt_number: progress.next_number(scenario.id.as_str(), definition.version),
        aid: exercise.state.aid.unwrap_or_default(),
        trigger: Trigger::Check,
        seed,
        sure: None,
        revealed: exercise.state.revealed,
        difficulty: definition.difficulty,
        practice: false,
        reviewed: None,
    })
}

/// What was said on the command line or before; asked once, when it is fixed and somebody is there to answer.
fn aid(
    exercise: &mut Exercise,
    asked: &LearnCheck,
    report: &CheckReport,
    talks: bool,
) -> Result<Aid> {
    let said = asked.aid.map(|aid| match aid {
        AidArgument::Unaided => Aid::Unaided,
        AidArgument::Assisted => Aid::Assisted,
    });
    if let Some(aid) = said {
        exercise.state.aid = Some(aid);
        return Ok(aid);
    }
    if let Some(aid) = exercise.state.aid {
        return Ok(aid);
    }
    if report.status != CheckStatus::Fixed
        || !talks
        || !std::io::stdout().is_terminal() && !piped_answers()
    {
        return Ok(Aid::Unknown);
    }
    let question = "Did an assistant write some of it? Both are fine, they train different things. [n]o, [y]es, Enter for no answer:";
    let aid = match ask(question)?
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "n" | "no" => Aid::Unaided,
        "y" | "yes" => Aid::Assisted,
        _ => Aid::Unknown,
    };
    exercise.state.aid = Some(aid);
    Ok(aid)
}

#[cfg(not(unix))]
const fn piped_answers() -> bool {
    false
}

/// Whether standard input has something to say: a terminal or a pipe, not `/dev/null`.
#[cfg(unix)]
fn piped_answers() -> bool {
    use std::os::fd::AsFd as _;
    let Ok(input) = std::io::stdin().as_fd().try_clone_to_owned() else {
        return false;
    };
    let input = std::fs::File::from(input);
    input.metadata().is_ok_and(|meta| {
        use std::os::unix::fs::FileTypeExt as _;
        meta.file_type().is_fifo() || meta.is_file() && meta.len() > 0
    })
}

/// What happens while files are watched.
enum News {
    Line(String),
    NoMoreLines,
}

pub(super) fn watch(
    session: &Session<'_>,
    asked: &LearnCheck,
    interrupt: &AtomicBool,
) -> Result<Ended> {
    let mut exercise = find(session, asked.exercise.as_deref())?;
    let ground = ground(asked)?;
    let lines = lines();
    let mut seen: Option<Tree> = None;
    let mut told_unreadable = String::new();
    loop {
        if interrupt.load(Ordering::SeqCst) {
            return Ok(Ended::Pass);
        }
        match folder::answer(&exercise.scenario, &exercise.folder) {
            Ok(answer) if seen.as_ref() != Some(&answer) => {
                let trigger = if seen.is_none() {
                    Trigger::Check
                } else {
                    Trigger::Save
                };
                let fixed = once(session, &mut exercise, asked, &answer, &ground, trigger)?;
                seen = Some(answer);
                if fixed {
                    return Ok(Ended::Pass);
                }
            }
            Ok(_) => told_unreadable.clear(),
            // Editors take a file away for a moment; what stays away is told once.
            Err(error) if error.to_string() != told_unreadable => {
                told_unreadable = error.to_string();
                warn(&told_unreadable);
            }
            Err(_) => {}
        }
        match next_line(&lines) {
            Some(News::Line(line)) => match line.trim() {
                "h" | "hint" => {
                    let folder = exercise.folder.display().to_string();
                    exercise::hint(session, Some(&folder))?;
                    exercise = find(session, Some(&folder))?;
                }
                "c" | "check" => seen = None,
                "b" | "brief" => {
                    let brief = exercise.scenario.text("brief").unwrap_or_default();
                    output::write(session.paint.prose(&brief).as_bytes(), None)?;
                }
                "q" | "quit" => return Ok(Ended::Pass),
                "" => {}
                _ => output::write(KEYS.as_bytes(), None)?,
            },
            // At the end of a pipe nobody will save anything: this was the last look.
            Some(News::NoMoreLines) if !std::io::stdin().is_terminal() => {
                return Ok(Ended::Findings);
            }
            Some(News::NoMoreLines) | None => {}
        }
    }
}

const KEYS: &str = "Waiting for a save. With Enter: h hint, c check again, b brief, q quit.\n";

/// One round. True when it is fixed.
fn once(
    session: &Session<'_>,
    exercise: &mut Exercise,
    asked: &LearnCheck,
    answer: &Tree,
    ground: &Ground,
    trigger: Trigger,
) -> Result<bool> {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        // The screen is of this round alone; what was before is in the scroll-back.
        let _ = write!(out, "\u{1b}[2J\u{1b}[H");
    }
    let title = session.paint.bold(&exercise.scenario.definition.title);
    output::write(format!("{title}\n\n").as_bytes(), None)?;
    let report = run(exercise, answer, ground, asked.seed);
    output::write(show::report(&report, session.paint)?.as_bytes(), None)?;
    record(session, exercise, asked, answer, &report, trigger, true)?;
    let fixed = report.status == CheckStatus::Fixed;
    let text = if fixed {
        after(session, exercise, &report)
    } else {
        format!("{}{KEYS}", after(session, exercise, &report))
    };
    output::write(text.as_bytes(), None)?;
    Ok(fixed)
}

/// Lines of standard input, read beside the watching.
fn lines() -> Receiver<News> {
    let (send, receive) = channel();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if send.send(News::Line(line)).is_err() {
                return;
            }
        }
        // Whoever watched may be gone.
        let _ = send.send(News::NoMoreLines);
    });
    receive
}

fn next_line(lines: &Receiver<News>) -> Option<News> {
    match lines.recv_timeout(LOOK) {
        Ok(news) => Some(news),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => {
            thread::sleep(LOOK);
            None
        }
    }
}
