//! Policies with examples: cases in Markdown, run by `trueline policy test`.
//!
//! A heading opens a case. Its fenced blocks say what is given and what is expected: `toml policy`,
//! `toml exceptions`, `rego FILE`, `json facts`, `expect`. Blocks before the first heading of the
//! second level hold for all cases; facts are merged over them (RFC 7386) and over a change in which
//! everything is known and nothing happened. A policy change can so carry its examples.

use std::path::Path;

use serde_json::{Map, Value, json};
use thiserror::Error;
use trueline_facts::change::Change;
use trueline_facts::verdict::Verdict;

use crate::exceptions::{EXCEPTIONS_FILE, Exceptions};
use crate::policy::{Names, Policy, PolicyError};
use crate::{POLICY_FILE, evaluate};

/// Why a file of cases cannot be run.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{file}:{line}: {message}")]
pub struct CaseError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// A case as it is written.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// Its headings, outermost first.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// The policy's text; the caller's policy if there is none.
    pub policy: Option<String>,
    /// The exceptions' text.
    pub exceptions: Option<String>,
    /// Rego modules by file.
    pub modules: Vec<(String, String)>,
    /// The facts, merged.
    pub facts: Value,
    /// What is expected, each with its line.
    pub expected: Vec<Expectation>,
}

/// One line of an `expect` block: `what: value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// Its line, from 1.
    pub line: usize,
    /// What is looked at.
    pub what: String,
    /// What it should be.
    pub value: String,
}

/// What became of a file of cases.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CaseReport {
    /// Cases that ran.
    pub cases: usize,
    /// Expectations that were looked at.
    pub expectations: usize,
    /// What was not as expected: `FILE:LINE: …`.
    pub failures: Vec<String>,
}

/// The document of a change in which everything is known and nothing happened.
#[must_use]
pub fn quiet_change() -> Value {
    json!({
        "schema": trueline_facts::change::SCHEMA,
        "trueline_version": "test",
        "evaluated_at": "2026-06-01T12:00:00Z",
        "repository": {"name": "example", "shallow": false},
        "range": {"kind": "pull-request", "base": "1".repeat(40), "head": "2".repeat(40)},
        "author": {"id": "person-a", "kind": "human"},
        "requesters": [{"id": "person-a", "kind": "human"}],
        "size": {"files": 0, "added": {"ai": 0, "human": 0, "unknown": 0}, "removed": 0, "generated": 0},
        "files": [], "hunks": [], "findings": [], "reviews": [],
        "tests": {"touched": [], "added_lines": 0, "ai_code_without_tests": []},
        "docs": {"touched": [], "public_without_docs": []},
        "not_known": [],
    })
}

/// Parses and runs a file of cases. `default` judges cases that bring no policy of their own.
pub fn run(
    file: &str,
    text: &str,
    default: Option<&Policy>,
    names: &dyn Names,
) -> Result<CaseReport, CaseError> {
    let mut report = CaseReport::default();
    for case in parse(file, text)? {
        let policy = policy_of(file, &case, default, names)?;
        let verdict = verdict_of(file, &case, &policy)?;
        report.cases += 1;
        report.expectations += case.expected.len();
        for expected in &case.expected {
            if let Err(instead) = meets(&verdict, expected) {
                report.failures.push(format!(
                    "{file}:{}: {}: expected `{}: {}`, {instead}",
                    expected.line, case.name, expected.what, expected.value
                ));
            }
        }
    }
    Ok(report)
}

/// The policy of a case.
pub fn policy_of(
    file: &str,
    case: &Case,
    default: Option<&Policy>,
    names: &dyn Names,
) -> Result<Policy, CaseError> {
    let wrong = |error: PolicyError| CaseError {
        file: file.to_owned(),
        line: case.line,
        message: format!("{}: {error}", case.name),
    };
    let mut policy = match (&case.policy, default) {
        (Some(text), _) => Policy::parse(text, Path::new(POLICY_FILE), names).map_err(wrong)?,
        (None, Some(policy)) => policy.clone(),
        (None, None) => Policy::default(),
    };
    if let Some(text) = &case.exceptions {
        policy.exceptions =
            Exceptions::parse(text, Path::new(EXCEPTIONS_FILE), &policy.limits, names)
                .map_err(wrong)?;
    }
    let files: Vec<(String, String)> = policy
        .rego_files()
        .map(|(gate, file)| (gate.to_owned(), file.to_owned()))
        .collect();
    for (gate, file) in files {
        if let Some((_, text)) = case.modules.iter().find(|(name, _)| *name == file) {
            policy.add_module(&gate, &file, text).map_err(wrong)?;
        }
    }
    Ok(policy)
}

/// What a policy says of a case.
pub fn verdict_of(file: &str, case: &Case, policy: &Policy) -> Result<Verdict, CaseError> {
    let change: Change = serde_json::from_value(case.facts.clone()).map_err(|error| CaseError {
        file: file.to_owned(),
        line: case.line,
        message: format!("{}: the facts are no change document: {error}", case.name),
    })?;
    Ok(evaluate(policy, &change))
}

/// Is a verdict as expected? What it is instead, if not.
pub fn meets(verdict: &Verdict, expected: &Expectation) -> Result<(), String> {
    let value = expected.value.as_str();
    let same = |is: &str| {
        if is == value {
            Ok(())
        } else {
            Err(format!("it is `{is}`"))
        }
    };
    let holds = |texts: Vec<&str>| {
        if texts.iter().any(|text| text.contains(value)) {
            Ok(())
        } else {
            Err(format!("there is: {}", texts.join(" | ")))
        }
    };
    if expected.what == "verdict" {
        return same(verdict.outcome.as_str());
    }
    if expected.what == "well" {
        return holds(verdict.done_well.iter().map(String::as_str).collect());
    }
    if let Some(id) = expected.what.strip_prefix("exception ") {
        let mut said: Vec<String> = verdict
            .exception_notices
            .iter()
            .filter(|notice| notice.id == id)
            .filter_map(|notice| serde_json::to_value(notice.kind).ok())
            .filter_map(|kind| kind.as_str().map(str::to_owned))
            .collect();
        if verdict.exceptions_used.iter().any(|used| used.id == id) {
            said.push("used".to_owned());
        }
        if said.iter().any(|word| word == value) || said.is_empty() && value == "silent" {
            return Ok(());
        }
        return Err(format!("it is: {}", said.join(", ")));
    }
    let (id, part) = expected
        .what
        .split_once(' ')
        .map_or((expected.what.as_str(), ""), |(id, part)| (id, part));
    let Some(gate) = verdict.gates.iter().find(|gate| gate.id == id) else {
        return Err(format!("there is no gate `{id}`"));
    };
    match part {
        "" => same(gate.outcome.as_str()),
        "reason" => holds(gate.reasons.iter().map(|r| r.text.as_str()).collect()),
        "because" => holds(vec![&gate.because]),
        "at" => holds(
            gate.reasons
                .iter()
                .map(place)
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str)
                .collect(),
        ),
        "ask" => holds(
            gate.reasons
                .iter()
                .flat_map(|r| &r.ask)
                .map(String::as_str)
                .collect(),
        ),
        "easiest" => holds(gate.reasons.iter().map(|r| r.easiest.as_str()).collect()),
        "reasons" => same(&gate.open_reasons().count().to_string()),
        "missing" => holds(gate.missing.iter().map(|fact| fact.as_str()).collect()),
        _ => Err(format!(
            "`{part}` is nothing to look at; there are reason, reasons, because, at, ask, easiest, missing"
        )),
    }
}

fn place(reason: &trueline_facts::verdict::Reason) -> String {
    let path = reason
        .path
        .as_ref()
        .map_or_else(String::new, |path| path.display().into_owned());
    match reason.line {
        Some(line) => format!("{path}:{line}"),
        None => path,
    }
}

/// The blocks of one heading.
#[derive(Clone, Default)]
struct Blocks {
    policy: Option<String>,
    exceptions: Option<String>,
    modules: Vec<(String, String)>,
    facts: Option<Value>,
    expected: Vec<Expectation>,
}

/// The cases of a file.
pub fn parse(file: &str, text: &str) -> Result<Vec<Case>, CaseError> {
    let wrong = |line: usize, message: String| CaseError {
        file: file.to_owned(),
        line,
        message,
    };
    let mut cases = Vec::new();
    let mut title = String::new();
    let mut shared = Blocks::default();
    let mut own: Option<(String, usize, Blocks)> = None;
    let mut lines = text.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if let Some(heading) = line.strip_prefix("# ") {
            cases.extend(own.take().map(|case| finish(&title, &shared, case)));
            heading.trim().clone_into(&mut title);
            shared = Blocks::default();
        } else if let Some(heading) = line.strip_prefix("## ") {
            cases.extend(own.take().map(|case| finish(&title, &shared, case)));
            own = Some((heading.trim().to_owned(), number, Blocks::default()));
        } else if let Some(info) = line.strip_prefix("```") {
            let mut body = String::new();
            let mut closed = false;
            for (inner, _) in lines.by_ref() {
                if inner.trim_end() == "```" {
                    closed = true;
                    break;
                }
                body.push_str(inner);
                body.push('\n');
            }
            if !closed {
                return Err(wrong(number, "the block is not closed".to_owned()));
            }
            let blocks = match &mut own {
                Some((_, _, blocks)) => blocks,
                None => &mut shared,
            };
            take_block(blocks, info.trim(), &body, number)
                .map_err(|(line, message)| wrong(line, message))?;
        }
    }
    cases.extend(own.take().map(|case| finish(&title, &shared, case)));
    if cases.is_empty() {
        let message = "there is no case: a heading of the second level (`## …`) opens one";
        return Err(wrong(1, message.to_owned()));
    }
    if let Some(empty) = cases.iter().find(|case| case.expected.is_empty()) {
        let message = format!(
            "`{}` expects nothing: give it an `expect` block",
            empty.name
        );
        return Err(wrong(empty.line, message));
    }
    Ok(cases)
}

fn take_block(
    blocks: &mut Blocks,
    info: &str,
    body: &str,
    line: usize,
) -> Result<(), (usize, String)> {
    match info.split_once(' ').unwrap_or((info, "")) {
        ("toml", "policy") => blocks.policy = Some(body.to_owned()),
        ("toml", "exceptions") => blocks.exceptions = Some(body.to_owned()),
        ("rego", file) if !file.is_empty() => {
            blocks.modules.push((file.to_owned(), body.to_owned()));
        }
        ("json", "facts") => {
            let facts: Map<String, Value> = serde_json::from_str(body).map_err(|error| {
                (
                    line + error.line(),
                    format!("the facts are no JSON object: {error}"),
                )
            })?;
            blocks.facts = Some(Value::Object(facts));
        }
        ("expect", "") => {
            for (text, number) in body.lines().zip(line + 1..) {
                if text.trim().is_empty() {
                    continue;
                }
                let (what, value) = text.split_once(": ").ok_or_else(|| {
                    let message = format!("`{text}` is no expectation: write `gate: pass`");
                    (number, message)
                })?;
                blocks.expected.push(Expectation {
                    line: number,
                    what: what.trim().to_owned(),
                    value: value.trim().to_owned(),
                });
            }
        }
        // Blocks of other kinds are for readers.
        _ => {}
    }
    Ok(())
}

fn finish(title: &str, shared: &Blocks, (name, line, own): (String, usize, Blocks)) -> Case {
    let mut facts = quiet_change();
    for patch in [&shared.facts, &own.facts].into_iter().flatten() {
        merge(&mut facts, patch);
    }
    let mut modules = shared.modules.clone();
    modules.extend(own.modules);
    let mut expected = shared.expected.clone();
    expected.extend(own.expected);
    Case {
        name: if title.is_empty() {
            name
        } else {
            format!("{title} / {name}")
        },
        line,
        policy: own.policy.or_else(|| shared.policy.clone()),
        exceptions: own.exceptions.or_else(|| shared.exceptions.clone()),
        modules,
        facts,
        expected,
    }
}

/// Merges a patch into a document: RFC 7386.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        into.clone_from(patch);
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Value::Object(into) = into else { return };
    for (key, value) in patch {
        if value.is_null() {
            into.remove(key);
        } else {
            merge(into.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
