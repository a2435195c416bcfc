//! What is shown twice agrees: on the terminal, in a comment and on the page, and from table to table.

use std::collections::BTreeMap;

use trueline_facts::shadow::{Signal, SignalKind, SignalState};
use trueline_facts::stats::{Breakdown, Group, GroupBy, StatsReport};
use trueline_facts::usage::{Advice, LineShares};
use trueline_facts::{Diagnostic, Level, Proportion, ToolId};
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
fn changed_lines_are_told_by_where_the_base_was_left_and_how_it_was_named() {
    let mut report = fixtures::rich();
    let mut told = |fork: Option<char>, name: &str| {
        report.diff_base = Some(fixtures::commit('e'));
        report.diff_fork = fork.map(fixtures::commit);
        report.diff_name = Some(name.to_owned());
        let page = html::scan(&report, &[]);
        // Beside the headline as well, with the commit as code.
        let (_, kicker) = page.split_once("only on lines changed since ").unwrap();
        let kicker = kicker.split(';').next().unwrap();
        let texts = [
            terminal::scan(&report, &WIDE, false),
            markdown::scan(&report),
            page.clone(),
        ];
        let texts = texts.map(|text| {
            let (_, rest) = text.rsplit_once(" changed since ").unwrap();
            rest.lines().next().unwrap().replace("&#46;", ".")
        });
        let kicker = kicker.replace("<code>", "").replace("</code>", "");
        (texts, kicker)
    };
    let e = "eeeeeeeeee";
    for (fork, name, wanted) in [
        (Some('b'), "m2", "bbbbbbbbbb, where this left m2"),
        (Some('b'), e, "bbbbbbbbbb, where this left eeeeeeeeee"),
        (None, "m2", "eeeeeeeeee (m2)"),
        (None, "EEEE", e),
    ] {
        let (texts, kicker) = told(fork, name);
        for text in texts {
            assert!(text.starts_with(wanted), "{name}: {text}");
            assert!(wanted.contains(name) || !text.contains(name), "{text}");
        }
        assert_eq!(kicker, wanted);
    }
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

#[test]
fn what_to_switch_on_is_the_same_everywhere() {
    let advice = |tool: Option<&str>, what: &str| Advice {
        tool: tool.map(ToolId::new),
        what: format!("About {what}:"),
        how: format!("switch {what}"),
    };
    let mut stats = fixtures::stats_of_one();
    let coverage = &mut stats.repositories[0].usage.coverage;
    coverage.advice = vec![
        advice(None, "first"),
        advice(Some("cursor"), "second"),
        advice(None, "third"),
    ];
    let told = |stats: &StatsReport| {
        everywhere(stats).map(|text| {
            ["first", "second", "third"].map(|what| {
                assert!(!text.contains(&format!("About {what}::")), "{text}");
                text.contains(&format!("About {what}:")) && text.contains(&format!("switch {what}"))
            })
        })
    };
    // What helps most, and the switch of each tool that is silent.
    assert_eq!(told(&stats), [[true, true, false]; 3]);
    let coverage = &mut stats.repositories[0].usage.coverage;
    coverage.recent = Proportion::new(8_000, 10_000);
    assert_eq!(told(&stats), [[false; 3]; 3]);
    let coverage = &mut stats.repositories[0].usage.coverage;
    coverage.recent = Proportion::new(400, 10_000);
    assert_eq!(told(&stats), [[true; 3]; 3]);
}

#[test]
fn what_stands_beside_evidence_coverage_is_the_same_everywhere() {
    let mut stats = fixtures::stats_of_one();
    let coverage = &mut stats.repositories[0].usage.coverage;
    coverage.hinted = 1_012;
    coverage.recent_hinted = 12;
    coverage.generated = 2_345;
    coverage.recent_generated = 1;
    coverage.large_files = 3;
    coverage.upper_bound = 34;
    coverage.recent_upper_bound = 34;
    let mut scan = fixtures::rich();
    scan.usage = Some(stats.repositories[0].usage.clone());
    let texts = [
        terminal::scan(&scan, &WIDE, false),
        markdown::scan(&scan),
        html::scan(&scan, &[]),
    ];
    for text in everywhere(&stats).into_iter().chain(texts) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        for part in [
            "f the recent ones claude 3,000",
            "ot among them 12 lines with a hint alone (1,012 of all lines)",
            "ot among them 1 line of generated, vendored or lock files with evidence of who wrote them (2,345 of all lines)",
            "ot among them 3 of all files, none of them recent, of commits with AI, too large to trace",
            "ot among them 34 lines that a squash or a larger commit credits to AI as a whole",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

/// What a text says is not among the lines with evidence.
fn not_among(text: &str) -> Vec<&str> {
    let told = text.split("ot among them ").skip(1);
    told.map(|rest| rest.split([';', '.', '\n', '<']).next().unwrap_or_default())
        .collect()
}

#[test]
fn beside_a_figure_of_all_lines_everything_is_of_all_lines() {
    let mut stats = fixtures::stats_of_one();
    let mut scan = fixtures::rich();
    let coverage = &mut stats.repositories[0].usage.coverage;
    coverage.hinted = 1_012;
    coverage.recent_hinted = 12;
    // No line of the window stands: the sentence opens with all lines.
    let whole = LineShares::default();
    coverage.recent = Proportion::new(0, 0);
    stats.repositories[0].usage.recent_lines = whole;
    scan.usage = Some(stats.repositories[0].usage.clone());
    let of_all = [
        terminal::scan(&scan, &WIDE, false),
        markdown::scan(&scan),
        html::scan(&scan, &[]),
    ];
    for text in everywhere(&stats).iter().chain(&of_all) {
        assert_eq!(not_among(text), ["1,012 lines with a hint alone"], "{text}");
    }
    let markdown = markdown::stats(&stats);
    assert!(
        markdown.contains(
            "**Evidence coverage:** 41.2 % of all lines; no line added in the last 90 days stands"
        ),
        "{markdown}"
    );
    // With a time asked for, every figure is of the lines since then.
    let one = &mut stats.repositories[0];
    one.usage.coverage.recent = Proportion::new(6_200, 10_000);
    one.since = Some(fixtures::NOW.plus_days(-300));
    stats.since = Some("300d".into());
    for text in everywhere(&stats) {
        assert_eq!(
            not_among(&text),
            ["1,012 lines with a hint alone"],
            "{text}"
        );
    }
    let markdown = markdown::stats(&stats);
    assert!(
        markdown.contains("**Evidence coverage:** 41.2 % of the lines added since"),
        "{markdown}"
    );
}

#[test]
fn where_lines_have_no_known_time_none_is_only_known_to_be_recent() {
    let mut stats = fixtures::stats_of_one();
    let coverage = &mut stats.repositories[0].usage.coverage;
    coverage.upper_bound = 1;
    for text in everywhere(&stats) {
        assert!(
            text.contains("ot among them 1 of all lines, not one that is recent, that a squash"),
            "{text}"
        );
    }
    let coverage = &mut stats.repositories[0].usage.coverage;
    coverage.upper_bound = 8_496;
    coverage.undated = 40;
    for text in everywhere(&stats) {
        assert!(
            text.contains("8,496 of all lines, none of them known to be recent, that a squash"),
            "{text}"
        );
    }
}

/// The part of a text from one mark to another.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_default();
    rest.split_once(to).unwrap_or_default().0
}

#[test]
fn no_rate_denies_less_certain_findings_that_are_not_shown() {
    let scan = fixtures::doubted();
    let page = html::scan(&scan, &[]);
    let rows = between(
        &page,
        "</thead><tbody>\n<tr><th scope=\"row\">sql",
        "</div>\n<",
    )
    .replace("<tr>", "\n<tr>");
    insta::assert_snapshot!(
        "doubted_rates",
        [
            between(
                &terminal::scan(&scan, &WIDE, false),
                "Weaknesses per exposed site (95 % interval)\n",
                "\n\n",
            ),
            between(
                &markdown::scan(&scan),
                "with 95 % intervals</summary>\n\n",
                "</details>"
            ),
            &rows,
        ]
        .join("\n---\n")
    );
    // Where everything is shown, nothing is left out.
    let sure = html::scan(&fixtures::rich(), &[]);
    assert!(!between(&sure, "id=\"weaknesses\"", "</section>").contains("less certain"));
}

#[test]
fn libraries_are_named_for_themselves_and_approved_tools_are_nothing_to_act_on() {
    let mut stats = fixtures::stats_of_one();
    let shadow = &mut stats.repositories[0].shadow_ai;
    shadow.signals.push(Signal {
        tool: ToolId::new("openai"),
        kind: SignalKind::Dependency,
        state: SignalState::Present,
        path: "package.json".into(),
        detail: Some("openai".to_owned()),
        first_seen: None,
        last_seen: None,
    });
    // What names no coding tool is not judged, and is there.
    shadow.signals.push(Signal {
        tool: ToolId::new("unspecified"),
        kind: SignalKind::Configuration,
        state: SignalState::Present,
        path: "AGENTS.md".into(),
        detail: None,
        first_seen: None,
        last_seen: None,
    });
    for text in everywhere(&stats) {
        let libraries =
            "Libraries that the application calls, which are no coding tools and are not judged: ";
        let (_, named) = text
            .split_once(libraries)
            .unwrap_or_else(|| panic!("{text}"));
        let named = named.trim_start_matches("<code>");
        assert!(named.starts_with("openai"), "{text}");
    }
    let [terminal, _, html] = everywhere(&stats);
    assert!(
        terminal.contains("Listed, and with signs: claude"),
        "{terminal}"
    );
    assert!(!terminal.contains("CLAUDE.md"), "{terminal}");
    assert!(terminal.contains("AGENTS.md"), "{terminal}");
    assert!(!terminal.contains("package.json"), "{terminal}");
    assert!(terminal.contains(".gitignore (.cursor/)"), "{terminal}");
    assert!(
        html.contains("claude <span class=\"tag ok\">approved</span>"),
        "{html}"
    );
    assert!(
        html.contains("cursor <span class=\"tag warn\">not listed</span>"),
        "{html}"
    );
    assert!(html.contains("<th scope=\"row\">openai</th>"), "{html}");
    // A library is not said to be listed.
    stats.repositories[0].shadow_ai.unlisted.clear();
    stats.repositories[0].shadow_ai.signals.remove(1);
    let terminal = terminal::stats(&stats, &WIDE);
    assert!(
        terminal
            .contains("none: every coding tool that a sign or a commit names (claude) is listed"),
        "{terminal}"
    );
}

#[test]
fn what_names_no_coding_tool_is_said_not_to_be_judged_and_why() {
    let mut stats = fixtures::stats_of_one();
    let one = &mut stats.repositories[0];
    let sign = |tool: &str, kind, path: &str| Signal {
        tool: ToolId::new(tool),
        kind,
        state: SignalState::Present,
        path: path.into(),
        detail: None,
        first_seen: None,
        last_seen: None,
    };
    one.shadow_ai.unlisted.clear();
    one.shadow_ai.signals = vec![
        sign("claude", SignalKind::Configuration, "CLAUDE.md"),
        sign("anthropic", SignalKind::CiJob, "ci.yml"),
        sign("entire", SignalKind::Configuration, ".entire/settings.json"),
        sign("unspecified", SignalKind::Configuration, "AGENTS.md"),
    ];
    let mut unnamed = one.usage.tools[0].clone();
    unnamed.tool = ToolId::new("unspecified");
    unnamed.approved = None;
    one.usage
        .tools
        .retain(|tool| tool.tool.as_str() == "claude");
    one.usage.tools.push(unnamed);
    let expected = [
        "none: every coding tool that a sign or a commit names",
        "Not judged, as no coding tool is named: anthropic (services whose models a CI job may call); entire (what records who wrote what); a tool not named (files that several tools read, commits that say only that AI took part)",
    ];
    for text in everywhere(&stats) {
        let plain = text.replace(['`'], "").replace("<p>None", "none");
        let plain = plain.replace("<code>", "").replace("</code>", "");
        for expected in expected {
            assert!(plain.contains(expected), "{expected}: {plain}");
        }
    }
    let [terminal, ..] = everywhere(&stats);
    let table = between(&terminal, "Tools\n", "\n\n");
    let row = table.lines().find(|row| row.contains("a tool not named"));
    assert!(row.unwrap().contains("not judged"), "{table}");
    // Beside a tool that is not listed it is said as well; where no list is, nothing is judged.
    stats.repositories[0].shadow_ai.unlisted = vec![ToolId::new("cursor")];
    for text in everywhere(&stats) {
        assert!(
            text.contains("Not judged, as no coding tool is named"),
            "{text}"
        );
    }
    stats.repositories[0].shadow_ai.unlisted.clear();
    stats.repositories[0].shadow_ai.approved = None;
    for text in everywhere(&stats) {
        assert!(!text.contains("Not judged, as"), "{text}");
    }
}

#[test]
fn the_months_of_one_repository_stand_once() {
    let mut stats = fixtures::stats_of_one();
    let months = &stats.repositories[0].usage.months;
    let groups = months
        .iter()
        .map(|month| Group {
            name: month.month.clone(),
            lines: month.lines,
            commits: month.standing_commits,
        })
        .collect();
    stats.breakdown = Some(Breakdown {
        by: GroupBy::Month,
        groups,
    });
    let text = terminal::stats(&stats, &WIDE);
    assert_eq!(text.matches("  2025-11  ").count(), 1, "{text}");
    assert!(text.contains("By month"), "{text}");
    assert!(!text.contains("by the month that added them"), "{text}");
    // Those of each of many are not those of all together.
    let mut both = fixtures::stats_of_two();
    both.breakdown = stats.breakdown;
    let text = terminal::stats(&both, &WIDE);
    assert!(text.contains("by the month that added them"), "{text}");
}

#[test]
fn an_interrupted_run_says_of_no_tool_that_its_lines_are_gone() {
    let mut stats = fixtures::stats_of_one();
    let one = &mut stats.repositories[0];
    one.usage.tools[0].lines = 0;
    one.usage.tools[0].lines_at_least = 0;
    let [whole, _, page] = everywhere(&stats);
    for text in [&whole, &page] {
        assert!(text.contains("no line today"), "{text}");
    }
    let one = &mut stats.repositories[0];
    one.diagnostics.push(Diagnostic::new(
        Level::Error,
        "interrupted",
        "interrupted: a part",
    ));
    let [part, _, page] = everywhere(&stats);
    for text in [&part, &page] {
        assert!(!text.contains("o line today"), "{text}");
        assert!(text.contains("lines not known"), "{text}");
        assert!(text.contains("commits read, back from"), "{text}");
        assert!(
            text.contains("what they changed was not read to the end"),
            "{text}"
        );
    }
    // Before a line was read.
    let one = &mut stats.repositories[0];
    one.usage.lines = LineShares::default();
    one.usage.recent_lines = LineShares::default();
    one.usage.coverage.recent = Proportion::new(0, 0);
    one.usage.coverage.all = Proportion::new(0, 0);
    stats.together.lines = LineShares::default();
    stats.together.recent_lines = LineShares::default();
    stats.together.coverage = Proportion::new(0, 0);
    let mut scan = fixtures::rich();
    scan.usage = Some(stats.repositories[0].usage.clone());
    scan.findings.clear();
    scan.diagnostics = stats.repositories[0].diagnostics.clone();
    let scan = [terminal::scan(&scan, &WIDE, false), html::scan(&scan, &[])];
    for text in everywhere(&stats).into_iter().chain(scan) {
        assert!(
            text.contains("not known: the run was interrupted before history was read"),
            "{text}"
        );
        assert!(!text.to_lowercase().contains("committed line"), "{text}");
        assert!(!text.contains("No line is committed"), "{text}");
    }
}
