//! What we write: its shape, its limits, and that our own reader understands it.

use std::collections::BTreeMap;

use trueline_facts::{
    Applicability, Author, Confidence, Cwe, Diagnostic, Edit, Finding, Fingerprint, Fix, Level,
    Location, Origin, Patch, Position, RepoPath, RuleId, Severity, Step, Tier, ToolId,
};
use trueline_sarif::{RuleText, line_hashes, read, write};

fn finding(engine: &str, rule: &str, line: u32) -> Finding {
    let location = Location {
        path: RepoPath::from("src/a b.py"),
        start: Position { line, column: 5 },
        end: Position { line, column: 9 },
        snippet: "x = 1".to_owned(),
    };
    Finding {
        rule: RuleId::new(rule),
        engine: engine.to_owned(),
        cwe: vec![Cwe(89)],
        severity: Severity::High,
        confidence: Confidence::High,
        tier: Tier::Shown,
        message: "a query is built from a request".to_owned(),
        trace: vec![Step {
            location: location.clone(),
            message: "source".to_owned(),
        }],
        symbol: "Repo.find".to_owned(),
        fix: Some(Fix {
            description: "bind the value".to_owned(),
            patch: Some(Patch {
                title: "Bind the value".to_owned(),
                applicability: Applicability::Safe,
                edits: vec![Edit {
                    start: Position {
                        line: 2,
                        column: 12,
                    },
                    end: Position {
                        line: 2,
                        column: 16,
                    },
                    start_byte: 20,
                    end_byte: 24,
                    replacement: "\"select ?\", (n,)".to_owned(),
                }],
            }),
        }),
        fingerprint: Fingerprint::new("00ff"),
        origin: Some(Origin {
            author: Author::Ai {
                tool: ToolId::new("claude"),
                model: None,
                session: None,
                human_touched: false,
            },
            confidence: Confidence::High,
            evidence: Vec::new(),
        }),
        suppression: None,
        reported: None,
        location,
    }
}

#[test]
fn the_log_has_what_github_reads() {
    let hashes = line_hashes("one\ntwo\n");
    let text = write(
        &[finding("trueline", "sql-injection", 2)],
        &[Diagnostic::new(Level::Warning, "file-partial", "half read").at(RepoPath::from("b.py"))],
        &[RuleText {
            id: RuleId::new("sql-injection"),
            title: "SQL injection".to_owned(),
            markdown: "# SQL injection".to_owned(),
        }],
        &BTreeMap::new(),
        "0.1.0",
        None,
        &|_, line| hashes.get(line as usize - 1).cloned(),
    )
    .unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn each_engine_has_its_own_run_and_ours_comes_first() {
    let text = write(
        &[finding("Semgrep", "a", 1), finding("trueline", "b", 1)],
        &[],
        &[],
        &BTreeMap::new(),
        "0.1.0",
        None,
        &|_, _| None,
    )
    .unwrap();
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["runs"][0]["tool"]["driver"]["name"], "trueline");
    assert_eq!(log["runs"][1]["tool"]["driver"]["name"], "Semgrep");
}

#[test]
fn results_over_the_limit_are_left_out_and_said() {
    let many: Vec<Finding> = (1..=25_002).map(|n| finding("trueline", "a", n)).collect();
    let text = write(&many, &[], &[], &BTreeMap::new(), "0.1.0", None, &|_, _| {
        None
    })
    .unwrap();
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 25_000);
    let said = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert!(
        said["message"]["text"]
            .as_str()
            .unwrap()
            .starts_with("2 of 25002")
    );
}

#[test]
fn what_we_write_we_can_read() {
    let text = write(
        &[finding("Semgrep", "a", 3)],
        &[],
        &[],
        &BTreeMap::new(),
        "0.1.0",
        None,
        &|_, _| None,
    )
    .unwrap();
    let back = read(text.as_bytes(), b"").unwrap();
    let finding = &back.findings[0];
    assert_eq!(finding.location.path.to_string(), "src/a b.py");
    assert_eq!(finding.cwe, [Cwe(89)]);
    assert_eq!(finding.trace.len(), 1);
    assert_eq!(finding.symbol, "Repo.find");
}

#[test]
fn a_finding_about_a_file_names_no_line_after_any_number_of_round_trips() {
    let log = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[
        {"ruleId":"file","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.py"}}}]},
        {"ruleId":"line","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.py"},"region":{"startLine":1}}}]}]}]}"#;
    let mut findings = read(log.as_bytes(), b"").unwrap().findings;
    for _ in 0..2 {
        let of_file: Vec<_> = findings
            .iter()
            .map(|f| (f.location.is_whole_file(), f.location.start.line))
            .collect();
        assert_eq!(of_file, [(true, 1), (false, 1)]);
        // A line of it has an author; the file has none.
        assert_eq!(findings[0].origin, Some(Origin::unknown()));
        assert_eq!(findings[1].origin, None);
        let again = write(
            &findings,
            &[],
            &[],
            &BTreeMap::new(),
            "0.1.0",
            None,
            &|_, _| Some("ab:1".to_owned()),
        )
        .unwrap();
        let json: serde_json::Value = serde_json::from_str(&again).unwrap();
        let result = |rule: &str| {
            let results = json["runs"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|run| run["results"].as_array().unwrap());
            results
                .clone()
                .find(|r| r["ruleId"] == rule)
                .unwrap()
                .clone()
        };
        assert_eq!(
            result("file")["locations"][0]["physicalLocation"]["region"],
            serde_json::Value::Null
        );
        assert_eq!(
            result("file")["partialFingerprints"]["primaryLocationLineHash"],
            serde_json::Value::Null
        );
        assert_eq!(
            result("line")["locations"][0]["physicalLocation"]["region"]["startLine"],
            1
        );
        findings = read(again.as_bytes(), b"").unwrap().findings;
        findings.sort_by(|a, b| a.rule.cmp(&b.rule));
    }
}

/// A log with all that is kept of another tool.
const FULL_LOG: &str = r#"{"version":"2.1.0","runs":[{
    "tool":{"driver":{"name":"CodeQL","version":"2.17","semanticVersion":"2.17.0","informationUri":"https://codeql.example"},
        "extensions":[{"name":"queries","rules":[{"id":"py/sqli","name":"py/sqli-name","shortDescription":{"text":"Short."},
            "fullDescription":{"text":"Full."},"help":{"text":"Line one.\nLine two.","markdown":"**Help**"},"helpUri":"https://codeql.example/sqli",
            "defaultConfiguration":{"level":"error"},"properties":{"security-severity":"8.8","precision":"very-high",
                "problem.severity":"error","kind":"path-problem","tags":["security","external/cwe/cwe-089","own"]}}]}]},
    "results":[{"ruleId":"py/sqli","rule":{"id":"py/sqli","index":0,"toolComponent":{"index":0}},
        "message":{"text":"depends on a [user-provided value](1) and a [stranger](2)."},
        "partialFingerprints":{"primaryLocationLineHash":"abcd:1","author":"Ann","commit":"0 by Ann"},
        "fingerprints":{"id/v1":"f00"},
        "locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.py"},"region":{"startLine":9}}}],
        "relatedLocations":[
            {"id":1,"message":{"text":"user-provided value"},"physicalLocation":{"artifactLocation":{"uri":"b.py"},"region":{"startLine":3}}},
            {"id":2,"message":{"text":"elsewhere"},"physicalLocation":{"artifactLocation":{"uri":"file:///etc/x.py"},"region":{"startLine":3}}}]}]}]}"#;

#[test]
fn what_another_tool_said_is_written_again_as_it_was() {
    let mut log = FULL_LOG.to_owned();
    let mut marks = Vec::new();
    // The second time it has passed through here already.
    for _ in 0..2 {
        let imported = read(log.as_bytes(), b"/srv/app").unwrap();
        let finding = &imported.findings[0];
        assert_eq!(
            finding.message,
            "depends on a user-provided value and a stranger."
        );
        marks.push(finding.fingerprint.clone());
        log = write(
            &imported.findings,
            &[],
            &[],
            &imported.tools,
            "0.1.0",
            None,
            &|_, _| Some("other:1".to_owned()),
        )
        .unwrap();
        assert!(!log.contains("Ann"), "{log}");
        let json: serde_json::Value = serde_json::from_str(&log).unwrap();
        let run = &json["runs"][1];
        let driver = &run["tool"]["driver"];
        assert_eq!(driver["version"], "2.17");
        assert_eq!(driver["semanticVersion"], "2.17.0");
        assert_eq!(driver["informationUri"], "https://codeql.example");
        let rule = &driver["rules"][0];
        assert_eq!(rule["name"], "py/sqli-name");
        assert_eq!(rule["shortDescription"]["text"], "Short.");
        assert_eq!(rule["fullDescription"]["text"], "Full.");
        assert_eq!(rule["help"]["text"], "Line one.\nLine two.");
        assert_eq!(rule["help"]["markdown"], "**Help**");
        assert_eq!(rule["helpUri"], "https://codeql.example/sqli");
        assert_eq!(
            rule["properties"],
            serde_json::json!({"security-severity": "8.8", "precision": "very-high", "problem.severity": "error",
                "kind": "path-problem", "tags": ["security", "external/cwe/cwe-089", "own"]})
        );
        let result = &run["results"][0];
        assert_eq!(result["level"], "error");
        // A link to a place that is not in the log any more would lead nowhere.
        assert_eq!(
            result["message"]["text"],
            "depends on a [user-provided value](1) and a stranger."
        );
        assert_eq!(result["relatedLocations"].as_array().unwrap().len(), 1);
        assert_eq!(result["relatedLocations"][0]["id"], 1);
        assert_eq!(
            result["relatedLocations"][0]["message"]["text"],
            "user-provided value"
        );
        let partial = &result["partialFingerprints"];
        assert_eq!(partial["primaryLocationLineHash"], "abcd:1");
        assert_eq!(partial["CodeQL/primaryLocationLineHash"], "abcd:1");
        assert_eq!(result["fingerprints"]["CodeQL/id/v1"], "f00");
    }
    assert_eq!(marks[0].as_str(), "CodeQL:f00");
    assert_eq!(marks[0], marks[1]);
}

#[test]
fn a_score_that_a_tool_did_not_give_is_not_made_up() {
    let log = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t","rules":[{"id":"r"}]}},"results":[
        {"ruleId":"r","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.py"},"region":{"startLine":1}}}]}]}]}"#;
    let imported = read(log.as_bytes(), b"").unwrap();
    let text = write(
        &imported.findings,
        &[],
        &[],
        &imported.tools,
        "0.1.0",
        None,
        &|_, _| None,
    )
    .unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rule = &json["runs"][1]["tool"]["driver"]["rules"][0];
    assert_eq!(rule["properties"], serde_json::json!({"tags": []}));
    assert_eq!(json["runs"][1]["results"][0]["level"], "warning");
}
