//! `learn reveal`: after a try, the fixes that hold, why the tempting ones do not, and what there is to learn.

use anyhow::Result;
use trueline_facts::RepoPath;
use trueline_facts::attempt::{Attempt, AttemptOutcome};
use trueline_facts::learn::{LearnReveal, REVEAL_SCHEMA, RevealedFix, WrongFix};
use trueline_scenarios::Scenario;
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::folder;
use trueline_scenarios::learn::progress::Standing;

use super::exercise::{Exercise, find};
use super::{Records, Session, golden, work};
use crate::Ended;
use crate::arguments::ListFormat;
use crate::output;

pub(super) fn run(session: &Session<'_>, named: Option<&str>, format: ListFormat) -> Result<Ended> {
    let mut exercise = find(session, named)?;
    let scenario = &exercise.scenario;
    let of_it = |a: &&Attempt| a.scenario == scenario.id.as_str();
    let last = session.progress.attempts.iter().rev().find(of_it);
    let last = last.map_or(AttemptOutcome::Unknown, |attempt| attempt.outcome);
    let standing = session
        .progress
        .standing(scenario.id.as_str(), scenario.definition.version);
    if is_untried(session, &exercise, standing)? {
        return Err(LearnError::Cannot(format!(
            "try it once first: change something and run `trueline learn check {}`; what you find out by trying stays",
            exercise.folder.display()
        ))
        .into());
    }
    let revealed = revealed(scenario);
    let text = match format {
        ListFormat::Json => trueline_report::json::to_string(&revealed),
        ListFormat::Terminal => told(session, &revealed),
    };
    output::write(text.as_bytes(), None)?;
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

fn is_untried(session: &Session<'_>, exercise: &Exercise, standing: Standing) -> Result<bool> {
    Ok(match &session.records {
        Records::Kept => {
            standing == Standing::New
                && !exercise.state.revealed
                && exercise.state.recorded.is_none()
                && exercise.state.unrecorded() == 0
        }
        // Nothing is kept of tries: what was changed shows them.
        Records::Off { .. } => {
            let answer = folder::answer(&exercise.scenario, &exercise.folder)?;
            exercise.scenario.submission(&answer) == exercise.scenario.vulnerable()
        }
    })
}

fn revealed(scenario: &Scenario) -> LearnReveal {
    let before = scenario.vulnerable();
    let mut fixes = scenario.references().into_iter().map(|(name, reference)| {
        let diff = scenario.definition.editable.iter().map(|path| {
            let old = before.text(path).unwrap_or_default();
            let new = reference.text(path).unwrap_or_default();
            trueline_report::diff::unified(&RepoPath::from_display(path), &old, &new)
        });
        RevealedFix {
            name,
            diff: diff.collect(),
        }
    });
    let wrong_fixes = scenario.definition.distractors.iter().filter_map(|wrong| {
        Some(WrongFix {
            name: wrong.name.clone(),
            why: scenario.why(&wrong.name)?,
        })
    });
    LearnReveal {
        schema: REVEAL_SCHEMA.to_owned(),
        exercise: scenario.id.as_str().to_owned(),
        fix: fixes.next(),
        other_fixes: fixes.collect(),
        wrong_fixes: wrong_fixes.collect(),
        debrief: scenario.text("debrief"),
        scan: golden::told(scenario),
    }
}

fn told(session: &Session<'_>, revealed: &LearnReveal) -> String {
    let paint = session.paint;
    let mut out = String::new();
    let others = revealed.other_fixes.iter().map(|fix| ("Another fix", fix));
    let first = revealed.fix.iter().map(|fix| ("A fix", fix));
    for (which, RevealedFix { name, diff }) in first.chain(others) {
        out.push_str(&paint.bold(&format!("{which} that holds ({name})")));
        out.push('\n');
        out.push_str(diff);
        out.push('\n');
    }
    for WrongFix { name, why } in &revealed.wrong_fixes {
        out.push_str(&paint.told(&paint.bold(&format!("Why not: {name}"))));
        out.push_str(&paint.prose(&without_first_title(why)));
        out.push('\n');
    }
    if let Some(debrief) = &revealed.debrief {
        out.push_str(&paint.prose(debrief));
        out.push('\n');
        out.push_str(&paint.prose(&revealed.scan));
    }
    out
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

#[cfg(test)]
mod tests {
    use trueline_scenarios::Catalogue;

    use super::*;

    #[test]
    fn every_fix_that_holds_is_shown_with_what_it_changes() {
        for scenario in Catalogue::builtin().scenarios() {
            let revealed = revealed(scenario);
            let fixes = revealed.fix.iter().chain(&revealed.other_fixes);
            let shown: Vec<&str> = fixes
                .map(|fix| {
                    assert!(
                        fix.diff.contains("\n+"),
                        "{}: {}",
                        revealed.exercise,
                        fix.name
                    );
                    fix.name.as_str()
                })
                .collect();
            let references = scenario.references();
            let wanted: Vec<&str> = references.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(shown, wanted, "{}", revealed.exercise);
            // A debrief names a fix as it is shown.
            let debrief = revealed.debrief.unwrap_or_default();
            for named in debrief
                .split('`')
                .filter(|word| word.starts_with("reference"))
            {
                assert!(shown.contains(&named), "{}: {named}", revealed.exercise);
            }
            assert!(!debrief.contains("eference fix"), "{}", revealed.exercise);
        }
    }
}
