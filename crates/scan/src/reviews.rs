//! Reviews that a forge exported, kept beside the repository: who approved what, and on which commit.
//!
//! Git does not keep reviews. `import reviews` reads what the APIs of GitHub and GitLab answer, keeps
//! what gates need, and nothing of what people wrote; replays and gates find it by the commit that a
//! request became or ended at. It is no derived data, so it does not lie in the cache.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trueline_authorship::message::{CommitText, signs};
use trueline_authorship::tools;
use trueline_facts::change::ReviewState;
use trueline_facts::{CommitId, Timestamp, ToolId};
use trueline_history::repository::Repository;
use trueline_history::signals::ForgeReviews;

use crate::ScanError;
use crate::change::proposed::{Account, Given, given_list, last_words, moment, proposers};
use crate::place::Place;

/// Below the directory that linked work trees share.
const FILE: &str = "trueline/reviews.json";
/// The schema of the file.
const SCHEMA: &str = "trueline.reviews/1";
/// Longest export, and longest file that is kept.
const MAX_BYTES: u64 = 256 << 20;

/// What is kept of a pull or merge request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// `github`, `gitlab`.
    pub(crate) forge: String,
    /// Its number.
    pub(crate) number: u64,
    /// The commit that it became: of the merge, the squash, or the last one rebased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) merge: Option<String>,
    /// The last commit of its branch.
    pub(crate) head: String,
    /// The branch that it went into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) branch: Option<String>,
    /// Who opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) author: Option<Account>,
    /// Who asked an agent for it, where an agent opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) requester: Option<Account>,
    /// The others who may have, where several persons are assigned to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also_assigned: Vec<Account>,
    /// Tools that its description names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tools: Vec<ToolId>,
    /// When it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opened: Option<Timestamp>,
    /// What was said of it.
    pub(crate) reviews: Vec<Given>,
}

impl Request {
    /// Who asked an agent for it.
    pub(crate) fn requesters(&self) -> impl Iterator<Item = &Account> {
        self.requester.iter().chain(&self.also_assigned)
    }

    /// Is it the word of a person who neither opened it nor asked for it?
    fn is_independent(&self, given: &Given) -> bool {
        let mut own = self.author.iter().chain(self.requesters());
        given.by.is_person() && own.all(|one| !one.is(&given.by))
    }

    /// Did a person approve it who did not open it, and not ask for changes later?
    pub(crate) fn is_approved(&self) -> bool {
        last_words(&self.reviews)
            .into_values()
            .any(|given| given.state == ReviewState::Approved && self.is_independent(given))
    }

    /// Minutes from opening to the first approval by somebody else who is no bot.
    pub(crate) fn minutes_to_approval(&self) -> Option<u64> {
        let opened = self.opened?;
        let by_other =
            |given: &&Given| given.state == ReviewState::Approved && self.is_independent(given);
        let first = self
            .reviews
            .iter()
            .filter(by_other)
            .filter_map(|given| given.at)
            .min()?;
        u64::try_from(first.0.saturating_sub(opened.0).max(0) / 60).ok()
    }
}

/// All that is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReviewStore {
    requests: Vec<Request>,
    by_commit: BTreeMap<String, usize>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    schema: String,
    requests: Vec<Request>,
}

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ImportedReviews {
    /// Always `trueline.reviews-import/1`.
    pub schema: &'static str,
    /// Requests that the export has.
    pub read: u64,
    /// Those that were not kept yet.
    pub added: u64,
    /// Those that had changed.
    pub updated: u64,
    /// Of the export: those whose commit is in this repository.
    pub known_here: u64,
    /// Reviews in them.
    pub reviews: u64,
    /// Entries that are no request, and why, the first few.
    pub left_out: Vec<String>,
    /// All that is kept now.
    pub kept: u64,
}

impl ReviewStore {
    /// What is kept for a repository; nothing where there is no file. One that cannot be read is an
    /// error: without it reviews would silently be unknown.
    pub(crate) fn open(repository: &Repository) -> Result<Self, ScanError> {
        let path = path_of(repository);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let wrong = |why: String| ScanError::Description {
            path: path.clone(),
            why: format!("{why}; import the reviews again, or delete the file"),
        };
        let bytes = bounded(&path)?;
        let kept: Kept =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if kept.schema != SCHEMA {
            return Err(wrong(format!("schema `{}` is not `{SCHEMA}`", kept.schema)));
        }
        Ok(Self::of_requests(kept.requests))
    }

    fn of_requests(requests: Vec<Request>) -> Self {
        let mut by_commit = BTreeMap::new();
        // The merge says it for sure, so it is entered last.
        for (at, request) in requests.iter().enumerate() {
            by_commit.insert(request.head.clone(), at);
        }
        for (at, request) in requests.iter().enumerate() {
            if let Some(merge) = &request.merge {
                by_commit.insert(merge.clone(), at);
            }
        }
        Self {
            requests,
            by_commit,
        }
    }

    /// What is told of commits, for who counts reviews.
    pub(crate) fn told(&self) -> ForgeReviews {
        let mut told = ForgeReviews::default();
        for request in &self.requests {
            for id in request.merge.iter().chain([&request.head]) {
                let id = CommitId::new(id.as_str());
                if request.is_approved() {
                    told.approved.insert(id.clone());
                }
                told.told.insert(id);
            }
        }
        told
    }

    /// The request that became a commit, or whose last commit is among those of a change.
    pub(crate) fn of(&self, tip: &str, commits: &[String]) -> Option<&Request> {
        let found = self.by_commit.get(tip);
        let found = found.or_else(|| commits.iter().find_map(|id| self.by_commit.get(id)));
        self.requests.get(*found?)
    }
}

/// Reads an export and keeps what gates need of it.
pub fn import_reviews(repository: &Path, file: &Path) -> Result<ImportedReviews, ScanError> {
    let place = Place::open(repository)?;
    let repository = place.repository().ok_or_else(|| ScanError::NoRange {
        range: "import reviews".to_owned(),
        why: "there is no git repository here that reviews could be kept beside".to_owned(),
    })?;
    let entries = entries(file)?;
    let mut outcome = ImportedReviews {
        schema: "trueline.reviews-import/1",
        read: 0,
        added: 0,
        updated: 0,
        known_here: 0,
        reviews: 0,
        left_out: Vec::new(),
        kept: 0,
    };
    let known = ReviewStore::open(repository)?;
    let mut all: BTreeMap<(String, u64), Request> = known
        .requests
        .into_iter()
        .map(|request| ((request.forge.clone(), request.number), request))
        .collect();
    for (at, entry) in entries.iter().enumerate() {
        let request = match request_of(entry) {
            Ok(request) => request,
            Err(why) => {
                if outcome.left_out.len() < 5 {
                    outcome.left_out.push(format!("entry {}: {why}", at + 1));
                }
                continue;
            }
        };
        outcome.read += 1;
        outcome.reviews += request.reviews.len() as u64;
        let is_here = |id: &String| matches!(repository.resolve(Some(id)), Ok(Some(_)));
        if request.merge.iter().chain([&request.head]).any(is_here) {
            outcome.known_here += 1;
        }
        let key = (request.forge.clone(), request.number);
        match all.insert(key, request.clone()) {
            None => outcome.added += 1,
            Some(old) if old != request => outcome.updated += 1,
            Some(_) => {}
        }
    }
    if outcome.read == 0 {
        return Err(ScanError::Description {
            path: file.to_owned(),
            why: format!(
                "no request in it{}; an entry is `{{\"pull_request\": …, \"reviews\": […]}}` of GitHub's API or \
                 `{{\"merge_request\": …, \"approvals\": …}}` of GitLab's; see docs/policy.md",
                outcome
                    .left_out
                    .first()
                    .map_or_else(String::new, |first| format!(" ({first})"))
            ),
        });
    }
    outcome.kept = all.len() as u64;
    write(
        &path_of(repository),
        &Kept {
            schema: SCHEMA.to_owned(),
            requests: all.into_values().collect(),
        },
    )?;
    Ok(outcome)
}

fn path_of(repository: &Repository) -> PathBuf {
    repository.common_dir().join(FILE)
}

fn bounded(path: &Path) -> Result<Vec<u8>, ScanError> {
    let wrong = |why: String| ScanError::Description {
        path: path.to_owned(),
        why,
    };
    let size = std::fs::metadata(path)
        .map_err(|error| wrong(error.kind().to_string()))?
        .len();
    if size > MAX_BYTES {
        return Err(wrong(format!(
            "{size} bytes; at most {MAX_BYTES} are read: split the export"
        )));
    }
    std::fs::read(path).map_err(|error| wrong(error.kind().to_string()))
}

fn write(path: &Path, kept: &Kept) -> Result<(), ScanError> {
    let failed = |error: std::io::Error| ScanError::Description {
        path: path.to_owned(),
        why: format!("it cannot be written: {}", error.kind()),
    };
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut aside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let text = serde_json::to_vec_pretty(kept)
        .map_err(std::io::Error::other)
        .map_err(failed)?;
    aside.write_all(&text).map_err(failed)?;
    aside
        .persist(path)
        .map_err(|refused| failed(refused.error))?;
    Ok(())
}

/// The entries of an export: one object, a list of them, or one a line.
fn entries(file: &Path) -> Result<Vec<Value>, ScanError> {
    let bytes = bounded(file)?;
    let wrong = |error: &serde_json::Error| ScanError::Description {
        path: file.to_owned(),
        why: format!("no JSON: {error}"),
    };
    let mut entries = Vec::new();
    for value in serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>() {
        match value.map_err(|error| wrong(&error))? {
            Value::Array(items) => entries.extend(items),
            one => entries.push(one),
        }
    }
    Ok(entries)
}

/// What is kept of an entry.
fn request_of(entry: &Value) -> Result<Request, String> {
    let (forge, request, reviews) = if let Some(request) = entry.get("pull_request") {
        ("github", request, entry.get("reviews"))
    } else if let Some(request) = entry.get("merge_request") {
        ("gitlab", request, entry.get("approvals"))
    } else {
        return Err("it has neither `pull_request` nor `merge_request`".to_owned());
    };
    let text = |pointer: &str| {
        let found = request.pointer(pointer)?.as_str()?;
        (!found.is_empty()).then(|| found.to_owned())
    };
    let (number, merge, head, branch) = if forge == "github" {
        // Of a request that was closed it is a commit that was never pushed.
        let merge = text("/merged_at").and_then(|_| text("/merge_commit_sha"));
        ("number", merge, text("/head/sha"), text("/base/ref"))
    } else {
        let merge = text("/merge_commit_sha").or_else(|| text("/squash_commit_sha"));
        let head = text("/diff_refs/head_sha").or_else(|| text("/sha"));
        ("iid", merge, head, text("/target_branch"))
    };
    let number = request
        .get(number)
        .and_then(Value::as_u64)
        .ok_or_else(|| format!("the request has no `{number}`"))?;
    let head = head.ok_or_else(|| format!("request {number} names no last commit"))?;
    let reviews = reviews
        .and_then(given_list)
        .ok_or_else(|| format!("request {number} comes without its reviews"))?;
    let (author, mut requesters) = proposers(request);
    let also_assigned = requesters.split_off(requesters.len().min(1));
    let described = format!(
        "{}\n\n{}",
        text("/title").unwrap_or_default(),
        text("/body")
            .or_else(|| text("/description"))
            .unwrap_or_default()
    );
    Ok(Request {
        forge: forge.to_owned(),
        number,
        merge,
        head,
        branch,
        author,
        requester: requesters.pop(),
        also_assigned,
        tools: tools_of(&described),
        opened: request.get("created_at").and_then(moment),
        reviews,
    })
}

/// The tools that a description names to whoever reads it.
pub(crate) fn tools_of(description: &str) -> Vec<ToolId> {
    let text = CommitText {
        message: description.as_bytes(),
        ..CommitText::default()
    };
    let mut told: Vec<ToolId> = signs(&text).into_iter().map(|sign| sign.tool).collect();
    let words = description
        .split(|c: char| !c.is_alphanumeric() && c != '-' && c != ' ')
        .filter_map(tools::mentioned);
    told.extend(words.map(|(tool, _)| tool));
    told.sort();
    told.dedup();
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_approved(reviews: &[(&str, &str, &str)]) -> bool {
        let reviews: Vec<Value> = reviews
            .iter()
            .map(|(login, state, at)| {
                serde_json::json!({"user": {"login": login}, "state": state, "submitted_at": at})
            })
            .collect();
        let entry = serde_json::json!({
            "pull_request": {"number": 1, "head": {"sha": "a"}, "user": {"login": "ann"}},
            "reviews": reviews,
        });
        request_of(&entry).unwrap().is_approved()
    }

    #[test]
    fn the_last_word_of_each_reviewer_counts_and_a_comment_takes_nothing_back() {
        let (one, two) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        assert!(is_approved(&[("bob", "APPROVED", one)]));
        assert!(!is_approved(&[("ann", "APPROVED", one)]));
        assert!(!is_approved(&[
            ("bob", "APPROVED", one),
            ("Bob", "CHANGES_REQUESTED", two)
        ]));
        assert!(!is_approved(&[
            ("bob", "APPROVED", one),
            ("bob", "DISMISSED", two)
        ]));
        assert!(is_approved(&[
            ("bob", "CHANGES_REQUESTED", one),
            ("bob", "APPROVED", two)
        ]));
        assert!(is_approved(&[
            ("bob", "APPROVED", one),
            ("bob", "COMMENTED", two)
        ]));
        // Another person's approval stands, and moments decide where the order does not.
        assert!(is_approved(&[
            ("bob", "APPROVED", one),
            ("eve", "CHANGES_REQUESTED", two)
        ]));
        assert!(!is_approved(&[
            ("bob", "CHANGES_REQUESTED", two),
            ("bob", "APPROVED", one)
        ]));
    }
}
