//! What is known without a row is, to the last bit, what replaying all the others gives.

use std::collections::BTreeSet;

use trueline_facts::skill::{Ability, Cell, Language, WeaknessClass};

use crate::day::Day;
use crate::evidence::{Row, RowId};
use crate::folded::Folded;
use crate::profile::Profile;
use crate::tests::world::{CELL, day, exercise, sites};
use crate::without::means;

/// What some months of work leave: answers and counts of four skills, several on a day.
fn months(seed: u64, rows: usize) -> Vec<Row> {
    let mut state = seed;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..rows)
        .map(|number| {
            let cell = Cell {
                language: [Language::Python, Language::Go][draw(2) as usize],
                class: [WeaknessClass::Injection, WeaknessClass::Secrets][draw(2) as usize],
                ..CELL
            };
            let on = format!("2026-{:02}-{:02}", 1 + draw(4), 1 + draw(28));
            // Ids are no order of time.
            let id = format!("{:04}-{number}", draw(10_000));
            match draw(3) {
                0 => sites(&id, &on, cell, 1.0 + draw(9) as f64, draw(2) as u32),
                1 => exercise(&id, &on, cell, draw(2) == 0, draw(3) as u32),
                _ => sites(&id, &on, cell, 0.0, 0),
            }
        })
        .collect()
}

fn by_replaying(folded: &Folded, rows: &[Row], left_out: &RowId, on: Day) -> f64 {
    let without = BTreeSet::from([left_out]);
    Profile::resume(folded, rows, &without, on)
        .belief(CELL)
        .mean
}

#[test]
fn what_is_known_without_a_row_is_to_the_last_bit_what_the_others_replay_to() {
    let past = Profile::replay(&months(99, 30), &BTreeSet::new(), day("2026-01-01"));
    let folded = Folded {
        skills: past.into_parts().0,
        ..Folded::default()
    };
    let on = day("2026-06-01");
    let mut changed = 0;
    for seed in 0..20 {
        let rows = months(seed, 5 + 4 * seed as usize);
        for folded in [&Folded::default(), &folded] {
            let all = Profile::resume(folded, &rows, &BTreeSet::new(), on);
            let means = means(folded, &rows, CELL, on);
            for row in &rows {
                let wanted = by_replaying(folded, &rows, &row.id, on);
                let Some(mean) = means.get(&row.id) else {
                    assert!(row.observation().is_none(), "{row:?}");
                    continue;
                };
                assert_eq!(mean.to_bits(), wanted.to_bits(), "{seed} {row:?}");
                changed += u32::from(wanted.to_bits() != all.belief(CELL).mean.to_bits());
            }
        }
    }
    assert!(changed > 500, "{changed}");
}

#[test]
fn the_only_row_leaves_what_is_known_of_anybody() {
    let rows = [exercise("a", "2026-02-01", CELL, true, 0)];
    let means = means(&Folded::default(), &rows, CELL, day("2026-06-01"));
    assert_eq!(means.get(&rows[0].id), Some(&0.0));
    assert_eq!(CELL.ability, Ability::Unaided);
}
