//! `trueline policy`: what a policy asks for, why a verdict is what it is, and its tests.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::usage::Purpose;
use trueline_facts::verdict::Mode;
use trueline_policy::gate::built_in;
use trueline_policy::{Gate, Names as _, Policy, ToolRequest, cases, evaluate};
use trueline_report::{counted, json, terminal};
use trueline_scan::PolicyNames;

use crate::Ended;
use crate::arguments::{
    ListFormat, PolicyAction, PolicyArguments, PolicyExplain, PolicyRequest, PolicyTest,
};
use crate::commands::Misused;
use crate::commands::gate::describe;
use crate::output;

/// Where a team's cases are.
const CASES: &str = ".trueline/cases";

pub(crate) fn run(arguments: &PolicyArguments, interrupt: &AtomicBool) -> Result<Ended> {
    match &arguments.action {
        PolicyAction::Explain(asked) => explain(asked, interrupt),
        PolicyAction::Test(asked) => test(asked),
        PolicyAction::Backtest(asked) => super::past::backtest(asked, interrupt),
        PolicyAction::Suggest(asked) => super::past::suggest(asked, interrupt),
        PolicyAction::Request(asked) => request(asked),
    }
}

fn explain(asked: &PolicyExplain, interrupt: &AtomicBool) -> Result<Ended> {
    let which = &asked.which;
    let is_change = which.staged || which.pr.is_some() || which.range.is_some();
    if is_change && asked.gate.is_none() {
        let outcome = describe(which, interrupt)?;
        let verdict = evaluate(&outcome.policy, &outcome.change);
        let text = terminal::verdict(&verdict, &outcome.policy_source, &output::style(None), None);
        output::write(text.as_bytes(), None)?;
        return Ok(Ended::Pass);
    }
    let (policy, source) = trueline_scan::policy_of(&which.repository, which.policy.as_deref())?;
    let text = match &asked.gate {
        None => list(&policy, &source)?,
        Some(id) => {
            let gate = policy.gate(id).ok_or_else(|| {
                let known: Vec<&str> = policy.gates.iter().map(|gate| gate.id.as_str()).collect();
                let hint = trueline_policy::document::nearest(id, &known).map_or_else(
                    || known.join(", "),
                    |near| format!("did you mean `{near}`?"),
                );
                Misused(format!("there is no gate `{id}`; {hint}"))
            })?;
            page(gate)?
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn list(policy: &Policy, source: &str) -> Result<String> {
    let mut out = format!("Policy: {source}\n\n");
    for gate in &policy.gates {
        writeln!(out, "{:<8} {:<24} {}", gate.mode, gate.id, gate.title)?;
    }
    for zone in policy.zones.iter() {
        writeln!(
            out,
            "\nzone {}: {}{}",
            zone.id,
            zone.paths.join(", "),
            if zone.champions.is_empty() {
                String::new()
            } else {
                format!("; ask {}", zone.champions.join(", "))
            }
        )?;
    }
    if !policy.speaks() {
        out.push_str(
            "\nEvery gate observes. `[gates]` in trueline.toml lets one speak: `secret = \"comment\"`.\n",
        );
    }
    Ok(out)
}

fn page(gate: &Gate) -> Result<String> {
    let mut out = format!("{}: {}\n\n", gate.id, gate.title);
    if let Some(row) = built_in(gate.id.as_str()) {
        writeln!(out, "{}\n", row.why)?;
    }
    let does = match gate.mode {
        Mode::Observe => "observe: it is written down and nothing more",
        Mode::Comment => "comment: it is said in the change",
        Mode::Block => "block: the check fails",
    };
    writeln!(out, "Mode      {does}")?;
    let condition = serde_json::to_value(&gate.condition)?;
    for (key, value) in condition.as_object().into_iter().flatten() {
        writeln!(out, "{:<9} {}", key.replace('_', "-"), plain(value))?;
    }
    let scope = serde_json::to_value(&gate.scope)?;
    for (key, value) in scope.as_object().into_iter().flatten() {
        if value.as_array().is_some_and(|items| !items.is_empty()) {
            writeln!(out, "{key:<9} {}", plain(value))?;
        }
    }
    if !gate.controls.is_empty() {
        writeln!(out, "Answers   {}", gate.controls.join(", "))?;
    }
    match gate.line {
        Some(line) => writeln!(out, "Set at    trueline.toml:{line}")?,
        None => writeln!(
            out,
            "Set by    nobody: these are the defaults; `[gates]` in trueline.toml changes them"
        )?,
    }
    Ok(out)
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) if items.is_empty() => "any".to_owned(),
        serde_json::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn test(asked: &PolicyTest) -> Result<Ended> {
    let files = if asked.files.is_empty() {
        vec![asked.repository.join(CASES)]
    } else {
        asked.files.clone()
    };
    let mut cases_files: Vec<PathBuf> = Vec::new();
    for file in files {
        collect(&file, &mut cases_files)?;
    }
    let (policy, _) =
        trueline_scan::policy_of_work_tree(&asked.repository, asked.policy.as_deref())?;
    let mut report = cases::CaseReport::default();
    for file in &cases_files {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Misused(format!("{}: {}", file.display(), error.kind())))?;
        let name = file.display().to_string();
        let one = cases::run(&name, &text, Some(&policy), &PolicyNames)
            .map_err(|error| Misused(error.to_string()))?;
        report.cases += one.cases;
        report.expectations += one.expectations;
        report.failures.extend(one.failures);
    }
    let text = match asked.format {
        ListFormat::Json => json::to_string(&serde_json::json!({
            "schema": "trueline.policy-test/1",
            "cases": report.cases,
            "expectations": report.expectations,
            "failures": report.failures,
        })),
        ListFormat::Terminal => {
            let mut out = String::new();
            for failure in &report.failures {
                writeln!(out, "{failure}")?;
            }
            writeln!(
                out,
                "{}, {}, {} not as expected",
                counted(report.cases as u64, "case"),
                counted(report.expectations as u64, "expectation"),
                report.failures.len()
            )?;
            out
        }
    };
    output::write(text.as_bytes(), None)?;
    Ok(if report.failures.is_empty() {
        Ended::Pass
    } else {
        Ended::Findings
    })
}

/// Writes a proposal; one that is there is somebody's work and stays.
fn request(asked: &PolicyRequest) -> Result<Ended> {
    let tool = PolicyNames.tool(&asked.tool).map_err(Misused)?;
    let purposes = asked
        .purpose
        .iter()
        .map(|word| {
            let known = Purpose::ALL.iter().find(|purpose| purpose.as_str() == word);
            known.copied().ok_or_else(|| {
                let all: Vec<&str> = Purpose::ALL
                    .iter()
                    .map(|purpose| purpose.as_str())
                    .collect();
                let hint = trueline_policy::document::nearest(word, &all)
                    .map_or_else(|| all.join(", "), |near| format!("did you mean `{near}`?"));
                Misused(format!("--purpose: there is no purpose `{word}`; {hint}"))
            })
        })
        .collect::<Result<_, Misused>>()?;
    if !trueline_scan::is_known_tool(&tool) {
        // A closed standard error does not make the proposal wrong.
        let _ = writeln!(
            io::stderr(),
            "trueline: note: no tool `{tool}` is known here; the name is taken as it is"
        );
    }
    let request = ToolRequest {
        tool,
        purposes,
        data: asked.data.clone(),
        reason: asked.reason.clone(),
    };
    let (policy, _) = trueline_scan::policy_of_work_tree(&asked.repository, None)?;
    let text = request.markdown(&policy);
    if asked.dry_run {
        output::write(text.as_bytes(), None)?;
        return Ok(Ended::Pass);
    }
    let name = request.file();
    let file = trueline_scan::root(&asked.repository)?.join(&name);
    if file.exists() {
        let message = format!("{name} is there already: go on in it, or delete it first");
        return Err(Misused(message).into());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| Misused(format!("{name}: {}", error.kind())))?;
    }
    output::write(text.as_bytes(), Some(&file))?;
    let told = format!("{name}: fill in what is open, commit it, and ask for a review.\n");
    output::write(told.as_bytes(), None)?;
    Ok(Ended::Pass)
}

/// Markdown files of a folder, by name, or the file itself.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let missing = |kind: std::io::ErrorKind| {
        Misused(format!(
            "{}: {kind}; cases are Markdown files, by default in {CASES}",
            path.display()
        ))
    };
    let meta = std::fs::metadata(path).map_err(|error| missing(error.kind()))?;
    if !meta.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(|error| missing(error.kind()))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    if found.is_empty() {
        return Err(missing(std::io::ErrorKind::NotFound).into());
    }
    found.sort();
    files.append(&mut found);
    Ok(())
}
