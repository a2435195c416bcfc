//! The built-in gates: one table. All of them observe until a team says otherwise.

use trueline_facts::artifact::Verdict as ModelVerdict;
use trueline_facts::change::{AuthorKind, FindingClass};
use trueline_facts::verdict::Mode;
use trueline_facts::{Severity, Tier};

use super::{Condition, FindingsAsk, Gate, GateId, ReviewAsk, Scope, UnreadLanguages};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its id.
    pub id: &'static str,
    /// What it asks for.
    pub title: &'static str,
    /// Why anybody should ask for it.
    pub why: &'static str,
    /// Ids of the controls that it answers.
    pub controls: &'static [&'static str],
    condition: fn() -> Condition,
    /// Only lines of AI origin.
    ai_only: bool,
    /// Only within zones: without any it has nothing to say.
    pub needs_zones: bool,
}

/// More AI lines than this in one change are more than a reviewer takes in at one sitting.
const MANY_LINES: u32 = 400;

const ONE: ReviewAsk = ReviewAsk {
    at_least: 1,
    codeowner: false,
};

const TABLE: &[BuiltIn] = &[
    BuiltIn {
        id: "severe-finding",
        title: "New code has no severe weakness",
        why: "A weakness is cheapest to mend in the change that brings it.",
        controls: &["aisvs:v1.0-AC.4.2", "aisvs:v1.0-AC.4.3", "ssdf:PW.7"],
        condition: || {
            let mut ask = findings(&[FindingClass::Code, FindingClass::Workflow]);
            ask.min_severity = Severity::High;
            Condition::Findings(ask)
        },
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "secret",
        title: "No secret enters the repository",
        why: "History keeps what it once had: a secret that was committed has to be replaced.",
        controls: &["aisvs:v1.0-AC.3.1", "ssdf:PS.1"],
        condition: || Condition::Findings(findings(&[FindingClass::Secret])),
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "ai-in-sensitive-zone",
        title: "AI code in a sensitive zone is reviewed by a person who did not ask for it",
        why: "Whoever asked a tool for code expects it to be right; somebody else looks twice.",
        controls: &["aisvs:v1.0-AC.4.1", "aisvs:v1.0-AC.4.4", "ssdf:PW.7"],
        condition: || Condition::Review(ONE),
        ai_only: true,
        needs_zones: true,
    },
    BuiltIn {
        id: "ai-code-without-tests",
        title: "AI code comes with tests",
        why: "A test is the cheapest proof that code does what was meant and goes on doing it.",
        controls: &["aisvs:v1.0-AC.4.5", "ssdf:PW.8"],
        condition: || Condition::Tests,
        ai_only: true,
        needs_zones: false,
    },
    BuiltIn {
        id: "ai-code-without-docs",
        title: "Public names of AI origin say what they do",
        why: "Nobody remembers writing what a tool wrote: what is not written down is lost.",
        controls: &["ssdf:PW.5"],
        condition: || Condition::Docs,
        ai_only: true,
        needs_zones: false,
    },
    BuiltIn {
        id: "self-approval",
        title: "No agent approves or signs off an agent's work",
        why: "An agent that vouches for an agent is one opinion, not two.",
        controls: &["aisvs:v1.0-AC.8.1", "aisvs:v1.0-AC.8.4"],
        condition: || Condition::SelfApproval,
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "undisclosed-tool",
        title: "The change names the AI tools that had a part in it",
        why: "A reviewer looks for other mistakes in code that a tool wrote.",
        controls: &["aisvs:v1.0-AC.10.1", "ssdf:PO.3"],
        condition: || Condition::Disclosure,
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "unapproved-tool",
        title: "AI tools and models are on the team's list",
        why: "A list says which vendors see the code; a tool that is missing on it can be asked for.",
        controls: &["aisvs:v1.0-AC.1.1", "aisvs:v1.0-AC.9.3"],
        condition: || Condition::ApprovedTools,
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "unapproved-use",
        title: "AI is used for what the team's list allows, on data that it allows",
        why: "The same tool can be right for tests and wrong for what customers entrusted.",
        controls: &["aisvs:v1.0-AC.1.1", "aisvs:v1.0-AC.3.2"],
        condition: || Condition::ApprovedUse,
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "agent-configuration",
        title: "What steers agents is pinned, and reviewed where it runs programs or grants rights",
        why: "Who writes an agent's configuration writes what the agent does on every machine.",
        controls: &["aisvs:v1.0-AC.11.2", "ssdf:PS.1"],
        condition: || Condition::AgentConfiguration(ONE),
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "large-ai-change",
        title: "A large AI change is reviewed by a person who did not ask for it",
        why: "The larger a change, the less of it is read.",
        controls: &["aisvs:v1.0-AC.4.1", "aisvs:v1.0-AC.13.1"],
        condition: || Condition::LargeChange {
            max_lines: MANY_LINES,
            reviews: ONE,
        },
        ai_only: true,
        needs_zones: false,
    },
    BuiltIn {
        id: "nonexistent-dependency",
        title: "Added dependencies exist",
        why: "Tools make package names up, and strangers register them.",
        controls: &["aisvs:v1.0-AC.13.3", "ssdf:PW.4"],
        condition: || Condition::DependencyExists,
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "vulnerable-dependency",
        title: "Added dependencies have no known vulnerability",
        why: "A newer version is chosen most easily before anything rests on the old one.",
        controls: &["aisvs:v1.0-AC.4.2", "ssdf:PW.4"],
        condition: || Condition::DependencyVulnerable,
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "malicious-model",
        title: "Model files run no code when they are loaded",
        why: "Loading a model of the pickle family can run whatever its author wrote.",
        controls: &["ssdf:PW.4"],
        condition: || Condition::Models {
            from: ModelVerdict::Suspicious,
        },
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "workflow-change",
        title: "Changes of CI that outsiders can use or that grant rights are reviewed",
        why: "CI holds the keys, and runs before anybody looks.",
        controls: &[
            "aisvs:v1.0-AC.7.4",
            "aisvs:v1.0-AC.12.1",
            "aisvs:v1.0-AC.12.5",
        ],
        condition: || Condition::Workflows(ONE),
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "suppression",
        title: "Comments that silence findings are reviewed",
        why: "Whoever writes the code should not be the only one who calls it safe.",
        controls: &["aisvs:v1.0-AC.6.1"],
        condition: || Condition::Suppressions(ONE),
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "policy-change",
        title: "Changes of the policy are reviewed",
        why: "A rule that anybody can change alone is a suggestion.",
        controls: &["aisvs:v1.0-AC.7.3", "ssdf:PO.1"],
        condition: || Condition::PolicyChange(ONE),
        ai_only: false,
        needs_zones: false,
    },
    BuiltIn {
        id: "incomplete-provenance",
        title: "AI lines say which model and session they come from",
        why: "When a model turns out to be poisoned, its lines have to be found.",
        controls: &["aisvs:v1.0-AC.10.1", "aisvs:v1.0-AC.10.3"],
        condition: || Condition::Provenance,
        ai_only: true,
        needs_zones: false,
    },
];

const fn any_finding() -> FindingsAsk {
    FindingsAsk {
        classes: Vec::new(),
        min_severity: Severity::Low,
        tier: Tier::Shown,
        rules: Vec::new(),
        cwe: Vec::new(),
        at_most: 0,
        unread: UnreadLanguages::Pass,
    }
}

fn findings(classes: &[FindingClass]) -> FindingsAsk {
    FindingsAsk {
        classes: classes.to_vec(),
        ..any_finding()
    }
}

impl BuiltIn {
    /// The gate as it is where a team says nothing.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate {
            id: GateId::new(self.id),
            title: self.title.to_owned(),
            mode: Mode::Observe,
            scope: Scope {
                origin: if self.ai_only {
                    vec![AuthorKind::Ai]
                } else {
                    Vec::new()
                },
                ..Scope::default()
            },
            condition: (self.condition)(),
            controls: self.controls.iter().map(|&id| id.to_owned()).collect(),
            line: None,
        }
    }
}

/// A row by its id.
#[must_use]
pub fn built_in(id: &str) -> Option<&'static BuiltIn> {
    TABLE.iter().find(|row| row.id == id)
}

/// All rows.
pub fn defaults() -> impl Iterator<Item = &'static BuiltIn> {
    TABLE.iter()
}

/// The condition of a gate of a team's own, by the word of `check`.
pub(super) fn condition_of(check: &str) -> Option<Condition> {
    let built_in = TABLE.iter().map(|row| (row.condition)());
    let own = [
        Condition::Lines { at_most: 0 },
        Condition::Rego {
            file: String::new(),
        },
    ];
    built_in
        .chain(own)
        .map(|condition| match condition {
            Condition::Findings(_) => Condition::Findings(any_finding()),
            other => other,
        })
        .find(|condition| condition.check() == check)
}

/// The words that `check` can be, each once.
pub(super) fn checks() -> Vec<&'static str> {
    let mut words: Vec<&'static str> = Vec::new();
    for row in TABLE {
        let word = (row.condition)().check();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.extend(["lines", "rego"]);
    words
}
