//! Where a part of the isolation is missing nothing is run, and the part is named.

use std::process::Command;

use crate::machine::{probe, probe_program, run};

/// Without namespaces of users, by the limit that administrators set; and in a container that maps
/// no user but root.
#[test]
fn a_machine_that_cannot_isolate_is_told_which_part_is_missing() {
    for (as_whom, part) in [("user", "UserNamespace"), ("root", "UnprivilegedId")] {
        let output = Command::new(probe_program())
            .args(["isolation-without-namespaces", as_whom])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            // Here not even the test's own namespace can be made; then the machine refuses itself.
            let refusal = trueline_sandbox::probe().expect_err("it can isolate");
            eprintln!("NOT TESTED, this machine cannot isolate: {refusal}");
            return;
        }
        let expected = format!("Err(Refusal {{ part: {part}, ");
        assert!(told.starts_with(&expected), "{told}");
    }
}

#[test]
fn a_sandbox_within_a_sandbox_is_refused() {
    let Some(outcome) = run(&probe(&["isolation"])) else {
        return;
    };
    let told = outcome.stdout.text();
    assert!(
        told.starts_with("Err(Refusal { part: UserNamespace, "),
        "{told}"
    );
}

#[test]
fn a_launcher_that_is_none_is_refused() {
    let output = Command::new(probe_program())
        .args(["isolation-with-launcher", "/bin/true"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.starts_with("Err(Refusal { part: Launcher, "), "{told}");
    assert!(told.contains("launch_if_asked"), "{told}");
}
