//! One file with its origins, for people and for programs that know git's format.

use std::collections::BTreeMap;

use trueline_facts::blame::BlameReport;
use trueline_facts::{Confidence, EvidenceClass, Grain, RepoPath, Timestamp};
use trueline_report::porcelain::{PorcelainCommit, Signature, line_porcelain};
use trueline_report::{Style, terminal};

use crate::fixtures::{self, commit};

#[test]
fn each_line_stands_behind_commit_person_date_and_origin() {
    let (report, lines) = fixtures::blame_of_three();
    let style = Style {
        unicode: true,
        ..Style::plain()
    };
    insta::assert_snapshot!("blame", terminal::blame(&report, &lines, &style));
}

#[test]
fn a_blame_longer_than_its_lines_does_not_panic() {
    let (mut report, _) = fixtures::blame_of_three();
    report.runs[0].start = u32::MAX;
    let text = terminal::blame(&report, &[], &Style::plain());
    assert!(text.contains('A'));
    assert!(!line_porcelain(&report, &[], &BTreeMap::new()).is_empty());
}

fn known() -> BTreeMap<trueline_facts::CommitId, PorcelainCommit> {
    let signature = |name: &str, offset_minutes| Signature {
        name: name.into(),
        email: "dev@example.org".into(),
        time: Timestamp(1_769_335_200),
        offset_minutes,
    };
    BTreeMap::from([(
        commit('a'),
        PorcelainCommit {
            author: signature("Dev", -330),
            committer: signature("Forge", 60),
            summary: "add the store".into(),
            root: false,
            previous: BTreeMap::from([(
                RepoPath::from("src/db.py"),
                (commit('9'), RepoPath::new(*b"caf\xc3\xa9.py")),
            )]),
        },
    )])
}

#[test]
fn porcelain_is_gits_format_with_origin_headers() {
    let (report, lines) = fixtures::blame_of_three();
    let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
    let out = line_porcelain(&report, &lines, &known());
    insta::assert_snapshot!("porcelain", String::from_utf8(out).unwrap());
}

#[test]
fn a_line_end_in_a_name_forges_no_header() {
    let (report, lines) = fixtures::blame_of_three();
    let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
    let mut commits = known();
    for commit in commits.values_mut() {
        commit.author.name = "Dev\norigin human".into();
    }
    let out = line_porcelain(&report, &lines, &commits);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("author Dev origin human\n"));
    assert!(!text.contains("\norigin human\nauthor-mail"));
}

#[test]
fn the_key_claims_no_line_of_a_commit_in_which_a_tool_only_took_part() {
    let (mut report, lines) = fixtures::blame_of_three();
    let key = |report: &BlameReport| {
        let text = terminal::blame(report, &lines, &Style::plain());
        let key = text.lines().find(|line| line.starts_with("A written"));
        key.unwrap_or_default().to_owned()
    };
    assert!(key(&report).starts_with("A written by AI, a AI"));
    let origin = &mut report.runs[0].origin;
    origin.confidence = Confidence::Medium;
    origin.evidence = vec![fixtures::evidence(EvidenceClass::Checkpoint, Grain::Commit)];
    let text = key(&report);
    assert!(
        text.starts_with("A written by AI or in a commit in which it took part, a AI"),
        "{text}"
    );
}

#[test]
fn a_squash_whose_commits_are_gone_bounds_what_ai_wrote_from_above() {
    let (mut report, lines) = fixtures::blame_of_three();
    report.runs[0].origin = fixtures::perhaps_by_codex();
    insta::assert_snapshot!(
        "blame_squash",
        terminal::blame(&report, &lines, &Style::plain())
    );
    for run in &mut report.runs {
        run.origin = fixtures::perhaps_by_codex();
    }
    let text = terminal::blame(&report, &lines, &Style::plain());
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    assert!(
        text.starts_with(
            "src/db.py: 5 lines; none says who wrote it; AI wrote up to 100 %, as a squash or a larger commit \
             names it for all of them"
        ),
        "{text}"
    );
    assert!(!text.contains("at least"), "{text}");
}

#[test]
fn evidence_of_a_whole_commit_never_says_that_a_tool_wrote_the_line() {
    let (mut report, lines) = fixtures::blame_of_three();
    let mut said = |source: &str, confidence| {
        let origin = &mut report.runs[0].origin;
        origin.confidence = confidence;
        let mut evidence = fixtures::evidence(EvidenceClass::Identity, Grain::Commit);
        evidence.source = source.into();
        origin.evidence = vec![evidence];
        terminal::blame(&report, &lines, &Style::plain())
    };
    let trailer = said("trailer", Confidence::Medium);
    assert!(
        trailer.contains("2 lines in a commit that claude (opus-4.5) took part in, identity"),
        "{trailer}"
    );
    let author = said("author", Confidence::High);
    assert!(
        author.contains("2 lines in a commit whose author is claude (opus-4.5), identity"),
        "{author}"
    );
    let squash = said("trailer", Confidence::Low);
    assert!(
        squash.contains("2 lines in a squash or larger commit that claude (opus-4.5) took part"),
        "{squash}"
    );
}
