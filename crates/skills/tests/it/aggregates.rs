//! Teams see means of five or more, and nothing from which fewer could be worked out.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trueline_facts::skill::{Cell, Standing, TeamSkills};
use trueline_skills::aggregate::{EVERYBODY, Group, GroupError, LEAST_MEMBERS, release};
use trueline_skills::profile::Profile;
use trueline_skills::subject::Subject;

use crate::world::{CELL, day, exercise, profile_of};

fn member(name: &str, answers: usize) -> Profile {
    let rows: Vec<_> = (0..answers)
        .map(|n| exercise(&format!("a{n:02}"), "2026-05-01", CELL, n % 3 > 0, 0))
        .collect();
    profile_of(name, &rows, "2026-06-01")
}

/// Teams of these sizes; of each, so many members have enough evidence.
fn people(teams: &[(usize, usize)]) -> Vec<Vec<Profile>> {
    teams
        .iter()
        .enumerate()
        .map(|(team, (size, with_evidence))| {
            (0..*size)
                .map(|n| {
                    member(
                        &format!("{team}-{n}"),
                        if n < *with_evidence { 25 } else { 1 },
                    )
                })
                .collect()
        })
        .collect()
}

fn groups(people: &[Vec<Profile>]) -> Vec<Group<'_>> {
    people
        .iter()
        .enumerate()
        .map(|(team, members)| Group {
            name: format!("team {team}"),
            members: members.iter().collect(),
        })
        .collect()
}

fn shown(document: &TeamSkills, cell: Cell) -> Vec<&str> {
    document
        .groups
        .iter()
        .filter(|group| group.cells.iter().any(|c| c.cell == cell))
        .map(|group| group.name.as_str())
        .collect()
}

/// Whatever a reader adds and takes away of shown means, what is left is nobody or five and more.
fn withstands_differences(teams: &[(usize, usize)]) -> Result<(), String> {
    let people = people(teams);
    let document = release("2026-Q2", &groups(&people)).map_err(|e| e.to_string())?;
    let with_evidence: BTreeMap<String, usize> = teams
        .iter()
        .enumerate()
        .map(|(team, (_, n))| (format!("team {team}"), *n))
        .collect();
    let all: usize = with_evidence.values().sum();
    let names = shown(&document, CELL);
    let visible: Vec<&str> = names.iter().copied().filter(|n| *n != EVERYBODY).collect();
    for name in &visible {
        if with_evidence[*name] < LEAST_MEMBERS {
            return Err(format!("{name} is shown with {}", with_evidence[*name]));
        }
    }
    if !names.contains(&EVERYBODY) {
        return Ok(());
    }
    if all < LEAST_MEMBERS {
        return Err(format!("all {all} are shown"));
    }
    // Every union of shown teams, taken from everybody.
    for mask in 0..1_u32 << visible.len() {
        let taken: usize = visible
            .iter()
            .enumerate()
            .filter(|(bit, _)| mask >> bit & 1 == 1)
            .map(|(_, name)| with_evidence[*name])
            .sum();
        let rest = all - taken;
        if rest != 0 && rest < LEAST_MEMBERS {
            return Err(format!("{rest} are left of {all} beside {visible:?}"));
        }
    }
    Ok(())
}

#[test]
fn a_team_of_four_is_not_shown_and_cannot_be_worked_out() {
    for teams in [
        vec![(4, 4)],
        vec![(8, 4)],
        vec![(4, 4), (6, 6)],
        vec![(6, 6), (6, 6), (1, 1)],
        vec![(9, 9), (5, 5), (2, 2), (2, 2)],
        vec![(5, 5), (5, 5), (5, 5), (4, 4)],
    ] {
        withstands_differences(&teams).unwrap();
    }
    let people = people(&[(6, 6), (7, 7), (1, 1)]);
    let document = release("2026-Q2", &groups(&people)).unwrap();
    assert_eq!(shown(&document, CELL), ["team 1", EVERYBODY]);
    assert_eq!(document.withheld, ["team 0", "team 2"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_sum_or_difference_of_what_is_shown_is_about_fewer_than_five(
        teams in prop::collection::vec((0..9_usize).prop_flat_map(|size| (Just(size), 0..=size)), 0..6)
    ) {
        prop_assert_eq!(withstands_differences(&teams), Ok(()));
    }
}

#[test]
fn a_mean_of_a_team_is_narrower_than_one_of_its_members_and_says_so() {
    let people = people(&[(8, 8)]);
    let document = release("2026-Q2", &groups(&people)).unwrap();
    let Standing::Estimated(team) = &document.groups[0].cells[0].standing else {
        panic!("{document:?}");
    };
    // All eight answered alike, so that their mean is that of each.
    let one = crate::world::report(
        &(0..25)
            .map(|n| exercise(&format!("a{n:02}"), "2026-05-01", CELL, n % 3 > 0, 0))
            .collect::<Vec<_>>(),
        &trueline_skills::decisions::Decisions::default(),
        "2026-06-01",
    );
    let Standing::Estimated(member) = &one.abilities[0].cells[0].standing else {
        panic!("{one:?}");
    };
    assert!((team.mean - member.mean).abs() < 0.011);
    let ratio = (member.high - member.low) / (team.high - team.low);
    assert!((ratio - 8.0_f64.sqrt()).abs() < 0.1, "{ratio}");
}

#[test]
fn groups_that_would_tell_somebody_apart_are_refused() {
    let ben = member("ben", 25);
    let group = |name: &str, members| Group {
        name: name.to_owned(),
        members,
    };
    let twice = [group("a", vec![&ben]), group("b", vec![&ben])];
    assert_eq!(
        release("q", &twice),
        Err(GroupError::Overlap("b".to_owned()))
    );
    let taken = [group(EVERYBODY, vec![&ben])];
    assert_eq!(
        release("q", &taken),
        Err(GroupError::Name(EVERYBODY.to_owned()))
    );
    let tool = Profile::replay(
        Subject::Assistant("tool".into()),
        &[],
        &std::collections::BTreeSet::new(),
        day("2026-06-01"),
    );
    assert_eq!(
        release("q", &[group("a", vec![&tool])]),
        Err(GroupError::Assistant("a".to_owned()))
    );
}
