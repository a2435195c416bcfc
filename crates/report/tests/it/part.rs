//! Reports of a part of a repository: what only the whole has is marked as such.

use trueline_facts::scan::ScanReport;
use trueline_facts::stats::StatsReport;
use trueline_report::{Style, html, markdown, terminal};

use crate::fixtures;

const STYLE: Style = Style {
    color: false,
    width: 200,
    unicode: true,
    hyperlinks: false,
};

/// How often a report says that something is of the whole, by format.
fn marks(scan: &ScanReport, stats: &StatsReport) -> Vec<(&'static str, usize)> {
    let count = |text: &str| text.matches("whole repositor").count();
    vec![
        ("terminal scan", count(&terminal::scan(scan, &STYLE, false))),
        ("terminal stats", count(&terminal::stats(stats, &STYLE))),
        ("markdown scan", count(&markdown::scan(scan))),
        ("markdown stats", count(&markdown::stats(stats))),
        ("html scan", count(&html::scan(scan, &[]))),
        ("html stats", count(&html::stats(stats))),
    ]
}

#[test]
fn anomalies_shadow_ai_and_health_of_a_part_are_those_of_the_whole_and_say_so() {
    let found = marks(&fixtures::of_a_folder(), &fixtures::stats_of_a_folder());
    let expected = [
        // Anomalies, shadow AI.
        ("terminal scan", 2),
        // And health, pipeline.
        ("terminal stats", 4),
        ("markdown scan", 2),
        // The heading over both.
        ("markdown stats", 1),
        // Health, anomalies, pipeline with shadow AI.
        ("html scan", 3),
        // And what is worth a question.
        ("html stats", 4),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_report_of_the_whole_has_nothing_to_mark() {
    let found = marks(&fixtures::rich(), &fixtures::stats_of_one());
    assert!(found.iter().all(|(_, marks)| *marks == 0), "{found:?}");
}
