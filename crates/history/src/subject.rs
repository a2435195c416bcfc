//! Subjects of commits as reports may show them: without addresses, owners of forks and the full
//! names of those who commit here.
//!
//! Reports name nobody unless asked to, but subjects do: merges of forges name the owner of a fork,
//! and people paste addresses and thank each other. What a change is about stays.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::ByteSlice;
use regex::Regex;

use crate::model::History;

static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[^\s<>()\[\]{},;:\x22'`/@|=]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}").ok()
});
static PULL_REQUEST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(Merge pull request #\d+) from \S+").ok());
static ELSEWHERE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(Merge .*?) of \S*[:/]\S*").ok());
static REMOTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(remote-tracking branch(?:es)? ')[^'/]+/").ok());

/// The people of one history, whose names no subject may show.
#[derive(Debug)]
pub struct Nameless {
    names: Option<AhoCorasick>,
}

impl Nameless {
    /// Of everybody who wrote or made a commit of a history. A single word may be any word and is
    /// no name here.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let raw = history
            .commits
            .iter()
            .flat_map(|commit| [&commit.author, &commit.committer]);
        let raw = raw.map(|identity| &identity.name);
        let persons = history.persons.iter().map(|person| &person.name);
        let names: BTreeSet<&[u8]> = raw
            .chain(persons)
            .map(|name| name.trim())
            .filter(|name| name.contains(&b' ') && name.is_utf8())
            .collect();
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true);
        builder.match_kind(MatchKind::LeftmostLongest);
        Self {
            names: builder.build(names).ok(),
        }
    }

    /// A subject without addresses, owners of forks and these names.
    #[must_use]
    pub fn public(&self, subject: &str) -> String {
        let text = public(subject);
        let Some(names) = &self.names else {
            return text;
        };
        let mut shown = String::new();
        names.replace_all_with(&text, &mut shown, |found, name, shown| {
            let before = text[..found.start()].chars().next_back();
            let after = text[found.end()..].chars().next();
            let is_whole = [before, after]
                .iter()
                .flatten()
                .all(|c| !c.is_alphanumeric());
            shown.push_str(if is_whole { "[name]" } else { name });
            true
        });
        shown
    }
}

/// A text without e-mail addresses.
#[must_use]
pub fn without_addresses(text: &str) -> String {
    match ADDRESS.as_ref() {
        Some(pattern) => pattern.replace_all(text, "[address]").into_owned(),
        None => text.to_owned(),
    }
}

/// The subject without e-mail addresses and without the owners that merges name: `Merge pull
/// request #1 from owner/branch` ends after the number, `Merge branch 'b' of host:owner/repo` after
/// the branch.
fn public(subject: &str) -> String {
    let mut text = subject.to_owned();
    for (pattern, with) in [
        (&PULL_REQUEST, "$1"),
        (&ELSEWHERE, "$1"),
        (&REMOTE, "$1"),
        (&ADDRESS, "[address]"),
    ] {
        if let Some(pattern) = pattern.as_ref() {
            text = pattern.replace_all(&text, with).into_owned();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_owners_of_forks_are_left_out() {
        for (subject, expected) in [
            (
                "Merge pull request #12 from ada/fix-x",
                "Merge pull request #12",
            ),
            (
                "Merge pull request #12 from ada/ada/fix: y",
                "Merge pull request #12 y",
            ),
            (
                "Merge branch 'main' of github.com:ada/app",
                "Merge branch 'main'",
            ),
            (
                "Merge branch 'main' of https://x.org/ada/app into next",
                "Merge branch 'main' into next",
            ),
            ("Merge branch 'a' of git@x.org:ada/app", "Merge branch 'a'"),
            (
                "Merge remote-tracking branch 'ada/fix'",
                "Merge remote-tracking branch 'fix'",
            ),
            (
                "Add ada@example.com to the list",
                "Add [address] to the list",
            ),
            (
                "by Ada <ada.l+x@mail.example.co.uk>.",
                "by Ada <[address]>.",
            ),
            ("mailto:adä@exämple.org", "mailto:[address]"),
        ] {
            assert_eq!(public(subject), expected);
        }
    }

    #[test]
    fn what_a_change_is_about_stays() {
        for subject in [
            "Bump @types/node from 18.1 to 20.2",
            "Use actions/checkout@v4",
            "Bump left-pad@1.2.3",
            "Merge branch 'fix' into main",
            "Merge the list of names",
            "",
        ] {
            assert_eq!(public(subject), subject);
        }
    }
}
