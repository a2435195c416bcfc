//! Simulated people with known skill: how often intervals hold, whether ranks and group means are right.

use trueline_skills::simulation::{Habit, World, coverage, group};

/// People in each world.
const PEOPLE: u32 = 3_000;
/// Where all draws begin.
const SEED: u64 = 20_261_129;

pub(crate) fn run() {
    println!(
        "coverage of 80 % intervals, {PEOPLE} people | practised cells | unpractised cells | overall | mean sd | RMSE"
    );
    for answers in [5, 20, 60, 200] {
        world(&format!("{answers} answers"), &World::as_assumed(answers));
    }
    for answers in [20, 60] {
        let base = World::as_assumed(answers);
        for (name, changed) in [
            (
                "items uncertain",
                World {
                    items_known: false,
                    ..base
                },
            ),
            (
                "drift and learning",
                World {
                    days_between: 3,
                    learning: true,
                    ..base
                },
            ),
            (
                "with counts of findings",
                World {
                    counts: 0.5,
                    ..base
                },
            ),
            (
                "slips, guesses, AI 5 % each",
                astray(base, 0.05, 0.05, 0.05),
            ),
            (
                "slips 5 %, guesses 10 %, AI 10 %",
                astray(base, 0.05, 0.1, 0.1),
            ),
        ] {
            world(&format!("{answers}, {name}"), &changed);
        }
    }
    habits();
}

const fn astray(base: World, slip: f64, guess: f64, solved_by_ai: f64) -> World {
    World {
        slip,
        guess,
        solved_by_ai,
        items_known: false,
        ..base
    }
}

fn world(name: &str, world: &World) {
    let c = coverage(world, PEOPLE, SEED);
    println!(
        "{name} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3}",
        c.practised.share(),
        c.unpractised.share(),
        c.overall.share(),
        c.mean_sd(),
        c.rmse(),
    );
}

fn habits() {
    println!(
        "ninety days, {PEOPLE} people | bias in logits | rank correlation | coverage of cells with enough evidence"
    );
    let usual = Habit::usual();
    let uneven = Habit {
        exercises: 0,
        sites: 100.0,
        one_language: true,
        detection: 0.9,
        detection_else: 0.3,
        ..usual
    };
    for (name, habit) in [
        ("usual: 3 exercises, 20 sites a week", usual),
        (
            "no code",
            Habit {
                sites: 0.0,
                ..usual
            },
        ),
        (
            "twice the code",
            Habit {
                sites: 40.0,
                ..usual
            },
        ),
        (
            "ten times the code",
            Habit {
                sites: 200.0,
                ..usual
            },
        ),
        (
            "only code, 60 sites",
            Habit {
                exercises: 0,
                sites: 60.0,
                ..usual
            },
        ),
        (
            "one language",
            Habit {
                one_language: true,
                ..usual
            },
        ),
        (
            "part time, 40 %",
            Habit {
                part_time: 0.4,
                ..usual
            },
        ),
        (
            "30 % with an assistant",
            Habit {
                ai_share: 0.3,
                ..usual
            },
        ),
        (
            "90 % with an assistant",
            Habit {
                ai_share: 0.9,
                ..usual
            },
        ),
        (
            "5 exercises, 60 sites",
            Habit {
                exercises: 5,
                sites: 60.0,
                ..usual
            },
        ),
        ("only Python code, a scanner that sees .9", uneven),
        (
            "the same, taken for .6",
            Habit {
                detection_known: false,
                ..uneven
            },
        ),
    ] {
        let group = group(&habit, PEOPLE as usize, SEED);
        println!(
            "{name} | {:+.3} | {:.3} | {:.3}",
            group.bias,
            group.order,
            group.held.share()
        );
    }
}
