//! Declaring: a person says that commits of their own were written by an AI tool.
//!
//! Writes a git-ai note on each commit that covers the lines it added and is marked as declared,
//! so that readers trust it no more than a claim. Nobody can declare for somebody else, and a note
//! that exists is added to, never overwritten. Notes are written by the `git` program, which takes
//! locks and identity as its user expects; no text passes through a shell.

use std::io::Write;
use std::process::{Command, Stdio};

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use gix::object::tree::diff::ChangeDetached;
use thiserror::Error;
use trueline_authorship::note::{
    self, Agent, Entry, FileBlock, Key, LARGEST_NOTE, LineRange, Metadata, Note, NoteError, Record,
};
use trueline_facts::{ModelId, RepoPath, SessionId, ToolId};

use crate::evidence::objects;
use crate::repository::{HistoryError, Repository};
use crate::walk::trees::is_refused_path;

/// The reference that notes are written to.
pub const NOTES_REF: &str = "refs/notes/ai";

/// Commits that one declaration may cover: each one costs a start of the `git` program.
const MAX_COMMITS: usize = 1_000;

/// What is declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// The tool that wrote the lines.
    pub tool: ToolId,
    /// Its model, if known.
    pub model: Option<ModelId>,
}

/// What to do with an earlier declaration of another tool for the same commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Earlier {
    /// Refuse: one of the two is a mistake.
    Refuse,
    /// Put the new one in its place.
    Replace,
}

/// Whether to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Write the notes.
    Write,
    /// Only say what would be written.
    DryRun,
}

/// The note of one commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared {
    /// The commit.
    pub commit: ObjectId,
    /// Lines that the commit added, by file.
    pub lines: Vec<(RepoPath, u32)>,
    /// The whole note as it is (or would be) written; empty where none is (or would be) left.
    pub note: Vec<u8>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a declaration does to the note of a commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// There was none.
    Added,
    /// It joined what was there, which keeps the last word on its lines.
    Merged,
    /// It took the place of an earlier declaration.
    Replaced,
    /// The declaration was taken out again.
    Removed,
    /// There is no declaration to take out.
    NotDeclared,
    /// It was there already.
    Unchanged,
    /// The commit adds no line of text: there is nothing to note.
    NoLines,
}

/// Why nothing was declared. Nothing is written unless everything can be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeclareError {
    /// The revision does not resolve.
    #[error(transparent)]
    Revision(#[from] HistoryError),
    /// Another form of range than `A..B`.
    #[error("`{range}` is no single commit and no range `A..B`")]
    Range {
        /// As given.
        range: String,
    },
    /// No commit in the range, or only merges.
    #[error("`{range}` holds no commit that is not a merge: there is nothing to declare")]
    Empty {
        /// As given.
        range: String,
    },
    /// More commits than one declaration may cover.
    #[error("`{range}` holds more than {MAX_COMMITS} commits: declare them in parts")]
    TooMany {
        /// As given.
        range: String,
    },
    /// git does not know who is declaring.
    #[error("git does not know who you are: set `user.email`")]
    NoIdentity,
    /// Commits by other persons.
    #[error(
        "{count} of {of} {} not yours: git's `user.email` here is <{yours}>, but {first:.10} is by \
         <{theirs}>. Everyone declares their own commits; if that address is yours as well, a line \
         in `.mailmap` says so",
        if *.of == 1 { "commit is" } else { "commits are" }
    )]
    NotYours {
        /// How many.
        count: usize,
        /// Of how many.
        of: usize,
        /// The newest of them.
        first: String,
        /// The address of its author.
        theirs: BString,
        /// The address that git is set up with.
        yours: BString,
    },
    /// The same lines were declared to be another tool's.
    #[error(
        "{commit:.10} is declared already, as written by {declared}: `--replace` puts {wanted} in \
         its place, `trueline declare --undo {commit:.10}` takes it out"
    )]
    DeclaredOtherwise {
        /// The commit.
        commit: String,
        /// What was declared.
        declared: String,
        /// What is declared now.
        wanted: String,
    },
    /// A commit, tree or file is missing.
    #[error("commit {commit} or its parent cannot be read: is this a shallow or partial clone?")]
    Unreadable {
        /// The commit.
        commit: ObjectId,
    },
    /// The note that is there does not parse; it is left alone.
    #[error("commit {commit} has a note that cannot be read, which is left as it is")]
    ExistingNote {
        /// The commit.
        commit: ObjectId,
        /// What is wrong with it.
        #[source]
        source: Option<NoteError>,
    },
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
}

/// Declares that the lines which the caller's own commits added were written by a tool.
///
/// `range` is a commit or `A..B`, by default HEAD alone. Merges are passed over.
pub fn declare(
    repo: &Repository,
    range: Option<&str>,
    declaration: &Declaration,
    earlier: Earlier,
    mode: Mode,
) -> Result<Vec<Declared>, DeclareError> {
    for_each_own(repo, range, mode, |local, commit| {
        declare_one(local, commit, declaration, earlier)
    })
}

/// Takes the caller's own declarations out again. What tools recorded stays.
pub fn undo(
    repo: &Repository,
    range: Option<&str>,
    mode: Mode,
) -> Result<Vec<Declared>, DeclareError> {
    for_each_own(repo, range, mode, undo_one)
}

/// Nothing is written before all of it is known to be possible.
fn for_each_own(
    repo: &Repository,
    range: Option<&str>,
    mode: Mode,
    change: impl Fn(&gix::Repository, &Own) -> Result<Declared, DeclareError>,
) -> Result<Vec<Declared>, DeclareError> {
    let local = repo.local();
    let shown = range.unwrap_or("HEAD");
    let commits = commits_of(repo, &local, shown)?;
    check_owner(&local, &commits)?;
    let mut changed = Vec::with_capacity(commits.len());
    for commit in &commits {
        changed.push(change(&local, commit)?);
    }
    if mode == Mode::Write {
        for one in &changed {
            match one.outcome {
                Outcome::Removed if one.note.is_empty() => remove_note(&local, one)?,
                Outcome::Added | Outcome::Merged | Outcome::Replaced | Outcome::Removed => {
                    write_note(&local, one)?;
                }
                Outcome::Unchanged | Outcome::NoLines | Outcome::NotDeclared => {}
            }
        }
    }
    Ok(changed)
}

/// A commit of the range; never a merge.
struct Own {
    id: ObjectId,
    tree: ObjectId,
    parent: Option<ObjectId>,
    name: BString,
    email: BString,
}

fn commits_of(
    repo: &Repository,
    local: &gix::Repository,
    range: &str,
) -> Result<Vec<Own>, DeclareError> {
    let ids = match range.split_once("..") {
        Some((_, to)) if to.starts_with('.') => {
            return Err(DeclareError::Range {
                range: range.to_owned(),
            });
        }
        Some((from, to)) => {
            let end = |rev: &str| -> Result<ObjectId, DeclareError> {
                let rev = if rev.is_empty() { "HEAD" } else { rev };
                repo.resolve(Some(rev))?.ok_or_else(|| DeclareError::Range {
                    range: range.to_owned(),
                })
            };
            between(local, end(from)?, end(to)?, range)?
        }
        None => match repo.resolve(Some(range))? {
            Some(id) => vec![id],
            None => Vec::new(),
        },
    };
    let mut own = Vec::with_capacity(ids.len());
    for id in ids {
        let unreadable = || DeclareError::Unreadable { commit: id };
        let object = local.find_commit(id).map_err(|_| unreadable())?;
        let commit = object.decode().map_err(|_| unreadable())?;
        let parents: Vec<ObjectId> = commit.parents().collect();
        let author = commit.author().map_err(|_| unreadable())?;
        if parents.len() < 2 {
            own.push(Own {
                id,
                tree: commit.tree(),
                parent: parents.first().copied(),
                name: author.name.to_owned(),
                email: author.email.to_owned(),
            });
        }
    }
    if own.is_empty() {
        return Err(DeclareError::Empty {
            range: range.to_owned(),
        });
    }
    Ok(own)
}

fn between(
    local: &gix::Repository,
    from: ObjectId,
    to: ObjectId,
    range: &str,
) -> Result<Vec<ObjectId>, DeclareError> {
    let unreadable = |_: gix::Error| DeclareError::Unreadable { commit: to };
    let walk = local
        .rev_walk([to])
        .with_hidden([from])
        .all()
        .map_err(unreadable)?;
    let mut ids = Vec::new();
    for commit in walk {
        if ids.len() == MAX_COMMITS {
            return Err(DeclareError::TooMany {
                range: range.to_owned(),
            });
        }
        ids.push(commit.map_err(unreadable)?.id);
    }
    Ok(ids)
}

/// Every commit must be the caller's, `.mailmap` considered.
fn check_owner(local: &gix::Repository, commits: &[Own]) -> Result<(), DeclareError> {
    let asked = git(local, "config", &["config", "--get", "user.email"], None);
    let email = match asked {
        Ok(email) => email,
        // An unset option is an exit code of 1 without a word.
        Err(DeclareError::Git { message, .. }) if message.is_empty() => Vec::new(),
        Err(error) => return Err(error),
    };
    let email = email.trim();
    if email.is_empty() {
        return Err(DeclareError::NoIdentity);
    }
    let mailmap = mailmap_of_head(local);
    let canonical = |name: &[u8], email: &[u8]| {
        let signature = gix::actor::SignatureRef {
            name: name.as_bstr(),
            email: email.as_bstr(),
            time: "0 +0000",
        };
        mailmap.resolve_cow(signature).email.to_ascii_lowercase()
    };
    let mine = canonical(b"", email);
    let others: Vec<&Own> = commits
        .iter()
        .filter(|commit| canonical(&commit.name, &commit.email) != mine)
        .collect();
    match others.first() {
        None => Ok(()),
        Some(first) => Err(DeclareError::NotYours {
            count: others.len(),
            of: commits.len(),
            first: first.id.to_string(),
            theirs: first.email.clone(),
            yours: email.into(),
        }),
    }
}

fn mailmap_of_head(local: &gix::Repository) -> gix::mailmap::Snapshot {
    let read = || {
        let tree = local.head_tree_id().ok()?.detach();
        let blob = objects::file_at(local, tree, b".mailmap").ok()??;
        objects::text(local, blob).ok()
    };
    read().map_or_else(gix::mailmap::Snapshot::default, |bytes| {
        gix::mailmap::Snapshot::from_bytes(&bytes)
    })
}

fn declare_one(
    local: &gix::Repository,
    commit: &Own,
    declaration: &Declaration,
    earlier: Earlier,
) -> Result<Declared, DeclareError> {
    let id = commit.id.to_hex().to_string();
    let files = added(local, commit)?;
    let lines: Vec<(RepoPath, u32)> = files
        .iter()
        .map(|(path, ranges)| {
            (
                path.clone(),
                ranges.iter().map(|r| r.last - r.first + 1).sum(),
            )
        })
        .collect();
    if files.is_empty() {
        return Ok(Declared {
            commit: commit.id,
            lines,
            note: Vec::new(),
            outcome: Outcome::NoLines,
        });
    }
    // One key for all of a commit: declaring it twice adds nothing.
    let conversation = format!("trueline-declare:{id}");
    let session: Box<str> = note::session_key(declaration.tool.as_str(), &conversation).into();
    let key = Key::Session {
        session: session.clone(),
        trace: Some(note::trace_key(&conversation).into()),
    };
    let mut metadata = Metadata::default();
    metadata.sessions.insert(
        session.clone(),
        Agent {
            tool: declaration.tool.clone(),
            model: declaration.model.clone(),
            session: SessionId::new(session),
            record: Record::Declared,
        },
    );
    let addition = Note {
        files: files
            .into_iter()
            .map(|(path, ranges)| FileBlock {
                path,
                entries: vec![Entry {
                    key: key.clone(),
                    ranges,
                }],
            })
            .collect(),
        metadata,
    };
    let (note, outcome) = match existing_note(local, commit.id)? {
        None => (addition.write(&id), Outcome::Added),
        Some(existing) => match other_declaration(commit, &existing, declaration)? {
            Some(declared) if earlier == Earlier::Refuse => {
                return Err(DeclareError::DeclaredOtherwise {
                    commit: id,
                    declared,
                    wanted: told(&declaration.tool, declaration.model.as_ref()),
                });
            }
            Some(_) => {
                let rest = without_declared(commit, &existing)?;
                (joined(commit, rest, &addition)?, Outcome::Replaced)
            }
            None => {
                let merged = joined(commit, Some(existing.clone()), &addition)?;
                let outcome = if merged == existing {
                    Outcome::Unchanged
                } else {
                    Outcome::Merged
                };
                (merged, outcome)
            }
        },
    };
    Ok(Declared {
        commit: commit.id,
        lines,
        note,
        outcome,
    })
}

fn undo_one(local: &gix::Repository, commit: &Own) -> Result<Declared, DeclareError> {
    let mut undone = Declared {
        commit: commit.id,
        lines: Vec::new(),
        note: Vec::new(),
        outcome: Outcome::NotDeclared,
    };
    let Some(existing) = existing_note(local, commit.id)? else {
        return Ok(undone);
    };
    let rest = without_declared(commit, &existing)?.unwrap_or_default();
    if rest != existing {
        undone.outcome = Outcome::Removed;
    }
    undone.note = rest;
    Ok(undone)
}

/// A tool, with its model, that an earlier declaration names in place of the present one.
fn other_declaration(
    commit: &Own,
    existing: &[u8],
    declaration: &Declaration,
) -> Result<Option<String>, DeclareError> {
    let parsed = note::parse(existing).map_err(|error| unusable(commit, error))?;
    let other = parsed.metadata.sessions.values().find(|agent| {
        let other_model = declaration.model.is_some() && agent.model != declaration.model;
        agent.record == Record::Declared && (agent.tool != declaration.tool || other_model)
    });
    Ok(other.map(|agent| told(&agent.tool, agent.model.as_ref())))
}

fn told(tool: &ToolId, model: Option<&ModelId>) -> String {
    model.map_or_else(|| tool.to_string(), |model| format!("{tool} ({model})"))
}

fn unusable(commit: &Own, source: NoteError) -> DeclareError {
    DeclareError::ExistingNote {
        commit: commit.id,
        source: Some(source),
    }
}

fn without_declared(commit: &Own, existing: &[u8]) -> Result<Option<Vec<u8>>, DeclareError> {
    note::without_declared(existing).map_err(|error| unusable(commit, error))
}

/// The addition in the note that is there, or by itself.
fn joined(
    commit: &Own,
    existing: Option<Vec<u8>>,
    addition: &Note,
) -> Result<Vec<u8>, DeclareError> {
    let id = commit.id.to_hex().to_string();
    match existing {
        None => Ok(addition.write(&id)),
        Some(existing) => {
            note::merge(&existing, addition, &id).map_err(|error| unusable(commit, error))
        }
    }
}

/// The lines that a commit added to text files, renames followed; by path.
fn added(
    local: &gix::Repository,
    commit: &Own,
) -> Result<Vec<(RepoPath, Vec<LineRange>)>, DeclareError> {
    let unreadable = |_: gix::Error| DeclareError::Unreadable { commit: commit.id };
    let new = local.find_tree(commit.tree).map_err(unreadable)?;
    let old = match commit.parent {
        None => None,
        Some(parent) => {
            let parent = local.find_commit(parent).map_err(unreadable)?;
            Some(parent.tree().map_err(unreadable)?)
        }
    };
    let changes = local
        .diff_tree_to_tree(old.as_ref(), Some(&new), None)
        .map_err(unreadable)?;
    let mut files = Vec::new();
    for change in changes {
        let (path, mode, before, after) = match change {
            ChangeDetached::Addition {
                location,
                entry_mode,
                id,
                ..
            } => (location, entry_mode, None, id),
            ChangeDetached::Modification {
                location,
                previous_id,
                previous_entry_mode,
                entry_mode,
                id,
            } => {
                let before = previous_entry_mode.is_blob().then_some(previous_id);
                (location, entry_mode, before, id)
            }
            ChangeDetached::Rewrite {
                location,
                source_id,
                entry_mode,
                id,
                ..
            } => (location, entry_mode, Some(source_id), id),
            ChangeDetached::Deletion { .. } => continue,
        };
        if !mode.is_blob() || is_refused_path(&path) {
            continue;
        }
        // Binary, oversized and missing files have no lines to speak of.
        let Ok(after) = objects::text(local, after) else {
            continue;
        };
        let before = match before {
            None => Vec::new(),
            Some(before) => match objects::text(local, before) {
                Ok(before) => before,
                Err(_) => continue,
            },
        };
        let ranges: Vec<LineRange> = objects::added_lines(&before, &after)
            .into_iter()
            .map(|range| LineRange {
                first: range.start + 1,
                last: range.end,
            })
            .collect();
        if !ranges.is_empty() {
            files.push((RepoPath::new(Vec::from(path)), ranges));
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn existing_note(
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

fn write_note(local: &gix::Repository, declared: &Declared) -> Result<(), DeclareError> {
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

fn remove_note(local: &gix::Repository, declared: &Declared) -> Result<(), DeclareError> {
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
fn git(
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
