//! A gate whose condition is another one must break a case: else nothing watches it.

use std::fmt::Write as _;

use trueline_facts::change::{AuthorKind, ZoneId};
use trueline_facts::verdict::GateOutcome;
use trueline_facts::{Severity, Tier, artifact::Verdict as ModelVerdict};
use trueline_policy::cases::{meets, parse, policy_of, verdict_of};
use trueline_policy::gate::{Condition, Gate, ReviewAsk, defaults};
use trueline_policy::{PlainNames, Policy};

use crate::cases::files;

type Mutation = (&'static str, fn(&mut Gate));

fn reviews(gate: &mut Gate) -> Option<&mut ReviewAsk> {
    match &mut gate.condition {
        Condition::Review(ask)
        | Condition::AgentConfiguration(ask)
        | Condition::Workflows(ask)
        | Condition::Suppressions(ask)
        | Condition::PolicyChange(ask)
        | Condition::LargeChange { reviews: ask, .. } => Some(ask),
        _ => None,
    }
}

/// What can be wrong with a condition, as far as this gate has it.
fn mutations(gate: &Gate) -> Vec<Mutation> {
    let mut all: Vec<Mutation> = Vec::new();
    match &gate.condition {
        Condition::Findings(_) => {
            fn ask(gate: &mut Gate, change: fn(&mut trueline_policy::gate::FindingsAsk)) {
                if let Condition::Findings(ask) = &mut gate.condition {
                    change(ask);
                }
            }
            all.push(("one more finding is allowed", |g| {
                ask(g, |a| a.at_most += 1);
            }));
            all.push(("any class counts", |g| ask(g, |a| a.classes.clear())));
            all.push(("both tiers count", |g| {
                ask(g, |a| {
                    a.tier = Tier::All;
                    a.classes.clear();
                });
            }));
            all.push(("severer findings only", |g| {
                ask(g, |a| a.min_severity = Severity::Critical);
            }));
        }
        Condition::LargeChange { .. } => {
            all.push(("one more line is allowed", |g| {
                if let Condition::LargeChange { max_lines, .. } = &mut g.condition {
                    *max_lines += 1;
                }
            }));
            all.push(("one line less is allowed", |g| {
                if let Condition::LargeChange { max_lines, .. } = &mut g.condition {
                    *max_lines -= 1;
                }
            }));
        }
        Condition::Models { .. } => {
            all.push(("malicious only", |g| {
                g.condition = Condition::Models {
                    from: ModelVerdict::Malicious,
                };
            }));
            all.push(("unknown as well", |g| {
                g.condition = Condition::Models {
                    from: ModelVerdict::Unknown,
                };
            }));
        }
        _ => {}
    }
    let mut copy = gate.clone();
    if reviews(&mut copy).is_some() {
        all.push(("no review is asked for", |g| {
            if let Some(ask) = reviews(g) {
                ask.at_least = 0;
            }
        }));
        all.push(("one review more is asked for", |g| {
            if let Some(ask) = reviews(g) {
                ask.at_least += 1;
            }
        }));
    }
    if gate.scope.origin == [AuthorKind::Ai] && gate.condition.looks_at_origin() {
        all.push(("lines of persons count", |g| {
            g.scope.origin = vec![AuthorKind::Human];
        }));
    }
    if gate.condition.looks_at_zones() {
        all.push(("it looks elsewhere", |g| {
            g.scope.zones = vec![ZoneId::new("nowhere")];
        }));
    }
    all.push(("it never fails", |g| {
        g.condition = Condition::Lines { at_most: u32::MAX };
        g.scope.origin.clear();
    }));
    all
}

/// Expectations of a gate's file that a policy breaks.
fn broken(id: &str, mutate: &dyn Fn(&mut Policy)) -> usize {
    let (name, text) = files()
        .into_iter()
        .find(|(name, _)| *name == format!("{id}.md"))
        .unwrap();
    let mut broken = 0;
    for case in parse(&name, &text).unwrap() {
        let mut policy = policy_of(&name, &case, None, &PlainNames).unwrap();
        mutate(&mut policy);
        let verdict = verdict_of(&name, &case, &policy).unwrap();
        broken += case
            .expected
            .iter()
            .filter(|e| meets(&verdict, e).is_err())
            .count();
    }
    broken
}

#[test]
fn a_mutation_of_any_gates_condition_breaks_a_case() {
    let mut survived = String::new();
    let mut tried = 0;
    for row in defaults() {
        assert_eq!(
            broken(row.id, &|_| {}),
            0,
            "{}: whole, it is as expected",
            row.id
        );
        for (what, mutation) in mutations(&row.gate()) {
            // Findings of a tier or class alone do not tell a gate that has none to leave out.
            let is_equal = row.id == "secret"
                && ["severer findings only", "both tiers count"].contains(&what)
                && broken(row.id, &|policy| mutate(policy, row.id, mutation)) > 0;
            tried += 1;
            if !is_equal && broken(row.id, &|policy| mutate(policy, row.id, mutation)) == 0 {
                writeln!(survived, "{}: {what}", row.id).unwrap();
            }
        }
    }
    assert!(survived.is_empty(), "no case notices:\n{survived}");
    assert!(tried > 55, "only {tried} mutations");
}

fn mutate(policy: &mut Policy, id: &str, mutation: fn(&mut Gate)) {
    let gate = policy
        .gates
        .iter_mut()
        .find(|gate| gate.id.as_str() == id)
        .unwrap();
    mutation(gate);
}

/// Every answer of every gate is the wrong one once: cases must tell each from its opposite.
#[test]
fn a_flipped_answer_breaks_a_case_of_every_gate() {
    for row in defaults() {
        let (name, text) = files()
            .into_iter()
            .find(|(name, _)| *name == format!("{}.md", row.id))
            .unwrap();
        for (is, becomes) in [
            (GateOutcome::Pass, GateOutcome::Fail),
            (GateOutcome::Fail, GateOutcome::Pass),
            (GateOutcome::Undetermined, GateOutcome::Pass),
        ] {
            let noticed = parse(&name, &text).unwrap().iter().any(|case| {
                let policy = policy_of(&name, case, None, &PlainNames).unwrap();
                let mut verdict = verdict_of(&name, case, &policy).unwrap();
                let gate = verdict
                    .gates
                    .iter_mut()
                    .find(|gate| gate.id == row.id)
                    .unwrap();
                if gate.outcome != is {
                    return false;
                }
                gate.outcome = becomes;
                case.expected.iter().any(|e| meets(&verdict, e).is_err())
            });
            assert!(noticed, "{}: {is:?} taken for {becomes:?}", row.id);
        }
    }
}
