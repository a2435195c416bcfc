//! The tables that the walk fills and that evidence and signals read.
//!
//! Commits, persons and paths are interned: a run of lines is a few integers, so that two million
//! lines fit in tens of megabytes. Everything here is derived from immutable git objects.

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use smallvec::SmallVec;
use trueline_facts::{Diagnostic, RepoPath, Timestamp};

/// Index into [`History::commits`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CommitIx(pub u32);

/// Index into [`History::paths`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PathIx(pub u32);

/// Index into [`History::persons`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PersonIx(pub u32);

/// A name and an e-mail address as they stand in a commit, before `.mailmap`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RawIdentity {
    /// The name.
    pub name: BString,
    /// The e-mail address.
    pub email: BString,
}

/// A person after `.mailmap`: one per canonical e-mail, compared without case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownPerson {
    /// Canonical name.
    pub name: BString,
    /// Canonical e-mail.
    pub email: BString,
}

/// A commit reachable from HEAD.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// Parents that are present, in order.
    pub parents: SmallVec<[CommitIx; 2]>,
    /// A parent is named but not here (shallow, partial or damaged repository).
    pub parents_missing: bool,
    /// The author after `.mailmap`.
    pub person: PersonIx,
    /// The author as written.
    pub author: RawIdentity,
    /// The committer as written.
    pub committer: RawIdentity,
    /// Author time.
    pub author_time: Timestamp,
    /// Committer time.
    pub committer_time: Timestamp,
    /// The whole message. Never cached, never printed beyond its subject.
    pub message: BString,
}

impl Commit {
    /// More than one parent, counting those that are not here.
    #[must_use]
    pub fn is_merge(&self) -> bool {
        self.parents.len() + usize::from(self.parents_missing) > 1
    }
}

/// Consecutive lines of a file at HEAD that came from consecutive lines of one commit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Run {
    /// First line in the file at HEAD, from 0.
    pub start: u32,
    /// How many lines.
    pub len: u32,
    /// The commit that added them.
    pub commit: CommitIx,
    /// Their path at that commit.
    pub path: PathIx,
    /// First line at that commit, from 0.
    pub original_start: u32,
    /// How the walk ended.
    pub end: RunEnd,
}

/// Why the walk credited a run to its commit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RunEnd {
    /// The commit added these lines.
    Added,
    /// History is cut here (shallow or missing parent): the lines may be older.
    Boundary,
    /// A blob or tree needed to go on is missing: the lines may be older.
    Unattributable,
}

/// What is known about a file at HEAD.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileLines {
    /// The file.
    pub path: PathIx,
    /// Its blob.
    pub blob: ObjectId,
    /// Its lines.
    pub content: FileContent,
}

/// Text with attributed lines, or why there are none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileContent {
    /// Text; the runs cover all lines in order without gaps.
    Text(Vec<Run>),
    /// A NUL byte near the beginning.
    Binary,
    /// Larger than the limit.
    TooLarge,
    /// The blob is not in this repository.
    Missing,
    /// A link or a submodule.
    NotAFile,
}

/// What a commit did to a path, against its only parent (or the empty tree for a root).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Change {
    /// The commit; never a merge.
    pub commit: CommitIx,
    /// The path.
    pub path: PathIx,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The blob after the change (before it, for a deletion).
    pub blob: ObjectId,
    /// Lines added and removed; `None` outside the window, for binary files and missing blobs, and where
    /// it may be one side of a rename whose other side cannot be read.
    pub lines: Option<LineCounts>,
}

/// What a commit of the window did and cannot be counted, as objects are missing or damaged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Unread {
    /// The commit; never a merge.
    pub commit: CommitIx,
    /// The file; `None` where a tree is missing, so that not even the files are known.
    pub path: Option<PathIx>,
}

/// Kinds of change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ChangeKind {
    /// New at this path.
    Added,
    /// Other content or mode.
    Modified,
    /// Gone from this path.
    Deleted,
}

/// Lines added and removed by a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct LineCounts {
    /// Added.
    pub added: u32,
    /// Removed.
    pub removed: u32,
}

/// Consecutive lines that were written by one commit and removed or rewritten by another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Death {
    /// The commit that removed them; inside the window, never a merge.
    pub died: CommitIx,
    /// The commit that added them; `None` if older than the window or beyond missing history.
    pub born: Option<CommitIx>,
    /// Their path at birth (at death, when `born` is `None`).
    pub path: PathIx,
    /// First line at birth, from 0 (at the parent of `died`, when `born` is `None`).
    pub original_start: u32,
    /// How many lines.
    pub len: u32,
}

/// How much of what commits changed a history holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// All of it, in [`History::changes`].
    Repository,
    /// Nothing: only some files were walked. What is asked for is read from trees.
    Files,
}

/// Whether the walk reached its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Completeness {
    /// All of it.
    Whole,
    /// Interrupted: what is missing is marked [`RunEnd::Unattributable`].
    Interrupted,
}

/// Who is the same person as whom: `.mailmap`, and those that the repository's configuration adds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mailmap(gix::mailmap::Snapshot);

impl Mailmap {
    /// Reads the content of a `.mailmap`; lines that are none are left out.
    #[must_use]
    pub fn parse(content: &[u8]) -> Self {
        Self(gix::mailmap::Snapshot::from_bytes(content))
    }

    /// The name and e-mail address that stand for a person.
    #[must_use]
    pub fn resolve(&self, raw: &RawIdentity) -> KnownPerson {
        let resolved = self.0.resolve_cow(gix::actor::SignatureRef {
            name: raw.name.as_bstr(),
            email: raw.email.as_bstr(),
            time: "0 +0000",
        });
        KnownPerson {
            name: resolved.name.as_ref().to_owned(),
            email: resolved.email.as_ref().to_owned(),
        }
    }

    /// As [`Self::resolve`], with the address as git prints it: where the mailmap gives but a name,
    /// as the commit spells it.
    #[must_use]
    pub fn printed(&self, raw: &RawIdentity) -> KnownPerson {
        let known = self.resolve(raw);
        let is_renamed = || {
            let mut entries = self.0.iter();
            entries.any(|entry| {
                entry.new_email().is_some_and(|new| *new == known.email)
                    && entry.old_email().eq_ignore_ascii_case(&raw.email)
            })
        };
        if known.email.eq_ignore_ascii_case(&raw.email) && !is_renamed() {
            KnownPerson {
                email: raw.email.clone(),
                ..known
            }
        } else {
            known
        }
    }
}

/// All that one reading of git yields.
#[derive(Clone, Debug)]
pub struct History {
    /// Commits reachable from HEAD; children before parents, `CommitIx(0)` is HEAD.
    pub commits: Vec<Commit>,
    /// Persons, by canonical e-mail.
    pub persons: Vec<KnownPerson>,
    /// What made persons of identities.
    pub mailmap: Mailmap,
    /// Every path that any table names.
    pub paths: Vec<RepoPath>,
    /// The files of HEAD, by path.
    pub files: Vec<FileLines>,
    /// Whether `changes` is filled.
    pub extent: Extent,
    /// What each non-merge commit changed; by commit, then path.
    pub changes: Vec<Change>,
    /// What of the window's changes cannot be read; by commit, then path.
    pub unread: Vec<Unread>,
    /// Lines that died in the window; empty unless asked for.
    pub deaths: Vec<Death>,
    /// First committer time of the window that `Change::lines` and `deaths` cover.
    pub window_start: Timestamp,
    /// Whether the walk reached its end.
    pub completeness: Completeness,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

impl History {
    /// The commit at an index of this history.
    #[must_use]
    pub fn commit(&self, ix: CommitIx) -> &Commit {
        &self.commits[ix.0 as usize]
    }

    /// The path at an index of this history.
    #[must_use]
    pub fn path(&self, ix: PathIx) -> &RepoPath {
        &self.paths[ix.0 as usize]
    }

    /// The address that stands for the person who has this one; itself if the mailmap has no other.
    #[must_use]
    pub fn canonical_email(&self, email: &[u8]) -> Vec<u8> {
        let raw = RawIdentity {
            name: BString::default(),
            email: email.trim().into(),
        };
        self.mailmap.resolve(&raw).email.into()
    }

    /// HEAD's committer time, the zero of every age; the epoch in an empty history.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.commits
            .first()
            .map_or(Timestamp(0), |c| c.committer_time)
    }

    /// The root commit reached by first parents, which pseudonyms are derived from.
    #[must_use]
    pub fn root(&self) -> Option<&Commit> {
        let mut at = self.commits.first()?;
        while let Some(parent) = at.parents.first() {
            at = self.commit(*parent);
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_printed_as_git_prints_it() {
        let printed = |mailmap: &str, name: &str, email: &str| {
            let raw = RawIdentity {
                name: name.into(),
                email: email.into(),
            };
            let known = Mailmap::parse(mailmap.as_bytes()).printed(&raw);
            format!("{} <{}>", known.name, known.email)
        };
        let name_alone = "Jane Doe <Jane@x.org>";
        assert_eq!(
            printed(name_alone, "J", "JANE@X.org"),
            "Jane Doe <JANE@X.org>"
        );
        let renamed = "Jane Doe <jane@x.org> <Jane@X.org>";
        assert_eq!(printed(renamed, "J", "JANE@x.org"), "Jane Doe <jane@x.org>");
        assert_eq!(printed(renamed, "J", "other@x.org"), "J <other@x.org>");
    }
}
