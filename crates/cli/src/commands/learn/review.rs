//! `learn review`: a diff of an assistant's; is it unsafe, where, how sure?

use std::fmt::Write as _;

use anyhow::Result;
use trueline_facts::attempt::{
    self, Aid, AidBasis, Attempt, AttemptKind, AttemptOutcome, Reviewed, Trigger, Twin,
};
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::progress::new_id;
use trueline_scenarios::learn::review::{self, Shown};
use trueline_scenarios::run::random_seed;

use super::answers::somebody_is_there;
use super::work::told_by;
use super::{Records, Session};
use crate::Ended;
use crate::arguments::AidArgument;
use crate::output;

pub(super) fn run(session: &Session<'_>, id: Option<&str>, seed: Option<u64>) -> Result<Ended> {
    let seed = seed.unwrap_or_else(random_seed);
    let shown =
        review::choose(&session.catalogue, &session.progress, id, seed).ok_or_else(|| {
            LearnError::Cannot(match id {
                Some(id) => format!("there is no review item `{id}`; without an id one is chosen"),
                None => "there are no review items".to_owned(),
            })
        })?;
    output::write(question(session, &shown)?.as_bytes(), None)?;
    let Some(said) = said(session)? else {
        output::write(b"No answer: nothing was written down.\n", None)?;
        return Ok(Ended::Pass);
    };
    let line = match said {
        Twin::Unsafe => line(session, &shown)?,
        Twin::Safe => None,
    };
    let sure = sure(session)?;
    let right_line = (said == Twin::Unsafe && shown.twin == Twin::Unsafe)
        .then(|| line.is_some_and(|line| shown.is_at(line)));
    // Who calls everything unsafe would be right on each unsafe twin: the line counts too.
    let right = said == shown.twin && right_line != Some(false);
    output::write(
        answer(session, &shown, said, right_line, sure)?.as_bytes(),
        None,
    )?;
    let item = shown.item;
    let attempt = Attempt {
        schema: attempt::SCHEMA.to_owned(),
        id: new_id(),
        day: session.day.clone(),
        kind: AttemptKind::Review,
        scenario: item.id.clone(),
        version: shown.scenario.definition.version,
        language: item.language.word().to_owned(),
        class: item.class.word().to_owned(),
        cwe: vec![shown.cwe()],
        outcome: if right {
            AttemptOutcome::Right
        } else {
            AttemptOutcome::Wrong
        },
        hints: 0,
        attempt_number: session
            .progress
            .next_number(&item.id, shown.scenario.definition.version),
        unrecorded: 0,
        aid: session.review_aid.get(),
        aid_basis: AidBasis::Told,
        trigger: Trigger::Check,
        seed,
        sure,
        revealed: session.progress.times(&item.id) > 0,
        difficulty: shown.scenario.definition.difficulty,
        practice: false,
        reviewed: Some(Reviewed {
            shown: shown.twin,
            said,
            right_line,
        }),
        sites: None,
        ai_lines: None,
        caught: None,
    };
    session.append(&attempt)?;
    output::write(session.not_recorded().as_bytes(), None)?;
    Ok(Ended::Pass)
}

/// Whether an assistant helps with a review: as was said, or asked before anything is shown, so that what comes of it
/// does not decide the answer.
pub(super) fn aid(session: &Session<'_>, said: Option<AidArgument>) -> Result<Aid> {
    const QUESTION: &str = "Does an assistant help you with this review? Both are fine, your own eye moves only by your own. [n]o, [y]es, Enter for no answer:";
    match said {
        Some(aid) => return Ok(told_by(aid)),
        None if session.records != Records::Kept || !somebody_is_there() => {
            return Ok(Aid::Unknown);
        }
        None => {}
    }
    loop {
        let answer = session.answers.ask(QUESTION)?.unwrap_or_default();
        match answer.to_ascii_lowercase().as_str() {
            "n" | "no" => return Ok(Aid::Unaided),
            "y" | "yes" => return Ok(Aid::Assisted),
            "" => return Ok(Aid::Unknown),
            _ => {}
        }
    }
}

fn question(session: &Session<'_>, shown: &Shown<'_>) -> Result<String> {
    let paint = session.paint;
    let item = shown.item;
    let mut out = String::new();
    writeln!(out, "{} ({})", paint.bold(&item.title), item.id)?;
    writeln!(out, "Somebody asked an assistant: {}", item.asked.trim())?;
    writeln!(out, "It proposes this change:\n")?;
    for (number, line) in review::numbered(shown.diff()) {
        let number = number.map_or(String::new(), |n| n.to_string());
        let text = if line.starts_with('+') && !line.starts_with("+++") {
            paint.good(line)
        } else if line.starts_with('-') && !line.starts_with("---") {
            paint.bad(line)
        } else if line.starts_with("@@") || line.starts_with("+++") || line.starts_with("---") {
            paint.dim(line)
        } else {
            line.to_owned()
        };
        writeln!(out, "{} {text}", paint.dim(&format!("{number:>4}")))?;
    }
    writeln!(out)?;
    Ok(out)
}

/// None when the input ends: nothing was answered, nothing is written down.
fn said(session: &Session<'_>) -> Result<Option<Twin>> {
    loop {
        let Some(answer) = session
            .answers
            .ask("Would you let it in? [f]ine, or [u]nsafe?")?
        else {
            return Ok(None);
        };
        match answer.to_ascii_lowercase().as_str() {
            "f" | "fine" | "safe" => return Ok(Some(Twin::Safe)),
            "u" | "unsafe" => return Ok(Some(Twin::Unsafe)),
            _ => {}
        }
    }
}

fn line(session: &Session<'_>, shown: &Shown<'_>) -> Result<Option<u32>> {
    let numbers = review::numbered(shown.diff()).into_iter();
    let last = numbers.filter_map(|(number, _)| number).max().unwrap_or(0);
    loop {
        let Some(answer) = session.answers.ask("Which line?")? else {
            return Ok(None);
        };
        match answer.parse() {
            Ok(line) if (1..=last).contains(&line) => return Ok(Some(line)),
            _ if answer.is_empty() => return Ok(None),
            _ => output::write(
                format!("A number from 1 to {last}, please.\n").as_bytes(),
                None,
            )?,
        }
    }
}

fn sure(session: &Session<'_>) -> Result<Option<u8>> {
    loop {
        let Some(answer) = session
            .answers
            .ask("How sure are you, from 50 (a coin) to 100?")?
        else {
            return Ok(None);
        };
        match answer.trim_end_matches('%').trim().parse::<u8>() {
            Ok(sure @ 50..=100) => return Ok(Some(sure)),
            _ if answer.is_empty() => return Ok(None),
            _ => output::write(
                b"A number from 50 to 100, please, or Enter for none.\n",
                None,
            )?,
        }
    }
}

fn answer(
    session: &Session<'_>,
    shown: &Shown<'_>,
    said: Twin,
    right_line: Option<bool>,
    sure: Option<u8>,
) -> Result<String> {
    let paint = session.paint;
    let mut out = String::from("\n");
    let (right, what) = match (shown.twin, said) {
        (Twin::Unsafe, Twin::Unsafe) if right_line == Some(true) => {
            (true, format!("Right, it is unsafe: {}.", shown.cwe()))
        }
        (Twin::Unsafe, Twin::Unsafe) => (
            false,
            format!("It is unsafe, but you did not name where: {}.", shown.cwe()),
        ),
        (Twin::Safe, Twin::Safe) => (true, "Right, it is fine.".to_owned()),
        (Twin::Unsafe, Twin::Safe) => (false, format!("It is unsafe: {}.", shown.cwe())),
        (Twin::Safe, Twin::Unsafe) => (false, "It is fine.".to_owned()),
    };
    writeln!(out, "{} {}", paint.mark(Some(right)), paint.bold(&what))?;
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
        let named = match right_line {
            Some(true) => ", which you named",
            Some(false) | None => "",
        };
        writeln!(out, "  At {}{named}.", places.join(", "))?;
    }
    write!(out, "{}", paint.prose(shown.why()))?;
    match (right, sure) {
        (false, Some(sure)) if sure >= 80 => writeln!(
            out,
            "You were {sure} % sure. Worth a second look at what made you so: it will mislead you again."
        )?,
        (true, Some(sure)) if sure <= 60 => {
            writeln!(
                out,
                "You were {sure} % sure and right: what you saw was enough."
            )?;
        }
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
