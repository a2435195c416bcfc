//! Comments on changes.

use trueline_facts::stats::StatsReport;
use trueline_report::{Style, html, markdown, terminal};

use crate::{fixtures, hostile};

#[test]
fn a_comment_is_short_and_folds_details() {
    insta::assert_snapshot!("comment", markdown::scan(&fixtures::rich()));
}

#[test]
fn a_comment_without_evidence_says_unknown_and_how_to_know() {
    insta::assert_snapshot!(
        "comment_no_evidence",
        markdown::scan(&fixtures::no_evidence())
    );
}

#[test]
fn a_summary_of_repositories_is_a_table() {
    insta::assert_snapshot!("summary", markdown::stats(&fixtures::stats_of_two()));
}

#[test]
fn text_from_a_repository_formats_nothing_names_nobody_and_closes_nothing() {
    for text in [
        markdown::scan(&hostile::scan().unwrap()),
        markdown::stats(&hostile::stats().unwrap()),
    ] {
        let outside_fences: String = text.split("\n```").step_by(2).collect();
        for bad in [
            "<img",
            "</script",
            "](javascript",
            "@all",
            " #1",
            "<!-- \\",
            "\u{1b}",
            "\u{202e}",
        ] {
            assert!(!outside_fences.contains(bad), "{bad} in {outside_fences}");
        }
        assert_eq!(
            text.matches("<details>").count(),
            text.matches("</details>").count()
        );
    }
}

#[test]
fn a_snippet_cannot_end_its_own_fence() {
    let mut report = fixtures::rich();
    report.findings[0].location.snippet = "```\n<b>".into();
    let text = markdown::scan(&report);
    assert!(text.contains("````\n``` <b>\n````"), "{text}");
}

#[test]
fn a_summary_shows_what_is_in_neither_group_in_the_words_of_the_terminal_and_the_page() {
    let mut stats = fixtures::stats_of_one();
    stats.repositories[0].health.perhaps_ai_lines = 1_234;
    let wide = Style {
        color: false,
        width: 400,
        unicode: true,
        hyperlinks: false,
    };
    let all = |stats: &StatsReport| {
        [
            markdown::stats(stats),
            terminal::stats(stats, &wide),
            html::stats(stats),
        ]
    };
    let said = "In neither group: 1,234 lines that a squash or a larger commit credits to AI as a whole";
    for text in all(&stats) {
        assert!(text.contains(said), "{text}");
    }
    let known = "5,001 known line by line, 1,200 in commits in which a tool took part";
    for text in all(&stats) {
        assert!(text.contains(known), "{text}");
    }
    // Where nothing is compared, nothing is left out of a comparison.
    let health = &mut stats.repositories[0].health;
    health.rework.clear();
    health.survival.clear();
    for text in all(&stats) {
        assert!(!text.contains("In neither group"), "{text}");
    }
}

#[test]
fn lines_of_which_nothing_is_known_are_unknown_in_every_table_and_never_a_zero() {
    let text = markdown::stats(&fixtures::stats_of_two());
    assert!(text.contains("| others | unknown | 0 % |"), "{text}");
    let text = html::stats(&fixtures::stats_of_two());
    assert!(!text.contains("<td class=\"n\">0 %</td><td class=\"n\">0 %</td>"), "{text}");
}

#[test]
fn a_comment_says_up_to_where_whole_squashes_alone_name_ai() {
    let text = markdown::scan(&fixtures::squashed());
    let share = text.lines().find(|line| line.contains("AI share")).unwrap();
    assert_eq!(
        share,
        "- **AI share:** at least 40.0 % and up to 47.0 % of these and at least 25.0 % and up to 31.0 % of all 20,000 lines"
    );
}
