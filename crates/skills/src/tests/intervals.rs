//! Intervals of 80 % hold the truth in about 80 of 100 cases, where the model is right and where not.

use crate::simulation::{Coverage, World, coverage};

const PEOPLE: u32 = 400;

/// Three standard errors: people are independent of each other, the cells of one person are not.
fn holds(coverage: &Coverage, name: &str) {
    for (what, held, tolerance) in [
        ("practised", coverage.practised, 0.03),
        ("unpractised", coverage.unpractised, 0.03),
        ("overall", coverage.overall, 0.06),
    ] {
        let share = held.share();
        assert!(
            (share - 0.8).abs() <= tolerance,
            "{name}, {what}: {share:.3}"
        );
    }
}

#[test]
fn intervals_hold_as_often_as_they_say() {
    for answers in [5, 20, 60] {
        let coverage = coverage(&World::as_assumed(answers), PEOPLE, 1);
        holds(&coverage, &format!("{answers} answers"));
    }
}

#[test]
fn intervals_hold_after_many_answers_also_where_nothing_was_practised() {
    holds(&coverage(&World::as_assumed(200), PEOPLE, 2), "200 answers");
}

#[test]
fn intervals_hold_with_uncertain_items_with_drift_and_with_counts_of_findings() {
    let base = World::as_assumed(40);
    let uncertain = World {
        items_known: false,
        ..base
    };
    holds(&coverage(&uncertain, PEOPLE, 3), "uncertain items");
    let drift = World {
        days_between: 5,
        learning: true,
        ..base
    };
    holds(&coverage(&drift, PEOPLE, 4), "drift and learning");
    let counts = World {
        counts: 0.5,
        ..base
    };
    holds(&coverage(&counts, PEOPLE, 5), "counts of findings");
}

#[test]
fn intervals_bear_slips_guesses_and_some_answers_that_an_assistant_gave() {
    let world = World {
        slip: 0.05,
        guess: 0.05,
        solved_by_ai: 0.05,
        items_known: false,
        ..World::as_assumed(40)
    };
    let coverage = coverage(&world, PEOPLE, 6);
    for held in [coverage.practised, coverage.unpractised, coverage.overall] {
        assert!((0.70..=0.90).contains(&held.share()), "{coverage:?}");
    }
}
