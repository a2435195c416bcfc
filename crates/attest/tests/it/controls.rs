//! The report about controls: what is evidenced, attested, expired and open.

use std::collections::BTreeMap;

use trueline_attest::chain;
use trueline_attest::controls::{aisvs, report};
use trueline_attest::log::{Log, REFERENCE};
use trueline_facts::Timestamp;
use trueline_facts::control::{ControlClass, ControlState};

use crate::repository::{git, repository};
use crate::{claim, keys, other_keys};

#[test]
fn the_standard_has_its_controls_each_once_with_practices_and_a_family() {
    let standard = aisvs().unwrap();
    assert_eq!(standard.controls.len(), 68);
    let mut ids = std::collections::BTreeSet::new();
    for control in &standard.controls {
        assert!(ids.insert(&control.id), "{} twice", control.id);
        let family = control.id.rsplit_once('.').unwrap().0;
        assert!(standard.families.contains_key(family), "{}", control.id);
        assert!((1..=3).contains(&control.level) && !control.ssdf.is_empty());
        // What a program decides or gathers, it must have looked for.
        assert_eq!(
            control.signs.is_empty(),
            control.class == ControlClass::Person,
            "{}",
            control.id
        );
        for practice in &control.ssdf {
            let known = [
                "PO.1", "PO.2", "PO.3", "PO.4", "PO.5", "PS.1", "PS.2", "PS.3",
            ]
            .iter()
            .chain(&[
                "PW.1", "PW.2", "PW.4", "PW.5", "PW.6", "PW.7", "PW.8", "PW.9",
            ])
            .chain(&["RV.1", "RV.2", "RV.3"])
            .any(|known| known == practice);
            assert!(known, "{practice}");
        }
    }
    assert_eq!(standard.families.len(), 14);
}

#[test]
fn states_follow_what_is_committed_signed_and_said() {
    let folder = repository();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "trueline.toml",
        "schema = 1\n[tools]\napproved = [\"claude\"]\n[[gate]]\nid = \"x\"\n[zone.ci]\npaths = [\"ci/**\"]\n",
    );
    write(
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n      - run: trueline scan .\n",
    );
    write(
        ".trueline/controls.toml",
        "[[statement]]\ncontrol = \"AC.2.2\"\nby = \"CISO\"\ndate = 2025-11-01\nexpires = 2026-11-01\nsays = \"Reviewed.\"\n\
         [[statement]]\ncontrol = \"AC.14.1\"\nby = \"CISO\"\ndate = 2025-01-01\nexpires = 2025-12-31\nsays = \"Plan 7.\"\n\
         [[statement]]\ncontrol = \"AC.1.1\"\nby = \"CISO\"\ndate = 2025-11-01\nexpires = 2026-11-01\nsays = \"Published.\"\n",
    );
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "policy"]);
    // Not committed, so it is not looked at.
    write(".trueline/agents.lock", "{}");
    let log = Log::open(folder.path()).unwrap();
    let (key, trusted) = keys();
    log.append(&claim(0), &key).unwrap();
    let commit = log.commit("HEAD").unwrap();
    let seen = |keys| chain::verify(REFERENCE, &log.entries().unwrap(), keys, None);
    let as_of = Timestamp(1_767_225_600);
    let standard = aisvs().unwrap();
    let made = report(&standard, &log, &commit, "shop", &seen(&trusted), as_of).unwrap();
    let states: BTreeMap<&str, ControlState> = made
        .controls
        .iter()
        .map(|c| (c.id.as_str(), c.state))
        .collect();
    for (id, state) in [
        ("AC.1.1", ControlState::Attested),
        ("AC.1.2", ControlState::Unjudged),
        ("AC.2.2", ControlState::Attested),
        ("AC.14.1", ControlState::Expired),
        ("AC.12.5", ControlState::Evidenced),
        ("AC.9.1", ControlState::Evidenced),
        ("AC.4.3", ControlState::Partial),
        ("AC.2.1", ControlState::Open),
        ("AC.14.3", ControlState::Open),
    ] {
        assert_eq!(states[id], state, "{id}");
    }
    assert_eq!(made.attestations, 1);
    assert!(made.log_problems[0].contains("not provable"));
    // A log that does not hold is no evidence.
    let made = report(
        &standard,
        &log,
        &commit,
        "shop",
        &seen(&other_keys().1),
        as_of,
    )
    .unwrap();
    let signed = made.controls.iter().find(|c| c.id == "AC.9.1").unwrap();
    assert_eq!((signed.state, made.attestations), (ControlState::Open, 0));
}
