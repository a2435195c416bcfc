//! The suite once more, as an ordinary user: a sandbox must hold whoever starts it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::machine::{PROBE, probe_program};

/// `nobody`, on every Linux.
const NOBODY: u32 = 65_534;

#[test]
fn everything_holds_for_an_ordinary_user_as_well() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("NOTHING TO ADD: all other tests of this suite run as an ordinary user already");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    open(folder.path());
    let place = |from: &Path, name: &str| {
        let to = folder.path().join(name);
        fs::copy(from, &to).unwrap();
        open(&to);
        to
    };
    let suite = place(&std::env::current_exe().unwrap(), "suite");
    let probe = place(&probe_program(), "probe");
    let output = Command::new(suite)
        .args(["--test-threads=2", "--nocapture"])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env(PROBE, probe)
        .current_dir("/")
        .gid(NOBODY)
        .uid(NOBODY)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let also = String::from_utf8_lossy(&output.stderr);
    eprintln!("as nobody:\n{told}\n{also}");
    assert!(output.status.success(), "{told}\n{also}");
    // A suite that runs nothing holds, too.
    assert!(told.contains("test escape::every_attempt_to_escape_has_its_wanted_answer ... ok"));
    if also.contains("this machine cannot isolate") {
        // Every test held because nothing was run. That is right only where the kernel keeps namespaces from users.
        let free = Command::new("unshare")
            .args(["--user", "true"])
            .gid(NOBODY)
            .uid(NOBODY)
            .status();
        match free {
            Ok(status) => assert!(
                !status.success(),
                "`nobody` may make namespaces here, and yet nothing was run:\n{also}"
            ),
            Err(error) => eprintln!("NOT TESTED whether it could have been: `unshare`: {error}"),
        }
    }
}
