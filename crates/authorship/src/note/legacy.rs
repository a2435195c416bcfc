//! The oldest storage: blobs under `refs/ai/authorship/<commit>`.
//!
//! Some hold a note of format 3; the others are JSON that names authors by display name only
//! (`authorship/0.0.1` or no version at all). A name that is no known tool is a person, whose name
//! is not kept.

use std::collections::BTreeMap;

use serde::Deserialize;
use trueline_facts::{Confidence, HumanBasis, RepoPath, SessionId};

use super::resolve::last_wins;
use super::{
    Agent, LARGEST_NOTE, LineRange, Note, NoteError, Record, Resolved, ResolvedRanges, ResolvedRun,
    metadata,
};
use crate::tools;

/// What a blob of the oldest storage holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LegacyBlob {
    /// A note of format 3.
    Note(Note),
    /// Authors by display name.
    Names(NameNote),
}

/// Authors by display name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NameNote {
    /// Files, by path.
    pub files: Vec<NameBlock>,
}

/// The authors of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameBlock {
    /// The file.
    pub path: RepoPath,
    /// Its authors, in the order of the blob.
    pub entries: Vec<NameEntry>,
}

/// Lines of one author.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameEntry {
    /// Who.
    pub author: NamedAuthor,
    /// Which lines, in the order of the blob.
    pub ranges: Vec<LineRange>,
}

/// Who a display name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NamedAuthor {
    /// The name of a tool.
    Ai(Agent),
    /// Any other name.
    Human,
}

#[derive(Deserialize)]
struct Json {
    files: BTreeMap<Box<str>, FileJson>,
}

#[derive(Deserialize)]
struct FileJson {
    #[serde(default)]
    authors: Vec<AuthorJson>,
}

#[derive(Deserialize)]
struct AuthorJson {
    #[serde(default)]
    author: Box<str>,
    #[serde(default)]
    lines: Vec<LinesJson>,
    #[serde(default)]
    agent_metadata: Option<AgentJson>,
}

#[derive(Deserialize)]
struct AgentJson {
    #[serde(default)]
    tool: Option<Box<str>>,
    #[serde(default)]
    model: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LinesJson {
    One(u32),
    Span(u32, u32),
}

/// Parses a blob of the oldest storage, whichever form it has, as far as it can be read; what cannot
/// comes beside it.
pub fn parse(bytes: &[u8]) -> Result<(LegacyBlob, Vec<NoteError>), NoteError> {
    if bytes.len() > LARGEST_NOTE {
        return Err(NoteError::TooLarge { bytes: bytes.len() });
    }
    if !bytes.trim_ascii_start().starts_with(b"{") {
        let (note, bad) = super::parse_readable(bytes)?;
        return Ok((LegacyBlob::Note(note), bad));
    }
    let json: Json = serde_json::from_slice(bytes).map_err(|error| metadata::problem(&error, 0))?;
    let files = json
        .files
        .into_iter()
        .map(|(path, file)| NameBlock {
            path: RepoPath::from(&*path),
            entries: file.authors.into_iter().map(entry).collect(),
        })
        .collect();
    Ok((LegacyBlob::Names(NameNote { files }), Vec::new()))
}

fn entry(json: AuthorJson) -> NameEntry {
    let stated = json
        .agent_metadata
        .as_ref()
        .and_then(|agent| agent.tool.as_deref());
    let tool = stated
        .map(tools::fold)
        .or_else(|| tools::known(&json.author));
    let author = tool
        .filter(|tool| tool.as_str() != tools::UNSPECIFIED || stated.is_some())
        .map_or(NamedAuthor::Human, |tool| {
            NamedAuthor::Ai(Agent {
                session: SessionId::new(format!("authorship-0.0.1:{tool}")),
                tool,
                model: json
                    .agent_metadata
                    .and_then(|agent| tools::model(agent.model.as_deref()?)),
                record: Record::Recorded,
            })
        });
    // A zero or reversed span attests nothing; the others of the entry still hold.
    let ranges = json
        .lines
        .iter()
        .map(|lines| match *lines {
            LinesJson::One(line) => LineRange {
                first: line,
                last: line,
            },
            LinesJson::Span(first, last) => LineRange { first, last },
        })
        .filter(|range| range.first >= 1 && range.first <= range.last)
        .collect();
    NameEntry { author, ranges }
}

/// Who wrote the lines of a block; where authors overlap, the last wins. Never better than medium:
/// a display name is all that stands behind it.
#[must_use]
pub fn resolve_names(block: &NameBlock) -> ResolvedRanges<'_> {
    let spans = block
        .entries
        .iter()
        .enumerate()
        .flat_map(|(ix, entry)| entry.ranges.iter().map(move |range| (*range, ix)))
        .collect();
    let runs = last_wins(spans)
        .into_iter()
        .filter_map(|(range, entry)| {
            let resolved = match &block.entries.get(entry)?.author {
                NamedAuthor::Ai(agent) => Resolved::Ai {
                    agent,
                    confidence: Confidence::Medium,
                    human_touched: false,
                },
                NamedAuthor::Human => Resolved::Human {
                    basis: HumanBasis::Asserted,
                    confidence: Confidence::Low,
                },
            };
            Some(ResolvedRun {
                range,
                entry,
                resolved,
            })
        })
        .collect();
    ResolvedRanges {
        runs,
        ..ResolvedRanges::default()
    }
}
