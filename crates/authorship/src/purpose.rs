//! What a commit is for, from its message, the paths it touches and how many lines it adds and removes.
//!
//! Versions come first (of dependencies, of the product itself), then the type of a conventional
//! commit or a gitmoji, then paths when all of them are of one kind. What is left is decided by the
//! weight of words and of lines (`data/purpose.toml`), and where none tells, by the kind of most of
//! the files.

mod lines;
mod paths;
mod subject;
mod versions;
mod words;

use bstr::ByteSlice;
use trueline_facts::usage::Purpose;

pub use lines::{Fate, LineCounts, TouchedFile};
use paths::{Kind, Touched};
use subject::Subject;

/// Longest subject that is looked at.
const LONGEST_SUBJECT: usize = 400;

/// What a commit is for.
pub fn purpose<'a>(message: &[u8], files: impl Iterator<Item = TouchedFile<'a>>) -> Purpose {
    let message = message.trim_start();
    let (line, body) = subject_and_body(message);
    let line = line.get(..LONGEST_SUBJECT).unwrap_or(line).to_str_lossy();
    let line = line.to_lowercase();
    let subject = Subject::of(&line);
    let touched = Touched::of(files);
    if versions::is_of_dependency(&subject, &touched) {
        return Purpose::Dependency;
    }
    if versions::is_release(&subject)
        && (!touched.only_docs() || versions::starts_release(&subject))
    {
        return Purpose::Infrastructure;
    }
    if subject.scope == Some(Purpose::Dependency) {
        return Purpose::Dependency;
    }
    if let Some(said) = subject.kind
        && !matches!(said, Purpose::Feature | Purpose::Fix | Purpose::Refactor)
        && !subject.is_chore
    {
        return said;
    }
    if let Some(kind) = touched.only() {
        let is_locked = touched.only_locks() && kind == Kind::Manifest;
        return match kind {
            Kind::Manifest
                if is_locked && !versions::is_relocked(words::after_area(subject.text)) =>
            {
                Purpose::Refactor
            }
            Kind::Test => Purpose::Test,
            Kind::Docs => Purpose::Docs,
            Kind::Manifest if is_locked || versions::is_about_one(subject.text) => {
                Purpose::Dependency
            }
            Kind::Infrastructure | Kind::Manifest => Purpose::Infrastructure,
        };
    }
    match subject.kind {
        Some(said) if !subject.is_chore => subject.scope.unwrap_or_else(|| match said {
            // `fix: typo in message`
            Purpose::Fix if !subject.is_revert => {
                words::of_docs_or_tests(subject.text, body).unwrap_or(said)
            }
            said => said,
        }),
        Some(_) => match words::purpose(subject.text, body, &touched) {
            // A chore is upkeep: what reads like a feature is one of the build, unless it is in the
            // sources of the product.
            Purpose::Feature if touched.has_sources() => Purpose::Feature,
            Purpose::Feature | Purpose::Unclear => Purpose::Infrastructure,
            said => said,
        },
        None => match words::purpose(subject.text, body, &touched) {
            // Words that say nothing leave it to most of the files.
            Purpose::Unclear => touched.mostly().unwrap_or(Purpose::Unclear),
            said => said,
        },
    }
}

/// The first line and the rest. A merge of a request has its title in the body.
fn subject_and_body(message: &[u8]) -> (&[u8], &[u8]) {
    let split = |text| <[u8]>::split_once_str(text, "\n").unwrap_or((text, b""));
    let (line, body) = split(message);
    let title = body.trim_start();
    if line.starts_with(b"Merge pull request #") && !title.is_empty() {
        return split(title);
    }
    (line, body)
}

#[cfg(test)]
mod tests;
