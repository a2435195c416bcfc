//! What holds for the evidence of a person where a command runs: whether there is any, and how long it is kept.
//!
//! Asked by `skills` and by `learn`, which both work with the same files.

use std::path::Path;

use anyhow::Result;
use trueline_facts::{Diagnostic, Level};
use trueline_report::counted;
use trueline_scan::{SkillsHere, skills_here};
use trueline_skills::day::Day;
use trueline_skills::store::{Environment, Store};

/// The folder of this user's own data.
pub(crate) fn store() -> Result<Store> {
    Ok(Store::find(&Environment::of_process())?)
}

/// What the base of the branch in this folder says.
pub(crate) fn here() -> Result<SkillsHere> {
    Ok(skills_here(Path::new("."))?)
}

/// Folds what is past its time today; how many records that were.
pub(crate) fn keep(store: &Store) -> Result<u64> {
    let decisions = store.decisions()?;
    match decisions.kept_days() {
        Some(days) => Ok(store.fold(&decisions, Day::today().minus(days))?),
        None => Ok(0),
    }
}

/// Says so, once.
pub(crate) fn told(folded: u64) -> Option<Diagnostic> {
    (folded > 0).then(|| Diagnostic {
        level: Level::Note,
        code: "evidence-folded".to_owned(),
        path: None,
        message: format!(
            "{} past their time were folded: what they say still counts; `trueline skills keep` says how long the others are kept",
            counted(folded, "record")
        ),
    })
}
