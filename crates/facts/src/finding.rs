//! A weakness at a place.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Origin, RepoPath};

/// A language-free kebab-case rule id: `sql-injection`.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct RuleId(Box<str>);

impl RuleId {
    /// Takes the id as given.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A Common Weakness Enumeration number.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Cwe(pub u32);

impl fmt::Display for Cwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CWE-{}", self.0)
    }
}

/// How bad it is if it is real. Ordered: `Critical` is the greatest.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth planning.
    Medium,
    /// Fix before merge.
    High,
    /// Fix now.
    Critical,
}

/// How sure we are. Ordered: `High` is the greatest.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A sign.
    Low,
    /// Probable.
    Medium,
    /// Near certain.
    High,
}

/// Whether a finding is part of the default output.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Default: what gates, comments and the first screen use.
    Shown,
    /// Only with `--all`.
    All,
}

/// A place in text. Lines and columns count from 1; columns count Unicode scalar values.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// A range in a file; `end` is exclusive in its column and never before `start`. Where the file as a whole is meant,
/// its first line stands for it, and the range has no character.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize, JsonSchema)]
pub struct Location {
    /// The file.
    pub path: RepoPath,
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// The text of the first line, without its end, shortened to 200 characters; secrets redacted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub snippet: String,
}

impl Location {
    /// A file as a whole: no line of it is meant. Only inside of the program `end` tells it from an empty range.
    #[must_use]
    pub fn whole_file(path: RepoPath) -> Self {
        let first = Position { line: 1, column: 1 };
        Self {
            path,
            start: first,
            end: Position { line: 0, column: 1 },
            snippet: String::new(),
        }
    }

    /// Whether the file as a whole is meant.
    #[must_use]
    pub const fn is_whole_file(&self) -> bool {
        self.end.line == 0
    }

    /// The last line; the first one, where the file as a whole is meant.
    #[must_use]
    pub fn last_line(&self) -> u32 {
        self.end.line.max(self.start.line)
    }
}

impl Serialize for Location {
    /// An empty snippet is left out where fields have names, and the end is never before the start; formats without
    /// names need every field, as it is.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_document = serializer.is_human_readable();
        let left_out = is_document && self.snippet.is_empty();
        let mut fields = serializer.serialize_struct("Location", 4 - usize::from(left_out))?;
        fields.serialize_field("path", &self.path)?;
        fields.serialize_field("start", &self.start)?;
        let mut end = self.end;
        if is_document {
            end = end.max(self.start);
        }
        fields.serialize_field("end", &end)?;
        if left_out {
            fields.skip_field("snippet")?;
        } else {
            fields.serialize_field("snippet", &self.snippet)?;
        }
        fields.end()
    }
}

/// One step of the path from a source to the place of the finding.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub struct Step {
    /// Where.
    pub location: Location,
    /// What happens here, in a few words.
    pub message: String,
}

/// How to mend it.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub struct Fix {
    /// The easiest safe way, in one or two sentences.
    pub description: String,
    /// The change that does it, where it can be written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Patch>,
}

/// Whether a patch may be applied unseen. Ordered: `Safe` is the least.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// What the program does for honest input stays.
    Safe,
    /// It may change what the program does: somebody must look at it.
    Unsafe,
}

/// A change of the finding's file that mends the weakness.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub struct Patch {
    /// What it does, in a few words.
    pub title: String,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// Its parts, in order of place; they do not overlap, and belong together.
    pub edits: Vec<Edit>,
}

/// A piece of text in place of another.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
pub struct Edit {
    /// First character.
    pub start: Position,
    /// One past the last character; the same as `start` where text is put in.
    pub end: Position,
    /// The first byte in the file, from 0.
    pub start_byte: u32,
    /// One past the last byte.
    pub end_byte: u32,
    /// What stands there afterwards.
    pub replacement: String,
}

/// 128 bits in hexadecimal that stay the same while the weakness does; imported findings keep
/// their tool's own, with the tool's name before it.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Fingerprint(Box<str>);

impl Fingerprint {
    /// Takes the fingerprint as given.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The fingerprint as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a finding is not reported although it is there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Suppression {
    /// A comment beside the line answers it.
    Comment {
        /// Why it is no problem.
        reason: String,
        /// The line of the comment, from 1.
        line: u32,
    },
    /// It was there when the baseline was written.
    Baseline,
}

/// Another place that the message of an imported finding speaks of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    /// The number by which links in `linked_message` name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// Where.
    pub location: Location,
    /// What it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// What the log of another tool says of a finding beyond the finding itself, in the words of SARIF.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reported {
    /// `error`, `warning`, `note` or `none`, of the result or of its rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The score from 0.0 to 10.0, if the result has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_severity: Option<String>,
    /// The message with links to the related places, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_message: Option<String>,
    /// Other places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// The tool's `fingerprints`, by its names; no person's name or address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fingerprints: BTreeMap<String, String>,
    /// The tool's `partialFingerprints`, by its names; no person's name or address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub partial_fingerprints: BTreeMap<String, String>,
}

/// A weakness at a place.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What was looked for.
    pub rule: RuleId,
    /// The tool that found it: `trueline`, or the driver name of an imported log.
    pub engine: String,
    /// The weaknesses it is an instance of, most specific first; empty if an imported rule names none.
    pub cwe: Vec<Cwe>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Shown by default or not.
    pub tier: Tier,
    /// One sentence for this very place.
    pub message: String,
    /// The place to edit.
    pub location: Location,
    /// The innermost named definition around it: `Class.method`; empty at top level.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub symbol: String,
    /// From the source to the place; empty for findings without a flow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<Step>,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Stable identity.
    pub fingerprint: Fingerprint,
    /// Who wrote the line; absent before the join and outside git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Why it is not among the reported ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// What the log says that it was imported from; absent for our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Box<Reported>>,
}
