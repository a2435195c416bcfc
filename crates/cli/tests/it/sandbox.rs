//! `trueline sandbox run` and `trueline doctor`, as the machine allows.
#![cfg(target_os = "linux")]
#![expect(
    clippy::print_stderr,
    reason = "says what could not be tested on this machine"
)]

use std::fs;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn trueline(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn doctor() -> serde_json::Value {
    let output = trueline(&["doctor", "--format", "json"]);
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs in a sandbox; none where this machine cannot isolate, which is asserted and told.
fn sandboxed(arguments: &[&str]) -> Option<(Option<i32>, String, String)> {
    let output = trueline(&[&["sandbox", "run"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let machine = doctor();
    if machine["sandbox"]["isolates"] == false {
        assert_eq!(output.status.code(), Some(3), "{err}");
        let part = machine["sandbox"]["missing"]["part"].as_str().unwrap();
        let refused = format!("cannot isolate, so nothing is run: {part} is missing");
        assert!(err.contains(&refused), "{err}");
        let helps = machine["sandbox"]["missing"]["helps"].as_str().unwrap();
        assert!(!helps.is_empty() && err.contains(helps), "{err}");
        eprintln!("NOT TESTED, this machine cannot isolate: {err}");
        return None;
    }
    Some((output.status.code(), out, err))
}

#[test]
fn a_command_gets_a_copy_of_the_folder_and_its_exit_code_is_ours() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "kept\n").unwrap();
    let script = "cat file; echo changed > file; cat file >&2; pwd; exit 5";
    let dir = folder.path().to_str().unwrap();
    let Some(ran) = sandboxed(&["--dir", dir, "--", "sh", "-c", script]) else {
        return;
    };
    assert_eq!(ran, (Some(5), "kept\n/app\n".into(), "changed\n".into()));
    let kept = fs::read_to_string(folder.path().join("file")).unwrap();
    assert_eq!(kept, "kept\n");
}

#[test]
fn nothing_is_inherited_but_what_is_given() {
    let script = "env | cut -d= -f1 | sort | tr '\\n' ' '; echo $GIVEN";
    let given = ["--env", "GIVEN=word", "--", "sh", "-c", script];
    let Some((code, out, _)) = sandboxed(&given) else {
        return;
    };
    assert_eq!(code, Some(0));
    assert_eq!(out, "GIVEN HOME LANG PATH PWD word\n");
}

#[test]
fn signals_and_limits_end_as_shells_tell_it() {
    let Some((code, _, err)) = sandboxed(&["--", "sh", "-c", "kill -15 $$"]) else {
        return;
    };
    assert_eq!((code, err.as_str()), (Some(128 + 15), ""));
    let (code, _, err) = sandboxed(&["--wall", "1", "--", "sleep", "9"]).unwrap();
    assert_eq!(code, Some(128 + 9));
    assert_eq!(err, "trueline: limits met: wall\n");
    // It writes without end: what ends by itself may have ended before it is told to.
    let (code, out, err) = sandboxed(&["--output", "4", "--", "yes"]).unwrap();
    assert_eq!((code, out.as_str()), (Some(128 + 9), "y\ny\n"), "{err}");
    let (code, _, err) = sandboxed(&["--", "no-such-command"]).unwrap();
    assert_eq!(code, Some(127), "{err}");
}

#[test]
fn wrong_usage_is_told_before_anything_runs() {
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
    let dir = folder.path().to_str().unwrap();
    for (arguments, told) in [
        (&["--"][..], "required arguments"),
        (
            &["--dir", "/no/such/folder", "--", "true"],
            "/no/such/folder",
        ),
        (&["--dir", dir, "--", "true"], "link: a symbolic link"),
        (&["--env", "word", "--", "true"], "NAME=VALUE"),
        (&["--mem", "0", "--", "true"], "--mem"),
    ] {
        let output = trueline(&[&["sandbox", "run"], arguments].concat());
        let err = String::from_utf8_lossy(&output.stderr);
        if err.contains("cannot isolate") {
            eprintln!("NOT TESTED, this machine cannot isolate: {err}");
            return;
        }
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        assert!(err.contains(told), "{arguments:?}: {err}");
    }
}

#[test]
fn a_launcher_without_its_caller_does_nothing() {
    let output = trueline(&["__trueline-sandbox-launcher"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn the_doctor_tells_of_every_language_and_of_git() {
    let machine = doctor();
    assert_eq!(machine["schema"], "trueline.doctor/1");
    let runtimes = machine["runtimes"].as_array().unwrap();
    let programs: Vec<_> = runtimes.iter().map(|r| r["program"].as_str()).collect();
    let expected = ["python3", "node", "java", "go", "rustc"].map(Some);
    assert_eq!(programs, expected);
    // The tests of this crate need it.
    assert!(
        machine["git"]
            .as_str()
            .unwrap()
            .starts_with(char::is_numeric)
    );
    let engines = machine["engines"].as_array().unwrap();
    let programs: Vec<_> = engines.iter().map(|e| e["program"].as_str()).collect();
    assert_eq!(programs, ["docker", "podman"].map(Some));
    // One that does not answer says why.
    assert!(engines.iter().all(|e| e["answers"] != e["why"].is_string()));
    let layers = machine["sandbox"]["layers"].as_array().unwrap();
    assert_eq!(machine["sandbox"]["isolates"], !layers.is_empty());
}
