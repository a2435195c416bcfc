//! What looks like skill without being it moves little or nothing.

use crate::decisions::Decisions;
use crate::evidence::{Happened, Row, RowId};
use trueline_facts::attempt::{Aid, AidBasis};
use trueline_facts::skill::{Ability, Standing};

use super::world::{CELL, exercise, record, records, report, sites};

fn mean(rows: &[Row]) -> f64 {
    let report = report(rows, &Decisions::default(), "2026-06-01");
    let cell = report
        .abilities
        .iter()
        .find(|a| a.ability == Ability::Unaided)
        .and_then(|a| a.cells.iter().find(|c| c.cell == CELL).cloned())
        .unwrap();
    match cell.standing {
        Standing::Estimated(interval) => interval.mean,
        Standing::NotEnoughEvidence { .. } => panic!("too little evidence in {cell:?}"),
    }
}

fn some() -> Vec<Row> {
    (0..20)
        .map(|n| exercise(&format!("a{n:03}"), "2026-05-01", CELL, n % 2 == 0, 0))
        .collect()
}

#[test]
fn doing_the_same_exercise_again_adds_nothing() {
    let lines: Vec<String> = (0..50)
        .map(|n| {
            record(
                &format!("{n:016x}"),
                &format!(r#"{{"attempt_number": {}}}"#, n + 1),
            )
        })
        .collect();
    assert_eq!(records(&lines).rows.len(), 1);
}

#[test]
fn an_exercise_whose_solution_was_shown_adds_nothing() {
    let lines = [
        record("01", r#"{"outcome": "exploited"}"#),
        record("02", r#"{"attempt_number": 2, "revealed": true}"#),
        record("03", r#"{"attempt_number": 3}"#),
    ];
    let reading = records(&lines);
    assert_eq!(reading.rows.len(), 1);
    assert!(matches!(
        reading.rows[0].happened,
        Happened::Exercise { solved: false, .. }
    ));
}

#[test]
fn very_easy_exercises_hardly_move_a_skill() {
    let mut rows = some();
    let before = mean(&rows);
    for n in 0..50 {
        let mut row = exercise(&format!("b{n:03}"), "2026-05-02", CELL, true, 0);
        if let Happened::Exercise { difficulty, .. } = &mut row.happened {
            *difficulty = -6.0;
        }
        rows.push(row);
    }
    let fair = {
        let mut rows = some();
        rows.extend((0..50).map(|n| exercise(&format!("b{n:03}"), "2026-05-02", CELL, true, 0)));
        mean(&rows)
    };
    let gain = mean(&rows) - before;
    assert!(
        gain < (fair - before) / 2.0,
        "gain {gain:.3} of {:.3}",
        fair - before
    );
}

#[test]
fn a_hundred_trivial_fixes_gain_less_than_a_logit() {
    let mut rows = some();
    let before = mean(&rows);
    rows.extend((0..100).map(|n| Row {
        id: RowId::new(&format!("c{n:03}")),
        day: "2026-05-03".parse().unwrap(),
        cell: CELL,
        happened: Happened::Fix {
            finding: format!("fingerprint-{n}"),
        },
        aid: Aid::Unaided,
        aid_basis: AidBasis::Told,
    }));
    let gain = mean(&rows) - before;
    assert!((0.0..1.0).contains(&gain), "gain {gain:.3}");
}

#[test]
fn writing_no_code_at_all_or_splitting_it_gains_nothing() {
    let base = some();
    let before = mean(&base);
    let mut none = base.clone();
    none.push(sites("d000", "2026-05-04", CELL, 0.5, 0));
    assert!((mean(&none) - before).abs() < 1e-9);
    let mut whole = base.clone();
    whole.push(sites("d000", "2026-05-04", CELL, 40.0, 1));
    let mut split = base;
    split.push(sites("d000", "2026-05-04", CELL, 2.0, 1));
    split.extend((1..20).map(|n| sites(&format!("d{n:03}"), "2026-05-04", CELL, 2.0, 0)));
    assert!(
        (mean(&whole) - mean(&split)).abs() < 0.05,
        "{} {}",
        mean(&whole),
        mean(&split)
    );
}

#[test]
fn findings_that_nobody_confirmed_move_no_skill() {
    use crate::attempts::Reading;
    use crate::disclose::{Own, own};
    use crate::practise::Wanted;
    use std::collections::BTreeMap;

    let reading = Reading {
        rows: some(),
        ..Reading::default()
    };
    let decisions = Decisions::default();
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day: "2026-06-01".parse().unwrap(),
    };
    let me = super::world::me();
    let profile = mine.profile();
    let findings = BTreeMap::from([((CELL.language, CELL.class), 1_000)]);
    let with = Wanted {
        findings: Some(&findings),
        ..Wanted::default()
    };
    let quiet = own(&mine, &profile, &me, &Wanted::default()).unwrap();
    let loud = own(&mine, &profile, &me, &with).unwrap();
    assert_ne!(quiet.practise, loud.practise);

    // On record as findings in lines of one's own, by the hundred, called wrong or not called anything.
    let base: Vec<String> = (0..20)
        .map(|n| {
            let outcome = if n % 2 == 0 { "fixed" } else { "exploited" };
            record(
                &format!("a{n:02}"),
                &format!(r#"{{"scenario": "e{n}", "outcome": "{outcome}"}}"#),
            )
        })
        .collect();
    let with_findings = |outcome: &str| {
        let findings = (0..100).map(|n| {
            record(
                &format!("f{n:02}"),
                &format!(r#"{{"kind": "finding", "scenario": "f{n}", "outcome": "{outcome}"}}"#),
            )
        });
        records(&base.iter().cloned().chain(findings).collect::<Vec<_>>())
    };
    let abilities = |reading: &Reading| {
        let mine = Own { reading, ..mine };
        own(&mine, &mine.profile(), &me, &Wanted::default())
            .unwrap()
            .abilities
    };
    let without = abilities(&records(&base));
    for outcome in ["unknown", "wrong"] {
        assert_eq!(abilities(&with_findings(outcome)), without, "{outcome}");
    }
    // The same findings, called right, would show.
    assert_ne!(abilities(&with_findings("right")), without);
}
