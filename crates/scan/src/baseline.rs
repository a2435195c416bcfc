//! Baselines: the findings that a team has decided to live with for now, by fingerprint. What is in
//! the baseline is counted and not reported, so that only new findings ask for attention.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::unread;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use trueline_facts::{Diagnostic, Finding, Fingerprint, Level, RepoPath, RuleId, Suppression};

/// The schema id that opens the document.
const SCHEMA: &str = "trueline.baseline/1";
/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// Why a baseline could not be read.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// The file cannot be read.
    #[error(
        "{}: {}",
        path.display(),
        unread(source, "`trueline scan --write-baseline FILE` writes one")
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is larger than a baseline can be.
    #[error("{}: larger than {MAX_BYTES} bytes, this is no baseline", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is no baseline.
    #[error("{}: not a baseline of `trueline scan --write-baseline`: {source}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
    /// The file is of another version.
    #[error("{}: schema `{found}` is not `{SCHEMA}`", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: String,
    },
}

/// A baseline.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    schema: String,
    findings: Vec<Entry>,
}

/// A finding that is known; only the fingerprint decides.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fingerprint: Fingerprint,
    rule: RuleId,
    path: RepoPath,
}

impl Baseline {
    /// Everything that was found.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let mut entries: Vec<Entry> = findings
            .iter()
            .map(|f| Entry {
                fingerprint: f.fingerprint.clone(),
                rule: f.rule.clone(),
                path: f.location.path.clone(),
            })
            .collect();
        entries.sort_by(|a, b| (&a.path, &a.rule, a).cmp(&(&b.path, &b.rule, b)));
        entries.dedup();
        Self {
            schema: SCHEMA.to_owned(),
            findings: entries,
        }
    }

    /// Reads a baseline.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let read = |source| BaselineError::Read {
            path: path.to_owned(),
            source,
        };
        // Before it is opened: a pipe would be waited for.
        if !std::fs::metadata(path).map_err(read)?.is_file() {
            return Err(read(std::io::Error::other("not a regular file")));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
            .map_err(read)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(BaselineError::TooLarge {
                path: path.to_owned(),
            });
        }
        let baseline: Self =
            serde_json::from_slice(&bytes).map_err(|source| BaselineError::Syntax {
                path: path.to_owned(),
                source,
            })?;
        if baseline.schema != SCHEMA {
            return Err(BaselineError::Schema {
                path: path.to_owned(),
                found: baseline.schema,
            });
        }
        Ok(baseline)
    }

    /// A baseline from its text; `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let baseline: Self = serde_json::from_str(text).ok()?;
        (baseline.schema == SCHEMA).then_some(baseline)
    }

    /// What it knows findings by.
    pub(crate) fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|entry| entry.fingerprint.as_str())
    }

    /// Rule, path and fingerprint of each entry.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&RuleId, &RepoPath, &str)> {
        let entries = self.findings.iter();
        entries.map(|entry| (&entry.rule, &entry.path, entry.fingerprint.as_str()))
    }

    /// The document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Texts and lists always have a JSON form.
        serde_json::to_string_pretty(self).map_or_else(|_| String::new(), |json| json + "\n")
    }

    /// Compares findings with it.
    pub(crate) fn comparison(&self) -> Comparison<'_> {
        Comparison {
            seen: self
                .findings
                .iter()
                .map(|e| (e.fingerprint.as_str(), false))
                .collect(),
        }
    }
}

/// Which entries of a baseline were found again.
pub(crate) struct Comparison<'b> {
    seen: BTreeMap<&'b str, bool>,
}

impl Comparison<'_> {
    /// Takes the known findings out.
    pub(crate) fn take_known(&mut self, findings: &mut Vec<Finding>) -> Vec<Finding> {
        let (mut known, mut new) = (Vec::new(), Vec::with_capacity(findings.len()));
        for mut finding in findings.drain(..) {
            if let Some(seen) = self.seen.get_mut(finding.fingerprint.as_str()) {
                *seen = true;
                finding.suppression = Some(Suppression::Baseline);
                known.push(finding);
            } else {
                new.push(finding);
            }
        }
        *findings = new;
        known
    }

    /// Says how many entries are found no more. A part of the tree, or the changed lines alone,
    /// cannot tell.
    pub(crate) fn outdated(&self) -> Option<Diagnostic> {
        let gone = self.seen.values().filter(|seen| !**seen).count();
        (gone > 0).then(|| {
            Diagnostic::new(
                Level::Note,
                "baseline-outdated",
                format!(
                    "{gone} {} found no more: write it anew, so that they cannot come back unseen",
                    if gone == 1 {
                        "finding of the baseline is"
                    } else {
                        "findings of the baseline are"
                    }
                ),
            )
        })
    }
}
