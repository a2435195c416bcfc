//! Which files the commits of tools touch: the only trace of what takes lines away, moves a file or puts something
//! without lines in its place.

use std::collections::BTreeSet;

use trueline_facts::RepoPath;
use trueline_facts::change::AuthorKind;
use trueline_history::evidence::{CommitEvidence, Origins};
use trueline_history::model::{CommitIx, History};
use trueline_history::repository::Repository;

/// Paths that commits touch in which a tool had a part.
#[derive(Debug, Default)]
pub(super) enum Touched {
    /// None is known.
    #[default]
    Nothing,
    /// All of the change.
    Everything,
    /// These.
    Paths(BTreeSet<RepoPath>),
}

impl Touched {
    /// What the commits of a change tell. A merge brings what others wrote, and says nothing of it.
    pub(super) fn by(
        repository: &Repository,
        history: &History,
        origins: &Origins,
        commits: &[CommitIx],
    ) -> Self {
        let own: Vec<CommitIx> = commits
            .iter()
            .copied()
            .filter(|ix| !history.commit(*ix).is_merge())
            .collect();
        let with_tools: Vec<CommitIx> = own
            .iter()
            .copied()
            .filter(|ix| had_a_part(origins.commit(*ix)))
            .collect();
        if with_tools.is_empty() {
            return Self::Nothing;
        }
        if with_tools.len() == own.len() {
            return Self::Everything;
        }
        let mut paths = BTreeSet::new();
        for ix in with_tools {
            match repository.touched_by(history.commit(ix).id) {
                Ok(touched) => paths.extend(touched),
                // What cannot be told apart is the tool's.
                Err(_) => return Self::Everything,
            }
        }
        Self::Paths(paths)
    }

    /// Whose the change of a path is, as far as commits tell.
    pub(super) fn origin(&self, path: &RepoPath) -> AuthorKind {
        let is_ai = match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Paths(paths) => paths.contains(path),
        };
        if is_ai {
            AuthorKind::Ai
        } else {
            AuthorKind::Unknown
        }
    }
}

/// Did a tool have a part in a commit, by its message, its identities, its note or what it repeats? Here hints count.
fn had_a_part(evidence: &CommitEvidence) -> bool {
    let mut signs = evidence.signs.iter();
    evidence.is_ai() || signs.any(trueline_authorship::message::Sign::stands_alone)
}
