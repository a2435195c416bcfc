//! Rows and records as the tests need them.

use std::collections::BTreeSet;

use crate::attempts::{Reading, read};
use crate::day::Day;
use crate::decisions::Decisions;
use crate::disclose::{Own, own, reasons};
use crate::evidence::{Happened, Row, RowId};
use crate::practise::Wanted;
use crate::profile::Profile;
use crate::subject::Principal;
use trueline_facts::attempt::{Aid, AidBasis, Trigger};
use trueline_facts::skill::{Ability, Cell, Language, WeaknessClass};

pub(crate) const CELL: Cell = Cell {
    ability: Ability::Unaided,
    language: Language::Python,
    class: WeaknessClass::Injection,
};

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn me() -> Principal {
    Principal::local_owner()
}

/// A first try.
pub(crate) fn exercise(id: &str, on: &str, cell: Cell, solved: bool, hints: u32) -> Row {
    Row {
        id: RowId::new(id),
        day: day(on),
        cell,
        happened: Happened::Exercise {
            exercise: format!("exercise-{id}"),
            solved,
            earlier: 0,
            number: 1,
            hints,
            difficulty: 0.0,
            trigger: Trigger::Check,
        },
        aid: Aid::Unaided,
        aid_basis: AidBasis::Told,
    }
}

pub(crate) fn sites(id: &str, on: &str, cell: Cell, sites: f64, confirmed: u32) -> Row {
    Row {
        id: RowId::new(id),
        day: day(on),
        cell,
        happened: Happened::Sites {
            source: "a repository".to_owned(),
            confirmed,
            sites,
            detection: 0.6,
            log_base_rate: -3.0,
        },
        aid: Aid::Unaided,
        aid_basis: AidBasis::Told,
    }
}

/// Means of cells are private; a person's own reasons tell how far a row moves theirs.
pub(crate) fn effect(rows: &[Row], of: &str, cell: Cell) -> f64 {
    let reading = Reading {
        rows: rows.to_vec(),
        ..Reading::default()
    };
    let decisions = Decisions::default();
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day: day("2026-06-01"),
    };
    let profile = mine.profile();
    let reasons = reasons(&mine, &profile, &me(), cell).unwrap();
    let row = reasons.rows.iter().find(|row| row.id == of).unwrap();
    row.effect.unwrap()
}

/// The profile of these rows, as its owner reads it.
pub(crate) fn report(
    rows: &[Row],
    decisions: &Decisions,
    on: &str,
) -> trueline_facts::skill::SkillsReport {
    let reading = Reading {
        rows: rows.to_vec(),
        ..Reading::default()
    };
    let mine = Own {
        reading: &reading,
        decisions,
        day: day(on),
    };
    let profile = mine.profile();
    own(&mine, &profile, &me(), &Wanted::default()).unwrap()
}

pub(crate) fn profile_of(rows: &[Row], on: &str) -> Profile {
    Profile::replay(rows, &BTreeSet::new(), day(on))
}

/// One record as `trueline learn` writes it, with other members put in or in place.
pub(crate) fn record(id: &str, members: &str) -> String {
    let mut value = serde_json::json!({
        "schema": "trueline.attempt/1", "id": id, "day": "2026-05-01", "kind": "attempt",
        "scenario": "py-sqli-search", "version": 1, "language": "python", "class": "injection",
        "cwe": [89], "outcome": "fixed", "hints": 0, "attempt_number": 1, "aid": "unaided",
        "seed": 7, "sure": null, "revealed": false, "difficulty": 0.0, "practice": false
    });
    let more: serde_json::Value = serde_json::from_str(members).unwrap();
    for (key, member) in more.as_object().unwrap() {
        value[key] = member.clone();
    }
    value.to_string()
}

pub(crate) fn records(lines: &[String]) -> Reading {
    read(&lines.join("\n"), "attempts.jsonl")
}
