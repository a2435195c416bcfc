//! `trueline blame`: the origin of each line of one file at HEAD.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use bstr::ByteSlice;
use trueline_facts::blame::{BlameReport, BlameRun, SCHEMA};
use trueline_facts::{CommitId, Person, Pseudonym, RepoPath};
use trueline_history::HistoryError;
use trueline_history::content::ZonedSignature;
use trueline_history::evidence::{EvidenceOptions, NotesRead, Origins, fuse};
use trueline_history::model::{CommitIx, FileContent, History, RawIdentity, RunEnd};
use trueline_history::repository::Repository;
use trueline_history::subject::Nameless;
use trueline_history::walk;
use trueline_history::worktree::LineMap;

use crate::place::Place;
use crate::scan::commit_id;
use crate::{Progress, ReadingOptions, ScanError};

/// Which file.
#[derive(Clone, Debug)]
pub struct BlameRequest {
    /// The file in a work tree, or a path from the root of a bare repository.
    pub file: PathBuf,
    /// Show names of persons beside their pseudonyms?
    pub names: bool,
    /// Read what git's porcelain format needs of each commit?
    pub commit_details: bool,
    /// What every command can be told.
    pub reading: ReadingOptions,
}

/// The origin of each line, and the lines.
#[derive(Debug)]
pub struct BlameOutcome {
    /// The document.
    pub report: BlameReport,
    /// What git's porcelain format needs of each commit.
    pub commits: BTreeMap<CommitId, CommitDetails>,
    /// By commit and path: the parent, and the path there, in which git would have looked next.
    pub previous: BTreeMap<(CommitId, RepoPath), (CommitId, RepoPath)>,
    /// The file in the work tree has other lines than HEAD's, which are the ones shown.
    pub differs_from_head: bool,
    content: Vec<u8>,
}

/// A commit as git's porcelain shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitDetails {
    /// Author, named only if names were asked for.
    pub author: CommitSignature,
    /// Committer, likewise.
    pub committer: CommitSignature,
    /// First line of the message, whole.
    pub summary: Vec<u8>,
    /// It has no parent at all.
    pub root: bool,
}

/// A name, an address and a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitSignature {
    /// Name or pseudonym.
    pub name: Vec<u8>,
    /// E-mail address; empty unless names were asked for.
    pub email: Vec<u8>,
    /// Seconds since the epoch.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub offset_minutes: i32,
}

impl BlameOutcome {
    /// The file's lines without their ends.
    #[must_use]
    pub fn lines(&self) -> Vec<&[u8]> {
        // Only a newline ends a line for git; a carriage return before it belongs to the line.
        let mut lines: Vec<&[u8]> = self.content.split_str("\n").collect();
        if lines.last().is_some_and(|l| l.is_empty()) {
            lines.pop();
        }
        lines
    }
}

/// Longest summary in the document, in characters.
const SUMMARY: usize = 100;

/// Why a path is none that can be blamed.
fn not_of_head(place: &Place, file: &Path) -> &'static str {
    if !place.is_bare() && file.symlink_metadata().is_err() {
        "there is no such file, here or in HEAD"
    } else {
        "not a file of HEAD; commit it first"
    }
}

/// Blames one file.
#[expect(
    clippy::too_many_lines,
    reason = "the steps of one command, in their order"
)]
pub fn blame(
    request: &BlameRequest,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<BlameOutcome, ScanError> {
    let (place, path) = locate(&request.file)?;
    let unusable = |reason| ScanError::Unusable {
        path: request.file.clone(),
        reason,
    };
    let repository = place
        .repository()
        .ok_or_else(|| unusable("not in a git repository; blame needs history"))?;
    if request.file.is_dir() {
        return Err(unusable(if place.is_bare() && path.as_bytes().is_empty() {
            "a bare repository; blame takes one file of it: add the path from its root"
        } else {
            "a folder; blame takes one file of it (`trueline stats FOLDER` sums up a folder)"
        }));
    }
    progress.phase("reading history", 1);
    let options = walk::Options {
        threads: NonZeroUsize::new(request.reading.threads),
        ..walk::Options::default()
    };
    let walk::Blamed { history, previous } = walk::blame(
        repository,
        None,
        std::slice::from_ref(&path),
        &options,
        interrupt,
    )
    .map_err(|error| match error {
        HistoryError::NotAFile { .. } => unusable(not_of_head(&place, &request.file)),
        other => other.into(),
    })?;
    let head = history
        .commits
        .first()
        .map(|c| commit_id(c.id))
        .ok_or_else(|| ScanError::NoCommit {
            path: request.file.clone(),
            needs: "blame needs one",
        })?;
    let file = history
        .files
        .iter()
        .find(|f| *history.path(f.path) == path)
        .ok_or_else(|| unusable(not_of_head(&place, &request.file)))?;
    if file.content == FileContent::Missing {
        // Says what is wrong with it.
        repository.head_file(&path)?;
    }
    let ends = run_ends(&file.content).map_err(unusable)?;
    let evidence = EvidenceOptions {
        notes: NotesRead::OfLines,
        local_sessions: request.reading.local_sessions.clone(),
    };
    let origins = fuse(repository, &history, &evidence, interrupt);
    let content = repository.blob(file.blob).unwrap_or_default();
    let differs_from_head = !place.is_bare()
        && match place.contents().read(&path) {
            Ok(now) => LineMap::between(&content, &now) != LineMap::identity(),
            // Gone, or something else now.
            Err(_) => true,
        };

    let root = history.root().map(|c| c.id.to_string()).unwrap_or_default();
    let persons = Persons {
        history: &history,
        root: &root,
        names: request.names,
        nameless: Nameless::of(&history),
    };
    let runs = origins
        .files
        .iter()
        .filter(|f| f.path == file.path)
        .flat_map(|f| &f.runs)
        .map(|run| {
            let commit = history.commit(run.commit);
            let at = ends.partition_point(|(start, _)| *start <= run.start);
            let end = at.checked_sub(1).and_then(|ix| ends.get(ix));
            BlameRun {
                start: run.start + 1,
                len: run.len,
                commit: commit_id(commit.id),
                boundary: end.is_some_and(|(_, end)| *end != RunEnd::Added),
                original_path: history.path(run.original_path).clone(),
                original_start: run.original_start + 1,
                person: persons.of(run.commit),
                time: commit.author_time,
                summary: persons
                    .subject(&commit.message)
                    .chars()
                    .take(SUMMARY)
                    .collect(),
                origin: origins.origin(run.origin).clone(),
            }
        })
        .collect::<Vec<_>>();

    let commits = if request.commit_details {
        persons.details_of(repository, &origins)
    } else {
        BTreeMap::new()
    };
    let id = |ix| commit_id(history.commit(ix).id);
    let previous = previous
        .into_iter()
        .map(|((commit, path), (parent, before))| ((id(commit), path), (id(parent), before)))
        .collect();
    let mut diagnostics = history.diagnostics.clone();
    diagnostics.extend(origins.diagnostics);
    diagnostics.sort();
    diagnostics.dedup();
    Ok(BlameOutcome {
        report: BlameReport {
            schema: SCHEMA.to_owned(),
            path,
            head,
            runs,
            diagnostics,
        },
        commits,
        previous,
        differs_from_head,
        content,
    })
}

/// How the walk ended for each run, by first line; or why the file has no lines.
fn run_ends(content: &FileContent) -> Result<Vec<(u32, RunEnd)>, &'static str> {
    match content {
        FileContent::Text(runs) => Ok(runs.iter().map(|r| (r.start, r.end)).collect()),
        FileContent::Binary => Err("a binary file has no lines"),
        FileContent::TooLarge => Err("too large: files over 5 MB are not read"),
        FileContent::Missing => Err("its content cannot be read from this repository"),
        FileContent::NotAFile => Err("a link or a submodule, not a file"),
    }
}

/// Is the path a link in one repository to a file that is not in it?
fn leads_out(file: &std::path::Path, target: &Place) -> bool {
    let is_link = std::fs::symlink_metadata(file).is_ok_and(|meta| meta.is_symlink());
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => std::path::Path::new("."),
    };
    is_link
        && Place::open(folder).is_ok_and(|own| own.repository().is_some() && !own.is_same(target))
}

/// The repository and the path in it. A file that is gone from the work tree may still be at HEAD;
/// in a bare repository no file is there, and the path counts from its root.
fn locate(file: &std::path::Path) -> Result<(Place, RepoPath), ScanError> {
    if file.exists() {
        let place = Place::open(file)?;
        if leads_out(file, &place) {
            return Err(ScanError::Unusable {
                path: file.to_owned(),
                reason: "a link that leads out of this repository; links are not followed",
            });
        }
        let path = place.prefix.clone();
        return Ok((place, path));
    }
    let mut folder = file.parent();
    while let Some(parent) = folder {
        let here = if parent.as_os_str().is_empty() {
            std::path::Path::new(".")
        } else {
            parent
        };
        if here.exists() {
            let place = Place::open(here)?;
            let below = file.strip_prefix(parent).unwrap_or(file);
            let mut path = place.prefix.as_bytes().to_vec();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(<[u8]>::from_path(below).unwrap_or_default());
            return Ok((place, RepoPath::new(path)));
        }
        folder = parent.parent();
    }
    Place::open(file).map(|place| (place, RepoPath::default()))
}

/// Names or pseudonyms.
struct Persons<'a> {
    history: &'a History,
    root: &'a str,
    names: bool,
    nameless: Nameless,
}

impl Persons<'_> {
    fn of(&self, commit: CommitIx) -> Person {
        let person = self
            .history
            .persons
            .get(self.history.commit(commit).person.0 as usize);
        let email = person.map(|p| p.email.to_str_lossy()).unwrap_or_default();
        Person {
            pseudonym: Pseudonym::derive(self.root, &email),
            name: person
                .filter(|_| self.names)
                .map(|p| format!("{} <{}>", p.name, p.email)),
        }
    }

    /// What the porcelain format needs of each commit that a line came from.
    fn details_of(
        &self,
        repository: &Repository,
        origins: &Origins,
    ) -> BTreeMap<CommitId, CommitDetails> {
        let named: BTreeSet<CommitIx> = origins
            .files
            .iter()
            .flat_map(|f| f.runs.iter().map(|run| run.commit))
            .collect();
        named
            .into_iter()
            .filter_map(|ix| {
                let details = self.details(repository, ix)?;
                Some((commit_id(self.history.commit(ix).id), details))
            })
            .collect()
    }

    fn details(&self, repository: &Repository, ix: CommitIx) -> Option<CommitDetails> {
        let commit = self.history.commit(ix);
        let (author, committer) = repository.signatures(commit.id)?;
        Some(CommitDetails {
            author: self.signature(author),
            committer: self.signature(committer),
            summary: self.whole_subject(&commit.message),
            root: commit.parents.is_empty() && !commit.parents_missing,
        })
    }

    /// The same as git's porcelain shows it: with the blanks before it.
    fn whole_subject(&self, message: &[u8]) -> Vec<u8> {
        if self.names {
            crate::redact::line(&first_line(message).to_str_lossy()).into_bytes()
        } else {
            self.subject(message).into_bytes()
        }
    }

    /// The first line of a message; addresses and account names in it count as names, too.
    fn subject(&self, message: &[u8]) -> String {
        let subject = summary(message);
        if self.names {
            crate::redact::line(&subject)
        } else {
            crate::redact::line(&self.nameless.public(&subject))
        }
    }

    fn signature(&self, signature: ZonedSignature) -> CommitSignature {
        let raw = RawIdentity {
            name: signature.name.into(),
            email: signature.email.into(),
        };
        let known = self.history.mailmap.resolve(&raw);
        let printed = self.history.mailmap.printed(&raw);
        let pseudonym = Pseudonym::derive(self.root, &known.email.to_str_lossy());
        CommitSignature {
            name: if self.names {
                printed.name.into()
            } else {
                pseudonym.as_str().into()
            },
            email: if self.names {
                printed.email.into()
            } else {
                Vec::new()
            },
            seconds: signature.seconds,
            offset_minutes: signature.offset_minutes,
        }
    }
}

fn summary(message: &[u8]) -> std::borrow::Cow<'_, str> {
    first_line(message).trim().to_str_lossy()
}

/// The first line that is not blank.
fn first_line(message: &[u8]) -> &[u8] {
    let mut lines = message.lines();
    lines.find(|l| !l.trim().is_empty()).unwrap_or_default()
}
