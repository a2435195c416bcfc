//! A pull or merge request as a file describes it: our own form, what the APIs of GitHub and GitLab
//! answer, or what `import reviews` kept of them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trueline_authorship::message::{AccountKind, account_kind};
use trueline_facts::change::ReviewState;
use trueline_facts::{Timestamp, ToolId};

use crate::ScanError;
use crate::reviews::Request;

/// Longest file that is read.
const MAX_BYTES: u64 = 16 << 20;
/// Most reviews that are looked at.
const MOST_REVIEWS: usize = 2_000;
/// The schema of our own form.
const SCHEMA: &str = "trueline.pull-request/1";

/// A pull or merge request as a file describes it.
#[derive(Debug, Default)]
pub(super) struct Proposed {
    pub(super) base: String,
    pub(super) head: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) author: Option<Account>,
    /// Who asked for it, besides the author: named, or assigned to what an agent opened.
    pub(super) requesters: Vec<Account>,
    pub(super) description: String,
    /// Tools that the description names, of one whose text was not kept.
    pub(super) tools: Vec<ToolId>,
    pub(super) reviews: Option<Vec<Given>>,
    /// The commit that reviews were given on, where the tip is what a merge made of it.
    pub(super) reviewed_head: Option<String>,
    /// Minutes from opening to the first approval.
    minutes_to_approval: Option<u64>,
    /// Addresses of an account, where the file tells.
    pub(super) addresses: BTreeMap<String, Vec<String>>,
}

/// An account of a forge.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) login: String,
    /// Does the forge say that it is no person's? Where it does not, the name may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) bot: bool,
}

impl Account {
    /// Whose it is, by what the forge says and by its name.
    pub(crate) fn kind(&self) -> AccountKind {
        match account_kind(&self.login) {
            AccountKind::Person if self.bot => AccountKind::Bot,
            kind => kind,
        }
    }

    /// Is it a person's?
    pub(crate) fn is_person(&self) -> bool {
        self.kind().is_person()
    }

    /// Is it the same account? Forges do not look at the case.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.login.to_lowercase() == other.login.to_lowercase()
    }
}

/// Who opened a request and who asked for it, in the words of GitHub's or GitLab's API: one reading for
/// a request at hand and for one that is imported. Whoever has an agent open a request is assigned to it.
pub(crate) fn proposers(request: &Value) -> (Option<Account>, Vec<Account>) {
    let author = request.get("user").or_else(|| request.get("author"));
    let author = author.and_then(account);
    let by_program = author.as_ref().is_some_and(|author| !author.is_person());
    let assigned = request.get("assignees").and_then(Value::as_array);
    let assigned = assigned.filter(|_| by_program).into_iter().flatten();
    let assigned = assigned.chain(request.get("assignee").filter(|_| by_program));
    let mut requesters: Vec<Account> = assigned
        .take(MOST_REVIEWS)
        .filter_map(account)
        .filter(Account::is_person)
        .collect();
    requesters.sort();
    requesters.dedup();
    (author, requesters)
}

/// A review as a forge has it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) by: Account,
    pub(crate) state: ReviewState,
    /// The commit that it was given on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) codeowner: Option<bool>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<Timestamp>,
}

impl Proposed {
    /// Reads a description.
    pub(super) fn read(file: &Path) -> Result<Self, ScanError> {
        let document = read(file)?;
        let wrong = |why: &str| ScanError::Description {
            path: file.to_owned(),
            why: why.to_owned(),
        };
        let form = "a description has `base`, or is `{\"pull_request\": …, \"reviews\": […]}` of GitHub's API, or \
                    `{\"merge_request\": …, \"approvals\": …}` of GitLab's; see docs/policy.md";
        let mut proposed = if let Some(github) = document.get("pull_request") {
            Self::github(github, document.get("reviews"))
        } else if let Some(gitlab) = document.get("merge_request") {
            Self::gitlab(gitlab, document.get("approvals"))
        } else {
            if let Some(schema) = document.get("schema").and_then(Value::as_str)
                && schema != SCHEMA
            {
                return Err(wrong(&format!("schema `{schema}` is not `{SCHEMA}`")));
            }
            Self::own(&document)
        };
        // Who gives the file may know the branch better than the forge did when it answered.
        if let Some(proposed) = &mut proposed {
            let text = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
            proposed.base = text("base").unwrap_or_else(|| std::mem::take(&mut proposed.base));
            proposed.head = text("head").or_else(|| proposed.head.take());
        }
        proposed.ok_or_else(|| wrong(form))
    }

    /// What an import kept of a request.
    pub(super) fn of_export(request: &Request) -> Self {
        Self {
            branch: request.branch.clone(),
            author: request.author.clone(),
            requesters: request.requesters().cloned().collect(),
            tools: request.tools.clone(),
            reviews: Some(request.reviews.clone()),
            reviewed_head: Some(request.head.clone()),
            minutes_to_approval: request.minutes_to_approval(),
            ..Self::default()
        }
    }

    /// Minutes from opening to the first approval, where both moments are known.
    pub(super) const fn minutes_to_approval(&self) -> Option<u64> {
        self.minutes_to_approval
    }

    fn own(document: &Value) -> Option<Self> {
        let text = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut proposed = Self {
            base: text("base")?,
            head: text("head"),
            branch: text("branch"),
            author: document.get("author").and_then(account),
            requesters: document
                .get("requester")
                .and_then(account)
                .into_iter()
                .collect(),
            description: text("description").unwrap_or_default(),
            ..Self::default()
        };
        if let Some(reviews) = document.get("reviews").and_then(Value::as_array) {
            proposed.reviews = Some(
                reviews
                    .iter()
                    .take(MOST_REVIEWS)
                    .filter_map(given)
                    .collect(),
            );
        }
        let people = document.get("people").and_then(Value::as_object);
        for (login, addresses) in people.into_iter().flatten() {
            let addresses = addresses.as_array().into_iter().flatten();
            let addresses = addresses.filter_map(Value::as_str).map(str::to_lowercase);
            proposed
                .addresses
                .insert(login.to_lowercase(), addresses.collect());
        }
        Some(proposed)
    }

    fn github(request: &Value, reviews: Option<&Value>) -> Option<Self> {
        let text = |pointer: &str| request.pointer(pointer)?.as_str().map(str::to_owned);
        let (author, requesters) = proposers(request);
        Some(Self {
            base: text("/base/sha")?,
            head: text("/head/sha"),
            branch: text("/base/ref"),
            author,
            requesters,
            description: format!(
                "{}\n\n{}",
                text("/title").unwrap_or_default(),
                text("/body").unwrap_or_default()
            ),
            reviews: reviews.and_then(given_list),
            ..Self::default()
        })
    }

    fn gitlab(request: &Value, approvals: Option<&Value>) -> Option<Self> {
        let text = |pointer: &str| request.pointer(pointer)?.as_str().map(str::to_owned);
        let (author, requesters) = proposers(request);
        Some(Self {
            // `base_sha` is where the branch left: its policy may be older than what the team decided since.
            // `start_sha` is the branch that it goes into.
            base: text("/diff_refs/start_sha").or_else(|| text("/diff_refs/base_sha"))?,
            head: text("/diff_refs/head_sha").or_else(|| text("/sha")),
            branch: text("/target_branch"),
            author,
            requesters,
            description: format!(
                "{}\n\n{}",
                text("/title").unwrap_or_default(),
                text("/description").unwrap_or_default()
            ),
            reviews: approvals.and_then(given_list),
            ..Self::default()
        })
    }
}

pub(crate) fn read(file: &Path) -> Result<Value, ScanError> {
    let wrong = |why: String| ScanError::Description {
        path: file.to_owned(),
        why,
    };
    let size = std::fs::metadata(file)
        .map_err(|error| wrong(error.kind().to_string()))?
        .len();
    if size > MAX_BYTES {
        return Err(wrong(format!(
            "{size} bytes; a description has at most {MAX_BYTES}"
        )));
    }
    let bytes = std::fs::read(file).map_err(|error| wrong(error.kind().to_string()))?;
    // Lists may stand one after another, as pages of an answer do.
    let mut pages = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
    let mut whole = match pages.next() {
        Some(first) => first.map_err(|error| wrong(format!("no JSON: {error}")))?,
        None => return Err(wrong("no JSON: it is empty".to_owned())),
    };
    for page in pages {
        match (
            &mut whole,
            page.map_err(|error| wrong(format!("no JSON: {error}")))?,
        ) {
            (Value::Array(all), Value::Array(more)) => all.extend(more),
            _ => return Err(wrong("no JSON: more than one document".to_owned())),
        }
    }
    Ok(whole)
}

/// A moment as forges write it.
pub(crate) fn moment(value: &Value) -> Option<Timestamp> {
    serde_json::from_value(value.clone()).ok()
}

/// An account: a login, or an object that has one.
pub(crate) fn account(value: &Value) -> Option<Account> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let login = value
        .as_str()
        .or_else(|| text("login"))
        .or_else(|| text("username"))?;
    let says =
        |key: &str, person: &str| text(key).is_some_and(|kind| !kind.eq_ignore_ascii_case(person));
    // GitHub: `type`, `Bot` or an app's; GitLab: `bot` and, for administrators, `user_type`.
    let bot = value.get("bot").and_then(Value::as_bool) == Some(true)
        || says("type", "user")
        || says("user_type", "human")
        || says("kind", "human");
    Some(Account {
        login: login.to_owned(),
        bot,
    })
}

/// The last word of each reviewer, by login in lower case; a comment takes nothing back. Forges list reviews in the order
/// in which they came; where both moments are known, they decide.
pub(crate) fn last_words(given: &[Given]) -> BTreeMap<String, &Given> {
    let mut last: BTreeMap<String, &Given> = BTreeMap::new();
    for review in given {
        let login = review.by.login.to_lowercase();
        let stays = last.get(&login).is_some_and(|known| {
            let is_comment = |one: &Given| one.state == ReviewState::Commented;
            let is_earlier = review.at.zip(known.at).is_some_and(|(at, then)| at < then);
            !is_comment(known) && (is_comment(review) || is_earlier)
        });
        if !stays {
            last.insert(login, review);
        }
    }
    last
}

/// Reviews of GitHub (a list), approvals of GitLab (an object with `approved_by`), or our own.
pub(crate) fn given_list(value: &Value) -> Option<Vec<Given>> {
    if let Some(approved) = value.get("approved_by").and_then(Value::as_array) {
        let approved = approved.iter().take(MOST_REVIEWS);
        return Some(
            approved
                .filter_map(|entry| {
                    Some(Given {
                        by: account(entry.get("user")?)?,
                        state: ReviewState::Approved,
                        commit: None,
                        codeowner: None,
                        at: entry.get("approved_at").and_then(moment),
                    })
                })
                .collect(),
        );
    }
    let list = value
        .as_array()
        .or_else(|| value.get("reviews").and_then(Value::as_array))?;
    Some(list.iter().take(MOST_REVIEWS).filter_map(given).collect())
}

fn given(value: &Value) -> Option<Given> {
    let by = value.get("by").or_else(|| value.get("user"))?;
    let state = value.get("state")?.as_str()?.to_lowercase();
    let commit = value.get("commit").or_else(|| value.get("commit_id"));
    Some(Given {
        by: account(by)?,
        state: match state.as_str() {
            "approved" => ReviewState::Approved,
            "changes_requested" | "changes-requested" => ReviewState::ChangesRequested,
            "dismissed" => ReviewState::Dismissed,
            _ => ReviewState::Commented,
        },
        commit: commit.and_then(Value::as_str).map(str::to_owned),
        codeowner: value.get("codeowner").and_then(Value::as_bool),
        at: value.get("submitted_at").and_then(moment),
    })
}
