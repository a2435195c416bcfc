//! What is known of a person reaches nobody else, except one cell that its owner shared.

use crate::attempts::Reading;
use crate::decisions::{Access, Decisions, Event, What};
use crate::disclose::{AccessLog, Own, Refused, own, reasons, shared};
use crate::evidence::Row;
use crate::practise::Wanted;
use crate::profile::Profile;
use trueline_facts::skill::{Ability, Standing};

use super::world::{CELL, day, exercise, me, profile_of};

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
    granted_to("ana", until)
}

fn granted_to(name: &str, until: &str) -> Decisions {
    let mut decisions = Decisions::default();
    decisions.apply(&Event::new(
        day("2026-05-01"),
        What::Share {
            share: "s1".to_owned(),
            cell: CELL,
            with: name.to_owned(),
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
    // Not even who bears the name under which the owner is shown.
    for name in ["ana", "self", "", "manager"] {
        let decisions = granted_to(name, "2026-12-31");
        let mine = Own {
            reading: &reading,
            decisions: &decisions,
            day: day("2026-06-01"),
        };
        let profile = mine.profile();
        assert!(own(&mine, &profile, &me(), &Wanted::default()).is_ok());
        // There is no other way to a principal than a share.
        let reader = &decisions.share("s1").unwrap().with;
        assert_eq!(
            own(&mine, &profile, reader, &Wanted::default()),
            Err(Refused::NotTheOwner)
        );
        assert_eq!(
            reasons(&mine, &profile, reader, CELL),
            Err(Refused::NotTheOwner)
        );
    }
}

#[test]
fn a_share_shows_one_cell_to_one_person_and_puts_the_read_on_record() {
    let profile = profile_of(&rows(), "2026-06-01");
    let decisions = granted("2026-12-31");
    let mut log = Log::default();
    let document = shared(&profile, &decisions, "s1", &mut log).unwrap();
    assert_eq!((document.cell, document.with.as_str()), (CELL, "ana"));
    assert!(matches!(document.standing, Standing::Estimated(_)));
    assert_eq!(log.0.len(), 1);
    assert_eq!(log.0[0].reader.as_str(), "ana");
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
fn a_share_is_refused_after_its_day_and_once_taken_back() {
    let profile = |on: &str| profile_of(&rows(), on);
    let decisions = granted("2026-06-30");
    let mut log = Log::default();
    let mut read = |profile: &Profile, decisions: &Decisions, share: &str| {
        shared(profile, decisions, share, &mut log)
    };
    let june = profile("2026-06-30");
    assert_eq!(read(&june, &decisions, "s2"), Err(Refused::NoShare));
    assert!(read(&june, &decisions, "s1").is_ok());
    let july = profile("2026-07-01");
    assert_eq!(
        read(&july, &decisions, "s1"),
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
        read(&june, &revoked, "s1"),
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
    assert!(read(&june, &revoked, "s1").is_err());
    assert_eq!(
        log.0.len(),
        1,
        "a refusal shows nothing and records no read"
    );
}

#[test]
fn a_read_that_cannot_be_recorded_shows_nothing() {
    let profile = profile_of(&rows(), "2026-06-01");
    let outcome = shared(&profile, &granted("2026-12-31"), "s1", &mut Broken);
    assert!(
        matches!(outcome, Err(Refused::NotRecorded(_))),
        "{outcome:?}"
    );
}

#[test]
fn while_a_decision_cannot_be_read_or_a_name_is_taken_twice_no_share_opens() {
    let share = |with: &str| {
        format!(
            r#"{{"schema":"trueline.skill-decision/1","day":"2026-05-01","event":"share","share":"s1","cell":"python/injection","with":"{with}","until":"2026-12-31"}}"#
        )
    };
    let revoked = r#"{"schema":"trueline.skill-decision/1","day":"2026-05-02","event":"revoke","share":"s1"}"#;
    let profile = profile_of(&rows(), "2026-06-01");
    let mut log = Log::default();
    let mut open = |lines: &[&str]| {
        let (decisions, _) = crate::decisions::read(&lines.join("\n"), "decisions.jsonl");
        shared(&profile, &decisions, "s1", &mut log)
    };
    let ana = share("ana");
    assert!(open(&[&ana]).is_ok());
    assert!(matches!(open(&[&ana, revoked]), Err(Refused::Revoked(_))));
    // Wherever the line of the revocation was cut.
    for length in 1..revoked.len() {
        assert_eq!(
            open(&[&ana, &revoked[..length]]),
            Err(Refused::Undecided(vec!["decisions.jsonl:2".to_owned()])),
            "{length}"
        );
    }
    assert_eq!(
        open(&[&ana, &share("ben")]),
        Err(Refused::Contested("s1".to_owned()))
    );
    assert!(open(&[&ana, &share("ben"), revoked]).is_err());
}

#[test]
fn debug_output_of_a_profile_holds_no_number_of_it() {
    let strong = profile_of(&rows(), "2026-06-01");
    let nothing = profile_of(&[], "2026-06-01");
    assert_eq!(format!("{strong:?}"), format!("{nothing:?}"));
}

#[test]
fn too_little_evidence_says_only_that() {
    let few = super::world::report(&rows()[..2], &Decisions::default(), "2026-06-01");
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
