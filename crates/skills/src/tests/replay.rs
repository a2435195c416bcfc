//! An estimate is a function of the rows that count and of the day, and of nothing else.

use crate::decisions::{Decisions, Event, What};
use crate::evidence::Row;
use crate::simulation::{Habit, Random, Truth, ninety_days};
use trueline_facts::skill::{RowState, Standing};

use super::world::{CELL, day, effect, exercise, profile_of, report};

fn rows() -> Vec<Row> {
    let mut random = Random::new(21);
    let truth = Truth::draw(&mut random);
    ninety_days(&truth, &Habit::usual(), &mut random)
}

#[test]
fn replay_is_identical_to_the_last_bit_whatever_the_order_of_the_rows() {
    let mut rows = rows();
    let one = profile_of(&rows, "2026-06-01");
    rows.reverse();
    let other = profile_of(&rows, "2026-06-01");
    assert!(one == other);
}

#[test]
fn the_order_of_the_same_day_hardly_matters() {
    let build = |names: [&str; 3]| {
        let mut all: Vec<Row> = (0..12)
            .map(|n| exercise(&format!("a{n:02}"), "2026-04-01", CELL, n % 3 > 0, 0))
            .collect();
        all.push(exercise(names[0], "2026-05-01", CELL, true, 0));
        all.push(exercise(names[1], "2026-05-01", CELL, false, 0));
        all.push(exercise(names[2], "2026-05-01", CELL, true, 1));
        let report = report(&all, &Decisions::default(), "2026-05-01");
        match &report.abilities[0].cells[0].standing {
            Standing::Estimated(interval) => interval.mean,
            Standing::NotEnoughEvidence { .. } => panic!("{report:?}"),
        }
    };
    let (one, other) = (build(["x", "y", "z"]), build(["z", "x", "y"]));
    assert!((one - other).abs() < 0.02, "{one} {other}");
}

#[test]
fn a_disputed_row_is_as_if_it_had_never_been() {
    let all = rows();
    let out = &all[7];
    let mut decisions = Decisions::default();
    let dispute = |row: &str| {
        Event::new(
            day("2026-05-01"),
            What::Dispute {
                row: row.to_owned(),
                reason: Some("somebody else's line".to_owned()),
            },
        )
    };
    decisions.apply(&dispute(out.id.as_str()));
    let without: Vec<Row> = all.iter().filter(|row| row.id != out.id).cloned().collect();
    let disputed = report(&all, &decisions, "2026-06-01");
    let never = report(&without, &Decisions::default(), "2026-06-01");
    assert_eq!(disputed.abilities, never.abilities);
    assert_eq!(disputed.evidence.disputed, 1);
    decisions.apply(&Event::new(
        day("2026-05-02"),
        What::Restore {
            row: out.id.as_str().to_owned(),
        },
    ));
    assert_eq!(
        report(&all, &decisions, "2026-06-01"),
        report(&all, &Decisions::default(), "2026-06-01")
    );
}

#[test]
fn every_change_lists_its_row_with_what_it_does() {
    use crate::attempts::Reading;
    use crate::disclose::{Own, reasons};

    let reading = Reading {
        rows: rows(),
        ..Reading::default()
    };
    let mut decisions = Decisions::default();
    let target = reading
        .rows
        .iter()
        .find(|row| row.observation().is_some())
        .unwrap();
    decisions.apply(&Event::new(
        day("2026-05-01"),
        What::Dispute {
            row: target.id.as_str().to_owned(),
            reason: None,
        },
    ));
    let me = super::world::me();
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day: day("2026-06-01"),
    };
    let profile = mine.profile();
    let why = reasons(&mine, &profile, &me, target.cell).unwrap();
    let of_cell = reading
        .rows
        .iter()
        .filter(|row| row.cell == target.cell)
        .count();
    assert_eq!(
        why.rows
            .iter()
            .filter(|row| row.cell == target.cell)
            .count(),
        of_cell
    );
    for row in &why.rows {
        let counts = row.state == RowState::Active;
        assert_eq!(row.effect.is_some(), counts, "{row:?}");
    }
    assert_eq!(
        why.rows
            .iter()
            .filter(|row| row.state == RowState::Disputed)
            .count(),
        1
    );
    let unaided = reading
        .rows
        .iter()
        .filter(|row| row.cell.ability == target.cell.ability);
    assert_eq!(why.rows.len() + why.others as usize, unaided.count());
}

#[test]
fn what_happens_after_the_day_is_not_known_on_it() {
    let mut all = rows();
    let before = profile_of(&all, "2026-02-01");
    all.push(exercise("later", "2026-02-02", CELL, true, 0));
    assert!(before == profile_of(&all, "2026-02-01"));
    assert!(before != profile_of(&all, "2026-02-03"));
}

#[test]
fn time_makes_an_old_skill_uncertain_again() {
    let all: Vec<Row> = (0..40)
        .map(|n| exercise(&format!("a{n:02}"), "2026-01-01", CELL, n % 4 > 0, 0))
        .collect();
    let on = |day: &str| {
        report(&all, &Decisions::default(), day).abilities[0].cells[0]
            .standing
            .clone()
    };
    let (Standing::Estimated(fresh), Standing::Estimated(later)) =
        (on("2026-01-01"), on("2026-07-01"))
    else {
        panic!("forty answers are enough");
    };
    assert!(later.high - later.low > fresh.high - fresh.low);
    assert!(matches!(
        on("2032-01-01"),
        Standing::NotEnoughEvidence { .. }
    ));
    assert!(effect(&all, "a00", CELL) < 0.0);
}
