//! What was written: files, hunks with their origins, tools, tests and documents.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Author, Confidence, EvidenceClass, ModelId, Origin, RepoPath, SessionId, ToolId};

/// The name of a zone: `auth`.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct ZoneId(Box<str>);

impl ZoneId {
    /// Takes the name as given.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who wrote something, in one word. Nothing known is `unknown`, never `human`.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorKind {
    /// An AI assistant or agent.
    Ai,
    /// A person.
    Human,
    /// Nothing is known.
    #[default]
    Unknown,
}

impl AuthorKind {
    /// The word of an origin.
    #[must_use]
    pub const fn of(origin: &Origin) -> Self {
        match origin.author {
            Author::Ai { .. } => Self::Ai,
            Author::Human { .. } => Self::Human,
            Author::Unknown => Self::Unknown,
        }
    }

    /// The word as written in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::Human => "human",
            Self::Unknown => "unknown",
        }
    }
}

/// What became of a file.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FileStatus {
    /// New.
    Added,
    /// Edited.
    Modified,
    /// Gone.
    Deleted,
    /// Under another name, edited or not.
    Renamed,
}

/// What a file is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FileClass {
    /// Source code in a language that is known.
    Source,
    /// Source code of tests, and what they read.
    Test,
    /// Words for people.
    Docs,
    /// A manifest or lock file of dependencies.
    Manifest,
    /// A file that a program wrote; nobody's lines.
    Generated,
    /// Anything else.
    Other,
}

/// What stands under a path.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A file.
    #[default]
    File,
    /// A symbolic link: what it leads to is not read.
    Link,
    /// A commit of another repository: nothing of it is read.
    Submodule,
}

impl EntryKind {
    /// The word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Link => "symbolic link",
            Self::Submodule => "submodule",
        }
    }

    /// Is it a file?
    #[must_use]
    pub const fn is_file(&self) -> bool {
        matches!(self, Self::File)
    }
}

/// How far a file was looked into for weaknesses.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBy {
    /// By the rules for its language, or for what it is.
    #[default]
    Rules,
    /// By them, but not to the end.
    Partly,
    /// For secrets that are known by their form, and nothing else: no rule reads it.
    Forms,
    /// Not at all.
    Nothing,
}

/// Lines by author.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Lines {
    /// Known to come from a tool.
    pub ai: u64,
    /// Known to come from a person.
    pub human: u64,
    /// Nothing known.
    pub unknown: u64,
}

impl Lines {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.ai + self.human + self.unknown
    }

    /// Counts lines of an author.
    pub const fn add(&mut self, author: AuthorKind, lines: u64) {
        match author {
            AuthorKind::Ai => self.ai += lines,
            AuthorKind::Human => self.human += lines,
            AuthorKind::Unknown => self.unknown += lines,
        }
    }
}

/// How large a change is. Generated files are counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// Files that are not generated.
    pub files: u64,
    /// Lines added in them.
    pub added: Lines,
    /// Lines removed from them.
    pub removed: u64,
    /// Lines added in generated, vendored and lock files.
    pub generated: u64,
}

/// A file of a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangedFile {
    /// Its path; of a deleted file the last one.
    pub path: RepoPath,
    /// Its path before, if it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_path: Option<RepoPath>,
    /// What became of it.
    pub status: FileStatus,
    /// What it is.
    pub class: FileClass,
    /// What stands under the path; of what is gone, what stood there.
    #[serde(default, skip_serializing_if = "EntryKind::is_file")]
    pub entry: EntryKind,
    /// Its language, where known: of programs, whether rules read it or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What looked for weaknesses in its new state.
    #[serde(default)]
    pub read_by: ReadBy,
    /// Who changed it, as far as commits tell: `ai` if a tool had a part in one that touches it. Lines say more
    /// where there are any; what only takes lines away, moves or replaces a file has none.
    #[serde(default)]
    pub origin: AuthorKind,
    /// The zones it lies in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<ZoneId>,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
}

/// Consecutive added lines with one origin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Hunk {
    /// The file.
    pub path: RepoPath,
    /// First line in the new state, from 1.
    pub start: u32,
    /// How many lines.
    pub lines: u32,
    /// What the file is.
    pub class: FileClass,
    /// The zones it lies in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<ZoneId>,
    /// Who wrote the lines.
    pub origin: AuthorKind,
    /// A person is known to have edited the same passage.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub human_touched: bool,
    /// The tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolId>,
    /// Its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// Its session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// How far the origin can be trusted.
    pub confidence: Confidence,
    /// The best witness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceClass>,
    /// The commit that added them, by its place in [`Change::commits`](super::Change::commits).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<u32>,
}

impl Hunk {
    /// Takes over who wrote the lines.
    pub fn set_origin(&mut self, origin: &Origin) {
        self.origin = AuthorKind::of(origin);
        self.confidence = origin.confidence;
        self.evidence = origin.evidence.first().map(|witness| witness.class);
        if let Author::Ai {
            tool,
            model,
            session,
            human_touched,
        } = &origin.author
        {
            self.tool = Some(tool.clone());
            self.model.clone_from(model);
            self.session.clone_from(session);
            self.human_touched = *human_touched;
        }
    }
}

/// A tool that had a part in a change.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolUse {
    /// Which.
    pub tool: ToolId,
    /// Its model, where stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// Added lines known to be its.
    pub lines: u64,
    /// Do the change's own commits or description name it to whoever reads them, as a trailer or an
    /// author? A note or hook log alone does not show in a review. Absent for staged content, which
    /// has no message yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed: Option<bool>,
}

/// What a change does to tests.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct TestFacts {
    /// Test files added or edited.
    pub touched: Vec<RepoPath>,
    /// Lines added to them.
    pub added_lines: u64,
    /// Source files with lines of AI origin of which no touched test speaks: none has the file's
    /// name in its own, or lies in the same test folder of its package.
    pub ai_code_without_tests: Vec<RepoPath>,
    /// Do they pass? Absent where nothing ran them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
}

/// What a change does to documents.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct DocFacts {
    /// Documents added or edited.
    pub touched: Vec<RepoPath>,
    /// Public functions, methods and types that it adds without a comment or docstring.
    pub public_without_docs: Vec<PublicItem>,
}

/// A public name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PublicItem {
    /// The file.
    pub path: RepoPath,
    /// Its line, from 1.
    pub line: u32,
    /// The name.
    pub name: String,
    /// Who wrote the line.
    pub origin: AuthorKind,
}
