//! What the signs of a commit say about its lines.
//!
//! A sign speaks of a whole commit, so for a line it is never more than medium sure. The table at
//! the top of `fuse` says which signs may name an author at all.

use std::cmp::Reverse;

use trueline_authorship::message::{Role, Sign};
use trueline_authorship::tools::UNSPECIFIED;
use trueline_facts::{Author, CommitId, Confidence, Evidence, EvidenceClass, Grain, Reach, ToolId};

use super::squash::read_commit;

/// One witness on a whole commit. `author` is `None` where it is too weak to name one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Witness {
    pub(super) author: Option<Author>,
    pub(super) evidence: Evidence,
}

/// How a commit relates to the lines its signs are asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bearing {
    /// The commit added the lines.
    Own,
    /// The commit added the lines, and may hide several others behind it.
    Squash,
    /// The commit was squashed or rewritten, and content says that it added the lines.
    Original,
    /// The same, and it may itself hide several others behind it.
    OriginalSquash,
}

impl Bearing {
    const fn hides_several(self) -> bool {
        matches!(self, Self::Squash | Self::OriginalSquash)
    }
}

/// The witnesses of a commit, strongest first.
pub(super) fn of_signs<'s>(
    signs: impl IntoIterator<Item = &'s Sign>,
    bearing: Bearing,
    commit: &CommitId,
) -> Vec<Witness> {
    let signs: Vec<&Sign> = signs
        .into_iter()
        .filter(|sign| sign.role != Role::Reviewer)
        .collect();
    let mut witnesses: Vec<Witness> = signs
        .iter()
        .map(|sign| {
            let confidence = confidence(sign, bearing);
            let author = names_author(sign, bearing).then(|| Author::Ai {
                tool: sign.tool.clone(),
                model: stated(&signs, sign, |s| s.model.as_ref()),
                session: stated(&signs, sign, |s| s.session.as_ref()),
                human_touched: false,
            });
            Witness {
                author,
                evidence: Evidence {
                    class: sign.class,
                    grain: Grain::Commit,
                    reach: match bearing {
                        Bearing::Own | Bearing::Squash => Reach::Direct,
                        Bearing::Original | Bearing::OriginalSquash => Reach::Inferred,
                    },
                    confidence,
                    source: sign.source.to_owned(),
                    commit: Some(commit.clone()),
                    names: None,
                },
            }
        })
        .collect();
    witnesses.sort_by(|a, b| key(a).cmp(&key(b)));
    witnesses.dedup();
    witnesses
}

fn key(witness: &Witness) -> (bool, EvidenceClass, Reverse<Confidence>, &str) {
    let evidence = &witness.evidence;
    (
        witness.author.is_none(),
        evidence.class,
        Reverse(evidence.confidence),
        &evidence.source,
    )
}

/// What a sign leaves open and another sign of the same tool on the same commit states.
fn stated<T: Clone>(signs: &[&Sign], sign: &Sign, get: impl Fn(&Sign) -> Option<&T>) -> Option<T> {
    get(sign)
        .or_else(|| {
            signs
                .iter()
                .filter(|other| other.tool == sign.tool)
                .find_map(|other| get(other))
        })
        .cloned()
}

/// Whether a sign names who wrote its commit, and not weakly.
pub(super) fn speaks_of_author(sign: &Sign) -> bool {
    sign.role != Role::Reviewer
        && sign.class != EvidenceClass::Hint
        && sign.confidence > Confidence::Low
}

/// The tools that the identities and the message of a commit name as its authors.
pub(crate) fn named_in(repo: &gix::Repository, commit: gix::ObjectId) -> Vec<ToolId> {
    let signs = read_commit(repo, commit).map(|read| read.signs);
    let signs = signs.iter().flatten().filter(|sign| speaks_of_author(sign));
    let mut tools: Vec<ToolId> = signs
        .map(|sign| sign.tool.clone())
        .filter(|tool| tool.as_str() != UNSPECIFIED)
        .collect();
    tools.sort_unstable();
    tools.dedup();
    tools
}

fn names_author(sign: &Sign, bearing: Bearing) -> bool {
    sign.confidence > Confidence::Low
        && sign.class != EvidenceClass::Hint
        && !(sign.partial && bearing.hides_several())
}

fn confidence(sign: &Sign, bearing: Bearing) -> Confidence {
    let weak = sign.partial || (bearing.hides_several() && sign.role != Role::Author);
    let most = if weak {
        Confidence::Low
    } else {
        Confidence::Medium
    };
    sign.confidence.min(most)
}
