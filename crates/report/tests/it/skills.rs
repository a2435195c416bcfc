//! A profile on screen and as a page: intervals everywhere, numbers nowhere without them.

use trueline_facts::skill::{
    Ability, AbilityReport, Cell, CellReport, Certainty, CertaintyBucket, CertaintyVerdict, Due,
    EvidenceCounts, FoldedEvidence, Interval, Language, PractiseReason, ReasonRow, Reliance,
    RowState, SetAside, SkillReasons, SkillsReport, Standing, Suggestion, WeaknessClass,
};
use trueline_facts::{Diagnostic, Level, Proportion};
use trueline_report::{Style, html, terminal};

use crate::html::{apart, check_balance};

const CELL: Cell = Cell {
    ability: Ability::Unaided,
    language: Language::Python,
    class: WeaknessClass::Injection,
};

fn known() -> Standing {
    Standing::Estimated(Interval {
        low: -0.4,
        mean: 0.2,
        high: 0.8,
        chance_low: 0.401,
        chance: 0.55,
        chance_high: 0.69,
        effective_answers: 7.8,
    })
}

fn unknown() -> Standing {
    Standing::NotEnoughEvidence {
        effective_answers: 2.1,
        needed: 4.0,
    }
}

fn report(exercise: &str) -> SkillsReport {
    let cell = |class, standing| CellReport {
        cell: Cell { class, ..CELL },
        standing,
        rows: 16,
        last: "2026-11-20".to_owned(),
        due: Some(Due {
            day: "2026-11-25".to_owned(),
            retrievability: 0.8,
        }),
    };
    SkillsReport {
        schema: "trueline.skills/1".to_owned(),
        trueline_version: "0.0.0".to_owned(),
        day: "2026-11-29".to_owned(),
        evidence: EvidenceCounts {
            counted: 1_234,
            disputed: 1,
            set_aside: vec![SetAside {
                reason: "recorded twice".to_owned(),
                records: 2,
            }],
            folded: Some(FoldedEvidence {
                through: "2026-05-01".to_owned(),
                records: 12,
            }),
        },
        abilities: vec![AbilityReport {
            ability: Ability::Unaided,
            overall: known(),
            cells: vec![
                cell(WeaknessClass::Injection, known()),
                cell(WeaknessClass::CiAndInfrastructure, unknown()),
            ],
        }],
        practise: vec![Suggestion {
            cell: CELL,
            reasons: vec![
                PractiseReason::Findings { findings: 3 },
                PractiseReason::Due {
                    day: "2026-11-25".to_owned(),
                    retrievability: 0.8,
                },
            ],
            exercise: Some(exercise.to_owned()),
            missing: None,
            chance: Some(0.64),
        }],
        certainty: Certainty {
            answers: 20,
            sure: Some(0.9),
            right: Proportion::new(12, 20),
            brier: Some(0.33),
            buckets: vec![CertaintyBucket {
                from: 90,
                to: 100,
                sure: 0.9,
                right: Proportion::new(12, 20),
            }],
            verdict: CertaintyVerdict::TooSure,
        },
        reliance: vec![Reliance {
            class: WeaknessClass::Injection,
            unaided: 11,
            assisted: 4,
            unknown: 1,
            ai_lines: 40,
            as_written: 31,
        }],
        diagnostics: vec![Diagnostic {
            level: Level::Warning,
            code: "attempt-unreadable".to_owned(),
            path: None,
            message: format!("{exercise}:2: not JSON"),
        }],
    }
}

#[test]
fn a_profile_on_a_plain_terminal() {
    insta::assert_snapshot!(terminal::skills(&report("py-sqli-search"), &Style::plain()), @r#"
    Skills on 2026-11-29: 1,234 pieces of evidence, 1 disputed
      Only you see this. It stays on this machine.
      How to read it: a line shows where your chance to solve a middling exercise at the first try most
      likely is; in four of five cases it is within. Nothing is drawn below four answers: one with
      hints, at a later try or with help unknown counts as a part of one.

    By yourself
                                    0             50 %        100 %  likely   evidence  again on
      all together                  ............-----o----.........  40-69 %
      python/injection              ............-----o----.........  40-69 %        16  2026-11-25
      python/ci-and-infrastructure  not enough evidence (2.1 of 4)                  16  2026-11-25

    What to practise next: an offer, the most useful first
      1. python/injection: 3 findings of this kind in the scan; due since 2026-11-25 (chance that you
         still have it: 80 %); chance to solve the exercise below: 64 %
         trueline learn start py-sqli-search

    How sure you are, and how right
      20 answers: you were 90 % sure on average, and 12 of 20 were right (39-78 %); mean squared error
      0.33, a coin's 0.25. Surer than right: look once more before you approve

    Practice by yourself and with an assistant
      Both are fine: they train different things. Of a class that you have only practised with an
      assistant this page cannot say how you do by yourself.
                 by yourself  with an assistant  not said
      injection           11                  4         1

    Lines of an assistant where something could have gone wrong
                 accepted as written
      injection             31 of 40
      Counted are lines in changes of yours that the gate let through. "As written" means that no person
      is known to have edited the passage. That may be right; `trueline learn review` trains to see when
      it is not.

    Tries that do not count, and why
      2  recorded twice

      12 records up to 2026-05-01 are past their time: they count, and can no longer be listed or
      disputed.
    ! py-sqli-search:2: not JSON

      `trueline skills why python/injection` lists what moved a skill; `trueline skills dispute ID`
      takes a piece of evidence out.
    "#);
}

#[test]
fn the_reasons_of_a_skill_on_a_plain_terminal() {
    let row = |id: &str, cell, effect, state| ReasonRow {
        id: id.to_owned(),
        day: "2026-11-20".to_owned(),
        cell,
        what: "py-sqli-search solved at the first try, one hint".to_owned(),
        weight: 1.0,
        expected: Some(0.61),
        effect,
        state,
    };
    let other = Cell {
        language: Language::Go,
        ..CELL
    };
    let reasons = SkillReasons {
        schema: "trueline.skill-reasons/1".to_owned(),
        trueline_version: "0.0.0".to_owned(),
        day: "2026-11-29".to_owned(),
        cell: CELL,
        standing: known(),
        rows: vec![
            row("9f0c2a61b4d7e853", CELL, Some(0.21), RowState::Active),
            row("8f0c2a61b4d7e853", CELL, None, RowState::Disputed),
            row("7f0c2a61b4d7e853", other, Some(-0.04), RowState::Active),
            row("6f0c2a61b4d7e853", other, Some(0.01), RowState::Active),
        ],
        others: 3,
        folded: None,
    };
    insta::assert_snapshot!(terminal::skill_reasons(&reasons, &Style::plain()), @r#"
    python/injection on 2026-11-29: 40-69 %

    Evidence about it and how far each moves it, the latest first, of a day the strongest
      2026-11-20     +0.21  py-sqli-search solved at the first try, one hint (counts in full; 61 %
                            likely beforehand; 9f0c2a61)

    Practice, and what is disputed: it moves nothing
      2026-11-20  disputed  py-sqli-search solved at the first try, one hint (counts in full; 61 %
                            likely beforehand; 8f0c2a61)

    Through skills it has something in common with
      go/injection  -0.03  2 pieces
      and 3 pieces about other skills, which moved this one by less than 0.01

      The numbers are steps of skill, what is known with this piece of evidence minus what is known
      without it: +1.00 turns 50 % into 73 %, -1.00 into 27 %. `trueline skills dispute ID` takes a
      piece out at once, `restore ID` puts it back.
    "#);
}

#[test]
fn the_page_is_whole_makes_no_request_and_escapes_what_it_is_given() {
    let hostile = "<script>alert(1)</script>\"onload=\u{202e}";
    let page = html::skills(&report(hostile));
    let (data, scripts, rest) = apart(&page);
    check_balance(&rest);
    assert!(data.is_empty(), "a profile is no data for scripts");
    assert_eq!(scripts.len(), 2, "the page's own");
    assert!(rest.contains("default-src 'none'"));
    for request in ["http://", "https://", " src=", "url("] {
        assert!(!rest.contains(request), "{request}");
    }
    assert!(!page.contains("<script>alert"));
    assert!(rest.contains("for you alone"));
    assert!(!rest.contains("from the repository"));
}

#[test]
fn the_page_and_the_terminal_say_one_thing_in_one_way() {
    let report = report("py-sqli-search");
    let page = html::skills(&report);
    let (_, _, rest) = apart(&page);
    assert!(rest.contains("<code>trueline learn review</code>"));
    let page = rest.replace("<code>", "`").replace("</code>", "`");
    let wide = Style {
        width: 300,
        ..Style::plain()
    };
    let text = terminal::skills(&report, &wide);
    for words in [
        "all together",
        "What to practise next: an offer, the most useful first",
        "How sure you are, and how right",
        "Practice by yourself and with an assistant",
        "Both are fine: they train different things.",
        "Tries that do not count, and why",
        "takes a piece of evidence out",
        "`trueline skills dispute ID`",
    ] {
        assert!(page.contains(words) && text.contains(words), "{words}");
    }
    for (capital, words) in [
        ("Likely", "likely"),
        ("Evidence", "evidence"),
        ("Again on", "again on"),
        ("By yourself", "by yourself"),
        ("With an assistant", "with an assistant"),
        ("Not said", "not said"),
        ("Accepted as written", "accepted as written"),
    ] {
        let head = format!(">{capital}</th>");
        assert!(page.contains(&head) && text.contains(words), "{words}");
    }
    for other in ["What all of them share", " row by row", "16 rows"] {
        assert!(!page.contains(other), "{other}");
    }
}

#[test]
fn a_skill_without_enough_evidence_has_no_dot_and_no_number() {
    let mut report = report("py-sqli-search");
    report.abilities[0].overall = unknown();
    report.abilities[0].cells.remove(0);
    report.certainty.buckets.clear();
    let page = html::skills(&report);
    assert!(!page.contains("class=\"d-skill\""));
    assert!(page.contains("not enough evidence (2.1 of 4)"));
    let text = terminal::skills(&report, &Style::plain());
    assert!(!text.contains("--o--"), "{text}");
}

#[test]
fn an_empty_profile_says_how_to_begin() {
    let mut empty = report("x");
    empty.abilities.clear();
    empty.practise.clear();
    empty.evidence = EvidenceCounts::default();
    let text = terminal::skills(&empty, &Style::plain());
    assert!(
        text.contains("no evidence yet") && text.contains("trueline learn next"),
        "{text}"
    );
    assert!(html::skills(&empty).contains("trueline learn next"));
}
