//! What is known of a person reaches nobody else, except one cell that its owner shared.

use serde::Serialize;
use trueline_facts::skill::{Ability, Standing};
use trueline_skills::attempts::Reading;
use trueline_skills::decisions::{Access, Decisions, Event, What};
use trueline_skills::disclose::{AccessLog, Own, Refused, own, reasons, shared};
use trueline_skills::evidence::Row;
use trueline_skills::model::Skill;
use trueline_skills::practise::Wanted;
use trueline_skills::profile::Profile;
use trueline_skills::subject::{Principal, Subject};

use crate::world::{CELL, day, exercise, person, profile_of};

/// Compiles only while a type is not `Serialize`: with it, the call below would be ambiguous.
macro_rules! never_serialised {
    ($($type:ty),+) => {$(
        const _: fn() = || {
            trait Ambiguous<A> { fn it() {} }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Serialised;
            impl<T: ?Sized + Serialize> Ambiguous<Serialised> for T {}
            <$type as Ambiguous<_>>::it();
        };
    )+};
}

never_serialised!(Profile, Skill, Row, Reading, Decisions);

#[derive(Default)]
struct Log(Vec<Access>);

impl AccessLog for Log {
    fn record(&mut self, access: &Access) -> Result<(), String> {
        self.0.push(access.clone());
        Ok(())
    }
}

struct Broken;

impl AccessLog for Broken {
    fn record(&mut self, _: &Access) -> Result<(), String> {
        Err("the disk is full".to_owned())
    }
}

fn rows() -> Vec<Row> {
    (0..30)
        .map(|n| exercise(&format!("a{n:02}"), "2026-05-01", CELL, n % 4 > 0, 0))
        .collect()
}

fn granted(until: &str) -> Decisions {
    let mut decisions = Decisions::default();
    decisions.apply(&Event::new(
        day("2026-05-01"),
        What::Share {
            share: "s1".to_owned(),
            cell: CELL,
            with: "ana".to_owned(),
            until: day(until),
        },
    ));
    decisions
}

#[test]
fn nobody_but_the_owner_reads_a_profile_or_its_reasons() {
    let reading = Reading {
        rows: rows(),
        ..Reading::default()
    };
    let decisions = granted("2026-12-31");
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day: day("2026-06-01"),
    };
    let profile = mine.profile(person("ben"));
    assert!(own(&mine, &profile, &Principal::new("ben"), &Wanted::default()).is_ok());
    // Not the mentor with a share, not the manager, not the owner of another machine.
    for reader in ["ana", "manager", "admin", "self", "", "ben "] {
        let reader = Principal::new(reader);
        assert_eq!(
            own(&mine, &profile, &reader, &Wanted::default()),
            Err(Refused::NotTheOwner)
        );
        assert_eq!(
            reasons(&mine, &profile, &reader, CELL),
            Err(Refused::NotTheOwner)
        );
    }
}

#[test]
fn the_profile_of_an_assistant_is_open() {
    let reading = Reading {
        rows: rows(),
        ..Reading::default()
    };
    let decisions = Decisions::default();
    let mine = Own {
        reading: &reading,
        decisions: &decisions,
        day: day("2026-06-01"),
    };
    let profile = mine.profile(Subject::Assistant("a-tool/a-model".into()));
    assert!(
        own(
            &mine,
            &profile,
            &Principal::new("anybody"),
            &Wanted::default()
        )
        .is_ok()
    );
}

#[test]
fn a_share_shows_one_cell_to_one_person_and_puts_the_read_on_record() {
    let profile = profile_of("ben", &rows(), "2026-06-01");
    let decisions = granted("2026-12-31");
    let mut log = Log::default();
    let document = shared(&profile, &decisions, "s1", &Principal::new("ana"), &mut log).unwrap();
    assert_eq!((document.cell, document.with.as_str()), (CELL, "ana"));
    assert!(matches!(document.standing, Standing::Estimated(_)));
    assert_eq!(log.0.len(), 1);
    assert_eq!(log.0[0].reader, Principal::new("ana"));
    let text = serde_json::to_value(&document).unwrap();
    let mut members: Vec<&str> = text
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    members.sort_unstable();
    assert_eq!(
        members,
        [
            "cell",
            "day",
            "schema",
            "share",
            "standing",
            "trueline_version",
            "until",
            "with"
        ]
    );
}

#[test]
fn a_share_is_refused_to_others_after_its_day_and_once_taken_back() {
    let profile = |on: &str| profile_of("ben", &rows(), on);
    let decisions = granted("2026-06-30");
    let mut log = Log::default();
    let mut read = |profile: &Profile, decisions: &Decisions, share: &str, reader: &str| {
        shared(profile, decisions, share, &Principal::new(reader), &mut log)
    };
    let june = profile("2026-06-30");
    assert_eq!(read(&june, &decisions, "s1", "eve"), Err(Refused::NoShare));
    assert_eq!(read(&june, &decisions, "s2", "ana"), Err(Refused::NoShare));
    assert!(read(&june, &decisions, "s1", "ana").is_ok());
    let july = profile("2026-07-01");
    assert_eq!(
        read(&july, &decisions, "s1", "ana"),
        Err(Refused::Ended(day("2026-06-30")))
    );
    let mut revoked = decisions.clone();
    revoked.apply(&Event::new(
        day("2026-06-02"),
        What::Revoke {
            share: "s1".to_owned(),
        },
    ));
    assert_eq!(
        read(&june, &revoked, "s1", "ana"),
        Err(Refused::Revoked(day("2026-06-02")))
    );
    // Sharing again under a name that was taken back does not bring it back.
    revoked.apply(&Event::new(
        day("2026-06-03"),
        What::Share {
            share: "s1".to_owned(),
            cell: CELL,
            with: "ana".to_owned(),
            until: day("2026-12-31"),
        },
    ));
    assert!(read(&june, &revoked, "s1", "ana").is_err());
    assert_eq!(
        log.0.len(),
        1,
        "a refusal shows nothing and records no read"
    );
}

#[test]
fn a_read_that_cannot_be_recorded_shows_nothing() {
    let profile = profile_of("ben", &rows(), "2026-06-01");
    let outcome = shared(
        &profile,
        &granted("2026-12-31"),
        "s1",
        &Principal::new("ana"),
        &mut Broken,
    );
    assert!(
        matches!(outcome, Err(Refused::NotRecorded(_))),
        "{outcome:?}"
    );
}

#[test]
fn debug_output_of_a_profile_holds_no_number_of_it() {
    let strong = profile_of("ben", &rows(), "2026-06-01");
    let nothing = profile_of("ben", &[], "2026-06-01");
    assert_eq!(format!("{strong:?}"), format!("{nothing:?}"));
}

#[test]
fn too_little_evidence_says_only_that() {
    let few = crate::world::report(&rows()[..2], &Decisions::default(), "2026-06-01");
    let unaided = few
        .abilities
        .iter()
        .find(|a| a.ability == Ability::Unaided)
        .unwrap();
    let json = serde_json::to_value(&unaided.cells[0].standing).unwrap();
    assert_eq!(json["state"], "not-enough-evidence");
    assert!(
        json.get("mean").is_none() && json.get("low").is_none(),
        "{json}"
    );
}
