//! GitLab's report files, held against what its documents and schemas ask.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use serde_json::Value;
use trueline_facts::scan::ScanReport;
use trueline_report::gitlab;

use crate::{fixtures, hostile};

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{pointer} is no text in {value}"))
}

fn digits(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.chars().zip(shape.chars()).all(|(c, s)| match s {
            'd' => c.is_ascii_digit(),
            'x' => matches!(c, '0'..='9' | 'a'..='f'),
            other => c == other,
        })
}

/// What the SAST schema 15.0.6 requires of the parts that we write.
fn check_sast(report: &ScanReport) -> Value {
    let rendered = gitlab::sast(report);
    let document: Value = serde_json::from_str(&rendered).unwrap();
    assert_eq!(text(&document, "/version"), "15.0.6");
    assert_eq!(text(&document, "/scan/type"), "sast");
    assert!(["success", "failure"].contains(&text(&document, "/scan/status")));
    for time in ["/scan/start_time", "/scan/end_time"] {
        assert!(digits(text(&document, time), "dddd-dd-ddTdd:dd:dd"));
    }
    for program in ["analyzer", "scanner"] {
        for member in ["id", "name", "version", "vendor/name"] {
            assert!(!text(&document, &format!("/scan/{program}/{member}")).is_empty());
        }
        assert!(text(&document, &format!("/scan/{program}/url")).starts_with("https://"));
    }
    for message in document["scan"]["messages"].as_array().unwrap() {
        assert!(["info", "warn", "fatal"].contains(&text(message, "/level")));
        assert!(!text(message, "/value").is_empty());
    }
    let all = document["vulnerabilities"].as_array().unwrap();
    assert_eq!(all.len(), report.findings.len());
    let mut ids = BTreeSet::new();
    for one in all {
        let id = text(one, "/id");
        assert!(digits(id, "xxxxxxxx-xxxx-8xxx-xxxx-xxxxxxxxxxxx"), "{id}");
        ids.insert(id);
        assert!(text(one, "/name").chars().count() <= 255);
        assert!(text(one, "/description").len() <= 1_048_576);
        assert!(
            ["Info", "Unknown", "Low", "Medium", "High", "Critical"]
                .contains(&text(one, "/severity"))
        );
        if one.get("solution").is_some() {
            assert!(text(one, "/solution").chars().count() <= 7_000);
        }
        let identifiers = one["identifiers"].as_array().unwrap();
        assert!(!identifiers.is_empty());
        for identifier in identifiers {
            for member in ["/type", "/name", "/value"] {
                assert!(!text(identifier, member).is_empty());
            }
            if identifier.get("url").is_some() {
                assert!(text(identifier, "/url").starts_with("https://"));
            }
        }
        let location = &one["location"];
        assert!(!text(location, "/file").starts_with("./"));
        let (first, last) = (&location["start_line"], &location["end_line"]);
        assert!(first.as_u64().unwrap() >= 1 && first.as_u64() <= last.as_u64());
        if let Some(details) = one.get("details") {
            assert_eq!(text(details, "/origin/type"), "text");
            assert!(!text(details, "/origin/name").is_empty());
        }
    }
    let fingerprints: BTreeSet<_> = report.findings.iter().map(|f| &f.fingerprint).collect();
    assert_eq!(ids.len(), fingerprints.len());
    document
}

fn check_code_quality(report: &ScanReport) -> Value {
    let document: Value = serde_json::from_str(&gitlab::code_quality(report)).unwrap();
    let issues = document.as_array().unwrap();
    assert_eq!(issues.len(), report.findings.len());
    for issue in issues {
        for member in [
            "/description",
            "/check_name",
            "/fingerprint",
            "/location/path",
        ] {
            assert!(!text(issue, member).is_empty());
        }
        assert!(
            ["info", "minor", "major", "critical", "blocker"].contains(&text(issue, "/severity"))
        );
        assert!(!text(issue, "/location/path").starts_with("./"));
        assert!(
            issue
                .pointer("/location/lines/begin")
                .unwrap()
                .as_u64()
                .unwrap()
                >= 1
        );
    }
    document
}

#[test]
fn reports_keep_to_what_gitlab_asks() {
    for report in [fixtures::rich(), fixtures::empty()] {
        check_sast(&report);
        check_code_quality(&report);
    }
}

#[test]
fn an_interrupted_list_of_issues_says_so() {
    let mut report = fixtures::empty();
    assert_eq!(check_code_quality(&report), serde_json::json!([]));
    report.diagnostics.push(trueline_facts::Diagnostic::new(
        trueline_facts::Level::Error,
        "interrupted",
        "interrupted: 2 of 3 files were not checked",
    ));
    let document: Value = serde_json::from_str(&gitlab::code_quality(&report)).unwrap();
    assert_eq!(document.as_array().unwrap().len(), 1);
    assert_eq!(document[0]["check_name"], "interrupted");
}

#[test]
fn a_finding_is_told_with_its_weakness_its_way_and_its_author() {
    let report = fixtures::rich();
    let document = check_sast(&report);
    let one = document["vulnerabilities"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "sql-injection")
        .unwrap();
    insta::assert_snapshot!(format!("{one:#}"));
    let document = check_code_quality(&report);
    let issues = document.as_array().unwrap();
    let issue = issues.iter().find(|i| i["check_name"] == "sql-injection");
    insta::assert_snapshot!(format!("{:#}", issue.unwrap()));
}

#[test]
fn hostile_text_formats_nothing_and_keeps_the_files_valid() {
    let report = hostile::scan().unwrap();
    let document = check_sast(&report);
    check_code_quality(&report);
    for one in document["vulnerabilities"].as_array().unwrap() {
        let description = text(one, "/description");
        assert!(
            !description.contains("<img") && !description.contains("[x]("),
            "{description}"
        );
        assert!(!description.contains('\u{1b}'));
    }
}
