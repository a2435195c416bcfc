//! git-ai authorship notes, format `authorship/3.0.0`: read every form that exists, write only the
//! canonical one.
//!
//! The head (files, keys, line ranges) is read line by line; the JSON behind the divider is
//! streamed and only agents are kept: messages, transcripts and addresses of persons never leave
//! the parser. Who wrote a line is answered by [`resolve_file`].

mod claims;
mod head;
pub mod legacy;
mod metadata;
mod resolve;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};
use trueline_facts::{ModelId, RepoPath, SessionId, ToolId};

pub use claims::{Claims, signatures, with_signature};
pub use resolve::{
    ForeignPrompts, KeyResolution, NoForeignPrompts, Resolved, ResolvedRanges, ResolvedRun,
    Unexplained, UnexplainedRun, resolve_file, resolve_key,
};
pub use write::{compose, merge, union, without_declared};

/// A note larger than this is refused. The largest of 10,685 real ones has 3.2 MB.
pub const LARGEST_NOTE: usize = 64 << 20;

/// What stands behind a line range: a reference into the metadata.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// A session of an agent, and the checkpoint within it.
    Session {
        /// `s_…`, the key in [`Metadata::sessions`].
        session: Box<str>,
        /// `t_…`; two real entries lack it.
        trace: Option<Box<str>>,
    },
    /// A person: `h_…`.
    Human(Box<str>),
    /// A prompt, the form before 1.4.0: 16 or 7 hexadecimal digits.
    Prompt(Box<str>),
    /// A form that no version of the format describes.
    Unknown(Box<str>),
}

/// Lines of a file, counted from 1, both ends included. `first` is at least 1 and at most `last`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineRange {
    /// First line.
    pub first: u32,
    /// Last line.
    pub last: u32,
}

/// One attestation: these lines come from that key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Whose lines.
    pub key: Key,
    /// Which lines, in the order of the note.
    pub ranges: Vec<LineRange>,
}

/// All attestations of one file, in the order of the note: where they overlap, the last wins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileBlock {
    /// The file in the noted commit.
    pub path: RepoPath,
    /// Its attestations.
    pub entries: Vec<Entry>,
}

/// How an agent's record came to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Record {
    /// A tool wrote it.
    #[default]
    Recorded,
    /// A person declared it afterwards (`trueline declare`).
    Declared,
    /// Our own hooks saw it being written; nothing in it was ever inferred.
    Captured,
}

/// An agent and its session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// Which tool, aliases folded.
    pub tool: ToolId,
    /// Its model, where the record says.
    pub model: Option<ModelId>,
    /// The record's key: a hash of tool and conversation, never the conversation id itself.
    pub session: SessionId,
    /// How the record came to be.
    pub record: Record,
}

/// An agent with the counter that old notes keep of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PromptRecord {
    /// Who.
    pub agent: Agent,
    /// Lines of the agent that a person changed before the commit.
    pub overridden_lines: u64,
}

/// A person in the metadata. Opaque: a note can be written back whole, but name and address
/// cannot be read out of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Human {
    author: Box<str>,
}

impl Human {
    /// A person as `Name <email>`.
    pub fn new(name_and_email: impl Into<Box<str>>) -> Self {
        Self {
            author: name_and_email.into(),
        }
    }

    /// Whether it is no person but a bot, an agent, or a forge that committed.
    fn is_program(&self) -> bool {
        crate::message::is_program(self.author.as_bytes())
    }
}

impl fmt::Debug for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Human(…)")
    }
}

/// What the keys of the head refer to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metadata {
    /// The version of git-ai that wrote the note, where it says.
    pub git_ai_version: Option<Version>,
    /// Agents by `s_…`.
    pub sessions: BTreeMap<Box<str>, Agent>,
    /// Agents by legacy key.
    pub prompts: BTreeMap<Box<str>, PromptRecord>,
    /// Persons by `h_…`.
    pub humans: BTreeMap<Box<str>, Human>,
}

/// A parsed note.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Note {
    /// Files with attestations; each path once, in order of first appearance.
    pub files: Vec<FileBlock>,
    /// What the keys refer to.
    pub metadata: Metadata,
}

/// A version of git-ai.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version {
    /// Major.
    pub major: u32,
    /// Minor.
    pub minor: u32,
    /// Patch.
    pub patch: u32,
}

impl Version {
    /// A version from its three numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads `1.6.13`, `development:1.6.13` and `1.6.13-rc.1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.rsplit(':').next()?.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut numbers = text.split(['.', '-', '+']).map(str::parse::<u32>);
        let mut next = || numbers.next()?.ok();
        Some(Self::new(next()?, next()?, next().unwrap_or(0)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Why bytes are not a note. Carries no text of the metadata: that may be a prompt.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    /// Larger than [`LARGEST_NOTE`].
    #[error("the note has {bytes} bytes, the limit is {LARGEST_NOTE}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// No line `---`.
    #[error("no line `---` closes the attestations")]
    NoDivider,
    /// An indented line before any path.
    #[error("line {line}: an attestation stands before any file")]
    EntryBeforePath {
        /// Counted from 1.
        line: usize,
    },
    /// A quoted path that is empty or not closed.
    #[error("line {line}: the path is empty or its quote is not closed")]
    Path {
        /// Counted from 1.
        line: usize,
    },
    /// A line range that is no number, zero or reversed.
    #[error("line {line}: `{text}` is not a line range")]
    Range {
        /// Counted from 1.
        line: usize,
        /// The beginning of the range.
        text: String,
    },
    /// The metadata is not the JSON that the format describes.
    #[error("line {line}, column {column}: the metadata {problem}")]
    Metadata {
        /// Counted from 1, within the whole note.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong.
        problem: MetadataProblem,
    },
}

impl NoteError {
    /// The line it concerns, counted from 1.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::TooLarge { .. } | Self::NoDivider => None,
            Self::EntryBeforePath { line }
            | Self::Path { line }
            | Self::Range { line, .. }
            | Self::Metadata { line, .. } => Some(*line),
        }
    }
}

/// What is wrong with the metadata.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MetadataProblem {
    /// Not JSON.
    #[error("is not JSON")]
    Syntax,
    /// JSON that ends too soon.
    #[error("ends too soon")]
    Truncated,
    /// JSON of another shape.
    #[error("has a member of the wrong type")]
    Shape,
    /// `schema_version` is absent or of another major version than 3.
    #[error("is not of schema authorship/3")]
    Schema,
}

/// Parses a note.
pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
    let head = head::parse(bytes)?;
    let metadata = metadata::parse(head.metadata, head.lines)?;
    Ok(Note {
        files: head.files,
        metadata,
    })
}

/// Parses a note as far as it can be read: ranges that are none come beside it, and what they put in
/// doubt is left out of it.
pub fn parse_readable(bytes: &[u8]) -> Result<(Note, Vec<NoteError>), NoteError> {
    let head = head::parse_readable(bytes)?;
    let metadata = metadata::parse(head.metadata, head.lines)?;
    let note = Note {
        files: head.files,
        metadata,
    };
    Ok((note, head.bad))
}

/// The key of an agent's session: `s_` and 14 digits of SHA-256(`tool:conversation`).
#[must_use]
pub fn session_key(tool: &str, conversation_id: &str) -> String {
    format!("s_{}", digest(&format!("{tool}:{conversation_id}"), 14))
}

/// The key of a person, given as `Name <email>`.
#[must_use]
pub fn human_key(name_and_email: &str) -> String {
    format!("h_{}", digest(name_and_email, 14))
}

/// The key of a checkpoint. git-ai draws it at random; ours follows from `seed`, so that the same
/// declaration gives the same note.
#[must_use]
pub fn trace_key(seed: &str) -> String {
    format!("t_{}", digest(seed, 14))
}

fn digest(text: &str, digits: usize) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        for nibble in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    hex.truncate(digits);
    hex
}

impl Key {
    /// Classifies a key by its form; [`fmt::Display`] is the inverse.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.starts_with("s_") && text.len() > 2 {
            return match text.split_once("::") {
                Some((session, trace)) => Self::Session {
                    session: session.into(),
                    trace: Some(trace.into()),
                },
                None => Self::Session {
                    session: text.into(),
                    trace: None,
                },
            };
        }
        if text.starts_with("h_") && text.len() > 2 {
            return Self::Human(text.into());
        }
        let legacy = matches!(text.len(), 7 | 16) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if legacy {
            Self::Prompt(text.into())
        } else {
            Self::Unknown(text.into())
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session {
                session,
                trace: Some(trace),
            } => write!(f, "{session}::{trace}"),
            Self::Session {
                session: key,
                trace: None,
            }
            | Self::Human(key)
            | Self::Prompt(key)
            | Self::Unknown(key) => f.write_str(key),
        }
    }
}

#[cfg(test)]
mod tests;
