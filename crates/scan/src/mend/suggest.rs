//! The fix of one finding, tried on a copy in memory and not applied.
//!
//! The patch that the finding carries is put over the tree, the tree is checked again with what is remembered of it,
//! and the suggestion says whether the finding is gone and nothing new is there.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use thiserror::Error;
use trueline_facts::{Applicability, Finding, RepoPath};

use super::{Found, Overlay, counts, counts_of, no_more};
use crate::check::{self, Changes, Contents, Options, Tiers};
use crate::redact::{self, SecretLines};
use crate::{ScanError, Scanner, Silent};

/// A fix that was tried and not applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suggestion {
    /// The file.
    pub path: RepoPath,
    /// What it does.
    pub title: String,
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// The text of the file; secrets redacted.
    pub before: String,
    /// Its text after the fix; secrets redacted.
    pub after: String,
    /// A secret was redacted: the difference of the two texts cannot be applied as it stands.
    pub is_redacted: bool,
}

/// Why there is no suggestion.
#[derive(Debug, Error)]
pub enum NoSuggestion {
    /// No patch is known for it.
    #[error("no patch fits the code here")]
    NoPatch,
    /// It changed what it should not, or left the finding.
    #[error("the patch was tried, and the finding stayed or there was a new one")]
    NotRight,
    /// The file cannot be read as text.
    #[error("{0}")]
    Unreadable(String),
    /// The check of the tree failed.
    #[error(transparent)]
    Scan(#[from] ScanError),
}

impl Scanner {
    /// Tries the fix of a finding of this tree's last scan.
    pub fn suggest(
        &mut self,
        finding: &Finding,
        interrupt: &AtomicBool,
    ) -> Result<Suggestion, NoSuggestion> {
        let patch = finding.fix.as_ref().and_then(|fix| fix.patch.clone());
        let patch = patch.ok_or(NoSuggestion::NoPatch)?;
        let edited = finding.location.path.clone();
        let contents = self.place.contents();
        let before = contents
            .read(&edited)
            .map_err(|diagnostic| NoSuggestion::Unreadable(diagnostic.message))?;
        let before = String::from_utf8(before)
            .map_err(|_| NoSuggestion::Unreadable("it is not UTF-8".to_owned()))?;
        let after = trueline_taint::apply(&before, &patch.edits).ok_or(NoSuggestion::NoPatch)?;
        let listed = match &self.last {
            Some(last) => last.paths.as_slice(),
            None => &[],
        };
        let overlay = Overlay {
            below: &*contents,
            changed: BTreeMap::from([(edited.clone(), after.clone())]),
        };
        let only = [edited.clone()].into();
        let options = Options {
            tiers: Tiers::All,
            threads: self.request.reading.threads,
            changes: Changes::Only(&only),
            clock: SystemTime::now,
            progress: &Silent,
            interrupt,
        };
        let mut check = |contents: &dyn Contents| -> Result<Found, ScanError> {
            let checked = check::run(&self.engine, listed, contents, options, &mut self.memory)?;
            let files = checked.files.into_iter();
            Ok(files.map(|file| (file.path, file.findings)).collect())
        };
        let fixed = check(&overlay)?;
        // The second one also takes the copy out of the memory again.
        let found = check(&*contents)?;
        let nothing = BTreeMap::new();
        let is_right = fixed.iter().all(|(other, findings)| {
            let expected = if *other == edited {
                counts([finding])
            } else {
                nothing.clone()
            };
            no_more(&counts(findings), &counts_of(&found, other), &expected)
        }) && counts_of(&fixed, &edited).get(finding.rule.as_str())
            < counts_of(&found, &edited).get(finding.rule.as_str());
        if !is_right {
            return Err(NoSuggestion::NotRight);
        }
        let secrets = SecretLines::of(found.values().flatten());
        let values = secrets.values(|path| contents.read(path).unwrap_or_default());
        // What was taken out of the file stands in no finding's line any more.
        let own = redact::is_secret(finding);
        let replaced: Vec<&str> = (patch.edits.iter().filter(|_| own))
            .filter_map(|edit| before.get(edit.start_byte as usize..edit.end_byte as usize))
            .filter(|text| !text.is_empty())
            .collect();
        let shown = |text: &str| {
            let text = replaced.iter().fold(text.to_owned(), |text, secret| {
                text.replace(secret, "\"…\"")
            });
            redact::text(&values.hide(&text), |_, line| redact::line(line))
        };
        let (shown_before, shown_after) = (shown(&before), shown(&after));
        let is_same = |text: &str, shown: &str| text.lines().eq(shown.lines());
        Ok(Suggestion {
            is_redacted: !is_same(&before, &shown_before) || !is_same(&after, &shown_after),
            path: edited,
            title: patch.title,
            applicability: patch.applicability,
            before: shown_before,
            after: shown_after,
        })
    }
}
