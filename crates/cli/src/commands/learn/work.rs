//! `learn check` and `learn watch`: check what is there, say what came of it, write it down.

use std::io::{IsTerminal, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::Result;
use trueline_facts::ToolId;
use trueline_facts::attempt::{self, Aid, Attempt, AttemptKind, AttemptOutcome, Trigger};
use trueline_scenarios::learn::progress::{Progress, new_id};
use trueline_scenarios::learn::state::digest;
use trueline_scenarios::learn::{LearnError, folder};
use trueline_scenarios::result::CheckReport;
use trueline_scenarios::run::random_seed;
use trueline_scenarios::{CheckOptions, CheckStatus, Ground, Tree, check as check_tree, export};

use super::answers::{News, somebody_is_there};
use super::exercise::{Exercise, find};
use super::show::Transcripts;
use super::{Records, Session, elsewhere, exercise, golden, show, waiting, warn};
use crate::Ended;
use crate::arguments::{AidArgument, CheckFormat, LearnCheck, ListFormat};
use crate::output;

/// How often files are looked at: soon enough to feel immediate, seldom enough to cost nothing.
const LOOK: Duration = Duration::from_millis(250);

pub(super) fn check(session: &Session<'_>, asked: &LearnCheck) -> Result<Ended> {
    let mut exercise = find(session, asked.exercise.as_deref())?;
    let ground = ground(session, asked)?;
    let answer = folder::answer(&exercise.scenario, &exercise.folder)?;
    let talks = asked.format == CheckFormat::Terminal;
    if talks && asked.exercise.is_none() {
        let title = session.paint.bold(&exercise.scenario.definition.title);
        let folder = exercise.folder.display();
        let text = session.paint.told(&format!("{title} ({folder})"));
        output::write(format!("{text}\n").as_bytes(), None)?;
    }
    let report = run(&exercise, &answer, &ground, asked);
    let text = match asked.format {
        CheckFormat::Json => trueline_report::json::to_string(&report),
        CheckFormat::Exercism => trueline_report::json::to_string(&export::exercism(&report)),
        CheckFormat::Terminal => show::report(&report, transcripts(asked), false, session.paint)?,
    };
    output::write(text.as_bytes(), None)?;
    let asks = record(
        session,
        &mut exercise,
        asked,
        &answer,
        &report,
        Trigger::Check,
        talks,
    )?;
    if talks {
        output::write(after(session, &exercise, &answer, &report).as_bytes(), None)?;
    }
    if asks {
        ask_aid(session, &mut exercise)?;
    }
    // For exercism a test runner that ran has done its work, whatever the tests say.
    Ok(match report.status {
        _ if asked.format == CheckFormat::Exercism => Ended::Pass,
        CheckStatus::Fixed => Ended::Pass,
        CheckStatus::Busy => Ended::Partly,
        _ => Ended::Findings,
    })
}

const fn transcripts(asked: &LearnCheck) -> Transcripts {
    if asked.transcript {
        Transcripts::Whole
    } else {
        Transcripts::Short
    }
}

fn ground(session: &Session<'_>, asked: &LearnCheck) -> Result<Ground> {
    if !asked.self_run {
        return elsewhere::isolated(asked.container);
    }
    if !asked.yes {
        let question = "This runs the code in the exercise as you, without isolation: it can do what you can do.\n\
                        Only do it with code that you have read. Run it? [y/N]";
        let answer = session.answers.ask(question)?.unwrap_or_default();
        if !answer.eq_ignore_ascii_case("y") && !answer.eq_ignore_ascii_case("yes") {
            return Err(LearnError::Cannot(
                "not run; --self-run --yes answers the question".to_owned(),
            )
            .into());
        }
    }
    Ok(Ground::self_run()?)
}

fn run(exercise: &Exercise, answer: &Tree, ground: &Ground, asked: &LearnCheck) -> CheckReport {
    let options = CheckOptions {
        ground,
        seed: asked.seed.unwrap_or_else(random_seed),
        jobs: available_parallelism().map_or(1, usize::from),
    };
    let check = || {
        check_tree(
            &exercise.scenario,
            &exercise.scenario.submission(answer),
            options,
        )
    };
    if asked.format == CheckFormat::Terminal {
        let is_kept_waiting = || ground.is_kept_waiting();
        waiting::tell_while("Running tests and exploits", is_kept_waiting, check)
    } else {
        check()
    }
}

/// What to do now.
fn after(
    session: &Session<'_>,
    exercise: &Exercise,
    answer: &Tree,
    report: &CheckReport,
) -> String {
    match report.status {
        CheckStatus::Fixed => {
            let debrief = exercise.scenario.text("debrief").unwrap_or_default();
            let scanned = golden::told_of(&exercise.scenario, answer, &AtomicBool::new(false));
            let seen = if exercise.state.revealed {
                session.paint.told(
                    "You had seen the answer, so this is practice and says nothing about your skill.",
                )
            } else {
                String::new()
            };
            let ours = match exercise.scenario.references().len() {
                1 => "Our fix",
                _ => "Our fixes",
            };
            let next = format!(
                "{ours}: `trueline learn reveal {}`. What is next: `trueline learn next`.",
                exercise.scenario.id.as_str()
            );
            format!(
                "{seen}\n{}\n{}\n{}",
                session.paint.prose(&debrief),
                session.paint.prose(&scanned),
                session.paint.told(&next)
            )
        }
        CheckStatus::Exploited | CheckStatus::FunctionalFail | CheckStatus::Unknown => {
            let left = exercise
                .scenario
                .hints()
                .saturating_sub(exercise.state.hints);
            let id = exercise.scenario.id.as_str();
            let text = match left {
                0 => format!(
                    "All hints are open: `trueline learn hint {id}` shows them, `trueline learn reveal {id}` a fix that holds."
                ),
                1 => format!("Stuck? `trueline learn hint {id}` (one is left)."),
                _ => format!("Stuck? `trueline learn hint {id}` ({left} are left)."),
            };
            session.paint.told(&text)
        }
        CheckStatus::Error | CheckStatus::Busy | CheckStatus::Skipped => String::new(),
    }
}

/// Writes the attempt down, once for each state of the files. Whether it is still to be asked if an assistant helped:
/// what was learned comes before that question.
fn record(
    session: &Session<'_>,
    exercise: &mut Exercise,
    asked: &LearnCheck,
    answer: &Tree,
    report: &CheckReport,
    trigger: Trigger,
    talks: bool,
) -> Result<bool> {
    // Nor is what this machine had no time for.
    if matches!(
        report.status,
        CheckStatus::Error | CheckStatus::Busy | CheckStatus::Skipped
    ) {
        return Ok(false);
    }
    // Looking at what the assistant left is no try: nothing was changed yet.
    if exercise.scenario.submission(answer) == exercise.scenario.vulnerable() {
        return Ok(false);
    }
    // A save that was caught half-written, or a slip of the keyboard, is no try.
    let works_in_nothing = report.functional.iter().all(|test| !test.pass);
    if trigger == Trigger::Save && report.status == CheckStatus::FunctionalFail && works_in_nothing
    {
        return Ok(false);
    }
    if session.records != Records::Kept {
        if talks && !asked.no_record {
            let text = session.paint.told(&session.not_recorded());
            output::write(text.as_bytes(), None)?;
        }
        return Ok(false);
    }
    let digest = digest(answer);
    if asked.no_record {
        // Nothing of it is written down, but who has seen the verdict has tried.
        let is_judged = matches!(report.status, CheckStatus::Fixed | CheckStatus::Exploited);
        if is_judged && exercise.state.look(&digest) {
            exercise.state.write(&session.home)?;
        }
        return Ok(false);
    }
    let aid = said(exercise, asked);
    exercise.state.aid = aid;
    exercise
        .state
        .agents
        .extend(folder::agents(&exercise.folder));
    if exercise.state.recorded.as_ref() == Some(&digest) {
        if let Some(aid) = aid {
            told_aid(session, exercise, aid)?;
        }
        return Ok(false);
    }
    let outcome = match report.status {
        CheckStatus::Fixed => AttemptOutcome::Fixed,
        CheckStatus::Exploited => AttemptOutcome::Exploited,
        CheckStatus::FunctionalFail => AttemptOutcome::FunctionalFail,
        CheckStatus::Unknown => AttemptOutcome::Unknown,
        CheckStatus::Error | CheckStatus::Busy => AttemptOutcome::Error,
        CheckStatus::Skipped => AttemptOutcome::Skipped,
    };
    exercise.state.record(digest);
    let attempt = Attempt {
        trigger,
        practice: report.practice,
        ..attempt(session, exercise, outcome, report.seed)?
    };
    // Written before anything is asked: who walks away loses nothing.
    session.append(&attempt)?;
    exercise.state.over |= report.status == CheckStatus::Fixed;
    exercise.state.write(&session.home)?;
    if !exercise.state.agents.is_empty() && talks {
        let text = session.paint.told(&seen(exercise, &attempt));
        output::write(text.as_bytes(), None)?;
    }
    match aid {
        Some(aid) => {
            told_aid(session, exercise, aid)?;
            Ok(false)
        }
        None => Ok(exercise.state.agents.is_empty()
            && !exercise.state.revealed
            && report.status == CheckStatus::Fixed
            && talks
            && somebody_is_there()),
    }
}

/// What a hook saw, which the person may contest but not talk away.
fn seen(exercise: &Exercise, attempt: &Attempt) -> String {
    let tools: Vec<&str> = exercise.state.agents.iter().map(ToolId::as_str).collect();
    format!(
        "Hooks saw {} write here: this counts as work with an assistant. If that is wrong: `trueline skills dispute {}`",
        tools.join(" and "),
        attempt.id
    )
}

/// What is said of help holds for all tries of which nothing was said yet.
fn told_aid(session: &Session<'_>, exercise: &Exercise, aid: Aid) -> Result<()> {
    let scenario = &exercise.scenario;
    exercise.state.write(&session.home)?;
    Progress::tell_aid(
        &session.home,
        scenario.id.as_str(),
        scenario.definition.version,
        aid,
    )?;
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
    let (aid, aid_basis) = exercise.state.help();
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
        unrecorded: exercise.state.unrecorded(),
        aid,
        aid_basis,
        trigger: Trigger::Check,
        seed,
        sure: None,
        revealed: exercise.state.revealed,
        difficulty: definition.difficulty,
        practice: false,
        reviewed: None,
        sites: None,
        ai_lines: None,
        caught: None,
    })
}

/// What was said on the command line or before.
fn said(exercise: &Exercise, asked: &LearnCheck) -> Option<Aid> {
    asked.aid.map(told_by).or(exercise.state.aid)
}

/// A word of the command line.
pub(super) const fn told_by(aid: AidArgument) -> Aid {
    match aid {
        AidArgument::Unaided => Aid::Unaided,
        AidArgument::Assisted => Aid::Assisted,
    }
}

/// Asked once, when it is fixed, the debrief is read and somebody is there to answer.
fn ask_aid(session: &Session<'_>, exercise: &mut Exercise) -> Result<()> {
    const QUESTION: &str = "Did an assistant write some of it? Both are fine, they train different things. [n]o, [y]es, Enter for no answer:";
    let aid = loop {
        let answer = session.answers.ask_or_leave(QUESTION)?.unwrap_or_default();
        match answer.to_ascii_lowercase().as_str() {
            "n" | "no" => break Aid::Unaided,
            "y" | "yes" => break Aid::Assisted,
            "" => break Aid::Unknown,
            _ => {}
        }
    };
    exercise.state.aid = Some(aid);
    told_aid(session, exercise, aid)
}

pub(super) fn watch(
    session: &Session<'_>,
    asked: &LearnCheck,
    interrupt: &AtomicBool,
) -> Result<Ended> {
    if asked.format == CheckFormat::Exercism {
        return Err(LearnError::Cannot(
            "exercism's test runners check once: trueline learn check --format exercism; watching has --format json, one document a line"
                .to_owned(),
        )
        .into());
    }
    let talks = asked.format == CheckFormat::Terminal;
    let mut exercise = find(session, asked.exercise.as_deref())?;
    let ground = ground(session, asked)?;
    let mut shown = transcripts(asked);
    let mut last: Option<CheckReport> = None;
    let mut settling: Option<Tree> = None;
    let mut seen: Option<Tree> = None;
    let mut told_unreadable = String::new();
    loop {
        if interrupt.load(Ordering::SeqCst) {
            return Ok(Ended::Findings);
        }
        match folder::answer(&exercise.scenario, &exercise.folder) {
            // Editors write a file in several steps: what stays for one look is a save.
            Ok(answer)
                if seen.is_some()
                    && seen.as_ref() != Some(&answer)
                    && settling.as_ref() != Some(&answer) =>
            {
                settling = Some(answer);
            }
            Ok(answer) if seen.as_ref() != Some(&answer) => {
                let trigger = if seen.is_none() {
                    Trigger::Check
                } else {
                    Trigger::Save
                };
                let report = once(
                    session,
                    &mut exercise,
                    asked,
                    (&answer, trigger),
                    &ground,
                    shown,
                )?;
                seen = Some(answer);
                if report.status == CheckStatus::Fixed {
                    return Ok(Ended::Pass);
                }
                last = Some(report);
            }
            Ok(_) => told_unreadable.clear(),
            // Editors take a file away for a moment; what stays away is told once.
            Err(error) if error.to_string() != told_unreadable => {
                told_unreadable = error.to_string();
                warn(&told_unreadable);
            }
            Err(_) => {}
        }
        match session.answers.within(LOOK) {
            Some(News::Line(line)) => match line.trim() {
                "c" | "check" => seen = None,
                "q" | "quit" => return Ok(Ended::Findings),
                // Whoever reads documents is told nothing else.
                _ if !talks => {}
                "h" | "hint" => {
                    let folder = exercise.folder.display().to_string();
                    exercise::hint(session, Some(&folder), ListFormat::Terminal)?;
                    exercise = find(session, Some(&folder))?;
                }
                "t" | "transcript" => {
                    shown = match shown {
                        Transcripts::Short => Transcripts::Whole,
                        Transcripts::Whole => Transcripts::Short,
                    };
                    if let Some(report) = &last {
                        let text = show::report(report, shown, true, session.paint)?;
                        output::write(text.as_bytes(), None)?;
                    }
                    output::write(session.paint.told(keys(shown)).as_bytes(), None)?;
                }
                "b" | "brief" => {
                    let brief = exercise.scenario.text("brief").unwrap_or_default();
                    output::write(session.paint.prose(&brief).as_bytes(), None)?;
                }
                "" => {}
                _ => output::write(session.paint.told(keys(shown)).as_bytes(), None)?,
            },
            // Nobody types any more; files are still saved.
            Some(News::NoMoreLines) | None => {}
        }
    }
}

/// What can be typed. `t` is a switch: it says what it switches to.
const fn keys(shown: Transcripts) -> &'static str {
    match shown {
        Transcripts::Short => {
            "Waiting for a save. With Enter: h hint, c check again, t whole transcripts from now on, b brief, q quit."
        }
        Transcripts::Whole => {
            "Waiting for a save; verdicts come with whole transcripts. With Enter: h hint, c check again, t short transcripts again, b brief, q quit."
        }
    }
}

/// One round.
fn once(
    session: &Session<'_>,
    exercise: &mut Exercise,
    asked: &LearnCheck,
    (answer, trigger): (&Tree, Trigger),
    ground: &Ground,
    transcripts: Transcripts,
) -> Result<CheckReport> {
    if asked.format == CheckFormat::Json {
        let report = run(exercise, answer, ground, asked);
        let mut line = serde_json::to_string(&report)?;
        line.push('\n');
        output::write(line.as_bytes(), None)?;
        record(session, exercise, asked, answer, &report, trigger, false)?;
        return Ok(report);
    }
    // Said at once, below the last verdict: that stays until there is a new one.
    let checking = format!("{}\n", session.paint.dim("Checking ..."));
    output::write(checking.as_bytes(), None)?;
    let report = run(exercise, answer, ground, asked);
    let mut out = std::io::stdout();
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if out.is_terminal() && !is_dumb {
        // The screen is of this round alone; what was before is in the scroll-back.
        let _ = write!(out, "\u{1b}[2J\u{1b}[H");
    }
    let title = session.paint.bold(&exercise.scenario.definition.title);
    output::write(format!("{title}\n\n").as_bytes(), None)?;
    output::write(
        show::report(&report, transcripts, true, session.paint)?.as_bytes(),
        None,
    )?;
    let asks = record(session, exercise, asked, answer, &report, trigger, true)?;
    let fixed = report.status == CheckStatus::Fixed;
    let text = if fixed {
        after(session, exercise, answer, &report)
    } else {
        format!(
            "{}{}",
            after(session, exercise, answer, &report),
            session.paint.told(keys(transcripts))
        )
    };
    output::write(text.as_bytes(), None)?;
    if asks {
        ask_aid(session, exercise)?;
    }
    Ok(report)
}
