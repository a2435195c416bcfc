//! How grave and how certain a result is, and which weaknesses it speaks of: tools write these in
//! many places.

use serde_json::Value;
use trueline_facts::{Confidence, Cwe, Severity};

use super::{MAX_NAME, array, short};
use crate::message::clean;

/// Tags of one rule beyond this are not read.
const MAX_TAGS: usize = 256;

pub(super) fn severity(result: &Value, rule: Option<&Value>) -> Severity {
    let score = [Some(result), rule].into_iter().flatten().find_map(|v| {
        let score = &v["properties"]["security-severity"];
        score
            .as_f64()
            .or_else(|| score.as_str().filter(short)?.trim().parse().ok())
    });
    if let Some(score) = score {
        return match score {
            s if s >= 9.0 => Severity::Critical,
            s if s >= 7.0 => Severity::High,
            s if s >= 4.0 => Severity::Medium,
            _ => Severity::Low,
        };
    }
    let level = result["level"]
        .as_str()
        .or_else(|| rule.and_then(|r| r["defaultConfiguration"]["level"].as_str()));
    match level {
        Some("error") => Severity::High,
        Some("note" | "none") => Severity::Low,
        // The standard's default level is `warning`.
        _ => Severity::Medium,
    }
}

pub(super) fn confidence(result: &Value, rule: Option<&Value>) -> Confidence {
    let word = [Some(result), rule].into_iter().flatten().find_map(|v| {
        let properties = &v["properties"];
        ["precision", "confidence", "issue_confidence"]
            .iter()
            .find_map(|name| properties[*name].as_str().filter(short))
    });
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("very-high" | "high") => Confidence::High,
        Some("low") => Confidence::Low,
        _ => Confidence::Medium,
    }
}

/// CWE numbers from wherever tools put them: tags, a `cwe` property, taxa, relationships.
pub(super) fn cwes(result: &Value, rule: Option<&Value>) -> Vec<Cwe> {
    let mut found = Vec::new();
    for value in [Some(result), rule].into_iter().flatten() {
        let properties = &value["properties"];
        for list in [
            &properties["tags"],
            &properties["cwe"],
            &properties["cwes"],
            &properties["CWE"],
        ] {
            match list {
                Value::Array(items) => {
                    let texts = items.iter().take(MAX_TAGS).filter_map(Value::as_str);
                    found.extend(texts.filter_map(cwe));
                }
                Value::String(text) => {
                    found.extend(text.split(',').take(MAX_TAGS).filter_map(cwe));
                }
                _ => {}
            }
        }
        let taxa = array(&value["taxa"]).iter();
        let targets = array(&value["relationships"]).iter().map(|r| &r["target"]);
        for reference in taxa.take(MAX_TAGS).chain(targets.take(MAX_TAGS)) {
            if reference["toolComponent"]["name"]
                .as_str()
                .is_some_and(|n| n.eq_ignore_ascii_case("cwe"))
            {
                found.extend(
                    reference["id"]
                        .as_str()
                        .and_then(|id| cwe(id).or_else(|| id.trim().parse().ok().map(Cwe))),
                );
            }
        }
    }
    let mut unique = Vec::new();
    for cwe in found {
        if !unique.contains(&cwe) {
            unique.push(cwe);
        }
    }
    unique
}

/// `external/cwe/cwe-089`, `CWE-89`, `CWE-89: Improper …`.
fn cwe(text: &str) -> Option<Cwe> {
    let lower = clean(text, MAX_NAME).to_ascii_lowercase();
    let at = lower.find("cwe-")? + "cwe-".len();
    let digits: String = lower[at..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok().map(Cwe)
}
