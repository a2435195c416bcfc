//! Subjects of commits as reports may show them: without addresses, handles, owners of forks and the
//! full names of those who commit here or are named by trailers.
//!
//! Reports name nobody unless asked to, but subjects do: merges of forges name the owner of a fork,
//! and people paste addresses and thank each other. What a change is about stays.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::ByteSlice;
use regex::{Captures, Regex};
use trueline_authorship::message::{CommitText, Identity, automation};
use trueline_authorship::tools;

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
/// `@handle`, but no scope of a package (`@types/node`), no version (`checkout@v4`) and no call.
static HANDLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?: (?P<before> \b (?i: by | cc | ping | (?: thanks | thx | credits? ) (?: \s+ to )? ) \s+ )
          | (?P<left> ^ | [\s(\[,;:'\x22] ) )
        @ (?P<name> [A-Za-z0-9] (?: -? [A-Za-z0-9_] ){0,38} )
        (?P<right> [/({.\-`] [A-Za-z0-9]? | )",
    )
    .ok()
});
/// What is written with `@` in code and in stylesheets, in lower case.
const OF_CODE: &[&str] = &[
    "abstractmethod",
    "apply",
    "async",
    "author",
    "beta",
    "cache",
    "cached",
    "cached_property",
    "canary",
    "charset",
    "classmethod",
    "click",
    "const",
    "contextmanager",
    "dataclass",
    "decorator",
    "deprecated",
    "dev",
    "else",
    "end",
    "example",
    "experimental",
    "font-face",
    "fixture",
    "foreach",
    "if",
    "import",
    "include",
    "inheritdoc",
    "input",
    "internal",
    "keyframes",
    "latest",
    "layer",
    "link",
    "main",
    "master",
    "media",
    "mention",
    "mentions",
    "mock",
    "mui",
    "next",
    "ngrx",
    "nuxt",
    "overload",
    "override",
    "page",
    "param",
    "parameterized",
    "patch",
    "pytest",
    "private",
    "property",
    "public",
    "return",
    "returns",
    "rpc",
    "see",
    "since",
    "staticmethod",
    "supports",
    "tailwind",
    "template",
    "test",
    "theme",
    "throws",
    "todo",
    "ts-expect-error",
    "ts-ignore",
    "ts-nocheck",
    "type",
    "typedef",
    "types",
    "use",
    "utility",
    "variant",
    "vite",
    "wraps",
];
/// Trailers that name a person, by the end of their key.
const NAMES_A_PERSON: &[u8] = b"-by";
/// The longest name that is looked for.
const LONGEST_NAME: usize = 80;

/// The people of one history, whose names no subject may show.
#[derive(Debug)]
pub struct Nameless {
    names: Option<AhoCorasick>,
}

impl Nameless {
    /// Of everybody who wrote or made a commit of a history, or whom a trailer of one names
    /// (`Co-authored-by`, `Reviewed-by`). A single word may be any word and is no name here; tools
    /// and programs are nobody.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let raw = history
            .commits
            .iter()
            .flat_map(|commit| [&commit.author, &commit.committer]);
        let raw = raw.map(|identity| &identity.name);
        let persons = history.persons.iter().map(|person| &person.name);
        let mut names: BTreeSet<&[u8]> = raw.chain(persons).map(|name| name.trim()).collect();
        for commit in &history.commits {
            names.extend(named_by_trailers(&commit.message));
        }
        names.retain(|name| name.contains(&b' ') && name.is_utf8());
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

/// The names of persons that stand in trailers of a message.
fn named_by_trailers(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    message.lines().filter_map(|line| {
        let line = line.trim_start_with(|c| matches!(c, ' ' | '*' | '-'));
        let (key, value) = line.split_once_str(":")?;
        let is_key = !key.is_empty()
            && key.len() <= 32
            && key.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-')
            && key.to_ascii_lowercase().ends_with(NAMES_A_PERSON);
        let (name, email) = value.split_once_str("<")?;
        let name = name.trim();
        let email = email.split_once_str(">").map_or(email, |(email, _)| email);
        (is_key && !name.is_empty() && name.len() <= LONGEST_NAME && !is_tool(name, email))
            .then_some(name)
    })
}

/// Whether a name and an address are those of an AI tool or of a program.
fn is_tool(name: &[u8], email: &[u8]) -> bool {
    let identity = Identity { name, email };
    let commit = CommitText {
        author: identity,
        committer: identity,
        ..CommitText::default()
    };
    let signs = trueline_authorship::message::signs(&commit);
    signs
        .iter()
        .any(|sign| sign.confidence > trueline_facts::Confidence::Low)
        || automation(&identity).is_some()
        || name.ends_with(b"[bot]")
        || tools::known(&name.to_str_lossy()).is_some()
}

/// A text without handles of people.
fn without_handles(text: &str) -> String {
    let Some(pattern) = HANDLE.as_ref() else {
        return text.to_owned();
    };
    let shown = |found: &Captures<'_>| {
        let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
        let (before, left, name, right) =
            (part("before"), part("left"), part("name"), part("right"));
        let whole = found[0].to_owned();
        // A full stop ends a sentence; more behind it is code.
        let goes_on = !matches!(right, "" | "." | "-");
        let is_tool = || tools::known(name).is_some() || name.ends_with("bot");
        // People write handles in lower case, and annotations of Java begin with a capital.
        let is_annotation = before.is_empty() && name.starts_with(|c: char| c.is_ascii_uppercase());
        if goes_on || is_annotation || OF_CODE.contains(&name) || is_tool() {
            return whole;
        }
        format!("{before}{left}[name]{right}")
    };
    pattern.replace_all(text, shown).into_owned()
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
    without_handles(&text)
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
    fn handles_of_people_are_left_out() {
        for (subject, expected) in [
            ("Fix the parser, by @bobm", "Fix the parser, by [name]"),
            ("Thanks to @BobMiller for this", "Thanks to [name] for this"),
            ("@ada-l: fix", "[name]: fix"),
            ("Fix it (@bobm, @ada).", "Fix it ([name], [name])."),
            ("Ask @bobm's question", "Ask [name]'s question"),
            ("Done by @bobm.", "Done by [name]."),
            ("cc @a @b", "cc [name] [name]"),
        ] {
            assert_eq!(public(subject), expected);
        }
    }

    #[test]
    fn trailers_name_people_and_tools_are_nobody() {
        let message: &[u8] =
            b"x\n\nCo-authored-by: Bob Miller <bob@x.org>\n* Reviewed-by: Eve Roe <e@x.org>\n\
            Signed-off-by: no address\nSee: Some One <a@b.c>\n\
            Co-Authored-By: Claude Opus 4.5 <noreply@anthropic.com>\n\
            Co-authored-by: GitHub Copilot <copilot@github.com>\n\
            Co-authored-by: Cursor Agent <cursoragent@cursor.com>\n";
        let names: Vec<&[u8]> = named_by_trailers(message).collect();
        assert_eq!(names, [&b"Bob Miller"[..], b"Eve Roe"]);
    }

    #[test]
    fn what_a_change_is_about_stays() {
        for subject in [
            "Add @media rules and @Override, drop @property",
            "Call @app.route and @pytest.fixture",
            "Bump @babel/core, use `@scope/x` and @param",
            "Let @claude and @dependabot answer",
            "Mail a@b and x @ y",
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
