//! Merged changes judged, and a policy drawn from them.

use std::path::Path;

use serde_json::json;
use trueline_facts::backtest::Period;
use trueline_facts::change::Change;
use trueline_facts::suggestion::{SuggestedZone, ZoneKind};
use trueline_facts::verdict::Mode;
use trueline_facts::{CommitId, Timestamp};
use trueline_policy::backtest::{About, Judged, PastChange, figures, judge};
use trueline_policy::cases::quiet_change;
use trueline_policy::suggest::{Candidates, Survey, added_to, suggest};
use trueline_policy::{PlainNames, Policy};

const END: Timestamp = Timestamp(1_780_000_000);

/// A change so many days before the end, perhaps with a secret, perhaps written by a tool.
fn past(days: i64, has_secret: bool, by_tool: bool, bad_after: Option<u32>) -> PastChange {
    let mut facts = quiet_change();
    if has_secret {
        facts["findings"] = json!([{"status": "new", "class": "secret", "rule": "hard-coded-secret",
            "engine": "trueline", "severity": "high", "confidence": "high", "tier": "shown",
            "path": "a.py", "line": 1, "message": "m", "fingerprint": "f", "origin": "ai"}]);
    }
    if by_tool {
        facts["size"]["added"] = json!({"ai": 30, "human": 0, "unknown": 0});
        facts["tools"] = json!([{"tool": "claude", "lines": 30, "disclosed": true}]);
        facts["hunks"] = json!([{"path": "src/a.py", "start": 1, "lines": 30, "class": "source",
            "origin": "ai", "confidence": "high", "tool": "claude"}]);
    }
    let change: Change = serde_json::from_value(facts).unwrap();
    PastChange {
        change,
        merged: END.plus_days(-days),
        bad_after,
        watched_days: u32::try_from(days).unwrap(),
        review_minutes: None,
    }
}

fn period() -> Period {
    Period {
        asked: "9 months".to_owned(),
        from: Some(END.plus_days(-270)),
        to: Some(END),
        tip: Some(CommitId::new("1".repeat(40))),
        observed_until: END,
    }
}

fn judged(policy: &Policy, changes: &[PastChange]) -> Vec<Judged> {
    changes.iter().map(|past| judge(policy, past)).collect()
}

#[test]
fn a_gate_is_set_against_what_became_of_the_changes_it_spoke_of() {
    let policy = Policy::default();
    let mut changes: Vec<PastChange> = (0..8)
        .map(|at| past(200 - at, at < 2, false, None))
        .collect();
    changes[0].bad_after = Some(10);
    changes[5].bad_after = Some(50);
    // Too young to be counted, though it went bad already.
    changes.push(past(20, true, false, Some(3)));
    let about = About {
        version: "0".to_owned(),
        repository: "x".to_owned(),
        policy: "p".to_owned(),
        period: period(),
        left_out: 0,
        diagnostics: Vec::new(),
    };
    let report = figures(&policy, &judged(&policy, &changes), about);
    let secret = report
        .gates
        .iter()
        .find(|gate| gate.id == "secret")
        .unwrap();
    assert_eq!((secret.would_comment.hits, secret.would_comment.of), (3, 9));
    assert_eq!(secret.undetermined, 0);
    let [short, long] = secret.outcomes[..] else {
        panic!("two horizons");
    };
    assert_eq!(short.within_days, 14);
    assert_eq!((short.bad_when_fired.hits, short.bad_when_fired.of), (2, 3));
    assert_eq!((long.bad_when_fired.hits, long.bad_when_fired.of), (1, 2));
    assert_eq!((long.bad_when_silent.hits, long.bad_when_silent.of), (1, 6));
    assert_eq!((long.fired_when_bad.hits, long.fired_when_bad.of), (1, 2));
    assert_eq!(secret.latest.len(), 3);
    assert_eq!(
        secret.latest[0].merged,
        END.plus_days(-20),
        "the latest first"
    );
    assert_eq!(
        report.months.iter().map(|month| month.changes).sum::<u64>(),
        9
    );
    assert_eq!(report.outcomes.pass, 9, "everything observes");
}

#[test]
fn a_fact_without_a_producer_is_neither_a_pass_nor_a_comment() {
    let policy =
        Policy::parse("[gates]\nsecret = \"block\"\n", Path::new("t"), &PlainNames).unwrap();
    let mut one = past(100, false, false, None);
    one.change.not_known.push(
        serde_json::from_value(json!({"fact": "findings", "why": "not looked for"})).unwrap(),
    );
    let about = About {
        version: "0".to_owned(),
        repository: "x".to_owned(),
        policy: "p".to_owned(),
        period: period(),
        left_out: 0,
        diagnostics: Vec::new(),
    };
    let report = figures(&policy, &judged(&policy, &[one]), about);
    let secret = report
        .gates
        .iter()
        .find(|gate| gate.id == "secret")
        .unwrap();
    assert_eq!((secret.judged, secret.undetermined), (0, 1));
    assert_eq!((secret.would_block.hits, secret.would_block.of), (1, 1));
    assert_eq!(secret.missing.len(), 1);
    assert_eq!(report.outcomes.block, 1);
    assert_eq!(report.not_known[0].changes, 1);
}

fn survey() -> Survey {
    let zone = |id: &str, kind, paths: &[&str]| SuggestedZone {
        id: id.to_owned(),
        kind,
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        files: 3,
        changes: 7,
        champions: vec!["ann@example.org".to_owned()],
        why: "because \"x\"".to_owned(),
    };
    Survey {
        version: "0".to_owned(),
        repository: "x".to_owned(),
        zones: vec![
            zone(
                "auth",
                ZoneKind::Sensitive,
                &[r"/app/\[id\]/login.tsx", "/src/auth/**"],
            ),
            zone("ai-tools", ZoneKind::Encouraged, &["/tools/**"]),
        ],
        nearest_encouraged: None,
        names: false,
        diagnostics: Vec::new(),
    }
}

/// Two hundred changes over nine months; every tenth, or so many, with a secret.
fn year(secrets: usize) -> Vec<PastChange> {
    (0..200)
        .map(|at: i64| {
            let number = usize::try_from(at).unwrap();
            past(269 - at * 269 / 199, number < secrets, at % 4 == 0, None)
        })
        .collect()
}

#[test]
fn a_suggestion_is_a_policy_that_can_be_read_and_never_blocks() {
    let survey = survey();
    let candidates = Candidates::new(&survey, &PlainNames).unwrap();
    let judged = judged(&candidates.policy, &year(1));
    let suggestion = suggest(&survey, &candidates, &judged, period());
    let policy = Policy::parse(&suggestion.policy, Path::new("t"), &PlainNames)
        .unwrap_or_else(|error| panic!("{error}\n{}", suggestion.policy));
    assert!(policy.gates.iter().all(|gate| gate.mode < Mode::Block));
    let secret = suggestion
        .gates
        .iter()
        .find(|gate| gate.id == "secret")
        .unwrap();
    assert_eq!(secret.mode, Mode::Comment, "{secret:?}");
    assert_eq!(
        (secret.expected.seen.hits, secret.expected.seen.of),
        (1, 200)
    );
    assert!(secret.expected.low <= 0.005 && secret.expected.high >= 0.005);
    assert!(
        suggestion
            .policy
            .contains("would have commented on 1 of 200 changes")
    );
    // What nobody knows is never given a voice.
    for gate in &suggestion.gates {
        if gate.undetermined > 2 {
            assert_eq!(gate.mode, Mode::Observe, "{gate:?}");
            assert!(!gate.may_block, "{gate:?}");
        }
    }
    assert!(
        !suggestion.policy.contains("ann@example.org\"]"),
        "{}",
        suggestion.policy
    );
    assert_eq!(suggestion, suggest(&survey, &candidates, &judged, period()));
}

#[test]
fn a_gate_that_would_speak_often_observes() {
    let survey = survey();
    let candidates = Candidates::new(&survey, &PlainNames).unwrap();
    let judged = judged(&candidates.policy, &year(60));
    let suggestion = suggest(&survey, &candidates, &judged, period());
    let secret = suggestion
        .gates
        .iter()
        .find(|gate| gate.id == "secret")
        .unwrap();
    assert_eq!(secret.mode, Mode::Observe);
    assert!(!secret.may_block);
    assert!(secret.why.contains("too often"), "{}", secret.why);
}

#[test]
fn names_are_written_only_where_they_are_asked_for() {
    let mut survey = survey();
    survey.names = true;
    let candidates = Candidates::new(&survey, &PlainNames).unwrap();
    let judged = judged(&candidates.policy, &year(1));
    let suggestion = suggest(&survey, &candidates, &judged, period());
    let policy = Policy::parse(&suggestion.policy, Path::new("t"), &PlainNames).unwrap();
    assert_eq!(
        policy.zones.get("auth").unwrap().champions,
        ["ann@example.org"]
    );
}

#[test]
fn what_is_there_stays_and_only_what_lacks_is_added() {
    let survey = survey();
    let candidates = Candidates::new(&survey, &PlainNames).unwrap();
    let judged = judged(&candidates.policy, &year(1));
    let suggestion = suggest(&survey, &candidates, &judged, period());
    let existing = "# ours\nschema = 1\n\n[gates] # said\nsecret = \"block\" # decided\n\n# of the zone\n[zone.auth]\npaths = [\"x/**\"]\n\n[tools]\napproved = [\"aider\"]\n";
    let text = added_to(existing, &suggestion, false);
    let policy = Policy::parse(&text, Path::new("t"), &PlainNames)
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    for line in existing.lines() {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(policy.gate("secret").unwrap().mode, Mode::Block);
    assert_eq!(policy.zones.get("auth").unwrap().paths, ["x/**"]);
    assert!(policy.zones.get("ai-tools").is_some());
    assert_eq!(policy.approved.tools.as_ref().unwrap().len(), 1);
    // A second time there is nothing to add.
    assert_eq!(added_to(&text, &suggestion, false), text);
    let fresh = added_to("", &suggestion, false);
    assert_eq!(fresh, suggestion.policy);
}

#[test]
fn a_gate_leaves_out_zones_unless_it_names_them() {
    let text = "[zone.auth]\npaths = [\"src/auth/**\"]\n[zone.easy]\npaths = [\"src/**\"]\n\
                [gates.ai-code-without-tests]\nmode = \"comment\"\nexcept-zones = [\"easy\"]\n";
    let policy = Policy::parse(text, Path::new("t"), &PlainNames).unwrap();
    let mut change = past(1, false, true, None).change;
    change.tests.ai_code_without_tests = vec!["src/a.py".into()];
    let zones = policy.zones.ids(&"src/a.py".into());
    change.hunks[0].zones = zones;
    let verdict = trueline_policy::evaluate(&policy, &change);
    let outcome = |verdict: &trueline_facts::verdict::Verdict| {
        let gates = &verdict.gates;
        gates
            .iter()
            .find(|gate| gate.id == "ai-code-without-tests")
            .unwrap()
            .outcome
    };
    assert_eq!(outcome(&verdict).as_str(), "pass");
    let plain = Policy::parse(
        &text.replace("except-zones = [\"easy\"]\n", ""),
        Path::new("t"),
        &PlainNames,
    );
    assert_eq!(
        outcome(&trueline_policy::evaluate(&plain.unwrap(), &change)).as_str(),
        "fail"
    );
    let wrong = text.replace("except-zones = [\"easy\"]", "except-zones = [\"esay\"]");
    let error = Policy::parse(&wrong, Path::new("t"), &PlainNames).unwrap_err();
    assert!(
        error.to_string().contains("did you mean `easy`?"),
        "{error}"
    );
}
