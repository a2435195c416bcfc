//! Signals: what the history's tables and the origins say about use of AI, health and shadow AI.
//!
//! Pure functions of [`History`], [`Origins`] and the blobs that a [`Source`] hands out; they fill
//! the documents of `trueline_facts`. Every age is relative to HEAD's committer time. Nothing here
//! adds up shares, rework or findings over a person: comparisons are between known-AI lines and all
//! others, and groups of persons have five members at least. Statistics: `docs/METHODS.md`.

mod advice;
mod anomaly;
mod attributes;
mod breakdown;
pub mod dependencies;
mod health;
mod memo;
mod moments;
mod pipeline;
mod renamed;
mod review;
mod shadow;
mod since;
mod source;
mod survival;
mod usage;
mod view;
mod written;

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use trueline_facts::health::Health;
use trueline_facts::pipeline::Entry;
use trueline_facts::shadow::ShadowAi;
use trueline_facts::stats::Group;
use trueline_facts::usage::Usage;
use trueline_facts::{Diagnostic, RepoPath, Timestamp, ToolId};

use crate::evidence::Origins;
use crate::model::History;

pub use breakdown::{Grouping, Team, together};
pub use memo::Memo;
pub use review::ForgeReviews;
pub use since::{SinceError, since};
pub use source::{Source, Unreadable};

use memo::{Question, Reading};
use view::View;

/// Days of history that churn, rework, review and anomalies look at.
pub const WINDOW_DAYS: u32 = 365;
/// Days of history that evidence coverage looks at.
pub const COVERAGE_DAYS: u32 = 90;

/// What the caller asks for and knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignalOptions {
    /// Length of the window, in days; the same that the walk was given.
    pub window_days: u32,
    /// Length of the window of evidence coverage, in days.
    pub coverage_days: u32,
    /// Count only commits, and lines added by commits, from this time on.
    pub since: Option<Timestamp>,
    /// Count only lines of this folder or file, and commits that touched it; empty for all.
    pub below: RepoPath,
    /// The tools that `trueline.toml` approves; `None` when it lists none.
    pub approved: Option<Vec<ToolId>>,
    /// Reviews that a forge exported.
    pub reviews: ForgeReviews,
    /// What advice depends on.
    pub surroundings: Surroundings,
}

impl Default for SignalOptions {
    fn default() -> Self {
        Self {
            window_days: WINDOW_DAYS,
            coverage_days: COVERAGE_DAYS,
            since: None,
            below: RepoPath::default(),
            approved: None,
            reviews: ForgeReviews::default(),
            surroundings: Surroundings::default(),
        }
    }
}

/// What the tables do not tell about the repository and the run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Surroundings {
    /// The remote to fetch from, if there is any: `origin`.
    pub remote: Option<String>,
    /// `refs/notes/ai` exists.
    pub has_notes_ref: bool,
    /// The branch of entire.io's checkpoints is here, or a remote's.
    pub has_checkpoints: bool,
    /// Transcripts on this machine were read.
    pub reads_local_sessions: bool,
}

/// Contents, and what was found in them before.
#[derive(Clone, Copy, Debug)]
struct Blobs<'a> {
    source: &'a dyn Source,
    memo: Option<&'a Memo>,
}

impl Blobs<'_> {
    /// The answer to a question about contents; `None` where one of them could not be read.
    fn answer<T: Serialize + DeserializeOwned>(
        self,
        question: impl FnOnce() -> Question,
        find: impl FnOnce(&dyn Source) -> Option<T>,
    ) -> Option<T> {
        match self.memo {
            Some(memo) => memo.answer(question(), || find(self.source)),
            None => find(self.source),
        }
    }

    /// The answer to a question about contents, also from a part of them; only whole ones are kept.
    fn answer_in_part<T: Serialize + DeserializeOwned + Default>(
        self,
        question: impl FnOnce() -> Question,
        find: impl FnOnce(&dyn Source) -> (T, Reading),
    ) -> T {
        let mut partial = None;
        let whole = self.answer(question, |source| match find(source) {
            (answer, Reading::Whole) => Some(answer),
            (answer, Reading::Partial) => {
                partial = Some(answer);
                None
            }
        });
        whole.or(partial).unwrap_or_default()
    }
}

/// All signals of one repository, computed on demand from shared tables.
#[derive(Debug)]
pub struct Signals<'a> {
    view: View<'a>,
    source: &'a dyn Source,
    memo: Option<&'a Memo>,
}

impl<'a> Signals<'a> {
    /// Looks at a history and its origins; blobs are read from `source` where a content decides.
    #[must_use]
    pub fn new(
        history: &'a History,
        origins: &'a Origins,
        source: &'a dyn Source,
        options: &'a SignalOptions,
    ) -> Self {
        Self {
            view: View::new(history, origins, options, source),
            source,
            memo: None,
        }
    }

    /// Takes what earlier runs found from `memo`, and adds what this one finds.
    #[must_use]
    pub fn recalling(self, memo: &'a Memo) -> Self {
        Self {
            memo: Some(memo),
            ..self
        }
    }

    fn blobs(&self) -> Blobs<'_> {
        Blobs {
            source: self.source,
            memo: self.memo,
        }
    }

    /// Which tools are used, where, since when and for what.
    #[must_use]
    pub fn usage(&self) -> Usage {
        usage::usage(&self.view, self.source)
    }

    /// How the code ages and what is out of the ordinary.
    #[must_use]
    pub fn health(&self) -> Health {
        health::health(&self.view, self.blobs())
    }

    /// Signs of AI tools in HEAD's tree and in deleted history, and what could not be looked at.
    #[must_use]
    pub fn shadow_ai(&self) -> (ShadowAi, Vec<Diagnostic>) {
        shadow::shadow_ai(&self.view, self.blobs())
    }

    /// The tools that lines or commits name, whatever part or time is asked for.
    #[must_use]
    pub fn tools_named(&self) -> BTreeSet<&ToolId> {
        shadow::named(&self.view)
    }

    /// Where AI enters, from commits and from the signs that [`Self::shadow_ai`] found.
    #[must_use]
    pub fn pipeline(&self, shadow: &ShadowAi) -> Vec<Entry> {
        pipeline::pipeline(&self.view, shadow)
    }

    /// The lines of the person with this e-mail, the mailmap considered: only ever for whoever runs
    /// the command.
    #[must_use]
    pub fn mine(&self, email: &str) -> Group {
        breakdown::mine(&self.view, email)
    }
}
