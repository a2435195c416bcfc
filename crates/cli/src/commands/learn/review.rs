//! `learn review`: a diff of an assistant's; is it unsafe, where, how sure?

use std::fmt::Write as _;

use anyhow::Result;
use trueline_facts::attempt::{
    self, Aid, AidBasis, Attempt, AttemptKind, AttemptOutcome, Reviewed, Trigger, Twin,
};
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::progress::new_id;
use trueline_scenarios::learn::review::{self, Shown, Unanswered};
use trueline_scenarios::run::random_seed;

use super::answers::somebody_is_there;
use super::paint::Paint;
use super::work::told_by;
use super::{Records, Session, warn};
use crate::Ended;
use crate::arguments::AidArgument;
use crate::{interrupt, output};

/// What somebody says of a change.
struct Answer {
    said: Twin,
    /// Of what is unsafe; none where the place was not named.
    line: Option<u32>,
    sure: Option<u8>,
}

pub(super) fn run(session: &Session<'_>, id: Option<&str>, seed: Option<u64>) -> Result<Ended> {
    let (unanswered, problem) = Unanswered::read(&session.home)?;
    if let Some(problem) = problem {
        warn(&problem);
    }
    let drawn = seed.unwrap_or_else(random_seed);
    let (catalogue, progress) = (&session.catalogue, &session.progress);
    let shown = review::choose(catalogue, progress, &unanswered, id, drawn).ok_or_else(|| {
        LearnError::Cannot(match id {
            Some(id) => format!("there is no review item `{id}`; without an id one is chosen"),
            None => "there are no review items".to_owned(),
        })
    })?;
    if shown.is_again {
        let seed = match seed {
            Some(seed) if seed != shown.seed => " (`--seed` chooses again after your answer)",
            _ => "",
        };
        let text = format!("You left this one without an answer: it is the same as before{seed}.");
        let text = format!("{}\n", session.paint.told(&text));
        output::write(text.as_bytes(), None)?;
    } else if session.records == Records::Kept {
        Unanswered::show(&session.home, &shown)?;
    }
    output::write(question(session, &shown)?.as_bytes(), None)?;
    interrupt::when_left(&leaving(session));
    let Some(answer) = answered(session, &shown)? else {
        return left(session);
    };
    let right_line = (answer.said == Twin::Unsafe && shown.twin == Twin::Unsafe)
        .then(|| answer.line.is_some_and(|line| shown.is_at(line)));
    // Written before it is shown: who has seen what it is has answered.
    session.append(&attempt(session, &shown, &answer, right_line))?;
    if session.records == Records::Kept {
        Unanswered::answered(&session.home, &shown.item.id)?;
    }
    let mut out = told(session, &shown, &answer, right_line)?;
    out.push_str(&session.paint.told(&session.not_recorded()));
    output::write(out.as_bytes(), None)?;
    Ok(Ended::Pass)
}

/// Leaving is no answer.
pub(super) fn left(session: &Session<'_>) -> Result<Ended> {
    let text = format!("{}\n", leaving(session));
    output::write(session.paint.told(&text).as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn leaving(session: &Session<'_>) -> String {
    let again = match session.records {
        Records::Kept => " What you saw waits for your answer: `trueline learn review`.",
        Records::Off { .. } => "",
    };
    format!("No answer: nothing was written down.{again}")
}

fn attempt(
    session: &Session<'_>,
    shown: &Shown<'_>,
    answer: &Answer,
    right_line: Option<bool>,
) -> Attempt {
    let (item, definition) = (shown.item, &shown.scenario.definition);
    // Who calls everything unsafe would be right on each unsafe twin: the line counts too.
    let right = answer.said == shown.twin && right_line != Some(false);
    Attempt {
        schema: attempt::SCHEMA.to_owned(),
        id: new_id(),
        day: session.day.clone(),
        kind: AttemptKind::Review,
        scenario: item.id.clone(),
        version: definition.version,
        language: item.language.word().to_owned(),
        class: item.class.word().to_owned(),
        cwe: vec![shown.cwe()],
        outcome: if right {
            AttemptOutcome::Right
        } else {
            AttemptOutcome::Wrong
        },
        hints: 0,
        attempt_number: session.progress.next_number(&item.id, definition.version),
        unrecorded: 0,
        aid: session.review_aid.get(),
        aid_basis: AidBasis::Told,
        trigger: Trigger::Check,
        seed: shown.seed,
        sure: answer.sure,
        revealed: session.progress.times(&item.id) > 0,
        difficulty: definition.difficulty,
        practice: false,
        reviewed: Some(Reviewed {
            shown: shown.twin,
            said: answer.said,
            right_line,
        }),
        sites: None,
        ai_lines: None,
        caught: None,
    }
}

/// Whether an assistant helps with a review: as was said, or asked before anything is shown, so that what comes of it
/// does not decide the answer. None where the person left.
pub(super) fn aid(session: &Session<'_>, said: Option<AidArgument>) -> Result<Option<Aid>> {
    const QUESTION: &str = "Does an assistant help you with this review? Both are fine; only a review without one says something of your own eye. [n]o, [y]es, Enter for no answer:";
    match said {
        Some(aid) => return Ok(Some(told_by(aid))),
        None if session.records != Records::Kept || !somebody_is_there() => {
            return Ok(Some(Aid::Unknown));
        }
        None => {}
    }
    loop {
        let Some(answer) = session.answers.ask_or_leave(QUESTION)? else {
            return Ok(None);
        };
        match answer.to_ascii_lowercase().as_str() {
            "n" | "no" => return Ok(Some(Aid::Unaided)),
            "y" | "yes" => return Ok(Some(Aid::Assisted)),
            "" => return Ok(Some(Aid::Unknown)),
            _ => {}
        }
    }
}

fn question(session: &Session<'_>, shown: &Shown<'_>) -> Result<String> {
    let paint = session.paint;
    let item = shown.item;
    let mut out = String::new();
    out.push_str(&paint.told(&format!("{} ({})", paint.bold(&item.title), item.id)));
    out.push('\n');
    let asked: Vec<&str> = item.asked.split_whitespace().collect();
    out.push_str(&paint.prose(&format!("Somebody asked an assistant: {}", asked.join(" "))));
    writeln!(out, "It proposes this change:\n")?;
    for (number, line) in review::numbered(shown.diff()) {
        let number = number.map_or(String::new(), |n| n.to_string());
        let is_head = ["@@", "+++", "---"]
            .iter()
            .any(|head| line.starts_with(head));
        let ink = |paint: Paint, text: &str| match line.as_bytes().first() {
            _ if is_head => paint.dim(text),
            Some(b'+') => paint.good(text),
            Some(b'-') => paint.bad(text),
            _ => text.to_owned(),
        };
        let number = format!("{} ", paint.dim(&format!("{number:>4}")));
        out.push_str(&paint.code(&number, line, ink));
    }
    writeln!(out)?;
    Ok(out)
}

/// All three questions. None where one was left, by `q` or because the input ended: half an answer is none.
fn answered(session: &Session<'_>, shown: &Shown<'_>) -> Result<Option<Answer>> {
    let ask = |question| session.answers.ask_or_leave(question);
    let said = loop {
        let Some(text) =
            ask("Would you let it in? [f]ine, or [u]nsafe? (q leaves, and is no answer)")?
        else {
            return Ok(None);
        };
        match text.to_ascii_lowercase().as_str() {
            "f" | "fine" | "safe" => break Twin::Safe,
            "u" | "unsafe" => break Twin::Unsafe,
            _ => {}
        }
    };
    let numbers = review::numbered(shown.diff()).into_iter();
    let last = numbers.filter_map(|(number, _)| number).max().unwrap_or(0);
    let line = loop {
        if said == Twin::Safe {
            break None;
        }
        let Some(text) = ask("Which line? Enter if you cannot name one:")? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(line) if (1..=last).contains(&line) => break Some(line),
            _ if text.is_empty() => break None,
            _ => output::write(
                format!("A number from 1 to {last}, please.\n").as_bytes(),
                None,
            )?,
        }
    };
    let sure = loop {
        let Some(text) = ask("How sure are you, from 50 (a coin) to 100?")? else {
            return Ok(None);
        };
        match text.trim_end_matches('%').trim().parse::<u8>() {
            Ok(sure @ 50..=100) => break Some(sure),
            _ if text.is_empty() => break None,
            _ => output::write(
                b"A number from 50 to 100, please, or Enter for none.\n",
                None,
            )?,
        }
    };
    Ok(Some(Answer { said, line, sure }))
}

fn told(
    session: &Session<'_>,
    shown: &Shown<'_>,
    answer: &Answer,
    right_line: Option<bool>,
) -> Result<String> {
    let paint = session.paint;
    let &Answer { said, sure, .. } = answer;
    let mut out = String::from("\n");
    let (right, what) = match (shown.twin, said) {
        (Twin::Unsafe, Twin::Unsafe) if right_line == Some(true) => {
            (true, format!("Right, it is unsafe: {}.", shown.cwe()))
        }
        (Twin::Unsafe, Twin::Unsafe) => (
            false,
            match answer.line {
                Some(_) => format!("It is unsafe, but elsewhere: {}.", shown.cwe()),
                None => format!("It is unsafe, but you did not name where: {}.", shown.cwe()),
            },
        ),
        (Twin::Safe, Twin::Safe) => (true, "Right, it is fine.".to_owned()),
        (Twin::Unsafe, Twin::Safe) => (false, format!("It is unsafe: {}.", shown.cwe())),
        (Twin::Safe, Twin::Unsafe) => (false, "It is fine.".to_owned()),
    };
    let mark = format!("{} ", paint.mark(Some(right)));
    out.push_str(&paint.hanging(&mark, &paint.bold(&what)));
    if shown.twin == Twin::Unsafe {
        let places: Vec<String> = shown
            .item
            .unsafe_twin
            .lines
            .iter()
            .map(|range| {
                if range.start == range.end {
                    format!("{}:{}", range.path, range.start)
                } else {
                    format!("{}:{}-{}", range.path, range.start, range.end)
                }
            })
            .collect();
        let named = match (right_line, answer.line) {
            (Some(true), Some(line)) if shown.is_exactly_at(line) => ", which you named".to_owned(),
            (Some(true), Some(line)) => format!("; you named line {line}, which is near enough"),
            (Some(false), Some(line)) => format!("; you named line {line}"),
            (Some(_) | None, _) => String::new(),
        };
        out.push_str(&paint.told(&format!("  At {}{named}.", places.join(", "))));
    }
    write!(out, "{}", paint.prose(shown.why()))?;
    match (right, sure) {
        (false, Some(sure)) if sure >= 80 => out.push_str(&paint.prose(&format!(
            "You were {sure} % sure. Worth a second look at what made you so: it may do so again."
        ))),
        (true, Some(sure)) if sure <= 60 => out.push_str(&paint.prose(&format!(
            "You were {sure} % sure and right: what you saw was enough."
        ))),
        _ => {}
    }
    // The other twin is the lesson.
    let other = match shown.twin {
        Twin::Unsafe => ("The safe way: ", &shown.item.safe_twin.why),
        Twin::Safe => ("Its unsafe twin: ", &shown.item.unsafe_twin.why),
    };
    write!(out, "{}", paint.prose(&format!("{}{}", other.0, other.1)))?;
    Ok(out)
}
