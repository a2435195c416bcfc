//! What to practise next, and why: how likely a slip is today, times how often one meets the class.
//!
//! Order: `(1 + ln(1 + findings)) x (1 - R p)`, with R the chance that the skill is still at hand (FSRS)
//! and p the chance to solve a reference item. An offer, never an obligation.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::attempt::Aid;
use trueline_facts::skill::{Ability, Cell, Language, PractiseReason, Suggestion, WeaknessClass};

use crate::attempts::Try;
use crate::evidence::{Happened, Row};
use crate::fsrs::{Card, Rating};
use crate::items::PRIOR_VARIANCE;
use crate::math::{chance, rounded};
use crate::model::CELL_PRIOR;
use crate::profile::{LEAST_ANSWERS, Profile, effective_answers};

/// So many suggestions, at most.
const MOST: usize = 5;
/// Below it there is room to grow.
const ROOM: f64 = 0.6;
/// The chance of success at which most is learned: neither idle nor hopeless.
const BEST_CHANCE: f64 = 0.7;

/// An exercise that could be offered.
#[derive(Clone, PartialEq, Debug)]
pub struct Exercise {
    /// Its id.
    pub id: String,
    /// Language.
    pub language: Language,
    /// Class.
    pub class: WeaknessClass,
    /// Difficulty by its author.
    pub difficulty: f64,
    /// Whether it was solved or its answer seen: it can be practised, and says nothing new.
    pub spent: bool,
    /// What it needs to run and this machine does not have.
    pub missing: Option<String>,
}

/// What is proposed first, whatever the order of the skills says: what is begun, or a step of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Next {
    /// The exercise.
    pub exercise: String,
    /// Why, in words, if it is not for what the skills say.
    pub why: Option<String>,
}

/// What there is to choose from, and where the person meets weaknesses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'w> {
    /// Exercises at hand.
    pub exercises: &'w [Exercise],
    /// Findings in the person's own work, by language and class. They choose what is practised and say
    /// nothing about skill: nobody has confirmed them.
    pub findings: Option<&'w BTreeMap<(Language, WeaknessClass), u64>>,
    /// What `learn next` proposes: there is one recommendation, wherever one looks.
    pub next: Option<&'w Next>,
}

/// One card for each language and class that was tried.
pub type Cards = BTreeMap<(Language, WeaknessClass), Card>;

/// The memory of every skill that was tried. Confirmed findings make theirs due at once.
#[must_use]
pub fn cards<'t>(tries: impl IntoIterator<Item = &'t Try>, rows: &[Row]) -> Cards {
    cards_after(Cards::new(), tries, rows)
}

/// The same, going on from cards that are there.
pub(crate) fn cards_after<'t>(
    mut cards: Cards,
    tries: impl IntoIterator<Item = &'t Try>,
    rows: &[Row],
) -> Cards {
    let repeated = tries
        .into_iter()
        .filter(|one| one.aid != Aid::Assisted)
        .map(|one| {
            let rating = if !one.solved || one.revealed {
                Rating::Again
            } else if one.earlier > 0 || one.hints > 0 {
                Rating::Hard
            } else {
                Rating::Good
            };
            (one.day, (one.language, one.class), rating)
        });
    let found = rows.iter().filter_map(|row| match row.happened {
        Happened::Sites { confirmed, .. } if confirmed > 0 => {
            Some((row.day, (row.cell.language, row.cell.class), Rating::Again))
        }
        _ => None,
    });
    let mut events: Vec<_> = repeated.chain(found).collect();
    // Stable: what happened on one day keeps its order.
    events.sort_by_key(|event| event.0);
    for (day, cell, rating) in events {
        cards
            .entry(cell)
            .and_modify(|card| *card = card.repeated(rating, day))
            .or_insert_with(|| Card::first(rating, day));
    }
    cards
}

/// The most useful first.
pub(crate) fn suggest(profile: &Profile, cards: &Cards, wanted: &Wanted<'_>) -> Vec<Suggestion> {
    let mut candidates: BTreeSet<(Language, WeaknessClass)> = cards.keys().copied().collect();
    candidates.extend(wanted.findings.into_iter().flat_map(|f| f.keys().copied()));
    candidates.extend(wanted.exercises.iter().map(|e| (e.language, e.class)));
    let mut ranked: Vec<(f64, Suggestion)> = candidates
        .into_iter()
        .filter_map(|place| one(profile, cards, wanted, place))
        .collect();
    // What cannot be practised here comes last, unless one's own findings ask for it.
    let is_idle = |suggestion: &Suggestion| {
        let is_asked = |reason: &PractiseReason| matches!(reason, PractiseReason::Findings { .. });
        suggestion.missing.is_some() && !suggestion.reasons.iter().any(is_asked)
    };
    // A language that somebody has never used comes after those that they have.
    let used = used(profile, cards, wanted);
    let is_foreign = |suggestion: &Suggestion| {
        !used.is_empty()
            && !used
                .iter()
                .any(|one| is_kin(*one, suggestion.cell.language))
    };
    // Equal ones stay in the order of their names.
    ranked.sort_by(|(a, x), (b, y)| {
        let key = |suggestion: &Suggestion| (is_idle(suggestion), is_foreign(suggestion));
        key(x).cmp(&key(y)).then(b.total_cmp(a))
    });
    let mut ranked: Vec<Suggestion> = ranked
        .into_iter()
        .map(|(_, suggestion)| suggestion)
        .collect();
    if let Some(next) = wanted.next {
        first(&mut ranked, profile, wanted, next);
    }
    ranked.truncate(MOST);
    ranked
}

/// Languages in which the person has tried, written or met anything.
fn used(profile: &Profile, cards: &Cards, wanted: &Wanted<'_>) -> BTreeSet<Language> {
    let cells = profile.cells().keys().map(|cell| cell.language);
    let cards = cards.keys().map(|(language, _)| *language);
    let findings = wanted.findings.into_iter().flat_map(|found| found.keys());
    let findings = findings.map(|(language, _)| *language);
    cells.chain(cards).chain(findings).collect()
}

/// Whether who knows the one reads the other.
fn is_kin(used: Language, other: Language) -> bool {
    use Language::{JavaScript, TypeScript};
    used == other
        || matches!(
            (used, other),
            (JavaScript, TypeScript) | (TypeScript, JavaScript)
        )
}

/// Puts the one recommendation before the others.
fn first(ranked: &mut Vec<Suggestion>, profile: &Profile, wanted: &Wanted<'_>, next: &Next) {
    let exercises = wanted.exercises.iter();
    let Some(exercise) = exercises.into_iter().find(|one| one.id == next.exercise) else {
        return;
    };
    let cell = Cell {
        ability: Ability::Unaided,
        language: exercise.language,
        class: exercise.class,
    };
    let known = ranked.iter().position(|one| one.cell == cell);
    let reasons = known.map_or_else(Vec::new, |at| ranked.remove(at).reasons);
    let why = next.why.clone().map(|why| PractiseReason::Next { why });
    let belief = profile.belief(cell);
    let p = chance(
        belief.mean - exercise.difficulty,
        belief.variance + PRIOR_VARIANCE,
    );
    ranked.insert(
        0,
        Suggestion {
            cell,
            reasons: why.into_iter().chain(reasons).collect(),
            exercise: Some(exercise.id.clone()),
            missing: exercise.missing.clone(),
            chance: Some(rounded(p, 2)),
        },
    );
}

fn one(
    profile: &Profile,
    cards: &Cards,
    wanted: &Wanted<'_>,
    (language, class): (Language, WeaknessClass),
) -> Option<(f64, Suggestion)> {
    let cell = Cell {
        ability: Ability::Unaided,
        language,
        class,
    };
    let belief = profile.belief(cell);
    let p = chance(belief.mean, belief.variance);
    let card = cards.get(&(language, class));
    let at_hand = card.map_or(1.0, |card| card.retrievability(profile.day()));
    let findings = wanted
        .findings
        .and_then(|f| f.get(&(language, class)))
        .copied()
        .unwrap_or(0);
    let mut reasons = Vec::new();
    if findings > 0 {
        reasons.push(PractiseReason::Findings { findings });
    }
    if let Some(card) = card.filter(|card| card.due() <= profile.day()) {
        reasons.push(PractiseReason::Due {
            day: card.due().to_string(),
            retrievability: rounded(at_hand, 2),
        });
    }
    if effective_answers(belief, CELL_PRIOR) < LEAST_ANSWERS {
        reasons.push(PractiseReason::LittleEvidence);
    } else if p < ROOM {
        reasons.push(PractiseReason::RoomToGrow {
            chance: rounded(p, 2),
        });
    }
    let exercise = pick(profile, cell, wanted.exercises);
    // What is spent brings no evidence, so that a lack of it is no reason to do it again.
    if exercise.is_some_and(|(exercise, _)| exercise.spent) {
        reasons.retain(|reason| !matches!(reason, PractiseReason::LittleEvidence));
    }
    if reasons.is_empty() {
        return None;
    }
    let order = (1.0 + libm::log1p(findings as f64)) * (1.0 - at_hand * p);
    Some((
        order,
        Suggestion {
            cell,
            reasons,
            exercise: exercise.map(|(exercise, _)| exercise.id.clone()),
            missing: exercise.and_then(|(exercise, _)| exercise.missing.clone()),
            chance: exercise.map(|(_, p)| rounded(p, 2)),
        },
    ))
}

/// The exercise of that cell whose chance of success is nearest to the best; what runs here before what does not, then a
/// new one before one that is spent.
fn pick<'e>(profile: &Profile, cell: Cell, all: &'e [Exercise]) -> Option<(&'e Exercise, f64)> {
    let belief = profile.belief(cell);
    all.iter()
        .filter(|exercise| (exercise.language, exercise.class) == (cell.language, cell.class))
        .map(|exercise| {
            let p = chance(
                belief.mean - exercise.difficulty,
                belief.variance + PRIOR_VARIANCE,
            );
            (exercise, p)
        })
        .min_by(|(a, p), (b, q)| {
            let far = |p: f64| (p - BEST_CHANCE).abs();
            let key = |e: &Exercise, p: f64| (e.missing.is_some(), e.spent, far(p));
            key(a, *p)
                .partial_cmp(&key(b, *q))
                .unwrap_or(std::cmp::Ordering::Equal)
                .then_with(|| a.id.cmp(&b.id))
        })
}
