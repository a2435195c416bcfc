//! What is said of who wrote the code where little or nothing is known: every sentence true and
//! readable.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use trueline_facts::health::{LargeChange, Review};
use trueline_facts::scan::ScanReport;
use trueline_facts::stats::StatsReport;
use trueline_facts::usage::LineShares;
use trueline_facts::{Proportion, Timestamp};
use trueline_report::{Style, html, markdown, terminal};

use crate::fixtures;

const STYLE: Style = Style {
    color: false,
    width: 400,
    unicode: true,
    hyperlinks: false,
};

/// AI by single lines, by commits with a trailer and by whole squashes; people; unknown.
fn lines(of_ai: [u64; 3], human: u64, unknown: u64) -> LineShares {
    let ai = of_ai.iter().sum();
    LineShares {
        total: ai + human + unknown,
        ai,
        ai_line_level: of_ai[0],
        ai_tool_authored: 0,
        ai_transcripts: 0,
        ai_upper_bound: of_ai[2],
        human,
        unknown,
    }
}

fn report(recent: LineShares, all: LineShares) -> ScanReport {
    let mut report = fixtures::rich();
    report.findings.clear();
    let usage = report.usage.as_mut().unwrap();
    usage.coverage.recent = Proportion::new(recent.known(), recent.total);
    usage.coverage.all = Proportion::new(all.known(), all.total);
    usage.coverage.upper_bound = all.ai_upper_bound;
    usage.coverage.recent_upper_bound = recent.ai_upper_bound;
    usage.recent_lines = recent;
    usage.lines = all;
    report
}

/// A text without the line ends that a terminal gives it.
fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

fn in_terminal(report: &ScanReport) -> String {
    on_one_line(&terminal::scan(report, &STYLE, false))
}

fn heading(page: &str) -> &str {
    let (_, rest) = page.split_once("<h1 id=\"title\">").unwrap();
    rest.split_once("</h1>").unwrap().0
}

/// What the page says of who wrote the code, in its first sentence.
fn said(report: &ScanReport) -> String {
    let page = html::scan(report, &[]);
    let plain = heading(&page).replace("&nbsp;", " ");
    let (found, said) = plain.split_once(". ").unwrap();
    assert!(found.starts_with("No findings in acme-shop"), "{found}");
    said.to_owned()
}

const NONE: LineShares = LineShares {
    total: 0,
    ai: 0,
    ai_line_level: 0,
    ai_tool_authored: 0,
    ai_transcripts: 0,
    ai_upper_bound: 0,
    human: 0,
    unknown: 0,
};

#[test]
fn the_heading_says_what_is_known_of_who_wrote_the_code() {
    for (recent, all, expected) in [
        (
            lines([40, 10, 0], 0, 50),
            lines([40, 20, 0], 0, 140),
            "50.0 % of recent lines say who wrote them; AI wrote at least 40.0 % and up to 50.0 % of recent lines and at least 20.0 % and up to 30.0 % of all lines.",
        ),
        // A trailer says that a tool took part, and no line is known to be its own.
        (
            lines([0, 50, 0], 0, 50),
            lines([0, 50, 0], 0, 150),
            "50.0 % of recent lines say who wrote them; AI may have written up to 50.0 % of recent lines and up to 25.0 % of all lines.",
        ),
        (
            lines([0, 50, 0], 0, 50),
            lines([10, 50, 0], 0, 140),
            "50.0 % of recent lines say who wrote them; AI may have written up to 50.0 % of recent lines; AI wrote at least 5.0 % and up to 30.0 % of all lines.",
        ),
        // Whole squashes alone.
        (
            lines([0, 0, 100], 0, 0),
            lines([0, 0, 100], 0, 100),
            "No line says who wrote it; AI may have written up to 50.0 % of all lines.",
        ),
        // Nothing recent stands.
        (
            NONE,
            lines([20, 0, 0], 0, 80),
            "No recent line stands, and 20.0 % of all lines say who wrote them; AI wrote at least 20.0 % of all lines.",
        ),
        (
            lines([0, 0, 0], 0, 100),
            lines([20, 0, 0], 0, 180),
            "No recent line says who wrote it, and 10.0 % of all lines do; AI wrote at least 10.0 % of all lines.",
        ),
        // People alone are known.
        (
            lines([0, 0, 0], 50, 50),
            lines([0, 0, 0], 50, 150),
            "50.0 % of recent lines say who wrote them; no line is known to be written by AI.",
        ),
        (
            NONE,
            NONE,
            "No line is committed, so nothing says who wrote the code.",
        ),
        (
            lines([0, 0, 0], 0, 100),
            lines([0, 0, 0], 0, 100),
            "Who wrote the code is unknown: no line carries evidence.",
        ),
    ] {
        assert_eq!(said(&report(recent, all)), expected);
    }
}

#[test]
fn an_unknown_author_is_explained_by_hints_and_by_a_cut_history() {
    let nothing = lines([0, 0, 0], 0, 100);
    let mut hinted = report(nothing, nothing);
    hinted.usage.as_mut().unwrap().coverage.hinted = 1;
    assert_eq!(
        said(&hinted),
        "Who wrote the code is unknown: 1 line carries a hint, and none carries evidence."
    );
    let mut cut = report(nothing, nothing);
    cut.repository.shallow = true;
    cut.usage.as_mut().unwrap().coverage.undated = 100;
    assert_eq!(
        said(&cut),
        "Who wrote the code is unknown: history is cut off here (shallow clone), and no line that is left carries evidence."
    );
    // What stands at the cut was not added there.
    let page = html::scan(&cut, &[]);
    assert!(!page.contains("of the lines added in the last"));
    let before_cut = "cut off before the commits that added the lines";
    assert!(page.contains(before_cut));
    assert!(in_terminal(&cut).contains(before_cut));
    // Of one line the commit is here, and it says nothing.
    cut.usage.as_mut().unwrap().coverage.undated = 99;
    let page = html::scan(&cut, &[]);
    let terminal = in_terminal(&cut);
    assert!(!page.contains(before_cut) && !terminal.contains(before_cut));
    assert!(
        terminal.contains("Evidence none: no line of acme-shop carries a trace of who wrote it; "),
        "{terminal}"
    );
    assert!(page.contains("When 99 lines of all were added is not known"));
}

#[test]
fn no_share_of_no_lines_is_written() {
    for report in [
        report(NONE, lines([20, 0, 0], 0, 80)),
        report(NONE, lines([0, 20, 0], 0, 80)),
        report(NONE, NONE),
    ] {
        for text in [
            html::scan(&report, &[]),
            markdown::scan(&report),
            terminal::scan(&report, &STYLE, false),
        ] {
            for odd in [
                "at least unknown",
                "unknown of",
                ">unknown</span>",
                "0 of 0",
                "at least 0 % and up to",
            ] {
                assert!(!text.contains(odd), "{odd}");
            }
        }
    }
}

#[test]
fn lines_of_which_a_squash_alone_speaks_are_not_called_known() {
    let squashed = lines([0, 0, 100], 0, 0);
    let text = on_one_line(&terminal::scan(&report(squashed, squashed), &STYLE, false));
    assert!(
        text.contains("no line of acme-shop says who wrote it"),
        "{text}"
    );
    assert!(text.contains("and of 0 % nothing is known"), "{text}");
    assert!(!text.contains("0 % are unknown"), "{text}");
}

#[test]
fn stats_say_the_same_of_what_is_not_recent() {
    let mut report = fixtures::stats_of_one();
    report.together.lines = lines([20, 0, 0], 0, 80);
    report.together.recent_lines = NONE;
    report.together.coverage = Proportion::new(0, 0);
    let expected = "no recent line stands, and 20.0 % of all 100 lines say who wrote them; AI wrote at least 20.0 % of all 100 lines";
    assert!(on_one_line(&terminal::stats(&report, &STYLE)).contains(expected));
    assert!(markdown::stats(&report).contains(expected));
    let page = html::stats(&report).replace("&nbsp;", " ");
    assert_eq!(heading(&page), format!("No{}.", &expected[2..]));
}

/// A report with so many large changes without review, of which the newest are listed.
fn unreviewed(count: u64, listed: usize) -> StatsReport {
    let mut report = fixtures::stats_of_one();
    let changes = (0..listed).map(|at| LargeChange {
        commit: fixtures::commit('e'),
        time: Timestamp(fixtures::NOW.0 - i64::try_from(at).unwrap() * 86_400),
        subject: format!("change {at}*"),
        added: 900,
        files: 3,
    });
    report.repositories[0].health.review = Review {
        large_unreviewed: changes.collect(),
        large_unreviewed_count: count,
        ..report.repositories[0].health.review.clone()
    };
    report
}

#[test]
fn large_changes_without_review_that_are_not_named_are_counted() {
    for (count, listed, terminal_more, markdown_more, page_more) in [
        (3, 3, None, None, None),
        (5, 5, Some("and 2 more"), None, None),
        (7, 7, Some("and 4 more"), Some("and 2 more"), None),
        (
            31,
            20,
            Some("and 28 more"),
            Some("and 26 more"),
            Some("And 11 older"),
        ),
    ] {
        let report = unreviewed(count, listed);
        let text = on_one_line(&terminal::stats(&report, &STYLE));
        let named = |text: &str| {
            text.matches("arge AI change without a sign of review")
                .count()
        };
        assert_eq!(named(&text), 3, "{text}");
        let comment = markdown::stats(&report);
        assert_eq!(named(&comment), listed.min(5), "{comment}");
        assert!(comment.contains("change 0&#42;"), "{comment}");
        for (text, more) in [(&text, terminal_more), (&comment, markdown_more)] {
            assert_eq!(
                text.contains("more without a sign of review"),
                more.is_some(),
                "{text}"
            );
            assert!(text.contains(more.unwrap_or_default()), "{text}");
        }
        let page = html::stats(&report);
        assert_eq!(page.contains(" older.</p>"), page_more.is_some());
        assert!(page.contains(page_more.unwrap_or_default()));
        assert!(page.contains(&format!("<strong>{count}</strong> large AI changes")));
    }
    let comment = markdown::stats(&unreviewed(31, 20));
    assert!(comment.contains("the newest 20"), "{comment}");
}
