//! The report for auditors and the check of a log, as they are read.

use std::collections::BTreeMap;

use trueline_facts::Timestamp;
use trueline_facts::attestation::{
    self, Digest, Entry, KeyId, Problem, ProblemKind, Tail, Verification,
};
use trueline_facts::control::{
    self, ControlClass, ControlEvidence, ControlReport, ControlState, ControlStatement,
    ControlStatus,
};
use trueline_report::{attestation as log, controls, html};

use crate::fixtures::commit;
use crate::hostile::HOSTILE;

fn control(id: &str, class: ControlClass, state: ControlState) -> ControlStatus {
    ControlStatus {
        id: id.to_owned(),
        level: 1,
        ask: "Something is asked.".to_owned(),
        class,
        state,
        answer: "By `trueline gate`.".to_owned(),
        evidence: Vec::new(),
        missing: Vec::new(),
        statement: None,
        ssdf: vec!["PO.1".to_owned(), "PW.7".to_owned()],
        restates: Vec::new(),
    }
}

fn report(outside: &str) -> ControlReport {
    let mut seen = control("AC.1.1", ControlClass::Automated, ControlState::Evidenced);
    seen.evidence = vec![ControlEvidence {
        what: "a policy".to_owned(),
        place: outside.to_owned(),
    }];
    let mut said = control("AC.1.2", ControlClass::Person, ControlState::Attested);
    said.statement = Some(ControlStatement {
        by: outside.to_owned(),
        date: "2026-01-01".to_owned(),
        expires: "2026-12-31".to_owned(),
        says: outside.to_owned(),
        evidence: Some(outside.to_owned()),
    });
    said.restates = vec!["C2.1".to_owned()];
    let mut open = control("AC.2.1", ControlClass::Assisted, ControlState::Open);
    open.missing = vec!["gates (`[[gate]]`)".to_owned()];
    ControlReport {
        schema: control::SCHEMA.to_owned(),
        trueline_version: "0.1.0".to_owned(),
        standard: "A standard 1.0".to_owned(),
        repository: outside.to_owned(),
        commit: commit('a'),
        as_of: Timestamp(1_769_335_200),
        attestations: 3,
        log_head: Some(Digest::of(b"entry")),
        log_problems: vec!["no anchor was given".to_owned()],
        families: BTreeMap::from([
            ("AC.1".to_owned(), "Workflow".to_owned()),
            ("AC.2".to_owned(), "Tools".to_owned()),
        ]),
        controls: vec![seen, said, open],
    }
}

#[test]
fn an_auditor_reads_state_evidence_and_what_is_missing() {
    insta::assert_snapshot!(controls::markdown(&report("trueline.toml")));
}

#[test]
fn the_page_tells_the_same_and_lets_nothing_out() {
    let page = html::controls(&report("trueline.toml"));
    for part in [
        "AC.1.2",
        "attested by a person",
        "missing: gates",
        "The same as C2.1",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let page = html::controls(&report(HOSTILE));
    assert!(!page.contains("<img src=x") && !page.contains("alert(1)>\"'"));
    let text = controls::markdown(&report(HOSTILE));
    assert!(!text.contains("<img") && !text.contains("[x](") && !text.contains("<!--"));
    // A table row stays one line.
    let rows = text.lines().filter(|line| line.starts_with("| AC"));
    assert_eq!(rows.count(), 3);
}

fn verification(problems: Vec<Problem>, tail: Tail) -> Verification {
    Verification {
        schema: attestation::SCHEMA.to_owned(),
        trueline_version: "0.1.0".to_owned(),
        log: "refs/trueline/attestations".to_owned(),
        head: Some(Digest::of(b"entry")),
        entries: vec![Entry {
            sequence: 1,
            digest: Digest::of(b"entry"),
            key: KeyId::new("SHA256:abc"),
            commit: commit('a'),
            attested_at: Timestamp(1_769_335_200),
            verdict_schema: None,
            outcome: Some("pass".to_owned()),
            policy_digest: None,
            policy_from: None,
            judged: Vec::new(),
            notes: Vec::new(),
        }],
        problems,
        tail,
    }
}

#[test]
fn without_an_anchor_the_tail_is_said_to_be_unprovable() {
    insta::assert_snapshot!(log::terminal(&verification(Vec::new(), Tail::NotProvable)));
}

#[test]
fn what_is_wrong_is_told_first_and_loudly() {
    let problem = Problem {
        place: 2,
        kind: ProblemKind::BadSignature,
        message: "the signature does not fit".to_owned(),
    };
    let anchor = Digest::of(b"other");
    let told = log::terminal(&verification(vec![problem], Tail::Dropped { anchor }));
    assert!(told.contains("wrong: entry 2: the signature does not fit"));
    assert!(
        told.contains("DOES NOT HOLD: 1 of 2 entries wrong; the anchored entry is missing, too")
    );
}
