//! `trueline scan --only artifacts`: model files, one record a file.

use crate::repository::Repository;

/// Protocol 0: `os.system('echo x')` while it is loaded. Inert: nothing here loads it.
const CALLS_A_PROGRAM: &[u8] = b"cos\nsystem\n(S'echo x'\ntR.";
/// Protocol 2: `{'epoch': 1}`.
const PLAIN_DATA: &[u8] = b"\x80\x02}X\x05\x00\x00\x00epochK\x01s.";

fn with_two_pickles() -> Repository {
    let folder = Repository::plain();
    folder
        .write("models/calls.pkl", CALLS_A_PROGRAM)
        .write("models/plain.pkl", PLAIN_DATA);
    folder
}

#[test]
fn a_pickle_that_calls_a_program_is_malicious_and_one_of_plain_data_is_clean() {
    let report = with_two_pickles()
        .trueline(&["scan", "--only", "artifacts", "models", "--format", "json"])
        .json();
    assert_eq!(report["schema"], "trueline.artifacts/1");
    let verdicts: Vec<(&str, &str)> = report["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (a["path"].as_str().unwrap(), a["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("models/calls.pkl", "malicious"),
            ("models/plain.pkl", "clean")
        ]
    );
    let reason = &report["artifacts"][0]["reasons"][0];
    assert_eq!(reason["call"], "os.system('echo x')");
}

#[test]
fn a_malicious_model_fails_a_run_that_is_to_fail_and_a_clean_one_does_not() {
    let folder = with_two_pickles();
    let code = |path: &str| {
        folder
            .trueline(&["scan", "--only", "artifacts", path, "--fail-on", "critical"])
            .code()
    };
    assert_eq!(code("models/calls.pkl"), 1);
    assert_eq!(code("models/plain.pkl"), 0);
}

#[test]
fn a_plain_scan_shows_the_malicious_model_and_its_rule_is_explained() {
    let folder = with_two_pickles();
    let report = folder.trueline(&["scan", "--format", "json"]).json();
    let findings: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let path = f["location"]["path"].as_str().unwrap();
            (f["rule"].as_str().unwrap(), path)
        })
        .collect();
    assert_eq!(findings, [("unsafe-model-file", "models/calls.pkl")]);
    let page = folder.trueline(&["rules", "explain", "unsafe-model-file"]);
    assert_eq!(page.code(), 0, "{}", page.stderr());
    assert!(page.stdout().contains("safetensors"), "{}", page.stdout());
}
