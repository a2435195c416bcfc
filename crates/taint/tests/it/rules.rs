//! Rules are data: every example must be found, every counterexample left alone.

use std::path::Path;

use trueline_taint::{
    COMPONENT_FILES, CONTROL_FILES, Engine, MODEL_FILES, RULE_FILES, SURFACE_FILES,
};

use crate::engine::{analyze_application, found};

#[test]
fn every_file_of_the_rules_folder_is_embedded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let names = |sub: &str| {
        let mut names: Vec<String> = std::fs::read_dir(folder.join(sub))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| Path::new(name).extension().is_some_and(|e| e == "toml"))
            .collect();
        names.sort();
        names
    };
    let rules: Vec<&str> = RULE_FILES.iter().map(|f| f.0).collect();
    assert_eq!(rules, names(""));
    let models: Vec<String> = MODEL_FILES
        .iter()
        .map(|f| f.0.trim_start_matches("models/").to_owned())
        .collect();
    assert_eq!(models, names("models"));
    let bare = |files: &[(&str, &str)], folder: &str| -> Vec<String> {
        files
            .iter()
            .map(|f| f.0.trim_start_matches(folder).to_owned())
            .collect()
    };
    assert_eq!(bare(CONTROL_FILES, "controls/"), names("controls"));
    assert_eq!(bare(SURFACE_FILES, "surface/"), names("surface"));
    assert_eq!(bare(COMPONENT_FILES, "components/"), names("components"));
}

#[test]
fn every_rule_has_an_example_and_each_of_its_languages_a_counterexample() {
    let engine = Engine::builtin().unwrap();
    for rule in engine.rules() {
        assert!(!rule.examples.is_empty(), "{}: no example", rule.id);
        for example in &rule.examples {
            let language = example.language;
            assert!(
                rule.counterexamples.iter().any(|e| e.language == language),
                "{} {language}: no counterexample",
                rule.id
            );
        }
    }
}

#[test]
fn examples_are_found_and_counterexamples_are_not() {
    let engine = Engine::builtin().unwrap();
    let mut wrong = Vec::new();
    for rule in engine.rules() {
        for example in &rule.examples {
            let findings = analyze_application(&engine, example.language, &example.code).findings;
            let shown = findings
                .iter()
                .any(|f| f.rule == rule.id && f.tier <= rule.tier);
            if !shown {
                wrong.push(format!("{}: not found in\n{}", rule.id, example.code));
            }
        }
        for example in &rule.counterexamples {
            let mut findings =
                analyze_application(&engine, example.language, &example.code).findings;
            // What an example of another rule leaves out for brevity is not its subject.
            findings.retain(|f| f.rule == rule.id || !is_control(f.rule.as_str()));
            let wrongly = |f: &trueline_facts::Finding| {
                f.rule == rule.id || f.tier == trueline_facts::Tier::Shown
            };
            if findings.iter().any(wrongly) {
                wrong.push(format!(
                    "{}: {:?} found in\n{}",
                    rule.id,
                    found(&findings),
                    example.code
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) fn is_control(rule: &str) -> bool {
    CONTROL_FILES
        .iter()
        .any(|f| f.0 == format!("controls/{rule}.toml"))
}

#[test]
fn the_docs_page_has_every_section() {
    let engine = Engine::builtin().unwrap();
    for rule in engine.rules() {
        let page = rule.docs_markdown();
        for heading in [
            "What it does",
            "Why is this bad?",
            "Measured precision",
            "Example",
            "How to fix it",
            "Use instead",
            "References",
        ] {
            assert!(
                page.contains(&format!("\n## {heading}\n")),
                "{}: {heading}",
                rule.id
            );
        }
        assert!(page.starts_with(&format!("# {}\n", rule.id)));
    }
}

#[test]
fn a_rule_file_with_an_unknown_key_is_refused_by_name() {
    let error = Engine::from_files(&[("mine.toml", "schema = 1\nidd = \"x\"\n")], &[]).unwrap_err();
    assert!(error.to_string().starts_with("mine.toml: "), "{error}");
}

#[test]
fn two_rules_of_one_id_are_refused() {
    let (_, text) = RULE_FILES[0];
    let error = Engine::from_files(&[("a.toml", text), ("b.toml", text)], &[]).unwrap_err();
    assert!(error.to_string().contains("defined twice"), "{error}");
}
