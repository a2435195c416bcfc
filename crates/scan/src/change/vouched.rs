//! Who committed the exceptions that may answer for something in a change: nobody permits a thing to
//! themselves by writing another person's name beside it.

use std::path::Path;

use bstr::ByteSlice;
use trueline_facts::RepoPath;
use trueline_facts::change::{Change, ExceptionWriter};
use trueline_history::began::Began;
use trueline_history::repository::Repository;
use trueline_policy::exceptions::{Exception, mailbox, may_be_same};
use trueline_policy::{EXCEPTIONS_FILE, Exceptions};

use super::judge::Judging;
use crate::config::KnownNames;

/// Commits through which an exception is followed back: it holds for some months at most.
const MOST_COMMITS: usize = 20_000;

/// Adds who committed them.
pub(super) fn add(change: &mut Change, repository: &Repository, judging: &Judging) {
    let Some(base) = judging.exceptions_at else {
        return;
    };
    let file = RepoPath::from(EXCEPTIONS_FILE);
    let now = change.evaluated_at;
    for entry in &judging.policy.exceptions.entries {
        let files = change.files.iter();
        let paths = files.flat_map(|file| [Some(&file.path), file.previous_path.as_ref()]);
        if !entry.holds_at(now) || !entry.may_speak_of(paths.flatten()) {
            continue;
        }
        let is_there = |text: &[u8]| has(text, entry, judging);
        let began = repository.began(base, &file, &is_there, MOST_COMMITS);
        change.exception_writers.push(writer(entry, began));
    }
    change.exception_writers.sort();
}

fn has(text: &[u8], entry: &Exception, judging: &Judging) -> bool {
    let read = Exceptions::parse(
        &text.to_str_lossy(),
        Path::new(EXCEPTIONS_FILE),
        &judging.policy.limits,
        &KnownNames,
    );
    read.is_ok_and(|read| {
        read.get(&entry.id)
            .is_some_and(|old| old.permits_the_same(entry))
    })
}

fn writer(entry: &Exception, began: Began) -> ExceptionWriter {
    let (is_approver, because) = match began {
        Began::With { commit, authors } => {
            let is_approver = authors.iter().any(|author| {
                let email = author.email.to_str_lossy();
                let name = author.name.to_str_lossy();
                // An account is also known by the name under which it commits.
                let is_account = mailbox(&entry.approver).1.is_empty() && !name.contains('@');
                may_be_same(&entry.approver, &email)
                    || is_account && may_be_same(&entry.approver, &name.replace(' ', ""))
            });
            let commit = commit.to_hex_with_len(10);
            (Some(is_approver), format!("commit {commit}"))
        }
        Began::BeforeShallow => (
            None,
            "the commit that brought it is not in this shallow clone (`git fetch --unshallow`)"
                .to_owned(),
        ),
        Began::TooLongAgo => (None, format!("it is older than {MOST_COMMITS} commits")),
        Began::Unreadable => (
            None,
            "objects of the commits before cannot be read".to_owned(),
        ),
    };
    ExceptionWriter {
        id: entry.id.clone(),
        is_approver,
        because,
    }
}
