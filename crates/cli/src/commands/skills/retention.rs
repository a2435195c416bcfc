//! What holds for the evidence of a person where a command runs: whether there is any, and how long it is kept.
//!
//! Asked by `skills` and by `learn`, which both work with the same files.

use std::path::Path;

use anyhow::Result;
use trueline_facts::{Diagnostic, Level};
use trueline_report::counted;
use trueline_scan::{SkillsHere, skills_here};
use trueline_skills::day::Day;
use trueline_skills::store::{Environment, Folding, Store};

/// The folder of this user's own data.
pub(crate) fn store() -> Result<Store> {
    Ok(Store::find(&Environment::of_process())?)
}

/// What the base of the branch in this folder says.
pub(crate) fn here() -> Result<SkillsHere> {
    Ok(skills_here(Path::new("."))?)
}

/// Folds what is past its time today.
pub(crate) fn keep(store: &Store) -> Result<Folding> {
    Ok(store.fold_by_its_time(Day::today())?)
}

/// Says what came of it, once.
pub(crate) fn told(folding: &Folding) -> Option<Diagnostic> {
    match folding {
        Folding::Done(0) => None,
        Folding::Done(records) => Some(Diagnostic {
            level: Level::Note,
            code: "evidence-folded".to_owned(),
            path: None,
            message: format!(
                "{} past their time were folded: what they say still counts; `trueline skills keep` says how long the others are kept",
                counted(*records, "record")
            ),
        }),
        Folding::Held(places) => Some(Diagnostic {
            level: Level::Warning,
            code: "evidence-not-folded".to_owned(),
            path: None,
            message: held(places),
        }),
    }
}

/// Why nothing was folded.
pub(crate) fn held(places: &[String]) -> String {
    format!(
        "nothing is folded: {} cannot be read, and may say to keep it or dispute it; mend the line or take it out",
        places.join(", ")
    )
}
