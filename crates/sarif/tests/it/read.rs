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
    let told: Vec<&str> = found.diagnostics.iter().map(|d| &*d.message).collect();
    assert_eq!(
        told,
        [
            "1 imported result was left out: without a place in a file",
            "2 imported results were left out: 1 suppressed in the log, 1 not failures (`kind` or `baselineState` says so)",
        ]
    );
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
    assert_eq!(found.findings[0].location.start.line, 1);
    let codes: Vec<&str> = found.diagnostics.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["sarif-malformed"]);
}

/// The message of a result whose rule has this template.
fn message(template: &str, arguments: &serde_json::Value) -> String {
    let run = serde_json::json!({
        "tool": {"driver": {"name": "t", "rules": [{"id": "r", "messageStrings": {"m": {"text": template}}}]}},
        "results": [{"ruleId": "r", "message": {"id": "m", "arguments": arguments},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "x.py"}}}]}],
    });
    imported(&run.to_string()).findings[0].message.clone()
}

#[test]
fn templates_are_filled_once_and_double_braces_are_braces() {
    let arguments = serde_json::json!(["{1}", "b"]);
    insta::assert_snapshot!(
        message("{0}, {1}, {{0}}, {2}, {x}, {, }}", &arguments),
        @"{1}, b, {0}, {2}, {x}, {, }"
    );
}

#[test]
fn arguments_that_double_each_other_stay_within_the_limit() {
    let arguments: Vec<String> = (1..=64).map(|n| format!("{{{n}}}{{{n}}}")).collect();
    assert_eq!(message("{0}", &serde_json::json!(arguments)), "{1}{1}");
    let long = serde_json::json!(["y".repeat(1_500)]);
    assert_eq!(message("{0}{0}{0}", &long).len(), 2_000);
}

#[test]
fn many_results_find_their_rules_among_many() {
    let count = 20_000;
    let rules: Vec<_> = (0..count)
        .map(|n| serde_json::json!({"id": format!("r{n}"), "properties": {"security-severity": "9.5"}}))
        .collect();
    let results: Vec<_> = (0..count)
        .map(|n| {
            serde_json::json!({"ruleId": format!("r{n}/sub"), "message": {"text": "m"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": "x.py"}}}]})
        })
        .collect();
    let run = serde_json::json!({"tool": {"driver": {"name": "t"}, "extensions": [{"rules": rules}]}, "results": results});
    let begun = std::time::Instant::now();
    let found = imported(&run.to_string());
    assert!(found.findings.len() == count);
    assert!(
        found
            .findings
            .iter()
            .all(|f| f.severity == Severity::Critical)
    );
    // 400,000,000 comparisons take minutes in a debug build.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn a_rule_of_the_component_that_a_result_names_goes_first() {
    let found = imported(
        r#"{"tool":{"driver":{"name":"t","rules":[{"id":"r","properties":{"security-severity":"1"}}]},
            "extensions":[{"rules":[{"id":"r","properties":{"security-severity":"9.9"}}]}]},"results":[
            {"ruleId":"r","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"x.py"}}}]},
            {"ruleId":"r","rule":{"toolComponent":{"index":0}},"message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"x.py"}}}]}]}"#,
    );
    let severities: Vec<Severity> = found.findings.iter().map(|f| f.severity).collect();
    assert_eq!(severities, [Severity::Low, Severity::Critical]);
}

#[test]
fn partial_fingerprints_are_told_apart_by_rule_and_path() {
    let result = |rule: &str, path: &str, line: u32| {
        format!(
            r#"{{"ruleId":"{rule}","message":{{"text":"m"}},"partialFingerprints":{{"primaryLocationLineHash":"aa:1"}},
            "locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{path}"}},"region":{{"startLine":{line}}}}}}}]}}"#
        )
    };
    let found = imported(&format!(
        r#"{{"tool":{{"driver":{{"name":"t"}}}},"results":[{},{},{},{}]}}"#,
        result("a", "x.py", 1),
        result("b", "x.py", 1),
        result("a", "y.py", 1),
        result("a", "x.py", 7),
    ));
    let prints: Vec<&str> = found
        .findings
        .iter()
        .map(|f| f.fingerprint.as_str())
        .collect();
    assert_ne!(prints[0], prints[1]);
    assert_ne!(prints[0], prints[2]);
    assert_eq!(prints[0], prints[3], "a line that only moved");
    assert!(prints[0].starts_with("t:"));
}

#[test]
fn long_fingerprints_that_differ_at_their_end_differ() {
    let result = |end: &str| {
        format!(
            r#"{{"ruleId":"a","message":{{"text":"m"}},"fingerprints":{{"v1":"{}{end}"}},
            "locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"x.py"}}}}}}]}}"#,
            "f".repeat(300)
        )
    };
    let found = imported(&format!(
        r#"{{"tool":{{"driver":{{"name":"t"}}}},"results":[{},{}]}}"#,
        result("1"),
        result("2")
    ));
    assert_ne!(found.findings[0].fingerprint, found.findings[1].fingerprint);
}

#[test]
fn a_result_about_a_whole_file_is_at_its_first_line() {
    let found = imported(
        r#"{"tool":{"driver":{"name":"t"}},"results":[{"ruleId":"a","message":{"text":"m"},
            "locations":[{"physicalLocation":{"artifactLocation":{"uri":"x.py"}}}]}]}"#,
    );
    let location = &found.findings[0].location;
    assert_eq!((location.start.line, location.start.column), (1, 1));
    assert!(location.is_whole_file());
}

#[test]
fn no_range_of_a_document_ends_before_it_starts() {
    for region in [
        r#"{"startLine":0}"#,
        r#"{"startLine":-3,"endLine":-1}"#,
        r#"{"startLine":7,"endLine":2}"#,
        r#"{"startLine":7,"startColumn":9,"endColumn":4}"#,
    ] {
        let found = imported(&format!(
            r#"{{"tool":{{"driver":{{"name":"t"}}}},"results":[{{"ruleId":"a","message":{{"text":"m"}},
            "locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"x.py"}},"region":{region}}}}}]}}]}}"#
        ));
        let document = serde_json::to_value(&found.findings[0].location).unwrap();
        let at = |end: &str, unit: &str| document[end][unit].as_u64().unwrap();
        let start = (at("start", "line"), at("start", "column"));
        let end = (at("end", "line"), at("end", "column"));
        assert!(start.0 >= 1 && start <= end, "{region}: {document}");
    }
}

#[test]
fn windows_paths_join_their_base_and_encoded_backslashes_stay() {
    let at = |uri: &str| {
        format!(
            r#"{{"ruleId":"r","message":{{"text":"m"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{uri}","uriBaseId":"ROOT"}}}}}}]}}"#
        )
    };
    let found = imported(&format!(
        r#"{{"tool":{{"driver":{{"name":"t"}}}},"originalUriBaseIds":{{"ROOT":{{"uri":"file:///srv/app/"}}}},"results":[{},{}]}}"#,
        at(r"src\\x.cs"),
        at("a%5Cb.py"),
    ));
    let paths: Vec<String> = found
        .findings
        .iter()
        .map(|f| f.location.path.to_string())
        .collect();
    assert_eq!(paths, ["src/x.cs", r"a\b.py"]);
}

proptest::proptest! {
    #[test]
    fn any_json_in_any_place_is_survived(value in "[\\[\\]{}:,\"a-z0-9 .%/-]{0,80}") {
        let _ = read(log(&value).as_bytes(), b"");
        let _ = read(log(&format!(r#"{{"results":[{{"locations":[{value}]}}]}}"#)).as_bytes(), b"");
    }
}

#[test]
fn half_a_character_in_a_name_stops_no_import() {
    // As Bandit writes the name of a file that is not UTF-8.
    let found = imported(
        r#"{"tool":{"driver":{"name":"Bandit"}},"properties":{"metrics":{"./bad\udcffname.py":{"loc":1}}},
            "results":[{"ruleId":"B101","message":{"text":"smile \ud83d\ude00, \udcff"},
            "locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.py"},"region":{"startLine":2}}}]}]}"#,
    );
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found.findings[0].message, "smile \u{1f600}, \u{fffd}");
    let told = &found.diagnostics[0];
    assert_eq!(told.code, "sarif-malformed");
    assert!(
        told.message.starts_with("2 escapes in the log"),
        "{}",
        told.message
    );
    assert!(matches!(read(b"{", b"/srv/app"), Err(ReadError::Json(_))));
}
