//! What the platforms accept, by what they publish: GitHub's limits of SARIF, comments and job summaries, GitLab's report
//! formats. Numbers stand beside what they are of.

use std::collections::BTreeSet;
use std::io::Read as _;

use data_encoding::BASE64;
use flate2::read::GzDecoder;
use serde_json::Value;

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{pointer} is no text in {value}"))
}

/// The body of an upload to code scanning, and the log in it.
pub(super) fn sarif(upload: &Value) {
    assert_eq!(text(upload, "/commit_sha").len(), 40);
    assert!(text(upload, "/ref").starts_with("refs/"));
    let packed = BASE64.decode(text(upload, "/sarif").as_bytes()).unwrap();
    // 10 MB, packed.
    assert!(packed.len() <= 10_000_000, "{}", packed.len());
    let mut log = String::new();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut log)
        .unwrap();
    let log: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let runs = list(&log, "/runs");
    assert!((1..=20).contains(&runs.len()), "{} runs", runs.len());
    let mut categories = BTreeSet::new();
    for run in runs {
        categories.insert(
            run.pointer("/automationDetails/id")
                .cloned()
                .unwrap_or_default()
                .to_string(),
        );
        sarif_run(run);
    }
    assert_eq!(
        categories.len(),
        runs.len(),
        "two runs of one category replace each other"
    );
}

fn sarif_run(run: &Value) {
    let rules = list(run, "/tool/driver/rules");
    let results = list(run, "/results");
    assert!(!text(run, "/tool/driver/name").is_empty());
    assert!(rules.len() <= 25_000 && results.len() <= 25_000);
    assert!(list(run, "/tool/extensions").len() <= 100);
    assert!(!results.is_empty(), "the fixture has a finding");
    for rule in rules {
        assert!(!text(rule, "/id").is_empty());
        for pointer in [
            "/shortDescription/text",
            "/fullDescription/text",
            "/help/text",
        ] {
            let told = rule
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default();
            assert!(told.chars().count() <= 1024, "{pointer} of {rule}");
        }
        assert!(list(rule, "/properties/tags").len() <= 20);
        if let Some(severity) = rule.pointer("/properties/security-severity") {
            let severity: f64 = severity.as_str().unwrap().parse().unwrap();
            assert!((0.0..=10.0).contains(&severity));
        }
    }
    for result in results {
        let rule = text(result, "/ruleId");
        assert!(rules.iter().any(|known| known["id"] == rule), "{rule}");
        if let Some(index) = result["ruleIndex"].as_u64() {
            assert_eq!(rules[index as usize]["id"], rule);
        }
        assert!(!text(result, "/message/text").is_empty());
        assert!(["none", "note", "warning", "error"].contains(&text(result, "/level")));
        let locations = list(result, "/locations");
        assert!((1..=1_000).contains(&locations.len()));
        for location in locations {
            let uri = text(location, "/physicalLocation/artifactLocation/uri");
            assert!(
                !uri.starts_with('/') && !uri.contains("..") && !uri.contains('\\'),
                "{uri}"
            );
            if let Some(line) = location.pointer("/physicalLocation/region/startLine") {
                assert!(line.as_u64().unwrap() >= 1);
            }
        }
        let of_flow: usize = list(result, "/codeFlows")
            .iter()
            .flat_map(|flow| list(flow, "/threadFlows"))
            .map(|flow| list(flow, "/locations").len())
            .sum();
        assert!(of_flow <= 10_000);
        // The upload by the API has to bring what the upload action would compute.
        assert!(!text(result, "/partialFingerprints/primaryLocationLineHash").is_empty());
    }
}

/// The summary of a step: 1 MiB.
pub(super) fn summary(written: &str) {
    assert!(
        !written.is_empty() && written.len() <= 1 << 20,
        "{}",
        written.len()
    );
}

/// A comment: 65,536 characters.
pub(super) fn comment(body: &str) {
    let length = body.chars().count();
    assert!((1..=65_536).contains(&length), "{length}");
}

/// GitLab's code quality report.
pub(super) fn code_quality(report: &Value) {
    let all = report.as_array().unwrap();
    assert!(!all.is_empty(), "the fixture has a finding");
    let mut fingerprints = BTreeSet::new();
    for one in all {
        for pointer in ["/description", "/check_name"] {
            assert!(!text(one, pointer).is_empty());
        }
        assert!(fingerprints.insert(text(one, "/fingerprint")), "one twice");
        assert!(
            ["info", "minor", "major", "critical", "blocker"].contains(&text(one, "/severity"))
        );
        let path = text(one, "/location/path");
        assert!(!path.starts_with("./") && !path.starts_with('/'), "{path}");
        assert!(
            one.pointer("/location/lines/begin")
                .and_then(Value::as_u64)
                .unwrap()
                >= 1
        );
    }
}

/// GitLab's SAST report, schema 15.0.6.
pub(super) fn sast(report: &Value) {
    assert_eq!(text(report, "/version"), "15.0.6");
    assert_eq!(text(report, "/scan/type"), "sast");
    assert!(["success", "failure"].contains(&text(report, "/scan/status")));
    for pointer in ["/scan/start_time", "/scan/end_time"] {
        let time = text(report, pointer).as_bytes();
        let shape = b"dddd-dd-ddTdd:dd:dd";
        let fits = time.iter().zip(shape).all(|(c, s)| match s {
            b'd' => c.is_ascii_digit(),
            _ => c == s,
        });
        assert!(time.len() == shape.len() && fits);
    }
    for program in ["analyzer", "scanner"] {
        for member in ["id", "name", "version", "vendor/name"] {
            assert!(!text(report, &format!("/scan/{program}/{member}")).is_empty());
        }
    }
    let all = list(report, "/vulnerabilities");
    assert!(!all.is_empty(), "the fixture has a finding");
    let mut ids = BTreeSet::new();
    for one in all {
        assert!(ids.insert(text(one, "/id")), "one twice");
        assert!(
            ["Info", "Unknown", "Low", "Medium", "High", "Critical"]
                .contains(&text(one, "/severity"))
        );
        let identifiers = list(one, "/identifiers");
        assert!(!identifiers.is_empty());
        for identifier in identifiers {
            for member in ["/type", "/name", "/value"] {
                assert!(!text(identifier, member).is_empty());
            }
        }
        assert!(!text(one, "/location/file").is_empty());
    }
}
