//! What is shown twice agrees: on the terminal, in a comment and on the page, and from table to table.

use std::collections::BTreeMap;

use trueline_facts::stats::{Breakdown, Group, GroupBy, StatsReport};
use trueline_facts::usage::LineShares;
use trueline_facts::{Proportion, ToolId};
use trueline_report::{Style, html, markdown, terminal};

use crate::fixtures;

const WIDE: Style = Style {
    color: false,
    width: 400,
    unicode: true,
    hyperlinks: false,
};

fn everywhere(stats: &StatsReport) -> [String; 3] {
    [
        terminal::stats(stats, &WIDE),
        markdown::stats(stats),
        html::stats(stats),
    ]
}

#[test]
fn what_is_in_neither_group_is_told_in_the_same_words() {
    let mut stats = fixtures::stats_of_one();
    stats.repositories[0].health.perhaps_ai_lines = 1_234;
    for text in everywhere(&stats) {
        assert!(
            text.contains("In neither group: 1,234 lines that a squash or a larger commit credits to AI as a whole"),
            "{text}"
        );
    }
    // Where nothing is compared, nothing is left out of a comparison.
    let health = &mut stats.repositories[0].health;
    health.rework.clear();
    health.survival.clear();
    for text in everywhere(&stats) {
        assert!(!text.contains("In neither group"), "{text}");
    }
}

#[test]
fn both_ends_of_the_ai_share_say_where_they_are_known_from() {
    for text in everywhere(&fixtures::stats_of_one()) {
        assert!(text.contains("25.0 %") && text.contains("31.0 %"), "{text}");
        assert!(
            text.contains("5,001 known line by line, 1,200 in commits in which a tool took part"),
            "{text}"
        );
    }
}

#[test]
fn lines_of_which_nothing_is_known_are_unknown_in_every_table_and_never_a_zero() {
    let stats = fixtures::stats_of_two();
    let [terminal, markdown, html] = everywhere(&stats);
    let row = |text: &str, name: &str| -> String {
        let row = text.lines().find(|line| line.contains(name));
        row.unwrap_or_default().to_owned()
    };
    assert!(row(&terminal, "others").contains("unknown"));
    assert!(row(&markdown, "| others").contains("| unknown | 0 % |"));
    assert!(html.contains("<td class=\"n\">0 %</td><td class=\"n\">unknown</td>"));
    assert!(!html.contains("<td class=\"n\">0 %</td><td class=\"n\">0 %</td>"));
}

#[test]
fn with_since_every_coverage_is_of_the_lines_that_count() {
    let mut stats = fixtures::stats_of_two();
    stats.since = Some("300d".into());
    stats.breakdown = None;
    for one in &mut stats.repositories {
        one.since = Some(fixtures::NOW.plus_days(-300));
        one.usage.coverage.recent = Proportion::new(1, 2);
        one.usage.coverage.all = Proportion::new(one.usage.lines.known(), one.usage.lines.total);
    }
    stats.together.coverage = Proportion::new(1, 2);
    for text in everywhere(&stats) {
        assert!(!text.contains("50.0 % of recent"), "{text}");
        assert!(!text.contains("| 50.0 % |"), "{text}");
        assert!(!text.contains("<p class=\"big\">50.0 %"), "{text}");
    }
    let [terminal, markdown, html] = everywhere(&stats);
    assert!(markdown.contains("| acme-shop | 41.2 % |"), "{markdown}");
    assert!(terminal.contains("acme-shop    41.2 %"), "{terminal}");
    assert!(
        html.contains("acme-shop</a></th><td class=\"n\">41.2 %"),
        "{html}"
    );
}

#[test]
fn a_window_without_evidence_is_no_word_about_older_lines() {
    let mut stats = fixtures::stats_of_one();
    stats.since = Some("20d".into());
    stats.breakdown = None;
    let one = &mut stats.repositories[0];
    one.since = Some(fixtures::NOW.plus_days(-20));
    let nothing = LineShares {
        total: 12,
        unknown: 12,
        ..LineShares::default()
    };
    let coverage = &mut one.usage.coverage;
    (coverage.recent, coverage.all) = (Proportion::new(0, 12), Proportion::new(0, 12));
    (coverage.hinted, coverage.upper_bound) = (0, 0);
    (one.usage.lines, one.usage.recent_lines) = (nothing, nothing);
    (stats.together.lines, stats.together.recent_lines) = (nothing, nothing);
    let [terminal, markdown, html] = everywhere(&stats);
    let said = "none of the lines added since 2026-01-05 says who wrote it";
    for text in [&terminal, &markdown] {
        assert!(text.contains(said), "{text}");
    }
    assert!(html.contains(&said.replace("none", "None")), "{html}");
    assert!(
        terminal.contains(
            "Evidence   none: no line of acme-shop that was added since 2026-01-05 says who wrote it (0 of 12)"
        ),
        "{terminal}"
    );
    for text in [&terminal, &markdown, &html] {
        assert!(!text.contains("carries"), "{text}");
        assert!(!text.contains("no evidence yet"), "{text}");
    }

    // One line, and none.
    stats.together.lines.total = 1;
    for text in everywhere(&stats) {
        assert!(text.contains("the AI share of this line is unknown"));
    }
    let one = &mut stats.repositories[0];
    one.usage.coverage.all = Proportion::new(0, 0);
    one.usage.lines = LineShares::default();
    stats.together.lines = LineShares::default();
    for text in everywhere(&stats) {
        assert!(
            text.contains("here are no lines added since 2026-01-05"),
            "{text}"
        );
        assert!(!text.contains("committed line"), "{text}");
    }
}

#[test]
fn a_tool_that_evidence_does_not_name_has_one_name() {
    let unnamed = ToolId::new("unspecified");
    let mut stats = fixtures::stats_of_one();
    stats.breakdown = Some(Breakdown {
        by: GroupBy::Tool,
        groups: vec![Group {
            name: unnamed.to_string(),
            lines: stats.repositories[0].usage.lines,
            commits: 3,
        }],
    });
    let one = &mut stats.repositories[0];
    one.usage.tools[0].tool = unnamed.clone();
    one.usage.coverage.by_tool = BTreeMap::from([(unnamed.clone(), 3_000)]);
    one.pipeline[0].tool = unnamed;
    for text in everywhere(&stats) {
        assert!(!text.contains("unspecified"), "{text}");
        assert!(text.contains("a tool not named"), "{text}");
    }
}

#[test]
fn lines_of_a_tool_and_of_a_hotspot_have_the_two_ends_of_the_whole() {
    let [terminal, _, html] = everywhere(&fixtures::stats_of_one());
    for text in [&terminal, &html] {
        assert!(text.contains("801 to 2,001 lines"), "{text}");
    }
    // A column that says "at least", and a cell that says both.
    assert!(html.contains("64.5 % (up to 83.9 %)"), "{html}");
    assert!(
        terminal.contains("AI at least 64.5 % and up to 83.9 %"),
        "{terminal}"
    );
    let mut stats = fixtures::stats_of_one();
    stats.repositories[0].usage.tools[1].lines_at_least = 0;
    for text in [terminal::stats(&stats, &WIDE), html::stats(&stats)] {
        assert!(text.contains("up to 2,001 lines"), "{text}");
    }
}

#[test]
fn survival_is_rounded_alike() {
    let mut stats = fixtures::stats_of_one();
    stats.repositories[0].health.survival[0].curve[0].alive = 0.673_8;
    let [terminal, _, html] = everywhere(&stats);
    assert!(terminal.contains("67.4 % after 30 days"), "{terminal}");
    assert!(html.contains("<td class=\"n\">67.4 %</td>"), "{html}");
}

#[test]
fn months_show_the_commits_of_which_lines_stand() {
    let [terminal, _, html] = everywhere(&fixtures::stats_of_one());
    let november = terminal.lines().find(|line| line.contains("2025-11  "));
    assert!(november.unwrap_or_default().ends_with("21 commits"));
    // The page has those that were made, and calls them so.
    assert!(html.contains("commits made</th>"), "{html}");
}

#[test]
fn a_summary_counts_what_it_leaves_out() {
    let mut stats = fixtures::stats_of_one();
    let anomalies = &mut stats.repositories[0].health.anomalies;
    *anomalies = vec![anomalies[0].clone(); 7];
    let text = markdown::stats(&stats);
    assert_eq!(text.matches("velocity burst").count(), 5);
    assert!(text.contains("\n- and 2 older\n"), "{text}");
}
