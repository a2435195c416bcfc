//! What an agent does, whichever tool it runs in: the typed form of a hook's payload.
//!
//! Made by `payload`, read by `observe` (and by a guard, which answers before the action is done).
//! It lives for one call of the program: texts in it are looked at and never stored.

use std::path::{Path, PathBuf};

use trueline_facts::{ModelId, ToolId};

/// Something that a tool reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Who.
    pub session: Session,
    /// The directory that relative paths are relative to.
    pub cwd: PathBuf,
    /// The tool's own id of the call, by which before and after belong together.
    pub call: Option<Box<str>>,
    /// What.
    pub moment: Moment,
}

/// A conversation with an agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The tool, aliases folded.
    pub tool: ToolId,
    /// Its own id of the conversation. Only a hash of it is ever stored.
    pub conversation: Box<str>,
    /// The model, where the payload says.
    pub model: Option<ModelId>,
    /// Where the model may be read from when the payload does not say: the tool's own transcript.
    pub transcript: Option<PathBuf>,
}

/// When, relative to the action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Moment {
    /// It is about to happen: a guard may still answer.
    Before(Action),
    /// It has happened.
    After(Action),
    /// A person saved files in an editor that reports it.
    Saved(Vec<PathBuf>),
    /// The turn or the session is over.
    Ended,
}

/// What an agent does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// It writes files.
    Write(Write),
    /// It runs a command in a shell.
    Command {
        /// The command line.
        text: Box<str>,
        /// It may go on when the call has ended.
        background: bool,
    },
    /// It calls a tool of an MCP server.
    McpCall {
        /// The server's name.
        server: Box<str>,
        /// The tool's name.
        tool: Box<str>,
        /// The arguments, as JSON.
        arguments: serde_json::Value,
    },
    /// It reads files.
    Read(Vec<PathBuf>),
    /// It calls a tool that is not known, or a known one in a form that is not: it may write anything.
    Other {
        /// The tool's name.
        tool: Box<str>,
        /// The arguments, as JSON.
        arguments: serde_json::Value,
    },
}

/// A call that writes files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Write {
    /// File by file.
    pub edits: Vec<Edit>,
    /// What the tool's reports are worth.
    pub report: Report,
}

/// How a tool reports its writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// Before and after the write.
    Paired,
    /// Only after it, so that the state before must be worked out.
    AfterOnly,
    /// After is told before the file is on the disk, so that its content must be worked out.
    Early,
}

/// What becomes of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// The file, as the tool names it.
    pub path: PathBuf,
    /// How.
    pub change: Change,
}

/// The proposed content, as far as a payload tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// The whole new content.
    Whole(Box<str>),
    /// Texts that are replaced.
    Replace(Vec<Replacement>),
    /// A patch, line by line; where its lines go is not known before it is applied.
    Patch(Vec<PatchLine>),
    /// New text with parts of the file left out, where it goes is the editor's guess; or a cell of a notebook.
    /// Which lines it explains is not told by it.
    Sketch(Box<str>),
    /// The file goes away.
    Delete,
    /// The payload does not tell.
    Untold,
}

/// A line of a patch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PatchLine {
    /// It is there and stays.
    Kept(Box<str>),
    /// It goes away.
    Removed(Box<str>),
    /// It is new.
    Added(Box<str>),
    /// What follows is at another place of the file.
    Elsewhere,
}

impl PatchLine {
    /// The text of a line that is new.
    #[must_use]
    pub fn added(&self) -> Option<&str> {
        match self {
            Self::Added(text) => Some(text),
            Self::Kept(_) | Self::Removed(_) | Self::Elsewhere => None,
        }
    }
}

/// One text in the place of another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// The text that is there.
    pub old: Box<str>,
    /// The text that takes its place.
    pub new: Box<str>,
}

impl Event {
    /// A path of the payload, made absolute and without `.` and `..`.
    #[must_use]
    pub fn absolute(&self, path: &Path) -> PathBuf {
        normal(&self.cwd.join(path))
    }
}

/// Without `.` and `..`, by the letters alone: the file need not exist, and links are not followed.
pub(crate) fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
