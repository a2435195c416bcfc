//! Agent Trace 0.1.0, read leniently: one record, or one record a line.
//!
//! The reference writer itself breaks the schema (`version: "1.0"`, pseudo-paths, ranges that stand
//! for a whole file), so versions are not checked, pseudo-paths are counted and skipped, and ranges
//! that may be no more than a default are marked weak. Links to transcripts are hashed, never kept.

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::{Map, Value};
use trueline_facts::{ModelId, RepoPath, SessionId, ToolId};

use crate::note::{self, LineRange};
use crate::tools;

/// Where the reference implementation appends records.
pub const PATH: &str = ".agent-trace/traces.jsonl";

/// A line longer than this is refused.
const LONGEST_RECORD: usize = 16 << 20;

/// Not files: where the reference writer records what belongs to none.
const PSEUDO_PATHS: [&str; 3] = [".shell-history", ".sessions", ".unknown"];

/// One record: what was traced on top of one revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceRecord {
    /// Line of the record, from 1.
    pub line: usize,
    /// The tool, where the record names it.
    pub tool: Option<ToolId>,
    /// The revision it refers to. In the reference writer this is HEAD *before* the commit.
    pub revision: Option<Revision>,
    /// The files.
    pub files: Vec<TraceFile>,
    /// Pseudo-paths and paths outside the repository, which were skipped: signs of use, not of
    /// authorship.
    pub skipped_paths: usize,
}

/// A revision of some version control system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Revision {
    /// A full commit id of git, in lower case.
    Git(Box<str>),
    /// Another system's id, or a shortened one.
    Other(Box<str>),
}

/// The traced lines of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceFile {
    /// The file.
    pub path: RepoPath,
    /// Its traced lines, in the order of the record.
    pub spans: Vec<Span>,
}

/// Lines with one contributor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Which lines.
    pub range: LineRange,
    /// Who wrote them.
    pub contributor: Contributor,
    /// The model, without its provider.
    pub model: Option<ModelId>,
    /// The conversation, hashed.
    pub conversation: Option<SessionId>,
    /// How much the range itself can be trusted.
    pub strength: Strength,
}

/// Who wrote a span.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Contributor {
    /// An AI tool.
    Ai,
    /// An AI tool, and a person edited the same passage.
    Mixed,
    /// A person.
    Human,
    /// Not known, or not stated.
    Unknown,
}

/// How much a range can be trusted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strength {
    /// It names lines in the middle of a file.
    Stated,
    /// It begins at line 1: the writer's default when it does not know the lines.
    Weak,
}

/// A line that is no record. Carries no text of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TraceError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: TraceProblem,
}

/// What is wrong with a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TraceProblem {
    /// Not JSON.
    #[error("the trace is not JSON")]
    Syntax,
    /// JSON of another shape.
    #[error("the trace has a member of the wrong type")]
    Shape,
    /// Too long.
    #[error("the trace is too long")]
    TooLong,
}

#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    files: Vec<FileJson>,
    #[serde(default)]
    vcs: Option<VcsJson>,
    #[serde(default)]
    tool: Option<ToolJson>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct VcsJson {
    #[serde(default, rename = "type")]
    kind: Box<str>,
    #[serde(default)]
    revision: Box<str>,
}

#[derive(Deserialize)]
struct ToolJson {
    #[serde(default)]
    name: Box<str>,
}

#[derive(Deserialize)]
struct FileJson {
    path: Box<str>,
    #[serde(default)]
    conversations: Vec<ConversationJson>,
}

#[derive(Deserialize)]
struct ConversationJson {
    #[serde(default)]
    url: Option<Box<str>>,
    #[serde(default)]
    contributor: Option<ContributorJson>,
    #[serde(default)]
    ranges: Vec<RangeJson>,
}

#[derive(Deserialize)]
struct ContributorJson {
    #[serde(default, rename = "type")]
    kind: Box<str>,
    #[serde(default)]
    model_id: Option<Box<str>>,
}

#[derive(Deserialize)]
struct RangeJson {
    start_line: u32,
    end_line: u32,
    #[serde(default)]
    contributor: Option<ContributorJson>,
}

/// Parses JSON lines; a single record may also be spread over several lines. Every line that is no
/// record becomes an error; the others are kept.
#[must_use]
pub fn parse_lines(bytes: &[u8]) -> (Vec<TraceRecord>, Vec<TraceError>) {
    let mut records = Vec::new();
    let mut errors = Vec::new();
    let mut opens = None;
    for (ix, text) in bytes.split(|&b| b == b'\n').enumerate() {
        let line = ix + 1;
        let text = text.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if text.len() > LONGEST_RECORD {
            errors.push(TraceError {
                line,
                problem: TraceProblem::TooLong,
            });
            continue;
        }
        match serde_json::from_slice::<Json>(text) {
            Ok(json) => records.push(record(json, line)),
            Err(error) => {
                // A first line that ends too soon may open a record of several lines.
                if opens.is_none() && records.is_empty() && error.classify() == Category::Eof {
                    opens = Some(line);
                }
                let problem = match error.classify() {
                    Category::Data => TraceProblem::Shape,
                    Category::Syntax | Category::Eof | Category::Io => TraceProblem::Syntax,
                };
                errors.push(TraceError { line, problem });
            }
        }
    }
    if let Some(line) = opens
        && bytes.len() <= LONGEST_RECORD
        && let Ok(json) = serde_json::from_slice::<Json>(bytes)
    {
        return (vec![record(json, line)], Vec::new());
    }
    (records, errors)
}

fn record(json: Json, line: usize) -> TraceRecord {
    let stated = json.tool.filter(|tool| !tool.name.is_empty());
    let tool = stated.map(|tool| tools::fold(&tool.name)).or_else(|| {
        // Vendors put their own members under a reverse domain: `dev.cursor`.
        json.metadata.iter().flat_map(Map::keys).find_map(|key| {
            let (_, vendor) = key.split_once('.')?;
            tools::known(vendor)
        })
    });
    let mut files = Vec::new();
    let mut skipped_paths = 0;
    for file in json.files {
        match repository_path(&file.path) {
            Some(path) => files.push(TraceFile {
                path,
                spans: file.conversations.iter().flat_map(spans).collect(),
            }),
            None => skipped_paths += 1,
        }
    }
    TraceRecord {
        line,
        tool,
        revision: json.vcs.and_then(|vcs| revision(&vcs)),
        files,
        skipped_paths,
    }
}

fn revision(vcs: &VcsJson) -> Option<Revision> {
    let id = vcs.revision.trim();
    let full = matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
    let is_git = vcs.kind.is_empty() || vcs.kind.eq_ignore_ascii_case("git");
    match (id.is_empty(), is_git && full) {
        (true, _) => None,
        (false, true) => Some(Revision::Git(id.to_ascii_lowercase().into())),
        (false, false) => Some(Revision::Other(id.into())),
    }
}

/// A path inside the repository, or nothing.
fn repository_path(path: &str) -> Option<RepoPath> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let is_inside = !path.is_empty()
        && !path.starts_with('/')
        && !path.contains("://")
        && !path.contains('\\')
        && !path.split('/').any(|part| part == "..");
    (is_inside && !PSEUDO_PATHS.contains(&path)).then(|| RepoPath::from(path))
}

fn spans(conversation: &ConversationJson) -> impl Iterator<Item = Span> + '_ {
    let url = conversation.url.as_deref().filter(|url| !url.is_empty());
    let session = url.map(|url| SessionId::new(note::session_key("agent-trace", url)));
    conversation.ranges.iter().filter_map(move |range| {
        let contributor = range
            .contributor
            .as_ref()
            .or(conversation.contributor.as_ref());
        let lines = LineRange {
            first: range.start_line,
            last: range.end_line,
        };
        (lines.first >= 1 && lines.first <= lines.last).then(|| Span {
            range: lines,
            contributor: match contributor.map(|contributor| &*contributor.kind) {
                Some("ai") => Contributor::Ai,
                Some("mixed") => Contributor::Mixed,
                Some("human") => Contributor::Human,
                _ => Contributor::Unknown,
            },
            model: contributor
                .and_then(|contributor| tools::model(contributor.model_id.as_deref()?)),
            conversation: session.clone(),
            strength: if lines.first == 1 {
                Strength::Weak
            } else {
                Strength::Stated
            },
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINIMAL: &str = r#"{"version":"0.1.0","id":"0","timestamp":"2026-01-25T10:00:00Z","files":[{"path":"src/app.ts","conversations":[{"contributor":{"type":"ai"},"ranges":[{"start_line":1,"end_line":50}]}]}]}"#;

    fn one(text: &str) -> TraceRecord {
        let (mut records, errors) = parse_lines(text.as_bytes());
        assert_eq!(errors, []);
        records.pop().unwrap()
    }

    #[test]
    fn a_minimal_record_is_read_and_its_whole_file_range_is_weak() {
        let record = one(MINIMAL);
        assert_eq!(record.files[0].path, RepoPath::from("src/app.ts"));
        assert_eq!(record.files[0].spans[0].contributor, Contributor::Ai);
        assert_eq!(record.files[0].spans[0].strength, Strength::Weak);
        assert_eq!((record.tool, record.revision), (None, None));
    }

    #[test]
    fn a_range_may_have_a_contributor_of_its_own() {
        let record = one(
            r#"{"version":"1.0","tool":{"name":"cursor-agent"},"vcs":{"type":"git","revision":"0123456789ABCDEF0123456789abcdef01234567"},
            "files":[{"path":"a","conversations":[{"url":"file:///home/me/secret.jsonl","contributor":{"type":"ai","model_id":"anthropic/claude-opus-4-5"},
            "ranges":[{"start_line":5,"end_line":9},{"start_line":12,"end_line":12,"contributor":{"type":"mixed"}},{"start_line":0,"end_line":4},{"start_line":9,"end_line":4}]}]}]}"#,
        );
        insta::assert_debug_snapshot!((&record.tool, &record.revision), @r#"
        (
            Some(
                ToolId(
                    "cursor",
                ),
            ),
            Some(
                Git(
                    "0123456789abcdef0123456789abcdef01234567",
                ),
            ),
        )
        "#);
        let spans: Vec<_> = record.files[0]
            .spans
            .iter()
            .map(|span| {
                (
                    span.range.first,
                    span.contributor,
                    span.model.is_some(),
                    span.strength,
                )
            })
            .collect();
        assert_eq!(
            spans,
            [
                (5, Contributor::Ai, true, Strength::Stated),
                (12, Contributor::Mixed, false, Strength::Stated),
            ]
        );
        assert!(
            !format!("{record:?}").contains("secret"),
            "a link to a transcript is exposed"
        );
    }

    #[test]
    fn pseudo_paths_and_paths_outside_are_skipped_and_counted() {
        let record = one(
            r#"{"metadata":{"dev.cursor":{"x":1}},"files":[{"path":".shell-history"},{"path":".sessions"},{"path":".unknown"},{"path":"/etc/passwd"},{"path":"a/../../b"},{"path":"./ok"}]}"#,
        );
        assert_eq!(record.skipped_paths, 5);
        assert_eq!(record.files[0].path, RepoPath::from("ok"));
        assert_eq!(record.tool.unwrap().as_str(), "cursor");
    }

    #[test]
    fn a_bad_line_costs_only_itself_and_is_reported_by_number() {
        let text = format!("{MINIMAL}\n\nnot json\n{{\"files\":3}}\n{MINIMAL}\n");
        let (records, errors) = parse_lines(text.as_bytes());
        assert_eq!(
            records.iter().map(|record| record.line).collect::<Vec<_>>(),
            [1, 5]
        );
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            errors,
            [
                "line 3: the trace is not JSON",
                "line 4: the trace has a member of the wrong type"
            ]
        );
    }

    #[test]
    fn one_record_may_be_spread_over_lines() {
        let spread = MINIMAL.replace(',', ",\n");
        assert_eq!(one(&spread).files.len(), 1);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_lines(&bytes);
        }
    }
}
