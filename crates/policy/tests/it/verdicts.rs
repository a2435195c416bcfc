//! A verdict is a function of policy and change, and explains itself.

use std::path::Path;

use trueline_facts::change::Change;
use trueline_facts::verdict::Verdict;
use trueline_policy::cases::{parse, quiet_change};
use trueline_policy::{PlainNames, Policy, evaluate};

use crate::cases::files;

fn change() -> Change {
    serde_json::from_value(quiet_change()).unwrap()
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for (name, text) in files() {
        for case in parse(&name, &text).unwrap() {
            let change: Change = serde_json::from_value(case.facts).unwrap();
            let policy = Policy::default();
            let one = serde_json::to_string(&evaluate(&policy, &change)).unwrap();
            let two = serde_json::to_string(&evaluate(&policy, &change)).unwrap();
            assert_eq!(one, two);
            let back: Verdict = serde_json::from_str(&one).unwrap();
            assert_eq!(
                serde_json::to_string(&back).unwrap(),
                one,
                "{name}: {}",
                case.name
            );
        }
    }
}

#[test]
fn digests_tell_policies_and_changes_apart() {
    let policy = Policy::default();
    let other = Policy::parse(
        "[gates]\nsecret = \"block\"\n",
        Path::new("t.toml"),
        &PlainNames,
    )
    .unwrap();
    let (one, two) = (evaluate(&policy, &change()), evaluate(&other, &change()));
    assert_ne!(one.policy_digest, two.policy_digest);
    assert_eq!(one.facts_digest, two.facts_digest);
    assert!(one.policy_digest.starts_with("sha256:") && one.policy_digest.len() == 71);
    let mut later = change();
    later.evaluated_at = later.evaluated_at.plus_days(1);
    assert_ne!(evaluate(&policy, &later).facts_digest, one.facts_digest);
}

#[test]
fn every_reason_says_what_would_make_it_pass_and_the_easiest_way() {
    for (name, text) in files() {
        for case in parse(&name, &text).unwrap() {
            let policy =
                trueline_policy::cases::policy_of(&name, &case, None, &PlainNames).unwrap();
            let verdict = trueline_policy::cases::verdict_of(&name, &case, &policy).unwrap();
            for gate in &verdict.gates {
                assert!(
                    !gate.because.is_empty(),
                    "{name}: {}: {}",
                    case.name,
                    gate.id
                );
                for reason in &gate.reasons {
                    assert!(
                        !reason.text.is_empty()
                            && !reason.to_pass.is_empty()
                            && !reason.easiest.is_empty()
                    );
                }
            }
        }
    }
}
