//! A caller of sandboxes in a process of its own, which tests can kill or hold back.

use std::fs;
use std::process::Command;

use trueline_sandbox::Spec;

/// Starts a program in a sandbox, says so, and waits.
pub(crate) fn call(argv: &[String]) {
    let own = std::env::current_exe().unwrap();
    let spec = Spec::new(argv.to_vec()).read_only(own, "/opt/probe");
    let running = trueline_sandbox::spawn(&spec).unwrap();
    println!("started");
    let outcome = running.wait().unwrap();
    println!("{:?} {}", outcome.limits_hit, outcome.isolation.procfs);
    println!("{}", outcome.stdout.text());
}

/// Does the same where the process list is hidden in part, as in containers, so that none may be
/// mounted inside.
pub(crate) fn call_with_masked_list(argv: &[String]) {
    let (uid, gid) = unsafe { (libc::getuid(), libc::getgid()) };
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNS;
    assert_eq!(unsafe { libc::unshare(flags) }, 0);
    map(1000, uid, gid);
    let bind = nix::mount::MsFlags::MS_BIND;
    let none = None::<&str>;
    nix::mount::mount(Some("/dev/null"), "/proc/version", none, bind, none).unwrap();
    let mut call = Command::new("/proc/self/exe");
    assert!(call.arg("call").args(argv).status().unwrap().success());
}

fn map(inside: u32, uid: u32, gid: u32) {
    fs::write("/proc/self/setgroups", "deny").unwrap();
    fs::write("/proc/self/uid_map", format!("{inside} {uid} 1")).unwrap();
    fs::write("/proc/self/gid_map", format!("{inside} {gid} 1")).unwrap();
}

/// Asks what can be isolated where no user namespace can be made, or only root is mapped.
pub(crate) fn without_namespaces(as_whom: &str) {
    let (uid, gid) = unsafe { (libc::getuid(), libc::getgid()) };
    assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWUSER) }, 0);
    let inside = if as_whom == "root" { 0 } else { 1000 };
    map(inside, uid, gid);
    if as_whom != "root" {
        fs::write("/proc/sys/user/max_user_namespaces", "0").unwrap();
    }
    let status = Command::new("/proc/self/exe").arg("isolation").status();
    assert!(status.unwrap().success());
}
