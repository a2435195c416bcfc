//! The one way by which what is known of a subject becomes a document: who is reading decides.
//!
//! A person reads their own profile. Somebody else reads one cell, if its owner shared that cell with
//! them, the day has not passed and the share was not taken back; the read is on record before the
//! document exists. There is no other way: profiles cannot be serialised (tests/it/outside.rs).

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::attempt::Aid;
use trueline_facts::skill::{
    Ability, AbilityReport, Cell, CellReport, Due, EvidenceCounts, ReasonRow, Reliance, RowState,
    SHARED_SKILL_SCHEMA, SKILL_REASONS_SCHEMA, SKILLS_SCHEMA, SharedSkill, SkillReasons,
    SkillsReport, Standing, WeaknessClass,
};

use crate::attempts::{Accepted, Reading, Try};
use crate::certainty::{Said, certainty};
use crate::day::Day;
use crate::decisions::{Access, Decisions, Share};
use crate::evidence::RowId;
use crate::math::rounded;
use crate::model::{CELL_PRIOR, Component, prior};
use crate::practise::{self, Wanted};
use crate::profile::{Profile, standing};
use crate::subject::Principal;
use crate::without;

/// The version that documents name.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// An effect below it on another cell is not listed.
const LEAST_EFFECT: f64 = 0.01;

/// Why something is not shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// Not their own.
    #[error(
        "a profile is shown to its owner alone; they can share one cell with `trueline skills share`"
    )]
    NotTheOwner,
    /// No such share.
    #[error("there is no share of that name")]
    NoShare,
    /// Its day has passed.
    #[error("this share ended on {0}")]
    Ended(Day),
    /// Taken back.
    #[error("this share was taken back on {0}")]
    Revoked(Day),
    /// Two shares bear that name.
    #[error(
        "two shares are called `{0}`, so that nobody knows which is meant; take it back (`trueline skills revoke {0}`) and share anew"
    )]
    Contested(String),
    /// What was decided is not known: it may have been taken back.
    #[error("{} cannot be read and may take this share back, so nothing is shown; mend the line or take it out", .0.join(", "))]
    Undecided(Vec<String>),
    /// The read could not be put on record.
    #[error("the read could not be put on record, so nothing is shown: {0}")]
    NotRecorded(String),
}

/// Where reads are put on record.
pub trait AccessLog {
    /// Puts one on record, or says why that failed.
    fn record(&mut self, access: &Access) -> Result<(), String>;
}

/// All that a person's own documents are made of.
#[derive(Clone, Copy, Debug)]
pub struct Own<'o> {
    /// Records of attempts.
    pub reading: &'o Reading,
    /// Disputes and shares.
    pub decisions: &'o Decisions,
    /// The day.
    pub day: Day,
}

impl Own<'_> {
    /// Replays what counts.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile::resume(
            &self.reading.folded,
            &self.reading.rows,
            &self.decisions.disputed(),
            self.day,
        )
    }
}

/// Tries that are not disputed.
pub(crate) fn counting_tries<'t>(
    reading: &'t Reading,
    decisions: &'t Decisions,
    day: Day,
) -> impl Iterator<Item = &'t Try> {
    let counts = move |one: &&Try| one.day <= day && !decisions.is_disputed(&one.id);
    reading.tries.iter().filter(counts)
}

/// Lines of an assistant whose record is not disputed.
pub(crate) fn counting_accepted<'t>(
    reading: &'t Reading,
    decisions: &'t Decisions,
    day: Day,
) -> impl Iterator<Item = &'t Accepted> {
    let counts = move |one: &&Accepted| one.day <= day && !decisions.is_disputed(&one.id);
    reading.accepted.iter().filter(counts)
}

fn owner(profile: &Profile, reader: &Principal) -> Result<(), Refused> {
    if profile.owner() == reader {
        Ok(())
    } else {
        Err(Refused::NotTheOwner)
    }
}

/// One's own profile.
pub fn own(
    own: &Own<'_>,
    profile: &Profile,
    reader: &Principal,
    wanted: &Wanted<'_>,
) -> Result<SkillsReport, Refused> {
    owner(profile, reader)?;
    let folded = &own.reading.folded;
    let tries = || counting_tries(own.reading, own.decisions, own.day);
    let cards = practise::cards_after(folded.cards.clone(), tries(), &own.reading.rows);
    let cell = |cell: Cell, rows: u64, last: Day| CellReport {
        cell,
        standing: standing(profile.belief(cell), CELL_PRIOR),
        rows,
        last: last.to_string(),
        due: (cell.ability == Ability::Unaided)
            .then(|| cards.get(&(cell.language, cell.class)))
            .flatten()
            .map(|card| Due {
                day: card.due().to_string(),
                retrievability: rounded(card.retrievability(own.day), 2),
            }),
    };
    let abilities = Ability::ALL
        .iter()
        .filter(|ability| profile.has(**ability))
        .map(|&ability| AbilityReport {
            ability,
            overall: standing(profile.overall(ability), prior(Component::Overall)),
            cells: profile
                .cells()
                .iter()
                .filter(|(cell, _)| cell.ability == ability)
                .map(|(&name, rows)| cell(name, rows.rows, rows.last))
                .collect(),
        })
        .collect();
    let rows = own.reading.rows.iter();
    let disputed = rows
        .filter(|row| own.decisions.is_disputed(&row.id))
        .count()
        + own.reading.disputed.len();
    let said: Vec<Said> = folded
        .said()
        .chain(
            own.reading
                .said
                .iter()
                .filter(|said| !own.decisions.is_disputed(&said.id))
                .cloned(),
        )
        .collect();
    let counted = profile.cells().values().map(|rows| rows.rows).sum();
    Ok(SkillsReport {
        schema: SKILLS_SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        day: own.day.to_string(),
        evidence: EvidenceCounts {
            counted,
            disputed: disputed as u64,
            set_aside: own.reading.set_aside.clone(),
            folded: folded.evidence(),
        },
        abilities,
        practise: practise::suggest(profile, &cards, wanted),
        certainty: certainty(&said),
        reliance: reliance(
            &folded.reliance,
            tries(),
            counting_accepted(own.reading, own.decisions, own.day),
        ),
        diagnostics: own.reading.diagnostics.clone(),
    })
}

fn reliance<'t>(
    folded: &BTreeMap<WeaknessClass, Reliance>,
    tries: impl Iterator<Item = &'t Try>,
    accepted: impl Iterator<Item = &'t Accepted>,
) -> Vec<Reliance> {
    let mut by_class = folded.clone();
    for one in tries {
        add_reliance(&mut by_class, one);
    }
    for one in accepted {
        add_accepted(&mut by_class, one);
    }
    by_class.into_values().collect()
}

/// Counts lines of an assistant.
pub(crate) fn add_accepted(by_class: &mut BTreeMap<WeaknessClass, Reliance>, one: &Accepted) {
    let counts = of_class(by_class, one.class);
    counts.ai_lines += u64::from(one.lines.lines);
    counts.as_written += u64::from(one.lines.as_written.min(one.lines.lines));
}

fn of_class(
    by_class: &mut BTreeMap<WeaknessClass, Reliance>,
    class: WeaknessClass,
) -> &mut Reliance {
    by_class.entry(class).or_insert(Reliance {
        class,
        unaided: 0,
        assisted: 0,
        unknown: 0,
        ai_lines: 0,
        as_written: 0,
    })
}

/// Counts a try by how it was done.
pub(crate) fn add_reliance(by_class: &mut BTreeMap<WeaknessClass, Reliance>, one: &Try) {
    let counts = of_class(by_class, one.class);
    match one.aid {
        Aid::Unaided => counts.unaided += 1,
        Aid::Assisted => counts.assisted += 1,
        Aid::Unknown => counts.unknown += 1,
    }
}

/// Why a cell of one's own stands where it does: each row with the difference that it makes to what is known without it.
pub fn reasons(
    own: &Own<'_>,
    profile: &Profile,
    reader: &Principal,
    cell: Cell,
) -> Result<SkillReasons, Refused> {
    owner(profile, reader)?;
    let disputed = own.decisions.disputed();
    let mean = profile.belief(cell).mean;
    let counting = own.reading.rows.iter().filter(|row| {
        row.cell.ability == cell.ability && row.day <= own.day && !disputed.contains(&row.id)
    });
    let without = without::means(&own.reading.folded, counting, cell, own.day);
    let mut rows = Vec::new();
    let mut others = 0;
    for row in own.reading.rows.iter().filter(|row| row.day <= own.day) {
        if row.cell.ability != cell.ability {
            continue;
        }
        let state = if disputed.contains(&row.id) {
            RowState::Disputed
        } else {
            RowState::Active
        };
        let effect = without.get(&row.id).map(|without| mean - without);
        let is_listed = row.cell == cell || effect.is_some_and(|e| e.abs() >= LEAST_EFFECT);
        if !is_listed {
            others += 1;
            continue;
        }
        rows.push(ReasonRow {
            id: row.id.as_str().to_owned(),
            day: row.day.to_string(),
            cell: row.cell,
            what: row.words(),
            weight: rounded(row.weight().value(), 2),
            expected: profile.expected(&row.id).map(|p| rounded(p, 2)),
            effect: effect.map(|e| rounded(e, 3)),
            state,
        });
    }
    rows.extend(without_effect(own, cell));
    // The latest first; of a day what moves it most, and what moves nothing last.
    let strength = |row: &ReasonRow| row.effect.map_or(-1.0, f64::abs);
    rows.sort_by(|a, b| {
        let latest = b.day.cmp(&a.day);
        let strongest = strength(b).total_cmp(&strength(a));
        latest.then(strongest).then_with(|| b.id.cmp(&a.id))
    });
    Ok(SkillReasons {
        schema: SKILL_REASONS_SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        day: own.day.to_string(),
        cell,
        standing: standing(profile.belief(cell), CELL_PRIOR),
        rows,
        others,
        folded: own.reading.folded.evidence(),
    })
}

/// Records of a cell that move nothing: disputed ones, and those that are no evidence but can be disputed, because they
/// count as practice.
fn without_effect(own: &Own<'_>, cell: Cell) -> Vec<ReasonRow> {
    let evidence: BTreeSet<&RowId> = own.reading.rows.iter().map(|row| &row.id).collect();
    let aside = own.reading.records.iter();
    let aside = aside.filter(|record| !evidence.contains(&record.id));
    let disputed = own.reading.disputed.iter();
    disputed
        .map(|record| (record, RowState::Disputed))
        .chain(aside.map(|record| (record, RowState::SetAside)))
        .filter(|(record, _)| record.cell == cell && record.day <= own.day)
        .map(|(record, state)| ReasonRow {
            id: record.id.as_str().to_owned(),
            day: record.day.to_string(),
            cell: record.cell,
            what: record.what.clone(),
            weight: 0.0,
            expected: None,
            effect: None,
            state,
        })
        .collect()
}

/// The document for whom a cell was shared with, and for nobody else: the share says who that is. The read is on record before the document is made.
pub fn shared(
    profile: &Profile,
    decisions: &Decisions,
    share: &str,
    log: &mut dyn AccessLog,
) -> Result<SharedSkill, Refused> {
    if !decisions.damage().is_empty() {
        return Err(Refused::Undecided(decisions.damage().to_vec()));
    }
    if decisions.is_contested(share) {
        return Err(Refused::Contested(share.to_owned()));
    }
    let share = decisions.share(share).ok_or(Refused::NoShare)?;
    if let Some(day) = share.revoked {
        return Err(Refused::Revoked(day));
    }
    if profile.day() > share.until {
        return Err(Refused::Ended(share.until));
    }
    log.record(&Access {
        day: profile.day(),
        reader: share.with.clone(),
        read: format!("{} by share {}", share.cell, share.id),
    })
    .map_err(Refused::NotRecorded)?;
    Ok(SharedSkill {
        schema: SHARED_SKILL_SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        share: share.id.clone(),
        with: share.with.to_string(),
        until: share.until.to_string(),
        day: profile.day().to_string(),
        cell: share.cell,
        standing: shared_standing(profile, share),
    })
}

fn shared_standing(profile: &Profile, share: &Share) -> Standing {
    standing(profile.belief(share.cell), CELL_PRIOR)
}
