//! The page, as far as text can tell: it holds, escapes and loads what it should.

use std::collections::BTreeSet;

use trueline_facts::code::CodeView;
use trueline_facts::{EvidenceClass, Grain, Proportion, RepoPath};
use trueline_report::html;

use crate::fixtures;
use crate::hostile::{self, HOSTILE};

/// The text of all script elements of a type, and the page without them and without styles.
pub(crate) fn apart(page: &str) -> (Vec<&str>, Vec<&str>, String) {
    let (mut data, mut scripts, mut rest) = (Vec::new(), Vec::new(), String::new());
    let mut at = page;
    while let Some((before, after)) = at.split_once("<script") {
        rest.push_str(before);
        let (attributes, after) = after.split_once('>').unwrap_or_default();
        let (body, after) = after.split_once("</script>").unwrap_or_default();
        if attributes.contains("application/json") {
            data.push(body);
        } else {
            scripts.push(body);
        }
        at = after;
    }
    rest.push_str(at);
    let (before, after) = rest.split_once("<style>").unwrap_or_default();
    let after = after.split_once("</style>").unwrap_or_default().1;
    let rest = format!("{before}{after}");
    assert!(rest.ends_with("</html>\n"), "something swallowed the end");
    (data, scripts, rest)
}

/// Reads tags as a browser would and checks that each is closed where it should be.
pub(crate) fn check_balance(markup: &str) {
    const VOID: [&str; 5] = ["meta", "link", "input", "br", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    let mut at = markup;
    while let Some((_, after)) = at.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap_or_default();
        at = after;
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "before {at:.80}");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0]);
}

fn pages() -> Result<Vec<String>, serde_json::Error> {
    Ok(vec![
        html::scan(&fixtures::rich(), &fixtures::code()),
        html::scan(&fixtures::no_evidence(), &fixtures::code()),
        html::scan(&fixtures::outside_git(), &[]),
        html::scan(&fixtures::empty(), &[]),
        html::scan(&hostile::scan()?, &hostile::code()?),
        html::stats(&fixtures::stats_of_two()),
        html::stats(&fixtures::stats_of_one()),
        html::scan(&fixtures::of_a_folder(), &fixtures::code()),
        html::stats(&fixtures::stats_of_a_folder()),
        html::stats(&hostile::stats()?),
    ])
}

#[test]
fn every_element_is_closed_and_every_id_is_used_once() {
    for page in pages().unwrap() {
        let (_, _, markup) = apart(&page);
        check_balance(&markup);
        let ids: Vec<_> = page
            .split(" id=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), distinct.len());
        for link in markup.split("href=\"#").skip(1) {
            let target = link.split('"').next().unwrap();
            assert!(ids.contains(&target), "nothing at #{target}");
        }
        for label in markup.split("aria-labelledby=\"").skip(1) {
            for id in label.split('"').next().unwrap().split(' ') {
                assert!(ids.contains(&id), "no #{id}");
            }
        }
    }
}

/// Names and values of the attributes of all tags. Quotes inside values are escaped, so that splitting
/// at quotes is what a browser does.
fn attributes(markup: &str) -> Vec<(String, &str)> {
    let mut out = Vec::new();
    for tag in markup.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let pieces: Vec<_> = tag.split('"').collect();
        for pair in pieces.chunks(2) {
            if let [name, value] = pair {
                let name = name.trim_end_matches('=').rsplit(' ').next();
                out.push((name.unwrap_or_default().to_owned(), *value));
            }
        }
    }
    out
}

#[test]
fn the_page_loads_nothing_and_its_policy_allows_nothing() {
    for page in pages().unwrap() {
        let (_, scripts, markup) = apart(&page);
        let attributes = attributes(&markup);
        assert!(attributes.len() > 20);
        for (name, value) in &attributes {
            match name.as_str() {
                "href" => assert!(value.starts_with('#') || *value == "data:,", "{value}"),
                // The policy itself, and the other meta elements.
                "content" => assert!(!value.contains("http") && !value.contains("unsafe")),
                name => assert!(
                    !["src", "srcset", "action", "style", "ping"].contains(&name)
                        && !name.starts_with("on"),
                    "{name}={value}"
                ),
            }
        }
        for script in scripts {
            for bad in [
                "fetch(",
                "XMLHttpRequest",
                "import(",
                "http",
                "eval(",
                "innerHTML",
            ] {
                assert!(!script.contains(bad), "{bad}");
            }
        }
        assert!(page.contains("default-src 'none'; style-src 'sha256-"));
        assert!(!page.contains("@import"));
    }
}

#[test]
fn hostile_text_stays_text_everywhere() {
    let scan = html::scan(&hostile::scan().unwrap(), &hostile::code().unwrap());
    let stats = html::stats(&hostile::stats().unwrap());
    for page in [scan, stats] {
        let (data, _, markup) = apart(&page);
        for bad in ["<img", "<!--", "\u{0}", "\u{1b}", "\u{202e}"] {
            assert!(!markup.contains(bad), "{bad:?}");
        }
        for bad in ["<", "\u{2028}", "\u{0}"] {
            assert!(data.iter().all(|one| !one.contains(bad)), "{bad:?}");
        }
        assert!(markup.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    }
}

#[test]
fn the_code_in_the_page_is_the_code_of_the_file() {
    let code = hostile::code().unwrap();
    let page = html::scan(&fixtures::rich(), &code);
    let (data, ..) = apart(&page);
    let file: serde_json::Value = serde_json::from_str(data[0]).unwrap();
    assert_eq!(file["t"].as_str().unwrap(), HOSTILE);
}

/// The index of the files that a page holds.
fn files(page: &str) -> serde_json::Value {
    let (data, ..) = apart(page);
    data.iter()
        .filter_map(|one| serde_json::from_str::<serde_json::Value>(one).ok())
        .find(|value| {
            value
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one.get("p").is_some()))
        })
        .unwrap_or_default()
}

#[test]
fn a_file_of_whole_commits_has_an_upper_share_alone() {
    let mut code = fixtures::code();
    let run = &mut code[0].runs[1];
    run.origin.evidence = vec![fixtures::evidence(EvidenceClass::Convention, Grain::Commit)];
    let index = files(&html::scan(&fixtures::rich(), &code));
    assert_eq!(index[0]["a"], "AI ≤ 17 %");
    assert_eq!(index[0]["w"], "AI wrote up to 16.7 %, people 66.7 %");

    // With a note for some of the lines both ends are said.
    let mut line = code[0].runs[1].clone();
    (line.len, line.origin) = (1, fixtures::by_claude());
    code[0].runs[1].start += 1;
    code[0].runs[1].len -= 1;
    code[0].runs.insert(1, line);
    let index = files(&html::scan(&fixtures::rich(), &code));
    assert_eq!(index[0]["a"], "AI 1–17 %");
    assert_eq!(
        index[0]["w"],
        "AI wrote at least 1.7 % and up to 16.7 %, people 66.7 %"
    );
}

#[test]
fn without_a_finding_the_first_file_with_lines_by_ai_is_open() {
    let opening = |code: &[CodeView]| {
        let page = html::scan(&fixtures::empty(), code);
        let (_, after) = page.split_once("data-opening=\"").unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    let by_ai = fixtures::code().remove(0);
    let mut by_people = by_ai.clone();
    by_people.path = RepoPath::from("a/first.py");
    by_people.runs.truncate(1);
    let mut also_by_ai = by_ai.clone();
    also_by_ai.path = RepoPath::from("z/last.py");
    assert_eq!(opening(&[by_people.clone(), by_ai, also_by_ai]), "1");
    assert_eq!(opening(&[by_people]), "0");
}

#[test]
fn a_file_by_people_alone_claims_no_least_share_of_none() {
    let mut code = fixtures::code();
    code[0].runs.truncate(1);
    let index = files(&html::scan(&fixtures::rich(), &code));
    assert_eq!(index[0]["w"], "AI wrote no known line, people 100 %");
    code[0].runs[0].origin = trueline_facts::Origin::unknown();
    let index = files(&html::scan(&fixtures::rich(), &code));
    assert_eq!(index[0]["a"], "AI ?");
    assert_eq!(index[0]["w"], "no evidence of who wrote it");
}

#[test]
fn a_finding_leads_to_its_line() {
    let page = html::scan(&fixtures::rich(), &fixtures::code());
    assert!(page.contains("data-file=\"0\" data-line=\"42\""));
    let index = files(&page);
    assert_eq!(index[0]["p"], "src/db.py");
    assert_eq!(index[0]["a"], "AI 16 %");
    assert_eq!(index[0]["w"], "AI wrote at least 16.7 %, people 66.7 %");
    assert_eq!(index[0]["f"][0]["at"], serde_json::json!([42, 17, 62]));
}

#[test]
fn code_beyond_the_room_is_left_out_and_said() {
    let mut code = fixtures::code();
    let findings_file = code[0].clone();
    for n in 0..12 {
        let mut file = findings_file.clone();
        file.path = format!("big/{n:02}.py").as_str().into();
        file.text = format!("{}\n", "x".repeat(999)).repeat(1_000);
        file.runs.truncate(1);
        code.push(file);
    }
    let page = html::scan(&fixtures::rich(), &code);
    assert!(page.contains("Left out for size: 4 files"));
    let (data, ..) = apart(&page);
    let text: usize = data.iter().map(|one| one.len()).sum();
    assert!(text < 13 << 20, "{text}");
    assert!(data.iter().any(|one| one.contains("src/db.py")));
}

#[test]
fn evidence_coverage_stands_before_the_ai_share() {
    for page in [
        html::scan(&fixtures::rich(), &[]),
        html::scan(&fixtures::no_evidence(), &[]),
        html::stats(&fixtures::stats_of_two()),
    ] {
        let (_, _, markup) = apart(&page);
        let coverage = markup.find("Evidence coverage").unwrap();
        let share = markup.find("Written by AI").unwrap();
        assert!(coverage < share);
    }
}

#[test]
fn without_evidence_no_share_is_claimed_and_the_switches_are_named() {
    let page = html::scan(&fixtures::no_evidence(), &[]);
    let (_, _, markup) = apart(&page);
    assert!(markup.contains("What this page cannot know, and what to switch on"));
    assert!(markup.contains("trueline hook install --agent claude"));
    assert!(markup.contains("<p class=\"big\">unknown</p>"));
    assert!(!markup.contains("AI wrote at least"));
}

#[test]
fn the_same_report_gives_the_same_page() {
    let page = html::scan(&fixtures::rich(), &fixtures::code());
    assert_eq!(page, html::scan(&fixtures::rich(), &fixtures::code()));
    assert_eq!(
        html::stats(&fixtures::stats_of_two()),
        html::stats(&fixtures::stats_of_two())
    );
}

#[test]
fn one_repository_needs_no_comparison_and_many_have_one() {
    assert!(!html::stats(&fixtures::stats_of_one()).contains("id=\"repositories\""));
    assert!(html::stats(&fixtures::stats_of_two()).contains("id=\"repositories\""));
}

#[test]
fn a_rate_over_no_site_is_not_a_zero() {
    let mut report = fixtures::rich();
    report.weaknesses[0].known_ai = Proportion::new(0, 0);
    let page = html::scan(&report, &[]);
    assert!(page.contains("no site"));
}

/// WCAG 2.2: text against what it stands on, both themes, at least 4.5 to 1.
#[test]
fn text_contrasts_with_its_ground_in_both_themes() {
    let page = html::scan(&fixtures::empty(), &[]);
    let style = page
        .split_once("<style>")
        .unwrap()
        .1
        .split_once("</style>")
        .unwrap()
        .0;
    let colour = |name: &str, theme: usize| -> f64 {
        let value = style
            .split(&format!("--{name}: light-dark("))
            .nth(1)
            .unwrap();
        let hex = value
            .split(')')
            .next()
            .unwrap()
            .split(',')
            .nth(theme)
            .unwrap()
            .trim();
        let channel = |at: usize| -> f64 {
            let c = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    for (text, ground) in [
        ("ink", "bg"),
        ("ink", "surface"),
        ("ink", "ai-wash"),
        ("muted", "bg"),
        ("muted", "surface"),
        ("muted", "sunken"),
        ("accent", "surface"),
        ("ai-ink", "ai-wash"),
        ("human-ink", "human-wash"),
        ("unknown-ink", "unknown-wash"),
        ("critical", "critical-wash"),
        ("high", "high-wash"),
        ("medium", "medium-wash"),
        ("low", "low-wash"),
        ("good", "good-wash"),
    ] {
        for theme in [0, 1] {
            let (a, b) = (colour(text, theme), colour(ground, theme));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(
                contrast >= 4.5,
                "{text} on {ground} in theme {theme}: {contrast:.2}"
            );
        }
    }
}

#[test]
fn what_whole_squashes_credit_to_ai_is_shown_as_the_upper_end() {
    let page = html::scan(&fixtures::squashed(), &[]);
    assert!(page.contains("<small>up to</small> <span class=\"nb\">31.0 %</span>"));
    assert!(page.contains("1,000 that a squash or a larger commit credits to AI as a whole"));
    assert!(page.contains("Not among them 500 lines that a squash or a larger commit credits to AI as a whole (1,000 of all lines)."));
}

#[test]
fn a_link_before_the_findings_leads_past_all_of_them() {
    let report = fixtures::rich();
    let page = html::scan(&report, &[]);
    let (before, rest) = page
        .split_once("<a class=\"skip here\" href=\"#health\">")
        .unwrap();
    assert!(before.ends_with("<h2 id=\"findings-title\">Findings</h2>\n"));
    assert!(
        rest.starts_with("Skip 3 findings, to: Health</a>"),
        "{}",
        &rest[..80]
    );
    let findings = rest.find("id=\"finding-list\"").unwrap();
    let health = rest.find("<section id=\"health\"").unwrap();
    assert!(findings < health);
    // There is nothing to skip.
    let page = html::scan(&fixtures::no_evidence(), &[]);
    assert!(!page.contains("class=\"skip here\""));
}
