//! What the schemas promise.

use serde_json::Value;

use super::Change;
use crate::verdict::Verdict;

/// Words that would name a judgement of a person.
const FORBIDDEN: [&str; 9] = [
    "score",
    "skill",
    "trust",
    "rating",
    "rank",
    "reputation",
    "competence",
    "proficiency",
    "performance",
];

fn names(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if key == "properties" || key == "$defs" {
                    found.extend(
                        inner
                            .as_object()
                            .into_iter()
                            .flat_map(|p| p.keys().cloned()),
                    );
                }
                if key == "const" || key == "enum" {
                    let texts = inner
                        .as_array()
                        .cloned()
                        .unwrap_or_else(|| vec![inner.clone()]);
                    found.extend(texts.iter().filter_map(|t| t.as_str().map(str::to_owned)));
                }
                names(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

fn names_of<T: schemars::JsonSchema>() -> Vec<String> {
    let schema = serde_json::to_value(schemars::schema_for!(T)).unwrap();
    let mut found = Vec::new();
    names(&schema, &mut found);
    found
}

fn ranks_people(name: &str) -> bool {
    let lower = name.to_lowercase();
    FORBIDDEN.iter().any(|word| lower.contains(word))
}

#[test]
fn neither_document_has_a_place_for_a_score_of_a_person() {
    for names in [names_of::<Change>(), names_of::<Verdict>()] {
        assert!(names.len() > 40, "the walk must reach the nested types");
        let wrong: Vec<_> = names.iter().filter(|n| ranks_people(n)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    // The test would see one.
    assert!(ranks_people("reviewer_trust_score") && ranks_people("SkillLevel"));
}

#[test]
fn what_is_not_known_must_be_listed() {
    let schema = serde_json::to_value(schemars::schema_for!(Change)).unwrap();
    let required: Vec<&str> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(required.contains(&"not_known") && required.contains(&"schema"));
    let without = r#"{"schema":"trueline.change/1","trueline_version":"0","evaluated_at":"2026-01-01T00:00:00Z",
        "repository":{"name":"x","shallow":false},"range":{"kind":"staged"},"size":{"files":0,"added":{"ai":0,"human":0,"unknown":0},"removed":0,"generated":0},
        "files":[],"hunks":[],"findings":[],"reviews":[],"tests":{"touched":[],"added_lines":0,"ai_code_without_tests":[]},"docs":{"touched":[],"public_without_docs":[]}"#;
    let missing = serde_json::from_str::<Change>(&format!("{without}}}")).unwrap_err();
    assert!(missing.to_string().contains("not_known"), "{missing}");
    assert!(serde_json::from_str::<Change>(&format!("{without},\"not_known\":[]}}")).is_ok());
}
