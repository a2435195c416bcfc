//! What GitHub's API is sent: the summary comment, a review with suggestions, an uploaded log. Bytes in, bytes out:
//! whoever calls sends them.
//!
//! Text of a repository is escaped by the renderers whose output this is, or here; none of it passes through a shell.

mod changed;
mod review;
mod trend;

use std::io::Write as _;

use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

pub use changed::ChangedLines;
pub use review::{Review, review};
pub use trend::trend;

/// A comment holds 65,536 characters; what is cut off says so.
const LONGEST_COMMENT: usize = 65_000;
const CUT: &str = "\n\n… cut: a comment has no room for more.\n";

/// The body of a request that writes a comment.
#[must_use]
pub fn comment(markdown: &str) -> String {
    let mut body = markdown.to_owned();
    if body.chars().count() > LONGEST_COMMENT {
        let kept: String = body.chars().take(LONGEST_COMMENT - CUT.len()).collect();
        // Whole lines: a cut within a character reference or a tag would show.
        let end = kept.rfind('\n').unwrap_or(kept.len());
        body = format!("{}{CUT}", &kept[..end]);
    }
    json!({ "body": body }).to_string()
}

/// The id of the comment that `author` wrote and that begins with `marker`, in a page of comments.
///
/// Anybody can write the marker: a comment of somebody else is never taken for ours.
#[must_use]
pub fn find_comment(page: &Value, marker: &str, author: &str) -> Option<u64> {
    let comments = page.as_array()?;
    let ours = comments.iter().find(|comment| {
        let text = |pointer| comment.pointer(pointer).and_then(Value::as_str);
        text("/user/login") == Some(author)
            && text("/body").is_some_and(|body| body.trim_start().starts_with(marker))
    })?;
    ours.get("id")?.as_u64()
}

/// The body of a request that uploads a SARIF log: compressed, as base64.
#[must_use]
pub fn sarif_upload(log: &[u8], commit: &str, reference: &str) -> String {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let _ = packed.write_all(log);
    let packed = packed.finish().unwrap_or_default();
    json!({
        "commit_sha": commit,
        "ref": reference,
        "sarif": BASE64.encode(&packed),
        "tool_name": "Trueline",
    })
    .to_string()
}
