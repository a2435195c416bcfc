//! Evidence past its time is folded: where skills stand stays, what can be listed ends.

use std::fs;

use crate::decisions::{Decisions, Event, What};
use crate::disclose::{Own, own, reasons};
use crate::practise::Wanted;
use crate::retention::USUAL_DAYS;
use crate::store::{Folding, Store};
use proptest::prelude::*;
use tempfile::TempDir;
use trueline_facts::skill::SkillsReport;

use super::world::{CELL, day, me, record};

struct Person {
    folder: TempDir,
    store: Store,
}

impl Person {
    fn with(lines: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().to_owned());
        fs::create_dir_all(folder.path().join("learn")).unwrap();
        fs::write(store.attempts_file(), lines.join("\n") + "\n").unwrap();
        Self { folder, store }
    }

    fn report(&self, on: &str) -> SkillsReport {
        let (reading, decisions) = self.store.read().unwrap();
        let mine = Own {
            reading: &reading,
            decisions: &decisions,
            day: day(on),
        };
        let profile = mine.profile();
        own(&mine, &profile, &me(), &Wanted::default()).unwrap()
    }

    fn fold(&self, last: &str) -> u64 {
        match self.store.fold(day(last)).unwrap() {
            Folding::Done(records) => records,
            Folding::Held(places) => panic!("held by {places:?}"),
        }
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.store.attempts_file()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// The parts of a report that say where somebody stands.
fn stand(mut report: SkillsReport) -> SkillsReport {
    report.evidence.folded = None;
    report.evidence.set_aside.clear();
    report
}

/// Exercises and reviews of half a year, each over on its day.
fn half_a_year() -> Vec<String> {
    let exercises = (0..60).map(|n| {
        let day = day("2026-01-05").plus(n * 3);
        let members = format!(
            r#"{{"scenario": "exercise-{n}", "day": "{day}", "outcome": "{}", "hints": {}, "class": "{}", "aid": "{}"}}"#,
            if n % 3 == 0 { "exploited" } else { "fixed" },
            n % 2,
            ["injection", "secrets", "access-control"][n as usize % 3],
            ["unaided", "assisted", "unknown", "unaided"][n as usize % 4],
        );
        record(&format!("e{n:03}"), &members)
    });
    let reviews = (0..30).map(|n| {
        let day = day("2026-01-06").plus(n * 5);
        let members = format!(
            r#"{{"kind": "review", "scenario": "review-{n}", "day": "{day}", "outcome": "right", "shown": "safe", "said": "{}", "sure": {}}}"#,
            if n % 5 == 0 { "unsafe" } else { "safe" },
            60 + n,
        );
        record(&format!("r{n:03}"), &members)
    });
    exercises.chain(reviews).collect()
}

#[test]
fn where_skills_stand_does_not_move_when_evidence_is_folded() {
    let person = Person::with(&half_a_year());
    let before = person.report("2026-09-01");
    assert!(person.fold("2026-04-15") > 30);
    let after = person.report("2026-09-01");
    assert_eq!(
        after.evidence.folded.as_ref().unwrap().through,
        "2026-04-15"
    );
    assert_eq!(stand(after), stand(before.clone()));
    // Once more, later, in two steps.
    assert!(person.fold("2026-05-20") > 0);
    assert_eq!(person.fold("2026-05-20"), 0, "nothing is folded twice");
    assert_eq!(stand(person.report("2026-09-01")), stand(before));
}

#[test]
fn what_is_folded_is_not_kept_one_by_one_anywhere() {
    let person = Person::with(&half_a_year());
    person.fold("2026-09-01");
    assert_eq!(person.lines(), Vec::<String>::new());
    let folded = fs::read_to_string(person.store.folded_file()).unwrap();
    assert!(
        folded.contains("exercise-7") && !folded.contains("2026-01-26"),
        "{folded}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for file in [person.store.folded_file(), person.store.attempts_file()] {
            assert_eq!(
                fs::metadata(file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }
    let (reading, decisions) = person.store.read().unwrap();
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day: day("2026-09-01"),
    };
    let profile = mine.profile();
    let reasons = reasons(&mine, &profile, &me(), CELL).unwrap();
    assert_eq!(reasons.rows, []);
    assert!(reasons.folded.is_some());
    let debug = format!("{reading:?}");
    assert!(
        debug.contains("Folded") && !debug.contains("skills:"),
        "{debug}"
    );
    person.store.delete().unwrap();
    assert_eq!(fs::read_dir(person.folder.path()).unwrap().count(), 0);
}

#[test]
fn an_exercise_that_may_still_be_solved_is_kept_whole() {
    let tried = |id: &str, day: &str, number: u32| {
        record(
            id,
            &format!(r#"{{"outcome": "exploited", "day": "{day}", "attempt_number": {number}}}"#),
        )
    };
    let lines = [tried("01", "2026-03-01", 1), tried("02", "2026-04-10", 2)];
    let person = Person::with(&lines);
    assert_eq!(person.fold("2026-04-15"), 0, "not yet given up");
    assert_eq!(person.lines(), lines);
    assert_eq!(person.fold("2026-04-24"), 2, "fourteen days without a try");
}

#[test]
fn a_dispute_holds_when_the_evidence_is_folded() {
    let person = Person::with(&[
        record("01", r#"{"scenario": "a"}"#),
        record("02", r#"{"scenario": "b", "outcome": "exploited"}"#),
    ]);
    let dispute = What::Dispute {
        row: "02".to_owned(),
        reason: None,
    };
    person
        .store
        .append(&Event::new(day("2026-05-02"), dispute))
        .unwrap();
    let before = person.report("2026-09-01");
    person.fold("2026-08-01");
    let after = person.report("2026-09-01");
    assert_eq!(after.abilities, before.abilities);
    assert_eq!(after.evidence.counted, 1);
}

#[test]
fn nothing_is_folded_while_a_line_of_decisions_cannot_be_read() {
    // It may say "keep forever", or dispute what would be folded in for good.
    for what in [
        What::Keep { days: None },
        What::Dispute {
            row: "e001".to_owned(),
            reason: None,
        },
        What::Restore {
            row: "e001".to_owned(),
        },
    ] {
        let person = Person::with(&half_a_year());
        let before = person.lines();
        person
            .store
            .append(&Event::new(day("2026-05-02"), what))
            .unwrap();
        let file = person.store.decisions_file();
        let whole = fs::read_to_string(&file).unwrap();
        fs::write(&file, &whole[..whole.len() - 9]).unwrap();
        let place = format!("{}:1", file.display());
        for folding in [
            person.store.fold(day("2026-09-01")).unwrap(),
            person.store.fold_by_its_time(day("2027-09-01")).unwrap(),
        ] {
            assert_eq!(folding, Folding::Held(vec![place.clone()]));
        }
        assert_eq!(person.lines(), before);
        assert!(!person.store.folded_file().exists());
        // Mended by hand, it goes on.
        fs::write(&file, whole).unwrap();
        assert!(person.fold("2026-09-01") > 0);
    }
}

#[test]
fn evidence_that_is_kept_for_ever_is_not_folded_by_its_time() {
    let person = Person::with(&half_a_year());
    person
        .store
        .append(&Event::new(day("2026-05-02"), What::Keep { days: None }))
        .unwrap();
    let folding = person.store.fold_by_its_time(day("2036-09-01")).unwrap();
    assert_eq!(folding, Folding::Done(0));
    let short = What::Keep { days: Some(30) };
    person
        .store
        .append(&Event::new(day("2026-05-02"), short))
        .unwrap();
    let folding = person.store.fold_by_its_time(day("2036-09-01")).unwrap();
    assert_eq!(folding, Folding::Done(90));
}

#[test]
fn what_was_disputed_when_it_was_folded_can_be_tried_for_the_first_time() {
    let lines = [
        record("01", r#"{"scenario": "a", "outcome": "exploited"}"#),
        record("02", r#"{"scenario": "b"}"#),
    ];
    let person = Person::with(&lines);
    let dispute = What::Dispute {
        row: "01".to_owned(),
        reason: None,
    };
    person
        .store
        .append(&Event::new(day("2026-05-02"), dispute))
        .unwrap();
    person.fold("2026-08-01");
    fs::write(
        person.store.attempts_file(),
        record(
            "03",
            r#"{"scenario": "a", "day": "2026-08-02", "attempt_number": 2}"#,
        ),
    )
    .unwrap();
    let (reading, _) = person.store.read().unwrap();
    assert_eq!(reading.rows.len(), 1);
    let words = reading.rows[0].words();
    assert!(words.contains("at try 2, the first that counts"), "{words}");
}

#[test]
fn a_folding_that_was_interrupted_counts_nothing_twice() {
    let person = Person::with(&half_a_year());
    let before = person.report("2026-09-01");
    let lines = person.lines();
    person.fold("2026-04-15");
    fs::write(person.store.attempts_file(), lines.join("\n")).unwrap();
    assert_eq!(person.report("2026-09-01").abilities, before.abilities);
    assert_eq!(person.report("2026-09-01").reliance, before.reliance);
}

#[test]
fn an_exercise_of_before_is_practice_and_no_evidence_again() {
    let person = Person::with(&[record("01", r#"{"scenario": "a"}"#)]);
    person.fold("2026-08-01");
    let before = person.report("2026-08-05");
    let again = record(
        "02",
        r#"{"scenario": "a", "day": "2026-08-02", "attempt_number": 2}"#,
    );
    fs::write(person.store.attempts_file(), again).unwrap();
    let after = person.report("2026-08-05");
    assert_eq!(after.abilities[0].overall, before.abilities[0].overall);
    assert_eq!(after.evidence.counted, 1);
    assert_eq!(
        after.evidence.set_aside[0].reason,
        "done before, in the time that is folded"
    );
    assert!(
        after.abilities[0].cells[0].due.as_ref().unwrap().day
            > before.abilities[0].cells[0].due.as_ref().unwrap().day,
        "it was met again"
    );
}

#[test]
fn what_is_folded_and_damaged_is_told_kept_and_counts_nothing() {
    let person = Person::with(&[record("01", r#"{"scenario": "a"}"#)]);
    person.fold("2026-08-01");
    let whole = fs::read_to_string(person.store.folded_file()).unwrap();
    for damaged in [
        whole[..whole.len() / 2].to_owned(),
        whole.replace("\"prior\": \"3fe", "\"prior\": \"7ff"),
        whole.replace("overall", "overfull"),
        whole.replacen(
            "\"covariance\": [",
            "\"covariance\": [\"3ff0000000000000\",",
            1,
        ),
    ] {
        assert_ne!(damaged, whole);
        fs::write(person.store.folded_file(), &damaged).unwrap();
        let report = person.report("2026-09-01");
        assert_eq!(
            report.diagnostics[0].code, "folded-unreadable",
            "{report:?}"
        );
        assert_eq!(report.evidence.counted, 0);
        assert_eq!(
            fs::read_to_string(person.store.folded_file()).unwrap(),
            damaged
        );
    }
    // The next folding puts it aside and never over it.
    fs::write(
        person.store.attempts_file(),
        record("02", r#"{"scenario": "b"}"#),
    )
    .unwrap();
    assert_eq!(person.fold("2026-08-01"), 1);
    assert!(person.folder.path().join("learn/folded.corrupt-1").exists());
    // What an earlier damage left is not written over.
    fs::write(person.store.folded_file(), "{").unwrap();
    fs::write(
        person.store.attempts_file(),
        record("02", r#"{"scenario": "b"}"#),
    )
    .unwrap();
    assert_eq!(person.fold("2026-08-01"), 1);
    assert_ne!(
        fs::read_to_string(person.folder.path().join("learn/folded.corrupt-1")).unwrap(),
        "{"
    );
    assert_eq!(
        fs::read_to_string(person.folder.path().join("learn/folded.corrupt-2")).unwrap(),
        "{"
    );
    assert_eq!(person.report("2026-09-01").evidence.counted, 1);
}

#[test]
fn how_long_evidence_is_kept_is_the_persons_own_word() {
    let mut decisions = Decisions::default();
    assert_eq!(decisions.kept_days(), Some(USUAL_DAYS));
    for days in [Some(90), None] {
        decisions.apply(&Event::new(day("2026-05-02"), What::Keep { days }));
        assert_eq!(decisions.kept_days(), days);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn folding_at_any_day_changes_nothing_that_is_shown(
        tries in prop::collection::vec((0_u32..25, 0_u32..100, any::<bool>(), 0_u8..3), 1..40),
        cut in 0_u32..120,
    ) {
        // Each exercise is tried on one day, so that none is open across the cut but by its fourteen days.
        let mut lines = Vec::new();
        for (n, (exercise, on, solved, hints)) in tries.into_iter().enumerate() {
            let day = day("2026-01-01").plus(on);
            let members = format!(
                r#"{{"scenario": "exercise-{exercise}-{on}", "day": "{day}", "outcome": "{}", "hints": {hints}}}"#,
                if solved { "fixed" } else { "exploited" },
            );
            lines.push(record(&format!("{n:04}"), &members));
        }
        let person = Person::with(&lines);
        let before = person.report("2026-12-01");
        let last = day("2026-01-01").plus(cut);
        person.store.fold(last).unwrap();
        let after = person.report("2026-12-01");
        // What is not over yet is replayed after what is: that may move a mean by rounding to a hundredth.
        for (one, other) in before.abilities[0].cells.iter().zip(&after.abilities[0].cells) {
            prop_assert_eq!(one.rows, other.rows);
            prop_assert_eq!(&one.due, &other.due);
        }
        prop_assert_eq!(before.evidence.counted, after.evidence.counted);
        prop_assert_eq!(before.reliance, after.reliance);
    }
}

#[test]
fn what_waits_for_a_word_is_not_folded_and_neither_are_the_lines_beside_it() {
    let change = r#"{"kind": "change", "scenario": "c1", "outcome": "passed", "sites": 30}"#;
    let finding = |outcome: &str| {
        record(
            "02",
            &format!(r#"{{"kind": "finding", "scenario": "f1", "outcome": "{outcome}"}}"#),
        )
    };
    let silent = [record("01", change), finding("unknown")];
    let waiting = Person::with(&silent);
    assert_eq!(waiting.fold("2026-06-01"), 0);
    assert_eq!(waiting.lines(), silent);
    let spoken = [record("01", change), finding("unknown"), finding("right")];
    let person = Person::with(&spoken);
    let before = stand(person.report("2026-07-01"));
    assert_eq!(person.fold("2026-06-01"), 3);
    assert_eq!(stand(person.report("2026-07-01")), before);
    assert_eq!(before.evidence.counted, 2);
}

#[test]
fn what_of_an_assistants_lines_was_accepted_is_counted_by_class_also_after_it_is_folded() {
    let change = |id: &str, key: &str, class: &str, lines: u32, as_written: u32| {
        let members = format!(
            r#"{{"kind": "change", "scenario": "{key}", "class": "{class}", "outcome": "passed", "sites": {lines}, "aid": "assisted", "aid_basis": "hook", "ai_lines": {{"lines": {lines}, "as_written": {as_written}}}}}"#
        );
        record(id, &members)
    };
    let person = Person::with(&[
        change("01", "c1", "injection", 4, 3),
        change("02", "c2", "injection", 6, 6),
        change("03", "c2", "secrets", 1, 0),
        // Asked again after a person edited a passage: the last word holds.
        change("02", "c2", "injection", 6, 2),
        // The same commit under another id counts once.
        change("04", "c1", "injection", 4, 3),
    ]);
    let seen = |person: &Person| -> Vec<(String, u64, u64)> {
        let report = person.report("2026-09-01");
        let of = report.reliance.iter();
        of.map(|one| (one.class.to_string(), one.as_written, one.ai_lines))
            .collect()
    };
    let expected = [
        ("injection".to_owned(), 5, 10),
        ("secrets".to_owned(), 0, 1),
    ];
    assert_eq!(seen(&person), expected);
    assert_eq!(person.fold("2026-08-01"), 5);
    assert_eq!(seen(&person), expected);
    // Who says that a hook was wrong takes its lines out.
    let person = Person::with(&[change("01", "c1", "injection", 4, 3)]);
    let dispute = What::Dispute {
        row: "01".to_owned(),
        reason: None,
    };
    let event = Event::new(day("2026-05-02"), dispute);
    person.store.append(&event).unwrap();
    assert_eq!(seen(&person), []);
}
