//! A program that uses more than it may is held or ended, and the outcome says by what.

use std::time::{Duration, Instant};

use trueline_sandbox::{LimitHit, Limits, MemoryLimiter, PidsLimiter, Quota, Status};

use crate::machine::{probe, run};

fn limits() -> Limits {
    Limits {
        wall_s: 20,
        cpu_s: 20,
        ..Limits::default()
    }
}

#[test]
fn a_fork_bomb_is_held_at_the_limit() {
    let Some(outcome) = run(&probe(&["fork-bomb"]).limits(limits())) else {
        return;
    };
    assert!(outcome.status.success(), "{outcome:?}");
    // The program itself is the sixty-fourth.
    assert_eq!(outcome.stdout.text(), "63 EAGAIN\n");
    if outcome.isolation.pids != PidsLimiter::Rlimit {
        assert_eq!(outcome.limits_hit, [LimitHit::Pids]);
    }
}

#[test]
fn two_sandboxes_do_not_use_up_each_others_processes() {
    let spec = probe(&["fork-bomb"]).limits(limits());
    let running: Vec<_> = (0..3).map(|_| crate::machine::spawn(&spec)).collect();
    for running in running.into_iter().flatten() {
        assert_eq!(running.wait().unwrap().stdout.text(), "63 EAGAIN\n");
    }
}

#[test]
fn three_gigabytes_in_one_process_are_refused() {
    let Some(outcome) = run(&probe(&["memory", "1", "3000"]).limits(limits())) else {
        return;
    };
    assert_ne!(outcome.stdout.text(), "1 of 1\n");
    if outcome.isolation.memory != MemoryLimiter::Watch {
        assert_eq!(outcome.limits_hit, [LimitHit::Memory]);
    }
}

#[test]
fn memory_is_counted_over_all_processes() {
    let gigabyte = Limits {
        mem_mb: 1024,
        ..limits()
    };
    let Some(outcome) = run(&probe(&["memory", "4", "600"]).limits(gigabyte.clone())) else {
        return;
    };
    assert_eq!(outcome.limits_hit, [LimitHit::Memory], "{outcome:?}");
    assert_ne!(outcome.stdout.text(), "4 of 4\n");
    // The near miss: as many processes, within the limit.
    let outcome = run(&probe(&["memory", "4", "150"]).limits(gigabyte)).unwrap();
    assert_eq!(outcome.stdout.text(), "4 of 4\n");
    assert!(outcome.limits_hit.is_empty());
}

#[test]
fn memory_of_a_process_that_hides_itself_is_counted() {
    let Some(outcome) = run(&probe(&["hidden-memory"]).limits(limits())) else {
        return;
    };
    assert!(!outcome.status.success(), "{outcome:?}");
}

/// In a container nobody may mount a process list of his own. Memory is bounded all the same.
#[test]
fn memory_is_counted_without_a_process_list_inside() {
    if crate::machine::spawn(&probe(&["echo"])).is_none() {
        return;
    }
    let call = |arguments: &[&str]| {
        let output = std::process::Command::new(crate::machine::probe_program())
            .args(["call-with-masked-list", "/opt/probe"])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let over = call(&["memory", "3", "200"]);
    assert!(over.starts_with("started\n[Memory] false\n"), "{over}");
    assert!(!over.contains("3 of 3"), "{over}");
    let within = "started\n[] false\n3 of 3\n\n";
    assert_eq!(call(&["memory", "3", "40"]), within);
}

#[test]
fn shared_memory_that_is_dropped_but_kept_is_counted() {
    let Some(outcome) = run(&probe(&["dropped-memory"]).limits(limits())) else {
        return;
    };
    assert!(
        outcome.limits_hit.contains(&LimitHit::Memory),
        "{outcome:?}"
    );
    assert_ne!(outcome.stdout.text(), "2 of 2\n");
}

#[test]
fn scratch_counts_as_memory() {
    let limits = Limits {
        mem_mb: 40,
        ..limits()
    };
    let Some(outcome) = run(&probe(&["fill-disk"]).limits(limits)) else {
        return;
    };
    assert_eq!(outcome.limits_hit, [LimitHit::Memory], "{outcome:?}");
}

#[test]
fn many_files_fill_the_scratch_and_nothing_else() {
    // More memory than scratch, so that it is the quota that stops it.
    let limits = Limits {
        mem_mb: 512,
        ..limits()
    };
    let Some(outcome) = run(&probe(&["fill-disk"]).limits(limits)) else {
        return;
    };
    let told = outcome.stdout.text();
    let (written, why) = told.trim().split_once(' ').expect("told");
    assert_eq!(why, "ENOSPC");
    assert!(
        (50..=64).contains(&written.parse::<u32>().unwrap()),
        "{told}"
    );
}

#[test]
fn one_file_has_a_size() {
    let Some(outcome) = run(&probe(&["one-file"]).limits(limits())) else {
        return;
    };
    assert_eq!(outcome.status, Status::Signalled(25));
    assert_eq!(outcome.limits_hit, [LimitHit::FileSize]);
}

#[test]
fn files_are_counted() {
    let Some(outcome) = run(&probe(&["fill-inodes"]).limits(limits())) else {
        return;
    };
    let told = outcome.stdout.text();
    let (made, why) = told.trim().split_once(' ').expect("told");
    assert_eq!(why, "ENOSPC");
    assert!(made.parse::<u32>().unwrap() < 10_000, "{told}");
}

#[test]
fn folders_ten_thousand_deep_do_no_harm() {
    let quota = Quota {
        mb: 64,
        inodes: 20_000,
    };
    let spec = probe(&["deep", "/tmp", "10000"])
        .scratch("/tmp", quota)
        .limits(limits());
    let Some(outcome) = run(&spec) else { return };
    assert_eq!(outcome.stdout.text(), "10000\n");
}

#[test]
fn a_gigabyte_of_output_is_cut_and_ends_the_program() {
    for (stream, hit) in [
        ("stdout", LimitHit::Output),
        ("stderr", LimitHit::Output),
        ("channel", LimitHit::Channel),
    ] {
        let limits = Limits {
            output_bytes: 1000,
            channel_bytes: 1000,
            ..limits()
        };
        let spec = probe(&["flood", stream]).channel().limits(limits);
        let Some(outcome) = run(&spec) else { return };
        assert_eq!(outcome.limits_hit, [hit]);
        assert_eq!(outcome.status, Status::Signalled(9));
        let captured = match stream {
            "stdout" => &outcome.stdout,
            "stderr" => &outcome.stderr,
            _ => &outcome.channel,
        };
        assert_eq!(captured.bytes, vec![b'x'; 1000]);
        assert!(captured.truncated);
        assert!(outcome.wall < Duration::from_secs(5));
    }
}

#[test]
fn sleeping_does_not_outlast_the_clock() {
    let limits = Limits {
        wall_s: 1,
        ..Limits::default()
    };
    let started = Instant::now();
    let Some(outcome) = run(&probe(&["sleep"]).limits(limits)) else {
        return;
    };
    assert_eq!(outcome.limits_hit, [LimitHit::Wall]);
    assert_eq!(outcome.status, Status::Signalled(9));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn spinning_is_ended_by_processor_time() {
    let limits = Limits {
        cpu_s: 1,
        wall_s: 30,
        ..Limits::default()
    };
    let Some(outcome) = run(&probe(&["spin"]).limits(limits)) else {
        return;
    };
    assert_eq!(outcome.limits_hit, [LimitHit::Cpu]);
    assert_eq!(outcome.status, Status::Signalled(24));
}
