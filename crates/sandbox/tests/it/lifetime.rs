//! When a sandbox ends, for whatever reason, nothing of it is left.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use trueline_sandbox::{Running, Status};

use crate::machine::{probe, probe_program, spawn};

/// A word that stands in the arguments of the processes of one test alone.
fn mark() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("mark-{}-{number}", std::process::id())
}

/// Processes of this machine that have the word among their arguments and run inside a sandbox.
fn marked(mark: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| fs::read(process.path().join("cmdline")).ok())
        .filter(|line| {
            let mut arguments = line.split(|byte| *byte == 0);
            arguments.next() != Some(probe_program().as_os_str().as_encoded_bytes())
                && arguments.any(|argument| argument == mark.as_bytes())
        })
        .count()
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A sandbox with a grandchild that has left its session and closed its streams.
fn with_daemon(mark: &str) -> Option<Running> {
    let running = spawn(&probe(&["daemon", mark]))?;
    until("the daemon is ready", || {
        running.stdout().text() == "ready\n"
    });
    until("the daemon runs", || marked(mark) >= 2);
    Some(running)
}

#[test]
fn a_daemon_ends_when_the_caller_says_so() {
    let mark = mark();
    let Some(running) = with_daemon(&mark) else {
        return;
    };
    running.kill();
    assert_eq!(running.wait().unwrap().status, Status::Killed);
    assert_eq!(marked(&mark), 0);
}

#[test]
fn a_daemon_ends_when_its_sandbox_is_dropped() {
    let mark = mark();
    let Some(running) = with_daemon(&mark) else {
        return;
    };
    drop(running);
    assert_eq!(marked(&mark), 0);
}

#[test]
fn a_daemon_ends_when_the_launcher_is_killed() {
    let mark = mark();
    let Some(running) = with_daemon(&mark) else {
        return;
    };
    let launcher = Pid::from_raw(running.launcher_id().cast_signed());
    kill(launcher, Signal::SIGKILL).unwrap();
    until("nothing is left", || marked(&mark) == 0);
    assert!(running.wait().is_err());
}

#[test]
fn everything_ends_when_the_caller_is_killed() {
    let mark = mark();
    if spawn(&probe(&["sleep"])).is_none() {
        return;
    }
    let mut caller = Command::new(probe_program())
        .args(["call", "/opt/probe", "sleep", &mark])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut told = BufReader::new(caller.stdout.take().unwrap());
    told.read_line(&mut line).unwrap();
    assert_eq!(line, "started\n");
    until("the program runs", || marked(&mark) == 1);
    caller.kill().unwrap();
    caller.wait().unwrap();
    until("nothing is left", || marked(&mark) == 0);
}

/// It is process 1's as well, which a flaw in the process list would show.
#[test]
fn the_launcher_has_nothing_of_the_callers_environment() {
    let Some(running) = spawn(&probe(&["sleep"])) else {
        return;
    };
    let path = format!("/proc/{}/environ", running.launcher_id());
    assert_eq!(fs::read_to_string(path).unwrap(), "");
}

#[test]
fn a_sandbox_outlives_the_thread_that_started_it() {
    let running = std::thread::spawn(|| spawn(&probe(&["sleep"])))
        .join()
        .unwrap();
    let Some(running) = running else { return };
    std::thread::sleep(Duration::from_millis(100));
    assert!(running.is_alive());
}

/// The end of a program that ends at once is not missed.
#[test]
fn short_programs_end_as_soon_as_they_end() {
    let started = Instant::now();
    for _ in 0..20 {
        let spec = probe(&["kill-all"]);
        let failing = trueline_sandbox::Spec::new(["no-such-program"]);
        let Some(running) = spawn(&spec) else { return };
        assert!(running.wait().unwrap().limits_hit.is_empty());
        assert!(trueline_sandbox::run(&failing).is_err());
    }
    // Each missed end would take the ten seconds of the clock.
    assert!(started.elapsed() < Duration::from_mins(1));
}

#[test]
fn many_run_at_once_from_several_threads() {
    if spawn(&probe(&["echo"])).is_none() {
        return;
    }
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            std::thread::spawn(move || {
                for round in 0..5 {
                    let text = format!("{thread} {round}");
                    let spec = probe(&["echo"]).stdin(text.clone());
                    let outcome = trueline_sandbox::run(&spec).unwrap();
                    assert_eq!(outcome.stdout.text(), text);
                    assert_eq!(outcome.status, Status::Exited(7));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
