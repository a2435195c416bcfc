//! GitLab's report files: Code Quality (a list of issues) and SAST (security report schema 15.0.6).
//!
//! Both carry reported findings alone. Their times are HEAD's, so that the same tree gives the same bytes. Text of a
//! repository cannot format or link where GitLab reads Markdown.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use trueline_facts::scan::ScanReport;
use trueline_facts::{Finding, Level, Severity};

use crate::{answer, json, markdown, words};

/// The version of the schema that the SAST report keeps to.
const SAST_SCHEMA: &str = "15.0.6";
/// Its limits, in characters.
const MAX_NAME: usize = 255;
const MAX_SOLUTION: usize = 7_000;
const MAX_DESCRIPTION: usize = 100_000;

const NAME: &str = "Trueline";
const ID: &str = "trueline";
const URL: &str = "https://github.com/trueline-dev/trueline";
const CWE_URL: &str = "https://cwe.mitre.org/data/definitions/";

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: IssueLocation,
}

#[derive(Serialize)]
struct IssueLocation {
    path: String,
    lines: IssueLines,
}

#[derive(Serialize)]
struct IssueLines {
    begin: u32,
    end: u32,
}

/// The list of issues that a merge request shows beside its lines.
#[must_use]
pub fn code_quality(report: &ScanReport) -> String {
    // The form has no other place for it, and a short list would pass for a clean one.
    let interrupted = answer::is_interrupted(&report.diagnostics).then(|| Issue {
        description: "Interrupted: this list is a part of the answer".to_owned(),
        check_name: "interrupted",
        fingerprint: "trueline-interrupted",
        severity: "info",
        location: IssueLocation {
            path: ".".to_owned(),
            lines: IssueLines { begin: 1, end: 1 },
        },
    });
    let issues: Vec<Issue<'_>> = interrupted
        .into_iter()
        .chain(report.findings.iter().map(|finding| Issue {
            description: words::visible(&finding.message).into_owned(),
            check_name: finding.rule.as_str(),
            fingerprint: finding.fingerprint.as_str(),
            severity: match finding.severity {
                Severity::Low => "minor",
                Severity::Medium => "major",
                Severity::High => "critical",
                Severity::Critical => "blocker",
            },
            location: IssueLocation {
                path: path(finding),
                lines: IssueLines {
                    begin: finding.location.start.line,
                    end: last_line(finding),
                },
            },
        }))
        .collect();
    json::to_string(&issues)
}

/// The security report that the vulnerability list is filled from.
#[must_use]
pub fn sast(report: &ScanReport) -> String {
    let time = report
        .repository
        .head_time
        .unwrap_or_default()
        .to_string()
        .trim_end_matches('Z')
        .to_owned();
    let failed = answer::is_interrupted(&report.diagnostics);
    let program = json!({
        "id": ID,
        "name": NAME,
        "url": URL,
        "vendor": {"name": NAME},
        "version": report.trueline_version,
    });
    let answered = [
        (answer::by_comment(report), "answered by a comment"),
        (answer::in_baseline(report), "in the baseline"),
    ];
    let answered = answered.into_iter().filter(|(count, _)| *count > 0);
    let answered = answered.map(|(count, how)| {
        let findings = words::counted(count, "finding");
        json!({"level": "info", "value": format!("not reported: {findings} {how}")})
    });
    let messages: Vec<Value> = report
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic
                .path
                .as_ref()
                .map_or(String::new(), |path| format!("{}: ", path.display()));
            let value = format!("{place}{} [{}]", diagnostic.message, diagnostic.code);
            json!({
                "level": match diagnostic.level {
                    Level::Note => "info",
                    Level::Warning | Level::Error => "warn",
                },
                "value": words::visible(&value),
            })
        })
        .chain(answered)
        .collect();
    let vulnerabilities: Vec<Value> = report.findings.iter().map(vulnerability).collect();
    json::to_string(&json!({
        "version": SAST_SCHEMA,
        "scan": {
            "analyzer": program,
            "scanner": program,
            "type": "sast",
            "start_time": time,
            "end_time": time,
            "status": if failed { "failure" } else { "success" },
            "messages": messages,
        },
        "vulnerabilities": vulnerabilities,
    }))
}

fn vulnerability(finding: &Finding) -> Value {
    let rule = finding.rule.as_str();
    let mut identifiers = vec![json!({
        "type": format!("{}_rule", words::visible(&finding.engine)),
        "name": rule,
        "value": rule,
    })];
    identifiers.extend(finding.cwe.iter().map(|cwe| {
        json!({
            "type": "cwe",
            "name": cwe.to_string(),
            "value": cwe.0.to_string(),
            "url": format!("{CWE_URL}{}.html", cwe.0),
        })
    }));
    let mut description = markdown::text(&finding.message);
    for step in &finding.trace {
        let line = format!(
            "\n1. {}, line {}: {}",
            markdown::code(&step.location.path.display()),
            step.location.start.line,
            markdown::text(&step.message)
        );
        if description.len() + line.len() > MAX_DESCRIPTION {
            break;
        }
        description.push_str(&line);
    }
    let mut location = Map::new();
    location.insert("file".to_owned(), path(finding).into());
    location.insert("start_line".to_owned(), finding.location.start.line.into());
    location.insert("end_line".to_owned(), last_line(finding).into());
    if !finding.symbol.is_empty() {
        let symbol = words::visible(&finding.symbol).into_owned();
        location.insert("method".to_owned(), symbol.into());
    }
    let mut out = json!({
        "id": uuid(finding.fingerprint.as_str()),
        "name": cut(rule, MAX_NAME),
        "description": cut(&description, MAX_DESCRIPTION),
        "severity": match finding.severity {
            Severity::Low => "Low",
            Severity::Medium => "Medium",
            Severity::High => "High",
            Severity::Critical => "Critical",
        },
        "identifiers": identifiers,
        "location": location,
    });
    if let Some(fix) = &finding.fix {
        out["solution"] = cut(&words::visible(&fix.description), MAX_SOLUTION).into();
    }
    if let Some(origin) = &finding.origin {
        out["details"] = json!({
            "origin": {
                "name": "Who wrote the line",
                "type": "text",
                "value": words::origin_phrase(origin),
            },
        });
    }
    out
}

fn path(finding: &Finding) -> String {
    finding.location.path.display().to_string()
}

/// The end is exclusive in its column: at column 1 nothing of its line belongs to the finding.
fn last_line(finding: &Finding) -> u32 {
    let (start, end) = (finding.location.start, finding.location.end);
    let last = if end.column <= 1 {
        end.line.saturating_sub(1)
    } else {
        end.line
    };
    last.max(start.line)
}

fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

/// An id in the form that GitLab recommends, the same as long as the fingerprint is (version 8: of our own making).
fn uuid(fingerprint: &str) -> String {
    let mut bytes = Sha256::digest(fingerprint.as_bytes());
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{bytes:x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..32]
    )
}
