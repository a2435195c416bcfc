//! The `git` program: reads, writes and removes notes as its user would, and refuses what it refuses
//! them. Nothing passes through a shell, and no program of the repository is run.

use std::io::Write;
use std::process::{Command, Stdio};

use bstr::ByteSlice;
use gix::ObjectId;
use trueline_authorship::note::LARGEST_NOTE;

use super::{DeclareError, Declared, NOTES_REF};
use crate::evidence::objects;

pub(super) fn existing_note(
    local: &gix::Repository,
    commit: ObjectId,
) -> Result<Option<Vec<u8>>, DeclareError> {
    let hex = commit.to_hex().to_string();
    let blob = match git(
        local,
        "notes",
        &["notes", "--ref", NOTES_REF, "list", &hex],
        None,
    ) {
        Ok(blob) => blob,
        Err(DeclareError::Git { message, .. }) if message.contains("no note found") => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let broken = || DeclareError::ExistingNote {
        commit,
        source: None,
    };
    let blob = ObjectId::from_hex(blob.trim()).map_err(|_| broken())?;
    let bytes = objects::blob(local, blob, LARGEST_NOTE as u64).map_err(|_| broken())?;
    Ok(Some(bytes))
}

pub(super) fn write_note(local: &gix::Repository, declared: &Declared) -> Result<(), DeclareError> {
    let hash = ["hash-object", "-w", "--stdin", "--no-filters"];
    let blob = git(local, "hash-object", &hash, Some(&declared.note))?;
    let blob = blob.trim().to_str_lossy().into_owned();
    let commit = declared.commit.to_hex().to_string();
    // `-C` copies the blob as it is; `-F` would tidy its blank lines.
    let add = [
        "notes", "--ref", NOTES_REF, "add", "-f", "-C", &blob, &commit,
    ];
    git(local, "notes", &add, None).map(drop)
}

pub(super) fn remove_note(
    local: &gix::Repository,
    declared: &Declared,
) -> Result<(), DeclareError> {
    let commit = declared.commit.to_hex().to_string();
    let remove = ["notes", "--ref", NOTES_REF, "remove", &commit];
    git(local, "notes", &remove, None).map(drop)
}

/// The `git` program as its user would start it here. It finds the repository by itself, so that it
/// refuses one of somebody else (`safe.directory`), and it runs none of the repository's programs.
fn command(local: &gix::Repository, arguments: &[&str]) -> Command {
    let directory = match local.workdir() {
        Some(work_dir) if work_dir.join(".git").exists() => work_dir,
        _ => local.git_dir(),
    };
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(directory)
        // The path by which git documents that there are no hooks, on every platform.
        .args(["-c", "core.hooksPath=/dev/null"])
        .args(["-c", "core.fsmonitor=false"])
        .args(arguments)
        .env("LC_ALL", "C");
    for other_place in [
        "GIT_DIR",
        "GIT_COMMON_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_NAMESPACE",
        "GIT_NOTES_REF",
    ] {
        command.env_remove(other_place);
    }
    command
}

/// Runs the `git` program on this repository; its output, or what it complained about.
pub(super) fn git(
    local: &gix::Repository,
    action: &'static str,
    arguments: &[&str],
    input: Option<&[u8]>,
) -> Result<Vec<u8>, DeclareError> {
    let mut command = command(local, arguments);
    command
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(DeclareError::Start)?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        // git reads all of it before it answers, so this cannot block on a full pipe of ours.
        pipe.write_all(input).map_err(DeclareError::Start)?;
    }
    let output = child.wait_with_output().map_err(DeclareError::Start)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(DeclareError::Git {
        action,
        message: output.stderr.trim().to_str_lossy().into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Repository;

    #[test]
    fn git_refuses_a_repository_of_somebody_else() {
        let directory = tempfile::tempdir().unwrap();
        let made = Command::new("git")
            .args(["init", "-q"])
            .arg(directory.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .status()
            .unwrap();
        assert!(made.success());
        let local = Repository::discover(directory.path()).unwrap().local();
        let output = command(&local, &["notes", "list"])
            .env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(output.stderr.to_str_lossy().contains("dubious ownership"));
    }
}
