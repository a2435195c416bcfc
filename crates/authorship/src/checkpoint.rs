//! entire.io: its trailers, its branch, and the metadata of its checkpoints.
//!
//! Speaks of whole commits, never of lines. Transcripts and prompts lie beside the metadata in the
//! same folders: nothing here reads them.

use bstr::ByteSlice;
use serde::Deserialize;
use trueline_facts::{SessionId, ToolId};

use crate::{note, tools};

/// The orphan branch that holds checkpoints.
pub const BRANCH: &str = "entire/checkpoints/v1";

/// Its ref in the repository that wrote it.
pub const BRANCH_REF: &str = "refs/heads/entire/checkpoints/v1";

/// What its ref ends in where a remote tracks it.
pub const REMOTE_REF_SUFFIX: &str = "/entire/checkpoints/v1";

/// A metadata file larger than this is refused.
const LARGEST_METADATA: usize = 4 << 20;

/// The id of a checkpoint: twelve hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CheckpointId(Box<str>);

impl CheckpointId {
    /// Reads an id; lower case.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text.trim()).ok()?;
        let is_id = text.len() == 12 && text.bytes().all(|b| b.is_ascii_hexdigit());
        is_id.then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its folder on the branch: `ab/cdef012345`.
    #[must_use]
    pub fn folder(&self) -> String {
        let (head, tail) = self.0.split_at_checked(2).unwrap_or((&self.0, ""));
        format!("{head}/{tail}")
    }
}

/// What one trailer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trailer {
    /// `Entire-Checkpoint`.
    Checkpoint(CheckpointId),
    /// `Entire-Agent`; `unspecified` where entire.io itself did not know.
    Agent(ToolId),
    /// `Entire-Session`, hashed.
    Session(SessionId),
    /// `Entire-Attribution`.
    Attribution(Attribution),
    /// `Entire-Strategy`.
    Strategy,
}

/// How many lines of a commit the agent wrote, by entire.io's own count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Attribution {
    /// The agent's lines.
    pub agent_lines: u64,
    /// All lines of the commit.
    pub total_lines: u64,
}

impl Attribution {
    /// Whether others wrote most of the commit: then it is not the agent's as a whole.
    #[must_use]
    pub const fn is_minor(&self) -> bool {
        self.agent_lines == 0 || self.agent_lines.saturating_mul(2) < self.total_lines
    }
}

/// All trailers of a message, in order.
#[must_use]
pub fn trailers(message: &[u8]) -> Vec<Trailer> {
    message
        .lines()
        .filter_map(|line| {
            let (key, value) = line.trim().split_once_str(":")?;
            trailer(key, value)
        })
        .collect()
}

/// What one trailer says; the key is compared without case.
pub(crate) fn trailer(key: &[u8], value: &[u8]) -> Option<Trailer> {
    let value = value.trim();
    let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
    if is("Entire-Checkpoint") {
        return CheckpointId::parse(value).map(Trailer::Checkpoint);
    }
    if value.is_empty() {
        return None;
    }
    let text = value.to_str_lossy();
    if is("Entire-Agent") {
        Some(Trailer::Agent(tools::fold(&text)))
    } else if is("Entire-Session") {
        Some(Trailer::Session(SessionId::new(note::session_key(
            "entire", &text,
        ))))
    } else if is("Entire-Attribution") {
        attribution(&text).map(Trailer::Attribution)
    } else if is("Entire-Strategy") {
        Some(Trailer::Strategy)
    } else {
        None
    }
}

/// `73% agent (146/200 lines)`
fn attribution(text: &str) -> Option<Attribution> {
    let (_, counts) = text.split_once('(')?;
    let (agent, rest) = counts.split_once('/')?;
    let total = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(Attribution {
        agent_lines: agent.trim().parse().ok()?,
        total_lines: total.parse().ok()?,
    })
}

/// What a `metadata.json` of a checkpoint or of one of its sessions says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckpointMetadata {
    /// Which checkpoint.
    pub checkpoint: Option<CheckpointId>,
    /// The agent, where it is known.
    pub agent: Option<ToolId>,
    /// The session, hashed.
    pub session: Option<SessionId>,
    /// Lines of the commit by the agent.
    pub attribution: Option<Attribution>,
}

/// Why bytes are not the metadata of a checkpoint. Carries no text of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Too large.
    #[error("the checkpoint's metadata has {bytes} bytes, the limit is {LARGEST_METADATA}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not the JSON that was expected.
    #[error("line {line}: the checkpoint's metadata is not the JSON that was expected")]
    Json {
        /// Counted from 1.
        line: usize,
    },
}

#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    checkpoint_id: Option<Box<str>>,
    #[serde(default)]
    session_id: Option<Box<str>>,
    #[serde(default)]
    agent: Option<Box<str>>,
    #[serde(default)]
    initial_attribution: Option<AttributionJson>,
}

#[derive(Deserialize)]
struct AttributionJson {
    #[serde(default)]
    agent_lines: i64,
    #[serde(default)]
    total_committed: i64,
}

/// Parses a `metadata.json`.
pub fn parse_metadata(bytes: &[u8]) -> Result<CheckpointMetadata, CheckpointError> {
    if bytes.len() > LARGEST_METADATA {
        return Err(CheckpointError::TooLarge { bytes: bytes.len() });
    }
    let json: Json = serde_json::from_slice(bytes).map_err(|error| CheckpointError::Json {
        line: error.line().max(1),
    })?;
    let agent = json.agent.as_deref().map(tools::fold);
    Ok(CheckpointMetadata {
        checkpoint: json
            .checkpoint_id
            .and_then(|id| CheckpointId::parse(id.as_bytes())),
        agent: agent.filter(|tool| tool.as_str() != tools::UNSPECIFIED),
        session: json
            .session_id
            .map(|id| SessionId::new(note::session_key("entire", &id))),
        attribution: json.initial_attribution.map(|counts| Attribution {
            agent_lines: u64::try_from(counts.agent_lines).unwrap_or_default(),
            total_lines: u64::try_from(counts.total_committed).unwrap_or_default(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_of_a_commit_are_read() {
        let found = trailers(
            b"subject\n\nEntire-Checkpoint: A3B2c4d5e6f7\nEntire-Agent: Claude Code\nEntire-Strategy: manual-commit\nEntire-Attribution: 73% agent (146/200 lines)\nEntire-Checkpoint: none\n",
        );
        insta::assert_debug_snapshot!(found, @r#"
        [
            Checkpoint(
                CheckpointId(
                    "a3b2c4d5e6f7",
                ),
            ),
            Agent(
                ToolId(
                    "claude",
                ),
            ),
            Strategy,
            Attribution(
                Attribution {
                    agent_lines: 146,
                    total_lines: 200,
                },
            ),
        ]
        "#);
    }

    #[test]
    fn a_checkpoint_lies_two_levels_deep() {
        assert_eq!(
            CheckpointId::parse(b"a3b2c4d5e6f7").unwrap().folder(),
            "a3/b2c4d5e6f7"
        );
    }

    #[test]
    fn metadata_gives_agent_and_counts_but_no_session_id() {
        let json = br#"{"checkpoint_id":"00c9e2351016","session_id":"253fd5ef-38bf","agent":"Claude Code","agents":"Agent",
            "initial_attribution":{"agent_lines":32,"human_added":-1,"total_committed":33,"agent_percentage":96.97},"prompt":"secret"}"#;
        let metadata = parse_metadata(json).unwrap();
        assert_eq!(metadata.agent.as_ref().unwrap().as_str(), "claude");
        assert_eq!(
            metadata.attribution,
            Some(Attribution {
                agent_lines: 32,
                total_lines: 33
            })
        );
        assert!(!format!("{metadata:?}").contains("253fd5ef"));
        assert_eq!(parse_metadata(br#"{"agent":"Agent"}"#).unwrap().agent, None);
    }

    #[test]
    fn broken_metadata_is_an_error_with_its_line() {
        let error = parse_metadata(b"{\n\"agent\": 3}").unwrap_err();
        assert_eq!(error, CheckpointError::Json { line: 2 });
    }
}
