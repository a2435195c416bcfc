//! Who proposes, requests, commits and reviews: from commits, and from what a forge says.
//! Names become pseudonyms here and go no further.

use std::collections::BTreeSet;
use std::path::Path;

use bstr::ByteSlice;
use trueline_authorship::message::{
    AccountKind, CommitText, Identity, Role, Sign, automation, signs,
};
use trueline_authorship::purpose::{Fate, LineCounts, TouchedFile, purpose};
use trueline_authorship::tools;
use trueline_facts::change::{
    Change, ChangeCommit, DataUse, FactName, FileStatus, Principal, PrincipalKind, RangeKind,
    Review, ToolUse,
};
use trueline_facts::usage::Purpose;
use trueline_facts::{EvidenceClass, Pseudonym, ToolId};
use trueline_history::model::{CommitIx, Mailmap, RawIdentity};

use super::lines::Written;
use super::proposed::{Account, Proposed, given_list, last_words, read};
use super::{Changed, States, unknown, weak};
use crate::ScanError;
use crate::reviews::tools_of;
use crate::scan::commit_id;

/// Trailers that name an author beside the author.
const CO_AUTHOR: [&str; 2] = ["co-authored-by", "co-developed-by"];
/// Under which a forge commits by itself.
const FORGE_NAME: &[u8] = b"GitHub";
const FORGE_ADDRESS: &[u8] = b"noreply@github.com";

/// What tells about a change besides its lines.
pub(super) struct Telling<'a> {
    pub(super) states: &'a States,
    pub(super) written: &'a Written,
    pub(super) proposed: Option<&'a Proposed>,
    pub(super) reviews: Option<&'a Path>,
    pub(super) files: &'a [Changed],
    /// Commits that carry a signature.
    pub(super) signed: BTreeSet<CommitIx>,
}

/// Adds who took part.
pub(super) fn add(change: &mut Change, telling: &Telling<'_>) -> Result<(), ScanError> {
    let people = People {
        root: &telling.written.root,
    };
    let mut seen: Vec<Sign> = Vec::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    commits(change, telling, &people, &mut seen, &mut names);
    let disclosed: BTreeSet<ToolId> = told_tools(telling, &seen);
    tools_and_purposes(change, telling, &seen, &disclosed);
    data(change, telling);
    if let Some(proposed) = telling.proposed {
        change.repository.branch.clone_from(&proposed.branch);
        change.author = proposed
            .author
            .as_ref()
            .map(|account| people.account(account));
        for account in proposed.author.iter().chain(&proposed.requesters) {
            if account.is_person() {
                change.requesters.push(people.account(account));
                names.extend(spellings(&account.login));
                let own = proposed.addresses.get(&account.login.to_lowercase());
                names.extend(own.into_iter().flatten().cloned());
            }
        }
        co_authors(change, &proposed.description, None, &people, &mut names);
    } else if change.range.kind == RangeKind::Range {
        change.author = change.commits.first().map(|commit| commit.author.clone());
    }
    if change.author.is_none() {
        unknown(change, FactName::Author, "nothing says who proposes it");
    }
    if telling
        .proposed
        .is_none_or(|proposed| proposed.requesters.is_empty())
    {
        unknown(
            change,
            FactName::Requester,
            "nothing says who asked a tool for code: the author and all committers are taken for it",
        );
    }
    reviews(change, telling, &people, &names)?;
    change.requesters.sort();
    change.requesters.dedup();
    Ok(())
}

/// Pseudonyms of one repository.
struct People<'a> {
    root: &'a str,
}

impl People<'_> {
    fn account(&self, account: &Account) -> Principal {
        let (kind, tool) = match account.kind() {
            AccountKind::Agent(tool) => (PrincipalKind::Agent, Some(tool)),
            AccountKind::Bot => (PrincipalKind::Bot, None),
            AccountKind::Person => (PrincipalKind::Human, None),
        };
        Principal {
            id: Pseudonym::derive(self.root, &account.login),
            kind,
            tool,
        }
    }

    fn identity(&self, raw: &RawIdentity, canonical: &[u8]) -> Principal {
        let identity = Identity {
            name: &raw.name,
            email: &raw.email,
        };
        let tool = agent(identity);
        Principal {
            id: Pseudonym::derive(self.root, &canonical.to_str_lossy()),
            kind: match (&tool, automation(&identity)) {
                (Some(_), _) => PrincipalKind::Agent,
                (None, Some(_)) => PrincipalKind::Bot,
                (None, None) => PrincipalKind::Human,
            },
            tool,
        }
    }
}

/// The tool that an identity belongs to.
fn agent(identity: Identity<'_>) -> Option<ToolId> {
    let text = CommitText {
        author: identity,
        committer: identity,
        ..CommitText::default()
    };
    let own = signs(&text)
        .into_iter()
        .find(|sign| sign.role == Role::Author);
    own.map(|sign| sign.tool)
}

/// Adds the commits of the range; collects signs of tools, and every name of who may have asked for code.
fn commits(
    change: &mut Change,
    telling: &Telling<'_>,
    people: &People<'_>,
    seen: &mut Vec<Sign>,
    names: &mut BTreeSet<String>,
) {
    let Some((history, origins)) = telling.written.told.as_deref() else {
        return;
    };
    for ix in &telling.written.commits {
        let commit = history.commit(*ix);
        let canonical =
            |raw: &RawIdentity| -> Vec<u8> { history.mailmap.resolve(raw).email.into() };
        let author = people.identity(&commit.author, &canonical(&commit.author));
        let committer = people.identity(&commit.committer, &canonical(&commit.committer));
        for (raw, principal) in [(&commit.author, &author), (&commit.committer, &committer)] {
            if principal.is_human() && !is_forge(raw) {
                change.requesters.push(principal.clone());
                names.extend(names_of(raw, &canonical(raw)));
            }
        }
        let message = commit.message.to_str_lossy();
        co_authors(change, &message, Some(&history.mailmap), people, names);
        let trailers = |keys: &[&str]| trailer_agents(&commit.message, keys);
        change.commits.push(ChangeCommit {
            id: commit_id(commit.id),
            author,
            committer,
            signed: telling.signed.contains(ix),
            approving_agents: trailers(&["reviewed-by", "acked-by", "approved-by"]),
            signing_agents: trailers(&["signed-off-by"]),
        });
        seen.extend(origins.commit(*ix).signs.iter().cloned());
    }
}

/// Adds the persons whom trailers name as authors beside the author: who wrote a part of a change is no
/// other pair of eyes.
fn co_authors(
    change: &mut Change,
    text: &str,
    mailmap: Option<&Mailmap>,
    people: &People<'_>,
    names: &mut BTreeSet<String>,
) {
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        if !CO_AUTHOR.contains(&key.trim().to_lowercase().as_str()) {
            continue;
        }
        let (name, email) = value.split_once('<').unwrap_or((value, ""));
        let email = email.split('>').next().unwrap_or_default();
        let raw = RawIdentity {
            name: name.trim().into(),
            email: email.trim().into(),
        };
        let canonical: Vec<u8> = match mailmap {
            Some(mailmap) => mailmap.resolve(&raw).email.into(),
            None => raw.email.to_vec(),
        };
        let principal = people.identity(&raw, &canonical);
        if principal.is_human() && !is_forge(&raw) && !(raw.name.is_empty() && raw.email.is_empty())
        {
            if !raw.email.is_empty() {
                change.requesters.push(principal);
            }
            names.extend(names_of(&raw, &canonical));
        }
    }
}

/// Is it the forge itself, which merges and edits under its own name? Anybody can commit under its
/// address: with another name it is that person.
fn is_forge(raw: &RawIdentity) -> bool {
    raw.email.eq_ignore_ascii_case(FORGE_ADDRESS) && raw.name.eq_ignore_ascii_case(FORGE_NAME)
}

/// What an account of a committer may be called: the part of the address before the `@`, the account
/// in a forge's own address, the name; each also without what is no letter or digit.
fn names_of(raw: &RawIdentity, canonical: &[u8]) -> Vec<String> {
    let mut found = spellings(&raw.name.to_str_lossy());
    for email in [raw.email.as_slice(), canonical] {
        let email = email.to_str_lossy().to_lowercase();
        if email.as_bytes() == FORGE_ADDRESS {
            continue;
        }
        let (local, host) = email.split_once('@').unwrap_or((email.as_str(), ""));
        // `12+ann@users.noreply.github.com`, `12-ann@users.noreply.gitlab.com`.
        let digits = local.trim_start_matches(|c: char| c.is_ascii_digit());
        let account = match digits.strip_prefix(['+', '-']) {
            Some(account) if digits.len() < local.len() && host.contains("noreply") => account,
            _ => local.split_once('+').map_or(local, |(_, account)| account),
        };
        found.push(email.clone());
        found.extend(spellings(local));
        found.extend(spellings(account));
    }
    found.retain(|name| !name.is_empty());
    found
}

/// A name as accounts spell it: in small letters, and without what is no letter or digit.
fn spellings(name: &str) -> Vec<String> {
    let lower = name.trim().to_lowercase();
    let bare = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    vec![lower, bare]
}

/// Agents that trailers of these keys name.
fn trailer_agents(message: &[u8], keys: &[&str]) -> Vec<ToolId> {
    let mut found: Vec<ToolId> = Vec::new();
    for line in message.lines() {
        let line = line.to_str_lossy();
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        if !keys.contains(&key.trim().to_lowercase().as_str()) {
            continue;
        }
        let (name, email) = value.split_once('<').unwrap_or((value, ""));
        let identity = Identity {
            name: name.trim().as_bytes(),
            email: email.trim_end().trim_end_matches('>').as_bytes(),
        };
        let tool = agent(identity).or_else(|| tools::known(name.trim()));
        found.extend(tool.filter(|tool| !found.contains(tool)));
    }
    found
}

/// Tools that whoever reads the change is told of.
fn told_tools(telling: &Telling<'_>, seen: &[Sign]) -> BTreeSet<ToolId> {
    let visible = |sign: &&Sign| {
        sign.role != Role::Reviewer
            && matches!(
                sign.class,
                EvidenceClass::Identity | EvidenceClass::Convention
            )
    };
    let mut told: BTreeSet<ToolId> = seen
        .iter()
        .filter(visible)
        .map(|s| s.tool.clone())
        .collect();
    if let Some(proposed) = telling.proposed {
        told.extend(proposed.tools.iter().cloned());
        told.extend(tools_of(&proposed.description));
    }
    told
}

fn tools_and_purposes(
    change: &mut Change,
    telling: &Telling<'_>,
    seen: &[Sign],
    disclosed: &BTreeSet<ToolId>,
) {
    let mut used = weak::tools_of(telling.written);
    for sign in seen
        .iter()
        .filter(|sign| sign.stands_alone() && sign.role != Role::Reviewer)
    {
        if !used.keys().any(|(tool, _)| *tool == sign.tool) {
            used.insert((sign.tool.clone(), sign.model.clone()), 0);
        }
    }
    let is_proposal = telling.states.kind != RangeKind::Staged;
    change.tools = used
        .into_iter()
        .map(|((tool, model), lines)| ToolUse {
            // Evidence that names no tool was given by the change itself: no name can be asked for.
            disclosed: is_proposal
                .then(|| tool.as_str() == tools::UNSPECIFIED || disclosed.contains(&tool)),
            tool,
            model,
            lines,
        })
        .collect();
    if change.tools.iter().any(|used| used.model.is_none()) {
        unknown(change, FactName::ToolModels, "some evidence names no model");
    }
    // Lines of a change of many commits are not those of each.
    let counted = telling.written.commits.len() <= 1;
    let files: Vec<TouchedFile<'_>> = telling
        .files
        .iter()
        .map(|file| TouchedFile {
            path: file.path().as_bytes(),
            fate: match file.status() {
                FileStatus::Added => Fate::Added,
                FileStatus::Deleted => Fate::Deleted,
                FileStatus::Modified | FileStatus::Renamed => Fate::Modified,
            },
            lines: counted
                .then(|| telling.written.counts.get(file.path()))
                .flatten()
                .map(|(added, removed)| LineCounts {
                    added: *added,
                    removed: *removed,
                }),
        })
        .collect();
    let Some((history, _)) = telling.written.told.as_deref() else {
        if files.is_empty() {
            return;
        }
        let told = purpose(b"", files.iter().copied());
        if told == Purpose::Unclear {
            unknown(change, FactName::Purpose, "there is no commit message yet");
        } else {
            change.purposes.push(told);
        }
        return;
    };
    // Of the commits that AI had a part in; of all where it had none.
    let with_ai: BTreeSet<u32> = change.ai_hunks().filter_map(|hunk| hunk.commit).collect();
    let numbered = telling.written.commits.iter().zip(0..);
    let chosen = numbered.filter(|(_, at)| with_ai.is_empty() || with_ai.contains(at));
    let purposes: BTreeSet<Purpose> = chosen
        .map(|(ix, _)| purpose(&history.commit(*ix).message, files.iter().copied()))
        .collect();
    change.purposes = purposes.into_iter().collect();
}

fn data(change: &mut Change, telling: &Telling<'_>) {
    match &telling.written.reads {
        Some(reads) => {
            change.data = reads
                .iter()
                .map(|(tool, class, times)| DataUse {
                    tool: tool.clone(),
                    class: class.clone(),
                    times: *times,
                })
                .collect();
        }
        None => unknown(
            change,
            FactName::DataClasses,
            "what tools read is recorded by hooks on the machine where they ran, until the commit",
        ),
    }
}

fn reviews(
    change: &mut Change,
    telling: &Telling<'_>,
    people: &People<'_>,
    names: &BTreeSet<String>,
) -> Result<(), ScanError> {
    let from_file = match telling.reviews {
        Some(path) => Some(given_list(&read(path)?).ok_or_else(|| ScanError::Description {
            path: path.to_owned(),
            why: "no reviews: a list of GitHub's reviews, or GitLab's approvals with `approved_by`".to_owned(),
        })?),
        None => None,
    };
    let given = from_file.or_else(|| {
        telling
            .proposed
            .and_then(|proposed| proposed.reviews.clone())
    });
    let Some(given) = given else {
        let why = if telling.states.kind == RangeKind::Staged {
            "reviews come after the commit"
        } else {
            "git does not keep reviews: `--pr FILE` or `--reviews FILE` tells them"
        };
        unknown(change, FactName::Reviews, why);
        return Ok(());
    };
    let head = telling
        .proposed
        .and_then(|proposed| proposed.reviewed_head.clone())
        .or_else(|| telling.states.tip.map(|tip| tip.to_string()));
    let addresses = telling.proposed.map(|proposed| &proposed.addresses);
    for (login, review) in last_words(&given) {
        let by = people.account(&review.by);
        let own_address = addresses
            .and_then(|known| known.get(&login))
            .is_some_and(|own| own.iter().any(|address| names.contains(address)));
        change.reviews.push(Review {
            requester: change.requesters.contains(&by)
                || spellings(&login).iter().any(|name| names.contains(name))
                || own_address,
            by,
            state: review.state,
            codeowner: review.codeowner,
            after_last_push: review
                .commit
                .as_ref()
                .zip(head.as_ref())
                .map(|(commit, head)| commit == head),
        });
    }
    change.reviews.sort();
    Ok(())
}

/// Commits of a range that carry a signature.
pub(super) fn signed(
    written: &Written,
    repository: &trueline_history::repository::Repository,
) -> BTreeSet<CommitIx> {
    let Some((history, _)) = written.told.as_deref() else {
        return BTreeSet::new();
    };
    let commits = written.commits.iter().copied();
    commits
        .filter(|ix| repository.is_signed(history.commit(*ix).id))
        .collect()
}
