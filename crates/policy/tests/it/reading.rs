//! What `trueline.toml` can say, and how mistakes in it are told.

use std::path::Path;

use trueline_facts::verdict::Mode;
use trueline_policy::{PlainNames, Policy};

fn told(text: &str) -> String {
    Policy::parse(text, Path::new("trueline.toml"), &PlainNames)
        .unwrap_err()
        .to_string()
}

fn read(text: &str) -> Policy {
    Policy::parse(text, Path::new("trueline.toml"), &PlainNames).unwrap()
}

#[test]
fn gates_observe_until_a_team_says_otherwise() {
    assert!(read("").gates.iter().all(|gate| gate.mode == Mode::Observe));
    assert!(!read("").speaks());
    let policy = read(
        "[gates]\nsecret = \"block\"\n[gates.severe-finding]\nmode = \"comment\"\nat-most = 2\n",
    );
    assert_eq!(policy.gate("secret").unwrap().mode, Mode::Block);
    assert_eq!(policy.gate("severe-finding").unwrap().mode, Mode::Comment);
    assert_eq!(policy.gate("secret").unwrap().line, Some(2));
    assert!(policy.speaks());
}

#[test]
fn a_typing_error_names_what_was_meant() {
    insta::assert_snapshot!(told("[gates]\nsecrets = \"block\"\n"), @"trueline.toml:2:1: there is no built-in gate `secrets`; did you mean `secret`?; gates of your own are `[[gate]]`");
    insta::assert_snapshot!(told("[gates]\nsecret = \"blok\"\n"), @"trueline.toml:2:11: `gates.secret` is one of observe, comment, block, not `blok`; did you mean `block`?");
    insta::assert_snapshot!(told("[gates.secret]\nmod = \"block\"\n"), @"trueline.toml:2:1: unknown key `gates.secret.mod`; did you mean `mode`?");
    insta::assert_snapshot!(told("[gates.large-ai-change]\nmax-line = 3\n"), @"trueline.toml:2:1: unknown key `gates.large-ai-change.max-line`; did you mean `max-lines`?");
    insta::assert_snapshot!(told("[zone.auth]\npath = [\"a\"]\n"), @"trueline.toml:2:1: unknown key `zone.auth.path`; did you mean `paths`?");
    insta::assert_snapshot!(told("[zone.auth]\npaths = [\"a\"]\nchampion = [\"@a\"]\n"), @"trueline.toml:3:1: unknown key `zone.auth.champion`; did you mean `champions`?");
    insta::assert_snapshot!(told("[zone.auth]\npaths = [\"a/{b\"]\n"), @"trueline.toml:2:11: `zone.auth.paths`: error parsing glob 'a/{b': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)");
    insta::assert_snapshot!(told("[zone.Auth]\npaths = [\"a\"]\n"), @"trueline.toml:1:7: the name of a zone is of small letters, digits and `-`");
    insta::assert_snapshot!(told("[[zone]]\npaths = [\"a\"]\n"), @"trueline.toml:1:1: zones have names: write `[zone.NAME]` with `paths`");
    insta::assert_snapshot!(told("[zone.auth]\npaths = [\"a\"]\n[gates.secret]\nzones = [\"aut\"]\n"), @"trueline.toml:4:11: there is no zone `aut`; did you mean `auth`?");
    insta::assert_snapshot!(told("[gates.secret]\nzones = [\"auth\"]\n"), @"trueline.toml:2:11: there is no zone `auth`; none is defined: write `[zone.auth]` with `paths`");
    insta::assert_snapshot!(told("[polciy]\ntier = 1\n"), @"trueline.toml:1:2: unknown key `polciy`; did you mean `policy`?");
    insta::assert_snapshot!(told("[tools]\npurposes = [\"tests\"]\n"), @"trueline.toml:2:14: `tools.purposes` is one of feature, fix, test, docs, refactor, infrastructure, dependency, unclear, not `tests`; did you mean `test`?");
    insta::assert_snapshot!(told("[exceptions]\nmax-days = 0\n"), @"trueline.toml:2:12: `exceptions.max-days` must be a whole number from 1 to 366");
    insta::assert_snapshot!(told("[gates.policy-change]\nzones = []\n"), @"trueline.toml:2:1: `gates.policy-change.zones` has no effect: the check `policy-change` does not look at it");
    insta::assert_snapshot!(told("[gates.malicious-model]\norigin = [\"ai\"]\n"), @"trueline.toml:2:1: `gates.malicious-model.origin` has no effect: the check `models` does not look at it");
    insta::assert_snapshot!(told("[gates.ai-in-sensitive-zone]\nreviews = 0\n"), @"trueline.toml:2:11: `gates.ai-in-sensitive-zone.reviews` must be a whole number from 1 to 10");
}

#[test]
fn gates_of_ones_own_are_typed_as_well() {
    insta::assert_snapshot!(told("[[gate]]\nid = \"x\"\n"), @"trueline.toml:1:1: `gate` needs `check`");
    insta::assert_snapshot!(told("[[gate]]\nid = \"x\"\ncheck = \"finding\"\n"), @"trueline.toml:3:10: `gate.check` is one of findings, review, tests, docs, self-approval, disclosure, approved-tools, approved-use, agent-configuration, large-change, dependency-exists, dependency-vulnerable, models, workflows, suppressions, policy-change, provenance, lines, rego, not `finding`; did you mean `findings`?");
    insta::assert_snapshot!(told("[[gate]]\nid = \"secret\"\ncheck = \"findings\"\n"), @"trueline.toml:2:7: `secret` is built in: set it under `[gates]`, or take another id");
    insta::assert_snapshot!(told("[[gate]]\nid = \"X Y\"\ncheck = \"findings\"\n"), @"trueline.toml:2:7: `gate.id` is of small letters, digits and `-`");
    insta::assert_snapshot!(told("[[gate]]\nid = \"x\"\ncheck = \"lines\"\n"), @"trueline.toml:1:1: `gate` needs `at-most`");
    insta::assert_snapshot!(told("[[gate]]\nid = \"x\"\ncheck = \"findings\"\ncwe = [\"sql\"]\n"), @r#"trueline.toml:4:9: `gate.cwe` lists weaknesses as "CWE-89", not `sql`"#);
    insta::assert_snapshot!(told("[[gate]]\nid = \"x\"\ncheck = \"rego\"\nfile = \"../x.rego\"\n"), @"trueline.toml:4:9: `gate.file` is a `.rego` file below `.trueline/`, not `../x.rego`");
    insta::assert_snapshot!(told("[gate]\nid = \"x\"\n"), @"trueline.toml:1:1: `gate` must be written as `[[gate]]`");
}

#[test]
fn gates_that_contradict_each_other_are_refused() {
    let gate = |id: &str, most: u32| {
        format!("[[gate]]\nid = \"{id}\"\ncheck = \"lines\"\nat-most = {most}\n")
    };
    insta::assert_snapshot!(told(&(gate("a", 1) + &gate("a", 1))), @"trueline.toml:5:1: there is a gate `a` already, at line 1");
    insta::assert_snapshot!(told(&(gate("a", 1) + &gate("b", 2))), @"trueline.toml:5:1: `b` and `a` (line 1) ask the same of the same lines and disagree: keep one of them");
    let elsewhere = "[zone.z]\npaths = [\"z\"]\n".to_owned()
        + &gate("a", 1)
        + &gate("b", 2)
        + "zones = [\"z\"]\n";
    assert_eq!(read(&elsewhere).gates.len(), read("").gates.len() + 2);
}

#[test]
fn no_gate_can_judge_a_person() {
    insta::assert_snapshot!(told("[gates]\ntrust-score = \"block\"\n"), @"trueline.toml:2:1: `trust-score` would judge a person: gates judge changes, and a change document holds no score of anybody; ask for a review, tests or fewer findings instead");
    insta::assert_snapshot!(told("[gates.secret]\nmin-skill = 3\n"), @"trueline.toml:2:1: `min-skill` would judge a person: gates judge changes, and a change document holds no score of anybody; ask for a review, tests or fewer findings instead");
    insta::assert_snapshot!(told("[[gate]]\nid = \"x\"\ncheck = \"skill\"\n"), @"trueline.toml:3:10: `skill` would judge a person: gates judge changes, and a change document holds no score of anybody; ask for a review, tests or fewer findings instead");
    insta::assert_snapshot!(told("[[gate]]\nid = \"x\"\ncheck = \"findings\"\nauthor-score = 3\n"), @"trueline.toml:4:1: `author-score` would judge a person: gates judge changes, and a change document holds no score of anybody; ask for a review, tests or fewer findings instead");
}

#[cfg(feature = "rego")]
#[test]
fn a_rego_module_is_checked_before_anything_is_judged() {
    let mut policy = Policy::default();
    let mut told = |text: &str| {
        policy
            .add_module("own", ".trueline/gates/own.rego", text)
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(told("package other\n"), @"gate `own`: .trueline/gates/own.rego: its package is `other`; it must be `trueline.gate`");
    insta::assert_snapshot!(told("package trueline.gate\ndeny contains x if { x := rand.intn(\"a\", 3) }\n"), @"gate `own`: .trueline/gates/own.rego:2: `rand.` is not at hand: the same change must give the same verdict");
    insta::assert_snapshot!(told("package trueline.gate\ndeny contains x if { x := input.author.trust_score }\n"), @"gate `own`: .trueline/gates/own.rego:2: `trust_score` would judge a person: gates judge changes, and a change document holds no score of anybody");
    insta::assert_snapshot!(told("package trueline.gate\ndeny contains {\n"), @"gate `own`: .trueline/gates/own.rego:3:1 error: expecting expression");
    let deep = format!(
        "package trueline.gate\nx := {}1{}\n",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    assert!(!told(&deep).is_empty());
}

#[cfg(not(feature = "rego"))]
#[test]
fn a_program_without_rego_says_so() {
    let mut policy = Policy::default();
    let error = policy
        .add_module("own", "a.rego", "package trueline.gate\n")
        .unwrap_err();
    insta::assert_snapshot!(error, @"gate `own`: a.rego is a Rego module, and this program was built without Rego (feature `rego`)");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\[+[a-z.-]{0,12}\\]+\n|[a-z-]{1,8} ?= ?[\"\\[\\]0-9a-z{}., -]{0,20}\n|.{0,20}\n){0,12}") {
        let _ = Policy::parse(&text, Path::new("trueline.toml"), &PlainNames);
        let limits = trueline_policy::ExceptionLimits::default();
        let _ = trueline_policy::Exceptions::parse(&text, Path::new("e.toml"), &limits, &PlainNames);
        let _ = trueline_policy::cases::parse("c.md", &text);
    }
}
