//! Versions: those of dependencies, told from those of the product itself.

use trueline_facts::usage::Purpose;

use super::paths::Touched;
use super::subject::Subject;
use super::words::words;

/// Words that name a dependency in a subject that updates something.
const NAMED: [&str; 11] = [
    "dependency ",
    "dependencies",
    " digest",
    "rust crate",
    " deps",
    "pre-commit hook",
    "lock file maintenance",
    "lockfile",
    "lock file",
    "godep",
    "vendored ",
];

/// `Bump x from 1 to 2`, `Update dependency x to v2`, `update x action to v3`, `deps: x@1.2`,
/// `sync vendored x`.
pub(super) fn is_of_dependency(subject: &Subject<'_>, touched: &Touched) -> bool {
    let text = subject.text;
    let upkeep = matches!(
        subject.kind,
        None | Some(Purpose::Infrastructure | Purpose::Dependency)
    );
    let mut leading = words(text);
    let (first, second) = (
        leading.next().unwrap_or_default(),
        leading.next().unwrap_or_default(),
    );
    if upkeep && (is_pinned_name(first) || is_update(first) && is_pinned_name(second)) {
        return true;
    }
    if matches!(
        first,
        "sync" | "syncs" | "vendor" | "revendor" | "re-vendor"
    ) && (text.contains("vendor"))
        || text.contains("autoupdate")
    {
        return true;
    }
    // `Replace left-pad with right-pad`: the sources follow.
    let swaps = matches!(
        first,
        "replace" | "replaces" | "switch" | "swap" | "migrate"
    ) && (text.contains(" with ") || text.contains(" to ") || text.contains(" for "));
    if swaps && upkeep && touched.mostly_repins() {
        return true;
    }
    if !is_update(first) || is_of_product(text) {
        return false;
    }
    if matches!(
        second,
        "comment" | "comments" | "docs" | "readme" | "test" | "tests"
    ) {
        return false;
    }
    NAMED.iter().any(|word| text.contains(word))
        || text.contains(" to v") && text.split(" to v").nth(1).is_some_and(starts_with_digit)
        || text.contains(" action to ")
        || has_two_versions(text)
        || touched.has_manifest() && (!touched.has_code() || words(text).any(is_version))
}

fn is_update(word: &str) -> bool {
    ["bump", "update", "upgrade", "downgrade", "pin"]
        .iter()
        .any(|verb| {
            word.strip_prefix(verb)
                .or_else(|| word.strip_prefix(verb.strip_suffix('e')?))
                .is_some_and(|end| matches!(end, "" | "s" | "d" | "ed" | "ing"))
        })
}

/// Whether the subject of a commit that touches nothing but lock files is about versions, as it is
/// unless the files go away.
pub(super) fn is_relocked(text: &str) -> bool {
    !words(text)
        .next()
        .is_some_and(|word| word.starts_with("remov") || word.starts_with("delet"))
}

/// Whether the subject of a commit that touches nothing but manifests is about a version.
pub(super) fn is_about_one(text: &str) -> bool {
    if is_of_product(text) || text.contains("release") {
        return false;
    }
    let told = |word: &str| {
        is_update(word)
            || is_version(word)
            || matches!(
                word,
                "dependency"
                    | "dependencies"
                    | "deps"
                    | "dep"
                    | "upgrades"
                    | "versions"
                    | "gem"
                    | "gems"
            )
    };
    // The manifest also describes the product.
    let other = |word: &str| {
        matches!(
            word,
            "metadata"
                | "description"
                | "url"
                | "urls"
                | "author"
                | "authors"
                | "license"
                | "classifier"
                | "classifiers"
                | "script"
                | "scripts"
                | "keywords"
                | "homepage"
                | "repository"
                | "config"
                | "configuration"
                | "maintainers"
                | "contributors"
        )
    };
    let mut any = false;
    for word in words(text) {
        if other(word) {
            return false;
        }
        any |= told(word);
    }
    any
}

/// A release of the product itself: `1.2.3`, `release 1.2`, `start version 2`, `bump version`.
pub(super) fn is_release(subject: &Subject<'_>) -> bool {
    let text = subject.text;
    if subject
        .kind
        .is_some_and(|kind| kind != Purpose::Infrastructure)
    {
        return false;
    }
    // `axum: version 0.5.9`
    let text = text.split_once(": ").map_or(text, |(_, rest)| rest);
    if is_of_product(text) {
        return true;
    }
    let mut words = words(text);
    let (first, second, third) = (words.next(), words.next(), words.next());
    let version = |word: Option<&str>| word.is_some_and(is_version);
    let number = |word: Option<&str>| {
        word.is_some_and(|word| starts_with_digit(word.trim_start_matches('v')))
    };
    match first {
        Some("release" | "releasing" | "released" | "version" | "tag") => {
            second.is_none() || number(second) || number(third) || second == Some("version")
        }
        Some(
            "prepare" | "prepares" | "preparing" | "start" | "started" | "begin" | "back" | "set",
        ) => {
            text.contains("release")
                || text.contains(" version ")
                || text.contains("development")
                || text.contains("maintenance branch")
        }
        _ if version(first) => {
            second.is_none() || matches!(second, Some("release" | "released" | "beta" | "rc"))
        }
        // `gson 2.8.6`
        _ => version(second) && third.is_none() && !text.contains(['@', '=', '<', '>']),
    }
}

/// Whether the subject of what reads like a release opens as one; that of a document may end with
/// a version: `file format 2.0`, `update version in the manual`.
pub(super) fn starts_release(subject: &Subject<'_>) -> bool {
    const STARTS: [&str; 9] = [
        "releas", "version", "tag", "prepar", "start", "begin", "back", "set", "bump",
    ];
    let text = subject.text;
    let text = text.split_once(": ").map_or(text, |(_, rest)| rest);
    words(text)
        .next()
        .is_some_and(|word| is_version(word) || STARTS.iter().any(|start| word.starts_with(start)))
}

/// A version of the product itself: `bump version to 2.0`, `bump to v2`, `bump plugin version`,
/// `bump and release`. Only dependencies are bumped by name.
fn is_of_product(text: &str) -> bool {
    let mut words = words(text);
    if !words.next().is_some_and(is_update) {
        return text.contains("version bump") || text.contains("bump version");
    }
    let first = match words.next() {
        Some("the" | "our") => words.next(),
        first => first,
    };
    match first {
        Some("version" | "versions") => {
            // `upgrading version of hibernate`
            !text.contains("version of ") && !text.contains("versions of ")
        }
        Some("release") => true,
        Some(first) if is_version(first) => true,
        // Only others' versions are upgrades.
        Some("to") if text.starts_with("upgrad") => false,
        // `bump to 2.0`, not `update to spring boot 2.0`
        Some("to") => words.next().is_none_or(|word| {
            starts_with_digit(word.trim_start_matches('v')) || matches!(word, "version" | "next")
        }),
        _ => words.next() == Some("version") || text.contains(" release"),
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// `1.2`, `v3.0.0-beta.1`
fn is_version(word: &str) -> bool {
    let word = word.strip_prefix('v').unwrap_or(word);
    starts_with_digit(word)
        && word.split_once('.').is_some_and(|(major, rest)| {
            major.bytes().all(|b| b.is_ascii_digit()) && starts_with_digit(rest)
        })
}

/// `left-pad@1.2`, `left-pad@~1`
fn is_pinned_name(word: &str) -> bool {
    word.rsplit_once('@').is_some_and(|(name, version)| {
        !name.is_empty() && starts_with_digit(version.trim_start_matches(['^', '~', '=', 'v']))
    })
}

/// `from 1.2 to 1.3`
fn has_two_versions(text: &str) -> bool {
    let after = |word: &str| {
        text.split_once(word)
            .is_some_and(|(_, rest)| starts_with_digit(rest.trim_start_matches('v')))
    };
    after(" from ") && after(" to ")
}
