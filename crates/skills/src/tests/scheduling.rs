//! FSRS-6 against the numbers of py-fsrs 6.3.2, and what is offered to practise.

use std::collections::{BTreeMap, BTreeSet};

use crate::attempts::Reading;
use crate::decisions::Decisions;
use crate::disclose::{Own, own};
use crate::fsrs::{Card, Rating};
use crate::practise::{Exercise, Next, Wanted};
use trueline_facts::skill::{Ability, Cell, Language, PractiseReason, WeaknessClass};

use super::world::{day, me, record, records};

#[test]
fn stability_difficulty_and_interval_are_those_of_py_fsrs() {
    // Rating, days since the last, stability, difficulty, interval; py-fsrs without learning steps and
    // fuzz, retention .85, at most 365 days.
    let expected = [
        (Rating::Good, 0, 2.3065, 2.118_103_970_459_016, 4),
        (
            Rating::Good,
            4,
            16.177_263_202_654_68,
            2.111_214_235_785_395,
            31,
        ),
        (
            Rating::Hard,
            10,
            36.576_117_600_712_6,
            4.748_284_761_594_571,
            70,
        ),
        (
            Rating::Again,
            30,
            2.480_931_313_415_589,
            8.259_025_282_096_594,
            5,
        ),
        (
            Rating::Again,
            0,
            0.829_710_777_980_211_2,
            9.412_981_818_150_069,
            2,
        ),
        (
            Rating::Good,
            0,
            0.882_568_669_924_396,
            9.398_797_205_628_757,
            2,
        ),
        (
            Rating::Good,
            2,
            2.199_956_912_638_993,
            9.384_626_777_719_966,
            4,
        ),
        (Rating::Good, 9, 0.0, 0.0, 0),
    ];
    let mut on = day("2026-01-01");
    let mut card = Card::first(Rating::Good, on);
    for (index, (rating, days, stability, difficulty, interval)) in expected.into_iter().enumerate()
    {
        on = on.plus(days);
        if index > 0 {
            card = card.repeated(rating, on);
        }
        if interval == 0 {
            break;
        }
        let (s, d) = card.memory();
        assert!(
            (s - stability).abs() < 1e-9 && (d - difficulty).abs() < 1e-9,
            "{index}: {s} {d}"
        );
        assert_eq!(card.due().since(on), interval, "{index}");
    }
    let mut on = day("2026-01-01");
    let mut card = Card::first(Rating::Good, on);
    for (rating, days) in [
        (Rating::Good, 4),
        (Rating::Hard, 10),
        (Rating::Again, 30),
        (Rating::Again, 0),
        (Rating::Good, 0),
        (Rating::Good, 2),
        (Rating::Easy, 9),
        (Rating::Hard, 0),
        (Rating::Good, 60),
        (Rating::Again, 200),
    ] {
        on = on.plus(days);
        card = card.repeated(rating, on);
    }
    let (s, d) = card.memory();
    assert!((s - 2.801_263_821_453_575).abs() < 1e-9, "{s}");
    assert!((d - 9.793_337_499_047_015).abs() < 1e-9, "{d}");
    let r = card.retrievability(on.plus(9));
    assert!((r - 0.802_974_868_010_336_4).abs() < 1e-9, "{r}");
}

fn suggestions(
    reading: &Reading,
    on: &str,
    wanted: &Wanted<'_>,
) -> Vec<trueline_facts::skill::Suggestion> {
    let decisions = Decisions::default();
    let mine = Own {
        reading,
        decisions: &decisions,
        day: day(on),
    };
    let profile = mine.profile();
    own(&mine, &profile, &me(), wanted).unwrap().practise
}

fn cell(language: Language, class: WeaknessClass) -> Cell {
    Cell {
        ability: Ability::Unaided,
        language,
        class,
    }
}

#[test]
fn what_one_meets_in_ones_own_code_comes_before_what_one_never_meets() {
    let findings = BTreeMap::from([
        ((Language::Go, WeaknessClass::Secrets), 9),
        ((Language::Python, WeaknessClass::PathAndFiles), 1),
    ]);
    let exercises = [
        ("far-too-hard", WeaknessClass::Secrets, 3.0),
        ("about-right", WeaknessClass::Secrets, -0.8),
        ("another", WeaknessClass::Injection, 0.0),
    ]
    .map(|(id, class, difficulty)| Exercise {
        id: id.to_owned(),
        language: Language::Go,
        class,
        difficulty,
        spent: false,
        missing: None,
    });
    let wanted = Wanted {
        exercises: &exercises,
        findings: Some(&findings),
        next: None,
    };
    let all = suggestions(&Reading::default(), "2026-06-01", &wanted);
    let cells: Vec<Cell> = all.iter().map(|one| one.cell).collect();
    assert_eq!(
        cells,
        [
            cell(Language::Go, WeaknessClass::Secrets),
            cell(Language::Python, WeaknessClass::PathAndFiles),
            cell(Language::Go, WeaknessClass::Injection),
        ]
    );
    assert_eq!(all[0].exercise.as_deref(), Some("about-right"));
    assert!(all[0].chance.is_some_and(|p| (0.6..0.8).contains(&p)));
    assert_eq!(all[0].reasons[0], PractiseReason::Findings { findings: 9 });
}

#[test]
fn a_skill_is_due_again_and_says_since_when() {
    let lines: Vec<String> = (0..40)
        .map(|n| {
            let outcome = if n % 8 == 0 { "exploited" } else { "fixed" };
            record(
                &format!("{n:02}"),
                &format!(r#"{{"scenario": "e{n}", "outcome": "{outcome}"}}"#),
            )
        })
        .collect();
    let reading = records(&lines);
    let fresh = suggestions(&reading, "2026-05-01", &Wanted::default());
    assert_eq!(fresh, [], "a strong and fresh skill needs nothing");
    let later = suggestions(&reading, "2027-06-01", &Wanted::default());
    assert!(
        later[0].reasons.iter().any(|reason| matches!(reason, PractiseReason::Due { day, retrievability } if day.as_str() > "2026-05-01" && *retrievability < 0.85)),
        "{later:?}"
    );
}

#[test]
fn a_new_exercise_comes_before_a_solved_one() {
    let exercises =
        [("solved", -0.8, true), ("new", 0.5, false)].map(|(id, difficulty, spent)| Exercise {
            id: id.to_owned(),
            language: Language::Python,
            class: WeaknessClass::Injection,
            difficulty,
            spent,
            missing: None,
        });
    let wanted = Wanted {
        exercises: &exercises,
        ..Wanted::default()
    };
    let all = suggestions(&Reading::default(), "2026-06-01", &wanted);
    assert_eq!(all[0].exercise.as_deref(), Some("new"));
}

#[test]
fn what_runs_here_is_offered_before_what_does_not_unless_ones_own_findings_ask_for_it() {
    let exercise = |id: &str, language, difficulty, missing: Option<&str>| Exercise {
        id: id.to_owned(),
        language,
        class: WeaknessClass::Injection,
        difficulty,
        spent: false,
        missing: missing.map(str::to_owned),
    };
    let exercises = [
        exercise("go-only", Language::Go, -0.8, Some("go >=1.22 is needed")),
        exercise(
            "java-best",
            Language::Java,
            -0.8,
            Some("java >=17 is needed"),
        ),
        exercise("java-runs", Language::Java, 2.0, None),
        exercise("python-runs", Language::Python, -0.8, None),
    ];
    let offered = |findings: Option<&BTreeMap<(Language, WeaknessClass), u64>>| {
        let wanted = Wanted {
            exercises: &exercises,
            findings,
            next: None,
        };
        let all = suggestions(&Reading::default(), "2026-06-01", &wanted);
        let told = all
            .into_iter()
            .map(|one| (one.exercise.unwrap(), one.missing.is_some()));
        told.collect::<Vec<_>>()
    };
    let idle = offered(None);
    let ids: Vec<&str> = idle.iter().map(|(id, _)| id.as_str()).collect();
    assert!(
        ids.contains(&"java-runs") && !ids.contains(&"java-best"),
        "{idle:?}"
    );
    assert_eq!(idle.last(), Some(&("go-only".to_owned(), true)), "{idle:?}");
    let findings = BTreeMap::from([((Language::Go, WeaknessClass::Injection), 9)]);
    let asked = offered(Some(&findings));
    assert_eq!(asked[0], ("go-only".to_owned(), true), "{asked:?}");
}

#[test]
fn an_exercise_that_can_say_nothing_new_is_not_offered_for_want_of_evidence() {
    let solved = |aid: &str| {
        records(&[record(
            "01",
            &format!(r#"{{"scenario": "only-one", "outcome": "fixed", "aid": "{aid}"}}"#),
        )])
    };
    let exercise = |spent| {
        [Exercise {
            id: "only-one".to_owned(),
            language: Language::Python,
            class: WeaknessClass::Injection,
            difficulty: 0.0,
            spent,
            missing: None,
        }]
    };
    let offered = |reading: &Reading, spent| {
        let exercises = exercise(spent);
        let wanted = Wanted {
            exercises: &exercises,
            ..Wanted::default()
        };
        suggestions(reading, "2026-05-02", &wanted)
            .iter()
            .any(|one| one.exercise.is_some())
    };
    assert!(offered(&Reading::default(), false));
    let reading = solved("assisted");
    assert_eq!(
        reading.spent().into_iter().collect::<Vec<_>>(),
        ["only-one"]
    );
    assert!(!offered(&reading, true));
}

/// Exercises of one class in each of these languages.
fn in_languages(languages: &[Language]) -> Vec<Exercise> {
    languages
        .iter()
        .map(|language| Exercise {
            id: format!("{language}-one"),
            language: *language,
            class: WeaknessClass::Secrets,
            difficulty: 0.0,
            spent: false,
            missing: None,
        })
        .collect()
}

#[test]
fn a_language_that_was_never_used_comes_after_those_that_were() {
    let exercises = in_languages(&[Language::Java, Language::JavaScript, Language::Python]);
    let wanted = Wanted {
        exercises: &exercises,
        ..Wanted::default()
    };
    let languages = |reading: &Reading| -> Vec<Language> {
        let all = suggestions(reading, "2026-06-01", &wanted);
        let new = all
            .iter()
            .filter(|one| one.cell.class == WeaknessClass::Secrets);
        new.map(|one| one.cell.language).collect()
    };
    // Who has tried nothing has no language yet.
    assert_eq!(languages(&Reading::default()).len(), 3);
    let solved = [record("1", r#"{"scenario": "e1", "outcome": "fixed"}"#)];
    assert_eq!(languages(&records(&solved))[0], Language::Python);
}

#[test]
fn what_is_proposed_as_next_is_the_first_offer() {
    let exercises = in_languages(&[Language::Java, Language::Python]);
    let next = Next {
        exercise: "python-one".to_owned(),
        why: Some("it is step 2 of 9 of the foundations".to_owned()),
    };
    let wanted = Wanted {
        exercises: &exercises,
        next: Some(&next),
        ..Wanted::default()
    };
    let all = suggestions(&Reading::default(), "2026-06-01", &wanted);
    assert_eq!(all[0].exercise.as_deref(), Some("python-one"));
    assert_eq!(
        all[0].reasons[0],
        PractiseReason::Next {
            why: "it is step 2 of 9 of the foundations".to_owned()
        }
    );
    let cells: BTreeSet<Cell> = all.iter().map(|one| one.cell).collect();
    assert_eq!(cells.len(), all.len(), "each skill once");
}
