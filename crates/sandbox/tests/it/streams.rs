//! What goes into a sandbox and comes out of it.

use std::io::{BufRead, BufReader, Write};

use trueline_sandbox::{SandboxError, Spec, Status};

use crate::machine::{probe, run, spawn};

#[test]
fn input_goes_in_and_both_outputs_come_out() {
    let long = "x".repeat(300_000);
    let Some(outcome) = run(&probe(&["echo"]).stdin(long.clone())) else {
        return;
    };
    assert_eq!(outcome.stdout.text(), long);
    assert_eq!(outcome.stderr.text(), "to standard error\n");
    assert_eq!(outcome.status, Status::Exited(7));
    assert!(outcome.limits_hit.is_empty());
}

#[test]
fn the_channel_is_apart_from_what_is_printed() {
    let Some(outcome) = run(&probe(&["channel"]).channel()) else {
        return;
    };
    assert_eq!(outcome.stdout.text(), "printed\n");
    assert_eq!(outcome.channel.text(), "through the channel");
}

#[test]
fn a_live_channel_goes_both_ways() {
    let Some(running) = spawn(&probe(&["talk"]).live_channel()) else {
        return;
    };
    let mut channel = running.take_channel().unwrap();
    assert!(running.take_channel().is_none());
    let mut answers = BufReader::new(channel.try_clone().unwrap());
    for word in ["one", "two"] {
        channel.write_all(format!("{word}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("{}\n", word.to_uppercase()));
    }
    channel.shutdown(std::net::Shutdown::Both).unwrap();
    assert!(running.wait().unwrap().status.success());
}

#[test]
fn a_program_that_is_not_there_is_told_by_name() {
    let spec = probe(&[]);
    if spawn(&spec).is_none() {
        return;
    }
    let error = trueline_sandbox::run(&Spec::new(["no-such-program"])).unwrap_err();
    let expected =
        "no-such-program cannot be started in the sandbox: No such file or directory (os error 2)";
    assert_eq!(error.to_string(), expected);
    let error = trueline_sandbox::run(&Spec::new(["/etc/passwd"])).unwrap_err();
    assert!(matches!(error, SandboxError::Start { .. }), "{error}");
    let nowhere = probe(&["echo"]).cwd("/nowhere");
    let error = trueline_sandbox::run(&nowhere).unwrap_err();
    assert!(matches!(error, SandboxError::Start { .. }), "{error}");
}

#[test]
fn a_specification_that_makes_no_sense_is_refused() {
    let none = trueline_sandbox::run(&Spec::new(Vec::<String>::new()));
    assert!(matches!(none, Err(SandboxError::NoProgram)));
    for inside in ["relative", "/a/../../b", "/etc", "/"] {
        let spec = probe(&["echo"]).read_only("/tmp", inside);
        let error = trueline_sandbox::run(&spec).unwrap_err();
        assert!(
            matches!(error, SandboxError::Inside { .. }),
            "{inside}: {error}"
        );
    }
    if spawn(&probe(&["echo"])).is_some() {
        let spec = probe(&["echo"]).read_only("/no/such/folder", "/data");
        let error = trueline_sandbox::run(&spec).unwrap_err();
        let expected = "/no/such/folder cannot be shown in the sandbox: No such file or directory (os error 2)";
        assert_eq!(error.to_string(), expected);
    }
}
