//! `trueline attest`: from a new key to a log that was tampered with.

use serde_json::Value;

use crate::repository::{Repository, Run, SAFE_VIEW};

const NOW: &str = "2026-01-31T10:00:00Z";

/// A repository with a committed public key; its private key lies in the git directory.
fn with_key() -> Repository {
    let repository = Repository::new();
    repository.write("app.py", SAFE_VIEW).commit("view");
    let run = repository.trueline(&["attest", "keygen", ".git/attest.key"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(
        run.stdout().contains("fingerprint SHA256:"),
        "{}",
        run.stdout()
    );
    let public = std::fs::read_to_string(repository.path().join(".git/attest.key.pub")).unwrap();
    repository
        .write(".trueline/attest.keys", public)
        .commit("keys");
    repository
}

fn sign(repository: &Repository, outcome: &str) -> Run {
    repository.write(
        ".git/verdict.json",
        format!("{{\"schema\": \"trueline.verdict/1\", \"outcome\": \"{outcome}\"}}"),
    );
    repository.trueline(&[
        "attest",
        "sign",
        ".git/verdict.json",
        "--key",
        ".git/attest.key",
        "--now",
        NOW,
    ])
}

fn verify(repository: &Repository, more: &[&str]) -> Run {
    let arguments: Vec<&str> = ["attest", "verify"].iter().chain(more).copied().collect();
    repository.trueline(&arguments)
}

fn head(repository: &Repository) -> String {
    let seen: Value = verify(repository, &["--format", "json"]).json();
    seen["head"].as_str().unwrap().to_owned()
}

#[test]
fn a_log_without_entries_is_no_proof_and_a_foreign_file_is_told() {
    let repository = with_key();
    let run = verify(&repository, &[]);
    assert_eq!(run.code(), 1, "{}", run.stdout());
    assert!(
        run.stdout().contains("an empty log proves nothing"),
        "{}",
        run.stdout()
    );
    assert_eq!(sign(&repository, "pass").code(), 0);
    repository.trueline(&["attest", "export", ".git/log"]);
    repository.write(".git/log/more.json", "{}");
    let run = verify(&repository, &["--files", ".git/log"]);
    assert_eq!(run.code(), 0, "{}", run.stdout());
    assert!(
        run.stderr().contains("more.json is no entry"),
        "{}",
        run.stderr()
    );
}

#[test]
fn signed_verdicts_hold_and_a_dropped_tail_shows_by_the_anchor() {
    let repository = with_key();
    for outcome in ["pass", "comment", "block"] {
        assert_eq!(sign(&repository, outcome).code(), 0);
    }
    let run = verify(&repository, &[]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(
        run.stdout().contains("3 entries hold; tail not provable"),
        "{}",
        run.stdout()
    );
    let anchor = head(&repository);
    assert_eq!(verify(&repository, &["--anchor", &anchor]).code(), 0);
    // The last verdict on HEAD blocks.
    let run = verify(&repository, &["--commit", "HEAD"]);
    assert_eq!(run.code(), 1);
    assert!(run.stdout().contains("block (entry 3)"), "{}", run.stdout());
    let reference = "refs/trueline/attestations";
    repository.git(&["update-ref", reference, &format!("{reference}~1")]);
    assert_eq!(verify(&repository, &[]).code(), 0);
    assert_eq!(verify(&repository, &["--commit", "HEAD"]).code(), 0);
    let run = verify(&repository, &["--anchor", &anchor]);
    assert_eq!(run.code(), 1);
    assert!(run.stdout().contains("TAIL DROPPED"), "{}", run.stdout());
}

#[test]
fn files_are_checked_as_the_reference_is() {
    let repository = with_key();
    for _ in 0..2 {
        sign(&repository, "pass");
    }
    assert_eq!(repository.trueline(&["attest", "export", "log"]).code(), 0);
    assert_eq!(verify(&repository, &["--files", "log"]).code(), 0);
    let first = repository.path().join("log/000001.json");
    let text = std::fs::read_to_string(&first).unwrap();
    std::fs::write(
        &first,
        text.replace("payloadType\":\"application", "payloadType\":\"Application"),
    )
    .unwrap();
    let run = verify(&repository, &["--files", "log"]);
    assert_eq!(run.code(), 1);
    assert!(run.stdout().contains("wrong: entry 1"), "{}", run.stdout());
    // Signing into files goes on after the last.
    let run = repository.trueline(&[
        "attest",
        "sign",
        ".git/verdict.json",
        "--key",
        ".git/attest.key",
        "--files",
        "other",
        "--now",
        NOW,
    ]);
    assert!(
        run.stdout().starts_with("entry 1: sha256:"),
        "{}",
        run.stderr()
    );
}

#[test]
fn what_is_wrong_with_keys_and_arguments_is_told() {
    let repository = with_key();
    sign(&repository, "pass");
    let again = repository.trueline(&["attest", "keygen", ".git/attest.key"]);
    assert_eq!(again.code(), 2, "{}", again.stderr());
    for (arguments, told) in [
        (&["--anchor", "x"][..], "no digest"),
        (&["--anchor-tag", "none"], "no such tag"),
        (&["--keys", "app.py"], "app.py:1: no ed25519 public key"),
    ] {
        let run = verify(&repository, arguments);
        assert_eq!(run.code(), 2, "{arguments:?}");
        assert!(run.stderr().contains(told), "{}", run.stderr());
    }
    repository.git(&["rm", "--quiet", ".trueline/attest.keys"]);
    repository.commit("no keys");
    let run = verify(&repository, &[]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("--keys"), "{}", run.stderr());
}

#[test]
fn the_report_for_auditors_is_the_same_each_time_and_tells_open_controls() {
    let repository = with_key();
    sign(&repository, "pass");
    let report = |format: &str| {
        let run = repository.trueline(&["attest", "report", "--now", NOW, "--format", format]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        run.stdout()
    };
    assert_eq!(report("markdown"), report("markdown"));
    let document: Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(document["schema"], "trueline.controls/1");
    assert_eq!(document["controls"].as_array().unwrap().len(), 68);
    assert_eq!(document["attestations"], 1);
    assert!(report("html").starts_with("<!doctype html>"));
    repository
        .write(
            ".trueline/controls.toml",
            "[[statement]]\ncontrol = \"AC.0.0\"\n",
        )
        .commit("statements");
    let run = repository.trueline(&["attest", "report", "--now", NOW]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("controls.toml:1"), "{}", run.stderr());
}

#[cfg(unix)]
#[test]
fn a_private_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let repository = with_key();
    let meta = std::fs::metadata(repository.path().join(".git/attest.key")).unwrap();
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_gate_signs_its_verdict_and_one_that_cannot_sign_shows_none() {
    let repository = with_key();
    let base = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repository.write("more.py", "x = 1\n").commit("more");
    let range = format!("{base}..HEAD");
    let gate = |more: &[&str]| {
        let arguments: Vec<&str> = ["gate", &range, "--now", NOW, "--format", "json"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        repository.trueline(&arguments)
    };
    let run = gate(&["--attest", "--key", ".git/attest.key"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(
        run.stderr().contains("signed: entry 1, sha256:"),
        "{}",
        run.stderr()
    );
    let shown: Value = serde_json::from_str(&run.stdout()).unwrap();
    let seen: Value = verify(&repository, &["--format", "json"]).json();
    let entry = &seen["entries"][0];
    assert_eq!(entry["verdict_schema"], "trueline.verdict/1");
    assert_eq!(entry["outcome"], shown["outcome"]);
    assert_eq!(entry["commit"], shown["range"]["head"]);
    assert_eq!(entry["attested_at"], NOW);
    // What was signed is what was shown, whole.
    let envelope = repository.git(&["show", "refs/trueline/attestations:attestation.json"]);
    let envelope: Value = serde_json::from_str(&envelope).unwrap();
    let payload = envelope["payload"].as_str().unwrap();
    let payload = data_encoding::BASE64.decode(payload.as_bytes()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["predicate"]["verdict"], shown);
    // The same verdict in files; and none where the key cannot be used.
    assert_eq!(
        gate(&[
            "--attest",
            "--key",
            ".git/attest.key",
            "--attest-files",
            "log"
        ])
        .code(),
        0
    );
    assert_eq!(verify(&repository, &["--files", "log"]).code(), 0);
    let run = gate(&["--attest", "--key", "more.py"]);
    assert_eq!((run.code(), run.stdout().as_str()), (2, ""));
    assert_eq!(gate(&["--attest"]).code(), 2);
}

#[test]
fn the_gates_that_controls_rest_on_are_gates_that_there_are() {
    let built_in: Vec<String> = trueline_policy::gate::defaults()
        .map(|gate| gate.id.to_owned())
        .collect();
    for control in trueline_attest::controls::aisvs().unwrap().controls {
        for ask in control.gates {
            assert!(
                ask.gate == "*" || built_in.contains(&ask.gate),
                "{}: {}",
                control.id,
                ask.gate
            );
        }
    }
}
