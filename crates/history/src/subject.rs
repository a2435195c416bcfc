//! Subjects of commits as reports may show them: without addresses and owners of forks.
//!
//! Reports name nobody unless asked to, but subjects do: merges of forges name the owner of a fork,
//! and people paste addresses. What a change is about stays.

use std::sync::LazyLock;

use regex::Regex;

static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[^\s<>()\[\]{},;:\x22'`/@|=]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}").ok()
});
static PULL_REQUEST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(Merge pull request #\d+) from \S+").ok());
static ELSEWHERE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(Merge .*?) of \S*[:/]\S*").ok());
static REMOTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(remote-tracking branch(?:es)? ')[^'/]+/").ok());

/// The subject without e-mail addresses and without the owners that merges name: `Merge pull
/// request #1 from owner/branch` ends after the number, `Merge branch 'b' of host:owner/repo` after
/// the branch.
#[must_use]
pub fn public(subject: &str) -> String {
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
