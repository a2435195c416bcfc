//! How a container ends: by itself, at its limits, or because it is taken away; never by waiting for ever.
//!
//! An engine may be slow, may not know the container yet, or may hang. Whatever it does, who ends a container goes on.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long an engine may take to end a container.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Takes a container away and reaps the engine's program that runs it (`child`).
///
/// Asked again and again: an engine that has not made the container yet says that there is none, and makes it then.
pub(super) fn remove(engine: &str, name: &str, child: &mut Child, patience: Duration) {
    let until = Instant::now() + patience;
    let mut asking = None;
    while runs(child) && Instant::now() < until {
        if !asking.as_mut().is_some_and(runs) {
            asking = ask(engine, name);
        }
        thread::sleep(PAUSE);
    }
    let given_up = runs(child);
    let _ = child.kill();
    let _ = child.wait();
    if given_up {
        // Made in the last moment, it would stay: nobody is left to take it away.
        finish(asking.take(), Instant::now());
        finish(ask(engine, name), Instant::now() + patience / 5);
    } else {
        finish(asking, until);
    }
}

/// Waits for a container to end. The name of the limit that it went beyond, which did not end it yet.
pub(super) fn watch(
    child: &mut Child,
    outputs: &[PathBuf],
    most_output: u64,
    wall: Duration,
) -> Option<&'static str> {
    let until = Instant::now() + wall;
    let is_too_long = |path: &PathBuf| path.metadata().is_ok_and(|meta| meta.len() > most_output);
    while runs(child) {
        if outputs.iter().any(is_too_long) {
            return Some("output");
        }
        if Instant::now() >= until {
            return Some("wall");
        }
        thread::sleep(PAUSE);
    }
    None
}

fn runs(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(None))
}

fn ask(engine: &str, name: &str) -> Option<Child> {
    Command::new(engine)
        .args(["rm", "--force", name])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
}

fn finish(asking: Option<Child>, until: Instant) {
    let Some(mut asking) = asking else { return };
    while runs(&mut asking) && Instant::now() < until {
        thread::sleep(PAUSE);
    }
    let _ = asking.kill();
    let _ = asking.wait();
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn sleeping() -> Child {
        Command::new("sleep").arg("600").spawn().unwrap()
    }

    #[test]
    fn an_engine_that_knows_no_such_container_is_not_waited_for() {
        let mut child = sleeping();
        let begun = Instant::now();
        remove("false", "c", &mut child, Duration::from_millis(300));
        assert!(begun.elapsed() < Duration::from_mins(1));
        assert!(!runs(&mut child));
    }

    #[test]
    fn an_engine_that_hangs_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = sleeping();
        let engine = script(&folder, "exec sleep 600");
        let begun = Instant::now();
        remove(&engine, "c", &mut child, Duration::from_millis(300));
        assert!(begun.elapsed() < Duration::from_mins(1));
        assert!(!runs(&mut child));
    }

    #[test]
    fn a_container_that_is_made_late_is_asked_for_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = sleeping();
        let asked = folder.path().join("asked");
        let engine = script(
            &folder,
            &format!(
                "echo \"$@\" >> {0}; [ $(wc -l < {0}) -ge 3 ] && kill {1}",
                asked.display(),
                child.id()
            ),
        );
        let begun = Instant::now();
        remove(&engine, "late", &mut child, Duration::from_mins(2));
        assert!(begun.elapsed() < Duration::from_mins(1));
        let asked = fs::read_to_string(asked).unwrap();
        assert!(asked.lines().count() >= 3, "{asked}");
        assert!(
            asked.lines().all(|line| line == "rm --force late"),
            "{asked}"
        );
    }

    #[test]
    fn a_build_that_goes_on_is_told_by_its_wall_limit() {
        let mut child = sleeping();
        let limit = watch(&mut child, &[], 1, Duration::from_millis(100));
        assert_eq!(limit, Some("wall"));
        remove("false", "c", &mut child, Duration::ZERO);
    }

    #[test]
    fn a_build_that_prints_without_end_is_told_by_its_output() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stdout");
        let mut child = Command::new("sh")
            .args(["-c", "echo too much; exec sleep 600"])
            .stdout(File::create(&path).unwrap())
            .spawn()
            .unwrap();
        let limit = watch(&mut child, &[path], 3, Duration::from_mins(1));
        assert_eq!(limit, Some("output"));
        remove("false", "c", &mut child, Duration::ZERO);
    }

    #[test]
    fn a_build_that_ends_met_no_limit() {
        let mut child = Command::new("true").spawn().unwrap();
        let limit = watch(&mut child, &[], 1, Duration::from_mins(1));
        assert_eq!(limit, None);
    }

    fn script(folder: &tempfile::TempDir, text: &str) -> String {
        let path = folder.path().join("engine");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }
}
