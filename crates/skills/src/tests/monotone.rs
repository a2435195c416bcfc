//! A success never lowers, a failure never raises; hints are never a penalty; clean code never hurts.

use crate::decisions::Decisions;
use crate::evidence::Row;
use proptest::prelude::*;
use trueline_facts::skill::{Ability, Cell, Language, Standing, WeaknessClass};

use super::world::{CELL, effect, exercise, report, sites};

fn cell() -> impl Strategy<Value = Cell> {
    (0..3_usize, 0..4_usize).prop_map(|(language, class)| Cell {
        ability: Ability::Unaided,
        language: Language::ALL[language],
        class: WeaknessClass::ALL[class],
    })
}

fn past() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(
        (cell(), any::<bool>(), 0..3_u32, any::<bool>(), 0..9_u32),
        0..25,
    )
    .prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (cell, solved, hints, code, found))| {
                let (id, on) = (format!("p{n:03}"), format!("2026-04-{:02}", n + 1));
                if code {
                    sites(&id, &on, cell, 30.0, found)
                } else {
                    exercise(&id, &on, cell, solved, hints)
                }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_success_never_lowers_and_a_failure_never_raises_the_practised_cell(
        mut rows in past(), hints in 0..4_u32
    ) {
        rows.push(exercise("zz", "2026-05-01", CELL, true, hints));
        prop_assert!(effect(&rows, "zz", CELL) >= 0.0);
        rows.pop();
        rows.push(exercise("zz", "2026-05-01", CELL, false, hints));
        prop_assert!(effect(&rows, "zz", CELL) <= 0.0);
    }

    #[test]
    fn a_hint_takes_from_what_a_success_gives_and_never_more(mut rows in past()) {
        let mut gains = Vec::new();
        for hints in 0..4 {
            rows.push(exercise("zz", "2026-05-01", CELL, true, hints));
            gains.push(effect(&rows, "zz", CELL));
            rows.pop();
        }
        prop_assert!(gains.windows(2).all(|pair| pair[0] >= pair[1]), "{:?}", gains);
        prop_assert!(gains[3] >= 0.0);
    }

    #[test]
    fn more_code_without_findings_never_lowers(mut rows in past(), few in 1.0..20.0_f64, more in 0.0..200.0_f64) {
        let mut gains = Vec::new();
        for exposed in [few, few + more] {
            rows.push(sites("zz", "2026-05-01", CELL, exposed, 0));
            gains.push(effect(&rows, "zz", CELL));
            rows.pop();
        }
        prop_assert!(0.0 <= gains[0] && gains[0] <= gains[1] + 0.001, "{:?}", gains);
    }
}

#[test]
fn findings_and_safe_places_told_apart_say_what_one_count_of_both_says() {
    let mean = |rows: &[Row]| {
        let report = report(rows, &Decisions::default(), "2026-06-01");
        match &report.abilities[0].cells[0].standing {
            Standing::Estimated(interval) => (interval.mean, interval.high - interval.low),
            standing @ Standing::NotEnoughEvidence { .. } => panic!("{standing:?}"),
        }
    };
    let together = mean(&[sites("a", "2026-05-01", CELL, 600.0, 12)]);
    let mut rows = vec![sites("a", "2026-05-01", CELL, 588.0, 0)];
    rows.extend((0..12).map(|n| sites(&format!("b{n:02}"), "2026-05-01", CELL, 1.0, 1)));
    let apart = mean(&rows);
    assert!((together.0 - apart.0).abs() < 0.1, "{together:?} {apart:?}");
    assert!((together.1 - apart.1).abs() < 0.1, "{together:?} {apart:?}");
}
