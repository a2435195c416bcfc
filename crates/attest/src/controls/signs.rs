//! What the report looks for in a commit and its log: that a thing is there, says something and is of this history,
//! never how good it is.
//!
//! A table or a reference that merely exists is no evidence: a gate has to speak, a list to list something, a note to
//! belong to a commit of this history, a signed verdict to be about one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::{Table, Value};
use trueline_facts::CommitId;
use trueline_facts::attestation::{Tail, Verification};
use trueline_facts::control::ControlEvidence;

use super::commands;
use super::gates::{GateAsk, Modes};
use crate::log::{Files, Log, REFERENCE};

/// Something that can be looked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// `trueline.toml` that says something.
    Policy,
    /// `[tools] approved`, a list.
    ApprovedTools,
    /// One of the gates that the control names, in a mode that speaks.
    Gates,
    /// `[zone.…]` with paths.
    Zones,
    /// `[guard]`, not switched off.
    Guard,
    /// `[guard]` whose answer to secrets is not `allow`.
    GuardOfSecrets,
    /// `[capture.classes]` with a class.
    CaptureClasses,
    /// An entry of `.trueline/exceptions.toml` with owner, approver and end.
    Exceptions,
    /// `.trueline/agents.lock` with an entry.
    AgentsLock,
    /// The section of agents' rules files.
    AgentsSection,
    /// A pipeline or git hook that runs Trueline.
    Pipeline,
    /// Notes about who wrote which lines of this history.
    AuthorshipNotes,
    /// Signed verdicts on commits of this history that hold.
    Attestations,
}

impl Sign {
    /// What it is, for people.
    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Policy => "a policy (`trueline.toml`)",
            Self::ApprovedTools => "a list of approved tools (`[tools] approved`)",
            Self::Gates => "a gate that speaks (`[gates]`)",
            Self::Zones => "zones with paths (`[zone.NAME]`)",
            Self::Guard => "a guard of agents (`[guard]`)",
            Self::GuardOfSecrets => "a guard that keeps agents from writing secrets (`[guard]`)",
            Self::CaptureClasses => "classes of files (`[capture.classes]`)",
            Self::Exceptions => {
                "an exception with owner, approver and end (`.trueline/exceptions.toml`)"
            }
            Self::AgentsLock => "a lock of agents' servers and tools (`.trueline/agents.lock`)",
            Self::AgentsSection => "the section of agents' rules files",
            Self::Pipeline => "a pipeline or hook that runs Trueline",
            Self::AuthorshipNotes => "authorship notes on commits of this history",
            Self::Attestations => "signed verdicts on commits of this history that hold",
        }
    }
}

/// What was found in a commit and its log.
pub(super) struct Found {
    signs: BTreeMap<Sign, Vec<ControlEvidence>>,
    modes: Modes,
    /// Of the signed verdicts on this history: the gates of each that judged, in a mode that speaks.
    judged: Vec<BTreeSet<String>>,
}

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
/// What `[guard]` can answer for.
const GUARDED: [&str; 4] = ["code", "secrets", "configuration", "commands"];

fn evidence(sign: Sign, place: impl Into<String>) -> ControlEvidence {
    ControlEvidence {
        what: sign.what().to_owned(),
        place: place.into(),
    }
}

/// Looks at a commit and at the log as it was verified.
pub(super) fn look(
    log: &Log,
    commit: &CommitId,
    files: &Files<'_>,
    verification: &Verification,
) -> Found {
    let mut signs: BTreeMap<Sign, Vec<ControlEvidence>> = BTreeMap::new();
    let mut note = |sign: Sign, place: String| {
        signs.entry(sign).or_default().push(evidence(sign, place));
    };
    let text = files.text(POLICY).unwrap_or_default();
    let table = text.parse::<Table>().unwrap_or_default();
    for (sign, place) in of_policy(&table) {
        note(sign, place);
    }
    for (sign, place) in of_files(files) {
        note(sign, place);
    }
    let history = log.history_of(commit);
    let notes = log.notes(NOTES, &history, |bytes| {
        trueline_authorship::note::parse(bytes)
            .is_ok_and(|note| note.files.iter().any(|file| !file.entries.is_empty()))
    });
    if notes > 0 {
        note(
            Sign::AuthorshipNotes,
            format!("{NOTES}, {notes} on commits of this history"),
        );
    }
    let of_history = verification
        .entries
        .iter()
        .filter(|entry| verification.holds() && history.contains(entry.commit.as_str()));
    let judged: Vec<BTreeSet<String>> = of_history
        .map(|entry| entry.judged.iter().cloned().collect())
        .collect();
    if !judged.is_empty() {
        note(
            Sign::Attestations,
            format!("{REFERENCE}, {} on commits of this history", judged.len()),
        );
    }
    Found {
        signs,
        modes: Modes::read(&table),
        judged,
    }
}

/// Of `trueline.toml`.
fn of_policy(table: &Table) -> Vec<(Sign, String)> {
    let mut found = Vec::new();
    let at = |path: &[&str]| {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(table.get(*first)?, |at, key| at.get(key))
    };
    if table.iter().any(|(_, value)| !is_empty(value)) && table.keys().any(|key| key != "schema") {
        found.push((Sign::Policy, POLICY.to_owned()));
    }
    if at(&["tools", "approved"]).is_some_and(|list| list.is_array() && !is_empty(list)) {
        found.push((Sign::ApprovedTools, format!("{POLICY}, `tools.approved`")));
    }
    let zones = at(&["zone"]).and_then(Value::as_table);
    let with_paths: Vec<&str> = zones
        .into_iter()
        .flatten()
        .filter(|(_, zone)| zone.get("paths").is_some_and(|paths| !is_empty(paths)))
        .map(|(name, _)| name.as_str())
        .collect();
    if !with_paths.is_empty() {
        found.push((
            Sign::Zones,
            format!("{POLICY}, `zone.{}`", with_paths.join("`, `zone.")),
        ));
    }
    if let Some(guard) = at(&["guard"]).and_then(Value::as_table) {
        let allows = |key: &str| guard.get(key).and_then(Value::as_str) == Some("allow");
        if !GUARDED.iter().all(|key| allows(key)) {
            found.push((Sign::Guard, format!("{POLICY}, `guard`")));
        }
        if !allows("secrets") {
            found.push((Sign::GuardOfSecrets, format!("{POLICY}, `guard`")));
        }
    }
    if at(&["capture", "classes"]).is_some_and(|classes| !is_empty(classes)) {
        found.push((Sign::CaptureClasses, format!("{POLICY}, `capture.classes`")));
    }
    found
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Table(table) => table.is_empty(),
        _ => false,
    }
}

/// Of other committed files.
fn of_files(files: &Files<'_>) -> Vec<(Sign, String)> {
    let mut found = Vec::new();
    let exceptions = ".trueline/exceptions.toml";
    let granted = files
        .text(exceptions)
        .and_then(|text| text.parse::<Table>().ok())
        .map_or(0, |table| granted(&table));
    if granted > 0 {
        found.push((Sign::Exceptions, format!("{exceptions}, {granted} written")));
    }
    let lock = ".trueline/agents.lock";
    let locked = files
        .text(lock)
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    if locked.is_some_and(|lock| has_entry(&lock)) {
        found.push((Sign::AgentsLock, lock.to_owned()));
    }
    for path in RULES_FILES {
        let between = files.text(path).and_then(|text| {
            let (_, after) = text.split_once("<!-- trueline:begin ")?;
            let (section, _) = after.split_once("<!-- trueline:end")?;
            Some(section.lines().skip(1).any(|line| !line.trim().is_empty()))
        });
        if between == Some(true) {
            found.push((Sign::AgentsSection, path.to_owned()));
        }
    }
    let workflows = files.names(WORKFLOWS.trim_end_matches('/'));
    let workflows = workflows.iter().map(|name| format!("{WORKFLOWS}{name}"));
    let all = PIPELINES.iter().map(|&path| path.to_owned());
    for path in all.chain(workflows) {
        if files.text(&path).is_some_and(|text| runs_trueline(&text)) {
            found.push((Sign::Pipeline, path));
        }
    }
    found
}

/// Exceptions with an owner, an approver who is somebody else, and an end.
fn granted(table: &Table) -> usize {
    let entries = table.get("exception").and_then(Value::as_array);
    let text = |entry: &Value, key: &str| {
        let value = entry.get(key)?;
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (!text.trim().is_empty()).then_some(text)
    };
    entries
        .into_iter()
        .flatten()
        .filter(|entry| {
            let owner = text(entry, "owner");
            let approver = text(entry, "approver");
            owner.is_some()
                && approver.is_some()
                && owner != approver
                && text(entry, "expires").is_some()
        })
        .count()
}

/// A lock that lists something: any list or table in it, however deep, with an entry beside its schema.
fn has_entry(lock: &serde_json::Value) -> bool {
    lock.as_object().is_some_and(|lock| {
        lock.values().any(|value| match value {
            serde_json::Value::Array(items) => !items.is_empty(),
            serde_json::Value::Object(items) => !items.is_empty(),
            _ => false,
        })
    })
}

/// Runs it on a line that is no comment: a command, a use of the Action, a hook, the template.
fn runs_trueline(text: &str) -> bool {
    text.lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim())
        .filter(|line| !line.starts_with('#') && !line.starts_with("//"))
        .any(|line| {
            let entry = line.trim_start_matches("- ").trim_start();
            let names =
                |key: &str, what: fn(&str) -> bool| entry.strip_prefix(key).is_some_and(what);
            names("uses:", |action| action.contains("trueline"))
                || names("id:", |id| id.trim().starts_with("trueline"))
                || line.contains("trueline.gitlab-ci.yml")
                || commands::runs(entry)
        })
}

impl Found {
    /// The evidence of a sign for a control that names gates.
    pub(super) fn of(
        &self,
        sign: Sign,
        asked: &[GateAsk],
        control: &str,
    ) -> Option<Vec<ControlEvidence>> {
        match sign {
            Sign::Gates => {
                let speaking = self.modes.speaking(asked, control);
                if speaking.is_empty() {
                    return None;
                }
                let places = speaking.iter().map(|(gate, place)| {
                    let judged = self.judged.iter().filter(|gates| gates.contains(*gate));
                    let told = match (judged.count(), self.judged.len()) {
                        (_, 0) => String::new(),
                        (judged, all) => format!("; judged in {judged} of {all} signed verdicts"),
                    };
                    evidence(sign, format!("{POLICY}, {place}{told}"))
                });
                Some(places.collect())
            }
            // A log in which nobody judged what the control asks for says nothing of it.
            Sign::Attestations if !asked.is_empty() => {
                let speaking = self.modes.speaking(asked, control);
                let judged = self
                    .judged
                    .iter()
                    .filter(|gates| speaking.keys().any(|gate| gates.contains(*gate)))
                    .count();
                (judged > 0).then(|| {
                    vec![evidence(
                        sign,
                        format!("{REFERENCE}, {judged} in which such a gate judged"),
                    )]
                })
            }
            _ => self.signs.get(&sign).cloned(),
        }
    }

    /// What is missing, in words that say what would do.
    pub(super) fn missing(sign: Sign, asked: &[GateAsk]) -> String {
        if asked.is_empty() {
            return sign.what().to_owned();
        }
        match sign {
            Sign::Gates => format!("a gate that speaks: {}", GateAsk::list(asked)),
            Sign::Attestations => format!(
                "signed verdicts on commits of this history in which such a gate judged: {}",
                GateAsk::list(asked)
            ),
            _ => sign.what().to_owned(),
        }
    }
}

/// What is wrong with the log, and what it does not prove.
pub(super) fn problems(verification: &Verification, found: &Found) -> Vec<String> {
    let mut out: Vec<String> = verification
        .problems
        .iter()
        .map(|p| format!("entry {}: {}", p.place, p.message))
        .collect();
    let elsewhere = verification.entries.len() - found.judged.len();
    if verification.holds() && elsewhere > 0 {
        out.push(format!(
            "{elsewhere} of {} signed verdicts are on commits that are not in this history: they are no evidence here",
            verification.entries.len()
        ));
    }
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
    fn a_comment_or_a_name_runs_nothing() {
        for text in [
            "steps:\n  - run: trueline scan .",
            "steps:\n  - uses: trueline-dev/trueline@0123",
            "script: [\"./bin/trueline\", \"gate\"]",
            "repos:\n- repo: x\n  hooks:\n  - id: trueline-gate  # ours",
            "include:\n  - file: forge/gitlab/trueline.gitlab-ci.yml",
        ] {
            assert!(runs_trueline(text), "{text}");
        }
        for text in [
            "# trueline scan\n  - run: make # not trueline scan",
            "jobs:\n  trueline:\n    steps: []",
            "- run: echo trueline",
            "- run: echo \"trueline gate is off\"",
            "- run: echo \"uses: trueline\"",
            "- name: trueline gate",
        ] {
            assert!(!runs_trueline(text), "{text}");
        }
    }

    #[test]
    fn empty_tables_and_lists_are_no_evidence() {
        let found = |text: &str| -> Vec<Sign> {
            let table = text.parse().unwrap();
            of_policy(&table)
                .into_iter()
                .map(|(sign, _)| sign)
                .collect()
        };
        assert_eq!(found("schema = 1\n"), []);
        assert_eq!(
            found("[zone.a]\npaths = []\n[capture.classes]\n[tools]\napproved = []\n"),
            [Sign::Policy]
        );
        assert_eq!(
            found("[guard]\nsecrets = \"allow\"\n"),
            [Sign::Policy, Sign::Guard]
        );
        assert_eq!(
            found(
                "[guard]\nsecrets = \"allow\"\ncode = \"allow\"\nconfiguration = \"allow\"\ncommands = \"allow\"\n"
            ),
            [Sign::Policy]
        );
        assert_eq!(
            found(
                "[zone.a]\npaths = [\"x\"]\n[capture.classes]\nb = [\"y\"]\n[tools]\napproved = [\"c\"]\n[guard]\n"
            ),
            [
                Sign::Policy,
                Sign::ApprovedTools,
                Sign::Zones,
                Sign::Guard,
                Sign::GuardOfSecrets,
                Sign::CaptureClasses
            ]
        );
    }

    #[test]
    fn an_exception_needs_an_approver_who_is_somebody_else() {
        let count = |text: &str| granted(&text.parse().unwrap());
        let entry = "[[exception]]\nowner = \"a\"\nexpires = \"2026-01-01\"\n";
        assert_eq!(count(&format!("{entry}approver = \"b\"\n")), 1);
        assert_eq!(count(&format!("{entry}approver = \"a\"\n")), 0);
        assert_eq!(count("exception = []\n"), 0);
    }
}
