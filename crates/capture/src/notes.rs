//! Notes through the `git` program: it takes locks and identity as its user expects, and runs none
//! of the repository's programs for us. Nothing passes through a shell.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use bstr::ByteSlice;
use gix::ObjectId;
use gix::objs::TreeRefIter;
use thiserror::Error;
use trueline_authorship::note::{self, NoteError};

use crate::objects::{NOTES_REF, Objects};
use crate::place::Place;

/// How often a write is tried when somebody else writes notes at the same time.
const TRIES: usize = 5;

/// Notes that a merge may bring together.
const MOST_NOTES: usize = 2_000_000;

/// Why a note was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NotesError {
    /// The `git` program could not be started.
    #[error("cannot run the `git` program")]
    Start(#[source] std::io::Error),
    /// The `git` program failed.
    #[error("`git {action}` failed: {message}")]
    Git {
        /// What was asked of it.
        action: &'static str,
        /// What it said.
        message: String,
    },
    /// The note that is there does not parse; it is left alone.
    #[error("commit {commit} has a note that cannot be read, which is left as it is")]
    Existing {
        /// The commit.
        commit: ObjectId,
        /// What is wrong with it.
        #[source]
        source: NoteError,
    },
}

/// Runs git in a work tree; its output, or what it complained about.
pub(crate) fn git(
    place: &Place,
    action: &'static str,
    arguments: &[&str],
    input: Option<&[u8]>,
) -> Result<Vec<u8>, NotesError> {
    git_with(place, action, arguments, input, &[])
}

/// Runs git as its user does here, hooks path and all: to ask for settings and to set them.
pub(crate) fn git_plain(place: &Place, arguments: &[&str]) -> Result<Vec<u8>, NotesError> {
    let output = Command::new("git")
        .arg("-C")
        .arg(&place.work_tree)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(NotesError::Start)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(NotesError::Git {
        action: "config",
        message: output.stderr.trim().to_str_lossy().into_owned(),
    })
}

fn git_with(
    place: &Place,
    action: &'static str,
    arguments: &[&str],
    input: Option<&[u8]>,
    environment: &[(&str, &std::ffi::OsStr)],
) -> Result<Vec<u8>, NotesError> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(&place.work_tree)
        // The path by which git documents that there are no hooks, on every platform.
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.fsmonitor=false",
        ])
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Inside a hook git sets these for itself.
    for other_place in [
        "GIT_DIR",
        "GIT_COMMON_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_NAMESPACE",
        "GIT_NOTES_REF",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REFLOG_ACTION",
    ] {
        command.env_remove(other_place);
    }
    command.envs(environment.iter().copied());
    let mut child = command.spawn().map_err(NotesError::Start)?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        // git reads all of it before it answers, so this cannot block on a full pipe of ours.
        pipe.write_all(input).map_err(NotesError::Start)?;
    }
    let output = child.wait_with_output().map_err(NotesError::Start)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(NotesError::Git {
        action,
        message: output.stderr.trim().to_str_lossy().into_owned(),
    })
}

/// Writes the note of a commit, whatever was there.
pub(crate) fn write(place: &Place, commit: ObjectId, note: &[u8]) -> Result<(), NotesError> {
    let hash = ["hash-object", "-w", "--stdin", "--no-filters"];
    let blob = git(place, "hash-object", &hash, Some(note))?;
    let blob = blob.trim().to_str_lossy().into_owned();
    let commit = commit.to_hex().to_string();
    // `-C` copies the blob as it is; `-F` would tidy its blank lines.
    let add = [
        "notes", "--ref", NOTES_REF, "add", "-f", "-C", &blob, &commit,
    ];
    let mut tried = 0;
    loop {
        match git(place, "notes", &add, None) {
            Ok(_) => return Ok(()),
            Err(error) if tried + 1 == TRIES => return Err(error),
            Err(_) => {
                tried += 1;
                std::thread::sleep(std::time::Duration::from_millis(20 << tried));
            }
        }
    }
}

/// What a merge of notes did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Merged {
    /// Notes that only the other side had.
    pub added: usize,
    /// Notes on commits that both sides had something to say about.
    pub joined: usize,
    /// Notes of which one side does not parse: ours was kept.
    pub unreadable: usize,
}

/// Brings the notes of another reference into ours: commit by commit the union, so that there are
/// no conflicts and every order of merging gives the same.
pub(crate) fn merge(
    place: &Place,
    objects: &mut Objects,
    theirs: &str,
) -> Result<Merged, NotesError> {
    let Some(their_tip) = objects.tip(theirs) else {
        return Ok(Merged::default());
    };
    for attempt in 0..TRIES {
        let our_tip = objects.tip(NOTES_REF);
        if our_tip == Some(their_tip)
            || our_tip.is_some_and(|ours| objects.is_ancestor(their_tip, ours))
        {
            return Ok(Merged::default());
        }
        let Some(ours) = our_tip else {
            // Nothing of ours yet: theirs as it is.
            let id = their_tip.to_hex().to_string();
            let none = "0".repeat(id.len());
            git(
                place,
                "update-ref",
                &["update-ref", NOTES_REF, &id, &none],
                None,
            )?;
            objects.forget_notes();
            return Ok(Merged {
                added: list(objects, their_tip).len(),
                ..Merged::default()
            });
        };
        let (merged, changes) = union(objects, ours, their_tip);
        match commit_merge(place, ours, their_tip, &changes) {
            Ok(()) => {
                objects.forget_notes();
                return Ok(merged);
            }
            Err(error) if attempt + 1 == TRIES => return Err(error),
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(20 << attempt)),
        }
    }
    Ok(Merged::default())
}

enum New {
    Blob(ObjectId),
    Content(Vec<u8>),
}

/// What has to change in our notes tree: path in it, new content.
fn union(objects: &Objects, ours: ObjectId, theirs: ObjectId) -> (Merged, Vec<(Vec<u8>, New)>) {
    let (ours, theirs) = (list(objects, ours), list(objects, theirs));
    let mut merged = Merged::default();
    let mut changes = Vec::new();
    for (commit, (path, blob)) in &theirs {
        match ours.get(commit) {
            None => {
                merged.added += 1;
                changes.push((path.clone(), New::Blob(*blob)));
            }
            Some((_, same)) if same == blob => {}
            Some((path, own)) => {
                let content = |id: ObjectId| {
                    let object = objects.repo.find_object(id).ok()?;
                    Some(object.data.clone())
                };
                // The same first on every machine, so that all come to the same.
                let (first, second) = if own < blob { (own, blob) } else { (blob, own) };
                let both = content(*first).zip(content(*second));
                match both.and_then(|(first, second)| note::union(&first, &second).ok()) {
                    Some(content) => {
                        merged.joined += 1;
                        changes.push((path.clone(), New::Content(content)));
                    }
                    None => merged.unreadable += 1,
                }
            }
        }
    }
    (merged, changes)
}

/// Every note behind a tip: commit (hexadecimal), its path in the tree and its blob.
fn list(objects: &Objects, tip: ObjectId) -> BTreeMap<Vec<u8>, (Vec<u8>, ObjectId)> {
    let mut all = BTreeMap::new();
    let tree = objects
        .repo
        .find_object(tip)
        .ok()
        .and_then(|o| o.peel_to_tree().ok());
    let Some(tree) = tree else { return all };
    let mut waiting = vec![(tree.id, Vec::new(), Vec::new(), 0)];
    while let Some((id, path, hex, depth)) = waiting.pop() {
        let Ok(object) = objects.repo.find_object(id) else {
            continue;
        };
        for entry in TreeRefIter::from_bytes(&object.data, objects.repo.object_hash()).flatten() {
            let mut hex: Vec<u8> = hex.clone();
            hex.extend_from_slice(entry.filename);
            let mut path: Vec<u8> = path.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(entry.filename);
            if entry.mode.is_tree() && depth < 8 && entry.filename.len() == 2 {
                waiting.push((entry.oid.to_owned(), path, hex, depth + 1));
            } else if entry.mode.is_blob()
                && ObjectId::from_hex(&hex).is_ok()
                && all.len() < MOST_NOTES
            {
                all.insert(hex, (path, entry.oid.to_owned()));
            }
        }
    }
    all
}

/// Writes a merge commit of both tips whose tree is ours with the changes; fails if our reference
/// moved in the meantime.
fn commit_merge(
    place: &Place,
    ours: ObjectId,
    theirs: ObjectId,
    changes: &[(Vec<u8>, New)],
) -> Result<(), NotesError> {
    let (ours, theirs) = (ours.to_hex().to_string(), theirs.to_hex().to_string());
    let folder = tempfile::tempdir().map_err(NotesError::Start)?;
    let index = folder.path().join("index");
    let own_index = [("GIT_INDEX_FILE", index.as_os_str())];
    git_with(place, "read-tree", &["read-tree", &ours], None, &own_index)?;
    let mut lines = Vec::new();
    for (path, new) in changes {
        let blob = match new {
            New::Blob(blob) => blob.to_hex().to_string(),
            New::Content(content) => {
                let hash = ["hash-object", "-w", "--stdin", "--no-filters"];
                let blob = git(place, "hash-object", &hash, Some(content))?;
                blob.trim().to_str_lossy().into_owned()
            }
        };
        lines.extend_from_slice(format!("100644 {blob}\t").as_bytes());
        lines.extend_from_slice(path);
        lines.push(b'\n');
    }
    let update = ["update-index", "--index-info"];
    git_with(place, "update-index", &update, Some(&lines), &own_index)?;
    let tree = git_with(place, "write-tree", &["write-tree"], None, &own_index)?;
    let tree = tree.trim().to_str_lossy().into_owned();
    let message = "Notes merged by trueline";
    let commit = [
        "commit-tree",
        &tree,
        "-p",
        &ours,
        "-p",
        &theirs,
        "-m",
        message,
    ];
    let commit = git(place, "commit-tree", &commit, None)?;
    let commit = commit.trim().to_str_lossy().into_owned();
    git(
        place,
        "update-ref",
        &["update-ref", NOTES_REF, &commit, &ours],
        None,
    )
    .map(drop)
}
