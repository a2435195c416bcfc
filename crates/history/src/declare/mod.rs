//! Declaring: a person says that commits of their own were written by an AI tool.
//!
//! Writes a git-ai note on each commit that covers the lines it added and is marked as declared,
//! so that readers trust it no more than a claim. Nobody can declare for somebody else, and a note
//! that exists is added to, never overwritten. Notes are written by the `git` program, which takes
//! locks and identity as its user expects; no text passes through a shell.

mod commits;
mod program;

use bstr::BString;
use gix::ObjectId;
use gix::object::tree::diff::ChangeDetached;
use thiserror::Error;
use trueline_authorship::note::{
    self, Agent, Entry, FileBlock, Key, LineRange, Metadata, Note, NoteError, Record,
};
use trueline_facts::{ModelId, RepoPath, SessionId, ToolId};

use self::commits::{MAX_COMMITS, Own, check_owner, commits_of};
use self::program::{existing_note, remove_note, write_note};
use crate::evidence::{named_in, objects};
use crate::repository::{HistoryError, Repository};
use crate::walk::trees::is_refused_path;

/// The reference that notes are written to.
pub const NOTES_REF: &str = "refs/notes/ai";

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
    /// Other tools that the commit itself names: what is declared of its lines comes before them.
    pub named_otherwise: Vec<ToolId>,
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
        let mut declared = declare_one(local, commit, declaration, earlier)?;
        if declared.outcome != Outcome::NoLines {
            declared.named_otherwise = named_in(local, commit.id);
            declared
                .named_otherwise
                .retain(|tool| *tool != declaration.tool);
        }
        Ok(declared)
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
    check_owner(repo, &local, &commits)?;
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
            named_otherwise: Vec::new(),
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
        named_otherwise: Vec::new(),
    })
}

fn undo_one(local: &gix::Repository, commit: &Own) -> Result<Declared, DeclareError> {
    let mut undone = Declared {
        commit: commit.id,
        lines: Vec::new(),
        note: Vec::new(),
        outcome: Outcome::NotDeclared,
        named_otherwise: Vec::new(),
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
