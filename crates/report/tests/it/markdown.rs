//! Comments on changes.

use trueline_report::markdown;

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
fn a_comment_says_up_to_where_whole_squashes_alone_name_ai() {
    let text = markdown::scan(&fixtures::squashed());
    let share = text.lines().find(|line| line.contains("AI share")).unwrap();
    assert_eq!(
        share,
        "- **AI share:** at least 40.0 % and up to 47.0 % of these and at least 25.0 % and up to 31.0 % of all 20,000 lines"
    );
}
