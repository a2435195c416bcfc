//! The report about controls: what is evidenced, attested, expired and open.

use std::collections::BTreeMap;

use trueline_attest::chain;
use trueline_attest::chain::Claim;
use trueline_attest::controls::{Sign, aisvs, report};
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
        assert_eq!(
            control.signs.contains(&Sign::Gates),
            !control.gates.is_empty(),
            "{}: gates and the sign of that name go together",
            control.id
        );
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
        "schema = 1\n[tools]\napproved = [\"claude\"]\n[gates]\nworkflow-change = \"block\"\nsevere-finding = \"comment\"\nself-approval = \"observe\"\n[zone.ci]\npaths = [\"ci/**\"]\n",
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
    let commit = log.commit("HEAD").unwrap();
    let on_head = Claim {
        commit: commit.clone(),
        verdict: serde_json::json!({"schema": "trueline.verdict/1", "outcome": "pass", "gates": [
            {"id": "workflow-change", "mode": "block", "outcome": "pass"},
            {"id": "self-approval", "mode": "observe", "outcome": "pass"},
        ]}),
        ..claim(0)
    };
    log.append(&on_head, &key).unwrap();
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
        // The gate only observes.
        ("AC.8.1", ControlState::Open),
        // It comments, and the control wants it to block.
        ("AC.9.1", ControlState::Evidenced),
        ("AC.4.3", ControlState::Open),
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

#[test]
fn what_merely_exists_is_no_evidence() {
    let folder = repository();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let (key, trusted) = keys();
    let log = Log::open(folder.path()).unwrap();
    // A verdict on a commit that is not here.
    log.append(&claim(0), &key).unwrap();
    let states = || {
        git(folder.path(), &["add", "--all"]);
        git(
            folder.path(),
            &["commit", "--quiet", "--allow-empty", "--message", "next"],
        );
        let commit = log.commit("HEAD").unwrap();
        let seen = chain::verify(REFERENCE, &log.entries().unwrap(), &trusted, None);
        let made = report(
            &aisvs().unwrap(),
            &log,
            &commit,
            "shop",
            &seen,
            Timestamp(1_767_225_600),
        )
        .unwrap();
        let states: BTreeMap<String, ControlState> = made
            .controls
            .into_iter()
            .map(|control| (control.id, control.state))
            .collect();
        (states, made.log_problems)
    };
    write(
        "trueline.toml",
        "schema = 1\n[gates]\n[capture.classes]\n[zone.ci]\npaths = []\n",
    );
    write(".trueline/exceptions.toml", "schema = 1\n");
    write(
        ".trueline/agents.lock",
        "{\"schema\": \"x\", \"servers\": []}",
    );
    git(folder.path(), &["update-ref", "refs/notes/ai", "HEAD"]);
    let (before, problems) = states();
    for id in [
        "AC.1.2", "AC.1.4", "AC.2.1", "AC.3.2", "AC.4.3", "AC.4.4", "AC.7.5", "AC.9.1", "AC.12.5",
    ] {
        assert_eq!(before[id], ControlState::Open, "{id}");
    }
    assert!(problems[0].contains("not in this history"), "{problems:?}");
    // A note of a commit that is here, and says something.
    git(folder.path(), &["update-ref", "-d", "refs/notes/ai"]);
    let note = "a.py\n  s_0123456789abcd::t_0123456789abcd 1-2\n---\n{\"schema_version\": \"authorship/3.0.0\", \
                \"base_commit_sha\": \"\", \"prompts\": {}}";
    git(
        folder.path(),
        &["notes", "--ref=refs/notes/ai", "add", "-m", note],
    );
    write(
        "trueline.toml",
        "schema = 1\n[gates]\nworkflow-change = \"comment\"\n[zone.ci]\npaths = [\"ci/**\"]\n",
    );
    write(
        ".trueline/agents.lock",
        "{\"schema\": \"x\", \"servers\": [{\"name\": \"s\"}]}",
    );
    let (after, _) = states();
    for (id, state) in [
        ("AC.1.4", ControlState::Evidenced),
        ("AC.12.5", ControlState::Evidenced),
        ("AC.2.1", ControlState::Unjudged),
        ("AC.1.2", ControlState::Open),
    ] {
        assert_eq!(after[id], state, "{id}");
    }
}
