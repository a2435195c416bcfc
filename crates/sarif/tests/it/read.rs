//! Logs in the shapes that common tools write, reduced to what matters, and hostile ones.

use trueline_facts::{Cwe, Severity};
use trueline_sarif::{Imported, ReadError, read};

fn log(run: &str) -> String {
    format!(r#"{{"version":"2.1.0","runs":[{run}]}}"#)
}

fn imported(run: &str) -> Imported {
    read(log(run).as_bytes(), b"/srv/app").unwrap()
}

#[test]
fn a_semgrep_like_result_keeps_rule_cwe_and_fingerprint() {
    let found = imported(
        r#"{"tool":{"driver":{"name":"Semgrep OSS","rules":[{"id":"python.sqli","defaultConfiguration":{"level":"error"},
            "properties":{"precision":"very-high","tags":["CWE-89: Improper Neutralization","security"]}}]}},
            "results":[{"ruleId":"python.sqli","fingerprints":{"matchBasedId/v1":"abc_0"},"message":{"text":"query built by hand"},
            "locations":[{"physicalLocation":{"artifactLocation":{"uri":"app/db.py","uriBaseId":"%SRCROOT%"},
            "region":{"startLine":12,"startColumn":5,"endLine":12,"endColumn":40,"snippet":{"text":"secret text"}}}}]}]}"#,
    );
    let finding = &found.findings[0];
    assert_eq!(finding.cwe, [Cwe(89)]);
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(finding.location.path.to_string(), "app/db.py");
    assert_eq!(finding.location.start.line, 12);
    assert_eq!(finding.fingerprint.as_str(), "Semgrep OSS:abc_0");
    assert_eq!(finding.location.snippet, "", "snippets may hold secrets");
}

#[test]
fn a_codeql_like_result_keeps_its_flow_and_security_severity() {
    let step = |line: u32| {
        format!(
            r#"{{"location":{{"message":{{"text":"step {line}"}},"physicalLocation":{{"artifactLocation":{{"uri":"a.js","uriBaseId":"%SRCROOT%","index":0}},"region":{{"startLine":{line}}}}}}}}}"#
        )
    };
    let found = imported(&format!(
        r#"{{"tool":{{"driver":{{"name":"CodeQL"}},"extensions":[{{"name":"codeql/javascript-queries","rules":[{{"id":"js/xss","properties":{{
            "tags":["security","external/cwe/cwe-079"],"security-severity":"6.1","precision":"high"}}}}]}}]}},
            "results":[{{"ruleId":"js/xss","rule":{{"id":"js/xss","index":0,"toolComponent":{{"index":0}}}},"message":{{"text":"reflected"}},
            "locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"a.js","uriBaseId":"%SRCROOT%"}},"region":{{"startLine":9}}}}}}],
            "codeFlows":[{{"threadFlows":[{{"locations":[{},{}]}}]}}]}}]}}"#,
        step(3),
        step(9)
    ));
    let finding = &found.findings[0];
    assert_eq!(finding.severity, Severity::Medium);
    assert_eq!(finding.cwe, [Cwe(79)]);
    let lines: Vec<u32> = finding
        .trace
        .iter()
        .map(|s| s.location.start.line)
        .collect();
    assert_eq!(lines, [3, 9]);
}

#[test]
fn absolute_paths_are_cut_and_foreign_ones_are_counted() {
    let at = |uri: &str| {
        format!(
            r#"{{"ruleId":"r","message":{{"text":"m"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{uri}"}}}}}}]}}"#
        )
    };
    let found = imported(&format!(
        r#"{{"tool":{{"driver":{{"name":"t"}}}},"results":[{},{}]}}"#,
        at("file:///srv/app/x.py"),
        at("file:///etc/passwd")
    ));
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found.findings[0].location.path.to_string(), "x.py");
    assert!(
        found.diagnostics[0]
            .message
            .contains("outside of this repository")
    );
}

#[test]
fn suppressed_and_passing_results_are_left_out_and_counted() {
    let found = imported(
        r#"{"tool":{"driver":{"name":"t"}},"results":[
            {"ruleId":"a","message":{"text":"m"},"suppressions":[{"kind":"inSource"}]},
            {"ruleId":"b","message":{"text":"m"},"kind":"pass"},
            {"ruleId":"c","message":{"text":"m"}}]}"#,
    );
    assert!(found.findings.is_empty());
    assert_eq!(found.diagnostics.len(), 3);
}

#[test]
fn a_log_that_calls_itself_trueline_does_not_pass_for_ours() {
    let found = imported(
        r#"{"tool":{"driver":{"name":"Trueline"}},"results":[{"ruleId":"a","message":{"text":"m"},
            "locations":[{"physicalLocation":{"artifactLocation":{"uri":"x.py"}}}]}]}"#,
    );
    assert_eq!(found.findings[0].engine, "trueline (imported)");
}

#[test]
fn hostile_logs_are_refused_or_cleaned() {
    assert!(matches!(read(b"{", b""), Err(ReadError::Json(_))));
    assert!(matches!(read(b"{}", b""), Err(ReadError::NotSarif(_))));
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(
        read(deep.as_bytes(), b""),
        Err(ReadError::Json(_))
    ));
    let found = imported(
        r#"{"tool":{"driver":{"name":"x\u001b[31m"}},"results":[{"ruleId":7,"ruleIndex":-1,"message":{"text":"a\u0007b"},
            "locations":[{"physicalLocation":{"artifactLocation":{"uri":"x.py"},"region":{"startLine":99999999999,"endLine":"x"}}}]}]}"#,
    );
    assert_eq!(found.findings[0].message, "a b");
    assert_eq!(found.findings[0].engine, "x [31m");
    assert_eq!(found.findings[0].location.start.line, u32::MAX);
}

proptest::proptest! {
    #[test]
    fn any_json_in_any_place_is_survived(value in "[\\[\\]{}:,\"a-z0-9 .%/-]{0,80}") {
        let _ = read(log(&value).as_bytes(), b"");
        let _ = read(log(&format!(r#"{{"results":[{{"locations":[{value}]}}]}}"#)).as_bytes(), b"");
    }
}
