//! The order of the lines of a file says nothing: two machines' files may be put together either way.

use proptest::prelude::*;

use super::world::{record, records};
use crate::attempts::Reading;

fn attempt(id: &str, day: u32, exercise: u32, number: u32, kind: u32) -> String {
    let outcome = ["fixed", "exploited", "functional_fail", "unknown"][kind as usize % 4];
    let (revealed, practice) = (kind == 5, kind == 6);
    record(
        id,
        &format!(
            r#"{{"day": "2026-05-{:02}", "scenario": "py-{exercise}", "attempt_number": {number}, "outcome": "{outcome}",
                "revealed": {revealed}, "practice": {practice}, "hints": {}}}"#,
            day + 1,
            kind % 3
        ),
    )
}

proptest! {
    #[test]
    fn two_files_give_the_same_whichever_comes_first(
        tries in prop::collection::vec((0_u32..6, 0_u32..3, 1_u32..4, 0_u32..7), 0..24),
        cut in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let lines: Vec<String> = tries
            .iter()
            .enumerate()
            .map(|(n, &(day, exercise, number, kind))| {
                // Ids are random: their order is not that of the tries.
                let id = (n as u64 + 1).wrapping_mul(seed | 1);
                attempt(&format!("{id:016x}"), day, exercise, number, kind)
            })
            .collect();
        let at = if lines.is_empty() { 0 } else { cut.index(lines.len()) };
        let (first, second) = lines.split_at(at);
        let one = records(&[first, second].concat());
        let other = records(&[second, first].concat());
        prop_assert_eq!(&one, &other);
        let backwards: Vec<String> = lines.iter().rev().cloned().collect();
        prop_assert_eq!(&one, &records(&backwards));
        // Twice the same file: each record counts once.
        prop_assert_eq!(&one.rows, &records(&[&lines[..], &lines[..]].concat()).rows);
    }
}

#[test]
fn tries_of_one_day_keep_the_order_of_their_numbers() {
    let lines = [attempt("ff", 1, 1, 1, 1), attempt("00", 1, 1, 2, 0)];
    let reading = records(&lines);
    let ids: Vec<&str> = reading.rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["ff", "00"], "failed at first, then solved");
    let [failed, solved] = &reading.rows[..] else {
        panic!("{:?}", reading.rows)
    };
    assert!(failed.weight().value() > solved.weight().value());
}

#[test]
fn a_clock_set_back_makes_no_further_try_the_first() {
    let honest = records(&[attempt("01", 9, 1, 1, 1), attempt("02", 9, 1, 2, 0)]);
    let back = records(&[attempt("01", 9, 1, 1, 1), attempt("02", 2, 1, 2, 0)]);
    let solved = |reading: &Reading| {
        let row = reading.rows.iter().find(|row| row.id.as_str() == "02");
        row.map(|row| row.weight().value())
    };
    assert!(solved(&honest).is_some());
    assert_eq!(solved(&honest), solved(&back));
}
