//! Whether the skill of one person is estimated in a folder: what the base of its branch says, not the branch.
//!
//! The same rule as for gates: who works on a branch cannot change on it what holds for them.

use std::path::Path;

use trueline_facts::RepoPath;
use trueline_history::ObjectId;
use trueline_history::repository::Repository;

use crate::ScanError;
use crate::change::upstream;
use crate::config::{Config, FILE_NAME, IndividualSkills};
use crate::place::Place;

/// What holds, and where it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SkillsHere {
    /// What holds.
    pub individual: IndividualSkills,
    /// Where, for people.
    pub source: String,
}

/// What holds in a folder; the default outside of a repository that says something.
pub fn skills_here(folder: &Path) -> Result<SkillsHere, ScanError> {
    let place = Place::open(folder)?;
    let Some(repository) = place.repository() else {
        return Ok(SkillsHere {
            individual: IndividualSkills::default(),
            source: "the defaults: this is no repository".to_owned(),
        });
    };
    let Some(base) = base(repository)? else {
        return Ok(SkillsHere {
            individual: IndividualSkills::default(),
            source: "the defaults: there is no commit yet".to_owned(),
        });
    };
    let source = format!("{FILE_NAME} at {}", base.to_hex_with_len(10));
    let individual = match repository.file_at(base, &RepoPath::from(FILE_NAME))? {
        Some(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Config::parse(&text, Path::new(&source))?.individual_skills
        }
        None => IndividualSkills::default(),
    };
    Ok(SkillsHere { individual, source })
}

/// Where the branch of HEAD left the one that it goes into; HEAD itself where that is not known.
fn base(repository: &Repository) -> Result<Option<ObjectId>, ScanError> {
    let Some(head) = repository.resolve(None)? else {
        return Ok(None);
    };
    let Ok(name) = upstream(repository) else {
        return Ok(Some(head));
    };
    let Some(tip) = repository.resolve(Some(&name))? else {
        return Ok(Some(head));
    };
    let fork = repository
        .range_commits(tip, head)
        .and_then(|range| range.fork);
    Ok(Some(fork.unwrap_or(head)))
}
