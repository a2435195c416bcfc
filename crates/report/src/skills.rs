//! The words of a skill profile, the same in the terminal and on the page.

use std::fmt::Write as _;

use trueline_facts::skill::{
    Ability, Certainty, CertaintyVerdict, FoldedEvidence, Interval, PractiseReason, Reliance,
    SkillsReport, Standing, Suggestion,
};

use crate::words;

/// Who reads it, in the first line of every profile.
pub(crate) const PRIVATE: &str = "Only you see this. It stays on this machine.";

/// What the numbers are.
pub(crate) const SCALE: &str = "How to read it: a line shows where your chance to solve a middling exercise at the first try most likely is; in four of five cases it is within. Nothing is drawn below four answers: one with hints, at a later try or with help unknown counts as a part of one.";

/// What the numbers of one skill are, for somebody who sees nothing else.
pub(crate) const SHARED_SCALE: &str = "How to read it: the line shows where the chance to solve a middling exercise of this kind at the first try most likely is; in four of five cases it is within. It is an estimate with its uncertainty, no mark and no rank.";

/// What is said of lines of an assistant.
pub(crate) const ACCEPTED: &str = "Lines of an assistant where something could have gone wrong";

/// What "accepted as written" means.
pub(crate) const ACCEPTED_WHAT: &str = "Counted are lines in changes of yours that the gate let through. \"As written\" means that no person is known to have edited the passage. That may be right; `trueline learn review` trains to see when it is not.";

/// `31 of 40`; nothing where an assistant wrote no such line.
pub(crate) fn accepted(one: &Reliance) -> Option<String> {
    (one.ai_lines > 0).then(|| {
        format!(
            "{} of {}",
            words::count(one.as_written),
            words::count(one.ai_lines)
        )
    })
}

/// What all cells of an ability share.
pub(crate) const OVERALL: &str = "all together";
/// Over the intervals.
pub(crate) const LIKELY: &str = "likely";
/// Over the numbers of pieces of evidence.
pub(crate) const EVIDENCE: &str = "evidence";
/// Over the days on which something is due.
pub(crate) const AGAIN: &str = "again on";
/// Over the days of the latest evidence, where there is room for them.
pub(crate) const LATEST: &str = "latest";
/// Above what to practise.
pub(crate) const PRACTISE: &str = "What to practise next: an offer, the most useful first";
/// Above how certainty holds.
pub(crate) const SURE: &str = "How sure you are, and how right";
/// Above who practised how.
pub(crate) const RELIANCE: &str = "Practice by yourself and with an assistant";
/// What it says and what it does not.
pub(crate) const RELIANCE_WHAT: &str = "Both are fine: they train different things. Of a class that you have only practised with an assistant this page cannot say how you do by yourself.";
/// The columns of it.
pub(crate) const HELP: [&str; 3] = ["by yourself", "with an assistant", "not said"];
/// Over the lines of an assistant.
pub(crate) const AS_WRITTEN: &str = "accepted as written";
/// Above tries that do not count.
pub(crate) const ASIDE: &str = "Tries that do not count, and why";
/// What can be done about a skill, with marks of code.
pub(crate) const COMMANDS: &str = "`trueline skills why python/injection` lists what moved a skill; `trueline skills dispute ID` takes a piece of evidence out.";

pub(crate) const fn ability(ability: Ability) -> &'static str {
    match ability {
        Ability::Unaided => "By yourself",
        Ability::Directing => "With an assistant",
        Ability::Reviewing => "Reviewing",
    }
}

/// `12 pieces of evidence, 1 disputed`.
pub(crate) fn evidence(report: &SkillsReport) -> String {
    let counted = report.evidence.counted;
    let mut text = match counted {
        0 => "no evidence yet".to_owned(),
        1 => "1 piece of evidence".to_owned(),
        n => format!("{} pieces of evidence", words::count(n)),
    };
    if report.evidence.disputed > 0 {
        let _ = write!(
            text,
            ", {} disputed",
            words::count(report.evidence.disputed)
        );
    }
    text
}

/// What is said of evidence that is past its time.
pub(crate) fn folded(folded: &FoldedEvidence) -> String {
    format!(
        "{} up to {} are past their time: they count, and can no longer be listed or disputed.",
        words::counted(folded.records, "record"),
        folded.through
    )
}

/// `41–67 %`: the chance to solve a reference exercise at the first try, as an 80 % interval.
pub(crate) fn interval(interval: &Interval, unicode: bool) -> String {
    let dash = if unicode { '–' } else { '-' };
    let (low, high) = (percent(interval.chance_low), percent(interval.chance_high));
    format!("{low}{dash}{high} %")
}

/// Never 0 or 100: no interval ends there.
fn percent(share: f64) -> String {
    format!("{:.0}", (share * 100.0).clamp(1.0, 99.0))
}

pub(crate) fn standing(standing: &Standing, unicode: bool) -> String {
    match standing {
        Standing::Estimated(i) => interval(i, unicode),
        Standing::NotEnoughEvidence {
            effective_answers,
            needed,
        } => format!("not enough evidence ({effective_answers:.1} of {needed:.0})"),
    }
}

/// How much a piece of evidence counts.
pub(crate) fn weight(weight: f64) -> String {
    if weight >= 0.995 {
        "counts in full".to_owned()
    } else if (weight - 0.5).abs() < 0.005 {
        "counts half".to_owned()
    } else {
        format!("counts {:.0} %", weight * 100.0)
    }
}

/// Why something should be practised.
pub(crate) fn reason(reason: &PractiseReason) -> String {
    match reason {
        PractiseReason::Next { why } => words::visible(why).into_owned(),
        PractiseReason::Findings { findings } => {
            format!(
                "{} of this kind in the scan",
                words::counted(*findings, "finding")
            )
        }
        PractiseReason::Due {
            day,
            retrievability,
        } => format!(
            "due since {day} (chance that you still have it: {:.0} %)",
            retrievability * 100.0
        ),
        PractiseReason::RoomToGrow { chance } => {
            format!(
                "chance to solve a middling exercise: {:.0} %",
                chance * 100.0
            )
        }
        PractiseReason::LittleEvidence => "little tried here yet".to_owned(),
    }
}

/// The reasons, and the exercise with the command that starts it, if it runs here.
pub(crate) fn suggestion(suggestion: &Suggestion) -> (String, Option<String>) {
    let mut text = reasons(suggestion);
    if let (Some(missing), Some(exercise)) = (&suggestion.missing, &suggestion.exercise) {
        let _ = write!(
            text,
            "; not on this machine yet: {} for `{}`",
            words::visible(missing),
            words::visible(exercise)
        );
        return (text, None);
    }
    if let Some(chance) = suggestion.chance {
        // Where hardly anything was tried the number is what is assumed of everybody.
        let little = suggestion
            .reasons
            .iter()
            .any(|reason| matches!(reason, PractiseReason::LittleEvidence));
        let what = if little {
            "chance to solve the exercise below, a guess until more is tried"
        } else {
            "chance to solve the exercise below"
        };
        let _ = write!(text, "; {what}: {:.0} %", chance * 100.0);
    }
    let command = suggestion
        .exercise
        .as_ref()
        .map(|exercise| format!("trueline learn start {}", words::visible(exercise)));
    (text, command)
}

pub(crate) fn reasons(suggestion: &Suggestion) -> String {
    let reasons: Vec<String> = suggestion.reasons.iter().map(reason).collect();
    reasons.join("; ")
}

/// What certainty comes to, in one sentence.
pub(crate) fn certainty(certainty: &Certainty) -> String {
    let (Some(sure), Some(brier)) = (certainty.sure, certainty.brier) else {
        return "no review answer has said how sure you were".to_owned();
    };
    let facts = format!(
        "{}: you were {:.0} % sure on average, and {} were right ({}); mean squared error {brier:.2}, a coin's 0.25",
        words::counted(certainty.answers, "answer"),
        sure * 100.0,
        words::of(&certainty.right),
        words::interval(&certainty.right, true),
    );
    let verdict = match certainty.verdict {
        CertaintyVerdict::NotEnoughEvidence => "too few to say whether that holds",
        CertaintyVerdict::Holds => "what you say holds",
        CertaintyVerdict::TooSure => "surer than right: look once more before you approve",
        CertaintyVerdict::TooUnsure => "righter than sure: trust your eye more",
    };
    format!("{facts}. {}{}", verdict[..1].to_uppercase(), &verdict[1..])
}
