//! What a team may see: means of five persons or more, and nothing from which fewer can be worked out.
//!
//! Groups are disjoint and fixed for a period. Of every cell only groups are shown of which at least
//! five members have enough evidence; the whole is shown only if what remains of it after all shown
//! groups are taken away is nobody, or five persons or more.

use std::collections::BTreeSet;

use trueline_facts::skill::{Cell, Standing, TEAM_SKILLS_SCHEMA, TeamCell, TeamGroup, TeamSkills};

use crate::model::CELL_PRIOR;
use crate::profile::{LEAST_ANSWERS, Profile, effective_answers, standing};
use crate::subject::Subject;
use crate::update::Belief;

/// Fewer persons are never shown together.
pub const LEAST_MEMBERS: usize = 5;

/// What the whole is called.
pub const EVERYBODY: &str = "everybody";

/// A group of a period.
#[derive(Debug)]
pub struct Group<'g> {
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<&'g Profile>,
}

/// What is wrong with the groups.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GroupError {
    /// Somebody is in two: then one could be taken from the other.
    #[error("groups of a period are disjoint; somebody is in `{0}` and in another one")]
    Overlap(String),
    /// The name of the whole, or the same name twice.
    #[error("`{0}` cannot be the name of a group here: it is taken")]
    Name(String),
    /// Only persons form teams.
    #[error("an assistant is no member of `{0}`")]
    Assistant(String),
}

/// Makes the aggregates of a period.
pub fn release(period: &str, groups: &[Group<'_>]) -> Result<TeamSkills, GroupError> {
    check(groups)?;
    let everybody = Group {
        name: EVERYBODY.to_owned(),
        members: groups
            .iter()
            .flat_map(|g| g.members.iter().copied())
            .collect(),
    };
    let cells: BTreeSet<Cell> = everybody
        .members
        .iter()
        .flat_map(|profile| profile.cells().keys().copied())
        .collect();
    let mut shown: Vec<(&Group<'_>, Vec<TeamCell>)> = groups
        .iter()
        .chain([&everybody])
        .map(|g| (g, Vec::new()))
        .collect();
    for cell in cells {
        let visible = visible(groups, &everybody, cell);
        for (group, list) in &mut shown {
            if visible.contains(group.name.as_str()) {
                list.push(TeamCell {
                    cell,
                    standing: mean(group, cell),
                });
            }
        }
    }
    let (shown, withheld): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|(_, cells)| !cells.is_empty());
    Ok(TeamSkills {
        schema: TEAM_SKILLS_SCHEMA.to_owned(),
        period: period.to_owned(),
        least: LEAST_MEMBERS as u64,
        groups: shown
            .into_iter()
            .map(|(group, cells)| TeamGroup {
                name: group.name.clone(),
                members: group.members.len() as u64,
                cells,
            })
            .collect(),
        withheld: withheld.into_iter().map(|(g, _)| g.name.clone()).collect(),
    })
}

fn check(groups: &[Group<'_>]) -> Result<(), GroupError> {
    let mut names = BTreeSet::from([EVERYBODY]);
    let mut persons = BTreeSet::new();
    for group in groups {
        if !names.insert(&group.name) {
            return Err(GroupError::Name(group.name.clone()));
        }
        for member in &group.members {
            match member.subject() {
                Subject::Person(person) if persons.insert(person) => {}
                Subject::Person(_) => return Err(GroupError::Overlap(group.name.clone())),
                Subject::Assistant(_) => return Err(GroupError::Assistant(group.name.clone())),
            }
        }
    }
    Ok(())
}

/// Members who have enough evidence in the cell: only they are part of a mean.
fn contributors<'g>(group: &'g Group<'_>, cell: Cell) -> impl Iterator<Item = &'g Profile> {
    group.members.iter().copied().filter(move |profile| {
        effective_answers(profile.belief(cell), CELL_PRIOR) >= LEAST_ANSWERS
            && profile.cells().contains_key(&cell)
    })
}

/// Groups that may show the cell.
fn visible<'g>(groups: &'g [Group<'_>], everybody: &Group<'_>, cell: Cell) -> BTreeSet<&'g str> {
    let mut large: Vec<(usize, &str)> = groups
        .iter()
        .map(|group| (contributors(group, cell).count(), group.name.as_str()))
        .filter(|(count, _)| *count >= LEAST_MEMBERS)
        .collect();
    // The smallest last: it goes first.
    large.sort_by(|a, b| b.cmp(a));
    let all = contributors(everybody, cell).count();
    if all < LEAST_MEMBERS {
        return BTreeSet::new();
    }
    loop {
        let taken: usize = large.iter().map(|(count, _)| count).sum();
        let rest = all - taken;
        if rest == 0 || rest >= LEAST_MEMBERS {
            break;
        }
        large.pop();
    }
    large
        .into_iter()
        .map(|(_, name)| name)
        .chain([EVERYBODY])
        .collect()
}

/// The mean of the members, with its own uncertainty: they are independent of each other.
fn mean(group: &Group<'_>, cell: Cell) -> Standing {
    let beliefs: Vec<Belief> = contributors(group, cell).map(|p| p.belief(cell)).collect();
    let count = beliefs.len() as f64;
    let belief = Belief {
        mean: beliefs.iter().map(|b| b.mean).sum::<f64>() / count,
        variance: beliefs.iter().map(|b| b.variance).sum::<f64>() / (count * count),
    };
    standing(belief, CELL_PRIOR / count)
}
