//! People of the same skill come out the same, however they work.

use crate::decisions::Decisions;
use crate::evidence::Row;
use crate::simulation::{Group, Habit, Random, Truth, group, ninety_days};
use trueline_facts::skill::Ability;

use super::world::report;

const PEOPLE: usize = 300;

fn fair(name: &str, result: &Group) {
    assert!(result.bias.abs() < 0.1, "{name}: bias {:.3}", result.bias);
    let held = result.held.share();
    // Counts of findings weigh less than they would if people were as regular as the model: wide is right.
    assert!((0.76..=0.95).contains(&held), "{name}: {held:.3}");
}

#[test]
fn exposure_language_and_part_time_do_not_move_people_of_equal_skill() {
    let usual = Habit::usual();
    let habits = [
        ("usual", usual),
        (
            "twice the code",
            Habit {
                sites: 40.0,
                ..usual
            },
        ),
        (
            "ten times the code",
            Habit {
                sites: 200.0,
                ..usual
            },
        ),
        (
            "one language",
            Habit {
                one_language: true,
                ..usual
            },
        ),
        (
            "part time",
            Habit {
                part_time: 0.4,
                ..usual
            },
        ),
        (
            "no exercises",
            Habit {
                exercises: 0,
                sites: 60.0,
                ..usual
            },
        ),
    ];
    for (name, habit) in habits {
        fair(name, &group(&habit, PEOPLE, 11));
    }
}

#[test]
fn the_share_of_work_done_with_an_assistant_does_not_move_people_of_equal_skill() {
    for ai_share in [0.0, 0.3, 0.6, 0.9] {
        let habit = Habit {
            ai_share,
            exercises: 5,
            ..Habit::usual()
        };
        fair(
            &format!("{ai_share} with an assistant"),
            &group(&habit, PEOPLE, 12),
        );
    }
}

#[test]
fn a_scanner_that_sees_more_in_one_language_does_no_harm_only_because_it_is_corrected_for() {
    let blind = Habit {
        sites: 100.0,
        exercises: 0,
        detection: 0.9,
        detection_else: 0.3,
        one_language: true,
        ..Habit::usual()
    };
    let corrected = group(&blind, PEOPLE, 13);
    fair("corrected", &corrected);
    let uncorrected = group(
        &Habit {
            detection_known: false,
            ..blind
        },
        PEOPLE,
        13,
    );
    assert!(
        uncorrected.bias < -0.1,
        "without the correction people who write Python must look worse; bias {:.3}",
        uncorrected.bias
    );
    assert!(uncorrected.mean < corrected.mean - 0.1);
}

#[test]
fn after_ninety_days_people_are_in_about_the_right_order() {
    let habit = Habit {
        exercises: 5,
        sites: 60.0,
        ..Habit::usual()
    };
    let order = group(&habit, PEOPLE, 14).order;
    assert!(order >= 0.8, "{order:.3}");
}

#[test]
fn assisted_work_leaves_ones_own_skill_as_it_is_to_the_last_bit() {
    let mut random = Random::new(15);
    let truth = Truth::draw(&mut random);
    let habit = Habit {
        ai_share: 0.5,
        exercises: 6,
        ..Habit::usual()
    };
    let rows = ninety_days(&truth, &habit, &mut random);
    let own_work: Vec<Row> = rows
        .iter()
        .filter(|row| row.cell.ability == Ability::Unaided)
        .cloned()
        .collect();
    assert!(own_work.len() < rows.len());
    let of = |rows: &[Row]| {
        report(rows, &Decisions::default(), "2026-03-31")
            .abilities
            .into_iter()
            .find(|a| a.ability == Ability::Unaided)
    };
    assert_eq!(of(&rows), of(&own_work));
}
