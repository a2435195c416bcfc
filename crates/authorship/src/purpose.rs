//! What a commit is for, from its subject and the paths it touches.
//!
//! Paths decide when all of them are of one kind (only tests, only documents, …); then the type of a
//! conventional commit or a gitmoji; then words. Words: `data/purpose.toml`. What none of them tells
//! is unclear.

mod paths;

use std::sync::LazyLock;

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use trueline_facts::usage::Purpose;

use paths::{Kind, Touched};

/// Longest subject that is looked at.
const LONGEST_SUBJECT: usize = 400;

type ByPurpose = std::collections::BTreeMap<Purpose, Vec<Box<str>>>;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Table {
    types: ByPurpose,
    scopes: ByPurpose,
    emoji: ByPurpose,
    phrases: ByPurpose,
    first: ByPurpose,
    anywhere: ByPurpose,
}

const SOURCE: &str = include_str!("../data/purpose.toml");

struct Words {
    types: FxHashMap<Box<str>, Purpose>,
    scopes: FxHashMap<Box<str>, Purpose>,
    emoji: Vec<(Box<str>, Purpose)>,
    phrases: Vec<(Box<str>, Purpose)>,
    first: FxHashMap<Box<str>, Purpose>,
    anywhere: FxHashMap<Box<str>, Purpose>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let table: Table = crate::table::embedded(SOURCE);
    let pairs = |words: &ByPurpose| -> Vec<(Box<str>, Purpose)> {
        let pair = |(purpose, words): (&Purpose, &Vec<Box<str>>)| {
            let purpose = *purpose;
            words
                .iter()
                .map(move |word| (word.clone(), purpose))
                .collect::<Vec<_>>()
        };
        words.iter().flat_map(pair).collect()
    };
    Words {
        types: pairs(&table.types).into_iter().collect(),
        scopes: pairs(&table.scopes).into_iter().collect(),
        emoji: pairs(&table.emoji),
        phrases: pairs(&table.phrases),
        first: pairs(&table.first).into_iter().collect(),
        anywhere: pairs(&table.anywhere).into_iter().collect(),
    }
});

/// What a commit is for.
pub fn purpose<'a>(message: &[u8], paths: impl Iterator<Item = &'a [u8]>) -> Purpose {
    let line = message.trim_start().lines().next().unwrap_or_default();
    let line = line.get(..LONGEST_SUBJECT).unwrap_or(line).to_str_lossy();
    let subject = line.to_lowercase();
    let touched = Touched::of(paths);
    let subject = Subject::of(&subject);
    if is_version_change(&subject, &touched) {
        return Purpose::Dependency;
    }
    if subject
        .scope
        .is_some_and(|scope| scope == Purpose::Dependency)
    {
        return Purpose::Dependency;
    }
    if let Some(said) = subject.kind
        && !matches!(said, Purpose::Feature | Purpose::Fix | Purpose::Refactor)
        && !subject.is_chore
    {
        return said;
    }
    if let Some(kind) = touched.only() {
        return match kind {
            Kind::Test => Purpose::Test,
            Kind::Docs => Purpose::Docs,
            Kind::Manifest if says_version(subject.text) || touched.only_locks() => {
                Purpose::Dependency
            }
            Kind::Infrastructure | Kind::Manifest => Purpose::Infrastructure,
        };
    }
    match (subject.kind, subject.is_chore) {
        (Some(said), false) => subject.scope.unwrap_or(said),
        (_, true) => match in_words(subject.text) {
            // A chore is upkeep: what reads like a feature is one of the build.
            Some(Purpose::Feature | Purpose::Unclear) | None => Purpose::Infrastructure,
            Some(said) => said,
        },
        (None, false) => in_words(subject.text).unwrap_or(Purpose::Unclear),
    }
}

/// A subject in lower case, taken apart.
struct Subject<'s> {
    /// What its type or emoji says.
    kind: Option<Purpose>,
    scope: Option<Purpose>,
    /// `chore` says no more than that it is upkeep.
    is_chore: bool,
    /// What follows tags, type and emoji, without a trailing `(#123)`.
    text: &'s str,
}

impl<'s> Subject<'s> {
    fn of(subject: &'s str) -> Self {
        let mut text = untagged(without_number(subject.trim()));
        let mut kind = None;
        if let Some((rest, purpose)) = WORDS
            .emoji
            .iter()
            .find_map(|(emoji, purpose)| Some((text.strip_prefix(&**emoji)?, *purpose)))
        {
            kind = Some(purpose);
            text = untagged(rest.trim_start_matches(['\u{fe0f}', ' ']));
        }
        let mut subject = Self {
            kind,
            scope: None,
            is_chore: false,
            text,
        };
        if let Some((head, rest)) = text.split_once(':') {
            let head = head.trim_end_matches('!');
            let (word, scope) = match head.split_once('(') {
                Some((word, scope)) => (word, scope.strip_suffix(')').unwrap_or_default()),
                None => (head, ""),
            };
            if let Some(purpose) = WORDS.types.get(word.trim()) {
                subject.kind = Some(*purpose);
                subject.is_chore = matches!(word.trim(), "chore" | "build");
                let mut scopes = scope.split([',', '/', ' ']);
                subject.scope = scopes.find_map(|scope| WORDS.scopes.get(scope.trim()).copied());
                subject.text = rest.trim();
            }
        }
        subject
    }
}

/// Without a trailing `(#123)`.
fn without_number(subject: &str) -> &str {
    match subject
        .strip_suffix(')')
        .and_then(|head| head.rsplit_once("(#"))
    {
        Some((head, number)) if number.bytes().all(|b| b.is_ascii_digit()) => head.trim_end(),
        _ => subject,
    }
}

/// Without leading `[tags]`.
fn untagged(mut text: &str) -> &str {
    while let Some((_, rest)) = text
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
    {
        text = rest.trim_start_matches([':', ' ']);
    }
    text
}

/// `Bump x from 1 to 2`, `Update dependency x to v2`, `update x action to v3`.
fn is_version_change(subject: &Subject<'_>, touched: &Touched) -> bool {
    let text = subject.text;
    let verb = [
        "bump",
        "update",
        "upgrade",
        "downgrade",
        "pin",
        "bumps",
        "updates",
    ]
    .iter()
    .any(|verb| {
        text.strip_prefix(verb)
            .is_some_and(|rest| rest.starts_with(' '))
    });
    if !verb || is_release(text) {
        return false;
    }
    let named = [
        "dependency ",
        "dependencies",
        " digest",
        "rust crate",
        " deps",
        "pre-commit hook",
        "lock file maintenance",
        "lockfile",
    ]
    .iter()
    .any(|word| text.contains(word));
    let versions = text.contains(" to v") || text.contains(" action to ") || has_two_versions(text);
    named || versions || (touched.has_manifest() && !touched.has_source() && says_version(text))
}

fn says_version(text: &str) -> bool {
    words(text).any(|word| {
        matches!(
            word,
            "bump" | "upgrade" | "update" | "dependency" | "dependencies" | "deps" | "downgrade"
        )
    }) && !is_release(text)
}

/// A version of the product itself: `bump version to 2.0`, `bump to v2`, `bump plugin version`,
/// `bump and release`. Only dependencies are bumped by name.
fn is_release(text: &str) -> bool {
    let object = ["bump ", "update "]
        .iter()
        .find_map(|verb| text.strip_prefix(verb));
    object.is_some_and(|object| {
        let mut words = words(object);
        let first = words.next();
        matches!(
            first,
            Some("to" | "version" | "versions" | "release" | "and")
        ) || words.next() == Some("version")
            || text.contains("release")
    })
}

/// `from 1.2 to 1.3`
fn has_two_versions(text: &str) -> bool {
    let after = |word: &str| {
        let rest = text.split_once(word)?.1;
        rest.trim_start_matches('v')
            .chars()
            .next()
            .map(|c| c.is_ascii_digit())
    };
    after(" from ") == Some(true) && after(" to ") == Some(true)
}

fn in_words(text: &str) -> Option<Purpose> {
    let phrase = WORDS
        .phrases
        .iter()
        .find(|(phrase, _)| text.contains(&**phrase));
    if let Some((_, purpose)) = phrase {
        return Some(*purpose);
    }
    // `ruff server: improve x`, `.entire/settings.json: trailing newline`
    let after_area = text.split_once(": ").map(|(_, rest)| rest);
    let first = |text: &str| form_of(&WORDS.first, words(text).next()?);
    let (said, text) = match (first(text), after_area) {
        (None, Some(rest)) => (first(rest), rest),
        (said, _) => (said, text),
    };
    match said {
        Some(said) => Some(object(text).unwrap_or(said)),
        None => words(text).find_map(|word| form_of(&WORDS.anywhere, word)),
    }
}

/// What the object of the verb says, where it says more than the verb: `add unit tests for x`,
/// `improve docs of x`, `fix lints`. The object ends at the first preposition.
fn object(text: &str) -> Option<Purpose> {
    const PREPOSITIONS: [&str; 14] = [
        "for", "in", "of", "to", "from", "with", "on", "when", "by", "at", "into", "as", "if",
        "about",
    ];
    let object = || {
        words(text)
            .skip(1)
            .take_while(|word| !PREPOSITIONS.contains(word))
    };
    match form_of(&WORDS.anywhere, object().last()?) {
        Some(said @ (Purpose::Test | Purpose::Docs)) => Some(said),
        _ if object().any(|word| matches!(word, "lint" | "lints" | "clippy" | "fmt")) => {
            Some(Purpose::Refactor)
        }
        _ => None,
    }
}

/// Looks up a word, then the word without the ending of a verb's form or a plural.
fn form_of(words: &FxHashMap<Box<str>, Purpose>, word: &str) -> Option<Purpose> {
    if let Some(purpose) = words.get(word) {
        return Some(*purpose);
    }
    ["ies", "es", "s", "ied", "ed", "d", "ing"]
        .iter()
        .find_map(|ending| {
            let stem = word.strip_suffix(ending).filter(|stem| stem.len() > 2)?;
            let with = |end: &str| words.get(format!("{stem}{end}").as_str()).copied();
            // `stopped`, `splitting`: the last letter is doubled.
            let doubled = stem.len() > 3 && stem.as_bytes().iter().rev().take(2).is_sorted();
            words
                .get(stem)
                .copied()
                .or_else(|| with("e"))
                .or_else(|| with("y"))
                .or_else(|| {
                    words
                        .get(stem.get(..stem.len() - 1).filter(|_| doubled)?)
                        .copied()
                })
        })
}

/// Words of a text; code in back-ticks is none.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('`')
        .step_by(2)
        .flat_map(|part| {
            part.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '_' | '/' | '.')))
        })
        .map(|word| word.trim_matches(['.', '/', '\'']))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests;
