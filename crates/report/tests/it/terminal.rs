//! What a person sees in the terminal.

use trueline_facts::{RepoPath, ToolId};
use trueline_report::{Style, terminal};

use crate::{fixtures, hostile};

const WIDE: Style = Style {
    color: false,
    width: 110,
    unicode: true,
    hyperlinks: false,
};

#[test]
fn a_scan_fits_on_a_screen_and_begins_with_the_answer() {
    insta::assert_snapshot!("scan_rich", terminal::scan(&fixtures::rich(), &WIDE, false));
}

#[test]
fn all_lists_what_the_first_screen_leaves_out() {
    insta::assert_snapshot!(
        "scan_rich_all",
        terminal::scan(&fixtures::rich(), &WIDE, true)
    );
}

#[test]
fn without_evidence_the_screen_says_what_it_cannot_know_and_what_to_switch_on() {
    insta::assert_snapshot!(
        "scan_no_evidence",
        terminal::scan(&fixtures::no_evidence(), &WIDE, false)
    );
}

#[test]
fn outside_git_findings_are_shown_and_origins_are_not_claimed() {
    insta::assert_snapshot!(
        "scan_outside_git",
        terminal::scan(&fixtures::outside_git(), &WIDE, false)
    );
}

#[test]
fn an_empty_folder_is_not_called_safe() {
    insta::assert_snapshot!(
        "scan_empty",
        terminal::scan(&fixtures::empty(), &WIDE, false)
    );
}

#[test]
fn stats_of_several_repositories_begin_with_all_of_them() {
    insta::assert_snapshot!("stats", terminal::stats(&fixtures::stats_of_two(), &WIDE));
}

#[test]
fn evidence_coverage_comes_before_the_ai_share() {
    for text in [
        terminal::scan(&fixtures::rich(), &WIDE, false),
        terminal::scan(&fixtures::no_evidence(), &WIDE, false),
        terminal::stats(&fixtures::stats_of_two(), &WIDE),
    ] {
        let coverage = ["say who wrote them", "Evidence"];
        let evidence = coverage.iter().filter_map(|words| text.find(words)).min();
        let evidence = evidence.unwrap();
        let share = text.find("AI ").unwrap();
        assert!(evidence < share, "{text}");
    }
}

#[test]
fn without_colour_no_escape_sequence_is_written_whatever_the_repository_holds() {
    let style = Style::plain();
    for text in [
        terminal::scan(&hostile::scan().unwrap(), &style, true),
        terminal::stats(&hostile::stats().unwrap(), &style),
    ] {
        assert!(
            !text.chars().any(|c| c.is_control() && c != '\n'),
            "{text:?}"
        );
        assert!(!text.contains('\u{202e}'));
    }
}

#[test]
fn colour_adds_nothing_but_escape_sequences() {
    let coloured = terminal::scan(
        &fixtures::rich(),
        &Style {
            color: true,
            ..WIDE
        },
        true,
    );
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    let trimmed: Vec<_> = plain.lines().map(str::trim_end).collect();
    let expected = terminal::scan(&fixtures::rich(), &WIDE, true);
    assert_eq!(trimmed, expected.lines().collect::<Vec<_>>());
}

#[test]
fn an_ascii_terminal_gets_ascii() {
    assert!(terminal::scan(&fixtures::rich(), &Style::plain(), true).is_ascii());
}

#[test]
fn a_narrow_terminal_is_respected_except_by_what_must_stay_whole() {
    let style = Style { width: 80, ..WIDE };
    let text = terminal::scan(&fixtures::no_evidence(), &style, false);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn no_path_and_no_evidence_is_cut_from_eighty_columns_up() {
    let mut report = fixtures::stats_of_one();
    let one = &mut report.repositories[0];
    let path = |n: usize| format!("packages/{}handlers.rs", "deep/".repeat(n));
    let mut hotspot = one.health.hotspots[0].clone();
    hotspot.path = RepoPath::from(path(6).as_str());
    one.health.hotspots.push(hotspot);
    let mut entry = one.pipeline[0].clone();
    entry.evidence = vec![
        format!("@anthropic-ai/claude-code in {}", path(7)),
        "refs/notes/ai".to_owned(),
    ];
    one.pipeline.push(entry);
    let mut signal = one.shadow_ai.signals[0].clone();
    signal.path = RepoPath::from(path(8).as_str());
    signal.tool = ToolId::new("windsurf");
    one.shadow_ai.signals.push(signal);
    for width in 80..=240 {
        for unicode in [false, true] {
            let style = Style {
                width,
                unicode,
                ..WIDE
            };
            let text = terminal::stats(&report, &style);
            assert!(!text.contains('…'), "{text}");
            for whole in [path(6), path(7), path(8)] {
                assert!(text.contains(&whole), "{whole} in {text}");
            }
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(&format!("{} and 1 more", path(7))), "{text}");
            let is_whole = |line: &&str| line.chars().count() <= usize::from(width);
            assert!(text.lines().all(|line| is_whole(&line)), "{text}");
        }
    }
}

#[test]
fn a_weakness_code_links_to_its_definition_where_links_can_be_shown() {
    let style = Style {
        hyperlinks: true,
        ..WIDE
    };
    let text = terminal::scan(&fixtures::rich(), &style, false);
    assert!(
        text.contains("\u{1b}]8;;https://cwe.mitre.org/data/definitions/89.html\u{1b}\\CWE-89")
    );
}

#[test]
fn a_range_far_to_the_right_of_a_long_line_stays_in_view() {
    let mut report = fixtures::outside_git();
    let long = format!("{}cur.execute(q){}", "x ".repeat(70), " y".repeat(20));
    report.findings[0].location = fixtures::at("a.py", 1, (141, 155), &long);
    let text = terminal::scan(&report, &Style { width: 60, ..WIDE }, false);
    let lines: Vec<_> = text.lines().collect();
    let source = lines.iter().position(|l| l.starts_with("1 | ")).unwrap();
    let carets = lines[source + 1];
    let from = carets.find('^').unwrap();
    assert!(lines[source].chars().count() <= 60, "{}", lines[source]);
    assert_eq!(&lines[source][from..from + 14], "cur.execute(q)");
    assert_eq!(carets.matches('^').count(), 14);
}

#[test]
fn an_underline_below_wide_characters_is_where_they_are() {
    let mut report = fixtures::outside_git();
    report.findings[0].location = fixtures::at("a.py", 1, (6, 7), "日本 = x");
    let text = terminal::scan(&report, &WIDE, false);
    assert!(text.contains("1 | 日本 = x\n"), "{text}");
    assert!(text.contains("  |        ^\n"), "{text}");
}

#[test]
fn lines_that_a_whole_squash_credits_to_ai_raise_its_upper_end_alone() {
    let text = terminal::scan(&fixtures::squashed(), &WIDE, false);
    let figures: Vec<&str> = text.split("Tools").collect();
    insta::assert_snapshot!("scan_squashed", figures[0]);
    assert!(text.contains("801 to 2,001 lines"), "{text}");
    let mut stats = fixtures::stats_of_one();
    fixtures::squash(&mut stats.repositories[0].usage);
    let text = terminal::stats(&stats, &WIDE);
    assert!(text.contains("and up to"), "{text}");
}
