//! A benchmark on screen and as a page: both ends of a share, an interval beside each, stand-ins stamped.

use trueline_facts::bench::{
    AssistantReport, BaxBenchModel, BenchReport, Bounded, ChannelRow, CodeResult, CweRow, Estimate,
    Group, LeftOut, Method, NoAnswer, Outcomes, PassAt, RepairRow, ResistResult, ReviewCwe,
    ReviewResult, ScenarioVersion, Spent, UpstreamAt, UpstreamCwe,
};
use trueline_facts::{Cwe, Diagnostic, Level};
use trueline_report::{Style, html, terminal};

use crate::hostile::HOSTILE;
use crate::html::{apart, check_balance};

fn share(value: f64) -> Estimate {
    Estimate {
        value: Some(value),
        low: (value - 0.1).max(0.0),
        high: (value + 0.1).min(1.0),
        tasks: 60,
        method: Method::EffectiveSamples,
    }
}

const NOTHING: Estimate = Estimate {
    value: None,
    low: 0.0,
    high: 1.0,
    tasks: 0,
    method: Method::Nothing,
};

fn both(low: f64, high: f64) -> Bounded {
    Bounded {
        low: share(low),
        high: share(high),
    }
}

fn code(secure: f64, repair: Option<RepairRow>) -> CodeResult {
    let outcomes = Outcomes {
        blocked: 30,
        unproven: 6,
        exploited: 20,
        functional_fail: 3,
        no_answer: 1,
    };
    CodeResult {
        tasks: 60,
        outcomes,
        pass_at: vec![
            PassAt {
                k: 1,
                pass: share(0.93),
                secure: both(secure, secure + 0.1),
            },
            PassAt {
                k: 5,
                pass: share(0.997),
                secure: both(0.7, 0.75),
            },
        ],
        languages: vec![Group {
            name: "python".to_owned(),
            outcomes,
            pass: share(0.9),
            secure: both(0.5, 0.5),
        }],
        cwes: vec![CweRow {
            cwe: Cwe(89),
            functional: 10,
            exploited: 4,
            unknown: 1,
            low: share(0.4),
            high: share(0.5),
        }],
        repair,
        left_out: vec![LeftOut {
            reason: "needs java >=17".to_owned(),
            samples: 2,
            scenarios: vec!["java-xxe-recipes".to_owned()],
        }],
    }
}

fn assistant(name: &str, secure: f64) -> AssistantReport {
    AssistantReport {
        name: name.to_owned(),
        demonstration: secure < 0.3,
        adapter: "command".to_owned(),
        version: Some("1.2".to_owned()),
        models: vec![name.to_owned()],
        samples: 5,
        seed: 7,
        safety: "none".to_owned(),
        generate: Some(code(secure, None)),
        repair: Some(code(
            secure,
            Some(RepairRow {
                regressions: share(0.05),
                median_changed_lines: Some(12.0),
                median_reference_lines: Some(9.0),
            }),
        )),
        review: Some(ReviewResult {
            pairs: 77,
            samples: 154,
            no_answer: 2,
            told_apart: share(0.6),
            recall: share(0.8),
            false_alarms: share(0.2),
            precision: share(0.7),
            localisation: NOTHING,
            named: share(0.9),
            cwes: vec![ReviewCwe {
                cwe: Cwe(89),
                recall: share(1.0),
            }],
            left_out: Vec::new(),
        }),
        resist: Some(ResistResult {
            samples: 64,
            no_answer: 0,
            obeyed: share(0.25),
            completed: both(0.5, 0.6),
            resisted: both(0.4, 0.5),
            channels: vec![ChannelRow {
                channel: "readme".to_owned(),
                samples: 13,
                obeyed: share(0.25),
            }],
            left_out: Vec::new(),
        }),
        abilities: Vec::new(),
        no_answers: Vec::new(),
        silent: false,
        spent: Spent {
            answers: 300,
            median_s: Some(12.34),
            total_s: 3600.0,
            told_tokens: 300,
            input_tokens: 1_234_567,
            output_tokens: 76_543,
            told_cost: 200,
            cost_usd: 4.2,
        },
        missing_samples: 3,
    }
}

fn report(name: &str) -> BenchReport {
    BenchReport {
        schema: "trueline.bench/1".to_owned(),
        trueline_version: "0.0.0".to_owned(),
        scenarios: vec![ScenarioVersion {
            id: "py-sqli-search".to_owned(),
            version: 1,
        }],
        assistants: vec![assistant("worse", 0.2), assistant(name, 0.5)],
        baxbench: Vec::new(),
        diagnostics: vec![Diagnostic::new(
            Level::Warning,
            "bench-versions-differ",
            name,
        )],
    }
}

fn imported(name: &str) -> BenchReport {
    BenchReport {
        assistants: Vec::new(),
        baxbench: vec![BaxBenchModel {
            model: name.to_owned(),
            setting: "temp0.2-openapi-none".to_owned(),
            tasks: 3,
            samples: 8,
            functional: 5,
            secure: 3,
            secure_unproven: 1,
            exceptions: 3,
            no_code: 1,
            without_tests: 1,
            upstream: vec![UpstreamAt {
                k: 1,
                pass: 0.775,
                secure: 0.225,
            }],
            upstream_insecure: Some(7.0 / 12.0),
            ours: vec![PassAt {
                k: 1,
                pass: share(0.7),
                secure: both(0.23, 0.3),
            }],
            cwes: vec![UpstreamCwe {
                cwe: Cwe(89),
                samples: 2,
                functional: 2,
            }],
        }],
        ..report(name)
    }
}

#[test]
fn an_assistant_on_a_plain_terminal() {
    let screen = terminal::bench(&report("better"), Style::plain());
    let (better, worse) = (
        screen.find("\nbetter\n"),
        screen.find("\nworse (demonstration)\n"),
    );
    assert!(better.is_some() && better < worse, "{screen}");
    let block = &screen[better.unwrap_or(0)..worse.unwrap_or(0)];
    insta::assert_snapshot!(block);
}

#[test]
fn imported_results_on_a_plain_terminal() {
    insta::assert_snapshot!(terminal::bench(&imported("org-model"), Style::plain()));
}

#[test]
fn nothing_from_outside_breaks_out_and_nothing_is_fetched() {
    for page in [
        html::bench(&report(HOSTILE)),
        html::bench(&imported(HOSTILE)),
    ] {
        let (data, scripts, rest) = apart(&page);
        assert_eq!((data.len(), scripts.len()), (0, 2));
        assert!(!rest.contains("<img") && !rest.contains("onerror=alert(1)>"));
        check_balance(&rest);
    }
    for screen in [
        terminal::bench(&report(HOSTILE), Style::plain()),
        terminal::bench(&imported(HOSTILE), Style::plain()),
    ] {
        assert!(
            !screen.contains('\u{1b}') && !screen.contains('\u{202e}') && !screen.contains('\u{0}')
        );
    }
}

#[test]
fn a_stand_in_is_stamped_wherever_it_is_named() {
    let page = html::bench(&report("better"));
    for outside in ["http://", "https://", "src=", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let (_, _, rest) = apart(&page);
    assert!(rest.contains("<strong>Demonstration.</strong> 1 row here is of a stand-in"));
    let rows = rest.matches(">worse ").count() + rest.matches(">worse<").count();
    assert!(rows > 5, "{rows}");
    let stamps = rest
        .matches("worse <span class=\"tag warn\">demonstration</span>")
        .count();
    assert_eq!(rows, stamps);
    let without = html::bench(&imported("m"));
    assert!(!apart(&without).2.contains("emonstration"));
}

#[test]
fn one_that_never_answered_has_its_causes_and_no_score() {
    let mut report = report("better");
    let silent = &mut report.assistants[1];
    (silent.generate, silent.repair, silent.review, silent.resist) = (None, None, None, None);
    silent.silent = true;
    silent.no_answers = (1..=7)
        .map(|number| NoAnswer {
            reason: format!("cause {number}{}", if number == 1 { "" } else { HOSTILE }),
            samples: 10,
            said: (number == 1).then(|| "no key".to_owned()),
        })
        .collect();
    let screen = terminal::bench(&report, Style::plain());
    // What is measured stands first, whatever it is.
    assert!(screen.find("\nworse") < screen.find("\nbetter"), "{screen}");
    for part in [
        "no answer: it was asked and never answered",
        "10 samples without an answer: cause 1",
        "(it said: no key)",
        "20 samples without an answer for other reasons",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(
        !screen.contains('\u{1b}') && !screen.contains("cause 6"),
        "{screen}"
    );
    let page = html::bench(&report);
    let (_, _, rest) = apart(&page);
    assert!(
        rest.contains("<strong>better: no answer.</strong>"),
        "{rest}"
    );
    assert!(!rest.contains("<img"));
    check_balance(&rest);
}

#[test]
fn what_a_stopped_run_left_out_is_told_before_the_tables() {
    let page = html::bench(&report("better"));
    let (_, _, rest) = apart(&page);
    let told = rest.find("3 samples not there yet.").unwrap();
    let board = rest.find("id=\"generate\"").unwrap();
    assert!(told < board, "{told} {board}");
}
