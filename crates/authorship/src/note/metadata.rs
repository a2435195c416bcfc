//! The JSON behind the divider. Streamed: unknown members, messages and transcripts are skipped
//! without being unescaped or copied, and persons are kept only as opaque values.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::error::Category;
use trueline_facts::SessionId;

use super::{Agent, Human, Metadata, MetadataProblem, NoteError, PromptRecord, Record, Version};
use crate::tools;

/// The custom attribute by which we mark what a person declared.
pub(super) const DECLARED: (&str, &str) = ("trueline", "declared");

/// And what our own hooks saw being written.
pub(super) const CAPTURED: (&str, &str) = ("trueline", "captured");

#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    schema_version: Option<Box<str>>,
    #[serde(default)]
    git_ai_version: Option<Box<str>>,
    #[serde(default)]
    sessions: Option<BTreeMap<Box<str>, Session>>,
    #[serde(default)]
    prompts: Option<BTreeMap<Box<str>, Prompt>>,
    #[serde(default)]
    humans: Option<BTreeMap<Box<str>, HumanJson>>,
}

#[derive(Deserialize)]
struct AgentId {
    #[serde(default)]
    tool: Option<Box<str>>,
    #[serde(default)]
    model: Option<Box<str>>,
}

#[derive(Deserialize)]
struct Session {
    agent_id: AgentId,
    #[serde(default)]
    custom_attributes: Option<Custom>,
}

#[derive(Deserialize)]
struct Prompt {
    agent_id: AgentId,
    /// The format's own misspelling; version 4 corrects it.
    #[serde(default)]
    overriden_lines: Option<u64>,
    #[serde(default)]
    overridden_lines: Option<u64>,
    #[serde(default)]
    custom_attributes: Option<Custom>,
}

#[derive(Deserialize)]
struct Custom {
    #[serde(default)]
    trueline: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct HumanJson {
    #[serde(default)]
    author: Option<Box<str>>,
}

/// Parses the metadata; `lines_before` is for the line numbers of errors.
pub(super) fn parse(bytes: &[u8], lines_before: usize) -> Result<Metadata, NoteError> {
    let json: Json =
        serde_json::from_slice(bytes).map_err(|error| problem(&error, lines_before))?;
    if !json
        .schema_version
        .is_some_and(|version| is_supported(&version))
    {
        return Err(NoteError::Metadata {
            line: lines_before + 1,
            column: 1,
            problem: MetadataProblem::Schema,
        });
    }
    Ok(Metadata {
        git_ai_version: json.git_ai_version.as_deref().and_then(Version::parse),
        sessions: json
            .sessions
            .unwrap_or_default()
            .into_iter()
            .map(|(key, session)| {
                let agent = agent(&key, &session.agent_id, session.custom_attributes.as_ref());
                (key, agent)
            })
            .collect(),
        prompts: json
            .prompts
            .unwrap_or_default()
            .into_iter()
            .map(|(key, prompt)| {
                let record = PromptRecord {
                    agent: agent(&key, &prompt.agent_id, prompt.custom_attributes.as_ref()),
                    overridden_lines: prompt
                        .overriden_lines
                        .or(prompt.overridden_lines)
                        .unwrap_or_default(),
                };
                (key, record)
            })
            .collect(),
        humans: json
            .humans
            .unwrap_or_default()
            .into_iter()
            .map(|(key, human)| (key, Human::new(human.author.unwrap_or_default())))
            .collect(),
    })
}

/// Every minor version of format 3 reads alike.
pub(super) fn is_supported(schema: &str) -> bool {
    schema
        .strip_prefix("authorship/")
        .is_some_and(|version| version == "3" || version.starts_with("3."))
}

/// Drops serde's own message: it may quote the value it stumbled over.
pub(super) fn problem(error: &serde_json::Error, lines_before: usize) -> NoteError {
    NoteError::Metadata {
        line: lines_before + error.line().max(1),
        column: error.column().max(1),
        problem: match error.classify() {
            Category::Data => MetadataProblem::Shape,
            Category::Eof => MetadataProblem::Truncated,
            Category::Syntax | Category::Io => MetadataProblem::Syntax,
        },
    }
}

fn agent(key: &str, id: &AgentId, custom: Option<&Custom>) -> Agent {
    let ours = custom
        .and_then(|custom| custom.trueline.as_ref())
        .and_then(serde_json::Value::as_str);
    Agent {
        tool: tools::fold(id.tool.as_deref().unwrap_or_default()),
        model: id.model.as_deref().and_then(tools::model),
        session: SessionId::new(key),
        record: match ours {
            Some(text) if text == DECLARED.1 => Record::Declared,
            Some(text) if text == CAPTURED.1 => Record::Captured,
            _ => Record::Recorded,
        },
    }
}
