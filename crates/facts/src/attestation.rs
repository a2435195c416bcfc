//! What checking the log of attestations showed: its entries, what is wrong with them, and how far its end is proven.
//!
//! The log itself is made of DSSE envelopes (`docs/attestations.md`); this is the document about it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{CommitId, Timestamp};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.attestation-log/1";

/// A SHA-256 digest, written as `sha256:` and 64 hexadecimal digits.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Digest(Box<str>);

impl Digest {
    /// The digest of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("sha256:{:x}", Sha256::digest(bytes)).into())
    }

    /// Reads `sha256:…`, or the 64 digits alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let valid = digits.len() == 64
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(format!("sha256:{digits}").into()))
    }

    /// The 64 digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        self.0.strip_prefix("sha256:").unwrap_or(&self.0)
    }

    /// The first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.hex().get(..12).unwrap_or(self.hex())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fingerprint of a signing key, as `ssh-keygen -l` prints it: `SHA256:` and its digest.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct KeyId(Box<str>);

impl KeyId {
    /// Takes a fingerprint as given.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The fingerprint as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What checking a log showed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that wrote it.
    pub trueline_version: String,
    /// Where the log was read: the reference or the folder.
    pub log: String,
    /// The digest of the last entry: what an anchor keeps. Absent for an empty log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Digest>,
    /// Entries in which nothing is wrong, in order.
    pub entries: Vec<Entry>,
    /// What is wrong, in order of place.
    pub problems: Vec<Problem>,
    /// Whether entries may be missing at the end.
    pub tail: Tail,
}

impl Verification {
    /// Nothing is wrong, as far as it can be told.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.problems.is_empty() && !matches!(self.tail, Tail::Dropped { .. })
    }
}

/// A signed verdict in its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its place, from 1.
    pub sequence: u64,
    /// The digest of the whole envelope.
    pub digest: Digest,
    /// Who signed.
    pub key: KeyId,
    /// The commit that the verdict is about.
    pub commit: CommitId,
    /// When it was signed, as the signer says.
    pub attested_at: Timestamp,
    /// The `schema` of the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict_schema: Option<String>,
    /// Its `outcome`: `pass`, `undetermined`, `comment` or `block`, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Its `policy_digest`, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_digest: Option<String>,
    /// Where its policy came from, in words, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_from: Option<String>,
    /// Gates of it that judged in a mode that speaks (`comment`, `block`): those that passed or failed, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judged: Vec<String>,
    /// Authorship notes that were there when it was signed: one that is gone since shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NotedCommit>,
}

/// What the authorship note of a commit claimed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotedCommit {
    /// The commit.
    pub commit: CommitId,
    /// Of how many lines it said who wrote them.
    pub lines: u64,
    /// The digest of its claims.
    pub claims: Digest,
}

/// Something that is wrong with the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The place in the log, from 1.
    pub place: u64,
    /// What kind of thing.
    pub kind: ProblemKind,
    /// What is wrong, in a sentence.
    pub message: String,
}

/// What can be wrong with an entry.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// It is no envelope with a statement of ours, or not in canonical form.
    Unreadable,
    /// No trusted key has the fingerprint that it names.
    UnknownKey,
    /// The signature does not fit: it was changed after it was signed.
    BadSignature,
    /// It names another place than the one it stands at: inserted, dropped or re-ordered.
    OutOfOrder,
    /// It does not follow the entry before it.
    BrokenLink,
    /// The verdict in it is not the one whose digest was signed.
    WrongDigest,
}

/// How far the end of the log is proven.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Tail {
    /// Without an anchor nobody can tell whether entries were dropped at the end.
    NotProvable,
    /// The anchor's entry is there, so that everything up to it is.
    Anchored {
        /// What was anchored.
        anchor: Digest,
        /// Entries after it, whose end is not provable in turn.
        after: u64,
        /// Who vouches for the anchor, or what was not checked about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        voucher: Option<String>,
    },
    /// The anchored entry is missing: the end was dropped, or the log was replaced.
    Dropped {
        /// What was anchored.
        anchor: Digest,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_64_digits_in_lower_case_and_nothing_else() {
        let digits = "0123456789abcdef".repeat(4);
        let digest = Digest::parse(&digits).unwrap();
        assert_eq!(digest.to_string(), format!("sha256:{digits}"));
        assert_eq!(Digest::parse(&format!("sha256:{digits}\n")), Some(digest));
        assert_eq!(Digest::parse(&digits.to_uppercase()), None);
        assert_eq!(Digest::parse(&digits[1..]), None);
        assert_eq!(Digest::parse("sha512:00"), None);
    }
}
