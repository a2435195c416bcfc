//! Which attempt records are evidence, and of what.

use std::collections::BTreeSet;

use crate::attempts::{Reading, read};
use crate::certainty::certainty;
use crate::decisions::{Decisions, Event, What};
use crate::disclose::{Own, own};
use crate::evidence::{Happened, Row};
use crate::practise::Wanted;
use crate::store::Store;
use proptest::prelude::*;
use trueline_facts::attempt::Aid;
use trueline_facts::skill::{Ability, CertaintyVerdict};

use super::world::{me, record, records};

fn reasons(lines: &[String]) -> Vec<(String, u64)> {
    records(lines)
        .set_aside
        .into_iter()
        .map(|aside| (aside.reason, aside.records))
        .collect()
}

#[test]
fn a_first_try_counts_in_full_and_the_one_that_solves_it_by_half() {
    let lines = [
        record("01", r#"{"outcome": "exploited"}"#),
        record(
            "02",
            r#"{"outcome": "functional_fail", "attempt_number": 2}"#,
        ),
        record("03", r#"{"outcome": "exploited", "attempt_number": 3}"#),
        record("04", r#"{"hints": 2, "attempt_number": 4}"#),
        record("05", r#"{"attempt_number": 5}"#),
    ];
    let reading = records(&lines);
    let seen: Vec<_> = reading
        .rows
        .iter()
        .map(|row| (row.id.as_str(), row.weight().value(), row.item().easiness))
        .collect();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], ("01", 1.0, 0.0));
    assert_eq!((seen[1].0, seen[1].1), ("04", 0.5));
    assert!((seen[1].2 - (2.0 * 0.7 + 3.0 * 0.5)).abs() < 1e-12);
    assert_eq!(reading.tries.len(), 4, "all judged tries are practice");
    assert_eq!(
        reading
            .set_aside
            .iter()
            .map(|aside| aside.records)
            .sum::<u64>(),
        3
    );
}

#[test]
fn an_exercise_that_was_given_up_counts_once_more_and_only_then() {
    let tries = |more: &[String]| {
        let mut lines = vec![
            record("01", r#"{"outcome": "exploited"}"#),
            record("02", r#"{"outcome": "exploited", "attempt_number": 2}"#),
            record(
                "03",
                r#"{"outcome": "exploited", "attempt_number": 3, "day": "2026-05-03"}"#,
            ),
        ];
        lines.extend_from_slice(more);
        let rows = records(&lines).rows;
        rows.iter()
            .map(|row| (row.id.as_str().to_owned(), row.day.to_string(), row.words()))
            .collect::<Vec<_>>()
    };
    let open = tries(&[]);
    assert_eq!(open.len(), 2);
    assert_eq!(
        (open[1].0.as_str(), open[1].1.as_str()),
        ("03", "2026-05-17")
    );
    assert_eq!(open[1].2, "py-sqli-search left unsolved after try 3");
    let shown = tries(&[record(
        "04",
        r#"{"attempt_number": 4, "day": "2026-05-04", "revealed": true}"#,
    )]);
    assert_eq!((shown.len(), shown[1].1.as_str()), (2, "2026-05-04"));
    let solved = tries(&[record(
        "04",
        r#"{"attempt_number": 4, "day": "2026-06-04"}"#,
    )]);
    assert_eq!(
        (solved.len(), solved[1].2.as_str()),
        (2, "py-sqli-search solved at try 4")
    );
}

#[test]
fn tries_are_counted_in_one_way_whether_or_not_they_are_evidence() {
    let broken = r#"{"outcome": "functional_fail"}"#;
    let exploited = r#"{"outcome": "exploited", "attempt_number": 2}"#;
    let told = |lines: &[String]| {
        let reading = records(lines);
        let rows: Vec<String> = reading.rows.iter().map(Row::words).collect();
        let whats = reading.records.into_iter().map(|record| record.what);
        (whats.collect::<Vec<String>>(), rows)
    };
    let (records, rows) = told(&[
        record("01", broken),
        record("02", exploited),
        record("03", r#"{"attempt_number": 3}"#),
    ]);
    let name = "py-sqli-search";
    assert_eq!(
        records,
        [
            format!("{name}, try 1: a function no longer worked"),
            format!("{name}, try 2: the exploit got through"),
            format!("{name}, try 3: solved"),
        ]
    );
    assert_eq!(
        rows,
        [
            format!("{name}: the exploit got through at try 2, the first that counts"),
            format!("{name} solved at try 3"),
        ]
    );
    // One that was looked at and not written down is a try.
    let (records, rows) = told(&[record("01", r#"{"unrecorded": 1}"#)]);
    assert_eq!(records, [format!("{name}, try 2: solved")]);
    assert_eq!(rows, [format!("{name} solved at try 2")]);
}

#[test]
fn what_says_nothing_about_skill_is_set_aside_with_its_reason() {
    for outcome in ["functional_fail", "unknown", "error", "skipped"] {
        let lines = [record("01", &format!(r#"{{"outcome": "{outcome}"}}"#))];
        assert_eq!(records(&lines).rows, [], "{outcome}");
        assert_eq!(reasons(&lines).len(), 1, "{outcome}");
    }
    let practice = [record("01", r#"{"practice": true}"#)];
    assert_eq!(reasons(&practice)[0].0, "run without isolation: practice");
    let twice = [record("01", "{}"), record("01", "{}")];
    assert_eq!(records(&twice).rows.len(), 1);
    assert_eq!(reasons(&twice)[0].0, "recorded twice");
}

#[test]
fn what_is_said_of_help_later_holds_for_the_attempt_and_is_no_second_one() {
    let lines = [
        record("01", r#"{"aid": "unknown"}"#),
        record("01", r#"{"aid": "assisted"}"#),
        record("01", r#"{"aid": "unaided"}"#),
    ];
    let reading = records(&lines);
    assert_eq!(reading.rows.len(), 1);
    assert_eq!(reading.rows[0].aid, Aid::Unaided);
    assert_eq!(
        reading.rows,
        records(&[record("01", r#"{"aid": "unaided"}"#)]).rows
    );
    assert_eq!(reading.set_aside, []);
}

#[test]
fn a_failed_save_counts_little_and_a_new_version_of_an_exercise_counts_anew() {
    let lines = [
        record("01", r#"{"outcome": "exploited", "trigger": "save"}"#),
        record("02", r#"{"version": 2}"#),
    ];
    let weights: Vec<f64> = records(&lines)
        .rows
        .iter()
        .map(|row| row.weight().value())
        .collect();
    assert_eq!(weights, [0.3, 1.0]);
}

#[test]
fn help_decides_which_skill_moves() {
    let lines = [
        record("01", r#"{"scenario": "a", "aid": "assisted"}"#),
        record("02", r#"{"scenario": "b", "aid": "unknown"}"#),
        record("03", r#"{"scenario": "c", "aid": "unaided"}"#),
    ];
    let seen: Vec<_> = records(&lines)
        .rows
        .iter()
        .map(|row| (row.aid, row.cell.ability, row.weight().value()))
        .collect();
    assert_eq!(
        seen,
        [
            (Aid::Assisted, Ability::Directing, 1.0),
            (Aid::Unknown, Ability::Unaided, 0.2),
            (Aid::Unaided, Ability::Unaided, 1.0),
        ]
    );
}

#[test]
fn a_review_is_right_down_to_the_line_and_once() {
    let review = |id: &str, item: &str, more: &str| {
        record(
            id,
            &format!(
                r#"{{"kind": "review", "scenario": "{item}", "outcome": "right", "shown": "unsafe", "said": "unsafe", {more}}}"#
            ),
        )
    };
    let lines = [
        review("01", "a", r#""right_line": true, "sure": 90"#),
        review("02", "b", r#""right_line": false, "sure": 80"#),
        review("03", "a", r#""right_line": true"#),
        record(
            "04",
            r#"{"kind": "review", "scenario": "c", "outcome": "wrong", "shown": "safe", "said": "unsafe", "sure": 70}"#,
        ),
    ];
    let reading = records(&lines);
    let right: Vec<bool> = reading
        .rows
        .iter()
        .map(|row| match row.happened {
            Happened::Review { right, .. } => right,
            _ => panic!("{row:?}"),
        })
        .collect();
    assert_eq!(right, [true, false, false]);
    assert!(
        reading
            .rows
            .iter()
            .all(|row| row.cell.ability == Ability::Reviewing)
    );
    assert!(
        reading.rows[2].item().easiness > reading.rows[0].item().easiness,
        "who guesses is right on a safe twin in half of the cases"
    );
    assert_eq!(reading.said.len(), 3);
    assert_eq!(
        reasons(&lines),
        [("a review item seen before".to_owned(), 1)]
    );
}

#[test]
fn a_review_of_which_nobody_said_whether_an_assistant_helped_counts_a_fifth() {
    let kinds = [
        r#""kind": "review", "shown": "safe", "said": "safe""#,
        r#""kind": "catch", "caught": {"named": 1, "of": 2}"#,
    ];
    for kind in kinds {
        let of = |aid: &str| {
            let line = record(
                "01",
                &format!(r#"{{{kind}, "outcome": "right", "aid": "{aid}"}}"#),
            );
            let rows = records(&[line]).rows;
            rows.first()
                .map(|row| (row.weight().value() * 1e6).round() / 1e6)
        };
        assert_eq!(of("unaided"), Some(0.5), "{kind}");
        assert_eq!(of("unknown"), Some(0.1), "{kind}");
        assert_eq!(of("assisted"), None, "{kind}");
    }
}

#[test]
fn a_fix_counts_once_a_finding_and_knows_its_class_by_the_weakness() {
    let fix = |id: &str, finding: &str| {
        record(
            id,
            &format!(r#"{{"kind": "fix", "scenario": "{finding}", "class": "", "cwe": [22]}}"#),
        )
    };
    let reading = records(&[fix("01", "f1"), fix("02", "f1"), fix("03", "f2")]);
    assert_eq!(reading.rows.len(), 2);
    assert_eq!(reading.rows[0].cell.to_string(), "python/path-and-files");
    assert_eq!(reading.diagnostics, []);
}

#[test]
fn lines_of_ones_own_that_passed_count_by_their_exposed_sites_once_a_change() {
    let change = |id: &str, key: &str, more: &str| {
        record(
            id,
            &format!(
                r#"{{"kind": "change", "scenario": "{key}", "outcome": "passed", "sites": 12{more}}}"#
            ),
        )
    };
    let lines = [
        change("01", "c1", ""),
        change("02", "c1", ""),
        change("03", "c1", r#", "aid": "assisted", "aid_basis": "hook""#),
        change("04", "c2", r#", "sites": 0"#),
        change("05", "c3", r#", "outcome": "exploited""#),
    ];
    let reading = records(&lines);
    let seen: Vec<_> = reading
        .rows
        .iter()
        .map(|row| (row.id.as_str(), row.cell.ability, row.weight().value()))
        .collect();
    assert_eq!(
        seen,
        [
            ("01", Ability::Unaided, 0.3),
            ("03", Ability::Directing, 0.3)
        ],
        "what an agent wrote moves no skill of the person's own"
    );
    assert_eq!(
        reading.rows[0].words(),
        "change c1: 12 exposed sites, none known to have gone wrong"
    );
    assert_eq!(reasons(&lines).iter().map(|(_, n)| n).sum::<u64>(), 3);
}

#[test]
fn only_a_finding_that_its_author_calls_right_counts_and_the_last_word_holds() {
    let finding = |id: &str, key: &str, outcome: &str| {
        record(
            id,
            &format!(r#"{{"kind": "finding", "scenario": "{key}", "outcome": "{outcome}"}}"#),
        )
    };
    let wrong = [finding("01", "f1", "wrong")];
    assert_eq!(records(&wrong).rows, []);
    assert_eq!(reasons(&wrong)[0].0, "a finding that was called wrong");
    let then_silent = [
        finding("01", "f1", "unknown"),
        record(
            "02",
            r#"{"kind": "change", "scenario": "c1", "outcome": "passed", "sites": 30}"#,
        ),
        record(
            "03",
            r#"{"kind": "change", "scenario": "c1", "class": "secrets", "outcome": "passed", "sites": 4}"#,
        ),
    ];
    let waiting = records(&then_silent);
    assert_eq!(waiting.rows.len(), 1, "the safe lines beside it wait, too");
    assert_eq!(waiting.rows[0].id.as_str(), "03");
    let spoken = [&then_silent[..], &[finding("01", "f1", "right")]].concat();
    assert_eq!(records(&spoken).rows.len(), 3);
    let then_right = [finding("01", "f1", "wrong"), finding("01", "f1", "right")];
    let reading = records(&then_right);
    assert_eq!(reading.rows.len(), 1);
    assert_eq!(
        reading.rows[0].words(),
        "finding f1: right, on lines of your own"
    );
    assert_eq!(reading.set_aside, []);
    let then_wrong = [finding("01", "f1", "right"), finding("01", "f1", "wrong")];
    assert_eq!(records(&then_wrong).rows, []);
}

#[test]
fn what_was_caught_in_a_change_of_others_moves_reviewing_alone_and_once() {
    let catch = |id: &str, key: &str, named: u32, of: u32| {
        record(
            id,
            &format!(
                r#"{{"kind": "catch", "scenario": "{key}", "outcome": "wrong", "aid": "unknown", "caught": {{"named": {named}, "of": {of}}}}}"#
            ),
        )
    };
    let lines = [
        catch("01", "c1", 1, 3),
        catch("02", "c1", 3, 3),
        catch("03", "c2", 0, 0),
    ];
    let reading = records(&lines);
    assert_eq!(reading.rows.len(), 1);
    assert_eq!(reading.rows[0].cell.ability, Ability::Reviewing);
    // Nobody said whether an assistant helped: a fifth, as with everything else.
    assert!((reading.rows[0].weight().value() - 0.1).abs() < 1e-12);
    assert!(matches!(
        reading.rows[0].happened,
        Happened::Caught {
            caught: 1,
            of: 3,
            ..
        }
    ));
    assert_eq!(reading.set_aside.len(), 2);
}

#[test]
fn naming_more_lines_of_a_change_makes_catching_worth_less_and_naming_most_of_them_nothing() {
    let catch = |by_chance: u8| {
        let line = record(
            "01",
            &format!(
                r#"{{"kind": "catch", "scenario": "c1", "outcome": "right", "aid": "unknown", "caught": {{"named": 2, "of": 2, "by_chance": {by_chance}}}}}"#
            ),
        );
        records(&[line])
    };
    let easiness = |by_chance: u8| catch(by_chance).rows[0].item().easiness;
    assert!(easiness(0).abs() < 1e-12);
    assert!(easiness(10) < easiness(40));
    // Right half of the time without looking: as a review item that a guess answers so often.
    assert!((easiness(50) - f64::ln(3.0)).abs() < 1e-12);
    let most = catch(51);
    assert_eq!(most.rows, []);
    assert_eq!(most.set_aside.len(), 1);
}

#[test]
fn a_commit_is_known_again_after_a_rebase_and_by_nothing_else() {
    use crate::exposure::{key, key_of_all};

    let known = key("ann@example.org", "1700000000", "feat: search");
    assert_eq!(known, key("ann@example.org", "1700000000", "feat: search"));
    for other in [
        key("ann@example.org", "1700000001", "feat: search"),
        key("ben@example.org", "1700000000", "feat: search"),
        key("ann@example.org", "170000000", "0feat: search"),
    ] {
        assert_ne!(known, other);
    }
    let keys = [known.clone(), "b".to_owned()];
    let turned = ["b".to_owned(), known];
    assert_eq!(key_of_all(&keys), key_of_all(&turned));
}

#[test]
fn damaged_lines_are_told_with_their_place_and_do_not_count() {
    let text = format!(
        "{}\nnot json\n{{\"schema\":\"trueline.attempt/1\"}}\n\n{}\n{}\n{}\n",
        record("01", "{}"),
        record("02", r#"{"day": "yesterday"}"#),
        record("03", r#"{"scenario": "b", "language": "cobol"}"#),
        record("04", r#"{"scenario": "c", "outcome": "transcended"}"#),
    );
    let reading = read(&text, "attempts.jsonl");
    assert_eq!(reading.rows.len(), 1);
    let told: Vec<&str> = reading
        .diagnostics
        .iter()
        .map(|d| d.message.as_str())
        .collect();
    assert_eq!(told.len(), 4, "{told:#?}");
    for (message, place) in told.iter().zip([":2:", ":3:", ":5:", ":6:"]) {
        assert!(message.contains(place), "{message}");
    }
    assert_eq!(reading.set_aside[0].reason, "written by a newer version");
}

#[test]
fn answers_that_were_checked_without_being_written_down_are_tries_too() {
    let words = |lines: &[String]| {
        let rows = records(lines).rows;
        rows.iter()
            .map(|row| (row.words(), row.weight().value()))
            .collect::<Vec<_>>()
    };
    let first = ("py-sqli-search solved at the first try".to_owned(), 1.0);
    let third = ("py-sqli-search solved at try 3".to_owned(), 0.5);
    assert_eq!(words(&[record("01", "{}")]), std::slice::from_ref(&first));
    assert_eq!(
        words(&[record("01", r#"{"unrecorded": 2}"#)]),
        std::slice::from_ref(&third)
    );
    // Without isolation the verdict is no evidence, but it was seen.
    let alone = |id: &str, outcome: &str| {
        record(
            id,
            &format!(r#"{{"practice": true, "outcome": "{outcome}"}}"#),
        )
    };
    let tried = [
        alone("01", "exploited"),
        alone("02", "exploited"),
        record("03", "{}"),
    ];
    assert_eq!(words(&tried), [third]);
    let broken = [alone("01", "functional_fail"), record("03", "{}")];
    assert_eq!(
        words(&broken),
        [(
            "py-sqli-search solved at try 2, the first that counts".to_owned(),
            1.0
        )],
        "of a broken program nothing was learned"
    );
    // One that fails after them is no first try either: it counts once it is given up.
    let failed = [record("01", r#"{"unrecorded": 1, "outcome": "exploited"}"#)];
    assert_eq!(
        words(&failed),
        [("py-sqli-search left unsolved after try 2".to_owned(), 0.5)]
    );
    assert_eq!(records(&failed).tries[0].earlier, 1);
}

/// What can be written down of one exercise or of several: attempts of any outcome, reviews, changes, findings.
fn a_record() -> impl Strategy<Value = String> {
    let kinds = [
        r#""kind": "attempt""#,
        r#""kind": "attempt", "revealed": true"#,
        r#""kind": "attempt", "practice": true"#,
        r#""kind": "attempt", "aid": "assisted", "aid_basis": "hook""#,
        r#""kind": "review", "shown": "safe", "said": "safe", "sure": 80"#,
        r#""kind": "fix""#,
        r#""kind": "change", "sites": 4"#,
        r#""kind": "finding""#,
        r#""kind": "catch", "caught": {"named": 1, "of": 2}"#,
    ];
    let outcomes = [
        "fixed",
        "exploited",
        "functional_fail",
        "unknown",
        "right",
        "wrong",
        "passed",
    ];
    (
        0..12_u32,
        prop::sample::select(kinds.to_vec()),
        prop::sample::select(outcomes.to_vec()),
        0..2_u32,
        1..28_u32,
        0..3_u32,
    )
        .prop_map(|(id, kind, outcome, scenario, day, unrecorded)| {
            record(
                &format!("{id:02}"),
                &format!(
                    r#"{{{kind}, "outcome": "{outcome}", "scenario": "e{scenario}", "day": "2026-05-{day:02}", "unrecorded": {unrecorded}}}"#
                ),
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_disputed_record_is_to_all_others_as_if_it_had_never_been(
        lines in prop::collection::vec(a_record(), 1..14),
        disputed in prop::collection::btree_set(0..12_u32, 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().to_owned());
        let write = |lines: &[String]| {
            std::fs::create_dir_all(folder.path().join("learn")).unwrap();
            std::fs::write(store.attempts_file(), lines.join("\n")).unwrap();
        };
        let ids: Vec<String> = disputed.iter().map(|id| format!("{id:02}")).collect();
        let is_disputed = |line: &String| {
            ids.iter().any(|id| line.contains(&format!(r#""id":"{id}""#)))
        };
        let left: Vec<String> = lines.iter().filter(|line| !is_disputed(line)).cloned().collect();
        write(&left);
        let (never, _) = store.read().unwrap();
        write(&lines);
        for id in &ids {
            let what = What::Dispute { row: id.clone(), reason: None };
            store.append(&Event::new("2026-06-01".parse().unwrap(), what)).unwrap();
        }
        let (mut with, decisions) = store.read().unwrap();
        let apart: BTreeSet<String> =
            with.disputed.iter().map(|record| record.id.as_str().to_owned()).collect();
        let there = ids.iter().filter(|id| {
            let line = format!(r#""id":"{id}""#);
            lines.iter().any(|other| other.contains(&line))
        });
        prop_assert_eq!(apart, there.cloned().collect::<BTreeSet<_>>());
        with.disputed.clear();
        prop_assert_eq!(&with, &never);
        // What the documents say follows: the schedule and the view of reliance, too.
        let report = |reading: &Reading, decisions: &Decisions| {
            let mine = Own { reading, decisions, day: "2026-08-01".parse().unwrap() };
            own(&mine, &mine.profile(), &me(), &Wanted::default()).unwrap()
        };
        prop_assert_eq!(report(&with, &decisions), report(&never, &Decisions::default()));
    }

    #[test]
    fn whatever_the_file_holds_reading_it_ends(text in "\\PC*(\n\\PC*){0,8}") {
        let reading = read(&text, "attempts.jsonl");
        prop_assert!(reading.rows.is_empty());
    }
}

#[test]
fn ninety_percent_sure_and_sixty_percent_right_is_too_sure() {
    let said: Vec<String> = (0..20)
        .map(|n| {
            let right = n % 5 < 3;
            record(
                &format!("{n:02}"),
                &format!(
                    r#"{{"kind": "review", "scenario": "r{n}", "outcome": "{}", "shown": "safe", "said": "{}", "sure": 90}}"#,
                    if right { "right" } else { "wrong" },
                    if right { "safe" } else { "unsafe" },
                ),
            )
        })
        .collect();
    let result = certainty(&records(&said).said);
    assert_eq!(result.verdict, CertaintyVerdict::TooSure);
    assert_eq!(
        (result.sure, result.right.hits, result.right.of),
        (Some(0.9), 12, 20)
    );
    // .6 of them miss by .1, .4 by .9: .6 x .01 + .4 x .81.
    assert_eq!(result.brier, Some(0.33));
    assert_eq!(result.buckets.len(), 1);
    assert_eq!((result.buckets[0].from, result.buckets[0].to), (90, 100));
    let few = certainty(&records(&said[..9]).said);
    assert_eq!(few.verdict, CertaintyVerdict::NotEnoughEvidence);
    assert_eq!(certainty(&[]).brier, None);
}
