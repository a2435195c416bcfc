//! Folders made for a run: what a submission may hold, and that nothing of it stays.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use nix::sys::stat::Mode;
use tempfile::TempDir;
use trueline_sandbox::{Budget, Identity, Quota, RunDir, SandboxError};

use crate::machine::{probe, run};

fn run_dir() -> RunDir {
    RunDir::new(&Identity::new().unwrap()).unwrap()
}

fn import(from: &Path, budget: Budget) -> Result<RunDir, SandboxError> {
    let run_dir = run_dir();
    run_dir.import(from, Path::new(""), budget)?;
    Ok(run_dir)
}

fn why(from: &TempDir) -> String {
    match import(from.path(), Budget::default()) {
        Err(SandboxError::Submission { path, why }) => format!("{}: {why}", path.display()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_files_and_folders_are_copied_with_plain_modes() {
    let from = tempfile::tempdir().unwrap();
    fs::create_dir(from.path().join("src")).unwrap();
    fs::write(from.path().join("src/app.py"), "print(1)").unwrap();
    fs::write(from.path().join("run"), "#!/bin/sh").unwrap();
    let set_user_id = fs::Permissions::from_mode(0o4755);
    fs::set_permissions(from.path().join("run"), set_user_id).unwrap();
    let run_dir = import(from.path(), Budget::default()).unwrap();
    let mode = |name| fs::metadata(run_dir.path().join(name)).unwrap().mode() & 0o7777;
    assert_eq!(mode("src/app.py"), 0o644);
    assert_eq!(mode("run"), 0o755);
    assert_eq!(mode(""), 0o700);
    let owner = fs::metadata(run_dir.path().join("src/app.py"))
        .unwrap()
        .uid();
    let own = nix::unistd::geteuid().as_raw();
    assert_eq!(owner, run_dir.identity().uid().unwrap_or(own));
}

#[test]
fn links_pipes_sockets_and_devices_are_refused_by_name() {
    let from = tempfile::tempdir().unwrap();
    symlink("/etc/passwd", from.path().join("link")).unwrap();
    assert_eq!(why(&from), "link: a symbolic link; submit what it leads to");

    let from = tempfile::tempdir().unwrap();
    symlink("/etc", from.path().join("folder")).unwrap();
    assert_eq!(
        why(&from),
        "folder: a symbolic link; submit what it leads to"
    );

    let from = tempfile::tempdir().unwrap();
    let other = from.path().join("b");
    fs::write(from.path().join("a"), "").unwrap();
    fs::hard_link(from.path().join("a"), &other).unwrap();
    assert_eq!(why(&from), "a: a hard link; submit a copy of its own");

    let from = tempfile::tempdir().unwrap();
    nix::unistd::mkfifo(&from.path().join("pipe"), Mode::S_IRUSR).unwrap();
    let plain = "a pipe or socket; only files and folders may be submitted";
    assert_eq!(why(&from), format!("pipe: {plain}"));

    let from = tempfile::tempdir().unwrap();
    let _listener = UnixListener::bind(from.path().join("socket")).unwrap();
    assert_eq!(why(&from), format!("socket: {plain}"));

    // Only root makes devices; an ordinary user's submission cannot hold one.
    if nix::unistd::geteuid().is_root() {
        let from = tempfile::tempdir().unwrap();
        let null = nix::sys::stat::makedev(1, 3);
        let kind = nix::sys::stat::SFlag::S_IFCHR;
        nix::sys::stat::mknod(&from.path().join("null"), kind, Mode::S_IRUSR, null).unwrap();
        assert_eq!(
            why(&from),
            "null: a device; only files and folders may be submitted"
        );
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let run_dir = run_dir();
    for (name, expected) in [
        ("/etc/cron.d/x", "the name is absolute"),
        ("../x", "the name goes upwards"),
        ("a/../../x", "the name goes upwards"),
        (".", "the name is empty"),
        ("", "the name is empty"),
    ] {
        match run_dir.write(Path::new(name), b"x") {
            Err(SandboxError::Submission { why, .. }) => assert_eq!(why, expected),
            other => panic!("{name}: {other:?}"),
        }
    }
    run_dir.write(Path::new("a/b/c"), b"x").unwrap();
    run_dir.write_program(Path::new("a/run"), b"x").unwrap();
    let mode = fs::metadata(run_dir.path().join("a/run")).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o755);
    assert_eq!(fs::read(run_dir.path().join("a/b/c")).unwrap(), b"x");
}

#[test]
fn submissions_have_a_budget() {
    let from = tempfile::tempdir().unwrap();
    fs::create_dir_all(from.path().join("a/b/c")).unwrap();
    fs::write(from.path().join("a/file"), vec![0; 1000]).unwrap();
    let within = Budget {
        bytes: 1000,
        entries: 4,
        depth: 3,
    };
    import(from.path(), within).unwrap();
    for (budget, expected) in [
        (
            Budget {
                bytes: 999,
                ..within
            },
            "the files are too large together",
        ),
        (
            Budget {
                entries: 3,
                ..within
            },
            "too many files and folders",
        ),
        (
            Budget { depth: 2, ..within },
            "folders are nested too deeply",
        ),
    ] {
        match import(from.path(), budget) {
            Err(SandboxError::Submission { why, .. }) => assert_eq!(why, expected),
            other => panic!("{budget:?}: {other:?}"),
        }
    }
}

#[test]
fn what_a_program_leaves_in_its_folder_is_removed_whatever_it_is() {
    let run_dir = run_dir();
    let path = run_dir.path().to_owned();
    // Deep enough that no path to the innermost is short enough for the kernel.
    for arguments in [&["leave", "/app/left"][..], &["deep", "/app", "2100"]] {
        let spec = probe(arguments)
            .identity(run_dir.identity())
            .read_write(run_dir.path(), "/app");
        let Some(outcome) = run(&spec) else { return };
        assert!(outcome.status.success(), "{outcome:?}");
    }
    assert!(path.join("left").exists() && path.join("d/d/d").exists());
    drop(run_dir);
    assert!(!path.exists());
}

#[test]
fn a_copy_can_be_written_to_up_to_its_quota_and_the_folder_stays_as_it_was() {
    let run_dir = run_dir();
    run_dir.write(Path::new("data/file"), b"before").unwrap();
    let quota = Quota { mb: 8, inodes: 100 };
    let script = "cat /app/data/file; echo after > /app/data/file; head -c 20000000 /dev/zero > /app/big; wc -c < /app/big";
    let spec = trueline_sandbox::Spec::new(["/bin/sh", "-c", script])
        .identity(run_dir.identity())
        .copy_of(run_dir.path(), "/app", quota);
    let _ = probe(&[]);
    let Some(outcome) = run(&spec) else { return };
    let told = outcome.stdout.text();
    let (before, written) = told.split_at(6);
    assert_eq!(before, "before", "{outcome:?}");
    assert!(written.trim().parse::<u64>().unwrap() <= 8 << 20, "{told}");
    assert_eq!(
        fs::read(run_dir.path().join("data/file")).unwrap(),
        b"before"
    );
    assert!(!run_dir.path().join("big").exists());
}

#[test]
fn mounts_lie_within_each_other_in_the_order_given() {
    let outer = run_dir();
    fs::create_dir(outer.path().join("read")).unwrap();
    let inner = RunDir::new(outer.identity()).unwrap();
    inner.write(Path::new("file"), b"inner").unwrap();
    let script = "cat /app/read/file; echo x > /app/read/file || echo kept; echo x > /app/new; ls /app; ls /app/scratch";
    let spec = trueline_sandbox::Spec::new(["/bin/sh", "-c", script])
        .identity(outer.identity())
        .read_write(outer.path(), "/app")
        .read_only(inner.path(), "/app/read")
        .scratch("/app/scratch", Quota::default());
    let _ = probe(&[]);
    let Some(outcome) = run(&spec) else { return };
    assert_eq!(
        outcome.stdout.text(),
        "innerkept\nnew\nread\nscratch\n",
        "{outcome:?}"
    );
    assert!(outer.path().join("new").exists());
}
