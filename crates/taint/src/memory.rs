//! What the analysis of a file leaves behind for the next run.
//!
//! Besides what was found it holds everything that the analysis looked at outside of the file: the
//! project's answers about imports, and the interfaces of other files by digest. The analysis is a
//! function of these and the file's content; where all of them are as they were, so is its result.
//! `program` asks; `trueline_scan` keeps it between runs, in the form that serde gives it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use trueline_facts::{Diagnostic, RepoPath};

use crate::Site;
use crate::digest::Digest;
use crate::project::{Answer, Project, Question, UnitId};
use crate::report::Candidate;

/// Traces of a file that are kept: those of the rounds of two runs.
const MAX_TRACES: usize = 6;

/// Whether a secret of the source is part of what is known of a file: then it stays in this process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Secrecy {
    #[default]
    Open,
    Secret,
}

/// What is remembered of one file; cheap to clone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnitMemory(Arc<Remembered>);

#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    content: Digest,
    /// What is secret is never stored, so that what was stored is open.
    #[serde(skip)]
    secrecy: Secrecy,
    asked: Vec<(Question, Answer)>,
    /// One for each round in which the file saw something else.
    traces: Vec<Trace>,
}

/// What one analysis read of other files, and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trace {
    reads: Vec<(RepoPath, Option<Digest>)>,
    interface: Digest,
    found: Arc<Found>,
}

/// What one analysis of a file found.
#[derive(PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) sites: Vec<Site>,
    /// Exposed sites of other files.
    pub(crate) sites_elsewhere: Vec<(RepoPath, Site)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Functions of other files that it calls or registers.
    pub(crate) entered: Vec<(RepoPath, u32)>,
    /// Texts that it refuses as a key or password.
    pub(crate) refused: BTreeSet<Digest>,
}

/// Whether a project still answers as it did.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answers<'p> {
    /// It is the same project.
    Known,
    /// Perhaps not: ask it, for a file.
    Ask(&'p Project, UnitId),
}

impl UnitMemory {
    /// After an analysis. What was known of the same content before stays, for other rounds.
    pub(crate) fn new(
        content: Digest,
        before: Option<&Self>,
        mut asked: Vec<(Question, Answer)>,
        mut secrecy: Secrecy,
        reads: Vec<(RepoPath, Option<Digest>)>,
        interface: Digest,
        found: &Arc<Found>,
    ) -> Self {
        let mut traces = Vec::new();
        if let Some(Self(before)) = before {
            asked.extend(before.asked.iter().cloned());
            asked.sort();
            asked.dedup();
            let dropped = before.traces.len().saturating_sub(MAX_TRACES - 1);
            if before.secrecy == Secrecy::Secret {
                secrecy = Secrecy::Secret;
            }
            traces.extend(before.traces.iter().skip(dropped).cloned());
        }
        traces.push(Trace {
            reads,
            interface,
            found: Arc::clone(found),
        });
        Self(Arc::new(Remembered {
            content,
            secrecy,
            asked,
            traces,
        }))
    }

    /// Nothing was added since the other was made.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether it may be stored: no secret of the source is in it.
    #[must_use]
    pub fn may_be_stored(&self) -> bool {
        self.0.secrecy == Secrecy::Open
    }

    /// Interfaces that it needs to be of use.
    pub fn interfaces(&self) -> impl Iterator<Item = Digest> + '_ {
        self.0.traces.iter().map(|trace| trace.interface)
    }

    pub(crate) fn content(&self) -> Digest {
        self.0.content
    }

    /// Whether the project answers as it did.
    pub(crate) fn holds(&self, answers: Answers<'_>) -> bool {
        match answers {
            Answers::Known => true,
            Answers::Ask(project, unit) => {
                let mut asked = self.0.asked.iter();
                asked.all(|(question, answer)| project.answer(unit, question) == *answer)
            }
        }
    }

    /// The interface and the findings that came of seeing what there is now, if that was seen
    /// before. `now` tells the present interface of a file.
    pub(crate) fn recall(
        &self,
        now: impl Fn(&RepoPath) -> Option<Digest>,
    ) -> Option<(Digest, Arc<Found>)> {
        let seen = |trace: &&Trace| trace.reads.iter().all(|(path, was)| now(path) == *was);
        let trace = self.0.traces.iter().rev().find(seen)?;
        Some((trace.interface, Arc::clone(&trace.found)))
    }
}
