//! Every attempt to see or reach something outside has the answer that is wanted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use trueline_sandbox::MemoryLimiter;

use crate::machine::{probe, run};

/// Attempt and the answers that are right. `ENOSYS` is that of the filter of system calls; where
/// another layer may answer first, its answer is right as well.
const WANTED: &[(&str, &[&str])] = &[
    // The file system.
    ("write:/usr/written", &["EROFS", "EACCES"]),
    ("write:/etc/written", &["EROFS", "EACCES"]),
    ("write:/written", &["EROFS", "EACCES"]),
    ("write:/opt/written", &["EROFS", "EACCES"]),
    ("remount", &["EROFS", "EACCES", "EBUSY"]),
    ("read:/etc/shadow", &["ENOENT"]),
    ("list:/root", &["ENOENT", "EACCES"]),
    ("list:/home", &["ENOENT", "EACCES"]),
    ("read:hidden", &["ENOENT"]),
    ("read:link", &["ENOENT"]),
    ("read:/proc/1/environ", &["ENOENT"]),
    ("list:/proc/1/root", &["ENOENT"]),
    ("list:/sys", &["ENOENT"]),
    ("pids", &["0"]),
    ("dev", &["full null random urandom zero"]),
    ("write:/proc/sys/kernel/hostname", &["ENOENT"]),
    ("write:/proc/sys/kernel/core_pattern", &["ENOENT"]),
    ("write:/proc/sys/vm/drop_caches", &["ENOENT"]),
    ("write:/proc/sys/kernel/panic", &["ENOENT"]),
    ("write:/proc/sysrq-trigger", &["ENOENT"]),
    ("write:/proc/1/mem", &["ENOENT", "EACCES"]),
    ("write:/proc/self/uid_map", &["EACCES", "EPERM"]),
    ("open:/dev/sda", &["ENOENT"]),
    ("open:/dev/vda", &["ENOENT"]),
    ("open:/dev/nvme0n1", &["ENOENT"]),
    ("open:/dev/mem", &["ENOENT"]),
    ("open:/dev/kvm", &["ENOENT"]),
    ("mknod", &["EPERM", "EACCES"]),
    ("list:/tmp", &["ok"]),
    ("environment", &["HOME,LANG,PATH"]),
    (
        "privileges",
        &["CapInh= CapPrm= CapEff= CapBnd= CapAmb= NoNewPrivs=1 Seccomp=2"],
    ),
    // Standard streams and the one by which they are listed.
    ("descriptors", &["4"]),
    // System calls.
    ("unshare:user", &["ENOSYS"]),
    ("unshare:mount", &["ENOSYS"]),
    ("setns", &["ENOSYS"]),
    ("clone:user", &["ENOSYS"]),
    ("clone3", &["ENOSYS"]),
    ("mount", &["ENOSYS"]),
    ("umount", &["ENOSYS"]),
    ("fsopen", &["ENOSYS"]),
    ("open_tree", &["ENOSYS"]),
    ("pivot_root", &["ENOSYS"]),
    ("chroot", &["ENOSYS"]),
    ("ptrace", &["ENOSYS"]),
    ("process_vm_readv", &["ENOSYS"]),
    ("keyctl", &["ENOSYS"]),
    ("bpf", &["ENOSYS"]),
    ("perf_event_open", &["ENOSYS"]),
    ("io_uring_setup", &["ENOSYS"]),
    ("userfaultfd", &["ENOSYS"]),
    ("open_by_handle_at", &["ENOSYS"]),
    ("personality", &["ENOSYS"]),
    ("setuid", &["EPERM", "EINVAL"]),
    ("setgroups", &["EPERM"]),
    ("sethostname", &["EPERM"]),
    ("ioctl:TIOCSTI", &["ENOSYS"]),
    ("ioctl:TIOCLINUX", &["ENOSYS"]),
    ("ioctl:TIOCSTI-high", &["ENOSYS"]),
    ("socket:vsock", &["EAFNOSUPPORT"]),
    ("socket:netlink", &["EAFNOSUPPORT"]),
    ("socket:packet", &["EAFNOSUPPORT"]),
    ("socket:alg", &["EAFNOSUPPORT"]),
    ("socket:raw", &["EPERM"]),
    ("prlimit:cpu", &["EPERM"]),
    ("prlimit:processes", &["EPERM"]),
    ("prlimit:file-size", &["EPERM"]),
    ("x32:unshare", &["ENOSYS"]),
    ("x32:getpid", &["ENOSYS"]),
    ("int80", &["signal 31"]),
    ("kill:parent", &["EPERM", "ESRCH", "ok"]),
    ("kill:1", &["EPERM", "ESRCH", "ok"]),
    // Networks.
    ("connect:192.0.2.1:80", &["ENETUNREACH"]),
    ("connect:1.1.1.1:53", &["ENETUNREACH"]),
    ("connect:169.254.169.254:80", &["ENETUNREACH"]),
    ("connect:[2001:db8::1]:80", &["ENETUNREACH"]),
    ("send:1.1.1.1", &["ENETUNREACH"]),
    ("connect:/run/dbus/system_bus_socket", &["ENOENT"]),
    ("connect:/var/run/docker.sock", &["ENOENT"]),
    ("connect:/tmp/.X11-unix/X0", &["ENOENT"]),
    ("loopback", &["ok"]),
];

#[test]
fn every_attempt_to_escape_has_its_wanted_answer() {
    let folder = tempfile::tempdir().unwrap();
    let hidden = folder.path().join("graded-test");
    fs::write(&hidden, "secret").unwrap();
    let Some(outcome) = run(&probe(&["escape", hidden.to_str().unwrap()])) else {
        return;
    };
    // The last attempts are on process 1 and on the parent: that all was told shows that both live.
    assert!(outcome.status.success(), "{outcome:?}");
    let told = outcome.stdout.text();
    let mut answers: BTreeMap<&str, &str> = told
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    // Counted where a control group counts memory, refused where nobody would.
    let memfd = match outcome.isolation.memory {
        MemoryLimiter::Watch => "ENOSYS",
        MemoryLimiter::CgroupV1 | MemoryLimiter::CgroupV2 => "ok",
    };
    assert_eq!(answers.remove("memfd_create"), Some(memfd));
    // What is not there cannot be tried: then it is not here either, and that is told.
    let has_su = ["/usr/bin/su", "/bin/su"]
        .iter()
        .any(|su| Path::new(su).exists());
    if !has_su {
        eprintln!("NOT TESTED, this machine has no `su`");
    }
    let su = if has_su { "nothing" } else { "absent" };
    assert_eq!(answers.remove("su"), Some(su));
    let wrong: Vec<_> = WANTED
        .iter()
        .map(|(attempt, wanted)| (*attempt, answers.remove(attempt), *wanted))
        .filter(|(_, answer, wanted)| !answer.is_some_and(|answer| wanted.contains(&answer)))
        .collect();
    assert!(wrong.is_empty(), "attempt, answer, wanted: {wrong:#?}");
    assert!(answers.is_empty(), "nothing is wanted of {answers:?}");
}

#[test]
fn killing_everything_reaches_the_sandbox_alone() {
    let Some(other) = crate::machine::spawn(&probe(&["sleep"])) else {
        return;
    };
    let outcome = run(&probe(&["kill-all"])).unwrap();
    // There is nothing but process 1, which cannot be reached, and itself, which is not meant.
    assert_eq!(outcome.stdout.text(), "-1\n");
    assert!(outcome.status.success());
    assert!(other.is_alive());
}

#[test]
fn what_one_run_leaves_the_next_does_not_find() {
    let first = run(&probe(&["leave", "/tmp/mine"]));
    let Some(first) = first else { return };
    assert!(first.status.success(), "{first:?}");
    let second = run(&probe(&["leave", "/tmp/mine"])).unwrap();
    assert_eq!(second.stdout.text(), "found 0\n");
}
