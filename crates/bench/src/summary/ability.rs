//! The skill of an assistant, by the model of `skills`: the same items, the same scale as people's.
//!
//! A mended scenario is an exercise solved at the first try, without hints; an answered review item is an answer. As with
//! people, a program that no longer works and an exploit that could not be judged say nothing about the weakness. Several
//! samples of one item together count as one answer, and an assistant learns nothing from its samples.

use std::collections::BTreeMap;

use trueline_facts::attempt::Twin;
use trueline_facts::bench::{AbilityCell, AbilityResult, AssistantAbility};
use trueline_facts::skill::{Language, WeaknessClass};
use trueline_skills::assistant::Assistant;
use trueline_skills::items::Item;
use trueline_skills::likelihood::{Observation, Seen, Weight};

use super::code::{Ended, ended};
use super::review::scored;
use super::{Sample, Samples};

/// Chance of a right answer to a safe twin by who cannot tell, in logits: as with people.
const GUESS: f64 = trueline_skills::evidence::GUESS;

/// What an answer to a review is worth, beside a mended program: as with people.
const REVIEW: f64 = 0.5;

/// One sample that is evidence.
struct Answer<'s> {
    item: &'s str,
    cell: (Language, WeaknessClass),
    easier: f64,
    difficulty: f64,
    success: bool,
}

pub(super) fn mending(samples: &Samples<'_>) -> Option<AbilityResult> {
    let answer = |sample| {
        let success = match ended(sample) {
            Ended::Blocked => true,
            Ended::Exploited => false,
            Ended::Unproven | Ended::FunctionalFail | Ended::NoAnswer => return None,
        };
        Some(Answer {
            item: sample.scenario.id.as_str(),
            cell: cell(sample)?,
            easier: 0.0,
            difficulty: sample.scenario.definition.difficulty,
            success,
        })
    };
    let answers: Vec<Answer<'_>> = samples.counted.iter().filter_map(answer).collect();
    result(AssistantAbility::Mending, 1.0, &answers)
}

pub(super) fn reviewing(samples: &Samples<'_>) -> Option<AbilityResult> {
    let answer = |sample| {
        let scored = scored(sample)?;
        scored.flags?;
        Some(Answer {
            item: sample.record.task.as_str(),
            cell: cell(sample)?,
            // Who calls everything unsafe is right on each unsafe twin: there the line counts too.
            easier: if scored.twin == Twin::Safe {
                GUESS
            } else {
                0.0
            },
            difficulty: sample.scenario.definition.difficulty,
            success: scored.right(),
        })
    };
    let answers: Vec<Answer<'_>> = samples.counted.iter().filter_map(answer).collect();
    result(AssistantAbility::Reviewing, REVIEW, &answers)
}

fn cell(sample: &Sample<'_>) -> Option<(Language, WeaknessClass)> {
    let definition = &sample.scenario.definition;
    Some((
        definition.language.word().parse().ok()?,
        definition.class.word().parse().ok()?,
    ))
}

fn result(ability: AssistantAbility, worth: f64, answers: &[Answer<'_>]) -> Option<AbilityResult> {
    if answers.is_empty() {
        return None;
    }
    let mut of_item: BTreeMap<&str, u32> = BTreeMap::new();
    for answer in answers {
        *of_item.entry(answer.item).or_default() += 1;
    }
    let mut assistant = Assistant::default();
    let mut cells: BTreeMap<(Language, WeaknessClass), u64> = BTreeMap::new();
    for answer in answers {
        let samples = of_item.get(answer.item).copied().unwrap_or(1);
        let mut item = Item::from_difficulty(answer.difficulty);
        item.easiness += answer.easier;
        let observation = Observation {
            seen: Seen::Answer {
                success: answer.success,
            },
            weight: Weight::new(worth / f64::from(samples)).unwrap_or(Weight::FULL),
        };
        assistant.observe(answer.cell, item, &observation);
        *cells.entry(answer.cell).or_default() += 1;
    }
    Some(AbilityResult {
        ability,
        overall: assistant.overall(),
        cells: cells
            .into_iter()
            .map(|((language, class), samples)| AbilityCell {
                language,
                class,
                standing: assistant.cell(language, class),
                samples,
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use trueline_facts::skill::{Interval, Standing};

    use super::*;

    fn standing_of(items: u32, samples: u32, success: bool) -> Standing {
        let names: Vec<String> = (0..items).map(|n| n.to_string()).collect();
        let answers: Vec<Answer<'_>> = names
            .iter()
            .flat_map(|item| (0..samples).map(move |_| item))
            .map(|item| Answer {
                item,
                cell: (Language::Python, WeaknessClass::Injection),
                easier: 0.0,
                difficulty: 0.0,
                success,
            })
            .collect();
        let result = result(AssistantAbility::Mending, 1.0, &answers);
        result.map_or_else(
            || unreachable!("there are answers"),
            |result| result.cells[0].standing.clone(),
        )
    }

    fn interval(standing: Standing) -> Interval {
        match standing {
            Standing::Estimated(interval) => interval,
            Standing::NotEnoughEvidence { .. } => unreachable!("{standing:?}"),
        }
    }

    #[test]
    fn who_always_mends_stands_above_who_never_does() {
        let (good, bad) = (
            interval(standing_of(40, 1, true)),
            interval(standing_of(40, 1, false)),
        );
        assert!(
            good.chance_low > 0.6 && bad.chance_high < 0.4,
            "{good:?} {bad:?}"
        );
    }

    #[test]
    fn samples_of_one_item_are_together_one_answer() {
        let (once, often) = (standing_of(30, 1, true), standing_of(30, 5, true));
        let (once, often) = (interval(once), interval(often));
        assert!((once.mean - often.mean).abs() < 0.05, "{once:?} {often:?}");
        assert!(matches!(
            standing_of(1, 200, true),
            Standing::NotEnoughEvidence { .. }
        ));
    }
}
