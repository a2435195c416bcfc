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

#[cfg(unix)]
#[test]
fn a_snapshot_of_a_cache_is_read_through_its_links_and_no_further() {
    let folder = Repository::plain();
    folder
        .write("hub/models--a--b/blobs/1f", CALLS_A_PROGRAM)
        .write("hub/models--c--d/blobs/2f", CALLS_A_PROGRAM);
    let snapshot = folder.path().join("hub/models--a--b/snapshots/main");
    std::fs::create_dir_all(&snapshot).unwrap();
    std::os::unix::fs::symlink("../../blobs/1f", snapshot.join("model.bin")).unwrap();
    std::os::unix::fs::symlink("../../../models--c--d/blobs/2f", snapshot.join("other.bin"))
        .unwrap();
    let path = "hub/models--a--b/snapshots/main";
    let report = folder
        .trueline(&["scan", "--only", "artifacts", path, "--format", "json"])
        .json();
    let artifacts = report["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 1, "{report}");
    assert_eq!(artifacts[0]["path"], format!("{path}/model.bin"));
    assert_eq!(artifacts[0]["verdict"], "malicious");
    assert_eq!(report["diagnostics"][0]["code"], "link-not-followed");
}

#[test]
fn a_run_that_checks_no_file_says_so_and_does_not_pass() {
    let folder = Repository::plain();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let run = folder.trueline(&["scan", "--only", "artifacts", "empty"]);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains("no file was checked"));
}

#[test]
fn what_the_team_asks_of_models_is_gated_and_what_it_vetted_is_not() {
    let folder = with_two_pickles();
    folder.write(
        "trueline.toml",
        "[artifacts]\nlicences = [\"mit\"]\nmodel-card = \"required\"\n",
    );
    let code = |path: &str, limit: &str| {
        folder
            .trueline(&["scan", "--only", "artifacts", path, "--fail-on", limit])
            .code()
    };
    assert_eq!(code("models/plain.pkl", "medium"), 1);
    assert_eq!(code("models/plain.pkl", "high"), 0);
    folder.write("models/README.md", "---\nlicense: mit\n---\n# A model\n");
    assert_eq!(code("models", "medium"), 1);
    std::fs::remove_file(folder.path().join("models/calls.pkl")).unwrap();
    assert_eq!(code("models", "medium"), 0);

    folder.write("models/calls.pkl", CALLS_A_PROGRAM);
    let report = folder
        .trueline(&[
            "scan",
            "--only",
            "artifacts",
            "models/calls.pkl",
            "--format",
            "json",
        ])
        .json();
    let hash = report["artifacts"][0]["sha256"].as_str().unwrap();
    folder.write(
        "trueline.toml",
        format!("[artifacts]\nvetted = [\"sha256:{hash}\"]\n"),
    );
    assert_eq!(code("models/calls.pkl", "low"), 0);
}

#[test]
fn models_are_printed_as_markdown_and_as_a_page() {
    let folder = with_two_pickles();
    let print = |format: &str| {
        folder
            .trueline(&["scan", "--only", "artifacts", "models", "--format", format])
            .stdout()
    };
    let markdown = print("markdown");
    assert!(markdown.contains("1 malicious, 1 clean"), "{markdown}");
    assert!(
        markdown.contains("<code>models/calls.pkl</code>"),
        "{markdown}"
    );
    let page = print("html");
    assert!(page.contains("models/calls.pkl") && page.ends_with("</html>\n"));
}

#[test]
fn a_model_that_was_clean_is_read_again_when_it_changed() {
    let folder = with_two_pickles();
    let count = || {
        let report = folder.trueline(&["scan", "--format", "json"]).json();
        report["findings"].as_array().unwrap().len()
    };
    assert_eq!(count(), 1);
    assert_eq!(count(), 1);
    folder.write("models/plain.pkl", CALLS_A_PROGRAM);
    assert_eq!(count(), 2);
}
