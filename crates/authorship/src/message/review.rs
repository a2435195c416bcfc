//! Signs that somebody looked at a change before it went in. Most review leaves none: their absence
//! says nothing.

use bstr::ByteSlice;

use super::CommitText;
use super::automation::automation;
use super::identity::{IDENTITIES, split};

/// One sign of review.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReviewSign {
    /// `Reviewed-by`, `Acked-by`, `Approved-by` or `Tested-by` of a person other than the author.
    Trailer(&'static str),
    /// The title ends in `(#123)`: a squash merge of a pull request.
    SquashMerge,
    /// `Merge pull request #123`.
    PullRequestMerge,
    /// `See merge request group/project!123`.
    MergeRequest,
    /// Phabricator: `Differential Revision:`.
    DifferentialRevision,
    /// Gerrit: `Reviewed-on:`.
    ReviewedOn,
}

/// All signs of review in a commit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReviewEvidence {
    /// The signs, ascending, each once.
    pub signs: Vec<ReviewSign>,
    /// The number of the pull or merge request, where the message says.
    pub request: Option<u64>,
}

impl ReviewEvidence {
    /// Whether there is any sign.
    #[must_use]
    pub fn is_reviewed(&self) -> bool {
        !self.signs.is_empty()
    }

    /// Whether the commit is a squash of a pull request: its trailers may stem from any of the
    /// commits that were folded into it.
    #[must_use]
    pub fn is_squash(&self) -> bool {
        self.signs.contains(&ReviewSign::SquashMerge)
    }
}

const REVIEWERS: [(&str, &str); 4] = [
    ("acked-by:", "Acked-by"),
    ("approved-by:", "Approved-by"),
    ("reviewed-by:", "Reviewed-by"),
    ("tested-by:", "Tested-by"),
];

/// The signs of review in a commit's message.
#[must_use]
pub fn review_signs(commit: &CommitText<'_>) -> ReviewEvidence {
    let mut evidence = ReviewEvidence::default();
    for (number, line) in commit.message.lines().enumerate() {
        let line = line.trim_end();
        if number == 0 {
            title(line, &mut evidence);
        }
        if let Some((name, value)) = reviewer(line) {
            if is_another_person(value, commit) {
                evidence.signs.push(ReviewSign::Trailer(name));
            }
        } else if let Some(rest) = line.strip_prefix(b"See merge request ") {
            evidence.signs.push(ReviewSign::MergeRequest);
            evidence.request = evidence
                .request
                .or(rest.rsplit_once_str("!").and_then(|(_, n)| number_in(n)));
        } else if line.starts_with(b"Differential Revision: ") {
            evidence.signs.push(ReviewSign::DifferentialRevision);
        } else if line.starts_with(b"Reviewed-on: ") {
            evidence.signs.push(ReviewSign::ReviewedOn);
        }
    }
    evidence.signs.sort_unstable();
    evidence.signs.dedup();
    evidence
}

fn title(line: &[u8], evidence: &mut ReviewEvidence) {
    if let Some(rest) = line.strip_prefix(b"Merge pull request #") {
        evidence.signs.push(ReviewSign::PullRequestMerge);
        evidence.request = number_in(rest);
        return;
    }
    let marker = line
        .strip_suffix(b")")
        .and_then(|head| head.rsplit_once_str("(#"));
    if let Some((_, digits)) = marker
        && digits.iter().all(u8::is_ascii_digit)
        && let Some(request) = number_in(digits)
    {
        evidence.signs.push(ReviewSign::SquashMerge);
        evidence.request = Some(request);
    }
}

fn reviewer(line: &[u8]) -> Option<(&'static str, &[u8])> {
    REVIEWERS.iter().find_map(|(key, name)| {
        let (head, value) = line.split_at_checked(key.len())?;
        head.eq_ignore_ascii_case(key.as_bytes())
            .then_some((*name, value))
    })
}

/// A review by the author, a bot or an AI tool is not a second person's.
fn is_another_person(value: &[u8], commit: &CommitText<'_>) -> bool {
    let who = split(value);
    let same = |one: &[u8], other: &[u8]| one.trim().eq_ignore_ascii_case(other.trim());
    let is_author = if who.email.is_empty() {
        same(who.name, commit.author.name)
    } else {
        same(who.email, commit.author.email) || same(who.name, commit.author.name)
    };
    !who.name.is_empty()
        && !is_author
        && automation(&who).is_none()
        && IDENTITIES.find(&who).is_none()
}

fn number_in(text: &[u8]) -> Option<u64> {
    let end = text
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    std::str::from_utf8(text.get(..end)?).ok()?.parse().ok()
}
