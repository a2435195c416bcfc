//! The in-toto Statement (v1) about a verdict: which commit, which verdict, which place in the log.
//!
//! The place and the digest of the entry before are inside of what is signed, so that nobody without the key can
//! insert, drop or re-order entries.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trueline_facts::attestation::{Digest, NotedCommit};
use trueline_facts::canonical;
use trueline_facts::{CommitId, Timestamp};

/// The type of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The type of our predicate; `docs/attestations.md` describes it.
pub const PREDICATE_TYPE: &str = "https://github.com/trueline-dev/trueline/attestations/verdict/v1";

/// What the subject is called: its digest alone says which one it is, in every clone.
const SUBJECT: &str = "commit";

/// A statement.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// What it is about.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is said.
    pub predicate: Predicate,
}

/// A thing by its digest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceDescriptor {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub digest: CommitDigest,
}

/// The digest of a commit, as in-toto names it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitDigest {
    /// The commit's id.
    #[serde(rename = "gitCommit")]
    pub git_commit: CommitId,
}

/// What is said of the commit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// When it was signed.
    #[serde(rename = "attestedAt")]
    pub attested_at: Timestamp,
    /// The place in the log.
    pub chain: Link,
    /// The verdict, whole.
    pub verdict: Value,
    /// The digest of its canonical form, for who keeps verdicts elsewhere.
    #[serde(rename = "verdictDigest")]
    pub verdict_digest: Digest,
    /// The authorship notes of the commits that were judged, as they were then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NotedCommit>,
}

/// A place in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// From 1.
    pub sequence: u64,
    /// The digest of the envelope before; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
}

impl Statement {
    /// Makes the statement of a verdict.
    pub fn new(
        commit: &CommitId,
        verdict: Value,
        notes: Vec<NotedCommit>,
        at: Timestamp,
        chain: Link,
    ) -> Result<Self, String> {
        if !verdict.is_object() {
            return Err("a verdict is a JSON object".to_owned());
        }
        let verdict_digest = Digest::of(&canonical::to_bytes(&verdict)?);
        Ok(Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: vec![ResourceDescriptor {
                name: SUBJECT.to_owned(),
                digest: CommitDigest {
                    git_commit: commit.clone(),
                },
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate {
                attested_at: at,
                chain,
                verdict,
                verdict_digest,
                notes,
            },
        })
    }

    /// Reads a statement in canonical form.
    pub fn parse(payload: &[u8]) -> Result<Self, String> {
        let value = canonical::parse(payload)?;
        let statement: Self =
            serde_json::from_value(value).map_err(|e| format!("no statement of ours: {e}"))?;
        if statement.kind != STATEMENT_TYPE || statement.predicate_type != PREDICATE_TYPE {
            return Err(format!(
                "no statement of ours: it is a {} about {}",
                statement.kind, statement.predicate_type
            ));
        }
        if statement.subject.len() != 1 {
            return Err("no statement of ours: it has one subject".to_owned());
        }
        Ok(statement)
    }
}
