//! What the report looks for in a commit: that a thing is there and where, never how good it is.

use std::collections::BTreeMap;

use serde::Deserialize;
use trueline_facts::attestation::{Tail, Verification};
use trueline_facts::control::ControlEvidence;

use crate::log::{Files, REFERENCE};

/// Something that can be looked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// `trueline.toml`.
    Policy,
    /// `[tools] approved`.
    ApprovedTools,
    /// `[gates]` or `[[gate]]`.
    Gates,
    /// `[zone.…]`.
    Zones,
    /// `[guard]`.
    Guard,
    /// `[capture.classes]`.
    CaptureClasses,
    /// `.trueline/exceptions.toml`.
    Exceptions,
    /// `.trueline/agents.lock`.
    AgentsLock,
    /// The section of agents' rules files.
    AgentsSection,
    /// A pipeline or git hook that runs Trueline.
    Pipeline,
    /// Notes about who wrote which lines.
    AuthorshipNotes,
    /// Signed verdicts that hold.
    Attestations,
}

impl Sign {
    /// What it is, for people.
    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Policy => "a policy (`trueline.toml`)",
            Self::ApprovedTools => "a list of approved tools (`[tools] approved`)",
            Self::Gates => "gates (`[gates]`)",
            Self::Zones => "zones (`[zone.NAME]`)",
            Self::Guard => "a guard of agents (`[guard]`)",
            Self::CaptureClasses => "classes of files (`[capture.classes]`)",
            Self::Exceptions => "a file of exceptions (`.trueline/exceptions.toml`)",
            Self::AgentsLock => "a lock of agents' servers and tools (`.trueline/agents.lock`)",
            Self::AgentsSection => "the section of agents' rules files",
            Self::Pipeline => "a pipeline or hook that runs Trueline",
            Self::AuthorshipNotes => "authorship notes",
            Self::Attestations => "signed verdicts that hold",
        }
    }
}

/// Evidence by sign.
pub(super) type Found = BTreeMap<Sign, Vec<ControlEvidence>>;

const POLICY: &str = "trueline.toml";
const NOTES: &str = "refs/notes/ai";
/// Where pipelines and hooks are written down.
const PIPELINES: [&str; 4] = [
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    "azure-pipelines.yml",
    "Jenkinsfile",
];
const WORKFLOWS: &str = ".github/workflows/";
const RULES_FILES: [&str; 3] = ["AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md"];

pub(super) fn look(files: &Files<'_>, verification: &Verification) -> Found {
    let mut found = Found::new();
    let mut note = |sign: Sign, place: &str| {
        found.entry(sign).or_default().push(ControlEvidence {
            what: sign.what().to_owned(),
            place: place.to_owned(),
        });
    };
    if let Some(text) = files.text(POLICY) {
        note(Sign::Policy, POLICY);
        let table = text.parse::<toml::Table>().unwrap_or_default();
        let has = |path: &[&str]| {
            let (first, rest) = path.split_first()?;
            rest.iter()
                .try_fold(table.get(*first)?, |at, key| at.get(key))
        };
        for (sign, path) in [
            (Sign::ApprovedTools, &["tools", "approved"][..]),
            (Sign::Gates, &["gate"]),
            (Sign::Gates, &["gates"]),
            (Sign::Zones, &["zone"]),
            (Sign::Zones, &["guard", "zone"]),
            (Sign::Guard, &["guard"]),
            (Sign::CaptureClasses, &["capture", "classes"]),
        ] {
            if has(path).is_some() {
                note(sign, &format!("{POLICY}, `{}`", path.join(".")));
            }
        }
    }
    for (sign, path) in [
        (Sign::Exceptions, ".trueline/exceptions.toml"),
        (Sign::AgentsLock, ".trueline/agents.lock"),
    ] {
        if files.text(path).is_some() {
            note(sign, path);
        }
    }
    for path in RULES_FILES {
        if files
            .text(path)
            .is_some_and(|text| text.contains("<!-- trueline:begin "))
        {
            note(Sign::AgentsSection, path);
        }
    }
    let workflows = files.names(WORKFLOWS.trim_end_matches('/'));
    let workflows = workflows.iter().map(|name| format!("{WORKFLOWS}{name}"));
    let all = PIPELINES
        .iter()
        .map(|&path| path.to_owned())
        .chain(workflows);
    for path in all {
        if files.text(&path).is_some_and(|text| runs_trueline(&text)) {
            note(Sign::Pipeline, &path);
        }
    }
    if files.reference(NOTES) {
        note(Sign::AuthorshipNotes, NOTES);
    }
    if verification.holds() && !verification.entries.is_empty() {
        note(Sign::Attestations, REFERENCE);
    }
    found
}

/// Names it on a line that is no comment.
fn runs_trueline(text: &str) -> bool {
    text.lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim())
        .any(|line| !line.starts_with('#') && line.contains("trueline"))
}

/// What is wrong with the log, and that its end is not proven.
pub(super) fn problems(verification: &Verification) -> Vec<String> {
    let mut out: Vec<String> = verification
        .problems
        .iter()
        .map(|p| format!("entry {}: {}", p.place, p.message))
        .collect();
    match &verification.tail {
        Tail::Dropped { anchor } => out.push(format!(
            "the anchored entry {} is missing: entries at the end were dropped, or the log was replaced",
            anchor.short()
        )),
        Tail::NotProvable if !verification.entries.is_empty() => {
            out.push("no anchor was given: that nothing was dropped at the end is not provable".to_owned());
        }
        Tail::NotProvable | Tail::Anchored { .. } => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_runs_nothing() {
        assert!(runs_trueline("steps:\n  - run: trueline scan ."));
        assert!(runs_trueline("repos:\n- repo: https://x/trueline  # scan"));
        assert!(!runs_trueline(
            "# trueline scan\n  - run: make # not trueline"
        ));
    }
}
